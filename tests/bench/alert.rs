//! M5: from a delivery to the first message of a burst at the chat's API, idle and while 500 other
//! posts a second come in.
//!
//! `cargo bench --bench alert`, with `-- --alerts 300` for more of them. Chat and senders are
//! processes of their own on this machine, so that one clock tells both ends. Each alert goes to a
//! team that has heard nothing yet: what is measured is never held back by the law of bursts.

#![allow(clippy::allow_attributes, missing_docs, clippy::pedantic, reason = "a benchmark")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

mod support;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::daemon::{self, Daemon, now};
use support::machine::{self, beside, in_child};
use support::web::{Connection, Sender};
use support::{Args, load, quantile, shown, within};

/// Posts a second beside the urgent ones.
const RATE: usize = 500;
/// Between two urgent posts.
const GAP: Duration = Duration::from_millis(150);
/// Chats of teams count from here.
const FIRST_CHAT: i64 = 1_000;

fn main() {
    let args = Args::of_process();
    match args.value("--child") {
        Some("chat") => chat(args.number("--port", 0) as u16),
        Some("urgent") => println!("{}", urgent(&args)),
        Some("load") => load::steady(args.number("--port", 0) as u16, RATE),
        _ => measure(&args),
    }
}

fn measure(args: &Args) {
    let alerts = args.number("--alerts", 120);
    let chat_port = machine::free_port();
    let _chat = beside(&["--child", "chat", "--port", &chat_port.to_string()]);
    machine::wait_for(chat_port, "/told", Duration::from_secs(20)).expect("the chat answers");
    let folder = machine::folder("alert");
    let program = daemon::built_with_benchmarks();
    let daemon = Daemon::start(&program, &folder, |port| settings(port, chat_port, 2 * alerts));
    // Leases are taken, pages are warm.
    std::thread::sleep(Duration::from_secs(3));
    let idle = run(&daemon, chat_port, 0, alerts);
    report("idle", &idle, 250.0);
    let _load = beside(&["--child", "load", "--port", &daemon.port.to_string()]);
    std::thread::sleep(Duration::from_secs(3));
    let busy = run(&daemon, chat_port, alerts, alerts);
    report("at 500 posts/s", &busy, 1000.0);
    let settled = daemon.figure("webcared_settled_total");
    println!(
        "alert: {} posts were settled meanwhile, {} received",
        shown(settled),
        shown(daemon.figure("webcared_received_total"))
    );
}

fn report(name: &str, (alerts, answers): &(Vec<f64>, Vec<f64>), limit: f64) {
    let mut answers = answers.clone();
    let mut alerts = alerts.clone();
    println!(
        "alert {name}: acknowledged in ms: median {}, 99th percentile {}; {} alerts told in ms: median {}, max {}",
        shown(quantile(&mut answers, 0.5)),
        shown(quantile(&mut answers, 0.99)),
        alerts.len(),
        shown(quantile(&mut alerts, 0.5)),
        shown(quantile(&mut alerts, 1.0)),
    );
    within(&format!("alert {name}: post to chat, 99th percentile"), "ms", quantile(&mut alerts, 0.99), limit);
}

