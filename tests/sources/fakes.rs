//! Servers that stand in for the real ones and keep their own ledger of what they showed.
//!
//! A test compares the ledger with what reached the store, so that neither side's idea of what
//! should have happened is taken on trust. Each fake listens on a port of its own and stops when it
//! is dropped; misbehaviour is switched on by a field.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response as Shake};
use tokio_tungstenite::tungstenite::{Bytes, Message};
use webcared::domain::time::Timestamp;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a fake Mastodon server behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// As described.
    #[default]
    Fine,
    /// Answers with a status and headers.
    Refuses(u16, Vec<(&'static str, String)>),
    /// Takes the request and never answers.
    Hangs,
    /// Answers something that is no list of posts.
    Babbles,
}

#[derive(Default)]
pub struct MastodonLedger {
    /// Statuses by id, oldest first.
    statuses: Vec<(u64, Value)>,
    /// The `uri` of every status ever shown.
    pub shown: BTreeSet<String>,
    /// How many requests came.
    pub requests: usize,
    /// How it behaves.
    pub mood: Mood,
    /// Statuses to be posted one by one, each just before a request is answered.
    pub between: Vec<u64>,
    /// Whether it shows strangers no single status.
    pub hides: bool,
    /// Whether it says where its pages lead, as the real ones do.
    pub leads: bool,
}

/// A Mastodon server with one tag timeline.
pub struct FakeMastodon {
    /// Its address.
    pub url: String,
    ledger: Arc<Mutex<MastodonLedger>>,
    task: JoinHandle<()>,
}

impl FakeMastodon {
    pub async fn start() -> Self {
        let ledger: Arc<Mutex<MastodonLedger>> = Arc::default();
        let app = axum::Router::new()
            .route("/api/v1/timelines/tag/{tag}", axum::routing::get(timeline))
            .route("/api/v1/statuses/{id}", axum::routing::get(status))
            .with_state(ledger.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, ledger, task }
    }

    pub fn ledger(&self) -> MutexGuard<'_, MastodonLedger> {
        lock(&self.ledger)
    }

    /// Posts statuses with these ids; a lower id than the newest is one that arrives late.
    pub fn post(&self, ids: impl IntoIterator<Item = u64>) {
        let mut ledger = self.ledger();
        ids.into_iter().for_each(|id| ledger.post(id));
    }
}

impl Drop for FakeMastodon {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn uri(id: u64) -> String {
    format!("https://remote.example/users/jan/statuses/{id}")
}

impl MastodonLedger {
    /// Its author deletes a status.
    pub fn delete(&mut self, id: u64) {
        self.statuses.retain(|(known, _)| *known != id);
    }

    /// Its author edits one.
    pub fn edit(&mut self, id: u64, text: &str) {
        let (_, status) = self.statuses.iter_mut().find(|(known, _)| *known == id).unwrap();
        status["content"] = json!(text);
        status["edited_at"] = json!("2026-11-24T09:40:00.000Z");
    }

    fn post(&mut self, id: u64) {
        let status = json!({
            "id": id.to_string(), "created_at": "2026-11-24T09:30:00.000Z", "uri": uri(id), "url": uri(id),
            "visibility": "public", "language": "nl", "spoiler_text": "", "in_reply_to_id": null,
            "content": format!("<p>pakket {id} kwijt <a href=\"https://x/tags/acme\">#<span>acme</span></a></p>"),
            "account": {"id": "1", "acct": "jan@remote.example", "display_name": "Jan", "url": "https://remote.example/@jan"},
            "mentions": [],
        });
        self.statuses.push((id, status));
        self.statuses.sort_by_key(|(id, _)| *id);
    }
}

async fn status(State(ledger): State<Arc<Mutex<MastodonLedger>>>, Path(id): Path<u64>) -> Response {
    let mut ledger = lock(&ledger);
    ledger.requests += 1;
    match ledger.statuses.iter().find(|(known, _)| *known == id).filter(|_| !ledger.hides) {
        Some((_, status)) => axum::Json(status.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({"error": "Record not found"}))).into_response(),
    }
}

