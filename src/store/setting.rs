//! Brands and other settings that live as versioned rows: immutable, the highest version counts.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// One version of a setting.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SettingVersion {
        /// `brand`, `policy`, `source`, …
        pub kind: String,
        /// Its name.
        pub name: String,
        /// From 1.
        pub version: i64,
        /// `file:HASH`, or the person who made it.
        pub origin: String,
        /// The setting itself, a JSON object.
        pub body: String,
        /// When it was made.
        pub created_at: i64,
        /// From when it counts, where that is later.
        pub counts_from: Option<i64>,
    }
}

row! {
    /// A brand's row: its id and the last short number given to a case.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BrandRow {
        /// Id.
        pub id: String,
        /// Its name, unique.
        pub name: String,
        /// The last short number.
        pub last_case_number: i64,
    }
}

/// The current version of every setting of a kind.
pub async fn current(tx: &mut Tx, kind: &str) -> Result<Vec<SettingVersion>, StoreError> {
    let sql = "SELECT s.kind, s.name, s.version, s.origin, s.body, s.created_at, s.counts_from FROM setting_version s
         WHERE s.kind = $1 AND s.version =
            (SELECT MAX(o.version) FROM setting_version o WHERE o.kind = s.kind AND o.name = s.name)
         ORDER BY s.name";
    query(sql).bind(kind).all(tx).await.during("reading settings")
}

/// Every version of every setting of a kind.
pub async fn all_versions(tx: &mut Tx, kind: &str) -> Result<Vec<SettingVersion>, StoreError> {
    let sql = "SELECT kind, name, version, origin, body, created_at, counts_from FROM setting_version WHERE kind = $1";
    query(sql).bind(kind).all(tx).await.during("reading settings")
}

/// How many versions of settings of a kind there are.
pub async fn count(tx: &mut Tx, kind: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM setting_version WHERE kind = $1";
    let (n,): (i64,) = query(sql).bind(kind).one(tx).await.during("counting settings")?;
    Ok(n)
}

/// One version of a setting.
pub async fn version(
    tx: &mut Tx,
    kind: &str,
    name: &str,
    version: i64,
) -> Result<Option<SettingVersion>, StoreError> {
    let sql = "SELECT kind, name, version, origin, body, created_at, counts_from FROM setting_version
         WHERE kind = $1 AND name = $2 AND version = $3";
    query(sql).bind(kind).bind(name).bind(version).maybe(tx).await.during("reading a setting")
}

/// Adds a version of a setting, whatever stands; it counts from `from` on, or from now. Returns its number.
pub async fn add(
    tx: &mut Tx,
    (kind, name): (&str, &str),
    (origin, body): (&str, &str),
    from: Option<Timestamp>,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let what = "writing a version of a setting";
    let sql = "SELECT COALESCE(MAX(version), 0) + 1 FROM setting_version WHERE kind = $1 AND name = $2";
    let (next,): (i64,) = query(sql).bind(kind).bind(name).one(tx).await.during(what)?;
    let sql = "INSERT INTO setting_version (kind, name, version, origin, body, created_at, counts_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(kind)
        .bind(name)
        .bind(next)
        .bind(origin)
        .bind(body)
        .bind(now.millis())
        .bind(from.map(Timestamp::millis))
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    Ok(next)
}

/// The version of each setting of a kind that stands at an instant, with its origin: the latest of those that count.
pub async fn standing(
    tx: &mut Tx,
    kind: &str,
    now: Timestamp,
) -> Result<Vec<(String, i64, String)>, StoreError> {
    let sql = "SELECT s.name, s.version, s.origin FROM setting_version s
         WHERE s.kind = $1 AND s.version = (SELECT MAX(o.version) FROM setting_version o
            WHERE o.kind = s.kind AND o.name = s.name AND (o.counts_from IS NULL OR o.counts_from <= $2))";
    query(sql).bind(kind).bind(now.millis()).all(tx).await.during("reading which settings stand")
}

/// The versions of one setting, the latest first.
pub async fn versions_of(
    tx: &mut Tx,
    kind: &str,
    name: &str,
    limit: i64,
) -> Result<Vec<SettingVersion>, StoreError> {
    let sql = "SELECT kind, name, version, origin, body, created_at, counts_from FROM setting_version
         WHERE kind = $1 AND name = $2 ORDER BY version DESC LIMIT $3";
    query(sql).bind(kind).bind(name).bind(limit).all(tx).await.during("reading the versions of a setting")
}

/// Makes `body` the current version of a setting; an equal one stays as it is. Returns the version.
pub async fn put(
    tx: &mut Tx,
    kind: &str,
    name: &str,
    origin: &str,
    body: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let sql = "SELECT version, body FROM setting_version WHERE kind = $1 AND name = $2 ORDER BY version DESC LIMIT 1";
    let last: Option<(i64, String)> =
        query(sql).bind(kind).bind(name).maybe(tx).await.during("reading a setting")?;
    let next = match last {
        Some((version, same)) if same == body => return Ok(version),
        Some((version, _)) => version + 1,
        None => 1,
    };
    let sql = "INSERT INTO setting_version (kind, name, version, origin, body, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    query(sql)
        .bind(kind)
        .bind(name)
        .bind(next)
        .bind(origin)
        .bind(body)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a setting")?;
    Ok(next)
}

/// The row of a brand by name, made with `id` if there is none.
pub async fn brand(tx: &mut Tx, id: &str, name: &str, now: Timestamp) -> Result<BrandRow, StoreError> {
    let sql = "INSERT INTO brand (id, name, last_case_number, created_at) VALUES ($1, $2, 0, $3)
         ON CONFLICT (name) DO NOTHING";
    query(sql).bind(id).bind(name).bind(now.millis()).run(tx).await.map(|_| ()).during("writing a brand")?;
    let sql = "SELECT id, name, last_case_number FROM brand WHERE name = $1";
    query(sql).bind(name).one(tx).await.during("reading a brand")
}

/// All brands by name.
pub async fn brands(tx: &mut Tx) -> Result<Vec<BrandRow>, StoreError> {
    let sql = "SELECT id, name, last_case_number FROM brand ORDER BY name";
    query(sql).all(tx).await.during("reading brands")
}
