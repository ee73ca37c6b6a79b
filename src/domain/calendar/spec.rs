//! A calendar as it is written, and everything that can be wrong with it.

use super::dates::{Day, digits};
use super::{ALWAYS, Calendar, Opening, words};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

/// What stands for the address in what people write in the console.
pub const FROM_SETTINGS: &str = "settings";
/// The keys of the days, Monday first.
pub const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MINUTES: i64 = 1440;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A calendar as the settings and the database hold it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalendarSpec {
    /// The name by which policies refer to it.
    pub name: String,
    /// The IANA time zone of the wall clock, such as `Europe/Amsterdam`.
    pub zone: String,
    /// Monday's openings, each `HH:MM-HH:MM`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mon: Vec<String>,
    /// Tuesday's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tue: Vec<String>,
    /// Wednesday's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wed: Vec<String>,
    /// Thursday's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thu: Vec<String>,
    /// Friday's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fri: Vec<String>,
    /// Saturday's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sat: Vec<String>,
    /// Sunday's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sun: Vec<String>,
    /// Days with hours of their own, by date; an empty list means closed. They win over holidays.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub exceptions: BTreeMap<String, Vec<String>>,
    /// Days without hours: `2026-12-25`, or `12-25` for every year.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<String>,
    /// An iCal file whose events are holidays as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holidays_file: Option<PathBuf>,
    /// Where such a file is fetched from, at the start and then daily. It may hold a token, so the
    /// database never keeps it.
    #[serde(skip_serializing)]
    pub holidays_url: Option<String>,
    /// Whether it takes what is fetched from the address that the settings have for the calendar of its name: so in what
    /// people write in the console, who see no addresses.
    #[serde(skip)]
    pub holidays_follow: bool,
    /// What was last fetched from there, as dates.
    #[serde(skip)]
    pub holidays_fetched: Vec<String>,
}

impl CalendarSpec {
    /// Whether what is fetched from an address is closed in it too.
    pub const fn is_fed(&self) -> bool {
        self.holidays_follow || self.holidays_url.is_some()
    }

    /// Reads what [`Calendar::stored`] made of one with these days fetched: they are told apart from its own again.
    pub fn followed(mut self, days: &[String]) -> Self {
        if self.holidays.ends_with(days) {
            self.holidays.truncate(self.holidays.len() - days.len());
        }
        self.holidays_fetched = days.to_vec();
        self.holidays_follow = true;
        self
    }

    /// The openings by day as written, Monday first.
    pub const fn days(&self) -> [&Vec<String>; 7] {
        [&self.mon, &self.tue, &self.wed, &self.thu, &self.fri, &self.sat, &self.sun]
    }
}

/// Something wrong with a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarMistake {
    /// Where in it, such as `mon[1]` or `exceptions.2026-12-24[0]`; empty for the whole.
    pub at: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// The names of all time zones.
pub fn zone_names() -> Vec<String> {
    ZONES.available().map(|name| name.as_str().to_owned()).collect()
}

/// A time zone by its IANA name.
pub(in crate::domain) fn zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

struct Reader {
    mistakes: Vec<CalendarMistake>,
}

impl Reader {
    fn add(&mut self, at: impl Into<String>, found: impl Into<String>, allowed: impl Into<String>) {
        self.mistakes.push(CalendarMistake { at: at.into(), found: found.into(), allowed: allowed.into() });
    }

    /// The openings of one day, in order; what overlaps within the day is told.
    fn day(&mut self, at: &str, list: &[String]) -> Vec<Opening> {
        let mut found: Vec<(Opening, usize)> = Vec::new();
        for (n, text) in list.iter().enumerate() {
            match opening(text) {
                Ok(opening) => found.push((opening, n)),
                Err(allowed) => self.add(format!("{at}[{n}]"), quoted(text), allowed),
            }
        }
        found.sort_unstable();
        for pair in found.windows(2) {
            let ((first, a), (second, b)) = (pair[0], pair[1]);
            if second.0 < first.1 {
                let note = over_midnight(&list[a], first);
                self.add(
                    format!("{at}[{}]", a.max(b)),
                    format!("{} and {} overlap{note}", quoted(&list[a]), quoted(&list[b])),
                    "wanted are openings that at most touch",
                );
            }
        }
        found.into_iter().map(|(opening, _)| opening).collect()
    }

    fn exceptions(&mut self, spec: &CalendarSpec) -> BTreeMap<Day, Vec<Opening>> {
        let mut special = BTreeMap::new();
        for (date, list) in &spec.exceptions {
            let at = format!("exceptions.{date}");
            let Some(day) = Day::parse(date) else {
                self.add(at, impossible(date), "wanted is a date as YYYY-MM-DD");
                continue;
            };
            let closed = list.len() == 1 && list[0] == "closed";
            let own = if closed { Vec::new() } else { self.day(&at, list) };
            special.insert(day, own);
        }
        special
    }

    fn holidays(&mut self, spec: &CalendarSpec) -> (BTreeSet<Day>, Vec<(i64, i64)>) {
        let (mut days, mut yearly) = (BTreeSet::new(), Vec::new());
        for (n, text) in spec.holidays.iter().enumerate() {
            if let Some(day) = Day::parse(text) {
                days.insert(day);
            } else if let Some(each) = month_and_day(text) {
                yearly.push(each);
            } else {
                let allowed = "wanted is a date as YYYY-MM-DD, or MM-DD for every year";
                self.add(format!("holidays[{n}]"), impossible(text), allowed);
            }
        }
        // Written by us; what could not be read would have been refused when it was fetched.
        days.extend(spec.holidays_fetched.iter().filter_map(|text| Day::parse(text)));
        (days, yearly)
    }

