//! Incidents and words for many, by program: the rights and walls are those of the console.

use super::ask::{Call, Reply};
use super::pages;
use super::problem::{Kind, Problem};
use super::shape::{Names, Who, names, who};
use super::word::{At, PurposeWord, TenWord, at};
use crate::casework::IncidentAct;
use crate::casework::selecting::Choosing;
use crate::domain::ids::{IncidentId, LineId};
use crate::domain::incident::Purpose;
use crate::domain::judgement::Level;
use crate::store::incident::{self, IncidentEventRow, IncidentRow, LineRow};
use crate::store::{StoreError, Tx, answer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

const LISTED_MAX: usize = 200;
const MEMBERS_MAX: i64 = 500;
const EVENTS_MAX: i64 = 200;

/// An incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// Its short number within the brand.
    pub number: i64,
    /// The brand by name.
    pub brand: String,
    /// What a person called it; none where a rise found it.
    pub title: Option<String>,
    /// `rise` or `person`.
    pub origin: String,
    /// What it is about, where a rise found it: `intent:outage`, `sector:repair`.
    pub topic: String,
    /// In which language, where a rise found it.
    pub language: String,
    /// Whether it runs.
    pub open: bool,
    /// When it began.
    pub opened_at: At,
    /// Who opened it.
    pub opened_by: Option<Who>,
    /// What was usual in the hour.
    pub expected: i64,
    /// The most that came in one.
    pub most: i64,
    /// When it was over.
    pub ended_at: Option<At>,
    /// Who ended it.
    pub ended_by: Option<Who>,
    /// How many cases it has.
    pub cases: i64,
    /// How many of these wait for an answer.
    pub waiting: i64,
    /// Counts up with everything that happens to it.
    pub version: i64,
}

fn shape(
    row: &IncidentRow,
    (cases, waiting): (i64, i64),
    brand: &str,
    titles: &HashMap<String, String>,
    names: &Names,
) -> Incident {
    Incident {
        id: row.id.clone(),
        number: row.number,
        brand: brand.to_owned(),
        title: titles.get(&row.title_id()).cloned(),
        origin: row.origin.clone(),
        topic: row.topic.clone(),
        language: row.language.clone(),
        open: row.open == 1,
        opened_at: at(row.opened_at),
        opened_by: row.opened_by.as_ref().map(|id| who(id, names)),
        expected: row.expected,
        most: row.most,
        ended_at: row.ended_at.map(at),
        ended_by: row.ended_by.as_ref().map(|id| who(id, names)),
        cases,
        waiting,
        version: row.version,
    }
}

/// Which incidents.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
    /// Only those that run, or only those that are over.
    pub open: Option<bool>,
    /// Where the page begins: `next` of the page before, with the same question.
    pub cursor: Option<String>,
}

/// Incidents.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Incidents {
    /// By brand, those that run first, the latest first; at most 200.
    pub incidents: Vec<Incident>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// `GET /incidents`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let asked: ListQuery = call.query()?;
    // The brand, whether the last one runs, when it began and its id.
    let from: Option<(String, i64, i64, String)> = pages::key(asked.cursor.as_deref())?;
    let brand = from.as_ref().map(|(brand, ..)| brand.as_str());
    let brands = pages::from_part(call.chosen(asked.brand.as_ref())?, brand, |b| &b.id)?;
    let read = call.api.db.read("listing incidents", move |tx| {
        Box::pin(async move {
            let names = names(tx).await?;
            let mut rows = Vec::new();
            let mut behind = from.as_ref().map(|(_, open, began, id)| (*open, *began, id.as_str()));
            for brand in &brands {
                let most = pages::rest(pages::one_more(LISTED_MAX), rows.len());
                rows.extend(incident::listed(tx, (&brand.id, asked.open), behind.take(), most).await?);
            }
            let key = |r: &IncidentRow| (r.brand_id.clone(), r.open, r.opened_at, r.id.clone());
            let (page, next) = pages::keyed(rows, LISTED_MAX, key);
            let ids: Vec<String> = page.iter().map(IncidentRow::title_id).collect();
            let titles = answer::contents(tx, &ids).await?.into_iter().collect();
            let name = |id: &str| brands.iter().find(|b| b.id == id).map_or("", |b| b.brand.name.as_str());
            let counted = incident::counted(tx, page).await?;
            let one =
                |r: &(IncidentRow, i64, i64)| shape(&r.0, (r.1, r.2), name(&r.0.brand_id), &titles, &names);
            Ok(Incidents { incidents: counted.iter().map(one).collect(), next })
        })
    });
    Reply::json(&read.await?)
}

/// Words for many.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Line {
    /// Their id.
    pub id: String,
    /// In which language.
    pub language: String,
    /// `answer` or `solved`.
    pub purpose: String,
    /// `written`, `approved` or `withdrawn`.
    pub state: String,
    /// The words, if they are still kept.
    pub text: Option<String>,
    /// Who wrote them.
    pub written_by: Who,
    /// Who stands for them.
    pub approved_by: Option<Who>,
}

