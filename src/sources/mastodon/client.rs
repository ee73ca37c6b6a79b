//! Calls to one server with one account's token, within one budget.
//!
//! Servers allow 300 calls in five minutes for each account (and count reading by pages apart), so
//! calls are counted here before the server has to complain: reading may use four fifths, the rest is
//! kept for answers. The token goes into one header that is marked as secret, and nowhere else.

use super::super::{SourceTrouble, Tally, TroubleState};
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Budget, Call, CallError, Flow, HttpClient};
use http::{HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::net::TcpStream;
use url::Url;

// Unwrapped while compiling: a zero would not build.
/// Half of what servers allow: the budget fills up again while it is used, so that in any five
/// minutes at most twice this is called.
const CALLS: NonZeroU32 = NonZeroU32::new(150).unwrap();
/// The share of reading: four fifths of it.
pub(super) const READS: NonZeroU32 = NonZeroU32::new(120).unwrap();
/// The type of an answer that is a stream of events.
pub const EVENTS: &str = "text/event-stream";
/// The time for which both are counted.
pub(super) const PER: Span = Span::minutes(5);
/// How long a server that does not say when calls are welcome again is left alone.
const LEFT_ALONE: Span = Span::minutes(5);

/// Why nothing can be read with a token that lacks a right.
const READ_RIGHT: &str = "the token may not read what is said to the account (it needs the right 'read')";

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

/// Calls one server in the name of one account.
pub struct Client {
    server: Url,
    host: String,
    credential: String,
    bearer: Option<HeaderValue>,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    all: Budget,
    reads: Budget,
    tally: Tally,
}

impl Client {
    /// A client of `server`; `None` if that is no web address.
    pub fn new(
        server: &str,
        credential: String,
        token: &SecretString,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Option<Self> {
        let server = Url::parse(server).ok()?;
        let host = server.host_str()?.to_owned();
        // A token that fits in no header is none; the server's word then shows what is wrong.
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret().trim()));
        let bearer = bearer.ok().map(|mut value| {
            value.set_sensitive(true);
            value
        });
        let (all, reads) = (Budget::new(clock.clone(), CALLS, PER), Budget::new(clock.clone(), READS, PER));
        Some(Self { server, host, credential, bearer, http, clock, all, reads, tally: Tally::default() })
    }

    /// The server's address.
    pub const fn server(&self) -> &Url {
        &self.server
    }

    /// The server's host.
    pub fn host(&self) -> &str {
        &self.host
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

    /// A call of `method` to `/api/PATH`, with a query.
    pub fn call(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Call {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("api").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let call = Call::new(method, url);
        match &self.bearer {
            Some(bearer) => call.secret(http::header::AUTHORIZATION, bearer.clone()),
            None => call,
        }
    }

    /// A call of what everybody may read on the server, without the token.
    pub fn in_public(&self, path: &[&str]) -> Call {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        Call::get(url)
    }

    /// The path of an address, if it is one of this server.
    pub fn path_here(&self, address: &str) -> Option<String> {
        let url = Url::parse(address).ok()?;
        (url.host() == self.server.host()).then(|| url.path().to_owned())
    }

    /// The question when the token ends, which stands beside the API.
    pub fn about_token(&self) -> Call {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["oauth", "token", "info"]);
        }
        let call = Call::get(url);
        match &self.bearer {
            Some(bearer) => call.secret(http::header::AUTHORIZATION, bearer.clone()),
            None => call,
        }
    }

    /// A call that changes something, with a JSON body.
    pub fn post(&self, path: &[&str], body: &Value) -> Call {
        self.call(Method::POST, path, &[]).body("application/json", body.to_string())
    }

    /// Adds the key by which the server knows a second attempt for the first.
    pub fn keyed(call: Call, key: &str) -> Option<Call> {
        let value = HeaderValue::from_str(key).ok()?;
        Some(call.header(HeaderName::from_static("idempotency-key"), value))
    }

    fn spend(&self, share: Share) -> Result<(), Failed> {
        let key = self.credential.as_str();
        if share == Share::Reading {
            self.reads.take(key).map_err(Failed::Spent)?;
        }
        self.all.take(key).map_err(Failed::Spent)?;
        self.tally.add(key);
        Ok(())
    }

    /// What lets us in, as a header.
    pub const fn bearer(&self) -> Option<&HeaderValue> {
        self.bearer.as_ref()
    }

    /// What is sent as `User-Agent`.
    pub fn user_agent(&self) -> &str {
        self.http.user_agent()
    }

    /// A bare connection for a web socket, within the budget.
    pub async fn connect(&self, url: &Url) -> Result<TcpStream, Failed> {
        self.spend(Share::Reading)?;
        self.http.connect(url).await.map_err(Failed::Call)
    }

    /// Begins to listen at an address of the server's, whose answer has no end. The token goes along in a
    /// header, as with every call.
    pub async fn listen(&self, url: Url, within: Span) -> Result<Flow, Failed> {
        self.spend(Share::Reading)?;
        let mut call = Call::get(url).header(http::header::ACCEPT, HeaderValue::from_static(EVENTS));
        if let Some(bearer) = &self.bearer {
            call = call.secret(http::header::AUTHORIZATION, bearer.clone());
        }
        self.http.open(call, within).await.map_err(Failed::Call)
    }

    /// Makes a call within the budget.
    pub async fn send(&self, share: Share, call: Call) -> Result<Answer, Failed> {
        self.spend(share)?;
        let key = self.credential.as_str();
        let answer = self.http.send(call).await;
        let wait = match &answer {
            Ok(answer) => answer.hint.spent(),
            Err(CallError::Status { code: 429, hint, .. }) => Some(hint.wait.unwrap_or(LEFT_ALONE)),
            Err(_) => None,
        };
        if let Some(wait) = wait {
            let until = self.clock.now().plus(wait);
            self.reads.close(key, until);
            // Reading has a limit of its own on the server; answers go on until they meet theirs.
            if share == Share::Answering {
                self.all.close(key, until);
            }
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
                SourceTrouble::new(TroubleState::Broken, "the answer is not what Mastodon's API describes")
            }
            Failed::Call(CallError::Status { code: 401, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                "the server does not take the token: it was withdrawn, or is of another server",
            ),
            Failed::Call(CallError::Status { code: 403, .. }) if failed.is_about_right() => {
                SourceTrouble::new(TroubleState::NeedsRight, format!("{READ_RIGHT}: {}", failed.words()))
            }
            Failed::Call(CallError::Status { code: 403, .. }) => SourceTrouble::new(
                TroubleState::NeedsToken,
                "the token lacks a right (read, write and profile are needed), or the account is suspended",
            ),
            Failed::Call(CallError::Status { code: 422, .. }) => {
                SourceTrouble::new(TroubleState::Broken, "the server answers 422")
            }
            Failed::Call(error) => SourceTrouble::of(error, TroubleState::NeedsToken, now),
        }
    }
}

