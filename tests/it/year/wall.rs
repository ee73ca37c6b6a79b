//! Hours as a clock on the wall shows them, walked minute by minute: what the oracle counts in.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use webcared::domain::calendar::CalendarSpec;
use webcared::domain::time::{Span, Timestamp};

const MINUTE: i64 = 60_000;

/// Whether it is open at a minute of the wall.
pub type Hours = fn(DateTime) -> bool;

/// Day and night.
pub fn always(_: DateTime) -> bool {
    true
}

fn minute(at: DateTime) -> i64 {
    i64::from(at.hour()) * 60 + i64::from(at.minute())
}

fn day(at: DateTime) -> (i16, i8, i8) {
    (at.year(), at.month(), at.day())
}

const HOLIDAYS: [(i16, i8, i8); 4] = [(2026, 10, 22), (2026, 12, 25), (2027, 1, 1), (2027, 4, 27)];

/// A desk: weekdays 8 to 20, Saturdays 9 to 17, four holidays, and two days with hours of their own.
pub fn desk(at: DateTime) -> bool {
    let minute = minute(at);
    match day(at) {
        (2026, 10, 28) => (600..720).contains(&minute) || (780..900).contains(&minute),
        (2026, 12, 24) => (480..840).contains(&minute),
        holiday if HOLIDAYS.contains(&holiday) => false,
        _ => match at.weekday() {
            Weekday::Sunday => false,
            Weekday::Saturday => (540..1020).contains(&minute),
            _ => (480..1200).contains(&minute),
        },
    }
}

/// Evenings until two at night, each day.
pub fn evenings(at: DateTime) -> bool {
    !(120..1080).contains(&minute(at))
}

/// Hours between two instants: the open minutes as stretches, with what was open before each.
pub struct Wall {
    zone: &'static str,
    hours: Hours,
    /// `(from, to, open before from)`, in milliseconds.
    open: Vec<(i64, i64, i64)>,
}

impl Wall {
    /// Walks from `from` to `to`.
    pub fn new(zone: &'static str, hours: Hours, from: Timestamp, to: Timestamp) -> Self {
        let tz = TimeZone::get(zone).unwrap();
        let mut open: Vec<(i64, i64, i64)> = Vec::new();
        let mut before = 0;
        let mut at = from.millis();
        while at < to.millis() {
            if hours(tz.to_datetime(jiff::Timestamp::from_millisecond(at).unwrap())) {
                match open.last_mut().filter(|last| last.1 == at) {
                    Some(last) => last.1 = at + MINUTE,
                    None => open.push((at, at + MINUTE, before)),
                }
                before += MINUTE;
            }
            at += MINUTE;
        }
        Self { zone, hours, open }
    }

    /// How much was open from the first instant to `at`.
    pub fn counted(&self, at: Timestamp) -> i64 {
        let n = self.open.partition_point(|(from, ..)| *from <= at.millis());
        let Some((from, to, before)) = n.checked_sub(1).map(|n| self.open[n]) else { return 0 };
        before + at.millis().min(to) - from
    }

    /// The first instant by which `span` more than at `from` was open; with nothing more to count the first open
    /// one.
    pub fn add(&self, from: Timestamp, span: i64) -> Timestamp {
        if span <= 0 {
            let n = self.open.partition_point(|(_, to, _)| *to <= from.millis());
            return Timestamp(self.open[n].0.max(from.millis()));
        }
        let wanted = self.counted(from) + span;
        let n = self.open.partition_point(|(from, to, before)| before + (to - from) < wanted);
        let (start, _, before) = self.open[n];
        Timestamp(start + wanted - before)
    }

    /// The same as a calendar of the settings; none for day and night.
    pub fn spec(&self, name: &str) -> Option<CalendarSpec> {
        let text = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let base =
            CalendarSpec { name: format!("hours-{name}"), zone: self.zone.into(), ..CalendarSpec::default() };
        if std::ptr::fn_addr_eq(self.hours, evenings as Hours) {
            let d = text(&["18:00-02:00"]);
            let [mon, tue, wed, thu, fri, sat, sun] = std::array::from_fn(|_| d.clone());
            return Some(CalendarSpec { mon, tue, wed, thu, fri, sat, sun, ..base });
        }
        if std::ptr::fn_addr_eq(self.hours, desk as Hours) {
            let d = text(&["08:00-20:00"]);
            let [mon, tue, wed, thu, fri] = std::array::from_fn(|_| d.clone());
            let own = [
                ("2026-10-28".to_owned(), text(&["10:00-12:00", "13:00-15:00"])),
                ("2026-12-24".to_owned(), text(&["08:00-14:00"])),
            ];
            return Some(CalendarSpec {
                mon,
                tue,
                wed,
                thu,
                fri,
                sat: text(&["09:00-17:00"]),
                exceptions: own.into(),
                holidays: HOLIDAYS.iter().map(|(y, m, d)| format!("{y}-{m:02}-{d:02}")).collect(),
                ..base
            });
        }
        None
    }
}

#[test]
fn the_wall_counts_what_is_open() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let wall = Wall::new("Europe/Amsterdam", desk, super::BEGIN, super::BEGIN.plus(Span::days(60)));
    // Friday 23 October at 19:00, a weekend in which the clocks change, Monday 26 at 10:00.
    let (from, to) = (at("2026-10-23T19:00:00+02:00"), at("2026-10-26T10:00:00+01:00"));
    assert_eq!(wall.counted(to) - wall.counted(from), Span::hours(1 + 8 + 2).millis());
    assert_eq!(wall.add(from, Span::hours(11).millis()), to);
    assert_eq!(wall.add(at("2026-10-22T12:00:00+02:00"), 0), at("2026-10-23T08:00:00+02:00"));
}
