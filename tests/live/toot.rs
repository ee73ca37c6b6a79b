//! A server that speaks as much of Mastodon's API as an account needs, with moods: it posts and then
//! fails in every way there is, and its ledger says what really stands there.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to the next answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Fine,
    /// Posts, then says 500.
    PostsThen500,
    /// Posts, then the connection is cut in the middle of the answer.
    PostsThenCut,
    /// Posts, then answers with a page that is no status.
    PostsThenJunk,
    /// Posts, then answers after the client gave up.
    PostsThenStalls,
    /// Says 500 and does not post.
    Only500,
    /// Says 429 and does not post.
    Limited,
    /// Says 503 and does not post.
    Away,
}

impl Mood {
    pub const ALL: [Self; 8] = [
        Self::Fine,
        Self::PostsThen500,
        Self::PostsThenCut,
        Self::PostsThenJunk,
        Self::PostsThenStalls,
        Self::Only500,
        Self::Limited,
        Self::Away,
    ];
}

#[derive(Default)]
struct Server {
    statuses: Vec<Value>,
    keys: HashMap<String, usize>,
    moods: Vec<Mood>,
    posts_asked: usize,
}

/// The server, running until it is dropped.
#[derive(Clone)]
pub struct Toot {
    pub url: String,
    /// The brand's account: its name, and the server at which people find it.
    brand: (String, String),
    server: Arc<Mutex<Server>>,
}

const BRAND: &str = "1";

fn account(id: &str, name: &str, base: &str) -> Value {
    json!({ "id": id, "username": name, "acct": name, "display_name": name, "url": format!("{base}/@{name}"),
        "uri": format!("{base}/users/{name}"), "followers_count": 3, "bot": false, "locked": false })
}

impl Toot {
    pub async fn start() -> Self {
        Self::of("acme", None).await
    }

    /// The same for another brand, whose account people find at another address.
    pub async fn of(name: &str, found_at: Option<&str>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let brand = (name.to_owned(), found_at.map_or_else(|| url.clone(), ToOwned::to_owned));
        let toot = Self { url, brand, server: Arc::default() };
        let router = Router::new()
            .route("/api/v1/accounts/verify_credentials", get(verify))
            .route("/api/v2/instance", get(instance))
            .route("/api/v1/notifications", get(notifications))
            .route("/api/v1/accounts/{id}/statuses", get(own))
            .route("/api/v1/statuses/{id}", get(one))
            .route("/api/v1/statuses/{id}/context", get(context))
            .route("/api/v1/statuses", post(publish))
            .with_state(toot.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        toot
    }

    fn add(&self, who: (&str, &str), text: &str, (parent, visibility): (Option<&str>, &str)) -> usize {
        let mut server = self.server.lock().unwrap();
        let id = (100_000 + server.statuses.len()).to_string();
        let mentions: Vec<Value> = text
            .split_whitespace()
            .filter_map(|w| w.strip_prefix('@'))
            .map(|w| json!({ "id": BRAND, "username": w, "acct": w, "url": format!("{}/@{w}", self.url) }))
            .collect();
        let status = json!({
            "id": id, "created_at": crate::sender::now().rfc3339(), "edited_at": null, "visibility": visibility,
            "uri": format!("{}/users/{}/statuses/{id}", self.url, who.1), "url": format!("{}/@{}/{id}", self.url, who.1),
            "content": format!("<p>{text}</p>"), "spoiler_text": "", "language": "en", "sensitive": false,
            "in_reply_to_id": parent, "in_reply_to_account_id": null, "reblog": null, "media_attachments": [],
            "account": account(who.0, who.1, &self.url), "mentions": mentions, "tags": [], "emojis": [],
        });
        server.statuses.push(status);
        server.statuses.len() - 1
    }

    /// A customer posts; the id of the post.
    pub fn customer_posts(&self, name: &str, text: &str) -> String {
        let at = self.add((&format!("9{name}"), name), text, (None, "public"));
        self.server.lock().unwrap().statuses[at]["uri"].as_str().unwrap().to_owned()
    }

    /// A customer writes what only the people named in it can read.
    pub fn customer_writes_in_private(&self, name: &str, text: &str) {
        self.add((&format!("9{name}"), name), text, (None, "direct"));
    }

    /// A customer answers a post; both are named by their ids.
    pub fn customer_replies(&self, name: &str, text: &str, to: &str) -> String {
        let parent = to.rsplit('/').next();
        let at = self.add((&format!("9{name}"), name), text, (parent, "public"));
        self.server.lock().unwrap().statuses[at]["uri"].as_str().unwrap().to_owned()
    }

    /// The moods of the next attempts to post, in turn; then it is fine again.
    pub fn moods(&self, moods: &[Mood]) {
        let mut server = self.server.lock().unwrap();
        server.moods = moods.iter().rev().copied().collect();
    }

    /// How many attempts to post there were.
    pub fn attempts(&self) -> usize {
        self.server.lock().unwrap().posts_asked
    }

    /// What the brand's account has posted, as plain words.
    pub fn answers(&self) -> Vec<String> {
        let server = self.server.lock().unwrap();
        let own = server.statuses.iter().filter(|s| s["account"]["id"] == BRAND);
        own.map(|s| s["content"].as_str().unwrap().replace("<p>", "").replace("</p>", "")).collect()
    }
}

async fn verify(State(toot): State<Toot>) -> Json<Value> {
    Json(account(BRAND, &toot.brand.0, &toot.brand.1))
}

async fn instance() -> Json<Value> {
    Json(json!({ "version": "4.4.0", "configuration": {
        "statuses": { "max_characters": 500, "characters_reserved_per_url": 23 }, "urls": {} } }))
}

fn newer(id: &Value, than: Option<&String>) -> bool {
    than.is_none_or(|t| (id.as_str().unwrap_or("").len(), id.as_str().unwrap_or("")) > (t.len(), t.as_str()))
}

/// Pages forward from `min_id`, newest first within the page.
fn page(mut rows: Vec<Value>, query: &HashMap<String, String>) -> Json<Value> {
    let limit = query.get("limit").and_then(|l| l.parse().ok()).unwrap_or(40);
    rows.retain(|r| newer(&r["id"], query.get("min_id").or_else(|| query.get("since_id"))));
    if query.contains_key("min_id") {
        rows.truncate(limit);
        rows.reverse();
    } else {
        rows.reverse();
        rows.truncate(limit);
    }
    Json(Value::Array(rows))
}

async fn notifications(
    State(toot): State<Toot>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let server = toot.server.lock().unwrap();
    let to_us = |s: &&Value| {
        s["account"]["id"] != BRAND
            && s["mentions"].as_array().unwrap().iter().any(|m| m["acct"] == toot.brand.0.as_str())
    };
    let rows = server.statuses.iter().filter(to_us).map(|s| {
        json!({ "id": s["id"], "type": "mention", "created_at": s["created_at"], "account": s["account"],
            "status": s })
    });
    page(rows.collect(), &query)
}

async fn own(State(toot): State<Toot>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let server = toot.server.lock().unwrap();
    page(server.statuses.iter().filter(|s| s["account"]["id"] == BRAND).cloned().collect(), &query)
}

fn find(server: &Server, id: &str) -> Option<Value> {
    server.statuses.iter().find(|s| s["id"] == id).cloned()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "error": "Record not found" }))).into_response()
}

