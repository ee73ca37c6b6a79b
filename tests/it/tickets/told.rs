//! What a ticket is told besides the thread itself: answers in a private talk that was joined, and the sector.

use super::*;
use webcared::domain::sector::Sector;

#[test]
fn an_answer_in_a_private_talk_that_was_joined_is_told() {
    with_pair(|desk| async move {
        let mut asks = post("p1", "jan", "dm", 1, "@acme here I am, my router is dead");
        asks["private"] = true.into();
        desk.house.take(&[asks]).await;
        desk.house.clock.advance(Span::minutes(3));
        desk.house.take(&[answer("own-dm", "p1", "dm", 2)]).await;
        assert_eq!(desk.house.cases().await.len(), 2, "a talk of its own until it is joined");
        desk.house
            .execute(
                "UPDATE conversation SET merged_into = (SELECT MIN(conversation_id) FROM cases WHERE number = 1),
                    merged_as = (SELECT MIN(author_id) FROM cases WHERE number = 1)
                 WHERE id = (SELECT MIN(conversation_id) FROM cases WHERE number = 2)",
            )
            .await;
        let id = desk.office.made("Router dead", "");
        desk.link(id).await.unwrap();
        desk.settle(Span::ZERO).await;
        let told = desk.office.told(id);
        assert!(told[0].contains("We are looking into it"), "what webcare said in private: {told:?}");
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
