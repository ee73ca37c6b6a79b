//! Duty at work: people say that they are on or off, plans are read, and everybody who asks hears who is on.
//!
//! What holds is computed each time from what was said and planned ([`crate::domain::duty`]); nothing here keeps a
//! state of its own. Nothing is sent to customers, and no case is touched.

pub mod config;
mod covering;
mod importing;
mod telling;

pub use covering::{Cover, LanguageCover, cover, gaps_between, planned_gaps};
pub use importing::{Imported, Plans};
pub use telling::Watch;

use crate::catalogue::{Catalogue, Current};
use crate::clock::{Clock, Mint};
use crate::domain::audit::{Caller, Entry};
use crate::domain::calendar::Hours;
use crate::domain::duty::{self, Present, Reach, Said};
use crate::domain::ids::DutyId;
use crate::domain::time::{Span, Timestamp};
use crate::store::duty::SaidRow;
use crate::store::{Db, StoreError, Tx, audit, duty as store, person};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How long somebody is on who says no end, where no hours of a brand end sooner.
pub const ON_FOR: Span = Span::hours(8);
/// Longest that anybody may say to be on.
pub const ON_MAX: Span = Span::hours(16);
/// The roles that are never on duty.
pub(crate) const OFF_ALWAYS: [&str; 3] = ["service", "auditor", "front_office"];
/// How much was said and planned around an instant is read.
const AROUND: Span = Span::days(3);

/// Why what somebody said was refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DutyError {
    /// What is wrong and what is allowed.
    #[error("{field}: {what}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// In words.
        what: String,
    },
    /// The rules forbid it; the text says which.
    #[error("{0}")]
    Refused(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody on duty, with their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDuty {
    /// From when until when, and for what.
    pub present: Present,
    /// The name by which they log in.
    pub login: String,
    /// The name shown.
    pub name: String,
    /// The name of their buddy.
    pub buddy: Option<String>,
}

/// What somebody says who comes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coming {
    /// Until when; without one, the end of the brands' hours or a working day.
    pub until: Option<Timestamp>,
    /// What they take up; without a word, what they took up last time.
    pub reach: Option<Reach>,
}

/// Knows who is on duty; cheap to clone.
#[derive(Clone, Debug)]
pub struct Duty {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    catalogue: Current,
    caller: Caller,
}

