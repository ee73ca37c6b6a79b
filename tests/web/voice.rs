//! Surveys and thanks in the console and for programs: nothing of them where they are off, and what they show and take
//! where they are on.

use crate::harness::{answer, post};
use crate::site::Site;
use webcared::catalogue::Catalogue;
use webcared::domain::time::Span;
use webcared::tokens::Scope;

fn switch_on(site: &Site) {
    let mut catalogue: Catalogue = (*site.house.current.get()).clone();
    for watched in catalogue.brands.iter_mut().filter(|w| w.brand.name == "Acme") {
        watched.brand.survey.enabled = true;
        watched.brand.thanks.enabled = true;
    }
    site.house.current.set(catalogue);
}

/// A case that was asked about and gave a 9, on the list of today.
async fn asked(site: &Site) {
    site.house
        .take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?"), answer("o1", "1", "t", 3)])
        .await;
    site.execute("UPDATE cases SET state = 'resolved', open = 0 WHERE number = 1").await;
    site.execute(
        "INSERT INTO survey (case_id, brand_id, author_id, written_to, state, why, asked_at, until_at)
         SELECT id, brand_id, author_id, author_id, 'asked', '', opened_at, opened_at + 1 FROM cases WHERE number = 1",
    )
    .await;
    site.execute(
        "INSERT INTO survey_reply (mention_id, case_id, brand_id, score, open_answer, silent, at)
         SELECT first_mention_id, id, brand_id, 9, 1, 1, opened_at FROM cases WHERE number = 1",
    )
    .await;
    site.execute(
        "INSERT INTO thanks (case_id, brand_id, day, points, reasons, drawn_at)
         SELECT id, brand_id, '2026-09-21', 3, '[\"promoter\"]', opened_at FROM cases WHERE number = 1",
    )
    .await;
    site.house.clock.advance(Span::days(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_they_are_off_there_is_no_trace() {
    let site = Site::open().await;
    asked(&site).await;
    let lia = site.login("lia", "lead").await;
    for page in ["/reports/survey", "/thanks"] {
        assert_eq!(lia.get(page).await.status, 404, "{page}");
    }
    let case = site.house.case(1).await.id;
    assert_eq!(lia.press("/account", &format!("/thanks/{case}"), &[("act", "written")]).await.status, 404);
    // Neither behind the figure that a report had, nor for programs.
    let reads = site.program("voice", &[Scope::Read], &[]).await;
    for path in ["/reports/cases?kind=recommended", "/reports/cases?kind=recommended&brand=Acme"] {
        assert_eq!(lia.get(path).await.status, 404, "{path}");
        reads.get(path).await.is(400, "request");
    }
    let listed = reads.get("/reports/cases?kind=x").await.body;
    assert!(listed.contains("came_again") && !listed.contains("recommended"), "{listed}");
    assert_eq!(reads.get("/reports/survey?from=2026-09-15&to=2026-09-22").await.body, "{}");
    for page in ["/reports", "/"] {
        let body = lia.get(page).await.body;
        assert!(!body.contains("/thanks") && !body.contains("/reports/survey"), "{page}");
        assert!(
            !body.contains("Would they recommend"),
            "what was answered before is no trace either: {body}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_score_stands_on_a_page_with_its_cases() {
    let site = Site::open().await;
    asked(&site).await;
    switch_on(&site);
    let ann = site.login("ann", "agent").await;
    assert!(ann.get("/reports").await.body.contains("/reports/survey"));
    let page = ann.get("/reports/survey?weeks=1&brand=Acme").await.body;
    for wanted in [
        "Would they recommend",
        "+100.0 (",
        "<a href=\"/c/Acme/1\">Acme#1</a>",
        "By who solved it",
        "By brand",
        "By level",
        "Answers in words",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    let nl = [("accept-language", "nl"), ("accept", "text/html")];
    let dutch = ann.send("GET", "/reports/survey?weeks=1&brand=Acme", &nl, "").await.body;
    assert!(dutch.contains("+100,0 (") && !dutch.contains("100.0"), "{dutch}");
    assert_eq!(ann.get("/reports/survey?weeks=x&brand=nobody").await.status, 200);
    let reads = site.program("reads", &[Scope::Read], &[]).await;
    let made = reads.get("/reports/survey?from=2026-09-15&to=2026-09-22").await.json();
    assert_eq!((&made["total"]["score"], &made["total"]["promoters"][0]), (&100.0.into(), &"Acme#1".into()));
    let csv = reads.get("/reports/survey?from=2026-09-15&to=2026-09-22&format=csv").await.body;
    assert!(csv.contains("survey,language,en,1,1,100.0,"), "{csv}");
    assert!(csv.contains("survey,brand,Acme,1,1,100.0,"), "{csv}");
    let tempo = site.program("tempo", &[Scope::Read], &["Tempo"]).await;
    assert_eq!(tempo.get("/reports/survey?from=2026-09-15&to=2026-09-22").await.body, "{}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_marked_and_a_gesture_written_down() {
    let site = Site::open().await;
    asked(&site).await;
    switch_on(&site);
    let ann = site.login("ann", "agent").await;
    let page = ann.get("/thanks").await.body;
    for wanted in ["would recommend us", "Written by me", "sanne", "aria-current=\"page\""] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    let path = format!("/thanks/{}", site.house.case(1).await.id);
    assert_eq!(ann.press("/thanks", &path, &[("act", "written")]).await.status, 303);
    let page = ann.get("/thanks").await;
    assert!(page.body.contains("Card written: ann") && !page.body.contains("Written by me"), "{}", page.body);
    let give = |amount: &'static str| {
        [
            ("act", "gesture"),
            ("kind", "voucher"),
            ("words", "<b>sorry</b>"),
            ("amount", amount),
            ("currency", "EUR"),
        ]
    };
    let nonce = page.field("nonce");
    for amount in ["", "free", "-1"] {
        let refused = ann.press("/thanks", &path, &give(amount)).await;
        assert_eq!(refused.status, 422, "{amount}");
        let typed = "value=\"&#60;b&#62;sorry&#60;/b&#62;\"";
        assert!(refused.body.contains(typed), "what was typed stands there again: {}", refused.body);
    }
    let csrf = page.field("csrf");
    for _ in 0..2 {
        let fields = [&give("12,50")[..], &[("nonce", nonce.as_str()), ("csrf", csrf.as_str())]].concat();
        assert_eq!(ann.post(&path, &fields).await.status, 303);
    }
    let page = ann.get("/thanks").await.body;
    assert!(page.contains("voucher, EUR 12.50") && page.contains("&#60;b&#62;sorry&#60;/b&#62;"), "{page}");
    let gestures: Vec<(i64,)> = site.house.all("SELECT micros FROM gesture").await;
    assert_eq!(gestures, [(12_500_000,)], "one press, one gesture");
    let auditor = site.login("aud", "auditor").await;
    assert_eq!(auditor.get("/thanks").await.status, 403);
    assert!(!auditor.get("/").await.body.contains("/thanks"));
    let acts = site.program("acts", &[Scope::Read, Scope::Act], &[]).await;
    let case = site.house.case(1).await.id;
    let again = acts.ask("POST", &format!("/cases/{case}/card"), &[], "{}").await;
    assert_eq!(again.json()["decided"], false);
    let flowers = acts.ask("POST", &format!("/cases/{case}/gestures"), &[], r#"{"kind":"flowers"}"#).await;
    assert_eq!(flowers.status, 200, "{}", flowers.body);
    let list = acts.get("/thanks").await.json();
    assert_eq!(
        (&list["cases"][0]["written_by"], &list["cases"][0]["gestures"][0]["amount"]),
        (&"ann".into(), &"12.50".into())
    );
    assert_eq!(list["cases"][0]["gestures"].as_array().unwrap().len(), 2);
    // Words with personal data that a program opens are a look, as they are in a case.
    let looks = "SELECT COUNT(*) FROM audit WHERE act = 'case.uncover'";
    let reader = site.program("reads", &[Scope::Read, Scope::ReadPersonal], &[]).await;
    reader.get("/thanks").await.json();
    assert_eq!(site.house.count(looks).await, 0, "there is none in them");
    let told = r#"{"kind":"flowers","words":"to her, call 06-12345678 first"}"#;
    assert_eq!(acts.ask("POST", &format!("/cases/{case}/gestures"), &[], told).await.status, 200);
    acts.get("/thanks").await.json();
    assert_eq!(site.house.count(looks).await, 0, "covered as it is");
    let open = reader.get("/thanks").await.body;
    assert!(open.contains("06-12345678"), "{open}");
    assert_eq!(site.house.count(looks).await, 1);
}
