//! How far a list was read that is asked for forward, page by page, by `min_id`.
//!
//! What arrives late stands *behind* what is newer, so every look begins some time back; what was
//! handed over already is left out by whoever reads. The cursor remembers which id was newest when,
//! so that "some time back" is an id.

use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Before the first id of a list.
pub const BEGINNING: &str = "0";
/// How far apart the marks stand that remember which id was newest when.
const MARK_EVERY: Span = Span::minutes(1);
/// Most pages of one look where the server leads: one that leads in a circle is not followed for ever.
const PAGES_MAX: u32 = 1_000;

/// How far a list was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Where the next look begins; `None` while nothing was ever seen.
    low: Option<String>,
    /// Where a look that is under way goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Which id was the newest when: id and time in milliseconds, oldest first.
    #[serde(default)]
    marks: Vec<(String, i64)>,
    /// Whether the server says where its pages go on, so that nothing is taken from how ids compare.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    linked: bool,
    /// How many pages the look under way has had, where the server leads.
    #[serde(default, skip_serializing_if = "is_zero")]
    pages: u32,
}

const fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// The ids that stood on a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The newest that was taken.
    pub newest: Option<String>,
    /// The oldest.
    pub oldest: Option<String>,
    /// The first and the last that were noted, whatever their ids are.
    pub ends: Option<(String, String)>,
    /// Whether the page was left before its end, at `newest`.
    pub cut: bool,
}

impl Seen {
    /// Notes an id.
    pub fn note(&mut self, id: &str) {
        if self.newest.as_deref().is_none_or(|n| order(n) < order(id)) {
            self.newest = Some(id.to_owned());
        }
        if self.oldest.as_deref().is_none_or(|o| order(o) > order(id)) {
            self.oldest = Some(id.to_owned());
        }
        match &mut self.ends {
            Some((_, last)) => id.clone_into(last),
            None => self.ends = Some((id.to_owned(), id.to_owned())),
        }
    }
}

impl Cursor {
    /// Reads a stored cursor.
    pub fn parse(stored: Option<&str>) -> Option<Self> {
        stored.and_then(|c| serde_json::from_str(c).ok())
    }

