//! A shift on one day or again and again: on which days it begins, and from when until when it is.

use crate::domain::duty::{Reach, Role, instant};
use crate::domain::time::{Span, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Every how many weeks at most.
pub const WEEKS_MAX: i64 = 52;
/// Latest end in minutes after the midnight of its day: a day after the latest beginning.
pub const ENDS_MAX: i64 = 2 * 1440;
/// Most days that are looked at in one go.
const DAYS_MAX: i64 = 1_100;

/// A shift as it was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Its id.
    pub id: String,
    /// Who, by id.
    pub person: String,
    /// As what.
    pub role: Role,
    /// Who looks after a newcomer, by id.
    pub buddy: Option<String>,
    /// What is taken up.
    pub reach: Reach,
    /// The zone of its times.
    pub zone: TimeZone,
    /// The first day; weeks are counted from the Monday before it.
    pub first: Date,
    /// The last day on which it may begin; none goes on.
    pub last: Option<Date>,
    /// When it begins, in minutes of the wall after midnight, from 0 to 1439.
    pub starts: i64,
    /// When it ends, the same; past 1440 on the next day. At most a day after its beginning.
    pub ends: i64,
    /// Every how many weeks, from 1.
    pub every_weeks: i64,
    /// On which days of the week: Monday is the lowest bit.
    pub weekdays: i64,
    /// Days on which it does not take place.
    pub except: Vec<Date>,
    /// How often it was changed.
    pub sequence: i64,
}

/// Days since 1970-01-01.
fn number(day: Date) -> i64 {
    let zoned = day.at(0, 0, 0, 0).to_zoned(TimeZone::UTC);
    zoned.map_or(0, |z| z.timestamp().as_second().div_euclid(86_400))
}

fn of_week(day: Date) -> i64 {
    i64::from(day.weekday().to_monday_zero_offset())
}

impl Pattern {
    /// Whether the rhythm falls on a day, whatever was taken out.
    pub fn falls_on(&self, day: Date) -> bool {
        if day < self.first || self.last.is_some_and(|last| day > last) {
            return false;
        }
        let weeks = (number(day) - (number(self.first) - of_week(self.first))).div_euclid(7);
        weeks.rem_euclid(self.every_weeks.max(1)) == 0 && self.weekdays >> of_week(day) & 1 == 1
    }

    /// From when until when the shift of a day is. Its times are those of the wall: a night in which the clock is put
    /// back is an hour longer. Nothing where nothing is left of it.
    pub fn span(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        let (from, until) = (instant(day, self.starts, &self.zone)?, instant(day, self.ends, &self.zone)?);
        (from < until).then_some((from, until))
    }

    /// The days on which it begins and that may touch a span, with whether each was taken out.
    pub fn days_touching(&self, from: Timestamp, to: Timestamp) -> Vec<(Date, bool)> {
        let wall = |at: Timestamp| {
            let at = jiff::Timestamp::from_millisecond(at.millis()).ok()?;
            Some(at.to_zoned(self.zone.clone()).date())
        };
        let (Some(begin), Some(end)) = (wall(from.minus(Span::days(3))), wall(to)) else { return Vec::new() };
        let mut day = begin.max(self.first);
        let last = self.last.map_or(end, |last| last.min(end));
        let mut found = Vec::new();
        for _ in 0..DAYS_MAX {
            if day > last {
                break;
            }
            if self.falls_on(day) {
                found.push((day, self.except.contains(&day)));
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        found
    }
}
