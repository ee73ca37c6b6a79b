//! Alerts in somebody's own chat: who is on duty, once, in their hours and limits, never a P1 held back, and another
//! channel where the platform does not take it.

use crate::commands::ask;
use crate::fake::Fault;
use crate::world::{EVA, JAN, TEAM, World};
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::alarms::config::{AlertsConfig, ChainConfig, ChannelConfig, Role, StepConfig};
use webcared::alarms::escalating::Escalating;
use webcared::chat::Chat;
use webcared::domain::time::Span;

fn chains(levels: &[&str]) -> AlertsConfig {
    let step = |after_minutes, to: &str| StepConfig { after_minutes, to: vec![to.into()] };
    let chain = ChainConfig {
        levels: levels.iter().map(|l| (*l).to_owned()).collect(),
        steps: vec![step(2, "duty"), step(10, "duty")],
        ..ChainConfig::default()
    };
    let mail = ChannelConfig { name: "mail".into(), role: Role::Step, ..ChannelConfig::default() };
    AlertsConfig {
        chains: vec![chain],
        channels: vec![mail],
        telegram_fallback: Some("mail".into()),
        ..AlertsConfig::default()
    }
}

fn escalating(world: &World, levels: &[&str]) -> Escalating {
    Escalating {
        db: world.db().clone(),
        clock: world.clock.clone(),
        mint: world.mint.clone(),
        catalogue: world.casework.catalogue().clone(),
        owner: "test".into(),
        outbox: Arc::new(Notify::new()),
        config: Arc::new(chains(levels)),
    }
}

/// How often each chat was told something.
fn told(world: &World, chat: i64) -> Vec<String> {
    world
        .fake
        .told()
        .into_iter()
        .filter(|t| t.chat == chat && t.text.contains(" · P"))
        .map(|t| t.text)
        .collect()
}

async fn pass(world: &World, chat: &Chat, e: &Escalating, minutes: i64) {
    for _ in 0..minutes {
        world.clock.advance(Span::minutes(1));
        e.run_once().await.unwrap();
        while world.worker(chat).run_once().await.unwrap() > 0 {}
    }
}

on_each_engine!(who_is_on_duty_is_told_once_a_step_and_nobody_else, |world| {
    let chat = world.chat();
    for user in [JAN, EVA] {
        ask(&world, &chat, user, user, "/start").await;
    }
    ask(&world, &chat, JAN, JAN, "/on nl").await;
    let e = escalating(&world, &["P1", "P2"]);
    world.case(2).await;
    e.run_once().await.unwrap();
    pass(&world, &chat, &e, 1).await;
    assert!(told(&world, JAN).is_empty());
    pass(&world, &chat, &e, 4).await;
    let jan = told(&world, JAN);
    assert!(jan.len() == 1 && jan[0].contains("#1 · P2"), "{jan:?}");
    assert!(told(&world, EVA).is_empty() && told(&world, TEAM).is_empty());
    // Another round, another replica: one alert a step.
    escalating(&world, &["P1", "P2"]).run_once().await.unwrap();
    pass(&world, &chat, &e, 8).await;
    assert_eq!(world.actions("alert").await.len(), 2, "one for each step");
    // A language that they do not read is not theirs.
    world.exec("UPDATE cases SET state = 'resolved', open = 0".into()).await;
    world.case(2).await;
    world.exec("UPDATE cases SET language = 'ja' WHERE number = 2".into()).await;
    pass(&world, &chat, &e, 6).await;
    let alerts = world.actions("alert").await;
    assert_eq!(alerts.len(), 3, "{alerts:?}");
    assert!(
        alerts[2].payload.contains(&TEAM.to_string()),
        "a step that reaches nobody is the team's: {alerts:?}"
    );
});

