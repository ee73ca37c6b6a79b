//! What intake reads before it plans and writes after: bulk statements only, a few per batch.

use super::rows::{ActionRow, CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use super::{During, StoreError, Tx, bulk, inbox, json, list, on, row};
use crate::domain::time::Timestamp;
use std::collections::HashMap;

/// The identity of a post, account or conversation: external id, platform, authority.
pub type Key = (String, String, String);

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
        /// When it was deleted.
        pub deleted_at: Option<i64>,
        /// Its present content, if it is still there.
        pub body: Option<String>,
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
    }
}

/// Looks up mentions by identity, each with its present content.
pub async fn mentions(tx: &mut Tx, keys: &[Key]) -> Result<HashMap<Key, KnownMention>, StoreError> {
    let sql = list!(
        tx,
        "SELECT m.external_id, m.platform, m.authority, m.id, m.author_id, m.conversation_id, m.revision, m.edited_at,
            m.posted_at, m.deleted_at, c.body
         FROM",
        "CROSS JOIN mention m LEFT JOIN content c ON c.id = m.id || '/' || m.revision
         WHERE m.external_id = j.value->>0 AND m.platform = j.value->>1 AND m.authority = j.value->>2"
    );
    let rows: Vec<KnownMention> = find(tx, "looking up mentions", sql, keys).await?;
    Ok(rows
        .into_iter()
        .map(|r| ((r.external_id.clone(), r.platform.clone(), r.authority.clone()), r))
        .collect())
}

/// Looks up our own posts by identity.
pub async fn own_posts(tx: &mut Tx, keys: &[Key]) -> Result<HashMap<Key, KnownOwnPost>, StoreError> {
    let sql = list!(
        tx,
        "SELECT o.external_id, o.platform, o.authority, o.id, o.brand_id, o.conversation_id, o.in_reply_to,
            o.answers_author_id, o.posted_at, o.counts, o.deleted_at
         FROM",
        "CROSS JOIN own_post o
         WHERE o.external_id = j.value->>0 AND o.platform = j.value->>1 AND o.authority = j.value->>2"
    );
    let rows: Vec<KnownOwnPost> = find(tx, "looking up our posts", sql, keys).await?;
    Ok(rows
        .into_iter()
        .map(|r| ((r.external_id.clone(), r.platform.clone(), r.authority.clone()), r))
        .collect())
}

/// The posts of ours in some conversations.
pub async fn own_posts_in(tx: &mut Tx, conversations: &[String]) -> Result<Vec<KnownOwnPost>, StoreError> {
    let sql = list!(
        tx,
        "SELECT o.external_id, o.platform, o.authority, o.id, o.brand_id, o.conversation_id, o.in_reply_to,
            o.answers_author_id, o.posted_at, o.counts, o.deleted_at
         FROM",
        "CROSS JOIN own_post o WHERE o.conversation_id = j.value->>0"
    );
    find(tx, "reading our posts", sql, &wrapped(conversations)).await
}

/// Looks up authors or conversations by identity: key to id.
pub async fn identities(tx: &mut Tx, of: Identity, keys: &[Key]) -> Result<HashMap<Key, String>, StoreError> {
    let sql = match of {
        Identity::Author => list!(
            tx,
            "SELECT a.external_id, a.platform, a.authority, a.id FROM",
            "CROSS JOIN author a
             WHERE a.external_id = j.value->>0 AND a.platform = j.value->>1 AND a.authority = j.value->>2"
        ),
        Identity::Conversation => list!(
            tx,
            "SELECT v.external_key, v.platform, v.authority, COALESCE(v.merged_into, v.id) FROM",
            "CROSS JOIN conversation v
             WHERE v.external_key = j.value->>0 AND v.platform = j.value->>1 AND v.authority = j.value->>2"
        ),
    };
    let rows: Vec<(String, String, String, String)> = find(tx, "looking up identities", sql, keys).await?;
    Ok(rows
        .into_iter()
        .map(|(external, platform, authority, id)| ((external, platform, authority), id))
        .collect())
}

