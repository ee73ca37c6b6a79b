//! Reports to leads in the console: the page, its files, and the cases behind a figure.

use crate::harness::{answer, post};
use crate::site::Site;
use webcared::domain::time::Span;
use webcared::store::published::{self, PublishedRow};
use webcared::tokens::Scope;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_leads_from_its_figures_to_their_cases() {
    let site = Site::open().await;
    site.house.take(&[post("1", "jan", "a", 0, "@Acme SECRETWORD my router is dead, can you help?")]).await;
    site.house.advance(Span::minutes(5)).await;
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    site.house.advance(Span::days(1)).await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/reports").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<svg") && page.body.contains("By channel"), "{}", page.body);
    assert!(!page.body.contains("SECRETWORD"));
    // The link on the figure is followed as it stands on the page.
    let from = page.body.find("/reports/cases?").expect("a figure with a link");
    let link: String = page.body[from..].chars().take_while(|c| *c != '"').collect();
    let cases = jan.get(&link.replace("&amp;", "&")).await;
    assert!(cases.body.contains("/c/Acme/1"), "{link}: {}", cases.body);
    let json = jan.get("/reports?period=daily&format=json").await;
    let made: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(made["this"]["total"]["cases"], 1, "{made}");
    assert!(jan.get("/reports?format=csv").await.body.starts_with("row,name,cases"));
    // What cannot be meant does no harm.
    for odd in
        ["/reports?period=x&day=9999-12-31&brand=nobody", "/reports/cases?by=x&kind=%27&day=0001-01-01"]
    {
        assert_eq!(jan.get(odd).await.status, 200, "{odd}");
    }
}

