//! Calls to the Graph API in the name of one page or account, within one budget.
//!
//! The platform tells with each answer how much of what it allows is used. From 80 percent on we look less often, from
//! 90 on we do not look at all until it has calmed down; answers to customers go on until it refuses them. A refusal
//! comes with 400 or 403 and a code; what the code means is told in [`super::GraphError::meaning`].

use super::{GraphError, GraphMeaning, usage};
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Budget, Call, CallError, HttpClient};
use crate::sources::webhook::keyed;
use crate::sources::{SourceTrouble, Tally, TroubleState, shortened};
use hmac::Mac;
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use url::Url;

// Unwrapped while compiling: a zero would not build.
/// Calls of one credential in an hour; what the platform allows grows with who follows the page, and is told by it.
const CALLS: NonZeroU32 = NonZeroU32::new(2_000).unwrap();
/// The share of reading.
const READS: NonZeroU32 = NonZeroU32::new(1_600).unwrap();
const PER: Span = Span::hours(1);
/// From so many percent on we look less often, and from so many on not at all.
const SLOWER: u32 = 80;
const STOP: u32 = 90;
/// How long reading rests at each of the two.
const REST: Span = Span::minutes(5);
const LONG_REST: Span = Span::minutes(15);
/// Statuses that come with an error of the Graph API.
const REFUSALS: &[u16] = &[400, 401, 403, 404];

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
    /// It was answered with a refusal.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The platform's error; its default where none could be read.
        error: GraphError,
        /// The platform's words, in the language of the account.
        says: String,
        /// How long it wants to be left alone, where it tells.
        wait: Option<Span>,
    },
    /// It was made, or could not be.
    Call(CallError),
    /// It was answered with something that cannot be read.
    Unreadable,
}

impl Failed {
    /// What the platform's error means; nothing where there was none.
    pub const fn meaning(&self) -> Option<GraphMeaning> {
        match self {
            Self::Refused { error, .. } => Some(error.meaning()),
            _ => None,
        }
    }

    /// Whether it certainly never left.
    pub const fn is_unsent(&self) -> bool {
        matches!(self, Self::Spent(_) | Self::Call(CallError::NotSent { .. }))
    }

    /// Whether what was asked for is not there, or not for us.
    pub fn is_gone(&self) -> bool {
        self.meaning() == Some(GraphMeaning::Gone)
    }

    /// How long to wait at least, as far as that is known.
    pub fn wait(&self, now: Timestamp) -> Option<Span> {
        match self {
            Self::Spent(until) => Some(until.since(now).max(Span(1))),
            Self::Refused { wait, .. } if self.meaning() == Some(GraphMeaning::TooMany) => {
                Some(wait.unwrap_or(LONG_REST))
            }
            Self::Call(CallError::Status { code: 429, hint, .. }) => Some(hint.wait.unwrap_or(LONG_REST)),
            Self::Call(CallError::Status { code: 503, hint, .. }) => hint.wait,
            _ => None,
        }
    }

    /// In words for people: the platform's own where it gave some, with its code.
    pub fn words(&self) -> String {
        match self {
            Self::Spent(_) => "our own limit of calls is reached".to_owned(),
            Self::Unreadable => "the answer cannot be read".to_owned(),
            Self::Refused { status, error, says, .. } => {
                let code = if error.subcode == 0 {
                    format!("{}", error.code)
                } else {
                    format!("{}/{}", error.code, error.subcode)
                };
                match (error.code, says.is_empty()) {
                    (0, _) => format!("the platform answers {status}"),
                    (_, true) => format!("the platform answers {status} with code {code}"),
                    _ => format!("the platform answers {status} with code {code}: {says}"),
                }
            }
            Self::Call(error) => shortened(&error.to_string()),
        }
    }