/// What is looked up by identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Accounts.
    Author,
    /// Threads.
    Conversation,
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
        "SELECT g.case_id, g.brand_id, g.mention_id, m.external_id, m.posted_at, m.received_at, m.historic, g.level,
            g.urgency, g.intent, g.language, g.needs_answer, g.needs_private
         FROM",
        "CROSS JOIN judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         WHERE g.brand_id = j.value->>0 AND g.case_id = j.value->>1"
    );
    find(tx, "reading the messages of cases", sql, cases).await
}

/// The obligations of some cases.
pub async fn obligations_of(tx: &mut Tx, cases: &[String]) -> Result<Vec<ObligationRow>, StoreError> {
    let sql = list!(tx, "SELECT o.* FROM", "CROSS JOIN obligation o WHERE o.case_id = j.value->>0");
    find(tx, "reading the clocks of cases", sql, &wrapped(cases)).await
}

/// The brands with their last short numbers, locked until the end of the transaction.
pub async fn lock_brands(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = tx.pick(
        "SELECT id, last_case_number FROM brand",
        "SELECT id, last_case_number FROM brand ORDER BY id FOR UPDATE",
    );
    on!(tx, |c| sqlx::query_as(sql).fetch_all(c).await).during("reading brands")
}

/// Everything that intake decided about one batch.
#[derive(Debug, Default)]
pub struct Changes {
    /// New authors: id, platform, authority, external id, followers, first seen.
    pub authors: Vec<(String, String, String, String, Option<i64>, i64)>,
    /// Content to write or replace: id, subject, kind, body.
    pub contents: Vec<(String, String, &'static str, String)>,
    /// New conversations: id, platform, authority, key, created.
    pub conversations: Vec<(String, String, String, String, i64)>,
    /// New mentions.
    pub mentions: Vec<MentionRow>,
    /// Edited mentions: id, revision, edited at.
    pub revisions: Vec<(String, i64, i64)>,
    /// Handles: mention, source, local id.
    pub handles: Vec<(String, String, String)>,
    /// New posts of our own.
    pub own_posts: Vec<OwnPostRow>,
    /// Our posts whose addressee became known: id, author.
    pub answers: Vec<(String, String)>,
    /// Judgements.
    pub judgements: Vec<JudgementRow>,
    /// Cases, new or changed in what they are found by.
    pub cases: Vec<CaseRow>,
    /// Cases changed in nothing by which they are found.
    pub quiet_cases: Vec<CaseRow>,
    /// Timelines.
    pub events: Vec<CaseEventRow>,
    /// Clocks just opened that run.
    pub opened: Vec<ObligationRow>,
    /// Other clocks, new or changed.
    pub obligations: Vec<ObligationRow>,
    /// What fell due.
    pub clock_events: Vec<ClockEventRow>,
    /// What had not fallen due after all: case, wait, answered at, now, evidence.
    pub annulled: Vec<(String, i64, i64, i64, String)>,
    /// The outbox.
    pub actions: Vec<ActionRow>,
    /// Search: sequence number of the mention, its tokens separated by spaces.
    pub tokens: Vec<(i64, String)>,
    /// The last short number of each brand that gave one.
    pub numbers: Vec<(String, i64)>,
    /// Verdicts on rows of the inbox.
    pub verdicts: Vec<inbox::Verdict>,
    /// Unreadable payloads that were not in the inbox before.
    pub quarantined: Vec<(inbox::Received, String)>,
    /// Counts of verdicts (and of received, for what came straight here).
    pub counts: Vec<inbox::Count>,
}

macro_rules! bulk_row {
    ($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type),* }
        super::rows::bulk!($name { $($field),* });
    };
}

bulk_row! {
    /// A mention to insert.
    MentionRow {
        /// Sequence number, the key of the search index.
        seq: i64,
        /// Id.
        id: String,
        /// Platform.
        platform: String,
        /// Namespace of the external id.
        authority: String,
        /// The platform's id.
        external_id: String,
        /// The source that brought it first.
        source: String,
        /// Who wrote it.
        author_id: String,
        /// The conversation.
        conversation_id: String,
        /// `post`, `comment`, …
        kind: String,
        /// The post it answers.
        in_reply_to: Option<String>,
        /// The platform's language tag.
        lang_tag: String,
        /// When it was posted.
        posted_at: i64,
        /// When we received it.
        received_at: i64,
        /// Whether only we can read it.
        private: i64,
        /// Whether it was posted before the source counted.
        historic: i64,
        /// Whether it is a sample.
        sample: i64,
    }
}

