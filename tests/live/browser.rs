//! Chromium without a window, and the least that a test needs to work with the console in it: log in
//! by a one-time link, see a case arrive without reloading, claim it. Elements are found by the
//! words that people read or by the ids that pages promise; keys go to whatever has the focus.

use crate::daemon::{Daemon, Start, free_port};
use crate::place::{Data, Engine};
use crate::sender::{ORDINARY, OUTAGE, QUESTION, post};
use crate::wait_for;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::prelude::*;
use webcared::domain::time::Span;

const SHOW_MAX: Duration = Duration::from_secs(30);

/// One browser with a profile of its own: nobody is logged in.
pub struct Browser {
    pub page: WebDriver,
    driver: Driver,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one, where the machine has it.
    pub async fn start() -> Option<Self> {
        let (driver, _) = (crate::tool("chromedriver")?, crate::tool("chromium")?);
        Some(Self::open(driver).await)
    }

    async fn open(program: PathBuf) -> Self {
        let (port, profile) = (free_port(), tempfile::tempdir().unwrap());
        let driver = Command::new(program)
            .args([format!("--port={port}"), "--allowed-ips=127.0.0.1".to_owned()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let driver = Driver(driver, port);
        let mut wanted = DesiredCapabilities::chrome();
        let folder = format!("--user-data-dir={}", profile.path().display());
        let flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        let looks = [folder.as_str(), "--window-size=1200,900", "--lang=en", "--hide-scrollbars"];
        for flag in flags.into_iter().chain(looks) {
            wanted.add_arg(flag).unwrap();
        }
        wanted.set("goog:loggingPrefs", json!({ "browser": "ALL" })).unwrap();
        // reqwest without a provider of its own takes the one of the process.
        let _ = crate::sender::client();
        let page = wait_for("the browser", Duration::from_secs(60), || async {
            WebDriver::new(format!("http://127.0.0.1:{port}"), wanted.clone()).await.ok()
        })
        .await;
        Self { page, driver, _profile: profile }
    }

    /// Speaks to the browser behind the page: sizes, colours, scripts.
    pub async fn tell(&self, command: &str, params: Value) {
        let session = self.page.session_id();
        let url = format!("http://127.0.0.1:{}/session/{session}/goog/cdp/execute", self.driver.1);
        let ask = crate::sender::client().post(url).json(&json!({ "cmd": command, "params": params }));
        let answer = ask.send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{command}: {}", answer.text().await.unwrap_or_default());
    }

    /// The size of the page in pixels of its style, whatever the smallest window is.
    pub async fn size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// A window of so many points of the screen at twice their size, as zooming to 200 % makes it: half as many for the
    /// page, each drawn by four.
    pub async fn zoomed(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width / 2, "height": height / 2, "deviceScaleFactor": 2, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Light or dark, and nothing that moves.
    pub async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": value },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.tell("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Whether pages loaded from now on may run scripts.
    pub async fn scripts(&self, run: bool) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({ "value": !run })).await;
    }

    /// A page of the console.
    pub async fn visit(&self, start: &Start, path: &str) {
        self.page.goto(format!("http://127.0.0.1:{}{path}", start.port)).await.unwrap();
    }

    /// The button or link with these words, once it is there.
    pub async fn named(&self, words: &str) -> WebElement {
        let path = format!(
            "//button[normalize-space(.)='{words}'] | //a[normalize-space(.)='{words}'] | \
             //input[@type='submit' and @value='{words}']"
        );
        wait_for(words, SHOW_MAX, || async { self.page.find(By::XPath(path.as_str())).await.ok() }).await
    }

    /// The element with this id, once it can be seen.
    pub async fn id(&self, id: &str) -> WebElement {
        wait_for(id, SHOW_MAX, || async {
            let found = self.page.find(By::Id(id)).await.ok()?;
            found.is_displayed().await.ok()?.then_some(found)
        })
        .await
    }

    /// Whether there is such an element at this moment, seen or not.
    pub async fn has(&self, path: &str) -> bool {
        self.page.find(By::XPath(path)).await.is_ok()
    }

    /// What stands in a field by now; a page that is just being loaded is waited for.
    pub async fn field(&self, id: &str) -> String {
        wait_for(id, SHOW_MAX, || async { self.page.find(By::Id(id)).await.ok()?.prop("value").await.ok()? })
            .await
    }

    /// Presses what has this id.
    pub async fn press(&self, id: &str) {
        wait_for(id, SHOW_MAX, || async { self.page.find(By::Id(id)).await.ok()?.click().await.ok() }).await;
    }

    /// Opens the part with this id, unless it is open.
    pub async fn press_summary(&self, id: &str) {
        if self.id(id).await.attr("open").await.unwrap().is_none() {
            let summary = format!("//*[@id='{id}']/summary");
            self.page.find(By::XPath(summary)).await.unwrap().click().await.unwrap();
        }
    }

    /// Strikes keys where the focus is.
    pub async fn strike(&self, keys: impl Into<TypingData>) {
        self.page.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Waits until this has the focus.
    pub async fn focused(&self, id: &str) {
        wait_for(&format!("the focus on {id}"), SHOW_MAX, || async {
            let script = "return document.activeElement && document.activeElement.id";
            let at = self.page.execute(script, vec![]).await.ok()?;
            (at.json() == id).then_some(())
        })
        .await;
    }

    /// Waits until the page says something.
    pub async fn says(&self, words: &str) {
        let text = || async { self.page.find(By::Tag("body")).await.ok()?.text().await.ok() };
        let found = crate::wait_within(SHOW_MAX, || async { text().await.filter(|t| t.contains(words)) });
        if found.await.is_none() {
            panic!("waited in vain for {words}; the page says:\n{}", text().await.unwrap_or_default());
        }
    }

    /// What the page says at this moment.
    pub async fn text(&self) -> String {
        self.page.find(By::Tag("body")).await.unwrap().text().await.unwrap()
    }

    /// The part of the address behind the host.
    pub async fn path(&self) -> String {
        self.page.current_url().await.unwrap().path().to_owned()
    }

    /// Waits until the address begins like this.
    pub async fn at(&self, path: &str) {
        let there = crate::wait_within(SHOW_MAX, || async {
            self.page.current_url().await.ok()?.path().starts_with(path).then_some(())
        });
        if there.await.is_none() {
            let (at, text) = (self.page.current_url().await.unwrap(), self.text().await);
            panic!("waited in vain for {path}; at {at}, which says:\n{text}");
        }
    }

    /// A picture of what is seen, beside the other leavings of the tests.
    pub async fn picture(&self, name: &str) -> PathBuf {
        let shot = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        self.page.screenshot(&shot).await.unwrap();
        shot
    }

    /// Nothing was refused by the pages' own rules and no script broke.
    pub async fn no_trouble(&self) {
        let told = self.page.get_log("browser").await.unwrap();
        let bad = |m: &&str| m.contains("Content Security Policy") || m.contains("Uncaught");
        let messages: Vec<String> = told.into_iter().map(|entry| entry.message).collect();
        let bad: Vec<&str> = messages.iter().map(String::as_str).filter(bad).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }

    pub async fn close(self) {
        self.page.quit().await.unwrap();
        drop(self.driver);
    }
}

/// The driver's process and its port; it ends with the test, and the browser with it.
struct Driver(Child, u16);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Logs a new person in by the link that the command prints.
pub async fn log_in(browser: &Browser, start: &Start, login: &str, name: &str, role: &str) {
    let (code, told, trouble) = start.run(&["user", "add", login, "--name", name, "--role", role]).await;
    assert_eq!(code, Some(0), "{trouble}");
    let link = told.split_whitespace().find(|w| w.contains("/login/")).expect(&told);
    browser.page.goto(link).await.unwrap();
    browser.named("Log in").await.click().await.unwrap();
    wait_for("to be let in", SHOW_MAX, || async {
        let at = browser.page.current_url().await.ok()?;
        (!at.path().starts_with("/login")).then_some(())
    })
    .await;
    browser.visit(start, "/").await;
    browser.says("Inbox").await;
}

async fn replay_one(data: &Data, start: &Start, id: &str, text: &str) {
    let file = data.folder().join("one.jsonl");
    std::fs::write(&file, post(id, Span::minutes(3), text).to_string()).unwrap();
    let file = file.display().to_string();
    let (code, counts, told) = start.run(&["replay", &file, "--as-fast-as-possible", "--as-live"]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(counts.contains("\"mention\":1"), "{counts}");
}

async fn walk(browser: &Browser, data: &Data, start: &Start, daemon: &Daemon) {
    log_in(browser, start, "anna", "Anna de Vries", "agent").await;
    let words = "my parcel is a week late";
    let body = browser.page.find(By::Tag("body")).await.unwrap();
    assert!(!body.text().await.unwrap().contains(words), "{}", daemon.log_text());
    // A mark on the window that a reload would wipe away.
    browser.page.execute("window.sameWindow = true", vec![]).await.unwrap();
    replay_one(data, start, "live1", ORDINARY).await;
    browser.says(words).await;
    let same = browser.page.execute("return window.sameWindow === true", vec![]).await.unwrap();
    assert_eq!(same.json(), &Value::Bool(true), "the page was loaded again");
    let row = browser.page.find(By::XPath("//a[starts-with(@href, '/cases/')]")).await.unwrap();
    row.click().await.unwrap();
    browser.named("Claim").await.click().await.unwrap();
    browser.named("Give back").await;
    browser.says("Anna de Vries").await;
    in_the_readers_zone(browser).await;
    browser.visit(start, "/").await;
    browser.says("Anna de Vries").await;
    what_comes_takes_nothing_away(browser, data, start).await;
}

/// Times of the page are those of the reader's zone, and say the exact instant on hover.
async fn in_the_readers_zone(browser: &Browser) {
    browser.tell("Emulation.setTimezoneOverride", json!({ "timezoneId": "Asia/Tokyo" })).await;
    browser.page.refresh().await.unwrap();
    browser.named("Give back").await;
    let script = "const all = [...document.querySelectorAll('#case time[datetime]:not([data-due])')]; \
        const hour = (e) => String((new Date(e.dateTime).getUTCHours() + 9) % 24).padStart(2, '0'); \
        const right = (e) => e.title === e.dateTime && e.textContent.includes(`${hour(e)}:`); \
        return [all.length > 0, all.filter((e) => !right(e)).map((e) => e.outerHTML)]";
    let told = browser.page.execute(script, vec![]).await.unwrap().json().clone();
    assert_eq!(told, json!([true, []]));
    browser.tell("Emulation.setTimezoneOverride", json!({ "timezoneId": "" })).await;
}

/// Waits until so many cases stand in the inbox.
async fn rows(browser: &Browser, count: usize) {
    wait_for("rows to arrive", SHOW_MAX, || async {
        let path = "//*[@id='rows']//a[starts-with(@id, 'row-')]";
        let all = browser.page.find_all(By::XPath(path)).await.ok()?;
        (all.len() == count).then_some(())
    })
    .await;
}

/// Rows that arrive leave the focus where it is, and words in the box for them.
async fn what_comes_takes_nothing_away(browser: &Browser, data: &Data, start: &Start) {
    rows(browser, 1).await;
    browser.strike("j").await;
    let at = browser.page.execute("return document.activeElement.id", vec![]).await.unwrap().json().clone();
    assert!(at.as_str().is_some_and(|id| id.starts_with("row-")), "{at}");
    replay_one(data, start, "live2", OUTAGE).await;
    rows(browser, 2).await;
    browser.focused(at.as_str().unwrap_or_default()).await;
    browser.strike("/").await;
    browser.focused("filter").await;
    browser.strike("parcel").await;
    replay_one(data, start, "live3", QUESTION).await;
    rows(browser, 3).await;
    assert_eq!(browser.field("filter").await, "parcel");
    browser.focused("filter").await;
    let shown = "return document.querySelectorAll('#rows tbody tr:not([hidden])').length";
    let shown = browser.page.execute(shown, vec![]).await.unwrap().json().clone();
    assert_eq!(shown, json!(1), "what arrives is looked through as well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_arrives_live_and_is_claimed() {
    let Some(browser) = Browser::start().await else { return };
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let daemon = start.ready().await;
    walk(&browser, &data, &start, &daemon).await;
    eprintln!("screenshot: {}", browser.picture("console.png").await.display());
    browser.no_trouble().await;
    browser.close().await;
    daemon.stop().await;
}
