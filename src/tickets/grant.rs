//! Tokens by OAuth 2.0 client credentials: fetched when needed, held in memory only, fetched anew before
//! they end or when they are not taken any more.

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

/// Who asks for tokens, and where.
pub(super) struct Grant {
    url: Url,
    client: String,
    secret: SecretString,
    scope: Option<String>,
    held: Mutex<Option<Held>>,
}

struct Held {
    bearer: HeaderValue,
    until: Timestamp,
}

impl Grant {
    pub fn new(url: Url, client: &str, secret: SecretString, scope: Option<String>) -> Self {
        Self { url, client: client.to_owned(), secret, scope, held: Mutex::new(None) }
    }

    /// The value of `Authorization`, from memory or fetched. A failure has changed nothing.
    pub async fn token(&self, http: &HttpClient, now: Timestamp) -> Result<HeaderValue, CallError> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|h| h.until > now) {
            return Ok(held.bearer.clone());
        }
        let fetched = self.fetch(http, now).await?;
        let bearer = fetched.bearer.clone();
        *held = Some(fetched);
        Ok(bearer)
    }

    fn form(&self) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_id", &self.client);
        form.append_pair("client_secret", self.secret.expose_secret().trim());
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        form.finish()
    }

    async fn fetch(&self, http: &HttpClient, now: Timestamp) -> Result<Held, CallError> {
        let call = Call::new(Method::POST, self.url.clone())
            .body("application/x-www-form-urlencoded", self.form())
            .within(super::line::ASIDE_MAX);
        let refused = || CallError::Status { code: 401, hint: RateHint::default(), start: String::new() };
        let answer = match http.send(call).await {
            Ok(answer) => answer,
            // Whoever gives no token refuses us, in whichever way.
            Err(CallError::Status { code: 400 | 401 | 403, .. }) => return Err(refused()),
            Err(CallError::Status { code: 429, hint, start }) => {
                return Err(CallError::Status { code: 429, hint, start });
            }
            // Nothing but a token was asked for: what it was for never left.
            Err(error) => return Err(not_sent(&error.to_string())),
        };
        let told: Value =
            serde_json::from_slice(&answer.body).map_err(|_| not_sent("the answer is no JSON"))?;
        let token = told["access_token"].as_str().filter(|t| !t.is_empty()).ok_or_else(refused)?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| refused())?;
        bearer.set_sensitive(true);
        let seconds = told["expires_in"].as_i64().or_else(|| told["expires_in"].as_str()?.parse().ok());
        let life = seconds.map_or(UNTOLD, |s| Span::seconds(s.clamp(120, 86_400)));
        Ok(Held { bearer, until: now.plus(life).minus(BEFORE) })
    }

    /// Forgets the token; tells whether there was one to forget.
    pub async fn forget(&self) -> bool {
        self.held.lock().await.take().is_some()
    }
}

fn not_sent(why: &str) -> CallError {
    let detail = format!("no token could be fetched: {why}");
    CallError::NotSent { cause: crate::http_client::NotSent::Connect, detail }
}