/// A case of an incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Member {
    /// The case, by id.
    pub case: String,
    /// Its short number.
    pub number: i64,
    /// Its version, which goes with an answer to many.
    pub version: i64,
    /// `P1` to `P5`.
    pub level: String,
    /// Its language.
    pub language: String,
    /// The platform.
    pub platform: String,
    /// Its state.
    pub state: String,
    /// The nearest deadline of a response that is owed.
    pub due_at: Option<At>,
    /// The state of its last answer to many.
    pub told: Option<String>,
    /// The same of that it is solved.
    pub told_solved: Option<String>,
    /// Whether the rise added it.
    pub by_rise: bool,
    /// Whether it is ticked for an answer to many when the page of the console opens.
    pub ticked: bool,
    /// Why not: `over`, `told`, `answered`, `not_reached`, `no_words`, `urgent`, `private`, `own_question`, `claimed`,
    /// `apart`.
    pub unticked: Option<String>,
}

/// What happened to an incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Happened {
    /// Its version after it.
    pub seq: i64,
    /// When.
    pub at: At,
    /// What.
    pub kind: String,
    /// Who; none for the rise itself.
    pub by: Option<Who>,
    /// More of it: ids and numbers.
    pub body: Value,
}

/// A whole incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Whole {
    /// The incident.
    #[serde(flatten)]
    pub incident: Incident,
    /// How many were told by an answer to many.
    pub reached: i64,
    /// How many answers to many have not begun to leave.
    pub stoppable: usize,
    /// Its cases, those that wait first; at most 500.
    pub members: Vec<Member>,
    /// The words for many.
    pub lines: Vec<Line>,
    /// What happened to it, the latest first; at most 200.
    pub events: Vec<Happened>,
}

/// For what cases are ticked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WholeQuery {
    /// For which words; left out, an answer.
    pub purpose: Option<PurposeWord>,
}

/// An incident that may be seen: id, brand by id and by name.
pub(super) struct Found {
    pub id: String,
    pub brand_id: String,
    brand: String,
}

impl Call {
    pub(super) async fn incident(&self) -> Result<Found, Problem> {
        let id = IncidentId::parse(self.part("incident")).map_err(|_| Problem::not_found())?.to_string();
        let (brands, looked) = (self.brands(), id.clone());
        let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
        let read = self.api.db.read("looking for an incident", move |tx| {
            Box::pin(async move {
                for brand in ids {
                    if incident::look(tx, &brand, &looked).await?.is_some() {
                        return Ok(Some(brand));
                    }
                }
                Ok(None)
            })
        });
        let brand_id = read.await?.ok_or_else(Problem::not_found)?;
        let brand = brands.into_iter().find(|b| b.id == brand_id).ok_or_else(Problem::not_found)?;
        Ok(Found { id, brand_id, brand: brand.brand.name })
    }

    /// A brand that is named in a body.
    pub(super) fn named_brand(&self, name: &str) -> Result<(String, String), Problem> {
        let found = self.brands().into_iter().find(|b| b.brand.name.eq_ignore_ascii_case(name));
        let what = "there is no such brand that this token sees";
        let unknown = || Problem::new(Kind::Invalid, format!("brand: {what}")).by("brand", what);
        found.map(|b| (b.id, b.brand.name)).ok_or_else(unknown)
    }

    async fn whole(&self, found: Found, purpose: Purpose) -> Result<Whole, Problem> {
        let (me, now) = (self.bearer.person.to_string(), self.api.clock.now());
        let read = self.api.db.read("reading an incident", move |tx| {
            Box::pin(async move {
                let Some(row) = incident::look(tx, &found.brand_id, &found.id).await? else {
                    return Ok(None);
                };
                let chosen = Choosing::read(tx, &found.brand_id, &found.id, MEMBERS_MAX, now).await?;
                Ok(Some(whole(tx, &row, &found, &chosen, |m| chosen.unticked(m, purpose, &me, now)).await?))
            })
        });
        read.await?.ok_or_else(Problem::not_found)
    }

    /// Does something with the incident in the address, and answers with it as it is then.
    async fn on_incident(&self, act: IncidentAct) -> Result<Reply, Problem> {
        let found = self.incident().await?;
        self.casework().incident(&found.brand_id, &found.id, &self.actor(), act).await?;
        Reply::json(&self.whole(found, Purpose::Answer).await?)
    }
}

