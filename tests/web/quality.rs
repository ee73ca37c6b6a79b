//! The quality of answers in the console and for programs: no trace where it is off, scoring, seeing, averages.

use crate::harness::{answer, post};
use crate::site::Site;
use serde_json::json;
use webcared::domain::time::Span;
use webcared::tokens::{Scope, Wanted};

fn switch_on(site: &Site) {
    let mut catalogue = (*site.house.current.get()).clone();
    for watched in catalogue.brands.iter_mut().filter(|w| w.brand.name == "Acme") {
        watched.brand.quality.enabled = true;
    }
    site.house.current.set(catalogue);
}

/// An answer of jan's, drawn.
async fn drawn(site: &Site) -> String {
    site.house
        .take(&[
            post("1", "sanne", "t", 0, "@Acme where is my <b>parcel</b>? Call 06-12345678"),
            answer("o1", "1", "t", 3),
        ])
        .await;
    site.execute("UPDATE own_post SET person_id = (SELECT id FROM person WHERE login = 'jan')").await;
    site.house.clock.advance(Span::days(7));
    switch_on(site);
    assert_eq!(site.house.casework.quality_due().await.unwrap(), 1);
    let ids: Vec<(String,)> = site.house.all("SELECT id FROM quality_sample").await;
    ids[0].0.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_off_there_is_no_trace() {
    let site = Site::open().await;
    let lia = site.login("lia", "lead").await;
    assert_eq!(lia.get("/quality").await.status, 404);
    assert!(!lia.get("/").await.body.contains("/quality"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_scores_and_whose_it_is_sees_it_first() {
    let site = Site::open().await;
    site.login("jan", "agent").await;
    let id = drawn(&site).await;
    let path = format!("/quality/{id}");
    let (eva, lia, new) = (
        site.login("eva", "agent").await,
        site.login("lia", "lead").await,
        site.login("new", "newcomer").await,
    );
    let jan = site.stranger();
    let link = site.people.link("jan").await.unwrap();
    assert_eq!(jan.send("POST", &link, &[], "").await.status, 303);
    assert!(eva.get("/").await.body.contains("href=\"/quality\""));
    let page = eva.get("/quality").await.body;
    assert!(page.contains("We are looking into it") && page.contains("score:tone"), "{page}");
    assert!(!page.contains("<b>parcel") && !page.contains("12345678"), "covered and no markup: {page}");
    assert!(!page.contains("<bdi>jan") && !jan.get("/quality").await.body.contains("score:tone"));
    assert!(!new.get("/quality").await.body.contains("score:tone"), "a newcomer scores nobody");
    let card = |tone: &'static str| {
        [
            ("act", "score"),
            ("score:understood", "5"),
            ("score:solved", "4"),
            ("score:tone", tone),
            ("score:language", "3"),
            ("word", "kind <i>words</i>"),
        ]
    };
    let missing = eva.press("/quality", &path, &card("")).await;
    assert_eq!(missing.status, 422, "{}", missing.body);
    assert!(missing.body.contains("has no score"), "{}", missing.body);
    // What was typed and chosen stands there again.
    assert!(missing.body.contains("value=\"kind &#60;i&#62;words"), "{}", missing.body);
    assert!(missing.body.contains("<option selected>4</option>"), "{}", missing.body);
    assert_eq!(new.press("/quality", &path, &card("5")).await.status, 422);
    assert_eq!(jan.press("/quality", &path, &card("5")).await.status, 422, "one's own");
    assert_eq!(
        eva.press("/quality", &path, &card("5")).await.header("location"),
        Some("/quality?said=noted")
    );
    assert!(lia.get("/quality").await.body.contains("Nothing was scored, or nobody has seen it yet."));
    let mine = jan.get("/quality").await.body;
    assert!(
        mine.contains("5 of 5") && mine.contains("scored by eva") && mine.contains("&#60;i&#62;"),
        "{mine}"
    );
    let seen = [("act", "seen"), ("line", "thanks")];
    assert_eq!(jan.press("/quality", &path, &seen).await.header("location"), Some("/quality?said=noted"));
    let leads = lia.get("/quality").await.body;
    assert!(leads.contains("fewer than five people") && !leads.contains("thanks</q>"), "{leads}");
    assert_eq!(lia.press("/quality", "/quality/qua_nothing", &seen).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_score_in_the_name_of_a_person_only() {
    let site = Site::open().await;
    site.login("jan", "agent").await;
    site.login("eva", "agent").await;
    let id = drawn(&site).await;
    let body =
        json!({ "scores": { "understood": 5, "solved": 5, "tone": 5, "language": 5 }, "word": "good" });
    let service = site.program("BI", &[Scope::Read, Scope::Answer], &[]).await;
    let refused = service.ask("POST", &format!("/quality/{id}/score"), &[], &body.to_string()).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(
        service.get("/quality").await.json()["to_score"][0]["answer"],
        json!(null),
        "words are covered"
    );
    let of = async |login: &str| {
        let wanted = Wanted {
            name: login.to_owned(),
            person: Some(login.to_owned()),
            scopes: vec![Scope::Read, Scope::ReadPersonal, Scope::Act, Scope::Answer],
            brands: Vec::new(),
            days: 3,
        };
        let (id, token) = site.tokens().add(&wanted, "test", &[]).await.unwrap();
        crate::programs::Program { browser: site.stranger(), id, token }
    };
    let (eva, jan) = (of("eva").await, of("jan").await);
    assert_eq!(eva.get("/quality").await.json()["to_score"][0]["card"].as_array().unwrap().len(), 4);
    let scored = eva.ask("POST", &format!("/quality/{id}/score"), &[], &body.to_string()).await;
    assert_eq!((scored.status, scored.json()), (200, json!({ "decided": true })));
    let mine = jan.get("/quality").await.json();
    assert_eq!(
        (&mine["mine"][0]["scores"][2]["points"], &mine["mine"][0]["word"]),
        (&json!(5), &json!("good"))
    );
    let seen = jan.ask("POST", &format!("/quality/{id}/seen"), &[], "{\"line\": \"thanks\"}").await;
    assert_eq!(seen.json(), json!({ "decided": true }));
    let means = eva.get("/reports/quality?from=2026-09-15&to=2026-10-22").await;
    assert_eq!(means.json()["averages"][0]["tenths"], json!(null), "{}", means.body);
    assert_eq!(means.json()["averages"][0]["people"], json!(1));
}
