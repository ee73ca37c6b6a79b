//! That somebody took the ledger of helpers out as a file stands in the audit.

use super::{Actor, Casework, CaseworkError};
use crate::store::audit;

impl Casework {
    /// Writes down that the ledger of these brands, by id, was taken out.
    pub async fn note_helpers_taken(&self, brands: &[String], actor: &Actor) -> Result<(), CaseworkError> {
        let now = self.clock.now();
        let entries: Vec<_> = brands.iter().map(|b| self.done(actor, "helpers.export", (b, ""))).collect();
        let noted = self.db.write_again("writing down an export", move |tx| {
            let entries = entries.clone();
            Box::pin(async move {
                for entry in &entries {
                    audit::append(tx, entry, now).await?;
                }
                Ok(())
            })
        });
        Ok(noted.await?)
    }
}
