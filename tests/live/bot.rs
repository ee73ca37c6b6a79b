//! The Bot API as a stub with a ledger of its own: every message, and everything it ever said.

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone)]
pub struct Bot {
    pub url: String,
    told: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Bot {
    pub async fn start() -> Self {
        let told: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().route("/{bot}/{method}", post(call)).with_state(told.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, told }
    }

    /// In how many messages an alert stands, and in how many of them it is marked as a repeat.
    /// Alerts are known by the end of their action's id.
    pub fn alerts(&self) -> BTreeMap<String, (usize, usize)> {
        let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for versions in self.told.lock().unwrap().iter() {
            let mut here: BTreeMap<String, bool> = BTreeMap::new();
            for (tag, repeat) in versions.iter().flat_map(|text| tags(text)) {
                *here.entry(tag).or_default() |= repeat;
            }
            for (tag, repeat) in here {
                let count = found.entry(tag).or_default();
                count.0 += 1;
                count.1 += usize::from(repeat);
            }
        }
        found
    }

    pub fn messages(&self) -> usize {
        self.told.lock().unwrap().len()
    }
}

/// The alerts that a text names: `alert 0123abcd`, with `(repeat)` behind it or not.
fn tags(text: &str) -> Vec<(String, bool)> {
    let after = text.match_indices("alert ").map(|(at, mark)| &text[at + mark.len()..]);
    after
        .map(|rest| {
            let tag: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            let repeat = rest[tag.len()..].starts_with(" (repeat)");
            (tag, repeat)
        })
        .collect()
}

fn message(id: usize, text: &str) -> Value {
    json!({
        "message_id": id, "date": 1_795_512_600, "text": text,
        "chat": { "id": -100, "type": "supergroup", "title": "Team" },
        "from": { "id": 42, "is_bot": true, "first_name": "webcared" },
    })
}

async fn call(
    State(told): State<Arc<Mutex<Vec<Vec<String>>>>>,
    Path((bot, method)): Path<(String, String)>,
    Json(ask): Json<Value>,
) -> Json<Value> {
    assert_eq!(bot, "bot123456:test");
    let text = ask["text"].as_str().unwrap_or_default().to_owned();
    let id = ask["message_id"].as_u64().unwrap_or_default() as usize;
    let result = match method.to_ascii_lowercase().as_str() {
        "getupdates" => {
            // The long poll of a chat in which nobody says anything.
            tokio::time::sleep(Duration::from_secs(ask["timeout"].as_u64().unwrap_or(1).clamp(1, 5))).await;
            json!([])
        }
        "sendmessage" => {
            let mut told = told.lock().unwrap();
            told.push(vec![text.clone()]);
            message(told.len(), &text)
        }
        "editmessagetext" => {
            told.lock().unwrap()[id - 1].push(text.clone());
            message(id, &text)
        }
        "editmessagereplymarkup" => message(id, "…"),
        "getme" => json!({
            "id": 42, "is_bot": true, "first_name": "webcared", "username": "webcared_bot",
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
            "can_connect_to_business": false, "has_main_web_app": false,
        }),
        _ => json!(true),
    };
    Json(json!({ "ok": true, "result": result }))
}

#[test]
fn alerts_are_found_in_texts() {
    let text = "#7 P1 Acme · alert 0a1b2c3d · x\n#8 P2 Acme · alert ffff0000 (repeat) · y";
    assert_eq!(tags(text), [("0a1b2c3d".to_owned(), false), ("ffff0000".to_owned(), true)]);
}
