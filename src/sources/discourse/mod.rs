//! A customer forum that runs Discourse: reads what its members write and what colleagues answer, by webhook
//! for speed and by looking as the truth; answers in the name of one account, in public and by message.
//!
//! A topic is a conversation. What begins one in the chosen categories is said to the brand; what members
//! answer one another is kept as what the topic is about, and is a case of its own only where its words name
//! the brand. Colleagues are known by name, or because the forum calls them staff.
//!
//! **What was verified, and how.** In the source of Discourse, read in November 2026: the pages of newest
//! posts and private posts and the names under which they stand, `raw` and the title in them; that a request
//! by key which is repeated within two minutes gives the first answer; the fields of deliveries; 404 for what
//! is gone. From its documentation and from memory, never reached while building: limits of calls, refusals of
//! what is too similar, how posts wait for a moderator, the page that tells who takes messages. Checked
//! against a fake with a ledger of its own.

mod client;
mod config;
mod enclosed;
mod examine;
mod hook;
mod kudos;
mod moderate;
mod poll;
mod post;
mod private;
mod recheck;
mod reply;
mod sweep;
mod threads;
mod uploads;

pub use config::DiscourseConfig;
pub use enclosed::FILES;
pub use poll::{PRIVATE, PUBLIC};
pub use reply::LIMITS;

use super::grants::Grants;
use super::webhook::Hook;
use super::{Examine, Helpers, Media, Outside, Poll, Private, Recheck, Reply, Source, Sweep};
use crate::domain::time::{Span, Timestamp};
use client::Client;
use post::Forum;
use secrecy::SecretString;
use std::sync::OnceLock;
use threads::Threads;
use url::Url;

/// One forum, and the account by which we are in it.
pub struct Discourse {
    name: String,
    counts_from: Option<Timestamp>,
    every: Span,
    account: String,
    categories: Vec<i64>,
    length_min: usize,
    /// For how long an author is silenced; `None` where the account is no moderator.
    silences: Option<Span>,
    hook_secret: Option<SecretString>,
    forum: Forum,
    client: Client,
    threads: Threads,
    /// The number of our account, once the forum has told it.
    me: OnceLock<String>,
    grants: Grants,
    uploaded: super::uploaded::Uploaded<String>,
}

impl std::fmt::Debug for Discourse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discourse").field("credential", &self.client.credential()).finish_non_exhaustive()
    }
}

impl Discourse {
    /// A forum after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &DiscourseConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let key = config.api_key.as_ref().ok_or("discourse: it needs api_key or api_key_file")?;
        let server = Url::parse(&config.server)
            .ok()
            .filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        let server = server.ok_or("discourse.server: it is no web address")?;
        let account = config.account.trim().trim_start_matches('@').to_owned();
        if account.is_empty() {
            return Err("discourse.account: empty; wanted is the account that answers".to_owned());
        }
        let place = server.path().trim_end_matches('/').to_owned();
        let authority = format!("{}{place}", server.host_str().unwrap_or_default());
        let credential = format!("discourse:{name}@{authority}");
        let around = (outside.http.clone(), outside.clock.clone());
        let client =
            Client::new(server.clone(), credential, (&account, key), config.calls_per_minute, around)?;
        let lower = |names: &[String]| {
            names.iter().map(|n| n.trim().trim_start_matches('@').to_lowercase()).collect()
        };
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            every: Span::seconds(config.every_seconds.clamp(1, 86_400)),
            categories: config.categories.clone(),
            length_min: config.length_min,
            silences: config.moderates.then(|| Span::days(config.silence_days.clamp(1, 3_650))),
            hook_secret: config.webhook_secret.clone(),
            forum: Forum {
                server,
                authority,
                account: account.to_lowercase(),
                staff: lower(&config.staff),
                staff_is_ours: config.staff_is_ours,
                liked: config.solved_by_likes,
            },
            account,
            client,
            threads: Threads::default(),
            me: OnceLock::new(),
            grants: Grants::default(),
            uploaded: super::uploaded::Uploaded::default(),
        })
    }
}

impl Source for Discourse {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "discourse"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn hook(&self) -> Option<&dyn Hook> {
        self.hook_secret.is_some().then_some(self as &dyn Hook)
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

    fn helpers(&self) -> Option<&dyn Helpers> {
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
