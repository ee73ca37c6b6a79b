//! What the wallboard counts: open cases by level and language, and the next deadline. Counts alone, no words.

use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, row};
use crate::domain::time::Timestamp;

row! {
    /// Open cases of one level and language.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OpenRow {
        /// 1 to 5.
        pub level: i64,
        /// The case's language.
        pub language: String,
        /// How many are open and need an answer.
        pub open_now: i64,
        /// Of these, how many are past their deadline.
        pub late: i64,
    }
}

/// Open cases of brands that need an answer, by level and language. An empty list of brands means all.
pub async fn open(tx: &mut Tx, brands: &[String], now: Timestamp) -> Result<Vec<OpenRow>, StoreError> {
    let what = "counting for the wallboard";
    let sql = of_brands!(
        tx,
        "SELECT k.level, k.language, COUNT(*) AS open_now,
            CAST(SUM(CASE WHEN k.due_at < $2 THEN 1 ELSE 0 END) AS BIGINT) AS late
         FROM cases k WHERE k.open = 1 AND k.needs_answer = 1 AND k.sample = 0 AND k.historic = 0 AND",
        "GROUP BY k.level, k.language ORDER BY k.level, k.language"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(now.millis()).all(tx).await.during(what)
}

/// The nearest deadline of brands that has not passed. An empty list of brands means all.
pub async fn next_due(
    tx: &mut Tx,
    brands: &[String],
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let what = "looking for the next deadline";
    let sql = of_brands!(
        tx,
        "SELECT MIN(k.due_at) FROM cases k WHERE k.open = 1 AND k.needs_answer = 1 AND k.sample = 0
            AND k.historic = 0 AND k.due_at >= $2 AND",
        ""
    );
    let text = json(what, brands)?;
    let (due,): (Option<i64>,) = query(sql).bind(text).bind(now.millis()).one(tx).await.during(what)?;
    Ok(due.map(Timestamp))
}
