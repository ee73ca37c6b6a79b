//! Commands: each against the ledger of what was told, in groups and in private.

use crate::fake::Told;
use crate::press::take_in;
use crate::world::{EVA, JAN, TEAM, World};
use webcared::casework::Act;
use webcared::chat::Chat;
use webcared::domain::correction::Corrected;
use webcared::domain::judgement::{Intent, Level};
use webcared::domain::time::Span;

/// What a command is answered with, if anything.
pub async fn ask(world: &World, chat: &Chat, user: i64, place: i64, text: &str) -> Option<Told> {
    world.clock.advance(Span::seconds(5));
    let before = world.fake.told().len();
    world.fake.say(user, place, text);
    take_in(chat).await;
    let told = world.fake.told();
    assert!(told.len() <= before + 1);
    told.get(before).cloned()
}

on_each_engine!(mine_lists_the_askers_cases_by_risk, |world| {
    let chat = world.chat();
    let cases = [world.case(4).await, world.case(1).await, world.case(2).await];
    for case in &cases[..2] {
        world.act(case, &World::jan(), Act::Claim { until: None }).await;
    }
    world.act(&cases[2], &World::eva(), Act::Claim { until: None }).await;
    let mine = ask(&world, &chat, JAN, TEAM, "/mine").await.unwrap();
    assert!(mine.text.starts_with("<b>2 claimed by Jan</b>"), "{}", mine.text);
    let at = |n: &str| mine.text.find(&format!(">#{n}</a>"));
    assert!(at("2").unwrap() < at("1").unwrap() && at("3").is_none(), "{}", mine.text);
    let eva = ask(&world, &chat, EVA, TEAM, "/mine@webcared_bot").await.unwrap();
    assert!(eva.text.starts_with("<b>1 claimed by Eva</b>"), "{}", eva.text);
    let stranger = ask(&world, &chat, 99, TEAM, "/mine").await.unwrap();
    assert!(
        stranger.text.starts_with("I do not know you") && !stranger.text.contains('#'),
        "{}",
        stranger.text
    );
});

on_each_engine!(late_tells_what_is_late_and_what_soon_is, |world| {
    let chat = world.chat();
    let late = world.case(2).await;
    world.clock.advance(Span::minutes(23));
    world.case(3).await;
    world.clock.advance(Span::minutes(8));
    let none = ask(&world, &chat, JAN, TEAM, "/late").await.unwrap();
    assert!(none.text.starts_with("<b>1 late, 0 due within 10 min</b>"), "{}", none.text);
    world.clock.advance(Span::minutes(13));
    let both = ask(&world, &chat, JAN, TEAM, "/late@webcared_bot").await.unwrap();
    assert!(both.text.starts_with("<b>1 late, 1 due within 10 min</b>"), "{}", both.text);
    assert!(both.text.find(">#1</a>").unwrap() < both.text.find(">#2</a>").unwrap(), "{}", both.text);
    world.act(&late, &World::jan(), Act::Dismiss { reason: "spam".into() }).await;
    let one = ask(&world, &chat, JAN, TEAM, "/late").await.unwrap();
    assert!(one.text.starts_with("<b>0 late, 1 due within 10 min</b>"), "{}", one.text);
});

on_each_engine!(why_tells_level_score_reasons_clocks_and_never_words, |world| {
    let chat = world.chat();
    let case = world.case(1).await;
    world.clock_of(&case).await;
    world.act(&case, &World::eva(), Act::Claim { until: None }).await;
    for asked in ["/why 1", "/why #1", "/why acme & co 1", "/why Acme & Co #1", "/why@webcared_bot 1"] {
        let why = ask(&world, &chat, JAN, TEAM, asked).await.unwrap().text;
        println!("{why}");
        for part in [
            "<b>#1 · P1 · Acme &amp; Co</b>",
            "mastodon · nl · complaint · score 90 of 100",
            "because: danger +60",
            "needs no private channel",
            "working, claimed by Eva",
            "first answer: 29 min left (11:00)",
            "https://care.example/c/Acme%20&amp;%20Co/1",
        ] {
            assert!(why.contains(part), "{asked}: {part} in {why}");
        }
        assert!(!why.contains("secret") && !why.contains("mia"), "{why}");
    }
    world.clock.advance(Span::minutes(40));
    let why = ask(&world, &chat, JAN, TEAM, "/why 1").await.unwrap().text;
    assert!(why.contains("first answer: late by 10 min"), "{why}");
    let none = ask(&world, &chat, JAN, TEAM, "/why 99").await.unwrap().text;
    assert_eq!(none, "This chat knows of no case #99.");
    let other = ask(&world, &chat, JAN, TEAM, "/why Other 1").await.unwrap().text;
    assert_eq!(other, "This chat knows of no case #1.");
    let how = ask(&world, &chat, JAN, TEAM, "/why").await.unwrap().text;
    assert!(how.starts_with("Tell which case"), "{how}");
});

