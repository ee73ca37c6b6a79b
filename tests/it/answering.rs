//! Answering: once and only once, seen again, called back, guarded; and what its author takes back.

mod away;
mod bounced;
mod deleted;
mod enclosed;
mod lost;
mod parts;
mod promised;
mod stopped;

use crate::account::{Fake, Mood};
use crate::harness::{House, START, answer, engines, on_each, person, post};
use serde_json::json;
use std::sync::Arc;
use webcared::answering::{AnswerDeliver, Teller};
use webcared::casework::{Act, Actor, Answer, Answers, Casework, CaseworkError, Meant};
use webcared::clock::Chance;
use webcared::domain::delivery::Looked;
use webcared::domain::time::{Span, Timestamp};
use webcared::outbox::Worker;
use webcared::sources::reply::Measure;
use webcared::store::rows::{ActionRow, CaseRow};
use webcared::store::{answer as rows, outbox, removed};

const HELP: &str = "@acme my parcel never arrived, please help me";
const UNDO: Span = Span::seconds(5);

/// A house with an account that answers, and one open case.
struct Desk {
    house: House,
    fake: Arc<Fake>,
    worker: Worker,
    casework: Casework,
}

impl Desk {
    async fn open(house: House) -> Self {
        let fake = Fake::new(house.clock_now());
        let casework = house.casework.clone().answering(Answers { accounts: fake.accounts(), undo: UNDO });
        let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
        let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint, fake.clone()).unwrap();
        let worker = Worker::new(db, clock, Chance::seeded(3), "run_test".into(), Arc::new(deliver));
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        Self { house, fake, worker, casework }
    }

    async fn act_as(&self, case: &CaseRow, who: u8, lead: bool, act: Act) -> Result<CaseRow, CaseworkError> {
        let actor = Actor { person: person(who), lead };
        self.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await
    }

    async fn answer(&self, text: &str) -> Result<CaseRow, CaseworkError> {
        let case = self.house.case(1).await;
        self.act_as(&case, 1, false, Act::Answer(Answer { text: text.into(), ..Answer::default() })).await
    }

    /// Lets time pass, the worker work and intake take in what came of it.
    async fn settle(&self, by: Span) {
        self.house.clock.advance(by);
        self.fake.ledger.lock().unwrap().now = self.house.clock_now();
        while self.worker.run_once().await.unwrap() > 0 {}
        while self.house.intake.run_once(500).await.unwrap() > 0 {}
    }

    async fn actions(&self) -> Vec<ActionRow> {
        self.house
            .all("SELECT * FROM action WHERE kind IN ('reply', 'moderate') ORDER BY created_at, id")
            .await
    }

    async fn first_wait(&self) -> (String, Option<i64>) {
        let clocks = self.house.clocks().await;
        let o = clocks.iter().rev().find(|o| o.kind == "first_response").unwrap();
        (o.state.clone(), o.ended_at)
    }
}

fn at_desk<F, Fut>(test: F)
where
    F: Fn(Desk) -> Fut + Copy,
    Fut: Future<Output = ()>,
{
    on_each(|house| async move { test(Desk::open(house).await).await });
}

#[test]
fn an_answer_leaves_once_stands_once_and_keeps_the_promise() {
    at_desk(|desk| async move {
        let case = desk.answer("We look for it today.").await.unwrap();
        assert_eq!((case.state.as_str(), case.claimed_by.is_some()), ("working", true));
        desk.settle(Span::seconds(1)).await;
        assert!(desk.fake.posted().is_empty(), "it can be called back for five seconds");
        desk.settle(UNDO).await;
        let posted = desk.fake.posted();
        assert_eq!(posted.len(), 1);
        assert_eq!(posted[0].text, "@jan@toot.example We look for it today.");
        assert_eq!((posted[0].to.as_str(), posted[0].visibility.as_str()), ("m1", "unlisted"));
        assert_eq!(desk.house.case(1).await.state, "waiting_customer");
        let (state, ended) = desk.first_wait().await;
        assert_eq!((state.as_str(), ended), ("kept", Some(START.plus(Span::seconds(6)).millis())));
        // Read back from the platform, it is known.
        let mut echo = answer("own-1", "m1", "t1", 0);
        echo["text"] = "@jan@toot.example We look for it today.".into();
        assert_eq!(desk.house.take(&[echo]).await.duplicate, 1);
        let own: Vec<(String, Option<String>, Option<String>)> =
            desk.house.all("SELECT external_id, action_id, person_id FROM own_post").await;
        assert_eq!(own.len(), 1);
        assert_eq!(own[0].1.as_deref(), Some(desk.actions().await[0].id.as_str()));
        assert_eq!(own[0].2.as_deref(), Some(person(1).as_str()));
        let events = desk.house.events().await;
        let seen = events.iter().find(|e| e.kind == "answer_seen").unwrap();
        assert_eq!(seen.who.as_deref(), Some(person(1).as_str()), "who answered stands on the timeline");
    });
}

