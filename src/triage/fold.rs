//! Folding as fast as triage needs it: the same result as `domain::text::fold`, then without
//! invisible characters and with every run of white space as one space.
//!
//! Nearly all characters of the ten languages stand in a table made once from the slow folding, so
//! that the two cannot differ; a text with any other character takes the slow way. Nothing is
//! allocated but what the caller's buffer grows by.

use crate::domain::text;
use std::sync::LazyLock;

/// Folded forms of the characters below `0x530` and of `0x2000..0x2c00`: length, then the bytes.
static TABLE: LazyLock<Vec<[u8; 8]>> =
    LazyLock::new(|| (0..0x530).chain(0x2000..0x2c00).map(entry).collect());
/// Length mark of a character that needs the slow way.
const SLOW: u8 = 255;

fn entry(code: u32) -> [u8; 8] {
    let mut entry = [0; 8];
    let Some(c) = char::from_u32(code) else { return [SLOW; 8] };
    let mut source = [0; 4];
    let folded = text::fold(c.encode_utf8(&mut source));
    let bytes = folded.as_bytes();
    // A breve joins with the letter before it (й), which no table of single characters can do.
    if code == 0x306 || bytes.len() > 7 {
        return [SLOW; 8];
    }
    entry[0] = bytes.len() as u8;
    entry[1..=bytes.len()].copy_from_slice(bytes);
    entry
}

/// Characters that nobody sees: they join, split or turn words without changing what is read.
const fn is_invisible(c: char) -> bool {
    matches!(c as u32, 0xad | 0x34f | 0x61c | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064
        | 0x2066..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe007f)
}

/// Appends one folded character; white space only after something that is not white space.
fn push(out: &mut String, c: char) {
    if c.is_whitespace() {
        if !out.ends_with(' ') {
            out.push(' ');
        }
    } else if !is_invisible(c) {
        out.push(c);
    }
}

/// Folds `source` into `out`, which is emptied first.
pub fn fold_into(source: &str, out: &mut String) {
    out.clear();
    out.reserve(source.len());
    let table = &*TABLE;
    let mut rest = source;
    loop {
        if rest.as_bytes().first().is_some_and(u8::is_ascii) {
            rest = fold_ascii(rest, out);
        }
        let Some(c) = rest.chars().next() else { return };
        rest = &rest[c.len_utf8()..];
        let code = c as u32;
        match code {
            0..=0x20 | 0x7f => push(out, c),
            0x80..=0x52f | 0x2000..=0x2bff => {
                let at = if code < 0x2000 { code } else { code - 0x2000 + 0x530 };
                let entry = table.get(at as usize).copied().unwrap_or([SLOW; 8]);
                match std::str::from_utf8(entry.get(1..=usize::from(entry[0])).unwrap_or(&[255])) {
                    Ok(folded) => folded.chars().for_each(|c| push(out, c)),
                    Err(_) => return slow(source, out),
                }
            }
            0x3001..=0x3003
            | 0x3005..=0x3030
            | 0x3041..=0x3098
            | 0x309d..=0x309e
            | 0x30a0..=0x30fe
            | 0x4e00..=0x9fff
            | 0x1f300..=0x1faff => out.push(c),
            0x3000 => push(out, ' '),
            0xfe0f => {}
            0xff01..=0xff5e => {
                let plain = char::from((code - 0xfee0) as u8);
                out.push(plain.to_ascii_lowercase());
            }
            _ => return slow(source, out),
        }
    }
}

/// Folds the signs of ASCII at the beginning together, up to white space that is more than one space; returns what is left.
fn fold_ascii<'s>(source: &'s str, out: &mut String) -> &'s str {
    let mut spaced = out.ends_with(' ');
    let mut goes_on = |b: u8| {
        let plain = matches!(b, 0x21..=0x7e) || (b == b' ' && !spaced);
        spaced = b == b' ';
        plain
    };
    let end = source.bytes().position(|b| !goes_on(b)).unwrap_or(source.len());
    let (plain, rest) = source.split_at(end);
    let from = out.len();
    out.push_str(plain);
    out[from..].make_ascii_lowercase();
    rest
}

/// The slow way, for characters outside the table.
fn slow(source: &str, out: &mut String) {
    out.clear();
    text::fold(source).chars().for_each(|c| push(out, c));
}

/// Folds into a new text; for configuration, not for posts.
pub fn folded(source: &str) -> String {
    let mut out = String::new();
    fold_into(source, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference(source: &str) -> String {
        let mut out = String::new();
        text::fold(source).chars().for_each(|c| push(&mut out, c));
        out
    }

    #[test]
    fn meets_the_slow_folding_on_every_script() {
        let texts = [
            "Żółć, Straße und ÆØÅ — 100 % ¾",
            "Ёлка й и\u{306} Йод",
            "ＫＬＭの荷物が…来ない！　ｶﾞｽ",
            "cafe\u{301} Noe\u{308}l",
            "👩‍👩‍👧 ❤️ ok\u{200b}ay",
            "한국어 العربية",
        ];
        for text in texts {
            assert_eq!(folded(text), reference(text), "{text}");
        }
        assert_eq!(folded("a \n\t b\u{200b}c"), "a bc");
        for text in
            ["  A  B\u{a0} C ", "Z\u{7f}z \u{200b} Z", "é  É \r\n@Z[`{", " ", "  ", "\u{3000} A\u{3000}"]
        {
            assert_eq!(folded(text), reference(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn meets_the_slow_folding(text in "\\PC{0,40}") {
            prop_assert_eq!(folded(&text), reference(&text));
        }
    }
}
