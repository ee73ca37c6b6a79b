//! Money: what may be spent on platforms that charge, and what was.
//!
//! What was spent is kept by credential, day and unit beside the counts of calls; a budget is a brand's on a
//! platform, so that several accounts of one brand share it.

use super::query::query;
use super::{During, StoreError, Tx, bulk, json, list, row};

/// The purse of a source, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The source.
    pub source: String,
    /// The credential that is billed.
    pub credential: String,
    /// The platform.
    pub platform: String,
    /// The brand; empty where there is only one.
    pub brand: String,
    /// The currency.
    pub currency: String,
    /// What may be spent in a month, in millionths.
    pub budget: Option<i64>,
}

row! {
    /// A purse with what its brand has spent in a month.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PurseRow {
        /// The source.
        pub source: String,
        /// The credential that is billed.
        pub credential: String,
        /// The platform.
        pub platform: String,
        /// The brand; empty where there is only one.
        pub brand: String,
        /// The currency.
        pub currency: String,
        /// What may be spent in a month, in millionths.
        pub budget: Option<i64>,
        /// The month of which something was told last.
        pub told_month: String,
        /// The stage that was told then.
        pub told: i64,
        /// What the brand has spent on the platform in that month, in millionths.
        pub spent: i64,
    }
}

row! {
    /// What a source has spent on one unit in a month.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UnitRow {
        /// The source.
        pub source: String,
        /// The unit.
        pub unit: String,
        /// How many.
        pub units: i64,
        /// How much, in millionths.
        pub micros: i64,
    }
}

/// Writes the purse of a source; what was told stays.
pub async fn put(tx: &mut Tx, purse: &Kept) -> Result<(), StoreError> {
    let sql = "INSERT INTO purse (source, credential, platform, brand, currency, budget)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (source) DO UPDATE SET credential = excluded.credential,
            platform = excluded.platform, brand = excluded.brand, currency = excluded.currency, budget = excluded.budget";
    query(sql)
        .bind(&purse.source)
        .bind(&purse.credential)
        .bind(&purse.platform)
        .bind(&purse.brand)
        .bind(&purse.currency)
        .bind(purse.budget)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a purse")
}

/// Adds to what was spent: credential, day, unit, how many, millionths.
pub async fn add(
    tx: &mut Tx,
    currency: &str,
    spent: &[(String, String, String, i64, i64)],
) -> Result<(), StoreError> {
    let sql = list!(
        tx,
        "INSERT INTO api_use (credential, day, unit, units, micros, currency)
         SELECT j.value->>0, j.value->>1, j.value->>2, CAST(j.value->>3 AS BIGINT), CAST(j.value->>4 AS BIGINT),
            j.value->>5 FROM",
        "WHERE true ON CONFLICT (credential, day, unit) DO UPDATE SET units = api_use.units + excluded.units,
            micros = api_use.micros + excluded.micros, currency = excluded.currency"
    );
    let rows: Vec<_> = spent.iter().map(|(c, d, u, n, m)| (c, d, u, *n, *m, currency)).collect();
    bulk::run(tx, "counting what was spent", sql, &rows).await
}

row! {
    /// What was spent on one unit in some days.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SpentRow {
        /// The platform.
        pub platform: String,
        /// The brand; empty where the source serves all of them.
        pub brand: String,
        /// The currency.
        pub currency: String,
        /// The unit.
        pub unit: String,
        /// How many.
        pub units: i64,
        /// How much, in millionths.
        pub micros: i64,
    }
}

