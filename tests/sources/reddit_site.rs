//! A platform like Reddit with a ledger of its own: comments, posts and messages in lists that are read page by page,
//! tokens for an app that names itself, refusals that come as success, and answers that get lost after they were taken.

use crate::site::{Asked, FakeSite, Reply};
use crate::{Shelf, configured, http, outside};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::clock::ManualClock;
use webcared::domain::time::Timestamp;
use webcared::sources::{Outside, Source, build};

pub const ME: &str = "acme_care";
pub const AGENT: &str = "linux:com.acme.care:v1.0 (by /u/acme_care)";
/// `c:s3cret-client` as HTTP Basic has it.
const BASIC: &str = "Basic YzpzM2NyZXQtY2xpZW50";

/// What happens to the next write.
pub enum Fault {
    /// It is taken, and answered so.
    TakesAnd(Reply),
    /// It is not taken.
    Instead(Reply),
}

#[derive(Default)]
pub struct Ledger {
    /// What stands there, oldest first: kind and data.
    pub things: Vec<Value>,
    /// What was written: the path and the form.
    pub written: Vec<(String, HashMap<String, String>)>,
    pub faults: VecDeque<Fault>,
    pub token: String,
    pub tokens: usize,
    /// Who takes no messages.
    pub closed: Vec<String>,
    /// Things on a page.
    pub page: usize,
    /// Sent along with every answer.
    pub headers: Vec<(&'static str, String)>,
    pub now: Timestamp,
    pub asked: Vec<String>,
    next: usize,
}

pub struct FakeReddit {
    pub site: FakeSite,
    ledger: Arc<Mutex<Ledger>>,
}

pub fn errors(code: &str, words: &str) -> Reply {
    Reply::ok(json!({"json": {"errors": [[code, words, "text"]]}}).to_string())
}

impl FakeReddit {
    pub async fn start(now: Timestamp) -> Self {
        let site = FakeSite::start().await;
        let first = Ledger { page: 100, now, ..Ledger::default() };
        let ledger = Arc::new(Mutex::new(first));
        let kept = ledger.clone();
        site.decide(move |asked| Some(kept.lock().unwrap().answer(asked)));
        Self { site, ledger }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub fn config(&self) -> Value {
        json!({"name": "reddit", "brand": "Acme", "reddit": {"account": ME, "client_id": "c",
            "client_secret": "s3cret-client", "refresh_token": "s3cret-refresh", "user_agent": AGENT,
            "every_seconds": 1, "search_every_seconds": 1, "calls_per_minute": 1000, "api_url": self.site.url,
            "token_url": format!("{}/token", self.site.url)}})
    }

    pub fn source(&self, change: impl Fn(&mut Value), clock: &Arc<ManualClock>) -> Arc<dyn Source> {
        let mut config = self.config();
        change(&mut config["reddit"]);
        let (clock, vault) = (clock.clone(), Arc::new(Shelf::default()));
        let outside = Outside { http: http(3), clock, vault, ..outside() };
        build(&configured(config), &outside).unwrap().remove(0)
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.millis() as f64 / 1_000.0
}

impl Ledger {
    /// Somebody begins a thread; gives its name.
    pub fn post(&mut self, at: Timestamp, author: &str, subreddit: &str, title: &str) -> String {
        self.next += 1;
        let name = format!("t3_p{}", self.next);
        self.things.push(
            json!({"kind": "t3", "data": {"name": name, "author": author, "title": title, "selftext": "",
            "subreddit": subreddit, "created_utc": seconds(at), "edited": false,
            "permalink": format!("/r/{subreddit}/comments/p{}/t/", self.next)}}),
        );
        name
    }

    /// Somebody answers something; gives its name.
    pub fn comment(&mut self, at: Timestamp, author: &str, parent: &str, text: &str) -> String {
        self.next += 1;
        let name = format!("t1_c{}", self.next);
        let above = self.thing(parent).cloned().unwrap_or_default();
        let link = above["data"]["link_id"].as_str().unwrap_or(parent).to_owned();
        let subreddit = above["data"]["subreddit"].as_str().unwrap_or("travel").to_owned();
        let path = format!("/r/{subreddit}/comments/{}/t/c{}/", link.trim_start_matches("t3_"), self.next);
        self.things.push(json!({"kind": "t1", "data": {"name": name, "author": author, "body": text,
            "parent_id": parent, "link_id": link, "subreddit": subreddit, "created_utc": seconds(at),
            "edited": false, "permalink": path}}));
        name
    }

    /// Somebody writes in private; gives its name.
    pub fn message(&mut self, at: Timestamp, author: &str, to: &str, subject: &str, text: &str) -> String {
        self.next += 1;
        let name = format!("t4_m{}", self.next);
        self.things
            .push(json!({"kind": "t4", "data": {"name": name, "author": author, "dest": to, "body": text,
            "subject": subject, "parent_id": null, "was_comment": false, "created_utc": seconds(at)}}));
        name
    }

    pub fn thing(&self, name: &str) -> Option<&Value> {
        self.things.iter().find(|t| t["data"]["name"] == name)
    }

    /// Changes a field of something.
    pub fn set(&mut self, name: &str, key: &str, value: Value) {
        let found = self.things.iter_mut().find(|t| t["data"]["name"] == name).unwrap();
        found["data"][key] = value;
    }

    /// Its author takes it back.
    pub fn delete(&mut self, name: &str) {
        self.set(name, "author", json!("[deleted]"));
        let key = if name.starts_with("t1") { "body" } else { "selftext" };
        self.set(name, key, json!("[deleted]"));
    }

    /// How many comments of ours stand there.
    pub fn answers(&self) -> usize {
        self.things.iter().filter(|t| t["kind"] == "t1" && t["data"]["author"] == ME).count()
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        let mut reply = self.decide(asked);
        reply.headers.extend(self.headers.iter().cloned());
        reply
    }

    fn decide(&mut self, asked: &Asked) -> Reply {
        if asked.header("user-agent") != Some(AGENT) {
            return Reply::status(429);
        }
        if asked.path == "/token" {
            let is_ours = asked.header("authorization") == Some(BASIC);
            if !is_ours || !asked.body.contains("refresh_token=s3cret-refresh") {
                return Reply::ok(r#"{"error":"invalid_grant"}"#);
            }
            self.tokens += 1;
            self.token = format!("token-{}", self.tokens);
            return Reply::ok(
                json!({"access_token": self.token, "expires_in": 86_400, "scope": "*"}).to_string(),
            );
        }
        if asked.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return Reply { status: 401, ..Reply::ok(r#"{"message":"Unauthorized","error":401}"#) };
        }
        let query: HashMap<String, String> =
            url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
        self.asked.push(format!("{} {}?{}", asked.method, asked.path, asked.query));
        if query.get("raw_json").map(String::as_str) != Some("1") {
            return Reply::status(400);
        }
        if asked.method == "POST" {
            return self.take(&asked.path, &asked.body);
        }
        self.show(&asked.path, &query)
    }

    fn show(&self, path: &str, query: &HashMap<String, String>) -> Reply {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let of = |key: &str| query.get(key).map(String::as_str).unwrap_or_default();
        let word = of("q").trim_matches('"').to_lowercase();
        let is = |t: &Value, kind: &str| t["kind"] == kind;
        let by_me = |t: &Value| t["data"]["author"] == ME;
        let found =
            |t: &Value| is(t, "t3") && t["data"]["title"].as_str().unwrap().to_lowercase().contains(&word);
        match parts.as_slice() {
            ["message", "inbox"] => self.listing(query, |t| self.is_for_us(t)),
            ["message", "sent"] => self.listing(query, |t| is(t, "t4") && by_me(t)),
            ["user", ME, "comments"] => self.listing(query, |t| is(t, "t1") && by_me(t)),
            ["user", name, "about"] => {
                let takes = !self.closed.iter().any(|c| c == name);
                Reply::ok(json!({"kind": "t2", "data": {"name": name, "accept_pms": takes}}).to_string())
            }
            ["r", subreddit, "new"] => {
                self.listing(query, |t| is(t, "t3") && t["data"]["subreddit"] == *subreddit)
            }
            ["r", subreddit, "comments"] => {
                self.listing(query, |t| is(t, "t1") && t["data"]["subreddit"] == *subreddit)
            }
            ["r", "locked", "about"] => Reply { status: 403, ..Reply::ok(r#"{"reason":"private"}"#) },
            ["r", _, "about"] => {
                Reply::ok(json!({"kind": "t5", "data": {"user_is_banned": false}}).to_string())
            }
            ["search"] => self.listing(query, found),
            ["r", chosen, "search"] => {
                self.listing(query, |t| found(t) && chosen.split('+').any(|c| t["data"]["subreddit"] == c))
            }
            ["api", "info"] => {
                let names: Vec<&str> = of("id").split(',').collect();
                self.listing(query, |t| names.iter().any(|n| t["data"]["name"] == *n))
            }
            ["api", "v1", "me"] => Reply::ok(json!({"name": ME, "is_suspended": false}).to_string()),
            _ => Reply::status(404),
        }
    }

    /// Whether something stands in the account's inbox.
    fn is_for_us(&self, thing: &Value) -> bool {
        let data = &thing["data"];
        if thing["kind"] == "t4" {
            return data["dest"] == ME;
        }
        let above = data["parent_id"].as_str().and_then(|p| self.thing(p));
        let answers = above.is_some_and(|t| t["data"]["author"] == ME);
        let names = data["body"].as_str().is_some_and(|b| b.contains(&format!("u/{ME}")));
        thing["kind"] == "t1" && data["author"] != ME && (answers || names)
    }

    fn listing(&self, query: &HashMap<String, String>, meant: impl Fn(&Value) -> bool) -> Reply {
        let mut all: Vec<&Value> = self.things.iter().filter(|t| meant(t)).collect();
        all.sort_by(|a, b| {
            let at = |t: &Value| t["data"]["created_utc"].as_f64().unwrap();
            at(b).total_cmp(&at(a))
        });
        let from = match query.get("after") {
            // A list after something that is no longer there is empty.
            Some(after) => match all.iter().position(|t| t["data"]["name"] == *after.as_str()) {
                Some(at) => at + 1,
                None => all.len(),
            },
            None => 0,
        };
        let page: Vec<&Value> = all.iter().skip(from).take(self.page).copied().collect();
        let is_last = from + page.len() >= all.len();
        let after = page.last().filter(|_| !is_last).map(|t| t["data"]["name"].clone());
        Reply::ok(
            json!({"kind": "Listing", "data": {"after": after, "before": null, "children": page}})
                .to_string(),
        )
    }

    fn take(&mut self, path: &str, body: &str) -> Reply {
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let of = |key: &str| form.get(key).cloned().unwrap_or_default();
        assert_eq!(of("api_type"), "json");
        let fault = self.faults.pop_front();
        if let Some(Fault::Instead(reply)) = fault {
            return reply;
        }
        let (now, text) = (self.now, of("text"));
        let told = match path {
            "/api/comment" => {
                let to = of("thing_id");
                let Some(above) = self.thing(&to).cloned() else {
                    return errors("DELETED_COMMENT", "that comment has been deleted");
                };
                let name = if above["kind"] == "t4" {
                    let with = above["data"]["author"].as_str().unwrap().to_owned();
                    let name = self.message(now, ME, &with, "re: x", &text);
                    self.set(&name, "parent_id", json!(to));
                    name
                } else {
                    self.comment(now, ME, &to, &text)
                };
                json!({"json": {"errors": [], "data": {"things": [self.thing(&name)]}}})
            }
            "/api/compose" => {
                if self.closed.contains(&of("to")) {
                    return errors(
                        "NOT_WHITELISTED_BY_USER_MESSAGE",
                        "they only take messages of who they know",
                    );
                }
                self.message(now, ME, &of("to"), &of("subject"), &text);
                json!({"json": {"errors": []}})
            }
            "/api/remove" | "/api/approve" | "/api/report" => json!({}),
            _ => return Reply::status(404),
        };
        self.written.push((path.to_owned(), form));
        match fault {
            Some(Fault::TakesAnd(reply)) => reply,
            _ => Reply::ok(told.to_string()),
        }
    }
}