impl Failed {
    /// Whether what was asked for is not there: said by the API itself, for a page of a proxy that
    /// has lost its way must not make posts look deleted.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Call(CallError::Status { code: 404 | 410, start, .. }) if words_in(start).is_some())
    }

    /// Whether the token is taken but lacks a right, as Mastodon and those like it say it.
    pub fn is_about_right(&self) -> bool {
        matches!(self, Self::Call(CallError::Status { code: 403, start, .. })
            if words_in(start).is_some_and(|said| said.to_ascii_lowercase().contains("scope")))
    }

    /// The HTTP status of a refusal.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Call(CallError::Status { code, .. }) => Some(*code),
            _ => None,
        }
    }

    /// How long to wait at least, as far as that is known.
    pub fn wait(&self, now: Timestamp) -> Option<Span> {
        match self {
            Self::Spent(until) => Some(until.since(now).max(Span(1))),
            Self::Call(CallError::Status { code: 429, hint, .. }) => Some(hint.wait.unwrap_or(LEFT_ALONE)),
            Self::Call(CallError::Status { code: 503, hint, .. }) => hint.wait,
            _ => None,
        }
    }

    /// In words for people: the server's own where it gave some.
    pub fn words(&self) -> String {
        match self {
            Self::Spent(_) => "our own limit of calls is reached".to_owned(),
            Self::Unreadable => "the answer cannot be read".to_owned(),
            Self::Call(CallError::Status { code, start, .. }) => match said_in(start) {
                Some(said) => format!("the server answers {code}: {said}"),
                None => format!("the server answers {code}"),
            },
            Self::Call(error) => super::super::shortened(&error.to_string()),
        }
    }
}

/// The `error` in the body of a refusal.
pub fn words_in(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let said = super::super::shortened(value["error"].as_str()?);
    Some(said).filter(|s| !s.trim().is_empty())
}

/// What a refusal says for people, also under the names that other servers use.
fn said_in(body: &str) -> Option<String> {
    words_in(body).or_else(|| {
        let value: Value = serde_json::from_str(body).ok()?;
        let named = ["error_description", "message", "detail"].iter();
        let said = named.filter_map(|name| value[*name].as_str()).find(|said| !said.trim().is_empty())?;
        Some(super::super::shortened(said))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    fn refusal(code: u16, start: &str) -> Failed {
        let start = start.to_owned();
        Failed::Call(CallError::Status { code, hint: RateHint::default(), start })
    }

    #[test]
    fn only_the_api_itself_can_say_that_something_is_gone() {
        assert!(refusal(404, r#"{"error":"Record not found"}"#).is_absent());
        assert!(refusal(410, r#"{"error":"Gone"}"#).is_absent());
        assert!(!refusal(404, "<html>no such host</html>").is_absent());
        assert!(!refusal(404, "").is_absent());
        assert!(!refusal(403, r#"{"error":"no"}"#).is_absent());
        assert!(!Failed::Unreadable.is_absent());
    }

    #[test]
    fn refusals_are_told_in_the_servers_words() {
        let failed = refusal(422, r#"{"error":"Validation failed: Text can't be blank"}"#);
        assert_eq!(failed.words(), "the server answers 422: Validation failed: Text can't be blank");
        for plain in ["<html>", "", "Too many", "null", "[]", r#"{"error":null,"message":7}"#] {
            assert_eq!(refusal(500, plain).words(), "the server answers 500");
        }
        let other = refusal(422, r#"{"message":"The min id must be at least 1."}"#);
        assert_eq!(other.words(), "the server answers 422: The min id must be at least 1.");
        let long = refusal(422, &serde_json::json!({ "error": "x\u{7}".repeat(900) }).to_string());
        assert!(long.words().len() < 250 && !long.words().contains('\u{7}'));
    }
}
