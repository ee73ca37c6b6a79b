//! What the front office sees: all of its pages and files, walked, hold no name of an agent, no words that say who a
//! customer is, and nothing of other queues; and the same lists for programs.

use crate::harness::{answer, post};
use crate::site::{Browser, Site};
use webcared::domain::role::Right;
use webcared::domain::time::Span;
use webcared::tokens::Scope;
use webcared::web::{Access, table};

const AGENT: &str = "willemijnagent";

/// A case that an agent solved, tied to a ticket in the queue `Field`, with findings that name the agent.
async fn worked() -> Site {
    let site = Site::open().await;
    let words = "@Acme SECRETWORD my router is dead since 3 weeks, customer 77 88 99, nobody called back, jan@example.org";
    site.house.take(&[post("1", "jan", "a", 0, words)]).await;
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    site.execute(
        "INSERT INTO ticket_link (id, brand_id, case_id, system, ticket_id, state, status, url, opened_at, due_at,
            last_entry, linked_at)
         SELECT 'tkl_1', brand_id, id, 'desk', '77', 'open', 'open', '', opened_at - 777600000, opened_at - 1, '',
            opened_at FROM cases WHERE number = 1 AND brand_id = (SELECT id FROM brand WHERE name = 'Acme')",
    )
    .await;
    site.execute("INSERT INTO ticket_queue (link_id, queue) VALUES ('tkl_1', 'Field')").await;
    let agent = site.login(AGENT, "agent").await;
    let acts: [&[(&str, &str)]; 3] = [
        &[
            ("act", "raise_finding"),
            ("owner", "Field"),
            ("text", "Routers die\nask willemijnagent, or mail jan@example.org"),
        ],
        &[("act", "note"), ("text", "willemijnagent was here")],
        &[
            ("act", "resolve"),
            ("reason", "called back"),
            ("solved", "webcare_unregistered"),
            ("back_door", "promise_broken"),
            ("difference", "mandate"),
        ],
    ];
    for act in acts {
        let case = site.house.case(1).await;
        let (path, version) = (format!("/cases/{}", case.id), case.version.to_string());
        let fields = [&[("version", version.as_str())], act].concat();
        let done = agent.press(&path, &format!("{path}/act"), &fields).await;
        assert_eq!(done.status, 303, "{act:?}: {}", done.body);
    }
    site.house.clock.advance(Span::days(1));
    site
}

