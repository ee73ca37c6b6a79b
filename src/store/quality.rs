//! The sample of answers that colleagues score: what may be drawn, what waits, what was said of whose answers. Words are
//! content `ID/word` and `ID/line`, and go with the customer.

use super::query::query;
use super::{During, StoreError, Tx, bulk, list, of_brands, row};
use crate::domain::time::Timestamp;

/// An answer of a person: its id, who gave it, its case, whether that is a P1.
pub type GivenAnswer = (String, String, String, i64);

/// The answers of a brand that people gave within a span and that stand, of customers who are not erased, by time.
/// Answers to many are left out: their words are another's.
pub async fn candidates(
    tx: &mut Tx,
    brand_id: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<GivenAnswer>, StoreError> {
    let sql = "SELECT o.id, o.person_id, k.id, CAST(CASE WHEN k.level = 1 THEN 1 ELSE 0 END AS BIGINT)
         FROM own_post o JOIN conversation v ON v.id = o.conversation_id
            JOIN cases k ON k.brand_id = o.brand_id AND k.conversation_id = COALESCE(v.merged_into, v.id)
                AND k.author_id = COALESCE(v.merged_as, o.answers_author_id) AND k.opened_at <= o.posted_at
            JOIN author a ON a.id = k.author_id
         WHERE o.brand_id = $1 AND o.posted_at >= $2 AND o.posted_at < $3 AND o.person_id IS NOT NULL
            AND o.counts = 1 AND o.sample = 0 AND o.deleted_at IS NULL AND o.undelivered IS NULL
            AND k.sample = 0 AND k.historic = 0 AND k.forgotten_at IS NULL AND a.erased_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM incident_sent s WHERE s.action_id = o.action_id)
            AND NOT EXISTS (SELECT 1 FROM quality_sample q WHERE q.answer_id = o.id)
            AND NOT EXISTS (SELECT 1 FROM cases l WHERE l.brand_id = k.brand_id AND l.author_id = k.author_id
                AND l.conversation_id = k.conversation_id AND l.opened_at <= o.posted_at
                AND (l.opened_at > k.opened_at OR (l.opened_at = k.opened_at AND l.number > k.number)))
         ORDER BY o.posted_at, o.id";
    query(sql)
        .bind(brand_id)
        .bind(from.millis())
        .bind(to.millis())
        .all(tx)
        .await
        .during("looking which answers may be scored")
}

/// An answer that was drawn: id, brand, case, answer, person, week, when, until when.
pub type DrawnRow = (String, String, String, String, String, String, i64, i64);

/// Notes answers that were drawn. Each answer is drawn once.
pub async fn draw(tx: &mut Tx, rows: &[DrawnRow]) -> Result<(), StoreError> {
    let what = "drawing answers to be scored";
    let sql = list!(
        tx,
        "INSERT INTO quality_sample (id, brand_id, case_id, answer_id, person_id, week, drawn_at, until_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5,
            CAST(j.value->>6 AS BIGINT), CAST(j.value->>7 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (answer_id) DO NOTHING"
    );
    bulk::run(tx, what, sql, rows).await
}

row! {
    /// A drawn answer.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SampleRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Its short number.
        pub number: i64,
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// 1 to 5.
        pub level: i64,
        /// The customer, whose words may be quoted.
        pub author_id: String,
        /// The post of ours.
        pub answer_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// Who gave it.
        pub person_id: String,
        /// Until when it may be scored.
        pub until_at: i64,
        /// Who scored it.
        pub scored_by: Option<String>,
        /// When.
        pub scored_at: Option<i64>,
        /// The scores, a JSON list.
        pub scores: Option<String>,
        /// When who gave it had seen them.
        pub seen_at: Option<i64>,
        /// What we answered, a JSON object, if it is still there.
        pub body: Option<String>,
        /// What the customer wrote last before it, a JSON object.
        pub asked: Option<String>,
        /// Places of personal data in that, a JSON list.
        pub asked_personal: Option<String>,
        /// What who scored said.
        pub word: Option<String>,
        /// What who answered said to that.
        pub line: Option<String>,
    }
}

/// A drawn answer with its words, behind a condition on `q`.
macro_rules! sample {
    ($after:literal) => {
        concat!(
            "SELECT q.id, q.brand_id, q.case_id, k.number, k.platform, k.language, k.level, k.author_id, q.answer_id,
                o.posted_at, q.person_id, q.until_at, q.scored_by, q.scored_at, q.scores, q.seen_at, c.body,
                m.body AS asked, g.personal_data AS asked_personal, w.body AS word, l.body AS line
             FROM quality_sample q JOIN cases k ON k.id = q.case_id AND k.brand_id = q.brand_id
                JOIN own_post o ON o.id = q.answer_id
                LEFT JOIN content c ON c.id = o.id || '/1'
                LEFT JOIN judgement g ON g.brand_id = q.brand_id AND g.case_id = q.case_id
                    AND g.mention_id = (SELECT e.mention_id FROM judgement e JOIN mention f ON f.id = e.mention_id
                        AND f.revision = e.revision WHERE e.brand_id = q.brand_id AND e.case_id = q.case_id
                        AND f.posted_at <= o.posted_at ORDER BY f.posted_at DESC, f.id DESC LIMIT 1)
                    AND g.revision = (SELECT r.revision FROM mention r WHERE r.id = g.mention_id)
                LEFT JOIN content m ON m.id = g.mention_id || '/' || g.revision
                LEFT JOIN content w ON w.id = q.id || '/word' LEFT JOIN content l ON l.id = q.id || '/line' ",
            $after
        )
    };
}

