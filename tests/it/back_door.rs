//! The back door on both engines: sectors, sampled reasons, first-time resolution over all channels, findings, and
//! what the front office's leads read.

use crate::harness::{House, on_each, person, post};
use jiff::tz::TimeZone;
use webcared::casework::yesterday::Line;
use webcared::casework::{Act, Actor, CaseworkError};
use webcared::catalogue::Catalogue;
use webcared::domain::contact::ContactKind;
use webcared::domain::ending::{BackDoor, Difference, Ending, Solved};
use webcared::domain::finding::FindingState;
use webcared::domain::judgement::Intent;
use webcared::domain::sector::{Confirm, Sector};
use webcared::domain::time::Span;
use webcared::reports::office::{Office, Sight, demand};
use webcared::reports::write::{Format, write};
use webcared::reports::{Ask, report};
use webcared::store::finding::{self, FindingRow};
use webcared::store::rows::CaseRow;

const BROKEN: &str = "@Acme my router is broken, nobody called back and you promised, mail jan@example.org";

fn sector(name: &str, words: &[&str], confirm: Confirm) -> Sector {
    let words = words.iter().map(|w| (*w).to_owned()).collect();
    Sector { name: name.into(), words, intents: vec![Intent::Outage], queues: Vec::new(), confirm }
}

/// Acme with two sectors, and reasons asked on one case in `ask_one_in`.
fn with_sectors(house: &House, ask_one_in: i64) {
    let mut catalogue: Catalogue = (*house.current.get()).clone();
    for watched in catalogue.brands.iter_mut().filter(|w| w.brand.name == "Acme") {
        watched.brand.sectors = vec![
            sector("repair", &["broken"], Confirm::Anybody),
            sector("legal", &["lawyer"], Confirm::Lead),
        ];
        watched.brand.front_office.ask_one_in = ask_one_in;
    }
    house.current.set(catalogue);
}

async fn sectors(house: &House) -> Vec<(String, i64, Option<String>)> {
    house.all("SELECT sector, certainty, said_by FROM case_sector ORDER BY case_id").await
}

async fn told(house: &House) -> Office {
    let now = house.clock_now();
    let ask = Ask {
        from: now.minus(Span::days(7)),
        to: now.plus(Span(1)),
        brands: vec![house.brand_id.clone()],
        zone: TimeZone::UTC,
    };
    report(&house.db, &ask, now).await.unwrap().office
}

async fn resolve(house: &House, case: &CaseRow, ending: Option<Ending>) -> CaseRow {
    let case = house.case(case.number).await;
    house.act(&case, 1, Act::Resolve { reason: "done".into(), ending }).await.unwrap()
}

fn unregistered(back_door: Option<BackDoor>) -> Option<Ending> {
    Some(Ending { solved: Solved::Unregistered, difference: Some(Difference::Mandate), back_door })
}

#[test]
fn a_sector_is_proposed_said_and_kept() {
    on_each(|house| async move {
        house.take(&[post("0", "old", "t0", 0, BROKEN)]).await;
        assert!(sectors(&house).await.is_empty(), "a brand without sectors proposes none");
        with_sectors(&house, 1);
        house.take(&[post("1", "jan", "t1", 0, BROKEN)]).await;
        let (name, certainty, by) = sectors(&house).await.remove(0);
        assert_eq!((name.as_str(), by), ("repair", None));
        assert!(certainty >= 65, "{certainty}");
        let case = house.case(2).await;
        let say = |name: &str| Act::Sector { name: name.into() };
        let odd = house.act(&case, 1, say("kitchen")).await.unwrap_err();
        assert!(matches!(odd, CaseworkError::Invalid { field: "sector", .. }), "{odd}");
        let refused = house.act(&case, 1, say("legal")).await.unwrap_err();
        assert!(refused.to_string().contains("only a lead"), "{refused}");
        let case = house.act(&case, 1, say("")).await.unwrap();
        assert_eq!(sectors(&house).await[0].0, "");
        // What a person said stays, whatever comes in later.
        house.take(&[post("2", "jan", "t1", 5, "it is still broken")]).await;
        assert_eq!(sectors(&house).await[0].0, "");
        let lead = Actor { person: person(2), lead: true };
        let case = house.case(case.number).await;
        house.casework.act(&case.brand_id, &case.id, case.version, &lead, say("legal")).await.unwrap();
        let (name, _, by) = sectors(&house).await.remove(0);
        assert_eq!((name.as_str(), by), ("legal", Some(person(2).to_string())));
        let kinds: Vec<String> = house.events().await.into_iter().map(|e| e.kind).collect();
        assert_eq!(kinds.iter().filter(|k| *k == "sector").count(), 2);
        resolve(&house, &case, unregistered(Some(BackDoor::PromiseBroken))).await;
        let office = told(&house).await;
        assert_eq!((office.sectors[0].name.as_str(), office.sectors[0].cases), ("legal", 1));
        assert_eq!(office.causes[0].webcare_unregistered, ["Acme#2"]);
    });
}

