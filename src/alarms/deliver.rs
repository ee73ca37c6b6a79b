//! Sending what the outbox holds for a channel: one message a burst, each case listed; what is not P1 waits for the
//! end of quiet hours and for room within the hour, and why is noted.

use super::channel::Channel;
use super::config::ChannelConfig;
use super::notice::{Item, Notice, item};
use crate::alerting;
use crate::chat::card::Look;
use crate::chat::{elsewhere, owed, summary};
use crate::clock::Clock;
use crate::domain::delivery::{Outcome, Repeat, RetryLaw};
use crate::domain::escalation::Quiet;
use crate::domain::judgement::Level;
use crate::domain::time::{Span, Timestamp};
use crate::outbox::{Deliver, held_back};
use crate::store::alert::{self, HeldRow};
use crate::store::chat::Facts;
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, chat};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Most alarms that are rung at once; the others follow a second later.
const AT_ONCE: usize = 16;
/// How often what nobody said clearly is tried, before another channel tells it.
const UNCLEAR_MAX: i64 = 3;
/// Least time between two messages on one channel.
pub const NEW_MESSAGE: Span = Span::seconds(30);
/// The kind of cards.
const ALERT: &str = "alert";
/// The occasion of an action that says that an alarm is over.
pub const CLEARED: &str = "cleared";
/// What stands in place of a remote id where nobody needed to be told any more.
const NOT_NEEDED: &str = "not needed: somebody has the case";
const OVER: &str = "not needed: the time that it tells of is over";

/// How often an alert is tried again: quickly, for nobody waits a day for one.
pub fn law() -> RetryLaw {
    let waits = [2, 5, 15, 30, 60, 120, 300, 900].map(Span::seconds);
    RetryLaw { waits: waits.to_vec(), attempts_max: 40 }
}

/// The same for a channel of the settings. What a program of one's own did not take is tried for more than three days, for
/// it may want to know what it missed; people are not told of the night before last.
pub fn law_of(config: &ChannelConfig) -> RetryLaw {
    if config.webhook.is_none() {
        return law();
    }
    let waits = [2, 5, 15, 30, 60, 120, 300, 900, 3_600, 10_800, 21_600].map(Span::seconds);
    RetryLaw { waits: waits.to_vec(), attempts_max: 24 }
}

/// Sends on one channel.
pub struct ChannelDeliver {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How cards look here.
    pub look: Arc<Look>,
    /// The credential.
    pub credential: String,
    /// The channel.
    pub channel: Arc<dyn Channel>,
    /// Its quiet hours.
    pub quiet: Option<Quiet>,
    /// Most messages in an hour; 0 for no limit.
    pub hourly: usize,
}

fn occasion(action: &ActionRow) -> String {
    let body: Value = serde_json::from_str(&action.payload).unwrap_or_default();
    body["occasion"].as_str().unwrap_or_default().to_owned()
}

fn is_forsaken(action: &ActionRow) -> bool {
    let body: Value = serde_json::from_str(&action.payload).unwrap_or_default();
    alerting::is_forsaken(&action.kind, &body)
}

/// What stands in place of a remote id where an alert of a case has nothing to tell any more.
fn not_needed(action: &ActionRow) -> &'static str {
    if alerting::is_owed(action) { owed::OVER } else { NOT_NEEDED }
}

fn is_cleared(action: &ActionRow) -> bool {
    action.kind == ALERT && occasion(action) == CLEARED
}

fn is_card(action: &ActionRow) -> bool {
    action.kind == ALERT && !is_cleared(action)
}

/// What marks a message: the same alerts give the same mark, and any other choice of them another, so that nobody
/// takes a message with something new in it for one that they have.
pub(super) fn key(ids: &mut Vec<&str>) -> String {
    ids.sort_unstable();
    match ids.as_slice() {
        [one] => (*one).to_owned(),
        many => format!("alerts_{}", URL_SAFE_NO_PAD.encode(Sha256::digest(many.join(",")))),
    }
}

