//! Holidays from an iCal file (RFC 5545): every day that one of its events touches.
//!
//! Read are all-day events, also of several days; events with times, by the days which they touch in
//! the calendar's zone; `RRULE` with `FREQ=YEARLY`, `RDATE`, `EXDATE`, moved and cancelled events.
//! Repeats are worked out to the end of 2100. What cannot be read is an error with its line: a
//! holiday that is passed over would break promises quietly.

use super::dates::{Day, digits, month_days};
use super::{spec, windows};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// Repeats are worked out to the end of this year.
const LAST_YEAR: i64 = 2100;
const BYTES_MAX: usize = 4 * 1024 * 1024;
const EVENTS_MAX: usize = 5_000;
/// An event longer than this many days is a mistake, not a holiday.
const EVENT_DAYS_MAX: i64 = 366;

/// Why a file is no calendar that can be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadIcal {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, in words.
    pub why: String,
}

fn bad(line: usize, why: impl Into<String>) -> BadIcal {
    BadIcal { line, why: why.into() }
}

/// One unfolded line: its number, name, parameters and value.
pub(in crate::domain) struct Line<'a> {
    pub number: usize,
    pub name: String,
    params: &'a str,
    pub value: &'a str,
}

impl Line<'_> {
    /// The value of a parameter, without quotes.
    pub(in crate::domain) fn param(&self, name: &str) -> Option<&str> {
        let of = |part: &'_ str| part.split_once('=').map(|(k, _)| k.eq_ignore_ascii_case(name));
        let part = self.params.split(';').find(|part| of(part) == Some(true))?;
        part.split_once('=').map(|(_, value)| value.trim_matches('"'))
    }
}

/// A date, or an instant on the wall of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moment {
    day: Day,
    /// Seconds of the day; none for an all-day event.
    second: Option<i64>,
}

#[derive(Default)]
struct Event {
    line: usize,
    uid: String,
    start: Option<Moment>,
    end: Option<Moment>,
    /// All-day length by `DURATION`, in seconds.
    duration: Option<i64>,
    rule: Option<(usize, String)>,
    more: Vec<Day>,
    not: Vec<Day>,
    /// The day that this event replaces in a repeating one.
    replaces: Option<Day>,
    cancelled: bool,
}

/// The days of all events of a file, in the wall clock of `zone` (an IANA name).
pub fn holidays(text: &str, zone: &str) -> Result<BTreeSet<Day>, BadIcal> {
    if text.len() > BYTES_MAX {
        return Err(bad(1, format!("the file is larger than {BYTES_MAX} bytes")));
    }
    let here = spec::zone(zone).unwrap_or(TimeZone::UTC);
    let unfolded = unfold(text);
    let events = events(&unfolded, &here)?;
    let mut days = BTreeSet::new();
    for event in &events {
        let replaced = events.iter().filter(|e| e.uid == event.uid && !event.uid.is_empty());
        let replaced: Vec<Day> = replaced.filter_map(|e| e.replaces).collect();
        add(event, &replaced, &mut days)?;
    }
    Ok(days)
}

/// Lines with their numbers; one that begins with a blank continues the one before.
pub(in crate::domain) fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push((number, line.to_owned())),
        }
    }
    lines
}

pub(in crate::domain) fn line_of(number: usize, text: &str) -> Result<Line<'_>, BadIcal> {
    let mut quoted = false;
    let colon = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    let Some((at, _)) = colon else {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
        return Err(bad(number, format!("'{shown}' is no line of iCal; wanted is NAME:VALUE")));
    };
    let (head, value) = (&text[..at], &text[at + 1..]);
    let (name, params) = head.split_once(';').unwrap_or((head, ""));
    Ok(Line { number, name: name.trim().to_ascii_uppercase(), params, value: value.trim() })
}

