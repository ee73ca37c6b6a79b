//! Alerts beside the bot: each channel in its own shape, chains until somebody takes the case, another channel where
//! one does not deliver, and what waits in quiet hours. The fake keeps its own ledger of what came.

use crate::harness::{House, on_each, post};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use webcared::alarms::config::{
    AlertsConfig, ChainConfig, ChannelConfig, EmailConfig, HeartbeatConfig, PagerDutyConfig, Role,
    SlackConfig, StepConfig, TeamsConfig, WebhookConfig,
};
use webcared::alarms::heartbeat::Heartbeat;
use webcared::alarms::{self, Parts, deliver};
use webcared::alerting::Team;
use webcared::casework::Act;
use webcared::catalogue::Catalogue;
use webcared::clock::{Chance, Clock};
use webcared::domain::time::{Span, Timestamp};
use webcared::http_client::{HttpClient, Outbound};
use webcared::outbox::Worker;
use webcared::sources::mail::config::{Security, SmtpConfig};
use webcared::sources::webhook::Key;
use webcared::store::alert;

pub(super) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(super) const FIRE: &str = "@Acme my house is on fire because of your charger, people are hurt, call 112";
pub(super) const SLOW: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";

/// What came to which path, and what is answered there.
#[derive(Default)]
pub(super) struct Outside {
    pub(super) came: Mutex<Vec<(String, HeaderMap, Value)>>,
    pub(super) down: Mutex<Vec<(String, u16)>>,
}

async fn take(
    State(out): State<Arc<Outside>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let path = uri.path().to_owned();
    if let Some((_, code)) = out.down.lock().unwrap().iter().find(|(p, _)| *p == path) {
        return (StatusCode::from_u16(*code).unwrap(), String::new());
    }
    out.came.lock().unwrap().push((path, headers, serde_json::from_slice(&body).unwrap_or_default()));
    (StatusCode::OK, json!({ "ok": true, "ts": "1.2" }).to_string())
}

