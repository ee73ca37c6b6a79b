//! What pages and cards read about cases. Every function about cases takes a brand: nothing of one
//! brand shows in another. Lists are bounded; the words of people come from `content` only.

use super::query::query;
use super::rows::{ActionRow, CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::time::Timestamp;

/// The events of a case after version `seen`, oldest first.
pub async fn events_since(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    seen: i64,
) -> Result<Vec<CaseEventRow>, StoreError> {
    let sql = "SELECT * FROM case_event WHERE case_id = $1 AND brand_id = $2 AND seq > $3 ORDER BY seq";
    query(sql).bind(id).bind(brand_id).bind(seen).all(tx).await.during("reading a timeline")
}

/// A case of a brand, to be looked at only: no lock is taken.
pub async fn case(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<CaseRow>, StoreError> {
    let sql = "SELECT * FROM cases WHERE id = $1 AND brand_id = $2";
    query(sql).bind(id).bind(brand_id).maybe(tx).await.during("reading a case")
}

row! {
    /// A message as it is shown: what triage said of its present revision, and its words.
    #[derive(Clone, Debug)]
    pub struct ShownMessage {
        /// The brand that judged it.
        pub brand_id: String,
        /// The mention.
        pub mention_id: String,
        /// The platform's id, for the order of what was posted in the same millisecond.
        pub external_id: String,
        /// Who wrote it.
        pub author_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// When we received it.
        pub received_at: i64,
        /// How often it was edited, from 1.
        pub revision: i64,
        /// When it was last edited.
        pub edited_at: i64,
        /// When its author deleted it.
        pub deleted_at: Option<i64>,
        /// Whether only we can read it.
        pub private: i64,
        /// 1 to 5.
        pub level: i64,
        /// 0 to 100.
        pub urgency: i64,
        /// Reasons, a JSON array.
        pub reasons: String,
        /// Places of personal data, a JSON array.
        pub personal_data: String,
        /// Its words, a JSON object, if they are still there.
        pub body: Option<String>,
        /// Its author's names, a JSON object, if they are still there.
        pub profile: Option<String>,
    }
}

/// Messages by brand and mention, for the rows of an inbox.
pub async fn messages(tx: &mut Tx, pairs: &[(String, String)]) -> Result<Vec<ShownMessage>, StoreError> {
    let what = "reading first messages";
    let sql = list!(
        tx,
        "SELECT g.brand_id, m.id AS mention_id, m.external_id, m.author_id, m.posted_at, m.received_at, m.revision,
            m.edited_at, m.deleted_at, m.private, g.level, g.urgency, g.reasons, g.personal_data, c.body, p.body AS profile
         FROM",
        "CROSS JOIN mention m JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision LEFT JOIN content p ON p.id = m.author_id
         WHERE g.brand_id = j.value->>0 AND m.id = j.value->>1"
    );
    let text = json(what, pairs)?;
    query(sql).bind(text).all(tx).await.during(what)
}

/// The latest messages of one case, latest first.
pub async fn messages_of(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    limit: i64,
) -> Result<Vec<ShownMessage>, StoreError> {
    let sql = "SELECT g.brand_id, m.id AS mention_id, m.external_id, m.author_id, m.posted_at, m.received_at,
            m.revision, m.edited_at, m.deleted_at, m.private, g.level, g.urgency, g.reasons, g.personal_data, c.body,
            p.body AS profile
         FROM judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision LEFT JOIN content p ON p.id = m.author_id
         WHERE g.brand_id = $1 AND g.case_id = $2 ORDER BY m.posted_at DESC, m.external_id DESC LIMIT $3";
    query(sql).bind(brand_id).bind(case_id).bind(limit).all(tx).await.during("reading the messages of a case")
}

row! {
    /// A post of our own as it is shown.
    #[derive(Clone, Debug)]
    pub struct ShownAnswer {
        /// Its id.
        pub id: String,
        /// The platform's id.
        pub external_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// When it was deleted there.
        pub deleted_at: Option<i64>,
        /// When it was last edited there.
        pub edited_at: Option<i64>,
        /// Whether it counts as an answer.
        pub counts: i64,
        /// Why it did not arrive, as a status code.
        pub undelivered: Option<String>,
        /// The author it answers, once known.
        pub answers_author_id: Option<String>,
        /// Who of us gave it, where that is known.
        pub person_id: Option<String>,
        /// The action it came of, if it came of one.
        pub action_id: Option<String>,
        /// Its words, a JSON object.
        pub body: Option<String>,
    }
}

/// The latest posts of a brand's own accounts in a conversation, latest first.
pub async fn answers_in(
    tx: &mut Tx,
    brand_id: &str,
    conversation_id: &str,
    limit: i64,
) -> Result<Vec<ShownAnswer>, StoreError> {
    let sql = "SELECT o.id, o.external_id, o.posted_at, o.deleted_at, o.edited_at, o.counts, o.undelivered,
            COALESCE(v.merged_as, o.answers_author_id) AS answers_author_id, o.person_id, o.action_id, c.body
         FROM conversation v JOIN own_post o ON o.conversation_id = v.id LEFT JOIN content c ON c.id = o.id || '/1'
         WHERE (v.merged_into = $2 OR (v.id = $2 AND v.merged_into IS NULL)) AND o.brand_id = $1 ORDER BY o.posted_at DESC, o.external_id DESC LIMIT $3";
    query(sql).bind(brand_id).bind(conversation_id).bind(limit).all(tx).await.during("reading our posts")
}

row! {
    /// A post by others that only shows what a conversation is about.
    #[derive(Clone, Debug)]
    pub struct ShownContext {
        /// The platform's id.
        pub external_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// Its words, a JSON object, if they are still there.
        pub body: Option<String>,
        /// Its author's names, a JSON object, if they are still there.
        pub profile: Option<String>,
    }
}

/// The latest posts around a conversation that belong to nobody's case, latest first.
pub async fn context_of(
    tx: &mut Tx,
    conversation_id: &str,
    limit: i64,
) -> Result<Vec<ShownContext>, StoreError> {
    let sql = "SELECT t.external_id, t.posted_at, c.body, p.body AS profile FROM thread_post t
         LEFT JOIN content c ON c.id = t.id || '/1' LEFT JOIN content p ON p.id = t.author_id
         WHERE t.conversation_id = $1 ORDER BY t.posted_at DESC, t.external_id DESC LIMIT $2";
    query(sql).bind(conversation_id).bind(limit).all(tx).await.during("reading what a conversation is about")
}

/// What the posts on the page of a case answer, by the platform's ids: the post, and what it answers. Of each kind the
/// latest, as the page shows them.
pub async fn answered_in(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    conversation_id: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT a.external_id, a.in_reply_to FROM (
            SELECT m.external_id, m.in_reply_to FROM judgement g
            JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
            WHERE g.brand_id = $1 AND g.case_id = $2 AND m.in_reply_to IS NOT NULL
            ORDER BY m.posted_at DESC, m.external_id DESC LIMIT $4) a
         UNION SELECT b.external_id, b.in_reply_to FROM (
            SELECT o.external_id, o.in_reply_to FROM conversation v JOIN own_post o ON o.conversation_id = v.id
            WHERE (v.merged_into = $3 OR (v.id = $3 AND v.merged_into IS NULL)) AND o.brand_id = $1
               AND o.in_reply_to IS NOT NULL
            ORDER BY o.posted_at DESC, o.external_id DESC LIMIT $4) b
         UNION SELECT d.external_id, d.in_reply_to FROM (
            SELECT t.external_id, t.in_reply_to FROM thread_post t
            WHERE t.conversation_id = $3 AND t.in_reply_to IS NOT NULL
            ORDER BY t.posted_at DESC, t.external_id DESC LIMIT $4) d";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(conversation_id)
        .bind(limit)
        .all(tx)
        .await
        .during("reading what posts answer")
}

/// The latest events of a case, latest first.
pub async fn timeline(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    limit: i64,
) -> Result<Vec<CaseEventRow>, StoreError> {
    let sql = "SELECT * FROM case_event WHERE case_id = $2 AND brand_id = $1 ORDER BY seq DESC LIMIT $3";
    query(sql).bind(brand_id).bind(case_id).bind(limit).all(tx).await.during("reading a timeline")
}

/// The clocks of a case, and what fell due in it.
pub async fn clocks(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<(Vec<ObligationRow>, Vec<ClockEventRow>), StoreError> {
    let what = "reading the clocks of a case";
    let sql = "SELECT * FROM obligation WHERE case_id = $2 AND brand_id = $1 ORDER BY wait, part";
    let clocks = query(sql).bind(brand_id).bind(case_id).all(tx).await.during(what)?;
    let sql = "SELECT * FROM clock_event WHERE case_id = $2 AND brand_id = $1 ORDER BY wait, stage";
    let fell = query(sql).bind(brand_id).bind(case_id).all(tx).await.during(what)?;
    Ok((clocks, fell))
}

/// The latest actions about a case; programs elsewhere that are told of it are no part of it.
pub async fn actions_of(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    limit: i64,
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = "SELECT * FROM action WHERE case_id = $2 AND brand_id = $1 AND kind <> 'hook'
         ORDER BY created_at DESC, id LIMIT $3";
    query(sql).bind(brand_id).bind(case_id).bind(limit).all(tx).await.during("reading the actions of a case")
}

/// The latest effects of a case that customers see: answers and moderation, latest first.
pub async fn effects_of(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    limit: i64,
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = "SELECT * FROM action WHERE case_id = $2 AND brand_id = $1 AND kind IN ('reply', 'moderate')
         ORDER BY created_at DESC, id DESC LIMIT $3";
    query(sql).bind(brand_id).bind(case_id).bind(limit).all(tx).await.during("reading the answers of a case")
}

/// Answers and moderation of one brand that have not left yet, those that go first in front; behind one by its time and
/// id, from the first on without.
pub async fn leaving(
    tx: &mut Tx,
    brand_id: &str,
    behind: Option<(i64, &str)>,
    limit: i64,
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = "SELECT * FROM action WHERE state = 'ready' AND kind IN ('reply', 'moderate') AND brand_id = $1
            AND (not_before, id) > ($3, $4)
         ORDER BY not_before, id LIMIT $2";
    let (at, id) = behind.unwrap_or((i64::MIN, ""));
    query(sql)
        .bind(brand_id)
        .bind(limit)
        .bind(at)
        .bind(id)
        .all(tx)
        .await
        .during("reading what is about to go")
}

/// An action of a brand by id.
pub async fn action(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<ActionRow>, StoreError> {
    let sql = "SELECT * FROM action WHERE id = $2 AND brand_id = $1";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading an action")
}

/// The actions of one brand in one state that a person should look at, latest first; behind one by its time and id, from
/// the latest on without.
pub async fn actions_in(
    tx: &mut Tx,
    brand_id: &str,
    state: &str,
    (behind, limit): (Option<(i64, &str)>, i64),
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = "SELECT * FROM action WHERE state = $2 AND state IN ('unknown', 'held', 'by_hand', 'refused')
            AND brand_id = $1 AND (created_at, id) < ($4, $5)
         ORDER BY created_at DESC, id DESC LIMIT $3";
    let (at, id) = behind.unwrap_or((i64::MAX, ""));
    query(sql)
        .bind(brand_id)
        .bind(state)
        .bind(limit)
        .bind(at)
        .bind(id)
        .all(tx)
        .await
        .during("reading the outbox")
}

/// How many actions of some brands a person should look at, by state; under `leaving` what has not left yet.
pub async fn counted_in(tx: &mut Tx, brands: &[String]) -> Result<Vec<(String, i64)>, StoreError> {
    let what = "counting the outbox";
    let sql = tx.pick(
        "SELECT state, COUNT(*) FROM action WHERE state IN ('unknown', 'held', 'by_hand', 'refused')
            AND brand_id IN (SELECT value FROM json_each($1)) GROUP BY state
         UNION ALL SELECT 'leaving', COUNT(*) FROM action WHERE state = 'ready' AND kind IN ('reply', 'moderate')
            AND brand_id IN (SELECT value FROM json_each($1))",
        "SELECT state, COUNT(*) FROM action WHERE state IN ('unknown', 'held', 'by_hand', 'refused')
            AND brand_id IN (SELECT jsonb_array_elements_text($1::jsonb)) GROUP BY state
         UNION ALL SELECT 'leaving', COUNT(*) FROM action WHERE state = 'ready' AND kind IN ('reply', 'moderate')
            AND brand_id IN (SELECT jsonb_array_elements_text($1::jsonb))",
    );
    query(sql).bind(json(what, brands)?).all(tx).await.during(what)
}

/// The actions of some brands in one such state in one list, latest first: so many from a place on.
pub async fn part_in(
    tx: &mut Tx,
    brands: &[String],
    state: &str,
    (limit, from): (i64, usize),
) -> Result<Vec<ActionRow>, StoreError> {
    let what = "reading a page of the outbox";
    let sql = tx.pick(
        "SELECT * FROM action WHERE state = $2 AND state IN ('unknown', 'held', 'by_hand', 'refused')
            AND brand_id IN (SELECT value FROM json_each($1))
         ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4",
        "SELECT * FROM action WHERE state = $2 AND state IN ('unknown', 'held', 'by_hand', 'refused')
            AND brand_id IN (SELECT jsonb_array_elements_text($1::jsonb))
         ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4",
    );
    query(sql)
        .bind(json(what, brands)?)
        .bind(state)
        .bind(limit)
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .all(tx)
        .await
        .during(what)
}

/// Which cases changed since an instant: brand, case, when. No words, so no wall is needed here;
/// whoever hears it is told of their brands only.
pub async fn changed_since(
    tx: &mut Tx,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    let sql =
        "SELECT brand_id, id, changed_at FROM cases WHERE changed_at >= $1 ORDER BY changed_at LIMIT $2";
    query(sql).bind(since.millis()).bind(limit).all(tx).await.during("reading what changed")
}

row! {
    /// A source and how it is.
    #[derive(Clone, Debug)]
    pub struct ShownSource {
        /// Its name.
        pub name: String,
        /// Its kind.
        pub kind: String,
        /// From when its posts count.
        pub counts_from: i64,
        /// The state, a word.
        pub state: String,
        /// Why it is in that state, in plain words.
        pub state_why: String,
        /// Since when.
        pub state_since: i64,
        /// When it is tried again.
        pub retry_at: Option<i64>,
        /// When it was last heard.
        pub last_heard_at: Option<i64>,
    }
}

/// All sources that are still configured, by name.
pub async fn sources(tx: &mut Tx) -> Result<Vec<ShownSource>, StoreError> {
    let sql =
        "SELECT name, kind, counts_from, state, state_why, state_since, retry_at, last_heard_at FROM source
         WHERE removed_at IS NULL ORDER BY name";
    query(sql).all(tx).await.during("reading the sources")
}

/// How many payloads of each source wait for intake.
pub async fn waiting_by_source(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT source, COUNT(*) FROM inbox WHERE verdict IS NULL GROUP BY source";
    query(sql).all(tx).await.during("counting what waits")
}

/// Notes that something was done under a name; tells whether it was the first time.
pub async fn first_time(
    tx: &mut Tx,
    name: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO once (name, at, until_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
    let added = query(sql)
        .bind(name)
        .bind(now.millis())
        .bind(until.millis())
        .run(tx)
        .await
        .during("noting a form")?;
    Ok(added > 0)
}

/// The same again once it has run out: gives whether it was not noted, or no longer.
pub async fn first_since(
    tx: &mut Tx,
    name: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO once (name, at, until_ms) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET at = excluded.at, until_ms = excluded.until_ms
            WHERE once.until_ms <= excluded.at";
    let noted = query(sql)
        .bind(name)
        .bind(now.millis())
        .bind(until.millis())
        .run(tx)
        .await
        .during("noting that something is told again")?;
    Ok(noted > 0)
}

/// Takes a note away.
pub async fn forget(tx: &mut Tx, name: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM once WHERE name = $1";
    query(sql).bind(name).run(tx).await.map(|_| ()).during("forgetting a note")
}

/// Whether something is noted under a name and has not run out.
pub async fn is_noted(tx: &mut Tx, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT until_ms FROM once WHERE name = $1 AND until_ms > $2";
    let found: Option<(i64,)> =
        query(sql).bind(name).bind(now.millis()).maybe(tx).await.during("looking at a note")?;
    Ok(found.is_some())
}

/// Notes something under a name until an instant, again if need be.
pub async fn note(tx: &mut Tx, name: &str, now: Timestamp, until: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO once (name, at, until_ms) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET at = excluded.at, until_ms = excluded.until_ms";
    query(sql).bind(name).bind(now.millis()).bind(until.millis()).run(tx).await.map(|_| ()).during("noting")
}
