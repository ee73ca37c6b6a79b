//! Reading a plan that exists: a CSV file or an iCal file becomes shifts. A line that cannot be used is named with
//! what stood there and what is allowed, and the rest goes on.

use super::{Reach, Role, Shift, csv, ical};
use crate::domain::calendar::zone_by_name;
use crate::domain::language::Language;
use crate::domain::time::{Span, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Longest shift that is believed: a day on the wall, which has 25 hours when the clock is put back.
pub const SHIFT_MAX: Span = Span::hours(25);
/// Most bytes of a plan.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most lines that are told as wrong; of the others only their number.
pub const WRONG_MAX: usize = 200;
/// Most shifts of a plan.
pub const SHIFTS_MAX: usize = 20_000;

/// A line of a plan that was passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadLine {
    /// The line, counted from 1.
    pub line: usize,
    /// What stood there.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

impl std::fmt::Display for BadLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}; {}", self.line, self.found, self.allowed)
    }
}

/// A person whom a plan may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Their id.
    pub id: String,
    /// The name by which they log in.
    pub login: String,
    /// The name shown.
    pub name: String,
}

/// What a plan may name.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who may be planned.
    pub people: Vec<Staff>,
    /// The sectors of all brands by name.
    pub sectors: Vec<String>,
    /// The zone of times that name none.
    pub zone: TimeZone,
    /// The hours that a day without times means, in minutes after its midnight; see [`super::whole_day`].
    pub whole_day: (i64, i64),
    /// Repeats of iCal are worked out from here…
    pub from: Timestamp,
    /// … up to here.
    pub to: Timestamp,
}

/// What came of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The shifts, each person's in the order of time.
    pub shifts: Vec<Shift>,
    /// The lines that were passed over.
    pub wrong: Vec<BadLine>,
    /// How many more were.
    pub(super) wrong_more: usize,
}

impl Read {
    /// Passes a line over.
    pub(super) fn pass_over(&mut self, wrong: BadLine) {
        if self.wrong.len() < WRONG_MAX {
            self.wrong.push(wrong);
        } else {
            self.wrong_more += 1;
        }
    }
}

/// What one entry says, before it is held against what is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub line: usize,
    pub who: String,
    pub languages: String,
    pub sectors: String,
    pub role: String,
    pub buddy: String,
}

/// Reads a plan: iCal where it begins as iCal does, CSV otherwise.
pub fn read(text: &str, known: &Known) -> Read {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut read = Read::default();
    if text.len() > BYTES_MAX {
        read.wrong.push(bad(1, format!("{} bytes", text.len()), format!("allowed: {BYTES_MAX} bytes")));
        return read;
    }
    let is_ical = text.trim_start().get(..15).is_some_and(|t| t.eq_ignore_ascii_case("BEGIN:VCALENDAR"));
    if is_ical {
        ical::read(text, known, &mut read);
    } else {
        csv::read(text, known, &mut read);
    }
    if read.wrong_more > 0 {
        let found = format!("{} more lines that cannot be used", read.wrong_more);
        let line = read.wrong.last().map_or(1, |w| w.line);
        read.wrong.push(bad(line, found, "as those before"));
    }
    read.shifts.sort_by(|a, b| (&a.person, a.from).cmp(&(&b.person, b.from)));
    let double = |a: &mut Shift, b: &mut Shift| a.person == b.person && a.from == b.from;
    read.shifts.dedup_by(double);
    read
}

/// One line that is passed over; what is shown of it is short.
pub(super) fn bad(line: usize, found: impl Into<String>, allowed: impl Into<String>) -> BadLine {
    BadLine { line, found: shown(&found.into(), 120), allowed: shown(&allowed.into(), 400) }
}

