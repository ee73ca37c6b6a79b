//! Holidays by address: iCal files that calendars name, fetched at the start and then daily.
//!
//! What was fetched is kept as a version in the database, and a new one makes new versions of the
//! policies that count by it. An address that is dead or brings junk changes nothing: the last
//! holidays hold, and the trouble stands among the sources. A process also learns here of policies
//! that another replica made.

use crate::catalogue::{self, Current};
use crate::clock::Clock;
use crate::domain::calendar::{Calendar, Hours, ical_holidays};
use crate::domain::policy::REACH_YEARS;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, HttpClient};
use crate::shutdown::Shutdown;
use crate::store::source::{self, Fares};
use crate::store::{Db, StoreError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

const ROUND: Span = Span::seconds(15);
const DAILY: Span = Span::days(1);
/// How long after trouble it is tried again.
const AGAIN: Span = Span::minutes(5);
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The name under which the address of a calendar stands among the sources; no source of the
/// settings can bear it.
pub fn source_name(calendar: &str) -> String {
    format!("calendar {calendar}")
}

/// Fetches holidays.
#[derive(Debug)]
pub struct Holidays {
    db: Db,
    clock: Arc<dyn Clock>,
    http: HttpClient,
    current: Current,
    /// When each calendar is fetched next, and since when it fares as it does.
    next: Mutex<BTreeMap<String, Plan>>,
    /// The names under which addresses are entered among the sources.
    entered: Mutex<Option<Vec<String>>>,
}

#[derive(Clone, Debug)]
struct Plan {
    url: String,
    at: Timestamp,
    well: bool,
    since: Timestamp,
}

impl Holidays {
    /// Fetches by `http` for the calendars of `current`.
    pub fn new(db: Db, clock: Arc<dyn Clock>, http: HttpClient, current: Current) -> Self {
        Self { db, clock, http, current, next: Mutex::default(), entered: Mutex::default() }
    }

    /// One round: fetches what is due, and takes over what is new. Returns how many were fetched well.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        self.enter(now).await?;
        let mut fetched = 0;
        for (name, calendar) in self.current.get().feeds() {
            let Some(url) = calendar.spec().holidays_url.clone() else { continue };
            if !self.is_due(&name, &url, now) {
                continue;
            }
            let days = self.fetch(&url, &calendar).await;
            let fares = self.fares(&name, url, days.as_ref().err(), now);
            fetched += usize::from(days.is_ok());
            let done = self.db.write_again("keeping holidays", move |tx| {
                let (name, days, fares) = (name.clone(), days.clone(), fares.clone());
                Box::pin(async move {
                    source::put(tx, std::slice::from_ref(&fares)).await?;
                    match days {
                        Ok(days) => catalogue::keep_fetched(tx, &name, &days, now).await,
                        Err(_) => Ok(false),
                    }
                })
            });
            done.await?;
        }
        self.take_over(now).await?;
        Ok(fetched)
    }

    /// Enters the addresses among the sources when they have changed, as after a reload.
    async fn enter(&self, now: Timestamp) -> Result<(), StoreError> {
        let names: Vec<String> = self.current.get().feeds().keys().map(|name| source_name(name)).collect();
        let known = self.entered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known.as_ref() == Some(&names) {
            return Ok(());
        }
        let rows = names.clone();
        let entered = self.db.write_again("entering addresses of holidays", move |tx| {
            let rows = rows.clone();
            Box::pin(async move { source::register_holidays(tx, &rows, now).await })
        });
        entered.await?;
        *self.entered.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
        Ok(())
    }

    fn is_due(&self, name: &str, url: &str, now: Timestamp) -> bool {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.get(name).is_none_or(|plan| plan.url != url || plan.at <= now)
    }

    /// The days of an address, or why there are none; never with the address, which may hold a token.
    async fn fetch(&self, url: &str, calendar: &Calendar) -> Result<Vec<String>, String> {
        let url = Url::parse(url).map_err(|e| e.to_string())?;
        let answer = self.http.send(Call::get(url).bytes_max(BYTES_MAX)).await.map_err(|e| e.to_string())?;
        let text = String::from_utf8(answer.body.to_vec()).map_err(|_| "not UTF-8".to_owned())?;
        let zone = calendar.zone().to_owned();
        // Somebody else's file may be long work, and others wait for this thread.
        let read = tokio::task::spawn_blocking(move || ical_holidays(&text, &zone)).await;
        let days = read.map_err(|_| "it could not be read".to_owned())?.map_err(|e| e.to_string())?;
        let days: Vec<String> = days.into_iter().map(|day| day.to_string()).collect();
        let opens = |with: Calendar| Hours::of(with).reaches_within(Span::minutes(1), REACH_YEARS);
        if !calendar.with_fetched(&days).is_ok_and(opens) {
            return Err(format!("with these days the calendar does not open for {REACH_YEARS} years"));
        }
        Ok(days)
    }

    /// Notes how it went and when it is tried again.
    fn fares(&self, name: &str, url: String, trouble: Option<&String>, now: Timestamp) -> Fares {
        let well = trouble.is_none();
        let at = now.plus(if well { DAILY } else { AGAIN });
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let since = next.get(name).filter(|plan| plan.well == well).map_or(now, |plan| plan.since);
        next.insert(name.to_owned(), Plan { url, at, well, since });
        if let Some(why) = trouble {
            tracing::warn!(calendar = name, why, "holidays were not fetched; the last ones hold");
        }
        Fares {
            name: source_name(name),
            state: if well { "connected" } else { "retrying" }.to_owned(),
            why: trouble.map(|why| format!("{why}; the last holidays hold")).unwrap_or_default(),
            since,
            retry_at: (!well).then_some(at),
            heard_at: well.then_some(now),
            posted_at: None,
        }
    }

    /// Makes what is new in the database current here, whoever brought it.
    async fn take_over(&self, now: Timestamp) -> Result<(), StoreError> {
        let old = self.current.get();
        let looked = old.clone();
        let is_stale = self.db.read("looking for other holidays", move |tx| {
            Box::pin(async move { catalogue::is_stale(tx, &looked, now).await })
        });
        if !is_stale.await? {
            return Ok(());
        }
        let from = old.clone();
        let new = self.db.write_again("taking other holidays over", move |tx| {
            let from = from.clone();
            Box::pin(async move { catalogue::refreshed(tx, &from, now).await })
        });
        let new = new.await?;
        // If a reload was faster, the next round looks again.
        if self.current.exchange(&old, new) {
            tracing::info!(
                "calendars, policies or texts have changed; they hold for what begins from now on"
            );
        }
        Ok(())
    }

    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let holidays = Arc::new(self);
        shutdown.spawn_every("holidays", ROUND, move || {
            let holidays = holidays.clone();
            async move {
                if let Err(error) = holidays.run_once().await {
                    tracing::warn!(%error, "holidays could not be kept; it tries again");
                }
                0
            }
        });
    }
}
