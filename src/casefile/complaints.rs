//! The clocks of a formal complaint: by what the policy names for them, else by what holds everywhere.

use super::{CaseFile, When};
use crate::domain::calendar::Hours;
use crate::domain::clocks::{Obligation, ObligationKind, ObligationState};
use crate::domain::complaint;
use crate::domain::policy::{Policy, Promise};
use crate::domain::time::Timestamp;
use crate::store::StoreError;

impl CaseFile {
    /// Begins a clock of a complaint that was made at `made`. Gives the wait.
    pub fn open_complaint(&mut self, kind: ObligationKind, made: Timestamp, policy: &(i64, Policy)) -> i64 {
        let wait = self.clocks.iter().map(|o| o.wait + 1).max().unwrap_or(0);
        let everywhere = || Promise { span: complaint::span(kind), hours: Hours::Always };
        let promise = policy.1.target(kind, &self.case.selector()).unwrap_or_else(everywhere);
        let obligation = Obligation::open(kind, wait, made, promise, &policy.1);
        self.begin(&obligation, None, policy);
        wait
    }

    /// The clock of a wait that is still open, whatever it is for.
    pub fn open_part(&self, wait: i64) -> Option<usize> {
        self.clocks.iter().position(|o| o.wait == wait && o.ended_at.is_none())
    }

    /// Ends a wait of a complaint: kept or broken by its time, or without result where `void` says why.
    pub fn end_complaint(&mut self, wait: i64, void: Option<&str>, when: When) -> Result<(), StoreError> {
        let Some(at) = self.open_part(wait) else { return Ok(()) };
        match void {
            None => self.fulfil_response(at, "complaint", when),
            Some(why) => self.end_promise(at, ObligationState::Void, why, when),
        }
    }
}
