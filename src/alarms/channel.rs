//! The face of every channel, and what they share: what an answer over HTTP means.

use super::config::ChannelConfig;
use super::notice::Notice;
use super::{email, pagerduty, slack, teams, webhook};
use crate::domain::delivery::Outcome;
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::domain::time::Timestamp;
use crate::http_client::{Call, CallError, HttpClient, NotSent};
use async_trait::async_trait;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::Arc;
use url::Url;

/// Where alerts can be told.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Tells one message, once.
    async fn send(&self, notice: &Notice) -> Outcome;

    /// Says that somebody has a case for which it stood in alarm.
    async fn clear(&self, case: &str, key: &str, now: Timestamp) -> Outcome {
        let _ = (case, key, now);
        Outcome::Done { remote_id: String::new(), at: None }
    }

    /// Whether each case is an alarm of its own that stands until it is cleared.
    fn stands(&self) -> bool {
        false
    }

    /// Tries it as far as that is possible without telling anybody anything.
    async fn examine(&self) -> Vec<Exam>;
}

/// Builds a channel of the settings.
///
/// # Errors
/// What is wrong with it, in words without secrets.
pub fn build(config: &ChannelConfig, http: &HttpClient) -> Result<Arc<dyn Channel>, String> {
    let wrong = |what: String| format!("alerts.channel '{}': {what}", config.name);
    if let Some(c) = &config.email {
        return Ok(Arc::new(email::Email::new(c).map_err(wrong)?));
    }
    if let Some(c) = &config.slack {
        return Ok(Arc::new(slack::Slack::new(c, http).map_err(wrong)?));
    }
    if let Some(c) = &config.teams {
        return Ok(Arc::new(teams::Teams::new(c, http).map_err(wrong)?));
    }
    if let Some(c) = &config.pagerduty {
        return Ok(Arc::new(pagerduty::PagerDuty::new(c, http).map_err(wrong)?));
    }
    match &config.webhook {
        Some(c) => Ok(Arc::new(webhook::Webhook::new(c, http).map_err(wrong)?)),
        None => Err(wrong("of no kind".to_owned())),
    }
}

/// An address that is a secret; what is wrong with it never shows it.
pub(super) fn secret_url(secret: Option<&SecretString>) -> Result<Url, String> {
    let text = secret.ok_or("no url")?;
    Url::parse(text.expose_secret()).map_err(|_| "url: not a web address".to_owned())
}

/// How long one call may take: a round of them must be over before the outbox gives up on it.
const CALL_MAX: Span = Span::seconds(8);

/// A call that posts JSON and reads little of what is said to it.
pub(super) fn post(url: &Url, body: &Value) -> Call {
    Call::new(Method::POST, url.clone())
        .bytes_max(16 * 1024)
        .within(CALL_MAX)
        .stays()
        .body("application/json", body.to_string())
}

/// What an answer that is not a success means. Where a second one does no harm (`harmless`), whatever is unclear is
/// tried again; else it is marked as a repeat.
pub(super) fn failed(error: CallError, harmless: bool) -> Outcome {
    match error {
        CallError::TooLarge { .. } => Outcome::Done { remote_id: String::new(), at: None },
        CallError::NotSent { cause: NotSent::Refused | NotSent::BadAddress, detail } => {
            Outcome::Refused { reason: detail }
        }
        CallError::NotSent { detail, .. } => Outcome::Retry { after: None, why: detail },
        CallError::Status { code: code @ (408 | 429), hint, .. } => {
            Outcome::Retry { after: hint.wait, why: format!("answered {code}") }
        }
        CallError::Status { code, hint, .. } if code >= 500 && harmless => {
            Outcome::Retry { after: hint.wait, why: format!("answered {code}") }
        }
        CallError::Status { code, .. } if code >= 500 => {
            Outcome::Unknown { evidence: format!("answered {code}") }
        }
        CallError::Status { code, .. } => Outcome::Refused { reason: format!("answered {code}") },
        CallError::Unknown { detail } if harmless => Outcome::Retry { after: None, why: detail },
        CallError::Unknown { detail } => Outcome::Unknown { evidence: detail },
    }
}

/// Whether somebody answers at an address to which nothing can be posted without telling people.
pub(super) async fn reaches(http: &HttpClient, url: &Url) -> Vec<Exam> {
    let host = url.host_str().unwrap_or_default();
    match http.connect(url).await {
        Ok(_) => vec![Exam::mind(
            "connect",
            format!("{host} answers"),
            "Whether it takes our messages only a message shows.",
        )],
        Err(error) => vec![Exam::bad(
            "connect",
            error.to_string(),
            "Is the address right, and may this machine reach it?",
        )],
    }
}
