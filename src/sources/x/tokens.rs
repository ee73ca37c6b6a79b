//! The tokens of an account: an access token that lives two hours, and a refresh token that is good once.
//!
//! Whoever uses a refresh token gets a new pair and makes the old one void, so a pair that is lost locks the account
//! out until a person gives it leave again. Therefore: one renews at a time, under a lease that all replicas share;
//! that it is about to be used is kept before it is used; and a new pair is kept, sealed, before anything is done
//! with it. What could not be kept stays in memory and is kept as soon as that works. Where nothing can be kept, as
//! in a trial beside the daemon, no token is touched.

use super::client::said_of;
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, CallError, HttpClient};
use crate::sealing::Seal;
use crate::sources::{Grants, Outside, Right, SourceTrouble, TroubleState, Vault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

/// For what tokens are sealed; another text would make the kept ones void.
const SEALED_FOR: &[u8] = b"webcared: tokens of an account of X, form 1";
/// So long before its end a token is renewed.
const AHEAD: Span = Span::minutes(2);
/// How long one may be at renewing.
const RENEWING: Span = Span::seconds(60);
/// When to ask again whether somebody else has renewed it.
const ASK_AGAIN: Span = Span::seconds(3);
const WITHIN: Span = Span::seconds(10);
/// How long a token lives that does not say so.
const LIVES: i64 = 7_200;

/// What is kept, sealed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    access: String,
    /// Until when the access token is good.
    until: i64,
    refresh: String,
    /// A hash of the refresh token of the settings with which it began.
    seed: String,
    /// When the refresh token was sent, if nothing came of it that we know.
    using: Option<i64>,
    scopes: Vec<String>,
    /// The account's number.
    me: String,
}

#[derive(Default)]
struct State {
    kept: Kept,
    loaded: bool,
    /// What is in `kept` is not stored yet.
    unsaved: bool,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    scope: Option<String>,
}

/// The rights that are needed, and for what.
pub const SCOPES: [(&str, &str); 6] = [
    ("tweet.read", "to read mentions"),
    ("users.read", "to read mentions"),
    ("tweet.write", "to answer"),
    ("dm.read", "to read private messages"),
    ("dm.write", "to write private messages"),
    ("offline.access", "to renew the token without a person"),
];

/// The tokens of one account.
pub struct Tokens {
    url: Url,
    client_id: String,
    client_secret: Option<SecretString>,
    first: SecretString,
    credential: String,
    seal: Option<Seal>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    http: HttpClient,
    messages: bool,
    state: Mutex<State>,
    /// When tokens end, and which rights they lack.
    pub grants: Grants,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("credential", &self.credential).finish_non_exhaustive()
    }
}

/// By what an app is known at the platform.
pub struct App {
    /// Where tokens are given.
    pub url: Url,
    /// Its id.
    pub client_id: String,
    /// Its secret, if it has one.
    pub client_secret: Option<SecretString>,
    /// The first refresh token.
    pub first: SecretString,
    /// Whether private messages are wanted.
    pub messages: bool,
}

/// Does something to its end, although whoever waits for it may stop waiting: a look ends with its lease, an answer
/// after its time, and a pair that was on its way just then would be lost.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, SourceTrouble>> + Send + 'static,
) -> Result<T, SourceTrouble> {
    let broke = "what was done for a token broke off; trying again";
    tokio::spawn(work).await.unwrap_or_else(|_| Err(trouble(TroubleState::Broken, broke)))
}

fn trouble(state: TroubleState, why: &str) -> SourceTrouble {
    SourceTrouble::new(state, why)
}

impl Tokens {
    /// The tokens of an account.
    pub fn new(app: App, credential: &str, outside: &Outside) -> Self {
        let key = app.client_secret.as_ref().unwrap_or(&app.first);
        Self {
            seal: Seal::new(key, SEALED_FOR, credential),
            url: app.url,
            client_id: app.client_id,
            client_secret: app.client_secret,
            first: app.first,
            messages: app.messages,
            credential: credential.to_owned(),
            vault: outside.vault.clone(),
            clock: outside.clock.clone(),
            http: outside.http.clone(),
            state: Mutex::default(),
            grants: Grants::default(),
        }
    }

    /// Whether tokens can be used here at all.
    pub fn keeps(&self) -> bool {
        self.vault.keeps()
    }

    /// A token that is good for now.
    pub async fn pass(self: &Arc<Self>) -> Result<String, SourceTrouble> {
        let own = self.clone();
        to_its_end(async move { own.present().await }).await
    }

