//! From settings to sources: one place that knows every kind.
//!
//! A wrong setting is named with the source it stands in, before anything runs. Secrets that stand
//! in files are read here, once.

use super::bluesky_account::BlueskyAccount;
use super::bluesky_search::BlueskySearch;
use super::config::{SourceConfig, WebhookConfig};
use super::discourse::Discourse;
use super::facebook::Facebook;
use super::feed::Feed;
use super::instagram::Instagram;
use super::jetstream::Jetstream;
use super::mail::Mail;
use super::mastodon::Mastodon;
use super::mastodon_tags::MastodonTags;
use super::polled::Polled;
use super::reddit::Reddit;
use super::reviews::Reviews;
use super::telegram::TelegramSource;
use super::threads::Threads;
use super::webhook::{BadSecret, Key, Webhook};
use super::whatsapp::Whatsapp;
use super::x::X;
use super::youtube::Youtube;
use super::{Outside, Source};
use crate::domain::time::{Span, Timestamp};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// A source whose settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("source '{name}': {why}")]
pub struct BuildError {
    /// The source.
    pub name: String,
    /// What is wrong, in words.
    pub why: String,
}

/// Builds every configured source.
pub fn build(configs: &[SourceConfig], outside: &Outside) -> Result<Vec<Arc<dyn Source>>, BuildError> {
    let mut sources: Vec<Arc<dyn Source>> = Vec::new();
    for config in configs {
        let failed = |why: String| BuildError { name: config.name.clone(), why };
        if sources.iter().any(|s| s.name() == config.name) {
            return Err(failed("the name is taken by another source".to_owned()));
        }
        sources.push(one(config, outside).map_err(failed)?);
    }
    Ok(sources)
}

fn one(config: &SourceConfig, outside: &Outside) -> Result<Arc<dyn Source>, String> {
    let name = config.name.as_str();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err("a name is made of letters, digits and '-'".to_owned());
    }
    let counts_from = config
        .counts_from
        .as_deref()
        .map(Timestamp::parse)
        .transpose()
        .map_err(|e| format!("counts_from: {e}"))?;
    if config.kinds().len() != 1 {
        return Err(format!("give it exactly one kind: {}", SourceConfig::KINDS.join(", ")));
    }
    let outside = &outside.of_brand(config.brand.as_deref());
    if let Some(stream) = public(name, counts_from, config, outside)? {
        return Ok(stream);
    }
    if let Some(c) = &config.mastodon {
        addresses("mastodon.server", std::slice::from_ref(&c.server), &["http", "https"])?;
        return Ok(Arc::new(Mastodon::new(name, counts_from, c, outside)?));
    }
    if let Some(c) = &config.bluesky {
        addresses("bluesky.server", std::slice::from_ref(&c.server), &["http", "https"])?;
        return Ok(Arc::new(BlueskyAccount::new(name, counts_from, c, outside)?));
    }
    if let Some(c) = &config.telegram {
        addresses("telegram.api_url", std::slice::from_ref(&c.api_url), &["http", "https"])?;
        return Ok(Arc::new(TelegramSource::new(name, counts_from, c, outside)?));
    }
    if let Some(c) = &config.discourse {
        return Ok(Arc::new(Discourse::new(name, counts_from, c, outside)?));
    }
    if let Some(c) = &config.youtube {
        return Ok(Arc::new(Youtube::new(name, counts_from, c, outside)?));
    }
    if let Some(c) = &config.reddit {
        return Ok(Arc::new(Reddit::new(name, counts_from, c, outside)?));
    }
    if let Some(reviews) = reviews(name, counts_from, config, outside)? {
        return Ok(Arc::new(reviews));
    }
    if let Some(theirs) = of_meta(name, counts_from, config, outside)? {
        return Ok(theirs);
    }
    if let Some(c) = &config.x {
        return Ok(Arc::new(X::new(name, counts_from, config.brand.as_deref(), c, outside)?));
    }
    if let Some(c) = &config.feed {
        return Ok(Arc::new(Feed::new(name, counts_from, c, outside)?));
    }
    if let Some(c) = &config.http {
        return Ok(Arc::new(Polled::new(name, counts_from, c, outside)?));
    }
    if let Some(c) = &config.mail {
        return Ok(Arc::new(Mail::new(name, counts_from, c, outside)?));
    }
    match &config.webhook {
        Some(c) => Ok(Arc::new(webhook(name, counts_from, c)?)),
        None => Err("this kind is not built in".to_owned()),
    }
}

