//! The settings of an account on Reddit.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.reddit`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedditConfig {
    /// The account's name, without `u/`.
    pub account: String,
    /// The id of the app that Reddit approved.
    pub client_id: String,
    /// The secret of a script app or a web app; an installed app has none.
    pub client_secret: Option<SecretString>,
    /// A file that holds that secret.
    pub client_secret_file: Option<PathBuf>,
    /// The account's password, for a script app.
    pub password: Option<SecretString>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// The refresh token that the account gave (`duration=permanent`), in place of a password.
    pub refresh_token: Option<SecretString>,
    /// A file that holds the refresh token.
    pub refresh_token_file: Option<PathBuf>,
    /// What the program calls itself, as `PLATFORM:APP:VERSION (by /u/NAME)`; left out, it is made of the account.
    pub user_agent: String,
    /// When the credential ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// How often to look into the inbox and the chosen subreddits, in seconds.
    pub every_seconds: i64,
    /// How often to search for each of the brand's words, in seconds.
    pub search_every_seconds: i64,
    /// Most calls a minute; Reddit counts them for the app, whoever uses it.
    pub calls_per_minute: u32,
    /// Whether the brand's words are searched for in all of Reddit.
    pub search: bool,
    /// Subreddits that are searched by themselves as well, without `r/`.
    pub search_in: Vec<String>,
    /// Subreddits whose new posts and comments are all read, without `r/`; the brand's words decide about each.
    pub subreddits: Vec<String>,
    /// The brand's own subreddits, without `r/`: read like those, and what begins a thread there is said to the brand.
    pub own_subreddits: Vec<String>,
    /// Whether private messages are read and sent.
    pub messages: bool,
    /// The interface's address.
    pub api_url: String,
    /// Where tokens are fetched.
    pub token_url: String,
}

impl Default for RedditConfig {
    fn default() -> Self {
        Self {
            account: String::new(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            password: None,
            password_file: None,
            refresh_token: None,
            refresh_token_file: None,
            user_agent: String::new(),
            expires: None,
            every_seconds: 60,
            search_every_seconds: 120,
            calls_per_minute: 80,
            search: true,
            search_in: Vec::new(),
            subreddits: Vec::new(),
            own_subreddits: Vec::new(),
            messages: true,
            api_url: "https://oauth.reddit.com".to_owned(),
            token_url: "https://www.reddit.com/api/v1/access_token".to_owned(),
        }
    }
}

impl RedditConfig {
    /// Whether a text may be the name of an account.
    pub fn is_name(name: &str) -> bool {
        (3..=20).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    }

    /// Whether a text may be the name of a subreddit.
    pub fn is_subreddit(name: &str) -> bool {
        (2..=23).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    }

    /// Whether a program may call itself so: Reddit slows down whoever does not say what it is and whose.
    pub fn is_agent(text: &str) -> bool {
        let Some((program, by)) = text.split_once(" (by ") else { return false };
        let parts: Vec<&str> = program.split(':').collect();
        let name = by.strip_suffix(')').map(|n| n.trim_start_matches('/'));
        let plain = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic());
        parts.len() == 3
            && parts.iter().all(plain)
            && name.and_then(|n| n.strip_prefix("u/")).is_some_and(Self::is_name)
    }

    /// What the program calls itself.
    pub fn agent(&self) -> String {
        let given = self.user_agent.trim();
        if !given.is_empty() {
            return given.to_owned();
        }
        let version = env!("CARGO_PKG_VERSION");
        format!("linux:webcared:v{version} (by /u/{})", self.account.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_says_what_it_is_and_whose() {
        let config = RedditConfig { account: "acme_care".to_owned(), ..RedditConfig::default() };
        assert!(RedditConfig::is_agent(&config.agent()), "{}", config.agent());
        assert!(RedditConfig::is_agent("linux:com.acme.care:v1.2 (by u/acme)"));
        for bad in ["", "Mozilla/5.0", "linux:care (by /u/acme)", "linux:care:v1", "linux:care:v1 (by acme)"]
        {
            assert!(!RedditConfig::is_agent(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_plain() {
        assert!(RedditConfig::is_name("acme_care") && RedditConfig::is_subreddit("u_acme_care"));
        for bad in ["", "ab", "u/acme", "a name", "of-more-than-twenty-letters"] {
            assert!(!RedditConfig::is_name(bad), "{bad}");
        }
        assert!(!RedditConfig::is_subreddit("r/acme"));
    }
}
