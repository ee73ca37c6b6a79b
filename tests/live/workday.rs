//! The working day in a real browser, against the real program, with answers that go to a server of
//! Mastodon's API whose ledger says what really stands there: log in, next case, claim, answer, see
//! it sent; undo, resolve, dismiss, snooze, note; by keys, at 320 pixels, and without scripts; and
//! two people on one case, of whom the second is told before anything leaves.
//!
//! On every state of every page that is passed axe-core finds nothing.

use crate::axe;
use crate::browser::{Browser, log_in};
use crate::daemon::{Daemon, Start};
use crate::place::{Data, Engine};
use crate::sender::{ORDINARY, OUTAGE};
use crate::toot::Toot;
use crate::wait_for;
use std::time::Duration;
use thirtyfour::prelude::*;

pub const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon with an account on the server, a browser, and nobody logged in.
pub struct Desk {
    data: Data,
    toot: Toot,
    pub start: Start,
    daemon: Daemon,
    pub browser: Browser,
}

impl Desk {
    /// The posts are there before the daemon looks for the first time.
    async fn open(undo_seconds: u32, posts: &[(&str, &str)]) -> Option<Self> {
        let toot = Toot::start().await;
        for (name, text) in posts {
            toot.customer_posts(name, text);
        }
        Self::with(undo_seconds, toot, |start| start).await
    }

    /// With a server, and a word on how the daemon is started.
    pub async fn with(undo_seconds: u32, toot: Toot, set: impl FnOnce(Start) -> Start) -> Option<Self> {
        let (browser, data) = (Browser::start().await?, Data::fresh(Engine::Sqlite).await);
        let start = set(Start::new(&data, 0, None));
        let text = std::fs::read_to_string(&start.file).unwrap();
        let account = format!(
            "\n[[source]]\nname = \"acme-toot\"\ncounts_from = \"2020-01-01T00:00:00Z\"\n\
             [source.mastodon]\nserver = \"{}\"\ntoken = \"secret-token\"\nevery_seconds = 5\n\
             \n[answers]\nundo_seconds = {undo_seconds}\n",
            toot.url
        );
        std::fs::write(&start.file, format!("{text}{account}")).unwrap();
        let daemon = start.ready().await;
        Some(Self { data, toot, start, daemon, browser })
    }

    pub async fn close(self) {
        self.browser.no_trouble().await;
        self.browser.close().await;
        self.daemon.stop().await;
        drop(self.data);
    }

    /// Opens the case with these words from the inbox.
    pub async fn open_case(&self, browser: &Browser, words: &str) {
        browser.visit(&self.start, "/").await;
        browser.says(words).await;
        let path = format!("//tr[contains(., '{words}')]//a[starts-with(@id, 'row-')]");
        // The rows may be put in anew between finding one and pressing it.
        let row = || async { browser.page.find(By::XPath(path.clone())).await.ok()?.click().await.ok() };
        wait_for("a row to press", PATIENCE, row).await;
        browser.at("/cases/").await;
    }

    /// Waits until so many answers stand on the server; what they say.
    pub async fn stand(&self, count: usize) -> Vec<String> {
        wait_for(&format!("{count} answers"), PATIENCE, || async {
            Some(self.toot.answers()).filter(|a| a.len() >= count)
        })
        .await
    }

    /// The server.
    pub const fn toot(&self) -> &Toot {
        &self.toot
    }

    /// How often somebody tried to post on the server.
    pub fn attempts(&self) -> usize {
        self.toot.attempts()
    }

    /// Reads the page anew until our words stand in the conversation.
    async fn sees_answer(&self, browser: &Browser, words: &str) {
        let path = format!("//li[contains(@class, 'ours')][contains(., '{words}')]");
        wait_for(words, PATIENCE, || async {
            if browser.has(&path).await {
                return Some(());
            }
            browser.page.refresh().await.ok()?;
            tokio::time::sleep(Duration::from_millis(200)).await;
            None
        })
        .await;
    }
}

