//! Holidays from an iCal file (RFC 5545): every day that one of its events touches.
//!
//! Read are all-day events, also of several days; events with times, by the days which they touch in
//! the calendar's zone; `RRULE` by years, months, weeks and days, `RDATE`, `EXDATE`, moved and cancelled
//! events. Repeats are worked out to the end of 2100. What cannot be read is an error with its line: a
//! holiday that is passed over would break promises quietly.

mod rule;

use super::dates::{Day, digits};
use super::{spec, windows};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

const BYTES_MAX: usize = 4 * 1024 * 1024;
const EVENTS_MAX: usize = 5_000;
/// An event longer than this many days is a mistake, not a holiday.
const EVENT_DAYS_MAX: i64 = 366;
/// Most days of all events with their repeats: the whole of it is worked out, and no more than that was ever a calendar.
const ALL_DAYS_MAX: i64 = 2_000_000;

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
#[derive(Clone, Debug)]
struct Moment {
    day: Day,
    /// Seconds of the day; none for an all-day event.
    second: Option<i64>,
    /// The zone of the wall; none for that of the calendar.
    zone: Option<TimeZone>,
}

impl Moment {
    /// The same on the wall of another zone; a date is a date everywhere.
    fn on(&self, zone: &TimeZone, here: &TimeZone) -> Option<(Day, Option<i64>)> {
        let Some(second) = self.second else { return Some((self.day, None)) };
        let (day, second) = on_the_wall(self.day, second, self.zone.as_ref().unwrap_or(here), zone)?;
        Some((day, Some(second)))
    }
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
    more: Vec<Moment>,
    not: Vec<Moment>,
    /// Which one of a repeating event it replaces.
    replaces: Option<Moment>,
    cancelled: bool,
}

