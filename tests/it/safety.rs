//! Learning from people, and what stands under triage: corrections and what follows from them, the
//! draw of each day, what is hidden and what is not, and who writes again.

use crate::harness::{Engine, House, START, answer, on_each, person, post};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use webcared::casework::{Act, Actor, CaseworkError, Verdict};
use webcared::checking::Checking;
use webcared::domain::correction::Corrected;
use webcared::domain::judgement::{Intent, Level};
use webcared::domain::language::Language;
use webcared::domain::time::{Span, Timestamp};
use webcared::folding::learned;
use webcared::reports::{self, Ask};
use webcared::store::lanes::{self, Lane, Place, Wanted};
use webcared::store::rows::{CaseRow, ObligationRow};
use webcared::store::{correction, safety};

const CHAT: &str = "lovely window at @acme today";
const ASKS: &str = "@acme where is my parcel?";
const DANGER: &str =
    "@acme my charger caught fire while my child was sleeping next to it, there is smoke everywhere";

fn minutes(n: i64) -> i64 {
    START.plus(Span::minutes(n)).millis()
}

fn needs(answer: bool) -> Act {
    Act::Correct(Corrected { needs_answer: Some(answer), ..Corrected::default() })
}

fn level(level: Level) -> Act {
    Act::Correct(Corrected { level: Some(level), ..Corrected::default() })
}

async fn responses(house: &House) -> Vec<ObligationRow> {
    house.clocks().await.into_iter().filter(|o| o.kind.ends_with("_response")).collect()
}

fn lead(n: u8) -> Actor {
    Actor { person: person(n), lead: true }
}

async fn lane(house: &House, lane: Lane, limit: usize, after: Option<Place>) -> Vec<CaseRow> {
    let (brand, now) = (house.brand_id.clone(), house.clock_now());
    let wanted = Wanted { lane, who: person(1).to_string(), now, after, limit };
    house.write(move |tx| Box::pin(async move { lanes::page(tx, &brand, &wanted).await })).await.unwrap()
}

async fn numbers(house: &House, of: Lane) -> Vec<i64> {
    lane(house, of, 50, None).await.into_iter().map(|c| c.number).collect()
}

fn checking(house: &House) -> Checking {
    let (db, mint, catalogue) = (house.db.clone(), house.mint.clone(), house.current.clone());
    Checking { db, clock: house.clock.clone(), mint, catalogue }
}

#[test]
fn what_was_missed_gets_its_clock_from_the_time_of_the_post() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, CHAT)]).await;
        let case = house.case(1).await;
        assert_eq!((case.needs_answer, house.clocks().await.len()), (0, 0), "triage thinks that it is chat");
        house.advance(Span::minutes(50)).await;
        let case = house.act(&case, 1, needs(true)).await.unwrap();
        assert_eq!((case.needs_answer, case.missed_at), (1, Some(minutes(50))));
        let clocks = responses(&house).await;
        assert_eq!((clocks[0].kind.as_str(), clocks[0].started_at), ("first_response", minutes(0)));
        let breach = house.clock_events().await.into_iter().find(|e| e.stage == 100).unwrap();
        assert_eq!((breach.at, breach.cause.as_str()), (minutes(30), "missed_by_triage"), "{}", breach.parts);
        let corrected = house.events().await.into_iter().find(|e| e.kind == "corrected").unwrap();
        assert_eq!(
            corrected.body, r#"{"changes":[{"field":"needs_answer","was":"0","became":"1"}]}"#,
            "no words of anybody"
        );
        let ask =
            Ask { from: START, to: START.plus(Span::hours(2)), brands: Vec::new(), zone: TimeZone::UTC };
        let report = reports::report(&house.db, &ask, house.clock_now()).await.unwrap();
        assert_eq!((report.total.needing_answer, report.total.first_response.broken), (1, 1));
        assert_eq!(report.breaches[0].cause, "missed_by_triage");
    });
}

