//! The console in a real browser: log in by a one-time link, see a case arrive without reloading,
//! claim it. Elements are found by the words that people read.

use crate::daemon::{Daemon, Start, free_port};
use crate::place::{Data, Engine};
use crate::sender::{ORDINARY, post};
use crate::wait_for;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;
use webcared::domain::time::Span;

const SHOW_MAX: Duration = Duration::from_secs(30);

struct Browser {
    page: WebDriver,
    driver: Driver,
    _profile: tempfile::TempDir,
}

impl Browser {
    async fn open(program: PathBuf) -> Self {
        let (port, profile) = (free_port(), tempfile::tempdir().unwrap());
        let driver = Command::new(program)
            .args([format!("--port={port}"), "--allowed-ips=127.0.0.1".to_owned()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let driver = Driver(driver);
        let mut wanted = DesiredCapabilities::chrome();
        let folder = format!("--user-data-dir={}", profile.path().display());
        let flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        for flag in flags.into_iter().chain([folder.as_str(), "--window-size=1200,900", "--lang=en"]) {
            wanted.add_arg(flag).unwrap();
        }
        // reqwest without a provider of its own takes the one of the process.
        let _ = crate::sender::client();
        let page = wait_for("the browser", Duration::from_secs(60), || async {
            WebDriver::new(format!("http://127.0.0.1:{port}"), wanted.clone()).await.ok()
        })
        .await;
        Self { page, driver, _profile: profile }
    }

    /// The button or link with these words, once it is there.
    async fn named(&self, words: &str) -> WebElement {
        let path = format!(
            "//button[normalize-space(.)='{words}'] | //a[normalize-space(.)='{words}'] | \
             //input[@type='submit' and @value='{words}']"
        );
        wait_for(words, SHOW_MAX, || async { self.page.find(By::XPath(path.as_str())).await.ok() }).await
    }

    /// Waits until the page says something.
    async fn says(&self, words: &str) {
        let text = || async { self.page.find(By::Tag("body")).await.ok()?.text().await.ok() };
        wait_for(words, SHOW_MAX, || async { text().await.filter(|t| t.contains(words)) }).await;
    }

    async fn close(self) {
        self.page.quit().await.unwrap();
        drop(self.driver);
    }
}

/// The driver's process; it ends with the test, and the browser with it.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Logs a new person in by the link that the command prints.
async fn log_in(browser: &Browser, start: &Start) {
    let (code, told, trouble) =
        start.run(&["user", "add", "anna", "--name", "Anna de Vries", "--role", "agent"]).await;
    assert_eq!(code, Some(0), "{trouble}");
    let link = told.split_whitespace().find(|w| w.contains("/login/")).expect(&told);
    browser.page.goto(link).await.unwrap();
    browser.named("Log in").await.click().await.unwrap();
    wait_for("to be let in", SHOW_MAX, || async {
        let at = browser.page.current_url().await.ok()?;
        (!at.path().starts_with("/login")).then_some(())
    })
    .await;
    browser.page.goto(format!("http://127.0.0.1:{}/", start.port)).await.unwrap();
    browser.says("Inbox").await;
}

async fn replay_one(data: &Data, start: &Start) {
    let file = data.folder().join("one.jsonl");
    std::fs::write(&file, post("live1", Span::minutes(3), ORDINARY).to_string()).unwrap();
    let file = file.display().to_string();
    let (code, counts, told) = start.run(&["replay", &file, "--as-fast-as-possible", "--as-live"]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(counts.contains("\"mention\":1"), "{counts}");
}

async fn walk(browser: &Browser, data: &Data, start: &Start, daemon: &Daemon) {
    log_in(browser, start).await;
    let words = "my parcel is a week late";
    let body = browser.page.find(By::Tag("body")).await.unwrap();
    assert!(!body.text().await.unwrap().contains(words), "{}", daemon.log_text());
    // A mark on the window that a reload would wipe away.
    browser.page.execute("window.sameWindow = true", vec![]).await.unwrap();
    replay_one(data, start).await;
    browser.says(words).await;
    let same = browser.page.execute("return window.sameWindow === true", vec![]).await.unwrap();
    assert_eq!(same.json(), &serde_json::Value::Bool(true), "the page was loaded again");
    let row = browser.page.find(By::XPath("//a[starts-with(@href, '/cases/')]")).await.unwrap();
    row.click().await.unwrap();
    browser.named("Claim").await.click().await.unwrap();
    browser.named("Give back").await;
    browser.says("Anna de Vries").await;
    browser.page.goto(format!("http://127.0.0.1:{}/", start.port)).await.unwrap();
    browser.says("Anna de Vries").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_arrives_live_and_is_claimed() {
    let (Some(driver), Some(_)) = (crate::tool("chromedriver"), crate::tool("chromium")) else { return };
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let daemon = start.ready().await;
    let browser = Browser::open(driver).await;
    walk(&browser, &data, &start, &daemon).await;
    let shot = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("console.png");
    browser.page.screenshot(&shot).await.unwrap();
    eprintln!("screenshot: {}", shot.display());
    browser.close().await;
    daemon.stop().await;
}