#[test]
fn reasons_are_proposed_from_words_and_asked_on_a_sample_only() {
    on_each(|house| async move {
        house.take(&[post("1", "jan", "t1", 0, BROKEN)]).await;
        resolve(&house, &house.case(1).await, None).await;
        let sql = "SELECT proposed_back_door FROM ending";
        let proposed: Vec<(Option<String>,)> = house.all(sql).await;
        assert_eq!(proposed[0].0.as_deref(), Some("promise_broken"), "from what they wrote");
        let sure: Vec<(i64, i64)> = house.all("SELECT asked, certainty FROM ending_asked").await;
        assert_eq!(sure, [(1, 60)]);
        with_sectors(&house, 1000);
        house.take(&[post("2", "piet", "t2", 0, BROKEN)]).await;
        resolve(&house, &house.case(2).await, None).await;
        let office = told(&house).await;
        assert_eq!((office.reasons.asked, office.reasons.of, office.reasons.given), (1, 2, 1));
        assert_eq!(office.reasons.list[0].reason, "promise_broken");
        assert_eq!(office.total.cases, 2, "both count in the index");
    });
}

#[test]
fn first_time_resolution_sees_later_cases_and_contacts_elsewhere() {
    on_each(|house| async move {
        let matter = |id: &str, who: &str, thread: &str, minutes| post(id, who, thread, minutes, BROKEN);
        house
            .take(&[matter("1", "ann", "t1", 0), matter("2", "bob", "t2", 0), matter("3", "cid", "t3", 0)])
            .await;
        for number in 1..=3 {
            resolve(&house, &house.case(number).await, None).await;
        }
        house.clock.advance(Span::days(2));
        let office = told(&house).await;
        let total = &office.first_time.total;
        assert_eq!(
            (total.resolved, total.not_yet_known, total.percent),
            (3, 3, None),
            "nothing is known yet"
        );
        assert_eq!(office.first_time.not_seen, ["phone", "shop", "letter", "web_form", "email", "ticket"]);
        // Ann opens another thread about the same; Bob rings.
        house.take(&[matter("4", "ann", "t4", 2 * 24 * 60)]).await;
        let at = house.clock_now().minus(Span::hours(1));
        let act = Act::Contact { kind: ContactKind::Phone, at, text: "asks again".into() };
        house.act(&house.case(2).await, 1, act).await.unwrap();
        let late = house.clock_now().plus(Span::hours(2));
        let odd = Act::Contact { kind: ContactKind::Shop, at: late, text: String::new() };
        assert!(house.act(&house.case(2).await, 1, odd).await.is_err(), "in the future");
        house.clock.advance(Span::days(5));
        let now = house.clock_now();
        let ask = Ask { from: now.minus(Span::days(8)), to: now, brands: Vec::new(), zone: TimeZone::UTC };
        let made = report(&house.db, &ask, now).await.unwrap();
        let first = &made.office.first_time;
        assert_eq!((first.total.first_time, first.total.came_again, first.total.not_yet_known), (1, 2, 0));
        assert_eq!(
            (first.total.percent, &first.total.cases[..]),
            (Some(33.3), &["Acme#1".to_owned(), "Acme#2".to_owned()][..])
        );
        assert_eq!(
            first.again_by.iter().map(|(k, v)| (k.as_str(), *v)).collect::<Vec<_>>(),
            [("mastodon", 1), ("phone", 1)]
        );
        assert!(!first.not_seen.contains(&"phone".to_owned()));
        let text = write(&made, Format::Text);
        assert!(
            text.find("First-time resolution").unwrap() < text.find("channel").unwrap(),
            "above speed: {text}"
        );
        assert!(text.contains("channels that are not seen: shop, letter, web form, email, ticket"), "{text}");
        let csv = write(&made, Format::Csv);
        assert!(csv.contains("first_time,,3,1,2,0,33.3,"), "{csv}");
        let mut made = made;
        made.console = "https://care.example".into();
        let html = write(&made, Format::Html);
        assert!(html.contains("<a href=\"https://care.example/c/Acme/2\">Acme#2</a>"), "{html}");
    });
}

