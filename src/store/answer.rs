//! What answering reads and writes: the post that is answered, actions on their way, drafts,
//! signatures, and the log-ins of credentials.

use super::each::{each_json, find_each};
use super::query::query;
use super::rows::ActionRow;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::{Span, Timestamp};

row! {
    /// A mention as one who answers or moderates needs it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Target {
        /// The mention.
        pub mention_id: String,
        /// Its platform.
        pub platform: String,
        /// Its authority.
        pub authority: String,
        /// The platform's id.
        pub external_id: String,
        /// How visible it is, in one word, or empty.
        pub visibility: String,
        /// Whether only we can read it.
        pub private: i64,
        /// When its author deleted it.
        pub deleted_at: Option<i64>,
        /// The platform's id of its author.
        pub author_external_id: String,
        /// Its author, whose words it holds.
        pub author_id: String,
        /// Its author's names, a JSON object.
        pub profile: Option<String>,
        /// Its words, a JSON object.
        pub body: Option<String>,
        /// How its author's account is away, if it is.
        pub away: Option<String>,
        /// Since when it is away, or there again.
        pub away_at: Option<i64>,
    }
}

/// A mention of a case or of what it collects, or the latest of the case that still stands.
pub async fn target(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    mention_id: Option<&str>,
) -> Result<Option<Target>, StoreError> {
    let sql = "SELECT m.id AS mention_id, m.platform, m.authority, m.external_id, m.visibility, m.private,
            m.deleted_at, a.external_id AS author_external_id, m.author_id, p.body AS profile, c.body, a.away, a.away_at
         FROM judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         JOIN author a ON a.id = m.author_id
         LEFT JOIN content p ON p.id = m.author_id LEFT JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE g.brand_id = $1 AND (CAST($3 AS TEXT) IS NULL OR m.id = $3)
            AND g.case_id IN (SELECT CAST($2 AS TEXT) UNION ALL SELECT z.id FROM collecting z
                WHERE z.brand_id = $1 AND z.case_id = $2 AND CAST($3 AS TEXT) IS NOT NULL)
         ORDER BY CASE WHEN m.deleted_at IS NULL THEN 0 ELSE 1 END, m.posted_at DESC, m.external_id DESC LIMIT 1";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(mention_id)
        .maybe(tx)
        .await
        .during("reading what is answered")
}

/// The ids by which sources reach posts: post, source, local id.
pub async fn handles(tx: &mut Tx, posts: &[String]) -> Result<Vec<(String, String, String)>, StoreError> {
    let what = "reading handles";
    let sql = list!(
        tx,
        "SELECT h.mention_id, h.source, h.local_id FROM",
        "CROSS JOIN mention_handle h WHERE h.mention_id = j.value->>0"
    );
    find_each(tx, what, sql, posts).await
}

/// The sources that have seen a mention: the one that brought it first, and those with a handle.
pub async fn seen_by(tx: &mut Tx, mention_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT source FROM mention_handle WHERE mention_id = $1 UNION SELECT source FROM mention WHERE id = $1";
    let rows: Vec<(String,)> =
        query(sql).bind(mention_id).all(tx).await.during("reading who has seen a post")?;
    Ok(rows.into_iter().map(|(source,)| source).collect())
}

row! {
    /// What goes out with an action: the post it is about, the text, when it was first tried.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OnItsWay {
        /// The action.
        pub action_id: String,
        /// The platform's id of the post.
        pub external_id: String,
        /// Its authority.
        pub authority: String,
        /// Its platform.
        pub platform: String,
        /// How visible it is.
        pub visibility: String,
        /// Whether only we can read it.
        pub private: i64,
        /// The platform's id of its author.
        pub author_external_id: String,
        /// Its author's names, a JSON object.
        pub profile: Option<String>,
        /// Its words, a JSON object.
        pub body: Option<String>,
        /// The id by which the sending source reaches it.
        pub local_id: Option<String>,
        /// The text to send.
        pub text: Option<String>,
        /// When the first attempt began.
        pub first_sent_at: Option<i64>,
        /// The number of its case.
        pub case_number: Option<i64>,
        /// When its customer last wrote in this private conversation.
        pub last_inbound: Option<i64>,
        /// The mail address that it goes to, where it begins a talk by mail and that is still kept.
        pub given: Option<String>,
        /// Its number, where it is a part of an answer.
        pub part: Option<i64>,
    }
}

