//! What is still to be taken out of the database's files after an erasure, and taking it out on PostgreSQL.
//!
//! A row that was deleted stays in its page until the page is used again, and so do the entries of indexes. So every
//! table that an erasure touches is written anew with its indexes and its long values, and the planner's samples of
//! it are taken anew and written anew as well. Nobody may use a table meanwhile: it is waited for a moment only,
//! and the writing may take as long as whoever asks says.

use super::query::query;
use super::{Db, During, StoreError, Tx, bulk, list, row};
use crate::domain::time::{Span, Timestamp};
use sqlx::Connection;
use sqlx::postgres::PgConnection;

/// The tables by name, each with the statement that writes it anew.
macro_rules! tables {
    ($($name:literal)*) => {
        &[$(($name, concat!("VACUUM (FULL, ANALYZE) ", $name))),*]
    };
}

/// Every table from which an erasure takes something, and where what it wrote passed through; with the statement that
/// writes it anew.
pub const TABLES: &[(&str, &str)] = tables! {
    "action"
    "answer_file"
    "api_once"
    "attachment"
    "attachment_chunk"
    "attempt"
    "author"
    "author_alias"
    "author_label"
    "case_customer"
    "case_event"
    "cases"
    "chat_update"
    "collecting"
    "content"
    "conversation"
    "customer_key"
    "draft"
    "draft_beside"
    "guard_pass"
    "handover"
    "handover_join"
    "helper_answer"
    "inbox"
    "judgement"
    "mention"
    "mention_handle"
    "own_post"
    "published"
    "recheck"
    "search"
    "survey"
    "survey_reply"
    "thread_post"
    "ticket_link"
    "translation"
};
/// Where PostgreSQL keeps samples of what stands in columns; written anew after all tables.
pub const SAMPLES: &str = "pg_catalog.pg_statistic";
const SAMPLES_ANEW: &str = "VACUUM (FULL) pg_catalog.pg_statistic";
/// On SQLite there is one thing to do: index and log.
pub const FILE: &str = "webcared.db";
/// How long a table is waited for. Whoever comes later waits behind us, so it is short; but longer than the second after
/// which the server ends cleaning of its own that stands in the way (`deadlock_timeout`).
const LOCK_WAIT: Span = Span::seconds(2);
/// How often it is looked, a quarter of a second apart, whether readers from before are done.
const LOOKS_MAX: u32 = 12;

row! {
    /// Something that is owed.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OwedRow {
        /// The table, or [`FILE`].
        pub name: String,
        /// Since when.
        pub since: i64,
        /// Rises each time that it is owed anew.
        pub asked: i64,
        /// How often it was tried.
        pub tries: i64,
        /// When it is tried next.
        pub next_at: i64,
        /// Why it could not be done the last time.
        pub why: String,
    }
}

/// What came of writing a table anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewritten {
    /// It holds only what can be read.
    Done,
    /// It could not be done, and why.
    Not(String),
    /// Somebody sees the database as it was before, and with it no table can be done; who that is.
    Seen(String),
}

/// Notes that the files are to be rid of what was taken away; in the transaction that takes it.
pub async fn owe(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let mut names = vec![FILE];
    if tx.is_postgres() {
        names = TABLES.iter().map(|table| table.0).collect();
        names.push(SAMPLES);
    }
    let rows: Vec<(&str, i64)> = names.into_iter().map(|name| (name, now.millis())).collect();
    let sql = list!(
        tx,
        "INSERT INTO file_sweep (name, since, asked, tries, next_at, why)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), 1, 0, 0, '' FROM",
        "WHERE true ON CONFLICT (name) DO UPDATE SET asked = file_sweep.asked + 1, next_at = 0"
    );
    bulk::run(tx, "noting what is to be taken out of the files", sql, &rows).await
}

/// What is owed, what waits longest first, samples last.
pub async fn owed(tx: &mut Tx) -> Result<Vec<OwedRow>, StoreError> {
    let sql = "SELECT name, since, asked, tries, next_at, why FROM file_sweep ORDER BY name";
    let mut all: Vec<OwedRow> =
        query(sql).all(tx).await.during("reading what is to be taken out of the files")?;
    all.sort_by_key(|o| (o.name == SAMPLES, o.since));
    Ok(all)
}

/// It is done, as it was owed when it was begun.
pub async fn done(tx: &mut Tx, owed: &OwedRow) -> Result<(), StoreError> {
    let sql = "DELETE FROM file_sweep WHERE name = $1 AND asked = $2";
    query(sql)
        .bind(&owed.name)
        .bind(owed.asked)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting what was taken out of the files")
}