/// Ctrl+Enter where the focus is.
async fn say_send(browser: &Browser) {
    let keys = browser.page.action_chain().key_down(Key::Control).send_keys(Key::Enter);
    keys.key_up(Key::Control).perform().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_logs_in_by_link_and_by_password() {
    let Some(desk) = Desk::open(5, &[]).await else { return };
    let (browser, start) = (&desk.browser, &desk.start);
    browser.visit(start, "/").await;
    browser.at("/login").await;
    axe::check(browser, "log-in").await;
    log_in(browser, start, "anna", "Anna de Vries", "agent").await;
    axe::check(browser, "inbox, empty").await;
    browser.named("Anna de Vries").await.click().await.unwrap();
    let password = "seven quiet herons wait";
    browser.id("password").await.send_keys(password).await.unwrap();
    axe::check(browser, "account").await;
    browser.id("password").await.send_keys(Key::Enter).await.unwrap();
    browser.says("The password is set.").await;
    axe::check(browser, "account, password set").await;
    browser.named("Log out").await.click().await.unwrap();
    browser.at("/login").await;
    browser.visit(start, "/sources").await;
    browser.at("/login").await;
    browser.id("login").await.send_keys("anna").await.unwrap();
    browser.id("password").await.send_keys("seven loud herons wait").await.unwrap();
    browser.named("Log in").await.click().await.unwrap();
    browser.says("Login or password is wrong.").await;
    axe::check(browser, "log-in, refused").await;
    assert_eq!(browser.field("login").await, "anna", "the name is still there");
    browser.id("password").await.send_keys(TypingData::from(password) + Key::Enter).await.unwrap();
    browser.at("/sources").await;
    browser.says("acme-toot").await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_case_is_claimed_and_answered_by_keys() {
    let posts = [("maria", OUTAGE), ("joost", "@acme do you ship to Norway?")];
    let Some(desk) = Desk::open(2, &posts).await else { return };
    let (browser, start) = (&desk.browser, &desk.start);
    log_in(browser, start, "anna", "Anna de Vries", "agent").await;
    sign(browser, start, "^Anna").await;
    browser.visit(start, "/").await;
    browser.says("do you ship to Norway").await;
    browser.says("whole street has no internet").await;
    axe::check(browser, "inbox").await;
    about_the_inbox(browser).await;

    browser.strike("n").await;
    browser.at("/cases/").await;
    browser.says("whole street has no internet").await;
    axe::check(browser, "case, fresh").await;
    let case = browser.path().await;
    browser.strike("c").await;
    browser.id("act-release").await;
    browser.says("with Anna de Vries").await;
    axe::check(browser, "case, claimed").await;

    browser.strike("r").await;
    browser.focused("reply-text").await;
    browser.strike("We look for it today.").await;
    browser.strike(Key::Enter).await;
    browser.strike("You hear from us by five").await;
    let typed = "We look for it today.\nYou hear from us by five";
    assert_eq!(browser.field("reply-text").await, typed, "Enter is a line break");
    assert_eq!(browser.path().await, case);
    assert_eq!(desk.toot.attempts(), 0, "nothing was sent");
    let button = browser.id("reply-send").await.text().await.unwrap();
    assert!(button.starts_with("Send as ") && button.contains("acme"), "{button}");
    let count = browser.id("count").await.text().await.unwrap();
    wait_for("the draft to be kept", PATIENCE, || async {
        let state = browser.page.find(By::Id("draft-state")).await.ok()?.text().await.ok()?;
        (state == "Draft kept").then_some(())
    })
    .await;
    let shown = browser.id("preview").await.text().await.unwrap();
    assert!(shown.contains("You hear from us by five ^Anna"), "{shown}");
    axe::check(browser, "case, answer typed").await;
    browser.page.refresh().await.unwrap();
    assert_eq!(browser.field("reply-text").await, typed, "the draft outlives the page");

    browser.strike("r").await;
    browser.focused("reply-text").await;
    say_send(browser).await;
    browser.says("On its way").await;
    browser.says("leaves").await;
    axe::check(browser, "case, answer on its way").await;
    let standing = desk.stand(1).await;
    assert_eq!(standing, [format!("@maria {typed} ^Anna")]);
    assert_eq!(count, format!("{} / 500", standing[0].chars().count()), "counted as it stands there");
    // The page says by itself that something has changed, and then shows it.
    browser.id("changed").await;
    browser.named("Show the changes").await.click().await.unwrap();
    desk.sees_answer(browser, "You hear from us by five").await;
    browser.says("waiting for customer").await;
    axe::check(browser, "case, answered").await;
    rest_of_the_pages(browser, start).await;
    assert_eq!(desk.toot.answers().len(), 1, "and it stands there once");
    desk.close().await;
}

/// Sets the signature on the account page.
pub async fn sign(browser: &Browser, start: &Start, sign: &str) {
    browser.visit(start, "/account").await;
    browser.id("sign-1").await.send_keys(TypingData::from(sign) + Key::Enter).await.unwrap();
    browser.says("The signature is set.").await;
}

/// The list of keys, the filter, and rows by keys.
async fn about_the_inbox(browser: &Browser) {
    browser.strike("?").await;
    browser.id("keys").await;
    axe::check(browser, "inbox, list of keys").await;
    browser.press("keys-close").await;
    browser.strike("/").await;
    browser.focused("filter").await;
    browser.strike("norway").await;
    let shown = "//tr[not(@hidden)]//a[starts-with(@id, 'row-')]";
    wait_for("one row", PATIENCE, || async {
        (browser.page.find_all(By::XPath(shown)).await.ok()?.len() == 1).then_some(())
    })
    .await;
    axe::check(browser, "inbox, filtered").await;
    browser.strike(Key::Escape).await;
    assert_eq!(browser.page.find_all(By::XPath(shown)).await.unwrap().len(), 2);
    browser.strike("j").await;
    let at = "return document.activeElement.closest('tr').rowIndex";
    assert_eq!(browser.page.execute(at, vec![]).await.unwrap().json(), 1);
    browser.strike("j").await;
    assert_eq!(browser.page.execute(at, vec![]).await.unwrap().json(), 2);
    browser.strike("k").await;
    assert_eq!(browser.page.execute(at, vec![]).await.unwrap().json(), 1);
}

/// The pages that the walk has no other business on.
async fn rest_of_the_pages(browser: &Browser, start: &Start) {
    let pages = ["/outbox", "/sources", "/help", "/help/console", "/account", "/?lane=waiting", "/nowhere"];
    for page in pages {
        browser.visit(start, page).await;
        axe::check(browser, page).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_called_back_before_it_leaves() {
    let Some(desk) = Desk::open(60, &[]).await else { return };
    let question = desk.toot.customer_posts("maria", "@acme do you ship to Norway?");
    let (browser, start) = (&desk.browser, &desk.start);
    log_in(browser, start, "anna", "Anna de Vries", "lead").await;
    desk.open_case(browser, "do you ship to Norway").await;
    browser.strike("r").await;
    browser.focused("reply-text").await;
    browser.strike("Yes, wihtin three days.").await;
    say_send(browser).await;
    browser.says("leaves in").await;
    browser.visit(start, "/outbox").await;
    browser.says("leaves in").await;
    axe::check(browser, "outbox, an answer waits").await;
    browser.page.back().await.unwrap();
    browser.says("leaves in").await;
    browser.strike("u").await;
    wait_for("the words in the box again", PATIENCE, || async {
        (browser.field("reply-text").await == "Yes, wihtin three days.").then_some(())
    })
    .await;
    assert!(!browser.text().await.contains("leaves in"));
    browser.says("called an answer back").await;
    axe::check(browser, "case, answer called back").await;

    // Meanwhile the customer writes: told before it leaves, and a second press means it.
    desk.toot.customer_replies("maria", "@acme or to Sweden?", &question);
    browser.id("changed").await;
    browser.press("reply-send").await;
    let problem = browser.id("reply-problem").await.text().await.unwrap();
    assert!(problem.contains("the customer wrote"), "{problem}");
    assert_eq!(browser.field("reply-text").await, "Yes, wihtin three days.");
    browser.says("or to Sweden?").await;
    axe::check(browser, "case, the customer wrote meanwhile").await;
    browser.press("reply-send").await;
    browser.says("leaves in").await;
    assert_eq!(desk.toot.attempts(), 0, "nothing left");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_gives_nothing_away_and_can_resolve() {
    let Some(desk) = Desk::open(1, &[("maria", "@acme do you ship to Norway?")]).await else { return };
    let (browser, start) = (&desk.browser, &desk.start);
    log_in(browser, start, "anna", "Anna de Vries", "lead").await;
    desk.open_case(browser, "do you ship to Norway").await;
    browser.strike("r").await;
    browser.focused("reply-text").await;
    browser.strike("Call us on 06-12345678").await;
    say_send(browser).await;
    let problem = browser.id("reply-problem").await.text().await.unwrap();
    assert!(problem.contains("must not hold personal data"), "{problem}");
    assert!(browser.has("//*[@id='reply-problem']//mark[contains(., '06-12345678')]").await);
    browser.id("reply-sure").await;
    axe::check(browser, "case, personal data refused").await;
    let text = browser.id("reply-text").await;
    text.clear().await.unwrap();
    text.send_keys("Yes, within three days.").await.unwrap();
    // Naming a reason means it.
    let reason = browser.id("reply-reason").await;
    reason.clear().await.unwrap();
    reason.send_keys("Told them").await.unwrap();
    assert!(browser.id("reply-resolve").await.is_selected().await.unwrap());
    browser.press("reply-send").await;
    assert_eq!(desk.stand(1).await, ["@maria Yes, within three days."]);
    desk.sees_answer(browser, "Yes, within three days.").await;
    wait_for("the case to be resolved", PATIENCE, || async {
        browser.page.refresh().await.ok()?;
        browser.has("//*[@id='act-reopen']").await.then_some(())
    })
    .await;
    browser.says("Told them").await;
    axe::check(browser, "case, resolved by an answer").await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_are_put_away_noted_dismissed_and_resolved_by_keys() {
    let posts = [
        ("maria", ORDINARY),
        ("joost", "@acme do you ship to Norway?"),
        ("petra", "@acme how do I reset the password of my account?"),
    ];
    let Some(desk) = Desk::open(5, &posts).await else { return };
    let (browser, start) = (&desk.browser, &desk.start);
    log_in(browser, start, "anna", "Anna de Vries", "agent").await;

    desk.open_case(browser, "my parcel is a week late").await;
    browser.strike("m").await;
    browser.focused("note-text").await;
    browser.strike("asked the depot").await;
    axe::check(browser, "case, all parts open").await;
    browser.press("act-note").await;
    browser.says("asked the depot").await;
    browser.strike("s").await;
    browser.strike(Key::Enter).await;
    browser.says("snoozed until").await;
    axe::check(browser, "case, snoozed").await;
    browser.visit(start, "/").await;
    browser.says("Snoozed").await;
    assert!(!browser.text().await.contains("my parcel"), "it is put away");
    browser.page.back().await.unwrap();
    browser.press("act-wake").await;
    wait_for("it to be awake", PATIENCE, || async {
        (!browser.has("//*[@id='act-wake']").await).then_some(())
    })
    .await;

    desk.open_case(browser, "do you ship to Norway").await;
    browser.strike("x").await;
    browser.focused("reason-dismiss").await;
    browser.strike(Key::Enter).await;
    browser.focused("reason-dismiss").await;
    assert!(!browser.text().await.contains("dismissed"), "not without a reason");
    browser.strike("Asked twice").await;
    browser.strike(Key::Enter).await;
    browser.says("dismissed").await;
    browser.says("Asked twice").await;
    axe::check(browser, "case, dismissed").await;

    desk.open_case(browser, "reset the password").await;
    browser.strike("e").await;
    browser.focused("reason-resolve").await;
    assert_eq!(browser.field("reason-resolve").await, "Question answered", "filled in already");
    axe::check(browser, "case, about to be resolved").await;
    browser.strike(Key::Enter).await;
    browser.id("act-reopen").await;
    browser.says("resolved").await;
    axe::check(browser, "case, resolved").await;
    browser.strike("n").await;
    browser.says("my parcel is a week late").await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_people_is_told_before_sending() {
    let words = "my parcel is a week late";
    let Some(desk) = Desk::open(1, &[("maria", ORDINARY)]).await else { return };
    let Some(second) = Browser::start().await else { return };
    let (first, start) = (&desk.browser, &desk.start);
    log_in(first, start, "anna", "Anna de Vries", "agent").await;
    log_in(&second, start, "ben", "Ben Smit", "agent").await;
    for browser in [first, &second] {
        desk.open_case(browser, words).await;
    }
    second.strike("r").await;
    second.focused("reply-text").await;
    second.strike("Ben would say this").await;
    first.strike("r").await;
    first.focused("reply-text").await;
    first.strike("Anna says this").await;
    // Each sees that the other writes.
    first.says("Ben Smit is writing").await;
    axe::check(first, "case, a colleague writes").await;
    second.says("Anna de Vries is writing").await;
    say_send(first).await;
    desk.stand(1).await;
    // Told without a press, with the words still in the box.
    second.id("changed").await;
    assert_eq!(second.field("reply-text").await, "Ben would say this");
    axe::check(&second, "case, changed by somebody else").await;
    second.press("reply-send").await;
    let problem = second.id("reply-problem").await.text().await.unwrap();
    assert!(problem.contains("Nothing was sent"), "{problem}");
    assert!(problem.contains("Anna de Vries"), "it says who did what: {problem}");
    assert_eq!(second.field("reply-text").await, "Ben would say this");
    axe::check(&second, "case, stale answer refused").await;
    second.press("reply-send").await;
    second.says("Anna de Vries").await;
    assert_eq!(second.field("reply-text").await, "Ben would say this", "refused once more");
    axe::check(&second, "case, held by somebody else").await;
    assert_eq!(desk.toot.attempts(), 1);
    assert_eq!(desk.toot.answers(), ["@maria Anna says this"]);
    second.no_trouble().await;
    second.close().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_without_scripts() {
    let words = "my parcel is a week late";
    let Some(desk) = Desk::open(1, &[("maria", ORDINARY)]).await else { return };
    let (browser, start) = (&desk.browser, &desk.start);
    browser.scripts(false).await;
    browser.size(320, 640).await;
    log_in(browser, start, "anna", "Anna de Vries", "agent").await;
    wait_for("the case", PATIENCE, || async {
        browser.page.refresh().await.ok()?;
        browser.text().await.contains(words).then_some(())
    })
    .await;
    assert!(!browser.has("//body[contains(@class, 'js')]").await, "no script ran");
    browser.press("next").await;
    browser.at("/cases/").await;
    browser.press("act-claim").await;
    browser.id("act-release").await;
    browser.press_summary("reply").await;
    browser.id("reply-text").await.send_keys("We look for it today").await.unwrap();
    browser.press("reply-keep").await;
    browser.says("Draft kept").await;
    eprintln!("{}", browser.picture("narrow.png").await.display());
    assert_eq!(browser.field("reply-text").await, "We look for it today");
    browser.press("reply-send").await;
    browser.named("Look again").await;
    desk.stand(1).await;
    desk.sees_answer(browser, "We look for it today").await;
    browser.press_summary("do-resolve").await;
    browser.press("act-resolve").await;
    browser.id("act-reopen").await;
    assert_eq!(desk.toot.answers(), ["@maria We look for it today"]);
    desk.close().await;
}
