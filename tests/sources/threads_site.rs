//! A platform like the Graph API of Threads with a ledger of its own: posts and replies, containers and their publishing,
//! answers that get lost after they were taken, replies and searches that are counted, and a token that is renewed.

use crate::site::{Asked, FakeSite, Reply};
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::domain::time::Timestamp;
use webcared::sources::meta::sign;

pub const ME: &str = "7788001";
pub const FIRST_TOKEN: &str = "s3cret-threads-token-0";
pub const APP_SECRET: &str = "s3cret-of-the-threads-app";

/// What happens to the next publishing, or the next container.
pub enum Fault {
    /// It is taken, and answered so.
    TakesAnd(Reply),
    /// It is not taken.
    Instead(Reply),
}

/// A post: who wrote it, what it answers, its words, when.
#[derive(Clone)]
pub struct Post {
    pub id: String,
    pub who: String,
    pub below: Option<String>,
    pub words: String,
    pub at: Timestamp,
}

pub struct Ledger {
    pub posts: Vec<Post>,
    pub containers: Vec<Value>,
    pub published: Vec<String>,
    pub hidden: Vec<(String, bool)>,
    /// What happens to the next containers and publishings.
    pub making: VecDeque<Fault>,
    pub publishing: VecDeque<Fault>,
    /// Answered to every read but that of the quota.
    pub reads: Option<Reply>,
    /// Posts that may not be seen by their id.
    pub veiled: Vec<String>,
    pub used: i64,
    pub searches: Vec<String>,
    pub token: String,
    pub renewals: usize,
    /// Answered to the next renewal.
    pub no_renewal: Option<Reply>,
    pub page_size: usize,
    pub now: Timestamp,
    pub asked: Vec<String>,
    next: usize,
}

pub struct FakeThreads {
    pub site: FakeSite,
    ledger: Arc<Mutex<Ledger>>,
}

/// A refusal of the Graph API.
pub fn refusal(status: u16, code: i64, subcode: i64) -> Reply {
    let error = json!({"message": "(#1) in the account's language", "type": "OAuthException", "code": code,
        "error_subcode": subcode, "fbtrace_id": "A1b2"});
    Reply { status, ..Reply::ok(json!({"error": error}).to_string()) }
}

fn when(at: Timestamp) -> String {
    at.rfc3339().replace('Z', "+0000")
}

impl Ledger {
    /// Somebody posts or replies; gives the id.
    pub fn post(&mut self, who: &str, below: Option<&str>, words: &str, at: Timestamp) -> String {
        self.next += 1;
        let id = (18_000_000 + self.next).to_string();
        let below = below.map(ToOwned::to_owned);
        self.posts.push(Post { id: id.clone(), who: who.to_owned(), below, words: words.to_owned(), at });
        id
    }

    /// Its author takes it back.
    pub fn delete(&mut self, id: &str) {
        self.posts.retain(|p| p.id != id);
    }

    fn found(&self, id: &str) -> Option<&Post> {
        self.posts.iter().find(|p| p.id == id)
    }

    fn root<'a>(&'a self, post: &'a Post) -> &'a Post {
        match post.below.as_deref().and_then(|below| self.found(below)) {
            Some(above) => self.root(above),
            None => post,
        }
    }

    /// A post as lists and deliveries write it.
    pub fn shown(&self, post: &Post) -> Value {
        let mut value = json!({"id": post.id, "username": post.who, "text": post.words, "media_type": "TEXT_POST",
            "permalink": format!("https://www.threads.net/@{}/post/{}", post.who, post.id), "shortcode": "Pp",
            "timestamp": when(post.at), "is_reply": post.below.is_some(),
            "has_replies": self.posts.iter().any(|p| p.below.as_deref() == Some(post.id.as_str()))});
        if let Some(below) = &post.below {
            let root = self.root(post);
            value["replied_to"] = json!({"id": below});
            value["root_post"] = json!({"id": root.id, "username": root.who});
        }
        value
    }

    fn page_of(&self, keep: impl Fn(&Post) -> bool, query: &HashMap<String, String>) -> Value {
        let since = query.get("since").and_then(|s| s.parse::<i64>().ok()).unwrap_or(0);
        let mut found: Vec<&Post> =
            self.posts.iter().filter(|p| keep(p) && p.at.millis() / 1_000 >= since).collect();
        found.sort_by_key(|p| std::cmp::Reverse(p.at));
        let from: usize = query.get("after").and_then(|a| a.parse().ok()).unwrap_or(0);
        let size = if self.page_size == 0 { 100 } else { self.page_size };
        let more = found.len() > from + size;
        let data: Vec<Value> = found.into_iter().skip(from).take(size).map(|p| self.shown(p)).collect();
        let mut page = json!({"data": data, "paging": {"cursors": {"after": (from + size).to_string()}}});
        if more {
            page["paging"]["next"] = json!("https://graph.example/next");
        }
        page
    }

