//! Incidents in the console: opened, filled, words approved by a lead, a reviewed selection sent, the rest stopped.

use crate::fake::{FakeAccount, Ledger};
use crate::harness::{answer, post};
use crate::site::Site;
use std::sync::Arc;
use webcared::casework::Act;
use webcared::domain::time::Span;
use webcared::sources::Account;

fn account(site: &Site) -> Arc<Ledger> {
    let ledger = Arc::new(Ledger::default());
    let source = FakeAccount { ledger: ledger.clone(), handle: "acme".into(), text_max: 500 };
    site.accounts.set(vec![Account { source: Arc::new(source), brand: Some("Acme".into()) }]);
    ledger
}

/// The boxes of a page that are ticked, and all.
fn boxes(body: &str) -> (Vec<String>, Vec<String>) {
    let all = body.split("name=\"case\" value=\"").skip(1);
    let read = |part: &str| {
        let (value, rest) = part.split_once('"').unwrap();
        (value.to_owned(), rest.split_once('>').unwrap().0.contains("checked"))
    };
    let all: Vec<(String, bool)> = all.map(read).filter(|(v, _)| !v.ends_with(":0")).collect();
    let ticked = all.iter().filter(|b| b.1).map(|b| b.0.clone()).collect();
    (ticked, all.into_iter().map(|b| b.0).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewed_selection_is_answered_and_the_rest_is_stopped() {
    let site = Site::open().await;
    account(&site);
    let posts = [
        post("1", "ann", "t1", 0, "@acme this is the third time your bus is late, terrible service"),
        post("2", "bob", "t2", 0, "@Acme my parcel never arrived. When does it come?"),
        post("3", "cem", "t3", 0, "@Acme my parcel never arrived, mail me at cem@example.org"),
        post("4", "dee", "t4", 0, "@Acme my parcel is gone"),
    ];
    site.house.take(&posts).await;
    let (jan, els, audit) = (
        site.login("jan", "agent").await,
        site.login("els", "lead").await,
        site.login("audit", "auditor").await,
    );
    let bad =
        jan.press("/incidents", "/incidents", &[("brand", "Acme"), ("title", ""), ("numbers", "1")]).await;
    assert_eq!(bad.status, 422);
    let bad = [("brand", "Acme"), ("title", "<b>Parcels</b>"), ("numbers", "1, x")];
    let bad = jan.press("/incidents", "/incidents", &bad).await;
    assert_eq!(bad.status, 422);
    assert!(bad.body.contains("&#60;b&#62;Parcels") || bad.body.contains("&lt;b&gt;Parcels"), "{}", bad.body);
    let fields = [("brand", "Acme"), ("title", "Parcels"), ("numbers", "#1 2, 3")];
    let made = jan.press("/incidents", "/incidents", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let at = made.header("location").unwrap().to_owned();
    assert!(audit.get("/incidents").await.body.contains("Parcels"));
    assert!(!audit.get(&at).await.body.contains("name=\"do\""), "an auditor only reads");
    // One is added on its own page.
    let four = site.house.case(4).await;
    let page = jan.get(&format!("/cases/{}", four.id)).await.body;
    assert!(page.contains("Add: Incident 1"), "{page}");
    let chosen = format!("{}:{}", four.id, four.version);
    let added = jan.press(&at, &at, &[("do", "add"), ("case", &chosen), ("back", &four.id)]).await;
    assert_eq!(added.header("location").unwrap(), format!("/cases/{}#incident", four.id));
    // Words: written by an agent, approved by a lead.
    let page = jan.get(&at).await.body;
    assert!(boxes(&page).0.is_empty() && boxes(&page).1.len() == 4, "nobody is ticked without words: {page}");
    let write = [("do", "write"), ("language", "en"), ("purpose", "answer"), ("text", "We know of it.")];
    assert_eq!(jan.press(&at, &at, &write).await.status, 303);
    // What was typed and chosen stands there again after a refusal.
    let wrong = jan.press(&at, &at, &[("do", "add"), ("numbers", "2, x")]).await;
    assert!(wrong.status == 409 && wrong.body.contains("value=\"2, x\""), "{}", wrong.body);
    let wrong = [("do", "write"), ("language", "nl"), ("purpose", "none"), ("text", "Bekend.")];
    let wrong = jan.press(&at, &at, &wrong).await;
    assert_eq!(wrong.status, 409);
    for kept in ["Bekend.</textarea>", "<option selected>nl</option>"] {
        assert!(wrong.body.contains(kept), "{kept}: {}", wrong.body);
    }
    let line = els.get(&at).await.field("line");
    assert_eq!(jan.press(&at, &at, &[("do", "approve"), ("line", &line)]).await.status, 409);
    assert_eq!(els.press(&at, &at, &[("do", "approve"), ("line", &line)]).await.status, 303);
    let page = jan.get(&at).await.body;
    let (ticked, all) = boxes(&page);
    assert!(page.contains("approved by els") && !page.contains("cem@example.org"), "{page}");
    assert_eq!(all.len(), 4);
    let one = site.house.case(1).await;
    let one_is = format!("{}:", one.id);
    assert!(ticked.iter().any(|v| v.starts_with(&one_is)), "the plain one is ticked: {ticked:?} {page}");
    for number in [2, 3] {
        let case = site.house.case(number).await;
        assert!(!ticked.iter().any(|v| v.starts_with(&case.id)), "{number} asks, or belongs in private");
    }
    let mut press: Vec<(&str, &str)> = vec![("do", "send"), ("purpose", "answer")];
    press.extend(ticked.iter().map(|v| ("case", v.as_str())));
    // Whoever showed long ago who they are does so again before many are answered.
    site.house.clock.advance(Span::minutes(11));
    let page = jan.get(&format!("{at}?for=solved")).await.body;
    assert!(page.contains("%3Ffor%3Dsolved") && page.contains("what is ticked is not kept"), "{page}");
    let first = jan.press(&at, &at, &press).await;
    assert_eq!(first.status, 303, "{}", first.body);
    assert!(
        first.header("location").unwrap().starts_with("/account/prove?next=%2Fincidents%2F"),
        "{first:?}"
    );
    assert_eq!(site.house.count("SELECT COUNT(*) FROM action WHERE kind = 'reply'").await, 0);
    let link = site.people.link("jan").await.unwrap();
    let jan = site.stranger();
    assert_eq!(jan.send("POST", &link, &[], "").await.status, 303);
    let sent = jan.press(&at, &at, &press).await;
    assert_eq!(sent.status, 200);
    assert!(sent.body.contains("answers are on their way"), "{}", sent.body);
    assert!(sent.body.contains("Stop the rest"));
    let stopped = jan.press(&at, &at, &[("do", "stop")]).await;
    assert_eq!(stopped.status, 303);
    let all: Vec<(String,)> = site.house.all("SELECT state FROM action WHERE kind = 'reply'").await;
    assert!(!all.is_empty() && all.iter().all(|s| s.0 == "cancelled"), "{all:?}");
    let page = jan.get(&format!("/cases/{}", one.id)).await.body;
    assert!(page.contains("the answer to many was stopped before it left"), "{page}");
    assert_eq!(jan.press(&at, &at, &[("do", "end")]).await.status, 303);
    assert!(jan.get("/incidents").await.body.contains(">over<"));
    assert_eq!(jan.get("/incidents/inc_00000000000000000000000000").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_is_over_is_ticked_for_that_it_is_solved_and_stays_over() {
    let site = Site::open().await;
    account(&site);
    let late = "@acme this is the third time your bus is late, terrible service";
    site.house.take(&[post("1", "ann", "t1", 0, late), post("2", "bob", "t2", 0, late)]).await;
    let (jan, els) = (site.login("jan", "agent").await, site.login("els", "lead").await);
    let fields = [("brand", "Acme"), ("title", "Buses"), ("numbers", "1 2")];
    let made = jan.press("/incidents", "/incidents", &fields).await;
    let at = made.header("location").unwrap().to_owned();
    for (purpose, text) in [("answer", "We know of it."), ("solved", "The buses run again.")] {
        let write = [("do", "write"), ("language", "en"), ("purpose", purpose), ("text", text)];
        assert_eq!(jan.press(&at, &at, &write).await.status, 303);
        let rows: Vec<(String,)> =
            site.house.all("SELECT id FROM incident_line WHERE state = 'written'").await;
        let line = rows[0].0.clone();
        assert_eq!(els.press(&at, &at, &[("do", "approve"), ("line", &line)]).await.status, 303);
    }
    let (one, two) = (site.house.case(1).await, site.house.case(2).await);
    let chosen = format!("{}:{}", one.id, one.version);
    let press = [("do", "send"), ("purpose", "answer"), ("case", chosen.as_str())];
    assert_eq!(jan.press(&at, &at, &press).await.status, 200);
    // It arrives, and both cases end.
    site.house.clock.advance(Span::minutes(2));
    site.house.execute("UPDATE action SET state = 'done' WHERE kind = 'reply'").await;
    site.house.take(&[answer("a1", "1", "t1", 1), answer("a2", "2", "t2", 1)]).await;
    site.house
        .execute("UPDATE cases SET claimed_by = NULL, claimed_since = NULL, claimed_until = NULL")
        .await;
    for case in [&one, &two] {
        let case = site.house.case(case.number).await;
        let done = Act::Resolve { reason: "the buses run".into(), ending: None };
        site.house.act(&case, 1, done).await.unwrap();
    }
    let page = jan.get(&at).await.body;
    assert!(
        boxes(&page).0.is_empty() && !page.contains("it stays as it is"),
        "an answer reopens first: {page}"
    );
    let page = jan.get(&format!("{at}?for=solved")).await.body;
    assert!(page.contains("it stays as it is"), "{page}");
    let (ticked, all) = boxes(&page);
    assert_eq!((ticked.len(), all.len()), (1, 2), "only who was told here: {page}");
    assert!(ticked[0].starts_with(&format!("{}:", one.id)), "{ticked:?}");
    let press = [("do", "send"), ("purpose", "solved"), ("case", ticked[0].as_str())];
    let sent = jan.press(&at, &at, &press).await;
    assert!(sent.status == 200 && sent.body.contains("1 answers are on their way"), "{}", sent.body);
    let case = site.house.case(1).await;
    assert_eq!((case.state.as_str(), case.open, case.claimed_by), ("resolved", 0, None));
    let twice = jan.press(&at, &at, &press).await;
    assert!(!twice.body.contains("1 answers are on their way"), "{}", twice.body);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM action WHERE kind = 'reply'").await, 2);
    assert_eq!(jan.press(&at, &at, &[("do", "stop")]).await.status, 303);
    let left: Vec<(String,)> =
        site.house.all("SELECT state FROM action WHERE kind = 'reply' ORDER BY created_at, id").await;
    assert_eq!(left[1].0, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crisis_stands_on_every_page_and_parks_what_can_wait() {
    let site = Site::open().await;
    let posts = [
        post("1", "ann", "t1", 0, "@acme this is the third time your bus is late, terrible service"),
        post("2", "bob", "t2", 0, "@Acme do you sell gift cards?"),
    ];
    site.house.take(&posts).await;
    let (one, two) = (site.house.case(1).await, site.house.case(2).await);
    assert!(one.level <= 3 && two.level >= 4, "{} {}", one.level, two.level);
    let (jan, els) = (site.login("jan", "agent").await, site.login("els", "lead").await);
    let row = |case: &str| format!("id=\"row-{case}\"");
    assert!(jan.get("/").await.body.contains(&row(&two.id)) && !jan.get("/").await.body.contains(">Parked"));
    let form = |until: &'static str, lines: &'static str| {
        [
            ("brand", "Acme"),
            ("kind", "crisis"),
            ("title", "Storm"),
            ("until", until),
            ("lines", lines),
            ("wait", "180"),
        ]
    };
    // The clock of the house stands on 21 September 2026, 14:13 UTC; the console's zone is Amsterdam.
    let bad = els.press("/incidents", "/peaks", &form("2026-09-21T20:00", "we know")).await;
    assert_eq!(bad.status, 422);
    assert!(
        bad.body.contains("wanted is a line a language") && bad.body.contains("value=\"Storm\""),
        "{}",
        bad.body
    );
    assert!(bad.body.contains("inputmode=\"numeric\" value=\"180\""), "what was typed stays: {}", bad.body);
    assert_eq!(jan.press("/incidents", "/peaks", &form("2026-09-21T20:00", "en: Busy.")).await.status, 403);
    let on = els.press("/incidents", "/peaks", &form("2026-09-21T20:00", "en: We know of it.")).await;
    assert_eq!(on.status, 303, "{}", on.body);
    for page in ["/", "/duty", "/sources", "/outbox", "/reports", "/help", "/account", "/incidents"] {
        let body = jan.get(page).await.body;
        assert!(
            body.contains("Crisis, Acme: Storm") && body.contains("en: We know of it."),
            "{page}: {body}"
        );
        assert!(body.contains("2026-09-21 20:00 CEST"), "its end stands there: {page}");
    }
    let inbox = jan.get("/").await.body;
    assert!(inbox.contains(&row(&one.id)) && !inbox.contains(&row(&two.id)), "{inbox}");
    assert!(inbox.contains("Parked <span class=\"count\">1</span>"), "parked, but counted: {inbox}");
    let wall = jan.get("/wall").await.body;
    assert!(wall.contains("<dt>Parked</dt><dd>1</dd>") && wall.contains("<dt>Open</dt><dd>2</dd>"), "{wall}");
    assert!(wall.contains("<td>3 h</td>"), "how long to wait: {wall}");
    let parked = jan.get("/?lane=parked").await.body;
    assert!(parked.contains(&row(&two.id)) && !parked.contains(&row(&one.id)));
    assert_eq!(site.house.count("SELECT COUNT(*) FROM obligation WHERE ended_at IS NOT NULL").await, 0);
    // By hand, or by itself.
    let again = els.press("/incidents", "/peaks", &form("2026-09-21T20:00", "en: Busy.")).await;
    assert_eq!(again.status, 422, "one at a time");
    let ids: Vec<(String,)> = site.house.all("SELECT id FROM peak").await;
    assert_eq!(els.press("/incidents", &format!("/peaks/{}", ids[0].0), &[]).await.status, 303);
    assert!(jan.get("/").await.body.contains(&row(&two.id)));
    assert_eq!(els.press("/incidents", "/peaks", &form("2026-09-21T20:00", "en: Busy.")).await.status, 303);
    site.house.clock.advance(webcared::domain::time::Span::hours(4));
    let els = site.login("els2", "lead").await;
    let inbox = els.get("/").await.body;
    assert!(!inbox.contains("Crisis, Acme") && inbox.contains(&row(&two.id)), "it is over by itself");
    // A planned peak is known ahead, and stands on the pages when it begins.
    let plan = [
        ("brand", "Acme"),
        ("kind", "peak"),
        ("title", "Sale"),
        ("starts", "2026-09-22T09:00"),
        ("until", "2026-09-22T18:00"),
        ("words", "sale, discount"),
        ("lines", "nl: Druk.\r\nen: Busy."),
        ("standby", "jan els"),
    ];
    assert_eq!(els.press("/incidents", "/peaks", &plan).await.status, 303);
    assert!(els.get("/incidents").await.body.contains("Peak, Acme: Sale"));
    assert!(!els.get("/duty").await.body.contains("Peak, Acme: Sale"));
    site.house.clock.advance(webcared::domain::time::Span::hours(14));
    let late = site.login("late", "agent").await;
    assert!(late.get("/duty").await.body.contains("Peak, Acme: Sale"));
}
