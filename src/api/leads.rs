//! What leads read, for programs: the report of a day, a week or a month with what stood before it.

use super::ask::{Call, Reply};
use super::back_door::written;
use super::figures::{Day, FormatWord};
use super::problem::{Kind, Problem};
use crate::reports::leads::{AskLeads, leads};
use crate::reports::leads_write::write;
use crate::reports::period::Period;
use crate::reports::write::Format;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A period of reports.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodWord {
    /// A day.
    #[default]
    Daily,
    /// A week, Monday to Sunday.
    Weekly,
    /// A month.
    Monthly,
}

/// Which period.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadsQuery {
    /// A day, a week or a month.
    #[serde(default)]
    pub period: PeriodWord,
    /// Its first day, in the zone of the team; left out, that of the last whole one.
    #[serde(default)]
    #[schemars(with = "Option<Day>")]
    pub day: Option<jiff::civil::Date>,
    /// Only this brand, by name.
    #[serde(default)]
    pub brand: Option<String>,
    /// How it is written.
    #[serde(default)]
    pub format: FormatWord,
}

/// A report to leads; its members are those of `webcared report --period weekly --format json`.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "LeadsReport")]
pub struct LeadsShape(#[expect(dead_code, reason = "for its schema")] Map<String, Value>);

impl PeriodWord {
    /// As reports take it.
    pub(super) const fn period(self) -> Period {
        match self {
            Self::Daily => Period::Daily,
            Self::Weekly => Period::Weekly,
            Self::Monthly => Period::Monthly,
        }
    }
}

impl Call {
    /// The period that is asked for, of the brands that the token sees, never none.
    pub(super) fn leads_asked(
        &self,
        period: Period,
        day: Option<jiff::civil::Date>,
        brand: Option<&String>,
    ) -> Result<AskLeads, Problem> {
        let bad =
            |name: &str, what: &str| Problem::new(Kind::Request, format!("{name}: {what}")).by(name, what);
        let brands: Vec<String> = self.chosen(brand)?.into_iter().map(|b| b.id).collect();
        // An empty list would mean every brand, also those behind a wall.
        if brands.is_empty() {
            return Err(bad("brand", "there is none that this token sees"));
        }
        let (zone, now) = (&self.api.zone, self.api.clock.now());
        let asked = AskLeads::last(period, brands, zone, now);
        let mut asked =
            asked.ok_or_else(|| bad("day", "there is no such day"))?.knowing(self.api.catalogue.get());
        if let Some(day) = day
            && !asked.begin_on(day)
        {
            return Err(bad("day", "no such period begins on it, or it is not over"));
        }
        Ok(asked)
    }
}

/// `GET /reports/leads`.
pub async fn report(call: Call) -> Result<Reply, Problem> {
    let asked: LeadsQuery = call.query()?;
    let ask = call.leads_asked(asked.period.period(), asked.day, asked.brand.as_ref())?;
    let made = leads(&call.api.db, &ask, call.api.clock.now()).await?;
    let format = match asked.format {
        FormatWord::Json => Format::Json,
        FormatWord::Csv => Format::Csv,
    };
    Ok(written(write(&made, format), asked.format))
}
