//! The parts of answers that were too long for one post: which action is which part of what.
//!
//! That a part waits for the one before it is no state: it is looked at each time actions are claimed, so that nothing
//! that settles an action must know of parts. A row holds no words.

use super::query::query;
use super::{During, StoreError, Tx, bulk, list, row};
use crate::domain::time::Timestamp;

row! {
    /// One part.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PartRow {
        /// Its action.
        pub action_id: String,
        /// The action of the first part, by which the answer is known.
        pub first_id: String,
        /// Its number, from 1.
        pub n: i64,
        /// How many there are.
        pub parts: i64,
    }
}

/// Writes the parts of one answer: their actions, in order.
pub async fn add(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    actions: &[String],
) -> Result<(), StoreError> {
    let Some(first) = actions.first() else { return Ok(()) };
    let parts = actions.len();
    let rows: Vec<(&String, &str, &str, &String, usize, usize)> =
        actions.iter().enumerate().map(|(at, id)| (id, brand_id, case_id, first, at + 1, parts)).collect();
    let sql = list!(
        tx,
        "INSERT INTO answer_part (action_id, brand_id, case_id, first_id, n, parts)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BIGINT),
            CAST(j.value->>5 AS BIGINT)
         FROM",
        "WHERE true ON CONFLICT (action_id) DO NOTHING"
    );
    bulk::run(tx, "writing the parts of an answer", sql, &rows).await
}

/// The parts of the answer to which an action belongs, in order; none where it is an answer in one piece.
pub async fn chain(tx: &mut Tx, brand_id: &str, action_id: &str) -> Result<Vec<PartRow>, StoreError> {
    let sql = "SELECT q.action_id, q.first_id, q.n, q.parts FROM answer_part p
         JOIN answer_part q ON q.first_id = p.first_id
         WHERE p.action_id = $2 AND p.brand_id = $1 ORDER BY q.n";
    query(sql).bind(brand_id).bind(action_id).all(tx).await.during("reading the parts of an answer")
}

/// The parts of all answers of a case.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<PartRow>, StoreError> {
    let sql = "SELECT action_id, first_id, n, parts FROM answer_part WHERE brand_id = $1 AND case_id = $2
         ORDER BY first_id, n";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading the parts of a case's answers")
}

/// Calls off the parts behind one that a person left: what goes on an answer is nothing without it.
pub async fn leave_rest(tx: &mut Tx, action_id: &str, by: &str, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE action SET state = 'cancelled', settled_at = $3, decided_by = $2, token = token + 1,
            lease_until = NULL, detail = 'the part before it was left'
         WHERE state IN ('held', 'ready', 'claimed', 'refused', 'by_hand') AND id IN
            (SELECT q.action_id FROM answer_part p JOIN answer_part q ON q.first_id = p.first_id AND q.n > p.n
             WHERE p.action_id = $1)";
    behind(tx, "calling off the rest of an answer", sql, (action_id, by, now)).await
}

/// Whoever says that a part goes says so of those behind it as well, which wait for it: none of them asks again.
pub async fn decide_rest(tx: &mut Tx, action_id: &str, by: &str, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE action SET decided_by = $2, not_before = CASE WHEN not_before < $3 THEN $3 ELSE not_before END
         WHERE state IN ('ready', 'claimed') AND id IN
            (SELECT q.action_id FROM answer_part p JOIN answer_part q ON q.first_id = p.first_id AND q.n > p.n
             WHERE p.action_id = $1)";
    behind(tx, "letting the rest of an answer go", sql, (action_id, by, now)).await
}

/// Does something to what is behind a part, as somebody said; gives how many there were.
async fn behind(
    tx: &mut Tx,
    what: &'static str,
    sql: &'static str,
    (action_id, by, now): (&str, &str, Timestamp),
) -> Result<u64, StoreError> {
    query(sql).bind(action_id).bind(by).bind(now.millis()).run(tx).await.during(what)
}

/// Holds the part behind one of which a person says that it stands, where nobody knows its id: what it is to answer is
/// not known. Whoever sends it again lets it answer the last part whose id is known.
pub async fn hold_next(tx: &mut Tx, action_id: &str) -> Result<u64, StoreError> {
    let sql = "UPDATE action SET state = 'held', token = token + 1, lease_until = NULL,
            detail = 'the id of the part before it is not known'
         WHERE state IN ('ready', 'claimed') AND id IN
            (SELECT q.action_id FROM answer_part p JOIN answer_part q ON q.first_id = p.first_id AND q.n = p.n + 1
             JOIN action b ON b.id = p.action_id
             WHERE p.action_id = $1 AND COALESCE(NULLIF(b.remote_id, ''), NULLIF(b.expected_id, '')) IS NULL)";
    query(sql).bind(action_id).run(tx).await.during("holding the rest of an answer")
}
