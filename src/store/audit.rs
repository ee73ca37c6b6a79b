//! Who did what: rows that are only ever added, each holding the one before it.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::audit::{BEGINNING, Entry, Link, Walk};
use crate::domain::time::Timestamp;

/// How many rows a walk reads at a time.
const STRIDE: i64 = 2_000;

row! {
    /// A row as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AuditRow {
        /// Its number.
        pub number: i64,
        /// When.
        pub at: i64,
        /// By which door.
        pub via: String,
        /// Who, by id.
        pub person: String,
        /// By which token, by id.
        pub token: String,
        /// What.
        pub act: String,
        /// In which brand, by id.
        pub brand: String,
        /// On what, by id.
        pub target: String,
        /// From where.
        pub source: String,
        /// What came of it.
        pub outcome: String,
        /// The hash of the row before.
        pub before: String,
        /// Its own.
        pub hash: String,
    }
}

impl From<AuditRow> for Link {
    fn from(r: AuditRow) -> Self {
        let entry = Entry {
            at: r.at,
            via: r.via,
            person: r.person,
            token: r.token,
            act: r.act,
            brand: r.brand,
            target: r.target,
            source: r.source,
            outcome: r.outcome,
        };
        Self { number: r.number, entry, before: r.before, hash: r.hash }
    }
}

/// Adds a row in the transaction of the act. Whoever adds one holds the head of the chain until the transaction
/// ends: it is the last thing that a transaction does, so that others wait for the commit alone.
pub async fn append(tx: &mut Tx, entry: &Entry, now: Timestamp) -> Result<(), StoreError> {
    let what = "writing down who did what";
    // The update changes nothing; it takes the row's lock on PostgreSQL, and reads what stands after the wait.
    let sql = "INSERT INTO audit_head (id, number, hash) VALUES (1, 0, $1)
         ON CONFLICT (id) DO UPDATE SET number = audit_head.number RETURNING number, hash";
    let (last, before): (i64, String) = query(sql).bind(BEGINNING).one(tx).await.during(what)?;
    let entry = Entry { at: now.millis(), ..entry.clone() };
    let number = last + 1;
    let hash = entry.hash(number, &before);
    let sql = "INSERT INTO audit (number, at, via, person, token, act, brand, target, source, outcome, before, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    query(sql)
        .bind(number)
        .bind(entry.at)
        .bind(&entry.via)
        .bind(&entry.person)
        .bind(&entry.token)
        .bind(&entry.act)
        .bind(&entry.brand)
        .bind(&entry.target)
        .bind(&entry.source)
        .bind(&entry.outcome)
        .bind(&before)
        .bind(&hash)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    let sql = "UPDATE audit_head SET number = $1, hash = $2 WHERE id = 1";
    query(sql).bind(number).bind(&hash).run(tx).await.map(|_| ()).during(what)
}

/// The number and the hash of the last row.
pub async fn head(tx: &mut Tx) -> Result<(i64, String), StoreError> {
    let sql = "SELECT number, hash FROM audit_head WHERE id = 1";
    let found: Option<(i64, String)> = query(sql).maybe(tx).await.during("reading the head of the audit")?;
    Ok(found.unwrap_or_else(|| (0, BEGINNING.to_owned())))
}

/// The rows behind a number, oldest first.
pub async fn behind(tx: &mut Tx, number: i64, most: i64) -> Result<Vec<AuditRow>, StoreError> {
    let sql = "SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2";
    query(sql).bind(number).bind(most).all(tx).await.during("reading the audit")
}

/// Walks the whole chain in one view: the number and hash of its last row, or the first flaw as text.
pub async fn verify(
    tx: &mut Tx,
    anchors: Vec<(i64, String)>,
) -> Result<Result<(i64, String), String>, StoreError> {
    let (mut walk, mut last) = (Walk::new(anchors), i64::MIN);
    loop {
        let rows = behind(tx, last, STRIDE).await?;
        let Some(end) = rows.last().map(|r| r.number) else { break };
        for row in rows {
            if let Err(flaw) = walk.step(&Link::from(row)) {
                return Ok(Err(flaw.to_string()));
            }
        }
        last = end;
    }
    let (number, hash) = head(tx).await?;
    Ok(walk.end((number, &hash)).map_err(|flaw| flaw.to_string()))
}

/// Which rows are wanted; what is empty asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of whom, by id.
    pub person: String,
    /// An act, or the part before its dot.
    pub act: String,
    /// On what, by id.
    pub target: String,
    /// With which outcome.
    pub outcome: String,
    /// Rows before this number; 0 for the latest.
    pub before: i64,
    /// Of this instant and later, in epoch milliseconds; 0 for all.
    pub from: i64,
    /// Before this instant, in epoch milliseconds; 0 for all.
    pub until: i64,
    /// The brands that may be seen, as ids; `None` for all and for what is of no brand.
    pub brands: Option<Vec<String>>,
}

/// The latest rows that are wanted, the latest first.
pub async fn latest(tx: &mut Tx, wanted: &Filter, most: i64) -> Result<Vec<AuditRow>, StoreError> {
    let sql = tx.pick(
        "SELECT * FROM audit WHERE ($1 = '' OR person = $1)
             AND ($2 = '' OR act = $2 OR substr(act, 1, length($2) + 1) = $2 || '.')
             AND ($3 = '' OR target = $3) AND ($4 = '' OR outcome = $4) AND ($5 = 0 OR number < $5)
             AND ($6 = '' OR brand IN (SELECT value FROM json_each(CASE WHEN $6 = '' THEN '[]' ELSE $6 END)))
             AND ($7 = 0 OR at >= $7) AND ($8 = 0 OR at < $8)
         ORDER BY number DESC LIMIT $9",
        "SELECT * FROM audit WHERE ($1 = '' OR person = $1)
             AND ($2 = '' OR act = $2 OR substr(act, 1, length($2) + 1) = $2 || '.')
             AND ($3 = '' OR target = $3) AND ($4 = '' OR outcome = $4) AND ($5 = 0 OR number < $5)
             AND ($6 = '' OR brand IN
                 (SELECT jsonb_array_elements_text((CASE WHEN $6 = '' THEN '[]' ELSE $6 END)::jsonb)))
             AND ($7 = 0 OR at >= $7) AND ($8 = 0 OR at < $8)
         ORDER BY number DESC LIMIT $9",
    );
    let brands = match &wanted.brands {
        None => String::new(),
        Some(ids) => super::json("reading the audit", ids)?,
    };
    query(sql)
        .bind(&wanted.person)
        .bind(&wanted.act)
        .bind(&wanted.target)
        .bind(&wanted.outcome)
        .bind(wanted.before)
        .bind(&brands)
        .bind(wanted.from)
        .bind(wanted.until)
        .bind(most)
        .all(tx)
        .await
        .during("reading the audit")
}
