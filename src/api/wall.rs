//! The wallboard for programs: numbers alone.

use super::ask::{Call, Reply};
use super::problem::Problem;
use super::word::At;
use crate::reports::wall;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of what.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WallQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
}

/// Open cases of one level.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OfLevel {
    /// `P1` to `P5`.
    pub level: String,
    /// How many are open and need an answer.
    pub open: i64,
    /// Of these, how many are past their deadline.
    pub late: i64,
}

/// Open cases of one language.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OfLanguage {
    /// The language.
    pub language: String,
    /// How many are open and need an answer.
    pub open: i64,
    /// Of these, how many are past their deadline.
    pub late: i64,
    /// How many on duty read it.
    pub on_duty: usize,
    /// Three of four get an answer within about so many minutes; none where nobody can tell.
    pub expected_minutes: Option<i64>,
}

/// The wallboard.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Wall {
    /// The instant of which it is.
    pub at: At,
    /// The nearest deadline that has not passed.
    pub next_due: Option<At>,
    /// How many cases are open and need an answer.
    pub open: i64,
    /// Of these, how many are past their deadline.
    pub late: i64,
    /// Promised answers of today that were given in time.
    pub kept_today: i64,
    /// Promised answers that fell due today.
    pub due_today: i64,
    /// The share of these, in whole percent rounded down; none before anything fell due.
    pub on_time_percent: Option<i64>,
    /// How many people are on duty who see any of these brands.
    pub on_duty: usize,
    /// How many of the open ones are parked by the crisis switch.
    pub parked: i64,
    /// By level, P1 first.
    pub levels: Vec<OfLevel>,
    /// By language.
    pub languages: Vec<OfLanguage>,
}

/// `GET /wall`.
pub async fn read(call: Call) -> Result<Reply, Problem> {
    let asked: WallQuery = call.query()?;
    let brands = call.chosen(asked.brand.as_ref())?;
    if brands.is_empty() {
        return Err(Problem::not_found());
    }
    let (now, zone) = (call.api.clock.now(), call.api.zone.clone());
    let read = call.api.db.read("reading the wallboard", move |tx| {
        Box::pin(async move { wall::of(tx, &brands, now, &zone).await })
    });
    let wall = read.await?;
    let level = |(n, s): (usize, &wall::Standing)| OfLevel {
        level: format!("P{}", n + 1),
        open: s.open,
        late: s.late,
    };
    let language = |(code, tongue): (&String, &wall::Tongue)| OfLanguage {
        language: code.clone(),
        open: tongue.standing.open,
        late: tongue.standing.late,
        on_duty: tongue.on_duty,
        expected_minutes: tongue.expected_minutes,
    };
    Reply::json(&Wall {
        at: At(wall.at),
        next_due: wall.next_due.map(At),
        open: wall.all.open,
        late: wall.all.late,
        kept_today: wall.kept,
        due_today: wall.due,
        on_time_percent: wall.on_time_percent(),
        on_duty: wall.on_duty,
        parked: wall.parked,
        levels: wall.levels.iter().enumerate().map(level).collect(),
        languages: wall.languages.iter().map(language).collect(),
    })
}
