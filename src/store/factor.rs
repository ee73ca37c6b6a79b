//! What lets people in beside a password: apps for codes, recovery codes, passkeys, accounts at a provider; what was
//! begun on the way in; and what they are told of it.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// An app for codes as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AppRow {
        /// Its secret, sealed.
        pub sealed: Vec<u8>,
        /// When its first code was right; nothing until then.
        pub confirmed_at: Option<i64>,
        /// The last step of which a code was taken.
        pub last_step: i64,
    }
}

row! {
    /// A passkey as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PasskeyRow {
        /// The id that the authenticator gave it, in base 64 for addresses.
        pub id: String,
        /// Whose it is.
        pub person_id: String,
        /// What they call it.
        pub name: String,
        /// The number of its algorithm in COSE.
        pub algorithm: i64,
        /// Its public key, as it is checked by.
        pub public_key: Vec<u8>,
        /// How often it has signed, as it says itself.
        pub sign_count: i64,
        /// When it was added.
        pub created_at: i64,
        /// When it was last used.
        pub used_at: Option<i64>,
    }
}

row! {
    /// Something begun on the way in.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct StepRow {
        /// What.
        pub kind: String,
        /// By whom, where that is known.
        pub person_id: String,
        /// What must be remembered until it goes on.
        pub body: String,
        /// Until when it may go on.
        pub until_ms: i64,
    }
}

row! {
    /// Something that others did to somebody's account.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ToldRow {
        /// Its number.
        pub id: i64,
        /// When.
        pub at: i64,
        /// What, as a word of the interface.
        pub what: String,
        /// By whom, by id; empty for a command on the machine.
        pub made_by: String,
    }
}

/// Begins an app for codes, in the place of one that was begun and not confirmed; tells whether it stands now.
pub async fn begin_app(tx: &mut Tx, person: &str, sealed: &[u8], now: Timestamp) -> Result<bool, StoreError> {
    let sql = "INSERT INTO code_app (person_id, sealed, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (person_id) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at
         WHERE code_app.confirmed_at IS NULL";
    let n = query(sql)
        .bind(person)
        .bind(sealed)
        .bind(now.millis())
        .run(tx)
        .await
        .during("beginning an app for codes")?;
    Ok(n > 0)
}

/// Somebody's app for codes.
pub async fn app(tx: &mut Tx, person: &str) -> Result<Option<AppRow>, StoreError> {
    let sql = "SELECT sealed, confirmed_at, last_step FROM code_app WHERE person_id = $1";
    query(sql).bind(person).maybe(tx).await.during("reading an app for codes")
}

/// Takes the code of a step of a confirmed app, once; tells whether it was still to be had.
pub async fn take_step(tx: &mut Tx, person: &str, step: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE code_app SET last_step = $2
         WHERE person_id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL";
    let n = query(sql).bind(person).bind(step).run(tx).await.during("taking a code")?;
    Ok(n > 0)
}

/// Confirms the app that was begun with this secret, by the step of its first code; tells whether there was one.
pub async fn confirm_app(
    tx: &mut Tx,
    person: &str,
    (sealed, step): (&[u8], i64),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE code_app SET last_step = $2, confirmed_at = $3
         WHERE person_id = $1 AND last_step < $2 AND confirmed_at IS NULL AND sealed = $4";
    let n = query(sql)
        .bind(person)
        .bind(step)
        .bind(now.millis())
        .bind(sealed)
        .run(tx)
        .await
        .during("confirming an app for codes")?;
    Ok(n > 0)
}

/// Takes an app away, and the recovery codes with it.
pub async fn remove_app(tx: &mut Tx, person: &str) -> Result<(), StoreError> {
    for sql in ["DELETE FROM code_app WHERE person_id = $1", "DELETE FROM recovery_code WHERE person_id = $1"]
    {
        query(sql).bind(person).run(tx).await.map(|_| ()).during("removing an app for codes")?;
    }
    Ok(())
}

