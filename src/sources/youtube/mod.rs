//! The comments under the videos of a channel of YouTube: read within the units of the day, answered and
//! moderated in the channel's name.
//!
//! A thread is a conversation. The newest threads are read page by page; since a new reply does not bring an old
//! thread to the front again, the threads of the last days are asked for how many replies they have, some with each
//! look. What stands under videos of others cannot be found here, and there is no private channel: the customer
//! gets a link instead.
//!
//! **What was verified, and how.** From the documentation, read in 2026: pages of threads of a channel, their units
//! (1 for a list, 50 for an answer or a measure, 10,000 a day until midnight on the Pacific coast), reasons of
//! refusals. From memory, never reached while building: the longest comment, that ids of replies begin with that of
//! their thread, that lists lag behind by less than some minutes. Checked against a fake with a ledger of its own.

mod client;
mod comment;
mod config;
mod examine;
mod poll;
mod recheck;
mod reply;
mod sweep;
mod units;

pub use config::YoutubeConfig;
pub use reply::LIMITS;

use super::grants::Grants;
use super::{Examine, Outside, Poll, Recheck, Reply, Source, Sweep};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::Bearer;
use client::Client;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use units::Units;
use url::Url;

/// How long a token may take to be fetched.
const TOKEN_WITHIN: Span = Span::seconds(8);
/// How many pages one look asks for as a rule: the newest threads, and a batch of older ones.
const PAGES_A_LOOK: i64 = 2;

/// One channel.
pub struct Youtube {
    name: String,
    counts_from: Option<Timestamp>,
    every: Span,
    channel: String,
    client: Client,
    grants: Grants,
}

impl std::fmt::Debug for Youtube {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Youtube").field("credential", &self.client.credential()).finish_non_exhaustive()
    }
}

impl Youtube {
    /// A channel after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &YoutubeConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let address = |field: &str, text: &str| {
            let url =
                Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
            url.ok_or_else(|| format!("youtube.{field}: it is no web address"))
        };
        let channel = config.channel.trim().to_owned();
        if !channel.starts_with("UC") {
            return Err("youtube.channel: wanted is the id of a channel, UC…".to_owned());
        }
        let key = config.api_key.as_ref().map(|key| {
            let value = HeaderValue::from_str(key.expose_secret().trim());
            value.map_err(|_| "youtube.api_key: it fits in no header".to_owned())
        });
        let login = login(config, address("token_url", &config.token_url)?)?;
        if key.is_none() && login.is_none() {
            return Err("youtube: it needs api_key, or client_id, client_secret and refresh_token".to_owned());
        }
        let units = Units::new(config.units_per_day, config.kept_for_answers_percent);
        let credential = format!("youtube:{name}@{channel}");
        let around = (outside.http.clone(), outside.clock.clone(), outside.vault.clone());
        // A day of looks must fit into the units that reading has.
        let least = 86_400 * PAGES_A_LOOK / i64::from(units.pages_a_day().max(1)) + 1;
        let server = address("api_url", &config.api_url)?;
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            every: Span::seconds(config.every_seconds.clamp(1, 86_400).max(least)),
            channel,
            client: Client::new(server, credential, (key.transpose()?, login), units, around),
            grants: Grants::default(),
        })
    }
}

/// The log-in of the channel: tokens that live for an hour, fetched by the refresh token that the channel gave.
fn login(config: &YoutubeConfig, url: Url) -> Result<Option<Bearer>, String> {
    let Some(refresh) = &config.refresh_token else { return Ok(None) };
    let secret: Option<&SecretString> = config.client_secret.as_ref();
    let secret = secret.ok_or("youtube: a refresh_token needs client_secret or client_secret_file")?;
    if config.client_id.trim().is_empty() {
        return Err(
            "youtube.client_id: empty; a refresh_token needs the client that it was made for".to_owned()
        );
    }
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", config.client_id.trim()),
        ("client_secret", secret.expose_secret().trim()),
        ("refresh_token", refresh.expose_secret().trim()),
    ];
    Ok(Some(Bearer::new(url, TOKEN_WITHIN, &form)))
}

impl Source for Youtube {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "youtube"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn reply(&self) -> Option<&dyn Reply> {
        self.client.has_login().then_some(self as &dyn Reply)
    }

    fn recheck(&self) -> Option<&dyn Recheck> {
        Some(self)
    }

    fn examine(&self) -> Option<&dyn Examine> {
        Some(self)
    }

    fn grants(&self) -> Option<&Grants> {
        Some(&self.grants)
    }

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.client.take_calls()
    }
}
