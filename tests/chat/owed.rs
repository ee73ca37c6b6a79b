//! A promise that is due soon, told in the chat: to who has the case or made it, in their language and zone, else to the
//! team; not to anybody once it was kept.

use crate::commands::ask;
use crate::world::{EVA, JAN, TEAM, World};
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::casework::{Act, NewPromise};
use webcared::chat::Chat;
use webcared::deadlines::Deadlines;
use webcared::domain::time::Span;
use webcared::store::rows::CaseRow;

/// Jan promises that the front office calls in a hundred minutes.
async fn promised(world: &World, case: &CaseRow) {
    let new = NewPromise {
        text: "we ring Mia on 0612345678".into(),
        due: world.clock_now().plus(Span::minutes(100)),
        owed_by: "front_office".into(),
        act: "call".into(),
        ..NewPromise::default()
    };
    world.act(case, &World::jan(), Act::Promise(Box::new(new))).await;
}

async fn pass(world: &World, chat: &Chat, minutes: i64) {
    let deadlines = Deadlines::new(
        world.db().clone(),
        world.clock.clone(),
        world.mint.clone(),
        world.casework.catalogue().clone(),
        world.changed.clone(),
        Arc::new(Notify::new()),
    );
    for _ in 0..minutes {
        world.clock.advance(Span::minutes(1));
        while deadlines.run_once().await.unwrap() > 0 {}
        while world.worker(chat).run_once().await.unwrap() > 0 {}
    }
}

/// The cards that a chat was sent.
fn told(world: &World, chat: i64) -> Vec<String> {
    let all = world.fake.told().into_iter();
    all.filter(|t| t.chat == chat && t.text.contains(" · P")).map(|t| t.text).collect()
}

on_each_engine!(who_has_the_case_hears_it_once_in_their_language_and_zone, |world| {
    let chat = world.chat();
    for user in [JAN, EVA] {
        ask(&world, &chat, user, user, "/start").await;
    }
    ask(&world, &chat, EVA, EVA, "/language nl").await;
    ask(&world, &chat, EVA, EVA, "/zone America/New_York").await;
    let case = world.case(3).await;
    promised(&world, &case).await;
    world.act(&case, &World::eva(), Act::Claim { until: None }).await;
    pass(&world, &chat, 79).await;
    assert!(told(&world, EVA).is_empty(), "half of its time rings nobody");
    pass(&world, &chat, 12).await;
    let eva = told(&world, EVA);
    assert_eq!(eva.len(), 1, "{eva:?}");
    assert!(eva[0].contains("belofte (bellen) van frontoffice uiterlijk over 19 min (06:10)"), "{eva:?}");
    assert!(!eva[0].contains("0612345678"), "{eva:?}");
    assert!(told(&world, JAN).is_empty() && told(&world, TEAM).is_empty(), "nobody else need hear it");
    pass(&world, &chat, 12).await;
    assert_eq!((told(&world, EVA).len(), told(&world, TEAM).len()), (1, 1), "what is broken is the team's");
});

on_each_engine!(who_made_it_hears_it_while_on_duty_and_else_the_team, |world| {
    let chat = world.chat();
    for user in [JAN, EVA] {
        ask(&world, &chat, user, user, "/start").await;
    }
    ask(&world, &chat, EVA, EVA, "/on").await;
    let case = world.case(3).await;
    promised(&world, &case).await;
    pass(&world, &chat, 82).await;
    let team = told(&world, TEAM);
    assert_eq!(team.len(), 1, "{team:?}");
    assert!(team[0].contains("promise (call) of front office due in 19 min"), "{team:?}");
    assert!(!team[0].contains("0612345678") && !team[0].contains("Mia"), "{team:?}");
    assert!(told(&world, JAN).is_empty() && told(&world, EVA).is_empty());
    world.act(&case, &World::jan(), Act::KeepPromise { wait: wait_of(&world, &case).await }).await;
    ask(&world, &chat, JAN, JAN, "/on").await;
    let case = world.case(3).await;
    promised(&world, &case).await;
    pass(&world, &chat, 82).await;
    assert_eq!((told(&world, JAN).len(), told(&world, TEAM).len()), (1, 1));
});

async fn wait_of(world: &World, case: &CaseRow) -> i64 {
    let rows: Vec<(i64,)> =
        world.rows(format!("SELECT wait FROM promise WHERE case_id = '{}' ORDER BY wait", case.id)).await;
    rows[0].0
}

on_each_engine!(quiet_hours_hold_it_and_what_is_kept_in_them_is_not_told, |world| {
    let chat = world.chat();
    ask(&world, &chat, JAN, JAN, "/start").await;
    // It is half past ten in Amsterdam.
    ask(&world, &chat, JAN, JAN, "/quiet 10:00-12:00").await;
    let cases = [world.case(3).await, world.case(3).await];
    for case in &cases {
        world.act(case, &World::jan(), Act::Claim { until: None }).await;
        promised(&world, case).await;
    }
    pass(&world, &chat, 82).await;
    assert!(told(&world, JAN).is_empty() && told(&world, TEAM).is_empty());
    let why: Vec<(String,)> = world.rows("SELECT DISTINCT why FROM alert_held".into()).await;
    assert_eq!(why, [("quiet".to_owned(),)]);
    let wait = wait_of(&world, &cases[0]).await;
    world.act(&cases[0], &World::jan(), Act::KeepPromise { wait }).await;
    pass(&world, &chat, 12).await;
    let jan = told(&world, JAN);
    assert!(jan.len() == 1 && jan[0].contains("#2 · P3"), "{jan:?}");
    let states: Vec<(String, String)> = world
        .rows("SELECT state, remote_id FROM action WHERE kind = 'alert' ORDER BY remote_id".into())
        .await;
    assert_eq!(states.len(), 2, "{states:?}");
    assert!(states.iter().any(|(state, id)| state == "done" && id.starts_with("not needed")), "{states:?}");
});
