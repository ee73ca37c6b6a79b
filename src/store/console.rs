//! What pages, cards and reports read about cases. Every function takes a brand: nothing of one
//! brand shows in another.

use super::rows::{CaseEventRow, CaseRow};
use super::{During, StoreError, Tx, json, list, on, row};
use crate::domain::time::Timestamp;

/// The events of a case after version `seen`, oldest first.
pub async fn events_since(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    seen: i64,
) -> Result<Vec<CaseEventRow>, StoreError> {
    let sql = "SELECT * FROM case_event WHERE case_id = $1 AND brand_id = $2 AND seq > $3 ORDER BY seq";
    on!(tx, |c| sqlx::query_as(sql).bind(id).bind(brand_id).bind(seen).fetch_all(c).await)
        .during("reading a timeline")
}

/// Which cases a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Everything open that needs an answer, by risk.
    #[default]
    Risk,
    /// Claimed by one person.
    Mine,
    /// Claimed by nobody.
    Unclaimed,
    /// Owing an answer past its deadline.
    Late,
    /// Waiting for customer, front office or private channel.
    Waiting,
    /// Open, thought to need no answer.
    NoAnswer,
    /// Ended, latest first.
    Ended,
}

impl Lane {
    /// All lanes.
    pub const ALL: [Self; 7] =
        [Self::Risk, Self::Mine, Self::Unclaimed, Self::Late, Self::Waiting, Self::NoAnswer, Self::Ended];

    /// The word in the address.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Risk => "risk",
            Self::Mine => "mine",
            Self::Unclaimed => "unclaimed",
            Self::Late => "late",
            Self::Waiting => "waiting",
            Self::NoAnswer => "no-answer",
            Self::Ended => "ended",
        }
    }

    /// Reads the word that [`Lane::code`] gives.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.code() == code)
    }

    /// P1 on top, then level and time left together; what owes nothing comes last in its level.
    const fn statement(self) -> &'static str {
        match self {
            Self::Risk => {
                "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1
                 ORDER BY level, due_at IS NULL, due_at, id LIMIT $2 OFFSET $3"
            }
            Self::Mine => {
                "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1 AND claimed_by = $4
                 ORDER BY level, due_at IS NULL, due_at, id LIMIT $2 OFFSET $3"
            }
            Self::Unclaimed => {
                "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1 AND claimed_by IS NULL
                   AND state = 'new' ORDER BY level, due_at IS NULL, due_at, id LIMIT $2 OFFSET $3"
            }
            Self::Late => {
                "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1 AND due_at < $5
                 ORDER BY level, due_at, id LIMIT $2 OFFSET $3"
            }
            Self::Waiting => {
                "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1
                   AND state IN ('waiting_customer', 'waiting_front_office', 'waiting_private')
                 ORDER BY level, due_at IS NULL, due_at, id LIMIT $2 OFFSET $3"
            }
            Self::NoAnswer => {
                "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 0
                 ORDER BY opened_at DESC, id LIMIT $2 OFFSET $3"
            }
            Self::Ended => {
                "SELECT * FROM cases WHERE brand_id = $1 AND open = 0
                 ORDER BY changed_at DESC, id LIMIT $2 OFFSET $3"
            }
        }
    }
}

/// One page of a lane of a brand.
pub async fn lane(
    tx: &mut Tx,
    brand_id: &str,
    lane: Lane,
    person: &str,
    now: Timestamp,
    (limit, offset): (i64, i64),
) -> Result<Vec<CaseRow>, StoreError> {
    let sql = lane.statement();
    on!(tx, |c| {
        let query = sqlx::query_as(sql).bind(brand_id).bind(limit).bind(offset);
        match lane {
            Lane::Mine => query.bind(person).fetch_all(c).await,
            Lane::Late => query.bind(person).bind(now.millis()).fetch_all(c).await,
            _ => query.fetch_all(c).await,
        }
    })
    .during("reading the inbox of cases")
}

row! {
    /// How many cases stand in the lanes of a brand.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct LaneCounts {
        /// Open and needing an answer.
        pub risk: i64,
        /// Claimed by the person.
        pub mine: i64,
        /// New and claimed by nobody.
        pub unclaimed: i64,
        /// Late.
        pub late: i64,
        /// Waiting.
        pub waiting: i64,
    }
}

/// How many cases stand in the lanes.
pub async fn lane_counts(
    tx: &mut Tx,
    brand_id: &str,
    person: &str,
    now: Timestamp,
) -> Result<LaneCounts, StoreError> {
    let sql = "SELECT COUNT(*) AS risk, COUNT(*) FILTER (WHERE claimed_by = $2) AS mine,
            COUNT(*) FILTER (WHERE claimed_by IS NULL AND state = 'new') AS unclaimed,
            COUNT(*) FILTER (WHERE due_at < $3) AS late,
            COUNT(*) FILTER (WHERE state IN ('waiting_customer', 'waiting_front_office', 'waiting_private')) AS waiting
         FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1";
    on!(tx, |c| sqlx::query_as(sql).bind(brand_id).bind(person).bind(now.millis()).fetch_one(c).await)
        .during("counting the lanes")
}

