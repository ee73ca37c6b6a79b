//! Files that go along with an answer: what a platform takes of them, as data, and why it would not take some. Pure.

use super::file::Media;
use serde::Serialize;
use std::borrow::Cow;

/// Largest file that is taken from our own people at all, in bytes.
pub const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Most files that stand ready in one draft.
pub const FILES_MAX: usize = 10;
/// Longest name and longest description that are kept, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Longest description that is kept, in characters.
pub const ALT_CHARS_MAX: usize = 2_000;

/// What a platform takes along with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// Most files; none where it takes none.
    pub count: usize,
    /// Which kinds.
    pub media: Cow<'static, [Media]>,
    /// Kinds of which one goes only by itself.
    pub alone: &'static [Media],
    /// Largest picture in bytes.
    pub picture_bytes: usize,
    /// Largest document in bytes.
    pub document_bytes: usize,
    /// Most bytes of all together.
    pub total_bytes: usize,
    /// Longest description of a picture in characters, where the platform shows one.
    pub alt_chars: Option<usize>,
    /// Longest text beside files, in units of UTF-16, where it is shorter than without.
    pub text_utf16: Option<usize>,
}

impl FileLimits {
    /// A platform that takes none.
    pub const NONE: Self = Self {
        count: 0,
        media: Cow::Borrowed(&[]),
        alone: &[],
        picture_bytes: 0,
        document_bytes: 0,
        total_bytes: 0,
        alt_chars: None,
        text_utf16: None,
    };

    /// Whether it takes any.
    pub const fn takes_any(&self) -> bool {
        self.count > 0
    }

    /// Largest file of a kind, in bytes.
    pub const fn bytes_of(&self, media: Media) -> usize {
        if media.is_picture() { self.picture_bytes } else { self.document_bytes }
    }

    /// The kinds by the ends of names, as people know them.
    pub fn kinds(&self) -> String {
        let names: Vec<String> = self.media.iter().map(|m| m.extension().to_uppercase()).collect();
        names.join(", ")
    }

    /// In one line, for people and for the doctor.
    pub fn in_words(&self) -> String {
        if !self.takes_any() {
            return "no files".to_owned();
        }
        let largest = self.media.iter().map(|m| self.bytes_of(*m)).max().unwrap_or_default();
        let sizes = if self.media.iter().any(|m| !m.is_picture()) && self.picture_bytes != self.document_bytes
        {
            format!("pictures of {}, documents of {}", size(self.picture_bytes), size(self.document_bytes))
        } else {
            format!("of {} each", size(largest))
        };
        let alt = if self.alt_chars.is_some() { ", with descriptions" } else { "" };
        format!("up to {} files ({}), {sizes}{alt}", self.count, self.kinds())
    }

    /// Why the platform would not take these files with this text; `None` if it would.
    pub fn refuse(&self, platform: &str, files: &[Fact], text: &str) -> Option<String> {
        if files.is_empty() {
            return None;
        }
        if !self.takes_any() {
            return Some(format!("{platform} takes no files with an answer here; take them out"));
        }
        if files.len() > self.count {
            return Some(format!("{} files; {platform} takes {}", files.len(), self.count));
        }
        if let Some(why) = files.iter().find_map(|f| self.refuse_one(platform, f)) {
            return Some(why);
        }
        let all: usize = files.iter().map(|f| f.bytes).sum();
        if all > self.total_bytes {
            let (all, most) = (size(all), size(self.total_bytes));
            return Some(format!("all files together have {all}; {platform} takes {most}"));
        }
        if files.len() > 1
            && let Some(one) = files.iter().find(|f| self.alone.contains(&f.media))
        {
            let kind = one.media.extension().to_uppercase();
            return Some(format!("'{}': {platform} takes a {kind} only by itself", one.name));
        }
        let length = text.encode_utf16().count();
        self.text_utf16
            .filter(|max| length > *max)
            .map(|max| format!("{length} characters; beside files {platform} takes {max}"))
    }

    fn refuse_one(&self, platform: &str, file: &Fact) -> Option<String> {
        let name = &file.name;
        if !self.media.contains(&file.media) {
            let kind = file.media.extension().to_uppercase();
            return Some(format!("'{name}': {platform} takes no {kind}, only {}", self.kinds()));
        }
        let most = self.bytes_of(file.media);
        if file.bytes > most {
            let (has, most) = (size(file.bytes), size(most));
            return Some(format!("'{name}' has {has}; {platform} takes {most} a file"));
        }
        let chars = self.alt_chars.filter(|_| file.media.is_picture())?;
        (file.alt_chars > chars).then(|| {
            format!("the description of '{name}' has {} characters; {platform} takes {chars}", file.alt_chars)
        })
    }
}

