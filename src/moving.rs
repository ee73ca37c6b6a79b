//! Everything out of one installation as JSON Lines, and into an empty one, also on the other engine.
//!
//! The file tells what it is, then each table: its columns, its rows, how many they were and the sum over them; at the
//! end all sums once more. It is read from one view and written in one transaction, and what was written is read back
//! and added up before it stands. Afterwards nothing is sent until a lead says so, for the other installation
//! may still be sending the same.

use crate::domain::audit::{Caller, Entry};
use crate::domain::time::Timestamp;
use crate::store::outbox::{KILL_SWITCH, set_switch};
use crate::store::whole::{self, Filling, LEFT_OUT, Sum, Summing, Table};
use crate::store::{Db, StoreError, Tx, audit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};

/// What the first line says that it is.
pub const FORMAT: &str = "webcared export";
/// The version of the format.
pub const VERSION: u32 = 1;
/// Longest line that is read, in bytes.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Tables in which a new installation has rows before anybody did anything.
const BORN_WITH: [&str; 1] = ["meta"];

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// What it is.
    pub format: String,
    /// In which version.
    pub version: u32,
    /// The number of the last migration of the database.
    pub schema: i64,
    /// The version of the program.
    pub webcared: String,
    /// The engine that it came from.
    pub engine: String,
    /// When it was made.
    pub at: String,
    /// The tables that are not in it.
    pub left_out: Vec<String>,
}

/// The line before the rows of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Begin {
    table: String,
    columns: Vec<String>,
}

/// The line behind the rows of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct End {
    table: String,
    #[serde(flatten)]
    sum: Sum,
}

/// The last line: what each table came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// By table.
    pub tables: BTreeMap<String, Sum>,
}

impl Manifest {
    /// How many rows there are in all.
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|s| s.rows).sum()
    }
}

fn refused<T>(what: impl Into<String>) -> Result<T, StoreError> {
    Err(StoreError::Refused(what.into()))
}

fn line<T: Serialize>(out: &mut impl Write, value: &T) -> Result<(), StoreError> {
    let text = serde_json::to_string(value)
        .map_err(|e| StoreError::Corrupt { what: "writing an export", found: e.to_string() })?;
    put(out, &text)
}

fn put(out: &mut impl Write, text: &str) -> Result<(), StoreError> {
    let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
    written.or_else(|e| refused(format!("the export could not be written: {e}")))
}

/// Writes everything to `out`.
///
/// # Errors
/// The store's; [`StoreError::Refused`] where it could not be written.
pub async fn export(
    db: &Db,
    mut out: impl Write + Send + 'static,
    now: Timestamp,
) -> Result<Manifest, StoreError> {
    let engine = db.engine().to_owned();
    db.read("exporting everything", move |tx| {
        Box::pin(async move {
            whole::unhurried(tx).await?;
            let head = Head {
                format: FORMAT.to_owned(),
                version: VERSION,
                schema: whole::schema(tx).await?,
                webcared: env!("CARGO_PKG_VERSION").to_owned(),
                engine,
                at: now.rfc3339(),
                left_out: LEFT_OUT.iter().map(|t| (*t).to_owned()).collect(),
            };
            line(&mut out, &head)?;
            let mut manifest = Manifest::default();
            for table in whole::tables(tx).await? {
                let columns = table.columns.iter().map(|(name, _)| name.clone()).collect();
                line(&mut out, &Begin { table: table.name.clone(), columns })?;
                let sum = whole::read(tx, &table, |text| put(&mut out, text)).await?;
                line(&mut out, &End { table: table.name.clone(), sum: sum.clone() })?;
                manifest.tables.insert(table.name, sum);
            }
            line(&mut out, &manifest)?;
            out.flush().or_else(|e| refused(format!("the export could not be written: {e}")))?;
            Ok(manifest)
        })
    })
    .await
}

/// Lines of an export, with their numbers.
struct Lines<R> {
    from: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<String, StoreError> {
        self.number += 1;
        let mut bytes = Vec::new();
        let read = std::io::Read::take(&mut self.from, LINE_BYTES_MAX as u64).read_until(b'\n', &mut bytes);
        match read {
            Err(e) => return refused(format!("line {}: {e}", self.number)),
            Ok(0) => {
                return refused(format!("line {}: the file ends too early; it is not whole", self.number));
            }
            Ok(_) => {}
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        String::from_utf8(bytes).or_else(|_| refused(format!("line {}: not UTF-8", self.number)))
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).or_else(|e| refused(format!("line {}: {e}", self.number)))
    }
}

