//! Offers and the end of a shift in somebody's own chat, the briefing, and what a group is told at a change of shift.

use crate::commands::ask;
use crate::fake::{Fake, Told};
use crate::press::{last_answer, take_in};
use crate::world::{EVA, JAN, TEAM, World};
use webcared::casework::Act;
use webcared::chat::Chat;
use webcared::domain::judgement::Level;
use webcared::domain::shift::ShiftRules;
use webcared::domain::time::Span;

/// Jan and Eva can be written to and are on duty, and the brand offers.
async fn floor(world: &World) -> Chat {
    let mut catalogue = (*world.casework.catalogue().get()).clone();
    catalogue.brands[0].brand.routing.offers = Some(Level::P5);
    world.casework.catalogue().set(catalogue);
    let chat = world.chat();
    for user in [JAN, EVA] {
        ask(world, &chat, user, user, "/start").await;
        ask(world, &chat, user, user, "/on").await;
    }
    chat
}

async fn sent(world: &World, chat: &Chat) {
    world.clock.advance(Span::seconds(2));
    while world.worker(chat).run_once().await.unwrap() > 0 {}
}

/// The last message with these words, and to whom.
fn told(world: &World, words: &str) -> Vec<Told> {
    world.fake.told().into_iter().filter(|t| t.text.contains(words)).collect()
}

on_each_engine!(an_offer_is_a_message_with_claim_and_not_me, |world| {
    let chat = floor(&world).await;
    let case = world.case(3).await;
    assert_eq!(world.casework.offers_due().await.unwrap(), 1);
    sent(&world, &chat).await;
    let offers = told(&world, "offered to you");
    assert_eq!(offers.len(), 1, "{:?}", world.fake.told());
    let (offer, first) = (offers[0].clone(), offers[0].chat);
    let other = if first == JAN { EVA } else { JAN };
    assert!(offer.text.contains("#1 · Acme") && !offer.text.contains("secret words"), "{}", offer.text);
    assert_eq!(Fake::buttons(&offer), ["Claim", "Not me", "Open"]);
    // What is offered stands first among one's own.
    let mine = ask(&world, &chat, first, first, "/mine").await.unwrap().text;
    assert!(mine.starts_with("<b>1 offered to you</b>"), "{mine}");
    world.fake.press(first, &offer, "Not me");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    let declined = "SELECT COUNT(*) FROM case_event WHERE kind = 'offer_declined'";
    assert_eq!(world.rows::<(i64,)>(declined.into()).await, [(1,)]);
    assert_eq!(world.casework.offers_due().await.unwrap(), 1);
    sent(&world, &chat).await;
    let wide = told(&world, "offered to those who read it").pop().unwrap();
    assert_eq!(wide.chat, other);
    world.fake.press(other, &wide, "Claim");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1 is yours.");
    // Both messages follow.
    world.clock.advance(Span::seconds(10));
    chat.follower.run_once().await.unwrap();
    world.clock.advance(Span::seconds(10));
    chat.follower.run_once().await.unwrap();
    let now = |id: i64, place: i64| {
        world.fake.told().into_iter().find(|t| t.id == id && t.chat == place).unwrap().text
    };
    assert!(now(offer.id, first).contains("is with"), "{}", now(offer.id, first));
    assert_eq!(now(wide.id, other), "#1 is yours.");
    // An offer that is over before it is sent is not sent.
    world.case(3).await;
    assert!(world.casework.offers_due().await.unwrap() > 0);
    world.exec("UPDATE cases SET state = 'resolved', open = 0 WHERE number = 2".into()).await;
    sent(&world, &chat).await;
    assert!(told(&world, "#2").is_empty(), "{:?}", told(&world, "#2"));
    assert_eq!(world.stored(&case.id).await.state, "working");
});

on_each_engine!(a_heap_of_cases_rings_each_for_their_own_few_only, |world| {
    let chat = floor(&world).await;
    let mut catalogue = (*world.casework.catalogue().get()).clone();
    catalogue.brands[0].brand.routing.at_once = 1;
    world.casework.catalogue().set(catalogue);
    for _ in 0..4 {
        world.case(3).await;
    }
    assert_eq!(world.casework.offers_due().await.unwrap(), 4);
    sent(&world, &chat).await;
    assert_eq!(told(&world, "offered to you").len(), 2);
    assert!(told(&world, "offered to those who read it").is_empty(), "{:?}", world.fake.told());
});

