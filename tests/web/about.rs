//! On the page of a case and by program: that it is about somebody else than who wrote; who that is, is covered until
//! somebody has the case.

use crate::harness::post;
use crate::site::{Answer, Browser, Site};
use serde_json::{Value, json};
use webcared::domain::time::Span;
use webcared::tokens::Scope;

const PLAIN: &str = "@Acme my father's parcel has not arrived and nobody answers, this is annoying";

async fn desk() -> (Site, Browser, String) {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    (site, jan, path)
}

async fn press(site: &Site, jan: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let version = site.house.case(1).await.version.to_string();
    jan.press(path, &format!("{path}/act"), &[&[("version", version.as_str())], fields].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_form_says_whose_matter_it_is_and_only_who_has_the_case_reads_it() {
    let (site, jan, path) = desk().await;
    let said = [
        ("act", "customer"),
        ("customer_name", "Pieter Quaadgras"),
        ("customer_number", ""),
        ("customer_email", "pieter@home.example"),
        ("customer_phone", ""),
    ];
    let mut wrong = said.to_vec();
    wrong[3].1 = "no address";
    let refused = press(&site, &jan, &path, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("value=\"Pieter Quaadgras\""), "nothing typed is lost: {}", refused.body);
    assert_eq!(press(&site, &jan, &path, &said).await.status, 303);
    let eva = site.login("eva", "agent").await;
    let page = eva.get(&path).await.body;
    assert!(page.contains("About somebody else") && page.contains("is shown to who has the case"), "{page}");
    assert!(!page.contains("Quaadgras") && !page.contains("pieter@home"), "{page}");
    assert!(!page.contains("do-customer"), "who does not see it writes nothing in its place: {page}");
    assert!(page.contains("said that it is about somebody else"), "on the timeline: {page}");
    let looked = "SELECT COUNT(*) FROM audit WHERE act = 'case.uncover'";
    let looks = || async { site.house.all::<(i64,)>(looked).await[0].0 };
    assert_eq!(looks().await, 0);
    assert!(eva.get(&format!("{path}?unmask=1")).await.body.contains("Pieter Quaadgras"));
    assert_eq!(looks().await, 1, "a look is on record");
    press(&site, &jan, &path, &[("act", "claim")]).await;
    let page = jan.get(&path).await.body;
    assert!(page.contains("Pieter Quaadgras, pieter@home.example"), "{page}");
    // A list holds nothing of it.
    assert!(!jan.get("/").await.body.contains("Quaadgras"));
    assert_eq!(press(&site, &jan, &path, &[("act", "customer_back")]).await.status, 303);
    assert!(!jan.get(&path).await.body.contains("Quaadgras"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_says_it_and_reads_it_by_its_scope() {
    let (site, _, path) = desk().await;
    let case = site.house.case(1).await;
    let agent = site.acting("jan", &[Scope::Read, Scope::Act]).await;
    let said = json!({ "name": "Pieter Quaadgras", "phone": "06-98765432" }).to_string();
    let done = agent.act(&format!("{path}/customer"), case.version, &said).await;
    assert_eq!(done.status, 200, "{}", done.body);
    site.login("eva", "agent").await;
    let eva = site.acting("eva", &[Scope::Read, Scope::Act]).await;
    let stale = eva.act(&format!("{path}/customer/take-back"), case.version, "{}").await;
    assert!(stale.status >= 400, "who saw it before that sees it first: {}", stale.body);
    let version = site.house.case(1).await.version;
    let due = site.now().plus(Span::hours(2)).rfc3339();
    let promise = json!({ "text": "we call", "owed_by": "webcare", "act": "call", "due": due }).to_string();
    let made = agent.act(&format!("{path}/promises"), version, &promise).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let read = agent.get(&path).await.json();
    assert_eq!(read["promises"][0]["to"], "customer");
    assert_eq!(read["customer"]["kinds"], json!(["name", "phone"]));
    assert_eq!(read["customer"]["name"], Value::Null, "covered");
    let opens = site.acting("jan", &[Scope::Read, Scope::ReadPersonal]).await;
    assert_eq!(opens.get(&path).await.json()["customer"]["name"], "Pieter Quaadgras");
    let other = site.program("tempo", &[Scope::Read, Scope::ReadPersonal], &["Tempo"]).await;
    assert_eq!(other.get(&path).await.status, 404, "a token of another brand");
    let version = site.house.case(1).await.version;
    let back = agent.act(&format!("{path}/customer/take-back"), version, "{}").await;
    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!(agent.get(&path).await.json()["customer"], Value::Null);
}
