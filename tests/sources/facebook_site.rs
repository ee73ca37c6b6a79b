//! A platform like the Graph API with a ledger of its own: posts, comments and conversations of one page, private
//! replies that are given once, answers that get lost after they were taken, refusals by code, and shares of use.

use crate::site::{Asked, FakeSite, Reply};
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::domain::time::Timestamp;
use webcared::sources::meta::sign;

pub const PAGE: &str = "1234567890321";
pub const MIA: &str = "555001";
pub const TOKEN: &str = "s3cret-page-token";
pub const APP_SECRET: &str = "s3cret-of-the-app";

/// What happens to the next write.
pub enum Fault {
    /// It is taken, and answered so.
    TakesAnd(Reply),
    /// It is not taken.
    Instead(Reply),
}

#[derive(Default)]
pub struct Ledger {
    /// Posts and comments: id, the post or comment below which it stands, who, words, when.
    pub posts: Vec<(String, Option<String>, String, String, Timestamp)>,
    /// Messages: id, person, whether the page wrote it, words, when.
    pub messages: Vec<(String, String, bool, String, Timestamp)>,
    /// The bodies of messages as they were asked for.
    pub letters: Vec<Value>,
    pub replied: HashSet<String>,
    pub hidden: Vec<(String, bool)>,
    pub removed: Vec<String>,
    pub faults: VecDeque<Fault>,
    /// Answered to every read.
    pub reads: Option<Reply>,
    /// The share of use that is told, in percent.
    pub used: u32,
    pub page_size: usize,
    pub now: Timestamp,
    pub asked: Vec<String>,
    pub fields: Vec<&'static str>,
    pub scopes: Vec<&'static str>,
    next: usize,
}

pub struct FakeFacebook {
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
    /// Somebody writes a post, or a comment below something; gives its id.
    pub fn post(&mut self, below: Option<&str>, who: &str, words: &str, at: Timestamp) -> String {
        self.next += 1;
        let id = match below {
            None => format!("{PAGE}_{}", 900_000 + self.next),
            Some(below) => {
                let root = self.root(below);
                format!("{}_{}", root.split('_').nth(1).unwrap(), 1_000_000 + self.next)
            }
        };
        self.posts.push((id.clone(), below.map(Into::into), who.into(), words.into(), at));
        id
    }

    fn root(&self, id: &str) -> String {
        match self.posts.iter().find(|p| p.0 == id).and_then(|p| p.1.clone()) {
            Some(below) => self.root(&below),
            None => id.to_owned(),
        }
    }

    /// A person writes to the page, or the page to them; gives the id.
    pub fn message(&mut self, person: &str, own: bool, words: &str, at: Timestamp) -> String {
        self.next += 1;
        let id = format!("m_{}", self.next);
        self.messages.push((id.clone(), person.into(), own, words.into(), at));
        id
    }

    fn shown(&self, id: &str) -> Option<Value> {
        let (id, below, who, words, at) = self.posts.iter().find(|p| p.0 == id)?;
        let mut value = json!({"id": id, "from": {"id": who, "name": "Somebody"}, "message": words,
            "created_time": when(*at), "permalink_url": format!("https://www.facebook.com/{id}"),
            "can_reply_privately": !self.replied.contains(id.as_str())});
        if let Some(parent) = below.as_ref().filter(|b| !b.starts_with(PAGE)) {
            value["parent"] = json!({"id": parent});
        }
        Some(value)
    }

    fn page_of(&self, mut found: Vec<Value>, query: &HashMap<String, String>) -> Value {
        let from: usize = query.get("after").and_then(|a| a.parse().ok()).unwrap_or(0);
        let size = if self.page_size == 0 { 100 } else { self.page_size };
        let more = found.len() > from + size;
        found = found.into_iter().skip(from).take(size).collect();
        let mut page = json!({"data": found, "paging": {"cursors": {"after": (from + size).to_string()}}});
        if more {
            page["paging"]["next"] = json!("https://graph.example/next");
        }
        page
    }

    fn comments(&self, of: &str) -> Vec<Value> {
        let mut below: Vec<_> = self
            .posts
            .iter()
            .filter(|p| p.1.is_some() && p.0 != of && (self.root(&p.0) == of || p.1.as_deref() == Some(of)))
            .collect();
        below.sort_by_key(|p| std::cmp::Reverse(p.4));
        below.iter().filter_map(|p| self.shown(&p.0)).collect()
    }

    /// The messages with a person, newest first.
    fn messages_with(&self, person: &str) -> Vec<Value> {
        let mut all: Vec<_> = self.messages.iter().filter(|m| m.1 == person).collect();
        all.sort_by_key(|m| std::cmp::Reverse(m.4));
        let side = |is_page: bool| if is_page { PAGE } else { person };
        let one = |m: &&(String, String, bool, String, Timestamp)| {
            json!({"id": m.0, "message": m.3, "created_time": when(m.4), "from": {"id": side(m.2), "name": "Mia"},
                "to": {"data": [{"id": side(!m.2)}]}})
        };
        all.iter().map(one).collect()
    }

