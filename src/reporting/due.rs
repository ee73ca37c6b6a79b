//! When a letter is due: once its days are over and its time of day has come, in its zone. A time that a changed clock
//! skips is the moment at which it would have been; one that comes twice is the first.

use crate::domain::time::{Span, Timestamp};
use crate::reports::period::{Days, Period, day_of};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// How many letters are caught up after a time in which nothing ran; older ones are passed over.
const CATCH_UP: usize = 7;
/// A letter that was never sent before goes only if it was due within this.
const FIRST: Span = Span::hours(3);

/// The moment at which the letter about some days is due.
pub fn moment(days: Days, at: Time, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = days.1.to_datetime(at).to_zoned(zone.clone()).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

/// The letters that are due at `now` and were not made yet, oldest first; `noted` is the first day of the last that
/// was made. With them goes what is to be noted.
pub fn due(
    period: Period,
    (at, zone): (Time, &TimeZone),
    noted: Option<Date>,
    now: Timestamp,
) -> (Vec<Days>, Option<Date>) {
    let Some(mut latest) = day_of(now, zone).and_then(|today| period.last(today)) else {
        return (Vec::new(), noted);
    };
    if moment(latest, at, zone).is_none_or(|moment| moment > now) {
        let Some(before) = period.before(latest) else { return (Vec::new(), noted) };
        latest = before;
    }
    let Some(noted) = noted else {
        let fresh = moment(latest, at, zone).is_some_and(|moment| now.since(moment) <= FIRST);
        return (fresh.then_some(latest).into_iter().collect(), Some(latest.0));
    };
    let mut all = Vec::new();
    let mut next = Some(latest);
    while let Some(days) = next.filter(|days| days.0 > noted && all.len() < CATCH_UP) {
        all.push(days);
        next = period.before(days);
    }
    all.reverse();
    (all, Some(noted.max(latest.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Amsterdam").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn half_past() -> Time {
        Time::constant(7, 30, 0, 0)
    }

    #[test]
    fn a_week_is_told_on_monday_at_its_time() {
        let of = |noted: Option<&str>, now: &str| {
            let (all, note) = due(Period::Weekly, (half_past(), &zone()), noted.map(day), at(now));
            (all.iter().map(|d| d.0.to_string()).collect::<Vec<_>>(), note.map(|d| d.to_string()))
        };
        // 2026-11-23 is a Monday; half past seven in Amsterdam is half past six.
        assert!(of(Some("2026-11-09"), "2026-11-23T06:29:59Z").0.is_empty());
        assert_eq!(of(Some("2026-11-09"), "2026-11-23T06:30:00Z").0, ["2026-11-16"]);
        assert!(of(Some("2026-11-16"), "2026-11-23T06:30:00Z").0.is_empty(), "once");
        // Set up on a Monday morning it goes at once, later it waits for the next.
        assert_eq!(of(None, "2026-11-23T09:00:00Z").0, ["2026-11-16"]);
        assert_eq!(of(None, "2026-11-25T20:00:00Z"), (vec![], Some("2026-11-16".to_owned())));
        // Three weeks without anybody running it.
        assert_eq!(
            of(Some("2026-10-26"), "2026-11-24T06:30:00Z").0,
            ["2026-11-02", "2026-11-09", "2026-11-16"]
        );
    }

    #[test]
    fn a_clock_set_back_sends_nothing_twice() {
        let noted = Some(day("2026-11-22"));
        let (all, note) = due(Period::Daily, (half_past(), &zone()), noted, at("2026-11-20T12:00:00Z"));
        assert_eq!((all.len(), note), (0, noted));
    }

    proptest! {
        #[test]
        fn whoever_asks_however_often_each_period_is_told_once(
            steps in prop::collection::vec(1i64..200_000, 1..60), p in 0usize..3,
        ) {
            let (period, zone) = (Period::ALL[p], zone());
            let mut now = at("2026-03-20T00:00:00Z");
            let (mut noted, mut told) = (None, Vec::new());
            for step in steps {
                now = now.plus(Span::seconds(step));
                let (all, note) = due(period, (half_past(), &zone), noted, now);
                for days in &all {
                    prop_assert!(moment(*days, half_past(), &zone).unwrap() <= now, "none is early");
                }
                told.extend(all);
                noted = note;
            }
            for pair in told.windows(2) {
                prop_assert_eq!(pair[0].1, pair[1].0, "none twice, none left out");
            }
        }
    }
}
