//! Promises go with a joined conversation and come back with it: whatever is joined, split and undone, each promise
//! stands once, with its name, its times and its outcome.

use crate::harness::{House, START};
use crate::private::{Desk, at_desk, private};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use webcared::casework::{Act, Beside, ComplaintAct, CustomerAct, GoodwillAct, NewPromise, PrivateAct};
use webcared::domain::customer::Customer;
use webcared::domain::goodwill::GoodwillKind;
use webcared::domain::time::Span;
use webcared::reports::{Ask, report};
use webcared::store::handover::JoinRow;
use webcared::store::promise::{self, Call};
use webcared::store::{about, answer};

async fn comes(desk: &Desk, id: &str, author: &str, talk: &str, text: &str) {
    let at = desk.minutes();
    desk.house.clock.advance(Span::minutes(2));
    desk.house.take(&[private(id, author, talk, at, text)]).await;
}

async fn joins(desk: &Desk) -> Vec<JoinRow> {
    desk.house.all("SELECT * FROM handover_join ORDER BY made_at, id").await
}

async fn promise(desk: &Desk, n: i64, minutes: i64, text: &str) -> bool {
    let new = NewPromise {
        text: text.into(),
        due: desk.house.clock_now().plus(Span::minutes(minutes)),
        owed_by: "webcare".into(),
        act: "call".into(),
        beside: Beside::Both { reason: "another matter".into() },
        ..NewPromise::default()
    };
    desk.act(n, Act::Promise(Box::new(new))).await.is_ok()
}

/// Each promise by its name: the words, when it is due, how it stands, what ended it, how often it was broken.
type Stands = BTreeMap<String, (String, i64, String, Option<String>, i64)>;

async fn stands(house: &House) -> Stands {
    let rows: Vec<(String, String, i64, String, Option<String>, i64)> = house
        .all(
            "SELECT p.id, c.body, o.due_at, o.state, o.ended_by,
                (SELECT COUNT(*) FROM clock_event e WHERE e.case_id = p.case_id AND e.wait = p.wait
                    AND e.stage = 100 AND e.annulled_at IS NULL)
             FROM promise p JOIN content c ON c.id = p.words_id
             JOIN obligation o ON o.case_id = p.case_id AND o.wait = p.wait
             WHERE NOT EXISTS (SELECT 1 FROM obligation n WHERE n.case_id = o.case_id AND n.wait = o.wait
                AND n.part > o.part)",
        )
        .await;
    let n = rows.len();
    let map: Stands = rows.into_iter().map(|(id, w, d, s, b, e)| (id, (w, d, s, b, e))).collect();
    assert_eq!(map.len(), n, "each stands once");
    map
}

/// By outcome, as the report counts.
async fn counted(house: &House) -> Vec<(i64, i64, i64, i64)> {
    let now = house.clock_now();
    let ask = Ask { from: START, to: now.plus(Span::days(9)), brands: Vec::new(), zone: TimeZone::UTC };
    let made = report(&house.db, &ask, now).await.unwrap();
    made.promises.owners.iter().map(|f| (f.due, f.kept, f.late, f.broken)).collect()
}

#[test]
fn whose_matter_it_is_comes_with_a_case_and_goes_with_it_again() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        let code = desk.way(1).await.code;
        comes(&desk, "p1", "mia", "chat-mia", &format!("I write for Jan: {code}, please help")).await;
        let father = Customer { phone: "06-98765432".into(), ..Customer::default() };
        desk.act(2, Act::Customer(CustomerAct::Say(father))).await.unwrap();
        let about = "SELECT k.number FROM case_customer c JOIN cases k ON k.id = c.case_id ORDER BY k.number";
        let join = joins(&desk).await.remove(0);
        desk.private(1, PrivateAct::Join { join: join.id }).await.unwrap();
        assert_eq!(desk.house.all::<(i64,)>(about).await, [(1,), (2,)]);
        let talk: Vec<(String,)> = desk.house.all("SELECT conversation_id FROM conversation_event").await;
        desk.private(1, PrivateAct::Split { conversation: talk[0].0.clone() }).await.unwrap();
        assert_eq!(desk.house.all::<(i64,)>(about).await, [(2,)], "who wrote first is the customer again");
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM customer_key").await, 1);
        assert!(desk.kinds(1).await.contains(&"customer_taken_back".to_owned()));
    });
}

