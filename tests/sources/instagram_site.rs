//! A platform like the Graph API with a ledger of its own: posts, comments and conversations of one account, what names it
//! elsewhere and is told by ids alone, private replies that are given once, answers that get lost after they were taken,
//! refusals by code, and shares of use.

use crate::facebook_site::{APP_SECRET, Fault, TOKEN, refusal};
use crate::site::{Asked, FakeSite, Reply};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::domain::time::Timestamp;

pub const ACCOUNT: &str = "17841452691600098";
pub const PAGE: &str = "1234567890321";
pub const NAME: &str = "acme.shop";
/// Somebody, by the id for this account.
pub const MIA: &str = "5614879045272581";

/// Something posted on the account, or a comment below it.
#[derive(Clone, Debug)]
pub struct Post {
    pub id: String,
    /// What a comment stands below.
    pub media: Option<String>,
    /// The comment below which it stands.
    pub parent: Option<String>,
    pub who: String,
    pub words: String,
    pub at: Timestamp,
}

#[derive(Default)]
pub struct Ledger {
    pub posts: Vec<Post>,
    /// The pictures of albums.
    pub pictures: HashMap<String, Vec<String>>,
    /// What names the account elsewhere, by the comment's id, or by that of the post for a caption: who and words.
    pub named: HashMap<String, (String, String)>,
    /// Messages: id, person, whether the account wrote it, words, when.
    pub messages: Vec<(String, String, bool, String, Timestamp)>,
    /// The bodies of messages, and of answers to mentions, as they were asked for.
    pub letters: Vec<Value>,
    pub answered: Vec<Value>,
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
    pub apps: Vec<Value>,
    pub scopes: Vec<&'static str>,
    next: usize,
}

pub struct FakeInstagram {
    pub site: FakeSite,
    ledger: Arc<Mutex<Ledger>>,
}

fn when(at: Timestamp) -> String {
    at.rfc3339().replace('Z', "+0000")
}

/// How people are called.
fn name_of(who: &str) -> String {
    match who {
        ACCOUNT => NAME.to_owned(),
        MIA => "mia".to_owned(),
        other => format!("user{other}"),
    }
}

impl Ledger {
    fn id(&mut self, base: usize) -> String {
        self.next += 1;
        (base + self.next).to_string()
    }

    /// The account posts something; gives its id.
    pub fn media(&mut self, words: &str, at: Timestamp) -> String {
        let id = self.id(900_000);
        let (media, parent) = (None, None);
        self.posts.push(Post { id: id.clone(), media, parent, who: ACCOUNT.into(), words: words.into(), at });
        id
    }

    /// Somebody comments, or answers a comment; gives the id.
    pub fn comment(&mut self, below: &str, who: &str, words: &str, at: Timestamp) -> String {
        let id = self.id(1_000_000);
        let found = self.posts.iter().find(|p| p.id == below).cloned().unwrap();
        let (media, parent) = match found.media {
            None => (below.to_owned(), None),
            // An answer to an answer stands below the comment that began the thread.
            Some(media) => (media, Some(found.parent.unwrap_or_else(|| below.to_owned()))),
        };
        let media = Some(media);
        self.posts.push(Post { id: id.clone(), media, parent, who: who.into(), words: words.into(), at });
        id
    }

    /// A person writes to the account, or the account to them; gives the id.
    pub fn message(&mut self, person: &str, own: bool, words: &str, at: Timestamp) -> String {
        self.next += 1;
        let id = format!("m_{}", self.next);
        self.messages.push((id.clone(), person.into(), own, words.into(), at));
        id
    }

    fn link(media: &str) -> String {
        format!("https://www.instagram.com/p/{media}/")
    }