async fn one(State(toot): State<Toot>, Path(id): Path<String>) -> Response {
    find(&toot.server.lock().unwrap(), &id).map_or_else(not_found, |s| Json(s).into_response())
}

async fn context(State(toot): State<Toot>, Path(id): Path<String>) -> Response {
    let server = toot.server.lock().unwrap();
    let Some(status) = find(&server, &id) else { return not_found() };
    let mut ancestors = Vec::new();
    let mut above = status["in_reply_to_id"].as_str().map(ToOwned::to_owned);
    while let Some(parent) = above.and_then(|p| find(&server, &p)) {
        above = parent["in_reply_to_id"].as_str().map(ToOwned::to_owned);
        ancestors.insert(0, parent);
    }
    let below: Vec<&Value> = server.statuses.iter().filter(|s| s["in_reply_to_id"] == id.as_str()).collect();
    Json(json!({ "ancestors": ancestors, "descendants": below })).into_response()
}

async fn publish(State(toot): State<Toot>, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_else(|_| {
        let pairs = url::form_urlencoded::parse(&body).into_owned();
        Value::Object(pairs.map(|(k, v)| (k, v.into())).collect())
    });
    let key = headers.get("idempotency-key").and_then(|k| k.to_str().ok()).unwrap_or_default().to_owned();
    let (mood, known) = {
        let mut server = toot.server.lock().unwrap();
        server.posts_asked += 1;
        (server.moods.pop().unwrap_or(Mood::Fine), server.keys.get(&key).copied())
    };
    match mood {
        Mood::Only500 => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mood::Away => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Limited => {
            let reset = crate::sender::now().plus(webcared::domain::time::Span::seconds(2)).rfc3339();
            let body = Json(json!({ "error": "Too many requests" }));
            return (StatusCode::TOO_MANY_REQUESTS, [("x-ratelimit-reset", reset)], body).into_response();
        }
        _ => {}
    }
    let at = known.unwrap_or_else(|| {
        let at = toot.add(
            (BRAND, &toot.brand.0),
            asked["status"].as_str().unwrap(),
            (asked["in_reply_to_id"].as_str(), asked["visibility"].as_str().unwrap_or("public")),
        );
        toot.server.lock().unwrap().keys.insert(key, at);
        at
    });
    let status = toot.server.lock().unwrap().statuses[at].clone();
    match mood {
        Mood::PostsThen500 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mood::PostsThenJunk => "<html>a proxy says hello</html>".into_response(),
        Mood::PostsThenCut => {
            let half = status.to_string();
            let pieces = [
                Ok(Bytes::from(half[..half.len() / 2].to_owned())),
                Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "cut")),
            ];
            Body::from_stream(futures_util::stream::iter(pieces)).into_response()
        }
        Mood::PostsThenStalls => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            Json(status).into_response()
        }
        _ => Json(status).into_response(),
    }
}
