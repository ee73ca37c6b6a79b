//! What intake reads before it plans: bulk statements only, a few per batch.

use super::each::{find, find_each};
use super::query::query;
use super::rows::{CaseRow, ObligationRow};
use super::{During, StoreError, Tx, list, row};
use std::collections::{HashMap, HashSet};

/// The identity of a post, account or conversation: external id, platform, authority.
pub type Key = (String, String, String);
/// The same, borrowed.
pub type KeyRef<'a> = (&'a str, &'a str, &'a str);

row! {
    /// A mention that is known already.
    #[derive(Clone, Debug)]
    pub struct KnownMention {
        /// Its external id.
        pub external_id: String,
        /// Its platform.
        pub platform: String,
        /// Its authority.
        pub authority: String,
        /// Its id.
        pub id: String,
        /// Who wrote it.
        pub author_id: String,
        /// The conversation it stands in.
        pub conversation_id: String,
        /// How often it was edited, from 1.
        pub revision: i64,
        /// When the last edit was made; 0 if never.
        pub edited_at: i64,
        /// When it was posted.
        pub posted_at: i64,
        /// Its number in the search index.
        pub seq: i64,
        /// When it was deleted.
        pub deleted_at: Option<i64>,
        /// Its present content, if it is still there.
        pub body: Option<String>,
        /// The conversation in which it stands on the platform, merged into another or not.
        pub home_id: String,
        /// The author whose case takes it, where its conversation was merged.
        pub merged_as: Option<String>,
        /// The source that brought it.
        pub source: String,
        /// The post that it quotes.
        pub quotes: Option<String>,
    }
}

impl KnownMention {
    /// The author whose case takes it.
    pub fn case_author(&self) -> &str {
        self.merged_as.as_deref().unwrap_or(&self.author_id)
    }
}

row! {
    /// A conversation that is known already.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct KnownConversation {
        /// The platform's name of it.
        pub external_key: String,
        /// Its platform.
        pub platform: String,
        /// Its authority.
        pub authority: String,
        /// Its id.
        pub id: String,
        /// Into which it was merged.
        pub merged_into: Option<String>,
        /// The author whose case takes what is said in it, where it was merged.
        pub merged_as: Option<String>,
    }
}

row! {
    /// A post of our own that is known already.
    #[derive(Clone, Debug)]
    pub struct KnownOwnPost {
        /// Its external id.
        pub external_id: String,
        /// Its platform.
        pub platform: String,
        /// Its authority.
        pub authority: String,
        /// Its id.
        pub id: String,
        /// Its brand.
        pub brand_id: String,
        /// The conversation it stands in.
        pub conversation_id: String,
        /// The post it answers, by external id.
        pub in_reply_to: Option<String>,
        /// The author it answers, once known.
        pub answers_author_id: Option<String>,
        /// When it was posted.
        pub posted_at: i64,
        /// Whether it counts as an answer.
        pub counts: i64,
        /// When it was deleted.
        pub deleted_at: Option<i64>,
        /// When it was last edited on its platform.
        pub edited_at: Option<i64>,
        /// Its words, a JSON object; only where it was looked up by its identity, and they are still kept.
        pub body: Option<String>,
        /// The action that it came of.
        pub action_id: Option<String>,
        /// Why it did not arrive, as a status code.
        pub undelivered: Option<String>,
        /// The conversation in which it stands on the platform, merged into another or not.
        pub home_id: String,
        /// The author whose case takes what is said there, where it was merged.
        pub merged_as: Option<String>,
    }
}

