//! Zammad by its interface `/api/v1`, with an access token.
//!
//! Built from its documentation of May 2026 (tickets, articles, links, search, webhooks), checked against a
//! fake that speaks it. From memory: the names of the states, that a merged ticket is the child of the one
//! that is left. What it does otherwise than one would think: people know tickets by numbers and the
//! interface by ids, so each number is looked up once; a ticket must have a customer; an article of the type
//! `email` is really sent; a search knows of a new ticket only seconds later.

use super::build::proof;
use super::config::ZammadConfig;
use super::desk::{About, Anew, At, CAN, Desk, Got, Holder, Merge, Set, Want, Writing};
use super::line::{
    ASIDE_MAX, Dialect, Failed, Line, as_it_says, below, entry, first_text, made, numbers_at, turned, written,
};
use super::proof::Scheme;
use super::text::{is_digits, number, received, searched, time, word};
use super::{
    Back, Capabilities, Entry, Given, NewTicket, Placed, Term, Ticket, TicketState, Watched, Withdraw,
};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::time::Span;
use crate::http_client::{Call, HttpClient};
use crate::sources::html;
use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

const ABOUT: About = About {
    kind: "tickets_zammad",
    can: Capabilities {
        back: Back::Both,
        withdraw: Withdraw::Rewrite,
        solved: &["closed", "merged"],
        waiting: &["pending reminder"],
        ..CAN
    },
    settles: Span::minutes(1),
    note_bytes_max: 200_000,
    lists_changes: false,
    mails_apart: false,
};
const DIALECT: Dialect = Dialect { name: "Zammad", said, means: as_it_says, by_ticket: false };
/// How many numbers are remembered with their ids.
const KNOWN_MAX: usize = 10_000;

/// One Zammad.
pub(super) struct Zammad {
    set: Set,
    base: Url,
    config: ZammadConfig,
    /// The ids of tickets by their numbers.
    known: Mutex<HashMap<String, u64>>,
}

impl Zammad {
    /// A Zammad after the settings.
    pub fn new(
        place: Placed,
        config: &ZammadConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("zammad.url: {e}"))?;
        let token = config.token.as_ref().ok_or("zammad: it needs a token")?;
        let entry = entry(&format!("Token token={}", token.expose_secret().trim()));
        let line = Line::new(DIALECT, below(&base, &["api", "v1"]), entry, http, clock);
        let set =
            Set::new(&ABOUT, place, line, config.every_seconds).proved(proof(Scheme::HubSha1, &config.hook));
        Ok(Self { set, base, config: config.clone(), known: Mutex::default() })
    }

    fn remember(&self, ticket: &Value) {
        let (Some(id), Some(name)) = (ticket["id"].as_u64(), number(&ticket["number"])) else { return };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(name, id);
    }

    /// What a search finds: of each its id and number, and all of it where the answer says all.
    async fn found(&self, query: &str, within: Option<Span>) -> Result<Vec<Value>, Failed> {
        let asked = [
            ("query", query),
            ("limit", "25"),
            ("expand", "true"),
            ("sort_by", "updated_at"),
            ("order_by", "desc"),
        ];
        let call = Call::get(self.set.line.url(&["tickets", "search"], &asked));
        let body = self.set.line.ask(within.map_or(call.clone(), |limit| call.within(limit))).await?;
        let tickets: Vec<Value> = if let Value::Array(tickets) = &body {
            tickets.clone()
        } else {
            body["tickets"].as_array().ok_or(Failed::Unreadable)?;
            let beside = body["assets"]["Ticket"].as_object();
            beside.map(|b| b.values().cloned().collect()).unwrap_or_default()
        };
        for ticket in &tickets {
            self.remember(ticket);
        }
        Ok(tickets)
    }

    /// The id of a ticket by its number.
    async fn id_of(&self, name: &str, within: Option<Span>) -> Result<Option<u64>, Failed> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        if known.is_some() {
            return Ok(known);
        }
        // With one the field is asked for, as a number that many write of has hits before the ticket itself; without
        // a search engine a bare word is looked for in numbers, titles and words.
        let queries = [format!("number:\"{name}\""), name.to_owned()];
        for query in &queries {
            let found = self.found(query, within).await?;
            let it = found.iter().find(|t| number(&t["number"]).as_deref() == Some(name));
            if let Some(id) = it.and_then(|t| t["id"].as_u64()) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn got(&self, body: &Value) -> Option<Got> {
        let id = body["id"].as_u64()?;
        let named =
            |v: &Value| v.as_str().or(v["name"].as_str()).or(v["login"].as_str()).unwrap_or("").to_owned();
        let status = named(&body["state"]);
        let merged = status == "merged";
        let owner = named(&body["owner"]);
        self.remember(body);
        let ticket = Ticket {
            id: number(&body["number"])?,
            state: match status.as_str() {
                "closed" | "merged" => TicketState::Solved,
                "removed" => TicketState::Gone,
                _ => TicketState::Open,
            },
            subject: word(&body["title"], 300),
            // Nobody has the login of a dash.
            owner: if owner == "-" { String::new() } else { owner },
            queue: named(&body["group"]),
            opened_at: time(&body["created_at"]),
            changed_at: time(&body["updated_at"]),
            due_at: time(&body["escalation_at"]).or_else(|| time(&body["pending_time"])),
            url: {
                let mut url = self.base.clone();
                url.set_fragment(Some(&format!("ticket/zoom/{id}")));
                url.into()
            },
            status,
        };
        Some(Got { ticket, merge: if merged { Merge::Somewhere } else { Merge::No } })
    }

    async fn by_id(&self, id: u64) -> Result<At, Failed> {
        match self.set.line.get(&["tickets", &id.to_string()], &[("expand", "true")]).await {
            Ok(body) => self.got(&body).map(At::is).ok_or(Failed::Unreadable),
            Err(failed) if self.set.line.is_said(&failed, &[404]) => Ok(At::Gone),
            Err(failed) if self.set.line.is_said(&failed, &[403]) => Ok(At::Hidden),
            Err(failed) => Err(failed),
        }
    }

    fn query_of(&self, term: &Term) -> Vec<String> {
        let text = searched(&term.text);
        let of = |field: &String| format!("{field}:\"{text}\"");
        match term.kind {
            Given::Ticket if is_digits(&text) => vec![format!("number:\"{text}\"")],
            Given::Ticket => Vec::new(),
            Given::Email => vec![format!("customer.email:\"{text}\"")],
            Given::Phone => {
                let own = ["customer.phone".to_owned(), "customer.mobile".to_owned()];
                own.iter().chain(&self.config.fields.phones).map(of).collect()
            }
            Given::Reference => self.config.fields.references.iter().map(of).collect(),
        }
    }
}

