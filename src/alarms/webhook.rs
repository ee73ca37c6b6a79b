//! Alerts by a signed webhook (Standard Webhooks), for Mattermost, Matrix and programs of one's own.
//!
//! `text` stands at the top, where chat programs that take incoming webhooks look for it.

use super::channel::{Channel, reaches};
use super::config::WebhookConfig;
use super::notice::Notice;
use crate::courier::{outcome, signed};
use crate::domain::delivery::Outcome;
use crate::domain::exam::Exam;
use crate::http_client::HttpClient;
use crate::sources::webhook::Key;
use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

/// Tells a program.
pub struct Webhook {
    http: HttpClient,
    url: Url,
    key: Key,
}

impl Webhook {
    /// After the settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(config: &WebhookConfig, http: &HttpClient) -> Result<Self, String> {
        let secret = config.secret.as_ref().ok_or("no secret")?;
        let key = Key::parse(secret).map_err(|e| e.to_string())?;
        let url = Url::parse(&config.url).map_err(|e| format!("url: {e}"))?;
        let private = || http.allowing_private().map_err(|e| e.to_string());
        let http = if config.allow_private_address { private()? } else { http.clone() };
        Ok(Self { http, url, key })
    }
}

#[async_trait]
impl Channel for Webhook {
    async fn send(&self, notice: &Notice) -> Outcome {
        let case = |i: &super::notice::Item| {
            json!({ "id": i.case, "number": i.number, "brand": i.brand, "platform": i.platform,
                "level": i.level.to_string(), "occasion": i.occasion, "standing": i.standing, "url": i.url })
        };
        let cases: Vec<Value> = notice.items.iter().map(case).collect();
        let body = json!({
            "type": "alert",
            "timestamp": notice.at.rfc3339(),
            "text": notice.text(),
            "data": { "title": notice.title, "words": notice.words, "cases": cases },
        });
        match signed(std::slice::from_ref(&self.key), &self.url, &notice.key, notice.at, body.to_string()) {
            Ok(call) => outcome(self.http.send(call).await.map(|a| a.status)),
            Err(reason) => Outcome::Refused { reason },
        }
    }

    async fn examine(&self) -> Vec<Exam> {
        reaches(&self.http, &self.url).await
    }
}
