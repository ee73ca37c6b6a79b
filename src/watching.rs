//! Watching the sources for deafness: refused, away, or so quiet that chance does not explain it.
//!
//! One process at a time watches, by lease. Each round counts the hours that are over, compares what came with
//! what was to be expected ([`crate::domain::silence`]), and tells the teams once when a source goes deaf, again
//! each day while it is, and once when it hears again, with what was caught up on. Credentials that end soon, and
//! rights that they lack, are told in the same round (`ahead`), and so is, once, what stood open before a source began to
//! count (`before`). What is told is an action of
//! the outbox, written in the transaction that notes that it was told. Nothing is asked of any source here.

mod ahead;
mod before;

use crate::catalogue::Current;
use crate::clock::{Clock, Mint};
use crate::domain::ids::ActionId;
use crate::domain::silence::{self, Hours};
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::rows::ActionRow;
use crate::store::source::{self, HOLIDAYS, SourceRow, TICKETS};
use crate::store::watch::{self, AlarmRow, Missed};
use crate::store::{Db, StoreError, Tx, bulk, lease};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Notify;

const PERIOD: Span = Span::minutes(1);
const LEASE: Span = Span::minutes(3);
/// A mention may be committed this much later than its id says.
const LAG: Span = Span::minutes(5);
/// Most hours that are counted in one round, for the past of a database that was never counted.
const HOURS_A_ROUND: i64 = 48;
/// A refusal is told after this time, for a token may just be changing.
const REFUSED_AFTER: Span = Span::minutes(2);
/// A source that does not answer is told of after this time.
const AWAY_AFTER: Span = Span::minutes(15);
/// So long a source must hear again before that is told: what it missed comes in meanwhile.
const BACK_AFTER: Span = Span::minutes(3);
/// A source that stays deaf is told of again each day.
const AGAIN: Span = Span::days(1);
/// What is caught up on is told once nothing late came for this long,
const CAUGHT_UP_AFTER: Span = Span::minutes(2);
/// or at the latest so long after the source hears again.
const CAUGHT_UP_MAX: Span = Span::minutes(30);
/// Most cases that are looked at when a source hears again,
const CASES_MAX: i64 = 200;
/// and that are named in each chat.
const NAMED_MAX: usize = 10;
/// The kind of sources that only take deliveries.
const WEBHOOK: &str = "webhook";

/// What watches.
#[derive(Clone, Debug)]
pub struct Watching {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// The teams that are told.
    pub catalogue: Current,
    /// The name of this process.
    pub owner: String,
    /// Woken when there is something to send.
    pub outbox: Arc<Notify>,
    /// How many days ahead it is told that a credential ends.
    pub expires_days: i64,
}

/// How a source is deaf.
#[derive(Clone, Debug, PartialEq)]
struct Deaf {
    kind: &'static str,
    since: Timestamp,
    why: String,
    /// How many posts were to be expected since.
    expected: Option<f64>,
}

