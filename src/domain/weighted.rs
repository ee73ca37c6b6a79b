//! The length of a text as X counts it (twitter-text, configuration 3): most letters one, letters of East Asia and
//! pictures two, a link so many whatever its length. Pure.
//!
//! From the published configuration; counted here are graphemes whose first character is a picture as two, as that
//! says of emoji sequences.

use super::reply::links;
use unicode_segmentation::UnicodeSegmentation;

/// The characters that weigh one.
const LIGHT: [(u32, u32); 4] = [(0, 4_351), (8_192, 8_205), (8_208, 8_223), (8_242, 8_247)];

/// How long a text is; a link counts as `link`. Names in front, which the platform puts before answers, count too:
/// better a little too long here than refused there.
pub fn length(text: &str, link: usize) -> usize {
    let mut length = 0;
    let mut from = 0;
    for range in links(text) {
        length += text.get(from..range.start).map_or(0, weight) + link;
        from = range.end;
    }
    length + text.get(from..).map_or(0, weight)
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
}
