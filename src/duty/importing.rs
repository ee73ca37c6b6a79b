//! Reading plans: by command, and those of the settings again and again.
//!
//! What a plan says replaces what it said before; what is over stays as it was. A plan of which nothing can be read
//! changes nothing. A plan that is the same as at the last reading is not written again. A plan that the settings name no
//! more plans nobody any more.

use super::config::PlanConfig;
use super::{Duty, OFF_ALWAYS, sectors};
use crate::domain::duty::{BYTES_MAX, BadLine, Known, Staff, WHOLE_DAY, read};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, HttpClient};
use crate::shutdown::Shutdown;
use crate::store::duty::{self as store, PlanRow};
use crate::store::{StoreError, person};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncReadExt;
use url::Url;

const ROUND: Span = Span::seconds(15);
/// What stands before the digest of a plan that the settings name.
const OF_SETTINGS: &str = "settings:";
/// How far repeats of iCal are worked out.
const AHEAD: Span = Span::days(400);
/// How far back repeats of iCal are taken over.
const BACK: Span = Span::days(31);

/// What came of reading a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// How many shifts it has.
    pub shifts: usize,
    /// The lines that were passed over.
    pub wrong: Vec<BadLine>,
    /// Whether what it said before was replaced; not when it is the same, or nothing could be read.
    pub replaced: bool,
}

impl Duty {
    /// Takes over what a plan says, in the place of what it said before; days without times are from midnight to midnight.
    pub async fn import(&self, plan: &str, text: &str, zone: &TimeZone) -> Result<Imported, StoreError> {
        self.import_with(plan, text, (zone, WHOLE_DAY)).await
    }

    /// The same, where days without times mean some hours, in minutes after midnight.
    pub async fn import_with(
        &self,
        plan: &str,
        text: &str,
        times: (&TimeZone, (i64, i64)),
    ) -> Result<Imported, StoreError> {
        self.take_over(plan, text, times, "").await
    }

    /// The same; `origin` stands before the digest that is kept of it.
    async fn take_over(
        &self,
        plan: &str,
        text: &str,
        (zone, whole_day): (&TimeZone, (i64, i64)),
        origin: &str,
    ) -> Result<Imported, StoreError> {
        let now = self.clock.now();
        let sectors = sectors(&self.catalogue.get());
        let (people, before) = self.known_of(plan).await?;
        let digest = format!("{origin}{}", digest(text, (zone, whole_day), &people, &sectors));
        let same = before.as_ref().is_some_and(|b| b.digest == digest && b.trouble.is_empty());
        // Repeats without an end go on, so that a plan is worked out anew each day.
        let fresh = before.as_ref().is_some_and(|b| Timestamp(b.read_at).day() == now.day());
        if let Some(b) = before.as_ref().filter(|_| same && fresh) {
            let shifts = usize::try_from(b.shifts).unwrap_or(0);
            let wrong = serde_json::from_str(&b.wrong).unwrap_or_default();
            return Ok(Imported { shifts, wrong, replaced: false });
        }
        let (from, to) = (now.minus(BACK), now.plus(AHEAD));
        let known = Known { people, sectors, zone: zone.clone(), whole_day, from, to };
        // A plan may be large; nobody waits for its reading, neither here nor in the database.
        let owned = text.to_owned();
        let read = tokio::task::spawn_blocking(move || read(&owned, &known)).await;
        let read = read.map_err(|_| StoreError::Refused("the plan could not be read".to_owned()))?;
        let nothing = read.shifts.is_empty() && !read.wrong.is_empty();
        let row = PlanRow {
            plan: plan.to_owned(),
            digest,
            read_at: now.millis(),
            shifts: i64::try_from(read.shifts.len()).unwrap_or(i64::MAX),
            wrong: serde_json::to_string(&read.wrong).unwrap_or_default(),
            trouble: if nothing { "no line of it could be used; the last plan holds" } else { "" }.to_owned(),
        };
        let done = Imported { shifts: read.shifts.len(), wrong: read.wrong, replaced: !nothing && !same };
        let mut shifts = read.shifts;
        // What is over was as it was, whatever a plan says of it later; the first reading tells of the past too.
        shifts.retain(|s| before.is_none() || s.until > now);
        let shifts = Arc::new(shifts);
        let written = self.db.write_again("taking a plan over", move |tx| {
            let (row, shifts) = (row.clone(), shifts.clone());
            Box::pin(async move {
                if !nothing {
                    store::replace(tx, &row.plan, &shifts, now).await?;
                }
                store::put_plan(tx, &row).await
            })
        });
        written.await?;
        Ok(done)
    }

    /// Who may be planned, and how a plan was read last.
    async fn known_of(&self, plan: &str) -> Result<(Vec<Staff>, Option<PlanRow>), StoreError> {
        let plan = plan.to_owned();
        let read = self.db.read("reading whom a plan may name", move |tx| {
            Box::pin(async move {
                let people = person::all(tx).await?.into_iter();
                let people =
                    people.filter(|p| p.disabled_at.is_none() && !OFF_ALWAYS.contains(&p.role.as_str()));
                let people = people.map(|p| Staff { id: p.id, login: p.login, name: p.name }).collect();
                Ok((people, store::plans(tx).await?.into_iter().find(|p| p.plan == plan)))
            })
        });
        read.await
    }

