//! Hand-overs into a private channel, conversations that are merged and split, and joins that wait.
//!
//! Posts keep the conversation in which they stand on the platform; that it was merged into another is
//! one pointer, `merged_into` and `merged_as`, which every reader follows. So a split is as exact as
//! the merge was, whatever came in between.

use super::each::find_each;
use super::query::query;
use super::rows::bulk;
use super::script::Script;
use super::{During, StoreError, Tx, list, row};
use crate::domain::handover::{HandoverState, Timing};
use crate::domain::time::Timestamp;

row! {
    /// The hand-over of one case.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct HandoverRow {
        /// The case.
        pub case_id: String,
        /// The brand.
        pub brand_id: String,
        /// Where it stands.
        pub state: String,
        /// The reference code, one a case.
        pub code: String,
        /// To whom it is offered: the author of the case.
        pub author_id: String,
        /// The conversation of the case.
        pub conversation_id: String,
        /// What the connector said of reaching them: `open`, `they_write`, `link`, `mail`, `nobody` or empty.
        pub reach: String,
        /// Why, in words.
        pub reach_why: String,
        /// When it was asked.
        pub reached_at: Option<i64>,
        /// When the offer stood on the platform.
        pub offered_at: Option<i64>,
        /// When the one reminder was made.
        pub reminded_at: Option<i64>,
        /// When the customer came.
        pub opened_at: Option<i64>,
        /// When it ended.
        pub ended_at: Option<i64>,
        /// When a reminder or the end of waiting is due.
        pub next_at: Option<i64>,
        /// When it last changed.
        pub changed_at: i64,
    }
}

bulk!(HandoverRow {
    case_id,
    brand_id,
    state,
    code,
    author_id,
    conversation_id,
    reach,
    reach_why,
    reached_at,
    offered_at,
    reminded_at,
    opened_at,
    ended_at,
    next_at,
    changed_at,
});

impl HandoverRow {
    /// The state as the domain knows it; `None` before the first step, when only a code was given out
    /// or the connector was asked.
    pub fn at(&self) -> Option<HandoverState> {
        HandoverState::from_code(&self.state)
    }

    /// Brings what is due next in line with the state.
    pub fn reschedule(&mut self, timing: Timing) {
        let offered = Timestamp(self.offered_at.unwrap_or(self.changed_at));
        let due = self.at().and_then(|state| timing.due(state, offered, self.reminded_at.is_some()));
        self.next_at = due.map(|due| due.at().millis());
    }
}

row! {
    /// A merge or a split of a conversation.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ConversationEventRow {
        /// The conversation that was merged or split off.
        pub conversation_id: String,
        /// The how many-th event of it.
        pub seq: i64,
        /// The brand for whose case.
        pub brand_id: String,
        /// The case that took it, or lost it.
        pub case_id: String,
        /// `merge` or `split`.
        pub kind: String,
        /// Into which conversation; none after a split.
        pub into_id: Option<String>,
        /// The author whose case takes what is said in it.
        pub as_author: Option<String>,
        /// By what it was known.
        pub evidence: String,
        /// The person, where one decided.
        pub who: Option<String>,
        /// When.
        pub at: i64,
    }
}

bulk!(ConversationEventRow {
    conversation_id,
    seq,
    brand_id,
    case_id,
    kind,
    into_id,
    as_author,
    evidence,
    who,
    at,
});

row! {
    /// A private conversation that may belong, or was joined, to a case.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct JoinRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The private conversation.
        pub conversation_id: String,
        /// The case that its messages have until then, if they have one.
        pub from_case: Option<String>,
        /// The case that it may belong to.
        pub into_case: String,
        /// By what.
        pub evidence: String,
        /// `due`, `proposed`, `joined`, `undone` or `declined`.
        pub state: String,
        /// When it was found.
        pub made_at: i64,
        /// When it was settled.
        pub settled_at: Option<i64>,
        /// By whom, where a person did.
        pub settled_by: Option<String>,
    }
}

