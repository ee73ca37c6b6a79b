//! A server with Mastodon's API and one account on it, that keeps a ledger of what was asked and
//! what was posted, and can misbehave in every way that a real one can.
//!
//! It is written after the published documentation: keys are honoured, `null` stands where a status
//! was deleted, pages go forward by `min_id` and say where they lead, an edit shows in the old notification.

use crate::fakes::leads;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::{Span, Timestamp};

/// The account's token, which must be found nowhere else.
pub const TOKEN: &str = "s3cr3t-t0ken-0f-acme";
/// Our account, a customer on another server, and one on ours.
pub const ME: u64 = 1;
pub const MIA: u64 = 2;
pub const LOU: u64 = 3;

/// What happens to the next request that posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mischief {
    #[default]
    None,
    /// It is posted, and the answer is a 500.
    Posts500,
    /// It is posted, and the connection ends without an answer.
    PostsDrops,
    /// It is posted, and no answer ever comes.
    PostsStalls,
    /// It is posted, and the answer ends in the middle.
    PostsTruncates,
    /// It is posted, and the answer is something else.
    PostsBabbles,
    /// It is posted, and the answer is larger than anybody reads.
    PostsFloods,
    /// Nothing is posted, and the answer is a 500.
    Loses,
}

/// Status, headers and body of a refusal.
pub type Refusal = (u16, Vec<(&'static str, String)>, String);

#[derive(Default)]
pub struct Ledger {
    /// Statuses by id.
    pub statuses: BTreeMap<u64, Value>,
    notifications: Vec<(u64, &'static str, u64, Timestamp)>,
    /// The id made for each key.
    keys: HashMap<String, u64>,
    /// Every request that posts, as it came: key and body.
    pub attempts: Vec<(String, Value)>,
    /// Every request: method, path and query.
    pub asked: Vec<String>,
    /// How many requests came without the right token.
    pub unauthorised: usize,
    pub mischief: Mischief,
    /// Refusals, by how a path ends.
    pub refuses: HashMap<&'static str, Refusal>,
    /// Its version.
    pub version: String,
    /// Whether a key is known again.
    pub honours_keys: bool,
    pub favourites: BTreeSet<u64>,
    pub muted: BTreeSet<u64>,
    pub blocked: BTreeSet<u64>,
    pub reports: Vec<Value>,
    /// Posts of other servers that it would find: uri and id.
    pub findable: HashMap<String, u64>,
    /// Whether it refuses kinds of notifications that it does not know.
    pub strict_kinds: bool,
    /// What the token may, where the server tells.
    pub scopes: Option<Vec<&'static str>>,
    /// Where it says that it streams.
    pub streaming: Option<String>,
    last: u64,
}

pub struct FakeAccount {
    /// Its address.
    pub url: String,
    ledger: Arc<Mutex<Ledger>>,
    task: JoinHandle<()>,
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> Timestamp {
    SystemClock::default().now()
}

pub fn uri(id: u64) -> String {
    format!("https://remote.example/users/mia/statuses/{id}")
}

fn account(id: u64) -> Value {
    let (acct, url) = match id {
        ME => ("acme", "https://inst.example/@acme"),
        MIA => ("mia@remote.example", "https://remote.example/@mia"),
        _ => ("lou", "https://inst.example/@lou"),
    };
    json!({"id": id.to_string(), "username": acct.split('@').next(), "acct": acct, "url": url,
        "display_name": acct, "followers_count": 7})
}

impl FakeAccount {
    pub async fn start() -> Self {
        let ledger: Arc<Mutex<Ledger>> = Arc::default();
        {
            let mut ledger = lock(&ledger);
            "4.6.0".clone_into(&mut ledger.version);
            ledger.honours_keys = true;
            ledger.last = 115_000_000_000_000_000;
        }
        let app = axum::Router::new().fallback(serve).with_state(ledger.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, ledger, task }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Somebody posts; gives this server's id.
    pub fn post(&self, author: u64, text: &str, answers: Option<u64>) -> u64 {
        self.post_as(author, text, answers, "public")
    }

    pub fn post_as(&self, author: u64, text: &str, answers: Option<u64>, visibility: &str) -> u64 {
        self.ledger().add(author, text, answers, visibility)
    }

    /// Somebody posts to us, and we are told.
    pub fn mention(&self, author: u64, text: &str, answers: Option<u64>) -> u64 {
        let mut ledger = self.ledger();
        let id = ledger.add(author, text, answers, "public");
        ledger.tell("mention", id);
        id
    }

    pub fn tell(&self, kind: &'static str, id: u64) {
        self.ledger().tell(kind, id);
    }

    /// A notification that came to the list behind newer ones.
    pub fn tell_late(&self, id: u64) {
        let mut ledger = self.ledger();
        let at = ledger.notifications.len().saturating_sub(1);
        // Numbers have room between them.
        let number = ledger.notifications[at].0 - 5;
        ledger.notifications.insert(at, (number, "mention", id, now()));
    }

    pub fn edit(&self, id: u64, text: &str) {
        let edited = now().rfc3339();
        let mut ledger = self.ledger();
        let status = ledger.statuses.get_mut(&id).unwrap();
        status["content"] = json!(html(text));
        status["edited_at"] = json!(edited);
    }

    pub fn delete(&self, id: u64) {
        self.ledger().statuses.remove(&id);
    }

    /// Our own statuses that stand.
    pub fn own(&self) -> Vec<Value> {
        let me = json!(ME.to_string());
        self.ledger().statuses.values().filter(|s| s["account"]["id"] == me).cloned().collect()
    }
}

impl Drop for FakeAccount {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A text as servers show it: handles without their server, links with parts that are not shown.
fn html(text: &str) -> String {
    let word = |w: &str| match w.strip_prefix('@').and_then(|h| h.split_once('@')) {
        Some((user, server)) => {
            format!(
                "<span class=\"h-card\"><a href=\"https://{server}/@{user}\">@<span>{user}</span></a></span>"
            )
        }
        None => w.replace('&', "&amp;").replace('<', "&lt;"),
    };
    format!("<p>{}</p>", text.split(' ').map(word).collect::<Vec<_>>().join(" "))
}

impl Ledger {
    fn add(&mut self, author: u64, text: &str, answers: Option<u64>, visibility: &str) -> u64 {
        self.last += 1_000;
        let id = self.last;
        let name = if author == MIA { uri(id) } else { format!("https://inst.example/users/{author}/{id}") };
        let status = json!({
            "id": id.to_string(), "created_at": now().rfc3339().replace('Z', "+00:00"), "edited_at": null,
            "uri": name, "url": name, "visibility": visibility, "language": "en", "spoiler_text": "",
            "in_reply_to_id": answers.map(|a| a.to_string()), "reblog": null, "content": html(text),
            "account": account(author), "mentions": [{"id": "1", "acct": "acme", "url": "https://inst.example/@acme"}],
        });
        self.statuses.insert(id, status);
        id
    }

    fn tell(&mut self, kind: &'static str, id: u64) {
        let number = self.notifications.last().map_or(100, |n| n.0 + 10);
        self.notifications.push((number, kind, id, now()));
    }

    /// The ids above a status, the first of them first.
    fn above(&self, id: u64) -> Vec<u64> {
        let parent = |id: u64| self.statuses.get(&id)?["in_reply_to_id"].as_str()?.parse::<u64>().ok();
        let mut chain = Vec::new();
        let mut at = id;
        while let Some(next) = parent(at).filter(|p| self.statuses.contains_key(p)) {
            chain.push(next);
            at = next;
        }
        chain.reverse();
        chain
    }
}

fn refusal(code: u16, words: &str) -> Response {
    (StatusCode::from_u16(code).unwrap(), axum::Json(json!({ "error": words }))).into_response()
}

/// The rows above `min_id`, those below `max_id`, or the newest, newest first, as the real ones answer.
fn page<T: Clone>(rows: &[(u64, T)], query: &[(String, String)], most: usize) -> Vec<T> {
    let get = |key: &str| query.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.parse::<u64>().ok());
    let limit = get("limit").map_or(20, |l| l as usize).min(most);
    let (from, to) = if let Some(min) = get("min_id") {
        let from = rows.iter().position(|(id, _)| *id > min).unwrap_or(rows.len());
        (from, (from + limit).min(rows.len()))
    } else {
        let to = get("max_id").and_then(|max| rows.iter().position(|(id, _)| *id >= max));
        let to = to.unwrap_or(rows.len());
        (to.saturating_sub(limit), to)
    };
    rows[from..to].iter().rev().map(|(_, row)| row.clone()).collect()
}

async fn serve(
    State(ledger): State<Arc<Mutex<Ledger>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
    let path: Vec<&str> = uri.path().split('/').filter(|p| !p.is_empty()).skip(1).collect();
    {
        let mut ledger = lock(&ledger);
        ledger.asked.push(format!("{method} {uri}"));
        let token = headers.get("authorization").and_then(|v| v.to_str().ok());
        if token != Some(&format!("Bearer {TOKEN}")) {
            ledger.unauthorised += 1;
            return refusal(401, "The access token is invalid");
        }
        let refused = ledger.refuses.iter().find(|(end, _)| uri.path().ends_with(**end));
        if let Some((_, (code, pairs, text))) = refused {
            let mut with = HeaderMap::new();
            for (name, value) in pairs {
                with.insert(*name, value.parse().unwrap());
            }
            return (StatusCode::from_u16(*code).unwrap(), with, text.clone()).into_response();
        }
    }
    match (method.as_str(), path.as_slice()) {
        ("POST", ["v1", "statuses"]) => posts(&ledger, &headers, &body).await,
        ("GET", path) => reads(&mut lock(&ledger), path, &query),
        ("POST", path) => moderates(&mut lock(&ledger), path, &body),
        _ => refusal(404, "Record not found"),
    }
}

fn reads(ledger: &mut Ledger, path: &[&str], query: &[(String, String)]) -> Response {
    let standing =
        |ledger: &Ledger, id: &str| id.parse().ok().and_then(|id| ledger.statuses.get(&id).cloned());
    let gone = || refusal(404, "Record not found");
    let answer = match path {
        ["v1", "accounts", "verify_credentials"] => account(ME),
        ["v1", "apps", "verify_credentials"] => match &ledger.scopes {
            Some(scopes) => json!({"name": "webcared", "scopes": scopes}),
            None => json!({"name": "webcared"}),
        },
        ["v2", "instance"] => json!({"version": ledger.version, "configuration": {"statuses":
            {"max_characters": 600, "characters_reserved_per_url": 23}, "urls": {"streaming": ledger.streaming}}}),
        ["v1", "notifications"] => {
            let kinds: Vec<&str> =
                query.iter().filter(|(k, _)| k == "types[]").map(|(_, v)| v.as_str()).collect();
            if ledger.strict_kinds && kinds.contains(&"quoted_update") {
                return refusal(422, "unknown kind");
            }
            let rows: Vec<(u64, Value)> = ledger
                .notifications
                .iter()
                .filter(|n| kinds.is_empty() || kinds.contains(&n.1))
                .map(|(number, kind, id, at)| {
                    let row = json!({"id": number.to_string(), "type": kind, "created_at": at.rfc3339(),
                        "account": account(MIA), "status": ledger.statuses.get(id)});
                    (*number, row)
                })
                .collect();
            json!(page(&rows, query, 80))
        }
        ["v1", "accounts", id, "statuses"] => {
            let by = |s: &Value| s["account"]["id"].as_str() == Some(*id);
            let rows: Vec<(u64, Value)> =
                ledger.statuses.iter().filter(|(_, s)| by(s)).map(|(id, s)| (*id, s.clone())).collect();
            json!(page(&rows, query, 40))
        }
        ["v1", "timelines", "tag", tag] => {
            let tagged = |s: &Value| s["content"].as_str().is_some_and(|c| c.contains(&format!("#{tag}")));
            let rows: Vec<(u64, Value)> =
                ledger.statuses.iter().filter(|(_, s)| tagged(s)).map(|(id, s)| (*id, s.clone())).collect();
            json!(page(&rows, query, 40))
        }
        ["v1", "timelines", "home"] => {
            let rows: Vec<(u64, Value)> = ledger.statuses.iter().map(|(id, s)| (*id, s.clone())).collect();
            json!(page(&rows, query, 40))
        }
        ["v1", "statuses"] => {
            let ids = query.iter().filter(|(k, _)| k == "id[]");
            json!(ids.filter_map(|(_, id)| standing(ledger, id)).collect::<Vec<_>>())
        }
        ["v1", "statuses", id] => match standing(ledger, id) {
            Some(status) => status,
            None => return gone(),
        },
        ["v1", "statuses", id, "context"] => {
            let Some(at) = id.parse().ok().filter(|id| ledger.statuses.contains_key(id)) else {
                return gone();
            };
            let all = |ids: Vec<u64>| ids.iter().map(|id| ledger.statuses[id].clone()).collect::<Vec<_>>();
            let below =
                ledger.statuses.keys().copied().filter(|id| ledger.above(*id).contains(&at)).collect();
            json!({"ancestors": all(ledger.above(at)), "descendants": all(below)})
        }
        ["v2", "search"] => {
            let get = |key: &str| query.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
            let q = get("q").unwrap_or_default();
            let found = if get("resolve") == Some("true") {
                ledger.findable.get(q).and_then(|id| ledger.statuses.get(id)).into_iter().cloned().collect()
            } else {
                let holds = |s: &Value| s["content"].as_str().is_some_and(|c| c.contains(q));
                let all = ledger.statuses.iter().filter(|(_, s)| holds(s));
                let rows: Vec<(u64, Value)> = all.map(|(id, s)| (*id, s.clone())).collect();
                page(&rows, query, 40)
            };
            json!({"accounts": [], "statuses": found, "hashtags": []})
        }
        _ => return gone(),
    };
    let is_list =
        matches!(path, ["v1", "notifications"] | ["v1", "timelines", ..] | ["v1", "accounts", _, "statuses"]);
    let link = answer.as_array().filter(|_| is_list).and_then(|page| leads(page));
    let mut response = axum::Json(answer).into_response();
    if let Some(link) = link {
        response.headers_mut().insert("link", link.parse().unwrap());
    }
    response
}

fn moderates(ledger: &mut Ledger, path: &[&str], body: &[u8]) -> Response {
    let number = |id: &str| id.parse::<u64>().unwrap();
    match path {
        ["v1", "statuses", id, what] => {
            let id = number(id);
            if !ledger.statuses.contains_key(&id) {
                return refusal(404, "Record not found");
            }
            match *what {
                "favourite" => ledger.favourites.insert(id),
                _ => ledger.favourites.remove(&id),
            };
        }
        ["v1", "accounts", id, what] => {
            let id = number(id);
            match *what {
                "mute" => ledger.muted.insert(id),
                "unmute" => ledger.muted.remove(&id),
                "block" => ledger.blocked.insert(id),
                _ => ledger.blocked.remove(&id),
            };
        }
        ["v1", "reports"] => ledger.reports.push(serde_json::from_slice(body).unwrap()),
        _ => return refusal(404, "Record not found"),
    }
    axum::Json(json!({})).into_response()
}

/// The one request that posts.
async fn posts(ledger: &Mutex<Ledger>, headers: &HeaderMap, body: &[u8]) -> Response {
    let (mischief, status) = {
        let mut ledger = lock(ledger);
        let key = headers.get("idempotency-key").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap();
        ledger.attempts.push((key.clone(), body.clone()));
        let mischief = std::mem::take(&mut ledger.mischief);
        if mischief == Mischief::Loses {
            return refusal(500, "We're sorry, but something went wrong on our end");
        }
        let known = ledger.keys.get(&key).copied().filter(|_| ledger.honours_keys);
        let id = known.unwrap_or_else(|| {
            let answers = body["in_reply_to_id"].as_str().and_then(|id| id.parse().ok());
            let (text, visibility) = (body["status"].as_str().unwrap(), body["visibility"].as_str().unwrap());
            ledger.add(ME, text, answers, visibility)
        });
        ledger.keys.insert(key, id);
        (mischief, ledger.statuses.get(&id).cloned().unwrap_or_default())
    };
    match mischief {
        Mischief::None | Mischief::Loses => axum::Json(status).into_response(),
        Mischief::Posts500 => refusal(500, "We're sorry, but something went wrong on our end"),
        // The task of the connection ends, and with it the connection; nothing is printed.
        Mischief::PostsDrops => std::panic::resume_unwind(Box::new(())),
        Mischief::PostsStalls => std::future::pending().await,
        Mischief::PostsTruncates => {
            let parts = [Ok(Bytes::from_static(b"{\"id\":\"11")), Err(std::io::Error::other("cut"))];
            Body::from_stream(futures_util::stream::iter(parts)).into_response()
        }
        Mischief::PostsBabbles => "<html>welcome</html>".into_response(),
        Mischief::PostsFloods => vec![b' '; 5 * 1024 * 1024].into_response(),
    }
}

/// A time so long ago that servers have forgotten keys.
pub fn long_ago() -> Timestamp {
    now().minus(Span::hours(2))
}
