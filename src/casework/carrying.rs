//! Promises go with the conversation that brought them to another case, and back when that is undone: with their
//! names, times, tries and what fell due of them, so that each counts once, wherever it is.

use super::{Asked, StoreError, customers};
use crate::casefile::{CaseFile, MOVED, When, Who};
use crate::domain::customer::Customer;
use crate::domain::promise::whom::ToWhom;
use crate::domain::time::Timestamp;
use crate::store::complaint::ComplaintRow;
use crate::store::promise::{self, Call, PromiseRow};
use crate::store::{Tx, answer, complaint};
use serde_json::json;

/// How the name begins under which the way of a formal complaint is noted.
const FORMAL: &str = "complaint/";
/// How it ends where the two cases changed theirs.
const SWAPPED: &str = "/swapped";
/// How the name begins under which it is noted that whose matter it is came along.
const CUSTOMER: &str = "customer/";
/// To whom a promise is made that is made to the customer.
const TO_CUSTOMER: &str = ToWhom::Customer.code();

/// Every promise of a case goes to another, of which it becomes a part with this conversation.
pub(super) async fn with_join(
    tx: &mut Tx,
    from: &mut CaseFile,
    into: &mut CaseFile,
    asked: &Asked,
    (conversation, who): (&str, &Who),
) -> Result<(), StoreError> {
    let apart = customers::apart(tx, &asked.brand_id, (&from.case.id, &into.case.id)).await?;
    for row in promise::of_case(tx, &asked.brand_id, &from.case.id).await? {
        if let Some(customer) = apart.as_ref().filter(|_| row.is_call() && row.to_whom == TO_CUSTOMER) {
            keep_call(tx, &row, customer, &from.case.author_id).await?;
        }
        promise::note_move(tx, &row, (conversation, &into.case.id), asked.now).await?;
        carry(tx, (from, into), &row, asked, who).await?;
    }
    if customers::with_join(tx, (&*from, &mut *into), asked, who).await? {
        let row = PromiseRow {
            id: format!("{CUSTOMER}{}", from.case.id),
            case_id: from.case.id.clone(),
            brand_id: asked.brand_id.clone(),
            ..PromiseRow::default()
        };
        promise::note_move(tx, &row, (conversation, &into.case.id), asked.now).await?;
    }
    let moved = formal(tx, from, into, asked, who).await?;
    if let Some(row) = moved {
        promise::note_move(tx, &row, (conversation, &into.case.id), asked.now).await?;
    }
    Ok(())
}

/// A call that was promised to a customer stays theirs where the case that it goes to is about somebody else.
async fn keep_call(
    tx: &mut Tx,
    row: &PromiseRow,
    customer: &Customer,
    subject: &str,
) -> Result<(), StoreError> {
    let said = answer::contents(tx, &[row.call_id()]).await?.pop();
    let said = said.map(|(_, body)| Call::of(&body)).unwrap_or_default();
    let mut call = row.call(said, Some(customer));
    if call.whom.is_empty() {
        // Whoever is named is called by nobody else's number.
        let named = [&customer.number, &customer.email, &customer.phone];
        call.whom = named.into_iter().find(|n| !n.is_empty()).cloned().unwrap_or_default();
    }
    // A struct of texts can always be written.
    let body = serde_json::to_string(&call).unwrap_or_default();
    answer::put_content(tx, &row.call_id(), subject, "call", &body).await
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
        return restore(tx, into, asked, who).await;
    }
    if came.iter().any(|id| id.starts_with(CUSTOMER)) {
        customers::with_split(tx, (&mut *from, &*into), asked, who).await?;
    }
    for row in promise::of_case(tx, &asked.brand_id, &from.case.id).await? {
        if came.contains(&row.id) {
            carry(tx, (from, into), &row, asked, who).await?;
        }
    }
    let formal_way = came.iter().find(|id| id.starts_with(FORMAL));
    if formal_way.is_some_and(|id| id.ends_with(SWAPPED)) {
        let here = complaint::of_case(tx, &asked.brand_id, &from.case.id).await?;
        let there = complaint::of_case(tx, &asked.brand_id, &into.case.id).await?;
        match here.zip(there) {
            Some(both) => swap(tx, (from, into), both, asked.now).await?,
            None => return Ok(()),
        }
        return restore(tx, from, asked, who).await;
    }
    if formal_way.is_some() {
        formal(tx, from, into, asked, who).await?;
        return Ok(());
    }
    restore(tx, into, asked, who).await
}

/// A formal complaint goes with its two clocks to a case that has none; gives the name under which its way is noted.
/// One that somebody unmarked is none. Where both have one, the case that stays keeps the earlier, and the other is set
/// aside.
async fn formal(
    tx: &mut Tx,
    from: &mut CaseFile,
    into: &mut CaseFile,
    asked: &Asked,
    who: &Who,
) -> Result<Option<PromiseRow>, StoreError> {
    let brand_id = &asked.brand_id;
    let Some(row) = complaint::of_case(tx, brand_id, &from.case.id).await? else { return Ok(None) };
    let mut moved = PromiseRow {
        id: format!("{FORMAL}{}", from.case.id),
        case_id: from.case.id.clone(),
        wait: row.decide_wait,
        brand_id: brand_id.clone(),
        ..PromiseRow::default()
    };
    let there = complaint::of_case(tx, brand_id, &into.case.id).await?;
    if there.is_some() && row.unmarked_at.is_some() {
        return Ok(None);
    }
    let Some(there) = there.filter(|r| r.unmarked_at.is_none()) else {
        go(tx, (from, into), row, asked.now).await?;
        return Ok(Some(moved));
    };
    // What is decided stays in the register wherever it is; what is not needs its clocks.
    let first = |r: &ComplaintRow| (r.outcome.is_some(), r.marked_at);
    let is_first = first(&row) < first(&there);
    if is_first {
        swap(tx, (from, into), (row, there), asked.now).await?;
        moved.id.push_str(SWAPPED);
    }
    set_aside(tx, from, into.case.number, asked, who).await?;
    Ok(is_first.then_some(moved))
}

