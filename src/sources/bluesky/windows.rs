//! Walking back through a list that is shown newest first and can only be asked for by time.
//!
//! A look begins at now and walks back, page by page, to where the look before it ended, less an
//! overlap; only when it has arrived there does the mark move. Whether a page was the last one is
//! told by whoever reads it. Nothing is remembered here but times.

use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// How far back of the newest post every look begins.
pub const OVERLAP: Span = Span::minutes(10);
/// Windows one look may walk back at most; what is left then is told as a hole.
pub const WINDOWS_MAX: u32 = 50;

/// How far a list was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Everything before is done.
    pub since: i64,
    /// The newest post seen in the look under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<i64>,
    /// The look under way has come back to here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// How many windows it took so far.
    #[serde(default)]
    pub windows: u32,
}

impl Window {
    /// A first look that walks back to an instant.
    pub fn from(since: Timestamp) -> Self {
        Self { since: since.millis(), ..Self::default() }
    }

    /// Goes on from a page whose posts are sorted by the times in `sorted`; tells whether there is
    /// more of this look.
    pub fn next(mut self, sorted: &[Timestamp], now: Timestamp) -> (Self, bool) {
        let floor = self.since;
        if self.back(sorted, floor, WINDOWS_MAX) { (self, true) } else { (self.done(now), false) }
    }

    /// Walks back by one page; tells whether there is more above `floor`, in at most so many pages.
    pub fn back(&mut self, sorted: &[Timestamp], floor: i64, windows_max: u32) -> bool {
        if let Some(newest) = sorted.iter().max() {
            self.newest = self.newest.max(Some(newest.millis()));
        }
        // One millisecond more, so that others of the same instant are not cut off; where that does
        // not get on, the instant itself.
        let oldest = sorted.iter().min().map(|t| t.millis());
        let until = oldest.map(|t| if self.until.is_some_and(|u| t + 1 >= u) { t } else { t + 1 });
        self.windows += 1;
        let until = until.filter(|until| *until > floor && self.windows < windows_max);
        self.until = until.or(self.until);
        until.is_some()
    }

    /// The look under way is at its end: the mark moves.
    pub fn done(self, now: Timestamp) -> Self {
        let newest = self.newest.map_or(self.since, |n| n.min(now.millis()));
        Self::from(Timestamp(self.since.max(newest - OVERLAP.millis())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_walks_back_and_then_moves_on() {
        let now = Timestamp(100_000_000);
        let start = Window::from(Timestamp(50_000_000));
        let (one, more) = start.next(&[Timestamp(90_000_000), Timestamp(80_000_000)], now);
        assert_eq!((one.until, one.newest, more), (Some(80_000_001), Some(90_000_000), true));
        let (stuck, more) = one.next(&[Timestamp(80_000_000)], now);
        assert_eq!((stuck.until, more), (Some(80_000_000), true), "the same instant is passed");
        let (done, more) = stuck.next(&[], now);
        assert_eq!((done, more), (Window::from(Timestamp(90_000_000 - 600_000)), false));
    }

    #[test]
    fn the_mark_never_moves_back_nor_into_the_future() {
        let now = Timestamp(100_000_000);
        let start = Window::from(Timestamp(99_000_000));
        assert_eq!(start.clone().next(&[Timestamp(20_000_000)], now).0, start);
        let ahead = Window { newest: Some(200_000_000), ..start };
        assert_eq!(ahead.done(now).since, 100_000_000 - 600_000);
    }
}
