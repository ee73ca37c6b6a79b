//! A case about somebody else than who wrote: said, changed and taken back; what counts by the customer then, what a public
//! answer may not give away, to whom is promised, and that the customer can be found, shown and erased.

use crate::harness::{House, on_each, person, post};
use crate::privacy::privacy;
use crate::private::at_desk;
use jiff::tz::TimeZone;
use webcared::casework::{Act, Actor, Answer, CaseworkError, CustomerAct, NewPromise, PrivateAct, Promising};
use webcared::domain::customer::Customer;
use webcared::domain::promise::whom::ToWhom;
use webcared::domain::template::{Template, TemplateKind};
use webcared::domain::time::Span;
use webcared::privacy::{By, PrivacyError};
use webcared::reports::write::{Format, write};
use webcared::reports::{Ask, report};
use webcared::store::{about, promise};

const HELP: &str = "@acme my father's parcel never arrived, please help us";

fn father() -> Customer {
    Customer {
        name: "Pieter Quaadgras".into(),
        number: "KL-8841".into(),
        email: "pieter@home.example".into(),
        phone: "06-98765432".into(),
    }
}

fn says(customer: Customer) -> Act {
    Act::Customer(CustomerAct::Say(customer))
}

async fn known(house: &House, number: i64) -> Option<Customer> {
    let case = house.case(number).await;
    house
        .write(move |tx| Box::pin(async move { about::words(tx, &case.brand_id, &case.id).await }))
        .await
        .unwrap()
}

#[test]
fn whose_matter_it_is_is_said_changed_and_taken_back_and_stale_views_are_refused() {
    on_each(|house| async move {
        house.take(&[post("m1", "mia", "t1", 0, HELP)]).await;
        let seen = house.case(1).await;
        let nothing = house.act(&seen, 1, says(Customer::default())).await;
        assert!(matches!(nothing, Err(CaseworkError::Invalid { field: "name", .. })));
        let said = house.act(&seen, 1, says(father())).await.unwrap();
        assert_eq!(known(&house, 1).await, Some(father()));
        // A colleague who saw it before that sees it first.
        let other = Customer { name: "Somebody".into(), ..Customer::default() };
        let stale = house.act(&seen, 2, says(other.clone())).await;
        assert!(matches!(stale, Err(CaseworkError::Stale { .. })));
        let same = house.act(&said, 1, says(father())).await;
        assert!(matches!(same, Err(CaseworkError::Refused(_))));
        let changed = house.act(&said, 1, says(other.clone())).await.unwrap();
        assert_eq!(known(&house, 1).await, Some(other));
        let (of, id) = (changed.brand_id.clone(), changed.id.clone());
        let walled = house.write(move |tx| {
            Box::pin(async move {
                assert!(about::of_case(tx, &of, &id).await?.is_some());
                about::words(tx, "brd_other", &id).await
            })
        });
        assert_eq!(walled.await.unwrap(), None, "another brand sees nothing of it");
        assert_eq!(house.count("SELECT COUNT(*) FROM customer_key").await, 0, "a name alone tells nobody");
        house.act(&changed, 1, Act::Customer(CustomerAct::TakeBack)).await.unwrap();
        assert_eq!(known(&house, 1).await, None);
        let gone = house.act(&house.case(1).await, 1, Act::Customer(CustomerAct::TakeBack)).await;
        assert!(matches!(gone, Err(CaseworkError::Refused(_))));
        let events = house.events().await;
        let told: Vec<&str> = events
            .iter()
            .filter(|e| e.kind.starts_with("customer_") && e.kind != "customer_message")
            .map(|e| e.kind.as_str())
            .collect();
        assert_eq!(told, ["customer_said", "customer_changed", "customer_taken_back"]);
        assert!(events.iter().all(|e| !e.body.contains("Quaadgras") && !e.body.contains("98765432")));
        let audit = "SELECT COUNT(*) FROM audit WHERE act IN ('case.customer', 'case.customer_take_back')
            AND outcome = 'done'";
        assert_eq!(house.count(audit).await, 3);
        assert_eq!(house.count("SELECT COUNT(*) FROM content WHERE kind = 'customer'").await, 0);
    });
}

