//! Words from outside as pages show them: escaped, isolated, with what hides made visible.
//!
//! A text becomes pieces: plain words, marks that stand for invisible or direction-changing
//! characters, and covers over personal data. The template escapes every piece; nothing from
//! outside ever reaches a page by another way.

use super::texts::Texts;
use super::zones;
use crate::domain::judgement::{PersonalData, PersonalDataKind};
use crate::domain::time::{Span, Timestamp};
pub use crate::domain::unseen::marked;
use crate::domain::unseen::{MARKS_MAX, is_hiding};
use askama::Template;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// From how many characters on a text may be higher than the part of a page that shows it, on the narrowest screen.
const LONG_CHARS: usize = 700;
/// How many characters a line is worth that ends early.
const LINE_CHARS: usize = 30;

/// One piece of a shown text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// A character that would not be seen, by its code.
    Mark(String),
    /// Personal data under a cover; the word says what it is.
    Covered(String),
}

/// A text ready for a page; printing it gives safe HTML.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "shown.html", config = "src/web/askama.toml")]
pub struct Shown {
    /// Its pieces in order.
    pub pieces: Vec<Piece>,
}

impl askama::filters::HtmlSafe for Shown {}

impl Shown {
    /// A whole text, with covers over personal data; what is under them is named in the reader's language.
    pub fn of(text: &str, covers: &[PersonalData], t: &Texts) -> Self {
        Self::made(text, covers, |kind| t.name("data", kind.code()))
    }

    fn made(text: &str, covers: &[PersonalData], name: impl Fn(PersonalDataKind) -> String) -> Self {
        let mut shown = Self::default();
        let mut plain = String::new();
        let (mut until, mut previous, mut stacked) = (0, None, 0);
        for (at, c) in text.char_indices() {
            if at < until {
                continue;
            }
            if let Some(cover) = covers.iter().find(|d| d.start <= at && at < d.end) {
                shown.flush(&mut plain);
                shown.pieces.push(Piece::Covered(name(cover.kind)));
                (until, previous) = (cover.end, None);
                continue;
            }
            stacked = if is_combining_mark(c) { stacked + 1 } else { 0 };
            if stacked > MARKS_MAX {
                if stacked == MARKS_MAX + 1 {
                    shown.flush(&mut plain);
                    shown.pieces.push(Piece::Mark("…".to_owned()));
                }
            } else if is_hiding(c, previous) {
                shown.flush(&mut plain);
                shown.pieces.push(Piece::Mark(format!("U+{:04X}", c as u32)));
            } else if c != '\r' {
                plain.push(c);
            }
            previous = Some(c);
        }
        shown.flush(&mut plain);
        shown
    }

    /// A text without covers.
    pub fn plain(text: &str) -> Self {
        // Nothing is covered, so nothing is named.
        Self::made(text, &[], |_| String::new())
    }

    /// The first `max` characters as people count them, on one line.
    pub fn excerpt(text: &str, covers: &[PersonalData], max: usize, t: &Texts) -> Self {
        let mut left = max;
        let mut shown = Self::default();
        for piece in Self::of(text, covers, t).pieces {
            if left == 0 {
                shown.pieces.push(Piece::Text("…".to_owned()));
                break;
            }
            match piece {
                Piece::Text(words) => {
                    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
                    let edge = |e: bool| if e { " " } else { "" };
                    let line = format!(
                        "{}{line}{}",
                        edge(words.starts_with(char::is_whitespace)),
                        edge(words.ends_with(char::is_whitespace))
                    );
                    let cut: String = line.graphemes(true).take(left).collect();
                    let more = cut.len() < line.len();
                    left -= cut.graphemes(true).count().min(left);
                    if more {
                        left = 0;
                    }
                    shown.pieces.push(Piece::Text(cut));
                    if more {
                        shown.pieces.push(Piece::Text("…".to_owned()));
                        break;
                    }
                }
                other => {
                    left -= 1;
                    shown.pieces.push(other);
                }
            }
        }
        shown
    }

    /// Whether it may be so long that it scrolls where it stands: then keys must reach it.
    pub fn scrolls(&self) -> bool {
        self.weight() > LONG_CHARS
    }

    /// How much room it takes, in characters.
    pub fn weight(&self) -> usize {
        let of = |piece: &Piece| -> usize {
            match piece {
                Piece::Text(text) => text.chars().map(|c| if c == '\n' { LINE_CHARS } else { 1 }).sum(),
                Piece::Mark(_) | Piece::Covered(_) => 8,
            }
        };
        self.pieces.iter().map(of).sum()
    }

    fn flush(&mut self, plain: &mut String) {
        if !plain.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(plain)));
        }
    }
}

/// An instant as pages show it, for people and for the browser.
#[derive(Clone, Debug)]
pub struct Moment {
    /// RFC 3339, for `<time datetime>`.
    pub machine: String,
    /// Day and minute in the zone of who reads, with its name; the browser may show its own zone instead.
    pub text: String,
}

impl Moment {
    /// Of a stored instant.
    pub fn of(millis: i64) -> Self {
        let machine = Timestamp(millis).rfc3339();
        let text = zones::written(millis).unwrap_or_else(|| machine.clone());
        Self { machine, text }
    }
}

