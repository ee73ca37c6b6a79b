//! What holds for a case whatever the order in which its rows were read.

use super::{CaseFile, When, Who};
use crate::domain::batch::Stood;
use crate::domain::case::CaseEvent;
use crate::domain::clocks::ObligationKind;
use crate::domain::ids::PersonId;
use crate::domain::policy::{Policies, Policy};
use crate::domain::time::{Span, Timestamp};
use crate::store::rows::CaseRow;
use serde_json::json;

fn row() -> CaseRow {
    CaseRow {
        id: "cas_1".into(),
        brand_id: "brd_1".into(),
        number: 1,
        conversation_id: "cnv_1".into(),
        author_id: "aut_1".into(),
        customer_id: None,
        previous_case_id: None,
        first_mention_id: "men_1".into(),
        channel: "social".into(),
        platform: "mastodon".into(),
        private: 0,
        historic: 0,
        sample: 0,
        state: "new".into(),
        open: 1,
        state_since: 0,
        claimed_by: None,
        claimed_since: None,
        claimed_until: None,
        level: 2,
        urgency: 60,
        intent: "complaint".into(),
        language: "nl".into(),
        needs_answer: 1,
        needs_private: 0,
        policy: "social-30m".into(),
        policy_version: 1,
        opened_at: 0,
        received_at: 0,
        last_message_at: 0,
        first_answer_at: None,
        due_at: None,
        ended_why: None,
        version: 0,
        changed_at: 0,
        snoozed_until: None,
        missed_at: None,
        wrote_again: 0,
        closing_at: None,
        held_until: None,
        solved_at: None,
        course: "[]".into(),
    }
}

fn step(file: &mut CaseFile, event: CaseEvent, at: Timestamp) {
    file.step(event, &Who::Customer, When::now(at), &json!({})).unwrap();
}

#[test]
fn a_total_resolution_that_broke_after_a_reopening_stays_broken_in_whatever_order_its_parts_were_read() {
    let [policy, _] = Policy::ready_made();
    let target = policy.target(ObligationKind::TotalResolution, &row().selector()).unwrap().span;
    let policies = Policies::default();
    let mut file = CaseFile::new(row(), Vec::new(), &policies);
    file.open_wait(ObligationKind::TotalResolution, None, Timestamp(0), &(1, policy)).unwrap();
    let at = |hours: i64| Timestamp(0).plus(target).plus(Span::hours(hours));
    step(&mut file, CaseEvent::Resolve, Timestamp(0).plus(Span::minutes(30)));
    step(&mut file, CaseEvent::CustomerMessage, at(1));
    let due = file.clocks[1].due_at;
    step(&mut file, CaseEvent::Resolve, Timestamp(due).plus(Span::hours(1)));
    let states: Vec<&str> = file.clocks.iter().map(|o| o.state.as_str()).collect();
    assert_eq!(states, ["kept", "broken"]);

    let clocks: Vec<_> = file.clocks.iter().rev().cloned().collect();
    let mut again = CaseFile::new(file.case, clocks, &policies);
    step(&mut again, CaseEvent::CustomerMessage, Timestamp(due).plus(Span::hours(2)));
    let parts: Vec<(i64, &str)> = again.clocks.iter().map(|o| (o.part, o.state.as_str())).collect();
    assert_eq!(parts, [(0, "kept"), (1, "broken")]);
}

#[test]
fn a_hold_that_an_end_by_mistake_cut_in_two_counts_once() {
    let [policy, _] = Policy::ready_made();
    let policies = Policies::default();
    let at = |hours: i64| Timestamp(0).plus(Span::hours(hours));
    for end in [CaseEvent::Resolve, CaseEvent::Dismiss] {
        let mut file = CaseFile::new(row(), Vec::new(), &policies);
        file.open_wait(ObligationKind::TotalResolution, None, at(0), &(1, policy.clone())).unwrap();
        let due = file.clocks[0].due_at;
        step(&mut file, CaseEvent::AwaitCustomer, at(1));
        let stood = Stood {
            state: "waiting_customer".into(),
            since: at(1).millis(),
            claimed_by: None,
            claimed_since: None,
            claimed_until: None,
            labelled: false,
        };
        step(&mut file, end, at(5));
        file.take_back(&stood, &PersonId::stored("per_1".into()), When::now(at(6))).unwrap();
        step(&mut file, CaseEvent::CustomerMessage, at(8));
        let last = file.clocks.last().unwrap();
        assert_eq!((last.state.as_str(), last.due_at - due), ("running", Span::hours(7).millis()));
    }
}
