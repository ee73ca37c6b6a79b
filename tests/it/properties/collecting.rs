//! A thread that is collected: the same deliveries in any order, any number of times, in any batches part the same posts
//! into cases and what is collected, with the same clocks, and every post stands somewhere once.

use super::talk::{Arrival, arrival, check_counts, held, posted_at};
use super::{block_on, cases};
use crate::harness::{Engine, House, START, answer, engines, person, post};
use proptest::prelude::*;
use serde_json::Value;
use webcared::casework::{Act, Actor, CollectAct};
use webcared::domain::audit::Caller;
use webcared::domain::collecting::Scope;
use webcared::domain::role::Role;
use webcared::domain::time::{Span, Timestamp};

const MOST: usize = 9;
const LAST: i64 = 60;
const CHATTER: &str = "acme what a bunch of clowns";
const QUESTION: &str = "acme my parcel is late, when does it arrive?";

/// Minute, author, whether it asks, whether it is an answer of ours to one before it, thread.
type Draft = (i64, u8, bool, bool, bool, prop::sample::Index);

fn told(mut drafts: Vec<Draft>) -> Vec<Value> {
    drafts.sort_by_key(|d| d.0);
    let mut all: Vec<Value> = Vec::new();
    for (n, (minute, author, asks, ours, elsewhere, to)) in drafts.iter().enumerate() {
        let (id, thread) = (format!("p{n:02}"), if *elsewhere { "u" } else { "t" });
        let theirs = all.iter().filter(|p| p["author"]["id"] != "acme-own" && p["conversation_id"] == thread);
        let theirs: Vec<String> = theirs.map(|p| p["external_id"].as_str().unwrap().to_owned()).collect();
        let text = if *asks { QUESTION } else { CHATTER };
        all.push(match *ours && !theirs.is_empty() {
            true => answer(&id, to.get(&theirs).as_str(), thread, *minute),
            false => post(&id, &format!("author{author}"), thread, *minute, text),
        });
    }
    all
}

/// A house in which the thread, and the first author or not, is collected since minute 5.
async fn house(engine: Engine, author: bool) -> House {
    let house = House::build(engine).await;
    house.take(&[post("first", "author0", "t", 0, QUESTION)]).await;
    house.clock.set(START.plus(Span::minutes(5)));
    let casework = house.casework.called(Caller { role: Some(Role::Lead), ..Caller::default() });
    let actor = Actor { person: person(1), lead: true };
    for scope in Scope::ALL.into_iter().filter(|s| *s == Scope::Thread || author) {
        let case = house.cases().await.pop().unwrap();
        let set = CollectAct::Set { scope, reason: "storm".into(), until: Some(end().minus(Span::hours(2))) };
        casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Collect(set)).await.unwrap();
    }
    house
}

fn end() -> Timestamp {
    START.plus(Span::minutes(LAST)).plus(Span::hours(3))
}

type State = (Vec<String>, Vec<String>, Vec<String>, Vec<(String,)>);

/// Everything that orders must not change: cases with clocks, and what is collected by whom.
async fn state(house: &House) -> State {
    let held = held(house).await;
    let collected = "SELECT DISTINCT m.external_id FROM judgement g JOIN collecting z ON z.id = g.case_id
        JOIN mention m ON m.id = g.mention_id ORDER BY 1";
    (held.cases, held.responses, held.fell_due, house.all(collected).await)
}

async fn settle(house: &House) {
    house.clock.set(end());
    house.advance(Span::ZERO).await;
}

async fn live(engine: Engine, posts: &[Value], author: bool) -> State {
    let house = house(engine, author).await;
    for post in posts {
        house.clock.set(posted_at(post).max(house.clock_now()));
        house.advance(Span::ZERO).await;
        house.take(std::slice::from_ref(post)).await;
    }
    settle(&house).await;
    state(&house).await
}

async fn late(engine: Engine, posts: &[Value], arrival: &Arrival, author: bool) -> State {
    let house = house(engine, author).await;
    house.clock.set(START.plus(Span::minutes(LAST)));
    for batch in arrival.batches(posts) {
        house.take(&batch).await;
    }
    settle(&house).await;
    let (before, events) = (state(&house).await, house.events().await.len());
    house.take(posts).await;
    assert_eq!((state(&house).await, house.events().await.len()), (before.clone(), events), "once more");
    let astray = "SELECT COUNT(*) FROM mention m WHERE 1 <> (SELECT COUNT(*) FROM judgement g
        WHERE g.mention_id = m.id AND (EXISTS (SELECT 1 FROM cases k WHERE k.id = g.case_id)
            OR EXISTS (SELECT 1 FROM collecting z WHERE z.id = g.case_id)))";
    assert_eq!(house.count(astray).await, 0, "every post stands somewhere, once");
    let mut all = posts.to_vec();
    all.push(post("first", "author0", "t", 0, QUESTION));
    let received = arrival.batches(posts).iter().map(Vec::len).sum::<usize>() + posts.len() + 1;
    check_counts(&house, &all, received).await;
    before
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let one = (
        6..=LAST,
        0..4u8,
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.2),
        any::<prop::sample::Index>(),
    );
    prop::collection::vec(one, 1..=MOST)
}

proptest! {
    #![proptest_config(cases(30))]
    #[test]
    fn any_order_collects_the_same(drafts in drafts(), arrival in arrival(MOST), author in any::<bool>()) {
        let posts = told(drafts);
        block_on(async {
            let live = format!("{:?}", live(Engine::Sqlite, &posts, author).await);
            assert_eq!(format!("{:?}", late(Engine::Sqlite, &posts, &arrival, author).await), live, "{posts:?}");
        });
    }
}

proptest! {
    #![proptest_config(cases(3))]
    #[test]
    fn any_order_collects_the_same_on_postgres(drafts in drafts(), arrival in arrival(MOST), author in any::<bool>()) {
        let posts = told(drafts);
        for engine in engines().into_iter().filter(|e| *e == Engine::Postgres) {
            block_on(async {
                let live = format!("{:?}", live(engine, &posts, author).await);
                assert_eq!(format!("{:?}", late(engine, &posts, &arrival, author).await), live, "{posts:?}");
            });
        }
    }
}
