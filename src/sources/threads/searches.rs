//! The searches of a rolling day: the platform allows so many that find something; those that find nothing are free.
//!
//! They are counted by the hour, so that an hour leaves the count when all of it is a day old: never later than at the
//! platform. What was counted is part of the cursor of the search, so a restart goes on from there. Pure.

use crate::domain::time::{Span, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

const HOUR: i64 = 3_600_000;
/// The hours that lie at least in part within the last 24.
const HOURS: i64 = 25;

/// What was searched, by hours since the epoch.
pub type Counted = BTreeMap<i64, u32>;

/// The searches of one account.
#[derive(Debug)]
pub struct Searches {
    max: u32,
    counted: Mutex<Counted>,
}

impl Searches {
    /// So many in 24 hours.
    pub const fn new(max: u32) -> Self {
        Self { max, counted: Mutex::new(Counted::new()) }
    }

    fn counted(&self, now: Timestamp) -> MutexGuard<'_, Counted> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.retain(|hour, _| *hour > hour_of(now) - HOURS);
        counted
    }

    /// How many were counted in the last 24 hours, and how many there may be.
    pub fn used(&self, now: Timestamp) -> (u32, u32) {
        (self.counted(now).values().fold(0, |sum, n| sum.saturating_add(*n)), self.max)
    }

    /// Whether another may be made; else from when on.
    pub fn may(&self, now: Timestamp) -> Result<(), Timestamp> {
        let (used, max) = self.used(now);
        if used < max {
            return Ok(());
        }
        let oldest = self.counted(now).keys().next().copied().unwrap_or_else(|| hour_of(now));
        Err(Timestamp((oldest + HOURS) * HOUR))
    }

    /// Counts one that found something, or of which nobody knows.
    pub fn count(&self, now: Timestamp) {
        let mut counted = self.counted(now);
        let here = counted.entry(hour_of(now)).or_default();
        *here = here.saturating_add(1);
    }

    /// Learns what was counted before a restart or by another process.
    pub fn learn(&self, now: Timestamp, kept: &Counted) {
        let mut counted = self.counted(now);
        for (hour, n) in
            kept.iter().filter(|(hour, _)| (hour_of(now) - HOURS + 1..=hour_of(now)).contains(*hour))
        {
            let here = counted.entry(*hour).or_default();
            *here = (*here).max(*n);
        }
    }

    /// What is to be kept.
    pub fn to_keep(&self, now: Timestamp) -> Counted {
        self.counted(now).clone()
    }

    /// How often all of so many words may be searched for, if it is wanted each `wanted`: once half of the day's searches
    /// is used, no faster than would last for a day.
    pub fn pace(&self, now: Timestamp, wanted: Span, terms: usize) -> Span {
        let (used, max) = self.used(now);
        if used.saturating_mul(2) < max {
            return wanted;
        }
        let terms = i64::try_from(terms.max(1)).unwrap_or(i64::MAX);
        let least = terms.saturating_mul(86_400) / i64::from(max.max(1)) + 1;
        wanted.max(Span::seconds(least.min(86_400)))
    }
}

const fn hour_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_counts_for_a_day_and_the_next_hour_gives_it_back() {
        let searches = Searches::new(3);
        let noon = Timestamp::parse("2026-11-24T12:30:00Z").unwrap();
        assert_eq!(searches.may(noon), Ok(()));
        searches.count(noon);
        assert_eq!(searches.pace(noon, Span::minutes(1), 10), Span::minutes(1), "less than half is used");
        searches.count(noon.plus(Span::hours(2)));
        searches.count(noon.plus(Span::hours(2)));
        let until = Timestamp::parse("2026-11-25T13:00:00Z").unwrap();
        assert_eq!(searches.may(noon.plus(Span::hours(3))), Err(until));
        assert_eq!(searches.may(Timestamp(until.millis() - 1)), Err(until));
        assert_eq!(searches.used(until), (2, 3));
        assert_eq!(searches.may(until), Ok(()));
        assert!(searches.pace(until, Span::minutes(1), 1) > Span::hours(7), "what is left lasts for a day");
    }

    #[test]
    fn what_was_kept_counts_on_and_what_is_old_does_not() {
        let before = Searches::new(10);
        let noon = Timestamp::parse("2026-11-24T12:30:00Z").unwrap();
        before.count(noon);
        before.count(noon);
        let after = Searches::new(10);
        after.count(noon);
        after.learn(noon, &before.to_keep(noon));
        assert_eq!(after.used(noon), (2, 10));
        let late = Searches::new(10);
        let later = noon.plus(Span::days(2));
        late.learn(later, &before.to_keep(noon));
        assert_eq!(late.used(later), (0, 10));
    }
}
