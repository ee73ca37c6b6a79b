//! M3: frames of Bluesky's stream through the filter with a thousand names, against the floor; then
//! the daemon at 2,000 and 10,000 events a second from a server of our own.
//!
//! `cargo bench --bench firehose`, with `-- --seconds 20` for longer streams. Frames are of our own
//! making; the public stream is never asked.

#![allow(clippy::allow_attributes, missing_docs, clippy::pedantic, reason = "a benchmark")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

#[path = "floor/firehose.rs"]
mod floor;
mod support;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::daemon::{self, Daemon, now};
use support::frames::{brands, frames, terms};
use support::machine::{self, beside, in_child};
use support::{Args, Wanted, rounds, shown, verdict, within};
use tokio_tungstenite::tungstenite::Message;
use webcared::catalogue;
use webcared::clock::{Chance, Mint};
use webcared::intake::Reader;
use webcared::sources::jetstream::filtered;
use webcared::store::{self, Place};

const FRAMES: usize = 50_000;
/// How long each of the two filters runs.
const SPAN: Duration = Duration::from_secs(2);
/// How long after the last event the daemon may be behind and still count as keeping up.
const BEHIND_MAX_S: f64 = 1.0;

/// As the program has it; the floor, which runs in a child of this program, has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args = Args::of_process();
    match args.value("--child") {
        Some("floor") => println!("{}", run_floor()),
        Some("product") => println!("{}", run_product()),
        Some("stream") => stream(&args),
        _ => compare(&args),
    }
}

fn compare(args: &Args) {
    let mut last = Value::Null;
    let found = rounds(
        args.number("--rounds", 5),
        || in_child(&["--child", "floor"])["per_second"].as_f64().unwrap(),
        || {
            last = in_child(&["--child", "product"]);
            last["per_second"].as_f64().unwrap()
        },
    );
    verdict("firehose", "events/s", &found, Wanted::AtLeast, 0.5);
    println!("firehose: one run of the product: {last}");
    let seconds = args.number("--seconds", 10);
    let slow = daemon_at(2_000, seconds);
    within("firehose: 2,000 events/s", "% of a core, beyond idling", slow.cpu_percent, 2.0);
    println!(
        "firehose: of which with idling {} %, reading and storing included",
        shown(slow.with_idle_percent)
    );
    let fast = daemon_at(10_000, seconds);
    println!("firehose: 10,000 events/s take {} % of a core", shown(fast.cpu_percent));
    within("firehose: 10,000 events/s, sender late", "s", fast.late_s, BEHIND_MAX_S);
    within("firehose: 10,000 events/s, daemon behind at the end", "s", fast.behind_s, BEHIND_MAX_S);
}

/// Passes over all frames until the time is up.
fn passes(mut pass: impl FnMut(&[String]) -> usize) -> Value {
    let frames = frames(FRAMES, 1_795_512_600_000_000);
    let wanted = pass(&frames);
    let begun = Instant::now();
    let mut events = 0;
    while begun.elapsed() < SPAN {
        assert_eq!(pass(&frames), wanted);
        events += frames.len();
    }
    let bytes: usize = frames.iter().map(String::len).sum();
    json!({
        "per_second": events as f64 / begun.elapsed().as_secs_f64(), "wanted": wanted,
        "frames": frames.len(), "bytes_per_frame": bytes / frames.len(),
    })
}

fn run_floor() -> Value {
    let finder = floor::finder(&terms());
    passes(|frames| floor::pass(frames, &finder))
}

fn run_product() -> Value {
    let reader = reader();
    passes(|frames| {
        frames.iter().filter(|text| filtered(1, text, &|s| reader.is_wanted(s)).is_some()).count()
    })
}

/// The brands as a daemon knows them.
fn reader() -> Reader {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = machine::folder("firehose-product");
        let file = folder.join("webcared.toml");
        std::fs::write(&file, brands()).unwrap();
        let settings =
            webcared::settings::from_env(Some(&file), &webcared::settings::Flags::default()).unwrap();
        let opened = store::open::open(&Place::Folder(folder)).await.unwrap();
        let mint = Mint::new(Chance::seeded(1));
        let known = opened.db.write("importing", move |tx| {
            Box::pin(async move { catalogue::import(tx, &settings.brands, &[], "bench", &mint, now()).await })
        });
        Reader::new(Arc::new(known.await.unwrap()))
    })
}

