//! The back door for programs: what people came round the back for, a day's list, and what is done about its lines.

use super::ask::{Call, JSON, Reply};
use super::figures::{Day, FormatWord, ReportQuery};
use super::office::Decided;
use super::problem::{Kind, Problem};
use crate::casework::yesterday::Line;
use crate::domain::time::Timestamp;
use crate::reports::Ask;
use crate::reports::office::{Sight, demand, yesterday};
use crate::reports::write::Format;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

const CSV: &str = "text/csv; charset=utf-8";

/// The failure-demand report; its members are those of `webcared report --kind failure-demand --format json`.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "FailureDemand")]
pub struct DemandShape(#[expect(dead_code, reason = "for its schema")] Map<String, Value>);

/// The list of a day; its members are those of `webcared report --kind yesterday --format json`.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "BackDoorDay")]
pub struct DayShape(#[expect(dead_code, reason = "for its schema")] Map<String, Value>);

/// Of which queue, and how it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DayQuery {
    /// The day, in the zone of the team; left out, yesterday.
    #[serde(default)]
    #[schemars(with = "Option<Day>")]
    pub day: Option<jiff::civil::Date>,
    /// Only this brand, by name.
    #[serde(default)]
    pub brand: Option<String>,
    /// Only this queue or supplier, by name.
    #[serde(default)]
    pub queue: Option<String>,
    /// How it is written.
    #[serde(default)]
    pub format: FormatWord,
}

/// What is done about a case of the list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineBody {
    /// Who sees to it: a login or a team, at most 60 characters.
    #[serde(default)]
    pub owner: String,
    /// What they do, at most 500 characters.
    #[serde(default)]
    pub action: String,
    /// By which day.
    #[serde(default)]
    #[schemars(with = "Option<Day>")]
    pub due: Option<jiff::civil::Date>,
}

impl Call {
    /// The first instant of a day in the zone of the team.
    pub(super) fn begin(&self, day: jiff::civil::Date, name: &str) -> Result<Timestamp, Problem> {
        let what = "no day that our calendar reaches";
        day.to_zoned(self.api.zone.clone())
            .map(|z| Timestamp(z.timestamp().as_millisecond()))
            .map_err(|_| Problem::new(Kind::Request, format!("{name}: {what}")).by(name, what))
    }

    /// What a query asks for: its days and brands, never none.
    pub(super) fn asked_for(&self, asked: &ReportQuery) -> Result<Ask, Problem> {
        let bad =
            |name: &str, what: &str| Problem::new(Kind::Request, format!("{name}: {what}")).by(name, what);
        if asked.to < asked.from {
            return Err(bad("to", "it lies before 'from'"));
        }
        let after = asked.to.saturating_add(jiff::Span::new().days(1));
        let brands = self.chosen(asked.brand.as_ref())?;
        // An empty list would mean every brand, also those behind a wall.
        if brands.is_empty() {
            return Err(bad("brand", "there is none that this token sees"));
        }
        Ok(Ask {
            from: self.begin(asked.from, "from")?,
            to: self.begin(after, "to")?,
            brands: brands.into_iter().map(|b| b.id).collect(),
            zone: self.api.zone.clone(),
        })
    }
}

/// A file or an object, as it was asked for.
pub(super) const fn written(body: String, format: FormatWord) -> Reply {
    let media = match format {
        FormatWord::Json => JSON,
        FormatWord::Csv => CSV,
    };
    Reply { status: 200, body, media, version: None, kept: false }
}

/// `GET /reports/failure-demand`.
pub async fn failure_demand(call: Call) -> Result<Reply, Problem> {
    let asked: ReportQuery = call.query()?;
    let ask = call.asked_for(&asked)?;
    let made = demand::report(&call.api.db, &ask, &Sight::All).await?;
    let format = match asked.format {
        FormatWord::Json => Format::Json,
        FormatWord::Csv => Format::Csv,
    };
    Ok(written(demand::write(&made, format), asked.format))
}

/// `GET /back-door/days`.
pub async fn day(call: Call) -> Result<Reply, Problem> {
    let asked: DayQuery = call.query()?;
    let now = call.api.clock.now();
    let today =
        jiff::Timestamp::from_millisecond(now.millis()).map(|t| t.to_zoned(call.api.zone.clone()).date());
    let yesterday = || today.ok().and_then(|t| t.yesterday().ok()).unwrap_or_default();
    let day = asked.day.unwrap_or_else(yesterday);
    let after = day.saturating_add(jiff::Span::new().days(1));
    let span = (call.begin(day, "day")?, call.begin(after, "day")?);
    let brands = call.chosen(asked.brand.as_ref())?;
    let sight = asked.queue.map_or(Sight::All, |queue| {
        Sight::Queues(brands.iter().map(|b| (b.brand.name.clone(), queue.clone())).collect())
    });
    let ids: Vec<String> = brands.into_iter().map(|b| b.id).collect();
    let made = yesterday::report(&call.api.db, &ids, span, &sight, now).await?;
    match asked.format {
        FormatWord::Csv => Ok(written(yesterday::csv(&made), FormatWord::Csv)),
        FormatWord::Json => Reply::json(&made),
    }
}

/// `POST /back-door/cases/{case}`.
pub async fn say(call: Call) -> Result<Reply, Problem> {
    let (case, asked): (_, LineBody) = (call.case().await?, call.body()?);
    let due_day = asked.due.map(|d| d.to_string()).unwrap_or_default();
    let line = Line { owner: asked.owner, action: asked.action, due_day };
    call.casework().say_line((&case.brand_id, &case.id), &line, &call.actor()).await?;
    Reply::json(&Decided { decided: true })
}
