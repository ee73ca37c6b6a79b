//! Promises that people make: each has a clock of its own, kept or broken once, and disturbs no other.

use crate::harness::{House, answer, on_each, person, post};
use jiff::tz::TimeZone;
use webcared::casework::{Act, Actor, Beside, CaseworkError, NewPromise};
use webcared::domain::time::{Span, Timestamp};
use webcared::reports::write::{Format, write};
use webcared::reports::{Ask, report};
use webcared::store::promise::{self, Call};
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
    act(
        house,
        Act::Promise(Box::new(NewPromise { text, due, owed_by: owed_by.into(), ..NewPromise::default() })),
    )
    .await
    .unwrap();
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
        let of = |text: &str, due, owed: &str| {
            let owed_by = owed.into();
            Act::Promise(Box::new(NewPromise { text: text.into(), due, owed_by, ..NewPromise::default() }))
        };
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

fn called(text: &str, due: Timestamp, beside: Beside) -> Act {
    let call = Call { number: "0612345678".into(), whom: "Mia, the daughter".into() };
    let (owed_by, act) = ("webcare".to_owned(), "call".to_owned());
    Act::Promise(Box::new(NewPromise {
        text: text.into(),
        due,
        owed_by,
        act,
        call,
        beside,
        ..NewPromise::default()
    }))
}

#[test]
fn a_promise_that_contradicts_one_that_stands_waits_for_a_choice() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let first = promised(&house, Span::hours(2), "front_office").await;
        let due = house.clock_now().plus(Span::hours(1));
        let refused = act(&house, called("within the hour", due, Beside::Ask)).await.unwrap_err();
        let CaseworkError::Promise(all) = refused else { panic!("{refused}") };
        let both = &all[0];
        assert_eq!((both.standing.len(), both.standing[0].wait, both.due), (1, first, due));
        assert_eq!(both.standing[0].text, "We call you before four");
        assert_eq!(promises(&house).await.len(), 1, "nothing was written");
        let no_word = act(&house, called("x", due, Beside::Both { reason: " ".into() })).await.unwrap_err();
        assert!(matches!(no_word, CaseworkError::Invalid { field: "reason", .. }), "{no_word}");
        let why = Beside::Both { reason: "two matters".into() };
        act(&house, called("within the hour", due, why)).await.unwrap();
        assert_eq!(promises(&house).await.iter().filter(|o| o.state == "running").count(), 2);
        // The third takes the place of both.
        act(&house, called("in ten minutes", house.clock_now().plus(Span::minutes(10)), Beside::Replace))
            .await
            .unwrap();
        let states: Vec<_> = promises(&house).await.into_iter().map(|o| (o.state, o.ended_by)).collect();
        let replaced = ("superseded".to_owned(), Some("replaced".to_owned()));
        assert_eq!(states, [replaced.clone(), replaced, ("running".to_owned(), None)]);
        house.advance(Span::hours(3)).await;
        let broken = house.clock_events().await.into_iter().filter(|e| e.kind == "promise" && e.stage == 100);
        assert_eq!(broken.count(), 1, "what was replaced is not broken as well");
    });
}

#[test]
fn a_call_back_counts_its_tries_and_is_kept_when_they_are_reached() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let due = house.clock_now().plus(Span::hours(1));
        act(&house, called("within the hour", due, Beside::Ask)).await.unwrap();
        let wait = promises(&house).await[0].wait;
        let tried = |reached, next| Act::CallTried { wait, reached, next };
        let past = act(&house, tried(false, Some(house.clock_now()))).await.unwrap_err();
        assert!(matches!(past, CaseworkError::Invalid { field: "next", .. }), "{past}");
        let next = house.clock_now().plus(Span::minutes(20));
        act(&house, tried(false, Some(next))).await.unwrap();
        house.advance(Span::minutes(20)).await;
        act(&house, tried(false, None)).await.unwrap();
        assert_eq!(promises(&house).await[0].state, "running");
        act(&house, tried(true, None)).await.unwrap();
        assert_eq!(promises(&house).await[0].state, "kept");
        let again = act(&house, tried(true, None)).await.unwrap_err();
        assert!(matches!(again, CaseworkError::NotFound), "{again}");
        let sql = "SELECT n, reached, next_at FROM call_try ORDER BY n";
        let tries: Vec<(i64, i64, Option<i64>)> = house.all(sql).await;
        assert_eq!(tries, [(1, 0, Some(next.millis())), (2, 0, None), (3, 1, None)]);
        // What is personal stands in content alone.
        let rows: Vec<(String,)> = house.all("SELECT body FROM content WHERE kind = 'call'").await;
        assert!(rows[0].0.contains("0612345678") && rows[0].0.contains("Mia"));
        let told: Vec<(String,)> = house.all("SELECT body FROM case_event").await;
        assert!(told.iter().all(|t| !t.0.contains("0612345678")));
        // Another kind of promise is no call.
        let other = promised(&house, Span::hours(2), "webcare").await;
        let no_call = act(&house, Act::CallTried { wait: other, reached: true, next: None }).await;
        assert!(matches!(no_call, Err(CaseworkError::NotFound)));
    });
}

#[test]
fn the_report_tells_promises_by_who_owes_them() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let from = house.clock_now();
        let kept = promised(&house, Span::hours(1), "webcare").await;
        act(&house, Act::KeepPromise { wait: kept }).await.unwrap();
        promised(&house, Span::hours(1), "front_office").await;
        house.advance(Span::hours(2)).await;
        let ask = Ask { from, to: from.plus(Span::days(1)), brands: Vec::new(), zone: TimeZone::UTC };
        let made = report(&house.db, &ask, house.clock_now()).await.unwrap();
        let told: Vec<_> =
            made.promises.owners.iter().map(|f| (f.owed_by.as_str(), f.due, f.kept, f.broken)).collect();
        assert_eq!(told, [("front_office", 1, 0, 1), ("webcare", 1, 1, 0)]);
        for (format, part) in [
            (Format::Text, "Acme: front office: 1 due, kept 0 (0.0 %), late 0, broken 1"),
            (Format::Html, "Acme #1: webcare, due"),
            (Format::Csv, "promises,Acme,webcare,1,1,0,0,100.0\r\n"),
            (Format::Json, "\"outcome\": \"broken\""),
        ] {
            assert!(write(&made, format).contains(part), "{part} in {}", write(&made, format));
        }
        let other = Ask { brands: vec!["brd_other".into()], ..ask };
        let none = report(&house.db, &other, house.clock_now()).await.unwrap();
        assert!(none.promises.owners.is_empty());
    });
}
