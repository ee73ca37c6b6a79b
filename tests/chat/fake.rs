//! A Bot API with a ledger of its own and faults on order.
//!
//! Method names are taken in either case of their first letter. Updates are handed out with the
//! platform's offset: asking from an offset forgets what lies before it. Limits of the platform
//! (length, size of button data, loopback addresses) are checked here as the platform does.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What goes wrong with the next message or edit.
#[derive(Clone, Debug)]
pub enum Fault {
    TooMany(i64),
    Markup,
    /// It is accepted, and the answer breaks off.
    Lost,
    /// It is accepted, and no answer comes.
    Hang,
    Migrate(i64),
    Blocked,
    /// The topic is deleted.
    NoTopic,
    Conflict,
}

#[derive(Clone, Debug)]
pub struct Told {
    pub chat: i64,
    pub id: i64,
    pub text: String,
    pub html: bool,
    pub keyboard: Value,
    pub edits: Vec<String>,
    /// The topic in which it stands.
    pub topic: Option<i64>,
}

#[derive(Default)]
pub struct Ledger {
    pub told: Vec<Told>,
    pub answers: Vec<(String, String)>,
    pub calls: Vec<String>,
    pub faults: VecDeque<Fault>,
    pub poll_faults: VecDeque<Fault>,
    updates: Vec<Value>,
    next_update: i64,
    /// The language of the app of each user, where it tells one.
    pub languages: std::collections::HashMap<i64, &'static str>,
    /// Messages that privacy mode kept from the bot.
    pub withheld: usize,
    /// What people put into messages: the platform's id and the bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// Which of it was fetched.
    pub fetched: Vec<String>,
}

#[derive(Clone)]
pub struct Fake {
    pub ledger: Arc<Mutex<Ledger>>,
    pub url: String,
}

