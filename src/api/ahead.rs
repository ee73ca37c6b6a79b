//! What is to be expected, the page of a Monday and the ledger of helpers, for programs. The first and the last are
//! optional modules: where they are off there is none of them.

use super::ask::{Call, Reply};
use super::figures::Day;
use super::problem::{Kind, Problem};
use crate::domain::kudos::{self, Sum};
use crate::domain::time::Timestamp;
use crate::reports::forecast::{self, AskForecast};
use crate::reports::leads::AskLeads;
use crate::reports::monday;
use crate::reports::period::Period;
use crate::store::kudos::{self as store, LedgerRow};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest period of the ledger, in days.
const DAYS_MAX: i32 = 400;

/// Which brand.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BrandQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
}

/// A forecast; its members are those of `webcared forecast --format json`.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "Forecast")]
pub struct ForecastShape(#[expect(dead_code, reason = "for its schema")] serde_json::Map<String, Value>);

/// The page of a Monday; its members are those of `/reports/monday?format=json` of the console.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "Monday")]
pub struct MondayShape(#[expect(dead_code, reason = "for its schema")] serde_json::Map<String, Value>);

/// `GET /reports/forecast`.
pub async fn ahead(call: Call) -> Result<Reply, Problem> {
    let asked: BrandQuery = call.query()?;
    let brands = call.ids(asked.brand.as_ref())?;
    let (handling, patience) = call.api.modules.forecast.ok_or_else(Problem::not_found)?;
    let ask = AskForecast {
        catalogue: call.api.catalogue.get(),
        brands,
        zone: call.api.zone.clone(),
        weeks: 1,
        handling,
        patience,
    };
    Reply::json(&forecast::forecast(&call.api.db, &ask, call.api.clock.now()).await?)
}

/// Which week.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MondayQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
    /// A day of the week that is told of; without a word the last one that is over.
    #[schemars(with = "Option<Day>")]
    pub day: Option<Date>,
}

pub(super) fn today(call: &Call) -> Date {
    let now = jiff::Timestamp::from_millisecond(call.api.clock.now().millis()).unwrap_or_default();
    now.to_zoned(call.api.zone.clone()).date()
}

fn days(n: i32) -> jiff::Span {
    jiff::Span::new().try_days(n).unwrap_or_default()
}

/// `GET /reports/monday`.
pub async fn of_monday(call: Call) -> Result<Reply, Problem> {
    let asked: MondayQuery = call.query()?;
    let brands = call.ids(asked.brand.as_ref())?;
    let no_day = || {
        let what = "wanted is a day of a week that is over";
        Problem::new(Kind::Request, format!("day: {what}")).by("day", what)
    };
    let day = asked.day.map_or_else(|| today(&call).checked_sub(days(7)), Ok).map_err(|_| no_day())?;
    let first = kudos::monday(day);
    let after = first.checked_add(days(7)).map_err(|_| no_day())?;
    if after > today(&call) {
        return Err(no_day());
    }
    let ask = AskLeads {
        period: Period::Weekly,
        days: (first, after),
        brands,
        zone: call.api.zone.clone(),
        catalogue: Some(call.api.catalogue.get()),
    };
    let mut made = monday::monday(&call.api.db, &ask, call.api.clock.now()).await?;
    if asked.brand.is_none() {
        made.brands.clear();
    }
    Reply::json(&made)
}

/// Of which days.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HelpersQuery {
    /// The first day, in the zone of the team.
    #[schemars(with = "Day")]
    pub from: Date,
    /// The last day; at most 400 days later.
    #[schemars(with = "Day")]
    pub to: Date,
    /// Only this brand, by name.
    #[serde(default)]
    pub brand: Option<String>,
}

/// What a member did for others.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Helper {
    /// What the forum calls them.
    pub name: String,
    /// How many answers they gave, whatever these are worth.
    pub answers: i64,
    /// How many were marked as the solution and have points.
    pub accepted: i64,
    /// How many were well received and have points.
    pub liked: i64,
    /// How many a cap cut.
    pub capped: i64,
    /// How many count for nothing.
    pub void: i64,
    /// The points.
    pub points: i64,
}

/// The ledger of a period.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Helpers {
    /// Those with the most points first.
    pub helpers: Vec<Helper>,
}

/// `GET /reports/helpers`. Names leave the house with it, so it is written down, as the table that people take.
pub async fn helpers(call: Call) -> Result<Reply, Problem> {
    let asked: HelpersQuery = call.query()?;
    let brands = call.ids(asked.brand.as_ref())?;
    let rules = call.api.modules.helpers.ok_or_else(Problem::not_found)?;
    let wrong = |what: &str| Problem::new(Kind::Request, format!("to: {what}")).by("to", what);
    if asked.to < asked.from || asked.from.checked_add(days(DAYS_MAX)).is_ok_and(|last| last < asked.to) {
        return Err(wrong("wanted is a day not before 'from', and at most 400 days after it"));
    }
    let zone = call.api.zone.clone();
    let midnight = |day: Date| -> Result<Timestamp, Problem> {
        let at = day.to_zoned(zone.clone()).map_err(|_| wrong("it is too far away"))?;
        Ok(Timestamp(at.timestamp().as_millisecond()))
    };
    let next = asked.to.tomorrow().map_err(|_| wrong("it is too far away"))?;
    let (begin, end) = (midnight(asked.from)?, midnight(next)?);
    // To count a part of a week rightly, all answers of its weeks must be among them.
    let week = midnight(kudos::monday(asked.from))?;
    let ids = brands.clone();
    let read = call.api.db.read("reading the ledger of helpers", move |tx| {
        Box::pin(async move { store::ledger(tx, &ids, week, end).await })
    });
    let rows = read.await?;
    let answers: Vec<kudos::Answer> = rows.iter().map(LedgerRow::answer).collect();
    let sums = kudos::sums(&kudos::score(&answers, &rules, &zone), begin, end);
    let one = |(id, s): (&String, &Sum)| Helper {
        name: rows.iter().find(|r| r.helper_id == *id).map(LedgerRow::name).unwrap_or_default(),
        answers: s.answers,
        accepted: s.accepted,
        liked: s.liked,
        capped: s.capped,
        void: s.void,
        points: s.points,
    };
    let mut helpers: Vec<Helper> = sums.iter().map(one).collect();
    helpers.sort_by(|a, b| b.points.cmp(&a.points).then_with(|| a.name.cmp(&b.name)));
    call.casework().note_helpers_taken(&brands, &call.actor()).await?;
    Reply::json(&Helpers { helpers })
}
