//! What is looked at once more in the outbox before anything leaves for a customer.

use super::super::each::find_each;
use super::super::rows::ActionRow;
use super::super::{During, StoreError, Tx, json, list};
use crate::domain::time::Timestamp;
use crate::store::query::query;

/// Looks once more before anything is sent to a customer: called off is what is about a mention that its author deleted or a
/// case that was closed or dismissed (a question afterwards, whose case is open again; what was written when its case was
/// over already goes to one that is closed); held is what somebody wrote who no longer has the case, unless who has it let it
/// go, and what was written before a protocol that runs.
pub(super) async fn guard(tx: &mut Tx, claimed: &[ActionRow], now: Timestamp) -> Result<(), StoreError> {
    let what = "looking before sending";
    let pairs: Vec<(&str, i64)> = claimed.iter().map(|a| (a.id.as_str(), a.token)).collect();
    let text = json(what, &pairs)?;
    let cancel = list!(
        tx,
        "UPDATE action SET state = 'cancelled', settled_at = $2, lease_until = NULL,
            detail = 'the post is gone, or the case is over' FROM",
        "WHERE action.id = j.value->>0 AND action.token = CAST(j.value->>1 AS BIGINT) AND action.state = 'claimed'
           AND action.kind IN ('reply', 'moderate')
           AND (EXISTS (SELECT 1 FROM mention m WHERE m.id = action.mention_id AND m.deleted_at IS NOT NULL)
             OR EXISTS (SELECT 1 FROM cases k WHERE k.id = action.case_id AND k.state IN ('dismissed', 'closed')
                    AND action.payload NOT LIKE '%\"handed\":\"survey\"%'
                    AND (k.state = 'dismissed' OR action.payload NOT LIKE '%\"afterwards\":true%'))
             OR (action.payload LIKE '%\"question\":\"open\"%' AND EXISTS
                    (SELECT 1 FROM survey_reply r WHERE r.case_id = action.case_id AND r.open_answer = 1))
             OR (action.payload LIKE '%\"handed\":\"survey\"%' AND EXISTS
                    (SELECT 1 FROM cases k WHERE k.id = action.case_id AND (k.open = 1 OR k.state = 'dismissed'))))"
    );
    let hold = list!(
        tx,
        "UPDATE action SET state = 'held', lease_until = NULL,
            detail = 'somebody else has the case now' FROM",
        "WHERE action.id = j.value->>0 AND action.token = CAST(j.value->>1 AS BIGINT) AND action.state = 'claimed'
           AND action.kind = 'reply' AND action.decided_by IS NULL
           AND EXISTS (SELECT 1 FROM cases k WHERE k.id = action.case_id AND k.claimed_by <> action.made_by
                AND (k.claimed_until IS NULL OR k.claimed_until > $2)
                AND NOT EXISTS (SELECT 1 FROM guard_pass g WHERE g.brand_id = action.brand_id
                    AND g.case_id = k.id AND g.decided_by = k.claimed_by AND g.action_id = COALESCE(
                        (SELECT p.first_id FROM answer_part p WHERE p.action_id = action.id), action.id)))"
    );
    // Nothing that was written before a protocol began goes there, unless somebody said so since.
    let locked = list!(
        tx,
        "UPDATE action SET state = 'held', lease_until = NULL, detail = 'a protocol runs' FROM",
        "WHERE action.id = j.value->>0 AND action.token = CAST(j.value->>1 AS BIGINT) AND action.state = 'claimed'
           AND action.kind = 'reply' AND $2 > 0
           AND EXISTS (SELECT 1 FROM protocol p WHERE p.case_id = action.case_id AND p.open = 1
                AND p.state IN ('running', 'taken') AND action.created_at < p.started_at
                AND (action.decided_by IS NULL OR action.not_before < p.started_at))"
    );
    // Whoever stops the rest of an answer to many means also what its press queues after that, and what a
    // platform sent back meanwhile.
    let stopped = list!(
        tx,
        "UPDATE action SET state = 'cancelled', settled_at = $2, lease_until = NULL,
            detail = 'somebody stopped the rest' FROM",
        "WHERE action.id = j.value->>0 AND action.token = CAST(j.value->>1 AS BIGINT) AND action.state = 'claimed'
           AND action.kind = 'reply' AND action.decided_by IS NULL
           AND EXISTS (SELECT 1 FROM incident_sent s JOIN incident_event e ON e.incident_id = s.incident_id
                WHERE s.action_id = action.id AND e.kind = 'stopped'
                  AND e.at >= (SELECT MIN(f.made_at) FROM incident_sent f
                        WHERE f.incident_id = s.incident_id AND f.sending_id = s.sending_id))"
    );
    // Words for many were chosen for what was read then.
    let wrote = list!(
        tx,
        "UPDATE action SET state = 'held', lease_until = NULL, detail = 'the customer wrote again' FROM",
        "WHERE action.id = j.value->>0 AND action.token = CAST(j.value->>1 AS BIGINT) AND action.state = 'claimed'
           AND action.kind = 'reply' AND action.decided_by IS NULL AND $2 > 0
           AND EXISTS (SELECT 1 FROM incident_sent s JOIN case_event e ON e.case_id = s.case_id
                WHERE s.action_id = action.id AND e.who_kind = 'customer' AND e.recorded_at > s.made_at)"
    );
    for sql in [cancel, hold, locked, stopped, wrote] {
        let text = text.clone();
        query(sql).bind(text).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    }
    join(tx, &text, now).await
}

