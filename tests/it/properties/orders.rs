//! The same deliveries in any order, any number of times, in any batches give the same state.

use super::talk::{Arrival, Held, LAST_MINUTE, arrival, check_counts, held, posted_at, talk};
use super::{block_on, cases};
use crate::harness::{Engine, House, START, engines};
use proptest::prelude::*;
use serde_json::Value;
use webcared::domain::time::{Span, Timestamp};

const MOST: usize = 9;

fn end() -> Timestamp {
    START.plus(Span::minutes(LAST_MINUTE)).plus(Span::hours(4))
}

async fn settle(house: &House) {
    house.clock.set(end());
    house.advance(Span::ZERO).await;
}

/// As it was: each post taken in the minute it was posted, deadlines watched all the while.
async fn live(engine: Engine, posts: &[Value]) -> Held {
    let house = House::build(engine).await;
    for post in posts {
        house.clock.set(posted_at(post));
        house.advance(Span::ZERO).await;
        house.take(std::slice::from_ref(post)).await;
    }
    settle(&house).await;
    check_counts(&house, posts, posts.len()).await;
    held(&house).await
}

/// Late, in another order, with repetitions; `watched` looks at deadlines between the batches.
async fn late(engine: Engine, posts: &[Value], arrival: &Arrival, watched: bool) -> Held {
    let house = House::build(engine).await;
    house.clock.set(START.plus(Span::minutes(LAST_MINUTE)));
    let mut received = 0;
    for batch in arrival.batches(posts) {
        received += batch.len();
        house.take(&batch).await;
        if watched {
            house.advance(Span::minutes(7)).await;
        }
    }
    settle(&house).await;
    check_counts(&house, posts, received).await;
    let before = (held(&house).await, house.events().await.len(), house.alerts().await.len());
    house.take(posts).await;
    house.advance(Span::ZERO).await;
    check_counts(&house, posts, received + posts.len()).await;
    let after = (held(&house).await, house.events().await.len(), house.alerts().await.len());
    assert_eq!(before, after, "all of it once more changes nothing");
    after.0
}

fn compare(engine: Engine, posts: &[Value], arrival: &Arrival, watched: bool) {
    block_on(async {
        let (live, late) = (live(engine, posts).await, late(engine, posts, arrival, watched).await);
        assert_eq!(late, live);
    });
}

proptest! {
    #![proptest_config(cases(40))]
    #[test]
    fn any_order_gives_the_same_state(
        posts in talk(MOST),
        arrival in arrival(MOST),
        watched in any::<bool>(),
    ) {
        compare(Engine::Sqlite, &posts.0, &arrival, watched);
    }
}

proptest! {
    #![proptest_config(cases(4))]
    #[test]
    fn any_order_gives_the_same_state_on_postgres(
        posts in talk(MOST),
        arrival in arrival(MOST),
        watched in any::<bool>(),
    ) {
        for engine in engines().into_iter().filter(|e| *e == Engine::Postgres) {
            compare(engine, &posts.0, &arrival, watched);
        }
    }
}