row! {
    /// A message of a case with what triage said of its present revision.
    #[derive(Clone, Debug)]
    pub struct CaseMessage {
        /// The case.
        pub case_id: String,
        /// The brand.
        pub brand_id: String,
        /// The mention.
        pub mention_id: String,
        /// The mention's external id, to order what was posted in the same millisecond.
        pub external_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// When we received it.
        pub received_at: i64,
        /// Whether it was posted before the source counted.
        pub historic: i64,
        /// Its present revision, the one that is judged here.
        pub revision: i64,
        /// 1 to 5.
        pub level: i64,
        /// 0 to 100.
        pub urgency: i64,
        /// Its intent.
        pub intent: String,
        /// Its language.
        pub language: String,
        /// Whether it needs an answer.
        pub needs_answer: i64,
        /// Whether it needs a private channel.
        pub needs_private: i64,
        /// The source it came by.
        pub source: String,
        /// What kind of message it is.
        pub kind: String,
        /// Whether only the brand can read it.
        pub private: i64,
        /// The brand's handles that it names, parted by blanks, in small letters.
        pub handles: String,
        /// Whether it needs no answer, whatever triage says: it answers a survey, or a person said so, which is laid over by
    /// [`crate::folding::in_force`].
        pub silenced: i64,
    }
}

