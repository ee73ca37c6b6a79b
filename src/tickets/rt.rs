//! Request Tracker by its REST2 interface, with a token.
//!
//! Built against Request Tracker 5.0.3 itself. What it does otherwise than one would think: a custom
//! field that the queue does not have is dropped without a word, a change that was refused is answered
//! with 200, a search leaves out what was deleted or merged, `correspond` mails the customer and `comment`
//! does not, a merged ticket answers with the body of the other. Dates in searches are read in the user's
//! zone, so none is ever sent: tickets are asked for by number, entries by their rising ids.

use super::config::RtConfig;
use super::{
    Back, Capabilities, Change, ENTRY_CHARS_MAX, Entry, Found, Given, NewTicket, Note, Placed, Sought,
    SourceTrouble, Term, Ticket, TicketState, TicketSystem, TroubleState, Watched, is_of, is_ours, marked,
    outcome_of, shortened,
};
use crate::clock::Clock;
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Call, CallError, HttpClient};
use async_trait::async_trait;
use http::{HeaderValue, Method};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// What Request Tracker can do.
const CAN: Capabilities = Capabilities {
    find_by: &[Given::Ticket, Given::Email, Given::Phone, Given::Reference],
    create: true,
    note_inside: true,
    note_customer: true,
    status: true,
    fields: true,
    back: Back::Polling,
    redact: false,
};
/// What is asked of each ticket.
const FIELDS: &str = "Subject,Status,Owner,Queue,Created,LastUpdated,Due";
/// How long after a lost call its effect may still turn up.
const SETTLES: Span = Span::seconds(30);
/// Most tickets that are asked for in one search.
const PAGE: &str = "100";
const FOUND_MAX: usize = 25;
/// How many entries of a ticket are taken over when it is first looked at.
const FIRST_ENTRIES: usize = 10;
/// Most pages of entries in one round; the rest comes in the next.
const ROUNDS_MAX: usize = 5;
/// How long reading back may take: the outbox waits 25 seconds for both calls.
const READ_BACK_MAX: Span = Span::seconds(4);

/// One Request Tracker.
pub struct Rt {
    place: Placed,
    base: Url,
    auth: Option<HeaderValue>,
    config: RtConfig,
    http: HttpClient,
    clock: Arc<dyn Clock>,
}

/// How a question failed.
enum Failed {
    Call(CallError),
    Unreadable,
}

