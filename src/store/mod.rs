//! The store: the only folder with SQL.
//!
//! One SQL text serves SQLite and PostgreSQL; where they truly differ, [`Tx::pick`] chooses between
//! two texts and `list!` names the table that a JSON list becomes. A statement is data, and brought to the
//! engine by [`query`]; `on!` is for what that cannot do. Every piece of work runs in a
//! task of its own, so that a request that hangs up cannot cancel it halfway and leave a
//! transaction open in the pool. On SQLite there is one writer connection; writes begin
//! IMMEDIATE, so that they wait for each other instead of failing.

pub mod about;
pub mod account;
pub mod action;
pub mod again;
pub mod alert;
pub mod alias;
pub mod alongside;
pub mod answer;
pub mod attachment;
pub mod audit;
pub mod back_door;
pub mod backup;
pub mod batch;
pub mod briefing;
pub mod bulk;
pub mod called_in;
pub mod case;
pub mod chat;
pub mod chat_person;
pub mod collecting;
pub mod complaint;
pub mod console;
pub mod correction;
pub mod customer;
pub mod day_note;
pub mod deadlines;
pub mod digest;
pub mod disk;
pub mod draft_beside;
pub mod duty;
mod each;
pub mod enclosed;
pub mod ending;
pub mod erase;
pub mod explain;
pub mod factor;
pub mod filtered;
pub mod finding;
pub mod first_time;
pub mod forecast;
pub mod gauges;
pub mod given;
pub mod goodwill;
pub mod grant;
pub mod guard;
pub mod guests;
pub mod handover;
pub mod held;
pub mod hold;
pub mod hook;
pub mod inbox;
pub mod incident;
pub mod intake;
mod joined;
pub mod kudos;
pub mod label;
pub mod lanes;
pub mod leading;
pub mod leading_by;
pub mod leading_more;
pub mod lease;
pub mod library;
pub mod listed;
pub mod many;
pub mod monday;
pub mod objection;
pub mod offer;
pub mod office;
pub mod open;
pub mod outbox;
pub mod part;
pub mod peak;
pub mod person;
pub mod planner;
pub mod presence;
pub mod promise;
pub mod proposal;
pub mod protocol;
pub mod public_figure;
pub mod published;
pub mod purse;
pub mod quality;
pub mod query;
pub mod quote;
pub mod reach;
pub mod removed;
pub mod report;
pub mod restored;
pub mod retention;
pub mod rows;
pub mod safety;
pub mod saved;
pub mod script;
pub mod sector;
pub mod setting;
pub mod shift;
pub mod source;
pub mod staff;
pub mod subject;
pub mod surge;
pub mod survey;
pub mod sweep;
pub mod taken;
pub mod team;
pub mod thanks;
pub mod ticket;
pub mod ticket_note;
pub mod ticketed;
pub mod token;
pub mod translation;
pub mod tried;
pub mod turns;
pub mod views;
pub mod wall;
pub mod watch;
pub mod whole;
pub mod window;
mod work;
pub mod writer;

pub use open::{OpenError, Opened, Place};

use sqlx::{PgPool, SqlitePool};
use std::sync::Arc;

/// What went wrong in the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("{what}: {source}")]
    Database {
        /// What was being done.
        what: &'static str,
        /// The database's word.
        #[source]
        source: Arc<sqlx::Error>,
    },
    /// Somebody else wrote the same row meanwhile; load and plan again.
    #[error("{what}: somebody else wrote it meanwhile")]
    Conflict {
        /// What was being done.
        what: &'static str,
    },
    /// What is stored cannot be read back.
    #[error("{what}: stored value cannot be read: {found}")]
    Corrupt {
        /// What was being read.
        what: &'static str,
        /// What stood there.
        found: String,
    },
    /// A rule of the domain forbids it; nothing was written.
    #[error("{0}")]
    Refused(String),
    /// The task that did the work was lost (a panic or the end of the process).
    #[error("{what}: the work was interrupted")]
    Interrupted {
        /// What was being done.
        what: &'static str,
    },
}

