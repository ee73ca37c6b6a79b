//! Whatever happens on the way: one ticket, each note once, nothing lost.

use super::*;
use webcared::answering::Teller;
use webcared::store::outbox::{self, Decision};

async fn unknown_of(desk: &Desk) -> Vec<String> {
    desk.actions().await.into_iter().filter(|a| a.state == "unknown").map(|a| a.detail).collect()
}

#[test]
fn a_ticket_is_made_once_whatever_becomes_of_the_answer() {
    for mood in [Mood::Fine, Mood::Does500, Mood::DoesBreaks, Mood::DoesStalls, Mood::Loses, Mood::TooMany] {
        with_each(move |desk| async move {
            eprintln!("mood {mood:?}");
            desk.create().await.unwrap();
            assert!(matches!(desk.create().await, Err(CaseworkError::Refused(_))), "one at a time");
            desk.office.ledger().mood = mood;
            desk.settle(Span::ZERO).await;
            desk.at_rest().await;
            let ours = desk.office.ours();
            assert_eq!(ours.len(), 1, "{mood:?}: {:?}", desk.actions().await);
            let told = desk.office.told(ours[0]);
            assert_eq!(told.len(), 1, "the conversation, once");
            assert!(told[0].contains(HELP));
            let link = desk.links().await.remove(0);
            assert_eq!(link.ticket_id, Some(desk.kind.name(ours[0])));
            assert_eq!(desk.events("ticket_created").await.len(), 1);
            assert!(desk.actions().await.iter().all(|a| a.state == "done"), "{:?}", desk.actions().await);
        });
    }
}

#[test]
fn a_note_is_written_once_whatever_becomes_of_the_answer() {
    for mood in [Mood::Does500, Mood::DoesBreaks, Mood::DoesStalls, Mood::Loses, Mood::TooMany] {
        with_each(move |desk| async move {
            let id = desk.office.made("Router dead", "");
            desk.link(id).await.unwrap();
            desk.office.ledger().mood = mood;
            desk.settle(Span::ZERO).await;
            desk.at_rest().await;
            assert_eq!(desk.office.told(id).len(), 1, "{mood:?}: {:?}", desk.actions().await);
            assert!(desk.actions().await.iter().all(|a| a.state == "done"), "{:?}", desk.actions().await);
        });
    }
}

#[test]
fn a_process_that_dies_between_making_and_recording_leaves_one_ticket() {
    with_each(|desk| async move {
        desk.create().await.unwrap();
        desk.office.ledger().mood = Mood::DoesStalls;
        let office = desk.office.clone();
        let made = async move {
            while office.ours().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = desk.worker.run_once() => panic!("the office never answers"),
            () = made => {}
        }
        // The next process finds what the last one left.
        desk.house.clock.advance(Span::seconds(61));
        let now = desk.house.clock_now();
        let swept = desk.house.write(move |tx| Box::pin(async move { outbox::sweep(tx, now).await }));
        assert_eq!(swept.await.unwrap().1, 1);
        desk.at_rest().await;
        assert_eq!(desk.office.ours().len(), 1);
        assert_eq!(desk.office.told(desk.office.ours()[0]).len(), 1);
        assert_eq!(desk.links().await[0].ticket_id, Some(desk.kind.name(desk.office.ours()[0])));
    });
}

#[test]
fn a_system_that_is_down_loses_nothing_and_stops_nothing() {
    with_each(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.office.ledger().down = true;
        desk.link(id).await.unwrap();
        assert_eq!(desk.links().await[0].state, "unseen", "it is tied all the same");
        desk.settle(Span::ZERO).await;
        assert_eq!(desk.state().await.state, "retrying");
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme first")]).await;
        desk.house.take(&[post("m3", "jan", "t1", 2, "@acme second")]).await;
        desk.act(Act::Claim { until: None }).await.unwrap();
        // Ten minutes, in which it is looked at and told in vain again and again.
        for _ in 0..10 {
            desk.a_minute().await;
            desk.poller.run_once().await.unwrap();
        }
        assert!(desk.office.told(id).is_empty());
        let moving = desk.actions().await;
        assert_eq!(moving.len(), 3, "{moving:?}");
        assert!(
            moving.iter().all(|a| matches!(a.state.as_str(), "ready" | "unknown")),
            "it waits: {moving:?}"
        );
        desk.office.ledger().down = false;
        for _ in 0..20 {
            desk.a_minute().await;
        }
        let told = desk.office.told(id);
        assert_eq!(told.len(), 3, "{:?}", desk.actions().await);
        let at = |text: &str| told.iter().position(|t| t.contains(text)).unwrap();
        assert!(at("@acme first") < at("@acme second"));
        assert_eq!(desk.state().await.state, "connected");
        desk.hear().await;
        assert_eq!(desk.links().await[0].state, "open");
    });
}

