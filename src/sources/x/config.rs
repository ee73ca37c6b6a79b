//! The settings of an account on X.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.x`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct XConfig {
    /// The account's name, without `@`.
    pub account: String,
    /// The account's number; left out, the platform is asked once, which costs.
    pub user_id: String,
    /// The platform's address.
    pub api_url: String,
    /// The app's client id (OAuth 2.0).
    pub client_id: String,
    /// The app's client secret; none for an app that is public.
    pub client_secret: Option<SecretString>,
    /// A file that holds the client secret.
    pub client_secret_file: Option<PathBuf>,
    /// The account's first refresh token; later ones are kept sealed in the database.
    pub refresh_token: Option<SecretString>,
    /// A file that holds the first refresh token.
    pub refresh_token_file: Option<PathBuf>,
    /// The app's bearer token, for search, the stream and the webhook.
    pub app_token: Option<SecretString>,
    /// A file that holds the bearer token.
    pub app_token_file: Option<PathBuf>,
    /// The app's API secret key, by which deliveries are signed; left out, none are taken.
    pub api_secret: Option<SecretString>,
    /// A file that holds the API secret key.
    pub api_secret_file: Option<PathBuf>,
    /// The secret key before this one, while it is changed.
    pub previous_api_secret: Option<SecretString>,
    /// A file that holds the secret key before this one.
    pub previous_api_secret_file: Option<PathBuf>,
    /// The public address at which deliveries arrive, as it is registered; left out, it is not watched.
    pub webhook_url: String,
    /// When the app's bearer token ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// How often to look for mentions, in seconds.
    pub every_seconds: i64,
    /// How often to search for the brand's words, in seconds.
    pub search_every_seconds: i64,
    /// How often to look for private messages, in seconds.
    pub messages_every_seconds: i64,
    /// The longest wait to which money may stretch these, in seconds.
    pub longest_seconds: i64,
    /// Whether the brand's words are searched for; needs the app's bearer token.
    pub search: bool,
    /// A query in place of the brand's words.
    pub query: String,
    /// Whether the filtered stream is listened to; needs the app's bearer token.
    pub stream: bool,
    /// Whether private messages are read and sent.
    pub messages: bool,
    /// Whether X is asked to tell when somebody deletes a post whose author wrote something that is kept; needs the webhook.
    pub follow_deletes: bool,
    /// Whether the app may answer posts that neither name nor quote the account (Enterprise only).
    pub answers_all: bool,
    /// What may be spent in a month, in dollars; left out, it is only counted.
    pub monthly_usd: Option<f64>,
    /// What each read and write costs.
    pub prices: Prices,
}

impl Default for XConfig {
    fn default() -> Self {
        Self {
            account: String::new(),
            user_id: String::new(),
            api_url: "https://api.x.com".to_owned(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            refresh_token: None,
            refresh_token_file: None,
            app_token: None,
            app_token_file: None,
            api_secret: None,
            api_secret_file: None,
            previous_api_secret: None,
            previous_api_secret_file: None,
            webhook_url: String::new(),
            expires: None,
            every_seconds: 60,
            search_every_seconds: 300,
            messages_every_seconds: 120,
            longest_seconds: 3_600,
            search: true,
            query: String::new(),
            stream: false,
            messages: true,
            follow_deletes: true,
            answers_all: false,
            monthly_usd: None,
            prices: Prices::default(),
        }
    }
}

/// `source.x.prices`: dollars for one of each, as published in August 2026.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// A post that is read.
    pub post_read: f64,
    /// A post of the account's own mentions or timeline that is read, where the account owns the app.
    pub owned_read: f64,
    /// A profile that is read.
    pub user_read: f64,
    /// A private message that is read.
    pub message_read: f64,
    /// A post that is delivered by webhook.
    pub post_event: f64,
    /// A private message that is delivered by webhook.
    pub message_event: f64,
    /// A deletion that is delivered by webhook.
    pub delete_event: f64,
    /// An answer to somebody who named or quoted the account.
    pub answer: f64,
    /// Any other post.
    pub post: f64,
    /// A post with a link in it.
    pub post_with_link: f64,
    /// A private message that is sent.
    pub message: f64,
    /// A reply that is hidden, or shown again.
    pub hide: f64,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            post_read: 0.005,
            owned_read: 0.001,
            user_read: 0.010,
            message_read: 0.010,
            post_event: 0.005,
            message_event: 0.010,
            delete_event: 0.0,
            answer: 0.010,
            post: 0.015,
            post_with_link: 0.200,
            message: 0.015,
            hide: 0.005,
        }
    }
}

/// Something that is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A post that is read.
    PostRead,
    /// The same, of the account's own lists.
    OwnedRead,
    /// A profile that is read.
    UserRead,
    /// A private message that is read.
    MessageRead,
    /// A post that is delivered.
    PostEvent,
    /// A private message that is delivered.
    MessageEvent,
    /// A deletion that is delivered.
    DeleteEvent,
    /// An answer to who named us.
    Answer,
    /// Any other post.
    Post,
    /// A post with a link.
    PostWithLink,
    /// A private message that is sent.
    Message,
    /// A reply that is hidden, or shown again.
    Hide,
}

impl Unit {
    /// Its name in counts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PostRead => "post_read",
            Self::OwnedRead => "owned_read",
            Self::UserRead => "user_read",
            Self::MessageRead => "message_read",
            Self::PostEvent => "post_event",
            Self::MessageEvent => "message_event",
            Self::DeleteEvent => "delete_event",
            Self::Answer => "answer",
            Self::Post => "post",
            Self::PostWithLink => "post_with_link",
            Self::Message => "message",
            Self::Hide => "hide",
        }
    }
}

impl Prices {
    /// What one costs, in millionths of a dollar.
    pub fn micros(&self, unit: Unit) -> i64 {
        micros(match unit {
            Unit::PostRead => self.post_read,
            Unit::OwnedRead => self.owned_read,
            Unit::UserRead => self.user_read,
            Unit::MessageRead => self.message_read,
            Unit::PostEvent => self.post_event,
            Unit::MessageEvent => self.message_event,
            Unit::DeleteEvent => self.delete_event,
            Unit::Answer => self.answer,
            Unit::Post => self.post,
            Unit::PostWithLink => self.post_with_link,
            Unit::Message => self.message,
            Unit::Hide => self.hide,
        })
    }

    /// All of them by name, as they stand in the settings.
    pub const fn all(&self) -> [(&'static str, f64); 12] {
        [
            ("post_read", self.post_read),
            ("owned_read", self.owned_read),
            ("user_read", self.user_read),
            ("message_read", self.message_read),
            ("post_event", self.post_event),
            ("message_event", self.message_event),
            ("delete_event", self.delete_event),
            ("answer", self.answer),
            ("post", self.post),
            ("post_with_link", self.post_with_link),
            ("message", self.message),
            ("hide", self.hide),
        ]
    }
}

/// Dollars as millionths.
pub fn micros(dollars: f64) -> i64 {
    // Checked to lie between nothing and a million before anything is built.
    (dollars.clamp(0.0, 1e9) * 1_000_000.0).round() as i64
}
