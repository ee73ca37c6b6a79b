//! Alerts in Slack: by an incoming webhook, or by `chat.postMessage` with a bot's token.

use super::channel::{Channel, failed, post, secret_url};
use super::config::SlackConfig;
use super::notice::Notice;
use crate::domain::delivery::Outcome;
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::http_client::{Call, HttpClient};
use async_trait::async_trait;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

/// Slack cuts messages at 40,000 characters; people read less.
const CHARS_MAX: usize = 12_000;
/// What a bot is refused that may pass.
const PASSING: [&str; 4] = ["ratelimited", "rate_limited", "service_unavailable", "request_timeout"];

/// Tells a channel of Slack.
pub struct Slack {
    http: HttpClient,
    way: Way,
}

enum Way {
    Hook(Url),
    Bot { api: Url, token: SecretString, channel: String },
}

impl Slack {
    /// After the settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(config: &SlackConfig, http: &HttpClient) -> Result<Self, String> {
        let way = match &config.token {
            Some(token) => Way::Bot {
                api: Url::parse(&format!("{}/", config.api_url.trim_end_matches('/')))
                    .map_err(|e| format!("api_url: {e}"))?,
                token: token.clone(),
                channel: config.channel.clone(),
            },
            None => Way::Hook(secret_url(config.url.as_ref())?),
        };
        Ok(Self { http: http.clone(), way })
    }

    async fn ask(
        &self,
        api: &Url,
        method: &str,
        token: &SecretString,
        body: &Value,
    ) -> Result<Value, Outcome> {
        let refused = |reason: &str| Outcome::Refused { reason: reason.to_owned() };
        let url = api.join(method).map_err(|e| refused(&e.to_string()))?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| refused("the token cannot be sent"))?;
        let call: Call = post(&url, body).secret(AUTHORIZATION, bearer);
        let answer = self.http.send(call).await.map_err(|e| failed(e, false))?;
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match (said["ok"].as_bool(), said["error"].as_str()) {
            (Some(true), _) => Ok(said),
            (_, Some(error)) if PASSING.contains(&error) => {
                Err(Outcome::Retry { after: answer.hint.wait.or(Some(Span::seconds(5))), why: plain(error) })
            }
            (_, Some(error)) => Err(Outcome::Refused { reason: plain(error) }),
            _ => Err(Outcome::Unknown { evidence: "an answer that says neither yes nor no".to_owned() }),
        }
    }
}

/// A code that Slack said, without anything else.
fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect()
}

/// Text that is no markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What is posted.
fn text(notice: &Notice) -> String {
    let mut lines = vec![format!("*{}*", escape(&notice.title).replace('*', "∗"))];
    if !notice.words.is_empty() {
        lines.push(escape(&notice.words));
    }
    for item in &notice.items {
        let url = item.url.replace(['<', '>', '|'], "");
        lines.push(format!("<{url}|#{}> {}", item.number, escape(&item.line())));
    }
    let mut text = lines.join("\n");
    if let Some((at, _)) = text.char_indices().nth(CHARS_MAX) {
        text.truncate(at);
        text.push('…');
    }
    text
}

#[async_trait]
impl Channel for Slack {
    async fn send(&self, notice: &Notice) -> Outcome {
        let mut body = json!({ "text": text(notice), "unfurl_links": false, "unfurl_media": false });
        match &self.way {
            Way::Hook(url) => match self.http.send(post(url, &body)).await {
                Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
                Err(error) => failed(error, false),
            },
            Way::Bot { api, token, channel } => {
                body["channel"] = json!(channel);
                match self.ask(api, "chat.postMessage", token, &body).await {
                    Ok(said) => Outcome::Done {
                        remote_id: said["ts"].as_str().unwrap_or_default().to_owned(),
                        at: None,
                    },
                    Err(outcome) => outcome,
                }
            }
        }
    }

    async fn examine(&self) -> Vec<Exam> {
        match &self.way {
            Way::Hook(url) => super::channel::reaches(&self.http, url).await,
            Way::Bot { api, token, .. } => {
                vec![match self.ask(api, "auth.test", token, &json!({})).await {
                    Ok(said) => Exam::good(
                        "log in",
                        format!("the bot {}", said["user"].as_str().unwrap_or("of a name untold")),
                    ),
                    Err(Outcome::Refused { reason }) => {
                        Exam::bad("log in", reason, "Give it a bot's token with the scope chat:write.")
                    }
                    Err(_) => Exam::bad("log in", "Slack did not answer clearly", "Try again later."),
                }]
            }
        }
    }
}