    fn conversation(&self, person: &str) -> Value {
        let of_person = self.messages.iter().filter(|m| m.1 == person);
        let last = of_person.map(|m| m.4).max().unwrap_or(Timestamp(0));
        json!({"id": format!("t_{person}"), "updated_time": when(last),
            "messages": self.page_of(self.messages_with(person), &HashMap::new())})
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        self.asked.push(format!("{} {}?{}", asked.method, asked.path, asked.query));
        if asked.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return refusal(401, 190, 460);
        }
        let reply = if asked.method == "GET" { self.read(asked) } else { self.write(asked) };
        if self.used == 0 {
            return reply;
        }
        let told = json!({PAGE: [{"type": "pages", "call_count": self.used, "total_cputime": 1, "total_time": 1,
            "estimated_time_to_regain_access": 0}]});
        reply.with("x-business-use-case-usage", told.to_string())
    }

    fn read(&mut self, asked: &Asked) -> Reply {
        if let Some(reply) = &self.reads {
            return reply.clone();
        }
        let query: HashMap<String, String> =
            url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
        let path: Vec<&str> = asked.path.trim_start_matches("/v26.0/").split('/').collect();
        let found = match path.as_slice() {
            ["me"] => json!({"id": PAGE, "name": "Acme"}),
            ["me", "permissions"] => {
                let one = |s: &&str| json!({"permission": s, "status": "granted"});
                json!({"data": self.scopes.iter().map(one).collect::<Vec<_>>()})
            }
            [_, "subscribed_apps"] => json!({"data": [{"id": "1", "subscribed_fields": self.fields}]}),
            [PAGE, "feed"] => {
                let mut posts: Vec<_> = self.posts.iter().filter(|p| p.1.is_none()).collect();
                posts.sort_by_key(|p| std::cmp::Reverse(p.4));
                let whole = |p: &&(String, Option<String>, String, String, Timestamp)| {
                    let mut value = self.shown(&p.0)?;
                    value["comments"] = self.page_of(self.comments(&p.0), &HashMap::new());
                    Some(value)
                };
                let found = posts.iter().filter_map(whole).collect();
                self.page_of(found, &query)
            }
            [PAGE, "tagged"] => json!({"data": []}),
            [PAGE, "conversations"] => {
                let mut people: Vec<String> = self.messages.iter().map(|m| m.1.clone()).collect();
                people.sort();
                people.dedup();
                people.retain(|p| query.get("user_id").is_none_or(|u| u == p));
                let found = people.iter().map(|p| self.conversation(p)).collect();
                self.page_of(found, &query)
            }
            [id, "comments"] if self.shown(id).is_some() => self.page_of(self.comments(id), &query),
            [talk, "messages"] if talk.starts_with("t_") => {
                self.page_of(self.messages_with(talk.trim_start_matches("t_")), &query)
            }
            [id] => match self.shown(id) {
                Some(value) => value,
                None => return refusal(400, 100, 33),
            },
            _ => return refusal(400, 100, 33),
        };
        Reply::ok(found.to_string())
    }

    fn write(&mut self, asked: &Asked) -> Reply {
        let lost = match self.faults.pop_front() {
            Some(Fault::Instead(reply)) => return reply,
            Some(Fault::TakesAnd(reply)) => Some(reply),
            None => None,
        };
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let path: Vec<&str> = asked.path.trim_start_matches("/v26.0/").split('/').collect();
        let now = self.now;
        let done = match path.as_slice() {
            [PAGE, "messages"] => {
                let words = body["message"]["text"].as_str().unwrap().to_owned();
                let comment = body["recipient"]["comment_id"].as_str().map(ToOwned::to_owned);
                let person = match &comment {
                    Some(id) if !self.replied.insert(id.clone()) => return refusal(400, 10_900, 0),
                    Some(_) => MIA.to_owned(),
                    None => body["recipient"]["id"].as_str().unwrap().to_owned(),
                };
                self.letters.push(body);
                let id = self.message(&person, true, &words, now);
                json!({"recipient_id": person, "message_id": id})
            }
            [id, "comments"] if self.shown(id).is_some() => {
                let words = body["message"].as_str().unwrap().to_owned();
                // An answer to an answer stands below the comment that began the thread.
                let below = self.posts.iter().find(|p| p.0 == *id).and_then(|p| p.1.clone());
                let below = below.filter(|b| !b.starts_with(PAGE)).unwrap_or_else(|| (*id).to_owned());
                json!({"id": self.post(Some(&below), PAGE, &words, now)})
            }
            [id] if self.shown(id).is_some() => {
                if asked.method == "DELETE" {
                    self.removed.push((*id).to_owned());
                } else {
                    self.hidden.push(((*id).to_owned(), body["is_hidden"].as_bool().unwrap()));
                }
                json!({"success": true})
            }
            _ => return refusal(400, 100, 33),
        };
        lost.unwrap_or_else(|| Reply::ok(done.to_string()))
    }
}

impl FakeFacebook {
    pub async fn start(now: Timestamp) -> Self {
        let site = FakeSite::start().await;
        let ledger = Arc::new(Mutex::new(Ledger { now, ..Ledger::default() }));
        let kept = ledger.clone();
        site.decide(move |asked| Some(kept.lock().unwrap().answer(asked)));
        Self { site, ledger }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub fn config(&self) -> Value {
        json!({"name": "page", "brand": "Acme", "facebook": {"page": PAGE, "token": TOKEN, "app_secret": APP_SECRET,
            "verify_token": "the word", "every_seconds": 1, "messages_every_seconds": 1, "human_agent": true,
            "api_url": self.site.url}})
    }
}

/// The headers of a delivery as the platform signs it.
pub fn signed(body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-hub-signature-256", sign(&APP_SECRET.to_owned().into(), body).parse().unwrap());
    headers
}

/// A delivery of one change of `feed`.
pub fn feed(value: &Value, at: Timestamp) -> Value {
    json!({"object": "page", "entry": [{"id": PAGE, "time": at.millis() / 1_000,
        "changes": [{"field": "feed", "value": value}]}]})
}

/// A delivery of one message.
pub fn said(from: &str, to: &str, message: &Value, at: Timestamp) -> Value {
    json!({"object": "page", "entry": [{"id": PAGE, "time": at.millis(), "messaging": [
        {"sender": {"id": from}, "recipient": {"id": to}, "timestamp": at.millis(), "message": message}]}]})
}
