//! The line to a ticket system: how it is called, what it says when it refuses, and what that comes to.
//!
//! Every kind has its own dialect; here it is put into the same few words. Only what certainly never left,
//! or what the other side says it did not do, may go again. A system that asks for fewer calls is left
//! alone for as long as it asks.

use super::text::{number, shortened};
use super::{SourceTrouble, TroubleState};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Bearer, Call, CallError, HttpClient, RateHint};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use url::Url;

/// How long a call may take that only prepares or checks a change: the outbox waits 25 seconds for all.
pub(super) const ASIDE_MAX: Span = Span::seconds(4);

/// How a system speaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// What people call it.
    pub name: &'static str,
    /// What a refusal says, read from its beginning.
    pub said: fn(&str) -> Option<String>,
    /// The status that a refusal means, where that is not the one it has: 429 is 'not done, come again'.
    pub means: fn(u16, &str) -> u16,
    /// Whether 429 to a change may be about one ticket alone.
    pub by_ticket: bool,
}

/// A refusal means what its status says.
pub(super) fn as_it_says(code: u16, _start: &str) -> u16 {
    code
}

/// How we show who we are.
pub(super) enum Entry {
    /// By a header on each call.
    Header(HeaderName, HeaderValue),
    /// By a token that is fetched, held in memory and fetched anew.
    Grant(Box<Bearer>),
    /// In some other way, that the kind itself sees to.
    Own,
}

/// How a question failed.
#[derive(Debug)]
pub(super) enum Failed {
    /// The call failed.
    Call(CallError),
    /// The answer is not as described.
    Unreadable,
}

/// One system's line.
pub(super) struct Line {
    dialect: Dialect,
    base: Url,
    entry: Entry,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    closed_until: AtomicI64,
}

