//! The settings of retention: `[retention]`.

use crate::domain::time::Span;
use serde::Deserialize;

const DAYS_A_MONTH: i64 = 30;

/// `[retention]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Days for which what came in is kept as it came, after it was settled.
    pub raw_days: i64,
    /// Days for which the words of a case are kept after it ended.
    pub content_days: i64,
    /// The same where it was dismissed.
    pub dismissed_days: i64,
    /// Months for which states, clocks and counts are kept, without words.
    pub counts_months: i64,
    /// Whether what went is taken out of the database's files each day as well, as after an erasure.
    pub rewrite_files: bool,
    /// What else holds on single platforms: `[[retention.platform]]`.
    #[serde(rename = "platform")]
    pub platforms: Vec<PlatformRetention>,
}

/// One `[[retention.platform]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformRetention {
    /// The platform, as posts of it name it: `mastodon`, `bluesky`, `email`, …
    pub name: String,
    /// Days for the words of ended cases; left out, as everywhere.
    #[serde(default)]
    pub content_days: Option<i64>,
    /// The same where they were dismissed.
    #[serde(default)]
    pub dismissed_days: Option<i64>,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            raw_days: 7,
            content_days: 180,
            dismissed_days: 30,
            counts_months: 24,
            rewrite_files: false,
            platforms: Vec::new(),
        }
    }
}

impl RetentionConfig {
    /// How long states, clocks and counts are kept.
    pub const fn counts_kept(&self) -> Span {
        Span::days(self.counts_months * DAYS_A_MONTH)
    }

    /// For each platform that has its own, and last for all others (no name): days for ended and for dismissed cases.
    pub fn rules(&self) -> Vec<(Option<&str>, i64, i64)> {
        let of = |p| -> (Option<&str>, i64, i64) {
            let p: &PlatformRetention = p;
            let days = (
                p.content_days.unwrap_or(self.content_days),
                p.dismissed_days.unwrap_or(self.dismissed_days),
            );
            (Some(&p.name), days.0, days.1)
        };
        let mut rules: Vec<_> = self.platforms.iter().map(of).collect();
        rules.push((None, self.content_days, self.dismissed_days));
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_has_what_it_says_and_otherwise_what_holds_everywhere() {
        let own = PlatformRetention { name: "email".into(), content_days: Some(90), dismissed_days: None };
        let config = RetentionConfig { platforms: vec![own], ..RetentionConfig::default() };
        assert_eq!(config.rules(), [(Some("email"), 90, 30), (None, 180, 30)]);
    }
}
