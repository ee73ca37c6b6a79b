//! The interface for programs: cases read and worked on, versions, keys, pages, problems.

use crate::fake::Ledger;
use crate::harness::post;
use crate::programs::{Program, WORK};
use crate::site::{Site, engine};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use webcared::domain::time::Span;
use webcared::sources::Source;
use webcared::store::token::{self, OnceRow};
use webcared::tokens::Scope;

const PLAIN: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";
const PHONE: &str = "@Acme my parcel is gone, call me on 06 12345678 please";

/// A case, its account, and a program that works on it.
async fn desk(text: &str) -> (Site, Arc<Ledger>, Arc<dyn Source>, Program, String) {
    let site = Site::open().await;
    let (ledger, source) = site.connect(120, "acme@toot.example");
    site.house.take(&[post("1", "sanne", "a", 0, text)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let program = site.program("CRM", &WORK, &[]).await;
    (site, ledger, source, program, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_claimed_answered_and_resolved_by_a_program() {
    let (site, ledger, source, crm, path) = desk(PLAIN).await;
    let read = crm.get(&path).await;
    assert_eq!(read.status, 200, "{}", read.body);
    let case = read.json();
    assert_eq!((case["state"].as_str(), case["brand"].as_str()), (Some("new"), Some("Acme")));
    let tag = read.header("etag").unwrap().to_owned();
    // What was read is not sent again, and its tag is the version for acts.
    let known = crm.ask("GET", &path, &[("if-none-match", &tag)], "").await;
    assert_eq!((known.status, known.body.as_str()), (304, ""));
    let claimed = crm.ask("POST", &format!("{path}/claim"), &[("if-match", &tag)], "").await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    let case = claimed.json();
    assert_eq!(
        (case["case"]["state"].as_str(), case["case"]["claimed_by"]["name"].as_str()),
        (Some("working"), Some("CRM"))
    );
    let version = case["case"]["version"].as_i64().unwrap();
    assert_eq!(claimed.header("etag"), Some(format!("\"{version}\"").as_str()));

    let words = r#"{"text": "We look into it and tell you before noon."}"#;
    let preview = crm.ask("POST", &format!("{path}/preview"), &[], words).await.json();
    assert_eq!(
        (preview["fits"].as_bool(), preview["length_max"].as_i64()),
        (Some(true), Some(120)),
        "{preview}"
    );
    let answered = crm.act(&format!("{path}/answer"), version, words).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let effect = answered.json()["effects"][0].clone();
    assert_eq!(
        (effect["kind"].as_str(), effect["state"].as_str()),
        (Some("reply"), Some("ready")),
        "{effect}"
    );
    // Called back within its time, then sent after all.
    let undo = json!({ "effect": effect["id"] }).to_string();
    let undone = crm.act(&format!("{path}/undo"), version, &undo).await;
    assert_eq!(undone.json()["effects"][0]["state"], "cancelled", "{}", undone.body);
    let version = undone.json()["case"]["version"].as_i64().unwrap();
    assert_eq!(crm.act(&format!("{path}/answer"), version, words).await.status, 200);
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    assert_eq!(ledger.sent.lock().unwrap().len(), 1);
    let version = site.house.case(1).await.version;
    let note = crm.act(&format!("{path}/notes"), version, r#"{"text": "for Piet"}"#).await;
    assert_eq!(note.status, 200, "{}", note.body);
    let version = note.json()["case"]["version"].as_i64().unwrap();
    let solved = crm.act(&format!("{path}/resolve"), version, r#"{"reason": "found it"}"#).await;
    assert_eq!(solved.json()["case"]["state"], "resolved", "{}", solved.body);
    let events = crm.get(&format!("{path}/timeline?limit=200")).await.json();
    let events = events["events"].as_array().unwrap();
    let by_us: Vec<&str> =
        events.iter().filter(|e| e["who"]["name"] == "CRM").filter_map(|e| e["kind"].as_str()).collect();
    assert!(["claim", "note", "resolve"].iter().all(|k| by_us.contains(k)), "{by_us:?}");
    assert!(events.iter().any(|e| e["text"] == "for Piet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_on_a_view_that_is_old_changes_nothing() {
    let (site, _, _, crm, path) = desk(PLAIN).await;
    let version = site.house.case(1).await.version;
    let other = site.program("Other", &WORK, &[]).await;
    assert_eq!(other.act(&format!("{path}/notes"), version, r#"{"text": "mine"}"#).await.status, 200);
    let stale = crm.act(&format!("{path}/claim"), version, "{}").await;
    stale.is(412, "stale");
    let told = stale.json();
    assert_eq!(
        (told["since"][0]["kind"].as_str(), told["now"]["version"].as_i64()),
        (Some("note"), Some(version + 1))
    );
    crm.ask("POST", &format!("{path}/claim"), &[], "{}").await.is(428, "version-needed");
    for bad in ["*", "12", "\"1\", \"2\"", "\"x\""] {
        crm.ask("POST", &format!("{path}/claim"), &[("if-match", bad)], "{}").await.is(400, "request");
    }
    assert_eq!(site.house.case(1).await.claimed_by, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_twice_under_a_key_is_done_once() {
    let (site, _, _, crm, path) = desk(PLAIN).await;
    let version = site.house.case(1).await.version;
    let (note, tag) = (format!("{path}/notes"), format!("\"{version}\""));
    let headers = [("if-match", tag.as_str()), ("idempotency-key", "k-1")];
    let first = crm.ask("POST", &note, &headers, r#"{"text": "once"}"#).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.header("idempotent-replayed"), None);
    for _ in 0..2 {
        let again = crm.ask("POST", &note, &headers, r#"{"text": "once"}"#).await;
        assert_eq!((again.status, &again.body), (200, &first.body));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.header("etag"), first.header("etag"));
    }
    let notes = "SELECT COUNT(*) FROM case_event WHERE kind = 'note'";
    assert_eq!(site.house.count(notes).await, 1);
    crm.ask("POST", &note, &headers, r#"{"text": "other"}"#).await.is(422, "key-reused");
    // Somebody else's key is another key.
    let other = site.program("Other", &WORK, &[]).await;
    let fresh = format!("\"{}\"", site.house.case(1).await.version);
    let theirs = [("if-match", fresh.as_str()), ("idempotency-key", "k-1")];
    assert_eq!(other.ask("POST", &note, &theirs, r#"{"text": "theirs"}"#).await.status, 200);
    // What was refused is not kept: the same key works once the request is right.
    let fresh = format!("\"{}\"", site.house.case(1).await.version);
    let wrong = [("if-match", fresh.as_str()), ("idempotency-key", "k-2")];
    crm.ask("POST", &note, &wrong, r#"{"text": ""}"#).await.is(422, "invalid");
    let fresh = format!("\"{}\"", site.house.case(1).await.version);
    let right = [("if-match", fresh.as_str()), ("idempotency-key", "k-2")];
    assert_eq!(crm.ask("POST", &note, &right, r#"{"text": "now right"}"#).await.status, 200);
    assert_eq!(site.house.count(notes).await, 3);
    // After a day it is forgotten, and the same text may be said again.
    site.house.clock.advance(Span::hours(25));
    let fresh = format!("\"{}\"", site.house.case(1).await.version);
    let later = [("if-match", fresh.as_str()), ("idempotency-key", "k-1")];
    assert_eq!(crm.ask("POST", &note, &later, r#"{"text": "once"}"#).await.status, 200);
    assert_eq!(site.house.count(notes).await, 4);
    for bad in ["", &"k".repeat(256)] {
        let headers = [("if-match", fresh.as_str()), ("idempotency-key", bad)];
        crm.ask("POST", &note, &headers, r#"{"text": "x"}"#).await.is(400, "request");
    }
}

/// A process that was killed before its act stood leaves a key that somebody else takes over; a slow one
/// that comes back after that changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_owner_vanished_is_taken_over_and_never_done_twice() {
    let site = Site::open().await;
    let row = |attempt: &str, request: &str, now: i64| OnceRow {
        token_id: "tok".into(),
        key: "k".into(),
        request: request.into(),
        attempt: attempt.into(),
        status: 0,
        etag: None,
        body: String::new(),
        at: now,
        until_ms: now + 120_000,
    };
    let begin = |row: OnceRow| {
        let now = site.now();
        site.house.write(move |tx| Box::pin(async move { token::begin(tx, &row, now).await }))
    };
    let settle = |row: OnceRow| {
        site.house.write(move |tx| {
            Box::pin(
                async move { token::settle(tx, &OnceRow { status: 200, body: "{}".into(), ..row }).await },
            )
        })
    };
    let now = site.now().millis();
    assert_eq!(begin(row("a", "r", now)).await.unwrap(), None);
    assert_eq!(begin(row("b", "r", now)).await.unwrap().unwrap().status, 0, "in flight");
    site.house.clock.advance(Span::minutes(3));
    let now = site.now().millis();
    assert!(begin(row("c", "other", now)).await.unwrap().is_some(), "another request takes nothing over");
    assert_eq!(begin(row("c", "r", now)).await.unwrap(), None, "taken over");
    assert!(!settle(row("a", "r", now)).await.unwrap(), "the slow one");
    assert!(settle(row("c", "r", now)).await.unwrap());
    assert_eq!(begin(row("d", "r", now)).await.unwrap().unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_under_one_key_are_one() {
    let (site, _, _, crm, path) = desk(PLAIN).await;
    let (note, tag) = (format!("{path}/notes"), format!("\"{}\"", site.house.case(1).await.version));
    let headers = [("if-match", tag.as_str()), ("idempotency-key", "both")];
    let asks = (0..6).map(|_| crm.ask("POST", &note, &headers, r#"{"text": "one"}"#));
    for answer in futures_util::future::join_all(asks).await {
        assert!(matches!(answer.status, 200 | 409), "{}", answer.body);
        if answer.status == 409 {
            answer.is(409, "in-flight");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
    }
    assert_eq!(site.house.count("SELECT COUNT(*) FROM case_event WHERE kind = 'note'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_covered_but_for_whom_it_is_open() {
    let (site, _, _, crm, path) = desk(PHONE).await;
    let shown = |answer: Value| answer["messages"][0]["text"].as_str().unwrap().to_owned();
    let case = crm.get(&path).await.json();
    assert_eq!(case["messages"][0]["personal"], json!(["phone"]), "{case}");
    assert_eq!(case["messages"][0]["covered"], true);
    assert!(shown(case.clone()).contains("•••") && !case.to_string().contains("12345678"), "{case}");
    let listed = crm.get("/cases").await;
    assert!(listed.body.contains("•••") && !listed.body.contains("12345678"), "{}", listed.body);
    let opener = site.program("Opener", &[Scope::Read, Scope::ReadPersonal], &[]).await;
    assert!(shown(opener.get(&path).await.json()).contains("06 12345678"));
    // As in the console, whoever has claimed it reads it.
    let version = case["version"].as_i64().unwrap();
    crm.act(&format!("{path}/claim"), version, "{}").await;
    assert!(shown(crm.get(&path).await.json()).contains("06 12345678"));
    // A public answer must not give it away.
    let version = site.house.case(1).await.version;
    let refused =
        crm.act(&format!("{path}/answer"), version, r#"{"text": "We call 06 12345678 today"}"#).await;
    refused.is(422, "personal-data");
    assert_eq!(refused.json()["personal"][0]["start"], 8, "{}", refused.body);
    crm.ask("POST", &format!("{path}/tickets/find"), &[], "{}").await.is(403, "scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_still_while_cases_move() {
    let site = Site::open().await;
    let posts: Vec<Value> =
        (0..9).map(|n| post(&format!("{n}"), &format!("author{n}"), &format!("t{n}"), n, PLAIN)).collect();
    site.house.take(&posts).await;
    let crm = site.program("CRM", &WORK, &[]).await;
    let all: BTreeSet<String> = site.house.cases().await.into_iter().map(|c| c.id).collect();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = crm.get(&format!("/cases?order=opened&limit=2{cursor}")).await.json();
        for case in page["cases"].as_array().unwrap() {
            let id = case["id"].as_str().unwrap().to_owned();
            // Each is made more urgent and ended as it is seen, which moves it everywhere else.
            let version = case["version"].as_i64().unwrap();
            let path = format!("/cases/{id}");
            let raised = crm.act(&format!("{path}/correct"), version, r#"{"level": "P1"}"#).await;
            assert_eq!(raised.status, 200, "{}", raised.body);
            seen.push(id);
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), all.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
    // By risk, page after page, nothing twice while nothing moves.
    let first = crm.get("/cases?limit=4").await.json();
    let next = first["next"].as_str().unwrap();
    let second = crm.get(&format!("/cases?limit=4&cursor={next}")).await.json();
    let ids = |page: &Value| -> BTreeSet<String> {
        page["cases"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((ids(&first).len(), ids(&second).len()), (4, 4));
    assert!(ids(&first).is_disjoint(&ids(&second)));
    crm.get(&format!("/cases?order=opened&cursor={next}")).await.is(400, "request");
    crm.get("/cases?cursor=nonsense").await.is(400, "request");
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_are_filtered_and_found_by_their_words() {
    let site = Site::open().await;
    site.house
        .take(&[
            post("1", "sanne", "a", 0, "@Acme my parcel has not arrived"),
            post("2", "piet", "b", 1, "@Acme the invoice of my parcel is wrong, it's 'odd' \"stuff\""),
            post("3", "yuki", "c", 2, "@Acme 荷物が来ない"),
        ])
        .await;
    let crm = site.program("CRM", &WORK, &[]).await;
    let found = |q: &'static str| {
        let crm = &crm;
        async move {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish();
            let answer = crm.get(&format!("/cases?order=opened&{query}")).await;
            assert_eq!(answer.status, 200, "{q}: {}", answer.body);
            answer.json()["cases"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| c["number"].as_i64().unwrap())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(found("PARCEL").await, [1, 2]);
    assert_eq!(found("parcel invoice").await, [2]);
    assert_eq!(found("荷物").await, [3]);
    assert!(found("nothing").await.is_empty());
    assert!(found("' OR \"1\" NOT & | parcel\\").await.is_empty());
    crm.get("/cases?order=opened&q=...").await.is(400, "request");
    crm.get("/cases?q=parcel").await.is(400, "request");
    crm.get("/cases?order=opened&lane=mine").await.is(400, "request");
    let version = site.house.case(2).await.version;
    let dismiss = format!("/cases/{}/dismiss", site.house.case(2).await.id);
    assert_eq!(crm.act(&dismiss, version, r#"{"reason": "not ours"}"#).await.status, 200);
    let listed = |query: &'static str| {
        let crm = &crm;
        async move { crm.get(query).await.json()["cases"].as_array().unwrap().len() }
    };
    assert_eq!(listed("/cases?order=changed&state=dismissed").await, 1);
    assert_eq!(listed("/cases?order=opened&open=true").await, 2);
    assert_eq!(listed("/cases?order=opened&open=false&needs_answer=true&level=P1").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_its_place() {
    let (site, _, _, crm, path) = desk(PLAIN).await;
    crm.get("/nowhere").await.is(404, "not-found");
    crm.browser.send("GET", "/api", &[], "").await.is(404, "not-found");
    crm.get("/cases/cas_nonsense").await.is(404, "not-found");
    let wrong = crm.ask("DELETE", &path, &[], "").await;
    wrong.is(405, "method");
    assert_eq!(wrong.header("allow"), Some("GET, HEAD"));
    let answer = format!("{path}/answer");
    let at = |body: &'static str| crm.act(&answer, 1, body);
    let pointer =
        |answer: &crate::site::Answer| answer.json()["errors"][0]["pointer"].as_str().map(ToOwned::to_owned);
    let cut = at("{\"text\": ").await;
    cut.is(400, "body");
    assert_eq!(pointer(&cut).as_deref(), Some(""));
    let kind = at(r#"{"text": 5}"#).await;
    kind.is(400, "body");
    assert_eq!(pointer(&kind).as_deref(), Some("/text"));
    let deep = at(r#"{"text": "x", "ending": {"solved": "by_magic"}}"#).await;
    deep.is(400, "body");
    assert_eq!(pointer(&deep).as_deref(), Some("/ending/solved"));
    assert!(deep.body.contains("allowed are not_theirs, front_office"), "{}", deep.body);
    at(r#"{"text": "x", "other": 1}"#).await.is(400, "body");
    at(r#"{"other": 1}"#).await.is(400, "body");
    at("[]").await.is(400, "body");
    let headers = [("if-match", "\"1\""), ("content-type", "text/plain")];
    crm.ask("POST", &answer, &headers, "hello").await.is(415, "media-type");
    let large = format!("{{\"text\": \"{}\"}}", "x".repeat(9_000));
    crm.act(&answer, 1, &format!("{{\"text\": \"{}\"}}", "x".repeat(300_000))).await.is(413, "too-large");
    let version = site.house.case(1).await.version;
    let long = crm.act(&answer, version, &large).await;
    long.is(422, "invalid");
    assert_eq!(pointer(&long).as_deref(), Some("/text"));
    let report = crm.get("/reports?from=yesterday&to=2026-11-30").await;
    report.is(400, "request");
    assert_eq!(report.json()["errors"][0]["parameter"], "from");
    crm.get("/reports?from=2026-11-30&to=2026-11-01").await.is(400, "request");
    // What somebody hides in text is kept as the mark for it, on both engines.
    let noted = crm.act(&format!("{path}/notes"), version, r#"{"text": "a\u0000b"}"#).await;
    assert_eq!(noted.status, 200, "{}", noted.body);
    let timeline = crm.get(&format!("{path}/timeline")).await;
    assert!(timeline.body.contains("a\u{fffd}b"), "{}", timeline.body);
    let _ = engine();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_around_cases_is_read_and_turned() {
    let (site, _, _, crm, _) = desk(PLAIN).await;
    let all = site.program("Boss", &Scope::ALL, &[]).await;
    for path in
        ["/me", "/sources", "/checks", "/outbox", "/brands", "/policies", "/hooks-out", "/people", "/tokens"]
    {
        let answer = all.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.header("etag").is_some(), "{path}");
    }
    let report = all.get("/reports?from=2026-09-01&to=2026-09-30&brand=Acme").await;
    assert!(report.json()["total"].is_object() || report.json()["rows"].is_array(), "{}", report.body);
    let csv = all.get("/reports?from=2026-09-01&to=2026-09-30&format=csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let told = all.get("/policies/social-30m/explain?at=2026-11-24T09:00:00Z").await.json();
    assert_eq!(told["target_seconds"], 1800, "{told}");
    all.get("/policies/none/explain?at=2026-11-24T09:00:00Z").await.is(404, "not-found");
    assert_eq!(all.get("/brands/acme/templates").await.status, 200);
    crm.ask("PUT", "/kill-switch", &[], r#"{"stopped": true}"#).await.is(403, "scope");
    assert_eq!(all.ask("PUT", "/kill-switch", &[], r#"{"stopped": true}"#).await.status, 200);
    assert_eq!(crm.get("/kill-switch").await.json()["stopped"], true);
    let hide = all.ask("PUT", "/brands/Acme/hide-no-answer", &[], r#"{"hidden": true}"#).await;
    hide.is(409, "refused");
    // People: a link is told once, and not again under its key.
    let key = [("idempotency-key", "p-1")];
    let body = r#"{"login": "nora", "role": "agent"}"#;
    let added = all.ask("POST", "/people", &key, body).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert!(added.json()["link"].as_str().is_some_and(|l| l.contains("/login/")));
    let again = all.ask("POST", "/people", &key, body).await;
    assert_eq!((again.status, again.json()["link"].clone()), (201, Value::Null));
    all.ask("POST", "/people", &[], r#"{"login": "nora", "role": "wizard"}"#).await.is(422, "invalid");
    all.ask("POST", "/people", &[], body).await.is(422, "invalid");
    assert_eq!(all.ask("POST", "/people/nora/disable", &[], "").await.status, 200);
    all.ask("POST", "/people/nora/link", &[], "").await.is(422, "invalid");
    all.ask("POST", "/people/nobody/link", &[], "").await.is(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sends_a_long_answer_in_parts_only_when_it_says_so() {
    let (site, ledger, source, crm, path) = desk(PLAIN).await;
    let one = "Your parcel left the depot this morning and is on its way to you.";
    let two = "The driver comes between two and five, and calls you just before.";
    let words = json!({ "text": format!("{one} {two}") }).to_string();
    let preview = crm.ask("POST", &format!("{path}/preview"), &[], &words).await.json();
    assert_eq!(preview["fits"], false, "{preview}");
    assert_eq!(
        preview["parts"],
        json!([format!("@sanne@toot.example {one} 1/2"), format!("@sanne@toot.example {two} 2/2")])
    );
    let version = site.house.case(1).await.version;
    crm.act(&format!("{path}/answer"), version, &words).await.is(422, "invalid");
    let asked = json!({ "text": format!("{one} {two}"), "split": true }).to_string();
    let answered = crm.act(&format!("{path}/answer"), version, &asked).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let effects = answered.json()["effects"].clone();
    assert_eq!((&effects[0]["part"], &effects[1]["part"]), (&json!("2/2"), &json!("1/2")), "{effects}");
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    let to: Vec<String> = ledger.sent.lock().unwrap().iter().map(|out| out.to.external_id.clone()).collect();
    assert_eq!(to, ["1", "own-1"]);
}
