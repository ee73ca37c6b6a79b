//! M1: recorded posts through the whole pipeline into SQLite, against the floor.
//!
//! `cargo bench --bench replay`, with `-- --posts 1000000` for the long run (memory and the cost of
//! a post as the database grows), `-- --corpus FILE` for posts of one's own in our JSON lines.

#![allow(clippy::allow_attributes, missing_docs, clippy::pedantic, reason = "a benchmark")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

#[path = "floor/replay.rs"]
mod floor;
mod support;

use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use support::corpus::{self, BRAND};
use support::{Args, Wanted, machine, rounds, verdict, within};
use tokio::sync::{Notify, broadcast};
use webcared::alerting::Team;
use webcared::catalogue::{self, Current};
use webcared::clock::{Chance, ManualClock, Mint};
use webcared::domain::brand::{Brand, OwnAccount};
use webcared::domain::time::{Span, Timestamp};
use webcared::intake::feed::{Feed, feed};
use webcared::intake::{Intake, SourceRules};
use webcared::store::{self, Db, Place};

/// Every how many posts the time is noted.
const STEP: u64 = 10_000;

/// As the program has it; the floor, which runs in a child of this program, has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args = Args::of_process();
    match args.value("--child") {
        Some("floor") => print_run(run_floor(&args)),
        Some("product") => print_run(run_product(&args)),
        _ => compare(&args),
    }
}

