//! The head of the audit, told outside once a day: number and hash of the last row, by mail or by signed webhook.
//!
//! Whoever may do everything with the database can make the whole chain anew; what was told outside still shows it.
//! Every replica tries; one note for each place and day in the database lets one of them tell. What was not taken is
//! told again a few minutes later. A head names nobody and nothing.

pub mod config;

use crate::clock::Clock;
use crate::courier;
use crate::courier::config::HookOutConfig;
use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::HttpClient;
use crate::mailing::{Mail, Mailer};
use crate::shutdown::Shutdown;
use crate::sources::mail::config::SmtpConfig;
use crate::sources::webhook::Key;
use crate::store::{Db, StoreError, audit, console};
use serde_json::json;
use std::sync::Arc;
use url::Url;

const PERIOD: Span = Span::minutes(5);
/// How long it is remembered that a day was told.
const REMEMBERED: Span = Span::days(3);
/// How long one that is telling may take before another tries.
const TELLING: Span = Span::minutes(4);

/// Where a head is told.
#[derive(Clone, Debug)]
enum Way {
    Mail(Mailer, Vec<String>),
    Hook(HttpClient, Url, Arc<Vec<Key>>),
}

/// One place outside.
#[derive(Clone, Debug)]
pub struct Place {
    name: String,
    way: Way,
}

impl Place {
    /// By mail.
    ///
    /// # Errors
    /// What is wrong with the settings, in words.
    pub fn mail(name: &str, smtp: &SmtpConfig, from: &str, to: &[String]) -> Result<Self, String> {
        let mailer = Mailer::new(smtp, from).map_err(|e| format!("audit.anchor '{name}': {e}"))?;
        Ok(Self { name: name.to_owned(), way: Way::Mail(mailer, to.to_vec()) })
    }

    /// By a webhook, signed as all that go out.
    ///
    /// # Errors
    /// What is wrong with the settings, in words.
    pub fn hook(http: &HttpClient, config: &HookOutConfig) -> Result<Self, String> {
        let wrong = |what: String| format!("audit.anchor '{}': {what}", config.name);
        let url = Url::parse(&config.url).map_err(|e| wrong(e.to_string()))?;
        let secrets = [&config.secret, &config.previous_secret].into_iter().flatten();
        let keys: Result<Vec<Key>, _> = secrets.map(Key::parse).collect();
        let keys = Arc::new(keys.map_err(|e| wrong(e.to_string()))?);
        let http = if config.allow_private_address {
            http.allowing_private().map_err(|e| wrong(e.to_string()))?
        } else {
            http.clone()
        };
        Ok(Self { name: config.name.clone(), way: Way::Hook(http, url, keys) })
    }
}

/// Tells the head of the audit; cheap to clone.
#[derive(Clone, Debug)]
pub struct Anchoring {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The address by which people reach the console: it says whose head it is.
    pub public_url: String,
    /// Where it is told.
    pub places: Vec<Place>,
}

impl Anchoring {
    /// Tells until the order to stop; nothing where nobody is to be told.
    pub fn spawn(self, shutdown: &Shutdown) {
        if self.places.is_empty() {
            return;
        }
        shutdown.spawn_every("anchoring", PERIOD, move || {
            let this = self.clone();
            async move {
                if let Err(error) = this.run_once().await {
                    tracing::warn!(%error, "the head of the audit could not be told; it tries again");
                }
                0
            }
        });
    }

    /// Tells every place that has not been told today (a day of UTC); says how many took it.
    ///
    /// # Errors
    /// The store's.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let mut taken = 0;
        for place in &self.places {
            let now = self.clock.now();
            let note = format!("audit_head:{}:{}", place.name, now.day());
            let Some((number, hash)) = self.begin(&note, now).await? else { continue };
            match self.tell(place, (number, &hash), now).await {
                Outcome::Done { .. } => {
                    self.keep(note, now).await?;
                    tracing::info!(place = place.name, number, "the head of the audit was told");
                    taken += 1;
                }
                // The note runs out by itself, and then it is tried again.
                other => tracing::warn!(place = place.name, ?other, "the head of the audit was not taken"),
            }
        }
        Ok(taken)
    }

    /// The head, if this process is the one to tell it now, and there is any.
    async fn begin(&self, note: &str, now: Timestamp) -> Result<Option<(i64, String)>, StoreError> {
        let (known, note) = (note.to_owned(), note.to_owned());
        let is_told = self.db.read("looking whether the head was told", move |tx| {
            Box::pin(async move { console::is_noted(tx, &known, now).await })
        });
        if is_told.await? {
            return Ok(None);
        }
        self.db
            .write("beginning to tell the head", move |tx| {
                Box::pin(async move {
                    let (number, hash) = audit::head(tx).await?;
                    // One that began and never ended leaves a note that is over.
                    if number == 0 || console::is_noted(tx, &note, now).await? {
                        return Ok(None);
                    }
                    console::note(tx, &note, now, now.plus(TELLING)).await?;
                    Ok(Some((number, hash)))
                })
            })
            .await
    }

    async fn keep(&self, note: String, now: Timestamp) -> Result<(), StoreError> {
        self.db
            .write("noting that the head was told", move |tx| {
                Box::pin(async move { console::note(tx, &note, now, now.plus(REMEMBERED)).await })
            })
            .await
    }

    async fn tell(&self, place: &Place, (number, hash): (i64, &str), now: Timestamp) -> Outcome {
        let key = format!("audit-{number}-{}", &hash[..16.min(hash.len())]);
        match &place.way {
            Way::Mail(mailer, to) => {
                let text = format!(
                    "The audit of {} stands at\n\n    {number}:{hash}\n\nat {}. Keep this where nobody of that \
                     machine can change it. To check later that nothing before it was changed:\n\n    \
                     webcared audit verify --anchor {number}:{hash}\n",
                    self.public_url,
                    now.rfc3339()
                );
                let subject = format!("Audit of {}: row {number}", self.public_url);
                mailer.send(&Mail { key, to: to.clone(), subject, text, html: String::new() }, now).await
            }
            Way::Hook(http, url, keys) => {
                let data = json!({ "number": number, "hash": hash, "console": self.public_url });
                let body = json!({ "type": "audit.head", "timestamp": now.rfc3339(), "data": data });
                match courier::signed(keys, url, &key, now, body.to_string()) {
                    Ok(call) => courier::outcome(http.send(call).await.map(|a| a.status)),
                    Err(reason) => Outcome::Refused { reason },
                }
            }
        }
    }
}
