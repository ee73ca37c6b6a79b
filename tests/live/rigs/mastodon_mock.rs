//! A server of Mastodon's API that nobody here wrote (`mastodon_mock` in Python), with everything in
//! memory. Users of this rig are *somebody else*: customers, or the brand's owner in another app.
//!
//! [`Server::start`] starts it; `url` is its address. [`Server::brand`] is the account that is there
//! from the start and whose token a connector is given; [`Server::user`] makes another. A [`User`]
//! can `post`, `reply`, `direct`, `edit`, `delete`, and look: `statuses_of`, `notifications`,
//! `thread`, `get`, `send`. [`Server::fault`] makes the next calls of a path fail ([`Fault`]), before
//! the server does anything with them. It differs from Mastodon: a deleted status leaves its
//! notification behind with `"status": null`, anybody may read private statuses, an answer to a
//! status that never was is taken, times have microseconds, `x-ratelimit-reset` is epoch seconds.

use super::{Process, asked, done, installed};
use crate::daemon::free_port;
use crate::sender::client;
use serde_json::{Value, json};

/// What a call meets instead of an answer.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// 429, with the headers that say when the next call may come.
    TooMany,
    /// 429, and the next call may come in so many seconds.
    TooManyFor(u64),
    /// This status.
    Status(u16),
    /// 200 with half a body.
    Malformed,
    /// The call is carried out, so many milliseconds later.
    Late(u32),
}

/// The server as it runs; it ends when this is dropped.
pub struct Server {
    /// Its address, without a slash at its end.
    pub url: String,
    _process: Process,
}

impl Server {
    pub async fn start() -> Option<Self> {
        let program = installed("python/bin/mastodon_mock")?;
        let port = free_port();
        let mut process = Process::start(&program, |command, _| {
            let port = port.to_string();
            command.args(["serve", "--in-memory", "--host", "127.0.0.1", "--port", &port]);
        });
        let url = format!("http://127.0.0.1:{port}");
        let looked = format!("{url}/api/v1/instance");
        let there = |_| async { client().get(&looked).send().await.ok().filter(|a| a.status() == 200) };
        process.ready(there).await;
        Some(Self { url, _process: process })
    }

    /// The account of the brand, there from the start: `@testuser`.
    pub async fn brand(&self) -> User {
        self.logged_in("mock_token").await
    }

    /// A new account.
    pub async fn user(&self, name: &str) -> User {
        let url = format!("{}/api/v1/_mock/dev_user", self.url);
        let made = done(client().post(url).json(&json!({ "username": name }))).await;
        self.logged_in(made["access_token"].as_str().unwrap()).await
    }

    async fn logged_in(&self, token: &str) -> User {
        let url = format!("{}/api/v1/accounts/verify_credentials", self.url);
        let me = done(client().get(url).bearer_auth(token)).await;
        let text = |key: &str| me[key].as_str().unwrap().to_owned();
        User { id: text("id"), acct: text("acct"), token: token.to_owned(), server: self.url.clone() }
    }

    /// The next `count` calls of this method and path (`*` stands for anything) meet a fault.
    pub async fn fault(&self, method: &str, path: &str, fault: Fault, count: u32) {
        let effect = match fault {
            Fault::TooMany => json!({ "type": "ratelimit" }),
            Fault::TooManyFor(seconds) => {
                let reset = crate::sender::now().millis() as u64 / 1000 + seconds;
                let wait = seconds.to_string();
                let headers = json!({ "X-RateLimit-Reset": reset.to_string(), "Retry-After": wait });
                json!({ "type": "ratelimit", "headers": headers })
            }
            Fault::Status(status) => json!({ "type": "status", "status": status }),
            Fault::Malformed => json!({ "type": "malformed" }),
            Fault::Late(ms) => json!({ "type": "latency", "delay_ms": ms }),
        };
        let ask = json!({ "match": { "methods": [method], "path": path }, "effect": effect, "count": count });
        done(client().post(format!("{}/api/v1/_mock/faults", self.url)).json(&ask)).await;
    }

    /// Takes all faults back.
    pub async fn clear_faults(&self) {
        let (status, body) = asked(client().delete(format!("{}/api/v1/_mock/faults", self.url))).await;
        assert!((200..300).contains(&status), "{status} {body}");
    }
}

/// Somebody with an account.
pub struct User {
    pub id: String,
    /// The name with which others mention it.
    pub acct: String,
    pub token: String,
    server: String,
}

impl User {
    /// A path, with its status.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        asked(client().get(format!("{}{path}", self.server)).bearer_auth(&self.token)).await
    }

    /// A call with a body, with its status: `send("POST", "/api/v1/statuses", …)`.
    pub async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = client().request(method, format!("{}{path}", self.server));
        asked(request.json(body).bearer_auth(&self.token)).await
    }

    async fn must(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// A public status; gives its id.
    pub async fn post(&self, text: &str) -> String {
        self.write(&json!({ "status": text })).await
    }

    /// A public answer; gives its id.
    pub async fn reply(&self, text: &str, to: &str) -> String {
        self.write(&json!({ "status": text, "in_reply_to_id": to })).await
    }

    /// A status that only those named in it are to see; gives its id.
    pub async fn direct(&self, text: &str, to: Option<&str>) -> String {
        self.write(&json!({ "status": text, "in_reply_to_id": to, "visibility": "direct" })).await
    }

    async fn write(&self, ask: &Value) -> String {
        let made = self.must("POST", "/api/v1/statuses", ask).await;
        made["id"].as_str().unwrap().to_owned()
    }

    pub async fn edit(&self, id: &str, text: &str) {
        self.must("PUT", &format!("/api/v1/statuses/{id}"), &json!({ "status": text })).await;
    }

    pub async fn delete(&self, id: &str) {
        self.must("DELETE", &format!("/api/v1/statuses/{id}"), &Value::Null).await;
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let (status, mut found) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {found}");
        found.as_array_mut().map(std::mem::take).unwrap()
    }

    /// The newest forty statuses of an account, by its id.
    pub async fn statuses_of(&self, account: &str) -> Vec<Value> {
        self.list(&format!("/api/v1/accounts/{account}/statuses?limit=40")).await
    }

    /// The newest forty notifications.
    pub async fn notifications(&self) -> Vec<Value> {
        self.list("/api/v1/notifications?limit=40").await
    }

    /// What stands below a status, with its status: 404 where it is gone.
    pub async fn thread(&self, id: &str) -> (u16, Value) {
        self.get(&format!("/api/v1/statuses/{id}/context")).await
    }
}