    /// How an attempt ended that failed so: `Retry` only where it is proved that nothing was done.
    pub fn outcome(&self, now: Timestamp) -> Outcome {
        if self.is_unsent() {
            return Outcome::Retry { after: self.wait(now), why: self.words() };
        }
        match (self, self.meaning()) {
            (_, Some(GraphMeaning::TooMany)) | (Self::Call(CallError::Status { code: 429, .. }), _) => {
                Outcome::Retry { after: self.wait(now), why: self.words() }
            }
            // It is also said where it was done, and where a customer has blocked us: that is looked up.
            (_, Some(GraphMeaning::Transient)) => Outcome::Unknown { evidence: self.words() },
            (Self::Refused { .. } | Self::Call(CallError::Status { code: 400..=499, .. }), _) => {
                Outcome::Refused { reason: self.words() }
            }
            _ => Outcome::Unknown { evidence: self.words() },
        }
    }
}

/// Calls the Graph API with one token.
pub struct Graph {
    base: Url,
    platform: &'static str,
    credential: String,
    bearer: RwLock<HeaderValue>,
    proof: Option<String>,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    all: Budget,
    reads: Budget,
    used: AtomicU32,
    /// Until when reading rests, in epoch milliseconds.
    rests: AtomicI64,
    tally: Tally,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph").field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl Graph {
    /// A client of `base`, which ends with the version; with the app's secret each call proves that it is the app's.
    pub fn new(
        base: Url,
        (platform, credential): (&'static str, String),
        token: &SecretString,
        app_secret: Option<&SecretString>,
        (http, clock): (HttpClient, Arc<dyn Clock>),
    ) -> Result<Self, String> {
        let token = token.expose_secret().trim();
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| format!("{platform}.token: it fits in no header"))?;
        bearer.set_sensitive(true);
        let proof = app_secret
            .and_then(keyed)
            .map(|mac| hex::encode(mac.chain_update(token).finalize().into_bytes()));
        let (all, reads) = (Budget::new(clock.clone(), CALLS, PER), Budget::new(clock.clone(), READS, PER));
        let (used, rests, tally) = (AtomicU32::new(0), AtomicI64::new(0), Tally::default());
        let bearer = RwLock::new(bearer);
        Ok(Self { base, platform, credential, bearer, proof, http, clock, all, reads, used, rests, tally })
    }

