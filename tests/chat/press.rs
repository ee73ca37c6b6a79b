//! Buttons and commands: who may, once, on what was seen, and over a kill.

use crate::fake::{Fake, Fault, Told};
use crate::world::{EVA, JAN, LEAD, TEAM, World};
use tokio_util::sync::CancellationToken;
use webcared::casework::{Act, Actor};
use webcared::chat::Chat;
use webcared::chat::updates::FetchError;
use webcared::clock::Clock;
use webcared::domain::ids::PersonId;
use webcared::domain::time::Span;
use webcared::store::rows::CaseRow;

pub async fn alerted(world: &World) -> (CaseRow, Chat, Told) {
    let case = world.case(1).await;
    world.alert(std::slice::from_ref(&case)).await;
    let chat = world.chat();
    world.worker(&chat).run_once().await.unwrap();
    let told = world.fake.told().pop().unwrap();
    (case, chat, told)
}

pub async fn take_in(chat: &Chat) {
    chat.updates.fetch().await.unwrap();
    chat.updates.handle_waiting(&CancellationToken::new()).await.unwrap();
}

pub fn last_answer(world: &World) -> String {
    world.fake.answers().pop().map(|(_, text)| text).unwrap_or_default()
}

on_each_engine!(a_claim_by_button_is_a_claim_and_the_card_says_so, |world| {
    let (case, chat, told) = alerted(&world).await;
    world.fake.press(JAN, &told, "Claim");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1 is yours.");
    let stored = world.stored(&case.id).await;
    assert_eq!(
        (stored.state.as_str(), stored.claimed_by.as_deref()),
        ("working", Some("per_00000000000000000000000jan"))
    );
    // Not within three seconds of the message; then once.
    world.clock.advance(Span(2_500));
    assert_eq!(chat.follower.run_once().await.unwrap(), 0);
    world.clock.advance(Span::seconds(4));
    assert_eq!(chat.follower.run_once().await.unwrap(), 1);
    let edited = world.fake.told().pop().unwrap();
    assert!(edited.text.contains("claimed by Jan"), "{}", edited.text);
    world.clock.advance(Span::seconds(4));
    assert_eq!(chat.follower.run_once().await.unwrap(), 0, "nothing new to say");
    assert_eq!(world.fake.told().pop().unwrap().edits.len(), 1);
});

on_each_engine!(pressing_twice_acts_once_and_strangers_do_nothing, |world| {
    let (case, chat, told) = alerted(&world).await;
    for user in [99, 79] {
        world.fake.press(user, &told, "Claim");
        take_in(&chat).await;
        assert_eq!(last_answer(&world), "You are not allowed to do this.");
    }
    assert_eq!(world.stored(&case.id).await.claimed_by, None);
    world.fake.press(JAN, &told, "Claim");
    world.fake.press(JAN, &told, "Claim");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    assert_eq!(world.events(&case).await.len(), 1);
    assert_eq!(world.fake.answers().len(), 4, "every press is answered");
    // Data that we never gave out, and a message that does not list the case.
    world.fake.press_data(JAN, TEAM, told.id, "1:x:y:z");
    world.fake.press_data(
        JAN,
        TEAM,
        999,
        told.keyboard["inline_keyboard"][0][0]["callback_data"].as_str().unwrap(),
    );
    take_in(&chat).await;
    assert!(last_answer(&world).starts_with("This button"), "{}", last_answer(&world));
    assert_eq!(world.events(&case).await.len(), 1);
});

on_each_engine!(a_stale_press_is_told_what_changed, |world| {
    let (case, chat, told) = alerted(&world).await;
    let eva = Actor { person: PersonId::stored("per_00000000000000000000000eva".into()), lead: false };
    world.casework.act(&case.brand_id, &case.id, 1, &eva, Act::Claim { until: None }).await.unwrap();
    world.fake.press(JAN, &told, "Claim");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "Changed meanwhile: claimed. Claimed by Eva.");
    // The card follows; on the new version the claim is still somebody else's.
    world.clock.advance(Span::seconds(4));
    chat.follower.run_once().await.unwrap();
    let told = world.fake.told().pop().unwrap();
    world.fake.press(JAN, &told, "Give back");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "Not possible: claimed by Eva.");
    assert_eq!(world.stored(&case.id).await.claimed_by.as_deref(), Some(eva.person.as_str()));
});

