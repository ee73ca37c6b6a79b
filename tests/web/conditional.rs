//! What is put may say what was seen of it: if it stands otherwise meanwhile, nothing is done; without a word the last
//! one wins, as ever.

use crate::harness::post;
use crate::programs::Program;
use crate::site::{Answer, Site};
use serde_json::{Value, json};
use webcared::domain::time::Span;
use webcared::store::lease;
use webcared::tokens::Scope;
use webcared::web::config::{Modules, PublicFigureConfig};

async fn put(program: &Program, path: &str, tag: &str, body: &Value) -> Answer {
    program.ask("PUT", path, &[("if-match", tag)], &body.to_string()).await
}

/// Two who saw the same: the first is done, the second refused until it has looked again.
async fn second_is_refused(site: &Site, program: &Program, (get, path): (&str, &str), bodies: [Value; 2]) {
    let seen = program.get(get).await;
    assert_eq!(seen.status, 200, "{get}: {}", seen.body);
    let tag = seen.header("etag").unwrap().to_owned();
    // What is kept with a time is not kept twice in the same millisecond.
    site.house.clock.advance(Span::seconds(1));
    let first = put(program, path, &tag, &bodies[0]).await;
    assert_eq!(first.status, 200, "{path}: {}", first.body);
    site.house.clock.advance(Span::seconds(1));
    put(program, path, &tag, &bodies[1]).await.is(412, "stale");
    // The answer to what was done, and a new look, both say how it stands now.
    let told = first.header("etag").unwrap().trim_matches('"').to_owned();
    let looked = program.get(get).await.header("etag").unwrap().trim_matches('"').to_owned();
    assert_eq!(looked.split('-').next(), Some(told.as_str()), "{path}");
    assert_eq!(put(program, path, &format!("\"{told}\""), &bodies[1]).await.status, 200, "{path}");
    for wrong in ["*", "12", "\"x\""] {
        put(program, path, wrong, &bodies[0]).await.is(400, "request");
    }
    let blind = program.ask("PUT", path, &[], &bodies[0].to_string()).await;
    assert_eq!(blind.status, 200, "without a word the last one wins: {}", blind.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_saw_something_older_changes_nothing() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let case = site.house.case(1).await;
    site.login("jan", "agent").await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    let draft = format!("/cases/{}/draft", case.id);
    let typed = |text: &str| json!({ "text": text, "version": case.version });
    second_is_refused(&site, &program, (&draft, &draft), [typed("We look"), typed("We look into it")]).await;
    let stops = [json!({ "stopped": true, "reason": "a drill" }), json!({ "stopped": false })];
    second_is_refused(&site, &program, ("/kill-switch", "/kill-switch"), stops).await;
    let places =
        [json!({ "role": "lead", "every_brand": true }), json!({ "role": "agent", "brands": ["Acme"] })];
    second_is_refused(&site, &program, ("/people/jan", "/people/jan/place"), places).await;
    program.get("/people/nobody").await.is(404, "not-found");
    let jan = site.acting("jan", &[Scope::Account]).await;
    let signs = [json!({ "sign": "Jan" }), json!({ "sign": "JdB" })];
    second_is_refused(&site, &jan, ("/account", "/account/sign"), signs).await;
    // A draft of somebody else's is none of this person's.
    assert!(jan.get(&draft).await.status == 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_figure_that_somebody_froze_is_not_let_go_unseen() {
    let public_figure = PublicFigureConfig { enabled: true, brands: vec!["Acme".into()] };
    let site = Site::with(Modules { public_figure, ..Modules::default() }).await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    let bodies = [json!({ "frozen": true }), json!({ "frozen": false })];
    let path = "/public-figures/Acme";
    second_is_refused(&site, &program, (path, path), bodies).await;
    program.get("/public-figures/Tempo").await.is(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_saw_the_same_one_gets_through() {
    let site = Site::open().await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    let tag = program.get("/kill-switch").await.header("etag").unwrap().to_owned();
    let bodies: Vec<Value> =
        (0..8).map(|n| json!({ "stopped": true, "reason": format!("drill {n}") })).collect();
    let all =
        futures_util::future::join_all(bodies.iter().map(|b| put(&program, "/kill-switch", &tag, b))).await;
    let count = |status: u16| all.iter().filter(|a| a.status == status).count();
    assert_eq!((count(200), count(412)), (1, 7));
}

/// The tag of a read, after which somebody else writes.
async fn seen(program: &Program, path: &str) -> String {
    let read = program.get(path).await;
    assert_eq!(read.status, 200, "{path}: {}", read.body);
    read.header("etag").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_may_say_what_was_seen_too() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    site.login("jan", "agent").await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    // Somebody who may log in.
    let old = seen(&program, "/people/jan").await;
    let place = json!({ "role": "lead", "every_brand": true }).to_string();
    assert_eq!(program.ask("PUT", "/people/jan/place", &[], &place).await.status, 200);
    let disable = "/people/jan/disable";
    program.ask("POST", disable, &[("if-match", &old)], "{}").await.is(412, "stale");
    assert_eq!(site.house.count("SELECT COUNT(*) FROM person WHERE disabled_at IS NOT NULL").await, 0);
    let new = seen(&program, "/people/jan").await;
    assert_eq!(program.ask("POST", disable, &[("if-match", &new)], "{}").await.status, 200);
    program.ask("POST", "/people/jan/link", &[("if-match", &new)], "{}").await.is(412, "stale");
    // Texts of a brand, whose read has no number.
    let texts = "/brands/Acme/templates";
    let old = seen(&program, texts).await;
    let one = |text: &str| json!({ "kind": "offer", "text": text }).to_string();
    let first = program.ask("POST", texts, &[("if-match", &old)], &one("Come in: {link}")).await;
    assert_eq!(first.status, 201, "{}", first.body);
    program.ask("POST", texts, &[("if-match", &old)], &one("Or here: {link}")).await.is(412, "stale");
    for wrong in ["*", "12", "\"\"", "\"a\", \"b\""] {
        program.ask("POST", texts, &[("if-match", wrong)], &one("x")).await.is(400, "request");
    }
    // A case.
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let old = seen(&program, &path).await;
    site.house
        .act(&site.house.case(1).await, 1, webcared::casework::Act::Note { text: "x".into() })
        .await
        .unwrap();
    let gesture = format!("{path}/gestures");
    program.ask("POST", &gesture, &[("if-match", &old)], "{}").await.is(412, "stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn between_looking_and_writing_no_other_replica_writes() {
    let site = Site::open().await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    let tag = program.get("/kill-switch").await.header("etag").unwrap().to_owned();
    let stop = json!({ "stopped": true, "reason": "a drill" });
    let now = site.house.clock_now();
    let held = site.house.write(move |tx| {
        Box::pin(async move {
            lease::take(tx, "seen:kill-switch/", "another process", now, Span::minutes(2)).await
        })
    });
    assert!(held.await.unwrap().is_some());
    let busy = put(&program, "/kill-switch", &tag, &stop).await;
    assert_eq!((busy.status, busy.header("retry-after")), (503, Some("1")), "{}", busy.body);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM switch WHERE value = 1").await, 0);
    let ended = site
        .house
        .write(|tx| Box::pin(async move { lease::end(tx, "seen:kill-switch/", "another process").await }));
    ended.await.unwrap();
    assert_eq!(put(&program, "/kill-switch", &tag, &stop).await.status, 200);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM lease WHERE name LIKE 'seen:%'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_read_by_itself_and_decided_as_it_was_seen() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    let case = site.house.case(1).await;
    site.login("kim", "lead").await;
    let raise = json!({ "owner": "kim", "text": "Invoices lie" }).to_string();
    let at = format!("\"{}\"", case.version);
    let path = format!("/cases/{}/findings", case.id);
    let raised = program.ask("POST", &path, &[("if-match", &at)], &raise).await;
    assert_eq!(raised.status, 200, "{}", raised.body);
    let listed = program.get("/findings").await.json();
    let one = format!("/findings/{}", listed["findings"][0]["id"].as_str().unwrap());
    let read = program.get(&one).await;
    assert_eq!(read.json(), listed["findings"][0], "the same by itself");
    let old = read.header("etag").unwrap().to_owned();
    let decide = |state: &str, version: i64| json!({ "state": state, "version": version }).to_string();
    let version = read.json()["version"].as_i64().unwrap();
    let first = program.ask("POST", &one, &[("if-match", &old)], &decide("accepted", version)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    program.ask("POST", &one, &[("if-match", &old)], &decide("fixed", version + 1)).await.is(412, "stale");
    let tempo = site.program("tempo", &Scope::ALL, &["Tempo"]).await;
    tempo.get(&one).await.is(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_library_and_lines_of_the_briefing_change_as_they_were_seen() {
    let site = Site::open().await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    site.login("jan", "agent").await;
    let agent = site.acting("jan", &[Scope::Read, Scope::Act]).await;
    let body = json!({ "language": "en", "title": "Opening hours", "text": "We are open." }).to_string();
    let written = agent.ask("POST", "/brands/Acme/library", &[], &body).await;
    assert_eq!(written.status, 200, "{}", written.body);
    let one = format!("/brands/Acme/library/{}", written.json()["id"].as_str().unwrap());
    let listed = program.get("/brands/Acme/library").await.json();
    assert_eq!(program.get(&one).await.json(), listed["answers"][0], "the same by itself");
    let old = seen(&program, &one).await;
    let decide = |approved: bool| json!({ "approved": approved }).to_string();
    let first = program.ask("POST", &one, &[("if-match", &old)], &decide(true)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    program.ask("POST", &one, &[("if-match", &old)], &decide(false)).await.is(412, "stale");
    assert_eq!(program.get(&one).await.json()["state"], "approved");
    // A line of the briefing; what waits for a lead is there for leads only.
    let until = site.house.clock_now().plus(Span::days(1)).rfc3339();
    let body = json!({ "brand": "Acme", "text": "The line is down", "until": until }).to_string();
    let told = program.ask("POST", "/briefing/lines", &[], &body).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let told = told.json();
    let line = &told["brands"][0]["waiting"][0];
    let one = format!("/briefing/lines/{}", line["id"].as_str().unwrap());
    assert_eq!(program.get(&one).await.json(), *line);
    agent.get(&one).await.is(404, "not-found");
    let old = seen(&program, &one).await;
    let (approve, end) = (format!("{one}/approve"), format!("{one}/end"));
    assert_eq!(program.ask("POST", &approve, &[("if-match", &old)], "{}").await.status, 200);
    program.ask("POST", &end, &[("if-match", &old)], "{}").await.is(412, "stale");
    let new = seen(&agent, &one).await;
    assert_eq!(program.ask("POST", &end, &[("if-match", &new)], "{}").await.status, 200);
    program.get(&one).await.is(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn peaks_notes_of_days_and_tokens_change_as_they_were_seen() {
    let site = Site::open().await;
    let program = site.program("crm", &Scope::ALL, &[]).await;
    let tempo = site.program("tempo", &Scope::ALL, &["Tempo"]).await;
    let until = site.house.clock_now().plus(Span::days(1)).rfc3339();
    let body = json!({ "brand": "Acme", "title": "Sale", "until": until }).to_string();
    let peaks = program.ask("POST", "/peaks", &[], &body).await;
    assert_eq!(peaks.status, 200, "{}", peaks.body);
    let peaks = peaks.json();
    let one = format!("/peaks/{}", peaks["peaks"][0]["id"].as_str().unwrap());
    assert_eq!(program.get(&one).await.json(), peaks["peaks"][0]);
    tempo.get(&one).await.is(404, "not-found");
    let (old, end) = (seen(&program, &one).await, format!("{one}/end"));
    program.ask("POST", &end, &[("if-match", "\"7\"")], "{}").await.is(412, "stale");
    assert_eq!(program.ask("POST", &end, &[("if-match", &old)], "{}").await.status, 200);
    program.ask("POST", &end, &[("if-match", &old)], "{}").await.is(404, "not-found");
    // A note of a day.
    let day = site.house.clock_now().rfc3339();
    let body = json!({ "brand": "Acme", "day": &day[..10], "words": "strike" }).to_string();
    let notes = program.ask("POST", "/day-notes", &[], &body).await;
    assert_eq!(notes.status, 200, "{}", notes.body);
    let notes = notes.json();
    let one = format!("/day-notes/{}", notes["notes"][0]["id"].as_str().unwrap());
    assert_eq!(program.get(&one).await.json(), notes["notes"][0]);
    tempo.get(&one).await.is(404, "not-found");
    let (old, remove) = (seen(&program, &one).await, format!("{one}/remove"));
    program.ask("POST", &remove, &[("if-match", "\"other\"")], "{}").await.is(412, "stale");
    assert_eq!(program.ask("POST", &remove, &[("if-match", &old)], "{}").await.status, 200);
    program.get(&one).await.is(404, "not-found");
    // A token.
    let other = site.program("other", &[Scope::Read], &[]).await;
    let one = format!("/tokens/{}", other.id);
    assert_eq!(program.get(&one).await.json()["state"], "good");
    let (old, revoke) = (seen(&program, &one).await, format!("{one}/revoke"));
    assert_eq!(program.ask("POST", &revoke, &[("if-match", &old)], "{}").await.status, 200);
    program.ask("POST", &revoke, &[("if-match", &old)], "{}").await.is(412, "stale");
}
