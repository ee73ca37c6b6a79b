//! Everything in the database as lines, and back into an empty one, on either engine.
//!
//! A row is a JSON array of its columns by name, rows go by primary key in the order of bytes, bytes are
//! hexadecimal; so the same data gives the same lines and the same sums on SQLite and PostgreSQL. The search index is
//! made anew from the words. What lives for minutes only is left out; who may come in, and with which tokens, is not.

use super::{During, StoreError, Tx, bulk, on};
use crate::domain::text::token_line;
use futures_util::TryStreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is left out: the index, which is made anew; leases, counts, log-ins and keys, which end by themselves or
/// belong to one machine.
pub const LEFT_OUT: [&str; 10] = [
    "api_once",
    "credential_session",
    "file_sweep",
    "lease",
    "login_link",
    "login_session",
    "login_step",
    "once",
    "rate_count",
    "search",
];
/// How many rows go in at a time.
const BATCH: usize = 500;
/// At most so many bytes of them: the pieces of files are large, and engines bound what one parameter may hold.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Number,
    /// A text.
    Text,
    /// Bytes, as hexadecimal.
    Bytes,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns by name.
    pub columns: Vec<(String, Kind)>,
    /// Its primary key.
    pub key: Vec<String>,
}

/// How much is in a table, and the sum over its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sum {
    /// How many rows.
    pub rows: u64,
    /// SHA-256 over all lines with their ends, as hexadecimal.
    pub sha256: String,
}

/// Adds lines up.
#[derive(Clone, Debug, Default)]
pub struct Summing {
    rows: u64,
    hash: Sha256,
}

impl Summing {
    /// Adds one line, without its end.
    pub fn add(&mut self, line: &str) {
        self.rows += 1;
        self.hash.update(line.as_bytes());
        self.hash.update(b"\n");
    }

    /// What it came to.
    pub fn sum(self) -> Sum {
        let sha256 = self.hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a text cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Sum { rows: self.rows, sha256 }
    }
}

/// The number of the last migration.
pub async fn schema(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = "SELECT MAX(version) FROM _sqlx_migrations";
    let (version,): (i64,) =
        on!(tx, |c| sqlx::query_as(sql).fetch_one(c).await).during("reading the version of the schema")?;
    Ok(version)
}

/// Every table that is exported, by name.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>, StoreError> {
    let what = "reading the schema";
    let sql = tx.pick(
        "SELECT t.name, c.name, c.type, CAST(c.pk AS INTEGER) FROM pragma_table_list t
         JOIN pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.type = 'table'
         ORDER BY t.name, c.name",
        "SELECT c.table_name::text, c.column_name::text, c.data_type::text, COALESCE(k.ordinal_position, 0)::bigint
         FROM information_schema.columns c
         JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
             AND t.table_type = 'BASE TABLE'
         LEFT JOIN information_schema.table_constraints p ON p.table_schema = c.table_schema
             AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY'
         LEFT JOIN information_schema.key_column_usage k ON k.constraint_schema = p.constraint_schema
             AND k.constraint_name = p.constraint_name AND k.table_name = c.table_name
             AND k.column_name = c.column_name
         WHERE c.table_schema = current_schema() ORDER BY 1, 2",
    );
    let found: Vec<(String, String, String, i64)> =
        on!(tx, |c| sqlx::query_as(sql).fetch_all(c).await).during(what)?;
    let mut tables: BTreeMap<String, (Table, Vec<(i64, String)>)> = BTreeMap::new();
    for (table, column, kind, key) in found {
        if table.starts_with("search_") || table.starts_with('_') || table.starts_with("sqlite_") {
            continue;
        }
        if LEFT_OUT.contains(&table.as_str()) {
            continue;
        }
        let entry = tables
            .entry(table.clone())
            .or_insert_with(|| (Table { name: table, columns: Vec::new(), key: Vec::new() }, Vec::new()));
        if key > 0 {
            entry.1.push((key, column.clone()));
        }
        entry.0.columns.push((column, kind_of(&kind)?));
    }
    let keyed = |(mut table, mut key): (Table, Vec<(i64, String)>)| {
        key.sort();
        // The order of bytes, whatever the engine sorts by.
        table.columns.sort_by(|a, b| a.0.cmp(&b.0));
        table.key = key.into_iter().map(|(_, column)| column).collect();
        table
    };
    Ok(tables.into_values().map(keyed).collect())
}