#[test]
fn what_our_own_outbox_hands_in_is_counted_as_received() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        at_desk(|desk| async move {
            desk.answer("We look for it today.").await.unwrap();
            desk.settle(UNDO).await;
            assert_eq!(desk.fake.posted().len(), 1);
        });
    });
    let text = recorder.handle().render();
    let line = format!("webcared_received_total{{source=\"outbox\"}} {}\n", engines().len());
    assert!(text.contains(&line), "{text}");
}

#[test]
fn an_answer_called_back_never_leaves_and_is_a_draft_again() {
    at_desk(|desk| async move {
        let case = desk.answer("Too quick").await.unwrap();
        let action = desk.actions().await.remove(0);
        let case = desk.act_as(&case, 1, false, Act::Undo { action: action.id.clone() }).await.unwrap();
        desk.settle(Span::minutes(1)).await;
        assert!(desk.fake.posted().is_empty());
        assert_eq!(desk.actions().await[0].state, "cancelled");
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let drafts =
            desk.house.write(move |tx| Box::pin(async move { rows::drafts(tx, &brand, &id).await })).await;
        assert_eq!(drafts.unwrap()[0].text.as_deref(), Some("Too quick"));
        let again = desk.act_as(&case, 1, false, Act::Undo { action: action.id }).await;
        assert!(matches!(again, Err(CaseworkError::Refused(_))));
    });
}

#[test]
fn what_must_not_be_sent_is_refused_with_words() {
    at_desk(|desk| async move {
        let refused = |text: &'static str| {
            let desk = &desk;
            async move { desk.answer(text).await.unwrap_err() }
        };
        assert!(matches!(refused("  ").await, CaseworkError::Invalid { field: "text", .. }));
        let long = "x".repeat(120);
        let error = desk.answer(&long).await.unwrap_err();
        assert!(error.to_string().contains("100 fit"), "{error}");
        let personal = refused("We write to jan@example.org then").await;
        assert!(matches!(&personal, CaseworkError::PersonalData { found } if found.len() == 1));
        let case = desk.house.case(1).await;
        let sure = |_: bool| {
            let text = "mail jan@example.org".into();
            Act::Answer(Answer { text, meant: Meant::Sure, ..Answer::default() })
        };
        assert!(desk.act_as(&case, 1, false, sure(true)).await.is_err(), "only a lead may mean it");
        desk.act_as(&case, 2, true, sure(true)).await.unwrap();
        let case = desk.house.case(1).await;
        let other = desk.act_as(&case, 1, false, Act::Note { text: "hello".into() }).await.unwrap();
        let late = Act::Answer(Answer { text: "me too".into(), ..Answer::default() });
        let stale = desk.act_as(&case, 3, false, late.clone()).await.unwrap_err();
        assert!(matches!(stale, CaseworkError::Stale { .. }), "a colleague's note is seen first");
        let claimed = desk.act_as(&other, 3, false, late.clone()).await.unwrap_err();
        assert!(matches!(claimed, CaseworkError::AnsweredAlready));
        let again = Act::Answer(Answer { text: "me too".into(), again: true, ..Answer::default() });
        assert!(matches!(desk.act_as(&other, 3, false, again.clone()).await, Err(CaseworkError::Refused(_))));
        desk.act_as(&other, 2, true, again).await.unwrap();
        desk.settle(Span::minutes(1)).await;
        assert_eq!(desk.fake.posted().len(), 2, "two that were meant");
    });
}

