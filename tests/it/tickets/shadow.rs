//! How cases end that are the front office's to solve: the story of a customer of whom a mechanic's call was promised,
//! what is proposed, what people say instead, and what the report makes of it.

use super::statuses::{following_with, status_of};
use super::{Desk, GIVEN, Kind, with_pair};
use crate::harness::{answer, person, post};
use jiff::tz::TimeZone;
use webcared::casework::{Act, Actor, CaseworkError};
use webcared::domain::ending::{BackDoor, Difference, Ending, Solved};
use webcared::domain::time::Span;
use webcared::reports::write::{Format, write};
use webcared::reports::{Ask, Report, report};
use webcared::store::ending::{self, EndingRow};

impl Desk {
    async fn act_on(&self, number: i64, act: Act) -> Result<(), CaseworkError> {
        let case = self.house.case(number).await;
        let actor = Actor { person: person(1), lead: false };
        self.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await.map(|_| ())
    }

    async fn resolve(&self, number: i64, ending: Option<Ending>) {
        self.act_on(number, Act::Resolve { reason: "put right".into(), ending }).await.unwrap();
    }

    async fn endings(&self) -> Vec<EndingRow> {
        self.house.all("SELECT e.* FROM ending e JOIN cases k ON k.id = e.case_id ORDER BY k.number").await
    }

    async fn figures(&self, brands: &[&str]) -> Report {
        let now = self.house.clock_now();
        let brands = brands.iter().map(|b| (*b).to_owned()).collect();
        let ask =
            Ask { from: now.plus(Span::days(-1)), to: now.plus(Span::days(1)), brands, zone: TimeZone::UTC };
        report(&self.house.db, &ask, now).await.unwrap()
    }

    /// The customer complains, of whom a call was promised that never came; comes in private; the ticket is found.
    async fn story(&self) -> u64 {
        let (id, start) =
            (self.office.made("A mechanic will call you", "jan@example.org"), self.house.clock_now());
        self.office.with(id, |t| {
            t.opened_at = start.plus(Span::days(-3)).millis() / 1000 * 1000;
            t.due_at = start.plus(Span::days(-1)).millis() / 1000 * 1000;
        });
        self.house.clock.advance(Span::minutes(10));
        self.house.take(&[answer("own-1", "m1", "t1", 1)]).await;
        let mut private = post("m2", "jan", "t1", 2, GIVEN);
        private["private"] = true.into();
        self.house.take(&[private]).await;
        let case = self.house.case(1).await;
        let found = self.casework.find_tickets(&case.brand_id, &case.id, "").await.unwrap();
        assert_eq!(found.systems[0].found.as_ref().unwrap().len(), 1);
        self.link(id).await.unwrap();
        self.house.take(&[answer("own-2", "m2", "t1", 8)]).await;
        id
    }

    /// Another complaint, answered.
    async fn answered(&self, n: i64) {
        let (thread, id, own) = (format!("t{n}"), format!("m{n}0"), format!("own-{n}0"));
        self.house.take(&[post(&id, "mia", &thread, n, super::HELP)]).await;
        self.house.take(&[answer(&own, &id, &thread, n)]).await;
    }
}

fn said(solved: Solved, difference: Option<Difference>, back_door: Option<BackDoor>) -> Option<Ending> {
    Some(Ending { solved, difference, back_door })
}

