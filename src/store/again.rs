//! Who wrote to a brand more than once while one of the posts was thought to need no answer: such
//! cases are brought up, for whoever writes again was perhaps not chatting.
//!
//! The mark is a function of the cases of one author as they stand, looked at anew whenever one of
//! them changes, so that the order of deliveries does not show.

use super::query::query;
use super::{During, StoreError, Tx, bulk, json, list};
use crate::domain::time::Timestamp;

/// Whose cases changed: brand, author, the first and last instant of what changed, and within how
/// many milliseconds a second post counts.
pub type Writer = (String, String, i64, i64, i64);

/// Marks the cases of these authors, or takes the mark away, where it is not as it should be: a case
/// that needs no answer and holds two messages, and both of two cases of which the earlier needs none
/// and the later began within the span. History is left out.
pub async fn mark(tx: &mut Tx, writers: &[Writer], now: Timestamp) -> Result<(), StoreError> {
    let what = "looking who wrote again";
    if writers.is_empty() {
        return Ok(());
    }
    let text = json(what, writers)?;
    let found: Vec<(String, i64)> = {
        let sql = list!(
            tx,
            "SELECT f.id, f.again FROM (SELECT x.id, x.wrote_again, CASE WHEN x.historic = 0 AND (
                (x.needs_answer = 0 AND x.last_message_at > x.opened_at)
                OR (x.needs_answer = 0 AND EXISTS (SELECT 1 FROM cases y
                    WHERE y.author_id = x.author_id AND y.brand_id = x.brand_id AND y.id <> x.id AND y.historic = 0
                      AND y.opened_at BETWEEN x.opened_at AND x.opened_at + CAST(j.value->>4 AS BIGINT)))
                OR EXISTS (SELECT 1 FROM cases y
                    WHERE y.author_id = x.author_id AND y.brand_id = x.brand_id AND y.id <> x.id AND y.historic = 0
                      AND y.needs_answer = 0
                      AND y.opened_at BETWEEN x.opened_at - CAST(j.value->>4 AS BIGINT) AND x.opened_at)
                ) THEN CAST(1 AS BIGINT) ELSE 0 END AS again FROM",
            "CROSS JOIN cases x WHERE x.author_id = j.value->>1 AND x.brand_id = j.value->>0
                AND x.opened_at BETWEEN CAST(j.value->>2 AS BIGINT) - CAST(j.value->>4 AS BIGINT)
                    AND CAST(j.value->>3 AS BIGINT) + CAST(j.value->>4 AS BIGINT)) f
             WHERE f.wrote_again <> f.again ORDER BY f.id"
        );
        query(sql).bind(&text).all(tx).await.during(what)?
    };
    let rows: Vec<(String, i64, i64)> =
        found.into_iter().map(|(id, again)| (id, again, now.millis())).collect();
    let sql = list!(
        tx,
        "UPDATE cases SET wrote_again = CAST(j.value->>1 AS BIGINT), changed_at = CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE cases.id = j.value->>0"
    );
    bulk::run(tx, what, sql, &rows).await
}
