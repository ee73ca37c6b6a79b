//! Policies: what the team promised, per channel, level and language, and in which hours.
//!
//! A policy is a value with a version. Obligations keep the version under which they began, so a
//! change here never moves a clock that runs already.

use super::calendar::{ALWAYS, Calendar, CalendarSpec, Hours};
use super::clocks::ObligationKind;
use super::judgement::Level;
use super::language::Language;
use super::scope::{Message, NotCovered, Scope, Visibility, is_any};
use super::time::Span;
use super::wording::{self, Wording};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// A calendar must reach every target within so many years.
pub const REACH_YEARS: i64 = 5;
const PRIVATE_REMIND_HOURS: i64 = 24;
const PRIVATE_LAPSE_HOURS: i64 = 72;

// What is as it always was is not written down: versions made before stay the same.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants references")]
const fn is_remind_default(hours: &i64) -> bool {
    *hours == PRIVATE_REMIND_HOURS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants references")]
const fn is_lapse_default(hours: &i64) -> bool {
    *hours == PRIVATE_LAPSE_HOURS
}

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
    /// Contacts elsewhere that are recorded here: by phone, in a shop, by letter, by web form.
    Contact,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 5] = [Self::Social, Self::Email, Self::Forum, Self::Review, Self::Contact];

    /// The channel of a platform by its name; what is not known otherwise is social.
    pub fn of_platform(platform: &str) -> Self {
        match platform {
            "email" | "mail" | "imap" => Self::Email,
            "forum" | "discourse" => Self::Forum,
            "trustpilot" | "google_business" | "google_play" | "app_store" => Self::Review,
            "phone" | "shop" | "letter" | "web_form" => Self::Contact,
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
            Self::Contact => "contact",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
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
    /// Only what began where all can read it, or where only the brand can.
    #[serde(skip_serializing_if = "is_any")]
    pub visibility: Visibility,
    /// The calendar in which its clocks run, where it is not that of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// Minutes to the first answer.
    pub first_response_minutes: Option<i64>,
    /// Minutes to the next answer.
    pub next_response_minutes: Option<i64>,
    /// Minutes to the first time it is resolved.
    pub first_resolution_minutes: Option<i64>,
    /// Minutes to the last time it is resolved.
    pub total_resolution_minutes: Option<i64>,
    /// Minutes to the word that we have a formal complaint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint_acknowledge_minutes: Option<i64>,
    /// Minutes to what is decided of a formal complaint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint_decision_minutes: Option<i64>,
}

impl Target {
    /// The promised span for one kind of obligation.
    pub fn span(&self, kind: ObligationKind) -> Option<Span> {
        let minutes = match kind {
            ObligationKind::FirstResponse => self.first_response_minutes,
            ObligationKind::NextResponse => self.next_response_minutes,
            ObligationKind::FirstResolution => self.first_resolution_minutes,
            ObligationKind::TotalResolution => self.total_resolution_minutes,
            ObligationKind::ComplaintAcknowledge => self.complaint_acknowledge_minutes,
            ObligationKind::ComplaintDecision => self.complaint_decision_minutes,
            ObligationKind::Promise => None,
        };
        minutes.map(Span::minutes)
    }

    /// How many of channel, level, language and visibility it names: the more, the closer the fit.
    fn closeness(&self) -> usize {
        usize::from(self.channel.is_some())
            + usize::from(self.level.is_some())
            + usize::from(self.language.is_some())
            + usize::from(self.visibility != Visibility::Any)
    }

    fn fits(&self, on: Selector) -> bool {
        // What was said elsewhere runs no clock here unless it is promised by name.
        self.channel.map_or(on.channel != Channel::Contact, |c| c == on.channel)
            && self.level.is_none_or(|l| l == on.level)
            && self.language.is_none_or(|l| l == on.language)
            && self.visibility.fits(on.private)
    }
}

/// What selects a target: the case's channel, level and language, and where it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The case's channel.
    pub channel: Channel,
    /// The case's level.
    pub level: Level,
    /// The case's language.
    pub language: Language,
    /// Whether it began where only the brand can read it; where nobody knows, what is promised for both holds.
    pub private: Option<bool>,
}

