//! Taking back an end that was a mistake: the case stands as it did, and its clocks run as if it had not ended.

use super::{CaseFile, StepError, When, Who};
use crate::domain::batch::Stood;
use crate::domain::case::{self, CaseEvent, CaseState};
use crate::domain::clocks::ObligationState;
use crate::domain::ids::PersonId;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use serde_json::json;

impl CaseFile {
    /// Takes back that it was resolved or dismissed just now: state and claim are those of before, and each clock
    /// that ended with it runs on with its original start. A private talk that ended with it is not taken up again.
    pub fn take_back(&mut self, stood: &Stood, by: &PersonId, when: When) -> Result<(), StepError> {
        let ended = Timestamp(self.case.state_since);
        case::next(self.case.case_state()?, false, CaseEvent::Reopen)?;
        let who = Who::Person(by.clone());
        let before = CaseState::from_code(&stood.state).filter(|s| s.is_open()).unwrap_or(CaseState::New);
        self.case.set_state(CaseState::New, when.at);
        self.case.ended_why = None;
        self.note(CaseEvent::Reopen.code(), &who, when, &json!({ "undone": true }));
        let had =
            stood.claimed_by.as_ref().filter(|_| stood.claimed_until.is_none_or(|u| u > when.now.millis()));
        if let Some(had) = had {
            self.case.claimed_by = Some(had.clone());
            self.case.claimed_since = stood.claimed_since;
            self.case.claimed_until = stood.claimed_until;
            self.case.set_state(CaseState::Working, when.at);
            self.note(CaseEvent::Assign.code(), &who, when, &json!({ "to": had }));
        }
        let waits = match before {
            CaseState::WaitingCustomer => Some(CaseEvent::AwaitCustomer),
            CaseState::WaitingFrontOffice => Some(CaseEvent::AwaitFrontOffice),
            _ => None,
        };
        if let Some(event) = waits {
            self.case.set_state(before, when.at);
            self.note(event.code(), &who, when, &json!({}));
        }
        let held_since = (before == CaseState::WaitingCustomer).then_some(Timestamp(stood.since));
        for at in 0..self.clocks.len() {
            let clock = &self.clocks[at];
            let with_it = matches!(clock.ended_by.as_deref(), Some("dismissed" | "resolved"));
            if with_it && clock.ended_at == Some(ended.millis()) && clock.state != "superseded" {
                self.run_on(at, held_since, when)?;
            }
        }
        self.refresh_due();
        Ok(())
    }

    /// One clock that ended with the case runs on as a further part, held where it was held.
    fn run_on(&mut self, at: usize, held_since: Option<Timestamp>, when: When) -> Result<(), StoreError> {
        let mut old = self.obligation(at)?;
        let mut again = old.revive();
        // What ended as kept or broken had its deadline moved by the hold until then.
        let counted = matches!(old.state, ObligationState::Kept | ObligationState::Broken);
        let held_since = held_since.map(|since| if counted { old.ended_at.unwrap_or(since) } else { since });
        let holds = held_since.filter(|since| *since <= again.due_at);
        if let Some(since) = holds.filter(|_| old.kind.is_resolution()) {
            again.state = ObligationState::Held;
            again.held_since = Some(since);
        }
        let mut next = self.clocks[at].clone();
        old.state = ObligationState::Superseded;
        self.clocks[at].take(&old);
        self.touched.insert(at);
        next.take(&again);
        next.ended_by = None;
        self.clocks.push(next);
        let last = self.clocks.len() - 1;
        self.touched.insert(last);
        self.with_clock(last, When::now(when.now), |o| o.fall_due(when.now))
    }
}
