//! The watch over unusual rises: counts what is said about what, opens an incident when it is far more than usual at
//! this hour, gathers its cases while it lasts, and ends it when it was calm again.
//!
//! One process at a time watches, by lease. Each round reads one hour of mentions and a few dozen counted quarters of
//! other weeks, however much is stored. What the teams are told is an action of the outbox, written in the transaction
//! that opened or ended the incident. What is owed to the cases is not touched.

use crate::casework::incidents;
use crate::catalogue::{Catalogue, Current};
use crate::clock::{Clock, Mint};
use crate::domain::ids::{ActionId, IncidentId};
use crate::domain::surge::{self, Past, SLOT, Standing, Step, Usual};
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::incident::{self, IncidentRow};
use crate::store::rows::ActionRow;
use crate::store::surge::{self as counts, Kind};
use crate::store::{Db, StoreError, Tx, bulk, lease};
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::Notify;

/// The kind of the action that tells a team.
pub const TOLD: &str = "incident";
const PERIOD: Span = Span::minutes(1);
const LEASE: Span = Span::minutes(3);
/// A mention may be committed this much later than its id says.
const LAG: Span = Span::minutes(5);
/// Most quarters that are counted in one round, for the past of a database that was never counted: two days.
const SLOTS_A_ROUND: usize = 192;
/// How far back the past is kept.
const KEPT: Span = Span::days(7 * surge::WEEKS + 1);
/// Most cases that one round adds to one incident.
const CASES_A_ROUND: i64 = 50;

/// What watches.
#[derive(Clone, Debug)]
pub struct Surging {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// Brands and teams.
    pub catalogue: Current,
    /// The name of this process.
    pub owner: String,
    /// Woken when there is something to send.
    pub outbox: Arc<Notify>,
    /// By whose wall hours of the week are meant.
    pub zone: TimeZone,
}

