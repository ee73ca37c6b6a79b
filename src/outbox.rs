//! The outbox's worker: claim, commit, mark as sending, call, record.
//!
//! One worker serves one credential and works only while it holds that credential's lease, so
//! that the budget it keeps is the whole budget. Whatever happens in the call, the outcome is one
//! of five; there is one retry layer, and it is here.

use crate::clock::{Chance, Clock};
use crate::domain::delivery::{ActionState, Outcome, Repeat, RetryLaw};
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::{Shutdown, every};
use crate::store::outbox::{self, Record};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, lease};
use std::sync::Arc;
use tokio::sync::Notify;

/// How long a claim holds; more than twice the longest call.
pub const CLAIM_LEASE: Span = Span::seconds(60);
/// How long the lease of a credential holds.
pub const CREDENTIAL_LEASE: Span = Span::seconds(60);
/// The longest that a deliverer may take over one batch.
pub const CALL_MAX: Span = Span::seconds(25);
const BATCH: i64 = 50;
const PERIOD: Span = Span::seconds(1);

/// What carries actions out with one credential.
#[async_trait::async_trait]
pub trait Deliver: Send + Sync {
    /// The credential, as actions name it.
    fn credential(&self) -> &str;

    /// Whether an effect may be repeated when it is not known whether it happened.
    fn repeat(&self) -> Repeat;

    /// How many of the first of these may go now, within the budget; 0 for none yet.
    fn room(&self, ready: &[ActionRow], now: Timestamp) -> usize {
        let _ = now;
        ready.len()
    }

    /// When each of these may go: `None` is at once, an instant is not before it. What may not go is
    /// handed back without counting as an attempt. By default the first [`Deliver::room`] go and
    /// the rest keep their place.
    async fn schedule(&self, ready: &[ActionRow], now: Timestamp) -> Vec<Option<Timestamp>> {
        let room = self.room(ready, now);
        let keep = |(at, a): (usize, &ActionRow)| (at >= room).then_some(Timestamp(a.not_before));
        ready.iter().enumerate().map(keep).collect()
    }

    /// Carries out actions that are marked as sending; one outcome for each, in order.
    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome>;
}

/// A worker for one credential.
pub struct Worker {
    db: Db,
    clock: Arc<dyn Clock>,
    chance: Arc<Chance>,
    owner: String,
    law: RetryLaw,
    deliver: Arc<dyn Deliver>,
}

