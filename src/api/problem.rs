//! What is wrong with a request, as RFC 9457 has it: a stable type, words for people, the places in what was sent
//! as JSON Pointers, and what is allowed there.
//!
//! A failure of ours is logged once, with a number; the problem tells the number and nothing else.

use super::Api;
use crate::casework::CaseworkError;
use crate::domain::ids::InboxId;
use crate::people::PeopleError;
use crate::store::StoreError;
use crate::tokens::TokenError;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// What every type of a problem begins with.
pub const TYPE: &str = "urn:webcared:problem:";

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal $status:literal $title:literal;)*) => {
        /// The kinds of problems, which never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name),* }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What stands behind [`TYPE`].
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// What it says in general.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

kinds! {
    /// The body is no JSON, or not of the form that is described.
    Body = "body" 400 "The body cannot be read";
    /// A parameter or a header is not of the form that is described.
    Request = "request" 400 "The request cannot be read";
    /// No token, or none that is good.
    Token = "token" 401 "A good token is needed";
    /// The token's scopes do not reach.
    Scope = "scope" 403 "The token may not do this";
    /// There is no such thing, or it is another brand's.
    NotFound = "not-found" 404 "There is no such thing";
    /// The address is there, but not for this method.
    Method = "method" 405 "Not by this method";
    /// The same key is being worked on.
    InFlight = "in-flight" 409 "A request under this key is being carried out";
    /// It was done under this key, and the process died before it answered.
    AnswerLost = "answer-lost" 409 "It was done, and its answer was lost";
    /// The rules of casework forbid it as things stand.
    Refused = "refused" 409 "The rules forbid it";
    /// An answer to this message stands already or is on its way.
    Answered = "answered" 409 "Answered already";
    /// The case moved on since the version that was named.
    Stale = "stale" 412 "What was seen has changed since";
    /// More than the bound.
    TooLarge = "too-large" 413 "The body is too large";
    /// A body of another kind than JSON.
    Media = "media-type" 415 "Only JSON is read";
    /// Read, but not allowed.
    Invalid = "invalid" 422 "A value is not allowed";
    /// A public answer would give personal data away.
    Personal = "personal-data" 422 "A public answer must not hold personal data";
    /// A promise was found, or contradicts one that stands; somebody says which holds.
    Promise = "promise" 422 "A promise must be confirmed";
    /// The key was used for another request.
    KeyReused = "key-reused" 422 "The key was used for another request";
    /// The version that was seen must be named.
    Version = "version-needed" 428 "The version that was seen must be named";
    /// Too many requests with this token.
    TooMany = "too-many" 429 "Too many requests";
    /// Something failed on our side.
    Internal = "internal" 500 "Something failed on our side";
    /// Not now.
    Unavailable = "unavailable" 503 "Not now";
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Wrong {
    /// Where in the body, as a JSON Pointer (RFC 6901); empty is all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Which parameter or header, where it is not in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong there, and what is allowed.
    pub detail: String,
}

/// Why a request was not done.
#[derive(Clone, Debug)]
pub struct Problem(Box<Told>);

/// What a problem tells.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its kind.
    pub kind: Kind,
    detail: String,
    errors: Vec<Wrong>,
    more: Map<String, Value>,
    /// Seconds until it may be tried again.
    pub retry_after: Option<i64>,
    /// The methods that are allowed, for a wrong one.
    pub allow: Option<String>,
}

/// A problem as it is described and sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Shape {
    /// What kind of problem it is; stable.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same in words, equal for all of this kind.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// Every single thing that is wrong, where it stands, and what is allowed there; empty where that is no matter of
    /// a place.
    pub errors: Vec<Wrong>,
    /// What else belongs to this kind: `now` and `since` of a stale case, `personal` of an answer that gives
    /// data away, `id` of a failure of ours, under which it stands in our log.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl std::ops::Deref for Problem {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.0
    }
}

impl std::ops::DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Told {
        &mut self.0
    }
}

