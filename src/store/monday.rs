//! What the page of a Monday reads beside the report of the week: the most urgent cases and their course, what is
//! still open of the weekend, and how often each topic came.

use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, row};
use crate::domain::time::Timestamp;

row! {
    /// A case as the page names it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CourseRow {
        /// The brand by name.
        pub brand: String,
        /// The short number.
        pub number: i64,
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// 1 to 5.
        pub level: i64,
        /// When it began.
        pub opened_at: i64,
        /// When we answered first.
        pub first_answer_at: Option<i64>,
        /// Until when an answer is owed.
        pub due_at: Option<i64>,
        /// Its state.
        pub state: String,
    }
}

/// The most urgent cases that began in a time, at most `limit`, and how many there are.
pub async fn urgent(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<(Vec<CourseRow>, i64), StoreError> {
    let what = "reading the most urgent cases";
    let rows = of_brands!(
        tx,
        "SELECT b.name AS brand, k.number, k.platform, k.language, k.level, k.opened_at, k.first_answer_at, k.due_at,
            k.state FROM cases k JOIN brand b ON b.id = k.brand_id
         WHERE k.level = 1 AND k.opened_at >= $2 AND k.opened_at < $3 AND k.sample = 0 AND k.historic = 0
           AND k.needs_answer = 1 AND",
        "ORDER BY k.open DESC, k.opened_at, k.id LIMIT $4"
    );
    let all = of_brands!(
        tx,
        "SELECT COUNT(*) FROM cases k
         WHERE k.level = 1 AND k.opened_at >= $2 AND k.opened_at < $3 AND k.sample = 0 AND k.historic = 0
           AND k.needs_answer = 1 AND",
        ""
    );
    both(tx, what, (rows, all), brands, (from, to), limit).await
}

/// What is open still of what began in a time, the most urgent first, at most `limit`, and how much there is.
pub async fn still_open(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<(Vec<CourseRow>, i64), StoreError> {
    let what = "reading what is still open";
    let rows = of_brands!(
        tx,
        "SELECT b.name AS brand, k.number, k.platform, k.language, k.level, k.opened_at, k.first_answer_at, k.due_at,
            k.state FROM cases k JOIN brand b ON b.id = k.brand_id
         WHERE k.open = 1 AND k.needs_answer = 1 AND k.opened_at >= $2 AND k.opened_at < $3 AND k.sample = 0
           AND k.historic = 0 AND",
        "ORDER BY k.level, COALESCE(k.due_at, 9000000000000000), k.id LIMIT $4"
    );
    let all = of_brands!(
        tx,
        "SELECT COUNT(*) FROM cases k
         WHERE k.open = 1 AND k.needs_answer = 1 AND k.opened_at >= $2 AND k.opened_at < $3 AND k.sample = 0
           AND k.historic = 0 AND",
        ""
    );
    both(tx, what, (rows, all), brands, (from, to), limit).await
}

async fn both(
    tx: &mut Tx,
    what: &'static str,
    (rows, all): (&'static str, &'static str),
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<(Vec<CourseRow>, i64), StoreError> {
    let text = json(what, brands)?;
    let (from, to) = (from.millis(), to.millis());
    let found: Vec<CourseRow> =
        query(rows).bind(&text).bind(from).bind(to).bind(limit).all(tx).await.during(what)?;
    let (n,): (i64,) = query(all).bind(&text).bind(from).bind(to).one(tx).await.during(what)?;
    Ok((found, n))
}

/// How often each cause was the largest part of the delay of an answer that fell due in a time and was late; annulled breaches
/// are none.
pub async fn causes(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(String, i64)>, StoreError> {
    let what = "counting why answers were late";
    let sql = of_brands!(
        tx,
        "SELECT e.cause, COUNT(*) FROM clock_event e JOIN cases k ON k.id = e.case_id
         WHERE e.stage = 100 AND e.annulled_at IS NULL AND e.at >= $2 AND e.at < $3
           AND e.kind IN ('first_response', 'next_response') AND k.sample = 0 AND k.historic = 0 AND",
        "GROUP BY e.cause ORDER BY e.cause"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// When the first case began that counts, before an instant.
pub async fn first(
    tx: &mut Tx,
    brands: &[String],
    before: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let what = "reading when the first case began";
    let sql = of_brands!(
        tx,
        "SELECT MIN(k.opened_at) FROM cases k WHERE k.opened_at < $2 AND k.sample = 0 AND k.historic = 0 AND",
        ""
    );
    let text = json(what, brands)?;
    let (at,): (Option<i64>,) = query(sql).bind(text).bind(before.millis()).one(tx).await.during(what)?;
    Ok(at.map(Timestamp))
}

/// How many cases that need an answer had each reason of triage, by name: before `turn` and from it on.
pub async fn topics(
    tx: &mut Tx,
    brands: &[String],
    (from, turn, to): (Timestamp, Timestamp, Timestamp),
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let what = "counting topics";
    let sql = tx.pick(
        "SELECT r.value->>'what' AS topic, COUNT(DISTINCT CASE WHEN k.opened_at < $3 THEN k.id END),
            COUNT(DISTINCT CASE WHEN k.opened_at >= $3 THEN k.id END)
         FROM cases k JOIN judgement g ON g.brand_id = k.brand_id AND g.case_id = k.id CROSS JOIN json_each(g.reasons) r
         WHERE k.opened_at >= $2 AND k.opened_at < $4 AND k.needs_answer = 1 AND k.sample = 0 AND k.historic = 0
           AND ($1 = '[]' OR k.brand_id IN (SELECT value FROM json_each($1)))
         GROUP BY 1 ORDER BY 1",
        "SELECT r.value->>'what' AS topic, COUNT(DISTINCT CASE WHEN k.opened_at < $3 THEN k.id END),
            COUNT(DISTINCT CASE WHEN k.opened_at >= $3 THEN k.id END)
         FROM cases k JOIN judgement g ON g.brand_id = k.brand_id AND g.case_id = k.id
            CROSS JOIN jsonb_array_elements(g.reasons::jsonb) r
         WHERE k.opened_at >= $2 AND k.opened_at < $4 AND k.needs_answer = 1 AND k.sample = 0 AND k.historic = 0
           AND ($1 = '[]' OR k.brand_id IN (SELECT jsonb_array_elements_text($1::jsonb)))
         GROUP BY 1 ORDER BY 1",
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(turn.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// The cases of a time that need an answer and had a reason of triage, by brand and short number, at most `limit` behind
/// one by both.
pub async fn cases_of(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    topic: &str,
    (behind, limit): (Option<(&str, i64)>, i64),
) -> Result<Vec<(String, i64)>, StoreError> {
    let what = "reading the cases of a topic";
    let (name, number) = behind.unwrap_or_default();
    let sql = tx.pick(
        "SELECT b.name, k.number FROM cases k JOIN brand b ON b.id = k.brand_id
         WHERE k.opened_at >= $2 AND k.opened_at < $3 AND k.needs_answer = 1 AND k.sample = 0 AND k.historic = 0
           AND EXISTS (SELECT 1 FROM judgement g CROSS JOIN json_each(g.reasons) r
                WHERE g.brand_id = k.brand_id AND g.case_id = k.id AND r.value->>'what' = $4)
           AND ($1 = '[]' OR k.brand_id IN (SELECT value FROM json_each($1)))
           AND (b.name, k.number) > ($5, $6)
         ORDER BY b.name, k.number LIMIT $7",
        "SELECT b.name, k.number FROM cases k JOIN brand b ON b.id = k.brand_id
         WHERE k.opened_at >= $2 AND k.opened_at < $3 AND k.needs_answer = 1 AND k.sample = 0 AND k.historic = 0
           AND EXISTS (SELECT 1 FROM judgement g CROSS JOIN jsonb_array_elements(g.reasons::jsonb) r
                WHERE g.brand_id = k.brand_id AND g.case_id = k.id AND r.value->>'what' = $4)
           AND ($1 = '[]' OR k.brand_id IN (SELECT jsonb_array_elements_text($1::jsonb)))
           AND (b.name, k.number) > ($5, $6)
         ORDER BY b.name, k.number LIMIT $7",
    );
    let text = json(what, brands)?;
    query(sql)
        .bind(text)
        .bind(from.millis())
        .bind(to.millis())
        .bind(topic)
        .bind(name)
        .bind(number)
        .bind(limit)
        .all(tx)
        .await
        .during(what)
}

/// How many cases that need an answer had each sector, by name: before `turn` and from it on.
pub async fn sectors(
    tx: &mut Tx,
    brands: &[String],
    (from, turn, to): (Timestamp, Timestamp, Timestamp),
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let what = "counting sectors";
    let sql = of_brands!(
        tx,
        "SELECT s.sector, COUNT(CASE WHEN k.opened_at < $3 THEN 1 END), COUNT(CASE WHEN k.opened_at >= $3 THEN 1 END)
         FROM cases k JOIN case_sector s ON s.brand_id = k.brand_id AND s.case_id = k.id
         WHERE k.opened_at >= $2 AND k.opened_at < $4 AND k.needs_answer = 1 AND k.sample = 0 AND k.historic = 0
           AND s.sector <> '' AND",
        "GROUP BY 1 ORDER BY 1"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(turn.millis()).bind(to.millis()).all(tx).await.during(what)
}
