//! The settings of sources: one variant a kind, told apart by `kind`.

pub use super::discourse::DiscourseConfig;
pub use super::facebook::FacebookConfig;
pub use super::feed::FeedConfig;
pub use super::instagram::InstagramConfig;
use super::mail::config::MailConfig;
pub use super::polled::HttpConfig;
pub use super::reddit::RedditConfig;
use super::reviews::config::{AppStoreConfig, GoogleBusinessConfig, GooglePlayConfig, TrustpilotConfig};
pub use super::threads::ThreadsConfig;
pub use super::whatsapp::WhatsappConfig;
pub use super::x::XConfig;
pub use super::youtube::YoutubeConfig;
use crate::domain::time::Span;
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// One `[[source]]` of the settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// The name by which it is listed, counted and addressed (`/hooks/NAME`): letters, digits, `-`.
    pub name: String,
    /// Everything it brings is addressed to this brand; left out, the words decide.
    #[serde(default)]
    pub brand: Option<String>,
    /// From when its posts count (RFC 3339); left out, from its first connection.
    #[serde(default)]
    pub counts_from: Option<String>,
    /// Bluesky's public stream of all posts.
    #[serde(default)]
    pub jetstream: Option<JetstreamConfig>,
    /// Public tag timelines of Mastodon servers, without an account.
    #[serde(default)]
    pub mastodon_tags: Option<MastodonTagsConfig>,
    /// Public search of Bluesky; most servers want an account for it.
    #[serde(default)]
    pub bluesky_search: Option<BlueskySearchConfig>,
    /// An account on a server that speaks Mastodon's API: reads what is said to it, and answers.
    #[serde(default)]
    pub mastodon: Option<MastodonConfig>,
    /// An account of Bluesky or another AT Protocol server: reads what is said to it, and answers.
    #[serde(default)]
    pub bluesky: Option<BlueskyConfig>,
    /// A Telegram bot to which customers write: another one than the team's.
    #[serde(default)]
    pub telegram: Option<TelegramSourceConfig>,
    /// A mailbox: reads what is written to it, and answers.
    #[serde(default)]
    pub mail: Option<MailConfig>,
    /// A forum of Discourse: reads what its members write, and answers by a named account.
    #[serde(default)]
    pub discourse: Option<DiscourseConfig>,
    /// An account on X: reads what is said to it, and answers where the platform lets it.
    #[serde(default)]
    pub x: Option<XConfig>,
    /// The comments under the videos of a channel of YouTube: reads them, and answers in the channel's name.
    #[serde(default)]
    pub youtube: Option<YoutubeConfig>,
    /// An account on Reddit: reads what is said to it and about its brand, and answers.
    #[serde(default)]
    pub reddit: Option<RedditConfig>,
    /// Numbers of a business on WhatsApp: takes what customers write, and answers.
    #[serde(default)]
    pub whatsapp: Option<WhatsappConfig>,
    /// Reviews of places on Google Maps: reads them, and answers.
    #[serde(default)]
    pub google_business: Option<GoogleBusinessConfig>,
    /// Reviews of apps on Google Play: reads them, and answers.
    #[serde(default)]
    pub google_play: Option<GooglePlayConfig>,
    /// Reviews of apps on the App Store: reads them, and answers.
    #[serde(default)]
    pub app_store: Option<AppStoreConfig>,
    /// Reviews of a company on Trustpilot: reads them, and answers.
    #[serde(default)]
    pub trustpilot: Option<TrustpilotConfig>,
    /// A page of Facebook with its Messenger: reads what is said to it, and answers.
    #[serde(default)]
    pub facebook: Option<FacebookConfig>,
    /// An account on Threads: reads what names it and what is answered to it, and answers.
    #[serde(default)]
    pub threads: Option<ThreadsConfig>,
    /// A professional account on Instagram with its messages: reads what is said to it, and answers.
    #[serde(default)]
    pub instagram: Option<InstagramConfig>,
    /// Feeds: RSS, Atom, JSON Feed.
    #[serde(default)]
    pub feed: Option<FeedConfig>,
    /// Any JSON API, by a mapping.
    #[serde(default)]
    pub http: Option<HttpConfig>,
    /// A signed webhook that others call.
    #[serde(default)]
    pub webhook: Option<WebhookConfig>,
}

impl SourceConfig {
    /// The kinds there are.
    pub const KINDS: [&'static str; 22] = [
        "jetstream",
        "mastodon_tags",
        "bluesky_search",
        "mastodon",
        "bluesky",
        "telegram",
        "mail",
        "discourse",
        "x",
        "youtube",
        "reddit",
        "whatsapp",
        "google_business",
        "google_play",
        "app_store",
        "trustpilot",
        "facebook",
        "threads",
        "instagram",
        "feed",
        "http",
        "webhook",
    ];
    /// Words for platforms that have a connector of their own: what is only read may not take them, or
    /// somebody else's account would seem able to answer it.
    pub const PLATFORMS: [&'static str; 16] = [
        "mastodon",
        "bluesky",
        "telegram",
        "email",
        "discourse",
        "x",
        "youtube",
        "reddit",
        "whatsapp",
        "google_business",
        "google_play",
        "app_store",
        "trustpilot",
        "facebook",
        "threads",
        "instagram",
    ];

