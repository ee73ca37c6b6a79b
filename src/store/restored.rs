//! After a restore: what was about to be sent is held, for the world may have it already, until people have looked.

use super::query::query;
use super::{During, StoreError, Tx};
use crate::domain::time::Timestamp;

/// Holds all that was about to be sent, and what was on its way; stops all sending. Alerts and reports of before are
/// called off, for their time is over. Returns how many are held.
pub async fn hold_all(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let what = "holding what was about to be sent";
    let sql = "UPDATE action SET state = 'cancelled', settled_at = $1, token = token + 1, lease_until = NULL,
            detail = 'of before a restore'
         WHERE state IN ('held', 'ready', 'claimed', 'sending', 'unknown')
           AND kind IN ('alert', 'digest', 'duty', 'incident', 'offer', 'report', 'shift', 'shift_ask', 'source')";
    query(sql).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    let sql = "UPDATE action SET state = 'held', token = token + 1, lease_until = NULL, look_at = NULL,
            decided_by = NULL, detail = 'restored from a backup: it may have gone already; look before it goes'
         WHERE state IN ('ready', 'claimed', 'sending')";
    let held = query(sql).run(tx).await.during(what)?;
    let sql = "UPDATE action SET look_at = NULL WHERE state = 'unknown'";
    query(sql).run(tx).await.map(|_| ()).during(what)?;
    let sql = "DELETE FROM lease";
    query(sql).run(tx).await.map(|_| ()).during(what)?;
    let sql = "INSERT INTO meta (name, value) VALUES ('restored_at', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    query(sql).bind(now.millis().to_string()).run(tx).await.map(|_| ()).during(what)?;
    super::outbox::turn_sending(tx, true, ("restore", "restored from a backup"), now).await?;
    Ok(held)
}

/// Whether this database came from a backup and something of then is still held.
pub async fn is_held(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM action WHERE state = 'held' AND detail LIKE 'restored from%' LIMIT 1) a
         WHERE EXISTS (SELECT 1 FROM meta WHERE name = 'restored_at')";
    let (n,): (i64,) = query(sql).one(tx).await.during("looking what a restore held")?;
    Ok(n > 0)
}