fn print_run(run: serde_json::Value) {
    println!("{run}");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn compare(args: &Args) {
    let posts = args.number("--posts", 14_000);
    let file = match args.value("--corpus") {
        Some(file) => PathBuf::from(file),
        None => {
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
            let file = folder.join(format!("posts-{posts}.jsonl"));
            corpus::write(&file, posts);
            file
        }
    };
    let file = file.to_str().expect("a path").to_owned();
    let default = if posts > 100_000 { 1 } else { 5 };
    let mut last = serde_json::Value::Null;
    let found = rounds(
        args.number("--rounds", default),
        || machine::in_child(&["--child", "floor", "--file", &file])["per_second"].as_f64().unwrap(),
        || {
            last = machine::in_child(&["--child", "product", "--file", &file]);
            last["per_second"].as_f64().unwrap()
        },
    );
    verdict("replay", "posts/s", &found, Wanted::AtLeast, 0.25);
    println!("replay: one run of the product: {last}");
    growth(&last);
}

/// Whether a post costs the same at the end as in the beginning, and memory stays flat.
fn growth(run: &serde_json::Value) {
    let marks: Vec<(f64, f64)> = run["marks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|m| (m[0].as_f64().unwrap(), m[1].as_f64().unwrap()))
        .collect();
    if marks.len() < 20 {
        return;
    }
    // Means over a twentieth of the run: the ten thousandth post in its middle, and the end.
    let part = marks.len() / 20;
    let mean = |of: &[(f64, f64)]| of.iter().map(|m| m.0).sum::<f64>() / of.len() as f64;
    let (first, end) = (mean(&marks[1..=part]), mean(&marks[marks.len() - part..]));
    println!("replay: a post costs {first:.1} µs from 10 k on and {end:.1} µs at the end");
    within("replay: cost of a post at the end against 10 k", "times", end / first, 1.3);
    let (early, late) = (marks[part].1, marks[marks.len() - 1].1);
    within("replay: memory at the end against a twentieth in", "times", late / early, 1.25);
}

fn run_floor(args: &Args) -> serde_json::Value {
    let folder = machine::folder("replay-floor");
    let (posts, seconds) = runtime().block_on(floor::run(Path::new(args.value("--file").unwrap()), &folder));
    json!({ "posts": posts, "per_second": posts as f64 / seconds })
}

fn run_product(args: &Args) -> serde_json::Value {
    runtime().block_on(product(Path::new(args.value("--file").unwrap())))
}

async fn product(file: &Path) -> serde_json::Value {
    let folder = machine::folder("replay-product");
    let opened = store::open::open(&Place::Folder(folder.clone())).await.unwrap();
    let db = opened.db.clone();
    let intake = intake(&db, last_time(file)).await;
    let lines = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(file).unwrap());
    let how = Feed { source: "replay".into(), rules: SourceRules::default(), prepare: None };
    let before = machine::cpu_seconds("self");
    let begun = Instant::now();
    let (mut marks, mut next, mut since) = (Vec::new(), STEP, Instant::now());
    let tally = feed(&intake, lines, how, |sum| {
        if sum.received >= next {
            let micros = since.elapsed().as_secs_f64() * 1e6 / STEP as f64;
            marks.push(json!([micros, machine::memory_mb("self", "VmRSS")]));
            (next, since) = (next + STEP, Instant::now());
        }
    });
    let tally = tally.await.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = machine::cpu_seconds("self") - before;
    let (written, writes) = machine::written("self");
    let rows = rows(&db).await;
    db.close().await;
    let bytes = std::fs::metadata(folder.join("webcared.db")).unwrap().len();
    let posts = tally.received as f64;
    json!({
        "posts": tally.received, "mentions": tally.mention, "own": tally.own_echo, "filtered": tally.filtered,
        "per_second": posts / seconds, "cpu_us_per_post": cpu * 1e6 / posts, "rows_per_post": rows / posts,
        "stored_per_post": bytes as f64 / posts, "written_per_post": written / posts, "writes_per_post": writes / posts, "peak_mb": machine::memory_mb("self", "VmHWM"), "marks": marks,
    })
}

/// A brand with a thousand names, of which one occurs; a team that is told of what is urgent.
async fn intake(db: &Db, now: Timestamp) -> Intake {
    let mut brand = Brand::watched(BRAND);
    brand.keywords.extend(floor::terms());
    brand.own_accounts.push(OwnAccount { platform: "x".into(), account: "acmeair".into() });
    let mint = Mint::new(Chance::seeded(1));
    let inner = mint.clone();
    let mut catalogue = db
        .write("importing", move |tx| {
            Box::pin(async move { catalogue::import(tx, &[brand], &[], "bench", &inner, now).await })
        })
        .await
        .unwrap();
    catalogue.teams =
        vec![Team { credential: "telegram".into(), chat: "-1".into(), brands: vec![], ..Team::default() }];
    let clock = ManualClock::at(now);
    Intake::new(
        db.clone(),
        clock,
        mint,
        Current::new(catalogue),
        broadcast::Sender::new(64),
        Arc::new(Notify::new()),
    )
}

/// The instant after the last post, so that none is from the future.
fn last_time(file: &Path) -> Timestamp {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(file).unwrap();
    let size = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(size.saturating_sub(200_000))).unwrap();
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).unwrap();
    let times = tail.split(|b| *b == b'\n').filter_map(webcared::replaying::time_of);
    times.max().unwrap().plus(Span::seconds(1))
}

/// How many rows stand in all tables, the search index counted as one a post.
async fn rows(db: &Db) -> f64 {
    let Db::Sqlite { readers, .. } = db else { return 0.0 };
    let tables = [
        "SELECT COUNT(*) FROM author",
        "SELECT COUNT(*) FROM conversation",
        "SELECT COUNT(*) FROM content",
        "SELECT COUNT(*) FROM mention",
        "SELECT COUNT(*) FROM own_post",
        "SELECT COUNT(*) FROM judgement",
        "SELECT COUNT(*) FROM cases",
        "SELECT COUNT(*) FROM case_event",
        "SELECT COUNT(*) FROM obligation",
        "SELECT COUNT(*) FROM action",
        "SELECT COUNT(*) FROM mention_handle",
        "SELECT COUNT(*) FROM search_docsize",
    ];
    let mut sum = 0.0;
    for table in tables {
        let (n,): (i64,) = sqlx::query_as(table).fetch_one(readers).await.unwrap();
        sum += n as f64;
    }
    sum
}
