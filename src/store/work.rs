//! Bringing work to the database: each piece in one transaction, in a task that nobody's hanging up can cancel.
//!
//! Work is brought at hundreds of places. The task, the transaction, trying again and the result's way back are
//! made once for all of them, over work whose result is of any kind; what is made for each place is no more than
//! putting its work into a box and taking its result out of one.

use super::writer::SqliteTx;
use super::{Db, During, StoreError, Tx, alongside};
use futures_util::future::BoxFuture;
use std::any::Any;

/// How a read begins on PostgreSQL: all its statements see the database as it was at the first.
const ONE_VIEW: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// What a piece of work made, of any kind.
pub(super) type Made = Box<dyn Any + Send>;

/// A piece of work, whatever it makes.
pub(super) type Work = Box<dyn for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<Made, StoreError>> + Send>;

/// What a piece of work is allowed.
#[derive(Clone, Copy, Debug)]
enum Access {
    /// To read, on one view.
    Read,
    /// To write; whether that changes what others have read.
    Write { changes: bool },
}

impl Db {
    /// Runs `work` in a write transaction and commits it. The work goes on to its end even when
    /// the caller is dropped; an error rolls everything back.
    pub fn write<T, F>(&self, what: &'static str, work: F) -> BoxFuture<'_, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    {
        given(what, self.made(what, Access::Write { changes: true }, boxed::<T, F>(work)))
    }

    /// Like [`Db::write`], for short work that somebody waits for: long writes let it pass. It only
    /// adds to the inbox, so that what others have read still holds.
    pub fn write_first<T, F>(&self, what: &'static str, work: F) -> BoxFuture<'_, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    {
        given(what, self.made_first(what, boxed::<T, F>(work)))
    }

    /// Like [`Db::write`], but runs again when another writer won, up to five times.
    pub fn write_again<T, F>(&self, what: &'static str, work: F) -> BoxFuture<'_, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx) -> BoxFuture<'a, Result<T, StoreError>> + Clone + Send + 'static,
    {
        given(what, self.made_again(what, Box::new(move || boxed::<T, F>(work.clone()))))
    }

    /// Runs `work` on one consistent view without writing.
    pub fn read<T, F>(&self, what: &'static str, work: F) -> BoxFuture<'_, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    {
        given(what, self.made(what, Access::Read, boxed::<T, F>(work)))
    }

    /// Whether the file took nothing the last time that something was to be written, as when the disk is full. A
    /// PostgreSQL server tells by itself.
    pub fn is_failing_to_write(&self) -> bool {
        matches!(self, Self::Sqlite { turns, .. } if turns.is_failing())
    }

    fn made(
        &self,
        what: &'static str,
        access: Access,
        work: Work,
    ) -> BoxFuture<'_, Result<Made, StoreError>> {
        Box::pin(async move {
            let work = match access {
                Access::Write { .. } => alongside::joined(work),
                Access::Read => work,
            };
            let task = tokio::spawn(transacted(self.clone(), what, access, work));
            task.await.unwrap_or(Err(StoreError::Interrupted { what }))
        })
    }

    fn made_first(&self, what: &'static str, work: Work) -> BoxFuture<'_, Result<Made, StoreError>> {
        Box::pin(async move {
            let _short = match self {
                Self::Sqlite { turns, .. } => Some(turns.short()),
                Self::Postgres(_) => None,
            };
            self.made(what, Access::Write { changes: false }, work).await
        })
    }

    fn made_again(
        &self,
        what: &'static str,
        mut work: Box<dyn FnMut() -> Work + Send>,
    ) -> BoxFuture<'_, Result<Made, StoreError>> {
        Box::pin(async move {
            let mut tries = 0;
            loop {
                let next = work();
                match self.made(what, Access::Write { changes: true }, next).await {
                    Err(error) if error.is_conflict() && tries < 5 => tries += 1,
                    other => return other,
                }
            }
        })
    }
}

/// Work that makes something, as work that makes anything.
fn boxed<T, F>(work: F) -> Work
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
{
    Box::new(move |tx| kept(work(tx)))
}

/// What is made, boxed; for each kind of result, whatever work makes it.
fn kept<T: Send + 'static>(
    work: BoxFuture<'_, Result<T, StoreError>>,
) -> BoxFuture<'_, Result<Made, StoreError>> {
    Box::pin(async move {
        let made: Made = Box::new(work.await?);
        Ok(made)
    })
}

/// What was made, out of its box.
fn given<'w, T: Send + 'static>(
    what: &'static str,
    made: BoxFuture<'w, Result<Made, StoreError>>,
) -> BoxFuture<'w, Result<T, StoreError>> {
    Box::pin(async move {
        // Nothing else can be in it: the work that filled it makes this.
        made.await?.downcast::<T>().map(|made| *made).map_err(|_| StoreError::Interrupted { what })
    })
}

/// Does the work, and notes where the file took nothing.
async fn transacted(db: Db, what: &'static str, access: Access, work: Work) -> Result<Made, StoreError> {
    let done = in_one(&db, what, access, work).await;
    if let (Db::Sqlite { turns, .. }, Access::Write { .. }) = (&db, access) {
        match &done {
            Ok(_) => turns.wrote(true),
            Err(StoreError::Database { source, .. }) if is_of_the_file(source) => turns.wrote(false),
            // The work itself went wrong.
            Err(_) => {}
        }
    }
    done
}

/// Whether SQLite could not use its file: busy, locked, read-only, unreadable, damaged, full, gone, none of its own.
fn is_of_the_file(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code()?.parse::<i32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 11 | 13 | 14 | 26))
}

/// Does the work in a transaction of its own, and keeps it or takes it back.
async fn in_one(db: &Db, what: &'static str, access: Access, work: Work) -> Result<Made, StoreError> {
    let mut tx = begun(db, access).await.during(what)?;
    match work(&mut tx).await {
        Ok(made) => tx.commit().await.during(what).map(|()| made),
        Err(error) => {
            tx.roll_back().await;
            Err(error)
        }
    }
}

async fn begun(db: &Db, access: Access) -> Result<Tx, sqlx::Error> {
    Ok(match (db, access) {
        (Db::Sqlite { readers, .. }, Access::Read) => Tx::Sqlite(SqliteTx::Reads(readers.begin().await?)),
        (Db::Sqlite { writer, turns, .. }, Access::Write { changes }) => {
            Tx::Sqlite(SqliteTx::Writes(writer.begin(turns, changes).await?))
        }
        (Db::Postgres(pool), Access::Read) => Tx::Postgres(pool.begin_with(ONE_VIEW).await?),
        (Db::Postgres(pool), Access::Write { .. }) => Tx::Postgres(pool.begin().await?),
    })
}
