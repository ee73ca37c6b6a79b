//! The report of yesterday, for leads, each morning.
//!
//! A day is a day of the installation's zone, from its first instant to the next day's: 23 or 25
//! hours long when the clocks change. A morning hour that the change skips is the moment at which
//! it would have been; one that comes twice is the first.

use super::Ask;
use super::period::Period;
use crate::domain::time::{Span, Timestamp};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// When leads are told, and in which zone.
#[derive(Clone, Debug)]
pub struct Morning {
    /// The time of day; none for never.
    pub at: Option<Time>,
    /// The zone of it and of the days.
    pub zone: TimeZone,
}

/// A report that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Of a day, a week or a month.
    pub period: Period,
    /// Its days, as people say them.
    pub days: String,
    /// First instant.
    pub from: Timestamp,
    /// First instant no longer in it.
    pub to: Timestamp,
    /// Whether it ended with yesterday.
    pub fresh: bool,
}

/// A setting that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMorning {
    /// The time of day.
    #[error("report.morning: '{0}' is not a time of day such as 08:30")]
    Time(String),
    /// The zone.
    #[error("report.zone: '{0}' is not a time zone such as Europe/Amsterdam")]
    Zone(String),
}

impl Morning {
    /// Reads the settings.
    pub fn read(at: Option<&str>, zone: &str) -> Result<Self, BadMorning> {
        let bad = |text: &str| BadMorning::Time(text.chars().take(20).collect());
        let at = at.map(|text| Time::strptime("%H:%M", text.trim()).map_err(|_| bad(text))).transpose()?;
        let zone = TimeZone::get(zone).map_err(|_| BadMorning::Zone(zone.chars().take(60).collect()))?;
        Ok(Self { at, zone })
    }

    /// The local day at an instant.
    pub fn day(&self, now: Timestamp) -> Option<Date> {
        Some(jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(self.zone.clone()).date())
    }

    /// The first instant of a local day.
    pub fn begin(&self, day: Date) -> Option<Timestamp> {
        let first = day.to_zoned(self.zone.clone()).ok()?.start_of_day().ok()?;
        Some(Timestamp(first.timestamp().as_millisecond()))
    }

    /// The day whose report is due at `now`: yesterday, once this morning's hour has come.
    pub fn due(&self, now: Timestamp) -> Option<(Date, Timestamp, Timestamp)> {
        let today = self.day(now)?;
        let moment = today.to_datetime(self.at?).to_zoned(self.zone.clone()).ok()?;
        if now.millis() < moment.timestamp().as_millisecond() {
            return None;
        }
        let yesterday = today.yesterday().ok()?;
        Some((yesterday, self.begin(yesterday)?, self.begin(today)?))
    }

    /// What is due at `now`, once this morning's hour has come: yesterday, the last whole week and the last whole month.
    pub fn all_due(&self, now: Timestamp) -> Vec<Due> {
        let Some((yesterday, ..)) = self.due(now) else { return Vec::new() };
        let Ok(today) = yesterday.tomorrow() else { return Vec::new() };
        let one = |period: Period| {
            let (first, after) = period.last(today)?;
            let last = after.yesterday().ok()?;
            Some(Due {
                period,
                days: if first == last { first.to_string() } else { format!("{first} – {last}") },
                from: self.begin(first)?,
                to: self.begin(after)?,
                fresh: after == today,
            })
        };
        Period::ALL.into_iter().filter_map(one).collect()
    }

    /// Today so far, as a period to ask for.
    pub fn today(&self, now: Timestamp, brands: Vec<String>) -> Option<Ask> {
        Some(Ask {
            from: self.begin(self.day(now)?)?,
            to: now.plus(Span(1)),
            brands,
            zone: self.zone.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn yesterday_is_a_local_day_also_when_the_clocks_change() {
        let morning = Morning::read(Some("08:30"), "Europe/Amsterdam").unwrap();
        assert_eq!(morning.due(at("2026-11-24T07:29:59Z")), None);
        let (day, from, to) = morning.due(at("2026-11-24T07:30:00Z")).unwrap();
        assert_eq!(day.to_string(), "2026-11-23");
        assert_eq!((from, to), (at("2026-11-22T23:00:00Z"), at("2026-11-23T23:00:00Z")));
        // Summer time began on 2026-03-29 and ended on 2026-10-25.
        let (_, from, to) = morning.due(at("2026-03-30T12:00:00Z")).unwrap();
        assert_eq!(to.since(from), Span::hours(23));
        let (_, from, to) = morning.due(at("2026-10-26T12:00:00Z")).unwrap();
        assert_eq!(to.since(from), Span::hours(25));
    }

    #[test]
    fn a_week_is_due_on_its_monday_and_a_month_on_the_first() {
        let morning = Morning::read(Some("08:30"), "Europe/Amsterdam").unwrap();
        assert!(morning.all_due(at("2026-11-23T07:29:59Z")).is_empty(), "the hour has not come");
        let of = |now: &str| -> Vec<(String, bool)> {
            morning.all_due(at(now)).into_iter().map(|d| (d.days, d.fresh)).collect()
        };
        let monday = [
            ("2026-11-22".to_owned(), true),
            ("2026-11-16 – 2026-11-22".to_owned(), true),
            ("2026-10-01 – 2026-10-31".to_owned(), false),
        ];
        assert_eq!(of("2026-11-23T07:30:00Z"), monday);
        let first = of("2026-12-01T07:30:00Z");
        assert_eq!(first[1], ("2026-11-23 – 2026-11-29".to_owned(), false));
        assert_eq!(first[2], ("2026-11-01 – 2026-11-30".to_owned(), true));
    }

    #[test]
    fn a_skipped_hour_still_has_its_morning() {
        let morning = Morning::read(Some("02:30"), "Europe/Amsterdam").unwrap();
        assert_eq!(morning.due(at("2026-03-29T01:29:00Z")), None);
        assert!(morning.due(at("2026-03-29T01:30:00Z")).is_some());
    }

    #[test]
    fn mistakes_name_what_stood_there() {
        let error = Morning::read(Some("half past"), "Europe/Amsterdam").unwrap_err().to_string();
        assert!(error.contains("'half past'") && error.contains("08:30"), "{error}");
        assert!(Morning::read(None, "Mars/Base").unwrap_err().to_string().contains("'Mars/Base'"));
        let never = Morning::read(None, "UTC").unwrap();
        assert_eq!(never.due(at("2026-11-24T07:30:00Z")), None);
    }
}
