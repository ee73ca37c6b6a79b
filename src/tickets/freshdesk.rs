//! Freshdesk by its interface `/api/v2`, with an API key.
//!
//! Built from the published description, checked against a fake that speaks it. Seen in public code as of
//! November 2026: states as numbers, HTML in bodies, filters of lists, limits and their headers, the words of
//! a merge. From memory: searching by tag, the shape of errors, that an answer of 404 has no body, that a list
//! by a customer who is not known is a 400. What it does otherwise than one would think: it signs nothing that it
//! sends, so a header with a secret of ours stands for a signature; `reply` mails the customer; a search is behind
//! by up to minutes; a list shows what was opened in the last thirty days, unless it is told since when.

use super::build::proof;
use super::config::FreshdeskConfig;
use super::desk::{About, Anew, At, CAN, Desk, Got, Holder, Merge, Set, Want, Writing};
use super::line::{
    Dialect, Failed, Line, as_it_says, basic, below, first_text, list, made, numbers_at, turned, written,
};
use super::proof::Scheme;
use super::text::{is_digits, number, received, searched, time, to_html, word};
use super::{
    Back, Capabilities, Entry, Given, NewTicket, Placed, Term, Ticket, TicketState, Watched, Withdraw,
    shortened,
};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, CallError, HttpClient};
use crate::sources::html;
use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

const ABOUT: About = About {
    kind: "tickets_freshdesk",
    can: Capabilities {
        back: Back::Both,
        withdraw: Withdraw::Rewrite,
        solved: &["resolved", "closed"],
        waiting: &["pending"],
        ..CAN
    },
    settles: Span::minutes(3),
    note_bytes_max: 200_000,
    lists_changes: true,
    mails_apart: false,
};
const DIALECT: Dialect = Dialect { name: "Freshdesk", said, means: as_it_says, by_ticket: false };
/// Most pages of what changed in one round.
const PAGES_MAX: usize = 10;
const PAGE: usize = 100;
/// How far the clocks may lie apart, and how late a list may be.
const OVERLAP: Span = Span::minutes(2);
/// How far back the tickets of a customer are looked for.
const FOUND_BACK: Span = Span::days(730);
/// How many names are remembered.
const NAMES_MAX: usize = 5_000;

/// One Freshdesk.
pub(super) struct Freshdesk {
    set: Set,
    base: Url,
    config: FreshdeskConfig,
    /// The names of agents and groups by kind and number.
    names: Mutex<HashMap<String, String>>,
}

