//! What one batch came to, and what follows from it in the same commit.

use super::Tally;
use crate::casework::{owed, protocols, sectors};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::protocol::ProtocolKind;
use crate::domain::time::Timestamp;
use crate::store::rows::ActionRow;
use crate::store::taken::Changes;
use crate::store::{StoreError, Tx, bulk, inbox};

/// What one committed batch came to.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub tally: Tally,
    pub counts: Vec<inbox::Count>,
    pub cases: Vec<(String, String)>,
    protocols: Vec<(String, String, ProtocolKind, Timestamp)>,
    owed: Vec<ActionRow>,
    pub has_actions: bool,
}

impl Settled {
    pub fn note(&mut self, changes: Changes) {
        self.tally.add(Tally::of(&changes.counts));
        let cases = changes.made_cases.iter().chain(&changes.cases).chain(&changes.quiet_cases);
        self.cases.extend(cases.map(|c| (c.brand_id.clone(), c.id.clone())));
        self.has_actions |= !changes.actions.is_empty();
        self.protocols.extend(changes.protocols);
        self.owed.extend(changes.owed);
        self.counts.extend(changes.counts);
    }

    /// What follows from a batch that is written: sectors and protocols are proposed in the same commit, and
    /// who is to hear that a promise is due soon is told.
    pub async fn follow(
        &mut self,
        tx: &mut Tx,
        catalogue: &Catalogue,
        mint: &Mint,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sectors::propose(tx, catalogue, &self.cases, now).await?;
        let owed = owed::routed(tx, &self.owed, now).await?;
        if !owed.is_empty() {
            self.has_actions = true;
            bulk::insert_actions(tx, &owed).await?;
        }
        let proposed = std::mem::take(&mut self.protocols);
        self.has_actions |= protocols::propose(tx, (catalogue, mint), &self.cases, proposed, now).await?;
        Ok(())
    }
}
