//! The arguments of `report`.

use clap::{Args as Group, ValueEnum};

/// `report`.
#[derive(Clone, Debug, Group)]
pub struct ReportArgs {
    /// The first day, such as 2026-11-01, in the zone of report.zone
    #[arg(long, value_name = "DAY")]
    pub from: Option<jiff::civil::Date>,
    /// The last day, which counts too
    #[arg(long, value_name = "DAY")]
    pub to: Option<jiff::civil::Date>,
    /// The last whole day, week or month, as leads read it: beside the period before and last year
    #[arg(long, value_enum, conflicts_with_all = ["from", "to", "kind"])]
    pub period: Option<ReportPeriod>,
    /// What is told
    #[arg(long, value_enum, default_value_t)]
    pub kind: ReportKind,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// The language of texts and pages; JSON and CSV are for programs and the same in both
    #[arg(long, value_enum, default_value_t)]
    pub language: BuiltIn,
    /// Only this brand
    #[arg(long, value_name = "NAME")]
    pub brand: Option<String>,
}

/// A language that is built in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BuiltIn {
    /// English
    #[default]
    En,
    /// Dutch
    Nl,
}

/// The period of a report to leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportPeriod {
    /// Yesterday
    Daily,
    /// Last Monday to Sunday
    Weekly,
    /// Last month
    Monthly,
}

/// What a report tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportKind {
    /// The figures of webcare
    #[default]
    Figures,
    /// For the front office: what people came round the back for
    FailureDemand,
    /// The page of a Monday, of the last whole week: one screen, one decision
    Monday,
    /// For the front office: yesterday at the back door, or the day of --from
    Yesterday,
}

/// The form of what is told in lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LinesFormat {
    /// Lines for people
    #[default]
    Text,
    /// JSON
    Json,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// A table for people
    #[default]
    Text,
    /// JSON
    Json,
    /// Comma-separated values
    Csv,
    /// A page of its own
    Html,
}