#[test]
fn holding_words_name_the_customer_for_who_has_the_case_and_never_unnoticed_in_public() {
    at_desk(|desk| async move {
        let words = Template {
            kind: TemplateKind::Holding,
            text: "Thanks, {customer} hears from a colleague.".into(),
            ..Template::default()
        };
        assert_eq!(words.mistake(), None);
        desk.texts(vec![words], None).await;
        desk.act(1, says(father())).await.unwrap();
        let ready = async |who: u8| {
            let case = desk.house.case(1).await;
            let actor = Actor { person: person(who), lead: false };
            let ready = desk.casework.private_ready(&case.brand_id, &case.id, &actor).await.unwrap();
            ready.holding.unwrap()
        };
        assert!(!ready(1).await.contains("Pieter"), "nobody has it: it is who wrote");
        desk.act(1, Act::Claim { until: None }).await.unwrap();
        assert_eq!(ready(1).await, "Thanks, Pieter Quaadgras hears from a colleague.");
        assert!(!ready(2).await.contains("Pieter"), "somebody else has it");
        let act = Act::Private(PrivateAct::Holding { again: true, promise: Promising::Unasked });
        let refused = desk.act(1, act).await.unwrap_err();
        assert!(matches!(refused, CaseworkError::PersonalData { .. }), "{refused}");
        desk.settle(Span::seconds(1)).await;
        assert!(desk.fake.posted().is_empty());
    });
}

#[test]
fn a_public_answer_does_not_give_the_customer_away() {
    at_desk(|desk| async move {
        let text = |text: &str| Act::Answer(Answer { text: text.into(), ..Answer::default() });
        desk.act(1, says(father())).await.unwrap();
        let words = "We have called Mr Quaadgras about KL8841";
        let refused = desk.act(1, text(words)).await.unwrap_err();
        let CaseworkError::PersonalData { found } = refused else { panic!("{refused}") };
        let places: Vec<&str> = found.iter().map(|f| &words[f.start..f.end]).collect();
        assert_eq!(places, ["Quaadgras", "KL8841"]);
        desk.act(1, text("We have called your father")).await.unwrap();
    });
}

#[test]
fn what_followed_counts_by_the_customer_where_one_was_said() {
    on_each(|house| async move {
        let matter = |id: &str, who: &str, thread: &str, minutes| {
            post(id, who, thread, minutes, "@Acme my router is broken, nobody called back and you promised")
        };
        house.take(&[matter("1", "mia", "t1", 0), matter("2", "bob", "t2", 0)]).await;
        house.act(&house.case(1).await, 1, says(father())).await.unwrap();
        for number in 1..=2 {
            let resolve = Act::Resolve { reason: "done".into(), ending: None };
            house.act(&house.case(number).await, 1, resolve).await.unwrap();
        }
        house.clock.advance(Span::days(2));
        // A neighbour writes about the same father; Bob writes about somebody else.
        house.take(&[matter("3", "cid", "t3", 2 * 24 * 60), matter("4", "bob", "t4", 2 * 24 * 60)]).await;
        let phone = Customer { phone: "+31 6 98765432".into(), ..Customer::default() };
        house.act(&house.case(3).await, 1, says(phone)).await.unwrap();
        let aunt = Customer { name: "Aunt".into(), ..Customer::default() };
        house.act(&house.case(4).await, 1, says(aunt)).await.unwrap();
        house.clock.advance(Span::days(6));
        let now = house.clock_now();
        let ask = Ask { from: now.minus(Span::days(9)), to: now, brands: Vec::new(), zone: TimeZone::UTC };
        let first = report(&house.db, &ask, now).await.unwrap().office.first_time;
        assert_eq!(first.total.cases, ["Acme#1"], "the father came again, Bob did not");
        assert_eq!((first.total.resolved, first.total.first_time), (2, 1));
    });
}

