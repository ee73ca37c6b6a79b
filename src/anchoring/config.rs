//! The settings of the audit: `[audit]`.

use serde::Deserialize;

/// `[audit]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Where the head of the audit is told once a day: names of `[[hook_out]]`, and of `[[alerts.channel]]` that are
    /// mail; left out, nowhere.
    pub anchor: Vec<String>,
}
