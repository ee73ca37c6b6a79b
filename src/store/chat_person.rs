//! People of ours as a chat platform knows them: in which language and zone they are answered, whether they can be
//! written to in private, and in which hours they are left in peace.
//!
//! Who they are is said by the settings; a row only keeps what they told the bot of themselves.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, chat, list, proposal, row};
use crate::domain::time::Timestamp;

row! {
    /// One person in one chat platform.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct ChatPersonRow {
        /// With which credential the bot speaks.
        pub credential: String,
        /// The platform's number of them.
        pub user_id: String,
        /// Who they are here.
        pub person_id: String,
        /// Their language as a BCP 47 tag; empty for what the settings say.
        pub language: String,
        /// Their time zone by its IANA name; empty for what the settings say.
        pub zone: String,
        /// Hours in which only P1 is told, as `22:00-07:00`; empty for none.
        pub quiet: String,
        /// Most messages in an hour; 0 for no limit.
        pub hourly: i64,
        /// When they first spoke to the bot.
        pub first_at: i64,
        /// Since when they can be written to in private.
        pub private_at: Option<i64>,
    }
}

/// One person by the platform's number.
pub async fn get(tx: &mut Tx, credential: &str, user_id: &str) -> Result<Option<ChatPersonRow>, StoreError> {
    let sql = "SELECT * FROM chat_person WHERE credential = $1 AND user_id = $2";
    query(sql).bind(credential).bind(user_id).maybe(tx).await.during("reading how somebody is spoken to")
}

/// Writes one person as they are now.
pub async fn put(tx: &mut Tx, p: &ChatPersonRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO chat_person
            (credential, user_id, person_id, language, zone, quiet, hourly, first_at, private_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (credential, user_id) DO UPDATE SET person_id = excluded.person_id,
            language = excluded.language, zone = excluded.zone, quiet = excluded.quiet, hourly = excluded.hourly,
            private_at = excluded.private_at";
    query(sql)
        .bind(&p.credential)
        .bind(&p.user_id)
        .bind(&p.person_id)
        .bind(&p.language)
        .bind(&p.zone)
        .bind(&p.quiet)
        .bind(p.hourly)
        .bind(p.first_at)
        .bind(p.private_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing how somebody is spoken to")
}

/// Notes that somebody cannot be written to in private any more.
pub async fn gone(tx: &mut Tx, credential: &str, user_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE chat_person SET private_at = NULL WHERE credential = $1 AND user_id = $2";
    query(sql)
        .bind(credential)
        .bind(user_id)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting that somebody cannot be reached")
}

/// Notes with which bot is spoken from now on; `bot` is its number. Where that is another than before, what was the other
/// one's goes: how far its updates were taken in, the messages that it sent before `began`, and that people can be
/// written to, for they have not begun a talk with this one. Each bot counts updates and private messages by itself.
/// Tells whether anything went.
pub async fn speaks_as(
    tx: &mut Tx,
    credential: &str,
    bot: &str,
    began: Timestamp,
) -> Result<bool, StoreError> {
    let name = format!("chat:{credential}:bot");
    let before = chat::note(tx, &name).await?;
    if before.as_deref() == Some(bot) {
        return Ok(false);
    }
    chat::set_note(tx, &name, bot).await?;
    if before.is_none() {
        return Ok(false);
    }
    proposal::forget(tx, credential, began).await?;
    for sql in [
        "DELETE FROM chat_update WHERE credential = $1 AND settled_at IS NOT NULL AND received_at < $2",
        "DELETE FROM chat_card_case WHERE credential = $1 AND EXISTS (SELECT 1 FROM chat_card k
            WHERE k.credential = $1 AND k.chat = chat_card_case.chat AND k.message = chat_card_case.message
              AND k.created_at < $2)",
        "DELETE FROM chat_card WHERE credential = $1 AND created_at < $2",
        "UPDATE chat_person SET private_at = NULL WHERE credential = $1 AND private_at < $2",
    ] {
        query(sql)
            .bind(credential)
            .bind(began.millis())
            .run(tx)
            .await
            .map(|_| ())
            .during("leaving what was another bot's")?;
    }
    Ok(true)
}

row! {
    /// Somebody who can be written to in private.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Reachable {
        /// Who they are here.
        pub person_id: String,
        /// The platform's number of them.
        pub user_id: String,
        /// Their role.
        pub role: String,
        /// The brands that they see, as a JSON list of ids; nothing for all.
        pub brands: Option<String>,
    }
}

