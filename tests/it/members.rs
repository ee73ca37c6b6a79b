//! Questions that are left to the members of a forum first, and topics that they solve.

use crate::harness::{House, START, answer, on_each, post};
use serde_json::{Value, json};
use std::collections::HashMap;
use webcared::casework::Act;
use webcared::domain::ids::CaseId;
use webcared::domain::time::Span;
use webcared::intake::SourceRules;
use webcared::store::digest;
use webcared::store::lanes::{self, Lane, Wanted};

const WINDOW: i64 = 20;
/// A P3 without anything personal.
const QUESTION: &str = "@acme the train is late again, why does this always happen, I am fed up";

fn forum(house: &House) {
    let rules = SourceRules { members_first: Some(Span::minutes(WINDOW)), ..SourceRules::default() };
    house.intake.set_rules(HashMap::from([("test".to_owned(), rules)]));
}

fn question() -> Value {
    post("m1", "jan", "t1", 0, QUESTION)
}

async fn lane(house: &House, lane: Lane) -> Vec<i64> {
    let (brand, now) = (house.brand_id.clone(), house.clock_now());
    let wanted = Wanted { lane, who: "p".into(), now, after: None, limit: 50 };
    let found =
        house.db.read("test", move |tx| Box::pin(async move { lanes::page(tx, &brand, &wanted).await }));
    found.await.unwrap().iter().map(|c| c.number).collect()
}

async fn held(house: &House) -> i64 {
    let (brand, now) = (house.brand_id.clone(), house.clock_now());
    house
        .db
        .read("test", move |tx| Box::pin(async move { lanes::held(tx, &brand, now, 99).await }))
        .await
        .unwrap()
}

async fn alerts(house: &House) -> i64 {
    house.count("SELECT COUNT(*) FROM action WHERE kind = 'alert'").await
}

#[test]
fn a_question_waits_for_members_and_its_clocks_run_on() {
    on_each(|house| async move {
        forum(&house);
        house.take(&[question()]).await;
        let case = house.case(1).await;
        assert_eq!(case.held_until, Some(START.plus(Span::minutes(WINDOW)).millis()));
        assert_eq!((lane(&house, Lane::All).await, lane(&house, Lane::Unclaimed).await), (vec![], vec![]));
        assert_eq!((lane(&house, Lane::Held).await, lane(&house, Lane::Snoozed).await), (vec![1], vec![]));
        assert_eq!((lane(&house, Lane::Next).await, held(&house).await), (vec![], 1));
        assert!(house.clocks().await.iter().any(|o| o.kind == "first_response" && o.state == "running"));
        assert!(house.events().await.iter().any(|e| e.kind == "left_to_members"));
        house.advance(Span::minutes(16)).await;
        assert_eq!(house.clock_events().await.len(), 1, "half of the time is recorded");
        assert_eq!(alerts(&house).await, 0, "and nobody is alerted");
        house.advance(Span::minutes(5)).await;
        assert_eq!((lane(&house, Lane::All).await, lane(&house, Lane::Held).await), (vec![1], vec![]));
        assert_eq!(held(&house).await, 0);
        house.advance(Span::minutes(30)).await;
        assert!(alerts(&house).await > 0, "a breach is always told");
    });
}

#[test]
fn without_a_window_nothing_is_held() {
    on_each(|house| async move {
        house.take(&[question()]).await;
        assert_eq!((house.case(1).await.held_until, lane(&house, Lane::All).await), (None, vec![1]));
        house.advance(Span::minutes(16)).await;
        assert_eq!((house.case(1).await.level, alerts(&house).await), (3, 1));
    });
}

#[test]
fn what_is_urgent_or_personal_or_old_is_never_held() {
    on_each(|house| async move {
        forum(&house);
        let mut private = post("m4", "ria", "t4", 0, "@acme how do I replace the battery?");
        private["private"] = json!(true);
        let posts = [
            post("m1", "an", "t1", 0, "@acme my phone is on fire, there is smoke and I am hurt, help!"),
            post(
                "m2",
                "bo",
                "t2",
                0,
                "@acme I cannot log in to my account, my e-mail is bo@mail.example, can you check my order?",
            ),
            post("m3", "cy", "t3", -WINDOW - 1, "@acme how do I replace the battery?"),
            private,
        ];
        house.take(&posts).await;
        let cases = house.cases().await;
        assert!(cases.len() == 4 && cases.iter().all(|c| c.held_until.is_none()), "{cases:?}");
        assert!(
            cases.iter().any(|c| c.level <= 2 && c.needs_private == 0)
                && cases.iter().any(|c| c.needs_private == 1)
        );
        assert_eq!(held(&house).await, 0);
    });
}

