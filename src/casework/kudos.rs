//! That somebody took the ledger of helpers, or figures of colleagues by name, out as a file stands in the audit.

use super::{Actor, Casework, CaseworkError};
use crate::store::audit;

impl Casework {
    /// Writes down that the ledger of these brands, by id, was taken out.
    pub async fn note_helpers_taken(&self, brands: &[String], actor: &Actor) -> Result<(), CaseworkError> {
        self.note_taken("helpers.export", brands, actor).await
    }

    /// Writes down that figures of colleagues by name, of these brands by id, were taken out.
    pub async fn note_staff_taken(&self, brands: &[String], actor: &Actor) -> Result<(), CaseworkError> {
        self.note_taken("staff.export", brands, actor).await
    }

    async fn note_taken(&self, act: &str, brands: &[String], actor: &Actor) -> Result<(), CaseworkError> {
        let now = self.clock.now();
        let entries: Vec<_> = brands.iter().map(|b| self.done(actor, act, (b, ""))).collect();
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
