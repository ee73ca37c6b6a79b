//! Every kind of channel gives way to another one after a minute without delivery, and what was refused for good is
//! driven again by a person.

use crate::alarms::{FIRE, Outside, desk, pager, slack};
use crate::harness::{on_each, person, post};
use webcared::alarms::config::{
    AlertsConfig, ChannelConfig, EmailConfig, Role, SlackConfig, TeamsConfig, WebhookConfig,
};
use webcared::casework::Actor;
use webcared::domain::ids::ActionId;
use webcared::domain::time::Span;
use webcared::sources::mail::config::{Security, SmtpConfig};
use webcared::store::bulk;
use webcared::store::outbox::{self, Decision};
use webcared::store::rows::ActionRow;

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const KINDS: [&str; 6] = ["slack", "bot", "teams", "pagerduty", "webhook", "email"];

fn hook(url: &str) -> ChannelConfig {
    let webhook = WebhookConfig {
        url: format!("{url}/hook"),
        secret: Some(SECRET.to_owned().into()),
        ..WebhookConfig::default()
    };
    ChannelConfig { name: "first".into(), webhook: Some(webhook), ..ChannelConfig::default() }
}

/// A channel of each kind, and the path at which it calls.
fn first(kind: &str, url: &str) -> (ChannelConfig, &'static str) {
    let named = || ChannelConfig { name: "first".into(), ..ChannelConfig::default() };
    match kind {
        "slack" => (slack("first", url), "/first"),
        "bot" => {
            let bot = SlackConfig {
                token: Some("xoxb-1".to_owned().into()),
                channel: "#care".into(),
                api_url: format!("{url}/api"),
                ..SlackConfig::default()
            };
            (ChannelConfig { slack: Some(bot), ..named() }, "/api/chat.postMessage")
        }
        "teams" => {
            let teams = TeamsConfig { url: Some(format!("{url}/teams").into()), url_file: None };
            (ChannelConfig { teams: Some(teams), ..named() }, "/teams")
        }
        "pagerduty" => (ChannelConfig { name: "first".into(), ..pager(url) }, "/pager"),
        "webhook" => (hook(url), "/hook"),
        _ => {
            // Nobody listens there.
            let smtp = SmtpConfig {
                host: "127.0.0.1".into(),
                port: Some(1),
                security: Security::None,
                ..SmtpConfig::default()
            };
            let email =
                EmailConfig { from: "care@acme.example".into(), to: vec!["desk@acme.example".into()], smtp };
            (ChannelConfig { email: Some(email), ..named() }, "/")
        }
    }
}

#[test]
fn every_kind_of_channel_gives_way_after_a_minute() {
    for kind in KINDS {
        on_each(move |house| async move {
            let (out, url) = Outside::listen().await;
            let (channel, path) = first(kind, &url);
            let channel = ChannelConfig { fallback: Some("second".into()), ..channel };
            let second = ChannelConfig { role: Role::Step, ..slack("second", &url) };
            let config = AlertsConfig { channels: vec![channel, second], ..AlertsConfig::default() };
            assert_eq!(config.failover_seconds, 60);
            let desk = desk(&house, config, "a");
            *out.down.lock().unwrap() = vec![(path.into(), 429)];
            house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
            desk.send().await;
            desk.pass(&house, 70).await;
            assert_eq!(out.at("/second").len(), 1, "{kind}: told elsewhere, once");
            assert!(out.at(path).is_empty(), "{kind}");
            desk.pass(&house, 30).await;
            assert_eq!(out.at("/second").len(), 1, "{kind}: and no second time");
        });
    }
}

#[test]
fn who_hears_it_by_themselves_is_not_told_it_twice_where_another_channel_fails() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let channel = ChannelConfig { fallback: Some("second".into()), ..slack("first", &url) };
        let config =
            AlertsConfig { channels: vec![channel, slack("second", &url)], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        *out.down.lock().unwrap() = vec![("/first".into(), 429)];
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.send().await;
        assert_eq!(out.at("/second").len(), 1, "it is a channel of the team too");
        desk.pass(&house, 90).await;
        assert_eq!(out.at("/second").len(), 1, "one obligation, one stage, one alert");
        let first: Vec<(String,)> =
            house.all("SELECT state FROM action WHERE kind = 'alert' AND credential = 'alert:first'").await;
        assert_eq!(first, [("cancelled".to_owned(),)], "the first is called off: it was told");
        assert_eq!(house.count("SELECT COUNT(*) FROM action WHERE once_key LIKE 'over:%'").await, 0);
    });
}

