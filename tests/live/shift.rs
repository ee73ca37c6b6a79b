//! A shift on a real Bluesky server: customers write in ten languages, two people work through the
//! console, and the process is killed again and again. Afterwards the ledgers agree to the post:
//! every mention became a case once, and whatever the outbox calls done stands there exactly once.
//! `WEBCARED_SHIFT_SECONDS` makes it longer; every few customers delete what they wrote. In a long shift
//! they write less often: a repository may spend 5,000 points an hour, so nobody, not even by hand, can
//! give more than 1,666 answers in one.

use crate::agent::Agent;
use crate::daemon::Start;
use crate::place::{Data, Engine, Look};
use crate::rigs::bluesky::{Account, Network};
use crate::wait_within;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(180);
const CUSTOMERS: usize = 5;
/// What the customers of a shift do at most: two in three of an hour's answers.
const DEEDS_MAX: u64 = 1_100;
const LANGUAGES: [&str; 10] = ["en", "nl", "de", "fr", "es", "pt", "it", "no", "ru", "ja"];

fn seconds() -> u64 {
    std::env::var("WEBCARED_SHIFT_SECONDS").ok().and_then(|n| n.parse().ok()).unwrap_or(40)
}

/// Complaints and questions of our own writing, in turn through the ten languages.
fn texts() -> Vec<String> {
    let of = |language: &str| -> Vec<String> {
        let file = format!("{}/src/triage/corpus/{language}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let lines = std::fs::read_to_string(file).unwrap();
        let posts = lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        let wanted = posts.filter(|p| p["needs_answer"] == true && p["level"] != "P5");
        let text =
            |p: Value| p["text"].as_str().unwrap().replace('@', "").chars().take(200).collect::<String>();
        wanted.map(text).step_by(7).take(40).collect()
    };
    let by_language: Vec<Vec<String>> = LANGUAGES.iter().map(|l| of(l)).collect();
    let longest = by_language.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|n| by_language.iter().filter_map(move |l| l.get(n).cloned())).collect()
}

fn with_account(start: &Start, network: &Network, brand: &Account, password: &str) {
    let text = std::fs::read_to_string(&start.file).unwrap();
    let account = format!(
        "\n[[source]]\nname = \"acme-sky\"\ncounts_from = \"2020-01-01T00:00:00Z\"\n\
         [source.bluesky]\nserver = \"{}\"\naccount = \"{}\"\napp_password = \"{password}\"\n\
         every_seconds = 5\nsearch = false\n\n[answers]\nundo_seconds = 1\n",
        network.pds, brand.handle
    );
    std::fs::write(&start.file, format!("{text}{account}")).unwrap();
}

/// What the customers wrote: address of the post to whether it was taken back.
type Written = BTreeMap<String, bool>;

/// Writes a post; its address, if the server says that it stands.
async fn writes(who: &Account, text: &str) -> Option<String> {
    let record = who.record(text).await;
    let ask = json!({ "repo": who.did, "collection": "app.bsky.feed.post", "record": record });
    let (status, told) = who.call("com.atproto.repo.createRecord", &ask).await;
    (status == 200).then(|| told["uri"].as_str().unwrap().to_owned())
}

async fn takes_back(who: &Account, uri: &str) -> bool {
    let key = uri.rsplit('/').next().unwrap();
    let ask = json!({ "repo": who.did, "collection": "app.bsky.feed.post", "rkey": key });
    who.call("com.atproto.repo.deleteRecord", &ask).await.0 == 200
}