impl Surging {
    /// Watches until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let this = Arc::new(self);
        shutdown.spawn_every("rises", PERIOD, move || {
            let this = this.clone();
            async move {
                match this.run_once().await {
                    Ok(0) => {}
                    Ok(_) => this.outbox.notify_waiters(),
                    Err(error) => tracing::warn!(%error, "rises could not be looked for; it tries again"),
                }
                0
            }
        });
    }

    /// One round; tells how many messages it made.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let this = self.clone();
        let round = self.db.write_again("looking for rises", move |tx| {
            let this = this.clone();
            Box::pin(async move { this.round(tx).await })
        });
        round.await
    }

    async fn round(&self, tx: &mut Tx) -> Result<usize, StoreError> {
        let (now, catalogue) = (self.clock.now(), self.catalogue.get());
        if lease::take(tx, "surging", &self.owner, now, LEASE).await?.is_none() {
            return Ok(0);
        }
        count(tx, now).await?;
        let present: BTreeMap<Kind, i64> = counts::window(tx, now).await?.into_iter().collect();
        let rising = incident::rising(tx).await?;
        if rising.is_empty() && present.values().all(|n| *n < surge::MIN) {
            return Ok(0);
        }
        let before = self.before(tx, now).await?;
        let mut actions = Vec::new();
        for row in rising {
            let kind = (row.brand_id.clone(), row.topic.clone(), row.language.clone());
            let n = present.get(&kind).copied().unwrap_or(0);
            actions.extend(self.follow(tx, &catalogue, row, (n, before.usual(&kind)), now).await?);
        }
        // What is furthest from usual is told; others with the same cases are the same rise.
        let mut news: Vec<(i64, Kind, Usual)> = Vec::new();
        for (kind, n) in present.iter().filter(|(_, n)| **n >= surge::MIN) {
            let Some(usual) = before.usual(kind).filter(|u| *n >= u.bound) else { continue };
            news.push((*n, kind.clone(), usual));
        }
        news.sort_by_key(|(n, kind, usual)| (usual.expected - n, kind.clone()));
        for (n, kind, usual) in news {
            actions.extend(self.begin(tx, &catalogue, &kind, (n, usual), now).await?);
        }
        bulk::insert_actions(tx, &actions).await?;
        Ok(actions.len())
    }

    /// What the same hours brought before.
    async fn before(&self, tx: &mut Tx, now: Timestamp) -> Result<Before, StoreError> {
        let Some((first, last)) = counts::counted(tx).await? else { return Ok(Before::default()) };
        let known = |at: &Timestamp| {
            let slots = surge::slots_before(*at);
            *slots.start() >= first && *slots.end() <= last
        };
        let times = |days, n| -> Vec<Timestamp> {
            surge::same_times(now, &self.zone, days, n).into_iter().filter(known).collect()
        };
        let (weeks, days) = (times(7, surge::WEEKS), times(1, surge::DAYS));
        let both = weeks.iter().chain(&days);
        let wanted: BTreeSet<i64> = both.flat_map(|at| surge::slots_before(*at)).collect();
        let wanted: Vec<i64> = wanted.into_iter().collect();
        let mut of: HashMap<Kind, BTreeMap<i64, i64>> = HashMap::new();
        for (slot, kind, n) in counts::slots(tx, &wanted).await? {
            of.entry(kind).or_default().insert(slot, n);
        }
        let brands: Vec<String> = self.catalogue.get().brands.iter().map(|b| b.id.clone()).collect();
        let since = counts::first_of_brands(tx, &brands).await?.into_iter().collect();
        Ok(Before { weeks, days, since, of })
    }

    /// What becomes of a rise that runs.
    async fn follow(
        &self,
        tx: &mut Tx,
        catalogue: &Catalogue,
        mut row: IncidentRow,
        (n, usual): (i64, Option<Usual>),
        now: Timestamp,
    ) -> Result<Vec<ActionRow>, StoreError> {
        let standing = Standing::Rising(row.calm_since.map(Timestamp));
        match surge::step(standing, n, usual, now) {
            Step::End => {
                incidents::end(tx, &mut row, None, now).await?;
                return Ok(self.told(catalogue, &row, "over", now));
            }
            Step::Calm(since) => row.calm_since = since.map(Timestamp::millis),
            Step::Stay | Step::Begin => {}
        }
        row.most = row.most.max(n);
        incident::put(tx, &row).await?;
        self.gather(tx, catalogue, &mut row, now).await?;
        Ok(Vec::new())
    }

    async fn gather(
        &self,
        tx: &mut Tx,
        catalogue: &Catalogue,
        row: &mut IncidentRow,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let kind = (row.brand_id.clone(), row.topic.clone(), row.language.clone());
        let kind = (kind.0.as_str(), kind.1.as_str(), kind.2.as_str());
        let (free, _, _) = counts::cases(tx, kind, now, CASES_A_ROUND).await?;
        for case in free {
            incidents::join(tx, (catalogue, &self.mint), row, &case, None, now).await?;
        }
        Ok(())
    }

    /// A rise begins, unless one of its kind was just over or most of its cases belong to another.
    async fn begin(
        &self,
        tx: &mut Tx,
        catalogue: &Catalogue,
        (brand_id, topic, language): &Kind,
        (n, usual): (i64, Usual),
        now: Timestamp,
    ) -> Result<Vec<ActionRow>, StoreError> {
        let kind = (brand_id.as_str(), topic.as_str(), language.as_str());
        let runs = incident::rising(tx).await?;
        if runs.iter().any(|r| (r.brand_id.as_str(), r.topic.as_str(), r.language.as_str()) == kind)
            || catalogue.brand(brand_id).is_none()
        {
            return Ok(Vec::new());
        }
        let quiet = Standing::Quiet(incident::last_end(tx, kind).await?);
        if surge::step(quiet, n, Some(usual), now) != Step::Begin {
            return Ok(Vec::new());
        }
        let (_, all, taken) = counts::cases(tx, kind, now, 0).await?;
        if (all > 0 && taken * 2 >= all) || same_storm(tx, kind, &runs, now).await? {
            return Ok(Vec::new());
        }
        let id = self.mint.id(now, IncidentId::new).to_string();
        let mut row = incidents::blank(&id, brand_id, incident::next_number(tx, brand_id).await?, now);
        "rise".clone_into(&mut row.origin);
        topic.clone_into(&mut row.topic);
        language.clone_into(&mut row.language);
        (row.expected, row.most) = (usual.expected, n);
        incident::put(tx, &row).await?;
        let body = json!({ "n": n, "expected": usual.expected }).to_string();
        incident::note(tx, &row, now, "opened", None, &body).await?;
        self.gather(tx, catalogue, &mut row, now).await?;
        Ok(self.told(catalogue, &row, "raised", now))
    }

    /// What the teams of the brand are told, once each.
    fn told(&self, catalogue: &Catalogue, row: &IncidentRow, what: &str, now: Timestamp) -> Vec<ActionRow> {
        let Some(watched) = catalogue.brand(&row.brand_id) else { return Vec::new() };
        let teams = catalogue.teams.iter().filter(|t| t.hears(&watched.brand.name));
        let chats: BTreeSet<(&str, &str)> = teams.map(|t| (t.credential.as_str(), t.chat.as_str())).collect();
        let one = |(credential, chat): (&str, &str)| {
            let id = self.mint.id(now, ActionId::new).to_string();
            let once = format!("incident:{}:{what}:{credential}:{chat}", row.id);
            let mut action = ActionRow::ready(id, &row.brand_id, TOLD, credential, once, now);
            action.payload =
                json!({ "chat": chat, "incident": row.id, "brand": row.brand_id, "kind": what }).to_string();
            action
        };
        chats.into_iter().map(one).collect()
    }
}

