//! Unusual rises, incidents and answers to many, on both engines.

mod over;

use crate::account::Fake;
use crate::harness::{House, START, on_each, person, post};
use jiff::tz::TimeZone;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::answering::AnswerDeliver;
use webcared::casework::{Act, Actor, Answer, Answers, Casework, CaseworkError, IncidentAct, ManyDone};
use webcared::clock::Chance;
use webcared::domain::audit::Caller;
use webcared::domain::incident::Purpose;
use webcared::domain::language::Language;
use webcared::domain::role::Role;
use webcared::domain::time::Span;
use webcared::outbox::Worker;
use webcared::reports::leads::{AskLeads, leads};
use webcared::reports::period::Period;
use webcared::store::incident::{self, IncidentRow, MemberRow};
use webcared::store::rows::CaseRow;
use webcared::surging::Surging;

fn surging(house: &House) -> Surging {
    Surging {
        db: house.db.clone(),
        clock: house.clock.clone(),
        mint: house.mint.clone(),
        catalogue: house.current.clone(),
        owner: "run_test".into(),
        outbox: Arc::new(Notify::new()),
        zone: TimeZone::UTC,
    }
}

/// Posts of one hour, `n` of them, as they come.
async fn hour(house: &House, tag: &str, n: usize, text: &str) {
    let now = house.clock_now().since(START).millis() / 60_000;
    let posts: Vec<_> = (0..n)
        .map(|i| post(&format!("{tag}-{i}"), &format!("u{tag}{i}"), &format!("t{tag}{i}"), now, text))
        .collect();
    house.take(&posts).await;
}

const DOWN: &str = "@acme the internet is down again, nothing works at all";

/// Five weeks in which this hour brought two posts.
async fn usual_weeks(house: &House, watch: &Surging) {
    for week in 0..5 {
        hour(house, &format!("w{week}"), 2, DOWN).await;
        house.clock.advance(Span::days(7));
    }
    // The past is counted two days at a time.
    for _ in 0..20 {
        watch.run_once().await.unwrap();
    }
}

async fn incidents(house: &House) -> Vec<IncidentRow> {
    house.all("SELECT * FROM incident ORDER BY number").await
}

#[test]
fn a_rise_is_told_once_gathers_its_cases_and_ends_by_itself() {
    on_each(|house| async move {
        let watch = surging(&house);
        usual_weeks(&house, &watch).await;
        let told = "SELECT COUNT(*) FROM action WHERE kind = 'incident'";
        hour(&house, "few", 5, DOWN).await;
        assert_eq!(watch.run_once().await.unwrap(), 0, "a few more are no rise");
        hour(&house, "storm", 30, DOWN).await;
        assert_eq!(watch.run_once().await.unwrap(), 1);
        let found = incidents(&house).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].expected, found[0].most, found[0].open), (2, 35, 1), "{found:?}");
        assert_eq!(house.count("SELECT COUNT(*) FROM incident_case").await, 35);
        assert_eq!(house.count("SELECT COUNT(*) FROM case_event WHERE kind = 'incident_joined'").await, 35);
        let clocks = house.clocks().await;
        // The next rounds say nothing more of it, and later posts join.
        hour(&house, "later", 3, DOWN).await;
        for _ in 0..3 {
            assert_eq!(watch.run_once().await.unwrap(), 0);
        }
        assert_eq!(house.count("SELECT COUNT(*) FROM incident_case").await, 38);
        let after = house.clocks().await;
        assert!(clocks.iter().all(|c| after.contains(c)), "no clock of a member is touched");
        // An hour later nothing comes any more; half an hour of that, and it is over.
        house.clock.advance(Span::minutes(61));
        assert_eq!(watch.run_once().await.unwrap(), 0);
        house.clock.advance(Span::minutes(29));
        assert_eq!(watch.run_once().await.unwrap(), 0, "not yet");
        house.clock.advance(Span::minutes(1));
        assert_eq!(watch.run_once().await.unwrap(), 1, "that it is over is told once");
        let found = incidents(&house).await;
        assert_eq!((found[0].open, found[0].ended_by.clone()), (0, None));
        assert_eq!(house.count("SELECT COUNT(*) FROM incident_case WHERE open = 1").await, 0);
        assert_eq!(house.count(told).await, 2);
        let waiting = "SELECT COUNT(*) FROM obligation WHERE kind = 'first_response' AND state = 'void'";
        assert_eq!(house.count(waiting).await, 0, "what is owed to a case does not end with the incident");
        // It cools down: the same again within the hour is not told.
        hour(&house, "again", 40, DOWN).await;
        assert_eq!(watch.run_once().await.unwrap(), 0);
    });
}

