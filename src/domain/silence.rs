//! When a source is too quiet to be well: what it usually brings at this hour of the week, and how unlikely it
//! is that nothing came.
//!
//! A source that answers every call may still show nothing: a permission was taken away, a stream filters too
//! much, a webhook was removed. So its own past says what is to be expected. The same hour of the last five
//! weeks counts, without the busiest of them, for a storm says nothing about an ordinary day; in the first two
//! weeks the same hour of the last days. If posts come one by one by chance, none at all where `e` were
//! expected happens once in exp(e) times.

use super::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// What comes in sooner after it was posted came in its turn; of what takes longer people know too late.
pub const LATE: Span = Span::minutes(5);
/// How many posts must have been expected: silence by chance is then rarer than once in a thousand times.
const EXPECTED_MIN: f64 = 7.0;
/// Silence that is shorter is none.
const SILENCE_MIN: Span = Span::minutes(30);
const HOUR: i64 = 3_600_000;
const HOURS_A_DAY: i64 = 24;
const HOURS_A_WEEK: i64 = 168;
/// How far back the past goes that counts, in hours.
pub const PAST: i64 = 5 * HOURS_A_WEEK;
/// Days of the past without which nothing is expected.
const DAYS_MIN: usize = 3;

/// What a source brought in each hour, by the hour's number since 1970; an hour that was not counted has no entry.
pub type Hours = BTreeMap<i64, i64>;

/// What is expected in an hour; `None` while too little is known.
fn expected(hours: &Hours, hour: i64) -> Option<f64> {
    let back = |step: i64, times: i64| -> Vec<i64> {
        (1..=times).filter_map(|n| hours.get(&(hour - n * step)).copied()).collect()
    };
    let weeks = back(HOURS_A_WEEK, 5);
    if weeks.len() >= 2 {
        return Some(without_busiest(weeks));
    }
    let days = back(HOURS_A_DAY, 7);
    (days.len() >= DAYS_MIN).then(|| without_busiest(days))
}

/// The mean without the busiest.
fn without_busiest(mut counts: Vec<i64>) -> f64 {
    counts.sort_unstable();
    if counts.len() > 1 {
        counts.pop();
    }
    counts.iter().sum::<i64>() as f64 / counts.len() as f64
}

/// How many posts were to be expected between two instants; `None` while too little is known of any hour.
pub fn expected_between(hours: &Hours, from: Timestamp, to: Timestamp) -> Option<f64> {
    let (first, last) = (from.millis().div_euclid(HOUR), to.millis().div_euclid(HOUR));
    let mut sum = 0.0;
    // What is further back than the past that counts says nothing more.
    for hour in first.max(last - PAST)..=last {
        let begin = from.millis().max(hour * HOUR);
        let end = to.millis().min((hour + 1) * HOUR);
        sum += expected(hours, hour)? * (end - begin).max(0) as f64 / HOUR as f64;
    }
    Some(sum)
}

/// How many posts were to be expected since the last one, if it is so many that silence is no chance.
pub fn too_quiet(hours: &Hours, last: Timestamp, now: Timestamp) -> Option<f64> {
    if now.since(last) < SILENCE_MIN {
        return None;
    }
    expected_between(hours, last, now).filter(|e| *e >= EXPECTED_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, 00:00 UTC, as an hour's number.
    const MONDAY: i64 = 495_480;

    fn at(hour: i64, minutes: i64) -> Timestamp {
        Timestamp(hour * HOUR).plus(Span::minutes(minutes))
    }

    /// Five weeks in which an hour brings what `of` says of it.
    fn past(of: impl Fn(i64) -> i64) -> Hours {
        (MONDAY - PAST..MONDAY).map(|hour| (hour, of(hour))).collect()
    }

    #[test]
    fn a_busy_source_is_missed_within_the_hour_and_a_quiet_one_is_not() {
        let busy = past(|_| 20);
        assert_eq!(too_quiet(&busy, at(MONDAY, 0), at(MONDAY, 29)), None, "not so soon");
        let found = too_quiet(&busy, at(MONDAY, 0), at(MONDAY, 30)).unwrap();
        assert!((found - 10.0).abs() < 1e-9);
        let quiet = past(|_| 1);
        assert_eq!(too_quiet(&quiet, at(MONDAY, 0), at(MONDAY + 6, 0)), None);
        assert!(too_quiet(&quiet, at(MONDAY, 0), at(MONDAY + 7, 0)).is_some());
    }

    #[test]
    fn nights_are_quiet_and_that_is_no_silence() {
        // 60 an hour from 8 to 20, nothing at night.
        let days = past(|hour| if (8..20).contains(&hour.rem_euclid(24)) { 60 } else { 0 });
        assert_eq!(too_quiet(&days, at(MONDAY, 0), at(MONDAY + 7, 59)), None);
        assert!(too_quiet(&days, at(MONDAY, 0), at(MONDAY + 8, 8)).is_some());
    }

    #[test]
    fn one_storm_expects_nothing_and_one_dead_week_hides_nothing() {
        let week = |hour: i64| (MONDAY - 1 - hour) / HOURS_A_WEEK;
        let storm = past(|hour| if week(hour) == 0 { 5_000 } else { 0 });
        assert_eq!(too_quiet(&storm, at(MONDAY, 0), at(MONDAY + 100, 0)), None);
        let dead = past(|hour| if week(hour) == 0 { 0 } else { 30 });
        assert!(too_quiet(&dead, at(MONDAY, 0), at(MONDAY + 1, 0)).is_some());
    }

    #[test]
    fn nothing_is_expected_before_enough_is_known() {
        let days = |days: i64| -> Hours { (MONDAY - days * 24..MONDAY).map(|hour| (hour, 100)).collect() };
        assert_eq!(too_quiet(&days(2), at(MONDAY, 0), at(MONDAY + 1, 0)), None);
        assert!(too_quiet(&days(3), at(MONDAY, 0), at(MONDAY + 1, 0)).is_some());
        assert_eq!(too_quiet(&Hours::new(), at(0, 0), at(MONDAY, 0)), None);
        // An hour that was not counted is not an hour without posts.
        let mut holes = past(|_| 100);
        holes.retain(|hour, _| hour.rem_euclid(24) != 3);
        assert_eq!(expected_between(&holes, at(MONDAY + 3, 0), at(MONDAY + 3, 30)), None);
    }
}
