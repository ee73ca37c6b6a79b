//! Calls to one forum in the name of one account, within one budget.
//!
//! Forums allow 60 calls a minute to a key of theirs, whoever makes them: reading may use four fifths of what
//! the settings allow, the rest is kept for answers. The key goes into one header that is marked as secret.

use super::super::{SourceTrouble, Tally, TroubleState, shortened};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Budget, Call, CallError, HttpClient};
use http::{HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

/// How long a forum that does not say when calls are welcome again is left alone.
const LEFT_ALONE: Span = Span::minutes(1);

/// For whom a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Looking for what is new: stops while the rest is kept for answers.
    Reading,
    /// An answer, or what is needed for one.
    Answering,
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It was not made: the budget is used up until then.
    Spent(Timestamp),
    /// It was made, or could not be.
    Call(CallError),
    /// It was answered with something that cannot be read.
    Unreadable,
}

/// Calls one forum.
pub struct Client {
    server: Url,
    credential: String,
    account: HeaderValue,
    key: HeaderValue,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    all: Budget,
    reads: Budget,
    tally: Tally,
}

impl Client {
    /// A client of the forum at `server` that acts as `account`.
    pub fn new(
        server: Url,
        credential: String,
        (account, key): (&str, &SecretString),
        calls: u32,
        (http, clock): (HttpClient, Arc<dyn Clock>),
    ) -> Result<Self, String> {
        let header = |text: &str, what: &str| {
            HeaderValue::from_bytes(text.trim().as_bytes())
                .map_err(|_| format!("discourse.{what}: it fits in no header"))
        };
        let mut key = header(key.expose_secret(), "api_key")?;
        key.set_sensitive(true);
        let count = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let per = Span::minutes(1);
        Ok(Self {
            server,
            credential,
            account: header(account, "account")?,
            key,
            all: Budget::new(clock.clone(), count(calls), per),
            reads: Budget::new(clock.clone(), count(calls.saturating_mul(4) / 5), per),
            http,
            clock,
            tally: Tally::default(),
        })
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

    /// The address of a page of the forum.
    pub fn address(&self, path: &[&str]) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// A call to a page of the forum, with a query.
    pub fn call(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Call {
        let mut url = self.address(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Call::new(method, url)
            .header(http::header::ACCEPT, HeaderValue::from_static("application/json"))
            .header(HeaderName::from_static("api-username"), self.account.clone())
            .secret(HeaderName::from_static("api-key"), self.key.clone())
    }

    /// Takes one call from the budget, for somebody who makes it; else from when on one may be made.
    pub fn may(&self, share: Share) -> Result<(), Timestamp> {
        let key = self.credential.as_str();
        if share == Share::Reading {
            self.reads.take(key)?;
        }
        self.all.take(key)?;
        self.tally.add(key);
        Ok(())
    }

    /// The header that lets us in.
    pub fn key(&self) -> (HeaderName, HeaderValue) {
        (HeaderName::from_static("api-key"), self.key.clone())
    }

    /// Makes a call within the budget.
    pub async fn send(&self, share: Share, call: Call) -> Result<Answer, Failed> {
        let key = self.credential.as_str();
        self.may(share).map_err(Failed::Spent)?;
        let answer = self.http.send(call).await;
        let wait = match &answer {
            Ok(answer) => answer.hint.spent(),
            Err(error) => asked_wait(error),
        };
        if let Some(wait) = wait {
            let until = self.clock.now().plus(wait);
            self.reads.close(key, until);
            self.all.close(key, until);
        }
        answer.map_err(Failed::Call)
    }

    /// Asks for something and reads it.
    pub async fn get<T: DeserializeOwned>(
        &self,
        share: Share,
        path: &[&str],
        query: &[(&str, &str)],
        within: Span,
    ) -> Result<T, Failed> {
        let answer = self.send(share, self.call(Method::GET, path, query).within(within)).await?;
        serde_json::from_slice(&answer.body).map_err(|_| Failed::Unreadable)
    }

    /// What a failure means for reading.
    pub fn trouble(&self, failed: &Failed) -> SourceTrouble {
        let now = self.clock.now();
        match failed {
            Failed::Spent(until) => SourceTrouble::spent(*until, now),
            Failed::Unreadable => {
                SourceTrouble::new(TroubleState::Broken, "the answer is not what Discourse describes")
            }
            Failed::Call(error @ CallError::Status { code: 429, .. }) => {
                let wait = asked_wait(error).unwrap_or(LEFT_ALONE);
                let until = now.plus(wait);
                let why = "the forum asks for fewer calls";
                SourceTrouble::new(TroubleState::RateLimited { until }, why).after(wait)
            }
            Failed::Call(CallError::Status { code: 403, start, .. })
                if words_in(start).is_some() && !failed.is_about_key() =>
            {
                let why = format!("the account may not read this: {}", failed.words());
                SourceTrouble::new(TroubleState::NeedsRight, why)
            }
            Failed::Call(CallError::Status { code: 401 | 403, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                "the forum does not take the key: it was withdrawn, is not for this account, or lacks a right",
            ),
            Failed::Call(error) => SourceTrouble::of(error, TroubleState::NeedsToken, now),
        }
    }
}

/// How long a refusal for too many calls asks to wait.
fn asked_wait(error: &CallError) -> Option<Span> {
    let CallError::Status { code: 429, hint, start, .. } = error else { return None };
    let said = || {
        let value: Value = serde_json::from_str(start).ok()?;
        let seconds = value["extras"]["wait_seconds"].as_f64().filter(|s| (0.0..86_400.0).contains(s))?;
        Some(Span((seconds * 1_000.0) as i64).max(Span::seconds(1)))
    };
    Some(hint.wait.or_else(said).unwrap_or(LEFT_ALONE))
}

impl Failed {
    /// The HTTP status of a refusal.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Call(CallError::Status { code, .. }) => Some(*code),
            _ => None,
        }
    }

    /// Whether the forum itself says that something is not there: a page of a proxy proves nothing.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Call(CallError::Status { code: 404 | 410, start, .. }) if words_in(start).is_some())
    }

    /// Whether the key was refused, and not only what was asked with it: said of keys that do not exist, and of
    /// those that may not do this.
    pub fn is_about_key(&self) -> bool {
        matches!(self, Self::Call(CallError::Status { code: 401 | 403, start, .. })
            if words_in(start).is_some_and(|said| said.to_ascii_lowercase().contains("api username or key is invalid")))
    }

    /// Whether it certainly never left.
    pub const fn is_unsent(&self) -> bool {
        matches!(self, Self::Spent(_) | Self::Call(CallError::NotSent { .. }))
    }

    /// How long to wait at least, as far as that is known.
    pub fn wait(&self, now: Timestamp) -> Option<Span> {
        match self {
            Self::Spent(until) => Some(until.since(now).max(Span(1))),
            Self::Call(CallError::Status { code: 503, hint, .. }) => hint.wait,
            Self::Call(error) => asked_wait(error),
            Self::Unreadable => None,
        }
    }

    /// In words for people: the forum's own where it gave some.
    pub fn words(&self) -> String {
        match self {
            Self::Spent(_) => "our own limit of calls is reached".to_owned(),
            Self::Unreadable => "the answer cannot be read".to_owned(),
            Self::Call(CallError::Status { code, start, .. }) => match words_in(start) {
                Some(said) => format!("the forum answers {code}: {said}"),
                None => format!("the forum answers {code}"),
            },
            Self::Call(error) => shortened(&error.to_string()),
        }
    }
}

/// The `errors` in the body of a refusal.
fn words_in(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let said: Vec<&str> = value["errors"].as_array()?.iter().filter_map(Value::as_str).collect();
    Some(shortened(&said.join(" "))).filter(|s| !s.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    fn refusal(code: u16, start: &str) -> Failed {
        Failed::Call(CallError::Status { code, hint: RateHint::default(), start: start.to_owned() })
    }

    #[test]
    fn refusals_are_told_in_the_forums_words() {
        let failed = refusal(422, r#"{"action":"create_post","errors":["Body is too short","Title"]}"#);
        assert_eq!(failed.words(), "the forum answers 422: Body is too short Title");
        assert_eq!(refusal(500, "<html>").words(), "the forum answers 500");
    }

    #[test]
    fn only_the_forum_itself_says_that_something_is_gone() {
        assert!(
            refusal(404, r#"{"errors":["The requested URL could not be found."],"error_type":"not_found"}"#)
                .is_absent()
        );
        assert!(!refusal(404, "<html>no such host</html>").is_absent());
    }

    #[test]
    fn how_long_to_wait_stands_in_the_body_too() {
        let slow = refusal(
            429,
            r#"{"errors":["slow down"],"error_type":"rate_limit","extras":{"wait_seconds":17}}"#,
        );
        assert_eq!(slow.wait(Timestamp(0)), Some(Span::seconds(17)));
        assert_eq!(refusal(429, "").wait(Timestamp(0)), Some(LEFT_ALONE));
        assert_eq!(refusal(422, "").wait(Timestamp(0)), None);
    }
}
