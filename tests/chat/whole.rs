//! The chat as it runs: all tasks together, and how they stop.

use crate::fake::Fault;
use crate::world::{JAN, LEAD, TEAM, World, team};
use std::sync::Arc;
use std::time::{Duration, Instant};
use webcared::alerting::Team;
use webcared::catalogue::Catalogue;
use webcared::chat::{self, Parts};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::time::Span;

async fn until(what: &str, mut check: impl FnMut() -> bool) {
    for _ in 0..200 {
        if check() {
            return;
        }
        tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>()).await.ok();
    }
    panic!("{what} did not happen");
}

on_each_engine!(from_alert_to_claim_to_edited_card_with_everything_running, |world| {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    world.clock.set(clock.now());
    chat::spawn(&world.shutdown, &Parts { morning: None, ..world.parts(clock) }).unwrap();
    let case = world.case(1).await;
    world.alert(&[case]).await;
    until("the alert", || world.fake.told().len() == 1).await;
    let told = world.fake.told().pop().unwrap();
    world.fake.press(JAN, &told, "Claim");
    until("the answer", || world.fake.answers().len() == 1).await;
    until("the edit", || world.fake.told()[0].text.contains("claimed by Jan")).await;
    let began = Instant::now();
    world.shutdown.token.cancel();
    assert!(world.shutdown.drain(Span::seconds(5)).await);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
});

on_each_engine!(it_stops_in_time_also_while_the_platform_hangs, |world| {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    world.clock.set(clock.now());
    world.fake.fault(Fault::Hang);
    let case = world.case(1).await;
    let actions = world.alert(&[case]).await;
    chat::spawn(&world.shutdown, &Parts { morning: None, ..world.parts(clock) }).unwrap();
    until("the message", || world.fake.told().len() == 1).await;
    let began = Instant::now();
    world.shutdown.token.cancel();
    assert!(world.shutdown.drain(Span::seconds(5)).await);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let action = world.action(&actions[0].id).await;
    assert_eq!((action.state.as_str(), action.repeat_marked), ("ready", 1));
});

on_each_engine!(what_no_alert_told_comes_in_one_digest, |world| {
    let chat = world.chat();
    let worker = world.worker(&chat);
    assert_eq!(chat.maker.run_once().await.unwrap(), 1, "the report of yesterday only");
    world.drain(&worker).await;
    world.clock.advance(Span::minutes(1));
    let urgent = world.case(1).await;
    world.alert(&[urgent]).await;
    world.case(3).await;
    world.case(4).await;
    world.clock.advance(Span::minutes(5));
    assert_eq!(chat.maker.run_once().await.unwrap(), 0, "not before ten minutes");
    world.clock.advance(Span::minutes(6));
    assert_eq!(chat.maker.run_once().await.unwrap(), 1);
    assert_eq!(chat.maker.run_once().await.unwrap(), 0);
    world.drain(&worker).await;
    let told = world.fake.told();
    let digest = told.iter().find(|t| t.chat == TEAM && t.text.contains("2 new")).unwrap();
    assert!(digest.text.contains("P3: 1, P4: 1") && digest.text.contains(">#2</a>"), "{}", digest.text);
    assert!(!digest.text.contains(">#1</a>"), "{}", digest.text);
    // Nothing new, no digest, however long; then the next case comes in one.
    for _ in 0..30 {
        world.clock.advance(Span::minutes(2));
        assert_eq!(chat.maker.run_once().await.unwrap(), 0);
    }
    world.case(5).await;
    world.clock.advance(Span::seconds(20));
    assert_eq!(chat.maker.run_once().await.unwrap(), 1);
    world.drain(&worker).await;
    assert!(world.fake.told().pop().unwrap().text.contains("1 new"));
});

on_each_engine!(a_chat_that_stands_there_once_for_each_of_its_brands_hears_of_all_in_one_digest, |world| {
    let chat = world.chat();
    let was = chat.maker.catalogue.get();
    let of = |brand: &str| Team { brands: vec![brand.to_owned()], ..team() };
    let teams = vec![of("Of nobody"), of("Acme & Co")];
    chat.maker.catalogue.set(Catalogue { teams, ..(*was).clone() });
    chat.maker.run_once().await.unwrap();
    world.clock.advance(Span::minutes(1));
    world.case(3).await;
    world.clock.advance(Span::minutes(11));
    assert_eq!(chat.maker.run_once().await.unwrap(), 1);
    world.drain(&world.worker(&chat)).await;
    let told = world.fake.told();
    let digests: Vec<_> = told.iter().filter(|t| t.chat == TEAM && t.text.contains("1 new")).collect();
    assert_eq!(digests.len(), 1);
});

on_each_engine!(the_morning_report_comes_once_a_day, |world| {
    let chat = world.chat();
    let worker = world.worker(&chat);
    for _ in 0..3 {
        chat.maker.run_once().await.unwrap();
    }
    assert_eq!(world.actions("report").await.len(), 1);
    world.drain(&worker).await;
    let told = world.fake.told().pop().unwrap();
    assert_eq!(told.chat, LEAD);
    println!("{}", told.text);
    assert!(told.text.contains("Report of 20"), "{}", told.text);
    // Beside the period before, with the way to all of it.
    assert!(
        told.text.contains("the day before: 0 posts, first answers – on time, 0 broken"),
        "{}",
        told.text
    );
    assert!(
        told.text.contains("/reports?period=daily") && told.text.contains("the whole report"),
        "{}",
        told.text
    );
    world.clock.advance(Span::days(1));
    // Another replica, or this one after a restart, makes no second one.
    world.chat().maker.run_once().await.unwrap();
    chat.maker.run_once().await.unwrap();
    assert_eq!(world.actions("report").await.len(), 2);
});

on_each_engine!(a_week_and_a_month_are_told_the_morning_after_them, |world| {
    let chat = world.chat();
    let worker = world.worker(&chat);
    chat.maker.run_once().await.unwrap();
    world.drain(&worker).await;
    assert_eq!(world.actions("report").await.len(), 1, "a week that was over before is not told of");
    // A Tuesday; six days on it is Monday, seven the first of December.
    world.clock.advance(Span::days(6));
    world.chat().maker.run_once().await.unwrap();
    chat.maker.run_once().await.unwrap();
    world.drain(&worker).await;
    assert_eq!(world.actions("report").await.len(), 3);
    world.clock.advance(Span::days(1));
    chat.maker.run_once().await.unwrap();
    assert_eq!(world.actions("report").await.len(), 5);
    world.drain(&worker).await;
    let told: Vec<String> = world.fake.told().into_iter().map(|m| m.text).collect();
    for (days, before, page) in [
        ("Report of 2026-11-23 – 2026-11-29", "the week before: ", "period=weekly"),
        ("Report of 2026-11-01 – 2026-11-30", "the month before: ", "period=monthly"),
    ] {
        let of: Vec<&String> = told.iter().filter(|text| text.contains(days)).collect();
        assert_eq!(of.len(), 1, "{days}: {told:?}");
        assert!(of[0].contains(before) && of[0].contains(page), "{of:?}");
    }
});
