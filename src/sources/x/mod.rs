//! An account on X: reads what is said to it and about its brand, answers in public where the platform lets an app
//! answer, and talks in private.
//!
//! The mentions timeline is the truth; deliveries and the stream only make it quicker. Everything costs: what is read
//! and written is counted by the published prices and held against a budget, which stops reading and never answers.
//! An app may answer only who named or quoted the account; that is known of each post, and what may not be answered
//! goes to a person with the address that opens the answer in X's own window.
//!
//! **What was verified, and how.** From the platform's published documentation and its description of the interface
//! (August 2026): endpoints, parameters and fields of posts, deliveries and their bodies, challenge and signature, how
//! subscriptions are made (what is not public by the account, the rest by the app), listed and given up, limits, prices,
//! the rule about answers, edits as new ids, the button for private messages. From memory and public code, never reached
//! while building: that refresh tokens are good once, the words of refusals, how long messages may be, the address of
//! X's own window, the form of ids of conversations; the pages of the list of subscriptions; of how much was read in a
//! month: where that is asked and how it is told; of the list of webhooks: that a check is answered with nothing.
//! Whether a post with the button is billed as one with a link is not documented: it is counted as one without. Checked
//! against a fake with a ledger of its own.

mod client;
mod config;
mod examine;
mod hook;
mod live;
mod memory;
mod messages;
mod poll;
mod post;
mod private;
mod read;
mod recheck;
mod reply;
mod sweep;
mod tokens;
mod upkeep;

pub use config::{Prices, XConfig, micros};
pub use hook::sign;
pub use poll::{MENTIONS, MESSAGES, OWN, SEARCH, WEBHOOK};
pub use reply::LIMITS;

use super::grants::Grants;
use super::known::Known;
use super::webhook::Hook;
use super::{
    Examine, Follow, Live, Media, Outside, Poll, Private, Purse, Recheck, Reply, Source, SourceTrouble,
    Sweep, Words,
};
use crate::domain::time::{Span, Timestamp};
use client::{As, Client, Failed, Family};
use config::Unit;
use memory::{Authors, Costs, Shown, Versions};
use post::Me;
use read::id_in;
use secrecy::SecretString;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokens::{App, Tokens};
use url::Url;

/// Most characters of a query.
const QUERY_CHARS_MAX: usize = 512;

/// One account on X.
pub struct X {
    name: String,
    counts_from: Option<Timestamp>,
    account: String,
    client: Client,
    purse: Purse,
    prices: Prices,
    /// How often mentions, messages and the search are looked at.
    waits: [Span; 3],
    longest: Span,
    messages: bool,
    search: bool,
    stream: bool,
    answers_all: bool,
    follows: bool,
    authors: Authors,
    query: String,
    terms: Words,
    /// The keys by which deliveries may be signed; the first is the present one.
    keys: Vec<SecretString>,
    webhook_url: String,
    webhook: Mutex<Option<String>>,
    me: OnceLock<Me>,
    known: Known,
    versions: Versions,
    shown: Shown,
    costs: Costs,
}

impl std::fmt::Debug for X {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("X").field("credential", &self.client.credential()).finish_non_exhaustive()
    }
}

