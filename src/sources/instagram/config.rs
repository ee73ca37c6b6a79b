//! The settings of an account on Instagram.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.instagram`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstagramConfig {
    /// The professional account's id, a number.
    pub account: String,
    /// The account's name, without `@`.
    pub username: String,
    /// The id of the page of Facebook that the account is linked to; where one logs in with Instagram there is none.
    pub page: String,
    /// The access token: of that page, or of the account where one logs in with Instagram.
    pub token: Option<SecretString>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// When the token ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// The app's secret, by which deliveries are signed; without it nothing is taken by webhook.
    pub app_secret: Option<SecretString>,
    /// A file that holds the app's secret.
    pub app_secret_file: Option<PathBuf>,
    /// The app's secret before this one, accepted while it is changed.
    pub previous_app_secret: Option<SecretString>,
    /// A file that holds the secret before this one.
    pub previous_app_secret_file: Option<PathBuf>,
    /// The word by which the platform's question is known, as typed into the app's dashboard.
    pub verify_token: Option<SecretString>,
    /// A file that holds that word.
    pub verify_token_file: Option<PathBuf>,
    /// How often comments are looked at, in seconds.
    pub every_seconds: i64,
    /// Whether private messages are read and answered.
    pub messages: bool,
    /// How often messages are looked at, in seconds; deliveries bring them at once.
    pub messages_every_seconds: i64,
    /// Whether the permission "Human Agent" is approved: then what a person writes goes for seven days.
    pub human_agent: bool,
    /// The interface's address: `https://graph.facebook.com`, or `https://graph.instagram.com` where one logs in with
    /// Instagram.
    pub api_url: String,
    /// The interface's version.
    pub version: String,
}

impl Default for InstagramConfig {
    fn default() -> Self {
        Self {
            account: String::new(),
            username: String::new(),
            page: String::new(),
            token: None,
            token_file: None,
            expires: None,
            app_secret: None,
            app_secret_file: None,
            previous_app_secret: None,
            previous_app_secret_file: None,
            verify_token: None,
            verify_token_file: None,
            every_seconds: 60,
            messages: true,
            messages_every_seconds: 60,
            human_agent: false,
            api_url: "https://graph.facebook.com".to_owned(),
            version: "v26.0".to_owned(),
        }
    }
}

impl InstagramConfig {
    /// Whether an address is that of those who log in with Instagram: no page stands behind the account then, and nothing
    /// is told of what names or tags it elsewhere.
    pub fn is_own_login(api_url: &str) -> bool {
        let host = url::Url::parse(api_url).ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
        host.as_deref() == Some("graph.instagram.com")
    }
}
