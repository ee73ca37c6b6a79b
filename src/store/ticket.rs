//! Tickets of the front office: which case is tied to which, and how each stood when last seen.
//!
//! A link belongs to one brand and one case. What is personal of a ticket (subject, owner, what the
//! front office wrote) is content that belongs to the author of the case, and goes with them.

use super::each::{each_json, find_each};
use super::query::query;
use super::rows::bulk;
use super::script::Script;
use super::{During, StoreError, Tx, answer, json, list, row};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

row! {
    /// One link as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LinkRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// The ticket system by name.
        pub system: String,
        /// The ticket by the system's id; none while it is still to be made.
        pub ticket_id: Option<String>,
        /// The action that makes it, if we made it.
        pub action_id: Option<String>,
        /// `wanted`, `unseen`, `open`, `solved`, `gone` or `hidden`.
        pub state: String,
        /// The state in the system's own word.
        pub status: String,
        /// Where people see it.
        pub url: String,
        /// When it was opened there.
        pub opened_at: Option<i64>,
        /// When it last changed there.
        pub changed_at: Option<i64>,
        /// By when the front office promised something.
        pub due_at: Option<i64>,
        /// The last of its entries that was taken in, by the system's id.
        pub last_entry: String,
        /// When it was last looked at.
        pub seen_at: Option<i64>,
        /// When the front office solved it: proposes to close the case.
        pub solved_at: Option<i64>,
        /// Who tied it.
        pub linked_by: Option<String>,
        /// When.
        pub linked_at: i64,
        /// Who took the tie away.
        pub unlinked_by: Option<String>,
        /// When it was taken away.
        pub unlinked_at: Option<i64>,
        /// Whether the front office waits for us, as its status says: 0 or 1.
        pub waits: i64,
        /// Why a status that we asked for was not taken; empty where none was refused.
        pub status_why: String,
        /// Why a note was not taken; empty where none was refused since one was taken.
        pub note_why: String,
        /// The link of the ticket that follows this one, which is closed for good.
        pub followed_by: Option<String>,
    }
}

bulk!(LinkRow {
    id,
    brand_id,
    case_id,
    system,
    ticket_id,
    action_id,
    state,
    status,
    url,
    opened_at,
    changed_at,
    due_at,
    last_entry,
    seen_at,
    solved_at,
    linked_by,
    linked_at,
    unlinked_by,
    unlinked_at,
    waits,
    status_why,
    note_why,
    followed_by,
});

impl LinkRow {
    /// Whether the tie stands.
    pub const fn is_live(&self) -> bool {
        self.unlinked_at.is_none()
    }

    /// The content that holds what is personal of the ticket.
    pub fn content_id(&self) -> String {
        format!("{}/ticket", self.id)
    }

    /// The content of one thing that the front office wrote.
    pub fn entry_id(&self, entry: &str) -> String {
        format!("{}/entry/{entry}", self.id)
    }
}

/// What is personal of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Personal {
    /// Its subject.
    pub subject: String,
    /// Who has it there.
    pub owner: String,
    /// In which queue it stands.
    pub queue: String,
}

impl Personal {
    /// Reads what [`put_personal`] wrote.
    pub fn of(body: Option<&str>) -> Self {
        body.and_then(|b| serde_json::from_str(b).ok()).unwrap_or_default()
    }
}

/// Writes links, new ones or as they are now.
pub async fn put(tx: &mut Tx, links: &[LinkRow]) -> Result<(), StoreError> {
    let sql = list!(
        tx,
        "INSERT INTO ticket_link (id, brand_id, case_id, system, ticket_id, action_id, state, status, url, opened_at,
            changed_at, due_at, last_entry, seen_at, solved_at, linked_by, linked_at, unlinked_by, unlinked_at, waits,
            status_why, note_why, followed_by)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6,
            j.value->>7, j.value->>8, CAST(j.value->>9 AS BIGINT), CAST(j.value->>10 AS BIGINT),
            CAST(j.value->>11 AS BIGINT), j.value->>12, CAST(j.value->>13 AS BIGINT),
            CAST(j.value->>14 AS BIGINT), j.value->>15, CAST(j.value->>16 AS BIGINT), j.value->>17,
            CAST(j.value->>18 AS BIGINT), CAST(j.value->>19 AS BIGINT), j.value->>20, j.value->>21, j.value->>22
         FROM",
        "WHERE true ON CONFLICT (id) DO UPDATE SET ticket_id = excluded.ticket_id, state = excluded.state,
            status = excluded.status, url = excluded.url, opened_at = excluded.opened_at,
            changed_at = excluded.changed_at, due_at = excluded.due_at, last_entry = excluded.last_entry,
            seen_at = excluded.seen_at, solved_at = excluded.solved_at, unlinked_by = excluded.unlinked_by,
            unlinked_at = excluded.unlinked_at, waits = excluded.waits, status_why = excluded.status_why,
            note_why = excluded.note_why, followed_by = excluded.followed_by"
    );
    let mut script = Script::of(tx, "writing ticket links");
    script.add("writing ticket links", sql, links)?;
    script.run(tx).await
}