#[test]
fn a_lost_word_is_looked_for_and_nothing_is_said_twice() {
    at_desk(|desk| async move {
        desk.fake.mood(Mood::PostsAndIsSilent);
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(desk.actions().await[0].state, "unknown");
        assert_eq!(desk.first_wait().await.0, "running", "unanswered until it is known");
        desk.fake.mood(Mood::Fine);
        desk.settle(Span::seconds(2)).await;
        assert_eq!(desk.actions().await[0].state, "done");
        assert_eq!(desk.fake.posted().len(), 1);
        assert_eq!(desk.first_wait().await.0, "kept");
    });
}

#[test]
fn the_post_itself_settles_what_was_unknown() {
    at_desk(|desk| async move {
        desk.fake.mood(Mood::PostsAndIsSilent);
        desk.fake.ledger.lock().unwrap().absent = Looked::Later { evidence: "500".into() };
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        desk.fake.ledger.lock().unwrap().posted[0].key = "hidden".into();
        let mut echo = answer("uri-of-it", "m1", "t1", 0);
        echo["text"] = "@jan We look for it.".into();
        echo["created_at"] = desk.house.clock_now().rfc3339().into();
        desk.house.take(&[echo]).await;
        let action = desk.actions().await.remove(0);
        assert_eq!((action.state.as_str(), action.remote_id.as_deref()), ("done", Some("uri-of-it")));
        assert_eq!(desk.first_wait().await.0, "kept");
        desk.settle(Span::hours(1)).await;
        assert_eq!(desk.fake.posted().len(), 1);
    });
}

#[test]
fn where_nobody_can_tell_a_person_hears_of_it_once_and_decides() {
    at_desk(|desk| async move {
        desk.fake.mood(Mood::DropsAndIsSilent);
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        let teller = Teller {
            db: desk.house.db.clone(),
            clock: desk.house.clock.clone(),
            mint: desk.house.mint.clone(),
            catalogue: desk.house.current.clone(),
            outbox: Arc::default(),
        };
        assert_eq!(teller.run_once().await.unwrap(), 0, "first the platform is looked at");
        desk.settle(Span::seconds(25)).await;
        assert_eq!(teller.run_once().await.unwrap(), 1);
        assert_eq!(teller.run_once().await.unwrap(), 0);
        let told: i64 = desk.house.count("SELECT COUNT(*) FROM action WHERE once_key LIKE '%:unknown'").await;
        assert_eq!(told, 1);
        desk.settle(Span::hours(2)).await;
        assert!(desk.fake.posted().is_empty(), "it is never sent again by itself");
        let id = desk.actions().await[0].id.clone();
        let now = desk.house.clock_now();
        desk.fake.mood(Mood::Fine);
        desk.house
            .write(move |tx| {
                Box::pin(async move { outbox::decide(tx, &id, outbox::Decision::Again, "per_1", now).await })
            })
            .await
            .unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.fake.posted().len(), 1);
    });
}

#[test]
fn a_process_that_vanishes_at_any_step_sends_at_most_once() {
    at_desk(|desk| async move {
        desk.answer("We look for it.").await.unwrap();
        desk.house.clock.advance(UNDO);
        let now = desk.house.clock_now();
        let claim = |at: Timestamp| {
            desk.house.write(move |tx| Box::pin(outbox::claim(tx, "fake:acme", at, Span::seconds(60), 10)))
        };
        // Vanished after the claim: nothing was sent, so it goes again.
        assert_eq!(claim(now).await.unwrap().len(), 1);
        desk.house.clock.advance(Span::seconds(61));
        let now = desk.house.clock_now();
        desk.house.write(move |tx| Box::pin(outbox::sweep(tx, now))).await.unwrap();
        // Vanished after the mark: nobody knows, so it is looked for and not sent again.
        let claimed = claim(now).await.unwrap();
        let marked = desk
            .house
            .write(move |tx| Box::pin(async move { outbox::mark_sending(tx, &claimed, now).await }))
            .await
            .unwrap();
        assert_eq!(marked.len(), 1);
        desk.house.clock.advance(Span::seconds(61));
        let now = desk.house.clock_now();
        desk.house.write(move |tx| Box::pin(outbox::sweep(tx, now))).await.unwrap();
        desk.settle(Span::seconds(5)).await;
        assert_eq!(desk.actions().await[0].state, "unknown");
        assert!(desk.fake.posted().is_empty());
        // Where the key protects, it goes again, with the same key.
        let why = "the key protects".to_owned();
        desk.fake.ledger.lock().unwrap().absent = Looked::Again { why };
        let id = desk.actions().await[0].id.clone();
        desk.house
            .write(move |tx| {
                Box::pin(async move { outbox::decide(tx, &id, outbox::Decision::Again, "per_1", now).await })
            })
            .await
            .unwrap();
        desk.settle(Span::seconds(5)).await;
        assert_eq!(desk.fake.posted().len(), 1);
    });
}

