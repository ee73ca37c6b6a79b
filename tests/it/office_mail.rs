//! What the front office gets by mail, on both engines: once a period with two processes and over restarts, of its own
//! queues, without names, handles, numbers or links of customers, and with what is done about each line.

use crate::harness::{House, START, on_each, post};
use crate::report_mail::{Post, config, desk, letter};
use webcared::casework::yesterday::Line;
use webcared::casework::{Act, Actor};
use webcared::domain::ending::{BackDoor, Difference, Ending, Solved};
use webcared::domain::time::{Span, Timestamp};
use webcared::privacy::By;
use webcared::reporting::config::{LetterConfig, LetterKind, OwnerConfig};
use webcared::reports::office::{Sight, yesterday};
use webcared::store::published;

const WORDS: &str = "@Acme Sanne here, nobody called back in 3 weeks, order 88 41 20, see https://x.example/1 or mail me at sanne@example.org";

fn office(name: &str, kind: LetterKind, queue: &str) -> LetterConfig {
    let queues = vec![format!("Acme/{queue}")];
    LetterConfig {
        to: vec![format!("{name}@acme.example")],
        queues,
        brands: Vec::new(),
        ..letter(name, kind)
    }
}

/// A case that webcare solved, with a ticket in the queue `Field` whose promise was broken.
async fn solved(house: &House) {
    let mut said = post("1", "sanne", "t1", 0, WORDS);
    said["author"]["name"] = "Sanne de Vries".into();
    house.take(&[said]).await;
    house.clock.advance(Span::minutes(10));
    let case = house.act(&house.case(1).await, 1, Act::Claim { until: None }).await.unwrap();
    house
        .execute(
            "INSERT INTO ticket_link (id, brand_id, case_id, system, ticket_id, state, status, url, opened_at, due_at,
                last_entry, linked_at)
             SELECT 'tkl_1', brand_id, id, 'desk', '77', 'open', 'open', '', opened_at - 777600000, opened_at - 1, '',
                opened_at FROM cases WHERE number = 1",
        )
        .await;
    house.execute("INSERT INTO ticket_queue (link_id, queue) VALUES ('tkl_1', 'Field')").await;
    let ending = Some(Ending {
        solved: Solved::Unregistered,
        difference: Some(Difference::Mandate),
        back_door: Some(BackDoor::PromiseBroken),
    });
    house.act(&case, 1, Act::Resolve { reason: "done".into(), ending }).await.unwrap();
}

async fn until(house: &House, at: &str) {
    let at = Timestamp::parse(at).unwrap();
    house.advance(at.since(house.clock_now())).await;
}

#[test]
fn the_failure_demand_report_goes_on_monday_once_and_to_each_its_own() {
    on_each(|house| async move {
        let (server, port) = Post::open().await;
        let kind = LetterKind::FailureDemand;
        let config = config(port, vec![office("field", kind, "field"), office("bills", kind, "Invoices")]);
        desk(&house, &config, "a").pass().await;
        solved(&house).await;
        until(&house, "2026-09-28T05:30:05Z").await;
        // One that made it and died, and two beside each other afterwards.
        desk(&house, &config, "a").maker.run_once().await.unwrap();
        house.advance(Span::minutes(2)).await;
        let (b, c) = (desk(&house, &config, "b"), desk(&house, &config, "c"));
        tokio::join!(b.pass(), c.pass());
        for hour in 0..30 {
            house.advance(Span::hours(1)).await;
            desk(&house, &config, &format!("d{hour}")).pass().await;
        }
        let took = server.took();
        assert_eq!(took.len(), 2, "{took:?}");
        let of = |to: &str| took.iter().find(|m| m.contains(&format!("To: {to}@acme.example"))).unwrap();
        let field = of("field");
        for wanted in [
            "What people came round the back for, Acme, 2026-09-21",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "a promise was broken",
            "nobody called back in 3 weeks",
            "at least 1 and at most 15 minutes",
            "https://care.example/yesterday/demand",
            "Field",
        ] {
            assert!(field.contains(wanted), "{wanted}: {field}");
        }
        for never in [
            "anne",
            "Vries",
            "88 41",
            "example.org",
            "x.example",
            "@Acme",
            "/cases/",
            "/c/Acme",
            "<script",
            "<img",
            " src=",
        ] {
            assert!(!field.contains(never), "{never}: {field}");
        }
        let bills = of("bills");
        assert!(!bills.contains("nobody called back") && !bills.contains("Field"), "{bills}");
        let rows = house.db.read("reading", |tx| Box::pin(published::list(tx, 9))).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|r| r.page.is_empty() && r.words.is_empty()), "what is kept are counts");
        assert!(rows.iter().any(|r| r.figures.contains("\"demand/cause/promise_broken\":1")), "{rows:?}");
    });
}