#[test]
fn a_call_to_a_customer_goes_to_nobody_else_where_the_case_that_takes_it_is_anothers() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        let code = desk.way(1).await.code;
        comes(&desk, "p1", "mia", "chat-mia", &format!("I write for Jan: {code}, please help")).await;
        let of = |phone: &str| Customer { phone: phone.into(), ..Customer::default() };
        for (number, phone) in [(1, "06-11112222"), (2, "06-98765432")] {
            desk.act(number, Act::Customer(CustomerAct::Say(of(phone)))).await.unwrap();
        }
        assert!(promise(&desk, 2, 60, "we call him").await);
        let join = joins(&desk).await.remove(0);
        desk.private(1, PrivateAct::Join { join: join.id }).await.unwrap();
        let case = desk.house.case(1).await;
        let read = desk.house.write(move |tx| {
            Box::pin(async move {
                let row = promise::of_case(tx, &case.brand_id, &case.id).await?.remove(0);
                let said = answer::contents(tx, &[row.call_id()]).await?.remove(0).1;
                let customer = about::words(tx, &case.brand_id, &case.id).await?;
                Ok(row.call(Call::of(&said), customer.as_ref()))
            })
        });
        let call = read.await.unwrap();
        assert_eq!((call.number.as_str(), call.whom.as_str()), ("06-98765432", "06-98765432"));
    });
}

#[test]
fn a_promise_goes_with_its_case_and_comes_back_with_it() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        let code = desk.way(1).await.code;
        comes(&desk, "p1", "mia", "chat-mia", &format!("I write for Jan: {code}, please help")).await;
        assert!(promise(&desk, 2, 60, "we call mia").await);
        let wait: Vec<(i64,)> = desk.house.all("SELECT wait FROM promise").await;
        desk.act(2, Act::CallTried { wait: wait[0].0, reached: false, next: None }).await.unwrap();
        let before = stands(&desk.house).await;
        let join = joins(&desk).await.remove(0);
        desk.private(1, PrivateAct::Join { join: join.id }).await.unwrap();
        assert_eq!(stands(&desk.house).await, before);
        let one = desk.house.case(1).await.id;
        let rows: Vec<(String, i64)> = desk.house.all("SELECT case_id, wait FROM promise").await;
        assert_eq!(rows[0].0, one);
        let tries: Vec<(String, i64)> = desk.house.all("SELECT case_id, wait FROM call_try").await;
        assert_eq!(tries, rows, "its tries go with it");
        assert!(desk.kinds(1).await.contains(&"promise_came".to_owned()));
        assert!(desk.kinds(2).await.contains(&"promise_went".to_owned()));
        desk.house.advance(Span::hours(2)).await;
        assert_eq!(counted(&desk.house).await, [(1, 0, 0, 1)], "broken once, where it is now");
        let talk: Vec<(String,)> = desk.house.all("SELECT conversation_id FROM conversation_event").await;
        desk.private(1, PrivateAct::Split { conversation: talk[0].0.clone() }).await.unwrap();
        let two = desk.house.case(2).await.id;
        let rows: Vec<(String, i64)> = desk.house.all("SELECT case_id, wait FROM promise").await;
        assert_eq!(rows[0].0, two);
        assert_eq!(counted(&desk.house).await, [(1, 0, 0, 1)]);
        desk.act(2, Act::KeepPromise { wait: rows[0].1 }).await.unwrap();
        assert_eq!(counted(&desk.house).await, [(1, 0, 1, 0)]);
        desk.house.advance(Span::hours(2)).await;
        let breaches = desk.house.clock_events().await;
        let breaches = breaches.iter().filter(|e| e.kind == "promise" && e.stage == 100).count();
        assert_eq!(breaches, 1, "a breach is recorded once, wherever the promise was");
    });
}

#[test]
fn of_two_formal_complaints_the_earlier_keeps_its_clocks_and_goodwill_counts_in_both() {
    at_desk(|desk| async move {
        let mut catalogue = (*desk.house.current.get()).clone();
        for watched in catalogue.brands.iter_mut().filter(|w| w.id == desk.house.brand_id) {
            watched.brand.front_office.complaints = true;
            watched.brand.front_office.goodwill.limits = [("agent".to_owned(), 25)].into();
        }
        desk.house.current.set(catalogue);
        desk.offer(1).await;
        let code = desk.way(1).await.code;
        comes(&desk, "p1", "mia", "chat-mia", &format!("I write for Jan: {code}, please help")).await;
        let (early, late) = (desk.house.clock_now().minus(Span::minutes(1)), desk.house.clock_now());
        let mark = |made| Act::Complaint(ComplaintAct::Mark { made: Some(made) });
        desk.act(1, mark(late)).await.unwrap();
        desk.act(2, mark(early)).await.unwrap();
        let give = || {
            let kind = GoodwillKind::Voucher;
            Act::Goodwill(GoodwillAct::Grant { kind, micros: 20_000_000, why: "late".into() })
        };
        desk.act(2, give()).await.unwrap();
        let join = joins(&desk).await.remove(0);
        desk.private(1, PrivateAct::Join { join: join.id }).await.unwrap();
        let sql = "SELECT k.number, r.marked_at FROM complaint r JOIN cases k ON k.id = r.case_id
             WHERE r.unmarked_at IS NULL ORDER BY k.number";
        let stand: Vec<(i64, i64)> = desk.house.all(sql).await;
        assert_eq!(stand, [(1, early.millis())]);
        let open = "SELECT k.number, o.kind FROM obligation o JOIN cases k ON k.id = o.case_id
             JOIN complaint r ON r.case_id = o.case_id AND (o.wait = r.acknowledge_wait OR o.wait = r.decide_wait)
             WHERE o.state = 'running' ORDER BY k.number, o.kind";
        let running: Vec<(i64, String)> = desk.house.all(open).await;
        let kinds = |n: i64| [(n, "complaint_acknowledge".to_owned()), (n, "complaint_decision".to_owned())];
        assert_eq!(running, kinds(1));
        desk.house.clock.advance(Span::minutes(1));
        desk.act(1, give()).await.unwrap();
        let states: Vec<(String,)> = desk.house.all("SELECT state FROM goodwill ORDER BY made_at, id").await;
        assert_eq!(states, [("granted".to_owned(),), ("asked".to_owned(),)]);
        let talk: Vec<(String,)> = desk.house.all("SELECT conversation_id FROM conversation_event").await;
        desk.private(1, PrivateAct::Split { conversation: talk[0].0.clone() }).await.unwrap();
        let stand: Vec<(i64, i64)> = desk.house.all(sql).await;
        assert_eq!(stand, [(1, late.millis()), (2, early.millis())]);
        let running: Vec<(i64, String)> = desk.house.all(open).await;
        assert_eq!(running, [kinds(1), kinds(2)].concat());
    });
}

