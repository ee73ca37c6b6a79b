//! Answers that wait for a colleague: who sees them, what of them, who lets them go, and what their writer hears.

use crate::commands::ask;
use crate::fake::{Fake, Told};
use crate::press::{last_answer, take_in};
use crate::world::{EVA, JAN, NEW, TEAM, World};
use webcared::casework::{Act, Actor, Answer};
use webcared::chat::Chat;
use webcared::domain::audit::{Caller, Via};
use webcared::domain::ids::PersonId;
use webcared::domain::role::Role;
use webcared::domain::time::Span;
use webcared::store::rows::CaseRow;

const WORDS: &str = "Hello Mia, mail mia@example.org";

/// A newcomer writes an answer, which waits.
async fn waits(world: &World, text: &str) -> CaseRow {
    let case = world.case(2).await;
    world.customer("help", "Mia Janssen").await;
    let who = Actor { person: PersonId::stored("per_00000000000000000000000new".into()), lead: false };
    let caller = Caller {
        via: Via::Console,
        person: who.person.to_string(),
        role: Some(Role::Newcomer),
        ..Caller::default()
    };
    let act = Act::Answer(Answer { text: text.into(), ..Answer::default() });
    let seen = world.stored(&case.id).await.version;
    world.casework.called(caller).act(&case.brand_id, &case.id, seen, &who, act).await.unwrap();
    case
}

/// What came into a chat since.
async fn told(world: &World, chat: &Chat) -> Vec<Told> {
    let before = world.fake.told().len();
    world.clock.advance(Span::seconds(5));
    world.drain(&world.worker(chat)).await;
    let mut all = world.fake.told().split_off(before);
    // Each chat is told by itself; which of them first is nobody's business.
    all.sort_by_key(|t| t.chat);
    all
}

async fn posts(world: &World) -> Vec<String> {
    for _ in 0..3 {
        world.clock.advance(Span::seconds(6));
        world.sender().run_once().await.unwrap();
    }
    world.toot.posts()
}

async fn start(world: &World, chat: &Chat, users: &[i64]) {
    world.newcomer().await;
    for user in users {
        ask(world, chat, *user, *user, "/start").await;
    }
}

on_each_engine!(a_group_sees_it_covered_and_a_colleague_whole, |world| {
    let chat = world.chat();
    start(&world, &chat, &[EVA, NEW]).await;
    waits(&world, WORDS).await;
    let all = told(&world, &chat).await;
    assert_eq!(all.iter().map(|t| t.chat).collect::<Vec<_>>(), [TEAM, EVA], "not its writer");
    let (group, eva) = (&all[0], &all[1]);
    assert!(
        group.text.starts_with("<b>Answer to #1 · Acme &amp; Co waits for a colleague</b>"),
        "{}",
        group.text
    );
    assert!(
        group.text.contains("Hello •••, mail •••") && group.text.contains("by Noa · newcomer"),
        "{}",
        group.text
    );
    assert!(eva.text.contains("Hello Mia, mail mia@example.org"), "{}", eva.text);
    assert_eq!(Fake::buttons(group), ["Approve", "Send back", "Show in private", "Open"]);
    assert_eq!(Fake::buttons(eva), ["Approve", "Send back", "Open"]);
    // Whoever has no private chat is told to begin one; then it stands there.
    world.fake.press(JAN, group, "Show in private");
    take_in(&chat).await;
    assert!(last_answer(&world).contains("/start"), "{}", last_answer(&world));
    ask(&world, &chat, JAN, JAN, "/start").await;
    world.fake.press(JAN, group, "Show in private");
    take_in(&chat).await;
    let shown = told(&world, &chat).await;
    assert_eq!((shown.len(), shown[0].chat), (1, JAN));
    assert!(shown[0].text.contains("mia@example.org"), "{}", shown[0].text);
});

on_each_engine!(approved_it_goes_once_and_its_writer_hears_it, |world| {
    let chat = world.chat();
    start(&world, &chat, &[NEW]).await;
    waits(&world, "Hello, we look into it").await;
    let card = told(&world, &chat).await.remove(0);
    assert!(posts(&world).await.is_empty());
    for (user, answer) in [(NEW, "You are not allowed to do this."), (79, "You are not allowed to do this.")]
    {
        world.fake.press(user, &card, "Approve");
        take_in(&chat).await;
        assert_eq!(last_answer(&world), answer);
    }
    world.fake.press(EVA, &card, "Approve");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    assert_eq!(posts(&world).await, ["@mia Hello, we look into it"]);
    let heard = told(&world, &chat).await;
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].chat, NEW);
    assert!(
        heard[0].text.starts_with("Your answer to #1 · Acme &amp; Co was approved by Eva"),
        "{}",
        heard[0].text
    );
    // The card says so, without words and buttons.
    chat.follower.run_once().await.unwrap();
    let card = world.fake.told().into_iter().find(|t| t.id == card.id).unwrap();
    assert!(card.text.contains("approved by Eva") && !card.text.contains("look into"), "{}", card.text);
    assert_eq!(Fake::buttons(&card), ["Open"]);
    world.fake.press_data(JAN, TEAM, card.id, &format!("1:{}:9:a", &world_case(&world).await[4..]));
    take_in(&chat).await;
    assert!(last_answer(&world).starts_with("Settled meanwhile: approved by Eva"), "{}", last_answer(&world));
});

