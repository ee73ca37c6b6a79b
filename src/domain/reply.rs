//! Answers before they are sent: how long a text is as a platform counts, and who signed it.
//!
//! Limits are data that each connector states; the console, the API and the bot count by them, so
//! that nothing is offered which the platform would refuse. Signatures ('^Jan') are added here and
//! read back from answers that were typed elsewhere. Pure.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// Longest signature, in characters, without the `^`.
pub const SIGN_CHARS_MAX: usize = 20;

/// How a platform counts the length of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// What people see as one character.
    Graphemes,
    /// The same, but every link counts as so many, and of `@user@server` only `@user` counts.
    GraphemesWithLinks {
        /// What a link counts.
        link: usize,
    },
    /// Units of UTF-16.
    Utf16,
    /// Unicode scalar values.
    Scalars,
    /// By weight: letters of East Asia and pictures as two, every link as so many.
    Weighted {
        /// What a link counts.
        link: usize,
    },
    /// Pictures as their bytes of UTF-8, everything else as one.
    EmojiBytes,
}

/// What a platform takes as an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest text, counted as `counting` says.
    pub text_max: usize,
    /// How it counts.
    pub counting: Counting,
    /// Longest text in bytes of UTF-8, where the platform has such a limit too.
    pub bytes_max: Option<usize>,
}

/// A text measured against limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// How long it is, as the platform counts.
    pub length: usize,
    /// How long it may be.
    pub max: usize,
    /// Whether the platform takes it.
    pub fits: bool,
}

impl Limits {
    /// Measures a text.
    pub fn measure(&self, text: &str) -> Measure {
        let length = match self.counting {
            Counting::Graphemes => text.graphemes(true).count(),
            Counting::GraphemesWithLinks { link } => with_links(text, link),
            Counting::Utf16 => text.encode_utf16().count(),
            Counting::Scalars => text.chars().count(),
            Counting::Weighted { link } => super::weighted::length(text, link),
            Counting::EmojiBytes => with_emoji_bytes(text),
        };
        let fits = length <= self.text_max && self.bytes_max.is_none_or(|max| text.len() <= max);
        Measure { length, max: self.text_max, fits }
    }
}

/// Pictures count as their bytes, with all that belongs to them.
fn with_emoji_bytes(text: &str) -> usize {
    let is_picture = |grapheme: &str| {
        grapheme.chars().any(|c| {
            matches!(u32::from(c),
                0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B05..=0x2B55 | 0xFE0F | 0x20E3 | 0x2300..=0x23FF)
        })
    };
    text.graphemes(true).map(|g| if is_picture(g) { g.len() } else { g.chars().count() }).sum()
}

/// Links count as a fixed number, mentions of other servers without the server.
fn with_links(text: &str, link: usize) -> usize {
    let mut length = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let word_end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end);
        length += word_length(word, link);
        let space_end = after.find(|c: char| !c.is_whitespace()).unwrap_or(after.len());
        length += after[..space_end].graphemes(true).count();
        rest = &after[space_end..];
    }
    length
}

fn word_length(word: &str, link: usize) -> usize {
    if let Some(at) = word.find("https://").or_else(|| word.find("http://")) {
        let end = link_end(&word[at..]);
        let count = |part: &str| part.graphemes(true).count();
        return count(&word[..at]) + link + count(&word[at + end..]);
    }
    let counted = match word.strip_prefix('@').and_then(|w| w.split_once('@')) {
        Some((user, server)) if !user.is_empty() && server.contains('.') => {
            let tail: usize =
                server.chars().rev().take_while(|c| !c.is_alphanumeric()).map(char::len_utf8).sum();
            return 1 + user.graphemes(true).count() + server[server.len() - tail..].graphemes(true).count();
        }
        _ => word,
    };
    counted.graphemes(true).count()
}

/// Where a link ends: punctuation that closes a sentence is not part of it.
fn link_end(text: &str) -> usize {
    text.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '»', '"', '\'']).len()
}

