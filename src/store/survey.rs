//! Surveys after closing: whom they went to, and what came back. Words are the content of the messages that hold them.

use super::each::{One, each_json};
use super::query::query;
use super::rows::bulk;
use super::script::Script;
use super::{During, StoreError, Tx, json, list, of_brands, row};
use crate::domain::time::Timestamp;

row! {
    /// A case that ended and was not looked at yet.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EndedCase {
        /// The case.
        pub id: String,
        /// Its state.
        pub state: String,
        /// Since when.
        pub state_since: i64,
        /// Why it ended, a code or words of a person.
        pub ended_why: Option<String>,
        /// When it was first answered.
        pub first_answer_at: Option<i64>,
        /// Its version.
        pub version: i64,
        /// The author of the case.
        pub author_id: String,
        /// When they were erased.
        pub erased_at: Option<i64>,
        /// The latest private message of the customer that still stands.
        pub mention_id: Option<String>,
    }
}

/// Cases of a brand that ended after `from`, an instant and the case of it that was looked at last, and by `to`; the
/// earliest first. Those that were joined to another are over with that one.
pub async fn ended(
    tx: &mut Tx,
    brand_id: &str,
    ((from, after), to): ((Timestamp, &str), Timestamp),
    limit: i64,
) -> Result<Vec<EndedCase>, StoreError> {
    let sql = "SELECT k.id, k.state, k.state_since, k.ended_why, k.first_answer_at, k.version, k.author_id, a.erased_at,
            (SELECT m.id FROM judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
             WHERE g.brand_id = k.brand_id AND g.case_id = k.id AND m.private = 1 AND m.deleted_at IS NULL
             ORDER BY m.posted_at DESC, m.external_id DESC LIMIT 1) AS mention_id
         FROM cases k JOIN author a ON a.id = k.author_id
         WHERE k.brand_id = $1 AND k.open = 0 AND k.forgotten_at IS NULL AND k.state_since <= $3
            AND (k.state_since > $2 OR (k.state_since = $2 AND k.id > $5))
            AND COALESCE(k.ended_why, '') NOT LIKE 'joined #%'
            AND k.state IN ('resolved', 'closed') AND k.sample = 0 AND k.historic = 0
            AND NOT EXISTS (SELECT 1 FROM survey s WHERE s.case_id = k.id)
         ORDER BY k.state_since, k.id LIMIT $4";
    query(sql)
        .bind(brand_id)
        .bind(from.millis())
        .bind(to.millis())
        .bind(limit)
        .bind(after)
        .all(tx)
        .await
        .during("looking whom to ask")
}

/// Cases of a brand whose customer gave a score within `[from, to)`, whose survey stands at `to`, and of whom the open
/// question was neither answered nor asked: each with the message that gave the score, the earliest first, at most
/// `limit` after `skip` of them.
pub async fn scored(
    tx: &mut Tx,
    brand_id: &str,
    (from, to, now): (Timestamp, Timestamp, Timestamp),
    (skip, limit): (i64, i64),
) -> Result<Vec<EndedCase>, StoreError> {
    let sql = "SELECT k.id, k.state, k.state_since, k.ended_why, k.first_answer_at, k.version, k.author_id, a.erased_at,
            r.mention_id
         FROM survey_reply r JOIN survey s ON s.case_id = r.case_id AND s.brand_id = r.brand_id
         JOIN cases k ON k.id = s.case_id AND k.brand_id = s.brand_id JOIN author a ON a.id = k.author_id
         WHERE r.brand_id = $1 AND r.at >= $2 AND r.at < $3 AND r.score IS NOT NULL
            AND s.state = 'asked' AND s.open_at IS NULL AND s.until_at > $4
            AND k.open = 0 AND k.state IN ('resolved', 'closed') AND k.forgotten_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM survey_reply o WHERE o.case_id = s.case_id AND o.open_answer = 1)
         ORDER BY r.at, k.id, r.mention_id LIMIT $5 OFFSET $6";
    query(sql)
        .bind(brand_id)
        .bind(from.millis())
        .bind(to.millis())
        .bind(now.millis())
        .bind(limit)
        .bind(skip)
        .all(tx)
        .await
        .during("looking who gave a score")
}

/// Notes that the open question was asked by an action, or, without one, that nobody is to be asked; tells whether that
/// was still to be said.
pub async fn put_open(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    now: Timestamp,
    action_id: Option<&str>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE survey SET open_at = $3, open_action_id = $4
         WHERE brand_id = $1 AND case_id = $2 AND state = 'asked' AND open_at IS NULL";
    let n = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(now.millis())
        .bind(action_id)
        .run(tx)
        .await
        .during("writing down who is asked the open question")?;
    Ok(n > 0)
}

