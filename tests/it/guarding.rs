//! Personal data in public answers: refused with the place, let pass by a lead or a second person, alone
//! only with a reason and a look the day after; what the brand allows is nobody's.

use crate::harness::person;
use crate::private::{Desk, at_desk, offer};
use webcared::casework::{Act, Answer, CaseworkError, Meant};
use webcared::domain::time::Span;
use webcared::store::guard::PassRow;
use webcared::store::person::{self as people, PersonRow, SessionRow};

const DATA: &str = "We call you on 06-12345678 or write to jan@example.org";

fn with(text: &str, meant: Meant) -> Answer {
    Answer { text: text.into(), meant, ..Answer::default() }
}

async fn passes(desk: &Desk) -> Vec<PassRow> {
    desk.house.all("SELECT * FROM guard_pass ORDER BY asked_at, id").await
}

/// Somebody is at work: a person with a session that was used just now.
async fn at_work(desk: &Desk, n: u8, role: &'static str) {
    let (id, now) = (person(n).to_string(), desk.house.clock_now());
    let row = PersonRow {
        id: id.clone(),
        login: format!("p{n}"),
        name: format!("P{n}"),
        role: role.into(),
        password: None,
        disabled_at: None,
        brands: None,
    };
    let session = SessionRow {
        person_id: id,
        csrf: "c".into(),
        seen_at: now.millis(),
        until_ms: now.plus(Span::hours(9)).millis(),
        proved_at: None,
        source: String::new(),
        provider: String::new(),
    };
    let hash = format!("session{n}");
    desk.house
        .write(move |tx| {
            Box::pin(async move {
                people::add(tx, &row, now).await?;
                people::add_session(tx, &hash, &session).await
            })
        })
        .await
        .unwrap();
}

#[test]
fn it_is_refused_with_the_places_and_only_a_lead_stands_for_it_alone() {
    at_desk(|desk| async move {
        let refused = desk.act(1, Act::Answer(with(DATA, Meant::No))).await.unwrap_err();
        let CaseworkError::PersonalData { found } = refused else { panic!("{refused}") };
        let places: Vec<&str> = found.iter().map(|f| &DATA[f.start..f.end]).collect();
        assert_eq!(places, ["06-12345678", "jan@example.org"]);
        assert!(desk.act(1, Act::Answer(with(DATA, Meant::Sure))).await.is_err());
        assert!(desk.act(1, Act::Answer(with(DATA, Meant::Sure))).await.is_err());
        desk.act_as(1, 2, true, Act::Answer(with(DATA, Meant::Sure))).await.unwrap();
        let events = desk.house.events().await;
        let queued = events.iter().find(|e| e.kind == "answer_queued").unwrap();
        assert!(queued.body.contains("email phone") && !queued.body.contains("06-"), "{}", queued.body);
        assert!(passes(&desk).await.is_empty());
    });
}

#[test]
fn a_second_person_lets_it_pass_and_the_answer_is_the_writers() {
    at_desk(|desk| async move {
        let ask = |reason: &str| Act::AskPass { answer: with(DATA, Meant::No), reason: reason.into() };
        assert!(matches!(desk.act(1, ask(" ")).await, Err(CaseworkError::Invalid { field: "reason", .. })));
        let none = Act::AskPass { answer: with("All is well", Meant::No), reason: "why".into() };
        assert!(matches!(desk.act(1, none).await, Err(CaseworkError::Refused(_))));
        desk.act(1, ask("they asked for it in public")).await.unwrap();
        let pass = passes(&desk).await.remove(0);
        assert_eq!((pass.state.as_str(), pass.kinds.as_str()), ("asked", "email phone"));
        desk.settle(Span::minutes(1)).await;
        assert!(desk.fake.posted().is_empty());
        let goes = |goes| Act::Pass { pass: pass.id.clone(), goes, reason: String::new() };
        assert!(desk.act(1, goes(true)).await.is_err(), "not the one who wrote it");
        desk.act_as(1, 2, false, goes(true)).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        let posted = desk.fake.posted();
        assert_eq!(
            (posted.len(), posted[0].text.as_str()),
            (1, format!("@jan@toot.example {DATA}").as_str())
        );
        let own: Vec<(Option<String>,)> = desk.house.all("SELECT person_id FROM own_post").await;
        assert_eq!(own[0].0.as_deref(), Some(person(1).as_str()));
        let pass = passes(&desk).await.remove(0);
        assert_eq!((pass.state.as_str(), pass.decided_by.as_deref()), ("passed", Some(person(2).as_str())));
        assert!(pass.action_id.is_some());
        let kept = "SELECT COUNT(*) FROM content WHERE kind = 'guarded'";
        assert_eq!(desk.house.count(kept).await, 0, "its words are needed no more");
        assert!(desk.act_as(1, 3, false, goes(false)).await.is_err(), "decided once");
        let kinds = desk.kinds(1).await;
        for kind in ["guard_asked", "guard_passed"] {
            assert_eq!(kinds.iter().filter(|k| *k == kind).count(), 1, "{kinds:?}");
        }
    });
}

