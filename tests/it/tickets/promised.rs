//! What a ticket promises is a promise of the front office here, moved, kept and ended as the ticket is.

use super::{Desk, with_pair};
use webcared::casework::{Act, Beside, NewPromise};
use webcared::domain::time::Span;
use webcared::store::rows::ObligationRow;

impl Desk {
    async fn promised(&self) -> Vec<ObligationRow> {
        self.house.clocks().await.into_iter().filter(|o| o.kind == "promise").collect()
    }

    async fn due(&self, ticket: u64, within: Span) -> i64 {
        let due = self.house.clock_now().plus(within).millis() / 1000 * 1000;
        self.office.with(ticket, |t| t.due_at = due);
        due
    }
}

#[test]
fn a_due_date_is_a_promise_that_moves_and_is_kept_with_the_ticket() {
    with_pair(|desk| async move {
        let id = desk.office.made("A mechanic will call you", "jan@example.org");
        let first = desk.due(id, Span::hours(5)).await;
        desk.link(id).await.unwrap();
        let made = desk.promised().await;
        assert_eq!(
            made.iter().map(|o| (o.due_at, o.state.as_str())).collect::<Vec<_>>(),
            [(first, "running")]
        );
        let rows: Vec<(String, String, String)> =
            desk.house.all("SELECT owed_by, origin, made_by FROM promise").await;
        assert_eq!(rows, [("front_office".to_owned(), "ticket".to_owned(), String::new())]);
        desk.house.clock.advance(Span::minutes(5));
        let second = desk.due(id, Span::hours(9)).await;
        desk.hear().await;
        let now = desk.promised().await;
        let told: Vec<_> = now.iter().map(|o| (o.part, o.due_at, o.state.as_str())).collect();
        assert_eq!(told, [(0, first, "superseded"), (1, second, "running")]);
        assert_eq!(now[0].started_at, now[1].started_at);
        desk.office.with(id, |t| t.status = "resolved".into());
        desk.hear().await;
        assert_eq!(desk.promised().await[1].state, "kept");
        desk.hear().await;
        assert_eq!(desk.promised().await.len(), 2, "nothing is begun again");
    });
}

#[test]
fn a_promise_that_takes_the_place_of_the_tickets_is_told_to_it() {
    with_pair(|desk| async move {
        let id = desk.office.made("A mechanic will call you", "jan@example.org");
        desk.due(id, Span::hours(5)).await;
        desk.link(id).await.unwrap();
        let due = desk.house.clock_now().plus(Span::hours(1));
        let new = NewPromise {
            text: "within the hour".into(),
            due,
            owed_by: "webcare".into(),
            beside: Beside::Replace,
            ..NewPromise::default()
        };
        desk.act(Act::Promise(Box::new(new))).await.unwrap();
        desk.a_minute().await;
        let told = desk.office.told(id);
        assert!(told.iter().any(|t| t.contains("in the place of what this ticket promised")), "{told:?}");
        desk.hear().await;
        let open = desk.promised().await.into_iter().filter(|o| o.state == "running").count();
        assert_eq!(open, 1, "what was replaced is not begun again");
    });
}

#[test]
fn a_due_date_that_was_past_when_it_was_tied_alerts_nobody_and_an_unlinked_one_ends() {
    with_pair(|desk| async move {
        let id = desk.office.made("A mechanic will call you", "jan@example.org");
        desk.due(id, Span::days(-1)).await;
        desk.link(id).await.unwrap();
        assert_eq!(desk.promised().await[0].next_at, None);
        let link = desk.links().await[0].id.clone();
        desk.act(Act::UnlinkTicket { link }).await.unwrap();
        let ended = desk.promised().await.remove(0);
        assert_eq!((ended.state.as_str(), ended.ended_by.as_deref()), ("void", Some("unlinked")));
        let fell = desk.house.clock_events().await;
        assert!(fell.iter().all(|e| e.kind != "promise"));
    });
}

#[test]
fn a_time_that_a_person_moved_stays_until_the_ticket_says_another() {
    with_pair(|desk| async move {
        let id = desk.office.made("A mechanic will call you", "jan@example.org");
        desk.due(id, Span::hours(5)).await;
        desk.link(id).await.unwrap();
        let wait = desk.promised().await[0].wait;
        let later = desk.house.clock_now().plus(Span::hours(7));
        let reason = "they said so by phone".into();
        desk.act(Act::MovePromise { wait, due: later, reason, beside: Beside::Ask }).await.unwrap();
        desk.house.clock.advance(Span::minutes(5));
        desk.office.with(id, |t| t.subject = "A mechanic will call you soon".into());
        desk.hear().await;
        let running = async || {
            let all = desk.promised().await.into_iter().filter(|o| o.state == "running");
            all.map(|o| o.due_at).collect::<Vec<_>>()
        };
        assert_eq!(running().await, [later.millis()]);
        desk.act(Act::KeepPromise { wait }).await.unwrap();
        desk.house.clock.advance(Span::minutes(5));
        desk.office.with(id, |t| t.subject = "A mechanic has called you".into());
        desk.hear().await;
        assert!(running().await.is_empty(), "what was kept is not owed again");
        let other = desk.due(id, Span::hours(9)).await;
        desk.hear().await;
        assert_eq!(running().await, [other]);
    });
}

#[test]
fn what_a_person_says_will_not_be_kept_is_broken_once() {
    with_pair(|desk| async move {
        let id = desk.office.made("A mechanic will call you", "jan@example.org");
        desk.due(id, Span::hours(5)).await;
        desk.link(id).await.unwrap();
        let wait = desk.promised().await[0].wait;
        desk.act(Act::BreakPromise { wait, reason: "no mechanic today".into() }).await.unwrap();
        desk.house.clock.advance(Span::minutes(5));
        desk.office.with(id, |t| t.subject = "A mechanic will call you soon".into());
        desk.hear().await;
        let all: Vec<String> = desk.promised().await.into_iter().map(|o| o.state).collect();
        assert_eq!(all, ["broken"], "what the ticket said all along begins nothing anew");
    });
}

#[test]
fn a_ticket_opened_again_owes_what_it_did() {
    with_pair(|desk| async move {
        let id = desk.office.made("A mechanic will call you", "jan@example.org");
        let due = desk.due(id, Span::hours(5)).await;
        desk.link(id).await.unwrap();
        desk.office.with(id, |t| t.status = "resolved".into());
        desk.hear().await;
        assert_eq!(desk.promised().await[0].state, "kept");
        desk.house.clock.advance(Span::minutes(5));
        desk.office.with(id, |t| t.status = "open".into());
        desk.hear().await;
        let again: Vec<(i64, String)> =
            desk.promised().await.into_iter().map(|o| (o.due_at, o.state)).collect();
        assert_eq!(again.last(), Some(&(due, "running".to_owned())), "{again:?}");
    });
}
