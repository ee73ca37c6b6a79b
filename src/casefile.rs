//! A case with its clocks in hand: every step that intake, casework and deadlines take with it.
//!
//! A step changes the rows and notes the events that go with it, so that they go together; nothing is read or written here.

mod assigned;
mod cause;
mod complaints;
mod handover;
mod promises;
mod raising;
#[cfg(test)]
mod tests;
mod undoing;

pub use handover::{LAPSED, MOVED};
pub use promises::{Given, UNSENT};

use crate::domain::calendar::Hours;
use crate::domain::case::{self, CaseEvent, CaseState, Refused};
use crate::domain::clocks::{FellDue, Obligation, ObligationKind, ObligationState};
use crate::domain::ids::PersonId;
use crate::domain::policy::{Policies, Policy, Selector};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::handover::HandoverRow;
use crate::store::rows::{CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use crate::store::ticket::LinkRow;
use serde_json::json;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person of the team.
    Person(PersonId),
    /// A rule, by name.
    Rule(&'static str),
    /// The customer.
    Customer,
    /// The front office.
    FrontOffice,
}

impl Who {
    fn columns(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Person(id) => ("person", Some(id.to_string())),
            Self::Rule(name) => ("rule", Some((*name).to_owned())),
            Self::Customer => ("customer", None),
            Self::FrontOffice => ("front_office", None),
        }
    }
}

/// When something happened and when we write it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// When it happened.
    pub at: Timestamp,
    /// When it is recorded.
    pub now: Timestamp,
}

impl When {
    /// Something that happens as we write it down.
    pub const fn now(now: Timestamp) -> Self {
        Self { at: now, now }
    }
}

/// A case with its clocks, and what has been noted about it since it was read.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The case.
    pub case: CaseRow,
    /// Its clocks, all of them.
    pub clocks: Vec<ObligationRow>,
    /// New events of its timeline.
    pub events: Vec<CaseEventRow>,
    /// New warnings and breaches.
    pub fell_due: Vec<ClockEventRow>,
    /// Warnings and breaches that were none: wait, answered at, evidence.
    pub annulled: Vec<(i64, Timestamp, String)>,
    /// The tickets it is tied to, where somebody read them: they are told of its new events.
    pub links: Vec<LinkRow>,
    /// Which clocks changed, by place in `clocks`.
    touched: std::collections::BTreeSet<usize>,
    /// How many clocks were read.
    read: usize,
    /// What the database's indexes held when it was read; `None` for a case just made.
    indexed: Option<Indexed>,
    /// The state in which it was read or made, a code.
    state_read: String,
    /// What its clocks run by.
    policies: Policies,
    /// Its way into a private channel, where that was read with it.
    handover: Option<HandoverRow>,
    handover_changed: bool,
    /// Since when somebody writes an answer, and when they last did, where that was read with it.
    writing: Option<(Timestamp, Timestamp)>,
}

/// The columns of a case by which it is found besides its keys: open, needs an answer, level, due,
/// claimed by, opened; and what seldom changes.
type Indexed = (i64, i64, i64, Option<i64>, Option<String>, i64, [Option<i64>; 2]);

fn indexed(case: &CaseRow) -> Indexed {
    let seldom = [case.held_until, case.solved_at];
    (case.open, case.needs_answer, case.level, case.due_at, case.claimed_by.clone(), case.opened_at, seldom)
}

impl CaseFile {
    /// A case as read, or just made; its clocks count as their versions of `policies` say.
    pub fn new(case: CaseRow, mut clocks: Vec<ObligationRow>, policies: &Policies) -> Self {
        // The order tells which part of a wait is its last; a database promises none.
        clocks.sort_by_key(|clock| (clock.wait, clock.part));
        Self {
            policies: policies.clone(),
            read: clocks.len(),
            indexed: (case.version > 0).then(|| indexed(&case)),
            state_read: case.state.clone(),
            case,
            clocks,
            events: Vec::new(),
            fell_due: Vec::new(),
            annulled: Vec::new(),
            links: Vec::new(),
            touched: [].into(),
            handover: None,
            handover_changed: false,
            writing: None,
        }
    }

    /// The same with since when somebody writes an answer to it, and when they last did.
    #[must_use]
    pub const fn with_writing(mut self, writing: Option<(Timestamp, Timestamp)>) -> Self {
        self.writing = writing;
        self
    }