on_each_engine!(dismissing_asks_why_first, |world| {
    let (case, chat, told) = alerted(&world).await;
    world.fake.press(EVA, &told, "Dismiss");
    take_in(&chat).await;
    let asked = world.fake.told().pop().unwrap();
    assert!(asked.keyboard.to_string().contains("not about us"));
    assert_eq!(asked.text, told.text);
    world.fake.press(EVA, &asked, "Back");
    take_in(&chat).await;
    let back = world.fake.told().pop().unwrap();
    assert!(back.keyboard.to_string().contains("Claim"));
    world.fake.press(EVA, &asked, "not about us");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1 is dismissed.");
    let stored = world.stored(&case.id).await;
    assert_eq!((stored.state.as_str(), stored.ended_why.as_deref()), ("dismissed", Some("not about us")));
    world.clock.advance(Span::seconds(4));
    chat.follower.run_once().await.unwrap();
    let told = world.fake.told().pop().unwrap();
    assert!(told.text.contains("dismissed: not about us"), "{}", told.text);
    assert!(!told.keyboard.to_string().contains("Claim"));
});

on_each_engine!(a_press_outlives_a_kill_between_storing_and_handling, |world| {
    let (case, chat, told) = alerted(&world).await;
    world.fake.press(JAN, &told, "Claim");
    chat.updates.fetch().await.unwrap();
    assert_eq!(world.fake.waiting(), 1, "not acknowledged before it was stored");
    drop(chat);
    let chat = world.chat();
    assert_eq!(chat.updates.handle_waiting(&CancellationToken::new()).await.unwrap(), 1);
    assert_eq!(world.events(&case).await.len(), 1);
    // The next request acknowledges; the update that the platform gives once more is not handled again.
    chat.updates.fetch().await.unwrap();
    assert_eq!(chat.updates.handle_waiting(&CancellationToken::new()).await.unwrap(), 0);
    assert_eq!(world.fake.waiting(), 0);
    assert_eq!(world.fake.answers().len(), 1);
    // A kill between the act and its settling: handled again, with no second effect.
    let sql = "SELECT body FROM chat_update WHERE settled_at IS NOT NULL";
    let bodies: Vec<(String,)> = world.rows(sql.into()).await;
    assert_eq!(bodies, [(String::new(),)], "what was said is forgotten once it is settled");
    world.fake.press(JAN, &told, "Claim");
    take_in(&chat).await;
    assert_eq!(world.events(&case).await.len(), 1);
});

on_each_engine!(another_bot_is_heard_by_its_own_count, |world| {
    let (case, chat, old) = alerted(&world).await;
    take_in(&chat).await;
    let now = world.clock_now().millis();
    let told = format!("'telegram', 900000, '', {now}, {now}");
    let sql = "INSERT INTO chat_update (credential, update_id, body, received_at, settled_at) VALUES";
    world.exec(format!("{sql} ({told})")).await;
    world.exec("UPDATE meta SET value = '999' WHERE name = 'chat:telegram:bot'".into()).await;
    world.clock.advance(Span::minutes(1));
    let chat = world.chat();
    let other = world.case(1).await;
    world.alert(std::slice::from_ref(&other)).await;
    world.worker(&chat).run_once().await.unwrap();
    let card = world.fake.told().pop().unwrap();
    world.fake.press(JAN, &card, "Claim");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#2 is yours.");
    // The message with that number is another one's.
    world.fake.press(JAN, &old, "Claim");
    take_in(&chat).await;
    assert_eq!(world.stored(&case.id).await.claimed_by, None);
});

on_each_engine!(two_that_ask_for_updates_are_told_apart, |world| {
    let (case, chat, told) = alerted(&world).await;
    world.fake.press(JAN, &told, "Claim");
    world.fake.ledger.lock().unwrap().poll_faults.push_back(Fault::Conflict);
    let error = chat.updates.fetch().await.unwrap_err();
    assert!(matches!(error, FetchError::Trouble(webcared::chat::bot::Trouble::Conflict(_))), "{error}");
    take_in(&chat).await;
    assert_eq!(world.events(&case).await.len(), 1);
});

