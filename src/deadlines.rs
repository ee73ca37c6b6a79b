//! Deadlines: what falls due is recorded once, with the time at which it did, and told.
//!
//! There are no timers in memory: each round asks the index for stages that are past. So a process
//! that was down finds at its start what fell due meanwhile, and two replicas record nothing twice:
//! a case is locked while its clocks are looked at, and a stage of a wait has one row.

use crate::casefile::{CaseFile, StepError, When, Who};
use crate::casework::{self, CaseChanged};
use crate::catalogue::{Catalogue, Current};
use crate::clock::{Clock, Mint};
use crate::domain::case::CaseEvent;
use crate::domain::shift::ShiftRules;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::handover::{self, HandoverRow};
use crate::store::rows::{ActionRow, ObligationRow};
use crate::store::script::Script;
use crate::store::{Db, StoreError, Tx, bulk, deadlines, ticket};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};

/// Most stages looked at in one round.
const BATCH: i64 = 1000;
const PERIOD: Span = Span(250);
/// How often cases that wait in vain are looked for.
const SILENCE_PERIOD: Span = Span::minutes(5);
const SILENT_BATCH: i64 = 500;
/// How often hand-overs are looked after; their hours need no more.
const HANDOVER_PERIOD: Span = Span::seconds(5);
/// How often it is looked what is to be offered, or offered wider.
const OFFERS_PERIOD: Span = Span::seconds(1);
/// How often it is looked whom to ask or to thank; both count in hours and days.
const AFTERWARDS_PERIOD: Span = Span::minutes(1);

/// Records what falls due; cheap to clone.
#[derive(Clone, Debug)]
pub struct Deadlines {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    catalogue: Current,
    changed: broadcast::Sender<CaseChanged>,
    outbox: Arc<Notify>,
}

impl Deadlines {
    /// Works on `db`; wakes the outbox when there is something to tell.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        mint: Arc<Mint>,
        catalogue: Current,
        changed: broadcast::Sender<CaseChanged>,
        outbox: Arc<Notify>,
    ) -> Self {
        Self { db, clock, mint, catalogue, changed, outbox }
    }

    /// One round: records every stage that is past, at most a batch of them. Returns how many.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        // Most rounds find nothing; looking costs no write.
        let next =
            self.db.read("looking for the next deadline", |tx| Box::pin(deadlines::next_at(tx))).await?;
        if next.is_none_or(|at| at >= now.millis()) {
            return Ok(0);
        }
        let (catalogue, mint) = (self.catalogue.get(), self.mint.clone());
        let done = self.db.write_again("recording what fell due", move |tx| {
            let (catalogue, mint) = (catalogue.clone(), mint.clone());
            Box::pin(async move { round(tx, &catalogue, &mint, now).await })
        });
        let done = done.await?;
        for delay in &done.delays_ms {
            metrics::histogram!("webcared_clock_detection_seconds").record(*delay as f64 / 1000.0);
        }
        if done.has_actions {
            self.outbox.notify_waiters();
        }
        for changed in done.cases {
            // Nobody listening is fine: pages also look by themselves.
            let _ = self.changed.send(changed);
        }
        Ok(done.delays_ms.len())
    }

    /// Resolves cases whose customer did not answer for the policy's days, at most a batch of them. Returns how many.
    pub async fn end_silent(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let (catalogue, mint) = (self.catalogue.get(), self.mint.clone());
        let done = self.db.write_again("ending cases that wait in vain", move |tx| {
            let (catalogue, mint) = (catalogue.clone(), mint.clone());
            Box::pin(async move { end_silent(tx, &catalogue, &mint, now).await })
        });
        done.await
    }

    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let silence = self.clone();
        shutdown.spawn_every("deadlines", PERIOD, move || {
            let deadlines = self.clone();
            async move { deadlines.run_once().await.unwrap_or_else(|error| complain(&error)) }
        });
        shutdown.spawn_every("silence", SILENCE_PERIOD, move || {
            let deadlines = silence.clone();
            async move { deadlines.end_silent().await.unwrap_or_else(|error| complain(&error)) }
        });
    }
}

/// Looks after hand-overs until the order to stop: reminds, ends the wait, joins what is certain.
pub fn spawn_handovers(casework: casework::Casework, shutdown: &Shutdown) {
    shutdown.spawn_every("hand-overs", HANDOVER_PERIOD, move || {
        let casework = casework.clone();
        async move {
            let windows = casework.windows_due().await.unwrap_or_else(|error| complain(&error));
            windows + casework.handovers_due().await.unwrap_or_else(|error| complain(&error))
        }
    });
}

/// Asks customers whose case ended some time ago, draws the day's thank-you lists and the week's answers to be scored, until the order to stop.
pub fn spawn_afterwards(casework: casework::Casework, shutdown: &Shutdown) {
    shutdown.spawn_every("afterwards", AFTERWARDS_PERIOD, move || {
        let casework = casework.clone();
        async move {
            let asked = casework.surveys_due().await.unwrap_or_else(|error| complain(&error));
            let drawn = casework.quality_due().await.unwrap_or_else(|error| complain(&error));
            asked + drawn + casework.thanks_due().await.unwrap_or_else(|error| complain(&error))
        }
    });
}

/// Looks after protocols until the order to stop: tells again what nobody took, ends what is about cases that are over.
pub fn spawn_protocols(casework: casework::Casework, shutdown: &Shutdown) {
    shutdown.spawn_every("protocols", HANDOVER_PERIOD, move || {
        let casework = casework.clone();
        async move { casework.protocols_due().await.unwrap_or_else(|error| complain(&error)) }
    });
}