#[test]
fn nothing_is_told_where_nothing_is_usual_yet_and_of_what_comes_late() {
    on_each(|house| async move {
        let watch = surging(&house);
        hour(&house, "first", 60, DOWN).await;
        assert_eq!(watch.run_once().await.unwrap(), 0, "nobody knows what is usual");
        let two = surging(&house);
        assert_eq!(two.run_once().await.unwrap(), 0);
        usual_weeks(&house, &watch).await;
        // What was posted yesterday and comes now is no rise of now.
        let yesterday = house.clock_now().since(START).millis() / 60_000 - 1_440;
        let posts: Vec<_> = (0..50)
            .map(|i| post(&format!("late{i}"), &format!("l{i}"), &format!("lt{i}"), yesterday, DOWN))
            .collect();
        house.take(&posts).await;
        assert_eq!(watch.run_once().await.unwrap(), 0);
        assert_eq!(incidents(&house).await.len(), 0);
    });
}

#[test]
fn a_storm_that_fits_two_topics_is_told_once_however_large() {
    on_each(|house| async move {
        let watch = surging(&house);
        usual_weeks(&house, &watch).await;
        hour(&house, "storm", 130, DOWN).await;
        // All of it is of one sector too: fewer than half of its cases join in the first round.
        let sector = "INSERT INTO case_sector (brand_id, case_id, sector, proposed, certainty, at)
             SELECT brand_id, id, 'repair', 'repair', 80, opened_at FROM cases WHERE open = 1";
        crate::audit::run(&house, sector.to_owned()).await.unwrap();
        assert_eq!(watch.run_once().await.unwrap(), 1);
        assert_eq!(house.count("SELECT COUNT(*) FROM incident_case").await, 50);
        for _ in 0..4 {
            assert_eq!(watch.run_once().await.unwrap(), 0);
        }
        assert_eq!(incidents(&house).await.len(), 1);
        assert_eq!(house.count("SELECT COUNT(*) FROM incident_case").await, 130);
    });
}

#[test]
fn a_brand_that_is_learning_raises_later() {
    on_each(|house| async move {
        let watch = surging(&house);
        usual_weeks(&house, &watch).await;
        hour(&house, "some", 17, DOWN).await;
        assert_eq!(watch.run_once().await.unwrap(), 0, "five weeks are known: twenty are wanted");
        for week in 5..8 {
            house.clock.advance(Span::days(7));
            hour(&house, &format!("w{week}"), 2, DOWN).await;
        }
        house.clock.advance(Span::days(7));
        for _ in 0..20 {
            watch.run_once().await.unwrap();
        }
        hour(&house, "more", 17, DOWN).await;
        assert_eq!(watch.run_once().await.unwrap(), 1, "eight weeks are known: it is far more than usual");
    });
}

/// A house with an account that answers.
struct Desk {
    house: House,
    fake: Arc<Fake>,
    worker: Worker,
    casework: Casework,
}

const UNDO: Span = Span::seconds(5);
const PLAIN: &str = "@acme my parcel never arrived";

