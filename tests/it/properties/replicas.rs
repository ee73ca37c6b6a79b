//! Two replicas on one PostgreSQL work at the same time: nothing is done twice, nothing is lost.

use super::talk::{Held, LAST_MINUTE, check_counts, held, talk};
use super::{block_on, cases};
use crate::harness::{Engine, House, START, engines, post};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use webcared::clock::{Chance, Clock};
use webcared::domain::delivery::{Outcome, Repeat};
use webcared::domain::ids::InboxId;
use webcared::domain::time::Span;
use webcared::outbox::{CREDENTIAL_LEASE, Deliver, Worker};
use webcared::store::inbox::{self, Received};
use webcared::store::rows::ActionRow;

/// A chat that keeps its own list of what it was sent.
#[derive(Debug, Default)]
struct Ledger(Mutex<Vec<String>>);

#[async_trait::async_trait]
impl Deliver for Ledger {
    fn credential(&self) -> &'static str {
        "telegram"
    }

    fn repeat(&self) -> Repeat {
        Repeat::OnceMarked
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        let done = |a: &ActionRow| Outcome::Done { remote_id: a.id.clone(), at: None };
        tokio::task::yield_now().await;
        self.0.lock().unwrap().extend(actions.iter().map(|a| a.once_key.clone()));
        actions.iter().map(done).collect()
    }
}

/// Stores posts in the inbox, some of them twice.
async fn deliver(house: &House, posts: &[Value], again: usize) -> usize {
    let twice = posts.iter().step_by(again.max(1));
    let received: Vec<Received> = posts
        .iter()
        .chain(twice)
        .enumerate()
        .map(|(n, post)| Received {
            id: house.mint.id(house.clock.now(), InboxId::new).to_string(),
            source: "hook".into(),
            place: n.to_string(),
            received_at: house.clock.now(),
            body: post.to_string().into_bytes(),
        })
        .collect();
    let count = received.len();
    house.write(move |tx| Box::pin(async move { inbox::receive(tx, &received, None).await })).await.unwrap();
    count
}

/// Takes in until nothing waits; a batch that the other replica won is tried again.
async fn take_in(house: &House, batch: usize) {
    for _ in 0..10_000 {
        if house.intake.run_once(batch).await.unwrap() == 0
            && house.write(|tx| Box::pin(inbox::backlog(tx))).await.unwrap().0 == 0
        {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the inbox never ran empty");
}

async fn watch(house: &House) {
    for _ in 0..20 {
        house.advance(Span::minutes(13)).await;
    }
}

async fn send(house: &House, owner: &str, ledger: Arc<Ledger>) {
    let clock: Arc<dyn Clock> = house.clock.clone();
    let worker = Worker::new(house.db.clone(), clock, Chance::seeded(3), owner.to_owned(), ledger);
    for _ in 0..60 {
        worker.run_once().await.unwrap();
        tokio::task::yield_now().await;
    }
}

async fn settled(house: &House) -> Held {
    house.clock.set(START.plus(Span::minutes(LAST_MINUTE)).plus(Span::hours(5)));
    house.advance(Span::ZERO).await;
    held(house).await
}

async fn alone(posts: &[Value]) -> Held {
    let house = House::build(Engine::Sqlite).await;
    house.clock.set(START.plus(Span::minutes(LAST_MINUTE)));
    house.take(posts).await;
    settled(&house).await
}

async fn together(posts: &[Value]) {
    let one = House::build(Engine::Postgres).await;
    one.clock.set(START.plus(Span::minutes(LAST_MINUTE)));
    let two = one.replica(8).await;
    let received = deliver(&one, posts, 3).await;
    tokio::join!(take_in(&one, 2), take_in(&two, 3));
    let ledger = Arc::new(Ledger::default());
    tokio::join!(
        watch(&one),
        watch(&two),
        send(&one, "one", ledger.clone()),
        send(&two, "two", ledger.clone())
    );
    one.clock.advance(CREDENTIAL_LEASE);
    send(&one, "one", ledger.clone()).await;
    two.clock.set(one.clock_now().plus(CREDENTIAL_LEASE).plus(Span::seconds(1)));
    send(&two, "two", ledger.clone()).await;
    check_counts(&one, posts, received).await;
    let state = settled(&two).await;
    send(&two, "two", ledger.clone()).await;
    assert_eq!(one.count("SELECT COUNT(*) FROM action WHERE state <> 'done'").await, 0, "all was sent");
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    ledger.0.lock().unwrap().iter().for_each(|key| *sent.entry(key.clone()).or_default() += 1);
    assert!(sent.values().all(|n| *n == 1), "sent twice: {sent:?}");
    let actions: Vec<(String,)> = one.all("SELECT once_key FROM action").await;
    assert_eq!(actions.len(), sent.len(), "the ledger outside knows every action");
    assert_eq!(state, alone(posts).await, "two replicas come to what one comes to");
}

proptest! {
    #![proptest_config(cases(8))]
    #[test]
    fn two_replicas_come_to_what_one_comes_to(posts in talk(16)) {
        if engines().contains(&Engine::Postgres) {
            block_on(together(&posts.0));
        }
    }
}

/// One busy thread in which every message is answered: whoever takes in the answer must know the
/// message that it answers, also when the other replica took that in a moment ago.
#[test]
fn answers_find_their_messages_whoever_took_them_in() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let posts: Vec<Value> = (0..80)
        .map(|n| match n % 2 {
            0 => post(&format!("m{n:02}"), &format!("author{n}"), "t1", n, "acme, it does not work"),
            _ => crate::harness::answer(&format!("o{n:02}"), &format!("m{:02}", n - 1), "t1", n),
        })
        .collect();
    block_on(async {
        let one = House::build(Engine::Postgres).await;
        one.clock.set(START.plus(Span::minutes(LAST_MINUTE)));
        let two = one.replica(8).await;
        deliver(&one, &posts, 1).await;
        tokio::join!(take_in(&one, 1), take_in(&two, 1));
        let lost = "SELECT COUNT(*) FROM own_post WHERE answers_author_id IS NULL";
        assert_eq!(one.count(lost).await, 0, "answers that address nobody");
        assert_eq!(one.count("SELECT COUNT(*) FROM cases WHERE state <> 'waiting_customer'").await, 0);
    });
}

#[test]
fn talk_has_answers_in_it() {
    let made: Vec<Value> = talk(40).new_tree(&mut TestRunner::deterministic()).unwrap().current().0;
    assert!(made.iter().any(|p| p["author"]["id"] == "acme-own"));
}
