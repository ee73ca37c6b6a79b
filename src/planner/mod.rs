//! Our own planner, an optional module: shifts with patterns, swaps between people, absences, calendars out, and the
//! support days of guests.
//!
//! What is planned, swapped and told stands in tables of its own; what it comes to ([`crate::domain::planner`]) is
//! written as one plan beside those that are imported, in the transaction of each change, so that
//! [`crate::duty`] alone says who is on. What is over stays as it was. Where the module is off its plan is empty.

mod absences;
mod changing;
pub mod config;
mod feeds;
mod guests;
mod shifts;
mod swaps;

pub use absences::{Away, Uncovered};
pub use changing::ChangedShift;
pub use feeds::Made;
pub use guests::{GuestLine, Proposal, Quarter, Served};
pub use shifts::NewShift;
pub use swaps::Answer;

use crate::catalogue::Current;
use crate::clock::{Clock, Mint};
use crate::domain::audit::{Caller, Entry};
use crate::domain::planner::{self as domain, Pattern, Planned};
use crate::domain::time::{Span, Timestamp};
use crate::duty::{Duty, OFF_ALWAYS};
use crate::shutdown::Shutdown;
use crate::store::person::PersonRow;
use crate::store::planner::{self as store, AbsenceRow, SwapRow};
use crate::store::{Db, StoreError, Tx, audit, duty as plans, person};
use config::PlannerConfig;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;

/// The name of its plan among those of duty; no plan of the settings can have it.
const PLAN: &str = ".planner";
/// How far shifts are worked out.
const AHEAD: Span = Span::days(400);
/// Longest that a shift and what covers it reach back.
const BACK: Span = Span::days(3);
/// How often what is far ahead is worked out again.
const ROUND: Span = Span::hours(1);

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PlannerError {
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
    /// Somebody changed it since it was seen.
    #[error("somebody changed it meanwhile; look at it again")]
    Stale,
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn invalid<T>(field: &'static str, what: impl Into<String>) -> Result<T, PlannerError> {
    Err(PlannerError::Invalid { field, what: what.into() })
}

fn refused<T>(why: &str) -> Result<T, PlannerError> {
    Err(PlannerError::Refused(why.to_owned()))
}

/// What a span of the plan looks like.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// The days of shifts, by time.
    pub planned: Vec<Planned>,
    /// The shifts that they come of, by id.
    pub patterns: Vec<Pattern>,
    /// Swaps of these days and later ones.
    pub swaps: Vec<SwapRow>,
    /// Absences that touch the span and were not called off.
    pub absences: Vec<AbsenceRow>,
    /// The names of people, by id.
    pub names: HashMap<String, String>,
    /// Their logins, by id.
    pub logins: HashMap<String, String>,
}

impl Sheet {
    /// The name of somebody.
    pub fn name(&self, id: &str) -> String {
        self.names.get(id).cloned().unwrap_or_else(|| "?".to_owned())
    }
}

/// The planner; cheap to clone.
#[derive(Clone, Debug)]
pub struct Planner {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    catalogue: Current,
    zone: TimeZone,
    config: PlannerConfig,
    caller: Caller,
}

impl Planner {
    /// Works on `db`; `zone` is that of times that people write.
    pub fn new(
        (db, clock, mint): (Db, Arc<dyn Clock>, Arc<Mint>),
        catalogue: Current,
        zone: TimeZone,
        config: PlannerConfig,
    ) -> Self {
        Self { db, clock, mint, catalogue, zone, config, caller: Caller::default() }
    }

    /// The same, for somebody whom a door let in: the audit tells from where.
    pub fn by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// The zone of its days.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Its settings.
    pub const fn config(&self) -> &PlannerConfig {
        &self.config
    }

    /// Who is on duty, by whatever plan.
    fn duty(&self) -> Duty {
        Duty::new(self.db.clone(), self.clock.clone(), self.mint.clone(), self.catalogue.clone())
    }

    fn entry(&self, who: &str, act: &str, target: &str) -> Entry {
        let caller = Caller { person: who.to_owned(), ..self.caller.clone() };
        Entry::done(&caller, act, target)
    }

    /// The day on the wall of its zone.
    pub fn day_of(&self, at: Timestamp) -> Date {
        day_of(at, &self.zone)
    }

    /// The first instant of a day of its zone.
    pub fn midnight(&self, day: Date) -> Timestamp {
        day.to_zoned(self.zone.clone()).map_or(Timestamp(0), |z| Timestamp(z.timestamp().as_millisecond()))
    }

