//! Where a test's data is: a fresh folder, or a fresh database on the server that was given.

use crate::database::Database;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use std::path::PathBuf;
use tempfile::TempDir;
use webcared::store::{Db, Place, Tx, open};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The server whose commits reach the disk, else any that was given.
fn server() -> Option<String> {
    let named = |name: &str| std::env::var(name).ok();
    named("WEBCARED_TEST_POSTGRES_DURABLE").or_else(|| named("WEBCARED_TEST_POSTGRES"))
}

/// Whether there is a PostgreSQL server; under CI there must be one.
pub fn has_postgres() -> bool {
    let found = server().is_some();
    assert!(found || std::env::var_os("CI").is_none(), "tests/run names a PostgreSQL server under CI");
    found
}

pub struct Data {
    folder: TempDir,
    database: Option<Database>,
}

impl Data {
    pub async fn fresh(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if engine == Engine::Sqlite {
            return Self { folder, database: None };
        }
        Self { folder, database: Some(Database::create(&server().unwrap(), "live").await) }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The flags that name it; each replica has a folder of its own.
    pub fn flags(&self, replica: usize) -> Vec<String> {
        let folder = self.folder().join(format!("data{replica}"));
        let mut flags = vec!["--data".to_owned(), folder.display().to_string()];
        if let Some(database) = &self.database {
            flags.extend(["--database".to_owned(), database.url()]);
        }
        flags
    }

    /// Lets what waits to be looked at again be due now; nobody else may have it open.
    pub async fn time_to_look_again(&self) {
        assert!(self.database.is_none(), "a folder");
        let opened = open::open(&Place::Folder(self.folder().join("data0"))).await.unwrap();
        let due = opened.db.write("a test", |tx| {
            Box::pin(async move {
                let Tx::Sqlite(t) = tx else { unreachable!() };
                sqlx::query("UPDATE recheck SET next_at = 0").execute(&mut **t).await.map(|_| ()).unwrap();
                Ok(())
            })
        });
        due.await.unwrap();
        opened.db.close().await;
    }

    /// Opens it to look, beside whoever works on it.
    pub async fn look(&self) -> Look {
        let place = match &self.database {
            Some(database) => Place::Postgres(database.url()),
            None => Place::Folder(self.folder().join("data0")),
        };
        Look(open::open_to_read(&place).await.unwrap().db)
    }
}

/// A database that is only read.
pub struct Look(Db);

impl Look {
    pub async fn rows<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        match &self.0 {
            Db::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        }
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.rows::<(i64,)>(sql).await[0].0
    }

    pub async fn close(&self) {
        self.0.close().await;
    }
}
