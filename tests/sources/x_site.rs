//! A platform like X with a ledger of its own: posts and messages by number, tokens that are good once, a webhook that
//! it stops trusting, and answers that get lost after they were taken.

use crate::site::{Asked, FakeSite, Reply};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use webcared::domain::time::Timestamp;

pub const ME: &str = "1111";
pub const JAN: &str = "2222";
pub const APP_TOKEN: &str = "s3cret-app-token";
pub const API_SECRET: &str = "s3cret-api-secret-key";
pub const FIRST_REFRESH: &str = "s3cret-refresh-0";

/// What happens to the next write.
pub enum Fault {
    /// It is taken, and answered so.
    TakesAnd(Reply),
    /// It is not taken.
    Instead(Reply),
}

pub struct Ledger {
    pub tweets: Vec<Value>,
    pub messages: Vec<Value>,
    /// The bodies of posts as they were asked for.
    pub attempts: Vec<Value>,
    pub hidden: Vec<(String, bool)>,
    pub faults: VecDeque<Fault>,
    /// Answered to every read.
    pub reads: Option<Reply>,
    pub refresh: String,
    pub access: String,
    pub renewals: usize,
    /// Refresh tokens that were sent and are no longer good.
    pub stale: Vec<String>,
    pub receives_dm: bool,
    pub webhooks: Vec<Value>,
    pub subscriptions: Vec<Value>,
    /// How many subscriptions were made.
    pub made: usize,
    /// A kind of event that is refused to everybody.
    pub refused_kind: &'static str,
    pub checked: Vec<String>,
    /// What the filtered stream goes by.
    pub rules: Vec<Value>,
    /// What the filtered stream says before it ends.
    pub stream: String,
    pub page: usize,
    /// How many posts of this month's thousand were read, as it tells.
    pub used: i64,
    next: i64,
}

pub struct FakeX {
    pub site: FakeSite,
    ledger: Arc<Mutex<Ledger>>,
}

/// The id of something at an instant.
pub fn id_at(at: Timestamp, n: i64) -> String {
    (((at.millis() - 1_288_834_974_657) << 22) + n).to_string()
}

#[expect(clippy::unnecessary_wraps, reason = "the arms of a match want it so")]
fn ok(value: &Value) -> Option<Reply> {
    Some(Reply::ok(value.to_string()))
}

fn problem(status: u16, title: &str, detail: &str) -> Reply {
    let body = json!({"title": title, "detail": detail, "status": status, "type": "about:blank"});
    Reply { status, ..Reply::ok(body.to_string()) }
}

impl Ledger {
    fn number(&mut self, at: Timestamp) -> String {
        self.next += 1;
        id_at(at, self.next)
    }

    /// Somebody posts; gives the id.
    pub fn post(&mut self, at: Timestamp, author: &str, text: &str, parent: Option<&str>) -> String {
        let id = self.number(at);
        let named = text.to_lowercase().contains("@acme");
        let mut tweet = json!({"id": id, "author_id": author, "text": text, "created_at": at.rfc3339(), "lang": "en",
            "conversation_id": parent.unwrap_or(&id), "edit_history_tweet_ids": [id],
            "entities": {"mentions": if named { json!([{"username": "acme", "id": ME}]) } else { json!([]) }}});
        if let Some(parent) = parent {
            tweet["referenced_tweets"] = json!([{"type": "replied_to", "id": parent}]);
            let to = self.tweets.iter().find(|t| t["id"] == parent).map(|t| t["author_id"].clone());
            tweet["in_reply_to_user_id"] = to.unwrap_or_default();
        }
        self.tweets.push(tweet);
        id
    }

    pub fn tweet(&self, id: &str) -> Value {
        self.tweets.iter().find(|t| t["id"] == id).cloned().unwrap()
    }

    /// Its author changes it: another id, and both are known to belong together.
    pub fn edit(&mut self, id: &str, at: Timestamp, text: &str) -> String {
        let new = self.number(at);
        let mut tweet = self.tweet(id);
        let history = json!([id, new]);
        for old in self.tweets.iter_mut().filter(|t| t["id"] == id) {
            old["edit_history_tweet_ids"] = history.clone();
        }
        tweet["id"] = json!(new);
        tweet["text"] = json!(text);
        tweet["created_at"] = json!(at.rfc3339());
        tweet["edit_history_tweet_ids"] = history;
        self.tweets.push(tweet);
        new
    }

