//! Repeats of iCal: the days on which an event of a plan begins, by `FREQ=DAILY` and `FREQ=WEEKLY`.

use super::ical::Moment;
use super::reading::{BadLine, Known, bad, instant};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Most days of one event that are looked at.
const DAYS_MAX: i64 = 4_000;
/// What is understood of `RRULE`.
pub(super) const RULES: &str = "understood are FREQ=DAILY or WEEKLY, INTERVAL, COUNT, UNTIL, BYDAY, WKST";
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// The days since 1970.
pub(super) fn day_number(day: Date) -> i64 {
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

/// The days on which an event begins that goes on for `lasts` days.
pub(super) fn days_of(
    rule_of: Option<&(usize, String)>,
    start: &Moment,
    (known, lasts): (&Known, i64),
    looked: &mut i64,
) -> Result<Vec<Date>, BadLine> {
    let Some((line, text)) = rule_of else { return Ok(vec![start.day]) };
    let rule = rule(*line, text)?;
    let of_week = |day: Date| i64::from(day.weekday().to_monday_zero_offset());
    let week_begins = day_number(start.day) - (of_week(start.day) - rule.begins).rem_euclid(7);
    let mut found = Vec::new();
    // Of a series that counts nothing only the days around now matter, however long ago it began.
    let window = known.from.millis().div_euclid(86_400_000) - 1 - lasts;
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