async fn customers(network: &Network, until: Instant, seed: u64) -> Written {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut people = Vec::new();
    for n in 0..CUSTOMERS {
        people.push(network.create_account(&format!("cust{n}x.test")).await);
    }
    let (texts, mut written) = (texts(), Written::new());
    let mut last: Option<(usize, String)> = None;
    let mut n = 0;
    let pace = (seconds() * 1000 / DEEDS_MAX).max(850);
    while Instant::now() < until {
        let who = rng.random_range(0..people.len());
        match last.take_if(|_| rng.random_bool(0.15)) {
            Some((author, post)) => {
                if takes_back(&people[author], &post).await {
                    written.insert(post, true);
                }
            }
            None => {
                let text = format!("@acmecare.test {}", texts[n % texts.len()]);
                n += 1;
                // A busy server says 500 now and then; customers write something else.
                if let Some(uri) = writes(&people[who], &text).await {
                    written.insert(uri.clone(), false);
                    last = Some((who, uri));
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(pace / 4..pace * 7 / 4))).await;
    }
    written
}

/// Takes the next case and answers it, until told to stop; what a dead daemon loses is taken up again.
async fn works(agent: Agent, stop: Arc<AtomicBool>, pressed: Arc<AtomicUsize>) {
    while !stop.load(Ordering::SeqCst) {
        if let Some(case) = agent.next_case().await {
            let n = pressed.fetch_add(1, Ordering::SeqCst);
            let text = format!("Hello, {} here: we look into it, number {n}.", agent.login);
            agent.act(&case, "answer", &[("text", &text)]).await;
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

/// Everything in the repository of an account: address, text, what it answers.
async fn repository(reader: &Account, of: &str) -> Vec<(String, String, Option<String>)> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut ask = vec![("repo", of), ("collection", "app.bsky.feed.post"), ("limit", "100")];
        if !cursor.is_empty() {
            ask.push(("cursor", &cursor));
        }
        let (status, found) = reader.query("com.atproto.repo.listRecords", &ask).await;
        assert_eq!(status, 200, "{found}");
        let records = found["records"].as_array().unwrap();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        all.extend(records.iter().map(|r| {
            (text(&r["uri"]), text(&r["value"]["text"]), r.pointer("/value/reply/parent/uri").map(text))
        }));
        match found["cursor"].as_str().filter(|_| !records.is_empty()) {
            Some(next) => cursor = next.to_owned(),
            None => return all,
        }
    }
}

const OPEN: &str =
    "SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state IN ('ready', 'claimed', 'sending')";

/// Which of these have neither an answer nor the word of triage that they need none: nobody is led to
/// those, but they must be known all the same.
async fn unanswered<'a>(look: &Look, kept: &BTreeSet<&'a String>) -> Vec<&'a String> {
    let settled: Vec<(String,)> = look
        .rows(
            "SELECT m.external_id FROM action a JOIN mention m ON m.id = a.mention_id
             WHERE a.kind = 'reply' AND a.state = 'done'
             UNION SELECT m.external_id FROM judgement g JOIN mention m ON m.id = g.mention_id
             WHERE g.needs_answer = 0",
        )
        .await;
    let settled: BTreeSet<String> = settled.into_iter().map(|row| row.0).collect();
    kept.iter().copied().filter(|uri| !settled.contains(*uri)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_work_a_shift_on_bluesky_and_the_ledgers_agree() {
    let Some(network) = Network::start().await else { return };
    let seed = crate::sender::now().millis() as u64;
    eprintln!("WEBCARED_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let brand = network.create_account("acmecare.test").await;
    let password = brand.app_password("webcare").await;
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    with_account(&start, &network, &brand, &password);
    let mut daemon = start.ready().await;
    let (stop, pressed) = (Arc::new(AtomicBool::new(false)), Arc::<AtomicUsize>::default());
    let mut people = Vec::new();
    for login in ["ann", "bob"] {
        let agent = Agent::log_in(&start, login, "agent").await;
        people.push(tokio::spawn(works(agent, stop.clone(), pressed.clone())));
    }
    let until = Instant::now() + Duration::from_secs(seconds());
    let writing = customers(&network, until, seed ^ 1);
    tokio::pin!(writing);
    let mut kills = 0;
    let written = loop {
        let pause = Duration::from_millis(rng.random_range(5_000..15_000));
        tokio::select! {
            written = &mut writing => break written,
            () = tokio::time::sleep(pause) => {
                daemon.kill().await;
                daemon = start.ready().await;
                kills += 1;
            }
        }
    };
    // The rest of the shift is quiet: everything that was written is found and answered.
    let look = data.look().await;
    let kept: BTreeSet<&String> = written.iter().filter(|(_, gone)| !**gone).map(|(uri, _)| uri).collect();
    let waited = wait_within(PATIENCE, || async {
        (unanswered(&look, &kept).await.is_empty() && look.count(OPEN).await == 0).then_some(())
    })
    .await;
    if waited.is_none() {
        let left = unanswered(&look, &kept).await;
        let actions: Vec<(String, i64, String)> = look
            .rows("SELECT state, COUNT(*), MAX(detail) FROM action WHERE kind = 'reply' GROUP BY state")
            .await;
        let cases: Vec<(String, String, String, String, i64, String)> = look
            .rows(
                "SELECT m.external_id, k.state, COALESCE(k.claimed_by, '-'), e.kind, e.at, e.body
                 FROM mention m JOIN judgement g ON g.mention_id = m.id JOIN cases k ON k.id = g.case_id
                 JOIN case_event e ON e.case_id = k.id ORDER BY e.at, e.seq",
            )
            .await;
        for uri in left.iter().take(5) {
            let of: Vec<_> = cases.iter().filter(|c| c.0 == **uri).collect();
            eprintln!("{uri}: {of:#?}");
        }
        panic!("{} of {} were never answered; answers: {actions:?}; {left:?}", left.len(), kept.len());
    }
    stop.store(true, Ordering::SeqCst);
    for person in people {
        person.await.unwrap();
    }
    let mentions: Vec<(String,)> = look.rows("SELECT external_id FROM mention").await;
    let found: BTreeSet<&String> = mentions.iter().map(|m| &m.0).collect();
    assert_eq!(mentions.len(), found.len(), "no mention stands twice");
    assert!(kept.iter().all(|uri| found.contains(uri)), "no mention is missing");
    let actions: Vec<(String, Option<String>, String)> = look
        .rows(
            "SELECT a.state, a.remote_id, c.body FROM action a JOIN content c ON c.id = a.id || '/text'
             WHERE a.kind = 'reply'",
        )
        .await;
    let standing = repository(&brand, &brand.handle).await;
    let texts: BTreeSet<&String> = standing.iter().map(|s| &s.1).collect();
    assert_eq!(texts.len(), standing.len(), "nothing was said twice");
    for (uri, text, _) in &standing {
        let of = actions.iter().filter(|(_, remote, _)| remote.as_ref() == Some(uri)).count();
        assert_eq!(of, 1, "what stands there came of one action: {text}");
    }
    for (state, remote, text) in &actions {
        let there = standing.iter().filter(|s| s.1.contains(text.as_str())).count();
        let expected = usize::from(state == "done");
        assert_eq!(there, expected, "{state} {remote:?}: {text}");
    }
    // Own posts that were read back are ours once each.
    let own = look.count("SELECT COUNT(*) FROM own_post").await;
    assert_eq!(own as usize, standing.len());
    assert!(kills > 0 && standing.len() > 5, "a shift worth the name");
    eprintln!(
        "{} written, {} of them taken back, {} answers stand, {kills} kills, {} pressed",
        written.len(),
        written.len() - kept.len(),
        standing.len(),
        pressed.load(Ordering::SeqCst)
    );
    look.close().await;
    daemon.stop().await;
}