    /// Its author takes it back, with all versions.
    pub fn delete(&mut self, id: &str) {
        let is_it =
            |t: &Value| t["edit_history_tweet_ids"].as_array().is_some_and(|h| h.iter().any(|v| v == id));
        self.tweets.retain(|t| !is_it(t));
    }

    pub fn message(&mut self, at: Timestamp, sender: &str, text: &str) -> String {
        let id = self.number(at);
        self.messages
            .push(json!({"id": id, "event_type": "MessageCreate", "sender_id": sender, "text": text,
            "created_at": at.rfc3339(), "dm_conversation_id": format!("{ME}-{JAN}")}));
        id
    }

    fn users() -> Value {
        json!([{"id": JAN, "username": "jan_x", "name": "Jan", "public_metrics": {"followers_count": 97}},
            {"id": ME, "username": "acme", "name": "Acme"}])
    }

    fn page_of(&self, found: Vec<Value>, query: &HashMap<String, String>) -> Value {
        let number = |v: &Value| v["id"].as_str().unwrap().parse::<i64>().unwrap();
        let since = query.get("since_id").and_then(|s| s.parse::<i64>().ok()).unwrap_or(0);
        let mut found: Vec<Value> = found.into_iter().filter(|t| number(t) > since).collect();
        found.sort_by_key(|t| -number(t));
        let from: usize =
            query.get("pagination_token").or(query.get("next_token")).map_or(0, |t| t.parse().unwrap());
        let more = found.len() > from + self.page;
        let page: Vec<Value> = found.into_iter().skip(from).take(self.page).collect();
        let mut value = json!({"meta": {"result_count": page.len()}});
        if more {
            value["meta"]["next_token"] = json!((from + self.page).to_string());
        }
        if !page.is_empty() {
            let above: Vec<Value> = page
                .iter()
                .filter_map(|t| t["referenced_tweets"][0]["id"].as_str())
                .filter_map(|id| self.tweets.iter().find(|t| t["id"] == id).cloned())
                .collect();
            value["includes"] = json!({"users": Self::users(), "tweets": above});
            value["data"] = json!(page);
        }
        value
    }

    fn by_id(&self, ids: &str) -> Value {
        let (mut data, mut errors) = (Vec::new(), Vec::new());
        for id in ids.split(',') {
            match self.tweets.iter().find(|t| t["id"] == id) {
                Some(tweet) => data.push(tweet.clone()),
                None => errors
                    .push(json!({"resource_id": id, "resource_type": "tweet", "title": "Not Found Error",
                    "type": "https://api.x.com/2/problems/resource-not-found"})),
            }
        }
        let mut value = json!({"includes": {"users": Self::users()}});
        if !data.is_empty() {
            value["data"] = json!(data);
        }
        if !errors.is_empty() {
            value["errors"] = json!(errors);
        }
        value
    }

    fn token(&mut self, asked: &Asked) -> Reply {
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
        let sent = form.get("refresh_token").cloned().unwrap_or_default();
        if sent != self.refresh || form.get("grant_type").map(String::as_str) != Some("refresh_token") {
            self.stale.push(sent);
            let body = json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."});
            return Reply { status: 400, ..Reply::ok(body.to_string()) };
        }
        self.renewals += 1;
        (self.access, self.refresh) =
            (format!("s3cret-access-{}", self.renewals), format!("s3cret-refresh-{}", self.renewals));
        Reply::ok(
            json!({"token_type": "bearer", "expires_in": 7200, "access_token": self.access,
                "refresh_token": self.refresh,
                "scope": "tweet.read users.read tweet.write dm.read dm.write offline.access"})
            .to_string(),
        )
    }