    /// The form that is stored.
    pub fn stored(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Where the next page begins. A list that was empty at the first look is read from its very
    /// beginning later.
    pub fn min_id(&self) -> &str {
        self.at.as_deref().or(self.low.as_deref()).unwrap_or(BEGINNING)
    }

    /// The cursor behind a page, and whether to ask for another at once. `asked` is the cursor that
    /// the page was asked for with; every look begins `overlap` back.
    pub fn behind(asked: Option<Self>, seen: &Seen, overlap: Span, now: Timestamp) -> (Self, bool) {
        let first_look = asked.is_none();
        let min_id = asked.as_ref().map(|c| c.min_id().to_owned());
        let mut cursor = asked.unwrap_or_default();
        let further = seen.newest.as_ref().filter(|n| min_id.as_deref().is_none_or(|m| order(m) < order(n)));
        let Some(newest) = further else {
            cursor.end_look(overlap, now);
            return (cursor, false);
        };
        cursor.at = Some(newest.clone());
        if first_look {
            cursor.low.clone_from(&seen.oldest);
            if !seen.cut {
                cursor.end_look(overlap, now);
                return (cursor, false);
            }
        }
        (cursor, true)
    }

    /// The same where the server leads on: the ids of the page were noted oldest first, and `newer` is where it says that
    /// the next one begins. A page that was cut goes on where it was cut. Nothing is compared but for being the same.
    ///
    /// A page of which the server holds every row back shows nothing and leads on all the same; it is followed as long as
    /// ids rise, so that nobody is led round over empty pages.
    pub fn led(
        asked: Option<Self>,
        seen: &Seen,
        newer: Option<&str>,
        overlap: Span,
        now: Timestamp,
    ) -> (Self, bool) {
        let first_look = asked.is_none();
        let from = asked.as_ref().map(|c| c.min_id().to_owned());
        let mut cursor = Self { linked: true, ..asked.unwrap_or_default() };
        let ends = seen.ends.as_ref().map(|(first, last)| (first.as_str(), last.as_str()));
        let last = ends.map(|(_, last)| last);
        let place = if seen.cut { last } else { newer.or(last) };
        let rises = |id: &str| from.as_deref().is_none_or(|from| order(from) < order(id));
        let is_further = |id: &str| {
            from.as_deref() != Some(id) && cursor.pages < PAGES_MAX && (ends.is_some() || rises(id))
        };
        let Some(place) = place.filter(|id| is_further(id)) else {
            cursor.end_look(overlap, now);
            return (cursor, false);
        };
        cursor.at = Some(place.to_owned());
        cursor.pages += 1;
        if first_look {
            cursor.low = Some(ends.map_or(place, |(first, _)| first).to_owned());
            if !seen.cut {
                cursor.end_look(overlap, now);
                return (cursor, false);
            }
        }
        (cursor, true)
    }

    /// Whether the server leads from page to page.
    pub const fn is_linked(&self) -> bool {
        self.linked
    }

    /// Ends a look: notes the newest id and moves the beginning of the next look on.
    fn end_look(&mut self, overlap: Span, now: Timestamp) {
        self.pages = 0;
        if let Some(newest) = self.at.take() {
            let last = self.marks.last();
            let follows = |id: &str| if self.linked { id != newest } else { order(id) < order(&newest) };
            let newer = last.is_none_or(|(id, _)| follows(id));
            let due = last.is_none_or(|(_, at)| now.millis() - at >= MARK_EVERY.millis());
            if newer && due {
                self.marks.push((newest, now.millis()));
            }
        }
        let before = now.minus(overlap).millis();
        while self.marks.first().is_some_and(|(_, at)| *at <= before) {
            let (id, _) = self.marks.remove(0);
            if self.linked || self.low.as_ref().is_none_or(|low| order(low) < order(&id)) {
                self.low = Some(id);
            }
        }
    }
}

/// Ids are opaque, but a longer one is newer, and of equal length the greater.
pub fn order(id: &str) -> (usize, &str) {
    (id.len(), id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: Span = Span::minutes(15);

    #[test]
    fn the_next_look_begins_a_quarter_of_an_hour_back() {
        let start = Timestamp(1_000_000_000);
        let mut cursor = Cursor { low: Some("100".into()), ..Cursor::default() };
        for minute in 0..60 {
            cursor.at = Some((200 + minute).to_string());
            cursor.end_look(BACK, start.plus(Span::minutes(minute)));
            assert!(cursor.marks.len() <= 16, "marks do not pile up");
        }
        assert_eq!(cursor.low.as_deref(), Some("244"));
    }

    #[test]
    fn a_page_that_was_cut_goes_on_where_it_was_cut() {
        let now = Timestamp(1_000_000_000);
        let seen =
            Seen { newest: Some("105".into()), oldest: Some("101".into()), cut: true, ..Seen::default() };
        let (cursor, more) = Cursor::behind(None, &seen, BACK, now);
        assert!(more);
        assert_eq!((cursor.min_id(), cursor.low.as_deref()), ("105", Some("101")));
        let (cursor, more) = Cursor::behind(Some(cursor), &Seen::default(), BACK, now);
        assert!(!more, "nothing further: the look ends");
        assert_eq!(cursor.min_id(), "101");
        let stored = cursor.stored().unwrap();
        assert_eq!(Cursor::parse(Some(&stored)), Some(cursor));
    }

    fn page(ids: &[&str]) -> Seen {
        let mut seen = Seen::default();
        for id in ids {
            seen.note(id);
        }
        seen
    }

    #[test]
    fn where_the_server_leads_nothing_hangs_on_how_ids_compare() {
        let now = Timestamp(1_000_000_000);
        let (cursor, more) = Cursor::led(None, &page(&["q", "m"]), Some("m"), BACK, now);
        assert!(!more && cursor.is_linked(), "the first look is one page");
        assert_eq!(cursor.min_id(), "q");
        let (cursor, more) = Cursor::led(Some(cursor), &page(&["m", "a"]), Some("a"), BACK, now);
        assert_eq!((cursor.min_id(), more), ("a", true), "further, though it sorts before");
        let cut = Seen { cut: true, ..page(&["z", "c"]) };
        let (cursor, more) = Cursor::led(Some(cursor), &cut, Some("b"), BACK, now);
        assert_eq!((cursor.min_id(), more), ("c", true), "on where it was cut");
        let stored = cursor.stored().unwrap();
        assert_eq!(Cursor::parse(Some(&stored)).as_ref(), Some(&cursor));
        let soon = now.plus(Span::minutes(2));
        let (cursor, more) = Cursor::led(Some(cursor), &Seen::default(), None, BACK, soon);
        assert_eq!((cursor.min_id(), more), ("q", false), "the next look begins where the overlap does");
        // What was the newest then is where looks begin once it is old enough, whatever its id.
        let later = soon.plus(BACK);
        let (cursor, _) = Cursor::led(Some(cursor), &Seen::default(), None, BACK, later);
        assert_eq!(cursor.min_id(), "c");
        // A page that leads to itself is the last.
        let (cursor, more) = Cursor::led(Some(cursor), &page(&["b"]), Some("c"), BACK, later);
        assert_eq!((cursor.min_id(), more), ("c", false));
        // And nobody is led in a circle for ever.
        let (mut cursor, mut pages) = (cursor, 0);
        loop {
            let to = if pages % 2 == 0 { "x" } else { "y" };
            let (next, more) = Cursor::led(Some(cursor), &page(&[to]), Some(to), BACK, later);
            (cursor, pages) = (next, pages + 1);
            if !more {
                break;
            }
        }
        assert_eq!(pages, PAGES_MAX + 1);
    }

    #[test]
    fn a_page_of_which_every_row_is_held_back_leads_on() {
        let (now, none) = (Timestamp(1_000_000_000), Seen::default());
        let (cursor, more) = Cursor::led(None, &none, Some("150"), BACK, now);
        assert_eq!((cursor.min_id(), more), ("150", false), "the next look begins behind it");
        let (cursor, more) = Cursor::led(Some(cursor), &none, Some("190"), BACK, now);
        assert_eq!((cursor.min_id(), more), ("190", true), "what is newer is not kept away by it");
        let (cursor, more) = Cursor::led(Some(cursor), &page(&["191", "192"]), Some("192"), BACK, now);
        assert_eq!((cursor.min_id(), more), ("192", true));
        for round in ["192", "150", "0"] {
            let (cursor, more) = Cursor::led(Some(cursor.clone()), &none, Some(round), BACK, now);
            assert_eq!(
                (cursor.min_id(), more),
                ("150", false),
                "{round}: the end of the list, and not round it"
            );
        }
    }

    #[test]
    fn longer_ids_are_newer() {
        assert!(order("99") < order("100"));
        assert!(order("01HQ") < order("01HR"));
    }
}
