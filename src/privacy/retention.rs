//! Letting go what is kept long enough: once a day, one process at a time, in small batches.
//!
//! Words, names and files of a case go some time after it ended; states, clocks and counts long after that. Open
//! cases that wait for an answer and cases that are held stay. Messages that need no answer are put away first.

use super::config::RetentionConfig;
use super::finding::is_ours;
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::casework;
use crate::catalogue::Current;
use crate::clock::{Clock, first_seq};
use crate::domain::case::CaseEvent;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::retention::{self as store, Due};
use crate::store::{
    Db, StoreError, account, case, console, erase, hold, intake, kudos, label, lease, planner, saved,
    subject, sweep,
};
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};

/// How often it is looked whether today's work is done.
const PERIOD: Span = Span::minutes(10);
/// The lease holds for so long; each batch renews it.
const LEASE: Span = Span::minutes(5);
/// How many cases go in one transaction.
const BATCH: i64 = 100;
/// For so many days it is kept that somebody was away because they were ill; after that only that they were away.
const SICK_DAYS: i64 = 92;
/// How many accounts a day lets go at most.
const ACCOUNTS_MAX: i64 = 20_000;
/// How far the clocks of replicas may be apart, with room to spare.
const MARGIN: Span = Span::minutes(10);
/// How many batches a day does at most: the rest goes tomorrow.
const BATCHES_MAX: usize = 2000;

/// What holds at present; a reload may change it.
#[derive(Clone, Debug, Default)]
pub struct Rules(Arc<Mutex<RetentionConfig>>);

