//! The settings of an account on Threads.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.threads`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ThreadsConfig {
    /// The account's name, without `@`.
    pub account: String,
    /// The account's number.
    pub user_id: String,
    /// The account's first long-lived token; later ones are kept sealed in the database.
    pub token: Option<SecretString>,
    /// A file that holds the first token.
    pub token_file: Option<PathBuf>,
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
    /// How often mentions and replies are looked at, in seconds.
    pub every_seconds: i64,
    /// Whether the brand's words are searched for.
    pub search: bool,
    /// How often they are searched for, in seconds.
    pub search_every_seconds: i64,
    /// How many searches that find something the platform allows in 24 hours.
    pub searches_per_day: u32,
    /// The interface's address.
    pub api_url: String,
    /// The interface's version.
    pub version: String,
}

impl Default for ThreadsConfig {
    fn default() -> Self {
        Self {
            account: String::new(),
            user_id: String::new(),
            token: None,
            token_file: None,
            app_secret: None,
            app_secret_file: None,
            previous_app_secret: None,
            previous_app_secret_file: None,
            verify_token: None,
            verify_token_file: None,
            every_seconds: 60,
            search: true,
            search_every_seconds: 600,
            searches_per_day: 2_200,
            api_url: "https://graph.threads.net".to_owned(),
            version: "v1.0".to_owned(),
        }
    }
}
