//! Figures about staff for programs, as far as `report.staff_figures` lets them be told: the same that the console shows.

use super::ahead::today;
use super::ask::{Call, Reply};
use super::back_door::written;
use super::figures::{Day, FormatWord, ReportQuery};
use super::problem::Problem;
use crate::domain::role::Right;
use crate::domain::staff::{Line, StaffFigures};
use crate::reports::staff::{Days, csv, told};
use crate::store::team as store;
use crate::tokens::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of which days. Of all brands that the token sees, as on the console: what a few people did for one brand could be told
/// by taking the others away from the whole.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffQuery {
    /// The first day, in the zone of the team.
    #[schemars(with = "Day")]
    pub from: jiff::civil::Date,
    /// The last day.
    #[schemars(with = "Day")]
    pub to: jiff::civil::Date,
    /// How it is written.
    #[serde(default)]
    pub format: FormatWord,
}

/// The figures of a group or a person.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StaffLine {
    /// A role, a name, or empty for roles that are merged.
    pub name: String,
    /// How many people stand behind it.
    pub people: usize,
    /// Answers given.
    pub answers: i64,
    /// Promised answers in time.
    pub kept: i64,
    /// Promised answers late.
    pub late: i64,
    /// In time of those that were promised; none where none were.
    pub on_time_percent: Option<f64>,
}

/// What is told of staff.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StaffReport {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// By role; none where fewer than five people worked, or six where people are told their own, of days that are no
    /// whole month that is over, and of some of the brands that the person sees.
    pub team: Vec<StaffLine>,
    /// Those of whom the token acts for; none where they did nothing or are not told.
    pub mine: Option<StaffLine>,
    /// By name, in the order of the names; only for tokens with the scope `lead`, and only where that is switched on.
    pub named: Vec<StaffLine>,
}

fn line(l: Line) -> StaffLine {
    StaffLine {
        name: l.name,
        people: l.people,
        answers: l.answers,
        kept: l.kept,
        late: l.late,
        on_time_percent: l.on_time_percent,
    }
}

/// `GET /reports/staff`.
pub async fn report(call: Call) -> Result<Reply, Problem> {
    let level = call.api.modules.staff;
    if level == StaffFigures::None {
        return Err(Problem::not_found());
    }
    let StaffQuery { from, to, format } = call.query()?;
    let asked = ReportQuery { from, to, brand: None, format };
    let ask = call.asked_for(&asked)?;
    let of = ask.brands.clone();
    let read = call.api.db.read("counting what the team did", move |tx| {
        Box::pin(async move { store::did(tx, &ask.brands, (ask.from, ask.to)).await })
    });
    let all = read.await?;
    let lead = call.bearer.has(Scope::Lead) && call.bearer.role.may(Right::Steer);
    let me = call.bearer.person.to_string();
    // One brand taken from all would tell of those that are left.
    let known = call.api.catalogue.get();
    let every_brand =
        known.brands.iter().filter(|b| call.bearer.walls.let_see(&b.id)).all(|b| of.contains(&b.id));
    let days = Days { from: asked.from, to: asked.to, today: today(&call), every_brand };
    let made = told(&all, level, (me.as_str(), lead), days);
    // Names of colleagues leave the house with it.
    if !made.named.is_empty() {
        call.casework().note_staff_taken(&of, &call.actor()).await?;
    }
    if asked.format == FormatWord::Csv {
        return Ok(written(csv(&made), asked.format));
    }
    let lines = |all: Vec<Line>| all.into_iter().map(line).collect();
    Reply::json(&StaffReport {
        from: made.from,
        to: made.to,
        team: lines(made.team),
        mine: made.mine.map(line),
        named: lines(made.named),
    })
}
