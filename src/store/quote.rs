//! What posts quote: kept by reference, so that the words of somebody else stand in one place and go from there.

use super::query::query;
use super::script::Script;
use super::taken::Changes;
use super::{During, StoreError, Tx, list, row};

row! {
    /// A post that another quotes, as far as it is known.
    #[derive(Clone, Debug)]
    pub struct ShownQuote {
        /// The platform's id of the post that quotes.
        pub by_id: String,
        /// The platform's id of the one that is quoted.
        pub quotes: String,
        /// Whether it is a post of ours.
        pub ours: i64,
        /// When it was posted, where it is known.
        pub posted_at: Option<i64>,
        /// When it was deleted there.
        pub deleted_at: Option<i64>,
        /// Its words, a JSON object, if they are still there.
        pub body: Option<String>,
        /// Its author's names, a JSON object, if they are still there.
        pub profile: Option<String>,
    }
}

/// What the posts on the page of a case quote. Found are posts of the same brand that everybody may read, posts of its
/// own accounts, and what the same source brought beside them.
pub async fn in_case(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    conversation_id: &str,
    limit: i64,
) -> Result<Vec<ShownQuote>, StoreError> {
    let sql = "WITH q AS (
            SELECT a.* FROM (
                SELECT m.external_id, m.quotes, m.platform, m.authority, m.source FROM judgement g
                JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
                WHERE g.brand_id = $1 AND g.case_id = $2 AND m.quotes IS NOT NULL AND m.deleted_at IS NULL
                ORDER BY m.posted_at DESC, m.external_id DESC LIMIT $4) a
            UNION SELECT b.* FROM (
                SELECT o.external_id, o.quotes, o.platform, o.authority, o.source FROM conversation v
                JOIN own_post o ON o.conversation_id = v.id
                WHERE (v.merged_into = $3 OR (v.id = $3 AND v.merged_into IS NULL)) AND o.brand_id = $1
                   AND o.quotes IS NOT NULL AND o.deleted_at IS NULL
                ORDER BY o.posted_at DESC, o.external_id DESC LIMIT $4) b
            UNION SELECT d.* FROM (
                SELECT t.external_id, t.quotes, t.platform, t.authority, t.source FROM thread_post t
                WHERE t.conversation_id = $3 AND t.quotes IS NOT NULL
                ORDER BY t.posted_at DESC, t.external_id DESC LIMIT $4) d)
         SELECT q.external_id AS by_id, q.quotes, CAST(CASE WHEN o.id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS ours,
            COALESCE(m.posted_at, o.posted_at, t.posted_at) AS posted_at,
            COALESCE(m.deleted_at, o.deleted_at) AS deleted_at, c.body, p.body AS profile
         FROM q
         LEFT JOIN mention m ON m.external_id = q.quotes AND m.platform = q.platform AND m.authority = q.authority
            AND m.private = 0 AND EXISTS (SELECT 1 FROM judgement s WHERE s.mention_id = m.id AND s.brand_id = $1)
         LEFT JOIN own_post o ON o.external_id = q.quotes AND o.platform = q.platform
            AND o.authority = q.authority AND o.brand_id = $1
         LEFT JOIN thread_post t ON t.external_id = q.quotes AND t.platform = q.platform
            AND t.authority = q.authority AND t.source = q.source
         LEFT JOIN content c ON c.id = COALESCE(m.id || '/' || m.revision, o.id || '/1', t.id || '/1')
         LEFT JOIN content p ON p.id = COALESCE(m.author_id, t.author_id)";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(conversation_id)
        .bind(limit)
        .all(tx)
        .await
        .during("reading what posts quote")
}

/// Adds the statements that write what edited posts quote. Of a post that only shows what a thread is about another source
/// than the one that brought it takes no quote away, and an edit brings nothing back to one whose words are gone.
pub(super) fn gather(script: &mut Script, changes: &Changes) -> Result<(), StoreError> {
    let what = "writing what edits quote";
    let sql = list!(script, "UPDATE mention SET quotes = j.value->>1 FROM", "WHERE mention.id = j.value->>0");
    script.add(what, sql, &changes.requoted)?;
    let sql = list!(
        script,
        "UPDATE thread_post SET quotes = j.value->>1 FROM",
        "WHERE thread_post.id = j.value->>0 AND COALESCE(thread_post.quotes, '') NOT LIKE 'erased/%'
           AND ((j.value->>1) IS NOT NULL OR thread_post.source = j.value->>2)
           AND EXISTS (SELECT 1 FROM content c WHERE c.id = thread_post.id || '/1')"
    );
    script.add(what, sql, &changes.threads_requoted)
}
