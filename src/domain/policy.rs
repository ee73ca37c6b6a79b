//! Policies: what the team promised, per channel, level and language, and in which hours.
//!
//! A policy is a value with a version. Obligations keep the version under which they began, so a
//! change here never moves a clock that runs already.

use super::clocks::ObligationKind;
use super::judgement::Level;
use super::language::Language;
use super::time::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of channel on which a promise holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Posts and comments on social platforms, public or private.
    Social,
    /// E-mail.
    Email,
    /// A customer forum.
    Forum,
    /// Reviews, app stores.
    Review,
}

impl Channel {
    /// The channel of a platform by its name; what is not known otherwise is social.
    pub fn of_platform(platform: &str) -> Self {
        match platform {
            "email" | "mail" | "imap" => Self::Email,
            "forum" | "discourse" => Self::Forum,
            "trustpilot" | "google_business" | "google_play" | "app_store" => Self::Review,
            _ => Self::Social,
        }
    }

    /// The code kept in the database and printed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Social => "social",
            Self::Email => "email",
            Self::Forum => "forum",
            Self::Review => "review",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The hours in which a clock runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hours {
    /// Day and night, every day.
    #[default]
    Always,
}

/// The promises for the cases it fits; a field left out fits everything or promises nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// Only on this channel.
    pub channel: Option<Channel>,
    /// Only at this level.
    pub level: Option<Level>,
    /// Only in this language.
    pub language: Option<Language>,
    /// Minutes to the first answer.
    pub first_response_minutes: Option<i64>,
    /// Minutes to the next answer.
    pub next_response_minutes: Option<i64>,
    /// Minutes to the first time it is resolved.
    pub first_resolution_minutes: Option<i64>,
    /// Minutes to the last time it is resolved.
    pub total_resolution_minutes: Option<i64>,
}

impl Target {
    /// The promised span for one kind of obligation.
    pub fn span(&self, kind: ObligationKind) -> Option<Span> {
        let minutes = match kind {
            ObligationKind::FirstResponse => self.first_response_minutes,
            ObligationKind::NextResponse => self.next_response_minutes,
            ObligationKind::FirstResolution => self.first_resolution_minutes,
            ObligationKind::TotalResolution => self.total_resolution_minutes,
            ObligationKind::Promise => None,
        };
        minutes.map(Span::minutes)
    }

    /// How many of channel, level and language it names: the more, the closer the fit.
    fn closeness(&self) -> usize {
        usize::from(self.channel.is_some())
            + usize::from(self.level.is_some())
            + usize::from(self.language.is_some())
    }

    fn fits(&self, on: Selector) -> bool {
        self.channel.is_none_or(|c| c == on.channel)
            && self.level.is_none_or(|l| l == on.level)
            && self.language.is_none_or(|l| l == on.language)
    }
}

/// What selects a target: the case's channel, level and language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The case's channel.
    pub channel: Channel,
    /// The case's level.
    pub level: Level,
    /// The case's language.
    pub language: Language,
}

/// What a team promised: one version of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The name by which brands refer to it, unique.
    pub name: String,
    /// What is promised to whom, in words for people; published beside the figures.
    pub scope: String,
    /// Languages that the promise covers; empty means every language. Unknown is always covered.
    pub languages: Vec<Language>,
    /// The targets; for each kind of obligation the closest fit that names it counts.
    pub targets: Vec<Target>,
    /// The hours in which the clocks run.
    pub hours: Hours,
    /// When to warn, in per cent of the target, rising.
    pub warn_percent: Vec<i64>,
    /// A warning comes at least so many seconds before the deadline.
    pub warn_floor_seconds: i64,
    /// Days after which a closed case is not reopened by a new message but followed by a new case.
    pub reopen_days: i64,
    /// Days of waiting for the customer after which a case is resolved with reason `no_reply`.
    pub no_reply_days: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            name: String::new(),
            scope: String::new(),
            languages: Vec::new(),
            targets: Vec::new(),
            hours: Hours::Always,
            warn_percent: vec![50, 80],
            warn_floor_seconds: 60,
            reopen_days: 7,
            no_reply_days: 7,
        }
    }
}

