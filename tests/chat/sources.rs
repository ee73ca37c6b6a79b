//! What the team is told of sources, and trying the bot once.

use crate::world::{LEAD, TEAM, World};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;
use webcared::chat;
use webcared::clock::{Clock, SystemClock};
use webcared::domain::exam::Verdict;
use webcared::domain::ids::ActionId;
use webcared::domain::time::Span;
use webcared::store::bulk;
use webcared::store::rows::ActionRow;

/// Puts messages of sources into the outbox, as whoever watches them does.
async fn tell(world: &World, bodies: Vec<serde_json::Value>) {
    let now = world.clock.now();
    let row = |mut body: serde_json::Value| {
        let id = world.mint.id(now, ActionId::new).to_string();
        let mut action = ActionRow::ready(id.clone(), "", "source", "telegram", id, now);
        body["chat"] = json!(TEAM.to_string());
        action.payload = body.to_string();
        action
    };
    let rows: Vec<ActionRow> = bodies.into_iter().map(row).collect();
    let write =
        world.db().write("telling", move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await }));
    write.await.unwrap();
}

on_each_engine!(a_deaf_source_is_told_of_and_so_is_its_return, |world| {
    let now = world.clock.now();
    let case = world.case(2).await;
    let since = now.minus(Span::minutes(190)).millis();
    let until = now.minus(Span::minutes(5)).millis();
    tell(
        &world,
        vec![
            json!({"source": "toots", "kind": "refused", "why": "it wants a <token>", "since": since}),
            json!({"source": "toots", "kind": "silent", "why": "", "since": since, "expected": 12}),
            json!({"source": "toots", "kind": "back", "why": "", "since": since, "until": until, "posts": 84,
                "late": 31, "cases": [case.id]}),
            json!({"source": "forum", "kind": "before", "why": "", "since": since, "posts": 1, "cases": [case.id]}),
            json!({"source": "deepl", "kind": "translation", "why": "", "stage": "spent", "since": since,
                "what": "500000 / 500000", "until": until}),
        ],
    )
    .await;
    let chat = world.chat();
    let worker = world.worker(&chat);
    for _ in 0..6 {
        world.drain(&worker).await;
        world.clock.advance(Span::seconds(5));
    }
    let told: Vec<String> = world.fake.told().into_iter().map(|t| t.text).collect();
    let of =
        |words: &str| told.iter().find(|t| t.contains(words)).unwrap_or_else(|| panic!("{words}: {told:#?}"));
    assert!(of("hears nothing for 3 h 10").contains("it wants a &lt;token&gt;"));
    assert!(of("has brought nothing").contains("About 12 posts were to be expected"));
    assert!(of("has translated all that may be translated").contains("Nothing more is translated until"));
    let back = of("hears again");
    assert!(
        back.contains("deaf for 3 h 05") && back.contains("84 posts") && back.contains("31 past"),
        "{back}"
    );
    assert!(back.contains(&format!("#{}", case.number)), "{back}");
    let before = of("Open before we started: look at this one");
    assert!(before.contains(&format!("#{}", case.number)) && before.contains("forum"), "{before}");
});

on_each_engine!(a_bot_is_tried_without_a_word_to_anybody, |world| {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let mut config = world.config.clone();
    config.token = Some(SecretString::from("123:TEST"));
    config.leads = vec![LEAD, 77];
    let found = chat::examine(&config, &clock).await;
    let of = |what: String| found.iter().find(|e| e.what == what).unwrap();
    assert_eq!(of("log in".to_owned()).found, "@webcared_bot");
    assert_eq!(of(format!("team {TEAM}")).verdict, Verdict::Good);
    let stranger = of("leads 77".to_owned());
    assert!(stranger.verdict == Verdict::Bad && stranger.found.contains("chat not found"), "{stranger:?}");
    config.token = Some(SecretString::from("999:WRONG"));
    let found = chat::examine(&config, &clock).await;
    assert!(found.len() == 1 && found[0].verdict == Verdict::Bad, "{found:?}");
    assert!(world.fake.told().is_empty());
    assert!(!format!("{found:?}").contains("WRONG"));
});
