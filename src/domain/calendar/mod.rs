//! Calendars: the hours in which a clock runs, by the clock on the wall of one time zone.
//!
//! A calendar is open at an instant when the wall clock of its zone then shows a time within one of
//! its openings. So where the clock jumps ahead an opening is shorter by the gap, and where it is
//! put back an opening that holds the repeated hour is longer by it; nothing is counted twice. An
//! opening belongs to the day on which it begins: `fri = ["22:00-02:00"]` is Friday's, also after
//! midnight. On a day that is an exception its own hours hold, on a holiday none.
//!
//! Openings are half open: open at 9:00, closed at 17:00 sharp. Zones come from the data built into
//! the program, so that every machine counts alike.

mod dates;
mod ical;
mod spec;
mod walk;
mod windows;
mod words;

pub use dates::Day;
pub use ical::{BadIcal, holidays as ical_holidays};
pub(super) use ical::{Line as IcalLine, line_of as ical_line, unfold as ical_unfold};
pub(super) use spec::zone as zone_by_name;
pub use spec::{CalendarMistake, CalendarSpec, DAY_NAMES, FROM_SETTINGS, zone_names};
pub(super) use windows::zone as zone_of_ical;

use super::time::{Span, Timestamp};
use super::wording::{self, Wording};
use jiff::tz::TimeZone;
use std::sync::Arc;

/// The name of the hours that have no closed minute; no calendar of the settings may bear it.
pub const ALWAYS: &str = "always";

/// Minutes of a day from its midnight: from, and up to but without; over midnight up to 2880.
pub type Opening = (i64, i64);

/// A calendar that nothing is wrong with, ready to count.
#[derive(Clone, Debug)]
pub struct Calendar {
    spec: CalendarSpec,
    zone: TimeZone,
    /// Openings from Monday to Sunday.
    week: [Vec<Opening>; 7],
    /// Days with hours of their own, sorted; none means closed.
    special: Vec<(Day, Vec<Opening>)>,
    /// Holidays of every year, as month and day.
    yearly: Vec<(i64, i64)>,
}

/// Equal are calendars that count alike under one name, however they were written.
impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.spec.name == other.spec.name
            && self.zone() == other.zone()
            && self.week == other.week
            && self.special == other.special
            && self.yearly == other.yearly
    }
}

impl Eq for Calendar {}

impl Calendar {
    /// Reads a calendar, or tells everything that is wrong with it.
    pub fn new(spec: &CalendarSpec) -> Result<Self, Vec<CalendarMistake>> {
        spec::read(spec)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// As it was written.
    pub const fn spec(&self) -> &CalendarSpec {
        &self.spec
    }

    /// As the database keeps it: whatever its holidays came from, they are its own.
    pub fn stored(&self) -> CalendarSpec {
        let mut spec = self.spec.clone();
        spec.holidays.append(&mut spec.holidays_fetched);
        spec
    }

    /// The same calendar with these days as what was fetched from its address, as `YYYY-MM-DD`.
    pub fn with_fetched(&self, days: &[String]) -> Result<Self, Vec<CalendarMistake>> {
        Self::new(&CalendarSpec { holidays_fetched: days.to_vec(), ..self.spec.clone() })
    }

    /// The minute since midnight that the wall clock of its zone shows at an instant.
    pub fn minute_of_day(&self, at: Timestamp) -> Option<u16> {
        minute_of_day(&self.zone, at)
    }

    /// Its time zone by the IANA name.
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or(&self.spec.zone)
    }

    /// Whether a day stands among its holidays, by list, file or address.
    pub fn is_holiday(&self, day: Day) -> bool {
        let ((_, month, of_month), text) = (day.civil(), day.to_string());
        let listed = |all: &[String]| all.contains(&text);
        self.yearly.contains(&(month, of_month))
            || listed(&self.spec.holidays)
            || listed(&self.spec.holidays_fetched)
    }

    /// Its openings in English: `Monday to Friday 9:00-17:00 (Europe/Amsterdam)`.
    pub fn in_words(&self) -> String {
        self.in_words_in(&wording::EN)
    }

    /// Its openings in the words of a language.
    pub fn in_words_in(&self, w: &Wording) -> String {
        words::of(self, w)
    }

    /// The openings that begin on a day.
    fn openings(&self, day: Day) -> &[Opening] {
        if let Ok(at) = self.special.binary_search_by_key(&day, |(day, _)| *day) {
            return &self.special[at].1;
        }
        if !self.yearly.is_empty() {
            let (_, month, of_month) = day.civil();
            if self.yearly.contains(&(month, of_month)) {
                return &[];
            }
        }
        &self.week[day.weekday()]
    }
}

