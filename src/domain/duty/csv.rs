//! A plan as CSV: a head with the names of the columns in any order, then a shift a line.
//!
//! `person, date, from, until` with times of day, or `person, from, until` with dates in them; a `date` without both is
//! the whole day. `languages`, `sectors`, `role`, `buddy` and `zone` if they are there. Days are `2026-12-01` or
//! `1-12-2026`. Fields are separated by commas, semicolons or tabs, whichever the head uses, and may be quoted.

use super::reading::BadLine;
use super::reading::{Entry, Known, Read, SHIFTS_MAX, bad, instant, zone};
use super::whole;
use crate::domain::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const COLUMNS: [&str; 9] =
    ["person", "date", "from", "until", "languages", "sectors", "role", "buddy", "zone"];
const A_DAY: &str = "allowed: a day that there is, as 2026-12-01 or 1-12-2026";
const TIMES: &str = "allowed: 09:00 with a date of its own, 2026-12-01 09:00, or 2026-12-01T09:00:00+01:00; none with a date is the whole day";

/// Reads all of it.
pub(super) fn read(text: &str, known: &Known, into: &mut Read) {
    let head = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let separator = [';', '\t', ','].into_iter().max_by_key(|s| head.matches(*s).count()).unwrap_or(',');
    let mut records = records(text, separator).into_iter();
    let allowed = format!(
        "wanted are person, from, until, or person and date; allowed beside them: {}",
        COLUMNS.join(", ")
    );
    let Some((line, names)) = records.next() else {
        into.wrong.push(bad(1, "an empty file", allowed));
        return;
    };
    let names: Vec<String> = names.iter().map(|n| n.trim().to_lowercase()).collect();
    let column = |name: &str| names.iter().position(|n| n == name);
    for name in names.iter().filter(|n| !n.is_empty() && !COLUMNS.contains(&n.as_str())) {
        into.wrong.push(bad(line, format!("a column '{name}'"), "it is passed over"));
    }
    // Days without any times need no columns for them.
    let whole = column("date").is_some() && column("from").is_none() && column("until").is_none();
    let wanted: &[&str] = if whole { &["person"] } else { &["person", "from", "until"] };
    let missing: Vec<&str> = wanted.iter().copied().filter(|n| column(n).is_none()).collect();
    if !missing.is_empty() {
        into.wrong.push(bad(line, format!("no column {}", missing.join(", ")), allowed));
        return;
    }
    for (line, fields) in records {
        let field = |name: &str| column(name).and_then(|at| fields.get(at)).map_or("", |f| f.trim());
        if into.shifts.len() >= SHIFTS_MAX {
            into.wrong.push(bad(line, "more shifts", format!("allowed: {SHIFTS_MAX}")));
            return;
        }
        let entry = Entry {
            line,
            who: field("person").to_owned(),
            languages: field("languages").to_owned(),
            sectors: field("sectors").to_owned(),
            role: field("role").to_owned(),
            buddy: field("buddy").to_owned(),
        };
        let times = times(line, [field("date"), field("from"), field("until"), field("zone")], known);
        match times.and_then(|(from, until)| known.shift(&entry, from, until)) {
            Ok(shift) => into.shifts.push(shift),
            Err(wrong) => into.pass_over(wrong),
        }
    }
}

/// When a shift begins and ends. A time of day that is not after that of the beginning is the next day's; a date without
/// times is the whole day.
fn times(
    line: usize,
    [date, from, until, in_zone]: [&str; 4],
    known: &Known,
) -> Result<(Timestamp, Timestamp), BadLine> {
    let here = match in_zone {
        "" => known.zone.clone(),
        name => zone(name).ok_or_else(|| {
            bad(line, format!("zone '{name}'"), "allowed: an IANA name, such as Europe/Amsterdam")
        })?,
    };
    let day = match date {
        "" => None,
        text => Some(a_day(text).ok_or_else(|| bad(line, format!("date '{text}'"), A_DAY))?),
    };
    if let Some(day) = day.filter(|_| from.is_empty() && until.is_empty()) {
        return whole::on_day(day, known.whole_day, &here)
            .ok_or_else(|| bad(line, format!("date '{date}'"), A_DAY));
    }
    let wrong = |what: &str, text: &str| bad(line, format!("{what} '{text}'"), TIMES);
    let begins = moment(day, from, &here, 0).ok_or_else(|| wrong("from", from))?;
    let mut ends = moment(day, until, &here, 0).ok_or_else(|| wrong("until", until))?;
    if ends <= begins && day.is_some() {
        ends = moment(day, until, &here, 1440).ok_or_else(|| wrong("until", until))?;
    }
    Ok((begins, ends))
}

/// A day as `2026-12-01`, or with the day first as spreadsheets of Europe write it: `1-12-2026`, `01.12.2026`. With slashes
/// nobody can tell which is the month.
fn a_day(text: &str) -> Option<Date> {
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    let separator = ['-', '.'].into_iter().find(|s| text.contains(*s))?;
    let parts: Vec<&str> = text.split(separator).collect();
    let [day, month, year] = parts.as_slice() else { return None };
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !digits(day, 2) || !digits(month, 2) || !digits(year, 4) || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A time of day, a day with a time, or an instant.
fn moment(day: Option<Date>, text: &str, here: &TimeZone, later: i64) -> Option<Timestamp> {
    if let (Some(day), Some(minutes)) = (day, of_day(text)) {
        return instant(day, minutes + later, here);
    }
    if let Some((date, time)) = text.split_once([' ', 'T'])
        && let (Some(date), Some(minutes)) = (a_day(date), of_day(time))
    {
        return instant(date, minutes, here);
    }
    Timestamp::parse(text).ok()
}

/// Minutes of `9:00`, `09:00`, `09:00:00`, `24:00`.
pub(super) fn of_day(text: &str) -> Option<i64> {
    let mut parts = text.trim().split(':');
    let mut number = |most: i64, least_len: usize| {
        let part = parts.next()?;
        let fine = (least_len..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i64>().ok().filter(|n| fine && *n <= most)
    };
    let (hour, minute) = (number(24, 1)?, number(59, 2)?);
    let plain = match parts.next() {
        None => true,
        Some(seconds) => seconds == "00" && parts.next().is_none(),
    };
    let minutes = hour * 60 + minute;
    (plain && minutes <= 1440).then_some(minutes)
}

/// The records with their first lines; empty lines and lines that begin with `#` are left out.
fn records(text: &str, separator: char) -> Vec<(usize, Vec<String>)> {
    let (mut all, mut fields, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut began, mut quoted) = (1, 1, false);
    let mut chars = text.chars().peekable();
    let mut end = |fields: &mut Vec<String>, field: &mut String, began: usize| {
        fields.push(std::mem::take(field));
        let record = std::mem::take(fields);
        let empty = record.iter().all(|f| f.trim().is_empty());
        if !empty && !record[0].starts_with('#') {
            all.push((began, record));
        }
    };
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted || field.trim().is_empty() => quoted = !quoted,
            c if quoted => field.push(c),
            c if c == separator => fields.push(std::mem::take(&mut field)),
            '\r' => {}
            '\n' => {
                end(&mut fields, &mut field, began);
                began = line;
            }
            c => field.push(c),
        }
    }
    end(&mut fields, &mut field, began);
    all
}
