//! The console on a busy morning, to be looked at: the pictures that stand in README are taken here.

use crate::agent::Agent;
use crate::axe;
use crate::browser::{Browser, log_in};
use crate::daemon::Start;
use crate::toot::Toot;
use crate::wait_for;
use crate::workday::{Desk, PATIENCE, sign};

/// The sample as a busy morning: a colleague has taken some of it. What is seen here stands in README.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_morning_is_a_page_to_look_at() {
    let sample = |mut start: Start| {
        let text = std::fs::read_to_string(&start.file).unwrap();
        let text = text.replace("Acme", "Tempo").replace("acme", "tempo");
        // With what is off unless somebody wants it.
        let more = "\n[brand.survey]\nenabled = true\n[brand.thanks]\nenabled = true\n[brand.quality]\nenabled = true\n[public_figure]\nenabled = true\n[helpers]\nenabled = true\n\
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
    for page in [
        "/shadow",
        "/shadow/demand",
        "/findings",
        "/yesterday",
        "/tokens",
        "/duty",
        "/duty/coverage",
        "/reports",
        "/reports?period=weekly",
        "/reports?period=monthly",
        "/reports/monday",
        "/reports/staff",
        "/reports/cases?period=daily&by=total&name=&kind=begun&late=0",
        "/reports/sent",
        "/incidents",
        "/protocols",
        "/brands",
        "/templates",
        "/templates/edit",
        "/policies",
        "/policies?policy=social-30m&at=2026-11-24T09:30",
        "/policies/social-30m/edit",
        "/quality",
        "/wall",
        "/briefing",
        "/library",
        "/bulk?lane=unclaimed",
        "/planner",
        "/planner/mine",
        "/planner/swaps",
        "/planner/guests",
        "/labels",
        "/goodwill",
        "/thanks",
        "/reports/survey",
        "/reports/helpers",
        "/reports/forecast",
        "/privacy",
        "/checks",
        "/collecting",
        "/complaints",
        "/public-figure",
        "/triage",
        "/?lane=no_answer",
        "/?level=P1,P2&text=flight",
        "/shadow/demand?days=30",
        "/help/shadow",
        "/help/api",
        "/help/duty",
        "/help/promises",
        "/help/protocols",
        "/help/survey",
    ] {
        looked_at(browser, start, page).await;
    }
    // Who may come in, and who did what.
    log_in(browser, start, "ada", "Ada", "admin").await;
    let days = "/audit?act=case&first=2026-01-01&last=2099-12-31";
    let of_admin =
        ["/people", "/people?q=a", "/audit", days, "/account", "/account/prove", "/account/second"];
    for page in of_admin.into_iter().chain(["/help/login", "/help/people", "/help/privacy"]) {
        looked_at(browser, start, page).await;
    }
    desk.close().await;
}

async fn looked_at(browser: &Browser, start: &Start, page: &str) {
    browser.visit(start, page).await;
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
