//! A plan as iCal: each event is a shift, with `FREQ=DAILY` and `FREQ=WEEKLY` repeats, `EXDATE`, and events that
//! replace or cancel one of a series. An event of days without times is a shift on each of them.
//!
//! Who it is stands in `ATTENDEE` (the mail address, the part before the `@`, or the `CN`) or is the `SUMMARY`. Each of
//! several has the shift; rooms and who declined have none.
//! `CATEGORIES` hold languages, and `sector:…`, `role:…`, `buddy:…`; lines `languages: nl, en` of the
//! `DESCRIPTION` say the same.

use super::reading::{BadLine, Entry, Known, Read, SHIFTS_MAX, bad, instant};
use super::repeats::{RULES, day_number, days_of};
use super::whole;
use crate::domain::calendar::{IcalLine, ical_line, ical_unfold, zone_of_ical};
use crate::domain::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Most days of all events together that are looked at.
const LOOKED_MAX: i64 = 2_000_000;
/// Longest `DURATION` in minutes: of an event of whole days.
const DURATION_MAX: i64 = whole::WHOLE_MAX * 1_440;

/// A time on the wall of a zone, or a day without a time: its midnight.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) day: Date,
    pub(super) minutes: i64,
    pub(super) zone: TimeZone,
    whole: bool,
}

impl Moment {
    fn at(&self) -> Option<Timestamp> {
        instant(self.day, self.minutes, &self.zone)
    }

    /// Which one of a series it names.
    fn which(&self) -> Option<Which> {
        if self.whole { Some(Which::On(self.day)) } else { self.at().map(Which::At) }
    }
}

/// Which one of a series is meant: by when it begins, or by the day on which it does.
#[derive(Clone, Debug)]
enum Which {
    At(Timestamp),
    On(Date),
}

impl Which {
    /// Whether it is the one that begins then. Of whole days some programs write the midnight.
    fn is(&self, (day, from): (Date, Timestamp), start: &Moment) -> bool {
        match self {
            Self::On(of) => *of == day,
            Self::At(at) if start.whole => {
                let at = jiff::Timestamp::from_millisecond(at.millis());
                at.is_ok_and(|at| at.to_zoned(start.zone.clone()).date() == day)
            }
            Self::At(at) => *at == from,
        }
    }
}

/// How long an event lasts.
enum Length<'a> {
    /// Up to a time on the wall, so many days after the day on which it begins.
    Until(i64, i64, &'a TimeZone),
    /// So many whole days.
    Days(i64),
}

