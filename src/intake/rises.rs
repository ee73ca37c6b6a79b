//! The rises in whose time anything was said that a batch touches.

use super::plan::Known;
use super::read::Item;
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Tx, surge};

/// Reads them, once the messages that the batch touches are known.
pub(super) async fn load(tx: &mut Tx, known: &mut Known, items: &[Item]) -> Result<(), StoreError> {
    let posted = items.iter().filter_map(|i| i.read.as_ref().ok()).map(|r| r.post.posted_at.millis());
    let known_of = known.messages.iter().map(|m| m.posted_at);
    let oldest = posted.chain(known_of).chain(known.collected.iter().map(|c| c.posted_at)).min();
    if let Some(oldest) = oldest {
        known.rises = surge::rises(tx, Timestamp(oldest)).await?;
    }
    Ok(())
}
