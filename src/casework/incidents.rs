//! Incidents: opened by a rise or by a person, joined by cases, ended; and the words for many, written by anybody who
//! works, approved by a lead by name, never changed after.
//!
//! What is owed to the cases of an incident ends by their own answer alone: nothing here touches a clock.

use super::{Actor, Casework, CaseworkError, file_of, save};
use crate::casefile::{When, Who};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::ids::{IncidentId, LineId, PersonId};
use crate::domain::incident::Purpose;
use crate::domain::language::Language;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::incident::{self as store, IncidentRow, LineRow};
use crate::store::{StoreError, Tx, answer, audit, case};
use serde_json::json;
use std::sync::Arc;

/// Longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 200;
/// Longest words for many, in characters.
pub const LINE_CHARS_MAX: usize = 2_000;
/// Most lines of an incident.
const LINES_MAX: usize = 60;
/// Most cases that one press adds.
pub const ADDED_MAX: usize = 200;

/// What a person does with an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentAct {
    /// Add cases.
    Add {
        /// Their ids.
        cases: Vec<String>,
    },
    /// Take one out.
    Remove {
        /// Its id.
        case: String,
    },
    /// Write words for many.
    Write {
        /// In which language.
        language: Language,
        /// What for.
        purpose: Purpose,
        /// The words.
        text: String,
    },
    /// Stand for words for many; only a lead.
    Approve {
        /// Which.
        line: String,
    },
    /// They are not to be used any more.
    Withdraw {
        /// Which.
        line: String,
    },
    /// It is over.
    End,
    /// Call off all answers to many that have not begun to leave.
    Stop,
}

impl IncidentAct {
    /// The word in the audit.
    const fn code(&self) -> &'static str {
        match self {
            Self::Add { .. } => "incident.add",
            Self::Remove { .. } => "incident.remove",
            Self::Write { .. } => "incident.write",
            Self::Approve { .. } => "incident.approve",
            Self::Withdraw { .. } => "incident.withdraw",
            Self::End => "incident.end",
            Self::Stop => "incident.stop",
        }
    }
}

type Done = Result<Result<usize, CaseworkError>, StoreError>;

#[expect(
    clippy::unnecessary_wraps,
    reason = "what acts return: trouble of the store, or a refusal as a value"
)]
fn invalid<T>(field: &'static str, what: String) -> Result<Result<T, CaseworkError>, StoreError> {
    Ok(Err(CaseworkError::Invalid { field, what }))
}

/// Everything that an act needs.
#[derive(Clone)]
struct Doing {
    brand_id: String,
    id: String,
    actor: Actor,
    act: IncidentAct,
    now: Timestamp,
    catalogue: Arc<Catalogue>,
    mint: Arc<Mint>,
}

impl Casework {
    /// Opens an incident with a title and, perhaps, its first cases; returns its id.
    pub async fn open_incident(
        &self,
        brand_id: &str,
        title: &str,
        cases: &[String],
        actor: &Actor,
    ) -> Result<String, CaseworkError> {
        let title = title.trim().to_owned();
        if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX {
            let what = format!("wanted is what it is about, in 1 to {TITLE_CHARS_MAX} characters");
            return Err(CaseworkError::Invalid { field: "title", what });
        }
        if cases.len() > ADDED_MAX {
            let what = format!("{} at once; at most {ADDED_MAX}", cases.len());
            return Err(CaseworkError::Invalid { field: "cases", what });
        }
        let (now, catalogue, mint) = (self.clock.now(), self.catalogue.get(), self.mint.clone());
        if catalogue.brand(brand_id).is_none() {
            return Err(CaseworkError::NotFound);
        }
        let id = mint.id(now, IncidentId::new).to_string();
        let (made, brand_id, person) = (id.clone(), brand_id.to_owned(), actor.person.clone());
        let cases = cases.to_vec();
        let entry = self.done(actor, "incident.open", (&brand_id, &id));
        let opened = self.db.write_again("opening an incident", move |tx| {
            let (title, brand_id, id, person) =
                (title.clone(), brand_id.clone(), made.clone(), person.clone());
            let (cases, catalogue, mint) = (cases.clone(), catalogue.clone(), mint.clone());
            let entry = entry.clone();
            Box::pin(async move {
                let mut row = blank(&id, &brand_id, store::next_number(tx, &brand_id).await?, now);
                row.opened_by = Some(person.to_string());
                store::put(tx, &row).await?;
                answer::put_content(tx, &row.title_id(), person.as_str(), "incident", &title).await?;
                store::note(tx, &row, now, "opened", Some(person.as_str()), "{}").await?;
                for case in &cases {
                    join(tx, (&catalogue, &mint), &mut row, case, Some(&person), now).await?;
                }
                audit::append(tx, &entry, now).await?;
                Ok(())
            })
        });
        opened.await?;
        self.outbox.notify_waiters();
        Ok(id)
    }