#[test]
fn a_second_person_may_say_no() {
    at_desk(|desk| async move {
        let ask = Act::AskPass { answer: with(DATA, Meant::No), reason: "because".into() };
        desk.act(1, ask).await.unwrap();
        let pass = passes(&desk).await.remove(0);
        desk.act_as(
            1,
            2,
            false,
            Act::Pass { pass: pass.id, goes: false, reason: "say it in private".into() },
        )
        .await
        .unwrap();
        desk.settle(Span::seconds(1)).await;
        assert!(desk.fake.posted().is_empty());
        assert_eq!(passes(&desk).await[0].state, "refused");
        let why: Vec<(String,)> =
            desk.house.all("SELECT body FROM content WHERE id LIKE 'gua_%/reason'").await;
        assert_eq!(why, [("say it in private".to_owned(),)]);
    });
}

#[test]
fn who_is_alone_says_why_and_somebody_else_looks_the_day_after() {
    at_desk(|desk| async move {
        let alone = |reason: &str| Act::Answer(with(DATA, Meant::Alone { reason: reason.into() }));
        assert!(matches!(desk.act(1, alone("")).await, Err(CaseworkError::Invalid { field: "reason", .. })));
        at_work(&desk, 1, "agent").await;
        at_work(&desk, 3, "auditor").await;
        at_work(&desk, 2, "agent").await;
        let refused = desk.act(1, alone("nobody is here")).await.unwrap_err();
        assert!(refused.to_string().contains("somebody else is on duty"), "{refused}");
        desk.house.clock.advance(Span::minutes(20));
        desk.act(1, alone("nobody is here")).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.fake.posted().len(), 1);
        let pass = passes(&desk).await.remove(0);
        assert_eq!((pass.state.as_str(), pass.reason.as_str()), ("alone", "nobody is here"));
        let brands = vec![desk.house.brand_id.clone()];
        assert!(desk.casework.to_review(brands.clone()).await.unwrap().is_empty());
        desk.house.clock.advance(Span::hours(12));
        assert_eq!(desk.casework.to_review(brands.clone()).await.unwrap().len(), 1);
        let look = Act::Review { pass: pass.id };
        assert!(desk.act(1, look.clone()).await.is_err(), "not the one who wrote it");
        desk.act_as(1, 2, false, look.clone()).await.unwrap();
        assert!(desk.casework.to_review(brands).await.unwrap().is_empty());
        assert!(desk.act_as(1, 2, false, look).await.is_err());
    });
}

#[test]
fn the_brands_own_numbers_and_the_codes_of_cases_are_never_refused() {
    at_desk(|desk| async move {
        let mut catalogue = (*desk.house.current.get()).clone();
        let watched = catalogue.brands.iter_mut().find(|w| w.id == desk.house.brand_id).unwrap();
        watched.brand.allow = vec!["020 123 4567".into(), "help@acme.example".into()];
        desk.house.current.set(catalogue);
        desk.ask(1).await.unwrap();
        let code = desk.way(1).await.code;
        let text = format!(
            "Call 020-1234567 or mail help@acme.example, reference {code} {link}",
            link = "https://a.example"
        );
        desk.private(1, offer(&text)).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.fake.posted().len(), 1);
    });
}