#[test]
fn what_needs_no_answer_ends_its_clocks_and_a_later_message_begins_its_own() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, ASKS)]).await;
        house.advance(Span::minutes(5)).await;
        let case = house.act(&house.case(1).await, 1, needs(false)).await.unwrap();
        assert_eq!((case.needs_answer, case.due_at, case.open), (0, None, 1));
        let ended: Vec<_> = house.clocks().await.into_iter().map(|o| (o.state, o.ended_by)).collect();
        assert_eq!(ended, vec![("void".to_owned(), Some("no_answer_needed".to_owned())); 3]);
        // Delivered again: nothing runs.
        house.take(&[post("m1", "jan", "t1", 0, ASKS)]).await;
        assert!(house.clocks().await.iter().all(|o| o.state == "void"));
        // The customer asks again: that is a wait of its own.
        house.advance(Span::minutes(5)).await;
        house.take(&[post("m2", "jan", "t1", 10, "hello? where is my parcel, please answer me")]).await;
        let case = house.case(1).await;
        assert_eq!((case.needs_answer, case.due_at), (1, Some(minutes(40))));
        let open: Vec<_> = house.clocks().await.into_iter().filter(|o| o.ended_at.is_none()).collect();
        assert_eq!(open.len(), 3, "{open:?}");
        assert!(open.iter().all(|o| o.started_at == minutes(10)), "{open:?}");
    });
}

#[test]
fn a_person_may_say_otherwise_and_the_clock_runs_on_from_its_start() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, ASKS)]).await;
        house.advance(Span::minutes(5)).await;
        house.act(&house.case(1).await, 1, needs(false)).await.unwrap();
        house.advance(Span::minutes(5)).await;
        house.act(&house.case(1).await, 1, needs(true)).await.unwrap();
        let case = house.case(1).await;
        assert_eq!(
            (case.due_at, case.missed_at),
            (Some(minutes(30)), None),
            "a person, not triage, was wrong"
        );
        let open: Vec<_> = house.clocks().await.into_iter().filter(|o| o.ended_at.is_none()).collect();
        assert_eq!(open.len(), 3, "{open:?}");
        house.advance(Span::minutes(10)).await;
        house.take(&[answer("o1", "m1", "t1", 19)]).await;
        let kept: Vec<_> = responses(&house).await.into_iter().filter(|o| o.state == "kept").collect();
        assert_eq!((kept.len(), kept[0].started_at, kept[0].ended_at), (1, minutes(0), Some(minutes(19))));
        assert_eq!(house.case(1).await.state, "waiting_customer");
    });
}

#[test]
fn a_closing_thanks_needs_no_answer_and_what_was_answered_did() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, ASKS)]).await;
        house.clock.advance(Span::minutes(10));
        house.take(&[answer("o1", "m1", "t1", 5)]).await;
        let said = house.act(&house.case(1).await, 1, needs(false)).await.unwrap_err();
        assert!(said.to_string().contains("has been answered; resolve or dismiss"), "{said}");
        house.take(&[post("m2", "jan", "t1", 8, "thanks!")]).await;
        assert_eq!(house.case(1).await.due_at, Some(minutes(38)));
        let case = house.act(&house.case(1).await, 1, needs(false)).await.unwrap();
        assert_eq!((case.needs_answer, case.due_at), (1, None), "the case did need one, this word does not");
        let rows: Vec<(String, String)> = house
            .all("SELECT m.external_id, k.became FROM correction k JOIN mention m ON m.id = k.mention_id")
            .await;
        assert_eq!(rows, [("m2".to_owned(), "0".to_owned())], "nothing is learned of what was answered");
        let states: Vec<_> = responses(&house).await.into_iter().map(|o| (o.kind, o.state)).collect();
        let state = |kind: &str, state: &str| (kind.to_owned(), state.to_owned());
        assert_eq!(states, [state("first_response", "kept"), state("next_response", "void")]);
        house.take(&[post("m2", "jan", "t1", 8, "thanks!"), answer("o1", "m1", "t1", 5)]).await;
        assert_eq!(house.case(1).await.due_at, None);
        let case = house.act(&house.case(1).await, 1, needs(true)).await.unwrap();
        assert_eq!((case.due_at, case.missed_at), (Some(minutes(38)), None), "it can be taken back");
    });
}