impl OnItsWay {
    /// How long ago the first attempt began, of a part that goes on the one before it.
    pub fn goes_on_since(&self, now: Timestamp) -> Option<Span> {
        self.part.filter(|n| *n > 1)?;
        Some(now.since(self.first_sent_at.map_or(now, Timestamp)))
    }
}

/// What goes out with these actions, for the source that sends them. A part of an answer answers the part before it, in
/// the thread, with the visibility and below the warning of the post that the whole answers.
pub async fn on_their_way(
    tx: &mut Tx,
    source: &str,
    actions: &[String],
) -> Result<Vec<OnItsWay>, StoreError> {
    let what = "reading what is to be sent";
    let sql = list!(
        tx,
        "SELECT a.id AS action_id, COALESCE(CASE WHEN z.n > 1 THEN a.answers_id END, m.external_id) AS external_id,
            m.authority, m.platform, m.visibility, m.private,
            w.external_id AS author_external_id, p.body AS profile, b.body AS body, h.local_id, c.body AS text,
            (SELECT MIN(t.started_at) FROM attempt t WHERE t.action_id = a.id) AS first_sent_at,
            k.number AS case_number,
            (SELECT MAX(n.posted_at) FROM mention n WHERE n.private = 1 AND m.private = 1
                AND n.conversation_id = m.conversation_id) AS last_inbound, d.body AS given,
            CAST(z.n AS BIGINT) AS part
         FROM",
        "CROSS JOIN action a JOIN mention m ON m.id = a.mention_id JOIN author w ON w.id = m.author_id
         LEFT JOIN content p ON p.id = m.author_id LEFT JOIN content b ON b.id = m.id || '/' || m.revision
         LEFT JOIN content c ON c.id = a.id || '/text' LEFT JOIN content d ON d.id = a.id || '/to'
         LEFT JOIN answer_part z ON z.action_id = a.id
         LEFT JOIN mention_handle h ON h.source = $2 AND h.mention_id = CASE
            WHEN z.n > 1 AND a.answers_id IS NOT NULL THEN (SELECT o.id FROM own_post o
                WHERE o.external_id = a.answers_id AND o.platform = m.platform AND o.authority = m.authority)
            ELSE m.id END
         LEFT JOIN cases k ON k.id = a.case_id
         WHERE a.id = j.value->>0"
    );
    let text = each_json(what, actions)?;
    query(sql).bind(text).bind(source).all(tx).await.during(what)
}

/// The answers and other effects that customers see about one mention, latest first.
pub async fn about(tx: &mut Tx, brand_id: &str, mention_id: &str) -> Result<Vec<ActionRow>, StoreError> {
    let sql = "SELECT * FROM action WHERE mention_id = $2 AND brand_id = $1 AND kind IN ('reply', 'moderate')
         ORDER BY created_at DESC";
    query(sql).bind(brand_id).bind(mention_id).all(tx).await.during("reading answers to a post")
}

/// Calls an action off that has not been sent; tells whether there was something to call off.
pub async fn call_off(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE action SET state = 'cancelled', settled_at = $4, decided_by = $3, token = token + 1,
            lease_until = NULL, detail = 'called off before it was sent'
         WHERE id = $2 AND brand_id = $1 AND state IN ('held', 'ready', 'claimed') AND kind IN ('reply', 'moderate')";
    let moved = query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .during("calling an action off")?;
    Ok(moved > 0)
}

/// Writes a piece of content; whose it is stands in `subject`.
pub async fn put_content(
    tx: &mut Tx,
    id: &str,
    subject: &str,
    kind: &str,
    body: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO content (id, subject, kind, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body";
    query(sql)
        .bind(id)
        .bind(subject)
        .bind(kind)
        .bind(body)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing content")
}

/// Reads pieces of content: id and body of those that are still there.
pub async fn contents(tx: &mut Tx, ids: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    let what = "reading content";
    let sql = list!(tx, "SELECT c.id, c.body FROM", "CROSS JOIN content c WHERE c.id = j.value->>0");
    find_each(tx, what, sql, ids).await
}

row! {
    /// What somebody has typed about a case and not sent.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Draft {
        /// The case.
        pub case_id: String,
        /// Who typed it.
        pub person_id: String,
        /// The version of the case that they saw.
        pub seen: i64,
        /// When it was last changed.
        pub updated_at: i64,
        /// The words, if they are still there.
        pub text: Option<String>,
    }
}

