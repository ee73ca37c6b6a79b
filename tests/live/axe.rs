//! axe-core on a page of the console, wide in light, in light at 200 % zoom and in dark at 320 pixels: no rule of it may be
//! broken, its advice on good practice included, and nothing may stick out at the side. With
//! `WEBCARED_LONG` light at 320 and dark in wide are looked at as well; no colour hangs on a width.
//!
//! axe-core is one of the pieces that `tests/run` installs; where it is missing the walk goes on
//! without it, and under CI fails.

use crate::browser::Browser;
use crate::rigs::installed;
use serde_json::Value;
use std::fmt::Write as _;
use std::sync::LazyLock;

const FILE: &str = "node/node_modules/axe-core/axe.min.js";
const WIDE: (u32, u32) = (1280, 900);
const NARROW: (u32, u32) = (320, 640);

/// Runs all rules, the one of WCAG 2.2 on the size of targets as well, which axe-core leaves out unless asked; gives those that
/// are broken, with the places.
const RUN: &str = "const done = arguments[arguments.length - 1]; \
    axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }).then((r) => done(r.violations), (e) => done(String(e)))";

/// What stands further to the right than the page is wide.
const WIDER: &str = "const w = document.documentElement.clientWidth; \
    if (document.documentElement.scrollWidth <= w) return []; \
    return [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > w + 1) \
    .slice(0, 5).map((e) => e.outerHTML.slice(0, 160))";

static SOURCE: LazyLock<Option<String>> =
    LazyLock::new(|| installed(FILE).map(|file| std::fs::read_to_string(file).unwrap()));

/// Looks at the page as it is now, and leaves it wide and light.
pub async fn check(browser: &Browser, state: &str) {
    let looks = [(true, NARROW), (false, NARROW), (true, WIDE), (false, WIDE)];
    let long = std::env::var_os("WEBCARED_LONG").is_some();
    let mut found = String::new();
    for (dark, (width, height)) in looks.into_iter().filter(|(dark, size)| long || *dark == (*size == NARROW))
    {
        browser.dark(dark).await;
        browser.size(width, height).await;
        let look = format!("{state}, {} at {width}", if dark { "dark" } else { "light" });
        judge(browser, &look, &mut found).await;
    }
    // The same window at 200 % zoom; colours are those that were looked at.
    browser.zoomed(WIDE.0, WIDE.1).await;
    judge(browser, &format!("{state}, light at 200 % zoom"), &mut found).await;
    browser.size(WIDE.0, WIDE.1).await;
    assert!(found.is_empty(), "axe-core finds:\n{found}");
}

/// Writes down what is broken on the page as it stands.
async fn judge(browser: &Browser, look: &str, found: &mut String) {
    let wider = browser.page.execute(WIDER, vec![]).await.unwrap().json().clone();
    if wider != Value::Array(vec![]) {
        let _ = writeln!(found, "{look}: sticks out: {wider:#}");
    }
    for violation in violations(browser).await {
        let _ = writeln!(found, "{look}: {}", told(&violation));
    }
}

async fn violations(browser: &Browser) -> Vec<Value> {
    let Some(source) = SOURCE.as_deref() else { return Vec::new() };
    let there = browser.page.execute("return typeof axe === 'object'", vec![]).await.unwrap();
    if there.json() != &Value::Bool(true) {
        browser.page.execute(source, vec![]).await.unwrap();
    }
    let found = browser.page.execute_async(RUN, vec![]).await.unwrap();
    found.json().as_array().unwrap_or_else(|| panic!("axe-core failed: {}", found.json())).clone()
}

/// A violation in words: the rule, and where and why it is broken.
fn told(violation: &Value) -> String {
    let mut text = format!("{} ({}): {}", violation["id"], violation["impact"], violation["help"]);
    for node in violation["nodes"].as_array().into_iter().flatten() {
        let why = node["failureSummary"].as_str().unwrap_or_default().replace('\n', " ");
        let _ = write!(text, "\n    {} {why}", node["html"].as_str().unwrap_or_default());
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_with_faults_does_not_pass() {
    let (Some(_), Some(browser)) = (SOURCE.as_deref(), Browser::start().await) else { return };
    let page = "data:text/html,<html lang=en><title>x</title><main><h1>x</h1><img src=x>\
        <p style='width:900px;color:%23ccc;background:%23fff'>pale</p></main>";
    browser.page.goto(page).await.unwrap();
    browser.size(NARROW.0, NARROW.1).await;
    let found = violations(&browser).await;
    let rules: Vec<&str> = found.iter().filter_map(|v| v["id"].as_str()).collect();
    assert!(rules.contains(&"image-alt") && rules.contains(&"color-contrast"), "{rules:?}");
    let wider = browser.page.execute(WIDER, vec![]).await.unwrap();
    assert_ne!(wider.json(), &Value::Array(vec![]), "it sticks out");
    browser.close().await;
}