/// Puts recovery codes, by their hashes, in the place of those before.
pub async fn put_recovery(tx: &mut Tx, person: &str, hashes: &[String]) -> Result<(), StoreError> {
    let what = "keeping recovery codes";
    let sql = "DELETE FROM recovery_code WHERE person_id = $1";
    query(sql).bind(person).run(tx).await.map(|_| ()).during(what)?;
    let sql = "INSERT INTO recovery_code (person_id, hash) VALUES ($1, $2)";
    for hash in hashes {
        query(sql).bind(person).bind(hash).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(())
}

/// Uses a recovery code up; tells whether it was still good.
pub async fn use_recovery(tx: &mut Tx, person: &str, hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE recovery_code SET used_at = $3 WHERE person_id = $1 AND hash = $2 AND used_at IS NULL";
    let n = query(sql)
        .bind(person)
        .bind(hash)
        .bind(now.millis())
        .run(tx)
        .await
        .during("using a recovery code")?;
    Ok(n > 0)
}

/// What somebody has: whether an app that is confirmed, how many passkeys, how many recovery codes that are left.
pub async fn ways(tx: &mut Tx, person: &str) -> Result<(bool, i64, i64), StoreError> {
    let sql = "SELECT (SELECT COUNT(*) FROM code_app WHERE person_id = $1 AND confirmed_at IS NOT NULL),
            (SELECT COUNT(*) FROM passkey WHERE person_id = $1),
            (SELECT COUNT(*) FROM recovery_code WHERE person_id = $1 AND used_at IS NULL)";
    let (apps, passkeys, codes): (i64, i64, i64) =
        query(sql).bind(person).one(tx).await.during("counting ways in")?;
    Ok((apps > 0, passkeys, codes))
}

/// Adds a passkey; an id that is known already is a conflict.
pub async fn add_passkey(tx: &mut Tx, p: &PasskeyRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO passkey (id, person_id, name, algorithm, public_key, sign_count, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(&p.id)
        .bind(&p.person_id)
        .bind(&p.name)
        .bind(p.algorithm)
        .bind(&p.public_key)
        .bind(p.sign_count)
        .bind(p.created_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("adding a passkey")
}

/// Somebody's passkeys, oldest first.
pub async fn passkeys(tx: &mut Tx, person: &str) -> Result<Vec<PasskeyRow>, StoreError> {
    let sql =
        "SELECT id, person_id, name, algorithm, public_key, sign_count, created_at, used_at FROM passkey
         WHERE person_id = $1 ORDER BY created_at, id";
    query(sql).bind(person).all(tx).await.during("reading passkeys")
}

/// A passkey by id.
pub async fn passkey(tx: &mut Tx, id: &str) -> Result<Option<PasskeyRow>, StoreError> {
    let sql =
        "SELECT id, person_id, name, algorithm, public_key, sign_count, created_at, used_at FROM passkey
         WHERE id = $1";
    query(sql).bind(id).maybe(tx).await.during("looking a passkey up")
}

/// Notes that a passkey was used; not if its count went on meanwhile, which is told.
pub async fn used_passkey(
    tx: &mut Tx,
    id: &str,
    (before, after): (i64, i64),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE passkey SET sign_count = $3, used_at = $4 WHERE id = $1 AND sign_count = $2";
    let n = query(sql)
        .bind(id)
        .bind(before)
        .bind(after)
        .bind(now.millis())
        .run(tx)
        .await
        .during("noting a passkey")?;
    Ok(n > 0)
}

/// Removes a passkey of somebody's; tells whether there was one.
pub async fn remove_passkey(tx: &mut Tx, person: &str, id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM passkey WHERE person_id = $1 AND id = $2";
    let n = query(sql).bind(person).bind(id).run(tx).await.during("removing a passkey")?;
    Ok(n > 0)
}

/// Removes all passkeys of somebody's.
pub async fn remove_passkeys(tx: &mut Tx, person: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM passkey WHERE person_id = $1";
    query(sql).bind(person).run(tx).await.map(|_| ()).during("removing passkeys")
}

/// Remembers something begun on the way in.
pub async fn add_step(tx: &mut Tx, hash: &str, s: &StepRow) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO login_step (token_hash, kind, person_id, body, until_ms) VALUES ($1, $2, $3, $4, $5)";
    query(sql)
        .bind(hash)
        .bind(&s.kind)
        .bind(&s.person_id)
        .bind(&s.body)
        .bind(s.until_ms)
        .run(tx)
        .await
        .map(|_| ())
        .during("remembering a step")
}

/// What was begun, if it may still go on; it stays.
pub async fn step(
    tx: &mut Tx,
    hash: &str,
    kind: &str,
    now: Timestamp,
) -> Result<Option<StepRow>, StoreError> {
    let sql = "SELECT kind, person_id, body, until_ms FROM login_step
         WHERE token_hash = $1 AND kind = $2 AND until_ms > $3";
    query(sql).bind(hash).bind(kind).bind(now.millis()).maybe(tx).await.during("looking a step up")
}

/// Uses up what was begun; what it was, if it might still go on.
pub async fn use_step(
    tx: &mut Tx,
    hash: &str,
    kind: &str,
    now: Timestamp,
) -> Result<Option<StepRow>, StoreError> {
    let sql = "DELETE FROM login_step WHERE token_hash = $1 AND kind = $2
         RETURNING kind, person_id, body, until_ms";
    let found: Option<StepRow> =
        query(sql).bind(hash).bind(kind).maybe(tx).await.during("using a step up")?;
    Ok(found.filter(|s| s.until_ms > now.millis()))
}

/// Forgets everything that somebody began.
pub async fn forget_steps(tx: &mut Tx, person: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM login_step WHERE person_id = $1";
    query(sql).bind(person).run(tx).await.map(|_| ()).during("forgetting steps")
}

/// Who an account at a provider belongs to.
pub async fn identity(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT person_id FROM person_identity WHERE issuer = $1 AND subject = $2";
    let found: Option<(String,)> = query(sql)
        .bind(issuer)
        .bind(subject)
        .maybe(tx)
        .await
        .during("looking an account at a provider up")?;
    Ok(found.map(|(id,)| id))
}

/// Whether anybody who may log in has an account at a provider, a passkey or an app, or has ever come in.
pub async fn anybody_enters(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM person p WHERE p.disabled_at IS NULL AND p.role <> 'service' AND (
            EXISTS (SELECT 1 FROM person_identity i WHERE i.person_id = p.id)
            OR EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id)
            OR EXISTS (SELECT 1 FROM code_app c WHERE c.person_id = p.id AND c.confirmed_at IS NOT NULL)
            OR EXISTS (SELECT 1 FROM login_session s WHERE s.person_id = p.id)
            OR EXISTS (SELECT 1 FROM audit a WHERE a.person = p.id AND a.act LIKE 'login.%' AND a.outcome = 'done'))";
    let (n,): (i64,) = query(sql).one(tx).await.during("looking who has a way in")?;
    Ok(n > 0)
}

/// Whether somebody has an account at a provider already.
pub async fn has_identity(tx: &mut Tx, issuer: &str, person: &str) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) FROM person_identity WHERE issuer = $1 AND person_id = $2";
    let (n,): (i64,) =
        query(sql).bind(issuer).bind(person).one(tx).await.during("looking an account at a provider up")?;
    Ok(n > 0)
}