/// That a note was not taken is over, where that still stands as `link` has it; all else of the link stays as it is.
pub async fn clear_note_why(tx: &mut Tx, link: &LinkRow) -> Result<(), StoreError> {
    let sql = "UPDATE ticket_link SET note_why = '' WHERE brand_id = $1 AND id = $2 AND note_why = $3";
    query(sql)
        .bind(&link.brand_id)
        .bind(&link.id)
        .bind(&link.note_why)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting that a ticket takes notes")
}

/// Writes what is personal of a ticket; `subject` is the author of the case.
pub async fn put_personal(
    tx: &mut Tx,
    link: &LinkRow,
    subject: &str,
    personal: &Personal,
) -> Result<(), StoreError> {
    super::sector::put_queue(tx, &link.id, &personal.queue).await?;
    let body = json("writing a ticket", personal)?;
    answer::put_content(tx, &link.content_id(), subject, "ticket", &body).await
}

/// What is personal of these links, each with its id; those whose words are gone are left out.
pub async fn personal_of(tx: &mut Tx, links: &[LinkRow]) -> Result<Vec<(String, Personal)>, StoreError> {
    let ids: Vec<String> = links.iter().map(LinkRow::content_id).collect();
    let found = answer::contents(tx, &ids).await?;
    let one = |link: &LinkRow| {
        let body = found.iter().find(|(id, _)| *id == link.content_id()).map(|(_, body)| body.as_str())?;
        Some((link.id.clone(), Personal::of(Some(body))))
    };
    Ok(links.iter().filter_map(one).collect())
}

/// The links of a case that stand, in the order in which they were made.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<LinkRow>, StoreError> {
    let sql = "SELECT * FROM ticket_link WHERE brand_id = $1 AND case_id = $2 AND unlinked_at IS NULL
         ORDER BY linked_at, id";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading the tickets of a case")
}

/// The links that stand of several cases; each is brand and case.
pub async fn of_cases(tx: &mut Tx, cases: &[(String, String)]) -> Result<Vec<LinkRow>, StoreError> {
    let what = "reading the tickets of cases";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT l.* FROM",
        "CROSS JOIN ticket_link l
         WHERE l.brand_id = j.value->>0 AND l.case_id = j.value->>1 AND l.unlinked_at IS NULL"
    );
    let text = json(what, cases)?;
    let mut found: Vec<LinkRow> = query(sql).bind(text).all(tx).await.during(what)?;
    found.sort_by(|a, b| (a.linked_at, &a.id).cmp(&(b.linked_at, &b.id)));
    Ok(found)
}

/// A link of a brand by id, whether it stands or not.
pub async fn get(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<LinkRow>, StoreError> {
    let sql = "SELECT * FROM ticket_link WHERE id = $2 AND brand_id = $1";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading a ticket link")
}

/// The tickets of a system to which other cases of the same author and brand are or were tied, newest
/// first: those that nobody took away. An account that was joined with theirs is the same author's.
pub async fn of_author(
    tx: &mut Tx,
    brand_id: &str,
    author_id: &str,
    limit: i64,
) -> Result<Vec<LinkRow>, StoreError> {
    let sql = "WITH them AS (SELECT CAST($2 AS TEXT) AS author_id
            UNION SELECT m.author_id
             FROM cases k JOIN judgement g ON g.brand_id = k.brand_id AND g.case_id = k.id
                JOIN mention m ON m.id = g.mention_id
             WHERE k.brand_id = $1 AND k.author_id = $2
            UNION SELECT v.merged_as
             FROM cases k JOIN conversation v ON v.id = k.conversation_id
             WHERE k.brand_id = $1 AND k.author_id = $2 AND v.merged_as IS NOT NULL)
         SELECT l.* FROM them t JOIN cases k ON k.author_id = t.author_id
            JOIN ticket_link l ON l.brand_id = k.brand_id AND l.case_id = k.id
         WHERE k.brand_id = $1 AND l.unlinked_at IS NULL AND l.ticket_id IS NOT NULL
         ORDER BY l.linked_at DESC LIMIT $3";
    query(sql)
        .bind(brand_id)
        .bind(author_id)
        .bind(limit)
        .all(tx)
        .await
        .during("reading earlier tickets of an author")
}

