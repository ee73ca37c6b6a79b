//! That somebody looked under the covers of personal data, which are there until a case is claimed, or at a delivery that
//! could not be read, stands in the audit.

use super::{Actor, Casework, CaseworkError};
use crate::domain::audit::Entry;
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
        self.note_all_uncovered(&[(brand_id.to_owned(), case_id.to_owned())], actor).await
    }

    /// The same of several cases, brand and case by id, as a list shows them.
    ///
    /// # Errors
    /// The store's; then nothing may be shown.
    pub async fn note_all_uncovered(
        &self,
        cases: &[(String, String)],
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        if cases.is_empty() {
            return Ok(());
        }
        let slot = self.clock.now().millis().div_euclid(ONE_LOOK.millis());
        let look = |(brand_id, case_id): &(String, String)| {
            let name = format!("uncover:{case_id}:{}:{slot}", actor.person);
            (name, self.done(actor, "case.uncover", (brand_id, case_id)))
        };
        self.note_looks(cases.iter().map(look).collect()).await
    }

    /// Writes down that somebody reads a delivery that could not be read, by id, as it came: it is covered nowhere.
    ///
    /// # Errors
    /// The store's; then nothing may be shown.
    pub async fn note_quarantine_read(&self, payload: &str, actor: &Actor) -> Result<(), CaseworkError> {
        let slot = self.clock.now().millis().div_euclid(ONE_LOOK.millis());
        let name = format!("quarantine:{payload}:{}:{slot}", actor.person);
        self.note_looks(vec![(name, self.done(actor, "quarantine.read", ("", payload)))]).await
    }

    /// Writes looks down, each under the name of which there is one within its time.
    async fn note_looks(&self, looks: Vec<(String, Entry)>) -> Result<(), CaseworkError> {
        let now = self.clock.now();
        let noted = self.db.write_again("writing down a look at personal data", move |tx| {
            let looks = looks.clone();
            Box::pin(async move {
                for (name, entry) in &looks {
                    if console::first_time(tx, name, now, now.plus(ONE_LOOK)).await? {
                        audit::append(tx, entry, now).await?;
                    }
                }
                Ok(())
            })
        });
        Ok(noted.await?)
    }
}
