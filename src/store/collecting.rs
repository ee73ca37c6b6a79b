//! Threads and authors that are collected, and what is. A post that is collected has its judgement like every other; where
//! that names a case it names the row here. The reason stands in `content`, under `ID/reason`, and belongs to the author
//! of the case.

use super::each::each_json;
use super::intake::CaseMessage;
use super::query::query;
use super::{During, StoreError, Tx, json, list, row};
use crate::domain::collecting::{Scope, Window};
use crate::domain::time::Timestamp;

row! {
    /// One that is set or was.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CollectingRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case that keeps what is collected.
        pub case_id: String,
        /// A code of [`Scope`].
        pub scope: String,
        /// Where the case stood when it was set.
        pub conversation_id: String,
        /// Whose case it was.
        pub author_id: String,
        /// Who set it.
        pub set_by: String,
        /// When.
        pub set_at: i64,
        /// Until when it goes on by itself.
        pub until_ms: i64,
        /// When somebody ended it before.
        pub ended_at: Option<i64>,
        /// Who did.
        pub ended_by: Option<String>,
    }
}

impl CollectingRow {
    /// The content that holds its reason.
    pub fn reason_id(&self) -> String {
        format!("{}/reason", self.id)
    }

    /// What it collects.
    pub fn scope(&self) -> Scope {
        Scope::from_code(&self.scope).unwrap_or(Scope::Thread)
    }

    /// When posts are collected by it.
    pub fn window(&self) -> Window {
        let until = self.ended_at.map_or(self.until_ms, |ended| ended.min(self.until_ms));
        Window { from: self.set_at, until }
    }

    /// Whether it goes on at an instant.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.window().until > now.millis()
    }

    /// Whether what an author says in a thread is its matter. The author of a thread's case goes on with that case.
    pub fn takes(&self, conversation: &str, author: &str) -> bool {
        match self.scope() {
            Scope::Thread => self.conversation_id == conversation && self.author_id != author,
            Scope::Author => self.author_id == author,
        }
    }
}

row! {
    /// A post that is collected.
    #[derive(Clone, Debug)]
    pub struct CollectedRow {
        /// The row by which it is.
        pub case_id: String,
        /// The brand.
        pub brand_id: String,
        /// The mention.
        pub mention_id: String,
        /// The platform's id of it.
        pub external_id: String,
        /// Where it stands there.
        pub conversation_id: String,
        /// Who wrote it.
        pub author_id: String,
        /// The platform.
        pub platform: String,
        /// When it was posted.
        pub posted_at: i64,
        /// When we received it.
        pub received_at: i64,
        /// Whether it was posted before its source counted.
        pub historic: i64,
        /// Whether it is a sample.
        pub sample: i64,
        /// Its present revision.
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
        /// The brand's handles that it names.
        pub handles: String,
    }
}

impl CollectedRow {
    /// The same as a message of a case.
    pub fn message(&self) -> CaseMessage {
        CaseMessage {
            case_id: self.case_id.clone(),
            brand_id: self.brand_id.clone(),
            mention_id: self.mention_id.clone(),
            external_id: self.external_id.clone(),
            posted_at: self.posted_at,
            received_at: self.received_at,
            historic: self.historic,
            revision: self.revision,
            level: self.level,
            urgency: self.urgency,
            intent: self.intent.clone(),
            language: self.language.clone(),
            needs_answer: self.needs_answer,
            needs_private: self.needs_private,
            source: self.source.clone(),
            kind: self.kind.clone(),
            private: self.private,
            handles: self.handles.clone(),
            silenced: 0,
        }
    }
}

