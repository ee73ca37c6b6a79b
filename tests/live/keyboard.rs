//! Ten main tasks by keyboard alone, in a real browser against the real program: log in, find a case, claim it, read why
//! it scored so, answer, note with a colleague's name, hand over into private, tie a ticket, resolve, look for help. No
//! mouse is ever moved or pressed, whatever has the focus can be seen to have it, and the walk by Tab never loses it.
//! And an input method that composes: what it is struck with is its own and never sends.

use crate::browser::Browser;
use crate::sender::{ORDINARY, OUTAGE};
use crate::toot::Toot;
use crate::wait_for;
use crate::workday::{Desk, PATIENCE};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// Counts in the window, over all of its pages, what a mouse or a finger does, and keys that an input method took.
const WATCH: &str = "for (const kind of ['mousedown', 'mouseup', 'pointerdown', 'touchstart', 'wheel']) \
    addEventListener(kind, () => { sessionStorage.pointed = Number(sessionStorage.pointed || 0) + 1; }, true); \
    addEventListener('keydown', (e) => { if (e.isComposing) sessionStorage.composed = Number(sessionStorage.composed || 0) + 1; }, true);";

/// What has the focus, and whether that can be seen: a ring of its own, or one that it draws around its row.
const SEEN: &str = "const e = document.activeElement; \
    if (!e || e === document.body) return ['nothing', '', false]; \
    const ring = (s) => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0; \
    const r = e.getBoundingClientRect(); \
    const seen = e.matches(':focus-visible') && r.width > 0 && r.height > 0 \
        && (ring(getComputedStyle(e)) || ring(getComputedStyle(e, '::after'))); \
    return [e.id || e.parentElement.id || e.tagName, e.textContent.trim().slice(0, 60), seen];";

/// Most presses of Tab to anything on a page.
const TABS_MAX: usize = 150;

/// Where the focus is: an id, its words.
async fn focus(browser: &Browser) -> (String, String) {
    let told = browser.page.execute(SEEN, vec![]).await.unwrap().json().clone();
    let text = |n: usize| told[n].as_str().unwrap_or_default().to_owned();
    assert_eq!(told[2], Value::Bool(true), "the focus is on {} '{}' and cannot be seen", text(0), text(1));
    (text(0), text(1))
}

/// Tab until something has the focus, by its id or its words.
async fn tab_to(browser: &Browser, wanted: &str) {
    let mut walked = Vec::new();
    for _ in 0..TABS_MAX {
        browser.strike(Key::Tab).await;
        let (id, words) = focus(browser).await;
        if id == wanted || words == wanted {
            return;
        }
        walked.push(format!("{id} '{words}'"));
    }
    panic!("no {wanted} by Tab; there were {walked:#?}");
}

/// One task is done: nobody touched a mouse, and this is how it looks.
async fn done(browser: &Browser, task: &str) {
    let pointed = browser.page.execute("return sessionStorage.pointed || '0'", vec![]).await.unwrap();
    assert_eq!(pointed.json(), "0", "a mouse was used to {task}");
    eprintln!("screenshot: {}", browser.picture(&format!("keyboard-{task}.png")).await.display());
}

async fn ctrl_enter(browser: &Browser) {
    let keys = browser.page.action_chain().key_down(Key::Control).send_keys(Key::Enter);
    keys.key_up(Key::Control).perform().await.unwrap();
}

/// Logs in by the link that the command prints, by Enter alone.
async fn enter(browser: &Browser, desk: &Desk, login: &str, name: &str) {
    browser.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await;
    let (code, told, trouble) =
        desk.start.run(&["user", "add", login, "--name", name, "--role", "agent"]).await;
    assert_eq!(code, Some(0), "{trouble}");
    let link = told.split_whitespace().find(|w| w.contains("/login/")).expect(&told);
    browser.page.goto(link).await.unwrap();
    if focus(browser).await.1 != "Log in" {
        tab_to(browser, "Log in").await;
    }
    browser.strike(Key::Enter).await;
    browser.at("/account").await;
}

/// From the inbox into the case with these words: looked for by the filter, opened by Enter.
async fn find(browser: &Browser, desk: &Desk, words: &str, shown: &str) {
    browser.visit(&desk.start, "/").await;
    browser.says(shown).await;
    browser.strike("/").await;
    browser.focused("filter").await;
    focus(browser).await;
    browser.strike(words).await;
    let rows = "//tr[not(@hidden)]//a[starts-with(@id, 'row-')]";
    wait_for("one row", PATIENCE, || async {
        (browser.page.find_all(By::XPath(rows)).await.ok()?.len() == 1).then_some(())
    })
    .await;
    browser.strike(Key::Down).await;
    assert!(focus(browser).await.0.starts_with("row-"));
    browser.strike(Key::Enter).await;
    browser.at("/cases/").await;
    browser.says(shown).await;
}

