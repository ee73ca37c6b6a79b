//! Protocols in the chat: on the card, by button, and in `/why`.

use crate::press::{alerted, last_answer, take_in};
use crate::world::{JAN, TEAM, World};

on_each_engine!(a_protocol_stands_on_the_card_and_is_begun_by_button, |world| {
    let case = world.case(1).await;
    let row = format!(
        "INSERT INTO protocol (id, brand_id, case_id, kind, state, open, origin, proposed_at, told)
         VALUES ('pro_1', '{}', '{}', 'press', 'proposed', 1, 'words', 0, 0)",
        case.brand_id, case.id
    );
    world.exec(row).await;
    world.alert(std::slice::from_ref(&case)).await;
    let chat = world.chat();
    world.worker(&chat).run_once().await.unwrap();
    let told = world.fake.told().pop().unwrap();
    assert!(told.text.contains("protocol press: proposed"), "{}", told.text);
    world.fake.press(JAN, &told, "Begin protocol press");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1: the protocol runs.");
    let rows: Vec<(String, Option<String>)> =
        world.rows("SELECT state, started_by FROM protocol".into()).await;
    assert_eq!(rows, [("running".to_owned(), Some("per_00000000000000000000000jan".to_owned()))]);
    world.fake.press(JAN, &told, "Begin protocol press");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    world.clock.advance(webcared::domain::time::Span::seconds(5));
    world.fake.say(JAN, TEAM, "/why 1");
    take_in(&chat).await;
    let said = world.fake.told().pop().unwrap().text;
    assert!(said.contains("protocol press: runs, nobody has taken it"), "{said}");
});

on_each_engine!(a_card_without_a_protocol_is_as_before, |world| {
    let (_, _, told) = alerted(&world).await;
    assert!(!told.text.contains("protocol"), "{}", told.text);
});