#[test]
fn it_ends_when_somebody_of_ours_takes_it_or_it_is_late_or_worse_than_it_seemed() {
    on_each(|house| async move {
        forum(&house);
        let asked =
            |id: &str, who: &str, topic: &str| post(id, who, topic, 0, "@acme how do I replace the battery?");
        house
            .take(&[
                asked("m1", "an", "t1"),
                asked("m2", "bo", "t2"),
                asked("m3", "cy", "t3"),
                asked("m4", "di", "t4"),
            ])
            .await;
        assert_eq!(held(&house).await, 4);
        house.act(&house.case(1).await, 1, Act::Claim { until: None }).await.unwrap();
        assert_eq!((house.case(1).await.held_until, house.case(1).await.snoozed_until), (None, None));
        house.clock.advance(Span::minutes(2));
        house.take(&[answer("o1", "m2", "t2", 1)]).await;
        assert_eq!(
            (house.case(2).await.held_until, house.case(2).await.state.as_str()),
            (None, "waiting_customer")
        );
        house.take(&[post("m5", "cy", "t3", 2, "it is smoking and on fire, my hand is burnt, help!")]).await;
        let raised = house.case(3).await;
        assert!(raised.held_until.is_none() && raised.level <= 2 && alerts(&house).await == 1, "{raised:?}");
        house.take(&[post("m6", "di", "t4", 2, "it is the black one")]).await;
        assert_eq!(lane(&house, Lane::Held).await, [4], "its author adding something changes nothing");
        let until = START.plus(Span::minutes(WINDOW)).millis();
        assert_eq!(house.case(4).await.held_until, Some(until));
    });
}

#[test]
fn what_is_late_is_left_to_nobody() {
    on_each(|house| async move {
        let rules = SourceRules { members_first: Some(Span::hours(30)), ..SourceRules::default() };
        house.intake.set_rules(HashMap::from([("test".to_owned(), rules)]));
        house.take(&[question()]).await;
        assert_eq!(held(&house).await, 1);
        house.advance(Span::hours(26)).await;
        assert_eq!((house.case(1).await.held_until, lane(&house, Lane::Late).await), (None, vec![1]));
    });
}

#[test]
fn the_digest_tells_of_it_when_its_time_is_over() {
    on_each(|house| async move {
        forum(&house);
        house.take(&[question()]).await;
        let brands = vec![house.brand_id.clone()];
        let (from, to) = (START.minus(Span::minutes(5)), START.plus(Span::minutes(5)));
        let late = START.plus(Span::minutes(WINDOW + 5));
        let found = house.db.read("test", move |tx| {
            let brands = brands.clone();
            Box::pin(async move {
                let id = |at| CaseId::new(at, [0; 10]).to_string();
                let fresh = digest::fresh_cases(tx, &brands, &id(from), &id(to), 9).await?;
                let early = digest::freed_cases(tx, &brands, from, to, 9).await?;
                let freed = digest::freed_cases(tx, &brands, to, late, 9).await?;
                Ok((fresh.len(), early.len(), freed.len()))
            })
        });
        assert_eq!(found.await.unwrap(), (0, 0, 1));
    });
}

#[test]
fn a_marked_answer_proposes_to_close_until_its_author_writes_again() {
    on_each(|house| async move {
        forum(&house);
        let mut peer = post("p1", "peer", "t1", 1, "pull the cover off");
        peer["context"] = json!(true);
        house.clock.advance(Span::minutes(3));
        house.take(&[question(), peer.clone()]).await;
        assert_eq!((house.cases().await.len(), house.case(1).await.solved_at), (1, None));
        peer["solves"] = json!(true);
        house.take(&[peer.clone()]).await;
        house.take(&[peer.clone()]).await;
        let case = house.case(1).await;
        assert_eq!(
            (case.solved_at.is_some(), case.state.as_str(), case.open),
            (true, "new", 1),
            "proposed, not done"
        );
        assert_eq!(house.events().await.iter().filter(|e| e.kind == "solution_marked").count(), 1);
        house.take(&[post("m2", "jan", "t1", 2, "no, that did not work")]).await;
        assert_eq!(house.case(1).await.solved_at, None);
    });
}
