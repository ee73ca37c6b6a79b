//! That it is solved reaches also those whose case is over: once, and the case stays as it is.

use super::{Desk, UNDO, agent};
use crate::harness::{House, START, on_each, post};
use jiff::tz::TimeZone;
use webcared::casework::selecting::Choosing;
use webcared::casework::{Act, Answer, IncidentAct};
use webcared::domain::incident::{Purpose, Unticked};
use webcared::domain::time::Span;
use webcared::privacy::By;
use webcared::reports::leads::{AskLeads, Leads, leads};
use webcared::reports::period::Period;
use webcared::store::rows::CaseRow;

const LATE: &str = "@acme this is the third time your bus is late, terrible service";

/// Cases of which each is answered by the words for many of one incident, whose id comes along.
async fn told(desk: &Desk, n: usize) -> (Vec<CaseRow>, String) {
    let one = |i: usize| post(&format!("m{i}"), &format!("jan{i}"), &format!("t{i}"), 0, LATE);
    desk.house.take(&(0..n).map(one).collect::<Vec<_>>()).await;
    let cases: Vec<CaseRow> =
        desk.house.cases().await.into_iter().filter(|c| c.brand_id == desk.house.brand_id).collect();
    let id = desk.incident(&cases).await;
    desk.with_line(&id, Purpose::Answer, "We know of it.").await;
    assert_eq!(desk.press_all(&id).await.made, n);
    all_leaves(desk, n).await;
    assert_eq!(desk.fake.posted().len(), n);
    desk.with_line(&id, Purpose::Solved, "It is solved.").await;
    (cases, id)
}

async fn all_leaves(desk: &Desk, n: usize) {
    for _ in 0..=n {
        desk.settle(UNDO).await;
    }
}

/// A case as it stands.
async fn now_is(desk: &Desk, case: &CaseRow) -> CaseRow {
    desk.house.cases().await.into_iter().find(|c| c.id == case.id).unwrap()
}

async fn does(desk: &Desk, case: &CaseRow, act: Act) {
    desk.house.act(&now_is(desk, case).await, 1, act).await.unwrap();
}

async fn resolve(desk: &Desk, case: &CaseRow) {
    does(desk, case, Act::Resolve { reason: "the bus runs".into(), ending: None }).await;
}

/// Those of these cases as they are selected now.
async fn selected(desk: &Desk, id: &str, cases: &[&CaseRow]) -> Vec<(String, i64)> {
    let all = desk.selection(id).await;
    all.into_iter().filter(|s| cases.iter().any(|c| c.id == s.0)).collect()
}

/// Why a case is not ticked for somebody who has none of them.
async fn unticked(desk: &Desk, id: &str, case: &CaseRow, purpose: Purpose) -> Option<Unticked> {
    let (brand, id, now) = (desk.house.brand_id.clone(), id.to_owned(), desk.house.clock_now());
    let read = desk
        .house
        .db
        .read("test", move |tx| Box::pin(async move { Choosing::read(tx, &brand, &id, 500, now).await }));
    let chosen = read.await.unwrap();
    let member = chosen.members.iter().find(|m| m.case_id == case.id).unwrap();
    chosen.unticked(member, purpose, "nobody", now)
}

async fn figures(desk: &Desk) -> Leads {
    let tomorrow = START.plus(Span::days(1));
    let ask = AskLeads::last(Period::Daily, Vec::new(), &TimeZone::UTC, tomorrow).unwrap();
    leads(&desk.house.db, &ask, tomorrow).await.unwrap()
}

async fn says(house: &House, id: &str, n: usize, text: &str) {
    house.clock.advance(Span::minutes(1));
    let minutes = house.clock_now().since(START).millis() / 60_000;
    house.take(&[post(id, &format!("jan{n}"), &format!("t{n}"), minutes, text)]).await;
}

