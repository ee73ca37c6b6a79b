//! What intake decided about a batch, and writing it: one bulk statement a table.

use super::again::Writer;
use super::handover::{self, ConversationEventRow, HandoverRow, JoinRow};
use super::rows::{ActionRow, CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use super::script::Script;
use super::{StoreError, Tx, again, alias, attachment, bulk, inbox, list, quote, removed, survey, watch};
use crate::domain::protocol::ProtocolKind;
use crate::domain::time::Timestamp;
use std::collections::HashSet;

/// Everything that intake decided about one batch.
#[derive(Debug, Default)]
pub struct Changes {
    /// New authors: id, platform, authority, external id, followers, first seen.
    pub authors: Vec<(String, String, String, String, Option<i64>, i64)>,
    /// Other names of authors.
    pub aliases: Vec<alias::AliasRow>,
    /// Content to write or replace: id, subject, kind, body.
    pub contents: Vec<(String, String, &'static str, String)>,
    /// New conversations: id, platform, authority, key, created.
    pub conversations: Vec<(String, String, String, String, i64)>,
    /// New mentions.
    pub mentions: Vec<MentionRow>,
    /// Edited mentions: id, revision, edited at.
    pub revisions: Vec<(String, i64, i64)>,
    /// Edited mentions that quote something else now, or nothing: id, what.
    pub requoted: Vec<(String, Option<String>)>,
    /// Handles: mention, source, local id.
    pub handles: Vec<(String, String, String)>,
    /// Mentions that only a second reading of their source found: mention, source, when.
    pub swept: Vec<(String, String, i64)>,
    /// Files of posts.
    pub files: Vec<attachment::FileRow>,
    /// Edited posts with the ids of the files that are still in them, parted by blanks.
    pub files_left: Vec<(String, String)>,
    /// New posts of our own.
    pub own_posts: Vec<OwnPostRow>,
    /// Our posts whose addressee became known: id, author.
    pub answers: Vec<(String, String)>,
    /// Posts that only show what a conversation is about.
    pub thread_posts: Vec<ThreadPostRow>,
    /// Such posts, and our own, as they were edited: id of the content, the content.
    pub threads_edited: Vec<(String, String)>,
    /// What such posts quote as they were edited: id, what, the source that says so.
    pub threads_requoted: Vec<(String, Option<String>, String)>,
    /// Such posts that are gone.
    pub threads_gone: Vec<(String,)>,
    /// Deleted mentions: id, number in the search index, when.
    pub deleted: Vec<(String, i64, i64)>,
    /// Deleted posts of ours: id, when.
    pub own_deleted: Vec<(String, i64)>,
    /// Edited posts of ours: id, when.
    pub own_edited: Vec<(String, i64)>,
    /// Posts of ours that did not arrive: id, status code, in words.
    pub undelivered: Vec<(String, String, String)>,
    /// Content to delete, by id.
    pub forgotten: Vec<(String,)>,
    /// Content of deleted mentions that is kept out of sight, for a case of theirs is held; by id.
    pub sealed: Vec<(String,)>,
    /// Those mentions.
    pub held: HashSet<String>,
    /// Hashes of what is gone: hash, when, until.
    pub gone: Vec<(String, i64, i64)>,
    /// What was told of messages before it was known that they are ours: hash, when, until, what.
    pub early: Vec<(String, i64, i64, String)>,
    /// The key of those hashes, if it was made just now.
    pub gone_key: Option<String>,
    /// Posts to be looked at again: id, source, posted at, when.
    pub rechecks: Vec<(String, String, i64, i64)>,
    /// Actions whose effect was seen on the platform: id, the platform's id, its time.
    pub settled: Vec<(String, String, i64)>,
    /// Judgements.
    pub judgements: Vec<JudgementRow>,
    /// Posts that were collected and stand in a case now: brand, mention, case.
    pub released: Vec<(String, String, String)>,
    /// Protocols that words propose: brand, case, which, when the latest of them was posted. Not written here: whoever
    /// wrote the batch proposes them.
    pub protocols: Vec<(String, String, ProtocolKind, Timestamp)>,
    /// Alerts that a promise is due soon, not written here either: who is to hear of it is found once the batch is written.
    pub owed: Vec<ActionRow>,
    /// Cases just made to which nothing has happened.
    pub made_cases: Vec<CaseRow>,
    /// Other cases, new or changed in what they are found by.
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
    /// Hand-overs, new or changed.
    pub handovers: Vec<HandoverRow>,
    /// Conversations that were merged.
    pub merges: Vec<ConversationEventRow>,
    /// Conversations that may belong together.
    pub joins: Vec<JoinRow>,
    /// What messages say to surveys.
    pub survey_replies: Vec<survey::ReplyRow>,
    /// The outbox.
    pub actions: Vec<ActionRow>,
    /// Search: sequence number of the mention, its tokens separated by spaces.
    pub tokens: Vec<(i64, String)>,
    /// The last short number of each brand that gave one.
    pub numbers: Vec<(String, i64)>,
    /// The writers of the cases that changed, to be looked at for a second post.
    pub writers: Vec<Writer>,
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
        /// How visible it is, in one word, or empty.
        visibility: String,
        /// The post that it quotes.
        quotes: Option<String>,
    }
}

bulk_row! {
    /// A post that only shows what a conversation is about, to insert.
    ThreadPostRow {
        /// Id.
        id: String,
        /// Platform.
        platform: String,
        /// Namespace of the external id.
        authority: String,
        /// The platform's id.
        external_id: String,
        /// The source that brought it.
        source: String,
        /// Who wrote it.
        author_id: String,
        /// The conversation.
        conversation_id: String,
        /// The post it answers.
        in_reply_to: Option<String>,
        /// When it was posted.
        posted_at: i64,
        /// When we received it.
        received_at: i64,
        /// The post that it quotes.
        quotes: Option<String>,
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
        /// The action it came of.
        action_id: Option<String>,
        /// Who gave it.
        person_id: Option<String>,
        /// The post that it quotes.
        quotes: Option<String>,
        /// When it was last edited, if it came in edited.
        edited_at: Option<i64>,
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
        /// The brand's handles that it names, parted by blanks, in small letters.
        handles: String,
    }
}

/// Writes everything that intake decided about one batch.
pub async fn write(tx: &mut Tx, changes: &Changes, now: Timestamp) -> Result<(), StoreError> {
    let mut script = Script::of(tx, "taking posts in");
    gather(&mut script, changes, now)?;
    write_gathered(tx, script, changes, now).await
}

/// Writes what [`gather`] made of the same changes.
pub async fn write_gathered(
    tx: &mut Tx,
    script: Script,
    changes: &Changes,
    now: Timestamp,
) -> Result<(), StoreError> {
    inbox::keep_quarantined(tx, &changes.quarantined).await?;
    script.run(tx).await?;
    again::mark(tx, &changes.writers, now).await
}

/// Adds the statements that write everything that intake decided, but for what is quarantined.
pub fn gather(script: &mut Script, changes: &Changes, now: Timestamp) -> Result<(), StoreError> {
    posts(script, changes)?;
    watch::add_swept(script, &changes.swept)?;
    attachment::gather(script, changes, now)?;
    removed::gather(script, changes, now)?;
    bulk::make_cases(script, &changes.made_cases)?;
    bulk::put_cases(script, &changes.cases)?;
    bulk::put_quiet_cases(script, &changes.quiet_cases)?;
    let sql = list!(
        script,
        "INSERT INTO judgement (brand_id, mention_id, revision, case_id, language, language_millis, intent, urgency,
            level, needs_answer, needs_private, personal_data, reasons, rules_version,
            handles)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), j.value->>3, j.value->>4,
            CAST(j.value->>5 AS BIGINT), j.value->>6, CAST(j.value->>7 AS BIGINT), CAST(j.value->>8 AS BIGINT),
            CAST(j.value->>9 AS BIGINT), CAST(j.value->>10 AS BIGINT), j.value->>11, j.value->>12, j.value->>13,
            j.value->>14
         FROM",
        "WHERE true"
    );
    script.add("writing judgements", sql, &changes.judgements)?;
    let sql = list!(
        script,
        "UPDATE judgement SET case_id = j.value->>2 FROM",
        "WHERE judgement.brand_id = j.value->>0 AND judgement.mention_id = j.value->>1"
    );
    script.add("taking posts out of what is collected", sql, &changes.released)?;
    bulk::add_case_events(script, &changes.events)?;
    bulk::open_obligations(script, &changes.opened)?;
    bulk::put_obligations(script, &changes.obligations)?;
    bulk::add_clock_events(script, &changes.clock_events)?;
    bulk::annul(script, &changes.annulled)?;
    bulk::add_actions(script, &changes.actions)?;
    handover::put(script, &changes.handovers)?;
    handover::merge(script, &changes.merges)?;
    handover::add_joins(script, &changes.joins)?;
    survey::add_replies(script, &changes.survey_replies)?;
    let sql = script.pick(
        "INSERT INTO search (rowid, tokens) SELECT j.value->>0, j.value->>1 FROM jsonb_each($1) AS j",
        "INSERT INTO search (seq, tokens)
         SELECT CAST(j.value->>0 AS BIGINT), array_to_tsvector(string_to_array(j.value->>1, ' '))
         FROM jsonb_array_elements($1::jsonb) AS j(value)",
    );
    script.add("writing the search index", sql, &changes.tokens)?;
    let sql = list!(
        script,
        "UPDATE brand SET last_case_number = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE brand.id = j.value->>0"
    );
    script.add("numbering cases", sql, &changes.numbers)?;
    inbox::gather_verdicts(script, &changes.verdicts, now)?;
    inbox::gather_counts(script, &changes.counts)
}