    fn renew(&mut self, query: &HashMap<String, String>) -> Reply {
        if let Some(reply) = self.no_renewal.take() {
            return reply;
        }
        let sent = query.get("access_token").map(String::as_str);
        if sent != Some(self.token.as_str())
            || query.get("grant_type").map(String::as_str) != Some("th_refresh_token")
        {
            return refusal(400, 190, 0);
        }
        self.renewals += 1;
        self.token = format!("s3cret-threads-token-{}", self.renewals);
        Reply::ok(
            json!({"access_token": self.token, "token_type": "bearer", "expires_in": 5_184_000}).to_string(),
        )
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        let query: HashMap<String, String> =
            url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
        if asked.path == "/refresh_access_token" {
            return self.renew(&query);
        }
        self.asked.push(format!("{} {}?{}", asked.method, asked.path, asked.query));
        if asked.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return refusal(401, 190, 460);
        }
        let path: Vec<&str> = asked.path.trim_start_matches("/v1.0/").split('/').collect();
        if asked.method == "GET" { self.read(&path, &query) } else { self.write(&path, &asked.body) }
    }

    fn read(&mut self, path: &[&str], query: &HashMap<String, String>) -> Reply {
        if let [ME, "threads_publishing_limit"] = path {
            let limits = json!({"quota_usage": 4, "config": {"quota_total": 250, "quota_duration": 86_400},
                "reply_quota_usage": self.used, "reply_config": {"quota_total": 1_000, "quota_duration": 86_400}});
            return Reply::ok(json!({"data": [limits]}).to_string());
        }
        if let Some(reply) = &self.reads {
            return reply.clone();
        }
        let names_us = |p: &Post| p.who != "acme" && p.words.to_lowercase().contains("@acme");
        let found = match path {
            ["me"] => json!({"id": ME, "username": "acme"}),
            [ME, "mentions"] => self.page_of(names_us, query),
            [ME, "threads"] => self.page_of(|p| p.who == "acme" && p.below.is_none(), query),
            [ME, "replies"] => self.page_of(|p| p.who == "acme" && p.below.is_some(), query),
            ["keyword_search"] => {
                let word = query.get("q").cloned().unwrap_or_default();
                self.searches.push(word.clone());
                self.page_of(|p| p.who != "acme" && p.words.contains(&word), query)
            }
            [id, "conversation"] if self.found(id).is_some() => {
                self.page_of(|p| p.id != *id && self.root(p).id == *id, query)
            }
            [id] if !self.veiled.iter().any(|v| v == id) => match self.found(id) {
                Some(post) => self.shown(post),
                None => return refusal(400, 100, 33),
            },
            _ => return refusal(400, 100, 33),
        };
        Reply::ok(found.to_string())
    }

    fn write(&mut self, path: &[&str], body: &str) -> Reply {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        match path {
            [ME, "threads"] => {
                let lost = match self.making.pop_front() {
                    Some(Fault::Instead(reply)) => return reply,
                    Some(Fault::TakesAnd(reply)) => Some(reply),
                    None => None,
                };
                self.containers.push(body);
                let id = format!("90{}", self.containers.len());
                lost.unwrap_or_else(|| Reply::ok(json!({"id": id}).to_string()))
            }
            [ME, "threads_publish"] => {
                let lost = match self.publishing.pop_front() {
                    Some(Fault::Instead(reply)) => return reply,
                    Some(Fault::TakesAnd(reply)) => Some(reply),
                    None => None,
                };
                let container = body["creation_id"].as_str().unwrap_or_default().to_owned();
                let at: usize = container.trim_start_matches("90").parse().unwrap();
                let made = self.containers[at - 1].clone();
                let (words, to) = (made["text"].as_str().unwrap(), made["reply_to_id"].as_str());
                let now = self.now;
                let id = self.post("acme", to, words, now);
                self.published.push(id.clone());
                self.used += 1;
                lost.unwrap_or_else(|| Reply::ok(json!({"id": id}).to_string()))
            }
            [id, "manage_reply"] if self.found(id).is_some() => {
                self.hidden.push(((*id).to_owned(), body["hide"].as_bool().unwrap()));
                Reply::ok(json!({"success": true}).to_string())
            }
            _ => refusal(400, 100, 33),
        }
    }
}

impl FakeThreads {
    pub async fn start(now: Timestamp) -> Self {
        let site = FakeSite::start().await;
        let ledger = Ledger {
            posts: Vec::new(),
            containers: Vec::new(),
            published: Vec::new(),
            hidden: Vec::new(),
            making: VecDeque::new(),
            publishing: VecDeque::new(),
            reads: None,
            veiled: Vec::new(),
            used: 3,
            searches: Vec::new(),
            token: FIRST_TOKEN.to_owned(),
            renewals: 0,
            no_renewal: None,
            page_size: 0,
            now,
            asked: Vec::new(),
            next: 0,
        };
        let ledger = Arc::new(Mutex::new(ledger));
        let kept = ledger.clone();
        site.decide(move |asked| Some(kept.lock().unwrap().answer(asked)));
        Self { site, ledger }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub fn config(&self) -> Value {
        json!({"name": "threads", "brand": "Acme", "threads": {"account": "Acme", "user_id": ME, "token": FIRST_TOKEN,
            "app_secret": APP_SECRET, "verify_token": "the word", "every_seconds": 1, "search_every_seconds": 1,
            "api_url": self.site.url}})
    }
}

/// The headers of a delivery as the platform signs it.
pub fn signed(body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-hub-signature-256", sign(&APP_SECRET.to_owned().into(), body).parse().unwrap());
    headers
}

/// A delivery to an account.
pub fn delivered(target: &str, what: &str, value: &Value) -> Value {
    json!({"app_id": "123456", "topic": "moderate", "target_id": target, "time": 1_795_608_000,
        "subscription_id": "234567", "has_uid_field": false, "values": {"value": value, "field": what}})
}
