//! Newcomers: on shift their buddy looks first at what they answer; from three fifths of the target on anybody may who
//! stands for answers, so that the clock stays in view. After so many answers that passed unchanged they need nobody.

use super::asking;
use super::{Asked, Casework, guarding};
use crate::casefile::CaseFile;
use crate::domain::audit::Entry;
use crate::domain::role::{Right, Role, Walls};
use crate::domain::time::{Span, Timestamp};
use crate::duty;
use crate::store::guard::PassRow;
use crate::store::rows::{ActionRow, CaseRow, ObligationRow};
use crate::store::{StoreError, Tx, audit, guard, person};

/// The part of the target that is the buddy's, in tenths.
const TENTHS: i64 = 6;
/// What is said to who comes too early.
pub const BUDDY_FIRST: &str = "their buddy looks at it first; later anybody may";

/// The buddy of somebody who is on duty, if they are on duty too and may stand for answers to the brand.
pub(super) async fn buddy(tx: &mut Tx, who: &str, asked: &Asked) -> Result<Option<String>, StoreError> {
    let on = duty::on_at(tx, asked.now).await?;
    let named = on.iter().find(|o| o.present.person == who).and_then(|o| o.present.buddy.clone());
    let Some(buddy) = named.filter(|b| on.iter().any(|o| o.present.person == *b)) else { return Ok(None) };
    let stands = person::by_id(tx, &buddy).await?.is_some_and(|p| {
        Role::from_code(&p.role).is_some_and(|role| role.may(Right::Approve))
            && Walls::stored(p.brands.as_deref()).let_see(&asked.brand_id)
    });
    Ok(stands.then_some(buddy))
}

/// From when anybody may stand for an answer to a case: three fifths of the way to the answer that is owed first, in the
/// hours of its clock. At once where none is owed.
pub(super) fn open_to_all(file: &CaseFile, now: Timestamp) -> Timestamp {
    let answers = |kind: &str| kind == "first_response" || kind == "next_response";
    let owed = file.clocks.iter().filter(|c| c.ended_at.is_none() && answers(&c.kind));
    let first = owed.min_by_key(|c| c.due_at);
    first.map_or(now, |c| {
        file.hours(c).add(Timestamp(c.started_at), Span(c.target_ms.saturating_mul(TENTHS) / 10))
    })
}

impl Casework {
    /// From when anybody who stands for answers may look at what a newcomer wrote to a case; until then their buddy does,
    /// if one is on duty.
    pub fn open_to_anybody(&self, case: &CaseRow, clocks: &[ObligationRow]) -> Timestamp {
        let file = CaseFile::new(case.clone(), clocks.to_vec(), &self.catalogue.get().policies);
        open_to_all(&file, self.clock.now())
    }
}

/// Whether somebody must still leave a newcomer's answer to the buddy.
pub(super) async fn is_the_buddys(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    pass: &PassRow,
) -> Result<bool, StoreError> {
    if !guarding::is_of_newcomer(pass) || asked.actor.lead || open_to_all(file, asked.now) <= asked.now {
        return Ok(false);
    }
    let buddy = buddy(tx, &pass.asked_by, asked).await?;
    Ok(buddy.is_some_and(|b| b != asked.actor.person.as_str()))
}

/// Counts an answer that passed: who has enough of them is a newcomer no more, and they and the leads hear it.
pub(super) async fn count(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    pass: &PassRow,
) -> Result<Vec<ActionRow>, StoreError> {
    if asked.newcomer_passes <= 0 || !guarding::is_of_newcomer(pass) {
        return Ok(Vec::new());
    }
    let Some(writer) = person::by_id(tx, &pass.asked_by).await? else { return Ok(Vec::new()) };
    let is_new = writer.role == Role::Newcomer.code();
    if !is_new || guard::passed_of(tx, &writer.id).await? < asked.newcomer_passes {
        return Ok(Vec::new());
    }
    person::set_role(tx, &writer.id, Role::Agent.code()).await?;
    let told = asking::tell(tx, file, asked, pass, |p| {
        p.person_id == pass.asked_by
            || (Role::from_code(&p.role).is_some_and(|r| r.may(Right::Steer))
                && Walls::stored(p.brands.as_deref()).let_see(&asked.brand_id))
    });
    let told = told.await?;
    let entry = Entry::done(&asked.caller, "people.graduate", &writer.id);
    audit::append(tx, &entry, asked.now).await?;
    Ok(told)
}
