//! What is told at the begin of a shift, and what the one before left. Words stand in `content`: `ID/text`.

use super::query::query;
use super::rows::CaseRow;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

/// Most rows of a kind that are read of one brand.
const LISTED: i64 = 100;

row! {
    /// A line of the briefing.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LineRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// Who wrote it.
        pub written_by: String,
        /// When.
        pub written_at: i64,
        /// Until when it is told.
        pub until_at: i64,
        /// Who approved it.
        pub approved_by: Option<String>,
        /// When.
        pub approved_at: Option<i64>,
        /// Who took it away before its end.
        pub ended_by: Option<String>,
        /// When.
        pub ended_at: Option<i64>,
    }
}

row! {
    /// What was open when a shift changed.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SummaryRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// When the shift changed.
        pub at: i64,
        /// Who made it; empty where nobody did.
        pub made_by: String,
        /// Numbers and counts, JSON.
        pub body: String,
    }
}

row! {
    /// A line that somebody left to the next shift.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct NoteRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// When.
        pub at: i64,
        /// Who.
        pub made_by: String,
    }
}

/// The content that holds the words of a line or of a note.
pub fn content_id(id: &str) -> String {
    format!("{id}/text")
}

/// Writes a line, new or as it stands now.
pub async fn put_line(tx: &mut Tx, l: &LineRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO briefing_line (id, brand_id, written_by, written_at, until_at, approved_by, approved_at,
            ended_by, ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET approved_by = excluded.approved_by, approved_at = excluded.approved_at,
            ended_by = excluded.ended_by, ended_at = excluded.ended_at";
    query(sql)
        .bind(&l.id)
        .bind(&l.brand_id)
        .bind(&l.written_by)
        .bind(l.written_at)
        .bind(l.until_at)
        .bind(&l.approved_by)
        .bind(l.approved_at)
        .bind(&l.ended_by)
        .bind(l.ended_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a line of the briefing")
}

/// One line of a brand.
pub async fn line(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<LineRow>, StoreError> {
    let sql = "SELECT * FROM briefing_line WHERE brand_id = $1 AND id = $2";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a line of the briefing")
}

/// The lines of a brand that hold, the latest first: approved ones, and those that wait for it.
pub async fn lines(tx: &mut Tx, brand_id: &str, now: Timestamp) -> Result<Vec<LineRow>, StoreError> {
    let sql = "SELECT * FROM briefing_line WHERE brand_id = $1 AND ended_at IS NULL AND until_at > $2
         ORDER BY written_at DESC, id LIMIT $3";
    query(sql)
        .bind(brand_id)
        .bind(now.millis())
        .bind(LISTED)
        .all(tx)
        .await
        .during("reading the lines of the briefing")
}

/// Writes a summary; tells whether it is the first of this brand and instant.
pub async fn put_summary(tx: &mut Tx, s: &SummaryRow) -> Result<bool, StoreError> {
    let sql = "INSERT INTO shift_summary (id, brand_id, at, made_by, body) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (brand_id, at) DO NOTHING";
    let done = query(sql)
        .bind(&s.id)
        .bind(&s.brand_id)
        .bind(s.at)
        .bind(&s.made_by)
        .bind(&s.body)
        .run(tx)
        .await
        .during("writing a summary of a shift")?;
    Ok(done > 0)
}

/// The last summary of a brand.
pub async fn last_summary(tx: &mut Tx, brand_id: &str) -> Result<Option<SummaryRow>, StoreError> {
    let sql = "SELECT * FROM shift_summary WHERE brand_id = $1 ORDER BY at DESC LIMIT 1";
    query(sql).bind(brand_id).maybe(tx).await.during("reading the last summary of a shift")
}

/// One summary of a brand.
pub async fn summary(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<SummaryRow>, StoreError> {
    let sql = "SELECT * FROM shift_summary WHERE brand_id = $1 AND id = $2";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a summary of a shift")
}

/// The summaries of a brand before one by its time and id, the latest first.
pub async fn summaries(
    tx: &mut Tx,
    brand_id: &str,
    (at, id): (i64, &str),
    limit: i64,
) -> Result<Vec<SummaryRow>, StoreError> {
    let sql = "SELECT * FROM shift_summary WHERE brand_id = $1 AND (at, id) < ($3, $4)
         ORDER BY at DESC, id DESC LIMIT $2";
    query(sql)
        .bind(brand_id)
        .bind(limit)
        .bind(at)
        .bind(id)
        .all(tx)
        .await
        .during("reading summaries of shifts")
}

/// Writes a note for the next shift.
pub async fn put_note(tx: &mut Tx, n: &NoteRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO shift_note (id, brand_id, at, made_by) VALUES ($1, $2, $3, $4)";
    query(sql)
        .bind(&n.id)
        .bind(&n.brand_id)
        .bind(n.at)
        .bind(&n.made_by)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a note for the next shift")
}

/// The notes of a brand since an instant, the latest first.
pub async fn notes(tx: &mut Tx, brand_id: &str, since: Timestamp) -> Result<Vec<NoteRow>, StoreError> {
    let sql = "SELECT * FROM shift_note WHERE brand_id = $1 AND at >= $2 ORDER BY at DESC, id LIMIT $3";
    query(sql)
        .bind(brand_id)
        .bind(since.millis())
        .bind(LISTED)
        .all(tx)
        .await
        .during("reading notes for the next shift")
}

/// Lets lines, notes and summaries that were over before an instant go, with their words.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    let statements = [
        "DELETE FROM content WHERE id IN (SELECT l.id || '/text' FROM briefing_line l WHERE l.until_at < $1)",
        "DELETE FROM briefing_line WHERE until_at < $1",
        "DELETE FROM content WHERE id IN (SELECT n.id || '/text' FROM shift_note n WHERE n.at < $1)",
        "DELETE FROM shift_note WHERE at < $1",
        "DELETE FROM shift_summary WHERE at < $1",
    ];
    for sql in statements {
        query(sql).bind(before.millis()).run(tx).await.map(|_| ()).during("letting briefings go")?;
    }
    Ok(())
}

row! {
    /// A promise of a brand that is open.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PromisedRow {
        /// The case.
        pub case_id: String,
        /// Its number.
        pub number: i64,
        /// Who has the case.
        pub claimed_by: Option<String>,
        /// Who made the promise.
        pub made_by: String,
        /// Until when.
        pub due_at: i64,
    }
}

/// The promises of a brand that are open and due before an instant, the earliest first.
pub async fn promised(
    tx: &mut Tx,
    brand_id: &str,
    before: Timestamp,
) -> Result<Vec<PromisedRow>, StoreError> {
    let sql = "SELECT k.id AS case_id, k.number, k.claimed_by, p.made_by, o.due_at
         FROM promise p JOIN obligation o ON o.case_id = p.case_id AND o.wait = p.wait
         JOIN cases k ON k.id = p.case_id
         WHERE p.brand_id = $1 AND o.ended_at IS NULL AND o.due_at < $2 AND k.open = 1
         ORDER BY o.due_at, k.id LIMIT $3";
    query(sql)
        .bind(brand_id)
        .bind(before.millis())
        .bind(LISTED)
        .all(tx)
        .await
        .during("reading which promises are due")
}

/// The open cases of a brand that need an answer, from the first level to a last one, by risk.
pub async fn urgent(
    tx: &mut Tx,
    brand_id: &str,
    lowest: i64,
    limit: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    let sql = "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1 AND level <= $2 AND sample = 0
         ORDER BY level, COALESCE(due_at, 9000000000000000), id LIMIT $3";
    query(sql).bind(brand_id).bind(lowest).bind(limit).all(tx).await.during("reading urgent cases")
}

/// How many open cases of a brand need an answer, by level; how many of them are late, and how many nobody has.
pub async fn counts(
    tx: &mut Tx,
    brand_id: &str,
    now: Timestamp,
) -> Result<Vec<(i64, i64, i64, i64)>, StoreError> {
    let sql = "SELECT level, COUNT(*),
            CAST(SUM(CASE WHEN due_at < $2 THEN 1 ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN claimed_by IS NULL OR claimed_until <= $2 THEN 1 ELSE 0 END) AS BIGINT)
         FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1 AND sample = 0 GROUP BY level ORDER BY level";
    query(sql).bind(brand_id).bind(now.millis()).all(tx).await.during("counting what is open")
}

/// The numbers of cases of a brand whose private talk is open.
pub async fn talks(tx: &mut Tx, brand_id: &str, limit: i64) -> Result<Vec<(i64,)>, StoreError> {
    let sql = "SELECT k.number FROM handover h JOIN cases k ON k.id = h.case_id
         WHERE h.brand_id = $1 AND h.state IN ('opened', 'linked') AND k.open = 1 ORDER BY k.number LIMIT $2";
    query(sql).bind(brand_id).bind(limit).all(tx).await.during("reading private talks that are open")
}

/// The numbers of cases of a brand of which a promise was broken since an instant, and not annulled.
pub async fn broken(
    tx: &mut Tx,
    brand_id: &str,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(i64,)>, StoreError> {
    let sql = "SELECT DISTINCT k.number FROM clock_event e JOIN cases k ON k.id = e.case_id
         WHERE e.brand_id = $1 AND e.at >= $2 AND e.stage = 100 AND e.annulled_at IS NULL AND k.sample = 0
         ORDER BY k.number LIMIT $3";
    query(sql).bind(brand_id).bind(since.millis()).bind(limit).all(tx).await.during("reading what was late")
}
