//! Calls to YouTube for one channel, within the units of the day.
//!
//! A key of the project reads what everybody may see; the log-in of the channel reads and answers. The key goes
//! into a header that is marked as secret, never into an address.

use super::units::{READ, Share, Units, WRITE};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Bearer, Call, CallError, HttpClient};
use crate::sources::{SourceTrouble, Tally, TroubleState, Vault, shortened};
use http::{HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use url::Url;

/// How long to wait where too many calls were made at once.
const LEFT_ALONE: Span = Span::minutes(1);

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It was not made, or not taken: there are no units until then.
    Spent(Timestamp),
    /// It was not made: there is no token for it.
    NoToken(CallError),
    /// It was made, or could not be.
    Call(CallError),
    /// It was answered with something that cannot be read.
    Unreadable,
}

/// Calls the interface for one channel.
pub struct Client {
    server: Url,
    credential: String,
    key: Option<HeaderValue>,
    login: Option<Bearer>,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    /// The units of the day.
    pub units: Units,
    vault: Arc<dyn Vault>,
    tally: Tally,
}

impl Client {
    /// A client for a credential; `key` and `login` as the settings have them, one at least.
    pub fn new(
        server: Url,
        credential: String,
        (key, login): (Option<HeaderValue>, Option<Bearer>),
        units: Units,
        (http, clock, vault): (HttpClient, Arc<dyn Clock>, Arc<dyn Vault>),
    ) -> Self {
        Self { server, credential, key, login, http, clock, units, vault, tally: Tally::default() }
    }

    /// Spends units, with what other processes spent, and keeps what is spent then. Two that spend at the very same
    /// moment may count one call for two; the platform's own refusal stands behind it.
    async fn spend(&self, now: Timestamp, share: Share, cost: u32) -> Result<(), Failed> {
        let name = format!("{}/units", self.credential);
        if let Some(kept) = self.vault.load(&name).await.and_then(|kept| serde_json::from_slice(&kept).ok()) {
            self.units.learn(now, kept);
        }
        let taken = self.units.take(now, share, cost).map_err(Failed::Spent);
        self.keep(&name, now).await;
        taken
    }

    /// Keeps what was spent; where it cannot be kept the call is made all the same.
    async fn keep(&self, name: &str, now: Timestamp) {
        let kept = serde_json::to_vec(&self.units.to_keep(now)).unwrap_or_default();
        let _ = self.vault.save(name, &kept).await;
    }

