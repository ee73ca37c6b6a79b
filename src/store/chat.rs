//! What the chat keeps and reads: messages that stand in a chat, updates that came from it, and the
//! facts that cards show.
//!
//! A card holds references and figures only; names and words are read anew each time it is shown,
//! so that what is erased here vanishes from the next edit. An update is stored before it is
//! acknowledged and emptied once it is settled.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, bulk, list, row};
use crate::domain::time::{Span, Timestamp};

row! {
    /// A message that stands in a chat.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CardRow {
        /// With which credential it was sent.
        pub credential: String,
        /// The chat.
        pub chat: String,
        /// The chat's id of the message.
        pub message: String,
        /// `alert`, `unknown`, `answer`, `approval`, `private`, `call`.
        pub kind: String,
        /// What it lists, a JSON object of ids and instants.
        pub body: String,
        /// A fingerprint of what it shows.
        pub shown: String,
        /// Since when it should be edited.
        pub stale_at: Option<i64>,
        /// When it was sent.
        pub created_at: i64,
        /// The topic of the group in which it stands; 0 for none.
        pub topic: i64,
    }
}

row! {
    /// What a card says of a case.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Facts {
        /// The case.
        pub id: String,
        /// Its brand.
        pub brand_id: String,
        /// Its brand by name.
        pub brand: String,
        /// Its short number.
        pub number: i64,
        /// The platform.
        pub platform: String,
        /// Its language.
        pub language: String,
        /// 1 to 5.
        pub level: i64,
        /// Its state.
        pub state: String,
        /// Whether it is open.
        pub open: i64,
        /// Whether it began in private.
        pub private: i64,
        /// The nearest deadline of an answer that is owed.
        pub due_at: Option<i64>,
        /// When we first answered.
        pub first_answer_at: Option<i64>,
        /// Its version.
        pub version: i64,
        /// Why it ended.
        pub ended_why: Option<String>,
        /// Who has claimed it, by name.
        pub claimed_name: Option<String>,
        /// Until when.
        pub claimed_until: Option<i64>,
        /// The reasons of its first mention, a JSON array.
        pub reasons: Option<String>,
        /// The reasons that its course adds to its urgency, a JSON array.
        pub course: String,
        /// Where personal data stands in its first mention, a JSON array.
        pub personal_data: Option<String>,
        /// The content of its first mention, unless that was deleted.
        pub body: Option<String>,
        /// When a promise of it was last broken.
        pub broken_at: Option<i64>,
        /// Until when somebody put it away.
        pub snoozed_until: Option<i64>,
        /// Who gave the last answer that stands, by name, where that is known.
        pub answered_by: Option<String>,
        /// The last event that a card tells of beside the state.
        pub news: Option<String>,
        /// Who did that, by name.
        pub news_by: Option<String>,
        /// How many files there are in its first mention.
        pub files: i64,
        /// The protocol that goes first of those that are open: `KIND:STATE`.
        pub protocol: Option<String>,
        /// Whether it needs a private channel.
        pub needs_private: i64,
        /// Where its hand-over stands; nothing where nobody began one.
        pub handover: Option<String>,
        /// Who has claimed it, by id.
        pub claimed_by: Option<String>,
        /// How many promised calls are still to be made.
        pub calls: i64,
        /// Whether it is about somebody else than who wrote.
        pub about_other: i64,
        /// A ticket that is tied to it and that the front office holds for solved, as `SYSTEM #NUMBER`.
        pub solved_ticket: Option<String>,
    }
}

row! {
    /// An update that waits to be handled.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UpdateRow {
        /// Its number.
        pub update_id: i64,
        /// The update as text.
        pub body: String,
        /// When we got it.
        pub received_at: i64,
    }
}

row! {
    /// A person behind a press of a button.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Presser {
        /// Id.
        pub id: String,
        /// The name shown.
        pub name: String,
        /// The role.
        pub role: String,
        /// The brands that they see, as a JSON list of ids; nothing for all.
        pub brands: Option<String>,
    }
}

/// The latest message of a kind in a topic of a chat.
pub async fn last_card(
    tx: &mut Tx,
    credential: &str,
    (chat, topic): (&str, i64),
    kind: &str,
) -> Result<Option<CardRow>, StoreError> {
    let sql = "SELECT * FROM chat_card WHERE credential = $1 AND chat = $2 AND kind = $3 AND topic = $4
         ORDER BY created_at DESC LIMIT 1";
    query(sql)
        .bind(credential)
        .bind(chat)
        .bind(kind)
        .bind(topic)
        .maybe(tx)
        .await
        .during("reading the last card")
}