impl Watching {
    /// Watches until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        shutdown.spawn_every("watching", PERIOD, move || {
            let this = self.clone();
            async move {
                match this.run_once().await {
                    Ok(0) => {}
                    Ok(_) => this.outbox.notify_waiters(),
                    Err(error) => tracing::warn!(%error, "sources could not be watched; it tries again"),
                }
                0
            }
        });
    }

    /// One round; tells how many messages it made.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let this = self.clone();
        let round = self.db.write_again("watching the sources", move |tx| {
            let this = this.clone();
            Box::pin(async move { this.round(tx).await })
        });
        round.await
    }

    async fn round(&self, tx: &mut Tx) -> Result<usize, StoreError> {
        let now = self.clock.now();
        if lease::take(tx, "watching", &self.owner, now, LEASE).await?.is_none() {
            return another_looks(tx).await;
        }
        count_hours(tx, now).await?;
        let told = watch::alarms(tx).await?;
        let past = hours_of(watch::hours(tx, hour(now) - silence::PAST).await?);
        let (mut put, mut back, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        for source in source::list(tx).await? {
            let alarm = told.iter().find(|a| a.source == source.name);
            let none = Hours::new();
            let found = deaf(&source, past.get(&source.name).unwrap_or(&none), now);
            let quiet = f64::from(u8::from(found.as_ref().is_some_and(|d| d.kind == "silent")));
            metrics::gauge!("webcared_source_silent", "source" => source.name.clone()).set(quiet);
            match (found, alarm) {
                (Some(deaf), alarm) => {
                    let since = alarm.map_or(deaf.since, |a| deaf.since.min(Timestamp(a.since)));
                    if let Some(alarm) = alarm.filter(|_| is_told(alarm, &deaf, now)) {
                        if let Some(body) = late_meanwhile(tx, &source, alarm, now).await? {
                            put.push(AlarmRow { told_at: now.millis(), ..alarm.clone() });
                            bodies.push(body);
                        }
                        continue;
                    }
                    put.push(AlarmRow {
                        source: source.name.clone(),
                        kind: deaf.kind.to_owned(),
                        since: since.millis(),
                        told_at: now.millis(),
                    });
                    let expected = deaf.expected.map(|e| e.round() as i64);
                    bodies.push(json!({ "source": source.name, "kind": deaf.kind, "why": deaf.why,
                        "since": since.millis(), "expected": expected }));
                }
                (None, Some(alarm)) if hears(&source, alarm, now) => {
                    if source.removed_at.is_none() && catches_up(tx, &source, alarm, now).await? {
                        continue;
                    }
                    let missed = missed(&source, alarm, now);
                    let (posts, late) = watch::caught_up(tx, &source.name, missed).await?;
                    let cases = watch::caught_up_cases(tx, &source.name, missed, CASES_MAX).await?;
                    let brands = watch::caught_up_by_brand(tx, &source.name, missed).await?;
                    back.push((source.name.clone(),));
                    if source.removed_at.is_none() {
                        bodies.push(
                            json!({ "source": source.name, "kind": "back", "was": alarm.kind, "why": "",
                            "since": alarm.since, "until": missed.until.millis(), "posts": posts, "late": late,
                            "cases": cases, "brands": brands }),
                        );
                    }
                }
                (None, Some(alarm)) => {
                    if let Some(body) = late_meanwhile(tx, &source, alarm, now).await? {
                        put.push(AlarmRow { told_at: now.millis(), ..alarm.clone() });
                        bodies.push(body);
                    }
                }
                (None, None) => {}
            }
        }
        bodies.extend(ahead::told(tx, self.expires_days, now).await?);
        let brands: Vec<String> = self.catalogue.get().brands.iter().map(|w| w.id.clone()).collect();
        bodies.extend(before::told(tx, &brands, now).await?);
        watch::put_alarms(tx, &put).await?;
        watch::drop_alarms(tx, &back).await?;
        let actions = self.actions(&bodies, now);
        bulk::insert_actions(tx, &actions).await?;
        Ok(actions.len())
    }

    /// One message a team's chat and source.
    fn actions(&self, bodies: &[serde_json::Value], now: Timestamp) -> Vec<ActionRow> {
        let catalogue = self.catalogue.get();
        let chats_of = |leads: bool| -> BTreeSet<(&str, &str)> {
            let teams = catalogue.teams.iter().filter(|t| t.leads == leads);
            teams.map(|t| (t.credential.as_str(), t.chat.as_str())).collect()
        };
        let (teams, leads) = (chats_of(false), chats_of(true));
        // A chat hears of cases of its own brands only.
        let hears = |chat: &(&str, &str), brand_id: &str| {
            let of = catalogue.brand(brand_id).map(|w| w.brand.name.as_str());
            let teams = catalogue.teams.iter().filter(|t| (t.credential.as_str(), t.chat.as_str()) == *chat);
            of.is_some_and(|brand| teams.into_iter().any(|t| t.hears(brand)))
        };
        // What is told of one brand, such as its money, no other hears.
        let may_hear = |chat: &(&str, &str), body: &serde_json::Value| {
            let brand = body["brand"].as_str().unwrap_or_default();
            let mut teams =
                catalogue.teams.iter().filter(|t| (t.credential.as_str(), t.chat.as_str()) == *chat);
            brand.is_empty() || teams.any(|t| t.hears(brand))
        };
        let mut actions = Vec::new();
        for body in bodies {
            // What only leads can mend is told to them, where they have a chat of their own.
            let to_leads = body["leads"] == true && leads.iter().any(|at| may_hear(at, body));
            for at in if to_leads { &leads } else { &teams } {
                if !may_hear(at, body) {
                    continue;
                }
                let (credential, chat) = at;
                let id = self.mint.id(now, ActionId::new).to_string();
                let once = format!(
                    "source:{credential}:{chat}:{}:{}{}:{now}",
                    body["source"], body["kind"], body["what"]
                );
                let mut action = ActionRow::ready(id, "", "source", credential, once, now);
                let mut body = body.clone();
                body["chat"] = json!(chat);
                if let Some(cases) = body["cases"].as_array() {
                    let brand_of = |case: &serde_json::Value| case[1].as_str().is_some_and(|b| hears(at, b));
                    let own: Vec<_> = cases.iter().filter(|c| brand_of(c)).map(|c| c[0].clone()).collect();
                    body["more"] = json!(own.len().saturating_sub(NAMED_MAX));
                    body["cases"] = own.into_iter().take(NAMED_MAX).collect();
                }
                own_counts(&mut body, |brand| hears(at, brand));
                if body["kind"] == "before" {
                    let named = body["cases"].as_array().map_or(0, Vec::len);
                    // Who hears of none of these cases has nothing to look at.
                    if named == 0 {
                        continue;
                    }
                    // There may be more of them than were read.
                    body["more"] = json!(body["posts"].as_i64().unwrap_or_default() - named as i64);
                }
                action.payload = body.to_string();
                actions.push(action);
            }
        }
        actions
    }
}

