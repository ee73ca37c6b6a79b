//! What is given to customers, and formal complaints, by program.

use super::acts::Body;
use super::ask::{Call, JSON, Reply};
use super::figures::{FormatWord, ReportQuery};
use super::problem::Problem;
use super::shape::{Who, names, who};
use super::word::{At, at};
use crate::casework::{Act, ComplaintAct, GoodwillAct};
use crate::domain::complaint::Outcome;
use crate::domain::contact::ContactKind;
use crate::domain::goodwill::{GoodwillKind, amount, shown};
use crate::reports::{complaints, goodwill as figures};
use crate::store::{console, goodwill};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is given.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoodwillWord {
    /// A voucher.
    Voucher,
    /// Money back.
    Refund,
    /// Something free.
    Gift,
    /// A card, flowers, a friendly thing.
    Gesture,
}

/// Gives something to the customer. What is above the limit of the role waits for somebody who may.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    /// What.
    kind: GoodwillWord,
    /// How much in the brand's currency, such as `12.50`.
    #[schemars(regex(pattern = "^[0-9]{1,7}([.][0-9]{1,2})?$"))]
    amount: String,
    /// Why.
    reason: String,
}

impl Body for GrantBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        let kind = match self.kind {
            GoodwillWord::Voucher => GoodwillKind::Voucher,
            GoodwillWord::Refund => GoodwillKind::Refund,
            GoodwillWord::Gift => GoodwillKind::Gift,
            GoodwillWord::Gesture => GoodwillKind::Gesture,
        };
        // What cannot be read is refused like nothing at all.
        let micros = amount(&self.amount).unwrap_or(0);
        Ok(Act::Goodwill(GoodwillAct::Grant { kind, micros, why: self.reason }))
    }
}

/// Decides about what a colleague wants to give.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideBody {
    /// Whether it is given.
    goes: bool,
}

impl Body for DecideBody {
    fn act(self, call: &Call) -> Result<Act, Problem> {
        let id = call.part("goodwill").to_owned();
        Ok(Act::Goodwill(GoodwillAct::Decide { id, goes: self.goes }))
    }
}

/// Why.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBackBody {
    /// Why it was not given after all.
    reason: String,
}

impl Body for TakeBackBody {
    fn act(self, call: &Call) -> Result<Act, Problem> {
        let id = call.part("goodwill").to_owned();
        Ok(Act::Goodwill(GoodwillAct::TakeBack { id, why: self.reason }))
    }
}

/// Something that was given, or is asked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Given {
    /// Its id.
    pub id: String,
    /// `voucher`, `refund`, `gift` or `gesture`.
    pub kind: String,
    /// How much, `12.50`.
    pub amount: String,
    /// In what.
    pub currency: String,
    /// `granted`, `asked`, `refused` or `taken_back`.
    pub state: String,
    /// How much the role of who gave it might give; none for no limit.
    pub limit: Option<String>,
    /// Who gave it, or asked to.
    pub made_by: Who,
    /// When.
    pub made_at: At,
    /// Who approved, refused or took it back.
    pub decided_by: Option<Who>,
    /// When.
    pub decided_at: Option<At>,
}

/// What was given on a case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AllGiven {
    /// In its order.
    pub goodwill: Vec<Given>,
}

/// `GET /cases/{case}/goodwill`.
pub async fn given(call: Call) -> Result<Reply, Problem> {
    let at_case = call.case().await?;
    let read = call.api.db.read("reading what was given", move |tx| {
        Box::pin(async move {
            let Some(case) = console::case(tx, &at_case.brand_id, &at_case.id).await? else {
                return Ok(None);
            };
            let rows = goodwill::of_case(tx, &at_case.brand_id, &at_case.id).await?;
            Ok(Some((rows, names(tx).await?, case.version)))
        })
    });
    let (rows, names, version) = read.await?.ok_or_else(Problem::not_found)?;
    let one = |g: &goodwill::GoodwillRow| Given {
        id: g.id.clone(),
        kind: g.kind.clone(),
        amount: shown(g.micros),
        currency: g.currency.clone(),
        state: g.state.clone(),
        limit: g.limit_micros.map(shown),
        made_by: who(&g.made_by, &names),
        made_at: at(g.made_at),
        decided_by: g.decided_by.as_ref().map(|p| who(p, &names)),
        decided_at: g.decided_at.map(at),
    };
    Ok(Reply::json(&AllGiven { goodwill: rows.iter().map(one).collect() })?.of_version(version))
}

