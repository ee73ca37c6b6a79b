//! A case that became more or less urgent, or turned out to be in another language: its clocks follow.
//!
//! A raise counts from what raised it, a post from when it was posted; so it makes no difference whether posts came in
//! one by one or all at once. Each clock looks at the version of its policy under which it began.

use super::{CaseFile, When};
use crate::domain::clocks::{ObligationKind, ObligationState};
use crate::domain::judgement::Level;
use crate::domain::policy::Selector;
use crate::domain::time::Timestamp;
use crate::store::StoreError;

impl CaseFile {
    /// The level, language or channel changed: clocks whose target is another now are succeeded. `raises` tell, in their
    /// order, since when the case is more urgent than it was; of what we answered at one of `answered` before that it
    /// raises nothing.
    pub fn retarget(
        &mut self,
        raises: &[(Timestamp, Level)],
        answered: &[Timestamp],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let selector = self.case.selector();
        for at in 0..self.clocks.len() {
            let mut last = at;
            for (since, level) in raises {
                // What was said before a wait raises it from its beginning.
                let since = (*since).max(Timestamp(self.clocks[at].started_at)).min(now);
                let on = Selector { level: *level, ..selector };
                if !self.is_answered(at, since, answered) && self.succeed(last, &on, true, since)? {
                    last = self.clocks.len() - 1;
                }
            }
            if raises.is_empty() {
                self.succeed(at, &selector, false, now)?;
            }
        }
        self.refresh_due();
        Ok(())
    }

    /// The same for a case that somebody looked at just now.
    pub fn retarget_now(&mut self, raised: bool, now: Timestamp) -> Result<(), StoreError> {
        let raise = raised.then(|| (now, Level::from_number(self.case.level)));
        self.retarget(raise.as_slice(), &[], now)
    }

    /// What came in late was urgent before what raised the case, or before our answer: a wait is due as if that had come in
    /// time, and an answer that was in time for the milder words may be late for these.
    pub fn hasten(
        &mut self,
        said: &[(Timestamp, Level)],
        answered: &[Timestamp],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for at in 0..self.clocks.len() {
            for (since, level) in said {
                let wait = self.obligation(at)?;
                let since = (*since).max(wait.started_at);
                // What was annulled stays so.
                let ended = match wait.state {
                    ObligationState::Kept if wait.is_breached() => continue,
                    ObligationState::Kept | ObligationState::Broken => wait.ended_at,
                    ObligationState::Running => None,
                    _ => continue,
                };
                let over = ended.is_some_and(|ended| ended < since) || self.is_answered(at, since, answered);
                if !wait.kind.is_response() || over {
                    continue;
                }
                let on = Selector { level: *level, ..self.case.selector() };
                let policy = self.policy_of(at);
                let promise = policy.as_ref().and_then(|policy| policy.target(wait.kind, &on));
                let (Some(policy), Some(promise)) = (policy, promise) else { continue };
                let due = promise.hours.add(since, promise.span);
                if due < wait.due_at {
                    self.with_clock(at, When::now(now), |o| {
                        o.hasten(due, since, &policy);
                        ended.map(|ended| o.fulfil(ended)).unwrap_or_default()
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Whether an answer that is owed was given before an instant.
    fn is_answered(&self, at: usize, since: Timestamp, answered: &[Timestamp]) -> bool {
        let clock = &self.clocks[at];
        ObligationKind::from_code(&clock.kind).is_some_and(ObligationKind::is_response)
            && answered.iter().any(|a| a.millis() >= clock.started_at && *a < since)
    }

    /// A clock that has just begun is raised by what was said after its beginning: when, and how urgent the case was
    /// from then on. Gives the place of its last part.
    pub fn raise_through(&mut self, at: usize, raises: &[(Timestamp, Level)]) -> Result<usize, StoreError> {
        let mut last = at;
        for (since, level) in raises {
            let on = Selector { level: *level, ..self.case.selector() };
            if self.succeed(last, &on, true, *since)? {
                last = self.clocks.len() - 1;
            }
        }
        self.refresh_due();
        Ok(last)
    }

    /// Ends one clock for a further part with the target that holds now, if that is another; tells whether it did.
    fn succeed(
        &mut self,
        at: usize,
        on: &Selector,
        raised: bool,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut old = self.obligation(at)?;
        let row = &self.clocks[at];
        let Some(policy) = self.policies.get(&row.policy, row.policy_version) else { return Ok(false) };
        let Some(target) = policy.target(old.kind, on).filter(|_| old.state.is_open()) else {
            return Ok(false);
        };
        let due = old.due_at;
        let Some(mut next) = old.supersede(target, raised, since, policy) else { return Ok(false) };
        if raised && next.due_at < due {
            next.breaks_anew();
        }
        let mut row = self.clocks[at].clone();
        self.clocks[at].take(&old);
        self.clocks[at].ended_by = Some("retargeted".to_owned());
        self.touched.insert(at);
        row.take(&next);
        row.ended_by = None;
        self.clocks.push(row);
        self.touched.insert(self.clocks.len() - 1);
        Ok(true)
    }
}