/// The days of all events of a file, in the wall clock of `zone` (an IANA name).
pub fn holidays(text: &str, zone: &str) -> Result<BTreeSet<Day>, BadIcal> {
    if text.len() > BYTES_MAX {
        return Err(bad(1, format!("the file is larger than {BYTES_MAX} bytes")));
    }
    let here = spec::zone(zone).unwrap_or(TimeZone::UTC);
    let unfolded = unfold(text);
    let events = events(&unfolded)?;
    let (mut days, mut left) = (BTreeSet::new(), ALL_DAYS_MAX);
    for event in &events {
        let replaced = events.iter().filter(|e| e.uid == event.uid && !event.uid.is_empty());
        let replaced: Vec<&Moment> = replaced.filter_map(|e| e.replaces.as_ref()).collect();
        add(event, &replaced, &here, (&mut days, &mut left))?;
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

fn events(lines: &[(usize, String)]) -> Result<Vec<Event>, BadIcal> {
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
            _ if open.last().is_some_and(|(_, name)| name == "VEVENT") => property(&mut event, &line)?,
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

fn property(event: &mut Event, line: &Line<'_>) -> Result<(), BadIcal> {
    match line.name.as_str() {
        "UID" => line.value.clone_into(&mut event.uid),
        "DTSTART" => event.start = Some(moment(line, line.value)?),
        "DTEND" => event.end = Some(moment(line, line.value)?),
        "DURATION" => event.duration = Some(duration(line)?),
        "RECURRENCE-ID" => event.replaces = Some(moment(line, line.value)?),
        "RRULE" => event.rule = Some((line.number, line.value.to_ascii_uppercase())),
        "RDATE" => {
            for value in line.value.split(',') {
                // A period counts from its beginning.
                let from = value.split_once('/').map_or(value, |(from, _)| from);
                event.more.push(moment(line, from)?);
            }
        }
        "EXDATE" => {
            for value in line.value.split(',') {
                event.not.push(moment(line, value)?);
            }
        }
        "STATUS" => event.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
        "EXRULE" => return Err(bad(line.number, "EXRULE is not understood; EXDATE is")),
        _ => {}
    }
    Ok(())
}

/// `20261225`, `20261225T090000`, the same with `Z`, or with the parameter `TZID`.
fn moment(line: &Line<'_>, value: &str) -> Result<Moment, BadIcal> {
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
        return Ok(Moment { day, second: None, zone: None });
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
    let zone = match line.param("TZID") {
        _ if utc => Some(TimeZone::UTC),
        None => None,
        Some(name) => {
            let wrong = || bad(line.number, format!("TZID '{name}' is no IANA time zone"));
            Some(windows::zone(name).ok_or_else(wrong)?)
        }
    };
    Ok(Moment { day, second: Some(second), zone })
}

/// A time of one zone's wall as that of another's.
fn on_the_wall(day: Day, second: i64, from: &TimeZone, to: &TimeZone) -> Option<(Day, i64)> {
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
    let at = at.ok()?.to_zoned(from.clone()).ok()?.with_time_zone(to.clone()).datetime();
    let day = Day::of(i64::from(at.year()), i64::from(at.month()), i64::from(at.day()))?;
    let second = i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60 + i64::from(at.second());
    Some((day, second))
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

/// Adds the days that an event touches here, each time it takes place. It repeats on the wall of its own zone.
fn add(
    event: &Event,
    replaced: &[&Moment],
    here: &TimeZone,
    (days, left): (&mut BTreeSet<Day>, &mut i64),
) -> Result<(), BadIcal> {
    let start = event.start.as_ref().ok_or_else(|| bad(event.line, "an event without DTSTART"))?;
    if event.cancelled {
        return Ok(());
    }
    let zone = start.zone.as_ref().unwrap_or(here);
    let wrong = || bad(event.line, "an event at a time that cannot be told");
    let own = |moment: &Moment| moment.on(zone, here).ok_or_else(wrong);
    let length = length(event, start, own)?;
    let whole = (length + 86_399) / 86_400;
    if whole > EVENT_DAYS_MAX {
        return Err(bad(
            event.line,
            format!("an event of {whole} days; at most {EVENT_DAYS_MAX} are a holiday"),
        ));
    }
    let mut on: BTreeSet<(Day, Option<i64>)> = match &event.rule {
        Some((line, text)) => {
            let rule = rule::read(text, *line)?;
            let last = rule.until.as_ref().map(|until| last_day(until, start, own)).transpose()?;
            rule.days(start.day, last).into_iter().map(|day| (day, start.second)).collect()
        }
        None => BTreeSet::from([(start.day, start.second)]),
    };
    for more in &event.more {
        let (day, second) = own(more)?;
        on.insert((day, start.second.and(second.or(start.second))));
    }
    let replaced = replaced.iter().copied().filter(|_| event.replaces.is_none());
    let gone = event.not.iter().chain(replaced).map(|moment| own(moment).map(|(day, _)| day));
    let gone = gone.collect::<Result<BTreeSet<Day>, BadIcal>>()?;
    on.retain(|(day, _)| !gone.contains(day));
    *left -= i64::try_from(on.len()).unwrap_or(i64::MAX).saturating_mul(whole);
    if *left < 0 {
        return Err(bad(event.line, format!("more than {ALL_DAYS_MAX} days with all repeats")));
    }
    for (day, second) in on {
        let Some(second) = second else {
            days.extend((0..whole).map(|n| day.plus(n)));
            continue;
        };
        let ends = day.0 * 86_400 + second + length - 1;
        let (first, _) = on_the_wall(day, second, zone, here).ok_or_else(wrong)?;
        let last = on_the_wall(Day(ends.div_euclid(86_400)), ends.rem_euclid(86_400), zone, here);
        let (last, _) = last.ok_or_else(wrong)?;
        days.extend((first.0..=last.0.max(first.0)).map(Day));
    }
    Ok(())
}

/// The last day of its own wall on which an event may begin.
fn last_day(
    until: &Moment,
    start: &Moment,
    own: impl Fn(&Moment) -> Result<(Day, Option<i64>), BadIcal>,
) -> Result<Day, BadIcal> {
    let (day, second) = if until.zone.is_some() { own(until)? } else { (until.day, until.second) };
    Ok(match (start.second, second) {
        // Of a day without time some write its midnight here, and some that of UTC.
        (None, _) => day.max(until.day),
        (Some(begins), Some(ends)) if ends < begins => day.plus(-1),
        _ => day,
    })
}

/// How many seconds of its own wall an event lasts, one at least; its end is not part of it.
fn length(
    event: &Event,
    start: &Moment,
    own: impl Fn(&Moment) -> Result<(Day, Option<i64>), BadIcal>,
) -> Result<i64, BadIcal> {
    let began = start.day.0 * 86_400 + start.second.unwrap_or(0);
    let lasts = match (&event.end, event.duration) {
        (Some(end), _) => {
            let (day, second) = own(end)?;
            day.0 * 86_400 + second.unwrap_or(0) - began
        }
        (None, Some(seconds)) => seconds,
        (None, None) => i64::from(start.second.is_none()) * 86_400,
    };
    Ok(lasts.max(1))
}
