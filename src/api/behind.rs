//! The cases behind a figure of a report to leads, a page at a time.

use super::ask::{Call, Reply};
use super::figures::Day;
use super::leads::PeriodWord;
use super::pages;
use super::problem::{Kind, Problem};
use crate::domain::clocks::ObligationKind;
use crate::reports::behind;
use crate::reports::leads::{AskLeads, DIMENSIONS};
use crate::store::leading::Span;
use crate::store::{case, leading_more};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most cases on a page.
const SHOWN_MAX: usize = 200;

/// Which figure of which period.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindQuery {
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
    /// The figure: a kind of promise such as `first_response`, `answers` for first and later ones together, or `begun`,
    /// `needing`, `open`, `late`, `soon`, `offered`, `opened`, `linked`, `given_back`, `changed_hands`, `left_to_members`,
    /// `solved_by_members`, `posted`, `found_late`, `bulk`, `holding`, `substantive`, `front_office`, `unregistered`,
    /// `first_time`, `came_again`, and where customers are asked `recommended`.
    pub kind: String,
    /// Of a kind of promise: those that were broken; otherwise those that were kept.
    #[serde(default)]
    pub late: bool,
    /// The dimension of the group: `brand`, `channel`, `language`, `level`, `sector`; left out, the whole.
    #[serde(default)]
    pub by: Option<String>,
    /// The group by name; wanted with `by`.
    #[serde(default)]
    pub name: Option<String>,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A case behind a figure.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CaseBehind {
    /// The case, by id.
    pub case: String,
    /// Its short number.
    pub number: i64,
    /// The brand by name.
    pub brand: String,
}

/// The cases behind a figure.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CasesBehind {
    /// By brand and number, at most 200.
    pub cases: Vec<CaseBehind>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// Whether a code is of a figure.
fn is_known(kind: &str) -> bool {
    behind::is_counted(kind) || kind == behind::ANSWERS || ObligationKind::from_code(kind).is_some()
}

/// Whether a word names no figure, or the group is not whole; with the place of the mistake.
fn wrong(asked: &BehindQuery, ask: &AskLeads) -> Option<Problem> {
    let bad =
        |name: &str, what: String| Problem::new(Kind::Request, format!("{name}: {what}")).by(name, what);
    let (kind, by) = (asked.kind.as_str(), asked.by.as_deref());
    let is_on = |kind: &&str| !behind::is_off(kind, ask);
    if !is_on(&kind) || !is_known(kind) {
        let counted: Vec<&str> =
            leading_more::WHATS.iter().chain(&behind::FOLLOWED).copied().filter(is_on).collect();
        let counted = counted.join(", ");
        return Some(bad(
            "kind",
            format!("allowed are kinds of promises, {} and {counted}", behind::ANSWERS),
        ));
    }
    if by.is_some_and(|by| !DIMENSIONS.contains(&by)) {
        return Some(bad("by", format!("allowed are {}", DIMENSIONS.join(", "))));
    }
    (by.is_some() != asked.name.is_some())
        .then(|| bad("name", "a group is named by 'by' and 'name'".to_owned()))
}

/// `GET /reports/cases`.
pub async fn cases(call: Call) -> Result<Reply, Problem> {
    let asked: BehindQuery = call.query()?;
    let ask = call.leads_asked(asked.period.period(), asked.day, asked.brand.as_ref())?;
    if let Some(problem) = wrong(&asked, &ask) {
        return Err(problem);
    }
    // The brand by name, and the short number.
    let last: Option<(String, i64)> = pages::key(asked.cursor.as_deref())?;
    let (now, most) = (call.api.clock.now(), pages::one_more(SHOWN_MAX));
    let brands: Vec<(String, String)> = call.brands().into_iter().map(|b| (b.id, b.brand.name)).collect();
    let read = call.api.db.read("reading the cases of a figure", move |tx| {
        Box::pin(async move {
            let Some((from, to)) = ask.span() else { return Ok((Vec::new(), None)) };
            let of = Span { brands: &ask.brands, from, to, now };
            let group = (asked.by.as_deref().unwrap_or("total"), asked.name.as_deref().unwrap_or_default());
            let behind = last.as_ref().map(|(brand, number)| (brand.as_str(), *number));
            let found = behind::cases(tx, of, group, (&asked.kind, asked.late), (behind, most)).await?;
            let (page, next) = pages::keyed(found, SHOWN_MAX, Clone::clone);
            let id_of = |brand: &str| brands.iter().find(|(_, name)| name == brand).map(|(id, _)| id.clone());
            let named: Vec<(String, i64)> =
                page.iter().filter_map(|(brand, number)| Some((id_of(brand)?, *number))).collect();
            let mut ids: HashMap<(String, i64), String> =
                case::by_numbers(tx, &named).await?.into_iter().map(|(b, n, id)| ((b, n), id)).collect();
            let cases = page.into_iter().filter_map(|(brand, number)| {
                let case = ids.remove(&(id_of(&brand)?, number))?;
                Some(CaseBehind { case, number, brand })
            });
            Ok((cases.collect::<Vec<_>>(), next))
        })
    });
    let (cases, next) = read.await?;
    Reply::json(&CasesBehind { cases, next })
}
