//! Calendars against an oracle that goes minute by minute and asks only what the clock on the wall
//! then shows.

use super::cases;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::BTreeMap;
use webcared::domain::calendar::{Calendar, CalendarSpec, Hours};
use webcared::domain::clocks::{Obligation, ObligationKind};
use webcared::domain::policy::{Policy, Promise};
use webcared::domain::time::{Span, Timestamp};

const MINUTE: i64 = 60_000;

/// Zones with a date near which something happens to their clocks.
const EDGES: [(&str, &str); 16] = [
    ("Europe/Amsterdam", "2026-03-29T01:00:00Z"),
    ("Europe/Amsterdam", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Asia/Kolkata", "2026-06-01T00:00:00Z"),
    ("Asia/Kolkata", "2028-02-28T18:30:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Pacific/Apia", "2010-09-26T11:00:00Z"),
    ("America/St_Johns", "2011-03-13T03:31:00Z"),
    ("America/St_Johns", "2026-11-01T04:30:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("Pacific/Chatham", "2026-04-04T14:00:00Z"),
    ("UTC", "2027-12-31T23:59:00Z"),
];

/// A day's openings in minutes; an end beyond 1440 lies after midnight.
type Openings = Vec<(i64, i64)>;

/// A calendar as the oracle knows it.
#[derive(Clone, Debug)]
struct Plain {
    zone: &'static str,
    week: Vec<Openings>,
    /// Own hours by how many days they lie from the edge; none is closed.
    own: BTreeMap<i64, Openings>,
    /// Holidays by how many days they lie from the edge.
    holidays: Vec<i64>,
    edge: Timestamp,
}

/// Openings that touch at most, the last perhaps over midnight; marks are in quarters of an hour.
fn openings() -> impl Strategy<Value = Openings> {
    let marks = prop::collection::btree_set(0..96i64, 0..=4);
    (marks, prop::option::weighted(0.2, 1..16i64)).prop_map(|(marks, over)| {
        let marks: Vec<i64> = marks.into_iter().map(|m| m * 15).collect();
        let mut day: Openings = marks.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        if let (Some(over), true) = (over, marks.len() % 2 == 1) {
            day.push((marks[marks.len() - 1], 1440 + over * 15 - 15));
        }
        day.retain(|(from, to)| from < to && to - from < 1440);
        day
    })
}

fn plain() -> impl Strategy<Value = Plain> {
    let week = prop::collection::vec(openings(), 7);
    let own = prop::collection::btree_map(-4..6i64, openings(), 0..3);
    let holidays = prop::collection::vec(-4..6i64, 0..3);
    (0..EDGES.len(), week, own, holidays).prop_map(|(at, week, own, holidays)| {
        let (zone, edge) = EDGES[at];
        Plain { zone, week, own, holidays, edge: Timestamp::parse(edge).unwrap() }
    })
}

impl Plain {
    fn zone(&self) -> TimeZone {
        jiff::tz::TimeZoneDatabase::bundled().get(self.zone).unwrap()
    }

    fn civil(&self, at: Timestamp) -> jiff::civil::DateTime {
        self.zone().to_datetime(jiff::Timestamp::from_millisecond(at.millis()).unwrap())
    }

    fn day(&self, from_edge: i64) -> jiff::civil::Date {
        self.civil(self.edge).date().saturating_add(jiff::Span::new().days(from_edge))
    }

    fn openings(&self, date: jiff::civil::Date) -> Openings {
        let is = |n: &i64| self.day(*n) == date;
        if let Some((_, own)) = self.own.iter().find(|(n, _)| is(n)) {
            return own.clone();
        }
        if self.holidays.iter().any(is) {
            return Vec::new();
        }
        self.week[date.weekday().to_monday_zero_offset() as usize].clone()
    }

    /// What the clock on the wall says.
    fn is_open(&self, at: Timestamp) -> bool {
        let wall = self.civil(at);
        let minute = i64::from(wall.hour()) * 60 + i64::from(wall.minute());
        let yesterday = wall.date().yesterday().unwrap();
        self.openings(wall.date()).iter().any(|(from, to)| (*from..*to).contains(&minute))
            || self.openings(yesterday).iter().any(|(from, to)| (*from..*to).contains(&(minute + 1440)))
    }

    fn spec(&self) -> CalendarSpec {
        let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        let shown = |(from, to): &(i64, i64)| {
            let to = if *to > 1440 { to - 1440 } else { *to };
            format!("{}-{}", clock(*from), clock(to))
        };
        let list = |day: &Openings| day.iter().map(shown).collect::<Vec<_>>();
        let [mon, tue, wed, thu, fri, sat, sun] = std::array::from_fn(|n| list(&self.week[n]));
        CalendarSpec {
            name: "random".into(),
            zone: self.zone.into(),
            mon,
            tue,
            wed,
            thu,
            fri,
            sat,
            sun,
            exceptions: self.own.iter().map(|(n, own)| (self.day(*n).to_string(), list(own))).collect(),
            holidays: self.holidays.iter().map(|n| self.day(*n).to_string()).collect(),
            ..CalendarSpec::default()
        }
    }

    /// `None` when it is empty or overlaps itself, which the oracle leaves alone.
    fn hours(&self) -> Option<Hours> {
        Calendar::new(&self.spec()).ok().map(Hours::of)
    }
}

/// Counts from minute to minute; a start within a minute counts what is left of it.
fn walked(plain: &Plain, start: Timestamp, span: i64, most: i64) -> Option<Timestamp> {
    let (mut at, mut left) = (start.millis(), span);
    while at < start.millis() + most {
        let next = (at.div_euclid(MINUTE) + 1) * MINUTE;
        if plain.is_open(Timestamp(at)) {
            if left <= next - at {
                return Some(Timestamp(at + left));
            }
            left -= next - at;
        }
        at = next;
    }
    None
}

proptest! {
    #![proptest_config(cases(300))]
    #[test]
    fn calendars_are_what_the_wall_clock_says_minute_by_minute(
        plain in plain(),
        offset in -(5 * 1440 * MINUTE)..(4 * 1440 * MINUTE),
        near in prop::option::of(-90 * MINUTE..90 * MINUTE),
        minutes in 1..900i64,
    ) {
        let Some(hours) = plain.hours() else { return Ok(()) };
        let start = Timestamp(plain.edge.millis() + near.unwrap_or(offset));
        let most = 9 * 1440 * MINUTE;
        let span = minutes * MINUTE;
        let expected = walked(&plain, start, span, most);
        let found = hours.reach(start, Span(span));
        prop_assert_eq!(expected.or(found), found, "{}", plain.zone);
        if let Some(due) = expected {
            prop_assert_eq!(found, Some(due));
            prop_assert_eq!(hours.between(start, due), Span(span));
            let parts = hours.intervals_between(start, due);
            prop_assert_eq!(parts.iter().map(|(a, b)| b.since(*a).millis()).sum::<i64>(), span);
            prop_assert!(parts.windows(2).all(|w| w[0].1 < w[1].0), "stretches are apart: {:?}", parts);
            // A clock's warnings are shares of the same count.
            let [policy, _] = Policy::ready_made();
            let promise = Promise { span: Span(span), hours: hours.clone() };
            let clock = Obligation::open(ObligationKind::FirstResponse, 0, start, promise, &policy);
            prop_assert_eq!(clock.due_at, due);
            let share = |percent: i64| (span * percent / 100).min((span - MINUTE).max(0));
            let warned = [50, 80].map(|p| walked(&plain, start, share(p), most).unwrap());
            prop_assert_eq!(clock.warn_at, warned.to_vec());
        }
        for n in 0..40 {
            let at = Timestamp(start.millis() + n * 37 * MINUTE);
            prop_assert_eq!(hours.is_open(at), plain.is_open(at), "at {} in {}", at, plain.zone);
        }
    }
}

/// Openings in minutes of real time over a year of Amsterdam, counted twice.
#[test]
fn a_whole_year_adds_up() {
    let plain = Plain {
        zone: "Europe/Amsterdam",
        week: vec![vec![(540, 1020)]; 7].into_iter().chain([]).collect(),
        own: BTreeMap::new(),
        holidays: Vec::new(),
        edge: Timestamp::parse("2026-01-01T00:00:00+01:00").unwrap(),
    };
    let hours = plain.hours().unwrap();
    let (from, to) = (plain.edge, Timestamp::parse("2027-01-01T00:00:00+01:00").unwrap());
    // 365 days of eight hours; 9:00 to 17:00 meets neither change of the clock.
    assert_eq!(hours.between(from, to), Span::hours(365 * 8));
    let began = std::time::Instant::now();
    let due = hours.reach(from, Span::hours(365 * 8)).unwrap();
    assert_eq!(due, Timestamp::parse("2026-12-31T17:00:00+01:00").unwrap());
    assert!(began.elapsed() < std::time::Duration::from_millis(50), "{:?}", began.elapsed());
}
