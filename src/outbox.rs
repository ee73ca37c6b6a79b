//! The outbox's worker: claim, commit, mark as sending, call, record.
//!
//! One worker serves one credential and works only while it holds that credential's lease, so
//! that the budget it keeps is the whole budget. Whatever happens in the call, the outcome is one
//! of five; there is one retry layer, and it is here.

use crate::clock::{Chance, Clock};
use crate::domain::delivery::{ActionState, Looked, Outcome, Repeat, RetryLaw};
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::{Shutdown, every, pause};
use crate::store::inbox::{self, Received};
use crate::store::outbox::{self, Record};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, lease};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// How long a claim holds; more than twice the longest call.
pub const CLAIM_LEASE: Span = Span::seconds(60);
/// How long the lease of a credential holds.
pub const CREDENTIAL_LEASE: Span = Span::seconds(60);
/// The longest that a deliverer may take over one batch.
pub const CALL_MAX: Span = Span::seconds(25);
/// How soon is tried again what the kill switch stopped.
const STOPPED_FOR: Span = Span::seconds(2);
/// How many unknowns are looked for in one round.
const LOOKS: i64 = 10;
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

    /// Looks at the platform for actions whose outcome is unknown, changing nothing there; one word
    /// for each, in order.
    async fn look(&self, actions: &[ActionRow]) -> Vec<Looked> {
        let person = || Looked::Person { evidence: "nobody can look this up".to_owned() };
        actions.iter().map(|_| person()).collect()
    }

    /// What goes to intake in the transaction that records that an action is done, so that its
    /// effect is seen like everything else that stands on the platform.
    async fn echo(
        &self,
        action: &ActionRow,
        remote_id: &str,
        at: Option<Timestamp>,
    ) -> Result<Option<Received>, StoreError> {
        let _ = (action, remote_id, at);
        Ok(None)
    }

    /// What else is written in the transaction that records that an action is done; it locks what it
    /// writes before the action is touched.
    async fn stands(&self, tx: &mut Tx, action: &ActionRow, remote_id: &str) -> Result<(), StoreError> {
        let _ = (tx, action, remote_id);
        Ok(())
    }

    /// What else is written in the transaction that records that the other side refused an action.
    async fn refused(&self, tx: &mut Tx, action: &ActionRow, reason: &str) -> Result<(), StoreError> {
        let _ = (tx, action, reason);
        Ok(())
    }
}

/// How long until an action may go, if that is still to come and within the period.
fn soon(next: Timestamp, now: Timestamp) -> Option<Span> {
    Some(next.since(now)).filter(|wait| (Span(1)..PERIOD).contains(wait))
}

/// What comes of an action that is marked as sending and has not begun, where all sending was stopped since; nothing where
/// it may go. To be asked right before the first byte leaves.
pub async fn held_back(db: &Db) -> Option<Outcome> {
    let read = db.read("looking whether all sending is stopped", |tx| {
        Box::pin(outbox::switch(tx, outbox::KILL_SWITCH))
    });
    match read.await {
        Ok(false) => None,
        Ok(true) => Some(Outcome::held_back(STOPPED_FOR)),
        Err(error) => {
            Some(Outcome::Retry { after: None, why: format!("the database did not answer: {error}") })
        }
    }
}

