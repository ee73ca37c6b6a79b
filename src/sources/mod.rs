//! Sources: where posts come from.
//!
//! A source turns what a platform shows into items in our documented form and says how far it has
//! read; whoever runs it stores both together. What a source can do is data: it may be polled, may
//! stream, may take deliveries. A source never sees the store and never decides what a post means;
//! only a firehose is filtered here, by a predicate handed in, since storing it whole would cost
//! more than it gives.

pub mod accounts;
mod alts;
pub mod bluesky;
pub mod bluesky_account;
pub mod bluesky_search;
pub mod build;
pub mod config;
pub mod discourse;
mod events;
mod examine;
pub mod facebook;
mod fediverse;
pub mod feed;
pub mod grants;
pub mod held;
pub mod html;
pub mod instagram;
pub mod jetstream;
mod known;
pub mod kudos;
pub mod mail;
pub mod mastodon;
pub mod mastodon_tags;
pub mod media;
pub mod meta;
pub mod polled;
pub mod practice;
pub mod private;
pub mod purse;
pub mod reddit;
pub mod reply;
pub mod reviews;
pub mod sweep;
mod taken;
pub mod telegram;
pub mod threads;
mod uploaded;
pub mod webhook;
pub mod whatsapp;
pub mod x;
pub mod youtube;

pub use accounts::{Account, Accounts};
pub use build::{BuildError, build};
pub use examine::Examine;
pub use grants::{Grants, Right};
pub use kudos::Helpers;
pub use media::Media;
pub use private::{Approved, Private, Reach};
pub use purse::Purse;
pub use reply::{Follow, Recheck, Reply, Standing};
pub use sweep::{Sweep, SweptPage, Unseen};

use crate::clock::Clock;
use crate::domain::post::{Glimpse, RawPost};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{CallError, HttpClient, NotSent};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Says at a glimpse whether a post of a firehose is worth keeping.
pub type Keep = Arc<dyn Fn(&Glimpse<'_>) -> bool + Send + Sync>;
/// Gives words as they stand now; they may change while the daemon runs.
pub type Words = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// Gives the words of the brand of that name, or of all, as they stand now.
pub type BrandWords = Arc<dyn Fn(Option<&str>) -> Vec<String> + Send + Sync>;

/// Keeps log-ins of credentials over restarts, sealed by whoever keeps them here: sources never see
/// the store, and the store never sees a token.
#[async_trait]
pub trait Vault: Send + Sync {
    /// The sealed log-in of a credential, if one is kept.
    async fn load(&self, credential: &str) -> Option<Vec<u8>>;
    /// The same, for whoever must not take a store that cannot be read for one that holds nothing.
    async fn kept(&self, credential: &str) -> Result<Option<Vec<u8>>, SourceTrouble> {
        Ok(self.load(credential).await)
    }
    /// Keeps the sealed log-in of a credential; tells whether it is kept now.
    async fn save(&self, credential: &str, sealed: &[u8]) -> bool;
    /// Whether what is saved is there after a restart; what may be used once only is not touched otherwise.
    fn keeps(&self) -> bool {
        true
    }
    /// Lets nobody else renew a credential for so long, on any replica; `false` while somebody else does.
    async fn alone(&self, credential: &str, span: Span) -> bool {
        let _ = (credential, span);
        true
    }
    /// Ends that before its time.
    async fn together(&self, credential: &str) {
        let _ = credential;
    }
}

/// What sources are handed from outside.
#[derive(Clone)]
pub struct Outside {
    /// The client for calls.
    pub http: HttpClient,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Which posts of a firehose are kept.
    pub keep: Keep,
    /// The hashtags of all brands, without `#`.
    pub tags: Words,
    /// The words to search for.
    pub terms: BrandWords,
    /// Keeps log-ins.
    pub vault: Arc<dyn Vault>,
}

impl Outside {
    /// The same for a source of that brand: it searches for no other brand's words.
    pub fn of_brand(&self, brand: Option<&str>) -> Self {
        let mut own = self.clone();
        if let Some(brand) = brand.map(ToOwned::to_owned) {
            let terms = self.terms.clone();
            own.terms = Arc::new(move |_: Option<&str>| terms(Some(brand.as_str())));
        }
        own
    }

    /// The words to search for, as they stand whenever they are asked for.
    pub fn words(&self) -> Words {
        let terms = self.terms.clone();
        Arc::new(move || terms(None))
    }
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("http", &self.http).finish_non_exhaustive()
    }
}