/// Writes a card with the cases that it lists; other cards of these cases become stale.
pub async fn put_card(
    tx: &mut Tx,
    card: &CardRow,
    cases: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO chat_card (credential, chat, message, kind, body, shown, stale_at, created_at, topic)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (credential, chat, message) DO UPDATE SET body = excluded.body, shown = excluded.shown";
    query(sql)
        .bind(&card.credential)
        .bind(&card.chat)
        .bind(&card.message)
        .bind(&card.kind)
        .bind(&card.body)
        .bind(&card.shown)
        .bind(card.stale_at)
        .bind(card.created_at)
        .bind(card.topic)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing a card")?;
    let rows: Vec<_> =
        cases.iter().map(|id| (id, &card.credential, &card.chat, &card.message, now.millis())).collect();
    let sql = list!(
        tx,
        "INSERT INTO chat_card_case (case_id, credential, chat, message)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3 FROM",
        "WHERE true ON CONFLICT (case_id, credential, chat, message) DO NOTHING"
    );
    bulk::run(tx, "writing the cases of a card", sql, &rows).await?;
    let sql = list!(
        tx,
        "UPDATE chat_card SET stale_at = CAST(j.value->>4 AS BIGINT) FROM",
        "JOIN chat_card_case o ON o.case_id = j.value->>0
         WHERE chat_card.credential = o.credential AND chat_card.chat = o.chat AND chat_card.message = o.message
           AND NOT (o.chat = j.value->>2 AND o.message = j.value->>3)
           AND chat_card.stale_at IS NULL AND chat_card.created_at > CAST(j.value->>4 AS BIGINT) - 172800000"
    );
    bulk::run(tx, "marking cards as stale", sql, &rows).await
}

/// Marks the cards whose cases changed at or after `since`, unless they are older than `oldest`; of
/// whatever age those of cases from which an author took something back, and those that show words or numbers whole.
pub async fn mark_stale(
    tx: &mut Tx,
    credential: &str,
    since: Timestamp,
    oldest: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = "UPDATE chat_card SET stale_at = $4
         WHERE (stale_at IS NULL OR stale_at > $4)
           AND (credential, chat, message) IN (SELECT o.credential, o.chat, o.message
                FROM cases k JOIN chat_card_case o ON o.case_id = k.id
                WHERE k.changed_at >= $2 AND o.credential = $1
                  AND (chat_card.created_at > $3 OR chat_card.kind IN ('call', 'approval') OR EXISTS (SELECT 1 FROM case_event e
                    WHERE e.case_id = k.id AND e.kind = 'removed' AND e.recorded_at >= $2)))";
    query(sql)
        .bind(credential)
        .bind(since.millis())
        .bind(oldest.millis())
        .bind(now.millis())
        .run(tx)
        .await
        .during("marking cards as stale")
}

/// Whether a case with a card changed at or after `since`, or a card waits: looking costs no write.
pub async fn any_stale(
    tx: &mut Tx,
    credential: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let what = "looking for stale cards";
    let sql =
        "SELECT 1 FROM chat_card WHERE stale_at IS NOT NULL AND stale_at <= $2 AND credential = $1 LIMIT 1";
    let waiting: Option<(i32,)> =
        query(sql).bind(credential).bind(now.millis()).maybe(tx).await.during(what)?;
    let sql = "SELECT 1 FROM cases k JOIN chat_card_case o ON o.case_id = k.id
         WHERE k.changed_at >= $2 AND o.credential = $1 LIMIT 1";
    let changed: Option<(i32,)> =
        query(sql).bind(credential).bind(since.millis()).maybe(tx).await.during(what)?;
    Ok(waiting.is_some() || changed.is_some())
}