#[test]
fn a_promised_call_that_never_came_is_solved_here_and_seen_in_the_figures() {
    with_pair(|desk| async move {
        assert_eq!(desk.figures(&[]).await.shadow.total.shadow_index_percent, None);
        let id = desk.story().await;
        desk.resolve(1, said(Solved::Linked, Some(Difference::Mandate), Some(BackDoor::PromiseBroken))).await;
        let row = desk.endings().await.remove(0);
        let codes = (row.solved.as_str(), row.difference.as_deref(), row.back_door.as_deref());
        assert_eq!(codes, ("webcare_linked", Some("mandate"), Some("promise_broken")));
        assert_eq!(row.taken, "accepted", "as it was proposed");
        let event = desk.events("ending").await.remove(0);
        assert_eq!((event.who_kind.as_str(), event.state.as_str()), ("person", "resolved"));
        assert!(event.body.contains("\"back_door\":\"promise_broken\""), "{}", event.body);
        desk.a_minute().await;
        assert!(desk.office.told(id).iter().any(|t| t.contains("Webcare case #1: resolved (put right)")));
        let shadow = desk.figures(&[]).await.shadow;
        assert_eq!((shadow.total.cases, shadow.total.shadow_index_percent), (1, Some(0.0)));
        assert_eq!(shadow.total.done_by_webcare_percent, Some(100.0));
        // A second one ends without a ticket, and nobody was asked.
        desk.answered(2).await;
        desk.resolve(2, None).await;
        let made = desk.figures(&[]).await;
        let total = &made.shadow.total;
        assert_eq!((total.cases, total.webcare_linked, total.webcare_unregistered), (2, 1, 1));
        assert_eq!((total.shadow_index_percent, total.done_by_webcare_percent), (Some(50.0), Some(100.0)));
        assert_eq!((total.accepted, total.unseen, total.changed), (1, 1, 0));
        assert_eq!((total.back_door.len(), total.back_door[0].reason), (1, "promise_broken"));
        let numbers: Vec<_> = made.shadow.cases.iter().map(|c| (c.number, c.solved.as_str())).collect();
        assert_eq!(numbers, [(2, "webcare_unregistered"), (1, "webcare_linked")]);
        for (format, part) in [
            (Format::Text, "Acme #1: webcare linked; came: promise broken; could: mandate; accepted"),
            (Format::Html, "shadow index: 50.0 %, 1 of 2 solved unregistered"),
            (Format::Csv, "shadow,Acme,shadow_index,,1,50.0,\r\n"),
            (Format::Csv, "shadow_case,Acme,1,webcare_linked,promise_broken,mandate,accepted\r\n"),
            (Format::Json, "\"done_by_webcare_percent\": 100.0"),
        ] {
            assert!(write(&made, format).contains(part), "{part} in {}", write(&made, format));
        }
        // Neither another brand nor what is open again counts.
        assert_eq!(desk.figures(&["brd_other"]).await.shadow.total.cases, 0);
        desk.act_on(1, Act::Reopen).await.unwrap();
        assert_eq!(desk.figures(&[]).await.shadow.total.shadow_index_percent, Some(100.0));
    });
}

#[test]
fn a_ticket_made_after_the_answer_leaves_it_unregistered_and_one_solved_there_is_theirs() {
    with_pair(|desk| async move {
        desk.house.clock.advance(Span::minutes(10));
        desk.house.take(&[answer("own-1", "m1", "t1", 5)]).await;
        desk.create().await.unwrap();
        desk.settle(Span::seconds(2)).await;
        desk.resolve(1, None).await;
        assert_eq!(desk.endings().await[0].solved, "webcare_unregistered");
        // Opened again, the front office solves it while it is open.
        desk.act(Act::Reopen).await.unwrap();
        desk.a_minute().await;
        let ticket: u64 = desk.links().await[0].ticket_id.as_deref().unwrap().parse().unwrap();
        desk.office.with(ticket, |t| t.status = "resolved".into());
        desk.hear().await;
        assert!(desk.links().await[0].solved_at.is_some());
        desk.resolve(1, None).await;
        let rows = desk.endings().await;
        assert_eq!((rows.len(), rows[0].solved.as_str()), (1, "front_office"), "one row a case");
        assert_eq!(desk.figures(&[]).await.shadow.total.done_by_webcare_percent, Some(0.0));
        assert_eq!(desk.events("ending").await.len(), 2, "what was said before stays on the timeline");
    });
}

#[test]
fn what_was_said_can_be_put_right_while_the_case_is_over() {
    with_pair(|desk| async move {
        desk.house.clock.advance(Span::minutes(10));
        desk.house.take(&[answer("own-1", "m1", "t1", 5)]).await;
        let early = desk.act(Act::Ending(said(Solved::NotTheirs, None, None).unwrap())).await;
        assert!(matches!(early, Err(CaseworkError::Refused(_))), "it is not over");
        desk.resolve(1, said(Solved::Unregistered, None, Some(BackDoor::Other))).await;
        let first = desk.endings().await.remove(0);
        assert_eq!(first.taken, "changed", "a reason was added");
        let figures = desk.figures(&[]).await.shadow;
        assert!(figures.total.back_door_bad_data);
        desk.house.clock.advance(Span::hours(1));
        let mine = Ending {
            solved: Solved::FrontOffice,
            difference: Some(Difference::Time),
            back_door: Some(BackDoor::Habit),
        };
        desk.act(Act::Ending(mine)).await.unwrap();
        let row = desk.endings().await.remove(0);
        assert_eq!((row.solved.as_str(), row.difference), ("front_office", None), "theirs has no difference");
        assert_eq!((row.taken.as_str(), row.at), ("changed", first.at));
        assert_eq!(row.proposed_solved, "webcare_unregistered", "what was proposed stays");
        assert!(row.said_at > first.said_at);
        let total = desk.figures(&[]).await.shadow.total;
        assert_eq!((total.shadow_index_percent, total.changed), (Some(0.0), 1));
        // Not theirs after all: it counts nowhere.
        desk.act(Act::Ending(said(Solved::NotTheirs, None, Some(BackDoor::Habit)).unwrap())).await.unwrap();
        assert_eq!(desk.figures(&[]).await.shadow.total.shadow_index_percent, None);
        // Nobody reads it under the name of another brand.
        let case = desk.house.case(1).await;
        let read = |brand: String| {
            let id = case.id.clone();
            desk.house.write(move |tx| Box::pin(async move { ending::of_case(tx, &brand, &id).await }))
        };
        assert!(read(case.brand_id.clone()).await.unwrap().is_some());
        assert!(read("brd_other".into()).await.unwrap().is_none());
    });
}