#[test]
fn a_promise_says_to_whom() {
    on_each(|house| async move {
        house.take(&[post("m1", "mia", "t1", 0, HELP)]).await;
        let promised = async |to: Option<ToWhom>, words: &str| {
            let new = NewPromise {
                text: "we call".into(),
                due: house.clock_now().plus(Span::hours(2)),
                owed_by: "webcare".into(),
                act: "call".into(),
                to,
                to_words: words.into(),
                ..NewPromise::default()
            };
            house.act(&house.case(1).await, 1, Act::Promise(Box::new(new))).await
        };
        promised(None, "").await.unwrap();
        house.act(&house.case(1).await, 1, says(father())).await.unwrap();
        promised(None, "").await.unwrap();
        promised(Some(ToWhom::Reporter), "").await.unwrap();
        let bare = promised(Some(ToWhom::Other), " ").await;
        assert!(matches!(bare, Err(CaseworkError::Invalid { field: "to_words", .. })));
        promised(Some(ToWhom::Other), "the neighbour").await.unwrap();
        let case = house.case(1).await;
        let rows = house
            .write(move |tx| Box::pin(async move { promise::of_case(tx, &case.brand_id, &case.id).await }));
        let rows = rows.await.unwrap();
        let to: Vec<&str> = rows.iter().map(|p| p.to_whom.as_str()).collect();
        assert_eq!(to, ["reporter", "customer", "reporter", "other"]);
        let said = promise::Call::default;
        assert_eq!(rows[1].call(said(), Some(&father())).number, "06-98765432", "the customer is called");
        assert_eq!(rows[2].call(said(), Some(&father())).number, "");
        let words: Vec<(String,)> = house.all("SELECT body FROM content WHERE kind = 'promise_to'").await;
        assert_eq!(words, [("the neighbour".to_owned(),)]);
        house.advance(Span::hours(3)).await;
        let now = house.clock_now();
        let ask = Ask { from: now.minus(Span::days(1)), to: now, brands: Vec::new(), zone: TimeZone::UTC };
        let text = write(&report(&house.db, &ask, now).await.unwrap(), Format::Text);
        assert!(text.contains("call, to the customer, due") && text.contains("call, due"), "{text}");
        assert!(!text.contains("neighbour") && !text.contains("Quaadgras"), "{text}");
    });
}

#[test]
fn the_customer_is_found_shown_and_erased_and_who_wrote_stays() {
    on_each(|house| async move {
        house.take(&[post("m1", "mia", "t1", 0, HELP), post("m2", "bob", "t2", 0, HELP)]).await;
        house.act(&house.case(1).await, 1, says(father())).await.unwrap();
        let new = NewPromise {
            text: "we call Mr Quaadgras".into(),
            due: house.clock_now().plus(Span::hours(2)),
            owed_by: "webcare".into(),
            ..NewPromise::default()
        };
        house.act(&house.case(1).await, 1, Act::Promise(Box::new(new))).await.unwrap();
        let privacy = privacy(&house);
        let nobody = privacy.preview("somebody@home.example").await;
        assert!(matches!(nobody, Err(PrivacyError::Refused(_))));
        for who in ["Pieter@Home.example", "+31698765432", "kl 8841"] {
            let found = privacy.preview(who).await.unwrap();
            assert_eq!((found.about, found.cases.len()), (vec!["Acme #1".to_owned()], 0), "{who}");
        }
        let lines = privacy.export("pieter@home.example").await.unwrap().join("\n");
        assert!(lines.contains("Pieter Quaadgras") && lines.contains("we call Mr Quaadgras"), "{lines}");
        assert!(!lines.contains("father's parcel"), "who wrote is somebody else: {lines}");
        let mias = privacy.export("mia").await.unwrap().join("\n");
        assert!(mias.contains("father's parcel") && !mias.contains("pieter@home"), "{mias}");
        privacy.erase("pieter@home.example", false, &By::Command).await.unwrap();
        let kept = "SELECT COUNT(*) FROM content WHERE body LIKE '%Quaadgras%' OR body LIKE '%98765432%'";
        assert_eq!(house.count(kept).await, 0);
        assert_eq!(house.count("SELECT COUNT(*) FROM customer_key").await, 0);
        assert_eq!(house.count("SELECT COUNT(*) FROM content WHERE body LIKE '%father%'").await, 2);
        assert_eq!(known(&house, 1).await, Some(Customer::default()), "that it was somebody else stays");
        assert_eq!(house.case(1).await.open, 1);
        assert!(house.events().await.iter().any(|e| e.kind == "customer_erased"));
        assert!(privacy.preview("pieter@home.example").await.is_err());
        // With who wrote everything goes.
        house.act(&house.case(2).await, 1, says(father())).await.unwrap();
        privacy.erase("bob", false, &By::Command).await.unwrap();
        assert_eq!(house.count(kept).await + house.count("SELECT COUNT(*) FROM customer_key").await, 0);
    });
}