impl Outside {
    pub(super) async fn listen() -> (Arc<Self>, String) {
        let out = Arc::new(Self::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(take).with_state(out.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (out, url)
    }

    pub(super) fn at(&self, path: &str) -> Vec<Value> {
        self.came.lock().unwrap().iter().filter(|c| c.0 == path).map(|c| c.2.clone()).collect()
    }
}

pub(super) fn slack(name: &str, url: &str) -> ChannelConfig {
    let url = Some(format!("{url}/{name}").into());
    let slack = Some(SlackConfig { url, ..SlackConfig::default() });
    ChannelConfig { name: name.into(), slack, ..ChannelConfig::default() }
}

pub(super) fn pager(url: &str) -> ChannelConfig {
    let routing_key = Some("R0".to_owned().into());
    let pagerduty =
        Some(PagerDutyConfig { routing_key, url: format!("{url}/pager"), ..PagerDutyConfig::default() });
    ChannelConfig { name: "pager".into(), pagerduty, ..ChannelConfig::default() }
}

pub(super) struct Desk {
    parts: Parts,
    workers: Vec<Worker>,
    config: AlertsConfig,
}

pub(super) fn desk(house: &House, config: AlertsConfig, owner: &str) -> Desk {
    let clock: Arc<dyn Clock> = house.clock.clone();
    let outbound = Outbound { allow_private_addresses: true, ..Outbound::default() };
    let parts = Parts {
        db: house.db.clone(),
        clock: clock.clone(),
        mint: house.mint.clone(),
        catalogue: house.current.clone(),
        http: HttpClient::new(&outbound, clock.clone()).unwrap(),
        owner: owner.into(),
        outbox: Arc::default(),
        public_url: "https://care.example".into(),
        zone: "UTC".into(),
    };
    house.current.set(Catalogue { teams: config.teams(), ..(*house.current.get()).clone() });
    let worker = |c: &ChannelConfig| {
        let deliver = Arc::new(alarms::deliverer(&parts, c).unwrap());
        Worker::new(house.db.clone(), clock.clone(), Chance::seeded(3), owner.into(), deliver)
            .by(deliver::law())
    };
    let workers = config.channels.iter().map(worker).collect();
    Desk { parts, workers, config }
}

impl Desk {
    pub(super) async fn send(&self) {
        for worker in &self.workers {
            while worker.run_once().await.unwrap() > 0 {}
        }
    }

    /// A second after another, as the daemon does it.
    pub(super) async fn pass(&self, house: &House, seconds: i64) {
        for _ in 0..seconds {
            house.advance(Span::seconds(1)).await;
            alarms::escalating(&self.parts, &self.config).run_once().await.unwrap();
            self.send().await;
        }
    }
}

#[test]
fn each_channel_tells_in_its_own_shape_and_the_alarm_ends_with_a_claim() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let bot = SlackConfig {
            token: Some("xoxb-1".to_owned().into()),
            channel: "#care".into(),
            api_url: format!("{url}/api"),
            ..SlackConfig::default()
        };
        let channels = vec![
            slack("slack", &url),
            ChannelConfig { name: "bot".into(), slack: Some(bot), ..ChannelConfig::default() },
            ChannelConfig {
                name: "teams".into(),
                teams: Some(TeamsConfig { url: Some(format!("{url}/teams?sig=x").into()), url_file: None }),
                ..ChannelConfig::default()
            },
            pager(&url),
            ChannelConfig {
                name: "hook".into(),
                webhook: Some(WebhookConfig {
                    url: format!("{url}/hook"),
                    secret: Some(SECRET.to_owned().into()),
                    ..WebhookConfig::default()
                }),
                ..ChannelConfig::default()
            },
        ];
        let desk = desk(&house, AlertsConfig { channels, ..AlertsConfig::default() }, "a");
        house.take(&[post("1", "sanne", "a", 0, FIRE), post("2", "piet", "b", 0, FIRE)]).await;
        desk.send().await;
        let shown = |path: &str| {
            let came = out.at(path);
            assert_eq!(came.len(), 1, "{path}: one message a burst");
            let text = came[0].to_string();
            assert!(
                text.contains("2 cases need you") && text.contains("#1") && text.contains("#2"),
                "{text}"
            );
            assert!(!text.contains("charger"), "no words of a customer: {text}");
            came[0].clone()
        };
        shown("/slack");
        assert_eq!(shown("/api/chat.postMessage")["channel"], "#care");
        let card = shown("/teams");
        assert_eq!(card["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
        assert_eq!(shown("/hook")["data"]["cases"].as_array().unwrap().len(), 2);
        {
            let came = out.came.lock().unwrap();
            let bearer = came.iter().find(|c| c.0 == "/api/chat.postMessage").unwrap();
            assert_eq!(bearer.1["authorization"], "Bearer xoxb-1");
            let (_, headers, body) = came.iter().find(|c| c.0 == "/hook").unwrap();
            let text = |name: &str| headers[name].to_str().unwrap().to_owned();
            let at = Timestamp(text("webhook-timestamp").parse::<i64>().unwrap() * 1000);
            let key = Key::parse(&SECRET.to_owned().into()).unwrap();
            assert_eq!(
                text("webhook-signature"),
                key.sign(&text("webhook-id"), at, body.to_string().as_bytes())
            );
        }
        let events = out.at("/pager");
        assert_eq!(events.len(), 2, "an alarm for each case");
        let case = house.case(1).await;
        let key = format!("webcared/{}", case.id);
        let of_case = |e: &&Value| e["dedup_key"] == key;
        assert!(events.iter().any(|e| of_case(&e) && e["event_action"] == "trigger"));
        assert!(events.iter().all(|e| e["payload"]["severity"] == "critical" && e["routing_key"] == "R0"));
        house.act(&case, 1, Act::Claim { until: None }).await.unwrap();
        desk.pass(&house, 2).await;
        let all = out.at("/pager");
        let resolved: Vec<&Value> = all.iter().filter(|e| e["event_action"] == "resolve").collect();
        assert_eq!(resolved.len(), 1);
        assert_eq!(resolved[0]["dedup_key"], key);
        assert_eq!(house.count("SELECT COUNT(*) FROM alert_standing").await, 1, "the other case still rings");
    });
}

#[test]
fn each_channel_tells_in_its_own_language() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let dutch = ChannelConfig { language: "nl".into(), ..slack("kamer", &url) };
        let card = TeamsConfig { url: Some(format!("{url}/teams?sig=x").into()), url_file: None };
        let teams = ChannelConfig {
            name: "teams".into(),
            language: "nl".into(),
            teams: Some(card),
            ..ChannelConfig::default()
        };
        let config =
            AlertsConfig { channels: vec![slack("room", &url), dutch, teams], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        house.take(&[post("1", "sanne", "a", 0, FIRE), post("2", "piet", "b", 0, FIRE)]).await;
        desk.send().await;
        let text = |path: &str, n: usize| out.at(path)[n].to_string();
        assert!(text("/room", 0).contains("2 cases need you"), "{}", text("/room", 0));
        let told = text("/kamer", 0);
        assert!(told.contains("2 zaken hebben je nodig") && told.contains("antwoord uiterlijk"), "{told}");
        assert!(!told.contains("cases need you") && !told.contains("answer due"), "{told}");
        assert!(text("/teams", 0).contains("[openen]("), "{}", text("/teams", 0));
        // The built-in chain tells again after five minutes.
        desk.pass(&house, 310).await;
        assert!(text("/room", 1).contains("nobody took it"), "{}", text("/room", 1));
        assert!(text("/kamer", 1).contains("niemand heeft hem opgepakt"), "{}", text("/kamer", 1));
    });
}