impl X {
    /// An account after the settings, of a brand; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        brand: Option<&str>,
        config: &XConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let base = Url::parse(&config.api_url)
            .ok()
            .filter(url::Url::has_host)
            .ok_or("x.api_url: it is no web address")?;
        let account = config.account.trim().trim_start_matches('@').to_owned();
        if account.is_empty() {
            return Err("x.account: empty; wanted is the account's name".to_owned());
        }
        let first = config.refresh_token.clone().ok_or("x: it needs refresh_token or refresh_token_file")?;
        let credential = format!("x:{}", account.to_lowercase());
        let mut url = base.clone();
        url.path_segments_mut()
            .map_err(|()| "x.api_url: it is no web address")?
            .pop_if_empty()
            .extend(["2", "oauth2", "token"]);
        let app = App {
            url,
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            first,
            messages: config.messages,
        };
        let tokens = Arc::new(Tokens::new(app, &credential, outside));
        let around = (outside.http.clone(), outside.clock.clone());
        let client = Client::new(base, &credential, config.app_token.as_ref(), tokens, around)?;
        let budget = config.monthly_usd.map(micros);
        let purse = Purse::new(&credential, (post::KIND, "USD"), brand, budget, outside.clock.clone());
        let seconds = |n: i64| Span::seconds(n.clamp(1, 86_400));
        let me = OnceLock::new();
        if !config.user_id.is_empty() {
            let _ = me.set(Me { id: config.user_id.clone(), name: account.to_lowercase() });
        }
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            account,
            client,
            purse,
            prices: config.prices,
            waits: [config.every_seconds, config.messages_every_seconds, config.search_every_seconds]
                .map(seconds),
            longest: seconds(config.longest_seconds),
            messages: config.messages,
            search: config.search,
            stream: config.stream,
            answers_all: config.answers_all,
            follows: config.follow_deletes,
            authors: Authors::default(),
            query: config.query.trim().to_owned(),
            terms: outside.words(),
            keys: config.api_secret.iter().chain(&config.previous_api_secret).cloned().collect(),
            webhook_url: config.webhook_url.clone(),
            webhook: Mutex::default(),
            me,
            known: Known::default(),
            versions: Versions::default(),
            shown: Shown::default(),
            costs: Costs::default(),
        })
    }

    /// Who we are; asked once, and kept.
    async fn me(&self) -> Result<Me, Failed> {
        if let Some(me) = self.me.get() {
            return Ok(me.clone());
        }
        let name = self.account.to_lowercase();
        if let Some(id) = self.client.tokens.me().await {
            return Ok(self.me.get_or_init(|| Me { id, name }).clone());
        }
        let value =
            self.client.get((Family::Lookup, As::Account), &["users", "me"], &[], poll::WITHIN).await?;
        let id = id_in(&value["data"], "id").ok_or(Failed::Unreadable)?;
        self.spend_on(Unit::UserRead, std::slice::from_ref(&id));
        if read::field(&value["data"], "username").is_some_and(|u| !u.eq_ignore_ascii_case(&self.account)) {
            let why = format!("the token is another account's than @{}", self.account);
            return Err(Failed::NoToken(SourceTrouble::new(super::TroubleState::NeedsToken, why)));
        }
        self.client.tokens.learn_me(&id).await;
        Ok(self.me.get_or_init(|| Me { id, name }).clone())
    }

    /// Learns who we are in a process that reads nothing, as another one kept it: the button for private messages
    /// names us. The platform is not asked, for an answer waits.
    async fn learn_me(&self) {
        if self.me.get().is_none()
            && let Some(id) = self.client.tokens.me().await
        {
            let _ = self.me.set(Me { id, name: self.account.to_lowercase() });
        }
    }

    /// Counts what was read, each once a day; tells what it cost.
    fn spend_on(&self, unit: Unit, ids: &[String]) -> i64 {
        self.purse.spend_on(unit.code(), ids.iter().map(String::as_str), self.prices.micros(unit))
    }

    /// Counts something that was written.
    fn spend(&self, unit: Unit) {
        self.purse.spend(unit.code(), 1, self.prices.micros(unit));
    }

    /// Whether the brand's words are searched for.
    fn searches(&self) -> bool {
        self.search && self.client.has_app() && !(self.query.is_empty() && self.sought().is_empty())
    }

    /// The brand's words without our own name: who names us is among the mentions, which cost less.
    fn sought(&self) -> Vec<String> {
        let is_us =
            |t: &str| t.trim().strip_prefix('@').is_some_and(|t| t.eq_ignore_ascii_case(&self.account));
        (self.terms)().into_iter().filter(|t| !is_us(t)).collect()
    }

    /// What is searched for: the settings' own query, or the brand's words, as many as fit.
    fn words_wanted(&self) -> String {
        if !self.query.is_empty() {
            return self.query.clone();
        }
        let tail = format!(") -from:{0} -@{0} -is:retweet", self.account);
        let mut query = String::from("(");
        for term in self.sought() {
            let term = term.replace('"', " ");
            let quoted = if term.starts_with(['@', '#']) && !term.contains(' ') {
                term
            } else {
                format!("\"{}\"", term.trim())
            };
            let more = if query.len() > 1 { format!(" OR {quoted}") } else { quoted };
            if query.chars().count() + more.chars().count() + tail.chars().count() > QUERY_CHARS_MAX {
                break;
            }
            query.push_str(&more);
        }
        query + &tail
    }

    fn webhook_note(&self) -> Option<String> {
        self.webhook.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_webhook(&self, note: Option<String>) {
        *self.webhook.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }
}

impl Media for X {
    fn base(&self) -> Option<&Url> {
        None
    }
}

impl Source for X {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        post::KIND
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn live(&self) -> Option<&dyn Live> {
        (self.stream && self.client.has_app()).then_some(self as &dyn Live)
    }

    fn hook(&self) -> Option<&dyn Hook> {
        (!self.keys.is_empty()).then_some(self as &dyn Hook)
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

    fn follow(&self) -> Option<&dyn Follow> {
        (self.client.has_app() && !self.webhook_url.is_empty()).then_some(self as &dyn Follow)
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

    fn purse(&self) -> Option<&Purse> {
        Some(&self.purse)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.client.take_calls()
    }
}
