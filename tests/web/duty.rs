//! Duty in the console and for programs: on, off, what is shown, coverage.

use crate::programs::WORK;
use crate::site::Site;
use jiff::tz::TimeZone;
use serde_json::json;
use webcared::duty::Duty;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_comes_on_and_goes_off_in_the_console() {
    let site = Site::open().await;
    let (jan, audit) = (site.login("jan", "agent").await, site.login("audit", "auditor").await);
    assert!(jan.get("/duty").await.body.contains("Nobody is on duty."));
    let bad =
        jan.press("/duty", "/duty", &[("duty", "on"), ("until", "<b>5</b>"), ("languages", "nl")]).await;
    assert_eq!(bad.status, 422);
    assert!(bad.body.contains("allowed: 17:00") && !bad.body.contains("<b>5"), "{}", bad.body);
    assert!(bad.body.contains("name=\"languages\" value=\"nl\""), "what was typed is still there");
    let on = jan.press("/duty", "/duty", &[("duty", "on"), ("until", ""), ("languages", "nl, en")]).await;
    assert_eq!((on.status, on.header("location")), (303, Some("/duty?said=on")));
    let page = audit.get("/duty").await.body;
    assert!(page.contains("<td>en, nl</td>") && page.contains("said so"), "{page}");
    assert!(!page.contains("value=\"on\""), "an auditor only reads");
    let page = jan.get("/duty").await.body;
    assert!(page.contains("I&#39;m off") || page.contains("I'm off"), "{page}");
    let off = jan.press("/duty", "/duty", &[("duty", "off")]).await;
    assert_eq!(off.header("location"), Some("/duty?said=off"));
    assert!(jan.get("/duty").await.body.contains("Nobody is on duty."));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_newcomer_is_stands_on_people_and_beside_them_on_duty() {
    let site = Site::open().await;
    let (admin, lead) = (site.login("root", "admin").await, site.login("boss", "lead").await);
    let (noa, els) = (site.login("noa", "newcomer").await, site.login("els", "agent").await);
    let on = noa.press("/duty", "/duty", &[("duty", "on"), ("until", ""), ("languages", "nl")]).await;
    assert_eq!(on.status, 303, "{}", on.body);
    let words = "0 answers passed unchanged";
    for (who, sees) in [(&noa, true), (&lead, true), (&els, false)] {
        let page = who.get("/duty").await.body;
        assert_eq!(page.contains(words), sees, "{page}");
    }
    assert!(admin.get("/people").await.body.contains(words));
    let headers = [("accept", "text/html"), ("accept-language", "nl")];
    let dutch = admin.send("GET", "/people", &headers, "").await.body;
    assert!(dutch.contains("0 antwoorden gingen ongewijzigd weg"), "{dutch}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_show_what_was_passed_over_and_coverage_shows_gaps() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    let house = &site.house;
    let duty = Duty::new(house.db.clone(), house.clock.clone(), house.mint.clone(), house.current.clone());
    let plan = "person,date,from,until\njan,2030-01-01,09:00,17:00\n<i>piet</i>,2030-01-01,09:00,17:00\n";
    duty.import("rota", plan, &TimeZone::UTC).await.unwrap();
    let page = jan.get("/duty").await.body;
    assert!(page.contains("1 lines were passed over") && !page.contains("<i>piet"), "{page}");
    let coverage = jan.get("/duty/coverage").await;
    assert_eq!(coverage.status, 200);
    assert!(coverage.body.contains("class=\"gap\"") && coverage.body.contains("Europe/Amsterdam"));
    // What is held back and is of no case stands there for leads, with why; what is told by now does not.
    site.execute(
        "INSERT INTO alert_held (action_id, brand_id, case_id, channel, why, held_at, until_at)
         VALUES ('a', '', '', 'alert:room', 'quiet', 0, 9999999999999), ('b', '', '', 'alert:late', 'limit', 0, 1)",
    )
    .await;
    let lead = site.login("mia", "lead").await.get("/duty/coverage").await.body;
    assert!(lead.contains("room: quiet hours, until") && !lead.contains("late: enough"), "{lead}");
    assert!(!jan.get("/duty/coverage").await.body.contains("quiet hours"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_says_and_reads_the_same() {
    let site = Site::open().await;
    let program = site.program("CRM", &WORK, &[]).await;
    assert_eq!(program.get("/duty").await.json(), json!({ "on": [] }));
    // A service is nobody who could be on duty.
    let refused = program.ask("POST", "/duty/on", &[], "{}").await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let bad = program.ask("POST", "/duty/on", &[], "{\"languages\": [\"tlh\"]}").await;
    assert_eq!(bad.status, 400, "{}", bad.body);
    let off = program.ask("POST", "/duty/off", &[], "").await;
    assert_eq!((off.status, off.json()), (200, json!({ "was_on": false })));
    let coverage = program.get("/duty/coverage?hours=5").await;
    assert_eq!(coverage.status, 200, "{}", coverage.body);
    for language in coverage.json()["languages"].as_array().unwrap() {
        assert_eq!(language["hours"].as_array().unwrap().len(), 5);
    }
    assert_eq!(program.get("/duty/coverage?hours=0").await.status, 400);
}
