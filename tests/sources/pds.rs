//! A personal data server of Bluesky with a ledger: log-ins, writes, what stands.
//!
//! It answers as the real one was seen to answer: a key in use, a deleted parent, back-dated posts,
//! cursors that are strictly before an instant. What goes wrong is switched on by a field, also after
//! a record was written, so that only the ledger knows whether it stands.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::bluesky::tid;

pub(crate) const OWN: &str = "did:plc:brand";
pub(crate) const PASSWORD: &str = "abcd-efgh-ijkl-mnop";
const POSTS: &str = "app.bsky.feed.post";

/// What becomes of a write's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is written, and the answer is 500.
    Written500,
    /// It is written, and the connection ends without an answer.
    WrittenDrop,
    /// It is written, and no answer ever comes.
    WrittenStall,
    /// It is written, and the answer ends in the middle.
    WrittenCut,
    /// It is written, and the answer is no JSON.
    WrittenJunk,
    /// Nothing is written: 429.
    Limited,
    /// Nothing is written: 500.
    Lost500,
}

/// A record that stands, or stood.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) cid: String,
    pub(crate) record: Value,
    pub(crate) indexed: Timestamp,
}

#[derive(Default)]
pub(crate) struct Ledger {
    /// What stands, by address.
    pub(crate) records: BTreeMap<String, Stored>,
    /// Every record that was ever really written by the account, in order: its address.
    pub(crate) written: Vec<String>,
    /// Every attempt at a write, also refused ones.
    pub(crate) attempts: usize,
    /// Calls by method.
    pub(crate) calls: HashMap<String, usize>,
    /// Identifiers with which somebody logged in, and whether that worked.
    pub(crate) log_ins: Vec<(String, bool)>,
    pub(crate) refreshes: usize,
    access: BTreeSet<String>,
    refresh: BTreeSet<String>,
    /// With this refusal every log-in by password is answered.
    pub(crate) refuse_log_in: Option<(u16, &'static str)>,
    /// What happens to writes under these keys, once each.
    pub(crate) faults: HashMap<String, Fault>,
    /// What happens to the next write, whatever its key.
    pub(crate) next_fault: Option<Fault>,
    /// Posts that notify the account, with the reason.
    pub(crate) notifying: Vec<(String, &'static str)>,
    /// Posts whose threads are limited.
    pub(crate) limited: BTreeSet<String>,
    /// Accounts that have blocked us.
    pub(crate) blocking: BTreeSet<String>,
    /// Posts whose threads the view cannot show: 500.
    pub(crate) broken: BTreeSet<String>,
    pub(crate) muted: Vec<String>,
    pub(crate) reports: Vec<Value>,
    /// What is left of the calls, told with every answer.
    pub(crate) remaining: Option<i64>,
    /// `reasons` and other parameters of each list of notifications.
    pub(crate) listed: Vec<Vec<(String, String)>>,
    count: usize,
}

impl Ledger {
    /// Takes every access token back.
    pub(crate) fn expire(&mut self) {
        self.access.clear();
    }

    /// Takes every refresh token back as well.
    pub(crate) fn forget(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    fn cid(&mut self) -> String {
        self.count += 1;
        format!("bafy{}", self.count)
    }

    /// Somebody writes a post; `claimed` is what they say when that was.
    pub(crate) fn post(&mut self, did: &str, at: Timestamp, claimed: Timestamp, mut record: Value) -> String {
        self.count += 1;
        let uri = format!("at://{did}/{POSTS}/{}", tid::of(at, self.count as u64));
        record["$type"] = json!(POSTS);
        record["createdAt"] = json!(claimed.rfc3339());
        let stored = Stored { cid: self.cid(), record, indexed: claimed.min(at) };
        self.records.insert(uri.clone(), stored);
        uri
    }

    /// Somebody mentions the account.
    pub(crate) fn mention(&mut self, at: Timestamp, claimed: Timestamp, text: &str) -> String {
        let uri = self.post("did:plc:anna", at, claimed, json!({ "text": text, "langs": ["en"] }));
        self.notifying.push((uri.clone(), "mention"));
        uri
    }

    /// Somebody answers `to` in the thread of `root`.
    pub(crate) fn reply(&mut self, did: &str, at: Timestamp, text: &str, root: &str, to: &str) -> String {
        let of = |l: &Self, uri: &str| json!({ "uri": uri, "cid": l.records[uri].cid });
        let reply = json!({ "root": of(self, root), "parent": of(self, to) });
        let uri = self.post(did, at, at, json!({ "text": text, "reply": reply }));
        if did != OWN {
            self.notifying.push((uri.clone(), "reply"));
        }
        uri
    }

    /// Somebody edits a post: the address stays.
    pub(crate) fn edit(&mut self, uri: &str, text: &str) {
        let cid = self.cid();
        let stored = self.records.get_mut(uri).unwrap();
        stored.cid = cid;
        stored.record["text"] = json!(text);
    }

    /// The posts of the account that stand.
    pub(crate) fn own_posts(&self) -> Vec<String> {
        let own = format!("at://{OWN}/{POSTS}/");
        self.records.keys().filter(|uri| uri.starts_with(&own)).cloned().collect()
    }

    fn view(&self, uri: &str) -> Option<Value> {
        let stored = self.records.get(uri)?;
        let did = uri.strip_prefix("at://")?.split('/').next()?;
        if self.blocking.contains(did) {
            return None;
        }
        let like = format!("at://{OWN}/app.bsky.feed.like/");
        let liked = self
            .records
            .iter()
            .find(|(u, r)| u.starts_with(&like) && r.record["subject"]["uri"] == uri)
            .map(|(u, _)| u);
        let mut viewer = json!({ "replyDisabled": self.limited.contains(uri) });
        if let Some(liked) = liked {
            viewer["like"] = json!(liked);
        }
        Some(json!({
            "uri": uri, "cid": stored.cid, "record": stored.record, "indexedAt": stored.indexed.rfc3339(),
            "author": { "did": did, "handle": format!("{}.example", did.rsplit(':').next().unwrap()) },
            "viewer": viewer,
        }))
    }
}

pub(crate) struct FakePds {
    pub(crate) url: String,
    ledger: Arc<Mutex<Ledger>>,
    task: JoinHandle<()>,
}

impl FakePds {
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

impl Drop for FakePds {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type House = (Arc<Mutex<Ledger>>, String);

fn refusal(code: u16, error: &str, message: &str) -> Response {
    let body = axum::Json(json!({ "error": error, "message": message }));
    (StatusCode::from_u16(code).unwrap(), body).into_response()
}

fn fine(ledger: &Ledger, body: &Value) -> Response {
    let mut answer = axum::Json(body.clone()).into_response();
    if let Some(left) = ledger.remaining {
        let headers = answer.headers_mut();
        headers.insert("ratelimit-limit", "3000".parse().unwrap());
        headers.insert("ratelimit-remaining", left.to_string().parse().unwrap());
        headers.insert("ratelimit-reset", "120".parse().unwrap());
    }
    answer
}

/// Whether a token is taken; else the answer.
fn admit(ledger: &Ledger, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let Some(told) = headers.get("authorization").and_then(|v| v.to_str().ok()) else {
        return Err(Box::new(refusal(401, "AuthMissing", "Authentication Required")));
    };
    let token = told.strip_prefix("Bearer ").unwrap_or_default();
    if ledger.access.contains(token) {
        return Ok(());
    }
    Err(Box::new(refusal(400, "ExpiredToken", "Token has expired")))
}

async fn query(
    State((ledger, _)): State<House>,
    Path(method): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mut l = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    *l.calls.entry(method.clone()).or_default() += 1;
    let raw = raw.unwrap_or_default();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
    let one = |key: &str| pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    if method == "com.atproto.repo.getRecord" {
        let uri =
            format!("at://{}/{}/{}", one("repo").unwrap(), one("collection").unwrap(), one("rkey").unwrap());
        return match l.records.get(&uri) {
            Some(s) => fine(&l, &json!({ "uri": uri, "cid": s.cid, "value": s.record })),
            None => refusal(400, "RecordNotFound", &format!("Could not locate record: {uri}")),
        };
    }
    if let Err(refused) = admit(&l, &headers) {
        return *refused;
    }
    match method.as_str() {
        "app.bsky.notification.listNotifications" => {
            l.listed.push(pairs.clone());
            let cursor = one("cursor").map(|c| Timestamp::parse(&c).unwrap());
            let limit: usize = one("limit").unwrap().parse().unwrap();
            let mut rows: Vec<(Timestamp, Value)> = Vec::new();
            for (uri, reason) in &l.notifying {
                let Some(mut view) = l.view(uri) else { continue };
                view["reason"] = json!(reason);
                view["isRead"] = json!(true);
                rows.push((l.records[uri].indexed, view));
            }
            rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            rows.retain(|(at, _)| cursor.is_none_or(|c| *at < c));
            rows.truncate(limit);
            let next = rows.last().map(|(at, _)| at.rfc3339());
            let mut body = json!({ "notifications": rows.into_iter().map(|r| r.1).collect::<Vec<_>>() });
            if let Some(next) = next {
                body["cursor"] = json!(next);
            }
            fine(&l, &body)
        }
        "app.bsky.feed.getPosts" => {
            let asked: Vec<&String> = pairs.iter().filter(|(k, _)| k == "uris").map(|(_, v)| v).collect();
            assert!(asked.len() <= 25);
            let posts: Vec<Value> = asked.iter().filter_map(|uri| l.view(uri)).collect();
            fine(&l, &json!({ "posts": posts }))
        }
        "app.bsky.feed.getPostThread" => {
            let uri = one("uri").unwrap();
            if l.broken.contains(&uri) {
                return refusal(500, "InternalServerError", "Internal Server Error");
            }
            match (l.records.contains_key(&uri), l.view(&uri)) {
                (false, _) => refusal(400, "NotFound", &format!("Post not found: {uri}")),
                (_, None) => {
                    fine(&l, &json!({ "thread": { "$type": "app.bsky.feed.defs#blockedPost", "uri": uri } }))
                }
                (_, Some(post)) => fine(
                    &l,
                    &json!({ "thread": { "$type": "app.bsky.feed.defs#threadViewPost", "post": post } }),
                ),
            }
        }
        "com.atproto.repo.listRecords" => {
            let own = format!("at://{}/{}/", one("repo").unwrap(), one("collection").unwrap());
            let below = one("cursor").map(|c| format!("{own}{c}"));
            let limit: usize = one("limit").unwrap().parse().unwrap();
            let rows: Vec<Value> = l
                .records
                .iter()
                .rev()
                .filter(|(uri, _)| uri.starts_with(&own) && below.as_ref().is_none_or(|b| *uri < b))
                .take(limit)
                .map(|(uri, s)| json!({ "uri": uri, "cid": s.cid, "value": s.record }))
                .collect();
            let cursor =
                rows.last().map(|r| r["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
            fine(&l, &json!({ "records": rows, "cursor": cursor }))
        }
        "app.bsky.feed.searchPosts" => {
            let word = one("q").unwrap().replace('"', "");
            let at = |key: &str| one(key).map(|t| Timestamp::parse(&t).unwrap());
            let (since, until) = (at("since").unwrap(), at("until").unwrap_or(Timestamp(i64::MAX)));
            let mut posts: Vec<Value> = l
                .records
                .iter()
                .filter(|(uri, s)| {
                    let text = s.record["text"].as_str().unwrap_or_default();
                    uri.contains(POSTS) && text.contains(&word) && s.indexed >= since && s.indexed < until
                })
                .filter_map(|(uri, _)| l.view(uri))
                .collect();
            posts.sort_by_key(|p| std::cmp::Reverse(p["indexedAt"].as_str().unwrap().to_owned()));
            fine(&l, &json!({ "posts": posts }))
        }
        "com.atproto.identity.resolveHandle" => match one("handle").unwrap().as_str() {
            "anna.example" => fine(&l, &json!({ "did": "did:plc:anna" })),
            "shop.example" => fine(&l, &json!({ "did": "did:web:shop.example" })),
            _ => refusal(400, "InvalidRequest", "Unable to resolve handle"),
        },
        "app.bsky.actor.getProfile" => {
            let (actor, blocks) = (one("actor").unwrap(), format!("at://{OWN}/app.bsky.graph.block/"));
            let blocking = l
                .records
                .iter()
                .find(|(u, r)| u.starts_with(&blocks) && r.record["subject"] == actor.as_str());
            fine(&l, &json!({ "did": actor, "viewer": { "blocking": blocking.map(|(u, _)| u) } }))
        }
        _ => refusal(501, "MethodNotImplemented", "Method Not Implemented"),
    }
}

async fn procedure(
    State((ledger, url)): State<House>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let stall = {
        let mut l = ledger.lock().unwrap_or_else(PoisonError::into_inner);
        *l.calls.entry(method.clone()).or_default() += 1;
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        match method.as_str() {
            "com.atproto.server.createSession" => return create_session(&mut l, &asked, &url),
            "com.atproto.server.refreshSession" => return refresh_session(&mut l, &headers, &url),
            _ => {}
        }
        if let Err(refused) = admit(&l, &headers) {
            return *refused;
        }
        match method.as_str() {
            "com.atproto.repo.putRecord" => match put_record(&mut l, &asked) {
                Ok(answer) => return answer,
                Err(()) => true,
            },
            "com.atproto.repo.deleteRecord" => {
                let text = |key: &str| asked[key].as_str().unwrap().to_owned();
                let uri = format!("at://{}/{}/{}", text("repo"), text("collection"), text("rkey"));
                l.records.remove(&uri);
                return fine(&l, &json!({}));
            }
            "app.bsky.graph.muteActor" => {
                l.muted.push(asked["actor"].as_str().unwrap().to_owned());
                return StatusCode::OK.into_response();
            }
            "app.bsky.graph.unmuteActor" => {
                l.muted.retain(|m| *m != asked["actor"]);
                return StatusCode::OK.into_response();
            }
            "com.atproto.moderation.createReport" => {
                l.reports.push(asked);
                return fine(&l, &json!({ "id": 1 }));
            }
            _ => return refusal(501, "MethodNotImplemented", "Method Not Implemented"),
        }
    };
    assert!(stall);
    std::future::pending().await
}

fn grant(l: &mut Ledger, url: &str) -> Response {
    l.count += 1;
    // As real ones are: they tell when they end.
    let token = |word: &str, hours: i64| {
        let ends = SystemClock::default().now().plus(Span::hours(hours)).millis() / 1000;
        let claims = URL_SAFE_NO_PAD.encode(json!({ "exp": ends }).to_string());
        format!("{word}-token-{}.{claims}.sig", l.count)
    };
    let (access, refresh) = (token("access", 2), token("refresh", 24 * 60));
    l.access.insert(access.clone());
    l.refresh.insert(refresh.clone());
    let service =
        json!([{ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": url }]);
    axum::Json(json!({
        "accessJwt": access, "refreshJwt": refresh, "did": OWN, "handle": "brand.example", "active": true,
        "didDoc": { "id": OWN, "service": service },
    }))
    .into_response()
}

fn create_session(l: &mut Ledger, asked: &Value, url: &str) -> Response {
    let right = asked["password"] == PASSWORD && l.refuse_log_in.is_none();
    l.log_ins.push((asked["identifier"].as_str().unwrap().to_owned(), right));
    if let Some((code, error)) = l.refuse_log_in {
        let mut answer = refusal(code, error, "no");
        answer.headers_mut().insert("ratelimit-reset", "200".parse().unwrap());
        return answer;
    }
    if !right {
        return refusal(401, "AuthenticationRequired", "Invalid identifier or password");
    }
    grant(l, url)
}

fn refresh_session(l: &mut Ledger, headers: &HeaderMap, url: &str) -> Response {
    let told = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let token = told.strip_prefix("Bearer ").unwrap_or_default().to_owned();
    if !l.refresh.contains(&token) {
        return refusal(400, "ExpiredToken", "Token has been revoked");
    }
    l.refreshes += 1;
    l.refresh.remove(&token);
    grant(l, url)
}

/// Writes a record as the real one does; `Err` means that no answer ever comes.
fn put_record(l: &mut Ledger, asked: &Value) -> Result<Response, ()> {
    let text = |key: &str| asked[key].as_str().unwrap().to_owned();
    let (key, uri) = (text("rkey"), format!("at://{}/{}/{}", text("repo"), text("collection"), text("rkey")));
    l.attempts += 1;
    assert_eq!(text("repo"), OWN);
    assert!(asked.as_object().unwrap().contains_key("swapRecord") && asked["swapRecord"].is_null());
    let fault = l.faults.remove(&key).or(l.next_fault.take());
    match fault {
        Some(Fault::Limited) => {
            let mut answer = refusal(429, "RateLimitExceeded", "Rate Limit Exceeded");
            answer.headers_mut().insert("ratelimit-reset", "90".parse().unwrap());
            return Ok(answer);
        }
        Some(Fault::Lost500) => return Ok(refusal(500, "InternalServerError", "Internal Server Error")),
        _ => {}
    }
    if tid::instant(&key).is_none() {
        return Ok(refusal(400, "InvalidRequest", "Invalid record key"));
    }
    let record = &asked["record"];
    if record["text"].as_str().is_some_and(|t| t.contains("forbidden")) {
        return Ok(refusal(400, "InvalidRequest", "Invalid app.bsky.feed.post record: forbidden"));
    }
    if let Some(there) = l.records.get(&uri) {
        if there.record == *record {
            return Ok(fine(l, &json!({ "uri": uri, "cid": there.cid, "validationStatus": "valid" })));
        }
        return Ok(refusal(400, "InvalidSwap", &format!("Record was at {}", there.cid)));
    }
    let now = webcared::clock::Clock::now(&webcared::clock::SystemClock::default());
    let claimed = Timestamp::parse(record["createdAt"].as_str().unwrap()).unwrap();
    let stored = Stored { cid: l.cid(), record: record.clone(), indexed: claimed.min(now) };
    let body = json!({ "uri": uri, "cid": stored.cid, "commit": { "cid": "c", "rev": tid::of(now, 1) },
        "validationStatus": "valid" });
    l.records.insert(uri.clone(), stored);
    l.written.push(uri);
    Ok(match fault {
        Some(Fault::Written500) => refusal(500, "InternalServerError", "Internal Server Error"),
        // Ends the connection's task without a word.
        Some(Fault::WrittenDrop) => std::panic::resume_unwind(Box::new(())),
        Some(Fault::WrittenStall) => return Err(()),
        Some(Fault::WrittenCut) => {
            let piece = body.to_string()[..20].to_owned();
            Response::builder().header("content-length", "400").body(Body::from(piece)).unwrap()
        }
        Some(Fault::WrittenJunk) => "<html>all is well</html>".into_response(),
        _ => fine(l, &body),
    })
}