/// What matters of a file for whether it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub media: Media,
    /// How many bytes it has.
    pub bytes: usize,
    /// How long its description is, in characters.
    pub alt_chars: usize,
}

/// Words about a file, as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Called {
    /// What it is called.
    pub name: String,
    /// What a picture shows, for who does not see it.
    pub alt: String,
}

impl Called {
    /// Without what is no text, not too long, and without the folders of whoever picked it.
    pub fn cleaned(name: &str, alt: &str, media: Media) -> Self {
        let line = |text: &str, max: usize| -> String {
            let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(max).collect();
            text.trim().to_owned()
        };
        let name = line(name.rsplit(['/', '\\']).next().unwrap_or_default(), NAME_CHARS_MAX);
        let name = if name.is_empty() { format!("file.{}", media.extension()) } else { name };
        Self { name, alt: line(alt, ALT_CHARS_MAX) }
    }
}

/// A number of bytes in words.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=999_999 => format!("{} kB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1_000_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: FileLimits = FileLimits {
        count: 2,
        media: Cow::Borrowed(&[Media::Jpeg, Media::Gif, Media::Pdf]),
        alone: &[Media::Gif],
        picture_bytes: 1_000_000,
        document_bytes: 2_000_000,
        total_bytes: 2_500_000,
        alt_chars: Some(10),
        text_utf16: Some(5),
    };

    fn fact(media: Media, bytes: usize, alt_chars: usize) -> Fact {
        Fact { name: "a".into(), media, bytes, alt_chars }
    }

    #[test]
    fn what_a_platform_would_refuse_is_refused_with_words() {
        let why = |files: &[Fact]| SOME.refuse("X", files, "");
        assert_eq!(why(&[]), None);
        assert_eq!(why(&[fact(Media::Jpeg, 1_000_000, 10), fact(Media::Pdf, 1_400_000, 0)]), None);
        let one = fact(Media::Jpeg, 1, 0);
        assert_eq!(why(&[one.clone(), one.clone(), one.clone()]).unwrap(), "3 files; X takes 2");
        assert!(why(&[fact(Media::Png, 1, 0)]).unwrap().contains("X takes no PNG, only JPG, GIF, PDF"));
        assert_eq!(why(&[fact(Media::Jpeg, 1_000_001, 0)]).unwrap(), "'a' has 1.0 MB; X takes 1.0 MB a file");
        assert!(
            why(&[fact(Media::Pdf, 1_600_000, 0), fact(Media::Jpeg, 999_999, 0)])
                .unwrap()
                .starts_with("all files")
        );
        assert!(why(&[fact(Media::Gif, 1, 0), one.clone()]).unwrap().contains("only by itself"));
        assert!(why(&[fact(Media::Jpeg, 1, 11)]).unwrap().contains("description"));
        assert_eq!(why(&[fact(Media::Pdf, 1, 11)]), None, "nobody shows the description of a document");
        assert_eq!(SOME.refuse("X", std::slice::from_ref(&one), "12345"), None);
        assert!(SOME.refuse("X", std::slice::from_ref(&one), "123456").unwrap().contains("beside files"));
        assert!(FileLimits::NONE.refuse("X", &[one], "").unwrap().contains("no files"));
        assert_eq!(FileLimits::NONE.refuse("X", &[], "a long text"), None);
    }

    #[test]
    fn limits_are_told_in_a_line() {
        let words = SOME.in_words();
        assert_eq!(
            words,
            "up to 2 files (JPG, GIF, PDF), pictures of 1.0 MB, documents of 2.0 MB, with descriptions"
        );
        assert_eq!(FileLimits::NONE.in_words(), "no files");
    }

    #[test]
    fn names_say_nothing_of_folders_and_lines() {
        let called = |name: &str| Called::cleaned(name, " a\nb ", Media::Png);
        assert_eq!(called("C:\\Users\\jan\\plan.png").name, "plan.png");
        assert_eq!(called("/home/jan/\r\nx.png").name, "x.png");
        assert_eq!((called("").name.as_str(), called("").alt.as_str()), ("file.png", "a b"));
        assert!(called(&"x".repeat(900)).name.len() == NAME_CHARS_MAX);
    }
}
