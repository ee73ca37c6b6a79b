//! Groups: privacy mode on, topics kept, and never personal data, whatever the bot has to say.

use crate::commands::ask;
use crate::fake::{Fake, Fault, Told};
use crate::press::{last_answer, take_in};
use crate::world::{EVA, JAN, NEW, TEAM, World};
use serde_json::json;
use webcared::alerting::{self, Team};
use webcared::casework::{Act, Answer, NewPromise};
use webcared::chat::config::{Excerpt, TeamChat};
use webcared::domain::delivery::Outcome;
use webcared::domain::ids::ActionId;
use webcared::domain::time::Span;
use webcared::sources::private::Reach;
use webcared::store::bulk;
use webcared::store::promise::Call;
use webcared::store::rows::ActionRow;

const TOPIC: i64 = 7;

on_each_engine!(privacy_mode_keeps_talk_from_the_bot_and_all_else_works, |world| {
    let mut world = world;
    world.from_chat = true;
    let (case, chat, card) = crate::press::alerted(&world).await;
    for talk in ["hello all", "who takes #1?"] {
        assert!(ask(&world, &chat, JAN, TEAM, talk).await.is_none());
    }
    assert_eq!(world.fake.ledger.lock().unwrap().withheld, 2);
    let late = ask(&world, &chat, JAN, TEAM, "/late@webcared_bot").await.unwrap();
    assert!(late.text.contains("late"), "{}", late.text);
    world.clock.advance(Span::seconds(5));
    world.fake.press(JAN, &card, "Claim");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1 is yours.");
    world.clock.advance(Span::seconds(5));
    world.fake.reply(JAN, &card, "Hello");
    take_in(&chat).await;
    let preview = world.fake.told().pop().unwrap();
    world.fake.press(JAN, &preview, "Send");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "The answer to #1 is on its way.");
    let _ = case;
});

on_each_engine!(what_is_said_in_a_topic_is_answered_there, |world| {
    let mut world = world;
    world.from_chat = true;
    world.config.teams = vec![
        TeamChat { chat: TEAM, topic: Some(7), ..TeamChat::default() },
        TeamChat { chat: TEAM, topic: Some(8), brands: vec!["Other".into()], ..TeamChat::default() },
    ];
    let topic =
        |n: i32| Team { chat: format!("{TEAM}/{n}"), credential: "telegram".into(), ..Team::default() };
    let chat = world.chat();
    let case = world.case(1).await;
    let now = world.clock_now();
    let rows: Vec<ActionRow> = alerting::arrival(&case, "Acme & Co", &[topic(7), topic(8)], &world.mint, now);
    let write =
        world.db().write("alerts", move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await }));
    write.await.unwrap();
    world.drain(&world.worker(&chat)).await;
    let told = world.fake.told();
    assert_eq!(told.iter().map(|t| t.topic).collect::<Vec<_>>(), [Some(7), Some(8)], "{told:?}");
    let (first, second) = (told[0].clone(), told[1].clone());
    // An alert that follows joins the message of its own topic.
    let other = world.case(1).await;
    let rows: Vec<ActionRow> =
        alerting::arrival(&other, "Acme & Co", &[topic(7)], &world.mint, world.clock_now());
    let write =
        world.db().write("alerts", move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await }));
    write.await.unwrap();
    world.drain(&world.worker(&chat)).await;
    let told = world.fake.told();
    assert!(told[0].text.contains("2 cases need you") && told.len() == 2, "{told:?}");
    assert_eq!(told[1].text, second.text);
    // Commands, replies and presses are answered in their topic, of the brands of that topic.
    for (place, wanted) in [(TOPIC, "2 open"), (8, "0 open")] {
        world.clock.advance(Span::seconds(10));
        world.fake.say_in(JAN, (TEAM, place), "/open");
        take_in(&chat).await;
        let answer = world.fake.told().pop().unwrap();
        assert!(answer.topic == Some(place) && answer.text.contains(wanted), "{answer:?}");
    }
    world.clock.advance(Span::seconds(10));
    world.fake.reply(JAN, &first, "#1 Hello");
    take_in(&chat).await;
    let preview = world.fake.told().pop().unwrap();
    assert_eq!((preview.topic, Fake::buttons(&preview).len()), (Some(TOPIC), 2));
});

