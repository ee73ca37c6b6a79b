//! The way into a private channel, by buttons: shown whole, offered once, refused with the reason, taken by hand.

use crate::commands::ask;
use crate::fake::{Fake, Told};
use crate::press::{last_answer, take_in};
use crate::world::{EVA, JAN, TEAM, World};
use webcared::casework::{Act, CustomerAct};
use webcared::chat::Chat;
use webcared::domain::customer::Customer;
use webcared::domain::template::{Template, TemplateKind};
use webcared::domain::time::Span;
use webcared::sources::private::Reach;
use webcared::store::rows::CaseRow;

/// A case that needs a private channel, with its card.
async fn wanted(world: &World, reach: Option<Reach>) -> (CaseRow, Chat, Told) {
    {
        let mut ledger = world.toot.0.lock().unwrap();
        ledger.reach = reach;
        ledger.roomy = true;
    }
    let case = world.case(1).await;
    world.customer("my number is 0612345678", "Mia Janssen").await;
    world.exec("UPDATE cases SET needs_private = 1".into()).await;
    world.alert(std::slice::from_ref(&case)).await;
    let chat = world.chat();
    world.worker(&chat).run_once().await.unwrap();
    let card = world.fake.told().pop().unwrap();
    world.clock.advance(Span::seconds(10));
    (case, chat, card)
}

/// Opens the way by the button; gives what is shown.
async fn opened(world: &World, chat: &Chat, card: &Told) -> Told {
    world.clock.advance(Span::seconds(10));
    let before = world.fake.told().len();
    world.fake.press(JAN, card, "To private");
    take_in(chat).await;
    assert_eq!(last_answer(world), "Look below.");
    world.fake.told().split_off(before).pop().unwrap()
}

async fn state(world: &World) -> Option<String> {
    world.rows::<(Option<String>,)>("SELECT state FROM handover".into()).await.pop().and_then(|r| r.0)
}

on_each_engine!(it_is_shown_and_offered_once_by_who_opened_it, |world| {
    let (case, chat, card) = wanted(&world, Some(Reach::Open)).await;
    assert!(Fake::buttons(&card).contains(&"To private".to_owned()), "{:?}", Fake::buttons(&card));
    let panel = opened(&world, &chat, &card).await;
    println!("{}", panel.text);
    assert!(panel.text.starts_with("<b>#1 · Acme &amp; Co: private channel</b>"), "{}", panel.text);
    assert!(panel.text.contains("posted as @acme@toot.example · unlisted"), "{}", panel.text);
    assert!(panel.text.contains("https://toot.example/acme"), "the whole words: {}", panel.text);
    assert!(!panel.text.contains("Mia") && !panel.text.contains("@mia"), "{}", panel.text);
    assert_eq!(Fake::buttons(&panel), ["Offer it", "By hand", "They do not want it", "Cancel"]);
    world.fake.press(EVA, &panel, "Offer it");
    take_in(&chat).await;
    assert!(last_answer(&world).starts_with("Only who opened this"), "{}", last_answer(&world));
    world.fake.press(JAN, &panel, "Offer it");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    for _ in 0..3 {
        world.clock.advance(Span::seconds(6));
        world.sender().run_once().await.unwrap();
    }
    let posts = world.toot.posts();
    assert!(posts.len() == 1 && posts[0].contains("https://toot.example/acme"), "{posts:?}");
    let ended = world.fake.told().into_iter().find(|t| t.id == panel.id).unwrap();
    assert_eq!(ended.text, "#1: the offer is on its way as @acme@toot.example.");
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    assert!(kinds.contains(&"private_offer_queued".to_owned()), "{kinds:?}");
    let kept: Vec<(String,)> = world.rows("SELECT body FROM content WHERE id LIKE 'chat/%'".into()).await;
    assert_eq!(kept, []);
});

on_each_engine!(in_private_the_words_are_whole, |world| {
    let (_, chat, _) = wanted(&world, Some(Reach::Open)).await;
    ask(&world, &chat, JAN, JAN, "/private 1").await;
    let panel = world.fake.told().pop().unwrap();
    assert!(panel.chat == JAN && panel.text.contains("@mia"), "{panel:?}");
});

