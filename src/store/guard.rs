//! Public answers that hold personal data and are meant: who asked for it, who stood for it, who looked
//! at it the day after. The words are content `ID/text`, as everywhere.

use super::query::query;
use super::{During, StoreError, Tx, row};
use crate::domain::time::Timestamp;

row! {
    /// One such answer.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PassRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// The case.
        pub case_id: String,
        /// The message that is answered.
        pub mention_id: String,
        /// Which kinds of personal data, parted by blanks; never the data.
        pub kinds: String,
        /// `asked`, `passed`, `refused`, or `alone` where nobody else was on duty.
        pub state: String,
        /// Who wrote the answer.
        pub asked_by: String,
        /// When.
        pub asked_at: i64,
        /// Why it must stand there.
        pub reason: String,
        /// Who decided.
        pub decided_by: Option<String>,
        /// When.
        pub decided_at: Option<i64>,
        /// From when somebody else is to look at it.
        pub review_from: Option<i64>,
        /// Who looked at it.
        pub reviewed_by: Option<String>,
        /// When.
        pub reviewed_at: Option<i64>,
        /// The answer, once it was made.
        pub action_id: Option<String>,
    }
}

/// Adds one.
pub async fn add(tx: &mut Tx, row: &PassRow) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO guard_pass (id, brand_id, case_id, mention_id, kinds, state, asked_by, asked_at, reason,
            decided_by, decided_at, review_from, action_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    query(sql)
        .bind(&row.id)
        .bind(&row.brand_id)
        .bind(&row.case_id)
        .bind(&row.mention_id)
        .bind(&row.kinds)
        .bind(&row.state)
        .bind(&row.asked_by)
        .bind(row.asked_at)
        .bind(&row.reason)
        .bind(&row.decided_by)
        .bind(row.decided_at)
        .bind(row.review_from)
        .bind(&row.action_id)
        .run(tx)
        .await
        .map(|_| ())
        .during("noting who stands for personal data")
}

/// One of a case.
pub async fn get(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Option<PassRow>, StoreError> {
    let sql = "SELECT * FROM guard_pass WHERE brand_id = $1 AND id = $2";
    query(sql).bind(brand_id).bind(id).maybe(tx).await.during("reading who stands for personal data")
}

/// Those of a case, latest first.
pub async fn of_case(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Vec<PassRow>, StoreError> {
    let sql =
        "SELECT * FROM guard_pass WHERE brand_id = $1 AND case_id = $2 ORDER BY asked_at DESC, id LIMIT 20";
    query(sql).bind(brand_id).bind(case_id).all(tx).await.during("reading who stands for personal data")
}

/// Those of a brand that wait for somebody to look at them, oldest first.
pub async fn to_review(tx: &mut Tx, brand_id: &str, now: Timestamp) -> Result<Vec<PassRow>, StoreError> {
    let sql = "SELECT * FROM guard_pass
         WHERE brand_id = $1 AND review_from IS NOT NULL AND review_from <= $2 AND reviewed_at IS NULL
         ORDER BY review_from LIMIT 100";
    query(sql).bind(brand_id).bind(now.millis()).all(tx).await.during("reading what is to be looked at")
}

/// Decides about one that was asked for; tells whether it was still open.
pub async fn decide(
    tx: &mut Tx,
    (brand_id, id): (&str, &str),
    state: &str,
    (by, action): (&str, Option<&str>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE guard_pass SET state = $3, decided_by = $4, decided_at = $5, action_id = $6
         WHERE brand_id = $1 AND id = $2 AND state = 'asked'";
    let moved = query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(state)
        .bind(by)
        .bind(now.millis())
        .bind(action)
        .run(tx)
        .await
        .during("deciding about personal data")?;
    Ok(moved > 0)
}

/// Notes that somebody else looked at one; tells whether it was still to be looked at.
pub async fn review(
    tx: &mut Tx,
    brand_id: &str,
    id: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE guard_pass SET reviewed_by = $3, reviewed_at = $4
         WHERE brand_id = $1 AND id = $2 AND review_from IS NOT NULL AND reviewed_at IS NULL AND asked_by <> $3";
    let moved = query(sql)
        .bind(brand_id)
        .bind(id)
        .bind(by)
        .bind(now.millis())
        .run(tx)
        .await
        .during("noting that somebody looked")?;
    Ok(moved > 0)
}

/// How many others who may work on cases have been seen since an instant.
pub async fn others_on_duty(tx: &mut Tx, person_id: &str, since: Timestamp) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(DISTINCT p.id) FROM login_session s JOIN person p ON p.id = s.person_id
         WHERE p.id <> $1 AND p.disabled_at IS NULL AND p.role NOT IN ('auditor', 'front_office') AND s.seen_at >= $2";
    let found: (i64,) =
        query(sql).bind(person_id).bind(since.millis()).one(tx).await.during("looking who is on duty")?;
    Ok(found.0)
}

/// How many answers of a newcomer passed as they were written.
pub async fn passed_of(tx: &mut Tx, person_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM guard_pass WHERE asked_by = $1 AND state = 'passed'
           AND (' ' || kinds || ' ') LIKE '% newcomer %' AND (' ' || kinds || ' ') NOT LIKE '% holding %'";
    let (n,): (i64,) = query(sql).bind(person_id).one(tx).await.during("counting what passed unchanged")?;
    Ok(n)
}

/// Every newcomer who may log in, by id, with how many of their answers passed as they were written.
pub async fn newcomers(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT p.id, (SELECT COUNT(*) FROM guard_pass g WHERE g.asked_by = p.id AND g.state = 'passed'
                AND (' ' || g.kinds || ' ') LIKE '% newcomer %'
                AND (' ' || g.kinds || ' ') NOT LIKE '% holding %') AS passed
         FROM person p WHERE p.role = 'newcomer' AND p.disabled_at IS NULL ORDER BY p.id";
    query(sql).all(tx).await.during("counting what newcomers passed")
}

/// Forgets the words that were asked about: once decided they are needed no more.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    let (sql, id) = ("DELETE FROM content WHERE id = $1", format!("{id}/text"));
    query(sql).bind(id).run(tx).await.map(|_| ()).during("forgetting words")
}
