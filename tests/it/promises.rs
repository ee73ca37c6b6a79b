//! Promises that people make: each has a clock of its own, kept or broken once, and disturbs no other.

use crate::harness::{House, answer, on_each, person, post};
use webcared::casework::{Act, Actor, CaseworkError};
use webcared::domain::time::Span;
use webcared::store::promise;
use webcared::store::rows::{CaseRow, ObligationRow};

const HELP: &str = "@acme my parcel never arrived, please help me";

async fn act(house: &House, act: Act) -> Result<CaseRow, CaseworkError> {
    let case = house.case(1).await;
    let actor = Actor { person: person(1), lead: false };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await
}

async fn promised(house: &House, within: Span, owed_by: &str) -> i64 {
    let due = house.clock_now().plus(within);
    let text = "We call you before four".to_owned();
    act(house, Act::Promise { text, due, owed_by: owed_by.into() }).await.unwrap();
    promises(house).await.last().unwrap().wait
}

async fn promises(house: &House) -> Vec<ObligationRow> {
    house.clocks().await.into_iter().filter(|o| o.kind == "promise").collect()
}

#[test]
fn a_promise_kept_in_time_is_kept() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let wait = promised(&house, Span::hours(2), "webcare").await;
        house.advance(Span::minutes(119)).await;
        act(&house, Act::KeepPromise { wait }).await.unwrap();
        let clock = promises(&house).await.remove(0);
        assert_eq!((clock.state.as_str(), clock.ended_by.as_deref()), ("kept", Some("kept")));
        house.advance(Span::days(1)).await;
        let broken = house.clock_events().await.into_iter().filter(|e| e.kind == "promise" && e.stage == 100);
        assert_eq!(broken.count(), 0);
        assert!(matches!(act(&house, Act::KeepPromise { wait }).await, Err(CaseworkError::NotFound)));
        let brand = house.case(1).await.brand_id;
        let id = house.case(1).await.id;
        let rows = house.write(move |tx| {
            Box::pin(async move {
                let ours = promise::of_case(tx, &brand, &id).await?;
                Ok((ours, promise::of_case(tx, "brd_other", &id).await?.len()))
            })
        });
        let (ours, others) = rows.await.unwrap();
        assert_eq!((ours[0].owed_by.as_str(), others), ("webcare", 0));
        let words: Vec<(String,)> = house.all("SELECT body FROM content WHERE kind = 'promise'").await;
        assert_eq!(words, [("We call you before four".to_owned(),)]);
    });
}

#[test]
fn a_promise_that_is_not_kept_is_broken_once_with_its_true_time_whatever_the_case_does() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let made = house.clock_now();
        let wait = promised(&house, Span::hours(3), "front_office").await;
        // Waiting for the customer holds resolutions, not what was promised; nor does resolving end it.
        act(&house, Act::AwaitCustomer).await.unwrap();
        act(&house, Act::Resolve { reason: "answered".into(), ending: None }).await.unwrap();
        house.advance(Span::hours(5)).await;
        let due = made.plus(Span::hours(3)).millis();
        let broken: Vec<_> = house
            .clock_events()
            .await
            .into_iter()
            .filter(|e| e.kind == "promise" && e.stage == 100)
            .map(|e| (e.wait, e.at))
            .collect();
        assert_eq!(broken, [(wait, due)]);
        act(&house, Act::KeepPromise { wait }).await.unwrap();
        assert_eq!(promises(&house).await[0].state, "broken", "late is late");
    });
}

#[test]
fn a_promise_called_off_ends_nothing_but_itself() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let wait = promised(&house, Span::hours(2), "team Delivery").await;
        let silent = act(&house, Act::DropPromise { wait, reason: " ".into() }).await;
        assert!(matches!(silent, Err(CaseworkError::Invalid { field: "reason", .. })));
        act(&house, Act::DropPromise { wait, reason: "they came by".into() }).await.unwrap();
        assert_eq!(promises(&house).await[0].state, "void");
        // The wait for an answer runs on: a second message begins none.
        house.take(&[post("m2", "jan", "t1", 9, "@acme hello??")]).await;
        let responses =
            |clocks: Vec<ObligationRow>| clocks.into_iter().filter(|o| o.kind.ends_with("_response")).count();
        assert_eq!(responses(house.clocks().await), 1);
        house.take(&[answer("own-1", "m2", "t1", 12)]).await;
        let clocks = house.clocks().await;
        assert!(clocks.iter().any(|o| o.kind == "first_response" && o.state == "kept"), "{clocks:?}");
    });
}

#[test]
fn what_is_no_promise_is_refused() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let now = house.clock_now();
        let of = |text: &str, due, owed: &str| Act::Promise { text: text.into(), due, owed_by: owed.into() };
        for (wrong, field) in [
            (of(" ", now.plus(Span::hours(1)), "webcare"), "text"),
            (of("x", now.plus(Span::hours(1)), ""), "owed_by"),
            (of("x", now, "webcare"), "due"),
            (of("x", now.plus(Span::days(400)), "webcare"), "due"),
        ] {
            let refused = act(&house, wrong).await.unwrap_err();
            assert!(matches!(&refused, CaseworkError::Invalid { field: f, .. } if *f == field), "{refused}");
        }
        act(&house, Act::Dismiss { reason: "not ours".into() }).await.unwrap();
        let over = act(&house, of("x", now.plus(Span::hours(1)), "webcare")).await;
        assert!(matches!(over, Err(CaseworkError::Refused(_))));
        assert!(promises(&house).await.is_empty());
    });
}