#[test]
fn what_changed_before_it_left_stops_it() {
    at_desk(|desk| async move {
        // Somebody else takes the case.
        let case = desk.answer("first").await.unwrap();
        let case = desk.act_as(&case, 1, false, Act::Release).await.unwrap();
        let case = desk.act_as(&case, 2, false, Act::Claim { until: None }).await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(desk.actions().await[0].state, "held");
        // The author removes the post.
        let text = Answer { text: "second".into(), again: true, ..Answer::default() };
        desk.act_as(&case, 2, false, Act::Answer(text)).await.unwrap();
        desk.house.take(&[json!({ "platform": "mastodon", "external_id": "m1", "deleted": true })]).await;
        desk.settle(UNDO).await;
        assert_eq!(desk.actions().await.iter().filter(|a| a.state == "cancelled").count(), 2);
        // The case is dismissed.
        desk.house.take(&[post("m2", "piet", "t2", 0, HELP)]).await;
        let other = desk.house.case(2).await;
        let text = Answer { text: "third".into(), ..Answer::default() };
        let other = desk.act_as(&other, 1, false, Act::Answer(text)).await.unwrap();
        desk.act_as(&other, 1, false, Act::Dismiss { reason: "not ours".into() }).await.unwrap();
        desk.settle(UNDO).await;
        assert!(desk.fake.posted().is_empty());
    });
}

#[test]
fn what_cannot_be_sent_for_a_day_is_shown_to_a_person() {
    at_desk(|desk| async move {
        desk.fake.mood(Mood::Unreachable);
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        assert_eq!(desk.actions().await[0].state, "ready");
        desk.settle(Span::hours(25)).await;
        let now = desk.house.clock_now();
        desk.house.write(move |tx| Box::pin(outbox::give_up(tx, now))).await.unwrap();
        let action = desk.actions().await.remove(0);
        assert_eq!(action.state, "refused");
        assert!(action.detail.contains("no network"), "{}", action.detail);
    });
}

#[test]
fn an_answer_with_the_word_solved_resolves_when_it_stands() {
    at_desk(|desk| async move {
        let case = desk.house.case(1).await;
        let wanted = Answer {
            text: "It is on its way.".into(),
            resolve: Some("sent again".into()),
            ..Answer::default()
        };
        let case = desk.act_as(&case, 1, false, Act::Answer(wanted)).await.unwrap();
        assert_eq!(case.state, "working");
        desk.settle(UNDO).await;
        let case = desk.house.case(1).await;
        assert_eq!((case.state.as_str(), case.ended_why.as_deref()), ("resolved", Some("sent again")));
        assert_eq!(desk.first_wait().await.0, "kept");
    });
}

#[test]
fn parents_are_shown_and_are_no_mentions() {
    at_desk(|desk| async move {
        let mut parent = post("p1", "mia", "t5", 0, "My summer trip, part one");
        parent["context"] = true.into();
        let mut reply = post("m5", "jan", "t5", 1, "@acme is that your plane? where is my bag");
        reply["in_reply_to"] = "p1".into();
        let tally = desk.house.take(&[parent.clone(), reply]).await;
        assert_eq!((tally.mention, tally.filtered), (1, 1));
        let shown: Vec<(String, String)> =
            desk.house.all("SELECT external_id, conversation_id FROM thread_post").await;
        assert_eq!(shown[0].0, "p1");
        assert_eq!(shown[0].1, desk.house.case(2).await.conversation_id);
        desk.house.take(&[parent]).await;
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM thread_post").await, 1);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM content WHERE kind = 'thread_post'").await, 1);
    });
}

