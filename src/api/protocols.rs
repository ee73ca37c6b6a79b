//! Protocols and labels on authors, by program.

use super::acts::Body;
use super::ask::{Call, Reply};
use super::pages;
use super::problem::Problem;
use super::shape::{Names, Who, names, who};
use super::word::{At, LabelWord, ProtocolWord, at};
use crate::casework::protocols::standing;
use crate::casework::{Act, LabelAct, ProtocolAct};
use crate::domain::label::Label;
use crate::domain::protocol::{ProtocolKind, missing};
use crate::domain::time::Span;
use crate::store::label::{self, LabelRow, ShownLabel};
use crate::store::protocol::{self as store, ProtocolRow, StepRow};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, answer, case};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How long one that is over stays in the list.
const KEPT: Span = Span::days(30);
const SHOWN_MAX: i64 = 200;
/// Most labels on a page.
const LABELS_MAX: usize = 200;

/// A step of a protocol.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// The step by its code.
    pub step: String,
    /// Who does it: `anybody`, `lead`, `communications`, `two_people`.
    pub role: String,
    /// Whether a note must say what was found or done.
    pub wants_note: bool,
    /// When it was done.
    pub done_at: Option<At>,
    /// By whom.
    pub done_by: Option<Who>,
    /// What was found or done.
    pub note: Option<String>,
}

/// A protocol of a case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Protocol {
    /// Which: `self_harm`, `threat`, `legal`, `press`, `troll`.
    pub protocol: String,
    /// `proposed`, `running`, `taken`, `ended` or `declined`.
    pub state: String,
    /// Why it is there: `words`, `label`, `person`.
    pub origin: String,
    /// When it was proposed or begun.
    pub proposed_at: At,
    /// When a person began it.
    pub started_at: Option<At>,
    /// Who.
    pub started_by: Option<Who>,
    /// When whom it is for took it.
    pub taken_at: Option<At>,
    /// Who.
    pub taken_by: Option<Who>,
    /// When it was over.
    pub ended_at: Option<At>,
    /// How often somebody was told.
    pub told: i64,
    /// The wait of its deadline among the obligations of the case.
    pub wait: Option<i64>,
    /// Its checklist.
    pub steps: Vec<Step>,
    /// The steps whose notes must be filled before the case can be resolved.
    pub missing: Vec<String>,
}

fn shape(
    row: &ProtocolRow,
    steps: &[StepRow],
    words: &HashMap<String, String>,
    names: &Names,
) -> Option<Protocol> {
    let (kind, state) = standing(row)?;
    let done: Vec<&StepRow> = steps.iter().filter(|s| s.protocol_id == row.id).collect();
    let codes: Vec<&str> = done.iter().map(|s| s.step.as_str()).collect();
    let missing = if state.locks() { missing(kind, &codes) } else { Vec::new() };
    let one = |s: &crate::domain::protocol::Step| {
        let was = done.iter().find(|d| d.step == s.code);
        Step {
            step: s.code.to_owned(),
            role: s.role.code().to_owned(),
            wants_note: s.note,
            done_at: was.map(|d| at(d.done_at)),
            done_by: was.map(|d| who(&d.done_by, names)),
            note: words.get(&row.note_id(s.code)).cloned(),
        }
    };
    let by = |id: &Option<String>| id.as_ref().map(|id| who(id, names));
    Some(Protocol {
        protocol: row.kind.clone(),
        state: row.state.clone(),
        origin: row.origin.clone(),
        proposed_at: at(row.proposed_at),
        started_at: row.started_at.map(at),
        started_by: by(&row.started_by),
        taken_at: row.taken_at.map(at),
        taken_by: by(&row.taken_by),
        ended_at: row.ended_at.map(at),
        told: row.told,
        wait: row.wait,
        steps: kind.steps().iter().map(one).collect(),
        missing: missing.into_iter().map(ToOwned::to_owned).collect(),
    })
}