/// Offers cases that nobody has, where a brand says so, until the order to stop.
pub fn spawn_offers(casework: casework::Casework, shutdown: &Shutdown) {
    shutdown.spawn_every("offers", OFFERS_PERIOD, move || {
        let casework = casework.clone();
        async move { casework.offers_due().await.unwrap_or_else(|error| complain(&error)) }
    });
}

/// Looks after the end of shifts until the order to stop: claims return or are asked about, and what was open is summed up.
pub fn spawn_shifts(casework: casework::Casework, rules: ShiftRules, shutdown: &Shutdown) {
    shutdown.spawn_every("shifts", HANDOVER_PERIOD, move || {
        let (casework, rules) = (casework.clone(), rules.clone());
        async move {
            let done = casework.shifts_due(&rules).await.unwrap_or_else(|error| complain(&error));
            done + casework.summaries_due(&rules).await.unwrap_or_else(|error| complain(&error))
        }
    });
}

fn complain(error: &StoreError) -> usize {
    metrics::counter!("webcared_database_errors_total").increment(1);
    tracing::warn!(%error, "deadlines could not be looked at; it tries again");
    0
}

#[derive(Debug, Default)]
struct Round {
    delays_ms: Vec<i64>,
    cases: Vec<CaseChanged>,
    has_actions: bool,
}

async fn round(tx: &mut Tx, catalogue: &Catalogue, mint: &Mint, now: Timestamp) -> Result<Round, StoreError> {
    let cases = deadlines::due_cases(tx, now, BATCH).await?;
    if cases.is_empty() {
        return Ok(Round::default());
    }
    let mut clocks: HashMap<String, Vec<ObligationRow>> = HashMap::new();
    for clock in deadlines::clocks_of(tx, &cases).await? {
        clocks.entry(clock.case_id.clone()).or_default().push(clock);
    }
    let mut writing = deadlines::writing(tx, &cases).await?;
    let mut done = Round::default();
    let (mut changed, mut fell, mut events, mut rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut actions: Vec<ActionRow> = Vec::new();
    for row in cases {
        let clocks = clocks.remove(&row.id).unwrap_or_default();
        let written = writing.remove(&row.id);
        let mut file = CaseFile::new(row, clocks, &catalogue.policies).with_writing(written);
        file.fall_due_noted(now)?;
        if file.fell_due.is_empty() {
            continue;
        }
        actions.extend(catalogue.actions_of(&file, mint, now));
        done.delays_ms.extend(file.fell_due.iter().map(|e| now.millis() - e.at));
        done.cases.push(CaseChanged { brand_id: file.case.brand_id.clone(), case_id: file.case.id.clone() });
        changed.extend(file.changed_clocks().cloned());
        fell.extend(file.fell_due);
        events.extend(file.events);
        rows.push(file.case);
    }
    let actions = casework::owed::routed(tx, &actions, now).await?;
    done.has_actions = !actions.is_empty();
    let mut script = Script::of(tx, "recording what fell due");
    bulk::put_cases(&mut script, &rows)?;
    bulk::add_case_events(&mut script, &events)?;
    bulk::put_obligations(&mut script, &changed)?;
    bulk::add_clock_events(&mut script, &fell)?;
    bulk::add_actions(&mut script, &actions)?;
    script.run(tx).await?;
    Ok(done)
}

async fn end_silent(
    tx: &mut Tx,
    catalogue: &Catalogue,
    mint: &Mint,
    now: Timestamp,
) -> Result<usize, StoreError> {
    // Each version has days of its own, so that a patient policy never stands before an impatient one.
    let before: Vec<(&str, i64, i64)> = catalogue
        .policies
        .all()
        .map(|(name, version, policy)| (name, version, now.minus(Span::days(policy.no_reply_days)).millis()))
        .collect();
    let cases = deadlines::silent_cases(tx, &before, SILENT_BATCH).await?;
    if cases.is_empty() {
        return Ok(0);
    }
    let mut clocks: HashMap<String, Vec<ObligationRow>> = HashMap::new();
    for clock in deadlines::clocks_of(tx, &cases).await? {
        clocks.entry(clock.case_id.clone()).or_default().push(clock);
    }
    let ids: Vec<String> = cases.iter().map(|c| c.id.clone()).collect();
    let ways = handover::of_cases(tx, &ids).await?;
    let mut ways: HashMap<String, HandoverRow> = ways.into_iter().map(|w| (w.case_id.clone(), w)).collect();
    let mut links: HashMap<String, Vec<ticket::LinkRow>> = HashMap::new();
    if catalogue.has_tickets {
        let named: Vec<_> = cases.iter().map(|c| (c.brand_id.clone(), c.id.clone())).collect();
        for link in ticket::of_cases(tx, &named).await? {
            links.entry(link.case_id.clone()).or_default().push(link);
        }
    }
    let (mut files, mut actions) = (Vec::new(), Vec::new());
    for row in cases {
        let id = row.id.clone();
        let days = catalogue.policy(&row.policy, row.policy_version).map_or(7, |p| p.no_reply_days);
        let clocks = clocks.remove(&id).unwrap_or_default();
        let mut file = CaseFile::new(row, clocks, &catalogue.policies).with_handover(ways.remove(&id));
        file.links = links.remove(&id).unwrap_or_default();
        file.case.ended_why = Some("no_reply".to_owned());
        match file.step(CaseEvent::NoReply, &Who::Rule("no_reply"), When::now(now), &json!({ "days": days }))
        {
            Ok(()) => {}
            Err(StepError::Refused(_)) => continue,
            Err(StepError::Store(error)) => return Err(error),
        }
        actions.extend(catalogue.actions_of(&file, mint, now));
        files.push(file);
    }
    casework::save_all(tx, &files, &actions, now).await?;
    Ok(files.len())
}
