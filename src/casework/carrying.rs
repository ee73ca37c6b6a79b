//! Promises go with the conversation that brought them to another case, and back when that is undone: with their
//! names, times, tries and what fell due of them, so that each counts once, wherever it is.

use super::{Asked, StoreError};
use crate::casefile::{CaseFile, When, Who};
use crate::store::promise::{self, PromiseRow};
use crate::store::{Tx, answer, complaint};
use serde_json::json;

/// How the name begins under which the way of a formal complaint is noted.
const FORMAL: &str = "complaint/";

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
    let moved = formal(tx, from, into, asked).await?;
    if let Some(row) = moved {
        promise::note_move(tx, &row, (conversation, &into.case.id), asked.now).await?;
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
    if came.iter().any(|id| id.starts_with(FORMAL)) {
        formal(tx, from, into, asked).await?;
    }
    Ok(())
}

/// A formal complaint goes with its two clocks to a case that has none; gives the name under which its way is noted.
async fn formal(
    tx: &mut Tx,
    from: &mut CaseFile,
    into: &mut CaseFile,
    asked: &Asked,
) -> Result<Option<PromiseRow>, StoreError> {
    let brand_id = &asked.brand_id;
    let Some(mut row) = complaint::of_case(tx, brand_id, &from.case.id).await? else { return Ok(None) };
    if complaint::of_case(tx, brand_id, &into.case.id).await?.is_some() {
        return Ok(None);
    }
    let name = |wait| PromiseRow {
        id: format!("{FORMAL}{}", from.case.id),
        case_id: from.case.id.clone(),
        wait,
        brand_id: brand_id.clone(),
        ..PromiseRow::default()
    };
    let moved = name(row.decide_wait);
    let why = answer::contents(tx, &[row.why_id()]).await?.into_iter().next();
    for wait in [&mut row.acknowledge_wait, &mut row.decide_wait] {
        let was = *wait;
        *wait = into.take_promise(from.give_promise(was, asked.now));
        promise::carry_stages(tx, (&from.case.id, was), (&into.case.id, *wait)).await?;
    }
    complaint::take_away(tx, brand_id, &from.case.id).await?;
    row.case_id = into.case.id.clone();
    complaint::put(tx, &row).await?;
    if let Some((_, why)) = why {
        answer::put_content(tx, &row.why_id(), &from.case.author_id, "complaint", &why).await?;
    }
    Ok(Some(moved))
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
    let went =
        json!({ "promise": row.id, "wait": row.wait, "content": row.words_id, "into": into.case.number });
    from.note("promise_went", who, when, &went);
    let came = json!({ "promise": row.id, "wait": wait, "content": row.words_id, "from": from.case.number });
    into.note("promise_came", who, when, &came);
    Ok(())
}