#[test]
fn another_account_of_the_same_customer_is_a_second_contact() {
    on_each(|house| async move {
        let mut talk = post("2", "mia", "dm", 0, BROKEN);
        talk["private"] = true.into();
        house.take(&[post("1", "ann", "t1", 0, BROKEN), talk, post("3", "mia", "t3", 0, BROKEN)]).await;
        let numbers: Vec<(i64, String)> = house
            .all("SELECT k.number, m.external_id FROM cases k JOIN mention m ON m.id = k.first_mention_id")
            .await;
        let of = |id: &str| numbers.iter().find(|n| n.1 == id).unwrap().0;
        // What Mia said in private belongs to Ann: the two are one customer.
        house
            .execute(
                "UPDATE conversation SET
                    merged_into = (SELECT k.conversation_id FROM cases k JOIN mention m ON m.id = k.first_mention_id
                        WHERE m.external_id = '1'),
                    merged_as = (SELECT author_id FROM mention WHERE external_id = '1')
                 WHERE id = (SELECT conversation_id FROM mention WHERE external_id = '2')",
            )
            .await;
        resolve(&house, &house.case(of("3")).await, None).await;
        house.clock.advance(Span::days(1));
        house.take(&[post("4", "ann", "t4", 24 * 60, BROKEN)]).await;
        house.clock.advance(Span::days(8));
        let now = house.clock_now();
        let ask = Ask { from: now.minus(Span::days(10)), to: now, brands: Vec::new(), zone: TimeZone::UTC };
        let first = report(&house.db, &ask, now).await.unwrap().office.first_time;
        let named = format!("Acme#{}", of("3"));
        assert_eq!((first.total.came_again, &first.total.cases[..]), (1, &[named.clone()][..]));
        assert_eq!(first.again_by_cases["mastodon"], [named]);
    });
}

#[test]
fn a_case_that_was_joined_to_another_is_not_counted_as_solved_the_first_time() {
    on_each(|house| async move {
        house.take(&[post("1", "ann", "t1", 0, BROKEN), post("2", "bob", "t2", 0, BROKEN)]).await;
        resolve(&house, &house.case(1).await, None).await;
        resolve(&house, &house.case(2).await, None).await;
        house.clock.advance(Span::days(8));
        let now = house.clock_now();
        let first = async || {
            let ask =
                Ask { from: now.minus(Span::days(10)), to: now, brands: Vec::new(), zone: TimeZone::UTC };
            report(&house.db, &ask, now).await.unwrap().office.first_time.total
        };
        let both = first().await;
        assert_eq!((both.resolved, both.first_time), (2, 2));
        house
            .execute(
                "UPDATE conversation SET merged_into = (SELECT conversation_id FROM cases WHERE number = 1)
                 WHERE id = (SELECT conversation_id FROM cases WHERE number = 2)",
            )
            .await;
        let one = first().await;
        assert_eq!((one.resolved, one.first_time), (1, 1), "it counts there, once");
        assert_eq!(one.percent, Some(100.0));
    });
}

