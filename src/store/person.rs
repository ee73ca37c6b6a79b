//! People, their log-ins, and the counts of failed tries.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// A person as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PersonRow {
        /// Id.
        pub id: String,
        /// The name by which they log in.
        pub login: String,
        /// The name shown.
        pub name: String,
        /// Their role.
        pub role: String,
        /// The hash of their password, if they have one.
        pub password: Option<String>,
        /// Since when they may no longer log in.
        pub disabled_at: Option<i64>,
        /// The brands that they see, as a JSON list of ids; nothing for all.
        pub brands: Option<String>,
    }
}

row! {
    /// A log-in as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SessionRow {
        /// The person.
        pub person_id: String,
        /// The token that forms must carry.
        pub csrf: String,
        /// When it was last used.
        pub seen_at: i64,
        /// Until when it holds in any case.
        pub until_ms: i64,
        /// When its holder last showed who they are.
        pub proved_at: Option<i64>,
        /// From which network it began.
        pub source: String,
        /// Which provider let its holder in; empty where none did.
        pub provider: String,
    }
}

row! {
    /// An open log-in, for lists.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OpenRow {
        /// The hash of its token.
        pub token_hash: String,
        /// When it began.
        pub created_at: i64,
        /// When it was last used.
        pub seen_at: i64,
        /// Until when it holds in any case.
        pub until_ms: i64,
        /// From which network it began.
        pub source: String,
    }
}

/// The log-ins of a person that are open: not over, and used after `idle`; the last used first.
pub async fn sessions(
    tx: &mut Tx,
    person: &str,
    now: Timestamp,
    idle: Timestamp,
) -> Result<Vec<OpenRow>, StoreError> {
    let sql = "SELECT token_hash, created_at, seen_at, until_ms, source FROM login_session
         WHERE person_id = $1 AND until_ms > $2 AND seen_at > $3 ORDER BY seen_at DESC, token_hash";
    query(sql).bind(person).bind(now.millis()).bind(idle.millis()).all(tx).await.during("listing log-ins")
}

/// Ends the log-in of a person whose hash begins like this; tells how many there were.
pub async fn end_named(tx: &mut Tx, person: &str, beginning: &str) -> Result<u64, StoreError> {
    let sql = "DELETE FROM login_session WHERE person_id = $1 AND substr(token_hash, 1, length($2)) = $2";
    query(sql).bind(person).bind(beginning).run(tx).await.during("ending a log-in")
}

/// Gives a log-in another token, and notes where its holder showed who they are; tells whether there was one. Its forms
/// hold on, so that what is typed in another tab meanwhile can still be sent.
pub async fn prove_session(
    tx: &mut Tx,
    (hash, fresh): (&str, &str),
    person: &str,
    proved: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE login_session SET proved_at = COALESCE($3, proved_at), token_hash = $4
         WHERE token_hash = $1 AND person_id = $2";
    let done = query(sql)
        .bind(hash)
        .bind(person)
        .bind(proved.map(Timestamp::millis))
        .bind(fresh)
        .run(tx)
        .await
        .during("noting a proof")?;
    Ok(done > 0)
}

/// Adds a person; a login that is taken is a conflict.
pub async fn add(tx: &mut Tx, p: &PersonRow, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO person (id, login, name, role, password, created_at, brands) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    query(sql)
        .bind(&p.id)
        .bind(&p.login)
        .bind(&p.name)
        .bind(&p.role)
        .bind(&p.password)
        .bind(now.millis())
        .bind(&p.brands)
        .run(tx)
        .await
        .map(|_| ())
        .during("adding a person")
}

/// A person by login.
pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<PersonRow>, StoreError> {
    let sql = "SELECT id, login, name, role, password, disabled_at, brands FROM person WHERE login = $1";
    query(sql).bind(login).maybe(tx).await.during("looking a person up")
}

/// A person by id.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<PersonRow>, StoreError> {
    let sql = "SELECT id, login, name, role, password, disabled_at, brands FROM person WHERE id = $1";
    query(sql).bind(id).maybe(tx).await.during("looking a person up")
}

/// All persons by login.
pub async fn all(tx: &mut Tx) -> Result<Vec<PersonRow>, StoreError> {
    let sql = "SELECT id, login, name, role, password, disabled_at, brands FROM person ORDER BY login";
    query(sql).all(tx).await.during("listing people")
}

