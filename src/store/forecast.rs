//! What a forecast reads beside arrivals: how long answers take, how many were given of late, what is due. No person
//! is named here.

use super::query::query;
use super::{During, StoreError, Tx, json, of_brands};
use crate::domain::time::Timestamp;

/// How long the first answer took from the claim before it, in milliseconds, of cases answered since an instant; the
/// latest first, at most `limit`.
pub async fn handling(
    tx: &mut Tx,
    brands: &[String],
    since: Timestamp,
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    let what = "reading how long answers take";
    let sql = of_brands!(
        tx,
        "SELECT w.ms FROM (SELECT k.first_answer_at, k.first_answer_at - (SELECT MAX(e.at) FROM case_event e
                WHERE e.case_id = k.id AND e.kind = 'claim' AND e.at <= k.first_answer_at) AS ms
            FROM cases k WHERE k.changed_at >= $2 AND k.first_answer_at >= $2 AND k.sample = 0 AND k.historic = 0 AND",
        ") w WHERE w.ms IS NOT NULL ORDER BY w.first_answer_at DESC LIMIT $3"
    );
    let text = json(what, brands)?;
    let rows: Vec<(i64,)> =
        query(sql).bind(text).bind(since.millis()).bind(limit).all(tx).await.during(what)?;
    Ok(rows.into_iter().map(|(ms,)| ms).collect())
}

/// How many answers that were owed were given since an instant.
pub async fn answered(tx: &mut Tx, brands: &[String], since: Timestamp) -> Result<i64, StoreError> {
    let what = "counting answers";
    let sql = of_brands!(
        tx,
        "SELECT COUNT(*) FROM cases k JOIN obligation o ON o.case_id = k.id
         WHERE k.changed_at >= $2 AND o.ended_at >= $2 AND o.state IN ('kept', 'broken')
           AND o.kind IN ('first_response', 'next_response') AND k.sample = 0 AND k.historic = 0 AND",
        ""
    );
    let text = json(what, brands)?;
    let (n,): (i64,) = query(sql).bind(text).bind(since.millis()).one(tx).await.during(what)?;
    Ok(n)
}

/// How many open cases owe an answer, by language; what is left to members is not counted.
pub async fn owed(tx: &mut Tx, brands: &[String], now: Timestamp) -> Result<Vec<(String, i64)>, StoreError> {
    let what = "counting what is owed";
    let sql = of_brands!(
        tx,
        "SELECT k.language, COUNT(*) FROM cases k WHERE k.open = 1 AND k.needs_answer = 1 AND k.due_at IS NOT NULL
           AND k.sample = 0 AND k.historic = 0 AND COALESCE(k.held_until, 0) <= $2 AND",
        "GROUP BY k.language ORDER BY k.language"
    );
    query(sql).bind(json(what, brands)?).bind(now.millis()).all(tx).await.during(what)
}

/// The deadlines of the open cases that owe an answer by an instant, late ones too, at most `limit`.
pub async fn due(
    tx: &mut Tx,
    brands: &[String],
    upto: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Timestamp>, StoreError> {
    let what = "reading what is due";
    let sql = of_brands!(
        tx,
        "SELECT k.due_at FROM cases k WHERE k.open = 1 AND k.needs_answer = 1 AND k.due_at <= $2 AND k.sample = 0
           AND k.historic = 0 AND COALESCE(k.held_until, 0) <= $3 AND",
        "ORDER BY k.due_at LIMIT $4"
    );
    let text = json(what, brands)?;
    let rows: Vec<(i64,)> = query(sql)
        .bind(text)
        .bind(upto.millis())
        .bind(now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during(what)?;
    Ok(rows.into_iter().map(|(at,)| Timestamp(at)).collect())
}
