//! Alerts beside the bot: by mail, Slack, Microsoft Teams, PagerDuty and signed webhooks; chains that go on until
//! somebody takes the case; another channel where one does not deliver; and an outside watch that is told that all
//! is well.
//!
//! What is told at once is decided by [`crate::alerting`], in the transaction that caused it; here it is sent, and
//! told again. No channel hears a customer's words.

mod aside;
pub mod channel;
pub mod config;
pub mod deliver;
mod email;
pub mod escalating;
pub mod heartbeat;
pub mod notice;
mod pagerduty;
mod personal;
mod slack;
mod teams;
mod webhook;
mod words;

use crate::catalogue::Current;
use crate::chat::card::Look;
use crate::chat::config::Excerpt;
use crate::clock::{Chance, Clock, Mint};
use crate::domain::escalation::Quiet;
use crate::domain::exam::Exam;
use crate::http_client::HttpClient;
use crate::outbox::Worker;
use crate::shutdown::Shutdown;
use crate::store::Db;
use config::{AlertsConfig, ChannelConfig};
use deliver::ChannelDeliver;
use escalating::Escalating;
use jiff::tz::TimeZone;
use std::sync::Arc;
use tokio::sync::Notify;

/// What alerts need.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// Brands and teams.
    pub catalogue: Current,
    /// The client for calls outside.
    pub http: HttpClient,
    /// This process among those on the same database.
    pub owner: String,
    /// Wakes the workers.
    pub outbox: Arc<Notify>,
    /// The address by which people reach the console.
    pub public_url: String,
    /// The zone in which times are shown and quiet hours hold.
    pub zone: String,
}

/// What sends on one channel.
///
/// # Errors
/// What is wrong with it, in words.
pub fn deliverer(parts: &Parts, config: &ChannelConfig) -> Result<ChannelDeliver, String> {
    let look = Look {
        public_url: parts.public_url.trim_end_matches('/').to_owned(),
        excerpt: Excerpt::None,
        zone: TimeZone::get(&parts.zone).unwrap_or(TimeZone::UTC),
        lang: config.lang(),
        reader: None,
    };
    Ok(ChannelDeliver {
        db: parts.db.clone(),
        clock: parts.clock.clone(),
        look: Arc::new(look),
        credential: config.credential(),
        channel: channel::build(config, &parts.http)?,
        quiet: config.quiet.as_deref().and_then(Quiet::parse),
        hourly: usize::try_from(config.messages_per_hour_max).unwrap_or(0),
    })
}

/// What carries chains on.
pub fn escalating(parts: &Parts, config: &AlertsConfig) -> Escalating {
    Escalating {
        db: parts.db.clone(),
        clock: parts.clock.clone(),
        mint: parts.mint.clone(),
        catalogue: parts.catalogue.clone(),
        owner: parts.owner.clone(),
        outbox: parts.outbox.clone(),
        config: Arc::new(config.clone()),
    }
}

/// Starts a worker for each channel, the chains, and the outside watch. Without channels and chains only the bot
/// tells, and nothing is carried on.
///
/// # Errors
/// What is wrong with a channel, in words.
pub fn spawn(shutdown: &Shutdown, parts: &Parts, config: &AlertsConfig) -> Result<(), String> {
    for channel in &config.channels {
        let deliver = Arc::new(deliverer(parts, channel)?);
        let (db, clock) = (parts.db.clone(), parts.clock.clone());
        let worker = Worker::new(db, clock, Chance::from_system(), parts.owner.clone(), deliver);
        worker.by(deliver::law_of(channel)).spawn(shutdown, parts.outbox.clone());
    }
    if !config.channels.is_empty() || !config.chains.is_empty() {
        escalating(parts, config).spawn(shutdown);
    }
    if let Some(watch) = &config.heartbeat {
        heartbeat::Heartbeat::new(parts, watch)?.spawn(shutdown);
    }
    Ok(())
}

/// Tries one channel of the settings; tells nobody anything.
pub async fn examine(config: &ChannelConfig, http: &HttpClient) -> Vec<Exam> {
    match channel::build(config, http) {
        Ok(channel) => channel.examine().await,
        Err(why) => vec![Exam::bad("settings", why, "Set the channel right.")],
    }
}