/// One thing received, on its way into the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawItem {
    /// Where in the source it stood.
    pub place: String,
    /// A [`RawPost`] as JSON; what could not be read as a post goes as it came.
    pub body: Vec<u8>,
    /// When the platform's server says it was posted, if the source can tell.
    pub posted_at: Option<Timestamp>,
    /// Whether the looks had passed it over, and only a second reading found it.
    pub late: bool,
}

impl RawItem {
    /// The item of a post.
    pub fn of(place: String, post: &RawPost, posted_at: Timestamp) -> Self {
        // A `RawPost` holds texts, numbers and flags only, all of which JSON can write.
        let body = serde_json::to_vec(post).unwrap_or_default();
        Self { place, body, posted_at: Some(posted_at), late: false }
    }

    /// What stood at a place, as it came.
    pub const fn raw(place: String, body: Vec<u8>) -> Self {
        Self { place, body, posted_at: None, late: false }
    }

    /// What could not be made a post, with the reason, kept for a person; `raw` is what stood there.
    pub fn unmapped(place: String, platform: &str, why: &str, raw: &str) -> Self {
        let post = RawPost {
            platform: platform.to_owned(),
            text: raw.to_owned(),
            unmapped: Some(why.to_owned()),
            ..RawPost::default()
        };
        Self::raw(place, serde_json::to_vec(&post).unwrap_or_default())
    }

    /// What could not be read as a post, as it came.
    pub fn unreadable(raw: &str) -> Self {
        Self::raw("unreadable".to_owned(), raw.as_bytes().to_vec())
    }
}

/// Items and the cursor behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What was found, oldest first.
    pub items: Vec<RawItem>,
    /// Where to go on once the items are stored; `None` leaves the cursor as it is.
    pub cursor: Option<String>,
    /// Whether more waits: ask again at once.
    pub more: bool,
}

/// What keeps a source from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleState {
    /// The server wants a token.
    NeedsToken,
    /// The server wants an account.
    NeedsAccount,
    /// The credential is taken, but a right that is needed is not, or no longer, in it.
    NeedsRight,
    /// Too many calls; welcome again from this instant on.
    RateLimited {
        /// From when.
        until: Timestamp,
    },
    /// Nobody answers: no network, or the server is away.
    Unreachable,
    /// It answers, but not as described.
    Broken,
    /// It says that it is gone for good.
    Gone,
    /// The platform wants money: what was paid for is used up, and nothing is read until somebody pays.
    WantsMoney,
    /// The platform's own cap on use is reached; waiting for the next window does not help.
    Capped,
    /// Our own budget of the month is used up; answers go on.
    OverBudget {
        /// When the next month begins.
        until: Timestamp,
    },
}

/// Trouble with a source, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTrouble {
    /// What kind.
    pub state: TroubleState,
    /// Why, in plain words, without addresses' queries, tokens or texts of posts.
    pub why: String,
    /// How long to wait at least; `None` leaves it to the caller's backoff.
    pub retry_after: Option<Span>,
}

impl SourceTrouble {
    /// Trouble of a kind.
    pub fn new(state: TroubleState, why: impl Into<String>) -> Self {
        Self { state, why: why.into(), retry_after: None }
    }

    /// Says how long to wait at least.
    pub fn after(mut self, wait: Span) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Our own budget of calls is used up until an instant.
    fn spent(until: Timestamp, now: Timestamp) -> Self {
        Self::new(TroubleState::RateLimited { until }, "our own limit of calls is reached")
            .after(until.since(now))
    }

