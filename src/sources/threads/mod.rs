//! An account on Threads: what names it, what is answered below its posts, and what names the brand; answered in public.
//!
//! Lists are the truth, deliveries make it quick. An answer is made in two steps: a container that nobody sees, and its
//! publishing. A stop between the two does no harm; an answer whose publishing was never confirmed is looked for among our
//! own replies before anybody sends it again. There is no private channel here: the customer gets another way in.
//!
//! **What was verified, and how.** From the platform's documentation (2026): mentions with their fields and the earliest
//! instant, fields and form of deliveries, that a thousand replies a day are allowed and how much of them is used, the
//! two steps. From memory and public code, never reached while building: that emoji count as their bytes, 250 posts a day,
//! 2,200 searches in a rolling day of which those that find nothing are free, renewing the token, own replies as a list,
//! hiding, that `reverse` shows the newest first, that bodies may be JSON, that `me` is known. Checked against a fake with
//! a ledger of its own.

mod client;
mod config;
mod examine;
mod hook;
mod poll;
mod post;
mod quota;
mod recheck;
mod reply;
mod searches;
mod sweep;
mod tokens;

pub use config::ThreadsConfig;
pub use poll::{MENTIONS, OWN, REPLIES, SEARCH};
pub use reply::LIMITS;

use super::grants::Grants;
use super::meta::graph::Graph;
use super::webhook::Hook;
use super::{Examine, Media, Outside, Poll, Recheck, Reply, Source, Sweep, Words};
use crate::domain::time::{Span, Timestamp};
use client::Client;
use post::Me;
use searches::Searches;
use secrecy::SecretString;
use std::sync::Arc;
use tokens::Tokens;
use url::Url;

/// The platform's word.
pub const KIND: &str = "threads";

/// One account.
pub struct Threads {
    name: String,
    counts_from: Option<Timestamp>,
    me: Me,
    every: Span,
    search: bool,
    search_every: Span,
    searches: Searches,
    terms: Words,
    client: Client,
    /// The secrets by which deliveries may be signed.
    secrets: Vec<SecretString>,
    verify_token: Option<SecretString>,
}

impl std::fmt::Debug for Threads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Threads").field("credential", &self.client.credential()).finish_non_exhaustive()
    }
}

impl Threads {
    /// An account after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &ThreadsConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let account = config.account.trim().trim_start_matches('@').to_lowercase();
        if account.is_empty() {
            return Err("threads.account: empty; wanted is the account's name".to_owned());
        }
        let id = config.user_id.trim().to_owned();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Err("threads.user_id: wanted is the account's number".to_owned());
        }
        let address = |segment: &str| {
            let url = Url::parse(&config.api_url).ok().filter(Url::has_host);
            let mut url = url.ok_or("threads.api_url: it is no web address")?;
            url.path_segments_mut()
                .map_err(|()| "threads.api_url: it is no web address")?
                .pop_if_empty()
                .extend(Some(segment).filter(|s| !s.is_empty()));
            Ok::<Url, &str>(url)
        };
        let token = config.token.as_ref().ok_or("threads: it needs token or token_file")?;
        let credential = format!("threads:{account}");
        let renewing = address("refresh_access_token")?;
        let tokens = Tokens::new(renewing, token, &credential, outside);
        let around = (outside.http.clone(), outside.clock.clone());
        let base = address(config.version.trim_matches('/'))?;
        // No proof by the app's secret: the token changes while we run.
        let graph = Graph::new(base, (KIND, credential), token, None, around)?;
        let seconds = |n: i64| Span::seconds(n.clamp(1, 86_400));
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            me: Me { id, name: account },
            every: seconds(config.every_seconds),
            search: config.search,
            search_every: seconds(config.search_every_seconds),
            searches: Searches::new(config.searches_per_day),
            terms: outside.words(),
            client: Client::new(graph, Arc::new(tokens)),
            secrets: config.app_secret.iter().chain(&config.previous_app_secret).cloned().collect(),
            verify_token: config.verify_token.clone(),
        })
    }

    /// The brand's words without our own name: who names us is among the mentions, which cost no search.
    fn sought(&self) -> Vec<String> {
        let is_us = |term: &str| term.strip_prefix('@').is_some_and(|name| self.me.is(name));
        let terms = (self.terms)().into_iter().map(|term| term.trim().to_owned());
        terms.filter(|term| !term.trim_start_matches('#').is_empty() && !is_us(term)).collect()
    }
}

impl Media for Threads {
    fn base(&self) -> Option<&Url> {
        None
    }
}

impl Source for Threads {
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

    fn hook(&self) -> Option<&dyn Hook> {
        (!self.secrets.is_empty()).then_some(self as &dyn Hook)
    }

    fn reply(&self) -> Option<&dyn Reply> {
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
        Some(&self.client.tokens.grants)
    }

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.client.graph().take_calls()
    }
}
