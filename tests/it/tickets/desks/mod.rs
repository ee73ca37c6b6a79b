//! The faces of the front office: each kind of system as its description says that it answers, on one ledger.

mod dynamics;
mod freshdesk;
mod jira;
pub mod letters;
mod otrs;
mod salesforce;
pub mod webhook;
mod zammad;
mod zendesk;

use super::office::{Entry, Ledger, Office, SECRET, TOKEN, Ticket, plain};
use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The secret of every webhook, and the one before it.
pub const HOOK: &str = "the secret of the hook";
pub const HOOK_BEFORE: &str = "the one before this one";
/// The password or client secret of those that have one.
pub const PASSWORD: &str = "hunter2-and-more";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Rt,
    Webhook,
    Zendesk,
    Zammad,
    Freshdesk,
    Jira,
    Salesforce,
    Otrs,
    Dynamics,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Rt,
        Self::Webhook,
        Self::Zendesk,
        Self::Zammad,
        Self::Freshdesk,
        Self::Jira,
        Self::Salesforce,
        Self::Otrs,
        Self::Dynamics,
    ];
    pub const SIGNING: [Self; 4] = [Self::Zendesk, Self::Zammad, Self::Freshdesk, Self::Jira];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Rt => "rt",
            Self::Webhook => "webhook",
            Self::Zendesk => "zendesk",
            Self::Zammad => "zammad",
            Self::Freshdesk => "freshdesk",
            Self::Jira => "jira",
            Self::Salesforce => "salesforce",
            Self::Otrs => "otrs",
            Self::Dynamics => "dynamics",
        }
    }

    /// The number by which people know a ticket of the ledger.
    pub fn name(self, id: u64) -> String {
        match self {
            Self::Zammad => (34_000 + id).to_string(),
            Self::Jira => format!("SUP-{id}"),
            Self::Salesforce => format!("{id:08}"),
            Self::Otrs => format!("20260921{id:08}"),
            Self::Dynamics => format!("CAS-{id:05}-A1B2C3"),
            _ => id.to_string(),
        }
    }

    /// The ticket of the ledger that people know by a number.
    pub fn number(self, name: &str) -> u64 {
        let digits = |text: &str| text.parse::<u64>().unwrap_or(0);
        match self {
            Self::Zammad => digits(name).saturating_sub(34_000),
            Self::Jira => name.strip_prefix("SUP-").map_or(0, digits),
            Self::Otrs => name.strip_prefix("20260921").map_or(0, digits),
            Self::Dynamics => name.split('-').nth(1).map_or(0, digits),
            _ => digits(name),
        }
    }

    /// How it calls a status of the ledger: `open`, `resolved`, `stalled` or `rejected`.
    pub fn status(self, of: &str) -> String {
        let named = match (self, of) {
            (Self::Zendesk, "resolved") => "solved",
            (Self::Zendesk, "stalled") => "pending",
            (Self::Zammad, "resolved") => "closed",
            (Self::Zammad, "stalled") => "pending reminder",
            (Self::Freshdesk, "stalled") => "pending",
            (Self::Jira, "resolved") => "Resolved",
            (Self::Jira, "stalled") => "Waiting for customer",
            (Self::Jira, "open") => "In progress",
            (Self::Salesforce, "resolved") => "Closed",
            (Self::Salesforce, "stalled") => "Waiting on Customer",
            (Self::Salesforce, "open") => "Working",
            (Self::Otrs, "resolved") => "closed successful",
            (Self::Otrs, "stalled") => "pending reminder",
            (Self::Dynamics, "resolved") => "Problem Solved",
            (Self::Dynamics, "stalled") => "Waiting for Details",
            (Self::Dynamics, "open") => "In Progress",
            (Self::Webhook, "stalled") => "waiting",
            (_, other) => other,
        };
        named.to_owned()
    }

    /// The ledger's word for a status.
    pub fn ledger_status(self, named: &str) -> &'static str {
        let all = ["open", "resolved", "stalled"];
        all.into_iter().find(|of| self.status(of) == named).unwrap_or("open")
    }

    /// Whether what we wrote there can be changed.
    pub const fn lets_go(self) -> bool {
        !matches!(self, Self::Rt | Self::Otrs)
    }

    /// Whether it tells a ticket that was deleted from one that is out of our sight.
    pub const fn tells_gone(self) -> bool {
        !matches!(self, Self::Jira | Self::Otrs | Self::Dynamics)
    }

    /// Whether a ticket stands in a queue besides having an owner.
    pub const fn has_queues(self) -> bool {
        !matches!(self, Self::Salesforce | Self::Dynamics)
    }

    /// Whether it is noticed by looking that a ticket went out of our sight.
    pub const fn notices_hidden(self) -> bool {
        !matches!(self, Self::Webhook | Self::Freshdesk)
    }

    /// The section of the settings, for an office at this address.
    pub fn section(self, url: &str) -> Value {
        let (hook, key) =
            (json!({ "secret": HOOK, "previous_secret": HOOK_BEFORE }), json!({ "key": "CaseKey" }));
        match self {
            Self::Rt => {
                json!({ "url": format!("{url}/rt"), "token": TOKEN, "queue": "Webcare", "fields": key })
            }
            Self::Webhook => json!({ "url": format!("{url}/office"), "secret": SECRET }),
            Self::Zendesk => json!({ "url": format!("{url}/zd"), "user": "us@acme.example", "token": TOKEN,
                "fields": { "case": "360001", "level": "360002", "due": "360003" }, "hook": hook }),
            Self::Zammad => json!({ "url": format!("{url}/zm"), "token": TOKEN, "group": "Webcare",
                "customer": "webcare@acme.example", "fields": { "key": "case_key" }, "hook": hook }),
            Self::Freshdesk => json!({ "url": format!("{url}/fd"), "token": TOKEN, "group": "603",
                "requester": "webcare@acme.example", "fields": { "case": "cf_case" }, "hook": hook }),
            Self::Jira => json!({ "url": format!("{url}/jira"), "user": "us@acme.example", "token": TOKEN,
                "project": "SUP", "hook": hook }),
            Self::Salesforce => json!({ "url": format!("{url}/sf"), "client_id": "webcared",
                "client_secret": PASSWORD, "fields": { "key": "Webcare_Key__c", "due": "Promised__c" } }),
            Self::Otrs => json!({ "url": format!("{url}/otrs"), "user": "webcared", "password": PASSWORD,
                "queue": "Webcare", "customer": "webcare", "fields": key }),
            Self::Dynamics => json!({ "url": format!("{url}/dyn"), "login_url": format!("{url}/dyn"),
                "tenant": "acme", "client_id": "webcared", "client_secret": PASSWORD,
                "customer": "accounts(00000000-0000-0000-0000-000000000001)", "fields": { "key": "new_key" } }),
        }
    }
}