bulk_row! {
    /// A post of our own to insert.
    OwnPostRow {
        /// Id.
        id: String,
        /// The brand whose account it is.
        brand_id: String,
        /// Platform.
        platform: String,
        /// Namespace of the external id.
        authority: String,
        /// The platform's id.
        external_id: String,
        /// The source that brought it first.
        source: String,
        /// The conversation.
        conversation_id: String,
        /// The post it answers.
        in_reply_to: Option<String>,
        /// The author it answers, if known.
        answers_author_id: Option<String>,
        /// When it was posted.
        posted_at: i64,
        /// When we received it.
        received_at: i64,
        /// Whether it counts as an answer.
        counts: i64,
        /// Whether it is a sample.
        sample: i64,
    }
}

bulk_row! {
    /// A judgement to insert.
    JudgementRow {
        /// The brand.
        brand_id: String,
        /// The mention.
        mention_id: String,
        /// The revision of the mention that was judged.
        revision: i64,
        /// The case it belongs to.
        case_id: String,
        /// Language.
        language: String,
        /// How sure of it, in thousandths.
        language_millis: i64,
        /// Intent.
        intent: String,
        /// 0 to 100.
        urgency: i64,
        /// 1 to 5.
        level: i64,
        /// Whether it needs an answer.
        needs_answer: i64,
        /// Whether it needs a private channel.
        needs_private: i64,
        /// Places of personal data, a JSON array.
        personal_data: String,
        /// Reasons, a JSON array.
        reasons: String,
        /// The version of the rules.
        rules_version: &'static str,
    }
}

/// Writes everything that intake decided about one batch.
pub async fn write(tx: &mut Tx, changes: &Changes, now: Timestamp) -> Result<(), StoreError> {
    posts(tx, changes).await?;
    bulk::put_cases(tx, &changes.cases).await?;
    bulk::put_quiet_cases(tx, &changes.quiet_cases).await?;
    let sql = list!(
        tx,
        "INSERT INTO judgement (brand_id, mention_id, revision, case_id, language, language_millis, intent, urgency,
            level, needs_answer, needs_private, personal_data, reasons, rules_version)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), j.value->>3, j.value->>4,
            CAST(j.value->>5 AS BIGINT), j.value->>6, CAST(j.value->>7 AS BIGINT), CAST(j.value->>8 AS BIGINT),
            CAST(j.value->>9 AS BIGINT), CAST(j.value->>10 AS BIGINT), j.value->>11, j.value->>12, j.value->>13
         FROM",
        "WHERE true"
    );
    bulk::run(tx, "writing judgements", sql, &changes.judgements).await?;
    bulk::add_case_events(tx, &changes.events).await?;
    bulk::open_obligations(tx, &changes.opened).await?;
    bulk::put_obligations(tx, &changes.obligations).await?;
    bulk::add_clock_events(tx, &changes.clock_events).await?;
    bulk::annul(tx, &changes.annulled).await?;
    bulk::add_actions(tx, &changes.actions).await?;
    let sql = tx.pick(
        "INSERT INTO search (rowid, tokens) SELECT j.value->>0, j.value->>1 FROM jsonb_each($1) AS j",
        "INSERT INTO search (seq, tokens)
         SELECT CAST(j.value->>0 AS BIGINT), array_to_tsvector(string_to_array(j.value->>1, ' '))
         FROM jsonb_array_elements($1::jsonb) AS j(value)",
    );
    bulk::run(tx, "writing the search index", sql, &changes.tokens).await?;
    let sql = list!(
        tx,
        "UPDATE brand SET last_case_number = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE brand.id = j.value->>0"
    );
    bulk::run(tx, "numbering cases", sql, &changes.numbers).await?;
    inbox::settle(tx, &changes.verdicts, now).await?;
    inbox::keep_quarantined(tx, &changes.quarantined).await?;
    inbox::add_counts(tx, &changes.counts).await
}

