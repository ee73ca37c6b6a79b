//! Promised calls, promises by command, and how it stands.

use crate::commands::ask;
use crate::fake::{Fake, Told};
use crate::press::{last_answer, take_in};
use crate::world::{EVA, JAN, TEAM, World};
use webcared::casework::yesterday::Line;
use webcared::casework::{Act, CustomerAct, NewPromise};
use webcared::chat::Chat;
use webcared::domain::customer::Customer;
use webcared::domain::ending::{BackDoor, Difference, Ending, Solved};
use webcared::domain::time::Span;
use webcared::store::bulk;
use webcared::store::promise::Call;
use webcared::store::rows::{ActionRow, CaseRow};

const NUMBER: &str = "+31 6 12345678";

/// A case of Jan's with a call that was promised.
async fn promised(world: &World) -> CaseRow {
    let case = world.case(2).await;
    world.act(&case, &World::jan(), Act::Claim { until: None }).await;
    let new = NewPromise {
        text: "we call".into(),
        due: world.clock_now().plus(Span::hours(2)),
        owed_by: "webcare".into(),
        act: "call".into(),
        call: Call { number: NUMBER.into(), whom: "her mother".into() },
        ..NewPromise::default()
    };
    world.act(&case, &World::jan(), Act::Promise(Box::new(new))).await;
    case
}

/// The message of the call, in Jan's private chat.
async fn shown(world: &World, chat: &Chat) -> Told {
    let head = ask(world, chat, JAN, JAN, "/calls").await.unwrap().text;
    assert!(head.starts_with("<b>1 calls to make</b>"), "{head}");
    assert!(!head.contains("12345678"), "{head}");
    world.clock.advance(Span::seconds(5));
    world.drain(&world.worker(chat)).await;
    world.fake.told().pop().unwrap()
}

on_each_engine!(the_number_is_for_who_has_the_case_in_private, |world| {
    let chat = world.chat();
    let case = promised(&world).await;
    let group = ask(&world, &chat, JAN, TEAM, "/calls").await.unwrap().text;
    assert!(group.contains("#1") && group.contains("private chat") && !group.contains("12345678"), "{group}");
    let call = shown(&world, &chat).await;
    println!("{}", call.text);
    assert!(
        call.chat == JAN && call.text.contains(NUMBER) && call.text.contains("ask for her mother"),
        "{call:?}"
    );
    assert_eq!(Fake::buttons(&call), ["Called and reached", "Not reached", "Done", "Open"]);
    assert_eq!(ask(&world, &chat, EVA, EVA, "/calls").await.unwrap().text, "You have no promised calls.");
    // Given to Eva, the number goes from Jan's chat, and his buttons do nothing.
    world.act(&case, &World::jan(), Act::Assign { to: "eva".into(), line: String::new() }).await;
    world.fake.press(JAN, &call, "Done");
    take_in(&chat).await;
    assert!(last_answer(&world).starts_with("Claim the case first"), "{}", last_answer(&world));
    world.clock.advance(Span::seconds(10));
    chat.follower.run_once().await.unwrap();
    let call = world.fake.told().into_iter().find(|t| t.id == call.id).unwrap();
    assert!(!call.text.contains("12345678"), "{}", call.text);
});

on_each_engine!(tries_and_the_end_are_noted_once, |world| {
    let chat = world.chat();
    let case = promised(&world).await;
    let call = shown(&world, &chat).await;
    world.fake.press(JAN, &call, "Not reached");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "When again?");
    let asks = world.fake.told().into_iter().find(|t| t.id == call.id).unwrap();
    assert_eq!(Fake::buttons(&asks), ["30 min", "2 h", "Tomorrow morning", "No next try", "Back"]);
    world.fake.press(JAN, &asks, "Tomorrow morning");
    world.take_in_twice(&chat).await;
    assert_eq!(last_answer(&world), "You did this already.");
    let tries: Vec<(i64, Option<i64>)> = world.rows("SELECT reached, next_at FROM call_try".into()).await;
    // 9:00 in Amsterdam, the day after 24 November.
    let morning = webcared::domain::time::Timestamp::parse("2026-11-25T08:00:00Z").unwrap();
    assert_eq!(tries, [(0, Some(morning.millis()))]);
    world.clock.advance(Span::seconds(10));
    chat.follower.run_once().await.unwrap();
    let after = world.fake.told().into_iter().find(|t| t.id == call.id).unwrap();
    assert!(after.text.contains("tried once") && after.text.contains("next try Wed 09:00"), "{}", after.text);
    world.fake.press(JAN, &after, "Called and reached");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1: called and reached. The promise is kept.");
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    let count = |kind: &str| kinds.iter().filter(|k| *k == kind).count();
    assert_eq!((count("call_not_reached"), count("promise_kept")), (1, 1), "{kinds:?}");
    world.clock.advance(Span::seconds(10));
    chat.follower.run_once().await.unwrap();
    let over = world.fake.told().into_iter().find(|t| t.id == call.id).unwrap();
    assert_eq!(over.text, "#1: this call is done.");
});

