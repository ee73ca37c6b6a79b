//! Calls to a platform of reviews for one credential: a token for each, a budget of calls of which answers keep a fifth,
//! and what refusals mean in the words of Google, Apple and Trustpilot.

use super::jwt::Signer;
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Bearer, Budget, Call, CallError, HttpClient, NotSent};
use crate::sources::{SourceTrouble, Tally, TroubleState, shortened};
use http::{HeaderValue, Method};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use url::Url;

/// How long to wait where too many calls were made and nothing is said of it.
const LEFT_ALONE: Span = Span::minutes(1);
/// How long a token lives that we sign for each call ourselves.
const SIGNED_FOR: Span = Span::minutes(15);
/// With so few calls left in the platform's hour, reading rests.
const FEW_LEFT: i64 = 50;
const REST: Span = Span::minutes(5);

/// How we are let in.
pub enum Login {
    /// By tokens that are fetched.
    Bearer(Bearer),
    /// By tokens that we sign, with this issuer and for this audience.
    Signed {
        /// Signs them.
        signer: Signer,
        /// Who we are there.
        issuer: String,
        /// For whom they are.
        audience: &'static str,
    },
}

/// For whom a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Looking for what is new.
    Reading,
    /// An answer, or what is needed for one.
    Answering,
}

/// What is asked of the platform: path below its address, and query.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Segments of the path; an id with slashes is several.
    pub path: String,
    /// The query.
    pub query: Vec<(&'static str, String)>,
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It was not made: our own budget of calls is used up until then.
    Spent(Timestamp),
    /// It was not made: there is no token for it.
    NoToken(CallError),
    /// It was made, or could not be.
    Call(CallError),
    /// It was answered with something that cannot be read.
    Unreadable,
}

/// Calls one platform for one credential.
pub struct Client {
    server: Url,
    credential: String,
    login: Login,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    all: Budget,
    reads: Budget,
    tally: Tally,
    /// How many calls are left in the platform's hour, as it told last; less than nothing where it never did.
    left: AtomicI64,
    /// The platform as people call it.
    pub platform: &'static str,
}

impl Client {
    /// A client; `calls` in each `per`, of which reading takes four in five.
    pub fn new(
        (server, platform): (Url, &'static str),
        credential: String,
        login: Login,
        (calls, per): (u32, Span),
        (http, clock): (HttpClient, Arc<dyn Clock>),
    ) -> Self {
        let count = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            server,
            credential,
            login,
            all: Budget::new(clock.clone(), count(calls), per),
            reads: Budget::new(clock.clone(), count(calls.saturating_mul(4) / 5), per),
            http,
            clock,
            tally: Tally::default(),
            left: AtomicI64::new(-1),
            platform,
        }
    }

    /// How many calls are left in the platform's hour, where it tells.
    pub fn left(&self) -> Option<i64> {
        Some(self.left.load(Ordering::Relaxed)).filter(|left| *left >= 0)
    }

