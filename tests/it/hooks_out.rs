//! Webhooks that go out: what is told to whom, signed how, tried again when, and never lost.

use crate::harness::{House, on_each, post};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use webcared::anchoring::{Anchoring, Place};
use webcared::announcing::TYPES;
use webcared::casework::Act;
use webcared::catalogue::Catalogue;
use webcared::clock::{Chance, Clock};
use webcared::courier::config::HookOutConfig;
use webcared::courier::{Courier, Parts, law};
use webcared::domain::time::{Span, Timestamp};
use webcared::http_client::{HttpClient, Outbound};
use webcared::outbox::Worker;
use webcared::sources::webhook::Key;
use webcared::store::{audit, outbox};

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const BEFORE: &str = "whsec_HxwdGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAAA=";

/// One delivery as it came.
struct Came {
    id: String,
    body: Value,
    fits: Vec<bool>,
}

/// A receiver that keeps a ledger and answers what it is told to.
#[derive(Default)]
struct Receiver {
    came: Mutex<Vec<Came>>,
    answers: Mutex<Vec<(u16, Option<&'static str>)>>,
}

async fn take(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let text = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    let (id, seconds) = (text("webhook-id"), text("webhook-timestamp").parse::<i64>().unwrap());
    let signatures = text("webhook-signature");
    let signed = |secret: &str| {
        let key = Key::parse(&secret.to_owned().into()).unwrap();
        signatures.split(' ').any(|s| s == key.sign(&id, Timestamp(seconds * 1000), &body))
    };
    let fits = [SECRET, BEFORE].map(signed).to_vec();
    let body = serde_json::from_slice(&body).unwrap();
    receiver.came.lock().unwrap().push(Came { id, body, fits });
    let next = receiver.answers.lock().unwrap().pop().unwrap_or((204, None));
    let mut headers = HeaderMap::new();
    if let Some(after) = next.1 {
        headers.insert("retry-after", after.parse().unwrap());
    }
    (StatusCode::from_u16(next.0).unwrap(), headers)
}

impl Receiver {
    async fn listen() -> (Arc<Self>, String) {
        let receiver = Arc::new(Self::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/told?by=webcared", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (receiver, url)
    }

    fn types(&self) -> Vec<String> {
        self.came.lock().unwrap().iter().map(|c| c.body["type"].as_str().unwrap().to_owned()).collect()
    }

    /// What it answers next, the first of these first.
    fn will(&self, answers: &[(u16, Option<&'static str>)]) {
        *self.answers.lock().unwrap() = answers.iter().rev().copied().collect();
    }
}

fn config(url: &str) -> HookOutConfig {
    HookOutConfig {
        name: "crm".into(),
        url: url.into(),
        secret: Some(SECRET.to_owned().into()),
        allow_private_address: true,
        ..HookOutConfig::default()
    }
}

fn worker(house: &House, config: &HookOutConfig, owner: &str) -> Worker {
    let clock: Arc<dyn Clock> = house.clock.clone();
    let parts = Parts {
        db: house.db.clone(),
        clock: clock.clone(),
        http: HttpClient::new(&Outbound::default(), clock.clone()).unwrap(),
        owner: owner.into(),
        outbox: Arc::default(),
        public_url: "https://care.example".into(),
    };
    let courier = Arc::new(Courier::new(&parts, config).unwrap());
    Worker::new(house.db.clone(), clock, Chance::seeded(3), owner.into(), courier).by(law())
}

fn tells(house: &House, configs: &[&HookOutConfig]) {
    let endpoints = configs.iter().map(|c| c.endpoint()).collect();
    house.current.set(Catalogue { endpoints, ..(*house.current.get()).clone() });
}

async fn states(house: &House) -> Vec<(String, i64)> {
    house.all("SELECT state, attempts FROM action WHERE kind = 'hook' ORDER BY id").await
}

const POST: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";

#[test]
fn a_case_is_told_from_its_beginning_to_its_end() {
    on_each(|house| async move {
        let (receiver, url) = Receiver::listen().await;
        let config = HookOutConfig { previous_secret: Some(BEFORE.to_owned().into()), ..config(&url) };
        tells(&house, &[&config]);
        let worker = worker(&house, &config, "a");
        house.take(&[post("1", "sanne", "a", 0, POST)]).await;
        while worker.run_once().await.unwrap() > 0 {}
        let case = house.case(1).await;
        let case = house.act(&case, 1, Act::Claim { until: None }).await.unwrap();
        house.advance(Span::hours(3)).await;
        let case = house.act(&house.case(case.number).await, 1, Act::AwaitCustomer).await.unwrap();
        let case = house.act(&case, 1, Act::Resolve { reason: "ok".into(), ending: None }).await.unwrap();
        let case = house.act(&case, 1, Act::Reopen).await.unwrap();
        house.act(&case, 1, Act::Note { text: "not told".into() }).await.unwrap();
        house.act(&house.case(1).await, 1, Act::Dismiss { reason: "no".into() }).await.unwrap();
        while worker.run_once().await.unwrap() > 0 {}
        let types = receiver.types();
        for wanted in [
            "case.created",
            "case.claimed",
            "case.deadline_warning",
            "case.deadline_broken",
            "case.waiting",
            "case.resolved",
            "case.reopened",
            "case.dismissed",
        ] {
            assert!(types.iter().any(|t| t == wanted), "{wanted}: {types:?}");
        }
        assert!(types.iter().all(|t| TYPES.contains(&t.as_str())), "{types:?}");
        let came = std::mem::take(&mut *receiver.came.lock().unwrap());
        for one in &came {
            assert_eq!(one.fits, [true, true], "signed by both keys");
            assert!(!one.body.to_string().contains("parcel"), "no words unless they are asked for");
            assert_eq!(one.body["data"]["case"]["url"], format!("https://care.example/cases/{}", case.id));
            assert!(one.body["timestamp"].as_str().unwrap().ends_with('Z'));
        }
        let mut ids: Vec<&str> = came.iter().map(|c| c.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), came.len(), "each told once");
        assert!(states(&house).await.iter().all(|(state, _)| state == "done"));
    });
}

#[test]
fn filters_words_and_walls_hold() {
    on_each(|house| async move {
        let (receiver, url) = Receiver::listen().await;
        let crm = HookOutConfig {
            brands: vec!["acme".into()],
            events: vec!["case.created".into(), "case.message_deleted".into()],
            with_text: true,
            ..config(&url)
        };
        let tempo = HookOutConfig { name: "tempo".into(), brands: vec!["Tempo".into()], ..config(&url) };
        tells(&house, &[&crm, &tempo]);
        house
            .take(&[post("1", "sanne", "a", 0, POST), post("2", "piet", "b", 0, "@Tempo where is it?")])
            .await;
        let crm_worker = worker(&house, &crm, "a");
        while crm_worker.run_once().await.unwrap() > 0 {}
        assert_eq!(receiver.types(), ["case.created"]);
        {
            let came = receiver.came.lock().unwrap();
            assert_eq!(came[0].body["data"]["text"], POST);
            assert_eq!(came[0].body["data"]["case"]["brand"], "Acme");
            assert_eq!(came[0].fits, [true, false]);
        }
        let tempo_worker = worker(&house, &tempo, "a");
        while tempo_worker.run_once().await.unwrap() > 0 {}
        let brands: Vec<Value> = receiver
            .came
            .lock()
            .unwrap()
            .iter()
            .skip(1)
            .map(|c| c.body["data"]["case"]["brand"].clone())
            .collect();
        assert!(!brands.is_empty() && brands.iter().all(|b| b == "Tempo"), "{brands:?}");
    });
}

#[test]
fn what_is_not_taken_is_tried_again_as_asked_and_given_up_in_the_end() {
    on_each(|house| async move {
        let (receiver, url) = Receiver::listen().await;
        let config = HookOutConfig { events: vec!["case.created".into()], ..config(&url) };
        tells(&house, &[&config]);
        let worker = worker(&house, &config, "a");
        house.take(&[post("1", "sanne", "a", 0, POST)]).await;
        receiver.will(&[(500, None), (429, Some("600")), (204, None)]);
        worker.run_once().await.unwrap();
        house.clock.advance(Span::seconds(3));
        assert_eq!(worker.run_once().await.unwrap(), 0, "not before its time");
        house.clock.advance(Span::seconds(4));
        worker.run_once().await.unwrap();
        house.clock.advance(Span::seconds(590));
        assert_eq!(worker.run_once().await.unwrap(), 0, "not before the time it asked for");
        house.clock.advance(Span::seconds(11));
        worker.run_once().await.unwrap();
        assert_eq!(states(&house).await, [("done".to_owned(), 3)]);
        {
            let came = receiver.came.lock().unwrap();
            assert!(came.len() == 3 && came.iter().all(|c| c.id == came[0].id), "one id for all tries");
        }
        // Refused for days: dead, until somebody sends it again.
        house.take(&[post("2", "piet", "b", 0, POST)]).await;
        receiver.will(&[(500, None); 16]);
        for _ in 0..16 {
            worker.run_once().await.unwrap();
            house.clock.advance(Span::hours(15));
        }
        assert_eq!(states(&house).await[1], ("refused".to_owned(), 16));
        let rows: Vec<(String,)> = house.all("SELECT id FROM action WHERE state = 'refused'").await;
        let by = webcared::casework::Actor { person: crate::harness::person(1), lead: true };
        let again = webcared::store::outbox::Decision::Again;
        house.casework.settle(&house.brand_id, &rows[0].0, None, again, &by).await.unwrap();
        worker.run_once().await.unwrap();
        assert_eq!(states(&house).await[1].0, "done");
        // One that wants no more is told no more.
        house.take(&[post("3", "zoe", "c", 0, POST)]).await;
        receiver.will(&[(410, None)]);
        worker.run_once().await.unwrap();
        assert_eq!(states(&house).await[2], ("refused".to_owned(), 1));
    });
}

/// The process dies when the request has left and its answer has not come: it goes again with the same id.
#[test]
fn one_whose_sender_vanished_goes_again_with_the_same_id() {
    on_each(|house| async move {
        let (receiver, url) = Receiver::listen().await;
        let config = HookOutConfig { events: vec!["case.created".into()], ..config(&url) };
        tells(&house, &[&config]);
        house.take(&[post("1", "sanne", "a", 0, POST)]).await;
        let now = house.clock_now();
        let claimed = house
            .write(move |tx| {
                Box::pin(async move {
                    let claimed = outbox::claim(tx, "hook:crm", now, Span::seconds(60), 10).await?;
                    outbox::mark_sending(tx, &claimed, now).await?;
                    Ok(claimed)
                })
            })
            .await
            .unwrap();
        assert_eq!(claimed.len(), 1);
        house.clock.advance(Span::seconds(90));
        let now = house.clock_now();
        house.write(move |tx| Box::pin(async move { outbox::sweep(tx, now).await })).await.unwrap();
        let worker = worker(&house, &config, "b");
        worker.run_once().await.unwrap();
        assert_eq!(states(&house).await, [("done".to_owned(), 2)]);
        assert_eq!(receiver.came.lock().unwrap()[0].id, claimed[0].id);
    });
}

#[test]
fn private_addresses_are_not_called_unless_that_is_said() {
    on_each(|house| async move {
        let (receiver, url) = Receiver::listen().await;
        let config = HookOutConfig {
            events: vec!["case.created".into()],
            allow_private_address: false,
            ..config(&url)
        };
        tells(&house, &[&config]);
        house.take(&[post("1", "sanne", "a", 0, POST)]).await;
        worker(&house, &config, "a").run_once().await.unwrap();
        assert!(receiver.came.lock().unwrap().is_empty());
        assert_eq!(states(&house).await[0].0, "refused");
    });
}

#[test]
fn the_head_of_the_audit_is_told_once_a_day_and_again_where_it_was_not_taken() {
    on_each(|house| async move {
        let (receiver, url) = Receiver::listen().await;
        let config = HookOutConfig {
            name: "vault".into(),
            url,
            secret: Some(SECRET.to_owned().into()),
            allow_private_address: true,
            ..HookOutConfig::default()
        };
        let clock: Arc<dyn Clock> = house.clock.clone();
        let http = HttpClient::new(&Outbound::default(), clock.clone()).unwrap();
        let anchoring = Anchoring {
            db: house.db.clone(),
            clock,
            public_url: "https://care.example".into(),
            places: vec![Place::hook(&http, &config).unwrap()],
        };
        assert_eq!(anchoring.run_once().await.unwrap(), 0, "there is nothing to tell yet");
        house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
        let case = house.case(1).await;
        house.act(&case, 1, Act::Claim { until: None }).await.unwrap();
        receiver.will(&[(500, None)]);
        assert_eq!(anchoring.run_once().await.unwrap(), 0);
        assert_eq!(anchoring.run_once().await.unwrap(), 0, "not at once again");
        house.clock.advance(Span::minutes(5));
        assert_eq!(anchoring.run_once().await.unwrap(), 1);
        house.clock.advance(Span::minutes(5));
        assert_eq!(anchoring.run_once().await.unwrap(), 0, "once a day");
        house.clock.advance(Span::days(1));
        assert_eq!(anchoring.run_once().await.unwrap(), 1);
        let head = {
            let came = receiver.came.lock().unwrap();
            let last = came.last().unwrap();
            assert!(came.len() == 3 && last.fits[0] && last.body["type"] == "audit.head", "{}", last.body);
            (1, last.body["data"]["hash"].as_str().unwrap().to_owned())
        };
        let walked = house.db.read("a test", |tx| Box::pin(audit::verify(tx, vec![head]))).await.unwrap();
        assert_eq!(walked.unwrap().0, 1);
    });
}
