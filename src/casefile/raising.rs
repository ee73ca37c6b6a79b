//! A case that became more or less urgent, or turned out to be in another language: its clocks follow.
//!
//! A raise counts from what raised it, a post from when it was posted; so it makes no difference whether posts came in
//! one by one or all at once. Each clock looks at the version of its policy under which it began.

use super::CaseFile;
use crate::domain::judgement::Level;
use crate::domain::policy::Selector;
use crate::domain::time::Timestamp;
use crate::store::StoreError;

impl CaseFile {
    /// The level, language or channel changed: clocks whose target is another now are succeeded. `raised` tells since
    /// when the case is more urgent, if it is.
    pub fn retarget(&mut self, raised: Option<Timestamp>, now: Timestamp) -> Result<(), StoreError> {
        let selector = self.case.selector();
        for at in 0..self.clocks.len() {
            // What was said before a wait raises it from its beginning.
            let started = Timestamp(self.clocks[at].started_at);
            let since = raised.map_or(now, |since| since.max(started).min(now));
            self.succeed(at, &selector, raised.is_some(), since)?;
        }
        self.refresh_due();
        Ok(())
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
        let Some(next) = old.supersede(target, raised, since, policy) else { return Ok(false) };
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
