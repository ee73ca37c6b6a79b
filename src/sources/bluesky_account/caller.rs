//! One call of a method: address, budgets, what the server says about more calls, its refusals.
//!
//! Two budgets are kept: all calls stay within what a server allows one address, and looking stops
//! at four fifths of that, so that an answer can always leave. Writes have a third, by the points that
//! a repository may spend. Nothing is called twice here, and no token is shown.

use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Budget, Call, CallError, HttpClient, NotSent};
use crate::sources::uploaded::UPLOAD;
use crate::sources::{Outside, Tally};
use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

// Unwrapped while compiling: a zero would not build.
/// A server allows 3,000 calls in five minutes from one address. A budget lets through twice its
/// number at worst (what was saved up, and what came meanwhile), so it holds half of that.
const CALLS: NonZeroU32 = NonZeroU32::new(1_500).unwrap();
const POLLS: NonZeroU32 = NonZeroU32::new(1_200).unwrap();
const CALLS_PER: Span = Span::minutes(5);
/// A repository may spend 5,000 points an hour and 35,000 a day; a new record costs three.
const WRITES: NonZeroU32 = NonZeroU32::new(400).unwrap();
const WRITES_PER: Span = Span::hours(1);
/// To whom the account's server hands a call on, and who that is for private messages.
const PROXY: HeaderName = HeaderName::from_static("atproto-proxy");
const CHAT_SERVICE: &str = "did:web:api.bsky.chat#bsky_chat";
/// What a server allows in a window where it does not say.
const LIMIT: i64 = 3_000;

/// What a call is for, and so out of which budget it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Looking whether there is something new, or whether something still stands.
    Look,
    /// What an effect needs to know before or after it.
    Act,
    /// An effect: a record is written.
    Write,
    /// A file that an effect needs.
    Upload,
    /// Logging in.
    LogIn,
}

impl Purpose {
    /// How long the call may take: an effect with all that it needs must end within the outbox's
    /// time, else it counts as unknown.
    const fn within(self) -> Option<Span> {
        match self {
            Self::Look => None,
            Self::Act | Self::LogIn => Some(Span::seconds(8)),
            Self::Write => Some(Span::seconds(12)),
            Self::Upload => Some(UPLOAD),
        }
    }
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Our own budget is used up until an instant; nothing was sent.
    Spent(Timestamp),
    /// The call.
    Call(CallError),
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// A refusal in the protocol's form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// Its name, such as `InvalidSwap`.
    pub error: String,
    /// What it says beside.
    pub message: String,
}

impl Refusal {
    /// What a refused call was answered, empty if nothing can be read.
    pub fn of(error: &CallError) -> Self {
        match error {
            CallError::Status { start, .. } => serde_json::from_str(start).unwrap_or_default(),
            _ => Self::default(),
        }
    }

    /// In one line for people, without anything that is no text.
    pub fn words(&self) -> String {
        let told = if self.message.is_empty() { &self.error } else { &self.message };
        told.chars().filter(|c| !c.is_control()).take(200).collect()
    }
}

/// Whether a refusal means that the token is no longer, or never was, taken.
pub fn is_about_token(error: &CallError) -> bool {
    match error {
        CallError::Status { code: 401, .. } => true,
        CallError::Status { code: 400, .. } => {
            let refusal = Refusal::of(error);
            matches!(refusal.error.as_str(), "ExpiredToken" | "InvalidToken")
                && !super::chat::is_about_scope(&refusal)
        }
        _ => false,
    }
}

/// What a call asks.
#[derive(Clone, Debug)]
pub enum Asked<'a> {
    /// A query with its parameters.
    Query(&'a [(&'a str, String)]),
    /// A procedure with its body; empty for none.
    Procedure(Vec<u8>),
    /// A procedure that takes a file, with its media type.
    Upload(&'static str, bytes::Bytes),
}

/// Makes calls in the name of one account.
#[derive(Debug)]
pub struct Caller {
    http: HttpClient,
    clock: Arc<dyn Clock>,
    credential: String,
    calls: Budget,
    polls: Budget,
    writes: Budget,
    tally: Tally,
}