async fn posts(tx: &mut Tx, changes: &Changes) -> Result<(), StoreError> {
    let sql = list!(
        tx,
        "INSERT INTO author (id, platform, authority, external_id, followers, first_seen_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BIGINT),
            CAST(j.value->>5 AS BIGINT)
         FROM",
        "WHERE true"
    );
    bulk::run(tx, "writing authors", sql, &changes.authors).await?;
    let sql = list!(
        tx,
        "INSERT INTO content (id, subject, kind, body) SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3 FROM",
        "WHERE true ON CONFLICT (id) DO UPDATE SET body = excluded.body"
    );
    bulk::run(tx, "writing content", sql, &changes.contents).await?;
    let sql = list!(
        tx,
        "INSERT INTO conversation (id, platform, authority, external_key, created_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BIGINT) FROM",
        "WHERE true"
    );
    bulk::run(tx, "writing conversations", sql, &changes.conversations).await?;
    let sql = list!(
        tx,
        "INSERT INTO mention (seq, id, platform, authority, external_id, source, author_id, conversation_id, kind,
            in_reply_to, lang_tag, posted_at, received_at, private, historic, sample, revision, edited_at)
         SELECT CAST(j.value->>0 AS BIGINT), j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5,
            j.value->>6, j.value->>7, j.value->>8, j.value->>9, j.value->>10, CAST(j.value->>11 AS BIGINT),
            CAST(j.value->>12 AS BIGINT), CAST(j.value->>13 AS BIGINT), CAST(j.value->>14 AS BIGINT),
            CAST(j.value->>15 AS BIGINT), 1, 0
         FROM",
        "WHERE true"
    );
    bulk::run(tx, "writing mentions", sql, &changes.mentions).await?;
    let sql = list!(
        tx,
        "UPDATE mention SET revision = CAST(j.value->>1 AS BIGINT), edited_at = CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE mention.id = j.value->>0"
    );
    bulk::run(tx, "writing edits", sql, &changes.revisions).await?;
    let sql = list!(
        tx,
        "INSERT INTO mention_handle (mention_id, source, local_id)
         SELECT j.value->>0, j.value->>1, j.value->>2 FROM",
        "WHERE true ON CONFLICT (mention_id, source) DO UPDATE SET local_id = excluded.local_id"
    );
    bulk::run(tx, "writing handles", sql, &changes.handles).await?;
    let sql = list!(
        tx,
        "INSERT INTO own_post (id, brand_id, platform, authority, external_id, source, conversation_id, in_reply_to,
            answers_author_id, posted_at, received_at, counts, sample)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6,
            j.value->>7, j.value->>8, CAST(j.value->>9 AS BIGINT), CAST(j.value->>10 AS BIGINT),
            CAST(j.value->>11 AS BIGINT), CAST(j.value->>12 AS BIGINT)
         FROM",
        "WHERE true"
    );
    bulk::run(tx, "writing our posts", sql, &changes.own_posts).await?;
    let sql = list!(
        tx,
        "UPDATE own_post SET answers_author_id = j.value->>1 FROM",
        "WHERE own_post.id = j.value->>0"
    );
    bulk::run(tx, "writing whom we answered", sql, &changes.answers).await
}

/// A list of texts as a list of arrays of one, the form in which lists travel.
fn wrapped(list: &[String]) -> Vec<(&String,)> {
    list.iter().map(|one| (one,)).collect()
}

/// Runs one lookup over a list; an empty list finds nothing without asking.
async fn find<T, K>(
    tx: &mut Tx,
    what: &'static str,
    sql: &'static str,
    keys: &[K],
) -> Result<Vec<T>, StoreError>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
        + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
        + Send
        + Unpin,
    K: serde::Serialize,
{
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let text = json(what, keys)?;
    on!(tx, |c| sqlx::query_as(sql).bind(text).fetch_all(c).await).during(what)
}