/// Reads everything from `from` into an empty database, and checks what stands there against the sums.
///
/// # Errors
/// [`StoreError::Refused`] with what is wrong: a database that is not empty, another version of the schema, a file
/// that is not whole or was changed. Nothing is written then.
pub async fn import(
    db: &Db,
    from: impl BufRead + Send + 'static,
    now: Timestamp,
) -> Result<Manifest, StoreError> {
    db.write("importing everything", move |tx| {
        Box::pin(async move {
            let mut lines = Lines { from, number: 0 };
            whole::unhurried(tx).await?;
            let tables = fitting(tx, &mut lines).await?;
            let mut told = Manifest::default();
            for table in &tables {
                let sum = fill(tx, table, &mut lines).await?;
                told.tables.insert(table.name.clone(), sum);
            }
            let text = lines.next()?;
            let manifest: Manifest = lines.read(&text)?;
            if manifest != told {
                return refused("the sums at the end are not those of the tables");
            }
            whole::index(tx).await?;
            for table in &tables {
                let stands = whole::read(tx, table, |_| Ok(())).await?;
                if manifest.tables.get(&table.name) != Some(&stands) {
                    let name = &table.name;
                    return refused(format!("{name}: what was written is not what was read: {stands:?}"));
                }
            }
            set_switch(tx, KILL_SWITCH, true, "import", now).await?;
            // The chain that came along goes on with where it went.
            audit::append(tx, &Entry::done(&Caller::default(), "data.import", ""), now).await?;
            Ok(manifest)
        })
    })
    .await
}

/// The tables of a database into which this file fits.
async fn fitting<R: BufRead>(tx: &mut Tx, lines: &mut Lines<R>) -> Result<Vec<Table>, StoreError> {
    let text = lines.next()?;
    let head: Result<Head, _> = serde_json::from_str(&text);
    let Some(head) = head.ok().filter(|h| h.format == FORMAT) else {
        return refused("line 1: this is no export of webcared");
    };
    if head.version != VERSION {
        return refused(format!("the export has format {}; this program reads {VERSION}", head.version));
    }
    let schema = whole::schema(tx).await?;
    if head.schema != schema {
        return refused(format!(
            "the export has schema {} (webcared {}), this database {schema}; use the same version of the program \
             for both",
            head.schema, head.webcared
        ));
    }
    let tables = whole::tables(tx).await?;
    for table in tables.iter().filter(|t| !BORN_WITH.contains(&t.name.as_str())) {
        if !whole::is_empty(tx, table).await? {
            let name = &table.name;
            return refused(format!("the database is not empty ('{name}' has rows); import into a new one"));
        }
    }
    Ok(tables)
}

async fn fill<R: BufRead>(tx: &mut Tx, table: &Table, lines: &mut Lines<R>) -> Result<Sum, StoreError> {
    let text = lines.next()?;
    let begin: Begin = lines.read(&text)?;
    let columns: Vec<&String> = table.columns.iter().map(|(name, _)| name).collect();
    if begin.table != table.name || begin.columns.iter().collect::<Vec<_>>() != columns {
        return refused(format!(
            "line {}: expected table '{}' with columns {columns:?}, found '{}'",
            lines.number, table.name, begin.table
        ));
    }
    if BORN_WITH.contains(&table.name.as_str()) {
        whole::clear(tx, table).await?;
    }
    let (mut filling, mut summing) = (Filling::new(table), Summing::default());
    loop {
        let text = lines.next()?;
        if !text.starts_with('[') {
            let end: End = lines.read(&text)?;
            filling.flush(tx).await?;
            let sum = summing.sum();
            if end.table != table.name || end.sum != sum {
                return refused(format!(
                    "line {}: table '{}' came to {sum:?}, and the file says {:?}",
                    lines.number, table.name, end.sum
                ));
            }
            return Ok(sum);
        }
        let row: Vec<serde_json::Value> = lines.read(&text)?;
        if row.len() != table.columns.len() {
            return refused(format!(
                "line {}: {} values for {} columns",
                lines.number,
                row.len(),
                columns.len()
            ));
        }
        summing.add(&text);
        filling.add(tx, text).await?;
    }
}
