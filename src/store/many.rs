//! Words for many and answers to many, as stored. Words stand in `content` under `ID/text`.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::Timestamp;

row! {
    /// Words for many.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LineRow {
        /// Id.
        pub id: String,
        /// The incident.
        pub incident_id: String,
        /// The brand.
        pub brand_id: String,
        /// The language.
        pub language: String,
        /// `answer` or `solved`.
        pub purpose: String,
        /// `written`, `approved` or `withdrawn`.
        pub state: String,
        /// Who wrote it.
        pub written_by: String,
        /// When.
        pub written_at: i64,
        /// Who approved it.
        pub approved_by: Option<String>,
        /// When.
        pub approved_at: Option<i64>,
    }
}

impl LineRow {
    /// The content that holds its words.
    pub fn content_id(&self) -> String {
        format!("{}/text", self.id)
    }
}

row! {
    /// An answer to many that was made.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SentRow {
        /// The action.
        pub action_id: String,
        /// The incident.
        pub incident_id: String,
        /// The press.
        pub sending_id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// `answer` or `solved`.
        pub purpose: String,
        /// The account.
        pub credential: String,
        /// The words.
        pub line_id: String,
        /// When it was made.
        pub made_at: i64,
    }
}

/// Writes a line, a new one or as it stands now.
pub async fn put_line(tx: &mut Tx, l: &LineRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident_line (id, incident_id, brand_id, language, purpose, state, written_by, written_at,
            approved_by, approved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, approved_by = excluded.approved_by,
            approved_at = excluded.approved_at";
    query(sql)
        .bind(&l.id)
        .bind(&l.incident_id)
        .bind(&l.brand_id)
        .bind(&l.language)
        .bind(&l.purpose)
        .bind(&l.state)
        .bind(&l.written_by)
        .bind(l.written_at)
        .bind(&l.approved_by)
        .bind(l.approved_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing words for many")
}

/// The lines of an incident, in the order in which they were written.
pub async fn lines(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Vec<LineRow>, StoreError> {
    let sql = "SELECT * FROM incident_line WHERE incident_id = $2 AND brand_id = $1 ORDER BY id";
    query(sql).bind(brand_id).bind(id).all(tx).await.during("reading words for many")
}

/// Notes that an action is an answer to many.
pub async fn sent(tx: &mut Tx, s: &SentRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident_sent (action_id, incident_id, sending_id, brand_id, case_id, purpose, credential,
            line_id, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    query(sql)
        .bind(&s.action_id)
        .bind(&s.incident_id)
        .bind(&s.sending_id)
        .bind(&s.brand_id)
        .bind(&s.case_id)
        .bind(&s.purpose)
        .bind(&s.credential)
        .bind(&s.line_id)
        .bind(s.made_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting an answer to many")
}

/// When the last answer to many that still waits for an account is to leave.
pub async fn last_waiting(tx: &mut Tx, credential: &str) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT MAX(a.not_before) FROM action a JOIN incident_sent s ON s.action_id = a.id
         WHERE a.credential = $1 AND a.state = 'ready'";
    let (at,): (Option<i64>,) =
        query(sql).bind(credential).one(tx).await.during("reading what waits for an account")?;
    Ok(at.map(Timestamp))
}

/// The answers to many of an incident that have not begun to leave: action and case.
pub async fn waiting(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT s.action_id, s.case_id FROM incident_sent s JOIN action a ON a.id = s.action_id
         WHERE s.incident_id = $2 AND s.brand_id = $1 AND a.state IN ('held', 'ready', 'claimed') ORDER BY s.case_id";
    query(sql).bind(brand_id).bind(id).all(tx).await.during("reading what has not left")
}

/// The answers with these words that have not begun to leave: actions.
pub async fn waiting_with(tx: &mut Tx, brand_id: &str, line_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT s.action_id FROM incident_sent s JOIN action a ON a.id = s.action_id
         WHERE s.line_id = $2 AND s.brand_id = $1 AND a.state IN ('held', 'ready', 'claimed') ORDER BY s.case_id";
    let rows: Vec<(String,)> =
        query(sql).bind(brand_id).bind(line_id).all(tx).await.during("reading what has not left")?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

row! {
    /// A case that is over, as who tells many that it is solved must know it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OverRow {
        /// The case.
        pub case_id: String,
        /// Its author.
        pub author_id: String,
        /// 1 where its words were let go, or its author was erased.
        pub gone: i64,
        /// 1 where its conversation goes on in a later case of the same author: what is said there answers that one.
        pub goes_on: i64,
        /// 1 where its author wrote since it ended.
        pub wrote_since: i64,
    }
}

/// Those of these cases that are resolved or closed.
pub async fn over(tx: &mut Tx, brand_id: &str, cases: &[String]) -> Result<Vec<OverRow>, StoreError> {
    let what = "reading which cases are over";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT k.id AS case_id, k.author_id,
            CAST(CASE WHEN k.forgotten_at IS NOT NULL OR a.erased_at IS NOT NULL THEN 1 ELSE 0 END AS BIGINT) AS gone,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM cases q WHERE q.conversation_id = k.conversation_id
                AND q.author_id = k.author_id AND q.brand_id = k.brand_id AND q.open = 1)
                THEN 1 ELSE 0 END AS BIGINT) AS goes_on,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM case_event e WHERE e.case_id = k.id AND e.who_kind = 'customer'
                    AND e.at > k.state_since)
                OR EXISTS (SELECT 1 FROM cases q WHERE q.author_id = k.author_id AND q.brand_id = k.brand_id
                    AND q.open = 1 AND q.due_at IS NOT NULL)
                THEN 1 ELSE 0 END AS BIGINT) AS wrote_since
         FROM",
        "CROSS JOIN cases k JOIN author a ON a.id = k.author_id
         WHERE k.id = j.value->>0 AND k.brand_id = $2 AND k.state IN ('resolved', 'closed')"
    );
    let text = each_json(what, cases)?;
    query(sql).bind(text).bind(brand_id).all(tx).await.during(what)
}

/// Whoever objects is told no more that something is solved: what waits for these accounts on cases that were over when
/// it was written is called off.
pub async fn call_off_over(tx: &mut Tx, accounts: &[String], now: Timestamp) -> Result<(), StoreError> {
    let what = "calling off what was written after the end";
    if accounts.is_empty() {
        return Ok(());
    }
    let sql = list!(
        tx,
        "UPDATE action SET state = 'cancelled', settled_at = $2, token = action.token + 1, lease_until = NULL,
            detail = 'they object' FROM",
        "CROSS JOIN cases k JOIN incident_sent s ON s.case_id = k.id
         WHERE k.author_id = j.value->>0 AND s.action_id = action.id AND action.state IN ('held', 'ready', 'claimed')
           AND action.payload LIKE '%\"afterwards\":true%'"
    );
    let text = each_json(what, accounts)?;
    query(sql).bind(text).bind(now.millis()).run(tx).await.map(|_| ()).during(what)
}

/// The answers to many that were made for a case: actions.
pub async fn made(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    case_id: &str,
    purpose: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT action_id FROM incident_sent WHERE incident_id = $2 AND case_id = $3 AND brand_id = $1
         AND purpose = $4";
    let rows: Vec<(String,)> = query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(case_id)
        .bind(purpose)
        .all(tx)
        .await
        .during("reading answers to many of a case")?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}
