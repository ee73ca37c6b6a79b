//! Sources as rows: what each is, how it fares, from when its posts count, and the calls it made.
//!
//! `counts_from` is written once, at a source's first registration, and kept for ever: a restart
//! must not move the line between old and new posts. A source that is gone from the settings stays
//! as a row that says when it went.

use super::query::query;
use super::{During, StoreError, Tx, bulk, json, list, row};
use crate::domain::time::Timestamp;

row! {
    /// One source.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SourceRow {
        /// Its name.
        pub name: String,
        /// Its kind.
        pub kind: String,
        /// Posts from before are historic.
        pub counts_from: i64,
        /// `starting`, `connected`, `retrying`, `needs_token`, `needs_account`, `needs_right`, `wants_money`, `capped`, `over_budget`, `gone` or `off`.
        pub state: String,
        /// Why, in words for people.
        pub state_why: String,
        /// Since when it is in this state.
        pub state_since: i64,
        /// When it is tried again.
        pub retry_at: Option<i64>,
        /// When it last answered.
        pub last_heard_at: Option<i64>,
        /// The time of the newest post it brought.
        pub last_posted_at: Option<i64>,
        /// When it was taken out of the settings.
        pub removed_at: Option<i64>,
    }
}

/// A source as the settings have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// From when its posts count; used at the first registration only.
    pub counts_from: Timestamp,
}

/// How a source fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fares {
    /// The source.
    pub name: String,
    /// The state's name.
    pub state: String,
    /// Why, in words for people.
    pub why: String,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// When it last answered.
    pub heard_at: Option<Timestamp>,
    /// The time of the newest post it brought.
    pub posted_at: Option<Timestamp>,
}

/// The kind of a source that brings holidays for a calendar, and no posts.
pub const HOLIDAYS: &str = "holidays";

/// What the kinds of ticket systems begin with: they bring no posts either.
pub const TICKETS: &str = "tickets_";

/// Enters the configured sources of posts and notes which ones are gone. One that is known keeps its
/// `counts_from` and its state.
pub async fn register(tx: &mut Tx, sources: &[Registered], now: Timestamp) -> Result<(), StoreError> {
    enter(tx, sources, Group::Posts, now).await
}

/// Enters the addresses from which holidays are fetched, by name, and notes which ones are gone.
pub async fn register_holidays(tx: &mut Tx, names: &[String], now: Timestamp) -> Result<(), StoreError> {
    let entry =
        |name: &String| Registered { name: name.clone(), kind: HOLIDAYS.to_owned(), counts_from: now };
    let rows: Vec<Registered> = names.iter().map(entry).collect();
    enter(tx, &rows, Group::Holidays, now).await
}

/// Enters the configured ticket systems, whose kinds begin with [`TICKETS`], and notes which are gone.
pub async fn register_tickets(tx: &mut Tx, systems: &[Registered], now: Timestamp) -> Result<(), StoreError> {
    enter(tx, systems, Group::Tickets, now).await
}

/// What a source brings, as its kind tells; each group is entered by itself.
#[derive(Clone, Copy)]
enum Group {
    Posts,
    Holidays,
    Tickets,
}

async fn enter(tx: &mut Tx, sources: &[Registered], group: Group, now: Timestamp) -> Result<(), StoreError> {
    let what = "entering sources";
    let rows: Vec<_> =
        sources.iter().map(|s| (&s.name, &s.kind, s.counts_from.millis(), now.millis())).collect();
    let sql = list!(
        tx,
        "INSERT INTO source (name, kind, counts_from, state, state_why, state_since)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), 'starting', '', CAST(j.value->>3 AS BIGINT)
         FROM",
        "WHERE true ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, removed_at = NULL"
    );
    bulk::run(tx, what, sql, &rows).await?;
    let names: Vec<_> = sources.iter().map(|s| (&s.name,)).collect();
    let sql = list!(
        tx,
        "UPDATE source SET removed_at = $2, state = 'off', state_why = 'no longer in the settings',
            state_since = $2, retry_at = NULL
         WHERE removed_at IS NULL AND CASE WHEN kind = 'holidays' THEN 1 WHEN kind LIKE 'tickets_%' THEN 2 ELSE 0 END = $3
            AND name NOT IN (SELECT j.value->>0 FROM",
        ")"
    );
    let text = json(what, &names)?;
    let group = group as i64;
    query(sql).bind(text).bind(now.millis()).bind(group).run(tx).await.map(|_| ()).during(what)
}

/// Writes how sources fare; times only move on.
pub async fn put(tx: &mut Tx, fares: &[Fares]) -> Result<(), StoreError> {
    let sql = "UPDATE source SET state = $2, state_why = $3, state_since = $4, retry_at = $5,
            last_heard_at = CASE WHEN $6 > COALESCE(last_heard_at, 0) THEN $6 ELSE last_heard_at END,
            last_posted_at = CASE WHEN $7 > COALESCE(last_posted_at, 0) THEN $7 ELSE last_posted_at END
         WHERE name = $1";
    for f in fares {
        query(sql)
            .bind(&f.name)
            .bind(&f.state)
            .bind(&f.why)
            .bind(f.since.millis())
            .bind(f.retry_at.map(Timestamp::millis))
            .bind(f.heard_at.map(Timestamp::millis))
            .bind(f.posted_at.map(Timestamp::millis))
            .run(tx)
            .await
            .map(|_| ())
            .during("writing how a source fares")?;
    }
    Ok(())
}

/// Notes that a source was heard from, as a delivery to a webhook shows.
pub async fn heard(tx: &mut Tx, name: &str, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE source SET last_heard_at = $2 WHERE name = $1 AND COALESCE(last_heard_at, 0) < $2";
    query(sql)
        .bind(name)
        .bind(at.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting that a source was heard from")
}

/// Why the platform refuses a source's credential at present, if it does.
pub async fn refused(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT state_why FROM source WHERE name = $1 AND state = 'needs_token' AND removed_at IS NULL";
    query(sql).bind(name).maybe(tx).await.during("reading whether a credential is refused")
}

/// All sources by name, those that are gone too.
pub async fn list(tx: &mut Tx) -> Result<Vec<SourceRow>, StoreError> {
    let sql = "SELECT name, kind, counts_from, state, state_why, state_since, retry_at, last_heard_at,
            last_posted_at, removed_at FROM source ORDER BY name";
    query(sql).all(tx).await.during("reading sources")
}

/// Adds to the calls made to outside services: credential, day, unit, how many.
pub async fn add_calls(tx: &mut Tx, calls: &[(String, String, String, i64)]) -> Result<(), StoreError> {
    let sql = list!(
        tx,
        "INSERT INTO api_use (credential, day, unit, units, micros, currency)
         SELECT j.value->>0, j.value->>1, j.value->>2, CAST(j.value->>3 AS BIGINT), 0, '' FROM",
        "WHERE true ON CONFLICT (credential, day, unit) DO UPDATE SET units = api_use.units + excluded.units"
    );
    bulk::run(tx, "counting calls", sql, calls).await
}

/// The calls made on a day: credential, unit, how many.
pub async fn calls_of(tx: &mut Tx, day: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
    let sql = "SELECT credential, unit, units FROM api_use WHERE day = $1 ORDER BY credential, unit";
    query(sql).bind(day).all(tx).await.during("reading the calls made")
}
