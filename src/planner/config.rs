//! The settings of the planner: `[planner]`.

use serde::Deserialize;

/// `[planner]`: off unless switched on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlannerConfig {
    /// Whether there is a planner.
    pub enabled: bool,
    /// Whether a lead approves a swap before it holds.
    pub approve_swaps: bool,
    /// How many guests serve on a day.
    pub guest_seats: i64,
    /// When a guest's day begins, such as `09:00`.
    pub guest_from: String,
    /// When it ends.
    pub guest_until: String,
    /// From how many hours on duty a day counts as a full one.
    pub full_day_hours: i64,
}

impl Default for PlannerConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            approve_swaps: true,
            guest_seats: 1,
            guest_from: "09:00".to_owned(),
            guest_until: "17:00".to_owned(),
            full_day_hours: 6,
        }
    }
}

/// A time of day such as `09:00` in minutes after midnight; up to `24:00`.
pub fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |t: &str| (1..=2).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= 1440).then_some(hour * 60 + minute)
}

impl PlannerConfig {
    /// From when until when a guest's day is, in minutes after midnight.
    pub fn guest_day(&self) -> Option<(i64, i64)> {
        let (from, until) = (minutes(&self.guest_from)?, minutes(&self.guest_until)?);
        (from < until).then_some((from, until))
    }
}