fn kind_of(word: &str) -> Result<Kind, StoreError> {
    match word.to_ascii_lowercase().as_str() {
        "integer" | "bigint" => Ok(Kind::Number),
        "text" => Ok(Kind::Text),
        "blob" | "bytea" => Ok(Kind::Bytes),
        other => Err(StoreError::Corrupt { what: "reading the schema", found: other.to_owned() }),
    }
}

impl Table {
    fn quoted(name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// The statement that reads its rows as JSON.
    fn select(&self, is_postgres: bool) -> String {
        let value = |(name, kind): &(String, Kind)| {
            let name = Self::quoted(name);
            match (kind, is_postgres) {
                (Kind::Bytes, true) => format!("encode({name}, 'hex')"),
                (Kind::Bytes, false) => format!("lower(hex({name}))"),
                _ => name,
            }
        };
        // Hexadecimal of nothing would be an empty text.
        let value = |column: &(String, Kind)| {
            let value = value(column);
            if column.1 == Kind::Bytes {
                format!("CASE WHEN {} IS NULL THEN NULL ELSE {value} END", Self::quoted(&column.0))
            } else {
                value
            }
        };
        let key = |name: &String| {
            let text = self.columns.iter().any(|(n, kind)| n == name && *kind == Kind::Text);
            let collate = if text && is_postgres { " COLLATE \"C\"" } else { "" };
            format!("{}{collate}", Self::quoted(name))
        };
        // Without bytes, which would all be held for sorting; no table needs them to tell its rows apart.
        let sorts = self.columns.iter().filter(|(_, kind)| *kind != Kind::Bytes);
        let all: Vec<String> = sorts.map(|(name, _)| name.clone()).collect();
        let order: Vec<String> = if self.key.is_empty() { &all } else { &self.key }.iter().map(key).collect();
        let values: Vec<String> = self.columns.iter().map(value).collect();
        let array = if is_postgres { "json_build_array" } else { "json_array" };
        let cast = if is_postgres { "::text" } else { "" };
        format!(
            "SELECT {array}({}){cast} FROM {} ORDER BY {}",
            values.join(", "),
            Self::quoted(&self.name),
            order.join(", ")
        )
    }

    /// The statement that writes rows, given as a list in `$1`.
    fn insert(&self, is_postgres: bool) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| Self::quoted(name)).collect();
        let value = |(at, (_, kind)): (usize, &(String, Kind))| match (kind, is_postgres) {
            (Kind::Number, true) => format!("CAST(j.value->>{at} AS BIGINT)"),
            (Kind::Bytes, true) => format!("decode(j.value->>{at}, 'hex')"),
            (Kind::Bytes, false) => format!("unhex(j.value->>{at})"),
            _ => format!("j.value->>{at}"),
        };
        let values: Vec<String> = self.columns.iter().enumerate().map(value).collect();
        let from =
            if is_postgres { "jsonb_array_elements($1::jsonb) AS j(value)" } else { "json_each($1) AS j" };
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {from}",
            Self::quoted(&self.name),
            names.join(", "),
            values.join(", ")
        )
    }
}

/// Lets long statements run to their end.
pub async fn unhurried(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.is_postgres() {
        // Whoever reads or writes the other end of a pipe may take long, too.
        for sql in ["SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"] {
            on!(tx, |c| sqlx::query(sql).execute(c).await.map(|_| ())).during("taking one's time")?;
        }
    }
    Ok(())
}

