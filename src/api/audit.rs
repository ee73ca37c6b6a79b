//! Who did what, for programs of people who look after that: rows by number, the latest first.

use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use super::shape::{Who, names, who};
use super::word::{At, at};
use crate::store::audit::{self, AuditRow, Filter};
use crate::store::person;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most rows of a page.
const PAGE_MAX: i64 = 200;

/// What came of an act.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeWord {
    /// It was done.
    Done,
    /// It was not allowed.
    Refused,
}

/// Which rows.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditQuery {
    /// Only what this person did, by login.
    pub person: Option<String>,
    /// Only this act, or those that begin with the part before its dot, such as `case`.
    pub act: Option<String>,
    /// Only on this, by id.
    pub target: Option<String>,
    /// Only with this outcome.
    pub outcome: Option<OutcomeWord>,
    /// Only of this instant and later.
    pub from: Option<At>,
    /// Only before this instant.
    pub until: Option<At>,
    /// Where the page begins: `next` of the page before, with the same question.
    pub cursor: Option<String>,
    /// How many rows a page has, 1 to 200; without a word 200.
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<i64>,
}

/// One act.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditAct {
    /// Its number in the chain.
    pub number: i64,
    /// When.
    pub at: At,
    /// By which door: `command`, `console`, `api` or `chat`.
    pub via: String,
    /// Who; none where it was nobody by name.
    pub person: Option<Who>,
    /// By which token, by id; empty without one.
    pub token: String,
    /// What, such as `case.answer`.
    pub act: String,
    /// In which brand by name; empty where it was in none, or that is not watched any more.
    pub brand: String,
    /// On what, by id; may be empty.
    pub target: String,
    /// From which network; may be empty.
    pub from: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// The hash by which the next row holds it.
    pub hash: String,
}

/// Acts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditActs {
    /// The latest first.
    pub acts: Vec<AuditAct>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// `GET /audit`. Who sees some brands reads what was done in these.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let asked: AuditQuery = call.query()?;
    let limit = asked.limit.unwrap_or(PAGE_MAX);
    if !(1..=PAGE_MAX).contains(&limit) {
        let what = format!("allowed are 1 to {PAGE_MAX}");
        return Err(Problem::new(Kind::Request, format!("limit: {what}")).by("limit", what));
    }
    let before = match asked.cursor.as_deref().map(str::parse::<i64>) {
        None => 0,
        Some(Ok(number)) if number > 0 => number,
        Some(_) => {
            let what = "take it as it came";
            return Err(Problem::new(Kind::Request, format!("cursor: {what}")).by("cursor", what));
        }
    };
    let brands: Vec<(String, String)> = call.brands().into_iter().map(|b| (b.id, b.brand.name)).collect();
    let outcome = match asked.outcome {
        None => "",
        Some(OutcomeWord::Done) => crate::domain::audit::DONE,
        Some(OutcomeWord::Refused) => crate::domain::audit::REFUSED,
    };
    let mut wanted = Filter {
        person: String::new(),
        act: asked.act.unwrap_or_default(),
        target: asked.target.unwrap_or_default(),
        outcome: outcome.to_owned(),
        before,
        from: asked.from.map_or(0, |at| at.0.millis()),
        until: asked.until.map_or(0, |at| at.0.millis()),
        brands: (!call.bearer.is_unbounded()).then(|| brands.iter().map(|b| b.0.clone()).collect()),
    };
    let login = asked.person.map(|l| l.trim().to_lowercase());
    let read = call.api.db.read("reading the audit", move |tx| {
        Box::pin(async move {
            if let Some(login) = login {
                // Of somebody whom nobody knows there is nothing.
                let found = person::by_login(tx, &login).await?;
                wanted.person = found.map_or_else(|| "-".to_owned(), |p| p.id);
            }
            // One more than is shown tells whether there are more.
            Ok((audit::latest(tx, &wanted, limit + 1).await?, names(tx).await?))
        })
    });
    let (mut rows, names) = read.await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or_default());
    let next = rows.last().filter(|_| more).map(|r| r.number.to_string());
    let one = |r: AuditRow| AuditAct {
        number: r.number,
        at: at(r.at),
        via: r.via,
        person: (!r.person.is_empty()).then(|| who(&r.person, &names)),
        token: r.token,
        act: r.act,
        brand: brands.iter().find(|b| b.0 == r.brand).map(|b| b.1.clone()).unwrap_or_default(),
        target: r.target,
        from: r.source,
        outcome: r.outcome,
        hash: r.hash,
    };
    Reply::json(&AuditActs { acts: rows.into_iter().map(one).collect(), next })
}