#[test]
fn a_chain_goes_on_until_somebody_claims() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let leads = ChannelConfig { role: Role::Leads, ..slack("lead-room", &url) };
        let channels = vec![slack("slack", &url), leads];
        let step = |after_minutes, to: &str| StepConfig { after_minutes, to: vec![to.into()] };
        let chain = ChainConfig {
            steps: vec![step(2, "team"), step(5, "leads")],
            repeat_minutes: 3,
            repeat_max: 1,
            ..ChainConfig::default()
        };
        let desk =
            desk(&house, AlertsConfig { channels, chains: vec![chain], ..AlertsConfig::default() }, "a");
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.send().await;
        let counts = || (out.at("/slack").len(), out.at("/lead-room").len());
        assert_eq!(counts(), (1, 0));
        desk.pass(&house, 115).await;
        assert_eq!(counts(), (1, 0), "nothing before its time");
        desk.pass(&house, 10).await;
        assert_eq!(counts(), (2, 0));
        assert!(out.at("/slack")[1].to_string().contains("nobody took it"));
        let case = house.act(&house.case(1).await, 1, Act::Claim { until: None }).await.unwrap();
        desk.pass(&house, 240).await;
        assert_eq!(counts(), (2, 0), "a claim ends it");
        assert_eq!(house.count("SELECT COUNT(*) FROM escalation WHERE ended_why = 'claimed'").await, 1);
        house.act(&case, 1, Act::Release).await.unwrap();
        // A process that slept finds what was due, and tells the last of it.
        desk.pass(&house, 1).await;
        house.advance(Span::minutes(6)).await;
        desk.pass(&house, 1).await;
        assert_eq!(counts(), (2, 1), "of several steps the last");
        // Two replicas carry it on, and each step is told once.
        let other = alarms::escalating(&Parts { owner: "b".into(), ..desk.parts.clone() }, &desk.config);
        for _ in 0..10 {
            house.advance(Span::minutes(1)).await;
            other.run_once().await.unwrap();
            desk.pass(&house, 1).await;
        }
        let steps = "SELECT COUNT(*) FROM action WHERE once_key LIKE '%:run2:%'";
        assert_eq!(house.count(steps).await, 2, "the step and one repeat");
    });
}