fn shown(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

impl Known {
    /// A person by login, or by a name that only one of them bears.
    pub(super) fn person(&self, who: &str) -> Option<&Staff> {
        let who = who.trim().to_lowercase();
        if let Some(found) = self.people.iter().find(|p| p.login.to_lowercase() == who) {
            return Some(found);
        }
        let mut named = self.people.iter().filter(|p| p.name.to_lowercase() == who);
        named.next().filter(|_| named.next().is_none())
    }

    fn logins(&self) -> String {
        let logins: Vec<&str> = self.people.iter().map(|p| p.login.as_str()).collect();
        format!("allowed: a login, or a name that one person bears: {}", logins.join(", "))
    }

    /// The shift of an entry, or what is wrong with it.
    pub(super) fn shift(&self, entry: &Entry, from: Timestamp, until: Timestamp) -> Result<Shift, BadLine> {
        let quoted = |what: &str, text: &str| format!("{what} '{text}'");
        let who = self
            .person(&entry.who)
            .ok_or_else(|| bad(entry.line, quoted("person", &entry.who), self.logins()))?;
        let length = until.since(from);
        if length <= Span::ZERO || length > SHIFT_MAX {
            let found = format!("a shift of {length}");
            return Err(bad(entry.line, found, format!("allowed: more than nothing, up to {SHIFT_MAX}")));
        }
        let role = match entry.role.trim() {
            "" => Role::Agent,
            word => Role::from_code(word).ok_or_else(|| {
                let all = Role::ALL.map(Role::code).join(", ");
                bad(entry.line, quoted("role", word), format!("allowed: {all}"))
            })?,
        };
        let buddy = match entry.buddy.trim() {
            "" => None,
            name => {
                Some(self.person(name).ok_or_else(|| bad(entry.line, quoted("buddy", name), self.logins()))?)
            }
        };
        if buddy.is_some_and(|b| b.id == who.id) {
            return Err(bad(entry.line, quoted("buddy", &entry.buddy), "allowed: somebody else"));
        }
        let reach = Reach {
            languages: languages(&entry.languages)
                .map_err(|(found, allowed)| bad(entry.line, found, allowed))?,
            sectors: self
                .sectors(&entry.sectors)
                .map_err(|(found, allowed)| bad(entry.line, found, allowed))?,
        };
        Ok(Shift { person: who.id.clone(), from, until, reach, role, buddy: buddy.map(|b| b.id.clone()) })
    }

    /// Sectors by name, as the brands write them.
    pub fn sectors(&self, text: &str) -> Result<Vec<String>, (String, String)> {
        let mut found: Vec<String> = Vec::new();
        for word in text.split([',', ';', '|']).map(str::trim).filter(|w| !w.is_empty()) {
            let sector = self.sectors.iter().find(|s| s.eq_ignore_ascii_case(word)).ok_or_else(|| {
                let all = if self.sectors.is_empty() {
                    "none; no brand has any".to_owned()
                } else {
                    self.sectors.join(", ")
                };
                (format!("sector '{word}'"), format!("allowed: {all}"))
            })?;
            found.push(sector.clone());
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// Languages by their codes, with anything between them; what was found and what is allowed otherwise.
pub fn languages(text: &str) -> Result<Vec<Language>, (String, String)> {
    let mut found: Vec<Language> = Vec::new();
    for word in text.split([',', ';', '|', ' ', '/', '+']).map(str::trim).filter(|w| !w.is_empty()) {
        let language = Language::TEN.into_iter().chain([Language::Other]);
        let language = language.clone().find(|l| l.code().eq_ignore_ascii_case(word)).ok_or_else(|| {
            let all: Vec<&str> = language.map(Language::code).collect();
            (format!("language '{word}'"), format!("allowed: {}", all.join(", ")))
        })?;
        found.push(language);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The next instant at which the wall of a zone shows a time of day such as `17:00`.
pub fn next_time(text: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let minutes = csv::of_day(text)?;
    let today = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(zone.clone()).date();
    [0, 1440].into_iter().filter_map(|later| instant(today, minutes + later, zone)).find(|at| *at > now)
}

/// A time zone by its IANA name.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    zone_by_name(name)
}

/// A time on the wall of a zone as an instant. Minutes past the day belong to the days after. Where the clock
/// jumps over it, it is as long after the jump as it should be after the midnight; where it comes twice, the first
/// is meant.
pub fn instant(day: Date, minutes: i64, zone: &TimeZone) -> Option<Timestamp> {
    let day = day.checked_add(jiff::Span::new().try_days(minutes.div_euclid(1440)).ok()?).ok()?;
    let of_day = minutes.rem_euclid(1440);
    let (hour, minute) = (i8::try_from(of_day / 60).ok()?, i8::try_from(of_day % 60).ok()?);
    let zoned = day.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}
