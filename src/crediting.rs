//! The ledger of helpers: how answers of members were received, asked again and again for some weeks.
//!
//! An optional module; where it is off nothing is asked and nothing is kept. One process at a time asks, by lease, a
//! few answers a round, within the budget of reading. Points are not counted here ([`crate::domain::kudos`]).

use crate::clock::Clock;
use crate::domain::kudos::Void;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::sources::reply::PostRef;
use crate::sources::{Source, SourceTrouble};
use crate::store::kudos::{self, Noted, ToCheck};
use crate::store::{Db, StoreError, lease};
use std::sync::Arc;

const PERIOD: Span = Span::minutes(15);
const LEASE: Span = Span::minutes(20);
/// Most answers of one source in a round.
const ROUND: i64 = 60;
/// An answer is looked at once in so long, for likes and marks come late.
const LOOK_AGAIN: Span = Span::hours(6);
/// How long after it was given an answer is looked at.
const LOOKED_AT: Span = Span::days(30);

/// What the ledger is kept with.
#[derive(Clone)]
pub struct Crediting {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This process, as leases name it.
    pub owner: String,
    /// The sources that can tell, each with its brand by id.
    pub sources: Vec<(Arc<dyn Source>, String)>,
}

impl Crediting {
    /// Looks until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        shutdown.spawn_every("crediting", PERIOD, move || {
            let this = self.clone();
            async move {
                if let Err(error) = this.run_once().await {
                    tracing::warn!(%error, "the ledger of helpers was not written; it tries again");
                }
                0
            }
        });
    }

    /// One round; tells how many answers were looked at.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let (now, owner) = (self.clock.now(), self.owner.clone());
        let held = self.db.write_again("taking the lease of the ledger", move |tx| {
            let owner = owner.clone();
            Box::pin(async move { Ok(lease::take(tx, "crediting", &owner, now, LEASE).await?.is_some()) })
        });
        if !held.await? {
            return Ok(0);
        }
        let mut looked = 0;
        for (source, brand_id) in &self.sources {
            looked += self.of_source(&**source, brand_id, now).await?;
        }
        Ok(looked)
    }

    async fn of_source(&self, source: &dyn Source, brand: &str, now: Timestamp) -> Result<usize, StoreError> {
        let Some(helpers) = source.helpers() else { return Ok(0) };
        let name = source.name().to_owned();
        let wanted = self.db.read("reading answers of members", move |tx| {
            let times = (now.minus(LOOKED_AT), now.minus(LOOK_AGAIN));
            Box::pin(async move { kudos::to_check(tx, &name, times, ROUND).await })
        });
        let mut looked = 0;
        // One by one, so that what a refusal cuts off keeps what was learned before it.
        for answer in wanted.await? {
            let asked = [post_ref(&answer)];
            let received = match helpers.received(&asked).await {
                Ok(received) => received.into_iter().next().flatten(),
                Err(trouble) => {
                    told(source.name(), &trouble);
                    break;
                }
            };
            let own = answer.asker_id.as_ref() == Some(&answer.helper_id);
            let own = own.then_some(Void::OwnTopic);
            let of = (brand.to_owned(), source.name().to_owned());
            // What cannot be told now keeps what is known, and is asked again after the others.
            let Some(received) = received else {
                let void = own.map_or("", Void::code);
                let noted = self.db.write_again("noting a look at an answer", move |tx| {
                    let (of, answer) = (of.clone(), answer.clone());
                    Box::pin(async move { kudos::looked(tx, (&of.0, &of.1), &answer, void, now).await })
                });
                noted.await?;
                continue;
            };
            let void = received.void.or(own);
            let noted = [Noted {
                answer,
                accepted: received.accepted,
                likes: received.likes,
                void: void.map_or("", Void::code).to_owned(),
            }];
            let written = self.db.write_again("writing the ledger of helpers", move |tx| {
                let (of, noted) = (of.clone(), noted.clone());
                Box::pin(async move { kudos::put(tx, (&of.0, &of.1), &noted, now).await })
            });
            written.await?;
            looked += 1;
        }
        Ok(looked)
    }
}

fn told(source: &str, trouble: &SourceTrouble) {
    // The looks tell of the same trouble, and loudly.
    tracing::debug!(source, why = trouble.why, "how answers were received could not be asked");
}

fn post_ref(answer: &ToCheck) -> PostRef {
    PostRef {
        external_id: answer.external_id.clone(),
        authority: answer.authority.clone(),
        ..PostRef::default()
    }
}
