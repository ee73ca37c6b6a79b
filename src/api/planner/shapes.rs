//! What is told of the planner, and what is sent.

use crate::api::figures::Day;
use crate::api::word::{At, LanguageWord};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stretch.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Piece {
    /// First instant.
    pub from: At,
    /// First instant no longer in it.
    pub until: At,
}

/// One day of a shift.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlannedShift {
    /// The shift, by id.
    pub shift: String,
    /// The day on which it begins.
    #[schemars(with = "Day")]
    pub day: String,
    /// Whose it is, by id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// As planned: first instant.
    pub from: At,
    /// First instant no longer in it.
    pub until: At,
    /// What is left of it beside absences.
    pub pieces: Vec<Piece>,
    /// `agent`, `lead`, `guest` or `newcomer`.
    pub role: String,
    /// The languages; none means all.
    pub languages: Vec<String>,
    /// The sectors; none means all.
    pub sectors: Vec<String>,
    /// The name of a newcomer's buddy.
    pub buddy: Option<String>,
    /// Who had it before swaps, by name.
    pub before: Vec<String>,
    /// Whether it was taken out on this day.
    pub cancelled: bool,
    /// The version of the shift, as a change of it names it.
    pub version: i64,
}

/// The plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Shifts {
    /// By time.
    pub shifts: Vec<PlannedShift>,
}

/// A shift as it is planned: the rhythm that its days come of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShiftShape {
    /// Its id.
    pub shift: String,
    /// Whose it is, by id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// `agent`, `lead`, `guest` or `newcomer`.
    pub role: String,
    /// The name of a newcomer's buddy.
    pub buddy: Option<String>,
    /// The languages; none means all.
    pub languages: Vec<String>,
    /// The sectors; none means all.
    pub sectors: Vec<String>,
    /// The first day.
    #[schemars(with = "Day")]
    pub first: String,
    /// The last day on which it may begin; none goes on.
    #[schemars(with = "Option<Day>")]
    pub last: Option<String>,
    /// When it begins, such as `09:00`.
    pub from: String,
    /// When it ends; not after the beginning is on the next day.
    pub until: String,
    /// Every how many weeks.
    pub every_weeks: i64,
    /// On which days of the week: `mon` to `sun`.
    pub weekdays: Vec<String>,
    /// Days that were taken out.
    #[schemars(with = "Vec<Day>")]
    pub except: Vec<String>,
    /// Its version, as a change of it names it.
    pub version: i64,
}

/// Of which days.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SpanQuery {
    /// From when; left out, from now.
    pub from: Option<At>,
    /// Until when, at most 100 days later; left out, a week later.
    pub to: Option<At>,
}

/// A shift to be planned.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftBody {
    /// Who, by login or id.
    pub person: String,
    /// `agent`, `lead`, `guest` or `newcomer`; left out, `agent`.
    #[serde(default)]
    pub role: Option<String>,
    /// A newcomer's buddy, by login or id.
    #[serde(default)]
    pub buddy: Option<String>,
    /// The languages; left out, all.
    #[serde(default)]
    pub languages: Vec<LanguageWord>,
    /// The sectors by name; left out, all.
    #[serde(default)]
    pub sectors: Vec<String>,
    /// The first day, in the zone of the team.
    #[schemars(with = "Day")]
    pub first: Date,
    /// The last day on which it may begin; left out, it goes on.
    #[serde(default)]
    #[schemars(with = "Option<Day>")]
    pub last: Option<Date>,
    /// When it begins, such as `09:00`.
    pub from: String,
    /// When it ends; not after the beginning is on the next day.
    pub until: String,
    /// Every how many weeks; left out, on the first day only.
    #[serde(default)]
    pub every_weeks: Option<u8>,
    /// On which days of the week: `mon` to `sun`; left out, that of the first day.
    #[serde(default)]
    pub weekdays: Vec<String>,
}

/// Something that was made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MadeOne {
    /// Its id.
    pub id: String,
}