    /// One of its clocks, as the domain computes with it.
    pub fn obligation(&self, at: usize) -> Result<Obligation, StoreError> {
        let row = &self.clocks[at];
        row.obligation(self.hours(row))
    }

    /// The policy under which one of its clocks began, in its version.
    pub fn policy_of(&self, at: usize) -> Option<Policy> {
        let row = self.clocks.get(at)?;
        self.policies.get(&row.policy, row.policy_version).cloned()
    }

    /// The hours in which one of its clocks runs.
    pub fn hours(&self, row: &ObligationRow) -> Hours {
        self.policies.hours(&row.policy, row.policy_version, &row.calendar)
    }

    /// What its clocks run by.
    pub const fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The clocks that changed since the case was read.
    pub fn changed_clocks(&self) -> impl Iterator<Item = &ObligationRow> {
        self.touched.iter().filter_map(|at| self.clocks.get(*at))
    }

    /// The clocks that changed, in two heaps: those just opened that simply run, and the others.
    pub fn split_clocks(&self) -> (Vec<ObligationRow>, Vec<ObligationRow>) {
        let touched = self.touched.iter().filter_map(|at| Some((*at, self.clocks.get(*at)?.clone())));
        let (opened, moved): (Vec<_>, Vec<_>) =
            touched.partition(|(at, clock)| *at >= self.read && clock.is_as_opened());
        let rows = |list: Vec<(usize, ObligationRow)>| list.into_iter().map(|(_, clock)| clock).collect();
        (rows(opened), rows(moved))
    }

    /// Whether it stood before and stands at the same place in every index but that of the last change.
    pub fn is_quiet(&self) -> bool {
        self.indexed == Some(indexed(&self.case))
    }

    /// Whether anything changed since it was read.
    pub fn is_changed(&self) -> bool {
        let notes = self.events.is_empty() && self.touched.is_empty() && self.annulled.is_empty();
        !notes || self.handover_changed
    }

    /// Notes an event without a change of state.
    pub fn note(&mut self, kind: &str, who: &Who, when: When, body: &serde_json::Value) {
        self.case.version += 1;
        self.case.changed_at = when.now.millis();
        let (who_kind, who) = who.columns();
        self.events.push(CaseEventRow {
            case_id: self.case.id.clone(),
            seq: self.case.version,
            brand_id: self.case.brand_id.clone(),
            at: when.at.millis(),
            recorded_at: when.now.millis(),
            kind: kind.to_owned(),
            who_kind: who_kind.to_owned(),
            who,
            state: self.case.state.clone(),
            body: body.to_string(),
        });
    }

    /// Takes one step of the table of states, with what it does to the clocks.
    pub fn step(
        &mut self,
        event: CaseEvent,
        who: &Who,
        when: When,
        body: &serde_json::Value,
    ) -> Result<(), StepError> {
        let before = self.case.case_state()?;
        let claimed = self.case.claim().is_some_and(|c| c.until.is_none_or(|u| u > when.now));
        let after = case::next(before, claimed, event)?;
        self.move_to(before, after, when)?;
        self.note(event.code(), who, when, body);
        if after.is_open() { Ok(()) } else { self.close_handover(who, when) }
    }

    /// Takes the claim for a person until it ends by itself.
    pub fn claim(&mut self, by: &PersonId, until: Option<Timestamp>, when: When) -> Result<(), StepError> {
        let before = self.case.case_state()?;
        let after = case::claim(before, self.case.claim().as_ref(), by, when.now)?;
        let same = self.case.claimed_by.as_deref() == Some(by.as_str());
        self.case.claimed_by = Some(by.to_string());
        self.case.claimed_until = until.map(Timestamp::millis);
        if !same {
            self.case.claimed_since = Some(when.at.millis());
        }
        self.move_to(before, after, when)?;
        self.note(CaseEvent::Claim.code(), &Who::Person(by.clone()), when, &json!({}));
        Ok(())
    }

    /// Gives the claim back.
    pub fn release(&mut self, by: &PersonId, lead: bool, when: When) -> Result<(), StepError> {
        let before = self.case.case_state()?;
        let after = case::release(before, self.case.claim().as_ref(), by, lead)?;
        self.unclaim();
        self.move_to(before, after, when)?;
        self.note(CaseEvent::Release.code(), &Who::Person(by.clone()), when, &json!({}));
        Ok(())
    }