#[test]
fn a_customer_that_a_backup_brings_back_is_erased_again() {
    on_each(|house| async move {
        house.take(&[post("m1", "mia", "t1", 0, HELP)]).await;
        house.act(&house.case(1).await, 1, says(father())).await.unwrap();
        let privacy = privacy(&house);
        house.clock.advance(Span::minutes(1));
        privacy.erase("pieter@home.example", false, &By::Command).await.unwrap();
        // As the backup has it.
        for sql in [
            "INSERT INTO customer_key (brand_id, hash, case_id)
             SELECT k.brand_id, e.hash, k.id FROM erased_account e, cases k WHERE k.number = 1",
            "INSERT INTO content (id, subject, kind, body)
             SELECT k.id || '/customer', 'customer/' || k.id, 'customer', '{\"name\":\"Pieter Quaadgras\"}' FROM cases k
             WHERE k.number = 1",
            "UPDATE case_customer SET erased_at = NULL",
        ] {
            house.execute(sql).await;
        }
        assert!(privacy.preview("pieter@home.example").await.is_ok());
        let ledger = privacy.ledger().await.unwrap();
        privacy.settle_restored(vec![ledger]).await.unwrap();
        assert_eq!(known(&house, 1).await, Some(Customer::default()));
        assert_eq!(house.count("SELECT COUNT(*) FROM customer_key").await, 0);
    });
}

#[test]
fn who_sees_to_a_line_hears_in_their_own_chat_that_its_day_is_past() {
    on_each(|house| async move {
        let config = crate::report_mail::config(9, Vec::new());
        crate::report_mail::desk(&house, &config, "a").maker.run_once().await.unwrap();
        house.take(&[post("m1", "mia", "t1", 0, HELP)]).await;
        for sql in [
            "INSERT INTO person (id, login, name, role, created_at) VALUES ('per_kim', 'kim', 'Kim', 'front_office', 0)",
            "INSERT INTO chat_person (credential, user_id, person_id, language, zone, quiet, hourly, first_at, private_at)
             VALUES ('telegram', '77', 'per_kim', '', '', '', 0, 0, 1)",
        ] {
            house.execute(sql).await;
        }
        let (case, by) = (house.case(1).await, Actor { person: person(1), lead: false });
        let line = webcared::casework::yesterday::Line {
            owner: "Kim".into(),
            action: "send a mechanic".into(),
            due_day: "2026-09-22".into(),
        };
        house.casework.say_line((&case.brand_id, &case.id), &line, &by).await.unwrap();
        house.advance(Span::days(3)).await;
        for owner in ["b", "c"] {
            crate::report_mail::desk(&house, &config, owner).maker.run_once().await.unwrap();
            house.advance(Span::hours(1)).await;
        }
        let told: Vec<(String, String)> =
            house.all("SELECT credential, payload FROM action WHERE kind = 'line_chat'").await;
        assert_eq!(told.len(), 1, "once: {told:?}");
        assert!(told[0].0 == "telegram" && told[0].1.contains("\"chat\":\"77\""), "{told:?}");
        assert!(!told[0].1.contains("mechanic"), "words are read when it is sent: {told:?}");
    });
}
