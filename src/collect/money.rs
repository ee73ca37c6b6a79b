//! Keeping what sources spend: what was counted goes into the store, and what the whole brand has spent comes back.
//!
//! Every two seconds while something is spent, and every minute otherwise, for other replicas spend of the same
//! budget. What is lost when a process dies is what was spent in those two seconds.

use super::Collector;
use crate::domain::money::month;
use crate::sources::Source;
use crate::store::purse;
use futures_util::FutureExt;
use std::sync::Arc;

impl Collector {
    /// Keeps what was spent since the last time; reads what others spent where `all`.
    pub(super) async fn write_money(&self, sources: &[Arc<dyn Source>], all: bool) {
        for source in sources {
            let Some(money) = source.purse() else { continue };
            let spent = money.take();
            if spent.is_empty() && !all {
                continue;
            }
            let row = purse::Kept {
                source: source.name().to_owned(),
                credential: money.credential().to_owned(),
                platform: money.platform().to_owned(),
                brand: money.brand().to_owned(),
                currency: money.currency().to_owned(),
                budget: money.budget(),
            };
            let month = month(self.clock.now());
            let of = month.clone();
            let written = self.db.write("keeping what was spent", move |tx| {
                async move {
                    purse::put(tx, &row).await?;
                    purse::add(tx, &row.currency, &spent).await?;
                    purse::spent(tx, &row.platform, &row.brand, &month).await
                }
                .boxed()
            });
            match written.await {
                Ok(sum) => {
                    money.know(&of, sum);
                    let name = source.name().to_owned();
                    metrics::gauge!("webcared_spent_this_month", "source" => name.clone())
                        .set(sum as f64 / 1e6);
                    if let Some(budget) = money.budget() {
                        metrics::gauge!("webcared_budget_of_month", "source" => name)
                            .set(budget as f64 / 1e6);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "what was spent could not be kept; trying again");
                    money.put_back();
                }
            }
        }
    }
}
