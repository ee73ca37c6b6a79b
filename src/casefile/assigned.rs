//! Handing a case to a colleague, taking it from who left, and how it stood when it was read.

use super::{CaseFile, StepError, When, Who};
use crate::domain::case::{self, CaseEvent, CaseState};
use crate::domain::ids::PersonId;
use serde_json::json;

impl CaseFile {
    /// The state in which it was read; one just made is new.
    pub fn was_state(&self) -> CaseState {
        CaseState::from_code(&self.state_read).unwrap_or(CaseState::New)
    }

    /// When its first message was posted as far as was known when it was read; `None` for a case just
    /// made.
    pub fn was_opened_at(&self) -> Option<i64> {
        self.indexed.as_ref().map(|i| i.5)
    }

    /// Hands it to `to`: their claim begins now and has no end of its own.
    pub fn hand_to(&mut self, to: &PersonId, by: &PersonId, lead: bool, when: When) -> Result<(), StepError> {
        let before = self.case.case_state()?;
        let after = case::assign(before, self.case.claim().as_ref(), by, lead, when.now)?;
        if self.case.claimed_by.as_deref() != Some(to.as_str()) {
            self.case.claimed_since = Some(when.at.millis());
        }
        self.case.claimed_by = Some(to.to_string());
        self.case.claimed_until = None;
        self.move_to(before, after, when)?;
        self.note(CaseEvent::Assign.code(), &Who::Person(by.clone()), when, &json!({ "to": to.to_string() }));
        Ok(())
    }

    /// Takes the claim away by a rule, whoever has it; the reason stands in `body`.
    pub fn give_back(
        &mut self,
        rule: &'static str,
        when: When,
        body: &serde_json::Value,
    ) -> Result<(), StepError> {
        let before = self.case.case_state()?;
        let claim = self.case.claim();
        let by = claim.as_ref().map_or_else(|| PersonId::stored(String::new()), |c| c.by.clone());
        let after = case::release(before, claim.as_ref(), &by, true)?;
        self.unclaim();
        self.move_to(before, after, when)?;
        self.note(CaseEvent::Release.code(), &Who::Rule(rule), when, body);
        Ok(())
    }
}