impl Rt {
    /// A Request Tracker after the settings.
    pub(super) fn new(
        place: Placed,
        config: &RtConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("rt.url: {e}"))?;
        let token = config.token.as_ref().ok_or("rt: it needs a token")?;
        // A token that fits in no header is none; the server's word then shows what is wrong.
        let auth = HeaderValue::from_str(&format!("token {}", token.expose_secret().trim())).ok();
        Ok(Self { place, base, auth, config: config.clone(), http, clock })
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["REST", "2.0"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn send(&self, call: Call) -> Result<Answer, CallError> {
        let call = match &self.auth {
            Some(auth) => call.secret(http::header::AUTHORIZATION, auth.clone()),
            None => call,
        };
        self.http.send(call).await
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failed> {
        let answer = self.send(Call::get(self.url(path, query))).await.map_err(Failed::Call)?;
        serde_json::from_slice(&answer.body).map_err(|_| Failed::Unreadable)
    }

    async fn post(&self, path: &[&str], body: &Value) -> Result<Value, Outcome> {
        let call = Call::new(Method::POST, self.url(path, &[])).body("application/json", body.to_string());
        let answer = self.send(call).await.map_err(|e| outcome_of(&e, said))?;
        let unreadable = || Outcome::Unknown { evidence: "the answer cannot be read".to_owned() };
        serde_json::from_slice(&answer.body).map_err(|_| unreadable())
    }

    fn trouble(&self, failed: &Failed) -> SourceTrouble {
        match failed {
            Failed::Unreadable => SourceTrouble::new(
                TroubleState::Broken,
                "the answer is not what Request Tracker's REST2 describes",
            ),
            Failed::Call(CallError::Status { code: 401, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                "Request Tracker does not take the token: it was withdrawn or has ended",
            ),
            Failed::Call(CallError::Status { code: 403, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                "the token's user lacks a right; see the page on tickets",
            ),
            Failed::Call(error) => SourceTrouble::of(error, TroubleState::NeedsToken, self.clock.now()),
        }
    }

    /// The tickets that a search in TicketSQL finds.
    async fn search(&self, query: &str) -> Result<Vec<Ticket>, Failed> {
        let asked = [("query", query), ("fields", FIELDS), ("fields[Queue]", "Name"), ("per_page", PAGE)];
        let found = self.get(&["tickets"], &asked).await?;
        let items = found["items"].as_array().ok_or(Failed::Unreadable)?;
        Ok(items.iter().filter_map(|t| self.ticket(t)).collect())
    }

    fn ticket(&self, body: &Value) -> Option<Ticket> {
        let id = number(&body["id"])?;
        let status = body["Status"].as_str().unwrap_or_default().to_owned();
        let name = |v: &Value| v["Name"].as_str().or(v["id"].as_str()).unwrap_or_default().to_owned();
        let owner = body["Owner"]["id"].as_str().filter(|o| *o != "Nobody").unwrap_or_default();
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["Ticket", "Display.html"]);
        }
        url.query_pairs_mut().append_pair("id", &id);
        Some(Ticket {
            state: match status.as_str() {
                "resolved" | "rejected" => TicketState::Solved,
                "deleted" => TicketState::Gone,
                _ => TicketState::Open,
            },
            subject: shortened(body["Subject"].as_str().unwrap_or_default(), 300),
            owner: owner.to_owned(),
            queue: name(&body["Queue"]),
            opened_at: time(&body["Created"]),
            changed_at: time(&body["LastUpdated"]),
            due_at: time(&body["Due"]),
            url: url.into(),
            status,
            id,
        })
    }

    /// What is written on a ticket behind an entry, by others than us.
    async fn entries(&self, ticket: &str, behind: &str) -> Result<Vec<Entry>, Failed> {
        let mut last: u64 = behind.parse().unwrap_or(0);
        let mut found = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let listed = self.listed(ticket, last).await?;
            let Some(end) = listed.iter().map(|e| e.0).max() else { break };
            // Of a ticket that was never looked at the last words are enough to go on.
            let passed = if behind.is_empty() { listed.len().saturating_sub(FIRST_ENTRIES) } else { 0 };
            for (id, entry) in listed.into_iter().skip(passed) {
                let text = self.words_of(id).await?;
                // Our own notes are passed over, and are not asked for again.
                let text = if is_ours(&text) { String::new() } else { shortened(&text, ENTRY_CHARS_MAX) };
                found.push(Entry { text, ..entry });
            }
            last = end;
        }
        Ok(found)
    }

    /// The comments and letters of a ticket behind an entry, without their words.
    async fn listed(&self, ticket: &str, behind: u64) -> Result<Vec<(u64, Entry)>, Failed> {
        let query =
            format!("TicketId = {ticket} AND id > {behind} AND (Type = 'Comment' OR Type = 'Correspond')");
        let asked = [("query", query.as_str()), ("fields", "Type,Creator,Created"), ("per_page", PAGE)];
        let page = self.get(&["transactions"], &asked).await?;
        let one = |item: &Value| {
            let id: u64 = number(&item["id"])?.parse().ok()?;
            let entry = Entry {
                id: id.to_string(),
                at: time(&item["Created"]),
                by: item["Creator"]["id"].as_str().unwrap_or_default().to_owned(),
                public: item["Type"] == "Correspond",
                text: String::new(),
            };
            // It is not said that the search looks at `id` in every version.
            (id > behind).then_some((id, entry))
        };
        let items = page["items"].as_array().ok_or(Failed::Unreadable)?;
        let mut listed: Vec<_> = items.iter().filter_map(one).collect();
        listed.sort_by_key(|e| e.0);
        Ok(listed)
    }

    /// The words of one entry: of its first part that is text.
    async fn words_of(&self, entry: u64) -> Result<String, Failed> {
        let asked = [("fields", "Content,ContentType"), ("per_page", PAGE)];
        let found = match self.get(&["transaction", &entry.to_string(), "attachments"], &asked).await {
            // Not for our eyes, or gone meanwhile: the others are read all the same.
            Err(Failed::Call(CallError::Status { code: 403 | 404, .. })) => Value::Null,
            other => other?,
        };
        let parts = found["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of = |kind: &str| parts.iter().find(|p| p["ContentType"] == kind && p["Content"] != "");
        let text = |p: &Value| p["Content"].as_str().unwrap_or_default().to_owned();
        Ok(match (of("text/plain"), of("text/html")) {
            (Some(part), _) => text(part),
            (None, Some(part)) => bare(&text(part)),
            (None, None) => String::new(),
        })
    }

    /// Whether the queue has the field that holds our key: only then does its absence prove anything.
    async fn keeps_keys(&self) -> Result<bool, Failed> {
        let queue = self.get(&["queue", &self.config.queue], &[]).await?;
        let fields = queue["TicketCustomFields"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(fields.iter().any(|f| f["name"] == self.config.fields.key.as_str()))
    }

    async fn look_for_ticket(&self, sought: &Sought) -> Result<Looked, Failed> {
        let query = format!("CF.{{{}}} = '{}'", self.config.fields.key, quoted(&sought.action_id));
        // A search shows what is deleted to nobody; what is merged shows as what it became.
        if let Some(ticket) = self.search(&query).await?.into_iter().next() {
            return Ok(Looked::Done { remote_id: ticket.id, at: ticket.opened_at });
        }
        if !self.keeps_keys().await? {
            let evidence = format!(
                "the queue {} has no field {}, so nobody can tell whether the ticket was made",
                self.config.queue, self.config.fields.key
            );
            return Ok(Looked::Person { evidence });
        }
        Ok(self.absent(sought, "no ticket holds our key"))
    }

    async fn look_for_note(&self, sought: &Sought, ticket: &str) -> Result<Looked, Failed> {
        let mut last = 0;
        while let listed = self.listed(ticket, last).await?
            && let Some(end) = listed.iter().map(|e| e.0).max()
        {
            for (id, entry) in listed {
                // What was written before the attempt is not looked into.
                let old = entry.at.is_some_and(|at| at < sought.since.minus(Span::hours(1)));
                if !old && is_of(&self.words_of(id).await?, &sought.action_id) {
                    return Ok(Looked::Done { remote_id: entry.id, at: entry.at });
                }
            }
            last = end;
        }
        Ok(self.absent(sought, "the note is not on the ticket"))
    }

    /// What was lost on its way may still arrive for a while.
    fn absent(&self, sought: &Sought, why: &str) -> Looked {
        if self.clock.now().since(sought.since) < SETTLES {
            return Looked::Later { evidence: format!("{why} yet") };
        }
        Looked::Again { why: why.to_owned() }
    }

    /// Reads back what was made, for fields are dropped without a word.
    async fn check_kept(&self, ticket: &str, action_id: &str) {
        let call = Call::get(self.url(&["ticket", ticket], &[])).within(READ_BACK_MAX);
        let Ok(answer) = self.send(call).await else { return };
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let fields = body["CustomFields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let kept = |f: &Value| {
            f["name"] == self.config.fields.key.as_str()
                && f["values"].as_array().is_some_and(|v| v.iter().any(|v| v == action_id))
        };
        if !fields.iter().any(kept) {
            tracing::warn!(
                tickets = self.place.name,
                field = self.config.fields.key,
                "Request Tracker did not keep our key: give the queue this field and the user the right to set it"
            );
        }
    }
}

#[async_trait]
impl TicketSystem for Rt {
    fn name(&self) -> &str {
        &self.place.name
    }

    fn kind(&self) -> &'static str {
        "tickets_rt"
    }

    fn brand(&self) -> Option<&str> {
        self.place.brand.as_deref()
    }

    fn can(&self) -> &'static Capabilities {
        &CAN
    }

    async fn find(&self, terms: &[Term]) -> Result<Vec<Ticket>, SourceTrouble> {
        let mut parts: Vec<String> = Vec::new();
        for term in terms {
            let text = quoted(&term.text);
            let of = |field: &String| format!("CF.{{{field}}} = '{text}'");
            match term.kind {
                Given::Ticket if term.text.bytes().all(|b| b.is_ascii_digit()) && term.text.len() < 18 => {
                    parts.push(format!("id = {}", term.text));
                }
                Given::Ticket => {}
                Given::Email => parts.push(format!("Requestor.EmailAddress = '{text}'")),
                Given::Phone => parts.extend(self.config.fields.phones.iter().map(of)),
                Given::Reference => parts.extend(self.config.fields.references.iter().map(of)),
            }
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.search(&parts.join(" OR ")).await.map_err(|e| self.trouble(&e))?;
        found.retain(|t| t.state != TicketState::Gone);
        found.sort_by_key(|t| (t.state != TicketState::Open, std::cmp::Reverse(t.changed_at)));
        found.truncate(FOUND_MAX);
        Ok(found)
    }

    async fn read(&self, id: &str) -> Result<Found, SourceTrouble> {
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Found::Gone);
        }
        match self.get(&["ticket", id], &[("fields[Queue]", "Name")]).await {
            Ok(body) => match self.ticket(&body) {
                Some(ticket) if ticket.state == TicketState::Gone => Ok(Found::Gone),
                Some(ticket) => Ok(Found::Stands(ticket)),
                None => Err(self.trouble(&Failed::Unreadable)),
            },
            // Said by the interface itself, for a proxy that has lost its way must not end a ticket.
            Err(Failed::Call(CallError::Status { code: 404, start, .. })) if said(&start).is_some() => {
                Ok(Found::Gone)
            }
            Err(Failed::Call(CallError::Status { code: 403, start, .. })) if said(&start).is_some() => {
                Ok(Found::Hidden)
            }
            Err(failed) => Err(self.trouble(&failed)),
        }
    }

