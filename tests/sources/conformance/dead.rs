//! What `doctor` says of every kind of source where nobody answers: that it does not work, and what to do, within seconds.
//! A server that hangs is not waited for longer than one that refuses, and none keeps the others waiting.

use super::Fixtures;
use super::fixtures::all;
use crate::{configured, http};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use webcared::clock::{Clock, SystemClock};
use webcared::doctor;
use webcared::domain::exam::Verdict;
use webcared::settings::Settings;
use webcared::sources::config::SourceConfig;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PASSWORD: &str = "p4ssw0rd-0f-nobody";
/// The longest that all of them may take together, the bound of one thing and some room.
const WITHIN: Duration = Duration::from_secs(30);

/// One source of every kind, all at the same port of this machine.
fn every_kind(port: u16) -> Vec<SourceConfig> {
    let url = format!("http://127.0.0.1:{port}");
    let named = |kind: &str, mut config: Value| {
        config["name"] = kind.replace('_', "-").into();
        configured(config).remove(0)
    };
    let polled = |f: &Fixtures| {
        let mut config = (f.config)(&url);
        if f.kind == "x" {
            // A trial beside the daemon leaves the account's token alone, and asks with the app's.
            (config["x"]["search"], config["x"]["app_token"]) = (json!(true), json!(PASSWORD));
        }
        named(f.kind, config)
    };
    let mut kinds: Vec<SourceConfig> = all().iter().map(polled).collect();
    let stream = json!({"servers": [format!("ws://127.0.0.1:{port}")], "version": 1, "posts_server": ""});
    let imap = json!({"host": "127.0.0.1", "port": port, "security": "none", "password": PASSWORD});
    kinds.push(named("jetstream", json!({ "jetstream": stream })));
    kinds.push(named("mail", json!({"mail": {"address": "care@acme.example", "imap": imap}})));
    kinds.push(named("webhook", json!({"webhook": {"secret": SECRET}})));
    kinds.push(named("whatsapp", crate::whatsapp_site::config(&url)));
    kinds
}

async fn nobody_answers(port: u16) {
    let sources = every_kind(port);
    let settings = Settings { sources, ..Settings::default() };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let began = Instant::now();
    let found = doctor::examine(&settings, &[], &http(3), &clock).await.unwrap();
    assert!(began.elapsed() < WITHIN, "it took {:?}", began.elapsed());
    let kinds: BTreeSet<&str> = found.iter().map(|p| p.kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(SourceConfig::KINDS));
    assert_eq!(found.len(), SourceConfig::KINDS.len(), "each is told of once");
    let secrets: Vec<&str> = all().iter().filter_map(|f| f.secret.map(|(secret, _)| secret)).collect();
    for patient in &found {
        let kind = &patient.kind;
        let bad: Vec<_> = patient.exams.iter().filter(|e| e.verdict == Verdict::Bad).collect();
        if kind == "webhook" {
            // It asks nobody: what is wrong shows when somebody delivers.
            assert!(bad.is_empty() && !patient.exams.is_empty(), "{patient:?}");
        } else {
            assert!(!bad.is_empty(), "{kind}: nobody is there, and it is not said: {patient:?}");
        }
        for exam in bad {
            assert!(!exam.found.is_empty() && !exam.advice.is_empty(), "{kind}: {exam:?}");
        }
        let told = format!("{patient:?}");
        for secret in secrets.iter().chain(&[SECRET, PASSWORD]) {
            assert!(!told.contains(secret), "{kind}: no secret is told: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_every_kind_it_is_told_within_seconds_that_nobody_is_there() {
    nobody_answers(9).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_every_kind_it_is_told_within_seconds_that_a_server_hangs() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    nobody_answers(port).await;
    task.abort();
}
