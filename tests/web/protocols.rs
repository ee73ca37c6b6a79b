//! Protocols and labels in the console, and protocols, labels, incidents and peaks by program.

use crate::harness::post;
use crate::programs::WORK;
use crate::site::Site;
use serde_json::json;
use webcared::tokens::Scope;

const PRESS: &str = "Hi @acme, I'm a journalist with the Gazette, could you comment on <b>your</b> shop?";
const LEADS: [Scope; 4] = [Scope::Read, Scope::Act, Scope::Answer, Scope::Lead];

#[tokio::test(flavor = "multi_thread")]
async fn a_protocol_is_begun_taken_and_done_on_the_page_of_its_case() {
    let site = Site::open().await;
    let (_, _) = site.connect(300, "acme@toot.example");
    site.house.take(&[post("1", "eva", "t", 0, PRESS)]).await;
    let case = site.house.case(1).await;
    let (page, path) = (format!("/cases/{}", case.id), format!("/cases/{}/act", case.id));
    let jan = site.login("jan", "agent").await;
    let pia = site.login("pia", "communications").await;
    let audit = site.login("audit", "auditor").await;
    assert!(jan.get("/").await.body.contains("protocol: Press"), "the inbox marks it");
    let list = audit.get("/protocols").await.body;
    assert!(list.contains("Press") && list.contains("proposed"), "{list}");
    let body = jan.get(&page).await.body;
    assert!(body.contains("id=\"protocol-press\"") && body.contains("value=\"protocol_start\""), "{body}");
    assert!(!audit.get(&page).await.body.contains("value=\"protocol_start\""), "an auditor only reads");
    let version = async || site.house.case(1).await.version.to_string();
    let press = async |who: &crate::site::Browser, fields: &[(&str, &str)]| {
        let version = version().await;
        who.press(&page, &path, &[&[("version", version.as_str()), ("protocol", "press")], fields].concat())
            .await
    };
    let begun = press(&jan, &[("act", "protocol_start")]).await;
    assert_eq!(begun.header("location"), Some(format!("{page}#protocols").as_str()), "{}", begun.body);
    let answer = [("act", "answer"), ("text", "No comment."), ("to", "")];
    let locked = press(&jan, &answer).await;
    assert_eq!(locked.status, 409);
    assert!(locked.body.contains("communications or a lead answers"), "{}", locked.body);
    assert_eq!(press(&jan, &[("act", "protocol_take")]).await.status, 409);
    assert_eq!(press(&pia, &[("act", "protocol_take")]).await.status, 303);
    let body = pia.get(&page).await.body;
    assert!(body.contains("Who asks, for which medium, by when"), "{body}");
    let short = press(&pia, &[("act", "protocol_step"), ("step", "who_asks"), ("note", "")]).await;
    assert_eq!(short.status, 422);
    let done = [("act", "protocol_step"), ("step", "who_asks"), ("note", "Eva <i>of</i> the Gazette")];
    assert_eq!(press(&pia, &done).await.status, 303);
    let body = pia.get(&page).await.body;
    assert!(body.contains("Eva &#60;i&#62;of") || body.contains("Eva &lt;i&gt;of"), "{body}");
    assert!(body.contains("Press, Who asks"), "the timeline tells the step: {body}");
    let early = press(&pia, &[("act", "resolve"), ("reason", "x")]).await;
    assert_eq!(early.status, 409, "{}", early.body);
    assert!(
        early.body.contains("the protocol &#39;press&#39; runs") || early.body.contains("runs: first say")
    );
    assert_eq!(press(&pia, &answer).await.status, 303, "who speaks to the press answers it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_is_set_on_the_page_filters_the_inbox_and_is_taken_away_by_a_lead() {
    let site = Site::open().await;
    let posts = [
        post("1", "eva", "t1", 0, "@Acme where is my parcel?"),
        post("2", "bob", "t2", 0, "@Acme where is my parcel?"),
    ];
    site.house.take(&posts).await;
    let (one, two) = (site.house.case(1).await, site.house.case(2).await);
    let (jan, els) = (site.login("jan", "agent").await, site.login("els", "lead").await);
    let (page, path) = (format!("/cases/{}", one.id), format!("/cases/{}/act", one.id));
    let version = one.version.to_string();
    assert!(!jan.get("/").await.body.contains("id=\"label\""), "no filter where nobody has a label");
    let mut fields = vec![
        ("act", "label"),
        ("version", version.as_str()),
        ("label", "vip"),
        ("reason", "gold <b>contract</b>"),
    ];
    fields.push(("until", "2026-10-01"));
    let set = jan.press(&page, &path, &fields).await;
    assert_eq!(set.status, 303, "{}", set.body);
    let body = jan.get(&page).await.body;
    assert!(body.contains("VIP by contract") && body.contains("Label: VIP by contract"), "{body}");
    assert!(body.contains(&format!("<strong>{}</strong>/100", one.urgency + 10)), "ten points: {body}");
    assert!(!body.contains("<b>contract"), "words of people are no markup");
    let row = |id: &str| format!("id=\"row-{id}\"");
    let all = jan.get("/?lane=all&label=vip").await.body;
    assert!(all.contains(&row(&one.id)) && !all.contains(&row(&two.id)), "{all}");
    assert_eq!(jan.get("/labels").await.status, 403);
    let list = els.get("/labels").await;
    assert!(list.body.contains("eva@toot.example") && list.body.contains("gold"), "{}", list.body);
    let author = list.field("author");
    let gone =
        els.press("/labels", "/labels", &[("brand", "Acme"), ("author", &author), ("label", "vip")]).await;
    assert_eq!(gone.status, 303);
    assert!(els.get("/labels").await.body.contains("Nobody has a label"));
}

#[tokio::test(flavor = "multi_thread")]
async fn protocols_and_labels_by_program() {
    let site = Site::open().await;
    site.house.take(&[post("1", "eva", "t", 0, PRESS)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let (crm, boss) = (site.program("CRM", &WORK, &[]).await, site.program("boss", &LEADS, &[]).await);
    let tempo = site.program("tempo", &LEADS, &["Tempo"]).await;
    let all = crm.get("/protocols?brand=Acme").await.json();
    assert_eq!(
        (all["protocols"][0]["protocol"].as_str(), all["protocols"][0]["state"].as_str()),
        (Some("press"), Some("proposed"))
    );
    assert_eq!(tempo.get("/protocols").await.json()["protocols"], json!([]));
    let version = async || site.house.case(1).await.version;
    let begun = crm.act(&format!("{path}/protocols"), version().await, r#"{"protocol":"press"}"#).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    crm.act(&format!("{path}/protocols"), version().await, r#"{"protocol":"fire"}"#).await.is(400, "body");
    crm.act(&format!("{path}/protocols/press/take"), version().await, "").await.is(409, "refused");
    crm.act(&format!("{path}/protocols/fire/take"), version().await, "").await.is(404, "not-found");
    let taken = boss.act(&format!("{path}/protocols/press/take"), version().await, "").await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    let step = format!("{path}/protocols/press/steps/who_asks");
    let done = boss.act(&step, version().await, r#"{"note":"Eva"}"#).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let case = crm.get(&path).await.json();
    let press = &case["protocols"][0];
    assert_eq!((press["state"].as_str(), press["missing"].clone()), (Some("taken"), json!(["answered"])));
    assert_eq!(press["steps"][0]["note"], "Eva");
    let label = r#"{"label":"vulnerable","reason":"lives alone"}"#;
    assert_eq!(crm.act(&format!("{path}/labels"), version().await, label).await.status, 200);
    assert_eq!(crm.get(&path).await.json()["labels"][0]["points"], 15);
    let found = crm.get("/cases?order=opened&label=vulnerable").await.json();
    assert_eq!(found["cases"].as_array().unwrap().len(), 1);
    assert_eq!(crm.get("/cases?order=opened&label=vip").await.json()["cases"], json!([]));
    assert_eq!(boss.get("/labels").await.json()["labels"][0]["reason"], "lives alone");
    assert_eq!(tempo.get("/labels").await.json()["labels"], json!([]));
    let gone = crm.act(&format!("{path}/labels/vulnerable/end"), version().await, "").await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    let ended = boss
        .act(
            &format!("{path}/protocols/press/end"),
            version().await,
            r#"{"reason":"no press","false_alarm":true}"#,
        )
        .await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    let described = site.stranger().send("GET", "/api/v1/openapi.json", &[], "").await.json();
    for path in ["/api/v1/protocols", "/api/v1/labels", "/api/v1/peaks"] {
        assert_eq!(described["paths"][path]["get"]["parameters"][0]["name"], "brand", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_is_raised_answered_and_ended_by_program() {
    let site = Site::open().await;
    let (_, _) = site.connect(300, "acme@toot.example");
    let posts = [
        post("1", "ann", "t1", 0, "@acme this is the third time your bus is late, terrible service"),
        post("2", "bob", "t2", 0, "@Acme my parcel never arrived. When does it come?"),
        post("3", "cem", "t3", 0, PRESS),
    ];
    site.house.take(&posts).await;
    let (crm, boss) = (site.program("CRM", &WORK, &[]).await, site.program("boss", &LEADS, &[]).await);
    let tempo = site.program("tempo", &LEADS, &["Tempo"]).await;
    let ids: Vec<String> = site.house.cases().await.into_iter().map(|c| c.id).collect();
    let ask = async |who: &crate::programs::Program, path: &str, body: serde_json::Value| {
        who.ask("POST", path, &[], &body.to_string()).await
    };
    let wrong = ask(&crm, "/incidents", json!({ "brand": "Nobody", "title": "x" })).await;
    wrong.is(422, "invalid");
    let body = json!({ "brand": "acme", "title": "Outage", "cases": [ids[0], ids[1]] }).to_string();
    let open = crm.ask("POST", "/incidents", &[("idempotency-key", "once")], &body).await;
    assert_eq!(open.status, 201, "{}", open.body);
    let again = crm.ask("POST", "/incidents", &[("idempotency-key", "once")], &body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(site.house.count("SELECT COUNT(*) FROM incident").await, 1, "raised once");
    let id = open.json()["id"].as_str().unwrap().to_owned();
    let at = format!("/incidents/{id}");
    tempo.get(&at).await.is(404, "not-found");
    assert_eq!(tempo.get("/incidents").await.json()["incidents"], json!([]));
    let read = crm.get(&at).await;
    let tag = read.header("etag").unwrap().to_owned();
    assert_eq!(crm.ask("GET", &at, &[("if-none-match", &tag)], "").await.status, 304);
    let joined = ask(&crm, &format!("{at}/cases"), json!({ "cases": [ids[2]] })).await;
    assert_eq!(joined.json()["members"].as_array().unwrap().len(), 3, "{}", joined.body);
    let line = json!({ "language": "en", "purpose": "answer", "text": "We know of it." });
    let line =
        ask(&crm, &format!("{at}/lines"), line).await.json()["lines"][0]["id"].as_str().unwrap().to_owned();
    ask(&crm, &format!("{at}/lines/{line}/approve"), json!({})).await.is(403, "scope");
    let approved = ask(&boss, &format!("{at}/lines/{line}/approve"), json!({})).await;
    assert_eq!(approved.json()["lines"][0]["state"], "approved", "{}", approved.body);
    let whole = crm.get(&at).await.json();
    let of = |case: &str| {
        let members = whole["members"].as_array().unwrap();
        members.iter().find(|m| m["case"] == case).unwrap().clone()
    };
    assert_eq!(of(&ids[0])["ticked"], true, "{whole}");
    assert_eq!(of(&ids[2])["unticked"], "apart", "a protocol is open: {whole}");
    let cases = json!([
        { "case": ids[0], "version": of(&ids[0])["version"] },
        { "case": ids[1], "version": 0 },
    ]);
    let sent = ask(&crm, &format!("{at}/answers"), json!({ "purpose": "answer", "cases": cases })).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let sent = sent.json();
    assert_eq!((sent["made"].as_i64(), sent["refused"].as_array().unwrap().len()), (Some(1), 1), "{sent}");
    let stopped = ask(&crm, &format!("{at}/stop"), json!({})).await.json();
    assert_eq!(stopped["stoppable"], 0);
    assert_eq!(
        site.house.count("SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state = 'ready'").await,
        0
    );
    let left = ask(&crm, &format!("{at}/cases/{}/leave", ids[2]), json!({})).await;
    assert_eq!(left.json()["members"].as_array().unwrap().len(), 2, "{}", left.body);
    assert_eq!(ask(&crm, &format!("{at}/end"), json!({})).await.json()["open"], false);
    ask(&crm, &format!("{at}/end"), json!({})).await.is(409, "refused");
    assert_eq!(crm.get("/incidents?open=true").await.json()["incidents"], json!([]));
    assert_eq!(crm.get("/incidents?open=false").await.json()["incidents"][0]["title"], "Outage");
    // Peaks and the crisis switch are a lead's.
    let crisis = json!({ "brand": "Acme", "crisis": true, "title": "Storm", "until": "2026-09-21T20:00:00Z", "lines": "en: Busy." });
    ask(&crm, "/peaks", crisis.clone()).await.is(403, "scope");
    let on = ask(&boss, "/peaks", crisis.clone()).await;
    assert_eq!((on.status, on.json()["peaks"][0]["kind"].as_str()), (200, Some("crisis")), "{}", on.body);
    ask(&boss, "/peaks", crisis).await.is(409, "refused");
    let peak = crm.get("/peaks").await.json()["peaks"][0]["id"].as_str().unwrap().to_owned();
    ask(&tempo, &format!("/peaks/{peak}/end"), json!({})).await.is(404, "not-found");
    assert_eq!(ask(&boss, &format!("/peaks/{peak}/end"), json!({})).await.json()["peaks"], json!([]));
}
