//! Tokens of the interface for programs, and what was done under a key of theirs.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// A token as stored; of the token itself only a hash.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TokenRow {
        /// Id.
        pub id: String,
        /// The SHA-256 of the token.
        pub hash: String,
        /// What people call it.
        pub name: String,
        /// In whose name it acts.
        pub person_id: String,
        /// Its scopes, words with spaces between them.
        pub scopes: String,
        /// Its brands by name, a JSON list; an empty one means all.
        pub brands: String,
        /// When it was made.
        pub created_at: i64,
        /// By whom: a person's id, or `command` for one who may run commands on the machine.
        pub created_by: String,
        /// When it ends by itself.
        pub until_ms: i64,
        /// When it was last used, to the minute.
        pub used_at: Option<i64>,
        /// When it was taken back.
        pub revoked_at: Option<i64>,
    }
}

/// Adds a token.
pub async fn add(tx: &mut Tx, t: &TokenRow) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO api_token (id, hash, name, person_id, scopes, brands, created_at, created_by, until_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    query(sql)
        .bind(&t.id)
        .bind(&t.hash)
        .bind(&t.name)
        .bind(&t.person_id)
        .bind(&t.scopes)
        .bind(&t.brands)
        .bind(t.created_at)
        .bind(&t.created_by)
        .bind(t.until_ms)
        .run(tx)
        .await
        .map(|_| ())
        .during("adding a token")
}

/// The token with a hash, whether or not it is still good.
pub async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<TokenRow>, StoreError> {
    let sql = "SELECT * FROM api_token WHERE hash = $1";
    query(sql).bind(hash).maybe(tx).await.during("looking a token up")
}

/// All tokens, the latest first.
pub async fn all(tx: &mut Tx) -> Result<Vec<TokenRow>, StoreError> {
    let sql = "SELECT * FROM api_token ORDER BY created_at DESC, id DESC";
    query(sql).all(tx).await.during("listing tokens")
}

/// Notes that a token was used.
pub async fn touch(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE api_token SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $2)";
    query(sql).bind(id).bind(now.millis()).run(tx).await.map(|_| ()).during("noting that a token was used")
}

/// Revokes the tokens of no person that somebody made.
pub async fn revoke_made_by(tx: &mut Tx, person: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE api_token SET revoked_at = $2 WHERE created_by = $1 AND revoked_at IS NULL
         AND person_id IN (SELECT id FROM person WHERE role = 'service')";
    query(sql).bind(person).bind(now.millis()).run(tx).await.map(|_| ()).during("revoking tokens")
}

/// Takes a token back; tells whether there was one that was still held.
pub async fn revoke(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE api_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    let changed = query(sql).bind(id).bind(now.millis()).run(tx).await.during("taking a token back")?;
    Ok(changed > 0)
}

row! {
    /// What is done, or was done, under a key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OnceRow {
        /// The token.
        pub token_id: String,
        /// The key that its holder chose.
        pub key: String,
        /// The hash of the request.
        pub request: String,
        /// Whose turn it is.
        pub attempt: String,
        /// 0 while it is carried out, [`DONE`] once something of it was done, then the status that was answered.
        pub status: i64,
        /// The version that was answered.
        pub etag: Option<String>,
        /// The body that was answered.
        pub body: String,
        /// When it began.
        pub at: i64,
        /// Until when nobody else may begin, and then until when it is remembered.
        pub until_ms: i64,
    }
}

/// Begins something under a key. `None` if it may go on; otherwise what is known of that key. A request
/// that was begun and never ended is taken over once its time is up.
pub async fn begin(tx: &mut Tx, wanted: &OnceRow, now: Timestamp) -> Result<Option<OnceRow>, StoreError> {
    let what = "beginning under a key";
    let sql = "INSERT INTO api_once (token_id, key, request, attempt, status, body, at, until_ms)
         VALUES ($1, $2, $3, $4, 0, '', $5, $6)
         ON CONFLICT (token_id, key) DO UPDATE SET request = excluded.request, attempt = excluded.attempt,
             status = 0, etag = NULL, body = '', at = excluded.at, until_ms = excluded.until_ms
         WHERE api_once.until_ms <= excluded.at AND (api_once.status > 0 OR api_once.request = excluded.request)";
    let begun = query(sql)
        .bind(&wanted.token_id)
        .bind(&wanted.key)
        .bind(&wanted.request)
        .bind(&wanted.attempt)
        .bind(now.millis())
        .bind(wanted.until_ms)
        .run(tx)
        .await
        .during(what)?;
    if begun > 0 {
        return Ok(None);
    }
    let sql = "SELECT * FROM api_once WHERE token_id = $1 AND key = $2";
    query(sql).bind(&wanted.token_id).bind(&wanted.key).maybe(tx).await.during(what)
}

/// The status of a key under which something was done and nothing is answered yet.
pub const DONE: i64 = 1;

/// Says under a key that something was done; tells whether it was still this attempt's turn.
pub async fn mark(tx: &mut Tx, row: &OnceRow, until: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE api_once SET until_ms = CASE WHEN status = 0 THEN $4 ELSE until_ms END,
            status = CASE WHEN status = 0 THEN 1 ELSE status END
         WHERE token_id = $1 AND key = $2 AND attempt = $3";
    let changed = query(sql)
        .bind(&row.token_id)
        .bind(&row.key)
        .bind(&row.attempt)
        .bind(until.millis())
        .run(tx)
        .await
        .during("saying under a key that it was done")?;
    Ok(changed > 0)
}

/// Keeps what was answered. Tells whether it was still this attempt's turn.
pub async fn settle(tx: &mut Tx, done: &OnceRow) -> Result<bool, StoreError> {
    let sql = "UPDATE api_once SET status = $4, etag = $5, body = $6, until_ms = $7
         WHERE token_id = $1 AND key = $2 AND attempt = $3 AND status <= 1";
    let changed = query(sql)
        .bind(&done.token_id)
        .bind(&done.key)
        .bind(&done.attempt)
        .bind(done.status)
        .bind(&done.etag)
        .bind(&done.body)
        .bind(done.until_ms)
        .run(tx)
        .await
        .during("keeping an answer under a key")?;
    Ok(changed > 0)
}

/// Forgets an attempt that was refused, so that the key may be used again; where it is not known what became of it, only
/// if nothing of it was done.
pub async fn release(tx: &mut Tx, begun: &OnceRow, refused: bool) -> Result<(), StoreError> {
    let sql = "DELETE FROM api_once WHERE token_id = $1 AND key = $2 AND attempt = $3 AND status <= $4";
    query(sql)
        .bind(&begun.token_id)
        .bind(&begun.key)
        .bind(&begun.attempt)
        .bind(if refused { DONE } else { 0 })
        .run(tx)
        .await
        .map(|_| ())
        .during("giving a key back")
}

/// Forgets what is no longer remembered.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM api_once WHERE until_ms < $1";
    query(sql).bind(before.millis()).run(tx).await.during("forgetting keys")
}
