//! The settings of reports by mail: `[report.mail]`.

use crate::reports::period::Period;
use crate::reports::words::Words;
use crate::sources::mail::config::SmtpConfig;
use serde::Deserialize;

/// `[report.mail]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportMailConfig {
    /// From which address.
    pub from: String,
    /// The server that sends.
    pub smtp: SmtpConfig,
    /// What goes to whom, and when: `[[report.mail.letter]]`.
    #[serde(rename = "letter")]
    pub letters: Vec<LetterConfig>,
    /// Who is told of findings that are raised to them, and of lines of theirs that are past their day:
    /// `[[report.mail.owner]]`.
    #[serde(rename = "owner")]
    pub owners: Vec<OwnerConfig>,
}

/// One `[[report.mail.owner]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnerConfig {
    /// The owner as findings and lines name them: a login, or a team.
    pub name: String,
    /// To whom.
    pub to: Vec<String>,
    /// The language of the words: `en` or `nl`; left out, what the person of that login chose in the chat, or English.
    pub language: Option<String>,
}

impl OwnerConfig {
    /// Who of `owners` goes by a name, however it is written.
    pub fn named<'a>(owners: &'a [Self], name: &str) -> Option<&'a Self> {
        owners.iter().find(|o| o.name.trim().to_lowercase() == name.trim().to_lowercase())
    }

    /// The words of what they are told: in the language of the settings, else in what they chose themselves.
    pub fn words(&self, chosen: Option<&str>) -> &'static Words {
        let tag = self.language.as_deref().or(chosen).unwrap_or("en");
        Words::of(tag.split('-').next().unwrap_or(tag))
    }
}

/// What a letter tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// The day before, each day.
    Daily,
    /// Monday to Sunday, on Monday.
    #[default]
    Weekly,
    /// The month before, on the first.
    Monthly,
    /// The page of the week that begins, on Monday.
    Monday,
    /// For the front office, on Monday: what people came round the back for in the week before.
    FailureDemand,
    /// For the front office, each morning: yesterday at the back door.
    Yesterday,
}

impl LetterKind {
    /// The word in the settings.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Monday => "monday",
            Self::FailureDemand => "failure_demand",
            Self::Yesterday => "yesterday",
        }
    }

    /// The days that it tells of.
    pub const fn period(self) -> Period {
        match self {
            Self::Daily | Self::Yesterday => Period::Daily,
            Self::Weekly | Self::Monday | Self::FailureDemand => Period::Weekly,
            Self::Monthly => Period::Monthly,
        }
    }

    /// Whether it is for the front office, and may be bound to queues.
    pub const fn is_for_the_office(self) -> bool {
        matches!(self, Self::FailureDemand | Self::Yesterday)
    }
}

/// One `[[report.mail.letter]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LetterConfig {
    /// Its name; what was sent is remembered under it.
    pub name: String,
    /// To whom.
    pub to: Vec<String>,
    /// What it tells.
    pub kind: LetterKind,
    /// At what time of day, as `HH:MM`.
    pub at: String,
    /// The zone of that and of the days; left out, that of the reports.
    pub zone: Option<String>,
    /// Only these brands; left out, all.
    pub brands: Vec<String>,
    /// The language of its words: `en` or `nl`.
    pub language: String,
    /// Only what stands in these queues of the front office, as `BRAND/QUEUE`; left out, all. For the two kinds that
    /// are the front office's.
    pub queues: Vec<String>,
}

impl LetterConfig {
    /// The queues by brand and name.
    pub fn queues(&self) -> Vec<(String, String)> {
        let split = |q: &String| q.split_once('/').map(|(b, q)| (b.trim().to_owned(), q.trim().to_owned()));
        self.queues.iter().filter_map(split).collect()
    }
}

impl Default for LetterConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            to: Vec::new(),
            kind: LetterKind::default(),
            at: "07:30".to_owned(),
            zone: None,
            brands: Vec::new(),
            language: "en".to_owned(),
            queues: Vec::new(),
        }
    }
}
