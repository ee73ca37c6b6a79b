//! A console on a port of its own, and a browser of a few lines that hides nothing.

use crate::harness::{Engine, House};
use axum::body::Bytes;
use axum::http::HeaderMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use webcared::casework::policies::PolicyReader;
use webcared::casework::{Answers, CaseChanged, Casework};
use webcared::clock::Clock;
use webcared::domain::time::Span;
use webcared::domain::time::Timestamp;
use webcared::http_client::{HttpClient, Outbound};
use webcared::people::People;
use webcared::people::rules::Rules;
use webcared::provider::Provider;
use webcared::provider::config::OidcConfig;
use webcared::sources::Accounts;
use webcared::store::Tx;
use webcared::tickets::Systems;
use webcared::translating::config::TranslationConfig;
use webcared::translating::{Translate, Translator};
use webcared::web::config::{Modules, WebConfig};
use webcared::web::{App, AppState, Health, HookAnswer, Hooks, Parts, live, router, server};

/// Takes what it is given and answers what it is told to.
#[derive(Default)]
pub struct FakeHooks {
    pub answer: Mutex<Option<HookAnswer>>,
    pub taken: Mutex<Vec<Bytes>>,
}

#[async_trait::async_trait]
impl Hooks for FakeHooks {
    fn per_second_max(&self, source: &str) -> Option<u32> {
        match source {
            "shop" => Some(1000),
            "slow" => Some(2),
            _ => None,
        }
    }

    async fn take(&self, _source: &str, _headers: &HeaderMap, body: Bytes) -> HookAnswer {
        if body.as_ref() == b"panic" {
            panic!("a delivery that breaks us");
        }
        self.taken.lock().unwrap().push(body);
        self.answer.lock().unwrap().clone().unwrap_or(HookAnswer::Accepted { n: 1 })
    }
}

/// What is asked at the door, where a test cares.
#[derive(Default)]
pub struct Door {
    pub rules: Option<Rules>,
    pub oidc: Option<OidcConfig>,
    pub public_url: Option<&'static str>,
    pub translation: Option<(TranslationConfig, Arc<dyn Translate>)>,
}

pub struct Site {
    pub house: House,
    pub app: App,
    pub people: People,
    pub hooks: Arc<FakeHooks>,
    pub accounts: Accounts,
    pub tickets: Systems,
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub serving: tokio::task::JoinHandle<()>,
}

/// SQLite, or PostgreSQL for a second run with `WEBCARED_TEST_ENGINE=postgres`.
pub fn engine() -> Engine {
    match std::env::var("WEBCARED_TEST_ENGINE").as_deref() {
        Ok("postgres") => Engine::Postgres,
        _ => Engine::Sqlite,
    }
}

pub fn small() -> WebConfig {
    WebConfig {
        header_seconds: 1,
        request_seconds: 5,
        body_bytes_max: 10_000,
        connections_max: 40,
        ..WebConfig::default()
    }
}

impl Site {
    pub async fn open() -> Self {
        Self::build(small(), None, House::build(engine()).await, None).await
    }

    /// With optional modules switched on.
    pub async fn with(modules: Modules) -> Self {
        let house = House::build(engine()).await;
        Self::build_with(small(), None, house, None, (modules, Door::default())).await
    }

    /// With a door of its own.
    pub async fn behind(door: Door) -> Self {
        let house = House::build(engine()).await;
        Self::build_with(small(), door.public_url, house, None, (Modules::default(), door)).await
    }

    pub async fn build(
        config: WebConfig,
        public_url: Option<&str>,
        house: House,
        clock: Option<Arc<dyn Clock>>,
    ) -> Self {
        Self::build_with(config, public_url, house, clock, (Modules::default(), Door::default())).await
    }

