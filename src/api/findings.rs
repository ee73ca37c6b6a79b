//! Findings for programs: what makes cases, who can take it away, and what became of it.

use super::acts::Body;
use super::ask::{Call, Reply};
use super::office::Decided;
use super::pages::{self, PageQuery};
use super::problem::Problem;
use super::word::{At, at};
use crate::casework::Act;
use crate::domain::finding::{COMPARED, FindingState};
use crate::store::finding::{self, Counted, FindingRow};
use crate::store::{StoreError, Tx, answer, person};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most findings of a page.
const SHOWN_MAX: usize = 200;
/// Most cases that are listed with one.
const CASES_MAX: i64 = 500;

/// Raises a finding from a case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseBody {
    /// Who should take it away: a login, or a team by name.
    pub owner: String,
    /// What goes wrong; the first line is its title.
    pub text: String,
}

impl Body for RaiseBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::RaiseFinding { owner: self.owner, text: self.text.replace("\r\n", "\n") })
    }
}

/// Counts a case to a finding.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachBody {
    /// The finding, by its number.
    pub finding: i64,
}

impl Body for AttachBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::AttachFinding { number: self.finding })
    }
}

/// A finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Its id.
    pub id: String,
    /// Its short number.
    pub number: i64,
    /// The brand by name.
    pub brand: String,
    /// `open`, `accepted`, `fixed` or `declined`.
    pub state: String,
    /// Who should take it away.
    pub owner: String,
    /// What goes wrong; none where the words are gone.
    pub text: Option<String>,
    /// Who raised it, by login.
    pub raised_by: String,
    /// When.
    pub raised_at: At,
    /// When it was decided last.
    pub decided_at: Option<At>,
    /// How many cases it has.
    pub cases: i64,
    /// The cases, by number, at most 500.
    pub list: Vec<i64>,
    /// How many of its cases began in the four weeks before the decision.
    pub before: i64,
    /// How many in the four weeks after.
    pub after: i64,
    /// Counts up with every change; to be named in a decision.
    pub version: i64,
}

/// Findings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Findings {
    /// By brand, those still to be decided first, then the latest; at most 200.
    pub findings: Vec<Finding>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// `GET /findings`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let asked: PageQuery = call.query()?;
    // The brand, the rank of the last finding and its number.
    let from: Option<(String, i64, i64)> = pages::key(asked.cursor.as_deref())?;
    let brands: Vec<(String, String)> = call.brands().into_iter().map(|b| (b.id, b.brand.name)).collect();
    let brands = pages::from_part(brands, from.as_ref().map(|(brand, ..)| brand.as_str()), |(id, _)| id)?;
    let read = call.api.db.read("reading findings", move |tx| {
        Box::pin(async move {
            let logins = logins(tx).await?;
            let (mut all, mut found) = (Vec::new(), Vec::new());
            let mut behind = from.map(|(_, rank, number)| (rank, number));
            for (id, _) in &brands {
                let most = pages::rest(pages::one_more(SHOWN_MAX), found.len());
                found.extend(finding::of_brand(tx, id, behind.take(), most).await?);
            }
            let key = |f: &FindingRow| (f.brand_id.clone(), f.rank(), f.number);
            let (page, next) = pages::keyed(found, SHOWN_MAX, key);
            for (id, name) in brands {
                let rows: Vec<&FindingRow> = page.iter().filter(|f| f.brand_id == id).collect();
                if rows.is_empty() {
                    continue;
                }
                all.extend(shaped(tx, (&id, &name), &rows, &logins).await?);
            }
            Ok((all, next))
        })
    });
    let (findings, next) = read.await?;
    Reply::json(&Findings { findings, next })
}

/// `GET /findings/{finding}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let (brands, wanted) = (call.brands(), call.part("finding").to_owned());
    let read = call.api.db.read("reading a finding", move |tx| {
        Box::pin(async move {
            for brand in brands {
                let Some(row) = finding::look(tx, &brand.id, &wanted).await? else { continue };
                let logins = logins(tx).await?;
                let told = shaped(tx, (&brand.id, &brand.brand.name), &[&row], &logins).await?;
                return Ok(told.into_iter().next());
            }
            Ok(None)
        })
    });
    let finding = read.await?.ok_or_else(Problem::not_found)?;
    Ok(Reply::json(&finding)?.of_version(finding.version))
}

async fn logins(tx: &mut Tx) -> Result<HashMap<String, String>, StoreError> {
    Ok(person::all(tx).await?.into_iter().map(|p| (p.id, p.login)).collect())
}

/// Findings of a brand as they are told.
async fn shaped(
    tx: &mut Tx,
    (id, name): (&str, &str),
    rows: &[&FindingRow],
    logins: &HashMap<String, String>,
) -> Result<Vec<Finding>, StoreError> {
    let ids: Vec<String> = rows.iter().map(|f| f.id.clone()).collect();
    let counts = finding::counted(tx, id, &ids, COMPARED.millis()).await?;
    let contents: Vec<String> = rows.iter().map(|f| f.content_id()).collect();
    let words: HashMap<String, String> = answer::contents(tx, &contents).await?.into_iter().collect();
    let mut all = Vec::new();
    for row in rows {
        let cases = finding::cases_of(tx, id, &row.id, CASES_MAX).await?;
        let counted = counts.iter().find(|c| c.finding_id == row.id);
        let list = cases.into_iter().map(|(number, _)| number).collect();
        all.push(told(row, name.to_owned(), (counted, list), &words, logins));
    }
    Ok(all)
}

fn told(
    row: &FindingRow,
    brand: String,
    (counted, list): (Option<&Counted>, Vec<i64>),
    words: &HashMap<String, String>,
    logins: &HashMap<String, String>,
) -> Finding {
    Finding {
        id: row.id.clone(),
        number: row.number,
        brand,
        state: row.state.clone(),
        owner: row.owner.clone(),
        text: words.get(&row.content_id()).cloned(),
        raised_by: logins.get(&row.raised_by).cloned().unwrap_or_default(),
        raised_at: at(row.raised_at),
        decided_at: row.decided_at.map(at),
        cases: counted.map_or(0, |c| c.cases),
        list,
        before: counted.map_or(0, |c| c.before),
        after: counted.map_or(0, |c| c.after),
        version: row.version,
    }
}

/// What a finding becomes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateWord {
    /// Nobody has said anything to it.
    Open,
    /// Its owner will see to it.
    Accepted,
    /// It is taken away.
    Fixed,
    /// It stays as it is.
    Declined,
}

/// A decision about a finding.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideBody {
    /// What it becomes.
    pub state: StateWord,
    /// The version that was seen.
    pub version: i64,
}

/// `POST /findings/{finding}`.
pub async fn decide(call: Call) -> Result<Reply, Problem> {
    let body: DecideBody = call.body()?;
    let state = match body.state {
        StateWord::Open => FindingState::Open,
        StateWord::Accepted => FindingState::Accepted,
        StateWord::Fixed => FindingState::Fixed,
        StateWord::Declined => FindingState::Declined,
    };
    let (brands, wanted) = (call.brands(), call.part("finding").to_owned());
    let read = call.api.db.read("reading a finding", move |tx| {
        Box::pin(async move {
            for brand in brands {
                if finding::look(tx, &brand.id, &wanted).await?.is_some() {
                    return Ok(Some((brand.id, wanted)));
                }
            }
            Ok(None)
        })
    });
    let (brand_id, id) = read.await?.ok_or_else(Problem::not_found)?;
    call.casework().decide_finding((&brand_id, &id), body.version, state, &call.actor()).await?;
    Reply::json(&Decided { decided: true })
}
