//! The begin and the end of a shift, by program: the briefing, its lines, what is left to the next shift.

use super::acts::Body;
use super::ask::{Call, Reply};
use super::pages;
use super::problem::Problem;
use super::shape::{Names, Who, names, who};
use super::word::{At, at};
use crate::casework::briefing::{self, Summary};
use crate::casework::{Act, ShiftAct};
use crate::domain::ids::BriefingId;
use crate::domain::judgement::Level;
use crate::duty;
use crate::store::answer;
use crate::store::briefing::{self as store, LineRow, NoteRow, SummaryRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of which brand.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BriefingQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
}

/// Which page of the summaries.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SummariesQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
}

/// A line of the briefing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// The words.
    pub text: String,
    /// Until when it is told.
    pub until: At,
    /// Who wrote it.
    pub written_by: Who,
    /// Who approved it; nobody while it waits for a lead.
    pub approved_by: Option<Who>,
}

/// A case in few words.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShortCase {
    /// Its number.
    pub number: i64,
    /// `P1` to `P5`.
    pub level: String,
    /// When it is due.
    pub due: Option<At>,
}

/// A promise that is due.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DuePromise {
    /// The number of its case.
    pub number: i64,
    /// Until when.
    pub due: At,
}

/// What somebody left to the next shift.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Note {
    /// The words.
    pub text: String,
    /// When.
    pub at: At,
    /// Who.
    pub by: Who,
}

/// How many are open of a level.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OpenOf {
    /// `P1` to `P5`.
    pub level: String,
    /// How many.
    pub open: i64,
    /// How many of them are late.
    pub late: i64,
    /// How many of them nobody has.
    pub unclaimed: i64,
}

/// What was open when a shift changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShiftSummary {
    /// Its id.
    pub id: String,
    /// The brand by name.
    pub brand: String,
    /// When the shift changed.
    pub at: At,
    /// Who made it; nobody where it was made by itself.
    pub made_by: Option<Who>,
    /// By level.
    pub open: Vec<OpenOf>,
    /// The cases with the greatest risk.
    pub risk: Vec<ShortCase>,
    /// The promises that were due next.
    pub promises: Vec<DuePromise>,
    /// The numbers of cases whose private talk was open.
    pub private_talks: Vec<i64>,
    /// The numbers of cases that were late in the shift before.
    pub late: Vec<i64>,
}

/// The briefing of one brand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OneBriefing {
    /// The brand by name.
    pub brand: String,
    /// The lines that are approved.
    pub lines: Vec<Line>,
    /// The lines that wait for a lead; told to leads only.
    pub waiting: Vec<Line>,
    /// The numbers of incidents that run.
    pub incidents: Vec<i64>,
    /// What is planned, or a crisis, with its words.
    pub peaks: Vec<String>,
    /// Promises that are due in the shift of who asks, or within eight hours.
    pub promises: Vec<DuePromise>,
    /// P1 and P2 that are open.
    pub urgent: Vec<ShortCase>,
    /// What was left to the next shift within a day, the latest first.
    pub notes: Vec<Note>,
    /// What was open when the shift changed last.
    pub summary: Option<ShiftSummary>,
}

/// The briefing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Briefings {
    /// By brand.
    pub brands: Vec<OneBriefing>,
}

/// Summaries of shifts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summaries {
    /// The latest first, at most 50.
    pub summaries: Vec<ShiftSummary>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// A line to be told at the begin of shifts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineBody {
    /// The brand by name.
    pub brand: String,
    /// The words.
    pub text: String,
    /// Until when it is told; at most 31 days ahead.
    pub until: At,
    /// Whether it is approved at once; otherwise it waits for a lead.
    #[serde(default)]
    pub approve: bool,
}

/// What is left to the next shift.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverBody {
    /// The brand by name.
    pub brand: String,
    /// A line for the next shift; may be empty where a summary is made.
    #[serde(default)]
    pub note: String,
    /// Whether a summary of what is open is made now.
    #[serde(default)]
    pub summary: bool,
}