/// The tickets to which other cases of the same customer and brand are tied, newest first: of those of which somebody
/// said that they are about who gave the same number, address or telephone.
pub async fn of_customer(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    limit: i64,
) -> Result<Vec<LinkRow>, StoreError> {
    let sql = "SELECT l.* FROM ticket_link l
         WHERE l.brand_id = $1 AND l.case_id <> $2 AND l.unlinked_at IS NULL AND l.ticket_id IS NOT NULL
           AND l.case_id IN (SELECT o.case_id FROM customer_key y
                JOIN customer_key o ON o.brand_id = y.brand_id AND o.hash = y.hash
                WHERE y.brand_id = $1 AND y.case_id = $2)
         ORDER BY l.linked_at DESC LIMIT $3";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(limit)
        .all(tx)
        .await
        .during("reading earlier tickets of a customer")
}

/// Links of a system that are watched: those of cases that are open or were touched since `since`, least
/// recently looked at first; one whose ticket is gone only where it was not looked at since `gone`.
pub async fn watched(
    tx: &mut Tx,
    system: &str,
    (since, gone): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<LinkRow>, StoreError> {
    let sql = "SELECT l.* FROM ticket_link l JOIN cases k ON k.id = l.case_id
         WHERE l.system = $1 AND l.unlinked_at IS NULL AND l.ticket_id IS NOT NULL
           AND (l.state <> 'gone' OR COALESCE(l.seen_at, 0) < $4)
           AND (k.open = 1 OR k.changed_at >= $2)
         ORDER BY COALESCE(l.seen_at, 0), l.id LIMIT $3";
    query(sql)
        .bind(system)
        .bind(since.millis())
        .bind(limit)
        .bind(gone.millis())
        .all(tx)
        .await
        .during("reading which tickets are watched")
}

/// The links that stand to one ticket of a system: one for each case.
pub async fn to_ticket(tx: &mut Tx, system: &str, ticket_id: &str) -> Result<Vec<LinkRow>, StoreError> {
    let sql =
        "SELECT * FROM ticket_link WHERE system = $1 AND ticket_id = $2 AND unlinked_at IS NULL ORDER BY id";
    query(sql).bind(system).bind(ticket_id).all(tx).await.during("reading who is tied to a ticket")
}

/// Notes that tickets were looked at and had not changed.
pub async fn looked_at(tx: &mut Tx, links: &[String], now: Timestamp) -> Result<(), StoreError> {
    let what = "noting which tickets were looked at";
    if links.is_empty() {
        return Ok(());
    }
    let sql = list!(tx, "UPDATE ticket_link SET seen_at = $2 FROM", "WHERE ticket_link.id = j.value->>0");
    let text = each_json(what, links)?;
    query(sql).bind(text).bind(now.millis()).run(tx).await.map(|_| ()).during(what)
}

/// Has tickets of a system looked at as soon as may be, for it said that they changed; tells how many links
/// that are.
pub async fn look_again(tx: &mut Tx, system: &str, tickets: &[String]) -> Result<u64, StoreError> {
    let what = "noting which tickets are to be looked at";
    if tickets.is_empty() {
        return Ok(0);
    }
    let sql = list!(
        tx,
        "UPDATE ticket_link SET seen_at = NULL FROM",
        "WHERE ticket_link.system = $2 AND ticket_link.ticket_id = j.value->>0 AND ticket_link.unlinked_at IS NULL"
    );
    let text = each_json(what, tickets)?;
    query(sql).bind(text).bind(system).run(tx).await.during(what)
}

/// Which of these cases (brand, case) the front office has solved, so that closing them is proposed.
pub async fn proposing(tx: &mut Tx, cases: &[(String, String)]) -> Result<Vec<String>, StoreError> {
    let what = "reading which cases the front office solved";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT DISTINCT l.case_id FROM",
        "CROSS JOIN ticket_link l WHERE l.brand_id = j.value->>0 AND l.case_id = j.value->>1
           AND l.unlinked_at IS NULL AND l.solved_at IS NOT NULL"
    );
    let text = json(what, cases)?;
    let rows: Vec<(String,)> = query(sql).bind(text).all(tx).await.during(what)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

row! {
    /// An action for a ticket that has not ended: which goes before which.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Pending {
        /// The action.
        pub id: String,
        /// Its case.
        pub case_id: String,
        /// `ticket_create`, `ticket_note`, `ticket_status` or `ticket_withdraw`.
        pub kind: String,
        /// What it says, a JSON object.
        pub payload: String,
        /// Its state.
        pub state: String,
        /// Not before this instant.
        pub not_before: i64,
        /// When its outcome is looked for, while that may still be found out.
        pub look_at: Option<i64>,
    }
}