/// A call as it came.
pub struct Seen {
    pub method: Method,
    pub path: Vec<String>,
    pub query: HashMap<String, String>,
    pub headers: HeaderMap,
    pub value: Value,
    pub raw: Bytes,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|h| h.to_str().ok()).unwrap_or_default()
    }

    fn is_by(&self, authorization: &str) -> bool {
        self.header("authorization") == authorization
    }

    fn asked(&self, key: &str) -> &str {
        self.query.get(key).map(String::as_str).unwrap_or_default()
    }
}

pub fn decoded(part: &str) -> String {
    let whole = format!("x={}", part.replace('+', "%2B"));
    url::form_urlencoded::parse(whole.as_bytes()).next().unwrap().1.into_owned()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Answers a call as the kind of the office would.
pub async fn answer(office: &Office, seen: Seen) -> Response {
    match office.kind {
        Kind::Zendesk => zendesk::answer(office, &seen).await,
        Kind::Zammad => zammad::answer(office, &seen).await,
        Kind::Freshdesk => freshdesk::answer(office, &seen).await,
        Kind::Jira => jira::answer(office, &seen).await,
        Kind::Salesforce => salesforce::answer(office, &seen).await,
        Kind::Otrs => otrs::answer(office, &seen).await,
        Kind::Dynamics => dynamics::answer(office, &seen).await,
        Kind::Rt | Kind::Webhook => plain(500, &Value::Null),
    }
}

/// People and queues by number, as some systems tell of them.
const NAMES: [(u64, &str); 6] =
    [(501, "ann"), (502, "bob"), (503, "webcared"), (601, "Office"), (602, "Billing"), (603, "Webcare")];

fn number_of(name: &str) -> Value {
    NAMES.iter().find(|n| n.1 == name).map_or(Value::Null, |n| json!(n.0))
}

fn named() -> Vec<Value> {
    NAMES.iter().map(|(id, name)| json!({ "id": id, "name": name, "somethingNew": {} })).collect()
}

/// All that is written on a ticket, with the first words and what a merge says.
fn written(ledger: &Ledger, id: u64, merged: impl Fn(u64) -> String) -> Vec<Entry> {
    let ticket = &ledger.tickets[&id];
    let mut all: Vec<Entry> = ticket.first.iter().chain(&ticket.entries).cloned().collect();
    if let Some(into) = ticket.merged_into {
        let (by, text) = ("ann".to_owned(), merged(into));
        all.push(Entry { id: 900_000 + id, by, text, public: false, at: ticket.changed_at });
    }
    all
}

fn found(ledger: &Ledger, fits: impl Fn(u64, &Ticket) -> bool) -> Vec<(u64, Ticket)> {
    let all = ledger.tickets.iter().filter(|(_, t)| t.status != "deleted" && !t.hidden);
    all.filter(|(id, t)| fits(**id, t)).map(|(id, t)| (*id, t.clone())).collect()
}

/// Grants a token, as OAuth does.
fn granted(office: &Office, seen: &Seen, scope: Option<&str>) -> Response {
    let form: HashMap<String, String> = url::form_urlencoded::parse(&seen.raw).into_owned().collect();
    let is = |key: &str, value: &str| form.get(key).is_some_and(|v| v == value);
    let right = is("grant_type", "client_credentials") && is("client_id", "webcared");
    let right = right && is("client_secret", PASSWORD) && scope.is_none_or(|s| is("scope", s));
    let mut ledger = office.ledger();
    if !right || ledger.grants_none {
        return plain(
            400,
            &json!({ "error": "invalid_client", "error_description": "invalid client credentials" }),
        );
    }
    ledger.tokens += 1;
    let token = format!("tok-{}", ledger.tokens);
    plain(200, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }))
}