    async fn create(&self, new: &NewTicket) -> Outcome {
        let fields = &self.config.fields;
        let mut own = serde_json::Map::new();
        own.insert(fields.key.clone(), json!(new.action_id));
        let optional =
            [(&fields.case, &new.case_url), (&fields.language, &new.language), (&fields.level, &new.level)];
        for (field, value) in optional {
            if let Some(field) = field {
                own.insert(field.clone(), json!(value));
            }
        }
        // Without a requestor nobody is mailed: who the customer is stays the front office's to say.
        let body = json!({
            "Queue": self.config.queue,
            "Subject": new.subject,
            "Content": marked(&new.text, &new.action_id),
            "ContentType": "text/plain",
            "CustomFields": own,
        });
        match self.post(&["ticket"], &body).await {
            Ok(made) => match number(&made["id"]) {
                Some(id) => {
                    self.check_kept(&id, &new.action_id).await;
                    Outcome::Done { remote_id: id, at: None }
                }
                None => Outcome::Unknown { evidence: "the answer names no ticket".to_owned() },
            },
            Err(outcome) => outcome,
        }
    }

    async fn note(&self, note: &Note) -> Outcome {
        let how = if self.place.public && note.what == "answer" { "correspond" } else { "comment" };
        let text = marked(&note.text, &note.action_id);
        let body = json!({ "Content": text, "ContentType": "text/plain" });
        match self.post(&["ticket", &note.ticket_id, how], &body).await {
            Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
            Err(outcome) => outcome,
        }
    }

