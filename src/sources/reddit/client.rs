//! Calls to Reddit for one account, within the calls of a minute that its app has.
//!
//! Reading leaves a part of them to answers. What Reddit says of the calls that are left (`X-Ratelimit-*`) is heeded
//! with every answer: where few are left only answers go on, where none are left nobody does. A refusal of what was
//! written comes as success with a list of errors; here it is a failure like others.

use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Bearer, Budget, Call, CallError, HttpClient};
use crate::sources::{SourceTrouble, Tally, TroubleState, shortened};
use http::{HeaderValue, Method};
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;
use url::form_urlencoded::Serializer;

/// How long to wait where the platform does not say.
const LEFT_ALONE: Span = Span::minutes(1);
/// So many calls of the platform's own count are left to answers.
pub const KEPT: i64 = 20;
/// Of so many calls of ours one is left to answers.
const OF_WHICH_ONE: u32 = 5;

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// A look.
    Reading,
    /// An answer, or what it needs.
    Answering,
}

/// What Reddit says of something that it did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its word for it, such as `THREAD_LOCKED`.
    pub code: String,
    /// The same for people.
    pub words: String,
    /// How long it asks to wait.
    pub wait: Option<Span>,
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It was not made: there are no calls until then.
    Spent(Timestamp),
    /// It was not made: there is no token for it.
    NoToken(CallError),
    /// It was made, or could not be.
    Call(CallError),
    /// It was answered, and not taken.
    Said(Said),
    /// It was answered with something that cannot be read.
    Unreadable,
}

/// Calls the interface for one account.
pub struct Client {
    server: Url,
    credential: String,
    agent: HeaderValue,
    login: Bearer,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    all: Budget,
    reading: Budget,
    left: Mutex<Option<(i64, Timestamp)>>,
    tally: Tally,
}

impl Client {
    /// A client for a credential, that calls itself so and makes so many calls a minute.
    pub fn new(
        (server, credential): (Url, String),
        (agent, login): (HeaderValue, Bearer),
        calls_per_minute: u32,
        (http, clock): (HttpClient, Arc<dyn Clock>),
    ) -> Self {
        let budget = |n: u32| {
            Budget::new(clock.clone(), NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN), Span::minutes(1))
        };
        let kept = calls_per_minute / OF_WHICH_ONE;
        let (all, reading) = (budget(calls_per_minute), budget(calls_per_minute.saturating_sub(kept)));
        let (left, tally) = (Mutex::default(), Tally::default());
        Self { server, credential, agent, login, http, clock, all, reading, left, tally }
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

    /// How many calls Reddit said last that are left, and until when; `None` where it never said, or that is over.
    pub fn left(&self) -> Option<(i64, Timestamp)> {
        let left = *self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.filter(|(_, until)| *until > self.now())
    }

    fn address(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url.query_pairs_mut().extend_pairs(query).append_pair("raw_json", "1");
        url
    }

    fn take(&self, share: Share) -> Result<(), Failed> {
        if share == Share::Reading {
            self.reading.take(&self.credential).map_err(Failed::Spent)?;
        }
        self.all.take(&self.credential).map_err(Failed::Spent)?;
        self.tally.add(&self.credential);
        Ok(())
    }

    /// Keeps what an answer says about the next calls.
    fn heed(&self, answer: &Result<Answer, CallError>) {
        let (hint, is_too_many) = match answer {
            Ok(answer) => (answer.hint, false),
            Err(CallError::Status { code, hint, .. }) => (*hint, *code == 429),
            Err(_) => return,
        };
        let until = self.now().plus(hint.wait.unwrap_or(LEFT_ALONE));
        if let Some(left) = hint.remaining {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some((left, until));
        }
        if is_too_many || hint.remaining == Some(0) {
            self.all.close(&self.credential, until);
            self.reading.close(&self.credential, until);
        } else if hint.remaining.is_some_and(|left| left < KEPT) {
            self.reading.close(&self.credential, until);
        }
    }