/// Looks up mentions by identity, each with its present content.
pub async fn mentions(tx: &mut Tx, keys: &[KeyRef<'_>]) -> Result<HashMap<Key, KnownMention>, StoreError> {
    let sql = list!(
        tx,
        "SELECT m.external_id, m.platform, m.authority, m.id, m.author_id,
            COALESCE(v.merged_into, m.conversation_id) AS conversation_id, m.conversation_id AS home_id, v.merged_as,
            m.revision, m.edited_at, m.posted_at, m.seq, m.deleted_at, c.body, m.source, m.quotes
         FROM",
        "CROSS JOIN mention m LEFT JOIN content c ON c.id = m.id || '/' || m.revision
         LEFT JOIN conversation v ON v.id = m.conversation_id
         WHERE m.external_id = j.value->>0 AND m.platform = j.value->>1 AND m.authority = j.value->>2"
    );
    let rows: Vec<KnownMention> = find(tx, "looking up mentions", sql, keys).await?;
    Ok(rows
        .into_iter()
        .map(|r| ((r.external_id.clone(), r.platform.clone(), r.authority.clone()), r))
        .collect())
}

/// Looks up our own posts by identity.
pub async fn own_posts(tx: &mut Tx, keys: &[KeyRef<'_>]) -> Result<HashMap<Key, KnownOwnPost>, StoreError> {
    let sql = list!(
        tx,
        "SELECT o.external_id, o.platform, o.authority, o.id, o.brand_id,
            COALESCE(v.merged_into, o.conversation_id) AS conversation_id, o.conversation_id AS home_id, v.merged_as,
            o.in_reply_to, COALESCE(v.merged_as, o.answers_author_id) AS answers_author_id, o.posted_at, o.counts,
            o.deleted_at, o.edited_at, c.body, o.action_id, o.undelivered
         FROM",
        "CROSS JOIN own_post o LEFT JOIN conversation v ON v.id = o.conversation_id
         LEFT JOIN content c ON c.id = o.id || '/1'
         WHERE o.external_id = j.value->>0 AND o.platform = j.value->>1 AND o.authority = j.value->>2"
    );
    let rows: Vec<KnownOwnPost> = find(tx, "looking up our posts", sql, keys).await?;
    Ok(rows
        .into_iter()
        .map(|r| ((r.external_id.clone(), r.platform.clone(), r.authority.clone()), r))
        .collect())
}

/// The posts of ours in some conversations, and in those that were merged into them.
pub async fn own_posts_in(tx: &mut Tx, conversations: &[String]) -> Result<Vec<KnownOwnPost>, StoreError> {
    let what = "reading our posts";
    let sql = list!(
        tx,
        "SELECT o.external_id, o.platform, o.authority, o.id, o.brand_id, o.conversation_id,
            o.conversation_id AS home_id, v.merged_as, o.in_reply_to, o.answers_author_id, o.posted_at, o.counts,
            o.deleted_at, o.edited_at, CAST(NULL AS TEXT) AS body, o.action_id, o.undelivered
         FROM",
        "CROSS JOIN own_post o JOIN conversation v ON v.id = o.conversation_id
         WHERE o.conversation_id = j.value->>0 AND v.merged_into IS NULL"
    );
    let mut found: Vec<KnownOwnPost> = find_each(tx, what, sql, conversations).await?;
    let sql = list!(
        tx,
        "SELECT o.external_id, o.platform, o.authority, o.id, o.brand_id, v.merged_into AS conversation_id,
            o.conversation_id AS home_id, v.merged_as, o.in_reply_to,
            COALESCE(v.merged_as, o.answers_author_id) AS answers_author_id, o.posted_at, o.counts, o.deleted_at,
            o.edited_at, CAST(NULL AS TEXT) AS body, o.action_id, o.undelivered
         FROM",
        "CROSS JOIN conversation v JOIN own_post o ON o.conversation_id = v.id
         WHERE v.merged_into = j.value->>0 AND v.merged_into IS NOT NULL"
    );
    found.extend(find_each::<KnownOwnPost>(tx, what, sql, conversations).await?);
    Ok(found)
}

/// Looks up authors by identity: key to id.
pub async fn authors(tx: &mut Tx, keys: &[KeyRef<'_>]) -> Result<HashMap<Key, String>, StoreError> {
    let sql = list!(
        tx,
        "SELECT a.external_id, a.platform, a.authority, a.id FROM",
        "CROSS JOIN author a
         WHERE a.external_id = j.value->>0 AND a.platform = j.value->>1 AND a.authority = j.value->>2"
    );
    let rows: Vec<(String, String, String, String)> = find(tx, "looking up authors", sql, keys).await?;
    Ok(rows
        .into_iter()
        .map(|(external, platform, authority, id)| ((external, platform, authority), id))
        .collect())
}

/// Looks up conversations by identity, with where they were merged to.
pub async fn conversations(
    tx: &mut Tx,
    keys: &[KeyRef<'_>],
) -> Result<HashMap<Key, KnownConversation>, StoreError> {
    let sql = list!(
        tx,
        "SELECT v.external_key, v.platform, v.authority, v.id, v.merged_into, v.merged_as FROM",
        "CROSS JOIN conversation v
         WHERE v.external_key = j.value->>0 AND v.platform = j.value->>1 AND v.authority = j.value->>2"
    );
    let rows: Vec<KnownConversation> = find(tx, "looking up conversations", sql, keys).await?;
    Ok(rows
        .into_iter()
        .map(|r| ((r.external_key.clone(), r.platform.clone(), r.authority.clone()), r))
        .collect())
}

/// Who has an open case in some conversations, as (conversation, author) pairs.
pub async fn open_pairs(tx: &mut Tx, conversations: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    let what = "looking up who asked";
    let sql = list!(
        tx,
        "SELECT DISTINCT c.conversation_id, c.author_id FROM",
        "CROSS JOIN cases c WHERE c.conversation_id = j.value->>0 AND c.open = 1 ORDER BY 1, 2"
    );
    find_each(tx, what, sql, conversations).await
}

/// Cases by brand and number: the conversation and the author of each.
pub async fn numbered(
    tx: &mut Tx,
    numbers: &[(String, i64)],
) -> Result<HashMap<(String, i64), (String, String)>, StoreError> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = list!(
        tx,
        "SELECT k.brand_id, k.number, k.conversation_id, k.author_id FROM",
        "CROSS JOIN cases k WHERE k.brand_id = j.value->>0 AND k.number = CAST(j.value->>1 AS BIGINT)"
    );
    let rows: Vec<(String, i64, String, String)> =
        find(tx, "looking up cases by number", sql, numbers).await?;
    Ok(rows.into_iter().map(|(b, n, conversation, author)| ((b, n), (conversation, author))).collect())
}

/// All cases of some (conversation, author) pairs, open or not.
pub async fn cases_of(tx: &mut Tx, pairs: &[(String, String)]) -> Result<Vec<CaseRow>, StoreError> {
    // Locked, so that people, clocks and other replicas change a case one after another.
    let open = tx.pick(
        "SELECT c.* FROM jsonb_each($1) AS j CROSS JOIN cases c
         WHERE c.conversation_id = j.value->>0 AND c.author_id = j.value->>1 AND c.open = 1",
        "SELECT c.* FROM jsonb_array_elements($1::jsonb) AS j(value) CROSS JOIN cases c
         WHERE c.conversation_id = j.value->>0 AND c.author_id = j.value->>1 AND c.open = 1
         ORDER BY c.id FOR UPDATE OF c",
    );
    let ended = tx.pick(
        "SELECT c.* FROM jsonb_each($1) AS j CROSS JOIN cases c
         WHERE c.conversation_id = j.value->>0 AND c.author_id = j.value->>1 AND c.open = 0",
        "SELECT c.* FROM jsonb_array_elements($1::jsonb) AS j(value) CROSS JOIN cases c
         WHERE c.conversation_id = j.value->>0 AND c.author_id = j.value->>1 AND c.open = 0
         ORDER BY c.id FOR UPDATE OF c",
    );
    let mut rows: Vec<CaseRow> = find(tx, "looking up open cases", open, pairs).await?;
    rows.extend(find::<CaseRow, _>(tx, "looking up ended cases", ended, pairs).await?);
    Ok(rows)
}

/// The messages of some cases, each as its present revision was judged. Pairs are (brand, case).
pub async fn messages_of(tx: &mut Tx, cases: &[(String, String)]) -> Result<Vec<CaseMessage>, StoreError> {
    let sql = list!(
        tx,
        "SELECT g.case_id, g.brand_id, g.mention_id, m.external_id, m.posted_at, m.received_at, m.historic,
            m.revision, g.level, g.urgency, g.intent, g.language, g.needs_answer, g.needs_private, m.source, m.kind,
            m.private, g.handles, COALESCE(r.silent, 0) AS silenced
         FROM",
        "CROSS JOIN judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         LEFT JOIN survey_reply r ON r.mention_id = g.mention_id AND r.brand_id = g.brand_id
         WHERE g.brand_id = j.value->>0 AND g.case_id = j.value->>1 AND m.deleted_at IS NULL"
    );
    find(tx, "reading the messages of cases", sql, cases).await
}

/// The obligations of some cases.
pub async fn obligations_of(tx: &mut Tx, cases: &[String]) -> Result<Vec<ObligationRow>, StoreError> {
    let sql = list!(tx, "SELECT o.* FROM", "CROSS JOIN obligation o WHERE o.case_id = j.value->>0");
    find_each(tx, "reading the clocks of cases", sql, cases).await
}

/// The key of the hashes of what is gone; `None` while nothing ever was.
pub async fn gone_key(tx: &mut Tx) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM meta WHERE name = 'gone_key'";
    let found: Option<(String,)> = query(sql).maybe(tx).await.during("looking up what is gone")?;
    Ok(found.map(|(key,)| key))
}

/// Which of these hashes are of something that is gone, each with why.
pub async fn gone(tx: &mut Tx, hashes: &[String]) -> Result<HashMap<String, String>, StoreError> {
    let sql = list!(tx, "SELECT g.hash, g.why FROM", "CROSS JOIN gone g WHERE g.hash = j.value->>0");
    let rows: Vec<(String, String)> = find_each(tx, "looking up what is gone", sql, hashes).await?;
    Ok(rows.into_iter().collect())
}

/// The hashes of accounts that are not watched; few.
pub async fn objections(tx: &mut Tx) -> Result<HashSet<String>, StoreError> {
    let rows: Vec<(String,)> =
        query("SELECT hash FROM objection").all(tx).await.during("looking up who is not watched")?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// Which of these are known as posts that only show what a conversation is about.
pub async fn thread_posts(tx: &mut Tx, keys: &[KeyRef<'_>]) -> Result<HashMap<Key, String>, StoreError> {
    let sql = list!(
        tx,
        "SELECT t.external_id, t.platform, t.authority, t.id FROM",
        "CROSS JOIN thread_post t
         WHERE t.external_id = j.value->>0 AND t.platform = j.value->>1 AND t.authority = j.value->>2"
    );
    let rows: Vec<(String, String, String, String)> =
        find(tx, "looking up posts of threads", sql, keys).await?;
    Ok(rows.into_iter().map(|(id, platform, authority, own)| ((id, platform, authority), own)).collect())
}

row! {
    /// An answer of ours on its way, as a post that comes in may have come of it.
    #[derive(Clone, Debug)]
    pub struct Intent {
        /// The action.
        pub id: String,
        /// Its brand.
        pub brand_id: String,
        /// Its case.
        pub case_id: Option<String>,
        /// Its state.
        pub state: String,
        /// What to do.
        pub payload: String,
        /// Who made it.
        pub made_by: Option<String>,
        /// The id it will have.
        pub expected_id: Option<String>,
        /// The id it has.
        pub remote_id: Option<String>,
        /// The post it answers.
        pub answers_id: Option<String>,
        /// When it was made.
        pub created_at: i64,
        /// The text as composed, if it is still there.
        pub text: Option<String>,
    }
}

/// What is asked about a post of ours: its id, the post it answers, the action it says it came of.
pub type IntentAsk = (String, Option<String>, Option<String>);

/// The answers that these posts of ours may have come of.
pub async fn intents(tx: &mut Tx, asked: &[IntentAsk]) -> Result<Vec<Intent>, StoreError> {
    let what = "looking up answers on their way";
    let columns = [
        list!(
            tx,
            "SELECT a.id, a.brand_id, a.case_id, a.state, a.payload, a.made_by, a.expected_id, a.remote_id, a.answers_id, a.created_at,
                c.body AS text
             FROM",
            "CROSS JOIN action a LEFT JOIN content c ON c.id = a.id || '/text'
             WHERE a.expected_id = j.value->>0 AND a.expected_id IS NOT NULL"
        ),
        list!(
            tx,
            "SELECT a.id, a.brand_id, a.case_id, a.state, a.payload, a.made_by, a.expected_id, a.remote_id, a.answers_id, a.created_at,
                c.body AS text
             FROM",
            "CROSS JOIN action a LEFT JOIN content c ON c.id = a.id || '/text'
             WHERE a.remote_id = j.value->>0 AND a.remote_id IS NOT NULL AND a.made_by IS NOT NULL"
        ),
        list!(
            tx,
            "SELECT a.id, a.brand_id, a.case_id, a.state, a.payload, a.made_by, a.expected_id, a.remote_id, a.answers_id, a.created_at,
                c.body AS text
             FROM",
            "CROSS JOIN action a LEFT JOIN content c ON c.id = a.id || '/text'
             WHERE a.answers_id = j.value->>1 AND a.answers_id IS NOT NULL AND a.state IN ('sending', 'unknown')"
        ),
        list!(
            tx,
            "SELECT a.id, a.brand_id, a.case_id, a.state, a.payload, a.made_by, a.expected_id, a.remote_id, a.answers_id, a.created_at,
                c.body AS text
             FROM",
            "CROSS JOIN action a LEFT JOIN content c ON c.id = a.id || '/text' WHERE a.id = j.value->>2"
        ),
    ];
    let mut found: Vec<Intent> = Vec::new();
    for sql in columns {
        found.extend(find::<Intent, _>(tx, what, sql, asked).await?);
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.dedup_by(|a, b| a.id == b.id);
    Ok(found)
}

/// All signatures: person, brand (or empty), sign.
pub async fn signatures(tx: &mut Tx) -> Result<Vec<(String, String, String)>, StoreError> {
    let sql = "SELECT person_id, brand_id, sign FROM signature ORDER BY person_id, brand_id";
    query(sql).all(tx).await.during("reading signatures")
}

/// The brands with their last short numbers, locked until the end of the transaction.
pub async fn lock_brands(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = tx.pick(
        "SELECT id, last_case_number FROM brand",
        "SELECT id, last_case_number FROM brand ORDER BY id FOR UPDATE",
    );
    query(sql).all(tx).await.during("reading brands")
}
