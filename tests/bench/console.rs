//! P2: pages of the console with very many open cases: what a browser waits for the inbox, lane by
//! lane, for its later pages, and for a case; at rest, and the inbox beside posts that come in.
//!
//! `cargo bench --bench console`, with `-- --posts 500000` for more, `-- --postgres URL` for a database on
//! PostgreSQL that is empty, and `-- --beside 100` for other posts a second. The posts are taken in by the
//! daemon itself; pages are asked over one kept connection, one after another, by somebody who is logged in.

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

use std::io::Write;
use std::path::Path;
use std::time::Instant;
use support::corpus::Posts;
use support::daemon::{self, Daemon, now};
use support::load;
use support::machine::{self, beside};
use support::web::{Connection, header, request};
use support::{Args, quantile, shown, within};
use webcared::domain::time::Span;

const LANES: [&str; 12] = [
    "all",
    "mine",
    "offered",
    "unclaimed",
    "late",
    "waiting",
    "private",
    "unknown",
    "compliments",
    "snoozed",
    "held",
    "no_answer",
];
/// Filters: a common one, rare ones, one that nothing fits, words.
const FILTERS: [&str; 6] = [
    "language=nl",
    "intent=churn",
    "owner=nobody&level=P4&state=new",
    "channel=nowhere",
    "text=parcel",
    "state=resolved",
];
/// Posts a second that come in meanwhile.
const BESIDE: usize = 50;
/// The longest that a page may take at the 99th percentile.
const PAGE_MS: f64 = 50.0;

fn main() {
    let args = Args::of_process();
    if args.value("--child") == Some("load") {
        load::steady(args.number("--port", 0) as u16, args.number("--beside", BESIDE));
        return;
    }
    let posts = args.number("--posts", 200_000);
    let folder = machine::folder("console");
    let file = folder.join("posts.jsonl");
    write(&file, posts);
    let postgres = args.value("--postgres").map(str::to_owned);
    let settings = |port| match &postgres {
        Some(url) => format!("{}[database]\nurl = \"{url}\"\n", daemon::settings(port)),
        None => daemon::settings(port),
    };
    println!("console: on {}", if postgres.is_some() { "PostgreSQL" } else { "SQLite" });
    let daemon = Daemon::start(&daemon::built_with_benchmarks(), &folder, settings);
    let begun = Instant::now();
    daemon.say(&["replay", file.to_str().unwrap(), "--as-fast-as-possible", "--as-live"]);
    println!("console: {posts} posts taken in within {} s", shown(begun.elapsed().as_secs_f64()));
    let link = daemon.say(&["user", "add", "ann", "--name", "Ann", "--role", "lead"]);
    let at = link.find("/login/").expect("a link");
    let link: String = link[at..].chars().take_while(|c| !c.is_whitespace()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&args, &daemon, &link));
    let pid = daemon.pid();
    println!("console: {} MB resident", shown(machine::memory_mb(&pid, "VmRSS")));
    daemon.kill();
    if postgres.is_none() {
        runtime.block_on(counts(&folder));
    }
}

/// Posts of the last minutes, so that few of them are late.
fn write(file: &Path, n: usize) {
    let span = Span::minutes(8);
    let mut posts = Posts::posted(5, now().minus(span), Span(1));
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    for _ in 0..n {
        writeln!(out, "{}", posts.line()).unwrap();
    }
    out.flush().unwrap();
}

