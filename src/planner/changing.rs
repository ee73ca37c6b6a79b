//! A planned shift is changed: who, as what, in which languages and hours, on one day or from a day on.
//!
//! What is over or has begun stays as it was: a shift that had days before ends there, and what is changed goes on as one
//! of its own. Whoever changes names the version that they saw. A day whose swap is open is decided about first; one on
//! which somebody stands in by a swap keeps its hours, its person and its role. Absences are taken out of what is planned
//! then, as of every shift, but nobody is planned for a single day on which they are away.

use super::{Planner, PlannerError, Sheet, invalid, named, note, refused, settle, sheet};
use crate::clock::Mint;
use crate::domain::duty::{Reach, Role};
use crate::domain::ids::ShiftId;
use crate::domain::planner::Pattern;
use crate::domain::time::{Span, Timestamp};
use crate::duty::sectors;
use crate::store::planner::{self as store, SwapRow};
use crate::store::{StoreError, Tx};
use jiff::civil::Date;

/// How far ahead it is looked whether somebody has another shift then.
const LOOKED: Span = Span::days(92);

/// What a shift is to be from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedShift {
    /// The version that was seen.
    pub version: i64,
    /// The day from which it holds: one on which the shift begins and that is ahead.
    pub day: Date,
    /// Whether it is for that day alone.
    pub only: bool,
    /// Who, by login or id.
    pub person: String,
    /// As what.
    pub role: Role,
    /// Who looks after a newcomer, by login or id; empty for nobody.
    pub buddy: String,
    /// What is taken up.
    pub reach: Reach,
    /// When it begins, in minutes after midnight.
    pub starts: i64,
    /// When it ends; not after the beginning is on the next day.
    pub ends: i64,
}

impl Planner {
    /// Changes a shift; tells the id under which it goes on.
    ///
    /// # Errors
    /// [`PlannerError::Stale`] where somebody changed it meanwhile, [`PlannerError::Invalid`] with the field and what is
    /// allowed, [`PlannerError::Refused`] where a swap or another shift is in the way.
    pub async fn change_shift(&self, by: &str, id: &str, to: &ChangedShift) -> Result<String, PlannerError> {
        let ends = super::shifts::hours(to.starts, to.ends)?;
        let known = sectors(&self.catalogue.get());
        if let Some(other) = to.reach.sectors.iter().find(|s| !known.contains(s)) {
            return invalid("sectors", format!("'{other}'; allowed: {}", known.join(", ")));
        }
        let now = self.clock.now();
        let entry = self.entry(by, "planner.change", id);
        let (by, id, mint) = (by.to_owned(), id.to_owned(), self.mint.clone());
        let to = ChangedShift { ends, ..to.clone() };
        let done = self.db.write_again("changing a shift", move |tx| {
            let (by, id, entry, to, mint) = (by.clone(), id.clone(), entry.clone(), to.clone(), mint.clone());
            Box::pin(async move {
                store::in_turn(tx).await?;
                let Some(shift) = store::shift(tx, &id).await? else {
                    return Ok(Err(PlannerError::NotFound));
                };
                let goes_on = match change(tx, &shift, &to, (&mint, &by), now).await? {
                    Ok(goes_on) => goes_on,
                    Err(wrong) => return Ok(Err(wrong)),
                };
                settle(tx, now).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(goes_on))
            })
        });
        done.await?
    }
}

