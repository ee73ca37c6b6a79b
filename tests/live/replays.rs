//! Files of recorded posts in which much is wrong: each line ends as exactly one of the five, what is wrong is put
//! aside with its line, the rest goes on, and the same again changes nothing.

use crate::daemon::Start;
use crate::place::{Data, Engine, has_postgres};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What each line is to become, in the order of the file; blank lines are no posts.
const BECOMES: &[(&str, i64)] =
    &[("mention", 6), ("duplicate", 1), ("own_echo", 1), ("filtered", 2), ("quarantined", 13)];

fn recorded(id: &str) -> Value {
    let author = json!({"id": format!("author-{id}"), "handle": id, "name": "A", "followers": 3});
    let text = "@acme where is my bag? It has been three days";
    json!({"platform": "bluesky", "external_id": id, "author": author, "text": text, "created_at": "2026-01-05T10:00:00Z"})
}

fn with(id: &str, key: &str, value: Value) -> String {
    let mut post = recorded(id);
    post[key] = value;
    post.to_string()
}

fn lines() -> Vec<Vec<u8>> {
    let deep = format!(r#"{{"more":{}{},"#, "[".repeat(3_000), "]".repeat(3_000));
    let mut lines: Vec<Vec<u8>> = [
        // Mentions: a mark of the byte order, half a pair, a NUL that is written out, depth, the first and a late year.
        format!("\u{feff}{}", recorded("bom")),
        recorded("half").to_string().replace("my bag", r"my bag \ud83d"),
        with("nul", "text", json!("@acme where\u{0}is my bag?")),
        recorded("deep").to_string().replacen('{', &deep, 1),
        with("year0", "created_at", json!("0000-01-01T00:00:00Z")),
        with("year9999", "created_at", json!("9999-12-30T20:00:00Z")) + "\r",
        // Known already, our own, about nobody.
        with("bom", "text", json!("@acme the same once more")),
        with("own", "own", json!(true)),
        with("nobody", "text", json!("the weather is fine")),
        with("empty", "text", json!("")),
        String::new(),
        " \t ".to_owned(),
        // Put aside.
        "[".repeat(100_000),
        "null".to_owned(),
        "{}".to_owned(),
        recorded("cut").to_string()[..60].to_owned(),
        with("", "external_id", json!("")),
        with("number", "external_id", json!(12)),
        with("time", "created_at", json!("yesterday")),
        with("day", "created_at", json!("2026-02-30T00:00:00Z")),
        with("huge", "author", json!({"id": "a", "followers": 1e300})),
        recorded("twice").to_string().replacen('{', r#"{"text":"x","#, 1),
        with("long", "text", json!("@acme ".to_owned() + "x".repeat(3_000_000).as_str())),
    ]
    .map(String::into_bytes)
    .into();
    for odd in [&b"\xff"[..], b"\0"] {
        lines.push(
            [&br#"{"platform":"bluesky","external_id":""#[..], odd, b"\",\"author\":{\"id\":\"a\"}}"]
                .concat(),
        );
    }
    lines
}

fn file(data: &Data, lines: &[Vec<u8>]) -> PathBuf {
    let file = data.folder().join("hostile.jsonl");
    std::fs::write(&file, lines.join(&b'\n')).unwrap();
    file
}

/// Replays and gives the counts, which always add up.
async fn counts(start: &Start, args: &[&str]) -> Value {
    let (code, said, told) = start.run(&[&["replay", "--as-fast-as-possible"][..], args].concat()).await;
    assert_eq!(code, Some(6), "{told}");
    let counts: Value = serde_json::from_str(said.trim()).unwrap();
    let sum: i64 = BECOMES.iter().map(|(name, _)| counts[*name].as_i64().unwrap()).sum();
    assert_eq!(counts["received"], sum, "{counts}");
    counts
}

async fn every_line_ends_as_one_thing(engine: Engine) {
    let data = Data::fresh(engine).await;
    let start = Start::new(&data, 0, None);
    let lines = lines();
    let name = file(&data, &lines).display().to_string();
    let first = counts(&start, &[&name, "--as-live"]).await;
    for (name, n) in BECOMES {
        assert_eq!(first[*name], *n, "{name}: {first}");
    }
    // With a daemon it goes through its socket; all that could be read is known by now.
    let daemon = start.ready().await;
    for times in ["--as-live", "--now"] {
        let again = counts(&start, &[&name, times]).await;
        assert_eq!(again["mention"], 0, "{times}: {again}");
        assert_eq!(again["own_echo"], 0, "{times}: {again}");
        for name in ["received", "filtered", "quarantined"] {
            assert_eq!(again[name], first[name], "{times}: {name}: {again}");
        }
    }
    let look = data.look().await;
    let aside: Vec<(String, String)> =
        look.rows("SELECT place, why FROM inbox WHERE verdict = 'quarantined'").await;
    let long = format!("line {}", lines.iter().position(|l| l.len() > 3_000_000).unwrap() + 1);
    assert!(aside.iter().any(|(place, why)| *place == long && why.contains("longer than")), "{aside:?}");
    assert!(aside.iter().all(|(place, why)| place.starts_with("line ") && !why.is_empty()), "{aside:?}");
    let kept = look.count("SELECT CAST(MAX(LENGTH(body)) AS BIGINT) FROM inbox").await;
    assert!((1_000_000..1_100_000).contains(&kept), "{kept} bytes are kept of a line that is too long");
    look.close().await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_ends_as_one_thing_on_sqlite() {
    every_line_ends_as_one_thing(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_ends_as_one_thing_on_postgres() {
    if has_postgres() {
        every_line_ends_as_one_thing(Engine::Postgres).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_named() {
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let folder = data.folder().display().to_string();
    for file in ["no-such-file.jsonl", folder.as_str()] {
        let (code, said, told) = start.run(&["replay", file]).await;
        assert_eq!(code, Some(1), "{told}");
        assert!(said.is_empty() && told.contains(file), "{told}");
    }
    let (code, said, _) = start.run(&["replay", "-"]).await;
    assert_eq!(code, Some(0));
    let nothing: Value = serde_json::from_str(said.trim()).unwrap();
    assert_eq!(nothing["received"], 0);
    for wrong in [["--speed", "0"], ["--speed", "nan"], ["--now", "--as-live"]] {
        let (code, _, told) = start.run(&[&["replay", "x.jsonl"][..], &wrong[..]].concat()).await;
        assert_eq!(code, Some(2), "{told}");
    }
}
