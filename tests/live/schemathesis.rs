//! The interface for programs against its own description, by a tool of others' making: whatever it makes up is
//! answered as described, and never by a failure of ours.

use crate::daemon::Start;
use crate::place::{Data, Engine};
use crate::sender::{ORDINARY, deliver, post};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use webcared::domain::time::Span;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,\
                      allow_header_conformance,ignored_auth";

/// Schemathesis as `tests/run` installed it; without it there is nothing to run, which only CI counts as a failure.
fn tool() -> Option<PathBuf> {
    let at = std::env::var("WEBCARED_PEERS").ok().map(PathBuf::from);
    let at = at.map(|p| p.join("schemathesis/bin/schemathesis")).filter(|p| p.exists());
    assert!(at.is_some() || std::env::var("CI").is_err(), "schemathesis is missing; tests/run installs it");
    at
}

async fn holds(engine: Engine, examples: &str) {
    let Some(tool) = tool() else {
        eprintln!("schemathesis is missing; left out");
        return;
    };
    let data = Data::fresh(engine).await;
    let start = Start::new(&data, 0, None);
    let mut settings = std::fs::read_to_string(&start.file).unwrap();
    settings.push_str("\n[web]\napi_per_minute = 1000000\n");
    std::fs::write(&start.file, settings).unwrap();
    let daemon = start.ready().await;
    for n in 0..4 {
        let id = format!("s{n}");
        let words = if n == 0 { "@acme call me on 06 12345678, my parcel is gone" } else { ORDINARY };
        assert_eq!(deliver(start.port, &id, &post(&id, Span::minutes(40), words)).await, Some(202));
    }
    let settled = "webcared_settled_total{source=\"hook\",verdict=\"mention\"} 4";
    daemon.page_with("/metrics", settled).await;
    let scopes = ["read", "read_personal", "act", "answer", "lead", "admin"];
    let mut add = vec!["token", "add", "schemathesis"];
    add.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
    let (code, said, error) = start.run(&add).await;
    assert_eq!(code, Some(0), "{said}{error}");
    let token = said.lines().find(|l| l.starts_with("webcared_")).expect("a token").to_owned();
    let base = format!("http://127.0.0.1:{}/api/v1", start.port);
    let first = crate::sender::client()
        .get(format!("{base}/cases?order=opened&limit=1"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    let first: serde_json::Value = first.json().await.unwrap();
    let case = first["cases"][0]["id"].as_str().expect("a case");
    // What it makes up for ids names nothing: what there is is told to it.
    let config = data.folder().join("schemathesis.toml");
    let parameters = format!(
        "[parameters]\n\"path.case\" = \"{case}\"\n\"path.brand\" = \"Acme\"\n\"path.policy\" = \"social-30m\"\n"
    );
    std::fs::write(&config, parameters).unwrap();
    let mut command = Command::new(tool);
    command
        .args(["--config-file", &config.display().to_string(), "run", &format!("{base}/openapi.json")])
        .args(["-H", &format!("Authorization: Bearer {token}"), "--checks", CHECKS])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", "7"])
        // One at a time: Python 3.11 reads sources wrongly when several threads do.
        .args(["--workers", "1", "--no-shrink", "--continue-on-failure", "--warnings", "off"])
        .current_dir(data.folder())
        .stdin(Stdio::null());
    let done = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    let tail = told.len().saturating_sub(12_000);
    let tail = (tail..told.len()).find_map(|at| told.get(at..)).unwrap_or_default();
    assert!(done.status.success(), "{tail}\n{}", daemon.log_text());
    assert!(told.contains("openapi"), "{tail}");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_interface_is_as_it_is_described_on_sqlite() {
    holds(Engine::Sqlite, "8").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_interface_is_as_it_is_described_on_postgres() {
    if crate::place::has_postgres() {
        holds(Engine::Postgres, "4").await;
    }
}