#[test]
fn signatures_tell_who_answered_in_the_app() {
    at_desk(|desk| async move {
        desk.house
            .write(|tx| Box::pin(async { rows::set_sign(tx, person(7).as_str(), "", "Jan").await }))
            .await
            .unwrap();
        desk.house.take(&[answer("o1", "m1", "t1", 3)]).await;
        let own: Vec<(Option<String>,)> = desk.house.all("SELECT person_id FROM own_post").await;
        assert_eq!(own[0].0.as_deref(), Some(person(7).as_str()));
        let preview = desk
            .casework
            .preview(
                &desk.house.brand_id,
                &desk.house.case(1).await.id,
                &Actor { person: person(7), lead: false },
                "Hello",
                None,
            )
            .await
            .unwrap();
        assert_eq!(preview.composed.text, "@jan@toot.example Hello ^Jan");
        assert_eq!(preview.account, "@acme@toot.example");
    });
}

#[test]
fn measures_are_taken_by_whom_they_may_be_taken() {
    at_desk(|desk| async move {
        let measure = |measure, reason: &str| Act::Moderate { measure, mention: None, reason: reason.into() };
        let case = desk.house.case(1).await;
        desk.act_as(&case, 1, false, measure(Measure::Like, "")).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        let case = desk.house.case(1).await;
        let refused = |act| {
            let (desk, case) = (&desk, case.clone());
            async move { desk.act_as(&case, 1, false, act).await.is_err() }
        };
        assert!(refused(measure(Measure::Mute, "insults")).await, "the platform has no mute");
        assert!(refused(measure(Measure::Block, "")).await);
        // Blocking needs a lead, or two people: the first one's wish waits for somebody else.
        let case = desk.act_as(&case, 1, false, measure(Measure::Block, "insults")).await.unwrap();
        let again = desk.act_as(&case, 1, false, measure(Measure::Block, "insults")).await;
        assert!(again.is_err(), "nobody is their own second person");
        // It waits for a day; what comes later is a wish of its own.
        desk.house.clock.advance(Span::hours(25));
        let case = desk.act_as(&case, 2, false, measure(Measure::Block, "insults")).await.unwrap();
        assert_eq!(desk.actions().await.len(), 1, "a wish does nothing yet");
        desk.act_as(&case, 1, false, measure(Measure::Block, "insults")).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        let taken = desk.fake.ledger.lock().unwrap().measures.clone();
        assert_eq!(taken, [(Measure::Like, "m1".to_owned()), (Measure::Block, "m1".to_owned())]);
    });
}

#[test]
fn a_later_measure_waits_for_the_earlier_one_about_the_same_post() {
    at_desk(|desk| async move {
        let measure = |measure| Act::Moderate { measure, mention: None, reason: "insults".into() };
        let taken = || {
            let measures = desk.fake.ledger.lock().unwrap().measures.clone();
            measures.into_iter().map(|(measure, _)| measure).collect::<Vec<_>>()
        };
        desk.fake.mood(Mood::Unreachable);
        let case = desk.house.case(1).await;
        let case = desk.act_as(&case, 1, true, measure(Measure::Like)).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.fake.mood(Mood::Fine);
        desk.house.clock.advance(Span(1));
        desk.act_as(&case, 1, true, measure(Measure::Block)).await.unwrap();
        desk.settle(Span::ZERO).await;
        assert!(taken().is_empty(), "the first one is tried again in a moment");
        for _ in 0..4 {
            desk.settle(Span::seconds(2)).await;
        }
        assert_eq!(taken(), [Measure::Like, Measure::Block]);
    });
}

#[test]
fn a_case_put_away_comes_back_when_its_customer_does() {
    at_desk(|desk| async move {
        let case = desk.house.case(1).await;
        let until = START.plus(Span::hours(4));
        let case = desk.act_as(&case, 1, false, Act::Snooze { until }).await.unwrap();
        assert_eq!(case.snoozed_until, Some(until.millis()));
        desk.house.clock.advance(Span::minutes(2));
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme hello??")]).await;
        assert_eq!(desk.house.case(1).await.snoozed_until, None);
    });
}

#[test]
fn a_quiet_refusal_is_shown_and_leaves_the_promise_open() {
    at_desk(|desk| async move {
        desk.fake.mood(Mood::Refuses);
        desk.answer("We look for it.").await.unwrap();
        desk.settle(UNDO).await;
        let action = desk.actions().await.remove(0);
        assert_eq!((action.state.as_str(), action.detail.as_str()), ("refused", "blocked"));
        assert_eq!(desk.first_wait().await.0, "running");
    });
}