async fn world_case(world: &World) -> String {
    world.rows::<(String,)>("SELECT id FROM cases".into()).await.remove(0).0
}

on_each_engine!(it_goes_back_with_the_reason_that_somebody_types, |world| {
    let chat = world.chat();
    start(&world, &chat, &[NEW]).await;
    let case = waits(&world, "Hello").await;
    let card = told(&world, &chat).await.remove(0);
    // A reply before the press is talk, and so is that of somebody who was not asked.
    world.fake.reply(EVA, &card, "looks good");
    take_in(&chat).await;
    world.fake.press(EVA, &card, "Send back");
    take_in(&chat).await;
    assert!(last_answer(&world).starts_with("Reply to this message"), "{}", last_answer(&world));
    world.fake.reply(JAN, &card, "no");
    take_in(&chat).await;
    assert_eq!(world.rows::<(String,)>("SELECT state FROM guard_pass".into()).await[0].0, "asked");
    // What happened since is seen first.
    world.act(&case, &World::jan(), Act::Note { text: "she called".into() }).await;
    world.clock.advance(Span::seconds(30));
    world.fake.reply(EVA, &card, "Too short, say until when");
    take_in(&chat).await;
    let moved = world.fake.told().pop().unwrap().text;
    assert!(moved.contains("has changed since"), "{moved}");
    world.clock.advance(Span::seconds(30));
    chat.follower.run_once().await.unwrap();
    let fresh = world.fake.told().into_iter().find(|t| t.id == card.id).unwrap();
    world.fake.press(EVA, &fresh, "Send back");
    take_in(&chat).await;
    world.clock.advance(Span::seconds(30));
    world.fake.reply(EVA, &fresh, "Too short, say until when");
    take_in(&chat).await;
    assert_eq!(world.rows::<(String,)>("SELECT state FROM guard_pass".into()).await[0].0, "refused");
    assert!(posts(&world).await.is_empty());
    let heard = told(&world, &chat).await.remove(0);
    assert_eq!(heard.chat, NEW);
    assert!(heard.text.contains("Eva sent your answer to #1"), "{}", heard.text);
    assert!(heard.text.contains("Why: Too short, say until when"), "{}", heard.text);
});

on_each_engine!(who_is_on_duty_is_asked_first_and_approvals_lists_what_waits, |world| {
    let chat = world.chat();
    start(&world, &chat, &[EVA, JAN]).await;
    ask(&world, &chat, JAN, JAN, "/on").await;
    waits(&world, "Hello").await;
    let chats: Vec<i64> = told(&world, &chat).await.into_iter().map(|t| t.chat).collect();
    assert_eq!(chats, [TEAM, JAN], "Eva is not on");
    let head = ask(&world, &chat, EVA, EVA, "/approvals").await.unwrap().text;
    assert_eq!(head, "1 answers wait for a colleague:");
    let listed = told(&world, &chat).await;
    assert!(listed.len() == 1 && listed[0].chat == EVA && listed[0].text.contains("Hello"), "{listed:?}");
    let none = ask(&world, &chat, NEW, TEAM, "/approvals").await.unwrap().text;
    assert_eq!(none, "You are not allowed to do this.");
    world.fake.press(EVA, &listed[0], "Approve");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "The answer to #1 goes.");
    assert_eq!(posts(&world).await.len(), 1);
    // Its writer has no private chat: the team hears it.
    let heard = told(&world, &chat).await.remove(0);
    assert!(heard.chat == TEAM && heard.text.contains("the answer by Noa was approved by Eva"), "{heard:?}");
    assert_eq!(ask(&world, &chat, EVA, EVA, "/approvals").await.unwrap().text, "No answer waits for you.");
});

on_each_engine!(a_newcomer_writes_in_the_chat_and_it_waits, |world| {
    let mut world = world;
    world.from_chat = true;
    let chat = world.chat();
    start(&world, &chat, &[]).await;
    let case = world.case(1).await;
    world.alert(std::slice::from_ref(&case)).await;
    world.worker(&chat).run_once().await.unwrap();
    let card = world.fake.told().pop().unwrap();
    world.clock.advance(Span::seconds(5));
    world.fake.reply(NEW, &card, "Hello there");
    take_in(&chat).await;
    let preview = world.fake.told().pop().unwrap();
    world.fake.press(NEW, &preview, "Send");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "The answer to #1 waits for a colleague.");
    assert!(posts(&world).await.is_empty());
    assert_eq!(world.rows::<(String,)>("SELECT state FROM guard_pass".into()).await[0].0, "asked");
});
