//! The settings of a page of Facebook.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.facebook`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FacebookConfig {
    /// The page's id, a number.
    pub page: String,
    /// The page's name in addresses (`m.me/NAME`); left out, its id.
    pub username: String,
    /// The page's access token.
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
    /// How often comments and posts are looked at, in seconds.
    pub every_seconds: i64,
    /// Whether private messages are read and answered.
    pub messages: bool,
    /// How often messages are looked at, in seconds; deliveries bring them at once.
    pub messages_every_seconds: i64,
    /// Whether the permission "Human Agent" is approved: then what a person writes goes for seven days.
    pub human_agent: bool,
    /// The interface's address.
    pub api_url: String,
    /// The interface's version.
    pub version: String,
}

impl Default for FacebookConfig {
    fn default() -> Self {
        Self {
            page: String::new(),
            username: String::new(),
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
