//! Making digests and morning reports: actions of the outbox, by whoever holds the lease.
//!
//! A digest tells at most every few minutes, and only if there is something new, what no alert
//! told: cases that need an answer and were not urgent. Cases are taken by their ids, which rise
//! with the time at which they were made; where the last digest ended is noted in the transaction
//! that makes the next, so that every case is told once.

use super::config::TelegramConfig;
use super::deliver::CREDENTIAL;
use super::summary::{DigestBody, LISTED_MAX, ReportBody};
use crate::catalogue::{Catalogue, Current};
use crate::clock::{Clock, Mint};
use crate::domain::ids::{ActionId, CaseId};
use crate::domain::time::{Span, Timestamp};
use crate::reports::morning::{Due, Morning};
use crate::reports::period::Period;
use crate::shutdown::Shutdown;
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, bulk, chat, digest, lease};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

const PERIOD: Span = Span::seconds(10);
const LEASE: Span = Span::seconds(60);
/// A case may be committed this much later than its id says.
const LAG: Span = Span::seconds(15);
/// How many new cases one digest counts.
const COUNTED_MAX: i64 = 1_000;
const TIDY_EVERY: Span = Span::hours(6);

/// Makes digests and reports.
#[derive(Debug)]
pub struct Maker {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// What is watched, and which chats hear of it.
    pub catalogue: Current,
    /// The settings.
    pub config: TelegramConfig,
    /// When leads are told.
    pub morning: Morning,
    /// The name of this process.
    pub owner: String,
    /// Woken when there is something to send.
    pub outbox: Arc<Notify>,
    /// When old rows were last forgotten.
    pub tidied_at: AtomicI64,
}

impl Maker {
    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let maker = Arc::new(self);
        shutdown.spawn_every("chat digests", PERIOD, move || {
            let maker = maker.clone();
            async move {
                match maker.run_once().await {
                    Ok(0) => {}
                    Ok(_) => maker.outbox.notify_waiters(),
                    Err(error) => {
                        metrics::counter!("webcared_database_errors_total").increment(1);
                        tracing::warn!(%error, "digests could not be made; it tries again");
                    }
                }
                0
            }
        });
    }

    /// One round; returns how many actions were made.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let (owner, mint, catalogue) = (self.owner.clone(), self.mint.clone(), self.catalogue.get());
        let (minutes, leads) = (self.config.digest_minutes, self.config.leads.clone());
        let due = self.morning.all_due(now);
        let tidy = now.since(Timestamp(self.tidied_at.load(Ordering::Relaxed))) > TIDY_EVERY;
        let made = self
            .db
            .write_again("making digests", move |tx| {
                let (owner, mint, catalogue, leads, due) =
                    (owner.clone(), mint.clone(), catalogue.clone(), leads.clone(), due.clone());
                Box::pin(async move {
                    if lease::take(tx, &format!("digest:{CREDENTIAL}"), &owner, now, LEASE).await?.is_none() {
                        return Ok(0);
                    }
                    if tidy {
                        chat::forget(tx, CREDENTIAL, now).await?;
                    }
                    let mut made = 0;
                    for due in &due {
                        made += reports(tx, &mint, &leads, due, now).await?;
                    }
                    if minutes > 0 {
                        made += digests(tx, &mint, &catalogue, Span::minutes(minutes), now).await?;
                    }
                    Ok(made)
                })
            })
            .await?;
        if tidy {
            self.tidied_at.store(now.millis(), Ordering::Relaxed);
        }
        Ok(made)
    }
}

/// The report of a day, a week or a month for each lead chat; once each, whoever asks how often. A week or a month that
/// was over before anybody asked for reports is not told of.
async fn reports(
    tx: &mut Tx,
    mint: &Mint,
    leads: &[i64],
    due: &Due,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut actions = Vec::new();
    for lead in leads {
        let name = match due.period {
            Period::Daily => format!("report:{CREDENTIAL}:{lead}"),
            other => format!("report:{CREDENTIAL}:{lead}:{}", other.code()),
        };
        let (day, told) = (due.days.as_str(), chat::note(tx, &name).await?);
        if told.as_deref() == Some(day) {
            continue;
        }
        chat::set_note(tx, &name, day).await?;
        if told.is_none() && !due.fresh {
            continue;
        }
        let id = mint.id(now, ActionId::new).to_string();
        let mut action = ActionRow::ready(id, "", "report", CREDENTIAL, format!("{name}:{day}"), now);
        let body = ReportBody {
            chat: lead.to_string(),
            day: day.to_owned(),
            from: due.from.millis(),
            to: due.to.millis(),
        };
        action.payload = serde_json::to_string(&body).unwrap_or_default();
        actions.push(action);
    }
    bulk::insert_actions(tx, &actions).await?;
    Ok(actions.len())
}

/// The chats of teams with the brands of which they hear, each once: a chat may stand there once for each of its brands.
fn chats(catalogue: &Catalogue) -> BTreeMap<&str, Vec<String>> {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for team in catalogue.teams.iter().filter(|t| t.credential == CREDENTIAL) {
        let heard = all.entry(team.chat.as_str()).or_default();
        for brand in catalogue.brands.iter().filter(|b| team.hears(&b.brand.name)) {
            if !heard.contains(&brand.id) {
                heard.push(brand.id.clone());
            }
        }
    }
    // To the store no brand means every brand.
    all.retain(|_, brands| !brands.is_empty());
    all
}

async fn digests(
    tx: &mut Tx,
    mint: &Mint,
    catalogue: &Catalogue,
    window: Span,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut actions = Vec::new();
    for (chat_id, brands) in chats(catalogue) {
        let name = format!("digest:{CREDENTIAL}:{chat_id}");
        let told: Option<i64> = chat::note(tx, &name).await?.and_then(|n| n.parse().ok());
        let upto = now.minus(LAG);
        // What was told in the future was told by a clock that ran ahead: it would keep digests back until then.
        let Some(told) = told.map(Timestamp).filter(|told| *told <= now) else {
            // The first time there is no 'since': what stands already is not news.
            chat::set_note(tx, &name, &upto.millis().to_string()).await?;
            continue;
        };
        if upto.since(told) < window {
            continue;
        }
        let id = |at: Timestamp| CaseId::new(at, [0; 10]).to_string();
        let mut fresh = digest::fresh_cases(tx, &brands, &id(told), &id(upto), COUNTED_MAX).await?;
        fresh.extend(digest::freed_cases(tx, &brands, told, upto, COUNTED_MAX).await?);
        if fresh.is_empty() {
            // Nothing new: the next case may be told at once, and is not missed.
            if upto.since(told) > Span(window.millis() * 2) {
                chat::set_note(tx, &name, &upto.minus(window).millis().to_string()).await?;
            }
            continue;
        }
        let mut levels = [0; 5];
        for case in &fresh {
            levels[usize::try_from(case.level.clamp(1, 5) - 1).unwrap_or(4)] += 1;
        }
        let body = DigestBody {
            chat: chat_id.to_owned(),
            cases: fresh.iter().take(LISTED_MAX).map(|c| c.id.clone()).collect(),
            levels,
            kept: digest::kept_between(tx, &brands, told, now).await?,
        };
        chat::set_note(tx, &name, &upto.millis().to_string()).await?;
        let action_id = mint.id(now, ActionId::new).to_string();
        let mut action =
            ActionRow::ready(action_id, "", "digest", CREDENTIAL, format!("{name}:{}", upto.millis()), now);
        action.payload = serde_json::to_string(&body).unwrap_or_default();
        actions.push(action);
    }
    bulk::insert_actions(tx, &actions).await?;
    Ok(actions.len())
}