#[test]
fn yesterdays_list_goes_each_morning_with_what_is_done_about_it() {
    on_each(|house| async move {
        let (server, port) = Post::open().await;
        let config = config(port, vec![office("field", LetterKind::Yesterday, "Field")]);
        desk(&house, &config, "a").pass().await;
        solved(&house).await;
        let case = house.case(1).await;
        let by = Actor { person: crate::harness::person(1), lead: false };
        let line =
            Line { owner: "kim".into(), action: "send a mechanic".into(), due_day: "2026-09-30".into() };
        house.casework.say_line((&case.brand_id, &case.id), &line, &by).await.unwrap();
        for day in ["2026-09-22T05:30:05Z", "2026-09-23T05:30:05Z"] {
            until(&house, day).await;
            desk(&house, &config, "a").pass().await;
            desk(&house, &config, "b").pass().await;
        }
        let took = server.took();
        assert_eq!(took.len(), 2, "{took:?}");
        for wanted in [
            "Yesterday at the back door, Acme, 2026-09-21",
            "desk #77",
            "broken",
            "may decide more",
            "kim",
            "send a mechanic",
            "2026-09-30",
            "so far",
            "https://care.example/yesterday?day=2026-09-21",
        ] {
            assert!(took[0].contains(wanted), "{wanted}: {}", took[0]);
        }
        assert!(!took[0].contains("anne") && !took[0].contains("example.org"), "{}", took[0]);
        assert!(took[1].contains("Nobody came by the back door that day"), "{}", took[1]);
    });
}

#[test]
fn whether_it_helped_is_told_four_weeks_after_the_action() {
    on_each(|house| async move {
        solved(&house).await;
        let case = house.case(1).await;
        let by = Actor { person: crate::harness::person(1), lead: false };
        let mut line = Line { owner: "kim".into(), action: "send a mechanic".into(), due_day: String::new() };
        house.advance(Span::hours(1)).await;
        house.casework.say_line((&case.brand_id, &case.id), &line, &by).await.unwrap();
        let said = house.clock_now();
        house.advance(Span::days(2)).await;
        // Who only moves the day has not acted anew.
        line.due_day = "2026-10-01".into();
        house.casework.say_line((&case.brand_id, &case.id), &line, &by).await.unwrap();
        let span = (
            Timestamp::parse("2026-09-20T22:00:00Z").unwrap(),
            Timestamp::parse("2026-09-21T22:00:00Z").unwrap(),
        );
        let look = || async {
            let brands = [case.brand_id.clone()];
            let made =
                yesterday::report(&house.db, &brands, span, &Sight::All, house.clock_now()).await.unwrap();
            made.lines[0].clone()
        };
        let running = look().await;
        assert_eq!(
            (running.acted_ms, running.before, running.after, running.dropped),
            (Some(said.millis()), 1, 0, None)
        );
        house.clock.advance(Span::days(28));
        assert_eq!(look().await.dropped, Some(true));
    });
}