fn events(lines: &[(usize, String)], here: &TimeZone) -> Result<Vec<Event>, BadIcal> {
    let (mut open, mut found): (Vec<(usize, String)>, Vec<Event>) = (Vec::new(), Vec::new());
    let mut event = Event::default();
    let mut began = false;
    for (number, text) in lines {
        let line = line_of(*number, text)?;
        let value = line.value.to_ascii_uppercase();
        let begins = line.name == "BEGIN" && value == "VCALENDAR";
        if !began && !begins {
            return Err(bad(*number, "this is no iCal; wanted is BEGIN:VCALENDAR"));
        }
        began = true;
        match line.name.as_str() {
            "BEGIN" => {
                if open.is_empty() && value != "VCALENDAR" {
                    return Err(bad(*number, format!("BEGIN:{value} outside of VCALENDAR")));
                }
                if value == "VEVENT" {
                    event = Event { line: *number, ..Event::default() };
                }
                open.push((*number, value));
            }
            "END" => match open.pop() {
                Some((_, name)) if name == value => {
                    if name == "VEVENT" {
                        found.push(std::mem::take(&mut event));
                    }
                }
                Some((at, name)) => {
                    return Err(bad(
                        *number,
                        format!("END:{value}, where BEGIN:{name} of line {at} is open"),
                    ));
                }
                None => return Err(bad(*number, format!("END:{value} without BEGIN"))),
            },
            _ if open.is_empty() => return Err(bad(*number, "a line outside of VCALENDAR")),
            _ if open.last().is_some_and(|(_, name)| name == "VEVENT") => property(&mut event, &line, here)?,
            _ => {}
        }
        if found.len() > EVENTS_MAX {
            return Err(bad(*number, format!("more than {EVENTS_MAX} events")));
        }
    }
    match open.last() {
        Some((at, name)) => Err(bad(*at, format!("BEGIN:{name} has no END; the file is cut off"))),
        None if !began => Err(bad(1, "the file is empty; wanted is BEGIN:VCALENDAR")),
        None => Ok(found),
    }
}

fn property(event: &mut Event, line: &Line<'_>, here: &TimeZone) -> Result<(), BadIcal> {
    let list = || line.value.split(',').map(|value| moment(line, value, here));
    match line.name.as_str() {
        "UID" => line.value.clone_into(&mut event.uid),
        "DTSTART" => event.start = Some(moment(line, line.value, here)?),
        "DTEND" => event.end = Some(moment(line, line.value, here)?),
        "DURATION" => event.duration = Some(duration(line)?),
        "RECURRENCE-ID" => event.replaces = Some(moment(line, line.value, here)?.day),
        "RRULE" => event.rule = Some((line.number, line.value.to_ascii_uppercase())),
        "RDATE" => {
            for value in line.value.split(',') {
                // A period counts from its beginning.
                let from = value.split_once('/').map_or(value, |(from, _)| from);
                event.more.push(moment(line, from, here)?.day);
            }
        }
        "EXDATE" => {
            for one in list() {
                event.not.push(one?.day);
            }
        }
        "STATUS" => event.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
        "EXRULE" => return Err(bad(line.number, "EXRULE is not understood; EXDATE is")),
        _ => {}
    }
    Ok(())
}

/// `20261225`, `20261225T090000`, the same with `Z`, or with the parameter `TZID`.
fn moment(line: &Line<'_>, value: &str, here: &TimeZone) -> Result<Moment, BadIcal> {
    let wrong = || {
        let shown: String = value.chars().filter(|c| !c.is_control()).take(40).collect();
        bad(line.number, format!("{}: '{shown}' is no date or time that there is", line.name))
    };
    let value = value.trim();
    let (date, time) = value.split_at_checked(8).ok_or_else(wrong)?;
    let part = |from: usize, to: usize| date.get(from..to).and_then(|t| digits(t, to - from));
    let (year, month, of_month) = (part(0, 4), part(4, 6), part(6, 8));
    let day = year.zip(month).zip(of_month).and_then(|((y, m), d)| Day::of(y, m, d)).ok_or_else(wrong)?;
    if time.is_empty() {
        return Ok(Moment { day, second: None });
    }
    let utc = time.ends_with(['Z', 'z']);
    let clock = time.trim_end_matches(['Z', 'z']).strip_prefix(['T', 't']).ok_or_else(wrong)?;
    let part = |from: usize| clock.get(from..from + 2).and_then(|t| digits(t, 2));
    let (hour, minute, second) =
        (part(0).ok_or_else(wrong)?, part(2).ok_or_else(wrong)?, part(4).unwrap_or(60));
    if clock.len() != 6 || hour > 23 || minute > 59 || second > 60 {
        return Err(wrong());
    }
    let second = hour * 3600 + minute * 60 + second.min(59);
    let from = match line.param("TZID") {
        _ if utc => TimeZone::UTC,
        None => return Ok(Moment { day, second: Some(second) }),
        Some(name) => windows::zone(name)
            .ok_or_else(|| bad(line.number, format!("TZID '{name}' is no IANA time zone")))?,
    };
    on_the_wall(day, second, &from, here).ok_or_else(wrong)
}