/// The links of a text, as byte ranges; every connector that must mark links asks here.
pub fn links(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("http").map(|at| at + from) {
        let rest = &text[at..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = &rest[..end];
        let begins = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let body = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
        if begins && body.is_some_and(|b| b.chars().next().is_some_and(char::is_alphanumeric)) {
            found.push(at..at + link_end(word));
            from = at + end;
        } else {
            from = at + 4;
        }
    }
    found
}

/// A text with a person's signature behind it, if it does not end with it already.
pub fn signed(text: &str, sign: &str) -> String {
    let text = text.trim_end();
    if sign.is_empty() || sign_of(text).is_some_and(|s| s.eq_ignore_ascii_case(sign)) {
        return text.to_owned();
    }
    format!("{text} ^{sign}")
}

/// The signature at the end of a text, without `^`.
pub fn sign_of(text: &str) -> Option<&str> {
    let last = text.trim_end().rsplit(char::is_whitespace).next()?;
    let sign = last.strip_prefix('^')?.trim_end_matches(['.', '!']);
    let fits = !sign.is_empty()
        && sign.chars().count() <= SIGN_CHARS_MAX
        && sign.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    fits.then_some(sign)
}

/// Whether two texts say the same to a reader: white space, handles in front, the servers of handles
/// and the platform's shortening of links apart. Used to find an answer of ours again among what stands there.
pub fn same_words(a: &str, b: &str) -> bool {
    fn words(text: &str) -> impl Iterator<Item = &str> {
        let words = text.split_whitespace().skip_while(|w| w.starts_with('@'));
        words.filter(|w| !w.contains("://")).map(without_server)
    }
    fn without_server(word: &str) -> &str {
        let server = word.strip_prefix('@').and_then(|w| w.find('@'));
        server.map_or(word, |at| &word[..=at])
    }
    let mut both = (words(a).peekable(), words(b).peekable());
    (both.0.peek().is_some() || a.trim() == b.trim()) && both.0.eq(both.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(counting: Counting) -> Limits {
        Limits { text_max: 10, counting, bytes_max: Some(30) }
    }

    #[test]
    fn each_platform_counts_in_its_own_way() {
        let family = "👨‍👩‍👧 é";
        let length = |c| limits(c).measure(family).length;
        assert_eq!(length(Counting::Graphemes), 3);
        assert_eq!(length(Counting::Utf16), 10);
        assert_eq!(length(Counting::Scalars), 7);
        let link = Counting::GraphemesWithLinks { link: 23 };
        let length = |text: &str| limits(link).measure(text).length;
        assert_eq!(length("see https://acme.example/a/very/long/way?with=more&and=more."), 4 + 23 + 1);
        assert_eq!(length("@jan@toot.example hi"), 4 + 1 + 2);
        assert_eq!(length("(https://a.example)"), 1 + 23 + 1);
        assert_eq!(length("a  b\n"), 5);
    }

    #[test]
    fn pictures_may_count_as_their_bytes() {
        let length = |text: &str| limits(Counting::EmojiBytes).measure(text).length;
        assert_eq!(length("caf\u{e9} \u{4f60}"), 6, "letters of any script are one each");
        assert_eq!(length("\u{1f494}"), 4);
        assert_eq!(length("ok \u{2764}\u{fe0f}"), 3 + 6);
        assert_eq!(length("\u{1f1f3}\u{1f1f1}!"), 8 + 1, "a flag is two signs of four bytes");
        assert_eq!(length("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"), 18, "a family is one picture");
        assert!(!limits(Counting::EmojiBytes).measure("\u{1f494}\u{1f494}\u{1f494}").fits, "12 of 10");
    }

    #[test]
    fn bytes_may_be_the_tighter_limit() {
        let limits = limits(Counting::Graphemes);
        assert!(limits.measure("1234567890").fits);
        assert!(!limits.measure("12345678901").fits);
        assert!(!limits.measure("👨‍👩‍👧👨‍👩‍👧").fits, "36 bytes");
    }

    #[test]
    fn signatures_are_added_once_and_read_back() {
        assert_eq!(signed("We look into it.", "Jan"), "We look into it. ^Jan");
        assert_eq!(signed("We look into it. ^jan ", "Jan"), "We look into it. ^jan");
        assert_eq!(signed("Hi", ""), "Hi");
        assert_eq!(sign_of("done ^Ann-M."), Some("Ann-M"));
        for none in ["done", "done ^", "2^10", "x ^a^b", "^_^ ^_^!", "no ^way/out"] {
            assert_eq!(sign_of(none), None, "{none}");
        }
    }

    #[test]
    fn links_are_found_by_bytes() {
        let text = "é http://a.example/x, (https://b.example) xhttp://no http:// end";
        let found: Vec<&str> = links(text).into_iter().map(|r| &text[r]).collect();
        assert_eq!(found, ["http://a.example/x", "https://b.example"]);
    }

    #[test]
    fn the_same_answer_is_known_again() {
        assert!(same_words(
            "Hi, see https://acme.example/help ^Jan",
            "@mia Hi, see https://acme.example ^Jan"
        ));
        assert!(same_words("Hi there ^Jan", "@mia Hi  there\n^Jan"));
        assert!(same_words("@mia@toot.example ask @bob@toot.example too", "@mia ask @bob too"));
        assert!(!same_words("ask @bob@toot.example", "ask @eve"));
        assert!(!same_words("Hi there", "Hi you"));
        assert!(!same_words("", "x"));
    }
}
