//! What reports count: aggregates made by the database, and breaches one by one up to a bound.
//!
//! Only the last part of a wait counts, for a change of level or language replaces the part before
//! it. Each function takes the brands by id; an empty list means all. Nothing here reads a row per
//! post into memory.

use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, row};
use crate::domain::time::Timestamp;

row! {
    /// Posts of one platform and language.
    #[derive(Clone, Debug)]
    pub struct Volume {
        /// The platform.
        pub platform: String,
        /// The case's language.
        pub language: String,
        /// How many that count.
        pub mentions: i64,
        /// Of these, how many need an answer.
        pub needing: i64,
        /// How many samples.
        pub samples: i64,
        /// How many from before their source counted.
        pub historic: i64,
    }
}

row! {
    /// A count of one platform and language.
    #[derive(Clone, Debug)]
    pub struct Counted {
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// How many.
        pub n: i64,
    }
}

row! {
    /// How promised answers went.
    #[derive(Clone, Debug)]
    pub struct Figures {
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// `first_response` or `next_response`.
        pub kind: String,
        /// In time.
        pub kept: i64,
        /// Not in time.
        pub broken: i64,
        /// Kept or broken, and answered by now.
        pub answered: i64,
        /// Ended without an answer before it was due.
        pub ended: i64,
    }
}

row! {
    /// What is open.
    #[derive(Clone, Debug)]
    pub struct OpenNow {
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// Open and in need of an answer.
        pub open_now: i64,
        /// Past the deadline.
        pub late: i64,
        /// In the last fifth of the time.
        pub soon: i64,
    }
}

row! {
    /// Percentiles of the time to the first answer.
    #[derive(Clone, Debug)]
    pub struct Times {
        /// The platform, or empty.
        pub platform: String,
        /// The language, or empty.
        pub language: String,
        /// The median.
        pub median_ms: i64,
        /// The median of what was counted in the hours of the promise.
        pub median_counted_ms: i64,
        /// The 90th percentile.
        pub p90_ms: i64,
    }
}

row! {
    /// One breach with its case.
    #[derive(Clone, Debug)]
    pub struct BreachRow {
        /// The brand by name.
        pub brand: String,
        /// The case's short number.
        pub number: i64,
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// 1 to 5.
        pub level: i64,
        /// What was promised.
        pub kind: String,
        /// When the wait began.
        pub started_at: i64,
        /// When it fell due.
        pub at: i64,
        /// When that was recorded.
        pub recorded_at: i64,
        /// When the wait ended.
        pub ended_at: Option<i64>,
        /// How the wait stands.
        pub state: String,
        /// The largest part of the delay.
        pub cause: String,
        /// The parts of the delay, a JSON object.
        pub parts: String,
        /// What annulled it.
        pub annulled_evidence: Option<String>,
        /// The case's sector; empty for none.
        pub sector: String,
    }
}

/// How rows are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByRow {
    /// One row a platform and language.
    PlatformAndLanguage,
    /// One row a platform.
    Platform,
    /// One row.
    Total,
}

impl ByRow {
    const fn depth(self) -> i64 {
        match self {
            Self::PlatformAndLanguage => 2,
            Self::Platform => 1,
            Self::Total => 0,
        }
    }
}

