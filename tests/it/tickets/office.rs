//! A front office with one ledger and a face for each kind of system. Two are here: Request Tracker's REST2,
//! as version 5.0.3 was seen to answer, and the pair of signed webhooks as our page describes it; the others
//! are in `desks`. It can misbehave as real ones do.

use super::desks::letters::Letter;
use super::desks::webhook::own;
use super::desks::{self, Kind, Seen, turn};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::clock::{Clock, ManualClock};
use webcared::domain::time::Timestamp;

pub const TOKEN: &str = "1-27-2f0dbb48c20fc65e5258284c0ab979ca";
pub const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

/// What happens to the next call that writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Fine,
    /// It is done, and the answer is a 500.
    Does500,
    /// It is done, and the answer breaks off.
    DoesBreaks,
    /// It is done, and no answer ever comes.
    DoesStalls,
    /// Nothing is done, and the answer is a 502.
    Loses,
    /// Nothing is done, and it says that it is too much.
    TooMany,
    /// Nothing is done, and it says that the ticket is closed.
    Closed,
}

#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub id: u64,
    pub by: String,
    pub text: String,
    pub public: bool,
    pub at: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Ticket {
    pub subject: String,
    /// Its first words, where a system lists them among the others.
    pub first: Option<Entry>,
    pub status: String,
    pub owner: String,
    pub queue: String,
    pub opened_at: i64,
    pub changed_at: i64,
    pub due_at: i64,
    pub requestor: String,
    pub fields: BTreeMap<String, String>,
    pub entries: Vec<Entry>,
    /// Letters to and from the customer, where a system lists them apart.
    pub letters: Vec<Letter>,
    pub merged_into: Option<u64>,
    pub hidden: bool,
    /// Its status cannot be changed.
    pub locked: bool,
}