#[test]
fn what_a_person_said_holds_when_the_case_is_solved_again_without_a_word() {
    with_pair(|desk| async move {
        desk.answered(1).await;
        desk.resolve(1, said(Solved::FrontOffice, None, Some(BackDoor::NoAnswer))).await;
        let first = desk.endings().await.remove(0);
        desk.act_on(1, Act::Reopen).await.unwrap();
        desk.house.clock.advance(Span::minutes(5));
        desk.resolve(1, None).await;
        let again = desk.endings().await.remove(0);
        assert_eq!((again.solved, again.back_door), (first.solved, first.back_door));
        assert_eq!(
            (again.taken.as_str(), again.at - first.at),
            (first.taken.as_str(), Span::minutes(5).millis())
        );
        // What nobody had seen is proposed anew: now it has a ticket.
        desk.answered(2).await;
        desk.resolve(2, None).await;
        assert_eq!(desk.endings().await[1].taken, "unseen");
        desk.act_on(2, Act::Reopen).await.unwrap();
        desk.resolve(2, None).await;
        assert_eq!(desk.endings().await[1].taken, "unseen");
    });
}

#[test]
fn the_whole_story_from_the_public_complaint_to_the_report() {
    use webcared::casework::{Beside, GoodwillAct, NewPromise};
    use webcared::domain::goodwill::{GoodwillKind, UNIT};
    use webcared::store::promise::Call;
    following_with(&[Kind::Rt, Kind::Webhook], true, |desk| async move {
        let ticket = desk.story().await;
        // 'Within the hour' contradicts the mechanic: said, and the ticket is told.
        let promise = |beside| {
            Act::Promise(Box::new(NewPromise {
                text: "We call you within the hour".into(),
                due: desk.house.clock_now().plus(Span::hours(1)),
                owed_by: "webcare".into(),
                act: "call".into(),
                call: Call { number: "0612345678".into(), whom: String::new() },
                beside,
                ..NewPromise::default()
            }))
        };
        let both = desk.act_on(1, promise(Beside::Ask)).await.unwrap_err();
        let CaseworkError::Promise(both) = both else { panic!("{both}") };
        assert_eq!(both[0].standing[0].owed_by, "front_office");
        desk.act_on(1, promise(Beside::Replace)).await.unwrap();
        let waits: Vec<(i64,)> = desk.house.all("SELECT wait FROM promise WHERE act = 'call'").await;
        let wait = waits[0].0;
        desk.house.clock.advance(Span::minutes(20));
        desk.act_on(1, Act::CallTried { wait, reached: false, next: None }).await.unwrap();
        desk.house.clock.advance(Span::minutes(20));
        desk.act_on(1, Act::CallTried { wait, reached: true, next: None }).await.unwrap();
        let give =
            GoodwillAct::Grant { kind: GoodwillKind::Voucher, micros: 15 * UNIT, why: "three days".into() };
        desk.act_on(1, Act::Goodwill(give)).await.unwrap();
        let said = said(Solved::Linked, Some(Difference::Goodwill), Some(BackDoor::PromiseBroken));
        desk.resolve(1, said).await;
        desk.settle(Span::seconds(5)).await;
        let notes = desk.office.told(ticket);
        assert!(notes.iter().any(|n| n.contains("solved") || n.contains("resolved")), "{notes:?}");
        assert!(notes.iter().any(|n| n.contains("promise")), "{notes:?}");
        // The ticket that was open all the time is so no longer.
        desk.at_rest().await;
        assert_eq!(status_of(&desk, ticket), "resolved");
        desk.house.clock.advance(Span::minutes(30));
        let told = desk.figures(&[]).await;
        assert_eq!(told.shadow.total.shadow_index_percent, Some(0.0));
        assert_eq!(told.shadow.total.done_by_webcare_percent, Some(100.0));
        let kept: Vec<_> = told.promises.owners.iter().map(|f| (f.owed_by.as_str(), f.kept)).collect();
        assert!(kept.contains(&("webcare", 1)), "{kept:?}");
        assert_eq!(told.office.jump.with_open_ticket, 1);
        let given = told.goodwill.groups.iter().find(|f| f.by == "back_door").unwrap();
        assert_eq!((given.name.as_str(), given.amount.as_str()), ("promise_broken", "15.00"));
    });
}
