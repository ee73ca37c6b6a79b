//! A plan as iCal: each event is a shift, with `FREQ=DAILY` and `FREQ=WEEKLY` repeats, `EXDATE`, and events that
//! replace or cancel one of a series.
//!
//! Who it is stands in `ATTENDEE` (the mail address, the part before the `@`, or the `CN`) or is the `SUMMARY`. Each of
//! several has the shift; rooms and who declined have none.
//! `CATEGORIES` hold languages, and `sector:…`, `role:…`, `buddy:…`; lines `languages: nl, en` of the
//! `DESCRIPTION` say the same.

use super::reading::{BadLine, Entry, Known, Read, SHIFTS_MAX, bad, instant};
use crate::domain::calendar::{IcalLine, ical_line, ical_unfold, zone_of_ical};
use crate::domain::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Most days of all events together that are looked at.
const LOOKED_MAX: i64 = 2_000_000;
/// Longest `DURATION` in minutes: a day when the clock is put back.
const DURATION_MAX: i64 = 1_500;
/// Most days of one event that are looked at.
const DAYS_MAX: i64 = 4_000;
const RULES: &str = "understood are FREQ=DAILY or WEEKLY, INTERVAL, COUNT, UNTIL, BYDAY, WKST";
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A time on the wall of a zone.
#[derive(Clone, Debug)]
struct Moment {
    day: Date,
    minutes: i64,
    zone: TimeZone,
}

impl Moment {
    fn at(&self) -> Option<Timestamp> {
        instant(self.day, self.minutes, &self.zone)
    }
}

#[derive(Clone, Debug, Default)]
struct Event {
    entry: Entry,
    uid: String,
    summary: String,
    /// By all that may name each.
    attendees: Vec<Vec<String>>,
    start: Option<Moment>,
    end: Option<Moment>,
    duration: Option<i64>,
    rule: Option<(usize, String)>,
    not: Vec<Timestamp>,
    replaces: Option<Timestamp>,
    cancelled: bool,
    wrong: Option<BadLine>,
}

/// Reads all of it.
pub(super) fn read(text: &str, known: &Known, into: &mut Read) {
    let events = match events(text, known) {
        Ok(events) => events,
        Err(wrong) => {
            into.wrong.push(wrong);
            return;
        }
    };
    let mut replaced: HashMap<&str, Vec<Timestamp>> = HashMap::new();
    for event in events.iter().filter(|e| !e.uid.is_empty()) {
        replaced.entry(&event.uid).or_default().extend(event.replaces);
    }
    let mut looked = 0;
    for event in &events {
        let gone = replaced.get(event.uid.as_str()).filter(|_| event.replaces.is_none());
        if let Err(wrong) = add(event, gone.map_or(&[], Vec::as_slice), (known, &mut looked), into) {
            into.pass_over(wrong);
        }
        if looked > LOOKED_MAX {
            let found = "more days of repeats";
            into.wrong.push(bad(event.entry.line, found, format!("allowed: {LOOKED_MAX} in all")));
            return;
        }
        if into.shifts.len() >= SHIFTS_MAX {
            let found = "more shifts, with all repeats";
            into.wrong.push(bad(event.entry.line, found, format!("allowed: {SHIFTS_MAX}")));
            return;
        }
    }
}

fn events(text: &str, known: &Known) -> Result<Vec<Event>, BadLine> {
    let (mut open, mut found): (Vec<(usize, String)>, Vec<Event>) = (Vec::new(), Vec::new());
    let mut event = Event::default();
    for (number, text) in ical_unfold(text) {
        let line = ical_line(number, &text).map_err(|e| bad(e.line, e.why, "wanted is NAME:VALUE"))?;
        let value = line.value.to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" => {
                if value == "VEVENT" {
                    event = Event { entry: Entry { line: number, ..Entry::default() }, ..Event::default() };
                }
                open.push((number, value));
            }
            "END" => match open.pop() {
                Some((_, name)) if name == value => {
                    if name == "VEVENT" {
                        found.push(std::mem::take(&mut event));
                        if found.len() > SHIFTS_MAX {
                            return Err(bad(number, "more events", format!("allowed: {SHIFTS_MAX}")));
                        }
                    }
                }
                _ => return Err(bad(number, format!("END:{value}"), "wanted is the end of what is open")),
            },
            _ if open.last().is_some_and(|(_, name)| name == "VEVENT") => {
                if let Err(wrong) = property(&mut event, &line, known) {
                    event.wrong.get_or_insert(wrong);
                }
            }
            _ => {}
        }
    }
    match open.last() {
        Some((at, name)) => Err(bad(*at, format!("BEGIN:{name} has no END"), "the file is cut off")),
        None => Ok(found),
    }
}

