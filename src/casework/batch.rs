//! Acts on many cases at once: a person's press on a selection that they reviewed. Each case goes the ordinary road with
//! the version that was seen and its own row in the audit; what was done stands under one id, by which it can be undone
//! for some minutes, by events that reverse it.

use super::{Act, Actor, Asked, Casework, CaseworkError, Keep, LabelAct, refused};
use crate::casefile::{CaseFile, When};
use crate::domain::batch::{CASES_MAX, Kind, Stood, UNDO};
use crate::domain::ids::{BatchId, PersonId};
use crate::domain::label::Label;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::batch::{self as store, BatchCaseRow, BatchRow};
use crate::store::{StoreError, Tx, audit, console, label as labels};
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

/// One case of a selection: brand, case, and the version that was seen.
pub type Chosen = (String, String, i64);

/// What is done, with the words that it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub kind: Kind,
    /// Why or how; for a label, why it is put on.
    pub reason: String,
    /// The login of a colleague, to hand cases to.
    pub colleague: String,
    /// The label.
    pub label: Option<Label>,
}

impl Wanted {
    fn act(&self) -> Result<Act, CaseworkError> {
        let reason = self.reason.trim().to_owned();
        Ok(match self.kind {
            Kind::Claim => Act::Claim { until: None },
            Kind::Assign => Act::Assign { to: self.colleague.clone(), line: reason },
            Kind::Resolve => Act::Resolve { reason, ending: None },
            Kind::Dismiss => Act::Dismiss { reason },
            Kind::Label => {
                let what = "none chosen; which label is to be put on their authors?".to_owned();
                let label = self.label.ok_or(CaseworkError::Invalid { field: "label", what })?;
                Act::Label(LabelAct::Set { label, reason, until: None })
            }
        })
    }
}

/// What a press brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The act, by id.
    pub id: String,
    /// With how many cases it was done, or undone.
    pub done: usize,
    /// The cases with which it was not, by id, and why.
    pub refused: Vec<(String, String)>,
}

impl Casework {
    /// Does one thing with each case of a selection. One with which it cannot be done stops no other, and who hangs up
    /// meanwhile stops nothing.
    pub async fn batch(
        &self,
        chosen: &[Chosen],
        wanted: &Wanted,
        actor: &Actor,
    ) -> Result<Done, CaseworkError> {
        let first = chosen.first().map_or("", |c| c.0.as_str());
        self.require(actor, Right::Bulk, "case.batch", (first, "")).await?;
        if chosen.is_empty() || chosen.len() > CASES_MAX {
            let what = format!("{} chosen; wanted are 1 to {CASES_MAX}", chosen.len());
            return Err(CaseworkError::Invalid { field: "cases", what });
        }
        let act = self.allowed(actor, wanted.act()?)?;
        super::allowing::check(&act)?;
        let (this, chosen, wanted, actor) = (self.clone(), chosen.to_vec(), wanted.clone(), actor.clone());
        apart("acting on many", async move { this.each_of_many(&chosen, (&wanted, &act), &actor).await })
            .await
    }

    /// Begins an act on many and goes through its cases.
    async fn each_of_many(
        &self,
        chosen: &[Chosen],
        (wanted, act): (&Wanted, &Act),
        actor: &Actor,
    ) -> Result<Done, CaseworkError> {
        let id = self.mint.id(self.clock.now(), BatchId::new).to_string();
        self.begin_batch(&id, wanted.kind, chosen, actor).await?;
        let mut done = Done { id: id.clone(), ..Done::default() };
        for (place, one) in chosen.iter().enumerate() {
            let item = BatchCaseRow {
                batch_id: id.clone(),
                place: place as i64,
                brand_id: one.0.clone(),
                case_id: one.1.clone(),
                stood: "{}".to_owned(),
                version: None,
                why: None,
                undone_at: None,
                undo_why: None,
            };
            match self.one_of_many(item.clone(), one.2, (wanted, act), actor).await {
                Ok(()) => done.done += 1,
                Err(error @ CaseworkError::Store(_)) => return Err(error),
                Err(error) => {
                    let why = error.to_string();
                    done.refused.push((one.1.clone(), why.clone()));
                    let item = BatchCaseRow { why: Some(why), ..item };
                    let noted = self.db.write_again("noting an act on many", move |tx| {
                        let item = item.clone();
                        Box::pin(async move { store::put_case(tx, &item).await })
                    });
                    noted.await?;
                }
            }
        }
        Ok(done)
    }