/// Takes stale cards to edit them: until `until` nobody else does. A change meanwhile makes the
/// card stale again, for it sets an instant that is not `until`.
pub async fn take_stale(
    tx: &mut Tx,
    credential: &str,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<CardRow>, StoreError> {
    let sql = "SELECT * FROM chat_card WHERE stale_at IS NOT NULL AND stale_at <= $2 AND credential = $1
         ORDER BY stale_at LIMIT $3";
    let what = "taking stale cards";
    let mut rows: Vec<CardRow> =
        query(sql).bind(credential).bind(now.millis()).bind(limit).all(tx).await.during(what)?;
    for row in &mut rows {
        row.stale_at = Some(until.millis());
        set_stale(tx, row, None, Some(until)).await?;
    }
    Ok(rows)
}

/// Sets when a card is to be looked at again; with `was`, only if it stood at that instant.
pub async fn set_stale(
    tx: &mut Tx,
    card: &CardRow,
    was: Option<Timestamp>,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = "UPDATE chat_card SET stale_at = $4 WHERE credential = $1 AND chat = $2 AND message = $3
           AND ($5 = 0 OR stale_at = $5)";
    query(sql)
        .bind(&card.credential)
        .bind(&card.chat)
        .bind(&card.message)
        .bind(at.map(Timestamp::millis))
        .bind(was.map_or(0, Timestamp::millis))
        .run(tx)
        .await
        .map(|_| ())
        .during("marking a card")
}

/// Writes what a card shows after an edit by the follower; the list of its cases stays.
pub async fn set_shown(tx: &mut Tx, card: &CardRow, shown: &str) -> Result<(), StoreError> {
    let sql = "UPDATE chat_card SET shown = $4 WHERE credential = $1 AND chat = $2 AND message = $3";
    query(sql)
        .bind(&card.credential)
        .bind(&card.chat)
        .bind(&card.message)
        .bind(shown)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing what a card shows")
}

/// A card by its message.
pub async fn card(
    tx: &mut Tx,
    credential: &str,
    chat: &str,
    message: &str,
) -> Result<Option<CardRow>, StoreError> {
    let sql = "SELECT * FROM chat_card WHERE credential = $1 AND chat = $2 AND message = $3";
    query(sql).bind(credential).bind(chat).bind(message).maybe(tx).await.during("reading a card")
}

/// Whether a message lists a case.
pub async fn card_lists(
    tx: &mut Tx,
    credential: &str,
    chat: &str,
    message: &str,
    case_id: &str,
) -> Result<bool, StoreError> {
    let sql =
        "SELECT 1 FROM chat_card_case WHERE case_id = $4 AND credential = $1 AND chat = $2 AND message = $3";
    let found: Option<(i32,)> = query(sql)
        .bind(credential)
        .bind(chat)
        .bind(message)
        .bind(case_id)
        .maybe(tx)
        .await
        .during("reading the cases of a card")?;
    Ok(found.is_some())
}

/// The facts of some cases, for cards. The caller asks only for cases that its chat may hear of.
pub async fn facts(tx: &mut Tx, cases: &[String]) -> Result<Vec<Facts>, StoreError> {
    let what = "reading what cards show";
    let text = each_json(what, cases)?;
    let sql = list!(
        tx,
        "SELECT k.id, k.brand_id, b.name AS brand, k.number, k.platform, k.language, k.level, k.state, k.open,
            k.private, k.due_at, k.first_answer_at, k.version, k.ended_why, p.name AS claimed_name, k.claimed_until,
            g.reasons, k.course, g.personal_data, t.body,
            (SELECT MAX(e.at) FROM clock_event e WHERE e.case_id = k.id AND e.stage = 100 AND e.annulled_at IS NULL)
                AS broken_at,
            k.snoozed_until,
            (SELECT q.name FROM case_event a LEFT JOIN person q ON q.id = a.who
             WHERE a.case_id = k.id AND a.kind = 'answer_seen' ORDER BY a.seq DESC LIMIT 1) AS answered_by,
            CASE WHEN e.who IN ('answer_removed', 'undelivered') THEN e.who ELSE e.kind END AS news, n.name AS news_by,
            (SELECT COUNT(*) FROM attachment f WHERE f.mention_id = m.id) AS files,
            (SELECT o.kind || ':' || o.state FROM protocol o WHERE o.case_id = k.id AND o.open = 1
             ORDER BY CASE o.kind WHEN 'self_harm' THEN 1 WHEN 'threat' THEN 2 WHEN 'legal' THEN 3 WHEN 'press' THEN 4
                ELSE 5 END LIMIT 1) AS protocol,
            k.needs_private, h.state AS handover, k.claimed_by,
            (SELECT COUNT(*) FROM promise r JOIN obligation o ON o.case_id = r.case_id AND o.wait = r.wait
             WHERE r.case_id = k.id AND r.act = 'call' AND o.ended_at IS NULL) AS calls,
            (SELECT COUNT(*) FROM case_customer y WHERE y.case_id = k.id) AS about_other,
            (SELECT l.system || ' #' || l.ticket_id FROM ticket_link l WHERE l.brand_id = k.brand_id
                AND l.case_id = k.id AND l.unlinked_at IS NULL AND l.solved_at IS NOT NULL
             ORDER BY l.solved_at DESC, l.id LIMIT 1) AS solved_ticket
         FROM",
        "CROSS JOIN cases k JOIN brand b ON b.id = k.brand_id
         LEFT JOIN case_event e ON e.case_id = k.id AND e.seq = (SELECT MAX(x.seq) FROM case_event x
            WHERE x.case_id = k.id AND (x.kind IN ('answer_queued', 'answer_seen', 'answer_undone', 'note', 'snooze',
                'removed', 'moderated', 'answer_removed', 'undelivered', 'unknown_settled')
              OR (x.kind = 'reopen' AND x.who IN ('answer_removed', 'undelivered'))))
         LEFT JOIN person n ON n.id = e.who
         LEFT JOIN handover h ON h.case_id = k.id
         LEFT JOIN person p ON p.id = k.claimed_by
         LEFT JOIN mention m ON m.id = k.first_mention_id AND m.deleted_at IS NULL
         LEFT JOIN judgement g ON g.mention_id = m.id AND g.brand_id = k.brand_id AND g.revision = m.revision
         LEFT JOIN content t ON t.id = m.id || '/' || m.revision
         WHERE k.id = j.value->>0"
    );
    query(sql).bind(text).all(tx).await.during(what)
}

/// From which update on to ask: one past the last stored. After a week of silence a platform may
/// begin to count anew, so what is older than six days does not bind.
pub async fn next_update(tx: &mut Tx, credential: &str, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT MAX(update_id) FROM chat_update WHERE credential = $1 AND received_at > $2";
    let (last,): (Option<i64>,) = query(sql)
        .bind(credential)
        .bind(now.minus(Span::days(6)).millis())
        .one(tx)
        .await
        .during("reading the last update")?;
    Ok(last.map(|id| id + 1))
}

/// Stores updates (number, text, whether it waits to be handled); one that is known is left alone.
pub async fn add_updates(
    tx: &mut Tx,
    credential: &str,
    updates: &[(i64, String, bool)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows: Vec<_> = updates
        .iter()
        .map(|(id, body, waits)| (credential, id, body, now.millis(), (!waits).then_some(now.millis())))
        .collect();
    let sql = list!(
        tx,
        "INSERT INTO chat_update (credential, update_id, body, received_at, settled_at)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), j.value->>2, CAST(j.value->>3 AS BIGINT),
            CAST(j.value->>4 AS BIGINT)
         FROM",
        "WHERE true ON CONFLICT (credential, update_id) DO NOTHING"
    );
    bulk::run(tx, "storing updates", sql, &rows).await
}

/// The updates that wait to be handled, in order.
pub async fn waiting_updates(
    tx: &mut Tx,
    credential: &str,
    limit: i64,
) -> Result<Vec<UpdateRow>, StoreError> {
    let sql =
        "SELECT update_id, body, received_at FROM chat_update WHERE credential = $1 AND settled_at IS NULL
         ORDER BY update_id LIMIT $2";
    query(sql).bind(credential).bind(limit).all(tx).await.during("reading updates")
}

/// Settles an update and forgets what it said.
pub async fn settle_update(tx: &mut Tx, credential: &str, id: i64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE chat_update SET settled_at = $3, body = '' WHERE credential = $1 AND update_id = $2";
    query(sql)
        .bind(credential)
        .bind(id)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("settling an update")
}

/// Forgets settled updates older than a week, cards older than half a year, and the words of answers
/// that nobody sent within a day.
pub async fn forget(tx: &mut Tx, credential: &str, now: Timestamp) -> Result<(), StoreError> {
    let what = "tidying up the chat";
    let old = now.minus(Span::days(180)).millis();
    super::proposal::forget(tx, credential, now.minus(super::proposal::KEPT_FOR)).await?;
    for sql in [
        "DELETE FROM chat_update WHERE credential = $1 AND settled_at IS NOT NULL AND received_at < $2",
        "DELETE FROM chat_card_case WHERE credential = $1 AND EXISTS (SELECT 1 FROM chat_card k
            WHERE k.credential = $1 AND k.chat = chat_card_case.chat AND k.message = chat_card_case.message
              AND k.created_at < $2)",
        "DELETE FROM chat_card WHERE credential = $1 AND created_at < $2",
    ] {
        let before = if sql.contains("chat_update") { now.minus(Span::days(7)).millis() } else { old };
        query(sql).bind(credential).bind(before).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(())
}

/// A person who may work, by login.
pub async fn presser(tx: &mut Tx, login: &str) -> Result<Option<Presser>, StoreError> {
    let sql = "SELECT id, name, role, brands FROM person WHERE login = $1 AND disabled_at IS NULL";
    query(sql).bind(login).maybe(tx).await.during("looking a person up")
}

/// Reads a note that this credential keeps, such as where a chat has moved to.
pub async fn note(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM meta WHERE name = $1";
    let found: Option<(String,)> = query(sql).bind(name).maybe(tx).await.during("reading a note")?;
    Ok(found.map(|(value,)| value))
}

/// Writes a note.
pub async fn set_note(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    query(sql).bind(name).bind(value).run(tx).await.map(|_| ()).during("writing a note")
}