/// What a stream at some rate cost.
struct Cost {
    /// Of one core, without what an idle daemon takes.
    cpu_percent: f64,
    with_idle_percent: f64,
    /// How far the sender fell behind its rate, because it was not read.
    late_s: f64,
    /// How long after the last event all had been seen.
    behind_s: f64,
}

fn daemon_at(rate: usize, seconds: usize) -> Cost {
    let port = machine::free_port().to_string();
    let (rate_text, seconds_text) = (rate.to_string(), seconds.to_string());
    let mut sender =
        beside(&["--child", "stream", "--port", &port, "--rate", &rate_text, "--seconds", &seconds_text]);
    let folder = machine::folder("firehose-daemon");
    let daemon = Daemon::start(&daemon::built_with_benchmarks(), &folder, |own| {
        let stream = format!(
            "[[source]]\nname = \"stream\"\njetstream = {{ servers = [\"ws://127.0.0.1:{port}\"], posts_server = \"\" }}\n"
        );
        format!(
            "public_url = \"http://127.0.0.1:{own}\"\n[log]\nfilter = \"warn\"\n[outbound]\n\
             allow_private_addresses = true\n{}{stream}",
            brands()
        )
    });
    let pid = daemon.pid();
    // The sender is silent for its first seconds, so that an idle daemon can be measured.
    let idle = cpu_over(&pid, Duration::from_secs(QUIET_S - 1));
    let before = machine::cpu_seconds(&pid);
    let report = sender.line();
    let ended = Instant::now();
    let events = (rate * seconds) as f64;
    let seen =
        || daemon.figure("webcared_firehose_seen_total") + daemon.figure("webcared_firehose_other_total");
    while seen() < events {
        assert!(ended.elapsed() < Duration::from_secs(60), "{} of {events} were seen", seen());
        std::thread::sleep(Duration::from_millis(20));
    }
    let behind_s = ended.elapsed().as_secs_f64();
    let span = report["seconds"].as_f64().unwrap();
    let cpu = machine::cpu_seconds(&pid) - before;
    let kept = daemon.figure("webcared_received_total");
    println!(
        "firehose: {rate} events/s for {} s: {} kept, {} MB resident, idle {} % of a core",
        shown(span),
        shown(kept),
        shown(machine::memory_mb(&pid, "VmRSS")),
        shown(idle * 100.0)
    );
    Cost {
        cpu_percent: (cpu / span - idle) * 100.0,
        with_idle_percent: cpu / span * 100.0,
        late_s: report["late_s"].as_f64().unwrap(),
        behind_s,
    }
}

/// Seconds for which a new connection hears nothing.
const QUIET_S: u64 = 6;

fn cpu_over(pid: &str, span: Duration) -> f64 {
    let before = machine::cpu_seconds(pid);
    std::thread::sleep(span);
    (machine::cpu_seconds(pid) - before) / span.as_secs_f64()
}

/// A server of the stream: events at an even rate to whoever connects first.
fn stream(args: &Args) {
    let rate = args.number("--rate", 2_000);
    let events = rate * args.number("--seconds", 10);
    let frames = frames(FRAMES, now().millis() * 1000);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let address = ("127.0.0.1", args.number("--port", 0) as u16);
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let (mut out, mut heard) = tokio_tungstenite::accept_async(tcp).await.unwrap().split();
        let listening = tokio::spawn(async move { while let Some(Ok(_)) = heard.next().await {} });
        tokio::time::sleep(Duration::from_secs(QUIET_S)).await;
        let begun = Instant::now();
        let (mut sent, mut late_s) = (0, 0.0_f64);
        while sent < events {
            let due = ((begun.elapsed().as_secs_f64() * rate as f64) as usize).min(events);
            late_s = late_s.max((due.saturating_sub(sent)) as f64 / rate as f64);
            while sent < due {
                out.feed(Message::text(frames[sent % FRAMES].clone())).await.unwrap();
                sent += 1;
            }
            out.flush().await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        println!("{}", json!({ "seconds": begun.elapsed().as_secs_f64(), "late_s": late_s }));
        // The connection stays until this process is killed.
        let _ = listening.await;
    });
}