on_each_engine!(whose_matter_it_is_stands_in_the_offer_and_is_covered_in_a_group, |world| {
    let (case, chat, _) = wanted(&world, Some(Reach::Open)).await;
    let current = world.casework.catalogue().clone();
    let mut made = (*current.get()).clone();
    for watched in &mut made.brands {
        watched.brand.templates = vec![Template {
            kind: TemplateKind::Offer,
            language: None,
            level: None,
            platform: None,
            text: "About {customer}: write to us at {link}".into(),
        }];
    }
    current.set(made);
    world.act(&case, &World::jan(), Act::Claim { until: None }).await;
    let father = Customer { name: "Pieter Quaadgras".into(), ..Customer::default() };
    world.act(&case, &World::jan(), Act::Customer(CustomerAct::Say(father))).await;
    ask(&world, &chat, JAN, JAN, "/private 1").await;
    let alone = world.fake.told().pop().unwrap();
    assert!(alone.chat == JAN && alone.text.contains("About Pieter Quaadgras:"), "{alone:?}");
    ask(&world, &chat, JAN, TEAM, "/private 1").await;
    let group = world.fake.told().pop().unwrap();
    assert!(group.chat == TEAM && group.text.contains("About •••"), "{group:?}");
    assert!(!group.text.contains("Pieter") && !group.text.contains("Quaadgras"), "{group:?}");
});

on_each_engine!(where_nobody_gets_in_it_is_said_and_taken_by_hand, |world| {
    let nobody = Reach::Nobody { why: "the account is no longer there".into() };
    let (_, chat, card) = wanted(&world, Some(nobody)).await;
    let panel = opened(&world, &chat, &card).await;
    assert!(panel.text.contains("There is no way in: the account is no longer there"), "{}", panel.text);
    assert_eq!(Fake::buttons(&panel), ["By hand", "They do not want it", "Cancel"]);
    world.fake.press(JAN, &panel, "By hand");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1: it is taken to private by hand.");
    assert_eq!(state(&world).await.as_deref(), Some("by_hand"));
    // The card offers the end of it now.
    world.clock.advance(Span::seconds(10));
    chat.follower.run_once().await.unwrap();
    let card = world.fake.told().into_iter().find(|t| t.id == card.id).unwrap();
    world.fake.press(JAN, &card, "Close private");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1: the private channel is closed.");
    assert_eq!(state(&world).await.as_deref(), Some("closed"));
});

on_each_engine!(what_changed_is_told_and_nothing_goes, |world| {
    let (case, chat, card) = wanted(&world, Some(Reach::Open)).await;
    let panel = opened(&world, &chat, &card).await;
    world.act(&case, &World::eva(), Act::Note { text: "wait".into() }).await;
    world.fake.press(JAN, &panel, "Offer it");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "Not possible: changed meanwhile: a note was written.");
    assert!(world.actions("reply").await.is_empty());
    world.fake.press(JAN, &panel, "Cancel");
    take_in(&chat).await;
    let ended = world.fake.told().into_iter().find(|t| t.id == panel.id).unwrap();
    assert!(ended.text == "#1: left as it is." && ended.keyboard.is_null(), "{ended:?}");
});

on_each_engine!(it_can_be_proposed_and_declined, |world| {
    let (_, chat, _) = wanted(&world, Some(Reach::Open)).await;
    world.exec("UPDATE cases SET needs_private = 0".into()).await;
    for (button, wanted, says) in [
        ("Propose it", "proposed", "#1: a private channel is proposed."),
        ("They do not want it", "refused", "#1: no private channel; the case is worked on here."),
    ] {
        world.clock.advance(Span::seconds(10));
        ask(&world, &chat, JAN, crate::world::TEAM, "/private 1").await;
        let panel = world.fake.told().pop().unwrap();
        world.fake.press(JAN, &panel, button);
        take_in(&chat).await;
        assert_eq!(last_answer(&world), says);
        assert_eq!(state(&world).await.as_deref(), Some(wanted));
    }
});
