//! M6: from the press of *Send* in the console to the platform's API that receives the post, idle and
//! while 500 posts a second come in. The span for undoing is 0, so that nothing waits on purpose.
//!
//! `cargo bench --bench answer`, with `-- --answers 60` for fewer. Platform and senders are processes
//! of their own on this machine, so that one clock tells both ends. The platform speaks as much of
//! Mastodon's API as answering needs and plays four servers: an account may call each only so often,
//! and what is measured is never held back by that. Before it posts, webcared asks the server whether
//! the customer's post still stands; that call is part of the time.

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

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::daemon::{self, Daemon, now};
use support::machine::{self, beside, in_child};
use support::web::{Connection, header, request};
use support::{Args, load, quantile, shown};

/// Posts a second beside the answers.
const RATE: usize = 500;
/// Between two presses.
const GAP: Duration = Duration::from_millis(150);
const SERVERS: usize = 4;
/// What an account allows in answers within five minutes, with some to spare for reading.
const ANSWERS_MAX: usize = SERVERS * 60 / 2;

fn main() {
    let args = Args::of_process();
    match args.value("--child") {
        Some("platform") => platform(&args),
        Some("press") => println!("{}", press(&args)),
        Some("load") => load::steady(args.number("--port", 0) as u16, RATE),
        _ => measure(&args),
    }
}

