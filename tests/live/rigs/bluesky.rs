//! Bluesky as its authors publish it: directory, personal data server and view of posts in one
//! process of node, with a redis and a fresh PostgreSQL database of its own. Accounts of this rig are
//! *somebody else*: customers, or the brand's owner in the platform's own app; they talk plain XRPC.
//!
//! [`Network::start`] and [`Network::start_limited`] (rate limits on, from a fresh count) start it;
//! `pds` is the address that a client with an account is given, `view` answers without an account.
//! [`Network::create_account`] gives an [`Account`]: `post`, `reply`, `write` (any record),
//! `delete`, `app_password`, and to look: `thread`, `posts_of`, `notifications`, `query`, `call`.
//! A handle in a text (`@brand.test`) becomes a mention, as apps do it; without that the platform
//! tells nobody. Reading back over the view takes a moment: wait. Direct messages and the Jetstream
//! form of the stream are not part of this network; its raw stream is at
//! `ws://…/xrpc/com.atproto.sync.subscribeRepos` of `pds`.

use super::{Process, Redis, asked, done, installed};
use crate::database::Database;
use crate::place::has_postgres;
use crate::sender::{client, now};
use serde_json::{Value, json};
use std::path::Path;

const POST: &str = "app.bsky.feed.post";

/// The network as it runs; it ends when this is dropped.
pub struct Network {
    /// The data server's address, without a slash at its end.
    pub pds: String,
    /// The view's address, which answers what needs no account.
    pub view: String,
    // In this order: the network first, then what it stands on.
    _process: Process,
    _redis: Redis,
    _database: Database,
}

impl Network {
    pub async fn start() -> Option<Self> {
        Self::start_with("off").await
    }

    /// With the platform's rate limits.
    pub async fn start_limited() -> Option<Self> {
        Self::start_with("on").await
    }

    async fn start_with(limits: &str) -> Option<Self> {
        let (packages, node) = (installed("node/node_modules/@atproto/dev-env")?, crate::tool("node")?);
        if !has_postgres() {
            eprintln!("no PostgreSQL server was given; Bluesky is left out");
            return None;
        }
        let redis = Redis::start().await?;
        let (database, schema) = fresh_database().await;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/peers/bluesky.mjs");
        let home = packages.ancestors().nth(3).unwrap();
        let mut process = Process::start(&node, |command, _| {
            command.arg(script).current_dir(home).env("NODE_ENV", "test").env("RATE_LIMITS", limits);
            command.env("DB_POSTGRES_URL", database.url()).env("DB_POSTGRES_SCHEMA", schema);
            command.env("REDIS_HOST", format!("127.0.0.1:{}", redis.port));
        });
        let told = process.ready(|log| async move {
            let line = log.lines().find(|l| l.starts_with("{\"ready\""))?;
            serde_json::from_str::<Value>(line).ok()
        });
        let told = told.await;
        let at = |key: &str| told[key].as_str().unwrap().to_owned();
        Some(Self { pds: at("pds"), view: at("view"), _process: process, _redis: redis, _database: database })
    }

    /// A new account; handles end in `.test`.
    pub async fn create_account(&self, handle: &str) -> Account {
        let password = format!("password of {handle}");
        let ask =
            json!({ "handle": handle, "email": format!("{handle}@mail.example"), "password": password });
        let url = format!("{}/xrpc/com.atproto.server.createAccount", self.pds);
        let made = done(client().post(url).json(&ask)).await;
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        let (pds, handle) = (self.pds.clone(), handle.to_owned());
        Account { did: text("did"), handle, password, pds, token: text("accessJwt") }
    }
}

/// A database of its own, and a schema's name for the view, which takes letters only.
async fn fresh_database() -> (Database, String) {
    let server = std::env::var("WEBCARED_TEST_POSTGRES")
        .or_else(|_| std::env::var("WEBCARED_TEST_POSTGRES_DURABLE"))
        .unwrap();
    let database = Database::create(&server, "bluesky").await;
    let url = database.url();
    let digits = url.rsplit('/').next().unwrap().bytes().filter(u8::is_ascii_digit);
    let letters: String = digits.map(|b| char::from(b - b'0' + b'a')).collect();
    (database, format!("peer_{letters}"))
}

/// A record that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub uri: String,
    pub cid: String,
}

impl Posted {
    fn of(body: &Value) -> Self {
        let text = |key: &str| body[key].as_str().unwrap_or_else(|| panic!("no {key}: {body}")).to_owned();
        Self { uri: text("uri"), cid: text("cid") }
    }

    fn reference(&self) -> Value {
        json!({ "uri": self.uri, "cid": self.cid })
    }

    /// The record's key, the last part of its address.
    pub fn key(&self) -> &str {
        self.uri.rsplit('/').next().unwrap()
    }
}

/// A post as it stands in its author's repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub uri: String,
    pub text: String,
    /// The address of what it answers.
    pub answers: Option<String>,
}

