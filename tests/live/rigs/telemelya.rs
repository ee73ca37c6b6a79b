//! A Bot API that nobody here wrote (`telemelya` in Python, with a redis), and what it needs around it.
//!
//! [`Server::start`] starts it; `url` is what `[chat.telegram] api_url` is given. It keeps a ledger of
//! the calls that it took ([`Server::taken`]) and plays people ([`Server::press`], [`Server::say`]).
//! In between stands a bridge of our own, for three things that it has not: it knows only methods that
//! begin with a small letter, where the real API does not care; it has no `getUpdates`, so the bridge
//! is its webhook and hands on what came in there, numbered; and it wants an S3 at its start, of which
//! it is given one that says yes to everything. The bridge changes nothing else.

use super::{Process, Redis, asked, done, installed};
use crate::daemon::free_port;
use crate::sender::client;
use crate::wait_within;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The key of its control API.
const KEY: &str = "control";

/// The server as it runs; it ends when this is dropped.
pub struct Server {
    /// What a bot is given as the address of the Bot API.
    pub url: String,
    control: String,
    bot: String,
    _process: Process,
    _redis: Redis,
}

impl Server {
    /// Starts it for the bot with this token.
    pub async fn start(token: &str) -> Option<Self> {
        let program = installed("python/bin/telemelya-server")?;
        let redis = Redis::start().await?;
        let (port, storage) = (free_port(), yes_to_everything().await);
        let mut process = Process::start(&program, |command, _| {
            command.env("MOCK_SERVER_HOST", "127.0.0.1").env("MOCK_SERVER_PORT", port.to_string());
            command.env("REDIS_URL", format!("redis://127.0.0.1:{}/0", redis.port));
            command.env("MINIO_ENDPOINT", storage).env("AUTH_KEYS", KEY).env("STRICT_EDIT", "true");
        });
        let api = format!("http://127.0.0.1:{port}");
        let control = format!("{api}/api/v1/test");
        let health = format!("{control}/health");
        let well = |_| async {
            let answer = client().get(&health).bearer_auth(KEY).send().await.ok()?;
            let told: Value = answer.json().await.ok()?;
            told["ok"].as_bool().filter(|ok| *ok)
        };
        process.ready(well).await;
        let url = bridge(api.clone()).await;
        let hook = json!({ "url": format!("{url}/updates") });
        done(client().post(format!("{api}/bot{token}/setWebhook")).json(&hook)).await;
        Some(Self { url, control, bot: token.to_owned(), _process: process, _redis: redis })
    }

    /// The calls that it took of this method, in order, each as it understood it, with what came in
    /// under `raw`.
    pub async fn taken(&self, method: &str) -> Vec<Value> {
        let all = done(client().get(format!("{}/responses", self.control)).bearer_auth(KEY)).await;
        let list = all["responses"].as_array().unwrap();
        list.iter().filter(|call| call["method"] == method).cloned().collect()
    }

    /// Somebody presses the button with this data below a message; gives the id by which the press
    /// is answered.
    pub async fn press(&self, person: i64, chat: i64, message: i64, data: &str) -> String {
        let ask = json!({
            "chat_id": chat, "callback_data": data, "callback_message_id": message,
            "from_user": { "id": person, "first_name": "Somebody" },
        });
        let told = self.play(ask).await;
        told.pointer("/update/callback_query/id").unwrap().as_str().unwrap().to_owned()
    }

    /// Somebody writes a command.
    pub async fn say(&self, person: i64, chat: i64, command: &str) {
        let from = json!({ "id": person, "first_name": "Somebody" });
        self.play(json!({ "chat_id": chat, "command": command, "from_user": from })).await;
    }

    async fn play(&self, what: Value) -> Value {
        let url = format!("{}/send_update", self.control);
        let ask = client().post(url).query(&[("bot_token", &self.bot)]).json(&what);
        let (status, told) = asked(ask.bearer_auth(KEY)).await;
        assert_eq!((status, &told["ok"]), (200, &json!(true)), "{told}");
        told
    }
}

/// A storage that has every bucket; where it listens.
async fn yes_to_everything() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let app = Router::new().fallback(any(|| async { StatusCode::OK }));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    at
}

#[derive(Clone)]
struct Bridge {
    api: String,
    /// The updates that nobody acknowledged yet, and how many there were.
    waiting: Arc<Mutex<(Vec<Value>, i64)>>,
}

/// Starts the bridge; its address.
async fn bridge(api: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new()
        .route("/updates", post(keep))
        .route("/{bot}/{method}", post(hand_on))
        .with_state(Bridge { api, waiting: Arc::default() });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

/// Its own numbers begin anew every few hours, and an offset needs them to rise.
async fn keep(State(bridge): State<Bridge>, Json(mut update): Json<Value>) -> &'static str {
    let mut waiting = bridge.waiting.lock().unwrap();
    waiting.1 += 1;
    update["update_id"] = waiting.1.into();
    waiting.0.push(update);
    ""
}

async fn hand_on(
    State(bridge): State<Bridge>,
    Path((bot, method)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if method.eq_ignore_ascii_case("getUpdates") {
        return updates(&bridge, &body).await.into_response();
    }
    let small: String =
        method.chars().take(1).map(|c| c.to_ascii_lowercase()).chain(method.chars().skip(1)).collect();
    let mut call = client().post(format!("{}/{bot}/{small}", bridge.api)).body(body);
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        call = call.header(header::CONTENT_TYPE, kind);
    }
    let Ok(answer) = call.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    let text = answer.text().await.unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// What came in by the webhook from the offset on; what lies before it was acknowledged.
async fn updates(bridge: &Bridge, body: &[u8]) -> Json<Value> {
    let ask: Value = serde_json::from_slice(body).unwrap_or_default();
    let offset = ask["offset"].as_i64().unwrap_or_default();
    let from_offset = || {
        let mut waiting = bridge.waiting.lock().unwrap();
        waiting.0.retain(|update| update["update_id"].as_i64().unwrap_or_default() >= offset);
        waiting.0.clone()
    };
    let look = || async { Some(from_offset()).filter(|found| !found.is_empty()) };
    let found = wait_within(Duration::from_secs(2), look).await.unwrap_or_default();
    Json(json!({ "ok": true, "result": found }))
}
