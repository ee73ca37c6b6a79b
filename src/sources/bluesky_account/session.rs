//! The log-in of an account: kept over restarts, renewed in time, made anew only when nothing else works.
//!
//! Servers let nobody log in often (thirty times in five minutes are written down, ten a day were
//! met), so a log-in is kept sealed before it is first used, and how often we logged in is kept with
//! it: once a minute and ten times a day at most, whatever crashes. A password that was refused is not
//! tried again for hours. Whoever holds the lock renews; everybody else gets what came of it.

use super::caller::{Asked, Caller, Failed, Purpose, Refusal, is_about_token};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::CallError;
use crate::sealing::Seal;
use crate::sources::bluesky::blobs::server_in;
use crate::sources::{Grants, Outside, SourceTrouble, TroubleState, Vault};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;
use url::Url;

const A_DAY_MAX: usize = 10;
const NOT_SOONER: Span = Span::minutes(1);
/// How long a refused password is not tried again: eight times a day at most.
const REFUSED_FOR: Span = Span::hours(3);

/// Who we are, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The account's DID.
    pub did: Option<String>,
    /// Its handle.
    pub handle: Option<String>,
}

/// With what a call is made.
#[derive(Clone)]
pub struct Pass {
    /// The token.
    pub access: String,
    /// The account's own server.
    pub server: Url,
    /// The account's DID.
    pub did: String,
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pass").field("did", &self.did).finish_non_exhaustive()
    }
}

/// For what log-ins of accounts are sealed; another text would make the kept ones void.
const SEALED_FOR: &[u8] = b"webcared: log-in of an account, form 1";

/// What is kept, sealed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    access: String,
    refresh: String,
    did: String,
    handle: String,
    /// The account's own server, where the server told one.
    server: Option<String>,
    /// When we logged in with the password during the last day, whatever came of it.
    log_ins: Vec<i64>,
    /// Why the password was refused, and until when it is not tried again.
    refused: Option<(String, i64)>,
    /// The server wants no log-in before this.
    closed_until: i64,
}

#[derive(Default)]
struct State {
    kept: Kept,
    loaded: bool,
    /// What is in `kept` is not stored yet.
    unsaved: bool,
}

/// What `createSession` and `refreshSession` answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Granted {
    access_jwt: String,
    refresh_jwt: String,
    did: String,
    #[serde(default)]
    handle: String,
    #[serde(default)]
    did_doc: serde_json::Value,
    #[serde(default)]
    active: Option<bool>,
}