impl Desk {
    fn open(house: House) -> Self {
        let fake = Fake::new(house.clock_now());
        let casework = house.casework.clone().answering(Answers { accounts: fake.accounts(), undo: UNDO });
        let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
        let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint, fake.clone()).unwrap();
        let worker = Worker::new(db, clock, Chance::seeded(3), "run_test".into(), Arc::new(deliver));
        Self { house, fake, worker, casework }
    }

    async fn settle(&self, by: Span) {
        self.house.clock.advance(by);
        self.fake.ledger.lock().unwrap().now = self.house.clock_now();
        while self.worker.run_once().await.unwrap() > 0 {}
        while self.house.intake.run_once(500).await.unwrap() > 0 {}
    }

    async fn cases(&self, n: usize) -> Vec<CaseRow> {
        let one = |i: usize| post(&format!("m{i}"), &format!("jan{i}"), &format!("t{i}"), 0, PLAIN);
        self.house.take(&(0..n).map(one).collect::<Vec<_>>()).await;
        self.house.cases().await.into_iter().filter(|c| c.brand_id == self.house.brand_id).collect()
    }

    async fn with_line(&self, id: &str, purpose: Purpose, text: &str) {
        let brand = &self.house.brand_id;
        let write = IncidentAct::Write { language: Language::En, purpose, text: text.to_owned() };
        self.casework.incident(brand, id, &agent(), write).await.unwrap();
        let lines: Vec<(String,)> =
            self.house.all("SELECT id FROM incident_line WHERE state = 'written'").await;
        let approve = IncidentAct::Approve { line: lines[0].0.clone() };
        let refused = self.casework.incident(brand, id, &agent(), approve.clone()).await;
        assert!(
            matches!(refused, Err(CaseworkError::Refused(_))),
            "only a lead stands for words: {refused:?}"
        );
        self.casework.incident(brand, id, &lead(), approve).await.unwrap();
    }

    async fn incident(&self, cases: &[CaseRow]) -> String {
        let ids: Vec<String> = cases.iter().map(|c| c.id.clone()).collect();
        self.casework.open_incident(&self.house.brand_id, "Parcels", &ids, &agent()).await.unwrap()
    }

    async fn members(&self, id: &str) -> Vec<MemberRow> {
        let (brand, id) = (self.house.brand_id.clone(), id.to_owned());
        let read = self
            .house
            .db
            .read("test", move |tx| Box::pin(async move { incident::members(tx, &brand, &id, 500).await }));
        read.await.unwrap()
    }

    async fn press(&self, id: &str, purpose: Purpose, selected: &[(String, i64)]) -> ManyDone {
        self.casework.answer_many(&self.house.brand_id, id, purpose, selected, &agent()).await.unwrap()
    }

    /// Answers all that there are.
    async fn press_all(&self, id: &str) -> ManyDone {
        let selected = self.selection(id).await;
        self.press(id, Purpose::Answer, &selected).await
    }

    async fn selection(&self, id: &str) -> Vec<(String, i64)> {
        self.members(id).await.into_iter().map(|m| (m.case_id, m.version)).collect()
    }
}

fn agent() -> Actor {
    Actor { person: person(1), lead: false }
}

fn lead() -> Actor {
    Actor { person: person(2), lead: true }
}

#[test]
fn many_are_answered_by_approved_words_one_after_another_and_told_that_it_is_solved() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let brand = desk.house.brand_id.clone();
        let cases = desk.cases(4).await;
        let id = desk.incident(&cases[..3]).await;
        let none = desk.press_all(&id).await;
        assert_eq!((none.made, none.refused.len()), (0, 3), "without approved words nothing goes: {none:?}");
        desk.with_line(&id, Purpose::Answer, "We know of it and work on it.").await;
        // One that is not in it gets nothing, whatever was ticked; and a view that is stale is refused.
        let mut selected = desk.selection(&id).await;
        selected.push((cases[3].id.clone(), cases[3].version));
        let stale = desk.house.case(2).await;
        let note = Act::Note { text: "He rang.".into() };
        desk.casework.act(&brand, &stale.id, stale.version, &lead(), note).await.unwrap();
        let done =
            desk.casework.answer_many(&brand, &id, Purpose::Answer, &selected, &agent()).await.unwrap();
        assert_eq!((done.made, done.refused.len()), (2, 2), "{done:?}");
        let again = desk.press_all(&id).await;
        assert_eq!(again.made, 1, "who was answered is not answered twice");
        desk.settle(UNDO).await;
        assert_eq!(desk.fake.posted().len(), 1, "one after another on one account");
        desk.settle(Span::seconds(2)).await;
        assert_eq!(desk.fake.posted().len(), 1);
        desk.settle(Span::seconds(1)).await;
        desk.settle(Span::seconds(3)).await;
        let posted = desk.fake.posted();
        assert_eq!(posted.len(), 3);
        assert!(posted.iter().all(|p| p.text.ends_with("We know of it and work on it.")), "{posted:?}");
        let kept = "SELECT COUNT(*) FROM obligation WHERE kind = 'first_response' AND state = 'kept'";
        assert_eq!(desk.house.count(kept).await, 3, "each by its own answer");
        // Solved: to those who were answered, once.
        desk.with_line(&id, Purpose::Solved, "It is solved, sorry for the wait.").await;
        let solved = async || {
            let selected = desk.selection(&id).await;
            desk.press(&id, Purpose::Solved, &selected).await
        };
        assert_eq!(solved().await.made, 3);
        assert_eq!(solved().await.made, 0);
        for _ in 0..4 {
            desk.settle(Span::seconds(5)).await;
        }
        assert_eq!(desk.fake.posted().len(), 6);
        // Reports count such answers apart.
        let zone = TimeZone::UTC;
        let tomorrow = START.plus(Span::days(1));
        let ask = AskLeads::last(Period::Daily, Vec::new(), &zone, tomorrow).unwrap();
        let made = leads(&desk.house.db, &ask, tomorrow).await.unwrap();
        assert_eq!(made.bulk_answers, 3, "{made:?}");
        assert_eq!(
            made.on_time_without_bulk_percent,
            Some(0.0),
            "the one that was not answered is late by then"
        );
        // Nobody keeps cases for having pressed a button.
        desk.settle(Span::minutes(20)).await;
        let now = desk.house.clock_now();
        let held = |c: &CaseRow| c.claim().is_some_and(|k| k.until.is_none_or(|u| u > now));
        assert!(!desk.house.cases().await.iter().any(held));
    });
}