on_each_engine!(what_is_for_a_topic_that_is_gone_is_told_in_the_group, |world| {
    let mut world = world;
    world.config.teams = vec![TeamChat { chat: TEAM, topic: Some(7), ..TeamChat::default() }];
    let chat = world.chat();
    let case = world.case(1).await;
    let topic = Team { chat: format!("{TEAM}/7"), credential: "telegram".into(), ..Team::default() };
    let rows: Vec<ActionRow> =
        alerting::arrival(&case, "Acme & Co", &[topic], &world.mint, world.clock_now());
    let write =
        world.db().write("alerts", move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await }));
    write.await.unwrap();
    world.fake.fault(Fault::NoTopic);
    world.drain(&world.worker(&chat)).await;
    let told = world.fake.told();
    assert_eq!(told.iter().map(|t| (t.chat, t.topic)).collect::<Vec<_>>(), [(TEAM, None)], "{told:?}");
    assert!(world.actions("alert").await.iter().all(|a| a.state == "done"), "it was told");
});

/// What must stand in no group: name, handle, telephone, mail, IBAN, order number.
const DATA: [&str; 8] =
    ["mia", "janssen", "0612345678", "12345678", "example.org", "nl91abna0417164300", "ab-98765", "1012ab"];
const WORDS: &str = "Mia Janssen here, @mia, call 0612345678 or mia@example.org, IBAN NL91ABNA0417164300, order AB-98765, 1012AB 5";

/// Puts messages into the outbox, as whoever makes them does.
async fn tell(world: &World, kind: &str, case: Option<&str>, bodies: Vec<serde_json::Value>) {
    let now = world.clock_now();
    let row = |mut body: serde_json::Value| {
        let id = world.mint.id(now, ActionId::new).to_string();
        let mut action = ActionRow::ready(id.clone(), &world.brand, kind, "telegram", id, now);
        body["chat"] = json!(TEAM.to_string());
        action.case_id = case.map(ToOwned::to_owned);
        action.payload = body.to_string();
        action
    };
    let rows: Vec<ActionRow> = bodies.into_iter().map(row).collect();
    let write =
        world.db().write("telling", move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await }));
    write.await.unwrap();
}

/// Presses a button of the last message that has it.
async fn press(world: &World, chat: &webcared::chat::Chat, user: i64, button: &str) {
    world.clock.advance(Span::seconds(30));
    chat.follower.run_once().await.unwrap();
    let has = |t: &&Told| t.chat == TEAM && Fake::buttons(t).iter().any(|b| b == button);
    let told = world.fake.told();
    let found = told.iter().rev().find(has).unwrap_or_else(|| panic!("no message has '{button}'"));
    world.fake.press(user, found, button);
    take_in(chat).await;
}

