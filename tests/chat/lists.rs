//! The thank-you list and yesterday at the back door, from the chat; a tie that is taken away; a card that says that a
//! ticket is solved.

use crate::commands::ask;
use crate::press::{alerted, followed};
use crate::world::{EVA, JAN, START, TEAM, World};
use webcared::domain::time::Span;

/// The brand writes cards.
fn writing(world: &World) {
    let current = world.casework.catalogue().clone();
    let mut made = (*current.get()).clone();
    for watched in &mut made.brands {
        watched.brand.thanks.enabled = true;
    }
    current.set(made);
}

async fn role(world: &World, login: &str, role: &str) {
    world.exec(format!("UPDATE person SET role = '{role}' WHERE login = '{login}'")).await;
}

on_each_engine!(todays_thanks_are_listed_and_marked_as_written, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let off = ask(&world, &chat, JAN, TEAM, "/thanks").await.unwrap().text;
    assert_eq!(off, "No brand here writes cards.");
    writing(&world);
    let none = ask(&world, &chat, JAN, TEAM, "/thanks").await.unwrap().text;
    assert_eq!(none, "Today's list is empty.");
    for (case, day) in [(case.id.as_str(), "2026-11-24"), ("case_other", "2026-11-23")] {
        world
            .exec(format!(
                "INSERT INTO thanks (case_id, brand_id, day, points, reasons, drawn_at)
                 VALUES ('{case}', '{}', '{day}', 3, '[\"promoter\",\"patience\"]', 0)",
                world.brand
            ))
            .await;
    }
    let list = ask(&world, &chat, JAN, TEAM, "/thanks").await.unwrap().text;
    assert!(list.contains(">#1</a>") && list.contains("promoter, patience · to be written"), "{list}");
    assert!(!list.contains("mia") && !list.contains("secret words"), "nobody is named: {list}");
    let how = ask(&world, &chat, JAN, TEAM, "/thanks 1").await.unwrap().text;
    assert!(how.contains("/thanks 12 written"), "{how}");
    let done = ask(&world, &chat, JAN, TEAM, "/thanks 1 written").await.unwrap().text;
    assert_eq!(done, "#1: the card is written.");
    let again = ask(&world, &chat, EVA, TEAM, "/thanks 1 geschreven").await.unwrap().text;
    assert_eq!(again, "#1: no card of it is still to be written.");
    let list = ask(&world, &chat, EVA, TEAM, "/thanks").await.unwrap().text;
    assert!(list.contains("written by Jan"), "{list}");
    let written: Vec<(String,)> =
        world.rows("SELECT act FROM audit WHERE act = 'case.card'".to_owned()).await;
    assert_eq!(written.len(), 1);
    // An auditor writes no cards, and whose brands these are not sees none.
    let auditor = ask(&world, &chat, 79, TEAM, "/thanks").await.unwrap().text;
    assert!(!auditor.contains("#1"), "{auditor}");
    world.exec("UPDATE person SET brands = '[]' WHERE login = 'jan'".to_owned()).await;
    let walled = ask(&world, &chat, JAN, TEAM, "/thanks").await.unwrap().text;
    assert_eq!(walled, "No brand here writes cards.");
});

on_each_engine!(yesterday_is_told_alone_and_within_what_somebody_may_see, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let at = START.minus(Span::days(1)).millis();
    world
        .exec(format!(
            "INSERT INTO ending (brand_id, case_id, solved, difference, back_door, proposed_solved, taken, at,
                person_id, said_at)
             VALUES ('{}', '{}', 'webcare_unregistered', 'goodwill', 'no_answer', 'webcare_unregistered', 'accepted', {at},
                'per_x', {at})",
            world.brand, case.id
        ))
        .await;
    world.exec("UPDATE cases SET state = 'resolved', open = 0".to_owned()).await;
    let agent = ask(&world, &chat, JAN, JAN, "/yesterday").await.unwrap().text;
    assert!(!agent.contains("#1"), "{agent}");
    role(&world, "jan", "lead").await;
    let group = ask(&world, &chat, JAN, TEAM, "/yesterday").await.unwrap().text;
    assert!(group.contains("only in a chat with me alone") && !group.contains("#1"), "{group}");
    let told = ask(&world, &chat, JAN, JAN, "/yesterday").await.unwrap().text;
    for part in ["Yesterday at the back door: 1", "#1", "no answer", "goodwill", "nobody sees to it yet"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains("mia") && !told.contains("secret words"), "{told}");
    let _ = ask(&world, &chat, JAN, JAN, "/language nl").await;
    let dutch = ask(&world, &chat, JAN, JAN, "/yesterday").await.unwrap().text;
    assert!(dutch.contains("geen antwoord") && dutch.contains("coulance"), "{dutch}");
    // The front office sees its own queues: none of them is this one's.
    role(&world, "eva", "front_office").await;
    let theirs = ask(&world, &chat, EVA, EVA, "/yesterday").await.unwrap().text;
    assert_eq!(theirs, "Nothing of yours came in by the back door yesterday.");
    world.exec("UPDATE person SET brands = '[]' WHERE login = 'jan'".to_owned()).await;
    let walled = ask(&world, &chat, JAN, JAN, "/yesterday").await.unwrap().text;
    assert!(!walled.contains("#1"), "{walled}");
});

on_each_engine!(a_card_says_that_the_front_office_solved_its_ticket, |world| {
    let (case, chat, told) = alerted(&world).await;
    assert!(!told.text.contains("solved there"), "{}", told.text);
    world
        .exec(format!(
            "INSERT INTO ticket_link (id, brand_id, case_id, system, ticket_id, state, status, url, last_entry,
                linked_at, solved_at)
             VALUES ('tkl_1', '{}', '{}', 'rt', '77', 'solved', 'resolved', '', '', 1, 2)",
            world.brand, case.id
        ))
        .await;
    let changed = world.clock_now().plus(Span::seconds(1)).millis();
    let touched =
        format!("UPDATE cases SET version = version + 1, changed_at = {changed} WHERE id = '{}'", case.id);
    world.exec(touched).await;
    let card = followed(&world, &chat).await;
    assert_eq!(card.id, told.id, "the card is edited");
    assert!(card.text.contains("rt #77 is solved there: /resolve 1 ends the case"), "{}", card.text);
});
