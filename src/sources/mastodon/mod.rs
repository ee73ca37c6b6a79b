//! An account on a server that speaks Mastodon's API: reads what is said to it and what it says,
//! answers in its name, moderates, and tells whether posts still stand.
//!
//! Everything is asked with the account's own access token. What is said is told at once where the
//! server streams; but a stream tells of no gap, so the looks go on and stay the truth. Nothing is
//! posted without the key by which servers know a second attempt for the first.
//!
//! **The credential** is `mastodon:SOURCE_NAME@HOST`. It must be the same from construction on, also
//! without network, while the account's own name is known only after the first call; so it names the
//! source and not the account. A source that is renamed leaves answers that wait under its old name.
//!
//! **What was verified, and how.** Against a Mastodon API written by others (`mastodon_mock` 0.6.1):
//! a key given twice gives the first status, also with another text; the shape of notifications,
//! `"status": null` for what was deleted, times with microseconds and `+00:00`; edits that show in the
//! old notification and are not told; 404 with an `error`; refusals by 422; `X-RateLimit-Reset` as
//! seconds since the epoch; answers to what does not exist are taken, which is why the parent is
//! looked at first; its stream of server-sent events, where edits are `status_update` and not the documented
//! `status.update`, and edits and deletes are told whoever follows the author. From Mastodon's published documentation, never reached while building: the hour
//! for which keys live, where servers other than Mastodon stream and how, `include_filtered`, `id[]`, the limits of calls, `X-RateLimit-Reset` as an ISO
//! 8601 instant, resolving a foreign post by search, its home and searching for words, what Pleroma and Akkoma do alike. What differs
//! elsewhere (GoToSocial, Friendica, Pixelfed, Iceshrimp, Sharkey and the forks of Mastodon), and how that was verified, stands in
//! the table of `kinds`; what a server that nobody here knows does is read with care.

mod client;
mod compose;
mod enclosed;
mod examine;
mod kinds;
mod lists;
mod live;
mod moderate;
mod poll;
mod private;
mod profile;
mod recheck;
mod reply;
mod sockets;
mod threads;

pub use enclosed::FILES;
pub use lists::{HOME, SEARCH};
pub use poll::{NOTIFICATIONS, OWN, TAG};

use super::config::MastodonConfig;
use super::grants::Grants;
use super::known::Known;
use super::{Examine, Keep, Live, Media, Outside, Poll, Private, Recheck, Reply, Source, Sweep, Words};
use crate::domain::time::{Span, Timestamp};
use client::Client;
use profile::Profile;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use threads::Threads;
use url::Url;

/// One account.
pub struct Mastodon {
    name: String,
    counts_from: Option<Timestamp>,
    every: Span,
    /// Whether to be told at once, where the server can.
    streams: bool,
    /// The hashtags that are followed, without `#`.
    tags: Vec<String>,
    /// Whether its home is read, too.
    home: bool,
    /// Whether words are searched for.
    search: bool,
    /// The words to search for.
    terms: Words,
    /// Which posts of its home and of a search are taken.
    keep: Keep,
    client: Client,
    profile: Profile,
    uploaded: super::uploaded::Uploaded<enclosed::There>,
    known: Known,
    threads: Threads,
    /// Whether notifications are asked for by kind; some servers refuse kinds that they do not know.
    asks_by_kind: AtomicBool,
    grants: Grants,
    /// When the rights of the token were last asked for.
    rights_asked: Mutex<Option<Timestamp>>,
}

impl std::fmt::Debug for Mastodon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mastodon").field("credential", &self.client.credential()).finish_non_exhaustive()
    }
}

impl Mastodon {
    /// An account after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &MastodonConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let token = config.token.as_ref().ok_or("mastodon: it needs token or token_file")?;
        let host = Url::parse(&config.server).ok().and_then(|u| u.host_str().map(str::to_owned));
        let host = host.ok_or_else(|| format!("mastodon.server: '{}' is no web address", config.server))?;
        let credential = format!("mastodon:{name}@{host}");
        let (http, clock) = (outside.http.clone(), outside.clock.clone());
        let client = Client::new(&config.server, credential, token, http, clock)
            .ok_or_else(|| format!("mastodon.server: '{}' is no web address", config.server))?;
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            every: Span::seconds(config.every_seconds.clamp(1, 86_400)),
            streams: config.stream,
            tags: config.tags.iter().map(|t| t.trim_start_matches('#').to_owned()).collect(),
            home: config.home,
            search: config.search,
            terms: outside.words(),
            keep: outside.keep.clone(),
            client,
            profile: Profile::default(),
            known: Known::default(),
            threads: Threads::default(),
            asks_by_kind: AtomicBool::new(true),
            uploaded: super::uploaded::Uploaded::default(),
            grants: Grants::default(),
            rights_asked: Mutex::default(),
        })
    }
}

impl Media for Mastodon {
    fn base(&self) -> Option<&Url> {
        Some(self.client.server())
    }
}

impl Source for Mastodon {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "mastodon"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn live(&self) -> Option<&dyn Live> {
        self.streams.then_some(self as &dyn Live)
    }

    fn reply(&self) -> Option<&dyn Reply> {
        Some(self)
    }

    fn private(&self) -> Option<&dyn Private> {
        Some(self)
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
        Some(&self.grants)
    }

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.client.take_calls()
    }
}
