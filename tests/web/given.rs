//! Goodwill and formal complaints in the console and by program.

use crate::harness::post;
use crate::site::{Browser, Site};
use serde_json::json;
use webcared::tokens::Scope;

fn set(site: &Site) {
    let mut catalogue = (*site.house.current.get()).clone();
    for watched in &mut catalogue.brands {
        watched.brand.front_office.goodwill.limits =
            [("agent".to_owned(), 25), ("lead".to_owned(), 250)].into();
        watched.brand.front_office.complaints = true;
    }
    site.house.current.set(catalogue);
}

async fn press(site: &Site, by: &Browser, fields: &[(&str, &str)]) -> u16 {
    let case = site.house.case(1).await;
    let (path, version) = (format!("/cases/{}", case.id), case.version.to_string());
    let fields = [&[("version", version.as_str())], fields].concat();
    by.press(&path, &format!("{path}/act"), &fields).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_is_given_approved_and_listed_in_the_console() {
    let site = Site::open().await;
    set(&site);
    site.house.take(&[post("1", "sanne", "a", 0, "@Acme my parcel has not arrived, help")]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let (jan, ann) = (site.login("jan", "agent").await, site.login("ann", "lead").await);
    let give = [("act", "goodwill"), ("kind", "voucher"), ("amount", "40,50"), ("reason", "late")];
    assert_eq!(press(&site, &jan, &give).await, 303);
    assert_eq!(press(&site, &jan, &[("act", "goodwill"), ("kind", "gold"), ("amount", "1")]).await, 422);
    let page = jan.get(&path).await.body;
    assert!(page.contains("40.50 EUR, voucher") && page.contains("waits for a second person"), "{page}");
    let id: Vec<(String,)> = site.house.all("SELECT id FROM goodwill").await;
    let list = ann.get("/goodwill").await;
    assert!(list.status == 200 && list.body.contains("40.50 EUR"), "{}", list.body);
    assert_eq!(press(&site, &ann, &[("act", "goodwill_yes"), ("goodwill", &id[0].0)]).await, 303);
    let csv = ann.get("/goodwill?format=csv").await;
    assert!(csv.body.contains("goodwill,Acme,EUR,total,,1,40.50"), "{}", csv.body);
    let guest = site.login("kim", "guest").await;
    assert_eq!(guest.get("/goodwill?format=csv").await.status, 403, "files are for who may export");
    for path in ["/reports/monday", "/reports", "/shadow"] {
        assert_eq!(guest.get(&format!("{path}?format=json")).await.status, 403, "{path}");
        assert!(!guest.get(path).await.body.contains("format=json"), "{path}");
        assert!(jan.get(path).await.body.contains("format=json"), "{path}");
    }
    // A complaint: marked, acknowledged, decided.
    assert_eq!(press(&site, &jan, &[("act", "complaint")]).await, 303);
    assert!(jan.get(&path).await.body.contains("decision on the complaint"));
    assert_eq!(press(&site, &jan, &[("act", "complaint_acknowledge")]).await, 303);
    let decide = [("act", "complaint_decide"), ("outcome", "upheld"), ("reason", "they are right")];
    assert_eq!(press(&site, &jan, &decide).await, 303);
    let page = ann.get("/complaints").await;
    assert!(page.status == 200 && page.body.contains("upheld"), "{}", page.body);
    assert!(ann.get("/complaints?format=json").await.body.contains("they are right"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_register_is_off_there_is_no_trace_of_it() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, "@Acme my parcel has not arrived, help")]).await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(jan.get("/complaints").await.status, 404);
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let page = jan.get(&path).await.body.to_lowercase();
    assert!(!page.contains("formal complaint"));
    assert!(!jan.get("/shadow").await.body.contains("/complaints"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_does_the_same_and_gets_figures_with_their_cases() {
    let site = Site::open().await;
    set(&site);
    site.house.take(&[post("1", "sanne", "a", 0, "@Acme my parcel has not arrived, help")]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let crm = site.program("CRM", &[Scope::Read, Scope::Act], &[]).await;
    let version = || async { site.house.case(1).await.version };
    let bad = json!({ "kind": "refund", "amount": "1.234", "reason": "late" }).to_string();
    assert_eq!(crm.act(&format!("{path}/goodwill"), version().await, &bad).await.status, 422);
    let give = json!({ "kind": "refund", "amount": "12.50", "reason": "late" }).to_string();
    let done = crm.act(&format!("{path}/goodwill"), version().await, &give).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let listed = crm.get(&format!("{path}/goodwill")).await.json();
    let one = &listed["goodwill"][0];
    // A service is no role that the settings name: a second person decides.
    assert_eq!((one["state"].as_str(), one["amount"].as_str()), (Some("asked"), Some("12.50")), "{listed}");
    for (act, body) in [
        ("complaint", "{}"),
        ("complaint/acknowledge", "{}"),
        ("complaint/decide", r#"{"outcome": "not_upheld", "reason": "it came in time"}"#),
    ] {
        let done = crm.act(&format!("{path}/{act}"), version().await, body).await;
        assert_eq!(done.status, 200, "{act}: {}", done.body);
    }
    let called = json!({ "kind": "phone", "at": site.now().rfc3339(), "text": "they rang" }).to_string();
    assert_eq!(crm.act(&format!("{path}/contacts"), version().await, &called).await.status, 200);
    // A shop knows the case by its brand and number.
    let shop = json!({ "kind": "shop", "at": site.now().rfc3339(), "text": "they came by" }).to_string();
    let named = "/cases/acme%231/contacts";
    assert_eq!(crm.act(named, version().await, &shop).await.status, 200);
    for nothing in ["/cases/Acme%239/contacts", "/cases/Nobody%231/contacts", "/cases/Acme%23x/contacts"] {
        assert_eq!(crm.act(nothing, version().await, &shop).await.status, 404, "{nothing}");
    }
    let kinds: Vec<(String,)> = site.house.all("SELECT kind FROM other_contact ORDER BY kind").await;
    assert_eq!(kinds, [("phone".to_owned(),), ("shop".to_owned(),)]);
    let register = crm.get("/complaints?from=2020-01-01&to=2030-01-01").await.json();
    assert_eq!(register["register"][0]["outcome"], "not_upheld", "{register}");
    let figures = crm.get("/goodwill?from=2020-01-01&to=2030-01-01").await.json();
    assert_eq!(figures["waiting"], 1, "{figures}");
    let csv = crm.get("/complaints?from=2020-01-01&to=2030-01-01&format=csv").await;
    assert!(csv.body.contains("complaint,Acme,1,"), "{}", csv.body);
}