/// A time of one zone's wall as that of another's.
fn on_the_wall(day: Day, second: i64, from: &TimeZone, here: &TimeZone) -> Option<Moment> {
    let (year, month, of_month) = day.civil();
    let small = |n: i64| i8::try_from(n).ok();
    let at = jiff::civil::DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(of_month)?,
        small(second / 3600)?,
        small(second / 60 % 60)?,
        small(second % 60)?,
        0,
    );
    let at = at.ok()?.to_zoned(from.clone()).ok()?.with_time_zone(here.clone()).datetime();
    let day = Day::of(i64::from(at.year()), i64::from(at.month()), i64::from(at.day()))?;
    let second = i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60 + i64::from(at.second());
    Some(Moment { day, second: Some(second) })
}

/// `P1D`, `P2W`, `PT36H`: in seconds.
fn duration(line: &Line<'_>) -> Result<i64, BadIcal> {
    let wrong = || bad(line.number, format!("DURATION: '{}' is no length of time", line.value));
    let text = line.value.trim_start_matches('+').strip_prefix('P').ok_or_else(wrong)?;
    let (mut sum, mut number, mut in_time) = (0i64, String::new(), false);
    for c in text.chars() {
        let unit = match c {
            'T' => {
                in_time = true;
                continue;
            }
            '0'..='9' if number.len() < 7 => {
                number.push(c);
                continue;
            }
            'W' => 604_800,
            'D' => 86_400,
            'H' if in_time => 3600,
            'M' if in_time => 60,
            'S' if in_time => 1,
            _ => return Err(wrong()),
        };
        sum += number.parse::<i64>().map_err(|_| wrong())? * unit;
        number.clear();
    }
    if number.is_empty() { Ok(sum) } else { Err(wrong()) }
}

/// Adds the days that an event touches, each time it takes place.
fn add(event: &Event, replaced: &[Day], days: &mut BTreeSet<Day>) -> Result<(), BadIcal> {
    let start = event.start.as_ref().ok_or_else(|| bad(event.line, "an event without DTSTART"))?;
    if event.cancelled {
        return Ok(());
    }
    let length = length(event, start);
    if length > EVENT_DAYS_MAX {
        return Err(bad(
            event.line,
            format!("an event of {length} days; at most {EVENT_DAYS_MAX} are a holiday"),
        ));
    }
    let mut on: BTreeSet<Day> = match &event.rule {
        Some((line, rule)) => repeats(start.day, rule, *line)?,
        None => BTreeSet::from([start.day]),
    };
    on.extend(&event.more);
    let replaced = replaced.iter().filter(|_| event.replaces.is_none());
    for gone in event.not.iter().chain(replaced) {
        on.remove(gone);
    }
    for day in on {
        days.extend((0..length).map(|n| day.plus(n)));
    }
    Ok(())
}

/// How many days an event touches; its end is not part of it.
fn length(event: &Event, start: &Moment) -> i64 {
    let began = start.day.0 * 86_400 + start.second.unwrap_or(0);
    let ends = match (&event.end, event.duration) {
        (Some(end), _) => end.day.0 * 86_400 + end.second.unwrap_or(0),
        (None, Some(seconds)) => began + seconds,
        (None, None) if start.second.is_none() => began + 86_400,
        (None, None) => began + 1,
    };
    let last = (ends - 1).max(began).div_euclid(86_400);
    last - start.day.0 + 1
}

/// A day of the week in a rule, with which of its kind is meant: `4TH`, `-1MO`, `FR`.
type ByDay = (i64, usize);

#[derive(Default)]
struct Rule {
    interval: i64,
    count: Option<usize>,
    until: Option<Day>,
    months: Vec<i64>,
    month_days: Vec<i64>,
    week_days: Vec<ByDay>,
}