impl StoreError {
    /// Whether doing it again may help at once: another writer won.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Whether it may lie in what was to be written, rather than in the database or the way to it: then the same
    /// breaks again, and without it the rest may go well.
    pub fn lies_in_data(&self) -> bool {
        let Self::Database { source, .. } = self else { return true };
        match &**source {
            sqlx::Error::Database(refused) => refused.code().is_some_and(|code| match code.parse::<u32>() {
                // SQLite: a value too long (18), a constraint (19) or a type (20), in the lowest byte.
                Ok(code) if refused.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => {
                    matches!(code & 0xff, 18..=20)
                }
                // PostgreSQL: data, integrity, limits.
                _ => ["22", "23", "54"].iter().any(|class| code.starts_with(class)),
            }),
            sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => true,
            _ => false,
        }
    }

    /// What failed, without a word of what was to be written: a database tells it in its errors.
    pub fn without_values(&self) -> String {
        match self {
            Self::Database { what, source } => {
                let code = source.as_database_error().and_then(|e| e.code().map(|code| format!(", {code}")));
                format!("{what}: the database refused it{}", code.unwrap_or_default())
            }
            Self::Corrupt { what, .. } => format!("{what}: a stored value cannot be read"),
            other => other.to_string(),
        }
    }

    /// Wraps an error of the driver, telling conflicts from the rest.
    pub fn of(what: &'static str, source: sqlx::Error) -> Self {
        let conflict = source.as_database_error().is_some_and(|e| {
            // 40001 and 40P01: serialization failure and deadlock on PostgreSQL.
            e.is_unique_violation() || matches!(e.code().as_deref(), Some("40001" | "40P01"))
        });
        if conflict { Self::Conflict { what } } else { Self::Database { what, source: Arc::new(source) } }
    }
}

/// Names what was being done when the database failed.
pub trait During<T> {
    /// Wraps the error with what was being done.
    fn during(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> During<T> for Result<T, sqlx::Error> {
    fn during(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|e| StoreError::of(what, e))
    }
}

/// An open database; cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    /// SQLite inside the process: one writer, several readers.
    Sqlite {
        /// The one connection that writes.
        writer: writer::Writer,
        /// The connections that read.
        readers: SqlitePool,
        /// Whose turn it is to write.
        turns: turns::Turns,
    },
    /// A PostgreSQL server.
    Postgres(PgPool),
}

/// An open transaction on either engine.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(writer::SqliteTx),
    /// On PostgreSQL.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// Runs one body against whichever engine is open, compiled for each driver with its own types: for what a
/// statement of [`query::query`] cannot do.
macro_rules! on {
    ($tx:expr, |$conn:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => {
                let $conn = &mut **t;
                $body
            }
            $crate::store::Tx::Postgres(t) => {
                let $conn = &mut **t;
                $body
            }
        }
    };
}
pub(crate) use on;

/// A statement over a list that travels as JSON in `$1`: between the two texts stands the table
/// `j(value)`, one row an element. Elements are arrays, read by `j.value->>0`; numbers need a CAST.
macro_rules! list {
    ($tx:expr, $before:literal, $after:expr) => {
        $tx.pick(
            concat!($before, " jsonb_each($1) AS j ", $after),
            concat!($before, " jsonb_array_elements($1::jsonb) AS j(value) ", $after),
        )
    };
}
pub(crate) use list;

/// A statement with the brands as JSON in `$1`: `k` is the case.
macro_rules! of_brands {
    ($tx:expr, $before:expr, $after:expr) => {
        $tx.pick(
            concat!($before, " ($1 = '[]' OR k.brand_id IN (SELECT value FROM json_each($1))) ", $after),
            concat!(
                $before,
                " ($1 = '[]' OR k.brand_id IN (SELECT jsonb_array_elements_text($1::jsonb))) ",
                $after
            ),
        )
    };
}
pub(crate) use of_brands;

/// A plain struct read from a row by the names of its fields, on both engines.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $fvis:vis $field:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$fmeta])* $fvis $field: $type),* }

        impl $crate::store::query::Read for $name {
            fn read(row: $crate::store::query::Row<'_>) -> Result<Self, sqlx::Error> {
                use $crate::store::query::{Cell, Column};
                Ok(Self { $($field: Cell::cell(row, Column::Named(stringify!($field)))?),* })
            }
        }
        impl<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> for $name {
            fn from_row(row: &'r sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
                $crate::store::query::Read::read($crate::store::query::Row::Sqlite(row))
            }
        }
        impl<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &'r sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                $crate::store::query::Read::read($crate::store::query::Row::Postgres(row))
            }
        }
    };
}
pub(crate) use row;

