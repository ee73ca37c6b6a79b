//! Runs the sources: reads each under its lease and puts what it brings into the inbox.
//!
//! One process at a time reads a source, told by a lease that is renewed while it works; items and
//! the cursor behind them are committed together under the lease's epoch, so a cursor never passes
//! what is not stored. Nothing is decided about posts here. Whatever goes wrong outside, and in the
//! database, becomes a state and another try; only the order to stop ends it.

mod board;
mod held;
mod live;
mod money;
mod read;
mod recheck;
mod sweep;

use crate::clock::{Clock, Mint};
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::{Shutdown, pause};
use crate::sources::{Source, SourceTrouble, TroubleState};
use crate::store::grant::{self, Origin};
use crate::store::source::Registered;
use crate::store::{Db, StoreError, lease, source, watch};
use board::Board;
use futures_util::FutureExt;
use live::Bell;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How long a lease holds without being renewed.
const LEASE: Span = Span::seconds(60);
/// How often it is renewed.
const RENEW: Span = Span::seconds(20);
/// How often the lease of a source that another process reads is asked for.
const ASK_AGAIN: Span = Span::seconds(5);
/// How often states are written.
const WRITE_STATES: Span = Span::seconds(2);
/// How often calls are counted in the store, in writings of states.
const WRITE_CALLS_EACH: u32 = 5;
/// How often it is read what others have spent, in writings of states.
const WRITE_MONEY_EACH: u32 = 30;
/// The longest wait between two tries.
const BACKOFF_MAX: Span = Span::minutes(5);
/// A source to which nobody listened for longer was deaf, whoever is to blame.
const DOWN_AFTER: Span = Span::minutes(15);
/// How often something that only a person can mend is tried.
const WANTS_EVERY: Span = Span::minutes(30);

/// What the collector works with.
#[derive(Clone)]
struct Collector {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    /// Wakes intake.
    nudge: Arc<Notify>,
    /// This process, as leases name it.
    owner: String,
    board: Arc<Board>,
}

/// Starts reading all sources; returns at once. Everything ends with the order to stop.
pub fn spawn(
    shutdown: &Shutdown,
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    sources: Vec<Arc<dyn Source>>,
    nudge: Arc<Notify>,
    owner: String,
) {
    let collector = Collector { db, clock, mint, nudge, owner, board: Arc::default() };
    let token = shutdown.token.clone();
    let shutdown_of_sources = shutdown.clone();
    shutdown.spawn("sources", async move {
        if !collector.register(&sources, &token).await {
            return;
        }
        // What was spent before is known before anything is read.
        collector.write_money(&sources, true).await;
        for source in sources.iter().filter(|s| s.poll().is_some() || s.stream().is_some()) {
            let (collector, source, token) = (collector.clone(), source.clone(), token.clone());
            shutdown_of_sources.spawn("source", async move { collector.run(&*source, &token).await });
        }
        collector.write_states(&sources, &token).await;
    });
}

impl Collector {
    /// Enters the sources in the store, however long that takes; `false` when asked to stop.
    async fn register(&self, sources: &[Arc<dyn Source>], token: &CancellationToken) -> bool {
        let mut failures = 0;
        loop {
            let now = self.clock.now();
            let rows: Vec<Registered> = sources
                .iter()
                .map(|s| Registered {
                    name: s.name().to_owned(),
                    kind: s.kind().to_owned(),
                    counts_from: s.counts_from().unwrap_or(now),
                })
                .collect();
            let read = sources.iter().filter(|s| s.poll().is_some() || s.stream().is_some());
            let read: Vec<String> = read.map(|s| s.name().to_owned()).collect();
            let entered = self
                .db
                .write("entering sources", move |tx| {
                    async move {
                        source::register(tx, &rows, now).await?;
                        watch::note_downtime(tx, &read, now, DOWN_AFTER).await
                    }
                    .boxed()
                })
                .await;
            match entered {
                Ok(()) => break,
                Err(error) => tracing::warn!(%error, "sources could not be entered; trying again"),
            }
            failures += 1;
            if !pause(self.backoff(failures), token).await {
                return false;
            }
        }
        for webhook in sources.iter().filter(|s| s.webhook().is_some()) {
            // A webhook is ready as soon as it is known; it is heard from when somebody delivers.
            self.board.ready(webhook.name(), self.clock.now());
        }
        true
    }