/// A worker for one credential.
pub struct Worker {
    db: Db,
    clock: Arc<dyn Clock>,
    chance: Arc<Chance>,
    owner: String,
    law: RetryLaw,
    deliver: Arc<dyn Deliver>,
    /// Woken when an echo went to intake.
    intake: Option<Arc<Notify>>,
    /// From when on the next action may go, as the last round saw it; far away when there is none.
    next: AtomicI64,
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
        Self {
            db,
            clock,
            chance,
            owner,
            law: RetryLaw::default(),
            deliver,
            intake: None,
            next: AtomicI64::new(i64::MAX),
        }
    }

    /// Wakes intake when something done is to be seen there.
    pub fn waking(mut self, intake: Arc<Notify>) -> Self {
        self.intake = Some(intake);
        self
    }

    /// Tries again by another law.
    pub fn by(mut self, law: RetryLaw) -> Self {
        self.law = law;
        self
    }

    /// Runs until the order to stop, woken by `nudge`; hands its lease back at the end.
    pub fn spawn(self, shutdown: &Shutdown, nudge: Arc<Notify>) {
        let token = shutdown.token.clone();
        shutdown.spawn("outbox", async move {
            let (worker, stop) = (&self, &token.clone());
            every(PERIOD, nudge, token, || async move {
                let done = worker.run_once().await.unwrap_or_else(|error| {
                    metrics::counter!("webcared_database_errors_total").increment(1);
                    tracing::warn!(%error, "the outbox could not work; it tries again");
                    worker.next.store(i64::MAX, Ordering::Relaxed);
                    0
                });
                match soon(Timestamp(worker.next.load(Ordering::Relaxed)), worker.clock.now()) {
                    // What may go within the period goes when it may, not when the period is over.
                    Some(wait) if done == 0 => usize::from(pause(wait, stop).await),
                    _ => done,
                }
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
        let found_out = self.look().await?;
        let claimed = self.claim().await?;
        if claimed.is_empty() {
            return Ok(found_out);
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
        let (sending, stopped) = self.mark(now_going).await?;
        self.hand_back(stopped).await?;
        if sending.is_empty() {
            return Ok(0);
        }
        let outcomes = self.call(&sending).await;
        let count = sending.len();
        if self.record(sending.clone(), outcomes.clone()).await.is_err() {
            // Without it nobody knows what left; what failed for a moment may do now.
            self.record(sending, outcomes).await?;
        }
        Ok(count)
    }

    async fn claim(&self) -> Result<Vec<ActionRow>, StoreError> {
        let now = self.clock.now();
        let (name, owner, credential) =
            (self.lease_name(), self.owner.clone(), self.deliver.credential().to_owned());
        // Most rounds find nothing; looking costs no write.
        let waiting = credential.clone();
        let next = self.db.read("looking into the outbox", move |tx| {
            Box::pin(async move { outbox::next_ready(tx, &waiting).await })
        });
        let next = next.await?.map_or(i64::MAX, Timestamp::millis);
        self.next.store(next, Ordering::Relaxed);
        if next > now.millis() {
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

    /// Marks as sending what may go; the rest comes back, to be tried again in a moment.
    async fn mark(&self, claimed: Vec<ActionRow>) -> Result<(Vec<ActionRow>, Vec<ActionRow>), StoreError> {
        let now = self.clock.now();
        self.db
            .write("marking actions as sending", move |tx| {
                Box::pin(async move {
                    let going = outbox::mark_sending(tx, &claimed, now).await?;
                    let (mut sending, mut stopped): (Vec<_>, Vec<_>) =
                        claimed.into_iter().partition(|a| going.contains(&a.id));
                    for action in &mut sending {
                        action.attempts += 1;
                        ActionState::Sending.code().clone_into(&mut action.state);
                    }
                    let later = now.plus(STOPPED_FOR).millis();
                    for action in &mut stopped {
                        action.not_before = action.not_before.max(later);
                    }
                    Ok((sending, stopped))
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
        let mut echoes = Vec::new();
        for (action, outcome) in sending.iter().zip(&outcomes) {
            if let Outcome::Done { remote_id, at } = outcome {
                echoes.extend(self.deliver.echo(action, remote_id, *at).await?);
            }
        }
        let echoed: Vec<String> = echoes.iter().map(|echo| echo.source.clone()).collect();
        let standing = |(action, outcome): (&ActionRow, &Outcome)| match outcome {
            Outcome::Done { remote_id, .. } => Some((action.clone(), Ok(remote_id.clone()))),
            Outcome::Refused { reason } => Some((action.clone(), Err(reason.clone()))),
            _ => None,
        };
        let standing: Vec<_> = sending.iter().zip(&outcomes).filter_map(standing).collect();
        let deliver = self.deliver.clone();
        let kinds: Vec<String> = sending.iter().map(|action| action.kind.clone()).collect();
        let records: Vec<Record> = sending
            .into_iter()
            .zip(outcomes)
            .map(|(action, outcome)| self.judge(&action, &outcome, now))
            .collect();
        for (record, kind) in records.iter().zip(kinds) {
            let labels = [("kind", kind), ("outcome", record.outcome.to_owned())];
            metrics::counter!("webcared_action_outcomes_total", &labels).increment(1);
        }
        self.db
            .write("recording outcomes", move |tx| {
                Box::pin(async move {
                    for (action, came) in &standing {
                        match came {
                            Ok(remote_id) => deliver.stands(tx, action, remote_id).await?,
                            Err(reason) => deliver.refused(tx, action, reason).await?,
                        }
                    }
                    for r in &records {
                        if !outbox::record(tx, r, now).await? {
                            tracing::warn!(
                                action.id = r.id,
                                outcome = r.outcome,
                                "an outcome came after the lease ended; kept as evidence"
                            );
                        }
                    }
                    // What stands on the platform stands there, also when it was learned too late.
                    if echoes.is_empty() { Ok(true) } else { inbox::receive(tx, &echoes, None).await }
                })
            })
            .await?;
        if !echoed.is_empty() {
            self.wake_intake(echoed);
        }
        Ok(())
    }

    /// Wakes intake, for which so many items of these sources wait now.
    fn wake_intake(&self, received: Vec<String>) {
        for source in received {
            metrics::counter!("webcared_received_total", "source" => source).increment(1);
        }
        if let Some(intake) = &self.intake {
            intake.notify_one();
        }
    }

    /// Looks at the platform for what is unknown; returns how many were settled by that.
    async fn look(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let credential = self.deliver.credential().to_owned();
        let due = self.db.read("reading what is unknown", move |tx| {
            Box::pin(async move { outbox::to_look_for(tx, &credential, now, LOOKS).await })
        });
        let due = due.await?;
        if due.is_empty() || !self.has_lease(now).await? {
            return Ok(0);
        }
        let late = |_| Vec::new();
        let mut looked =
            tokio::time::timeout(CALL_MAX.to_std(), self.deliver.look(&due)).await.unwrap_or_else(late);
        let later = || Looked::Later { evidence: "the platform could not be looked at".to_owned() };
        looked.resize_with(due.len(), later);
        let now = self.clock.now();
        let (mut settled, mut found) = (0, Vec::new());
        for (action, looked) in due.into_iter().zip(looked) {
            let echo = match &looked {
                Looked::Done { remote_id, at } => self.deliver.echo(&action, remote_id, *at).await?,
                _ => None,
            };
            settled += usize::from(matches!(looked, Looked::Done { .. } | Looked::Again { .. }));
            found.push((action, looked, echo));
        }
        let echoed = found.iter().filter_map(|(_, _, echo)| Some(echo.as_ref()?.source.clone())).collect();
        let deliver = self.deliver.clone();
        self.db
            .write("recording looks", move |tx| {
                Box::pin(async move {
                    for (action, looked, echo) in &found {
                        if let Looked::Done { remote_id, .. } = looked {
                            deliver.stands(tx, action, remote_id).await?;
                        }
                        outbox::record_look(tx, action, looked, now).await?;
                        if let Some(echo) = echo {
                            inbox::receive(tx, std::slice::from_ref(echo), None).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await?;
        if settled > 0 {
            self.wake_intake(echoed);
        }
        Ok(settled)
    }

    async fn has_lease(&self, now: Timestamp) -> Result<bool, StoreError> {
        let (name, owner) = (self.lease_name(), self.owner.clone());
        let taken = self.db.write("taking the lease of a credential", move |tx| {
            Box::pin(async move { lease::take(tx, &name, &owner, now, CREDENTIAL_LEASE).await })
        });
        Ok(taken.await?.is_some())
    }

    fn judge(&self, action: &ActionRow, outcome: &Outcome, now: Timestamp) -> Record {
        let mut settled =
            self.law.settle(outcome, action.attempts, self.deliver.repeat(), now, self.chance.fraction());
        // What may have been said before is a repeat still, whatever kept it here this time.
        settled.marked_repeat |= settled.state == ActionState::Ready && action.repeat_marked == 1;
        let (name, detail, remote_id, remote_at) = match outcome {
            Outcome::Done { remote_id, at } => ("done", String::new(), Some(remote_id.clone()), *at),
            Outcome::Retry { why, .. } if outcome.is_held_back() => {
                (outbox::HELD_BACK, why.clone(), None, None)
            }
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
pub fn spawn_sweeper(shutdown: &Shutdown, db: Db, clock: Arc<dyn Clock>) {
    shutdown.spawn_every("outbox sweeper", Span::seconds(5), move || {
        let (db, now) = (db.clone(), clock.now());
        async move {
            let swept = db.write("sweeping the outbox", move |tx| {
                Box::pin(async move {
                    outbox::give_up(tx, now).await?;
                    outbox::sweep(tx, now).await
                })
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
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_go_within_the_period_is_waited_for() {
        let wait = |ms: i64| soon(Timestamp(10_000 + ms), Timestamp(10_000)).map(Span::millis);
        assert_eq!(wait(400), Some(400));
        assert_eq!(wait(1), Some(1));
        assert_eq!([wait(0), wait(-5), wait(1_000), wait(60_000)], [None; 4]);
        assert_eq!(soon(Timestamp(i64::MAX), Timestamp(0)), None);
    }
}