    /// The kinds that this one is given; it must be one.
    pub fn kinds(&self) -> Vec<&'static str> {
        let given = [
            self.jetstream.is_some(),
            self.mastodon_tags.is_some(),
            self.bluesky_search.is_some(),
            self.mastodon.is_some(),
            self.bluesky.is_some(),
            self.telegram.is_some(),
            self.mail.is_some(),
            self.discourse.is_some(),
            self.x.is_some(),
            self.youtube.is_some(),
            self.reddit.is_some(),
            self.whatsapp.is_some(),
            self.google_business.is_some(),
            self.google_play.is_some(),
            self.app_store.is_some(),
            self.trustpilot.is_some(),
            self.facebook.is_some(),
            self.threads.is_some(),
            self.instagram.is_some(),
            self.feed.is_some(),
            self.http.is_some(),
            self.webhook.is_some(),
        ];
        Self::KINDS.into_iter().zip(given).filter(|(_, given)| *given).map(|(kind, _)| kind).collect()
    }

    /// Whether it is an account of its own: then what it brings is addressed to the brand only where
    /// it says so itself.
    pub const fn is_account(&self) -> bool {
        self.mastodon.is_some()
            || self.bluesky.is_some()
            || self.telegram.is_some()
            || self.mail.is_some()
            || self.discourse.is_some()
            || self.youtube.is_some()
            || self.reddit.is_some()
            || self.whatsapp.is_some()
            || self.google_business.is_some()
            || self.google_play.is_some()
            || self.app_store.is_some()
            || self.trustpilot.is_some()
            || self.facebook.is_some()
            || self.threads.is_some()
            || self.instagram.is_some()
            || self.x.is_some()
    }
}

/// Something of the settings that lets us in: what it is, the sections in which it stands, and when it ends
/// as it was written.
pub type Dated<'a> = (&'static str, &'static [&'static str], &'a str);

impl SourceConfig {
    /// When its credentials end, as the settings say; not checked.
    pub fn dated(&self) -> Vec<Dated<'_>> {
        let mail = self.mail.as_ref();
        let smtp = mail.and_then(|m| m.smtp.as_ref());
        let all: [(&'static str, &'static [&'static str], Option<&String>); 18] = [
            ("access token", &["mastodon"], self.mastodon.as_ref().and_then(|c| c.expires.as_ref())),
            ("app password", &["bluesky"], self.bluesky.as_ref().and_then(|c| c.expires.as_ref())),
            ("bot token", &["telegram"], self.telegram.as_ref().and_then(|c| c.expires.as_ref())),
            ("API key", &["discourse"], self.discourse.as_ref().and_then(|c| c.expires.as_ref())),
            ("bearer token", &["x"], self.x.as_ref().and_then(|c| c.expires.as_ref())),
            ("credential", &["youtube"], self.youtube.as_ref().and_then(|c| c.expires.as_ref())),
            ("credential", &["reddit"], self.reddit.as_ref().and_then(|c| c.expires.as_ref())),
            ("token", &["whatsapp"], self.whatsapp.as_ref().and_then(|c| c.expires.as_ref())),
            (
                "refresh token",
                &["google_business"],
                self.google_business.as_ref().and_then(|c| c.expires.as_ref()),
            ),
            ("service account", &["google_play"], self.google_play.as_ref().and_then(|c| c.expires.as_ref())),
            ("key", &["app_store"], self.app_store.as_ref().and_then(|c| c.expires.as_ref())),
            ("credential", &["trustpilot"], self.trustpilot.as_ref().and_then(|c| c.expires.as_ref())),
            ("page token", &["facebook"], self.facebook.as_ref().and_then(|c| c.expires.as_ref())),
            ("token", &["instagram"], self.instagram.as_ref().and_then(|c| c.expires.as_ref())),
            ("IMAP log-in", &["mail", "imap"], mail.and_then(|m| m.imap.expires.as_ref())),
            ("SMTP log-in", &["mail", "smtp"], smtp.and_then(|s| s.expires.as_ref())),
            ("credential", &["http"], self.http.as_ref().and_then(|c| c.expires.as_ref())),
            ("signing secret", &["webhook"], self.webhook.as_ref().and_then(|c| c.expires.as_ref())),
        ];
        all.into_iter().filter_map(|(what, at, day)| Some((what, at, day?.as_str()))).collect()
    }

    /// For how long a question that it brings is left to members first.
    pub fn members_first(&self) -> Option<Span> {
        let minutes = self.discourse.as_ref()?.members_first_minutes;
        (minutes > 0).then(|| Span::minutes(minutes))
    }
}

/// `source.mastodon`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MastodonConfig {
    /// The account's server, as a web address without path.
    pub server: String,
    /// The account's access token.
    pub token: Option<SecretString>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// How often to look, in seconds.
    pub every_seconds: i64,
    /// Whether to have the server tell at once what the looks would find, where it can.
    pub stream: bool,
    /// When the token ends, as a day such as 2027-01-31 or an instant; left out, nobody knows, unless the platform tells.
    pub expires: Option<String>,
    /// Hashtags to follow with the account, without `#`.
    pub tags: Vec<String>,
    /// Whether what those whom the account follows say of a brand is taken from its home.
    pub home: bool,
    /// Whether the words of its brand, or else of all, are searched for as well, where the server lets it.
    pub search: bool,
}

