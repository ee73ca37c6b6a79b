//! Texts of brands in the console and for programs: what is listed, that leads write, change and retire, that mistakes are
//! told and nothing is overwritten unseen, and that walls hold.

use crate::site::Site;
use serde_json::json;
use webcared::domain::template::{Template, TemplateKind};
use webcared::tokens::Scope;

async fn furnished() -> Site {
    let site = Site::open().await;
    let mut catalogue = (*site.house.current.get()).clone();
    let acme = catalogue.brands.iter_mut().find(|w| w.brand.name == "Acme").unwrap();
    acme.brand.templates = vec![Template {
        kind: TemplateKind::Holding,
        language: Some("nl".into()),
        text: "Hoi {name}, we lezen het morgen.".into(),
        ..Template::default()
    }];
    site.house.current.set(catalogue);
    site
}

const HOLDING: [(&str, &str); 5] =
    [("brand", "Acme"), ("kind", "holding"), ("language", "nl"), ("level", ""), ("platform", "")];

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_listed_filtered_and_only_read_by_agents() {
    let site = furnished().await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/templates").await.body;
    for word in ["Hoi {name}", "Hoi Sanne, we lezen het morgen.", "brand[0].template[0]", "bluesky: 31 / 300"]
    {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(!page.contains("/templates/edit") && !page.contains("value=\"retire\""));
    assert!(jan.get("/templates?kind=offer").await.body.contains("No text fits."));
    assert!(jan.get("/templates?text=MORGEN&language=nl&brand=acme").await.body.contains("Hoi {name}"));
    assert!(jan.get("/templates?brand=Tempo").await.body.contains("No text fits."));
    assert_eq!(jan.get("/templates/edit").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_writes_changes_and_retires_a_text() {
    let site = furnished().await;
    let lia = site.login("lia", "lead").await;
    let (form, path) = ("/templates/edit", "/templates");
    let with =
        |text: &'static str, act: &'static str| [&HOLDING[..], &[("text", text), ("do", act)]].concat();
    let wrong = lia.press(form, path, &with("Hoi {nam}", "keep")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert!(
        wrong.body.contains("text: no variable {nam}; allowed are {name}, {customer}, {brand}"),
        "{}",
        wrong.body
    );
    let looked = lia.press(form, path, &with("Dag {name}, {brand} leest dit.", "look")).await;
    assert_eq!(looked.status, 200);
    assert!(looked.body.contains("Dag Sanne, Acme leest dit."), "{}", looked.body);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM setting_version WHERE kind = 'template'").await, 0);
    let kept = lia.press(form, path, &with("Dag {name}, {brand} leest dit.", "keep")).await;
    assert_eq!(kept.header("location"), Some("/templates?done=kept"), "{}", kept.body);
    let page = lia.get("/templates?done=kept").await.body;
    assert!(page.contains("Dag Sanne, Acme leest dit.") && page.contains("The text counts now"), "{page}");
    assert!(page.contains("one for the same stands before it"), "that of the settings: {page}");
    let id = page.split("&amp;id=").nth(1).or_else(|| page.split("&#38;id=").nth(1)).unwrap();
    let id: String = id.split('"').next().unwrap().to_owned();
    let edit = format!("{form}?brand=Acme&id={id}");
    let shown = lia.get(&edit).await;
    assert_eq!((shown.status, shown.field("version").as_str()), (200, "1"));
    let change = |version: &'static str, text: &'static str| {
        let mut all = with(text, "keep");
        all.push(("version", version));
        all
    };
    let mut first = change("1", "Beter.");
    first.push(("id", id.as_str()));
    assert_eq!(lia.press(&edit, path, &first).await.status, 303);
    let mut late = change("1", "Ook beter.");
    late.push(("id", id.as_str()));
    let late = lia.press(&edit, path, &late).await;
    assert!(
        late.status == 422 && late.body.contains("somebody changed this text meanwhile"),
        "{}",
        late.body
    );
    let retire = [("brand", "Acme"), ("id", id.as_str()), ("version", "2"), ("do", "retire")];
    let retired = lia.press("/templates", path, &retire).await;
    assert_eq!(retired.header("location"), Some("/templates?done=retired"), "{}", retired.body);
    let page = lia.get("/templates").await.body;
    assert!(page.contains("retired") && !page.contains("one for the same stands before it"), "{page}");
    let acts: Vec<(String,)> =
        site.house.all("SELECT act FROM audit WHERE act LIKE 'template.%' ORDER BY number").await;
    let acts: Vec<&str> = acts.iter().map(|(act,)| act.as_str()).collect();
    // What was overtaken was no act.
    assert_eq!(acts, ["template.add", "template.change", "template.retire"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_list_and_write_texts_within_their_walls() {
    let site = furnished().await;
    let program = site.program("CRM", &[Scope::Read, Scope::Lead], &[]).await;
    let path = "/brands/Acme/templates";
    let listed = program.get(path).await.json();
    let first = &listed["templates"][0];
    assert_eq!((&first["place"], &first["id"]), (&json!("brand[0].template[0]"), &json!(null)));
    let body = json!({ "kind": "offer", "text": "Come in: {link}" });
    let made = program.ask("POST", path, &[("idempotency-key", "t-1")], &body.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let bad = json!({ "kind": "offer", "text": "Come in" });
    program.ask("POST", path, &[], &bad.to_string()).await.is(422, "invalid");
    let unknown = json!({ "kind": "poem", "text": "x" });
    program.ask("POST", path, &[], &unknown.to_string()).await.is(400, "body");
    let change = json!({ "version": 1, "kind": "offer", "platform": "bluesky", "text": "Here: {link}" });
    let one = format!("{path}/{id}");
    let changed = program.ask("POST", &one, &[], &change.to_string()).await;
    assert_eq!((changed.status, changed.json()["version"].clone()), (200, json!(2)), "{}", changed.body);
    program.ask("POST", &one, &[], &change.to_string()).await.is(409, "refused");
    let listed = program.get(path).await.json();
    let first = &listed["templates"][0];
    assert_eq!(
        (&first["id"], &first["version"], &first["platform"]),
        (&json!(id), &json!(2), &json!("bluesky"))
    );
    assert_eq!(first["lengths"].as_array().unwrap().len(), 1);
    let walled = site.program("tempo", &[Scope::Read, Scope::Lead], &["Tempo"]).await;
    walled.get(path).await.is(404, "not-found");
    let there = format!("/brands/Tempo/templates/{id}");
    walled.ask("POST", &there, &[], &change.to_string()).await.is(404, "not-found");
    let retire = format!("{one}/retire");
    let retired = program.ask("POST", &retire, &[], &json!({ "version": 2 }).to_string()).await;
    assert_eq!(retired.json()["version"], 3, "{}", retired.body);
    let listed = program.get(path).await.json();
    assert_eq!(listed["templates"][1]["retired"], true);
}
