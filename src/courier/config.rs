//! The settings of webhooks that go out: `[[hook_out]]`.

use crate::announcing::Endpoint;
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// One `[[hook_out]]` of the settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookOutConfig {
    /// The name by which it is listed: letters, digits, `-`.
    pub name: String,
    /// Where it is told: `https://…`.
    pub url: String,
    /// The signing secret: `whsec_` and base64.
    #[serde(default)]
    pub secret: Option<SecretString>,
    /// A file that holds it.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// The secret before, with which everything is signed as well while receivers change over.
    #[serde(default)]
    pub previous_secret: Option<SecretString>,
    /// A file that holds it.
    #[serde(default)]
    pub previous_secret_file: Option<PathBuf>,
    /// Only these brands, by name; none means all.
    #[serde(default)]
    pub brands: Vec<String>,
    /// Only these types of events; none means all.
    #[serde(default)]
    pub events: Vec<String>,
    /// Whether the words of messages and answers go with it.
    #[serde(default)]
    pub with_text: bool,
    /// Whether it may stand in a private network or on this machine.
    #[serde(default)]
    pub allow_private_address: bool,
}

impl HookOutConfig {
    /// Who is told, for whoever decides of what.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { name: self.name.clone(), brands: self.brands.clone(), events: self.events.clone() }
    }
}
