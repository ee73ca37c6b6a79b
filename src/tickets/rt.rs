//! Request Tracker by its REST2 interface, with a token.
//!
//! Built against Request Tracker 5.0.3 itself. What it does otherwise than one would think: a custom
//! field that the queue does not have is dropped without a word, a change that was refused is answered
//! with 200, a search leaves out what was deleted or merged, `correspond` mails the customer and `comment`
//! does not, nothing that was written can be changed or taken away, a merged ticket answers with the body of the other. Dates in searches are read in the user's
//! zone, so none is ever sent: tickets are asked for by number, entries by their rising ids.

use super::config::RtConfig;
use super::desk::{About, At, CAN, Desk, Holder, Set, Want, Writing};
use super::line::{
    ASIDE_MAX, Dialect, Failed, Line, as_it_says, below, entry, first_text, made, turned, written,
};
use super::text::{is_digits, number, time};
use super::{Capabilities, Entry, Given, NewTicket, Placed, Term, Ticket, TicketState, Watched, shortened};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::http_client::{Call, CallError, HttpClient};
use crate::sources::html;
use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// What Request Tracker is.
const ABOUT: About = About {
    kind: "tickets_rt",
    can: Capabilities { solved: &["resolved", "rejected"], waiting: &["stalled"], ..CAN },
    settles: Span::seconds(30),
    note_bytes_max: 1_000_000,
    lists_changes: false,
    mails_apart: false,
};
const DIALECT: Dialect = Dialect { name: "Request Tracker", said, means: as_it_says, by_ticket: false };
/// What is asked of each ticket.
const FIELDS: &str = "Subject,Status,Owner,Queue,Created,LastUpdated,Due";
/// Most tickets that are asked for in one search.
const PAGE: &str = "100";
/// Most pages of entries in one round; the rest comes in the next.
const ROUNDS_MAX: usize = 5;
/// Most pages where the newest entries are wanted: they stand at the end, and lists are without words.
const ROUNDS_TO_THE_END: usize = 50;
/// Of how many entries of a ticket that was never looked at the words are read.
const LAST: usize = 10;

/// One Request Tracker.
pub(super) struct Rt {
    set: Set,
    base: Url,
    config: RtConfig,
}

