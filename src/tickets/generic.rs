//! A ticket system of one's own, by a pair of signed webhooks.
//!
//! We call its address with a small JSON object; it calls us back when a ticket changes. Both are signed
//! after the rules of Standard Webhooks with the same secret. The id of a call that changes something is
//! the key of the action: the other side answers the same id as it did the first time, so that a call
//! that was lost may go again.

use super::config::GenericConfig;
use super::desk::ordered;
use super::line::{first_text, outcome_of};
use super::proof::Proof;
use super::text::{marked, number};
use super::{
    About, Back, Capabilities, Change, ENTRY_CHARS_MAX, Entry, Found, Given, Means, NewTicket, Note,
    OtherContact, Placed, Rewriting, Sought, SourceTrouble, Status, Term, Ticket, TicketState, TicketSystem,
    Told as Delivery, TroubleState, Watched, Withdraw, is_ours, meant, shortened,
};
use crate::clock::Clock;
use crate::domain::contact::ContactKind;
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, CallError, HttpClient};
use crate::sources::webhook::{Key, Webhook};
use async_trait::async_trait;
use http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use url::Url;

/// What the other side is asked to be able to do.
const CAN: Capabilities = Capabilities {
    find_by: &[Given::Ticket, Given::Email, Given::Phone, Given::Reference],
    create: true,
    note_inside: true,
    note_customer: true,
    status: true,
    fields: true,
    back: Back::Webhook,
    withdraw: Withdraw::Rewrite,
    set_status: true,
    solved: &["solved", "resolved", "closed"],
    waiting: &["waiting"],
};
const ENTRIES_MAX: usize = 200;
/// The type of a delivery that tells of a contact elsewhere.
const CONTACT: &str = "contact.recorded";
/// The longest id of one.
const CONTACT_ID_MAX: usize = 64;

/// One system of one's own.
pub struct Generic {
    place: Placed,
    url: Url,
    key: Key,
    proof: Proof,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    /// Numbers the questions, each of which has an id of its own.
    asked: AtomicU64,
}

/// A ticket as the other side writes it.
#[derive(Debug, Deserialize)]
struct Told {
    id: Id,
    #[serde(default)]
    merged_into: Option<Id>,
    #[serde(default)]
    subject: String,
    state: State,
    #[serde(default)]
    status: String,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    queue: Option<String>,
    #[serde(default)]
    opened_at: Option<String>,
    #[serde(default)]
    changed_at: Option<String>,
    #[serde(default)]
    due_at: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Open,
    Solved,
    Deleted,
}

/// An id, written as a text or as a number.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

