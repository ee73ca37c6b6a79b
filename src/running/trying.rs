//! Trying a source: one page of what it would bring, with every problem, and nothing is stored.

use crate::clock::{Clock, SystemClock};
use crate::domain::brand::{Brand, searched};
use crate::domain::post::{Post, RawPost};
use crate::http_client::{HttpClient, Outbound};
use crate::settings::Settings;
use crate::sources::{self, Batch, Outside, Vault};
use std::sync::Arc;

/// What became of one stream of a source.
#[derive(Clone, Debug)]
pub struct TriedStream {
    /// Its name; empty where a source has only one.
    pub stream: String,
    /// What kept it from being read.
    pub trouble: Option<String>,
    /// What is to know although it was read.
    pub note: Option<String>,
    /// What stood on its page: a post, or where something stood that is none and why.
    pub items: Vec<Result<Box<Post>, (String, String)>>,
    /// Whether there is more behind the page.
    pub more: bool,
}

/// Why a source could not be tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTried {
    /// There is none of that name.
    #[error("no source is named '{name}'; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Nobody asks it: it streams, or others deliver to it.
    #[error("'{0}' is not asked for pages: it streams, or others deliver to it")]
    NotAsked(String),
    /// Its settings cannot be used.
    #[error("{0}")]
    Unusable(String),
}

/// Keeps no log-in beyond the trial.
struct Nothing;

#[async_trait::async_trait]
impl Vault for Nothing {
    async fn load(&self, _credential: &str) -> Option<Vec<u8>> {
        None
    }

    async fn save(&self, _credential: &str, _sealed: &[u8]) -> bool {
        false
    }

    fn keeps(&self) -> bool {
        false
    }
}

/// Asks every stream of a source for its first page, however old what stands there is.
pub async fn try_source(settings: &Settings, name: &str) -> Result<Vec<TriedStream>, NotTried> {
    let known = || settings.sources.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
    let config = settings.sources.iter().find(|s| s.name.eq_ignore_ascii_case(name));
    let mut config =
        config.cloned().ok_or_else(|| NotTried::Unknown { name: name.to_owned(), known: known() })?;
    config.counts_from = Some("1970-01-01T00:00:00Z".to_owned());
    let outside = outside(settings).map_err(NotTried::Unusable)?;
    let built = sources::build(&[config], &outside).map_err(|e| NotTried::Unusable(e.to_string()))?;
    let poll = built.first().and_then(|s| s.poll()).ok_or_else(|| NotTried::NotAsked(name.to_owned()))?;
    let mut tried = Vec::new();
    for stream in poll.streams() {
        let (batch, trouble) = match poll.poll(&stream, None).await {
            Ok(batch) => (batch, None),
            Err(trouble) => (Batch::default(), Some(trouble.why)),
        };
        let note = poll.aside(&stream).note;
        let items = batch.items.iter().map(|item| read(&item.body).map_err(|why| (item.place.clone(), why)));
        tried.push(TriedStream { trouble, note, items: items.collect(), more: batch.more, stream });
    }
    Ok(tried)
}

fn read(body: &[u8]) -> Result<Box<Post>, String> {
    let raw: RawPost = serde_json::from_slice(body).map_err(|e| format!("not a post in our JSON: {e}"))?;
    raw.check().map(Box::new).map_err(|e| e.to_string())
}

fn outside(settings: &Settings) -> Result<Outside, String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let outbound = Outbound {
        timeout_seconds: settings.outbound.timeout_seconds,
        allow_private_addresses: settings.outbound.allow_private_addresses,
        user_agent_contact: settings.outbound.user_agent_contact.clone().unwrap_or_default(),
    };
    let words = |of: fn(&Brand) -> Vec<String>| {
        let words: Vec<String> = settings.brands.iter().flat_map(of).collect();
        Arc::new(move || words.clone())
    };
    let brands = settings.brands.clone();
    Ok(Outside {
        http: HttpClient::new(&outbound, clock.clone()).map_err(|e| e.to_string())?,
        clock,
        keep: Arc::new(|_| true),
        tags: words(|b| b.hashtags.clone()),
        terms: Arc::new(move |brand: Option<&str>| searched(&brands, brand)),
        vault: Arc::new(Nothing),
    })
}