bulk!(JoinRow {
    id,
    brand_id,
    conversation_id,
    from_case,
    into_case,
    evidence,
    state,
    made_at,
    settled_at,
    settled_by,
});

/// Inserts hand-overs, or replaces those that stand already.
pub fn put(script: &mut Script, rows: &[HandoverRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO handover (case_id, brand_id, state, code, author_id, conversation_id, reach, reach_why,
            reached_at, offered_at, reminded_at, opened_at, ended_at, next_at, changed_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6,
            j.value->>7, CAST(j.value->>8 AS BIGINT), CAST(j.value->>9 AS BIGINT), CAST(j.value->>10 AS BIGINT),
            CAST(j.value->>11 AS BIGINT), CAST(j.value->>12 AS BIGINT), CAST(j.value->>13 AS BIGINT),
            CAST(j.value->>14 AS BIGINT)
         FROM",
        "WHERE true ON CONFLICT (case_id) DO UPDATE SET state = excluded.state, reach = excluded.reach,
            reach_why = excluded.reach_why, reached_at = excluded.reached_at, offered_at = excluded.offered_at,
            reminded_at = excluded.reminded_at, opened_at = excluded.opened_at, ended_at = excluded.ended_at,
            next_at = excluded.next_at, changed_at = excluded.changed_at"
    );
    script.add("writing hand-overs", sql, rows)
}

/// Adds merges and splits, and moves the pointers of those conversations.
pub fn merge(script: &mut Script, rows: &[ConversationEventRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO conversation_event (conversation_id, seq, brand_id, case_id, kind, into_id, as_author, evidence,
            who, at)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), j.value->>2, j.value->>3, j.value->>4, j.value->>5,
            j.value->>6, j.value->>7, j.value->>8, CAST(j.value->>9 AS BIGINT)
         FROM",
        "WHERE true"
    );
    script.add("merging conversations", sql, rows)?;
    let sql = list!(
        script,
        "UPDATE conversation SET merged_into = j.value->>5, merged_as = j.value->>6 FROM",
        "WHERE conversation.id = j.value->>0"
    );
    script.add("merging conversations", sql, rows)
}

/// Adds joins; one that waits already is left as it is.
pub fn add_joins(script: &mut Script, rows: &[JoinRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO handover_join (id, brand_id, conversation_id, from_case, into_case, evidence, state, made_at,
            settled_at, settled_by)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6,
            CAST(j.value->>7 AS BIGINT), CAST(j.value->>8 AS BIGINT), j.value->>9
         FROM",
        "WHERE true ON CONFLICT DO NOTHING"
    );
    script.add("noting what may belong together", sql, rows)
}

/// The hand-over of one case; the case is locked by who asks.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<HandoverRow>, StoreError> {
    let sql = "SELECT * FROM handover WHERE case_id = $1 AND brand_id = $2";
    query(sql).bind(case_id).bind(brand_id).maybe(tx).await.during("reading a hand-over")
}

/// The hand-overs of some cases.
pub async fn of_cases(tx: &mut Tx, cases: &[String]) -> Result<Vec<HandoverRow>, StoreError> {
    let sql = list!(tx, "SELECT h.* FROM", "CROSS JOIN handover h WHERE h.case_id = j.value->>0");
    find_each(tx, "reading hand-overs", sql, cases).await
}

/// The hand-overs to some authors that have begun or are still to begin, the latest first.
pub async fn of_authors(tx: &mut Tx, authors: &[String]) -> Result<Vec<HandoverRow>, StoreError> {
    let sql = list!(
        tx,
        "SELECT h.* FROM",
        "CROSS JOIN handover h WHERE h.author_id = j.value->>0 ORDER BY h.changed_at DESC, h.case_id"
    );
    find_each(tx, "reading hand-overs", sql, authors).await
}

