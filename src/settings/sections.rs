//! The sections that belong to no feature of their own: database, outgoing requests, reports,
//! retention. The structs of all others stand beside their features.

use crate::reporting::config::ReportMailConfig;
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `[database]`: left out, SQLite in the data folder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://USER:PASSWORD@HOST/NAME`.
    pub url: Option<SecretString>,
    /// A file that holds the URL.
    pub url_file: Option<PathBuf>,
}

/// `[outbound]`: requests that webcared makes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboundConfig {
    /// Seconds after which a request is given up.
    pub timeout_seconds: i64,
    /// Whether addresses of private networks and of this machine may be asked; for tests and for
    /// servers of one's own.
    pub allow_private_addresses: bool,
    /// A web or mail address for the operators of the servers that are asked, put into the user agent.
    pub user_agent_contact: Option<String>,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self { timeout_seconds: 20, allow_private_addresses: false, user_agent_contact: None }
    }
}

/// `[report]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// When the leads get the report of the day before, as `HH:MM`; left out, never.
    pub morning: Option<String>,
    /// The time zone of `morning` and of the days in reports, by its IANA name.
    pub zone: String,
    /// Reports by mail; left out, none.
    pub mail: Option<ReportMailConfig>,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self { morning: None, zone: "Europe/Amsterdam".to_owned(), mail: None }
    }
}

/// `[answers]`: answering customers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswersConfig {
    /// Seconds during which an answer can be called back before it leaves.
    pub undo_seconds: i64,
    /// Whether the team may answer from its chat.
    pub from_chat: bool,
}

impl Default for AnswersConfig {
    fn default() -> Self {
        Self { undo_seconds: 5, from_chat: false }
    }
}