/// A report as it was mailed this morning, made by hand.
async fn mailed(site: &Site, figures: &str) {
    let row = PublishedRow {
        letter: "leads".into(),
        kind: "daily".into(),
        first_day: "2026-09-21".into(),
        last_day: "2026-09-21".into(),
        zone: "Europe/Amsterdam".into(),
        brands: "[]".into(),
        made_at: site.house.clock_now().millis(),
        figures: figures.into(),
        ..PublishedRow::default()
    };
    let now = site.house.clock_now();
    site.house
        .write(move |tx| {
            Box::pin(async move {
                published::freeze(tx, &row).await?;
                published::sent(tx, "leads", "daily", "2026-09-21", now).await
            })
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_stays_and_corrections_stand_beside_it_also_after_an_erasure() {
    let site = Site::open().await;
    site.house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
    site.house.advance(Span::minutes(5)).await;
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    site.house.advance(Span::days(1)).await;
    let jan = site.login("jan", "agent").await;
    mailed(&site, "{\"total/cases\":1,\"total/first_response/kept\":0,\"total/first_response/late\":1}")
        .await;
    let page = jan.get("/reports?period=daily&day=2026-09-21").await.body;
    assert!(page.contains("<li>total first response late: as sent 1, now 0</li>"), "{page}");
    assert!(page.contains("<li>total first response kept: as sent 0, now 1</li>"), "{page}");
    let list = jan.get("/reports/sent").await.body;
    assert!(list.contains("/reports/sent?letter=leads&#38;kind=daily&#38;day=2026-09-21"), "{list}");
    let path = "/reports/sent?letter=leads&kind=daily&day=2026-09-21";
    let one = jan.get(path).await.body;
    let row =
        "<th scope=\"row\">total first response late</th><td>1</td><td>0</td><td><strong>corrected</strong>";
    assert!(one.contains(row), "{one}");
    assert!(one.contains("<th scope=\"row\">total cases</th><td>1</td><td>1</td><td></td>"), "{one}");
    // Everything of the customer goes: what was sent is what it was.
    for sql in ["DELETE FROM content", "DELETE FROM obligation", "DELETE FROM cases", "DELETE FROM mention"] {
        site.execute(sql).await;
    }
    let one = jan.get(path).await.body;
    assert!(one.contains("<th scope=\"row\">total cases</th><td>1</td><td>0</td>"), "{one}");
    assert_eq!(jan.get("/reports/sent?letter=none&kind=daily&day=2026-09-21").await.status, 404);
    let program = site.program("BI", &[Scope::Read], &[]).await;
    let sent = program.get("/reports/sent").await.json();
    assert_eq!(sent["sent"][0]["figures"]["total/first_response/late"], 1, "{sent}");
    let walled = site.program("BI2", &[Scope::Read], &["Acme"]).await;
    let sent = walled.get("/reports/sent").await.json();
    assert_eq!(sent["sent"], serde_json::json!([]), "a report of all brands is behind the wall: {sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_notes_a_day_and_it_stands_beside_its_figures() {
    let site = Site::open().await;
    site.house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
    site.house.advance(Span::days(9)).await;
    let (jan, lead) = (site.login("jan", "agent").await, site.login("mia", "lead").await);
    let week = "/reports?period=weekly&day=2026-09-21";
    assert!(!jan.get(week).await.body.contains("name=\"words\""), "an agent only reads");
    let fields = [("day", "2026-09-22"), ("words", "strike <b>"), ("brand", "Acme"), ("period", "weekly")];
    let fields: Vec<(&str, &str)> = fields.into_iter().chain([("first", "2026-09-21")]).collect();
    let done = lead.press(week, "/reports/notes", &fields).await;
    assert_eq!(done.header("location"), Some("/reports?period=weekly&day=2026-09-21#notes"), "{}", done.body);
    let page = jan.get(week).await.body;
    assert!(page.contains("09-22*") && page.contains("<td>strike &lt;b&gt;</td>"), "chart and table: {page}");
    let csv = jan.get("/reports?period=weekly&day=2026-09-21&format=csv").await.body;
    assert!(csv.contains("day,2026-09-22,0,0,strike <b>"), "{csv}");
    let json = jan.get("/reports?period=weekly&day=2026-09-21&format=json").await.body;
    let made: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(made["notes"][0]["words"], "strike <b>");
    assert!(jan.get("/reports/monday").await.body.contains("strike &lt;b&gt;"));
    for bad in [("words", ""), ("day", "1999-01-01"), ("day", "x")] {
        let mut fields = vec![("day", "2026-09-22"), ("words", "x")];
        fields.retain(|(name, _)| *name != bad.0);
        fields.push(bad);
        assert_eq!(lead.press(week, "/reports/notes", &fields).await.status, 422, "{bad:?}");
    }
    let program = site.program("CRM", &[Scope::Read, Scope::Lead], &[]).await;
    let body = "{\"day\": \"2026-09-23\", \"words\": \"sale\", \"brand\": \"Tempo\"}";
    let added = program.ask("POST", "/day-notes", &[], body).await;
    assert_eq!(added.status, 200, "{}", added.body);
    let id = added.json()["notes"][0]["id"].as_str().unwrap().to_owned();
    let listed = program.get("/day-notes?from=2026-09-21&to=2026-09-27").await.json();
    assert_eq!(listed["notes"].as_array().unwrap().len(), 2, "{listed}");
    let gone = program.ask("POST", &format!("/day-notes/{id}/remove"), &[], "{}").await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(program.ask("POST", &format!("/day-notes/{id}/remove"), &[], "{}").await.status, 404);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM content WHERE kind = 'day_note'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_monday_fits_one_screen_and_asks_for_one_thing() {
    let site = Site::open().await;
    // 2026-09-21 is a Monday; the weekend after it begins in five days.
    site.house
        .take(&[post(
            "1",
            "sanne",
            "a",
            0,
            "@Acme SECRETWORD my house is on fire because of your charger, people are hurt, call 112",
        )])
        .await;
    site.house.advance(Span::hours(26)).await;
    site.house.clock.advance(Span::days(4));
    let day = |n: i64| 5 * 24 * 60 + n;
    site.house.take(&[post("2", "piet", "b", day(0), "@Acme my parcel has not arrived, where is it?")]).await;
    site.house.advance(Span::days(3)).await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/reports/monday").await;
    assert_eq!(page.status, 200);
    for wanted in [
        "One decision asked",
        "Acme#1",
        "not answered",
        "Still open from the weekend",
        "Acme#2",
        "Every source hears.",
    ] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
    assert!(page.body.contains("href=\"/c/Acme/1\"") && !page.body.contains("SECRETWORD"), "{}", page.body);
    let json: serde_json::Value =
        serde_json::from_str(&jan.get("/reports/monday?format=json").await.body).unwrap();
    assert_eq!(
        (&json["decision"]["about"], &json["p1_all"], &json["weekend_all"]),
        (&"p1".into(), &1.into(), &1.into()),
        "{json}"
    );
    assert_eq!(json["late_causes"][1][0], "waiting_unseen", "{json}");
    assert!(
        jan.get("/reports/cases?period=weekly&day=2026-09-21&by=total&name=&kind=begun&late=0")
            .await
            .body
            .contains("/c/Acme/1")
    );
}