    /// Reads one source for as long as the process lives, whenever its lease can be had.
    async fn run(&self, source: &dyn Source, token: &CancellationToken) {
        let name = format!("source:{}", source.name());
        let mut failures = 0;
        let mut is_elsewhere = false;
        while !token.is_cancelled() {
            let wait = match self.take_lease(&name).await {
                Ok(Some(epoch)) => {
                    (failures, is_elsewhere) = (0, false);
                    let bell = Bell::default();
                    tokio::select! {
                        () = self.read(source, epoch, &bell, token) => {}
                        () = self.recheck(source, &bell, token) => {}
                        () = self.live(source, epoch, &bell, token).boxed() => {}
                        () = self.sweep(source, epoch, token).boxed() => {}
                        () = self.keep_lease(&name, epoch, token) => {}
                    }
                    if token.is_cancelled() {
                        self.give_back(name).await;
                        return;
                    }
                    self.board.left(source.name());
                    Span::seconds(1)
                }
                Ok(None) => {
                    if failures > 0 {
                        // What was said of it meanwhile is not for us to say any more.
                        self.board.left(source.name());
                    }
                    (failures, is_elsewhere) = (0, true);
                    ASK_AGAIN
                }
                // How it fares is for whoever reads it to say: once the database is back, our word would stand over theirs.
                Err(error) if is_elsewhere => {
                    failures += 1;
                    tracing::warn!(source = source.name(), %error, "the database failed");
                    self.backoff(failures).min(LEASE)
                }
                Err(error) => {
                    failures += 1;
                    let wait = self.backoff(failures);
                    self.database_trouble(source.name(), "", &error, wait);
                    wait
                }
            };
            if !pause(wait, token).await {
                return;
            }
        }
    }

    async fn take_lease(&self, name: &str) -> Result<Option<i64>, StoreError> {
        let (name, owner, now) = (name.to_owned(), self.owner.clone(), self.clock.now());
        let taken = self
            .db
            .write_again("taking a lease", move |tx| {
                let (name, owner) = (name.clone(), owner.clone());
                async move { lease::take(tx, &name, &owner, now, LEASE).await }.boxed()
            })
            .await?;
        Ok(taken.map(|l| l.epoch))
    }

    /// Renews a lease; returns when it is lost, or could not be renewed before it ran out.
    async fn keep_lease(&self, name: &str, epoch: i64, token: &CancellationToken) {
        let mut tries_failed = 0;
        while pause(if tries_failed == 0 { RENEW } else { Span::seconds(5) }, token).await {
            match self.take_lease(name).await {
                Ok(Some(held)) if held == epoch => tries_failed = 0,
                Ok(_) => return,
                Err(error) => {
                    tries_failed += 1;
                    tracing::warn!(lease = name, %error, "a lease could not be renewed");
                    // 20 s of rest and six tries of 5 s: still short of the lease's minute.
                    if tries_failed > 6 {
                        return;
                    }
                }
            }
        }
        // Asked to stop: what reads ends by itself, and gives up nothing half done.
        std::future::pending::<()>().await;
    }

    async fn give_back(&self, name: String) {
        let owner = self.owner.clone();
        let given = self.db.write("giving a lease back", move |tx| {
            async move { lease::give_back(tx, &name, &owner).await }.boxed()
        });
        if let Err(error) = given.await {
            tracing::warn!(%error, "a lease was not given back; it runs out by itself");
        }
    }