    /// What a failed call means for a source that has no credentials; `wants` is what a refusal
    /// by 401 or 403 asks for.
    pub(crate) fn of(error: &CallError, wants: TroubleState, now: Timestamp) -> Self {
        match error {
            CallError::NotSent { cause, detail } => Self::not_sent(*cause, detail),
            CallError::Unknown { detail } => Self::new(TroubleState::Unreachable, shortened(detail)),
            CallError::TooLarge { bytes_max } => {
                Self::new(TroubleState::Broken, format!("the answer is larger than {bytes_max} bytes"))
            }
            CallError::Status { code: 401 | 403 | 422, .. } if wants == TroubleState::NeedsAccount => {
                Self::new(wants, "the server shows this only to accounts that are logged in")
            }
            CallError::Status { code: 401 | 403 | 422, .. } => {
                Self::new(wants, "the server does not show this without a token")
            }
            CallError::Status { code: 429, hint, .. } => {
                let wait = hint.wait.unwrap_or(Span::minutes(5));
                let until = now.plus(wait);
                Self::new(TroubleState::RateLimited { until }, "the server asks for fewer calls").after(wait)
            }
            CallError::Status { code: code @ 500.., hint, .. } => {
                let trouble = Self::new(TroubleState::Unreachable, format!("the server answers {code}"));
                Self { retry_after: hint.wait.filter(|_| *code == 503), ..trouble }
            }
            CallError::Status { code: 404 | 410, .. } => {
                Self::new(TroubleState::Broken, "the server does not know this address")
            }
            CallError::Status { code, .. } => {
                Self::new(TroubleState::Broken, format!("the server answers {code}"))
            }
        }
    }

    fn not_sent(cause: NotSent, detail: &str) -> Self {
        let state = match cause {
            NotSent::Dns | NotSent::Connect => TroubleState::Unreachable,
            NotSent::Tls | NotSent::Refused | NotSent::BadAddress => TroubleState::Broken,
        };
        let why = match cause {
            NotSent::Dns => "no network, or the server's name is unknown".to_owned(),
            NotSent::Connect => "no network, or the server does not answer".to_owned(),
            NotSent::Tls => format!("no trusted connection: {}", shortened(detail)),
            NotSent::Refused | NotSent::BadAddress => shortened(detail),
        };
        Self::new(state, why)
    }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// A source that is asked again and again.
#[async_trait]
pub trait Poll: Send + Sync {
    /// How often to ask.
    fn every(&self) -> Span;
    /// What can be asked for, each with a cursor of its own; may change while the daemon runs.
    fn streams(&self) -> Vec<String>;
    /// How often to ask for one of them, where they differ; may change while the daemon runs.
    fn every_of(&self, stream: &str) -> Span {
        let _ = stream;
        self.every()
    }
    /// One page of a stream behind `cursor`.
    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble>;
    /// What the last page of a stream that went well leaves to say.
    fn aside(&self, stream: &str) -> Aside {
        let _ = stream;
        Aside::default()
    }
}

/// What is said beside a page that went well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// What people should know although nothing is wrong, such as an address that has moved.
    pub note: Option<String>,
    /// How long the server asks to be left alone.
    pub rest: Span,
}

/// Where a stream hands over what it finds.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Stores a batch; returns once it is committed. `Err` means: end the stream.
    async fn commit(&self, batch: Batch) -> Result<(), Closed>;
    /// The connection stands.
    fn connected(&self, server: &str);
    /// Posts from `from` to `until` were not shown to us: the server keeps no more.
    fn missed(&self, from: Timestamp, until: Timestamp);
    /// The platform says that posts changed or are gone, by its own ids of them: those that are known are
    /// looked at again at once.
    fn again(&self, local_ids: Vec<String>) {
        let _ = local_ids;
    }
    /// Which of these posts of a platform are kept here and still stand, or wait to be taken in.
    async fn held(&self, platform: &'static str, ids: Vec<String>) -> Result<Vec<String>, Closed> {
        let _ = (platform, ids);
        Ok(Vec::new())
    }
    /// Notes what became of accounts of a platform; gives the ids of those that are known.
    async fn accounts(
        &self,
        platform: &'static str,
        news: Vec<held::AccountNews>,
    ) -> Result<Vec<String>, Closed> {
        let _ = (platform, news);
        Ok(Vec::new())
    }
}

