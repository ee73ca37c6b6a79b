//! What a provider says of itself (OpenID Connect Discovery), and its keys: read when they are wanted, kept for a
//! while, and read anew when a token is signed by a key that is not among them.

use super::config::OidcConfig;
use super::jws::{Key, Keys};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, HttpClient};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// How long a description holds.
const DESCRIPTION: Span = Span::hours(1);
/// How long keys hold.
const KEYS: Span = Span::hours(1);
/// Keys are read anew for a name that is not known at most this often, so that nobody can make us ask.
const AGAIN: Span = Span::minutes(1);
/// How long it is remembered that a description could not be read.
const FAILED: Span = Span::seconds(10);
/// Largest answer in bytes.
const BYTES_MAX: usize = 256 * 1024;
/// How long one call may take.
const PATIENCE: Span = Span::seconds(10);

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Description {
    /// Who it is.
    pub issuer: String,
    /// Where people log in.
    pub authorization_endpoint: String,
    /// Where a code is exchanged.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where more is told of somebody.
    pub userinfo_endpoint: Option<String>,
    /// Where people log out.
    pub end_session_endpoint: Option<String>,
    /// How a client may show itself.
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Which challenges it takes.
    #[serde(default)]
    pub code_challenge_methods_supported: Vec<String>,
    /// Whether it says who it is when it sends people back.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

type Kept<T> = Mutex<Option<(Timestamp, Arc<T>)>>;

/// A provider as it was last read.
pub struct Found {
    http: HttpClient,
    clock: Arc<dyn Clock>,
    issuer: String,
    description: Kept<Description>,
    failed: Kept<String>,
    keys: Kept<Vec<Key>>,
}

/// An address of the provider's: encrypted, unless all of it is on this machine.
pub fn address(text: &str, issuer: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "the provider names an address that is none".to_owned())?;
    let plain = issuer.starts_with("http://");
    if url.scheme() == "https" || (plain && url.scheme() == "http") {
        Ok(url)
    } else {
        Err("the provider names an address that is not encrypted".to_owned())
    }
}

impl Found {
    /// Reads nothing yet.
    pub fn new(config: &OidcConfig, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        let issuer = config.issuer.clone();
        Self {
            http,
            clock,
            issuer,
            description: Mutex::default(),
            failed: Mutex::default(),
            keys: Mutex::default(),
        }
    }

    async fn read<T: DeserializeOwned>(&self, url: Url, what: &str) -> Result<T, String> {
        let call = Call::get(url).bytes_max(BYTES_MAX).within(PATIENCE);
        let answer = self.http.send(call).await.map_err(|e| format!("{what}: {e}"))?;
        serde_json::from_slice(&answer.body).map_err(|_| format!("{what}: it cannot be read"))
    }

    fn kept<T>(&self, kept: &Kept<T>, span: Span) -> Option<(Timestamp, Arc<T>)> {
        let held = kept.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        (self.clock.now().since(held.0) < span).then_some(held)
    }

    fn keep<T>(&self, kept: &Kept<T>, value: T) -> Arc<T> {
        let value = Arc::new(value);
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((self.clock.now(), value.clone()));
        value
    }

    /// What the provider says of itself.
    ///
    /// # Errors
    /// Why it cannot be used, in words without secrets.
    pub async fn description(&self) -> Result<Arc<Description>, String> {
        if let Some((_, held)) = self.kept(&self.description, DESCRIPTION) {
            return Ok(held);
        }
        if let Some((_, why)) = self.kept(&self.failed, FAILED) {
            return Err((*why).clone());
        }
        let described = self.described().await;
        match described {
            Ok(read) => Ok(self.keep(&self.description, read)),
            Err(why) => Err((*self.keep(&self.failed, why)).clone()),
        }
    }

    async fn described(&self) -> Result<Description, String> {
        let text = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let url = Url::parse(&text).map_err(|_| "issuer: not an address".to_owned())?;
        let read: Description = self.read(url, "description").await?;
        if read.issuer != self.issuer {
            return Err(format!("it calls itself '{}', and the settings say '{}'", read.issuer, self.issuer));
        }
        Ok(read)
    }

    /// The provider's keys; `anew` where one was missing, which is heeded once a minute.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub async fn keys(&self, anew: bool) -> Result<Arc<Vec<Key>>, String> {
        let span = if anew { AGAIN } else { KEYS };
        if let Some((_, held)) = self.kept(&self.keys, span) {
            return Ok(held);
        }
        let description = self.description().await?;
        let read: Keys = self.read(address(&description.jwks_uri, &self.issuer)?, "keys").await?;
        Ok(self.keep(&self.keys, read.usable()))
    }
}
