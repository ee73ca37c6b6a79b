//! The periods of reports to leads: whole days, weeks from Monday, and months, in one zone.
//!
//! The period before is the one that ends where this begins. The same of last year is the same month, and for days
//! and weeks what lies 364 days back, so that a Monday stands beside a Monday.

use crate::domain::time::Timestamp;
use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// How long a report looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A day.
    Daily,
    /// Monday to Sunday.
    Weekly,
    /// A month of the calendar.
    Monthly,
}

/// Whole local days `[first, after)`.
pub type Days = (Date, Date);

impl Period {
    /// All periods.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// `daily`, `weekly` or `monthly`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// Reads what [`Period::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.code() == code)
    }

    /// The last whole one that was over on `today`.
    pub fn last(self, today: Date) -> Option<Days> {
        let after = match self {
            Self::Daily => today,
            Self::Weekly => {
                today.checked_sub(days(i64::from(today.weekday().to_monday_zero_offset()))?).ok()?
            }
            Self::Monthly => today.first_of_month(),
        };
        self.ending(after)
    }

    /// The one that ends where another begins.
    pub fn before(self, of: Days) -> Option<Days> {
        self.ending(of.0)
    }

    /// The same of last year.
    pub fn year_before(self, of: Days) -> Option<Days> {
        let back = match self {
            Self::Monthly => Span::new().try_years(1).ok()?,
            Self::Daily | Self::Weekly => days(364)?,
        };
        Some((of.0.checked_sub(back).ok()?, of.1.checked_sub(back).ok()?))
    }

    fn ending(self, after: Date) -> Option<Days> {
        let back = match self {
            Self::Daily => days(1)?,
            Self::Weekly => days(7)?,
            Self::Monthly => Span::new().try_months(1).ok()?,
        };
        Some((after.checked_sub(back).ok()?, after))
    }
}

fn days(n: i64) -> Option<Span> {
    Span::new().try_days(n).ok()
}

/// The local day at an instant.
pub fn day_of(at: Timestamp, zone: &TimeZone) -> Option<Date> {
    Some(jiff::Timestamp::from_millisecond(at.millis()).ok()?.to_zoned(zone.clone()).date())
}

/// The first instant of a local day.
pub fn begin(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let first = day.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
    Some(Timestamp(first.timestamp().as_millisecond()))
}

/// The local day on which a span begins, as `2026-11-16`.
pub fn first_day(from: Timestamp, zone: &TimeZone) -> String {
    day_of(from, zone).map_or_else(|| from.day(), |day| day.to_string())
}

/// So many days before an instant, by the wall of a zone: where the clocks change between them it is an hour more or less
/// than so many times 24. The beginning of a day leads to the beginning of a day.
pub fn days_before(at: Timestamp, count: i64, zone: &TimeZone) -> Timestamp {
    let back = || {
        let wall = jiff::Timestamp::from_millisecond(at.millis()).ok()?.to_zoned(zone.clone());
        let then = wall.checked_sub(days(count)?).ok()?;
        let then = if wall.start_of_day().ok()? == wall { then.start_of_day().ok()? } else { then };
        Some(Timestamp(then.timestamp().as_millisecond()))
    };
    back().unwrap_or_else(|| at.minus(crate::domain::time::Span::days(count)))
}

/// The first instant of the period that ends where another begins and is as long: of whole local days as many of them.
pub fn as_long_before((from, to): (Timestamp, Timestamp), zone: &TimeZone) -> Timestamp {
    let whole = || {
        let these = (day_of(from, zone)?, day_of(to, zone)?);
        let count = these.0.until(these.1).ok()?.get_days();
        (span(these, zone)? == (from, to)).then(|| days_before(from, i64::from(count), zone))
    };
    whole().unwrap_or_else(|| from.minus(to.since(from)))
}

/// Days as instants.
pub fn span(of: Days, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    Some((begin(of.0, zone)?, begin(of.1, zone)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn last_before_and_a_year_back() {
        let today = day("2026-11-27");
        assert_eq!(Period::Daily.last(today), Some((day("2026-11-26"), day("2026-11-27"))));
        let week = Period::Weekly.last(today).unwrap();
        assert_eq!(week, (day("2026-11-16"), day("2026-11-23")));
        assert_eq!(Period::Weekly.year_before(week), Some((day("2025-11-17"), day("2025-11-24"))));
        let month = Period::Monthly.last(day("2024-03-31")).unwrap();
        assert_eq!(month, (day("2024-02-01"), day("2024-03-01")));
        assert_eq!(Period::Monthly.before(month), Some((day("2024-01-01"), day("2024-02-01"))));
        assert_eq!(Period::Monthly.year_before(month), Some((day("2023-02-01"), day("2023-03-01"))));
    }

    #[test]
    fn a_week_is_named_by_its_monday_on_either_side_of_utc() {
        for zone in
            ["Europe/Amsterdam", "America/New_York", "Asia/Tokyo", "Pacific/Auckland", "Pacific/Honolulu"]
        {
            let zone = TimeZone::get(zone).unwrap();
            for monday in ["2026-01-05", "2026-03-23", "2026-07-06", "2026-10-19", "2026-12-28"] {
                let from = begin(day(monday), &zone).unwrap();
                assert_eq!(first_day(from, &zone), monday, "{zone:?}");
            }
        }
    }

    #[test]
    fn a_week_in_which_the_clocks_change_goes_from_monday_to_monday() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        for (to, from, hours) in [
            ("2026-03-29T22:00:00Z", "2026-03-22T23:00:00Z", 167),
            ("2026-10-25T23:00:00Z", "2026-10-18T22:00:00Z", 169),
            ("2026-11-22T23:00:00Z", "2026-11-15T23:00:00Z", 168),
        ] {
            let (to, from) = (at(to), at(from));
            assert_eq!(days_before(to, 7, &zone), from);
            assert_eq!(to.since(from), crate::domain::time::Span::hours(hours));
            // The period before the week after it is the week itself.
            let after =
                begin(day_of(to, &zone).unwrap().checked_add(days(7).unwrap()).unwrap(), &zone).unwrap();
            assert_eq!(as_long_before((to, after), &zone), from);
        }
        // What is no whole days is as long by the clock on no wall.
        let (from, to) = (at("2026-03-29T12:00:00Z"), at("2026-03-30T13:30:00Z"));
        assert_eq!(as_long_before((from, to), &zone), at("2026-03-28T10:30:00Z"));
        // Where midnight itself is jumped over a day begins at one.
        let havana = TimeZone::get("America/Havana").unwrap();
        assert_eq!(days_before(at("2026-03-08T05:00:00Z"), 7, &havana), at("2026-03-01T05:00:00Z"));
        assert_eq!(days_before(at("2026-03-15T04:00:00Z"), 7, &havana), at("2026-03-08T05:00:00Z"));
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_without_gap_and_are_over(n in 0i64..20_000, p in 0usize..3) {
            let today = day("2000-01-01").checked_add(days(n).unwrap()).unwrap();
            let period = Period::ALL[p];
            let last = period.last(today).unwrap();
            prop_assert!(last.0 < last.1 && last.1 <= today);
            prop_assert_eq!(period.before(last).unwrap().1, last.0);
            // The next one is not over yet.
            prop_assert!(period.last(last.1).unwrap() == last);
            let year = period.year_before(last).unwrap();
            if period != Period::Monthly {
                prop_assert_eq!(year.0.weekday(), last.0.weekday());
            }
        }
    }
}
