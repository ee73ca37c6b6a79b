//! The planner in the console, for programs and as calendars: planned, swapped, away; no trace where it is off.

use crate::programs::WORK;
use crate::site::{Browser, Site};
use serde_json::json;
use webcared::planner::config::PlannerConfig;
use webcared::tokens::Scope;
use webcared::web::config::Modules;

async fn site() -> Site {
    let planner = PlannerConfig { enabled: true, ..PlannerConfig::default() };
    Site::with(Modules { planner, ..Modules::default() }).await
}

/// The day some days from now, as the site's zone has it at noon.
fn ahead(site: &Site, days: i64) -> String {
    site.house.clock_now().plus(webcared::domain::time::Span::days(days)).day()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_off_there_is_no_trace_of_it() {
    let site = Site::open().await;
    let lead = site.login("boss", "lead").await;
    assert!(!lead.get("/duty").await.body.contains("/planner"));
    for path in ["/planner", "/planner/mine", "/planner/swaps", "/planner/guests", "/ical/x.ics"] {
        assert_eq!(lead.get(path).await.status, 404, "{path}");
    }
    assert_eq!(lead.press("/duty", "/planner", &[("act", "feed")]).await.status, 404);
    let program = site.program("CRM", &WORK, &[]).await;
    assert_eq!(program.get("/planner/shifts").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_planned_swapped_and_left_open_in_the_console() {
    let site = site().await;
    let (lead, jan, els) = (
        site.login("boss", "lead").await,
        site.login("jan", "agent").await,
        site.login("els", "agent").await,
    );
    assert!(lead.get("/duty").await.body.contains("href=\"/planner\""));
    let day = ahead(&site, 2);
    let week = format!("/planner?week={day}");
    let add = [
        ("act", "add"),
        ("week", &*day),
        ("person", "jan"),
        ("role", "agent"),
        ("languages", ""),
        ("first", &day),
        ("starts", "09:00"),
        ("ends", "17:00"),
    ];
    assert_eq!(jan.press("/planner/mine", "/planner/lead", &add).await.status, 403, "leads plan");
    let mut bad = add;
    bad[2].1 = "<b>piet</b>";
    let refused = lead.press(&week, "/planner/lead", &bad).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        !refused.body.contains("<b>piet") && refused.body.contains("value=\"09:00\""),
        "{}",
        refused.body
    );
    let done = lead.press(&week, "/planner/lead", &add).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = els.get(&week).await.body;
    assert!(page.contains("09:00 – 17:00") && page.contains("<strong>jan</strong>"), "{page}");
    assert!(!page.contains("/planner/lead"), "who does not lead changes nothing");
    // A swap: asked on the own page, taken on the market, approved by the lead.
    let mine = jan.get("/planner/mine").await;
    let shift = mine.field("shift");
    let asked = jan
        .press(
            "/planner/mine",
            "/planner",
            &[("act", "ask"), ("page", "mine"), ("shift", &shift), ("day", &day)],
        )
        .await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    let swap = els.get("/planner/swaps").await.field("swap");
    let take = [("act", "take"), ("page", "swaps"), ("swap", swap.as_str())];
    assert_eq!(els.press("/planner/swaps", "/planner", &take).await.status, 303);
    assert!(els.get("/planner/swaps").await.body.contains("waits for a lead"));
    let approve = [("act", "approve"), ("page", "swaps"), ("swap", swap.as_str())];
    assert_eq!(els.press("/planner/swaps", "/planner/lead", &approve).await.status, 403);
    assert_eq!(lead.press("/planner/swaps", "/planner/lead", &approve).await.status, 303);
    let page = lead.get(&week).await.body;
    assert!(page.contains("<strong>els</strong>") && page.contains("swapped (jan)"), "{page}");
    // Els is ill: what that leaves open is told at once; why is for leads alone.
    let away =
        [("act", "away"), ("page", "mine"), ("kind", "sick"), ("from_day", &*day), ("until_day", &day)];
    let told = els.press("/planner/mine", "/planner", &away).await;
    assert_eq!(told.status, 200);
    assert!(
        told.body.contains("Shifts that this leaves open") && told.body.contains("Nobody is there any more"),
        "{}",
        told.body
    );
    assert!(lead.get(&week).await.body.contains(">ill<"));
    let seen = jan.get(&week).await.body;
    assert!(seen.contains("<s>09:00 – 17:00 els</s>") && !seen.contains(">ill<"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_and_dutch_and_guests() {
    let site = site().await;
    let (lead, jan) = (site.login("boss", "lead").await, site.login("jan", "agent").await);
    let made = jan.press("/planner/mine", "/planner", &[("act", "feed"), ("page", "mine")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let path = made.body.split("/ical/").nth(1).unwrap().split('<').next().unwrap();
    let file = site.stranger().get(&format!("/ical/{path}")).await;
    assert_eq!((file.status, file.header("content-type")), (200, Some("text/calendar; charset=utf-8")));
    assert!(file.body.starts_with("BEGIN:VCALENDAR"), "{}", file.body);
    assert_eq!(site.stranger().get("/ical/other.ics").await.status, 404);
    assert!(!jan.get("/planner/mine").await.body.contains(path), "it is shown once");
    let feed = jan.get("/planner/mine").await.field("feed");
    let back = [("act", "unfeed"), ("page", "mine"), ("feed", feed.as_str())];
    assert_eq!(jan.press("/planner/mine", "/planner", &back).await.status, 303);
    assert_eq!(site.stranger().get(&format!("/ical/{path}")).await.status, 404);
    let nl =
        jan.send("GET", "/planner/guests", &[("accept", "text/html"), ("accept-language", "nl")], "").await;
    assert!(nl.body.contains("Wie er diende") && nl.body.contains("lang=\"nl\""), "{}", nl.body);

    let guest = [("act", "guest"), ("page", "guests"), ("person", "jan"), ("days", "1")];
    assert_eq!(lead.press("/planner/guests", "/planner/lead", &guest).await.status, 303);
    let next = lead.get("/planner/guests").await;
    let quarter = next.body.split("quarter=").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let page = format!("/planner/guests?quarter={quarter}");
    let propose = [("act", "propose"), ("page", "guests"), ("quarter", quarter.as_str())];
    let done = lead.press(&page, "/planner/lead", &propose).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let shown = lead.get(&page).await;
    assert!(shown.body.contains("Proposal"), "{}", shown.body);
    assert!(!jan.get(&page).await.body.contains("Proposal"), "for leads");
    let accept = [
        ("act", "accept"),
        ("page", "guests"),
        ("quarter", quarter.as_str()),
        ("proposal", &*shown.field("proposal")),
    ]
    .map(|(a, b)| (a, b.to_owned()));
    let accept: Vec<(&str, &str)> = accept.iter().map(|(a, b)| (*a, b.as_str())).collect();
    assert_eq!(lead.press(&page, "/planner/lead", &accept).await.status, 303);
    let csv = lead.get(&format!("{page}&format=csv")).await;
    assert!(
        csv.body.starts_with("quarter,person,owes,full_days") && csv.body.contains(",jan,1,0,"),
        "{}",
        csv.body
    );
}

/// A press by somebody who reads Dutch.
async fn in_dutch(browser: &Browser, from: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let page = browser.get(from).await;
    let token = [("csrf", page.field("csrf")), ("nonce", page.field("nonce"))];
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(token.iter().map(|(k, v)| (*k, v.as_str()))).extend_pairs(fields);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
        ("accept-language", "nl"),
    ];
    browser.send("POST", path, &headers, &body.finish()).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_changed_in_the_console_and_what_is_refused_is_said_in_dutch() {
    let site = site().await;
    let (lead, _, _) = (
        site.login("boss", "lead").await,
        site.login("jan", "agent").await,
        site.login("els", "agent").await,
    );
    let day = ahead(&site, 2);
    let week = format!("/planner?week={day}");
    let add = [
        ("act", "add"),
        ("week", &*day),
        ("person", "jan"),
        ("role", "agent"),
        ("first", &day),
        ("starts", "09:00"),
        ("ends", "17:00"),
    ];
    let mut wrong = add;
    wrong[2].1 = "piet";
    let said = in_dutch(&lead, &week, "/planner/lead", &wrong).await;
    assert!(
        said.contains("wie: ") && said.contains("mag: de inlognaam van iemand die aan zaken werkt"),
        "{said}"
    );
    wrong = add;
    wrong[5].1 = "9 uur";
    let said = in_dutch(&lead, &week, "/planner/lead", &wrong).await;
    assert!(said.contains("van: mag: een tijd zoals 09:00"), "{said}");
    assert_eq!(lead.press(&week, "/planner/lead", &add).await.status, 303);
    let page = lead.get(&week).await;
    let form = page.body.split("value=\"change\"").nth(1).expect("a form that changes it").to_owned();
    assert!(form.contains("name=\"person\" value=\"jan\"") && form.contains("value=\"09:00\""), "{form}");
    let (shift, version) = (page.field("shift"), page.field("version"));
    let change = [
        ("act", "change"),
        ("week", &*day),
        ("shift", &*shift),
        ("day", &*day),
        ("version", &*version),
        ("person", "els"),
        ("role", "agent"),
        ("languages", "nl"),
        ("starts", "10:00"),
        ("ends", "12:00"),
        ("scope", "on"),
    ];
    let mut nobody = change;
    nobody[5].1 = "piet";
    let refused = lead.press(&week, "/planner/lead", &nobody).await;
    assert_eq!(refused.status, 422);
    let open = refused.body.split("<details open>").nth(1).expect("the form that was refused");
    assert!(open.contains("name=\"person\" value=\"piet\"") && open.contains("value=\"10:00\""), "{open}");
    assert!(refused.body.contains("id=\"person\" name=\"person\" value=\"\""), "and no other form");
    let done = lead.press(&week, "/planner/lead", &change).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = lead.get(&week).await.body;
    assert!(
        page.contains("10:00 – 12:00 <strong>els</strong>") && !page.contains("<strong>jan</strong>"),
        "{page}"
    );
    let mut again = change;
    again[5].1 = "jan";
    let stale = in_dutch(&lead, &week, "/planner/lead", &again).await;
    assert!(stale.contains("iemand wijzigde de dienst intussen; kijk opnieuw"), "{stale}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_plans_and_reads_the_same() {
    let site = site().await;
    site.login("jan", "agent").await;
    let scopes = [Scope::Read, Scope::Act, Scope::Lead];
    let program = site.program("HR", &scopes, &[]).await;
    let day = ahead(&site, 3);
    let body = json!({ "person": "jan", "first": day, "from": "09:00", "until": "17:00" });
    let made = program.ask("POST", "/planner/shifts", &[], &body.to_string()).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let all = program.get("/planner/shifts").await.json();
    let one = &all["shifts"][0];
    assert_eq!((&one["shift"], &one["name"], &one["day"]), (&json!(id), &json!("jan"), &json!(day)));
    let (from, until) = (one["from"].as_str().unwrap().to_owned(), one["until"].as_str().unwrap().to_owned());
    let path = format!("/planner/shifts/{id}/change");
    let change = json!({ "version": one["version"], "day": day, "person": "jan", "from": "09:00", "until": "17:00",
        "languages": ["nl"] });
    let changed = program.ask("POST", &path, &[], &change.to_string()).await;
    assert_eq!((changed.status, &changed.json()["id"]), (200, &json!(id)), "{}", changed.body);
    assert_eq!(program.get("/planner/shifts").await.json()["shifts"][0]["languages"], json!(["nl"]));
    let stale = program.ask("POST", &path, &[], &change.to_string()).await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    let away = json!({ "person": "jan", "kind": "leave", "from": from, "until": until });
    let open = program.ask("POST", "/planner/absences", &[], &away.to_string()).await.json();
    assert_eq!(open["shifts"], json!([{ "from": from, "until": until }]), "{open}");
    assert!(!open["gaps"].as_array().unwrap().is_empty(), "{open}");
    assert_eq!(program.get("/planner/shifts").await.json()["shifts"][0]["pieces"], json!([]));
    let absence = open["id"].as_str().unwrap();
    let off = program.ask("POST", &format!("/planner/absences/{absence}/call-off"), &[], "{}").await;
    assert_eq!(off.status, 200, "{}", off.body);
    let bad = program
        .ask(
            "POST",
            "/planner/shifts",
            &[],
            &json!({ "person": "x", "first": day, "from": "9", "until": "10:00" }).to_string(),
        )
        .await;
    assert_eq!(bad.status, 422, "{}", bad.body);
    assert_eq!(program.get("/planner/guests?quarter=2026-Q9").await.status, 400);
    assert_eq!(program.get("/planner/guests").await.json()["served"], json!([]));
    // By itself it has a version, by which somebody says what they saw.
    let read = program.get(&format!("/planner/shifts/{id}")).await;
    let shift = read.json();
    assert_eq!((&shift["from"], &shift["until"]), (&json!("09:00"), &json!("17:00")), "{shift}");
    assert_eq!((&shift["name"], &shift["languages"]), (&json!("jan"), &json!(["nl"])), "{shift}");
    let (path, body_of_skip) = (format!("/planner/shifts/{id}/skip"), json!({ "day": day }).to_string());
    program.ask("POST", &path, &[("if-match", "\"999\"")], &body_of_skip).await.is(412, "stale");
    let tag = read.header("etag").unwrap().to_owned();
    let skip = program.ask("POST", &path, &[("if-match", &tag)], &body_of_skip).await;
    assert_eq!(skip.status, 200, "{}", skip.body);
    // One who may only act plans nothing.
    let small = site.program("small", &WORK, &[]).await;
    assert_eq!(small.ask("POST", "/planner/shifts", &[], &body.to_string()).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_is_withdrawn_as_it_was_seen() {
    let site = site().await;
    site.login("jan", "agent").await;
    let program = site.program("HR", &[Scope::Read, Scope::Act, Scope::Lead], &[]).await;
    let day = ahead(&site, 3);
    let body = json!({ "person": "jan", "first": day, "from": "09:00", "until": "17:00" });
    let made = program.ask("POST", "/planner/shifts", &[], &body.to_string()).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let jan = site.acting("jan", &[Scope::Read, Scope::Act]).await;
    let body = json!({ "shift": made.json()["id"], "day": day });
    let asked = jan.ask("POST", "/planner/swaps", &[], &body.to_string()).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let one = format!("/planner/swaps/{}", asked.json()["id"].as_str().unwrap());
    let read = program.get(&one).await;
    assert_eq!(read.json(), program.get("/planner/swaps").await.json()["swaps"][0]);
    let (tag, path) = (read.header("etag").unwrap().to_owned(), format!("{one}/withdraw"));
    jan.ask("POST", &path, &[("if-match", "\"other\"")], "{}").await.is(412, "stale");
    let gone = jan.ask("POST", &path, &[("if-match", &tag)], "{}").await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    jan.ask("POST", &path, &[("if-match", &tag)], "{}").await.is(412, "stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_behind_walls_plans_for_nobody_else() {
    let site = site().await;
    let lead = site.login("boss", "lead").await;
    let team = [("act", "feed"), ("page", "mine")];
    assert!(lead.get("/planner").await.body.contains("/planner/lead"));
    assert_eq!(lead.press("/planner/mine", "/planner/lead", &team).await.status, 200);
    let wall =
        "UPDATE person SET brands = (SELECT '[\"' || MIN(id) || '\"]' FROM brand) WHERE login = 'boss'";
    site.execute(wall).await;
    let week = lead.get("/planner").await;
    assert!(week.status == 200 && !week.body.contains("/planner/lead"), "{}", week.body);
    assert_eq!(lead.press("/planner/mine", "/planner/lead", &team).await.status, 403);
    assert_eq!(lead.press("/planner/mine", "/planner", &team).await.status, 200, "their own they have");
}
