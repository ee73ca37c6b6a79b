//! Handing a case to a colleague, taking it from who left, and how it stood when it was read.

use super::{CaseFile, StepError, When, Who};
use crate::domain::case::{self, CaseEvent};
use crate::domain::ids::PersonId;
use serde_json::json;

impl CaseFile {
    /// Whether it was open when it was read; one just made is.
    pub fn was_open(&self) -> bool {
        self.indexed.as_ref().is_none_or(|i| i.0 == 1)
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