impl Worker {
    /// A worker that sends by `deliver` in the name of this process.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        chance: Arc<Chance>,
        owner: String,
        deliver: Arc<dyn Deliver>,
    ) -> Self {
        Self { db, clock, chance, owner, law: RetryLaw::default(), deliver }
    }

    /// Runs until the order to stop, woken by `nudge`; hands its lease back at the end.
    pub fn spawn(self, shutdown: &Shutdown, nudge: Arc<Notify>) {
        let token = shutdown.token.clone();
        shutdown.spawn("outbox", async move {
            let worker = &self;
            every(PERIOD, nudge, token, || async move {
                worker.run_once().await.unwrap_or_else(|error| {
                    metrics::counter!("webcared_database_errors_total").increment(1);
                    tracing::warn!(%error, "the outbox could not work; it tries again");
                    0
                })
            })
            .await;
            let (name, owner) = (worker.lease_name(), worker.owner.clone());
            let back = worker.db.write("giving a lease back", move |tx| {
                Box::pin(async move { lease::give_back(tx, &name, &owner).await })
            });
            if let Err(error) = back.await {
                tracing::warn!(%error, "a lease was not given back; it ends by itself");
            }
        });
    }

    fn lease_name(&self) -> String {
        format!("send:{}", self.deliver.credential())
    }

    /// One round: takes the lease, claims, marks, sends, records. Returns how many it settled.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let claimed = self.claim().await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let times = self.deliver.schedule(&claimed, self.clock.now()).await;
        let times = times.into_iter().chain(std::iter::repeat(None));
        let (mut now_going, mut later) = (Vec::new(), Vec::new());
        for (mut action, not_before) in claimed.into_iter().zip(times) {
            match not_before {
                None => now_going.push(action),
                Some(at) => {
                    action.not_before = at.millis();
                    later.push(action);
                }
            }
        }
        self.hand_back(later).await?;
        if now_going.is_empty() {
            return Ok(0);
        }
        let sending = self.mark(now_going).await?;
        if sending.is_empty() {
            return Ok(0);
        }
        let outcomes = self.call(&sending).await;
        let count = sending.len();
        self.record(sending, outcomes).await?;
        Ok(count)
    }

    async fn claim(&self) -> Result<Vec<ActionRow>, StoreError> {
        let now = self.clock.now();
        let (name, owner, credential) =
            (self.lease_name(), self.owner.clone(), self.deliver.credential().to_owned());
        // Most rounds find nothing; looking costs no write.
        let waiting = credential.clone();
        let any = self.db.read("looking into the outbox", move |tx| {
            Box::pin(async move { outbox::any_ready(tx, &waiting, now).await })
        });
        if !any.await? {
            return Ok(Vec::new());
        }
        self.db
            .write("claiming actions", move |tx| {
                Box::pin(async move {
                    match lease::take(tx, &name, &owner, now, CREDENTIAL_LEASE).await? {
                        Some(_) => outbox::claim(tx, &credential, now, CLAIM_LEASE, BATCH).await,
                        None => Ok(Vec::new()),
                    }
                })
            })
            .await
    }

    async fn hand_back(&self, later: Vec<ActionRow>) -> Result<(), StoreError> {
        if later.is_empty() {
            return Ok(());
        }
        self.db
            .write("handing actions back", move |tx| {
                Box::pin(async move { outbox::hand_back(tx, &later).await })
            })
            .await
    }

    async fn mark(&self, claimed: Vec<ActionRow>) -> Result<Vec<ActionRow>, StoreError> {
        let now = self.clock.now();
        self.db
            .write("marking actions as sending", move |tx| {
                Box::pin(async move {
                    let going = outbox::mark_sending(tx, &claimed, now).await?;
                    let mut sending = claimed;
                    sending.retain(|a| going.contains(&a.id));
                    for action in &mut sending {
                        action.attempts += 1;
                        ActionState::Sending.code().clone_into(&mut action.state);
                    }
                    Ok(sending)
                })
            })
            .await
    }

    /// The call itself, bounded in time: what is not answered by then is unknown.
    async fn call(&self, sending: &[ActionRow]) -> Vec<Outcome> {
        let late = |_| {
            let evidence = format!("no answer within {CALL_MAX}");
            vec![Outcome::Unknown { evidence }; sending.len()]
        };
        let mut outcomes =
            tokio::time::timeout(CALL_MAX.to_std(), self.deliver.deliver(sending)).await.unwrap_or_else(late);
        let missing = || Outcome::Unknown { evidence: "the deliverer gave no outcome".to_owned() };
        outcomes.resize_with(sending.len(), missing);
        outcomes
    }

    async fn record(&self, sending: Vec<ActionRow>, outcomes: Vec<Outcome>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let records: Vec<Record> = sending
            .into_iter()
            .zip(outcomes)
            .map(|(action, outcome)| self.judge(&action, &outcome, now))
            .collect();
        for r in &records {
            let kind = r.outcome;
            metrics::counter!("webcared_action_outcomes_total", "outcome" => kind).increment(1);
        }
        self.db
            .write("recording outcomes", move |tx| {
                Box::pin(async move {
                    for r in &records {
                        if !outbox::record(tx, r, now).await? {
                            tracing::warn!(
                                action.id = r.id,
                                outcome = r.outcome,
                                "an outcome came after the lease ended; kept as evidence"
                            );
                        }
                    }
                    Ok(())
                })
            })
            .await
    }

    fn judge(&self, action: &ActionRow, outcome: &Outcome, now: Timestamp) -> Record {
        let settled =
            self.law.settle(outcome, action.attempts, self.deliver.repeat(), now, self.chance.fraction());
        let (name, detail, remote_id, remote_at) = match outcome {
            Outcome::Done { remote_id, at } => ("done", String::new(), Some(remote_id.clone()), *at),
            Outcome::Retry { why, .. } => ("retry", why.clone(), None, None),
            Outcome::Refused { reason } => ("refused", reason.clone(), None, None),
            Outcome::Unknown { evidence } => ("unknown", evidence.clone(), None, None),
            Outcome::ByHand { url } => ("by_hand", url.clone(), None, None),
        };
        if !matches!(outcome, Outcome::Done { .. }) {
            tracing::warn!(
                action.id = action.id,
                action.kind = action.kind,
                attempt = action.attempts,
                outcome = name,
                why = detail,
                next = settled.state.code(),
                "an action was not done"
            );
        }
        Record {
            id: action.id.clone(),
            token: action.token,
            attempt: action.attempts,
            settled,
            outcome: name,
            detail,
            remote_id,
            remote_at,
        }
    }
}

/// Cleans up after owners that vanished, for as long as the process runs.
pub fn spawn_sweeper(shutdown: &Shutdown, db: Db, clock: Arc<dyn Clock>, nudge: Arc<Notify>) {
    let token = shutdown.token.clone();
    shutdown.spawn("outbox sweeper", async move {
        every(Span::seconds(5), nudge, token, || {
            let (db, now) = (db.clone(), clock.now());
            async move {
                let swept = db.write("sweeping the outbox", move |tx| {
                    Box::pin(async move { outbox::sweep(tx, now).await })
                });
                match swept.await {
                    Ok((0, 0)) => {}
                    Ok((ready, unknown)) => {
                        tracing::warn!(ready, unknown, "took over actions whose owner vanished");
                    }
                    Err(error) => tracing::warn!(%error, "the outbox could not be swept; it tries again"),
                }
                0
            }
        })
        .await;
    });
}
