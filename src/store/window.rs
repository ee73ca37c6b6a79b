//! What is known of the windows of private channels: when a customer last wrote in a private conversation, and which
//! cases owe an answer that can be given for a short time only.

use super::query::query;
use super::{During, StoreError, Tx};
use crate::domain::time::Timestamp;

/// When the customer last wrote in the private conversation of a mention; nothing where it is no private one.
pub async fn last_inbound(tx: &mut Tx, mention_id: &str) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT MAX(n.posted_at) FROM mention m JOIN mention n ON n.conversation_id = m.conversation_id
         WHERE m.id = $1 AND m.private = 1 AND n.private = 1";
    let (at,): (Option<i64>,) =
        query(sql).bind(mention_id).one(tx).await.during("reading when a customer last wrote")?;
    Ok(at.map(Timestamp))
}

/// The latest private mention of a case, with its platform and when its customer last wrote there.
pub async fn of_case(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
) -> Result<Option<(String, String)>, StoreError> {
    let sql = "SELECT m.id, m.platform FROM judgement g JOIN mention m ON m.id = g.mention_id
         WHERE g.brand_id = $1 AND g.case_id = $2 AND m.private = 1 ORDER BY m.posted_at DESC, m.id DESC LIMIT 1";
    query(sql)
        .bind(brand_id)
        .bind(case_id)
        .maybe(tx)
        .await
        .during("reading the private conversation of a case")
}

/// Where a look at what is owed goes on: when the last message was posted that was read, and its id.
pub type Place = (i64, String);

/// The open cases of a brand that owe an answer in private on a platform and whose customer last wrote behind a place
/// and not after an instant: case, their last message, and when it was. In the order of messages, at most so many.
pub async fn owing(
    tx: &mut Tx,
    (brand_id, platform): (&str, &str),
    (behind, until): (&Place, Timestamp),
    limit: i64,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    let sql = "SELECT k.id, m.id, m.posted_at FROM mention m
         JOIN judgement g ON g.mention_id = m.id AND g.revision = m.revision AND g.brand_id = $1
         JOIN cases k ON k.id = g.case_id AND k.brand_id = $1
         WHERE m.private = 1 AND m.platform = $2 AND m.posted_at >= $3 AND (m.posted_at > $3 OR m.id > $4)
            AND m.posted_at <= $5 AND m.historic = 0
            AND k.open = 1 AND k.needs_answer = 1 AND k.sample = 0
            AND k.state IN ('new', 'working', 'waiting_front_office')
            AND NOT EXISTS (SELECT 1 FROM mention n WHERE n.private = 1 AND n.conversation_id = m.conversation_id
                AND n.posted_at > m.posted_at)
         ORDER BY m.posted_at, m.id LIMIT $6";
    query(sql)
        .bind(brand_id)
        .bind(platform)
        .bind(behind.0)
        .bind(&behind.1)
        .bind(until.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("looking for private windows that close")
}

/// The cases of a brand of which it is noted when their window closes.
pub async fn marked(tx: &mut Tx, brand_id: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT id, closing_at FROM cases WHERE brand_id = $1 AND closing_at IS NOT NULL ORDER BY id";
    query(sql).bind(brand_id).all(tx).await.during("reading private windows that close")
}

/// Notes when the window of a case closes, or that it does not soon; tells whether that was not noted already.
pub async fn mark(
    tx: &mut Tx,
    brand_id: &str,
    case_id: &str,
    at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE cases SET closing_at = CAST($3 AS BIGINT) WHERE brand_id = $1 AND id = $2
            AND COALESCE(closing_at, -1) <> COALESCE(CAST($3 AS BIGINT), -1)";
    let changed = query(sql)
        .bind(brand_id)
        .bind(case_id)
        .bind(at.map(Timestamp::millis))
        .run(tx)
        .await
        .during("noting when a private window closes")?;
    Ok(changed > 0)
}