on_each_engine!(why_tells_what_people_put_right_and_by_whom, |world| {
    let chat = world.chat();
    let case = world.case(1).await;
    world.clock_of(&case).await;
    let wrong = Corrected { level: Some(Level::P3), intent: Some(Intent::Question), ..Corrected::default() };
    let case = world.act(&case, &World::eva(), Act::Correct(wrong)).await;
    let done = Corrected { level: Some(Level::P4), needs_answer: Some(false), ..Corrected::default() };
    world.act(&case, &World::eva(), Act::Correct(done)).await;
    let why = ask(&world, &chat, JAN, TEAM, "/why 1").await.unwrap().text;
    for part in [
        "<b>#1 · P4 · Acme &amp; Co</b>",
        "question · score 39 of 100",
        "Eva corrected level: P1 → P4",
        "Eva corrected intent: complaint → question",
        "Eva corrected needs answer: yes → no",
        "no clock runs",
    ] {
        assert!(why.contains(part), "{part} in {why}");
    }
});

on_each_engine!(a_chat_is_told_of_its_brands_only, |world| {
    let mut world = world;
    world.case(1).await;
    world.config.teams[0].brands = vec!["Other".into()];
    let chat = world.chat();
    for (asked, answer) in [
        ("/why 1", "This chat knows of no case #1."),
        ("/open", "<b>0 open that need an answer</b>"),
        ("/late", "<b>0 late, 0 due within 10 min</b>"),
        ("/today", "This chat hears of no brand."),
    ] {
        assert_eq!(ask(&world, &chat, JAN, TEAM, asked).await.unwrap().text, answer);
    }
});

on_each_engine!(what_is_no_command_of_ours_is_ignored_in_groups_and_answered_in_private, |world| {
    let chat = world.chat();
    world.case(1).await;
    for ignored in ["/nonsense", "/late@another_bot", "/", "late"] {
        assert!(ask(&world, &chat, JAN, TEAM, ignored).await.is_none(), "{ignored}");
    }
    let told = ask(&world, &chat, JAN, JAN, "/nonsense").await.unwrap();
    assert_eq!((told.chat, told.text.starts_with("I do not know this command")), (JAN, true));
    let open = ask(&world, &chat, JAN, JAN, "/open").await.unwrap();
    assert!(open.text.contains("1 open that need an answer"), "{}", open.text);
    let help = ask(&world, &chat, JAN, TEAM, "/help").await.unwrap();
    for command in ["/open", "/mine", "/why", "/late", "/today", "/help"] {
        assert!(help.text.contains(command), "{}", help.text);
    }
    // Somebody named in the settings who may no longer log in.
    world.exec("UPDATE person SET disabled_at = 1 WHERE login = 'jan'".into()).await;
    assert!(ask(&world, &chat, JAN, JAN, "/open").await.is_none());
    assert!(ask(&world, &chat, 99, 99, "/open").await.is_none());
});