/// Sets one.
pub async fn add(tx: &mut Tx, c: &CollectingRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO collecting (id, brand_id, case_id, scope, conversation_id, author_id, set_by, set_at, until_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    query(sql)
        .bind(&c.id)
        .bind(&c.brand_id)
        .bind(&c.case_id)
        .bind(&c.scope)
        .bind(&c.conversation_id)
        .bind(&c.author_id)
        .bind(&c.set_by)
        .bind(c.set_at)
        .bind(c.until_ms)
        .run(tx)
        .await
        .map(|_| ())
        .during("setting what is collected")
}

/// Ends one that goes on; what is collected stays.
pub async fn end(tx: &mut Tx, c: &CollectingRow, by: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE collecting SET ended_at = $3, ended_by = $4 WHERE brand_id = $1 AND id = $2 AND ended_at IS NULL";
    query(sql)
        .bind(&c.brand_id)
        .bind(&c.id)
        .bind(now.millis())
        .bind(by)
        .run(tx)
        .await
        .map(|_| ())
        .during("ending what is collected")
}

/// All that a case keeps, those that were set last in front.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<CollectingRow>, StoreError> {
    let sql = "SELECT * FROM collecting WHERE brand_id = $1 AND case_id = $2 ORDER BY set_at DESC, id DESC";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading what a case collects")
}

/// Those of a brand that go on for a thread or an author, whichever is asked for.
pub async fn standing(
    tx: &mut Tx,
    brand_id: &str,
    scope: Scope,
    (conversation_id, author_id): (&str, &str),
    now: Timestamp,
) -> Result<Vec<CollectingRow>, StoreError> {
    let sql = match scope {
        Scope::Thread => {
            "SELECT * FROM collecting WHERE brand_id = $1 AND scope = 'thread' AND conversation_id = $2
             AND ended_at IS NULL AND until_ms > $4 AND $3 = $3 ORDER BY id"
        }
        Scope::Author => {
            "SELECT * FROM collecting WHERE brand_id = $1 AND scope = 'author' AND author_id = $3
             AND ended_at IS NULL AND until_ms > $4 AND $2 = $2 ORDER BY id"
        }
    };
    query(sql)
        .bind(brand_id)
        .bind(conversation_id)
        .bind(author_id)
        .bind(now.millis())
        .all(tx)
        .await
        .during("reading what is collected")
}

/// All rows, ended ones too, that may be about these threads and authors.
pub async fn touching(
    tx: &mut Tx,
    conversations: &[String],
    authors: &[String],
) -> Result<Vec<CollectingRow>, StoreError> {
    let what = "looking for what is collected";
    let any: Option<(i32,)> = query("SELECT 1 FROM collecting LIMIT 1").maybe(tx).await.during(what)?;
    if any.is_none() {
        return Ok(Vec::new());
    }
    let sql = tx.pick(
        "SELECT * FROM collecting WHERE (scope = 'thread' AND conversation_id IN (SELECT value FROM json_each($1)))
            OR (scope = 'author' AND author_id IN (SELECT value FROM json_each($2))) ORDER BY set_at, id",
        "SELECT * FROM collecting
         WHERE (scope = 'thread' AND conversation_id IN (SELECT jsonb_array_elements_text($1::jsonb)))
            OR (scope = 'author' AND author_id IN (SELECT jsonb_array_elements_text($2::jsonb))) ORDER BY set_at, id",
    );
    let (threads, authors) = (json(what, conversations)?, json(what, authors)?);
    query(sql).bind(threads).bind(authors).all(tx).await.during(what)
}

/// What these authors said that is collected by some rows and still stands.
pub async fn said(
    tx: &mut Tx,
    rows: &[CollectingRow],
    authors: &[String],
) -> Result<Vec<CollectedRow>, StoreError> {
    let what = "reading what is collected";
    if rows.is_empty() || authors.is_empty() {
        return Ok(Vec::new());
    }
    let sql = tx.pick(
        "SELECT g.case_id, g.brand_id, g.mention_id, m.external_id, m.conversation_id, m.author_id, m.platform,
            m.posted_at, m.received_at, m.historic, m.sample, m.revision, g.level, g.urgency, g.intent, g.language,
            g.needs_answer, g.needs_private, m.source, m.kind, m.private, g.handles
         FROM jsonb_each($1) AS j CROSS JOIN judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         WHERE g.brand_id = j.value->>0 AND g.case_id = j.value->>1 AND m.deleted_at IS NULL
            AND m.author_id IN (SELECT value FROM json_each($2))",
        "SELECT g.case_id, g.brand_id, g.mention_id, m.external_id, m.conversation_id, m.author_id, m.platform,
            m.posted_at, m.received_at, m.historic, m.sample, m.revision, g.level, g.urgency, g.intent, g.language,
            g.needs_answer, g.needs_private, m.source, m.kind, m.private, g.handles
         FROM jsonb_array_elements($1::jsonb) AS j(value) CROSS JOIN judgement g
            JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         WHERE g.brand_id = j.value->>0 AND g.case_id = j.value->>1 AND m.deleted_at IS NULL
            AND m.author_id IN (SELECT jsonb_array_elements_text($2::jsonb))",
    );
    let pairs: Vec<(&String, &String)> = rows.iter().map(|r| (&r.brand_id, &r.id)).collect();
    let (pairs, authors) = (json(what, &pairs)?, json(what, authors)?);
    query(sql).bind(pairs).bind(authors).all(tx).await.during(what)
}

