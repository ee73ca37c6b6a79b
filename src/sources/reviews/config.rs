//! The settings of platforms of reviews.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.google_business`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoogleBusinessConfig {
    /// The places, as `accounts/N/locations/N`.
    pub locations: Vec<String>,
    /// The project's client, by which the account let us in.
    pub client_id: String,
    /// The secret of that client.
    pub client_secret: Option<SecretString>,
    /// A file that holds that secret.
    pub client_secret_file: Option<PathBuf>,
    /// The refresh token that the account gave, with the scope `business.manage`.
    pub refresh_token: Option<SecretString>,
    /// A file that holds the refresh token.
    pub refresh_token_file: Option<PathBuf>,
    /// When the credential ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// How often to look, in seconds.
    pub every_seconds: i64,
    /// How many calls a minute are made at most; answers keep a fifth.
    pub calls_per_minute: u32,
    /// Whether one or two stars without a word need an answer.
    pub answer_bare_stars: bool,
    /// The interface's address, without the version.
    pub api_url: String,
    /// Where tokens are fetched.
    pub token_url: String,
}

impl Default for GoogleBusinessConfig {
    fn default() -> Self {
        Self {
            locations: Vec::new(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            refresh_token: None,
            refresh_token_file: None,
            expires: None,
            every_seconds: 300,
            calls_per_minute: 200,
            answer_bare_stars: false,
            api_url: "https://mybusiness.googleapis.com".to_owned(),
            token_url: "https://oauth2.googleapis.com/token".to_owned(),
        }
    }
}

/// `source.google_play`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GooglePlayConfig {
    /// The apps, by their package names.
    pub packages: Vec<String>,
    /// The service account's file, as its text.
    pub service_account: Option<SecretString>,
    /// The service account's file.
    pub service_account_file: Option<PathBuf>,
    /// When the credential ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// How often to look, in seconds.
    pub every_seconds: i64,
    /// How many calls an hour are made at most; answers keep a fifth.
    pub calls_per_hour: u32,
    /// Whether one or two stars without a word need an answer; the platform tells of none without words.
    pub answer_bare_stars: bool,
    /// The interface's address, without path.
    pub api_url: String,
    /// Where tokens are fetched; left out, where the service account's file says.
    pub token_url: Option<String>,
}

impl Default for GooglePlayConfig {
    fn default() -> Self {
        Self {
            packages: Vec::new(),
            service_account: None,
            service_account_file: None,
            expires: None,
            every_seconds: 300,
            calls_per_hour: 200,
            answer_bare_stars: false,
            api_url: "https://androidpublisher.googleapis.com".to_owned(),
            token_url: None,
        }
    }
}

/// `source.app_store`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppStoreConfig {
    /// The apps, by their ids, such as `1234567890`.
    pub apps: Vec<String>,
    /// The team's issuer.
    pub issuer_id: String,
    /// The key's id.
    pub key_id: String,
    /// The key (`.p8`), as its text.
    pub private_key: Option<SecretString>,
    /// The file of the key.
    pub private_key_file: Option<PathBuf>,
    /// When the credential ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// How often to look, in seconds.
    pub every_seconds: i64,
    /// How many calls an hour are made at most; answers keep a fifth.
    pub calls_per_hour: u32,
    /// Whether one or two stars without a word need an answer.
    pub answer_bare_stars: bool,
    /// The interface's address, without the version.
    pub api_url: String,
}

impl Default for AppStoreConfig {
    fn default() -> Self {
        Self {
            apps: Vec::new(),
            issuer_id: String::new(),
            key_id: String::new(),
            private_key: None,
            private_key_file: None,
            expires: None,
            every_seconds: 300,
            calls_per_hour: 3_000,
            answer_bare_stars: false,
            api_url: "https://api.appstoreconnect.apple.com".to_owned(),
        }
    }
}

/// `source.trustpilot`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustpilotConfig {
    /// The business units, by their ids.
    pub business_units: Vec<String>,
    /// The interface's key.
    pub api_key: String,
    /// The secret of that key.
    pub api_secret: Option<SecretString>,
    /// A file that holds the secret.
    pub api_secret_file: Option<PathBuf>,
    /// The business user who logs in; left out, the key alone does.
    pub username: String,
    /// That user's password.
    pub password: Option<SecretString>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// The id of the business user in whose name it is answered.
    pub business_user: String,
    /// When the credential ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// How often to look, in seconds.
    pub every_seconds: i64,
    /// How many calls a minute are made at most; answers keep a fifth.
    pub calls_per_minute: u32,
    /// Whether one or two stars without a word need an answer.
    pub answer_bare_stars: bool,
    /// The interface's address, without the version.
    pub api_url: String,
    /// Where tokens are fetched.
    pub token_url: String,
}

impl Default for TrustpilotConfig {
    fn default() -> Self {
        let tokens = "https://api.trustpilot.com/v1/oauth/oauth-business-users-for-applications/accesstoken";
        Self {
            business_units: Vec::new(),
            api_key: String::new(),
            api_secret: None,
            api_secret_file: None,
            username: String::new(),
            password: None,
            password_file: None,
            business_user: String::new(),
            expires: None,
            every_seconds: 300,
            calls_per_minute: 60,
            answer_bare_stars: false,
            api_url: "https://api.trustpilot.com".to_owned(),
            token_url: tokens.to_owned(),
        }
    }
}