fn property(event: &mut Event, line: &IcalLine<'_>, known: &Known) -> Result<(), BadLine> {
    let unescaped = || line.value.replace("\\n", "\n").replace("\\N", "\n").replace('\\', "");
    match line.name.as_str() {
        "UID" => line.value.clone_into(&mut event.uid),
        "SUMMARY" => unescaped().trim().clone_into(&mut event.summary),
        "ATTENDEE" => event.attendees.extend(attendee(line)),
        "CATEGORIES" => unescaped().split(',').for_each(|word| category(&mut event.entry, word)),
        "DESCRIPTION" => {
            for text in unescaped().lines() {
                let Some((key, value)) = text.split_once(':') else { continue };
                let entry = &mut event.entry;
                let into = match key.trim().to_lowercase().as_str() {
                    "languages" => &mut entry.languages,
                    "sectors" => &mut entry.sectors,
                    "role" => &mut entry.role,
                    "buddy" => &mut entry.buddy,
                    _ => continue,
                };
                value.trim().clone_into(into);
            }
        }
        "DTSTART" => event.start = Some(moment(line, line.value, known)?),
        "DTEND" => event.end = Some(moment(line, line.value, known)?),
        "DURATION" => event.duration = Some(duration(line)?),
        "RRULE" => event.rule = Some((line.number, line.value.to_ascii_uppercase())),
        "RECURRENCE-ID" => event.replaces = moment(line, line.value, known)?.at(),
        "EXDATE" => {
            for value in line.value.split(',') {
                event.not.extend(moment(line, value, known)?.at());
            }
        }
        "STATUS" => event.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
        "RDATE" | "EXRULE" => return Err(bad(line.number, line.name.clone(), RULES)),
        _ => {}
    }
    Ok(())
}

