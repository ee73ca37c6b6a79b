//! What people put right in what triage said, and what of it can be learned from.
//!
//! Rows are only ever added; of several about one field of one message the last holds. Words are
//! read from `content` at the moment they are asked for, so that what is gone is in no list.

use super::query::query;
use super::rows::bulk;
use super::{During, StoreError, Tx, bulk as write, json, list, row};
use crate::domain::time::Timestamp;

row! {
    /// One field of what triage said of one revision of a message, as a person put it right.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CorrectionRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// The message.
        pub mention_id: String,
        /// Its revision at that time.
        pub revision: i64,
        /// Which field.
        pub field: String,
        /// What held until then, as a code.
        pub was: String,
        /// What holds from then on, as a code.
        pub became: String,
        /// Who said so.
        pub person_id: String,
        /// When.
        pub at: i64,
        /// The version of the rules by which triage judged.
        pub rules_version: String,
    }
}

bulk!(CorrectionRow {
    id,
    brand_id,
    case_id,
    mention_id,
    revision,
    field,
    was,
    became,
    person_id,
    at,
    rules_version,
});

/// The corrections of some cases in the order in which they were made. Pairs are (brand, case).
pub async fn of_cases(tx: &mut Tx, cases: &[(String, String)]) -> Result<Vec<CorrectionRow>, StoreError> {
    let what = "reading corrections";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT k.* FROM",
        "CROSS JOIN correction k WHERE k.brand_id = j.value->>0 AND k.case_id = j.value->>1 ORDER BY k.at, k.id"
    );
    let text = json(what, cases)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// Adds corrections.
pub async fn add(tx: &mut Tx, rows: &[CorrectionRow]) -> Result<(), StoreError> {
    let sql = list!(
        tx,
        "INSERT INTO correction (id, brand_id, case_id, mention_id, revision, field, was, became, person_id, at,
            rules_version)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BIGINT), j.value->>5,
            j.value->>6, j.value->>7, j.value->>8, CAST(j.value->>9 AS BIGINT), j.value->>10
         FROM",
        "WHERE true"
    );
    write::run(tx, "writing corrections", sql, rows).await
}

/// By which version of the rules each message of a case was judged: mention, version.
pub async fn rules_of(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT g.mention_id, g.rules_version FROM judgement g
         JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         WHERE g.brand_id = $1 AND g.case_id = $2";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading by which rules a case was judged")
}

row! {
    /// The last word about one field of a case, with who said it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Said {
        /// Which field.
        pub field: String,
        /// What held until then.
        pub was: String,
        /// What holds.
        pub became: String,
        /// Who said so, by name.
        pub name: Option<String>,
        /// When.
        pub at: i64,
    }
}

/// What people said of a case, oldest first; of several messages corrected at once, one row each.
pub async fn said(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<Said>, StoreError> {
    let sql = "SELECT k.field, k.was, k.became, p.name, k.at FROM correction k
         LEFT JOIN person p ON p.id = k.person_id
         WHERE k.brand_id = $1 AND k.case_id = $2 ORDER BY k.at, k.id";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading corrections")
}

row! {
    /// A message that a person corrected or confirmed, as triage judged its present revision, with
    /// its words.
    #[derive(Clone, Debug)]
    pub struct Learned {
        /// The brand.
        pub brand_id: String,
        /// The brand by name.
        pub brand: String,
        /// The case.
        pub case_id: String,
        /// Its short number.
        pub number: i64,
        /// The message.
        pub mention_id: String,
        /// Its identity on the platform, for the order of what was posted in the same millisecond.
        pub external_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// When it was received.
        pub received_at: i64,
        /// Whether it was posted before its source counted.
        pub historic: i64,
        /// Whether it is a sample.
        pub sample: i64,
        /// Its present revision.
        pub revision: i64,
        /// 1 to 5.
        pub level: i64,
        /// 0 to 100.
        pub urgency: i64,
        /// Its intent.
        pub intent: String,
        /// Its language.
        pub language: String,
        /// Whether it needs an answer.
        pub needs_answer: i64,
        /// Whether it needs a private channel.
        pub needs_private: i64,
        /// Its words, a JSON object; none if they are gone.
        pub body: Option<String>,
    }
}

/// The messages of a brand (empty means all) that people corrected or confirmed in `[from, to)`, in
/// the order of brand, case and time.
pub async fn learned(
    tx: &mut Tx,
    brand_id: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Learned>, StoreError> {
    let sql = "SELECT g.brand_id, b.name AS brand, g.case_id, k.number, g.mention_id, m.external_id, m.posted_at,
            m.received_at, m.historic, m.sample, m.revision, g.level, g.urgency, g.intent, g.language, g.needs_answer,
            g.needs_private, c.body
         FROM (SELECT brand_id, mention_id FROM correction WHERE at >= $2 AND at < $3
               UNION SELECT brand_id, mention_id FROM triage_check WHERE decided_at >= $2 AND decided_at < $3
                AND verdict = 'right') s
         JOIN judgement g ON g.mention_id = s.mention_id AND g.brand_id = s.brand_id
         JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         JOIN cases k ON k.id = g.case_id JOIN brand b ON b.id = g.brand_id
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE ($1 = '' OR g.brand_id = $1) AND m.deleted_at IS NULL
         ORDER BY b.name, k.number, m.posted_at, m.external_id";
    query(sql)
        .bind(brand_id)
        .bind(from.millis())
        .bind(to.millis())
        .all(tx)
        .await
        .during("reading what can be learned from")
}