    async fn look(&self, sought: &Sought) -> Looked {
        let looked = match &sought.ticket_id {
            None => self.look_for_ticket(sought).await,
            Some(ticket) => self.look_for_note(sought, ticket).await,
        };
        looked.unwrap_or_else(|failed| Looked::Later { evidence: self.trouble(&failed).why })
    }

    fn every(&self) -> Option<Span> {
        Some(Span::seconds(self.config.every_seconds.max(1)))
    }

    async fn changed(&self, watched: &[Watched]) -> Result<Vec<Change>, SourceTrouble> {
        let asked: Vec<&Watched> =
            watched.iter().filter(|w| w.id.bytes().all(|b| b.is_ascii_digit()) && !w.id.is_empty()).collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let query: Vec<String> = asked.iter().map(|w| format!("id = {}", w.id)).collect();
        let found = self.search(&query.join(" OR ")).await.map_err(|e| self.trouble(&e))?;
        let mut changes = Vec::new();
        for known in asked {
            let now = match found.iter().find(|t| t.id == known.id) {
                Some(ticket) if known.stands_at(ticket) => continue,
                Some(ticket) => Found::Stands(ticket.clone()),
                // Deleted, merged or moved out of sight: only asking for it tells.
                None => self.read(&known.id).await?,
            };
            let entries = match &now {
                Found::Stands(t) => {
                    self.entries(&t.id, &known.last_entry).await.map_err(|e| self.trouble(&e))?
                }
                _ => Vec::new(),
            };
            changes.push(Change { id: known.id.clone(), now, entries });
        }
        Ok(changes)
    }
}

/// An id, which is a number here and a text there.
fn number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(n) => n.as_u64().map(|n| n.to_string()),
        _ => None,
    }
}

/// A time; one that is not set is the beginning of 1970.
fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?).ok().filter(|t| t.millis() > 0)
}

/// A text as it stands between quotation marks in TicketSQL.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    plain.replace('\\', "\\\\").replace('\'', "\\'")
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    let value: Value = serde_json::from_str(start).ok()?;
    Some(value["message"].as_str()?.to_owned())
}

/// The words of HTML without its marks; what it looks like does not matter here.
fn bare(html: &str) -> String {
    let mut text = String::new();
    let mut within = false;
    for c in html.chars() {
        match c {
            '<' => within = true,
            '>' if within => {
                within = false;
                text.push(' ');
            }
            c if !within => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&#39;", "'").replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
