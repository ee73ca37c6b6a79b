//! The language of what a command prints for people.

use clap::ValueEnum;

/// The language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportLanguage {
    /// English
    #[default]
    En,
    /// Dutch
    Nl,
}
