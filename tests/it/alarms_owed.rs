//! That a promise to a customer is due soon is told once, at its last warning, on every channel, while it stands.

use crate::alarms::{Desk, Outside, SECRET, SLOW, desk, pager, slack};
use crate::harness::{House, on_each, post};
use serde_json::Value;
use std::sync::Arc;
use webcared::alarms::config::{AlertsConfig, ChannelConfig, Role, TeamsConfig, WebhookConfig};
use webcared::casework::{Act, Beside, NewPromise};
use webcared::domain::time::Span;

/// A call that the front office owes the first customer in a hundred minutes.
async fn promised(house: &House) -> i64 {
    let new = NewPromise {
        text: "We ring Sanne on 0612345678".into(),
        due: house.clock_now().plus(Span::minutes(100)),
        owed_by: "front_office".into(),
        act: "call".into(),
        ..NewPromise::default()
    };
    house.act(&house.case(1).await, 1, Act::Promise(Box::new(new))).await.unwrap();
    house.clocks().await.into_iter().rfind(|o| o.kind == "promise").unwrap().wait
}

/// As people read it: Teams has signs escaped.
fn read(told: &Value) -> String {
    told.to_string().replace('\\', "")
}

/// The team hears on Slack, and something is promised: its wait.
async fn with_slack(house: &House) -> (Arc<Outside>, Desk, i64) {
    let (out, url) = Outside::listen().await;
    let desk =
        desk(house, AlertsConfig { channels: vec![slack("slack", &url)], ..AlertsConfig::default() }, "a");
    house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
    let wait = promised(house).await;
    (out, desk, wait)
}

fn owed(out: &Outside, path: &str) -> Vec<Value> {
    let all = out.at(path).into_iter();
    all.filter(|m| read(m).contains("promise (call) of front office due in")).collect()
}

#[test]
fn the_last_warning_of_a_promise_is_told_once_on_each_channel_without_its_words() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let hook = WebhookConfig {
            url: format!("{url}/hook"),
            secret: Some(SECRET.to_owned().into()),
            ..WebhookConfig::default()
        };
        let teams = TeamsConfig { url: Some(format!("{url}/teams").into()), url_file: None };
        let channels = vec![
            slack("slack", &url),
            ChannelConfig { name: "teams".into(), teams: Some(teams), ..ChannelConfig::default() },
            ChannelConfig { name: "hook".into(), webhook: Some(hook), ..ChannelConfig::default() },
            pager(&url),
            ChannelConfig { role: Role::Leads, ..slack("leads", &url) },
        ];
        let desk = desk(&house, AlertsConfig { channels, ..AlertsConfig::default() }, "a");
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        promised(&house).await;
        house.advance(Span::minutes(79)).await;
        desk.send().await;
        let paths = ["/slack", "/teams", "/hook", "/pager"];
        for path in paths {
            assert!(owed(&out, path).is_empty(), "{path}: half of its time is no reason to be rung");
        }
        house.advance(Span::minutes(2)).await;
        desk.send().await;
        for path in paths {
            let came = owed(&out, path);
            assert_eq!(came.len(), 1, "{path}: {came:?}");
            let text = read(&came[0]);
            assert!(text.contains("due in 19 min") && text.contains("#1"), "{text}");
            assert!(
                !text.contains("0612345678") && !text.contains("Sanne"),
                "no words of the promise: {text}"
            );
        }
        assert_eq!(owed(&out, "/hook")[0]["data"]["cases"][0]["occasion"], "promise");
        assert_eq!(owed(&out, "/pager")[0]["payload"]["class"], "promise");
        house.advance(Span::minutes(10)).await;
        desk.send().await;
        assert_eq!(owed(&out, "/slack").len(), 1, "once");
        assert!(owed(&out, "/leads").is_empty(), "leads hear of what is broken");
        let told = "SELECT COUNT(*) FROM action WHERE payload LIKE '%\"occasion\":\"promise\"%'";
        assert_eq!(house.count(told).await, 4, "and nobody else waits to be told");
        house.advance(Span::minutes(20)).await;
        desk.send().await;
        assert!(out.at("/leads").iter().any(|m| m.to_string().contains("promise broken")));
    });
}

#[test]
fn a_promise_that_was_kept_alerts_nobody() {
    on_each(|house| async move {
        let (out, desk, wait) = with_slack(&house).await;
        house.advance(Span::minutes(70)).await;
        house.act(&house.case(1).await, 1, Act::KeepPromise { wait }).await.unwrap();
        house.advance(Span::minutes(20)).await;
        let told = "SELECT COUNT(*) FROM action WHERE payload LIKE '%\"occasion\":\"promise\"%'";
        assert_eq!(house.count(told).await, 0, "kept before");
        // Kept when it was to be told already, but had not been.
        let wait = promised(&house).await;
        house.advance(Span::minutes(81)).await;
        assert_eq!(house.count(told).await, 1);
        house.act(&house.case(1).await, 1, Act::KeepPromise { wait }).await.unwrap();
        desk.send().await;
        assert!(owed(&out, "/slack").is_empty(), "{:?}", out.at("/slack"));
        let over: Vec<(String, Option<String>)> = house
            .all("SELECT state, remote_id FROM action WHERE payload LIKE '%\"occasion\":\"promise\"%'")
            .await;
        assert!(over[0].0 == "done" && over[0].1.as_deref().unwrap().starts_with("not needed"), "{over:?}");
    });
}

#[test]
fn a_promise_that_is_moved_warns_by_its_new_time() {
    on_each(|house| async move {
        let (out, desk, wait) = with_slack(&house).await;
        house.advance(Span::minutes(40)).await;
        let due = house.clock_now().plus(Span::minutes(160));
        let later =
            Act::MovePromise { wait, due, reason: "they said tonight".into(), beside: Beside::default() };
        house.act(&house.case(1).await, 1, later).await.unwrap();
        house.advance(Span::minutes(65)).await;
        desk.send().await;
        assert!(owed(&out, "/slack").is_empty(), "neither at its old time nor at half of the new one");
        house.advance(Span::minutes(56)).await;
        desk.send().await;
        let came = owed(&out, "/slack");
        assert!(came.len() == 1 && came[0].to_string().contains("due in 39 min"), "{came:?}");
    });
}
