//! Absences: written down, called off; and what they leave uncovered, told at once.

use super::{Planner, PlannerError, Sheet, invalid, named, note, refused, settle, sheet};
use crate::catalogue::Catalogue;
use crate::domain::ids::AbsenceId;
use crate::domain::planner::{AbsenceKind, without};
use crate::domain::time::{Span, Timestamp};
use crate::duty::planned_gaps;
use crate::store::planner::{self as store, AbsenceRow};
use crate::store::{StoreError, Tx};
use std::collections::BTreeMap;

/// Longest absence that is written down at once.
const LONGEST: Span = Span::days(366);
/// How far back one may be told.
const BACK: Span = Span::days(92);
/// How far ahead it is looked at what an absence leaves uncovered.
const LOOKED: Span = Span::days(92);

/// An absence that somebody writes down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// Who, by login or id.
    pub person: String,
    /// Why.
    pub kind: AbsenceKind,
    /// First instant.
    pub from: Timestamp,
    /// First instant at which they are back.
    pub until: Timestamp,
}

/// What an absence leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uncovered {
    /// Its id.
    pub id: String,
    /// The stretches of their shifts that it takes out.
    pub shifts: Vec<(Timestamp, Timestamp)>,
    /// By language: where nobody is on any more while an answer is owed, and somebody was before.
    pub gaps: Vec<(&'static str, Timestamp, Timestamp)>,
}

type ByLanguage = BTreeMap<&'static str, Vec<(Timestamp, Timestamp)>>;

async fn gaps(
    tx: &mut Tx,
    catalogue: &Catalogue,
    span: (Timestamp, Timestamp),
) -> Result<ByLanguage, StoreError> {
    let mut found = ByLanguage::new();
    // A gap is told in whole hours.
    let until = span.1.plus(Span::hours(1));
    for (language, from, to) in planned_gaps(tx, catalogue, &[], (span.0, until)).await? {
        found.entry(language).or_default().push((from, to));
    }
    Ok(found)
}

impl Planner {
    /// Writes an absence down; tells what it leaves uncovered.
    ///
    /// # Errors
    /// [`PlannerError::Invalid`] with the field and what is allowed.
    pub async fn add_absence(&self, by: &str, away: &Away) -> Result<Uncovered, PlannerError> {
        let now = self.clock.now();
        let length = away.until.since(away.from);
        if length <= Span::ZERO || length > LONGEST {
            return invalid("until", "allowed: after the beginning, at most a year later");
        }
        if away.from < now.minus(BACK) {
            return invalid("from", "allowed: at most three months ago");
        }
        let row = AbsenceRow {
            id: self.mint.id(now, AbsenceId::new).to_string(),
            person_id: String::new(),
            kind: away.kind.code().to_owned(),
            from_ms: away.from.millis(),
            until_ms: away.until.millis(),
            made_by: by.to_owned(),
            made_at: now.millis(),
            called_off_at: None,
        };
        let entry = self.entry(by, "planner.away", &row.id);
        let (catalogue, away) = (self.catalogue.get(), away.clone());
        let done = self.db.write_again("writing an absence", move |tx| {
            let (mut row, entry, catalogue, away) =
                (row.clone(), entry.clone(), catalogue.clone(), away.clone());
            Box::pin(async move {
                match named(tx, "person", &away.person).await? {
                    Ok(who) => row.person_id = who.id,
                    Err(wrong) => return Ok(Err(wrong)),
                }
                let span = (away.from.max(now), away.until.min(now.plus(LOOKED)));
                let (before, were) = (gaps(tx, &catalogue, span).await?, sheet(tx, span.0, span.1).await?);
                store::add_absence(tx, &row).await?;
                settle(tx, now).await?;
                let (after, are) = (gaps(tx, &catalogue, span).await?, sheet(tx, span.0, span.1).await?);
                note(tx, &entry, now).await?;
                let none = Vec::new();
                let fresh = after.iter().flat_map(|(language, all)| {
                    let new = without(all, before.get(language).unwrap_or(&none));
                    new.into_iter().map(|(from, until)| (*language, from, until))
                });
                let taken = without(&pieces(&were, &row.person_id), &pieces(&are, &row.person_id));
                Ok(Ok(Uncovered { id: row.id, shifts: taken, gaps: fresh.collect() }))
            })
        });
        done.await?
    }

    /// Calls an absence off. `of` bounds whose it may be: nobody named means anybody's.
    pub async fn call_off(&self, by: &str, id: &str, of: Option<&str>) -> Result<(), PlannerError> {
        let now = self.clock.now();
        let entry = self.entry(by, "planner.back", id);
        let (id, of) = (id.to_owned(), of.map(ToOwned::to_owned));
        let done = self.db.write_again("calling an absence off", move |tx| {
            let (id, of, entry) = (id.clone(), of.clone(), entry.clone());
            Box::pin(async move {
                let all = store::absences(tx, now, Timestamp(i64::MAX)).await?;
                let Some(found) = all.into_iter().find(|a| a.id == id) else {
                    return Ok(Err(PlannerError::NotFound));
                };
                if of.is_some_and(|of| of != found.person_id) {
                    return Ok(refused("it is somebody else's"));
                }
                store::call_absence_off(tx, &id, now).await?;
                settle(tx, now).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }
}

fn pieces(sheet: &Sheet, person: &str) -> Vec<(Timestamp, Timestamp)> {
    sheet.planned.iter().filter(|p| p.person == person).flat_map(|p| p.pieces.clone()).collect()
}
