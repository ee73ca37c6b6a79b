//! An unusual rise: when so much is said about something that chance and season do not explain it.
//!
//! What came in the last hour is held against the same hour of the week in the weeks before. Their median is what is
//! usual, so one storm or one dead week among them says nothing; how far they lie from it, and what chance alone does
//! around such a number, say how much more is unusual. While too few weeks are known, the busiest of the same hours of
//! the last days stands for them, for a Saturday is no Monday. Until all weeks are known a brand is learning: what is
//! unusual lies higher then, for nobody knows yet how much it varies. A rise is over when it was calm for half an hour, and
//! the next of its kind comes an hour later at the earliest.

use super::time::{Span, Timestamp};
use jiff::ToSpan;
use jiff::tz::TimeZone;

/// In what steps the past is counted.
pub const SLOT: Span = Span::minutes(15);
/// How long the sliding window is.
pub const WINDOW: Span = Span::hours(1);
/// How many steps a window has.
pub const SLOTS: i64 = 4;
/// How many weeks of the past count.
pub const WEEKS: i64 = 8;
/// How many days stand for them while fewer than [`WEEKS_MIN`] weeks are known.
pub const DAYS: i64 = 7;
/// Weeks without which days stand for them.
pub const WEEKS_MIN: usize = 3;
/// Days without which nothing is usual yet.
const DAYS_MIN: usize = 3;
/// While a brand is learning, a rise is so many times what is usual, and so many times [`MIN`], at least.
const LEARNING: (i64, i64) = (3, 2);
/// Fewer than so many in an hour are never a rise.
pub const MIN: i64 = 10;
/// How often chance alone may reach the bound: once in a million windows.
const CHANCE: f64 = 1e-6;
/// The same in standard deviations of a normal distribution.
const CHANCE_SIGMA: f64 = 4.753;
/// How many robust standard deviations above the median are unusual.
const SIGMAS: f64 = 5.0;
/// By this the median of distances becomes a standard deviation.
const MAD: f64 = 1.4826;
/// So long it must have been calm before a rise is over.
pub const CALM: Span = Span::minutes(30);
/// So long after its end nothing of the same kind is told.
pub const COOL_DOWN: Span = Span::hours(1);

/// What the same hours brought before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Past {
    /// The same hour of other weeks.
    Weeks(Vec<i64>),
    /// The same hour of the last days.
    Days(Vec<i64>),
}

/// What is usual, and from where on it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// What is to be expected in the hour.
    pub expected: i64,
    /// The smallest count that is a rise.
    pub bound: i64,
    /// A count below this is calm again.
    pub calm: i64,
}

impl Past {
    /// Whether less is known than the weeks that are wanted.
    pub fn is_learning(&self) -> bool {
        !matches!(self, Self::Weeks(counts) if counts.len() as i64 >= WEEKS)
    }

    /// What is usual; `None` while too little is known.
    pub fn usual(&self) -> Option<Usual> {
        let (expected, spread) = match self {
            Self::Weeks(counts) if counts.len() >= WEEKS_MIN => {
                let mid = median(counts);
                let far: Vec<i64> = counts.iter().map(|n| (n - mid).abs()).collect();
                (mid, MAD * median(&far) as f64)
            }
            Self::Days(counts) if counts.len() >= DAYS_MIN => (counts.iter().copied().max()?, 0.0),
            _ => return None,
        };
        let far = (expected as f64 + SIGMAS * spread).ceil() as i64 + 1;
        let mut bound = MIN.max(2 * expected).max(far).max(chance_bound(expected.max(1) as f64));
        if self.is_learning() {
            bound = bound.max(LEARNING.0 * expected).max(LEARNING.1 * MIN);
        }
        Some(Usual { expected, bound, calm: expected + (bound - expected) / 2 })
    }
}