/// Figures of goodwill; its members are those of the part `goodwill` of a report.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "GoodwillFigures")]
pub struct FiguresShape(#[expect(dead_code, reason = "for its schema")] serde_json::Map<String, Value>);

/// The register of complaints; its members are those of the part `complaints` of a report.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "ComplaintRegister")]
pub struct RegisterShape(#[expect(dead_code, reason = "for its schema")] serde_json::Map<String, Value>);

fn csv(tables: &[Vec<Vec<String>>]) -> Reply {
    let cell = |text: &String| crate::reports::write::csv_cell(text);
    let line = |cells: &Vec<String>| cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n";
    let table = |rows: &Vec<Vec<String>>| rows.iter().map(line).collect::<String>();
    let body = tables.iter().map(table).collect::<Vec<_>>().join("\r\n");
    Reply { status: 200, body, media: "text/csv; charset=utf-8", version: None, kept: false }
}

fn json<T: Serialize>(made: &T) -> Result<Reply, Problem> {
    Ok(Reply { media: JSON, ..Reply::json(made)? })
}

/// `GET /goodwill`.
pub async fn goodwill_figures(call: Call) -> Result<Reply, Problem> {
    let asked: ReportQuery = call.query()?;
    let (ask, format) = (call.asked_for(&asked)?, asked.format);
    let read =
        call.api.db.read("counting goodwill", move |tx| Box::pin(async move { figures::of(tx, &ask).await }));
    let made = read.await?;
    match format {
        FormatWord::Json => json(&made),
        FormatWord::Csv => Ok(csv(&[figures::csv_rows(&made), figures::csv_cases(&made)])),
    }
}

/// `GET /complaints`.
pub async fn register(call: Call) -> Result<Reply, Problem> {
    let asked: ReportQuery = call.query()?;
    let (ask, format, now) = (call.asked_for(&asked)?, asked.format, call.api.clock.now());
    let read = call.api.db.read("reading the register of complaints", move |tx| {
        Box::pin(async move { complaints::of(tx, &ask, now).await })
    });
    let made = read.await?;
    match format {
        FormatWord::Json => json(&made),
        FormatWord::Csv => Ok(csv(&[complaints::csv_rows(&made)])),
    }
}

/// How a customer made contact outside of the channels that are read here.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactWord {
    /// They rang.
    Phone,
    /// They came to a shop.
    Shop,
    /// They wrote a letter.
    Letter,
    /// They filled in a form on the web.
    WebForm,
}

/// Writes down that the customer made contact elsewhere about this matter.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    /// How.
    kind: ContactWord,
    /// When.
    at: At,
    /// What was said.
    #[serde(default)]
    text: String,
}

impl Body for ContactBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        let kind = match self.kind {
            ContactWord::Phone => ContactKind::Phone,
            ContactWord::Shop => ContactKind::Shop,
            ContactWord::Letter => ContactKind::Letter,
            ContactWord::WebForm => ContactKind::WebForm,
        };
        Ok(Act::Contact { kind, at: self.at.0, text: self.text.replace("\r\n", "\n") })
    }
}

/// Says which sector a case is of.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SectorBody {
    /// The sector by its name, one of the brand's; an empty word says that it is of none.
    sector: String,
}

impl Body for SectorBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Sector { name: self.sector })
    }
}

/// Marks a case as a formal complaint.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MarkBody {
    /// When it was made; without a word when the customer last wrote.
    made: Option<At>,
}

impl Body for MarkBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Complaint(ComplaintAct::Mark { made: self.made.map(|at| at.0) }))
    }
}

/// The customer has our word that we have it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeBody {}

impl Body for AcknowledgeBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Complaint(ComplaintAct::Acknowledge))
    }
}

/// What is decided.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeWord {
    /// The customer is right.
    Upheld,
    /// In part.
    Partly,
    /// The customer is not right.
    NotUpheld,
    /// The customer took it back.
    Withdrawn,
}

/// Decides a complaint, or puts right what was decided.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeBody {
    /// What.
    outcome: OutcomeWord,
    /// Why.
    reason: String,
}

impl Body for OutcomeBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        let outcome = match self.outcome {
            OutcomeWord::Upheld => Outcome::Upheld,
            OutcomeWord::Partly => Outcome::Partly,
            OutcomeWord::NotUpheld => Outcome::NotUpheld,
            OutcomeWord::Withdrawn => Outcome::Withdrawn,
        };
        Ok(Act::Complaint(ComplaintAct::Decide { outcome, reason: self.reason }))
    }
}

/// It is no formal complaint after all.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnmarkBody {
    /// Why.
    reason: String,
}

impl Body for UnmarkBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Complaint(ComplaintAct::Unmark { reason: self.reason }))
    }
}