    /// Takes away what is ahead of plans that the settings named once and name no more; tells how many there were.
    async fn drop_others(&self, named: &[PlanConfig]) -> Result<usize, StoreError> {
        let all = self.plans().await?.into_iter();
        let gone: Vec<String> = all
            .filter(|p| p.digest.starts_with(OF_SETTINGS) && !named.iter().any(|n| n.name == p.plan))
            .map(|p| p.plan)
            .collect();
        let (now, count) = (self.clock.now(), gone.len());
        for plan in gone {
            tracing::info!(plan, "the settings name a plan no more; what it had planned ahead is taken away");
            let done = self.db.write_again("taking a plan away", move |tx| {
                let plan = plan.clone();
                Box::pin(async move {
                    store::replace(tx, &plan, &[], now).await?;
                    store::forget_plan(tx, &plan).await
                })
            });
            done.await?;
        }
        Ok(count)
    }

    /// How the plans were read last.
    pub async fn plans(&self) -> Result<Vec<PlanRow>, StoreError> {
        self.db.read("reading how plans were read", |tx| Box::pin(store::plans(tx))).await
    }

    /// Notes that a plan could not be read at all; the last one holds.
    async fn note_trouble(&self, plan: &str, why: String) -> Result<(), StoreError> {
        let (plan, now) = (plan.to_owned(), self.clock.now());
        let noted = self.db.write("noting that a plan could not be read", move |tx| {
            Box::pin(async move {
                let before = store::plans(tx).await?.into_iter().find(|p| p.plan == plan);
                let row = before.unwrap_or_else(|| PlanRow {
                    plan,
                    digest: OF_SETTINGS.to_owned(),
                    read_at: now.millis(),
                    shifts: 0,
                    wrong: "[]".to_owned(),
                    trouble: String::new(),
                });
                store::put_plan(tx, &PlanRow { trouble: format!("{why}; the last plan holds"), ..row }).await
            })
        });
        noted.await
    }
}

/// Of a plan, of what its times mean, and of what it may name, so that one that names somebody new is read again.
fn digest(
    text: &str,
    (zone, whole_day): (&TimeZone, (i64, i64)),
    people: &[Staff],
    sectors: &[String],
) -> String {
    let mut hash = Sha256::new();
    hash.update(text.as_bytes());
    let zone = zone.iana_name().unwrap_or_default();
    hash.update(format!("\0{zone}\0{}\0{}", whole_day.0, whole_day.1).as_bytes());
    for p in people {
        hash.update(format!("\0{}\0{}", p.login, p.name).as_bytes());
    }
    hash.update(sectors.join("\0").as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Reads the plans of the settings again and again.
#[derive(Debug)]
pub struct Plans {
    duty: Duty,
    http: HttpClient,
    plans: Vec<PlanConfig>,
    zone: TimeZone,
    next: Mutex<BTreeMap<String, Timestamp>>,
}

impl Plans {
    /// Reads these plans, by `http` where they have addresses.
    pub fn new(duty: Duty, http: HttpClient, plans: Vec<PlanConfig>, zone: TimeZone) -> Self {
        Self { duty, http, plans, zone, next: Mutex::default() }
    }

    /// One round: reads what is due. Returns how many plans were replaced.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.duty.clock.now();
        let is_first = self.next.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        let mut replaced = if is_first { self.duty.drop_others(&self.plans).await? } else { 0 };
        for plan in &self.plans {
            {
                let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
                if next.get(&plan.name).is_some_and(|at| *at > now) {
                    continue;
                }
                next.insert(plan.name.clone(), now.plus(Span::minutes(plan.every_minutes)));
            }
            match self.text(plan).await {
                Ok(text) => {
                    let read =
                        self.duty.take_over(&plan.name, &text, (&self.zone, plan.whole_day()), OF_SETTINGS);
                    let done = read.await?;
                    if done.replaced {
                        replaced += 1;
                        let wrong = done.wrong.len();
                        tracing::info!(plan = plan.name, shifts = done.shifts, wrong, "a plan was read");
                    }
                }
                Err(why) => {
                    tracing::warn!(plan = plan.name, why, "a plan was not read; the last one holds");
                    self.duty.note_trouble(&plan.name, why).await?;
                }
            }
        }
        Ok(replaced)
    }

    /// What a plan says; never with its address, which may hold a token.
    async fn text(&self, plan: &PlanConfig) -> Result<String, String> {
        let bytes = match (&plan.file, &plan.url) {
            (Some(file), _) => {
                let opened = tokio::fs::File::open(file).await.map_err(|e| e.to_string())?;
                let mut bytes = Vec::new();
                let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
                opened.take(most).read_to_end(&mut bytes).await.map_err(|e| e.to_string())?;
                bytes
            }
            (None, Some(url)) => {
                let url = Url::parse(url).map_err(|e| e.to_string())?;
                let call = Call::get(url).bytes_max(BYTES_MAX);
                self.http.send(call).await.map_err(|e| e.to_string())?.body.to_vec()
            }
            (None, None) => return Err("no file and no address".to_owned()),
        };
        String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())
    }

    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let plans = Arc::new(self);
        shutdown.spawn_every("duty plans", ROUND, move || {
            let plans = plans.clone();
            async move {
                if let Err(error) = plans.run_once().await {
                    tracing::warn!(%error, "plans could not be kept; it tries again");
                }
                0
            }
        });
    }
}