on_each_engine!(what_is_done_without_a_call_is_not_said_to_be_called, |world| {
    let chat = world.chat();
    promised(&world).await;
    let call = shown(&world, &chat).await;
    world.fake.press(JAN, &call, "Done");
    take_in(&chat).await;
    assert_eq!(last_answer(&world), "#1: the promise is kept.");
});

on_each_engine!(promises_are_made_and_kept_by_command, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    assert!(ask(&world, &chat, JAN, TEAM, "/promise 1").await.unwrap().text.starts_with("Tell until when"));
    assert!(
        ask(&world, &chat, JAN, TEAM, "/promise 1 soon x").await.unwrap().text.starts_with("Tell until when")
    );
    let made =
        ask(&world, &chat, JAN, TEAM, "/promise 1 16:00 we call her on 0612345678").await.unwrap().text;
    assert_eq!(made, "#1: call is promised until 16:00.", "and the words stay where they are");
    let clash = ask(&world, &chat, JAN, TEAM, "/promise 1 17:00 we bellen").await.unwrap().text;
    assert!(clash.starts_with("#1: not written down") && clash.contains("16:00"), "{clash}");
    let mail = ask(&world, &chat, JAN, TEAM, "/promise 1 16:00 a mail").await.unwrap().text;
    assert_eq!(mail, "#1: a promise until 16:00 is written down.");
    let which = ask(&world, &chat, JAN, TEAM, "/kept 1").await.unwrap().text;
    assert!(which.contains("/kept 1 1") && which.contains("/kept 1 2"), "{which}");
    for (asked, says) in [
        ("/kept 1 2", "#1: the promise is kept."),
        ("/kept 1", "#1: the promise is kept."),
        ("/kept 1", "#1: nothing is promised that still runs."),
    ] {
        assert_eq!(ask(&world, &chat, JAN, TEAM, asked).await.unwrap().text, says, "{asked}");
    }
    let kinds: Vec<String> = world.events(&case).await.into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds.iter().filter(|k| *k == "promise_kept").count(), 2, "{kinds:?}");
    let handed = ask(&world, &chat, JAN, TEAM, "/handover 1 eva she waits").await.unwrap().text;
    assert_eq!(handed, "#1 is handed to eva.");
    assert_eq!(
        ask(&world, &chat, 79, TEAM, "/kept 1").await.unwrap().text,
        "You are not allowed to do this."
    );
});

on_each_engine!(a_case_about_somebody_else_says_so_and_the_customer_is_called, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let case = world.act(&case, &World::jan(), Act::Claim { until: None }).await;
    let father = Customer { name: "Pieter Quaadgras".into(), phone: NUMBER.into(), ..Customer::default() };
    world.act(&case, &World::jan(), Act::Customer(CustomerAct::Say(father))).await;
    let made = ask(&world, &chat, JAN, TEAM, "/promise 1 16:00 we call him").await.unwrap().text;
    assert_eq!(made, "#1: call is promised until 16:00. (to the customer)");
    let other =
        ask(&world, &chat, JAN, TEAM, "/promise 1 16:00 other: the neighbour, a key").await.unwrap().text;
    assert_eq!(other, "#1: a promise until 16:00 is written down. (to somebody else)");
    let to: Vec<(String,)> = world.rows("SELECT to_whom FROM promise ORDER BY wait".into()).await;
    assert_eq!(to, [("customer".to_owned(),), ("other".to_owned(),)]);
    let call = shown(&world, &chat).await;
    assert!(call.text.contains(NUMBER) && call.text.contains("ask for Pieter Quaadgras"), "{call:?}");
    world.alert(&[world.stored(&case.id).await]).await;
    world.drain(&world.worker(&chat)).await;
    let card =
        world.fake.told().into_iter().rfind(|t| t.chat == TEAM && t.text.contains("about somebody else"));
    let card = card.unwrap();
    assert!(!card.text.contains("Quaadgras") && !card.text.contains("12345678"), "{}", card.text);
});

