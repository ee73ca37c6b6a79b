//! What the tickets of a case are told: pure decisions that become actions in the transaction that
//! caused them.
//!
//! What the customer writes, changes or takes back, what we answer, and how the case ends are told as
//! notes. What came from the front office is never told back to it. An action names posts by their ids;
//! the words are read when the note is written, so that what is gone by then is not told.

use crate::casefile::CaseFile;
use crate::clock::Mint;
use crate::domain::case::CaseState;
use crate::domain::ids::ActionId;
use crate::domain::ticket_status::{Rules, Turn};
use crate::domain::time::Timestamp;
use crate::store::rows::{ActionRow, CaseEventRow, CaseRow};
use crate::store::ticket::LinkRow;
use crate::store::ticket_note::NoteRow;
use serde::{Deserialize, Serialize};

/// The kind of the action that makes a ticket.
pub const CREATE: &str = "ticket_create";
/// The kind of the action that writes on a ticket.
pub const NOTE: &str = "ticket_note";
/// The kind of the action that gives a ticket a status.
pub const STATUS: &str = "ticket_status";
/// The kind of the action that takes words away that we wrote on a ticket.
pub const WITHDRAW: &str = "ticket_withdraw";
/// Tickets are told after answers and alerts went.
const PRIORITY: i64 = 60;

/// What an action for a ticket asks for, as its payload says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Payload {
    /// The link.
    pub link: String,
    /// `timeline`, `message`, `edited`, `removed`, `erased`, `answer`, `promise`, `customer`, `state` or `by_hand`; of a status
    /// what became of the case; of a withdrawal why: `removed`, `edited` or `erased`.
    pub what: String,
    /// The mention or post of ours that it is about; of a promise its time, in milliseconds.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// All posts that a timeline holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<String>,
    /// The event of the case that a state came of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event: String,
    /// The action that wrote the note of which words are to go.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// To whom a promise was made.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// The status that a ticket is to get.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// What a new ticket is asked to be, as the first attempt said it: a later one with the same key says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<First>,
}

/// What the first attempt to make a ticket said. Nothing of the customer's words stands in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct First {
    /// What it is about.
    pub subject: String,
    /// Its first words.
    pub text: String,
    /// The language of the case.
    pub language: String,
    /// `P1` to `P5`.
    pub level: String,
    /// The ticket that it follows; empty for none.
    pub follows: String,
}

impl Payload {
    /// Reads the payload of an action.
    pub fn of(action: &ActionRow) -> Self {
        serde_json::from_str(&action.payload).unwrap_or_default()
    }
}

/// An action for a ticket; the same intent twice is one action.
pub fn action(
    case: &CaseRow,
    link: &LinkRow,
    kind: &str,
    payload: &Payload,
    once: &str,
    (mint, now): (&Mint, Timestamp),
) -> ActionRow {
    let id = mint.id(now, ActionId::new).to_string();
    let once = format!("ticket:{}:{}:{once}", link.id, payload.what);
    // Named as the ticket systems name it.
    let credential = format!("tickets:{}", link.system);
    let mut action = ActionRow::ready(id, &case.brand_id, kind, &credential, once, now);
    action.priority = PRIORITY;
    action.case_id = Some(case.id.clone());
    // A struct of texts can always be written.
    action.payload = serde_json::to_string(payload).unwrap_or_default();
    action
}

/// Whether anybody reads what is written on a ticket: one that was deleted hears nothing more.
fn hears(link: &LinkRow) -> bool {
    link.is_live() && link.state != "gone"
}

/// Whether a ticket is told that. One that another follows takes no note any more: what happens goes to the other alone,
/// and only what makes words go away is followed up here as well.
fn hears_of(link: &LinkRow, what: &str) -> bool {
    link.followed_by.is_none() || matches!(what, "removed" | "edited" | "erased")
}

/// What follows from the new events of a case for the tickets it is tied to; `rules` say which status follows.
pub fn follows(file: &CaseFile, rules: &Rules, mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
    let mut actions = Vec::new();
    for link in file.links.iter().filter(|l| hears(l)) {
        for event in &file.events {
            let Some((payload, once)) = told(event, link) else { continue };
            if !hears_of(link, &payload.what) {
                continue;
            }
            actions.push(action(&file.case, link, NOTE, &payload, &once, (mint, now)));
        }
        actions.extend(turned(file, link, rules, mint, now));
    }
    actions
}