/// What a shift is to be from a day on; all of it, for what is left out is nobody or all.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeShiftBody {
    /// The version that was seen.
    pub version: i64,
    /// From which day on: one that is ahead and on which the shift begins.
    #[schemars(with = "Day")]
    pub day: Date,
    /// Whether it is for that day alone.
    #[serde(default)]
    pub only: bool,
    /// Who, by login or id.
    pub person: String,
    /// `agent`, `lead`, `guest` or `newcomer`; left out, `agent`.
    #[serde(default)]
    pub role: Option<String>,
    /// A newcomer's buddy, by login or id.
    #[serde(default)]
    pub buddy: Option<String>,
    /// The languages; left out, all.
    #[serde(default)]
    pub languages: Vec<LanguageWord>,
    /// The sectors by name; left out, all.
    #[serde(default)]
    pub sectors: Vec<String>,
    /// When it begins, such as `09:00`.
    pub from: String,
    /// When it ends; not after the beginning is on the next day.
    pub until: String,
}

/// Ends a shift.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// The last day on which it takes place.
    #[schemars(with = "Day")]
    pub last: Date,
}

/// Takes one day out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkipBody {
    /// The day.
    #[schemars(with = "Day")]
    pub day: Date,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// `done`, or the state that something has now.
    pub state: String,
}

/// A swap.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SwapShape {
    /// Its id.
    pub id: String,
    /// The shift.
    pub shift: String,
    /// The day.
    #[schemars(with = "Day")]
    pub day: String,
    /// Who asks, by name.
    pub from: String,
    /// Who takes it, by name.
    pub to: Option<String>,
    /// `asked`, `taken`, `agreed`, `refused` or `withdrawn`.
    pub state: String,
    /// When it was asked.
    pub asked_at: At,
}

/// Swaps of the days ahead.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Swaps {
    /// By day.
    pub swaps: Vec<SwapShape>,
}

/// Asks for a swap.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwapBody {
    /// The shift.
    pub shift: String,
    /// The day.
    #[schemars(with = "Day")]
    pub day: Date,
}

/// Who is away.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AbsenceShape {
    /// Its id.
    pub id: String,
    /// Who, by id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// Why; only told to leads.
    pub kind: Option<String>,
    /// From when.
    pub from: At,
    /// Until when.
    pub until: At,
}

/// Absences.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Absences {
    /// By time.
    pub absences: Vec<AbsenceShape>,
}

/// Writes an absence down.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbsenceBody {
    /// Who, by login or id.
    pub person: String,
    /// `leave`, `sick`, `training` or `other`.
    pub kind: String,
    /// From when.
    pub from: At,
    /// Until when.
    pub until: At,
}

/// Where nobody is there any more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Open {
    /// The language; `any` where none is promised by name.
    pub language: String,
    /// First instant.
    pub from: At,
    /// First instant no longer in it.
    pub until: At,
}

/// What an absence leaves open.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UncoveredShape {
    /// The absence.
    pub id: String,
    /// What it takes out of shifts.
    pub shifts: Vec<Piece>,
    /// Where nobody is there any more while an answer is owed.
    pub gaps: Vec<Open>,
}

/// Of which quarter.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QuarterQuery {
    /// As `2026-Q4`; left out, this one.
    pub quarter: Option<String>,
}

/// What somebody served.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ServedShape {
    /// Who, by id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// How many days they owe.
    pub owes: i64,
    /// The full days on which they served.
    pub full: Vec<String>,
    /// Days on which they came for less.
    pub part: Vec<String>,
    /// Days that are planned.
    pub ahead: Vec<String>,
}

/// One day of a proposal.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProposedDay {
    /// The day.
    #[schemars(with = "Day")]
    pub day: String,
    /// Who, by name.
    pub name: String,
}

/// A proposal.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProposalShape {
    /// Its id.
    pub id: String,
    /// By day.
    pub days: Vec<ProposedDay>,
}

/// A quarter of support days.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct QuarterShape {
    /// As `2026-Q4`.
    pub quarter: String,
    /// Whether a plan of it was accepted.
    pub accepted: bool,
    /// The plan that waits for a lead.
    pub proposal: Option<ProposalShape>,
    /// Who served, by name.
    pub served: Vec<ServedShape>,
}

/// Proposes a quarter.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeBody {
    /// As `2026-Q4`.
    pub quarter: String,
}

/// Decides about a proposal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideBody {
    /// Whether its days become shifts.
    pub accept: bool,
}
