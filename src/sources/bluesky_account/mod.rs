//! An account of Bluesky or another server of the AT Protocol: what is said to it, and answers.
//!
//! Reads notifications, the account's own posts and, if wanted, the search; answers under record keys
//! of our own; looks again at what is known; moderates. It logs in with an app password as rarely as
//! can be. Built from the published lexicons and, where those are silent, from what the authors' own
//! server answered to us in November 2026 (its development network 0.3.215), which is:
//!
//! - `createRecord` under a key in use answers 500, like a server in trouble; `putRecord` with
//!   `swapRecord: null` answers 400 `InvalidSwap`, and 200 without `commit` where the same record stands
//!   already. After a delete the same key is taken again. So answers go by `putRecord`.
//! - A reply to a post that is gone is taken; nobody but us asks first.
//! - `indexedAt` is the author's `createdAt` where that is earlier. A back-dated mention stands deep in
//!   the list, and the cursor is strictly before an instant of one millisecond.
//! - A deleted post vanishes from notifications and `getPosts` without a word; an edit keeps the
//!   address and changes the `cid`.
//! - An access token lives two hours and ends as 400 `ExpiredToken`; a refresh token works a second time for a
//!   while; the 31st log-in within five minutes is 429 with `RateLimit-Reset` and no `Retry-After`.
//!
//! Never reached while building: the public network itself, and an entryway before several servers.

mod caller;
mod chat;
mod convos;
mod enclosed;
mod examine;
mod facets;
mod line;
mod moderation;
mod notifications;
mod own;
mod recheck;
mod reply;
mod session;

pub use enclosed::FILES;

use super::bluesky::blobs::Blobs;
use super::bluesky::searching;
use super::bluesky::windows::Window;
use super::config::BlueskyConfig;
use super::grants::Grants;
use super::known::Known;
use super::{Batch, Outside, Poll, Private, Recheck, Reply, Source, SourceTrouble, Sweep, SweptPage};
use super::{Examine, Media, TroubleState, Unseen, Words};
use crate::clock::Clock;
use crate::domain::file::FileNote;
use crate::domain::time::{Span, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use caller::{Caller, Purpose};
use line::{Line, of_looking};
use session::Session;
use std::sync::Arc;
use url::Url;

/// The name of the kind, and of the platform.
const KIND: &str = "bluesky";
/// What the streams of words begin with.
const SEARCH: &str = "search:";

/// An account.
pub struct BlueskyAccount {
    name: String,
    credential: String,
    counts_from: Option<Timestamp>,
    every: Span,
    search: bool,
    clock: Arc<dyn Clock>,
    terms: Words,
    line: Line,
    known: Known,
    sent: own::Sent,
    /// Whether the app password may use direct messages.
    has_chat: bool,
    members: convos::Members,
    blobs: Blobs,
    uploaded: super::uploaded::Uploaded<serde_json::Value>,
}

impl std::fmt::Debug for BlueskyAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("BlueskyAccount");
        shown.field("name", &self.name).field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl BlueskyAccount {
    /// An account after the settings; fails where its address or password cannot be used.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &BlueskyConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let server = Url::parse(&config.server).map_err(|e| format!("bluesky.server: {e}"))?;
        let account = config.account.trim().trim_start_matches('@');
        if account.is_empty() {
            return Err("bluesky.account: empty; it must be a handle or a DID".to_owned());
        }
        // A DID may have capitals that matter; a handle has none.
        let account = if account.starts_with("did:") { account.to_owned() } else { account.to_lowercase() };
        let Some(password) = config.app_password.clone() else {
            return Err("bluesky: it needs app_password or app_password_file".to_owned());
        };
        let credential = format!("{KIND}:{account}");
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            every: Span::seconds(config.every_seconds.clamp(5, 86_400)),
            search: config.search,
            clock: outside.clock.clone(),
            terms: outside.words(),
            line: Line {
                caller: Caller::new(&credential, outside),
                session: Session::new(server, &account, password, &credential, outside),
            },
            credential,
            known: Known::default(),
            sent: own::Sent::default(),
            has_chat: config.chat,
            members: convos::Members::default(),
            uploaded: super::uploaded::Uploaded::default(),
            blobs: Blobs::new(outside.http.clone(), outside.clock.clone(), &config.directory),
        })
    }

    /// One page of what is found for a word.
    async fn found(&self, stream: &str, term: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let now = self.clock.now();
        self.known.confirm(stream, cursor);
        let asked = searching::window(cursor, now);
        let body = self.search(term, &asked).await?;
        let own = self.line.session.who().did;
        let mut batch = searching::page(&body, (stream, cursor), asked, &self.known, own.as_deref(), now)?;
        let has =
            |uri: &str| self.known.holds(stream, uri) || self.known.holds(stream, &searching::beside_id(uri));
        let wanted = searching::about(&batch.items, has);
        let mut items = self.context((&wanted, &batch.items), own.as_deref(), now).await;
        self.known.also(stream, items.iter().map(|item| searching::beside_id(&item.place)).collect());
        items.append(&mut batch.items);
        Ok(Batch { items, ..batch })
    }

    async fn search(&self, term: &str, asked: &Window) -> Result<Bytes, SourceTrouble> {
        let parameters = searching::parameters(term, asked);
        let answer = self.line.query(searching::METHOD, &parameters, Purpose::Look).await;
        Ok(answer.map_err(|t| of_looking(&t, self.clock.now()))?.body)
    }
}

