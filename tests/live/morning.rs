//! The console on a busy morning, to be looked at: the pictures that stand in README are taken here.

use crate::agent::Agent;
use crate::axe;
use crate::browser::{Browser, log_in};
use crate::daemon::Start;
use crate::pages::{self, Made};
use crate::toot::Toot;
use crate::wait_for;
use crate::workday::{Desk, PATIENCE, sign};
use thirtyfour::prelude::*;

/// The sample as a busy morning: a colleague has taken some of it. What is seen here stands in README.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_morning_is_a_page_to_look_at() {
    let sample = |mut start: Start| {
        let text = std::fs::read_to_string(&start.file).unwrap();
        let text = text.replace("Acme", "Tempo").replace("acme", "tempo");
        // With what is off unless somebody wants it.
        let more = "\n[brand.front_office]\ncomplaints = true\n[brand.survey]\nenabled = true\n[brand.thanks]\nenabled = true\n[brand.quality]\nenabled = true\n[public_figure]\nenabled = true\n[helpers]\nenabled = true\n\
                    [forecast]\nenabled = true\n[planner]\nenabled = true\n";
        std::fs::write(&start.file, text + more).unwrap();
        start.run_flags = vec!["--sample".to_owned()];
        start
    };
    let toot = Toot::of("tempo", Some("https://toot.example")).await;
    let Some(desk) = Desk::with(60, toot, sample).await else { return };
    let (browser, start) = (&desk.browser, &desk.start);
    let colleague = Agent::log_in(start, "Noor", "agent").await;
    wait_for("the sample", PATIENCE, || async { Some(rows(&colleague, "/").await).filter(|r| r.len() > 40) })
        .await;
    late_ones_end(&colleague).await;
    log_in(browser, start, "jan", "Jan de Boer", "agent").await;
    sign(browser, start, "^Jan").await;
    desk.open_case(browser, "my flight leaves in an hour").await;
    browser.strike("c").await;
    browser.id("act-release").await;
    browser.strike("r").await;
    browser.focused("reply-text").await;
    let words = "We have found your booking, Amelia. Go straight to the service desk beside check-in: \
        they know, and take you and your bag without the queue. I stay here until you are through.";
    browser.strike(words).await;
    browser.says("Draft kept").await;
    axe::check(browser, "case, a busy morning").await;
    eprintln!("{}", browser.picture("case.png").await.display());
    for case in rows(&colleague, "/").await.iter().skip(1).step_by(3).take(5) {
        colleague.act(case, "claim", &[]).await;
    }
    browser.visit(start, "/").await;
    browser.says("with Noor").await;
    axe::check(browser, "inbox, a busy morning").await;
    eprintln!("{}", browser.picture("inbox.png").await.display());
    // What a lead reads of it, and the page for tokens.
    log_in(browser, start, "lea", "Lea", "lead").await;
    for page in pages::of_lead() {
        looked_at(browser, start, page).await;
    }
    let case = rows(&colleague, "/").await.remove(0);
    let library = format!("/cases/{case}/library");
    looked_at(browser, start, &library).await;
    let [bulk, incident] = after_acts(browser, start).await;
    assert_eq!(pages::missed(Made::Morning, &[library, bulk, incident]), [""; 0]);
    read_from_afar(browser, start).await;
    // Who may come in, and who did what.
    log_in(browser, start, "ada", "Ada", "admin").await;
    for page in pages::of_admin() {
        looked_at(browser, start, page).await;
    }
    desk.close().await;
}

async fn looked_at(browser: &Browser, start: &Start, page: &str) {
    browser.visit(start, page).await;
    // An error is a page without a fault as well.
    assert!(!browser.has("//*[@id='error-page']").await, "{page} is an error");
    axe::check(browser, page).await;
    let name: String = page[1..].chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    for (dark, look) in [(false, "light"), (true, "dark")] {
        browser.dark(dark).await;
        for width in [320, 1280] {
            browser.size(width, 900).await;
            eprintln!("{}", browser.picture(&format!("{name}-{look}-{width}.png")).await.display());
        }
    }
    browser.dark(false).await;
}

/// Pages that there are only once something was done: an act on many with its undo, and an incident. Their addresses.
async fn after_acts(browser: &Browser, start: &Start) -> [String; 2] {
    browser.visit(start, "/bulk?lane=unclaimed").await;
    let choose = "document.getElementById('do').value = 'dismiss'; \
        document.querySelectorAll('input[name=case]').forEach((box, at) => { box.checked = at < 3; })";
    browser.page.execute(choose, vec![]).await.unwrap();
    browser.id("reason").await.send_keys("Not for us").await.unwrap();
    browser.press("many-go").await;
    browser.at("/bulk/").await;
    browser.says("done with").await;
    axe::check(browser, "bulk, done").await;
    browser.press("many-undo").await;
    browser.says("undone with").await;
    axe::check(browser, "bulk, undone").await;
    let bulk = browser.path().await;
    browser.visit(start, "/incidents").await;
    let title = browser.id("new-title").await;
    title.send_keys(TypingData::from("Delays at the gates") + Key::Enter).await.unwrap();
    browser.at("/incidents/").await;
    browser.says("Delays at the gates").await;
    axe::check(browser, "an incident").await;
    [bulk, browser.path().await]
}

/// The wallboard on a screen of 1920 points: on one of 55 inches, 36 points are 23 millimetres, which is read from five
/// metres; and all of it is in sight, for nobody scrolls there.
async fn read_from_afar(browser: &Browser, start: &Start) {
    browser.size(1920, 1080).await;
    browser.visit(start, "/wall").await;
    let small = "return [...document.querySelectorAll('.tile dd, .tile dd > span, tbody th, tbody td, .level')] \
        .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 36).map((e) => e.outerHTML)";
    let found = browser.page.execute(small, vec![]).await.unwrap().json().clone();
    assert_eq!(found, serde_json::json!([]), "too small to be read from five metres");
    assert!(browser.has("//dl[@class='tiles']//dd").await && browser.has("//tbody//td").await);
    let ground = browser.page.execute("return getComputedStyle(document.body).backgroundColor", vec![]).await;
    assert_eq!(ground.unwrap().json(), "rgb(13, 17, 20)", "it is dark, whatever the screen asks for");
    let tall = "return document.documentElement.scrollHeight - innerHeight";
    let over = browser.page.execute(tall, vec![]).await.unwrap().json().as_f64().unwrap();
    assert!(over <= 0.0, "{over} points are below the screen");
    eprintln!("{}", browser.picture("wall-1920.png").await.display());
}

/// Ends the cases that are late.
async fn late_ones_end(colleague: &Agent) {
    for _ in 0..4 {
        for case in rows(colleague, "/?lane=late").await {
            colleague.act(&case, "resolve", &[("reason", "Put right")]).await;
        }
    }
    // And of the most urgent some.
    for case in rows(colleague, "/").await.iter().skip(3).take(10) {
        colleague.act(case, "resolve", &[("reason", "Passed on to the front office")]).await;
    }
}

/// The cases on a page of the inbox.
async fn rows(who: &Agent, path: &str) -> Vec<String> {
    let page = who.get(path).await.unwrap().body;
    let links = page.split("href=\"/cases/").skip(1);
    links.filter_map(|l| Some(l.split('"').next()?.to_owned())).collect()
}
