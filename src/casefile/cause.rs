//! What fell due, and why: a breach is taken apart, so that a lead sees where the time went.

use super::{CaseFile, When, Who};
use crate::domain::case::CaseState;
use crate::domain::clocks::{FellDue, Obligation, ObligationKind, Stage};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::rows::ClockEventRow;
use serde_json::json;

impl CaseFile {
    /// Lets everything fall due that is past, and writes that into the timeline. What is late is left to members
    /// no longer.
    pub fn fall_due_noted(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let before = self.fell_due.len();
        self.fall_due(now)?;
        let notes: Vec<_> = self.fell_due[before..]
            .iter()
            .map(|e| {
                let name = if e.stage >= 100 { "broken" } else { "warned" };
                let body = json!({ "kind": e.kind, "wait": e.wait, "stage": e.stage, "cause": e.cause });
                (name, Timestamp(e.at), body)
            })
            .collect();
        if notes.iter().any(|(name, ..)| *name == "broken") {
            self.case.end_hold();
        }
        for (name, at, body) in notes {
            self.note(name, &Who::Rule("clock"), When { at, now }, &body);
        }
        Ok(())
    }

    /// Its level when it was read, 1 to 5; `None` for a case just made.
    pub fn level_before(&self) -> Option<i64> {
        self.indexed.as_ref().map(|i| i.2)
    }

    pub(super) fn record(&mut self, of: &Obligation, fell: FellDue, now: Timestamp) {
        let (is_breach, stage) = (fell.stage == Stage::Breach, fell.stage.number());
        // What is found anew in one go counts as it was found last; a stage is written once.
        self.fell_due.retain(|e| (e.wait, e.stage) != (of.wait, stage));
        let cause = if is_breach { self.cause(of, fell.at, now) } else { ("", json!({})) };
        self.fell_due.push(ClockEventRow {
            case_id: self.case.id.clone(),
            wait: of.wait,
            stage,
            brand_id: self.case.brand_id.clone(),
            part: of.part,
            kind: of.kind.code().to_owned(),
            at: fell.at.millis(),
            recorded_at: now.millis(),
            cause: cause.0.to_owned(),
            parts: cause.1.to_string(),
            annulled_at: None,
            annulled_evidence: None,
        });
    }

    /// Where the time went until the deadline: the channel, triage that thought no answer was needed,
    /// nobody looking, somebody's desk, the writing of an answer that was not sent in time, or the front office
    /// where that was still waited for; and how late we noticed. Counted in the hours of the promise, like the deadline itself.
    fn cause(&self, of: &Obligation, due: Timestamp, now: Timestamp) -> (&'static str, serde_json::Value) {
        let hours = &of.hours;
        let opened = Timestamp(self.case.opened_at);
        let received = Timestamp(self.case.received_at).clamp(opened, due.max(opened));
        // What was missed began with the case; a later wait was not missed.
        let missed = self.case.missed_at.filter(|_| of.kind != ObligationKind::NextResponse);
        let seen = missed.map_or(received, |m| Timestamp(m).clamp(received, due.max(received)));
        // What waits for the front office waits for nobody here, whoever has it.
        let waits = self.case.state == CaseState::WaitingFrontOffice.code();
        let front = if waits { Timestamp(self.case.state_since).clamp(seen, due.max(seen)) } else { due };
        // Who waits for a solution waits for more than words; and what was left lying is not being written.
        let writing = self.writing.filter(|(_, touched)| of.kind.is_response() && *touched > of.started_at);
        let until = front.max(seen);
        let within = |at: Timestamp| at.clamp(seen, until);
        let (begun, left) =
            writing.map_or((until, until), |(begun, touched)| (within(begun), within(touched.max(begun))));
        let claimed = self.case.claimed_since.map_or(until, |c| within(Timestamp(c)));
        // Whether anybody had it or not, what was being written waited for that alone.
        let idle = |from: Timestamp, to: Timestamp| {
            let written = hours.between(begun.clamp(from, to), left.clamp(from, to));
            hours.between(from, to).millis() - written.millis()
        };
        let parts = [
            ("waiting_front_office", hours.between(front, due).millis()),
            ("channel_delay", hours.between(opened, received).millis()),
            ("missed_by_triage", hours.between(received, seen).millis()),
            ("writing", hours.between(begun, left).millis()),
            ("waiting_unseen", idle(seen, claimed)),
            ("waiting_claimed", idle(claimed, until)),
        ];
        let cause = parts.iter().max_by_key(|(_, ms)| *ms).map_or("waiting_unseen", |(name, _)| *name);
        let mut body = serde_json::Map::new();
        let tells = |name: &str| match name {
            "missed_by_triage" => missed.is_some(),
            "waiting_front_office" => waits,
            "writing" => writing.is_some(),
            _ => true,
        };
        for (name, ms) in parts.into_iter().filter(|(name, _)| tells(name)) {
            body.insert(format!("{name}_ms"), ms.into());
        }
        body.insert("detection_ms".to_owned(), now.since(due).millis().max(0).into());
        (cause, body.into())
    }
}
