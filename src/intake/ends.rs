//! How a case ends or opens again by itself: its author took everything back, our answer was
//! deleted, or an answer was sent with the word that it solves the case.

use super::cases::{Group, hand_over, step};
use super::plan::Planner;
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::domain::case::{CaseEvent, CaseState};
use crate::domain::time::Timestamp;
use crate::folding::Answer;
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

/// The author of a case deleted all of it: its clocks end without result, and so does the case.
pub fn nothing_is_left(p: &mut Planner<'_>, case: CaseRow, group: &Group) -> Result<(), StoreError> {
    let clocks = p.clocks_of(&case.id).cloned().collect();
    let way = p.known.handovers.get(&case.id).cloned();
    let mut file = CaseFile::new(case, clocks, &p.catalogue.policies).with_handover(way);
    let when = When::now(p.now);
    note_removed(p, &mut file, group);
    file.fall_due(p.now)?;
    file.void_all("removed", when)?;
    if file.case.case_state()?.is_open() {
        file.case.ended_why = Some(REMOVED.to_owned());
        let body = json!({ "reason": REMOVED });
        step(&mut file, CaseEvent::Resolve, &Who::Rule("removed_by_author"), when, &body)?;
    }
    hand_over(p, file);
    Ok(())
}

/// Our answer is gone and nothing else answers: the case is open again.
pub fn unanswered_again(file: &mut CaseFile, now: Timestamp) -> Result<(), StoreError> {
    let (who, when) = (Who::Rule("answer_removed"), When::now(now));
    match file.case.case_state()? {
        CaseState::WaitingCustomer | CaseState::Resolved => {
            step(file, CaseEvent::Reopen, &who, when, &json!({}))
        }
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