impl Rt {
    /// A Request Tracker after the settings.
    pub fn new(
        place: Placed,
        config: &RtConfig,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.url).map_err(|e| format!("rt.url: {e}"))?;
        let token = config.token.as_ref().ok_or("rt: it needs a token")?;
        let door = entry(&format!("token {}", token.expose_secret().trim()));
        let line = Line::new(DIALECT, below(&base, &["REST", "2.0"]), door, http, clock);
        let set = Set::new(&ABOUT, place, line, config.every_seconds);
        Ok(Self { set, base, config: config.clone() })
    }

    /// The tickets that a search in TicketSQL finds.
    async fn sql(&self, query: &str) -> Result<Vec<Ticket>, Failed> {
        // Of a customer with more than a page of tickets those of late are wanted.
        let asked = [
            ("query", query),
            ("fields", FIELDS),
            ("fields[Queue]", "Name"),
            ("per_page", PAGE),
            ("orderby", "LastUpdated"),
            ("order", "DESC"),
        ];
        let found = self.set.line.get(&["tickets"], &asked).await?;
        let items = found["items"].as_array().ok_or(Failed::Unreadable)?;
        Ok(items.iter().filter_map(|t| self.ticket(t)).collect())
    }

    fn ticket(&self, body: &Value) -> Option<Ticket> {
        let id = number(&body["id"])?;
        let status = body["Status"].as_str().unwrap_or_default().to_owned();
        let name = |v: &Value| v["Name"].as_str().or(v["id"].as_str()).unwrap_or_default().to_owned();
        let owner = body["Owner"]["id"].as_str().filter(|o| *o != "Nobody").unwrap_or_default();
        let mut url = below(&self.base, &["Ticket", "Display.html"]);
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

    /// The comments and letters of a ticket behind an entry, without their words.
    async fn listed(&self, ticket: &str, behind: u64) -> Result<Vec<(u64, Entry)>, Failed> {
        let query =
            format!("TicketId = {ticket} AND id > {behind} AND (Type = 'Comment' OR Type = 'Correspond')");
        let asked = [("query", query.as_str()), ("fields", "Type,Creator,Created"), ("per_page", PAGE)];
        let page = self.set.line.get(&["transactions"], &asked).await?;
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
        let found = match self.set.line.get(&["transaction", &entry.to_string(), "attachments"], &asked).await
        {
            // Not for our eyes, or gone meanwhile: the others are read all the same.
            Err(Failed::Call(CallError::Status { code: 403 | 404, .. })) => Value::Null,
            other => other?,
        };
        let parts = found["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of = |kind: &str| parts.iter().find(|p| p["ContentType"] == kind && p["Content"] != "");
        let text = |p: &Value| p["Content"].as_str().unwrap_or_default().to_owned();
        Ok(match (of("text/plain"), of("text/html")) {
            (Some(part), _) => text(part),
            (None, Some(part)) => html::to_text(&text(part)),
            (None, None) => String::new(),
        })
    }

    /// Whether the queue has the field that holds our key: only then does its absence prove anything.
    async fn keeps_keys(&self) -> Result<bool, Failed> {
        let queue = self.set.line.get(&["queue", &self.config.queue], &[]).await?;
        let fields = queue["TicketCustomFields"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(fields.iter().any(|f| f["name"] == self.config.fields.key.as_str()))
    }

    /// Reads back what was made, for fields are dropped without a word.
    async fn check_kept(&self, ticket: &str, action_id: &str) {
        let call = Call::get(self.set.line.url(&["ticket", ticket], &[])).within(ASIDE_MAX);
        let Ok(body) = self.set.line.ask(call).await else { return };
        let fields = body["CustomFields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let kept = |f: &Value| {
            f["name"] == self.config.fields.key.as_str()
                && f["values"].as_array().is_some_and(|v| v.iter().any(|v| v == action_id))
        };
        if !fields.iter().any(kept) {
            tracing::warn!(
                tickets = self.set.place.name,
                field = self.config.fields.key,
                "Request Tracker did not keep our key: give the queue this field and the user the right to set it"
            );
        }
    }
}

#[async_trait]
impl Desk for Rt {
    fn set(&self) -> &Set {
        &self.set
    }

    fn is_number(&self, text: &str) -> bool {
        is_digits(text)
    }

    async fn search(&self, terms: &[Term]) -> Result<Vec<Ticket>, Failed> {
        let mut parts: Vec<String> = Vec::new();
        for term in terms {
            let text = quoted(&term.text);
            let of = |field: &String| format!("CF.{{{field}}} = '{text}'");
            match term.kind {
                Given::Ticket if is_digits(&term.text) => parts.push(format!("id = {}", term.text)),
                Given::Ticket => {}
                Given::Email => parts.push(format!("Requestor.EmailAddress = '{text}'")),
                Given::Phone => parts.extend(self.config.fields.phones.iter().map(of)),
                Given::Reference => parts.extend(self.config.fields.references.iter().map(of)),
            }
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        self.sql(&parts.join(" OR ")).await
    }

    async fn one(&self, id: &str) -> Result<At, Failed> {
        match self.set.line.get(&["ticket", id], &[("fields[Queue]", "Name")]).await {
            Ok(body) => self.ticket(&body).map(At::is).ok_or(Failed::Unreadable),
            // Said by the interface itself, for a proxy that has lost its way must not end a ticket.
            Err(failed) if self.set.line.is_said(&failed, &[404]) => Ok(At::Gone),
            Err(failed) if self.set.line.is_said(&failed, &[403]) => Ok(At::Hidden),
            Err(failed) => Err(failed),
        }
    }

    async fn several(&self, watched: &[&Watched]) -> Result<Vec<(String, At)>, Failed> {
        let query: Vec<String> = watched.iter().map(|w| format!("id = {}", w.id)).collect();
        let found = self.sql(&query.join(" OR ")).await?;
        Ok(found.into_iter().map(|t| (t.id.clone(), At::is(t))).collect())
    }

    async fn entries(&self, ticket: &str, want: Want<'_>) -> Result<Vec<Entry>, Failed> {
        let mut last: u64 = if let Want::Behind(id) = want { id.parse().unwrap_or(0) } else { 0 };
        let rounds = if matches!(want, Want::Behind(_)) { ROUNDS_MAX } else { ROUNDS_TO_THE_END };
        let mut listed = Vec::new();
        for _ in 0..rounds {
            let page = self.listed(ticket, last).await?;
            let Some(end) = page.iter().map(|e| e.0).max() else { break };
            listed.extend(page);
            last = end;
        }
        match want {
            Want::Last => drop(listed.drain(..listed.len().saturating_sub(LAST))),
            Want::Since(at) => listed.retain(|(_, e)| e.at.is_none_or(|told| told >= at)),
            Want::Behind(_) => {}
        }
        let mut found = Vec::new();
        for (id, entry) in listed {
            found.push(Entry { text: self.words_of(id).await?, ..entry });
        }
        Ok(found)
    }

    async fn make(&self, new: &NewTicket) -> Outcome {
        let fields = &self.config.fields;
        let mut own = serde_json::Map::new();
        own.insert(fields.key.clone(), json!(new.action_id));
        for (field, value) in fields.of(new) {
            own.insert(field.to_owned(), json!(value));
        }
        // Without a requestor nobody is mailed: who the customer is stays the front office's to say.
        let body = json!({
            "Queue": self.config.queue,
            "Subject": new.subject,
            "Content": new.text,
            "ContentType": "text/plain",
            "CustomFields": own,
        });
        match self.set.line.change(self.set.line.call(Method::POST, &["ticket"], &body)).await {
            Ok(answer) => {
                let id = number(&answer["id"]);
                if let Some(id) = &id {
                    self.check_kept(id, &new.action_id).await;
                }
                made(id)
            }
            Err(outcome) => outcome,
        }
    }

    async fn write(&self, writing: &Writing<'_>) -> Outcome {
        let how = if writing.public { "correspond" } else { "comment" };
        let body = json!({ "Content": writing.text, "ContentType": "text/plain" });
        let call = self.set.line.call(Method::POST, &["ticket", writing.ticket, how], &body);
        match self.set.line.changed(call).await {
            // The body tells words for people; where the transaction stands is said beside it.
            Ok(answer) => written(transaction_in(&answer.headers)),
            Err(outcome) => outcome,
        }
    }

    async fn turn(&self, ticket: &str, status: &str) -> Outcome {
        let call = self.set.line.call(Method::PUT, &["ticket", ticket], &json!({ "Status": status }));
        turned(self.set.line.change(call).await)
    }

    async fn examine(&self) -> Vec<Exam> {
        let (queue, field) = (&self.config.queue, &self.config.fields.key);
        let advice = "Does the token belong to somebody who may see the queue?";
        match self.keeps_keys().await {
            Ok(true) => vec![Exam::good("queue", format!("{queue}, with the field {field}"))],
            Ok(false) => vec![Exam::mind(
                "queue",
                format!("{queue} has no field {field}"),
                "Add the custom field to the queue; without it a person decides whether a ticket was made whose confirmation was lost.",
            )],
            Err(failed) => vec![self.set.line.trouble(&failed).exam("queue", advice)],
        }
    }

    async fn holder(&self, action_id: &str) -> Result<Holder, Failed> {
        let query = format!("CF.{{{}}} = '{}'", self.config.fields.key, quoted(action_id));
        // A search shows what is deleted to nobody; what is merged shows as what it became.
        if let Some(ticket) = self.sql(&query).await?.into_iter().next() {
            return Ok(Holder::Ticket(ticket.id, ticket.opened_at));
        }
        if self.keeps_keys().await? {
            return Ok(Holder::Nobody);
        }
        Ok(Holder::CannotTell(format!(
            "the queue {} has no field {}, so nobody can tell whether the ticket was made",
            self.config.queue, self.config.fields.key
        )))
    }
}

/// The number of the transaction whose address an answer names.
fn transaction_in(headers: &http::HeaderMap) -> Option<String> {
    let address = headers.get(http::header::LOCATION)?.to_str().ok()?;
    let id = address.rsplit_once("/transaction/")?.1.split(['/', '?']).next()?;
    is_digits(id).then(|| id.to_owned())
}

/// A text as it stands between quotation marks in TicketSQL.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    plain.replace('\\', "\\\\").replace('\'', "\\'")
}

/// What a refusal says.
fn said(start: &str) -> Option<String> {
    first_text(start, &["/message"])
}

#[cfg(test)]
mod tests;