/// The middle of some counts, the lower of two; 0 of none.
fn median(counts: &[i64]) -> i64 {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// The smallest count that chance reaches less often than once in a million windows, where `mean` are expected and
/// posts come one by one.
fn chance_bound(mean: f64) -> i64 {
    if mean > 200.0 {
        let correction = (CHANCE_SIGMA * CHANCE_SIGMA - 1.0) / 6.0;
        return (mean + CHANCE_SIGMA * mean.sqrt() + correction).ceil() as i64 + 1;
    }
    let (mut chance, mut below, mut n) = ((-mean).exp(), 0.0, 0_i64);
    while 1.0 - below > CHANCE && n < 1_000 {
        below += chance;
        n += 1;
        chance *= mean / n as f64;
    }
    n
}

/// The same time of the day, so many weeks or days earlier by the wall of a zone, latest first.
pub fn same_times(now: Timestamp, zone: &TimeZone, days: i64, count: i64) -> Vec<Timestamp> {
    let Ok(at) = jiff::Timestamp::from_millisecond(now.millis()) else { return Vec::new() };
    let here = at.to_zoned(zone.clone());
    let back = |n: i64| here.checked_sub((n * days).days()).ok();
    (1..=count).filter_map(back).map(|z| Timestamp(z.timestamp().as_millisecond())).collect()
}

/// The number of the step in which an instant lies.
pub const fn slot(at: Timestamp) -> i64 {
    at.millis().div_euclid(SLOT.millis())
}

/// The steps that hold the hour before an instant: one more than an hour has, for it rarely ends with a step.
pub fn slots_before(at: Timestamp) -> std::ops::RangeInclusive<i64> {
    slot(at) - SLOTS..=slot(at)
}

/// What an hour held whose steps are counted: of the two hours that it touches, the busier.
pub fn busier(steps: &[i64]) -> i64 {
    let hour = usize::try_from(SLOTS).unwrap_or(4);
    steps.windows(hour.min(steps.len().max(1))).map(|w| w.iter().sum()).max().unwrap_or(0)
}

/// How a kind of talk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing unusual; when the last rise of the kind ended, if there was one.
    Quiet(Option<Timestamp>),
    /// A rise, and since when it has been calm, if it is.
    Rising(Option<Timestamp>),
}

/// What follows from a look at the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// A rise begins.
    Begin,
    /// It has been calm since then; `None`: it is not calm any more.
    Calm(Option<Timestamp>),
    /// It is over.
    End,
}