impl Caller {
    /// Makes calls for a credential.
    pub fn new(credential: &str, outside: &Outside) -> Self {
        let budget = |n, per| Budget::new(outside.clock.clone(), n, per);
        Self {
            http: outside.http.clone(),
            clock: outside.clock.clone(),
            credential: credential.to_owned(),
            calls: budget(CALLS, CALLS_PER),
            polls: budget(POLLS, CALLS_PER),
            writes: budget(WRITES, WRITES_PER),
            tally: Tally::default(),
        }
    }

    /// The calls made since this was last asked.
    pub fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }

    /// Calls a method of a server once.
    pub async fn call(
        &self,
        server: &Url,
        (method, asked): (&str, &Asked<'_>),
        token: Option<&str>,
        purpose: Purpose,
    ) -> Result<Answer, Failed> {
        let mut call = call(server, method, asked)?;
        if let Some(token) = token {
            let bad = |_| CallError::NotSent {
                cause: NotSent::BadAddress,
                detail: "the token cannot stand in a header".to_owned(),
            };
            let bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(bad)?;
            call = call.secret(header::AUTHORIZATION, bearer);
        }
        if let Some(limit) = purpose.within() {
            call = call.within(limit);
        }
        self.take(purpose).map_err(Failed::Spent)?;
        self.tally.add(&self.credential);
        let answer = self.http.send(call).await;
        self.note(&answer, purpose);
        Ok(answer?)
    }

    fn take(&self, purpose: Purpose) -> Result<(), Timestamp> {
        match purpose {
            Purpose::Look => self.polls.take("")?,
            Purpose::Write => self.writes.take("")?,
            Purpose::Act | Purpose::LogIn | Purpose::Upload => {}
        }
        self.calls.take("")
    }

    /// Keeps what the server said about more calls. A log-in has a limit of its own, which its caller
    /// keeps; what is said with a write may be about the repository's points.
    fn note(&self, answer: &Result<Answer, CallError>, purpose: Purpose) {
        let now = self.clock.now();
        let (hint, limit, refused) = match answer {
            Ok(answer) => {
                let text = answer.headers.get("ratelimit-limit").and_then(|v| v.to_str().ok());
                (answer.hint, text.and_then(|t| t.trim().parse().ok()).unwrap_or(LIMIT), false)
            }
            Err(CallError::Status { code, hint, .. }) => (*hint, LIMIT, *code == 429),
            Err(_) => return,
        };
        let until = now.plus(hint.wait.unwrap_or(Span::minutes(5)));
        let few = hint.wait.is_some() && hint.remaining.is_some_and(|left| left * 5 <= limit);
        let none = refused || hint.spent().is_some();
        match purpose {
            Purpose::LogIn => {}
            Purpose::Write if none => self.writes.close("", until),
            Purpose::Write => {}
            Purpose::Look | Purpose::Act | Purpose::Upload => {
                if few || none {
                    self.polls.close("", until);
                }
                if none {
                    self.calls.close("", until);
                }
            }
        }
    }
}

fn call(server: &Url, method: &str, asked: &Asked<'_>) -> Result<Call, CallError> {
    let bad = || CallError::NotSent {
        cause: NotSent::BadAddress,
        detail: "the server's address cannot be read".to_owned(),
    };
    let mut url = server.clone();
    url.path_segments_mut().map_err(|()| bad())?.pop_if_empty().extend(["xrpc", method]);
    let call = match asked {
        Asked::Query(parameters) => {
            url.query_pairs_mut().extend_pairs(parameters.iter().map(|(k, v)| (*k, v.as_str())));
            Call::get(url)
        }
        Asked::Procedure(body) if body.is_empty() => Call::new(http::Method::POST, url)
            .header(HeaderName::from_static("content-length"), HeaderValue::from_static("0")),
        Asked::Upload(mime, bytes) => Call::new(http::Method::POST, url).body(mime, bytes.clone()),
        Asked::Procedure(body) => Call::new(http::Method::POST, url).body("application/json", body.clone()),
    };
    // The account's server hands these on to the chat service.
    let is_chat = method.starts_with("chat.bsky.");
    Ok(if is_chat { call.header(PROXY, HeaderValue::from_static(CHAT_SERVICE)) } else { call })
}
