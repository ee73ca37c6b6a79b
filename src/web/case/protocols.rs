//! What a case page says of protocols and of its author's labels, with their forms.

use super::Loaded;
use crate::casework::protocols::standing;
use crate::catalogue::Watched;
use crate::domain::judgement::Level;
use crate::domain::label::{self, Label};
use crate::domain::protocol::{ProtocolKind, ProtocolState, missing};
use crate::domain::template::{Filling, TemplateKind, Wanted, choose, fill};
use crate::domain::time::Timestamp;
use crate::store::label::{self as labels, LabelRow};
use crate::store::protocol::{self as store, ProtocolRow, StepRow};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, answer};
use crate::web::auth::Viewer;
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;
use std::collections::HashMap;

/// What the store knows.
pub struct Found {
    rows: Vec<ProtocolRow>,
    steps: Vec<StepRow>,
    labels: Vec<LabelRow>,
    words: HashMap<String, String>,
}

/// Reads it.
pub async fn load(tx: &mut Tx, case: &CaseRow, now: Timestamp) -> Result<Found, StoreError> {
    let rows = store::of_case(tx, &case.brand_id, &case.id).await?;
    let steps =
        if rows.is_empty() { Vec::new() } else { store::steps_of(tx, &case.brand_id, &case.id).await? };
    let labels = labels::of_author(tx, &case.brand_id, &case.author_id, now).await?;
    let notes =
        steps.iter().filter_map(|s| Some(rows.iter().find(|r| r.id == s.protocol_id)?.note_id(&s.step)));
    let ids: Vec<String> = notes.chain(labels.iter().map(LabelRow::reason_id)).collect();
    let words = answer::contents(tx, &ids).await?.into_iter().collect();
    Ok(Found { rows, steps, labels, words })
}

impl Found {
    /// The labels that hold of the author.
    pub fn labels(&self) -> Vec<Label> {
        self.labels.iter().filter_map(|l| Label::from_code(&l.label)).collect()
    }

    /// The score of the case with them.
    pub fn score(&self, case: &CaseRow) -> i64 {
        label::score(case.urgency, case.level, &self.labels())
    }

    /// What each label adds to the score, beside the reasons of triage.
    pub fn reasons(&self, case: &CaseRow, t: &Texts) -> Vec<(String, i32)> {
        let moves = |l: &Label| l.points() > 0 || (l.points() < 0 && case.level > 1);
        let one = |l: Label| {
            (
                format!("{}: {}", t.protocols().label, t.name("label", l.code())),
                i32::try_from(l.points()).unwrap_or(0),
            )
        };
        self.labels().into_iter().filter(moves).map(one).collect()
    }
}

/// One step of a checklist.
pub struct StepShown {
    pub code: &'static str,
    pub name: String,
    pub role: String,
    pub wants_note: bool,
    /// When and by whom it was done, with the note.
    pub done: Option<(Moment, String, Option<Shown>)>,
    pub may: bool,
}

/// One protocol.
pub struct ProtocolShown {
    pub code: &'static str,
    pub name: String,
    pub state: String,
    pub open: bool,
    pub proposed: bool,
    pub runs: bool,
    pub locks: String,
    pub since: Moment,
    pub told: i64,
    pub steps: Vec<StepShown>,
    pub missing: Vec<String>,
    pub advised: Option<String>,
    pub may_take: bool,
    pub may_end: bool,
}

/// A label of the author.
pub struct LabelShown {
    pub code: String,
    pub name: String,
    pub by: String,
    pub until: Moment,
    pub reason: Option<Shown>,
}

