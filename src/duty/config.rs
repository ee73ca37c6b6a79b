//! The settings of duty: `[duty]`.

use crate::domain::duty::{WHOLE_DAY, whole_day};
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
    /// The hours that a day without times means in it, such as `09:00-17:30`; left out, the day from midnight to midnight.
    #[serde(default)]
    pub whole_days: Option<String>,
}

impl PlanConfig {
    /// The hours of a day without times, in minutes after its midnight.
    pub fn whole_day(&self) -> (i64, i64) {
        self.whole_days.as_deref().and_then(whole_day).unwrap_or(WHOLE_DAY)
    }
}

const fn every() -> i64 {
    15
}
