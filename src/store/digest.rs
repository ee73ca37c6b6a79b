//! What lists in the chat read: cases that no alert told of, and what is open.
//!
//! Every function takes the brands that the chat hears of, by id, and looks at nothing else. Cases
//! are taken by ranges of their ids, which rise with the time at which they were made.

use super::each::each_json;
use super::query::query;
use super::{During, StoreError, Tx, list, row};
use crate::domain::time::Timestamp;

row! {
    /// A case that a list in the chat names.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Listed {
        /// The case.
        pub id: String,
        /// 1 to 5.
        pub level: i64,
    }
}

/// Cases of some brands made after id `after` up to id `upto` that need an answer and were not
/// told of by an alert.
pub async fn fresh_cases(
    tx: &mut Tx,
    brands: &[String],
    after: &str,
    upto: &str,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    let what = "reading new cases";
    let sql = list!(
        tx,
        "SELECT k.id, k.level FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.id > $2 AND k.id <= $3 AND k.open = 1 AND k.needs_answer = 1
           AND k.sample = 0 AND k.historic = 0 AND k.held_until IS NULL
           AND NOT EXISTS (SELECT 1 FROM action a WHERE a.case_id = k.id AND a.kind = 'alert')
         ORDER BY k.level, k.id LIMIT $4"
    );
    let text = each_json(what, brands)?;
    query(sql).bind(text).bind(after).bind(upto).bind(limit).all(tx).await.during(what)
}

/// Cases of some brands that were left to members first until an instant in (after, upto], and still need an
/// answer.
pub async fn freed_cases(
    tx: &mut Tx,
    brands: &[String],
    after: Timestamp,
    upto: Timestamp,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    let what = "reading what members left";
    let sql = list!(
        tx,
        "SELECT k.id, k.level FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.held_until > $2 AND k.held_until <= $3 AND k.open = 1
           AND k.needs_answer = 1
           AND NOT EXISTS (SELECT 1 FROM action a WHERE a.case_id = k.id AND a.kind = 'alert')
         ORDER BY k.level, k.id LIMIT $4"
    );
    let text = each_json(what, brands)?;
    query(sql).bind(text).bind(after.millis()).bind(upto.millis()).bind(limit).all(tx).await.during(what)
}

/// How many promised answers of some brands were kept, ended in [from, to).
pub async fn kept_between(
    tx: &mut Tx,
    brands: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<i64, StoreError> {
    let what = "counting kept promises";
    let sql = list!(
        tx,
        "SELECT COUNT(*) FROM",
        "CROSS JOIN cases k JOIN obligation o ON o.case_id = k.id
         WHERE k.brand_id = j.value->>0 AND k.changed_at >= $2 AND k.sample = 0 AND k.historic = 0
           AND o.state = 'kept' AND o.kind IN ('first_response', 'next_response')
           AND o.ended_at >= $2 AND o.ended_at < $3"
    );
    let text = each_json(what, brands)?;
    let (n,): (i64,) =
        query(sql).bind(text).bind(from.millis()).bind(to.millis()).one(tx).await.during(what)?;
    Ok(n)
}

/// The open cases of some brands that need an answer: how many, and the first of them by risk.
pub async fn open_cases(
    tx: &mut Tx,
    brands: &[String],
    limit: i64,
) -> Result<(i64, Vec<Listed>), StoreError> {
    let what = "reading open cases";
    let text = each_json(what, brands)?;
    let sql = list!(
        tx,
        "SELECT COUNT(*) FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.open = 1 AND k.needs_answer = 1 AND k.sample = 0"
    );
    let (n,): (i64,) = query(sql).bind(&text).one(tx).await.during(what)?;
    let sql = list!(
        tx,
        "SELECT k.id, k.level FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.open = 1 AND k.needs_answer = 1 AND k.sample = 0
         ORDER BY k.level, COALESCE(k.due_at, 9000000000000000), k.id LIMIT $2"
    );
    let rows = query(sql).bind(&text).bind(limit).all(tx).await.during(what)?;
    Ok((n, rows))
}

/// The cases of some brands that a person has claimed: how many, and the first of them by risk.
pub async fn claimed_cases(
    tx: &mut Tx,
    brands: &[String],
    person_id: &str,
    now: Timestamp,
    limit: i64,
) -> Result<(i64, Vec<Listed>), StoreError> {
    let what = "reading claimed cases";
    let text = each_json(what, brands)?;
    let sql = list!(
        tx,
        "SELECT COUNT(*) FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.open = 1 AND k.claimed_by = $2
           AND (k.claimed_until IS NULL OR k.claimed_until > $3)"
    );
    let (n,): (i64,) =
        query(sql).bind(&text).bind(person_id).bind(now.millis()).one(tx).await.during(what)?;
    let sql = list!(
        tx,
        "SELECT k.id, k.level FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.open = 1 AND k.claimed_by = $2
           AND (k.claimed_until IS NULL OR k.claimed_until > $3)
         ORDER BY k.level, COALESCE(k.due_at, 9000000000000000), k.id LIMIT $4"
    );
    let rows =
        query(sql).bind(&text).bind(person_id).bind(now.millis()).bind(limit).all(tx).await.during(what)?;
    Ok((n, rows))
}

/// The open cases of some brands whose answer is late at `now` or falls due by `upto`: how many are
/// late, how many fall due, and the first of them by their deadline.
pub async fn late_cases(
    tx: &mut Tx,
    brands: &[String],
    now: Timestamp,
    upto: Timestamp,
    limit: i64,
) -> Result<(i64, i64, Vec<Listed>), StoreError> {
    let what = "reading late cases";
    let text = each_json(what, brands)?;
    let sql = list!(
        tx,
        "SELECT COUNT(CASE WHEN k.due_at < $2 THEN 1 END), COUNT(*) FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.open = 1 AND k.needs_answer = 1 AND k.sample = 0 AND k.due_at <= $3"
    );
    let (late, all): (i64, i64) =
        query(sql).bind(&text).bind(now.millis()).bind(upto.millis()).one(tx).await.during(what)?;
    let sql = list!(
        tx,
        "SELECT k.id, k.level FROM",
        "CROSS JOIN cases k
         WHERE k.brand_id = j.value->>0 AND k.open = 1 AND k.needs_answer = 1 AND k.sample = 0 AND k.due_at <= $2
         ORDER BY k.due_at, k.level, k.id LIMIT $3"
    );
    let rows = query(sql).bind(&text).bind(upto.millis()).bind(limit).all(tx).await.during(what)?;
    Ok((late, all - late, rows))
}