#[test]
fn a_ticket_that_is_asked_for_while_the_system_is_down_is_made_when_it_is_back() {
    with_each(|desk| async move {
        desk.office.ledger().down = true;
        desk.create().await.unwrap();
        for _ in 0..10 {
            desk.a_minute().await;
        }
        assert!(desk.office.ours().is_empty());
        assert_eq!(desk.links().await[0].state, "wanted");
        desk.act(Act::Claim { until: None }).await.unwrap();
        desk.office.ledger().down = false;
        for _ in 0..20 {
            desk.a_minute().await;
        }
        let ours = desk.office.ours();
        assert_eq!(ours.len(), 1, "{:?}: {:?}", desk.kind, desk.actions().await);
        let told = desk.office.told(ours[0]);
        assert!(told.len() == 1 && told[0].contains(HELP), "{told:?}");
        assert!(desk.actions().await.iter().all(|a| a.state == "done"), "{:?}", desk.actions().await);
    });
}

#[test]
fn where_nobody_can_tell_a_person_decides() {
    on_each(|house| async move {
        let desk = Desk::open(house, Kind::Rt).await;
        // The queue lost its field: that no ticket holds our key proves nothing.
        desk.office.ledger().drops_fields = true;
        desk.create().await.unwrap();
        desk.office.ledger().mood = Mood::Does500;
        desk.settle(Span::ZERO).await;
        desk.a_minute().await;
        let unknown = unknown_of(&desk).await;
        assert_eq!(unknown.len(), 1);
        assert!(unknown[0].contains("no field CaseKey"), "{unknown:?}");
        assert_eq!(desk.office.ours().len(), 1, "it is not made a second time");
        let teller = Teller {
            db: desk.house.db.clone(),
            clock: desk.house.clock.clone(),
            mint: desk.house.mint.clone(),
            catalogue: desk.house.current.clone(),
            outbox: Arc::new(Notify::new()),
        };
        assert_eq!(teller.run_once().await.unwrap(), 1, "the team hears of it");
        assert_eq!(teller.run_once().await.unwrap(), 0, "once");
        let alert = "SELECT COUNT(*) FROM action WHERE kind = 'alert' AND payload LIKE '%unknown%'";
        assert_eq!(desk.house.count(alert).await, 1);
        let case = desk.house.case(1).await;
        let refused = desk.act(Act::UnlinkTicket { link: desk.links().await[0].id.clone() }).await;
        assert!(matches!(refused, Err(CaseworkError::Refused(_))));
        // A person has looked: it stands, and is tied by its number.
        let actor = Actor { person: person(1), lead: false };
        let action = desk.actions().await.remove(0).id;
        desk.casework.settle(&case.brand_id, &action, None, Decision::Done, &actor).await.unwrap();
        assert!(desk.links().await.iter().all(|l| !l.is_live()));
        desk.link(desk.office.ours()[0]).await.unwrap();
        desk.a_minute().await;
        assert_eq!(desk.office.told(desk.office.ours()[0]).len(), 1);
    });
}

#[test]
fn what_a_ticket_was_to_be_told_is_told_once_it_is_made_after_all() {
    with_pair(|desk| async move {
        desk.create().await.unwrap();
        // Its making was refused, and so was what it was to be told.
        let refused =
            "UPDATE action SET state = 'refused', settled_at = 1, detail = 'the ticket was not made'
             WHERE kind IN ('ticket_create', 'ticket_note')";
        desk.house.execute(refused).await;
        let made = desk.actions().await.into_iter().find(|a| a.kind == "ticket_create").unwrap();
        let now = desk.house.clock_now();
        desk.house
            .write(move |tx| {
                Box::pin(async move { outbox::decide(tx, &made.id, Decision::Again, "per_1", now).await })
            })
            .await
            .unwrap();
        desk.at_rest().await;
        let ours = desk.office.ours();
        assert_eq!(ours.len(), 1);
        let told = desk.office.told(ours[0]);
        assert_eq!(told.len(), 1, "{:?}", desk.actions().await);
        assert!(told[0].contains(HELP));
        assert!(desk.actions().await.iter().all(|a| a.state == "done"), "{:?}", desk.actions().await);
    });
}
