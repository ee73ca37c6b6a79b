//! Credentials that will end, and rights that they turned out to lack: each stage is told once, a lack once a day.

use super::AGAIN;
use crate::domain::expiry::Stage;
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Tx, grant};
use serde_json::{Value, json};

/// What is to be told now; noted as told in the same transaction.
pub(super) async fn told(tx: &mut Tx, ahead_days: i64, now: Timestamp) -> Result<Vec<Value>, StoreError> {
    let mut bodies = Vec::new();
    for end in grant::ends(tx).await? {
        let stage = end.expiry().stage(now, ahead_days);
        if stage == Stage::Far || stage.number() <= end.told {
            continue;
        }
        grant::note_told(tx, &end, stage.number()).await?;
        bodies.push(json!({ "source": end.source, "kind": "ends", "what": end.what, "why": "",
            "since": now.millis(), "until": end.at, "stage": stage.code() }));
    }
    for lack in grant::lacks(tx).await? {
        if lack.told_at.is_some_and(|at| now.since(Timestamp(at)) < AGAIN) {
            continue;
        }
        grant::note_lack_told(tx, &lack, now).await?;
        bodies.push(json!({ "source": lack.source, "kind": "lacks", "what": lack.of, "why": lack.why,
            "since": lack.since }));
    }
    Ok(bodies)
}