#[test]
fn as_many_of_the_kind_after_the_action_are_not_fewer() {
    on_each(|house| async move {
        solved(&house).await;
        let case = house.case(1).await;
        let by = Actor { person: crate::harness::person(1), lead: false };
        let line = Line { owner: "kim".into(), action: "send a mechanic".into(), due_day: String::new() };
        house.advance(Span::hours(1)).await;
        house.casework.say_line((&case.brand_id, &case.id), &line, &by).await.unwrap();
        house.advance(Span::days(5)).await;
        let minutes = house.clock_now().since(START).millis() / 60_000;
        house.take(&[post("2", "piet", "t2", minutes, "@Acme nobody called back in 3 weeks")]).await;
        let tie = "INSERT INTO ticket_link (id, brand_id, case_id, system, ticket_id, state, status, url, opened_at, due_at,
                last_entry, linked_at)
             SELECT 'tkl_2', brand_id, id, 'desk', '78', 'open', 'open', '', opened_at - 777600000, opened_at - 1, '',
                opened_at FROM cases WHERE number = 2";
        house.execute(tie).await;
        house.execute("INSERT INTO ticket_queue (link_id, queue) VALUES ('tkl_2', 'Field')").await;
        let ending = Some(Ending {
            solved: Solved::Unregistered,
            difference: Some(Difference::Mandate),
            back_door: Some(BackDoor::PromiseBroken),
        });
        let done = Act::Resolve { reason: "done".into(), ending };
        house.act(&house.case(2).await, 1, done).await.unwrap();
        house.clock.advance(Span::days(28));
        let span = (
            Timestamp::parse("2026-09-20T22:00:00Z").unwrap(),
            Timestamp::parse("2026-09-21T22:00:00Z").unwrap(),
        );
        let brands = [case.brand_id.clone()];
        let made = yesterday::report(&house.db, &brands, span, &Sight::All, house.clock_now()).await.unwrap();
        let line = &made.lines[0];
        assert_eq!((line.before, line.after, line.dropped), (1, 1, Some(false)));
        assert_eq!(line.after_cases, ["Acme#2"], "with the case behind it");
    });
}

#[test]
fn an_erasure_takes_a_mail_that_has_not_left() {
    on_each(|house| async move {
        let (server, port) = Post::open().await;
        let config = config(port, vec![office("field", LetterKind::FailureDemand, "Field")]);
        desk(&house, &config, "a").pass().await;
        solved(&house).await;
        until(&house, "2026-09-28T05:30:05Z").await;
        server.fill();
        desk(&house, &config, "a").pass().await;
        assert_eq!(house.count("SELECT COUNT(*) FROM published WHERE page LIKE '%nobody called%'").await, 1);
        crate::privacy::privacy(&house).erase("Acme#1", false, &By::Command).await.unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM published").await, 0, "made anew when it goes");
    });
}

#[test]
fn the_owner_of_a_finding_is_told_once_and_those_who_raised_it_when_it_is_fixed() {
    on_each(|house| async move {
        let (server, port) = Post::open().await;
        let mut config = config(port, Vec::new());
        config.owners =
            vec![OwnerConfig { name: "field".into(), to: vec!["field@acme.example".into()], language: None }];
        desk(&house, &config, "a").pass().await;
        house.take(&[post("1", "sanne", "t1", 0, WORDS)]).await;
        house.advance(Span::minutes(1)).await;
        for (owner, text) in [("Field", "Routers die\nmail sanne@example.org"), ("Nobody", "Invoices lie")] {
            let act = Act::RaiseFinding { owner: owner.into(), text: text.into() };
            house.act(&house.case(1).await, 1, act).await.unwrap();
            house.advance(Span::seconds(1)).await;
        }
        house.advance(Span::seconds(10)).await;
        let (a, b) = (desk(&house, &config, "a"), desk(&house, &config, "b"));
        tokio::join!(a.pass(), b.pass());
        for _ in 0..3 {
            house.advance(Span::minutes(5)).await;
            desk(&house, &config, "c").pass().await;
        }
        let took = server.took();
        assert_eq!(took.len(), 1, "{took:?}");
        for wanted in [
            "To: field@acme.example",
            "Finding 1 (Acme): Routers die",
            "Cases so far: 1",
            "https://care.example/findings?at",
        ] {
            assert!(took[0].contains(wanted), "{wanted}: {}", took[0]);
        }
        assert!(!took[0].contains("sanne@"), "{}", took[0]);
        // One that was asked for before others and written after them is told as well, and once.
        let act = Act::RaiseFinding { owner: "Field".into(), text: "Cables break".into() };
        house.act(&house.case(1).await, 1, act).await.unwrap();
        house.execute("UPDATE finding SET raised_at = raised_at - 600000 WHERE number = 3").await;
        for _ in 0..3 {
            house.advance(Span::minutes(5)).await;
            desk(&house, &config, "c").pass().await;
        }
        let took = server.took();
        assert!(took.len() == 2 && took[1].contains("Cables break"), "{took:?}");
        // Who goes by that login and chose a language in the chat is told in it.
        house
            .execute("INSERT INTO person (id, login, name, role, created_at) VALUES ('per_f', 'Field', 'F', 'agent', 0)")
            .await;
        house
            .execute(
                "INSERT INTO chat_person (credential, user_id, person_id, language, zone, quiet, hourly, first_at)
                 VALUES ('telegram', '1001', 'per_f', 'nl', '', '', 0, 0)",
            )
            .await;
        let act = Act::RaiseFinding { owner: "Field".into(), text: "Modems hum".into() };
        house.act(&house.case(1).await, 1, act).await.unwrap();
        for _ in 0..3 {
            house.advance(Span::minutes(5)).await;
            desk(&house, &config, "c").pass().await;
        }
        let took = server.took();
        assert!(took.len() == 3 && took[2].contains("Bevinding 4 (Acme): Modems hum"), "{took:?}");
    });
}

