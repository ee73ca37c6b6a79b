//! Duty in the chat: on, off, who is on, and what the team is told of gaps.

use crate::commands::ask;
use crate::world::{JAN, TEAM, World};
use jiff::tz::TimeZone;
use serde_json::json;
use webcared::domain::ids::ActionId;
use webcared::domain::time::Span;
use webcared::duty::{Duty, Watch};
use webcared::store::bulk;
use webcared::store::rows::ActionRow;

on_each_engine!(people_come_on_and_go_off_by_the_bot, |world| {
    let chat = world.chat();
    let nobody = ask(&world, &chat, JAN, TEAM, "/duty").await.unwrap().text;
    assert!(nobody.starts_with("<b>Nobody is on duty</b>"), "{nobody}");
    let on = ask(&world, &chat, JAN, TEAM, "/on nl en").await.unwrap().text;
    assert!(on.starts_with("Jan is on until") && on.contains("en, nl") || on.contains("nl, en"), "{on}");
    let who = ask(&world, &chat, JAN, TEAM, "/duty").await.unwrap().text;
    assert!(who.contains("<b>Jan</b> until"), "{who}");
    let wrong = ask(&world, &chat, JAN, TEAM, "/on forever").await.unwrap().text;
    assert!(wrong.contains("I do not know 'forever'"), "{wrong}");
    let stranger = ask(&world, &chat, 99, TEAM, "/on").await.unwrap().text;
    assert!(stranger.starts_with("I do not know you"), "{stranger}");
    let off = ask(&world, &chat, JAN, TEAM, "/off").await.unwrap().text;
    assert_eq!(off, "Jan is off. Thank you.");
    let again = ask(&world, &chat, JAN, TEAM, "/off").await.unwrap().text;
    assert_eq!(again, "Jan was not on.");
});

on_each_engine!(the_team_is_told_of_a_gap, |world| {
    let chat = world.chat();
    let parts = world.parts(world.clock.clone());
    let duty = Duty::new(
        parts.db.clone(),
        parts.clock.clone(),
        parts.mint.clone(),
        parts.casework.catalogue().clone(),
    );
    let now = parts.clock.now();
    let at = |h: i64| now.plus(Span::hours(h)).rfc3339();
    let plan = format!("person,from,until\njan,{},{}\n", at(-1), at(5));
    assert_eq!(duty.import("rota", &plan, &TimeZone::UTC).await.unwrap().shifts, 1);
    let made = Watch::new(duty, Default::default()).run_once().await.unwrap();
    world.drain(&world.worker(&chat)).await;
    let told: Vec<String> = world.fake.told().into_iter().map(|t| t.text).collect();
    assert_eq!(
        told.iter().filter(|t| t.contains("Nobody will be on, within a day")).count(),
        made,
        "{told:?}"
    );
    assert!(made > 0);
});

on_each_engine!(leads_are_told_what_goes_late_at_this_rate, |world| {
    let now = world.clock_now();
    let row = |n: i64, more: Option<i64>| {
        let id = world.mint.id(now, ActionId::new).to_string();
        let mut action = ActionRow::ready(id.clone(), "", "duty", "telegram", id, now);
        action.payload = json!({ "chat": TEAM.to_string(), "kind": "outlook", "late": n,
            "by": now.plus(Span::hours(1)).millis(), "more": more, "minutes": more.map(|_| 40) })
        .to_string();
        action
    };
    let rows = vec![row(14, Some(2)), row(5, None)];
    let write =
        world.db().write("telling", move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await }));
    write.await.unwrap();
    let chat = world.chat();
    let worker = world.worker(&chat);
    for _ in 0..4 {
        world.drain(&worker).await;
        world.clock.advance(Span::seconds(5));
    }
    let told: Vec<String> = world.fake.told().into_iter().map(|t| t.text).collect();
    let of = |words: &str| told.iter().find(|t| t.contains(words)).unwrap_or_else(|| panic!("{told:#?}"));
    assert!(of("At this rate 14 cases go late by").contains("2 more people for 40 minutes prevent it"));
    assert!(!of("At this rate 5 cases").contains("more people"), "no number of people helps");
});