/// Posts of the period by platform and language of their case.
pub async fn volume(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Volume>, StoreError> {
    let what = "counting posts";
    let sql = of_brands!(
        tx,
        "SELECT k.platform, k.language,
            CAST(SUM(CASE WHEN m.sample = 0 AND m.historic = 0 THEN 1 ELSE 0 END) AS BIGINT) AS mentions,
            CAST(SUM(CASE WHEN m.sample = 0 AND m.historic = 0 THEN
                CASE COALESCE((SELECT c.became FROM correction c WHERE c.brand_id = g.brand_id
                    AND c.mention_id = g.mention_id AND c.field = 'needs_answer'
                    ORDER BY c.at DESC, c.id DESC LIMIT 1), CAST(g.needs_answer AS TEXT)) WHEN '1' THEN 1 ELSE 0 END
                ELSE 0 END) AS BIGINT) AS needing,
            CAST(SUM(m.sample) AS BIGINT) AS samples,
            CAST(SUM(CASE WHEN m.sample = 0 THEN m.historic ELSE 0 END) AS BIGINT) AS historic
         FROM mention m JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision
            JOIN cases k ON k.id = COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
         WHERE m.posted_at >= $2 AND m.posted_at < $3 AND",
        "GROUP BY k.platform, k.language ORDER BY k.platform, k.language"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// Cases begun in the period that need an answer and have no promised answer at all.
pub async fn outside(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Counted>, StoreError> {
    let what = "counting what no promise covers";
    let sql = of_brands!(
        tx,
        "SELECT k.platform, k.language, COUNT(*) AS n FROM cases k
         WHERE k.opened_at >= $2 AND k.opened_at < $3 AND k.needs_answer = 1 AND k.sample = 0 AND k.historic = 0
           AND NOT EXISTS (SELECT 1 FROM obligation o WHERE o.case_id = k.id
                AND o.kind IN ('first_response', 'next_response')) AND",
        "GROUP BY k.platform, k.language"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// How promised answers that fell due in the period went. A breach that stands makes it broken; an
/// annulled one does not. What is past its deadline at `now` is broken, recorded or not.
pub async fn promised(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
) -> Result<Vec<Figures>, StoreError> {
    let what = "counting promises";
    let sql = of_brands!(
        tx,
        "SELECT w.platform, w.language, w.kind,
            CAST(SUM(CASE WHEN w.late = 0 AND w.state = 'kept' THEN 1 ELSE 0 END) AS BIGINT) AS kept,
            CAST(SUM(w.late) AS BIGINT) AS broken,
            CAST(SUM(CASE WHEN w.state IN ('kept', 'broken') THEN 1 ELSE 0 END) AS BIGINT) AS answered,
            CAST(SUM(CASE WHEN w.late = 0 AND w.state IN ('void', 'lapsed') THEN 1 ELSE 0 END) AS BIGINT) AS ended
         FROM (SELECT k.platform, k.language, o.kind, o.state,
                CASE WHEN o.state = 'broken' OR (o.state = 'running' AND o.due_at < $4)
                    OR EXISTS (SELECT 1 FROM clock_event e WHERE e.case_id = o.case_id AND e.wait = o.wait
                        AND e.stage = 100 AND e.annulled_at IS NULL) THEN 1 ELSE 0 END AS late
            FROM obligation o JOIN cases k ON k.id = o.case_id
            WHERE o.due_at >= $2 AND o.due_at < $3 AND o.kind IN ('first_response', 'next_response')
              AND k.sample = 0 AND k.historic = 0
              AND NOT EXISTS (SELECT 1 FROM obligation n WHERE n.case_id = o.case_id AND n.wait = o.wait
                    AND n.part > o.part) AND",
        ") w GROUP BY w.platform, w.language, w.kind"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).bind(now.millis()).all(tx).await.during(what)
}

/// What is open and needs an answer at `now`.
pub async fn open_now(tx: &mut Tx, brands: &[String], now: Timestamp) -> Result<Vec<OpenNow>, StoreError> {
    let what = "counting what is open";
    let sql = of_brands!(
        tx,
        "SELECT k.platform, k.language, COUNT(*) AS open_now,
            CAST(SUM(CASE WHEN k.due_at < $2 THEN 1 ELSE 0 END) AS BIGINT) AS late,
            CAST(SUM(CASE WHEN k.due_at >= $2 AND EXISTS (SELECT 1 FROM obligation o WHERE o.case_id = k.id
                AND o.state = 'running' AND o.kind IN ('first_response', 'next_response') AND o.due_at >= $2
                AND o.due_at - o.target_ms / 5 <= $2) THEN 1 ELSE 0 END) AS BIGINT) AS soon
         FROM cases k WHERE k.open = 1 AND k.needs_answer = 1 AND k.sample = 0 AND k.historic = 0 AND",
        "GROUP BY k.platform, k.language"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(now.millis()).all(tx).await.during(what)
}

/// Median (by the wall clock, and in the hours of the promise) and 90th percentile of the time from
/// post to first answer, for first answers that were
/// due in the period; by nearest rank, sorted by the database.
pub async fn times(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
    by: ByRow,
) -> Result<Vec<Times>, StoreError> {
    let what = "measuring first answers";
    let sql = of_brands!(
        tx,
        "SELECT r.platform, r.language,
            CAST(MIN(CASE WHEN r.n >= (r.total * 50 + 99) / 100 THEN r.ms END) AS BIGINT) AS median_ms,
            CAST(MIN(CASE WHEN r.m >= (r.total * 50 + 99) / 100 THEN r.counted END) AS BIGINT) AS median_counted_ms,
            CAST(MIN(CASE WHEN r.n >= (r.total * 90 + 99) / 100 THEN r.ms END) AS BIGINT) AS p90_ms
         FROM (SELECT w.platform, w.language, w.ms, w.counted,
                ROW_NUMBER() OVER (PARTITION BY w.platform, w.language ORDER BY w.counted) AS m,
                ROW_NUMBER() OVER (PARTITION BY w.platform, w.language ORDER BY w.ms) AS n,
                COUNT(*) OVER (PARTITION BY w.platform, w.language) AS total
            FROM (SELECT CASE WHEN $4 >= 1 THEN k.platform ELSE '' END AS platform,
                    CASE WHEN $4 >= 2 THEN k.language ELSE '' END AS language,
                    o.ended_at - o.started_at AS ms, COALESCE(o.counted_ms, o.ended_at - o.started_at) AS counted
                FROM obligation o JOIN cases k ON k.id = o.case_id
                WHERE o.due_at >= $2 AND o.due_at < $3 AND o.kind = 'first_response'
                  AND o.state IN ('kept', 'broken') AND k.sample = 0 AND k.historic = 0
                  AND NOT EXISTS (SELECT 1 FROM obligation n WHERE n.case_id = o.case_id AND n.wait = o.wait
                        AND n.part > o.part) AND",
        ") w) r GROUP BY r.platform, r.language"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).bind(by.depth()).all(tx).await.during(what)
}

/// Breaches of a period.
#[derive(Clone, Debug, Default)]
pub struct Breaches {
    /// The first of them, oldest first; annulled ones too.
    pub rows: Vec<BreachRow>,
    /// How many more there are.
    pub not_listed: i64,
}

/// Breaches that fell due in the period, at most `max` listed.
pub async fn breaches(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
    max: usize,
) -> Result<Breaches, StoreError> {
    let what = "reading breaches";
    let text = json(what, brands)?;
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let sql = of_brands!(
        tx,
        "SELECT b.name AS brand, k.number, k.platform, k.language, k.level, e.kind, o.started_at, e.at, e.recorded_at,
            o.ended_at, o.state, e.cause, e.parts, e.annulled_evidence,
            COALESCE((SELECT s.sector FROM case_sector s WHERE s.brand_id = k.brand_id AND s.case_id = k.id), '') AS sector
         FROM clock_event e JOIN cases k ON k.id = e.case_id JOIN brand b ON b.id = k.brand_id
            JOIN obligation o ON o.case_id = e.case_id AND o.wait = e.wait
         WHERE e.stage = 100 AND e.at >= $2 AND e.at < $3 AND k.sample = 0 AND k.historic = 0
           AND NOT EXISTS (SELECT 1 FROM obligation n WHERE n.case_id = o.case_id AND n.wait = o.wait
                AND n.part > o.part) AND",
        "ORDER BY e.at, e.case_id, e.wait LIMIT $4"
    );
    let rows: Vec<BreachRow> =
        query(sql).bind(&text).bind(from.millis()).bind(to.millis()).bind(max).all(tx).await.during(what)?;
    let listed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if listed < max {
        return Ok(Breaches { rows, not_listed: 0 });
    }
    let sql = of_brands!(
        tx,
        "SELECT COUNT(*) FROM clock_event e JOIN cases k ON k.id = e.case_id
         WHERE e.stage = 100 AND e.at >= $2 AND e.at < $3 AND k.sample = 0 AND k.historic = 0 AND",
        ""
    );
    let (all,): (i64,) =
        query(sql).bind(&text).bind(from.millis()).bind(to.millis()).one(tx).await.during(what)?;
    Ok(Breaches { rows, not_listed: (all - listed).max(0) })
}

/// The names of brands; none are asked for if all count.
pub async fn brand_names(tx: &mut Tx, brands: &[String]) -> Result<Vec<String>, StoreError> {
    if brands.is_empty() {
        return Ok(Vec::new());
    }
    let what = "reading brands";
    let sql = tx.pick(
        "SELECT name FROM brand WHERE id IN (SELECT value FROM json_each($1)) ORDER BY name",
        "SELECT name FROM brand WHERE id IN (SELECT jsonb_array_elements_text($1::jsonb)) ORDER BY name",
    );
    let text = json(what, brands)?;
    let rows: Vec<(String,)> = query(sql).bind(text).all(tx).await.during(what)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}
