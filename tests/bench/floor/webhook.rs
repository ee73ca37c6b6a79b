//! The floor under a webhook: what nobody can leave out who takes signed deliveries in and answers
//! only when they are on the disk.
//!
//! The signature over id, time and body is checked; everything that came while the last commit was
//! on its way goes into the next one, as one statement; then all their senders are answered.

use super::support::daemon::{HOOK, SECRET};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor};
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

type Delivery = ((String, String), oneshot::Sender<()>);

#[derive(Clone)]
struct Taking {
    key: Vec<u8>,
    queue: mpsc::Sender<Delivery>,
}

/// Serves until the process is killed.
pub async fn serve(port: u16, folder: &Path) {
    let mut db: SqliteConnection = SqliteConnectOptions::new()
        .filename(folder.join("floor.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await
        .expect("a database");
    let table = "CREATE TABLE inbox (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, body TEXT NOT NULL)";
    db.execute(table).await.expect("its table");
    let (queue, mut waiting) = mpsc::channel::<Delivery>(4096);
    tokio::spawn(async move {
        let mut batch = Vec::new();
        while waiting.recv_many(&mut batch, 512).await > 0 {
            let (rows, senders): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
            let text = serde_json::to_string(&rows).expect("JSON");
            let mut tx = db.begin().await.expect("a transaction");
            let sql = "INSERT INTO inbox (id, body) SELECT value->>0, value->>1 FROM json_each($1)";
            sqlx::query(sql).bind(text).execute(&mut *tx).await.expect("the rows");
            tx.commit().await.expect("a commit");
            for sender in senders {
                let _ = sender.send(());
            }
        }
    });
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).expect("the secret");
    let router = axum::Router::new()
        .route(HOOK, post(take))
        .route("/healthz", get(|| async { "ok" }))
        .with_state(Taking { key, queue });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port");
    axum::serve(listener, router).await.expect("serving");
}

async fn take(State(taking): State<Taking>, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let id = header("webhook-id");
    let mut mac = Hmac::<Sha256>::new_from_slice(&taking.key).expect("a key");
    for part in [id.as_bytes(), b".", header("webhook-timestamp").as_bytes(), b".", &body] {
        mac.update(part);
    }
    let tag = header("webhook-signature").strip_prefix("v1,").and_then(|s| STANDARD.decode(s).ok());
    if mac.verify_slice(&tag.unwrap_or_default()).is_err() {
        return (StatusCode::UNAUTHORIZED, "{}");
    }
    let Ok(text) = std::str::from_utf8(&body) else { return (StatusCode::BAD_REQUEST, "{}") };
    let (done, stored) = oneshot::channel();
    if taking.queue.send(((id.to_owned(), text.to_owned()), done)).await.is_err() || stored.await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "{}");
    }
    (StatusCode::ACCEPTED, "{\"accepted\":1}")
}
