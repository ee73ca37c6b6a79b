//! The units of a day: every call costs some, and at midnight on the Pacific coast there are all of them again.
//!
//! Reading stops where what is left is kept for answers. What was spent is told to whoever keeps it, so that a restart or
//! another process goes on from there; where nobody keeps it, the platform refuses in the end, and the day counts as
//! spent. Pure.

use crate::domain::time::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What reading a page costs.
pub const READ: u32 = 1;
/// What an answer costs, and every measure.
pub const WRITE: u32 = 50;

/// For whom units are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Looking for what is new: stops while the rest is kept for answers.
    Reading,
    /// An answer, or what is needed for one.
    Answering,
}

/// What was spent on a day, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The midnight at which the day ends, in epoch milliseconds.
    pub ends: i64,
    /// How many units were spent.
    pub spent: u32,
}

#[derive(Debug, Default)]
struct Day {
    /// The midnight at which it ends.
    ends: Timestamp,
    spent: u32,
}

/// The units of one project.
#[derive(Debug)]
pub struct Units {
    all: u32,
    for_reading: u32,
    zone: TimeZone,
    day: Mutex<Day>,
}

impl Units {
    /// So many a day, of which reading leaves `kept` of a hundred.
    pub fn new(all: u32, kept: u32) -> Self {
        let for_reading = u64::from(all) * u64::from(100 - kept.min(100)) / 100;
        Self {
            all,
            for_reading: u32::try_from(for_reading).unwrap_or(all),
            zone: TimeZone::get("America/Los_Angeles").unwrap_or_else(|_| TimeZone::fixed(offset(-8))),
            day: Mutex::default(),
        }
    }

    fn day(&self, now: Timestamp) -> MutexGuard<'_, Day> {
        let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= day.ends {
            *day = Day { ends: self.midnight(now), spent: 0 };
        }
        day
    }

    /// The next midnight there.
    fn midnight(&self, now: Timestamp) -> Timestamp {
        let next = jiff::Timestamp::from_millisecond(now.millis())
            .map(|at| at.to_zoned(self.zone.clone()))
            .and_then(|at| at.tomorrow()?.start_of_day());
        next.map_or(now, |at| Timestamp(at.timestamp().as_millisecond()))
    }

    /// Spends units; else from when on there are some again.
    pub fn take(&self, now: Timestamp, share: Share, cost: u32) -> Result<(), Timestamp> {
        let mut day = self.day(now);
        let most = if share == Share::Reading { self.for_reading } else { self.all };
        if day.spent.saturating_add(cost) > most {
            return Err(day.ends);
        }
        day.spent += cost;
        Ok(())
    }

    /// Gives units back that were spent on a call that never left.
    pub fn give_back(&self, now: Timestamp, cost: u32) {
        let mut day = self.day(now);
        day.spent = day.spent.saturating_sub(cost);
    }

    /// Learns what was spent by others, or before a restart, on the day that ends then; another day's is old.
    pub fn learn(&self, now: Timestamp, kept: Kept) {
        let mut day = self.day(now);
        if kept.ends == day.ends.millis() {
            day.spent = day.spent.max(kept.spent);
        }
    }

    /// What is to be kept of today.
    pub fn to_keep(&self, now: Timestamp) -> Kept {
        let day = self.day(now);
        Kept { ends: day.ends.millis(), spent: day.spent }
    }

    /// Notes that the platform has none left today; gives when there are some again.
    pub fn empty(&self, now: Timestamp) -> Timestamp {
        let mut day = self.day(now);
        day.spent = self.all;
        day.ends
    }

    /// What was spent today, and what a day has.
    pub fn spent(&self, now: Timestamp) -> (u32, u32) {
        (self.day(now).spent, self.all)
    }

    /// How many pages a day reading may ask for.
    pub const fn pages_a_day(&self) -> u32 {
        self.for_reading / READ
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    #[test]
    fn reading_leaves_what_answers_need_and_midnight_gives_all_back() {
        let units = Units::new(1_000, 60);
        let noon = Timestamp::parse("2026-07-01T19:00:00Z").unwrap();
        for _ in 0..400 {
            units.take(noon, Share::Reading, READ).unwrap();
        }
        let midnight = Timestamp::parse("2026-07-02T07:00:00Z").unwrap();
        assert_eq!(units.take(noon, Share::Reading, READ), Err(midnight));
        for _ in 0..12 {
            units.take(noon, Share::Answering, WRITE).unwrap();
        }
        assert_eq!(units.take(noon, Share::Answering, WRITE), Err(midnight));
        assert_eq!(units.spent(noon), (1_000, 1_000));
        units.take(midnight, Share::Reading, READ).unwrap();
        assert_eq!(units.spent(midnight.plus(Span::hours(2))), (1, 1_000));
    }

    #[test]
    fn what_is_kept_of_a_day_counts_on_that_day_alone() {
        let noon = Timestamp::parse("2026-07-01T19:00:00Z").unwrap();
        let before = Units::new(1_000, 0);
        before.take(noon, Share::Reading, 900).unwrap();
        let kept = before.to_keep(noon);
        let after = Units::new(1_000, 0);
        after.take(noon, Share::Reading, 5).unwrap();
        after.learn(noon, kept);
        assert_eq!(after.spent(noon), (900, 1_000));
        after.learn(noon, Kept { spent: 3, ..kept });
        assert_eq!(after.spent(noon), (900, 1_000), "less than is known here is old");
        let tomorrow = noon.plus(Span::days(1));
        after.learn(tomorrow, kept);
        assert_eq!(after.spent(tomorrow), (0, 1_000));
    }

    #[test]
    fn what_never_left_is_not_spent() {
        let units = Units::new(100, 0);
        let noon = Timestamp::parse("2026-07-01T19:00:00Z").unwrap();
        // As when the platform cannot be reached: an answer that is tried again and again must not use up the day.
        for _ in 0..5 {
            units.take(noon, Share::Answering, WRITE).unwrap();
            units.give_back(noon, WRITE);
        }
        assert_eq!(units.spent(noon), (0, 100));
        units.give_back(noon, WRITE);
        assert_eq!(units.spent(noon), (0, 100), "never more than a day has");
    }

    #[test]
    fn a_day_that_the_platform_calls_spent_is_spent_and_winter_has_another_midnight() {
        let units = Units::new(10_000, 50);
        let night = Timestamp::parse("2026-12-01T07:30:00Z").unwrap();
        let ends = units.empty(night);
        assert_eq!(ends, Timestamp::parse("2026-12-01T08:00:00Z").unwrap());
        assert_eq!(units.take(night, Share::Answering, READ), Err(ends));
    }
}
