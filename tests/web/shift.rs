//! Offers, the end of a shift and the briefing in the console and for programs.

use crate::harness::post;
use crate::programs::WORK;
use crate::site::Site;
use serde_json::json;
use webcared::domain::judgement::Level;
use webcared::domain::shift::ShiftRules;
use webcared::domain::time::Span;
use webcared::tokens::Scope;

const HELP: &str = "@acme my parcel never arrived, please help me";

async fn offering(site: &Site) {
    let mut catalogue = (*site.house.current.get()).clone();
    catalogue.brands[0].brand.routing.offers = Some(Level::P5);
    site.house.current.set(catalogue);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offered_case_stands_in_its_lane_and_first_among_ones_own() {
    let site = Site::open().await;
    offering(&site).await;
    let jan = site.login("jan", "agent").await;
    site.house.take(&[post("1", "ann", "t1", 0, HELP), post("2", "bob", "t2", 0, HELP)]).await;
    assert!(!jan.get("/").await.body.contains("Offered to me"), "no trace where nothing is offered");
    jan.press("/duty", "/duty", &[("duty", "on")]).await;
    assert!(site.house.casework.offers_due().await.unwrap() >= 1);
    let (one, two) = (site.house.case(1).await, site.house.case(2).await);
    let page = jan.get("/?lane=offered").await.body;
    assert!(page.contains("Offered to me") && page.contains(&format!("/cases/{}", one.id)), "{page}");
    let mine = jan.get("/?lane=mine").await.body;
    assert!(mine.contains("offered to you") && mine.contains(&one.id), "{mine}");
    let at = format!("/cases/{}", one.id);
    let page = jan.get(&at).await.body;
    assert!(page.contains("This case is offered to you") && page.contains("Not me"), "{page}");
    assert!(page.contains("routing") && page.contains("offered: to jan"), "{page}");
    let version = one.version.to_string();
    let fields = [("act", "decline_offer"), ("version", version.as_str())];
    let done = jan.press(&at, &format!("{at}/act"), &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(!jan.get("/?lane=offered").await.body.contains(&format!("/cases/{}", one.id)));
    // The same by program: who is not meant is refused, and the lane is that of who asks.
    let program = site.program("CRM", &WORK, &[]).await;
    let listed = program.get("/cases?lane=offered").await;
    assert_eq!((listed.status, listed.json()["cases"].clone()), (200, json!([])));
    let refused = program.act(&format!("/cases/{}/decline-offer", two.id), two.version, "{}").await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    // Who claims it ends it.
    let at = format!("/cases/{}", two.id);
    jan.press(&at, &format!("{at}/act"), &[("act", "claim"), ("version", &two.version.to_string())]).await;
    site.house.casework.offers_due().await.unwrap();
    assert!(!jan.get(&at).await.body.contains("This case is offered to you"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_shift_is_asked_on_every_page_and_answered_on_one() {
    let site = Site::open().await;
    let (jan, els) = (site.login("jan", "agent").await, site.login("els", "agent").await);
    site.house.take(&[post("1", "ann", "t1", 0, HELP), post("2", "bob", "t2", 0, HELP)]).await;
    jan.press("/duty", "/duty", &[("duty", "on")]).await;
    for n in [1, 2] {
        let case = site.house.case(n).await;
        let at = format!("/cases/{}", case.id);
        let version = case.version.to_string();
        jan.press(&at, &format!("{at}/act"), &[("act", "claim"), ("version", &version)]).await;
        let version = site.house.case(n).await.version.to_string();
        let kept = jan
            .press(&at, &format!("{at}/draft"), &[("text", "We <i>look</i> into it"), ("version", &version)])
            .await;
        assert!(kept.status < 400, "{}", kept.body);
    }
    site.house.clock.advance(Span::minutes(5));
    jan.press("/duty", "/duty", &[("duty", "off")]).await;
    let rules = ShiftRules::default();
    assert_eq!(site.house.casework.shifts_due(&rules).await.unwrap(), 2);
    let page = jan.get("/reports").await.body;
    assert!(page.contains("shift-banner") && page.contains("2 cases wait for your word"), "{page}");
    assert!(!els.get("/duty").await.body.contains("shift-banner"));
    let page = jan.get("/briefing").await.body;
    assert!(page.contains("I keep it") && page.contains("Hand it over"), "{page}");
    let (one, two) = (site.house.case(1).await, site.house.case(2).await);
    let press = |case: &webcared::store::rows::CaseRow, act: &'static str| {
        let fields = vec![
            ("act", act.to_owned()),
            ("version", case.version.to_string()),
            ("back", "briefing".to_owned()),
            ("colleague", "els".to_owned()),
            ("text", "she waits for a call".to_owned()),
        ];
        (format!("/cases/{}/act", case.id), fields)
    };
    let (to, fields) = press(&two, "assign");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let done = jan.press("/briefing", &to, &fields).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/briefing")), "{}", done.body);
    assert!(els.get(&format!("/cases/{}", two.id)).await.body.contains("she waits for a call"));
    // Nothing is said of the other: it returns after the grace, and the next one reads what was written.
    site.house.clock.advance(Span::minutes(16));
    site.house.casework.shifts_due(&rules).await.unwrap();
    let page = els.get(&format!("/cases/{}", one.id)).await.body;
    assert!(page.contains("was asked and did not answer"), "{page}");
    assert!(page.contains("Draft left by jan") && !page.contains("<i>look"), "{page}");
    assert!(!jan.get("/duty").await.body.contains("shift-banner"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_writes_lines_and_who_comes_in_reads_them() {
    let site = Site::open().await;
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "lead").await);
    let empty = jan.get("/briefing").await;
    assert!(empty.status == 200 && empty.body.contains("Nothing was written."), "{}", empty.body);
    let line = [
        ("do", "write"),
        ("brand", "Tempo"),
        ("text", "<b>Storing</b>"),
        ("until", "2020-01-01T10:00"),
        ("approve", "1"),
    ];
    let bad = kim.press("/briefing", "/briefing/lines", &line).await;
    assert!(bad.status == 422 && !bad.body.contains("<b>Storing"), "{}", bad.body);
    // What was typed stands there again, for the brand for which it was meant.
    let approved = "name=\"approve\" value=\"1\" checked";
    for kept in
        ["<option selected>Tempo</option>", "&#60;b&#62;Storing", "value=\"2020-01-01T10:00\"", approved]
    {
        assert!(bad.body.contains(kept), "{kept}: {}", bad.body);
    }
    let until = site.now().plus(Span::hours(9)).rfc3339();
    let line = [("do", "write"), ("brand", "Acme"), ("text", "<b>Storing</b>"), ("until", &until[..16])];
    let made = kim.press("/briefing", "/briefing/lines", &line).await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert!(!jan.get("/briefing").await.body.contains("Storing"), "it waits for approval");
    let reader = site.program("Wall", &[Scope::Read], &[]).await;
    assert_eq!(reader.get("/briefing").await.json()["brands"][0]["waiting"], json!([]), "for leads only");
    let id: Vec<(String,)> = site.house.all("SELECT id FROM briefing_line").await;
    let approve = [("do", "approve"), ("brand", "Acme"), ("line", id[0].0.as_str())];
    assert_eq!(kim.press("/briefing", "/briefing/lines", &approve).await.status, 303);
    let page = jan.get("/briefing").await.body;
    assert!(
        page.contains("Storing") && !page.contains("<b>Storing") && page.contains("approved by kim"),
        "{page}"
    );
    let note = [("do", "sum"), ("brand", "Acme"), ("note", "Mia belt om negen")];
    assert_eq!(jan.press("/briefing", "/briefing", &note).await.status, 303);
    let page = kim.get("/briefing").await.body;
    assert!(page.contains("Mia belt om negen") && page.contains("When the shift changed"), "{page}");
    // Who comes in reads it first; who was on the way elsewhere gets there.
    let link = site.people.add("els", "els", "agent").await.unwrap();
    let els = site.stranger();
    els.send("POST", &link, &[], "").await;
    let csrf = els.get("/account").await.field("csrf");
    let words = "three words in a row";
    let set = els.post("/account/password", &[("csrf", &csrf), ("present", ""), ("password", words)]).await;
    assert!(set.status < 400, "{}", set.body);
    for (next, to) in [("/", "/briefing"), ("/duty", "/duty")] {
        let came = site.stranger();
        let fields = [("login", "els"), ("password", words), ("next", next)];
        let came = came.post("/login", &fields).await;
        assert_eq!((came.status, came.header("location")), (303, Some(to)), "{}", came.body);
    }
    // For programs the same.
    let program = site.program("CRM", &[Scope::Read, Scope::Act, Scope::Lead], &[]).await;
    let told = program.get("/briefing").await.json();
    assert_eq!(told["brands"][0]["lines"][0]["text"], "<b>Storing</b>");
    assert_eq!(told["brands"][0]["notes"][0]["text"], "Mia belt om negen");
    let sums = program.get("/shift-summaries?brand=acme").await.json();
    assert_eq!(sums["summaries"].as_array().unwrap().len(), 1);
    let body = json!({ "brand": "Acme", "note": "", "summary": false }).to_string();
    let bad = program.ask("POST", "/shift-summaries", &[], &body).await;
    assert_eq!(bad.status, 422, "{}", bad.body);
    let body = json!({ "brand": "Acme", "text": "Staking", "until": until, "approve": true }).to_string();
    let made = program.ask("POST", "/briefing/lines", &[], &body).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = made.json()["brands"][0]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["text"] == "Staking")
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let ended = program.ask("POST", &format!("/briefing/lines/{id}/end"), &[], "").await;
    assert_eq!(ended.json()["brands"][0]["lines"].as_array().unwrap().len(), 1, "{}", ended.body);
}
