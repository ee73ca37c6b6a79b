//! What a backup and a restore need of the store: a whole copy of a running SQLite file, and the ledger of erasures
//! in a form that can be laid over what a backup brings back.

use super::open::OpenError;
use super::query::query;
use super::restored::{self, Shut};
use super::{During, StoreError, Tx, bulk, list};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::path::Path;

/// Copies the database of a folder into a new file, as it stands at one instant, beside whoever works on it.
///
/// # Errors
/// The database's; the target must not be there.
pub async fn copy(folder: &Path, to: &Path) -> Result<(), OpenError> {
    const WHAT: &str = "copying the database";
    let options = SqliteConnectOptions::new().filename(folder.join("webcared.db")).create_if_missing(false);
    let mut connection = options.connect().await.during(WHAT)?;
    let target = to.display().to_string();
    let copied = sqlx::query("VACUUM INTO $1").bind(target).execute(&mut connection).await;
    let closed = connection.close().await;
    copied.during(WHAT)?;
    closed.during(WHAT)?;
    Ok(())
}

/// Whether a file is a database of ours that is whole; tells the number of its last migration.
///
/// # Errors
/// The database's; [`StoreError::Refused`] with what is wrong with it.
pub async fn look(file: &Path) -> Result<i64, StoreError> {
    const WHAT: &str = "looking at a backup";
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false).read_only(true);
    let mut connection = options.connect().await.during(WHAT)?;
    let (word,): (String,) =
        sqlx::query_as("PRAGMA quick_check(1)").fetch_one(&mut connection).await.during(WHAT)?;
    let version =
        sqlx::query_as::<_, (i64,)>("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&mut connection);
    let version = version.await.during(WHAT);
    connection.close().await.during(WHAT)?;
    if word != "ok" {
        return Err(StoreError::Refused(format!("{}: damaged: {word}", file.display())));
    }
    Ok(version?.0)
}

/// What must not come back: keyed hashes, and the key; and who was shut out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The key of the hashes; none where nothing was ever erased.
    pub key: Option<String>,
    /// Posts: hash, when, until when, why.
    pub posts: Vec<(String, i64, i64, String)>,
    /// Accounts: hash, when, until when.
    pub accounts: Vec<(String, i64, i64)>,
    /// Accounts that are not watched: hash, label, when, by whom.
    pub objections: Vec<(String, String, i64, String)>,
    /// Who was shut out; nobody in copies of before this was kept.
    #[serde(default)]
    pub shut: Shut,
}

/// Reads the ledger.
pub async fn ledger(tx: &mut Tx) -> Result<Ledger, StoreError> {
    const WHAT: &str = "reading the ledger of erasures";
    let key = super::intake::gone_key(tx).await?;
    let sql = "SELECT hash, at, until_ms, why FROM gone ORDER BY hash";
    let posts = query(sql).all(tx).await.during(WHAT)?;
    let sql = "SELECT hash, at, until_ms FROM erased_account ORDER BY hash";
    let accounts = query(sql).all(tx).await.during(WHAT)?;
    let sql = "SELECT hash, label, at, set_by FROM objection ORDER BY hash";
    let objections = query(sql).all(tx).await.during(WHAT)?;
    Ok(Ledger { key, posts, accounts, objections, shut: restored::shut(tx).await? })
}

/// Lays a ledger over the one that stands.
pub async fn lay(tx: &mut Tx, ledger: &Ledger) -> Result<(), StoreError> {
    const WHAT: &str = "laying the ledger of erasures over a backup";
    restored::shut_again(tx, &ledger.shut).await?;
    let Some(key) = &ledger.key else { return Ok(()) };
    let sql = "INSERT INTO meta (name, value) VALUES ('gone_key', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    query(sql).bind(key).run(tx).await.map(|_| ()).during(WHAT)?;
    let sql = list!(
        tx,
        "INSERT INTO gone (hash, at, until_ms, why)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), j.value->>3 FROM",
        "WHERE true ON CONFLICT (hash) DO UPDATE SET until_ms = excluded.until_ms, why = excluded.why"
    );
    bulk::run(tx, WHAT, sql, &ledger.posts).await?;
    let sql = list!(
        tx,
        "INSERT INTO erased_account (hash, at, until_ms)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (hash) DO UPDATE SET at = excluded.at, until_ms = excluded.until_ms"
    );
    bulk::run(tx, WHAT, sql, &ledger.accounts).await?;
    let sql = list!(
        tx,
        "INSERT INTO objection (hash, label, at, set_by)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), j.value->>3 FROM",
        "WHERE true ON CONFLICT (hash) DO NOTHING"
    );
    bulk::run(tx, WHAT, sql, &ledger.objections).await
}

/// Every account: id, platform, authority, id there, and when the last of their posts came.
pub async fn accounts(tx: &mut Tx) -> Result<Vec<(String, String, String, String, i64)>, StoreError> {
    let sql = "SELECT a.id, a.platform, a.authority, a.external_id, COALESCE(MAX(m.received_at), 0)
         FROM author a LEFT JOIN mention m ON m.author_id = a.id WHERE a.erased_at IS NULL
         GROUP BY a.id, a.platform, a.authority, a.external_id";
    query(sql).all(tx).await.during("reading accounts of a backup")
}

/// Posts behind a number of the search index that still have words, at most `limit`.
pub async fn posts_after(
    tx: &mut Tx,
    seq: i64,
    limit: i64,
) -> Result<Vec<super::subject::SubjectPost>, StoreError> {
    let sql = "SELECT id, seq, platform, authority, external_id FROM mention
         WHERE seq > $1 AND deleted_at IS NULL ORDER BY seq LIMIT $2";
    query(sql).bind(seq).bind(limit).all(tx).await.during("reading posts of a backup")
}
