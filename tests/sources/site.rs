//! A web site that answers what a test tells it to, and keeps a ledger of what it was asked.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the site answers.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Whether the connection breaks in the middle of the body.
    pub cut: bool,
    /// Whether it never answers.
    pub hangs: bool,
}

impl Reply {
    pub fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), cut: false, hangs: false }
    }

    pub fn status(status: u16) -> Self {
        Self { status, ..Self::ok("") }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What the site was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

type Answers = dyn Fn(&Asked) -> Option<Reply> + Send + Sync;

#[derive(Default)]
struct Site {
    replies: HashMap<String, Reply>,
    by: Option<Arc<Answers>>,
    asked: Vec<Asked>,
}

/// The site; it stops when it is dropped.
pub struct FakeSite {
    /// Its address, without path.
    pub url: String,
    site: Arc<Mutex<Site>>,
    task: JoinHandle<()>,
}

impl FakeSite {
    pub async fn start() -> Self {
        let site: Arc<Mutex<Site>> = Arc::default();
        let app = axum::Router::new().fallback(answer).with_state(site.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, site, task }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Site) -> T) -> T {
        act(&mut self.site.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on this path is answered so.
    pub fn serve(&self, path: &str, reply: Reply) {
        self.with(|s| drop(s.replies.insert(path.to_owned(), reply)));
    }

    /// From now on this decides, and what it leaves open is answered by path.
    pub fn decide(&self, by: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) {
        self.with(|s| s.by = Some(Arc::new(by)));
    }

    /// What it was asked since this was last looked at.
    pub fn asked(&self) -> Vec<Asked> {
        self.with(|s| std::mem::take(&mut s.asked))
    }
}

impl Drop for FakeSite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(site): State<Arc<Mutex<Site>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let (by, by_path) = {
        let mut site = site.lock().unwrap_or_else(PoisonError::into_inner);
        site.asked.push(asked.clone());
        (site.by.clone(), site.replies.get(&asked.path).cloned())
    };
    let reply = by.and_then(|by| by(&asked)).or(by_path).unwrap_or_else(|| Reply::status(404));
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let body = if reply.cut {
        let half = reply.body[..reply.body.len() / 2].to_owned();
        let broken = std::io::Error::other("cut");
        Body::from_stream(futures_util::stream::iter([Ok(half), Err(broken)]))
    } else {
        Body::from(reply.body)
    };
    response.body(body).unwrap()
}
