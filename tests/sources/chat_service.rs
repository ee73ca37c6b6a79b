//! An account's server with the chat service behind it, and a ledger of what was really said there.
//!
//! Written after the published lexicons (`chat.bsky.convo`): availability with its refusals, one
//! conversation for each two, a log with a cursor, no key by which a message would be known again.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::Timestamp;

pub(crate) const OWN: &str = "did:plc:brand";
pub(crate) const ANNA: &str = "did:plc:anna";

/// What becomes of the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It stands there, and the answer is 500.
    Said500,
    /// It stands there, and the connection ends.
    SaidDrop,
    /// It does not, and the answer is 500.
    Lost500,
    /// It does not: 429.
    Limited,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) convo: String,
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) text: String,
    /// The post that it shares.
    pub(crate) shares: Option<String>,
    pub(crate) at: Timestamp,
}

#[derive(Default)]
pub(crate) struct Ledger {
    /// Everything that was said, in order.
    pub(crate) said: Vec<Message>,
    /// Conversations by the other one's DID.
    pub(crate) convos: BTreeMap<String, String>,
    /// Who cannot be written to: the refusal, or none for `canChat: false`.
    pub(crate) closed: HashMap<String, Option<&'static str>>,
    pub(crate) mishap: Option<Mishap>,
    /// Whether the app password may use direct messages.
    pub(crate) no_scope: bool,
    /// Calls by method, and how many of chat came without the header that hands them on.
    pub(crate) calls: HashMap<String, usize>,
    pub(crate) not_handed_on: usize,
    /// The log's cursors before this are no longer known: it begins here.
    pub(crate) forgotten: usize,
    /// Conversations that are not there any more.
    pub(crate) left: Vec<String>,
}

impl Ledger {
    pub(crate) fn convo(&mut self, did: &str) -> String {
        let n = self.convos.len();
        self.convos.entry(did.to_owned()).or_insert_with(|| format!("3kconvo{n}")).clone()
    }

    pub(crate) fn say(&mut self, from: &str, with: &str, text: &str, at: Timestamp) -> String {
        let convo = self.convo(with);
        let id = format!("3kmsg{}", self.said.len());
        let (from, text) = (from.to_owned(), text.to_owned());
        self.said.push(Message { convo: convo.clone(), id: id.clone(), from, text, shares: None, at });
        format!("chat:{convo}/{id}")
    }

    fn shown(&self, convo: &str) -> Value {
        let other = self.convos.iter().find(|(_, c)| *c == convo).map(|(did, _)| did.clone()).unwrap();
        let handle = format!("{}.example", other.rsplit(':').next().unwrap());
        let last = self.said.iter().rev().find(|m| m.convo == convo).map(view);
        json!({ "id": convo, "rev": "r", "muted": false, "status": "request", "unreadCount": 1, "lastMessage": last,
            "members": [{ "did": OWN, "handle": "brand.example" }, { "did": other, "handle": handle }] })
    }
}

fn view(m: &Message) -> Value {
    let mut view = json!({ "$type": "chat.bsky.convo.defs#messageView", "id": m.id, "rev": m.id, "text": m.text,
        "sender": { "did": m.from }, "sentAt": m.at.rfc3339() });
    if let Some(uri) = &m.shares {
        view["embed"] = json!({ "$type": "app.bsky.embed.record#view",
            "record": { "$type": "app.bsky.embed.record#viewRecord", "uri": uri, "cid": "c" } });
    }
    view
}

pub(crate) struct FakeChat {
    pub(crate) url: String,
    ledger: Arc<Mutex<Ledger>>,
    task: JoinHandle<()>,
}