#[test]
fn a_raise_adds_a_deadline_and_tells_the_team_and_a_lowering_gives_no_time() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, ASKS)]).await;
        let before = house.case(1).await;
        assert!(before.level > 2 && house.alerts().await.is_empty());
        house.advance(Span::minutes(4)).await;
        let raised = house.act(&house.case(1).await, 1, level(Level::P1)).await.unwrap();
        assert_eq!((raised.level, raised.urgency), (1, 80));
        assert!(raised.due_at <= before.due_at);
        assert_eq!(house.alerts().await, [("arrival".to_owned(), "ready".to_owned())]);
        house.advance(Span::minutes(1)).await;
        let lowered = house.act(&house.case(1).await, 2, level(Level::P5)).await.unwrap();
        assert_eq!((lowered.level, lowered.due_at), (5, raised.due_at));
        let waits: std::collections::BTreeSet<i64> = responses(&house).await.iter().map(|o| o.wait).collect();
        assert_eq!(waits.len(), 1, "one wait in several parts");
    });
}

#[test]
fn a_correction_stands_against_what_is_delivered_again_and_new_words_may_raise() {
    on_each(|house| async move {
        let posts =
            [post("m1", "jan", "t1", 0, DANGER), post("m2", "jan", "t1", 1, "it was really frightening")];
        house.clock.advance(Span::minutes(2));
        house.take(&posts).await;
        assert_eq!(house.case(1).await.level, 1);
        let all = Corrected {
            level: Some(Level::P4),
            intent: Some(Intent::Request),
            language: Some(Language::Nl),
            needs_private: Some(true),
            ..Corrected::default()
        };
        house.act(&house.case(1).await, 1, Act::Correct(all)).await.unwrap();
        let holds = |c: &CaseRow| (c.level, c.intent.clone(), c.language.clone(), c.needs_private);
        let wanted = (4, "request".to_owned(), "nl".to_owned(), 1);
        assert_eq!(holds(&house.case(1).await), wanted);
        house.take(&posts).await;
        assert_eq!(holds(&house.case(1).await), wanted);
        // The other message is edited: what was said of this one holds.
        let mut edited = post("m2", "jan", "t1", 1, "it was really frightening, all of it");
        edited["edited_at"] = START.plus(Span::minutes(2)).rfc3339().into();
        house.take(&[edited]).await;
        assert_eq!(holds(&house.case(1).await).0, 4);
        // New words raise by themselves, once.
        house.advance(Span::minutes(2)).await;
        house.take(&[post("m3", "jan", "t1", 4, DANGER)]).await;
        assert_eq!(house.case(1).await.level, 1);
        let rows: Vec<(String, String, String)> =
            house.all("SELECT field, was, became FROM correction WHERE field = 'level'").await;
        assert!(rows.contains(&("level".into(), "P1".into(), "P4".into())), "{rows:?}");
    });
}

#[test]
fn nothing_to_put_right_is_said_and_a_stale_view_is_refused() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, ASKS)]).await;
        let case = house.case(1).await;
        let same = house.act(&case, 1, needs(true)).await.unwrap_err();
        assert!(matches!(same, CaseworkError::Invalid { field: "correction", .. }), "{same}");
        house.act(&case, 1, level(Level::P2)).await.unwrap();
        let stale = house.act(&case, 2, level(Level::P3)).await.unwrap_err();
        assert!(matches!(stale, CaseworkError::Stale { .. }), "{stale}");
        let other = house.current.get().named("tempo").unwrap().id.clone();
        let actor = lead(1);
        let walled = house.casework.act(&other, &case.id, case.version, &actor, level(Level::P3)).await;
        assert!(matches!(walled, Err(CaseworkError::NotFound)));
    });
}

#[test]
fn a_dismissed_case_that_was_missed_opens_again() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, CHAT)]).await;
        let gone = house.act(&house.case(1).await, 1, Act::Dismiss { reason: "chat".into() }).await.unwrap();
        let back = house.act(&gone, 1, needs(true)).await.unwrap();
        assert_eq!((back.open, back.state.as_str(), back.due_at), (1, "new", Some(minutes(30))));
    });
}