    /// Goes on with another token; one that fits in no header changes nothing. The proof by the app's secret stays that
    /// of the first, so where tokens change none is given.
    pub fn use_token(&self, token: &str) {
        if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", token.trim())) {
            bearer.set_sensitive(true);
            *self.bearer.write().unwrap_or_else(PoisonError::into_inner) = bearer;
        }
    }

    fn bearer(&self) -> HeaderValue {
        self.bearer.read().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// How much of what the platform allows was used at its last answer, in percent.
    pub fn used(&self) -> u32 {
        self.used.load(Ordering::Relaxed)
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let proof = self.proof.as_deref().map(|p| ("appsecret_proof", p));
        let all: Vec<(&str, &str)> = query.iter().copied().chain(proof).collect();
        if !all.is_empty() {
            url.query_pairs_mut().extend_pairs(all);
        }
        url
    }

    async fn send(&self, share: Share, call: Call) -> Result<Value, Failed> {
        if share == Share::Reading {
            self.reads.take(&self.credential).map_err(Failed::Spent)?;
        }
        self.all.take(&self.credential).map_err(Failed::Spent)?;
        self.tally.add(&self.credential);
        let call = call
            .secret(http::header::AUTHORIZATION, self.bearer())
            .header(http::header::ACCEPT, HeaderValue::from_static("application/json"))
            .takes(REFUSALS);
        let answer = match self.http.send(call).await {
            Ok(answer) => answer,
            Err(error) => {
                if let CallError::Status { code: 429, hint, .. } = &error {
                    self.rest(hint.wait.unwrap_or(LONG_REST));
                }
                return Err(Failed::Call(error));
            }
        };
        let told = usage(&answer.headers);
        if told.percent > 0 {
            self.used.store(told.percent, Ordering::Relaxed);
        }
        match told.percent {
            STOP.. => self.rest(told.wait.unwrap_or(LONG_REST)),
            SLOWER.. => self.rest(REST),
            _ => {}
        }
        let value = serde_json::from_slice::<Value>(&answer.body);
        if !(200..300).contains(&answer.status) {
            let value = value.unwrap_or_default();
            let error = GraphError::of(&value).unwrap_or_default();
            let says = ["error_user_msg", "message"].iter().find_map(|k| value["error"][*k].as_str());
            let says = shortened(says.unwrap_or_default());
            if error.meaning() == GraphMeaning::TooMany {
                self.rest(told.wait.unwrap_or(LONG_REST));
            }
            tracing::debug!(
                platform = self.platform,
                code = error.code,
                subcode = error.subcode,
                trace = error.trace,
                "the platform refuses a call"
            );
            return Err(Failed::Refused { status: answer.status, error, says, wait: told.wait });
        }
        value.map_err(|_| Failed::Unreadable)
    }

    /// Lets reading rest: what is being read is read to its end, and the next look waits.
    fn rest(&self, span: Span) {
        self.rests.fetch_max(self.now().plus(span).millis(), Ordering::Relaxed);
    }

    /// Whether a look may begin; asked once for each, so that none is cut off in its middle.
    pub fn may_look(&self) -> Result<(), Failed> {
        let until = Timestamp(self.rests.load(Ordering::Relaxed));
        if self.now() < until { Err(Failed::Spent(until)) } else { Ok(()) }
    }

    /// Asks for something and reads it.
    pub async fn get(
        &self,
        share: Share,
        path: &[&str],
        query: &[(&str, &str)],
        within: Span,
    ) -> Result<Value, Failed> {
        self.send(share, Call::get(self.address(path, query)).within(within)).await
    }

    /// Writes or removes something.
    pub async fn write(
        &self,
        (method, path): (Method, &[&str]),
        body: Option<&Value>,
        within: Span,
    ) -> Result<Value, Failed> {
        let call = Call::new(method, self.address(path, &[])).within(within);
        let call = match body {
            Some(body) => call.body("application/json", body.to_string()),
            None => call.header(http::header::CONTENT_LENGTH, HeaderValue::from_static("0")),
        };
        self.send(Share::Answering, call).await
    }

    /// What a failure means for reading.
    pub fn trouble(&self, failed: &Failed) -> SourceTrouble {
        let now = self.now();
        let limited = |wait: Span, why: &str| {
            SourceTrouble::new(TroubleState::RateLimited { until: now.plus(wait) }, why).after(wait)
        };
        match failed {
            Failed::Spent(until) => SourceTrouble::spent(*until, now),
            // As long as we leave it alone ourselves.
            Failed::Call(CallError::Status { code: 429, .. }) => {
                limited(failed.wait(now).unwrap_or(LONG_REST), "the platform asks for fewer calls")
            }
            Failed::Unreadable => {
                SourceTrouble::new(TroubleState::Broken, "the answer is not what the platform describes")
            }
            Failed::Refused { status, .. } => match (failed.meaning(), status) {
                (Some(GraphMeaning::TooMany), _) => {
                    limited(failed.wait(now).unwrap_or(LONG_REST), "the platform asks for fewer calls")
                }
                (Some(GraphMeaning::TokenInvalid), _) | (Some(GraphMeaning::Other), 401) => {
                    let why = "the platform does not take the token: it was withdrawn or has ended";
                    SourceTrouble::new(TroubleState::NeedsToken, why)
                }
                (Some(GraphMeaning::Transient), _) => {
                    SourceTrouble::new(TroubleState::Unreachable, failed.words())
                }
                (Some(GraphMeaning::NoRight | GraphMeaning::Restricted), _) | (_, 403) => {
                    SourceTrouble::new(TroubleState::NeedsRight, failed.words())
                }
                _ => SourceTrouble::new(TroubleState::Broken, failed.words()),
            },
            Failed::Call(error) => SourceTrouble::of(error, TroubleState::NeedsToken, now),
        }
    }
}
