//! Acts on many cases at once: what was done with each, so that it can be undone.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// One act on many cases.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BatchRow {
        /// Id.
        pub id: String,
        /// Who did it.
        pub person_id: String,
        /// What, a code of [`crate::domain::batch::Kind`].
        pub kind: String,
        /// When.
        pub made_at: i64,
        /// Until when it can be undone.
        pub until_ms: i64,
        /// When it was undone.
        pub undone_at: Option<i64>,
        /// By whom.
        pub undone_by: Option<String>,
    }
}

row! {
    /// What it did with one case.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BatchCaseRow {
        /// The act.
        pub batch_id: String,
        /// Its place in the selection.
        pub place: i64,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// How it stood before, a JSON object of [`crate::domain::batch::Stood`].
        pub stood: String,
        /// Its version after; nothing where nothing was done.
        pub version: Option<i64>,
        /// Why nothing was done.
        pub why: Option<String>,
        /// When that was undone.
        pub undone_at: Option<i64>,
        /// Why it could not be undone.
        pub undo_why: Option<String>,
    }
}

/// Notes an act on many.
pub async fn put(tx: &mut Tx, b: &BatchRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO batch (id, person_id, kind, made_at, until_ms) VALUES ($1, $2, $3, $4, $5)";
    query(sql)
        .bind(&b.id)
        .bind(&b.person_id)
        .bind(&b.kind)
        .bind(b.made_at)
        .bind(b.until_ms)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting an act on many")
}

/// Notes what was done with one case.
pub async fn put_case(tx: &mut Tx, b: &BatchCaseRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO batch_case (batch_id, place, brand_id, case_id, stood, version, why)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(&b.batch_id)
        .bind(b.place)
        .bind(&b.brand_id)
        .bind(&b.case_id)
        .bind(&b.stood)
        .bind(b.version)
        .bind(&b.why)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting an act on one of many")
}

/// An act on many by id.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<BatchRow>, StoreError> {
    let sql = "SELECT id, person_id, kind, made_at, until_ms, undone_at, undone_by FROM batch WHERE id = $1";
    query(sql).bind(id).maybe(tx).await.during("reading an act on many")
}

/// The acts of a person that can still be undone, or were undone within that time, the latest first. Only the last
/// hundreds of all people's are looked at: their ids are in the order of time.
pub async fn latest(
    tx: &mut Tx,
    person_id: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<BatchRow>, StoreError> {
    let sql = "SELECT id, person_id, kind, made_at, until_ms, undone_at, undone_by
         FROM (SELECT * FROM batch ORDER BY id DESC LIMIT 500) AS b
         WHERE person_id = $1 AND until_ms >= $2 ORDER BY id DESC LIMIT $3";
    query(sql)
        .bind(person_id)
        .bind(now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading the latest acts on many")
}

/// What it did, case by case.
pub async fn cases(tx: &mut Tx, id: &str) -> Result<Vec<BatchCaseRow>, StoreError> {
    let sql = "SELECT batch_id, place, brand_id, case_id, stood, version, why, undone_at, undo_why
         FROM batch_case WHERE batch_id = $1 ORDER BY place";
    query(sql).bind(id).all(tx).await.during("reading an act on many")
}

/// Notes that it is being undone; `false` where somebody has done so before.
pub async fn undo(tx: &mut Tx, id: &str, by: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE batch SET undone_at = $3, undone_by = $2 WHERE id = $1 AND undone_at IS NULL";
    let done =
        query(sql).bind(id).bind(by).bind(now.millis()).run(tx).await.during("undoing an act on many")?;
    Ok(done > 0)
}

/// Notes what became of undoing it for one case: when, or why not. What is undone stays so: a second press at the same
/// time finds that something has happened, and that is the first.
pub async fn undone(
    tx: &mut Tx,
    (id, place): (&str, i64),
    at: Option<Timestamp>,
    why: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE batch_case SET undone_at = $3, undo_why = $4 WHERE batch_id = $1 AND place = $2
            AND undone_at IS NULL";
    query(sql)
        .bind(id)
        .bind(place)
        .bind(at.map(Timestamp::millis))
        .bind(why)
        .run(tx)
        .await
        .map(|_| ())
        .during("undoing an act on many")
}
