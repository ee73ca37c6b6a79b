//! An account on Reddit: reads what is said to it and about its brand, answers as the account, and talks in private.
//!
//! The inbox is the truth of what is said to the account: what answers it, what names it, private messages. Posts are
//! searched for by the brand's words, in all of Reddit and in chosen subreddits; comments cannot be searched, so they
//! are read whole where a subreddit was chosen. Off unless it is set up: every app needs Reddit's approval.
//!
//! **What was verified, and how.** From stored copies of Reddit's pages on its interface (2026): that apps need an
//! approval, the form of `User-Agent`, the headers of limits, that what is deleted must be removed. From public code
//! and memory, never reached while building: fields of lists and of the inbox, that refusals come as success with
//! errors, their words, the longest texts, how long lists lag behind. Checked against a fake with a ledger of its own.

mod client;
mod config;
mod examine;
mod poll;
mod private;
mod recheck;
mod reply;
mod sweep;
mod thing;

pub use config::RedditConfig;
pub use poll::{COMMENTS, INBOX, NEW, OWN, SEARCH, SENT, WITHIN_CHOSEN};
pub use reply::LIMITS;

use super::grants::Grants;
use super::{Examine, Media, Outside, Poll, Private, Recheck, Reply, Source, Sweep, Words};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::Bearer;
use client::Client;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use thing::{KIND, Us};
use url::Url;

/// How long a token may take to be fetched.
const TOKEN_WITHIN: Span = Span::seconds(8);

/// One account.
pub struct Reddit {
    name: String,
    counts_from: Option<Timestamp>,
    every: Span,
    search_every: Span,
    calls_per_minute: u32,
    account: String,
    us: Us,
    search: bool,
    search_in: Vec<String>,
    /// All that are read whole, each once.
    subreddits: Vec<String>,
    messages: bool,
    terms: Words,
    client: Client,
    grants: Grants,
}

impl std::fmt::Debug for Reddit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reddit").field("credential", &self.client.credential()).finish_non_exhaustive()
    }
}

impl Reddit {
    /// An account after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &RedditConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let address = |field: &str, text: &str| {
            let url =
                Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
            url.ok_or_else(|| format!("reddit.{field}: it is no web address"))
        };
        let account = config.account.trim().to_owned();
        if !RedditConfig::is_name(&account) {
            return Err("reddit.account: wanted is the account's name, without u/".to_owned());
        }
        let agent = config.agent();
        if !RedditConfig::is_agent(&agent) {
            return Err("reddit.user_agent: wanted is PLATFORM:APP:VERSION (by /u/NAME)".to_owned());
        }
        let agent = HeaderValue::from_str(&agent)
            .map_err(|_| "reddit.user_agent: it fits in no header".to_owned())?;
        let login = login(config, address("token_url", &config.token_url)?)?.called(agent.clone());
        let mut chosen: Vec<String> = Vec::new();
        for subreddit in config.own_subreddits.iter().chain(&config.subreddits) {
            let subreddit = subreddit.trim().to_lowercase();
            if !chosen.contains(&subreddit) {
                chosen.push(subreddit);
            }
        }
        let seconds = |n: i64| Span::seconds(n.clamp(1, 86_400));
        let credential = format!("{KIND}:{}", account.to_lowercase());
        let server = address("api_url", &config.api_url)?;
        let around = (outside.http.clone(), outside.clock.clone());
        let calls_per_minute = config.calls_per_minute.max(1);
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            every: seconds(config.every_seconds),
            search_every: seconds(config.search_every_seconds),
            calls_per_minute,
            us: Us {
                name: account.to_lowercase(),
                subreddits: config.own_subreddits.iter().map(|s| s.trim().to_lowercase()).collect(),
            },
            account,
            search: config.search,
            search_in: config.search_in.iter().map(|s| s.trim().to_lowercase()).collect(),
            subreddits: chosen,
            messages: config.messages,
            terms: outside.words(),
            client: Client::new((server, credential), (agent, login), calls_per_minute, around),
            grants: Grants::default(),
        })
    }
}

/// The log-in of the account: tokens that live for an hour or a day, fetched by its refresh token or by its password.
fn login(config: &RedditConfig, url: Url) -> Result<Bearer, String> {
    let id = config.client_id.trim();
    if id.is_empty() {
        return Err("reddit.client_id: empty; wanted is the id of the app that Reddit approved".to_owned());
    }
    let bearer = match (&config.refresh_token, &config.password) {
        (Some(refresh), _) => {
            let refresh = refresh.expose_secret().trim();
            Bearer::new(url, TOKEN_WITHIN, &[("grant_type", "refresh_token"), ("refresh_token", refresh)])
        }
        (None, Some(password)) => {
            let form = [
                ("grant_type", "password"),
                ("username", config.account.trim()),
                ("password", password.expose_secret().trim()),
            ];
            Bearer::new(url, TOKEN_WITHIN, &form)
        }
        (None, None) => return Err("reddit: it needs password or refresh_token, or a file of it".to_owned()),
    };
    // An installed app has no secret, and names itself with an empty one.
    let none = SecretString::from(String::new());
    let secret = config.client_secret.as_ref().unwrap_or(&none);
    let secret: SecretString = secret.expose_secret().trim().to_owned().into();
    Ok(bearer.by_client(id, &secret))
}

impl Media for Reddit {
    fn base(&self) -> Option<&Url> {
        None
    }
}

impl Source for Reddit {
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
        self.client.take_calls()
    }
}
