//! A file that somebody put into a post: what its source tells of it, what its bytes are, and what became
//! of it. Pure.
//!
//! What a file is called, what a server says that it is and how long it claims to be decide nothing: its first bytes
//! do, and only kinds that a browser shows as a picture, or a document that is offered as a download, are kept.

use serde::{Deserialize, Deserializer, Serialize};

/// Most files of one post that are noted.
pub const FILES_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 200;
const ALT_CHARS_MAX: usize = 2_000;
const PLACE_BYTES_MAX: usize = 4_096;

/// What a source tells of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileNote {
    /// What it is called.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it is said to be: a media type, or only `image`, `video`, …
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// How many bytes it is said to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// What its author says that it shows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alt: String,
    /// Where it can be fetched.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// By what its own source finds it, where no address does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub handle: String,
}

impl FileNote {
    /// What can be used of it; `None` if nothing is told that could be shown or fetched.
    pub fn cleaned(self) -> Option<Self> {
        let line = |text: &str, max: usize| -> String {
            let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(max).collect();
            text.trim().to_owned()
        };
        let place = |text: String| {
            if text.len() <= PLACE_BYTES_MAX { line(&text, PLACE_BYTES_MAX) } else { String::new() }
        };
        let note = Self {
            name: line(&self.name, NAME_CHARS_MAX),
            kind: line(&self.kind, 100).to_ascii_lowercase(),
            bytes: self.bytes.filter(|n| *n >= 0),
            alt: line(&self.alt, ALT_CHARS_MAX),
            url: place(self.url),
            handle: place(self.handle),
        };
        let says =
            !(note.name.is_empty() && note.url.is_empty() && note.handle.is_empty() && note.kind.is_empty());
        says.then_some(note)
    }

    /// Whether what it is said to be leaves hope for a picture or a document.
    pub fn may_be_kept(&self) -> bool {
        let kind = self.kind.as_str();
        let vague = ["", "image", "application/pdf", "application/octet-stream", "unknown", "file"];
        (vague.contains(&kind) || kind.starts_with("image/")) && kind != "image/svg+xml"
    }
}

/// Reads a list of files as leniently as can be: what is no description of a file is left out, for a post must
/// not be lost for its files.
pub fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<FileNote>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    let list = value.as_array().cloned().unwrap_or_default();
    Ok(list.into_iter().filter_map(|one| serde_json::from_value(one).ok()).take(FILES_MAX).collect())
}

/// What the first bytes of a file say that it is. Nothing else is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// A JPEG.
    Jpeg,
    /// A PNG.
    Png,
    /// A GIF.
    Gif,
    /// A WebP.
    Webp,
    /// A PDF, which is offered as a download and never shown.
    Pdf,
}

impl Media {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Gif, Self::Webp, Self::Pdf];

    /// By the first bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            _ => None,
        }
    }

    /// The media type, as stored and as browsers are told.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
        }
    }

    /// The end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
        }
    }

    /// Reads what [`Media::mime`] prints.
    pub fn from_mime(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.mime() == mime)
    }

    /// Whether it is shown in its place.
    pub const fn is_picture(self) -> bool {
        !matches!(self, Self::Pdf)
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It is to be fetched.
    Waiting,
    /// It is here.
    Kept,
    /// It is not fetched, or was not kept; [`FileWhy`] says why.
    Refused,
    /// It is no longer there.
    Gone,
}

impl FileState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Kept, Self::Refused, Self::Gone];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Kept => "kept",
            Self::Refused => "refused",
            Self::Gone => "gone",
        }
    }
}

/// Why a file is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileWhy {
    /// Fetching is switched off.
    Off,
    /// It is neither a picture nor a document of the kinds that are kept.
    Kind,
    /// It is larger than the settings allow, or has too many pixels.
    TooLarge,
    /// It says what it is and is not, or is damaged.
    Broken,
    /// Its address is none that is fetched: no https, or none at all.
    Address,
    /// Its address leads into a private network.
    Private,
    /// It was redirected too often.
    Redirects,
    /// Its server does not give it to us.
    Denied,
    /// Its server did not give it in all the tries.
    Unreachable,
    /// Its post is from before the source counted.
    Old,
}

impl FileWhy {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Off,
        Self::Kind,
        Self::TooLarge,
        Self::Broken,
        Self::Address,
        Self::Private,
        Self::Redirects,
        Self::Denied,
        Self::Unreachable,
        Self::Old,
    ];

    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Kind => "kind",
            Self::TooLarge => "too_large",
            Self::Broken => "broken",
            Self::Address => "address",
            Self::Private => "private",
            Self::Redirects => "redirects",
            Self::Denied => "denied",
            Self::Unreachable => "unreachable",
            Self::Old => "old",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide_and_markup_is_nothing() {
        let check =
            |bytes: &[u8], expected: Option<Media>| assert_eq!(Media::of(bytes), expected, "{bytes:?}");
        check(b"\xff\xd8\xff\xe0", Some(Media::Jpeg));
        check(b"\x89PNG\r\n\x1a\nxx", Some(Media::Png));
        check(b"GIF89a", Some(Media::Gif));
        check(b"GIF87a", Some(Media::Gif));
        check(b"RIFF\0\0\0\0WEBPVP8 ", Some(Media::Webp));
        check(b"%PDF-1.7", Some(Media::Pdf));
        for other in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'>"[..],
            b"<html>",
            b"\xff\xd8",
            b"",
            b"RIFF\0\0\0\0WAVE",
        ] {
            check(other, None);
        }
        for media in Media::ALL {
            assert_eq!(Media::from_mime(media.mime()), Some(media));
        }
    }

    #[test]
    fn notes_are_cleaned_and_junk_costs_no_post() {
        let note = FileNote {
            name: " a\n.jpg ".into(),
            alt: "x".repeat(3_000),
            kind: "Image/JPEG".into(),
            ..FileNote::default()
        };
        let note = note.cleaned().unwrap();
        assert_eq!((note.name.as_str(), note.kind.as_str(), note.alt.len()), ("a .jpg", "image/jpeg", 2_000));
        assert_eq!(FileNote::default().cleaned(), None);
        #[derive(Deserialize)]
        struct Holder {
            #[serde(deserialize_with = "lenient")]
            files: Vec<FileNote>,
        }
        let read = |json: &str| serde_json::from_str::<Holder>(json).unwrap().files.len();
        assert_eq!(read(r#"{"files":null}"#), 0);
        assert_eq!(read(r#"{"files":"x"}"#), 0);
        assert_eq!(read(r#"{"files":[1,{"url":5},{"url":"https://a.example/1.jpg","more":1}]}"#), 1);
    }

    #[test]
    fn what_can_be_no_picture_is_only_named() {
        let may = |kind: &str| FileNote { kind: kind.into(), ..FileNote::default() }.may_be_kept();
        assert!(may("") && may("image") && may("image/png") && may("application/pdf"));
        assert!(!may("image/svg+xml") && !may("video") && !may("text/html") && !may("audio/mpeg"));
    }
}