/// When a brand last asked any of two accounts of a person.
pub async fn last_asked(
    tx: &mut Tx,
    brand_id: &str,
    (one, other): (&str, &str),
) -> Result<Option<Timestamp>, StoreError> {
    // A question that never left asked nobody.
    let sql = "SELECT MAX(x.at) FROM (
            SELECT asked_at AS at, action_id FROM survey
             WHERE author_id IN ($2, $3) AND brand_id = $1 AND state <> 'passed_over'
            UNION ALL
            SELECT asked_at AS at, action_id FROM survey
             WHERE written_to IN ($2, $3) AND brand_id = $1 AND state <> 'passed_over'
         ) x WHERE NOT EXISTS (SELECT 1 FROM action a WHERE a.id = x.action_id AND a.state IN ('cancelled', 'refused'))";
    let (at,): (Option<i64>,) = query(sql)
        .bind(brand_id)
        .bind(one)
        .bind(other)
        .one(tx)
        .await
        .during("looking when somebody was asked")?;
    Ok(at.map(Timestamp))
}

/// How platforms call two accounts: platform, authority, external id.
pub async fn accounts(
    tx: &mut Tx,
    (one, other): (&str, &str),
) -> Result<Vec<(String, String, String)>, StoreError> {
    let sql = "SELECT platform, authority, external_id FROM author WHERE id IN ($1, $2)";
    query(sql).bind(one).bind(other).all(tx).await.during("reading accounts")
}

row! {
    /// What was done about one case.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SurveyRow {
        /// The case.
        pub case_id: String,
        /// The brand.
        pub brand_id: String,
        /// The author of the case.
        pub author_id: String,
        /// The account that was written to.
        pub written_to: String,
        /// `asked`, `passed_over` or `erased`.
        pub state: String,
        /// Why it was passed over; empty where it was not.
        pub why: String,
        /// When.
        pub asked_at: i64,
        /// Until when a reply is taken for one.
        pub until_at: i64,
        /// The action that asks.
        pub action_id: Option<String>,
    }
}

/// Writes it down; tells whether nobody had before.
pub async fn put(tx: &mut Tx, s: &SurveyRow) -> Result<bool, StoreError> {
    let sql = "INSERT INTO survey (case_id, brand_id, author_id, written_to, state, why, asked_at, until_at, action_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (case_id) DO NOTHING";
    let n = query(sql)
        .bind(&s.case_id)
        .bind(&s.brand_id)
        .bind(&s.author_id)
        .bind(&s.written_to)
        .bind(&s.state)
        .bind(&s.why)
        .bind(s.asked_at)
        .bind(s.until_at)
        .bind(&s.action_id)
        .run(tx)
        .await
        .during("writing down who is asked")?;
    Ok(n > 0)
}

row! {
    /// A survey that stands, and what came of it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OpenSurvey {
        /// The case.
        pub case_id: String,
        /// The brand.
        pub brand_id: String,
        /// Its conversation.
        pub conversation_id: String,
        /// The author of the case.
        pub author_id: String,
        /// The account that was written to.
        pub written_to: String,
        /// When it was made.
        pub asked_at: i64,
        /// Until when a reply is taken for one.
        pub until_at: i64,
        /// 1 where a score was given.
        pub scored: i64,
        /// 1 where the open question was answered.
        pub opened: i64,
    }
}

/// The surveys to some accounts that stand at an instant, the latest first.
pub async fn standing(
    tx: &mut Tx,
    authors: &[String],
    now: Timestamp,
) -> Result<Vec<OpenSurvey>, StoreError> {
    let what = "looking up who was asked";
    if authors.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT s.case_id, s.brand_id, k.conversation_id, k.author_id, s.written_to, s.asked_at, s.until_at,
            CASE WHEN EXISTS (SELECT 1 FROM survey_reply r WHERE r.case_id = s.case_id AND r.score IS NOT NULL)
                THEN CAST(1 AS BIGINT) ELSE 0 END AS scored,
            CASE WHEN EXISTS (SELECT 1 FROM survey_reply r WHERE r.case_id = s.case_id AND r.open_answer = 1)
                THEN CAST(1 AS BIGINT) ELSE 0 END AS opened
         FROM",
        "CROSS JOIN survey s JOIN cases k ON k.id = s.case_id AND k.brand_id = s.brand_id
         WHERE (s.author_id = j.value->>0 OR s.written_to = j.value->>0) AND s.state = 'asked' AND s.until_at >= $2
            AND (s.action_id IS NULL OR EXISTS (SELECT 1 FROM action a WHERE a.id = s.action_id
                AND a.state IN ('sending', 'unknown', 'done')))
         ORDER BY s.asked_at DESC, s.case_id"
    );
    let text = each_json(what, authors)?;
    query(sql).bind(text).bind(now.millis()).all(tx).await.during(what)
}

/// What a message says to a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyRow {
    /// The message.
    pub mention_id: String,
    /// The case.
    pub case_id: String,
    /// The brand.
    pub brand_id: String,
    /// 1 to 10, where it gives a score.
    pub score: Option<i64>,
    /// 1 where it answers the open question.
    pub open_answer: i64,
    /// 1 where it is nothing else.
    pub silent: i64,
    /// When it was posted.
    pub at: i64,
}

bulk!(ReplyRow { mention_id, case_id, brand_id, score, open_answer, silent, at });