/// Whether a kind of talk is mostly made of the cases of a rise that runs. Not all cases of a storm have joined it yet, so
/// that is told by what both are made of.
async fn same_storm(
    tx: &mut Tx,
    kind: (&str, &str, &str),
    runs: &[IncidentRow],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mine: BTreeSet<String> = counts::open_cases(tx, kind, now).await?.into_iter().collect();
    for other in runs.iter().filter(|r| r.brand_id == kind.0) {
        let of = (kind.0, other.topic.as_str(), other.language.as_str());
        let same = counts::open_cases(tx, of, now).await?.iter().filter(|c| mine.contains(*c)).count();
        if same > 0 && same * 2 >= mine.len() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The counts of the same hours before.
#[derive(Debug, Default)]
struct Before {
    weeks: Vec<Timestamp>,
    days: Vec<Timestamp>,
    /// Since which quarter each brand is known: before it nothing was said because nobody listened.
    since: HashMap<String, i64>,
    of: HashMap<Kind, BTreeMap<i64, i64>>,
}

impl Before {
    /// What is usual of a kind of talk at this hour.
    fn usual(&self, kind: &Kind) -> Option<Usual> {
        let none = BTreeMap::new();
        let counted = self.of.get(kind).unwrap_or(&none);
        let hour = |at: &Timestamp| {
            let steps: Vec<i64> =
                surge::slots_before(*at).map(|s| counted.get(&s).copied().unwrap_or(0)).collect();
            surge::busier(&steps)
        };
        let since = self.since.get(&kind.0).copied().unwrap_or(i64::MAX);
        let known = |at: &&Timestamp| *surge::slots_before(**at).start() >= since;
        let weeks: Vec<i64> = self.weeks.iter().filter(known).map(hour).collect();
        if weeks.len() >= surge::WEEKS_MIN {
            return Past::Weeks(weeks).usual();
        }
        Past::Days(self.days.iter().filter(known).map(hour).collect()).usual()
    }
}

/// Counts the quarters that are over and were not counted yet, from the past on.
async fn count(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let over = surge::slot(now.minus(LAG));
    let oldest = surge::slot(now.minus(KEPT));
    let next = match counts::counted(tx).await? {
        Some((_, last)) => Some(last + 1),
        None => counts::first(tx).await?,
    };
    let Some(next) = next.map(|next| next.max(oldest)) else { return Ok(()) };
    for slot in (next..over).take(SLOTS_A_ROUND) {
        counts::count(tx, slot).await?;
    }
    if next < over && next % (Span::days(1).millis() / SLOT.millis()) == 0 {
        counts::forget(tx, oldest).await?;
    }
    Ok(())
}