#[async_trait]
impl Sweep for BlueskyAccount {
    /// Only words: notifications have deep looks of their own, for their list is in no order of time.
    fn streams(&self) -> Vec<String> {
        if self.search { searching::terms(&self.terms) } else { Vec::new() }
    }

    async fn page(
        &self,
        stream: &str,
        from: Timestamp,
        page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let asked = searching::sweep_window(page, from);
        let body = self.search(stream, &asked).await?;
        let own = self.line.session.who().did;
        let mut swept = searching::swept(&body, asked, own.as_deref(), self.clock.now(), unseen).await?;
        let wanted = searching::about(&swept.items, |_| false);
        let mut items = self.context((&wanted, &swept.items), own.as_deref(), self.clock.now()).await;
        items.append(&mut swept.items);
        Ok(SweptPage { items, ..swept })
    }
}

#[async_trait]
impl Poll for BlueskyAccount {
    fn every(&self) -> Span {
        self.every
    }

    fn streams(&self) -> Vec<String> {
        let mut streams = vec![notifications::STREAM.to_owned(), own::STREAM.to_owned()];
        if self.has_chat {
            streams.push(convos::STREAM.to_owned());
        }
        if self.search {
            streams.extend(searching::terms(&self.terms).iter().map(|term| format!("{SEARCH}{term}")));
        }
        streams
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        match (stream, stream.strip_prefix(SEARCH)) {
            (notifications::STREAM, _) => self.notifications(cursor).await,
            (own::STREAM, _) => own::page(self, cursor).await,
            (convos::STREAM, _) if self.has_chat => self.chat(cursor).await,
            (_, Some(term)) => self.found(stream, term, cursor).await,
            _ => Err(SourceTrouble::new(TroubleState::Broken, "there is no such stream")),
        }
    }
}

#[async_trait]
impl Media for BlueskyAccount {
    fn base(&self) -> Option<&Url> {
        Some(self.line.session.server())
    }

    async fn elsewhere(&self, file: &FileNote) -> Option<Url> {
        self.blobs.at_author(file).await
    }
}

impl Source for BlueskyAccount {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        KIND
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn reply(&self) -> Option<&dyn Reply> {
        Some(self)
    }

    fn private(&self) -> Option<&dyn Private> {
        self.has_chat.then_some(self as &dyn Private)
    }

    fn recheck(&self) -> Option<&dyn Recheck> {
        Some(self)
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }

    fn examine(&self) -> Option<&dyn Examine> {
        Some(self)
    }

    fn grants(&self) -> Option<&Grants> {
        Some(&self.line.session.grants)
    }

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.line.caller.take_calls()
    }
}
