//! M4: what the daemon weighs: resident while idle with every kind of source configured, from start to
//! the first `/healthz` on a database that exists, and the size of the program.
//!
//! `cargo bench --bench footprint -- --program FILE` measures a program as it is released; without that
//! the one built for benchmarks is taken, which is larger. Sources and chat are asked at a port where
//! nobody listens, so that all of them are running and waiting. The floor is a web server with a
//! database and nothing else.

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

use std::path::{Path, PathBuf};
use std::time::Duration;
use support::corpus;
use support::daemon::{self, Daemon};
use support::machine::{self, beside};
use support::{Args, median, shown, within};

const MB: f64 = 1024.0 * 1024.0;
const POSTS: usize = 14_000;

fn main() {
    let args = Args::of_process();
    match args.value("--child") {
        Some("floor") => floor(&args),
        _ => measure(&args),
    }
}

fn measure(args: &Args) {
    let program = args.value("--program").map_or_else(daemon::built_with_benchmarks, PathBuf::from);
    let size = std::fs::metadata(&program).expect("the program").len() as f64 / MB;
    let released = size < 60.0;
    let what = if released { "stripped, as released" } else { "built for benchmarks, with names" };
    println!("footprint: {what}");
    let folder = machine::folder("footprint");
    let settings = |port: u16| settings(port, machine::free_port());
    let first = Daemon::start(&program, &folder, settings);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("posts-{POSTS}.jsonl"));
    corpus::write(&file, POSTS);
    first.say(&["replay", file.to_str().unwrap(), "--as-fast-as-possible"]);
    println!("footprint: {} MB resident after taking {POSTS} posts in", shown(resident(&first)));
    first.kill();
    let (mut starts, mut floors) = (Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..args.number("--rounds", 5) {
        drop(last.take());
        floors.push(floor_start(&folder).0);
        let daemon = Daemon::start(&program, &folder, settings);
        starts.push(daemon.started_in.as_secs_f64() * 1000.0);
        last = Some(daemon);
    }
    let daemon = last.expect("a round");
    std::thread::sleep(Duration::from_secs(args.number("--idle", 20) as u64));
    let before = machine::cpu_seconds(&daemon.pid());
    std::thread::sleep(Duration::from_secs(10));
    let idle = (machine::cpu_seconds(&daemon.pid()) - before) / 10.0 * 100.0;
    let mb = resident(&daemon);
    drop(daemon);
    let (floor_ms, floor_mb) = floor_start(&folder);
    floors.push(floor_ms);
    println!(
        "footprint: floor {} MB resident, {} ms to its first answer; an idle daemon takes {} % of a core",
        shown(floor_mb),
        shown(median(floors.into_iter())),
        shown(idle)
    );
    within("footprint: resident, idle", "MB", mb, 25.0);
    within("footprint: start to first answer, median", "ms", median(starts.iter().copied()), 50.0);
    println!(
        "footprint: starts in ms: {}",
        starts.iter().map(|ms| shown(*ms)).collect::<Vec<_>>().join(", ")
    );
    if released {
        within("footprint: the program", "MB", size, 30.0);
    } else {
        println!("footprint: the program as released was not measured; this one has {} MB", shown(size));
    }
}

fn resident(daemon: &Daemon) -> f64 {
    machine::memory_mb(&daemon.pid(), "VmRSS")
}

fn settings(port: u16, closed: u16) -> String {
    let more = format!(
        r#"
[[source]]
name = "stream"
jetstream = {{ servers = ["ws://127.0.0.1:{closed}"], posts_server = "" }}
[[source]]
name = "tags"
mastodon_tags = {{ servers = ["http://127.0.0.1:{closed}"], tags = ["acmeair"] }}
[[source]]
name = "search"
bluesky_search = {{ server = "http://127.0.0.1:{closed}" }}
[chat.telegram]
token = "123456:bench"
api_url = "http://127.0.0.1:{closed}"
teams = [{{ chat = -100 }}]
"#
    );
    daemon::settings(port) + &more
}

/// Starts the floor; how many milliseconds to its first answer, and how large it is.
fn floor_start(folder: &Path) -> (f64, f64) {
    let port = machine::free_port();
    let begun = std::time::Instant::now();
    let server =
        beside(&["--child", "floor", "--port", &port.to_string(), "--folder", folder.to_str().unwrap()]);
    machine::wait_for(port, "/healthz", Duration::from_secs(20)).expect("the floor answers");
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    std::thread::sleep(Duration::from_millis(300));
    (took, machine::memory_mb(&server.pid(), "VmRSS"))
}

/// A web server with an open database.
fn floor(args: &Args) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let file = Path::new(args.value("--folder").unwrap()).join("floor.db");
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let answer = move || {
            let pool = pool.clone();
            async move { sqlx::query("SELECT 1").execute(&pool).await.map_or("no", |_| "ok") }
        };
        let router = axum::Router::new().route("/healthz", axum::routing::get(answer));
        let listener =
            tokio::net::TcpListener::bind(("127.0.0.1", args.number("--port", 0) as u16)).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}