fn has_token(office: &Office, seen: &Seen) -> bool {
    let tokens = office.ledger().tokens;
    tokens > 0 && seen.is_by(&format!("Bearer tok-{tokens}"))
}

/// How a kind says that a ticket takes nothing any more.
pub fn closed(kind: Kind) -> Response {
    const WORDS: &str = "the ticket is closed and cannot be changed";
    match kind {
        Kind::Rt => plain(403, &json!({ "message": WORDS })),
        Kind::Webhook => plain(409, &json!({ "error": WORDS })),
        Kind::Zendesk => {
            let details = json!({ "status": [{ "description": "Status: closed prevents ticket update" }] });
            plain(
                422,
                &json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": details }),
            )
        }
        Kind::Zammad => plain(422, &json!({ "error": WORDS, "error_human": WORDS })),
        Kind::Freshdesk => plain(
            400,
            &json!({ "description": "Validation failed", "errors": [{ "field": "status", "message": WORDS }] }),
        ),
        Kind::Jira => plain(400, &json!({ "errorMessages": [WORDS], "errors": {} })),
        Kind::Salesforce => {
            plain(400, &json!([{ "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": WORDS }]))
        }
        Kind::Otrs => {
            let error = json!({ "ErrorCode": "TicketUpdate.AccessDenied", "ErrorMessage": WORDS });
            plain(200, &json!({ "Error": error }))
        }
        Kind::Dynamics => plain(400, &json!({ "error": { "code": "0x80040203", "message": WORDS } })),
    }
}

/// Has a note say something else; `None` where there is none, `Some(false)` where it is not let.
pub fn rewrite(ledger: &mut Ledger, note: u64, change: impl FnOnce(&mut Entry)) -> Option<bool> {
    let keeps = ledger.keeps_words;
    let entry = ledger.tickets.values_mut().flat_map(|t| &mut t.entries).find(|e| e.id == note)?;
    if !keeps {
        change(entry);
    }
    Some(!keeps)
}

/// Takes a note away.
pub fn strike(ledger: &mut Ledger, note: u64) {
    ledger.tickets.values_mut().for_each(|t| t.entries.retain(|e| e.id != note));
}

/// Gives a ticket a status; whether it was let.
pub fn turn(ledger: &mut Ledger, now: i64, ticket: u64, status: &str) -> bool {
    let Some(t) = ledger.tickets.get_mut(&ticket) else { return false };
    if t.locked || t.hidden || t.status == "deleted" {
        return false;
    }
    status.clone_into(&mut t.status);
    t.changed_at = now;
    true
}