async fn whole(
    tx: &mut Tx,
    row: &IncidentRow,
    found: &Found,
    chosen: &Choosing,
    why: impl Fn(&incident::MemberRow) -> Option<crate::domain::incident::Unticked>,
) -> Result<Whole, StoreError> {
    let names = names(tx).await?;
    let mut ids: Vec<String> = chosen.lines.iter().map(LineRow::content_id).collect();
    ids.push(row.title_id());
    let words: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
    let (cases, waiting, reached) = incident::counts(tx, &found.brand_id, &found.id).await?;
    let stoppable = incident::waiting(tx, &found.brand_id, &found.id).await?.len();
    let events = incident::events(tx, &found.brand_id, &found.id, EVENTS_MAX).await?;
    let member = |m: &incident::MemberRow| {
        let why = why(m);
        Member {
            case: m.case_id.clone(),
            number: m.number,
            version: m.version,
            level: Level::from_number(m.level).code().to_owned(),
            language: m.language.clone(),
            platform: m.platform.clone(),
            state: m.state.clone(),
            due_at: m.due_at.map(at),
            told: m.told.clone(),
            told_solved: m.told_solved.clone(),
            by_rise: m.by_rise == 1,
            ticked: why.is_none(),
            unticked: why.map(|w| w.code().to_owned()),
        }
    };
    let line = |l: &LineRow| Line {
        id: l.id.clone(),
        language: l.language.clone(),
        purpose: l.purpose.clone(),
        state: l.state.clone(),
        text: words.get(&l.content_id()).cloned(),
        written_by: who(&l.written_by, &names),
        approved_by: l.approved_by.as_ref().map(|id| who(id, &names)),
    };
    let event = |e: &IncidentEventRow| Happened {
        seq: e.seq,
        at: at(e.at),
        kind: e.kind.clone(),
        by: e.who.as_ref().map(|id| who(id, &names)),
        body: serde_json::from_str(&e.body).unwrap_or_default(),
    };
    Ok(Whole {
        incident: shape(row, (cases, waiting), &found.brand, &words, &names),
        reached,
        stoppable,
        members: chosen.members.iter().map(member).collect(),
        lines: chosen.lines.iter().map(line).collect(),
        events: events.iter().map(event).collect(),
    })
}

/// `GET /incidents/{incident}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let asked: WholeQuery = call.query()?;
    let found = call.incident().await?;
    let whole = call.whole(found, asked.purpose.map_or(Purpose::Answer, |p| p.0)).await?;
    let version = whole.incident.version;
    Ok(Reply::json(&whole)?.of_version(version))
}

/// Raises an incident.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBody {
    /// The brand by name.
    pub brand: String,
    /// What it is about.
    pub title: String,
    /// Its first cases, by id.
    #[serde(default)]
    pub cases: Vec<String>,
}

/// `POST /incidents`.
pub async fn open(call: Call) -> Result<Reply, Problem> {
    let body: OpenBody = call.body()?;
    let (brand_id, brand) = call.named_brand(&body.brand)?;
    let actor = call.actor();
    let id = call.casework().open_incident(&brand_id, &body.title, &body.cases, &actor).await?;
    Reply::made(&call.whole(Found { id, brand_id, brand }, Purpose::Answer).await?)
}

/// Cases that join.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinBody {
    /// The cases, by id; 1 to 200.
    pub cases: Vec<String>,
}

/// `POST /incidents/{incident}/cases`.
pub async fn join(call: Call) -> Result<Reply, Problem> {
    let body: JoinBody = call.body()?;
    call.on_incident(IncidentAct::Add { cases: body.cases }).await
}

/// `POST /incidents/{incident}/cases/{case}/leave`.
pub async fn leave(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let case = call.case().await?.id;
    call.on_incident(IncidentAct::Remove { case }).await
}

/// Writes words for many.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineBody {
    /// In which language.
    pub language: TenWord,
    /// What for.
    pub purpose: PurposeWord,
    /// The words.
    pub text: String,
}

/// `POST /incidents/{incident}/lines`.
pub async fn write(call: Call) -> Result<Reply, Problem> {
    let body: LineBody = call.body()?;
    let text = body.text.replace("\r\n", "\n");
    call.on_incident(IncidentAct::Write { language: body.language.0, purpose: body.purpose.0, text }).await
}

fn line(call: &Call) -> Result<String, Problem> {
    Ok(LineId::parse(call.part("line")).map_err(|_| Problem::not_found())?.to_string())
}

/// `POST /incidents/{incident}/lines/{line}/approve`.
pub async fn approve(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let line = line(&call)?;
    call.on_incident(IncidentAct::Approve { line }).await
}

/// `POST /incidents/{incident}/lines/{line}/withdraw`.
pub async fn withdraw(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let line = line(&call)?;
    call.on_incident(IncidentAct::Withdraw { line }).await
}

/// `POST /incidents/{incident}/stop`.
pub async fn stop(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    call.on_incident(IncidentAct::Stop).await
}

/// `POST /incidents/{incident}/end`.
pub async fn end(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    call.on_incident(IncidentAct::End).await
}