    /// The credential.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The calls made since this was last asked.
    pub fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }

    fn address(&self, ask: &Ask) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(ask.path.split('/'));
        }
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        url
    }

    async fn token(&self, now: Timestamp) -> Result<HeaderValue, Failed> {
        match &self.login {
            Login::Bearer(bearer) => bearer.token(&self.http, now).await.map_err(Failed::NoToken),
            Login::Signed { signer, issuer, audience } => {
                let claims = json!({ "iss": issuer, "aud": audience });
                let signed = signer.token(claims, now, SIGNED_FOR);
                let value =
                    signed.and_then(|t| HeaderValue::from_str(&format!("Bearer {}", t.expose_secret())).ok());
                value.ok_or_else(|| {
                    let detail = "no token could be signed".to_owned();
                    Failed::NoToken(CallError::NotSent { cause: NotSent::Refused, detail })
                })
            }
        }
    }

    /// Makes a call within the budget; a token that was withdrawn in between is fetched anew once, for whoever is
    /// not let in has done nothing.
    async fn send(&self, share: Share, make: &(dyn Fn() -> Call + Send + Sync)) -> Result<Answer, Failed> {
        let mut is_first = true;
        loop {
            let token = self.token(self.now()).await?;
            let key = self.credential.as_str();
            if share == Share::Reading {
                self.reads.take(key).map_err(Failed::Spent)?;
            }
            self.all.take(key).map_err(Failed::Spent)?;
            self.tally.add(key);
            let call = make()
                .header(http::header::ACCEPT, HeaderValue::from_static("application/json"))
                .secret(http::header::AUTHORIZATION, token);
            let failed = match self.http.send(call).await {
                Ok(answer) => {
                    if let Some(left) = left_of_hour(&answer) {
                        self.left.store(left, Ordering::Relaxed);
                        if left < FEW_LEFT {
                            self.reads.close(key, self.now().plus(REST));
                        }
                    }
                    return Ok(answer);
                }
                Err(failed) => Failed::Call(failed),
            };
            match &self.login {
                // Another call may have forgotten it already.
                Login::Bearer(bearer) if failed.status() == Some(401) && is_first => {
                    bearer.forget().await;
                    is_first = false;
                }
                _ => return Err(failed),
            }
        }
    }

    /// Asks for something and reads it.
    pub async fn get(&self, share: Share, ask: &Ask, within: Span) -> Result<Value, Failed> {
        let url = self.address(ask);
        let answer = self.send(share, &|| Call::get(url.clone()).within(within)).await?;
        serde_json::from_slice(&answer.body).map_err(|_| Failed::Unreadable)
    }

    /// Writes something.
    pub async fn write(
        &self,
        method: &Method,
        ask: &Ask,
        body: &Value,
        within: Span,
    ) -> Result<Answer, Failed> {
        let url = self.address(ask);
        let make = || {
            Call::new(method.clone(), url.clone()).body("application/json", body.to_string()).within(within)
        };
        self.send(Share::Answering, &make).await
    }

    /// What a failure means for reading.
    pub fn trouble(&self, failed: &Failed) -> SourceTrouble {
        let (now, name) = (self.now(), self.platform);
        let refused = || format!("{name} does not take the credential: it was withdrawn or has ended");
        match failed {
            Failed::Spent(until) => SourceTrouble::spent(*until, now),
            Failed::Unreadable => {
                SourceTrouble::new(TroubleState::Broken, format!("the answer is not what {name} describes"))
            }
            Failed::NoToken(CallError::Status { code: 401, .. })
            | Failed::Call(CallError::Status { code: 401, .. }) => {
                SourceTrouble::new(TroubleState::NeedsToken, refused())
            }
            Failed::Call(CallError::Status { code: 403 | 429, .. }) if failed.is_too_many() => {
                let wait = failed.wait(now).unwrap_or(LEFT_ALONE);
                let state = TroubleState::RateLimited { until: now.plus(wait) };
                SourceTrouble::new(state, format!("{name} asks for fewer calls")).after(wait)
            }
            Failed::Call(CallError::Status { code: 403, .. }) => {
                SourceTrouble::new(TroubleState::NeedsRight, failed.words(name))
            }
            Failed::Call(error) | Failed::NoToken(error) => {
                SourceTrouble::of(error, TroubleState::NeedsToken, now)
            }
        }
    }
}

/// How many calls are left in App Store Connect's hour: `user-hour-lim:3500;user-hour-rem:120;`.
fn left_of_hour(answer: &Answer) -> Option<i64> {
    let told = answer.headers.get("x-rate-limit")?.to_str().ok()?;
    told.split(';').find_map(|part| part.trim().strip_prefix("user-hour-rem:"))?.trim().parse().ok()
}

