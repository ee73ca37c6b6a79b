//! What reports to leads count beside [`super::report`]: every kind of promise by brand, channel, level, language or
//! sector, the cases behind a figure, and what else happened in a period. By the same rules: a wait counts when it
//! was due, only its last part counts, and an annulled breach counts as kept.

use super::query::query;
use super::{During, StoreError, Tx, json, leading_more, of_brands, row};
use crate::domain::time::Timestamp;

/// The name of the group in which a case counts, by the dimension in `$5`.
macro_rules! group {
    () => {
        "CASE $5 WHEN 'brand' THEN (SELECT b.name FROM brand b WHERE b.id = k.brand_id)
            WHEN 'channel' THEN k.platform WHEN 'language' THEN k.language
            WHEN 'level' THEN 'P' || CAST(k.level AS TEXT)
            WHEN 'sector' THEN COALESCE((SELECT s.sector FROM case_sector s WHERE s.case_id = k.id), '')
            ELSE '' END"
    };
}
pub(super) use group;

/// The last parts of waits that were due in the period, each with its group and whether it was late at `$4`.
macro_rules! waits {
    () => {
        concat!(
            "SELECT k.id AS case_id, k.number, k.brand_id, ",
            group!(),
            " AS name, o.kind, o.wait, o.state, o.due_at, o.ended_at - o.started_at AS ms,
                CASE WHEN o.state IN ('kept', 'broken') THEN 1 ELSE 0 END AS answered,
                CASE WHEN o.state = 'broken' OR (o.state = 'running' AND o.due_at < $4)
                    OR EXISTS (SELECT 1 FROM clock_event e WHERE e.case_id = o.case_id AND e.wait = o.wait
                        AND e.stage = 100 AND e.annulled_at IS NULL) THEN 1 ELSE 0 END AS late
             FROM obligation o JOIN cases k ON k.id = o.case_id
             WHERE o.due_at >= $2 AND o.due_at < $3 AND k.sample = 0 AND k.historic = 0
               AND NOT EXISTS (SELECT 1 FROM obligation n WHERE n.case_id = o.case_id AND n.wait = o.wait
                    AND n.part > o.part) AND"
        )
    };
}

/// A statement with what is asked in `$1` to `$4`.
macro_rules! asked {
    ($sql:expr, $text:expr, $of:expr) => {
        $crate::store::query::query($sql)
            .bind($text)
            .bind($of.from.millis())
            .bind($of.to.millis())
            .bind($of.now.millis())
    };
}
pub(super) use asked;

/// What is asked of these: brands by id (none means all), a period, and the instant at which it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// The brands.
    pub brands: &'a [String],
    /// First instant.
    pub from: Timestamp,
    /// First instant no longer in it.
    pub to: Timestamp,
    /// Now.
    pub now: Timestamp,
}

row! {
    /// How promises of one kind went in one group.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct KindRow {
        /// The group; empty in the total, and for cases without a sector.
        pub name: String,
        /// `first_response` …
        pub kind: String,
        /// In time.
        pub kept: i64,
        /// Not in time.
        pub broken: i64,
        /// Median of the time it took, of those that ended, by the wall clock.
        pub median_ms: Option<i64>,
        /// 90th percentile.
        pub p90_ms: Option<i64>,
        /// 95th percentile.
        pub p95_ms: Option<i64>,
    }
}