    /// A token in place of one that is no longer taken.
    pub async fn instead_of(self: &Arc<Self>, refused: &str) -> Result<String, SourceTrouble> {
        let (own, refused) = (self.clone(), refused.to_owned());
        to_its_end(async move { own.other_than(&refused).await }).await
    }

    /// Keeps the account's number, with what is kept next.
    pub async fn learn_me(self: &Arc<Self>, me: &str) {
        let (own, me) = (self.clone(), me.to_owned());
        let kept = async move {
            own.keep_me(&me).await;
            Ok::<(), SourceTrouble>(())
        };
        // Without it the platform is only asked once more after a restart.
        let _ = to_its_end(kept).await;
    }

    async fn present(&self) -> Result<String, SourceTrouble> {
        let mut state = self.state.lock().await;
        self.load(&mut state).await?;
        if state.unsaved {
            self.save(&mut state).await?;
        }
        if !self.is_good(&state.kept) {
            self.renew(&mut state, "").await?;
        }
        Ok(state.kept.access.clone())
    }

    async fn other_than(&self, refused: &str) -> Result<String, SourceTrouble> {
        let mut state = self.state.lock().await;
        if state.kept.access == refused {
            // Another process may have renewed it.
            self.reload(&mut state).await?;
        }
        if state.kept.access == refused || !self.is_good(&state.kept) {
            self.renew(&mut state, refused).await?;
        }
        Ok(state.kept.access.clone())
    }

    /// The account's number, if it was learned once.
    pub async fn me(&self) -> Option<String> {
        let mut state = self.state.lock().await;
        self.load(&mut state).await.ok()?;
        Some(state.kept.me.clone()).filter(|me| !me.is_empty())
    }

    async fn keep_me(&self, me: &str) {
        let mut state = self.state.lock().await;
        me.clone_into(&mut state.kept.me);
        // A pair that another process got meanwhile must not be written over for it.
        if state.unsaved || !self.vault.alone(&self.credential, RENEWING).await {
            return;
        }
        if self.reload(&mut state).await.is_ok() {
            me.clone_into(&mut state.kept.me);
            if self.save(&mut state).await.is_err() {
                state.unsaved = false;
            }
        }
        self.vault.together(&self.credential).await;
    }

    /// What the token may, as the platform said when it gave it.
    pub async fn scopes(&self) -> Vec<String> {
        self.state.lock().await.kept.scopes.clone()
    }

    fn is_good(&self, kept: &Kept) -> bool {
        !kept.access.is_empty() && Timestamp(kept.until) > self.clock.now().plus(AHEAD)
    }

    async fn load(&self, state: &mut State) -> Result<(), SourceTrouble> {
        if !state.loaded {
            self.reload(state).await?;
            state.loaded = true;
        }
        Ok(())
    }

    /// Reads what is kept. Where that cannot be read nothing changes: the first token would be sent again, and
    /// written over the pair that is good.
    async fn reload(&self, state: &mut State) -> Result<(), SourceTrouble> {
        if state.unsaved {
            return Ok(());
        }
        let seed = self.seed();
        let sealed = self.vault.kept(&self.credential).await?;
        let opened = sealed.and_then(|s| self.seal.as_ref()?.open(&s));
        let kept: Option<Kept> = opened.and_then(|plain| serde_json::from_slice(&plain).ok());
        // A person gave the account leave anew: that token counts.
        state.kept = kept.filter(|k| k.seed == seed).unwrap_or_else(|| Kept {
            refresh: self.first.expose_secret().trim().to_owned(),
            seed,
            ..Kept::default()
        });
        self.learn(&state.kept);
        Ok(())
    }

    fn seed(&self) -> String {
        let hash = Sha256::digest(self.first.expose_secret().trim().as_bytes());
        STANDARD.encode(&hash[..8])
    }

    fn learn(&self, kept: &Kept) {
        if kept.scopes.is_empty() {
            return;
        }
        let has = |scope: &str| kept.scopes.iter().any(|s| s == scope);
        let mut rights = vec![(Right::Answer, "tweet.write")];
        if self.messages {
            rights.push((Right::Private, "dm.write"));
        }
        for (right, scope) in rights {
            if has(scope) {
                self.grants.given(right);
            } else {
                let why = format!("'{scope}' is not among the scopes that the account gave the app");
                self.grants.lost(right, &why);
            }
        }
    }