#[test]
fn who_sees_to_a_line_is_told_once_that_its_day_is_past() {
    on_each(|house| async move {
        let (server, port) = Post::open().await;
        let mut config = config(port, Vec::new());
        let to = vec!["field@acme.example".to_owned()];
        config.owners = vec![OwnerConfig { name: "field".into(), to, language: None }];
        desk(&house, &config, "a").pass().await;
        solved(&house).await;
        let case = house.case(1).await;
        let by = Actor { person: crate::harness::person(1), lead: false };
        let say = async |owner: &str, day: &str| {
            let action = "send a mechanic, mail sanne@example.org".to_owned();
            let line = Line { owner: owner.into(), action, due_day: day.into() };
            house.casework.say_line((&case.brand_id, &case.id), &line, &by).await.unwrap();
        };
        say("Field", "2026-09-23").await;
        // On its day, and before the morning after it, nothing is past; half past five here is half past seven there.
        for at in ["2026-09-23T20:00:00Z", "2026-09-24T05:30:00Z"] {
            until(&house, at).await;
            desk(&house, &config, "a").pass().await;
        }
        assert!(server.took().is_empty(), "{:?}", server.took());
        until(&house, "2026-09-24T08:30:00Z").await;
        let (a, b) = (desk(&house, &config, "a"), desk(&house, &config, "b"));
        tokio::join!(a.pass(), b.pass());
        for day in ["2026-09-24T12:00:00Z", "2026-09-25T09:00:00Z", "2026-09-26T09:00:00Z"] {
            until(&house, day).await;
            desk(&house, &config, "c").pass().await;
        }
        let took = server.took();
        assert_eq!(took.len(), 1, "{took:?}");
        for wanted in [
            "To: field@acme.example",
            "Past its day (2026-09-23, Acme): desk #77",
            "send a mechanic",
            "https://care.example/yesterday?day",
        ] {
            assert!(took[0].contains(wanted), "{wanted}: {}", took[0]);
        }
        assert!(!took[0].contains("anne") && !took[0].contains("/cases/"), "{}", took[0]);
        // Another day is another promise; one that nobody of the settings sees to is told to nobody.
        say("Field", "2026-09-26").await;
        until(&house, "2026-09-27T09:00:00Z").await;
        desk(&house, &config, "d").pass().await;
        assert_eq!(server.took().len(), 2);
        say("Somebody else", "2026-09-27").await;
        until(&house, "2026-09-28T09:00:00Z").await;
        desk(&house, &config, "e").pass().await;
        assert_eq!(server.took().len(), 2);
        // However many of others stand before it, a line of theirs is told.
        say("Field", "2026-09-28").await;
        let others = "INSERT INTO back_door_line (brand_id, case_id, owner, due_day, person_id, at)
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 201)
            SELECT 'b', 'c' || CAST(n AS TEXT), 'Others', '2026-09-27', 'p', 0 FROM c";
        house.execute(others).await;
        until(&house, "2026-09-29T09:00:00Z").await;
        desk(&house, &config, "f").pass().await;
        assert_eq!(server.took().len(), 3);
    });
}