    fn unclaim(&mut self) {
        self.case.claimed_by = None;
        self.case.claimed_since = None;
        self.case.claimed_until = None;
    }

    fn move_to(&mut self, before: CaseState, after: CaseState, when: When) -> Result<(), StepError> {
        if before == after {
            return Ok(());
        }
        self.case.set_state(after, when.at);
        self.case.end_hold();
        if !after.is_open() {
            self.unclaim();
        }
        match after {
            CaseState::Resolved | CaseState::Closed => {
                self.end_open(ObligationKind::is_response, ObligationState::Void, "resolved", when)?;
                self.fulfil(ObligationKind::is_resolution, "resolved", when)?;
            }
            CaseState::Dismissed => self.end_open(|_| true, ObligationState::Void, "dismissed", when)?,
            _ if after.holds_resolution() => self.each_open_resolution(|o| o.hold(when.at))?,
            _ if before.holds_resolution() => self.each_open_resolution(|o| o.resume(when.at))?,
            _ if !before.is_open() => self.run_total_resolution_again(when)?,
            _ => {}
        }
        if after.is_open() {
            self.case.ended_why = None;
        }
        self.refresh_due();
        Ok(())
    }

    /// Opens a new wait.
    pub fn open_wait(
        &mut self,
        kind: ObligationKind,
        mention_id: Option<&str>,
        started_at: Timestamp,
        policy: &(i64, Policy),
    ) -> Option<usize> {
        self.open_wait_on(kind, mention_id, started_at, policy, self.case.selector())
    }

    /// The same for a case of this level, language and channel.
    pub fn open_wait_on(
        &mut self,
        kind: ObligationKind,
        mention_id: Option<&str>,
        started_at: Timestamp,
        policy: &(i64, Policy),
        on: Selector,
    ) -> Option<usize> {
        let promise = policy.1.target(kind, &on)?;
        let wait = self.clocks.iter().map(|o| o.wait + 1).max().unwrap_or(0);
        let obligation = Obligation::open(kind, wait, started_at, promise, &policy.1);
        Some(self.begin(&obligation, mention_id, policy))
    }

    fn begin(&mut self, obligation: &Obligation, mention_id: Option<&str>, policy: &(i64, Policy)) -> usize {
        let mut row = ObligationRow {
            case_id: self.case.id.clone(),
            wait: obligation.wait,
            part: 0,
            brand_id: self.case.brand_id.clone(),
            kind: String::new(),
            state: String::new(),
            policy: policy.1.name.clone(),
            policy_version: policy.0,
            mention_id: mention_id.map(ToOwned::to_owned),
            started_at: 0,
            target_ms: 0,
            due_at: 0,
            warn_at: String::new(),
            stages_done: 0,
            next_at: None,
            held_since: None,
            ended_at: None,
            ended_by: None,
            calendar: String::new(),
            counted_ms: None,
        };
        row.take(obligation);
        self.clocks.push(row);
        self.touched.insert(self.clocks.len() - 1);
        self.refresh_due();
        self.clocks.len() - 1
    }

    /// Changes one clock by a step of its arithmetic; what fell due in it is recorded.
    pub fn with_clock(
        &mut self,
        at: usize,
        when: When,
        change: impl FnOnce(&mut Obligation) -> Vec<FellDue>,
    ) -> Result<(), StoreError> {
        if at >= self.clocks.len() {
            return Ok(());
        }
        let mut obligation = self.obligation(at)?;
        let fell = change(&mut obligation);
        self.clocks[at].take(&obligation);
        self.touched.insert(at);
        for fell in fell {
            self.record(&obligation, fell, when.now);
        }
        self.refresh_due();
        Ok(())
    }

    /// Ends the open response wait by an answer at `when.at`.
    pub fn fulfil_response(&mut self, at: usize, ended_by: &str, when: When) -> Result<(), StoreError> {
        self.with_clock(at, when, |o| o.fulfil(when.at))?;
        if let Some(row) = self.clocks.get_mut(at) {
            row.ended_by = Some(ended_by.to_owned());
        }
        Ok(())
    }