/// A desk with a ticket system that nobody answers for: a tie is made all the same.
async fn desk() -> Option<Desk> {
    let toot = Toot::start().await;
    for (name, text) in [("maria", OUTAGE), ("joost", "@acme do you ship to Norway?"), ("petra", ORDINARY)] {
        toot.customer_posts(name, text);
    }
    let set = |start: crate::daemon::Start| {
        let text = std::fs::read_to_string(&start.file).unwrap();
        let section = "\n[[tickets]]\nname = \"office\"\n[tickets.rt]\nurl = \"http://127.0.0.1:9\"\n\
             token = \"1-14-0a1b2c3d4e5f\"\nqueue = \"Webcare\"\nfields = { key = \"CaseKey\" }\n";
        std::fs::write(&start.file, format!("{text}{section}")).unwrap();
        start
    };
    Desk::with(2, toot, set).await
}

/// Log in, find, claim, read why, answer, note.
async fn one_case(browser: &Browser, desk: &Desk) {
    enter(browser, desk, "anna", "Anna de Vries").await;
    done(browser, "log-in").await;
    find(browser, desk, "norway", "do you ship to Norway").await;
    done(browser, "find").await;

    browser.strike("c").await;
    browser.id("act-release").await;
    browser.says("with Anna de Vries").await;
    done(browser, "claim").await;

    let above = "const r = document.getElementById('h-why').nextElementSibling.getBoundingClientRect(); \
        return r.top >= 0 && r.bottom <= innerHeight";
    for _ in 0..20 {
        if browser.page.execute(above, vec![]).await.unwrap().json() == &Value::Bool(true) {
            break;
        }
        browser.strike(Key::Down).await;
    }
    assert_eq!(
        browser.page.execute(above, vec![]).await.unwrap().json(),
        &Value::Bool(true),
        "why is in sight"
    );
    assert!(browser.has("//table[contains(@class, 'reasons')]//th").await);
    done(browser, "read-why").await;

    browser.strike("m").await;
    browser.focused("note-text").await;
    focus(browser).await;
    browser.strike("@ben do we ship there now?").await;
    tab_to(browser, "act-note").await;
    browser.strike(Key::Enter).await;
    browser.says("do we ship there now?").await;
    done(browser, "note").await;

    browser.strike("r").await;
    browser.focused("reply-text").await;
    focus(browser).await;
    browser.strike("Yes, within three days.").await;
    ctrl_enter(browser).await;
    browser.says("On its way").await;
    done(browser, "answer").await;
    desk.stand(1).await;
}

