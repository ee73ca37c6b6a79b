//! M6: finding what falls due next among many open clocks, and how soon it is recorded when very many
//! fall due within a minute.
//!
//! `cargo bench --bench sla`, with `-- --open 100000` for fewer clocks in the first part. The first part
//! asks the store of two databases, small and large, in turn; the second runs the daemon.

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

use std::path::Path;
use std::time::{Duration, Instant};
use support::corpus::BRAND;
use support::daemon::{self, Daemon, now};
use support::machine;
use support::{Args, Triple, Wanted, quantile, shown, verdict, within};
use webcared::casefile::{CaseFile, When, Who};
use webcared::catalogue::{self, Catalogue};
use webcared::clock::{Chance, Mint};
use webcared::domain::brand::Brand;
use webcared::domain::clocks::ObligationKind;
use webcared::domain::ids::{AuthorId, CaseId, ConversationId, MentionId};
use webcared::domain::time::{Span, Timestamp};
use webcared::store::rows::{CaseRow, ObligationRow};
use webcared::store::{self, Db, Place, bulk, deadlines};

/// Clocks of the small database, and how many of each fall due next.
const FEW: usize = 1_000;
const NEXT: i64 = 100;
/// How many fall due while the daemon is watched, within a minute.
const FALLING: usize = 10_000;
const MINUTE: Span = Span::minutes(1);
/// Open clocks besides.
const BESIDES: usize = 100_000;
/// Looks at each database in a round.
const LOOKS: usize = 300;

fn main() {
    let args = Args::of_process();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(next_due(&args));
    recorded(&runtime);
}

/// The next hundred due of a thousand and of a million.
async fn next_due(args: &Args) {
    let many = args.number("--open", 1_000_000);
    let at = now();
    let (small, large) = (filled("sla-small", FEW, at).await, filled("sla-large", many, at).await);
    let mut rounds = Vec::new();
    for _ in 0..args.number("--rounds", 5) {
        let (before, product, after) =
            (looks(&small, at).await, looks(&large, at).await, looks(&small, at).await);
        rounds.push(Triple { before, product, after });
    }
    verdict(
        &format!("sla: next {NEXT} due of {many} (of {FEW} as floor)"),
        "µs",
        &rounds,
        Wanted::AtMost,
        1.5,
    );
    small.close().await;
    large.close().await;
}

/// The median time of one look for what falls due, in microseconds.
async fn looks(db: &Db, at: Timestamp) -> f64 {
    let mut took = Vec::new();
    for _ in 0..LOOKS {
        let begun = Instant::now();
        let look = db.read("looking", move |tx| {
            Box::pin(async move {
                let next = deadlines::next_at(tx).await?;
                Ok((next, deadlines::due_cases(tx, at, NEXT).await?))
            })
        });
        let (next, due) = look.await.unwrap();
        took.push(begun.elapsed().as_secs_f64() * 1e6);
        assert!(next.is_some() && due.len() == NEXT as usize, "{} are due", due.len());
    }
    quantile(&mut took, 0.5)
}

/// A database with so many open clocks, the first hundred of which are due at `at`.
async fn filled(name: &str, count: usize, at: Timestamp) -> Db {
    let folder = machine::folder(name);
    let db = store::open::open(&Place::Folder(folder)).await.unwrap().db;
    let due = |n: usize| match n as i64 {
        n if n < NEXT => at.minus(Span(n + 1)),
        n => at.plus(Span::seconds(60 + n % 80_000)),
    };
    fill(&db, count, at.minus(Span::minutes(1)), due).await;
    db
}

/// Opens a case with one running response clock for each, whose next stage is its deadline.
async fn fill(db: &Db, count: usize, now: Timestamp, due: impl Fn(usize) -> Timestamp) {
    let mint = Mint::new(Chance::seeded(3));
    let inner = mint.clone();
    let brand = Brand { handles: vec!["acmeair".into()], ..Brand::watched(BRAND) };
    let catalogue: Catalogue = db
        .write("importing", move |tx| {
            Box::pin(async move { catalogue::import(tx, &[brand], &[], "bench", &inner, now).await })
        })
        .await
        .unwrap();
    let watched = &catalogue.brands[0];
    let mut done = 0;
    while done < count {
        let mut rows: (Vec<CaseRow>, Vec<ObligationRow>) = Default::default();
        for n in done..count.min(done + 5_000) {
            let case = case(&mint, &watched.id, n, now);
            let mut file = CaseFile::new(case, Vec::new(), &catalogue.policies);
            let policy = &watched.policy;
            let kind = ObligationKind::FirstResponse;
            let target = policy.1.target(kind, &file.case.selector()).unwrap().span;
            let start = due(n).minus(target);
            let mention = file.case.first_mention_id.clone();
            let clock = file.open_wait(kind, Some(&mention), start, policy).unwrap();
            // The warnings are past and were told; the deadline is what comes next.
            let before = due(n).minus(Span(1));
            file.with_clock(clock, When { at: before, now: before }, |o| o.fall_due(before)).unwrap();
            file.note("opened", &Who::Customer, When::now(start), &serde_json::json!({}));
            rows.1.push(file.clocks[clock].clone());
            rows.0.push(file.case);
        }
        done += rows.0.len();
        db.write("filling", move |tx| {
            Box::pin(async move {
                let mut script = webcared::store::script::Script::of(tx, "a benchmark");
                bulk::put_cases(&mut script, &rows.0)?;
                bulk::put_obligations(&mut script, &rows.1)?;
                script.run(tx).await
            })
        })
        .await
        .unwrap();
    }
}