on_each_engine!(the_end_of_a_shift_is_asked_in_private_and_kept_by_a_press, |world| {
    let chat = world.chat();
    ask(&world, &chat, JAN, JAN, "/start").await;
    ask(&world, &chat, JAN, JAN, "/on").await;
    let case = world.case(3).await;
    let claimed = world.act(&case, &World::jan(), Act::Claim { until: None }).await;
    world
        .casework
        .keep_draft(&case.brand_id, &case.id, &World::jan(), claimed.version, "half an answer")
        .await
        .unwrap();
    ask(&world, &chat, JAN, JAN, "/off").await;
    let rules = ShiftRules::default();
    assert_eq!(world.casework.shifts_due(&rules).await.unwrap(), 1);
    sent(&world, &chat).await;
    let asked = told(&world, "your shift ends").pop().unwrap();
    assert!(asked.chat == JAN && asked.text.contains("It holds a draft."), "{}", asked.text);
    assert_eq!(Fake::buttons(&asked), ["I keep it", "Give back", "Open"]);
    world.fake.press(JAN, &asked, "I keep it");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1 stays with you.");
    world.clock.advance(Span::hours(2));
    assert_eq!(world.casework.shifts_due(&rules).await.unwrap(), 0);
    assert!(world.stored(&case.id).await.claimed_by.is_some());
    // In Dutch as well.
    ask(&world, &chat, JAN, JAN, "/language nl").await;
    ask(&world, &chat, JAN, JAN, "/on").await;
    ask(&world, &chat, JAN, JAN, "/off").await;
    assert_eq!(world.casework.shifts_due(&rules).await.unwrap(), 1);
    sent(&world, &chat).await;
    assert!(!told(&world, "je dienst eindigt").is_empty(), "{:?}", world.fake.told());
});

on_each_engine!(the_briefing_and_the_change_of_shift_name_numbers_and_no_customer, |world| {
    let chat = world.chat();
    ask(&world, &chat, JAN, JAN, "/start").await;
    world.case(2).await;
    let lead = webcared::casework::Actor { lead: true, ..World::eva() };
    let until = Some(world.clock_now().plus(Span::hours(3)));
    world.casework.write_line(&world.brand, ("Trains stand still", until), true, &lead).await.unwrap();
    world.casework.hand_over(&world.brand, ("Mia calls at nine", true), &World::jan()).await.unwrap();
    let private = ask(&world, &chat, JAN, JAN, "/briefing").await.unwrap().text;
    assert!(private.contains("Trains stand still") && private.contains("Mia calls at nine"), "{private}");
    assert!(private.contains("P1 and P2 open: #1 P2") && !private.contains("secret words"), "{private}");
    let group = ask(&world, &chat, JAN, TEAM, "/briefing").await.unwrap().text;
    assert!(group.contains("1 notes of the last shift") && !group.contains("Mia"), "{group}");
    // A shift ends; the group hears what is open.
    world.clock.advance(Span::hours(2));
    let on = ask(&world, &chat, JAN, JAN, "/on").await.unwrap().text;
    assert!(on.starts_with("Jan is on") && on.contains("Mia calls at nine"), "who comes on reads it: {on}");
    world.clock.advance(Span::hours(1));
    ask(&world, &chat, JAN, JAN, "/off").await;
    let rules = ShiftRules { summaries: true, ..ShiftRules::default() };
    assert_eq!(world.casework.summaries_due(&rules).await.unwrap(), 1);
    sent(&world, &chat).await;
    let change = told(&world, "Change of shift").pop().unwrap();
    assert!(
        change.chat == TEAM && change.text.contains("1 open") && change.text.contains("#1 P2"),
        "{}",
        change.text
    );
    assert!(!change.text.contains("Mia") && !change.text.contains("secret words"), "{}", change.text);
});