impl Freshdesk {
    /// A Freshdesk after the settings.
    pub fn new(
        place: Placed,
        config: &FreshdeskConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("freshdesk.url: {e}"))?;
        let token = config.token.as_ref().ok_or("freshdesk: it needs a token")?;
        let entry = basic(token.expose_secret().trim(), "X");
        let line = Line::new(DIALECT, below(&base, &["api", "v2"]), entry, http, clock);
        let set =
            Set::new(&ABOUT, place, line, config.every_seconds).proved(proof(Scheme::Shared, &config.hook));
        Ok(Self { set, base, config: config.clone(), names: Mutex::default() })
    }

    /// The name of an agent or a group; its number where it cannot be asked for.
    async fn name(&self, kind: &str, id: &Value) -> String {
        let Some(id) = number(id) else { return String::new() };
        let key = format!("{kind}/{id}");
        if let Some(name) = self.names.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return name.clone();
        }
        let name = match self.set.line.get(&[kind, &id], &[]).await {
            Ok(body) => body["contact"]["name"].as_str().or(body["name"].as_str()).unwrap_or(&id).to_owned(),
            // Whoever may not ask for names is not let later either, and refused calls count as well.
            Err(failed) if self.set.line.is_said(&failed, &[403, 404]) => id.clone(),
            Err(_) => return id,
        };
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= NAMES_MAX {
            names.clear();
        }
        names.insert(key, name.clone());
        name
    }

    async fn at(&self, body: &Value) -> Result<At, Failed> {
        let id = number(&body["id"]).ok_or(Failed::Unreadable)?;
        if body["deleted"] == true || body["spam"] == true {
            return Ok(At::Gone);
        }
        let (state, status) = match body["status"].as_i64() {
            Some(4) => (TicketState::Solved, "resolved".to_owned()),
            Some(5) => (TicketState::Solved, "closed".to_owned()),
            Some(2) => (TicketState::Open, "open".to_owned()),
            Some(3) => (TicketState::Open, "pending".to_owned()),
            Some(other) => (TicketState::Open, format!("status {other}")),
            None => return Err(Failed::Unreadable),
        };
        let ticket = Ticket {
            subject: word(&body["subject"], 300),
            owner: self.name("agents", &body["responder_id"]).await,
            queue: self.name("groups", &body["group_id"]).await,
            opened_at: time(&body["created_at"]),
            changed_at: time(&body["updated_at"]),
            due_at: time(&body["due_by"]),
            url: below(&self.base, &["a", "tickets", &id]).into(),
            state,
            status,
            id,
        };
        // Only the words of a closed ticket tell whether it was merged.
        let merge = if ticket.status == "closed" { Merge::Somewhere } else { Merge::No };
        Ok(At::is(Got { ticket, merge }))
    }

    async fn tickets_of(&self, bodies: &[Value]) -> Result<Vec<Ticket>, Failed> {
        let mut tickets = Vec::new();
        for body in bodies {
            if let At::Is(got) = self.at(body).await? {
                tickets.push(got.ticket);
            }
        }
        Ok(tickets)
    }

    /// The tickets of a customer by this key, those that changed last first.
    async fn listed(&self, key: &str, value: &str) -> Result<Vec<Ticket>, Failed> {
        let since = self.set.line.now().minus(FOUND_BACK).rfc3339();
        let asked = [
            (key, value),
            ("updated_since", since.as_str()),
            ("order_by", "updated_at"),
            ("order_type", "desc"),
            ("per_page", "30"),
        ];
        match self.set.line.get(&["tickets"], &asked).await {
            Ok(found) => self.tickets_of(found.as_array().ok_or(Failed::Unreadable)?).await,
            // Nobody there has this address: no trouble, but nothing found.
            Err(failed) if is_about(&failed, key) => Ok(Vec::new()),
            Err(failed) => Err(failed),
        }
    }

    async fn sought(&self, query: &str) -> Result<Vec<Value>, Failed> {
        let found = self.set.line.get(&["search", "tickets"], &[("query", &format!("\"{query}\""))]).await?;
        Ok(list(&found, "results")?.to_vec())
    }

    async fn by_phone(&self, phone: &str) -> Result<Vec<Ticket>, Failed> {
        let mut tickets = Vec::new();
        for key in ["phone", "mobile"] {
            let contacts = self.set.line.get(&["contacts"], &[(key, phone)]).await?;
            let ids = contacts.as_array().ok_or(Failed::Unreadable)?.iter().filter_map(|c| number(&c["id"]));
            for id in ids.take(3) {
                tickets.extend(self.listed("requester_id", &id).await?);
            }
        }
        Ok(tickets)
    }

    /// All that changed since then, and whether that is all; those that were deleted are asked for by themselves.
    async fn changed_since(&self, since: Timestamp, deleted: bool) -> Result<(Vec<Value>, bool), Failed> {
        let (since, mut all) = (since.rfc3339(), Vec::new());
        for page in 1..=PAGES_MAX {
            let page = page.to_string();
            let mut asked = vec![
                ("updated_since", since.as_str()),
                ("order_by", "updated_at"),
                ("order_type", "asc"),
                ("per_page", "100"),
                ("page", &page),
            ];
            if deleted {
                asked.push(("filter", "deleted"));
            }
            let found = self.set.line.get(&["tickets"], &asked).await?;
            let found = found.as_array().ok_or(Failed::Unreadable)?;
            all.extend(found.iter().cloned());
            if found.len() < PAGE {
                return Ok((all, true));
            }
        }
        Ok((all, false))
    }
}

#[async_trait]
impl Desk for Freshdesk {
    fn set(&self) -> &Set {
        &self.set
    }