impl Default for MastodonConfig {
    fn default() -> Self {
        Self {
            server: String::new(),
            token: None,
            token_file: None,
            every_seconds: 20,
            stream: true,
            expires: None,
            tags: Vec::new(),
            home: false,
            search: false,
        }
    }
}

/// `source.bluesky`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlueskyConfig {
    /// The account's server (PDS), as a web address without path.
    pub server: String,
    /// The account: its handle, or its DID.
    pub account: String,
    /// An app password of the account, never its own password.
    pub app_password: Option<SecretString>,
    /// A file that holds the app password.
    pub app_password_file: Option<PathBuf>,
    /// When the app password ends, as a day such as 2027-01-31 or an instant; left out, nobody knows, unless the platform tells.
    pub expires: Option<String>,
    /// How often to look, in seconds.
    pub every_seconds: i64,
    /// Whether the words of its brand, or else of all, are searched for as well.
    pub search: bool,
    /// Whether private messages are read and sent; the app password must be one that may.
    pub chat: bool,
    /// The directory that tells on which server an account is, as a web address without path.
    pub directory: String,
}

impl Default for BlueskyConfig {
    fn default() -> Self {
        Self {
            server: "https://bsky.social".to_owned(),
            account: String::new(),
            app_password: None,
            app_password_file: None,
            expires: None,
            every_seconds: 20,
            search: true,
            chat: false,
            directory: super::bluesky::blobs::DIRECTORY.to_owned(),
        }
    }
}

/// `source.telegram`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelegramSourceConfig {
    /// The bot's token.
    pub token: Option<SecretString>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// When the token ends, as a day such as 2027-01-31 or an instant; left out, nobody knows, unless the platform tells.
    pub expires: Option<String>,
    /// The Bot API's address.
    pub api_url: String,
}

impl Default for TelegramSourceConfig {
    fn default() -> Self {
        Self { token: None, token_file: None, expires: None, api_url: "https://api.telegram.org".to_owned() }
    }
}

/// `source.jetstream`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JetstreamConfig {
    /// Servers to try in turn, as WebSocket addresses without path.
    pub servers: Vec<String>,
    /// Frames of version 1 or 2.
    pub version: u8,
    /// How far back to read at the first connection, in minutes.
    pub first_minutes: i64,
    /// The server that is asked what posts answer and whether they still stand, as a web address without path; empty asks
    /// nobody.
    pub posts_server: String,
}

impl Default for JetstreamConfig {
    fn default() -> Self {
        let hosts = ["jetstream2.us-east", "jetstream1.us-west", "jetstream1.us-east", "jetstream2.us-west"];
        Self {
            servers: hosts.iter().map(|h| format!("wss://{h}.bsky.network")).collect(),
            version: 1,
            first_minutes: 0,
            posts_server: "https://public.api.bsky.app".to_owned(),
        }
    }
}

/// `source.mastodon_tags`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MastodonTagsConfig {
    /// Servers to read, as web addresses without path.
    pub servers: Vec<String>,
    /// Tags to follow, without `#`; left out, the hashtags of all brands.
    pub tags: Vec<String>,
    /// How often to look, in seconds.
    pub every_seconds: i64,
}

impl Default for MastodonTagsConfig {
    fn default() -> Self {
        Self {
            servers: vec!["https://mastodon.social".to_owned(), "https://mstdn.social".to_owned()],
            tags: Vec::new(),
            every_seconds: 60,
        }
    }
}

/// `source.bluesky_search`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlueskySearchConfig {
    /// The server, as a web address without path.
    pub server: String,
    /// How often to look, in seconds.
    pub every_seconds: i64,
}

impl Default for BlueskySearchConfig {
    fn default() -> Self {
        Self { server: "https://public.api.bsky.app".to_owned(), every_seconds: 120 }
    }
}

/// `source.webhook`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookConfig {
    /// The signing secret, `whsec_` and base64 as Standard Webhooks writes it.
    pub secret: Option<SecretString>,
    /// A file that holds the secret.
    pub secret_file: Option<PathBuf>,
    /// The secret before this one, accepted while senders change over.
    pub previous_secret: Option<SecretString>,
    /// A file that holds the secret before this one.
    pub previous_secret_file: Option<PathBuf>,
    /// When the secret ends, as a day such as 2027-01-31 or an instant; left out, nobody knows, unless the platform tells.
    pub expires: Option<String>,
    /// How old or how far ahead a delivery's time may be, in seconds.
    pub tolerance_seconds: Option<i64>,
    /// How many deliveries a second are taken.
    pub per_second_max: Option<u32>,
}