impl Id {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => kept(text),
            Self::Number(n) => n.to_string(),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Written {
    id: Id,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    by: String,
    #[serde(default)]
    public: bool,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Delivered {
    #[serde(rename = "type")]
    kind: String,
    ticket: Told,
    #[serde(default)]
    entries: Vec<Written>,
}

/// Of which type a delivery is.
#[derive(Debug, Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize)]
struct Recorded {
    contact: Recording,
}

#[derive(Debug, Deserialize)]
struct Recording {
    id: Id,
    #[serde(default)]
    case: Option<String>,
    #[serde(default)]
    ticket: Option<Id>,
    #[serde(default)]
    customer: Option<Id>,
    kind: String,
    at: String,
    #[serde(default)]
    text: String,
}

impl Generic {
    /// A system after the settings.
    pub(super) fn new(
        place: Placed,
        config: &GenericConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let url = Url::parse(&config.url).map_err(|e| format!("webhook.url: {e}"))?;
        let secret = config.secret.as_ref().ok_or("webhook: it needs a secret")?;
        let key = Key::parse(secret).map_err(|e| format!("webhook.secret: {e}"))?;
        let previous = config.previous_secret.as_ref().map(Key::parse).transpose();
        let previous = previous.map_err(|e| format!("webhook.previous_secret: {e}"))?;
        let keys = std::iter::once(key.clone()).chain(previous).collect();
        let proof = Proof::Standard(Webhook::new(&place.name, None, keys));
        Ok(Self { place, url, key, proof, http, clock, asked: AtomicU64::new(0) })
    }

    async fn call(&self, id: &str, kind: &str, data: Value) -> Result<Value, CallError> {
        let now = self.clock.now();
        let body = json!({ "type": kind, "timestamp": now.rfc3339(), "data": data }).to_string();
        let signature = self.key.sign(id, now, body.as_bytes());
        let mut call = Call::new(Method::POST, self.url.clone());
        let seconds = now.millis().div_euclid(1000).to_string();
        for (name, value) in
            [("webhook-id", id), ("webhook-timestamp", seconds.as_str()), ("webhook-signature", &signature)]
        {
            // Ids, digits and base64 all fit in a header.
            if let Ok(value) = HeaderValue::from_str(value) {
                call = call.header(HeaderName::from_static(name), value);
            }
        }
        let answer = self.http.send(call.body("application/json", body)).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Asks something that changes nothing.
    async fn ask(&self, kind: &str, data: Value) -> Result<Value, SourceTrouble> {
        let n = self.asked.fetch_add(1, Ordering::Relaxed);
        let id = format!("ask_{}_{n}", self.clock.now().millis());
        self.call(&id, kind, data)
            .await
            .map_err(|e| SourceTrouble::of(&e, TroubleState::NeedsToken, self.clock.now()))
    }
}

fn unreadable() -> SourceTrouble {
    SourceTrouble::new(TroubleState::Broken, "the answer is not what the page on tickets describes")
}

/// Words as both engines keep them: PostgreSQL keeps no NUL.
fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn time(text: Option<&String>) -> Option<Timestamp> {
    text.and_then(|t| Timestamp::parse(t).ok())
}

impl Told {
    fn ticket(self) -> Ticket {
        let state = match self.state {
            State::Open => TicketState::Open,
            State::Solved => TicketState::Solved,
            State::Deleted => TicketState::Gone,
        };
        let web = |u: &String| u.starts_with("https://") || u.starts_with("http://");
        Ticket {
            id: self.merged_into.as_ref().unwrap_or(&self.id).text(),
            subject: shortened(&self.subject, 300),
            status: if self.status.is_empty() {
                state.code().to_owned()
            } else {
                shortened(&kept(&self.status), 60)
            },
            state,
            owner: shortened(&self.owner.unwrap_or_default(), 120),
            queue: shortened(&kept(&self.queue.unwrap_or_default()), 120),
            opened_at: time(self.opened_at.as_ref()),
            changed_at: time(self.changed_at.as_ref()),
            due_at: time(self.due_at.as_ref()),
            url: kept(&self.url.filter(web).unwrap_or_default()),
        }
    }

    fn found(self, means: &Means) -> Found {
        let ticket = meant(self.ticket(), means, &CAN);
        if ticket.state == TicketState::Gone { Found::Gone } else { Found::Stands(ticket) }
    }
}

#[async_trait]
impl TicketSystem for Generic {
    fn name(&self) -> &str {
        &self.place.name
    }

    fn kind(&self) -> &'static str {
        "tickets_webhook"
    }

    fn brand(&self) -> Option<&str> {
        self.place.brand.as_deref()
    }

    fn can(&self) -> &'static Capabilities {
        &CAN
    }

    async fn find(&self, terms: &[Term]) -> Result<Vec<Ticket>, SourceTrouble> {
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let terms: Vec<Value> =
            terms.iter().map(|t| json!({ "kind": t.kind.code(), "text": t.text })).collect();
        let answer = self.ask("ticket.find", json!({ "terms": terms })).await?;
        let told: Vec<Told> = serde_json::from_value(answer["tickets"].clone()).map_err(|_| unreadable())?;
        Ok(ordered(told.into_iter().map(|t| meant(t.ticket(), &self.place.means, &CAN)).collect()))
    }

    async fn read(&self, id: &str) -> Result<Found, SourceTrouble> {
        let mut answer = self.ask("ticket.read", json!({ "ticket": id })).await?;
        // Absence is said by `null`; an answer without the word says nothing.
        let told: Option<Told> = match answer.get_mut("ticket") {
            Some(ticket) => serde_json::from_value(ticket.take()).map_err(|_| unreadable())?,
            None => return Err(unreadable()),
        };
        Ok(told.map_or(Found::Gone, |t| t.found(&self.place.means)))
    }

    async fn create(&self, new: &NewTicket) -> Outcome {
        let data = json!({
            "action": new.action_id, "subject": new.subject, "text": marked(&new.text, &new.action_id),
            "case": new.case_url, "language": new.language, "level": new.level,
        });
        match self.call(&new.action_id, "ticket.create", data).await {
            Ok(answer) => match serde_json::from_value::<Told>(answer["ticket"].clone()) {
                Ok(told) => Outcome::Done { at: time(told.opened_at.as_ref()), remote_id: told.ticket().id },
                Err(_) => Outcome::Unknown { evidence: "the answer names no ticket".to_owned() },
            },
            Err(error) => outcome_of(&error, said),
        }
    }

    async fn note(&self, note: &Note) -> Outcome {
        let public = self.place.public && note.to_customer;
        let data = json!({
            "action": note.action_id, "ticket": note.ticket_id, "text": marked(&note.text, &note.action_id),
            "what": note.what, "about": note.about, "public": public,
        });
        match self.call(&note.action_id, "ticket.note", data).await {
            // The id of the note there; one that tells none knows it by the key of the action.
            Ok(answer) => Outcome::Done { remote_id: number(&answer["note"]).unwrap_or_default(), at: None },
            Err(error) => outcome_of(&error, said),
        }
    }

    async fn put_status(&self, status: &Status) -> Outcome {
        let data = json!({ "action": status.action_id, "ticket": status.ticket_id, "status": status.status });
        match self.call(&status.action_id, "ticket.status", data).await {
            Ok(answer) => match serde_json::from_value::<Told>(answer["ticket"].clone()) {
                Ok(told) => Outcome::Done { remote_id: told.ticket().status, at: None },
                Err(_) => Outcome::Done { remote_id: status.status.clone(), at: None },
            },
            Err(error) => outcome_of(&error, said),
        }
    }

    async fn rewrite(&self, note: &Rewriting) -> Outcome {
        let data = json!({
            "action": note.action_id, "ticket": note.ticket_id, "note": note.written_by,
            "text": marked(&note.text, &note.written_by), "public": self.place.public && note.to_customer,
        });
        match self.call(&note.action_id, "ticket.rewrite", data).await {
            Ok(_) => Outcome::Done { remote_id: note.note_id.clone(), at: None },
            Err(error) => outcome_of(&error, said),
        }
    }

    fn means(&self) -> &Means {
        &self.place.means
    }

    async fn look(&self, sought: &Sought) -> Looked {
        let answer = match self.ask("ticket.look", json!({ "action": sought.action_id })).await {
            Ok(answer) => answer,
            Err(trouble) => return Looked::Later { evidence: trouble.why },
        };
        let id = answer.get("ticket").and_then(|id| serde_json::from_value::<Option<Id>>(id.clone()).ok());
        match id {
            Some(Some(id)) => {
                let remote_id = if sought.ticket_id.is_none() { id.text() } else { String::new() };
                Looked::Done { remote_id, at: None }
            }
            Some(None) => Looked::Again { why: "the key makes a second call harmless".to_owned() },
            None => Looked::Later { evidence: unreadable().why },
        }
    }

    /// It calls us when something changes; what was never seen is asked for.
    fn every(&self) -> Option<Span> {
        Some(Span::minutes(1))
    }

    async fn changed(&self, watched: &[Watched]) -> Result<Vec<Change>, SourceTrouble> {
        let mut changes = Vec::new();
        for known in watched.iter().filter(|w| w.changed_at.is_none() && w.seen_at.is_none()) {
            let now = self.read(&known.id).await?;
            changes.push(Change { id: known.id.clone(), now, entries: Vec::new() });
        }
        Ok(changes)
    }

    fn proof(&self) -> Option<&Proof> {
        Some(&self.proof)
    }

    fn delivery(&self, body: &[u8]) -> Result<Delivery, String> {
        if serde_json::from_slice::<Typed>(body).is_ok_and(|t| t.kind == CONTACT) {
            return recorded(body).map(Delivery::Contact);
        }
        let told: Delivered = serde_json::from_slice(body).map_err(|e| format!("not as described: {e}"))?;
        if told.kind != "ticket.changed" {
            return Err(format!(
                "type: '{}'; there are ticket.changed and {CONTACT}",
                shortened(&told.kind, 40)
            ));
        }
        if told.entries.len() > ENTRIES_MAX {
            return Err(format!("entries: {}; at most {ENTRIES_MAX} are taken", told.entries.len()));
        }
        let entry = |w: Written| Entry {
            id: w.id.text(),
            at: time(w.at.as_ref()),
            by: shortened(&w.by, 120),
            public: w.public,
            text: if is_ours(&w.text) { String::new() } else { shortened(&w.text, ENTRY_CHARS_MAX) },
        };
        let entries = told.entries.into_iter().map(entry).collect();
        Ok(Delivery::Changes(vec![Change {
            id: told.ticket.id.text(),
            now: told.ticket.found(&self.place.means),
            entries,
        }]))
    }
}

/// A contact elsewhere as the other side tells of it.
fn recorded(body: &[u8]) -> Result<OtherContact, String> {
    let told: Recorded = serde_json::from_slice(body).map_err(|e| format!("not as described: {e}"))?;
    let told = told.contact;
    let (id, plain) = (told.id.text(), |c: char| c.is_ascii_alphanumeric() || "._-".contains(c));
    if !(1..=CONTACT_ID_MAX).contains(&id.len()) || !id.chars().all(plain) {
        return Err(format!("contact.id: wanted are 1 to {CONTACT_ID_MAX} letters, digits, '.', '_', '-'"));
    }
    let kind = ContactKind::from_code(&told.kind).ok_or_else(|| {
        let known: Vec<&str> = ContactKind::ALL.into_iter().map(ContactKind::code).collect();
        format!("contact.kind: '{}'; there are {}", shortened(&told.kind, 40), known.join(", "))
    })?;
    let at = Timestamp::parse(&told.at)
        .map_err(|_| "contact.at: wanted is an instant such as 2026-11-24T09:30:00Z".to_owned())?;
    let about = match (told.case, told.ticket, told.customer) {
        (Some(case), None, None) => About::Case(shortened(&case, 100)),
        (None, Some(ticket), None) => About::Ticket(kept(&ticket.text())),
        (None, None, Some(number)) => About::Customer(shortened(&kept(&number.text()), 100)),
        _ => {
            let one =
                "contact: it names either a case, as BRAND#NUMBER, or a ticket, or the number of a customer";
            return Err(one.to_owned());
        }
    };
    Ok(OtherContact { id, about, kind, at, text: kept(&told.text) })
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    first_text(start, &["/error"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_engine_keeps_is_told_otherwise() {
        let told = r#"{"id":"a\u0000b","state":"open","status":"s\u0000","queue":"q\u0000","url":"https://x.example/\u0000"}"#;
        let ticket = serde_json::from_str::<Told>(told).unwrap().ticket();
        let words = [&ticket.id, &ticket.status, &ticket.queue, &ticket.url];
        assert!(words.iter().all(|w| !w.contains('\0') && w.contains('\u{fffd}')), "{ticket:?}");
    }
}
