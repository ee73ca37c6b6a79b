//! The page of brands and "would this post match?", in the console and for programs: what is told, by which term, what
//! stops it, that nothing is kept, and that walls hold.

use crate::site::Site;
use serde_json::json;
use webcared::domain::brand::Brand;
use webcared::tokens::Scope;

/// A name that is an ordinary word, with an exclusion and a context word.
async fn furnished() -> Site {
    let site = Site::open().await;
    let mut catalogue = (*site.house.current.get()).clone();
    let tempo = catalogue.brands.iter_mut().find(|w| w.brand.name == "Tempo").unwrap();
    tempo.brand = Brand {
        keywords: vec!["tempo".into(), "tempo card".into()],
        exclude: vec!["music".into()],
        context: vec!["parcel".into()],
        domains: vec!["tempo.example".into()],
        ..tempo.brand.clone()
    };
    site.house.current.set(catalogue);
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_brand_watches_is_shown_and_leads_see_who_else_does() {
    let site = furnished().await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/brands").await;
    assert_eq!(page.status, 200, "{}", page.body);
    for word in ["tempo card", "music", "parcel", "tempo.example", "mastodon: acme-own", "social-30m"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    assert!(!page.body.contains("Who sees it"));
    site.login("ofa", "front_office").await;
    let lia = site.login("lia", "lead").await;
    let page = lia.get("/brands").await.body;
    assert!(page.contains("Who sees it") && page.contains("<bdi>jan</bdi>"), "{page}");
    assert!(!page.contains("<bdi>ofa</bdi>"), "the front office sees no cases");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_post_is_told_term_by_term_and_nothing_of_it_is_kept() {
    let site = furnished().await;
    let jan = site.login("jan", "agent").await;
    let before = site.house.count("SELECT COUNT(*) FROM audit").await;
    let said = |text: &'static str| [("text", text), ("author", "Sanne"), ("handle", "sanne")];
    let path = "/brands/try";
    let hit = jan.press("/brands", path, &said("My tempo card parcel never came, this is a scandal!")).await;
    assert_eq!(hit.status, 200, "{}", hit.body);
    assert!(hit.body.contains("phrase <bdi>tempo card</bdi>: counts"), "{}", hit.body);
    assert!(hit.body.contains("Supported by:</strong> <bdi>parcel</bdi>"), "{}", hit.body);
    let stopped = jan.press("/brands", path, &said("The tempo of this music and my parcel")).await.body;
    assert!(stopped.contains("Stopped by an exclusion:</strong> <bdi>music</bdi>"), "{stopped}");
    assert!(stopped.contains("keyword <bdi>tempo</bdi>: does not count"), "{stopped}");
    let lacks = jan.press("/brands", path, &said("What a tempo")).await.body;
    assert!(lacks.contains("No context word stands there"), "{lacks}");
    let own = [("text", "@Acme hello"), ("handle", "@acme-own")];
    let own = jan.press("/brands", path, &own).await.body;
    assert!(own.contains("Written by an own account on <bdi>mastodon</bdi>"), "{own}");
    let hostile = jan.press("/brands", path, &said("@Acme <script>alert(1)</script> \u{202e}x")).await.body;
    assert!(!hostile.contains("<script>alert"), "{hostile}");
    assert_eq!(jan.press("/brands", path, &[("text", "  ")]).await.status, 422);
    for table in ["mention", "cases", "inbox", "content", "author"] {
        let sql: &'static str = Box::leak(format!("SELECT COUNT(*) FROM {table}").into_boxed_str());
        assert_eq!(site.house.count(sql).await, 0, "{table}");
    }
    assert_eq!(site.house.count("SELECT COUNT(*) FROM audit").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_ask_the_same_and_see_their_brands_only() {
    let site = furnished().await;
    let program = site.program("BI", &[Scope::Read], &[]).await;
    let ask = json!({ "text": "@Acme my account was hacked, call me on 06-12345678", "author": "Sanne", "language": "en" });
    let told = program.ask("POST", "/brands/try", &[], &ask.to_string()).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let told = told.json();
    let acme = &told["brands"][0];
    assert_eq!(
        (&acme["brand"], &acme["matches"], &acme["by"]),
        (&json!("Acme"), &json!(true), &json!("handle"))
    );
    assert_eq!(acme["hits"][0], json!({ "kind": "handle", "term": "acme", "counts": true }));
    assert_eq!(acme["judgement"]["language"], "en");
    assert_eq!(acme["judgement"]["personal_data"], json!(["phone"]));
    assert!(acme["judgement"]["reasons"].as_array().is_some_and(|r| !r.is_empty()), "{acme}");
    assert_eq!(told["brands"][1]["matches"], false);
    let one = json!({ "text": "music tempo", "brand": "tempo" });
    let one = program.ask("POST", "/brands/try", &[], &one.to_string()).await.json();
    assert_eq!(one["brands"].as_array().unwrap().len(), 1);
    assert_eq!(one["brands"][0]["stopped_by"], json!(["music"]));
    let walled = site.program("tempo", &[Scope::Read], &["Tempo"]).await;
    let seen = walled.ask("POST", "/brands/try", &[], &ask.to_string()).await;
    let seen = seen.json();
    let names: Vec<&str> =
        seen["brands"].as_array().unwrap().iter().map(|b| b["brand"].as_str().unwrap()).collect();
    assert_eq!(names, ["Tempo"]);
    let behind = json!({ "text": "x", "brand": "Acme" });
    walled.ask("POST", "/brands/try", &[], &behind.to_string()).await.is(400, "request");
    let empty = program.ask("POST", "/brands/try", &[], &json!({ "text": " " }).to_string()).await;
    empty.is(422, "invalid");
    let none = site.program("none", &[Scope::Answer], &[]).await;
    none.ask("POST", "/brands/try", &[], &ask.to_string()).await.is(403, "scope");
}