#[test]
fn a_case_that_ended_by_itself_is_told_as_not_said() {
    on_each(|house| async move {
        house.take(&[post("1", "ann", "t1", 0, BROKEN), post("2", "bob", "t2", 0, BROKEN)]).await;
        resolve(&house, &house.case(2).await, None).await;
        assert!(told(&house).await.not_said.is_empty(), "what is open has not ended");
        house
            .execute(
                "UPDATE cases SET state = 'resolved', open = 0, state_since = opened_at WHERE number = 1",
            )
            .await;
        let office = told(&house).await;
        assert_eq!((office.total.cases, &office.not_said[..]), (1, &["Acme#1".to_owned()][..]));
        let now = house.clock_now();
        let ask = Ask {
            from: now.minus(Span::days(7)),
            to: now.plus(Span(1)),
            brands: Vec::new(),
            zone: TimeZone::UTC,
        };
        let made = report(&house.db, &ask, now).await.unwrap();
        let text = write(&made, Format::Text);
        assert!(text.contains("1 cases look like the front office's"), "{text}");
        let csv = write(&made, Format::Csv);
        assert!(csv.contains("back_door_count,ending_not_said,1,2,"), "{csv}");
        // The case joined to another one is told by that one.
        house
            .execute(
                "UPDATE conversation SET merged_into = (SELECT conversation_id FROM cases WHERE number = 2)
                 WHERE id = (SELECT conversation_id FROM cases WHERE number = 1)",
            )
            .await;
        assert!(told(&house).await.not_said.is_empty());
    });
}

async fn findings(house: &House) -> Vec<FindingRow> {
    house.all("SELECT * FROM finding ORDER BY number").await
}

#[test]
fn a_finding_counts_its_cases_and_tells_who_raised_it() {
    on_each(|house| async move {
        house.take(&[post("1", "ann", "t1", 0, BROKEN), post("2", "bob", "t2", 0, BROKEN)]).await;
        let raise = |owner: &str, text: &str| Act::RaiseFinding { owner: owner.into(), text: text.into() };
        assert!(house.act(&house.case(1).await, 1, raise(" ", "x")).await.is_err());
        house.act(&house.case(1).await, 1, raise("billing", "Routers break\nall of them")).await.unwrap();
        let attach = |number| Act::AttachFinding { number };
        house.act(&house.case(2).await, 2, attach(1)).await.unwrap();
        let again = house.act(&house.case(2).await, 2, attach(1)).await.unwrap_err();
        assert!(again.to_string().contains("already"), "{again}");
        assert!(house.act(&house.case(2).await, 2, attach(9)).await.is_err());
        let row = findings(&house).await.remove(0);
        assert_eq!((row.number, row.state.as_str(), row.owner.as_str()), (1, "open", "billing"));
        let by = Actor { person: person(3), lead: true };
        let key = (row.brand_id.as_str(), row.id.as_str());
        let decide = |seen, state| house.casework.decide_finding(key, seen, state, &by);
        decide(1, FindingState::Accepted).await.unwrap();
        assert!(decide(1, FindingState::Fixed).await.is_err(), "an old view");
        house.clock.advance(Span::days(1));
        // Who raised it has a chat of their own with the bot; who counted a case to it has none.
        house
            .execute(
                "INSERT INTO person (id, login, name, role, created_at)
                 SELECT raised_by, 'jan', 'Jan', 'agent', 0 FROM finding",
            )
            .await;
        house
            .execute(
                "INSERT INTO chat_person (credential, user_id, person_id, language, zone, quiet, hourly, first_at, private_at)
                 SELECT 'telegram', '1001', raised_by, 'en', '', '', 0, 0, 1 FROM finding",
            )
            .await;
        decide(2, FindingState::Fixed).await.unwrap();
        let sql = "SELECT COUNT(*) FROM action WHERE kind = 'finding' AND state = 'ready'";
        assert_eq!(house.count(sql).await, 2, "the team's chat is told once, and who raised it");
        let sql = "SELECT COUNT(*) FROM action WHERE kind = 'finding' AND payload LIKE '%\"1001\"%'";
        assert_eq!(house.count(sql).await, 1, "in their own chat");
        let (one, two, three) = (person(1).to_string(), person(2).to_string(), person(3).to_string());
        let id = row.id.clone();
        let (brand, counted) = (row.brand_id.clone(), row.id.clone());
        let read = house.db.read("test", move |tx| {
            Box::pin(async move {
                let news = [
                    finding::news_of(tx, &one).await?,
                    finding::news_of(tx, &two).await?,
                    finding::news_of(tx, &three).await?,
                ];
                let span = Span::days(28).millis();
                Ok((news, finding::counted(tx, &brand, &[counted], span).await?))
            })
        });
        let (news, counted) = read.await.unwrap();
        assert_eq!(news, [vec![id.clone()], vec![id.clone()], Vec::new()], "not whoever decided it");
        assert_eq!((counted[0].cases, counted[0].before, counted[0].after), (2, 2, 0));
        house.casework.saw_finding(&id, &Actor { person: person(1), lead: false }).await.unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM finding_news").await, 1);
        decide(3, FindingState::Open).await.unwrap();
        // Nothing personal stands in rows: the words are content.
        let rows = format!("{:?}", findings(&house).await);
        assert!(!rows.contains("Routers"), "{rows}");
    });
}

