//! What one batch came to, and what follows from it in the same commit.

use super::Tally;
use crate::casework::{protocols, sectors};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::protocol::ProtocolKind;
use crate::domain::time::Timestamp;
use crate::store::taken::Changes;
use crate::store::{StoreError, Tx, inbox};

/// What one committed batch came to.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub tally: Tally,
    pub counts: Vec<inbox::Count>,
    pub cases: Vec<(String, String)>,
    protocols: Vec<(String, String, ProtocolKind, Timestamp)>,
    pub has_actions: bool,
}

impl Settled {
    pub fn note(&mut self, changes: Changes) {
        self.tally.add(Tally::of(&changes.counts));
        let cases = changes.made_cases.iter().chain(&changes.cases).chain(&changes.quiet_cases);
        self.cases.extend(cases.map(|c| (c.brand_id.clone(), c.id.clone())));
        self.has_actions |= !changes.actions.is_empty();
        self.protocols.extend(changes.protocols);
        self.counts.extend(changes.counts);
    }

    /// What follows from a batch that is written: sectors and protocols are proposed in the same commit.
    pub async fn follow(
        &mut self,
        tx: &mut Tx,
        catalogue: &Catalogue,
        mint: &Mint,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sectors::propose(tx, catalogue, &self.cases, now).await?;
        let proposed = std::mem::take(&mut self.protocols);
        self.has_actions |= protocols::propose(tx, (catalogue, mint), &self.cases, proposed, now).await?;
        Ok(())
    }
}
