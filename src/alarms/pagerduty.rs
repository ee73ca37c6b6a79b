//! Alerts by PagerDuty's Events API v2, or by whoever speaks it: one alarm a case, by a key of its own, and resolved
//! when somebody has the case; and one where nobody is on duty. The key makes a second event harmless.

use super::channel::{Channel, failed, post, reaches};
use super::config::PagerDutyConfig;
use super::notice::{Item, Notice};
use crate::chat::texts::Lang;
use crate::domain::delivery::Outcome;
use crate::domain::exam::Exam;
use crate::domain::judgement::Level;
use crate::domain::time::Timestamp;
use crate::http_client::HttpClient;
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

/// Longest summary that it takes.
const SUMMARY_MAX: usize = 1_024;

/// Rings whoever is on call.
pub struct PagerDuty {
    http: HttpClient,
    url: Url,
    key: SecretString,
}

impl PagerDuty {
    /// After the settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(config: &PagerDutyConfig, http: &HttpClient) -> Result<Self, String> {
        let key = config.routing_key.clone().ok_or("no routing_key")?;
        let url = Url::parse(&config.url).map_err(|e| format!("url: {e}"))?;
        Ok(Self { http: http.clone(), url, key })
    }

    async fn tell(&self, mut event: Value) -> Outcome {
        event["routing_key"] = json!(self.key.expose_secret());
        match self.http.send(post(&self.url, &event)).await {
            Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
            Err(error) => failed(error, true),
        }
    }

    fn of_case(item: &Item, (at, lang): (Timestamp, Lang)) -> Value {
        let severity = match item.level {
            Level::P1 => "critical",
            Level::P2 => "error",
            _ => "warning",
        };
        json!({
            "event_action": "trigger",
            "dedup_key": dedup(&item.case),
            "client": "webcared",
            "client_url": item.url,
            "links": [{ "href": item.url, "text": lang.the_case() }],
            "payload": {
                "summary": item.line().chars().take(SUMMARY_MAX).collect::<String>(),
                "source": "webcared",
                "severity": severity,
                "timestamp": at.rfc3339(),
                "component": item.platform,
                "group": item.brand,
                "class": item.occasion,
            },
        })
    }

    /// Nobody is on duty: one alarm however often it is told, until somebody resolves it there.
    fn of_duty(notice: &Notice) -> Value {
        let words: Vec<&str> = notice.words.lines().take(2).collect();
        json!({
            "event_action": "trigger",
            "dedup_key": dedup("duty"),
            "client": "webcared",
            "payload": {
                "summary": words.join(": ").chars().take(SUMMARY_MAX).collect::<String>(),
                "source": "webcared",
                "severity": "error",
                "timestamp": notice.at.rfc3339(),
                "class": "nobody_on_duty",
            },
        })
    }
}

fn dedup(case: &str) -> String {
    format!("webcared/{case}")
}

#[async_trait]
impl Channel for PagerDuty {
    async fn send(&self, notice: &Notice) -> Outcome {
        // Who is on call is called where nobody is on duty, and resolves that; nothing else that is of no case rings.
        if notice.rings {
            return self.tell(Self::of_duty(notice)).await;
        }
        if notice.items.is_empty() {
            return Outcome::Done { remote_id: "no alarm: of no case".to_owned(), at: None };
        }
        for item in &notice.items {
            let outcome = self.tell(Self::of_case(item, (notice.at, notice.lang))).await;
            if !matches!(outcome, Outcome::Done { .. }) {
                return outcome;
            }
        }
        Outcome::Done { remote_id: String::new(), at: None }
    }

    async fn clear(&self, case: &str, _key: &str, _now: Timestamp) -> Outcome {
        self.tell(json!({ "event_action": "resolve", "dedup_key": dedup(case) })).await
    }

    fn stands(&self) -> bool {
        true
    }

    async fn examine(&self) -> Vec<Exam> {
        reaches(&self.http, &self.url).await
    }
}
