//! The settings of duty: `[duty]`.

use crate::domain::shift::ShiftRules;
use serde::Deserialize;
use std::path::PathBuf;

/// `[duty]`: left out, people say themselves that they are on, and gaps are told once anybody did.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DutyConfig {
    /// The time zone of plans that name none, by its IANA name; left out, that of the reports.
    pub zone: Option<String>,
    /// Whether gaps in who is on are told a day and an hour ahead, and when something is due while nobody is on. Nothing is
    /// told as long as nobody ever said or planned anything.
    pub alerts: bool,
    /// What happens when somebody's shift ends.
    pub shift: ShiftRules,
    /// Plans that are read by themselves: `[[duty.plan]]`.
    #[serde(rename = "plan")]
    pub plans: Vec<PlanConfig>,
}

impl Default for DutyConfig {
    fn default() -> Self {
        Self { zone: None, alerts: true, shift: ShiftRules::default(), plans: Vec::new() }
    }
}

/// One `[[duty.plan]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanConfig {
    /// The name by which it is known: letters, digits, `-`.
    pub name: String,
    /// A file, iCal or CSV.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// An address that gives one.
    #[serde(default)]
    pub url: Option<String>,
    /// How often it is read again.
    #[serde(default = "every")]
    pub every_minutes: i64,
}

const fn every() -> i64 {
    15
}