/// A post of a case's collection, with what it takes to make a case of it: mention, row, author, thread, platform,
/// when it was posted.
pub type Kept = (String, String, String, String, String, i64);

/// One of what a case keeps, if it still stands.
pub async fn kept(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    mention_id: &str,
) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT m.id, z.id, m.author_id, m.conversation_id, m.platform, m.posted_at
         FROM collecting z JOIN judgement g ON g.brand_id = z.brand_id AND g.case_id = z.id
            JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         WHERE z.brand_id = $1 AND z.case_id = $2 AND m.id = $3 AND m.deleted_at IS NULL";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(mention_id)
        .maybe(tx)
        .await
        .during("reading what is collected")
}

/// A post gets out, and what its author said there after it: all of that stands with a case of theirs.
pub async fn release(tx: &mut Tx, brand_id: &str, post: &Kept, into_case: &str) -> Result<(), StoreError> {
    let sql = "UPDATE judgement SET case_id = $3 WHERE brand_id = $1 AND case_id = $2 AND mention_id IN
         (SELECT m.id FROM judgement g JOIN mention m ON m.id = g.mention_id
          WHERE g.brand_id = $1 AND g.case_id = $2 AND m.author_id = $4 AND m.conversation_id = $5
            AND (m.id = $7 OR m.posted_at > $6))";
    query(sql)
        .bind(brand_id)
        .bind(&post.1)
        .bind(into_case)
        .bind(&post.2)
        .bind(&post.3)
        .bind(post.5)
        .bind(&post.0)
        .run(tx)
        .await
        .map(|_| ())
        .during("taking a post out of what is collected")
}

/// What one case keeps is kept by another, for the two were joined.
pub async fn follow(
    tx: &mut Tx,
    brand_id: &str,
    (from_case, into_case): (&str, &str),
) -> Result<(), StoreError> {
    let sql = "UPDATE collecting SET case_id = $3 WHERE brand_id = $1 AND case_id = $2";
    query(sql)
        .bind(brand_id)
        .bind(from_case)
        .bind(into_case)
        .run(tx)
        .await
        .map(|_| ())
        .during("taking along what is collected")
}

row! {
    /// One as pages and programs show it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ShownCollecting {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case that keeps what is collected.
        pub case_id: String,
        /// Its number.
        pub number: i64,
        /// A code of [`Scope`].
        pub scope: String,
        /// The platform.
        pub platform: String,
        /// What the case's author is called, a JSON object, if that is still kept.
        pub profile: Option<String>,
        /// Who set it, by name.
        pub name: Option<String>,
        /// When.
        pub set_at: i64,
        /// Until when it goes on by itself.
        pub until_ms: i64,
        /// When somebody ended it before.
        pub ended_at: Option<i64>,
        /// Why.
        pub reason: Option<String>,
        /// How many posts are collected and stand.
        pub posts: i64,
        /// Of how many authors.
        pub authors: i64,
    }
}

impl ShownCollecting {
    /// Whether it goes on at an instant.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.until_ms > now.millis()
    }
}

