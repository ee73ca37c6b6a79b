//! Filters of the inbox that somebody saved under a name. Name and address are content `ID/text`: people search by what
//! customers are called.

use super::answer::put_content;
use super::query::query;
use super::{During, StoreError, Tx, json, row};
use crate::domain::time::Timestamp;

row! {
    /// One filter.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SavedFilter {
        /// Id.
        pub id: String,
        /// Name and address, a JSON list, if they are still kept.
        pub words: Option<String>,
        /// When it was saved, or used of late; the column bears the name of the first.
        pub created_at: i64,
    }
}

impl SavedFilter {
    /// Its name and what stands behind the question mark.
    pub fn said(&self) -> Option<(String, String)> {
        serde_json::from_str(self.words.as_deref()?).ok()
    }
}

/// The filters of a person, the oldest first: ids are in the order of time.
pub async fn of(tx: &mut Tx, person_id: &str, most: i64) -> Result<Vec<SavedFilter>, StoreError> {
    let sql = "SELECT f.id, c.body AS words, f.created_at FROM saved_filter f LEFT JOIN content c ON c.id = f.id || '/text'
         WHERE f.person_id = $1 ORDER BY f.id LIMIT $2";
    query(sql).bind(person_id).bind(most).all(tx).await.during("reading saved filters")
}

/// Saves a filter.
pub async fn put(
    tx: &mut Tx,
    (id, person_id): (&str, &str),
    said: &(String, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = "saving a filter";
    let words = json(what, said)?;
    put_content(tx, &format!("{id}/text"), person_id, "saved_filter", &words).await?;
    let sql = "INSERT INTO saved_filter (id, person_id, created_at) VALUES ($1, $2, $3)";
    query(sql).bind(id).bind(person_id).bind(now.millis()).run(tx).await.map(|_| ()).during(what)
}

/// Notes that a person uses a filter of theirs.
pub async fn used(tx: &mut Tx, person_id: &str, id: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE saved_filter SET created_at = $3 WHERE person_id = $1 AND id = $2";
    query(sql)
        .bind(person_id)
        .bind(id)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting that a saved filter is used")
}

/// Takes away what nobody has used since an instant, with its words.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    let statements = [
        "DELETE FROM content WHERE id IN (SELECT f.id || '/text' FROM saved_filter f WHERE f.created_at < $1)",
        "DELETE FROM saved_filter WHERE created_at < $1",
    ];
    for sql in statements {
        query(sql).bind(before.millis()).run(tx).await.map(|_| ()).during("letting saved filters go")?;
    }
    Ok(())
}

/// Takes a filter of a person away, with its words; tells whether there was one.
pub async fn remove(tx: &mut Tx, person_id: &str, id: &str) -> Result<bool, StoreError> {
    let what = "taking a saved filter away";
    let sql = "DELETE FROM saved_filter WHERE person_id = $1 AND id = $2";
    let gone = query(sql).bind(person_id).bind(id).run(tx).await.during(what)?;
    if gone > 0 {
        let (sql, text) = ("DELETE FROM content WHERE id = $1", format!("{id}/text"));
        query(sql).bind(text).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(gone > 0)
}
