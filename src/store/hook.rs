//! Webhooks that go out: actions of the outbox like all others, and what of a case they tell.

use super::query::query;
use super::rows::ActionRow;
use super::{During, StoreError, Tx};

/// The kind of such an action.
pub const KIND: &str = "hook";
/// What the credential of an endpoint begins with; its name follows.
pub const CREDENTIAL: &str = "hook:";

/// The webhooks of a brand that were given up, or that wait, the latest first, behind one by its instant and id.
pub async fn deliveries(
    tx: &mut Tx,
    brand_id: &str,
    dead: bool,
    (at, id): (i64, &str),
    limit: i64,
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = if dead {
        "SELECT * FROM action WHERE state = 'refused' AND state IN ('unknown', 'held', 'by_hand', 'refused')
            AND kind = 'hook' AND brand_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3))
         ORDER BY created_at DESC, id DESC LIMIT $4"
    } else {
        "SELECT * FROM action WHERE state IN ('ready', 'claimed', 'sending') AND kind = 'hook' AND brand_id = $1
            AND (created_at < $2 OR (created_at = $2 AND id < $3))
         ORDER BY created_at DESC, id DESC LIMIT $4"
    };
    query(sql).bind(brand_id).bind(at).bind(id).bind(limit).all(tx).await.during("reading webhooks")
}
