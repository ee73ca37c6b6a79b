//! Long answers in parts: where a text is cut, and how each part is numbered.
//!
//! A part ends where a sentence or a paragraph does, else between words, and within a word only where one alone is
//! longer than a part. Nothing is ever cut within a link, a mention, a tag or what people see as one character. The
//! number stands behind the words and counts like them; how much fits is asked of whoever knows the platform. Pure.

use super::text::is_unspaced;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Most parts of one answer. What is longer is no answer in public; and a number stays one digit, so that it counts the
/// same before it is known how many parts there are.
pub const PARTS_MAX: usize = 9;

/// One part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its words with its number behind them, such as `… 1/3`.
    pub text: String,
    /// The blanks that were typed between its words and those of the next; empty behind the last.
    pub gap: String,
}

/// How well a text may be cut at a place, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Within a word.
    Character,
    /// Between words.
    Word,
    /// Where a sentence or a paragraph ends.
    Sentence,
}

/// Cuts a text into two or more numbered parts. `fits` tells of words with their number whether the platform takes
/// them, and is told whether they are the last. Nothing where one part is enough, where [`PARTS_MAX`] are too few, or
/// where something that must not be cut is longer than a part.
pub fn split(text: &str, fits: &dyn Fn(&str, bool) -> bool) -> Option<Vec<Part>> {
    let text = text.trim();
    let held = held(text);
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    loop {
        let number = pieces.len() + 1;
        let rest = text.get(from..).filter(|rest| number <= PARTS_MAX && !rest.is_empty())?;
        if fits(&numbered(rest, number, PARTS_MAX), true) {
            pieces.push(from..text.len());
            break;
        }
        let end = cut(text, from, &held, &|piece: &str| fits(&numbered(piece, number, PARTS_MAX), false))?;
        pieces.push(from..end);
        from = end + blanks(&text[end..]);
    }
    let total = pieces.len();
    if total < 2 {
        return None;
    }
    let next = |at: usize| pieces.get(at + 1).map_or(text.len(), |p| p.start);
    let part = |(at, piece): (usize, &Range<usize>)| Part {
        text: numbered(&text[piece.clone()], at + 1, total),
        gap: text[piece.end..next(at)].to_owned(),
    };
    Some(pieces.iter().enumerate().map(part).collect())
}

/// Words with their number behind them.
pub fn numbered(words: &str, number: usize, total: usize) -> String {
    format!("{words} {number}/{total}")
}

/// The words of a part without its number.
pub fn unnumbered(text: &str, number: usize, total: usize) -> &str {
    text.strip_suffix(&format!(" {number}/{total}")).unwrap_or(text)
}

/// How many bytes of blanks a text begins with; a blank that carries a mark is none.
fn blanks(text: &str) -> usize {
    text.graphemes(true).take_while(|g| is_blank(g)).map(str::len).sum()
}

fn is_blank(grapheme: &str) -> bool {
    grapheme.chars().all(char::is_whitespace)
}

/// What must stay whole: links, handles, tags, addresses, in bytes.
fn held(text: &str) -> Vec<Range<usize>> {
    let mut held: Vec<Range<usize>> = Vec::new();
    for scheme in ["https://", "http://"] {
        let link =
            |(at, _): (usize, &str)| at..text[at..].find(char::is_whitespace).map_or(text.len(), |n| at + n);
        held.extend(text.match_indices(scheme).map(link));
    }
    let (mut begin, mut tag) = (None, false);
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if belongs(c) || (tag && is_unspaced(c)) {
            begin = begin.or(Some(at));
            tag |= c == '#';
            continue;
        }
        if let Some(run) = begin.take().map(|from| from..at)
            && is_whole(&text[run.clone()])
        {
            held.push(run);
        }
        tag = false;
    }
    held
}

/// Whether a character may stand in a handle, a tag or an address.
fn belongs(c: char) -> bool {
    matches!(c, '@' | '#' | '.' | '_' | '-' | '+' | '/')
        || (c.is_alphanumeric() && !is_unspaced(c))
        || unicode_normalization::char::is_combining_mark(c)
}

/// Whether a run of such characters is one.
fn is_whole(run: &str) -> bool {
    run.contains(['@', '#']) || run.starts_with("www.") || (run.contains('/') && run.contains('.'))
}