    fn write(&mut self, take: impl FnOnce(&mut Self) -> Value) -> Reply {
        match self.faults.pop_front() {
            Some(Fault::Instead(reply)) => reply,
            Some(Fault::TakesAnd(reply)) => {
                take(self);
                reply
            }
            None => {
                let body = take(self);
                Reply { status: 201, ..Reply::ok(body.to_string()) }
            }
        }
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Option<Reply> {
        let path: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        if path == ["2", "oauth2", "token"] {
            return Some(self.token(asked));
        }
        let bearer =
            asked.header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned();
        let is_app = bearer == APP_TOKEN;
        if !is_app && (bearer != self.access || bearer.is_empty()) {
            return Some(problem(401, "Unauthorized", "Unauthorized"));
        }
        if asked.method == "GET"
            && let Some(reply) = &self.reads
        {
            return Some(reply.clone());
        }
        let query: HashMap<String, String> =
            url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let (method, path) = (asked.method.as_str(), &path[1..]);
        let read = self.read((method, path), &query, is_app);
        let found = read.or_else(|| self.change((method, path), &body, now));
        let found = found.or_else(|| self.subscribe((method, path), &body, is_app));
        let found = found.or_else(|| if is_app { self.manage((method, path), &body) } else { None });
        found.or_else(|| Some(problem(404, "Not Found", "no such page")))
    }

    fn read(&self, asked: (&str, &[&str]), query: &HashMap<String, String>, is_app: bool) -> Option<Reply> {
        let newest =
            |t: &&Value| t["edit_history_tweet_ids"].as_array().and_then(|h| h.last()) == Some(&t["id"]);
        match asked {
            ("GET", ["users", "me"]) => ok(&json!({"data": {"id": ME, "username": "acme"}})),
            ("GET", ["users", ME, "mentions"]) => {
                let names = |t: &&Value| {
                    t["author_id"] != ME
                        && (t["entities"]["mentions"][0]["id"] == ME || t["in_reply_to_user_id"] == ME)
                };
                let found = self.tweets.iter().filter(names).filter(newest).cloned().collect();
                ok(&self.page_of(found, query))
            }
            ("GET", ["users", ME, "tweets"]) => {
                let found = self.tweets.iter().filter(|t| t["author_id"] == ME).cloned().collect();
                ok(&self.page_of(found, query))
            }
            ("GET", ["tweets", "counts", "recent"]) if is_app => ok(&json!({"data": []})),
            ("GET", ["usage", "tweets"]) if is_app && self.used >= 0 => {
                ok(&json!({"data": {"project_cap": "1000", "project_usage": self.used.to_string()}}))
            }
            ("GET", ["tweets", "search", "recent"]) if is_app => {
                let found =
                    self.tweets.iter().filter(|t| t["author_id"] != ME).filter(newest).cloned().collect();
                ok(&self.page_of(found, query))
            }
            ("GET", ["tweets", "search", "stream"]) if is_app => Some(Reply::ok(self.stream.clone())),
            ("GET", ["tweets", "search", "stream", "rules"]) if is_app => ok(&json!({"data": self.rules})),
            ("GET", ["tweets"]) => ok(&self.by_id(query.get("ids")?)),
            ("GET", ["users", id]) => ok(&json!({"data": {"id": id, "receives_your_dm": self.receives_dm}})),
            ("GET", ["dm_events"] | ["dm_conversations", "with", JAN, "dm_events"]) => {
                ok(&self.page_of(self.messages.clone(), query))
            }
            _ => None,
        }
    }

    fn change(&mut self, asked: (&str, &[&str]), body: &Value, now: Timestamp) -> Option<Reply> {
        match asked {
            ("POST", ["tweets"]) => {
                self.attempts.push(body.clone());
                let text = body["text"].as_str().unwrap_or_default().to_owned();
                let parent = body["reply"]["in_reply_to_tweet_id"].as_str().map(ToOwned::to_owned);
                Some(self.write(|l| {
                    let id = l.post(now, ME, &text, parent.as_deref());
                    json!({"data": {"id": id, "text": text, "edit_history_tweet_ids": [id]}})
                }))
            }
            ("PUT", ["tweets", id, "hidden"]) => {
                let hidden = body["hidden"].as_bool().unwrap_or_default();
                self.hidden.push(((*id).to_owned(), hidden));
                ok(&json!({"data": {"hidden": hidden}}))
            }
            ("POST", ["dm_conversations", "with", JAN, "messages"]) => {
                let text = body["text"].as_str().unwrap_or_default().to_owned();
                Some(self.write(|l| {
                    let id = l.message(now, ME, &text);
                    json!({"data": {"dm_conversation_id": format!("{ME}-{JAN}"), "dm_event_id": id}})
                }))
            }
            _ => None,
        }
    }

    /// What is not public is delivered to whom the account itself asks for; what is, to an app that asks for it.
    fn subscribe(&mut self, asked: (&str, &[&str]), body: &Value, is_app: bool) -> Option<Reply> {
        let ("POST", ["activity", "subscriptions"]) = asked else { return None };
        let kind = body["event_type"].as_str().unwrap_or_default();
        if kind == self.refused_kind {
            return Some(problem(403, "Forbidden", "this event is not for you"));
        }
        if is_app && kind != "post.delete" {
            let why = "OauthAccessTokenRequired: OAuth user access token is required for this event type";
            return Some(problem(400, "Invalid Request", why));
        }
        let mut made = body.clone();
        self.made += 1;
        made["subscription_id"] = json!(format!("sub{}", self.made));
        self.subscriptions.push(made);
        ok(&json!({"data": {}}))
    }

    fn manage(&mut self, asked: (&str, &[&str]), body: &Value) -> Option<Reply> {
        match asked {
            ("GET", ["webhooks"]) => {
                ok(&json!({"data": self.webhooks, "meta": {"result_count": self.webhooks.len()}}))
            }
            ("POST", ["webhooks"]) => {
                let hook = json!({"id": "77", "url": body["url"], "valid": true});
                self.webhooks.push(hook.clone());
                ok(&json!({"data": hook}))
            }
            ("PUT", ["webhooks", id]) => {
                self.checked.push((*id).to_owned());
                for hook in &mut self.webhooks {
                    hook["valid"] = json!(true);
                }
                ok(&json!({"data": {"attempted": true}}))
            }
            ("POST", ["tweets", "search", "stream", "rules"]) => {
                if let Some(ids) = body["delete"]["ids"].as_array() {
                    self.rules.retain(|r| !ids.contains(&r["id"]));
                }
                for rule in body["add"].as_array().into_iter().flatten() {
                    let mut rule = rule.clone();
                    rule["id"] = json!(format!("made-{}", self.rules.len()));
                    self.rules.push(rule);
                }
                ok(&json!({"meta": {}}))
            }
            ("GET", ["activity", "subscriptions"]) => ok(&json!({"data": self.subscriptions})),
            ("DELETE", ["activity", "subscriptions", id]) => {
                self.subscriptions.retain(|s| s["subscription_id"] != *id);
                ok(&json!({"data": {"deleted": true}}))
            }
            _ => None,
        }
    }
}

impl FakeX {
    pub async fn start(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let site = FakeSite::start().await;
        let ledger = Arc::new(Mutex::new(Ledger {
            tweets: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
            hidden: Vec::new(),
            faults: VecDeque::new(),
            reads: None,
            refresh: FIRST_REFRESH.to_owned(),
            access: String::new(),
            renewals: 0,
            stale: Vec::new(),
            receives_dm: true,
            webhooks: Vec::new(),
            used: 0,
            subscriptions: Vec::new(),
            made: 0,
            refused_kind: "",
            checked: Vec::new(),
            rules: Vec::new(),
            stream: String::new(),
            page: 100,
            next: 0,
        }));
        let inner = ledger.clone();
        site.decide(move |asked| inner.lock().unwrap().answer(asked, now()));
        Self { site, ledger }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub fn config(&self) -> Value {
        json!({"name": "x", "brand": "Acme", "x": {"account": "acme", "user_id": ME, "api_url": self.site.url,
            "client_id": "app", "client_secret": "s3cret-of-the-app", "refresh_token": FIRST_REFRESH,
            "app_token": APP_TOKEN, "api_secret": API_SECRET, "every_seconds": 1, "messages_every_seconds": 1,
            "search": false}})
    }
}

/// A delivery of a post, as the platform documents it.
pub fn delivered(kind: &str, tweet: &Value) -> Value {
    json!({"data": {"event_uuid": "-6850470", "event_type": kind, "filter": {"user_id": ME}, "tag": "x",
        "payload": tweet, "includes": {"users": Ledger::users()}}})
}

/// A delivery of a message.
pub fn delivered_message(message: &Value) -> Value {
    let sender = message["sender_id"].as_str().unwrap();
    let recipient = if sender == ME { JAN } else { ME };
    let at = Timestamp::parse(message["created_at"].as_str().unwrap()).unwrap().millis().to_string();
    json!({"data": {"event_uuid": "-6850471", "event_type": "dm.received", "filter": {"user_id": ME}, "payload": {
        "direct_message_events": [{"type": "message_create", "id": message["id"], "created_timestamp": at,
            "message_create": {"target": {"recipient_id": recipient}, "sender_id": sender,
                "message_data": {"text": message["text"], "entities": {}}}}],
        "users": {sender: {"data": {"id": sender, "username": "jan_x", "name": "Jan",
            "public_metrics": {"followers_count": 97}}}}}}})
}
