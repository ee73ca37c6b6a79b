//! What single systems do otherwise than the others.

use super::*;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::time::Timestamp;
use webcared::tickets::{Found, Given, NewTicket, Sought, Term, Watched};

fn by_mail(mail: &str) -> [Term; 1] {
    [Term { kind: Given::Email, text: mail.into() }]
}

#[test]
fn an_old_ticket_of_a_customer_is_found_and_whoever_is_not_known_there_has_none() {
    with_kinds(Engine::Sqlite, &[Kind::Freshdesk], |desk| async move {
        desk.office.made("Router dead", "jan@example.org");
        desk.house.clock.advance(Span::days(60));
        let found = desk.system.find(&by_mail("jan@example.org")).await.unwrap();
        assert_eq!(found.len(), 1, "a list shows the last thirty days unless it is asked since when");
        let nobody = desk.system.find(&by_mail("nobody@example.org")).await.unwrap();
        assert!(nobody.is_empty(), "no trouble, but nothing found");
    });
}

#[test]
fn an_open_ticket_of_late_is_found_behind_many_old_ones() {
    with_kinds(Engine::Sqlite, &[Kind::Zendesk, Kind::Zammad], |desk| async move {
        for _ in 0..40 {
            let old = desk.office.made("An old matter", "jan@example.org");
            desk.office.with(old, |t| t.status = "resolved".into());
        }
        desk.house.clock.advance(Span::days(1));
        desk.office.made("Router dead", "jan@example.org");
        let found = desk.system.find(&by_mail("jan@example.org")).await.unwrap();
        assert_eq!(found.len(), 25);
        assert_eq!(found[0].subject, "Router dead", "{:?}", desk.kind);
    });
}

#[test]
fn the_newest_words_of_a_long_ticket_are_read() {
    with_kinds(Engine::Sqlite, &[Kind::Rt], |desk| async move {
        let id = desk.office.made("Router dead", "");
        for n in 0..620 {
            desk.office.writes(id, "ann", &format!("line {n}"));
        }
        let watched =
            Watched { id: desk.kind.name(id), changed_at: None, seen_at: None, last_entry: String::new() };
        let change = desk.system.changed(&[watched]).await.unwrap().remove(0);
        assert!(matches!(change.now, Found::Stands(_)));
        assert_eq!(change.entries.last().map(|e| e.text.as_str()), Some("line 619"));
        assert_eq!(change.entries.len(), 10);
    });
}

#[test]
fn without_a_search_engine_a_ticket_whose_answer_was_lost_is_known_by_its_words() {
    with_kinds(Engine::Sqlite, &[Kind::Zammad], |desk| async move {
        desk.office.ledger().no_engine = true;
        let (subject, text) = ("Webcare #1".to_owned(), "about a router".to_owned());
        let new = NewTicket { action_id: "act_1".into(), subject, text, ..NewTicket::default() };
        let made = desk.system.create(&new).await;
        let Outcome::Done { remote_id, .. } = made else { panic!("{made:?}") };
        let since = desk.house.clock_now().minus(Span::hours(1));
        let look = |action: &str| Sought { action_id: action.into(), ticket_id: None, since };
        let looked = desk.system.look(&look("act_1")).await;
        assert!(matches!(&looked, Looked::Done { remote_id: id, .. } if *id == remote_id), "{looked:?}");
        let other = desk.system.look(&look("act_2")).await;
        assert!(matches!(other, Looked::Again { .. }), "{other:?}");
    });
}

#[test]
fn a_promise_in_a_field_of_ones_own_is_read() {
    with_kinds(Engine::Sqlite, &[Kind::Zendesk, Kind::Salesforce], |desk| async move {
        let id = desk.office.made("A mechanic will call you", "");
        for (told, due) in
            [("2026-11-30", "2026-11-30T23:59:59Z"), ("2026-11-30T09:00:00.000+0000", "2026-11-30T09:00:00Z")]
        {
            desk.office.with(id, |t| drop(t.fields.insert("due".into(), told.into())));
            let Found::Stands(ticket) = desk.system.read(&desk.kind.name(id)).await.unwrap() else {
                panic!("it is there")
            };
            assert_eq!(ticket.due_at, Some(Timestamp::parse(due).unwrap()), "{:?}", desk.kind);
        }
    });
}

/// Tied, told, solved there, told back: what the store and each kind have to do with each other, on either engine.
#[test]
fn a_ticket_goes_there_and_back_with_every_kind_on_every_engine() {
    for engine in engines().into_iter().filter(|e| *e != Engine::Sqlite) {
        with_kinds(engine, &Kind::ALL, |desk| async move {
            desk.create().await.unwrap();
            desk.at_rest().await;
            let ours = desk.office.ours();
            assert_eq!(ours.len(), 1, "{:?}: {:?}", desk.kind, desk.actions().await);
            let link = desk.links().await.remove(0);
            assert_eq!(link.ticket_id, Some(desk.kind.name(ours[0])), "{:?}", desk.kind);
            desk.house.take(&[post("m2", "jan", "t1", 1, "@acme still nobody??")]).await;
            desk.at_rest().await;
            let told = desk.office.told(ours[0]);
            assert_eq!(told.len(), 2, "{:?}: {told:?}", desk.kind);
            assert!(told[0].contains(HELP) && told[1].contains("still nobody??"), "{told:?}");
            desk.house.clock.advance(Span::minutes(1));
            desk.office.writes(ours[0], "ann", "a mechanic will call");
            desk.office.with(ours[0], |t| t.status = "resolved".into());
            desk.hear().await;
            let link = desk.links().await.remove(0);
            assert_eq!(link.state, "solved", "{:?}", desk.kind);
            assert_eq!(desk.office.told(ours[0]).len(), 2, "nothing goes round in circles");
        });
    }
}
