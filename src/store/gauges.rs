//! What is measured now and then, and what is tidied up: bounded statements over indexes.

use super::query::query;
use super::{During, StoreError, Tx};
use crate::domain::time::Timestamp;

/// Open cases that need an answer, by brand and level: brand, level, how many.
pub async fn open_cases(tx: &mut Tx) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let sql = "SELECT b.name, counted.level, counted.n FROM (
             SELECT brand_id, level, COUNT(*) AS n FROM cases
             WHERE open = 1 AND needs_answer = 1 GROUP BY brand_id, level) counted
         JOIN brand b ON b.id = counted.brand_id";
    query(sql).all(tx).await.during("counting open cases")
}

/// Open cases whose answer is overdue, by brand.
pub async fn late(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT b.name, counted.n FROM (
             SELECT brand_id, COUNT(*) AS n FROM cases
             WHERE open = 1 AND needs_answer = 1 AND due_at < $1 GROUP BY brand_id) counted
         JOIN brand b ON b.id = counted.brand_id";
    query(sql).bind(now.millis()).all(tx).await.during("counting late cases")
}

/// The database's own clock in epoch milliseconds; SQLite has none of its own.
pub async fn database_now(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    if !tx.is_postgres() {
        return Ok(None);
    }
    let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
    let (ms,): (i64,) = query(sql).one(tx).await.during("asking the database's clock")?;
    Ok(Some(Timestamp(ms)))
}

/// Forgets what has run out: log-ins, log-in links, counts of tries, things done once.
pub async fn forget_expired(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let statements = [
        "DELETE FROM login_session WHERE until_ms < $1",
        "DELETE FROM login_link WHERE until_ms < $1",
        "DELETE FROM login_step WHERE until_ms < $1",
        "DELETE FROM once WHERE until_ms < $1",
        "DELETE FROM rate_count WHERE window_start < $1 - 172800000",
    ];
    for sql in statements {
        query(sql).bind(now.millis()).run(tx).await.map(|_| ()).during("forgetting what has run out")?;
    }
    Ok(())
}