/// Writes what messages say to surveys.
pub fn add_replies(script: &mut Script, rows: &[ReplyRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO survey_reply (mention_id, case_id, brand_id, score, open_answer, silent, at)
         SELECT j.value->>0, j.value->>1, j.value->>2, CAST(j.value->>3 AS BIGINT), CAST(j.value->>4 AS BIGINT),
            CAST(j.value->>5 AS BIGINT), CAST(j.value->>6 AS BIGINT)
         FROM",
        "WHERE true ON CONFLICT (mention_id) DO NOTHING"
    );
    script.add("writing answers to surveys", sql, rows)
}

row! {
    /// One case that was asked, as reports count it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AskedCase {
        /// The brand by name.
        pub brand: String,
        /// Its short number.
        pub number: i64,
        /// The platform.
        pub platform: String,
        /// The language.
        pub language: String,
        /// `P1` … `P5`.
        pub level: String,
        /// Its sector; empty for none.
        pub sector: String,
        /// How it was solved, a code; empty where nobody said.
        pub solved: String,
        /// When it was asked.
        pub asked_at: i64,
        /// The score, if one was given.
        pub score: Option<i64>,
        /// 1 where the open question was answered.
        pub opened: i64,
        /// 1 where the answer was a message that needed one.
        pub complained: i64,
    }
}

/// The cases of some brands that were asked from one instant until before another, at most `max`, latest first.
pub async fn asked(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    max: i64,
) -> Result<Vec<AskedCase>, StoreError> {
    let what = "reading surveys";
    let sql = of_brands!(
        tx,
        "SELECT b.name AS brand, k.number, k.platform, k.language, 'P' || CAST(k.level AS TEXT) AS level,
            COALESCE(c.sector, '') AS sector, COALESCE(e.solved, '') AS solved, s.asked_at,
            (SELECT MAX(r.score) FROM survey_reply r WHERE r.case_id = s.case_id) AS score,
            COALESCE((SELECT MAX(r.open_answer) FROM survey_reply r WHERE r.case_id = s.case_id), 0) AS opened,
            COALESCE((SELECT MAX(1 - r.silent) FROM survey_reply r WHERE r.case_id = s.case_id), 0) AS complained
         FROM survey s JOIN cases k ON k.id = s.case_id AND k.brand_id = s.brand_id JOIN brand b ON b.id = s.brand_id
            LEFT JOIN case_sector c ON c.brand_id = s.brand_id AND c.case_id = s.case_id
            LEFT JOIN ending e ON e.brand_id = s.brand_id AND e.case_id = s.case_id
         WHERE s.state = 'asked' AND s.asked_at >= $2 AND s.asked_at < $3
            AND (s.action_id IS NULL OR EXISTS
                (SELECT 1 FROM action a WHERE a.id = s.action_id AND a.state = 'done')) AND",
        "ORDER BY s.asked_at DESC, s.case_id LIMIT $4"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).bind(max).all(tx).await.during(what)
}

/// How many cases of some brands were passed over in a span, by why.
pub async fn passed_over(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(String, i64)>, StoreError> {
    let what = "counting who was not asked";
    let sql = of_brands!(
        tx,
        "SELECT k.why, COUNT(*) FROM survey k WHERE k.state = 'passed_over' AND k.asked_at >= $2 AND k.asked_at < $3 AND",
        "GROUP BY k.why ORDER BY k.why"
    );
    let text = json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// Calls off the questions to some accounts that have not left.
pub async fn call_off(tx: &mut Tx, accounts: &[String], now: Timestamp) -> Result<(), StoreError> {
    let what = "calling off questions";
    if accounts.is_empty() {
        return Ok(());
    }
    let sql = list!(
        tx,
        "UPDATE action SET state = 'cancelled', settled_at = $2, token = action.token + 1, lease_until = NULL,
            detail = 'they object' FROM",
        "CROSS JOIN survey s WHERE (s.action_id = action.id OR s.open_action_id = action.id)
           AND (s.author_id = j.value->>0 OR s.written_to = j.value->>0) AND action.state IN ('held', 'ready', 'claimed')"
    );
    let text = each_json(what, accounts)?;
    query(sql).bind(text).bind(now.millis()).run(tx).await.map(|_| ()).during(what)
}

/// Takes away what some cases answered; they count as never asked.
pub(super) fn erase(script: &mut Script, cases: &[One<'_>]) -> Result<(), StoreError> {
    let what = "erasing answers to surveys";
    let sql = list!(script, "DELETE FROM survey_reply WHERE case_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, cases)?;
    let sql = list!(
        script,
        "UPDATE survey SET state = 'erased', until_at = 0 WHERE case_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    script.add(what, sql, cases)
}

/// Takes away what messages said to surveys that are no longer there.
pub(super) fn forget_replies(script: &mut Script, mentions: &[One<'_>]) -> Result<(), StoreError> {
    let sql = list!(script, "DELETE FROM survey_reply WHERE mention_id IN (SELECT j.value->>0 FROM", ")");
    script.add("forgetting answers to surveys", sql, mentions)
}