async fn timeline(
    State(ledger): State<Arc<Mutex<MastodonLedger>>>,
    Path(_tag): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mood = {
        let mut ledger = lock(&ledger);
        ledger.requests += 1;
        ledger.mood.clone()
    };
    match mood {
        Mood::Fine => {}
        Mood::Hangs => std::future::pending().await,
        Mood::Babbles => return "<html>maintenance</html>".into_response(),
        Mood::Refuses(code, pairs) => {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(name, value.parse().unwrap());
            }
            let body = axum::Json(json!({"error": "no"}));
            return (StatusCode::from_u16(code).unwrap(), headers, body).into_response();
        }
    }
    let mut ledger = lock(&ledger);
    if let Some(id) = ledger.between.pop() {
        ledger.post(id);
    }
    let limit = query.get("limit").and_then(|l| l.parse().ok()).unwrap_or(20_usize).min(40);
    let above =
        |min: u64| ledger.statuses.iter().position(|(id, _)| *id > min).unwrap_or(ledger.statuses.len());
    let (from, to) = if let Some(min) = query.get("min_id").and_then(|id| id.parse::<u64>().ok()) {
        (above(min), (above(min) + limit).min(ledger.statuses.len()))
    } else {
        let max = query.get("max_id").and_then(|id| id.parse::<u64>().ok());
        let to = max.map_or(ledger.statuses.len(), |max| above(max - 1));
        (to.saturating_sub(limit), to)
    };
    // Newest first, as the real ones answer.
    let page: Vec<(u64, Value)> = ledger.statuses[from..to].iter().rev().cloned().collect();
    ledger.shown.extend(page.iter().map(|(id, _)| uri(*id)));
    let page: Vec<Value> = page.into_iter().map(|(_, status)| status).collect();
    let link = leads(&page).filter(|_| ledger.leads);
    let mut response = axum::Json(page).into_response();
    if let Some(link) = link {
        response.headers_mut().insert("link", link.parse().unwrap());
    }
    response
}

/// Where a page leads whose rows come newest first, as Mastodon says it.
pub fn leads(page: &[Value]) -> Option<String> {
    let (newest, oldest) = (page.first()?["id"].as_str()?, page.last()?["id"].as_str()?);
    let to = |key: &str, id: &str| format!("<https://inst.example/api/v1/list?{key}={id}>");
    Some(format!("{}; rel=\"next\", {}; rel=\"prev\"", to("max_id", oldest), to("min_id", newest)))
}

/// One frame of the fake stream, before it is written in a version's form.
#[derive(Clone, Debug)]
pub struct Happened {
    pub micros: i64,
    pub seq: i64,
    pub operation: &'static str,
    pub rkey: String,
    pub text: String,
}

#[derive(Default)]
pub struct JetstreamLedger {
    events: Vec<Happened>,
    /// Every new post ever sent, by identity, with its text.
    pub shown: HashMap<String, String>,
    /// The `cursor` of every connection, as it was asked.
    pub asked: Vec<Option<i64>>,
    /// Cut the connection after this many frames.
    pub cut_after: Option<usize>,
    /// End the next connection with this error after its first frame.
    pub fail_with: Option<&'static str>,
    /// What is older than this place is gone.
    pub kept_from: usize,
    /// Refuse every connection with this status.
    pub refuse: Option<u16>,
    /// What posts answer: the address, by key.
    pub answers: HashMap<String, String>,
}

/// A Jetstream server of version 1 or 2.
pub struct FakeJetstream {
    /// Its address, without path.
    pub url: String,
    ledger: Arc<Mutex<JetstreamLedger>>,
    news: Arc<Notify>,
    task: JoinHandle<()>,
    first_seq: i64,
}

