//! When a message of an instant has to be answered under a policy, and why: by the arithmetic of the clocks
//! themselves. Pure.

use super::clocks::{Obligation, ObligationKind};
use super::judgement::Level;
use super::language::Language;
use super::policy::{Channel, Policy, Promise, Selector};
use super::scope::Message;
use super::time::Timestamp;
use serde::Serialize;

/// The message that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// When it was posted.
    pub at: Timestamp,
    /// The channel.
    pub channel: Channel,
    /// The language.
    pub language: Language,
    /// The level; none takes one that no target names.
    pub level: Option<Level>,
    /// The clock.
    pub clock: ObligationKind,
    /// Whether only the brand can read it; none for no word about it.
    pub private: Option<bool>,
    /// The source by which it comes.
    pub source: Option<String>,
    /// What it is.
    pub kind: Option<String>,
    /// The handle of the brand that it names.
    pub handle: Option<String>,
}

/// An open stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// Its beginning, RFC 3339 with the offset of the zone.
    pub from: String,
    /// Its end, which is no longer in it.
    pub to: String,
}

/// When a message has to be answered, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The policy by name.
    pub policy: String,
    /// `ready-made`, or `file:HASH` as the daemon imports it.
    pub version: String,
    /// Which clock.
    pub clock: &'static str,
    /// When the message was posted, by the zone of the calendar.
    pub at: String,
    /// Whether the promise covers it.
    pub covered: bool,
    /// Why it does or does not.
    pub why: String,
    /// The calendar in which its clock runs; none where nothing is promised.
    pub calendar: Option<String>,
    /// The time zone of that calendar; UTC for `always`.
    pub zone: Option<String>,
    /// The promised span in seconds.
    pub target_seconds: Option<i64>,
    /// When the team is warned.
    pub warn_at: Vec<String>,
    /// When it has to be answered.
    pub due_at: Option<String>,
    /// The open hours from the message to then; they add up to the target.
    pub hours_counted: Vec<Stretch>,
    /// The promise in words.
    pub promise: String,
}

/// When a message has to be answered under a policy.
pub fn explain(policy: &Policy, version: String, asked: &Question) -> Explained {
    // A level that no target names fits those for every level alone.
    let named = |level: &Level| policy.targets.iter().any(|t| t.level == Some(*level));
    let unnamed = Level::ALL.into_iter().rev().find(|level| !named(level));
    let level = asked.level.or(unnamed).unwrap_or(Level::P3);
    let on = Selector { channel: asked.channel, level, language: asked.language, private: asked.private };
    let handle = asked.handle.as_ref().map(|h| h.trim_start_matches('@').to_lowercase());
    let message = Message {
        handles: handle.as_deref(),
        source: asked.source.as_deref(),
        kind: asked.kind.as_deref(),
        language: asked.language,
        channel: asked.channel,
        level: asked.level,
        private: asked.private,
    };
    let promise = policy.target(asked.clock, &on);
    let hours = promise.as_ref().map(|p| p.hours.clone());
    let (covered, why) = match (policy.covers(&message), &promise) {
        (Err(not), _) => (false, not.why),
        (Ok(()), None) => {
            (false, format!("no target names {} for channel '{}'", asked.clock.code(), asked.channel))
        }
        (Ok(()), Some(promise)) => (true, in_time(promise, asked.at)),
    };
    let mut told = Explained {
        policy: policy.name.clone(),
        version,
        clock: asked.clock.code(),
        at: hours.clone().unwrap_or_default().rfc3339(asked.at),
        covered,
        why,
        calendar: hours.as_ref().map(|h| h.name().to_owned()),
        zone: hours.as_ref().map(|h| h.zone().to_owned()),
        target_seconds: promise.as_ref().map(|p| p.span.millis() / 1000),
        warn_at: Vec::new(),
        due_at: None,
        hours_counted: Vec::new(),
        promise: policy.in_words(),
    };
    if let Some(promise) = promise.filter(|_| covered) {
        let hours = promise.hours.clone();
        let clock = Obligation::open(asked.clock, 0, asked.at, promise, policy);
        told.warn_at = clock.warn_at.iter().map(|at| hours.rfc3339(*at)).collect();
        told.due_at = Some(hours.rfc3339(clock.due_at));
        let counted = hours.intervals_between(asked.at, clock.due_at).into_iter();
        let stretch = |(from, to)| Stretch { from: hours.rfc3339(from), to: hours.rfc3339(to) };
        told.hours_counted = counted.map(stretch).collect();
    }
    told
}

fn in_time(promise: &Promise, at: Timestamp) -> String {
    let calendar = promise.hours.name();
    if promise.hours.is_open(at) {
        format!("the promise covers it, and calendar '{calendar}' is open when it is posted")
    } else {
        format!(
            "the promise covers it; calendar '{calendar}' is closed when it is posted, so the clock runs from its next opening"
        )
    }
}