/// The hand-overs with some reference codes.
pub async fn by_codes(tx: &mut Tx, codes: &[String]) -> Result<Vec<HandoverRow>, StoreError> {
    let sql = list!(tx, "SELECT h.* FROM", "CROSS JOIN handover h WHERE h.code = j.value->>0");
    find_each(tx, "reading hand-overs", sql, codes).await
}

row! {
    /// An open case of an author, as one looks for where a private message may belong.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OpenCase {
        /// The case.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The conversation.
        pub conversation_id: String,
        /// The author.
        pub author_id: String,
        /// Whether it began in private.
        pub private: i64,
    }
}

/// The open cases of some authors, latest first.
pub async fn open_cases_of(tx: &mut Tx, authors: &[String]) -> Result<Vec<OpenCase>, StoreError> {
    let sql = list!(
        tx,
        "SELECT k.id, k.brand_id, k.conversation_id, k.author_id, k.private FROM",
        "CROSS JOIN cases k WHERE k.author_id = j.value->>0 AND k.open = 1 ORDER BY k.opened_at DESC, k.id"
    );
    find_each(tx, "reading open cases", sql, authors).await
}

/// How many events some conversations have.
pub async fn events_of(tx: &mut Tx, conversations: &[String]) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = list!(
        tx,
        "SELECT e.conversation_id, MAX(e.seq) FROM",
        "CROSS JOIN conversation_event e WHERE e.conversation_id = j.value->>0 GROUP BY e.conversation_id"
    );
    find_each(tx, "reading merges", sql, conversations).await
}

/// The merges and splits about a case, oldest first.
pub async fn merges_of(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Vec<ConversationEventRow>, StoreError> {
    let sql = "SELECT * FROM conversation_event WHERE brand_id = $1 AND case_id = $2 ORDER BY at, seq";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading merges")
}

/// The joins into or out of a case, latest first.
pub async fn joins_of(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<JoinRow>, StoreError> {
    let sql = "SELECT * FROM handover_join WHERE brand_id = $1 AND (into_case = $2 OR from_case = $2)
         ORDER BY made_at DESC, id LIMIT 50";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading joins")
}

/// One join of a brand.
pub async fn join(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<JoinRow>, StoreError> {
    let sql = "SELECT * FROM handover_join WHERE brand_id = $1 AND id = $2";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a join")
}

/// The joins that nobody has to be asked about, oldest first.
pub async fn due_joins(tx: &mut Tx, limit: i64) -> Result<Vec<JoinRow>, StoreError> {
    let sql = "SELECT * FROM handover_join WHERE state = 'due' ORDER BY made_at LIMIT $1";
    query(sql).bind(limit).all(tx).await.during("reading joins")
}

/// Settles a join.
pub async fn settle_join(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    state: &str,
    by: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE handover_join SET state = $3, settled_by = $4, settled_at = $5 WHERE brand_id = $1 AND id = $2";
    query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(state)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("settling a join")
}

/// When the next hand-over has something due.
pub async fn next_at(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT next_at FROM handover WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1";
    let found: Option<(Option<i64>,)> =
        query(sql).maybe(tx).await.during("looking for the next hand-over")?;
    Ok(found.and_then(|(at,)| at))
}

/// The hand-overs that have something due: brand and case.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT brand_id, case_id FROM handover WHERE next_at IS NOT NULL AND next_at <= $1
         ORDER BY next_at LIMIT $2";
    query(sql).bind(now.millis()).bind(limit).all(tx).await.during("reading hand-overs that are due")
}

row! {
    /// A conversation with where it was merged to.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ConversationRow {
        /// Id.
        pub id: String,
        /// Into which it was merged.
        pub merged_into: Option<String>,
        /// Whose case takes what is said in it.
        pub merged_as: Option<String>,
        /// How often it was merged or split.
        pub events: i64,
    }
}

