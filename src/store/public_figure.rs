//! What the public figure of a brand reads, and what a lead froze.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// The public figure while it is frozen.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FreezeRow {
        /// The brand.
        pub brand_id: String,
        /// Who froze it.
        pub person_id: String,
        /// When.
        pub at: i64,
        /// What is shown, a JSON object.
        pub shown: String,
    }
}

/// How long first answers of a brand took that were given since an instant: language and milliseconds.
pub async fn first_answers(
    tx: &mut Tx,
    brand_id: &str,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql =
        "SELECT k.language, o.ended_at - o.started_at FROM cases k JOIN obligation o ON o.case_id = k.id
         WHERE k.brand_id = $1 AND k.changed_at >= $2 AND o.ended_at >= $2 AND o.kind = 'first_response'
           AND o.state IN ('kept', 'broken') AND k.sample = 0 AND k.historic = 0 AND k.private = 0
         ORDER BY o.ended_at DESC LIMIT $3";
    query(sql)
        .bind(brand_id)
        .bind(since.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading how fast a brand answers")
}

/// How long those have waited at `now` who wrote to a brand in public since `since` and have no first answer yet: language and
/// milliseconds.
pub async fn waiting(
    tx: &mut Tx,
    brand_id: &str,
    (since, now): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql =
        "SELECT k.language, CAST($3 AS BIGINT) - o.started_at FROM cases k JOIN obligation o ON o.case_id = k.id
         WHERE k.brand_id = $1 AND k.open = 1 AND k.needs_answer = 1 AND o.kind = 'first_response'
           AND o.state = 'running' AND o.started_at >= $2 AND k.sample = 0 AND k.historic = 0 AND k.private = 0
         ORDER BY o.started_at LIMIT $4";
    query(sql)
        .bind(brand_id)
        .bind(since.millis())
        .bind(now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading how long people wait for a brand")
}

/// What a lead froze, if anything.
pub async fn frozen(tx: &mut Tx, brand_id: &str) -> Result<Option<FreezeRow>, StoreError> {
    let sql = "SELECT * FROM public_freeze WHERE brand_id = $1";
    query(sql).bind(brand_id).maybe(tx).await.during("reading a public figure")
}

/// Freezes what is shown.
pub async fn freeze(tx: &mut Tx, row: &FreezeRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO public_freeze (brand_id, person_id, at, shown) VALUES ($1, $2, $3, $4)
         ON CONFLICT (brand_id) DO UPDATE SET person_id = excluded.person_id, at = excluded.at, shown = excluded.shown";
    query(sql)
        .bind(&row.brand_id)
        .bind(&row.person_id)
        .bind(row.at)
        .bind(&row.shown)
        .run(tx)
        .await
        .map(|_| ())
        .during("freezing a public figure")
}

/// Lets it go on.
pub async fn thaw(tx: &mut Tx, brand_id: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM public_freeze WHERE brand_id = $1";
    query(sql).bind(brand_id).run(tx).await.map(|_| ()).during("letting a public figure go on")
}
