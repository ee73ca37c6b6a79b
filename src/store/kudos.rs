//! Answers of members and how they were received: the ledger of helpers. Names stand in `content` alone; points are
//! counted from these rows each time and are not stored.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, bulk, list, row};
use crate::domain::kudos::{Answer, Void};
use crate::domain::time::Timestamp;

row! {
    /// An answer of a member that is to be looked at.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ToCheck {
        /// The post, by id.
        pub post_id: String,
        /// The platform's id of it.
        pub external_id: String,
        /// The namespace of that id.
        pub authority: String,
        /// The conversation.
        pub conversation_id: String,
        /// Who gave it, by id.
        pub helper_id: String,
        /// Who began the conversation, by id, if that is known.
        pub asker_id: Option<String>,
        /// When it was given.
        pub answered_at: i64,
    }
}

/// How an answer was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The answer.
    pub answer: ToCheck,
    /// Whether it is marked as the solution.
    pub accepted: bool,
    /// How many like it.
    pub likes: i64,
    /// Why it counts for nothing: [`Void::code`], or empty.
    pub void: String,
}

row! {
    /// A row of the ledger with the name of who answered.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LedgerRow {
        /// The brand.
        pub brand_id: String,
        /// The post.
        pub post_id: String,
        /// Who gave it.
        pub helper_id: String,
        /// Who asked; empty where that is not known any more.
        pub asker_id: String,
        /// When it was given.
        pub answered_at: i64,
        /// 1 if it is marked as the solution.
        pub accepted: i64,
        /// How many like it.
        pub likes: i64,
        /// Why it counts for nothing, or empty.
        pub void: String,
        /// Name and handle of who gave it, as JSON, if still kept.
        pub profile: Option<String>,
        /// The platform's id of who gave it.
        pub account: Option<String>,
    }
}

impl LedgerRow {
    /// The name of the member as text: the handle, else the number by which the forum knows them.
    pub fn name(&self) -> String {
        let profile: serde_json::Value =
            self.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
        match profile["handle"].as_str().filter(|h| !h.is_empty()) {
            Some(handle) => format!("@{handle}"),
            None => self.account.clone().unwrap_or_else(|| "?".to_owned()),
        }
    }

    /// As the arithmetic wants it.
    pub fn answer(&self) -> Answer {
        Answer {
            post: self.post_id.clone(),
            helper: self.helper_id.clone(),
            asker: Some(self.asker_id.clone()).filter(|a| !a.is_empty()),
            at: Timestamp(self.answered_at),
            accepted: self.accepted == 1,
            likes: self.likes,
            void: Void::from_code(&self.void),
        }
    }
}

/// Answers of members that a source brought since an instant and that were not looked at since another, longest ago
/// first: posts that only show what a topic is about, and those that are mentions without having begun it. Topics of
/// which it is not known who began them are left out: they might be the helper's own. So is what was erased.
pub async fn to_check(
    tx: &mut Tx,
    source: &str,
    (since, looked_before): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<ToCheck>, StoreError> {
    let sql = "SELECT p.post_id, p.external_id, p.authority, p.conversation_id, p.helper_id,
            (SELECT f.author_id FROM mention f WHERE f.conversation_id = p.conversation_id
                AND f.in_reply_to IS NULL ORDER BY f.posted_at, f.id LIMIT 1) AS asker_id, p.answered_at
         FROM (SELECT t.id AS post_id, t.external_id, t.authority, t.conversation_id, t.author_id AS helper_id,
                t.posted_at AS answered_at FROM thread_post t WHERE t.source = $1 AND t.posted_at >= $2
            UNION ALL
            SELECT m.id, m.external_id, m.authority, m.conversation_id, m.author_id, m.posted_at FROM mention m
                WHERE m.source = $1 AND m.posted_at >= $2 AND m.private = 0 AND m.sample = 0
                    AND m.in_reply_to IS NOT NULL) p
         JOIN author a ON a.id = p.helper_id AND a.erased_at IS NULL
         LEFT JOIN helper_answer h ON h.post_id = p.post_id
         WHERE p.external_id NOT LIKE 'erased/%' AND (h.post_id IS NULL OR h.checked_at < $3) AND EXISTS
            (SELECT 1 FROM mention f WHERE f.conversation_id = p.conversation_id AND f.in_reply_to IS NULL)
         ORDER BY COALESCE(h.checked_at, 0), p.answered_at, p.post_id LIMIT $4";
    query(sql)
        .bind(source)
        .bind(since.millis())
        .bind(looked_before.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading answers of members")
}

/// Writes how answers were received. Who asked is kept as it was first known.
pub async fn put(
    tx: &mut Tx,
    (brand_id, source): (&str, &str),
    noted: &[Noted],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows: Vec<_> = noted
        .iter()
        .map(|n| {
            let a = &n.answer;
            let what = (&a.post_id, brand_id, source, &a.conversation_id, &a.helper_id);
            let how =
                (a.asker_id.as_deref().unwrap_or_default(), a.answered_at, i64::from(n.accepted), n.likes);
            (what.0, what.1, what.2, what.3, what.4, how.0, how.1, how.2, how.3, &n.void, now.millis())
        })
        .collect();
    let sql = list!(
        tx,
        "INSERT INTO helper_answer (post_id, brand_id, source, conversation_id, helper_id, asker_id, answered_at,
            accepted, likes, void, checked_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5,
            CAST(j.value->>6 AS BIGINT), CAST(j.value->>7 AS BIGINT), CAST(j.value->>8 AS BIGINT), j.value->>9,
            CAST(j.value->>10 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (post_id) DO UPDATE SET accepted = excluded.accepted, likes = excluded.likes,
            void = excluded.void, checked_at = excluded.checked_at"
    );
    bulk::run(tx, "writing the ledger of helpers", sql, &rows).await
}

/// Notes that an answer was looked at of which nothing could be told; what is known of it stays.
pub async fn looked(
    tx: &mut Tx,
    (brand_id, source): (&str, &str),
    a: &ToCheck,
    void: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO helper_answer (post_id, brand_id, source, conversation_id, helper_id, asker_id, answered_at,
            accepted, likes, void, checked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9)
         ON CONFLICT (post_id) DO UPDATE SET checked_at = excluded.checked_at";
    query(sql)
        .bind(&a.post_id)
        .bind(brand_id)
        .bind(source)
        .bind(&a.conversation_id)
        .bind(&a.helper_id)
        .bind(a.asker_id.as_deref().unwrap_or_default())
        .bind(a.answered_at)
        .bind(void)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("noting a look at an answer")
}

/// The rows of some brands, given from one instant up to another.
pub async fn ledger(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<LedgerRow>, StoreError> {
    let what = "reading the ledger of helpers";
    let sql = list!(
        tx,
        "SELECT h.brand_id, h.post_id, h.helper_id, h.asker_id, h.answered_at, h.accepted, h.likes, h.void,
            p.body AS profile, a.external_id AS account
         FROM helper_answer h LEFT JOIN content p ON p.id = h.helper_id LEFT JOIN author a ON a.id = h.helper_id
         WHERE h.answered_at >= $2 AND h.answered_at < $3 AND h.brand_id IN (SELECT j.value->>0 FROM",
        ") ORDER BY h.answered_at, h.post_id"
    );
    let text = each_json(what, brands)?;
    query(sql).bind(text).bind(from.millis()).bind(to.millis()).all(tx).await.during(what)
}

/// Lets go what was given before an instant.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM helper_answer WHERE answered_at < $1";
    query(sql).bind(before.millis()).run(tx).await.during("letting the ledger of helpers go")
}