/// The log-in of one account.
pub struct Session {
    server: Url,
    account: String,
    password: SecretString,
    credential: String,
    seal: Option<Seal>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    who: RwLock<Who>,
    /// When the tokens end, and what the app password lacks.
    pub grants: Grants,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl Session {
    /// The log-in of `account` at `server`.
    pub fn new(
        server: Url,
        account: &str,
        password: SecretString,
        credential: &str,
        outside: &Outside,
    ) -> Self {
        let is_did = account.starts_with("did:");
        let name = Some(account.to_owned());
        let who = if is_did { Who { did: name, handle: None } } else { Who { did: None, handle: name } };
        Self {
            server,
            account: account.to_owned(),
            seal: Seal::new(&password, SEALED_FOR, credential),
            password,
            credential: credential.to_owned(),
            vault: outside.vault.clone(),
            clock: outside.clock.clone(),
            state: Mutex::default(),
            who: RwLock::new(who),
            grants: Grants::default(),
        }
    }

    /// The server in the settings.
    pub const fn server(&self) -> &Url {
        &self.server
    }

    /// Who we are, as far as known by now.
    pub fn who(&self) -> Who {
        self.who.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The account's own server and DID, without logging in: what needs no token is asked there.
    pub async fn known(&self) -> Option<(Url, String)> {
        let mut state = self.state.lock().await;
        self.load(&mut state).await;
        let did = self.who().did?;
        Some((self.own_server(&state.kept), did))
    }

    /// A token that was taken when it was last used.
    pub async fn pass(&self, caller: &Caller) -> Result<Pass, SourceTrouble> {
        let mut state = self.state.lock().await;
        self.load(&mut state).await;
        if state.unsaved {
            self.save(&mut state).await?;
        }
        if state.kept.access.is_empty() {
            self.log_in(&mut state, caller).await?;
        }
        Ok(self.pass_of(&state.kept))
    }

    /// A token in place of one that is no longer taken.
    pub async fn renew(&self, caller: &Caller, refused: &str) -> Result<Pass, SourceTrouble> {
        let mut state = self.state.lock().await;
        if state.kept.access == refused {
            // Another process may have renewed it.
            self.reload(&mut state).await;
        }
        if state.kept.access != refused && !state.kept.access.is_empty() {
            return Ok(self.pass_of(&state.kept));
        }
        if state.kept.refresh.is_empty() {
            self.log_in(&mut state, caller).await?;
        } else {
            self.refresh(&mut state, caller).await?;
        }
        Ok(self.pass_of(&state.kept))
    }

    fn pass_of(&self, kept: &Kept) -> Pass {
        Pass { access: kept.access.clone(), server: self.own_server(kept), did: kept.did.clone() }
    }

    fn own_server(&self, kept: &Kept) -> Url {
        let told = kept.server.as_deref().and_then(|s| Url::parse(s).ok());
        told.unwrap_or_else(|| self.server.clone())
    }

    async fn load(&self, state: &mut State) {
        if !state.loaded {
            self.reload(state).await;
            state.loaded = true;
        }
    }

    async fn reload(&self, state: &mut State) {
        let sealed = self.vault.load(&self.credential).await;
        let opened = sealed.and_then(|s| self.seal.as_ref()?.open(&s));
        let kept: Option<Kept> = opened.and_then(|plain| serde_json::from_slice(&plain).ok());
        if let Some(kept) = kept.filter(|_| !state.unsaved) {
            self.learn(&kept);
            state.kept = kept;
        }
    }

    fn learn(&self, kept: &Kept) {
        self.grants.ends_as_told("access token", &kept.access, true);
        self.grants.ends_as_told("log-in", &kept.refresh, true);
        let mut who = self.who.write().unwrap_or_else(PoisonError::into_inner);
        let told = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
        who.did = told(&kept.did).or(who.did.take());
        who.handle = told(&kept.handle).filter(|h| h != "handle.invalid").or(who.handle.take());
    }

    async fn save(&self, state: &mut State) -> Result<(), SourceTrouble> {
        state.unsaved = true;
        let plain = serde_json::to_vec(&state.kept).unwrap_or_default();
        let sealed = self.seal.as_ref().and_then(|s| s.close(&plain));
        let kept = match sealed {
            Some(sealed) => self.vault.save(&self.credential, &sealed).await,
            None => false,
        };
        if !kept {
            let why = "the log-in could not be kept, so it is not used; trying again";
            return Err(SourceTrouble::new(TroubleState::Broken, why));
        }
        state.unsaved = false;
        Ok(())
    }

    async fn log_in(&self, state: &mut State, caller: &Caller) -> Result<(), SourceTrouble> {
        self.reload(state).await;
        if !state.kept.access.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        may_log_in(&mut state.kept, now)?;
        state.kept.log_ins.push(now.millis());
        self.save(state).await?;
        let password = self.password.expose_secret();
        let body = json!({ "identifier": self.account, "password": password }).to_string();
        let asked = Asked::Procedure(body.into_bytes());
        let method = ("com.atproto.server.createSession", &asked);
        match caller.call(&self.server, method, None, Purpose::LogIn).await {
            Ok(answer) => self.granted(state, &answer.body).await,
            Err(failed) => {
                let (trouble, refused) = self.why_not(&failed);
                match (&trouble.state, refused) {
                    (_, true) => {
                        state.kept.refused = Some((trouble.why.clone(), now.plus(REFUSED_FOR).millis()));
                    }
                    (TroubleState::RateLimited { until }, _) => state.kept.closed_until = until.millis(),
                    _ => return Err(trouble),
                }
                self.save(state).await?;
                Err(trouble)
            }
        }
    }

    async fn refresh(&self, state: &mut State, caller: &Caller) -> Result<(), SourceTrouble> {
        let asked = Asked::Procedure(Vec::new());
        let method = ("com.atproto.server.refreshSession", &asked);
        let token = state.kept.refresh.clone();
        match caller.call(&self.server, method, Some(&token), Purpose::LogIn).await {
            Ok(answer) => self.granted(state, &answer.body).await,
            Err(Failed::Call(error)) if is_about_token(&error) && !is_about_account(&error) => {
                state.kept.access.clear();
                state.kept.refresh.clear();
                self.save(state).await?;
                self.log_in(state, caller).await
            }
            Err(failed) => Err(self.why_not(&failed).0),
        }
    }

    /// Keeps what was granted, before anybody uses it.
    async fn granted(&self, state: &mut State, body: &[u8]) -> Result<(), SourceTrouble> {
        let broken = |why: &str| SourceTrouble::new(TroubleState::Broken, why);
        let granted: Granted =
            serde_json::from_slice(body).map_err(|_| broken("the answer to the log-in cannot be read"))?;
        if granted.active == Some(false) {
            let why = format!("the account {} is not active; its owner must log in to it", self.account);
            return Err(SourceTrouble::new(TroubleState::NeedsAccount, why));
        }
        if self.account.starts_with("did:") && granted.did != self.account {
            return Err(broken("the server logged in another account than the one in the settings"));
        }
        let kept = &mut state.kept;
        kept.server = server_in(&granted.did_doc, &self.server).or(kept.server.take());
        if !granted.handle.is_empty() {
            kept.handle = granted.handle;
        }
        (kept.access, kept.refresh, kept.did) = (granted.access_jwt, granted.refresh_jwt, granted.did);
        (kept.refused, kept.closed_until) = (None, 0);
        self.save(state).await?;
        self.learn(&state.kept);
        Ok(())
    }

    /// Why a log-in failed, and whether the account or its password was refused.
    fn why_not(&self, failed: &Failed) -> (SourceTrouble, bool) {
        let now = self.clock.now();
        let error = match failed {
            Failed::Spent(until) => return (SourceTrouble::spent(*until, now), false),
            Failed::Call(error) => error,
        };
        let needs = |why: String| (SourceTrouble::new(TroubleState::NeedsAccount, why), true);
        let (account, refusal) = (&self.account, Refusal::of(error));
        match (refusal.error.as_str(), error) {
            ("AccountTakedown", _) => needs(format!("the server has taken down the account {account}")),
            ("AccountDeactivated" | "AccountSuspended", _) => {
                needs(format!("the account {account} is not active; its owner must log in to it"))
            }
            ("AuthFactorTokenRequired", _) => needs(format!(
                "the server asks {account} for a second factor: the password in the settings is the account's own; make an app password"
            )),
            (_, CallError::Status { code: 401 | 403, .. }) => needs(format!(
                "the server does not take the app password of {account}; make a new one in the account's settings"
            )),
            _ => (SourceTrouble::of(error, TroubleState::NeedsAccount, now), false),
        }
    }
}

/// Whether we allow ourselves a log-in by password now.
fn may_log_in(kept: &mut Kept, now: Timestamp) -> Result<(), SourceTrouble> {
    if let Some((why, until)) = &kept.refused
        && *until > now.millis()
    {
        return Err(
            SourceTrouble::new(TroubleState::NeedsAccount, why.clone()).after(Timestamp(*until).since(now))
        );
    }
    kept.refused = None;
    kept.log_ins.retain(|at| *at > now.minus(Span::days(1)).millis());
    let last = kept.log_ins.last().map_or(0, |at| at + NOT_SOONER.millis());
    let first = kept.log_ins.first().map_or(0, |at| at + Span::days(1).millis());
    let full = if kept.log_ins.len() >= A_DAY_MAX { first } else { 0 };
    let until = Timestamp(kept.closed_until.max(last).max(full));
    if until > now {
        let why = "it may not log in again so soon; servers lock out whoever logs in too often";
        return Err(SourceTrouble::new(TroubleState::RateLimited { until }, why).after(until.since(now)));
    }
    Ok(())
}

/// Whether a refusal is about the account, which no new log-in mends.
fn is_about_account(error: &CallError) -> bool {
    matches!(Refusal::of(error).error.as_str(), "AccountTakedown" | "AccountDeactivated" | "AccountSuspended")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_s_own_server_is_never_less_protected() {
        let document = |endpoint: &str| {
            json!({ "service": [{ "id": "#other", "serviceEndpoint": "https://no.example" },
                { "id": "did:plc:a#atproto_pds", "serviceEndpoint": endpoint }] })
        };
        let asked = Url::parse("https://bsky.social").unwrap();
        let of = |endpoint: &str| server_in(&document(endpoint), &asked);
        assert_eq!(of("https://pds.example").as_deref(), Some("https://pds.example"));
        for bad in ["http://pds.example", "https://me:pw@pds.example", "file:///etc", "pds"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(server_in(&json!({}), &asked), None);
    }
}