    /// Makes a call; a token that was withdrawn in between is fetched anew once, for whoever is not let in has done
    /// nothing.
    async fn send(&self, share: Share, make: &(dyn Fn() -> Call + Send + Sync)) -> Result<Answer, Failed> {
        let mut is_first = true;
        loop {
            let token = self.login.token(&self.http, self.now()).await.map_err(Failed::NoToken)?;
            self.take(share)?;
            let call = make()
                .header(http::header::ACCEPT, HeaderValue::from_static("application/json"))
                .header(http::header::USER_AGENT, self.agent.clone())
                .secret(http::header::AUTHORIZATION, token);
            let answer = self.http.send(call).await;
            self.heed(&answer);
            let failed = match answer {
                Ok(answer) => return Ok(answer),
                Err(failed) => Failed::Call(failed),
            };
            if failed.status() != Some(401) || !is_first {
                return Err(failed);
            }
            // Another call may have forgotten it already.
            self.login.forget().await;
            is_first = false;
        }
    }

    /// Asks for something and reads it.
    pub async fn get(
        &self,
        share: Share,
        path: &str,
        query: &[(&str, &str)],
        within: Span,
    ) -> Result<Value, Failed> {
        let url = self.address(path, query);
        let answer = self.send(share, &|| Call::get(url.clone()).within(within)).await?;
        read(&answer)
    }

    /// Writes something.
    pub async fn post(&self, path: &str, form: &[(&str, &str)], within: Span) -> Result<Value, Failed> {
        let url = self.address(path, &[]);
        let body = written(form);
        let make = || {
            Call::new(Method::POST, url.clone())
                .within(within)
                .body("application/x-www-form-urlencoded", body.clone())
        };
        let answer = self.send(Share::Answering, &make).await?;
        let value = read(&answer)?;
        match said(&value) {
            Some(said) => Err(Failed::Said(said)),
            None => Ok(value),
        }
    }

    /// What a failure means for reading.
    pub fn trouble(&self, failed: &Failed) -> SourceTrouble {
        let now = self.now();
        match failed {
            Failed::Spent(until) => SourceTrouble::spent(*until, now),
            Failed::Unreadable => {
                SourceTrouble::new(TroubleState::Broken, "the answer is not what Reddit describes")
            }
            Failed::Said(said) => SourceTrouble::new(TroubleState::Broken, said.words.clone()),
            Failed::NoToken(CallError::Status { code: 401, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                "Reddit gives no token: the app, the password or the refresh token is not taken",
            ),
            Failed::Call(CallError::Status { code: 401, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                "Reddit does not take the token that it has just given",
            ),
            Failed::Call(CallError::Status { code: 403, .. }) => {
                SourceTrouble::new(TroubleState::NeedsRight, failed.words())
            }
            Failed::Call(error) | Failed::NoToken(error) => {
                SourceTrouble::of(error, TroubleState::NeedsToken, now)
            }
        }
    }
}

fn written(form: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).append_pair("api_type", "json").extend_pairs(form).finish()
}

fn read(answer: &Answer) -> Result<Value, Failed> {
    serde_json::from_slice::<Value>(&answer.body).ok().filter(Value::is_object).ok_or(Failed::Unreadable)
}

/// The first error of an answer, if there is one.
fn said(value: &Value) -> Option<Said> {
    let json = &value["json"];
    let first = json["errors"].as_array()?.first()?;
    let code = first[0].as_str().or_else(|| first.as_str()).unwrap_or("UNKNOWN").to_owned();
    let words = first[1].as_str().filter(|w| !w.trim().is_empty()).unwrap_or(&code);
    let told = json["ratelimit"].as_f64().filter(|s| s.is_finite() && *s >= 0.0);
    let wait = told.map(|s| Span((s.min(86_400.0) * 1_000.0).ceil() as i64)).or_else(|| wait_in(words));
    Some(Said { words: shortened(words), code, wait })
}

/// The wait that is told in words, such as "try again in 9 minutes".
fn wait_in(words: &str) -> Option<Span> {
    let words: Vec<&str> = words.split_whitespace().collect();
    words.windows(2).find_map(|pair| {
        let [number, unit] = pair else { return None };
        let number: i64 = number.parse().ok()?;
        match unit.trim_matches(|c: char| !c.is_ascii_alphabetic()) {
            "second" | "seconds" => Some(Span::seconds(number)),
            "minute" | "minutes" => Some(Span::minutes(number)),
            "hour" | "hours" => Some(Span::hours(number)),
            _ => None,
        }
    })
}

impl Failed {
    /// The HTTP status of a refusal of the call itself.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Call(CallError::Status { code, .. }) => Some(*code),
            _ => None,
        }
    }

    /// The platform's word for a refusal; empty where there is none.
    pub fn code(&self) -> &str {
        match self {
            Self::Said(said) => &said.code,
            _ => "",
        }
    }

    /// Whether only too much was done at once.
    pub fn is_too_many(&self) -> bool {
        matches!(self, Self::NoToken(CallError::Status { code: 429, .. }))
            || self.status() == Some(429)
            || self.code() == "RATELIMIT"
    }

    /// Whether it certainly never left.
    pub const fn is_unsent(&self) -> bool {
        matches!(self, Self::Spent(_) | Self::NoToken(_) | Self::Call(CallError::NotSent { .. }))
    }

    /// Whether we are let in no more, or may not do this with the log-in.
    pub fn is_about_login(&self) -> bool {
        match self {
            Self::NoToken(CallError::Status { code: 401, .. })
            | Self::Call(CallError::Status { code: 401, .. }) => true,
            Self::Call(CallError::Status { code: 403, start, .. }) => start.contains("insufficient_scope"),
            Self::Said(said) => said.code == "USER_REQUIRED",
            _ => false,
        }
    }

    /// How long to wait at least, as far as that is known.
    pub fn wait(&self, now: Timestamp) -> Option<Span> {
        match self {
            Self::Spent(until) => Some(until.since(now).max(Span(1))),
            Self::Said(said) => said.wait.or_else(|| self.is_too_many().then_some(LEFT_ALONE)),
            Self::Call(CallError::Status { hint, .. }) | Self::NoToken(CallError::Status { hint, .. })
                if self.is_too_many() =>
            {
                Some(hint.wait.unwrap_or(LEFT_ALONE))
            }
            _ => None,
        }
    }

    /// In words for people: the platform's own where it gave some.
    pub fn words(&self) -> String {
        match self {
            Self::Spent(_) => "our own limit of calls is reached".to_owned(),
            Self::Unreadable => "the answer cannot be read".to_owned(),
            Self::Said(said) => format!("Reddit says {}: {}", said.code, said.words),
            Self::Call(CallError::Status { code, start, .. }) => match why(start) {
                Some(why) => format!("Reddit answers {code}: {why}"),
                None => format!("Reddit answers {code}"),
            },
            Self::Call(error) | Self::NoToken(error) => shortened(&error.to_string()),
        }
    }
}

