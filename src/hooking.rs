//! Webhook deliveries between the web and the store: signature, split, commit, answer.
//!
//! The web hands over raw bytes; here the source's own signature is checked over them, they are cut
//! into items, and the answer is given after the commit. Nothing is decided about posts.

use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::receiving::{NotTaken, Receiving};
use crate::sources::Source;
use crate::sources::webhook::{Refusal, Webhook, split};
use crate::store::{Db, source};
use crate::web::{HookAnswer, Hooks};
use axum::body::Bytes;
use axum::http::HeaderMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// How often the store is told that a webhook was heard, in milliseconds.
const TELL_EVERY_MS: i64 = 5_000;
/// After how many seconds a sender should come again.
const COME_AGAIN_S: u64 = 2;

/// The configured webhooks.
pub struct Deliveries {
    hooks: HashMap<String, (Webhook, AtomicI64)>,
    receiving: Receiving,
    db: Db,
    clock: Arc<dyn Clock>,
}

impl Deliveries {
    /// The webhooks among the sources.
    pub fn new(sources: &[Arc<dyn Source>], receiving: Receiving, db: Db, clock: Arc<dyn Clock>) -> Self {
        let hook =
            |s: &Arc<dyn Source>| Some((s.name().to_owned(), (s.webhook()?.clone(), AtomicI64::new(0))));
        Self { hooks: sources.iter().filter_map(hook).collect(), receiving, db, clock }
    }

    /// Notes that a webhook was heard; every few seconds is enough.
    fn tell(&self, name: &str, told_at: &AtomicI64, now: Timestamp) {
        let before = told_at.load(Ordering::Relaxed);
        let due = now.millis() - before >= TELL_EVERY_MS
            && told_at.compare_exchange(before, now.millis(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !due {
            return;
        }
        let (db, name) = (self.db.clone(), name.to_owned());
        tokio::spawn(async move {
            let heard = db.write("noting that a webhook was heard", move |tx| {
                Box::pin(async move { source::heard(tx, &name, now).await })
            });
            if let Err(error) = heard.await {
                tracing::warn!(%error, "could not note that a webhook was heard");
            }
        });
    }
}

#[async_trait::async_trait]
impl Hooks for Deliveries {
    fn per_second_max(&self, source: &str) -> Option<u32> {
        self.hooks.get(source).map(|(webhook, _)| webhook.limit_per_second())
    }

    async fn take(&self, source: &str, headers: &HeaderMap, body: Bytes) -> HookAnswer {
        let Some((webhook, told_at)) = self.hooks.get(source) else { return HookAnswer::Unknown };
        let now = self.clock.now();
        let delivery = match webhook.verify(headers, &body, now) {
            Ok(delivery) => delivery,
            Err(refusal @ (Refusal::Missing(_) | Refusal::Unreadable(_))) => {
                return HookAnswer::BadRequest(refusal.to_string());
            }
            Err(refusal) => return HookAnswer::BadSignature(refusal.to_string()),
        };
        let items = match split(&delivery.id, &body) {
            Ok(items) => items.into_iter().map(|item| (item.place, item.body)).collect(),
            Err(refusal) => return HookAnswer::BadRequest(refusal.to_string()),
        };
        match self.receiving.take(source, items).await {
            Ok(n) => {
                self.tell(source, told_at, now);
                HookAnswer::Accepted { n }
            }
            Err(NotTaken::Full) => HookAnswer::TooMany { retry_after_s: COME_AGAIN_S },
            Err(NotTaken::Store(_) | NotTaken::Stopping) => HookAnswer::Unavailable,
        }
    }
}