/// What somebody chose for their pages: language and zone.
pub async fn chosen(tx: &mut Tx, id: &str) -> Result<(Option<String>, Option<String>), StoreError> {
    let sql = "SELECT page_language, page_zone FROM person WHERE id = $1";
    let found: Option<(Option<String>, Option<String>)> =
        query(sql).bind(id).maybe(tx).await.during("reading what somebody chose")?;
    Ok(found.unwrap_or_default())
}

/// Says what somebody chose.
pub async fn choose(
    tx: &mut Tx,
    id: &str,
    (language, zone): (Option<&str>, Option<&str>),
) -> Result<(), StoreError> {
    let sql = "UPDATE person SET page_language = $2, page_zone = $3 WHERE id = $1";
    query(sql)
        .bind(id)
        .bind(language)
        .bind(zone)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting what somebody chose")
}

/// Sets a person's password.
pub async fn set_password(tx: &mut Tx, id: &str, hash: &str) -> Result<(), StoreError> {
    let sql = "UPDATE person SET password = $2 WHERE id = $1";
    query(sql).bind(id).bind(hash).run(tx).await.map(|_| ()).during("setting a password")
}

/// Says what somebody is and which brands they see, and ends their log-ins, so that it holds at once.
pub async fn set_place(tx: &mut Tx, id: &str, role: &str, brands: Option<&str>) -> Result<(), StoreError> {
    let what = "setting a role";
    let sql = "UPDATE person SET role = $2, brands = $3 WHERE id = $1";
    query(sql).bind(id).bind(role).bind(brands).run(tx).await.map(|_| ()).during(what)?;
    let sql = "DELETE FROM login_session WHERE person_id = $1";
    query(sql).bind(id).run(tx).await.map(|_| ()).during(what)
}

/// Says what somebody is, at once and also in log-ins that stand.
pub async fn set_role(tx: &mut Tx, id: &str, role: &str) -> Result<(), StoreError> {
    let sql = "UPDATE person SET role = $2 WHERE id = $1";
    query(sql).bind(id).bind(role).run(tx).await.map(|_| ()).during("setting a role")
}

/// How many see every brand with this role, may log in, and are not this person.
pub async fn others_in_role(tx: &mut Tx, role: &str, but: &str) -> Result<i64, StoreError> {
    let sql =
        "SELECT COUNT(*) FROM person WHERE role = $1 AND id <> $2 AND disabled_at IS NULL AND brands IS NULL";
    let (n,): (i64,) = query(sql).bind(role).bind(but).one(tx).await.during("counting people")?;
    Ok(n)
}

/// Disables a person and ends their log-ins; tells whether there is such a person.
pub async fn disable(tx: &mut Tx, login: &str, now: Timestamp) -> Result<bool, StoreError> {
    let Some(person) = by_login(tx, login).await? else { return Ok(false) };
    let sql = "UPDATE person SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL";
    query(sql).bind(&person.id).bind(now.millis()).run(tx).await.map(|_| ()).during("disabling a person")?;
    for sql in
        ["DELETE FROM login_session WHERE person_id = $1", "DELETE FROM login_link WHERE person_id = $1"]
    {
        query(sql).bind(&person.id).run(tx).await.map(|_| ()).during("ending log-ins")?;
    }
    Ok(true)
}

/// Stores a one-time link by the hash of its token.
pub async fn add_link(tx: &mut Tx, hash: &str, person: &str, until: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO login_link (token_hash, person_id, until_ms) VALUES ($1, $2, $3)";
    query(sql)
        .bind(hash)
        .bind(person)
        .bind(until.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("making a log-in link")
}

/// Uses a one-time link up; the person it was for, if it still held.
pub async fn use_link(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
    let sql = "UPDATE login_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND until_ms > $2
         RETURNING person_id";
    let found: Option<(String,)> =
        query(sql).bind(hash).bind(now.millis()).maybe(tx).await.during("using a log-in link")?;
    Ok(found.map(|(id,)| id))
}

/// Stores a log-in by the hash of its token.
pub async fn add_session(tx: &mut Tx, hash: &str, s: &SessionRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO login_session (token_hash, person_id, csrf, created_at, seen_at, until_ms, proved_at, source, provider)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8)";
    query(sql)
        .bind(hash)
        .bind(&s.person_id)
        .bind(&s.csrf)
        .bind(s.seen_at)
        .bind(s.until_ms)
        .bind(s.proved_at)
        .bind(&s.source)
        .bind(&s.provider)
        .run(tx)
        .await
        .map(|_| ())
        .during("logging in")
}

