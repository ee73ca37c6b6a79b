//! The story of a customer of a telephone company: a public complaint about a call that was promised and never came,
//! a talk in private, the ticket found, a call within the hour, and what ticket and figures tell of it. The platform
//! and the front office each keep a ledger of their own.

use crate::account::Fake;
use crate::harness::{START, person};
use crate::private::{offer, private};
use crate::tickets::{Desk, with_pair};
use jiff::tz::TimeZone;
use std::sync::Arc;
use webcared::answering::AnswerDeliver;
use webcared::casework::{
    Act, Actor, Answer, Answers, Beside, Casework, CaseworkError, Handed, NewPromise, Promising,
};
use webcared::clock::Chance;
use webcared::domain::ending::{BackDoor, Difference, Ending, Solved};
use webcared::domain::time::Span;
use webcared::outbox::Worker;
use webcared::reports::{Ask, report};
use webcared::store::ending::EndingRow;
use webcared::store::promise::Call;
use webcared::store::rows::CaseRow;

/// The desk of webcare: an account that talks in private, and the tickets of the front office.
struct Telco {
    desk: Desk,
    platform: Arc<Fake>,
    worker: Worker,
    casework: Casework,
}

impl Telco {
    fn at(desk: Desk) -> Self {
        let platform = Fake::new(desk.house.clock_now());
        platform.ledger.lock().unwrap().text_max = 500;
        let answers = Answers { accounts: platform.accounts(), undo: Span::ZERO };
        let casework = desk.casework.clone().answering(answers);
        let (db, clock, mint) = (desk.house.db.clone(), desk.house.clock.clone(), desk.house.mint.clone());
        let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint, platform.clone()).unwrap();
        let worker = Worker::new(db, clock, Chance::seeded(3), "run_test".into(), Arc::new(deliver));
        Self { desk, platform, worker, casework }
    }

    async fn act(&self, act: Act) -> Result<CaseRow, CaseworkError> {
        let case = self.desk.house.case(1).await;
        let actor = Actor { person: person(1), lead: false };
        self.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await
    }

    /// Lets time pass; what is to be said is said there, seen here, and told to the tickets.
    async fn settle(&self, by: Span) {
        self.desk.house.clock.advance(by);
        self.platform.ledger.lock().unwrap().now = self.desk.house.clock_now();
        while self.worker.run_once().await.unwrap() > 0 {}
        while self.desk.house.intake.run_once(500).await.unwrap() > 0 {}
        self.desk.settle(Span::ZERO).await;
    }

    fn minutes(&self) -> i64 {
        self.desk.house.clock_now().since(START).millis() / 60_000 + 1
    }
}

