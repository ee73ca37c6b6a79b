//! Alerts that go on until somebody takes the case: runs of chains, other channels where one does not deliver, and
//! the word that an alarm is over.
//!
//! Nothing is kept in memory: each round asks the database what is due, and one process at a time does it, by lease.
//! A claim is what acknowledges: a run ends with it, and a case that is given back begins a new one, as does one that
//! becomes a P1 meanwhile.

use super::config::{AlertsConfig, ChannelConfig};
use super::deliver::CLEARED;
use crate::alerting;
use crate::catalogue::Current;
use crate::chat::elsewhere;
use crate::clock::{Clock, Mint};
use crate::domain::escalation::{Chain, DUTY, LEADS, TEAM, chain_for};
use crate::domain::ids::ActionId;
use crate::domain::judgement::Level;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::alert::{self, RunRow};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, bulk, case, lease, outbox};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;

const PERIOD: Span = Span::seconds(1);
const LEASE: Span = Span::seconds(30);
/// Most runs that one round begins.
const ROUND: usize = 200;

/// What carries chains on; cheap to clone.
#[derive(Clone)]
pub struct Escalating {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// Brands and teams.
    pub catalogue: Current,
    /// This process among those on the same database.
    pub owner: String,
    /// Wakes the workers that send.
    pub outbox: Arc<Notify>,
    /// The settings.
    pub config: Arc<AlertsConfig>,
}

/// What there is to do.
#[derive(Default)]
struct Work {
    over: Vec<(String, i64, String)>,
    /// Brand, case, when its first step is due, its level.
    begin: Vec<(String, String, Option<Span>, i64)>,
    due: Vec<RunRow>,
    undelivered: Vec<ActionRow>,
    elsewhere: Vec<(String,)>,
    louder: Vec<(String,)>,
    clear: Vec<(String, String, String, i64)>,
}

impl Work {
    fn is_empty(&self) -> bool {
        self.over.is_empty()
            && self.begin.is_empty()
            && self.due.is_empty()
            && self.undelivered.is_empty()
            && self.elsewhere.is_empty()
            && self.louder.is_empty()
            && self.clear.is_empty()
    }
}

/// Whether something rings where each case is an alarm of its own: cases, and that nobody is on duty.
fn rings(kind: &str, body: &Value) -> bool {
    kind == "alert" || kind == "duty" && body["kind"] == "nobody"
}