    async fn build_with(
        config: WebConfig,
        public_url: Option<&str>,
        house: House,
        clock: Option<Arc<dyn Clock>>,
        (mut modules, door): (Modules, Door),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = clock.unwrap_or_else(|| house.clock.clone());
        let people = People::new(
            house.db.clone(),
            clock.clone(),
            house.mint.clone(),
            Span::hours(config.login_hours),
            Span::minutes(config.idle_minutes),
        )
        .sealing("the key of the tests, which seals nothing of worth".to_owned().into());
        let people = match door.rules {
            Some(rules) => people.ruled(rules),
            None => people,
        };
        let public_url = public_url.map_or_else(|| format!("http://{address}"), ToOwned::to_owned);
        modules.provider = door.oidc.map(|oidc| {
            let outbound = Outbound { allow_private_addresses: true, ..Outbound::default() };
            let http = HttpClient::new(&outbound, clock.clone()).unwrap();
            let inside = (clock.clone(), house.mint.clone());
            Arc::new(Provider::new(oidc, http, house.db.clone(), inside, &public_url))
        });
        modules.translator = door.translation.map(|(config, service)| {
            Translator::new((house.db.clone(), clock.clone(), house.mint.clone()), config, service)
        });
        let changed: broadcast::Sender<CaseChanged> = broadcast::Sender::new(64);
        let (stop, hooks) = (CancellationToken::new(), Arc::new(FakeHooks::default()));
        let (accounts, tickets) = (Accounts::default(), Systems::default());
        let answers = Answers { accounts: accounts.clone(), undo: Span::seconds(10) };
        let (db, mint, catalogue) = (house.db.clone(), house.mint.clone(), house.current.clone());
        let app = AppState::new(Parts {
            db: db.clone(),
            clock: clock.clone(),
            mint: mint.clone(),
            casework: Casework::new(db, clock, mint, catalogue.clone(), changed.clone())
                .answering(answers)
                .reading(PolicyReader::new(|text| webcared::settings::policy_of(text).map_err(|m| m.lines())))
                .ticketing(tickets.clone()),
            catalogue,
            people: people.clone(),
            config: config.clone(),
            modules,
            zone: jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap(),
            public_url,
            metrics_token: Some("metrics-secret".to_owned().into()),
            metrics: Arc::new(|| "webcared_up 1\n".to_owned()),
            hooks: hooks.clone(),
            health: Arc::new(Health::default),
            changed,
            stop: stop.clone(),
        });
        tokio::spawn(live::watch(app.clone(), stop.clone()));
        let (routes, token) = (router(app.clone()), stop.clone());
        let serving = tokio::spawn(async move { server::serve(listener, routes, &config, token).await });
        Self { house, app, people, hooks, accounts, tickets, address, stop, serving }
    }

    /// Somebody who came in by a link of their own.
    pub async fn login(&self, login: &str, role: &str) -> Browser {
        let link = self.people.add(login, login, role).await.unwrap();
        let browser = self.stranger();
        let answer = browser.send("POST", &link, &[], "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    pub fn stranger(&self) -> Browser {
        Browser { address: self.address, cookie: Mutex::default() }
    }

    pub async fn execute(&self, sql: &'static str) {
        let run = self.house.db.write("a test", move |tx| {
            Box::pin(async move {
                match tx {
                    Tx::Sqlite(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap(),
                    Tx::Postgres(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap(),
                }
                Ok(())
            })
        });
        run.await.unwrap();
    }

    pub fn now(&self) -> Timestamp {
        self.house.clock.now()
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|l| l.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim())
    }

    /// The value of the first field of a form with this name.
    pub fn field(&self, name: &str) -> String {
        let at = self
            .body
            .find(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no {name} in {}", self.body));
        let rest = &self.body[at..];
        rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

pub struct Browser {
    pub address: SocketAddr,
    pub cookie: Mutex<String>,
}

impl Browser {
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("accept", "text/html")], "").await
    }

    /// Sends a form with the token and number of the page at `from`.
    pub async fn press(&self, from: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(from).await;
        let csrf = page.field("csrf");
        let nonce = if page.body.contains("name=\"nonce\"") {
            page.field("nonce")
        } else {
            "no-form-on-this-page".into()
        };
        self.post(path, &[&[("csrf", csrf.as_str()), ("nonce", &nonce)], fields].concat()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
        self.send("POST", path, &headers, &body).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.connect().await;
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        let cookie = self.cookie.lock().unwrap().clone();
        if !cookie.is_empty() {
            head += &format!("cookie: {cookie}\r\n");
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            head += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes))
            .await
            .expect("an answer");
        let answer = parse(&String::from_utf8_lossy(&bytes));
        for line in answer.head.lines().filter(|l| l.to_ascii_lowercase().starts_with("set-cookie:")) {
            let set = line.split_once(':').unwrap().1.trim().split(';').next().unwrap();
            let (name, value) = set.split_once('=').unwrap();
            let mut held = self.cookie.lock().unwrap();
            let mut all: Vec<&str> = held.split("; ").filter(|c| !c.is_empty()).collect();
            all.retain(|c| c.split_once('=').unwrap().0 != name);
            if !value.is_empty() {
                all.push(set);
            }
            *held = all.join("; ");
        }
        answer
    }
}

pub fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let mut body = body.to_owned();
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        let (mut rest, mut whole) = (body.as_str(), String::new());
        while let Some((size, after)) = rest.split_once("\r\n") {
            let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
            if size == 0 || !after.is_char_boundary(size) {
                break;
            }
            whole += &after[..size];
            rest = after[size..].trim_start_matches("\r\n");
        }
        body = whole;
    }
    Answer { status, head: head.to_owned(), body }
}