/// A log-in by the hash of its token.
pub async fn session(tx: &mut Tx, hash: &str) -> Result<Option<SessionRow>, StoreError> {
    let sql = "SELECT person_id, csrf, seen_at, until_ms, proved_at, source, provider FROM login_session WHERE token_hash = $1";
    query(sql).bind(hash).maybe(tx).await.during("looking a log-in up")
}

/// Notes that a log-in was used.
pub async fn touch_session(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE login_session SET seen_at = $2 WHERE token_hash = $1";
    query(sql).bind(hash).bind(now.millis()).run(tx).await.map(|_| ()).during("noting a log-in")
}

/// Ends a log-in.
pub async fn end_session(tx: &mut Tx, hash: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM login_session WHERE token_hash = $1";
    query(sql).bind(hash).run(tx).await.map(|_| ()).during("logging out")
}

/// Counts one try in a window and returns how many there were, this one included.
pub async fn count_try(tx: &mut Tx, name: &str, window_start: Timestamp) -> Result<i64, StoreError> {
    let sql = "INSERT INTO rate_count (name, window_start, n) VALUES ($1, $2, 1)
         ON CONFLICT (name, window_start) DO UPDATE SET n = rate_count.n + 1 RETURNING n";
    let (n,): (i64,) =
        query(sql).bind(name).bind(window_start.millis()).one(tx).await.during("counting tries")?;
    Ok(n)
}

/// How many tries there were in the windows since an instant.
pub async fn tries(tx: &mut Tx, name: &str, since: Timestamp) -> Result<i64, StoreError> {
    let sql =
        "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM rate_count WHERE name = $1 AND window_start >= $2";
    let (n,): (i64,) = query(sql).bind(name).bind(since.millis()).one(tx).await.during("counting tries")?;
    Ok(n)
}

/// The instant before which no try is taken under a name, in milliseconds; 0 without one. It
/// stands where the counts stand, as the number of a window.
pub async fn waits_until(tx: &mut Tx, name: &str, since: Timestamp) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(MAX(n), 0) FROM rate_count WHERE name = $1 AND window_start >= $2";
    let (until,): (i64,) =
        query(sql).bind(name).bind(since.millis()).one(tx).await.during("looking at a wait")?;
    Ok(until)
}

/// Sets the instant before which no try is taken under a name.
pub async fn set_wait(
    tx: &mut Tx,
    name: &str,
    window_start: Timestamp,
    until: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO rate_count (name, window_start, n) VALUES ($1, $2, $3)
         ON CONFLICT (name, window_start) DO UPDATE SET n = excluded.n";
    query(sql)
        .bind(name)
        .bind(window_start.millis())
        .bind(until.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("setting a wait")
}

/// Gives one try back, or all tries under a name, with the wait that they led to.
pub async fn give_back(
    tx: &mut Tx,
    name: &str,
    window_start: Timestamp,
    all: bool,
) -> Result<(), StoreError> {
    let what = "giving tries back";
    if all {
        let sql = "DELETE FROM rate_count WHERE name = $1 OR name = $2";
        let wait = format!("wait:{name}");
        return query(sql).bind(name).bind(wait).run(tx).await.map(|_| ()).during(what);
    }
    let sql = "UPDATE rate_count SET n = n - 1 WHERE name = $1 AND window_start = $2 AND n > 0";
    query(sql).bind(name).bind(window_start.millis()).run(tx).await.map(|_| ()).during(what)
}

/// Ends all log-ins of a person but one.
pub async fn end_other_sessions(tx: &mut Tx, person: &str, kept: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM login_session WHERE person_id = $1 AND token_hash <> $2";
    query(sql).bind(person).bind(kept).run(tx).await.map(|_| ()).during("ending log-ins")
}
