//! `kill -9` at random instants under load, again and again. Afterwards nothing that was
//! acknowledged is lost or doubled, every urgent case was told, and every breach has its true time.

use crate::audit::{check_clocks, check_stored, check_told, settled};
use crate::bot::Bot;
use crate::daemon::Start;
use crate::place::{Data, Engine, has_postgres};
use crate::sender::{Ledger, ORDINARY, OUTAGE, QUESTION, URGENT, answer, post};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use webcared::domain::time::Span;

/// Cases that are told to the chat are few, for it holds messages back.
const URGENT_MAX: usize = 24;
const SOON_DUE_MAX: usize = 24;
const REPLAYED: usize = 3000;

fn kills() -> usize {
    std::env::var("WEBCARED_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10)
}

fn seed() -> u64 {
    let given = std::env::var("WEBCARED_SEED").ok().and_then(|n| n.parse().ok());
    let seed = given.unwrap_or_else(|| crate::sender::now().millis() as u64);
    eprintln!("WEBCARED_SEED={seed}");
    seed
}

/// How many cases of each kind there are already.
#[derive(Default)]
struct Told {
    urgent: AtomicUsize,
    soon_due: AtomicUsize,
}

/// One delivery: mostly one post, sometimes several, sometimes an answer of ours. Half an hour is
/// promised, so what was written almost half an hour ago falls due while the test runs.
fn delivery(rng: &mut StdRng, n: usize, told: &Told) -> Value {
    let id = format!("h{n}");
    match rng.random_range(0..10) {
        0 if told.urgent.fetch_add(1, Ordering::SeqCst) < URGENT_MAX => {
            post(&id, Span::seconds(2), if n.is_multiple_of(2) { URGENT } else { OUTAGE })
        }
        1 if told.soon_due.fetch_add(1, Ordering::SeqCst) < SOON_DUE_MAX => {
            post(&id, Span::seconds(30 * 60 - rng.random_range(3..30)), ORDINARY)
        }
        2 => {
            json!([post(&id, Span::minutes(10), QUESTION), answer(&format!("h{n}o"), &id, Span::minutes(5)),])
        }
        3 => (0..20).map(|k| post(&format!("h{n}x{k}"), Span::minutes(1), QUESTION)).collect(),
        _ => post(&id, Span::seconds(5), QUESTION),
    }
}

/// Delivers without pause to one of the ports until told to stop; returns what it meant to deliver.
async fn load(
    ports: Vec<u16>,
    ledger: Ledger,
    stop: Arc<AtomicBool>,
    told: Arc<Told>,
    seed: u64,
    worker: usize,
) -> BTreeSet<String> {
    let mut rng = StdRng::seed_from_u64(seed.wrapping_add(worker as u64));
    let mut meant = BTreeSet::new();
    let mut n = worker * 1_000_000;
    while !stop.load(Ordering::SeqCst) {
        n += 1;
        let body = delivery(&mut rng, n, &told);
        let list = body.as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
        meant.extend(list.iter().map(|p| p["external_id"].as_str().unwrap().to_owned()));
        let port = ports[n % ports.len()];
        let again = rng.random_bool(0.1).then(|| body.clone());
        if !ledger.send(port, &format!("msg_{n}"), body).await {
            // Nobody is there; come again a little later, as senders do.
            tokio::time::sleep(Duration::from_millis(rng.random_range(20..120))).await;
        }
        if let Some(body) = again {
            ledger.send(ports[(n + 1) % ports.len()], &format!("msg_{n}"), body).await;
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(5..40))).await;
    }
    meant
}

/// Load on one or more ports, in the background.
pub struct Load {
    stop: Arc<AtomicBool>,
    workers: Vec<tokio::task::JoinHandle<BTreeSet<String>>>,
}

impl Load {
    pub fn start(ports: &[u16], ledger: &Ledger, seed: u64) -> Self {
        let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::<Told>::default());
        let spawn = |worker| {
            tokio::spawn(load(ports.to_vec(), ledger.clone(), stop.clone(), told.clone(), seed, worker))
        };
        Self { workers: (1..=3).map(spawn).collect(), stop }
    }

    /// Stops it; what it meant to deliver.
    pub async fn end(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::SeqCst);
        let mut meant = BTreeSet::new();
        for worker in self.workers {
            meant.extend(worker.await.unwrap());
        }
        meant
    }
}

fn replay_file(data: &Data) -> std::path::PathBuf {
    let file = data.folder().join("recorded.jsonl");
    let lines: Vec<String> =
        (0..REPLAYED).map(|n| post(&format!("r{n}"), Span::minutes(2), QUESTION).to_string()).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    file
}

async fn survives_kills(engine: Engine) {
    let (seed, bot, data) = (seed(), Bot::start().await, Data::fresh(engine).await);
    let start = Arc::new(Start::new(&data, 0, Some(&bot.url)));
    let file = replay_file(&data).display().to_string();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut daemon = start.ready().await;
    let ledger = Ledger::default();
    let load = Load::start(&[start.port], &ledger, seed);
    for kill in 0..kills() {
        let replay = (kill % 3 == 0).then(|| {
            let (start, file) = (start.clone(), file.clone());
            // Cut off by the kill as likely as not; it is done again in the end.
            tokio::spawn(async move {
                start.run(&["replay", &file, "--as-fast-as-possible", "--as-live"]).await;
            })
        });
        tokio::time::sleep(Duration::from_millis(rng.random_range(20..2500))).await;
        daemon.kill().await;
        // Without a daemon it takes the lock of the data folder itself until it is done.
        if let Some(replay) = replay {
            replay.await.unwrap();
        }
        daemon = start.launch();
        // Every other time it is killed while it starts or catches up.
        if rng.random_bool(0.5) {
            daemon.wait_ready().await;
        }
    }
    daemon.wait_ready().await;
    let meant = load.end().await;
    ledger.finish(start.port).await;
    let (code, counts, told) = start.run(&["replay", &file, "--as-fast-as-possible", "--as-live"]).await;
    assert_eq!(code, Some(0), "{told}");
    let counts: Value = serde_json::from_str(counts.trim()).unwrap();
    assert_eq!(counts["received"], REPLAYED);
    let look = settled(&data).await;
    assert!(ledger.tries() > ledger.acknowledged().len() / 21, "{} tries", ledger.tries());
    check_stored(&look, &ledger, &meant).await;
    assert_eq!(
        look.count("SELECT COUNT(*) FROM mention WHERE source = 'replay'").await,
        REPLAYED as i64,
        "every recorded post is there once"
    );
    let breaches = check_clocks(&look).await;
    assert!(breaches > 0, "nothing fell due: the test proves nothing about clocks");
    check_told(&look, &bot).await;
    eprintln!(
        "{engine:?}: {} kills, {} acknowledged in {} tries, {breaches} breaches, {} messages",
        kills(),
        ledger.acknowledged().len(),
        ledger.tries(),
        bot.messages()
    );
    look.close().await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_by_kills_on_sqlite() {
    survives_kills(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_by_kills_on_postgres() {
    if has_postgres() {
        survives_kills(Engine::Postgres).await;
    }
}
