//! A case about somebody else than who wrote: the customer's tickets are looked for and not those of who wrote, and the
//! ticket is told who is who.

use super::*;
use webcared::casework::CustomerAct;
use webcared::domain::customer::Customer;
use webcared::privacy::By;

fn father() -> Customer {
    Customer { name: "Pieter Quaadgras".into(), email: "pieter@home.example".into(), ..Customer::default() }
}

#[test]
fn the_customers_tickets_are_found_and_not_those_of_who_wrote() {
    with_pair(|desk| async move {
        desk.office.made("Hers", "jan@example.org");
        desk.office.made("His", "pieter@home.example");
        let mut private = post("m3", "jan", "t1", 2, GIVEN);
        private["private"] = true.into();
        desk.house.take(&[private]).await;
        let case = desk.house.case(1).await;
        let find = async || {
            let search = desk.casework.find_tickets(&case.brand_id, &case.id, "").await.unwrap();
            let found = search.systems[0].found.as_ref().unwrap();
            found.iter().map(|t| t.subject.clone()).collect::<Vec<_>>()
        };
        assert_eq!(find().await, ["Hers"]);
        desk.act(Act::Customer(CustomerAct::Say(father()))).await.unwrap();
        assert_eq!(find().await, ["His"]);
    });
}

#[test]
fn a_ticket_is_told_who_wrote_and_who_the_customer_is() {
    with_pair(|desk| async move {
        desk.act(Act::Customer(CustomerAct::Say(father()))).await.unwrap();
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        let told = desk.office.told(id);
        for part in [
            "The reporter wrote for somebody else. The customer: Pieter Quaadgras, pieter@home.example.",
            "reporter (@",
        ] {
            assert!(told[0].contains(part), "{part}: {told:?}");
        }
        desk.act(Act::Customer(CustomerAct::TakeBack)).await.unwrap();
        desk.at_rest().await;
        let told = desk.office.told(id);
        assert!(told.iter().any(|n| n.contains("The customer is who wrote, after all.")), "{told:?}");
    });
}

#[test]
fn what_is_said_to_a_reporter_is_never_the_customers_to_read() {
    for kind in Kind::ALL {
        on_each(|house| async move {
            let desk = Desk::open_for(house, kind, "customer").await;
            desk.act(Act::Customer(CustomerAct::Say(father()))).await.unwrap();
            let id = desk.office.made("Router dead", "");
            desk.link(id).await.unwrap();
            desk.house.clock.advance(Span::minutes(2));
            desk.house.take(&[answer("own-1", "m1", "t1", 2)]).await;
            desk.a_minute().await;
            let public: Vec<(bool, bool)> = desk.office.ledger().tickets[&id]
                .entries
                .iter()
                .map(|e| (e.text.contains("Webcare answered:"), e.public))
                .collect();
            assert_eq!(public, [(false, false), (true, false)], "{kind:?}");
        });
    }
}

/// Lets the worker go on by steps until the office was told a word, whose answer is lost.
async fn told_unheard(desk: &Desk, id: u64, word: &str) {
    desk.office.ledger().mood = Mood::DoesBreaks;
    for _ in 0..60 {
        desk.house.clock.advance(Span::seconds(1));
        desk.worker.run_once().await.unwrap();
        if desk.office.told(id).iter().any(|n| n.contains(word)) {
            return;
        }
    }
    panic!("{word} is not told: {:?}", desk.office.told(id));
}

#[test]
fn a_note_that_was_on_its_way_when_the_customer_changed_or_went_is_written_anew() {
    for is_erased in [false, true] {
        with_pair(move |desk| async move {
            let id = desk.office.made("Router dead", "");
            desk.link(id).await.unwrap();
            desk.at_rest().await;
            desk.act(Act::Customer(CustomerAct::Say(father()))).await.unwrap();
            told_unheard(&desk, id, "pieter@home.example").await;
            let owed = "SELECT COUNT(*) FROM ticket_note WHERE state <> 'stands'";
            assert_eq!(desk.house.count(owed).await, 0, "nobody could ask it yet");
            if is_erased {
                let privacy = crate::privacy::privacy(&desk.house);
                privacy.erase("pieter@home.example", false, &By::Command).await.unwrap();
            } else {
                let mother = Customer { name: "Ria Quaadgras".into(), ..Customer::default() };
                desk.act(Act::Customer(CustomerAct::Say(mother))).await.unwrap();
            }
            desk.at_rest().await;
            let told = desk.office.told(id);
            let left = told.iter().any(|n| n.contains("pieter@home.example"));
            assert_eq!(left, !desk.kind.lets_go(), "{:?}: {told:?}", desk.kind);
            let asked = if is_erased {
                "SELECT COUNT(*) FROM ticket_note WHERE what = 'customer' AND cause = 'erased'"
            } else {
                "SELECT COUNT(*) FROM ticket_note WHERE what = 'customer' AND cause = 'edited'"
            };
            assert_eq!(desk.house.count(asked).await, 1, "{:?}", desk.kind);
        });
    }
}

#[test]
fn what_was_known_of_a_customer_who_was_erased_goes_from_the_ticket() {
    with_pair(|desk| async move {
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        desk.act(Act::Customer(CustomerAct::Say(father()))).await.unwrap();
        desk.at_rest().await;
        assert!(desk.office.told(id).iter().any(|n| n.contains("pieter@home.example")));
        // What a system said of a note that it did not take may hold what stood in it.
        let mut link = desk.links().await.remove(0);
        link.note_why = "no room for pieter@home.example".into();
        desk.house
            .write(move |tx| Box::pin(async move { webcared::store::ticket::put(tx, &[link]).await }))
            .await
            .unwrap();
        let privacy = crate::privacy::privacy(&desk.house);
        privacy.erase("pieter@home.example", false, &By::Command).await.unwrap();
        assert_eq!(desk.links().await[0].note_why, "");
        desk.at_rest().await;
        let told = desk.office.told(id);
        assert!(told.iter().any(|n| n.contains("no longer kept who")), "{told:?}");
        let left = told.iter().any(|n| n.contains("pieter@home.example"));
        let owed =
            "SELECT COUNT(*) FROM ticket_note WHERE state IN ('asked', 'remains') AND cause = 'erased'";
        assert!(!left || desk.house.count(owed).await > 0, "gone, or a person is asked: {told:?}");
    });
}
