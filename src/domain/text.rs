//! Text as search and matching see it: folded, cut into tokens, the same on both databases.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Longest token kept in the search index, in characters.
const TOKEN_CHARS_MAX: usize = 40;
/// Most tokens of one text kept in the search index.
const TOKENS_MAX: usize = 400;

/// Folds for comparison: NFKC, lower case, accents taken off (but not the marks that make another
/// letter of a kana or of й).
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    // Most texts are ASCII with few other characters between, and only those take the long way: with
    // the character before them, for a mark may join with it. What comes after them never does.
    while let Some(first) = rest.bytes().position(|b| !b.is_ascii()) {
        let (plain, tail) = rest.split_at(first.saturating_sub(1));
        let before = first.min(1);
        let length = tail.bytes().skip(before).position(|b| b.is_ascii()).map_or(tail.len(), |n| before + n);
        lower_into(plain, &mut folded);
        fold_into(&tail[..length], &mut folded);
        rest = &tail[length..];
    }
    lower_into(rest, &mut folded);
    folded
}

fn lower_into(ascii: &str, folded: &mut String) {
    let from = folded.len();
    folded.push_str(ascii);
    folded[from..].make_ascii_lowercase();
}

fn fold_into(text: &str, folded: &mut String) {
    let is_accent = |c: char| {
        unicode_normalization::char::is_combining_mark(c) && !matches!(c, '\u{3099}' | '\u{309a}' | '\u{306}')
    };
    for c in text.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase).nfc() {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            'ł' => folded.push('l'),
            'ё' => folded.push('е'),
            other => folded.push(other),
        }
    }
}

/// Whether a character belongs to a script written without spaces.
pub const fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x3040..=0x30ff | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x2fa1f)
}

/// The distinct tokens of a text for the search index, in order of first appearance: folded words,
/// and overlapping pairs of characters where a script has no spaces.
pub fn tokens(text: &str) -> Vec<String> {
    let folded = fold(text);
    distinct(&folded).into_iter().map(str::to_owned).collect()
}

/// The tokens of [`tokens`] separated by spaces, the form in which the search index takes them.
pub fn token_line(text: &str) -> String {
    distinct(&fold(text)).join(" ")
}

fn distinct(folded: &str) -> Vec<&str> {
    // Words of five letters and a space between: few texts need more room.
    let likely = (folded.len() / 6).min(TOKENS_MAX);
    let mut found: Vec<&str> = Vec::with_capacity(likely);
    let mut seen = std::collections::HashSet::with_capacity(likely);
    let mut keep = |token| {
        if found.len() < TOKENS_MAX && seen.insert(token) {
            found.push(token);
        }
    };
    for word in words(folded) {
        if word.chars().any(is_unspaced) {
            pairs(word).for_each(&mut keep);
        } else {
            let end = word.char_indices().nth(TOKEN_CHARS_MAX).map_or(word.len(), |(at, _)| at);
            keep(&word[..end]);
        }
    }
    found
}

/// Words of letters and digits; a run of an unspaced script stays one word here.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    let mut rest = folded;
    std::iter::from_fn(move || {
        let start = rest.find(char::is_alphanumeric)?;
        let tail = &rest[start..];
        let unspaced = tail.chars().next().is_some_and(is_unspaced);
        let same = |c: char| c.is_alphanumeric() && is_unspaced(c) == unspaced || (unspaced && c == 'ー');
        let end = tail.find(|c| !same(c)).unwrap_or(tail.len());
        rest = &tail[end..];
        Some(&tail[..end])
    })
}

/// Overlapping pairs of characters; a single one stands alone.
fn pairs(word: &str) -> impl Iterator<Item = &str> {
    let starts = || word.char_indices().map(|(at, _)| at);
    let ends = starts().skip(2).chain([word.len()]);
    starts().zip(ends).map(|(start, end)| &word[start..end])
}

/// The first `max` user-perceived characters, with an ellipsis if anything was cut.
pub fn excerpt(text: &str, max: usize) -> String {
    let mut graphemes = text.graphemes(true);
    let head: String = graphemes.by_ref().take(max).collect();
    if graphemes.next().is_some() { format!("{}…", head.trim_end()) } else { head }
}

/// What a pattern such as `no more than {} of {}` leaves open in a text, if the text has its shape.
pub fn open_parts<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut fixed = pattern.split("{}");
    let mut rest = text.strip_prefix(fixed.next()?)?;
    let mut found = Vec::new();
    let mut fixed = fixed.peekable();
    while let Some(next) = fixed.next() {
        let at = if next.is_empty() && fixed.peek().is_none() { rest.len() } else { rest.find(next)? };
        found.push(rest.get(..at)?);
        rest = rest.get(at + next.len()..)?;
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Folding in stretches is folding as a whole, whatever stands beside what.
        #[test]
        fn stretches_make_no_difference(text in "([a-zA-Z0-9 !]|[\u{300}-\u{345}\u{3099}\u{309a}éÅßЙёﬁÆがハﾊ한]|\\PC){0,24}") {
            let mut whole = String::new();
            fold_into(&text, &mut whole);
            prop_assert_eq!(fold(&text), whole);
        }
    }

    #[test]
    fn folding_meets_what_people_type() {
        let check = |a: &str, b: &str| assert_eq!(fold(a), fold(b), "{a} / {b}");
        check("CAFÉ", "cafe");
        check("Straße", "STRASSE");
        check("ＫＬＭ", "klm");
        check("Smørbrød", "smorbrod");
        check("Ёлка", "елка");
    }

    #[test]
    fn tokens_are_words_or_pairs() {
        assert_eq!(tokens("Mijn pakket, mijn PAKKET!"), ["mijn", "pakket"]);
        assert_eq!(tokens("荷物が来ない"), ["荷物", "物が", "が来", "来な", "ない"]);
        assert_eq!(tokens("KLMの荷物"), ["klm", "の荷", "荷物"]);
        assert_eq!(tokens("… !!"), Vec::<String>::new());
    }

    #[test]
    fn excerpts_never_cut_a_character() {
        assert_eq!(excerpt("👩‍👩‍👧‍👦👩‍👩‍👧‍👦x", 1), "👩‍👩‍👧‍👦…");
        assert_eq!(excerpt("abc", 3), "abc");
    }

    #[test]
    fn patterns_take_texts_of_their_shape_only() {
        assert_eq!(open_parts("a {} b {}", "a x b y z"), Some(vec!["x", "y z"]));
        assert_eq!(open_parts("a {} b", "a x c"), None);
        assert_eq!(open_parts("{} b", "x b"), Some(vec!["x"]));
        assert_eq!(open_parts("b", "b c"), None);
    }
}