/// Sends urgent posts to brands from `from` on; how long each took to the chat, and to its answer.
fn run(daemon: &Daemon, chat_port: u16, from: usize, count: usize) -> (Vec<f64>, Vec<f64>) {
    let (port, first, n) = (daemon.port.to_string(), from.to_string(), count.to_string());
    let sent = in_child(&["--child", "urgent", "--port", &port, "--from", &first, "--count", &n]);
    let begun = Instant::now();
    loop {
        let answer = machine::get(chat_port, "/told").expect("the chat answers");
        let told: HashMap<String, f64> =
            serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
        let took: Vec<f64> = sent
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|s| {
                let told = told.get(&(FIRST_CHAT + s[0].as_i64().unwrap()).to_string())?;
                Some((told - s[1].as_f64().unwrap()) / 1000.0)
            })
            .collect();
        if took.len() == count {
            let answers = sent.as_array().unwrap().iter().map(|s| s[2].as_f64().unwrap() / 1000.0);
            return (took, answers.collect());
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{} of {count} alerts were told", took.len());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A brand and a chat for each urgent post, and the brand of the other posts with a chat of its own.
fn settings(port: u16, chat_port: u16, brands: usize) -> String {
    let mut text = daemon::settings(port);
    let mut teams = vec![format!("{{ chat = 999, brands = [\"{}\"] }}", support::corpus::BRAND)];
    for n in 0..brands {
        text += &format!("[[brand]]\nname = \"Team {n}\"\nhandles = [\"team{n}x\"]\n");
        teams.push(format!("{{ chat = {}, brands = [\"Team {n}\"] }}", FIRST_CHAT + n as i64));
    }
    text + &format!(
        "[chat.telegram]\ntoken = \"123456:bench\"\napi_url = \"http://127.0.0.1:{chat_port}\"\nteams = [{}]\n",
        teams.join(", ")
    )
}

fn micros() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1e6
}

fn post_of(id: &str, text: &str) -> String {
    json!({
        "platform": "mastodon", "external_id": id, "author": { "id": format!("author-{id}"), "handle": id },
        "text": text, "created_at": now().rfc3339(), "conversation_id": format!("thread-{id}"), "lang": "en",
    })
    .to_string()
}

fn urgent(args: &Args) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (from, count) = (args.number("--from", 0), args.number("--count", 1));
    runtime.block_on(async {
        let mut connection = Connection::open(args.number("--port", 0) as u16).await;
        let sender = Sender::default();
        let mut sent = Vec::new();
        for n in from..from + count {
            tokio::time::sleep(GAP).await;
            let text = format!(
                "@team{n}x the charger you sold me caught fire in the night, the curtain burned and my son is in \
                 hospital, what do I do now??"
            );
            let body = post_of(&format!("urgent{n}"), &text);
            let request = sender.delivery(&format!("urgent_{n}"), body.as_bytes());
            let at = micros();
            let answer = connection.ask(&request).await;
            assert_eq!(answer.status, 202);
            sent.push(json!([n, at, micros() - at]));
        }
        json!(sent)
    })
}

type Told = Arc<Mutex<HashMap<String, f64>>>;

/// A chat that writes down when the first message to each of its rooms was handed over.
fn chat(port: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let told: Told = Arc::default();
        let router = Router::new()
            .route("/told", get(|State(told): State<Told>| async move { Json(told.lock().unwrap().clone()) }))
            .route("/{bot}/{method}", post(call))
            .with_state(told);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}

async fn call(
    State(told): State<Told>,
    Path((_, method)): Path<(String, String)>,
    Json(ask): Json<Value>,
) -> Json<Value> {
    let at = micros();
    let chat = ask["chat_id"].as_i64().or_else(|| ask["chat_id"].as_str()?.parse().ok()).unwrap_or(0);
    let message = json!({
        "message_id": 1, "date": now().millis() / 1000, "text": ask["text"],
        "chat": { "id": chat, "type": "private", "first_name": "Team" },
        "from": { "id": 42, "is_bot": true, "first_name": "webcared" },
    });
    let result = match method.to_ascii_lowercase().as_str() {
        "getupdates" => {
            tokio::time::sleep(Duration::from_secs(ask["timeout"].as_u64().unwrap_or(1).clamp(1, 5))).await;
            json!([])
        }
        "sendmessage" => {
            told.lock().unwrap().entry(chat.to_string()).or_insert(at);
            message
        }
        "editmessagetext" | "editmessagereplymarkup" => message,
        "getme" => json!({
            "id": 42, "is_bot": true, "first_name": "webcared", "username": "webcared_bot",
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
            "can_connect_to_business": false, "has_main_web_app": false,
        }),
        _ => json!(true),
    };
    Json(json!({ "ok": true, "result": result }))
}