/// One conversation, locked for what is to be done with it.
pub async fn conversation(tx: &mut Tx, id: &str) -> Result<Option<ConversationRow>, StoreError> {
    let sql = tx.pick(
        "SELECT v.id, v.merged_into, v.merged_as,
            (SELECT COUNT(*) FROM conversation_event e WHERE e.conversation_id = v.id) AS events
         FROM conversation v WHERE v.id = $1",
        "SELECT v.id, v.merged_into, v.merged_as,
            (SELECT COUNT(*) FROM conversation_event e WHERE e.conversation_id = v.id) AS events
         FROM conversation v WHERE v.id = $1 FOR UPDATE OF v",
    );
    query(sql).bind(id).maybe(tx).await.during("reading a conversation")
}

/// Moves the messages that stand in a conversation, and those alone, from one case to another; gives
/// the mentions that were moved.
pub async fn move_messages(
    tx: &mut Tx,
    brand_id: &str,
    conversation_id: &str,
    (from_case, into_case): (&str, &str),
) -> Result<Vec<String>, StoreError> {
    let what = "moving messages to another case";
    let sql = "SELECT DISTINCT g.mention_id FROM judgement g JOIN mention m ON m.id = g.mention_id
         WHERE g.brand_id = $1 AND g.case_id = $2 AND m.conversation_id = $3";
    let moved: Vec<(String,)> =
        query(sql).bind(brand_id).bind(from_case).bind(conversation_id).all(tx).await.during(what)?;
    for table in [
        "UPDATE judgement SET case_id = $4 WHERE brand_id = $1 AND case_id = $2
           AND mention_id IN (SELECT id FROM mention WHERE conversation_id = $3)",
        "UPDATE correction SET case_id = $4 WHERE brand_id = $1 AND case_id = $2
           AND mention_id IN (SELECT id FROM mention WHERE conversation_id = $3)",
    ] {
        query(table)
            .bind(brand_id)
            .bind(from_case)
            .bind(conversation_id)
            .bind(into_case)
            .run(tx)
            .await
            .map(|_| ())
            .during(what)?;
    }
    Ok(moved.into_iter().map(|(id,)| id).collect())
}

/// Who wrote what of a case stands in one conversation, those who wrote most first.
pub async fn authors_in(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    conversation_id: &str,
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT m.author_id, COUNT(*) FROM judgement g JOIN mention m ON m.id = g.mention_id
            AND m.revision = g.revision
         WHERE g.brand_id = $1 AND g.case_id = $2 AND m.conversation_id = $3 AND m.deleted_at IS NULL
         GROUP BY m.author_id ORDER BY COUNT(*) DESC, m.author_id";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(conversation_id)
        .all(tx)
        .await
        .during("reading who wrote in a conversation")
}

/// What we said in a conversation was said to another than thought.
pub async fn answer_again(
    tx: &mut Tx,
    conversation_id: &str,
    (was, is): (&str, &str),
) -> Result<(), StoreError> {
    let sql =
        "UPDATE own_post SET answers_author_id = $3 WHERE conversation_id = $1 AND answers_author_id = $2";
    query(sql)
        .bind(conversation_id)
        .bind(was)
        .bind(is)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing whom we answered")
}

/// The next short number of a brand; its row is locked until the end of the transaction.
pub async fn next_number(tx: &mut Tx, brand_id: &str) -> Result<i64, StoreError> {
    let sql =
        "UPDATE brand SET last_case_number = last_case_number + 1 WHERE id = $1 RETURNING last_case_number";
    let found: (i64,) = query(sql).bind(brand_id).one(tx).await.during("numbering a case")?;
    Ok(found.0)
}

/// Which of some conversations do not belong to which cases: a person said so.
pub async fn never(tx: &mut Tx, conversations: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    let sql = list!(
        tx,
        "SELECT h.conversation_id, h.into_case FROM",
        "CROSS JOIN handover_join h WHERE h.conversation_id = j.value->>0 AND h.state IN ('undone', 'declined')"
    );
    find_each(tx, "reading what does not belong together", sql, conversations).await
}
