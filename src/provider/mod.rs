//! Logging in by a provider of identities: OpenID Connect, by code, with PKCE.
//!
//! A visit begins with a state, a nonce and a verifier of our own, kept here and tied to the browser by a cookie; it
//! is good once and for ten minutes. What comes back is believed only where all of them fit, the token is signed by
//! the provider's own keys, and its claims say that it was made by it, for us, for this visit, and still holds.
//! Who somebody is follows from issuer and number alone ([`crate::people`]).

mod claims;
pub mod config;
mod examine;
mod found;
pub mod jws;

pub use examine::examine;

use crate::clock::{Clock, Mint};
use crate::domain::time::Span;
use crate::http_client::{Call, HttpClient};
use crate::people::{Known, Newcomer, PROOF, People, PeopleError, hash_of};
use crate::store::factor::{self, StepRow};
use crate::store::{Db, StoreError};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use config::OidcConfig;
use found::{Description, Found, address};
use http::header::{AUTHORIZATION, HeaderValue};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use url::Url;

/// How long a visit may take.
const VISIT: Span = Span::minutes(10);
/// What a visit is called among the steps.
const KIND: &str = "provider";
/// Where the provider sends people back.
pub const BACK: &str = "/login/provider/back";
const FORM: &str = "application/x-www-form-urlencoded";
const BYTES_MAX: usize = 256 * 1024;
const PATIENCE: Span = Span::seconds(10);

/// Why nobody came in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProviderError {
    /// The provider cannot be reached or is not set up as the settings say; the text is for the log.
    #[error("the provider: {0}")]
    Outside(String),
    /// What came back does not fit; the text is for the log.
    #[error("refused: {0}")]
    Refused(String),
    /// They are not let in here; the text is for them.
    #[error("{0}")]
    Denied(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What must be remembered of a visit.
#[derive(Serialize, Deserialize)]
struct Visit {
    nonce: String,
    verifier: String,
    next: String,
    /// The hash of the token that the browser holds.
    browser: String,
}

/// What came back with somebody.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Back {
    /// Which visit it was.
    pub state: String,
    /// What is exchanged for tokens.
    pub code: String,
    /// Who the provider says that it is.
    pub iss: Option<String>,
    /// What went wrong there.
    pub error: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// Lets people in by a provider.
pub struct Provider {
    config: OidcConfig,
    found: Found,
    http: HttpClient,
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    /// Where it sends people back.
    back: String,
    /// Where people are after they logged out there.
    out: String,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.config.issuer).finish_non_exhaustive()
    }
}

impl Provider {
    /// After the settings; asks nobody yet.
    pub fn new(
        config: OidcConfig,
        http: HttpClient,
        db: Db,
        (clock, mint): (Arc<dyn Clock>, Arc<Mint>),
        public_url: &str,
    ) -> Self {
        let public = public_url.trim_end_matches('/');
        Self {
            found: Found::new(&config, http.clone(), clock.clone()),
            back: format!("{public}{BACK}"),
            out: format!("{public}/login"),
            config,
            http,
            db,
            clock,
            mint,
        }
    }

    /// What the button says.
    pub fn button(&self) -> &str {
        &self.config.button
    }

    fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.mint.chance().token_bytes())
    }

    /// Begins a visit: where the browser goes, and the token that it must bring back in a cookie. For a proof
    /// the provider is to ask anew who they are.
    ///
    /// # Errors
    /// [`ProviderError::Outside`] where the provider cannot be used.
    pub async fn begin(&self, next: &str, proof: bool) -> Result<(Url, String), ProviderError> {
        let described = self.found.description().await.map_err(ProviderError::Outside)?;
        let mut url = address(&described.authorization_endpoint, &self.config.issuer)
            .map_err(ProviderError::Outside)?;
        let (state, browser) = (self.token(), self.token());
        let visit = Visit {
            nonce: self.token(),
            verifier: self.token(),
            next: next.to_owned(),
            browser: hash_of(&browser),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(visit.verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.back)
            .append_pair("scope", &self.config.asked())
            .append_pair("state", &state)
            .append_pair("nonce", &visit.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if proof {
            let seconds = (PROOF.millis() / 1000).to_string();
            url.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", &seconds);
        }
        let body = serde_json::to_string(&visit).map_err(|e| ProviderError::Outside(e.to_string()))?;
        let (hash, now) = (hash_of(&state), self.clock.now());
        let until_ms = now.plus(VISIT).millis();
        let step = StepRow { kind: KIND.to_owned(), person_id: String::new(), body, until_ms };
        let begun = self.db.write("beginning a visit", move |tx| {
            Box::pin(async move { factor::add_step(tx, &hash, &step).await })
        });
        begun.await?;
        Ok((url, browser))
    }

    /// Ends a visit: gives the token for the cookie and where they wanted to go.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] for whatever does not fit, [`ProviderError::Denied`] for who is not let in here.
    pub async fn finish(
        &self,
        back: &Back,
        browser: &str,
        people: &People,
    ) -> Result<(String, String), ProviderError> {
        let refused = |why: &str| ProviderError::Refused(why.to_owned());
        let visit = self.used(&back.state).await?;
        let visit = visit.ok_or_else(|| refused("no visit has this state, or it is over"))?;
        let ended = self.ended(visit, back, browser, people).await;
        // Only of a visit of ours: whoever makes states up fills no audit.
        let is_refused = matches!(ended, Err(ProviderError::Refused(_) | ProviderError::Denied(_)));
        if is_refused && let Err(error) = people.note_refused("login.provider", "", "").await {
            tracing::warn!(%error, "a refusal at the provider was not written down");
        }
        ended
    }

    /// Goes on with a visit that was found.
    async fn ended(
        &self,
        visit: Visit,
        back: &Back,
        browser: &str,
        people: &People,
    ) -> Result<(String, String), ProviderError> {
        let refused = |why: &str| ProviderError::Refused(why.to_owned());
        if !bool::from(hash_of(browser).as_bytes().ct_eq(visit.browser.as_bytes())) {
            return Err(refused("the visit was begun in another browser"));
        }
        let described = self.found.description().await.map_err(ProviderError::Outside)?;
        let must = described.authorization_response_iss_parameter_supported;
        match back.iss.as_deref() {
            Some(iss) if iss != self.config.issuer => return Err(refused("sent back by another issuer")),
            None if must => return Err(refused("sent back by nobody in particular")),
            _ => {}
        }
        if back.error.is_some() || back.code.is_empty() {
            // The word is the provider's, and may be anything.
            return Err(refused("the provider let nobody in"));
        }
        let tokens = self.exchange(&described, &back.code, &visit.verifier).await?;
        let mut said = self.verified(&tokens.id_token).await?;
        let now = self.clock.now();
        let subject =
            claims::check(&said, &self.config, &visit.nonce, now).map_err(|why| refused(&why.to_string()))?;
        // The token alone tells it, not what is told elsewhere.
        let proved = claims::proved(&said, now, PROOF);
        self.more(&described, &tokens, &subject, &mut said).await?;
        let role = claims::role(&self.config, &said)
            .map_err(|()| ProviderError::Denied("none of your groups may come in here"))?;
        let word =
            |name: &str| claims::claim(&said, name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let known = Known {
            issuer: self.config.issuer.clone(),
            subject,
            login: claims::login(&self.config, &said).to_owned(),
            name: word(&self.config.name_claim),
            role,
            brands: claims::brands(&self.config, &said),
            proved,
        };
        let newcomer = Newcomer { create: self.config.create_people, tie: self.config.tie_by_login };
        match people.enter_by_provider(&known, newcomer).await {
            Ok(token) => Ok((token, visit.next)),
            Err(PeopleError::Store(error)) => Err(error.into()),
            Err(PeopleError::Denied(why)) => Err(ProviderError::Denied(why)),
            Err(error) => Err(ProviderError::Refused(error.to_string())),
        }
    }

    /// Uses a visit up.
    async fn used(&self, state: &str) -> Result<Option<Visit>, ProviderError> {
        if state.is_empty() || state.len() > 128 {
            return Ok(None);
        }
        let (hash, now) = (hash_of(state), self.clock.now());
        let used = self.db.write("ending a visit", move |tx| {
            Box::pin(async move { factor::use_step(tx, &hash, KIND, now).await })
        });
        Ok(used.await?.and_then(|step| serde_json::from_str(&step.body).ok()))
    }

    /// Exchanges a code for tokens.
    async fn exchange(
        &self,
        described: &Description,
        code: &str,
        verifier: &str,
    ) -> Result<Tokens, ProviderError> {
        let call = exchange(&self.config, described, &self.back, (code, verifier))
            .map_err(ProviderError::Outside)?;
        let answer = self.http.send(call).await;
        // A code that was used already, or a client that is not known there: either way nobody comes in.
        let answer =
            answer.map_err(|e| ProviderError::Refused(format!("the code was not exchanged: {e}")))?;
        serde_json::from_slice(&answer.body).map_err(|_| {
            ProviderError::Refused("the code was exchanged for nothing that can be read".to_owned())
        })
    }

    /// What a token says, by the provider's keys; they are read anew where its key is missing.
    async fn verified(&self, token: &str) -> Result<Value, ProviderError> {
        let keys = self.found.keys(false).await.map_err(ProviderError::Outside)?;
        let mut said = jws::verified(token, &keys);
        if said == Err(jws::Refused::Key) {
            let keys = self.found.keys(true).await.map_err(ProviderError::Outside)?;
            said = jws::verified(token, &keys);
        }
        said.map_err(|why| ProviderError::Refused(format!("the token: {why}")))
    }

    /// What the provider tells of somebody elsewhere, where the token does not tell it.
    async fn more(
        &self,
        described: &Description,
        tokens: &Tokens,
        subject: &str,
        said: &mut Value,
    ) -> Result<(), ProviderError> {
        let wants_groups = !(self.config.roles.is_empty() && self.config.brands.is_empty());
        let has = |name: &str| claims::claim(said, name).is_some();
        let all = has(&self.config.login_claim) && (!wants_groups || has(&self.config.groups_claim));
        let (Some(endpoint), Some(access), false) = (&described.userinfo_endpoint, &tokens.access_token, all)
        else {
            return Ok(());
        };
        let url = address(endpoint, &self.config.issuer).map_err(ProviderError::Outside)?;
        let bearer = HeaderValue::from_str(&format!("Bearer {access}"))
            .map_err(|_| ProviderError::Refused("an access token that is none".to_owned()))?;
        let call = Call::get(url).secret(AUTHORIZATION, bearer).bytes_max(BYTES_MAX).within(PATIENCE).stays();
        let answer =
            self.http.send(call).await.map_err(|e| ProviderError::Outside(format!("userinfo: {e}")))?;
        let told: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| ProviderError::Refused("userinfo cannot be read".to_owned()))?;
        // It must be about the same one; anything else may be somebody else's.
        if told.get("sub").and_then(Value::as_str) != Some(subject) {
            return Err(ProviderError::Refused("userinfo is about somebody else".to_owned()));
        }
        if let (Some(said), Some(told)) = (said.as_object_mut(), told.as_object()) {
            for (name, value) in told {
                said.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        Ok(())
    }

    /// Where people log out at the provider as well, if it says so; asks nobody who was not asked already.
    pub async fn log_out(&self) -> Option<Url> {
        let described = self.found.description().await.ok()?;
        let mut url = address(described.end_session_endpoint.as_deref()?, &self.config.issuer).ok()?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.config.client_id)
            .append_pair("post_logout_redirect_uri", &self.out);
        Some(url)
    }
}

/// The call that exchanges a code. A client with a secret shows it in the header, or in the form where the provider
/// takes nothing else.
fn exchange(
    config: &OidcConfig,
    described: &Description,
    back: &str,
    (code, verifier): (&str, &str),
) -> Result<Call, String> {
    let url = address(&described.token_endpoint, &config.issuer)?;
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", back)
        .append_pair("code_verifier", verifier);
    let ways = &described.token_endpoint_auth_methods_supported;
    let in_form = !ways.is_empty() && !ways.iter().any(|w| w == "client_secret_basic");
    let mut shown = None;
    match &config.client_secret {
        Some(secret) if in_form => {
            form.append_pair("client_id", &config.client_id)
                .append_pair("client_secret", secret.expose_secret());
        }
        Some(secret) => shown = Some(basic(&config.client_id, secret)?),
        None => {
            form.append_pair("client_id", &config.client_id);
        }
    }
    let call = Call::new(Method::POST, url).body(FORM, form.finish());
    let call = call.bytes_max(BYTES_MAX).within(PATIENCE).stays();
    Ok(match shown {
        Some(header) => call.secret(AUTHORIZATION, header),
        None => call,
    })
}

/// Name and secret, each encoded as in a form (RFC 6749, 2.3.1).
fn basic(client: &str, secret: &SecretString) -> Result<HeaderValue, String> {
    let plain = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", plain(client), plain(secret.expose_secret()));
    HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(both))).map_err(|e| e.to_string())
}