#[test]
fn a_mechanic_who_never_called_is_put_right_and_everybody_is_told() {
    with_pair(|desk| async move {
        let telco = Telco::at(desk);
        let (house, office) = (&telco.desk.house, &telco.desk.office);
        // What the front office promised, before anybody complained: it was due yesterday.
        let (ticket, start) = (office.made("A mechanic will call you", "jan@example.org"), house.clock_now());
        office.with(ticket, |t| {
            t.opened_at = start.plus(Span::days(-3)).millis() / 1000 * 1000;
            t.due_at = start.plus(Span::days(-1)).millis() / 1000 * 1000;
        });

        // In public they are asked to come in private, and nothing else is said there.
        let case = house.case(1).await;
        let actor = Actor { person: person(1), lead: false };
        telco.casework.ask_reach(&case.brand_id, &case.id, &actor).await.unwrap();
        telco.act(Act::Private(offer(""))).await.unwrap();
        telco.settle(Span::seconds(1)).await;
        assert_eq!(telco.platform.posted().len(), 1);
        assert_eq!(house.case(1).await.state, "waiting_private");
        let early = telco.casework.find_tickets(&case.brand_id, &case.id, "").await.unwrap();
        assert!(!early.by_something, "a public handle finds no ticket");

        // They come with their address and number; the ticket is found by what they gave.
        let at = telco.minutes();
        house.clock.advance(Span::minutes(2));
        let given = "I am jan@example.org, call me on 0612345678, a mechanic was to call and never did";
        house.take(&[private("p1", "jan", "talk-jan", at, given)]).await;
        assert_eq!(house.cases().await.len(), 1, "one customer, one case");
        let found = telco.casework.find_tickets(&case.brand_id, &case.id, "").await.unwrap();
        let found = found.systems[0].found.as_ref().unwrap();
        assert_eq!((found.len(), found[0].subject.as_str()), (1, "A mechanic will call you"));
        let tie = Act::LinkTicket { system: "office".into(), ticket: found[0].id.clone(), seen: None };
        telco.act(tie).await.unwrap();
        telco.settle(Span::seconds(2)).await;
        let told = office.told(ticket);
        assert!(told[0].contains("nobody calls back") && told[0].contains("0612345678"), "{told:?}");

        // 'Within the hour' is seen in the words, held against the mechanic's, and takes its place.
        let text = "I am sorry. We will call you within the hour.".to_owned();
        let say = |promise| {
            let text = text.clone();
            Act::Answer(Answer { text, handed: Handed::Private, promise, ..Answer::default() })
        };
        let asks = telco.act(say(Promising::Ask)).await.unwrap_err();
        let CaseworkError::Promise(asks) = asks else { panic!("{asks}") };
        assert_eq!((asks.len(), asks[0].act.as_str()), (1, "call"));
        let within = asks[0].due.since(house.clock_now());
        assert!(within > Span::minutes(58) && within <= Span::hours(1), "{within}");
        assert_eq!(asks[0].standing[0].owed_by, "front_office");
        let call = Call { number: "0612345678".into(), whom: String::new() };
        let new = NewPromise { call, beside: Beside::Replace, ..asks[0].confirmed() };
        telco.act(say(Promising::With(vec![new]))).await.unwrap();
        telco.settle(Span::seconds(5)).await;
        let posted = telco.platform.posted();
        assert_eq!((posted.len(), posted[1].visibility.as_str()), (2, "direct"));

        // Called twice: the second time they answer, within the hour.
        let waits: Vec<(i64,)> = house.all("SELECT wait FROM promise WHERE act = 'call'").await;
        let wait = waits[0].0;
        telco.settle(Span::minutes(20)).await;
        telco.act(Act::CallTried { wait, reached: false, next: None }).await.unwrap();
        telco.settle(Span::minutes(20)).await;
        telco.act(Act::CallTried { wait, reached: true, next: None }).await.unwrap();
        let ending = Ending {
            solved: Solved::Linked,
            difference: Some(Difference::Time),
            back_door: Some(BackDoor::PromiseBroken),
        };
        telco.act(Act::Resolve { reason: "a mechanic came".into(), ending: Some(ending) }).await.unwrap();
        telco.settle(Span::seconds(5)).await;
        telco.desk.at_rest().await;

        // The ticket knows all of it: what stands in its place, what was said in private, and the end.
        let told = office.told(ticket);
        for part in [
            "in the place of what this ticket promised",
            "webcare, private, mastodon",
            "We will call you within the hour",
            "resolved (a mechanic came)",
        ] {
            assert!(told.iter().any(|t| t.contains(part)), "{part} in {told:?}");
        }
        // The figures: solved here with a ticket, so that the index is at nothing and all was done by webcare.
        let endings: Vec<EndingRow> = house.all("SELECT * FROM ending").await;
        assert_eq!(endings.len(), 1);
        let codes = (endings[0].solved.as_str(), endings[0].back_door.as_deref());
        assert_eq!(codes, ("webcare_linked", Some("promise_broken")));
        // A promise counts when it was due, not when it was kept.
        telco.settle(Span::minutes(30)).await;
        let now = house.clock_now();
        let ask = Ask {
            from: now.minus(Span::days(1)),
            to: now.plus(Span(1)),
            brands: vec![house.brand_id.clone()],
            zone: TimeZone::UTC,
        };
        let made = report(&house.db, &ask, now).await.unwrap();
        let total = &made.shadow.total;
        assert_eq!((total.cases, total.webcare_linked), (1, 1));
        assert_eq!((total.shadow_index_percent, total.done_by_webcare_percent), (Some(0.0), Some(100.0)));
        assert_eq!(total.back_door[0].reason, "promise_broken");
        assert_eq!(made.office.jump.with_open_ticket, 1);
        let kept: Vec<_> = made.promises.owners.iter().map(|f| (f.owed_by.as_str(), f.kept)).collect();
        assert!(kept.contains(&("webcare", 1)), "{kept:?}");
        assert_eq!(telco.platform.posted().len(), 2, "nothing was said twice");
    });
}