/// The row of a complaint with its clocks and words goes to another case, in the place of what was there.
async fn go(
    tx: &mut Tx,
    (from, into): (&mut CaseFile, &mut CaseFile),
    mut row: ComplaintRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let why = answer::contents(tx, &[row.why_id()]).await?.into_iter().next();
    clocks(tx, (from, into), &mut row, now).await?;
    complaint::take_away(tx, &row.brand_id, &from.case.id).await?;
    row.case_id = into.case.id.clone();
    complaint::put(tx, &row).await?;
    if let Some((_, why)) = why {
        answer::put_content(tx, &row.why_id(), &from.case.author_id, "complaint", &why).await?;
    }
    Ok(())
}

/// The clocks of a complaint go to another case; its row says which they are there.
async fn clocks(
    tx: &mut Tx,
    (from, into): (&mut CaseFile, &mut CaseFile),
    row: &mut ComplaintRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    for wait in [&mut row.acknowledge_wait, &mut row.decide_wait] {
        let was = *wait;
        *wait = into.take_promise(from.give_promise(was, now));
        promise::carry_stages(tx, (&from.case.id, was), (&into.case.id, *wait)).await?;
    }
    Ok(())
}

/// Two cases change their complaints, each with its clocks and its words.
async fn swap(
    tx: &mut Tx,
    (from, into): (&mut CaseFile, &mut CaseFile),
    (mut row, mut there): (ComplaintRow, ComplaintRow),
    now: Timestamp,
) -> Result<(), StoreError> {
    let (one, other) = (row.why_id(), there.why_id());
    let mut words = [String::new(), String::new()];
    for (id, body) in answer::contents(tx, &[one.clone(), other.clone()]).await? {
        words[usize::from(id == other)] = body;
    }
    clocks(tx, (from, into), &mut row, now).await?;
    clocks(tx, (into, from), &mut there, now).await?;
    (row.case_id, there.case_id) = (into.case.id.clone(), from.case.id.clone());
    complaint::put(tx, &row).await?;
    complaint::put(tx, &there).await?;
    if words.iter().any(|w| !w.is_empty()) {
        answer::put_content(tx, &other, &from.case.author_id, "complaint", &words[0]).await?;
        answer::put_content(tx, &one, &into.case.author_id, "complaint", &words[1]).await?;
    }
    Ok(())
}

/// A complaint that is not decided is one with the earlier of the case into which its own was joined.
async fn set_aside(
    tx: &mut Tx,
    file: &mut CaseFile,
    number: i64,
    asked: &Asked,
    who: &Who,
) -> Result<(), StoreError> {
    let found = complaint::of_case(tx, &asked.brand_id, &file.case.id).await?;
    let Some(mut row) = found.filter(|r| r.outcome.is_none() && r.unmarked_at.is_none()) else {
        return Ok(());
    };
    row.unmarked_at = Some(asked.now.millis());
    complaint::put(tx, &row).await?;
    let body = json!({ "reason": format!("joined #{number}") });
    file.note("complaint_unmarked", who, When::now(asked.now), &body);
    Ok(())
}

/// The last part of a wait, where that ended because its messages went to another case.
fn last_moved(file: &CaseFile, wait: i64) -> Option<usize> {
    let at = file.clocks.iter().rposition(|o| o.wait == wait);
    at.filter(|at| file.clocks[*at].ended_by.as_deref() == Some(MOVED))
}

/// What was set aside as one with another complaint stands by itself again, with the clocks that are not met.
async fn restore(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, who: &Who) -> Result<(), StoreError> {
    let found = complaint::of_case(tx, &asked.brand_id, &file.case.id).await?;
    let Some(mut row) = found.filter(|r| r.outcome.is_none() && r.unmarked_at.is_some()) else {
        return Ok(());
    };
    // Where a person unmarked it the clocks say so.
    let Some(decide) = last_moved(file, row.decide_wait) else { return Ok(()) };
    file.revive(decide, "split", asked.now)?;
    if let Some(at) = last_moved(file, row.acknowledge_wait).filter(|_| row.acknowledged_at.is_none()) {
        file.revive(at, "split", asked.now)?;
    }
    row.unmarked_at = None;
    complaint::put(tx, &row).await?;
    file.note("complaint", who, When::now(asked.now), &json!({ "made": row.marked_at }));
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
    let went =
        json!({ "promise": row.id, "wait": row.wait, "content": row.words_id, "into": into.case.number });
    from.note("promise_went", who, when, &went);
    let came = json!({ "promise": row.id, "wait": wait, "content": row.words_id, "from": from.case.number });
    into.note("promise_came", who, when, &came);
    Ok(())
}