on_each_engine!(cases_are_taken_handed_on_and_put_away_by_number, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let who = async || {
        let row = world.stored(&case.id).await;
        (row.claimed_by, row.snoozed_until)
    };
    assert_eq!(
        ask(&world, &chat, 99, TEAM, "/claim 1").await.unwrap().text,
        "You are not allowed to do this."
    );
    assert_eq!(who().await, (None, None));
    assert_eq!(ask(&world, &chat, JAN, TEAM, "/claim 1").await.unwrap().text, "#1 is yours.");
    assert_eq!(
        ask(&world, &chat, JAN, TEAM, "/claim acme & co #1").await.unwrap().text,
        "You did this already."
    );
    let refused = ask(&world, &chat, EVA, TEAM, "/claim 1").await.unwrap().text;
    assert_eq!(refused, "Not possible: somebody else has claimed it.");
    let stolen = ask(&world, &chat, EVA, TEAM, "/assign 1 eva").await.unwrap().text;
    assert_eq!(stolen, "Not possible: somebody else has claimed it.", "only who has it hands it on");
    let nobody = ask(&world, &chat, JAN, TEAM, "/assign 1 nobody").await.unwrap().text;
    assert_eq!(nobody, "Not possible: 'nobody' is the login of nobody who may log in.");
    let handed = ask(&world, &chat, JAN, TEAM, "/assign 1 @Eva waits for a call").await.unwrap().text;
    assert_eq!(handed, "#1 is handed to eva.");
    assert_eq!(who().await.0.as_deref(), Some(World::eva().person.as_str()));
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["note", "assign"], "{kinds:?}");
    let away = ask(&world, &chat, EVA, TEAM, "/snooze 1 4h").await.unwrap().text;
    assert!(away.starts_with("#1 is snoozed until ") && away.ends_with("its clocks run on."), "{away}");
    let days = ask(&world, &chat, EVA, TEAM, "/snooze 1 2d").await.unwrap().text;
    assert_eq!(days, "#1 is snoozed until Thu 10:30; its clocks run on.", "which day it is");
    assert!(who().await.1.is_some());
    for (asked, answer) in [
        ("/claim", "Tell which case: /claim 12"),
        ("/claim 99", "This chat knows of no case #99."),
        ("/snooze 1 99d", "Tell for how long"),
        ("/link 1", "Tell which ticket"),
        ("/link 1 4711", "No ticket system is set up for this brand."),
        ("/link 1 rt 4711", "There is no ticket system 'rt'; there is none."),
    ] {
        let told = ask(&world, &chat, JAN, TEAM, asked).await.unwrap().text;
        assert!(told.starts_with(answer), "{asked}: {told}");
    }
});

on_each_engine!(only_leads_of_all_brands_stop_sending_and_let_it_go_on, |world| {
    let chat = world.chat();
    let stopped = async || -> i64 {
        let rows: Vec<(i64,)> = world.rows("SELECT value FROM switch WHERE name = 'kill'".to_owned()).await;
        rows.first().map_or(0, |r| r.0)
    };
    let role = async |role: &str, brands: &str| {
        world.exec(format!("UPDATE person SET role = '{role}', brands = {brands} WHERE login = 'jan'")).await;
    };
    role("agent", "NULL").await;
    let no = "Only leads of all brands stop sending, and let it go on.";
    assert_eq!(ask(&world, &chat, JAN, TEAM, "/stop_sending wrong words").await.unwrap().text, no);
    role("lead", "NULL").await;
    assert!(ask(&world, &chat, JAN, TEAM, "/stop_sending").await.unwrap().text.starts_with("Say why"));
    assert_eq!(stopped().await, 0);
    let done = ask(&world, &chat, JAN, TEAM, "/stop_sending wrong words").await.unwrap().text;
    assert!(done.starts_with("All sending is stopped"), "{done}");
    assert_eq!(stopped().await, 1);
    role("lead", "'[\"brd_1\"]'").await;
    assert_eq!(ask(&world, &chat, JAN, TEAM, "/resume_sending").await.unwrap().text, no);
    assert_eq!(stopped().await, 1);
    role("lead", "NULL").await;
    // A chat cannot ask who presses: where a proof is asked for is shown, and nothing goes on.
    let shown = ask(&world, &chat, JAN, TEAM, "/resume_sending").await.unwrap().text;
    assert!(shown.contains("proof of who you are") && shown.contains("Outbox"), "{shown}");
    assert_eq!(stopped().await, 1);
    // What was refused is written down with what was done.
    let rows: Vec<(String, String, String, String)> = world
        .rows("SELECT act, target, outcome, via FROM audit WHERE via = 'chat' ORDER BY number".to_owned())
        .await;
    let row = |act: &str, target: &str, outcome: &str| {
        (act.to_owned(), target.to_owned(), outcome.to_owned(), "chat".to_owned())
    };
    let wanted = [
        row("door.steer", "/stop_sending", "refused"),
        row("sending.stop", "", "done"),
        row("door.steer", "/resume_sending", "refused"),
    ];
    assert_eq!(rows, wanted);
});