/// Where the part that begins at `from` ends: the best place behind which it still fits.
fn cut(text: &str, from: usize, held: &[Range<usize>], fits: &dyn Fn(&str) -> bool) -> Option<usize> {
    let walk = |least: Rank| {
        let (mut words, mut sentence) = (None, None);
        for (at, rank) in places(text, from, held).filter(|place| place.1 >= least) {
            if !fits(&text[from..at]) {
                break;
            }
            words = Some(at);
            if rank == Rank::Sentence {
                sentence = Some(at);
            }
        }
        // A sentence that ends too early would leave a part nearly empty.
        sentence.filter(|at| words.is_none_or(|most| (at - from) * 2 >= most - from)).or(words)
    };
    walk(Rank::Word).or_else(|| walk(Rank::Character))
}

/// The places behind `from` at which a text may be cut, in order.
fn places<'a>(
    text: &'a str,
    from: usize,
    held: &'a [Range<usize>],
) -> impl Iterator<Item = (usize, Rank)> + 'a {
    let graphemes = text[from..].grapheme_indices(true).skip(1);
    graphemes.filter_map(move |(n, grapheme)| {
        let at = from + n;
        if held.iter().any(|h| h.start < at && at < h.end) {
            return None;
        }
        let before = &text[from..at];
        let last = before.chars().next_back()?;
        if last.is_whitespace() {
            return None;
        }
        if is_blank(grapheme) {
            let gap = &text[at..at + blanks(&text[at..])];
            let ends = gap.contains('\n') || ends_sentence(before);
            return Some((at, if ends { Rank::Sentence } else { Rank::Word }));
        }
        let next = grapheme.chars().next()?;
        if is_closing(next) {
            return Some((at, Rank::Character));
        }
        if matches!(last, '。' | '！' | '？') {
            return Some((at, Rank::Sentence));
        }
        Some((at, if is_unspaced(last) || is_unspaced(next) { Rank::Word } else { Rank::Character }))
    })
}

/// What belongs to what stands before it.
const fn is_closing(c: char) -> bool {
    matches!(
        c,
        '。' | '、'
            | '！'
            | '？'
            | '，'
            | '．'
            | '」'
            | '』'
            | '）'
            | '】'
            | 'ー'
            | ')'
            | ']'
            | '»'
            | '"'
            | '.'
            | ','
            | '!'
            | '?'
            | ':'
            | ';'
    )
}

/// Whether a sentence ends here; `e.g.`, `a.m.` and `1.` are no end.
fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches([')', ']', '»', '”', '’', '"', '\'', '」', '』', '）']);
    let Some(sentence) = bare.strip_suffix('.') else {
        return bare.ends_with(['!', '?', '…', '。', '！', '？', '؟']);
    };
    let word = sentence.rsplit(char::is_whitespace).next().unwrap_or_default();
    word.chars().count() > 1 && !word.contains('.')
}

#[cfg(test)]
mod tests {
    use super::super::reply::{Counting, Limits, signed};
    use super::*;
    use proptest::prelude::*;

    fn limits(text_max: usize, counting: Counting) -> Limits {
        Limits { text_max, counting, bytes_max: None }
    }

    fn parts_of(text: &str, max: usize) -> Option<Vec<String>> {
        let limits = limits(max, Counting::Graphemes);
        let parts = split(text, &|words: &str, _: bool| limits.measure(words).fits)?;
        Some(parts.into_iter().map(|p| p.text).collect())
    }

    #[test]
    fn sentences_stay_whole_where_they_can() {
        let text = "We look for it. It takes a day or two. You hear from us then.";
        assert_eq!(
            parts_of(text, 42).unwrap(),
            ["We look for it. It takes a day or two. 1/2", "You hear from us then. 2/2"]
        );
        let text = "One line here\n\nAnother line that goes on";
        assert_eq!(parts_of(text, 30).unwrap(), ["One line here 1/2", "Another line that goes on 2/2"]);
    }

    #[test]
    fn a_sentence_that_ends_too_early_ends_no_part() {
        let text = "Hi Jan. This one is long and has no other end before it is far too long";
        assert_eq!(parts_of(text, 45).unwrap()[0], "Hi Jan. This one is long and has no other 1/2");
        let text = "Call us e.g. tomorrow at 9 a.m. or on any other day";
        assert_eq!(parts_of(text, 40).unwrap()[0], "Call us e.g. tomorrow at 9 a.m. or 1/2");
    }

