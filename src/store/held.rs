//! What is kept of posts and accounts that a stream of a whole network tells of, and which accounts are away.
//!
//! A stream names thousands of posts that nobody here knows; they are looked up many at once, by the index of their
//! identities and among the few deliveries that wait. The state of an account stands with its author, so that it is
//! erased with them.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, json, list};
use crate::domain::time::{Span, Timestamp};
use std::collections::HashMap;

/// Of these posts those that are kept and still stand, or wait to be taken in.
pub async fn posts(tx: &mut Tx, platform: &str, ids: &[String]) -> Result<Vec<String>, StoreError> {
    let what = "looking up what a stream told of";
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = each_json(what, ids)?;
    let sql = list!(
        tx,
        "SELECT j.value->>0 FROM",
        "WHERE EXISTS (SELECT 1 FROM mention m WHERE m.external_id = j.value->>0 AND m.platform = $2 AND m.deleted_at IS NULL)
            OR EXISTS (SELECT 1 FROM own_post o WHERE o.external_id = j.value->>0 AND o.platform = $2 AND o.deleted_at IS NULL)
            OR EXISTS (SELECT 1 FROM thread_post t WHERE t.external_id = j.value->>0 AND t.platform = $2)"
    );
    let mut found: Vec<(String,)> = query(sql).bind(&text).bind(platform).all(tx).await.during(what)?;
    let sql = list!(
        tx,
        "SELECT i.place FROM inbox i WHERE i.verdict IS NULL AND i.place IN (SELECT j.value->>0 FROM",
        ")"
    );
    let waiting: Vec<(String,)> = query(sql).bind(&text).all(tx).await.during(what)?;
    found.extend(waiting);
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// How long a view may lag behind: who shows old words later than that shows that their author brought them back.
const LAG: Span = Span::hours(6);

/// What a post says now and since when, and what it said before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    now: String,
    since: i64,
    before: Vec<String>,
}

impl Said {
    /// Whether it said that before, and has said something else for no longer than a view may lag behind.
    pub fn is_over(&self, text: &str, at: Timestamp) -> bool {
        let text = text.trim();
        self.now.trim() != text
            && at.since(Timestamp(self.since)) < LAG
            && self.before.iter().any(|words| words.trim() == text)
    }
}

/// The words of these mentions, in all their revisions that are still kept.
pub async fn said(tx: &mut Tx, ids: &[String]) -> Result<HashMap<String, Said>, StoreError> {
    let what = "reading what posts said before";
    let text = each_json(what, ids)?;
    let sql = list!(
        tx,
        "SELECT DISTINCT m.id, CAST(CASE WHEN g.revision = m.revision THEN 1 ELSE 0 END AS BIGINT), m.edited_at, c.body FROM",
        "CROSS JOIN mention m JOIN judgement g ON g.mention_id = m.id
         JOIN content c ON c.id = g.mention_id || '/' || g.revision WHERE m.id = j.value->>0"
    );
    let rows: Vec<(String, i64, i64, String)> = query(sql).bind(&text).all(tx).await.during(what)?;
    let mut all: HashMap<String, Said> = HashMap::new();
    for (id, is_present, since, body) in rows {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let words = body["text"].as_str().unwrap_or_default().to_owned();
        let said = all.entry(id).or_default();
        if is_present == 1 {
            (said.now, said.since) = (words, since);
        } else {
            said.before.push(words);
        }
    }
    Ok(all)
}