#[test]
fn each_day_some_are_drawn_once_whoever_draws() {
    on_each(|house| async move {
        let house = &house;
        // The start is in the evening of 21 September, UTC.
        let posts: Vec<_> = (0..30)
            .map(|n| post(&format!("m{n}"), &format!("a{n}"), &format!("t{n}"), 0, CHAT))
            .chain([post("q", "asker", "tq", 0, ASKS)])
            .collect();
        house.take(&posts).await;
        assert_eq!(checking(house).run_once().await.unwrap(), 0, "yesterday there was nothing");
        house.clock.advance(Span::hours(24));
        let day = house.clock_now().day();
        let (one, two) = (checking(house), checking(house));
        let (a, b) = tokio::join!(one.run_once(), two.run_once());
        assert_eq!(a.unwrap() + b.unwrap(), 20, "one of them draws twenty");
        assert_eq!(checking(house).run_once().await.unwrap(), 0);
        let drawn: Vec<(String, i64)> = house
            .all("SELECT t.day, c.needs_answer FROM triage_check t JOIN cases c ON c.id = t.case_id")
            .await;
        assert_eq!(drawn, vec![(day, 0); 20], "none that triage thought to need an answer");
    });
}

#[test]
fn what_people_find_is_the_rate_of_what_triage_misses() {
    on_each(|house| async move {
        let posts: Vec<_> =
            (0..4).map(|n| post(&format!("m{n}"), &format!("a{n}"), &format!("t{n}"), 0, CHAT)).collect();
        house.take(&posts).await;
        // Somebody was faster than the draw: it counts as checked, and as missed.
        house.act(&house.case(1).await, 3, needs(true)).await.unwrap();
        house.clock.advance(Span::hours(24));
        assert_eq!(checking(&house).run_once().await.unwrap(), 4);
        let brand = house.brand_id.clone();
        let check = async |number: i64, verdict| {
            let id = house.case(number).await.id;
            house.casework.check(&brand, &id, &lead(1), verdict).await
        };
        assert!(!check(1, Verdict::Right).await.unwrap(), "decided already");
        assert!(check(2, Verdict::Right).await.unwrap());
        assert!(check(3, Verdict::Missed).await.unwrap());
        assert!(!check(3, Verdict::Right).await.unwrap(), "who was first decided");
        assert_eq!(house.case(3).await.needs_answer, 1);
        let started: Vec<_> = responses(&house).await.iter().map(|o| o.started_at).collect();
        assert_eq!(started, [minutes(0), minutes(0)]);
        let ask = |brands: Vec<String>| Ask {
            from: START,
            to: START.plus(Span::days(2)),
            brands,
            zone: TimeZone::UTC,
        };
        let report = reports::report(&house.db, &ask(vec![brand.clone()]), house.clock_now()).await.unwrap();
        let missed = report.missed_by_triage;
        assert_eq!((missed.checked, missed.needed_answer, missed.rate_percent), (3, 2, Some(66.7)));
        let other = house.current.get().named("tempo").unwrap().id.clone();
        let report = reports::report(&house.db, &ask(vec![other.clone()]), house.clock_now()).await.unwrap();
        assert_eq!((report.missed_by_triage.checked, report.missed_by_triage.rate_percent), (0, None));
        let id = house.case(4).await.id;
        let walled = house.casework.check(&other, &id, &lead(1), Verdict::Missed).await;
        assert!(matches!(walled, Err(CaseworkError::NotFound)), "nothing of one brand shows in another");
        // On the page of the case a person says otherwise: the check follows.
        house.act(&house.case(2).await, 1, needs(true)).await.unwrap();
        let found: Vec<(String, i64)> = house
            .all("SELECT verdict, COUNT(*) FROM triage_check WHERE verdict IS NOT NULL GROUP BY verdict")
            .await;
        assert_eq!(found, [("missed".to_owned(), 3)]);
        let since = START;
        let confused = house
            .write(move |tx| Box::pin(async move { safety::confused(tx, &brand, since).await }))
            .await
            .unwrap();
        let missed: i64 =
            confused.iter().filter(|c| (c.judged_needs, c.needs.as_str()) == (0, "1")).map(|c| c.n).sum();
        assert_eq!(missed, 3, "{confused:?}");
    });
}