/// The drafts about a case.
pub async fn drafts(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<Draft>, StoreError> {
    let sql = "SELECT d.case_id, d.person_id, d.seen, d.updated_at, c.body AS text FROM draft d
         LEFT JOIN content c ON c.id = 'draft/' || d.case_id || '/' || d.person_id
         WHERE d.case_id = $2 AND d.brand_id = $1 ORDER BY d.updated_at DESC";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading drafts")
}

/// Keeps a draft; an empty one is dropped. `subject` is the author of the case.
pub async fn put_draft(tx: &mut Tx, brand_id: &str, subject: &str, draft: &Draft) -> Result<(), StoreError> {
    let text = draft.text.as_deref().unwrap_or_default();
    if text.trim().is_empty() {
        return drop_draft(tx, &draft.case_id, &draft.person_id).await;
    }
    let id = format!("draft/{}/{}", draft.case_id, draft.person_id);
    put_content(tx, &id, subject, "draft", text).await?;
    let sql = "INSERT INTO draft (case_id, person_id, brand_id, seen, updated_at, begun_at) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (case_id, person_id) DO UPDATE SET seen = excluded.seen, updated_at = excluded.updated_at";
    query(sql)
        .bind(&draft.case_id)
        .bind(&draft.person_id)
        .bind(brand_id)
        .bind(draft.seen)
        .bind(draft.updated_at)
        .run(tx)
        .await
        .map(|_| ())
        .during("keeping a draft")
}

/// Drops a draft, with its words.
pub async fn drop_draft(tx: &mut Tx, case_id: &str, person_id: &str) -> Result<(), StoreError> {
    let what = "dropping a draft";
    let sql = "DELETE FROM draft WHERE case_id = $1 AND person_id = $2";
    query(sql).bind(case_id).bind(person_id).run(tx).await.map(|_| ()).during(what)?;
    let id = format!("draft/{case_id}/{person_id}");
    let sql = "DELETE FROM content WHERE id = $1";
    query(sql).bind(id).run(tx).await.map(|_| ()).during(what)
}

/// The sign of a person for a brand, or for every brand.
pub async fn sign(tx: &mut Tx, person_id: &str, brand_id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT sign FROM signature WHERE person_id = $1 AND brand_id IN ($2, '')
         ORDER BY brand_id DESC LIMIT 1";
    let found: Option<(String,)> =
        query(sql).bind(person_id).bind(brand_id).maybe(tx).await.during("reading a signature")?;
    Ok(found.map(|(sign,)| sign))
}

/// The signs of a person: brand (`""` for every brand) and sign.
pub async fn signs(tx: &mut Tx, person_id: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT brand_id, sign FROM signature WHERE person_id = $1 ORDER BY brand_id";
    query(sql).bind(person_id).all(tx).await.during("reading signatures")
}

/// Sets the sign of a person for a brand (`""` for every brand); an empty one takes it away.
pub async fn set_sign(tx: &mut Tx, person_id: &str, brand_id: &str, sign: &str) -> Result<(), StoreError> {
    let what = "setting a signature";
    if sign.is_empty() {
        let sql = "DELETE FROM signature WHERE person_id = $1 AND brand_id = $2";
        return query(sql).bind(person_id).bind(brand_id).run(tx).await.map(|_| ()).during(what);
    }
    let sql = "INSERT INTO signature (person_id, brand_id, sign) VALUES ($1, $2, $3)
         ON CONFLICT (person_id, brand_id) DO UPDATE SET sign = excluded.sign";
    query(sql).bind(person_id).bind(brand_id).bind(sign).run(tx).await.map(|_| ()).during(what)
}

/// The sealed log-in of a credential.
pub async fn session(tx: &mut Tx, credential: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT sealed FROM credential_session WHERE credential = $1";
    let found: Option<(Vec<u8>,)> = query(sql).bind(credential).maybe(tx).await.during("reading a log-in")?;
    Ok(found.map(|(sealed,)| sealed))
}

/// Keeps the sealed log-in of a credential.
pub async fn put_session(
    tx: &mut Tx,
    credential: &str,
    sealed: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO credential_session (credential, sealed, updated_at) VALUES ($1, $2, $3)
         ON CONFLICT (credential) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at";
    query(sql)
        .bind(credential)
        .bind(sealed)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("keeping a log-in")
}

row! {
    /// A post to be looked at again.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DueRecheck {
        /// The mention or post of ours.
        pub post_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// Its platform.
        pub platform: String,
        /// Its authority.
        pub authority: String,
        /// The platform's id.
        pub external_id: String,
        /// The id by which the source reaches it.
        pub local_id: Option<String>,
        /// Whether it is one of ours.
        pub own: i64,
        /// Whether it only shows what a conversation is about.
        pub context: i64,
    }
}

