//! Policies in the console and for programs: what is shown and explained, a new version with its mistakes, its trial and
//! from when it counts, who may, and what a restart with unchanged settings leaves.

use crate::harness::{answer, post};
use crate::site::Site;
use serde_json::json;
use webcared::domain::time::Span;
use webcared::tokens::Scope;

/// The text that the form shows, as the browser would send it back.
async fn text(browser: &crate::site::Browser) -> String {
    let page = browser.get("/policies/social-30m/edit").await;
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
    let untouched = lia.press(path, path, &[("act", "try"), ("text", &wrong)]).await.body;
    assert!(untouched.contains("not a known setting") && untouched.contains("did you mean"), "{untouched}");
    assert_eq!(lia.press("/account", "/account/language", &[("language", "nl")]).await.status, 303);
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
