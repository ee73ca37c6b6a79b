//! Answering customers from the chat: off, on, refused, and exactly one post whatever happens.

use crate::fake::{Fake, Told};
use crate::press::{alerted, last_answer, take_in};
use crate::world::{EVA, JAN, TEAM, World};
use webcared::casework::Act;
use webcared::chat::Chat;
use webcared::domain::time::Span;
use webcared::store::rows::CaseRow;

async fn on(world: World) -> (World, CaseRow, Chat, Told) {
    let mut world = world;
    world.from_chat = true;
    let (case, chat, told) = alerted(&world).await;
    world.clock.advance(Span::seconds(5));
    (world, case, chat, told)
}

/// What a reply to a card is answered with.
async fn reply(world: &World, chat: &Chat, card: &Told, text: &str) -> Told {
    world.clock.advance(Span::seconds(5));
    let before = world.fake.told().len();
    world.fake.reply(JAN, card, text);
    take_in(chat).await;
    let told = world.fake.told();
    assert_eq!(told.len(), before + 1);
    told.last().cloned().unwrap()
}

async fn words_kept(world: &World) -> Vec<(String,)> {
    world.rows("SELECT body FROM content WHERE id LIKE 'chat/%'".into()).await
}

/// All that the account sent, once everything has had its time.
async fn posts(world: &World) -> Vec<String> {
    for _ in 0..5 {
        world.clock.advance(Span::seconds(6));
        world.sender().run_once().await.unwrap();
    }
    world.toot.posts()
}

on_each_engine!(off_a_reply_gets_one_line_and_nothing_is_kept, |world| {
    let (case, chat, card) = alerted(&world).await;
    let told = reply(&world, &chat, &card, "Hello, we look into it").await;
    assert_eq!(told.text, "Answering from the chat is off. Open the case to answer.");
    assert!(told.keyboard.is_null());
    assert_eq!((words_kept(&world).await, world.events(&case).await.len()), (vec![], 0));
    let kept: Vec<(String,)> = world.rows("SELECT body FROM chat_update WHERE body <> ''".into()).await;
    assert_eq!(kept, []);
    assert!(posts(&world).await.is_empty());
    // A reply to something that is no card is talk.
    let before = world.fake.told().len();
    world.fake.reply(JAN, &told, "well");
    take_in(&chat).await;
    assert_eq!(world.fake.told().len(), before);
});

on_each_engine!(on_a_reply_becomes_a_preview_and_send_one_post, |world| {
    let (world, case, chat, card) = on(world).await;
    let preview = reply(&world, &chat, &card, "Hello <b>, we look\ninto it").await;
    println!("{}", preview.text);
    assert!(preview.text.starts_with("<b>Answer to #1 · Acme &amp; Co</b>"), "{}", preview.text);
    assert!(
        preview.text.contains("as @acme@toot.example · unlisted · 31 of 60 characters"),
        "{}",
        preview.text
    );
    assert!(preview.text.ends_with("@… Hello &lt;b&gt;, we look\ninto it"), "{}", preview.text);
    assert_eq!(Fake::buttons(&preview), ["Send", "Cancel"]);
    assert!(posts(&world).await.is_empty(), "typing alone sends nothing");
    // Only who wrote it sends it.
    world.fake.press(EVA, &preview, "Send");
    take_in(&chat).await;
    assert!(last_answer(&world).starts_with("Only who wrote it"), "{}", last_answer(&world));
    world.fake.press(99, &preview, "Send");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "You are not allowed to do this.");
    world.fake.press(JAN, &preview, "Send");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    assert_eq!(posts(&world).await, ["@mia Hello <b>, we look\ninto it"]);
    assert_eq!(words_kept(&world).await, []);
    let ended = world.fake.told().into_iter().find(|t| t.id == preview.id).unwrap();
    assert_eq!(ended.text, "#1: the answer by Jan is on its way as @acme@toot.example.");
    assert!(ended.keyboard.is_null());
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["claim", "answer_queued"]);
    assert_eq!(world.actions("reply").await.len(), 1);
});

on_each_engine!(two_previews_of_one_answer_send_it_once, |world| {
    let (world, _, chat, card) = on(world).await;
    let one = reply(&world, &chat, &card, "Hello").await;
    let two = reply(&world, &chat, &card, "Hello").await;
    for preview in [&one, &two] {
        world.fake.press(JAN, preview, "Send");
        take_in(&chat).await;
    }
    assert_eq!(last_answer(&world), "You did this already.");
    assert_eq!(posts(&world).await.len(), 1);
    // A new preview after that: somebody has answered this message.
    let three = reply(&world, &chat, &card, "Hello again").await;
    world.fake.press(JAN, &three, "Send");
    take_in(&chat).await;
    assert!(
        last_answer(&world).starts_with("Not sent: an answer to this message"),
        "{}",
        last_answer(&world)
    );
    assert_eq!(posts(&world).await.len(), 1);
});

on_each_engine!(a_long_answer_goes_in_parts_by_a_press_that_says_so, |world| {
    let (world, case, chat, card) = on(world).await;
    world.toot.0.lock().unwrap().threads = true;
    let long = "We looked into your parcel today. It is on its way to you. It is not wet at all.";
    let preview = reply(&world, &chat, &card, long).await;
    assert!(preview.text.contains("Too long for one post: it goes in 2 parts"), "{}", preview.text);
    assert!(preview.text.contains("@… We looked"), "{}", preview.text);
    assert!(preview.text.contains("1/2") && preview.text.contains("2/2"), "{}", preview.text);
    assert_eq!(Fake::buttons(&preview), ["Send in 2 parts", "Cancel"]);
    assert!(posts(&world).await.is_empty(), "typing alone sends nothing");
    world.fake.press(JAN, &preview, "Send in 2 parts");
    take_in(&chat).await;
    let sent = posts(&world).await;
    assert!(!sent.is_empty() && sent[0].starts_with("@mia We looked"), "{sent:?}");
    assert_eq!(world.actions("reply").await.len(), 2, "one for each part");
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["claim", "answer_queued"]);
    // What fits goes as it always did.
    let short = reply(&world, &chat, &card, "Hello").await;
    assert_eq!(Fake::buttons(&short), ["Send", "Cancel"]);
});