on_each_engine!(commands_are_answered_in_our_chats_only, |world| {
    let (_, chat, _) = alerted(&world).await;
    world.case(4).await;
    world.clock.advance(Span::seconds(5));
    world.fake.say(JAN, TEAM, "/open@webcared_bot");
    take_in(&chat).await;
    let open = world.fake.told().pop().unwrap();
    assert!(
        open.text.contains("2 open that need an answer") && open.text.contains(">#2</a>"),
        "{}",
        open.text
    );
    world.clock.advance(Span::seconds(5));
    world.fake.say(1, LEAD, "/today");
    take_in(&chat).await;
    let today = world.fake.told().pop().unwrap();
    assert_eq!(today.chat, LEAD);
    assert!(today.text.contains("2 posts, 2 need an answer"), "{}", today.text);
    let before = world.fake.told().len();
    world.fake.say(99, 99, "/open");
    world.fake.say(JAN, TEAM, "private talk of colleagues");
    assert_eq!(chat.updates.fetch().await.unwrap(), 0, "neither is for us");
    assert_eq!(world.fake.told().len(), before);
    let sql = "SELECT body FROM chat_update WHERE body <> '' OR settled_at IS NULL";
    let kept: Vec<(String,)> = world.rows(sql.into()).await;
    assert_eq!(kept, []);
});

on_each_engine!(a_list_follows_its_cases_too, |world| {
    let chat = world.chat();
    let cases = [world.case(1).await, world.case(2).await];
    world.alert(&cases).await;
    world.worker(&chat).run_once().await.unwrap();
    let told = world.fake.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].keyboard.is_null());
    let eva = Actor { person: PersonId::stored("per_00000000000000000000000eva".into()), lead: false };
    world.clock.advance(Span::seconds(4));
    world.casework.act(&cases[1].brand_id, &cases[1].id, 1, &eva, Act::Claim { until: None }).await.unwrap();
    assert_eq!(chat.follower.run_once().await.unwrap(), 1);
    assert!(world.fake.told()[0].text.contains("· Eva"), "{}", world.fake.told()[0].text);
    // After two days it is left alone.
    world.clock.advance(Span::hours(49));
    world.casework.act(&cases[0].brand_id, &cases[0].id, 1, &eva, Act::Claim { until: None }).await.unwrap();
    assert_eq!(chat.follower.run_once().await.unwrap(), 0);
});

/// Lets the follower do its work after the least time between two edits, and gives the last message.
pub async fn followed(world: &World, chat: &Chat) -> Told {
    world.clock.advance(Span::seconds(6));
    chat.follower.run_once().await.unwrap();
    world.fake.told().pop().unwrap()
}

on_each_engine!(once_claimed_a_card_offers_to_give_back, |world| {
    let (case, chat, told) = alerted(&world).await;
    assert_eq!(Fake::buttons(&told), ["Claim", "Snooze", "Dismiss", "Open"]);
    world.fake.press(JAN, &told, "Claim");
    take_in(&chat).await;
    let claimed = followed(&world, &chat).await;
    assert_eq!(Fake::buttons(&claimed), ["Give back", "Snooze", "Open"]);
    world.fake.press(JAN, &claimed, "Give back");
    world.take_in_twice(&chat).await;
    assert_eq!(world.stored(&case.id).await.claimed_by, None);
    let answers: Vec<String> = world.fake.answers().into_iter().map(|(_, text)| text).collect();
    assert_eq!(answers, ["#1 is yours.", "#1 is given back.", "You did this already."]);
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["claim", "release"]);
    assert_eq!(Fake::buttons(&followed(&world, &chat).await), ["Claim", "Snooze", "Dismiss", "Open"]);
});

on_each_engine!(snoozing_asks_for_how_long_and_happens_once, |world| {
    let (case, chat, told) = alerted(&world).await;
    world.fake.press(JAN, &told, "Snooze");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "For how long?");
    let asked = world.fake.told().pop().unwrap();
    assert_eq!(Fake::buttons(&asked), ["15 min", "1 h", "4 h", "Back"]);
    assert_eq!(asked.text, told.text);
    world.fake.press(JAN, &asked, "1 h");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    let stored = world.stored(&case.id).await;
    assert_eq!(stored.snoozed_until, Some(world.clock.now().plus(Span::hours(1)).millis()));
    assert_eq!((stored.state.as_str(), stored.due_at), ("new", case.due_at), "its clocks run on");
    assert_eq!(world.events(&case).await.len(), 1);
    let card = followed(&world, &chat).await;
    assert!(card.text.contains("snoozed until 11:30"), "{}", card.text);
    assert_eq!(Fake::buttons(&card), ["Claim", "Snooze", "Dismiss", "Open"]);
    // What was seen before is stale for others.
    world.fake.press(EVA, &asked, "4 h");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "Changed meanwhile: snoozed.");
});

