//! Policies in the console and for programs: what is shown and explained, a new version with its mistakes, its trial and
//! from when it counts, who may, and what a restart with unchanged settings leaves.

use crate::harness::{answer, post};
use crate::site::{Browser, Site};
use serde_json::json;
use std::sync::Arc;
use webcared::catalogue;
use webcared::domain::calendar::{Calendar, CalendarSpec, Day};
use webcared::domain::policy::{Policy, Target};
use webcared::domain::time::Span;
use webcared::tokens::Scope;

/// The text that the form shows, as the browser would send it back.
async fn text(browser: &Browser) -> String {
    text_of(browser, "social-30m").await
}

async fn text_of(browser: &Browser, name: &str) -> String {
    let page = browser.get(&format!("/policies/{name}/edit")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let area = page.body.split("<textarea").nth(1).unwrap();
    let text = area.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
    text.trim_start_matches('\n').replace("&#34;", "\"").replace("&#39;", "'").replace("&#62;", ">")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_promised_is_shown_and_explained() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/policies").await.body;
    assert!(
        page.contains("social-30m") && page.contains("the settings") && page.contains("counts now"),
        "{page}"
    );
    assert!(!page.contains("/edit"), "an agent only reads");
    assert_eq!(jan.get("/policies/social-30m/edit").await.status, 403);
    let told = jan
        .get("/policies?policy=social-30m&at=2026-11-24T09:30&channel=social&clock=first_response")
        .await
        .body;
    assert!(
        told.contains("<strong>Covered:</strong>") && told.contains("09:00:00"),
        "30 min later in UTC: {told}"
    );
    let seen = jan.get("/policies?policy=social-30m&at=2026-11-24T09:30&seen=private").await.body;
    assert!(seen.contains("<option value=\"private\" selected>") && seen.contains("09:00:00"), "{seen}");
    assert!(jan.get("/policies?policy=social-30m&at=soon").await.body.contains("The time cannot be read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_writes_tries_and_takes_a_version() {
    let site = Site::open().await;
    site.house.clock.advance(Span::minutes(30));
    site.house
        .take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?"), answer("o1", "1", "t", 20)])
        .await;
    site.house.clock.advance(Span::hours(2));
    let lia = site.login("lia", "lead").await;
    let path = "/policies/social-30m/edit";
    let text = text(&lia).await;
    assert!(text.contains("first_response_minutes = 30"), "{text}");
    let tight = text.replace("first_response_minutes = 30", "first_response_minutes = 10");
    let wrong = text
        .replace("first_response_minutes = 30", "first_respnse_minutes = 30")
        .replace("warn_percent = [", "warn_percent = [90, ");
    let told = lia.press(path, path, &[("act", "try"), ("text", &wrong)]).await;
    assert_eq!(told.status, 422);
    assert!(told.body.contains("line:") && told.body.contains("first_respnse_minutes"), "{}", told.body);
    let tried = lia.press(path, path, &[("act", "try"), ("text", &tight)]).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert!(tried.body.contains("<td>1 → 0</td><td>0 → 1</td>"), "kept would be broken: {}", tried.body);
    let sum = tried.field("tried");
    assert_eq!(lia.press(path, path, &[("act", "take"), ("text", &text), ("tried", &sum)]).await.status, 422);
    let of = tried.field("of");
    let old = [("act", "take"), ("text", tight.as_str()), ("tried", sum.as_str()), ("of", "0")];
    let overtaken = lia.press(path, path, &old).await;
    assert_eq!(overtaken.status, 422, "somebody took another version meanwhile");
    let taken =
        lia.press(path, path, &[("act", "take"), ("text", &tight), ("tried", &sum), ("of", &of)]).await;
    assert_eq!(taken.header("location"), Some("/policies?taken=1"), "{}", taken.body);
    let page = lia.get("/policies").await.body;
    assert!(page.contains("within 10 minutes") && page.contains("<td>lia</td>"), "{page}");
    // What runs keeps its version; what begins now has the new one.
    let later = post("2", "piet", "u", 200, "@Acme my order is broken, help");
    site.house.clock.advance(Span::minutes(200));
    site.house.take(&[later]).await;
    let targets: Vec<(i64,)> = site
        .house
        .all("SELECT o.target_ms FROM obligation o JOIN cases k ON k.id = o.case_id WHERE o.kind = 'first_response' ORDER BY k.number")
        .await;
    assert_eq!(targets, [(1_800_000,), (600_000,)]);
    let acts: Vec<(String,)> = site.house.all("SELECT act FROM audit WHERE act LIKE 'policy.%'").await;
    assert_eq!(acts, [("policy.version".to_owned(),)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_in_dutch_to_who_reads_dutch() {
    let site = Site::open().await;
    let lia = site.login("lia", "lead").await;
    let path = "/policies/social-30m/edit";
    let text = text(&lia).await;
    let wrong = text.replace("first_response_minutes = 30", "first_respnse_minutes = 30");
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    site.house.clock.advance(Span::minutes(1));
    assert!(lia.get("/policies").await.body.contains("on social platforms answered within 30 minutes"));
    let untouched = lia.press(path, path, &[("act", "try"), ("text", &wrong)]).await.body;
    assert!(untouched.contains("not a known setting") && untouched.contains("did you mean"), "{untouched}");
    assert_eq!(lia.press("/account", "/account/language", &[("language", "nl")]).await.status, 303);
    for page in ["/policies", "/brands"] {
        let body = lia.get(page).await.body;
        assert!(body.contains("geldt voor berichten; binnen 30 minuten, dag en nacht, elke dag"), "{body}");
        assert!(!body.contains("covers messages") && !body.contains("on social platforms"), "{body}");
    }
    let tried = lia.press(path, path, &[("act", "try"), ("text", &text)]).await.body;
    assert!(tried.contains("eerste antwoord ") && !tried.contains("first response"), "{tried}");
    let told = lia.press(path, path, &[("act", "try"), ("text", &wrong)]).await;
    assert_eq!(told.status, 422);
    let dutch = told.body.contains("regel ") && told.body.contains("geen bekende instelling");
    assert!(dutch && told.body.contains("bedoelde je"), "{}", told.body);
    assert!(!told.body.contains("not a known") && !told.body.contains("did you mean"), "{}", told.body);
    let why =
        lia.get("/policies?policy=social-30m&at=2026-11-24T09:30&channel=social&clock=first_response").await;
    assert!(why.body.contains("<span lang=\"nl\">de belofte geldt ervoor, en kalender"), "{}", why.body);
    // What is promised, in one sentence.
    for page in ["/policies", "/brands"] {
        let promised = lia.get(page).await.body;
        assert!(
            promised.contains("geldt voor berichten") && promised.contains("binnen 30 minuten"),
            "{promised}"
        );
        assert!(!promised.contains("covers messages"), "{promised}");
    }
    // A filter, a text of the library, and a name of nobody.
    for (page, form, fields, words) in [
        ("/", "/filters", vec![("do", "save"), ("name", ""), ("query", "lane=late")], "naam: geef 1 tot"),
        (
            "/library",
            "/library",
            vec![("do", "write"), ("brand", "Acme"), ("language", "nl"), ("title", ""), ("text", "Dag.")],
            "titel: geef 1 tot",
        ),
        ("/privacy", "/privacy", vec![("act", "look"), ("who", "nobody at all")], "niemand heet zo"),
    ] {
        let said = lia.press(page, form, &fields).await;
        assert_eq!(said.status, 422, "{form}: {}", said.body);
        assert!(said.body.contains(words), "{form}: {}", said.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_may_count_later_and_settings_that_say_the_same_do_not_overtake_it() {
    let site = Site::open().await;
    let program = site.program("CRM", &[Scope::Read, Scope::Lead], &[]).await;
    let lia = site.login("lia", "lead").await;
    let tight = text(&lia).await.replace("first_response_minutes = 30", "first_response_minutes = 10");
    let from = site.now().plus(Span::hours(2));
    let versions = program.get("/policies/social-30m/versions").await.json();
    let seen = versions["versions"][0]["version"].as_i64().unwrap();
    let body = json!({ "text": tight, "counts_from": from.rfc3339(), "version": seen });
    let bad = json!({ "text": "[[policy]]\nname = \"other\"\n", "version": seen });
    assert_eq!(program.ask("POST", "/policies/social-30m/versions", &[], &bad.to_string()).await.status, 422);
    let past = json!({ "text": tight, "counts_from": "2020-01-01T00:00:00Z", "version": seen });
    assert_eq!(
        program.ask("POST", "/policies/social-30m/versions", &[], &past.to_string()).await.status,
        422
    );
    let made = program.ask("POST", "/policies/social-30m/versions", &[], &body.to_string()).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let number = made.json()["version"].as_i64().unwrap();
    let again = program.ask("POST", "/policies/social-30m/versions", &[], &body.to_string()).await;
    assert_eq!(again.status, 409, "what was taken meanwhile is not overwritten unseen: {}", again.body);
    let listed = program.get("/policies/social-30m/versions").await.json();
    assert_eq!((&listed["current"], &listed["versions"][0]["version"]), (&json!(number - 1), &json!(number)));
    assert!(lia.get("/policies").await.body.contains("<td>waits</td>"));
    let walled = site.program("BI", &[Scope::Read, Scope::Lead], &["Acme"]).await;
    let refused = walled.ask("POST", "/policies/social-30m/versions", &[], &body.to_string()).await;
    assert_eq!(refused.status, 404, "Tempo promises it too");
    // The daemon starts anew, before and after it counts: the settings say what they said.
    for (wait, stands) in [(0, number - 1), (3, number), (0, number)] {
        site.house.clock.advance(Span::hours(wait));
        let (now, mint) = (site.now(), site.house.mint.clone());
        let brands: Vec<_> = site.house.current.get().brands.iter().map(|b| b.brand.clone()).collect();
        let again = site.house.write(move |tx| {
            Box::pin(async move { webcared::catalogue::import(tx, &brands, &[], "test", &mint, now).await })
        });
        assert_eq!(again.await.unwrap().brands[0].policy.0, stands);
    }
}

const ADDRESS: &str = "https://holidays.example/SECRET.ics";

/// A policy that counts by a calendar with holidays of its own and of an address.
fn by_address() -> Policy {
    let days = || vec!["09:00-17:00".to_owned()];
    let spec = CalendarSpec {
        name: "desk".into(),
        zone: "Europe/Amsterdam".into(),
        mon: days(),
        tue: days(),
        wed: days(),
        holidays: vec!["12-25".into()],
        holidays_url: Some(ADDRESS.into()),
        ..CalendarSpec::default()
    };
    let known = [("desk".to_owned(), Arc::new(Calendar::new(&spec).unwrap()))].into();
    let targets = vec![Target { first_response_minutes: Some(60), ..Target::default() }];
    Policy { name: "desk-1h".into(), calendar: "desk".into(), targets, ..Policy::default() }
        .with_calendars(&known)
}

/// The daemon starts with settings in which both brands promise it.
async fn start(site: &Site) {
    let mut brands: Vec<_> = site.house.current.get().brands.iter().map(|b| b.brand.clone()).collect();
    brands.iter_mut().for_each(|brand| "desk-1h".clone_into(&mut brand.policy));
    let (now, mint) = (site.now(), site.house.mint.clone());
    let new = site.house.write(move |tx| {
        Box::pin(async move { catalogue::import(tx, &brands, &[by_address()], "file:x", &mint, now).await })
    });
    site.house.current.set(new.await.unwrap());
}

/// What the round of holidays does when an address brought this day.
async fn fetch(site: &Site, day: &'static str) {
    let (now, old) = (site.now(), site.house.current.get());
    let new = site.house.write(move |tx| {
        Box::pin(async move {
            catalogue::keep_fetched(tx, "desk", &[day.to_owned()], now).await?;
            catalogue::refreshed(tx, &old, now).await
        })
    });
    site.house.current.set(new.await.unwrap());
}

/// The version that counts, the minutes that it promises and which of these days are holidays of its calendar.
fn counts(site: &Site) -> (i64, Option<i64>, Vec<&'static str>) {
    let known = site.house.current.get();
    assert_eq!(known.brands[0].policy, known.brands[1].policy, "brands of one policy have one version");
    let (number, policy) = &known.brands[0].policy;
    let days = ["2026-09-22", "2026-09-23", "2026-09-28", "2026-12-25"];
    let is = |day: &&str| policy.calendars["desk"].is_holiday(Day::parse(day).unwrap());
    (*number, policy.targets[0].first_response_minutes, days.into_iter().filter(is).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_with_holidays_from_an_address_is_written_anew_and_its_holidays_keep_coming() {
    let site = Site::open().await;
    start(&site).await;
    fetch(&site, "2026-09-22").await;
    let lia = site.login("lia", "lead").await;
    let path = "/policies/desk-1h/edit";
    let text = text_of(&lia, "desk-1h").await;
    assert!(text.contains("holidays_url = \"settings\"") && text.contains("12-25"), "{text}");
    assert!(!text.contains("SECRET") && !text.contains("2026-09-22"), "{text}");
    let tight = text.replace("first_response_minutes = 60", "first_response_minutes = 45");
    for (wrong, why) in [
        (
            tight.replace("= \"settings\"", "= \"https://x.example/a.ics\""),
            "holidays from a file or an address",
        ),
        (tight.replace("\"desk\"", "\"shop\""), "no address for calendar"),
    ] {
        let told = lia.press(path, path, &[("act", "try"), ("text", &wrong)]).await;
        assert!(told.status == 422 && told.body.contains(why), "{}", told.body);
    }
    let sum = lia.press(path, path, &[("act", "try"), ("text", &tight)]).await.field("tried");
    let taken = lia.press(path, path, &[("act", "take"), ("text", &tight), ("tried", &sum)]).await;
    assert_eq!(taken.header("location"), Some("/policies?taken=1"), "{}", taken.body);
    let (number, minutes, days) = counts(&site);
    assert_eq!((minutes, days.as_slice()), (Some(45), ["2026-09-22", "2026-12-25"].as_slice()));
    assert_eq!(site.house.current.get().feeds()["desk"].spec().holidays_url.as_deref(), Some(ADDRESS));
    // Other days come in the place of those that were fetched before, under what the lead wrote.
    fetch(&site, "2026-09-23").await;
    assert_eq!(counts(&site), (number + 1, Some(45), vec!["2026-09-23", "2026-12-25"]));
    assert!(lia.get("/policies").await.body.contains("<td>holidays fetched anew</td>"));
    // One that waits for its instant waits on behind other holidays, and a restart changes nothing of all that.
    let tighter = text.replace("first_response_minutes = 60", "first_response_minutes = 30");
    let sum = lia.press(path, path, &[("act", "try"), ("text", &tighter)]).await.field("tried");
    let ahead =
        [("act", "take"), ("text", tighter.as_str()), ("tried", sum.as_str()), ("from", "2026-09-21T23:00")];
    assert_eq!(lia.press(path, path, &ahead).await.status, 303);
    assert_eq!(counts(&site).1, Some(45));
    fetch(&site, "2026-09-28").await;
    let after = counts(&site);
    assert_eq!((after.1, after.2.as_slice()), (Some(45), ["2026-09-28", "2026-12-25"].as_slice()));
    start(&site).await;
    assert_eq!(counts(&site), after);
    site.house.clock.advance(Span::hours(9));
    fetch(&site, "2026-09-28").await;
    let (_, minutes, days) = counts(&site);
    assert_eq!((minutes, days), (Some(30), vec!["2026-09-28", "2026-12-25"]));
    let bodies: Vec<(String,)> = site.house.all("SELECT body FROM setting_version").await;
    assert!(bodies.iter().all(|(body,)| !body.contains("SECRET")), "an address may hold a token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_may_name_sources_and_handles_that_there_are() {
    let site = Site::open().await;
    let lia = site.login("lia", "lead").await;
    let path = "/policies/social-30m/edit";
    let (name, scope) = ("name = \"social-30m\"", "scope = \"Every message");
    let text = text(&lia).await;
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with(scope)).collect();
    let text = lines.join("\n");
    let named = |part: &str| text.replace(name, &format!("{name}\nscope = {{ {part} }}"));
    let told = lia.press(path, path, &[("act", "try"), ("text", &named("handles = [\"nobody\"]"))]).await;
    assert!(told.status == 422 && told.body.contains("is a handle of no brand"), "{}", told.body);
    let handle = site.house.current.get().brands[0].brand.handles[0].clone();
    let good = named(&format!("handles = [\"{handle}\"]"));
    let tried = lia.press(path, path, &[("act", "try"), ("text", &good)]).await;
    assert!(
        tried.status == 200 && tried.body.contains(&format!("covers messages to @{handle}")),
        "{}",
        tried.body
    );
    let lost = named("sources = [\"nowhere\"]");
    let sum = lia.press(path, path, &[("act", "try"), ("text", &lost)]).await.field("tried");
    let refused = lia.press(path, path, &[("act", "take"), ("text", &lost), ("tried", &sum)]).await;
    assert!(refused.status == 422 && refused.body.contains("names the source"), "{}", refused.body);
}
