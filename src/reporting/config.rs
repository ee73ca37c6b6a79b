//! The settings of reports by mail: `[report.mail]`.

use crate::reports::period::Period;
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
}

impl LetterKind {
    /// The word in the settings.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Monday => "monday",
        }
    }

    /// The days that it tells of.
    pub const fn period(self) -> Period {
        match self {
            Self::Daily => Period::Daily,
            Self::Weekly | Self::Monday => Period::Weekly,
            Self::Monthly => Period::Monthly,
        }
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
        }
    }
}