impl ChannelDeliver {
    async fn facts(&self, actions: &[ActionRow]) -> Result<Vec<Facts>, StoreError> {
        let mut cases: Vec<String> = actions.iter().filter_map(|a| a.case_id.clone()).collect();
        cases.sort();
        cases.dedup();
        let read = self.db.read("reading what an alert says", move |tx| {
            Box::pin(async move { chat::facts(tx, &cases).await })
        });
        read.await
    }

    /// Until when what is not P1 waits, and why.
    fn hush(&self, messages: &[i64], now: Timestamp) -> Option<(&'static str, Timestamp)> {
        let over = self.quiet.and_then(|quiet| quiet.over(now, &self.look.zone));
        if let Some(over) = over {
            return Some(("quiet", over));
        }
        let nth = messages.len().checked_sub(self.hourly).filter(|_| self.hourly > 0)?;
        messages.get(nth).map(|at| ("limit", Timestamp(*at).plus(Span::hours(1))))
    }

    async fn plan(&self, ready: &[ActionRow], now: Timestamp) -> Result<Vec<Option<Timestamp>>, StoreError> {
        let (facts, name) = (self.facts(ready).await?, self.credential.clone());
        let messages = self.db.read("reading what a channel took", move |tx| {
            Box::pin(async move { alert::messages(tx, &name, now.minus(Span::hours(1))).await })
        });
        let messages: Vec<i64> = messages.await?.into_iter().map(|(at,)| at).collect();
        // A clock that was set back must not hold alerts for long.
        let last = messages.last().map(|at| Timestamp(*at)).filter(|at| *at <= now);
        let next = last.map(|at| at.plus(NEW_MESSAGE)).filter(|next| *next > now && !self.channel.stands());
        let hush = self.hush(&messages, now);
        let (mut times, mut held) = (Vec::new(), Vec::new());
        for action in ready {
            let level = facts.iter().find(|f| Some(&f.id) == action.case_id.as_ref()).map(|f| f.level);
            let clears = is_cleared(action);
            // Who may be harmed does not wait for the morning, nor does a P1 or P2 that nobody is there for.
            let rings = clears || occasion(action) == alerting::PROTOCOL || is_forsaken(action);
            let waits = hush.filter(|_| !rings && level.is_none_or(|l| Level::from_number(l) > Level::P1));
            let turn = times.len() / AT_ONCE;
            times.push(match waits {
                // Each of these is a call of its own, and all of a round must be over within one.
                None if self.channel.stands() && turn > 0 => {
                    Some(now.plus(Span::seconds(i64::try_from(turn).unwrap_or(1))))
                }
                _ if clears => None,
                Some((why, until)) => {
                    held.push(HeldRow {
                        action_id: action.id.clone(),
                        brand_id: action.brand_id.clone(),
                        case_id: action.case_id.clone().unwrap_or_default(),
                        channel: self.credential.clone(),
                        why: why.to_owned(),
                        held_at: now.millis(),
                        until_at: until.millis(),
                    });
                    Some(until)
                }
                None if is_card(action) || elsewhere::is_card(&action.kind) => next,
                None => None,
            });
        }
        if !held.is_empty() {
            metrics::counter!("webcared_alerts_held_total").increment(held.len() as u64);
            let note = self.db.write_again("noting why notices are held back", move |tx| {
                let held = held.clone();
                Box::pin(async move { alert::hold(tx, &held).await })
            });
            note.await?;
        }
        Ok(times)
    }