/// Of these accounts those that are known.
pub async fn accounts(tx: &mut Tx, platform: &str, ids: &[String]) -> Result<Vec<String>, StoreError> {
    let what = "looking up accounts that a stream told of";
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = each_json(what, ids)?;
    let sql = list!(
        tx,
        "SELECT a.external_id FROM",
        "CROSS JOIN author a WHERE a.external_id = j.value->>0 AND a.platform = $2 AND a.erased_at IS NULL"
    );
    let found: Vec<(String,)> = query(sql).bind(&text).bind(platform).all(tx).await.during(what)?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Notes that accounts are away, or there again: the id, how it is away, and since when. What was told of a later
/// instant stays, in whatever order the words come.
pub async fn note_away(
    tx: &mut Tx,
    platform: &str,
    states: &[(String, Option<&'static str>, i64)],
) -> Result<(), StoreError> {
    let what = "noting which accounts are away";
    if states.is_empty() {
        return Ok(());
    }
    let text = json(what, &states)?;
    let sql = list!(
        tx,
        "UPDATE author SET away = j.value->>1, away_at = CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE author.external_id = j.value->>0 AND author.platform = $2
            AND COALESCE(author.away_at, 0) < CAST(j.value->>2 AS BIGINT)
            AND (j.value->>1 IS NULL OR COALESCE(author.away, '') <> j.value->>1)"
    );
    query(sql).bind(text).bind(platform).run(tx).await.map(|_| ()).during(what)
}

/// Notes the same of the authors of posts, as looking at them found it.
pub async fn note_away_of_posts(
    tx: &mut Tx,
    posts: &[(String, Option<&'static str>, i64)],
) -> Result<(), StoreError> {
    let sql = list!(
        tx,
        "UPDATE author SET away = j.value->>1, away_at = CAST(j.value->>2 AS BIGINT) FROM",
        "CROSS JOIN mention m WHERE m.id = j.value->>0 AND author.id = m.author_id
            AND COALESCE(author.away_at, 0) < CAST(j.value->>2 AS BIGINT)
            AND COALESCE(author.away, '') <> COALESCE(j.value->>1, '')"
    );
    super::bulk::run(tx, "noting which accounts are away", sql, posts).await
}

/// How the account of an author is away, and since when; nothing if it is there.
pub async fn away(tx: &mut Tx, author_id: &str) -> Result<Option<(String, i64)>, StoreError> {
    let sql = "SELECT away, away_at FROM author WHERE id = $1 AND away IS NOT NULL AND away_at IS NOT NULL";
    query(sql).bind(author_id).maybe(tx).await.during("reading whether an account is away")
}

/// Lets every post of these accounts be looked at at once, however old it is, also those that only show what others talk
/// about; who looks at a post already stays the same.
pub async fn look_again_at(
    tx: &mut Tx,
    source: &str,
    platform: &str,
    ids: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = "looking again at posts of an account";
    if ids.is_empty() {
        return Ok(());
    }
    let text = each_json(what, ids)?;
    let mentions = list!(
        tx,
        "INSERT INTO recheck (post_id, source, posted_at, next_at)
         SELECT m.id, $3, m.posted_at, $4 FROM",
        "CROSS JOIN author a JOIN mention m ON m.author_id = a.id
         WHERE a.external_id = j.value->>0 AND a.platform = $2 AND m.private = 0 AND m.deleted_at IS NULL
         ON CONFLICT (post_id) DO UPDATE SET next_at = excluded.next_at"
    );
    let around = list!(
        tx,
        "INSERT INTO recheck (post_id, source, posted_at, next_at)
         SELECT t.id, $3, t.posted_at, $4 FROM",
        "CROSS JOIN author a JOIN thread_post t ON t.author_id = a.id
         WHERE a.external_id = j.value->>0 AND a.platform = $2
         ON CONFLICT (post_id) DO UPDATE SET next_at = excluded.next_at"
    );
    for sql in [mentions, around] {
        query(sql)
            .bind(&text)
            .bind(platform)
            .bind(source)
            .bind(now.millis())
            .run(tx)
            .await
            .map(|_| ())
            .during(what)?;
    }
    Ok(())
}

/// What is kept of the names of these accounts: the platform's id, ours, and the names, a JSON object.
pub async fn profiles(
    tx: &mut Tx,
    platform: &str,
    ids: &[String],
) -> Result<Vec<(String, String, String)>, StoreError> {
    let what = "reading names of accounts";
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = each_json(what, ids)?;
    let sql = list!(
        tx,
        "SELECT a.external_id, a.id, p.body FROM",
        "CROSS JOIN author a JOIN content p ON p.id = a.id
         WHERE a.external_id = j.value->>0 AND a.platform = $2 AND a.erased_at IS NULL"
    );
    query(sql).bind(text).bind(platform).all(tx).await.during(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_words_are_left_as_long_as_a_view_may_lag_and_taken_when_their_author_brings_them_back() {
        let edited = Timestamp(1_000_000_000);
        let said =
            Said { now: "my red parcel".into(), since: edited.millis(), before: vec!["my parcel".into()] };
        assert!(said.is_over(" my parcel", edited.plus(Span::minutes(10))));
        assert!(!said.is_over("my parcel", edited.plus(LAG)), "that is no lag any more");
        assert!(!said.is_over("my red parcel", edited) && !said.is_over("my blue parcel", edited));
        assert!(!Said::default().is_over("my parcel", edited));
    }
}
