//! The settings of a channel of YouTube.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.youtube`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct YoutubeConfig {
    /// The channel whose comments are read, as its id (`UC…`).
    pub channel: String,
    /// A key of the project, for reading; not needed beside a log-in.
    pub api_key: Option<SecretString>,
    /// A file that holds the key.
    pub api_key_file: Option<PathBuf>,
    /// The project's client, by which the channel let us in; without a log-in nothing is answered.
    pub client_id: String,
    /// The secret of that client.
    pub client_secret: Option<SecretString>,
    /// A file that holds that secret.
    pub client_secret_file: Option<PathBuf>,
    /// The refresh token that the channel gave, with the scope `youtube.force-ssl`.
    pub refresh_token: Option<SecretString>,
    /// A file that holds the refresh token.
    pub refresh_token_file: Option<PathBuf>,
    /// When the credential ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// How often to look, in seconds; less often where the quota would not last the day.
    pub every_seconds: i64,
    /// The project's units a day.
    pub units_per_day: u32,
    /// The share of them, in percent, that reading leaves to answers.
    pub kept_for_answers_percent: u32,
    /// The interface's address, without the version.
    pub api_url: String,
    /// Where tokens are fetched.
    pub token_url: String,
}

impl Default for YoutubeConfig {
    fn default() -> Self {
        Self {
            channel: String::new(),
            api_key: None,
            api_key_file: None,
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            refresh_token: None,
            refresh_token_file: None,
            expires: None,
            every_seconds: 120,
            units_per_day: 10_000,
            kept_for_answers_percent: 60,
            api_url: "https://www.googleapis.com/youtube".to_owned(),
            token_url: "https://oauth2.googleapis.com/token".to_owned(),
        }
    }
}

impl YoutubeConfig {
    /// Whether there is a log-in, by which comments are answered.
    pub const fn answers(&self) -> bool {
        self.refresh_token.is_some()
    }
}