/// The part of the page.
pub struct Part {
    pub list: Vec<ProtocolShown>,
    /// Those that a person may begin: code and words.
    pub others: Vec<(&'static str, String)>,
    pub labels: Vec<LabelShown>,
    /// The labels to choose from.
    pub choice: Vec<(&'static str, String)>,
    pub works: bool,
}

impl Part {
    /// Whether there is anything to show before the forms.
    pub fn is_open(&self) -> bool {
        self.list.iter().any(|p| p.open)
    }
}

/// Makes the part.
pub fn part(
    found: &Loaded,
    watched: Option<&Watched>,
    viewer: &Viewer,
    works: bool,
    t: &'static Texts,
) -> Part {
    let p = &found.protocols;
    let list: Vec<ProtocolShown> =
        p.rows.iter().filter_map(|r| protocol(r, found, watched, viewer, t)).collect();
    let free = |k: &ProtocolKind| !list.iter().any(|l| l.open && l.code == k.code());
    let may = works && found.case.open == 1;
    let others = ProtocolKind::ALL.into_iter().filter(free).map(|k| (k.code(), t.name("protocol", k.code())));
    let label = |l: &LabelRow| LabelShown {
        code: l.label.clone(),
        name: t.name("label", &l.label),
        by: found.names.get(&l.set_by).cloned().unwrap_or_else(|| t.who_person.to_owned()),
        until: Moment::of(l.until_ms),
        reason: p.words.get(&l.reason_id()).map(|w| Shown::plain(w)),
    };
    Part {
        others: if may { others.collect() } else { Vec::new() },
        labels: p.labels.iter().map(label).collect(),
        choice: if works {
            Label::ALL.into_iter().map(|l| (l.code(), t.name("label", l.code()))).collect()
        } else {
            Vec::new()
        },
        works,
        list,
    }
}

fn protocol(
    row: &ProtocolRow,
    found: &Loaded,
    watched: Option<&Watched>,
    viewer: &Viewer,
    t: &'static Texts,
) -> Option<ProtocolShown> {
    use crate::domain::protocol::StepRole;
    use crate::domain::role::Right;
    let (kind, state) = standing(row)?;
    let (lead, press) = (viewer.person.is_lead(), viewer.person.may(Right::AnswerPress));
    let heads = lead || (kind == ProtocolKind::Press && press) || kind == ProtocolKind::Troll;
    let steps: Vec<&StepRow> = found.protocols.steps.iter().filter(|s| s.protocol_id == row.id).collect();
    let done: Vec<&str> = steps.iter().map(|s| s.step.as_str()).collect();
    let one = |s: &crate::domain::protocol::Step| {
        let was = steps.iter().find(|d| d.step == s.code);
        StepShown {
            code: s.code,
            name: t.name("step", s.code),
            role: t.name("steprole", s.role.code()),
            wants_note: s.note,
            done: was.map(|d| {
                let by = found.names.get(&d.done_by).cloned().unwrap_or_else(|| t.who_person.to_owned());
                (
                    Moment::of(d.done_at),
                    by,
                    found.protocols.words.get(&row.note_id(s.code)).map(|w| Shown::plain(w)),
                )
            }),
            may: match s.role {
                StepRole::Anybody | StepRole::TwoPeople => true,
                StepRole::Lead => lead,
                StepRole::Communications => lead || press,
            },
        }
    };
    let missing = if state.locks() { missing(kind, &done) } else { Vec::new() };
    Some(ProtocolShown {
        code: kind.code(),
        name: t.name("protocol", kind.code()),
        state: t.name("protocolstate", state.code()),
        open: state.is_open(),
        proposed: state == ProtocolState::Proposed,
        runs: state.locks(),
        locks: t.name("protocollocks", kind.code()),
        since: Moment::of(row.started_at.unwrap_or(row.proposed_at)),
        told: row.told,
        steps: kind.steps().iter().map(one).collect(),
        missing: missing.iter().map(|code| t.name("step", code)).collect(),
        advised: watched.filter(|_| state.is_open()).and_then(|w| advised(kind, found, w)),
        may_take: heads && state == ProtocolState::Running,
        may_end: heads && state.locks(),
    })
}

/// The words that the brand advises, in the customer's language; looked at, never sent by themselves.
fn advised(kind: ProtocolKind, found: &Loaded, watched: &Watched) -> Option<String> {
    let case = &found.case;
    let wanted = Wanted {
        kind: TemplateKind::advised(kind),
        language: &case.language,
        level: Level::from_number(case.level),
        platform: &case.platform,
    };
    let text = choose(&watched.brand.templates, &wanted)?;
    Some(fill(text, &Filling { brand: &watched.brand.name, ..Filling::default() }))
}
