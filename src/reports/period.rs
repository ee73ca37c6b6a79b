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

/// The day with which a span of whole local days begins, as `2026-11-16`, where the zone is not at hand: local midnight is
/// at most thirteen hours before midnight of UTC, and less than eleven after it. An hour that the clocks moved makes no
/// other day of it.
pub fn first_day(from: Timestamp) -> String {
    from.plus(crate::domain::time::Span::hours(13)).day()
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
                assert_eq!(first_day(from), monday, "{zone:?}");
            }
        }
        // Seven times 24 hours before a Monday after the clocks changed begin at 23:00 or at 1:00.
        for (to, from) in [("2026-03-29T22:00:00Z", "2026-03-23"), ("2026-10-25T23:00:00Z", "2026-10-19")] {
            let to = Timestamp::parse(to).unwrap();
            assert_eq!(first_day(to.minus(crate::domain::time::Span::days(7))), from);
        }
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