/// Another replica looks: what was found here before says nothing any more.
async fn another_looks(tx: &mut Tx) -> Result<usize, StoreError> {
    for source in source::list(tx).await? {
        metrics::gauge!("webcared_source_silent", "source" => source.name).set(f64::NAN);
    }
    Ok(0)
}

/// Leaves of what was caught up on the counts of the brands that a chat hears of.
fn own_counts(body: &mut serde_json::Value, hears: impl Fn(&str) -> bool) {
    let Some(fields) = body.as_object_mut() else { return };
    let Some(brands) = fields.remove("brands") else { return };
    let rows = brands.as_array().map(Vec::as_slice).unwrap_or_default();
    let own: Vec<_> = rows.iter().filter(|row| row[0].as_str().is_some_and(&hears)).collect();
    // Whoever hears of all is told of all, each post once.
    if own.len() < rows.len() {
        let sum = |n: usize| own.iter().filter_map(|row| row[n].as_i64()).sum::<i64>();
        fields.insert("posts".to_owned(), json!(sum(1)));
        fields.insert("late".to_owned(), json!(sum(2)));
    }
}

fn hour(at: Timestamp) -> i64 {
    at.millis().div_euclid(Span::hours(1).millis())
}

/// Counts the hours that are over and were not counted yet, from the past on.
async fn count_hours(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    let over = hour(now.minus(LAG));
    let oldest = over - silence::PAST;
    let Some(next) = watch::to_be_counted(tx).await?.map(|next| next.max(oldest)) else { return Ok(()) };
    for hour in (next..over).take(usize::try_from(HOURS_A_ROUND).unwrap_or(0)) {
        watch::count_hour(tx, hour).await?;
    }
    if next < over {
        watch::forget_hours(tx, oldest).await?;
    }
    Ok(())
}

