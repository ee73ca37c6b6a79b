//! The stream of all posts: breaks, restarts, old places, other servers, in both versions.

use crate::fakes::{FakeJetstream, at_uri};
use crate::{Daemon, eventually, fresh, fresh_on_each};
use serde_json::json;
use std::collections::BTreeSet;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::{Span, Timestamp};
use webcared::store::Place;

fn config(servers: &[&str], version: u8) -> serde_json::Value {
    let stream = json!({"servers": servers, "version": version, "first_minutes": 30, "posts_server": ""});
    json!({"name": "jet", "jetstream": stream})
}

fn now() -> Timestamp {
    SystemClock::default().now()
}

/// Ten things that happen, two of them new posts that name the brand.
fn ten(fake: &FakeJetstream, from: usize) {
    for n in from..from + 10 {
        let (operation, text) = match n % 10 {
            3 => ("create", "where is my acme parcel \u{1f4e6}"),
            7 => ("create", "acme rocks"),
            4 => ("update", "acme, changed"),
            5 => ("delete", ""),
            _ => ("create", "nothing for us"),
        };
        fake.happen(now(), operation, &format!("k{n}"), text);
    }
}

fn ours(fake: &FakeJetstream) -> BTreeSet<String> {
    fake.ledger().shown.iter().filter(|(_, text)| text.contains("acme")).map(|(uri, _)| uri.clone()).collect()
}

async fn until_all(daemon: &Daemon, fake: &FakeJetstream, count: usize) {
    eventually("all of ours", async || daemon.identities().await.len() >= count).await;
    assert_eq!(daemon.identities().await, ours(fake));
}

async fn breaks_and_restarts(version: u8) {
    for folder in fresh_on_each().await {
        break_and_restart(version, &folder.place).await;
    }
}

async fn break_and_restart(version: u8, place: &Place) {
    let fake = FakeJetstream::start(version, 24_000_000_000).await;
    (0..20).for_each(|n| ten(&fake, n * 10));
    fake.ledger().cut_after = Some(90);
    let daemon = Daemon::start(place, config(&[&fake.url], version), "first").await;
    // Time overlaps and breaks together could circle on the spot; give them less to repeat.
    eventually("two breaks", async || fake.ledger().asked.len() >= 3).await;
    fake.ledger().cut_after = None;
    until_all(&daemon, &fake, 40).await;
    daemon.stop().await;

    (20..40).for_each(|n| ten(&fake, n * 10));
    let daemon = Daemon::start(place, config(&[&fake.url], version), "second").await;
    until_all(&daemon, &fake, 80).await;
    ten(&fake, 400);
    until_all(&daemon, &fake, 82).await;
    let row = daemon.until_state("connected").await;
    assert!(row.last_posted_at.is_some() && row.last_heard_at.is_some());
    let asked = fake.ledger().asked.clone();
    assert!(asked.iter().all(Option::is_some), "always from a place: {asked:?}");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_1_loses_nothing_over_breaks_and_restarts() {
    breaks_and_restarts(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_2_loses_nothing_over_breaks_and_restarts() {
    breaks_and_restarts(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_is_too_old_is_left_for_what_is_kept() {
    let fake = FakeJetstream::start(2, 500).await;
    let folder = fresh();
    ten(&fake, 0);
    let daemon = Daemon::start(&folder.place, config(&[&fake.url], 2), "first").await;
    until_all(&daemon, &fake, 2).await;
    daemon.stop().await;
    (1..10).for_each(|n| ten(&fake, n * 10));
    fake.ledger().kept_from = 50;
    let daemon = Daemon::start(&folder.place, config(&[&fake.url], 2), "second").await;
    until_all(&daemon, &fake, 12).await;
    assert!(!daemon.identities().await.contains(&at_uri("k23")), "that one is gone");
    let asked = fake.ledger().asked.clone();
    assert!(asked[asked.len() - 2].unwrap() < 1_000, "first by number: {asked:?}");
    assert!(asked[asked.len() - 1].unwrap() > 1_000_000_000_000_000, "then by time: {asked:?}");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_is_asked_by_time() {
    let (one, two) = (FakeJetstream::start(2, 500).await, FakeJetstream::start(2, 9_000_000).await);
    let folder = fresh();
    (0..2).for_each(|n| {
        ten(&one, n * 10);
        ten(&two, n * 10);
    });
    let daemon = Daemon::start(&folder.place, config(&[&one.url, &two.url], 2), "first").await;
    until_all(&daemon, &one, 4).await;
    one.ledger().refuse = Some(503);
    one.ledger().cut_after = Some(0);
    ten(&one, 20);
    ten(&two, 20);
    eventually("the other server's", async || daemon.identities().await.len() >= 6).await;
    assert_eq!(daemon.identities().await.len(), 6);
    let asked = two.ledger().asked.clone();
    assert!(asked[0].unwrap() > now().minus(Span::minutes(5)).millis() * 1000, "{asked:?}");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_finds_us_too_slow_is_asked_again() {
    let fake = FakeJetstream::start(2, 500).await;
    let folder = fresh();
    (0..5).for_each(|n| ten(&fake, n * 10));
    fake.ledger().fail_with = Some("ConsumerTooSlow");
    let daemon = Daemon::start(&folder.place, config(&[&fake.url], 2), "first").await;
    until_all(&daemon, &fake, 10).await;
    assert!(fake.ledger().asked.len() >= 2);
    daemon.stop().await;
}

/// The daemon is torn off its feet again and again, wherever it stands; nothing is tidied up.
#[test]
fn a_daemon_that_dies_at_any_moment_loses_nothing() {
    let folder = fresh();
    let outer = tokio::runtime::Runtime::new().unwrap();
    let fake = outer.block_on(FakeJetstream::start(1, 1));
    for round in 0..6 {
        (0..30).for_each(|n| ten(&fake, round * 300 + n * 10));
        let inner =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let before = outer.block_on(async { fake.ledger().asked.len() });
        let daemon = inner.block_on(async {
            let daemon = Daemon::start(&folder.place, config(&[&fake.url], 1), "same").await;
            eventually("a connection", async || fake.ledger().asked.len() > before).await;
            let token = tokio_util::sync::CancellationToken::new();
            webcared::shutdown::pause(Span(i64::try_from(round).unwrap() * 130), &token).await;
            daemon
        });
        inner.shutdown_background();
        drop(daemon);
    }
    outer.block_on(async {
        let daemon = Daemon::start(&folder.place, config(&[&fake.url], 1), "same").await;
        until_all(&daemon, &fake, 360).await;
        daemon.stop().await;
    });
}