fn case(mint: &Mint, brand: &str, n: usize, now: Timestamp) -> CaseRow {
    CaseRow {
        id: mint.id(now, CaseId::new).to_string(),
        brand_id: brand.to_owned(),
        number: n as i64 + 1,
        conversation_id: mint.id(now, ConversationId::new).to_string(),
        author_id: mint.id(now, AuthorId::new).to_string(),
        customer_id: None,
        previous_case_id: None,
        first_mention_id: mint.id(now, MentionId::new).to_string(),
        channel: "social".into(),
        platform: "x".into(),
        private: 0,
        historic: 0,
        sample: 0,
        state: "new".into(),
        open: 1,
        state_since: now.millis(),
        claimed_by: None,
        claimed_since: None,
        claimed_until: None,
        level: 2 + n as i64 % 4,
        urgency: 50,
        intent: "question".into(),
        language: "en".into(),
        needs_answer: 1,
        needs_private: 0,
        policy: "social-30m".into(),
        policy_version: 1,
        opened_at: now.millis(),
        received_at: now.millis(),
        last_message_at: now.millis(),
        first_answer_at: None,
        due_at: None,
        ended_why: None,
        version: 0,
        changed_at: now.millis(),
        snoozed_until: None,
        missed_at: None,
        wrote_again: 0,
        held_until: None,
        solved_at: None,
        course: "[]".into(),
        closing_at: None,
    }
}

/// The daemon while ten thousand clocks fall due within a minute.
fn recorded(runtime: &tokio::runtime::Runtime) {
    let folder = machine::folder("sla-daemon");
    let place = Place::Folder(folder.join("data"));
    std::fs::create_dir_all(folder.join("data")).unwrap();
    // The fill takes a while; what is to fall due lies well behind it.
    let first = now().plus(Span::seconds(45));
    let step = MINUTE.millis() as f64 / FALLING as f64;
    runtime.block_on(async {
        let opened = store::open::open(&place).await.unwrap();
        let due = |n: usize| match n {
            n if n < FALLING => first.plus(Span((n as f64 * step) as i64)),
            n => first.plus(Span::hours(2)).plus(Span(n as i64)),
        };
        fill(&opened.db, FALLING + BESIDES, now(), due).await;
        opened.db.close().await;
    });
    let program = daemon::built_with_benchmarks();
    let daemon = Daemon::start(&program, &folder, daemon::settings);
    let spare = first.since(now());
    assert!(spare.millis() > 2_000, "filling took too long: {spare} are left");
    println!("sla: {FALLING} clocks fall due within a minute, {BESIDES} more are open");
    std::thread::sleep(Duration::from_millis(spare.millis() as u64));
    let before = machine::cpu_seconds(&daemon.pid());
    std::thread::sleep(Duration::from_millis((MINUTE.millis() + 8_000) as u64));
    let cpu = machine::cpu_seconds(&daemon.pid()) - before;
    daemon.kill();
    let mut late = runtime.block_on(late(&folder));
    assert_eq!(late.len(), FALLING, "every breach is recorded, and once");
    println!("sla: {} % of a core meanwhile", shown(cpu / 68.0 * 100.0));
    within("sla: recorded after falling due, median", "s", quantile(&mut late, 0.5), 1.0);
    within("sla: recorded after falling due, 99th percentile", "s", quantile(&mut late, 0.99), 5.0);
    within("sla: recorded after falling due, longest", "s", quantile(&mut late, 1.0), 5.0);
    assert!(late[0] >= 0.0, "nothing is early");
}

async fn late(folder: &Path) -> Vec<f64> {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("data/webcared.db"));
    let mut db = options.connect().await.unwrap();
    let rows: Vec<(i64,)> = sqlx::query_as("SELECT recorded_at - at FROM clock_event WHERE stage = 100")
        .fetch_all(&mut db)
        .await
        .unwrap();
    rows.into_iter().map(|(ms,)| ms as f64 / 1000.0).collect()
}
