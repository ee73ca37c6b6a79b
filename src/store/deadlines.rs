//! What falls due: found by index, never by a sweep over all clocks.

use super::query::query;
use super::rows::{CaseRow, ObligationRow};
use super::{During, StoreError, Tx, json, list};
use crate::domain::time::Timestamp;
use std::collections::HashMap;

/// Cases with a stage before `now`, soonest first, locked; at most `limit` stages are looked at.
/// On PostgreSQL a case that another replica or a person has in hand is passed over for now.
pub async fn due_cases(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<CaseRow>, StoreError> {
    let what = "looking for what falls due";
    let sql =
        "SELECT case_id FROM obligation WHERE next_at IS NOT NULL AND next_at < $1 ORDER BY next_at LIMIT $2";
    let found: Vec<(String,)> = query(sql).bind(now.millis()).bind(limit).all(tx).await.during(what)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: std::collections::BTreeSet<(String,)> = found.into_iter().collect();
    let text = json(what, &ids)?;
    let sql = tx.pick(
        "SELECT c.* FROM jsonb_each($1) AS j CROSS JOIN cases c WHERE c.id = j.value->>0",
        "SELECT c.* FROM jsonb_array_elements($1::jsonb) AS j(value) CROSS JOIN cases c WHERE c.id = j.value->>0
         ORDER BY c.id FOR UPDATE OF c SKIP LOCKED",
    );
    query(sql).bind(text).all(tx).await.during(what)
}

/// The instant of the next stage of all, to know how long there is nothing to do.
pub async fn next_at(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT MIN(next_at) FROM obligation WHERE next_at IS NOT NULL";
    let (next,): (Option<i64>,) = query(sql).one(tx).await.during("looking for the next deadline")?;
    Ok(next)
}

/// The clocks of some cases that still have a stage to come or are still open.
pub async fn clocks_of(tx: &mut Tx, cases: &[CaseRow]) -> Result<Vec<ObligationRow>, StoreError> {
    let what = "reading clocks";
    let ids: Vec<(&String,)> = cases.iter().map(|c| (&c.id,)).collect();
    let text = json(what, &ids)?;
    let sql = list!(tx, "SELECT o.* FROM", "CROSS JOIN obligation o WHERE o.case_id = j.value->>0");
    query(sql).bind(text).all(tx).await.during(what)
}

/// Since when somebody writes an answer to some cases and when they last did, by case.
pub async fn writing(
    tx: &mut Tx,
    cases: &[CaseRow],
) -> Result<HashMap<String, (Timestamp, Timestamp)>, StoreError> {
    let what = "reading since when somebody writes";
    let ids: Vec<(&String,)> = cases.iter().map(|c| (&c.id,)).collect();
    let text = json(what, &ids)?;
    let sql = list!(
        tx,
        "SELECT d.case_id, MIN(COALESCE(d.begun_at, d.updated_at)), MAX(d.updated_at) FROM",
        "CROSS JOIN draft d WHERE d.case_id = j.value->>0 GROUP BY d.case_id"
    );
    let found: Vec<(String, i64, i64)> = query(sql).bind(text).all(tx).await.during(what)?;
    Ok(found.into_iter().map(|(id, begun, last)| (id, (Timestamp(begun), Timestamp(last)))).collect())
}

/// Waiting cases whose customer has been silent since before the instant that is theirs, locked, longest first; at most
/// `limit`. `before` has that instant for each version of each policy: name, version, milliseconds. On PostgreSQL a case
/// that somebody has in hand is passed over for now.
pub async fn silent_cases(
    tx: &mut Tx,
    before: &[(&str, i64, i64)],
    limit: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    let what = "looking for cases that wait in vain";
    let text = json(what, before)?;
    // Asked for all policies at once PostgreSQL reads every open case; asked for each, it goes by its index.
    let sql = tx.pick(
        "SELECT c.* FROM jsonb_each($1) AS j CROSS JOIN cases c
         WHERE c.policy = j.value->>0 AND c.policy_version = CAST(j.value->>1 AS BIGINT)
           AND c.open = 1 AND c.state = 'waiting_customer' AND c.state_since <= CAST(j.value->>2 AS BIGINT)
         ORDER BY c.state_since LIMIT $2",
        "SELECT c.* FROM jsonb_array_elements($1::jsonb) AS j(value) CROSS JOIN LATERAL (
             SELECT k.* FROM cases k
             WHERE k.policy = j.value->>0 AND k.policy_version = CAST(j.value->>1 AS BIGINT)
               AND k.open = 1 AND k.state = 'waiting_customer' AND k.state_since <= CAST(j.value->>2 AS BIGINT)
             ORDER BY k.state_since LIMIT $2 FOR UPDATE OF k SKIP LOCKED) AS c
         ORDER BY c.state_since LIMIT $2",
    );
    query(sql).bind(text).bind(limit).all(tx).await.during(what)
}