async fn office(site: &Site, login: &str, queue: &str) -> Browser {
    let browser = site.login(login, "front_office").await;
    site.people.set_queues(login, &[format!("Acme/{queue}")]).await.unwrap();
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_and_no_file_of_the_front_office_names_an_agent_or_a_customer() {
    let site = worked().await;
    let kim = office(&site, "kim", "Field").await;
    let mut pages: Vec<String> = table()
        .iter()
        .filter(|r| r.method == "GET" && !r.path.contains('{'))
        .filter(|r| match r.access {
            Access::Needs(right) => matches!(right, Right::Office | Right::FindingsSee),
            access => access == Access::Any,
        })
        .map(|r| r.path.to_owned())
        .collect();
    for wanted in ["/yesterday", "/yesterday/demand", "/findings", "/account", "/help"] {
        assert!(pages.iter().any(|p| p == wanted), "{wanted} in {pages:?}");
    }
    for format in ["json", "csv", "html", "text"] {
        pages.push(format!("/yesterday/demand?format={format}"));
        pages.push(format!("/yesterday?format={format}"));
    }
    pages.extend(["/yesterday?back=2".to_owned(), "/yesterday/demand?weeks=4".to_owned()]);
    for page in &pages {
        let found = kim.get(page).await;
        assert_eq!(found.status, 200, "{page}");
        let body = found.body.to_lowercase();
        for hidden in [
            AGENT,
            "jan@example",
            "example.org",
            "toot.example",
            "77 88",
            "secretword, ",
            "/cases/",
            "/c/acme",
        ] {
            assert!(!body.contains(hidden), "{hidden} on {page}: {body}");
        }
    }
    // And they do hold what is theirs.
    let list = kim.get("/yesterday?format=csv").await.body;
    assert!(list.contains("Acme,1,desk #77,Field,") && list.contains(",promise_broken,mandate,"), "{list}");
    let demand = kim.get("/yesterday/demand").await.body;
    for wanted in ["a promise was broken", "Field", "nobody called back", "What changed"] {
        assert!(demand.contains(wanted), "{wanted}: {demand}");
    }
    assert!(kim.get("/findings").await.body.contains("Routers die"));
    // Another queue sees nothing of it, in no form.
    let bob = office(&site, "bob", "Invoices").await;
    for page in &pages {
        let body = bob.get(page).await.body;
        assert!(
            !body.contains("desk #77") && !body.contains("nobody called") && !body.contains("Routers"),
            "{page}: {body}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_shown_with_what_came_after_it() {
    let site = worked().await;
    let kim = office(&site, "kim", "Field").await;
    assert!(kim.get("/yesterday").await.body.contains("no action yet"));
    let case = site.house.case(1).await.id;
    let said = [("back", "1"), ("owner", "kim"), ("action", "send parts"), ("due", "2026-11-30")];
    assert_eq!(kim.press("/yesterday", &format!("/yesterday/{case}"), &said).await.status, 303);
    let page = kim.get("/yesterday").await.body;
    assert!(
        page.contains("<summary>1</summary>Acme#1 </details> → 0")
            && page.contains("so far")
            && page.contains("since the action of"),
        "{page}"
    );
    let day = site.now().minus(Span::days(1)).day();
    assert!(kim.get(&format!("/yesterday?day={day}")).await.body.contains("#77"));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_the_lists_and_say_what_is_done() {
    let site = worked().await;
    let reads = site.program("reads", &[Scope::Read], &[]).await;
    let leads = site.program("leads", &[Scope::Read, Scope::Act, Scope::Lead], &[]).await;
    let list = reads.get("/back-door/days").await.json();
    assert_eq!(
        (&list["lines"][0]["ticket"], &list["lines"][0]["promise_broken"]),
        (&"desk #77".into(), &true.into())
    );
    assert_eq!(
        reads.get("/back-door/days?queue=Invoices").await.json()["lines"].as_array().unwrap().len(),
        0
    );
    let csv = reads.get("/back-door/days?format=csv&brand=acme").await;
    assert!(csv.body.starts_with("brand,case,ticket,"), "{}", csv.body);
    let case = list["lines"][0]["case_id"].as_str().unwrap().to_owned();
    let path = format!("/back-door/cases/{case}");
    let body = r#"{"owner":"kim","action":"send parts","due":"2026-11-30"}"#;
    assert_eq!(reads.ask("POST", &path, &[], body).await.status, 403);
    assert_eq!(leads.ask("POST", &path, &[], body).await.status, 200);
    assert_eq!(reads.get("/back-door/days").await.json()["lines"][0]["action"], "send parts");
    let days = "from=2026-09-14&to=2026-09-21";
    let demand = reads.get(&format!("/reports/failure-demand?{days}")).await.json();
    assert_eq!((&demand["cases"], &demand["causes"][0]["name"]), (&1.into(), &"promise_broken".into()));
    assert!(!demand.to_string().contains("example.org") && !demand.to_string().contains(AGENT));
    let tempo = site.program("tempo", &[Scope::Read], &["Tempo"]).await;
    assert_eq!(tempo.get("/back-door/days").await.json()["lines"].as_array().unwrap().len(), 0, "the wall");
    assert_eq!(tempo.get(&format!("/reports/failure-demand?{days}")).await.json()["cases"], 0);
    // Findings: raised, counted, decided.
    let found = reads.get("/findings").await.json();
    let finding = &found["findings"][0];
    assert_eq!(
        (&finding["cases"], &finding["list"][0], &finding["state"]),
        (&1.into(), &1.into(), &"open".into())
    );
    let path = format!("/findings/{}", finding["id"].as_str().unwrap());
    let fixed = r#"{"state":"fixed","version":1}"#;
    assert_eq!(reads.ask("POST", &path, &[], fixed).await.status, 403);
    assert_eq!(leads.ask("POST", &path, &[], fixed).await.status, 200);
    assert_eq!(leads.ask("POST", &path, &[], fixed).await.status, 409, "it was another version");
    assert_eq!(reads.get("/findings").await.json()["findings"][0]["state"], "fixed");
    let version = site.house.case(1).await.version;
    let path = format!("/cases/{case}/findings");
    assert_eq!(leads.act(&path, version, r#"{"owner":"kim","text":"Manuals lie"}"#).await.status, 200);
}
