//! Tokens by OAuth 2.0: fetched by a form when needed, held in memory only, fetched anew before they end or when they
//! are not taken any more.

use super::{Call, CallError, HttpClient, NotSent, RateHint};
use crate::domain::time::{Span, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

/// Makes the form of each request by the time, where it must be signed; `None` where that does not work.
pub type MadeForm = Box<dyn Fn(Timestamp) -> Option<SecretString> + Send + Sync>;

enum Form {
    Fixed(SecretString),
    Made(MadeForm),
}

/// Who asks for tokens, and where.
pub struct Bearer {
    url: Url,
    form: Form,
    /// What stands in `Authorization` when a token is asked for.
    client: Option<HeaderValue>,
    /// What stands in `User-Agent` then, where the platform wants its own form.
    agent: Option<HeaderValue>,
    within: Span,
    held: Mutex<Option<(HeaderValue, Timestamp)>>,
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bearer").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Bearer {
    /// Tokens that `url` gives for a form of these names and values, asked for within so long.
    pub fn new(url: Url, within: Span, form: &[(&str, &str)]) -> Self {
        Self {
            url,
            form: Form::Fixed(written(form)),
            client: None,
            agent: None,
            within,
            held: Mutex::new(None),
        }
    }

    /// Tokens that `url` gives for a form that is made anew each time, such as one with a signed assertion.
    pub fn made(url: Url, within: Span, form: MadeForm) -> Self {
        Self { url, form: Form::Made(form), client: None, agent: None, within, held: Mutex::new(None) }
    }

    /// Names the client by HTTP Basic when a token is asked for.
    pub fn by_client(mut self, id: &str, secret: &SecretString) -> Self {
        let both = STANDARD.encode(format!("{id}:{}", secret.expose_secret()));
        self.client = HeaderValue::from_str(&format!("Basic {both}")).ok();
        self
    }

    /// Calls us so when a token is asked for, where the platform wants its own form of it.
    pub fn called(mut self, agent: HeaderValue) -> Self {
        self.agent = Some(agent);
        self
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

    /// Forgets the token; tells whether there was one to forget.
    pub async fn forget(&self) -> bool {
        self.held.lock().await.take().is_some()
    }

    async fn fetch(&self, http: &HttpClient, now: Timestamp) -> Result<(HeaderValue, Timestamp), CallError> {
        let form = match &self.form {
            Form::Fixed(form) => form.clone(),
            Form::Made(make) => make(now).ok_or_else(|| not_sent("nothing could be signed"))?,
        };
        let mut call = Call::new(Method::POST, self.url.clone())
            .body("application/x-www-form-urlencoded", form.expose_secret().to_owned())
            .within(self.within);
        if let Some(client) = &self.client {
            call = call.secret(http::header::AUTHORIZATION, client.clone());
        }
        if let Some(agent) = &self.agent {
            call = call.header(http::header::USER_AGENT, agent.clone());
        }
        let refused = || CallError::Status { code: 401, hint: RateHint::default(), start: String::new() };
        let answer = match http.send(call).await {
            Ok(answer) => answer,
            // Whoever gives no token refuses us, in whichever way.
            Err(CallError::Status { code: 400 | 401 | 403, .. }) => return Err(refused()),
            Err(error @ CallError::Status { code: 429, .. }) => return Err(error),
            // Nothing but a token was asked for: what it was for never left.
            Err(error) => return Err(not_sent(&error.to_string())),
        };
        let told: Value =
            serde_json::from_slice(&answer.body).map_err(|_| not_sent("the answer is no JSON"))?;
        let token = told["access_token"].as_str().filter(|t| !t.is_empty()).ok_or_else(refused)?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| refused())?;
        bearer.set_sensitive(true);
        let seconds = told["expires_in"].as_i64().or_else(|| told["expires_in"].as_str()?.parse().ok());
        let life = seconds.map_or(UNTOLD, |s: i64| Span::seconds(s.clamp(120, 86_400)));
        Ok((bearer, now.plus(life).minus(BEFORE)))
    }
}

/// Names and values as a form.
pub fn written(form: &[(&str, &str)]) -> SecretString {
    let mut written = Serializer::new(String::new());
    for (name, value) in form {
        written.append_pair(name, value);
    }
    written.finish().into()
}

fn not_sent(why: &str) -> CallError {
    let detail = format!("no token could be fetched: {why}");
    CallError::NotSent { cause: NotSent::Connect, detail }
}
