//! The rule by which a holiday repeats each year: its days, by whole numbers.

use super::super::dates::{Day, month_days};
use super::{BadIcal, Line, Moment, bad, moment};
use std::collections::BTreeSet;

/// Repeats are worked out to the end of this year.
const LAST_YEAR: i64 = 2100;

/// A day of the week in a rule, with which of its kind is meant: `4TH`, `-1MO`, `FR`.
type ByDay = (i64, usize);

/// A rule by which an event repeats.
#[derive(Default)]
pub(super) struct Rule {
    interval: i64,
    count: Option<usize>,
    /// Up to when it may begin.
    pub until: Option<Moment>,
    months: Vec<i64>,
    month_days: Vec<i64>,
    week_days: Vec<ByDay>,
}

/// Reads a yearly rule.
pub(super) fn read(text: &str, line: usize) -> Result<Rule, BadIcal> {
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
                let until = Line { number: line, name: "RRULE".to_owned(), params: "", value };
                rule.until = Some(moment(&until, value).map_err(|_| wrong())?);
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
    /// The days of a yearly rule, up to the last that it may have.
    pub fn days(&self, start: Day, last: Option<Day>) -> BTreeSet<Day> {
        let (first_year, start_month, start_day) = start.civil();
        let mut on = BTreeSet::from([start]);
        for year in (first_year..=LAST_YEAR).step_by(usize::try_from(self.interval).unwrap_or(1)) {
            let Some(new_year) = Day::of(year, 1, 1) else { break };
            for n in 0..if month_days(year, 2) == 29 { 366 } else { 365 } {
                let day = new_year.plus(n);
                if last.is_some_and(|last| day > last) || self.count.is_some_and(|c| on.len() >= c) {
                    return on;
                }
                if day > start && self.fits(day, start_month, start_day) {
                    on.insert(day);
                }
            }
        }
        on
    }

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