    /// Openings over midnight must not run into those of the next day.
    fn over_midnights(&mut self, spec: &CalendarSpec, calendar: &Calendar) {
        for (n, name) in DAY_NAMES.iter().enumerate() {
            let (last, first) = (&calendar.week[n], &calendar.week[(n + 1) % 7]);
            let next = DAY_NAMES[(n + 1) % 7];
            self.pair((name, last), (next, first));
        }
        for (day, own) in &calendar.special {
            let name = |day: Day| {
                let own = spec.exceptions.contains_key(&day.to_string());
                if own { format!("exceptions.{day}") } else { DAY_NAMES[day.weekday()].to_owned() }
            };
            let (before, after) = (day.plus(-1), day.plus(1));
            let is_special = |day: Day| calendar.special.binary_search_by_key(&day, |(d, _)| *d).is_ok();
            if !is_special(before) {
                self.pair((&name(before), calendar.openings(before)), (&name(*day), own));
            }
            self.pair((&name(*day), own), (&name(after), calendar.openings(after)));
        }
    }

    fn pair(&mut self, (a, last): (&str, &[Opening]), (b, first): (&str, &[Opening])) {
        let (Some(last), Some(first)) = (last.last(), first.first()) else { return };
        if last.1 - DAY_MINUTES > first.0 {
            let shown = |(from, to): &Opening| format!("{}-{}", words::time(*from), words::time(*to));
            let at = if a.starts_with("exceptions") { a } else { b };
            self.add(
                at,
                format!(
                    "{} of {a} runs over midnight, for it ends before it begins, and overlaps {} of {b}",
                    shown(last),
                    shown(first)
                ),
                "wanted are openings that at most touch",
            );
        }
    }
}

/// Reads a calendar, or tells all mistakes.
pub(super) fn read(spec: &CalendarSpec) -> Result<Calendar, Vec<CalendarMistake>> {
    let mut reader = Reader { mistakes: Vec::new() };
    if spec.name == ALWAYS {
        reader.add("name", "'always' has no closed minute and is built in", "allowed: a name of its own");
    }
    let zone = zone(&spec.zone);
    if zone.is_none() {
        let found = if spec.zone.is_empty() { "missing".to_owned() } else { quoted(&spec.zone) };
        reader.add("zone", found, "wanted is an IANA time zone such as Europe/Amsterdam");
    }
    let week: Vec<Vec<Opening>> =
        DAY_NAMES.iter().zip(spec.days()).map(|(name, list)| reader.day(name, list)).collect();
    let week: [Vec<Opening>; 7] = week.try_into().unwrap_or_default();
    if spec.days().iter().all(|list| list.is_empty()) {
        let allowed =
            "wanted is at least one opening on one day of the week, such as mon = [\"09:00-17:00\"]";
        reader.add("", "empty: it never opens", allowed);
    }
    let mut special = reader.exceptions(spec);
    let (holidays, yearly) = reader.holidays(spec);
    for day in holidays {
        special.entry(day).or_default();
    }
    let special = special.into_iter().collect();
    let calendar =
        Calendar { spec: spec.clone(), zone: zone.unwrap_or(TimeZone::UTC), week, special, yearly };
    if reader.mistakes.is_empty() {
        reader.over_midnights(spec, &calendar);
    }
    if reader.mistakes.is_empty() { Ok(calendar) } else { Err(reader.mistakes) }
}

/// Reads `09:00-12:30`; an end that is not after the beginning lies on the next day.
fn opening(text: &str) -> Result<Opening, String> {
    let form = "wanted is an opening as HH:MM-HH:MM, 00:00 to 24:00";
    let (from, to) = text.split_once('-').ok_or(form)?;
    let (from, to) = (minute(from).ok_or(form)?, minute(to).ok_or(form)?);
    if from == DAY_MINUTES {
        return Err(format!("{form}; a day begins at 00:00"));
    }
    if from == to {
        return Err(format!("{form}; it is empty, the whole day is 00:00-24:00"));
    }
    Ok((from, if to < from { to + DAY_MINUTES } else { to }))
}

fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= DAY_MINUTES).then_some(all)
}

/// Reads `12-25`; the leap day is a day of its years.
fn month_and_day(text: &str) -> Option<(i64, i64)> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (digits(month, 2)?, digits(day, 2)?);
    // A leap year has every day there is.
    Day::of(2024, month, day).map(|_| (month, day))
}

fn over_midnight(text: &str, opening: Opening) -> String {
    if opening.1 > DAY_MINUTES {
        format!("; {} ends before it begins, so it runs over midnight", quoted(text))
    } else {
        String::new()
    }
}

/// What cannot be a date, and why where the form is right.
fn impossible(text: &str) -> String {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let formed = matches!(parts.len(), 2 | 3) && parts.iter().all(is_number);
    if formed { format!("{}: there is no such day", quoted(text)) } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let clean = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    format!("'{}'", clean.take(SHOWN_MAX).collect::<String>())
}