    fn is_number(&self, text: &str) -> bool {
        is_digits(text)
    }

    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed> {
        let mut found = Vec::new();
        for term in terms {
            let text = searched(&term.text);
            match term.kind {
                Given::Ticket if is_digits(&text) => {
                    if let At::Is(got) = self.one(&text).await? {
                        found.push(got.ticket);
                    }
                }
                Given::Ticket => {}
                Given::Email => found.extend(self.listed("email", &text).await?),
                Given::Phone => found.extend(self.by_phone(&text).await?),
                Given::Reference => {
                    for field in &self.config.fields.references {
                        let bodies = self.sought(&format!("{field}:'{text}'")).await?;
                        found.extend(self.tickets_of(&bodies).await?);
                    }
                }
            }
        }
        Ok(found)
    }

    async fn one(&self, id: &str) -> Result<At, Failed> {
        match self.set.line.get(&["tickets", id], &[]).await {
            Ok(body) => self.at(&body).await,
            Err(failed) if self.set.line.is_said(&failed, &[404]) => Ok(At::Gone),
            Err(failed) if self.set.line.is_said(&failed, &[403]) => Ok(At::Hidden),
            Err(failed) => Err(failed),
        }
    }

    async fn several(&self, watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed> {
        let (mut found, mut since) = (Vec::new(), None::<Timestamp>);
        for known in watched {
            match known.seen_at {
                Some(at) => since = Some(since.map_or(at, |s| s.min(at))),
                None => found.push((known.id.clone(), self.one(&known.id).await?)),
            }
        }
        let Some(since) = since.map(|s| s.minus(OVERLAP)) else { return Ok(found) };
        let (deleted, whole) = self.changed_since(since, true).await?;
        for body in deleted {
            if let Some(id) = number(&body["id"]) {
                found.push((id, At::Gone));
            }
        }
        let (changed, rest) = self.changed_since(since, false).await?;
        for body in changed {
            if let Some(id) = number(&body["id"]).filter(|id| watched.iter().any(|w| w.id == *id)) {
                let at = self.at(&body).await?;
                found.push((id, at));
            }
        }
        if whole && rest {
            return Ok(found);
        }
        // More changed than is listed: whatever was not met is asked for by itself.
        for known in watched {
            if !found.iter().any(|(id, _)| *id == known.id) {
                found.push((known.id.clone(), self.one(&known.id).await?));
            }
        }
        Ok(found)
    }

    async fn merged_into(&self, ticket: &Ticket) -> Result<Option<String>, Failed> {
        let entries = self.entries(&ticket.id, Want::Last).await?;
        Ok(entries.iter().rev().find_map(|e| {
            let rest = e.text.split_once("merged into ticket ")?.1.trim_start_matches('#');
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            Some(rest[..end].to_owned()).filter(|d| is_digits(d))
        }))
    }

    async fn entries(&self, ticket: &str, _want: Want<'_>) -> Result<Vec<Entry>, Failed> {
        let mut entries = Vec::new();
        for page in 1..=PAGES_MAX {
            let page = page.to_string();
            let asked = [("per_page", "100"), ("page", page.as_str())];
            let found = self.set.line.get(&["tickets", ticket, "conversations"], &asked).await?;
            let found = found.as_array().ok_or(Failed::Unreadable)?;
            for entry in found {
                let Some(id) = number(&entry["id"]) else { continue };
                let by = if entry["incoming"] == true {
                    "customer".to_owned()
                } else {
                    self.name("agents", &entry["user_id"]).await
                };
                entries.push(Entry {
                    id,
                    at: time(&entry["created_at"]),
                    by,
                    public: entry["private"] == false,
                    text: received(
                        html::to_text(entry["body"].as_str().unwrap_or_default()),
                        entry["incoming"] == true,
                    ),
                });
            }
            if found.len() < PAGE {
                break;
            }
        }
        entries.sort_by_key(|e| e.id.parse::<u64>().unwrap_or(u64::MAX));
        Ok(entries)
    }

    async fn make(&self, new: &NewTicket) -> Outcome {
        let fields: serde_json::Map<String, Value> =
            self.config.fields.of(new).into_iter().map(|(f, v)| (f.to_owned(), json!(v))).collect();
        let mut body = json!({
            "subject": new.subject,
            "description": to_html(&new.text),
            "email": self.config.requester,
            "status": 2,
            "priority": 1,
            "source": 2,
            "tags": ["webcare", new.action_id],
            "custom_fields": fields,
        });
        if let Some(group) = self.config.group.as_ref().and_then(|g| g.parse::<u64>().ok()) {
            body["group_id"] = json!(group);
        }
        match self.set.line.change(self.set.line.call(Method::POST, &["tickets"], &body)).await {
            Ok(answer) => made(number(&answer["id"])),
            Err(outcome) => outcome,
        }
    }

    async fn write(&self, writing: &Writing<'_>) -> Outcome {
        let text = to_html(writing.text);
        let (how, body) = if writing.public {
            ("reply", json!({ "body": text }))
        } else {
            ("notes", json!({ "body": text, "private": true }))
        };
        let call = self.set.line.call(Method::POST, &["tickets", writing.ticket, how], &body);
        match self.set.line.change(call).await {
            Ok(answer) => written(number(&answer["id"])),
            Err(outcome) => outcome,
        }
    }

    async fn turn(&self, ticket: &str, status: &str) -> Outcome {
        let Some(number) = number_of(status) else {
            let allowed = "wanted is open, pending, resolved, closed or 'status N'";
            return Outcome::Refused { reason: format!("'{}': {allowed}", shortened(status, 60)) };
        };
        let call = self.set.line.call(Method::PUT, &["tickets", ticket], &json!({ "status": number }));
        turned(self.set.line.change(call).await)
    }

    async fn anew(&self, anew: &Anew<'_>) -> Outcome {
        let path = ["conversations", anew.note];
        // What went to the customer cannot be changed; it can be taken away from the ticket.
        let call = if anew.public {
            Call::new(Method::DELETE, self.set.line.url(&path, &[]))
        } else {
            self.set.line.call(Method::PUT, &path, &json!({ "body": to_html(anew.text) }))
        };
        match self.set.line.change(call).await {
            Ok(_) => written(Some(anew.note.to_owned())),
            Err(outcome) => outcome,
        }
    }

    async fn holder(&self, action_id: &str) -> Result<Holder, Failed> {
        let found = self.sought(&format!("tag:'{}'", searched(action_id))).await?;
        let holds = |t: &&Value| t["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| t == action_id));
        Ok(match found.iter().find(holds).and_then(|t| Some((number(&t["id"])?, t))) {
            Some((id, ticket)) => Holder::Ticket(id, time(&ticket["created_at"])),
            None => Holder::Nobody,
        })
    }

    fn changed_in(&self, body: &[u8]) -> Result<Vec<String>, String> {
        numbers_at(body, &["/ticket", "/freshdesk_webhook/ticket_id"])
    }
}

/// Whether a question was refused for what it said in one field.
fn is_about(failed: &Failed, field: &str) -> bool {
    let Failed::Call(CallError::Status { code: 400, start, .. }) = failed else { return false };
    first_text(start, &["/errors/0/field"]).as_deref() == Some(field)
}

/// The number of a status; other ones than the four are called `status N`, here as where they are read, so that what was
/// given is known again.
fn number_of(status: &str) -> Option<u32> {
    let word = status.trim().to_lowercase();
    match word.as_str() {
        "open" => Some(2),
        "pending" => Some(3),
        "resolved" => Some(4),
        "closed" => Some(5),
        other => other.strip_prefix("status ")?.trim().parse().ok(),
    }
}

/// What a refusal says; one without a body says nothing, and is the interface's own.
fn said(start: &str) -> Option<String> {
    if start.trim().is_empty() {
        return Some("nothing".to_owned());
    }
    first_text(start, &["/errors/0/message", "/description", "/message"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_named_as_it_is_read() {
        assert_eq!(number_of("Resolved"), Some(4));
        assert_eq!(number_of("status 7"), Some(7));
        assert_eq!(number_of("7"), None, "it would be read back as another word");
    }
}