#[async_trait]
impl Desk for Zammad {
    fn set(&self) -> &Set {
        &self.set
    }

    fn is_number(&self, text: &str) -> bool {
        is_digits(text)
    }

    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed> {
        let parts: Vec<String> = terms.iter().flat_map(|t| self.query_of(t)).collect();
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let mut tickets = Vec::new();
        for body in self.found(&parts.join(" OR "), None).await? {
            // Where the search tells ids only, each is read.
            if body["state"].is_string() {
                tickets.extend(self.got(&body).map(|g| g.ticket));
            } else if let Some(id) = body["id"].as_u64()
                && let At::Is(got) = self.by_id(id).await?
            {
                tickets.push(got.ticket);
            }
        }
        Ok(tickets)
    }

    async fn one(&self, name: &str) -> Result<At, Failed> {
        match self.id_of(name, None).await? {
            Some(id) => self.by_id(id).await,
            // A search that knows nothing proves nothing.
            None => Ok(At::Hidden),
        }
    }

    async fn several(&self, _watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed> {
        // A search is behind what is so; each is asked for.
        Ok(Vec::new())
    }

    async fn merged_into(&self, ticket: &Ticket) -> Result<Option<String>, Failed> {
        let Some(id) = self.id_of(&ticket.id, None).await? else { return Ok(None) };
        let id = id.to_string();
        let links =
            self.set.line.get(&["links"], &[("link_object", "Ticket"), ("link_object_value", &id)]).await?;
        let all = links["links"].as_array().ok_or(Failed::Unreadable)?;
        let parent = all.iter().find(|l| l["link_type"] == "parent" && l["link_object"] == "Ticket");
        let Some(parent) = parent.and_then(|l| number(&l["link_object_value"])) else { return Ok(None) };
        let beside = &links["assets"]["Ticket"][&parent];
        self.remember(beside);
        Ok(number(&beside["number"]))
    }

    async fn entries(&self, ticket: &str, _want: Want<'_>) -> Result<Vec<Entry>, Failed> {
        let Some(id) = self.id_of(ticket, None).await? else { return Ok(Vec::new()) };
        let path = ["ticket_articles", "by_ticket", &id.to_string()];
        let all = self.set.line.get(&path, &[("expand", "true")]).await?;
        let one = |a: &Value| {
            let body = a["body"].as_str().unwrap_or_default();
            let is_html = a["content_type"].as_str().is_some_and(|t| t.starts_with("text/html"));
            Some(Entry {
                id: number(&a["id"])?,
                at: time(&a["created_at"]),
                by: a["created_by"].as_str().or(a["from"].as_str()).unwrap_or_default().to_owned(),
                public: a["internal"] == false,
                text: received(
                    if is_html { html::to_text(body) } else { body.to_owned() },
                    a["sender"] == "Customer",
                ),
            })
        };
        let mut entries: Vec<Entry> =
            all.as_array().ok_or(Failed::Unreadable)?.iter().filter_map(one).collect();
        entries.sort_by_key(|e| e.id.parse::<u64>().unwrap_or(u64::MAX));
        Ok(entries)
    }

    async fn make(&self, new: &NewTicket) -> Outcome {
        let mut body = json!({
            "title": new.subject,
            "group": self.config.group,
            "customer": self.config.customer,
            "article": {
                "subject": new.subject, "body": new.text, "content_type": "text/plain",
                "type": "note", "internal": true, "sender": "Agent",
            },
        });
        body[&self.config.fields.key] = json!(new.action_id);
        for (field, value) in self.config.fields.of(new) {
            body[field] = json!(value);
        }
        match self.set.line.change(self.set.line.call(Method::POST, &["tickets"], &body)).await {
            Ok(answer) => {
                self.remember(&answer);
                if answer[&self.config.fields.key] != new.action_id.as_str() && answer["id"].is_u64() {
                    tracing::warn!(
                        tickets = self.set.place.name,
                        field = self.config.fields.key,
                        "Zammad did not keep our key: make this attribute of tickets, and let agents write it"
                    );
                }
                made(number(&answer["number"]))
            }
            Err(outcome) => outcome,
        }
    }

    async fn write(&self, writing: &Writing<'_>) -> Outcome {
        let id = match self.id_of(writing.ticket, Some(ASIDE_MAX)).await {
            Ok(Some(id)) => id,
            Ok(None) => return Outcome::Refused { reason: "Zammad has no such ticket".to_owned() },
            Err(failed) => return self.set.line.unsent(&failed),
        };
        // A public note is seen by the customer who is logged in; nothing is mailed.
        let body = json!({
            "ticket_id": id, "subject": "", "body": writing.text, "content_type": "text/plain",
            "type": "note", "internal": !writing.public, "sender": "Agent",
        });
        match self.set.line.change(self.set.line.call(Method::POST, &["ticket_articles"], &body)).await {
            Ok(answer) => written(number(&answer["id"])),
            Err(outcome) => outcome,
        }
    }

    async fn turn(&self, ticket: &str, status: &str) -> Outcome {
        let id = match self.id_of(ticket, Some(ASIDE_MAX)).await {
            Ok(Some(id)) => id.to_string(),
            Ok(None) => return Outcome::Refused { reason: "Zammad has no such ticket".to_owned() },
            Err(failed) => return self.set.line.unsent(&failed),
        };
        let call = self.set.line.call(Method::PUT, &["tickets", &id], &json!({ "state": status }));
        turned(self.set.line.change(call).await)
    }

    async fn anew(&self, anew: &Anew<'_>) -> Outcome {
        let body = json!({ "body": anew.text, "content_type": "text/plain", "internal": !anew.public });
        let call = self.set.line.call(Method::PUT, &["ticket_articles", anew.note], &body);
        match self.set.line.change(call).await {
            // An installation may hold articles for unchangeable, and says what stands.
            Ok(answer) if answer["body"].as_str().is_some_and(|b| b != anew.text) => {
                Outcome::Refused { reason: "Zammad left the article as it was".to_owned() }
            }
            Ok(_) => written(Some(anew.note.to_owned())),
            Err(outcome) => outcome,
        }
    }

    async fn holder(&self, action_id: &str) -> Result<Holder, Failed> {
        let key = &self.config.fields.key;
        let text = searched(action_id);
        // Without a search engine fields are not looked at, but words are, and our first ones hold the key.
        let mut found = self.found(&format!("{key}:\"{text}\""), None).await?;
        if !found.iter().any(|t| t[key] == action_id) {
            found = self.found(&text, None).await?;
        }
        if let Some(ticket) = found.iter().find(|t| t[key] == action_id) {
            return Ok(match number(&ticket["number"]) {
                Some(id) => Holder::Ticket(id, time(&ticket["created_at"])),
                None => return Err(Failed::Unreadable),
            });
        }
        // Only where tickets have the attribute does its absence prove anything.
        let some = self.set.line.get(&["tickets"], &[("per_page", "1"), ("expand", "true")]).await?;
        match some.as_array().ok_or(Failed::Unreadable)?.first() {
            Some(ticket) if ticket.get(key).is_none() => Ok(Holder::CannotTell(format!(
                "tickets have no attribute {key}, so nobody can tell whether the ticket was made"
            ))),
            _ => Ok(Holder::Nobody),
        }
    }

    fn changed_in(&self, body: &[u8]) -> Result<Vec<String>, String> {
        numbers_at(body, &["/ticket/number"])
    }
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    first_text(start, &["/error_human", "/error"])
}