/// Hand over into private, tie to a ticket, resolve; the list of keys.
async fn other_cases(browser: &Browser, desk: &Desk) {
    find(browser, desk, "late", "my parcel is a week late").await;
    if browser.page.find(By::Id("private")).await.unwrap().attr("open").await.unwrap().is_none() {
        tab_to(browser, "Private channel").await;
        browser.strike(Key::Enter).await;
    }
    tab_to(browser, "private-ask").await;
    browser.strike(Key::Enter).await;
    browser.id("private-offer").await;
    tab_to(browser, "private-offer").await;
    browser.strike(Key::Enter).await;
    browser.says("offered").await;
    done(browser, "hand-over").await;
    desk.stand(2).await;

    find(browser, desk, "street", "whole street has no internet").await;
    tab_to(browser, "ticket-q").await;
    browser.strike(TypingData::from("4711") + Key::Enter).await;
    browser.id("ticket-office").await;
    tab_to(browser, "ticket-office").await;
    browser.strike(TypingData::from("4711") + Key::Enter).await;
    browser.says("office #4711").await;
    done(browser, "link-a-ticket").await;

    browser.strike("e").await;
    browser.focused("reason-resolve").await;
    focus(browser).await;
    browser.strike(Key::Enter).await;
    browser.id("act-reopen").await;
    done(browser, "resolve").await;

    browser.visit(&desk.start, "/").await;
    browser.strike("?").await;
    browser.id("keys").await;
    focus(browser).await;
    done(browser, "help").await;
    browser.strike(Key::Escape).await;
    wait_for("the list of keys to be gone", PATIENCE, || async {
        browser.has("//dialog[@id='keys' and not(@open)]").await.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_tasks_need_no_mouse() {
    let Some(desk) = desk().await else { return };
    let browser = &desk.browser;
    let ben = ["user", "add", "ben", "--name", "Ben Smit", "--role", "agent"];
    assert_eq!(desk.start.run(&ben).await.0, Some(0));
    one_case(browser, &desk).await;
    other_cases(browser, &desk).await;
    desk.close().await;
}

/// A key as the browser gets it from the keyboard while a method composes: no character comes of it.
async fn raw(browser: &Browser, modifiers: u8) {
    for kind in ["rawKeyDown", "keyUp"] {
        let key = json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13,
            "nativeVirtualKeyCode": 13, "modifiers": modifiers });
        browser.tell("Input.dispatchKeyEvent", key).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_input_method_that_composes_never_sends() {
    let Some(desk) = desk().await else { return };
    let browser = &desk.browser;
    enter(browser, &desk, "anna", "Anna de Vries").await;
    find(browser, &desk, "norway", "do you ship to Norway").await;
    let case = browser.path().await;
    browser.strike("r").await;
    browser.focused("reply-text").await;
    let composing = json!({ "text": "にほんご", "selectionStart": 4, "selectionEnd": 4 });
    browser.tell("Input.imeSetComposition", composing).await;
    assert_eq!(browser.field("reply-text").await, "にほんご", "it is being composed");
    raw(browser, 0).await;
    raw(browser, 2).await;
    raw(browser, 4).await;
    let met = browser.page.execute("return Number(sessionStorage.composed || 0)", vec![]).await.unwrap();
    assert!(met.json().as_i64().is_some_and(|n| n >= 3), "the keys came while it composed: {}", met.json());
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(browser.path().await, case);
    assert!(browser.field("reply-text").await.starts_with("にほんご"), "the words are still there");
    assert!(!browser.text().await.contains("On its way"));
    assert!(!browser.has("//*[@id='way']//*[contains(@class, 'undo')]").await);
    eprintln!("screenshot: {}", browser.picture("composing.png").await.display());

    // Taken over into the text: from here on the word to send counts, and Enter alone is a line break.
    browser.tell("Input.insertText", json!({ "text": "日本語" })).await;
    assert_eq!(browser.field("reply-text").await, "日本語");
    browser.strike(Key::Enter).await;
    assert_eq!(browser.field("reply-text").await, "日本語\n");
    assert_eq!(desk.attempts(), 0, "nothing has left");
    ctrl_enter(browser).await;
    browser.says("On its way").await;
    let standing = desk.stand(1).await;
    assert!(standing[0].contains("日本語"), "{standing:?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_survives_a_reload_and_is_sent_by_ctrl_enter_only() {
    let Some(desk) = desk().await else { return };
    let browser = &desk.browser;
    enter(browser, &desk, "anna", "Anna de Vries").await;
    find(browser, &desk, "norway", "do you ship to Norway").await;
    let case = browser.path().await;
    let case = case.split('?').next().unwrap_or_default().to_owned();
    browser.strike("m").await;
    browser.focused("note-text").await;
    browser.strike("She asked twice.").await;
    // Kept a little after the last key, without a press.
    wait_for("the note to be kept", PATIENCE, || async {
        browser.has("//details[@id='do-note']//span[contains(@class, 'kept') and text()]").await.then_some(())
    })
    .await;
    browser.visit(&desk.start, &case).await;
    assert_eq!(browser.field("note-text").await, "She asked twice.", "it is there after a reload");
    eprintln!("screenshot: {}", browser.picture("note-kept.png").await.display());
    browser.strike("m").await;
    browser.focused("note-text").await;
    browser
        .tell("Input.imeSetComposition", json!({ "text": "にほ", "selectionStart": 2, "selectionEnd": 2 }))
        .await;
    raw(browser, 2).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(browser.field("note-text").await.contains("にほ"), "what is composed is not sent");
    browser.tell("Input.insertText", json!({ "text": "日本" })).await;
    browser.strike(Key::Enter).await;
    assert!(browser.field("note-text").await.contains("日本"), "Enter alone is a line break");
    ctrl_enter(browser).await;
    browser.says("日本").await;
    assert_eq!(browser.field("note-text").await, "", "what was sent is no draft any more");
    desk.close().await;
}