/// What these brands (by id; none stands for all) spent from one day to another, both included, by platform, brand and
/// unit. What serves all brands is shown to who sees them all.
pub async fn between(
    tx: &mut Tx,
    brands: &[String],
    first: &str,
    last: &str,
) -> Result<Vec<SpentRow>, StoreError> {
    let what = "reading what was spent in a period";
    let sql = tx.pick(
        "SELECT p.platform, p.brand, p.currency, u.unit, CAST(SUM(u.units) AS BIGINT) AS units,
            CAST(SUM(u.micros) AS BIGINT) AS micros
         FROM (SELECT DISTINCT credential, platform, brand, currency FROM purse) p
         JOIN api_use u ON u.credential = p.credential AND u.unit <> 'call' AND u.day >= $2 AND u.day <= $3
         WHERE $1 = '[]' OR p.brand IN (SELECT b.name FROM brand b
            WHERE b.id IN (SELECT value FROM json_each($1)))
            OR (p.brand = '' AND NOT EXISTS (SELECT 1 FROM brand b
                WHERE b.id NOT IN (SELECT value FROM json_each($1))))
         GROUP BY p.platform, p.brand, p.currency, u.unit ORDER BY p.platform, p.brand, p.currency, u.unit",
        "SELECT p.platform, p.brand, p.currency, u.unit, CAST(SUM(u.units) AS BIGINT) AS units,
            CAST(SUM(u.micros) AS BIGINT) AS micros
         FROM (SELECT DISTINCT credential, platform, brand, currency FROM purse) p
         JOIN api_use u ON u.credential = p.credential AND u.unit <> 'call' AND u.day >= $2 AND u.day <= $3
         WHERE $1 = '[]' OR p.brand IN (SELECT b.name FROM brand b
            WHERE b.id IN (SELECT jsonb_array_elements_text($1::jsonb)))
            OR (p.brand = '' AND NOT EXISTS (SELECT 1 FROM brand b
                WHERE b.id NOT IN (SELECT jsonb_array_elements_text($1::jsonb))))
         GROUP BY p.platform, p.brand, p.currency, u.unit ORDER BY p.platform, p.brand, p.currency, u.unit",
    );
    let text = json(what, &brands)?;
    query(sql).bind(text).bind(first).bind(last).all(tx).await.during(what)
}

/// What a brand has spent on a platform in a month, in millionths.
pub async fn spent(tx: &mut Tx, platform: &str, brand: &str, month: &str) -> Result<i64, StoreError> {
    // One credential may stand behind several sources.
    let sql =
        "SELECT CAST(COALESCE(SUM(u.micros), 0) AS BIGINT) FROM api_use u WHERE substr(u.day, 1, 7) = $3
            AND u.credential IN (SELECT p.credential FROM purse p WHERE p.platform = $1 AND p.brand = $2)";
    query(sql).bind(platform).bind(brand).bind(month).one(tx).await.during("reading what was spent")
}

/// The purses of sources that are configured, with what was spent in a month.
pub async fn all(tx: &mut Tx, month: &str) -> Result<Vec<PurseRow>, StoreError> {
    let sql =
        "SELECT p.source, p.credential, p.platform, p.brand, p.currency, p.budget, p.told_month, p.told,
            CAST(COALESCE((SELECT SUM(u.micros) FROM api_use u WHERE substr(u.day, 1, 7) = $1
                AND u.credential IN (SELECT o.credential FROM purse o WHERE o.platform = p.platform
                    AND o.brand = p.brand)), 0) AS BIGINT) AS spent
         FROM purse p JOIN source s ON s.name = p.source AND s.removed_at IS NULL ORDER BY p.source";
    query(sql).bind(month).all(tx).await.during("reading purses")
}

/// What sources have spent in a month, by unit.
pub async fn by_unit(tx: &mut Tx, month: &str) -> Result<Vec<UnitRow>, StoreError> {
    let sql = "SELECT p.source, u.unit, CAST(SUM(u.units) AS BIGINT) AS units, CAST(SUM(u.micros) AS BIGINT) AS micros
         FROM purse p JOIN api_use u ON u.credential = p.credential AND substr(u.day, 1, 7) = $1 AND u.unit <> 'call'
         GROUP BY p.source, u.unit ORDER BY p.source, u.unit";
    query(sql).bind(month).all(tx).await.during("reading what was spent by unit")
}

/// Notes which stage was told of a brand's budget on a platform.
pub async fn note_told(tx: &mut Tx, purse: &PurseRow, month: &str, stage: i64) -> Result<(), StoreError> {
    let sql = "UPDATE purse SET told_month = $3, told = $4 WHERE platform = $1 AND brand = $2";
    query(sql)
        .bind(&purse.platform)
        .bind(&purse.brand)
        .bind(month)
        .bind(stage)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting that a budget was told of")
}
