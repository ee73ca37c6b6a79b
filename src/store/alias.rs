//! Other names under which authors are known: written with what a batch of intake decided, read before it is planned.

use super::each::{find, find_each};
use super::intake::{Key, KeyRef};
use super::script::Script;
use super::{StoreError, Tx, list};
use std::collections::HashMap;

/// Another name of an author: name, platform, authority, the id under which the author is kept, whether it is an id.
pub type AliasRow = (String, String, String, String, i64);

/// Adds the statement that writes names; their authors are written before.
pub fn gather(script: &mut Script, names: &[AliasRow]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "INSERT INTO author_alias (external_id, platform, authority, author_id, strong)
         SELECT j.value->>0, j.value->>1, j.value->>2, a.id, CAST(j.value->>4 AS BIGINT) FROM",
        "CROSS JOIN author a
         WHERE a.external_id = j.value->>3 AND a.platform = j.value->>1 AND a.authority = j.value->>2
         ON CONFLICT (external_id, platform, authority)
            DO UPDATE SET author_id = excluded.author_id, strong = excluded.strong"
    );
    script.add("writing names of authors", sql, names)
}

/// Looks up other names of authors: name to the id under which the author is kept.
pub async fn kept_as(tx: &mut Tx, keys: &[KeyRef<'_>]) -> Result<HashMap<Key, String>, StoreError> {
    let sql = list!(
        tx,
        "SELECT n.external_id, n.platform, n.authority, a.external_id FROM",
        "CROSS JOIN author_alias n JOIN author a ON a.id = n.author_id
         WHERE n.external_id = j.value->>0 AND n.platform = j.value->>1 AND n.authority = j.value->>2"
    );
    let rows: Vec<(String, String, String, String)> =
        find(tx, "looking up names of authors", sql, keys).await?;
    Ok(rows
        .into_iter()
        .map(|(external, platform, authority, kept)| ((external, platform, authority), kept))
        .collect())
}

/// Which of these authors have another name that is an id.
pub async fn identified(tx: &mut Tx, authors: &[String]) -> Result<Vec<String>, StoreError> {
    let sql = list!(
        tx,
        "SELECT DISTINCT n.author_id FROM",
        "CROSS JOIN author_alias n WHERE n.author_id = j.value->>0 AND n.strong = 1"
    );
    let rows: Vec<(String,)> = find_each(tx, "looking up names of authors", sql, authors).await?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// The ids by which these authors are known beside the one under which they are kept: id, platform, authority. Numbers
/// that may one day be another's are left out.
pub async fn ids_of(tx: &mut Tx, authors: &[String]) -> Result<Vec<Key>, StoreError> {
    let sql = list!(
        tx,
        "SELECT n.external_id, n.platform, n.authority FROM",
        "JOIN author_alias n ON n.author_id = j.value->>0 WHERE n.strong = 1 ORDER BY n.author_id, n.external_id"
    );
    find_each(tx, "looking up ids of authors", sql, authors).await
}

/// Every name by which these authors are known beside the one under which they are kept, also those that are numbers.
pub async fn names_of(tx: &mut Tx, authors: &[String]) -> Result<Vec<String>, StoreError> {
    let sql = list!(
        tx,
        "SELECT n.external_id FROM",
        "JOIN author_alias n ON n.author_id = j.value->>0 ORDER BY n.author_id, n.external_id"
    );
    let rows: Vec<(String,)> = find_each(tx, "looking up names of authors", sql, authors).await?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}
