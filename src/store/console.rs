//! What pages, cards and reports read about cases. Every function takes a brand: nothing of one
//! brand shows in another.

use super::rows::CaseEventRow;
use super::{During, StoreError, Tx, on};

/// The events of a case after version `seen`, oldest first.
pub async fn events_since(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    seen: i64,
) -> Result<Vec<CaseEventRow>, StoreError> {
    let sql = "SELECT * FROM case_event WHERE case_id = $1 AND brand_id = $2 AND seq > $3 ORDER BY seq";
    on!(tx, |c| sqlx::query_as(sql).bind(id).bind(brand_id).bind(seen).fetch_all(c).await)
        .during("reading a timeline")
}