    /// Writes states and calls every few seconds, and once more at the end.
    async fn write_states(&self, sources: &[Arc<dyn Source>], token: &CancellationToken) {
        let mut calls: Vec<(String, String, String, i64)> = Vec::new();
        let mut round = 0_u32;
        loop {
            let more = pause(WRITE_STATES, token).await;
            round = round.wrapping_add(1);
            if !more || round.is_multiple_of(WRITE_CALLS_EACH) {
                let day = self.clock.now().day();
                let taken = sources.iter().flat_map(|s| s.take_calls());
                calls.extend(taken.map(|(c, n)| (c, day.clone(), "call".to_owned(), n)));
            }
            self.write_grants(sources).await;
            self.write_money(sources, round.is_multiple_of(WRITE_MONEY_EACH)).await;
            let fares = self.board.take_changed(self.clock.now());
            if !fares.is_empty() || !calls.is_empty() {
                let (rows, counts) = (fares.clone(), merged(std::mem::take(&mut calls)));
                let kept = counts.clone();
                let written = self.db.write("writing how sources fare", move |tx| {
                    async move {
                        source::put(tx, &rows).await?;
                        source::add_calls(tx, &counts).await
                    }
                    .boxed()
                });
                if let Err(error) = written.await {
                    tracing::warn!(%error, "states of sources were not written; trying again");
                    self.board.put_back(&fares);
                    calls = kept;
                }
            }
            if !more {
                return;
            }
        }
    }

    /// Writes what connectors learned of their credentials since the last time.
    async fn write_grants(&self, sources: &[Arc<dyn Source>]) {
        for source in sources {
            let Some((grants, changes)) = source.grants().and_then(|g| Some((g, g.take()?))) else {
                continue;
            };
            let (name, now, kept) = (source.name().to_owned(), self.clock.now(), changes.clone());
            let written = self.db.write("writing what credentials may", move |tx| {
                async move {
                    if let Some(ends) = &changes.ends {
                        grant::put_ends(tx, &name, Origin::Platform, ends).await?;
                    }
                    for (right, why) in &changes.rights {
                        grant::put_right(tx, &name, right.code(), why.as_deref(), now).await?;
                    }
                    Ok(())
                }
                .boxed()
            });
            if let Err(error) = written.await {
                tracing::warn!(%error, "what credentials may was not written; trying again");
                grants.put_back(&kept);
            }
        }
    }

    fn database_trouble(&self, name: &str, stream: &str, error: &StoreError, wait: Span) {
        let trouble = SourceTrouble::new(TroubleState::Broken, "the database does not take what comes in");
        let now = self.clock.now();
        tracing::warn!(source = name, %error, "the database failed");
        self.board.trouble(name, stream, &trouble, now.plus(wait), now);
    }

    /// 1, 2, 4 … seconds up to five minutes, the upper half left to chance.
    fn backoff(&self, failures: u32) -> Span {
        let whole = Span::seconds(1_i64 << failures.saturating_sub(1).min(10)).min(BACKOFF_MAX);
        self.jittered(whole)
    }

    fn jittered(&self, whole: Span) -> Span {
        let millis = whole.millis() as f64;
        Span((millis * (0.5 + 0.5 * self.mint.chance().fraction())) as i64)
    }

    /// When to try again after trouble: as asked, else by backoff; what needs a person, seldom.
    fn wait_after(&self, trouble: &SourceTrouble, failures: u32) -> Span {
        let wants = matches!(
            trouble.state,
            TroubleState::NeedsToken | TroubleState::NeedsAccount | TroubleState::NeedsRight
        );
        match trouble.retry_after {
            // As asked, and a little more, so that not all come at once.
            Some(asked) => asked.max(Span(100)).plus_some(self.mint.chance().fraction()),
            None if wants => self.jittered(WANTS_EVERY),
            None => self.backoff(failures),
        }
    }
}

trait PlusSome {
    fn plus_some(self, fraction: f64) -> Self;
}

impl PlusSome for Span {
    /// Up to a tenth more, at most ten seconds.
    fn plus_some(self, fraction: f64) -> Self {
        let more = (self.millis() as f64 * 0.1 * fraction).min(10_000.0);
        Self(self.millis().saturating_add(more as i64))
    }
}

/// Counts of the same credential, day and unit as one, so that one statement can add them.
fn merged(calls: Vec<(String, String, String, i64)>) -> Vec<(String, String, String, i64)> {
    let mut sums: std::collections::BTreeMap<(String, String, String), i64> =
        std::collections::BTreeMap::new();
    for (credential, day, unit, n) in calls {
        *sums.entry((credential, day, unit)).or_default() += n;
    }
    sums.into_iter().map(|((credential, day, unit), n)| (credential, day, unit, n)).collect()
}

/// The newest time among items.
fn newest(times: impl Iterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    times.flatten().max()
}
