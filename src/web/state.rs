//! What every handler can reach.

use super::config::WebConfig;
use crate::casework::{CaseChanged, Casework};
use crate::catalogue::Current;
use crate::clock::{Clock, Mint};
use crate::people::People;
use crate::receiving::Receiving;
use crate::sources::webhook::Webhook;
use crate::store::Db;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

/// What every handler can reach; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database, to read.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random numbers.
    pub mint: Arc<Mint>,
    /// Brands and policies.
    pub current: Current,
    /// What people do with cases.
    pub casework: Casework,
    /// Who they are.
    pub people: People,
    /// Takes deliveries.
    pub receiving: Receiving,
    /// The webhooks by name; exchanged at a reload.
    pub hooks: Hooks,
    /// Hints about changed cases.
    pub changed: broadcast::Sender<CaseChanged>,
    /// Wakes the outbox.
    pub outbox: Arc<Notify>,
    /// The metrics as text.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// The settings of the web server.
    pub config: WebConfig,
    /// The address by which people reach it.
    pub public_url: String,
    /// Cancelled when everybody should stop.
    pub token: CancellationToken,
}

/// One webhook with the limit of its rate.
pub struct Hook {
    /// Checks signatures.
    pub webhook: Webhook,
    /// How many deliveries a second are taken.
    pub limit: governor::DefaultDirectRateLimiter,
}

type ByName = HashMap<String, Arc<Hook>>;

/// The webhooks by name.
#[derive(Clone, Default)]
pub struct Hooks(Arc<RwLock<Arc<ByName>>>);

impl Hooks {
    /// Exchanges all of them.
    pub fn set(&self, hooks: HashMap<String, Arc<Hook>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hooks);
    }

    /// One by name.
    pub fn get(&self, name: &str) -> Option<Arc<Hook>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}
