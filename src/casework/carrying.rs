//! Promises go with the conversation that brought them to another case, and back when that is undone: with their
//! names, times, tries and what fell due of them, so that each counts once, wherever it is.

use super::{Asked, StoreError};
use crate::casefile::{CaseFile, When, Who};
use crate::store::promise::{self, PromiseRow};
use crate::store::Tx;
use serde_json::json;

/// Every promise of a case goes to another, of which it becomes a part with this conversation.
pub(super) async fn with_join(
    tx: &mut Tx,
    from: &mut CaseFile,
    into: &mut CaseFile,
    asked: &Asked,
    (conversation, who): (&str, &Who),
) -> Result<(), StoreError> {
    for row in promise::of_case(tx, &asked.brand_id, &from.case.id).await? {
        promise::note_move(tx, &row, (conversation, &into.case.id), asked.now).await?;
        carry(tx, (from, into), &row, asked, who).await?;
    }
    Ok(())
}

/// What came to a case with a conversation goes back with it.
pub(super) async fn with_split(
    tx: &mut Tx,
    from: &mut CaseFile,
    into: &mut CaseFile,
    asked: &Asked,
    (conversation, who): (&str, &Who),
) -> Result<(), StoreError> {
    let place = (from.case.id.as_str(), conversation);
    let came = promise::undo_moves(tx, &asked.brand_id, place, asked.now).await?;
    if came.is_empty() {
        return Ok(());
    }
    for row in promise::of_case(tx, &asked.brand_id, &from.case.id).await? {
        if came.contains(&row.id) {
            carry(tx, (from, into), &row, asked, who).await?;
        }
    }
    Ok(())
}

async fn carry(
    tx: &mut Tx,
    (from, into): (&mut CaseFile, &mut CaseFile),
    row: &PromiseRow,
    asked: &Asked,
    who: &Who,
) -> Result<(), StoreError> {
    let when = When::now(asked.now);
    let wait = into.take_promise(from.give_promise(row.wait, asked.now));
    promise::carry(tx, row, (&into.case.id, wait)).await?;
    let went = json!({ "promise": row.id, "wait": row.wait, "content": row.words_id, "into": into.case.number });
    from.note("promise_went", who, when, &went);
    let came = json!({ "promise": row.id, "wait": wait, "content": row.words_id, "from": from.case.number });
    into.note("promise_came", who, when, &came);
    Ok(())
}
