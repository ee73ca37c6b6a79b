//! A forum that stands in for Discourse, with a ledger of what was posted in it.

use crate::site::{Asked, FakeSite, Reply};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use webcared::domain::time::{Span, Timestamp};

pub const NOON: Timestamp = Timestamp(1_795_608_000_000);
pub const ACCOUNT: &str = "acme_care";

/// How the forum takes the next request to post.
#[derive(Clone, Debug)]
pub enum Mood {
    /// Refuses it.
    Refuses(Reply),
    /// Takes it, and answers so.
    TakesAnd(Reply),
    /// Keeps it for a moderator.
    Enqueues,
}

#[derive(Default)]
pub struct Ledger {
    pub posts: Vec<Value>,
    /// What was posted by its interface, in order: topic and words.
    pub posted: Vec<(i64, String)>,
    pub moods: VecDeque<Mood>,
    /// Measures that were taken, in words.
    pub measures: Vec<String>,
    /// How measures are answered instead.
    pub refuses_measures: Option<Reply>,
    /// Whether our account is a moderator.
    pub moderator: bool,
    /// Whether the key may not ask who it is.
    pub narrow: bool,
    /// Who takes no messages.
    pub closed: Vec<String>,
    /// Requests that were answered, as the real one remembers them for two minutes.
    remembered: Vec<(String, Value)>,
    /// How many posts a page holds.
    pub page: usize,
    /// Whether it forgets requests at once, so that the same one again is another.
    pub forgets: bool,
    /// When the first post is made, less a hundred seconds; each comes a second after the one before.
    pub base: Timestamp,
}