fn posts(script: &mut Script, changes: &Changes) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO author (id, platform, authority, external_id, followers, first_seen_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BIGINT),
            CAST(j.value->>5 AS BIGINT)
         FROM",
        "WHERE true"
    );
    script.add("writing authors", sql, &changes.authors)?;
    alias::gather(script, &changes.aliases)?;
    let sql = list!(
        script,
        "INSERT INTO content (id, subject, kind, body) SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3 FROM",
        "WHERE true ON CONFLICT (id) DO UPDATE SET body = excluded.body"
    );
    script.add("writing content", sql, &changes.contents)?;
    let sql = list!(
        script,
        "INSERT INTO conversation (id, platform, authority, external_key, created_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, CAST(j.value->>4 AS BIGINT) FROM",
        "WHERE true"
    );
    script.add("writing conversations", sql, &changes.conversations)?;
    let sql = list!(
        script,
        "INSERT INTO mention (seq, id, platform, authority, external_id, source, author_id, conversation_id, kind,
            in_reply_to, lang_tag, posted_at, received_at, private, historic, sample, visibility, quotes, revision, edited_at)
         SELECT CAST(j.value->>0 AS BIGINT), j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5,
            j.value->>6, j.value->>7, j.value->>8, j.value->>9, j.value->>10, CAST(j.value->>11 AS BIGINT),
            CAST(j.value->>12 AS BIGINT), CAST(j.value->>13 AS BIGINT), CAST(j.value->>14 AS BIGINT),
            CAST(j.value->>15 AS BIGINT), j.value->>16, j.value->>17, 1, 0
         FROM",
        "WHERE true"
    );
    script.add("writing mentions", sql, &changes.mentions)?;
    let sql = list!(
        script,
        "UPDATE mention SET revision = CAST(j.value->>1 AS BIGINT), edited_at = CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE mention.id = j.value->>0"
    );
    script.add("writing edits", sql, &changes.revisions)?;
    quote::gather(script, changes)?;
    let sql = list!(
        script,
        "INSERT INTO mention_handle (mention_id, source, local_id)
         SELECT j.value->>0, j.value->>1, j.value->>2 FROM",
        "WHERE true ON CONFLICT (mention_id, source) DO UPDATE SET local_id = excluded.local_id"
    );
    script.add("writing handles", sql, &changes.handles)?;
    let sql = list!(
        script,
        "INSERT INTO own_post (id, brand_id, platform, authority, external_id, source, conversation_id, in_reply_to,
            answers_author_id, posted_at, received_at, counts, sample, action_id, person_id, quotes, edited_at)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6,
            j.value->>7, j.value->>8, CAST(j.value->>9 AS BIGINT), CAST(j.value->>10 AS BIGINT),
            CAST(j.value->>11 AS BIGINT), CAST(j.value->>12 AS BIGINT), j.value->>13, j.value->>14, j.value->>15,
            CAST(j.value->>16 AS BIGINT)
         FROM",
        "WHERE true"
    );
    script.add("writing our posts", sql, &changes.own_posts)?;
    let sql = list!(
        script,
        "UPDATE own_post SET answers_author_id = j.value->>1 FROM",
        "WHERE own_post.id = j.value->>0"
    );
    script.add("writing whom we answered", sql, &changes.answers)
}
