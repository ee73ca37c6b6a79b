//! The back door in the console: sector, contacts and findings on a case, the page of figures, what the front office
//! sees and what it does not.

use crate::harness::{answer, post};
use crate::site::{Answer, Browser, Site};
use webcared::casework::Act;
use webcared::catalogue::Catalogue;
use webcared::domain::sector::{Confirm, Sector};
use webcared::domain::time::Span;
use webcared::tokens::Scope;

const DEAD: &str = "@Acme SECRETWORD my router is dead, nobody called back, my mail is jan@example.org";

/// Of these words it is proposed that a promise was broken.
const BROKEN: &str = "@Acme my router is broken, nobody called back and you promised, mail jan@example.org";

async fn open() -> Site {
    let site = Site::open().await;
    let mut catalogue: Catalogue = (*site.house.current.get()).clone();
    for watched in catalogue.brands.iter_mut().filter(|w| w.brand.name == "Acme") {
        let words = vec!["dead".to_owned()];
        watched.brand.sectors = vec![
            Sector { name: "repair".into(), words, confirm: Confirm::Anybody, ..Sector::default() },
            Sector { name: "<b>odd</b>".into(), ..Sector::default() },
        ];
    }
    site.house.current.set(catalogue);
    site.house.take(&[post("1", "jan", "a", 0, DEAD)]).await;
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    site
}

/// Somebody who logs in again, for a day ends every log-in.
async fn again(site: &Site, login: &str) -> Browser {
    let link = site.people.link(login).await.unwrap();
    let browser = site.stranger();
    assert_eq!(browser.send("POST", &link, &[], "").await.status, 303);
    browser
}

async fn act(site: &Site, who: &Browser, number: i64, fields: &[(&str, &str)]) -> Answer {
    let case = site.house.case(number).await;
    let (path, version) = (format!("/cases/{}", case.id), case.version.to_string());
    who.press(&path, &format!("{path}/act"), &[&[("version", version.as_str())], fields].concat()).await
}

/// A ticket tied to the first case, in the queue `Field`, opened nine days before with a promise that is broken.
async fn tie(site: &Site) {
    site.execute(
        "INSERT INTO ticket_link (id, brand_id, case_id, system, ticket_id, state, status, url, opened_at, due_at,
            last_entry, linked_at)
         SELECT 'tkl_1', brand_id, id, 'desk', '77', 'open', 'open', '', opened_at - 777600000, opened_at - 1, '',
            opened_at FROM cases WHERE number = 1 AND brand_id = (SELECT id FROM brand WHERE name = 'Acme')",
    )
    .await;
    site.execute("INSERT INTO ticket_queue (link_id, queue) VALUES ('tkl_1', 'Field')").await;
}