/// Ties an account at a provider to somebody.
pub async fn add_identity(
    tx: &mut Tx,
    (issuer, subject): (&str, &str),
    person: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO person_identity (issuer, subject, person_id, created_at) VALUES ($1, $2, $3, $4)";
    query(sql)
        .bind(issuer)
        .bind(subject)
        .bind(person)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("tying an account at a provider")
}

/// Unties every account at a provider from somebody.
pub async fn remove_identities(tx: &mut Tx, person: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM person_identity WHERE person_id = $1";
    query(sql).bind(person).run(tx).await.map(|_| ()).during("untying accounts at a provider")
}

/// Tells somebody what was done to their account.
pub async fn tell(
    tx: &mut Tx,
    (id, person): (i64, &str),
    what: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO person_told (id, person_id, at, what, made_by) VALUES ($1, $2, $3, $4, $5)";
    query(sql)
        .bind(id)
        .bind(person)
        .bind(now.millis())
        .bind(what)
        .bind(by)
        .run(tx)
        .await
        .map(|_| ())
        .during("telling somebody")
}

/// What somebody was told and has not said to have read, oldest first.
pub async fn told(tx: &mut Tx, person: &str) -> Result<Vec<ToldRow>, StoreError> {
    let sql = "SELECT id, at, what, made_by FROM person_told WHERE person_id = $1 AND seen_at IS NULL
         ORDER BY at, id LIMIT 20";
    query(sql).bind(person).all(tx).await.during("reading what was told")
}

/// Notes that somebody has read what they were told, up to one number.
pub async fn saw(tx: &mut Tx, person: &str, up_to: i64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE person_told SET seen_at = $3 WHERE person_id = $1 AND id <= $2 AND seen_at IS NULL";
    query(sql)
        .bind(person)
        .bind(up_to)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting what was read")
}
