//! Taking away what an author deleted, noting what must not come back, and posts that only show
//! what a conversation is about.
//!
//! The words go in the transaction that learns of the delete. Raw deliveries are found by a scan,
//! so they are cleared a little later, for many deletes at once, by [`clear_raw`].

use super::query::query;
use super::script::Script;
use super::taken::Changes;
use super::{During, StoreError, Tx, attachment, enclosed, hold, list, survey, translation};
use crate::domain::time::Timestamp;

/// Adds the statements that write what a batch takes away or adds beside its mentions.
pub fn gather(script: &mut Script, changes: &Changes, now: Timestamp) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO thread_post (id, platform, authority, external_id, source, author_id, conversation_id,
            in_reply_to, posted_at, received_at, quotes)
         SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5, j.value->>6,
            j.value->>7, CAST(j.value->>8 AS BIGINT), CAST(j.value->>9 AS BIGINT), j.value->>10
         FROM",
        "WHERE true"
    );
    script.add("writing posts of threads", sql, &changes.thread_posts)?;
    // Where the words are no longer kept, an edit does not bring them back.
    let sql = list!(script, "UPDATE content SET body = j.value->>1 FROM", "WHERE content.id = j.value->>0");
    script.add("writing posts of threads", sql, &changes.threads_edited)?;
    let sql = list!(
        script,
        "INSERT INTO recheck (post_id, source, posted_at, next_at)
         SELECT j.value->>0, j.value->>1, CAST(j.value->>2 AS BIGINT), CAST(j.value->>3 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (post_id) DO NOTHING"
    );
    script.add("noting what to look at again", sql, &changes.rechecks)?;
    let sql = list!(
        script,
        "UPDATE action SET state = 'done', remote_id = j.value->>1, remote_at = CAST(j.value->>2 AS BIGINT),
            settled_at = $2, look_at = NULL, detail = 'seen on the platform' FROM",
        "WHERE action.id = j.value->>0 AND action.state IN ('sending', 'unknown')"
    );
    script.add_at("settling answers that were seen", sql, &changes.settled, now)?;
    let sql = list!(
        script,
        "UPDATE own_post SET edited_at = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE own_post.id = j.value->>0"
    );
    script.add("writing edits of our posts", sql, &changes.own_edited)?;
    let sql = list!(
        script,
        "UPDATE own_post SET undelivered = j.value->>1, counts = 0 FROM",
        "WHERE own_post.id = j.value->>0"
    );
    script.add("marking what did not arrive", sql, &changes.undelivered)?;
    let sql = list!(
        script,
        "UPDATE action SET detail = j.value->>2 FROM",
        "CROSS JOIN own_post o WHERE o.id = j.value->>0 AND action.id = o.action_id"
    );
    script.add("marking what did not arrive", sql, &changes.undelivered)?;
    let sql = list!(
        script,
        "INSERT INTO meta (name, value) SELECT 'gone_key', j.value->>0 FROM",
        "WHERE true ON CONFLICT (name) DO NOTHING"
    );
    let keys: Vec<(&String,)> = changes.gone_key.iter().map(|key| (key,)).collect();
    script.add("making a key", sql, &keys)?;
    let sql = list!(
        script,
        "INSERT INTO gone (hash, at, until_ms)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE true ON CONFLICT (hash) DO UPDATE SET until_ms = excluded.until_ms"
    );
    script.add("noting what is gone", sql, &changes.gone)?;
    let sql = list!(
        script,
        "INSERT INTO gone (hash, at, until_ms, why)
         SELECT j.value->>0, CAST(j.value->>1 AS BIGINT), CAST(j.value->>2 AS BIGINT), j.value->>3 FROM",
        "WHERE true ON CONFLICT (hash) DO NOTHING"
    );
    script.add("noting what was told early", sql, &changes.early)?;
    deleted(script, changes, now)
}

