//! The console over triage: correcting it by one form, the checks of the day, what is hidden and by
//! whose word.

use crate::harness::post;
use crate::site::{Answer, Browser, Site};
use webcared::checking::Checking;
use webcared::domain::time::Span;

const CHAT: &str = "lovely window at @acme today, call 06-12345678";
const ASKS: &str = "@acme where is my parcel?";

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

async fn correct(site: &Site, who: &Browser, number: i64, fields: &[(&str, &str)]) -> Answer {
    let case = site.house.case(number).await;
    let (path, version) = (format!("/cases/{}", case.id), case.version.to_string());
    let all = [&[("version", version.as_str()), ("act", "correct")], fields].concat();
    who.press(&path, &format!("{path}/act"), &all).await
}

async fn draw(site: &Site) -> usize {
    let (house, clock) = (&site.house, site.house.clock.clone());
    let (db, mint, catalogue) = (house.db.clone(), house.mint.clone(), house.current.clone());
    Checking { db, clock, mint, catalogue }.run_once().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_form_puts_triage_right_and_the_case_follows() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, CHAT)]).await;
    let jan = site.login("jan", "agent").await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &[
            "id=\"do-correct\"",
            "<select id=\"correct-level\" name=\"level\">",
            "<option value=\"0\" selected>no</option>",
            "name=\"needs_private\"",
            "name=\"language\"",
            "<kbd>l</kbd>",
        ],
    );
    let all = [
        ("level", "P2"),
        ("intent", "complaint"),
        ("language", "nl"),
        ("needs_answer", "1"),
        ("needs_private", "1"),
    ];
    assert_eq!(correct(&site, &jan, 1, &all).await.status, 303);
    let case = site.house.case(1).await;
    assert_eq!((case.level, case.needs_answer, case.language.as_str()), (2, 1, "nl"));
    let page = jan.get(&path).await.body;
    holds(&page, &["class=\"level P2\"", "corrected triage", "needs an answer: no → yes", "first answer"]);
    assert!(!page.contains("12345678"), "what nobody claimed stays covered");
    // The same once more: nothing to put right, said on the page, with the form open.
    let again = correct(&site, &jan, 1, &all).await;
    assert_eq!(again.status, 422);
    holds(&again.body, &["change at least one field", "id=\"do-correct\" open"]);
    let bad = correct(&site, &jan, 1, &[("level", "P9")]).await;
    assert_eq!(bad.status, 422, "{}", bad.body);
    holds(&bad.body, &["level: &#39;P9&#39;; allowed are P1, P2, P3, P4, P5"]);
    let auditor = site.login("audit", "auditor").await;
    assert!(!auditor.get(&path).await.body.contains("do-correct"));
    let dutch = jan.send("GET", &path, &[("accept-language", "nl"), ("accept", "text/html")], "").await.body;
    holds(&dutch, &["Verbeteren", "heeft antwoord nodig: nee → ja", "verbeterde de triage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_of_the_day_are_two_buttons_a_case() {
    let site = Site::open().await;
    let posts: Vec<_> =
        (0..3).map(|n| post(&n.to_string(), &format!("a{n}"), &format!("t{n}"), 0, CHAT)).collect();
    site.house.take(&posts).await;
    let jan = site.login("jan", "agent").await;
    holds(&jan.get("/checks").await.body, &["The next draw is after midnight"]);
    site.house.clock.advance(Span::hours(24));
    let (jan, kim) = (site.login("jan2", "agent").await, site.login("kim", "agent").await);
    assert_eq!(draw(&site).await, 3);
    let page = jan.get("/checks").await.body;
    holds(&page, &["lovely window", "id=\"check-right\"", "id=\"check-missed\"", "3 to go", "<kbd>g</kbd>"]);
    assert!(!page.contains("12345678"), "covered");
    assert_eq!(page.matches("id=\"check-right\"").count(), 1, "keys press the first");
    let at = async |number: i64| format!("/checks/{}", site.house.case(number).await.id);
    let (one, two, three) = (at(1).await, at(2).await, at(3).await);
    let press = async |who: &Browser, path: &str, verdict: &str| {
        let answer = who.press("/checks", path, &[("verdict", verdict)]).await;
        (answer.status, answer.header("location").unwrap_or_default().to_owned())
    };
    let said = |word: &str| (303, format!("/checks?said={word}"));
    assert_eq!(press(&jan, &one, "right").await, said("noted"));
    assert_eq!(press(&kim, &one, "missed").await, said("already"));
    assert_eq!(press(&kim, &two, "missed").await, said("noted"));
    assert_eq!(press(&kim, &three, "perhaps").await.0, 422);
    assert_eq!(site.house.case(2).await.needs_answer, 1);
    holds(&jan.get("/checks?said=noted").await.body, &["Noted.", "1 to go"]);
    assert_eq!(press(&jan, "/checks/cas_00000000000000000000000000", "right").await.0, 404);
    // Who leads sees what came of it.
    let lea = site.login("lea", "lead").await;
    holds(&lea.get("/triage").await.body, &["50.0 % (1/2; 9.5–90.5 %)", "Needed an answer, triage said no"]);
    let nl = [("accept-language", "nl"), ("accept", "text/html")];
    holds(&lea.send("GET", "/triage", &nl, "").await.body, &["50,0 % (1/2; 9,5–90,5 %)"]);
    assert_eq!(jan.get("/triage").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_the_main_list_until_a_lead_has_seen_the_table_and_said_so() {
    let site = Site::open().await;
    site.house.take(&[post("1", "ann", "a", 0, CHAT), post("2", "bob", "b", 0, ASKS)]).await;
    let jan = site.login("jan", "agent").await;
    let page = jan.get("/").await.body;
    holds(&page, &["#1<", "#2<", "id=\"sorts-only\"", "Triage only sorts", "No answer needed</span>"]);
    assert!(page.find("#2<") < page.find("#1<"), "sorted last");
    assert!(!jan.get("/?lane=unclaimed").await.body.contains("sorts-only"));
    let dutch = jan.send("GET", "/", &[("accept-language", "nl"), ("accept", "text/html")], "").await.body;
    holds(&dutch, &["Triage sorteert alleen"]);
    let lea = site.login("lea", "lead").await;
    let page = lea.get("/triage").await.body;
    holds(&page, &["Can be switched on from", "Nothing is hidden", "Nothing was corrected or checked yet"]);
    let brand = site.house.brand_id.clone();
    let turn = async |who: &Browser, hide: &str| {
        who.press("/triage", "/triage/hide", &[("brand", &brand), ("hide", hide)]).await
    };
    // The form of the other brand gives the token; before its days are over nothing is hidden.
    site.house.clock.advance(Span::days(30));
    let (jan, lea) = (site.login("jan2", "agent").await, site.login("lea2", "lead").await);
    site.execute("UPDATE brand SET created_at = created_at + 1000 WHERE name = 'Acme'").await;
    let early = turn(&lea, "1").await;
    assert_eq!(early.status, 409, "{}", early.body);
    holds(&early.body, &["nothing can be hidden before 2026-10-21"]);
    site.execute("UPDATE brand SET created_at = created_at - 1000 WHERE name = 'Acme'").await;
    let blind = turn(&lea, "1").await;
    assert_eq!(blind.status, 409);
    holds(&blind.body, &["nobody has corrected or checked anything"]);
    assert_eq!(correct(&site, &jan, 2, &[("level", "P3")]).await.status, 303);
    assert_eq!(turn(&lea, "1").await.status, 303);
    let page = jan.get("/").await.body;
    assert!(!page.contains("#1<") && page.contains("#2<"), "{page}");
    assert!(!page.contains("<strong>Acme"), "the other brand still only sorts");
    holds(&jan.get("/?lane=no_answer").await.body, &["#1<"]);
    holds(&lea.get("/triage").await.body, &["is hidden from the main list", "Show everything again", "lea2"]);
    let csrf = jan.get("/").await.field("csrf");
    let refused = jan.post("/triage/hide", &[("csrf", &csrf), ("brand", &brand), ("hide", "0")]).await;
    assert_eq!(refused.status, 403, "only leads");
    // The author writes again: both come up, marked.
    site.house
        .take(&[post("3", "ann", "c", 30 * 24 * 60, CHAT), post("4", "ann", "d", 30 * 24 * 60, CHAT)])
        .await;
    let page = jan.get("/").await.body;
    holds(&page, &["#3<", "#4<", "wrote again"]);
    assert!(!page.contains("#1<"), "thirty days ago is not again");
    assert_eq!(turn(&lea, "0").await.status, 303);
    holds(&jan.get("/").await.body, &["#1<"]);
    assert_eq!(turn(&lea, "2").await.status, 422);
}