#[test]
fn nothing_is_hidden_until_a_lead_says_so_after_the_first_days() {
    on_each(|house| async move {
        let posts = [
            post("m1", "ann", "t1", 0, CHAT),
            post("m2", "bob", "t2", 0, ASKS),
            post("m3", "cas", "t3", 0, CHAT),
        ];
        house.take(&posts).await;
        assert_eq!(numbers(&house, Lane::All).await, [2, 3, 1], "sorted last, the latest first");
        // Paging ends where one page ends, also behind the levels.
        let mut paged = Vec::new();
        let mut after = None;
        while let Some(case) = lane(&house, Lane::All, 1, after.clone()).await.pop() {
            paged.push(case.number);
            after = Some(Place::of(Lane::All, &case));
        }
        assert_eq!(paged, [2, 3, 1]);
        let brand = house.brand_id.clone();
        let early = house.casework.hide_no_answer(&brand, true, &lead(1)).await.unwrap_err();
        assert!(early.to_string().contains("nothing can be hidden before"), "{early}");
        house.clock.advance(Span::days(29));
        assert!(house.casework.hide_no_answer(&brand, true, &lead(1)).await.is_err());
        house.clock.advance(Span::days(1));
        assert_eq!(numbers(&house, Lane::All).await, [2, 3, 1], "it never hides by itself");
        let blind = house.casework.hide_no_answer(&brand, true, &lead(1)).await.unwrap_err();
        assert!(blind.to_string().contains("nobody has corrected or checked anything"), "{blind}");
        house.act(&house.case(2).await, 2, level(Level::P3)).await.unwrap();
        let agent = Actor { person: person(2), lead: false };
        let refused = house.casework.hide_no_answer(&brand, true, &agent).await.unwrap_err();
        assert!(matches!(refused, CaseworkError::Refused(_)));
        house.casework.hide_no_answer(&brand, true, &lead(1)).await.unwrap();
        assert_eq!(numbers(&house, Lane::All).await, [2]);
        assert_eq!(numbers(&house, Lane::NoAnswer).await, [3, 1], "the lane stays open");
        house.casework.hide_no_answer(&brand, false, &lead(2)).await.unwrap();
        assert_eq!(numbers(&house, Lane::All).await, [2, 3, 1], "it can be taken back");
        let turns =
            house.write(move |tx| Box::pin(async move { safety::turns(tx, &brand, 9).await })).await.unwrap();
        let told: Vec<_> = turns.iter().map(|t| (t.hides(), t.origin.clone())).collect();
        assert_eq!(told, [(false, person(2).to_string()), (true, person(1).to_string())]);
    });
}

#[test]
fn who_writes_again_is_brought_up_with_both_posts() {
    on_each(|house| async move {
        house.take(&[post("m1", "ann", "t1", 0, CHAT), post("m2", "bob", "t2", 0, CHAT)]).await;
        let two = house.case(2).await;
        for wants in [true, false] {
            house.act(&house.case(2).await, 1, needs(wants)).await.unwrap();
        }
        assert_eq!((house.case(2).await.needs_answer, two.needs_answer), (0, 0), "corrected, and back");
        house.clock.advance(Span::days(30));
        house.casework.hide_no_answer(&house.brand_id.clone(), true, &lead(1)).await.unwrap();
        assert!(numbers(&house, Lane::All).await.is_empty());
        let day = 24 * 60;
        // Bob writes too late to count, Cas twice within the days, Dan chats and then asks.
        house
            .take(&[
                post("m3", "bob", "t3", 8 * day, CHAT),
                post("m4", "cas", "t4", 29 * day, CHAT),
                post("m5", "dan", "t5", 29 * day, CHAT),
            ])
            .await;
        assert!(numbers(&house, Lane::All).await.is_empty());
        house.take(&[post("m6", "cas", "t6", 30 * day, CHAT), post("m7", "dan", "t7", 30 * day, ASKS)]).await;
        assert_eq!(numbers(&house, Lane::All).await, [7, 6, 5, 4]);
        let again: Vec<i64> =
            house.cases().await.iter().filter(|c| c.wrote_again == 1).map(|c| c.number).collect();
        assert_eq!(again, [4, 5, 6, 7], "marked, both of each");
        // Two posts in one conversation bring up their case.
        house.take(&[post("m8", "ann", "t8", 30 * day - 2, CHAT)]).await;
        assert_eq!(house.case(8).await.wrote_again, 0);
        house.take(&[post("m9", "ann", "t8", 30 * day - 1, CHAT)]).await;
        assert_eq!((house.cases().await.len(), house.case(8).await.wrote_again), (8, 1));
        // Once a person says that the first was missed, it is no chat that was followed by another.
        let five = house.case(5).await;
        house.act(&five, 1, needs(true)).await.unwrap();
        assert_eq!((house.case(5).await.wrote_again, house.case(7).await.wrote_again), (0, 0));
    });
}

