//! What programs may look at beside a case: the cases behind a figure, deliveries that could not be read, who is there.

use crate::harness::{Engine, answer, post};
use crate::site::{Site, engine};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use webcared::domain::time::Span;
use webcared::tokens::Scope;

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_leads_a_program_to_its_cases() {
    let site = Site::open().await;
    site.house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
    site.house.advance(Span::minutes(5)).await;
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    site.house.advance(Span::days(1)).await;
    let program = site.program("crm", &[Scope::Read], &[]).await;
    let case = site.house.case(1).await.id;
    let one = json!([{ "case": case, "number": 1, "brand": "Acme" }]);
    for query in ["kind=begun", "kind=first_response", "kind=begun&by=brand&name=Acme&brand=acme"] {
        let answer = program.get(&format!("/reports/cases?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let all = answer.json();
        assert_eq!((&all["cases"], all["next"].is_null()), (&one, true), "{query}");
    }
    let none = program.get("/reports/cases?kind=first_response&late=true").await.json();
    assert_eq!(none["cases"], json!([]));
    // What is counted by how cases ended has its list too; nothing ended.
    for kind in ["front_office", "unregistered", "first_time", "came_again"] {
        let answer = program.get(&format!("/reports/cases?kind={kind}&by=level&name=P3")).await;
        assert_eq!((answer.status, &answer.json()["cases"]), (200, &json!([])), "{kind}: {}", answer.body);
    }
    let wrong = ["", "kind=x", "kind=begun&by=x&name=y", "kind=begun&by=brand", "kind=begun&cursor=x"];
    for query in wrong {
        program.get(&format!("/reports/cases?{query}")).await.is(400, "request");
    }
    // Nothing of another brand is behind any figure.
    let tempo = site.program("tempo", &[Scope::Read], &["Tempo"]).await;
    assert_eq!(tempo.get("/reports/cases?kind=begun").await.json()["cases"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_is_listed_and_its_bytes_are_for_who_may_read_personal_data() {
    let site = Site::open().await;
    let body = match engine() {
        Engine::Sqlite => "CAST('{broken' AS BLOB)",
        Engine::Postgres => "convert_to('{broken', 'UTF8')",
    };
    let id = format!("inb_{}", "1".repeat(26));
    let sql = format!(
        "INSERT INTO inbox (id, source, place, received_at, body, verdict, why, settled_at)
         VALUES ('{id}', 'shop', 'hook', 1, {body}, 'quarantined', 'no JSON', 1)"
    );
    site.execute(Box::leak(sql.into_boxed_str())).await;
    let plain = site.program("plain", &[Scope::Read], &[]).await;
    let all = plain.get("/sources/quarantine").await.json();
    let one = &all["quarantined"][0];
    assert_eq!((&one["id"], &one["why"], &one["bytes"]), (&json!(id), &json!("no JSON"), &json!(7)));
    assert!(all["next"].is_null() && !all.to_string().contains("broken"), "{all}");
    plain.get("/sources/quarantine?cursor=x").await.is(400, "request");
    plain.get(&format!("/sources/quarantine/{id}")).await.is(403, "scope");
    let opens = site.program("opens", &[Scope::Read, Scope::ReadPersonal], &[]).await;
    let found = opens.get(&format!("/sources/quarantine/{id}")).await.json();
    assert_eq!((&found["source"], &found["base64"]), (&json!("shop"), &json!(STANDARD.encode("{broken"))));
    opens.get(&format!("/sources/quarantine/{id}")).await.json();
    let looks = "SELECT COUNT(*) FROM audit WHERE act = 'quarantine.read'";
    assert_eq!(site.house.count(looks).await, 1, "a look is written down, once in a while");
    let other = format!("/sources/quarantine/inb_{}", "2".repeat(26));
    opens.get(&other).await.is(404, "not-found");
    let bound = site.program("bound", &[Scope::Read, Scope::ReadPersonal], &["Acme"]).await;
    bound.get("/sources/quarantine").await.is(403, "scope");
    bound.get(&format!("/sources/quarantine/{id}")).await.is(403, "scope");
    // The same on the page of sources.
    let lead = site.login("mia", "lead").await;
    let path = format!("/sources?open={id}");
    let page = lead.get("/sources").await.body;
    assert!(page.contains("no JSON") && page.contains(&path) && !page.contains("{broken"), "{page}");
    assert_eq!(site.house.count(looks).await, 1);
    assert!(lead.get(&path).await.body.contains("{broken"));
    assert_eq!(site.house.count(looks).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_told_who_looks_at_a_case_and_who_types() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "agent").await);
    let program = site.program("crm", &[Scope::Read], &[]).await;
    assert_eq!(program.get(&format!("{path}/presence")).await.json()["here"], json!([]));
    for (who, kind) in [(&jan, "look"), (&kim, "type")] {
        assert_eq!(who.press(&path, &format!("{path}/presence"), &[("kind", kind)]).await.status, 204);
    }
    let told = program.get(&format!("{path}/presence")).await.json();
    let mut here: Vec<(String, bool)> = told["here"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| (h["person"]["name"].as_str().unwrap().to_owned(), h["types"].as_bool().unwrap()))
        .collect();
    here.sort();
    assert_eq!(here, [("jan".to_owned(), false), ("kim".to_owned(), true)]);
    site.house.clock.advance(Span::minutes(1));
    assert_eq!(program.get(&format!("{path}/presence")).await.json()["here"], json!([]));
}
