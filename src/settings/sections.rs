//! The sections that belong to no feature of their own: database, outgoing requests, reports,
//! answers, logging in. The structs of all others stand beside their features.

use crate::domain::staff::StaffFigures;
use crate::people::rules::{RoleRules, SecondFactor};
use crate::provider::config::OidcConfig;
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
    /// What is told of staff: `none`, `team`, `own` or `named`.
    pub staff_figures: StaffFigures,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self {
            morning: None,
            zone: "Europe/Amsterdam".to_owned(),
            mail: None,
            staff_figures: StaffFigures::default(),
        }
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
    /// After how many answers that passed unchanged a newcomer is an agent; 0 leaves that to people.
    pub newcomer_passes: i64,
}

impl Default for AnswersConfig {
    fn default() -> Self {
        Self { undo_seconds: 5, from_chat: false, newcomer_passes: 0 }
    }
}

/// `[login]`: who may come in, and by what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoginConfig {
    /// Whether everybody must have a second factor.
    pub second_factor: SecondFactor,
    /// The key by which secrets of apps for codes are sealed; left out, the one in the data folder.
    pub key: Option<SecretString>,
    /// A file that holds the key.
    pub key_file: Option<PathBuf>,
    /// A file of passwords that others have lost: SHA-1 in order, or as they are.
    pub breached_list: Option<PathBuf>,
    /// Whether passwords and passkeys let people in.
    pub passwords: bool,
    /// The login of the one whom they let in although they let nobody else in.
    pub break_glass: Option<String>,
    /// What else holds for some roles: `[[login.role]]`.
    #[serde(rename = "role")]
    pub roles: Vec<RoleRules>,
    /// The provider that lets people in.
    pub oidc: Option<OidcConfig>,
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            second_factor: SecondFactor::default(),
            key: None,
            key_file: None,
            breached_list: None,
            passwords: true,
            break_glass: None,
            roles: Vec::new(),
            oidc: None,
        }
    }
}