pub struct FakeForum {
    pub site: FakeSite,
    ledger: Arc<Mutex<Ledger>>,
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeForum {
    pub async fn start() -> Self {
        let site = FakeSite::start().await;
        let ledger = Arc::new(Mutex::new(Ledger { page: 20, base: NOON, ..Ledger::default() }));
        let kept = ledger.clone();
        site.decide(move |asked| Some(lock(&kept).answer(asked)));
        Self { site, ledger }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Somebody posts: topic, number in it, author, words; gives the id.
    pub fn post(&self, topic: i64, number: i64, who: (i64, &str), text: &str) -> i64 {
        self.ledger().add(topic, number, who, text)
    }

    /// Changes a post.
    pub fn change(&self, id: i64, change: &Value) {
        let mut ledger = self.ledger();
        let post = ledger.posts.iter_mut().find(|p| p["id"] == id).unwrap();
        for (key, value) in change.as_object().unwrap() {
            post[key] = value.clone();
        }
    }

    /// A post as a delivery shows it.
    pub fn shown(&self, id: i64) -> Value {
        self.ledger().posts.iter().find(|p| p["id"] == id).unwrap().clone()
    }
}

impl Ledger {
    fn add(&mut self, topic: i64, number: i64, (user, name): (i64, &str), text: &str) -> i64 {
        let id = 100 + self.posts.len() as i64;
        let at = self.base.plus(Span::seconds(id)).rfc3339();
        self.posts.push(json!({
            "id": id, "user_id": user, "username": name, "name": format!("{name} N."), "created_at": at, "updated_at": at,
            "raw": text, "cooked": format!("<p>{text}</p>"), "post_number": number, "post_type": 1,
            "reply_to_post_number": null, "topic_id": topic, "topic_slug": "s", "topic_title": format!("Topic {topic}"),
            "category_id": topic % 10, "version": 1, "staff": false, "hidden": false, "user_deleted": false,
            "actions_summary": [{"id": 2}], "something_new": {"a": 1},
        }));
        id
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        if asked.header("api-key") != Some("s3cret-key-of-the-forum")
            || asked.header("api-username") != Some(ACCOUNT)
        {
            return refused(
                403,
                "You are not permitted to view the requested resource. The API username or key is invalid.",
            );
        }
        let is_measure = asked.path.starts_with("/post_actions")
            || asked.path.ends_with("/notification_level.json")
            || (asked.method == "PUT" || asked.method == "DELETE");
        if is_measure {
            return self.measure(asked);
        }
        if asked.method == "POST" {
            return self.take(asked);
        }
        let path: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        let number = |text: &str| text.trim_end_matches(".json").parse::<i64>().unwrap_or(0);
        match path.as_slice() {
            ["posts.json"] => self.list(asked, "latest_posts", false),
            ["private-posts.json"] => self.list(asked, "private_posts", true),
            ["posts", "by_number", topic, n] => {
                let (topic, n) = (number(topic), number(n));
                self.one(|p| p["topic_id"] == topic && p["post_number"] == n)
            }
            ["posts", id] => {
                let id = number(id);
                self.one(|p| p["id"] == id)
            }
            ["t", id] => self.topic(number(id)),
            ["t", id, "posts.json"] => {
                let id = number(id);
                let posts: Vec<&Value> = self
                    .posts
                    .iter()
                    .filter(|p| {
                        p["topic_id"] == id && asked.query.contains(&format!("post_ids%5B%5D={}", p["id"]))
                    })
                    .collect();
                ok(&json!({"id": id, "post_stream": {"posts": posts}}))
            }
            ["u", name] => {
                let name = name.trim_end_matches(".json");
                let closed = self.closed.iter().any(|c| c == name);
                if name == "nobody" {
                    return refused(404, "The requested URL or resource could not be found.");
                }
                ok(
                    &json!({"user": {"id": 900, "username": name, "can_send_private_message_to_user": !closed}}),
                )
            }
            ["session", _] if self.narrow => {
                refused(403, "You are not permitted to view the requested resource.")
            }
            ["session", "current.json"] => {
                ok(&json!({"current_user": {"id": 900, "username": ACCOUNT, "moderator": self.moderator}}))
            }
            ["c", id, "show.json"] if number(id) < 10 => {
                ok(&json!({"category": {"id": number(id), "name": format!("Category {id}")}}))
            }
            ["topics", "private-messages-sent", _] => {
                let mut ids: Vec<i64> = self
                    .posts
                    .iter()
                    .filter(|p| is_private(p) && p["username"] == ACCOUNT)
                    .map(|p| p["topic_id"].as_i64().unwrap())
                    .collect();
                ids.dedup();
                let topics: Vec<Value> = ids.iter().rev().map(|id| json!({"id": id})).collect();
                ok(&json!({"topic_list": {"topics": topics}}))
            }
            _ => refused(404, "The requested URL or resource could not be found."),
        }
    }

    fn list(&self, asked: &Asked, root: &str, private: bool) -> Reply {
        let before = asked.query.split('&').find_map(|p| p.strip_prefix("before=")?.parse::<i64>().ok());
        let below = |p: &&Value| before.is_none_or(|b| p["id"].as_i64().unwrap() < b);
        let page: Vec<Value> = self
            .posts
            .iter()
            .rev()
            .filter(below)
            .filter(|p| is_private(p) == private && p["post_type"] != 4 && p["deleted_at"].is_null())
            .take(self.page)
            .map(|p| {
                let mut shown = p.clone();
                shown.as_object_mut().unwrap().remove("topic_archetype");
                shown
            })
            .collect();
        ok(&json!({ root: page }))
    }

    fn one(&self, is_it: impl Fn(&Value) -> bool) -> Reply {
        match self.posts.iter().find(|p| is_it(p)) {
            Some(post) => {
                let mut shown = post.clone();
                for key in ["topic_title", "category_id", "topic_archetype"] {
                    shown.as_object_mut().unwrap().remove(key);
                }
                ok(&shown)
            }
            None => refused(404, "The requested URL or resource could not be found."),
        }
    }

    fn topic(&self, id: i64) -> Reply {
        let stream: Vec<i64> =
            self.posts.iter().filter(|p| p["topic_id"] == id).map(|p| p["id"].as_i64().unwrap()).collect();
        let Some(first) = self.posts.iter().find(|p| p["topic_id"] == id) else {
            return refused(404, "The requested URL or resource could not be found.");
        };
        ok(&json!({"id": id, "title": first["topic_title"], "category_id": first["category_id"],
            "archetype": if is_private(first) { "private_message" } else { "regular" },
            "post_stream": {"posts": [], "stream": stream}}))
    }

    /// Something done to a post or its author, as the real one takes it: a like or a word to the moderators once.
    fn measure(&mut self, asked: &Asked) -> Reply {
        if let Some(reply) = &self.refuses_measures {
            return reply.clone();
        }
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let path: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        if let Some(reply) = self.moderate(asked, &path, &body) {
            return reply;
        }
        if asked.method == "PUT" {
            self.measures.push(format!("{} {}", body["notification_level"].as_str().unwrap(), path[1]));
            return ok(&json!({"success": "OK"}));
        }
        let takes = asked.method == "POST";
        let id = if takes {
            body["id"].as_i64().unwrap()
        } else {
            path[1].trim_end_matches(".json").parse().unwrap()
        };
        if takes && body["take_action"] == "true" {
            let post = self.posts.iter_mut().find(|p| p["id"] == id).unwrap();
            post["hidden"] = json!(true);
            self.measures.push(format!("hide {id}"));
            return ok(&json!({"id": id}));
        }
        let kind = if takes { body["post_action_type_id"].as_i64().unwrap() } else { 2 };
        let post = self.posts.iter_mut().find(|p| p["id"] == id).unwrap();
        let done = post["actions_summary"].as_array_mut().unwrap();
        done.retain(|a| a["id"] != kind);
        done.push(json!({"id": kind, "acted": takes}));
        self.measures.push(match (takes, kind) {
            (true, 2) => format!("like {id}"),
            (true, _) => format!("tell {id} {}", body["message"].as_str().unwrap()),
            (false, _) => format!("unlike {id}"),
        });
        ok(&json!({"id": id}))
    }

    /// What only a moderator may do.
    fn moderate(&mut self, asked: &Asked, path: &[&str], body: &Value) -> Option<Reply> {
        let number = |text: &str| text.trim_end_matches(".json").parse::<i64>().unwrap_or(0);
        let mut change = |is_it: &dyn Fn(&Value) -> bool, key: &str, to: &Value| {
            for post in self.posts.iter_mut().filter(|p| is_it(p)) {
                post[key] = to.clone();
            }
        };
        let (gone, back) = (json!("2026-11-24T12:00:00.000Z"), Value::Null);
        let said = match (asked.method.as_str(), path) {
            ("PUT", ["posts", id, "unhide.json"]) => {
                change(&|p| p["id"] == number(id), "hidden", &json!(false));
                format!("unhide {id}")
            }
            ("PUT", ["posts", id, "recover.json"]) => {
                change(&|p| p["id"] == number(id), "deleted_at", &back);
                format!("recover post {id}")
            }
            ("DELETE", ["posts", id]) => {
                change(&|p| p["id"] == number(id), "deleted_at", &gone);
                format!("delete post {}", number(id))
            }
            ("PUT", ["t", id, "recover.json"]) => {
                change(&|p| p["topic_id"] == number(id), "deleted_at", &back);
                format!("recover topic {id}")
            }
            ("DELETE", ["t", id]) => {
                change(&|p| p["topic_id"] == number(id), "deleted_at", &gone);
                format!("delete topic {}", number(id))
            }
            ("PUT", ["t", id, "status.json"]) => {
                format!(
                    "{} {} topic {id}",
                    body["status"].as_str().unwrap(),
                    body["enabled"].as_str().unwrap()
                )
            }
            ("PUT", ["admin", "users", id, "silence.json"]) => {
                format!(
                    "silence {id} {} {}",
                    body["silenced_till"].as_str().unwrap(),
                    body["reason"].as_str().unwrap()
                )
            }
            ("PUT", ["admin", "users", id, "unsilence.json"]) => format!("unsilence {id}"),
            _ => return None,
        };
        self.measures.push(said);
        Some(ok(&json!({"success": "OK"})))
    }

    fn take(&mut self, asked: &Asked) -> Reply {
        let mood = self.moods.pop_front();
        if let Some(Mood::Refuses(reply)) = mood {
            return reply;
        }
        if let Some((_, answer)) = self.remembered.iter().find(|(b, _)| *b == asked.body && !self.forgets) {
            return ok(answer);
        }
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let raw = body["raw"].as_str().unwrap().to_owned();
        if matches!(mood, Some(Mood::Enqueues)) {
            return ok(&json!({"action": "enqueued", "success": true, "pending_count": 1}));
        }
        if self.posted.iter().any(|(_, words)| *words == raw) {
            let said = "Body is too similar to what you recently posted";
            return refused(422, said);
        }
        let message = body["archetype"] == "private_message";
        let topic =
            if message { 9_000 + self.posts.len() as i64 } else { body["topic_id"].as_i64().unwrap() };
        let number = 1 + self.posts.iter().filter(|p| p["topic_id"] == topic).count() as i64;
        let id = self.add(topic, number, (900, ACCOUNT), &raw);
        let as_private = message || self.posts.iter().any(|p| p["topic_id"] == topic && is_private(p));
        let post = self.posts.last_mut().unwrap();
        post["reply_to_post_number"] = body["reply_to_post_number"].clone();
        if as_private {
            post["topic_archetype"] = json!("private_message");
        }
        if let Some(title) = body["title"].as_str() {
            post["topic_title"] = json!(title);
        }
        self.posted.push((topic, raw));
        let answer = self.posts.iter().find(|p| p["id"] == id).unwrap().clone();
        self.remembered.push((asked.body.clone(), answer.clone()));
        match mood {
            Some(Mood::TakesAnd(reply)) => reply,
            _ => ok(&answer),
        }
    }
}

fn is_private(post: &Value) -> bool {
    post["topic_archetype"] == "private_message"
}

fn ok(value: &Value) -> Reply {
    Reply::ok(value.to_string()).with("content-type", "application/json")
}

pub fn refused(code: u16, said: &str) -> Reply {
    Reply { body: json!({"errors": [said], "error_type": "x"}).to_string(), ..Reply::status(code) }
}
