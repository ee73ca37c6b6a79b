//! Deliveries of Meta's platforms at a fixed pace: 1,000 a second over 64 kept connections, comments to a page of Facebook
//! and messages to a number on WhatsApp by turns, each signed over its bytes and answered after its commit, while intake
//! takes in what came. At the 99th percentile an answer may take 200 ms.
//!
//! `cargo bench --bench hooks`, with `-- --seconds 30` for longer runs, `-- --pace 2000` for another pace. Time counts
//! from the instant at which a delivery was due, not from when the load generator came to it. The daemon is killed at the
//! end, and every delivery that was acknowledged must stand in its database.

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

use secrecy::SecretString;
use serde_json::{Value, json};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use support::corpus::BRAND;
use support::daemon::{self, Daemon};
use support::machine::{self, in_child};
use support::web::Connection;
use support::{Args, quantile, within};
use webcared::sources::meta::sign;

const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";
const PAGE: &str = "77000000000001";
const ACCOUNT: &str = "88000000000001";
const NUMBER: &str = "99000000000001";
/// Milliseconds that an answer may take at the 99th percentile.
const P99_MAX_MS: f64 = 200.0;

fn main() {
    let args = Args::of_process();
    match args.value("--child") {
        Some("load") => println!("{}", load(&args)),
        _ => measure(&args),
    }
}

fn measure(args: &Args) {
    let seconds = args.number("--seconds", 10).to_string();
    let connections = args.number("--connections", 64).to_string();
    let pace = args.number("--pace", 1_000).to_string();
    let folder = machine::folder("hooks");
    let daemon = Daemon::start(&daemon::built_with_benchmarks(), &folder, settings);
    let port = daemon.port.to_string();
    let before = machine::cpu_seconds(&daemon.pid());
    let mut run = in_child(&[
        "--child",
        "load",
        "--port",
        &port,
        "--seconds",
        &seconds,
        "--connections",
        &connections,
        "--pace",
        &pace,
    ]);
    let accepted = run["accepted"].as_f64().unwrap();
    run["cpu_us_per_delivery"] = json!((machine::cpu_seconds(&daemon.pid()) - before) * 1e6 / accepted);
    daemon.kill();
    let stored = stored(&folder);
    run["stored"] = json!(stored);
    assert!(stored >= accepted, "{accepted} were acknowledged and {stored} are stored");
    println!("hooks: {run}");
    let kept = run["per_second"].as_f64().unwrap() >= args.number("--pace", 1_000) as f64 * 0.98;
    println!("hooks: the pace of {pace} a second was {}", if kept { "kept" } else { "NOT kept" });
    within("hooks: 99th percentile", "ms", run["p99_ms"].as_f64().unwrap(), P99_MAX_MS);
}

/// A page and a number; what they ask of their platform finds nobody there.
fn settings(port: u16) -> String {
    let nobody = machine::free_port();
    format!(
        r#"public_url = "http://127.0.0.1:{port}"
[log]
filter = "error"
[outbound]
allow_private_addresses = true
[[brand]]
name = "{BRAND}"
keywords = ["{BRAND}"]
[[source]]
name = "page"
counts_from = "2020-01-01T00:00:00Z"
[source.facebook]
page = "{PAGE}"
username = "acme"
token = "t0ken-of-the-benchmark"
app_secret = "{APP_SECRET}"
verify_token = "word-of-the-benchmark"
api_url = "http://127.0.0.1:{nobody}"
[[source]]
name = "number"
counts_from = "2020-01-01T00:00:00Z"
[source.whatsapp]
account = "{ACCOUNT}"
token = "t0ken-of-the-benchmark"
app_secret = "{APP_SECRET}"
verify_token = "word-of-the-benchmark"
api_url = "http://127.0.0.1:{nobody}"
number = [{{ id = "{NUMBER}", phone = "+31 20 123 4567" }}]
"#
    )
}

/// How many deliveries stand in the database of a daemon that was killed; each of ours holds one element.
fn stored(folder: &Path) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::ConnectOptions;
        let file = folder.join("data/webcared.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut db = options.connect().await.unwrap();
        let (all,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM inbox").fetch_one(&mut db).await.unwrap();
        all as f64
    })
}

/// The path and body of a delivery: a comment or a message, each about something of its own.
fn delivery(n: usize) -> (&'static str, Value) {
    let seconds = daemon::now().millis() / 1_000;
    let words = format!("{BRAND} my parcel number {n} never arrived, where is it?");
    if n.is_multiple_of(2) {
        let value = json!({"item": "comment", "verb": "add", "comment_id": format!("{}_{n}", n / 20),
            "post_id": format!("{PAGE}_{}", n / 20), "parent_id": format!("{PAGE}_{}", n / 20),
            "from": {"id": format!("5{}", n % 5_000), "name": "Mia"}, "message": words, "created_time": seconds});
        let entry = json!({"id": PAGE, "time": seconds, "changes": [{"field": "feed", "value": value}]});
        return ("/hooks/page", json!({"object": "page", "entry": [entry]}));
    }
    let from = format!("3161{:07}", n % 5_000);
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "31201234567", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Ann"}, "wa_id": from}],
        "messages": [{"id": format!("wamid.{n}"), "from": from, "timestamp": seconds.to_string(), "type": "text",
            "text": {"body": words}}]});
    let entry = json!({"id": ACCOUNT, "changes": [{"field": "messages", "value": value}]});
    ("/hooks/number", json!({"object": "whatsapp_business_account", "entry": [entry]}))
}

fn request(n: usize, secret: &SecretString) -> Vec<u8> {
    let (path, body) = delivery(n);
    let body = body.to_string();
    let signature = sign(secret, body.as_bytes());
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-hub-signature-256: {signature}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn load(args: &Args) -> Value {
    let port = args.number("--port", 0) as u16;
    let seconds = args.number("--seconds", 10);
    let (pace, connections) = (args.number("--pace", 1_000), args.number("--connections", 64));
    let (secret, all) = (Rc::new(SecretString::from(APP_SECRET.to_owned())), seconds * pace);
    let next = Rc::new(std::cell::Cell::new(0_usize));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    let (mut took, begun) = tasks.block_on(&runtime, async {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(port).await);
        }
        let begun = Instant::now();
        let senders = open.into_iter().map(|mut connection| {
            let (secret, next) = (secret.clone(), next.clone());
            tokio::task::spawn_local(async move {
                let mut took = Vec::new();
                loop {
                    let n = next.replace(next.get() + 1);
                    if n >= all {
                        return took;
                    }
                    let due = begun + Duration::from_secs_f64(n as f64 / pace as f64);
                    tokio::time::sleep_until(due.into()).await;
                    let answer = connection.ask(&request(n, &secret)).await;
                    took.push(due.elapsed().as_secs_f64() * 1e3);
                    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                }
            })
        });
        let mut took = Vec::new();
        for sender in senders.collect::<Vec<_>>() {
            took.extend(sender.await.unwrap());
        }
        (took, begun)
    });
    let span = begun.elapsed().as_secs_f64();
    let accepted = took.len();
    let mut at = |q| quantile(&mut took, q);
    json!({
        "accepted": accepted, "per_second": accepted as f64 / span, "p50_ms": at(0.5), "p99_ms": at(0.99),
        "max_ms": at(1.0),
    })
}
