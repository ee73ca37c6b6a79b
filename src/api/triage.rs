//! How triage does for each brand, by what people corrected and checked.

use super::ask::{Call, Reply};
use super::problem::Problem;
use super::word::{At, at};
use crate::domain::correction::{level_from_code, share};
use crate::domain::judgement::Level;
use crate::domain::time::Span;
use crate::store::safety::{self, Confused, Turn};
use schemars::JsonSchema;
use serde::Serialize;

/// How far back is looked.
const BACK: Span = Span::days(90);

/// How often triage judged so and people found so.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TriageFound {
    /// The level that triage gave.
    pub judged: String,
    /// The level that holds.
    pub holds: String,
    /// Whether triage thought that it needs an answer.
    pub judged_needs_answer: bool,
    /// Whether it does.
    pub needs_answer: bool,
    /// How many messages.
    pub messages: i64,
}

/// How triage does for a brand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TriageOf {
    /// The brand by name.
    pub brand: String,
    /// What people corrected or checked in the last ninety days.
    pub found: Vec<TriageFound>,
    /// How many of those that were thought to need no answer were drawn and looked at.
    pub checked: i64,
    /// How many of these needed one.
    pub missed: i64,
    /// The share of these in percent; none where nothing was looked at.
    pub missed_percent: Option<f64>,
    /// Whether what needs no answer leaves the main list.
    pub hides_no_answer: bool,
    /// From when on a lead may have it hidden.
    pub may_hide_from: Option<At>,
}

/// How triage does.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TriageAll {
    /// By brand.
    pub brands: Vec<TriageOf>,
}

fn found(c: &Confused) -> TriageFound {
    let judged = Level::from_number(c.judged);
    TriageFound {
        judged: judged.code().to_owned(),
        holds: level_from_code(&c.level).unwrap_or(judged).code().to_owned(),
        judged_needs_answer: c.judged_needs == 1,
        needs_answer: c.needs == "1",
        messages: c.n,
    }
}

/// `GET /triage`.
pub async fn read(call: Call) -> Result<Reply, Problem> {
    let (brands, now) = (call.brands(), call.api.clock.now());
    let read = call.api.db.read("reading how triage does", move |tx| {
        Box::pin(async move {
            let mut all = Vec::new();
            for watched in brands {
                let since = now.minus(BACK);
                let id = std::slice::from_ref(&watched.id);
                let (checked, missed) = safety::checked(tx, id, since, now.plus(Span(1))).await?;
                let born = safety::born(tx, &watched.id).await?;
                let turns = safety::turns(tx, &watched.id, 1).await?;
                all.push(TriageOf {
                    found: safety::confused(tx, &watched.id, since).await?.iter().map(found).collect(),
                    checked,
                    missed,
                    missed_percent: share(missed, checked).map(|(part, _, _)| part),
                    hides_no_answer: turns.first().is_some_and(Turn::hides),
                    may_hide_from: born.map(|b| at(watched.brand.safety.may_hide_from(b).millis())),
                    brand: watched.brand.name,
                });
            }
            Ok(all)
        })
    });
    Reply::json(&TriageAll { brands: read.await? })
}