    /// Writes down the act itself, with one row of the audit for each brand.
    async fn begin_batch(
        &self,
        id: &str,
        kind: Kind,
        chosen: &[Chosen],
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        let now = self.clock.now();
        let row = BatchRow {
            id: id.to_owned(),
            person_id: actor.person.to_string(),
            kind: kind.code().to_owned(),
            made_at: now.millis(),
            until_ms: now.plus(UNDO).millis(),
            undone_at: None,
            undone_by: None,
        };
        let brands: BTreeSet<&String> = chosen.iter().map(|c| &c.0).collect();
        let entries: Vec<_> =
            brands.into_iter().map(|b| self.done(actor, "case.batch", (b.as_str(), id))).collect();
        let begun = self.db.write_again("beginning an act on many", move |tx| {
            let (row, entries) = (row.clone(), entries.clone());
            Box::pin(async move {
                store::put(tx, &row).await?;
                for entry in &entries {
                    audit::append(tx, entry, now).await?;
                }
                Ok(())
            })
        });
        Ok(begun.await?)
    }

    /// One case: how it stood is kept in the transaction of the act.
    async fn one_of_many(
        &self,
        item: BatchCaseRow,
        seen: i64,
        (wanted, act): (&Wanted, &Act),
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        let (brand, case, label) = (item.brand_id.clone(), item.case_id.clone(), wanted.label);
        let batch = item.batch_id.clone();
        let now = self.clock.now();
        let read = self.db.read("reading a case of many", move |tx| {
            Box::pin(async move {
                let Some(case) = console::case(tx, &brand, &case).await? else { return Ok(None) };
                let has = match label {
                    Some(label) => {
                        let all = labels::of_author(tx, &brand, &case.author_id, now).await?;
                        all.iter().any(|l| l.label == label.code() && l.holds(now))
                    }
                    None => false,
                };
                let undone = store::get(tx, &batch).await?.is_some_and(|b| b.undone_at.is_some());
                Ok(Some((case, has, undone)))
            })
        });
        let (row, labelled, undone) = read.await?.ok_or(CaseworkError::NotFound)?;
        if undone {
            return Err(CaseworkError::Refused("all of it was undone before".to_owned()));
        }
        if row.version != seen {
            return Err(CaseworkError::Stale { now: Box::new(row), since: Vec::new() });
        }
        let stood = Stood {
            state: row.state,
            since: row.state_since,
            claimed_by: row.claimed_by,
            claimed_since: row.claimed_since,
            claimed_until: row.claimed_until,
            labelled,
        };
        let stood = serde_json::to_string(&stood).unwrap_or_else(|_| "{}".to_owned());
        let item = BatchCaseRow { stood, ..item };
        let (brand, case) = (item.brand_id.clone(), item.case_id.clone());
        let keep: Keep = Arc::new(move |tx, after| {
            let item = BatchCaseRow { version: Some(after.version), ..item.clone() };
            Box::pin(async move { store::put_case(tx, &item).await })
        });
        self.act_keeping(&brand, &case, seen, actor, act.clone(), keep).await.map(|_| ())
    }

    /// An act on many with what it did, for who did it and for leads.
    pub async fn batch_of(
        &self,
        id: &str,
        actor: &Actor,
    ) -> Result<(BatchRow, Vec<BatchCaseRow>), CaseworkError> {
        let of = id.to_owned();
        let read = self.db.read("reading an act on many", move |tx| {
            Box::pin(async move {
                let Some(row) = store::get(tx, &of).await? else { return Ok(None) };
                Ok(Some((row, store::cases(tx, &of).await?)))
            })
        });
        let (row, cases) = read.await?.ok_or(CaseworkError::NotFound)?;
        if row.person_id != actor.person.as_str() && !actor.lead {
            return Err(CaseworkError::NotFound);
        }
        Ok((row, cases))
    }

    /// Undoes an act on many, as far as nothing has happened since. What is undone already stays so. Who hangs up
    /// meanwhile stops nothing.
    pub async fn undo_batch(&self, id: &str, actor: &Actor) -> Result<Done, CaseworkError> {
        let (this, id, actor) = (self.clone(), id.to_owned(), actor.clone());
        apart("undoing an act on many", async move { this.undo_each(&id, &actor).await }).await
    }

