//! Who is spoken to in which language and zone: a group by the settings, a person by their own word, their app, and
//! else the settings; and that a Dutch chat hears no English.

use crate::commands::ask;
use crate::fake::Told;
use crate::press::{alerted, last_answer, take_in};
use crate::world::{EVA, JAN, LEAD, TEAM, World};
use webcared::casework::Act;
use webcared::domain::time::Span;

on_each_engine!(a_person_is_spoken_to_as_their_app_says_until_they_say_otherwise, |world| {
    let chat = world.chat();
    world.fake.speaks(JAN, "nl-BE");
    world.fake.speaks(EVA, "fr");
    let open = ask(&world, &chat, JAN, JAN, "/open").await.unwrap().text;
    assert!(open.starts_with("<b>0 open die een antwoord nodig hebben</b>"), "{open}");
    // An app in a language that the bot does not speak says nothing: the settings do.
    assert!(ask(&world, &chat, EVA, EVA, "/open").await.unwrap().text.contains("need an answer"));
    let english = ask(&world, &chat, JAN, JAN, "/language en").await.unwrap().text;
    assert_eq!(english, "I speak English to you.");
    assert!(ask(&world, &chat, JAN, JAN, "/open").await.unwrap().text.contains("need an answer"));
    assert_eq!(
        ask(&world, &chat, EVA, EVA, "/language nl").await.unwrap().text,
        "Ik spreek Nederlands met je."
    );
    let wrong = ask(&world, &chat, EVA, EVA, "/language klingon").await.unwrap().text;
    assert_eq!(wrong, "Zeg /language nl of /language en.");
    let kept: Vec<(String, String)> =
        world.rows("SELECT user_id, language FROM chat_person ORDER BY user_id".into()).await;
    assert_eq!(kept, [(JAN.to_string(), "en".to_owned()), (EVA.to_string(), "nl".to_owned())]);
    // Nothing is kept of strangers, who are spoken to as their app says all the same.
    world.fake.speaks(99, "nl");
    let stranger = ask(&world, &chat, 99, TEAM, "/mine").await.unwrap().text;
    assert!(stranger.starts_with("Ik ken je niet"), "{stranger}");
    assert_eq!(world.rows::<(i64,)>("SELECT COUNT(*) FROM chat_person".into()).await[0].0, 2);
});

on_each_engine!(a_group_speaks_its_own_language_and_refusals_the_persons, |world| {
    let mut world = world;
    world.config.teams[0].language = "nl".into();
    world.fake.speaks(EVA, "en");
    let (case, chat, card) = alerted(&world).await;
    assert!(card.text.contains("nieuw, antwoord uiterlijk over 30 min"), "{}", card.text);
    assert_eq!(crate::fake::Fake::buttons(&card)[..2], ["Oppakken", "Wegleggen"]);
    world.act(&case, &World::jan(), Act::Claim { until: None }).await;
    world.fake.press(EVA, &card, "Oppakken");
    take_in(&chat).await;
    assert_eq!(
        last_answer(&world),
        "Changed meanwhile: claimed. Claimed by Jan.",
        "the answer is read by Eva alone"
    );
    let mine = ask(&world, &chat, EVA, TEAM, "/mine").await.unwrap().text;
    assert!(mine.starts_with("<b>0 opgepakt door Eva</b>"), "all of the group read it: {mine}");
    let refused = ask(&world, &chat, EVA, TEAM, "/claim 1").await.unwrap().text;
    assert_eq!(refused, "Not possible: somebody else has claimed it.");
});

on_each_engine!(times_are_those_of_the_zone_of_group_and_person, |world| {
    let mut world = world;
    world.config.teams[0].zone = "Asia/Tokyo".into();
    let (_, chat, card) = alerted(&world).await;
    assert!(card.text.contains("(19:00)"), "{}", card.text);
    let amsterdam = ask(&world, &chat, JAN, JAN, "/why 1").await.unwrap().text;
    assert!(amsterdam.contains("no clock runs"), "{amsterdam}");
    let zone = ask(&world, &chat, JAN, JAN, "/zone America/New_York").await.unwrap().text;
    assert_eq!(zone, "Times are shown to you in America/New_York.");
    assert!(
        ask(&world, &chat, JAN, JAN, "/zone Mars/Base").await.unwrap().text.starts_with("Say a time zone")
    );
    let away = ask(&world, &chat, JAN, JAN, "/snooze 1 1h").await.unwrap().text;
    assert!(away.contains("snoozed until 05:30"), "{away}");
});

