//! The worker of the outbox vanishes at every await in turn: whatever the platform does, and wherever
//! the process was, each intent stands there at most once, and each is settled or shown to a person.

use crate::account::{Fake, Mood};
use crate::harness::{House, START, on_each, person, post};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use webcared::answering::AnswerDeliver;
use webcared::casework::{Act, Actor, Answer, Answers, Handed};
use webcared::clock::Chance;
use webcared::domain::delivery::Looked;
use webcared::domain::time::Span;
use webcared::outbox::Worker;
use webcared::store::outbox;

/// Polls a future so many times and then drops it, as a process that ends there would.
struct Vanishing<F> {
    inner: Pin<Box<F>>,
    polls_left: usize,
}

impl<F: Future> Future for Vanishing<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        self.inner.as_mut().poll(cx).map(Some)
    }
}

fn worker(house: &House, fake: &Arc<Fake>, owner: &str) -> Worker {
    let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
    let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint, fake.clone()).unwrap();
    Worker::new(db, clock, Chance::seeded(3), owner.to_owned(), Arc::new(deliver))
}

/// One answer whose worker vanishes after `polls`; tells whether it got to its end before.
async fn one(
    house: &House,
    fake: &Arc<Fake>,
    (mood, handed): (Mood, Handed),
    n: usize,
    polls: usize,
) -> bool {
    let (id, author) = (format!("m{n}"), format!("a{n}"));
    let minutes = house.clock_now().since(START).millis() / 60_000;
    house.take(&[post(&id, &author, &id, minutes, "@acme my parcel never arrived, please help")]).await;
    let case = house.cases().await.into_iter().max_by_key(|c| c.number).unwrap();
    let casework = house.casework.clone().answering(Answers { accounts: fake.accounts(), undo: Span::ZERO });
    let text = format!("answer {n}");
    let act = Act::Answer(Answer { text: text.clone(), handed, ..Answer::default() });
    let actor = Actor { person: person(1), lead: false };
    casework.act(&case.brand_id, &case.id, case.version, &actor, act).await.unwrap();

    fake.mood(mood);
    let doomed = worker(house, fake, &format!("run_{n}"));
    let run = Vanishing { inner: Box::pin(doomed.run_once()), polls_left: polls };
    let ended = run.await.is_some();
    // What the vanished process left: database work that had begun goes on to its end.
    fake.mood(Mood::Fine);
    let next = worker(house, fake, &format!("next_{n}"));
    for _ in 0..8 {
        house.clock.advance(Span::seconds(61));
        fake.ledger.lock().unwrap().now = house.clock_now();
        let now = house.clock_now();
        house.write(move |tx| Box::pin(outbox::sweep(tx, now))).await.unwrap();
        while next.run_once().await.unwrap() > 0 {}
        while house.intake.run_once(500).await.unwrap() > 0 {}
    }
    let standing = fake.posted().into_iter().filter(|p| p.text.ends_with(&text)).count();
    let row: Vec<(String, String)> = house
        .all("SELECT state, id FROM action WHERE kind = 'reply' ORDER BY created_at DESC, id DESC LIMIT 1")
        .await;
    let state = row[0].0.as_str();
    let told = (standing, state);
    assert!(
        matches!(told, (1, "done") | (0, "unknown")),
        "{mood:?}, {handed:?}, vanished after {polls} polls: {standing} on the platform, the action is {state}"
    );
    assert!(!(ended && mood == Mood::Fine) || told == (1, "done"));
    ended
}

#[test]
fn at_every_await_and_whatever_the_platform_does_nothing_is_said_twice() {
    on_each(|house| async move {
        let fake = Fake::new(house.clock_now());
        // Where a look finds nothing, a person decides; nothing goes again by itself.
        fake.ledger.lock().unwrap().absent = Looked::Person { evidence: "not there".into() };
        let mut n = 0;
        let moods = [Mood::Fine, Mood::PostsAndIsSilent, Mood::DropsAndIsSilent, Mood::Unreachable];
        let ways = [Handed::No, Handed::Private];
        for mood in moods.into_iter().flat_map(|mood| ways.map(|way| (mood, way))) {
            let mut polls = 0;
            loop {
                n += 1;
                let ended = one(&house, &fake, mood, n, polls).await;
                if ended {
                    break;
                }
                polls += 1;
                assert!(polls < 200, "it never ends");
            }
            assert!(polls > 5, "{mood:?}: there were places to vanish at");
        }
        let twice = house
            .count("SELECT COUNT(*) FROM (SELECT action_id FROM own_post GROUP BY action_id HAVING COUNT(*) > 1) t")
            .await;
        assert_eq!(twice, 0);
    });
}