    /// Does something with an incident; tells of how many cases, lines or answers that was.
    pub async fn incident(
        &self,
        brand_id: &str,
        id: &str,
        actor: &Actor,
        act: IncidentAct,
    ) -> Result<usize, CaseworkError> {
        // Whoever sees that it goes wrong may stop it.
        let right = match act {
            IncidentAct::Approve { .. } => Right::Steer,
            IncidentAct::End | IncidentAct::Withdraw { .. } => Right::Bulk,
            _ => Right::Work,
        };
        self.require(actor, right, act.code(), (brand_id, id)).await?;
        let entry = self.done(actor, act.code(), (brand_id, id));
        let doing = Doing {
            brand_id: brand_id.to_owned(),
            id: id.to_owned(),
            actor: actor.clone(),
            act,
            now: self.clock.now(),
            catalogue: self.catalogue.get(),
            mint: self.mint.clone(),
        };
        let done = self.db.write_again("acting on an incident", move |tx| {
            let (doing, entry) = (doing.clone(), entry.clone());
            Box::pin(async move {
                let done = act_on(tx, &doing).await?;
                if done.is_ok() {
                    audit::append(tx, &entry, doing.now).await?;
                }
                Ok(done)
            })
        });
        let n = done.await??;
        self.outbox.notify_waiters();
        Ok(n)
    }
}

/// An incident that begins now, opened by a person.
pub fn blank(id: &str, brand_id: &str, number: i64, now: Timestamp) -> IncidentRow {
    IncidentRow {
        id: id.to_owned(),
        brand_id: brand_id.to_owned(),
        number,
        origin: "person".to_owned(),
        topic: String::new(),
        language: String::new(),
        open: 1,
        opened_at: now.millis(),
        opened_by: None,
        expected: 0,
        most: 0,
        calm_since: None,
        ended_at: None,
        ended_by: None,
        version: 1,
    }
}

async fn act_on(tx: &mut Tx, d: &Doing) -> Done {
    let Some(mut row) = store::get(tx, &d.brand_id, &d.id).await? else {
        return Ok(Err(CaseworkError::NotFound));
    };
    match &d.act {
        IncidentAct::Add { cases } => add(tx, d, &mut row, cases).await,
        IncidentAct::Remove { case } => leave(tx, d, &mut row, case).await,
        IncidentAct::Write { language, purpose, text } => {
            write(tx, d, &mut row, (*language, *purpose, text)).await
        }
        IncidentAct::Approve { line } => settle_line(tx, d, &mut row, line, true).await,
        IncidentAct::Withdraw { line } => settle_line(tx, d, &mut row, line, false).await,
        IncidentAct::End if row.open == 0 => Ok(Err(CaseworkError::Refused("it is over already".to_owned()))),
        IncidentAct::End => {
            end(tx, &mut row, Some(&d.actor.person), d.now).await?;
            Ok(Ok(1))
        }
        IncidentAct::Stop => stop(tx, d, &mut row).await,
    }
}