#[derive(Default)]
pub struct Ledger {
    pub tickets: BTreeMap<u64, Ticket>,
    /// Every call: what it was, and its body.
    pub calls: Vec<(String, Value)>,
    pub mood: Mood,
    pub down: bool,
    /// The queue has no field for our key.
    pub drops_fields: bool,
    /// It has no search engine: fields are not looked at.
    pub no_engine: bool,
    /// Every call is answered so, whatever it is: status, headers, body.
    pub canned: Option<(u16, Vec<(&'static str, String)>, String)>,
    /// How many tokens were granted; the last alone counts.
    pub tokens: u32,
    /// No token is granted any more.
    pub grants_none: bool,
    /// Answers by the key of the call.
    pub done: HashMap<String, Value>,
    /// There are no letters on tickets.
    pub no_letters: bool,
    /// Nothing that was written can be changed any more.
    pub keeps_words: bool,
    last: u64,
}

pub struct Office {
    ledger: Mutex<Ledger>,
    pub clock: Arc<ManualClock>,
    pub kind: Kind,
    pub url: String,
}

impl Office {
    pub async fn open(clock: Arc<ManualClock>, kind: Kind) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let office = Arc::new(Self { ledger: Mutex::default(), clock, kind, url });
        let app = axum::Router::new().fallback(answer).with_state(office.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        office
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub fn now(&self) -> i64 {
        self.clock.now().millis() / 1000 * 1000
    }

    /// A ticket that the front office made itself.
    pub fn made(&self, subject: &str, requestor: &str) -> u64 {
        let now = self.now();
        let mut ledger = self.ledger();
        ledger.last += 1;
        let id = ledger.last;
        let ticket = Ticket {
            subject: subject.into(),
            status: "open".into(),
            owner: "ann".into(),
            queue: "Office".into(),
            opened_at: now,
            changed_at: now,
            requestor: requestor.into(),
            ..Ticket::default()
        };
        ledger.tickets.insert(id, ticket);
        id
    }

    /// Somebody there does something with a ticket.
    pub fn with(&self, id: u64, act: impl FnOnce(&mut Ticket)) {
        let now = self.now();
        let mut ledger = self.ledger();
        let ticket = ledger.tickets.get_mut(&id).unwrap();
        act(ticket);
        ticket.changed_at = now;
    }

    /// Somebody there writes on a ticket.
    pub fn writes(&self, id: u64, by: &str, text: &str) {
        let now = self.now();
        let mut ledger = self.ledger();
        ledger.last += 1;
        let entry = Entry { id: ledger.last, by: by.into(), text: text.into(), public: false, at: now };
        let ticket = ledger.tickets.get_mut(&id).unwrap();
        ticket.entries.push(entry);
        ticket.changed_at = now;
    }

    /// What we wrote on a ticket, oldest first.
    pub fn told(&self, id: u64) -> Vec<String> {
        let ledger = self.ledger();
        let ours = ledger.tickets[&id].entries.iter().filter(|e| e.by == "webcared");
        ours.map(|e| e.text.clone()).collect()
    }

    /// The tickets that we made.
    pub fn ours(&self) -> Vec<u64> {
        let ledger = self.ledger();
        let made = ledger.tickets.iter().filter(|(_, t)| t.queue == "Webcare");
        made.map(|(id, _)| *id).collect()
    }

    /// What the system would deliver of a ticket.
    pub fn delivery(&self, id: u64) -> Vec<u8> {
        let ledger = self.ledger();
        let ticket = &ledger.tickets[&id];
        let entries: Vec<Value> = ticket
            .entries
            .iter()
            .map(|e| json!({ "id": e.id, "at": time(e.at), "by": e.by, "public": e.public, "text": e.text }))
            .collect();
        let body = json!({ "type": "ticket.changed", "ticket": own(id, ticket), "entries": entries });
        body.to_string().into_bytes()
    }
}

pub fn time(at: i64) -> String {
    Timestamp(at).rfc3339()
}

/// A ticket as Request Tracker writes it; its id is a number here and a text there.
fn rt(id: u64, t: &Ticket, as_text: bool) -> Value {
    let fields: Vec<Value> =
        t.fields.iter().map(|(name, value)| json!({ "name": name, "values": [value] })).collect();
    let owner = if t.owner.is_empty() { "Nobody" } else { &t.owner };
    json!({
        "id": if as_text { json!(id.to_string()) } else { json!(id) },
        "Subject": t.subject, "Status": t.status, "Owner": { "id": owner }, "Queue": { "id": "3", "Name": t.queue },
        "Created": time(t.opened_at), "LastUpdated": time(t.changed_at), "Due": time(t.due_at), "CustomFields": fields,
    })
}

pub fn plain(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

fn broken_off() -> Response {
    let pieces = vec![Ok(Bytes::from_static(b"{\"id\"")), Err(std::io::Error::other("cut"))];
    Response::builder().status(201).body(Body::from_stream(futures_util::stream::iter(pieces))).unwrap()
}

/// What a mood makes of a call that writes: nothing done, or done and not told.
pub async fn moody(office: &Office, act: impl FnOnce(&mut Ledger) -> Response) -> Response {
    let mood = std::mem::take(&mut office.ledger().mood);
    match mood {
        Mood::Loses => return plain(502, &json!({})),
        Mood::TooMany => return plain(429, &json!({})),
        Mood::Closed => return desks::closed(office.kind),
        _ => {}
    }
    let done = act(&mut office.ledger());
    match mood {
        Mood::Does500 => plain(500, &json!({})),
        Mood::DoesBreaks => broken_off(),
        Mood::DoesStalls => std::future::pending().await,
        _ => done,
    }
}

async fn answer(
    State(office): State<Arc<Office>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if office.ledger().down {
        return broken_off();
    }
    let value: Value = serde_json::from_slice(&body).unwrap_or_default();
    let query: HashMap<String, String> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let canned = office.ledger().canned.clone().filter(|_| !uri.path().ends_with("/token"));
    if let Some((status, headers, text)) = canned {
        office.ledger().calls.push((format!("{method} {}", uri.path()), value));
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(name, value);
        }
        return answer.body(Body::from(text)).unwrap();
    }
    if !matches!(office.kind, Kind::Rt | Kind::Webhook) {
        office.ledger().calls.push((format!("{method} {}", uri.path()), value.clone()));
        let parts = uri.path().split('/').skip(2).map(desks::decoded).collect();
        return desks::answer(&office, Seen { method, path: parts, query, headers, value, raw: body }).await;
    }
    if uri.path() == "/office" {
        return desks::webhook::answer(&office, &headers, &body, &value).await;
    }
    if headers.get("authorization").and_then(|h| h.to_str().ok()) != Some(&format!("token {TOKEN}")) {
        return plain(401, &json!({ "message": "Unauthorized" }));
    }
    let path: Vec<&str> = uri.path().trim_start_matches("/rt/REST/2.0/").split('/').collect();
    office.ledger().calls.push((format!("{method} {}", path.join("/")), value.clone()));
    match (method.as_str(), path.as_slice()) {
        ("GET", ["tickets"]) => rt_search(&office, &query["query"]),
        ("GET", ["ticket", id]) => rt_ticket(&office, id),
        ("GET", ["queue", _]) => {
            let fields =
                if office.ledger().drops_fields { json!([]) } else { json!([{ "name": "CaseKey" }]) };
            plain(200, &json!({ "id": 3, "TicketCustomFields": fields }))
        }
        ("GET", ["transactions"]) => rt_entries(&office, &query["query"]),
        ("GET", ["transaction", id, "attachments"]) => rt_words(&office, id),
        ("POST", ["ticket"]) => rt_create(&office, &value).await,
        ("PUT", ["ticket", id]) => {
            let (now, id) = (office.now(), id.parse().unwrap());
            moody(&office, |ledger| {
                // What is refused is answered with 200, in words.
                let done = turn(ledger, now, id, value["Status"].as_str().unwrap());
                plain(200, &json!([if done { "Status changed" } else { "Status is not allowed" }]))
            })
            .await
        }
        ("POST", ["ticket", id, how @ ("comment" | "correspond")]) => {
            if value["ContentType"].is_null() {
                return plain(400, &json!({ "message": "ContentType is a required field" }));
            }
            rt_write(&office, id.parse().unwrap(), *how == "correspond", &value).await
        }
        _ => plain(404, &json!({ "message": "Not Found" })),
    }
}

fn rt_search(office: &Office, query: &str) -> Response {
    let ledger = office.ledger();
    let fits = |id: u64, t: &Ticket, part: &str| {
        let quoted =
            |field: &str| part.strip_prefix(field).and_then(|p| p.strip_prefix(" = '")?.strip_suffix('\''));
        part == format!("id = {id}")
            || quoted("Requestor.EmailAddress").is_some_and(|v| v == t.requestor)
            || t.fields.iter().any(|(name, value)| quoted(&format!("CF.{{{name}}}")) == Some(value))
    };
    let items: Vec<Value> = ledger
        .tickets
        .iter()
        .filter(|(_, t)| t.status != "deleted" && t.merged_into.is_none() && !t.hidden)
        .filter(|(id, t)| query.split(" OR ").any(|part| fits(**id, t, part)))
        .map(|(id, t)| rt(*id, t, true))
        .collect();
    plain(200, &json!({ "count": items.len(), "items": items, "pages": null }))
}

fn rt_ticket(office: &Office, id: &str) -> Response {
    let ledger = office.ledger();
    let id: u64 = id.parse().unwrap_or(0);
    let id = ledger.tickets.get(&id).and_then(|t| t.merged_into).unwrap_or(id);
    match ledger.tickets.get(&id) {
        Some(ticket) if ticket.hidden => plain(403, &json!({ "message": "Forbidden" })),
        Some(ticket) => plain(200, &rt(id, ticket, false)),
        None => plain(404, &json!({ "message": "Not Found" })),
    }
}

fn rt_entries(office: &Office, query: &str) -> Response {
    let mut numbers = query.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<u64>().ok());
    let (ticket, behind) = (numbers.next().unwrap(), numbers.next().unwrap());
    let ledger = office.ledger();
    let one = |e: &Entry| {
        let kind = if e.public { "Correspond" } else { "Comment" };
        json!({ "id": e.id.to_string(), "Type": kind, "Creator": { "id": e.by }, "Created": time(e.at) })
    };
    let listed = ledger.tickets[&ticket].entries.iter().filter(|e| e.id > behind).take(100);
    plain(200, &json!({ "items": listed.map(one).collect::<Vec<_>>(), "total": null }))
}

fn rt_words(office: &Office, id: &str) -> Response {
    let (ledger, id) = (office.ledger(), id.parse().unwrap_or(0));
    let entry = ledger.tickets.values().flat_map(|t| &t.entries).find(|e: &&Entry| e.id == id);
    let items: Vec<Value> =
        entry.iter().map(|e| json!({ "Content": e.text, "ContentType": "text/plain" })).collect();
    plain(200, &json!({ "items": items }))
}

pub fn create(ledger: &mut Ledger, now: i64, subject: &str, fields: BTreeMap<String, String>) -> u64 {
    ledger.last += 1;
    let id = ledger.last;
    let ticket = Ticket {
        subject: subject.into(),
        status: "new".into(),
        queue: "Webcare".into(),
        opened_at: now,
        changed_at: now,
        fields,
        ..Ticket::default()
    };
    ledger.tickets.insert(id, ticket);
    id
}

/// Lists the first words of a ticket among what is written on it.
pub fn begins(ledger: &mut Ledger, now: i64, ticket: u64, text: &str) {
    ledger.last += 1;
    let entry = Entry { id: ledger.last, by: "webcared".into(), text: text.into(), public: false, at: now };
    ledger.tickets.get_mut(&ticket).unwrap().first = Some(entry);
}

pub fn write(ledger: &mut Ledger, now: i64, ticket: u64, text: &str, public: bool) -> u64 {
    ledger.last += 1;
    let entry = Entry { id: ledger.last, by: "webcared".into(), text: text.into(), public, at: now };
    let ticket = ledger.tickets.get_mut(&ticket).unwrap();
    ticket.entries.push(entry);
    ticket.changed_at = now;
    ledger.last
}

async fn rt_create(office: &Office, body: &Value) -> Response {
    let now = office.now();
    moody(office, |ledger| {
        let mut fields = BTreeMap::new();
        if let (Some(key), false) = (body["CustomFields"]["CaseKey"].as_str(), ledger.drops_fields) {
            fields.insert("CaseKey".to_owned(), key.to_owned());
        }
        let id = create(ledger, now, body["Subject"].as_str().unwrap(), fields);
        plain(201, &json!({ "id": id.to_string(), "type": "ticket", "_url": "x" }))
    })
    .await
}

async fn rt_write(office: &Office, ticket: u64, public: bool, body: &Value) -> Response {
    let now = office.now();
    moody(office, |ledger| {
        if ledger.tickets.get(&ticket).is_none_or(|t| t.hidden) {
            return plain(403, &json!({ "message": "Forbidden" }));
        }
        let id = write(ledger, now, ticket, body["Content"].as_str().unwrap(), public);
        let mut done = plain(201, &json!(["Comments added"]));
        let address = format!("https://rt.example/REST/2.0/transaction/{id}");
        done.headers_mut().insert("location", address.parse().unwrap());
        done
    })
    .await
}
