//! The length of a text as X counts it (twitter-text, configuration 3): most letters one, letters of East Asia and
//! pictures two, a link so many whatever its length. Pure.
//!
//! From the published configuration; counted here are graphemes whose first character is a picture as two, as that
//! says of emoji sequences.

use super::reply::links;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// The longer ends of names of which a link is made without `https` in front of them. Of the ends of countries, which have
/// two letters, it is made where something stands before the name or behind it, as in `www.acme.nl` and `acme.nl/help`.
const ENDS: [&str; 26] = [
    "com", "net", "org", "info", "biz", "edu", "gov", "mobi", "app", "dev", "shop", "store", "online",
    "site", "xyz", "cloud", "page", "blog", "news", "help", "care", "support", "travel", "bank", "email",
    "link",
];
/// What closes a sentence, and is no part of a link.
const CLOSING: [char; 11] = ['.', ',', ';', ':', '!', '?', ')', ']', '»', '"', '\''];

/// The characters that weigh one.
const LIGHT: [(u32, u32); 4] = [(0, 4_351), (8_192, 8_205), (8_208, 8_223), (8_242, 8_247)];

/// How long a text is; a link counts as `link`. Names in front, which the platform puts before answers, count too:
/// better a little too long here than refused there.
pub fn length(text: &str, link: usize) -> usize {
    let mut length = 0;
    let mut from = 0;
    for range in found(text) {
        length += text.get(from..range.start).map_or(0, weight) + link;
        from = range.end;
    }
    length + text.get(from..).map_or(0, weight)
}

/// What the platform makes links of, as byte ranges: also names without `https` in front of them.
pub fn found(text: &str) -> Vec<Range<usize>> {
    let mut all = links(text);
    let mut from = 0;
    for word in text.split_whitespace() {
        let at = text.get(from..).and_then(|rest| rest.find(word)).map_or(from, |n| from + n);
        from = at + word.len();
        if !word.contains("://") {
            all.extend(bare(word).map(|link| at + link.start..at + link.end));
        }
    }
    all.sort_by_key(|link| link.start);
    all
}

/// The words of a text in which no link stands: the platform writes each link otherwise.
pub fn without_links(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().filter(|word| found(word).is_empty()).collect();
    words.join(" ")
}

/// Where in a word a name stands of which a link is made, with the path behind it.
fn bare(word: &str) -> Option<Range<usize>> {
    let start = word.find(|c: char| c.is_ascii_alphanumeric())?;
    let (before, rest) = word.split_at_checked(start)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
    let name = rest.get(..end)?.trim_end_matches(['.', '-']);
    let behind = rest.get(name.len()..)?;
    let has_path = behind.starts_with('/');
    let labels: Vec<&str> = name.split('.').collect();
    let last = labels.last()?.to_ascii_lowercase();
    let is_country = last.len() == 2 && last.bytes().all(|b| b.is_ascii_lowercase());
    let ends = if is_country { labels.len() > 2 || has_path } else { ENDS.contains(&last.as_str()) };
    // Names of people, topics and addresses of mail are none.
    let is_other = before.ends_with(['@', '#', '$', '-', '_', '.', '/'])
        || behind.split('/').next().is_some_and(|b| b.contains('@'));
    let is_link = labels.len() > 1 && labels.iter().all(|label| !label.is_empty()) && ends && !is_other;
    let length = if has_path { rest.trim_end_matches(CLOSING).len() } else { name.len() };
    is_link.then_some(start..start + length)
}

fn weight(text: &str) -> usize {
    text.graphemes(true).map(of_grapheme).sum()
}

fn of_grapheme(grapheme: &str) -> usize {
    let light = |c: char| LIGHT.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(c)));
    let is_picture = grapheme.chars().any(
        |c| matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0xFE0F | 0x20E3 | 0x2300..=0x23FF),
    );
    if is_picture {
        return 2;
    }
    grapheme.chars().map(|c| if light(c) { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_pictures_and_links_weigh_what_the_platform_says() {
        let of = |text: &str| length(text, 23);
        assert_eq!(of("hello"), 5);
        assert_eq!(of("Où est né"), 9);
        assert_eq!(of("日本語"), 6);
        assert_eq!(of("한국"), 4);
        assert_eq!(of("😀"), 2);
        assert_eq!(of("👨‍👩‍👧‍👦"), 2, "a family is one picture");
        assert_eq!(of("❤️"), 2);
        assert_eq!(of("‘it’s’"), 6, "typographic quotes are light");
        assert_eq!(of("see https://a.example/very/long/path?with=a&query=1 ok"), 4 + 23 + 3);
        assert_eq!(of("https://a.example"), 23, "also where it is shorter");
        assert_eq!(of(""), 0);
    }

    #[test]
    fn a_name_alone_is_a_link_where_the_platform_makes_one_of_it() {
        let of = |text: &str| -> Vec<String> {
            found(text).into_iter().map(|link| text[link].to_owned()).collect()
        };
        assert_eq!(of("see acme.com/help?a=1, or (www.acme.nl)."), ["acme.com/help?a=1", "www.acme.nl"]);
        assert_eq!(
            of("Acme.COM and https://b.example and acme.nl/x!"),
            ["Acme.COM", "https://b.example", "acme.nl/x"]
        );
        assert_eq!(of("youtube.com/@acme"), ["youtube.com/@acme"]);
        for none in [
            "acme.nl",
            "help@acme.com",
            "jan.k@acme.com",
            "e.g. this",
            "m.in.",
            "Hi.Ok",
            "9.30/10",
            "@acme.com",
            "…",
            "a..com",
        ] {
            assert_eq!(of(none), [""; 0], "{none}");
        }
        assert_eq!(length("see acme.com/help now", 23), 4 + 23 + 4);
        assert_eq!(length("see acme.nl now", 23), 15);
        assert_eq!(without_links("see acme.com/help. https://t.co/x ok"), "see ok");
    }
}
