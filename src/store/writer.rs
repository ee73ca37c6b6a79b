//! The one connection that writes to SQLite, and the transaction on it.
//!
//! It is held by one writer at a time, in the order in which they came. A pool of one would do the
//! same, but asks the connection before and after each use whether it is still there: two trips to
//! its thread while others wait. A transaction that ends without a commit is rolled back by whoever
//! comes next, before anything else.

use super::turns::{Changing, Turns};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Error};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

/// The writer's connection; cheap to clone.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Mutex<Option<Held>>>);

#[derive(Debug)]
struct Held {
    connection: SqliteConnection,
    /// Whether a transaction was begun and not seen to its end.
    is_open: bool,
}

/// A transaction that writes; others wait until it is dropped.
#[derive(Debug)]
pub struct Writing {
    // Told before the connection is let go.
    _changing: Option<Changing>,
    held: OwnedMappedMutexGuard<Option<Held>, Held>,
}

impl Writer {
    /// Opens the connection.
    pub async fn open(options: &SqliteConnectOptions) -> Result<Self, Error> {
        let connection = options.connect().await?;
        Ok(Self(Arc::new(Mutex::new(Some(Held { connection, is_open: false })))))
    }

    /// Waits for one's turn and begins to write.
    pub async fn begin(&self, turns: &Turns, changes: bool) -> Result<Writing, Error> {
        let held = OwnedMutexGuard::try_map(self.0.clone().lock_owned().await, Option::as_mut);
        let mut held = held.map_err(|_| Error::PoolClosed)?;
        if held.is_open {
            // It may have ended by itself, which is an error here and fine.
            let _ = sqlx::query("ROLLBACK").execute(&mut held.connection).await;
        }
        held.is_open = true;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut held.connection).await?;
        Ok(Writing { _changing: changes.then(|| turns.changing()), held })
    }

    /// Gives back the memory of pages that nobody needs now; whoever writes is waited for.
    pub async fn slim(&self) -> Result<(), Error> {
        match self.0.lock().await.as_mut() {
            Some(held) if !held.is_open => {
                sqlx::query("PRAGMA shrink_memory").execute(&mut held.connection).await.map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Counts for the planner how far each index tells rows apart, of the tables that have grown since; whoever writes is
    /// waited for. Without it the planner takes any two indexes for equally good, and a question about one case may be
    /// answered by reading the whole brand. A bounded look at each index, so that it takes no longer as the file grows.
    pub async fn count_indexes(&self) -> Result<(), Error> {
        match self.0.lock().await.as_mut() {
            Some(held) if !held.is_open => {
                // The counts only: a look without a bound would keep samples of what stands in the rows, too.
                let sql = "PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002";
                sqlx::raw_sql(sql).execute(&mut held.connection).await.map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Moves the write-ahead log into the file and cuts it to nothing; tells whether all of it could be moved.
    pub async fn empty_log(&self) -> Result<bool, Error> {
        match self.0.lock().await.as_mut() {
            Some(held) if !held.is_open => {
                let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
                let (busy, _, _): (i64, i64, i64) =
                    sqlx::query_as(sql).fetch_one(&mut held.connection).await?;
                Ok(busy == 0)
            }
            _ => Ok(false),
        }
    }

    /// Closes the connection; whoever writes is waited for.
    pub async fn close(&self) {
        let held = self.0.lock().await.take();
        if let Some(held) = held {
            // A connection that cannot be closed is gone all the same.
            let _ = held.connection.close().await;
        }
    }
}

impl Writing {
    /// Ends the transaction; what it wrote is on the disk when this returns.
    pub async fn commit(mut self) -> Result<(), Error> {
        sqlx::query("COMMIT").execute(&mut self.held.connection).await?;
        self.held.is_open = false;
        Ok(())
    }

    /// Takes back what it wrote and lets go of the lock.
    pub async fn roll_back(mut self) -> Result<(), Error> {
        sqlx::query("ROLLBACK").execute(&mut self.held.connection).await?;
        self.held.is_open = false;
        Ok(())
    }
}

impl Deref for Writing {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.held.connection
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.held.connection
    }
}

/// A transaction on SQLite.
#[derive(Debug)]
pub enum SqliteTx {
    /// One that writes.
    Writes(Writing),
    /// One that reads one consistent view.
    Reads(sqlx::Transaction<'static, sqlx::Sqlite>),
}

impl SqliteTx {
    /// Ends it.
    pub async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Writes(writing) => writing.commit().await,
            Self::Reads(tx) => tx.commit().await,
        }
    }

    /// Takes it back.
    pub async fn roll_back(self) -> Result<(), Error> {
        match self {
            Self::Writes(writing) => writing.roll_back().await,
            Self::Reads(tx) => tx.rollback().await,
        }
    }
}

impl Deref for SqliteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Writes(writing) => writing,
            Self::Reads(tx) => tx,
        }
    }
}

impl DerefMut for SqliteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Writes(writing) => writing,
            Self::Reads(tx) => tx,
        }
    }
}