on_each_engine!(what_cannot_go_is_refused_with_words, |world| {
    let (world, case, chat, card) = on(world).await;
    let long = reply(&world, &chat, &card, &"word ".repeat(20)).await;
    assert_eq!(long.text, "#1: not sent: too long (104 of 60 characters).");
    let data = reply(&world, &chat, &card, "Mail me at mia@example.org").await;
    assert_eq!(data.text, "#1: not sent: a public answer must not hold personal data (email).");
    assert!(long.keyboard.is_null() && data.keyboard.is_null());
    let preview = reply(&world, &chat, &card, "Hello").await;
    world.act(&case, &World::eva(), Act::Note { text: "I know this one".into() }).await;
    world.fake.press(JAN, &preview, "Send");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "Not sent: changed meanwhile: a note was written.");
    let preview = reply(&world, &chat, &card, "Hello").await;
    world.fake.press(EVA, &preview, "Cancel");
    take_in(&chat).await;
    let ended = world.fake.told().into_iter().find(|t| t.id == preview.id).unwrap();
    assert_eq!(ended.text, "#1: not sent, cancelled by Eva.");
    world.fake.press_data(JAN, TEAM, preview.id, &data_of(&preview, "Send"));
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "This is too old. Reply to the card again.");
    let old = reply(&world, &chat, &card, "Hello").await;
    world.clock.advance(Span::hours(25));
    world.fake.press(JAN, &old, "Send");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "This is too old. Reply to the card again.");
    assert_eq!((posts(&world).await, words_kept(&world).await), (Vec::<String>::new(), vec![]));
    // Who may not work proposes nothing.
    world.fake.reply(79, &card, "Hello");
    take_in(&chat).await;
    assert_eq!(world.fake.told().pop().unwrap().text, "You are not allowed to do this.");
});

on_each_engine!(words_that_nobody_sends_go_from_the_chat_too, |world| {
    let mut world = world;
    world.from_chat = true;
    let (_, chat, card) = alerted(&world).await;
    let cancelled = reply(&world, &chat, &card, "Hello").await;
    world.fake.press(JAN, &cancelled, "Cancel");
    take_in(&chat).await;
    let preview = reply(&world, &chat, &card, "Hello there").await;
    let says = async |id: i64| {
        chat.follower.run_once().await.unwrap();
        world.fake.told().into_iter().find(|t| t.id == id).unwrap().text
    };
    world.clock.advance(Span::hours(1));
    assert!(says(preview.id).await.contains("Hello there"));
    world.clock.advance(Span::hours(24));
    chat.maker.run_once().await.unwrap();
    assert_eq!(words_kept(&world).await, vec![]);
    assert_eq!(says(preview.id).await, "#1: not sent, this is too old. Reply again.");
    assert_eq!(says(cancelled.id).await, "#1: not sent, cancelled by Jan.");
});

on_each_engine!(what_is_erased_of_a_case_goes_from_previews, |world| {
    let mut world = world;
    world.from_chat = true;
    let (case, chat, card) = alerted(&world).await;
    let preview = reply(&world, &chat, &card, "Hello there").await;
    // As an erasure leaves it: the words are gone, and the messages of the case are looked at again.
    world.exec("DELETE FROM content WHERE id LIKE 'chat/%'".into()).await;
    let cards = format!("SELECT message FROM chat_card_case WHERE case_id = '{}'", case.id);
    world.exec(format!("UPDATE chat_card SET stale_at = 1 WHERE message IN ({cards})")).await;
    world.clock.advance(Span::seconds(10));
    chat.follower.run_once().await.unwrap();
    let told = world.fake.told().into_iter().find(|t| t.id == preview.id).unwrap();
    assert!(!told.text.contains("Hello") && Fake::buttons(&told).is_empty(), "{told:?}");
});

fn data_of(told: &Told, button: &str) -> String {
    let row = told.keyboard["inline_keyboard"][0].as_array().unwrap();
    row.iter().find(|b| b["text"] == button).unwrap()["callback_data"].as_str().unwrap().to_owned()
}

on_each_engine!(a_list_is_answered_by_number, |world| {
    let mut world = world;
    world.from_chat = true;
    let chat = world.chat();
    let cases = [world.case(1).await, world.case(2).await];
    world.alert(&cases).await;
    world.worker(&chat).run_once().await.unwrap();
    let list = world.fake.told().pop().unwrap();
    let which = reply(&world, &chat, &list, "Hello").await;
    assert!(which.text.starts_with("This message lists several cases"), "{}", which.text);
    let preview = reply(&world, &chat, &list, "#2 Hello").await;
    world.fake.press(JAN, &preview, "Send");
    take_in(&chat).await;
    assert_eq!(posts(&world).await, ["@mia Hello"]);
    assert_eq!(world.events(&cases[0]).await.len(), 0);
});

on_each_engine!(words_that_nobody_sent_are_forgotten_after_a_day, |world| {
    let (world, _, chat, card) = on(world).await;
    reply(&world, &chat, &card, "Hello").await;
    assert_eq!(words_kept(&world).await, [("Hello".to_owned(),)]);
    world.clock.advance(Span::hours(30));
    world.chat().maker.run_once().await.unwrap();
    assert_eq!(words_kept(&world).await, []);
});
