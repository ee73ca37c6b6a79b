//! What somebody has typed about a case beside the public answer: a private word, a mail to an address that the customer
//! gave, a note. Kept as drafts of answers are: the words are content, and go with the customer's.

use super::answer::put_content;
use super::query::query;
use super::{During, StoreError, Tx};
use crate::domain::time::Timestamp;

/// Which draft: case, person, kind.
pub type Place<'a> = (&'a str, &'a str, &'a str);

fn content_id((case_id, person_id, kind): Place<'_>) -> String {
    format!("draft/{case_id}/{person_id}/{kind}")
}

/// Those of one person about a case: kind and words.
pub async fn of(
    tx: &mut Tx,
    brand_id: &str,
    (case_id, person_id): (&str, &str),
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT d.kind, c.body FROM draft_beside d
         JOIN content c ON c.id = 'draft/' || d.case_id || '/' || d.person_id || '/' || d.kind
         WHERE d.case_id = $2 AND d.person_id = $3 AND d.brand_id = $1 ORDER BY d.kind";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(person_id)
        .all(tx)
        .await
        .during("reading drafts beside an answer")
}

/// Keeps one; an empty one is dropped. `subject` is the author of the case.
pub async fn put(
    tx: &mut Tx,
    (brand_id, subject): (&str, &str),
    place: Place<'_>,
    text: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if text.trim().is_empty() {
        return drop(tx, place).await;
    }
    put_content(tx, &content_id(place), subject, "draft", text).await?;
    let sql = "INSERT INTO draft_beside (case_id, person_id, kind, brand_id, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (case_id, person_id, kind) DO UPDATE SET updated_at = excluded.updated_at";
    query(sql)
        .bind(place.0)
        .bind(place.1)
        .bind(place.2)
        .bind(brand_id)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("keeping a draft beside an answer")
}

/// Drops one, with its words.
pub async fn drop(tx: &mut Tx, place: Place<'_>) -> Result<(), StoreError> {
    let what = "dropping a draft beside an answer";
    let sql = "DELETE FROM draft_beside WHERE case_id = $1 AND person_id = $2 AND kind = $3";
    query(sql).bind(place.0).bind(place.1).bind(place.2).run(tx).await.map(|_| ()).during(what)?;
    let (sql, id) = ("DELETE FROM content WHERE id = $1", content_id(place));
    query(sql).bind(id).run(tx).await.map(|_| ()).during(what)
}