/// The protocols of a case.
pub async fn of_case(tx: &mut Tx, case: &CaseRow, names: &Names) -> Result<Vec<Protocol>, StoreError> {
    let rows = store::of_case(tx, &case.brand_id, &case.id).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let steps = store::steps_of(tx, &case.brand_id, &case.id).await?;
    let notes =
        steps.iter().filter_map(|s| Some(rows.iter().find(|r| r.id == s.protocol_id)?.note_id(&s.step)));
    let ids: Vec<String> = notes.collect();
    let words: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
    Ok(rows.iter().filter_map(|r| shape(r, &steps, &words, names)).collect())
}

/// A label on an author.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuthorLabel {
    /// Which: `press`, `influencer`, `vip`, `vulnerable`, `troll`, `employee`.
    pub label: String,
    /// By how many points it moves the score of their cases; never the level.
    pub points: i64,
    /// Who set it.
    pub set_by: Who,
    /// When.
    pub set_at: At,
    /// Until when it holds.
    pub until: At,
    /// Why.
    pub reason: Option<String>,
}

/// The labels on the author of a case that hold.
pub async fn labels_of(
    tx: &mut Tx,
    case: &CaseRow,
    names: &Names,
    now: crate::domain::time::Timestamp,
) -> Result<Vec<AuthorLabel>, StoreError> {
    let rows = label::of_author(tx, &case.brand_id, &case.author_id, now).await?;
    let ids: Vec<String> = rows.iter().map(LabelRow::reason_id).collect();
    let words: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
    let one = |l: LabelRow| AuthorLabel {
        points: Label::from_code(&l.label).map_or(0, Label::points),
        set_by: who(&l.set_by, names),
        set_at: at(l.set_at),
        until: at(l.until_ms),
        reason: words.get(&l.reason_id()).cloned(),
        label: l.label,
    };
    Ok(rows.into_iter().map(one).collect())
}

/// Of which brand.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BrandQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
}

/// A protocol with its case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The case, by id.
    pub case: String,
    /// Its short number.
    pub number: i64,
    /// The brand by name.
    pub brand: String,
    /// The protocol, without its notes.
    #[serde(flatten)]
    pub protocol: Protocol,
}

/// Protocols.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Protocols {
    /// Those that are open first, then what was over in the last thirty days; at most 200 a brand.
    pub protocols: Vec<Listed>,
}

/// `GET /protocols`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let asked: BrandQuery = call.query()?;
    let brands = call.chosen(asked.brand.as_ref())?;
    let since = call.api.clock.now().minus(KEPT);
    let read = call.api.db.read("listing protocols", move |tx| {
        Box::pin(async move {
            let (names, mut found) = (names(tx).await?, Vec::new());
            for brand in &brands {
                for row in store::of_brand(tx, &brand.id, since, SHOWN_MAX).await? {
                    let Some(case) = case::look(tx, &brand.id, &row.case_id).await? else { continue };
                    let steps = store::steps_of(tx, &brand.id, &row.case_id).await?;
                    let Some(protocol) = shape(&row, &steps, &HashMap::new(), &names) else { continue };
                    let (number, brand) = (case.number, brand.brand.name.clone());
                    found.push(Listed { case: row.case_id, number, brand, protocol });
                }
            }
            Ok(Protocols { protocols: found })
        })
    });
    Reply::json(&read.await?)
}

/// Which page of the labels.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LabelsQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
}

/// A label with its author.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Labelled {
    /// The author, by id.
    pub author: String,
    /// The platform of the account.
    pub platform: String,
    /// What it is called there, if that is still kept.
    pub handle: Option<String>,
    /// The brand by name.
    pub brand: String,
    /// Which label.
    pub label: String,
    /// When it was set.
    pub set_at: At,
    /// Until when it holds.
    pub until: At,
    /// Why.
    pub reason: Option<String>,
    /// The latest case of the account, by id.
    pub case: Option<String>,
}

/// Labels.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Labels {
    /// By brand, those that end first in front; at most 200.
    pub labels: Vec<Labelled>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// `GET /labels`.