#[test]
fn what_is_put_away_begins_anew_when_it_comes_back() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let steps = vec![StepConfig { after_minutes: 2, to: vec!["team".into()] }];
        let chain = ChainConfig { steps, ..ChainConfig::default() };
        let config = AlertsConfig {
            channels: vec![slack("slack", &url)],
            chains: vec![chain],
            ..AlertsConfig::default()
        };
        let desk = desk(&house, config, "a");
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.send().await;
        desk.pass(&house, 1).await;
        let until = house.clock_now().plus(Span::hours(3));
        house.act(&house.case(1).await, 1, Act::Snooze { until }).await.unwrap();
        // Its clocks are told of as ever.
        desk.pass(&house, 1_800).await;
        let rung = || house.count("SELECT COUNT(*) FROM action WHERE once_key LIKE '%:run%'");
        assert_eq!(rung().await, 0, "the chain rings nobody meanwhile");
        // The customer writes again, which brings it back long before.
        house.take(&[post("2", "sanne", "a", 31, FIRE)]).await;
        desk.pass(&house, 1).await;
        desk.pass(&house, 125).await;
        assert_eq!(rung().await, 1, "the chain begins anew");
        assert!(out.at("/slack").iter().any(|m| m.to_string().contains("nobody took it")));
        assert_eq!(house.count("SELECT COUNT(*) FROM escalation WHERE ended_why = 'put away'").await, 1);
    });
}

#[test]
fn what_is_not_delivered_within_a_minute_is_told_elsewhere_once() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let first = ChannelConfig { fallback: Some("second".into()), ..slack("first", &url) };
        let second = ChannelConfig { role: Role::Step, ..slack("second", &url) };
        let config = AlertsConfig { channels: vec![first, second], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        *out.down.lock().unwrap() = vec![("/first".into(), 429)];
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.send().await;
        desk.pass(&house, 55).await;
        assert_eq!(out.at("/second").len(), 0, "it has a minute");
        desk.pass(&house, 10).await;
        assert_eq!(out.at("/second").len(), 1);
        out.down.lock().unwrap().clear();
        desk.pass(&house, 120).await;
        assert_eq!((out.at("/first").len(), out.at("/second").len()), (0, 1), "told once");
        let off =
            "SELECT COUNT(*) FROM action WHERE state = 'cancelled' AND detail = 'told by another channel'";
        assert_eq!(house.count(off).await, 1);
        // A clear no is not waited for.
        *out.down.lock().unwrap() = vec![("/first".into(), 404)];
        house.take(&[post("2", "piet", "b", 0, FIRE)]).await;
        desk.pass(&house, 3).await;
        assert_eq!(out.at("/second").len(), 2);
    });
}

#[test]
fn quiet_hours_and_the_limit_hold_back_all_but_p1_and_say_why() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        // It is 14:13 in the tests.
        let quiet = ChannelConfig { quiet: Some("12:00-20:00".into()), ..slack("quiet", &url) };
        let few = ChannelConfig { messages_per_hour_max: 1, ..slack("few", &url) };
        let free = slack("free", &url);
        let config = AlertsConfig { channels: vec![quiet, few, free], ..AlertsConfig::default() };
        let desk = desk(&house, config, "a");
        house.take(&[post("1", "sanne", "a", 0, FIRE), post("2", "piet", "b", 0, SLOW)]).await;
        desk.send().await;
        house.act(&house.case(1).await, 1, Act::Claim { until: None }).await.unwrap();
        for path in ["/quiet", "/few", "/free"] {
            assert_eq!(out.at(path).len(), 1, "{path}: P1 is told");
        }
        house.advance(Span::minutes(31)).await;
        let case = house.case(2).await;
        assert!(case.level > 1);
        desk.send().await;
        let slow = |path: &str| out.at(path).iter().filter(|m| m.to_string().contains("#2")).count();
        assert_eq!((slow("/quiet"), slow("/few"), slow("/free")), (0, 0, 1));
        let (brand, id) = (case.brand_id.clone(), case.id.clone());
        let held =
            house.write(move |tx| Box::pin(async move { alert::held(tx, &brand, &id).await })).await.unwrap();
        let why: Vec<(&str, &str)> = held.iter().map(|h| (h.channel.as_str(), h.why.as_str())).collect();
        assert!(why.contains(&("alert:quiet", "quiet")) && why.contains(&("alert:few", "limit")), "{why:?}");
        house.take(&[post("3", "an", "c", 31, FIRE)]).await;
        // Another message may have gone a moment ago; it joins the next one.
        house.advance(Span::seconds(31)).await;
        desk.send().await;
        assert!(out.at("/quiet").iter().any(|m| m.to_string().contains("#3")), "P1 is never held back");
        assert!(out.at("/few").iter().any(|m| m.to_string().contains("#3")));
        house.advance(Span::hours(7)).await;
        desk.send().await;
        assert_eq!((slow("/quiet"), slow("/few")), (1, 1), "told when it may be");
    });
}