impl Problem {
    /// A problem of a kind, in words.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (errors, more) = (Vec::new(), Map::new());
        let detail = detail.into();
        Self(Box::new(Told { kind, detail, errors, more, retry_after: None, allow: None }))
    }

    /// With a place in the body.
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(Wrong { pointer: Some(pointer.into()), parameter: None, detail: detail.into() });
        self
    }

    /// With a parameter or header.
    pub fn by(mut self, parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        let (parameter, detail) = (Some(parameter.into()), detail.into());
        self.errors.push(Wrong { pointer: None, parameter, detail });
        self
    }

    /// With a member of its own.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// There is no such thing.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "there is no such thing, or this token may not see it")
    }

    /// A value that is not allowed, at a place in the body.
    pub fn invalid(field: &str, what: impl Into<String>) -> Self {
        let what = what.into();
        Self::new(Kind::Invalid, format!("{field}: {what}")).at(format!("/{field}"), what)
    }

    /// The problem as an answer.
    pub fn answer(self) -> Response {
        let Told { kind, detail, errors, more, retry_after, allow } = *self.0;
        let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let shape = Shape {
            kind: format!("{TYPE}{}", kind.code()),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail,
            errors,
            more,
        };
        let body = serde_json::to_vec(&shape).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if kind == Kind::Token {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"webcared\""));
        }
        let number = |n: i64| HeaderValue::from_str(&n.to_string()).ok();
        if let Some(seconds) = retry_after.and_then(number) {
            headers.insert(header::RETRY_AFTER, seconds);
        }
        if let Some(allow) = allow.and_then(|a| HeaderValue::from_str(&a).ok()) {
            headers.insert(header::ALLOW, allow);
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(why) => Self::new(Kind::Refused, why),
            StoreError::Conflict { .. } => {
                let mut busy = Self::new(Kind::Unavailable, "others are writing the same; ask again");
                busy.retry_after = Some(1);
                busy
            }
            other => Self::new(Kind::Internal, other.to_string()),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid(what) => Self::new(Kind::Invalid, what),
            TokenError::Store(error) => error.into(),
        }
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Store(error) => error.into(),
            PeopleError::TooMany(span) => {
                let mut busy = Self::new(Kind::TooMany, error.to_string());
                busy.retry_after = Some((span.millis() / 1000 + 1).max(1));
                busy
            }
            other => Self::new(Kind::Invalid, other.to_string()),
        }
    }
}

impl From<CaseworkError> for Problem {
    fn from(error: CaseworkError) -> Self {
        let told = error.to_string();
        match error {
            CaseworkError::NotFound => Self::not_found(),
            CaseworkError::Stale { now, since } => {
                let event = |e: &crate::store::rows::CaseEventRow| json!({ "seq": e.seq, "kind": e.kind, "who_kind": e.who_kind, "who": e.who });
                let since: Vec<Value> = since.iter().map(event).collect();
                let now = json!({ "version": now.version, "state": now.state, "claimed_by": now.claimed_by });
                Self::new(Kind::Stale, told).with("now", now).with("since", Value::Array(since))
            }
            CaseworkError::AnsweredAlready => {
                Self::new(Kind::Answered, told).at("/again", "true means that another answer is meant")
            }
            CaseworkError::PersonalData { found } => {
                let found = serde_json::to_value(found).unwrap_or_default();
                Self::new(Kind::Personal, told)
                    .at("/text", "the places are bytes of the words without spaces around them")
                    .with("personal", found)
            }
            CaseworkError::Promise(proposal) => super::promises::proposed(&proposal, told),
            CaseworkError::Invalid { field, what } => Self::invalid(field, what),
            CaseworkError::Store(error) => error.into(),
            CaseworkError::AuthorRemoved | CaseworkError::NoAccount { .. } | CaseworkError::Refused(_) => {
                Self::new(Kind::Refused, told)
            }
        }
    }
}

/// Logs a failure of ours and takes from it what nobody else should read.
pub fn logged(api: &Api, mut problem: Problem) -> Problem {
    if problem.kind == Kind::Internal {
        let id = number(api);
        tracing::error!(error.id = id, error = problem.detail, "a request of a program failed");
        "see the log of the daemon under this number".clone_into(&mut problem.detail);
        problem = problem.with("id", json!(id));
    }
    problem
}

fn number(api: &Api) -> String {
    let id = api.mint.id(api.clock.now(), InboxId::new).to_string();
    id.trim_start_matches("inb_").chars().rev().take(10).collect()
}

/// Makes a problem of whatever else refuses a request on its way: no such address, too large, too slow.
pub async fn dress(api: Api, request: Request, next: Next) -> Response {
    let ours = super::is_ours(request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    let told = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == MEDIA_TYPE);
    if !ours || told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let kind = Kind::ALL.iter().copied().find(|k| k.status() == status.as_u16()).unwrap_or(Kind::Internal);
    let mut problem = Problem::new(kind, kind.title());
    match kind {
        Kind::Internal => problem = logged(&api, problem),
        Kind::Unavailable => problem.retry_after = Some(2),
        _ => {}
    }
    problem.answer()
}
