//! The cases behind figures of a report to leads that are no promises: what began, what members answered, what
//! changed hands, what is open. A figure is counted by the very condition by which its cases are listed.

use super::leading::Span;
use super::{During, StoreError, Tx, json, of_brands, on};

/// What can be counted and listed, by its code.
pub const WHATS: [&str; 11] = [
    "begun",
    "needing",
    "offered",
    "opened",
    "linked",
    "given_back",
    "changed_hands",
    "left_to_members",
    "solved_by_members",
    "open",
    "late",
];

macro_rules! both {
    ($tx:expr, $condition:expr) => {
        (
            of_brands!(
                $tx,
                concat!(
                    "SELECT b.name, k.number FROM cases k JOIN brand b ON b.id = k.brand_id
                     WHERE CAST($2 AS BIGINT) <= CAST($3 AS BIGINT) AND CAST($4 AS BIGINT) >= 0 AND k.sample = 0
                       AND k.historic = 0 AND ",
                    $condition,
                    " AND"
                ),
                "ORDER BY b.name, k.number LIMIT $5"
            ),
            of_brands!(
                $tx,
                concat!(
                    "SELECT COUNT(*) FROM cases k
                     WHERE CAST($2 AS BIGINT) <= CAST($3 AS BIGINT) AND CAST($4 AS BIGINT) >= 0 AND k.sample = 0
                       AND k.historic = 0 AND ",
                    $condition,
                    " AND"
                ),
                ""
            ),
        )
    };
}

/// Listing and counting, for one of [`WHATS`].
fn sql(tx: &Tx, what: &str) -> Option<(&'static str, &'static str)> {
    Some(match what {
        "begun" => both!(tx, "k.opened_at >= $2 AND k.opened_at < $3"),
        "needing" => both!(tx, "k.opened_at >= $2 AND k.opened_at < $3 AND k.needs_answer = 1"),
        "offered" => both!(
            tx,
            "EXISTS (SELECT 1 FROM handover h WHERE h.case_id = k.id AND h.offered_at >= $2 AND h.offered_at < $3)"
        ),
        "opened" => both!(
            tx,
            "EXISTS (SELECT 1 FROM handover h WHERE h.case_id = k.id AND h.opened_at >= $2 AND h.opened_at < $3)"
        ),
        "linked" => both!(
            tx,
            "EXISTS (SELECT 1 FROM ticket_link l WHERE l.case_id = k.id AND l.linked_at >= $2 AND l.linked_at < $3)"
        ),
        "given_back" => both!(
            tx,
            "k.changed_at >= $2 AND EXISTS (SELECT 1 FROM case_event e WHERE e.case_id = k.id AND e.kind = 'release'
                AND e.who_kind <> 'rule' AND e.at >= $2 AND e.at < $3)"
        ),
        "changed_hands" => both!(
            tx,
            "k.changed_at >= $2 AND EXISTS (SELECT 1 FROM case_event e WHERE e.case_id = k.id AND e.kind = 'claim'
                AND e.at >= $2 AND e.at < $3 AND EXISTS (SELECT 1 FROM case_event o WHERE o.case_id = k.id
                    AND o.kind = 'claim' AND o.seq < e.seq AND o.who <> e.who))"
        ),
        "left_to_members" => {
            both!(tx, "k.held_until IS NOT NULL AND k.opened_at >= $2 AND k.opened_at < $3")
        }
        "solved_by_members" => both!(
            tx,
            "k.held_until IS NOT NULL AND k.opened_at >= $2 AND k.opened_at < $3 AND k.solved_at IS NOT NULL
               AND (k.first_answer_at IS NULL OR k.first_answer_at > k.solved_at)"
        ),
        "open" => both!(tx, "k.open = 1 AND k.needs_answer = 1"),
        "late" => both!(tx, "k.open = 1 AND k.needs_answer = 1 AND k.due_at < CAST($4 AS BIGINT)"),
        _ => return None,
    })
}

/// The cases of one of [`WHATS`], by brand and short number, at most `limit`; none for what is not known.
pub async fn cases(
    tx: &mut Tx,
    of: Span<'_>,
    what: &str,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    let doing = "reading the cases of a figure";
    let Some((sql, _)) = sql(tx, what) else { return Ok(Vec::new()) };
    let text = json(doing, of.brands)?;
    on!(tx, |c| sqlx::query_as(sql)
        .bind(text)
        .bind(of.from.millis())
        .bind(of.to.millis())
        .bind(of.now.millis())
        .bind(limit)
        .fetch_all(c)
        .await)
    .during(doing)
}

/// How many there are.
pub async fn count(tx: &mut Tx, of: Span<'_>, what: &str) -> Result<i64, StoreError> {
    let doing = "counting the cases of a figure";
    let Some((_, sql)) = sql(tx, what) else { return Ok(0) };
    let text = json(doing, of.brands)?;
    let (n,): (i64,) = on!(tx, |c| sqlx::query_as(sql)
        .bind(text)
        .bind(of.from.millis())
        .bind(of.to.millis())
        .bind(of.now.millis())
        .fetch_one(c)
        .await)
    .during(doing)?;
    Ok(n)
}
