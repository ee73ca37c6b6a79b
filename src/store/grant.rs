//! What is known of the credentials of sources and ticket systems: when they end, what was told of that, and
//! which rights they lack.

use super::each::each;
use super::query::query;
use super::{During, StoreError, Tx, bulk, json, list, row};
use crate::domain::expiry::Expiry;
use crate::domain::time::Timestamp;

/// Who says that something ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The settings.
    Settings,
    /// The platform, by the connector.
    Platform,
}

impl Origin {
    const fn code(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Platform => "platform",
        }
    }
}

row! {
    /// Something that ends.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EndRow {
        /// The source or ticket system.
        pub source: String,
        /// Who says so: `settings` or `platform`.
        pub origin: String,
        /// What it is, in words.
        pub what: String,
        /// When it ends.
        pub at: i64,
        /// 1 if it is renewed without a person.
        pub renews: i64,
        /// The stage that was told last.
        pub told: i64,
    }
}

impl EndRow {
    /// As the arithmetic wants it.
    pub fn expiry(&self) -> Expiry {
        Expiry { what: self.what.clone(), at: Timestamp(self.at), renews: self.renews == 1 }
    }
}

row! {
    /// A right that a credential lacks.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LackRow {
        /// The source.
        pub source: String,
        /// Which right: `answer` or `private`.
        pub of: String,
        /// Why, in plain words.
        pub why: String,
        /// Since when it is known.
        pub since: i64,
        /// When that was told, if it was.
        pub told_at: Option<i64>,
    }
}

/// Writes all that ends of a source as one side says it; what was told of an end that stays is kept.
pub async fn put_ends(tx: &mut Tx, source: &str, origin: Origin, ends: &[Expiry]) -> Result<(), StoreError> {
    let what = "writing when credentials end";
    let names: Vec<(&String,)> = ends.iter().map(|e| (&e.what,)).collect();
    let text = json(what, &names)?;
    let sql = list!(
        tx,
        "DELETE FROM source_end WHERE source = $2 AND origin = $3 AND what NOT IN (SELECT j.value->>0 FROM",
        ")"
    );
    query(sql).bind(text).bind(source).bind(origin.code()).run(tx).await.map(|_| ()).during(what)?;
    let rows: Vec<_> =
        ends.iter().map(|e| (source, origin.code(), &e.what, e.at.millis(), i64::from(e.renews))).collect();
    let sql = list!(
        tx,
        "INSERT INTO source_end (source, origin, what, at, renews, told)
         SELECT j.value->>0, j.value->>1, j.value->>2, CAST(j.value->>3 AS BIGINT), CAST(j.value->>4 AS BIGINT), 0 FROM",
        "WHERE true ON CONFLICT (source, origin, what) DO UPDATE SET renews = excluded.renews, at = excluded.at,
            told = CASE WHEN source_end.at = excluded.at THEN source_end.told ELSE 0 END"
    );
    bulk::run(tx, what, sql, &rows).await
}

/// Everything that ends, of sources that are configured.
pub async fn ends(tx: &mut Tx) -> Result<Vec<EndRow>, StoreError> {
    let sql = "SELECT e.source, e.origin, e.what, e.at, e.renews, e.told FROM source_end e
         JOIN source s ON s.name = e.source AND s.removed_at IS NULL ORDER BY e.source, e.at, e.origin, e.what";
    query(sql).all(tx).await.during("reading when credentials end")
}

/// Notes which stage was told.
pub async fn note_told(tx: &mut Tx, end: &EndRow, stage: i64) -> Result<(), StoreError> {
    let sql = "UPDATE source_end SET told = $4 WHERE source = $1 AND origin = $2 AND what = $3";
    query(sql)
        .bind(&end.source)
        .bind(&end.origin)
        .bind(&end.what)
        .bind(stage)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting that an end was told")
}

/// Writes what was learned of a right: why it lacks, or that it is there.
pub async fn put_right(
    tx: &mut Tx,
    source: &str,
    right: &str,
    why: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = "writing which rights a credential lacks";
    let Some(why) = why else {
        let sql = "DELETE FROM source_lack WHERE source = $1 AND of = $2";
        return query(sql).bind(source).bind(right).run(tx).await.map(|_| ()).during(what);
    };
    let sql = "INSERT INTO source_lack (source, of, why, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (source, of) DO UPDATE SET why = excluded.why";
    query(sql).bind(source).bind(right).bind(why).bind(now.millis()).run(tx).await.map(|_| ()).during(what)
}

/// All rights that are lacking, of sources that are configured.
pub async fn lacks(tx: &mut Tx) -> Result<Vec<LackRow>, StoreError> {
    let sql = "SELECT l.source, l.of, l.why, l.since, l.told_at FROM source_lack l
         JOIN source s ON s.name = l.source AND s.removed_at IS NULL ORDER BY l.source, l.of";
    query(sql).all(tx).await.during("reading which rights are lacking")
}

/// Why a source lacks a right, if it does.
pub async fn lack_of(tx: &mut Tx, source: &str, right: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT why FROM source_lack WHERE source = $1 AND of = $2";
    query(sql).bind(source).bind(right).maybe(tx).await.during("reading whether a right is lacking")
}

/// Notes that a lack was told.
pub async fn note_lack_told(tx: &mut Tx, lack: &LackRow, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE source_lack SET told_at = $3 WHERE source = $1 AND of = $2";
    query(sql)
        .bind(&lack.source)
        .bind(&lack.of)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting that a lack was told")
}

/// Forgets all lacks: a start may come with new credentials, and what still lacks is learned anew.
pub async fn forget_lacks(tx: &mut Tx, sources: &[String]) -> Result<(), StoreError> {
    let sql = list!(tx, "DELETE FROM source_lack WHERE source IN (SELECT j.value->>0 FROM", ")");
    bulk::run(tx, "forgetting which rights were lacking", sql, &each(sources)).await
}