/// Reads a table line by line, and tells what it came to. `sink` gets each line without its end.
pub async fn read(
    tx: &mut Tx,
    table: &Table,
    mut sink: impl FnMut(&str) -> Result<(), StoreError> + Send,
) -> Result<Sum, StoreError> {
    let what = "reading a whole table";
    let sql = table.select(tx.is_postgres());
    let mut summing = Summing::default();
    let mut one = |text: &str| {
        let value: Value =
            serde_json::from_str(text).map_err(|e| StoreError::Corrupt { what, found: e.to_string() })?;
        let line = value.to_string();
        summing.add(&line);
        sink(&line)
    };
    on!(tx, |c| {
        let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch(c);
        while let Some(text) = rows.try_next().await.during(what)? {
            one(&text)?;
        }
    });
    Ok(summing.sum())
}

/// Whether a table is empty.
pub async fn is_empty(tx: &mut Tx, table: &Table) -> Result<bool, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {} LIMIT 1) a", Table::quoted(&table.name));
    let (n,): (i64,) = on!(tx, |c| sqlx::query_as(AssertSqlSafe(sql)).fetch_one(c).await)
        .during("looking whether a table is empty")?;
    Ok(n == 0)
}

/// Rows on their way into a table, some at a time.
#[derive(Debug)]
pub struct Filling<'t> {
    table: &'t Table,
    rows: Vec<String>,
    bytes: usize,
}

impl<'t> Filling<'t> {
    /// Into this table.
    pub const fn new(table: &'t Table) -> Self {
        Self { table, rows: Vec::new(), bytes: 0 }
    }

    /// Adds a row, as it was read.
    pub async fn add(&mut self, tx: &mut Tx, line: String) -> Result<(), StoreError> {
        self.bytes += line.len();
        self.rows.push(line);
        let full = self.rows.len() >= BATCH || self.bytes >= BATCH_BYTES;
        if full { self.flush(tx).await } else { Ok(()) }
    }

    /// Writes what is left.
    pub async fn flush(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let list = format!("[{}]", self.rows.join(","));
        self.rows.clear();
        self.bytes = 0;
        let sql = self.table.insert(tx.is_postgres());
        on!(tx, |c| sqlx::query(AssertSqlSafe(sql)).bind(list).execute(c).await.map(|_| ()))
            .during("writing a whole table")
    }
}

/// Makes the search index anew from the words of what others wrote.
pub async fn index(tx: &mut Tx) -> Result<(), StoreError> {
    let what = "making the search index";
    let mut after = -1_i64;
    loop {
        let sql =
            "SELECT m.seq, c.body FROM mention m LEFT JOIN content c ON c.id = m.id || '/' || m.revision
             WHERE m.seq > $1 ORDER BY m.seq LIMIT 500";
        let found: Vec<(i64, Option<String>)> =
            on!(tx, |c| sqlx::query_as(sql).bind(after).fetch_all(c).await).during(what)?;
        let Some((last, _)) = found.last() else { break };
        after = *last;
        let words = |body: &Option<String>| {
            let body: Value = serde_json::from_str(body.as_deref()?).ok()?;
            Some(token_line(body.get("text")?.as_str()?)).filter(|t| !t.is_empty())
        };
        let lines: Vec<(i64, String)> =
            found.iter().filter_map(|(seq, body)| Some((*seq, words(body)?))).collect();
        let sql = tx.pick(
            "INSERT INTO search (rowid, tokens) SELECT j.value->>0, j.value->>1 FROM json_each($1) AS j",
            "INSERT INTO search (seq, tokens)
             SELECT CAST(j.value->>0 AS BIGINT), array_to_tsvector(string_to_array(j.value->>1, ' '))
             FROM jsonb_array_elements($1::jsonb) AS j(value)",
        );
        bulk::run(tx, what, sql, &lines).await?;
    }
    Ok(())
}

/// Empties a table into which a new database is born with rows.
pub async fn clear(tx: &mut Tx, table: &Table) -> Result<(), StoreError> {
    let sql = format!("DELETE FROM {}", Table::quoted(&table.name));
    on!(tx, |c| sqlx::query(AssertSqlSafe(sql)).execute(c).await.map(|_| ())).during("emptying a table")
}
