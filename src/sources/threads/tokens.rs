//! The token of an account: it lives sixty days, and whoever is older than a day can be exchanged for one that lives
//! sixty days from then.
//!
//! So it is renewed once a day, and never by a person. One renews at a time, under a lease that all replicas share; a new
//! token is kept, sealed, before anything is done with it. The one before stays good until its own end, so that where
//! renewing fails it goes on, the failure is told, and it is tried again. Where nothing can be kept, as in a trial beside
//! the daemon, nothing is renewed.

use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, HttpClient};
use crate::sealing::Seal;
use crate::sources::{Grants, Outside, SourceTrouble, TroubleState, Vault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;
use url::Url;

/// For what tokens are sealed; another text would make the kept ones void.
const SEALED_FOR: &[u8] = b"webcared: the token of an account of Threads, form 1";
/// Younger ones the platform does not renew.
const AGE: Span = Span::hours(24);
/// How long one may be at renewing.
const RENEWING: Span = Span::seconds(60);
/// When to try again what failed, and when to see again what another process does.
const AGAIN: Span = Span::hours(1);
const ASK_AGAIN: Span = Span::minutes(1);
const WITHIN: Span = Span::seconds(10);
/// How long a token lives that does not say so, in seconds.
const LIVES: i64 = 60 * 86_400;
/// What is called so among what ends.
const WHAT: &str = "access token";

/// What is kept, sealed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    token: String,
    /// When it was got, or first seen.
    got: i64,
    /// When it ends, if the platform has told.
    until: Option<i64>,
    /// A hash of the token of the settings with which it began.
    seed: String,
}

#[derive(Default)]
struct State {
    kept: Kept,
    loaded: bool,
    /// What is in `kept` was renewed and is not stored yet.
    unsaved: bool,
    /// Not to be renewed before.
    not_before: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
}

/// The token of one account.
pub struct Tokens {
    url: Url,
    first: SecretString,
    credential: String,
    seal: Option<Seal>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    http: HttpClient,
    state: Mutex<State>,
    /// Why it was not renewed when that was last tried.
    failed: std::sync::Mutex<Option<String>>,
    /// When the token ends, and which rights it lacks.
    pub grants: Grants,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("credential", &self.credential).finish_non_exhaustive()
    }
}

/// Does something to its end, although whoever waits for it may stop waiting: a token that was on its way just then would
/// be lost.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, SourceTrouble>> + Send + 'static,
) -> Result<T, SourceTrouble> {
    let broke = "what was done for a token broke off; trying again";
    tokio::spawn(work).await.unwrap_or_else(|_| Err(SourceTrouble::new(TroubleState::Broken, broke)))
}

impl Tokens {
    /// The token of an account, renewed at `url`; sealed under the first one: where
    /// that is another, what was kept is void in any case, and a change of the app's secret does no harm.
    pub fn new(url: Url, first: &SecretString, credential: &str, outside: &Outside) -> Self {
        Self {
            seal: Seal::new(first, SEALED_FOR, credential),
            url,
            first: first.clone(),
            credential: credential.to_owned(),
            vault: outside.vault.clone(),
            clock: outside.clock.clone(),
            http: outside.http.clone(),
            state: Mutex::default(),
            failed: std::sync::Mutex::default(),
            grants: Grants::default(),
        }
    }

    /// Whether tokens are kept and renewed here at all.
    pub fn keeps(&self) -> bool {
        self.vault.keeps()
    }

    /// A token that is good for now.
    pub async fn pass(self: &Arc<Self>) -> Result<String, SourceTrouble> {
        let own = self.clone();
        to_its_end(async move { own.present().await }).await
    }

