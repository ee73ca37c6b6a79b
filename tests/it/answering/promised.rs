//! A promise made in an answer that never leaves was never made, whatever stopped the answer; it runs again if the
//! answer goes after all.

use super::*;
use jiff::tz::TimeZone;
use webcared::casework::settling::Settling;
use webcared::casework::{Beside, NewPromise, Promising};
use webcared::privacy::By;
use webcared::reports::{Ask, report};
use webcared::store::outbox::Decision;
use webcared::store::rows::ObligationRow;

impl Desk {
    async fn promising(&self, within: Span, beside: Beside) {
        let due = self.house.clock_now().plus(within);
        let new = NewPromise {
            text: "we call you".into(),
            due,
            owed_by: "webcare".into(),
            act: "call".into(),
            beside,
            ..NewPromise::default()
        };
        let case = self.house.case(1).await;
        let answer = Answer {
            text: "We call you soon.".into(),
            promise: Promising::With(vec![new]),
            again: true,
            ..Answer::default()
        };
        self.act_as(&case, 2, true, Act::Answer(answer)).await.unwrap();
    }

    async fn follow(&self) {
        self.casework.handovers_due().await.unwrap();
    }

    async fn promises(&self) -> Vec<ObligationRow> {
        self.house.clocks().await.into_iter().filter(|o| o.kind == "promise").collect()
    }

    async fn states(&self) -> Vec<(i64, String)> {
        self.promises().await.into_iter().map(|o| (o.wait, o.state)).collect()
    }

    async fn events(&self, kind: &str) -> usize {
        self.house.events().await.iter().filter(|e| e.kind == kind).count()
    }

    /// How many promises were due, by the report.
    async fn counted(&self) -> Vec<(i64, i64, i64)> {
        let now = self.house.clock_now();
        let ask = Ask { from: START, to: now.plus(Span::days(9)), brands: Vec::new(), zone: TimeZone::UTC };
        let made = report(&self.house.db, &ask, now).await.unwrap();
        made.promises.owners.iter().map(|f| (f.due, f.kept, f.broken)).collect()
    }
}

#[test]
fn refused_by_the_platform_it_counts_nowhere_and_runs_again_when_it_is_sent_again() {
    at_desk(|desk| async move {
        desk.fake.mood(Mood::Refuses);
        desk.promising(Span::hours(2), Beside::Ask).await;
        desk.settle(UNDO).await;
        let action = desk.actions().await.remove(0);
        assert_eq!(action.state, "refused");
        desk.follow().await;
        let clock = desk.promises().await.remove(0);
        assert_eq!((clock.state.as_str(), clock.ended_by.as_deref()), ("void", Some("answer_unsent")));
        let told = desk.house.events().await;
        let told = told.iter().find(|e| e.kind == "promise_unsaid").unwrap();
        assert!(told.body.contains(&action.id) && told.body.contains("reason"), "{}", told.body);
        desk.house.advance(Span::hours(3)).await;
        assert!(desk.counted().await.is_empty(), "neither kept nor broken");
        assert!(desk.house.clock_events().await.iter().all(|e| e.kind != "promise" || e.stage != 100));
        // A person sends it again: what it promised holds, with the time that was promised.
        desk.fake.mood(Mood::Fine);
        let actor = Actor { person: person(2), lead: true };
        let brand = desk.house.brand_id.clone();
        let done = desk.casework.settle(&brand, &action.id, None, Decision::Again, &actor).await.unwrap();
        assert_eq!(done, Settling::Settled);
        desk.follow().await;
        let states = desk.states().await;
        assert_eq!(states.last().unwrap().1, "running", "{states:?}");
        assert_eq!(desk.promises().await.last().unwrap().due_at, clock.due_at);
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.actions().await[0].state, "done");
        desk.follow().await;
        assert_eq!(desk.counted().await, [(1, 0, 1)], "said, and not kept: broken once");
        assert_eq!(desk.events("promise_said_again").await, 1);
        let noted: Vec<(Option<String>,)> = desk.house.all("SELECT answer FROM promise").await;
        assert_eq!(noted, [(Some("said".to_owned()),)]);
    });
}

#[test]
fn its_post_deleted_the_promise_goes_with_the_answer() {
    at_desk(|desk| async move {
        desk.promising(Span::hours(2), Beside::Ask).await;
        let case = desk.house.case(1).await;
        desk.act_as(&case, 2, true, Act::Dismiss { reason: "taken back".into() }).await.unwrap();
        desk.settle(UNDO).await;
        assert!(desk.fake.posted().is_empty());
        desk.follow().await;
        let gone = |o: &ObligationRow| o.state == "void";
        assert!(desk.promises().await.iter().all(gone));
        desk.house.advance(Span::hours(3)).await;
        assert!(desk.counted().await.is_empty());
    });
}

#[test]
fn stopped_and_given_up_after_a_day_a_breach_of_what_was_never_said_is_annulled() {
    at_desk(|desk| async move {
        let privacy = crate::privacy::privacy(&desk.house);
        privacy.turn_sending(true, "wrong words went out", &By::Person(person(2))).await.unwrap();
        desk.promising(Span::hours(2), Beside::Ask).await;
        desk.settle(UNDO).await;
        desk.house.advance(Span::hours(3)).await;
        desk.follow().await;
        assert_eq!(desk.counted().await, [(1, 0, 1)], "it may still go, and its time has passed");
        desk.house.advance(Span::hours(22)).await;
        let now = desk.house.clock_now();
        desk.house.write(move |tx| Box::pin(async move { outbox::give_up(tx, now).await })).await.unwrap();
        desk.follow().await;
        assert_eq!(desk.promises().await.last().unwrap().state, "void");
        assert!(desk.counted().await.is_empty());
        let breaches: Vec<(Option<String>,)> = desk
            .house
            .all("SELECT annulled_evidence FROM clock_event WHERE kind = 'promise' AND stage = 100")
            .await;
        assert_eq!(breaches, [(Some("answer_unsent".to_owned()),)]);
    });
}

#[test]
fn an_unknown_that_was_not_sent_gives_back_what_its_promise_had_taken_the_place_of() {
    at_desk(|desk| async move {
        desk.promising(Span::hours(2), Beside::Ask).await;
        desk.settle(UNDO).await;
        desk.follow().await;
        desk.house.clock.advance(Span::minutes(1));
        desk.fake.mood(Mood::DropsAndIsSilent);
        desk.promising(Span::hours(1), Beside::Replace).await;
        desk.settle(UNDO).await;
        let action = desk.actions().await.remove(1);
        assert_eq!(action.state, "unknown");
        desk.follow().await;
        assert_eq!(desk.states().await.last().unwrap().1, "running", "nobody knows yet");
        let actor = Actor { person: person(2), lead: true };
        let brand = desk.house.brand_id.clone();
        desk.casework.settle(&brand, &action.id, None, Decision::Cancel, &actor).await.unwrap();
        desk.follow().await;
        let running: Vec<ObligationRow> =
            desk.promises().await.into_iter().filter(|o| o.state == "running").collect();
        let first = desk.promises().await[0].clone();
        assert_eq!(running.len(), 1);
        assert_eq!((running[0].wait, running[0].due_at), (first.wait, first.due_at), "the first holds again");
        assert_eq!(desk.events("promise_restored").await, 1);
        desk.follow().await;
        assert_eq!(desk.events("promise_restored").await, 1, "once");
    });
}
