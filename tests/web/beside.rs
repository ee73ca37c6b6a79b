//! What stands beside the daily work, by program as in the console: drafts, files of customers, saved filters, the
//! audit, triage, what is to be expected, people's places; and what of it is written down.

use crate::harness::{House, post};
use crate::programs::{Program, WORK};
use crate::site::Site;
use serde_json::{Value, json};
use webcared::domain::file::Media;
use webcared::domain::time::Span;
use webcared::store::attachment::{self, Keeping};
use webcared::tokens::Scope;
use webcared::web::config::{ForecastConfig, HelpersConfig, Modules, PublicFigureConfig};

const PLAIN: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";
const PHONE: &str = "@Acme my parcel is gone, call me on 06 12345678 please";
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

async fn put(program: &Program, path: &str, body: Value) -> crate::site::Answer {
    program.ask("PUT", path, &[], &body.to_string()).await
}

async fn acts(site: &Site, like: &'static str) -> Vec<(String, String)> {
    let sql = format!("SELECT act, via FROM audit WHERE act LIKE '{like}' ORDER BY number");
    site.house.all(Box::leak(sql.into_boxed_str())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_one_for_console_and_program_and_goes_when_it_is_sent() {
    let site = Site::open().await;
    site.connect(300, "acme@toot.example");
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let jan = site.login("jan", "agent").await;
    site.login("kim", "agent").await;
    let (mine, theirs) = (site.acting("jan", &WORK).await, site.acting("kim", &WORK).await);
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let draft = format!("{path}/draft");
    let none = json!({ "text": null, "version": null, "updated_at": null });
    assert_eq!(mine.get(&draft).await.json(), none);
    let version = site.house.case(1).await.version;
    let kept = put(&mine, &draft, json!({ "text": "We look\r\ninto it", "version": version })).await;
    assert_eq!((kept.status, kept.json()["kept"].clone()), (200, json!(true)), "{}", kept.body);
    assert!(!kept.body.contains("into it"), "words stand in one place");
    let read = mine.get(&draft).await.json();
    assert_eq!((&read["text"], &read["version"]), (&json!("We look\ninto it"), &json!(version)));
    assert!(jan.get(&path).await.body.contains("We look\ninto it"), "it is the draft of the console");
    assert_eq!(theirs.get(&draft).await.json(), none, "somebody else's is not shown");
    // Each letter is no act; that it was begun, and taken away, is one.
    put(&mine, &draft, json!({ "text": "We look into it.", "version": version })).await;
    let gone = put(&mine, &draft, json!({ "text": " ", "version": version })).await;
    assert_eq!(gone.json()["kept"], json!(false));
    let row = |act: &str, via: &str| (act.to_owned(), via.to_owned());
    assert_eq!(acts(&site, "case.draft%").await, [row("case.draft", "api"), row("case.draft_drop", "api")]);
    let version = version.to_string();
    let fields = [("text", "By hand"), ("version", version.as_str()), ("fragment", "1")];
    assert_eq!(jan.press(&path, &draft, &fields).await.status, 200);
    assert_eq!(acts(&site, "case.draft").await[1], row("case.draft", "console"));
    // What was answered since is not kept: it was sent.
    let case = site.house.case(1).await;
    let sent = mine.act(&format!("{path}/answer"), case.version, r#"{"text": "We look into it."}"#).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let late = put(&mine, &draft, json!({ "text": "We look into", "version": case.version })).await;
    assert_eq!((late.status, late.json()["kept"].clone()), (200, json!(false)), "{}", late.body);
    put(&mine, &draft, json!({ "text": "x".repeat(30_000), "version": 1 })).await.problem();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_under_the_covers_is_written_down_once_a_look() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PHONE), post("2", "mia", "b", 1, PLAIN)]).await;
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "agent").await);
    let case = site.house.case(1).await;
    let path = format!("/cases/{}", case.id);
    assert!(!jan.get(&path).await.body.contains("12345678"));
    assert!(acts(&site, "case.uncover").await.is_empty(), "covered as it is");
    for _ in 0..3 {
        assert!(jan.get(&format!("{path}?unmask=1")).await.body.contains("12345678"));
    }
    let row = |via: &str| ("case.uncover".to_owned(), via.to_owned());
    assert_eq!(acts(&site, "case.uncover").await, [row("console")]);
    kim.get(&format!("{path}?unmask=1")).await;
    assert_eq!(acts(&site, "case.uncover").await.len(), 2, "another person");
    site.house.clock.advance(Span::minutes(16));
    jan.get(&format!("{path}?unmask=1")).await;
    assert_eq!(acts(&site, "case.uncover").await.len(), 3, "another look");
    // Where nothing is covered nothing is uncovered, and who has claimed it sees it as its owner.
    jan.get(&format!("/cases/{}?unmask=1", site.house.case(2).await.id)).await;
    let version = case.version.to_string();
    let claim = [("act", "claim"), ("version", version.as_str())];
    assert_eq!(kim.press(&path, &format!("{path}/act"), &claim).await.status, 303);
    site.house.clock.advance(Span::minutes(16));
    kim.get(&format!("{path}?unmask=1")).await;
    assert_eq!(acts(&site, "case.uncover").await.len(), 3);
    // A program that may read it looks as well; one that may not reads covers.
    let (open, shut) = (
        site.program("open", &[Scope::Read, Scope::ReadPersonal], &[]).await,
        site.program("shut", &[Scope::Read], &[]).await,
    );
    assert!(!shut.get(&path).await.body.contains("12345678"));
    assert_eq!(acts(&site, "case.uncover").await.len(), 3);
    for _ in 0..2 {
        assert!(open.get(&path).await.body.contains("12345678"));
    }
    assert_eq!(acts(&site, "case.uncover").await[3..], [row("api")]);
    // Words of a list are words as well.
    site.house.clock.advance(Span::minutes(16));
    assert!(!shut.get("/cases").await.body.contains("12345678"));
    assert_eq!(acts(&site, "case.uncover").await.len(), 4);
    assert!(open.get("/cases").await.body.contains("12345678"));
    assert_eq!(acts(&site, "case.uncover").await[4..], [row("api")]);
}