impl Duty {
    /// Works on `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>, mint: Arc<Mint>, catalogue: Current) -> Self {
        Self { db, clock, mint, catalogue, caller: Caller::default() }
    }

    /// The same, for somebody whom a door let in: the audit tells from where.
    pub fn by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    fn caller_of(&self, person: &str) -> Caller {
        Caller { person: person.to_owned(), ..self.caller.clone() }
    }

    /// Somebody is on from now. Tells until when.
    ///
    /// # Errors
    /// [`DutyError::Invalid`] for an end that is past or too far away, or a sector that no brand has.
    pub async fn on(&self, person: &str, coming: Coming, via: &'static str) -> Result<Said, DutyError> {
        let now = self.clock.now();
        let catalogue = self.catalogue.get();
        let until = coming.until.unwrap_or_else(|| natural_end(&catalogue, now));
        if until <= now || until.since(now) > ON_MAX {
            let what = format!("allowed: an instant after now, at most {ON_MAX} away");
            return Err(DutyError::Invalid { field: "until", what });
        }
        if let Some(reach) = &coming.reach {
            check_sectors(&catalogue, reach)?;
        }
        let id = self.mint.id(now, DutyId::new).to_string();
        let (who, caller) = (person.to_owned(), self.caller_of(person));
        let said = self.db.write("coming on duty", move |tx| {
            Box::pin(async move {
                let me = person::all(tx).await?.into_iter().find(|p| p.id == who);
                if me.is_none_or(|p| OFF_ALWAYS.contains(&p.role.as_str())) {
                    return Ok(None);
                }
                let reach = match coming.reach {
                    Some(reach) => reach,
                    None => store::last_reach(tx, &who).await?.unwrap_or_default(),
                };
                let said = Said { person: who, on: true, from: now, until, reach };
                store::say(tx, &id, &said, via).await?;
                audit::append(tx, &Entry::done(&caller, "duty.on", &said.person), now).await?;
                Ok(Some(said))
            })
        });
        let nobody = || DutyError::Refused("only people who work on cases can be on duty".to_owned());
        said.await?.ok_or_else(nobody)
    }

    /// Somebody is off from now, until the end of what they had said or what was planned for them. Tells whether
    /// they were on.
    pub async fn off(&self, person: &str, via: &'static str) -> Result<bool, DutyError> {
        let now = self.clock.now();
        let id = self.mint.id(now, DutyId::new).to_string();
        let (who, caller) = (person.to_owned(), self.caller_of(person));
        let done = self.db.write("going off duty", move |tx| {
            Box::pin(async move {
                let (said, shifts) = around(tx, now).await?;
                let Some(on) = duty::on_at(&said, &shifts, now).into_iter().find(|p| p.person == who) else {
                    return Ok(false);
                };
                let covers = |from: Timestamp, until: Timestamp| from <= now && now < until;
                let said_ends =
                    said.iter().filter(|s| s.person == who && covers(s.from, s.until)).map(|s| s.until);
                let planned = shifts.iter().filter(|s| s.person == who && covers(s.from, s.until));
                let until = said_ends.chain(planned.map(|s| s.until)).max().unwrap_or(on.until);
                let off = Said { person: who, on: false, from: now, until, reach: Reach::default() };
                store::say(tx, &id, &off, via).await?;
                audit::append(tx, &Entry::done(&caller, "duty.off", &off.person), now).await?;
                Ok(true)
            })
        });
        Ok(done.await?)
    }

    /// Who is on at present, by name.
    pub async fn now(&self) -> Result<Vec<OnDuty>, StoreError> {
        let now = self.clock.now();
        self.db.read("reading who is on duty", move |tx| Box::pin(async move { on_at(tx, now).await })).await
    }

    /// Who is on between two instants, by time and name.
    pub async fn between(&self, from: Timestamp, to: Timestamp) -> Result<Vec<OnDuty>, StoreError> {
        let read = self.db.read("reading who will be on duty", move |tx| {
            Box::pin(async move {
                let (said, shifts) = touching(tx, from, to).await?;
                named(tx, duty::spans(&said, &shifts, from, to)).await
            })
        });
        let mut found = read.await?;
        found.sort_by(|a, b| (a.present.from, &a.name).cmp(&(b.present.from, &b.name)));
        Ok(found)
    }

    /// The last things said, latest first, with the names of who said them.
    pub async fn history(&self, limit: i64) -> Result<Vec<(SaidRow, String)>, StoreError> {
        let read = self.db.read("reading the history of duty", move |tx| {
            Box::pin(async move {
                let names = names(tx).await?;
                let rows = store::history(tx, limit).await?;
                let name = |row: SaidRow| {
                    let name = names.get(&row.person_id).map(|p| p.1.clone()).unwrap_or_default();
                    (row, name)
                };
                Ok(rows.into_iter().map(name).collect())
            })
        });
        read.await
    }
}

/// Who is on at an instant, by name.
pub async fn on_at(tx: &mut Tx, at: Timestamp) -> Result<Vec<OnDuty>, StoreError> {
    let (said, shifts) = around(tx, at).await?;
    named(tx, duty::on_at(&said, &shifts, at)).await
}

async fn around(tx: &mut Tx, at: Timestamp) -> Result<(Vec<Said>, Vec<duty::Shift>), StoreError> {
    touching(tx, at.minus(AROUND), at.plus(AROUND)).await
}

async fn touching(
    tx: &mut Tx,
    from: Timestamp,
    to: Timestamp,
) -> Result<(Vec<Said>, Vec<duty::Shift>), StoreError> {
    let mut said: Vec<Said> = store::said(tx, from, to).await?.iter().map(SaidRow::said).collect();
    let mut shifts = store::shifts(tx, from, to).await?;
    // Who may no longer log in, or works on no cases, covers nothing.
    let off: HashSet<String> = person::all(tx)
        .await?
        .into_iter()
        .filter(|p| p.disabled_at.is_some() || OFF_ALWAYS.contains(&p.role.as_str()))
        .map(|p| p.id)
        .collect();
    said.retain(|s| !off.contains(&s.person));
    shifts.retain(|s| !off.contains(&s.person));
    Ok((said, shifts))
}

