//! A batch that cannot be taken in together is taken in apart: one payload on which reading or the database breaks does
//! not keep the others waiting.
//!
//! The batch is halved until what fails stands alone, in the order in which it came. What fails alone is
//! quarantined, kept as it came and shown to a person, once another payload of the round went well: where all
//! fail, something else is broken, and they wait.

use super::settled::Settled;
use super::{Intake, Item, settle};
use crate::store::{StoreError, inbox};

const APART: &str = "taking deliveries in one by one";

impl Intake {
    /// Settles the oldest payloads that wait in parts, after taking them in together broke with `error`; returns how
    /// many were settled, or that error if none could be.
    pub(super) async fn settle_apart(&self, limit: usize, error: StoreError) -> Result<usize, StoreError> {
        let waiting = self.db.write_again("reading the inbox", move |tx| {
            Box::pin(async move {
                let waiting = inbox::waiting(tx, limit as i64).await?;
                Ok(waiting.into_iter().map(|w| w.id).collect::<Vec<_>>())
            })
        });
        let (mut parts, mut alone, mut done) = (vec![waiting.await?], Vec::new(), 0);
        while let Some(mut part) = parts.pop() {
            match self.settle_some(part.clone(), None).await {
                Ok(settled) => done += self.tell(&settled),
                Err(error) if part.len() > 1 && error.lies_in_data() => {
                    parts.push(part.split_off(part.len() / 2));
                    parts.push(part);
                }
                Err(error) if error.lies_in_data() => alone.push((part, error)),
                Err(error) => return Err(error),
            }
        }
        if done == 0 {
            return Err(error);
        }
        for (part, error) in alone {
            // Somebody else writes the same: it comes again.
            if error.is_conflict() {
                continue;
            }
            tracing::error!(%error, id = ?part, "a delivery cannot be taken in; it is quarantined");
            done += self.tell(&self.settle_some(part, Some(error.without_values())).await?);
        }
        Ok(done)
    }

    /// Settles those of some payloads that still wait and that no other replica has in hand; as unreadable, if it is
    /// said why.
    async fn settle_some(&self, ids: Vec<String>, why: Option<String>) -> Result<Settled, StoreError> {
        let (reader, rules, mint, now) = (self.reader(), self.rules(), self.mint.clone(), self.clock.now());
        let batch = self.db.write_again(APART, move |tx| {
            let (reader, rules, mint) = (reader.clone(), rules.clone(), mint.clone());
            let (ids, why) = (ids.clone(), why.clone());
            Box::pin(async move {
                let waiting = inbox::waiting_of(tx, &ids).await?;
                let items = match why {
                    None => reader.read_all(&rules, waiting),
                    Some(why) => waiting.into_iter().map(|w| Item::waiting(w, Err(why.clone()))).collect(),
                };
                settle(tx, &reader, &rules, &mint, &items, now).await
            })
        });
        batch.await
    }
}