/// The days of a yearly rule.
fn repeats(start: Day, text: &str, line: usize) -> Result<BTreeSet<Day>, BadIcal> {
    let rule = rule(text, line)?;
    let (first_year, start_month, start_day) = start.civil();
    let mut on = BTreeSet::from([start]);
    for year in (first_year..=LAST_YEAR).step_by(usize::try_from(rule.interval).unwrap_or(1)) {
        let Some(new_year) = Day::of(year, 1, 1) else { break };
        for n in 0..if month_days(year, 2) == 29 { 366 } else { 365 } {
            let day = new_year.plus(n);
            if rule.until.is_some_and(|until| day > until) || rule.count.is_some_and(|c| on.len() >= c) {
                return Ok(on);
            }
            if day > start && rule.fits(day, start_month, start_day) {
                on.insert(day);
            }
        }
    }
    Ok(on)
}

fn rule(text: &str, line: usize) -> Result<Rule, BadIcal> {
    let mut rule = Rule { interval: 1, ..Rule::default() };
    let mut yearly = false;
    for part in text.split(';').filter(|p| !p.is_empty()) {
        let wrong = || bad(line, format!("RRULE: '{part}' cannot be read"));
        let (key, value) = part.split_once('=').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<i64>().map_err(|_| wrong());
        let numbers = |least: i64, most: i64| -> Result<Vec<i64>, BadIcal> {
            let one =
                |t: &str| {
                    number(t).and_then(|n| {
                        if n != 0 && (least..=most).contains(&n) { Ok(n) } else { Err(wrong()) }
                    })
                };
            value.split(',').map(one).collect()
        };
        match key {
            "FREQ" if value == "YEARLY" => yearly = true,
            "INTERVAL" => rule.interval = number(value)?.clamp(1, 200),
            "COUNT" => rule.count = Some(usize::try_from(number(value)?).map_err(|_| wrong())?.max(1)),
            "UNTIL" => {
                let date = value.get(..8).ok_or_else(wrong)?;
                let date = format!(
                    "{}-{}-{}",
                    &date.get(..4).unwrap_or(""),
                    &date.get(4..6).unwrap_or(""),
                    &date.get(6..).unwrap_or("")
                );
                rule.until = Some(Day::parse(&date).ok_or_else(wrong)?);
            }
            "BYMONTH" => rule.months = numbers(1, 12)?,
            "BYMONTHDAY" => rule.month_days = numbers(-31, 31)?,
            "BYDAY" => {
                rule.week_days = value.split(',').map(by_day).collect::<Option<_>>().ok_or_else(wrong)?;
            }
            "WKST" => {}
            _ => {
                let allowed =
                    "understood are FREQ=YEARLY, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY";
                return Err(bad(line, format!("RRULE: '{part}' is not understood; {allowed}")));
            }
        }
    }
    if yearly { Ok(rule) } else { Err(bad(line, "RRULE without FREQ=YEARLY")) }
}

fn by_day(text: &str) -> Option<ByDay> {
    let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].iter().position(|d| *d == name)?;
    let number = if number.is_empty() { 0 } else { number.parse().ok().filter(|n| *n != 0)? };
    Some((number, day))
}

impl Rule {
    fn fits(&self, day: Day, start_month: i64, start_day: i64) -> bool {
        let (year, month, of_month) = day.civil();
        let by_days = !self.week_days.is_empty();
        let month_fits = if self.months.is_empty() {
            // What is left out is as in the beginning, unless something finer is said.
            by_days || !self.month_days.is_empty() || month == start_month
        } else {
            self.months.contains(&month)
        };
        let length = month_days(year, month);
        let day_fits = if self.month_days.is_empty() {
            by_days || of_month == start_day
        } else {
            self.month_days.iter().any(|n| if *n > 0 { *n == of_month } else { length + 1 + n == of_month })
        };
        month_fits && day_fits && (!by_days || self.week_day_fits(day))
    }

    /// Which of its kind: within the month where months are named, else within the year.
    fn week_day_fits(&self, day: Day) -> bool {
        let (year, month, of_month) = day.civil();
        let (at, length) = if self.months.is_empty() {
            let new_year = Day::of(year, 1, 1).map_or(day, |d| d);
            (day.0 - new_year.0 + 1, 337 + month_days(year, 2))
        } else {
            (of_month, month_days(year, month))
        };
        self.week_days.iter().any(|(number, name)| {
            *name == day.weekday()
                && match number {
                    0 => true,
                    n if *n > 0 => (at - 1) / 7 + 1 == *n,
                    n => (length - at) / 7 + 1 == -n,
                }
        })
    }
}
