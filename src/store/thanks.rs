//! The thank-you list and what was given: each case once. What a gesture says is content `ID/text`.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::Timestamp;

row! {
    /// A case that ended and was on no list yet.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EndedCase {
        /// The case.
        pub case_id: String,
        /// When it began.
        pub opened_at: i64,
        /// When it ended.
        pub ended_at: i64,
        /// What the customer wanted.
        pub intent: String,
        /// The author.
        pub author_id: String,
        /// How the platform calls them: platform,
        pub platform: String,
        /// authority
        pub authority: String,
        /// and id.
        pub external_id: String,
        /// How often a promise to them was broken.
        pub broken: i64,
        /// The score of the survey.
        pub score: Option<i64>,
    }
}

/// Cases of a brand that ended in a span, of customers who are not erased; none on which a protocol was begun.
pub async fn ended(
    tx: &mut Tx,
    brand_id: &str,
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<EndedCase>, StoreError> {
    let sql = "SELECT k.id AS case_id, k.opened_at, k.state_since AS ended_at, k.intent, k.author_id, a.platform,
            a.authority, a.external_id,
            (SELECT COUNT(*) FROM obligation o WHERE o.case_id = k.id AND o.kind = 'promise' AND o.state = 'broken') AS broken,
            (SELECT MAX(r.score) FROM survey_reply r WHERE r.case_id = k.id) AS score
         FROM cases k JOIN author a ON a.id = k.author_id
         WHERE k.brand_id = $1 AND k.open = 0 AND k.forgotten_at IS NULL AND k.state_since >= $2 AND k.state_since < $3
            AND k.state IN ('resolved', 'closed') AND COALESCE(k.ended_why, '') NOT IN ('no_reply', 'lapsed')
            AND COALESCE(k.ended_why, '') NOT LIKE 'joined #%'
            AND k.sample = 0 AND k.historic = 0 AND a.erased_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM thanks t WHERE t.case_id = k.id)
            AND NOT EXISTS (SELECT 1 FROM protocol p WHERE p.case_id = k.id AND p.started_at IS NOT NULL)
         ORDER BY k.state_since, k.id LIMIT $4";
    query(sql)
        .bind(brand_id)
        .bind(from.millis())
        .bind(to.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("looking whom to thank")
}

/// Puts a case on the list of a day; one that is on a list already stays there.
pub async fn draw(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    (day, points, reasons): (&str, i64, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO thanks (case_id, brand_id, day, points, reasons, drawn_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id) DO NOTHING";
    query(sql)
        .bind(case_id)
        .bind(brand_id)
        .bind(day)
        .bind(points)
        .bind(reasons)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("putting a case on the list")
}

row! {
    /// A case of the list.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ListedCase {
        /// The case.
        pub case_id: String,
        /// The brand.
        pub brand_id: String,
        /// Its short number.
        pub number: i64,
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// The day of the list.
        pub day: String,
        /// Its points.
        pub points: i64,
        /// Why, a JSON list of codes.
        pub reasons: String,
        /// Who wrote the card.
        pub written_by: Option<String>,
        /// When.
        pub written_at: Option<i64>,
        /// The customer's names, a JSON object, if they are still there.
        pub profile: Option<String>,
    }
}

/// The lists of a brand since a day, the latest first; without who has been erased since.
pub async fn lists(
    tx: &mut Tx,
    brand_id: &str,
    since: &str,
    limit: i64,
) -> Result<Vec<ListedCase>, StoreError> {
    let sql = "SELECT t.case_id, t.brand_id, k.number, k.platform, k.language, t.day, t.points, t.reasons, t.written_by,
            t.written_at, p.body AS profile
         FROM thanks t JOIN cases k ON k.id = t.case_id AND k.brand_id = t.brand_id JOIN author a ON a.id = k.author_id
            LEFT JOIN content p ON p.id = k.author_id
         WHERE t.brand_id = $1 AND t.day >= $2 AND a.erased_at IS NULL AND k.forgotten_at IS NULL
         ORDER BY t.day DESC, t.points DESC, t.case_id LIMIT $3";
    query(sql).bind(brand_id).bind(since).bind(limit).all(tx).await.during("reading the thank-you list")
}

/// Notes who wrote the card; tells whether nobody had, and the case is on a list.
pub async fn written(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE thanks SET written_by = $3, written_at = $4
         WHERE brand_id = $1 AND case_id = $2 AND written_by IS NULL";
    let n = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .during("noting who wrote a card")?;
    Ok(n > 0)
}

row! {
    /// Something that was given to a customer.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct GestureRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// `card`, `flowers` or `voucher`.
        pub kind: String,
        /// Its worth in millionths; none where it has none.
        pub micros: Option<i64>,
        /// The currency of that; empty without one.
        pub currency: String,
        /// Who gave it.
        pub person_id: String,
        /// When.
        pub at: i64,
        /// What was written, if it is still there.
        pub words: Option<String>,
    }
}

/// Writes a gesture; its words are content.
pub async fn give(tx: &mut Tx, g: &GestureRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO gesture (id, brand_id, case_id, kind, micros, currency, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    query(sql)
        .bind(&g.id)
        .bind(&g.brand_id)
        .bind(&g.case_id)
        .bind(&g.kind)
        .bind(g.micros)
        .bind(&g.currency)
        .bind(&g.person_id)
        .bind(g.at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a gesture")
}

/// The gestures of some cases of a brand, in order.
pub async fn gestures(tx: &mut Tx, brand_id: &str, cases: &[String]) -> Result<Vec<GestureRow>, StoreError> {
    let what = "reading gestures";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT g.id, g.brand_id, g.case_id, g.kind, g.micros, g.currency, g.person_id, g.at, c.body AS words FROM",
        "CROSS JOIN gesture g LEFT JOIN content c ON c.id = g.id || '/text'
         WHERE g.case_id = j.value->>0 AND g.brand_id = $2 ORDER BY g.at, g.id"
    );
    let text = each_json(what, cases)?;
    query(sql).bind(text).bind(brand_id).all(tx).await.during(what)
}