/// The minute since midnight that the wall clock of a zone shows at an instant.
pub fn minute_of_day(zone: &TimeZone, at: Timestamp) -> Option<u16> {
    let wall = jiff::Timestamp::from_millisecond(at.millis()).ok()?.to_zoned(zone.clone());
    u16::try_from(i16::from(wall.hour()) * 60 + i16::from(wall.minute())).ok()
}

/// The hours in which a clock runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hours {
    /// Day and night, every day: there is no closed minute.
    #[default]
    Always,
    /// When a calendar is open.
    Open(Arc<Calendar>),
}

impl Hours {
    /// The hours of a calendar.
    pub fn of(calendar: Calendar) -> Self {
        Self::Open(Arc::new(calendar))
    }

    /// The name by which policies refer to them.
    pub fn name(&self) -> &str {
        match self {
            Self::Always => ALWAYS,
            Self::Open(calendar) => calendar.name(),
        }
    }

    /// Their time zone; UTC where the zone makes no difference.
    pub fn zone(&self) -> &str {
        match self {
            Self::Always => "UTC",
            Self::Open(calendar) => calendar.zone(),
        }
    }

    /// In the words of a language.
    pub fn in_words_in(&self, w: &Wording) -> String {
        match self {
            Self::Always => w.always.to_owned(),
            Self::Open(calendar) => calendar.in_words_in(w),
        }
    }

    /// Whether a clock runs at `at`.
    pub fn is_open(&self, at: Timestamp) -> bool {
        match self {
            Self::Always => true,
            Self::Open(calendar) => {
                let end = at.plus(Span(1));
                walk::between(calendar, at, end) == Span(1)
            }
        }
    }

    /// The first instant by which `span` has been counted from `start`; for no span at all, the first
    /// open instant. `None` when that is not within fifty years. A negative span counts as none.
    pub fn reach(&self, start: Timestamp, span: Span) -> Option<Timestamp> {
        match self {
            Self::Always => Some(start.plus(Span(span.0.max(0)))),
            Self::Open(calendar) => walk::reach(calendar, start, span, walk::HORIZON),
        }
    }

    /// As [`Hours::reach`]; what lies beyond the horizon is put there. Settings refuse targets that a
    /// calendar does not reach within years, so nobody meets that.
    pub fn add(&self, start: Timestamp, span: Span) -> Timestamp {
        self.reach(start, span).unwrap_or_else(|| start.plus(walk::HORIZON))
    }

    /// How much is counted from `from` to `to`; negative when `to` is the earlier.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Span {
        match self {
            Self::Always => to.since(from),
            Self::Open(_) if to < from => Span(-self.between(to, from).0),
            Self::Open(calendar) => walk::between(calendar, from, to),
        }
    }

    /// The open stretches between two instants, each as long as it can be: openings that touch, as
    /// at midnight, are one.
    pub fn intervals_between(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        match self {
            Self::Always if from < to => vec![(from, to)],
            Self::Always => Vec::new(),
            Self::Open(calendar) => walk::intervals(calendar, from, to),
        }
    }

    /// Whether a target is reached within so many years, holidays and exceptions counted.
    pub fn reaches_within(&self, span: Span, years: i64) -> bool {
        match self {
            Self::Always => true,
            Self::Open(calendar) => walk::reaches_within(calendar, span, Span::days(years * 366)),
        }
    }

    /// An instant as RFC 3339 with the offset of the zone; UTC where that offset has seconds, which
    /// RFC 3339 cannot write.
    pub fn rfc3339(&self, at: Timestamp) -> String {
        let zone = match self {
            Self::Always => TimeZone::UTC,
            Self::Open(calendar) => calendar.zone.clone(),
        };
        let Ok(instant) = jiff::Timestamp::from_millisecond(at.millis()) else { return at.rfc3339() };
        let zoned = instant.to_zoned(zone);
        if zoned.offset().seconds() % 60 != 0 {
            return at.rfc3339();
        }
        let form = if at.millis() % 1000 == 0 { "%Y-%m-%dT%H:%M:%S%:z" } else { "%Y-%m-%dT%H:%M:%S%.3f%:z" };
        zoned.strftime(form).to_string()
    }
}

#[cfg(test)]
mod tests;