/// What of a brand waits for a score, and is not somebody's own; what ends first, first.
pub async fn to_score(
    tx: &mut Tx,
    brand_id: &str,
    not_of: &str,
    (now, limit): (Timestamp, i64),
) -> Result<Vec<SampleRow>, StoreError> {
    let sql = sample!(
        "WHERE q.brand_id = $1 AND q.person_id <> $2 AND q.scored_at IS NULL AND q.until_at > $3
             AND o.deleted_at IS NULL AND c.body IS NOT NULL ORDER BY q.until_at, q.id LIMIT $4"
    );
    query(sql)
        .bind(brand_id)
        .bind(not_of)
        .bind(now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading which answers wait for a score")
}

/// What was said of somebody's own answers for a brand, the latest first.
pub async fn of_person(
    tx: &mut Tx,
    brand_id: &str,
    person_id: &str,
    limit: i64,
) -> Result<Vec<SampleRow>, StoreError> {
    let sql = sample!(
        "WHERE q.brand_id = $1 AND q.person_id = $2 AND q.scored_at IS NOT NULL
             ORDER BY q.scored_at DESC, q.id LIMIT $3"
    );
    query(sql)
        .bind(brand_id)
        .bind(person_id)
        .bind(limit)
        .all(tx)
        .await
        .during("reading how answers were scored")
}

/// One drawn answer of a brand.
pub async fn one(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<SampleRow>, StoreError> {
    let sql = sample!("WHERE q.brand_id = $1 AND q.id = $2");
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a drawn answer")
}

/// The brand of a drawn answer.
pub async fn brand_of(tx: &mut Tx, id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT brand_id FROM quality_sample WHERE id = $1";
    let found: Option<(String,)> = query(sql).bind(id).maybe(tx).await.during("reading a drawn answer")?;
    Ok(found.map(|(brand,)| brand))
}

/// Writes a score; tells whether nobody had, and it is not the scorer's own.
pub async fn score(
    tx: &mut Tx,
    (brand_id, id): (&str, &str),
    (by, scores): (&str, &str),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE quality_sample SET scored_by = $3, scored_at = $4, scores = $5
         WHERE brand_id = $1 AND id = $2 AND scored_at IS NULL AND person_id <> $3 AND until_at > $4";
    let n = query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(by)
        .bind(now.millis())
        .bind(scores)
        .run(tx)
        .await
        .during("writing a score")?;
    Ok(n > 0)
}

/// Notes that who gave an answer has seen its scores; tells whether it is theirs and was not noted.
pub async fn seen(
    tx: &mut Tx,
    (brand_id, id): (&str, &str),
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE quality_sample SET seen_at = $4
         WHERE brand_id = $1 AND id = $2 AND person_id = $3 AND scored_at IS NOT NULL AND seen_at IS NULL";
    let n = query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .during("noting that scores were seen")?;
    Ok(n > 0)
}

/// Brand, person and scores of the answers of brands that were scored within a span and that who gave them has seen, or could have
/// since `seen_by`. An empty list of brands means all.
pub async fn scored(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    seen_by: Timestamp,
) -> Result<Vec<(String, String, String)>, StoreError> {
    let what = "reading scores";
    let sql = of_brands!(
        tx,
        "SELECT k.brand_id, k.person_id, k.scores FROM quality_sample k WHERE k.scored_at >= $2 AND k.scored_at < $3
            AND (k.seen_at IS NOT NULL OR k.scored_at < $4) AND k.scores IS NOT NULL AND",
        "ORDER BY k.scored_at, k.id"
    );
    let text = super::json(what, brands)?;
    query(sql)
        .bind(text)
        .bind(from.millis())
        .bind(to.millis())
        .bind(seen_by.millis())
        .all(tx)
        .await
        .during(what)
}

/// Whether anything was drawn before an instant.
pub async fn any_before(tx: &mut Tx, brand_id: &str, before: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM quality_sample WHERE brand_id = $1 AND drawn_at < $2 LIMIT 1";
    let found: Option<(String,)> =
        query(sql).bind(brand_id).bind(before.millis()).maybe(tx).await.during("looking for old scores")?;
    Ok(found.is_some())
}

/// Lets what was drawn before an instant go, with its words; tells how much.
pub async fn forget(tx: &mut Tx, brand_id: &str, before: Timestamp) -> Result<u64, StoreError> {
    let what = "letting scores go";
    for sql in [
        "DELETE FROM content WHERE id IN (SELECT id || '/word' FROM quality_sample WHERE brand_id = $1 AND drawn_at < $2)",
        "DELETE FROM content WHERE id IN (SELECT id || '/line' FROM quality_sample WHERE brand_id = $1 AND drawn_at < $2)",
    ] {
        query(sql).bind(brand_id).bind(before.millis()).run(tx).await.map(|_| ()).during(what)?;
    }
    let sql = "DELETE FROM quality_sample WHERE brand_id = $1 AND drawn_at < $2";
    query(sql).bind(brand_id).bind(before.millis()).run(tx).await.during(what)
}
