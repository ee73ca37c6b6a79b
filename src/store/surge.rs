//! Counting what is said about what, in quarters of an hour, for the watch over unusual rises.

use super::query::query;
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::ids::MentionId;
use crate::domain::surge::{SLOT, WINDOW};
use crate::domain::time::{Span, Timestamp};

row! {
    /// A rise of a kind of talk: from when until when.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RiseRow {
        /// Its brand.
        pub brand_id: String,
        /// What it is about: `intent:outage`, `sector:repair`.
        pub topic: String,
        /// In which language.
        pub language: String,
        /// When it began.
        pub opened_at: i64,
        /// When it was over; none while it runs.
        pub ended_at: Option<i64>,
    }
}

/// The rises, of all brands, that run or were not over yet at an instant.
pub async fn rises(tx: &mut Tx, since: Timestamp) -> Result<Vec<RiseRow>, StoreError> {
    let sql = "SELECT brand_id, topic, language, opened_at, ended_at FROM incident
         WHERE origin = 'rise' AND (open = 1 OR ended_at > $1) ORDER BY id";
    query(sql).bind(since.millis()).all(tx).await.during("reading rises")
}

/// A kind of talk: brand, topic (`intent:outage`, `sector:repair`), language.
pub type Kind = (String, String, String);

/// What is counted of the mentions `m` with their judgements `g` that came in between the ids $1 and $2 and were posted
/// from $3 on: what was posted long before it came says nothing of now.
macro_rules! counted {
    () => {
        "FROM judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         WHERE g.mention_id >= $1 AND g.mention_id < $2 AND m.posted_at >= $3 AND m.sample = 0 AND m.historic = 0
            AND m.deleted_at IS NULL"
    };
}

macro_rules! by_kind {
    ($head:literal, $tail:literal) => {
        concat!(
            $head,
            "SELECT g.brand_id, 'intent:' || g.intent AS topic, g.language, COUNT(DISTINCT m.id) AS n ",
            counted!(),
            " AND g.intent NOT IN ('spam', 'irrelevant', 'praise', 'compliment') GROUP BY 1, 2, 3
              UNION ALL SELECT x.brand_id, 'sector:' || s.sector AS topic, x.language, COUNT(DISTINCT x.id) AS n
              FROM (SELECT g.brand_id, g.case_id, g.language, m.id ",
            counted!(),
            ") AS x JOIN case_sector s ON s.brand_id = x.brand_id AND s.case_id = x.case_id AND s.sector <> ''
              GROUP BY 1, 2, 3",
            $tail
        )
    };
}

/// The first id that a mention taken in at an instant may have.
fn id(at: Timestamp) -> String {
    MentionId::new(at, [0; 10]).to_string()
}

/// What came in in the window before an instant, and was posted in it, by kind.
pub async fn window(tx: &mut Tx, now: Timestamp) -> Result<Vec<(Kind, i64)>, StoreError> {
    let from = now.minus(WINDOW);
    let sql = by_kind!("", "");
    let rows: Vec<(String, String, String, i64)> = query(sql)
        .bind(id(from))
        .bind(id(now.plus(Span(1))))
        .bind(from.millis())
        .all(tx)
        .await
        .during("counting what is said now")?;
    Ok(rows.into_iter().map(|(b, t, l, n)| ((b, t, l), n)).collect())
}

/// The first and the last quarter that was counted.
pub async fn counted(tx: &mut Tx) -> Result<Option<(i64, i64)>, StoreError> {
    let sql = "SELECT MIN(slot), MAX(slot) FROM mention_slot WHERE brand_id = ''";
    let (first, last): (Option<i64>, Option<i64>) =
        query(sql).one(tx).await.during("reading which quarters were counted")?;
    Ok(first.zip(last))
}

/// The quarter in which the first mention came in.
pub async fn first(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT received_at FROM mention WHERE id = (SELECT MIN(id) FROM mention)";
    let at: Option<(i64,)> = query(sql).maybe(tx).await.during("reading when the first mention came")?;
    Ok(at.map(|(at,)| at.div_euclid(SLOT.millis())))
}

/// The first quarter in which anything was said of each brand.
pub async fn first_of_brands(tx: &mut Tx, brands: &[String]) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT slot FROM mention_slot WHERE brand_id = $1 ORDER BY slot LIMIT 1";
    let mut found = Vec::new();
    for brand in brands {
        let slot: Option<(i64,)> =
            query(sql).bind(brand).maybe(tx).await.during("reading since when a brand is known")?;
        found.extend(slot.map(|(slot,)| (brand.clone(), slot)));
    }
    Ok(found)
}