impl FakeJetstream {
    /// `first_seq` is where its own numbers begin, different on every server.
    pub async fn start(version: u8, first_seq: i64) -> Self {
        let ledger: Arc<Mutex<JetstreamLedger>> = Arc::default();
        let news: Arc<Notify> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (kept, bell) = (ledger.clone(), news.clone());
        let task = tokio::spawn(async move {
            let mut served = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                served.spawn(serve(version, tcp, kept.clone(), bell.clone()));
            }
        });
        Self { url, ledger, news, task, first_seq }
    }

    pub fn ledger(&self) -> MutexGuard<'_, JetstreamLedger> {
        lock(&self.ledger)
    }

    /// Lets something happen at an instant; a key may name who does it, such as `k1@olga`, else it is anna.
    pub fn happen(&self, at: Timestamp, operation: &'static str, rkey: &str, text: &str) {
        let mut ledger = self.ledger();
        let n = ledger.events.len() as i64;
        ledger.events.push(Happened {
            micros: at.millis() * 1000 + n % 1000,
            seq: self.first_seq + n,
            operation,
            rkey: rkey.to_owned(),
            text: text.to_owned(),
        });
        drop(ledger);
        self.news.notify_waiters();
    }
}

impl Drop for FakeJetstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn at_uri(rkey: &str) -> String {
    format!("at://did:plc:anna/app.bsky.feed.post/{rkey}")
}

/// Word of an account: `account` with its state, empty for one that is there, or `identity` with its handle.
fn word(version: u8, e: &Happened) -> String {
    let told = match (e.operation, e.text.as_str()) {
        ("account", "") => json!({"active": true}),
        ("account", state) => json!({"active": false, "status": state}),
        (_, handle) => json!({"handle": handle}),
    };
    if version == 2 {
        let mut payload = told;
        payload["$type"] = json!(format!("network.bsky.jetstream.subscribeEvents#{}", e.operation));
        payload["seq"] = json!(e.seq);
        payload["did"] = json!("did:plc:anna");
        payload["time"] = json!(Timestamp(e.micros / 1000).rfc3339());
        return json!({"$type": "message", "payload": payload}).to_string();
    }
    let mut frame = json!({"did": "did:plc:anna", "time_us": e.micros, "kind": e.operation});
    frame[e.operation] = told;
    frame.to_string()
}

fn commit(version: u8, e: &Happened, answers: Option<&String>) -> String {
    if matches!(e.operation, "account" | "identity") {
        return word(version, e);
    }
    let (rkey, who) = e.rkey.split_once('@').unwrap_or((e.rkey.as_str(), "anna"));
    let did = format!("did:plc:{who}");
    let mut commit =
        json!({"rev": "r", "operation": e.operation, "collection": "app.bsky.feed.post", "rkey": rkey});
    if e.operation != "delete" {
        commit["cid"] = json!("bafy");
        commit["record"] = json!({"$type": "app.bsky.feed.post", "text": e.text, "langs": ["en"]});
        if let Some(uri) = answers {
            commit["record"]["reply"] =
                json!({"root": {"uri": uri, "cid": "c"}, "parent": {"uri": uri, "cid": "c"}});
        }
    }
    if version == 2 {
        commit["$type"] = json!("network.bsky.jetstream.subscribeEvents#commit");
        commit["seq"] = json!(e.seq);
        commit["did"] = json!(did);
        commit["time"] =
            json!(Timestamp(e.micros / 1000).rfc3339().replace('Z', &format!("{:03}Z", e.micros % 1000)));
        return json!({"$type": "message", "payload": commit}).to_string();
    }
    json!({"did": did, "time_us": e.micros, "kind": "commit", "commit": commit}).to_string()
}

