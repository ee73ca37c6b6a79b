//! That somebody looked under the covers of personal data, which are there until a case is claimed, stands in the audit.

use super::{Actor, Casework, CaseworkError};
use crate::domain::time::Span;
use crate::store::{audit, console};

/// Looks of one person at one case within such a time are one act: a page is read again each time that something
/// happens.
const ONE_LOOK: Span = Span::minutes(15);

impl Casework {
    /// Writes down that somebody sees the personal data of a case that they have not claimed.
    ///
    /// # Errors
    /// The store's; then nothing may be shown.
    pub async fn note_uncovered(
        &self,
        brand_id: &str,
        case_id: &str,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        let now = self.clock.now();
        let name =
            format!("uncover:{case_id}:{}:{}", actor.person, now.millis().div_euclid(ONE_LOOK.millis()));
        let entry = self.done(actor, "case.uncover", (brand_id, case_id));
        let noted = self.db.write_again("writing down a look at personal data", move |tx| {
            let (name, entry) = (name.clone(), entry.clone());
            Box::pin(async move {
                if console::first_time(tx, &name, now, now.plus(ONE_LOOK)).await? {
                    audit::append(tx, &entry, now).await?;
                }
                Ok(())
            })
        });
        Ok(noted.await?)
    }
}