/// Counts one quarter.
pub async fn count(tx: &mut Tx, slot: i64) -> Result<(), StoreError> {
    let what = "counting a quarter of an hour";
    let begin = Timestamp(slot * SLOT.millis());
    let (from, to) = (id(begin), id(begin.plus(SLOT)));
    let sql = by_kind!(
        "INSERT INTO mention_slot (slot, brand_id, topic, language, n)
            SELECT $4, y.brand_id, y.topic, y.language, y.n FROM (",
        ") AS y WHERE true ON CONFLICT (slot, brand_id, topic, language) DO UPDATE SET n = excluded.n"
    );
    query(sql)
        .bind(from)
        .bind(to)
        .bind(begin.minus(WINDOW).millis())
        .bind(slot)
        .run(tx)
        .await
        .map(|_| ())
        .during(what)?;
    let sql = "INSERT INTO mention_slot (slot, brand_id, topic, language, n) VALUES ($1, '', '', '', 0)
         ON CONFLICT (slot, brand_id, topic, language) DO NOTHING";
    query(sql).bind(slot).run(tx).await.map(|_| ()).during(what)
}

/// The counts of some quarters.
pub async fn slots(tx: &mut Tx, slots: &[i64]) -> Result<Vec<(i64, Kind, i64)>, StoreError> {
    let what = "reading what was said before";
    let sql = list!(
        tx,
        "SELECT s.slot, s.brand_id, s.topic, s.language, s.n FROM",
        "CROSS JOIN mention_slot s WHERE s.slot = CAST(j.value->>0 AS BIGINT) AND s.brand_id <> ''"
    );
    let wrapped: Vec<(i64,)> = slots.iter().map(|s| (*s,)).collect();
    let text = json(what, &wrapped)?;
    let rows: Vec<(i64, String, String, String, i64)> = query(sql).bind(text).all(tx).await.during(what)?;
    Ok(rows.into_iter().map(|(s, b, t, l, n)| (s, (b, t, l), n)).collect())
}

/// Forgets quarters before one.
pub async fn forget(tx: &mut Tx, before: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM mention_slot WHERE slot < $1";
    query(sql).bind(before).run(tx).await.map(|_| ()).during("forgetting quarters")
}

/// What a kind of talk is made of in the window before an instant: its open cases.
pub async fn open_cases(
    tx: &mut Tx,
    kind: (&str, &str, &str),
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    Ok(rows_of(tx, kind, now).await?.into_iter().map(|(id, _)| id).collect())
}

/// The open cases of a kind of talk of the window before an instant, and how many of them belong to an open incident;
/// at most `limit` of those that belong to none.
pub async fn cases(
    tx: &mut Tx,
    kind: (&str, &str, &str),
    now: Timestamp,
    limit: i64,
) -> Result<(Vec<String>, i64, i64), StoreError> {
    let rows = rows_of(tx, kind, now).await?;
    let (all, taken) = (rows.len(), rows.iter().filter(|r| r.1 == 1).count());
    let free = rows.into_iter().filter(|r| r.1 == 0).map(|r| r.0);
    let free = free.take(usize::try_from(limit).unwrap_or(0)).collect();
    Ok((free, i64::try_from(all).unwrap_or(0), i64::try_from(taken).unwrap_or(0)))
}

/// The open cases of a kind of talk, each with whether it belongs to an open incident.
async fn rows_of(
    tx: &mut Tx,
    (brand_id, topic, language): (&str, &str, &str),
    now: Timestamp,
) -> Result<Vec<(String, i32)>, StoreError> {
    let what = "reading the cases of a rise";
    let from = now.minus(WINDOW);
    let (intent, sector) = topic.split_once(':').map_or(("", ""), |(kind, name)| match kind {
        "intent" => (name, ""),
        _ => ("", name),
    });
    let sql = concat!(
        "SELECT DISTINCT k.id, CASE WHEN i.case_id IS NULL THEN 0 ELSE 1 END AS taken
         FROM (SELECT g.brand_id, g.case_id, g.intent, g.language ",
        counted!(),
        ") AS x JOIN cases k ON k.id = x.case_id AND k.brand_id = x.brand_id
         LEFT JOIN incident_case i ON i.case_id = k.id AND i.open = 1
         WHERE x.brand_id = $4 AND x.language = $5 AND k.open = 1 AND k.sample = 0 AND k.historic = 0
            AND (CASE WHEN $6 <> '' THEN x.intent = $6 ELSE EXISTS (SELECT 1 FROM case_sector s
                WHERE s.brand_id = k.brand_id AND s.case_id = k.id AND s.sector = $7) END)
         ORDER BY 1"
    );
    query(sql)
        .bind(id(from))
        .bind(id(now.plus(Span(1))))
        .bind(from.millis())
        .bind(brand_id)
        .bind(language)
        .bind(intent)
        .bind(sector)
        .all(tx)
        .await
        .during(what)
}