    #[test]
    fn links_handles_and_addresses_stay_whole_or_nothing_is_cut() {
        let text = "aaaa bbbb https://acme.example/help?a=1 cccc @jan@toot.example dddd jan@acme.example";
        let parts = parts_of(text, 40).unwrap();
        for whole in ["https://acme.example/help?a=1", "@jan@toot.example", "jan@acme.example"] {
            assert_eq!(parts.iter().filter(|p| p.contains(whole)).count(), 1, "{parts:?}");
        }
        assert_eq!(parts_of(&format!("see https://acme.example/{}", "x".repeat(60)), 40), None);
        assert_eq!(parts_of(&format!("ask @{} today", "x".repeat(60)), 40), None);
    }

    #[test]
    fn a_word_longer_than_a_part_is_cut_between_characters() {
        let family = "👨‍👩‍👧".repeat(12);
        let parts = parts_of(&family, 10).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0], format!("{} 1/2", "👨‍👩‍👧".repeat(6)));
        let kana = "お問い合わせありがとうございます。確認して折り返しご連絡いたします。";
        assert_eq!(parts_of(kana, 24).unwrap()[0], "お問い合わせありがとうございます。 1/2");
    }

    #[test]
    fn what_fits_is_not_split_and_what_never_fits_is_refused() {
        assert_eq!(parts_of("short", 40), None);
        assert_eq!(parts_of("", 40), None);
        assert_eq!(parts_of(&"word ".repeat(1_000), 40), None, "nine parts are the most");
        assert_eq!(parts_of("no room for a number", 4), None);
    }

    #[test]
    fn a_number_is_taken_off_again() {
        assert_eq!(unnumbered("It is 1/2 full. 1/3", 1, 3), "It is 1/2 full.");
        assert_eq!(unnumbered("It is 1/2", 1, 3), "It is 1/2");
    }

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Zéß]{1,12}[.!?,]?",
            "https://[a-z]{1,8}\\.example/[a-z]{0,6}",
            "@[a-z]{1,8}@[a-z]{1,6}\\.example",
            Just("👨‍👩‍👧🇳🇱".to_owned()),
            Just("e\u{301}e\u{301}".to_owned()),
            "[荷物が来ない。]{1,10}",
        ]
    }

    fn gap() -> impl Strategy<Value = String> {
        prop_oneof![4 => Just(" ".to_owned()), 1 => Just("\n\n".to_owned()), 1 => Just("  ".to_owned())]
    }

    fn counting() -> impl Strategy<Value = Counting> {
        prop_oneof![
            Just(Counting::Graphemes),
            Just(Counting::GraphemesWithLinks { link: 23 }),
            Just(Counting::Utf16),
            Just(Counting::Scalars),
            Just(Counting::EmojiBytes),
        ]
    }

    proptest! {
        /// Every part fits as the platform counts, nothing is lost or added, and nothing whole is cut.
        #[test]
        fn parts_are_the_text_and_each_fits(
            words in prop::collection::vec((piece(), gap()), 1..60),
            max in 45_usize..120,
            counting in counting(),
        ) {
            let text: String = words.iter().flat_map(|(word, gap)| [word.as_str(), gap.as_str()]).collect();
            let limits = limits(max, counting);
            let fits = |words: &str, last: bool| {
                limits.measure(&signed(words, if last { "Jan" } else { "" })).fits
            };
            let Some(parts) = split(&text, &fits) else { return Ok(()) };
            let total = parts.len();
            prop_assert!((2..=PARTS_MAX).contains(&total));
            let mut whole = String::new();
            for (at, part) in parts.iter().enumerate() {
                prop_assert!(fits(&part.text, at + 1 == total), "{:?}", part);
                let bare = unnumbered(&part.text, at + 1, total);
                prop_assert!(!bare.is_empty() && bare != part.text);
                prop_assert!(part.gap.chars().all(char::is_whitespace));
                whole.push_str(bare);
                whole.push_str(&part.gap);
            }
            prop_assert_eq!(&whole, text.trim());
            for (word, _) in words.iter().filter(|(w, _)| w.contains("://") || w.starts_with('@')) {
                let found: usize = parts.iter().map(|p| p.text.matches(word.as_str()).count()).sum();
                prop_assert!(found >= text.matches(word.as_str()).count(), "{} in {:?}", word, parts);
            }
            let ends: Vec<usize> = text.trim().grapheme_indices(true).map(|(at, _)| at).collect();
            let mut at = 0;
            for (n, part) in parts.iter().enumerate() {
                prop_assert!(ends.contains(&at), "part {} begins within a character", n + 1);
                at += unnumbered(&part.text, n + 1, total).len() + part.gap.len();
            }
        }
    }
}