/// How long there is until a deadline, as a row shows it.
#[derive(Clone, Debug)]
pub struct Left {
    /// `late`, `soon`, `fine` or `none`.
    pub class: &'static str,
    /// `12 min left`, `5 min late`, `no deadline`.
    pub text: String,
    /// The deadline itself.
    pub due: Option<Moment>,
    /// The deadline in milliseconds, 0 without one.
    pub due_ms: i64,
}

/// A span with the hour as the reader's language writes it; the other units are the same in all of ours.
fn spelt(span: Span, t: &Texts) -> String {
    span.to_string().replacen(" h", &format!(" {}", t.wall().hour), 1)
}

impl Left {
    /// The time from `now` to a deadline.
    pub fn of(due: Option<i64>, now: Timestamp, t: &Texts) -> Self {
        let Some(due_ms) = due else {
            return Self { class: "none", text: t.no_deadline.to_owned(), due: None, due_ms: 0 };
        };
        let left = Timestamp(due_ms).since(now);
        let (class, text) = match left.millis() {
            ..0 => ("late", format!("{} {}", spelt(Span(-left.millis()), t), t.late)),
            0..600_000 => ("soon", format!("{} {}", spelt(left, t), t.left)),
            _ => ("fine", format!("{} {}", spelt(left, t), t.left)),
        };
        Self { class, text, due: Some(Moment::of(due_ms)), due_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::texts::{EN, NL};

    fn html(text: &str) -> String {
        Shown::plain(text).to_string()
    }

    #[test]
    fn markup_is_words() {
        let shown = html("<script>alert(1)</script>\"><img src=x onerror=y>{{ 7*7 }}<% x %>");
        assert!(!shown.contains("<script") && !shown.contains("<img"), "{shown}");
        assert!(shown.contains("{{ 7*7 }}"));
    }

    #[test]
    fn what_hides_is_marked_and_what_writing_needs_is_not() {
        for hiding in
            ["a\u{202e}b", "a\u{200b}b", "a\u{200d}b", "\u{feff}a", "a\u{1b}[31m", "a\u{e0041}b", "\0"]
        {
            assert!(html(hiding).contains("class=\"mark\""), "{hiding:?}");
        }
        for plain in ["👩‍👩‍👧‍👦", "❤️", "می‌خواهم", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "a\nb\tc", "ก็ดี", "café"]
        {
            assert!(!html(plain).contains("class=\"mark\""), "{plain:?}");
        }
        let smeared = format!("a{}", "\u{301}".repeat(500));
        assert!(html(&smeared).chars().filter(|c| *c == '\u{301}').count() <= MARKS_MAX);
    }

    #[test]
    fn where_no_markup_can_stand_what_hides_is_told_by_its_code() {
        assert_eq!(marked("ann\u{202e}gnp"), "ann[U+202E]gnp");
        assert_eq!(marked("<b>Piet de Boer"), "<b>Piet de Boer", "whoever prints it escapes it");
    }

    #[test]
    fn covers_hold_even_when_their_places_are_wrong() {
        let text = "bel 06-12345678 é";
        let cover = |start, end| PersonalData { kind: PersonalDataKind::Phone, start, end };
        let shown = Shown::of(text, &[cover(4, 15)], &EN);
        assert_eq!(shown.pieces[1], Piece::Covered("phone".into()));
        let dutch = Shown::of(text, &[cover(4, 15)], &NL);
        assert_eq!(dutch.pieces[1], Piece::Covered("telefoon".into()), "in the language of who reads it");
        assert!(!shown.to_string().contains("1234"));
        assert!(!Shown::excerpt(text, &[cover(4, 15)], 80, &EN).to_string().contains("1234"));
        for (start, end) in [(0, 999), (17, 18), (9, 3), (16, 17)] {
            let _ = Shown::of(text, &[cover(start, end)], &EN);
        }
    }

    #[test]
    fn hours_are_those_of_the_readers_language() {
        let left = |due: i64, t| Left::of(Some(due), Timestamp(0), t).text;
        assert_eq!(left(11_100_000, &EN), format!("3 h 05 {}", EN.left));
        assert_eq!(left(11_100_000, &NL), format!("3 u 05 {}", NL.left));
        assert_eq!(left(-187_200_000, &NL), format!("2 d 4 u {}", NL.late));
    }

    #[test]
    fn what_may_scroll_is_reached_by_keys_and_nothing_else_is_a_stop() {
        assert!(!html(&"short words ".repeat(40)).contains("tabindex"));
        assert!(html(&"long words ".repeat(80)).contains("<bdi dir=\"auto\" tabindex=\"0\">"));
        assert!(html(&"line\n".repeat(28)).contains("tabindex"), "short lines are high as well");
        let cover = PersonalData { kind: PersonalDataKind::Phone, start: 0, end: 2_000 };
        assert!(!Shown::of(&"0".repeat(2_000), &[cover], &EN).scrolls(), "a cover is one word");
    }

    #[test]
    fn excerpts_are_one_line_and_cut_between_characters() {
        assert_eq!(Shown::excerpt("a\n\nb", &[], 9, &EN).pieces, [Piece::Text("a b".into())]);
        let cut = Shown::excerpt("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", &[], 1, &EN);
        assert_eq!(cut.pieces[0], Piece::Text("👩‍👩‍👧‍👦".into()));
    }
}