#[test]
fn stop_the_rest_calls_off_what_has_not_left() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let brand = desk.house.brand_id.clone();
        let cases = desk.cases(5).await;
        let id = desk.incident(&cases).await;
        desk.with_line(&id, Purpose::Answer, "We know of it.").await;
        let done = desk.press_all(&id).await;
        assert_eq!(done.made, 5);
        desk.settle(UNDO).await;
        desk.settle(Span::seconds(3)).await;
        assert_eq!(desk.fake.posted().len(), 2);
        let stopped = desk.casework.incident(&brand, &id, &agent(), IncidentAct::Stop).await.unwrap();
        assert_eq!(stopped, 3);
        for _ in 0..10 {
            desk.settle(Span::seconds(10)).await;
        }
        assert_eq!(desk.fake.posted().len(), 2, "nothing more left");
        let running = "SELECT COUNT(*) FROM obligation WHERE kind = 'first_response' AND ended_at IS NULL";
        assert_eq!(desk.house.count(running).await, 3, "what was not said is still owed");
        // They may be answered after all.
        let left: Vec<(String, i64)> = desk
            .members(&id)
            .await
            .into_iter()
            .filter(|m| m.told.as_deref() == Some("cancelled"))
            .map(|m| (m.case_id, m.version))
            .collect();
        let done = desk.casework.answer_many(&brand, &id, Purpose::Answer, &left, &agent()).await.unwrap();
        assert_eq!(done.made, 3, "{done:?}");
    });
}

#[test]
fn a_case_belongs_to_one_open_incident_and_may_leave_it() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let brand = desk.house.brand_id.clone();
        let cases = desk.cases(2).await;
        let first = desk.incident(&cases[..1]).await;
        let second = desk.incident(&[]).await;
        let add = IncidentAct::Add { cases: vec![cases[0].id.clone()] };
        let refused = desk.casework.incident(&brand, &second, &agent(), add.clone()).await;
        assert!(matches!(refused, Err(CaseworkError::Refused(_))), "{refused:?}");
        let other = desk.house.current.get().named("tempo").unwrap().id.clone();
        let foreign =
            desk.casework.open_incident(&other, "Other", &[cases[1].id.clone()], &agent()).await.unwrap();
        assert!(desk.members(&foreign).await.is_empty(), "no case of another brand");
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM incident_case").await, 1);
        desk.casework
            .incident(&brand, &first, &agent(), IncidentAct::Remove { case: cases[0].id.clone() })
            .await
            .unwrap();
        desk.casework.incident(&brand, &second, &agent(), add).await.unwrap();
        desk.casework.incident(&brand, &second, &agent(), IncidentAct::End).await.unwrap();
        let kinds: Vec<(String,)> = desk
            .house
            .all("SELECT kind FROM case_event WHERE kind LIKE 'incident%' ORDER BY case_id, seq")
            .await;
        let kinds: Vec<&str> = kinds.iter().map(|k| k.0.as_str()).collect();
        assert_eq!(kinds, ["incident_joined", "incident_left", "incident_joined"]);
        // Once it is over, the case may be part of the next.
        let third = desk.incident(&cases[..1]).await;
        assert_eq!(desk.members(&third).await.len(), 1);
        // The version of an incident is the number of its last event.
        let rows = incidents(&desk.house).await;
        for row in rows {
            let (brand, id) = (row.brand_id.clone(), row.id.clone());
            let events = desk.house.db.read("test", move |tx| {
                Box::pin(async move { incident::events(tx, &brand, &id, 100).await })
            });
            assert_eq!(events.await.unwrap()[0].seq, row.version);
        }
    });
}

