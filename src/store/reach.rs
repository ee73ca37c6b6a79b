//! Reaching a PostgreSQL server: what every connection is told, why there is none, one that may take its time, and what the
//! server is.

use super::{During, StoreError};
use crate::domain::time::Span;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection, PgPool};
use std::str::FromStr;

const CONNECTING: &str = "connecting to PostgreSQL";
/// How long it is tried: a server that is just starting is waited for.
const TRIED_FOR: Span = Span::seconds(10);
/// How long it has to say why there is no connection.
const ASKED_FOR: Span = Span::seconds(3);

/// The connections on which everybody works.
pub(super) async fn pool(url: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .during("reading the database URL")?
        .application_name("webcared")
        .options([
            ("idle_in_transaction_session_timeout", "15s"),
            ("lock_timeout", "5s"),
            ("statement_timeout", "30s"),
            // Statements here are short: compiling one takes longer than running it.
            ("jit", "off"),
        ]);
    let pool = PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(TRIED_FOR.to_std())
        .connect_with(options.clone())
        .await;
    match pool {
        Err(sqlx::Error::PoolTimedOut) => Err::<PgPool, _>(why_none(&options).await).during(CONNECTING),
        other => other.during(CONNECTING),
    }
}

/// The pool tries on where nobody answers and knows in the end that it took too long; one connection by itself says why.
async fn why_none(options: &PgConnectOptions) -> sqlx::Error {
    match tokio::time::timeout(ASKED_FOR.to_std(), options.connect()).await {
        Ok(Err(error)) => error,
        // It would come now, or never.
        Ok(Ok(_)) | Err(_) => sqlx::Error::PoolTimedOut,
    }
}

/// A connection for the schema, on which a statement may take as long as it takes: so may a new index on millions of rows.
pub(super) async fn unhurried(pool: &PgPool) -> Result<PgConnection, StoreError> {
    let mut one = pool.acquire().await.during(CONNECTING)?.detach();
    sqlx::query("SET statement_timeout = 0").execute(&mut one).await.during(CONNECTING)?;
    Ok(one)
}

/// Refuses a database in which nothing was made yet to whoever only reads.
pub(super) async fn refuse_empty(pool: &PgPool) -> Result<(), StoreError> {
    let sql = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let (is_made,): (bool,) = sqlx::query_as(sql).fetch_one(pool).await.during("looking for the schema")?;
    if is_made {
        return Ok(());
    }
    let what = "there is nothing in it yet; wanted is one on which the daemon has run, or another command that writes";
    Err(StoreError::Refused(what.to_owned()))
}

/// What a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its version, as it says it.
    pub version: String,
    /// Whether it takes no writes, as one that only follows another.
    pub is_read_only: bool,
}

/// Logs in once and asks.
pub async fn look(url: &str) -> Result<Server, StoreError> {
    let pool = pool(url).await?;
    let sql = "SELECT current_setting('server_version'), current_setting('transaction_read_only')";
    let asked: Result<(String, String), sqlx::Error> = sqlx::query_as(sql).fetch_one(&pool).await;
    pool.close().await;
    let (version, read_only) = asked.during("asking PostgreSQL what it is")?;
    Ok(Server { version, is_read_only: read_only == "on" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_as_such() {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("postgres://nobody@127.0.0.1:{port}/none");
        let error = why_none(&PgConnectOptions::from_str(&url).unwrap()).await;
        assert!(error.to_string().contains("refused"), "{error}");
    }
}
