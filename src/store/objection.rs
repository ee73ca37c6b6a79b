//! Accounts whose posts are not taken in, by keyed hashes.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// One objection: all accounts that bear one label.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ObjectionRow {
        /// What people tell it apart by.
        pub label: String,
        /// Since when.
        pub at: i64,
        /// Who set it: a person's id, or `command`.
        pub set_by: String,
        /// How many accounts.
        pub accounts: i64,
    }
}

/// Adds one; what stands already stays as it is.
pub async fn add(tx: &mut Tx, hash: &str, label: &str, by: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO objection (hash, label, at, set_by) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING";
    query(sql)
        .bind(hash)
        .bind(label)
        .bind(now.millis())
        .bind(by)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting an objection")
}

/// All that stand, latest first.
pub async fn all(tx: &mut Tx) -> Result<Vec<ObjectionRow>, StoreError> {
    let sql = "SELECT label, MIN(at) AS at, MIN(set_by) AS set_by, COUNT(*) AS accounts FROM objection
         GROUP BY label ORDER BY 2 DESC, 1 LIMIT 500";
    query(sql).all(tx).await.during("reading objections")
}

/// Takes one back; tells whether there was one.
pub async fn take_back(tx: &mut Tx, label: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM objection WHERE label = $1";
    let n = query(sql).bind(label).run(tx).await.during("taking an objection back")?;
    Ok(n > 0)
}

/// How many posts were filtered for an objection.
pub async fn filtered(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM inbox WHERE verdict = 'filtered' AND why = 'objection'";
    let (n,): (i64,) = query(sql).one(tx).await.during("counting what was filtered")?;
    Ok(n)
}
