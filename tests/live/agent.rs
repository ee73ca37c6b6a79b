//! A person at work in the console, by plain HTTP: logs in by the link that the command prints,
//! takes the next case, answers it. What a page refuses is seen; what a dead daemon loses is tried
//! again with a page of its own, as people do.

use crate::daemon::Start;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use std::sync::LazyLock;
use std::time::Duration;

static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    // The provider of cryptography is the process's.
    let _ = crate::sender::client();
    let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
    builder.redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(10)).build().unwrap()
});

/// What came back.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl Page {
    /// The value of the first field with this name.
    pub fn field(&self, name: &str) -> Option<String> {
        let rest = &self.body[self.body.find(&format!("name=\"{name}\" value=\""))?..];
        Some(rest.split("value=\"").nth(1)?.split('"').next()?.to_owned())
    }
}

pub struct Agent {
    base: String,
    cookie: String,
    pub login: String,
}

impl Agent {
    /// A new person, logged in.
    pub async fn log_in(start: &Start, login: &str, role: &str) -> Self {
        let (code, told, trouble) = start.run(&["user", "add", login, "--name", login, "--role", role]).await;
        assert_eq!(code, Some(0), "{trouble}");
        let link = told.split_whitespace().find(|w| w.contains("/login/")).expect(&told).to_owned();
        let answer = CLIENT.post(&link).send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { base: format!("http://127.0.0.1:{}", start.port), cookie, login: login.to_owned() }
    }

    /// A page; nothing when nobody answers.
    pub async fn get(&self, path: &str) -> Option<Page> {
        let ask = CLIENT.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        read(ask.header("accept", "text/html").send().await.ok()?).await
    }

    /// Sends a form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Option<Page> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let ask = CLIENT
            .post(format!("{}{path}", self.base))
            .header(COOKIE, &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        read(ask.send().await.ok()?).await
    }

    /// The next case that is theirs or nobody's.
    pub async fn next_case(&self) -> Option<String> {
        let page = self.get("/next").await?;
        let at = page.location?;
        let id = at.strip_prefix("/cases/")?;
        Some(id.split(['?', '#']).next()?.to_owned())
    }

    /// Presses an act on a case with the form that its page shows now.
    pub async fn act(&self, case: &str, act: &str, fields: &[(&str, &str)]) -> Option<Page> {
        let page = self.get(&format!("/cases/{case}")).await?;
        let (csrf, nonce) = (page.field("csrf")?, page.field("nonce")?);
        let version = page.field("version")?;
        let mut all = vec![("csrf", csrf.as_str()), ("nonce", &nonce), ("version", &version), ("act", act)];
        all.extend_from_slice(fields);
        self.post(&format!("/cases/{case}/act"), &all).await
    }
}

async fn read(answer: reqwest::Response) -> Option<Page> {
    let status = answer.status().as_u16();
    let location = answer.headers().get(LOCATION).and_then(|l| l.to_str().ok()).map(ToOwned::to_owned);
    Some(Page { status, location, body: answer.text().await.ok()? })
}
