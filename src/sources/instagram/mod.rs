//! A professional account on Instagram: comments, mentions, answers to stories and private messages; answered in public
//! and in private, moderated in the account's name.
//!
//! Deliveries make it quick; looking at what the account posted and at its conversations is the truth. Of mentions
//! elsewhere the platform tells ids only, and keeps no list of them: a notice is put into the inbox, and what it means is
//! looked up at once and, should that fail, by looking again. Comments are delivered without a time; the
//! delivery's own stands for it. Nothing has a key here: an answer whose confirmation was lost is looked for before
//! anybody sends it again, and a private reply to a comment is given once in its life. Messages may be written for 24
//! hours after the customer's last one; what a person writes by hand for seven days, where the platform has approved that.
//! Hashtags are left out: what they find has no author, so nobody could be answered.
//!
//! **What was verified, and how.** From the documentation (2026): versions, handshake and signature, what is delivered
//! (no time, no album's id, both ids of boosted posts), mentions and their look-up, private replies and their seven days,
//! that messages go out at the page where there is one, the longest message.
//! From recorded deliveries (restfb, MIT; see `tests/sources/payloads`): the forms of `comments`, `live_comments`,
//! `mentions` and messages. From memory and public code, never reached while building: what an answer may hold,
//! that fields may be nested with limits, that the id of a message is the same in deliveries and lists,
//! that conversations are listed at the page, what `ig.me` carries. Checked against a fake with a ledger of its own.

mod comment;
mod config;
mod examine;
mod hook;
mod live;
mod memory;
mod message;
mod poll;
mod private;
mod recheck;
mod reply;
mod sweep;

pub use super::meta::looking::{COMMENTS, MESSAGES, TAGGED};
pub use config::InstagramConfig;
pub use live::LOOKED_UP;
pub use reply::LIMITS;

use super::grants::Grants;
use super::meta::graph::Graph;
use super::meta::letters::Sent;
use super::meta::talks::Referrals;
use super::webhook::Hook;
use super::{Examine, Live, Media, Outside, Poll, Private, Recheck, Reply, Source, Sweep};
use crate::domain::time::{Span, Timestamp};
use comment::Us;
use memory::Memory;
use secrecy::SecretString;
use url::Url;

/// The platform's word.
pub const KIND: &str = "instagram";

/// One account.
pub struct Instagram {
    name: String,
    counts_from: Option<Timestamp>,
    us: Us,
    /// Where conversations are listed and messages sent: the page, or the account.
    talks_at: String,
    /// Whether one logs in with Instagram: then nothing is told of what names us elsewhere.
    own_login: bool,
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
    memory: Memory,
}

impl std::fmt::Debug for Instagram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instagram").field("credential", &self.graph.credential()).finish_non_exhaustive()
    }
}

/// An id, which is a number.
fn number(field: &str, text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("instagram.{field}: wanted is its id, a number"));
    }
    Ok(text.to_owned())
}

impl Instagram {
    /// An account after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &InstagramConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let account = number("account", &config.account)?;
        let page = config.page.trim();
        let talks_at = if page.is_empty() { account.clone() } else { number("page", page)? };
        let username = config.username.trim().trim_start_matches('@').to_owned();
        if username.is_empty() {
            return Err("instagram.username: wanted is the account's name, without '@'".to_owned());
        }
        let base = Url::parse(&config.api_url).ok().filter(Url::has_host);
        let mut base = base.ok_or("instagram.api_url: it is no web address")?;
        let version = config.version.trim_matches('/').to_owned();
        base.path_segments_mut()
            .map_err(|()| "instagram.api_url: it is no web address")?
            .pop_if_empty()
            .extend(Some(version.as_str()).filter(|v| !v.is_empty()));
        let token = config.token.as_ref().ok_or("instagram: it needs token or token_file")?;
        let credential = format!("instagram:{account}");
        let around = (outside.http.clone(), outside.clock.clone());
        let graph = Graph::new(base, (KIND, credential), token, config.app_secret.as_ref(), around)?;
        let seconds = |n: i64| Span::seconds(n.clamp(1, 86_400));
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            us: Us { id: account, username },
            talks_at,
            own_login: InstagramConfig::is_own_login(&config.api_url),
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
            memory: Memory::default(),
        })
    }
}

impl Media for Instagram {
    fn base(&self) -> Option<&Url> {
        None
    }
}

impl Source for Instagram {
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

    fn live(&self) -> Option<&dyn Live> {
        (!self.secrets.is_empty()).then_some(self as &dyn Live)
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