row! {
    /// A message of a case with its words, as a page shows it.
    #[derive(Clone, Debug)]
    pub struct Message {
        /// The case.
        pub case_id: String,
        /// The mention.
        pub mention_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// When we received it.
        pub received_at: i64,
        /// Its present revision.
        pub revision: i64,
        /// Whether only we can read it.
        pub private: i64,
        /// When it was deleted.
        pub deleted_at: Option<i64>,
        /// Its content, JSON with `text` and `url`; gone when erased.
        pub body: Option<String>,
        /// The profile of who wrote it, JSON with `handle` and `name`.
        pub profile: Option<String>,
        /// Its level.
        pub level: i64,
        /// Its urgency.
        pub urgency: i64,
        /// Its intent.
        pub intent: String,
        /// Its language.
        pub language: String,
        /// Where personal data stands, a JSON array.
        pub personal_data: String,
        /// Why it was judged so, a JSON array.
        pub reasons: String,
    }
}

/// The messages of some cases of a brand, in the platform's order.
pub async fn messages(tx: &mut Tx, brand_id: &str, cases: &[&str]) -> Result<Vec<Message>, StoreError> {
    let what = "reading messages";
    let rows: Vec<(&str, &str)> = cases.iter().map(|id| (brand_id, *id)).collect();
    let text = json(what, &rows)?;
    let sql = list!(
        tx,
        "SELECT g.case_id, g.mention_id, m.posted_at, m.received_at, m.revision, m.private, m.deleted_at, c.body,
            p.body AS profile, g.level, g.urgency, g.intent, g.language, g.personal_data, g.reasons
         FROM",
        "CROSS JOIN judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision
         LEFT JOIN content p ON p.id = m.author_id
         WHERE g.brand_id = j.value->>0 AND g.case_id = j.value->>1
         ORDER BY m.posted_at, m.external_id"
    );
    on!(tx, |c| sqlx::query_as(sql).bind(text).fetch_all(c).await).during(what)
}

/// The first message of each of some cases, for a list: bounded however long the talk is.
pub async fn first_messages(
    tx: &mut Tx,
    brand_id: &str,
    cases: &[&CaseRow],
) -> Result<Vec<Message>, StoreError> {
    let what = "reading first messages";
    let rows: Vec<(&str, &str)> = cases.iter().map(|c| (brand_id, c.first_mention_id.as_str())).collect();
    let text = json(what, &rows)?;
    let sql = list!(
        tx,
        "SELECT g.case_id, g.mention_id, m.posted_at, m.received_at, m.revision, m.private, m.deleted_at, c.body,
            p.body AS profile, g.level, g.urgency, g.intent, g.language, g.personal_data, g.reasons
         FROM",
        "CROSS JOIN judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision
         LEFT JOIN content p ON p.id = m.author_id
         WHERE g.mention_id = j.value->>1 AND g.brand_id = j.value->>0"
    );
    on!(tx, |c| sqlx::query_as(sql).bind(text).fetch_all(c).await).during(what)
}

row! {
    /// A post of our own in a conversation, as a page shows it.
    #[derive(Clone, Debug)]
    pub struct OwnMessage {
        /// Our post.
        pub id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// Whether it counts as an answer.
        pub counts: i64,
        /// Whom it answers.
        pub answers_author_id: Option<String>,
        /// When it was deleted.
        pub deleted_at: Option<i64>,
        /// Its content, JSON with `text` and `url`.
        pub body: Option<String>,
    }
}

/// Our posts in a conversation.
pub async fn own_messages(
    tx: &mut Tx,
    brand_id: &str,
    conversation: &str,
) -> Result<Vec<OwnMessage>, StoreError> {
    let sql = "SELECT o.id, o.posted_at, o.counts, o.answers_author_id, o.deleted_at, c.body
         FROM own_post o LEFT JOIN content c ON c.id = o.id || '/1'
         WHERE o.conversation_id = $1 AND o.brand_id = $2 ORDER BY o.posted_at, o.external_id";
    on!(tx, |c| sqlx::query_as(sql).bind(conversation).bind(brand_id).fetch_all(c).await)
        .during("reading our messages")
}

/// Cases of a brand that changed at or after an instant: ids.
pub async fn changed_since(
    tx: &mut Tx,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    let sql = "SELECT brand_id, id, version FROM cases WHERE changed_at >= $1 ORDER BY changed_at LIMIT $2";
    on!(tx, |c| sqlx::query_as(sql).bind(since.millis()).bind(limit).fetch_all(c).await)
        .during("looking for changed cases")
}