    async fn tell(&self, actions: &[ActionRow]) -> Result<Vec<Outcome>, StoreError> {
        let (now, facts) = (self.clock.now(), self.facts(actions).await?);
        let running = owed::running(&self.db, actions, &facts).await?;
        let mut outcomes: Vec<Option<Outcome>> = vec![None; actions.len()];
        let mut together: Vec<(usize, Item)> = Vec::new();
        let (asides, others): (Vec<usize>, Vec<usize>) =
            (0..actions.len()).partition(|at| elsewhere::is_card(&actions[*at].kind));
        let cards: Vec<&ActionRow> = asides.iter().map(|at| &actions[*at]).collect();
        for (at, outcome) in asides.into_iter().zip(self.asides(&cards, now).await) {
            outcomes[at] = Some(outcome);
        }
        for (at, action) in others.into_iter().map(|at| (at, &actions[at])) {
            if !is_card(action) {
                // One after another: all sending may be stopped between two of them.
                outcomes[at] = Some(match held_back(&self.db).await {
                    Some(held) => held,
                    // Of this one nothing was sent; what went before it in this round did go.
                    None => self.other(action, now).await.unwrap_or_else(|error| not_read(&error)),
                });
                continue;
            }
            let of_case = facts.iter().find(|f| Some(&f.id) == action.case_id.as_ref());
            match of_case.map(|f| item(&self.look, action, (f, &running), now)) {
                Some(Some(item)) => together.push((at, item)),
                // It may ring although nobody could say so: an answer was lost.
                Some(None) if self.channel.stands() && action.attempts > 1 && !alerting::is_owed(action) => {
                    let case = action.case_id.as_deref().unwrap_or_default();
                    outcomes[at] = Some(match held_back(&self.db).await {
                        Some(held) => held,
                        None => self.channel.clear(case, &action.id, now).await,
                    });
                }
                Some(None) => {
                    outcomes[at] = Some(Outcome::Done { remote_id: not_needed(action).to_owned(), at: None });
                }
                None => outcomes[at] = Some(Outcome::Refused { reason: "the case is gone".to_owned() }),
            }
        }
        let sizes = if self.channel.stands() { 1 } else { together.len().max(1) };
        let sent = together.chunks(sizes).map(|group| async move {
            let mut items: Vec<Item> = Vec::new();
            for (_, item) in group {
                // Of two alerts for one case the later one says more.
                items.retain(|i| i.case != item.case);
                items.push(item.clone());
            }
            let mut ids = group.iter().filter_map(|(at, _)| Some(actions.get(*at)?.id.as_str())).collect();
            let outcome = match held_back(&self.db).await {
                Some(held) => held,
                None => self.channel.send(&Notice::of(&key(&mut ids), items, (now, self.look.lang))).await,
            };
            (group, outcome)
        });
        for (group, outcome) in futures_util::future::join_all(sent).await {
            for (at, _) in group {
                outcomes[*at] = Some(told(&outcome, &actions[*at], now));
            }
        }
        let none = || Outcome::Unknown { evidence: "nobody said how it ended".to_owned() };
        Ok(outcomes.into_iter().map(|o| o.unwrap_or_else(none)).collect())
    }

    /// What is no card: that an alarm is over, or words about sources and findings.
    async fn other(&self, action: &ActionRow, now: Timestamp) -> Result<Outcome, StoreError> {
        if action.kind == ALERT {
            let case = action.case_id.clone().unwrap_or_default();
            let (name, of) = (self.credential.clone(), case.clone());
            let again = self.db.read("looking whether an alarm stands again", move |tx| {
                Box::pin(async move { alert::stands(tx, &name, &of).await })
            });
            // A newer alarm has an end of its own to come.
            if again.await? {
                return Ok(Outcome::Done { remote_id: NOT_NEEDED.to_owned(), at: None });
            }
            return Ok(self.channel.clear(&case, &action.id, now).await);
        }
        let body: Value = serde_json::from_str(&action.payload).unwrap_or_default();
        let is = |kind: &str| action.kind == "duty" && body["kind"] == kind;
        // What goes late by then is late now, and that is told otherwise.
        if is("outlook") && body["by"].as_i64().is_some_and(|by| by <= now.millis()) {
            return Ok(Outcome::Done { remote_id: OVER.to_owned(), at: None });
        }
        let Some(rich) = summary::text(&self.db, &self.look, action, now).await? else {
            return Ok(Outcome::Refused { reason: "nothing to say".to_owned() });
        };
        let words = rich.plain();
        let title = words.lines().next().unwrap_or_default().to_owned();
        let (key, lang, rings) = (action.id.clone(), self.look.lang, is("nobody"));
        let notice = Notice { key, title, words, items: Vec::new(), at: now, lang, rings };
        Ok(told(&self.channel.send(&notice).await, action, now))
    }
}