    /// Notes of all rights why they are lacking, or that they are there.
    fn rights(&self, lost: Option<&str>) {
        for right in [Right::Answer, Right::Private] {
            match lost {
                Some(why) if right == Right::Answer || self.messages => self.grants.lost(right, why),
                Some(_) => {}
                None => self.grants.given(right),
            }
        }
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
            return Err(trouble(TroubleState::Broken, why));
        }
        state.unsaved = false;
        Ok(())
    }

    /// Renews under the lease; `refused` is a token that is not good although it says so.
    async fn renew(&self, state: &mut State, refused: &str) -> Result<(), SourceTrouble> {
        if !self.vault.keeps() {
            let why = "nothing is kept here, and a token that is good once is not touched then";
            return Err(trouble(TroubleState::NeedsToken, why));
        }
        if !self.vault.alone(&self.credential, RENEWING).await {
            let until = self.clock.now().plus(ASK_AGAIN);
            let why = "another process is renewing the token";
            return Err(trouble(TroubleState::RateLimited { until }, why).after(ASK_AGAIN));
        }
        let renewed = self.renew_alone(state, refused).await;
        self.vault.together(&self.credential).await;
        renewed
    }

    async fn renew_alone(&self, state: &mut State, refused: &str) -> Result<(), SourceTrouble> {
        self.reload(state).await?;
        if self.is_good(&state.kept) && state.kept.access != refused {
            return Ok(());
        }
        if state.kept.refresh.is_empty() {
            return Err(trouble(
                TroubleState::NeedsToken,
                "there is no refresh token; give it one in the settings",
            ));
        }
        let now = self.clock.now();
        let was_unsaved = state.unsaved;
        let was_used = state.kept.using.replace(now.millis());
        if let Err(trouble) = self.save(state).await {
            // Nothing was sent, and this pair is no newer than the kept one: written later, without the lease, it
            // would lie over one that another process got meanwhile.
            (state.unsaved, state.kept.using) = (was_unsaved, was_used);
            return Err(trouble);
        }
        let granted = match self.http.send(self.asking(&state.kept.refresh)).await {
            Ok(answer) => serde_json::from_slice::<Granted>(&answer.body).map_err(|_| {
                trouble(TroubleState::Broken, "the platform's answer to the refresh token cannot be read")
            })?,
            Err(error) => {
                let refused = self.why_not(&error, was_used, now);
                if refused.state == TroubleState::NeedsToken {
                    self.rights(Some(refused.why.as_str()));
                }
                return Err(refused);
            }
        };
        let kept = &mut state.kept;
        kept.until =
            now.plus(Span::seconds(granted.expires_in.unwrap_or(LIVES).clamp(300, 30 * 86_400))).millis();
        kept.access = granted.access_token;
        if let Some(refresh) = granted.refresh_token.filter(|r| !r.is_empty()) {
            kept.refresh = refresh;
        }
        if let Some(scope) = granted.scope {
            kept.scopes = scope.split_whitespace().map(ToOwned::to_owned).collect();
        }
        kept.using = None;
        if kept.scopes.is_empty() {
            self.rights(None);
        }
        self.learn(kept);
        self.save(state).await
    }

    fn asking(&self, refresh: &str) -> Call {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", refresh);
        form.append_pair("client_id", &self.client_id);
        let call = Call::new(Method::POST, self.url.clone())
            .body("application/x-www-form-urlencoded", form.finish())
            .within(WITHIN);
        match &self.client_secret {
            None => call,
            Some(secret) => {
                let pair = STANDARD.encode(format!("{}:{}", self.client_id, secret.expose_secret().trim()));
                match HeaderValue::from_str(&format!("Basic {pair}")) {
                    Ok(value) => call.secret(http::header::AUTHORIZATION, value),
                    Err(_) => call, // base64 fits in every header
                }
            }
        }
    }

    fn why_not(&self, error: &CallError, was_used: Option<i64>, now: Timestamp) -> SourceTrouble {
        let CallError::Status { code: 400 | 401 | 403, start, .. } = error else {
            return SourceTrouble::of(error, TroubleState::NeedsToken, now);
        };
        let said = said_of(start).unwrap_or_default();
        let name = &self.credential;
        let why = match was_used {
            // An earlier answer may have been lost: the token was good once, and that was then.
            Some(_) => format!(
                "X does not take the refresh token of {name} ({said}): it was sent before, and perhaps that answer was lost; give the app leave anew and put the new refresh token into the settings"
            ),
            None => format!(
                "X does not take the refresh token of {name} ({said}); give the app leave anew and put the new refresh token into the settings"
            ),
        };
        trouble(TroubleState::NeedsToken, &why)
    }
}
