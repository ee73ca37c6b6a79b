//! How a case ended that is the front office's to solve: said with the press that resolves, without scripts, and put
//! right on the page of the case that is over.

use crate::harness::{answer, post};
use crate::site::{Answer, Browser, Site};
use jiff::tz::TimeZone;
use webcared::domain::time::Span;
use webcared::reports::{Ask, report};
use webcared::store::ending::EndingRow;

const DEAD: &str = "@Acme my router is dead, my mail is jan@example.org";

async fn open() -> Site {
    let site = Site::open().await;
    site.house.take(&[post("1", "jan", "a", 0, DEAD)]).await;
    site.house.take(&[answer("own-1", "1", "a", 3)]).await;
    site
}

async fn act(site: &Site, who: &Browser, fields: &[(&str, &str)]) -> Answer {
    let case = site.house.case(1).await;
    let (path, version) = (format!("/cases/{}", case.id), case.version.to_string());
    who.press(&path, &format!("{path}/act"), &[&[("version", version.as_str())], fields].concat()).await
}

async fn page(site: &Site, who: &Browser) -> String {
    who.get(&format!("/cases/{}", site.house.case(1).await.id)).await.body
}

async fn endings(site: &Site) -> Vec<EndingRow> {
    site.house.all("SELECT * FROM ending").await
}

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_it_ended_is_filled_in_said_with_one_press_and_put_right_later() {
    let site = open().await;
    let jan = site.login("jan", "agent").await;
    let before = page(&site, &jan).await;
    holds(
        &before,
        &[
            "<label for=\"resolve-solved\">Who solved it</label>",
            "<option value=\"webcare_unregistered\" selected>webcare, and no ticket knew of it</option>",
            "<select id=\"resolve-back_door\" name=\"back_door\"><option value=\"\" selected>not said</option>",
            "<select id=\"resolve-difference\"",
        ],
    );
    assert!(!before.contains("do-ending"), "it is not over");
    let odd = [("act", "resolve"), ("reason", "x"), ("solved", "<b>")];
    assert_eq!(act(&site, &jan, &odd).await.status, 422);
    assert!(endings(&site).await.is_empty());
    // What was chosen in a form that was not taken stands there again.
    let long = "x".repeat(501);
    let chosen =
        [("act", "resolve"), ("reason", long.as_str()), ("solved", "front_office"), ("back_door", "habit")];
    let refused = act(&site, &jan, &chosen).await;
    assert_eq!(refused.status, 422);
    holds(&refused.body, &["<option value=\"front_office\" selected>", "<option value=\"habit\" selected>"]);
    let said = [
        ("act", "resolve"),
        ("reason", "called back"),
        ("solved", "webcare_unregistered"),
        ("back_door", "promise_broken"),
        ("difference", "mandate"),
    ];
    assert_eq!(act(&site, &jan, &said).await.status, 303);
    assert_eq!(site.house.case(1).await.state, "resolved");
    let row = endings(&site).await.remove(0);
    assert_eq!(
        (row.back_door.as_deref(), row.difference.as_deref()),
        (Some("promise_broken"), Some("mandate"))
    );
    let after = page(&site, &jan).await;
    holds(
        &after,
        &[
            "said how it ended",
            "Why they came to us: a promise was broken",
            "do-ending",
            "<select id=\"ended-solved\"",
            "<option value=\"promise_broken\" selected>",
        ],
    );
    let right =
        [("act", "ending"), ("solved", "front_office"), ("back_door", "habit"), ("difference", "time")];
    assert_eq!(act(&site, &jan, &right).await.status, 303);
    let row = endings(&site).await.remove(0);
    assert_eq!((row.solved.as_str(), row.taken.as_str()), ("front_office", "changed"));
    assert_eq!(row.difference, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_front_offices_asks_no_reasons_and_readers_put_nothing_right() {
    let site = Site::open().await;
    site.house.take(&[post("1", "jan", "a", 0, "@Acme what are your opening hours on Sunday?")]).await;
    let jan = site.login("jan", "agent").await;
    let body = page(&site, &jan).await;
    holds(&body, &["<option value=\"not_theirs\" selected>"]);
    assert!(!body.contains("resolve-back_door") && !body.contains("reply-solved"));
    let said = [("act", "resolve"), ("reason", ""), ("solved", "not_theirs")];
    assert_eq!(act(&site, &jan, &said).await.status, 303);
    assert_eq!(endings(&site).await[0].taken, "accepted");
    let ann = site.login("ann", "auditor").await;
    assert!(!page(&site, &ann).await.contains("do-ending"));
    assert_eq!(act(&site, &ann, &[("act", "ending"), ("solved", "front_office")]).await.status, 403);
    assert_eq!(endings(&site).await[0].solved, "not_theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_resolves_says_it_in_the_same_form_and_counts_once_it_stands() {
    let site = Site::open().await;
    let (_, source) = site.connect(300, "acme@toot.example");
    site.house.take(&[post("1", "jan", "a", 0, DEAD)]).await;
    let jan = site.login("jan", "agent").await;
    holds(&page(&site, &jan).await, &["id=\"reply-ending\"", "<select id=\"reply-solved\" name=\"solved\">"]);
    let fields = [
        ("act", "answer"),
        ("text", "We have put it right."),
        ("reason", "put right"),
        ("solved", "webcare_unregistered"),
        ("back_door", "no_answer"),
        ("difference", ""),
    ];
    // Without the tick nothing is said of an end.
    assert_eq!(act(&site, &jan, &fields).await.status, 303);
    assert!(endings(&site).await.is_empty());
    site.house.clock.advance(Span::seconds(1));
    let ticked = [&fields[..], &[("resolve", "1"), ("again", "1")]].concat();
    assert_eq!(act(&site, &jan, &ticked).await.status, 303);
    let row = endings(&site).await.remove(0);
    assert_eq!((row.back_door.as_deref(), row.taken.as_str()), (Some("no_answer"), "changed"));
    // Called back, nothing is said of an end either; sent once more, it is.
    let sql = "SELECT id, state FROM action WHERE kind = 'reply' AND payload LIKE '%resolve%'";
    let last: Vec<(String, String)> = site.house.all(sql).await;
    assert_eq!(act(&site, &jan, &[("act", "undo"), ("action", &last[0].0)]).await.status, 303);
    assert!(endings(&site).await.is_empty());
    assert_eq!(act(&site, &jan, &ticked).await.status, 303);
    let counted = || async {
        let (now, brands) = (site.now(), Vec::new());
        let ask =
            Ask { from: now.plus(Span::days(-1)), to: now.plus(Span::days(1)), brands, zone: TimeZone::UTC };
        report(&site.house.db, &ask, now).await.unwrap().shadow.total.cases
    };
    assert_eq!(counted().await, 0, "the answer has not left");
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    assert_eq!(site.house.case(1).await.state, "resolved");
    assert_eq!(counted().await, 1);
}