    /// Records every stage that is past at `now`.
    pub fn fall_due(&mut self, now: Timestamp) -> Result<(), StoreError> {
        for at in 0..self.clocks.len() {
            if self.clocks[at].next_at.is_some_and(|next| next < now.millis()) {
                self.with_clock(at, When::now(now), |o| o.fall_due(now))?;
            }
        }
        Ok(())
    }

    /// Ends every clock that is still open, without a result.
    pub fn void_all(&mut self, by: &str, when: When) -> Result<(), StoreError> {
        self.end_open(|_| true, ObligationState::Void, by, when)?;
        self.refresh_due();
        Ok(())
    }

    /// Ends the clocks of answers that are still owed, without a result.
    pub fn void_responses(&mut self, by: &str, when: When) -> Result<(), StoreError> {
        self.end_open(ObligationKind::is_response, ObligationState::Void, by, when)?;
        self.refresh_due();
        Ok(())
    }

    /// The answer that ended a wait is gone: the wait runs on with its original start, as a further
    /// part; what was recorded of the part before stays on record.
    pub fn revive(&mut self, at: usize, by: &str, now: Timestamp) -> Result<(), StoreError> {
        let Some(row) = self.clocks.get(at).cloned() else { return Ok(()) };
        let mut old = self.obligation(at)?;
        let again = old.revive();
        old.state = ObligationState::Superseded;
        self.clocks[at].take(&old);
        self.clocks[at].ended_by = Some(by.to_owned());
        self.touched.insert(at);
        let mut next = row;
        next.take(&again);
        next.ended_by = None;
        self.clocks.push(next);
        let last = self.clocks.len() - 1;
        self.touched.insert(last);
        self.with_clock(last, When::now(now), |o| o.fall_due(now))
    }

    fn end_open(
        &mut self,
        which: impl Fn(ObligationKind) -> bool,
        state: ObligationState,
        by: &str,
        when: When,
    ) -> Result<(), StoreError> {
        for at in 0..self.clocks.len() {
            let o = self.obligation(at)?;
            if o.state.is_open() && which(o.kind) {
                self.with_clock(at, when, |o| {
                    let fell = o.fall_due(when.at);
                    o.end(state, when.at);
                    fell
                })?;
                self.clocks[at].ended_by = Some(by.to_owned());
            }
        }
        Ok(())
    }

    fn fulfil(
        &mut self,
        which: impl Fn(ObligationKind) -> bool,
        by: &str,
        when: When,
    ) -> Result<(), StoreError> {
        for at in 0..self.clocks.len() {
            let o = self.obligation(at)?;
            if o.state.is_open() && which(o.kind) {
                self.fulfil_response(at, by, when)?;
            }
        }
        Ok(())
    }

    fn each_open_resolution(&mut self, change: impl Fn(&mut Obligation)) -> Result<(), StoreError> {
        for at in 0..self.clocks.len() {
            let mut o = self.obligation(at)?;
            if o.state.is_open() && o.kind.is_resolution() {
                change(&mut o);
                self.clocks[at].take(&o);
                self.touched.insert(at);
            }
        }
        Ok(())
    }

    /// A reopened case is not solved for good: the last total resolution runs again as a further
    /// part of the same wait, and the time while it was resolved does not count.
    fn run_total_resolution_again(&mut self, when: When) -> Result<(), StoreError> {
        let last = self.clocks.iter().rposition(|o| o.kind == ObligationKind::TotalResolution.code());
        let Some(row) = last.map(|at| self.clocks[at].clone()) else { return Ok(()) };
        let ended = row.obligation(self.hours(&row))?;
        if !matches!(ended.state, ObligationState::Kept) {
            return Ok(());
        }
        let mut again = ended.revive();
        again.state = ObligationState::Held;
        again.held_since = ended.ended_at;
        again.resume(when.at.max(ended.ended_at.unwrap_or(when.at)));
        let mut next = row;
        next.take(&again);
        next.ended_by = None;
        self.clocks.push(next);
        self.touched.insert(self.clocks.len() - 1);
        Ok(())
    }

    /// The nearest deadline of a response that is owed.
    fn refresh_due(&mut self) {
        let owed = self.clocks.iter().filter(|o| {
            o.ended_at.is_none()
                && ObligationKind::from_code(&o.kind).is_some_and(ObligationKind::is_response)
        });
        self.case.due_at = owed.map(|o| o.due_at).min();
    }
}

/// Why a step was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StepError {
    /// The table of states or the claim forbids it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A stored row cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
