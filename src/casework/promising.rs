//! Promises that people make to a customer: written down with a time, kept, or called off.
//!
//! Each has a clock like every other, so that it is warned of and, unkept at its time, broken once, whatever
//! the hours. Nothing is guessed from what somebody types.

use super::answering::invalid;
use super::{Asked, CaseworkError, REASON_CHARS_MAX};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::clocks::{ObligationKind, ObligationState};
use crate::domain::time::{Span, Timestamp};
use crate::store::promise::{self, PromiseRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer};
use serde_json::json;

/// Longest promise, in characters.
const TEXT_CHARS_MAX: usize = 500;
/// Longest name of a team that owes one, in characters.
const OWED_CHARS_MAX: usize = 60;
/// How far ahead a promise may lie.
const AHEAD_MAX: Span = Span::days(366);

type Acted = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

/// Writes a promise down and begins its clock.
pub(super) async fn promise(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (text, due, owed_by): (&str, Timestamp, &str),
) -> Acted {
    let (text, owed_by, now) = (text.trim(), owed_by.trim(), asked.now);
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return Ok(invalid("text", format!("a promise has 1 to {TEXT_CHARS_MAX} characters")));
    }
    if owed_by.is_empty() || owed_by.chars().count() > OWED_CHARS_MAX {
        return Ok(invalid("owed_by", "say who owes it: webcare, front_office, or a team by name"));
    }
    if due <= now || due > now.plus(AHEAD_MAX) {
        return Ok(invalid("due", "a promise is for later, within a year"));
    }
    if !file.case.case_state()?.is_open() {
        return Ok(Err(CaseworkError::Refused(
            "the case is over; reopen it to promise something".to_owned(),
        )));
    }
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let wait = file.open_promise(due, now, &watched.policy);
    let row = PromiseRow {
        case_id: file.case.id.clone(),
        wait,
        brand_id: asked.brand_id.clone(),
        owed_by: owed_by.to_owned(),
        made_by: asked.actor.person.to_string(),
        made_at: now.millis(),
    };
    promise::put(tx, &row).await?;
    answer::put_content(tx, &row.content_id(), &file.case.author_id, "promise", text).await?;
    let body =
        json!({ "content": row.content_id(), "wait": wait, "until": due.millis(), "owed_by": row.owed_by });
    file.note("promised", &Who::Person(asked.actor.person.clone()), When::now(now), &body);
    Ok(Ok(Vec::new()))
}

/// The clock of a promise that is still to be kept.
fn running(file: &CaseFile, wait: i64) -> Option<usize> {
    file.clocks
        .iter()
        .position(|o| o.wait == wait && o.kind == ObligationKind::Promise.code() && o.ended_at.is_none())
}

/// A promise was kept, now: in time, or late.
pub(super) fn keep(
    file: &mut CaseFile,
    asked: &Asked,
    wait: i64,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let Some(at) = running(file, wait) else { return Ok(Err(CaseworkError::NotFound)) };
    let when = When::now(asked.now);
    file.fulfil_response(at, "kept", when)?;
    let body = json!({ "wait": wait, "content": format!("{}/promise/{wait}", file.case.id) });
    file.note("promise_kept", &Who::Person(asked.actor.person.clone()), when, &body);
    Ok(Ok(()))
}

/// A promise need not be kept any more; it stays on record, without result unless it was broken.
pub(super) fn call_off(
    file: &mut CaseFile,
    asked: &Asked,
    wait: i64,
    reason: &str,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Ok(invalid("reason", "say in a few words why it need not be kept"));
    }
    let Some(at) = running(file, wait) else { return Ok(Err(CaseworkError::NotFound)) };
    let when = When::now(asked.now);
    file.with_clock(at, when, |o| {
        o.end(ObligationState::Void, asked.now);
        Vec::new()
    })?;
    file.clocks[at].ended_by = Some("called_off".to_owned());
    let body = json!({ "wait": wait, "reason": reason });
    file.note("promise_called_off", &Who::Person(asked.actor.person.clone()), when, &body);
    Ok(Ok(()))
}