/// The actions for tickets of these cases that have not ended, in the order of their making.
pub async fn pending(tx: &mut Tx, cases: &[String]) -> Result<Vec<Pending>, StoreError> {
    let what = "reading what tickets are still to be told";
    let sql = list!(
        tx,
        "SELECT a.id, a.case_id, a.kind, a.payload, a.state, a.not_before, a.look_at FROM",
        "CROSS JOIN action a WHERE a.case_id = j.value->>0
           AND a.kind IN ('ticket_create', 'ticket_note', 'ticket_status', 'ticket_withdraw')
           AND a.state IN ('held', 'ready', 'claimed', 'sending', 'unknown')"
    );
    let mut found: Vec<Pending> = find_each(tx, what, sql, cases).await?;
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// Calls off what a ticket was still to be told when its tie is taken away.
pub async fn call_off(
    tx: &mut Tx,
    brand_id: &str,
    actions: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = "calling off what a ticket was to be told";
    if actions.is_empty() {
        return Ok(());
    }
    let sql = list!(
        tx,
        "UPDATE action SET state = 'cancelled', settled_at = $3, token = action.token + 1, lease_until = NULL,
            detail = 'the case is no longer tied to the ticket' FROM",
        "WHERE action.id = j.value->>0 AND action.brand_id = $2 AND action.kind IN ('ticket_create', 'ticket_note', 'ticket_status')
           AND action.state IN ('held', 'ready', 'claimed')"
    );
    let text = each_json(what, actions)?;
    query(sql).bind(text).bind(brand_id).bind(now.millis()).run(tx).await.map(|_| ()).during(what)
}

row! {
    /// A message as a ticket is told of it.
    #[derive(Clone, Debug)]
    pub struct TellRow {
        /// The mention, or our post.
        pub id: String,
        /// The revision of its words.
        pub revision: i64,
        /// The platform's time of it.
        pub posted_at: i64,
        /// When its author deleted it.
        pub deleted_at: Option<i64>,
        /// Whether only we can read it.
        pub private: i64,
        /// Its words, a JSON object, if they are still there.
        pub body: Option<String>,
        /// Its author's names, a JSON object; none for a post of ours.
        pub profile: Option<String>,
        /// Reasons of its urgency, a JSON array; empty for a post of ours.
        pub reasons: String,
        /// 1 to 5; 5 for a post of ours.
        pub level: i64,
        /// 0 to 100; 0 for a post of ours.
        pub urgency: i64,
    }
}

/// The messages of a case and our answers to its author, in the order of the platform. An answer of ours is private where
/// what it answers is, or where it was sent so; of one that names nothing, the talk in which it stands tells.
pub async fn conversation(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<TellRow>, StoreError> {
    let sql = "SELECT m.id, m.revision, m.posted_at, m.deleted_at, m.private, c.body, COALESCE(p.body, '{}') AS profile, g.reasons,
            g.level, g.urgency
         FROM judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision LEFT JOIN content p ON p.id = m.author_id
         WHERE g.brand_id = $1 AND g.case_id = $2
         UNION ALL
         SELECT o.id, 1, o.posted_at, o.deleted_at,
            CASE WHEN EXISTS (SELECT 1 FROM mention n WHERE n.external_id = o.in_reply_to AND n.platform = o.platform
                    AND n.authority = o.authority AND n.private = 1)
                OR EXISTS (SELECT 1 FROM action w WHERE w.id = o.action_id AND w.kind = 'reply'
                    AND (w.payload LIKE '%\"visibility\":\"direct\"%' OR w.payload LIKE '%\"visibility\":\"private\"%'))
                OR (o.in_reply_to IS NULL AND (v.merged_into IS NOT NULL OR EXISTS (SELECT 1 FROM mention n
                    WHERE n.conversation_id = o.conversation_id AND n.private = 1)))
                THEN 1 ELSE 0 END, c.body, NULL, '', 5, 0
         FROM cases k JOIN conversation v ON v.id = k.conversation_id OR v.merged_into = k.conversation_id
            JOIN own_post o ON o.conversation_id = v.id AND o.brand_id = k.brand_id
         LEFT JOIN content c ON c.id = o.id || '/1'
         WHERE k.brand_id = $1 AND k.id = $2 AND k.author_id = CASE WHEN v.id = k.conversation_id
            THEN o.answers_author_id ELSE COALESCE(v.merged_as, o.answers_author_id) END
         ORDER BY 3, 1";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading what a ticket is told")
}
