//! Answers whose outcome is lost more than once, or comes when nobody waits for it any more.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use webcared::clock::{Clock, ManualClock};
use webcared::domain::delivery::{Outcome, Repeat};
use webcared::outbox::{CLAIM_LEASE, Deliver};
use webcared::store::inbox::Received;
use webcared::store::{Db, StoreError, lease};

#[test]
fn what_goes_again_and_gets_lost_again_is_told_again() {
    at_desk(|desk| async move {
        let absent = |looked| desk.fake.ledger.lock().unwrap().absent = looked;
        let teller = Teller {
            db: desk.house.db.clone(),
            clock: desk.house.clock.clone(),
            mint: desk.house.mint.clone(),
            catalogue: desk.house.current.clone(),
            outbox: Arc::default(),
        };
        desk.fake.mood(Mood::DropsAndIsSilent);
        absent(Looked::Later { evidence: "500".into() });
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        desk.settle(Span::seconds(25)).await;
        assert_eq!(teller.run_once().await.unwrap(), 1);
        // It is not there for certain, so it goes again, and is lost again.
        absent(Looked::Again { why: "it is not there".into() });
        desk.house.clock.advance(Span::minutes(1));
        desk.worker.run_once().await.unwrap();
        assert_eq!(desk.actions().await[0].attempts, 2);
        assert_eq!(desk.actions().await[0].state, "unknown");
        absent(Looked::Later { evidence: "500".into() });
        assert_eq!(teller.run_once().await.unwrap(), 0, "first the platform is looked at");
        desk.settle(Span::seconds(25)).await;
        assert_eq!(teller.run_once().await.unwrap(), 1);
        assert_eq!(teller.run_once().await.unwrap(), 0);
    });
}

#[test]
fn a_word_that_comes_after_the_lease_settles_what_was_unknown() {
    at_desk(|desk| async move {
        desk.answer("We look for it.").await.unwrap();
        let gate = Arc::new(Notify::new());
        desk.fake.ledger.lock().unwrap().gate = Some(gate.clone());
        desk.house.clock.advance(UNDO);
        desk.fake.ledger.lock().unwrap().now = desk.house.clock_now();
        let late = async {
            while desk.fake.ledger.lock().unwrap().gate.is_some() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            desk.house.clock.advance(Span::seconds(61));
            let now = desk.house.clock_now();
            let swept = desk.house.write(move |tx| Box::pin(outbox::sweep(tx, now))).await.unwrap();
            gate.notify_one();
            swept
        };
        let (done, swept) = tokio::join!(desk.worker.run_once(), late);
        assert_eq!((done.unwrap(), swept), (1, (0, 1)));
        assert_eq!(desk.actions().await[0].state, "unknown", "the outbox itself changes nothing");
        while desk.house.intake.run_once(500).await.unwrap() > 0 {}
        let action = desk.actions().await.remove(0);
        assert_eq!((action.state.as_str(), action.remote_id.as_deref()), ("done", Some("own-1")));
        assert_eq!(desk.first_wait().await.0, "kept");
        desk.settle(Span::hours(1)).await;
        assert_eq!(desk.fake.posted().len(), 1);
    });
}

#[test]
fn what_a_process_held_whose_clock_ran_ahead_is_taken_over() {
    at_desk(|desk| async move {
        let ahead = START.plus(Span::days(3650));
        let house = &desk.house;
        let held = || async move {
            house
                .write(move |tx| {
                    Box::pin(async move {
                        lease::take(tx, "send:fake:acme", "run_dead", ahead, Span::seconds(60)).await?;
                        outbox::claim(tx, "fake:acme", ahead, CLAIM_LEASE, 10).await
                    })
                })
                .await
                .unwrap()
        };
        let over = |at: Timestamp| async move {
            house
                .write(move |tx| {
                    Box::pin(async move {
                        lease::take_over(tx, at, CLAIM_LEASE).await?;
                        outbox::sweep(tx, at).await
                    })
                })
                .await
                .unwrap()
        };
        // Claimed: nothing of it left.
        desk.answer("We look for it.").await.unwrap();
        assert_eq!(held().await.len(), 1);
        desk.settle(UNDO).await;
        assert!(desk.fake.posted().is_empty(), "somebody has it");
        assert_eq!(over(desk.house.clock_now()).await, (1, 0));
        desk.settle(UNDO).await;
        assert_eq!(desk.fake.posted().len(), 1);
        // Marked as sending: it may be on its way yet.
        let case = desk.house.case(1).await;
        let again = Answer { text: "It is on its way.".into(), again: true, ..Answer::default() };
        desk.act_as(&case, 1, false, Act::Answer(again)).await.unwrap();
        desk.house.clock.advance(UNDO);
        let claimed = held().await;
        let marked = desk
            .house
            .write(move |tx| Box::pin(async move { outbox::mark_sending(tx, &claimed, ahead).await }));
        assert_eq!(marked.await.unwrap().len(), 1);
        assert_eq!(over(desk.house.clock_now()).await, (0, 0));
        let later = desk.house.clock_now().plus(CLAIM_LEASE).plus(Span(1));
        let swept = desk.house.write(move |tx| Box::pin(outbox::sweep(tx, later)));
        assert_eq!(swept.await.unwrap(), (0, 1));
        assert_eq!(desk.fake.posted().len(), 1);
    });
}