/// Says that an offered case is not for whoever asks: it is offered wider at once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineOfferBody {}

impl Body for DeclineOfferBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Shift(ShiftAct::Decline))
    }
}

/// Keeps a case over the end of one's shift, where that is asked.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepBody {}

impl Body for KeepBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Shift(ShiftAct::Keep))
    }
}

fn level(number: i64) -> String {
    Level::from_number(number).code().to_owned()
}

fn line((row, text): (LineRow, String), names: &Names) -> Line {
    Line {
        text,
        until: at(row.until_at),
        written_by: who(&row.written_by, names),
        approved_by: row.approved_by.as_deref().map(|by| who(by, names)),
        id: row.id,
    }
}

fn summary(row: &SummaryRow, brand: &str, names: &Names) -> ShiftSummary {
    let sum = Summary::of(row);
    ShiftSummary {
        id: row.id.clone(),
        brand: brand.to_owned(),
        at: at(row.at),
        made_by: Some(row.made_by.as_str()).filter(|by| !by.is_empty()).map(|by| who(by, names)),
        open: sum
            .open
            .iter()
            .map(|(n, open, late, unclaimed)| OpenOf {
                level: level(*n),
                open: *open,
                late: *late,
                unclaimed: *unclaimed,
            })
            .collect(),
        risk: sum
            .risk
            .iter()
            .map(|c| ShortCase { number: c.number, level: level(c.level), due: c.due.map(at) })
            .collect(),
        promises: sum.promises.iter().map(|(n, due)| DuePromise { number: *n, due: at(*due) }).collect(),
        private_talks: sum.talks,
        late: sum.late,
    }
}

async fn told(call: &Call, brand: Option<&String>) -> Result<Reply, Problem> {
    let (brands, now, me) = (call.chosen(brand)?, call.api.clock.now(), call.bearer.person.to_string());
    // What no lead has approved is nobody else's to read, here as in the console.
    let lead = call.actor().lead;
    let read = call.api.db.read("reading the briefing", move |tx| {
        Box::pin(async move {
            let names = names(tx).await?;
            let on = duty::on_at(tx, now).await?;
            let until = on.iter().find(|o| o.present.person == me).map(|o| o.present.until);
            let mut all = Vec::new();
            for brand in &brands {
                let mut b = briefing::read(tx, &brand.id, until, now).await?;
                b.waiting.retain(|_| lead);
                let name = &brand.brand.name;
                let note = |(row, text): (NoteRow, String)| Note {
                    text,
                    at: at(row.at),
                    by: who(&row.made_by, &names),
                };
                all.push(OneBriefing {
                    brand: name.clone(),
                    lines: b.lines.into_iter().map(|l| line(l, &names)).collect(),
                    waiting: b.waiting.into_iter().map(|l| line(l, &names)).collect(),
                    incidents: b.incidents.iter().map(|i| i.number).collect(),
                    peaks: b.peaks.into_iter().map(|(_, title)| title).collect(),
                    promises: b
                        .promises
                        .iter()
                        .map(|p| DuePromise { number: p.number, due: at(p.due_at) })
                        .collect(),
                    urgent: b
                        .urgent
                        .iter()
                        .map(|c| ShortCase { number: c.number, level: level(c.level), due: c.due_at.map(at) })
                        .collect(),
                    notes: b.notes.into_iter().map(note).collect(),
                    summary: b.summary.as_ref().map(|s| summary(s, name, &names)),
                });
            }
            Ok(Briefings { brands: all })
        })
    });
    Reply::json(&read.await?)
}

/// `GET /briefing`.
pub async fn read(call: Call) -> Result<Reply, Problem> {
    let asked: BriefingQuery = call.query()?;
    told(&call, asked.brand.as_ref()).await
}

