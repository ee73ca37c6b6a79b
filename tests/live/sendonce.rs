//! An answer leaves the real program at most once: whatever the platform does after it has posted,
//! and whenever the process is killed or frozen. What stands on the platform's ledger decides.

use crate::agent::Agent;
use crate::daemon::Start;
use crate::place::{Data, Engine, has_postgres};
use crate::toot::{Mood, Toot};
use crate::wait_for;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(90);

fn rounds() -> usize {
    let kills: usize = std::env::var("WEBCARED_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    kills.max(Mood::ALL.len())
}

/// Adds the account of the test's server, and lets answers leave at once.
fn with_account(start: &Start, toot: &Toot) {
    let text = std::fs::read_to_string(&start.file).unwrap();
    let account = format!(
        "\n[[source]]\nname = \"acme-toot\"\ncounts_from = \"2020-01-01T00:00:00Z\"\n\
         [source.mastodon]\nserver = \"{}\"\ntoken = \"secret-token\"\nevery_seconds = 5\n\
         \n[answers]\nundo_seconds = 0\n",
        toot.url
    );
    let text = text.replace("[outbound]", "[outbound]\ntimeout_seconds = 5");
    std::fs::write(&start.file, format!("{text}{account}")).unwrap();
}

/// Answers the customer's case, as often as it takes until the page took it; a page that says that
/// an answer is on its way is an answer too.
async fn answered(agent: &Agent, words: &str, answer: &str) {
    wait_for(answer, PATIENCE, || async {
        let inbox = agent.get("/?lane=all").await.filter(|p| p.status == 200)?;
        let inbox = if inbox.body.contains(words) { inbox } else { agent.get("/").await? };
        let row = inbox
            .body
            .split("href=\"/cases/")
            .skip(1)
            .find(|r| r.split("</tr>").next().is_some_and(|row| row.contains(words)))?;
        let case = row.split('"').next()?.split(['?', '#']).next()?.to_owned();
        let page = agent.act(&case, "answer", &[("text", answer)]).await?;
        let done = page.status == 303 || page.body.contains("another answer");
        done.then_some(())
    })
    .await;
}

async fn says_once(engine: Engine) {
    let seed = crate::sender::now().millis() as u64;
    eprintln!("WEBCARED_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (toot, data) = (Toot::start().await, Data::fresh(engine).await);
    let start = Start::new(&data, 0, None);
    with_account(&start, &toot);
    let mut daemon = start.ready().await;
    let agent = Agent::log_in(&start, "ann", "lead").await;
    let mut expected = Vec::new();
    for round in 0..rounds() {
        let mood = Mood::ALL[round % Mood::ALL.len()];
        let words = format!("my parcel number{round} never arrived");
        toot.customer_posts(&format!("cust{round}"), &format!("@acme {words}, please help"));
        toot.moods(&[mood]);
        let answer = format!("We look for parcel {round} today");
        answered(&agent, &words, &answer).await;
        expected.push((answer, mood));
        // Killed or frozen somewhere between the form and the record.
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..1500))).await;
        if rng.random_bool(0.5) {
            daemon.kill().await;
            daemon = start.ready().await;
        } else {
            daemon.signal("STOP");
            tokio::time::sleep(Duration::from_millis(rng.random_range(100..6000))).await;
            daemon.signal("CONT");
        }
    }
    // Whatever can be found out is found out; the rest is shown to a person.
    let look = data.look().await;
    let open =
        "SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state IN ('ready', 'claimed', 'sending')";
    wait_for("every answer to be settled", Duration::from_secs(240), || async {
        (look.count(open).await == 0).then_some(())
    })
    .await;
    let rows: Vec<(String, String)> = look
        .rows(
            "SELECT c.body, a.state FROM action a JOIN content c ON c.id = a.id || '/text' WHERE a.kind = 'reply'",
        )
        .await;
    let standing = toot.answers();
    for (answer, mood) in &expected {
        let there = standing.iter().filter(|s| s.contains(answer.as_str())).count();
        let states: Vec<&str> =
            rows.iter().filter(|(text, _)| text.contains(answer.as_str())).map(|(_, s)| s.as_str()).collect();
        assert_eq!(states.len(), 1, "{answer}: one intent, {mood:?}, {states:?}");
        assert!(there <= 1, "{answer}: stands {there} times, {mood:?}");
        let fits = matches!((there, states[0]), (1, "done") | (0 | 1, "unknown") | (0, "refused"));
        assert!(fits, "{answer}: {there} there, {}, {mood:?}", states[0]);
    }
    let done = rows.iter().filter(|(_, s)| s == "done").count();
    assert!(done * 2 > expected.len(), "most were settled: {done} of {}", expected.len());
    let untold = "SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state = 'unknown' AND told_at IS NULL";
    wait_for("a person to hear of every unknown", Duration::from_secs(60), || async {
        (look.count(untold).await == 0).then_some(())
    })
    .await;
    let unknown = look.count("SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state = 'unknown'").await;
    eprintln!(
        "{engine:?}: {} answers, {} attempts, {done} done, {unknown} for a person",
        expected.len(),
        toot.attempts()
    );
    look.close().await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_said_once_on_sqlite() {
    says_once(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_said_once_on_postgres() {
    if has_postgres() {
        says_once(Engine::Postgres).await;
    }
}
