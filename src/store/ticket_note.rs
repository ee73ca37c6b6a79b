//! What we wrote on tickets: each note with the system's id of it, which words stand in it, and whether what was
//! withdrawn since was taken away there. Ids alone, no words.

use super::query::query;
use super::rows::bulk;
use super::script::Script;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::Timestamp;

row! {
    /// One note as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct NoteRow {
        /// The action that wrote it.
        pub action_id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// The link.
        pub link_id: String,
        /// The ticket system by name.
        pub system: String,
        /// The ticket by the system's id.
        pub ticket_id: String,
        /// The note by the system's id; empty where the system tells none.
        pub remote_id: String,
        /// What it tells.
        pub what: String,
        /// What the action asked for, a JSON object.
        pub payload: String,
        /// Whose words stand in it, in which revision: a JSON list of pairs.
        pub held: String,
        /// When it was written.
        pub written_at: i64,
        /// `stands`, `asked` (words of it are to be taken away), `fixed` (they were), `remains` (they could not be) or
        /// `gone` (somebody says that they took them away).
        pub state: String,
        /// Why words of it are to go: `removed`, `edited` or `erased`; empty for none.
        pub cause: String,
        /// When that was settled.
        pub settled_at: Option<i64>,
    }
}

bulk!(NoteRow {
    action_id,
    brand_id,
    case_id,
    link_id,
    system,
    ticket_id,
    remote_id,
    what,
    payload,
    held,
    written_at,
    state,
    cause,
    settled_at,
});

impl NoteRow {
    /// Whose words stand in it, each in its revision.
    pub fn held(&self) -> Vec<(String, i64)> {
        serde_json::from_str(&self.held).unwrap_or_default()
    }

    /// Whether words that were withdrawn still stand there.
    pub fn is_owed(&self) -> bool {
        matches!(self.state.as_str(), "asked" | "remains")
    }
}

/// Writes notes, new ones or as they are now.
pub async fn put(tx: &mut Tx, notes: &[NoteRow]) -> Result<(), StoreError> {
    let what = "writing what was noted on tickets";
    let sql = list!(
        tx,
        "INSERT INTO ticket_note (action_id, brand_id, case_id, link_id, system, ticket_id, remote_id, what, payload,
            held, written_at, state, cause, settled_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6,
            j.value->>7, j.value->>8, j.value->>9, CAST(j.value->>10 AS BIGINT), j.value->>11, j.value->>12,
            CAST(j.value->>13 AS BIGINT)
         FROM",
        "WHERE true ON CONFLICT (action_id) DO UPDATE SET remote_id = excluded.remote_id, held = excluded.held,
            state = excluded.state, cause = excluded.cause, settled_at = excluded.settled_at"
    );
    let mut script = Script::of(tx, what);
    script.add(what, sql, notes)?;
    script.run(tx).await
}

/// What we wrote on the tickets of a case, of ties that stand and of those that were taken away, oldest first.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<NoteRow>, StoreError> {
    let sql = "SELECT * FROM ticket_note WHERE brand_id = $1 AND case_id = $2 ORDER BY written_at, action_id";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading what was noted on tickets")
}

row! {
    /// Words that were withdrawn and still stand on a ticket.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Remains {
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Its number.
        pub number: i64,
        /// The link.
        pub link_id: String,
        /// The ticket system by name.
        pub system: String,
        /// The ticket by the system's id.
        pub ticket_id: String,
        /// Where people see it.
        pub url: String,
        /// On how many notes they stand.
        pub notes: i64,
        /// On how many of these a person must take them away; the rest is on its way.
        pub by_hand: i64,
        /// Since when.
        pub since: i64,
    }
}

/// Where words of people who were erased still stand, oldest first.
pub async fn of_erased(tx: &mut Tx) -> Result<Vec<Remains>, StoreError> {
    let sql =
        "SELECT n.brand_id, n.case_id, k.number, n.link_id, n.system, n.ticket_id, l.url, COUNT(*) AS notes,
            CAST(SUM(CASE WHEN n.state = 'remains' THEN 1 ELSE 0 END) AS BIGINT) AS by_hand,
            MIN(n.written_at) AS since
         FROM ticket_note n JOIN cases k ON k.id = n.case_id JOIN ticket_link l ON l.id = n.link_id
         WHERE n.state IN ('asked', 'remains') AND n.cause = 'erased'
         GROUP BY n.brand_id, n.case_id, k.number, n.link_id, n.system, n.ticket_id, l.url
         ORDER BY MIN(n.written_at), n.link_id LIMIT 2000";
    query(sql).all(tx).await.during("reading what remains on tickets")
}

/// Somebody says that they took the words of a link's notes away; tells of how many notes.
pub async fn gone(tx: &mut Tx, brand_id: &str, link_id: &str, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE ticket_note SET state = 'gone', held = '[]', settled_at = $3
         WHERE brand_id = $1 AND link_id = $2 AND state IN ('asked', 'remains')";
    query(sql)
        .bind(brand_id)
        .bind(link_id)
        .bind(now.millis())
        .run(tx)
        .await
        .during("noting that words are gone from a ticket")
}