on_each_engine!(an_unknown_command_is_told_what_there_is, |world| {
    let chat = world.chat();
    for (place, text) in [(JAN, "/nonsense"), (TEAM, "/nonsense@webcared_bot")] {
        let told = ask(&world, &chat, JAN, place, text).await.unwrap().text;
        assert!(told.contains("/open") && told.contains("/calls") && told.contains("/quiet"), "{told}");
    }
});

/// English words that no Dutch text holds; names of commands, settings and addresses aside.
fn english(text: &str) -> Vec<String> {
    const WORDS: &str = include_str!("../../src/chat/texts/english.txt");
    const MORE: [&str; 10] =
        ["claimed", "snoozed", "need", "needs", "posts", "report", "needed", "will", "by", "it"];
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain
        .split_whitespace()
        .filter(|w| !w.starts_with('/') && !w.contains("://") && !w.contains('_'))
        .flat_map(|w| w.split(|c: char| !c.is_alphabetic()))
        .map(str::to_lowercase)
        .filter(|w| MORE.contains(&w.as_str()) || WORDS.lines().any(|english| english == w))
        .collect()
}

on_each_engine!(a_dutch_chat_hears_no_english, |world| {
    let mut world = world;
    world.config.language = "nl".into();
    world.from_chat = true;
    for user in [JAN, EVA, 99] {
        world.fake.speaks(user, "nl");
    }
    let (case, chat, card) = alerted(&world).await;
    world.clock_of(&case).await;
    world.act(&case, &World::eva(), Act::Claim { until: None }).await;
    let all = [
        "/open",
        "/mine",
        "/late",
        "/why 1",
        "/why",
        "/today",
        "/status",
        "/claim 1",
        "/claim 9",
        "/assign 1",
        "/assign 1 niemand",
        "/handover 1 eva",
        "/snooze 1 2x",
        "/snooze 1 1h",
        "/link 1",
        "/link 1 4711",
        "/sector 1",
        "/promise 1",
        "/promise 1 16:00 bellen",
        "/kept 1",
        "/private 1",
        "/calls",
        "/approvals",
        "/duty",
        "/on",
        "/on ooit",
        "/off",
        "/language",
        "/zone",
        "/quiet",
        "/quiet x",
        "/quiet 22:00-07:00",
        "/limits",
        "/limits x",
        "/stop_sending",
        "/help",
        "/niets",
    ];
    for place in [TEAM, JAN] {
        for command in all {
            world.clock.advance(Span::seconds(30));
            let _: Option<Told> = ask(&world, &chat, JAN, place, command).await;
        }
    }
    ask(&world, &chat, 99, TEAM, "/mine").await;
    world.clock.advance(Span::minutes(1));
    for button in ["Teruggeven", "Wegleggen"] {
        world.clock.advance(Span::seconds(30));
        chat.follower.run_once().await.unwrap();
        let now = world.fake.told().into_iter().find(|t| t.id == card.id).unwrap();
        if crate::fake::Fake::buttons(&now).iter().any(|b| b == button) {
            world.fake.press(JAN, &now, button);
            take_in(&chat).await;
        }
    }
    world.clock.advance(Span::seconds(30));
    world.fake.reply(JAN, &card, "Hallo, we zoeken het uit");
    take_in(&chat).await;
    world.clock.advance(Span::minutes(20));
    for _ in 0..3 {
        chat.maker.run_once().await.unwrap();
    }
    world.drain(&world.worker(&chat)).await;
    let ledger = world.fake.ledger.lock().unwrap();
    assert!(ledger.told.len() > 2 * all.len() - 8, "{}", ledger.told.len());
    assert!(ledger.told.iter().any(|t| t.chat == LEAD && t.text.contains("Rapport van")));
    let texts = ledger.told.iter().map(|t| &t.text).chain(ledger.answers.iter().map(|a| &a.1));
    let found: Vec<(&String, Vec<String>)> =
        texts.map(|t| (t, english(t))).filter(|(_, words)| !words.is_empty()).collect();
    assert!(found.is_empty(), "{found:#?}");
    let keys: Vec<String> = ledger.told.iter().flat_map(crate::fake::Fake::buttons).collect();
    assert!(keys.iter().all(|k| english(k).is_empty()), "{keys:?}");
});