/// The database fails once, right after the platform has said that it took an answer.
struct FailsOnce {
    answers: AnswerDeliver,
    failed: AtomicBool,
}

#[async_trait::async_trait]
impl Deliver for FailsOnce {
    fn credential(&self) -> &str {
        self.answers.credential()
    }

    fn repeat(&self) -> Repeat {
        self.answers.repeat()
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        self.answers.deliver(actions).await
    }

    async fn echo(
        &self,
        action: &ActionRow,
        remote_id: &str,
        at: Option<Timestamp>,
    ) -> Result<Option<Received>, StoreError> {
        if !self.failed.swap(true, Ordering::SeqCst) {
            return Err(StoreError::Refused("away for a moment".into()));
        }
        self.answers.echo(action, remote_id, at).await
    }
}

#[test]
fn what_the_platform_said_is_recorded_although_the_database_fails_for_a_moment() {
    at_desk(|desk| async move {
        desk.answer("We look for it.").await.unwrap();
        desk.house.clock.advance(UNDO);
        desk.fake.ledger.lock().unwrap().now = desk.house.clock_now();
        let (db, clock, mint) = (desk.house.db.clone(), desk.house.clock.clone(), desk.house.mint.clone());
        let answers = AnswerDeliver::new(db.clone(), clock.clone(), mint, desk.fake.clone()).unwrap();
        let failing = Arc::new(FailsOnce { answers, failed: AtomicBool::new(false) });
        let worker = Worker::new(db, clock, Chance::seeded(5), "run_test".into(), failing);
        assert_eq!(worker.run_once().await.unwrap(), 1);
        let action = desk.actions().await.remove(0);
        assert_eq!((action.state.as_str(), action.remote_id.as_deref()), ("done", Some("own-1")));
        desk.settle(Span::ZERO).await;
        assert_eq!(desk.first_wait().await.0, "kept");
        assert_eq!(desk.fake.posted().len(), 1);
    });
}

#[test]
fn what_a_clock_that_ran_ahead_put_off_goes_on_when_it_is_right_again() {
    at_desk(|desk| async move {
        let right = desk.house.clock_now();
        desk.house.clock.advance(Span::days(3650));
        desk.fake.mood(Mood::Unreachable);
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(desk.actions().await[0].state, "ready");
        desk.house.clock.set(right);
        desk.fake.mood(Mood::Fine);
        desk.settle(Span::hours(1)).await;
        assert!(desk.fake.posted().is_empty());
        let now = desk.house.clock_now();
        desk.house.write(move |tx| Box::pin(outbox::sweep(tx, now))).await.unwrap();
        desk.worker.run_once().await.unwrap();
        assert_eq!(desk.fake.posted().len(), 1);
    });
}

/// A process that sleeps for longer than its lease between marking and sending, while somebody cleans up.
struct Sleeps {
    answers: AnswerDeliver,
    db: Db,
    clock: Arc<ManualClock>,
}

#[async_trait::async_trait]
impl Deliver for Sleeps {
    fn credential(&self) -> &str {
        self.answers.credential()
    }

    fn repeat(&self) -> Repeat {
        self.answers.repeat()
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        self.clock.advance(Span::minutes(5));
        let now = self.clock.now();
        self.db.write("test", move |tx| Box::pin(outbox::sweep(tx, now))).await.unwrap();
        self.answers.deliver(actions).await
    }
}

#[test]
fn who_sleeps_between_marking_and_sending_sends_nothing() {
    at_desk(|desk| async move {
        desk.answer("We look for it.").await.unwrap();
        desk.house.clock.advance(UNDO);
        let (db, clock, mint) = (desk.house.db.clone(), desk.house.clock.clone(), desk.house.mint.clone());
        let answers = AnswerDeliver::new(db.clone(), clock.clone(), mint, desk.fake.clone()).unwrap();
        let sleeps = Arc::new(Sleeps { answers, db: db.clone(), clock: clock.clone() });
        let worker = Worker::new(db, clock, Chance::seeded(5), "run_test".into(), sleeps);
        worker.run_once().await.unwrap();
        assert!(desk.fake.posted().is_empty());
        assert_eq!(desk.actions().await[0].state, "unknown", "as whoever cleaned up left it");
    });
}
