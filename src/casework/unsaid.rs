//! Promises follow the answers in which they were made: one whose answer never leaves was never made, whoever or
//! whatever stopped it; if the answer goes after all, the promise runs again.
//!
//! The outbox knows nothing of promises. What became of an answer is looked at here in short turns, by an index
//! that holds only those of which it is not known yet.

use super::{Asked, CaseChanged, Casework};
use crate::casefile::{CaseFile, UNSENT, When, Who};
use crate::domain::case::CaseState;
use crate::domain::clocks::{ObligationKind, ObligationState};
use crate::domain::time::Timestamp;
use crate::store::promise::{self, PromiseRow};
use crate::store::{StoreError, Tx, case};
use serde_json::json;

/// Most cases that are looked at in one turn.
const BATCH: i64 = 100;
/// What ends the part of a clock that stood still while its answer had not left.
const SENT_AGAIN: &str = "answer_sent_again";
const REPLACED: &str = "replaced";

impl Casework {
    /// Ends promises whose answer did not leave, and begins those again whose answer goes after all. Returns of how
    /// many cases.
    pub async fn follow_answers(&self) -> Result<usize, StoreError> {
        let found = self.db.read("looking for promises whose answer ended", |tx| {
            Box::pin(async move { promise::to_follow(tx, BATCH).await })
        });
        let found = found.await?;
        for (brand_id, case_id) in &found {
            let (catalogue, now) = (self.catalogue.get(), self.clock.now());
            let (at, id) = (brand_id.clone(), case_id.clone());
            let done = self.db.write_again("following answers with promises", move |tx| {
                let (catalogue, at, id) = (catalogue.clone(), at.clone(), id.clone());
                Box::pin(async move {
                    let Some(row) = case::get(tx, &at, &id).await? else { return Ok(()) };
                    let mut file = super::file_of(tx, &catalogue, row).await?;
                    of_case(tx, &mut file, now).await?;
                    if file.is_changed() { super::save(tx, &file, &[], now).await } else { Ok(()) }
                })
            });
            done.await?;
            let _ = self.changed.send(CaseChanged { brand_id: brand_id.clone(), case_id: case_id.clone() });
        }
        Ok(found.len())
    }
}

async fn of_case(tx: &mut Tx, file: &mut CaseFile, now: Timestamp) -> Result<(), StoreError> {
    let (brand_id, case_id) = (file.case.brand_id.clone(), file.case.id.clone());
    let rows = promise::of_case(tx, &brand_id, &case_id).await?;
    for (wait, state, detail) in promise::answers_of(tx, &brand_id, &case_id).await? {
        let Some(row) = rows.iter().find(|p| p.wait == wait) else { continue };
        let before = row.answer.as_deref();
        let after = match (before, state.as_str()) {
            (_, "refused") => Some("unsaid"),
            (_, "cancelled") => Some("gone"),
            (_, "done") => Some("said"),
            _ => None,
        };
        if before == after {
            continue;
        }
        match after {
            Some("unsaid" | "gone") if before.is_none() => never_left(file, &rows, row, &detail, now)?,
            Some("said") | None if before.is_some() => goes_after_all(file, row, now)?,
            _ => {}
        }
        promise::set_answer(tx, &brand_id, (&case_id, wait), after).await?;
    }
    Ok(())
}

const WHO: Who = Who::Rule("answers");

fn never_left(
    file: &mut CaseFile,
    rows: &[PromiseRow],
    row: &PromiseRow,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Also what was given up meanwhile was never promised, so it is not broken.
    let Some(at) = file.running_promise(row.wait).or_else(|| file.given_up_promise(row.wait)) else {
        return Ok(());
    };
    let when = When::now(now);
    file.unsay_promise(at, when)?;
    let body = json!({
        "wait": row.wait, "promise": row.id, "content": row.words_id, "action": row.action_id, "reason": why,
    });
    file.note("promise_unsaid", &WHO, when, &body);
    restore(file, rows, row, (UNSENT, &WHO), now)
}

/// What a promise took the place of holds again, from its own beginning.
fn restore(
    file: &mut CaseFile,
    rows: &[PromiseRow],
    row: &PromiseRow,
    (by, who): (&str, &Who),
    now: Timestamp,
) -> Result<(), StoreError> {
    for at in 0..file.clocks.len() {
        let o = &file.clocks[at];
        let replaced = o.ended_by.as_deref() == Some(REPLACED) && o.ended_at == Some(row.made_at);
        if !(replaced && o.kind == ObligationKind::Promise.code()) {
            continue;
        }
        let (wait, due) = (o.wait, o.due_at);
        let link = rows.iter().find(|p| p.wait == wait).and_then(|p| p.link_id.clone());
        file.revive(at, by, now)?;
        let body = json!({ "wait": wait, "link": link, "until": due });
        file.note("promise_restored", who, When::now(now), &body);
    }
    Ok(())
}

fn goes_after_all(file: &mut CaseFile, row: &PromiseRow, now: Timestamp) -> Result<(), StoreError> {
    let last = file.clocks.iter().rposition(|o| o.wait == row.wait);
    let unsent = |at: &usize| file.clocks[*at].ended_by.as_deref() == Some(UNSENT);
    let Some(at) = last.filter(unsent) else { return Ok(()) };
    if file.case.case_state()? == CaseState::Dismissed {
        return Ok(());
    }
    let when = When::now(now);
    // What it had taken the place of, and held meanwhile, gives way once more.
    let stood: Vec<i64> = file
        .clocks
        .iter()
        .filter(|o| o.ended_by.as_deref() == Some(UNSENT) && o.ended_at == Some(row.made_at))
        .filter(|o| o.wait != row.wait)
        .map(|o| o.wait)
        .collect();
    for wait in stood {
        let Some(at) = file.running_promise(wait) else { continue };
        file.end_promise(at, ObligationState::Superseded, REPLACED, when)?;
        file.clocks[at].ended_at = Some(row.made_at);
        file.note("promise_replaced", &WHO, when, &json!({ "wait": wait }));
    }
    let due = file.clocks[at].due_at;
    file.revive(at, SENT_AGAIN, now)?;
    let body = json!({ "wait": row.wait, "promise": row.id, "content": row.words_id, "until": due });
    file.note("promise_said_again", &WHO, when, &body);
    Ok(())
}

/// The answer was called back in which promises were made: they were not made.
pub(super) async fn called_back(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    action_id: &str,
) -> Result<(), StoreError> {
    let rows = promise::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    let who = Who::Person(asked.actor.person.clone());
    for row in rows.iter().filter(|p| p.action_id.as_deref() == Some(action_id)) {
        let Some(at) = file.running_promise(row.wait) else { continue };
        let when = When::now(asked.now);
        file.end_promise(at, ObligationState::Void, "answer_undone", when)?;
        let body = json!({ "wait": row.wait, "action": action_id });
        file.note("promise_called_off", &who, when, &body);
        restore(file, &rows, row, ("answer_undone", &who), asked.now)?;
    }
    Ok(())
}
