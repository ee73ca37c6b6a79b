//! What the platforms that charge were paid, month by month.

use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use crate::domain::money::{self, Stage};
use crate::domain::time::{Span, Timestamp};
use crate::reports::Ask;
use crate::reports::spending;
use crate::store::purse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of which month.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SpendingQuery {
    /// The month of UTC, such as `2026-11`; left out, the one that runs.
    #[schemars(regex(pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])$"))]
    pub month: Option<String>,
    /// Only this brand, by name.
    pub brand: Option<String>,
}

/// What was spent on one kind of call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SpentOn {
    /// The kind, as the platform's price list has it.
    pub unit: String,
    /// How many.
    pub units: i64,
    /// How much, as a decimal number.
    pub amount: String,
}

/// What a brand spent on one platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SpentBy {
    /// The platform.
    pub platform: String,
    /// The brand by name; empty where the source serves all of them.
    pub brand: String,
    /// The currency.
    pub currency: String,
    /// How much, as a decimal number; never below the platform's bill.
    pub amount: String,
    /// What may be spent in a month; none where nothing is said.
    pub budget: Option<String>,
    /// `calm`, `near` from 80 % on, `spent`: reading has stopped and answers go on.
    pub stage: &'static str,
    /// On what.
    pub units: Vec<SpentOn>,
}

/// What was spent in a month.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SpentInMonth {
    /// The month of UTC.
    pub month: String,
    /// By platform and brand; empty where no platform charges.
    pub spending: Vec<SpentBy>,
}

/// `GET /spending`.
pub async fn spending(call: Call) -> Result<Reply, Problem> {
    let asked: SpendingQuery = call.query()?;
    let brands = call.ids(asked.brand.as_ref())?;
    let month = asked.month.unwrap_or_else(|| money::month(call.api.clock.now()));
    let Some(from) = first_of(&month) else {
        let what = format!("month: '{month}' is none; it is written as 2026-11");
        return Err(Problem::new(Kind::Request, what).by("month", "it is written as 2026-11"));
    };
    let (to, of) = (money::month_end(from), month.clone());
    let ask = Ask { from, to, brands, zone: jiff::tz::TimeZone::UTC };
    let read = call.api.db.read("reading what was spent", move |tx| {
        Box::pin(async move { Ok((spending::of(tx, &ask).await?, purse::all(tx, &of).await?)) })
    });
    let (spent, purses) = read.await?;
    let one = |s: spending::Spending| {
        let budget =
            purses.iter().find(|p| p.platform == s.platform && p.brand == s.brand).and_then(|p| p.budget);
        let unit =
            |u: spending::OnUnit| SpentOn { unit: u.unit, units: u.units, amount: money::shown(u.micros) };
        SpentBy {
            amount: money::shown(s.micros),
            budget: budget.map(money::shown),
            stage: Stage::of(s.micros, budget).code(),
            units: s.units.into_iter().map(unit).collect(),
            platform: s.platform,
            brand: s.brand,
            currency: s.currency,
        }
    };
    Reply::json(&SpentInMonth { month, spending: spent.into_iter().map(one).collect() })
}

/// The first instant of a month that is written as `2026-11`.
fn first_of(month: &str) -> Option<Timestamp> {
    let plain = month.len() == 7
        && month.bytes().enumerate().all(|(at, b)| if at == 4 { b == b'-' } else { b.is_ascii_digit() });
    let first = plain.then(|| Timestamp::parse(&format!("{month}-01T00:00:00Z")).ok()).flatten()?;
    (money::month_end(first).since(first) >= Span::days(28)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_in_one_way() {
        assert_eq!(first_of("2026-12"), Timestamp::parse("2026-12-01T00:00:00Z").ok());
        for junk in ["2026-13", "2026-1", "2026-00", "26-11", "2026-11-01", "", "２０２６-11"] {
            assert_eq!(first_of(junk), None, "{junk}");
        }
    }
}
