//! Labels on authors, by brand. The reason stands in `content`, under `ID/reason`, and belongs to the author: it is
//! exported and erased with them.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::Timestamp;

row! {
    /// A label as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LabelRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The account.
        pub author_id: String,
        /// Which, a code of [`crate::domain::label::Label`].
        pub label: String,
        /// Who set it.
        pub set_by: String,
        /// When.
        pub set_at: i64,
        /// Until when it holds.
        pub until_ms: i64,
        /// When it was taken away before.
        pub ended_at: Option<i64>,
        /// Who did.
        pub ended_by: Option<String>,
    }
}

impl LabelRow {
    /// The content that holds its reason.
    pub fn reason_id(&self) -> String {
        format!("{}/reason", self.id)
    }

    /// Whether it holds at an instant.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.until_ms > now.millis()
    }
}

/// Sets a label; one of the kind that stands is set anew: the old one ends.
pub async fn set(tx: &mut Tx, l: &LabelRow) -> Result<(), StoreError> {
    let what = "setting a label";
    let sql = "UPDATE author_label SET ended_at = $4, ended_by = $5
         WHERE brand_id = $1 AND author_id = $2 AND label = $3 AND ended_at IS NULL";
    query(sql)
        .bind(&l.brand_id)
        .bind(&l.author_id)
        .bind(&l.label)
        .bind(l.set_at)
        .bind(&l.set_by)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    let sql = "INSERT INTO author_label (id, brand_id, author_id, label, set_by, set_at, until_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(&l.id)
        .bind(&l.brand_id)
        .bind(&l.author_id)
        .bind(&l.label)
        .bind(&l.set_by)
        .bind(l.set_at)
        .bind(l.until_ms)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)
}

/// Takes a label away; `false` if none of the kind holds.
pub async fn end(
    tx: &mut Tx,
    (brand_id, author_id, label): (&str, &str, &str),
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE author_label SET ended_at = $4, ended_by = $5
         WHERE brand_id = $1 AND author_id = $2 AND label = $3 AND ended_at IS NULL AND until_ms > $4";
    let n = query(sql)
        .bind(brand_id)
        .bind(author_id)
        .bind(label)
        .bind(now.millis())
        .bind(by)
        .run(tx)
        .await
        .during("taking a label away")?;
    Ok(n > 0)
}

/// The labels of an author that hold for a brand.
pub async fn of_author(
    tx: &mut Tx,
    brand_id: &str,
    author_id: &str,
    now: Timestamp,
) -> Result<Vec<LabelRow>, StoreError> {
    let sql = "SELECT * FROM author_label WHERE brand_id = $1 AND author_id = $2 AND ended_at IS NULL AND until_ms > $3
         ORDER BY label";
    query(sql)
        .bind(brand_id)
        .bind(author_id)
        .bind(now.millis())
        .all(tx)
        .await
        .during("reading the labels of an author")
}

/// Whether any label holds anywhere: without one nothing else is asked.
pub async fn any(tx: &mut Tx, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM author_label WHERE ended_at IS NULL AND until_ms > $1 LIMIT 1";
    let found: Option<(i32,)> = query(sql).bind(now.millis()).maybe(tx).await.during("looking for labels")?;
    Ok(found.is_some())
}

/// Labels that were over before an instant go with their reasons, but those of authors of whom a case is held.
pub async fn forget(tx: &mut Tx, before: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let what = "letting labels go";
    let reasons = "DELETE FROM content WHERE id IN (SELECT l.id || '/reason' FROM author_label l
            WHERE (l.until_ms < $1 OR l.ended_at < $1)
            AND NOT EXISTS (SELECT 1 FROM cases k JOIN legal_hold h ON h.case_id = k.id
                WHERE k.author_id = l.author_id AND h.ended_at IS NULL AND h.until_ms > $2))";
    let labels = "DELETE FROM author_label WHERE (until_ms < $1 OR ended_at < $1)
            AND NOT EXISTS (SELECT 1 FROM cases k JOIN legal_hold h ON h.case_id = k.id
                WHERE k.author_id = author_label.author_id AND h.ended_at IS NULL AND h.until_ms > $2)";
    for sql in [reasons, labels] {
        query(sql).bind(before.millis()).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(())
}

/// The labels that hold of the authors of cases: case and label.
pub async fn of_cases(
    tx: &mut Tx,
    cases: &[String],
    now: Timestamp,
) -> Result<Vec<(String, String)>, StoreError> {
    let what = "reading the labels of cases";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT k.id, l.label FROM",
        "JOIN cases k ON k.id = j.value->>0
         JOIN author_label l ON l.brand_id = k.brand_id AND l.author_id = k.author_id
         WHERE l.ended_at IS NULL AND l.until_ms > $2 ORDER BY k.id, l.label"
    );
    let text = each_json(what, cases)?;
    query(sql).bind(text).bind(now.millis()).all(tx).await.during(what)
}

/// Of these cases those whose author has a label.
pub async fn among(
    tx: &mut Tx,
    cases: &[String],
    label: &str,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let found = of_cases(tx, cases, now).await?;
    Ok(found.into_iter().filter(|(_, l)| l == label).map(|(id, _)| id).collect())
}

row! {
    /// A label as the page of leads shows it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ShownLabel {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The account.
        pub author_id: String,
        /// Its platform.
        pub platform: String,
        /// What it is called, a JSON object, if that is still kept.
        pub profile: Option<String>,
        /// Which label.
        pub label: String,
        /// Who set it, by name.
        pub name: Option<String>,
        /// When.
        pub set_at: i64,
        /// Until when it holds.
        pub until_ms: i64,
        /// Why.
        pub reason: Option<String>,
        /// The latest case of the account: its id.
        pub case_id: Option<String>,
    }
}

/// The labels of a brand that hold, those that end first in front; behind one by its end and id, from the first on
/// without.
pub async fn of_brand(
    tx: &mut Tx,
    brand_id: &str,
    now: Timestamp,
    (behind, limit): (Option<(i64, &str)>, i64),
) -> Result<Vec<ShownLabel>, StoreError> {
    let sql = "SELECT l.id, l.brand_id, l.author_id, a.platform, f.body AS profile, l.label, p.name, l.set_at, l.until_ms,
            r.body AS reason,
            (SELECT MAX(k.id) FROM cases k WHERE k.brand_id = l.brand_id AND k.author_id = l.author_id) AS case_id
         FROM author_label l JOIN author a ON a.id = l.author_id
         LEFT JOIN content f ON f.id = a.id AND f.kind = 'profile'
         LEFT JOIN content r ON r.id = l.id || '/reason'
         LEFT JOIN person p ON p.id = l.set_by
         WHERE l.brand_id = $1 AND l.ended_at IS NULL AND l.until_ms > $2 AND (l.until_ms, l.id) > ($4, $5)
         ORDER BY l.until_ms, l.id LIMIT $3";
    let (until, id) = behind.unwrap_or((i64::MIN, ""));
    query(sql)
        .bind(brand_id)
        .bind(now.millis())
        .bind(limit)
        .bind(until)
        .bind(id)
        .all(tx)
        .await
        .during("listing labels")
}
