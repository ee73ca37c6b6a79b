//! Answers of which nobody can tell whether they were sent: told at once, settled by whoever knows.

use crate::fake::{Fake, Fault, Told};
use crate::press::{followed, last_answer, take_in};
use crate::world::{EVA, JAN, TEAM, World};
use webcared::casework::Settling;
use webcared::chat::Chat;
use webcared::clock::Clock;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::time::{Span, Timestamp};
use webcared::store::outbox::Decision;
use webcared::store::rows::{ActionRow, CaseRow};

/// A case whose answer left and was never confirmed, as far as the look that told nothing.
async fn unknown(world: &World) -> (CaseRow, ActionRow) {
    let case = world.case(3).await;
    world.toot.outcome(Outcome::Unknown { evidence: "no answer within 30 s".into() });
    let action = world.answer(&case, &World::jan(), "secret words of ours").await;
    world.clock.advance(Span::seconds(6));
    let sender = world.sender();
    sender.run_once().await.unwrap();
    assert_eq!(world.action(&action.id).await.state, "unknown");
    (case, action)
}

async fn told(world: &World, chat: &Chat) -> Told {
    assert_eq!(world.tell_unknown().await, 0, "not before the platform was looked at for a while");
    world.clock.advance(Span::seconds(25));
    assert_eq!(world.tell_unknown().await, 1);
    world.worker(chat).run_once().await.unwrap();
    world.fake.told().pop().unwrap()
}

on_each_engine!(from_the_alert_to_settled_by_a_person, |world| {
    let (case, action) = unknown(&world).await;
    let chat = world.chat();
    let card = told(&world, &chat).await;
    println!("{}", card.text);
    let head = "<b>#1 Acme &amp; Co: nobody can tell whether an answer was sent</b>";
    assert!(card.chat == TEAM && card.text.starts_with(head), "{}", card.text);
    assert!(card.text.contains("by Jan") && card.text.contains("no answer within 30 s"), "{}", card.text);
    assert!(!card.text.contains("secret") && !card.text.contains("mia"), "{}", card.text);
    assert_eq!(Fake::buttons(&card), ["It stands there", "Send again", "Leave it", "Open"]);
    assert!(
        card.keyboard.to_string().contains("https://care.example/c/Acme%20&%20Co/1"),
        "{}",
        card.keyboard
    );

    for user in [99, 79] {
        world.fake.press(user, &card, "It stands there");
        take_in(&chat).await;
        assert_eq!(last_answer(&world), "You are not allowed to do this.");
    }
    assert_eq!(world.action(&action.id).await.state, "unknown");
    let before = world.events(&case).await.len();
    world.fake.press(JAN, &card, "It stands there");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    let stored = world.action(&action.id).await;
    let by = "per_00000000000000000000000jan";
    assert_eq!((stored.state.as_str(), stored.decided_by.as_deref()), ("done", Some(by)));
    let events = world.events(&case).await;
    assert_eq!(events.len(), before + 1, "a press that is handled twice acts once");
    let last = events.last().unwrap();
    assert_eq!((last.kind.as_str(), last.who.as_deref()), ("unknown_settled", Some(by)));
    assert!(last.body.contains("\"decision\":\"done\""), "{}", last.body);

    // Who saw the old card hears how it was settled, and changes nothing.
    world.fake.press(EVA, &card, "Send again");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "Settled meanwhile: Jan says: it stands there.");
    let edited = followed(&world, &chat).await;
    assert!(edited.text.contains("Jan says: it stands there"), "{}", edited.text);
    assert_eq!(Fake::buttons(&edited), ["Open"]);
    assert_eq!(world.toot.posts().len(), 1);
    let stale: Vec<(String,)> =
        world.rows("SELECT message FROM chat_card WHERE stale_at IS NOT NULL".into()).await;
    assert_eq!(stale, [], "what is settled for good is looked at no more");
});

on_each_engine!(an_unknown_waits_for_no_burst_and_joins_none, |world| {
    let (_, _) = unknown(&world).await;
    let chat = world.chat();
    world.clock.advance(Span::seconds(25));
    let burst = [world.case(1).await, world.case(1).await];
    world.alert(&burst[..1]).await;
    world.worker(&chat).run_once().await.unwrap();
    assert_eq!(world.fake.told().len(), 1);
    world.tell_unknown().await;
    world.alert(&burst[1..]).await;
    // One second is what the platform asks for between two messages; a burst would take three.
    world.clock.advance(Span(1_100));
    world.worker(&chat).run_once().await.unwrap();
    let all = world.fake.told();
    assert_eq!(all.len(), 2);
    assert!(all[1].text.contains("nobody can tell") && all[0].edits.is_empty());
    world.drain(&world.worker(&chat)).await;
    let all = world.fake.told();
    assert!(all[0].text.contains("2 cases need you"), "{}", all[0].text);
    assert!(all[1].text.contains("nobody can tell"), "{}", all[1].text);
});