/// A sink takes no more: the lease is lost, or the daemon stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// A source that keeps a connection and hands over what comes.
#[async_trait]
pub trait Stream: Send + Sync {
    /// Streams from a cursor until trouble comes, the sink closes or the token is cancelled; the
    /// latter two give `None`.
    async fn stream(
        &self,
        from: Option<String>,
        sink: &dyn Sink,
        token: &CancellationToken,
    ) -> Option<SourceTrouble>;
}

/// A source that is told at once what its looks find a little later. It has no cursor: the looks stay the
/// truth, and what is missed here they bring.
#[async_trait]
pub trait Live: Send + Sync {
    /// What can be listened to, each by a connection of its own; may change while the daemon runs.
    fn channels(&self) -> Vec<String>;
    /// Listens until trouble comes, the sink closes or the token is cancelled; the latter two give `None`.
    async fn listen(
        &self,
        channel: &str,
        sink: &dyn Sink,
        token: &CancellationToken,
    ) -> Option<SourceTrouble>;
}

/// A configured source and what it can do.
pub trait Source: Send + Sync {
    /// The name by which it is listed.
    fn name(&self) -> &str;
    /// Which kind it is: `jetstream`, `mastodon_tags`, …
    fn kind(&self) -> &'static str;
    /// From when its posts count, if the settings say so.
    fn counts_from(&self) -> Option<Timestamp>;
    /// If it is polled.
    fn poll(&self) -> Option<&dyn Poll> {
        None
    }
    /// If it streams.
    fn stream(&self) -> Option<&dyn Stream> {
        None
    }
    /// If it is told at once what its looks would find.
    fn live(&self) -> Option<&dyn Live> {
        None
    }
    /// If others deliver to it, signed as Standard Webhooks has it.
    fn webhook(&self) -> Option<&webhook::Webhook> {
        None
    }
    /// If others deliver to it, in whatever way.
    fn hook(&self) -> Option<&dyn webhook::Hook> {
        self.webhook().map(|webhook| webhook as &dyn webhook::Hook)
    }
    /// If it can answer.
    fn reply(&self) -> Option<&dyn Reply> {
        None
    }
    /// If it can talk in private.
    fn private(&self) -> Option<&dyn Private> {
        None
    }
    /// If it wants to know of whom posts are kept.
    fn follow(&self) -> Option<&dyn Follow> {
        None
    }
    /// If it can say whether posts still stand.
    fn recheck(&self) -> Option<&dyn Recheck> {
        None
    }
    /// If its files need more than their address.
    fn media(&self) -> Option<&dyn Media> {
        None
    }
    /// If more can be tried of it than reading.
    fn examine(&self) -> Option<&dyn Examine> {
        None
    }
    /// What is known of its credential: when it ends, which right it lacks.
    fn grants(&self) -> Option<&Grants> {
        None
    }
    /// If it can tell how answers of members were received.
    fn helpers(&self) -> Option<&dyn Helpers> {
        None
    }
    /// If it can be read a second time.
    fn sweep(&self) -> Option<&dyn Sweep> {
        None
    }
    /// The money of its account, where the platform charges.
    fn purse(&self) -> Option<&Purse> {
        None
    }
    /// The calls made since this was last asked, by credential.
    fn take_calls(&self) -> Vec<(String, i64)> {
        Vec::new()
    }
}

/// Counts calls by credential until somebody takes the counts.
#[derive(Debug, Default)]
pub struct Tally {
    calls: Mutex<BTreeMap<String, i64>>,
}

impl Tally {
    /// Counts one call.
    pub fn add(&self, credential: &str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(credential.to_owned()).or_default() += 1;
    }

    /// Takes the counts.
    pub fn take(&self) -> Vec<(String, i64)> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *calls).into_iter().collect()
    }
}