on_each_engine!(an_overdue_line_is_told_in_the_owners_own_chat, |world| {
    let chat = world.chat();
    let case = world.case(2).await;
    let case = world.act(&case, &World::jan(), Act::Claim { until: None }).await;
    let ending = Some(Ending {
        solved: Solved::Unregistered,
        difference: Some(Difference::Mandate),
        back_door: Some(BackDoor::PromiseBroken),
    });
    world.act(&case, &World::jan(), Act::Resolve { reason: "done".into(), ending }).await;
    ask(&world, &chat, JAN, JAN, "/calls").await;
    let line = Line {
        owner: "jan".into(),
        action: "send a mechanic to eva@x.example".into(),
        due_day: "2026-11-23".into(),
    };
    world.casework.say_line((&case.brand_id, &case.id), &line, &World::jan()).await.unwrap();
    let jan: Vec<(String,)> = world.rows("SELECT id FROM person WHERE login = 'jan'".into()).await;
    let body = serde_json::json!({
        "chat": JAN.to_string(), "line": case.id, "brand": case.brand_id, "day": "2026-11-23", "to": jan[0].0,
    });
    let (now, brand) = (world.clock_now(), case.brand_id.clone());
    let mut action =
        ActionRow::ready("act_line".into(), &brand, "line_chat", "telegram", "line:1".into(), now);
    action.payload = body.to_string();
    let add = world.db().write("adding what is told", move |tx| {
        let rows = vec![action.clone()];
        Box::pin(async move { bulk::insert_actions(tx, &rows).await })
    });
    add.await.unwrap();
    world.drain(&world.worker(&chat)).await;
    let told = world.fake.told().pop().unwrap();
    assert!(told.chat == JAN && told.text.contains("Past its day, 2026-11-23"), "{told:?}");
    assert!(told.text.contains("send a mechanic") && !told.text.contains("eva@x"), "{told:?}");
});

on_each_engine!(status_tells_what_is_deaf_stopped_or_unknown, |world| {
    let chat = world.chat();
    let fine = ask(&world, &chat, JAN, TEAM, "/status").await.unwrap().text;
    for part in ["sending goes on", "every source hears", "nothing is unknown", "outbox: 0 wait"] {
        assert!(fine.contains(part), "{part}: {fine}");
    }
    let since = world.clock_now().minus(Span::minutes(190)).millis();
    world
        .exec(format!(
            "INSERT INTO source_alarm (source, kind, since, told_at) VALUES ('toots', 'silent', {since}, 0)"
        ))
        .await;
    world.exec("UPDATE person SET role = 'lead' WHERE login = 'jan'".into()).await;
    ask(&world, &chat, JAN, TEAM, "/stop_sending mail mia@example.org").await;
    let bad = ask(&world, &chat, JAN, TEAM, "/status").await.unwrap().text;
    assert!(bad.contains("All sending is stopped: mail •••"), "{bad}");
    assert!(bad.contains("toots: silent, for 3 h 10"), "{bad}");
    let alone = ask(&world, &chat, JAN, JAN, "/status").await.unwrap().text;
    assert!(alone.contains("toots: silent"), "{alone}");
    world.exec("UPDATE person SET brands = '[\"brd_other\"]' WHERE login = 'jan'".into()).await;
    let alone = ask(&world, &chat, JAN, JAN, "/status").await.unwrap().text;
    assert!(alone.contains("All sending is stopped") && !alone.contains("toots"), "{alone}");
});