on_each_engine!(sent_again_it_leaves_once_more_and_no_old_press_sends_it_a_third_time, |world| {
    let (_, action) = unknown(&world).await;
    let chat = world.chat();
    let card = told(&world, &chat).await;
    world.fake.press(EVA, &card, "Send again");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    let going = followed(&world, &chat).await;
    assert!(going.text.contains("Eva sends it again"), "{}", going.text);
    world.toot.outcome(Outcome::Unknown { evidence: "the connection broke".into() });
    world.sender().run_once().await.unwrap();
    assert_eq!(world.action(&action.id).await.state, "unknown");
    // The first card's button, handled only now: it was made of what was known before.
    world.fake.press(EVA, &card, "Send again");
    take_in(&chat).await;
    assert_eq!(world.action(&action.id).await.state, "unknown");
    world.clock.advance(Span::seconds(6));
    world.sender().run_once().await.unwrap();
    assert_eq!(world.toot.posts().len(), 2);
    let again = followed(&world, &chat).await;
    assert!(again.text.contains("the server did not tell"), "{}", again.text);
    assert_eq!(Fake::buttons(&again)[1], "Send again");
    // An edit rings nowhere, so what was lost again is told again.
    world.clock.advance(Span::seconds(25));
    assert_eq!((world.tell_unknown().await, world.tell_unknown().await), (1, 0));
    world.worker(&chat).run_once().await.unwrap();
    let second = world.fake.told().pop().unwrap();
    assert_eq!((second.id, Fake::buttons(&second)), (2, Fake::buttons(&again)));
    world.fake.press(EVA, &second, "Leave it");
    take_in(&chat).await;
    assert_eq!(world.action(&action.id).await.state, "cancelled");
    for _ in 0..2 {
        followed(&world, &chat).await;
    }
    assert!(world.fake.told().iter().all(|t| t.text.contains("Eva leaves it")), "both cards follow");
});

on_each_engine!(a_later_look_or_the_console_settles_the_card_too, |world| {
    let (_, action) = unknown(&world).await;
    let chat = world.chat();
    let card = told(&world, &chat).await;
    // The card looks by itself and finds nothing new; then the platform tells, and no case changes.
    followed(&world, &chat).await;
    world.exec(format!("UPDATE action SET look_at = 0 WHERE id = '{}'", action.id)).await;
    world.toot.looked(Looked::Done { remote_id: "toot-1".into(), at: Some(Timestamp(1)) });
    world.sender().run_once().await.unwrap();
    assert_eq!(world.action(&action.id).await.state, "done");
    let edited = followed(&world, &chat).await;
    assert!(edited.text.contains("settled: it was found on the platform"), "{}", edited.text);
    world.fake.press(JAN, &card, "Leave it");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "Settled meanwhile: settled: it was found on the platform.");

    let (_, action) = unknown(&world).await;
    told(&world, &chat).await;
    let settled =
        world.casework.settle(&world.brand, &action.id, None, Decision::Cancel, &World::eva()).await;
    assert_eq!(settled.unwrap(), Settling::Settled);
    let edited = followed(&world, &chat).await;
    assert!(edited.text.starts_with("<b>#2") && edited.text.contains("Eva leaves it"), "{}", edited.text);
});

on_each_engine!(told_to_wait_moved_lost_or_gone_the_unknown_is_told_all_the_same, |world| {
    let (_, action) = unknown(&world).await;
    let chat = world.chat();
    let worker = world.worker(&chat);
    world.clock.advance(Span::seconds(25));
    world.tell_unknown().await;
    let alert = world.actions("alert").await.remove(0);
    world.fake.fault(Fault::TooMany(7));
    worker.run_once().await.unwrap();
    let waiting = world.action(&alert.id).await;
    assert_eq!(
        (waiting.state.as_str(), waiting.not_before),
        ("ready", world.clock.now().plus(Span::seconds(7)).millis())
    );
    world.clock.advance(Span::seconds(7));
    world.fake.fault(Fault::Lost);
    worker.run_once().await.unwrap();
    world.clock.advance(Span::seconds(10));
    world.fake.fault(Fault::Migrate(-2002));
    worker.run_once().await.unwrap();
    let card = world.fake.told().pop().unwrap();
    assert_eq!(card.chat, -2002);
    assert!(card.text.ends_with("(repeat)"), "{}", card.text);
    assert_eq!(world.action(&alert.id).await.state, "done");
    world.fake.press(JAN, &card, "Leave it");
    take_in(&chat).await;
    assert_eq!(world.action(&action.id).await.state, "cancelled");
    // A message that is gone is not edited for ever.
    world.fake.ledger.lock().unwrap().told.clear();
    world.clock.advance(Span::seconds(6));
    chat.follower.run_once().await.unwrap();
    let stale: Vec<(String,)> =
        world.rows("SELECT message FROM chat_card WHERE stale_at IS NOT NULL".into()).await;
    assert_eq!(stale, []);

    let (_, _) = unknown(&world).await;
    world.clock.advance(Span::seconds(25));
    world.tell_unknown().await;
    world.fake.fault(Fault::Blocked);
    worker.run_once().await.unwrap();
    let alert = world.actions("alert").await.pop().unwrap();
    assert_eq!(alert.state, "refused");
});
