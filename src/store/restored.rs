//! After a restore: what was about to be sent is held, for the world may have it already, until people have looked; and
//! whoever was shut out since stays out.

use super::query::query;
use super::{During, StoreError, Tx, bulk, list};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Who was shut out, by id and when: a backup knows nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shut {
    /// People who may not log in any more.
    pub people: Vec<(String, i64)>,
    /// Tokens of programs that were taken back.
    pub tokens: Vec<(String, i64)>,
    /// Addresses for calendars that were taken back.
    pub feeds: Vec<(String, i64)>,
}

/// Who is shut out at present.
pub async fn shut(tx: &mut Tx) -> Result<Shut, StoreError> {
    const WHAT: &str = "reading who was shut out";
    let sql = "SELECT id, disabled_at FROM person WHERE disabled_at IS NOT NULL ORDER BY id";
    let people = query(sql).all(tx).await.during(WHAT)?;
    let sql = "SELECT id, revoked_at FROM api_token WHERE revoked_at IS NOT NULL ORDER BY id";
    let tokens = query(sql).all(tx).await.during(WHAT)?;
    let sql = "SELECT id, revoked_at FROM planner_feed WHERE revoked_at IS NOT NULL ORDER BY id";
    let feeds = query(sql).all(tx).await.during(WHAT)?;
    Ok(Shut { people, tokens, feeds })
}

/// Shuts them out again.
pub async fn shut_again(tx: &mut Tx, shut: &Shut) -> Result<(), StoreError> {
    const WHAT: &str = "shutting out again whom a backup lets in";
    let sql = list!(
        tx,
        "UPDATE person SET disabled_at = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE person.id = j.value->>0 AND person.disabled_at IS NULL"
    );
    bulk::run(tx, WHAT, sql, &shut.people).await?;
    let sql = list!(
        tx,
        "UPDATE api_token SET revoked_at = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE api_token.id = j.value->>0 AND api_token.revoked_at IS NULL"
    );
    bulk::run(tx, WHAT, sql, &shut.tokens).await?;
    let sql = list!(
        tx,
        "UPDATE planner_feed SET revoked_at = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE planner_feed.id = j.value->>0 AND planner_feed.revoked_at IS NULL"
    );
    bulk::run(tx, WHAT, sql, &shut.feeds).await
}

/// Ends all log-ins and what leads to one: they may have been ended, and links used up, since the backup.
pub async fn end_log_ins(tx: &mut Tx) -> Result<(), StoreError> {
    for sql in ["DELETE FROM login_session", "DELETE FROM login_link", "DELETE FROM login_step"] {
        query(sql).run(tx).await.map(|_| ()).during("ending log-ins of before a restore")?;
    }
    Ok(())
}

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