/// What a team promised: one version of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The name by which brands refer to it, unique.
    pub name: String,
    /// Which messages the promise covers, and what is promised to whom in words for people.
    pub scope: Scope,
    /// Languages that the promise covers; empty means every language. Unknown is always covered.
    pub languages: Vec<Language>,
    /// The targets; for each kind of obligation the closest fit that names it counts.
    pub targets: Vec<Target>,
    /// The calendar in which the clocks run, by name; `always` has no closed minute. Also written
    /// `hours`, as it once was and still is in the database.
    #[serde(rename = "hours", alias = "calendar")]
    pub calendar: String,
    /// When to warn, in per cent of the target, rising.
    pub warn_percent: Vec<i64>,
    /// A warning comes at least so many seconds before the deadline.
    pub warn_floor_seconds: i64,
    /// Days after which a closed case is not reopened by a new message but followed by a new case.
    pub reopen_days: i64,
    /// Days of waiting for the customer after which a case is resolved with reason `no_reply`.
    pub no_reply_days: i64,
    /// Hours after an offer of a private channel at which the one reminder goes, where the brand has a text
    /// for it; 0 is never.
    #[serde(skip_serializing_if = "is_remind_default")]
    pub private_remind_hours: i64,
    /// Hours after an offer at which a customer who did not come is no longer waited for.
    #[serde(skip_serializing_if = "is_lapse_default")]
    pub private_lapse_hours: i64,
    /// The calendars that it names, as they were when this version was made.
    #[serde(skip)]
    pub calendars: BTreeMap<String, Arc<Calendar>>,
}

/// What a target promises: a span, and the hours in which it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The span.
    pub span: Span,
    /// The hours.
    pub hours: Hours,
}

/// Every version of every policy that a running clock may refer to; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Policies(Arc<HashMap<(String, i64), Policy>>);

impl Policies {
    /// Holds these versions.
    pub fn new(versions: HashMap<(String, i64), Policy>) -> Self {
        Self(Arc::new(versions))
    }

    /// How many versions there are.
    pub fn count(&self) -> i64 {
        i64::try_from(self.0.len()).unwrap_or(i64::MAX)
    }

    /// A policy in one version.
    pub fn get(&self, name: &str, version: i64) -> Option<&Policy> {
        // Allocates nothing worth speaking of beside what a case costs.
        self.0.get(&(name.to_owned(), version))
    }

    /// All of them: name, version, and what it says.
    pub fn all(&self) -> impl Iterator<Item = (&str, i64, &Policy)> {
        self.0.iter().map(|((name, version), policy)| (name.as_str(), *version, policy))
    }