/// It could not be done; it is tried again at an instant.
pub async fn not_done(tx: &mut Tx, name: &str, why: &str, next_at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE file_sweep SET tries = tries + 1, why = $2, next_at = $3 WHERE name = $1";
    query(sql)
        .bind(name)
        .bind(why)
        .bind(next_at.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting what could not be taken out of the files")
}

/// Writes a table of PostgreSQL anew; the database holds others off it for `hold` at most.
///
/// # Errors
/// That the server was not reached, or is going away.
pub async fn rewrite(db: &Db, name: &str, hold: Span) -> Result<Rewritten, StoreError> {
    const WHAT: &str = "writing a table anew";
    let Db::Postgres(pool) = db else { return Ok(Rewritten::Done) };
    let known = TABLES.iter().chain([&(SAMPLES, SAMPLES_ANEW)]).find(|table| table.0 == name);
    let Some(table) = known else { return Ok(Rewritten::Done) };
    // A connection of its own: what is set on it goes with it.
    let mut own = pool.acquire().await.during(WHAT)?.detach();
    let result = rewrite_on(&mut own, *table, hold).await;
    if let Err(error) = own.close().await {
        tracing::debug!(%error, "a connection was not closed well");
    }
    match result {
        Ok(rewritten) => Ok(rewritten),
        Err(error) => match told(&error, hold) {
            Some(why) => Ok(Rewritten::Not(why)),
            None => Err(StoreError::of(WHAT, error)),
        },
    }
}

async fn rewrite_on(
    own: &mut PgConnection,
    (name, anew): (&'static str, &'static str),
    hold: Span,
) -> Result<Rewritten, sqlx::Error> {
    for (key, span) in [("lock_timeout", LOCK_WAIT), ("statement_timeout", hold)] {
        let sql = "SELECT set_config($1, $2, false)";
        sqlx::query(sql).bind(key).bind(format!("{}ms", span.millis())).execute(&mut *own).await?;
    }
    // Whatever is begun from here on does not see what was erased before.
    let (border,): (String,) =
        sqlx::query_as("SELECT pg_current_xact_id()::text").fetch_one(&mut *own).await?;
    // Who reads for a moment is waited for.
    let mut looks = 0;
    while let Some(why) = who_still_sees(own, &border).await? {
        looks += 1;
        if looks > LOOKS_MAX {
            return Ok(Rewritten::Seen(why));
        }
        sqlx::query("SELECT pg_sleep(0.25)").execute(&mut *own).await?;
    }
    let place = "SELECT pg_relation_filenode(to_regclass($1))::bigint";
    let (before,): (Option<i64>,) = sqlx::query_as(place).bind(name).fetch_one(&mut *own).await?;
    sqlx::query(anew).execute(&mut *own).await?;
    let (after,): (Option<i64>,) = sqlx::query_as(place).bind(name).fetch_one(&mut *own).await?;
    Ok(if before == after {
        Rewritten::Not(format!("webcared's role may not write {name} anew: it must own the database"))
    } else {
        Rewritten::Done
    })
}

/// Whoever sees the database as it was before `border` keeps what was erased in it alive, also through a rewrite; but not
/// who cleans a table, however long that takes: the server does not count them.
async fn who_still_sees(own: &mut PgConnection, border: &str) -> Result<Option<String>, sqlx::Error> {
    let sql = "SELECT COALESCE(NULLIF(application_name, ''), backend_type, 'somebody'),
            COALESCE(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP - xact_start)::bigint, 0)
         FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND (datid IS NULL OR datname = current_database())
           AND pid NOT IN (SELECT v.pid FROM pg_stat_progress_vacuum v)
           AND (age(backend_xmin) > age($1::text::xid8::xid) OR age(backend_xid) > age($1::text::xid8::xid))
         UNION ALL
         SELECT 'replication slot ' || slot_name::text, 0 FROM pg_replication_slots
         WHERE age(xmin) > age($1::text::xid8::xid) OR age(catalog_xmin) > age($1::text::xid8::xid)
         UNION ALL
         SELECT 'prepared transaction ' || gid, EXTRACT(EPOCH FROM CURRENT_TIMESTAMP - prepared)::bigint FROM pg_prepared_xacts
         WHERE database = current_database() AND age(transaction) > age($1::text::xid8::xid)
         LIMIT 1";
    let found: Option<(String, i64)> = sqlx::query_as(sql).bind(border).fetch_optional(&mut *own).await?;
    Ok(found.map(|(who, seconds)| format!("{who} still reads as of {seconds} s ago")))
}

/// Why the server would not, in words: one table that cannot be done keeps no other from it. Nothing where it was not the
/// server that spoke.
fn told(error: &sqlx::Error, hold: Span) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    match &*code {
        "55P03" => Some("others used the table all the time".to_owned()),
        "57014" => Some(format!("it took more than the {} s that casework may wait", hold.millis() / 1000)),
        "40P01" => Some("others wanted the same tables in another order".to_owned()),
        "53100" => Some("the disk of the database has no room for a second copy of the table".to_owned()),
        "57P01" | "57P02" | "57P03" => None,
        other => Some(format!("the server refused it (SQLSTATE {other})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What statements of a text take from: `UPDATE x` and `DELETE FROM x`.
    fn touched(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for word in ["UPDATE ", "DELETE FROM "] {
            for rest in text.split(word).skip(1) {
                let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                found.push(name);
            }
        }
        found.retain(|name| !name.is_empty());
        found
    }

    #[test]
    fn every_table_that_an_erasure_touches_is_written_anew() {
        // They hold no words and nothing by which somebody is found: numbers of cards, turns, states, used-up lists.
        const WITHOUT: [&str; 6] =
            ["attachment_loose", "chat_card", "chat_card_case", "lease", "meta", "protocol"];
        let mut found = touched(include_str!("erase.rs"));
        for text in [
            include_str!("about.rs"),
            include_str!("attachment.rs"),
            // What people type in the chat passes through it.
            include_str!("chat.rs"),
            include_str!("enclosed.rs"),
            include_str!("survey.rs"),
            include_str!("translation.rs"),
        ] {
            found.extend(touched(text));
        }
        assert!(found.len() > 30, "{found:?}");
        for name in found {
            assert!(TABLES.iter().any(|table| table.0 == name) || WITHOUT.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn statements_are_read_for_what_they_touch() {
        assert_eq!(touched("UPDATE a_b SET x; DELETE FROM cd WHERE; SELECT"), ["a_b", "cd"]);
    }
}