/// What may name one of those who attend; nothing of a room, or of who declined.
fn attendee(line: &IcalLine<'_>) -> Option<Vec<String>> {
    let is = |name: &str, words: &[&str]| {
        line.param(name).is_some_and(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
    };
    if is("CUTYPE", &["ROOM", "RESOURCE"]) || is("PARTSTAT", &["DECLINED"]) {
        return None;
    }
    let address = line.value.rsplit_once(':').map_or(line.value, |(_, rest)| rest);
    let mut names = vec![address.to_owned()];
    names.extend(address.split_once('@').map(|(before, _)| before.to_owned()));
    names.extend(line.param("CN").map(ToOwned::to_owned));
    Some(names)
}

/// Whose shift an event is: each of those who attend; where none of them is known, whom the title names.
fn whose(event: &Event, known: &Known) -> Vec<String> {
    let named = |names: &Vec<String>| names.iter().find(|name| known.person(name).is_some()).cloned();
    let title = || known.person(&event.summary).is_some().then(|| event.summary.clone());
    if !event.attendees.iter().any(|names| named(names).is_some())
        && let Some(title) = title()
    {
        return vec![title];
    }
    let each = event.attendees.iter().filter_map(|names| named(names).or(names.first().cloned()));
    let all: Vec<String> = each.collect();
    if all.is_empty() { vec![event.summary.clone()] } else { all }
}

/// One category: a language, or `sector:…`, `role:…`, `buddy:…`.
fn category(entry: &mut Entry, word: &str) {
    let word = word.trim();
    let add = |list: &mut String, word: &str| {
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(word.trim());
    };
    match word.split_once(':') {
        Some((key, value)) if key.eq_ignore_ascii_case("sector") => add(&mut entry.sectors, value),
        Some((key, value)) if key.eq_ignore_ascii_case("role") => value.trim().clone_into(&mut entry.role),
        Some((key, value)) if key.eq_ignore_ascii_case("buddy") => value.trim().clone_into(&mut entry.buddy),
        _ => add(&mut entry.languages, word),
    }
}

/// `20261201T090000`, with `Z` or the parameter `TZID`. A day without a time is no shift.
fn moment(line: &IcalLine<'_>, value: &str, known: &Known) -> Result<Moment, BadLine> {
    let allowed = "allowed: a date with a time, as 20261201T090000";
    let wrong = || bad(line.number, format!("{}: '{value}'", line.name), allowed);
    let value = value.trim();
    let (date, time) = value.split_at_checked(8).ok_or_else(wrong)?;
    let day = Date::strptime("%Y%m%d", date).map_err(|_| wrong())?;
    let utc = time.ends_with(['Z', 'z']);
    let clock = time.trim_end_matches(['Z', 'z']).strip_prefix(['T', 't']).ok_or_else(wrong)?;
    let part = |from: usize, most: i64| {
        let text = clock.get(from..from + 2).filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?;
        text.parse::<i64>().ok().filter(|n| *n <= most)
    };
    let (hour, minute) = (part(0, 23).ok_or_else(wrong)?, part(2, 59).ok_or_else(wrong)?);
    if clock.len() != 6 {
        return Err(wrong());
    }
    let zone = match line.param("TZID") {
        _ if utc => TimeZone::UTC,
        None => known.zone.clone(),
        Some(name) => zone_of_ical(name).ok_or_else(|| {
            bad(line.number, format!("TZID '{name}'"), "allowed: a time zone of IANA or Windows")
        })?,
    };
    Ok(Moment { day, minutes: hour * 60 + minute, zone })
}

/// `PT8H`, `PT7H30M`, `P1D`, `P0DT8H0M0S`: in minutes.
fn duration(line: &IcalLine<'_>) -> Result<i64, BadLine> {
    let wrong = || bad(line.number, format!("DURATION '{}'", line.value), "allowed: a length as PT8H30M");
    let text = line.value.strip_prefix('+').unwrap_or(line.value).strip_prefix('P').ok_or_else(wrong)?;
    let (mut sum, mut number, mut in_time) = (0_i64, String::new(), false);
    for c in text.chars() {
        match c {
            '0'..='9' if number.len() < 5 => number.push(c),
            'T' if number.is_empty() && !in_time => in_time = true,
            'D' | 'H' | 'M' | 'S' => {
                let n = number.parse::<i64>().map_err(|_| wrong())?;
                let minutes = match (c, in_time) {
                    ('D', false) => n * 1_440,
                    ('H', true) => n * 60,
                    ('M', true) => n,
                    ('S', true) if n == 0 => 0,
                    _ => return Err(wrong()),
                };
                sum = minutes + sum.min(DURATION_MAX + 1);
                number.clear();
            }
            _ => return Err(wrong()),
        }
    }
    if number.is_empty() && sum <= DURATION_MAX { Ok(sum) } else { Err(wrong()) }
}

fn add(
    event: &Event,
    replaced: &[Timestamp],
    (known, looked): (&Known, &mut i64),
    into: &mut Read,
) -> Result<(), BadLine> {
    let line = event.entry.line;
    if event.cancelled {
        return Ok(());
    }
    if let Some(wrong) = &event.wrong {
        return Err(wrong.clone());
    }
    let start =
        event.start.as_ref().ok_or_else(|| bad(line, "an event without DTSTART", "a shift has one"))?;
    let whose = whose(event, known);
    let no_end = || bad(line, "an event without DTEND or DURATION", "a shift has one of them");
    // By the wall: a shift to 17:00 ends at 17:00 also when the clock was changed in the night before.
    let (days, minutes, zone) = match (&event.end, event.duration) {
        (Some(end), _) => (day_number(end.day) - day_number(start.day), end.minutes, &end.zone),
        (None, Some(length)) => (0, start.minutes + length, &start.zone),
        (None, None) => return Err(no_end()),
    };
    let mut wrong = None;
    for day in days_of(event, start, known, looked)? {
        let Some(from) = instant(day, start.minutes, &start.zone) else { continue };
        let ends = jiff::Span::new().try_days(days).ok().and_then(|d| day.checked_add(d).ok());
        let Some(until) = ends.and_then(|d| instant(d, minutes, zone)) else { continue };
        if event.not.contains(&from) || replaced.contains(&from) {
            continue;
        }
        if event.rule.is_some() && !(until > known.from && from < known.to) {
            continue;
        }
        // One day of a series, or one person, that cannot be used does not end the series.
        for who in &whose {
            match known.shift(&Entry { who: who.clone(), ..event.entry.clone() }, from, until) {
                Ok(shift) => into.shifts.push(shift),
                Err(why) => {
                    wrong.get_or_insert(why);
                }
            }
        }
    }
    wrong.map_or(Ok(()), Err)
}

fn day_number(day: Date) -> i64 {
    let zoned = day.at(0, 0, 0, 0).to_zoned(TimeZone::UTC);
    zoned.map_or(0, |z| z.timestamp().as_second().div_euclid(86_400))
}

struct Rule {
    weekly: bool,
    interval: i64,
    count: usize,
    until: Option<String>,
    days: Vec<i64>,
    /// The day on which weeks begin; 0 is Monday.
    begins: i64,
}

/// The days on which an event begins.
fn days_of(event: &Event, start: &Moment, known: &Known, looked: &mut i64) -> Result<Vec<Date>, BadLine> {
    let Some((line, text)) = &event.rule else { return Ok(vec![start.day]) };
    let rule = rule(*line, text)?;
    let of_week = |day: Date| i64::from(day.weekday().to_monday_zero_offset());
    let week_begins = day_number(start.day) - (of_week(start.day) - rule.begins).rem_euclid(7);
    let mut found = Vec::new();
    // Of a series that counts nothing only the days around now matter, however long ago it began.
    let window = known.from.millis().div_euclid(86_400_000) - 2;
    let counts = rule.count != usize::MAX;
    let first = if counts { 0 } else { (window - day_number(start.day)).max(0) };
    let ends = known.to.millis().div_euclid(86_400_000) + 2;
    for n in first..first + DAYS_MAX {
        *looked += 1;
        let ahead = jiff::Span::new().try_days(n).ok();
        let Some(day) = ahead.and_then(|n| start.day.checked_add(n).ok()) else { break };
        if day_number(day) > ends {
            break;
        }
        let fits = if rule.weekly {
            let week = (day_number(day) - week_begins).div_euclid(7);
            let on = if rule.days.is_empty() {
                of_week(day) == of_week(start.day)
            } else {
                rule.days.contains(&of_week(day))
            };
            on && week % rule.interval == 0
        } else {
            n % rule.interval == 0 && (rule.days.is_empty() || rule.days.contains(&of_week(day)))
        };
        if n != 0 && !fits {
            continue;
        }
        if found.len() >= rule.count || is_over(&rule, day, start) {
            break;
        }
        found.push(day);
    }
    Ok(found)
}

/// Whether a repeat begins after what `UNTIL` says.
fn is_over(rule: &Rule, day: Date, start: &Moment) -> bool {
    let Some(until) = &rule.until else { return false };
    let Some(last) = until.get(..8).and_then(|d| Date::strptime("%Y%m%d", d).ok()) else { return false };
    let clock = until.get(9..13).and_then(|t| t.parse::<i64>().ok());
    match clock {
        None => day > last,
        Some(t) => {
            let zone = if until.ends_with('Z') { TimeZone::UTC } else { start.zone.clone() };
            instant(day, start.minutes, &start.zone) > instant(last, t / 100 * 60 + t % 100, &zone)
        }
    }
}

fn rule(line: usize, text: &str) -> Result<Rule, BadLine> {
    let mut rule =
        Rule { weekly: false, interval: 1, count: usize::MAX, until: None, days: Vec::new(), begins: 0 };
    let number = |day: &str| DAYS.iter().position(|name| *name == day).and_then(|n| i64::try_from(n).ok());
    let mut known = false;
    for part in text.split(';').filter(|p| !p.is_empty()) {
        let wrong = || bad(line, format!("RRULE: '{part}'"), RULES);
        let (key, value) = part.split_once('=').ok_or_else(wrong)?;
        match (key, value) {
            ("FREQ", "DAILY") => known = true,
            ("FREQ", "WEEKLY") => (rule.weekly, known) = (true, true),
            ("INTERVAL", n) => {
                rule.interval = n.parse().ok().filter(|n| (1..=366).contains(n)).ok_or_else(wrong)?;
            }
            ("COUNT", n) => rule.count = n.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?,
            ("UNTIL", at) => {
                let date = at.get(..8).filter(|d| Date::strptime("%Y%m%d", d).is_ok());
                rule.until = Some(date.map(|_| at.to_owned()).ok_or_else(wrong)?);
            }
            ("BYDAY", days) => {
                let read: Option<Vec<i64>> = days.split(',').map(number).collect();
                rule.days = read.ok_or_else(wrong)?;
            }
            ("WKST", day) => rule.begins = number(day).ok_or_else(wrong)?,
            _ => return Err(wrong()),
        }
    }
    if known { Ok(rule) } else { Err(bad(line, "RRULE without FREQ", RULES)) }
}
