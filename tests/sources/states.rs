//! What a source's trouble looks like to people, and how it passes.

use crate::fakes::{FakeMastodon, Mood};
use crate::{Daemon, built, configured, eventually, fresh, outside};
use serde_json::json;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::{TroubleState, build};
use webcared::store::{lease, source};

fn config(server: &str) -> serde_json::Value {
    json!({"name": "tags", "counts_from": "2026-11-01T00:00:00Z",
        "mastodon_tags": {"servers": [server], "tags": ["acme"], "every_seconds": 1}})
}

async fn trouble_of(mood: Mood) -> webcared::sources::SourceTrouble {
    let fake = FakeMastodon::start().await;
    fake.ledger().mood = mood;
    let source = built(config(&fake.url));
    source.poll().unwrap().poll(&format!("{}#acme", fake.url), None).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_is_a_state_in_plain_words() {
    for code in [401, 403, 422] {
        let trouble = trouble_of(Mood::Refuses(code, vec![])).await;
        assert_eq!(trouble.state, TroubleState::NeedsToken, "{code}");
        assert!(trouble.why.contains("without a token"), "{}", trouble.why);
    }
    let reset = SystemClock::default().now().plus(Span::seconds(120)).rfc3339();
    let trouble = trouble_of(Mood::Refuses(429, vec![("x-ratelimit-reset", reset)])).await;
    assert!(matches!(trouble.state, TroubleState::RateLimited { .. }));
    let wait = trouble.retry_after.unwrap();
    assert!((Span::seconds(115)..=Span::seconds(121)).contains(&wait), "{wait}");
    assert_eq!(trouble_of(Mood::Refuses(500, vec![])).await.state, TroubleState::Unreachable);
    assert_eq!(trouble_of(Mood::Refuses(404, vec![])).await.state, TroubleState::Broken);
    assert_eq!(trouble_of(Mood::Babbles).await.state, TroubleState::Broken);
    assert_eq!(trouble_of(Mood::Hangs).await.state, TroubleState::Unreachable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_are_written_and_pass_by_themselves() {
    let fake = FakeMastodon::start().await;
    fake.ledger().mood = Mood::Refuses(500, vec![]);
    fake.post([1, 2, 3]);
    let folder = fresh();
    let daemon = Daemon::start(&folder.place, config(&fake.url), "first").await;
    let row = daemon.until_state("retrying").await;
    assert_eq!(row.state_why, "the server answers 500");
    assert!(row.retry_at.is_some());
    assert_eq!(Timestamp(row.counts_from).rfc3339(), "2026-11-01T00:00:00.000Z");
    fake.ledger().mood = Mood::Fine;
    let row = daemon.until_state("connected").await;
    assert_eq!((row.state_why.as_str(), row.retry_at), ("", None));
    daemon.stop().await;

    // The settings say nothing now: what was entered first stays.
    let mut config = config(&fake.url);
    config["counts_from"] = json!(null);
    fake.ledger().mood = Mood::Refuses(401, vec![]);
    let daemon = Daemon::start(&folder.place, config, "second").await;
    let row = daemon.until_state("needs_token").await;
    assert_eq!(Timestamp(row.counts_from).rfc3339(), "2026-11-01T00:00:00.000Z");
    let day = SystemClock::default().now().day();
    let calls = daemon.db().read("test", move |tx| Box::pin(async move { source::calls_of(tx, &day).await }));
    let calls = calls.await.unwrap();
    assert!(
        calls.iter().any(|(who, unit, n)| who == "public@127.0.0.1" && unit == "call" && *n >= 2),
        "{calls:?}"
    );
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_network_is_a_state_and_stopping_is_quick_whatever_hangs() {
    let fake = FakeMastodon::start().await;
    fake.ledger().mood = Mood::Hangs;
    let folder = fresh();
    let daemon = Daemon::start(&folder.place, config(&fake.url), "first").await;
    eventually("a request that hangs", async || fake.ledger().requests > 0).await;
    daemon.stop().await;

    // A port that nobody listens on.
    let daemon = Daemon::start(&folder.place, config("http://127.0.0.1:9"), "second").await;
    let row = daemon.until_state("retrying").await;
    assert!(row.state_why.contains("no network"), "{}", row.state_why);
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_another_process_reads_is_left_alone_until_it_is_free() {
    let fake = FakeMastodon::start().await;
    fake.post([1]);
    let folder = fresh();
    let opened = webcared::store::open::open(&folder.place).await.unwrap();
    let until = SystemClock::default().now();
    let taken = opened.db.write("test", move |tx| {
        Box::pin(async move { lease::take(tx, "source:tags", "other", until, Span::seconds(8)).await })
    });
    assert_eq!(taken.await.unwrap().unwrap().epoch, 1);
    let daemon = Daemon::on(opened, config(&fake.url), "me");
    eventually("the lease", async || daemon.identities().await.len() == 1).await;
    assert!(SystemClock::default().now().since(until) >= Span::seconds(8), "not before it ran out");
    daemon.stop().await;
}

#[test]
fn wrong_settings_are_named() {
    let wrong = |value: serde_json::Value| match build(&configured(value), &outside()) {
        Ok(_) => panic!("built"),
        Err(error) => error.to_string(),
    };
    assert!(wrong(json!({"name": "a"})).contains("exactly one kind"));
    assert!(wrong(json!({"name": "a b", "jetstream": {}})).contains("letters, digits"));
    assert!(wrong(json!({"name": "a", "jetstream": {"version": 3}})).contains("there are 1 and 2"));
    assert!(wrong(json!({"name": "a", "jetstream": {"servers": ["https://x"]}})).contains("wss://host"));
    assert!(wrong(json!({"name": "a", "mastodon_tags": {"servers": []}})).contains("at least one"));
    assert!(
        wrong(json!({"name": "a", "mastodon_tags": {"servers": ["https://u:p@x"]}}))
            .contains("must look like")
    );
    assert!(wrong(json!({"name": "a", "webhook": {}})).contains("needs secret"));
    assert!(wrong(json!({"name": "a", "webhook": {"secret": "whsec_c2hvcnQ="}})).contains("at least 24"));
    assert!(wrong(json!({"name": "a", "counts_from": "soon", "webhook": {}})).contains("counts_from"));
}