fn deleted(script: &mut Script, changes: &Changes, now: Timestamp) -> Result<(), StoreError> {
    let what = "taking away what its author deleted";
    if changes.deleted.is_empty() && changes.own_deleted.is_empty() && changes.threads_gone.is_empty() {
        return Ok(());
    }
    let sql = list!(
        script,
        "UPDATE mention SET deleted_at = CAST(j.value->>2 AS BIGINT) FROM",
        "WHERE mention.id = j.value->>0 AND mention.deleted_at IS NULL"
    );
    script.add(what, sql, &changes.deleted)?;
    let sql = list!(
        script,
        "UPDATE judgement SET reasons = '[]', personal_data = '[]' FROM",
        "WHERE judgement.mention_id = j.value->>0"
    );
    script.add(what, sql, &changes.deleted)?;
    // A mail that was made and has not gone may hold what they wrote; it is made anew.
    let sql = list!(
        script,
        "DELETE FROM published WHERE sent_at IS NULL AND kind = 'failure_demand' AND EXISTS (SELECT 1 FROM",
        ")"
    );
    script.add(what, sql, &changes.deleted)?;
    let sql = script.pick(
        "DELETE FROM search WHERE rowid IN (SELECT CAST(j.value->>1 AS INTEGER) FROM jsonb_each($1) AS j)",
        "DELETE FROM search WHERE seq IN
            (SELECT CAST(j.value->>1 AS BIGINT) FROM jsonb_array_elements($1::jsonb) AS j(value))",
    );
    script.add(what, sql, &changes.deleted)?;
    let sql = list!(script, "DELETE FROM content WHERE id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &changes.forgotten)?;
    hold::seal(script, &changes.sealed)?;
    let mentions: Vec<(&String,)> = changes.deleted.iter().map(|d| (&d.0,)).collect();
    let goes: Vec<(&String,)> = mentions.iter().filter(|m| !changes.held.contains(m.0)).copied().collect();
    attachment::remove(script, &goes)?;
    translation::forget(script, &mentions)?;
    survey::forget_replies(script, &mentions)?;
    // What was about to be said to somebody who took the post back is not said.
    let sql = list!(
        script,
        "UPDATE action SET state = 'cancelled', settled_at = $2, token = action.token + 1, lease_until = NULL,
            detail = 'its author removed the post' FROM",
        "WHERE action.mention_id = j.value->>0 AND action.kind IN ('reply', 'moderate')
           AND action.state IN ('held', 'ready', 'claimed')"
    );
    script.add_at(what, sql, &changes.deleted, now)?;
    enclosed::forget_of_posts(script, &mentions)?;
    let sql = list!(
        script,
        "UPDATE own_post SET deleted_at = CAST(j.value->>1 AS BIGINT) FROM",
        "WHERE own_post.id = j.value->>0 AND own_post.deleted_at IS NULL"
    );
    script.add(what, sql, &changes.own_deleted)?;
    threads_gone(script, changes)?;
    let posts = changes.deleted.iter().map(|d| &d.0).chain(changes.own_deleted.iter().map(|d| &d.0));
    let ids: Vec<(&String,)> =
        posts.chain(changes.threads_gone.iter().map(|t| &t.0)).map(|id| (id,)).collect();
    let sql = list!(script, "DELETE FROM recheck WHERE post_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &ids)?;
    let sql = list!(
        script,
        "INSERT INTO erasure (post_id, at) SELECT j.value->>0, $2 FROM",
        "WHERE true ON CONFLICT (post_id) DO NOTHING"
    );
    script.add_at(what, sql, &ids, now)
}

/// Takes away posts that only showed what a conversation is about; their words went with those of the others.
fn threads_gone(script: &mut Script, changes: &Changes) -> Result<(), StoreError> {
    let what = "taking away what its author deleted";
    // What something else quotes stays known without its words, so that the quote tells that they are gone.
    let sql = list!(
        script,
        "DELETE FROM thread_post WHERE id IN (SELECT j.value->>0 FROM",
        ")
           AND NOT EXISTS (SELECT 1 FROM mention q
                WHERE q.quotes = thread_post.external_id AND q.platform = thread_post.platform)
           AND NOT EXISTS (SELECT 1 FROM own_post q
                WHERE q.quotes = thread_post.external_id AND q.platform = thread_post.platform)
           AND NOT EXISTS (SELECT 1 FROM thread_post q
                WHERE q.quotes = thread_post.external_id AND q.platform = thread_post.platform)"
    );
    script.add(what, sql, &changes.threads_gone)?;
    let sql = list!(script, "DELETE FROM mention_handle WHERE mention_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &changes.threads_gone)
}

/// Clears the raw deliveries of what was deleted and what was answered to programs about its cases, and marks that as
/// done; returns how many posts were cleared.
pub async fn clear_raw(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let what = "clearing raw deliveries";
    let waiting: Option<(i64,)> =
        query("SELECT at FROM erasure WHERE done_at IS NULL LIMIT 1").maybe(tx).await.during(what)?;
    if waiting.is_none() {
        return Ok(0);
    }
    let sql = "UPDATE inbox SET body = NULL, place = '' WHERE body IS NOT NULL AND verdict IS NOT NULL
           AND post_id IN (SELECT post_id FROM erasure WHERE done_at IS NULL)";
    query(sql).run(tx).await.map(|_| ()).during(what)?;
    // What was answered to programs may hold it.
    let sql = "DELETE FROM api_once WHERE status > 0 AND EXISTS (SELECT 1 FROM erasure e
            JOIN judgement g ON g.mention_id = e.post_id LEFT JOIN collecting z ON z.id = g.case_id
            WHERE e.done_at IS NULL AND api_once.body LIKE '%' || COALESCE(z.case_id, g.case_id) || '%')";
    query(sql).run(tx).await.map(|_| ()).during(what)?;
    let sql = "UPDATE erasure SET done_at = $1 WHERE done_at IS NULL";
    query(sql).bind(now.millis()).run(tx).await.during(what)
}

/// Forgets hashes and marks whose time is over.
pub async fn forget_old(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM gone WHERE until_ms < $1";
    query(sql).bind(now.millis()).run(tx).await.during("forgetting old hashes")
}