impl Rules {
    /// Sets it.
    pub fn set(&self, config: &RetentionConfig) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = config.clone();
    }

    fn get(&self) -> RetentionConfig {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Lets go what is kept long enough; cheap to clone.
#[derive(Clone, Debug)]
pub struct Retention {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The brands at present.
    pub catalogue: Current,
    /// What holds.
    pub rules: Rules,
    /// This process.
    pub owner: String,
}

impl Retention {
    /// Works until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        shutdown.spawn_every("retention", PERIOD, move || {
            let this = self.clone();
            async move {
                if let Err(error) = this.run_once().await {
                    tracing::warn!(%error, "could not let go what is kept long enough; it tries again");
                }
                0
            }
        });
    }

    /// Does today's work, if nobody has done it or does it; tells how many cases lost their words.
    ///
    /// # Errors
    /// The store's; what went before stays gone.
    pub async fn run_once(&self) -> Result<i64, StoreError> {
        let (now, note) = (self.clock.now(), format!("retention:{}", self.clock.now().day()));
        let (known, owner) = (note.clone(), self.owner.clone());
        let mine = self.db.write("looking whether retention has run", move |tx| {
            Box::pin(async move {
                Ok(!console::is_noted(tx, &known, now).await?
                    && lease::take(tx, "retention", &owner, now, LEASE).await?.is_some())
            })
        });
        if !mine.await? {
            return Ok(0);
        }
        self.db.write("letting go what was held", move |tx| Box::pin(hold::let_go(tx, now))).await?;
        let config = self.rules.get();
        let named: Vec<String> = config.platforms.iter().map(|p| p.name.clone()).collect();
        let mut gone = 0;
        for (platform, content, dismissed) in config.rules() {
            for (kind, days) in [("ended", content), ("dismissed", dismissed), ("no_answer", content)] {
                let due = Due {
                    kind,
                    before: now.minus(Span::days(days)),
                    platform: platform.map(ToOwned::to_owned),
                    others: named.clone(),
                };
                gone += self.batches(&due).await?;
            }
        }
        let before = now.minus(Span::days(config.content_days));
        self.db.write("letting threads go", move |tx| Box::pin(store::threads(tx, before, now))).await?;
        for _ in 0..BATCHES_MAX {
            let went = self.db.write("letting collected words go", move |tx| {
                Box::pin(store::strangers(tx, before, now, BATCH))
            });
            if went.await? == 0 {
                break;
            }
        }
        self.db.write("letting labels go", move |tx| Box::pin(label::forget(tx, before, now))).await?;
        self.db
            .write("letting briefings go", move |tx| Box::pin(crate::store::briefing::forget(tx, before)))
            .await?;
        self.db.write("letting saved filters go", move |tx| Box::pin(saved::forget(tx, before))).await?;
        self.counts(now, now.minus(config.counts_kept())).await?;
        self.accounts(now, before).await?;
        erase::sweep_files(&self.db).await?;
        let noted = self.db.write("noting that retention has run", move |tx| {
            Box::pin(async move {
                if config.rewrite_files {
                    sweep::owe(tx, now).await?;
                }
                console::first_time(tx, &note, now, now.plus(Span::days(3))).await
            })
        });
        noted.await?;
        if gone > 0 {
            tracing::info!(cases = gone, "let go the words of what is kept long enough");
        }
        Ok(gone)
    }

    /// Counts, and what is kept as long as they are.
    async fn counts(&self, now: Timestamp, before: Timestamp) -> Result<(), StoreError> {
        for _ in 0..BATCHES_MAX {
            let went =
                self.db.write("letting counts go", move |tx| Box::pin(store::counts(tx, before, now, BATCH)));
            if went.await? == 0 {
                break;
            }
        }
        self.db
            .write("letting the ledger of helpers go", move |tx| Box::pin(kudos::forget(tx, before)))
            .await?;
        let ill = now.minus(Span::days(SICK_DAYS));
        self.db.write("letting absences go", move |tx| Box::pin(planner::forget(tx, ill, before))).await
    }

    /// Names and ids of accounts of which nothing else is kept: of those too that were only seen beside what others said.
    async fn accounts(&self, now: Timestamp, before: Timestamp) -> Result<(), StoreError> {
        let catalogue = self.catalogue.get();
        let found = self.db.read("looking for accounts without posts", move |tx| {
            Box::pin(async move {
                let ids = account::unused(tx, before, ACCOUNTS_MAX).await?;
                let mut found = subject::accounts(tx, &ids).await?;
                found.retain(|one| !is_ours(&catalogue, one));
                Ok(found.into_iter().map(|one| one.id).collect::<Vec<_>>())
            })
        });
        let found = found.await?;
        if found.is_empty() {
            return Ok(());
        }
        let since = first_seq(now.minus(MARGIN));
        let went = self.db.write_again("letting accounts go", move |tx| {
            let found = found.clone();
            Box::pin(async move {
                intake::lock_brands(tx).await?;
                account::let_go(tx, &found, since, now).await
            })
        });
        let went = went.await?;
        tracing::info!(accounts = went, "let go the names of accounts of which nothing is kept");
        Ok(())
    }

    async fn batches(&self, due: &Due) -> Result<i64, StoreError> {
        let mut gone = 0;
        for _ in 0..BATCHES_MAX {
            let (wanted, catalogue, now, owner) =
                (due.clone(), self.catalogue.get(), self.clock.now(), self.owner.clone());
            let went = self.db.write_again("letting words go", move |tx| {
                let (due, catalogue, owner) = (wanted.clone(), catalogue.clone(), owner.clone());
                Box::pin(async move {
                    if lease::take(tx, "retention", &owner, now, LEASE).await?.is_none() {
                        return Ok(0);
                    }
                    let cases = store::due(tx, &due, now, BATCH).await?;
                    for one in cases.iter().filter(|_| due.kind == "no_answer") {
                        let Some(row) = case::get(tx, &one.brand_id, &one.id).await? else { continue };
                        let clocks = case::clocks(tx, &one.id).await?;
                        let mut file = CaseFile::new(row, clocks, &catalogue.policies);
                        file.case.ended_why = Some(String::new());
                        let step = file.step(
                            CaseEvent::Dismiss,
                            &Who::Rule("retention"),
                            When::now(now),
                            &json!({}),
                        );
                        match step {
                            Ok(()) => casework::save(tx, &file, &[], now).await?,
                            Err(StepError::Store(error)) => return Err(error),
                            Err(StepError::Refused(_)) => {}
                        }
                    }
                    store::forget(tx, &cases, now).await?;
                    Ok(cases.len() as i64)
                })
            });
            let went = went.await?;
            metrics::counter!("webcared_retention_total", "kind" => due.kind).increment(went.unsigned_abs());
            gone += went;
            if went == 0 {
                break;
            }
        }
        Ok(gone)
    }
}