pub async fn labels(call: Call) -> Result<Reply, Problem> {
    let asked: LabelsQuery = call.query()?;
    // The brand, the end of the last label and its id.
    let from: Option<(String, i64, String)> = pages::key(asked.cursor.as_deref())?;
    let brand = from.as_ref().map(|(brand, ..)| brand.as_str());
    let brands = pages::from_part(call.chosen(asked.brand.as_ref())?, brand, |b| &b.id)?;
    let now = call.api.clock.now();
    let read = call.api.db.read("listing labels", move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            let mut behind = from.as_ref().map(|(_, until, id)| (*until, id.as_str()));
            for brand in &brands {
                let most = pages::rest(pages::one_more(LABELS_MAX), found.len());
                found.extend(label::of_brand(tx, &brand.id, now, (behind.take(), most)).await?);
            }
            let key = |l: &ShownLabel| (l.brand_id.clone(), l.until_ms, l.id.clone());
            let (page, next) = pages::keyed(found, LABELS_MAX, key);
            let name = |id: &str| brands.iter().find(|b| b.id == id).map_or("", |b| b.brand.name.as_str());
            let labels = page.into_iter().map(|l| {
                let brand = name(&l.brand_id).to_owned();
                labelled(l, &brand)
            });
            Ok(Labels { labels: labels.collect(), next })
        })
    });
    Reply::json(&read.await?)
}

fn labelled(l: ShownLabel, brand: &str) -> Labelled {
    let profile: serde_json::Value =
        l.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    Labelled {
        author: l.author_id,
        platform: l.platform,
        handle: profile["handle"].as_str().map(ToOwned::to_owned),
        brand: brand.to_owned(),
        label: l.label,
        set_at: at(l.set_at),
        until: at(l.until_ms),
        reason: l.reason,
        case: l.case_id,
    }
}

fn kind(call: &Call) -> Result<ProtocolKind, Problem> {
    ProtocolKind::from_code(call.part("protocol")).ok_or_else(Problem::not_found)
}

/// Begins a protocol: one that is proposed, or another.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartBody {
    /// Which.
    pub protocol: ProtocolWord,
}

impl Body for StartBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Protocol(ProtocolAct::Start { kind: self.protocol.0 }))
    }
}

/// It is not needed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineBody {
    /// Why.
    pub reason: String,
}

impl Body for DeclineBody {
    fn act(self, call: &Call) -> Result<Act, Problem> {
        Ok(Act::Protocol(ProtocolAct::Decline { kind: kind(call)?, reason: self.reason }))
    }
}

/// Takes it: nobody is called any more.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBody {}

impl Body for TakeBody {
    fn act(self, call: &Call) -> Result<Act, Problem> {
        Ok(Act::Protocol(ProtocolAct::Take { kind: kind(call)? }))
    }
}

/// A step was done.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepBody {
    /// What was found or done; needed where the step wants it.
    pub note: String,
}

impl Body for StepBody {
    fn act(self, call: &Call) -> Result<Act, Problem> {
        let (step, note) = (call.part("step").to_owned(), self.note.replace("\r\n", "\n"));
        Ok(Act::Protocol(ProtocolAct::Step { kind: kind(call)?, step, note }))
    }
}

/// It is over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// Why.
    pub reason: String,
    /// It was a false alarm: its notes need not be filled. Only by a token of a lead.
    #[serde(default)]
    pub false_alarm: bool,
}

impl Body for EndBody {
    fn act(self, call: &Call) -> Result<Act, Problem> {
        let (reason, false_alarm) = (self.reason, self.false_alarm);
        Ok(Act::Protocol(ProtocolAct::End { kind: kind(call)?, reason, false_alarm }))
    }
}

/// Says something of the author of a case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelBody {
    /// What.
    pub label: LabelWord,
    /// Why; its author may ask to read it.
    pub reason: String,
    /// Until when; left out, ninety days.
    #[serde(default)]
    pub until: Option<At>,
}

impl Body for LabelBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        let until = self.until.map(|u| u.0);
        Ok(Act::Label(LabelAct::Set { label: self.label.0, reason: self.reason, until }))
    }
}

/// Takes a label away.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlabelBody {}

impl Body for UnlabelBody {
    fn act(self, call: &Call) -> Result<Act, Problem> {
        let label = Label::from_code(call.part("kind")).ok_or_else(Problem::not_found)?;
        Ok(Act::Label(LabelAct::End { label }))
    }
}
