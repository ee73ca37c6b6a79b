//! Sending: at once, in few messages, and with everything that can go wrong on the way.

use crate::fake::Fault;
use crate::world::{TEAM, World};
use webcared::clock::Clock;
use webcared::domain::time::Span;

on_each_engine!(an_alert_is_told_at_once_and_without_the_customers_words, |world| {
    let case = world.case(1).await;
    let actions = world.alert(&[case]).await;
    let chat = world.chat();
    assert_eq!(world.worker(&chat).run_once().await.unwrap(), 1);
    let told = world.fake.told();
    assert_eq!(told.len(), 1);
    println!("{}", told[0].text);
    let text = &told[0].text;
    assert!(text.contains("#1 · P1 · Acme &amp; Co") && text.contains("new, answer due in 30 min"), "{text}");
    assert!(text.contains("danger") && !text.contains("secret"), "{text}");
    assert!(told[0].html && told[0].keyboard.to_string().contains("Claim"));
    let action = world.action(&actions[0].id).await;
    assert_eq!((action.state.as_str(), action.remote_id.as_deref()), ("done", Some("-1001/1")));
});

on_each_engine!(a_burst_of_forty_is_few_messages_that_list_every_case, |world| {
    let chat = world.chat();
    let worker = world.worker(&chat);
    let mut cases = Vec::new();
    for _ in 0..8 {
        let mut some = Vec::new();
        for _ in 0..5 {
            some.push(world.case(2).await);
        }
        world.alert(&some).await;
        cases.extend(some);
        while worker.run_once().await.unwrap() > 0 {}
        world.clock.advance(Span(700));
    }
    // A restart in the middle goes on where the burst stood.
    let worker = world.worker(&world.chat());
    world.drain(&worker).await;
    let told = world.fake.told();
    assert!(told.len() <= 3, "{} messages", told.len());
    assert!(told.iter().all(|t| t.text.matches("</a>").count() <= webcared::chat::burst::CASES_MAX));
    for case in &cases {
        let link = format!(">#{}</a>", case.number);
        let listed = told.iter().filter(|t| t.text.contains(&link)).count();
        assert_eq!(listed, 1, "#{} is listed {listed} times", case.number);
    }
    assert!(world.actions("alert").await.iter().all(|a| a.state == "done" && a.attempts == 1));
    let edits: usize = told.iter().map(|t| t.edits.len()).sum();
    assert!(edits <= 12, "{edits} edits");
});

on_each_engine!(an_answer_that_was_lost_makes_one_marked_repeat_with_the_same_id, |world| {
    let actions = {
        let case = world.case(1).await;
        world.alert(&[case]).await
    };
    let worker = world.worker(&world.chat());
    world.fake.fault(Fault::Lost);
    worker.run_once().await.unwrap();
    let action = world.action(&actions[0].id).await;
    assert_eq!((action.state.as_str(), action.repeat_marked), ("ready", 1));
    world.drain(&worker).await;
    let told = world.fake.told();
    assert_eq!(told.len(), 2);
    let short = &actions[0].id[actions[0].id.len() - 8..];
    assert!(told[0].text.ends_with(&format!("alert {short}")), "{}", told[0].text);
    assert!(told[1].text.ends_with(&format!("alert {short} (repeat)")), "{}", told[1].text);
});

on_each_engine!(a_repeat_that_has_to_wait_is_a_marked_repeat_still, |world| {
    let actions = {
        let case = world.case(1).await;
        world.alert(&[case]).await
    };
    let worker = world.worker(&world.chat());
    world.fake.fault(Fault::Lost);
    worker.run_once().await.unwrap();
    world.clock.advance(Span::minutes(1));
    world.fake.fault(Fault::TooMany(14));
    worker.run_once().await.unwrap();
    let action = world.action(&actions[0].id).await;
    assert_eq!((action.state.as_str(), action.attempts, action.repeat_marked), ("ready", 2, 1));
    world.drain(&worker).await;
    let told = world.fake.told();
    assert_eq!(told.len(), 2);
    assert!(told[1].text.ends_with("(repeat)"), "{}", told[1].text);
});

on_each_engine!(told_to_wait_it_waits_exactly_and_asks_nobody_meanwhile, |world| {
    let case = world.case(1).await;
    let actions = world.alert(&[case]).await;
    let worker = world.worker(&world.chat());
    world.fake.fault(Fault::TooMany(14));
    worker.run_once().await.unwrap();
    let action = world.action(&actions[0].id).await;
    assert_eq!((action.state.as_str(), action.repeat_marked), ("ready", 0));
    assert_eq!(action.not_before, crate::world::START.plus(Span::seconds(14)).millis());
    // A new alert for the same chat does not go before either.
    let other = world.case(1).await;
    world.alert(&[other]).await;
    world.clock.advance(Span::seconds(13));
    assert_eq!(worker.run_once().await.unwrap(), 0);
    assert_eq!(world.fake.told().len(), 0);
    world.clock.advance(Span::seconds(1));
    world.drain(&worker).await;
    assert_eq!(world.fake.told().len(), 1);
});