/// `GET /briefing/lines/{briefing}`. What no lead has approved is there for leads only.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let id = BriefingId::parse(call.part("briefing")).map_err(|_| Problem::not_found())?.to_string();
    let (brands, lead, now) = (call.brands(), call.actor().lead, call.api.clock.now());
    let read = call.api.db.read("reading a line of the briefing", move |tx| {
        Box::pin(async move {
            let names = names(tx).await?;
            for brand in &brands {
                let Some(row) = store::line(tx, &brand.id, &id).await? else { continue };
                let over = row.ended_at.is_some() || row.until_at <= now.millis();
                if over || (row.approved_at.is_none() && !lead) {
                    return Ok(None);
                }
                let words = answer::contents(tx, &[store::content_id(&row.id)]).await?;
                let text = words.into_iter().next().map(|(_, text)| text).unwrap_or_default();
                return Ok(Some(line((row, text), &names)));
            }
            Ok(None)
        })
    });
    let told: Line = read.await?.ok_or_else(Problem::not_found)?;
    Reply::json(&told)
}

/// `POST /briefing/lines`.
pub async fn write(call: Call) -> Result<Reply, Problem> {
    let body: LineBody = call.body()?;
    let (brand_id, brand) = call.named_brand(&body.brand)?;
    let text = body.text.replace("\r\n", "\n");
    call.casework().write_line(&brand_id, (&text, Some(body.until.0)), body.approve, &call.actor()).await?;
    told(&call, Some(&brand)).await
}

async fn decide(call: Call, approve: bool) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let id = BriefingId::parse(call.part("briefing")).map_err(|_| Problem::not_found())?.to_string();
    let (brands, looked) = (call.brands(), id.clone());
    let read = call.api.db.read("looking for a line", move |tx| {
        Box::pin(async move {
            for brand in brands {
                if store::line(tx, &brand.id, &looked).await?.is_some() {
                    return Ok(Some((brand.id, brand.brand.name)));
                }
            }
            Ok(None)
        })
    });
    let (brand_id, brand) = read.await?.ok_or_else(Problem::not_found)?;
    call.casework().decide_line(&brand_id, &id, approve, &call.actor()).await?;
    told(&call, Some(&brand)).await
}

/// `POST /briefing/lines/{briefing}/approve`.
pub async fn approve(call: Call) -> Result<Reply, Problem> {
    decide(call, true).await
}

/// `POST /briefing/lines/{briefing}/end`.
pub async fn end(call: Call) -> Result<Reply, Problem> {
    decide(call, false).await
}

/// Most summaries on a page.
const LISTED: usize = 50;

async fn summaries_of(
    call: &Call,
    brand: Option<&String>,
    (from, behind): pages::Place,
) -> Result<Reply, Problem> {
    let brands = call.chosen(brand)?;
    let read = call.api.db.read("listing summaries of shifts", move |tx| {
        Box::pin(async move {
            let names = names(tx).await?;
            let mut all = Vec::new();
            for brand in &brands {
                let rows = store::summaries(tx, &brand.id, (from, &behind), pages::one_more(LISTED)).await?;
                all.extend(rows.into_iter().map(|row| (row, brand.brand.name.as_str())));
            }
            all.sort_by(|(a, _), (b, _)| (b.at, &b.id).cmp(&(a.at, &a.id)));
            let (page, next) = pages::behind(all, LISTED, |(row, _)| (row.at, row.id.clone()));
            let summaries = page.iter().map(|(row, brand)| summary(row, brand, &names)).collect();
            Ok(Summaries { summaries, next })
        })
    });
    Reply::json(&read.await?)
}

/// `GET /shift-summaries`.
pub async fn summaries(call: Call) -> Result<Reply, Problem> {
    let asked: SummariesQuery = call.query()?;
    let from = pages::place(asked.cursor.as_deref())?;
    summaries_of(&call, asked.brand.as_ref(), from).await
}

/// `POST /shift-summaries`.
pub async fn hand_over(call: Call) -> Result<Reply, Problem> {
    let body: HandOverBody = call.body()?;
    let (brand_id, brand) = call.named_brand(&body.brand)?;
    let note = body.note.replace("\r\n", "\n");
    call.casework().hand_over(&brand_id, (&note, body.summary), &call.actor()).await?;
    summaries_of(&call, Some(&brand), pages::place(None)?).await
}
