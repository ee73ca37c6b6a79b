//! What was given to customers: rows by case. Why is content.

use super::query::query;
use super::{During, StoreError, Tx, json, of_brands, row};
use crate::domain::time::Timestamp;

row! {
    /// One gift as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct GoodwillRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// What it is, a code.
        pub kind: String,
        /// How much, in millionths.
        pub micros: i64,
        /// The currency.
        pub currency: String,
        /// `granted`, `asked`, `refused` or `taken_back`.
        pub state: String,
        /// Who gave it, or asked to.
        pub made_by: String,
        /// When.
        pub made_at: i64,
        /// How much their role might give then; none for no limit.
        pub limit_micros: Option<i64>,
        /// Who approved, refused or took it back.
        pub decided_by: Option<String>,
        /// When.
        pub decided_at: Option<i64>,
    }
}

impl GoodwillRow {
    /// The content that says why.
    pub fn why_id(&self) -> String {
        format!("{}/why", self.id)
    }
}

/// Writes one, in the place of what it was before.
pub async fn put(tx: &mut Tx, g: &GoodwillRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO goodwill (id, brand_id, case_id, kind, micros, currency, state, made_by, made_at,
            limit_micros, decided_by, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by,
            decided_at = excluded.decided_at";
    query(sql)
        .bind(&g.id)
        .bind(&g.brand_id)
        .bind(&g.case_id)
        .bind(&g.kind)
        .bind(g.micros)
        .bind(&g.currency)
        .bind(&g.state)
        .bind(&g.made_by)
        .bind(g.made_at)
        .bind(g.limit_micros)
        .bind(&g.decided_by)
        .bind(g.decided_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing what was given")
}

/// What was given on a case, in its order.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<GoodwillRow>, StoreError> {
    let sql = "SELECT * FROM goodwill WHERE brand_id = $1 AND case_id = $2 ORDER BY made_at, id";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading what was given on a case")
}

/// How much stands granted on a case, in millionths, with the gestures to its customer. Cases that were joined count as
/// one, whichever of them it was given on.
pub async fn standing(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<i64, StoreError> {
    let sql = "WITH RECURSIVE one(id) AS (
            SELECT CAST($2 AS TEXT)
            UNION
            SELECT CASE WHEN j.into_case = o.id THEN j.from_case ELSE j.into_case END
            FROM one o JOIN handover_join j ON j.into_case = o.id OR j.from_case = o.id
            JOIN cases k ON k.id = j.from_case AND k.brand_id = j.brand_id
            WHERE j.brand_id = $1 AND j.state = 'joined' AND k.ended_why LIKE 'joined #%'
         )
         SELECT CAST(COALESCE(SUM(x.micros), 0) AS BIGINT) FROM (
            SELECT g.micros FROM goodwill g
            WHERE g.brand_id = $1 AND g.state = 'granted' AND g.case_id IN (SELECT id FROM one)
            UNION ALL
            SELECT t.micros FROM gesture t
            WHERE t.brand_id = $1 AND t.micros IS NOT NULL AND t.case_id IN (SELECT id FROM one)
         ) x";
    let (sum,): (i64,) =
        query(sql).bind(brand_id).bind(case_id).one(tx).await.during("adding up what was given on a case")?;
    Ok(sum)
}

row! {
    /// One gift with what it is counted by.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct GivenRow {
        /// The gift by id.
        pub id: String,
        /// The brand by name.
        pub brand: String,
        /// The case.
        pub case_id: String,
        /// Its short number.
        pub number: i64,
        /// What it is, a code.
        pub kind: String,
        /// How much, in millionths.
        pub micros: i64,
        /// The currency.
        pub currency: String,
        /// How it stands.
        pub state: String,
        /// When it was given or asked for.
        pub made_at: i64,
        /// Whether a second person approved it.
        pub approved: i64,
        /// The sector of the case; empty for none.
        pub sector: String,
        /// Why the customer came, as the case ended; empty where nobody said.
        pub back_door: String,
    }
}

/// What was given, asked for, refused or taken back in `[from, to)`. An empty list of brands means all.
pub async fn given(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<GivenRow>, StoreError> {
    let what = "reading what was given";
    let sql = of_brands!(
        tx,
        "SELECT g.id, b.name AS brand, g.case_id, k.number, g.kind, g.micros, g.currency, g.state, g.made_at,
            CAST(CASE WHEN g.decided_by IS NULL THEN 0 ELSE 1 END AS BIGINT) AS approved,
            COALESCE(s.sector, '') AS sector, COALESCE(e.back_door, '') AS back_door
         FROM goodwill g JOIN cases k ON k.id = g.case_id AND k.brand_id = g.brand_id
         JOIN brand b ON b.id = g.brand_id
         LEFT JOIN case_sector s ON s.brand_id = g.brand_id AND s.case_id = g.case_id
         LEFT JOIN ending e ON e.brand_id = g.brand_id AND e.case_id = g.case_id
         WHERE g.made_at >= $2 AND g.made_at < $3 AND k.sample = 0 AND",
        "ORDER BY b.name, g.made_at, g.id"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}