/// What follows when `n` came in the last hour where `usual` is usual. Where nothing is usual yet, nothing begins.
pub fn step(standing: Standing, n: i64, usual: Option<Usual>, now: Timestamp) -> Step {
    match standing {
        Standing::Quiet(ended) => {
            let cooled = ended.is_none_or(|at| now.since(at) >= COOL_DOWN);
            let rises = usual.is_some_and(|u| n >= u.bound);
            if rises && cooled { Step::Begin } else { Step::Stay }
        }
        Standing::Rising(since) => match (n < usual.map_or(MIN, |u| u.calm), since) {
            (true, None) => Step::Calm(Some(now)),
            (true, Some(since)) if now.since(since) >= CALM => Step::End,
            (false, Some(_)) => Step::Calm(None),
            _ => Step::Stay,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bound(weeks: &[i64]) -> i64 {
        Past::Weeks(weeks.to_vec()).usual().unwrap().bound
    }

    #[test]
    fn a_rise_is_more_than_chance_more_than_twice_and_more_than_a_few() {
        assert_eq!(bound(&[0; 8]), MIN, "a few are never a rise");
        assert_eq!(bound(&[4; 8]), 18, "Poisson: P(X >= 18 | 4) is the first below one in a million");
        assert_eq!(bound(&[100; 8]), 200, "twice as much");
        // Busy hours that vary much by themselves need more.
        assert!(bound(&[10, 60, 110, 20, 90, 40, 70, 30]) > 150);
    }

    #[test]
    fn one_storm_and_one_dead_week_change_nothing() {
        let plain = bound(&[20, 21, 19, 20, 22, 18, 20, 21]);
        let storm = bound(&[4_000, 21, 19, 20, 22, 18, 20, 21]);
        let dead = bound(&[0, 21, 19, 20, 22, 18, 20, 21]);
        assert!((storm - plain).abs() <= 5 && (dead - plain).abs() <= 5, "{plain} {storm} {dead}");
    }

    #[test]
    fn little_past_says_nothing_and_days_count_by_their_busiest() {
        assert_eq!(Past::Weeks(vec![5, 5]).usual(), None);
        assert_eq!(Past::Days(vec![5, 5]).usual(), None);
        let usual = Past::Days(vec![5, 60, 5]).usual().unwrap();
        assert_eq!((usual.expected, usual.bound), (60, 180), "a brand that is learning raises later");
        let weeks = |n: usize| Past::Weeks(vec![4; n]);
        assert!(weeks(7).is_learning() && !weeks(8).is_learning());
        assert_eq!((weeks(7).usual().unwrap().bound, weeks(8).usual().unwrap().bound), (20, 18));
    }

    #[test]
    fn the_bound_of_chance_is_continuous_where_it_is_computed_otherwise() {
        let (below, above) = (chance_bound(199.9), chance_bound(200.1));
        assert!((above - below).abs() <= 3, "{below} {above}");
        assert!(chance_bound(1.0) >= 9 && chance_bound(1.0) <= 11);
    }

    #[test]
    fn the_same_hour_is_that_of_the_wall_across_a_changed_clock() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let monday = Timestamp::parse("2026-10-26T08:00:00Z").unwrap();
        let before = same_times(monday, &zone, 7, 2);
        assert_eq!(before[0], Timestamp::parse("2026-10-19T07:00:00Z").unwrap());
        assert_eq!(before[1], Timestamp::parse("2026-10-12T07:00:00Z").unwrap());
    }

    #[test]
    fn a_rise_begins_once_holds_over_a_lull_and_ends_when_it_was_calm() {
        let usual = Past::Weeks(vec![5; 8]).usual();
        let at = |minutes: i64| Timestamp(0).plus(Span::minutes(minutes));
        assert_eq!(step(Standing::Quiet(None), 50, usual, at(0)), Step::Begin);
        assert_eq!(step(Standing::Quiet(None), 6, usual, at(0)), Step::Stay);
        assert_eq!(step(Standing::Rising(None), 50, usual, at(1)), Step::Stay);
        assert_eq!(step(Standing::Rising(None), 6, usual, at(2)), Step::Calm(Some(at(2))));
        assert_eq!(step(Standing::Rising(Some(at(2))), 50, usual, at(3)), Step::Calm(None));
        assert_eq!(step(Standing::Rising(Some(at(2))), 6, usual, at(31)), Step::Stay);
        assert_eq!(step(Standing::Rising(Some(at(2))), 6, usual, at(32)), Step::End);
        assert_eq!(step(Standing::Quiet(Some(at(32))), 50, usual, at(91)), Step::Stay, "it cools down");
        assert_eq!(step(Standing::Quiet(Some(at(32))), 50, usual, at(92)), Step::Begin);
        assert_eq!(step(Standing::Quiet(None), 5_000, None, at(0)), Step::Stay, "nothing is usual yet");
    }

    #[test]
    fn an_hour_between_steps_counts_as_the_busier_of_two() {
        assert_eq!(busier(&[1, 2, 3, 4, 10]), 19);
        assert_eq!(busier(&[9, 2, 3, 4, 1]), 18);
        assert_eq!(slots_before(Timestamp(0).plus(Span::hours(1))), 0..=4);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// A season that comes every week is none, however steep; and no order of the weeks matters.
        #[test]
        fn what_comes_every_week_is_no_rise(n in 0_i64..100_000, mut weeks in prop::collection::vec(0_i64..5_000, 3..9), cut in 0_usize..9) {
            let steady = Past::Weeks(vec![n; weeks.len()]).usual();
            prop_assert_eq!(step(Standing::Quiet(None), n, steady, Timestamp(0)), Step::Stay);
            let plain = Past::Weeks(weeks.clone()).usual();
            let len = weeks.len();
            weeks.rotate_left(cut % len);
            prop_assert_eq!(Past::Weeks(weeks).usual(), plain);
        }

        /// More is never less of a rise, a bound is above what is expected, and what is calm is below the bound.
        #[test]
        fn bounds_are_in_order(weeks in prop::collection::vec(0_i64..5_000, 3..9), more in 0_i64..50) {
            let usual = Past::Weeks(weeks.clone()).usual().unwrap();
            prop_assert!(usual.expected < usual.bound && usual.calm < usual.bound && usual.calm >= usual.expected);
            let rise = step(Standing::Quiet(None), usual.bound + more, Some(usual), Timestamp(0));
            prop_assert_eq!(rise, Step::Begin);
            let none = step(Standing::Quiet(None), usual.bound - 1 - more, Some(usual), Timestamp(0));
            prop_assert_eq!(none, Step::Stay);
        }
    }
}