macro_rules! shown {
    ($where:literal) => {
        concat!(
            "SELECT z.id, z.brand_id, z.case_id, k.number, z.scope, k.platform, f.body AS profile, p.name, z.set_at,
                z.until_ms, z.ended_at, r.body AS reason,
                (SELECT COUNT(DISTINCT m.id) FROM judgement g JOIN mention m ON m.id = g.mention_id
                    WHERE g.brand_id = z.brand_id AND g.case_id = z.id AND m.deleted_at IS NULL) AS posts,
                (SELECT COUNT(DISTINCT m.author_id) FROM judgement g JOIN mention m ON m.id = g.mention_id
                    WHERE g.brand_id = z.brand_id AND g.case_id = z.id AND m.deleted_at IS NULL) AS authors
             FROM collecting z JOIN cases k ON k.id = z.case_id AND k.brand_id = z.brand_id
             LEFT JOIN content f ON f.id = z.author_id AND f.kind = 'profile'
             LEFT JOIN content r ON r.id = z.id || '/reason'
             LEFT JOIN person p ON p.id = z.set_by
             WHERE z.brand_id = $1 AND ",
            $where
        )
    };
}

/// Those of a brand that go on, and those that ended since an instant; those that go on first.
pub async fn of_brand(
    tx: &mut Tx,
    brand_id: &str,
    since: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ShownCollecting>, StoreError> {
    let sql = shown!(
        "COALESCE(z.ended_at, z.until_ms) > $2
         ORDER BY CASE WHEN z.ended_at IS NULL AND z.until_ms > $3 THEN 0 ELSE 1 END, z.set_at DESC, z.id LIMIT $4"
    );
    query(sql)
        .bind(brand_id)
        .bind(since.millis())
        .bind(now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("listing what is collected")
}

/// All that a case keeps, those that were set last in front.
pub async fn shown_of_case(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Vec<ShownCollecting>, StoreError> {
    let sql = shown!("z.case_id = $2 ORDER BY z.set_at DESC, z.id DESC");
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading what a case collects")
}

/// Which of these cases keep what goes on being collected.
pub async fn among(tx: &mut Tx, cases: &[String], now: Timestamp) -> Result<Vec<String>, StoreError> {
    let what = "reading which cases collect";
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = list!(
        tx,
        "SELECT DISTINCT k.id FROM",
        "CROSS JOIN cases k JOIN collecting z ON z.brand_id = k.brand_id AND z.case_id = k.id
         WHERE k.id = j.value->>0 AND z.ended_at IS NULL AND z.until_ms > $2"
    );
    let text = each_json(what, cases)?;
    let rows: Vec<(String,)> = query(sql).bind(text).bind(now.millis()).all(tx).await.during(what)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

row! {
    /// A collected post as it is listed.
    #[derive(Clone, Debug)]
    pub struct ListedPost {
        /// The mention.
        pub mention_id: String,
        /// The platform's id.
        pub external_id: String,
        /// When it was posted.
        pub posted_at: i64,
        /// When it was deleted.
        pub deleted_at: Option<i64>,
        /// 1 to 5.
        pub level: i64,
        /// Its intent.
        pub intent: String,
        /// Its language.
        pub language: String,
        /// Places of personal data, a JSON array.
        pub personal_data: String,
        /// Its words, a JSON object, if they are still kept.
        pub body: Option<String>,
        /// Its author's names, a JSON object, if they are still there.
        pub profile: Option<String>,
    }
}

/// What a case keeps, the latest first, before one by its time and its mention.
pub async fn posts(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    (posted_at, mention_id): (i64, &str),
    limit: i64,
) -> Result<Vec<ListedPost>, StoreError> {
    let sql =
        "SELECT m.id AS mention_id, m.external_id, m.posted_at, m.deleted_at, g.level, g.intent, g.language,
            g.personal_data, c.body, p.body AS profile
         FROM collecting z JOIN judgement g ON g.brand_id = z.brand_id AND g.case_id = z.id
            JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         LEFT JOIN content c ON c.id = m.id || '/' || m.revision LEFT JOIN content p ON p.id = m.author_id
         WHERE z.brand_id = $1 AND z.case_id = $2 AND m.deleted_at IS NULL
            AND (m.posted_at, m.id) < ($3, $4)
         ORDER BY m.posted_at DESC, m.id DESC LIMIT $5";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(posted_at)
        .bind(mention_id)
        .bind(limit)
        .all(tx)
        .await
        .during("listing collected posts")
}
