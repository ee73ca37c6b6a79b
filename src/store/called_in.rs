//! Colleagues who are named in a note, until they have looked at the case.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// Somebody named in a note.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CalledIn {
        /// The case.
        pub case_id: String,
        /// Its number.
        pub number: i64,
        /// The brand.
        pub brand_id: String,
        /// Who wrote the note.
        pub made_by: String,
        /// When.
        pub at: i64,
    }
}

/// Notes that a note, the event `seq` of a case, names somebody.
pub async fn put(
    tx: &mut Tx,
    (brand_id, case_id, seq): (&str, &str, i64),
    (person_id, made_by): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO called_in (case_id, seq, person_id, brand_id, made_by, at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    query(sql)
        .bind(case_id)
        .bind(seq)
        .bind(person_id)
        .bind(brand_id)
        .bind(made_by)
        .bind(now.millis())
        .run(tx)
        .await
        .map(|_| ())
        .during("naming a colleague")
}

/// Where somebody is named and has not looked yet, the latest first.
pub async fn unseen(tx: &mut Tx, person_id: &str, most: i64) -> Result<Vec<CalledIn>, StoreError> {
    let sql = "SELECT n.case_id, k.number, n.brand_id, n.made_by, n.at FROM called_in n
         JOIN cases k ON k.id = n.case_id AND k.brand_id = n.brand_id
         WHERE n.person_id = $1 AND n.seen_at IS NULL ORDER BY n.at DESC, n.case_id LIMIT $2";
    query(sql).bind(person_id).bind(most).all(tx).await.during("reading where somebody is named")
}

/// Who is named in notes of a case and has not looked yet, by id.
pub async fn waiting(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<String>, StoreError> {
    let sql =
        "SELECT DISTINCT person_id FROM called_in WHERE case_id = $2 AND brand_id = $1 AND seen_at IS NULL";
    let rows: Vec<(String,)> =
        query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading who is named")?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Somebody has looked at a case: what named them there is seen. Tells whether anything was new.
pub async fn seen(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    person_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE called_in SET seen_at = $4
         WHERE person_id = $3 AND case_id = $2 AND brand_id = $1 AND seen_at IS NULL";
    let done = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(person_id)
        .bind(now.millis())
        .run(tx)
        .await
        .during("noting that somebody has looked")?;
    Ok(done > 0)
}
