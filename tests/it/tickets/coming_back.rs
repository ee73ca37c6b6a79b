//! What the front office does comes back to the case: each thing once, and never round in circles.

use super::doors::signed;
use super::*;
use axum::body::Bytes;
use axum::http::HeaderMap;
use webcared::shutdown::Shutdown;
use webcared::web::{HookAnswer, Hooks};

#[test]
fn what_the_front_office_writes_is_on_the_timeline_once() {
    with_each(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.office.writes(id, "ann", "A mechanic comes on Friday");
        desk.hear().await;
        let comments = desk.events("ticket_comment").await;
        assert_eq!(comments.len(), 1, "our own note is known again");
        assert_eq!(
            (comments[0].who_kind.as_str(), comments[0].body.contains("Friday")),
            ("front_office", false)
        );
        let words: Vec<(String,)> =
            desk.house.all("SELECT body FROM content WHERE kind = 'ticket_entry'").await;
        assert!(words[0].0.contains("A mechanic comes on Friday") && words[0].0.contains("ann"));
        let (events, told) = (desk.house.events().await.len(), desk.office.told(id).len());
        for _ in 0..3 {
            desk.hear().await;
            desk.a_minute().await;
        }
        assert_eq!(desk.house.events().await.len(), events, "heard again it changes nothing");
        assert_eq!(desk.office.told(id).len(), told, "and is not told back");
        desk.office.with(id, |t| t.owner = "bob".into());
        desk.hear().await;
        assert_eq!(desk.events("ticket_owner").await.len(), 1);
    });
}

#[test]
fn a_ticket_solved_there_proposes_to_close_here() {
    with_each(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.act(Act::AwaitFrontOffice).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.hear().await;
        desk.office.with(id, |t| t.status = "resolved".into());
        assert_eq!(desk.hear().await, 1);
        let case = desk.house.case(1).await;
        assert_eq!(case.state, "new", "it waits for nobody any more");
        assert_eq!(desk.events("ticket_solved").await.len(), 1);
        let proposed = |case: &CaseRow| {
            let pairs = [(case.brand_id.clone(), case.id.clone())];
            desk.house.write(move |tx| Box::pin(async move { ticket::proposing(tx, &pairs).await }))
        };
        assert_eq!(proposed(&case).await.unwrap(), std::slice::from_ref(&case.id));
        // It is not solved after all, says the customer; then it is.
        let link = desk.links().await.remove(0).id;
        desk.act(Act::NotSolved { link: link.clone() }).await.unwrap();
        assert!(proposed(&case).await.unwrap().is_empty());
        desk.hear().await;
        assert!(proposed(&case).await.unwrap().is_empty(), "what was set aside stays so");
        desk.office.with(id, |t| t.status = "open".into());
        desk.hear().await;
        assert_eq!(desk.events("ticket_reopened").await.len(), 1);
        desk.office.with(id, |t| t.status = "resolved".into());
        desk.hear().await;
        assert_eq!(proposed(&case).await.unwrap().len(), 1);
        desk.act(Act::Resolve { reason: "solved by the front office".into(), ending: None }).await.unwrap();
        assert!(proposed(&case).await.unwrap().is_empty());
        desk.a_minute().await;
        let told = desk.office.told(id);
        assert!(told.last().unwrap().contains("resolved (solved by the front office)"), "{told:?}");
    });
}

#[test]
fn tickets_that_are_merged_deleted_or_out_of_sight_are_followed_or_flagged() {
    with_each(|desk| async move {
        let (one, two) = (desk.office.made("Router dead", ""), desk.office.made("The same", ""));
        desk.link(one).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.hear().await;
        desk.office.with(one, |t| t.merged_into = Some(two));
        desk.hear().await;
        assert_eq!(desk.events("ticket_merged").await.len(), 1);
        assert_eq!(desk.number(&desk.links().await[0]), Some(two));
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme anybody?")]).await;
        desk.a_minute().await;
        assert_eq!(desk.office.told(two).len(), 1, "notes go where it went");
        desk.office.with(two, |t| t.queue = "Billing".into());
        desk.hear().await;
        assert_eq!(desk.events("ticket_moved").await.len(), usize::from(desk.kind.has_queues()));
        if desk.kind.notices_hidden() {
            desk.office.with(two, |t| t.hidden = true);
            desk.hear().await;
            assert_eq!(desk.links().await[0].state, "hidden");
            assert_eq!(desk.events("ticket_hidden").await.len(), 1);
            desk.office.with(two, |t| t.hidden = false);
            desk.hear().await;
            assert_eq!(desk.links().await[0].state, "open", "it is seen again");
        }
        desk.office.with(two, |t| t.status = "deleted".into());
        desk.hear().await;
        desk.hear().await;
        if !desk.kind.tells_gone() {
            assert_eq!(desk.links().await[0].state, "hidden");
            return;
        }
        assert_eq!(desk.links().await[0].state, "gone");
        assert_eq!(desk.events("ticket_gone").await.len(), 1);
        let told = desk.actions().await.len();
        desk.house.take(&[post("m3", "jan", "t1", 2, "@acme anybody at all?")]).await;
        assert_eq!(desk.actions().await.len(), told, "what is gone is told nothing");
        desk.act(Act::Claim { until: None }).await.unwrap();
        desk.house.clock.advance(Span::minutes(90));
        desk.office.with(two, |t| t.status = "open".into());
        desk.hear().await;
        assert_eq!(desk.links().await[0].state, "open", "{:?}: taken out of the bin again", desk.kind);
    });
}