impl Escalating {
    /// Goes on until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        shutdown.spawn_every("escalating", PERIOD, move || {
            let this = self.clone();
            async move {
                if let Err(error) = this.run_once().await {
                    metrics::counter!("webcared_database_errors_total").increment(1);
                    tracing::warn!(%error, "alerts could not be carried on; it tries again");
                }
                0
            }
        });
    }

    /// One round; tells how many actions it made.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let (this, now) = (self.clone(), self.clock.now());
        let looked = self.db.read("looking what alerts are due", move |tx| {
            Box::pin(async move { this.gather(tx, now).await.map(|work| work.is_empty()) })
        });
        if looked.await? {
            return Ok(0);
        }
        let this = self.clone();
        let round = self.db.write_again("carrying alerts on", move |tx| {
            let this = this.clone();
            Box::pin(async move { this.round(tx, now).await })
        });
        let made = round.await?;
        if made > 0 {
            self.outbox.notify_waiters();
        }
        Ok(made)
    }

    async fn gather(&self, tx: &mut Tx, now: Timestamp) -> Result<Work, StoreError> {
        let chains = self.config.chains();
        let lowest = chains.iter().flat_map(|c| &c.levels).max().map_or(0, |l| l.number());
        let brands: Vec<String> = self.catalogue.get().brands.iter().map(|w| w.id.clone()).collect();
        let with_fallback = self.with_fallback();
        let stand_in: Vec<String> =
            with_fallback.iter().filter_map(|c| Some(self.config.fallback(c)?.credential())).collect();
        let mut elsewhere = alert::told_otherwise(tx, &with_fallback).await?;
        elsewhere.extend(alert::told_after_all(tx, &stand_in).await?);
        let mut begin = Vec::new();
        for (brand_id, case_id, policy, level) in alert::unclaimed(tx, &brands, lowest, now).await? {
            if let Some(chain) = self.chain(&chains, (&brand_id, &policy, level)) {
                begin.push((brand_id, case_id, chain.due(0), level));
            }
        }
        begin.truncate(ROUND);
        let before = now.minus(Span::seconds(self.config.failover_seconds));
        // While all sending is stopped no other channel does better; afterwards each has its minute.
        let switch = outbox::sending(tx).await?;
        let mut undelivered = if switch.is_some_and(|s| s.value == 1 || s.set_at > before.millis()) {
            Vec::new()
        } else {
            alert::undelivered(tx, &with_fallback, before).await?
        };
        undelivered.retain(|a| self.stand_in(a).is_some());
        let undelivered = self.unheard(tx, undelivered, &mut elsewhere).await?;
        Ok(Work {
            over: alert::over(tx, now).await?,
            begin,
            due: alert::due(tx, now).await?,
            undelivered,
            elsewhere,
            louder: alert::louder(tx, now).await?,
            clear: alert::to_clear(tx, now).await?,
        })
    }

    /// Those of these alerts that the channel that stands in does not hear by itself. What it heard so need not be told by
    /// the first any more.
    async fn unheard(
        &self,
        tx: &mut Tx,
        undelivered: Vec<ActionRow>,
        elsewhere: &mut Vec<(String,)>,
    ) -> Result<Vec<ActionRow>, StoreError> {
        let own: Vec<Option<String>> = undelivered.iter().map(|a| self.own_key(a)).collect();
        let keys: Vec<String> = own.iter().flatten().cloned().collect();
        let heard = alert::states(tx, &keys).await?;
        let mut rest = Vec::new();
        for (action, own) in undelivered.into_iter().zip(own) {
            match heard.iter().find(|(key, _)| Some(key) == own.as_ref()) {
                None => rest.push(action),
                Some((_, state)) => {
                    let told = matches!(state.as_str(), "done" | "cancelled");
                    if told && action.state == "ready" {
                        elsewhere.push((action.id,));
                    }
                }
            }
        }
        Ok(rest)
    }

    /// The key under which the channel that stands in would hear the same by itself.
    fn own_key(&self, action: &ActionRow) -> Option<String> {
        let other = self.stand_in(action)?;
        let body: Value = serde_json::from_str(&action.payload).unwrap_or_default();
        let here = format!(":{}:{}", action.credential, body["chat"].as_str()?);
        let there = format!(":{}:{}", other.credential(), other.name);
        action.once_key.contains(&here).then(|| action.once_key.replacen(&here, &there, 1))
    }

    /// The credentials for which another channel stands in.
    fn with_fallback(&self) -> Vec<String> {
        let own = self.config.channels.iter().map(ChannelConfig::credential);
        let all = own.chain(std::iter::once("telegram".to_owned()));
        all.filter(|c| self.config.fallback(c).is_some()).collect()
    }

    async fn round(&self, tx: &mut Tx, now: Timestamp) -> Result<usize, StoreError> {
        if lease::take(tx, "escalating", &self.owner, now, LEASE).await?.is_none() {
            return Ok(0);
        }
        let (work, chains) = (self.gather(tx, now).await?, self.config.chains());
        let mut actions = Vec::new();
        for (case_id, n, why) in &work.over {
            alert::end(tx, case_id, *n, why, now).await?;
        }
        for (brand_id, case_id, first, level) in &work.begin {
            alert::begin(tx, brand_id, (case_id, *level), first.map(|after| now.plus(after)), now).await?;
            if Level::from_number(*level) == Level::P1 {
                actions.extend(self.on_call(tx, brand_id, case_id, now).await?);
            }
        }
        alert::let_go(tx, &work.louder, now).await?;
        for run in work.due.iter().filter(|r| !work.over.iter().any(|o| (&o.0, o.1) == (&r.case_id, r.n))) {
            actions.extend(self.step(tx, &chains, run, now).await?);
        }
        actions.extend(work.undelivered.iter().filter_map(|a| self.instead(a, now)));
        alert::call_off(tx, &work.elsewhere, now).await?;
        for (channel, brand_id, case_id, since) in &work.clear {
            alert::clear(tx, channel, case_id).await?;
            let once = format!("alert:{channel}:clear:{case_id}:{since}");
            actions.push(self.action(brand_id, channel, once, case_id, &json!({ "occasion": CLEARED }), now));
        }
        bulk::insert_actions(tx, &actions).await?;
        Ok(actions.len())
    }

    fn chain<'a>(
        &self,
        chains: &'a [Chain],
        (brand_id, policy, level): (&str, &str, i64),
    ) -> Option<&'a Chain> {
        let catalogue = self.catalogue.get();
        let brand = catalogue.brand(brand_id)?;
        chain_for(chains, &brand.brand.name, policy, Level::from_number(level))
    }

    /// Tells the step of a run that is due, and moves the run on.
    async fn step(
        &self,
        tx: &mut Tx,
        chains: &[Chain],
        run: &RunRow,
        now: Timestamp,
    ) -> Result<Vec<ActionRow>, StoreError> {
        let Some(case) = case::look(tx, &run.brand_id, &run.case_id).await? else {
            alert::end(tx, &run.case_id, run.n, "gone", now).await?;
            return Ok(Vec::new());
        };
        let Some(chain) = self.chain(chains, (&case.brand_id, &case.policy, case.level)) else {
            alert::end(tx, &run.case_id, run.n, "less urgent now", now).await?;
            return Ok(Vec::new());
        };
        let (started, next) = (Timestamp(run.started_at), usize::try_from(run.step).unwrap_or(0));
        let Some(at) = chain.now(started, next, now) else {
            alert::step(tx, run, run.step, chain.due(next).map(|after| started.plus(after))).await?;
            return Ok(Vec::new());
        };
        let following = chain.due(at + 1).map(|after| started.plus(after));
        let number = i64::try_from(at).unwrap_or(i64::MAX);
        alert::step(tx, run, number.saturating_add(1), following).await?;
        let catalogue = self.catalogue.get();
        let name = catalogue.brand(&case.brand_id).map(|w| w.brand.name.clone()).unwrap_or_default();
        let to = chain.told(at);
        let mut told = self.config.told(to, &catalogue.teams);
        if to.iter().any(|name| name == LEADS) {
            told.extend(catalogue.reach.leads.iter().cloned());
        }
        if to.iter().any(|name| name == DUTY) {
            told.extend(super::personal::on_duty(tx, &case, now).await?);
            // A step that reaches nobody would pass in silence.
            if told.is_empty() {
                told = self.config.told(&[TEAM.to_owned()], &catalogue.teams);
            }
        }
        metrics::counter!("webcared_escalations_total").increment(1);
        Ok(alerting::escalation(&case, &name, &told, (run.n, number), &self.mint, now))
    }

    /// Rings those who read the language of a P1 that nobody on duty reads; without waiting for a step, for nobody else can
    /// tell what it says.
    async fn on_call(
        &self,
        tx: &mut Tx,
        brand_id: &str,
        case_id: &str,
        now: Timestamp,
    ) -> Result<Vec<ActionRow>, StoreError> {
        let Some(case) = case::look(tx, brand_id, case_id).await? else { return Ok(Vec::new()) };
        let told = super::personal::on_call(tx, &case, now).await?;
        let name = self.catalogue.get().brand(brand_id).map(|w| w.brand.name.clone()).unwrap_or_default();
        Ok(alerting::on_call(&case, &name, &told, &self.mint, now))
    }

    /// The channel that stands in for an alert: the first of those that follow each other that hears of its brand, and
    /// would tell it.
    fn stand_in(&self, action: &ActionRow) -> Option<&ChannelConfig> {
        let body: Value = serde_json::from_str(&action.payload).unwrap_or_default();
        let catalogue = self.catalogue.get();
        let brand = catalogue.brand(&action.brand_id).map_or("", |w| w.brand.name.as_str());
        let takes = |c: &ChannelConfig| {
            let hears = c.brands.is_empty()
                || action.brand_id.is_empty()
                || c.brands.iter().any(|b| b.eq_ignore_ascii_case(brand));
            // Where each case is an alarm, what is of none would end there in silence.
            hears && (c.pagerduty.is_none() || rings(&action.kind, &body))
        };
        let mut other = self.config.fallback(&action.credential)?;
        // The settings allow no ring; should there be one all the same, it is gone round once.
        for _ in &self.config.channels {
            if takes(other) {
                return Some(other);
            }
            other = self.config.fallback(&other.credential())?;
        }
        None
    }

    /// The same alert on the channel that stands in.
    fn instead(&self, action: &ActionRow, now: Timestamp) -> Option<ActionRow> {
        let other = self.stand_in(action)?;
        let mut body: Value = serde_json::from_str(&action.payload).unwrap_or_default();
        if body["occasion"] == CLEARED {
            return None;
        }
        elsewhere::mean(&action.kind, &mut body);
        body["chat"] = json!(other.name);
        let once = format!("over:{}", action.id);
        tracing::warn!(
            action.id = action.id,
            channel = other.name,
            "an alert was not delivered; another channel tells it"
        );
        metrics::counter!("webcared_alert_failovers_total").increment(1);
        let id = self.mint.id(now, ActionId::new).to_string();
        let mut new = ActionRow::ready(id, &action.brand_id, &action.kind, &other.credential(), once, now);
        new.case_id.clone_from(&action.case_id);
        new.priority = action.priority;
        new.payload = body.to_string();
        Some(new)
    }

    fn action(
        &self,
        brand_id: &str,
        credential: &str,
        once: String,
        case_id: &str,
        body: &Value,
        now: Timestamp,
    ) -> ActionRow {
        let id = self.mint.id(now, ActionId::new).to_string();
        let mut action = ActionRow::ready(id, brand_id, "alert", credential, once, now);
        action.case_id = Some(case_id.to_owned());
        action.priority = 15;
        action.payload = body.to_string();
        action
    }
}