async fn measure(args: &Args, daemon: &Daemon, link: &str) {
    let looks = args.number("--looks", 300);
    let port = daemon.port;
    let mut connection = Connection::open(port).await;
    let answer = connection.ask(&request("POST", port, link, "")).await;
    assert_eq!(answer.status, 303, "{}", answer.head);
    let cookie = header(&answer.head, "set-cookie").expect("a cookie").split(';').next().unwrap().to_owned();
    let mut browser = Browser { connection, port, cookie };
    let alive = browser.look("/healthz", looks).await;
    println!(
        "console: /healthz as floor, in ms: median {}, 99th percentile {}",
        shown(alive.0),
        shown(alive.1)
    );
    let mut cases = Vec::new();
    for lane in LANES {
        let mut path = format!("/?lane={lane}");
        browser.within(&format!("lane {lane}"), &path, looks).await;
        for _ in 0..20 {
            let page = browser.get(&path).await;
            cases.extend(links(&page, "href=\"/cases/").into_iter().map(|id| format!("/cases/{id}")));
            let Some(next) = links(&page, "class=\"next\" href=\"").pop() else { break };
            path = next.replace("&amp;", "&").replace("&#38;", "&");
        }
        if path.contains("after=") {
            browser.within(&format!("lane {lane}, a later page"), &path, looks).await;
        }
    }
    for filter in FILTERS {
        browser.within(&format!("filter {filter}"), &format!("/?lane=all&{filter}"), looks).await;
    }
    let mut took = Vec::new();
    for n in 0..looks {
        took.push(browser.timed(&cases[n * 7 % cases.len()]).await);
    }
    report("a case", &mut took);
    while_posts_come(args, &mut browser, looks).await;
}

/// The inbox once more, while others post.
async fn while_posts_come(args: &Args, browser: &mut Browser, looks: usize) {
    let most = args.number("--beside", BESIDE);
    if most == 0 {
        return;
    }
    let (port, rate) = (browser.port.to_string(), most.to_string());
    let _load = beside(&["--child", "load", "--port", &port, "--beside", &rate]);
    // The first seconds are those of its start.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    for lane in LANES {
        let name = format!("lane {lane}, beside {most} posts/s");
        browser.within(&name, &format!("/?lane={lane}"), looks).await;
    }
    for filter in FILTERS {
        let name = format!("filter {filter}, beside {most} posts/s");
        browser.within(&name, &format!("/?lane=all&{filter}"), looks).await;
    }
}

struct Browser {
    connection: Connection,
    port: u16,
    cookie: String,
}

impl Browser {
    async fn get(&mut self, path: &str) -> String {
        let answer = self.connection.ask(&request("GET", self.port, path, &self.cookie)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        String::from_utf8_lossy(&answer.body).into_owned()
    }

    /// How long a page takes, in milliseconds.
    async fn timed(&mut self, path: &str) -> f64 {
        let asked = Instant::now();
        self.get(path).await;
        asked.elapsed().as_secs_f64() * 1000.0
    }

    async fn look(&mut self, path: &str, looks: usize) -> (f64, f64) {
        let mut took = Vec::new();
        for _ in 0..looks {
            took.push(self.timed(path).await);
        }
        (quantile(&mut took, 0.5), quantile(&mut took, 0.99))
    }

    async fn within(&mut self, name: &str, path: &str, looks: usize) {
        let mut took = Vec::new();
        for _ in 0..looks {
            took.push(self.timed(path).await);
        }
        report(name, &mut took);
    }
}

fn report(name: &str, took: &mut [f64]) {
    println!(
        "console: {name}: median {} ms, longest {} ms",
        shown(quantile(took, 0.5)),
        shown(quantile(took, 1.0))
    );
    within(&format!("console: {name}, 99th percentile"), "ms", quantile(took, 0.99), PAGE_MS);
}

/// What stands behind each occurrence of a text, up to the next quotation mark.
fn links(page: &str, before: &str) -> Vec<String> {
    page.split(before).skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect()
}

async fn counts(folder: &Path) {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("data/webcared.db"));
    let mut db = options.connect().await.unwrap();
    let sql = "SELECT (SELECT COUNT(*) FROM cases WHERE open = 1), (SELECT COUNT(*) FROM mention)";
    let (open, mentions): (i64, i64) = sqlx::query_as(sql).fetch_one(&mut db).await.unwrap();
    println!("console: {open} cases were open, {mentions} mentions stored");
}