/// The status that a ticket gets after the new events of a case: that of the last of them alone. What came from the
/// front office is not told back to it.
fn turned(file: &CaseFile, link: &LinkRow, rules: &Rules, mint: &Mint, now: Timestamp) -> Option<ActionRow> {
    let rule = rules.get(&link.system).filter(|_| link.followed_by.is_none())?;
    let mut before = file.was_state();
    let mut last = None;
    for event in &file.events {
        let after = CaseState::from_code(&event.state).unwrap_or(before);
        if let Some(turn) = Turn::of_event(&event.kind, before, after) {
            last = Some((turn, event));
        }
        before = after;
    }
    let (turn, event) = last.filter(|(_, event)| event.who_kind != "front_office")?;
    let status = rule.of(turn, link.action_id.is_some())?.to_owned();
    let what = turn.code().to_owned();
    let payload = Payload { link: link.id.clone(), what, status, ..Payload::default() };
    Some(action(&file.case, link, STATUS, &payload, &format!("status:{}", event.seq), (mint, now)))
}

/// The action that takes words of a note away. `asked` names what asks for it, so that it is asked once.
pub fn withdrawal(
    case: &CaseRow,
    link: &LinkRow,
    (note, cause): (&NoteRow, &str),
    asked: &str,
    (mint, now): (&Mint, Timestamp),
) -> ActionRow {
    let (what, of) = (cause.to_owned(), note.action_id.clone());
    let payload = Payload { link: link.id.clone(), what, note: of, ..Payload::default() };
    action(case, link, WITHDRAW, &payload, &format!("{}:{asked}", note.action_id), (mint, now))
}

/// What one event tells a ticket, and the name of that intent.
fn told(event: &CaseEventRow, link: &LinkRow) -> Option<(Payload, String)> {
    let body: serde_json::Value = serde_json::from_str(&event.body).unwrap_or_default();
    let text = |key: &str| body[key].as_str().map(ToOwned::to_owned);
    let post = |what: &str, id: String, once: String| {
        Some((
            Payload { link: link.id.clone(), what: what.to_owned(), about: id, ..Payload::default() },
            once,
        ))
    };
    match event.kind.as_str() {
        "opened" | "customer_message" => {
            let id = text("mention")?;
            post("message", id.clone(), id)
        }
        "edited" => {
            let id = text("mention")?;
            post("edited", id.clone(), format!("{id}:{}", event.seq))
        }
        "removed" => {
            let id = text("mention")?;
            post("removed", id.clone(), id)
        }
        "answer_seen" => {
            let id = text("own_post")?;
            post("answer", id.clone(), id)
        }
        kind @ ("promise_replaced" | "promise_restored")
            if text("link").as_deref() == Some(link.id.as_str()) =>
        {
            let due = body["until"].as_i64()?;
            let what = if kind == "promise_replaced" { "promise" } else { "restored" };
            let (payload, once) = post(what, due.to_string(), event.seq.to_string())?;
            Some((Payload { to: text("to").unwrap_or_default(), ..payload }, once))
        }
        "customer_said" | "customer_changed" | "customer_taken_back" | "customer_erased" => {
            let (payload, once) = post("customer", String::new(), event.seq.to_string())?;
            Some((Payload { event: event.kind.clone(), ..payload }, once))
        }
        "resolve" | "no_reply" | "lapse" | "close" | "dismiss" | "reopen" | "await_front_office"
            if event.who_kind != "front_office" =>
        {
            let payload = Payload {
                link: link.id.clone(),
                what: "state".to_owned(),
                event: event.kind.clone(),
                ..Payload::default()
            };
            Some((payload, event.seq.to_string()))
        }
        _ => None,
    }
}

/// The note that tells a ticket of one post of ours that no event names.
pub fn answer(file: &CaseFile, own_post: &str, mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
    let one = |link: &LinkRow| {
        let payload = Payload {
            link: link.id.clone(),
            what: "answer".to_owned(),
            about: own_post.to_owned(),
            ..Payload::default()
        };
        action(&file.case, link, NOTE, &payload, own_post, (mint, now))
    };
    file.links.iter().filter(|l| hears(l) && hears_of(l, "answer")).map(one).collect()
}
