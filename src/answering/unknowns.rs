//! The word to a person where nobody can tell whether an answer was sent.

use crate::alerting;
use crate::catalogue::Current;
use crate::clock::{Clock, Mint};
use crate::domain::time::Span;
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, bulk, case, outbox};
use std::sync::Arc;
use tokio::sync::Notify;

/// How long looking at the platform may take before a person hears of an unknown; with the period in which that is looked
/// at and the lease of a vanished owner this stays within the minute that is promised.
const TELL_AFTER: Span = Span::seconds(20);

/// Tells the team of answers of which nobody can say whether they were sent.
pub struct Teller {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// Brands and teams.
    pub catalogue: Current,
    /// Woken when there is something to send.
    pub outbox: Arc<Notify>,
}

impl Teller {
    /// Tells of what has been unknown for too long; returns of how many.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let (catalogue, mint) = (self.catalogue.get(), self.mint.clone());
        let told = self.db.write_again("telling of unknowns", move |tx| {
            let (catalogue, mint) = (catalogue.clone(), mint.clone());
            Box::pin(async move {
                let unknown = outbox::take_untold(tx, now.minus(TELL_AFTER), now).await?;
                let mut alerts = Vec::new();
                let told = |a: &&ActionRow| {
                    outbox::CUSTOMER_KINDS.iter().chain(&outbox::TICKET_KINDS).any(|kind| *kind == a.kind)
                };
                for action in unknown.iter().filter(told) {
                    let Some(case_id) = &action.case_id else { continue };
                    let Some(case) = case::look(tx, &action.brand_id, case_id).await? else { continue };
                    let Some(watched) = catalogue.brand(&action.brand_id) else { continue };
                    let name = &watched.brand.name;
                    alerts.extend(alerting::unknown(&case, name, action, &catalogue.teams, &mint, now));
                }
                bulk::insert_actions(tx, &alerts).await?;
                Ok(unknown.len())
            })
        });
        let told = told.await?;
        if told > 0 {
            self.outbox.notify_waiters();
        }
        Ok(told)
    }
}
