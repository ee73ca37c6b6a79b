//! M2: signed deliveries into the daemon over 32 kept connections, each answered after its commit,
//! against the floor.
//!
//! `cargo bench --bench webhook`, with `-- --seconds 30` for longer runs, `-- --connections 8` for
//! fewer senders. The daemon is killed at the end of each run, and every delivery that was
//! acknowledged must stand in its database.

#![allow(clippy::allow_attributes, missing_docs, clippy::pedantic, reason = "a benchmark")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

#[path = "floor/webhook.rs"]
mod floor;
mod support;

use serde_json::{Value, json};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use support::corpus::Posts;
use support::daemon::{self, Daemon, now};
use support::machine::{self, beside, in_child};
use support::web::{Connection, Sender};
use support::{Args, Triple, Wanted, quantile, rounds, verdict};
use webcared::domain::time::Span;

/// Different posts a load generator has; afterwards they come again under new ids.
const POSTS: usize = 40_000;

fn main() {
    let args = Args::of_process();
    match args.value("--child") {
        Some("floor") => serve(&args),
        Some("load") => println!("{}", load(&args)),
        _ => compare(&args),
    }
}

fn compare(args: &Args) {
    let seconds = args.number("--seconds", 6).to_string();
    let connections = args.number("--connections", 32).to_string();
    let load = |port: u16| {
        let port = port.to_string();
        in_child(&["--child", "load", "--port", &port, "--seconds", &seconds, "--connections", &connections])
    };
    let mut p99 = Vec::new();
    let mut last = Value::Null;
    let found = {
        let p99 = std::cell::RefCell::new(&mut p99);
        let note = |run: &Value| {
            p99.borrow_mut().push(run["p99_us"].as_f64().unwrap());
            run["per_second"].as_f64().unwrap()
        };
        rounds(
            args.number("--rounds", 5),
            || note(&floor_run(&load)),
            || {
                last = product_run(&load);
                note(&last)
            },
        )
    };
    let late: Vec<Triple> =
        p99.chunks(3).map(|c| Triple { before: c[0], product: c[1], after: c[2] }).collect();
    verdict("webhook", "requests/s", &found, Wanted::AtLeast, 0.6);
    verdict("webhook: 99th percentile", "µs", &late, Wanted::AtMost, 2.0);
    println!("webhook: one run of the product: {last}");
}

fn floor_run(load: &impl Fn(u16) -> Value) -> Value {
    let folder = machine::folder("webhook-floor");
    let port = machine::free_port();
    let server =
        beside(&["--child", "floor", "--port", &port.to_string(), "--folder", folder.to_str().unwrap()]);
    machine::wait_for(port, "/healthz", Duration::from_secs(20)).expect("the floor answers");
    let run = load(port);
    drop(server);
    run
}

fn product_run(load: &impl Fn(u16) -> Value) -> Value {
    let folder = machine::folder("webhook-product");
    let daemon = Daemon::start(&daemon::built_with_benchmarks(), &folder, daemon::settings);
    let (before, wrote) = (machine::cpu_seconds(&daemon.pid()), machine::written(&daemon.pid()).0);
    let mut run = load(daemon.port);
    let accepted = run["accepted"].as_f64().unwrap();
    run["cpu_us_per_request"] = json!((machine::cpu_seconds(&daemon.pid()) - before) * 1e6 / accepted);
    run["written_per_request"] = json!((machine::written(&daemon.pid()).0 - wrote) / accepted);
    run["resident_mb"] = json!(machine::memory_mb(&daemon.pid(), "VmRSS"));
    daemon.kill();
    let (stored, settled) = stored(&folder);
    run["stored"] = json!(stored);
    run["settled_meanwhile"] = json!(settled);
    assert!(stored >= accepted, "{accepted} were acknowledged and {stored} are stored");
    run
}

/// How many deliveries stand in the database of a daemon that was killed, and how many of them intake
/// had settled.
fn stored(folder: &Path) -> (f64, f64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::ConnectOptions;
        let file = folder.join("data/webcared.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut db = options.connect().await.unwrap();
        let (all, settled): (i64, i64) =
            sqlx::query_as("SELECT COUNT(*), COUNT(verdict) FROM inbox").fetch_one(&mut db).await.unwrap();
        (all as f64, settled as f64)
    })
}

fn serve(args: &Args) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let port = args.number("--port", 0) as u16;
    runtime.block_on(floor::serve(port, Path::new(args.value("--folder").unwrap())));
}

fn load(args: &Args) -> Value {
    let port = args.number("--port", 0) as u16;
    let span = Duration::from_secs(args.number("--seconds", 6) as u64);
    let mut posts = Posts::posted(u64::from(std::process::id()), now(), Span(0));
    let lines: Rc<Vec<String>> = Rc::new((0..POSTS).map(|_| posts.line()).collect());
    let sender = Rc::new(Sender::default());
    let next = Rc::new(std::cell::Cell::new(0_usize));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    let begun = Instant::now();
    let all = tasks.block_on(&runtime, async {
        let connections = (0..args.number("--connections", 32)).map(|_| {
            let (lines, sender, next) = (lines.clone(), sender.clone(), next.clone());
            tokio::task::spawn_local(async move {
                let mut connection = Connection::open(port).await;
                let mut took = Vec::new();
                while begun.elapsed() < span {
                    let n = next.replace(next.get() + 1);
                    let line = &lines[n % POSTS];
                    let again = format!("\"external_id\":\"{}:", n / POSTS);
                    let body = line.replacen("\"external_id\":\"", &again, 1);
                    let request = sender.delivery(&format!("msg_{n}"), body.as_bytes());
                    let sent = Instant::now();
                    let answer = connection.ask(&request).await;
                    took.push(sent.elapsed().as_secs_f64() * 1e6);
                    assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
                }
                took
            })
        });
        let mut all = Vec::new();
        for connection in connections.collect::<Vec<_>>() {
            all.extend(connection.await.unwrap());
        }
        all
    });
    let seconds = begun.elapsed().as_secs_f64();
    let mut all = all;
    let accepted = all.len();
    let mut at = |q| quantile(&mut all, q);
    json!({
        "accepted": accepted, "per_second": accepted as f64 / seconds, "p50_us": at(0.5), "p99_us": at(0.99),
        "max_us": at(1.0), "load_cpu_us_per_request": machine::cpu_seconds("self") * 1e6 / accepted as f64,
    })
}
