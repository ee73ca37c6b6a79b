//! By when: days, parts of days, hours and lengths of time become an instant.
//!
//! Days and hours are those of the wall clock. Of a length in working days the last day counts in full, of any
//! other length the instant counts. 'This morning' is over at 12:00, an afternoon at 18:00, an evening at 22:00;
//! a day when the brand closes that day, at 23:59 where it has closed already or has no hours. An hour from one to
//! six without more is one of the afternoon; any other that is past is meant in the evening if it can be, and else
//! tomorrow. What was 'before Friday' is due at the end of Thursday.

use super::Frame;
use super::words::{DayWord, Part, Said, Unit};
use crate::domain::calendar::Hours;
use crate::domain::time::{Span, Timestamp};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, time};

/// How many days are looked through for working days.
const DAYS_MAX: i64 = 400;

/// What a sentence says of a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub length: Option<(i64, Unit)>,
    /// Day and month.
    pub date: Option<(i64, i64)>,
    pub day: Option<DayWord>,
    /// So many weeks from this one.
    pub week: Option<i64>,
    /// It is to be before that day.
    pub before: bool,
    pub part: Option<Part>,
    /// Hour and minute, and how they were said.
    pub clock: Option<(i64, i64, Said)>,
}

impl Frame {
    fn today(&self) -> Option<Date> {
        let now = jiff::Timestamp::from_millisecond(self.now.millis()).ok()?;
        Some(now.to_zoned(self.zone.clone()).date())
    }

    fn at(&self, day: Date, hour: i8, minute: i8) -> Option<Timestamp> {
        let (day, hour) = if hour >= 24 { (day.tomorrow().ok()?, 0) } else { (day, hour) };
        let at = day.to_datetime(time(hour, minute, 0, 0)).to_zoned(self.zone.clone()).ok()?;
        Some(Timestamp(at.timestamp().as_millisecond()))
    }

    /// When the brand closes on a day; none where it does not open, or never closes.
    fn closes(&self, day: Date) -> Option<Timestamp> {
        let Hours::Open(_) = &self.hours else { return None };
        let (from, to) = (self.at(day, 0, 0)?, self.at(day, 24, 0)?);
        let last = self.hours.intervals_between(from, to).last().map(|i| i.1)?;
        Some(last).filter(|end| *end < to)
    }

    fn is_working(&self, day: Date) -> bool {
        match &self.hours {
            Hours::Always => !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
            Hours::Open(_) => {
                let stretch = self.at(day, 0, 0).zip(self.at(day, 24, 0));
                // A team that is there on Sundays does not make a Sunday a working day.
                !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
                    && stretch.is_some_and(|(from, to)| !self.hours.intervals_between(from, to).is_empty())
            }
        }
    }

    /// The end of a day.
    fn end_of(&self, day: Date) -> Option<Timestamp> {
        let closes = self.closes(day).filter(|at| *at > self.now);
        closes.or_else(|| self.at(day, 23, 59))
    }

    fn workdays(&self, n: i64) -> Option<Timestamp> {
        let (mut day, mut left) = (self.today()?, n);
        for _ in 0..DAYS_MAX {
            if left <= 0 {
                break;
            }
            day = day.tomorrow().ok()?;
            left -= i64::from(self.is_working(day));
        }
        self.end_of(day)
    }

    /// The last working day of a week, or its Sunday.
    fn week(&self, ahead: i64) -> Option<Date> {
        let today = self.today()?;
        let monday = today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok()?;
        let monday = monday.checked_add((7 * ahead).days()).ok()?;
        let days = (0..7).rev().filter_map(|n| monday.checked_add(n.days()).ok());
        let days: Vec<Date> = days.filter(|d| *d >= today).collect();
        days.iter().find(|d| self.is_working(**d)).or_else(|| days.first()).copied()
    }

    fn day(&self, said: &Times) -> Option<Date> {
        let today = self.today()?;
        if let Some((day, month)) = said.date {
            let of = |year| Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
            return of(today.year()).filter(|d| *d >= today).or_else(|| of(today.year() + 1));
        }
        match said.day.or(said.week.map(DayWord::Week))? {
            DayWord::Ahead(n) => today.checked_add(n.days()).ok(),
            DayWord::Weekday(n) if said.week.is_some() => {
                let monday = i64::from(today.weekday().to_monday_zero_offset());
                today.checked_add((7 * said.week.unwrap_or(0) + n - monday).days()).ok()
            }
            DayWord::Weekday(n) => {
                let now = i64::from(today.weekday().to_monday_zero_offset());
                let ahead = (n - now).rem_euclid(7);
                today.checked_add((if ahead == 0 { 7 } else { ahead }).days()).ok()
            }
            DayWord::Week(n) => self.week(n),
            DayWord::Month => Some(today.last_of_month()),
        }
    }

    fn hour(&self, day: Option<Date>, (hour, minute, said): (i64, i64, Said)) -> Option<Timestamp> {
        let (hour, minute) = match said {
            Said::Half => (if hour <= 1 { 12 } else { hour - 1 }, 30),
            _ => (hour, minute),
        };
        let hour = match said {
            Said::Pm if hour < 12 => hour + 12,
            Said::Am if hour == 12 => 0,
            Said::Plain | Said::Half if (1..=6).contains(&hour) => hour + 12,
            _ => hour,
        };
        let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
        if hour > 24 {
            return None;
        }
        if let Some(day) = day {
            return self.at(day, hour, minute);
        }
        let today = self.today()?;
        let first = self.at(today, hour, minute)?;
        let evening = || matches!(said, Said::Plain | Said::Half) && (7..12).contains(&hour);
        if first > self.now {
            Some(first)
        } else if evening() && self.at(today, hour + 12, minute)? > self.now {
            self.at(today, hour + 12, minute)
        } else {
            self.at(today.tomorrow().ok()?, hour, minute)
        }
    }

    /// By when something is due; none where nothing of a time was said, or what was said is past.
    pub(super) fn due(&self, said: &Times) -> Option<Timestamp> {
        let due = self.due_at(said)?;
        let ahead = Span::days(366);
        (due > self.now && due <= self.now.plus(ahead)).then_some(due)
    }

    fn due_at(&self, said: &Times) -> Option<Timestamp> {
        if let Some((n, unit)) = said.length {
            return match unit {
                Unit::Minute => Some(self.now.plus(Span::minutes(n))),
                Unit::Hour => Some(self.now.plus(Span::hours(n))),
                Unit::Day => Some(self.now.plus(Span::days(n))),
                Unit::Week => Some(self.now.plus(Span::days(n.saturating_mul(7)))),
                Unit::Workday => self.workdays(n),
            };
        }
        let day = self.day(said);
        if let Some(clock) = said.clock {
            let pm = said.part.is_some_and(|p| matches!(p, Part::Afternoon | Part::Evening));
            let clock = if pm && clock.0 < 12 && clock.2 == Said::Plain {
                (clock.0, clock.1, Said::Pm)
            } else {
                clock
            };
            let am = said.part == Some(Part::Morning) && clock.2 == Said::Plain;
            return self.hour(day, if am { (clock.0, clock.1, Said::Am) } else { clock });
        }
        if let Some(part) = said.part {
            if let Some(day) = day {
                return self.at(day, part.ends(), 0);
            }
            let today = self.today()?;
            let first = self.at(today, part.ends(), 0)?;
            return if first > self.now {
                Some(first)
            } else {
                self.at(today.tomorrow().ok()?, part.ends(), 0)
            };
        }
        let day = day?;
        self.end_of(if said.before { day.yesterday().ok()? } else { day })
    }
}