#[test]
fn whose_case_is_over_hears_once_that_it_is_solved_and_the_case_stays_as_it_is() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let (cases, id) = told(&desk, 4).await;
        // One that was answered by hand, added later.
        says(&desk.house, "m9", 9, LATE).await;
        let brand = desk.house.brand_id.clone();
        let new = |c: &CaseRow| c.brand_id == brand && !cases.iter().any(|k| k.id == c.id);
        let by_hand = desk.house.cases().await.into_iter().find(new).unwrap();
        let add = IncidentAct::Add { cases: vec![by_hand.id.clone()] };
        desk.casework.incident(&brand, &id, &agent(), add).await.unwrap();
        let own = Act::Answer(Answer { text: "We look for the driver.".into(), ..Answer::default() });
        let seen = now_is(&desk, &by_hand).await.version;
        desk.casework.act(&brand, &by_hand.id, seen, &agent(), own).await.unwrap();
        desk.settle(UNDO).await;
        assert!(now_is(&desk, &by_hand).await.first_answer_at.is_some());
        for case in [&cases[0], &cases[1], &cases[3], &by_hand] {
            resolve(&desk, case).await;
        }
        does(&desk, &cases[1], Act::Close).await;
        does(&desk, &cases[2], Act::Dismiss { reason: "not ours".into() }).await;
        says(&desk.house, "again", 3, "@acme your bus is late again today, terrible service").await;
        let solved = Purpose::Solved;
        assert_eq!(unticked(&desk, &id, &cases[0], solved).await, None, "resolved");
        assert_eq!(unticked(&desk, &id, &cases[1], solved).await, None, "closed");
        assert_eq!(unticked(&desk, &id, &cases[2], solved).await, Some(Unticked::Over), "dismissed");
        assert!(unticked(&desk, &id, &cases[3], solved).await.is_some(), "who wrote again");
        assert_eq!(unticked(&desk, &id, &by_hand, solved).await, Some(Unticked::Over), "told by hand only");
        assert_eq!(unticked(&desk, &id, &cases[0], Purpose::Answer).await, Some(Unticked::Over));

        let over = [now_is(&desk, &cases[0]).await, now_is(&desk, &cases[1]).await];
        let (clocks, before) = (desk.house.clocks().await, figures(&desk).await);
        let wanted = selected(&desk, &id, &[&cases[0], &cases[1], &cases[2], &by_hand]).await;
        let done = desk.press(&id, solved, &wanted).await;
        assert_eq!((done.made, done.refused.len()), (2, 2), "{done:?}");
        let why = |case: &CaseRow| done.refused.iter().find(|r| r.0 == case.id).unwrap().1.clone();
        assert!(why(&cases[2]).contains("reopen it"), "{done:?}");
        assert!(why(&by_hand).contains("no answer to many reached it"), "{done:?}");
        let again = selected(&desk, &id, &[&cases[0], &cases[1]]).await;
        assert_eq!(desk.press(&id, solved, &again).await.made, 0, "it is on its way");
        all_leaves(&desk, 3).await;
        let again = selected(&desk, &id, &[&cases[0], &cases[1]]).await;
        assert_eq!(desk.press(&id, solved, &again).await.made, 0, "once");
        let answer = desk.press(&id, Purpose::Answer, &again).await;
        assert!(answer.refused.iter().all(|r| r.1.contains("reopen it to answer")), "{answer:?}");
        let heard = desk.fake.posted().iter().filter(|p| p.text.ends_with("It is solved.")).count();
        assert_eq!((heard, desk.fake.posted().len()), (2, 7));
        for was in &over {
            let is = now_is(&desk, was).await;
            assert_eq!((&is.state, is.state_since, is.open), (&was.state, was.state_since, 0));
            assert_eq!((is.due_at, is.claimed_by, is.claimed_until), (None, None, None), "nobody has it");
            assert_eq!(is.first_answer_at, was.first_answer_at);
            let kinds: Vec<String> = desk
                .house
                .events()
                .await
                .into_iter()
                .filter(|e| e.case_id == was.id)
                .map(|e| e.kind)
                .collect();
            assert_eq!(kinds.iter().filter(|k| *k == "to_many_queued").count(), 2, "{kinds:?}");
            assert_eq!(kinds.last().map(String::as_str), Some("answer_seen"), "{kinds:?}");
            assert!(!kinds.iter().any(|k| k == "reopen"), "{kinds:?}");
        }
        assert_eq!(desk.house.clocks().await, clocks, "no clock began, none moved");
        let after = figures(&desk).await;
        assert_eq!(after.bulk_answers, before.bulk_answers);
        assert_eq!(after.on_time_without_bulk_percent, before.on_time_without_bulk_percent);

        // What they answer opens it as ever.
        says(&desk.house, "more", 0, "@acme this is the fourth time your bus is late, terrible service")
            .await;
        let is = now_is(&desk, &cases[0]).await;
        assert_eq!((is.open, is.due_at.is_some()), (1, true), "{is:?}");
    });
}