/// The words in the body of a refusal.
fn why(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let said = ["explanation", "reason", "message"].iter().find_map(|key| value[*key].as_str())?;
    Some(shortened(said)).filter(|s| !s.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;
    use serde_json::json;

    fn refused(code: &str, words: &str) -> Failed {
        Failed::Said(said(&json!({"json": {"errors": [[code, words, "x"]]}})).unwrap())
    }

    #[test]
    fn refusals_that_come_as_success_are_told_apart() {
        let wait = |words: &str| refused("RATELIMIT", words).wait(Timestamp(0));
        assert_eq!(wait("you are doing that too much. try again in 9 minutes."), Some(Span::minutes(9)));
        assert_eq!(wait("Take a break for 45 seconds before trying again."), Some(Span::seconds(45)));
        assert_eq!(wait("slow down"), Some(LEFT_ALONE));
        let told =
            json!({"json": {"ratelimit": 12.5, "errors": [["RATELIMIT", "in 9 minutes", "ratelimit"]]}});
        assert_eq!(said(&told).unwrap().wait, Some(Span(12_500)));
        assert!(refused("RATELIMIT", "").is_too_many() && !refused("TOO_OLD", "").is_too_many());
        assert_eq!(refused("TOO_OLD", "it is too old").words(), "Reddit says TOO_OLD: it is too old");
        assert_eq!(said(&json!({"json": {"errors": [], "data": {}}})), None);
        assert_eq!(said(&json!({})), None);
    }

    #[test]
    fn a_refusal_of_the_call_says_why() {
        let of = |start: &str| {
            let hint = RateHint::default();
            Failed::Call(CallError::Status { code: 403, hint, start: start.to_owned() })
        };
        assert_eq!(
            of(r#"{"reason":"private","message":"Forbidden","error":403}"#).words(),
            "Reddit answers 403: private"
        );
        assert_eq!(of("<html>").words(), "Reddit answers 403");
        assert!(of(r#"{"error":"insufficient_scope"}"#).is_about_login() && !of("").is_about_login());
    }
}