/// Numbers that are always the same for a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

async fn step(desk: &Desk, chance: &mut Chance, n: u64) -> bool {
    let case = i64::try_from(chance.below(4)).unwrap() + 1;
    let rows: Vec<(String, i64, i64)> = desk
        .house
        .all("SELECT p.id, k.number, p.wait FROM promise p JOIN cases k ON k.id = p.case_id ORDER BY p.id")
        .await;
    let one = (!rows.is_empty()).then(|| rows[chance.below(rows.len() as u64) as usize].clone());
    match (chance.below(9), one) {
        (0 | 1, _) => {
            let _ =
                promise(desk, case, i64::try_from(10 + chance.below(200)).unwrap(), &format!("no {n}")).await;
            false
        }
        (2, Some((_, number, wait))) => {
            let _ = desk.act(number, Act::KeepPromise { wait }).await;
            false
        }
        (3, Some((_, number, wait))) => {
            let _ = match chance.below(3) {
                0 => desk.act(number, Act::DropPromise { wait, reason: "they came by".into() }).await,
                1 => desk.act(number, Act::BreakPromise { wait, reason: "no stock".into() }).await,
                _ => {
                    let due = desk.house.clock_now().plus(Span::hours(3));
                    let beside = Beside::Both { reason: "so agreed".into() };
                    desk.act(number, Act::MovePromise { wait, due, reason: "so agreed".into(), beside }).await
                }
            };
            false
        }
        (4, _) => {
            desk.house.advance(Span::minutes(i64::try_from(20 + chance.below(90)).unwrap())).await;
            false
        }
        (5 | 6, _) => {
            let open: Vec<JoinRow> =
                joins(desk).await.into_iter().filter(|j| j.state == "proposed").collect();
            if open.is_empty() {
                return false;
            }
            let join = open[chance.below(open.len() as u64) as usize].id.clone();
            desk.private(1, PrivateAct::Join { join }).await.is_ok()
        }
        _ => {
            let merged: Vec<(String,)> =
                desk.house.all("SELECT id FROM conversation WHERE merged_into IS NOT NULL ORDER BY id").await;
            if merged.is_empty() {
                return false;
            }
            let conversation = merged[chance.below(merged.len() as u64) as usize].0.clone();
            desk.private(1, PrivateAct::Split { conversation }).await.is_ok()
        }
    }
}

#[test]
fn in_whatever_order_cases_are_joined_and_split_the_sums_stay() {
    for seed in [3_u64, 77, 1234] {
        at_desk(move |desk| async move {
            desk.offer(1).await;
            let code = desk.way(1).await.code;
            for author in ["mia", "ben", "zoe"] {
                let words = format!("I write for Jan: {code}, please help");
                comes(&desk, &format!("p-{author}"), author, &format!("chat-{author}"), &words).await;
            }
            assert_eq!(desk.house.cases().await.len(), 4);
            let (mut chance, mut moved) = (Chance(seed), 0);
            for n in 2..=4 {
                assert!(promise(&desk, n, 100, &format!("first {n}")).await);
            }
            for n in 0..36 {
                let before = (stands(&desk.house).await, counted(&desk.house).await);
                if step(&desk, &mut chance, n).await {
                    moved += 1;
                    assert_eq!((stands(&desk.house).await, counted(&desk.house).await), before, "{seed} {n}");
                } else {
                    assert!(stands(&desk.house).await.len() >= before.0.len(), "{seed} {n}");
                }
            }
            assert!(moved >= 3, "too few joins and splits to tell: {moved}");
        });
    }
}