/// What the shift is to be, with ids in the place of logins; or what is wrong with it.
async fn wanted(
    tx: &mut Tx,
    shift: &Pattern,
    to: &ChangedShift,
) -> Result<Result<Pattern, PlannerError>, StoreError> {
    let person = match named(tx, "person", &to.person).await? {
        Ok(who) => who.id,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let buddy = match to.buddy.trim() {
        "" if to.role == Role::Newcomer => {
            return Ok(invalid("buddy", "wanted: who looks after the newcomer"));
        }
        "" => None,
        login => match named(tx, "buddy", login).await? {
            Ok(who) if who.id == person => return Ok(invalid("buddy", "allowed: somebody else")),
            Ok(who) => Some(who.id),
            Err(wrong) => return Ok(Err(wrong)),
        },
    };
    let mut new = Pattern {
        person,
        buddy,
        role: to.role,
        reach: to.reach.clone(),
        starts: to.starts,
        ends: to.ends,
        first: to.day,
        ..shift.clone()
    };
    new.except.retain(|day| *day >= to.day);
    if to.only {
        (new.last, new.every_weeks, new.except) = (Some(to.day), 1, Vec::new());
        new.weekdays = 1 << to.day.weekday().to_monday_zero_offset();
    }
    Ok(Ok(new))
}

/// Whether two differ in what somebody who stands in agreed to.
fn is_another(a: &Pattern, b: &Pattern) -> bool {
    (&a.person, a.role, a.starts, a.ends) != (&b.person, b.role, b.starts, b.ends)
}

async fn change(
    tx: &mut Tx,
    shift: &Pattern,
    to: &ChangedShift,
    (mint, by): (&Mint, &str),
    now: Timestamp,
) -> Result<Result<String, PlannerError>, StoreError> {
    if shift.sequence != to.version {
        return Ok(Err(PlannerError::Stale));
    }
    let span = shift.span(to.day).filter(|_| shift.falls_on(to.day) && !shift.except.contains(&to.day));
    match span {
        None => return Ok(invalid("day", "allowed: a day on which the shift begins")),
        Some((from, _)) if from <= now => return Ok(refused("what has begun stays as it is")),
        Some(_) => {}
    }
    let mut new = match wanted(tx, shift, to).await? {
        Ok(new) => new,
        Err(wrong) => return Ok(Err(wrong)),
    };
    // Hours that begin in the past would say of somebody that they were there.
    if new.span(to.day).is_some_and(|(from, _)| from <= now) {
        return Ok(invalid("from", "past; allowed: a time that is ahead"));
    }
    let same = !is_another(shift, &new) && shift.buddy == new.buddy && shift.reach == new.reach;
    if same {
        return Ok(refused("nothing is changed"));
    }
    let swaps = store::swaps(tx, to.day).await?;
    let hang = |s: &&SwapRow| s.shift_id == shift.id && (!to.only || s.day == to.day.to_string());
    let hang: Vec<&SwapRow> = swaps.iter().filter(hang).collect();
    if let Some(open) = hang.iter().find(|s| s.state == "asked" || s.state == "taken") {
        let day = &open.day;
        return Ok(refused(&format!(
            "a swap of {day} is asked for; decide about it first, or have it withdrawn"
        )));
    }
    if let Some(agreed) = hang.iter().find(|s| s.state == "agreed").filter(|_| is_another(shift, &new)) {
        let day = &agreed.day;
        return Ok(refused(&format!(
            "on {day} somebody stands in by a swap; change the days before and after it by themselves"
        )));
    }
    if let Some(why) = in_the_way(tx, shift, &new, to).await? {
        return Ok(refused(&why));
    }
    // A shift that is on this one day only is the same afterwards.
    let splits = shift.first < to.day || (to.only && shift.last != Some(to.day));
    if splits {
        new.id = mint.id(now, ShiftId::new).to_string();
        new.sequence = 0;
        apart(tx, shift, &new, to).await?;
        store::add_shift(tx, &new, by, now).await?;
    } else {
        store::rewrite_shift(tx, &new).await?;
    }
    Ok(Ok(new.id))
}

/// Ends the old shift before the day, or takes that day out of it; what was swapped goes along with the new one.
async fn apart(tx: &mut Tx, shift: &Pattern, new: &Pattern, to: &ChangedShift) -> Result<(), StoreError> {
    let mut old = shift.clone();
    if to.only {
        old.except.push(to.day);
        old.except.sort_unstable();
    } else {
        old.last = to.day.yesterday().ok();
        old.except.retain(|day| *day < to.day);
    }
    store::change_shift(tx, &old).await?;
    let until = to.only.then_some(to.day);
    store::carry_swaps(tx, (&shift.id, &new.id), to.day, until).await
}

/// Why the new shift cannot be: its person has another then, or is away on the one day that is meant.
async fn in_the_way(
    tx: &mut Tx,
    shift: &Pattern,
    new: &Pattern,
    to: &ChangedShift,
) -> Result<Option<String>, StoreError> {
    // Where person, role and hours stay, days that were given away are no reason: their owner may have another shift then.
    if !is_another(shift, new) {
        return Ok(None);
    }
    let Some((from, until)) = new.span(to.day) else { return Ok(None) };
    let found: Sheet = sheet(tx, from.minus(Span::days(1)), until.plus(LOOKED)).await?;
    let others: Vec<(Timestamp, Timestamp)> = found
        .planned
        .iter()
        .filter(|p| p.person == new.person && p.shift != shift.id && !p.cancelled)
        .flat_map(|p| p.pieces.clone())
        .collect();
    // Of the shift itself other days may be near.
    for (day, cancelled) in new.days_touching(from, until.plus(LOOKED)) {
        let Some((begins, ends)) = new.span(day).filter(|_| !cancelled) else { continue };
        if others.iter().any(|(a, b)| *a < ends && *b > begins) {
            return Ok(Some(format!("they have another shift on {day}")));
        }
        let gone = found.absences.iter().filter(|a| a.person_id == new.person);
        let away = gone.into_iter().any(|a| a.from_ms < ends.millis() && a.until_ms > begins.millis());
        if to.only && away && new.person != shift.person {
            return Ok(Some(format!("they are away on {day}")));
        }
    }
    Ok(None)
}
