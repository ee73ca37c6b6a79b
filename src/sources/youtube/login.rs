//! The log-in of a channel: tokens that live for an hour, fetched by the refresh token that the channel gave.

use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, CallError, HttpClient, RateHint};
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::Serializer;

/// How long a token is held whose end was not told.
const UNTOLD: Span = Span::minutes(20);
/// How long before its end a token is fetched anew.
const BEFORE: Span = Span::minutes(1);
const WITHIN: Span = Span::seconds(8);

/// Who asks for tokens, and where.
pub struct Login {
    url: Url,
    client: String,
    secret: SecretString,
    refresh: SecretString,
    held: Mutex<Option<(HeaderValue, Timestamp)>>,
}

impl Login {
    /// A log-in of a client that a channel let in.
    pub fn new(url: Url, client: &str, secret: SecretString, refresh: SecretString) -> Self {
        Self { url, client: client.to_owned(), secret, refresh, held: Mutex::new(None) }
    }

    /// The value of `Authorization`, from memory or fetched. A failure has changed nothing, and is 401 where we
    /// are let in no more.
    pub async fn token(&self, http: &HttpClient, now: Timestamp) -> Result<HeaderValue, CallError> {
        let mut held = self.held.lock().await;
        if let Some((bearer, _)) = held.as_ref().filter(|(_, until)| *until > now) {
            return Ok(bearer.clone());
        }
        let (bearer, until) = self.fetch(http, now).await?;
        *held = Some((bearer.clone(), until));
        Ok(bearer)
    }

    /// Forgets the token.
    pub async fn forget(&self) {
        *self.held.lock().await = None;
    }

    async fn fetch(&self, http: &HttpClient, now: Timestamp) -> Result<(HeaderValue, Timestamp), CallError> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", &self.client)
            .append_pair("client_secret", self.secret.expose_secret().trim())
            .append_pair("refresh_token", self.refresh.expose_secret().trim())
            .finish();
        let call = Call::new(Method::POST, self.url.clone())
            .body("application/x-www-form-urlencoded", form)
            .within(WITHIN);
        let refused = || CallError::Status { code: 401, hint: RateHint::default(), start: String::new() };
        let answer = match http.send(call).await {
            Ok(answer) => answer,
            Err(CallError::Status { code: 400 | 401 | 403, .. }) => return Err(refused()),
            Err(error @ CallError::Status { code: 429, .. }) => return Err(error),
            // Nothing but a token was asked for: what it was for never left.
            Err(error) => return Err(unsent(&error.to_string())),
        };
        let told: Value =
            serde_json::from_slice(&answer.body).map_err(|_| unsent("the answer is no JSON"))?;
        let token = told["access_token"].as_str().filter(|t| !t.is_empty()).ok_or_else(refused)?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| refused())?;
        bearer.set_sensitive(true);
        let life = told["expires_in"].as_i64().map_or(UNTOLD, |s| Span::seconds(s.clamp(120, 86_400)));
        Ok((bearer, now.plus(life).minus(BEFORE)))
    }
}

fn unsent(why: &str) -> CallError {
    let detail = format!("no token could be fetched: {why}");
    CallError::NotSent { cause: crate::http_client::NotSent::Connect, detail }
}
