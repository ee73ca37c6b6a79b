//! Accounts of which nothing is kept any more: what platforms call them is often a name, a mail address or a telephone.

use super::each::{each, find_each};
use super::query::query;
use super::script::Script;
use super::{During, StoreError, Tx, list};
use crate::domain::time::Timestamp;

/// The accounts that were first seen before an instant and of which no post, case, label or credit is kept, at most `limit`.
pub async fn unused(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<Vec<String>, StoreError> {
    // Each list is gone through once, for nothing else asks for posts by their author.
    let sql = "SELECT id FROM author WHERE erased_at IS NULL AND first_seen_at < $1
         EXCEPT SELECT author_id FROM mention EXCEPT SELECT author_id FROM thread_post
         EXCEPT SELECT author_id FROM cases EXCEPT SELECT author_id FROM author_label
         EXCEPT SELECT author_id FROM collecting EXCEPT SELECT author_id FROM handover
         EXCEPT SELECT author_id FROM survey EXCEPT SELECT written_to FROM survey
         EXCEPT SELECT helper_id FROM helper_answer EXCEPT SELECT asker_id FROM helper_answer
         ORDER BY id LIMIT $2";
    let rows: Vec<(String,)> = query(sql)
        .bind(before.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("looking for accounts without posts")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes names and ids of such accounts away, but of those that have written since: `since` is the least number that a post
/// can have from a moment before it was looked. What brings posts in must be waiting. Returns how many went.
pub async fn let_go(tx: &mut Tx, ids: &[String], since: i64, now: Timestamp) -> Result<usize, StoreError> {
    let what = "letting accounts go";
    let cases = list!(tx, "SELECT DISTINCT k.author_id FROM", "JOIN cases k ON k.author_id = j.value->>0");
    let mut back: Vec<(String,)> = find_each(tx, what, cases, ids).await?;
    let beside = list!(
        tx,
        "SELECT DISTINCT author_id FROM thread_post WHERE author_id IN (SELECT j.value->>0 FROM",
        ")"
    );
    back.extend(find_each::<(String,)>(tx, what, beside, ids).await?);
    let sql = "SELECT DISTINCT author_id FROM mention WHERE seq >= $1";
    let fresh: Vec<(String,)> = query(sql).bind(since).all(tx).await.during(what)?;
    back.extend(fresh);
    let over: Vec<String> =
        ids.iter().filter(|id| !back.iter().any(|(other,)| other == *id)).cloned().collect();
    let list = each(&over);
    let mut script = Script::of(tx, what);
    let sql =
        list!(script, "DELETE FROM content WHERE kind = 'profile' AND id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &list)?;
    let sql = list!(script, "DELETE FROM author_alias WHERE author_id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &list)?;
    let sql = list!(
        script,
        "UPDATE author SET external_id = 'erased/' || author.id, authority = '', followers = NULL, away = NULL,
            away_at = NULL, erased_at = $2 FROM",
        "WHERE author.id = j.value->>0"
    );
    script.add_at(what, sql, &list, now)?;
    script.run(tx).await?;
    Ok(over.len())
}