    /// The plan between two instants.
    pub async fn sheet(&self, from: Timestamp, to: Timestamp) -> Result<Sheet, StoreError> {
        self.db.read("reading the plan", move |tx| Box::pin(async move { sheet(tx, from, to).await })).await
    }

    /// Works out anew what is ahead: repeats without an end go on, and who may be planned changes.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let (now, on) = (self.clock.now(), self.config.enabled);
        let done = self.db.write_again("working the plan out", move |tx| {
            Box::pin(async move {
                if on {
                    if store::is_used(tx).await? {
                        settle(tx, now).await?;
                    }
                    return Ok(());
                }
                plans::replace(tx, PLAN, &[], now).await
            })
        });
        done.await
    }

    /// Works it out again and again until the order to stop; once only where the module is off.
    pub fn spawn(self, shutdown: &Shutdown) {
        if self.config.enabled {
            shutdown.spawn_every("planner", ROUND, move || {
                let planner = self.clone();
                async move {
                    if let Err(error) = planner.refresh().await {
                        tracing::warn!(%error, "the plan could not be worked out; it tries again");
                    }
                    0
                }
            });
            return;
        }
        let token = shutdown.token.clone();
        shutdown.spawn("planner", async move {
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "what the planner had planned could not be taken away");
            }
            // A task that ends by itself stops the daemon.
            token.cancelled().await;
        });
    }
}

fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    at.to_zoned(zone.clone()).date()
}

/// The day of UTC some days from an instant: wide enough for every zone.
fn around(at: Timestamp, days: i64) -> Date {
    day_of(at.plus(Span::days(days)), &TimeZone::UTC)
}

async fn sheet(tx: &mut Tx, from: Timestamp, to: Timestamp) -> Result<Sheet, StoreError> {
    let patterns = store::shifts(tx, around(from, -4), around(to, 2)).await?;
    let swaps = store::swaps(tx, around(from, -4)).await?;
    let absences = store::absences(tx, from.minus(BACK), to.plus(BACK)).await?;
    let agreed: Vec<domain::Swap> = swaps.iter().filter_map(SwapRow::swap).collect();
    let away: Vec<domain::Absence> = absences.iter().map(AbsenceRow::absence).collect();
    let planned = domain::fold(&patterns, &agreed, &away, (from, to));
    let people = person::all(tx).await?;
    let logins = people.iter().map(|p| (p.id.clone(), p.login.clone())).collect();
    let names = people.into_iter().map(|p| (p.id, p.name)).collect();
    let touches =
        |a: &AbsenceRow| a.called_off_at.is_none() && a.from_ms < to.millis() && a.until_ms > from.millis();
    let absences = absences.into_iter().filter(touches).collect();
    Ok(Sheet { planned, patterns, swaps, absences, names, logins })
}

/// Writes what the plan comes to as a plan of duty, in the transaction that changed it.
async fn settle(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    store::in_turn(tx).await?;
    let found = sheet(tx, now.minus(BACK), now.plus(AHEAD)).await?;
    let mut shifts = domain::shifts(&found.planned);
    shifts.retain(|s| s.until > now);
    plans::replace(tx, PLAN, &shifts, now).await
}

/// Somebody who may be planned, by id or login.
async fn worker(tx: &mut Tx, who: &str) -> Result<Option<PersonRow>, StoreError> {
    let all = person::all(tx).await?;
    let fits = |p: &PersonRow| p.disabled_at.is_none() && !OFF_ALWAYS.contains(&p.role.as_str());
    Ok(all.into_iter().find(|p| (p.id == who || p.login.eq_ignore_ascii_case(who)) && fits(p)))
}

/// Says what is wrong with a name, or gives whom it means.
async fn named(
    tx: &mut Tx,
    field: &'static str,
    who: &str,
) -> Result<Result<PersonRow, PlannerError>, StoreError> {
    let found = worker(tx, who.trim()).await?;
    let shown: String = who.chars().filter(|c| !c.is_control()).take(60).collect();
    let what = format!("'{shown}'; allowed: the login of somebody who works on cases");
    Ok(found.ok_or(PlannerError::Invalid { field, what }))
}

/// The row of the audit, last in its transaction.
async fn note(tx: &mut Tx, entry: &Entry, now: Timestamp) -> Result<(), StoreError> {
    audit::append(tx, entry, now).await
}