impl Line {
    pub fn new(dialect: Dialect, base: Url, entry: Entry, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self { dialect, base, entry, http, clock, closed_until: AtomicI64::new(0) }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An address below the system's own; parts are escaped.
    pub fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = below(&self.base, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Sends a call with who we are; a token that is not taken any more is fetched anew, once.
    pub async fn send(&self, call: Call) -> Result<Answer, CallError> {
        let now = self.now();
        let closed = Timestamp(self.closed_until.load(Ordering::Relaxed));
        if closed > now {
            let hint = RateHint { wait: Some(closed.since(now)), remaining: Some(0) };
            return Err(CallError::Status { code: 429, hint, start: String::new() });
        }
        let sent = match &self.entry {
            Entry::Header(name, value) => self.http.send(call.secret(name.clone(), value.clone())).await,
            Entry::Own => self.http.send(call).await,
            Entry::Grant(grant) => match self.with_token(grant, call.clone()).await {
                Err(CallError::Status { code: 401, .. }) if grant.forget().await => {
                    self.with_token(grant, call).await
                }
                other => other,
            },
        };
        sent.map_err(|error| self.meant(error))
    }

    async fn with_token(&self, grant: &Bearer, call: Call) -> Result<Answer, CallError> {
        let token = grant.token(&self.http, self.now()).await?;
        self.http.send(call.secret(http::header::AUTHORIZATION, token)).await
    }

    fn meant(&self, error: CallError) -> CallError {
        match error {
            CallError::Status { code, hint, start } => {
                CallError::Status { code: (self.dialect.means)(code, &start), hint, start }
            }
            other => other,
        }
    }

    /// Leaves the system alone for as long as it asks.
    fn close(&self, error: &CallError) {
        if let CallError::Status { code: 429, hint, .. } = error
            && let Some(wait) = hint.wait
        {
            self.closed_until.fetch_max(self.now().plus(wait).millis(), Ordering::Relaxed);
        }
    }

    /// Asks something that changes nothing.
    pub async fn ask(&self, call: Call) -> Result<Value, Failed> {
        let answer = self.send(call).await.inspect_err(|e| self.close(e)).map_err(Failed::Call)?;
        if let Some(wait) = answer.hint.spent() {
            self.closed_until.fetch_max(self.now().plus(wait).millis(), Ordering::Relaxed);
        }
        serde_json::from_slice(&answer.body).map_err(|_| Failed::Unreadable)
    }

    /// Asks at an address below the system's own.
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failed> {
        self.ask(Call::get(self.url(path, query))).await
    }

    /// A call with a JSON body.
    pub fn call(&self, method: Method, path: &[&str], body: &Value) -> Call {
        Call::new(method, self.url(path, &[])).body("application/json", body.to_string())
    }

    /// Asks by a call that has a body.
    pub async fn ask_with(&self, path: &[&str], body: &Value) -> Result<Value, Failed> {
        self.ask(self.call(Method::POST, path, body)).await
    }

    /// Changes something; gives the answer as it came.
    pub async fn changed(&self, call: Call) -> Result<Answer, Outcome> {
        self.send(call).await.map_err(|error| {
            if !self.dialect.by_ticket {
                self.close(&error);
            }
            outcome_of(&error, self.dialect.said)
        })
    }

    /// Changes something; gives what the answer says. An answer without a body is an empty value.
    pub async fn change(&self, call: Call) -> Result<Value, Outcome> {
        let answer = self.changed(call).await?;
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| Outcome::Unknown { evidence: "the answer cannot be read".to_owned() })
    }

    /// What it comes to when a change was not even tried, for a question before it failed.
    pub fn unsent(&self, failed: &Failed) -> Outcome {
        match failed {
            Failed::Call(CallError::Status { code: 429, hint, .. }) => limited(hint),
            Failed::Call(CallError::Status { code: code @ (404 | 410), start, .. }) => Outcome::Refused {
                reason: (self.dialect.said)(start)
                    .map_or_else(|| format!("the ticket system answers {code}"), |s| shortened(&s, 200)),
            },
            other => Outcome::Retry { after: None, why: self.trouble(other).why },
        }
    }

    /// A failed question in words for people.
    pub fn trouble(&self, failed: &Failed) -> SourceTrouble {
        let name = self.dialect.name;
        match failed {
            Failed::Unreadable => SourceTrouble::new(
                TroubleState::Broken,
                format!("the answer is not what the interface of {name} describes"),
            ),
            Failed::Call(CallError::Status { code: 401, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                format!("{name} does not take the token: it is wrong, was withdrawn or has ended"),
            ),
            Failed::Call(CallError::Status { code: 403, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                format!("{name}: the token's user lacks a right; see the page on tickets"),
            ),
            Failed::Call(error) => SourceTrouble::of(error, TroubleState::NeedsToken, self.now()),
        }
    }

    /// Whether an answer of the interface itself, not of a proxy that has lost its way, has this status.
    pub fn is_said(&self, failed: &Failed, codes: &[u16]) -> bool {
        match failed {
            Failed::Call(CallError::Status { code, start, .. }) => {
                codes.contains(code) && (self.dialect.said)(start).is_some()
            }
            _ => false,
        }
    }
}

fn limited(hint: &RateHint) -> Outcome {
    Outcome::Retry {
        after: Some(hint.wait.unwrap_or(Span::minutes(1))),
        why: "the ticket system asks for fewer calls".to_owned(),
    }
}

/// What a failed call that would have changed something comes to. Only what certainly never left, or
/// what the other side says it did not do, may go again.
pub(super) fn outcome_of(error: &CallError, said: impl Fn(&str) -> Option<String>) -> Outcome {
    match error {
        CallError::NotSent { detail, .. } => {
            Outcome::Retry { after: None, why: format!("not sent: {}", shortened(detail, 200)) }
        }
        CallError::Unknown { detail } => Outcome::Unknown { evidence: shortened(detail, 200) },
        CallError::TooLarge { .. } => Outcome::Unknown { evidence: "the answer is too large".to_owned() },
        CallError::Status { code: 401, .. } => Outcome::Retry {
            after: Some(Span::minutes(5)),
            why: "the ticket system does not take our token".to_owned(),
        },
        CallError::Status { code: 429, hint, .. } => limited(hint),
        // Said by a proxy that did not wait for the answer.
        CallError::Status { code: code @ (408 | 500..), .. } => {
            Outcome::Unknown { evidence: format!("the ticket system answers {code}") }
        }
        CallError::Status { code: code @ 400..500, start, .. } => Outcome::Refused {
            reason: match said(start) {
                Some(said) => format!("the ticket system answers {code}: {}", shortened(&said, 200)),
                None => format!("the ticket system answers {code}"),
            },
        },
        CallError::Status { code, .. } => {
            Outcome::Unknown { evidence: format!("the ticket system answers {code}") }
        }
    }
}

/// An address with a path below it.
pub(super) fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// A header that says who we are; one that fits in no header is left out, and the server's word then shows
/// what is wrong.
pub(super) fn entry(value: &str) -> Entry {
    match HeaderValue::from_str(value) {
        Ok(value) => Entry::Header(http::header::AUTHORIZATION, value),
        Err(_) => Entry::Own,
    }
}

/// The same by name and password.
pub(super) fn basic(user: &str, password: &str) -> Entry {
    entry(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// The numbers of tickets at any of these keys of a delivery.
pub(super) fn numbers_at(body: &[u8], pointers: &[&str]) -> Result<Vec<String>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|e| format!("not JSON: {e}"))?;
    let found = pointers.iter().find_map(|p| number(value.pointer(p)?));
    let id = found
        .filter(|id| id.len() <= 100)
        .ok_or_else(|| format!("no ticket's number at any of {}", pointers.join(", ")))?;
    Ok(vec![id])
}

/// What a made ticket is known by, or that the answer does not say.
pub(super) fn made(id: Option<String>) -> Outcome {
    match id {
        Some(remote_id) => Outcome::Done { remote_id, at: None },
        None => Outcome::Unknown { evidence: "the answer names no ticket".to_owned() },
    }
}

/// What a written note is known by; some systems do not say.
pub(super) fn written(id: Option<String>) -> Outcome {
    Outcome::Done { remote_id: id.unwrap_or_default(), at: None }
}

/// What a change comes to of which the answer tells nothing more.
pub(super) fn turned(done: Result<Value, Outcome>) -> Outcome {
    match done {
        Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
        Err(outcome) => outcome,
    }
}

/// The elements of a list in an answer.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> Result<&'a [Value], Failed> {
    value[key].as_array().map(Vec::as_slice).ok_or(Failed::Unreadable)
}

/// The text at any of these keys of an answer in JSON, the first that is there.
pub(super) fn first_text(start: &str, pointers: &[&str]) -> Option<String> {
    let value: Value = serde_json::from_str(start).ok()?;
    pointers.iter().find_map(|p| value.pointer(p)?.as_str()).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::NotSent;

    #[test]
    fn only_what_certainly_was_not_done_goes_again() {
        let of = |error: CallError| outcome_of(&error, |s| Some(s.to_owned()));
        let status = |code: u16| {
            of(CallError::Status { code, hint: RateHint::default(), start: "no such queue".into() })
        };
        let not_sent = of(CallError::NotSent { cause: NotSent::Connect, detail: "refused".into() });
        assert!(matches!(not_sent, Outcome::Retry { .. }));
        assert!(matches!(of(CallError::Unknown { detail: "cut".into() }), Outcome::Unknown { .. }));
        assert!(matches!(status(500), Outcome::Unknown { .. }));
        assert!(matches!(status(502), Outcome::Unknown { .. }));
        assert!(matches!(status(408), Outcome::Unknown { .. }));
        assert!(matches!(status(302), Outcome::Unknown { .. }));
        assert!(matches!(status(401), Outcome::Retry { .. }));
        assert!(matches!(status(429), Outcome::Retry { .. }));
        let refused = Outcome::Refused { reason: "the ticket system answers 403: no such queue".into() };
        assert_eq!(status(403), refused);
    }
}
