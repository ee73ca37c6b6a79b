//! The clocks of promises: due at an instant, whatever the hours; a promise that is moved keeps its wait, its start
//! and what was recorded of it.

use super::{CaseFile, When};
use crate::domain::calendar::Hours;
use crate::domain::clocks::{Obligation, ObligationKind, ObligationState};
use crate::domain::policy::{Policy, Promise};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::rows::{ClockEventRow, ObligationRow};

/// What ends a promise whose answer never left.
pub const UNSENT: &str = "answer_unsent";
/// What ends the clock of a promise that will not be kept.
const GIVEN_UP: &str = "given_up";

fn to_be_kept(due: Timestamp, made: Timestamp) -> Promise {
    Promise { span: due.since(made), hours: Hours::Always }
}

impl CaseFile {
    /// Begins the clock of a promise that somebody made. Gives the wait. What was due before `now` is late already:
    /// nobody is warned of that any more.
    pub fn open_promise(
        &mut self,
        due: Timestamp,
        made: Timestamp,
        now: Timestamp,
        policy: &(i64, Policy),
    ) -> i64 {
        let wait = self.clocks.iter().map(|o| o.wait + 1).max().unwrap_or(0);
        let mut obligation =
            Obligation::open(ObligationKind::Promise, wait, made, to_be_kept(due, made), &policy.1);
        if due <= now {
            obligation.stages_done = obligation.warn_at.len() as i64 + 1;
        }
        self.begin(&obligation, None, policy);
        wait
    }

    /// The clock of a promise that is still to be kept.
    pub fn running_promise(&self, wait: i64) -> Option<usize> {
        let kind = ObligationKind::Promise.code();
        self.clocks.iter().position(|o| o.wait == wait && o.kind == kind && o.ended_at.is_none())
    }

    /// The clock of a promise that ended by being given up.
    pub fn given_up_promise(&self, wait: i64) -> Option<usize> {
        let last = self.clocks.iter().rposition(|o| o.wait == wait)?;
        (self.clocks[last].ended_by.as_deref() == Some(GIVEN_UP)).then_some(last)
    }

    /// A promise is due at another instant from now on: a further part of the same wait, with the same start.
    /// What was warned of is not warned of again, and what was broken stays so.
    pub fn move_promise(
        &mut self,
        at: usize,
        due: Timestamp,
        by: &str,
        when: When,
    ) -> Result<(), StoreError> {
        let Some(policy) = self.policy_of(at) else { return Ok(()) };
        self.with_clock(at, when, |o| o.fall_due(when.now))?;
        let mut old = self.obligation(at)?;
        let start = old.started_at.min(due);
        let mut next =
            Obligation::open(ObligationKind::Promise, old.wait, start, to_be_kept(due, start), &policy);
        next.part = old.part + 1;
        next.stages_done = old.stages_done.min(next.warn_at.len() as i64 + 1);
        if due <= when.now {
            next.stages_done = next.warn_at.len() as i64 + 1;
        }
        let mut row = self.clocks[at].clone();
        old.end(ObligationState::Superseded, when.now);
        self.clocks[at].take(&old);
        self.clocks[at].ended_by = Some(by.to_owned());
        self.touched.insert(at);
        row.take(&next);
        row.ended_by = None;
        self.clocks.push(row);
        self.touched.insert(self.clocks.len() - 1);
        Ok(())
    }

    /// Ends a promise without its being kept, as `state` says.
    pub fn end_promise(
        &mut self,
        at: usize,
        state: ObligationState,
        by: &str,
        when: When,
    ) -> Result<(), StoreError> {
        self.with_clock(at, when, |o| {
            let fell = o.fall_due(when.at);
            o.end(state, when.now);
            fell
        })?;
        self.clocks[at].ended_by = Some(by.to_owned());
        Ok(())
    }

    /// A promise was kept at `when.at`; a breach that was recorded meanwhile is annulled if that was in time.
    pub fn keep_promise(&mut self, at: usize, by: &str, when: When) -> Result<(), StoreError> {
        let (wait, due) = (self.clocks[at].wait, Timestamp(self.clocks[at].due_at));
        self.fulfil_response(at, by, when)?;
        if when.at <= due && when.now > due {
            self.annulled.push((wait, due, by.to_owned()));
        }
        Ok(())
    }

    /// A promise will not be kept: it is broken, whether or not its time has come.
    pub fn break_promise(&mut self, at: usize, when: When) -> Result<(), StoreError> {
        self.end_promise(at, ObligationState::Broken, GIVEN_UP, when)
    }

    /// The answer in which a promise was made never left, so it was never made: what was recorded of it is annulled.
    pub fn unsay_promise(&mut self, at: usize, when: When) -> Result<(), StoreError> {
        let (wait, start, recorded) = {
            let o = &self.clocks[at];
            (o.wait, o.started_at, o.stages_done > 0)
        };
        self.with_clock(at, when, |o| {
            if o.state.is_open() {
                o.end(ObligationState::Void, when.now);
            } else {
                o.state = ObligationState::Void;
            }
            Vec::new()
        })?;
        self.clocks[at].ended_by = Some(UNSENT.to_owned());
        if recorded {
            self.annulled.push((wait, Timestamp(start), UNSENT.to_owned()));
        }
        Ok(())
    }

    /// Gives a promise away with all parts of its clock. Its number stays taken here, so that it never means
    /// another.
    pub fn give_promise(&mut self, wait: i64, now: Timestamp) -> Given {
        let mut given = Given::default();
        for at in 0..self.clocks.len() {
            let row = &mut self.clocks[at];
            if row.wait != wait {
                continue;
            }
            given.clocks.push(row.clone());
            ObligationState::Superseded.code().clone_into(&mut row.state);
            row.ended_by = Some(super::MOVED.to_owned());
            row.ended_at = row.ended_at.or(Some(now.millis()));
            (row.next_at, row.held_since) = (None, None);
            self.touched.insert(at);
        }
        let fell = std::mem::take(&mut self.fell_due);
        (given.fell_due, self.fell_due) = fell.into_iter().partition(|e| e.wait == wait);
        given
    }

    /// Takes over a promise of another case; gives its wait here. Its parts, times and stages stay as they are.
    pub fn take_promise(&mut self, given: Given) -> i64 {
        let wait = self.clocks.iter().map(|o| o.wait + 1).max().unwrap_or(0);
        for row in given.clocks {
            self.clocks.push(ObligationRow { case_id: self.case.id.clone(), wait, ..row });
            self.touched.insert(self.clocks.len() - 1);
        }
        for event in given.fell_due {
            self.fell_due.push(ClockEventRow { case_id: self.case.id.clone(), wait, ..event });
        }
        wait
    }
}

/// The clock of a promise on its way to another case.
#[derive(Clone, Debug, Default)]
pub struct Given {
    clocks: Vec<ObligationRow>,
    fell_due: Vec<ClockEventRow>,
}
