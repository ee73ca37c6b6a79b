//! A page of Facebook and its Messenger: comments, posts of visitors, mentions and private messages; answered in public
//! and in private, moderated in the page's name.
//!
//! Deliveries make it quick; looking at the page's posts and conversations is the truth. A thread is a comment on a post
//! and what stands below it. Nothing has a key here: an answer whose confirmation was lost is looked for before anybody
//! sends it again, and a private reply to a comment is given once in its life. Messages may be written for 24 hours after
//! the customer's last one; what a person writes by hand for seven days, where the platform has approved that.
//!
//! **What was verified, and how.** From the documentation and its list of changes (2026): versions, handshake and
//! signature, private replies and their seven days, both windows, codes of errors named in [`super::meta`]. From
//! recorded deliveries (restfb, MIT; see `tests/sources/payloads`): the forms of `feed`, `mention` and `messages`. From
//! memory and public code, never reached while building: the longest comment and message, that fields may be nested with
//! limits, that the id of a message is the same in deliveries and lists, that `metadata` comes back with an echo, what
//! `can_reply_privately` says. Checked against a fake with a ledger of its own.

mod comment;
mod config;
mod examine;
mod hook;
mod message;
mod poll;
mod private;
mod recheck;
mod reply;
mod sweep;

pub use super::meta::looking::{COMMENTS, MESSAGES, TAGGED};
pub use config::FacebookConfig;
pub use reply::LIMITS;

use super::grants::Grants;
use super::meta::graph::Graph;
use super::meta::letters::Sent;
use super::meta::talks::Referrals;
use super::webhook::Hook;
use super::{Examine, Media, Outside, Poll, Private, Recheck, Reply, Source, Sweep};
use crate::domain::time::{Span, Timestamp};
use secrecy::SecretString;
use url::Url;

/// The platform's word.
pub const KIND: &str = "facebook";

/// One page.
pub struct Facebook {
    name: String,
    counts_from: Option<Timestamp>,
    page: String,
    username: String,
    every: Span,
    messages_every: Span,
    messages: bool,
    human_agent: bool,
    graph: Graph,
    /// The secrets by which deliveries may be signed.
    secrets: Vec<SecretString>,
    verify_token: Option<SecretString>,
    grants: Grants,
    referrals: Referrals,
    sent: Sent,
}

impl std::fmt::Debug for Facebook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facebook").field("credential", &self.graph.credential()).finish_non_exhaustive()
    }
}

impl Facebook {
    /// A page after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &FacebookConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let page = config.page.trim().to_owned();
        if page.is_empty() || !page.bytes().all(|b| b.is_ascii_digit()) {
            return Err("facebook.page: wanted is the page's id, a number".to_owned());
        }
        let base = Url::parse(&config.api_url).ok().filter(Url::has_host);
        let mut base = base.ok_or("facebook.api_url: it is no web address")?;
        let version = config.version.trim_matches('/').to_owned();
        base.path_segments_mut()
            .map_err(|()| "facebook.api_url: it is no web address")?
            .pop_if_empty()
            .extend(Some(version.as_str()).filter(|v| !v.is_empty()));
        let token = config.token.as_ref().ok_or("facebook: it needs token or token_file")?;
        let credential = format!("facebook:{page}");
        let around = (outside.http.clone(), outside.clock.clone());
        let graph = Graph::new(base, (KIND, credential), token, config.app_secret.as_ref(), around)?;
        let seconds = |n: i64| Span::seconds(n.clamp(1, 86_400));
        let username = Some(config.username.trim()).filter(|u| !u.is_empty()).unwrap_or(&page).to_owned();
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            username,
            page,
            every: seconds(config.every_seconds),
            messages_every: seconds(config.messages_every_seconds),
            messages: config.messages,
            human_agent: config.human_agent,
            graph,
            secrets: config.app_secret.iter().chain(&config.previous_app_secret).cloned().collect(),
            verify_token: config.verify_token.clone(),
            grants: Grants::default(),
            referrals: Referrals::default(),
            sent: Sent::default(),
        })
    }
}

impl Media for Facebook {
    fn base(&self) -> Option<&Url> {
        None
    }
}

impl Source for Facebook {
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

    fn private(&self) -> Option<&dyn Private> {
        self.messages.then_some(self as &dyn Private)
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
        self.graph.take_calls()
    }
}
