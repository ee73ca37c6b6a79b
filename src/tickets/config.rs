//! The settings of ticket systems: `[[tickets]]`, one kind each.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// One `[[tickets]]` of the settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketsConfig {
    /// The name by which it is listed and addressed (`/hooks/NAME`): letters, digits, `-`.
    pub name: String,
    /// The brand whose front office uses it; left out, every brand's does.
    #[serde(default)]
    pub brand: Option<String>,
    /// Whether notes are for colleagues only, `inside`, or go to the `customer` as well.
    #[serde(default)]
    pub notes: NotesFor,
    /// Request Tracker 5 or later.
    #[serde(default)]
    pub rt: Option<RtConfig>,
    /// A system of one's own, by a pair of signed webhooks.
    #[serde(default)]
    pub webhook: Option<GenericConfig>,
}

impl TicketsConfig {
    /// The kinds there are.
    pub const KINDS: [&'static str; 2] = ["rt", "webhook"];

    /// The kinds that this one is given; it must be one.
    pub fn kinds(&self) -> Vec<&'static str> {
        let given = [self.rt.is_some(), self.webhook.is_some()];
        Self::KINDS.into_iter().zip(given).filter(|(_, given)| *given).map(|(kind, _)| kind).collect()
    }
}

/// Who may read what we write on a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotesFor {
    /// Colleagues only; nobody is mailed.
    #[default]
    Inside,
    /// The customer too: several systems mail it.
    Customer,
}

/// `tickets.rt`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RtConfig {
    /// Its web address, with the path under which it stands.
    pub url: String,
    /// A token of the user in whose name we work.
    pub token: Option<SecretString>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// The queue in which tickets are made.
    pub queue: String,
    /// Which custom field of the queue holds what.
    pub fields: RtFields,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for RtConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            token: None,
            token_file: None,
            queue: String::new(),
            fields: RtFields::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.rt.fields`: custom fields by name; one that is left out is not used.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RtFields {
    /// Holds the key of the action that made the ticket; must be there.
    pub key: String,
    /// Holds the address of our case.
    pub case: Option<String>,
    /// Holds the language of the case.
    pub language: Option<String>,
    /// Holds its level, `P1` to `P5`.
    pub level: Option<String>,
    /// Fields in which a customer or order number is looked for.
    pub references: Vec<String>,
    /// Fields in which a telephone number is looked for.
    pub phones: Vec<String>,
}

/// `tickets.webhook`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GenericConfig {
    /// The address that we call.
    pub url: String,
    /// The secret with which both sides sign, `whsec_` and base64 as Standard Webhooks writes it.
    pub secret: Option<SecretString>,
    /// A file that holds the secret.
    pub secret_file: Option<PathBuf>,
    /// The secret before this one, accepted while the other side changes over.
    pub previous_secret: Option<SecretString>,
    /// A file that holds the secret before this one.
    pub previous_secret_file: Option<PathBuf>,
}