/// Somebody with an account, logged in with the password.
pub struct Account {
    pub did: String,
    pub handle: String,
    pub password: String,
    pds: String,
    token: String,
}

impl Account {
    /// A query, with its status: `query("app.bsky.feed.getPosts", &[("uris", uri)])`.
    pub async fn query(&self, method: &str, parameters: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/xrpc/{method}", self.pds);
        asked(client().get(url).query(parameters).bearer_auth(&self.token)).await
    }

    /// A procedure, with its status; where nothing is to be told, the body is `null`.
    pub async fn call(&self, method: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/xrpc/{method}", self.pds);
        let call = client().post(url).bearer_auth(&self.token);
        asked(if body.is_null() { call } else { call.json(body) }).await
    }

    async fn must(&self, method: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, body).await;
        assert_eq!(status, 200, "{method}: {answer}");
        answer
    }

    /// A post that stands for itself, written now.
    pub async fn post(&self, text: &str) -> Posted {
        self.write(self.record(text).await).await
    }

    /// An answer to `to` in the conversation that `root` began.
    pub async fn reply(&self, text: &str, root: &Posted, to: &Posted) -> Posted {
        let mut record = self.record(text).await;
        record["reply"] = json!({ "root": root.reference(), "parent": to.reference() });
        self.write(record).await
    }

    /// A post as a record, to be changed before it is written: handles become mentions.
    pub async fn record(&self, text: &str) -> Value {
        let mut facets = Vec::new();
        for (start, end) in handles(text) {
            let (status, found) =
                self.query("com.atproto.identity.resolveHandle", &[("handle", &text[start + 1..end])]).await;
            if status == 200 {
                facets.push(json!({
                    "index": { "byteStart": start, "byteEnd": end },
                    "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": found["did"] }],
                }));
            }
        }
        json!({ "$type": POST, "text": text, "createdAt": now().rfc3339(), "langs": ["en"], "facets": facets })
    }

    /// Writes a record as it is, under a key that the server chooses.
    pub async fn write(&self, record: Value) -> Posted {
        let ask = json!({ "repo": self.did, "collection": POST, "record": record });
        Posted::of(&self.must("com.atproto.repo.createRecord", &ask).await)
    }

    /// Deletes a post of its own; that it is gone already is fine.
    pub async fn delete(&self, post: &Posted) {
        let ask = json!({ "repo": self.did, "collection": POST, "rkey": post.key() });
        self.must("com.atproto.repo.deleteRecord", &ask).await;
    }

    /// A password for an app, as the owner makes one in the settings.
    pub async fn app_password(&self, name: &str) -> String {
        let made = self.must("com.atproto.server.createAppPassword", &json!({ "name": name })).await;
        made["password"].as_str().unwrap().to_owned()
    }

    /// The thread of a post as the view shows it, with its status: 400 where it is gone.
    pub async fn thread(&self, uri: &str) -> (u16, Value) {
        self.query("app.bsky.feed.getPostThread", &[("uri", uri), ("depth", "20")]).await
    }

    /// The newest hundred posts in the repository of an account, by handle or DID, newest key first.
    /// This is what was written, without the view's delay.
    pub async fn posts_of(&self, account: &str) -> Vec<Post> {
        let ask = [("repo", account), ("collection", POST), ("limit", "100")];
        let (status, found) = self.query("com.atproto.repo.listRecords", &ask).await;
        assert_eq!(status, 200, "{found}");
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let one = |r: &Value| Post {
            uri: text(&r["uri"]),
            text: text(&r["value"]["text"]),
            answers: r.pointer("/value/reply/parent/uri").map(text),
        };
        found["records"].as_array().unwrap().iter().map(one).collect()
    }

    /// The newest hundred notifications. Without `priority=false` the platform may leave out
    /// everybody whom the account does not follow.
    pub async fn notifications(&self) -> Vec<Value> {
        let ask = [("priority", "false"), ("limit", "100")];
        let (status, mut found) = self.query("app.bsky.notification.listNotifications", &ask).await;
        assert_eq!(status, 200, "{found}");
        found["notifications"].as_array_mut().map(std::mem::take).unwrap()
    }
}

/// Where handles stand in a text, in bytes, with the sign before them.
fn handles(text: &str) -> Vec<(usize, usize)> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let end = |at: usize| at + 1 + text[at + 1..].find(|c| !part(c)).unwrap_or(text.len() - at - 1);
    let found = text.match_indices('@').map(|(at, _)| (at, end(at)));
    // A full stop that ends the sentence is no part of the handle.
    found.map(|(at, end)| (at, at + text[at..end].trim_end_matches('.').len())).collect()
}

#[test]
fn handles_are_found_by_bytes() {
    let text = "Grüße @brand.test. Und @x?";
    let found: Vec<&str> = handles(text).into_iter().map(|(a, b)| &text[a..b]).collect();
    assert_eq!(found, ["@brand.test", "@x"]);
}