    /// The credential.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The units spent since this was last asked.
    pub fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }

    /// Counts the units of a call that left.
    fn count(&self, cost: u32) {
        for _ in 0..cost {
            self.tally.add(&self.credential);
        }
    }

    /// Whether there is a log-in.
    pub const fn has_login(&self) -> bool {
        self.login.is_some()
    }

    fn address(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["v3"]).extend(path.split('/'));
        }
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// Makes a call within the units; a token that was withdrawn in between is fetched anew once, for whoever is
    /// not let in has done nothing.
    async fn send(
        &self,
        share: Share,
        cost: u32,
        make: &(dyn Fn() -> Call + Send + Sync),
    ) -> Result<Answer, Failed> {
        let mut is_first = true;
        loop {
            let now = self.now();
            let call = make().header(http::header::ACCEPT, HeaderValue::from_static("application/json"));
            let call = match (&self.login, &self.key) {
                (Some(login), _) => {
                    let token = login.token(&self.http, now).await.map_err(Failed::NoToken)?;
                    call.secret(http::header::AUTHORIZATION, token)
                }
                (None, Some(key)) => call.secret(HeaderName::from_static("x-goog-api-key"), key.clone()),
                (None, None) => call,
            };
            self.spend(now, share, cost).await?;
            let failed = match self.http.send(call).await.map_err(Failed::Call) {
                Ok(answer) => {
                    self.count(cost);
                    return Ok(answer);
                }
                Err(failed) if failed.is_unsent() => {
                    self.units.give_back(self.now(), cost);
                    self.keep(&format!("{}/units", self.credential), self.now()).await;
                    return Err(failed);
                }
                Err(failed) => failed,
            };
            self.count(cost);
            if failed.is_out_of_units() {
                let until = self.units.empty(self.now());
                self.keep(&format!("{}/units", self.credential), self.now()).await;
                return Err(Failed::Spent(until));
            }
            let stale = failed.status() == Some(401) && is_first;
            match &self.login {
                // Another call may have forgotten it already.
                Some(login) if stale => {
                    login.forget().await;
                    is_first = false;
                }
                _ => return Err(failed),
            }
        }
    }

    /// Asks for something and reads it.
    pub async fn get<T: DeserializeOwned>(
        &self,
        share: Share,
        path: &str,
        query: &[(&str, &str)],
        within: Span,
    ) -> Result<T, Failed> {
        let url = self.address(path, query);
        let answer = self.send(share, READ, &|| Call::get(url.clone()).within(within)).await?;
        serde_json::from_slice(&answer.body).map_err(|_| Failed::Unreadable)
    }

    /// Writes something.
    pub async fn post(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        within: Span,
    ) -> Result<Answer, Failed> {
        let url = self.address(path, query);
        let make = || {
            let call = Call::new(Method::POST, url.clone()).within(within);
            match body {
                Some(body) => call.body("application/json", body.to_string()),
                None => call.header(http::header::CONTENT_LENGTH, HeaderValue::from_static("0")),
            }
        };
        self.send(Share::Answering, WRITE, &make).await
    }

    /// What a failure means for reading.
    pub fn trouble(&self, failed: &Failed) -> SourceTrouble {
        let now = self.now();
        let refused = "YouTube does not take the credential: it was withdrawn or has ended";
        match failed {
            Failed::Spent(until) => {
                let why = "the units of the day that reading may use are spent";
                SourceTrouble::new(TroubleState::RateLimited { until: *until }, why).after(until.since(now))
            }
            Failed::Unreadable => {
                SourceTrouble::new(TroubleState::Broken, "the answer is not what YouTube describes")
            }
            Failed::NoToken(CallError::Status { code: 401, .. })
            | Failed::Call(CallError::Status { code: 401, .. }) => {
                SourceTrouble::new(TroubleState::NeedsToken, refused)
            }
            Failed::Call(CallError::Status { code: 400, .. }) if failed.reason() == "keyInvalid" => {
                SourceTrouble::new(TroubleState::NeedsToken, refused)
            }
            Failed::Call(CallError::Status { code: 403 | 429, .. }) if failed.is_too_many() => {
                let wait = failed.wait(now).unwrap_or(LEFT_ALONE);
                let until = now.plus(wait);
                let why = "YouTube asks for fewer calls";
                SourceTrouble::new(TroubleState::RateLimited { until }, why).after(wait)
            }
            Failed::Call(CallError::Status { code: 403, .. }) => {
                SourceTrouble::new(TroubleState::NeedsRight, failed.words())
            }
            Failed::Call(error) | Failed::NoToken(error) => {
                SourceTrouble::of(error, TroubleState::NeedsToken, now)
            }
        }
    }
}

