//! Webhooks that go out: actions of the outbox like all others, and what of a case they tell.

use super::rows::ActionRow;
use super::{During, StoreError, Tx, on};

/// The kind of such an action.
pub const KIND: &str = "hook";
/// What the credential of an endpoint begins with; its name follows.
pub const CREDENTIAL: &str = "hook:";

/// The webhooks of a brand that were given up, or that wait, the latest first.
pub async fn deliveries(
    tx: &mut Tx,
    brand_id: &str,
    dead: bool,
    limit: i64,
) -> Result<Vec<ActionRow>, StoreError> {
    let sql = if dead {
        "SELECT * FROM action WHERE state = 'refused' AND state IN ('unknown', 'held', 'by_hand', 'refused')
            AND kind = 'hook' AND brand_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2"
    } else {
        "SELECT * FROM action WHERE state IN ('ready', 'claimed', 'sending') AND kind = 'hook' AND brand_id = $1
         ORDER BY created_at DESC, id DESC LIMIT $2"
    };
    on!(tx, |c| sqlx::query_as(sql).bind(brand_id).bind(limit).fetch_all(c).await).during("reading webhooks")
}
