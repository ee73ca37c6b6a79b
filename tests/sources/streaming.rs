//! The streaming half of a server with Mastodon's API: server-sent events on an address of its own, with a
//! ledger of who listened and how.

use crate::fake_account::TOKEN;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// What goes over a connection.
#[derive(Clone)]
enum Said {
    Text(String),
    /// The server ends every connection.
    End,
}

pub struct StreamLedger {
    /// Every connection: path and query.
    pub asked: Vec<String>,
    /// How many came without the right token.
    pub unauthorised: usize,
    /// With what status connections are refused.
    pub refuses: Option<u16>,
    /// What it calls what it sends.
    pub content_type: &'static str,
    /// How many connections stand.
    said: broadcast::Sender<Said>,
}

impl StreamLedger {
    pub fn listeners(&self) -> usize {
        self.said.receiver_count()
    }
}

pub struct FakeStreaming {
    /// Its address, as servers name it.
    pub url: String,
    ledger: Arc<Mutex<StreamLedger>>,
    task: JoinHandle<()>,
}

fn lock(ledger: &Mutex<StreamLedger>) -> MutexGuard<'_, StreamLedger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeStreaming {
    pub async fn start() -> Self {
        let (asked, said) = (Vec::new(), broadcast::Sender::new(64));
        let ledger = StreamLedger {
            asked,
            unauthorised: 0,
            refuses: None,
            content_type: "text/event-stream; charset=utf-8",
            said,
        };
        let ledger = Arc::new(Mutex::new(ledger));
        let app = axum::Router::new().fallback(serve).with_state(ledger.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, ledger, task }
    }

    pub fn ledger(&self) -> MutexGuard<'_, StreamLedger> {
        lock(&self.ledger)
    }

    /// Says something on every connection, cut into pieces as networks do.
    pub fn say(&self, event: &str, payload: &str) {
        let text = format!(":thump\n\nevent: {event}\ndata: {payload}\n\n");
        let (first, second) = text.split_at(text.len() / 2);
        for part in [first, second] {
            let _ = self.ledger().said.send(Said::Text(part.to_owned()));
        }
    }

    /// Tells of a notification.
    pub fn notify(&self, number: u64, kind: &str, status: &Value) {
        let row = json!({"id": number.to_string(), "type": kind, "created_at": status["created_at"],
            "account": status["account"], "status": status});
        self.say("notification", &row.to_string());
    }

    pub fn end(&self) {
        let _ = self.ledger().said.send(Said::End);
    }
}

impl Drop for FakeStreaming {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(ledger): State<Arc<Mutex<StreamLedger>>>, uri: Uri, headers: HeaderMap) -> Response {
    let mut ledger = lock(&ledger);
    ledger.asked.push(uri.to_string());
    let token = headers.get("authorization").and_then(|v| v.to_str().ok());
    if token != Some(&format!("Bearer {TOKEN}")) {
        ledger.unauthorised += 1;
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Some(code) = ledger.refuses {
        return StatusCode::from_u16(code).unwrap().into_response();
    }
    let said = ledger.said.subscribe();
    let pieces = futures_util::stream::unfold((said, true), |(mut said, first)| async move {
        if first {
            return Some((Ok::<_, std::io::Error>(Bytes::from_static(b":)\n\n")), (said, false)));
        }
        match said.recv().await {
            Ok(Said::Text(text)) => Some((Ok(Bytes::from(text)), (said, false))),
            Ok(Said::End) | Err(_) => None,
        }
    });
    ([("content-type", ledger.content_type)], Body::from_stream(pieces)).into_response()
}