/// Where to begin, or why not: the place, whether a note goes first.
fn begin(version: u8, ledger: &JetstreamLedger, cursor: Option<i64>) -> Result<(usize, bool), ()> {
    let end = ledger.events.len();
    let by_time = |us: i64| ledger.events.iter().position(|e| e.micros >= us).unwrap_or(end);
    match cursor {
        None => Ok((end, false)),
        Some(seq) if version == 2 && seq < 1_000_000_000_000_000 => {
            let place = ledger.events.iter().position(|e| e.seq >= seq).unwrap_or(end);
            if place < ledger.kept_from { Err(()) } else { Ok((place, false)) }
        }
        Some(us) => Ok((by_time(us).max(ledger.kept_from), version == 2 && by_time(us) < ledger.kept_from)),
    }
}

fn refusal(code: u16, body: &str) -> ErrorResponse {
    let mut answer = ErrorResponse::new(Some(body.to_owned()));
    *answer.status_mut() = StatusCode::from_u16(code).unwrap();
    answer
}

#[expect(clippy::result_large_err, reason = "the library's own callback type")]
async fn serve(
    version: u8,
    tcp: tokio::net::TcpStream,
    ledger: Arc<Mutex<JetstreamLedger>>,
    news: Arc<Notify>,
) {
    let mut started = None;
    let shake = |request: &Request, answer: Shake| -> Result<Shake, ErrorResponse> {
        let path = if version == 2 { "/xrpc/network.bsky.jetstream.subscribeEvents" } else { "/subscribe" };
        let query = request.uri().query().unwrap_or_default();
        let wants = if version == 2 {
            "collections=app.bsky.feed.post"
        } else {
            "wantedCollections=app.bsky.feed.post"
        };
        if request.uri().path() != path || !query.contains(wants) {
            return Err(refusal(400, "{\"error\":\"InvalidRequest\"}"));
        }
        let cursor =
            query.split('&').find_map(|p| p.strip_prefix("cursor=")).map(|c| c.parse::<i64>().unwrap());
        let mut ledger = lock(&ledger);
        ledger.asked.push(cursor);
        if let Some(code) = ledger.refuse {
            return Err(refusal(code, "{}"));
        }
        started =
            Some(begin(version, &ledger, cursor).map_err(|()| refusal(400, "{\"error\":\"CursorTooOld\"}"))?);
        Ok(answer)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(tcp, shake).await else { return };
    let (mut place, note) = started.unwrap();
    let mut out: Vec<String> = Vec::new();
    if note {
        out.push(
            json!({"$type": "message", "payload": {"$type": "network.bsky.jetstream.subscribeEvents#info",
            "name": "OutdatedCursor", "message": "m"}})
            .to_string(),
        );
    }
    out.push("this is no frame".to_owned());
    let mut sent = 0;
    loop {
        let heard = news.notified();
        tokio::pin!(heard);
        heard.as_mut().enable();
        let mut cut = None;
        {
            let mut ledger = lock(&ledger);
            while place < ledger.events.len() && cut.is_none() {
                let event = ledger.events[place].clone();
                if ledger.cut_after.is_some_and(|n| sent >= n) {
                    cut = Some(None);
                } else {
                    if event.operation == "create" {
                        ledger.shown.insert(at_uri(&event.rkey), event.text.clone());
                    }
                    out.push(commit(version, &event, ledger.answers.get(&event.rkey)));
                    (place, sent) = (place + 1, sent + 1);
                    if let Some(error) = ledger.fail_with.take() {
                        cut = Some(Some(json!({"$type": "error", "error": error}).to_string()));
                    }
                }
            }
        }
        out.extend(cut.iter().flatten().cloned());
        for text in out.drain(..) {
            if socket.send(Message::text(text)).await.is_err() {
                return;
            }
        }
        if cut.is_some() {
            // Most breaks are rude: no close frame.
            let _ = socket.flush().await;
            return;
        }
        tokio::select! {
            () = heard => {}
            message = socket.next() => match message {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => { let _ = socket.send(Message::Pong(Bytes::new())).await; }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => panic!("the client sends no data"),
            },
        }
    }
}