impl Length<'_> {
    /// The shifts of an event that begins then.
    fn shifts(
        &self,
        (day, from): (Date, Timestamp),
        start: &Moment,
        known: &Known,
    ) -> Vec<(Timestamp, Timestamp)> {
        match self {
            Self::Until(days, minutes, zone) => {
                instant(day, days * 1_440 + minutes, zone).map(|until| (from, until)).into_iter().collect()
            }
            Self::Days(count) => {
                let each = (0..*count).filter_map(|n| {
                    let day = day.checked_add(jiff::Span::new().try_days(n).ok()?).ok()?;
                    whole::on_day(day, known.whole_day, &start.zone)
                });
                each.collect()
            }
        }
    }

    /// How many days after its first one it may still go on.
    const fn days(&self) -> i64 {
        match self {
            Self::Until(..) => 1,
            Self::Days(count) => *count,
        }
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
    not: Vec<Which>,
    replaces: Option<Which>,
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
    let mut replaced: HashMap<&str, Vec<Which>> = HashMap::new();
    for event in events.iter().filter(|e| !e.uid.is_empty()) {
        replaced.entry(&event.uid).or_default().extend(event.replaces.clone());
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
        "RECURRENCE-ID" => event.replaces = moment(line, line.value, known)?.which(),
        "EXDATE" => {
            for value in line.value.split(',') {
                event.not.extend(moment(line, value, known)?.which());
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

/// `20261201T090000`, with `Z` or the parameter `TZID`, or `20261201` for a whole day.
fn moment(line: &IcalLine<'_>, value: &str, known: &Known) -> Result<Moment, BadLine> {
    let allowed = "allowed: a day, as 20261201, or one with a time, as 20261201T090000";
    let wrong = || bad(line.number, format!("{}: '{value}'", line.name), allowed);
    let value = value.trim();
    let (date, time) = value.split_at_checked(8).ok_or_else(wrong)?;
    let day = Date::strptime("%Y%m%d", date).map_err(|_| wrong())?;
    let utc = time.ends_with(['Z', 'z']);
    let zone = match line.param("TZID") {
        _ if utc => TimeZone::UTC,
        None => known.zone.clone(),
        Some(name) => zone_of_ical(name).ok_or_else(|| {
            bad(line.number, format!("TZID '{name}'"), "allowed: a time zone of IANA or Windows")
        })?,
    };
    if time.is_empty() {
        return Ok(Moment { day, minutes: 0, zone, whole: true });
    }
    let clock = time.trim_end_matches(['Z', 'z']).strip_prefix(['T', 't']).ok_or_else(wrong)?;
    let part = |from: usize, most: i64| {
        let text = clock.get(from..from + 2).filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?;
        text.parse::<i64>().ok().filter(|n| *n <= most)
    };
    let (hour, minute) = (part(0, 23).ok_or_else(wrong)?, part(2, 59).ok_or_else(wrong)?);
    if clock.len() != 6 {
        return Err(wrong());
    }
    Ok(Moment { day, minutes: hour * 60 + minute, zone, whole: false })
}

/// `PT8H`, `PT7H30M`, `P1D`, `P0DT8H0M0S`, `P1W`: in minutes.
fn duration(line: &IcalLine<'_>) -> Result<i64, BadLine> {
    let wrong = || bad(line.number, format!("DURATION '{}'", line.value), "allowed: a length as PT8H30M");
    let text = line.value.strip_prefix('+').unwrap_or(line.value).strip_prefix('P').ok_or_else(wrong)?;
    let (mut sum, mut number, mut in_time) = (0_i64, String::new(), false);
    for c in text.chars() {
        match c {
            '0'..='9' if number.len() < 5 => number.push(c),
            'T' if number.is_empty() && !in_time => in_time = true,
            'W' | 'D' | 'H' | 'M' | 'S' => {
                let n = number.parse::<i64>().map_err(|_| wrong())?;
                let minutes = match (c, in_time) {
                    ('W', false) => n * 7 * 1_440,
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
    replaced: &[Which],
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
    let length = length(event, start)?;
    let mut wrong = None;
    for day in days_of(event.rule.as_ref(), start, (known, length.days()), looked)? {
        let Some(from) = instant(day, start.minutes, &start.zone) else { continue };
        let begins = (day, from);
        if event.not.iter().chain(replaced).any(|which| which.is(begins, start)) {
            continue;
        }
        if *looked > LOOKED_MAX || into.shifts.len() >= SHIFTS_MAX {
            break;
        }
        for (from, until) in length.shifts(begins, start, known) {
            *looked += 1;
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
    }
    wrong.map_or(Ok(()), Err)
}

/// How long an event lasts. By the wall: a shift to 17:00 ends at 17:00 also when the clock was changed in the night before.
fn length<'a>(event: &'a Event, start: &'a Moment) -> Result<Length<'a>, BadLine> {
    let line = event.entry.line;
    let days = |end: &Moment| day_number(end.day) - day_number(start.day);
    match (&event.end, event.duration) {
        (Some(end), _) if end.whole != start.whole => {
            let found = "a day without a time and a time as DTSTART and DTEND";
            Err(bad(line, found, "allowed: two days, or two times"))
        }
        (Some(end), _) if start.whole => {
            whole::days_up_to(line, start.day, (end.day, days(end))).map(Length::Days)
        }
        (Some(end), _) => Ok(Length::Until(days(end), end.minutes, &end.zone)),
        (None, Some(minutes)) if start.whole => whole::days_of(line, minutes).map(Length::Days),
        (None, Some(minutes)) => Ok(Length::Until(0, start.minutes + minutes, &start.zone)),
        (None, None) if start.whole => Ok(Length::Days(1)),
        (None, None) => Err(bad(line, "an event without DTEND or DURATION", "a shift has one of them")),
    }
}