fn measure(args: &Args) {
    let answers = args.number("--answers", 100);
    assert!(answers <= ANSWERS_MAX, "--answers: at most {ANSWERS_MAX}, or accounts are over their budget");
    let ports: Vec<u16> = (0..SERVERS).map(|_| machine::free_port()).collect();
    let named = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    let posts = (2 * answers).to_string();
    let _platform = beside(&["--child", "platform", "--ports", &named, "--posts", &posts]);
    for port in &ports {
        machine::wait_for(*port, "/told", Duration::from_secs(20)).expect("the platform answers");
    }
    let folder = machine::folder("answer");
    let program = daemon::built_with_benchmarks();
    let daemon = Daemon::start(&program, &folder, |port| settings(port, &ports));
    let link = daemon.say(&["user", "add", "ann", "--name", "Ann", "--role", "agent"]);
    let at = link.find("/login/").expect("a link");
    let link: String = link[at..].chars().take_while(|c| !c.is_whitespace()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (cookie, cases) = runtime.block_on(ready(daemon.port, &link, 2 * answers));
    let (first, second) = cases.split_at(answers);
    report("idle", run(&daemon, ports[0], &cookie, first));
    let _load = beside(&["--child", "load", "--port", &daemon.port.to_string()]);
    std::thread::sleep(Duration::from_secs(3));
    report("at 500 posts/s", run(&daemon, ports[0], &cookie, second));
    println!("answer: {} posts were settled meanwhile", shown(daemon.figure("webcared_settled_total")));
}

fn report(name: &str, (mut platform, mut page): (Vec<f64>, Vec<f64>)) {
    println!(
        "answer {name}: {} answers; press to platform in ms: median {}, 99th percentile {}; \
         press to page in ms: median {}, 99th percentile {}",
        platform.len(),
        shown(quantile(&mut platform, 0.5)),
        shown(quantile(&mut platform, 0.99)),
        shown(quantile(&mut page, 0.5)),
        shown(quantile(&mut page, 0.99)),
    );
}

/// An account on each server, all of one brand.
fn settings(port: u16, servers: &[u16]) -> String {
    let mut text = daemon::settings(port);
    for (n, server) in servers.iter().enumerate() {
        text += &format!(
            "[[source]]\nname = \"server{n}\"\ncounts_from = \"2020-01-01T00:00:00Z\"\n\
             [source.mastodon]\nserver = \"http://127.0.0.1:{server}\"\ntoken = \"bench\"\n"
        );
    }
    text + "[answers]\nundo_seconds = 0\n"
}

/// Logs in and waits until every post is a case; the cases in the order of the posts.
async fn ready(port: u16, link: &str, posts: usize) -> (String, Vec<String>) {
    let mut connection = Connection::open(port).await;
    let answer = connection.ask(&request("POST", port, link, "")).await;
    assert_eq!(answer.status, 303, "{}", answer.head);
    let cookie = header(&answer.head, "set-cookie").expect("a cookie").split(';').next().unwrap().to_owned();
    let begun = Instant::now();
    loop {
        let mut found = HashMap::new();
        let mut path = "/?lane=unclaimed".to_owned();
        loop {
            let page = connection.ask(&request("GET", port, &path, &cookie)).await;
            let page = String::from_utf8_lossy(&page.body).into_owned();
            for row in page.split("href=\"/cases/").skip(1) {
                let (id, rest) = row.split_once('"').unwrap();
                let n = rest.split("parcel number ").nth(1).and_then(|t| t.split(' ').next()?.parse().ok());
                found.extend(n.map(|n: usize| (n, id.to_owned())));
            }
            let Some(next) = page.split("class=\"next\" href=\"").nth(1) else { break };
            path = next.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
        }
        if let Some(cases) = (0..posts).map(|n| found.get(&n).cloned()).collect() {
            return (cookie, cases);
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{} of {posts} cases came", found.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Answers cases; how long each took to the platform and to the next page, in milliseconds.
fn run(daemon: &Daemon, platform: u16, cookie: &str, cases: &[String]) -> (Vec<f64>, Vec<f64>) {
    let (port, list) = (daemon.port.to_string(), cases.join(","));
    let pressed = in_child(&["--child", "press", "--port", &port, "--cookie", cookie, "--cases", &list]);
    let pressed = pressed.as_array().unwrap();
    let begun = Instant::now();
    loop {
        let answer = machine::get(platform, "/told").expect("the platform answers");
        let told: HashMap<String, f64> =
            serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
        let took = pressed
            .iter()
            .filter_map(|p| Some((told.get(p[0].as_str().unwrap())? - p[1].as_f64().unwrap()) / 1000.0));
        let took: Vec<f64> = took.collect();
        if took.len() == cases.len() {
            return (took, pressed.iter().map(|p| p[2].as_f64().unwrap() / 1000.0).collect());
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{} of {} answers came", took.len(), cases.len());
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn micros() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1e6
}

/// A person who opens a case, has typed, and presses.
fn press(args: &Args) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (port, cookie) = (args.number("--port", 0) as u16, args.value("--cookie").unwrap());
    let cases = args.value("--cases").unwrap();
    runtime.block_on(async {
        let mut connection = Connection::open(port).await;
        let mut pressed = Vec::new();
        for case in cases.split(',') {
            let path = format!("/cases/{case}");
            let page = connection.ask(&request("GET", port, &path, cookie)).await;
            let page = String::from_utf8_lossy(&page.body).into_owned();
            let field = |name: &str| {
                let from = page.find(&format!("name=\"{name}\" value=\"")).expect(name);
                page[from..].split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
            };
            let text = format!("We look into it at once ({case})");
            let fields = [
                ("csrf", field("csrf")),
                ("nonce", field("nonce")),
                ("version", field("version")),
                ("act", "answer".to_owned()),
                ("text", text),
            ];
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let form = format!(
                "POST {path}/act HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: text/html\r\ncookie: {cookie}\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            tokio::time::sleep(GAP).await;
            let at = micros();
            let answer = connection.ask(form.as_bytes()).await;
            assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
            pressed.push(json!([case, at, micros() - at]));
        }
        json!(pressed)
    })
}

/// When the answer with a case in its words was received, in microseconds.
type Told = Arc<Mutex<HashMap<String, f64>>>;

/// One of the servers: the posts that mention its account, and what all of them received.
#[derive(Clone)]
struct Server {
    url: String,
    posts: Arc<Vec<Value>>,
    told: Told,
}

fn platform(args: &Args) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (told, mut all) = (Told::default(), Vec::new());
        for (n, port) in args.value("--ports").unwrap().split(',').enumerate() {
            let url = format!("http://127.0.0.1:{port}");
            let mine = (0..args.number("--posts", 0)).filter(|post| post % SERVERS == n);
            let posts =
                mine.map(|post| status(&url, post, &format!("@acmeair parcel number {post} is lost")));
            let server = Server { url: url.clone(), posts: Arc::new(posts.collect()), told: told.clone() };
            let router = Router::new()
                .route(
                    "/told",
                    get(|State(s): State<Server>| async move { Json(s.told.lock().unwrap().clone()) }),
                )
                .route("/api/v1/accounts/verify_credentials", get(verify))
                .route("/api/v2/instance", get(|| async { Json(json!({ "version": "4.4.0" })) }))
                .route("/api/v1/notifications", get(notifications))
                .route("/api/v1/accounts/{id}/statuses", get(|| async { Json(json!([])) }))
                .route("/api/v1/statuses/{id}", get(one))
                .route("/api/v1/statuses", post(publish))
                .with_state(server);
            let listener = tokio::net::TcpListener::bind(url.trim_start_matches("http://")).await.unwrap();
            all.push(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }));
        }
        for one in all {
            one.await.unwrap();
        }
    });
}

fn account(url: &str, id: &str, name: &str) -> Value {
    json!({ "id": id, "username": name, "acct": name, "display_name": name, "url": format!("{url}/@{name}"),
        "uri": format!("{url}/users/{name}"), "followers_count": 3, "bot": false, "locked": false })
}

fn status(url: &str, n: usize, text: &str) -> Value {
    let (id, name) = (100_000 + n, format!("cust{n}"));
    json!({
        "id": id.to_string(), "created_at": now().rfc3339(), "edited_at": null, "visibility": "public",
        "uri": format!("{url}/users/{name}/statuses/{id}"), "url": format!("{url}/@{name}/{id}"),
        "content": format!("<p>{text}</p>"), "spoiler_text": "", "language": "en", "sensitive": false,
        "in_reply_to_id": null, "in_reply_to_account_id": null, "reblog": null, "media_attachments": [],
        "account": account(url, &format!("9{n}"), &name), "tags": [], "emojis": [],
        "mentions": [{ "id": "1", "username": "acmeair", "acct": "acmeair", "url": format!("{url}/@acmeair") }],
    })
}

async fn verify(State(server): State<Server>) -> Json<Value> {
    Json(account(&server.url, "1", "acmeair"))
}

async fn notifications(
    State(server): State<Server>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let after = query.get("min_id").and_then(|id| id.parse::<usize>().ok()).unwrap_or(0);
    let newer = server.posts.iter().filter(|s| s["id"].as_str().unwrap().parse::<usize>().unwrap() > after);
    let row = |s: &Value| {
        json!({ "id": s["id"], "type": "mention", "created_at": s["created_at"], "account": s["account"],
            "status": s })
    };
    let mut rows: Vec<Value> = newer.map(row).collect();
    rows.reverse();
    Json(Value::Array(rows))
}

async fn one(State(server): State<Server>, Path(id): Path<String>) -> Json<Value> {
    Json(server.posts.iter().find(|s| s["id"] == id.as_str()).expect("a status of ours").clone())
}

async fn publish(State(server): State<Server>, Json(asked): Json<Value>) -> Json<Value> {
    let at = micros();
    let text = asked["status"].as_str().unwrap();
    let case = text.rsplit('(').next().unwrap().trim_end_matches(')').to_owned();
    let n = 50_000 + {
        let mut told = server.told.lock().unwrap();
        told.entry(case).or_insert(at);
        told.len()
    };
    let mut status = status(&server.url, n, text);
    status["account"] = account(&server.url, "1", "acmeair");
    status["in_reply_to_id"] = asked["in_reply_to_id"].clone();
    Json(status)
}