/// Whether an action is still being sent by whoever marked it under this token, and its lease holds. To be asked right
/// before the first byte leaves: who was stopped in between, as by a machine that slept, may have lost it meanwhile.
pub async fn is_still_sending(
    tx: &mut Tx,
    (id, token): (&str, i64),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM action WHERE id = $1 AND token = $2 AND state = 'sending' AND lease_until >= $3";
    let (n,): (i64,) = query(sql)
        .bind(id)
        .bind(token)
        .bind(now.millis())
        .one(tx)
        .await
        .during("looking whether an action is still ours")?;
    Ok(n > 0)
}

/// Those of these measures before which an earlier one about the same post is still on its way, with when that is tried or
/// looked for again: of two that undo each other the later one must have the last word.
pub async fn measures_before(tx: &mut Tx, actions: &[String]) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = list!(
        tx,
        "SELECT a.id, MAX(CASE WHEN b.state = 'unknown' THEN b.look_at ELSE b.not_before END) FROM",
        "CROSS JOIN action a JOIN action b ON b.mention_id = a.mention_id AND b.credential = a.credential
            AND b.kind = 'moderate' AND (b.created_at < a.created_at OR (b.created_at = a.created_at AND b.id < a.id))
         WHERE a.id = j.value->>0 AND (b.state IN ('ready', 'claimed', 'sending')
            OR (b.state = 'unknown' AND b.look_at IS NOT NULL))
         GROUP BY a.id"
    );
    find_each(tx, "reading which measures go first", sql, actions).await
}

/// Tells parts of answers what they answer: the last part before it whose id is known, at every attempt the same.
async fn join(tx: &mut Tx, claimed: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = list!(
        tx,
        "UPDATE action SET answers_id =
            (SELECT COALESCE(NULLIF(b.remote_id, ''), b.expected_id) FROM answer_part p
             JOIN answer_part q ON q.first_id = p.first_id AND q.n < p.n JOIN action b ON b.id = q.action_id
             WHERE p.action_id = action.id AND b.state = 'done'
                AND COALESCE(NULLIF(b.remote_id, ''), NULLIF(b.expected_id, '')) IS NOT NULL
             ORDER BY q.n DESC LIMIT 1) FROM",
        "WHERE action.id = j.value->>0 AND action.token = CAST(j.value->>1 AS BIGINT) AND action.state = 'claimed'
           AND action.kind = 'reply' AND action.answers_id IS NULL
           AND EXISTS (SELECT 1 FROM answer_part p WHERE p.action_id = action.id AND p.n > 1)"
    );
    query(sql).bind(claimed).run(tx).await.map(|_| ()).during("joining parts of an answer")?;
    // What goes on an answer is nothing without it.
    let sql = list!(
        tx,
        "UPDATE action SET state = 'cancelled', settled_at = $2, lease_until = NULL,
            detail = 'the part before it was called off'
         WHERE state IN ('held', 'ready') AND id IN (SELECT q.action_id FROM",
        "JOIN action b ON b.id = j.value->>0 AND b.state = 'cancelled' JOIN answer_part p ON p.action_id = b.id
         JOIN answer_part q ON q.first_id = p.first_id AND q.n > p.n)"
    );
    query(sql)
        .bind(claimed)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("calling off the rest of an answer")
}
