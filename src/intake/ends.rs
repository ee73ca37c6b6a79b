//! How a case ends or opens again by itself: its author took everything back, our answer was
//! deleted, or an answer was sent with the word that it solves the case.

use super::cases::{Group, hand_over, step};
use super::places::Places;
use super::plan::Planner;
use super::read::Item;
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::domain::case::{CaseEvent, CaseState};
use crate::domain::time::Timestamp;
use crate::folding::{Answer, members};
use crate::store::StoreError;
use crate::store::rows::CaseRow;
use serde_json::json;

/// Why a case ended whose author took everything back.
const REMOVED: &str = "removed by its author";

/// Notes on the timeline which messages their author deleted; never what they said.
pub fn note_removed(p: &Planner<'_>, file: &mut CaseFile, group: &Group) {
    for mention in &group.removed {
        file.note("removed", &Who::Customer, When::now(p.now), &json!({ "mention": mention }));
    }
}

/// Notes which answers of ours somebody edited on their platform.
pub fn note_edited(p: &Planner<'_>, file: &mut CaseFile, group: &Group) {
    for own_post in &group.answers_edited {
        let body = json!({ "own_post": own_post });
        file.note("answer_edited", &Who::Rule("seen_on_platform"), When::now(p.now), &body);
    }
}

/// The author of a case deleted all of it: its clocks end without result, and so does the case.
pub fn nothing_is_left(p: &mut Planner<'_>, case: CaseRow, group: &Group) -> Result<(), StoreError> {
    let mut file = p.file_of(case);
    let when = When::now(p.now);
    note_removed(p, &mut file, group);
    file.fall_due(p.now)?;
    file.void_all("removed", when)?;
    if file.case.case_state()?.is_open() {
        file.case.ended_why = Some(REMOVED.to_owned());
        let body = json!({ "reason": REMOVED });
        step(&mut file, CaseEvent::Resolve, &Who::Rule("removed_by_author"), when, &body)?;
    }
    hand_over(p, file, false);
    Ok(())
}

/// Our answer is gone, or did not arrive, and nothing else answers: the case is open again.
pub fn unanswered_again(file: &mut CaseFile, bounced: bool, now: Timestamp) -> Result<(), StoreError> {
    let rule = if bounced { "undelivered" } else { "answer_removed" };
    let (who, when) = (Who::Rule(rule), When::now(now));
    match file.case.case_state()? {
        CaseState::WaitingCustomer | CaseState::Resolved => {
            step(file, CaseEvent::Reopen, &who, when, &json!({}))
        }
        // That it did not arrive is noted already.
        _ if bounced => Ok(()),
        _ => {
            file.note("answer_removed", &who, when, &json!({}));
            Ok(())
        }
    }
}

/// An answer that was sent to solve the case stands now: the case is resolved by who sent it,
/// unless the customer wrote again meanwhile.
pub fn resolve_with_answer(
    file: &mut CaseFile,
    group: &Group,
    answers: &[Answer],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (Some(reason), Some(person)) = (&group.then_resolve, &group.by) else { return Ok(()) };
    let last = answers.last().map_or(i64::MIN, |a| a.at.millis());
    if last < file.case.last_message_at || !file.case.case_state()?.is_open() {
        return Ok(());
    }
    let body = json!({ "reason": reason, "with_answer": true });
    file.case.ended_why = Some(reason.clone());
    match file.step(CaseEvent::Resolve, &Who::Person(person.clone()), When::now(now), &body) {
        Ok(()) | Err(StepError::Refused(_)) => Ok(()),
        Err(StepError::Store(error)) => Err(error),
    }
}

/// What the members of a forum have to do with a case: a question may be left to them first, and a topic that
/// was marked as solved proposes to close it, until its author writes again.
pub fn members(p: &Planner<'_>, file: &mut CaseFile, group: &Group, is_new: bool) {
    let when = When::now(p.now);
    if is_new && members::begin(&mut file.case, group.members_first, p.now) {
        let body = json!({ "until": file.case.held_until });
        file.note("left_to_members", &Who::Rule("members_first"), when, &body);
    } else if !is_new {
        members::keep(&mut file.case, group.members_first, p.now);
    }
    if !group.added.is_empty() {
        file.case.solved_at = None;
    }
    let is_open = file.case.open == 1 && file.case.solved_at.is_none();
    if let Some(post) = group.solution.as_ref().filter(|_| is_open) {
        file.case.solved_at = Some(p.now.millis());
        file.note("solution_marked", &Who::Customer, when, &json!({ "post": post }));
    }
}

/// The conversations in which something was marked as the solution: whoever asked there is looked up.
pub fn solved_in(items: &[Item], places: &Places) -> Vec<String> {
    let solves = |item: &Item| item.read.as_ref().is_ok_and(|r| r.post.solves);
    let both = items.iter().zip(&places.of).filter(|(item, _)| solves(item));
    let mut found: Vec<String> =
        both.filter_map(|(_, place)| Some(place.as_ref()?.conversation_id.clone())).collect();
    found.sort();
    found.dedup();
    found
}
