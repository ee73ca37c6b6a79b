//! `webcared policy` as people and programs call it: what it prints, and how it ends; and how any command does whose output
//! cannot be written.

use crate::harness::on_each;
use serde_json::Value;
use std::process::{Command, Output, Stdio};
use webcared::domain::policy::{Policy, Target};
use webcared::domain::time::Timestamp;
use webcared::store::{Place, setting};

const SETTINGS: &str = r#"
[[calendar]]
name = "desk"
zone = "Europe/Amsterdam"
mon = ["09:00-12:30", "13:30-17:00"]
fri = ["22:00-02:00"]
holidays = ["2026-12-28"]

[[policy]]
name = "desk-30m"
calendar = "desk"
targets = [
  { first_response_minutes = 30 },
  { channel = "email", first_response_minutes = 240 },
  { level = "P1", first_response_minutes = 10, calendar = "always" },
]
[policy.scope]
languages = ["nl", "en"]
"#;

fn call(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("F"), SETTINGS).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_webcared"));
    // No settings of whoever runs the tests.
    let own = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WEBCARED"));
    for (name, _) in own {
        command.env_remove(name);
    }
    command.current_dir(folder.path()).args(arguments).output().unwrap()
}

#[track_caller]
fn explain(arguments: &str) -> Value {
    let all: Vec<&str> = ["policy", "explain"].into_iter().chain(arguments.split_whitespace()).collect();
    let output = call(&all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is_one() {
    let texts = |out: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_webcared"));
        command.arg("texts").stdout(out).stderr(Stdio::null()).status().unwrap().code()
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(texts(Stdio::from(writer)), Some(0));
    // Not every system has such a device.
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        assert_eq!(texts(Stdio::from(full)), Some(1));
    }
}

#[test]
fn the_ready_made_policies_need_no_settings() {
    let told = explain("--policy social-30m --at 2026-11-28T03:00:00+01:00");
    // Half an hour from 2:00 UTC; warnings at 15 and 24 minutes.
    assert_eq!(told["covered"], true);
    assert_eq!((&told["calendar"], &told["zone"]), (&"always".into(), &"UTC".into()));
    assert_eq!(told["due_at"], "2026-11-28T02:30:00+00:00");
    assert_eq!(
        told["warn_at"],
        serde_json::json!(["2026-11-28T02:15:00+00:00", "2026-11-28T02:24:00+00:00"])
    );
    assert_eq!(told["target_seconds"], 1800);
    assert_eq!(told["version"], "ready-made");
    let counted =
        serde_json::json!([{ "from": "2026-11-28T02:00:00+00:00", "to": "2026-11-28T02:30:00+00:00" }]);
    assert_eq!(told["hours_counted"], counted);
    let told = explain("--policy social-30m --at 2026-11-28T02:00:00.250Z --channel email");
    assert_eq!(told["due_at"], "2026-11-28T04:00:00.250+00:00");
    let told = explain("--policy round-the-clock-1h --at 2026-11-28T02:00:00Z --language other");
    assert_eq!((&told["covered"], &told["due_at"]), (&false.into(), &Value::Null));
    assert_eq!(told["why"], "language 'other' is not among en, fr, nl, de, it, ja, no, pt, ru, es");
}

#[test]
fn calendars_are_told_by_their_zone() {
    // Monday 12:20: ten minutes to lunch, twenty after it.
    let told = explain("--config F --policy desk-30m --at 2026-11-30T11:20:00Z --language nl");
    assert_eq!(told["due_at"], "2026-11-30T13:50:00+01:00");
    let counted = serde_json::json!([
        { "from": "2026-11-30T12:20:00+01:00", "to": "2026-11-30T12:30:00+01:00" },
        { "from": "2026-11-30T13:30:00+01:00", "to": "2026-11-30T13:50:00+01:00" },
    ]);
    assert_eq!(told["hours_counted"], counted);
    // Half of it after lunch at 13:35, four fifths at 13:44.
    assert_eq!(
        told["warn_at"],
        serde_json::json!(["2026-11-30T13:35:00+01:00", "2026-11-30T13:44:00+01:00"])
    );
    assert!(told["version"].as_str().unwrap().starts_with("file:"));
    // Saturday the 26th at 1:50: ten minutes of Friday's night; Monday is a holiday, then comes New
    // Year's Day, a Friday.
    let told = explain("--config F --policy desk-30m --at 2026-12-26T01:50:00+01:00");
    assert_eq!(told["due_at"], "2027-01-01T22:20:00+01:00");
    let told = explain("--config F --policy desk-30m --at 2026-12-26T01:50:00+01:00 --level 1");
    assert_eq!((&told["calendar"], &told["due_at"]), (&"always".into(), &"2026-12-26T01:00:00+00:00".into()));
    let told = explain("--config F --policy desk-30m --at 2026-12-26T01:50:00+01:00 --clock next_response");
    assert_eq!(told["why"], "no target names next_response for channel 'social'");
    let told = explain("--config F --policy desk-30m --at 2026-12-26T01:50:00+01:00 --language de");
    assert_eq!(told["why"], "language 'de' is not among nl, en");
}

#[test]
fn what_is_wrong_is_named_with_what_is_known() {
    let ended = |arguments: &[&str]| {
        let output = call(arguments);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) =
        ended(&["policy", "explain", "--config", "F", "--policy", "x", "--at", "2026-11-28T02:00:00Z"]);
    assert_eq!(code, Some(3));
    assert_eq!(told, "--policy: no policy 'x'; allowed: desk-30m, social-30m, round-the-clock-1h\n");
    let at = |more: &[&str]| {
        let all = [&["policy", "explain", "--policy", "social-30m", "--at"], more].concat();
        ended(&all)
    };
    let (code, told) = at(&["yesterday"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("'yesterday' is not an RFC 3339 instant"), "{told}");
    let (code, told) = at(&["2026-11-28T02:00:00Z", "--channel", "fax"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("allowed: social, email, forum, review"), "{told}");
}

#[test]
fn policies_are_listed() {
    let output = call(&["policy", "list", "--config", "F"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("desk-30m (file:"), "{text}");
    assert!(text.contains("  calendar desk: Monday 9:00-12:30 and 13:30-17:00, Friday 22:00-2:00 (Europe/Amsterdam), not on holidays\n"), "{text}");
    assert!(text.contains("social-30m (ready-made)\n"), "{text}");
    let output = call(&["policy", "list", "--json"]);
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list.len(), 2);
}

#[test]
fn versions_of_the_console_count_where_there_is_a_database() {
    on_each(|house| async move {
        let target = |minutes| Target { first_response_minutes: Some(minutes), ..Target::default() };
        let body = |minutes| {
            let policy =
                Policy { name: "social-30m".into(), targets: vec![target(minutes)], ..Policy::default() };
            policy.to_stored().unwrap()
        };
        // One that counts, and one that waits for the year 2100.
        let ahead = Timestamp::parse("2100-01-01T00:00:00Z").unwrap();
        for (minutes, from) in [(7, None), (9, Some(ahead))] {
            let (text, now) = (body(minutes), house.clock_now());
            let added = house.write(move |tx| {
                Box::pin(async move {
                    let whose = (("policy", "social-30m"), ("person:per_1", text.as_str()));
                    setting::add(tx, whose.0, whose.1, from, now).await
                })
            });
            added.await.unwrap();
        }
        let at: Vec<String> = match house.place() {
            Place::Folder(folder) => vec!["--data".into(), folder.display().to_string()],
            Place::Postgres(url) => vec!["--database".into(), url.clone()],
        };
        let all = |more: &[&str]| {
            let words: Vec<&str> = more.iter().copied().chain(at.iter().map(String::as_str)).collect();
            let output = call(&words);
            (
                output.status.code(),
                String::from_utf8(output.stdout).unwrap(),
                String::from_utf8(output.stderr).unwrap(),
            )
        };
        let explain = ["policy", "explain", "--policy", "social-30m", "--at"];
        let told = |at: &str, more: &[&str]| -> Value {
            let (code, out, trouble) = all(&[&explain[..], &[at], more].concat());
            assert_eq!(code, Some(0), "{trouble}");
            serde_json::from_str(&out).unwrap()
        };
        let now = told("2026-11-28T02:00:00Z", &[]);
        assert_eq!((&now["version"], &now["target_seconds"]), (&"console:2".into(), &420.into()));
        let later = told("2100-06-01T02:00:00Z", &[]);
        assert_eq!((&later["version"], &later["target_seconds"]), (&"console:3".into(), &540.into()));
        let asked = told("2026-11-28T02:00:00Z", &["--policy-version", "3"]);
        assert_eq!((&asked["version"], &asked["target_seconds"]), (&"console:3".into(), &540.into()));
        let (code, _, why) =
            all(&[&explain[..], &["2026-11-28T02:00:00Z", "--policy-version", "8"]].concat());
        assert!(code == Some(2) && why.contains("there are: 1, 2, 3"), "{code:?} {why}");
        let (_, list, _) = all(&["policy", "list"]);
        assert!(
            list.contains("social-30m (console:2)") && list.contains("version 2, made in the console"),
            "{list}"
        );
        assert!(
            list.contains("from 2100-01-01T00:00:00") && list.matches("counts now").count() == 1,
            "{list}"
        );
        let days = ["--from", "2026-09-01", "--to", "2026-09-30"];
        let tries = ["backtest", "--name", "social-30m", "--policy-version", "2"];
        let (code, out, trouble) = all(&[&tries[..], &days].concat());
        assert!(code == Some(0) && !out.is_empty(), "{trouble}");
        // Settings that say something else of it are what counts from the next start on.
        let (_, list, _) = all(&["policy", "list", "--config", "F"]);
        assert!(list.contains("social-30m (console:2)") && list.contains("desk-30m (file:"), "{list}");
        let (code, _, why) = {
            let output = call(&["policy", "list", "--data", "nowhere"]);
            (output.status.code(), output.stdout, String::from_utf8(output.stderr).unwrap())
        };
        assert!(code != Some(0) && !why.is_empty(), "a database that is named must be there: {why}");
    });
}