/// Promises by kind, in the groups of a dimension: `brand`, `channel`, `language`, `level`, `sector`, or `total`.
pub async fn kinds(tx: &mut Tx, of: Span<'_>, by: &str) -> Result<Vec<KindRow>, StoreError> {
    let what = "counting promises by kind";
    let sql = of_brands!(
        tx,
        concat!(
            "SELECT r.name, r.kind,
                CAST(SUM(CASE WHEN r.late = 0 AND r.state = 'kept' THEN 1 ELSE 0 END) AS BIGINT) AS kept,
                CAST(SUM(r.late) AS BIGINT) AS broken,
                CAST(MIN(CASE WHEN r.answered = 1 AND r.n >= (r.total * 50 + 99) / 100 THEN r.ms END) AS BIGINT)
                    AS median_ms,
                CAST(MIN(CASE WHEN r.answered = 1 AND r.n >= (r.total * 90 + 99) / 100 THEN r.ms END) AS BIGINT)
                    AS p90_ms,
                CAST(MIN(CASE WHEN r.answered = 1 AND r.n >= (r.total * 95 + 99) / 100 THEN r.ms END) AS BIGINT)
                    AS p95_ms
             FROM (SELECT w.*, ROW_NUMBER() OVER (PARTITION BY w.name, w.kind, w.answered ORDER BY w.ms) AS n,
                    COUNT(*) OVER (PARTITION BY w.name, w.kind, w.answered) AS total
                FROM (",
            waits!()
        ),
        ") w) r GROUP BY r.name, r.kind ORDER BY r.name, r.kind"
    );
    let text = json(what, of.brands)?;
    asked!(sql, text, of).bind(by).all(tx).await.during(what)
}

row! {
    /// Posts of one group.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PostsRow {
        /// The group.
        pub name: String,
        /// How many cases began.
        pub cases: i64,
        /// Of these, how many need an answer.
        pub needing: i64,
    }
}

/// Cases that began in the period, in the groups of a dimension.
pub async fn begun(tx: &mut Tx, of: Span<'_>, by: &str) -> Result<Vec<PostsRow>, StoreError> {
    let what = "counting cases";
    let sql = of_brands!(
        tx,
        concat!(
            "SELECT w.name, COUNT(*) AS cases, CAST(SUM(w.needs_answer) AS BIGINT) AS needing FROM (SELECT ",
            group!(),
            " AS name, k.needs_answer FROM cases k
             WHERE k.opened_at >= $2 AND k.opened_at < $3 AND CAST($4 AS BIGINT) >= 0 AND k.sample = 0 AND k.historic = 0 AND"
        ),
        ") w GROUP BY w.name ORDER BY w.name"
    );
    let text = json(what, of.brands)?;
    asked!(sql, text, of).bind(by).all(tx).await.during(what)
}

/// First and later answers, as one kind of which the cases are listed.
pub const ANSWERS: &str = "answers";

/// The cases behind a figure, by brand and short number, at most `limit` behind one by both: kept (`late` 0) or broken (1) promises of
/// a kind in one group of a dimension.
pub async fn cases_behind(
    tx: &mut Tx,
    of: Span<'_>,
    by: (&str, &str),
    kind: &str,
    late: bool,
    (behind, limit): (Option<(&str, i64)>, i64),
) -> Result<Vec<(String, i64)>, StoreError> {
    let what = "reading the cases of a figure";
    let (name, number) = behind.unwrap_or_default();
    let sql = of_brands!(
        tx,
        concat!("SELECT DISTINCT b.name, w.number FROM (", waits!()),
        ") w JOIN brand b ON b.id = w.brand_id
         WHERE w.name = $6 AND (w.kind = $7 OR ($7 = 'answers' AND w.kind IN ('first_response', 'next_response')))
            AND w.late = CAST($8 AS BIGINT) AND (w.late = 1 OR w.state = 'kept')
            AND (b.name, w.number) > ($10, $11)
         ORDER BY b.name, w.number LIMIT $9"
    );
    let text = json(what, of.brands)?;
    asked!(sql, text, of)
        .bind(by.0)
        .bind(by.1)
        .bind(kind)
        .bind(i64::from(late))
        .bind(limit)
        .bind(name)
        .bind(number)
        .all(tx)
        .await
        .during(what)
}

row! {
    /// What else happened in a period.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct BesideRow {
        /// Private channels offered.
        pub offered: i64,
        /// Customers who came.
        pub opened: i64,
        /// Ties to tickets made.
        pub tied: i64,
        /// First and next answers due that were given by an answer to many, in time.
        pub many_kept: i64,
        /// The same, not in time.
        pub many_broken: i64,
        /// Median of the time from the post on its platform to our receipt, in milliseconds.
        pub delay_median_ms: Option<i64>,
        /// 95th percentile of that.
        pub delay_p95_ms: Option<i64>,
    }
}

/// What else happened in the period.
pub async fn beside(tx: &mut Tx, of: Span<'_>) -> Result<BesideRow, StoreError> {
    let what = "counting what else happened";
    let text = json(what, of.brands)?;
    let (from, to) = (of.from.millis(), of.to.millis());
    let mut found = BesideRow::default();
    let sql = of_brands!(
        tx,
        "SELECT CAST(COALESCE(SUM(CASE WHEN h.offered_at >= $2 AND h.offered_at < $3 THEN 1 ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN h.opened_at >= $2 AND h.opened_at < $3 THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM handover h JOIN cases k ON k.id = h.case_id WHERE k.sample = 0 AND k.historic = 0 AND",
        ""
    );
    (found.offered, found.opened) = query(sql).bind(&text).bind(from).bind(to).one(tx).await.during(what)?;
    let sql = of_brands!(
        tx,
        "SELECT COUNT(*) FROM ticket_link l JOIN cases k ON k.id = l.case_id
         WHERE l.linked_at >= $2 AND l.linked_at < $3 AND k.sample = 0 AND k.historic = 0 AND",
        ""
    );
    (found.tied,) = query(sql).bind(&text).bind(from).bind(to).one(tx).await.during(what)?;
    (found.many_kept, found.many_broken) = leading_more::many(tx, of).await?;
    let sql = of_brands!(
        tx,
        "SELECT CAST(MIN(CASE WHEN r.n >= (r.total * 50 + 99) / 100 THEN r.ms END) AS BIGINT),
            CAST(MIN(CASE WHEN r.n >= (r.total * 95 + 99) / 100 THEN r.ms END) AS BIGINT)
         FROM (SELECT w.ms, ROW_NUMBER() OVER (ORDER BY w.ms) AS n, COUNT(*) OVER () AS total FROM (
            SELECT m.received_at - m.posted_at AS ms FROM mention m
                JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision
                JOIN cases k
                    ON k.id = COALESCE((SELECT z.case_id FROM collecting z WHERE z.id = g.case_id), g.case_id)
            WHERE m.posted_at >= $2 AND m.posted_at < $3 AND m.sample = 0 AND m.historic = 0 AND",
        ") w) r"
    );
    (found.delay_median_ms, found.delay_p95_ms) =
        query(sql).bind(&text).bind(from).bind(to).one(tx).await.during(what)?;
    Ok(found)
}