impl Policy {
    /// The ready-made policies: Coolblue's half hour and KLM's hour round the clock.
    pub fn ready_made() -> [Self; 2] {
        let hours = |n: i64| Some(n * 60);
        let social = Self {
            name: "social-30m".to_owned(),
            scope: "Every message to the brand: on social platforms answered within 30 minutes, e-mail \
                    within 2 hours; solved within a day, and for good within three."
                .to_owned(),
            targets: vec![
                Target {
                    first_response_minutes: Some(30),
                    next_response_minutes: Some(30),
                    first_resolution_minutes: hours(24),
                    total_resolution_minutes: hours(72),
                    ..Target::default()
                },
                Target {
                    channel: Some(Channel::Email),
                    first_response_minutes: hours(2),
                    next_response_minutes: hours(2),
                    ..Target::default()
                },
            ],
            ..Self::default()
        };
        let round_the_clock = Self {
            name: "round-the-clock-1h".to_owned(),
            scope: "Every message to the brand in ten languages: answered within the hour, day and night; \
                    solved within a day, and for good within three."
                .to_owned(),
            languages: Language::TEN.to_vec(),
            targets: vec![Target {
                first_response_minutes: Some(60),
                next_response_minutes: Some(60),
                first_resolution_minutes: hours(24),
                total_resolution_minutes: hours(72),
                ..Target::default()
            }],
            ..Self::default()
        };
        [social, round_the_clock]
    }

    /// The promised span for one kind of obligation on a case, if the promise covers it.
    pub fn target(&self, kind: ObligationKind, on: &Selector) -> Option<Span> {
        if !self.covers(on.language) {
            return None;
        }
        let fitting = self.targets.iter().filter(|t| t.fits(*on) && t.span(kind).is_some());
        fitting.max_by_key(|t| t.closeness()).and_then(|t| t.span(kind))
    }

    /// Whether the promise covers a language; too little text to tell is covered.
    pub fn covers(&self, language: Language) -> bool {
        self.languages.is_empty() || language == Language::Unknown || self.languages.contains(&language)
    }

    /// What is wrong with it, in words that name the field; empty when nothing is.
    pub fn mistakes(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.targets.is_empty() {
            found.push("targets: empty; a policy needs at least one target".to_owned());
        }
        let rising = self.warn_percent.windows(2).all(|w| w[0] < w[1]);
        if !rising || self.warn_percent.iter().any(|p| !(1..=99).contains(p)) || self.warn_percent.len() > 4 {
            found.push(format!(
                "warn_percent: {:?}; allowed are up to four rising whole numbers from 1 to 99",
                self.warn_percent
            ));
        }
        for (at, target) in self.targets.iter().enumerate() {
            for kind in ObligationKind::TIMED {
                if let Some(span) = target.span(kind)
                    && !(1..=527_040).contains(&(span.millis() / 60_000))
                {
                    found.push(format!(
                        "targets[{at}].{}_minutes: {}; allowed are 1 to 527040 (a year)",
                        kind.code(),
                        span.millis() / 60_000
                    ));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(channel: Channel, language: Language) -> Selector {
        Selector { channel, level: Level::P3, language }
    }

    #[test]
    fn the_closest_target_that_names_the_kind_counts() {
        let [policy, _] = Policy::ready_made();
        let check = |channel, kind, minutes| {
            assert_eq!(
                policy.target(kind, &on(channel, Language::Nl)),
                Some(Span::minutes(minutes)),
                "{channel} {kind:?}"
            );
        };
        check(Channel::Social, ObligationKind::FirstResponse, 30);
        check(Channel::Email, ObligationKind::FirstResponse, 120);
        check(Channel::Email, ObligationKind::FirstResolution, 24 * 60);
        assert!(policy.mistakes().is_empty());
    }

    #[test]
    fn a_promise_in_ten_languages_covers_no_eleventh() {
        let [_, klm] = Policy::ready_made();
        assert_eq!(klm.target(ObligationKind::FirstResponse, &on(Channel::Social, Language::Other)), None);
        assert!(klm.target(ObligationKind::FirstResponse, &on(Channel::Social, Language::Unknown)).is_some());
        assert!(klm.mistakes().is_empty());
    }

    #[test]
    fn mistakes_name_the_field() {
        let bad = Policy {
            warn_percent: vec![80, 50],
            targets: vec![Target { first_response_minutes: Some(0), ..Target::default() }],
            ..Policy::default()
        };
        let found = bad.mistakes();
        assert!(found.iter().any(|m| m.starts_with("warn_percent")));
        assert!(found.iter().any(|m| m.starts_with("targets[0].first_response_minutes: 0")));
    }
}
