//! Statements over lists, gathered first and then run one after another.
//!
//! On SQLite every statement is a trip to the thread that owns its connection and back, while the
//! one writer is held; gathered statements make that trip together. It also lets the next part be
//! worked out while this one is written. On PostgreSQL they run one by one, as the protocol wants.

use super::{During, StoreError, Tx, json, on};
use crate::domain::time::Timestamp;
use sqlx::AssertSqlSafe;

/// Statements to be run together in a transaction.
#[derive(Debug)]
pub struct Script {
    what: &'static str,
    is_postgres: bool,
    parts: Vec<Part>,
}

/// One statement with its parameters: `$1` is a list as JSON, `$2` an instant.
#[derive(Debug)]
struct Part {
    what: &'static str,
    sql: &'static str,
    list: String,
    at: Option<i64>,
}

impl Script {
    /// An empty one for the engine of `tx`; `what` names it in errors.
    pub fn of(tx: &Tx, what: &'static str) -> Self {
        Self { what, is_postgres: tx.is_postgres(), parts: Vec::new() }
    }

    /// An empty one for the same engine.
    pub const fn another(&self) -> Self {
        Self { what: self.what, is_postgres: self.is_postgres, parts: Vec::new() }
    }

    /// An empty one for SQLite, made before there is a transaction.
    pub const fn for_sqlite(what: &'static str) -> Self {
        Self { what, is_postgres: false, parts: Vec::new() }
    }

    /// One of two texts, where the engines truly differ.
    pub const fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        if self.is_postgres { postgres } else { sqlite }
    }

    /// Adds a statement over a list; an empty list adds nothing.
    pub fn add<T: serde::Serialize>(
        &mut self,
        what: &'static str,
        sql: &'static str,
        rows: &[T],
    ) -> Result<(), StoreError> {
        self.push(what, sql, rows, None)
    }

    /// Adds a statement over a list with an instant as `$2`; an empty list adds nothing.
    pub fn add_at<T: serde::Serialize>(
        &mut self,
        what: &'static str,
        sql: &'static str,
        rows: &[T],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.push(what, sql, rows, Some(at.millis()))
    }

    fn push<T: serde::Serialize>(
        &mut self,
        what: &'static str,
        sql: &'static str,
        rows: &[T],
        at: Option<i64>,
    ) -> Result<(), StoreError> {
        if !rows.is_empty() {
            self.parts.push(Part { what, sql, list: json(what, rows)?, at });
        }
        Ok(())
    }

    /// Runs all statements in the order in which they were added; the first error ends it.
    pub async fn run(self, tx: &mut Tx) -> Result<(), StoreError> {
        if !self.is_postgres && self.parts.len() > 1 {
            return self.run_together(tx).await;
        }
        for Part { what, sql, list, at } in self.parts {
            on!(tx, |c| {
                let query = sqlx::query(sql).bind(list);
                match at {
                    Some(at) => query.bind(at).execute(c).await.map(|_| ()),
                    None => query.execute(c).await.map(|_| ()),
                }
            })
            .during(what)?;
        }
        Ok(())
    }

    async fn run_together(self, tx: &mut Tx) -> Result<(), StoreError> {
        let (mut text, mut n) = (String::new(), 0);
        for part in &self.parts {
            text.push_str(&numbered(part.sql, n + 1));
            text.push_str(";\n");
            n += 1 + usize::from(part.at.is_some());
        }
        // The text is made of our own constant statements; only the numbers of parameters differ.
        let mut query = sqlx::query::<sqlx::Sqlite>(AssertSqlSafe(text));
        for part in self.parts {
            query = query.bind(part.list);
            if let Some(at) = part.at {
                query = query.bind(at);
            }
        }
        match tx {
            Tx::Sqlite(t) => query.execute(&mut **t).await.map(|_| ()).during(self.what),
            Tx::Postgres(_) => Err(StoreError::Refused(format!("{}: made for SQLite", self.what))),
        }
    }
}

/// The statement with its first parameter numbered `first` instead of 1.
fn numbered(sql: &str, first: usize) -> String {
    let second = first + 1;
    let mut out = String::with_capacity(sql.len() + 8);
    let mut pieces = sql.split('$');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (number, rest) = match piece.as_bytes().first() {
            Some(b'1') => (first, &piece[1..]),
            Some(b'2') => (second, &piece[1..]),
            _ => {
                out.push('$');
                out.push_str(piece);
                continue;
            }
        };
        out.push('$');
        out.push_str(&number.to_string());
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn parameters_are_numbered_on() {
        assert_eq!(numbered("SELECT $1, $2, $1", 1), "SELECT $1, $2, $1");
        assert_eq!(numbered("SELECT $1, $2, $1", 2), "SELECT $2, $3, $2");
        assert_eq!(numbered("SELECT '$' || $2", 11), "SELECT '$' || $12");
    }
}