    async fn undo_each(&self, id: &str, actor: &Actor) -> Result<Done, CaseworkError> {
        let (row, cases) = self.batch_of(id, actor).await?;
        let first = cases.first().map_or("", |c| c.brand_id.as_str());
        self.require(actor, Right::Bulk, "case.undo_batch", (first, id)).await?;
        let now = self.clock.now();
        if now > Timestamp(row.until_ms) {
            return Err(CaseworkError::Refused(
                "it could be undone for ten minutes; they are over".to_owned(),
            ));
        }
        let brands: BTreeSet<&String> = cases.iter().map(|c| &c.brand_id).collect();
        let entries: Vec<_> =
            brands.into_iter().map(|b| self.done(actor, "case.undo_batch", (b.as_str(), id))).collect();
        let (of, by) = (id.to_owned(), actor.person.to_string());
        let begun = self.db.write_again("undoing an act on many", move |tx| {
            let (of, by, entries) = (of.clone(), by.clone(), entries.clone());
            Box::pin(async move {
                if store::undo(tx, &of, &by, now).await? {
                    for entry in &entries {
                        audit::append(tx, entry, now).await?;
                    }
                }
                Ok(())
            })
        });
        begun.await?;
        // Read once more: it may not have come to its end when it was looked at, and goes no further now.
        let (_, cases) = self.batch_of(id, actor).await?;
        let kind = Kind::from_code(&row.kind).ok_or(CaseworkError::NotFound)?;
        let mut done = Done { id: id.to_owned(), ..Done::default() };
        for item in cases.into_iter().filter(|c| c.undone_at.is_none()) {
            let Some(version) = item.version else { continue };
            match self.undo_one(&item, version, kind, actor).await {
                Ok(()) => done.done += 1,
                Err(error @ CaseworkError::Store(_)) => return Err(error),
                Err(error) => {
                    let why = error.to_string();
                    done.refused.push((item.case_id.clone(), why.clone()));
                    let noted = self.db.write_again("undoing an act on many", move |tx| {
                        let (id, place, why) = (item.batch_id.clone(), item.place, why.clone());
                        Box::pin(async move { store::undone(tx, (&id, place), None, Some(&why)).await })
                    });
                    noted.await?;
                }
            }
        }
        Ok(done)
    }

    async fn undo_one(
        &self,
        item: &BatchCaseRow,
        version: i64,
        kind: Kind,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        let stood: Stood = serde_json::from_str(&item.stood).unwrap_or_default();
        let (id, place, now) = (item.batch_id.clone(), item.place, self.clock.now());
        let keep: Keep = Arc::new(move |tx, _| {
            let id = id.clone();
            Box::pin(async move { store::undone(tx, (&id, place), Some(now), None).await })
        });
        let act = Act::TakeBack { kind, stood };
        self.act_keeping(&item.brand_id, &item.case_id, version, actor, act, keep).await.map(|_| ())
    }
}

/// Works in a task that nobody's hanging up can cancel: half of an act would stand there otherwise, under an id that
/// nobody was told.
async fn apart<F>(what: &'static str, work: F) -> Result<Done, CaseworkError>
where
    F: Future<Output = Result<Done, CaseworkError>> + Send + 'static,
{
    let work: Pin<Box<dyn Future<Output = Result<Done, CaseworkError>> + Send>> = Box::pin(work);
    tokio::spawn(work).await.unwrap_or(Err(CaseworkError::Store(StoreError::Interrupted { what })))
}

/// Takes back what an act on many did with a case, if nothing has happened with it since.
pub(super) async fn take_back(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (kind, stood): (Kind, &Stood),
) -> Result<Result<(), CaseworkError>, StoreError> {
    if file.case.version != asked.seen {
        return Ok(Err(CaseworkError::Refused("something has happened with the case since".to_owned())));
    }
    let (by, when) = (&asked.actor.person, When::now(asked.now));
    let step = match kind {
        Kind::Resolve | Kind::Dismiss => file.take_back(stood, by, when),
        Kind::Claim | Kind::Assign => {
            let had = stood.claimed_by.clone();
            let had = had.filter(|_| stood.claimed_until.is_none_or(|u| u > asked.now.millis()));
            match had {
                Some(had) if file.case.claimed_by.as_ref() == Some(&had) => Ok(()),
                Some(had) => file.hand_to(&PersonId::stored(had), by, true, when),
                None => file.release(by, true, when),
            }
        }
        Kind::Label => return unlabel(tx, file, asked, stood).await,
    };
    match step {
        Ok(()) => Ok(Ok(())),
        Err(error) => refused(error),
    }
}

/// Takes the label away that the last event put on.
async fn unlabel(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    stood: &Stood,
) -> Result<Result<(), CaseworkError>, StoreError> {
    if stood.labelled {
        return Ok(Err(CaseworkError::Refused("its author had the label before".to_owned())));
    }
    let since = console::events_since(tx, &asked.brand_id, &asked.case_id, asked.seen - 1).await?;
    let last = since.last().and_then(|e| serde_json::from_str::<serde_json::Value>(&e.body).ok());
    let label = last.and_then(|b| Label::from_code(b.get("label")?.as_str()?));
    let Some(label) = label else { return Ok(Err(CaseworkError::NotFound)) };
    super::labels::act(tx, file, asked, &LabelAct::End { label }).await
}
