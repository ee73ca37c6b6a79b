//! Shifts: planned, ended, taken out on one day.

use super::{Planner, PlannerError, invalid, named, note, refused, settle};
use crate::domain::duty::{Reach, Role};
use crate::domain::ids::ShiftId;
use crate::domain::planner::{ENDS_MAX, Pattern, WEEKS_MAX};
use crate::duty::sectors;
use crate::store::planner as store;
use jiff::civil::Date;

/// A shift that somebody wants to plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewShift {
    /// Who, by login or id.
    pub person: String,
    /// As what.
    pub role: Role,
    /// Who looks after a newcomer, by login or id; empty for nobody.
    pub buddy: String,
    /// What is taken up.
    pub reach: Reach,
    /// The first day.
    pub first: Date,
    /// The last day on which it may begin; none goes on.
    pub last: Option<Date>,
    /// When it begins, in minutes after midnight.
    pub starts: i64,
    /// When it ends; not after the beginning is on the next day.
    pub ends: i64,
    /// Every how many weeks; 0 for one day only.
    pub every_weeks: i64,
    /// The days of the week, Monday the lowest bit; 0 for that of the first day.
    pub weekdays: i64,
}

/// The end of a shift in minutes after the midnight of its first day, or what is wrong with its hours.
pub(super) fn hours(starts: i64, ends: i64) -> Result<i64, PlannerError> {
    if !(0..1440).contains(&starts) {
        return invalid("from", "allowed: 00:00 to 23:59");
    }
    let ends = if ends <= starts { ends + 1440 } else { ends };
    if ends <= starts || ends > ENDS_MAX || ends - starts > 1440 {
        return invalid("until", "allowed: a time of day; at most a day after the beginning");
    }
    Ok(ends)
}

impl NewShift {
    /// As a pattern, or what is wrong with it.
    fn pattern(&self, planner: &Planner) -> Result<Pattern, PlannerError> {
        let ends = hours(self.starts, self.ends)?;
        if !(0..=WEEKS_MAX).contains(&self.every_weeks) {
            return invalid("every_weeks", format!("allowed: 1 to {WEEKS_MAX}, or 0 for one day only"));
        }
        if !(0..128).contains(&self.weekdays) {
            return invalid("weekdays", "allowed: mon, tue, wed, thu, fri, sat, sun");
        }
        let last = if self.every_weeks == 0 { Some(self.first) } else { self.last };
        if last.is_some_and(|last| last < self.first) {
            return invalid("last", "before the first day; allowed: the first day or later");
        }
        let today = planner.day_of(planner.clock.now());
        if self.first < today {
            return invalid("first", format!("past; allowed: {today} or later"));
        }
        let known = sectors(&planner.catalogue.get());
        if let Some(other) = self.reach.sectors.iter().find(|s| !known.contains(s)) {
            return invalid("sectors", format!("'{other}'; allowed: {}", known.join(", ")));
        }
        let of_first = 1 << self.first.weekday().to_monday_zero_offset();
        let weekdays = if self.weekdays == 0 || self.every_weeks == 0 { of_first } else { self.weekdays };
        Ok(Pattern {
            id: planner.mint.id(planner.clock.now(), ShiftId::new).to_string(),
            person: self.person.clone(),
            role: self.role,
            buddy: Some(self.buddy.trim().to_owned()).filter(|b| !b.is_empty()),
            reach: self.reach.clone(),
            zone: planner.zone.clone(),
            first: self.first,
            last,
            starts: self.starts,
            ends,
            every_weeks: self.every_weeks.max(1),
            weekdays,
            except: Vec::new(),
            sequence: 0,
        })
    }
}

impl Planner {
    /// Plans a shift; tells its id.
    ///
    /// # Errors
    /// [`PlannerError::Invalid`] with the field and what is allowed.
    pub async fn add_shift(&self, by: &str, new: &NewShift) -> Result<String, PlannerError> {
        let (now, pattern) = (self.clock.now(), new.pattern(self)?);
        let (id, by) = (pattern.id.clone(), by.to_owned());
        let entry = self.entry(&by, "planner.shift", &id);
        let done = self.db.write_again("planning a shift", move |tx| {
            let (mut pattern, by, entry) = (pattern.clone(), by.clone(), entry.clone());
            Box::pin(async move {
                match named(tx, "person", &pattern.person).await? {
                    Ok(who) => pattern.person = who.id,
                    Err(wrong) => return Ok(Err(wrong)),
                }
                if let Some(buddy) = &pattern.buddy {
                    match named(tx, "buddy", buddy).await? {
                        Ok(who) if who.id == pattern.person => {
                            return Ok(invalid("buddy", "allowed: somebody else"));
                        }
                        Ok(who) => pattern.buddy = Some(who.id),
                        Err(wrong) => return Ok(Err(wrong)),
                    }
                } else if pattern.role == Role::Newcomer {
                    return Ok(invalid("buddy", "wanted: who looks after the newcomer"));
                }
                store::add_shift(tx, &pattern, &by, now).await?;
                settle(tx, now).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?.map(|()| id)
    }

    /// Ends a shift: it takes place up to a day and no longer, and not at all where that is before its first.
    pub async fn end_shift(&self, by: &str, id: &str, last: Date) -> Result<(), PlannerError> {
        let now = self.clock.now();
        let today = self.day_of(now);
        let yesterday = today.yesterday().unwrap_or(today);
        let entry = self.entry(by, "planner.end", id);
        let id = id.to_owned();
        let done = self.db.write_again("ending a shift", move |tx| {
            let (id, entry) = (id.clone(), entry.clone());
            Box::pin(async move {
                store::in_turn(tx).await?;
                let Some(mut shift) = store::shift(tx, &id).await? else {
                    return Ok(Err(PlannerError::NotFound));
                };
                if last < yesterday {
                    return Ok(invalid("last", format!("what is over stays; allowed: {yesterday} or later")));
                }
                if shift.last.is_some_and(|l| l < last) {
                    return Ok(refused("it ends before that already"));
                }
                if last < shift.first {
                    store::drop_shift(tx, &id).await?;
                } else {
                    shift.last = Some(last);
                    store::change_shift(tx, &shift).await?;
                }
                settle(tx, now).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }

    /// Takes one day of a shift out.
    pub async fn skip(&self, by: &str, id: &str, day: Date) -> Result<(), PlannerError> {
        let now = self.clock.now();
        let entry = self.entry(by, "planner.skip", id);
        let id = id.to_owned();
        let done = self.db.write_again("taking a day out", move |tx| {
            let (id, entry) = (id.clone(), entry.clone());
            Box::pin(async move {
                store::in_turn(tx).await?;
                let Some(mut shift) = store::shift(tx, &id).await? else {
                    return Ok(Err(PlannerError::NotFound));
                };
                let span = shift.span(day).filter(|_| shift.falls_on(day) && !shift.except.contains(&day));
                match span {
                    None => return Ok(invalid("day", "allowed: a day on which the shift begins")),
                    Some((_, until)) if until <= now => return Ok(refused("what is over stays as it was")),
                    Some(_) => shift.except.push(day),
                }
                shift.except.sort_unstable();
                store::change_shift(tx, &shift).await?;
                settle(tx, now).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }
}