/// The posts that a source is to look at again, those due longest first.
pub async fn due_rechecks(
    tx: &mut Tx,
    source: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<DueRecheck>, StoreError> {
    let sql = "SELECT r.post_id, r.posted_at, COALESCE(m.platform, o.platform, t.platform) AS platform,
            COALESCE(m.authority, o.authority, t.authority) AS authority,
            COALESCE(m.external_id, o.external_id, t.external_id) AS external_id,
            h.local_id, CAST(CASE WHEN o.id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS own,
            CAST(CASE WHEN t.id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS context
         FROM recheck r LEFT JOIN mention m ON m.id = r.post_id LEFT JOIN own_post o ON o.id = r.post_id
         LEFT JOIN thread_post t ON t.id = r.post_id
         LEFT JOIN mention_handle h ON h.mention_id = r.post_id AND h.source = r.source
         WHERE r.source = $1 AND r.next_at <= $2 AND (m.id IS NOT NULL OR o.id IS NOT NULL OR t.id IS NOT NULL)
         ORDER BY r.next_at LIMIT $3";
    query(sql)
        .bind(source)
        .bind(now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading what to look at again")
}

/// The authors of public posts that a source is to look at again, whoever wrote last first.
pub async fn authors_looked_after(tx: &mut Tx, source: &str, limit: i64) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT a.external_id FROM recheck r JOIN mention m ON m.id = r.post_id
         JOIN author a ON a.id = m.author_id WHERE r.source = $1 AND m.private = 0 AND m.deleted_at IS NULL
         GROUP BY a.external_id ORDER BY MAX(r.posted_at) DESC, a.external_id LIMIT $2";
    let rows: Vec<(String,)> =
        query(sql).bind(source).bind(limit).all(tx).await.during("reading of whom posts are looked after")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Notes when to look at posts the next time; `None` is never again.
pub async fn rechecked(tx: &mut Tx, posts: &[(String, Option<i64>)]) -> Result<(), StoreError> {
    let what = "noting what was looked at";
    let (again, never): (Vec<_>, Vec<_>) = posts.iter().cloned().partition(|(_, next)| next.is_some());
    let sql = list!(
        tx,
        "UPDATE recheck SET next_at = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE recheck.post_id = j.value->>0"
    );
    super::bulk::run(tx, what, sql, &again).await?;
    let sql = list!(tx, "DELETE FROM recheck WHERE post_id IN (SELECT j.value->>0 FROM", ")");
    super::bulk::run(tx, what, sql, &never).await
}

/// Lets posts be looked at at once, as when somebody opens a case.
pub async fn recheck_now(tx: &mut Tx, posts: &[String], now: Timestamp) -> Result<(), StoreError> {
    let rows: Vec<(&String, i64)> = posts.iter().map(|p| (p, now.millis())).collect();
    let sql = list!(
        tx,
        "UPDATE recheck SET next_at = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE recheck.post_id = j.value->>0"
    );
    super::bulk::run(tx, "asking to look again", sql, &rows).await
}

/// Lets posts be looked at at once of which their platform says that they changed, by the ids under which a
/// source reaches them; gives those ids that are known.
pub async fn look_again(
    tx: &mut Tx,
    source: &str,
    local_ids: &[String],
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let what = "bringing a second look forward";
    let text = each_json(what, local_ids)?;
    let sql = list!(
        tx,
        "INSERT INTO recheck (post_id, source, posted_at, next_at)
         SELECT h.mention_id, h.source, COALESCE(m.posted_at, o.posted_at, t.posted_at), $3
         FROM mention_handle h LEFT JOIN mention m ON m.id = h.mention_id LEFT JOIN own_post o ON o.id = h.mention_id
         LEFT JOIN thread_post t ON t.id = h.mention_id
         WHERE h.source = $2 AND COALESCE(m.posted_at, o.posted_at, t.posted_at) IS NOT NULL
            AND h.local_id IN (SELECT j.value->>0 FROM",
        ") ON CONFLICT (post_id) DO UPDATE SET next_at = excluded.next_at"
    );
    query(sql).bind(&text).bind(source).bind(now.millis()).run(tx).await.map(|_| ()).during(what)?;
    let sql = list!(
        tx,
        "SELECT h.local_id FROM mention_handle h WHERE h.source = $2
            AND h.local_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    let found: Vec<(String,)> = query(sql).bind(&text).bind(source).all(tx).await.during(what)?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