impl Fake {
    pub async fn start() -> Self {
        let ledger = Arc::new(Mutex::new(Ledger { next_update: 700, ..Ledger::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/{bot}/{method}", post(call))
            .route("/file/{bot}/{path}", get(file))
            .with_state(ledger.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { ledger, url }
    }

    pub fn fault(&self, fault: Fault) {
        self.ledger.lock().unwrap().faults.push_back(fault);
    }

    pub fn told(&self) -> Vec<Told> {
        self.ledger.lock().unwrap().told.clone()
    }

    pub fn answers(&self) -> Vec<(String, String)> {
        self.ledger.lock().unwrap().answers.clone()
    }

    pub fn waiting(&self) -> usize {
        self.ledger.lock().unwrap().updates.len()
    }

    fn push(&self, mut update: Value) {
        let mut l = self.ledger.lock().unwrap();
        if is_withheld(&update) {
            l.withheld += 1;
            return;
        }
        for place in ["/message/from", "/callback_query/from"] {
            let code = update.pointer(place).and_then(|f| l.languages.get(&f["id"].as_i64()?));
            if let Some(code) = code.copied() {
                update.pointer_mut(place).unwrap()["language_code"] = json!(code);
            }
        }
        l.next_update += 1;
        update["update_id"] = json!(l.next_update);
        l.updates.push(update);
    }

    /// Somebody presses the button with this text below a message.
    pub fn press(&self, user: i64, told: &Told, button: &str) {
        let rows = told.keyboard["inline_keyboard"].as_array().cloned().unwrap_or_default();
        let all: Vec<Value> = rows.iter().flat_map(|r| r.as_array().cloned().unwrap_or_default()).collect();
        let found = all.iter().find(|b| b["text"] == button);
        let data =
            found.unwrap_or_else(|| panic!("no button {button} in {}", told.keyboard))["callback_data"]
                .clone();
        self.press_data(user, told.chat, told.id, data.as_str().unwrap());
    }

    pub fn press_data(&self, user: i64, chat: i64, message: i64, data: &str) {
        let n = self.ledger.lock().unwrap().next_update;
        self.push(json!({ "callback_query": {
            "id": format!("q{n}"), "chat_instance": "1", "data": data,
            "from": { "id": user, "is_bot": false, "first_name": "Ann" },
            "message": in_topic(message_json(chat, message, "…"), self.topic_of(chat, message)),
        }}));
    }

    fn topic_of(&self, chat: i64, message: i64) -> Option<i64> {
        let l = self.ledger.lock().unwrap();
        l.told.iter().find(|t| t.chat == chat && t.id == message)?.topic
    }

    /// Somebody says something in a topic of a group.
    pub fn say_in(&self, user: i64, (chat, topic): (i64, i64), text: &str) {
        let mut message = in_topic(message_json(chat, 1, text), Some(topic));
        message["from"] = json!({ "id": user, "is_bot": false, "first_name": "Ann" });
        self.push(json!({ "message": message }));
    }

    /// The app of somebody tells its language.
    pub fn speaks(&self, user: i64, code: &'static str) {
        self.ledger.lock().unwrap().languages.insert(user, code);
    }

    pub fn say(&self, user: i64, chat: i64, text: &str) {
        let mut message = message_json(chat, 1, text);
        message["from"] = json!({ "id": user, "is_bot": false, "first_name": "Ann" });
        self.push(json!({ "message": message }));
    }

    /// Somebody replies to a message of the bot.
    pub fn reply(&self, user: i64, told: &Told, text: &str) {
        let mut message = in_topic(message_json(told.chat, 900, text), told.topic);
        message["from"] = json!({ "id": user, "is_bot": false, "first_name": "Ann" });
        message["reply_to_message"] = message_json(told.chat, told.id, "…");
        self.push(json!({ "message": message }));
    }

    /// Somebody replies to a message of the bot with something that is no text; `more` is what the message then holds,
    /// with its caption.
    pub fn reply_with(&self, user: i64, told: &Told, mut more: Value) {
        let mut message = in_topic(message_json(told.chat, 901, ""), told.topic);
        message["from"] = json!({ "id": user, "is_bot": false, "first_name": "Ann" });
        message["reply_to_message"] = message_json(told.chat, told.id, "…");
        let message = message.as_object_mut().unwrap();
        message.remove("text");
        message.append(more.as_object_mut().unwrap());
        self.push(json!({ "message": message }));
    }

    /// A document as a message holds it, which can be fetched.
    pub fn document(&self, name: &str, bytes: &[u8]) -> Value {
        let mut l = self.ledger.lock().unwrap();
        let id = format!("documents/file_{}", l.files.len());
        l.files.push((id.clone(), bytes.to_vec()));
        json!({ "document": { "file_id": id, "file_unique_id": id, "file_name": name, "file_size": bytes.len(),
            "mime_type": "application/octet-stream" } })
    }

    /// A picture as a message holds it, in two sizes of which the larger can be fetched.
    pub fn picture(&self, bytes: &[u8]) -> Value {
        let mut l = self.ledger.lock().unwrap();
        let id = format!("photos/file_{}", l.files.len());
        l.files.push((id.clone(), bytes.to_vec()));
        json!({ "photo": [
            { "file_id": "small", "file_unique_id": "s", "width": 9, "height": 9, "file_size": 9 },
            { "file_id": id, "file_unique_id": id, "width": 90, "height": 90, "file_size": bytes.len() },
        ] })
    }

    /// The buttons below a message.
    pub fn buttons(told: &Told) -> Vec<String> {
        let rows = told.keyboard["inline_keyboard"].as_array().cloned().unwrap_or_default();
        let all = rows.iter().flat_map(|r| r.as_array().cloned().unwrap_or_default());
        all.map(|b| b["text"].as_str().unwrap().to_owned()).collect()
    }
}

/// What privacy mode keeps from a bot in a group: all but commands, replies to its own messages, and presses.
fn is_withheld(update: &Value) -> bool {
    let Some(message) = update.get("message") else { return false };
    let in_group = message["chat"]["id"].as_i64().is_some_and(|id| id < 0);
    let command = message["text"].as_str().is_some_and(|t| t.starts_with('/'));
    let to_us = message.pointer("/reply_to_message/from/id") == Some(&json!(42));
    in_group && !command && !to_us
}

fn in_topic(mut message: Value, topic: Option<i64>) -> Value {
    if let Some(topic) = topic {
        message["message_thread_id"] = json!(topic);
        message["is_topic_message"] = json!(true);
    }
    message
}

fn message_json(chat: i64, id: i64, text: &str) -> Value {
    let kind = if chat < 0 { "supergroup" } else { "private" };
    json!({
        "message_id": id, "date": 1_795_512_600, "text": text,
        "chat": { "id": chat, "type": kind, "title": "Team", "first_name": "Ann" },
        "from": { "id": 42, "is_bot": true, "first_name": "webcared" },
    })
}

fn no(code: u16, text: &str, parameters: Value) -> Response {
    let body = json!({ "ok": false, "error_code": code, "description": text, "parameters": parameters });
    (axum::http::StatusCode::from_u16(code).unwrap(), Json(body)).into_response()
}

fn yes(result: Value) -> Response {
    Json(json!({ "ok": true, "result": result })).into_response()
}

async fn call(
    State(ledger): State<Arc<Mutex<Ledger>>>,
    Path((bot, method)): Path<(String, String)>,
    Json(ask): Json<Value>,
) -> Response {
    if bot != "bot123:TEST" {
        return no(401, "Unauthorized", Value::Null);
    }
    let mut method = method;
    method[..1].make_ascii_lowercase();
    if method == "getUpdates" {
        return updates(&ledger, &ask).await;
    }
    let (answer, fault) = {
        let mut l = ledger.lock().unwrap();
        l.calls.push(method.clone());
        let fault = if matches!(method.as_str(), "answerCallbackQuery" | "getMe") {
            None
        } else {
            l.faults.pop_front()
        };
        let refused = match &fault {
            Some(Fault::TooMany(s)) => {
                Some(no(429, &format!("Too Many Requests: retry after {s}"), json!({ "retry_after": s })))
            }
            Some(Fault::Markup) => {
                Some(no(400, "Bad Request: can't parse entities: Unsupported start tag", Value::Null))
            }
            Some(Fault::Migrate(to)) => {
                let text = "Bad Request: group chat was upgraded to a supergroup chat";
                Some(no(400, text, json!({ "migrate_to_chat_id": to })))
            }
            Some(Fault::NoTopic) => Some(no(400, "Bad Request: message thread not found", Value::Null)),
            Some(Fault::Blocked) => Some(no(403, "Forbidden: bot was blocked by the user", Value::Null)),
            _ => None,
        };
        (refused.unwrap_or_else(|| act(&mut l, &method, &ask)), fault)
    };
    match fault {
        Some(Fault::Hang) => {
            tokio::time::timeout(Duration::from_secs(60), std::future::pending::<()>()).await.ok();
            answer
        }
        Some(Fault::Lost) => {
            let broken = futures_util::stream::iter([Err::<String, _>(std::io::Error::other("lost"))]);
            Body::from_stream(broken).into_response()
        }
        _ => answer,
    }
}

fn act(l: &mut Ledger, method: &str, ask: &Value) -> Response {
    let text = ask["text"].as_str().unwrap_or_default().to_owned();
    let chat = ask["chat_id"].as_i64().unwrap_or_default();
    let html = ask["parse_mode"] == "HTML";
    let keyboard = ask["reply_markup"].clone();
    if let Some(refusal) = refusal(method, &text, &keyboard) {
        return no(400, refusal, Value::Null);
    }
    match method {
        "getMe" => yes(json!({
            "id": 42, "is_bot": true, "first_name": "webcared", "username": "webcared_bot",
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
            "can_connect_to_business": false, "has_main_web_app": false,
        })),
        "getChat" if chat > 0 => no(400, "Bad Request: chat not found", Value::Null),
        "getChat" => yes(json!({ "id": chat, "type": "supergroup", "title": "Webcare" })),
        "sendMessage" => {
            assert_eq!(ask["link_preview_options"]["is_disabled"], true);
            let id = l.told.len() as i64 + 1;
            let topic = ask["message_thread_id"].as_i64();
            l.told.push(Told { chat, id, text: text.clone(), html, keyboard, edits: Vec::new(), topic });
            yes(message_json(chat, id, &text))
        }
        "editMessageText" | "editMessageReplyMarkup" => {
            let id = ask["message_id"].as_i64().unwrap_or_default();
            let Some(told) = l.told.iter_mut().find(|t| t.chat == chat && t.id == id) else {
                return no(400, "Bad Request: message to edit not found", Value::Null);
            };
            if method == "editMessageText" {
                if told.text == text && told.keyboard == keyboard {
                    let same = "Bad Request: message is not modified: specified new message content and reply \
                                markup are exactly the same as a current content and reply markup of the message";
                    return no(400, same, Value::Null);
                }
                let before = std::mem::replace(&mut told.text, text);
                told.edits.push(before);
            }
            told.keyboard = keyboard;
            yes(message_json(chat, id, &told.text))
        }
        "getFile" => {
            let id = ask["file_id"].as_str().unwrap_or_default();
            match l.files.iter().find(|(known, _)| known == id) {
                Some((id, bytes)) => {
                    yes(json!({ "file_id": id, "file_unique_id": id, "file_size": bytes.len(),
                    "file_path": id }))
                }
                None => {
                    no(400, "Bad Request: wrong file_id or the file is temporarily unavailable", Value::Null)
                }
            }
        }
        "answerCallbackQuery" => {
            let query = ask["callback_query_id"].as_str().unwrap_or_default().to_owned();
            l.answers.push((query, text));
            yes(json!(true))
        }
        other => panic!("unexpected method {other}"),
    }
}

async fn file(
    State(ledger): State<Arc<Mutex<Ledger>>>,
    Path((bot, path)): Path<(String, String)>,
) -> Response {
    assert_eq!(bot, "bot123:TEST");
    let mut l = ledger.lock().unwrap();
    let found = l.files.iter().find(|(id, _)| *id == path).map(|(_, bytes)| bytes.clone());
    l.fetched.push(path);
    match found {
        Some(bytes) => bytes.into_response(),
        None => no(404, "Not Found", Value::Null),
    }
}

fn refusal(method: &str, text: &str, keyboard: &Value) -> Option<&'static str> {
    if method.ends_with("Text") || method == "sendMessage" {
        let mut plain = String::new();
        let mut inside = false;
        for c in text.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => plain.push(c),
                _ => {}
            }
        }
        if plain.is_empty() {
            return Some("Bad Request: message text is empty");
        }
        if plain.encode_utf16().count() > 4096 {
            return Some("Bad Request: message is too long");
        }
    }
    for button in
        keyboard["inline_keyboard"].as_array().into_iter().flatten().flat_map(|r| r.as_array().unwrap())
    {
        if button["callback_data"].as_str().is_some_and(|d| d.is_empty() || d.len() > 64) {
            return Some("Bad Request: BUTTON_DATA_INVALID");
        }
        if button["url"].as_str().is_some_and(|u| u.contains("127.0.0.1") || u.contains("localhost")) {
            return Some("Bad Request: BUTTON_URL_INVALID");
        }
    }
    None
}

async fn updates(ledger: &Mutex<Ledger>, ask: &Value) -> Response {
    let timeout = ask["timeout"].as_u64().unwrap_or(0).min(1);
    let rounds = if timeout == 0 { 1 } else { 10 };
    for round in 0..rounds {
        {
            let mut l = ledger.lock().unwrap();
            if let Some(Fault::Conflict) = l.poll_faults.pop_front() {
                let text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is \
                            running";
                return no(409, text, Value::Null);
            }
            if let Some(offset) = ask["offset"].as_i64() {
                l.updates.retain(|u| u["update_id"].as_i64().unwrap() >= offset);
            }
            if !l.updates.is_empty() || round + 1 == rounds {
                let found: Vec<Value> = l.updates.iter().take(100).cloned().collect();
                return yes(json!(found));
            }
        }
        tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await.ok();
    }
    yes(json!([]))
}