#[test]
fn words_for_many_that_give_something_away_are_refused_case_by_case() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let brand = desk.house.brand_id.clone();
        let cases = desk.cases(1).await;
        let id = desk.incident(&cases).await;
        desk.with_line(&id, Purpose::Answer, "Mail jan@example.org about it.").await;
        let done = desk.press_all(&id).await;
        assert_eq!((done.made, done.refused.len()), (0, 1));
        assert!(done.refused[0].1.contains("personal data"), "{done:?}");
        // An answer by hand stands; the press does not double it.
        let case = desk.house.case(1).await;
        let own = Act::Answer(Answer { text: "We look for it.".into(), ..Answer::default() });
        desk.casework.act(&brand, &case.id, case.version, &agent(), own).await.unwrap();
        let withdrawn: Vec<(String,)> = desk.house.all("SELECT id FROM incident_line").await;
        desk.casework
            .incident(&brand, &id, &agent(), IncidentAct::Withdraw { line: withdrawn[0].0.clone() })
            .await
            .unwrap();
        desk.with_line(&id, Purpose::Answer, "We know of it.").await;
        let done = desk.press_all(&id).await;
        assert_eq!(done.made, 0);
    });
}

#[test]
fn what_was_chosen_for_other_words_waits_and_a_wrong_pick_takes_its_answer_along() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let brand = desk.house.brand_id.clone();
        let cases = desk.cases(4).await;
        let id = desk.incident(&cases).await;
        desk.with_line(&id, Purpose::Answer, "We know of it.").await;
        assert_eq!(desk.press_all(&id).await.made, 4);
        let state = |n: usize| {
            let case = &cases[n].id;
            format!("SELECT state, detail FROM action WHERE kind = 'reply' AND case_id = '{case}'")
        };
        // One writes again before it leaves, one is taken out.
        desk.house.clock.advance(Span::seconds(1));
        let minutes = desk.house.clock_now().since(START).millis() / 60_000;
        desk.house.take(&[post("more", "jan3", "t3", minutes, "my child got a shock from it!")]).await;
        let out = IncidentAct::Remove { case: cases[2].id.clone() };
        desk.casework.incident(&brand, &id, &agent(), out).await.unwrap();
        for _ in 0..8 {
            desk.settle(Span::seconds(5)).await;
        }
        assert_eq!(desk.fake.posted().len(), 2);
        let rows: Vec<(String, String)> = desk.house.all(Box::leak(state(3).into_boxed_str())).await;
        assert_eq!(rows, [("held".to_owned(), "the customer wrote again".to_owned())]);
        let rows: Vec<(String, String)> = desk.house.all(Box::leak(state(2).into_boxed_str())).await;
        assert_eq!(rows[0].0, "cancelled");
    });
}

#[test]
fn what_a_press_queues_after_the_stop_does_not_leave_either() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let brand = desk.house.brand_id.clone();
        let cases = desk.cases(3).await;
        let id = desk.incident(&cases).await;
        desk.with_line(&id, Purpose::Answer, "We know of it.").await;
        let selected = desk.selection(&id).await;
        assert_eq!(desk.press(&id, Purpose::Answer, &selected[..2]).await.made, 2);
        desk.house.clock.advance(Span::seconds(1));
        assert_eq!(desk.casework.incident(&brand, &id, &agent(), IncidentAct::Stop).await.unwrap(), 2);
        // The press was still at it: its last case comes behind the stop.
        desk.house.clock.advance(Span::seconds(1));
        assert_eq!(desk.press(&id, Purpose::Answer, &selected[2..]).await.made, 1);
        let same = "UPDATE incident_sent SET sending_id = 'one'";
        crate::audit::run(&desk.house, same.to_owned()).await.unwrap();
        for _ in 0..5 {
            desk.settle(Span::seconds(5)).await;
        }
        assert_eq!(desk.fake.posted().len(), 0);
        let why: Vec<(String,)> = desk
            .house
            .all("SELECT detail FROM action WHERE kind = 'reply' ORDER BY created_at DESC LIMIT 1")
            .await;
        assert_eq!(why[0].0, "somebody stopped the rest");
    });
}

#[test]
fn who_changes_nothing_for_many_answers_nobody_at_once() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let brand = desk.house.brand_id.clone();
        let cases = desk.cases(2).await;
        let id = desk.incident(&cases).await;
        desk.with_line(&id, Purpose::Answer, "We know of it.").await;
        let selected = desk.selection(&id).await;
        for role in [Role::Guest, Role::Newcomer, Role::Communications, Role::Auditor] {
            let who = desk.casework.called(Caller { role: Some(role), ..Caller::default() });
            let refused = who.answer_many(&brand, &id, Purpose::Answer, &selected, &agent()).await;
            assert!(matches!(refused, Err(CaseworkError::Refused(_))), "{role:?}: {refused:?}");
            let end = who.incident(&brand, &id, &agent(), IncidentAct::End).await;
            assert!(matches!(end, Err(CaseworkError::Refused(_))), "{role:?}: {end:?}");
        }
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM action WHERE kind = 'reply'").await, 0);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM audit WHERE outcome = 'refused'").await, 9);
    });
}