impl Failed {
    /// The HTTP status of a refusal of the call itself.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Call(CallError::Status { code, .. }) => Some(*code),
            _ => None,
        }
    }

    fn said(&self) -> Option<(String, String)> {
        match self {
            Self::Call(CallError::Status { start, .. }) => said(start),
            _ => None,
        }
    }

    /// Whether only too many calls were made at once.
    pub fn is_too_many(&self) -> bool {
        let by_word = || {
            let words = ["RESOURCE_EXHAUSTED", "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"];
            self.said().is_some_and(|(reason, _)| words.contains(&reason.as_str()))
        };
        self.status() == Some(429) || self.status() == Some(403) && by_word()
    }

    /// Whether the platform itself says that the review is not there; a page of a proxy proves nothing, and that the
    /// whole app is unknown says nothing of its reviews.
    pub fn is_absent(&self) -> bool {
        let told = self.said().is_some_and(|(reason, _)| reason != "applicationNotFound");
        matches!(self.status(), Some(404 | 410)) && told
    }

    /// Whether the platform itself refuses only what was asked for: it is not there, or not for us.
    pub fn is_refused(&self) -> bool {
        matches!(self.status(), Some(403 | 404 | 410)) && !self.is_too_many() && self.said().is_some()
    }

    /// Whether it is refused without a word of the platform's own, as gates and proxies on the way do: it says nothing of
    /// the credential, and was not done.
    pub fn is_nobodys(&self) -> bool {
        self.status() == Some(403) && self.said().is_none()
    }

    /// Whether it certainly never left.
    pub const fn is_unsent(&self) -> bool {
        matches!(self, Self::Spent(_) | Self::NoToken(_) | Self::Call(CallError::NotSent { .. }))
    }

    /// Whether we are let in no more, or may not answer.
    pub fn is_about_login(&self) -> bool {
        match self {
            Self::NoToken(CallError::Status { code: 401, .. }) => true,
            Self::Call(CallError::Status { code: 401, .. }) => true,
            Self::Call(CallError::Status { code: 403, .. }) => !self.is_too_many(),
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
    pub fn words(&self, platform: &str) -> String {
        match self {
            Self::Spent(_) => "our own limit of calls is reached".to_owned(),
            Self::Unreadable => "the answer cannot be read".to_owned(),
            Self::Call(CallError::Status { code, .. }) => match self.said() {
                Some((_, words)) if !words.trim().is_empty() => format!("{platform} answers {code}: {words}"),
                _ => format!("{platform} answers {code}"),
            },
            Self::Call(error) | Self::NoToken(error) => shortened(&error.to_string()),
        }
    }
}

/// Reason and words in the body of a refusal, in the three dialects: Google's `error`, Apple's `errors`, Trustpilot's
/// `message`. Of a long body only the beginning is there, and no JSON then.
fn said(body: &str) -> Option<(String, String)> {
    let value: Value = serde_json::from_str(body).ok()?;
    let text = |v: &Value| v.as_str().map(ToOwned::to_owned);
    let (google, apple) = (&value["error"], &value["errors"][0]);
    let reason = text(&google["errors"][0]["reason"])
        .or_else(|| text(&google["status"]))
        .or_else(|| text(&apple["code"]))
        .or_else(|| text(&value["errorCode"]));
    let words = text(&google["message"])
        .or_else(|| text(&apple["detail"]))
        .or_else(|| text(&apple["title"]))
        .or_else(|| text(&value["message"]));
    if reason.is_none() && words.is_none() {
        return None;
    }
    Some((reason.unwrap_or_default(), shortened(&words.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    fn refusal(code: u16, body: &Value) -> Failed {
        Failed::Call(CallError::Status { code, hint: RateHint::default(), start: body.to_string() })
    }

    #[test]
    fn refusals_are_told_apart_in_each_dialect() {
        let google = json!({"error": {"code": 403, "message": "Slow", "status": "RESOURCE_EXHAUSTED"}});
        assert!(refusal(403, &google).is_too_many() && !refusal(403, &google).is_about_login());
        let denied = json!({"error": {"code": 403, "message": "No", "status": "PERMISSION_DENIED"}});
        assert!(refusal(403, &denied).is_about_login());
        let apple =
            json!({"errors": [{"status": "404", "code": "NOT_FOUND", "title": "T", "detail": "None"}]});
        assert!(refusal(404, &apple).is_absent());
        assert_eq!(refusal(404, &apple).words("Apple"), "Apple answers 404: None");
        assert!(refusal(404, &json!({"message": "No review"})).is_absent());
        assert!(!refusal(404, &json!("")).is_absent(), "a page of a proxy proves nothing");
        let no_app = json!({"error": {"code": 404, "message": "Package not found: com.acme",
            "errors": [{"reason": "applicationNotFound"}]}});
        assert!(!refusal(404, &no_app).is_absent(), "an app that is away takes no review along");
        assert!(refusal(404, &no_app).is_refused() && refusal(403, &denied).is_refused());
        assert!(refusal(403, &json!("<html>")).is_nobodys() && !refusal(403, &denied).is_nobodys());
        assert!(!refusal(401, &json!("")).is_nobodys(), "a token is refused in few words");
        assert!(!refusal(403, &google).is_refused() && !refusal(404, &json!("")).is_refused());
    }
}