on_each_engine!(quiet_hours_and_limits_hold_back_all_but_p1_and_say_so, |world| {
    let chat = world.chat();
    ask(&world, &chat, JAN, JAN, "/start").await;
    ask(&world, &chat, JAN, JAN, "/on").await;
    assert!(ask(&world, &chat, JAN, JAN, "/quiet 25-7").await.unwrap().text.starts_with("Say /quiet"));
    // It is half past ten in Amsterdam.
    let quiet = ask(&world, &chat, JAN, JAN, "/quiet 10:00-12:00").await.unwrap().text;
    assert_eq!(quiet, "Between 10:00-12:00 only P1 reaches you in private.");
    let e = escalating(&world, &["P1", "P2"]);
    world.case(2).await;
    pass(&world, &chat, &e, 5).await;
    assert!(told(&world, JAN).is_empty());
    let held: Vec<(String, String)> = world.rows("SELECT channel, why FROM alert_held".into()).await;
    assert_eq!(held, [("telegram:jan".to_owned(), "quiet".to_owned())]);
    assert_eq!(world.actions("alert").await.len(), 1, "what is held back is no failure to deliver");
    world.case(1).await;
    pass(&world, &chat, &e, 5).await;
    let jan = told(&world, JAN);
    assert!(jan.len() == 1 && jan[0].contains("P1"), "{jan:?}");
    assert_eq!(ask(&world, &chat, JAN, JAN, "/quiet off").await.unwrap().text, "You have no quiet hours.");
    let limit = ask(&world, &chat, JAN, JAN, "/limits 1").await.unwrap().text;
    assert!(limit.starts_with("At most 1 messages an hour"), "{limit}");
    world.case(2).await;
    pass(&world, &chat, &e, 5).await;
    let why: Vec<(String,)> = world.rows("SELECT DISTINCT why FROM alert_held ORDER BY why".into()).await;
    assert_eq!(why, [("limit".to_owned(),), ("quiet".to_owned(),)]);
    assert_eq!(told(&world, JAN).len(), 1);
});

on_each_engine!(the_alarm_of_a_protocol_is_not_held_back, |world| {
    let chat = world.chat();
    ask(&world, &chat, JAN, JAN, "/start").await;
    ask(&world, &chat, JAN, JAN, "/on").await;
    ask(&world, &chat, JAN, JAN, "/quiet 10:00-12:00").await;
    world.case(2).await;
    pass(&world, &chat, &escalating(&world, &["P1", "P2"]), 5).await;
    assert!(told(&world, JAN).is_empty(), "it is quiet");
    let alarm = format!(
        "UPDATE action SET payload = '{{\"chat\":\"{JAN}\",\"occasion\":\"protocol\",\"kind\":\"threat\"}}',
         not_before = 0 WHERE kind = 'alert'"
    );
    world.exec(alarm).await;
    while world.worker(&chat).run_once().await.unwrap() > 0 {}
    assert_eq!(told(&world, JAN).len(), 1, "who may be harmed does not wait for the morning");
});

on_each_engine!(who_blocked_the_bot_is_reached_by_the_fallback_and_not_asked_again, |world| {
    let chat = world.chat();
    ask(&world, &chat, JAN, JAN, "/start").await;
    ask(&world, &chat, JAN, JAN, "/on").await;
    let e = escalating(&world, &["P1", "P2"]);
    world.case(2).await;
    world.fake.fault(Fault::Blocked);
    pass(&world, &chat, &e, 4).await;
    let alerts = world.actions("alert").await;
    let by: Vec<(&str, &str)> = alerts.iter().map(|a| (a.credential.as_str(), a.state.as_str())).collect();
    assert_eq!(by, [("telegram", "refused"), ("alert:mail", "ready")], "{alerts:?}");
    assert_eq!(world.rows::<(Option<i64>,)>("SELECT private_at FROM chat_person".into()).await, [(None,)]);
    pass(&world, &chat, &e, 10).await;
    let mine = format!("\"chat\":\"{JAN}\"");
    let alerts = world.actions("alert").await;
    let again = alerts.iter().filter(|a| a.payload.contains(&mine)).count();
    assert_eq!(again, 1, "they are not asked again: {alerts:?}");
    // Their next word takes that back.
    ask(&world, &chat, JAN, JAN, "/mine").await;
    let again: Vec<(Option<i64>,)> = world.rows("SELECT private_at FROM chat_person".into()).await;
    assert!(again[0].0.is_some());
});

on_each_engine!(who_the_settings_name_no_more_is_not_written_to, |world| {
    let mut world = world;
    let chat = world.chat();
    ask(&world, &chat, JAN, JAN, "/start").await;
    ask(&world, &chat, JAN, JAN, "/on").await;
    world.config.users.retain(|u| u.id != JAN);
    let chat = world.chat();
    let before = world.fake.told().len();
    world.case(2).await;
    pass(&world, &chat, &escalating(&world, &["P2"]), 5).await;
    assert_eq!(world.fake.told().len(), before);
});
