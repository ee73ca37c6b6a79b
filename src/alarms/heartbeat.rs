//! The outside watch (a dead man's switch): an address that is called for as long as all is well here, so that
//! somebody outside notices when it is not, or when this machine is gone.
//!
//! Well means: the database answers, and nothing that fell due waits to be recorded. A task that dies ends the process, and the calls with it.

use super::Parts;
use super::channel::secret_url;
use super::config::HeartbeatConfig;
use crate::clock::Clock;
use crate::domain::time::Span;
use crate::http_client::{Call, HttpClient};
use crate::shutdown::Shutdown;
use crate::store::{Db, deadlines};
use std::sync::Arc;
use url::Url;

/// How late the recording of what falls due may be.
const LATE_MAX: Span = Span::seconds(60);

/// Calls the outside watch.
#[derive(Clone)]
pub struct Heartbeat {
    db: Db,
    clock: Arc<dyn Clock>,
    http: HttpClient,
    url: Url,
    every: Span,
}

impl Heartbeat {
    /// After the settings.
    ///
    /// # Errors
    /// What is wrong with them, without the address.
    pub fn new(parts: &Parts, config: &HeartbeatConfig) -> Result<Self, String> {
        Ok(Self {
            db: parts.db.clone(),
            clock: parts.clock.clone(),
            http: parts.http.clone(),
            url: secret_url(config.url.as_ref()).map_err(|e| format!("alerts.heartbeat: {e}"))?,
            every: Span::seconds(config.every_seconds),
        })
    }

    /// Calls until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        shutdown.spawn_every("heartbeat", self.every, move || {
            let beat = self.clone();
            async move {
                beat.run_once().await;
                0
            }
        });
    }

    /// One call, if all is well; tells whether it was made and taken.
    pub async fn run_once(&self) -> bool {
        let next = self.db.read("looking whether all is well", |tx| Box::pin(deadlines::next_at(tx))).await;
        let behind = self.clock.now().minus(LATE_MAX).millis();
        match next {
            Ok(next) if next.is_none_or(|at| at >= behind) => {}
            Ok(_) => {
                tracing::warn!(
                    "what fell due waits to be recorded; the outside watch is not told that all is well"
                );
                return false;
            }
            Err(error) => {
                tracing::warn!(%error, "the database does not answer; the outside watch is not told that all is well");
                return false;
            }
        }
        match self.http.send(Call::get(self.url.clone()).bytes_max(16 * 1024)).await {
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(%error, "the outside watch did not take that all is well");
                false
            }
        }
    }
}
