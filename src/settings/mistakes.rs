//! Mistakes in the settings: where each is, what was found, what is allowed.
//!
//! All of them are gathered before anything is said, so that nobody corrects one only to meet the
//! next. A mistake never holds a secret: texts from places where secrets stand are left out.

use super::tree::Origin;
use serde::Serialize;
use std::fmt;

/// One mistake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The file in which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, counted from 1; only where the file cannot be read as TOML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The variable of the environment, instead of a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The flag of the command line, instead of a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// The path of the setting, such as `brand[0].handles`; empty for the whole.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// The nearest thing that would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did_you_mean: Option<String>,
}

impl Mistake {
    /// A mistake in a setting; where it was written is added by [`Mistake::at`].
    pub(super) fn new(path: &str, found: impl Into<String>, allowed: impl Into<String>) -> Self {
        let (path, found, allowed) = (path.to_owned(), found.into(), allowed.into());
        Self { path, found, allowed, ..Self::default() }
    }

    /// Adds where it was written.
    pub(super) fn at(mut self, file: Option<&str>, origin: &Origin) -> Self {
        match origin {
            Origin::BuiltIn => self.file = file.map(str::to_owned),
            Origin::Line(line) => {
                self.file = file.map(str::to_owned);
                self.line = Some(*line);
            }
            Origin::Variable(name) => self.variable = Some(name.clone()),
            Origin::Flag(name) => self.flag = Some((*name).to_owned()),
        }
        self
    }

    /// Adds the nearest thing that would be right.
    pub(super) fn meaning(mut self, nearest: Option<String>) -> Self {
        self.did_you_mean = nearest;
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.variable.as_deref().or(self.flag.as_deref()).or(self.file.as_deref());
        if let Some(place) = place {
            f.write_str(place)?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, ":{number}")?;
            }
            f.write_str(": ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}; {}", self.found, self.allowed)?;
        self.did_you_mean.as_ref().map_or(Ok(()), |near| write!(f, " (did you mean '{near}'?)"))
    }
}

/// All mistakes of the settings, in the order in which they stand in the file; those of the
/// environment and the command line come after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistakes {
    /// Each in a line of its own.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Sorted by place, each once.
    pub(super) fn sorted(mut list: Vec<Mistake>) -> Self {
        list.sort_by_key(|m| (m.variable.is_some() || m.flag.is_some(), m.line, m.column));
        let mut once: Vec<Mistake> = Vec::new();
        for mistake in list {
            if !once.contains(&mistake) {
                once.push(mistake);
            }
        }
        Self(once)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// The nearest of `known` to `found`, if it is near enough to be meant.
pub(super) fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let found = found.to_lowercase();
    let by_distance =
        known.into_iter().map(|name| (strsim::damerau_levenshtein(&found, &name.to_lowercase()), name));
    let near_enough = found.chars().count().div_ceil(3).min(4);
    by_distance.min().filter(|(distance, _)| *distance <= near_enough).map(|(_, name)| name.to_owned())
}

/// What is allowed, as a list for people.
pub(super) fn listed<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = known.into_iter().collect();
    if names.is_empty() {
        "nothing is allowed here".to_owned()
    } else {
        format!("allowed: {}", names.join(", "))
    }
}

/// A text that was found, in quotes, cut if it is long, without what would upset a terminal.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let clean = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let shown: String = clean.take(SHOWN_MAX).collect();
    let cut = if text.chars().count() > SHOWN_MAX { "…" } else { "" };
    format!("'{shown}{cut}'")
}