#[test]
fn words_for_those_whose_case_is_over_are_stopped_and_called_off_like_others() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let (cases, id) = told(&desk, 3).await;
        for case in &cases {
            resolve(&desk, case).await;
        }
        let all: Vec<&CaseRow> = cases.iter().collect();
        let wanted = selected(&desk, &id, &all).await;
        assert_eq!(desk.press(&id, Purpose::Solved, &wanted).await.made, 3);
        desk.house.clock.advance(Span::seconds(1));
        let brand = desk.house.brand_id.clone();
        let stopped = desk.casework.incident(&brand, &id, &agent(), IncidentAct::Stop).await.unwrap();
        assert_eq!(stopped, 3);
        all_leaves(&desk, 3).await;
        assert_eq!(desk.fake.posted().len(), 3, "nothing left");
        assert!(desk.house.cases().await.iter().all(|c| c.state == "resolved"));

        // What was called off may be told after all; what happens before it leaves counts.
        let wanted = selected(&desk, &id, &all).await;
        assert_eq!(desk.press(&id, Purpose::Solved, &wanted).await.made, 3);
        does(&desk, &cases[0], Act::Close).await;
        does(&desk, &cases[1], Act::Reopen).await;
        does(&desk, &cases[1], Act::Dismiss { reason: "not ours".into() }).await;
        let name = format!("Acme#{}", cases[2].number);
        crate::privacy::privacy(&desk.house).object(&name, &By::Command).await.unwrap();
        all_leaves(&desk, 3).await;
        let posted = desk.fake.posted();
        assert_eq!(posted.len(), 4, "{posted:?}");
        assert_eq!(posted[3].to, "m0", "closed in between, and told");
        assert_eq!(now_is(&desk, &cases[0]).await.state, "closed");
        assert_eq!(unticked(&desk, &id, &cases[2], Purpose::Solved).await, Some(Unticked::Over));
        let wanted = selected(&desk, &id, &[&cases[2]]).await;
        let done = desk.press(&id, Purpose::Solved, &wanted).await;
        assert!(done.made == 0 && done.refused[0].1.contains("nothing is sent there any more"), "{done:?}");
    });
}

#[test]
fn who_was_erased_is_not_written_to_and_who_writes_elsewhere_is_not_ticked() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let (cases, id) = told(&desk, 2).await;
        for case in &cases {
            resolve(&desk, case).await;
        }
        let name = format!("Acme#{}", cases[0].number);
        crate::privacy::privacy(&desk.house).erase(&name, false, &By::Command).await.unwrap();
        assert_eq!(unticked(&desk, &id, &cases[0], Purpose::Solved).await, Some(Unticked::Over));
        // The other one asks elsewhere about something: their case is no longer ticked by itself, but may be chosen.
        assert_eq!(unticked(&desk, &id, &cases[1], Purpose::Solved).await, None);
        desk.house.clock.advance(Span::minutes(1));
        let minutes = desk.house.clock_now().since(START).millis() / 60_000;
        desk.house.take(&[post("else", "jan1", "elsewhere", minutes, LATE)]).await;
        let why = unticked(&desk, &id, &cases[1], Purpose::Solved).await;
        assert_eq!(why, Some(Unticked::OwnQuestion));
        let wanted = selected(&desk, &id, &[&cases[0], &cases[1]]).await;
        let done = desk.press(&id, Purpose::Solved, &wanted).await;
        assert_eq!((done.made, done.refused.len()), (1, 1), "{done:?}");
        assert_eq!(done.refused[0].0, cases[0].id);
    });
}
