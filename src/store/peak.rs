//! Planned peaks and the crisis switch as stored. Words stand in `content`: `ID/title`, `ID/words`, `ID/lines`.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// A planned peak, or a crisis.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PeakRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// `peak` or `crisis`.
        pub kind: String,
        /// When it begins.
        pub starts_at: i64,
        /// When it ends by itself.
        pub until_at: i64,
        /// Who stands by, a JSON list of ids.
        pub standby: String,
        /// Who entered it.
        pub made_by: String,
        /// When.
        pub made_at: i64,
        /// When somebody ended it before.
        pub ended_at: Option<i64>,
        /// Who.
        pub ended_by: Option<String>,
        /// How many minutes somebody may expect to wait while it lasts, if a lead said so.
        pub wait_minutes: Option<i64>,
    }
}

impl PeakRow {
    /// Whether it holds at an instant.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.ended_at.is_none() && self.starts_at <= at.millis() && at.millis() < self.until_at
    }

    /// One of its words in `content`: `title`, `words` or `lines`.
    pub fn content_id(&self, what: &str) -> String {
        format!("{}/{what}", self.id)
    }
}

/// Writes one, new or as it stands now.
pub async fn put(tx: &mut Tx, p: &PeakRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO peak (id, brand_id, kind, starts_at, until_at, standby, made_by, made_at, ended_at, ended_by,
            wait_minutes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, ended_by = excluded.ended_by";
    query(sql)
        .bind(&p.id)
        .bind(&p.brand_id)
        .bind(&p.kind)
        .bind(p.starts_at)
        .bind(p.until_at)
        .bind(&p.standby)
        .bind(&p.made_by)
        .bind(p.made_at)
        .bind(p.ended_at)
        .bind(&p.ended_by)
        .bind(p.wait_minutes)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a peak")
}

/// One of a brand by id.
pub async fn get(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<PeakRow>, StoreError> {
    let sql = "SELECT * FROM peak WHERE brand_id = $1 AND id = $2";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a peak")
}

/// Those that nobody has ended, of all brands, crises first, then the last to end: whoever knows the time leaves out what is over.
/// At most `limit` of crises and of peaks each, so that crises that were over by themselves hide no peak.
pub async fn running(tx: &mut Tx, limit: i64) -> Result<Vec<PeakRow>, StoreError> {
    let sql = "SELECT x.* FROM (SELECT * FROM (SELECT * FROM peak WHERE ended_at IS NULL AND kind = 'crisis'
                ORDER BY until_at DESC, id LIMIT $1) c
            UNION ALL SELECT * FROM (SELECT * FROM peak WHERE ended_at IS NULL AND kind <> 'crisis'
                ORDER BY until_at DESC, id LIMIT $1) p) x
         ORDER BY CASE x.kind WHEN 'crisis' THEN 0 ELSE 1 END, x.until_at DESC, x.id";
    query(sql).bind(limit).all(tx).await.during("reading peaks")
}

/// Whoever enters a peak of a brand waits here for one who does so in the same moment.
pub async fn hold(tx: &mut Tx, brand_id: &str) -> Result<(), StoreError> {
    let sql = tx.pick("SELECT id FROM brand WHERE id = $1", "SELECT id FROM brand WHERE id = $1 FOR UPDATE");
    let _: Vec<(String,)> = query(sql).bind(brand_id).all(tx).await.during("holding a brand's peaks")?;
    Ok(())
}

/// Whether the crisis switch of a brand is on.
pub async fn is_crisis(tx: &mut Tx, brand_id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM peak WHERE brand_id = $1 AND kind = 'crisis' AND ended_at IS NULL
         AND starts_at <= $2 AND until_at > $2";
    let (n,): (i64,) =
        query(sql).bind(brand_id).bind(now.millis()).one(tx).await.during("reading the crisis switch")?;
    Ok(n > 0)
}

/// How many minutes somebody who writes to a brand now may expect to wait, as leads said of what holds; the longest counts.
pub async fn expected_wait(tx: &mut Tx, brand_id: &str, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT MAX(wait_minutes) FROM peak WHERE brand_id = $1 AND ended_at IS NULL
         AND starts_at <= $2 AND until_at > $2";
    let (n,): (Option<i64>,) = query(sql)
        .bind(brand_id)
        .bind(now.millis())
        .one(tx)
        .await
        .during("reading the wait that is expected")?;
    Ok(n)
}

/// How many open cases of a brand are parked while its crisis switch is on, counted to `most` only.
pub async fn parked(tx: &mut Tx, brand_id: &str, now: Timestamp, most: i64) -> Result<i64, StoreError> {
    if !is_crisis(tx, brand_id, now).await? {
        return Ok(0);
    }
    let sql =
        "SELECT COUNT(*) FROM (SELECT 1 FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1
         AND level IN (4, 5) AND (snoozed_until IS NULL OR snoozed_until <= $2) LIMIT $3) p";
    let (n,): (i64,) = query(sql)
        .bind(brand_id)
        .bind(now.millis())
        .bind(most)
        .one(tx)
        .await
        .during("counting what is parked")?;
    Ok(n)
}
