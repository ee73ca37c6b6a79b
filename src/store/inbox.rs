//! The inbox: every payload is committed here before anybody is told that we have it.
//!
//! A page of a poll and the cursor behind it go in together. Intake settles each row with exactly
//! one verdict; what is received is counted in the same transaction as it is stored, so that
//! received always equals the five verdicts and what still waits.

use super::query::query;
use super::script::Script;
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::time::Timestamp;
use std::borrow::Cow;

/// What the place begins with of a payload that the looks had passed over, and that a second reading of its
/// source found.
pub const SWEPT: &str = "sweep/";

/// One payload on its way into the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its id, made by the caller.
    pub id: String,
    /// The source by name.
    pub source: String,
    /// Where in the source: a line number, a delivery's id and position.
    pub place: String,
    /// When we got it.
    pub received_at: Timestamp,
    /// The bytes as they came.
    pub body: Vec<u8>,
}

/// A cursor that moves together with what it passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// The source by name.
    pub source: String,
    /// Which of its streams.
    pub stream: String,
    /// The new cursor, opaque.
    pub cursor: String,
    /// The epoch of the lease under which it was read; an older epoch moves nothing.
    pub epoch: i64,
}

row! {
    /// A payload that waits for intake.
    #[derive(Clone, Debug)]
    pub struct Waiting {
        /// Its id.
        pub id: String,
        /// The source by name.
        pub source: String,
        /// Where in the source.
        pub place: String,
        /// When we got it.
        pub received_at: i64,
        /// The bytes as they came.
        pub body: Option<Vec<u8>>,
    }
}

row! {
    /// A payload that intake could not read, kept for a person.
    #[derive(Clone, Debug)]
    pub struct Quarantined {
        /// Its id.
        pub id: String,
        /// The source by name.
        pub source: String,
        /// Where in the source.
        pub place: String,
        /// When we got it.
        pub received_at: i64,
        /// What is wrong with it.
        pub why: Option<String>,
        /// The bytes as they came.
        pub body: Option<Vec<u8>>,
    }
}

row! {
    /// The same without its bytes.
    #[derive(Clone, Debug)]
    pub struct QuarantinedHead {
        /// Its id.
        pub id: String,
        /// The source by name.
        pub source: String,
        /// Where in the source.
        pub place: String,
        /// When we got it.
        pub received_at: i64,
        /// What is wrong with it.
        pub why: Option<String>,
        /// How many bytes it has, where they are still kept.
        pub bytes: Option<i64>,
    }
}

/// Stores payloads and moves the cursor behind them. Tells whether the cursor's epoch still held;
/// the payloads are stored in any case, since a duplicate is harmless and a loss is not.
pub async fn receive(
    tx: &mut Tx,
    items: &[Received],
    cursor: Option<&CursorMove>,
) -> Result<bool, StoreError> {
    let texts: Option<Vec<&str>> = items.iter().map(|i| std::str::from_utf8(&i.body).ok()).collect();
    let mut script = Script::of(tx, "storing deliveries");
    match texts.filter(|t| t.iter().all(|text| !text.contains('\0'))) {
        Some(texts) => gather_texts(&mut script, items, &texts)?,
        None => receive_bytes(tx, items).await?,
    }
    let mut received: std::collections::BTreeMap<(&str, String), i64> = std::collections::BTreeMap::new();
    for item in items {
        *received.entry((&item.source, item.received_at.day())).or_default() += 1;
    }
    let counts: Vec<Count> = received
        .into_iter()
        .map(|((source, day), n)| (source.to_owned(), day, "received".to_owned(), n))
        .collect();
    gather_counts(&mut script, &counts)?;
    script.run(tx).await?;
    match cursor {
        Some(cursor) => move_cursor(tx, cursor, items.first().map_or(Timestamp(0), |i| i.received_at)).await,
        None => Ok(true),
    }
}

/// Where it stood, as both engines keep it: PostgreSQL takes no U+0000, and one in an id that a platform names would
/// hold up everything that is stored with it.
fn place_of(item: &Received) -> Cow<'_, str> {
    if item.place.contains('\0') {
        Cow::Owned(item.place.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(&item.place)
    }
}