fn hours_of(rows: Vec<(String, i64, i64)>) -> BTreeMap<String, Hours> {
    let mut hours: BTreeMap<String, Hours> = BTreeMap::new();
    for (source, hour, n) in rows {
        hours.entry(source).or_default().insert(hour, n);
    }
    hours
}

/// Whether and how a source is deaf.
fn deaf(source: &SourceRow, hours: &Hours, now: Timestamp) -> Option<Deaf> {
    if source.removed_at.is_some() || source.kind == HOLIDAYS {
        return None;
    }
    let since = Timestamp(source.state_since);
    let of = |kind| Deaf { kind, since, why: source.state_why.clone(), expected: None };
    match source.state.as_str() {
        "needs_token" | "needs_account" | "needs_right" | "gone" | "wants_money" | "capped"
        | "over_budget" => (now.since(since) >= REFUSED_AFTER).then(|| of("refused")),
        "retrying" => (now.since(since) >= AWAY_AFTER).then(|| of("away")),
        "connected" if !source.kind.starts_with(TICKETS) => {
            // While it was not connected nothing could be heard; that was told by itself.
            let last = last_heard(source).max(since);
            silence::too_quiet(hours, last, now).map(|e| Deaf {
                since: last,
                expected: Some(e),
                ..of("silent")
            })
        }
        _ => None,
    }
}

/// When a source last brought something. Of a webhook only deliveries tell; of one that we ask, that it answered
/// tells nothing.
fn last_heard(source: &SourceRow) -> Timestamp {
    let delivered = source.last_heard_at.filter(|_| source.kind == WEBHOOK);
    Timestamp(source.last_posted_at.max(delivered).unwrap_or(i64::MIN))
}

/// Whether a deafness was told of already.
fn is_told(alarm: Option<&AlarmRow>, deaf: &Deaf, now: Timestamp) -> bool {
    alarm.is_some_and(|a| a.kind == deaf.kind && now.since(Timestamp(a.told_at)) < AGAIN)
}

/// What a source that hears again had missed. One that was away heard again when it was connected; one that was
/// silent with the first post that came, and what was posted meanwhile may have come before that.
fn missed(source: &SourceRow, alarm: &AlarmRow, now: Timestamp) -> Missed {
    let from = Timestamp(alarm.since);
    if alarm.kind == "silent" {
        return Missed {
            from,
            until: last_heard(source).max(from).min(now),
            taken_from: from,
            late_from: from,
        };
    }
    // The first page of what was missed is stored a moment before the source is known to hear again, and one of
    // several streams may have heard again before the others: what was late counts whenever it came.
    let until = Timestamp(source.state_since).max(from);
    Missed { from, until, taken_from: until, late_from: from }
}

/// What came in late from a source that does not hear as it should, as when one of its streams is dead and the others
/// go on: nobody is told of that case by case, so it is told together, and never kept back for longer than what is
/// caught up on.
async fn late_meanwhile(
    tx: &mut Tx,
    source: &SourceRow,
    alarm: &AlarmRow,
    now: Timestamp,
) -> Result<Option<serde_json::Value>, StoreError> {
    let (from, told) = (Timestamp(alarm.since), Timestamp(alarm.told_at));
    let waits = watch::came_late(tx, &source.name, from, told).await?;
    if waits.is_none_or(|(first, _)| now.since(first) < CAUGHT_UP_MAX) {
        return Ok(None);
    }
    let missed = Missed { from, until: from, taken_from: now, late_from: told };
    let (posts, late) = watch::caught_up(tx, &source.name, missed).await?;
    let cases = watch::caught_up_cases(tx, &source.name, missed, CASES_MAX).await?;
    let brands = watch::caught_up_by_brand(tx, &source.name, missed).await?;
    Ok(Some(json!({ "source": source.name, "kind": "late", "was": alarm.kind, "why": source.state_why,
        "since": alarm.since, "until": now.millis(), "posts": posts, "late": late, "cases": cases,
        "brands": brands })))
}

