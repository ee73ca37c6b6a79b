//! Reports to leads in the console: the page, its files, and the cases behind a figure.

use crate::harness::{START, answer, post};
use crate::site::Site;
use webcared::domain::staff::StaffFigures;
use webcared::domain::time::Span;
use webcared::store::published::{self, PublishedRow};
use webcared::tokens::Scope;
use webcared::web::config::{ForecastConfig, HelpersConfig, Modules, PublicFigureConfig};

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

fn modules() -> Modules {
    Modules {
        forecast: ForecastConfig { enabled: true, handling_minutes: Some(6.0), patience_minutes: None },
        public_figure: PublicFigureConfig { enabled: true, brands: vec!["Acme".into()] },
        helpers: HelpersConfig { enabled: true, ..HelpersConfig::default() },
        ..Modules::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn optional_modules_leave_no_trace_where_they_are_off() {
    let site = Site::open().await;
    let lead = site.login("mia", "lead").await;
    for path in
        ["/reports/forecast", "/public/Acme.json", "/public/Acme.svg", "/public-figure", "/reports/helpers"]
    {
        assert_eq!(lead.get(path).await.status, 404, "{path}");
    }
    let page = lead.get("/reports").await.body;
    assert!(!page.contains("forecast") && !page.contains("public-figure"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_late_at_this_rate_is_said_before_the_first_is_near() {
    let site = Site::with(modules()).await;
    let posts: Vec<_> = (0..8)
        .map(|n| {
            post(
                &n.to_string(),
                &format!("a{n}"),
                &format!("t{n}"),
                0,
                "@Acme my router is dead, can you help?",
            )
        })
        .collect();
    site.house.take(&posts).await;
    site.house.advance(Span::minutes(1)).await;
    let jan = site.login("jan", "agent").await;
    // Nobody answers: all eight go late at 14:43 UTC, which is 16:43 in Amsterdam. Ten an hour each for 29 minutes.
    let said = "At this rate 8 cases go late by 16:43; 2 more people for 25 minutes prevent it.";
    for path in ["/", "/reports", "/reports/forecast"] {
        let page = jan.get(path).await;
        assert!(page.status == 200 && page.body.contains(said), "{path}: {}", page.body);
    }
    let json: serde_json::Value =
        serde_json::from_str(&jan.get("/reports/forecast?format=json").await.body).unwrap();
    assert_eq!((&json["handling_minutes"], &json["handling"]), (&6.0.into(), &"said".into()), "{json}");
    let hours = json["languages"][0]["hours"].as_array().unwrap();
    assert_eq!(hours.len(), 168, "a week ahead");
    assert_eq!(json["languages"][0]["weeks_held"], 0, "nothing was seen yet, and it says so");
    // What is owed already is work of the first hour, though nothing more is expected.
    let people = |at: usize| hours[at]["people_80"].as_u64();
    assert!(json["languages"][0]["open_now"] == 8 && people(0) >= Some(1) && people(1) == Some(0), "{json}");
    assert!(json["outlook"]["goes_late"] == 8 && json["outlook"]["people_more"] == 2, "{json}");
    assert!(jan.get("/reports/forecast").await.body.contains("too few whole weeks were seen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_learns_the_hours_of_the_week_and_says_how_wrong_it_is() {
    let site = Site::with(modules()).await;
    // Nine weeks: six cases at the same hour of each Wednesday in Amsterdam, one on each Sunday.
    let mut n = 0;
    for week in 0..9 {
        for (day, hour, count) in [(1, 18, 6), (5, 18, 1)] {
            // By the wall: summer time ends on the fifth Sunday.
            let hour = hour + i64::from((week, day) >= (4, 5));
            let at = Span::hours((week * 7 + day) * 24 + hour).millis() / 60_000;
            site.house.clock.advance(START.plus(Span::minutes(at + 1)).since(site.now()));
            let list: Vec<_> = (0..count)
                .map(|_| {
                    n += 1;
                    post(
                        &format!("p{n}"),
                        &format!("a{n}"),
                        &format!("t{n}"),
                        at,
                        "@Acme my router is dead, can you help?",
                    )
                })
                .collect();
            site.house.take(&list).await;
        }
    }
    site.house.clock.advance(Span::days(2));
    let jan = site.login("jan", "agent").await;
    let json: serde_json::Value =
        serde_json::from_str(&jan.get("/reports/forecast?format=json").await.body).unwrap();
    let any = &json["languages"][0];
    assert_eq!(any["weeks_held"], 4, "{any}");
    let (own, plain) = (&any["forecast"], &any["baseline"]);
    assert!(
        own["mape_percent"].as_f64().is_some_and(|m| m < 25.0) && plain["mape_percent"].is_number(),
        "{any}"
    );
    let hours = any["hours"].as_array().unwrap();
    let busy: Vec<f64> = hours.iter().filter_map(|h| h["expected"].as_f64()).filter(|n| *n > 3.0).collect();
    assert_eq!(busy.len(), 1, "one busy hour a week: {busy:?}");
    assert!((busy[0] - 6.0).abs() < 1.5, "{busy:?}");
    let at = hours.iter().find(|h| h["expected"].as_f64().unwrap() > 3.0).unwrap();
    assert!(
        at["people_95"].as_u64() >= at["people_80"].as_u64() && at["people_80"].as_u64() >= Some(1),
        "{at}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_figure_is_rounded_names_nobody_and_freezes() {
    let site = Site::with(modules()).await;
    let stranger = site.stranger();
    let empty = stranger.get("/public/acme.json").await;
    assert_eq!((empty.status, empty.header("cache-control")), (200, Some("public, max-age=60")));
    let json: serde_json::Value = serde_json::from_str(&empty.body).unwrap();
    assert!(json["promise"].as_str().is_some_and(|p| !p.is_empty()), "{json}");
    // Six questions answered after seven minutes each.
    for n in 0..6 {
        let (id, thread) = (format!("q{n}"), format!("t{n}"));
        site.house
            .take(&[post(&id, &format!("SECRET{n}"), &thread, 0, "@Acme my router is dead, can you help?")])
            .await;
    }
    site.house.advance(Span::minutes(8)).await;
    for n in 0..6 {
        site.house.take(&[answer(&format!("own{n}"), &format!("q{n}"), &format!("t{n}"), 7)]).await;
    }
    site.house.clock.advance(Span::minutes(2));
    let body = stranger.get("/public/Acme.json").await.body;
    assert!(body.contains("{\"language\":\"en\",\"minutes\":10}"), "{body}");
    assert!(!body.contains("SECRET") && !body.contains('6'.to_string().repeat(2).as_str()), "{body}");
    let svg = stranger.get("/public/Acme.svg?lang=nl").await;
    assert_eq!(svg.header("content-type"), Some("image/svg+xml"));
    assert!(svg.body.contains("Acme antwoordt"), "{}", svg.body);
    let dutch = stranger.get("/public/Acme.json?lang=nl").await.body;
    assert!(svg.body.contains("<title>Elk ") && dutch.contains("\"promise\":\"Elk "), "{dutch}");
    assert!(body.contains("\"promise\":\"Every message to"), "{body}");
    assert_eq!(stranger.get("/public/Tempo.json").await.status, 404, "only what is named");
    assert_eq!(stranger.get("/public/Acme.html").await.status, 404);
    let lead = site.login("mia", "lead").await;
    // In a crisis it tells what a lead says, rounded up; what was measured before is no promise now.
    let crisis = [
        ("brand", "Acme"),
        ("kind", "crisis"),
        ("title", "Storm"),
        ("until", "2026-09-21T22:00"),
        ("lines", "en: We know of it."),
        ("wait", "100"),
    ];
    let on = lead.press("/incidents", "/peaks", &crisis).await;
    assert_eq!(on.status, 303, "{}", on.body);
    site.house.clock.advance(Span::minutes(2));
    let body = stranger.get("/public/Acme.json").await.body;
    assert!(body.contains("{\"language\":\"en\",\"minutes\":120}"), "{body}");
    site.house.execute("UPDATE peak SET ended_at = 1").await;
    site.house.clock.advance(Span::minutes(2));
    let body = stranger.get("/public/Acme.json").await.body;
    assert!(body.contains("{\"language\":\"en\",\"minutes\":10}"), "{body}");
    let done = lead.press("/public-figure", "/public-figure", &[("brand", "Acme"), ("freeze", "1")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let frozen = stranger.get("/public/Acme.json").await.body;
    site.house.clock.advance(Span::days(3));
    assert_eq!(stranger.get("/public/Acme.json").await.body, frozen, "it stays what it was");
    let lead = site.login("eva", "lead").await;
    lead.press("/public-figure", "/public-figure", &[("brand", "Acme"), ("freeze", "0")]).await;
    assert_ne!(stranger.get("/public/Acme.json").await.body, frozen);
    // Who asks without end waits.
    let mut last = 200;
    for _ in 0..60 {
        last = stranger.get("/public/Acme.json").await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn helpers_are_listed_with_points_as_text_and_taken_out_by_who_may() {
    let site = Site::with(modules()).await;
    let mut peer = post("a1", "<b>eva", "t1", 1, "hold both buttons");
    (peer["context"], peer["in_reply_to"]) = (true.into(), "q1".into());
    site.house.take(&[post("q1", "sanne", "t1", 0, "@acme it broke, help"), peer]).await;
    site.execute(
        "INSERT INTO helper_answer SELECT t.id, b.id, 'test', t.conversation_id, t.author_id, m.author_id, t.posted_at,
            1, 4, '', 0 FROM thread_post t CROSS JOIN brand b CROSS JOIN mention m WHERE b.name = 'Acme'",
    )
    .await;
    let (agent, guest) = (site.login("jan", "agent").await, site.login("gus", "guest").await);
    assert!(agent.get("/reports").await.body.contains("/reports/helpers"));
    let page = agent.get("/reports/helpers").await.body;
    assert!(page.contains("&#60;b&#62;eva") || page.contains("&lt;b&gt;eva"), "{page}");
    assert!(!page.contains("<b>eva") && page.contains("<td>10</td>"), "{page}");
    let csv = agent.get("/reports/helpers?format=csv").await.body;
    assert!(csv.starts_with("helper,from,to,answers,accepted") && csv.contains(",1,1,0,0,0,10"), "{csv}");
    assert_eq!(
        site.house.count("SELECT COUNT(*) FROM audit WHERE act = 'helpers.export'").await,
        2,
        "one a brand"
    );
    assert_eq!(guest.get("/reports/helpers").await.status, 200);
    let refused = guest.get("/reports/helpers?format=csv").await;
    assert_eq!(refused.status, 403);
    let none = agent.get("/reports/helpers?from=2020-01-01&to=2020-01-31").await.body;
    assert!(none.contains("No member answered"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_in_the_language_of_who_reads_it() {
    let site = Site::open().await;
    let jan = site.login("jan", "agent").await;
    let of = |lang: &'static str| {
        let headers = [("accept", "text/html"), ("accept-language", lang)];
        let jan = &jan;
        async move { jan.send("GET", "/reports?period=weekly", &headers, "").await.body }
    };
    let (nl, en) = (of("nl").await, of("en").await);
    assert!(nl.contains("Weekrapport, ") && nl.contains("aria-label=\"Weekrapport"), "{nl}");
    assert!(nl.contains("eerste antwoord") || nl.contains("vragen een antwoord"), "{nl}");
    for (page, legend) in [(&nl, "Rood en gearceerd: te laat"), (&en, "Red and hatched: late")] {
        assert!(page.matches("<svg").count() == 1 && page.contains(legend), "the same charts: {page}");
    }
    assert!(!nl.contains("weekly report") && en.contains("weekly report"), "{en}");
    assert!(en.contains("<section class=\"card\" lang=\"en\""));
    let headers = [("accept", "text/html"), ("accept-language", "nl")];
    let path = "/reports/cases?period=weekly&day=2026-09-14&by=total&name=&kind=changed_hands&late=0";
    let cases = jan.send("GET", path, &headers, "").await.body;
    assert!(cases.contains("overgenomen door een collega") && !cases.contains("changed hands"), "{cases}");
    let path = "/reports/cases?period=weekly&day=2026-09-14&by=sector&name=&kind=begun&late=0";
    let cases = jan.send("GET", path, &headers, "").await.body;
    assert!(cases.contains("zaken · per sector: geen"), "those without a sector are not all: {cases}");
    // What programs read has the same words in both.
    let headers = [("accept", "text/html"), ("accept-language", "nl")];
    let json = jan.send("GET", "/reports?period=weekly&format=json", &headers, "").await.body;
    assert!(json.contains("\"first_response\"") && !json.contains("eerste"), "{json}");
    // What people take home as a page is in their language.
    let html = jan.send("GET", "/reports?period=weekly&format=html", &headers, "").await.body;
    assert!(html.contains("<html lang=\"nl\">") && html.contains("Weekrapport, "), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_about_staff_are_told_as_far_as_the_settings_let_them() {
    let days = "/reports/staff?from=2026-09-21&to=2026-09-21";
    let row = "<th scope=\"row\"><bdi dir=\"auto\">jan</bdi></th><td>1</td><td>1</td><td>1</td><td>0</td><td>100.0 %</td>";
    for level in [StaffFigures::Named, StaffFigures::Own, StaffFigures::Team, StaffFigures::None] {
        let site = Site::with(Modules { staff: level, ..Modules::default() }).await;
        site.house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
        site.house.advance(Span::minutes(5)).await;
        site.house.take(&[answer("own-1", "1", "a", 3)]).await;
        let (jan, lead) = (site.login("jan", "agent").await, site.login("mia", "lead").await);
        site.execute("UPDATE own_post SET person_id = (SELECT id FROM person WHERE login = 'jan')").await;
        let (mine, theirs) = (jan.get(days).await, lead.get(days).await);
        if level == StaffFigures::None {
            assert_eq!((mine.status, theirs.status), (404, 404));
            assert!(!lead.get("/reports").await.body.contains("/reports/staff"), "no trace");
            continue;
        }
        assert!(lead.get("/reports").await.body.contains("/reports/staff"));
        assert!(mine.body.contains("Fewer than five people"), "{level:?}: {}", mine.body);
        assert_eq!(mine.body.contains(row), level.tells_own(), "{level:?}: {}", mine.body);
        assert_eq!(theirs.body.contains(row), level == StaffFigures::Named, "{level:?}: {}", theirs.body);
        let own = site.acting("jan", &[Scope::Read]).await.get(days).await.json();
        assert_eq!(own["mine"]["answers"] == 1, level.tells_own(), "{level:?}: {own}");
        assert!(own["team"] == serde_json::json!([]) && own["named"] == serde_json::json!([]), "{own}");
        let led = site.acting("mia", &[Scope::Read, Scope::Lead]).await;
        let told = led.get(days).await.json();
        assert_eq!(told["named"][0]["name"] == "jan", level == StaffFigures::Named, "{level:?}: {told}");
        led.get(&format!("{days}&brand=Acme")).await.is(400, "request");
        let table = led.get(&format!("{days}&format=csv")).await.body;
        assert_eq!(table.contains("person,jan,1,1,1,0,100.0"), level == StaffFigures::Named, "{table}");
        let read = site.acting("mia", &[Scope::Read]).await.get(days).await.json();
        assert_eq!(read["named"], serde_json::json!([]), "names need the scope of leads: {read}");
        let csv = lead.get(&format!("{days}&format=csv")).await.body;
        assert_eq!(csv.contains("person,jan,1,1,1,0,100.0"), level == StaffFigures::Named, "{csv}");
        assert!(!csv.contains("_ms") && !theirs.body.contains("median"), "how long is counted for nobody");
        let taken = site.house.count("SELECT COUNT(*) FROM audit WHERE act = 'staff.export'").await;
        assert_eq!(taken > 0, level == StaffFigures::Named, "names that leave the house");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_what_leads_read_of_their_brands() {
    let site = Site::open().await;
    site.house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
    site.house.advance(Span::days(1)).await;
    let program = site.program("BI", &[Scope::Read], &[]).await;
    let day = "/reports/leads?period=daily&day=2026-09-21";
    let made = program.get(day).await.json();
    assert_eq!(
        (&made["this"]["total"]["cases"], &made["this"]["beside"]["posts"]),
        (&1.into(), &1.into()),
        "{made}"
    );
    assert!(program.get(&format!("{day}&format=csv")).await.body.starts_with("row,name,cases"));
    assert_eq!(program.get("/reports/leads?period=weekly&day=2026-09-22").await.status, 400, "no Monday");
    assert_eq!(program.get("/reports/leads?day=2026-09-23").await.status, 400, "not over");
    assert!(program.get("/reports/monday").await.json()["decision"]["about"].is_string());
    let walled = site.program("tempo", &[Scope::Read], &["Tempo"]).await;
    assert_eq!(walled.get(day).await.json()["this"]["total"]["cases"], 0);
    assert_eq!(walled.get(&format!("{day}&brand=Acme")).await.status, 400, "behind the wall");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_how_far_a_newcomer_is() {
    let site = Site::open().await;
    site.login("nina", "newcomer").await;
    site.login("jan", "agent").await;
    let program = site.program("Boss", &Scope::ALL, &[]).await;
    let made = program.get("/people").await.json();
    let of = |login: &str| {
        made["people"].as_array().unwrap().iter().find(|p| p["login"] == login).unwrap()["answers_passed"]
            .clone()
    };
    assert_eq!((of("nina"), of("jan")), (0.into(), serde_json::Value::Null), "{made}");
    assert!(made["answers_wanted"].is_i64(), "{made}");
}
