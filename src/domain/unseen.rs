//! Characters that hide, or turn around what stands beside them: which they are, and a text with each told by its code. Pure.
//!
//! Pages show them as marks of their own; mails, alerts, messages, tables, logs and terminals hold plain text, where the
//! code stands in brackets.

use std::fmt::Write;
use unicode_normalization::char::is_combining_mark;

/// Most combining marks on one letter; real scripts stay below, stacks made to smear do not.
pub const MARKS_MAX: usize = 6;

/// Whether a character hides, or changes the direction of what stands around it. Joiners and
/// variation selectors are left alone where writing needs them.
pub fn is_hiding(c: char, previous: Option<char>) -> bool {
    let before = previous.map_or(0, |p| p as u32);
    match c as u32 {
        0x09 | 0x0a | 0x0d => false,
        0x00..=0x1f | 0x7f..=0x9f => true,
        0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f => true,
        0x200b | 0x200e | 0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfeff | 0xffa0 => true,
        0xfff0..=0xfffb | 0xe000..=0xf8ff | 0xf0000..=0x0010_ffff => true,
        // Joiners: inside emoji, and in the scripts whose letters join.
        0x200c | 0x200d => {
            !matches!(before, 0x600..=0xdff | 0x1000..=0x109f | 0x2190..=0x2bff | 0xfe0f | 0x0001_f000..=0x0001_faff)
        }
        0xfe00..=0xfe0f => before < 0x23,
        // Tags spell the flags of regions, behind a black flag only.
        0xe0000..=0xe0fff => !matches!(before, 0x0001_f3f4 | 0xe0020..=0xe007e),
        _ => false,
    }
}

/// A text as plain words: what hides is told by its code in brackets, stacks of marks are cut.
pub fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut previous, mut stacked) = (None, 0_usize);
    for c in text.chars() {
        stacked = if is_combining_mark(c) { stacked + 1 } else { 0 };
        if stacked > MARKS_MAX {
            if stacked == MARKS_MAX + 1 {
                out.push_str("[…]");
            }
        } else if is_hiding(c, previous) {
            let _ = write!(out, "[U+{:04X}]", c as u32);
        } else {
            out.push(c);
        }
        previous = Some(c);
    }
    out
}

/// Whether a text begins with what sets a colour of a terminal, and does nothing else to it.
fn sets_colour(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("\u{1b}[") else { return false };
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
}

/// The same as one line: ends of lines within it are told by their codes too. Where colours are written, what sets them
/// is left alone.
pub fn one_line(text: &str, colours: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = None;
    for (at, c) in text.char_indices() {
        let is_colour = colours && sets_colour(text.get(at..).unwrap_or_default());
        if matches!(c, '\n' | '\r') || (is_hiding(c, previous) && !is_colour) {
            let _ = write!(out, "[U+{:04X}]", c as u32);
        } else {
            out.push(c);
        }
        previous = Some(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What turns, parts or hides, one of each kind.
    const TURNING: [char; 9] = [
        '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200b}', '\u{200f}', '\u{feff}', '\u{1b}', '\u{0}',
    ];

    #[test]
    fn what_hides_is_told_by_its_code_and_what_writing_needs_is_left() {
        assert_eq!(marked("ann\u{202e}gnp"), "ann[U+202E]gnp");
        assert_eq!(marked("a\u{200b}b\u{feff}\u{1b}[31m"), "a[U+200B]b[U+FEFF][U+001B][31m");
        assert_eq!(marked("a\u{e0041}b"), "a[U+E0041]b");
        for plain in ["👩‍👩‍👧‍👦", "❤️", "می‌خواهم", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "a\r\nb\tc", "ก็ดี", "café"]
        {
            assert_eq!(marked(plain), plain, "{plain:?}");
        }
        let smeared = marked(&format!("a{}b", "\u{301}".repeat(500)));
        assert_eq!(smeared, format!("a{}[…]b", "\u{301}".repeat(MARKS_MAX)));
    }

    #[test]
    fn a_line_stays_one() {
        assert_eq!(one_line("a\nb\u{202e}\u{1b}[1mc", false), "a[U+000A]b[U+202E][U+001B][1mc");
        assert_eq!(one_line("a\u{1b}[1mb\r", true), "a\u{1b}[1mb[U+000D]");
    }

    proptest! {
        #[test]
        fn nothing_that_turns_is_left(text in "[a-z ]{0,5}", at in 0usize..9, more in "\\PC{0,20}") {
            let text = format!("{text}{}{more}", TURNING[at]);
            for told in [marked(&text), one_line(&text, false)] {
                prop_assert!(!told.contains(TURNING), "{told:?}");
            }
        }
    }
}