#[test]
fn what_hangs_on_its_way_gives_way_after_the_same_minute() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let channel = ChannelConfig { fallback: Some("second".into()), ..slack("first", &url) };
        let second = ChannelConfig { role: Role::Step, ..slack("second", &url) };
        let config = AlertsConfig { channels: vec![channel, second], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        *out.down.lock().unwrap() = vec![("/first".into(), 429)];
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.send().await;
        let hangs = "UPDATE action SET state = 'sending', attempts = 2, lease_until = 9000000000000
             WHERE credential = 'alert:first'";
        house.execute(hangs).await;
        desk.pass(&house, 55).await;
        assert!(out.at("/second").is_empty(), "it has a minute");
        desk.pass(&house, 10).await;
        assert_eq!(out.at("/second").len(), 1, "nobody waits for an answer that does not come");
        out.down.lock().unwrap().clear();
        let back = "UPDATE action SET state = 'ready', lease_until = NULL WHERE credential = 'alert:first'";
        house.execute(back).await;
        desk.pass(&house, 3).await;
        assert_eq!((out.at("/first").len(), out.at("/second").len()), (0, 1), "told once");
    });
}

#[test]
fn while_all_sending_is_stopped_nothing_goes_round_about() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let channel = ChannelConfig { fallback: Some("second".into()), ..slack("first", &url) };
        let second = ChannelConfig { role: Role::Step, ..slack("second", &url) };
        let config = AlertsConfig { channels: vec![channel, second], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        *out.down.lock().unwrap() = vec![("/first".into(), 429)];
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.send().await;
        let turn = |stop: bool| {
            let now = house.clock_now();
            house.write(move |tx| {
                Box::pin(async move { outbox::turn_sending(tx, stop, ("per_kim", ""), now).await })
            })
        };
        turn(true).await.unwrap();
        desk.pass(&house, 90).await;
        let copies = "SELECT COUNT(*) FROM action WHERE once_key LIKE 'over:%'";
        assert_eq!(house.count(copies).await, 0);
        out.down.lock().unwrap().clear();
        turn(false).await.unwrap();
        desk.pass(&house, 20).await;
        assert_eq!((out.at("/first").len(), out.at("/second").len()), (1, 0), "it has its minute again");
        assert_eq!(house.count(copies).await, 0);
    });
}

#[test]
fn what_is_of_no_case_gives_way_too() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let channel = ChannelConfig { fallback: Some("second".into()), ..slack("first", &url) };
        let second = ChannelConfig { role: Role::Step, ..slack("second", &url) };
        let config = AlertsConfig { channels: vec![channel, second], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        *out.down.lock().unwrap() = vec![("/first".into(), 429)];
        let id = house.mint.id(house.clock_now(), ActionId::new).to_string();
        let mut told = ActionRow::ready(id, "", "duty", "alert:first", "duty:x".into(), house.clock_now());
        told.payload = r#"{"chat":"first","kind":"nobody","due":3}"#.into();
        house
            .write(move |tx| Box::pin(async move { bulk::insert_actions(tx, &[told]).await }))
            .await
            .unwrap();
        desk.pass(&house, 70).await;
        let came = out.at("/second");
        assert_eq!(came.len(), 1, "that nobody is on duty reaches somebody: {came:?}");
        assert!(came[0].to_string().contains("obody is on duty"), "{came:?}");
        out.down.lock().unwrap().clear();
        desk.pass(&house, 130).await;
        assert_eq!((out.at("/first").len(), out.at("/second").len()), (0, 1), "told once");
    });
}

#[test]
fn that_a_topic_rises_gives_way_too() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let channel = ChannelConfig { fallback: Some("second".into()), ..slack("first", &url) };
        let second = ChannelConfig { role: Role::Step, ..slack("second", &url) };
        let config = AlertsConfig { channels: vec![channel, second], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        *out.down.lock().unwrap() = vec![("/first".into(), 429)];
        let id = house.mint.id(house.clock_now(), ActionId::new).to_string();
        let mut told =
            ActionRow::ready(id, "", "incident", "alert:first", "incident:x".into(), house.clock_now());
        told.payload = r#"{"chat":"first","incident":"inc_1","brand":"brd_1","kind":"raised"}"#.into();
        house
            .write(move |tx| Box::pin(async move { bulk::insert_actions(tx, &[told]).await }))
            .await
            .unwrap();
        desk.pass(&house, 70).await;
        let over: Vec<(String, String)> =
            house.all("SELECT kind, credential FROM action WHERE once_key LIKE 'over:%'").await;
        assert_eq!(over, [("incident".to_owned(), "alert:second".to_owned())]);
    });
}