on_each_engine!(no_kind_of_message_to_a_group_holds_personal_data, |world| {
    let mut world = world;
    world.from_chat = true;
    world.config.excerpt = Excerpt::Masked;
    {
        let mut ledger = world.toot.0.lock().unwrap();
        (ledger.reach, ledger.roomy) = (Some(Reach::Open), true);
    }
    let mut catalogue = (*world.casework.catalogue().get()).clone();
    catalogue.brands[0].brand.references = vec!["AA-99999".into()];
    world.casework.catalogue().set(catalogue);
    world.newcomer().await;
    let chat = world.chat();
    let case = world.case(1).await;
    let (second, third) = (world.case(1).await, world.case(1).await);
    // What triage found in the words, as it stores it: all but the names.
    let found = webcared::casework::answering::guarded(WORDS, &["AA-99999".into()], &[]);
    let found = serde_json::to_string(&found).unwrap();
    world.exec(format!("UPDATE judgement SET personal_data = '{found}'")).await;
    world.customer(&WORDS.replace("Mia Janssen here, @mia, ", ""), "Mia Janssen").await;
    let shifted = webcared::casework::answering::guarded(
        &WORDS.replace("Mia Janssen here, @mia, ", ""),
        &["AA-99999".into()],
        &[],
    );
    let shifted = serde_json::to_string(&shifted).unwrap();
    world.exec(format!("UPDATE judgement SET personal_data = '{shifted}'")).await;
    world.exec("UPDATE cases SET needs_private = 1".into()).await;
    world.clock_of(&case).await;

    // Cards: one, then a list; breaches and warnings.
    world.alert(std::slice::from_ref(&case)).await;
    world.drain(&world.worker(&chat)).await;
    press(&world, &chat, JAN, "To private").await;
    press(&world, &chat, JAN, "Cancel").await;
    press(&world, &chat, JAN, "Claim").await;
    world.alert(&[second.clone(), third]).await;
    world.clock.advance(Span::minutes(2));
    world.drain(&world.worker(&chat)).await;
    // People write personal data into everything that they can write.
    world.act(&case, &World::jan(), Act::Note { text: WORDS.into() }).await;
    let call = NewPromise {
        text: WORDS.into(),
        due: world.clock_now().plus(Span::hours(2)),
        owed_by: "webcare".into(),
        act: "call".into(),
        call: Call { number: "0612345678".into(), whom: "Mia Janssen".into() },
        ..NewPromise::default()
    };
    world.act(&case, &World::jan(), Act::Promise(Box::new(call))).await;
    let raised = Act::RaiseFinding { owner: "jan".into(), text: WORDS.into() };
    world.act(&case, &World::jan(), raised).await;
    let finding: Vec<(String,)> = world.rows("SELECT id FROM finding".into()).await;
    tell(&world, "finding", None, vec![json!({ "finding": finding[0].0, "brand": world.brand })]).await;
    for kind in ["refused", "away", "silent", "late", "back"] {
        let body = json!({
            "source": "toots", "kind": kind, "why": "", "since": 0, "until": 5, "expected": 3, "posts": 2, "late": 1,
            "cases": [case.id, second.id], "more": 4,
        });
        tell(&world, "source", None, vec![body]).await;
    }
    tell(
        &world,
        "duty",
        None,
        vec![
            json!({ "kind": "nobody", "due": 2 }),
            json!({ "kind": "hour", "gaps": [{ "language": "nl", "from": 0, "until": 9_000_000, "tightest": 30 }] }),
        ],
    )
    .await;
    tell(
        &world,
        "digest",
        None,
        vec![json!({
            "chat": "", "cases": [case.id], "levels": [1, 0, 0, 0, 0], "kept": 1,
        })],
    )
    .await;
    tell(
        &world,
        "report",
        None,
        vec![json!({ "chat": "", "day": "2026-11-23", "from": 0, "to": 2_000_000_000_000_i64 })],
    )
    .await;
    // An answer of which nobody can tell.
    world.toot.outcome(Outcome::Unknown { evidence: "no answer for mia@example.org".into() });
    world.answer(&case, &World::jan(), "Hello, all is well").await;
    world.clock.advance(Span::seconds(10));
    world.sender().run_once().await.unwrap();
    world.clock.advance(Span::minutes(2));
    world.tell_unknown().await;
    // An answer that waits, sent back with a reason that quotes.
    world
        .act(
            &second,
            &World::jan(),
            Act::AskPass { answer: Answer { text: WORDS.into(), ..Answer::default() }, reason: WORDS.into() },
        )
        .await;
    world.clock.advance(Span::seconds(10));
    world.drain(&world.worker(&chat)).await;
    press(&world, &chat, EVA, "Send back").await;
    let waits =
        world.fake.told().into_iter().rev().find(|t| t.text.contains("waits for a colleague")).unwrap();
    world.clock.advance(Span::seconds(30));
    world.fake.reply(EVA, &waits, WORDS);
    take_in(&chat).await;
    world.drain(&world.worker(&chat)).await;
    // Replies to a card: refused for the data, and shown without a name.
    let card = world.fake.told().into_iter().find(|t| t.text.contains("P1")).unwrap();
    for text in [WORDS, "Dear Mia, we look into it"] {
        world.clock.advance(Span::minutes(1));
        world.fake.reply(JAN, &card, text);
        take_in(&chat).await;
    }
    for command in [
        "/open",
        "/mine",
        "/late",
        "/why 1",
        "/why 2",
        "/today",
        "/status",
        "/claim 2",
        "/snooze 1 1h",
        "/link 1 4711",
        "/promise 2 16:00 Mia 0612345678",
        "/calls",
        "/kept 1",
        "/private 2",
        "/approvals",
        "/duty",
        "/on",
        "/help",
        "/assign 2 eva Mia Janssen 0612345678",
        "/stop_sending mia@example.org",
        "/nothing@webcared_bot",
    ] {
        world.clock.advance(Span::seconds(30));
        for user in [JAN, EVA, NEW, 99] {
            world.clock.advance(Span::seconds(10));
            world.fake.say(user, TEAM, command);
            take_in(&chat).await;
        }
    }
    for _ in 0..5 {
        world.clock.advance(Span::seconds(30));
        chat.follower.run_once().await.unwrap();
        world.drain(&world.worker(&chat)).await;
    }
    let ledger = world.fake.ledger.lock().unwrap();
    let group = ledger.told.iter().filter(|t| t.chat < 0);
    let texts: Vec<&String> = group.flat_map(|t| t.edits.iter().chain([&t.text])).collect();
    for kind in [
        "private channel",
        "2 cases need you",
        "Finding",
        "hears again",
        "Nobody is on duty",
        "new that need",
        "Report of",
        "nobody can tell",
        "waits for a colleague",
        "sent the answer by Jan back",
        "Answer to #",
        "calls to make",
        "How it stands",
    ] {
        assert!(texts.iter().any(|t| t.contains(kind)), "the walk never met '{kind}': {texts:#?}");
    }
    let plain = |t: &str| t.to_lowercase().replace(' ', "");
    let bad: Vec<(&str, &&String)> = texts
        .iter()
        .flat_map(|t| DATA.iter().filter(|d| plain(t).contains(**d)).map(move |d| (*d, t)))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
});
