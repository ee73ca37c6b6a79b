//! Leases: what only one process at a time may do, with an epoch that unmasks stale holders.

use super::query::query;
use super::{During, StoreError, Tx};
use crate::domain::time::{Span, Timestamp};

/// How the names of leases begin that writes hold which say what they saw.
pub const SEEN: &str = "seen:";

/// A lease held until an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is for.
    pub name: String,
    /// Rises each time the holder changes.
    pub epoch: i64,
    /// Until when it holds.
    pub until: Timestamp,
}

/// Takes or renews a lease for `owner`; `None` while another holds it. An epoch is above those under which cursors of the
/// source moved, also where the lease itself did not come along: out of a backup or an export.
pub async fn take(
    tx: &mut Tx,
    name: &str,
    owner: &str,
    now: Timestamp,
    span: Span,
) -> Result<Option<Lease>, StoreError> {
    let sql = "INSERT INTO lease (name, owner, epoch, until_ms) VALUES ($1, $2,
            (SELECT COALESCE(MAX(c.epoch), 0) + 1 FROM source_cursor c WHERE 'source:' || c.source = $1), $4)
         ON CONFLICT (name) DO UPDATE SET
            epoch = CASE WHEN lease.owner = excluded.owner THEN lease.epoch
                WHEN excluded.epoch > lease.epoch THEN excluded.epoch ELSE lease.epoch + 1 END,
            owner = excluded.owner, until_ms = excluded.until_ms
         WHERE lease.owner = excluded.owner OR lease.until_ms <= $3
         RETURNING epoch, until_ms";
    let found: Option<(i64, i64)> = query(sql)
        .bind(name)
        .bind(owner)
        .bind(now.millis())
        .bind(now.plus(span).millis())
        .maybe(tx)
        .await
        .during("taking a lease")?;
    Ok(found.map(|(epoch, until)| Lease { name: name.to_owned(), epoch, until: Timestamp(until) }))
}

/// Gives a lease back, if it is still `owner`'s.
pub async fn give_back(tx: &mut Tx, name: &str, owner: &str) -> Result<(), StoreError> {
    let sql = "UPDATE lease SET until_ms = 0 WHERE name = $1 AND owner = $2";
    query(sql).bind(name).bind(owner).run(tx).await.map(|_| ()).during("giving a lease back")
}

/// Ends a lease of `owner`'s whose name does not come again soon: nothing of it is left.
pub async fn end(tx: &mut Tx, name: &str, owner: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM lease WHERE name = $1 AND owner = $2";
    query(sql).bind(name).bind(owner).run(tx).await.map(|_| ()).during("ending a lease")
}

/// Forgets leases that are over and whose names begin with `prefix`: their names come again only by chance, and whoever
/// held them vanished before the end.
pub async fn forget_over(tx: &mut Tx, prefix: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM lease WHERE SUBSTR(name, 1, LENGTH($1)) = $1 AND until_ms <= $2";
    query(sql)
        .bind(prefix)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("forgetting leases that are over")
}

/// Gives back all leases of `owner`.
pub async fn give_all_back(tx: &mut Tx, owner: &str) -> Result<(), StoreError> {
    let sql = "UPDATE lease SET until_ms = 0 WHERE owner = $1";
    query(sql).bind(owner).run(tx).await.map(|_| ()).during("giving leases back")
}

/// Ends what a process held that is gone for certain: its leases, and its claims, of which nothing left. What it was sending
/// may still arrive, so that stays as it is, for as long as a claim holds at most.
pub async fn take_over(tx: &mut Tx, now: Timestamp, claim: Span) -> Result<(), StoreError> {
    let what = "taking over what a process held";
    for sql in [
        "UPDATE lease SET until_ms = 0 WHERE until_ms > 0",
        "UPDATE action SET lease_until = 0 WHERE state = 'claimed'",
    ] {
        query(sql).run(tx).await.map(|_| ()).during(what)?;
    }
    let sql = "UPDATE action SET lease_until = $1 WHERE state = 'sending' AND lease_until > $1";
    query(sql).bind(now.plus(claim).millis()).run(tx).await.map(|_| ()).during(what)
}
