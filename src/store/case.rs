//! Reading one case with its clocks, and writing back what was done with it.

use super::query::query;
use super::rows::{CaseRow, ObligationRow};
use super::{During, StoreError, Tx, json, list};

/// A case of a brand by id, locked for what is to be done with it; nothing of another brand is found.
pub async fn get(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<CaseRow>, StoreError> {
    let sql = tx.pick(
        "SELECT * FROM cases WHERE id = $1 AND brand_id = $2",
        "SELECT * FROM cases WHERE id = $1 AND brand_id = $2 FOR UPDATE",
    );
    query(sql).bind(id).bind(brand_id).maybe(tx).await.during("reading a case")
}

/// A case of a brand by id, only to look at it.
pub async fn look(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<CaseRow>, StoreError> {
    let sql = "SELECT * FROM cases WHERE id = $1 AND brand_id = $2";
    query(sql).bind(id).bind(brand_id).maybe(tx).await.during("reading a case")
}

/// The brand that a case belongs to, to find its wall before anything else is read.
pub async fn brand_of(tx: &mut Tx, id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT brand_id FROM cases WHERE id = $1";
    let found: Option<(String,)> = query(sql).bind(id).maybe(tx).await.during("reading a case's brand")?;
    Ok(found.map(|(brand,)| brand))
}

/// The id of a case by its short number.
pub async fn by_number(tx: &mut Tx, brand_id: &str, number: i64) -> Result<Option<String>, StoreError> {
    let sql = "SELECT id FROM cases WHERE brand_id = $1 AND number = $2";
    let found: Option<(String,)> =
        query(sql).bind(brand_id).bind(number).maybe(tx).await.during("reading a case by number")?;
    Ok(found.map(|(id,)| id))
}

/// The ids of cases by brand and short number, each with both; those that are not there are left out.
pub async fn by_numbers(
    tx: &mut Tx,
    named: &[(String, i64)],
) -> Result<Vec<(String, i64, String)>, StoreError> {
    let what = "reading cases by number";
    let sql = list!(
        tx,
        "SELECT k.brand_id, k.number, k.id FROM",
        "JOIN cases k ON k.brand_id = j.value->>0 AND k.number = CAST(j.value->>1 AS BIGINT)"
    );
    let text = json(what, named)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// The clocks of one case.
pub async fn clocks(tx: &mut Tx, id: &str) -> Result<Vec<ObligationRow>, StoreError> {
    let sql = "SELECT * FROM obligation WHERE case_id = $1 ORDER BY wait, part";
    query(sql).bind(id).all(tx).await.during("reading the clocks of a case")
}