impl FakeChat {
    pub(crate) async fn start() -> Self {
        let ledger: Arc<Mutex<Ledger>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new()
            .route("/xrpc/{method}", axum::routing::get(query).post(procedure))
            .with_state((ledger.clone(), url.clone()));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, ledger, task }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FakeChat {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type House = (Arc<Mutex<Ledger>>, String);

fn refusal(code: u16, error: &str, message: &str) -> Response {
    let body = axum::Json(json!({ "error": error, "message": message }));
    (StatusCode::from_u16(code).unwrap(), body).into_response()
}

fn fine(body: &Value) -> Response {
    axum::Json(body.clone()).into_response()
}

/// Counts a call; tells whether a chat call is taken.
fn admit(l: &mut Ledger, method: &str, headers: &HeaderMap) -> Option<Response> {
    *l.calls.entry(method.to_owned()).or_default() += 1;
    if !method.starts_with("chat.bsky.") {
        return None;
    }
    let to = headers.get("atproto-proxy").and_then(|v| v.to_str().ok());
    l.not_handed_on += usize::from(to != Some("did:web:api.bsky.chat#bsky_chat"));
    l.no_scope.then(|| refusal(400, "InvalidToken", "Bad token method"))
}

async fn query(
    State((ledger, _)): State<House>,
    Path(method): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mut l = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(refused) = admit(&mut l, &method, &headers) {
        return refused;
    }
    let raw = raw.unwrap_or_default();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
    let one = |key: &str| pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    match method.as_str() {
        "chat.bsky.convo.getConvoAvailability" => match l.closed.get(&one("members").unwrap()) {
            Some(Some(error)) => refusal(400, error, "no"),
            Some(None) => fine(&json!({ "canChat": false })),
            None => fine(&json!({ "canChat": true })),
        },
        "chat.bsky.convo.getConvoForMembers" => {
            let member = one("members").unwrap();
            if let Some(error) = l.closed.get(&member) {
                return refusal(400, error.unwrap_or("NotFollowedBySender"), "no");
            }
            let convo = l.convo(&member);
            fine(&json!({ "convo": l.shown(&convo) }))
        }
        "chat.bsky.convo.getConvo" | "chat.bsky.convo.getMessages"
            if one("convoId").is_some_and(|c| l.left.contains(&c)) =>
        {
            refusal(400, "InvalidConvo", "Could not locate convo")
        }
        "chat.bsky.convo.getConvo" => fine(&json!({ "convo": l.shown(&one("convoId").unwrap()) })),
        "chat.bsky.convo.listConvos" => {
            let last = |convo: &String| l.said.iter().rposition(|m| m.convo == *convo);
            let mut convos: Vec<&String> = l.convos.values().collect();
            convos.sort_by_key(|convo| std::cmp::Reverse(last(convo)));
            fine(&paged("convos", convos.into_iter().map(|c| l.shown(c)).collect(), &one))
        }
        "chat.bsky.convo.getMessages" => {
            let convo = one("convoId").unwrap();
            let messages = l.said.iter().rev().filter(|m| m.convo == convo).map(view).collect();
            fine(&paged("messages", messages, &one))
        }
        "chat.bsky.convo.getLog" => {
            let Some(cursor) = one("cursor") else {
                return fine(&json!({ "cursor": l.said.len().to_string(), "logs": [] }));
            };
            let from: usize = cursor.parse::<usize>().unwrap().max(l.forgotten);
            let page: Vec<&Message> = l.said.iter().skip(from).take(2).collect();
            let next = from + page.len();
            let mut logs: Vec<Value> =
                vec![json!({ "$type": "chat.bsky.convo.defs#logSomethingNew", "rev": "r" })];
            logs.extend(page.iter().map(|m| {
                json!({ "$type": "chat.bsky.convo.defs#logCreateMessage", "rev": m.id, "convoId": m.convo,
                    "message": view(m) })
            }));
            if page.is_empty() {
                logs.clear();
            }
            fine(&json!({ "cursor": next.to_string(), "logs": logs }))
        }
        _ => refusal(501, "MethodNotImplemented", "Method Not Implemented"),
    }
}

/// A page of a list, with where the next begins.
fn paged(name: &str, all: Vec<Value>, one: &impl Fn(&str) -> Option<String>) -> Value {
    let number = |key: &str| one(key).and_then(|n| n.parse::<usize>().ok());
    let (from, limit) = (number("cursor").unwrap_or(0), number("limit").unwrap_or(50));
    let next = (all.len() > from + limit).then(|| (from + limit).to_string());
    let page: Vec<Value> = all.into_iter().skip(from).take(limit).collect();
    let mut body = json!({ name: page });
    if let Some(next) = next {
        body["cursor"] = next.into();
    }
    body
}

async fn procedure(
    State((ledger, url)): State<House>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut l = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(refused) = admit(&mut l, &method, &headers) {
        return refused;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    match method.as_str() {
        "com.atproto.server.createSession" | "com.atproto.server.refreshSession" => {
            let service = json!([{ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": url }]);
            fine(&json!({ "accessJwt": "a", "refreshJwt": "r", "did": OWN, "handle": "brand.example",
                "active": true, "didDoc": { "id": OWN, "service": service } }))
        }
        "chat.bsky.convo.sendMessage" => {
            let mishap = l.mishap.take();
            match mishap {
                Some(Mishap::Lost500) => return refusal(500, "InternalServerError", "Internal Server Error"),
                Some(Mishap::Limited) => return refusal(429, "RateLimitExceeded", "Rate Limit Exceeded"),
                _ => {}
            }
            let convo = asked["convoId"].as_str().unwrap();
            let Some(other) = l.convos.iter().find(|(_, c)| *c == convo).map(|(did, _)| did.clone()) else {
                return refusal(400, "InvalidConvo", "Could not locate convo");
            };
            l.say(OWN, &other, asked["message"]["text"].as_str().unwrap(), SystemClock::default().now());
            match mishap {
                Some(Mishap::Said500) => refusal(500, "InternalServerError", "Internal Server Error"),
                Some(Mishap::SaidDrop) => {
                    drop(l);
                    std::panic::resume_unwind(Box::new(()))
                }
                _ => fine(&view(l.said.last().unwrap())),
            }
        }
        _ => refusal(501, "MethodNotImplemented", "Method Not Implemented"),
    }
}