#[test]
fn what_people_said_is_exported_as_long_as_its_words_are_kept() {
    on_each(|house| async move {
        let posts = [
            post("m1", "ann", "t1", 0, CHAT),
            post("m2", "bob", "t2", 0, ASKS),
            post("m3", "cas", "t3", 0, CHAT),
            post("m4", "dan", "t4", 0, CHAT),
        ];
        house.take(&posts).await;
        house.act(&house.case(1).await, 1, needs(true)).await.unwrap();
        let all = Corrected { level: Some(Level::P2), language: Some(Language::De), ..Corrected::default() };
        house.act(&house.case(2).await, 1, Act::Correct(all)).await.unwrap();
        house.act(&house.case(3).await, 1, needs(true)).await.unwrap();
        house.clock.advance(Span::hours(24));
        checking(&house).run_once().await.unwrap();
        let id = house.case(4).await.id;
        house.casework.check(&house.brand_id, &id, &lead(1), Verdict::Right).await.unwrap();
        let mut gone = post("m3", "cas", "t3", 0, "");
        gone["deleted"] = true.into();
        house.take(&[gone]).await;
        let brand = house.brand_id.clone();
        let lines = async |from: Timestamp| {
            let brand = brand.clone();
            let read = house.db.read("test", move |tx| {
                Box::pin(async move {
                    let found = correction::learned(tx, &brand, from, Timestamp(i64::MAX)).await?;
                    let cases: Vec<_> =
                        found.iter().map(|l| (l.brand_id.clone(), l.case_id.clone())).collect();
                    Ok(learned::lines(&found, &correction::of_cases(tx, &cases).await?))
                })
            });
            read.await.unwrap().iter().map(|l| serde_json::to_string(l).unwrap()).collect::<Vec<_>>()
        };
        let found = lines(Timestamp(0)).await;
        assert_eq!(found.len(), 3, "what its author took back is not among them: {found:?}");
        let read: Vec<serde_json::Value> = found.iter().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!((&read[0]["text"], &read[0]["needs_answer"]), (&CHAT.into(), &true.into()));
        assert_eq!(read[0]["tags"], serde_json::json!(["corrected-needs-answer"]));
        assert_eq!((&read[1]["level"], &read[1]["lang"]), (&"P2".into(), &"de".into()));
        assert_eq!(read[1]["situation"], "acme-2");
        assert_eq!(
            (&read[2]["tags"], &read[2]["needs_answer"]),
            (&serde_json::json!(["confirmed"]), &false.into())
        );
        for line in &found {
            serde_json::from_str::<webcared::triage::train::Labelled>(line).expect("eval reads it");
        }
        assert_eq!(lines(START.plus(Span::hours(1))).await.len(), 1, "only what was said since");
    });
}

/// What is delivered again, in which order, in which batches.
fn redelivered() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(0..4_usize, 1..4), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_delivered_again_a_correction_keeps_what_it_made(
        batches in redelivered(),
        to in 1..6_i64,
        wants in any::<bool>(),
        private in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let house = House::build(Engine::Sqlite).await;
            house.clock.advance(Span::minutes(10));
            let posts = [
                post("m1", "jan", "t1", 0, CHAT),
                post("m2", "jan", "t1", 1, ASKS),
                answer("o1", "m2", "t1", 2),
                post("m3", "jan", "t1", 3, "it has still not arrived, this is annoying"),
            ];
            house.take(&posts).await;
            let case = house.case(1).await;
            let wanted = Corrected {
                level: Some(Level::from_number(to)),
                intent: Some(Intent::Churn),
                language: Some(Language::It),
                needs_answer: Some(wants),
                needs_private: Some(private),
            };
            house.act(&case, 1, Act::Correct(wanted)).await.unwrap();
            let case = house.case(1).await;
            let holds = (case.level, case.needs_private, case.language.as_str(), case.due_at.is_some());
            assert_eq!(holds, (to, i64::from(private), "it", wants));
            let clocks = house.clocks().await;
            for batch in batches {
                let again: Vec<_> = batch.into_iter().map(|at| posts[at].clone()).collect();
                house.take(&again).await;
                house.advance(Span::ZERO).await;
            }
            let after = house.case(1).await;
            assert_eq!((after.clone(), house.clocks().await), (CaseRow { ..case }, clocks));
        });
    }
}