#[test]
fn the_outside_watch_is_called_only_while_all_is_well() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let desk = desk(&house, AlertsConfig::default(), "a");
        let config =
            HeartbeatConfig { url: Some(format!("{url}/ping").into()), ..HeartbeatConfig::default() };
        let beat = Heartbeat::new(&desk.parts, &config).unwrap();
        assert!(beat.run_once().await);
        assert_eq!(out.at("/ping").len(), 1);
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        house.clock.advance(Span::hours(2));
        assert!(!beat.run_once().await, "what fell due is not recorded");
        house.advance(Span::seconds(1)).await;
        assert!(beat.run_once().await);
        assert_eq!(out.at("/ping").len(), 2);
    });
}

/// A mail server that takes everything; what it took, in order.
async fn mail_server() -> (Arc<Mutex<Vec<String>>>, u16) {
    let took: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ledger = took.clone();
    tokio::spawn(async move {
        while let Ok((line, _)) = listener.accept().await {
            let (read, mut write) = line.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 fake\r\n").await.unwrap();
            let (mut in_data, mut mail) = (false, String::new());
            while let Ok(Some(said)) = lines.next_line().await {
                mail.push_str(&said);
                mail.push('\n');
                let answer: &[u8] = match said.get(..4).unwrap_or(&said) {
                    _ if in_data && said == "." => {
                        in_data = false;
                        ledger.lock().unwrap().push(std::mem::take(&mut mail));
                        b"250 ok\r\n"
                    }
                    _ if in_data => continue,
                    "DATA" => {
                        in_data = true;
                        b"354 go on\r\n"
                    }
                    _ => b"250 ok\r\n",
                };
                if write.write_all(answer).await.is_err() {
                    break;
                }
            }
        }
    });
    (took, port)
}

#[test]
fn a_mail_tells_those_who_are_named() {
    on_each(|house| async move {
        let (took, port) = mail_server().await;
        let smtp = SmtpConfig {
            host: "127.0.0.1".into(),
            port: Some(port),
            security: Security::None,
            ..SmtpConfig::default()
        };
        let email = EmailConfig {
            from: "webcared@acme.example".into(),
            to: vec!["lead@acme.example".into(), "desk@acme.example".into()],
            smtp,
        };
        let channel = ChannelConfig { name: "mail".into(), email: Some(email), ..ChannelConfig::default() };
        let desk = desk(&house, AlertsConfig { channels: vec![channel], ..AlertsConfig::default() }, "a");
        house.take(&[post("1", "sanne", "a", 0, FIRE)]).await;
        desk.send().await;
        let took = took.lock().unwrap().clone();
        assert_eq!(took.len(), 1);
        for wanted in
            ["lead@acme.example", "desk@acme.example", "#1 P1 Acme", "Auto-Submitted: auto-generated"]
        {
            assert!(took[0].contains(wanted), "{wanted}: {}", took[0]);
        }
        assert!(!took[0].contains("charger"));
    });
}

#[test]
fn leads_hear_at_once_of_broken_promises_alone() {
    on_each(|house| async move {
        let (out, url) = Outside::listen().await;
        let leads = ChannelConfig { role: Role::Leads, ..slack("lead-room", &url) };
        let desk = desk(&house, AlertsConfig { channels: vec![leads], ..AlertsConfig::default() }, "a");
        assert_eq!(desk.config.teams().iter().filter(|t: &&Team| t.leads).count(), 1);
        house.take(&[post("1", "sanne", "a", 0, SLOW)]).await;
        desk.send().await;
        assert!(out.at("/lead-room").is_empty());
        house.advance(Span::hours(2)).await;
        desk.send().await;
        let came = out.at("/lead-room");
        assert_eq!(came.len(), 1);
        assert!(came[0].to_string().contains("promise broken"), "{}", came[0]);
    });
}