/// Ends an incident: its cases go on, each with its own clocks.
pub async fn end(
    tx: &mut Tx,
    row: &mut IncidentRow,
    by: Option<&PersonId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    row.open = 0;
    row.ended_at = Some(now.millis());
    row.ended_by = by.map(ToString::to_string);
    row.version += 1;
    store::put(tx, row).await?;
    store::let_go(tx, &row.brand_id, &row.id).await?;
    store::note(tx, row, now, "ended", row.ended_by.clone().as_deref(), "{}").await
}

async fn add(tx: &mut Tx, d: &Doing, row: &mut IncidentRow, cases: &[String]) -> Done {
    if row.open == 0 {
        return Ok(Err(CaseworkError::Refused("the incident is over".to_owned())));
    }
    if cases.is_empty() || cases.len() > ADDED_MAX {
        return invalid("cases", format!("{} chosen; wanted are 1 to {ADDED_MAX}", cases.len()));
    }
    let mut added = 0;
    for case in cases {
        let one = join(tx, (&d.catalogue, &d.mint), row, case, Some(&d.actor.person), d.now).await?;
        added += usize::from(one);
    }
    if added == 0 {
        let why = "each of them belongs to an open incident already, or is none of this brand's open cases";
        return Ok(Err(CaseworkError::Refused(why.to_owned())));
    }
    Ok(Ok(added))
}

/// Makes a case one of an incident, and writes that on its timeline; `false` if it is over, of another brand, or belongs
/// to an open incident already.
pub async fn join(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    row: &mut IncidentRow,
    case_id: &str,
    by: Option<&PersonId>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(found) = case::get(tx, &row.brand_id, case_id).await? else { return Ok(false) };
    if found.open == 0 || !store::add(tx, row, case_id, by.map(PersonId::as_str), now).await? {
        return Ok(false);
    }
    note_on_case(tx, (catalogue, mint), found, "incident_joined", (row.number, by), now).await?;
    row.version += 1;
    store::put(tx, row).await?;
    let body = json!({ "case": case_id }).to_string();
    store::note(tx, row, now, "case_added", by.map(PersonId::as_str), &body).await?;
    Ok(true)
}