    /// The hours of a calendar as a version of a policy has it.
    pub fn hours(&self, name: &str, version: i64, calendar: &str) -> Hours {
        if calendar.is_empty() || calendar == ALWAYS {
            return Hours::Always;
        }
        // A version that another replica made a moment ago is not known here yet: the newest that is
        // known comes nearest.
        let newest = || {
            let of_name =
                self.0.iter().filter(|((n, _), policy)| n == name && policy.calendars.contains_key(calendar));
            of_name.max_by_key(|((_, version), _)| *version).map(|(_, policy)| policy)
        };
        let policy = self.get(name, version).or_else(newest);
        policy.map_or(Hours::Always, |policy| policy.hours(calendar))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            name: String::new(),
            scope: Scope::default(),
            languages: Vec::new(),
            targets: Vec::new(),
            calendar: ALWAYS.to_owned(),
            warn_percent: vec![50, 80],
            warn_floor_seconds: 60,
            reopen_days: 7,
            no_reply_days: 7,
            private_remind_hours: PRIVATE_REMIND_HOURS,
            private_lapse_hours: PRIVATE_LAPSE_HOURS,
            calendars: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// How long a customer is waited for in a private channel.
    pub const fn private_timing(&self) -> super::handover::Timing {
        super::handover::Timing {
            remind: Span::hours(self.private_remind_hours),
            lapse: Span::hours(self.private_lapse_hours),
        }
    }

    /// The ready-made policies: Coolblue's half hour and KLM's hour round the clock.
    pub fn ready_made() -> [Self; 2] {
        let hours = |n: i64| Some(n * 60);
        let words = |text: &str| Scope { text: text.to_owned(), ..Scope::default() };
        let social = Self {
            name: "social-30m".to_owned(),
            scope: words(wording::EN.within_the_day),
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
            scope: words(wording::EN.round_the_clock),
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

    /// The promise for one kind of obligation on a case, if the promise covers its language.
    pub fn target(&self, kind: ObligationKind, on: &Selector) -> Option<Promise> {
        if !self.speaks(on.language) {
            return None;
        }
        let fitting = self.targets.iter().filter(|t| t.fits(*on) && t.span(kind).is_some());
        let target = fitting.max_by_key(|t| t.closeness())?;
        let calendar = target.calendar.as_deref().unwrap_or(&self.calendar);
        Some(Promise { span: target.span(kind)?, hours: self.hours(calendar) })
    }

    /// The hours of a calendar that it names.
    pub fn hours(&self, calendar: &str) -> Hours {
        self.calendars.get(calendar).map_or(Hours::Always, |found| Hours::Open(found.clone()))
    }

    /// Whether the promise covers a message, and if not, why.
    pub fn covers(&self, message: &Message<'_>) -> Result<(), NotCovered> {
        if !self.speaks(message.language) {
            let spoken: Vec<&str> = self.languages.iter().map(|l| l.code()).collect();
            let why = format!("language '{}' is not among {}", message.language.code(), spoken.join(", "));
            return Err(NotCovered { why });
        }
        self.scope.covers(message)
    }

    /// Whether the promise covers a language; too little text to tell is covered.
    pub fn speaks(&self, language: Language) -> bool {
        self.languages.is_empty() || language == Language::Unknown || self.languages.contains(&language)
    }

    /// The calendars that it names, each with the field that does.
    pub fn named_calendars(&self) -> Vec<(String, &str)> {
        let of_targets = self.targets.iter().enumerate();
        let of_targets = of_targets
            .filter_map(|(at, t)| Some((format!("targets[{at}].calendar"), t.calendar.as_deref()?)));
        std::iter::once(("calendar".to_owned(), self.calendar.as_str()))
            .chain(of_targets)
            .filter(|(_, name)| *name != ALWAYS)
            .collect()
    }

    /// Takes the calendars that it names from those there are.
    pub fn with_calendars(mut self, known: &BTreeMap<String, Arc<Calendar>>) -> Self {
        let names: Vec<String> = self.named_calendars().into_iter().map(|(_, n)| n.to_owned()).collect();
        self.calendars =
            names.into_iter().filter_map(|name| Some((name.clone(), known.get(&name)?.clone()))).collect();
        self
    }

    /// The same with what was fetched for its calendars: for each by name the days.
    pub fn with_fetched(mut self, fetched: &BTreeMap<String, Vec<String>>) -> Self {
        for (name, calendar) in &mut self.calendars {
            let days = fetched.get(name).filter(|_| calendar.spec().is_fed());
            if let Some(Ok(with)) = days.map(|days| calendar.with_fetched(days)) {
                *calendar = Arc::new(with);
            }
        }
        self
    }

    /// As the database keeps it: the policy, with the calendars that it names in full, so that this
    /// version never counts otherwise.
    pub fn to_stored(&self) -> serde_json::Result<String> {
        if self.calendars.is_empty() {
            return serde_json::to_string(self);
        }
        let mut value = serde_json::to_value(self)?;
        let specs: Vec<CalendarSpec> = self.calendars.values().map(|c| c.stored()).collect();
        value["calendars"] = serde_json::to_value(specs)?;
        // Which of their days were fetched, so that others can come in their place.
        let fed = self.calendars.values().map(|c| c.spec()).filter(|spec| spec.is_fed());
        let fed: BTreeMap<&str, &[String]> =
            fed.map(|spec| (spec.name.as_str(), spec.holidays_fetched.as_slice())).collect();
        if !fed.is_empty() {
            value["fed"] = serde_json::to_value(fed)?;
        }
        serde_json::to_string(&value)
    }

    /// Reads what [`Policy::to_stored`] wrote.
    pub fn from_stored(body: &str) -> serde_json::Result<Self> {
        use serde::de::Error;
        let mut value: serde_json::Value = serde_json::from_str(body)?;
        let mut part = |name: &str| value.as_object_mut().and_then(|fields| fields.remove(name));
        let (specs, fed) = (part("calendars"), part("fed"));
        let mut policy: Self = serde_json::from_value(value)?;
        let specs: Vec<CalendarSpec> = specs.map_or(Ok(Vec::new()), serde_json::from_value)?;
        let fed: BTreeMap<String, Vec<String>> = fed.map_or(Ok(BTreeMap::new()), serde_json::from_value)?;
        for spec in specs {
            let spec = match fed.get(&spec.name) {
                Some(days) => spec.followed(days),
                None => spec,
            };
            let calendar = Calendar::new(&spec).map_err(|wrong| {
                let first = wrong.into_iter().next().map(|m| format!("{}: {}", m.at, m.found));
                serde_json::Error::custom(format!("calendar '{}': {}", spec.name, first.unwrap_or_default()))
            })?;
            policy.calendars.insert(spec.name, Arc::new(calendar));
        }
        Ok(policy)
    }

    /// Whether two bodies of [`Policy::to_stored`] say the same, whatever was fetched for their calendars.
    pub fn says_the_same(one: &str, other: &str) -> bool {
        let bare = |body: &str| {
            let policy = Self::from_stored(body).ok()?;
            let none = policy.calendars.keys().map(|name| (name.clone(), Vec::new())).collect();
            policy.with_fetched(&none).to_stored().ok()
        };
        one == other || bare(one).is_some_and(|said| bare(other) == Some(said))
    }

    /// What is published beside the figures: the words of the scope, or else a sentence made for it, in English.
    pub fn published(&self) -> String {
        self.published_in(&wording::EN)
    }

    /// The same in a language; words that people wrote stay as they wrote them.
    pub fn published_in(&self, w: &Wording) -> String {
        if self.scope.text.is_empty() { self.in_words_in(w) } else { w.published(&self.scope.text) }
    }

    /// What is promised, in one sentence that can be published, in English.
    pub fn in_words(&self) -> String {
        self.in_words_in(&wording::EN)
    }

    /// What is promised, in one sentence in a language.
    pub fn in_words_in(&self, w: &Wording) -> String {
        let mut promises: Vec<String> = Vec::new();
        for target in &self.targets {
            let Some(span) = target.span(ObligationKind::FirstResponse) else { continue };
            let of = [
                target.channel.map(|c| w.channel(c).to_owned()),
                w.visibility(target.visibility)
                    .map(|seen| format!("{} {seen} {}", w.in_language, w.messages)),
                target.level.map(|l| format!("{} {}", w.for_level, l.code())),
                target.language.map(|l| format!("{} {}", w.in_language, l.code())),
            ];
            let of: Vec<String> = of.into_iter().flatten().collect();
            let hours = self.hours(target.calendar.as_deref().unwrap_or(&self.calendar)).in_words_in(w);
            let head = if of.is_empty() { String::new() } else { format!("{} ", of.join(" ")) };
            promises.push(format!("{head}{} {}, {hours}", w.within, w.span(span.millis() / 60_000)));
        }
        let covered = self.scope.in_words_in(&self.languages, w);
        format!("{} {covered}; {}", w.covers, promises.join("; "))
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
            for kind in ObligationKind::NAMED {
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
mod tests;