fn gather_texts(script: &mut Script, items: &[Received], texts: &[&str]) -> Result<(), StoreError> {
    let sql = script.pick(
        "INSERT INTO inbox (id, source, place, received_at, body)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BLOB) FROM jsonb_each($1) AS j",
        "INSERT INTO inbox (id, source, place, received_at, body)
         SELECT j.value->>0, j.value->>1, j.value->>2, CAST(j.value->>3 AS BIGINT), convert_to(j.value->>4, 'UTF8')
         FROM jsonb_array_elements($1::jsonb) AS j(value)",
    );
    let rows: Vec<_> = items
        .iter()
        .zip(texts)
        .map(|(i, text)| (&i.id, &i.source, place_of(i), i.received_at.millis(), text))
        .collect();
    script.add("storing deliveries", sql, &rows)
}

/// Bytes that are no text go in one by one; they are rare and mostly junk.
async fn receive_bytes(tx: &mut Tx, items: &[Received]) -> Result<(), StoreError> {
    let sql = "INSERT INTO inbox (id, source, place, received_at, body) VALUES ($1, $2, $3, $4, $5)";
    for i in items {
        query(sql)
            .bind(&i.id)
            .bind(&i.source)
            .bind(place_of(i).into_owned())
            .bind(i.received_at.millis())
            .bind(&i.body)
            .run(tx)
            .await
            .map(|_| ())
            .during("storing a delivery")?;
    }
    Ok(())
}

/// A count to add: source, day, what, how many.
pub type Count = (String, String, String, i64);

/// Adds the statement that adds to the counts of received and verdicts.
pub fn gather_counts(script: &mut Script, counts: &[Count]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO intake_count (source, day, what, n)
         SELECT j.value->>0, j.value->>1, j.value->>2, CAST(j.value->>3 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (source, day, what) DO UPDATE SET n = intake_count.n + excluded.n"
    );
    script.add("counting deliveries", sql, counts)
}

async fn move_cursor(tx: &mut Tx, to: &CursorMove, now: Timestamp) -> Result<bool, StoreError> {
    let sql =
        "INSERT INTO source_cursor (source, stream, cursor, epoch, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (source, stream) DO UPDATE SET cursor = excluded.cursor, epoch = excluded.epoch,
            updated_at = excluded.updated_at
         WHERE source_cursor.epoch <= excluded.epoch";
    let moved = query(sql)
        .bind(&to.source)
        .bind(&to.stream)
        .bind(&to.cursor)
        .bind(to.epoch)
        .bind(now.millis())
        .run(tx)
        .await
        .during("moving a cursor")?;
    Ok(moved > 0)
}

/// The cursor of one stream of a source.
pub async fn cursor(tx: &mut Tx, source: &str, stream: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT cursor FROM source_cursor WHERE source = $1 AND stream = $2";
    let found: Option<(String,)> =
        query(sql).bind(source).bind(stream).maybe(tx).await.during("reading a cursor")?;
    Ok(found.map(|(cursor,)| cursor))
}

/// The oldest payloads that wait, at most `limit`. On PostgreSQL each goes to one replica only,
/// for as long as the transaction lasts.
pub async fn waiting(tx: &mut Tx, limit: i64) -> Result<Vec<Waiting>, StoreError> {
    let sql = tx.pick(
        "SELECT id, source, place, received_at, body FROM inbox WHERE verdict IS NULL ORDER BY id LIMIT $1",
        "SELECT id, source, place, received_at, body FROM inbox WHERE verdict IS NULL ORDER BY id LIMIT $1
         FOR UPDATE SKIP LOCKED",
    );
    query(sql).bind(limit).all(tx).await.during("reading the inbox")
}

/// Those of some payloads that still wait, in their order. On PostgreSQL without what another replica has in hand, and
/// held for as long as the transaction lasts.
pub async fn waiting_of(tx: &mut Tx, ids: &[String]) -> Result<Vec<Waiting>, StoreError> {
    let sql = tx.pick(
        "SELECT id, source, place, received_at, body FROM inbox
         WHERE verdict IS NULL AND id IN (SELECT value FROM json_each($1)) ORDER BY id",
        "SELECT id, source, place, received_at, body FROM inbox
         WHERE verdict IS NULL AND id IN (SELECT jsonb_array_elements_text($1::jsonb)) ORDER BY id
         FOR UPDATE SKIP LOCKED",
    );
    let what = "reading the inbox";
    query(sql).bind(json(what, ids)?).all(tx).await.during(what)
}