on_each_engine!(a_card_whose_buttons_cannot_be_read_is_edited_without_them_and_once, |world| {
    let (case, chat, _) = alerted(&world).await;
    world.act(&case, &World::jan(), Act::Claim { until: None }).await;
    world.fake.fault(Fault::Markup);
    world.fake.fault(Fault::Markup);
    world.clock.advance(Span::seconds(5));
    assert_eq!(chat.follower.run_once().await.unwrap(), 1);
    let card = world.fake.told().pop().unwrap();
    assert!(card.text.contains("claimed by Jan") && Fake::buttons(&card).is_empty(), "{card:?}");
    world.clock.advance(Span::seconds(10));
    assert_eq!(chat.follower.run_once().await.unwrap(), 0, "it says what is true");
});

on_each_engine!(a_card_tells_what_happened_to_its_case_and_by_whom, |world| {
    let (case, chat, _) = alerted(&world).await;
    world.act(&case, &World::jan(), Act::Note { text: "secret words of a colleague".into() }).await;
    let card = followed(&world, &chat).await;
    assert!(card.text.contains("note by Jan") && !card.text.contains("secret"), "{}", card.text);
    let action = world.answer(&case, &World::jan(), "We look into it").await;
    let card = followed(&world, &chat).await;
    assert!(card.text.contains("answer on its way, written by Jan"), "{}", card.text);
    assert!(!card.text.contains("look into"), "{}", card.text);
    // The card is edited at most every few seconds, so the answer is called back while it waits.
    world
        .exec(format!("UPDATE action SET not_before = not_before + 600000 WHERE id = '{}'", action.id))
        .await;
    world.act(&case, &World::jan(), Act::Undo { action: action.id }).await;
    let card = followed(&world, &chat).await;
    assert!(card.text.contains("answer called back by Jan"), "{}", card.text);
    let now = world.clock.now().millis();
    let answered = |row: &mut CaseRow| {
        row.first_answer_at = Some(now);
        row.due_at = None;
    };
    let eva = Some("per_00000000000000000000000eva");
    world.happened(&case, "answer_seen", ("person", eva), answered).await;
    let card = followed(&world, &chat).await;
    assert!(card.text.contains("answered by Eva"), "{}", card.text);
    // Somebody of us typed the last one in the platform's own app: nobody knows who.
    world.happened(&case, "answer_seen", ("rule", Some("seen_on_platform")), |_| ()).await;
    let card = followed(&world, &chat).await;
    assert!(card.text.contains("answered") && !card.text.contains("answered by"), "{}", card.text);
    world.happened(&case, "reopen", ("rule", Some("answer_removed")), |row| row.due_at = Some(now)).await;
    let card = followed(&world, &chat).await;
    assert!(card.text.contains("our answer was removed there"), "{}", card.text);
});

on_each_engine!(what_its_author_took_back_vanishes_from_cards_of_any_age, |world| {
    let mut world = world;
    world.config.excerpt = webcared::chat::config::Excerpt::Masked;
    let (case, chat, told) = alerted(&world).await;
    assert!(told.text.contains("secret words of a customer"), "{}", told.text);
    world.clock.advance(Span::hours(72));
    chat.follower.run_once().await.unwrap();
    let now = world.clock.now();
    let seq: Vec<(i64,)> = world.rows("SELECT seq FROM mention".into()).await;
    let changes = webcared::store::taken::Changes {
        deleted: vec![(case.first_mention_id.clone(), seq[0].0, now.millis())],
        forgotten: vec![(format!("{}/1", case.first_mention_id),)],
        ..Default::default()
    };
    let write = world.db().write("taking away", move |tx| {
        Box::pin(async move { webcared::store::taken::write(tx, &changes, now).await })
    });
    write.await.unwrap();
    world.happened(&case, "removed", ("customer", None), |_| ()).await;
    let card = followed(&world, &chat).await;
    assert!(card.text.contains("removed by its author") && !card.text.contains("secret"), "{}", card.text);
    // A message that is gone itself is left alone, and nothing is tried for ever.
    world.fake.ledger.lock().unwrap().told.clear();
    world.act(&case, &World::eva(), Act::Claim { until: None }).await;
    world.clock.advance(Span::seconds(6));
    chat.follower.run_once().await.unwrap();
    let stale: Vec<(String,)> =
        world.rows("SELECT message FROM chat_card WHERE stale_at IS NOT NULL".into()).await;
    assert_eq!(stale, []);
});