/// What one company runs, if it is such a source.
fn of_meta(
    name: &str,
    counts_from: Option<Timestamp>,
    config: &SourceConfig,
    outside: &Outside,
) -> Result<Option<Arc<dyn Source>>, String> {
    if let Some(c) = &config.facebook {
        return Ok(Some(Arc::new(Facebook::new(name, counts_from, c, outside)?)));
    }
    if let Some(c) = &config.threads {
        return Ok(Some(Arc::new(Threads::new(name, counts_from, c, outside)?)));
    }
    if let Some(c) = &config.instagram {
        return Ok(Some(Arc::new(Instagram::new(name, counts_from, c, outside)?)));
    }
    if let Some(c) = &config.whatsapp {
        return Ok(Some(Arc::new(Whatsapp::new(name, counts_from, config.brand.as_deref(), c, outside)?)));
    }
    Ok(None)
}

/// What everybody may read, if it is such a source.
fn public(
    name: &str,
    counts_from: Option<Timestamp>,
    config: &SourceConfig,
    outside: &Outside,
) -> Result<Option<Arc<dyn Source>>, String> {
    if let Some(c) = &config.jetstream {
        addresses("jetstream.servers", &c.servers, &["ws", "wss"])?;
        if !matches!(c.version, 1 | 2) {
            return Err(format!("jetstream.version: {}; there are 1 and 2", c.version));
        }
        if !c.posts_server.is_empty() {
            addresses("jetstream.posts_server", std::slice::from_ref(&c.posts_server), &["http", "https"])?;
        }
        return Ok(Some(Arc::new(Jetstream::new(name, counts_from, c, outside))));
    }
    if let Some(c) = &config.mastodon_tags {
        addresses("mastodon_tags.servers", &c.servers, &["http", "https"])?;
        return Ok(Some(Arc::new(MastodonTags::new(name, counts_from, c, outside))));
    }
    if let Some(c) = &config.bluesky_search {
        addresses("bluesky_search.server", std::slice::from_ref(&c.server), &["http", "https"])?;
        return Ok(Some(Arc::new(BlueskySearch::new(name, counts_from, c, outside))));
    }
    Ok(None)
}

/// A platform of reviews, if it is one.
fn reviews(
    name: &str,
    counts_from: Option<Timestamp>,
    config: &SourceConfig,
    outside: &Outside,
) -> Result<Option<Reviews>, String> {
    if let Some(c) = &config.google_business {
        return Reviews::google_business(name, counts_from, c, outside).map(Some);
    }
    if let Some(c) = &config.google_play {
        return Reviews::google_play(name, counts_from, c, outside).map(Some);
    }
    if let Some(c) = &config.app_store {
        return Reviews::app_store(name, counts_from, c, outside).map(Some);
    }
    if let Some(c) = &config.trustpilot {
        return Reviews::trustpilot(name, counts_from, c, outside).map(Some);
    }
    Ok(None)
}

fn addresses(field: &str, servers: &[String], schemes: &[&str]) -> Result<(), String> {
    if servers.is_empty() {
        return Err(format!("{field}: empty; at least one server is needed"));
    }
    for server in servers {
        let url = Url::parse(server).map_err(|e| format!("{field}: '{server}': {e}"))?;
        let plain = url.username().is_empty() && url.password().is_none();
        if !schemes.contains(&url.scheme())
            || url.host().is_none()
            || !plain
            || url.query().is_some()
            || server.contains('#')
        {
            return Err(format!(
                "{field}: '{server}'; it must look like {}://host",
                schemes[schemes.len() - 1]
            ));
        }
    }
    Ok(())
}

fn webhook(name: &str, counts_from: Option<Timestamp>, config: &WebhookConfig) -> Result<Webhook, String> {
    let current = key("webhook.secret", config.secret.as_ref(), config.secret_file.as_ref())?
        .ok_or("webhook: it needs secret or secret_file")?;
    let previous = key(
        "webhook.previous_secret",
        config.previous_secret.as_ref(),
        config.previous_secret_file.as_ref(),
    )?;
    let mut webhook = Webhook::new(name, counts_from, std::iter::once(current).chain(previous).collect());
    if let Some(seconds) = config.tolerance_seconds {
        webhook = webhook.tolerance(Span::seconds(seconds));
    }
    if let Some(n) = config.per_second_max {
        webhook = webhook.per_second_max(n);
    }
    Ok(webhook)
}

fn key(field: &str, given: Option<&SecretString>, file: Option<&PathBuf>) -> Result<Option<Key>, String> {
    // The settings put what a file holds beside its name, and refuse both from a person.
    let secret = match (given, file) {
        (Some(secret), _) => secret.clone(),
        (None, Some(file)) => read(file).map_err(|e| format!("{field}_file: {}: {e}", file.display()))?,
        (None, None) => return Ok(None),
    };
    Key::parse(&secret).map(Some).map_err(|e: BadSecret| format!("{field}: {e}"))
}

fn read(file: &Path) -> std::io::Result<SecretString> {
    Ok(std::fs::read_to_string(file)?.trim().to_owned().into())
}
