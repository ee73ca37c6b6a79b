//! The hand-over of a case: each step with its event on the timeline and what it does to the state.
//!
//! Offering, or taking it by hand, lets the case wait in private, which holds both resolution clocks;
//! a customer who comes ends that like any message; one who does not ends the case, and its clocks are
//! then neither kept nor broken.

use super::{CaseFile, StepError, When, Who};
use crate::domain::case::{CaseEvent, CaseState};
use crate::domain::clocks::ObligationState;
use crate::domain::handover::{HandoverEvent, HandoverState, Timing, code_of, next};
use crate::domain::policy::Policy;
use crate::store::rows::ObligationRow;
use crate::store::{StoreError, handover::HandoverRow};
use std::collections::BTreeSet;

/// Why a case ended whose customer did not come.
pub const LAPSED: &str = "lapsed";
/// Why a clock ended whose message stands in another case now. It runs again if the message comes back.
pub const MOVED: &str = "moved";

impl CaseFile {
    /// The same with the hand-over that was read with it.
    pub fn with_handover(mut self, row: Option<HandoverRow>) -> Self {
        self.handover = row;
        self
    }

    /// Its hand-over, if there is a row of it.
    pub const fn handover(&self) -> Option<&HandoverRow> {
        self.handover.as_ref()
    }

    /// Where its hand-over stands; `None` before the first step.
    pub fn handover_state(&self) -> Option<HandoverState> {
        self.handover.as_ref().and_then(HandoverRow::at)
    }

    /// Its hand-over, if it changed since it was read.
    pub fn changed_handover(&self) -> Option<&HandoverRow> {
        self.handover.as_ref().filter(|_| self.handover_changed)
    }

    /// How long its customer is waited for.
    pub fn private_timing(&self) -> Timing {
        let policy = self.policies.get(&self.case.policy, self.case.policy_version);
        policy.map_or_else(|| Policy::default().private_timing(), Policy::private_timing)
    }

    /// The row of its hand-over, made with a code of `chance` if there is none yet; what is done with it
    /// is written.
    pub fn handover_mut(&mut self, chance: u64, when: When) -> &mut HandoverRow {
        self.handover_changed = true;
        let case = &self.case;
        let row = self.handover.get_or_insert_with(|| HandoverRow {
            case_id: case.id.clone(),
            brand_id: case.brand_id.clone(),
            state: String::new(),
            code: code_of(chance),
            author_id: case.author_id.clone(),
            conversation_id: case.conversation_id.clone(),
            reach: String::new(),
            reach_why: String::new(),
            reached_at: None,
            offered_at: None,
            reminded_at: None,
            opened_at: None,
            ended_at: None,
            next_at: None,
            changed_at: when.now.millis(),
        });
        row.changed_at = when.now.millis();
        row
    }

    /// Takes one step of the table of hand-overs, with what follows for the case; tells whether it was
    /// possible. `chance` makes the code where there is none yet.
    pub fn hand(
        &mut self,
        event: HandoverEvent,
        who: &Who,
        when: When,
        body: &serde_json::Value,
        chance: u64,
    ) -> Result<bool, StepError> {
        let before = self.handover_state();
        let Ok(after) = next(before, event) else { return Ok(false) };
        let timing = self.private_timing();
        let row = self.handover_mut(chance, when);
        after.code().clone_into(&mut row.state);
        let at = Some(when.at.millis());
        match event {
            HandoverEvent::Offer | HandoverEvent::TakeByHand => {
                (row.offered_at, row.reminded_at, row.opened_at, row.ended_at) = (at, None, None, None);
            }
            HandoverEvent::Open => (row.opened_at, row.ended_at) = (row.opened_at.or(at), None),
            HandoverEvent::Unlink => row.opened_at = None,
            HandoverEvent::Refuse | HandoverEvent::Lapse | HandoverEvent::Close => row.ended_at = at,
            HandoverEvent::Propose | HandoverEvent::Link => {}
        }
        row.reschedule(timing);
        let mut told = body.clone();
        told["handover"] = after.code().into();
        self.note(event.code(), who, when, &told);
        match event {
            HandoverEvent::Offer | HandoverEvent::TakeByHand => self.wait_in_private(who, when)?,
            HandoverEvent::Lapse => self.lapse(who, when)?,
            // Nobody is waited for any more: the case is somebody's work again.
            HandoverEvent::Refuse if self.case.case_state()? == CaseState::WaitingPrivate => {
                self.step(CaseEvent::Reopen, who, when, &serde_json::json!({}))?;
            }
            _ => {}
        }
        Ok(true)
    }

    fn wait_in_private(&mut self, who: &Who, when: When) -> Result<(), StepError> {
        match self.case.case_state()? {
            CaseState::WaitingPrivate => Ok(()),
            state if state.is_open() => self.step(CaseEvent::AwaitPrivate, who, when, &serde_json::json!({})),
            _ => Ok(()),
        }
    }

    /// Nobody came: a case that waited for that ends, and its clocks without result.
    fn lapse(&mut self, who: &Who, when: When) -> Result<(), StepError> {
        if self.case.case_state()? != CaseState::WaitingPrivate {
            return Ok(());
        }
        self.fall_due(when.now)?;
        self.end_open(|_| true, ObligationState::Lapsed, LAPSED, when)?;
        self.step(CaseEvent::Lapse, who, when, &serde_json::json!({}))?;
        self.case.ended_why = Some(LAPSED.to_owned());
        Ok(())
    }

    /// The case has ended: nobody is waited for any more.
    pub(super) fn close_handover(&mut self, who: &Who, when: When) -> Result<(), StepError> {
        self.hand(HandoverEvent::Close, who, when, &serde_json::json!({}), 0)?;
        Ok(())
    }

    /// Messages went to another case: what their waits came to here no longer counts, and what was
    /// recorded of them is annulled. Without `mentions` all clocks end like that.
    pub fn void_moved(&mut self, mentions: Option<&BTreeSet<String>>, when: When) -> Result<(), StoreError> {
        let goes = |o: &ObligationRow| match (mentions, &o.mention_id) {
            (None, _) => true,
            (Some(moved), Some(mention)) => moved.contains(mention),
            (Some(_), None) => false,
        };
        for at in 0..self.clocks.len() {
            let row = &self.clocks[at];
            let state = ObligationState::from_code(&row.state);
            let counts = !matches!(state, ObligationState::Superseded | ObligationState::Void);
            if !counts || !goes(row) {
                continue;
            }
            let (wait, start) = (row.wait, row.started_at);
            self.with_clock(at, when, |o| {
                o.state = ObligationState::Void;
                o.held_since = None;
                o.counted = None;
                o.ended_at = Some(when.at);
                Vec::new()
            })?;
            self.clocks[at].ended_by = Some(MOVED.to_owned());
            self.annulled.push((wait, crate::domain::time::Timestamp(start), MOVED.to_owned()));
        }
        Ok(())
    }
}