impl Tx {
    /// One of two texts, where the engines truly differ.
    pub fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(t) => t.commit().await,
            Self::Postgres(t) => t.commit().await,
        }
    }

    /// Takes back what was written, at once, so that nobody waits for a lock that serves nothing. What cannot be
    /// taken back now is so before the connection is used again.
    async fn roll_back(self) {
        let rolled_back = match self {
            Self::Sqlite(t) => t.roll_back().await,
            Self::Postgres(t) => t.rollback().await,
        };
        if let Err(error) = rolled_back {
            tracing::debug!(%error, "a transaction could not be rolled back at once");
        }
    }
}

impl Db {
    /// How many writes may have changed what others read; nothing on PostgreSQL, where others write
    /// too. See [`turns::Turns::changes`].
    pub fn changes(&self) -> Option<u64> {
        match self {
            Self::Sqlite { turns, .. } => Some(turns.changes()),
            Self::Postgres(_) => None,
        }
    }

    /// Waits until a long write may begin, and says how many of the `wanted` pieces it may do.
    pub async fn turn(&self, wanted: usize) -> usize {
        match self {
            Self::Sqlite { turns, .. } => turns.long(wanted).await,
            Self::Postgres(_) => wanted,
        }
    }

    /// Gives back the memory of pages that were read and that nobody needs now. For quiet times: the
    /// next reader finds them with the operating system. Does nothing on PostgreSQL.
    pub async fn slim(&self) -> Result<(), StoreError> {
        const WHAT: &str = "giving memory back";
        let Self::Sqlite { writer, readers, .. } = self else { return Ok(()) };
        writer.slim().await.during(WHAT)?;
        // All that are free are held until each has had its turn.
        let mut held = Vec::new();
        while let Some(mut reader) = readers.try_acquire() {
            sqlx::query("PRAGMA shrink_memory").execute(&mut *reader).await.during(WHAT)?;
            held.push(reader);
        }
        Ok(())
    }

    /// Lets SQLite's planner know how the tables have grown. Does nothing on PostgreSQL, which sees to that by itself.
    pub async fn count_indexes(&self) -> Result<(), StoreError> {
        let Self::Sqlite { writer, .. } = self else { return Ok(()) };
        writer.count_indexes().await.during("counting for the planner")
    }

    /// Tells that so many payloads are being stored. Every so many, what [`Db::count_indexes`] does is done: a recorded file
    /// may fill the store before anybody comes by to tidy up.
    pub async fn grew(&self, by: usize) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { turns, .. } if turns.grew(by as u64) => self.count_indexes().await,
            _ => Ok(()),
        }
    }

    /// The engine's name for people.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Closes all connections; on SQLite this also empties the write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A list as the JSON in which it travels to the database.
pub(crate) fn json<T: serde::Serialize + ?Sized>(what: &'static str, list: &T) -> Result<String, StoreError> {
    let text = serde_json::to_string(list).map_err(|e| unwritten(what, &e))?;
    Ok(if text.contains(NUL) { without_nul(&text) } else { text })
}

/// U+0000 as JSON writes it. PostgreSQL takes it in no text, and one that comes from outside must not keep all that is
/// written with it from being stored.
const NUL: &str = "\\u0000";

/// The same JSON with U+FFFD in place of U+0000; a backslash that is itself escaped begins nothing.
fn without_nul(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix(NUL) {
            out.push_str("\\ufffd");
            rest = behind;
        } else {
            // A backslash and what it escapes, which is ASCII.
            let end = rest.len().min(2);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    out
}

fn unwritten(what: &'static str, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { what, found: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn what_postgres_cannot_hold_is_marked_and_what_only_looks_like_it_stays() {
        let told = |text: &str| json("a test", &[text]).unwrap();
        assert_eq!(told("a\0b\\"), "[\"a\\ufffdb\\\\\"]");
        assert_eq!(told("a\\u0000b"), "[\"a\\\\u0000b\"]");
        assert_eq!(told("\\\0"), "[\"\\\\\\ufffd\"]");
    }
}