/// Everybody's stretches on duty in a time that is past: who may no longer log in had theirs until then.
pub async fn on_then(tx: &mut Tx, from: Timestamp, to: Timestamp) -> Result<Vec<Present>, StoreError> {
    let said: Vec<Said> = store::said(tx, from, to).await?.iter().map(SaidRow::said).collect();
    let shifts = store::shifts(tx, from, to).await?;
    // Until when each counts, where that is not for good.
    let mut ends: HashMap<String, Timestamp> = HashMap::new();
    for p in person::all(tx).await? {
        if OFF_ALWAYS.contains(&p.role.as_str()) {
            ends.insert(p.id, from);
        } else if let Some(at) = p.disabled_at {
            ends.insert(p.id, Timestamp(at));
        }
    }
    let mut found = duty::spans(&said, &shifts, from, to);
    for present in &mut found {
        if let Some(end) = ends.get(&present.person) {
            present.until = present.until.min(*end);
        }
    }
    found.retain(|p| p.from < p.until);
    Ok(found)
}

/// Login and name of everybody who may log in, by id.
async fn names(tx: &mut Tx) -> Result<HashMap<String, (String, String)>, StoreError> {
    Ok(person::all(tx).await?.into_iter().map(|p| (p.id, (p.login, p.name))).collect())
}

async fn named(tx: &mut Tx, present: Vec<Present>) -> Result<Vec<OnDuty>, StoreError> {
    let names = names(tx).await?;
    let one = |present: Present| {
        let (login, name) = names.get(&present.person)?.clone();
        let buddy = present.buddy.as_ref().and_then(|b| names.get(b)).map(|p| p.1.clone());
        Some(OnDuty { present, login, name, buddy })
    };
    let mut found: Vec<OnDuty> = present.into_iter().filter_map(one).collect();
    found.sort_by(|a, b| (&a.name, a.present.from).cmp(&(&b.name, b.present.from)));
    Ok(found)
}

/// The hours of everything that a brand of the catalogue promises.
pub(crate) fn brand_hours(watched: &crate::catalogue::Watched) -> Vec<Hours> {
    let policy = &watched.policy.1;
    let mut names: Vec<&str> = policy.targets.iter().filter_map(|t| t.calendar.as_deref()).collect();
    if names.is_empty() || policy.targets.iter().any(|t| t.calendar.is_none()) {
        names.push(&policy.calendar);
    }
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| policy.hours(name)).collect()
}

/// When somebody who says no end goes off: at the end of the hours of the brands, if they are open and end within a
/// long day; otherwise after a working day.
fn natural_end(catalogue: &Catalogue, now: Timestamp) -> Timestamp {
    let open_until = |hours: &Hours| match hours {
        Hours::Always => None,
        Hours::Open(_) => hours
            .intervals_between(now, now.plus(ON_MAX).plus(Span(1)))
            .first()
            .filter(|(from, until)| *from <= now && until.since(now) <= ON_MAX)
            .map(|(_, until)| *until),
    };
    let ends = catalogue.brands.iter().flat_map(brand_hours).collect::<Vec<_>>();
    ends.iter().filter_map(open_until).max().unwrap_or_else(|| now.plus(ON_FOR))
}

fn check_sectors(catalogue: &Catalogue, reach: &Reach) -> Result<(), DutyError> {
    let known = sectors(catalogue);
    match reach.sectors.iter().find(|s| !known.contains(s)) {
        None => Ok(()),
        Some(other) => {
            let allowed =
                if known.is_empty() { "none; no brand has any".to_owned() } else { known.join(", ") };
            let what = format!("sector '{other}'; allowed: {allowed}");
            Err(DutyError::Invalid { field: "sectors", what })
        }
    }
}

/// The sectors of all brands by name, each once.
pub fn sectors(catalogue: &Catalogue) -> Vec<String> {
    let mut names: Vec<String> =
        catalogue.brands.iter().flat_map(|b| b.brand.sectors.iter().map(|s| s.name.clone())).collect();
    names.sort();
    names.dedup();
    names
}