/// What comes of an action for which the database could not be read before anything was sent.
pub(super) fn not_read(error: &StoreError) -> Outcome {
    Outcome::Retry { after: None, why: format!("the database did not answer: {error}") }
}

/// What one message means for one of its alerts: when it was taken stands in its remote id, for the law of bursts.
pub(super) fn told(outcome: &Outcome, action: &ActionRow, now: Timestamp) -> Outcome {
    match outcome {
        Outcome::Unknown { evidence } if action.attempts >= UNCLEAR_MAX => {
            Outcome::Refused { reason: format!("no clear answer {UNCLEAR_MAX} times: {evidence}") }
        }
        Outcome::Done { at, .. } => Outcome::Done { remote_id: format!("at {}", now.millis()), at: *at },
        other => other.clone(),
    }
}

#[async_trait::async_trait]
impl Deliver for ChannelDeliver {
    fn credential(&self) -> &str {
        &self.credential
    }

    fn repeat(&self) -> Repeat {
        Repeat::OnceMarked
    }

    async fn schedule(&self, ready: &[ActionRow], now: Timestamp) -> Vec<Option<Timestamp>> {
        self.plan(ready, now).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "it cannot be told whether alerts may go; they wait");
            vec![Some(now.plus(Span::seconds(2))); ready.len()]
        })
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        self.tell(actions).await.unwrap_or_else(|error| vec![not_read(&error); actions.len()])
    }

    async fn stands(&self, tx: &mut Tx, action: &ActionRow, remote_id: &str) -> Result<(), StoreError> {
        let at = remote_id.strip_prefix("at ").and_then(|at| at.parse().ok()).map(Timestamp);
        let Some(at) = at.filter(|_| !is_cleared(action)) else { return Ok(()) };
        alert::took(tx, &self.credential, at).await?;
        match &action.case_id {
            Some(case) if self.channel.stands() && is_card(action) => {
                alert::stand(tx, &self.credential, &action.brand_id, case, at).await
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::WebhookConfig;
    use super::*;

    #[test]
    fn a_webhook_is_tried_for_days_and_people_for_hours() {
        let lasts = |law: RetryLaw| {
            let retry = Outcome::Retry { after: None, why: String::new() };
            let (mut at, mut tries) = (Timestamp(0), 1);
            while let Some(next) = law.settle(&retry, tries, Repeat::OnceMarked, at, 0.5).not_before {
                (at, tries) = (next, tries + 1);
            }
            Span(at.millis())
        };
        let hook = ChannelConfig { webhook: Some(WebhookConfig::default()), ..ChannelConfig::default() };
        let room = ChannelConfig::default();
        assert!((Span::days(3)..Span::days(5)).contains(&lasts(law_of(&hook))), "{:?}", lasts(law_of(&hook)));
        assert!(lasts(law_of(&room)) < Span::days(1));
    }

    #[test]
    fn a_message_with_another_alert_in_it_has_another_mark() {
        let of = |ids: &[&str]| key(&mut ids.to_vec());
        assert_eq!(of(&["a"]), "a", "alone, as it is called");
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]), "the same alerts, the same mark");
        assert_ne!(of(&["a", "b"]), of(&["a", "c"]));
        assert_ne!(of(&["a", "b"]), of(&["a"]));
    }
}