    fn shown(&self, id: &str) -> Option<Value> {
        let post = self.posts.iter().find(|p| p.id == id)?;
        let name = name_of(&post.who);
        Some(match &post.media {
            None => json!({"id": id, "caption": post.words, "timestamp": when(post.at), "username": name,
                "permalink": Self::link(id), "media_type": "IMAGE",
                "children": {"data": self.pictures.get(id).into_iter().flatten().map(|p| json!({"id": p})).collect::<Vec<_>>()}}),
            Some(media) => {
                let mut value = json!({"id": id, "text": post.words, "timestamp": when(post.at), "username": name,
                    "from": {"id": post.who, "username": name}, "hidden": false,
                    "media": {"id": media, "permalink": Self::link(media)}});
                if let Some(parent) = &post.parent {
                    value["parent_id"] = json!(parent);
                }
                value
            }
        })
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

    /// What stands below a comment, newest first.
    fn replies(&self, comment: &str) -> Vec<Value> {
        let mut below: Vec<&Post> =
            self.posts.iter().filter(|p| p.parent.as_deref() == Some(comment)).collect();
        below.sort_by_key(|p| std::cmp::Reverse(p.at));
        below.iter().filter_map(|p| self.shown(&p.id)).collect()
    }

    /// The comments below something posted with what stands below each, newest first.
    fn comments(&self, media: &str) -> Vec<Value> {
        let begins = |p: &&Post| p.media.as_deref() == Some(media) && p.parent.is_none();
        let mut all: Vec<&Post> = self.posts.iter().filter(begins).collect();
        all.sort_by_key(|p| std::cmp::Reverse(p.at));
        let whole = |p: &&Post| {
            let mut value = self.shown(&p.id)?;
            value["replies"] = self.page_of(self.replies(&p.id), &HashMap::new());
            Some(value)
        };
        all.iter().filter_map(whole).collect()
    }

    /// The messages with a person, newest first.
    fn messages_with(&self, person: &str) -> Vec<Value> {
        let mut all: Vec<_> = self.messages.iter().filter(|m| m.1 == person).collect();
        all.sort_by_key(|m| std::cmp::Reverse(m.4));
        let side = |ours: bool| if ours { ACCOUNT } else { person };
        let one = |m: &&(String, String, bool, String, Timestamp)| {
            json!({"id": m.0, "message": m.3, "created_time": when(m.4),
                "from": {"id": side(m.2), "username": name_of(side(m.2))}, "to": {"data": [{"id": side(!m.2)}]}})
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
        let told = json!({ACCOUNT: [{"type": "instagram", "call_count": self.used, "total_cputime": 1, "total_time": 1,
            "estimated_time_to_regain_access": 0}]});
        reply.with("x-business-use-case-usage", told.to_string())
    }

    /// The account itself, or what names it elsewhere, which is asked for at the account.
    fn account(&self, fields: &str) -> Option<Value> {
        let id_in = |before: &str| {
            let rest = fields.strip_prefix(before)?;
            rest.split_once(')').map(|(id, _)| id.to_owned())
        };
        if let Some(id) = id_in("mentioned_comment.comment_id(") {
            let (who, words) = self.named.get(&id)?;
            return Some(
                json!({"id": ACCOUNT, "mentioned_comment": {"id": id, "text": words, "username": who,
                "timestamp": when(self.now), "media": {"id": "80", "permalink": Self::link("80")}}}),
            );
        }
        if let Some(id) = id_in("mentioned_media.media_id(") {
            let (who, words) = self.named.get(&id)?;
            return Some(
                json!({"id": ACCOUNT, "mentioned_media": {"id": id, "caption": words, "username": who,
                "timestamp": when(self.now), "permalink": Self::link(&id)}}),
            );
        }
        Some(json!({"id": ACCOUNT, "username": NAME}))
    }

    fn read(&mut self, asked: &Asked) -> Reply {
        if let Some(reply) = &self.reads {
            return reply.clone();
        }
        let query: HashMap<String, String> =
            url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
        let path: Vec<&str> = asked.path.trim_start_matches("/v26.0/").split('/').collect();
        let found = match path.as_slice() {
            ["me", "permissions"] => {
                let one = |s: &&str| json!({"permission": s, "status": "granted"});
                json!({"data": self.scopes.iter().map(one).collect::<Vec<_>>()})
            }
            [PAGE, "subscribed_apps"] => json!({"data": self.apps}),
            [ACCOUNT] => match self.account(query.get("fields").map_or("", String::as_str)) {
                Some(value) => value,
                None => return refusal(400, 100, 33),
            },
            [ACCOUNT, "media"] => {
                let mut posts: Vec<&Post> = self.posts.iter().filter(|p| p.media.is_none()).collect();
                posts.sort_by_key(|p| std::cmp::Reverse(p.at));
                let whole = |p: &&Post| {
                    let mut value = self.shown(&p.id)?;
                    value["comments"] = self.page_of(self.comments(&p.id), &HashMap::new());
                    Some(value)
                };
                let found = posts.iter().filter_map(whole).collect();
                self.page_of(found, &query)
            }
            [ACCOUNT, "tags"] => json!({"data": []}),
            [PAGE, "conversations"] => {
                let mut people: Vec<String> = self.messages.iter().map(|m| m.1.clone()).collect();
                people.sort();
                people.dedup();
                people.retain(|p| query.get("user_id").is_none_or(|u| u == p));
                let found = people.iter().map(|p| self.conversation(p)).collect();
                self.page_of(found, &query)
            }
            [id, "comments"] if self.shown(id).is_some() => self.page_of(self.comments(id), &query),
            [id, "replies"] if self.shown(id).is_some() => self.page_of(self.replies(id), &query),
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
            [ACCOUNT, "mentions"] => {
                self.answered.push(body);
                json!({"id": self.id(1_000_000)})
            }
            [id, "replies" | "comments"] if self.shown(id).is_some() => {
                let words = body["message"].as_str().unwrap().to_owned();
                json!({"id": self.comment(id, ACCOUNT, &words, now)})
            }
            [id] if self.shown(id).is_some() => {
                if asked.method == "DELETE" {
                    self.removed.push((*id).to_owned());
                } else {
                    self.hidden.push(((*id).to_owned(), body["hide"].as_bool().unwrap()));
                }
                json!({"success": true})
            }
            _ => return refusal(400, 100, 33),
        };
        lost.unwrap_or_else(|| Reply::ok(done.to_string()))
    }
}

impl FakeInstagram {
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
        json!({"name": "insta", "brand": "Acme", "instagram": {"account": ACCOUNT, "username": NAME, "page": PAGE,
            "token": TOKEN, "app_secret": APP_SECRET, "verify_token": "the word", "every_seconds": 1,
            "messages_every_seconds": 1, "human_agent": true, "api_url": self.site.url}})
    }
}

/// A delivery of one change of a field.
pub fn change(field: &str, value: &Value, at: Timestamp) -> Value {
    json!({"object": "instagram", "entry": [{"id": ACCOUNT, "time": at.millis() / 1_000,
        "changes": [{"field": field, "value": value}]}]})
}

/// A delivery of one message.
pub fn said(from: &str, to: &str, message: &Value, at: Timestamp) -> Value {
    json!({"object": "instagram", "entry": [{"id": ACCOUNT, "time": at.millis(), "messaging": [
        {"sender": {"id": from}, "recipient": {"id": to}, "timestamp": at.millis(), "message": message}]}]})
}