#[test]
fn who_is_on_call_is_rung_where_nobody_is_on_duty() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let desk = desk(&house, AlertsConfig { channels: vec![pager(&url)], ..AlertsConfig::default() }, "a");
        for (n, kind) in ["nobody", "day", "nobody"].iter().enumerate() {
            let (now, once) = (house.clock_now(), format!("duty:{n}"));
            let id = house.mint.id(now, ActionId::new).to_string();
            let mut told = ActionRow::ready(id, "", "duty", "alert:pager", once, now);
            told.payload = format!(r#"{{"chat":"pager","kind":"{kind}","due":3}}"#);
            house
                .write(move |tx| Box::pin(async move { bulk::insert_actions(tx, &[told]).await }))
                .await
                .unwrap();
        }
        desk.send().await;
        desk.pass(&house, 3).await;
        let came = out.at("/pager");
        assert_eq!(came.len(), 2, "a gap ahead rings nobody: {came:?}");
        assert!(came.iter().all(|e| e["dedup_key"] == "webcared/duty" && e["event_action"] == "trigger"));
        let summary = came[0]["payload"]["summary"].as_str().unwrap();
        assert!(summary.contains("obody is on duty") && summary.contains("3 cases"), "{summary}");
    });
}

#[test]
fn that_nobody_is_there_for_something_urgent_goes_past_quiet_hours_and_limits() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        // All day but the minute before midnight.
        let room = ChannelConfig { quiet: Some("00:00-23:59".into()), ..slack("room", &url) };
        let desk = desk(&house, AlertsConfig { channels: vec![room], ..AlertsConfig::default() }, "a");
        for urgent in [0, 2] {
            let now = house.clock_now();
            let id = house.mint.id(now, ActionId::new).to_string();
            let mut told = ActionRow::ready(id.clone(), "", "duty", "alert:room", id, now);
            told.payload =
                format!(r#"{{"chat":"room","kind":"nobody","due":{},"urgent":{urgent}}}"#, urgent + 3);
            house
                .write(move |tx| Box::pin(async move { bulk::insert_actions(tx, &[told]).await }))
                .await
                .unwrap();
        }
        desk.send().await;
        desk.pass(&house, 3).await;
        let came = out.at("/room");
        assert_eq!(came.len(), 1, "{came:?}");
        assert!(
            came[0].to_string().contains("5 cases") && came[0].to_string().contains("P1 or P2"),
            "{came:?}"
        );
        let why: Vec<(String,)> = house.all("SELECT why FROM alert_held").await;
        assert_eq!(why, [("quiet".to_owned(),)], "why the other waits is noted");
    });
}

#[test]
fn what_goes_late_is_not_told_once_it_is_late() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let config = AlertsConfig { channels: vec![slack("room", &url)], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        for (late, minutes) in [(14, -1), (15, 30)] {
            let now = house.clock_now();
            let id = house.mint.id(now, ActionId::new).to_string();
            let mut told = ActionRow::ready(id.clone(), "", "duty", "alert:room", id, now);
            let by = now.plus(Span::minutes(minutes)).millis();
            told.payload = format!(r#"{{"chat":"room","kind":"outlook","late":{late},"by":{by}}}"#);
            house
                .write(move |tx| Box::pin(async move { bulk::insert_actions(tx, &[told]).await }))
                .await
                .unwrap();
        }
        desk.send().await;
        desk.pass(&house, 3).await;
        let came = out.at("/room");
        assert_eq!(came.len(), 1, "{came:?}");
        assert!(came[0].to_string().contains("15 cases"), "{came:?}");
    });
}

#[test]
fn what_a_webhook_refused_for_good_is_driven_again_by_a_person() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let config = AlertsConfig { channels: vec![hook(&url)], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        *out.down.lock().unwrap() = vec![("/hook".into(), 410)];
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.send().await;
        let dead: Vec<(String, String)> =
            house.all("SELECT id, brand_id FROM action WHERE kind = 'alert' AND state = 'refused'").await;
        assert_eq!(dead.len(), 1, "a dead letter");
        out.down.lock().unwrap().clear();
        house.advance(Span::seconds(40)).await;
        desk.send().await;
        assert!(out.at("/hook").is_empty(), "it stays where it is until somebody says so");
        let by = Actor { person: person(1), lead: true };
        let (id, brand) = &dead[0];
        house.casework.settle(brand, id, None, Decision::Again, &by).await.unwrap();
        desk.send().await;
        let came = out.at("/hook");
        assert_eq!(came.len(), 1);
        assert_eq!(came[0]["data"]["cases"][0]["number"], 1);
        desk.send().await;
        assert_eq!(out.at("/hook").len(), 1, "once");
    });
}