on_each_engine!(unreadable_markup_goes_as_plain_text_at_once, |world| {
    let case = world.case(1).await;
    let actions = world.alert(&[case]).await;
    world.fake.fault(Fault::Markup);
    world.worker(&world.chat()).run_once().await.unwrap();
    let told = world.fake.told();
    assert!(!told[0].html && told[0].text.starts_with("#1 · P1 · Acme & Co"), "{}", told[0].text);
    assert_eq!(world.action(&actions[0].id).await.state, "done");
});

on_each_engine!(a_group_that_moved_is_found_again_and_remembered, |world| {
    let first = world.case(1).await;
    world.alert(&[first]).await;
    world.fake.fault(Fault::Migrate(-2002));
    world.worker(&world.chat()).run_once().await.unwrap();
    assert_eq!(world.fake.told()[0].chat, -2002);
    world.clock.advance(Span::minutes(2));
    let second = world.case(1).await;
    world.alert(&[second]).await;
    world.drain(&world.worker(&world.chat())).await;
    let told = world.fake.told();
    assert_eq!(told.iter().map(|t| t.chat).collect::<Vec<_>>(), [-2002, -2002]);
    let sends = world.fake.ledger.lock().unwrap().calls.iter().filter(|c| *c == "sendMessage").count();
    assert_eq!(sends, 3, "the old id was asked once only");
});

on_each_engine!(a_chat_that_does_not_want_us_is_refused_and_nothing_listening_is_retried, |world| {
    let mut world = world;
    let case = world.case(1).await;
    let actions = world.alert(&[case]).await;
    world.fake.fault(Fault::Blocked);
    world.worker(&world.chat()).run_once().await.unwrap();
    let action = world.action(&actions[0].id).await;
    assert_eq!(action.state, "refused");
    assert!(action.detail.contains("blocked"), "{}", action.detail);

    world.clock.advance(Span::minutes(1));
    let case = world.case(1).await;
    let actions = world.alert(&[case]).await;
    world.config.api_url = "http://127.0.0.1:1".into();
    world.worker(&world.chat()).run_once().await.unwrap();
    let action = world.action(&actions[0].id).await;
    assert_eq!((action.state.as_str(), action.repeat_marked), ("ready", 0));
    assert!(!action.detail.contains("TEST"), "the token is told nowhere: {}", action.detail);
});

on_each_engine!(one_chat_that_must_wait_holds_no_other_back, |world| {
    let mut world = world;
    let other = webcared::alerting::Team { chat: "-9".into(), ..crate::world::team() };
    world.config.teams.push(webcared::chat::config::TeamChat { chat: -9, ..Default::default() });
    let chat = world.chat();
    let worker = world.worker(&chat);
    let first = world.case(1).await;
    world.alert(&[first]).await;
    while worker.run_once().await.unwrap() > 0 {}
    let second = world.case(1).await;
    world.alert(&[second]).await;
    let third = world.case(2).await;
    let rows = webcared::alerting::arrival(&third, "Acme & Co", &[other], &world.mint, world.clock.now());
    let write = world.db().write("adding", move |tx| {
        Box::pin(async move { webcared::store::bulk::insert_actions(tx, &rows).await })
    });
    write.await.unwrap();
    assert_eq!(worker.run_once().await.unwrap(), 1);
    let told = world.fake.told();
    assert_eq!(told.iter().map(|t| t.chat).collect::<Vec<_>>(), [TEAM, -9]);
    assert!(told[0].edits.is_empty());
});

on_each_engine!(an_edit_that_is_refused_becomes_a_message, |world| {
    let worker = world.worker(&world.chat());
    let first = world.case(1).await;
    world.alert(&[first]).await;
    while worker.run_once().await.unwrap() > 0 {}
    world.clock.advance(Span::seconds(4));
    let second = world.case(1).await;
    let actions = world.alert(&[second]).await;
    world.fake.ledger.lock().unwrap().told.clear();
    worker.run_once().await.unwrap();
    let told = world.fake.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains(">#1</a>") && told[0].text.contains(">#2</a>"), "{}", told[0].text);
    assert_eq!(world.action(&actions[0].id).await.state, "done");
});

on_each_engine!(the_kill_switch_stops_edits_too, |world| {
    let chat = world.chat();
    let worker = world.worker(&chat);
    let case = world.case(1).await;
    world.alert(std::slice::from_ref(&case)).await;
    worker.run_once().await.unwrap();
    let now = world.clock.now();
    let write = world.db().write("stopping", move |tx| {
        Box::pin(async move {
            use webcared::store::outbox::{KILL_SWITCH, set_switch};
            set_switch(tx, KILL_SWITCH, true, "test", now).await
        })
    });
    write.await.unwrap();
    let mut claimed = world.stored(&case.id).await;
    claimed.claimed_by = Some("per_00000000000000000000000eva".into());
    world.clock.advance(Span::seconds(5));
    claimed.changed_at = world.clock.now().millis();
    let write = world.db().write("changing", move |tx| {
        Box::pin(async move {
            let mut script = webcared::store::script::Script::of(tx, "a test");
            webcared::store::bulk::put_cases(&mut script, &[claimed])?;
            script.run(tx).await
        })
    });
    write.await.unwrap();
    assert_eq!(chat.follower.run_once().await.unwrap(), 0);
    let other = world.case(1).await;
    world.alert(&[other]).await;
    world.clock.advance(Span::minutes(1));
    assert_eq!(worker.run_once().await.unwrap(), 0);
    assert_eq!(world.fake.told().len(), 1);
});
