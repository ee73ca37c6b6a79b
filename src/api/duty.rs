//! Duty: who is on, coming on and going off, and the hours ahead against what is promised.

use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use super::word::{At, LanguageWord};
use crate::domain::duty::Reach;
use crate::duty::{Coming, Duty, DutyError, OnDuty};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hours ahead that are told when none are asked for.
const HOURS: usize = 168;

/// Somebody on duty.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Present {
    /// Who, by id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// Since when.
    pub from: At,
    /// Until when.
    pub until: At,
    /// The languages that they read; none means all.
    pub languages: Vec<String>,
    /// The sectors that they take up; none means all.
    pub sectors: Vec<String>,
    /// `agent`, `lead`, `guest` or `newcomer`.
    pub role: String,
    /// The name of a newcomer's buddy.
    pub buddy: Option<String>,
    /// Whether that was planned; otherwise they said so.
    pub planned: bool,
}

/// Who is on duty.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Now {
    /// By name.
    pub on: Vec<Present>,
}

/// Coming on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OnBody {
    /// Until when; left out, the end of the brands' hours, or eight hours.
    pub until: Option<At>,
    /// The languages; left out, those of the last time.
    pub languages: Option<Vec<LanguageWord>>,
    /// The sectors by name; left out, all.
    pub sectors: Option<Vec<String>>,
}

/// What came of going off.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Off {
    /// Whether the person was on.
    pub was_on: bool,
}

/// How far ahead.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CoverageQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
    /// How many hours, from 1 to 336; left out, a week.
    pub hours: Option<u16>,
}

/// One hour.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Hour {
    /// Its first instant.
    pub from: At,
    /// Whether a clock of this language runs in it.
    pub open: bool,
    /// Fewest people on duty in it who read the language.
    pub people: usize,
    /// How many cases to answer came in such an hour of the week, in the mean of the last eight weeks that are known.
    pub expected: f64,
}

/// From when until when nobody is there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Gap {
    /// First instant.
    pub from: At,
    /// First instant no longer in it.
    pub until: At,
}

/// One language.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Language {
    /// The language by its code; `any` where no language is promised by name.
    pub language: String,
    /// The tightest promise of a first answer, in minutes.
    pub tightest_minutes: Option<i64>,
    /// Each hour ahead.
    pub hours: Vec<Hour>,
    /// Where nobody is there while somebody is owed an answer.
    pub gaps: Vec<Gap>,
}

/// The hours ahead.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Coverage {
    /// The first hour.
    pub from: At,
    /// Each language that is promised.
    pub languages: Vec<Language>,
}

impl Call {
    fn duty(&self) -> Duty {
        let parts = &self.api;
        Duty::new(parts.db.clone(), parts.clock.clone(), parts.mint.clone(), parts.catalogue.clone())
            .by(self.caller.clone())
    }
}

impl From<DutyError> for Problem {
    fn from(error: DutyError) -> Self {
        match error {
            DutyError::Store(error) => error.into(),
            DutyError::Refused(what) => Self::new(Kind::Refused, what),
            DutyError::Invalid { field, what } => {
                Self::new(Kind::Invalid, format!("{field}: {what}")).at(format!("/{field}"), what)
            }
        }
    }
}

fn present(on: OnDuty) -> Present {
    let p = on.present;
    Present {
        person: p.person,
        name: on.name,
        from: At(p.from),
        until: At(p.until),
        languages: p.reach.languages.iter().map(|l| l.code().to_owned()).collect(),
        sectors: p.reach.sectors,
        role: p.role.code().to_owned(),
        buddy: on.buddy,
        planned: p.planned,
    }
}

/// `GET /duty`.
pub async fn now(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let on = call.duty().now().await?;
    Reply::json(&Now { on: on.into_iter().map(present).collect() })
}

/// `POST /duty/on`.
pub async fn on(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let body: OnBody = call.body()?;
    let reach = (body.languages.is_some() || body.sectors.is_some()).then(|| Reach {
        languages: body.languages.unwrap_or_default().into_iter().map(|l| l.0).collect(),
        sectors: body.sectors.unwrap_or_default(),
    });
    let coming = Coming { until: body.until.map(|at| at.0), reach };
    let duty = call.duty();
    duty.on(call.bearer.person.as_str(), coming, "api").await?;
    let on = duty.now().await?;
    Reply::json(&Now { on: on.into_iter().map(present).collect() })
}

/// `POST /duty/off`.
pub async fn off(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let super::beside::Nothing {} = call.body()?;
    let was_on = call.duty().off(call.bearer.person.as_str(), "api").await?;
    Reply::json(&Off { was_on })
}

/// `GET /duty/coverage`.
pub async fn coverage(call: Call) -> Result<Reply, Problem> {
    let query: CoverageQuery = call.query()?;
    let hours = query.hours.map_or(HOURS, usize::from);
    if !(1..=2 * HOURS).contains(&hours) {
        let what = "allowed: 1 to 336";
        return Err(Problem::new(Kind::Request, format!("hours: {what}")).by("hours", what));
    }
    let brands: Vec<String> = call.chosen(query.brand.as_ref())?.into_iter().map(|b| b.id).collect();
    let cover = call.duty().cover(&brands, hours, &call.api.zone).await?;
    let languages = cover.languages.into_iter().map(|l| Language {
        language: l.name().to_owned(),
        tightest_minutes: l.tightest,
        hours: l
            .hours
            .into_iter()
            .map(|(h, expected)| Hour {
                from: At(h.from),
                open: h.open,
                people: h.people,
                expected: expected as f64 / 10.0,
            })
            .collect(),
        gaps: l.gaps.into_iter().map(|(from, until)| Gap { from: At(from), until: At(until) }).collect(),
    });
    Reply::json(&Coverage { from: At(cover.from), languages: languages.collect() })
}
