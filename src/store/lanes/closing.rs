//! What is talked about in private and may be answered for a short time only: it goes before the levels behind the first.

use super::{CLOSING, Place, Wanted};
use crate::store::query::query;
use crate::store::rows::CaseRow;
use crate::store::{During, StoreError, Tx};

/// How many cases of a brand have a private window that closes soon.
pub(super) async fn count(tx: &mut Tx, brand_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM cases WHERE brand_id = $1 AND closing_at IS NOT NULL";
    let (n,): (i64,) =
        query(sql).bind(brand_id).one(tx).await.during("counting private windows that close")?;
    Ok(n)
}

/// What closes soon of a lane, the nearest end first.
pub(super) async fn step(
    tx: &mut Tx,
    brand_id: &str,
    wanted: &Wanted,
    after: &Place,
    limit: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    let sql = "SELECT * FROM cases WHERE brand_id = $1 AND closing_at IS NOT NULL AND open = 1
            AND needs_answer = 1 AND level > 1 AND (closing_at, id) > ($2, $3)
            AND (snoozed_until IS NULL OR snoozed_until <= $6)
            AND ($5 = 'all' OR ($5 = 'mine' AND claimed_by = $4) OR ($5 = 'late' AND due_at < $6)
                OR ($5 = 'unclaimed' AND (claimed_by IS NULL OR claimed_until <= $6))
                OR ($5 = 'offered' AND (claimed_by IS NULL OR claimed_until <= $6)
                    AND id IN (SELECT t.case_id FROM offer_to t JOIN offer o ON o.case_id = t.case_id
                        AND o.round = t.round WHERE t.person_id = $4 AND t.declined_at IS NULL AND o.ended_at IS NULL))
                OR ($5 = 'next' AND (claimed_by IS NULL OR claimed_until <= $6 OR claimed_by = $4)
                    AND state IN ('new', 'working') AND NOT EXISTS (SELECT 1 FROM action a
                        WHERE a.case_id = cases.id AND a.kind = 'reply'
                          AND a.state IN ('held', 'ready', 'claimed', 'sending', 'unknown')
                          AND NOT EXISTS (SELECT 1 FROM answer_part p WHERE p.action_id = a.id AND p.n > 1))))
         ORDER BY closing_at, id LIMIT $7";
    let is_within = after.level == CLOSING;
    let from = if is_within { (after.due_at, after.id.as_str()) } else { (i64::MIN, "") };
    query(sql)
        .bind(brand_id)
        .bind(from.0)
        .bind(from.1)
        .bind(&wanted.who)
        .bind(wanted.lane.code())
        .bind(wanted.now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading private windows that close")
}