async fn solved(site: &Site, jan: &Browser) {
    let said = [
        ("act", "resolve"),
        ("reason", "called back"),
        ("solved", "webcare_unregistered"),
        ("back_door", "promise_broken"),
        ("difference", "mandate"),
    ];
    assert_eq!(act(site, jan, 1, &said).await.status, 303);
}

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_case_shows_sector_and_certainty_and_takes_contacts_and_findings() {
    let site = open().await;
    let jan = site.login("jan", "agent").await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &[
            "Sector: <strong>repair, 65 %</strong> <span class=\"tag\">proposed</span>",
            "<option value=\"repair\" selected>repair</option>",
            "&#60;b&#62;odd&#60;/b&#62;",
            "a promise was broken (proposed, 60 %)",
        ],
    );
    assert_eq!(act(&site, &jan, 1, &[("act", "sector"), ("sector", "nowhere")]).await.status, 422);
    assert_eq!(act(&site, &jan, 1, &[("act", "sector"), ("sector", "<b>odd</b>")]).await.status, 303);
    let contact =
        [("act", "contact"), ("kind", "phone"), ("at", "2026-09-21T10:00"), ("text", "<i>again</i>")];
    assert_eq!(act(&site, &jan, 1, &contact).await.status, 303);
    assert_eq!(act(&site, &jan, 1, &[("act", "contact"), ("kind", "fax"), ("at", "x")]).await.status, 422);
    let raise = [("act", "raise_finding"), ("owner", "kim"), ("text", "Routers die\nin the heat")];
    assert_eq!(act(&site, &jan, 1, &raise).await.status, 303);
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &[
            "Sector: <strong>&#60;b&#62;odd&#60;/b&#62;</strong>",
            "by phone",
            "&#60;i&#62;again&#60;/i&#62;",
            "<a href=\"/findings?at=1#f-1\">1</a> <span class=\"tag\">open</span>",
            "wrote a contact down",
        ],
    );
    // The inbox by sector.
    let inbox = |sector: &str| format!("/?sector={sector}");
    assert!(!jan.get(&inbox("repair")).await.body.contains("SECRETWORD"));
    let odd = jan.get(&inbox("%3Cb%3Eodd%3C%2Fb%3E")).await.body;
    assert!(odd.contains("SECRETWORD"), "{odd}");
    let auditor = site.login("ann", "auditor").await;
    let read = auditor.get(&path).await.body;
    assert!(read.contains("by phone") && !read.contains("act-sector"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_says_the_sector_as_the_console_does() {
    let site = open().await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let crm = site.program("crm", &[Scope::Read, Scope::Act], &[]).await;
    let say = async |name: &str| {
        let body = serde_json::json!({ "sector": name }).to_string();
        crm.act(&format!("{path}/sector"), site.house.case(1).await.version, &body).await
    };
    say("nowhere").await.is(422, "invalid");
    let said = say("<b>odd</b>").await;
    assert_eq!(said.status, 200, "{}", said.body);
    let jan = site.login("jan", "agent").await;
    holds(&jan.get(&path).await.body, &["Sector: <strong>&#60;b&#62;odd&#60;/b&#62;</strong>"]);
    // Lists tell the sector and filter by it.
    let odd = crm.get("/cases?order=opened&sector=%3Cb%3Eodd%3C%2Fb%3E").await.json();
    assert_eq!(odd["cases"].as_array().map(Vec::len), Some(1), "{odd}");
    assert_eq!(odd["cases"][0]["sector"], "<b>odd</b>");
    let none = crm.get("/cases?order=changed&sector=repair").await.json();
    assert_eq!(none["cases"].as_array().map(Vec::len), Some(0), "{none}");
    crm.get("/cases?sector=repair").await.is(400, "request");
    assert_eq!(say("").await.status, 200);
    assert!(!jan.get(&path).await.body.contains("Sector: <strong>&#60;b&#62;odd"));
    let stale = crm.act(&format!("{path}/sector"), 0, r#"{"sector":"repair"}"#).await;
    stale.is(412, "stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_stand_on_a_page_with_their_cases_and_as_files() {
    let site = open().await;
    tie(&site).await;
    let jan = site.login("jan", "agent").await;
    solved(&site, &jan).await;
    site.house.clock.advance(Span::days(1));
    let jan = again(&site, "jan").await;
    let page = jan.get("/shadow").await;
    assert_eq!(page.status, 200, "{page:?}");
    let page = page.body;
    holds(
        &page,
        &[
            "<th scope=\"row\">Shadow index</th><td><strong>100.0 %</strong></td>",
            "<a href=\"/c/Acme/1\">Acme#1</a>",
            "<th scope=\"row\">Field</th>",
            "<th scope=\"row\">a promise was broken</th>",
            "Channels that are not seen: by phone",
            "<h2 id=\"h-could\">Why webcare could</h2>",
            "<summary>Promise: broken (1)</summary>",
            "<summary>not yet known (1)</summary>",
            "<h2 id=\"h-brands\">By brand</h2>",
            "<h2 id=\"h-channels\">By channel</h2>",
            "<h2 id=\"h-languages\">By language</h2>",
            "<h2 id=\"h-levels\">By level</h2>",
            "id=\"first-brand\"",
            "id=\"first-language\"",
            "id=\"first-level\"",
            "id=\"first-sector\"",
        ],
    );
    let nl = [("accept-language", "nl"), ("accept", "text/html")];
    let dutch = jan.send("GET", "/shadow", &nl, "").await.body;
    holds(&dutch, &["Schaduwindex</th><td><strong>100,0 %</strong></td>"]);
    assert!(!dutch.contains("100.0"), "{dutch}");
    assert!(!page.contains("id=\"not-said\""), "what ended is said: {page}");
    let first = page.find("Solved the first time").unwrap();
    assert!(first < page.find("Shadow index").unwrap(), "above all else");
    let json = jan.get("/shadow?weeks=4&format=json").await;
    let made: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(made["teams"][0]["webcare_unregistered"][0], "Acme#1");
    assert_eq!(made["tries"]["broken"], 1);
    assert_eq!(made["jump"]["with_open_ticket"], 1);
    assert_eq!(made["tries"]["broken_cases"][0], "Acme#1");
    assert_eq!(made["could"]["list"][0]["reason"], "mandate");
    assert!(json.header("content-disposition").unwrap().contains("back-door.json"));
    let csv = jan.get("/shadow?format=csv").await.body;
    assert!(csv.contains("back_door,team,Field,1,100.0,100.0,0,,,,,Acme#1"), "{csv}");
    assert!(csv.contains("back_door,brand,Acme,1,100.0,100.0,0,,,,,Acme#1"), "{csv}");
    let demand = jan.get("/shadow/demand?brand=Acme").await.body;
    holds(
        &demand,
        &["What people came round the back for", "nobody called back", "<th scope=\"row\">broken</th>"],
    );
    assert!(!demand.contains("jan@example.org") && !demand.contains("@Acme"), "{demand}");
    let html = jan.get("/shadow/demand?format=html").await;
    assert!(html.header("content-disposition").unwrap().starts_with("attachment"));
    assert_eq!(jan.get("/shadow?weeks=x&brand=nobody").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_data_is_told_to_leads_and_is_nobodys_failure() {
    let site = open().await;
    let jan = site.login("jan", "agent").await;
    let other = [
        ("act", "resolve"),
        ("reason", "called back"),
        ("solved", "webcare_unregistered"),
        ("back_door", "other"),
        ("difference", "mandate"),
    ];
    assert_eq!(act(&site, &jan, 1, &other).await.status, 303);
    site.login("lea", "lead").await;
    site.house.clock.advance(Span::days(1));
    let (agent, lead) = (again(&site, "jan").await, again(&site, "lea").await);
    let page = lead.get("/shadow").await.body;
    holds(&page, &["id=\"bad-other\"", "Bad data: more than 15 %"]);
    assert!(!page.contains("id=\"bad-unread\""), "one case was read");
    assert!(!agent.get("/shadow").await.body.contains("id=\"bad-"), "it is the lead's to mend");
    // Two dozen of which nobody read what was proposed.
    for n in 2..=25 {
        let (id, who) = (n.to_string(), format!("author{n}"));
        site.house.take(&[post(&id, &who, &format!("t{n}"), 0, BROKEN)]).await;
        let case = site.house.case(n).await;
        let done = Act::Resolve { reason: "called back".into(), ending: None };
        site.house.act(&case, 1, done).await.unwrap();
    }
    site.house.clock.advance(Span::days(1));
    let (agent, lead) = (again(&site, "jan").await, again(&site, "lea").await);
    let page = lead.get("/shadow").await.body;
    holds(&page, &["id=\"bad-unread\"", "Bad data: more than 95 %"]);
    assert!(!page.contains("id=\"bad-other\""), "1 of 25");
    let unread = page.split("id=\"bad-unread\"").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(!unread.contains("jan"), "nobody is named: {unread}");
    assert!(!agent.get("/shadow").await.body.contains("id=\"bad-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_office_sees_its_queues_and_findings_and_nothing_else() {
    let site = open().await;
    tie(&site).await;
    let jan = site.login("jan", "agent").await;
    solved(&site, &jan).await;
    let raise = [("act", "raise_finding"), ("owner", "field"), ("text", "Routers die")];
    assert_eq!(act(&site, &jan, 1, &raise).await.status, 303);
    let other = [("act", "raise_finding"), ("owner", "billing"), ("text", "Invoices lie")];
    assert_eq!(act(&site, &jan, 1, &other).await.status, 303);
    site.house.clock.advance(Span::days(1));
    let jan = again(&site, "jan").await;
    let kim = site.login("kim", "front_office").await;
    assert!(kim.get("/yesterday").await.body.contains("You have no queues yet"));
    assert!(site.people.set_queues("kim", &["Nobody/Field".into()]).await.is_err());
    site.people.set_queues("kim", &["acme/Field".into()]).await.unwrap();
    let list = kim.get("/yesterday").await;
    holds(
        &list.body,
        &["Ticket desk #77", "<strong>broken</strong>", "a promise was broken", "may decide more", "9d"],
    );
    for hidden in ["SECRETWORD", "jan", "toot.example", "/cases/", "data-live"] {
        assert!(!list.body.contains(hidden), "{hidden} in {}", list.body);
    }
    // Their own page is where they land.
    let home = kim.get("/").await;
    assert_eq!((home.status, home.header("location")), (303, Some("/yesterday")));
    let case = site.house.case(1).await.id;
    for closed in [format!("/cases/{case}"), "/c/Acme/1".into(), "/shadow".into(), "/live".into()] {
        assert_eq!(kim.get(&closed).await.status, 403, "{closed}");
    }
    let path = format!("/yesterday/{case}");
    let said = [("back", "1"), ("owner", "kim"), ("action", "<b>send</b>"), ("due", "2026-11-30")];
    assert_eq!(kim.press("/yesterday", &path, &said).await.status, 303);
    holds(
        &kim.get("/yesterday").await.body,
        &["value=\"&#60;b&#62;send&#60;/b&#62;\"", "value=\"2026-11-30\""],
    );
    assert!(!kim.get("/yesterday").await.body.contains("Past its day"));
    let past = [("back", "1"), ("owner", "kim"), ("action", "<b>send</b>"), ("due", "2026-09-01")];
    assert_eq!(kim.press("/yesterday", &path, &past).await.status, 303);
    let late = kim.get("/yesterday").await.body;
    holds(&late, &["Past its day: <time datetime=\"2026-09-01\">", "<details><summary>1</summary>Acme#1"]);
    assert!(!late.contains("/c/Acme/1"), "no way to a case for who may not open it");
    assert_eq!(kim.press("/yesterday", &path, &said).await.status, 303);
    let odd = [("back", "1"), ("due", "soon")];
    assert_eq!(kim.press("/yesterday", &path, &odd).await.status, 422);
    // Another queue: the line is not there.
    site.people.set_queues("kim", &["Acme/Other".into()]).await.unwrap();
    assert!(!kim.get("/yesterday").await.body.contains("#77"));
    assert_eq!(kim.press("/account", &path, &said).await.status, 404);
    site.people.set_queues("kim", &["Acme/Field".into()]).await.unwrap();
    let found = kim.get("/findings").await.body;
    assert!(found.contains("Routers die") && !found.contains("Invoices lie"), "{found}");
    assert!(!found.contains("(jan)"), "no names of agents");
    let rows: Vec<(String,)> = site.house.all("SELECT id FROM finding ORDER BY number").await;
    let decide = |at: usize| format!("/findings/{}", rows[at].0);
    let fixed = [("version", "1"), ("state", "fixed")];
    assert_eq!(kim.press("/findings", &decide(1), &fixed).await.status, 404, "not theirs");
    assert_eq!(jan.press("/findings", &decide(0), &fixed).await.status, 403, "neither lead nor owner");
    assert_eq!(kim.press("/findings", &decide(0), &fixed).await.status, 303);
    holds(&kim.get("/findings").await.body, &["fixed", "four weeks before: <strong>1</strong>"]);
    holds(&jan.get("/findings").await.body, &["New for you", "Invoices lie"]);
    assert_eq!(jan.press("/findings", &decide(0), &[("seen", "1")]).await.status, 303);
    assert!(!jan.get("/findings").await.body.contains("New for you"));
    let lead = site.login("lia", "lead").await;
    let page = lead.get("/yesterday").await.body;
    holds(&page, &["/cases/", "<a href=\"/c/Acme/1\">Acme#1</a>"]);
}
