//! What the front office does about the list 'yesterday at the back door', and which queues its people may see.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::Timestamp;

row! {
    /// What is done about one case of the list.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LineRow {
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// Who sees to it: a login or a team.
        pub owner: String,
        /// By which day, `2026-11-30`; empty for none.
        pub due_day: String,
        /// Who said so last.
        pub person_id: String,
        /// When the action was said: what came after it is compared with what came before.
        pub at: i64,
        /// What they do, if the words are still there.
        pub action: Option<String>,
    }
}

/// The content that holds what is done about a case of the list.
pub fn content_id(case_id: &str) -> String {
    format!("line/{case_id}/action")
}

/// Writes what is done about a case of the list; its words are content.
pub async fn put(tx: &mut Tx, line: &LineRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO back_door_line (brand_id, case_id, owner, due_day, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (brand_id, case_id) DO UPDATE SET owner = excluded.owner, due_day = excluded.due_day,
            person_id = excluded.person_id, at = excluded.at";
    query(sql)
        .bind(&line.brand_id)
        .bind(&line.case_id)
        .bind(&line.owner)
        .bind(&line.due_day)
        .bind(&line.person_id)
        .bind(line.at)
        .run(tx)
        .await
        .map(|_| ())
        .during("writing what is done about a case")
}

/// What is done about the cases of a brand that were resolved in a span.
pub async fn lines(
    tx: &mut Tx,
    brand_id: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<LineRow>, StoreError> {
    let sql = "SELECT l.brand_id, l.case_id, l.owner, l.due_day, l.person_id, l.at, c.body AS action
         FROM ending e JOIN back_door_line l ON l.brand_id = e.brand_id AND l.case_id = e.case_id
            LEFT JOIN content c ON c.id = 'line/' || l.case_id || '/action'
         WHERE e.brand_id = $1 AND e.at >= $2 AND e.at < $3";
    query(sql)
        .bind(brand_id)
        .bind(from.millis())
        .bind(to.millis())
        .all(tx)
        .await
        .during("reading what is done about cases")
}

/// What is done about one case of the list.
pub async fn line(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<LineRow>, StoreError> {
    let sql = "SELECT l.brand_id, l.case_id, l.owner, l.due_day, l.person_id, l.at, c.body AS action
         FROM back_door_line l LEFT JOIN content c ON c.id = 'line/' || l.case_id || '/action'
         WHERE l.brand_id = $1 AND l.case_id = $2";
    query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("reading what is done about a case")
}

/// Who sees to the lines of all brands whose day lies from `first` on and before `today`, each as written. Days are
/// written so that their order is that of their letters.
pub async fn owners_due(tx: &mut Tx, (first, today): (&str, &str)) -> Result<Vec<String>, StoreError> {
    let sql =
        "SELECT DISTINCT owner FROM back_door_line WHERE due_day >= $1 AND due_day < $2 AND owner <> ''";
    let rows: Vec<(String,)> = query(sql)
        .bind(first)
        .bind(today)
        .all(tx)
        .await
        .during("reading who sees to lines that are past their day")?;
    Ok(rows.into_iter().map(|(owner,)| owner).collect())
}

/// The lines of these owners whose day lies there and of which no action whose key begins with `key` told yet, the
/// earliest first.
pub async fn overdue(
    tx: &mut Tx,
    (owners, (first, today)): (&[String], (&str, &str)),
    key: &str,
    limit: i64,
) -> Result<Vec<LineRow>, StoreError> {
    let what = "reading which lines are past their day";
    let sql = list!(
        tx,
        "SELECT l.brand_id, l.case_id, l.owner, l.due_day, l.person_id, l.at, c.body AS action FROM",
        "CROSS JOIN back_door_line l LEFT JOIN content c ON c.id = 'line/' || l.case_id || '/action'
         WHERE l.owner = j.value->>0 AND l.due_day >= $2 AND l.due_day < $3
            AND NOT EXISTS (SELECT 1 FROM action a
                WHERE a.once_key = $4 || ':' || l.case_id || ':' || l.due_day)
         ORDER BY l.due_day, l.case_id LIMIT $5"
    );
    let text = each_json(what, owners)?;
    query(sql).bind(text).bind(first).bind(today).bind(key).bind(limit).all(tx).await.during(what)
}

/// The queues that somebody may see: brand and queue, by name.
pub async fn queues_of(tx: &mut Tx, person_id: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT brand, queue FROM person_queue WHERE person_id = $1 ORDER BY brand, queue";
    query(sql).bind(person_id).all(tx).await.during("reading the queues of a person")
}

/// Sets the queues that somebody may see.
pub async fn set_queues(tx: &mut Tx, person_id: &str, queues: &[(String, String)]) -> Result<(), StoreError> {
    let what = "setting the queues of a person";
    let sql = "DELETE FROM person_queue WHERE person_id = $1";
    query(sql).bind(person_id).run(tx).await.map(|_| ()).during(what)?;
    for (brand, queue) in queues {
        let sql = "INSERT INTO person_queue (person_id, brand, queue) VALUES ($1, $2, $3)
             ON CONFLICT (person_id, brand, queue) DO NOTHING";
        query(sql).bind(person_id).bind(brand).bind(queue).run(tx).await.map(|_| ()).during(what)?;
    }
    Ok(())
}