/// Those who can be written to in private and may log in, by login.
pub async fn reachable(tx: &mut Tx, credential: &str) -> Result<Vec<Reachable>, StoreError> {
    let sql = "SELECT p.id AS person_id, c.user_id, p.role, p.brands
         FROM chat_person c JOIN person p ON p.id = c.person_id
         WHERE c.credential = $1 AND c.private_at IS NOT NULL AND p.disabled_at IS NULL ORDER BY p.login";
    query(sql).bind(credential).all(tx).await.during("reading who can be written to")
}

/// The language that a person chose in the chat, by their login, whatever its case; none where they chose none.
pub async fn language_of(tx: &mut Tx, login: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT c.language FROM chat_person c JOIN person p ON p.id = c.person_id
         WHERE LOWER(p.login) = $1 AND p.disabled_at IS NULL AND c.language <> '' ORDER BY c.user_id LIMIT 1";
    let login = login.trim().to_lowercase();
    query(sql).bind(login).maybe(tx).await.during("reading somebody's language")
}

row! {
    /// A promised call that is still to be made.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CallRow {
        /// The case.
        pub case_id: String,
        /// Its brand.
        pub brand_id: String,
        /// The wait of the promise.
        pub wait: i64,
        /// Until when.
        pub due_at: i64,
        /// How often somebody tried.
        pub tries: i64,
        /// When it is to be tried again, as the last try said.
        pub next_at: Option<i64>,
    }
}

/// The calls that are still to be made on cases that somebody has, the earliest first.
pub async fn calls_of(
    tx: &mut Tx,
    brands: &[String],
    person_id: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<CallRow>, StoreError> {
    let what = "reading promised calls";
    let ids = each_json(what, brands)?;
    let sql = list!(
        tx,
        "SELECT r.case_id, r.brand_id, r.wait, o.due_at,
            (SELECT COUNT(*) FROM call_try t WHERE t.case_id = r.case_id AND t.wait = r.wait) AS tries,
            (SELECT t.next_at FROM call_try t WHERE t.case_id = r.case_id AND t.wait = r.wait
             ORDER BY t.n DESC LIMIT 1) AS next_at
         FROM",
        "CROSS JOIN promise r JOIN obligation o ON o.case_id = r.case_id AND o.wait = r.wait
         JOIN cases k ON k.id = r.case_id AND k.brand_id = r.brand_id
         WHERE r.brand_id = j.value->>0 AND r.act = 'call' AND o.ended_at IS NULL AND k.open = 1
           AND k.claimed_by = $2 AND (k.claimed_until IS NULL OR k.claimed_until > $3)
         ORDER BY o.due_at, r.case_id LIMIT $4"
    );
    query(sql).bind(ids).bind(person_id).bind(now.millis()).bind(limit).all(tx).await.during(what)
}

/// The calls of one case that are still to be made, the earliest first.
pub async fn calls_in(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<CallRow>, StoreError> {
    let sql = "SELECT r.case_id, r.brand_id, r.wait, o.due_at,
            (SELECT COUNT(*) FROM call_try t WHERE t.case_id = r.case_id AND t.wait = r.wait) AS tries,
            (SELECT t.next_at FROM call_try t WHERE t.case_id = r.case_id AND t.wait = r.wait
             ORDER BY t.n DESC LIMIT 1) AS next_at
         FROM promise r JOIN obligation o ON o.case_id = r.case_id AND o.wait = r.wait
         WHERE r.brand_id = $1 AND r.case_id = $2 AND r.act = 'call' AND o.ended_at IS NULL ORDER BY o.due_at";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading promised calls")
}

row! {
    /// An answer that waits until a colleague stands for it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct WaitingPass {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Who wrote it.
        pub asked_by: String,
    }
}

/// The answers that wait for a colleague, the oldest first.
pub async fn waiting_passes(
    tx: &mut Tx,
    brands: &[String],
    limit: i64,
) -> Result<Vec<WaitingPass>, StoreError> {
    let what = "reading answers that wait for a colleague";
    let ids = each_json(what, brands)?;
    let sql = list!(
        tx,
        "SELECT g.id, g.brand_id, g.case_id, g.asked_by FROM",
        "CROSS JOIN guard_pass g WHERE g.brand_id = j.value->>0 AND g.state = 'asked'
         ORDER BY g.asked_at, g.id LIMIT $2"
    );
    query(sql).bind(ids).bind(limit).all(tx).await.during(what)
}