    /// Why it could not be renewed, where that is so.
    pub fn why_not_renewed(&self) -> Option<String> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, failed: Option<String>) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }

    async fn present(&self) -> Result<String, SourceTrouble> {
        let mut state = self.state.lock().await;
        if !state.loaded {
            self.reload(&mut state).await?;
            state.loaded = true;
        }
        if state.unsaved {
            self.save(&mut state).await?;
        }
        let now = self.clock.now();
        if self.vault.keeps() && is_old(&state.kept, now) && now.millis() >= state.not_before {
            self.renew(&mut state, now).await?;
        }
        Ok(state.kept.token.clone())
    }

    /// Reads what is kept. Where that cannot be read nothing changes.
    async fn reload(&self, state: &mut State) -> Result<(), SourceTrouble> {
        if state.unsaved {
            return Ok(());
        }
        let seed = self.seed();
        let sealed = self.vault.kept(&self.credential).await?;
        let opened = sealed.and_then(|s| self.seal.as_ref()?.open(&s));
        let kept: Option<Kept> = opened.and_then(|plain| serde_json::from_slice(&plain).ok());
        // A person gave the account leave anew: that token counts.
        match kept.filter(|k| k.seed == seed) {
            Some(kept) => state.kept = kept,
            None if state.kept.seed == seed => {}
            None => {
                let (token, got) = (self.first.expose_secret().trim().to_owned(), self.clock.now().millis());
                state.kept = Kept { token, got, until: None, seed };
                // How old it is, is not told: so it is a day old a day from now, also after a restart. Where that is
                // not kept the day begins anew, and nothing is lost.
                if self.vault.keeps() && self.save(state).await.is_err() {
                    state.unsaved = false;
                }
            }
        }
        self.grants.ends(WHAT, state.kept.until.map(Timestamp), self.why_not_renewed().is_none());
        Ok(())
    }

    fn seed(&self) -> String {
        let hash = Sha256::digest(self.first.expose_secret().trim().as_bytes());
        STANDARD.encode(&hash[..8])
    }

    async fn save(&self, state: &mut State) -> Result<(), SourceTrouble> {
        state.unsaved = true;
        let plain = serde_json::to_vec(&state.kept).unwrap_or_default();
        let kept = match self.seal.as_ref().and_then(|s| s.close(&plain)) {
            Some(sealed) => self.vault.save(&self.credential, &sealed).await,
            None => false,
        };
        if !kept {
            let why = "the token could not be kept, so it is not used; trying again";
            return Err(SourceTrouble::new(TroubleState::Broken, why));
        }
        state.unsaved = false;
        Ok(())
    }

    /// Renews under the lease; while another process does, the present one goes on.
    async fn renew(&self, state: &mut State, now: Timestamp) -> Result<(), SourceTrouble> {
        if !self.vault.alone(&self.credential, RENEWING).await {
            state.not_before = now.plus(ASK_AGAIN).millis();
            return Ok(());
        }
        state.not_before = now.plus(AGAIN).millis();
        let renewed = self.renew_alone(state, now).await;
        self.vault.together(&self.credential).await;
        renewed
    }

    async fn renew_alone(&self, state: &mut State, now: Timestamp) -> Result<(), SourceTrouble> {
        self.reload(state).await?;
        if !is_old(&state.kept, now) {
            return Ok(());
        }
        let answer = self.http.send(self.asking(&state.kept.token)).await;
        let granted = match answer {
            Ok(answer) => serde_json::from_slice::<Granted>(&answer.body)
                .ok()
                .filter(|g| !g.access_token.trim().is_empty())
                .ok_or_else(|| "its answer cannot be read".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match granted {
            Ok(granted) => {
                let lives = granted.expires_in.unwrap_or(LIVES).clamp(3_600, 366 * 86_400);
                granted.access_token.trim().clone_into(&mut state.kept.token);
                state.kept.got = now.millis();
                state.kept.until = Some(now.plus(Span::seconds(lives)).millis());
                self.note(None);
                self.grants.ends(WHAT, state.kept.until.map(Timestamp), true);
                self.save(state).await
            }
            Err(why) => {
                let why: String = why.chars().filter(|c| !c.is_control()).take(200).collect();
                tracing::warn!(credential = self.credential, why, "the token was not renewed");
                self.note(Some(format!("the token could not be renewed ({why}); trying again each hour")));
                // From now on a person has to know when it ends.
                self.grants.ends(WHAT, state.kept.until.map(Timestamp), false);
                Ok(())
            }
        }
    }

    /// The one call for which the platform wants the token in the address; addresses are never logged.
    fn asking(&self, token: &str) -> Call {
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("grant_type", "th_refresh_token")
            .append_pair("access_token", token);
        Call::get(url).within(WITHIN)
    }
}

/// Whether a token may be renewed by now.
fn is_old(kept: &Kept, now: Timestamp) -> bool {
    now.since(Timestamp(kept.got)) >= AGE
}
