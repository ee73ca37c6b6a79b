//! Which events of a case programs elsewhere are told of: pure decisions that become actions in the transaction
//! that caused them.
//!
//! An action holds codes and ids as they were then; words are read when it goes, and only for whoever is to have
//! them, so that what its author took back by then is not told. Samples and history are told to nobody.

use crate::casefile::CaseFile;
use crate::clock::Mint;
use crate::domain::ids::ActionId;
use crate::domain::judgement::Level;
use crate::domain::time::Timestamp;
use crate::store::hook::{CREDENTIAL, KIND};
use crate::store::rows::{ActionRow, CaseEventRow, ClockEventRow};
use serde_json::{Value, json};

/// The number of the stage that is the breach; warnings are below it.
const BREACH: i64 = 100;
/// Programs are told after customers, teams and tickets.
const PRIORITY: i64 = 80;

/// Every type of event that can be told.
pub const TYPES: [&str; 18] = [
    "case.created",
    "case.message_received",
    "case.message_edited",
    "case.message_deleted",
    "case.claimed",
    "case.released",
    "case.level_changed",
    "case.corrected",
    "case.answered",
    "case.waiting",
    "case.deadline_warning",
    "case.deadline_broken",
    "case.breach_annulled",
    "case.resolved",
    "case.reopened",
    "case.closed",
    "case.dismissed",
    "case.ticket_linked",
];

/// One who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The name in the settings.
    pub name: String,
    /// The brands by name; empty means all.
    pub brands: Vec<String>,
    /// The types of events; empty means all.
    pub events: Vec<String>,
}

impl Endpoint {
    /// The credential of its actions.
    pub fn credential(&self) -> String {
        format!("{CREDENTIAL}{}", self.name)
    }

    fn hears(&self, brand: &str, kind: &str) -> bool {
        let brands = self.brands.is_empty() || self.brands.iter().any(|b| b.eq_ignore_ascii_case(brand));
        brands && (self.events.is_empty() || self.events.iter().any(|e| e == kind))
    }
}

/// The type under which an event of a timeline is told, if it is.
fn type_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "opened" => "case.created",
        "customer_message" => "case.message_received",
        "edited" => "case.message_edited",
        "removed" => "case.message_deleted",
        "claim" | "assign" => "case.claimed",
        "release" => "case.released",
        "corrected" => "case.corrected",
        "answer_seen" => "case.answered",
        "await_customer" | "await_front_office" | "await_private" | "private_offered" => "case.waiting",
        "resolve" | "no_reply" | "lapse" => "case.resolved",
        "reopen" => "case.reopened",
        "close" => "case.closed",
        "dismiss" => "case.dismissed",
        "ticket_linked" | "ticket_created" => "case.ticket_linked",
        _ => return None,
    })
}

/// One thing that is told: its type, its own name within the case, when it was, what of it.
struct Told {
    kind: &'static str,
    once: String,
    at: i64,
    event: Value,
}

fn of_event(e: &CaseEventRow) -> Option<Told> {
    let kind = type_of(&e.kind)?;
    let body: Value = serde_json::from_str(&e.body).unwrap_or_default();
    let event = json!({
        "seq": e.seq,
        "kind": e.kind,
        "who_kind": e.who_kind,
        "who": e.who,
        "state": e.state,
        "message": body["mention"],
        "own_post": body["own_post"],
        "ticket": body["ticket"],
    });
    Some(Told { kind, once: format!("{}", e.seq), at: e.at, event })
}

fn of_clock(e: &ClockEventRow) -> Told {
    let kind = if e.stage >= BREACH { "case.deadline_broken" } else { "case.deadline_warning" };
    let event = json!({ "wait": e.wait, "stage": e.stage, "promised": e.kind });
    Told { kind, once: format!("w{}.{}", e.wait, e.stage), at: e.at, event }
}

/// Everything in a file that is new and told.
fn told(file: &CaseFile, now: Timestamp) -> Vec<Told> {
    let mut all: Vec<Told> = file.events.iter().filter_map(of_event).collect();
    if file.level_before().is_some_and(|before| before != file.case.level) {
        let before = file.level_before().map(|l| Level::from_number(l).code());
        let event = json!({ "seq": file.case.version, "level_before": before });
        let once = format!("l{}", file.case.version);
        all.push(Told { kind: "case.level_changed", once, at: now.millis(), event });
    }
    all.extend(file.fell_due.iter().map(of_clock));
    all.extend(file.annulled.iter().map(|(wait, at, _)| Told {
        kind: "case.breach_annulled",
        once: format!("a{wait}"),
        at: now.millis(),
        event: json!({ "wait": wait, "answered_at": at.rfc3339() }),
    }));
    all
}

/// The actions that tell programs of what is new in a case.
pub fn follows(
    file: &CaseFile,
    brand: &str,
    endpoints: &[Endpoint],
    mint: &Mint,
    now: Timestamp,
) -> Vec<ActionRow> {
    let case = &file.case;
    if endpoints.is_empty() || case.sample == 1 || case.historic == 1 {
        return Vec::new();
    }
    let snapshot = json!({
        "id": case.id,
        "number": case.number,
        "brand": brand,
        "platform": case.platform,
        "state": case.state,
        "level": Level::from_number(case.level).code(),
        "urgency": case.urgency,
        "course": case.course_reasons(),
        "intent": case.intent,
        "language": case.language,
        "needs_answer": case.needs_answer == 1,
        "claimed_by": case.claimed_by,
        "due_at": case.due_at.map(|at| Timestamp(at).rfc3339()),
        "version": case.version,
    });
    let mut actions = Vec::new();
    for told in told(file, now) {
        for endpoint in endpoints.iter().filter(|e| e.hears(brand, told.kind)) {
            let id = mint.id(now, ActionId::new).to_string();
            let once = format!("hook:{}:{}:{}", endpoint.name, case.id, told.once);
            let mut action = ActionRow::ready(id, &case.brand_id, KIND, &endpoint.credential(), once, now);
            action.priority = PRIORITY;
            action.case_id = Some(case.id.clone());
            action.payload =
                json!({ "type": told.kind, "at": told.at, "case": snapshot, "event": told.event })
                    .to_string();
            actions.push(action);
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_listed_and_filters_hold() {
        let kinds = [
            "opened",
            "customer_message",
            "edited",
            "removed",
            "claim",
            "assign",
            "release",
            "corrected",
            "answer_seen",
            "await_customer",
            "resolve",
            "reopen",
            "close",
            "dismiss",
            "ticket_linked",
        ];
        for kind in kinds {
            assert!(TYPES.contains(&type_of(kind).unwrap()), "{kind}");
        }
        assert_eq!(type_of("note"), None);
        let all = Endpoint::default();
        assert!(all.hears("Acme", "case.created"));
        let some = Endpoint { brands: vec!["acme".into()], events: vec!["case.resolved".into()], ..all };
        assert!(some.hears("Acme", "case.resolved"));
        assert!(!some.hears("Acme", "case.created") && !some.hears("Tempo", "case.resolved"));
    }
}
