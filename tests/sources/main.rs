//! The sources and the collector against servers of our own that misbehave as real ones do.
//!
//! What a fake showed is compared with what stands in the inbox, through breaks, restarts, late
//! posts and moved pages. Every wait has an end.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may end where something it needs is not there"
)]

mod account_poll;
mod account_reply;
mod account_walk;
mod bluesky;
mod bluesky_answers;
mod chat;
mod chat_service;
mod client;
mod conformance;
#[path = "../it/database.rs"]
mod database;
mod discourse;
mod doctor;
mod facebook;
mod facebook_site;
mod facebook_walk;
mod fake_account;
mod fakes;
mod feeds;
mod forum;
mod forum_moderation;
mod forum_walk;
mod grants;
mod instagram;
mod instagram_mentions;
mod instagram_site;
mod instagram_walk;
mod jetstream;
mod jetstream_told;
mod jetstream_view;
mod kinds;
mod links;
mod live;
mod mail_labels;
mod mail_loops;
mod mail_sweeps;
mod mastodon;
mod parts;
mod pds;
mod polled;
mod post_office;
mod reddit;
mod reddit_site;
mod reddit_walk;
mod reviews;
mod reviews_site;
mod search;
mod site;
mod sockets;
mod states;
mod stores;
mod streaming;
mod sweeps;
mod telegram;
mod threads;
mod threads_site;
mod threads_walk;
mod walk;
mod whatsapp;
mod whatsapp_site;
mod whatsapp_walk;
mod whole;
mod x;
mod x_site;
mod x_walk;
mod youtube;

use database::Database;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::clock::{Chance, Clock, Mint, SystemClock};
use webcared::domain::time::Span;
use webcared::http_client::{HttpClient, Outbound};
use webcared::shutdown::{Shutdown, pause};
use webcared::sources::config::SourceConfig;
use webcared::sources::{Outside, Source, build};
use webcared::store::source::SourceRow;
use webcared::store::{Db, Opened, Place, inbox, open, source};

/// The longest that anything may take.
const PATIENCE: Span = Span::seconds(30);

pub(crate) fn http(timeout_seconds: i64) -> HttpClient {
    let settings = Outbound { timeout_seconds, allow_private_addresses: true, ..Outbound::default() };
    HttpClient::new(&settings, Arc::new(SystemClock::default())).unwrap()
}

pub(crate) fn outside() -> Outside {
    Outside {
        http: http(2),
        clock: Arc::new(SystemClock::default()),
        keep: Arc::new(|post| post.text.contains("acme")),
        tags: Arc::new(|| vec!["#acme".to_owned()]),
        terms: Arc::new(|_: Option<&str>| vec!["acme".to_owned()]),
        vault: Arc::new(Shelf::default()),
    }
}

/// Keeps log-ins for as long as a test lasts.
#[derive(Default)]
pub(crate) struct Shelf(std::sync::Mutex<std::collections::HashMap<String, Vec<u8>>>);

#[async_trait::async_trait]
impl webcared::sources::Vault for Shelf {
    async fn load(&self, credential: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(credential).cloned()
    }

    async fn save(&self, credential: &str, sealed: &[u8]) -> bool {
        self.0.lock().unwrap().insert(credential.to_owned(), sealed.to_vec());
        true
    }
}

pub(crate) fn configured(value: serde_json::Value) -> Vec<SourceConfig> {
    vec![serde_json::from_value(value).unwrap()]
}

pub(crate) fn built(value: serde_json::Value) -> Arc<dyn Source> {
    build(&configured(value), &outside()).unwrap().remove(0)
}

/// Waits until something holds; fails with what it was.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let token = tokio_util::sync::CancellationToken::new();
    let began = std::time::Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE.to_std(), "waited in vain: {what}");
        pause(Span(50), &token).await;
    }
}

/// A database of its own.
pub(crate) struct Fresh {
    pub(crate) place: Place,
    _folder: Option<tempfile::TempDir>,
    _database: Option<Database>,
}

/// One on SQLite.
pub(crate) fn fresh() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    Fresh { place: Place::Folder(folder.path().to_path_buf()), _folder: Some(folder), _database: None }
}

/// One on SQLite and, where a server is named, one on PostgreSQL.
#[expect(clippy::disallowed_methods, reason = "where the server is, is said outside")]
pub(crate) async fn fresh_on_each() -> Vec<Fresh> {
    let mut all = vec![fresh()];
    if let Ok(server) = std::env::var("WEBCARED_TEST_POSTGRES") {
        let database = Database::create(&server, "sources").await;
        all.push(Fresh { place: Place::Postgres(database.url()), _folder: None, _database: Some(database) });
    }
    all
}

/// A daemon with nothing but collector and store.
pub(crate) struct Daemon {
    pub(crate) opened: Opened,
    shutdown: Shutdown,
}

impl Daemon {
    pub(crate) async fn start(place: &Place, config: serde_json::Value, owner: &str) -> Self {
        Self::on(open::open(place).await.unwrap(), config, owner)
    }

    pub(crate) fn on(opened: Opened, config: serde_json::Value, owner: &str) -> Self {
        let shutdown = Shutdown::default();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let sources = build(&configured(config), &outside()).unwrap();
        let mint = Mint::new(Chance::from_system());
        let nudge = Arc::new(Notify::new());
        webcared::collect::spawn(&shutdown, opened.db.clone(), clock, mint, sources, nudge, owner.to_owned());
        Self { opened, shutdown }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.opened.db
    }

    /// Stops it, which must take less than two seconds.
    pub(crate) async fn stop(self) {
        let began = std::time::Instant::now();
        self.shutdown.token.cancel();
        assert!(self.shutdown.drain(Span::seconds(5)).await, "it did not stop");
        assert!(began.elapsed().as_millis() < 2_000, "it took {:?} to stop", began.elapsed());
        self.opened.db.close().await;
    }

    /// The bodies in the inbox.
    pub(crate) async fn bodies(&self) -> Vec<serde_json::Value> {
        // It locks what it reads, which a transaction that only reads may not.
        let waiting = self.db().write("test", |tx| Box::pin(inbox::waiting(tx, 100_000))).await.unwrap();
        waiting.iter().map(|w| serde_json::from_slice(w.body.as_ref().unwrap()).unwrap()).collect()
    }

    /// The identities in the inbox.
    pub(crate) async fn identities(&self) -> BTreeSet<String> {
        self.bodies().await.iter().map(|b| b["external_id"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn row(&self) -> SourceRow {
        let mut rows = self.db().read("test", |tx| Box::pin(source::list(tx))).await.unwrap();
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    pub(crate) async fn until_state(&self, state: &str) -> SourceRow {
        eventually(&format!("state {state}"), async || {
            let rows = self.db().read("test", |tx| Box::pin(source::list(tx))).await.unwrap();
            rows.first().is_some_and(|r| r.state == state)
        })
        .await;
        self.row().await
    }
}