async fn keep(house: &House, id: &str) {
    let (id, now) = (id.to_owned(), house.clock_now());
    let file = Keeping { media: Media::Gif, size: Some((1, 1)), bytes: GIF.to_vec() };
    let kept = house.write(move |tx| Box::pin(async move { attachment::keep(tx, &id, &file, now).await }));
    assert!(kept.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_customers_are_listed_and_given_as_their_words_are() {
    let site = Site::open().await;
    for (id, text) in [("1", "@Acme it came broken"), ("2", PHONE)] {
        let mut post = post(id, "sanne", id, 0, text);
        post["attachments"] = json!([{"url": "https://f.example/1.gif", "type": "image/gif"}]);
        site.house.take(&[post]).await;
    }
    let ids: Vec<(String,)> = site
        .house
        .all("SELECT id FROM attachment ORDER BY (SELECT seq FROM mention m WHERE m.id = mention_id)")
        .await;
    keep(&site.house, &ids[0].0).await;
    keep(&site.house, &ids[1].0).await;
    let (reads, opens) = (
        site.program("reads", &[Scope::Read], &[]).await,
        site.program("opens", &[Scope::Read, Scope::ReadPersonal], &[]).await,
    );
    let (one, two) = (site.house.case(1).await.id, site.house.case(2).await.id);
    let listed = reads.get(&format!("/cases/{one}/attachments")).await.json();
    let file = &listed["attachments"][0];
    assert_eq!(
        (&file["id"], &file["state"], &file["media"]),
        (&json!(ids[0].0), &json!("kept"), &json!("image/gif"))
    );
    assert!(!listed.to_string().contains("f.example"), "where it came from is nobody's");
    let bytes = reads.get(&format!("/cases/{one}/attachments/{}", ids[0].0)).await.json();
    assert!(bytes["base64"].as_str().unwrap().starts_with("R0lGODlh"), "{bytes}");
    let covered = format!("/cases/{two}/attachments/{}", ids[1].0);
    reads.get(&covered).await.is(403, "scope");
    assert!(acts(&site, "case.uncover").await.is_empty());
    assert_eq!(opens.get(&covered).await.status, 200);
    assert_eq!(acts(&site, "case.uncover").await.len(), 1);
    // A file belongs to its own case only.
    opens.get(&format!("/cases/{one}/attachments/{}", ids[1].0)).await.is(404, "not-found");
    opens.get(&format!("/cases/{one}/attachments/nothing")).await.is(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_that_are_saved_by_program_stand_in_the_inbox_of_their_person() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    site.login("kim", "agent").await;
    let (mine, theirs) = (site.acting("jan", &WORK).await, site.acting("kim", &WORK).await);
    let body = json!({ "name": "urgent <b>", "query": "lane=late&level=P1&evil=1" }).to_string();
    let made = mine.ask("POST", "/filters", &[("idempotency-key", "f-1")], &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["query"], json!("lane=late&level=P1"), "nothing but lane and filter");
    let again = mine.ask("POST", "/filters", &[("idempotency-key", "f-1")], &body).await;
    assert_eq!(again.json()["id"], made.json()["id"], "once");
    assert_eq!(mine.get("/filters").await.json()["filters"].as_array().unwrap().len(), 1);
    assert!(jan.get("/").await.body.contains("urgent &#60;b&#62;"));
    assert_eq!(theirs.get("/filters").await.json()["filters"], json!([]));
    let remove = format!("/filters/{}/remove", made.json()["id"].as_str().unwrap());
    theirs.ask("POST", &remove, &[], "{}").await.is(404, "not-found");
    assert_eq!(mine.ask("POST", &remove, &[], "{}").await.json()["decided"], json!(true));
    mine.ask("POST", &remove, &[], "{}").await.is(404, "not-found");
    let wrong = json!({ "name": " ", "query": "" }).to_string();
    mine.ask("POST", "/filters", &[], &wrong).await.is(422, "invalid");
    let row = |act: &str| (act.to_owned(), "api".to_owned());
    assert_eq!(acts(&site, "filter.%").await, [row("filter.save"), row("filter.remove")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_read_by_page_and_by_time_by_who_may() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    site.login("aud", "auditor").await;
    let jan = site.login("jan", "agent").await;
    let (auditor, service) =
        (site.acting("aud", &[Scope::Read]).await, site.program("crm", &Scope::ALL, &[]).await);
    service.get("/audit").await.is(403, "scope");
    let case = site.house.case(1).await;
    let path = format!("/cases/{}", case.id);
    let begin = site.now();
    for n in 0..5 {
        site.house.clock.advance(Span::hours(1));
        let version = (site.house.case(1).await.version).to_string();
        let text = format!("note {n}");
        let fields = [("act", "note"), ("version", version.as_str()), ("text", text.as_str())];
        assert_eq!(jan.press(&path, &format!("{path}/act"), &fields).await.status, 303);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = auditor.get(&format!("/audit?act=case.note&limit=2{cursor}")).await.json();
        seen.extend(page["acts"].as_array().unwrap().iter().map(|a| a["number"].as_i64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert!(seen.len() == 5 && seen.windows(2).all(|w| w[0] > w[1]), "each once, the latest first: {seen:?}");
    let first = auditor.get("/audit?act=case&limit=1").await.json()["acts"][0].clone();
    assert_eq!((&first["person"]["name"], &first["brand"]), (&json!("jan"), &json!("Acme")), "{first}");
    assert_eq!((&first["target"], &first["outcome"]), (&json!(case.id), &json!("done")));
    let (from, until) = (begin.plus(Span::minutes(90)).rfc3339(), begin.plus(Span::minutes(210)).rfc3339());
    let within = auditor.get(&format!("/audit?act=case.note&from={from}&until={until}")).await.json();
    assert_eq!(within["acts"].as_array().unwrap().len(), 2, "{within}");
    assert_eq!(auditor.get("/audit?person=nobody").await.json()["acts"], json!([]));
    for wrong in ["cursor=x", "cursor=-1", "limit=0", "limit=201", "from=yesterday", "outcome=perhaps"] {
        auditor.get(&format!("/audit?{wrong}")).await.is(400, "request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_audit_is_cut_to_days() {
    let site = Site::open().await;
    let boss = site.login("boss", "admin").await;
    site.people.add("early", "early", "agent").await.unwrap();
    // The clock begins on 21 September 2026, in the afternoon.
    site.house.clock.advance(Span::days(3));
    let boss_later = site.stranger();
    let link = site.people.link("boss").await.unwrap();
    assert_eq!(boss_later.send("POST", &link, &[], "").await.status, 303);
    drop(boss);
    let rows = |body: &str| body.matches("<td>person.").count();
    let page = boss_later.get("/audit?act=person&first=2026-09-21&last=2026-09-22").await.body;
    assert!(rows(&page) >= 2 && page.contains("name=\"first\" type=\"date\" value=\"2026-09-21\""), "{page}");
    let later = boss_later.get("/audit?act=person&first=2026-09-23").await.body;
    assert!(
        rows(&later) >= 1 && rows(&later) < rows(&boss_later.get("/audit?act=person").await.body),
        "{later}"
    );
    assert_eq!(rows(&boss_later.get("/audit?act=person&last=2026-09-20").await.body), 0);
    let odd = boss_later.get("/audit?first=%3Cb%3E&last=2026-99-99").await;
    assert!(odd.status == 200 && odd.body.contains("type=\"date\" value=\"\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_placed_sent_out_and_helped_by_program() {
    let site = Site::open().await;
    let eva = site.login("eva", "agent").await;
    let admin = site.program("admin", &Scope::ALL, &[]).await;
    let place = |body: Value| put(&admin, "/people/eva/place", body);
    place(json!({ "role": "lead" })).await.is(422, "invalid");
    place(json!({ "role": "lead", "brands": ["Acme"], "every_brand": true })).await.is(422, "invalid");
    place(json!({ "role": "king", "every_brand": true })).await.is(422, "invalid");
    place(json!({ "role": "lead", "brands": ["Nothing"] })).await.is(422, "invalid");
    assert_eq!(eva.get("/").await.status, 200, "nothing was done");
    let placed = place(json!({ "role": "lead", "brands": ["acme"] })).await.json();
    assert_eq!((&placed["role"], &placed["brands"]), (&json!("lead"), &json!(["Acme"])), "{placed}");
    assert_eq!(eva.get("/").await.status, 303, "it holds at once");
    let all = admin.get("/people").await.json();
    let found = all["people"].as_array().unwrap().iter().find(|p| p["login"] == "eva").unwrap().clone();
    assert_eq!(found, placed);
    let every = place(json!({ "role": "agent", "every_brand": true })).await.json();
    assert_eq!(every["brands"], Value::Null);
    let link = site.people.link("eva").await.unwrap();
    assert_eq!(eva.send("POST", &link, &[], "").await.status, 303);
    assert_eq!(admin.ask("POST", "/people/eva/log-ins/end", &[], "{}").await.status, 200);
    assert_eq!(eva.get("/").await.status, 303);
    assert_eq!(admin.ask("POST", "/people/eva/factors/reset", &[], "{}").await.status, 200);
    for path in ["log-ins/end", "factors/reset"] {
        admin.ask("POST", &format!("/people/nobody/{path}"), &[], "{}").await.is(404, "not-found");
    }
    let bound = site.program("bound", &Scope::ALL, &["Acme"]).await;
    put(&bound, "/people/eva/place", json!({ "role": "admin", "every_brand": true })).await.is(403, "scope");
    let by_api: Vec<String> =
        acts(&site, "%").await.into_iter().filter(|a| a.1 == "api").map(|a| a.0).collect();
    assert_eq!(by_api, ["person.place", "person.place", "login.end_all", "factor.reset"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_is_set_by_program_and_told_with_the_account() {
    let site = Site::open().await;
    site.login("jan", "agent").await;
    let jan = site.acting("jan", &[Scope::Account]).await;
    put(&jan, "/account/sign", json!({ "sign": "two words" })).await.is(422, "invalid");
    let set = put(&jan, "/account/sign", json!({ "sign": "^Jan" })).await.json();
    assert_eq!(set["signs"], json!([{ "brand": null, "sign": "Jan" }]), "{set}");
    put(&jan, "/account/sign", json!({ "brand": "Tempo", "sign": "JdB" })).await;
    let both = jan.get("/account").await.json();
    assert_eq!(both["signs"][1], json!({ "brand": "Tempo", "sign": "JdB" }), "{both}");
    put(&jan, "/account/sign", json!({ "brand": "Nothing", "sign": "x" })).await.is(400, "request");
    let gone = put(&jan, "/account/sign", json!({ "sign": "" })).await.json();
    assert_eq!(gone["signs"], json!([{ "brand": "Tempo", "sign": "JdB" }]));
}

fn modules() -> Modules {
    Modules {
        forecast: ForecastConfig { enabled: true, handling_minutes: Some(6.0), patience_minutes: None },
        public_figure: PublicFigureConfig { enabled: true, brands: vec!["Acme".into()] },
        helpers: HelpersConfig { enabled: true, ..HelpersConfig::default() },
        ..Modules::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_figure_is_frozen_by_program_and_that_is_written_down() {
    let site = Site::with(modules()).await;
    let lead = site.program("lead", &[Scope::Read, Scope::Lead], &[]).await;
    let all = lead.get("/public-figures").await.json();
    assert_eq!(all["figures"].as_array().unwrap().len(), 1, "only what is shown: {all}");
    assert_eq!(
        (&all["figures"][0]["brand"], &all["figures"][0]["frozen_at"]),
        (&json!("Acme"), &Value::Null)
    );
    let frozen = put(&lead, "/public-figures/Acme", json!({ "frozen": true })).await.json();
    assert!(frozen["frozen_at"].is_string() && frozen["frozen_by"]["name"] == "lead", "{frozen}");
    site.house.clock.advance(Span::hours(2));
    let public: Value = serde_json::from_str(&site.stranger().get("/public/Acme.json").await.body).unwrap();
    assert_eq!(public["as_of"], frozen["as_of"], "it stands still");
    put(&lead, "/public-figures/Tempo", json!({ "frozen": true })).await.is(404, "not-found");
    put(&lead, "/public-figures/Acme", json!({ "frozen": false })).await;
    let mia = site.login("mia", "lead").await;
    mia.press("/public-figure", "/public-figure", &[("brand", "Acme"), ("freeze", "1")]).await;
    let row = |act: &str, via: &str| (act.to_owned(), via.to_owned());
    let wanted = [
        row("public_figure.freeze", "api"),
        row("public_figure.thaw", "api"),
        row("public_figure.freeze", "console"),
    ];
    assert_eq!(acts(&site, "public_figure.%").await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_expected_is_told_to_programs_where_it_is_on() {
    let (off, on) = (Site::open().await, Site::with(modules()).await);
    let days = "from=2026-09-01&to=2026-09-30";
    let program = off.program("p", &Scope::ALL, &[]).await;
    assert_eq!(program.get("/public-figures").await.json()["figures"], json!([]));
    program.get("/reports/forecast").await.is(404, "not-found");
    program.get(&format!("/reports/helpers?{days}")).await.is(404, "not-found");
    assert!(program.get("/reports/monday").await.json().is_object(), "that one is no module");
    on.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let program = on.program("p", &Scope::ALL, &[]).await;
    assert!(program.get("/reports/forecast?brand=Acme").await.json().is_object());
    assert_eq!(program.get(&format!("/reports/helpers?{days}")).await.json(), json!({ "helpers": [] }));
    assert_eq!(acts(&on, "helpers.export").await.len(), 2, "one a brand");
    program.get("/reports/helpers?from=2026-09-02&to=2026-09-01").await.is(400, "request");
    program.get("/reports/helpers?from=2020-01-01&to=2026-09-01").await.is(400, "request");
    program.get("/reports/monday?day=2030-01-01").await.is(400, "request");
    program.get("/reports/forecast?brand=Nothing").await.is(400, "request");
    let triage = program.get("/triage").await.json();
    let acme = triage["brands"].as_array().unwrap().iter().find(|b| b["brand"] == "Acme").unwrap().clone();
    assert_eq!((&acme["found"], &acme["hides_no_answer"]), (&json!([]), &json!(false)), "{acme}");
}
