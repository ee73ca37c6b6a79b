//! What a ticket is told besides the thread itself: answers in a private talk that was joined, and the sector.

use super::*;
use webcared::domain::sector::Sector;

/// Lets the talk of one case, by number, be of another case.
async fn joined(desk: &Desk, from: i64, into: i64) {
    let sql = format!(
        "UPDATE conversation SET merged_into = (SELECT MIN(conversation_id) FROM cases WHERE number = {into}),
            merged_as = (SELECT MIN(author_id) FROM cases WHERE number = {into})
         WHERE id = (SELECT MIN(conversation_id) FROM cases WHERE number = {from})"
    );
    desk.house.execute(Box::leak(sql.into_boxed_str())).await;
}

#[test]
fn an_answer_in_a_private_talk_that_was_joined_is_told() {
    with_pair(|desk| async move {
        let mut asks = post("p1", "jan", "dm", 1, "@acme here I am, my router is dead");
        asks["private"] = true.into();
        desk.house.take(&[asks]).await;
        desk.house.clock.advance(Span::minutes(3));
        desk.house.take(&[answer("own-dm", "p1", "dm", 2)]).await;
        assert_eq!(desk.house.cases().await.len(), 2, "a talk of its own until it is joined");
        joined(&desk, 2, 1).await;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        let told = desk.office.told(id);
        assert!(told[0].contains("We are looking into it"), "what webcare said in private: {told:?}");
        assert!(told[0].contains("webcare, private, mastodon"), "and that it was private: {told:?}");
    });
}

#[test]
fn what_was_said_in_a_private_talk_without_answering_a_message_is_private() {
    with_pair(|desk| async move {
        let mut asks = post("p1", "jan", "dm", 1, "@acme here I am, my router is dead");
        asks["private"] = true.into();
        desk.house.take(&[asks]).await;
        joined(&desk, 2, 1).await;
        desk.house.clock.advance(Span::minutes(3));
        let mut own = post("own-dm", "acme-own", "dm", 2, "We are looking into it ^Jan");
        own["private"] = true.into();
        desk.house.take(&[own]).await;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        let told = desk.office.told(id);
        assert!(told[0].contains("webcare, private, mastodon"), "{told:?}");
    });
}

#[test]
fn the_sector_stands_on_the_ticket() {
    with_pair(|desk| async move {
        let mut catalogue: Catalogue = (*desk.house.current.get()).clone();
        for watched in catalogue.brands.iter_mut().filter(|w| w.brand.name == "Acme") {
            let words = vec!["dead".to_owned()];
            watched.brand.sectors = vec![Sector { name: "repair".into(), words, ..Sector::default() }];
        }
        desk.house.current.set(catalogue);
        desk.house.take(&[post("m2", "jan", "t1", 1, "@acme still dead, help me please")]).await;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        let told = desk.office.told(id);
        assert!(told[0].contains("language en, sector repair\n"), "{told:?}");
    });
}

#[test]
fn what_webcare_said_in_public_is_not_called_private() {
    with_pair(|desk| async move {
        desk.house.clock.advance(Span::minutes(3));
        desk.house.take(&[answer("own-1", "m1", "t1", 1)]).await;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        let told = desk.office.told(id);
        assert!(told[0].contains("webcare, mastodon") && !told[0].contains("private, "), "{told:?}");
    });
}

#[test]
fn earlier_tickets_of_a_joined_account_are_shown() {
    with_pair(|desk| async move {
        // Mia's own case is tied to a ticket.
        desk.house.take(&[post("x1", "mia", "t2", 1, HELP)]).await;
        let id = desk.office.made("Router dead", "");
        let mias = desk.house.case(2).await;
        let actor = Actor { person: person(1), lead: false };
        let tie = Act::LinkTicket { system: "office".into(), ticket: desk.kind.name(id), seen: None };
        desk.casework.act(&mias.brand_id, &mias.id, mias.version, &actor, tie).await.unwrap();
        let jans = desk.house.case(1).await;
        let earlier =
            async || desk.casework.find_tickets(&jans.brand_id, &jans.id, "").await.unwrap().earlier.len();
        assert_eq!(earlier().await, 0, "somebody else's");
        // What Jan opened belongs to Mia: the two are one customer.
        joined(&desk, 1, 2).await;
        assert_eq!(earlier().await, 1, "of the account that was joined");
        // Nothing of it shows to another brand.
        let other = desk.casework.find_tickets("brd_other", &jans.id, "").await;
        assert!(matches!(other, Err(CaseworkError::NotFound)));
    });
}