async fn note_on_case(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    found: crate::store::rows::CaseRow,
    kind: &str,
    (number, by): (i64, Option<&PersonId>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut file = file_of(tx, catalogue, found).await?;
    let who = by.map_or(Who::Rule("rise"), |p| Who::Person(p.clone()));
    file.note(kind, &who, When::now(now), &json!({ "incident": number }));
    let actions = catalogue.told_elsewhere(&file, mint, now);
    save(tx, &file, &actions, now).await
}

async fn leave(tx: &mut Tx, d: &Doing, row: &mut IncidentRow, case_id: &str) -> Done {
    let Some(found) = case::get(tx, &d.brand_id, case_id).await? else {
        return Ok(Err(CaseworkError::NotFound));
    };
    // Who takes a wrong pick out means also its answer, if it has not left.
    for (action, _) in store::waiting(tx, &d.brand_id, &row.id).await?.iter().filter(|w| w.1 == case_id) {
        answer::call_off(tx, &d.brand_id, action, d.actor.person.as_str(), d.now).await?;
    }
    if !store::remove(tx, &d.brand_id, &row.id, case_id).await? {
        return Ok(Err(CaseworkError::Refused("the case is not in this incident any more".to_owned())));
    }
    let (told, by) = ((&*d.catalogue, &*d.mint), Some(&d.actor.person));
    note_on_case(tx, told, found, "incident_left", (row.number, by), d.now).await?;
    noted(tx, d, row, "case_removed", &json!({ "case": case_id })).await?;
    Ok(Ok(1))
}

/// One event more.
async fn noted(
    tx: &mut Tx,
    d: &Doing,
    row: &mut IncidentRow,
    kind: &str,
    body: &serde_json::Value,
) -> Result<(), StoreError> {
    row.version += 1;
    store::put(tx, row).await?;
    store::note(tx, row, d.now, kind, Some(d.actor.person.as_str()), &body.to_string()).await
}

async fn write(
    tx: &mut Tx,
    d: &Doing,
    row: &mut IncidentRow,
    (language, purpose, text): (Language, Purpose, &str),
) -> Done {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LINE_CHARS_MAX {
        return invalid("text", format!("wanted are words of 1 to {LINE_CHARS_MAX} characters"));
    }
    if !Language::TEN.contains(&language) {
        return invalid("language", "wanted is one of the ten".to_owned());
    }
    if store::lines(tx, &d.brand_id, &row.id).await?.len() >= LINES_MAX {
        return invalid("text", format!("an incident has at most {LINES_MAX} lines"));
    }
    let line = LineRow {
        id: d.mint.id(d.now, LineId::new).to_string(),
        incident_id: row.id.clone(),
        brand_id: d.brand_id.clone(),
        language: language.code().to_owned(),
        purpose: purpose.code().to_owned(),
        state: "written".to_owned(),
        written_by: d.actor.person.to_string(),
        written_at: d.now.millis(),
        approved_by: None,
        approved_at: None,
    };
    store::put_line(tx, &line).await?;
    answer::put_content(tx, &line.content_id(), d.actor.person.as_str(), "incident", text).await?;
    noted(tx, d, row, "line_written", &json!({ "line": line.id })).await?;
    Ok(Ok(1))
}

async fn settle_line(tx: &mut Tx, d: &Doing, row: &mut IncidentRow, line: &str, approves: bool) -> Done {
    let lines = store::lines(tx, &d.brand_id, &row.id).await?;
    let Some(mut found) = lines.into_iter().find(|l| l.id == line) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    if approves && !d.actor.lead {
        let why = "words for many are approved by a lead";
        return Ok(Err(CaseworkError::Refused(why.to_owned())));
    }
    let may = if approves { found.state == "written" } else { found.state != "withdrawn" };
    if !may {
        return Ok(Err(CaseworkError::Refused(format!("these words are {} by now", found.state))));
    }
    let kind = if approves {
        "approved".clone_into(&mut found.state);
        found.approved_by = Some(d.actor.person.to_string());
        found.approved_at = Some(d.now.millis());
        "line_approved"
    } else {
        // Words that are taken back leave no more, wherever they wait.
        for action in store::waiting_with(tx, &d.brand_id, &found.id).await? {
            answer::call_off(tx, &d.brand_id, &action, d.actor.person.as_str(), d.now).await?;
        }
        "withdrawn".clone_into(&mut found.state);
        "line_withdrawn"
    };
    store::put_line(tx, &found).await?;
    noted(tx, d, row, kind, &json!({ "line": found.id })).await?;
    Ok(Ok(1))
}

/// Calls off what has not begun to leave. What is being sent at this instant arrives, unless the platform
/// sends it back; everything else does not, also what the same press queues after this.
async fn stop(tx: &mut Tx, d: &Doing, row: &mut IncidentRow) -> Done {
    let mut stopped = 0;
    for (action, case_id) in store::waiting(tx, &d.brand_id, &row.id).await? {
        if !answer::call_off(tx, &d.brand_id, &action, d.actor.person.as_str(), d.now).await? {
            continue;
        }
        stopped += 1;
        if let Some(found) = case::get(tx, &d.brand_id, &case_id).await? {
            let (told, by) = ((&*d.catalogue, &*d.mint), Some(&d.actor.person));
            note_on_case(tx, told, found, "to_many_stopped", (row.number, by), d.now).await?;
        }
    }
    noted(tx, d, row, "stopped", &json!({ "answers": stopped })).await?;
    Ok(Ok(stopped))
}
