//! Legal holds: cases of which nothing may go until an instant. They end by themselves.
//!
//! What an author deletes of a held case is out of sight at once like any other, but its words are kept under another
//! name, where no page and no program finds them: only the export of the person has them. They go when no hold stands.

use super::each::each_json;
use super::query::query;
use super::script::Script;
use super::{During, StoreError, Tx, answer, attachment, list, row};
use crate::domain::time::Timestamp;
use std::collections::HashSet;

row! {
    /// A hold on a case.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct HoldRow {
        /// Its id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Who set it.
        pub set_by: String,
        /// When.
        pub set_at: i64,
        /// Until when it holds.
        pub until_ms: i64,
        /// Who ended it before its time.
        pub ended_by: Option<String>,
        /// When.
        pub ended_at: Option<i64>,
    }
}

impl HoldRow {
    /// The content that holds its ground.
    pub fn ground_id(&self) -> String {
        format!("{}/ground", self.id)
    }
}

/// Adds one, with its ground. The words are a colleague's: they go with that person.
pub async fn add(tx: &mut Tx, row: &HoldRow, ground: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO legal_hold (id, brand_id, case_id, set_by, set_at, until_ms)
         VALUES ($1, $2, $3, $4, $5, $6)";
    query(sql)
        .bind(&row.id)
        .bind(&row.brand_id)
        .bind(&row.case_id)
        .bind(&row.set_by)
        .bind(row.set_at)
        .bind(row.until_ms)
        .run(tx)
        .await
        .map(|_| ())
        .during("holding a case")?;
    answer::put_content(tx, &row.ground_id(), &row.set_by, "hold", ground).await
}

/// Ends those of a case before their time; tells whether there was one.
pub async fn end(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE legal_hold SET ended_by = $3, ended_at = $4
         WHERE brand_id = $1 AND case_id = $2 AND ended_at IS NULL AND until_ms > $4";
    let n = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .during("ending a hold")?;
    Ok(n > 0)
}

/// The holds that stand on these cases.
pub async fn standing(tx: &mut Tx, cases: &[String], now: Timestamp) -> Result<Vec<HoldRow>, StoreError> {
    let what = "looking for holds";
    let sql = list!(
        tx,
        "SELECT h.* FROM",
        "JOIN legal_hold h ON h.case_id = j.value->>0 WHERE h.ended_at IS NULL AND h.until_ms > $2 ORDER BY h.id"
    );
    let text = each_json(what, cases)?;
    query(sql).bind(text).bind(now.millis()).all(tx).await.during(what)
}

/// The holds that stand on the cases to which these posts belong, also as what a case collects of others.
pub async fn on_posts(tx: &mut Tx, posts: &[String], now: Timestamp) -> Result<Vec<HoldRow>, StoreError> {
    let what = "looking for holds";
    let sql = list!(
        tx,
        "SELECT DISTINCT h.* FROM",
        "JOIN judgement g ON g.mention_id = j.value->>0 LEFT JOIN collecting z ON z.id = g.case_id
         JOIN legal_hold h ON h.case_id = COALESCE(z.case_id, g.case_id)
         WHERE h.ended_at IS NULL AND h.until_ms > $2 ORDER BY h.id"
    );
    let text = each_json(what, posts)?;
    query(sql).bind(text).bind(now.millis()).all(tx).await.during(what)
}

/// Of these posts those of which a case is held.
pub async fn posts(tx: &mut Tx, mentions: &[String], now: Timestamp) -> Result<HashSet<String>, StoreError> {
    let what = "looking for held posts";
    if mentions.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = list!(
        tx,
        "SELECT DISTINCT g.mention_id FROM",
        "JOIN judgement g ON g.mention_id = j.value->>0 LEFT JOIN collecting z ON z.id = g.case_id
         JOIN legal_hold h ON h.case_id = COALESCE(z.case_id, g.case_id)
         WHERE h.ended_at IS NULL AND h.until_ms > $2"
    );
    let text = each_json(what, mentions)?;
    let found: Vec<(String,)> = query(sql).bind(text).bind(now.millis()).all(tx).await.during(what)?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Adds the statement that keeps words of held posts where only an export finds them.
pub fn seal(script: &mut Script, contents: &[(String,)]) -> Result<(), StoreError> {
    let sql = list!(
        script,
        "UPDATE content SET id = 'held/' || content.id, kind = 'held' FROM",
        "WHERE content.id = j.value->>0"
    );
    script.add("keeping what is held", sql, contents)
}

/// The post whose words a content holds that is kept for a hold.
fn post_of(content: &str) -> Option<String> {
    Some(content.strip_prefix("held/")?.rsplit_once('/')?.0.to_owned())
}

/// Lets go what authors deleted while a hold stood, where none stands any more; returns how many posts.
pub async fn let_go(tx: &mut Tx, now: Timestamp) -> Result<usize, StoreError> {
    let what = "letting go what was held";
    // Most installations never hold anything.
    let ever: Option<(String,)> = query("SELECT id FROM legal_hold LIMIT 1").maybe(tx).await.during(what)?;
    if ever.is_none() {
        return Ok(0);
    }
    let kept: Vec<(String,)> =
        query("SELECT id FROM content WHERE kind = 'held' ORDER BY id").all(tx).await.during(what)?;
    let mut all: Vec<String> = kept.iter().filter_map(|(id,)| post_of(id)).collect();
    all.sort_unstable();
    all.dedup();
    let held = posts(tx, &all, now).await?;
    let is_over = |id: &str| post_of(id).is_none_or(|post| !held.contains(&post));
    let words: Vec<(String,)> = kept.into_iter().filter(|(id,)| is_over(id)).collect();
    let over: Vec<(&String,)> = all.iter().filter(|post| !held.contains(*post)).map(|post| (post,)).collect();
    let mut script = Script::of(tx, what);
    let sql = list!(script, "DELETE FROM content WHERE id IN (SELECT j.value->>0 FROM", ")");
    script.add(what, sql, &words)?;
    attachment::remove(&mut script, &over)?;
    script.run(tx).await?;
    Ok(over.len())
}

row! {
    /// A hold as a page shows it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ShownHold {
        /// The case.
        pub case_id: String,
        /// Its brand.
        pub brand_id: String,
        /// Its number.
        pub number: i64,
        /// Who set it, by login.
        pub login: Option<String>,
        /// When.
        pub set_at: i64,
        /// Until when.
        pub until_ms: i64,
        /// Why.
        pub ground: Option<String>,
    }
}

/// All that stand for a brand, those that end first in front.
pub async fn of_brand(tx: &mut Tx, brand_id: &str, now: Timestamp) -> Result<Vec<ShownHold>, StoreError> {
    let sql = "SELECT h.case_id, h.brand_id, k.number, p.login, h.set_at, h.until_ms, c.body AS ground
         FROM legal_hold h JOIN cases k ON k.id = h.case_id LEFT JOIN person p ON p.id = h.set_by
         LEFT JOIN content c ON c.id = h.id || '/ground'
         WHERE h.brand_id = $1 AND h.ended_at IS NULL AND h.until_ms > $2 ORDER BY h.until_ms LIMIT 200";
    query(sql).bind(brand_id).bind(now.millis()).all(tx).await.during("reading holds")
}