impl Failed {
    /// The HTTP status of a refusal of the call itself.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Call(CallError::Status { code, .. }) => Some(*code),
            _ => None,
        }
    }

    /// The platform's word for the reason; empty where there is none.
    pub fn reason(&self) -> String {
        let Self::Call(CallError::Status { start, .. }) = self else { return String::new() };
        said(start).map(|(reason, _)| reason).unwrap_or_default()
    }

    fn is_out_of_units(&self) -> bool {
        self.status() == Some(403) && matches!(self.reason().as_str(), "quotaExceeded" | "dailyLimitExceeded")
    }

    /// Whether only too many calls were made at once.
    pub fn is_too_many(&self) -> bool {
        self.status() == Some(429)
            || self.status() == Some(403)
                && matches!(self.reason().as_str(), "rateLimitExceeded" | "userRateLimitExceeded")
    }

    /// Whether the comment meant is not there.
    pub fn is_absent(&self) -> bool {
        self.status() == Some(404)
            && matches!(
                self.reason().as_str(),
                "parentCommentNotFound" | "commentNotFound" | "commentThreadNotFound" | "videoNotFound"
            )
    }

    /// Whether it certainly never left.
    pub const fn is_unsent(&self) -> bool {
        matches!(self, Self::Spent(_) | Self::NoToken(_) | Self::Call(CallError::NotSent { .. }))
    }

    /// Whether we are let in no more, or may not do this with the log-in.
    pub fn is_about_login(&self) -> bool {
        match self {
            Self::NoToken(CallError::Status { code: 401, .. }) => true,
            Self::Call(CallError::Status { code: 401, .. }) => true,
            Self::Call(CallError::Status { code: 403, .. }) => {
                matches!(
                    self.reason().as_str(),
                    "insufficientPermissions" | "ineligibleAccount" | "youtubeSignupRequired"
                )
            }
            _ => false,
        }
    }

    /// How long to wait at least, as far as that is known.
    pub fn wait(&self, now: Timestamp) -> Option<Span> {
        match self {
            Self::Spent(until) => Some(until.since(now).max(Span(1))),
            Self::Call(CallError::Status { hint, .. }) if self.is_too_many() => {
                Some(hint.wait.unwrap_or(LEFT_ALONE))
            }
            Self::Call(CallError::Status { code: 503, hint, .. }) => hint.wait,
            _ => None,
        }
    }

    /// In words for people: the platform's own where it gave some.
    pub fn words(&self) -> String {
        match self {
            Self::Spent(_) => "the units of the day are spent".to_owned(),
            Self::Unreadable => "the answer cannot be read".to_owned(),
            Self::Call(CallError::Status { code, start, .. }) => match said(start) {
                Some((_, words)) if !words.trim().is_empty() => format!("YouTube answers {code}: {words}"),
                _ => format!("YouTube answers {code}"),
            },
            Self::Call(error) | Self::NoToken(error) => shortened(&error.to_string()),
        }
    }
}

/// Reason and words in the body of a refusal. Of a long body only the beginning is there, and no JSON then.
fn said(body: &str) -> Option<(String, String)> {
    let value: Value = serde_json::from_str(body).ok()?;
    let error = &value["error"];
    let first = &error["errors"][0];
    let reason = first["reason"].as_str().unwrap_or_default().to_owned();
    // Words come with mark-up now and then.
    let words = error["message"].as_str().or_else(|| first["message"].as_str()).unwrap_or(&reason);
    let mut plain = String::new();
    let mut inside = false;
    for c in words.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => plain.push(c),
            _ => {}
        }
    }
    Some((reason, shortened(&plain)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    fn refusal(code: u16, reason: &str) -> Failed {
        let start = format!(
            r#"{{"error":{{"code":{code},"message":"The <code>x</code> is so","errors":[{{"reason":"{reason}"}}]}}}}"#
        );
        Failed::Call(CallError::Status { code, hint: RateHint::default(), start })
    }

    #[test]
    fn reasons_are_told_apart() {
        assert!(refusal(403, "quotaExceeded").is_out_of_units());
        assert!(refusal(403, "rateLimitExceeded").is_too_many());
        assert!(refusal(404, "parentCommentNotFound").is_absent());
        assert!(!refusal(404, "").is_absent(), "a page of a proxy proves nothing");
        assert!(refusal(403, "insufficientPermissions").is_about_login());
        assert!(!refusal(403, "commentsDisabled").is_about_login());
        assert_eq!(refusal(403, "forbidden").words(), "YouTube answers 403: The x is so");
    }
}