/// Whether a source that hears again is still catching up on what it missed.
async fn catches_up(
    tx: &mut Tx,
    source: &SourceRow,
    alarm: &AlarmRow,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if now.since(Timestamp(source.state_since)) >= CAUGHT_UP_MAX {
        return Ok(false);
    }
    let since = Timestamp(alarm.since);
    let late = watch::came_late(tx, &source.name, since, since).await?;
    Ok(late.is_some_and(|(_, last)| now.since(last) < CAUGHT_UP_AFTER))
}

/// Whether a source that was told of as deaf hears again.
fn hears(source: &SourceRow, alarm: &AlarmRow, now: Timestamp) -> bool {
    let held = now.since(Timestamp(source.state_since)) >= BACK_AFTER;
    let heard = alarm.kind != "silent" || last_heard(source) > Timestamp(alarm.since);
    source.removed_at.is_some() || source.state == "connected" && held && heard
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_688_579_000);

    fn source(state: &str, minutes: i64) -> SourceRow {
        SourceRow {
            name: "s".into(),
            kind: "mastodon".into(),
            counts_from: 0,
            state: state.into(),
            state_why: "why".into(),
            state_since: NOW.minus(Span::minutes(minutes)).millis(),
            retry_at: None,
            last_heard_at: Some(NOW.millis()),
            last_posted_at: None,
            removed_at: None,
        }
    }

    fn busy() -> Hours {
        (hour(NOW) - silence::PAST..hour(NOW)).map(|h| (h, 30)).collect()
    }

    fn kind(source: &SourceRow) -> Option<&'static str> {
        deaf(source, &busy(), NOW).map(|d| d.kind)
    }

    #[test]
    fn refused_away_and_too_quiet_each_after_its_time() {
        assert_eq!(kind(&source("needs_token", 1)), None);
        assert_eq!(kind(&source("needs_token", 2)), Some("refused"));
        assert_eq!(kind(&source("retrying", 14)), None);
        assert_eq!(kind(&source("retrying", 15)), Some("away"));
        assert_eq!(kind(&source("starting", 900)), None);
        // It answers, but brings nothing.
        assert_eq!(kind(&source("connected", 29)), None);
        assert_eq!(kind(&source("connected", 31)), Some("silent"));
        let heard = SourceRow { last_posted_at: Some(NOW.millis() - 60_000), ..source("connected", 900) };
        assert_eq!(kind(&heard), None);
        let hook = SourceRow { kind: WEBHOOK.into(), ..source("connected", 900) };
        assert_eq!(kind(&hook), None, "a delivery of which nothing was kept shows that it hears");
        let gone = SourceRow { removed_at: Some(1), ..source("needs_token", 900) };
        assert_eq!(kind(&gone), None);
        let tickets = SourceRow { kind: "tickets_rt".into(), ..source("connected", 900) };
        assert_eq!(kind(&tickets), None, "a ticket system may be silent");
    }

    #[test]
    fn told_once_a_day_and_of_each_change() {
        let told = AlarmRow { source: "s".into(), kind: "away".into(), since: 0, told_at: NOW.millis() };
        let away = deaf(&source("retrying", 60), &Hours::new(), NOW).unwrap();
        assert!(!is_told(None, &away, NOW));
        assert!(is_told(Some(&told), &away, NOW.plus(Span::hours(23))));
        assert!(!is_told(Some(&told), &away, NOW.plus(Span::hours(24))));
        let refused = deaf(&source("needs_token", 60), &Hours::new(), NOW).unwrap();
        assert!(!is_told(Some(&told), &refused, NOW));
        assert!(!hears(&source("starting", 60), &told, NOW));
        assert!(!hears(&source("connected", 1), &told, NOW));
        assert!(hears(&source("connected", 3), &told, NOW));
        let silent = AlarmRow { kind: "silent".into(), since: NOW.millis() - 5, ..told };
        assert!(!hears(&source("connected", 60), &silent, NOW));
        let posted = SourceRow { last_posted_at: Some(NOW.millis()), ..source("connected", 60) };
        assert!(hears(&posted, &silent, NOW));
    }
}
