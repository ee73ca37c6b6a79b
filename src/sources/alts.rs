//! What authors say that the pictures within their words show: the `alt` of an `<img>`.
//!
//! It stands beside the words of a post like what is said of any picture, and is no part of them: nothing is judged by it.
//! The pictures themselves are not fetched: an address within a mail or an article may be there to see who reads it.

use super::html::attribute;
use crate::domain::file::FileNote;

/// Most of one post.
const ALTS_MAX: usize = 5;
/// Longest markup that is looked through, in bytes.
const MARKUP_MAX: usize = 1024 * 1024;
const NAME_CHARS_MAX: usize = 200;

/// The pictures of which something is said, each once.
pub fn of(markup: &str) -> Vec<FileNote> {
    let mut found: Vec<FileNote> = Vec::new();
    let mut rest = markup;
    while let Some(at) = rest.find('<').filter(|_| markup.len() <= MARKUP_MAX && found.len() < ALTS_MAX) {
        rest = &rest[at..];
        let is_picture = rest.get(..4).is_some_and(|t| t.eq_ignore_ascii_case("<img"))
            && rest[4..].starts_with(|c: char| c.is_whitespace() || c == '/');
        if !is_picture {
            rest = &rest[1..];
            continue;
        }
        let Some(end) = end_of(rest) else { break };
        let (tag, behind) = rest.split_at(end);
        rest = behind;
        let Some(alt) = attribute(tag, "alt").map(|alt| alt.trim().to_owned()) else { continue };
        if says_something(&alt) && !is_dot(tag) && !found.iter().any(|f| f.alt == alt) {
            // It is known within its post by its words, for no place is told.
            let name = alt.chars().take(NAME_CHARS_MAX).collect();
            found.push(FileNote { kind: "image".to_owned(), name, alt, ..FileNote::default() });
        }
    }
    found
}

/// Where a tag ends; values may hold what looks like its end.
fn end_of(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, b) in tag.bytes().enumerate() {
        match (quote, b) {
            (Some(q), b) if b == q => quote = None,
            (None, b'"' | b'\'') => quote = Some(b),
            (None, b'>') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Whether it is words: neither a sign for a face nor the name of a file.
fn says_something(alt: &str) -> bool {
    let ends = ["jpg", "jpeg", "png", "gif", "webp", "svg", "bmp", "heic"];
    let is_name = !alt.contains(char::is_whitespace)
        && alt.rsplit_once('.').is_some_and(|(_, end)| ends.contains(&end.to_ascii_lowercase().as_str()));
    let is_sign = alt.len() > 1 && alt.starts_with(':') && alt.ends_with(':');
    !is_name && !is_sign && alt.chars().filter(|c| c.is_alphabetic()).count() >= 2
}

/// Whether it is one of those dots by which senders see who reads.
fn is_dot(tag: &str) -> bool {
    ["width", "height"].iter().any(|side| {
        attribute(tag, side).is_some_and(|n| matches!(n.trim().trim_end_matches("px"), "0" | "1"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_pictures_is_kept_and_nothing_is_fetched() {
        let found = of("<p>Look <IMG src=\"https://x.example/1.jpg\" alt=\"the hinge, 3 > 2 &amp; broken\">\
             <img alt='de doos' src=cid:1/> <IMG SRC=\"2\" ALT=\"De Lamp\"> <img src=\"https://x.example/1.jpg\" alt=\"de doos\"></p>");
        let told: Vec<&str> = found.iter().map(|f| f.alt.as_str()).collect();
        assert_eq!(told, ["the hinge, 3 > 2 & broken", "de doos", "De Lamp"]);
        assert!(found.iter().all(|f| f.url.is_empty() && f.handle.is_empty() && f.may_be_kept()));
        assert!(found.iter().all(|f| f.clone().cleaned().is_some()));
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        for nothing in [
            "<img src=\"a\">",
            "<img alt=\"\">",
            "<img alt=\"image001.png\">",
            "<img alt=\":cry:\">",
            "<img alt=\"❤\">",
            "<img alt=\"who reads\" width=\"1\" height=\"1\">",
            "<image alt=\"the hinge\">",
            "<p alt=\"the hinge\">",
            "<img alt=\"the hinge",
            "no markup at all < >",
        ] {
            assert!(of(nothing).is_empty(), "{nothing}");
        }
        let many: String =
            (0..50).fold(String::new(), |all, n| all + "<img alt=\"hinge " + &n.to_string() + "\">");
        assert_eq!(of(&many).len(), ALTS_MAX);
        assert!(of(&"<img alt=\"x".repeat(20_000)).is_empty(), "and ends soon");
    }
}