/// A verdict on one payload: id, verdict, why, and which post it holds, so that it can be cleared
/// with that.
pub type Verdict = (String, &'static str, Option<String>, Option<String>);

/// Settles payloads; one that is settled already is left alone. A body that can be read again from
/// what was stored is kept for the days that retention says, not here.
pub async fn settle(tx: &mut Tx, verdicts: &[Verdict], now: Timestamp) -> Result<(), StoreError> {
    let mut script = Script::of(tx, "settling deliveries");
    gather_verdicts(&mut script, verdicts, now)?;
    script.run(tx).await
}

/// Adds the statement of [`settle`].
pub fn gather_verdicts(script: &mut Script, verdicts: &[Verdict], now: Timestamp) -> Result<(), StoreError> {
    // Named for these few alone: SQLite copies every column that an update over a list sets, and bodies are the most of it.
    let unkept = ["erased", "objection", "deleted_by_its_author"];
    let gone = verdicts.iter().filter(|v| v.2.as_deref().is_some_and(|why| unkept.contains(&why)));
    let gone: Vec<(&String,)> = gone.map(|v| (&v.0,)).collect();
    let sql = list!(
        script,
        "UPDATE inbox SET body = NULL, place = '' FROM",
        "WHERE inbox.id = j.value->>0 AND inbox.verdict IS NULL"
    );
    script.add("forgetting what is not kept", sql, &gone)?;
    let sql = list!(
        script,
        "UPDATE inbox SET verdict = j.value->>1, why = j.value->>2, post_id = j.value->>3, settled_at = $2 FROM",
        "WHERE inbox.id = j.value->>0 AND inbox.verdict IS NULL"
    );
    script.add_at("settling deliveries", sql, verdicts, now)
}

/// Keeps a payload that came straight to intake and could not be read.
pub async fn keep_quarantined(tx: &mut Tx, items: &[(Received, String)]) -> Result<(), StoreError> {
    let sql = "INSERT INTO inbox (id, source, place, received_at, body, verdict, why, settled_at)
         VALUES ($1, $2, $3, $4, $5, 'quarantined', $6, $4)";
    for (i, why) in items {
        query(sql)
            .bind(&i.id)
            .bind(&i.source)
            .bind(&i.place)
            .bind(i.received_at.millis())
            .bind(&i.body)
            .bind(why)
            .run(tx)
            .await
            .map(|_| ())
            .during("keeping a quarantined delivery")?;
    }
    Ok(())
}

/// The latest quarantined payloads without their bytes.
pub async fn quarantined_heads(tx: &mut Tx, limit: i64) -> Result<Vec<QuarantinedHead>, StoreError> {
    quarantined_behind(tx, (i64::MAX, ""), limit).await
}

/// The same behind one that was received at an instant, by its id.
pub async fn quarantined_behind(
    tx: &mut Tx,
    (at, id): (i64, &str),
    limit: i64,
) -> Result<Vec<QuarantinedHead>, StoreError> {
    let sql = "SELECT id, source, place, received_at, why, CAST(LENGTH(body) AS BIGINT) AS bytes FROM inbox
         WHERE verdict = 'quarantined' AND (received_at < $1 OR (received_at = $1 AND id < $2))
         ORDER BY received_at DESC, id DESC LIMIT $3";
    query(sql).bind(at).bind(id).bind(limit).all(tx).await.during("reading the quarantine")
}

/// A quarantined payload by id.
pub async fn quarantined_one(tx: &mut Tx, id: &str) -> Result<Option<Quarantined>, StoreError> {
    let sql = "SELECT id, source, place, received_at, why, body FROM inbox
         WHERE id = $1 AND verdict = 'quarantined'";
    query(sql).bind(id).maybe(tx).await.during("reading the quarantine")
}

/// All counts summed over days: source, what, how many.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(String, String, i64)>, StoreError> {
    let sql = "SELECT source, what, CAST(SUM(n) AS BIGINT) FROM intake_count GROUP BY source, what
         ORDER BY source, what";
    query(sql).all(tx).await.during("reading the counts")
}

/// How many payloads wait, by source.
pub async fn waiting_by_source(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT source, COUNT(*) FROM inbox WHERE verdict IS NULL GROUP BY source";
    query(sql).all(tx).await.during("measuring the inbox by source")
}

/// How many payloads wait, and since when the oldest does.
pub async fn backlog(tx: &mut Tx) -> Result<(i64, Option<i64>), StoreError> {
    let sql = "SELECT COUNT(*), MIN(received_at) FROM inbox WHERE verdict IS NULL";
    query(sql).one(tx).await.during("measuring the inbox")
}

/// Forgets the bodies of payloads settled before `before`, and with them where they stood, which often is what the
/// platform calls a post or its author; the verdicts stay.
pub async fn forget_bodies(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE inbox SET body = NULL, place = '' WHERE settled_at < $1 AND body IS NOT NULL AND verdict IS NOT NULL";
    query(sql).bind(before.millis()).run(tx).await.during("forgetting raw deliveries")
}