#[test]
fn the_failure_demand_report_tells_no_names() {
    on_each(|house| async move {
        house
            .take(&[post(
                "1",
                "sanne",
                "t1",
                0,
                "@Acme Sanne here, broken router, nobody called back, sanne@example.org",
            )])
            .await;
        house.clock.advance(Span::minutes(10));
        let case = house.act(&house.case(1).await, 1, Act::Claim { until: None }).await.unwrap();
        house.clock.advance(Span::minutes(4));
        resolve(&house, &case, unregistered(Some(BackDoor::PromiseBroken))).await;
        let now = house.clock_now();
        let ask = Ask {
            from: now.minus(Span::days(7)),
            to: now.plus(Span(1)),
            brands: vec![house.brand_id.clone()],
            zone: TimeZone::UTC,
        };
        let made = demand::report(&house.db, &ask, &Sight::All).await.unwrap();
        assert_eq!((made.cases, made.before, made.shadow_index_percent), (1, 0, Some(100.0)));
        assert!((5..=25).contains(&made.minutes), "{} minutes", made.minutes);
        assert_eq!(
            (made.causes[0].name.as_str(), &made.causes[0].list[..]),
            ("promise_broken", &["Acme#1".to_owned()][..])
        );
        assert_eq!(made.changes, ["new: promise broken, 1", "new: no ticket, 1"]);
        assert_eq!(made.examples.len(), 1);
        for format in [Format::Text, Format::Json, Format::Csv, Format::Html] {
            let told = demand::write(&made, format).to_lowercase();
            assert!(told.contains("nobody called back"), "{told}");
            assert!(
                !told.contains("sanne") && !told.contains("example.org") && !told.contains("@acme"),
                "{told}"
            );
        }
        let none = demand::report(&house.db, &ask, &Sight::Queues(vec![("Acme".into(), "Field".into())]))
            .await
            .unwrap();
        assert_eq!(none.cases, 0, "no ticket of that team");
    });
}

#[test]
fn a_line_of_the_list_is_written_and_written_over() {
    on_each(|house| async move {
        house.take(&[post("1", "ann", "t1", 0, BROKEN)]).await;
        let case = house.case(1).await;
        let by = Actor { person: person(1), lead: false };
        let line =
            |due: &str| Line { owner: "field".into(), action: "send a mechanic".into(), due_day: due.into() };
        let key = (case.brand_id.as_str(), case.id.as_str());
        let odd = house.casework.say_line(key, &line("soon"), &by).await.unwrap_err();
        assert!(matches!(odd, CaseworkError::Invalid { field: "due", .. }), "{odd}");
        for due in ["2026-11-30", ""] {
            house.casework.say_line(key, &line(due), &by).await.unwrap();
        }
        let rows: Vec<(String, String)> = house.all("SELECT owner, due_day FROM back_door_line").await;
        assert_eq!(rows, [("field".to_owned(), String::new())]);
        let elsewhere = house.casework.say_line(("brd_other", &case.id), &line(""), &by).await;
        assert!(matches!(elsewhere, Err(CaseworkError::NotFound)), "the wall between brands");
    });
}
