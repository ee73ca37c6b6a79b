//! What the front office's reports are made of: one thin row for each case that was the front office's to solve, the
//! tickets it was tied to, what people did with it. No words of anybody are read but for examples, which are asked
//! for by name.

use super::ending::theirs;
use super::query::query;
use super::{During, StoreError, Tx, json, list, of_brands, row};
use crate::domain::time::Timestamp;

row! {
    /// One case that was the front office's to solve.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OfficeCase {
        /// The brand by name.
        pub brand: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Its short number.
        pub number: i64,
        /// The platform.
        pub platform: String,
        /// What the customer wanted.
        pub intent: String,
        /// The first message that asks.
        pub first_mention_id: String,
        /// When it began.
        pub opened_at: i64,
        /// When it was resolved.
        pub at: i64,
        /// Who solved it, a code.
        pub solved: String,
        /// Why webcare could.
        pub difference: Option<String>,
        /// Why the customer came.
        pub back_door: Option<String>,
        /// What was done with what was proposed.
        pub taken: String,
        /// Whether reasons were asked for.
        pub asked: i64,
        /// Its sector; empty for none.
        pub sector: String,
        /// The language.
        pub language: String,
        /// `P1` … `P5`.
        pub level: String,
    }
}

row! {
    /// A ticket that such a case is tied to.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OfficeLink {
        /// The case.
        pub case_id: String,
        /// The link.
        pub id: String,
        /// The ticket system by name.
        pub system: String,
        /// The ticket by its number.
        pub ticket_id: Option<String>,
        /// How it stands.
        pub state: String,
        /// When it was made, by its system.
        pub opened_at: Option<i64>,
        /// When it was tied.
        pub linked_at: i64,
        /// By when something was promised on it.
        pub due_at: Option<i64>,
        /// The queue; empty where none is known.
        pub queue: String,
    }
}

/// The cases of a period, at most `max`, latest first.
pub async fn cases(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    max: i64,
) -> Result<Vec<OfficeCase>, StoreError> {
    let what = "reading cases of the front office";
    let sql = theirs!(
        tx,
        "SELECT b.name AS brand, k.brand_id, k.id AS case_id, k.number, k.platform, k.intent, k.first_mention_id,
            k.opened_at, e.at, e.solved, e.difference, e.back_door, e.taken, COALESCE(a.asked, 1) AS asked,
            COALESCE(s.sector, '') AS sector, k.language, 'P' || CAST(k.level AS TEXT) AS level
         FROM ending e JOIN cases k ON k.id = e.case_id AND k.brand_id = e.brand_id
            JOIN brand b ON b.id = k.brand_id
            LEFT JOIN ending_asked a ON a.brand_id = e.brand_id AND a.case_id = e.case_id
            LEFT JOIN case_sector s ON s.brand_id = e.brand_id AND s.case_id = e.case_id",
        "ORDER BY e.at DESC, k.id LIMIT $4"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).bind(max).all(tx).await.during(what)
}

/// The tickets of these cases, in the order in which they were tied.
pub async fn links(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<OfficeLink>, StoreError> {
    let what = "reading tickets of the front office";
    let sql = theirs!(
        tx,
        "SELECT l.case_id, l.id, l.system, l.ticket_id, l.state, l.opened_at, l.linked_at, l.due_at,
            COALESCE(q.queue, '') AS queue
         FROM ending e JOIN cases k ON k.id = e.case_id AND k.brand_id = e.brand_id
            JOIN ticket_link l ON l.brand_id = e.brand_id AND l.case_id = e.case_id AND l.unlinked_at IS NULL
            LEFT JOIN ticket_queue q ON q.link_id = l.id",
        "ORDER BY l.case_id, l.linked_at, l.id"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// When tickets of these cases were solved there, opened again, or given a status by us: the event's kind, its instant and its body, which
/// names the link; in order.
pub async fn solved(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(String, i64, String)>, StoreError> {
    let what = "reading when tickets were solved";
    let sql = theirs!(
        tx,
        "SELECT v.kind, v.at, v.body
         FROM ending e JOIN cases k ON k.id = e.case_id AND k.brand_id = e.brand_id
            JOIN case_event v ON v.case_id = e.case_id AND v.kind IN ('ticket_solved', 'ticket_reopened', 'ticket_status')",
        "ORDER BY v.case_id, v.seq"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// What happened in these cases, in order: case, when it was written down, whether a person did it.
pub async fn deeds(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let what = "reading what people did";
    let sql = theirs!(
        tx,
        "SELECT v.case_id, v.recorded_at, CASE WHEN v.who_kind = 'person' THEN CAST(1 AS BIGINT) ELSE 0 END
         FROM ending e JOIN cases k ON k.id = e.case_id AND k.brand_id = e.brand_id
            JOIN case_event v ON v.case_id = e.case_id",
        "ORDER BY v.case_id, v.seq"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

row! {
    /// The words of a message, with where personal data stands in them and who wrote them.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Worded {
        /// The message.
        pub mention_id: String,
        /// Its words, a JSON object, if they are still there.
        pub body: Option<String>,
        /// Its author's names, a JSON object, if they are still there.
        pub profile: Option<String>,
        /// Places of personal data, a JSON array.
        pub personal_data: String,
    }
}

/// The words of messages that still stand, as far as everybody could read them: what was said in private is told to
/// no other department.
pub async fn worded(tx: &mut Tx, pairs: &[(String, String)]) -> Result<Vec<Worded>, StoreError> {
    let what = "reading examples";
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT m.id AS mention_id, c.body, p.body AS profile, g.personal_data FROM",
        "CROSS JOIN mention m JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision LEFT JOIN content p ON p.id = m.author_id
         WHERE g.brand_id = j.value->>0 AND m.id = j.value->>1 AND m.deleted_at IS NULL
            AND m.private = 0"
    );
    let text = json(what, pairs)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// The cases that look like the front office's (an account matter, a complaint, a ticket), ended in the period, and of
/// which nobody said how they ended: brand by name and number. Those that ended by themselves are such; those that were
/// joined to another case are not, for that one tells.
pub async fn not_said(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    max: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    let what = "reading of which cases nobody said how they ended";
    let sql = of_brands!(
        tx,
        "SELECT b.name, k.number FROM cases k JOIN brand b ON b.id = k.brand_id
         WHERE k.open = 0 AND k.state IN ('resolved', 'closed') AND k.sample = 0 AND k.historic = 0
           AND k.state_since >= $2 AND k.state_since < $3
           AND (k.needs_private = 1 OR k.intent = 'complaint'
            OR EXISTS (SELECT 1 FROM ticket_link l
                WHERE l.brand_id = k.brand_id AND l.case_id = k.id AND l.unlinked_at IS NULL))
           AND NOT EXISTS (SELECT 1 FROM ending e WHERE e.brand_id = k.brand_id AND e.case_id = k.id)
           AND NOT EXISTS (SELECT 1 FROM conversation v
                WHERE v.id = k.conversation_id AND v.merged_into IS NOT NULL) AND",
        "ORDER BY b.name, k.number LIMIT $4"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).bind(max).all(tx).await.during(what)
}
