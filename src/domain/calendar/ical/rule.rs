//! The rule by which a holiday repeats, each year or more often: its days, by whole numbers.

use super::super::dates::{Day, month_days};
use super::{BadIcal, Line, Moment, bad, moment};
use std::collections::BTreeSet;

/// Repeats are worked out to the end of this year.
const LAST_YEAR: i64 = 2100;

/// A day of the week in a rule, with which of its kind is meant: `4TH`, `-1MO`, `FR`.
type ByDay = (i64, usize);

/// How often an event repeats, before what its parts say more closely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Often {
    #[default]
    Yearly,
    Monthly,
    Weekly,
    Daily,
}

/// A rule by which an event repeats.
#[derive(Default)]
pub(super) struct Rule {
    often: Often,
    interval: i64,
    /// The day on which a week begins, Monday being 0.
    week_begins: usize,
    count: Option<usize>,
    /// Up to when it may begin.
    pub until: Option<Moment>,
    months: Vec<i64>,
    month_days: Vec<i64>,
    week_days: Vec<ByDay>,
}

/// Reads a rule.
pub(super) fn read(text: &str, line: usize) -> Result<Rule, BadIcal> {
    let mut rule = Rule { interval: 1, ..Rule::default() };
    let mut often = None;
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
            "FREQ" if how_often(value).is_some() => often = how_often(value),
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
            "WKST" => rule.week_begins = by_day(value).filter(|(n, _)| *n == 0).ok_or_else(wrong)?.1,
            _ => {
                let allowed = "understood are FREQ (YEARLY, MONTHLY, WEEKLY, DAILY), INTERVAL, COUNT, UNTIL, WKST, \
                               BYMONTH, BYMONTHDAY, BYDAY";
                return Err(bad(line, format!("RRULE: '{part}' is not understood; {allowed}")));
            }
        }
    }
    rule.often = often.ok_or_else(|| bad(line, "RRULE without FREQ"))?;
    let is_short = matches!(rule.often, Often::Weekly | Often::Daily);
    if is_short && rule.week_days.iter().any(|(number, _)| *number != 0) {
        return Err(bad(line, "RRULE: a day of the week bears a number where FREQ is WEEKLY or DAILY"));
    }
    Ok(rule)
}

fn how_often(word: &str) -> Option<Often> {
    match word {
        "YEARLY" => Some(Often::Yearly),
        "MONTHLY" => Some(Often::Monthly),
        "WEEKLY" => Some(Often::Weekly),
        "DAILY" => Some(Often::Daily),
        _ => None,
    }
}

fn by_day(text: &str) -> Option<ByDay> {
    let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].iter().position(|d| *d == name)?;
    let number = if number.is_empty() {
        0
    } else {
        number.parse::<i64>().ok().filter(|n| *n != 0 && (-53..=53).contains(n))?
    };
    Some((number, day))
}

impl Rule {
    /// Its days, up to the last that it may have.
    pub fn days(&self, start: Day, last: Option<Day>) -> BTreeSet<Day> {
        let mut on = BTreeSet::from([start]);
        let end = Day::of(LAST_YEAR, 12, 31).unwrap_or(start);
        let end = last.map_or(end, |last| last.min(end));
        for day in (start.0 + 1..=end.0).map(Day) {
            if self.count.is_some_and(|most| on.len() >= most) {
                break;
            }
            if self.is_turn(day, start) && self.fits(day, start) {
                on.insert(day);
            }
        }
        on
    }

    /// Whether the year, month, week or day is one of those that the interval leaves.
    fn is_turn(&self, day: Day, start: Day) -> bool {
        let week = |day: Day| (day.0 + 3 - i64::try_from(self.week_begins).unwrap_or(0)).div_euclid(7);
        let ((year, month, _), (first_year, first_month, _)) = (day.civil(), start.civil());
        let since = match self.often {
            Often::Yearly => year - first_year,
            Often::Monthly => (year - first_year) * 12 + month - first_month,
            Often::Weekly => week(day) - week(start),
            Often::Daily => day.0 - start.0,
        };
        since % self.interval == 0
    }

    fn fits(&self, day: Day, start: Day) -> bool {
        let ((year, month, of_month), (_, start_month, start_day)) = (day.civil(), start.civil());
        let by_days = !self.week_days.is_empty();
        let is_finer = by_days || !self.month_days.is_empty();
        // What is left out is as in the beginning, unless something finer is said.
        let month_fits = if self.months.is_empty() {
            self.often != Often::Yearly || is_finer || month == start_month
        } else {
            self.months.contains(&month)
        };
        let length = month_days(year, month);
        let day_fits = if self.month_days.is_empty() {
            match self.often {
                Often::Yearly | Often::Monthly => by_days || of_month == start_day,
                Often::Weekly => by_days || day.weekday() == start.weekday(),
                Often::Daily => true,
            }
        } else {
            self.month_days.iter().any(|n| if *n > 0 { *n == of_month } else { length + 1 + n == of_month })
        };
        month_fits && day_fits && (!by_days || self.week_day_fits(day))
    }

    /// Which of its kind: within the month where months are named or it repeats monthly, else within the year.
    fn week_day_fits(&self, day: Day) -> bool {
        let (year, month, of_month) = day.civil();
        let (at, length) = if self.months.is_empty() && self.often == Often::Yearly {
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