#[test]
fn a_case_waits_for_no_ticket_that_was_deleted() {
    with_each(|desk| async move {
        if !desk.kind.tells_gone() {
            return;
        }
        let (one, two) = (desk.office.made("Router dead", ""), desk.office.made("The same", ""));
        desk.link(one).await.unwrap();
        desk.link(two).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.hear().await;
        desk.act(Act::AwaitFrontOffice).await.unwrap();
        desk.office.with(one, |t| t.status = "deleted".into());
        desk.hear().await;
        assert_eq!(desk.house.case(1).await.state, "waiting_front_office", "the other is worked on");
        desk.office.with(two, |t| t.status = "deleted".into());
        desk.hear().await;
        assert_ne!(desk.house.case(1).await.state, "waiting_front_office", "{:?}", desk.kind);
    });
}

#[test]
fn two_tickets_of_a_case_that_become_one_are_one_tie() {
    with_each(|desk| async move {
        let (one, two) = (desk.office.made("Router dead", ""), desk.office.made("The same", ""));
        desk.link(one).await.unwrap();
        desk.link(two).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.hear().await;
        desk.office.with(one, |t| t.merged_into = Some(two));
        desk.hear().await;
        let live: Vec<_> = desk.links().await.into_iter().filter(LinkRow::is_live).collect();
        assert_eq!(live.len(), 1);
        assert_eq!(desk.number(&live[0]), Some(two));
    });
}

#[test]
fn an_older_delivery_does_not_turn_the_clock_back() {
    on_each(|house| async move {
        let desk = Desk::open(house, Kind::Webhook).await;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        let before = desk.office.delivery(id);
        desk.house.clock.advance(Span::minutes(5));
        desk.office.with(id, |t| t.status = "resolved".into());
        desk.hear().await;
        let Told::Changes(changes) = desk.system.delivery(&before).unwrap() else { panic!("it tells all") };
        assert_eq!(desk.back.take("office", &changes).await.unwrap(), 0);
        assert_eq!(desk.links().await[0].state, "solved");
        for (body, why) in [
            (&b"{}"[..], "not as described"),
            (br#"{"type":"ticket.sung","ticket":{"id":1,"state":"open"}}"#, "ticket.sung"),
            (br#"{"type":"ticket.changed","ticket":{"id":1,"state":"odd"}}"#, "not as described"),
        ] {
            assert!(desk.system.delivery(body).unwrap_err().contains(why));
        }
    });
}

#[test]
fn only_what_is_signed_is_taken_and_the_same_again_changes_nothing() {
    on_each(|house| async move {
        let desk = Desk::open(house, Kind::Webhook).await;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.office.writes(id, "ann", "A mechanic comes on Friday");
        let shutdown = Shutdown::default();
        let hooks = desk.door(&shutdown);
        assert!(hooks.per_second_max("office").is_some() && hooks.per_second_max("elsewhere").is_none());
        let body = Bytes::from(desk.office.delivery(id));
        let now = desk.house.clock_now();
        let take = |headers: HeaderMap, body: Bytes| {
            let hooks = &hooks;
            async move { hooks.take("office", &headers, body).await }
        };
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let forged = take(signed(other, now, &body), body.clone()).await;
        assert!(matches!(forged, HookAnswer::BadSignature(_)), "{forged:?}");
        let old = take(signed(SECRET, now.minus(Span::minutes(6)), &body), body.clone()).await;
        assert!(matches!(old, HookAnswer::BadSignature(_)), "{old:?}");
        let bare = take(HeaderMap::new(), body.clone()).await;
        assert!(matches!(bare, HookAnswer::BadRequest(_)), "{bare:?}");
        assert!(desk.events("ticket_comment").await.is_empty(), "nothing of that was taken");
        let good = take(signed(SECRET, now, &body), body.clone()).await;
        assert_eq!(good, HookAnswer::Accepted { n: 1 });
        assert_eq!(take(signed(SECRET, now, &body), body).await, HookAnswer::Accepted { n: 0 });
        assert_eq!(desk.events("ticket_comment").await.len(), 1);
        let odd = Bytes::from_static(b"[]");
        let odd = take(signed(SECRET, now, &odd), odd).await;
        assert!(matches!(odd, HookAnswer::BadRequest(_)), "{odd:?}");
        shutdown.token.cancel();
        assert!(shutdown.drain(Span::seconds(5)).await);
    });
}
