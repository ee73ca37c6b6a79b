//! Sending what the outbox holds for the chat: alerts joined into few messages, digests, reports.
//!
//! What may go now is decided from the last message that stands in the chat and from the budget;
//! the rest is handed back with the instant at which it may. An alert is done once a message that
//! the platform confirmed lists its case. The message is written down with its cases, so that it
//! can be edited as they move on and so that a restart goes on where the burst stood.

use super::bot::{Sent, Telegram, Trouble, is_out_of_reach};
use super::burst::{Burst, EDIT, Plan, plan_burst};
use super::card::{CardBody, Entry, Look, Message};
use super::config::TelegramConfig;
use super::place::Place;
use super::{approve, calls, hush, shift, summary, unknown};
use crate::catalogue::Current;
use crate::clock::Clock;
use crate::domain::delivery::{Outcome, Repeat};
use crate::domain::time::{Span, Timestamp};
use crate::outbox::{Deliver, held_back};
use crate::store::chat::CardRow;
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, chat};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The credential's name.
pub const CREDENTIAL: &str = "telegram";
/// The kind of cards that list cases.
pub const ALERT: &str = "alert";

/// Sends by Telegram.
#[derive(Clone, Debug)]
pub struct TelegramDeliver {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) telegram: Arc<Telegram>,
    /// How things look where nobody says otherwise; see [`TelegramDeliver::look_at`].
    pub(super) look: Arc<Look>,
    pub(super) config: Arc<TelegramConfig>,
    pub(super) catalogue: Current,
    /// Chats of the settings under the ids that they have now.
    pub(super) moved: Arc<Mutex<HashSet<(i64, i64)>>>,
}

/// What an alert's payload names.
#[derive(serde::Deserialize)]
struct Alert {
    occasion: String,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    at: Option<i64>,
    #[serde(default)]
    wait: Option<i64>,
}

impl TelegramDeliver {
    /// Sends with `telegram`.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        telegram: Arc<Telegram>,
        look: Arc<Look>,
        config: Arc<TelegramConfig>,
        catalogue: Current,
    ) -> Self {
        Self { db, clock, telegram, look, config, catalogue, moved: Arc::default() }
    }

    /// The id of the settings for a chat.
    pub(super) fn of_settings(&self, chat: i64) -> i64 {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.iter().find(|(_, to)| *to == chat).map_or(chat, |(from, _)| *from)
    }

    /// The last message of alerts in a chat, with what it lists.
    async fn last(&self, place: Place) -> Result<Option<(CardRow, CardBody)>, StoreError> {
        let key = (place.chat.to_string(), i64::from(place.topic));
        let card = self.db.read("reading the last card", move |tx| {
            Box::pin(async move { chat::last_card(tx, CREDENTIAL, (&key.0, key.1), ALERT).await })
        });
        Ok(card.await?.and_then(|card| {
            let body = serde_json::from_str(&card.body).ok()?;
            Some((card, body))
        }))
    }

    /// Which alerts of one chat go now; the others get an instant.
    async fn schedule_alerts(
        &self,
        place: Place,
        alerts: &[&ActionRow],
        now: Timestamp,
    ) -> Vec<Option<Timestamp>> {
        let chat = place.chat;
        let last = match self.last(place).await {
            Ok(last) => last,
            Err(error) => {
                tracing::warn!(%error, "the last card could not be read; alerts wait");
                return vec![Some(now.plus(Span::seconds(2))); alerts.len()];
            }
        };
        let (known, fresh) = known_and_fresh(last.as_ref(), alerts);
        let state = last.as_ref().map(|last| self.burst(chat, last));
        let (room, mut going) = match plan_burst(state.as_ref(), fresh.len(), known.len(), now) {
            Plan::Wait(until) => return vec![Some(until); alerts.len()],
            Plan::Send(n) => (n, BTreeSet::new()),
            Plan::Edit(n) => (n + known.len(), known),
        };
        if let Err(until) = self.telegram.budget.take(chat) {
            return vec![Some(until); alerts.len()];
        }
        alerts
            .iter()
            .map(|a| {
                let case = a.case_id.as_deref().unwrap_or_default();
                if going.len() < room {
                    going.insert(case);
                }
                (!going.contains(case)).then_some(now.plus(EDIT))
            })
            .collect()
    }

    /// The burst of the last message, with the edits of the cards' follower counted in.
    fn burst(&self, chat: i64, last: &(CardRow, CardBody)) -> Burst {
        let (card, body) = last;
        let followed = card.message.parse().ok().and_then(|id| self.telegram.edited_at(chat, id));
        Burst {
            sent_at: Timestamp(card.created_at),
            edited_at: Timestamp(body.edited_at).max(followed.unwrap_or_default()),
            cases: body.entries.len(),
        }
    }

    /// Alerts of one chat in one message.
    async fn send_alerts(
        &self,
        place: Place,
        look: &Look,
        alerts: &[&ActionRow],
    ) -> Result<Vec<Outcome>, StoreError> {
        let turn = self.telegram.turn(place.chat);
        let _turn = turn.lock().await;
        let now = self.clock.now();
        let last = self.last(place).await?;
        let (known, fresh) = known_and_fresh(last.as_ref(), alerts);
        let state = last.as_ref().map(|last| self.burst(place.chat, last));
        // What was scheduled as an edit stays one, even if the follower edited in between.
        let joined = match plan_burst(state.as_ref(), fresh.len(), known.len(), now) {
            Plan::Edit(_) | Plan::Wait(_) => last,
            Plan::Send(_) => None,
        };
        let mut entries = joined.as_ref().map(|(_, body)| body.entries.clone()).unwrap_or_default();
        for alert in alerts {
            let Some(new) = entry(alert) else {
                tracing::warn!(action.id = alert.id, "an alert names no case or occasion");
                continue;
            };
            match entries.iter_mut().find(|e| e.case == new.case) {
                Some(old) => *old = new,
                None => entries.push(new),
            }
        }
        let cases: Vec<String> = entries.iter().map(|e| e.case.clone()).collect();
        let facts = self.shown(&mut entries).await?;
        let message = look.message(&entries, &facts, now);
        let listed = |a: &ActionRow| entries.iter().any(|e| Some(e.case.as_str()) == a.case_id.as_deref());
        if !alerts.iter().any(|a| listed(a)) {
            return Ok(vec![Outcome::Refused { reason: "the case is gone".to_owned() }; alerts.len()]);
        }
        if let Some(held) = held_back(&self.db).await {
            return Ok(vec![held; alerts.len()]);
        }
        let (place, sent) = match self.put(place, joined.as_ref().map(|(card, _)| card), &message).await {
            Ok(done) => done,
            Err(trouble) => return Ok(vec![trouble.outcome(); alerts.len()]),
        };
        let created_at = match &joined {
            Some((card, _)) if card.message == sent.message.to_string() => Timestamp(card.created_at),
            _ => now,
        };
        let shown = look.fingerprint(&entries, &facts, created_at);
        let remote_id = format!("{}/{}", place.chat, sent.message);
        let outcomes = alerts
            .iter()
            .map(|a| {
                if listed(a) {
                    Outcome::Done { remote_id: remote_id.clone(), at: Some(sent.at) }
                } else {
                    Outcome::Refused { reason: "the case is gone".to_owned() }
                }
            })
            .collect();
        let body = CardBody { entries, edited_at: self.clock.now().millis() };
        let mut card = new_card(place, sent.message, ALERT, created_at);
        card.body = serde_json::to_string(&body).unwrap_or_default();
        card.shown = shown;
        self.keep(card, cases).await;
        Ok(outcomes)
    }

    /// Writes a confirmed message down. Should that fail the alert stands all the same; only its
    /// card will not follow the case.
    pub(super) async fn keep(&self, card: CardRow, cases: Vec<String>) {
        let now = self.clock.now();
        let kept = self.db.write_again("writing a card", move |tx| {
            let (card, cases) = (card.clone(), cases.clone());
            Box::pin(async move { chat::put_card(tx, &card, &cases, now).await })
        });
        if let Err(error) = kept.await {
            tracing::warn!(%error, "a card was sent and could not be written down");
        }
    }

    /// Edits the message that stands, or sends a new one if there is none (any more).
    async fn put(
        &self,
        place: Place,
        card: Option<&CardRow>,
        message: &Message,
    ) -> Result<(Place, Sent), Trouble> {
        if let Some(id) = card.and_then(|c| c.message.parse::<i32>().ok()) {
            match self.telegram.edit(place.chat, id, message).await {
                Ok(()) => return Ok((place, Sent { message: id, at: self.clock.now() })),
                // Rather one message more than an alert that is not told.
                Err(Trouble::Gone | Trouble::Refused(_) | Trouble::Moved(_) | Trouble::Markup) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        self.send_moving(place, message).await
    }

    /// Sends; a chat that has another id now is written down and told there at once.
    pub(super) async fn send_moving(
        &self,
        place: Place,
        message: &Message,
    ) -> Result<(Place, Sent), Trouble> {
        match self.telegram.send(place, message).await {
            Err(Trouble::Moved(to)) => {
                let chat = place.chat;
                tracing::info!(chat, to, "a chat has another id now");
                let name = moved(chat);
                let noted = self.db.write_again("noting a chat's new id", move |tx| {
                    let name = name.clone();
                    Box::pin(async move { chat::set_note(tx, &name, &to.to_string()).await })
                });
                if let Err(error) = noted.await {
                    tracing::warn!(%error, "a chat's new id could not be written down");
                }
                let place = place.moved_to(to);
                self.telegram.send(place, message).await.map(|sent| (place, sent))
            }
            other => other.map(|sent| (place, sent)),
        }
    }

    /// Where a chat of the settings is now.
    pub(super) async fn chat_now(&self, configured: i64) -> i64 {
        let name = moved(configured);
        let note = self
            .db
            .read("reading a chat's id", move |tx| Box::pin(async move { chat::note(tx, &name).await }));
        match note.await {
            Ok(Some(to)) => {
                let to = to.parse().unwrap_or(configured);
                if to != configured {
                    self.moved.lock().unwrap_or_else(PoisonError::into_inner).insert((configured, to));
                }
                to
            }
            _ => configured,
        }
    }

    async fn one_chat(&self, place: Place, actions: &[&ActionRow]) -> Vec<(String, Outcome)> {
        if !place.is_group() && !self.names(place.chat) {
            let refused = |a: &&ActionRow| {
                let reason = "the settings name nobody with this number any more".to_owned();
                (a.id.clone(), Outcome::Refused { reason })
            };
            return actions.iter().map(refused).collect();
        }
        let place = place.moved_to(self.chat_now(place.chat).await);
        let look = self.look_at(place).await;
        let (alerts, others): (Vec<&ActionRow>, Vec<&ActionRow>) =
            actions.iter().partition(|a| a.kind == ALERT);
        let mut outcomes = Vec::new();
        let (unknown, alerts): (Vec<&ActionRow>, Vec<&ActionRow>) =
            alerts.into_iter().partition(|a| unknown::named(a).is_some());
        for alert in unknown {
            if let Some(held) = held_back(&self.db).await {
                outcomes.push((alert.id.clone(), held));
                continue;
            }
            let action = unknown::named(alert).unwrap_or_default();
            let told = self.send_unknown(place, &look, alert, &action).await.unwrap_or_else(|error| {
                Outcome::Retry { after: None, why: format!("nothing was sent: {error}") }
            });
            outcomes.push((alert.id.clone(), told));
        }
        let (alerts, over) = self.still_owed(alerts).await;
        outcomes.extend(over);
        if !alerts.is_empty() {
            let told = self.send_alerts(place, &look, &alerts).await.unwrap_or_else(|error| {
                let why = format!("nothing was sent: {error}");
                vec![Outcome::Retry { after: None, why }; alerts.len()]
            });
            outcomes.extend(alerts.iter().map(|a| a.id.clone()).zip(told));
        }
        for action in others {
            // One after another: all sending may be stopped between two of them.
            if let Some(held) = held_back(&self.db).await {
                outcomes.push((action.id.clone(), held));
                continue;
            }
            let told = match action.kind.as_str() {
                approve::APPROVAL => self.send_approval(place, &look, action).await,
                calls::CALL => self.send_call(place, &look, action).await,
                shift::OFFER | shift::ASK => self.send_shift(place, &look, action).await,
                super::named::NAMED => self.send_named(place, &look, action).await,
                super::line::LINE => self.send_line(place, &look, action).await,
                _ => Ok(self.send_summary(place, &look, action).await),
            };
            let nothing = |error| Outcome::Retry { after: None, why: format!("nothing was sent: {error}") };
            outcomes.push((action.id.clone(), told.unwrap_or_else(nothing)));
        }
        let is_gone = |o: &Outcome| matches!(o, Outcome::Refused { reason } if is_out_of_reach(reason));
        if !place.is_group() && outcomes.iter().any(|(_, o)| is_gone(o)) {
            self.note_gone(place.chat).await;
        }
        outcomes
    }

    /// Whether the settings name this chat of one person.
    pub(super) fn names(&self, chat: i64) -> bool {
        let config = &self.config;
        config.users.iter().any(|u| u.id == chat)
            || config.leads.contains(&chat)
            || config.teams.iter().any(|t| t.chat == chat)
    }

    async fn send_summary(&self, place: Place, look: &Look, action: &ActionRow) -> Outcome {
        let text = match summary::text(&self.db, look, action, self.clock.now()).await {
            Ok(Some(text)) => text,
            Ok(None) => {
                return Outcome::Refused { reason: "nothing is known of this kind of message".to_owned() };
            }
            Err(error) => return Outcome::Retry { after: None, why: format!("nothing was sent: {error}") },
        };
        self.send_kept(place, &Message { text, keyboard: None }, None).await
    }
}

#[async_trait::async_trait]
impl Deliver for TelegramDeliver {
    fn credential(&self) -> &str {
        CREDENTIAL
    }

    fn repeat(&self) -> Repeat {
        Repeat::OnceMarked
    }

    async fn schedule(&self, ready: &[ActionRow], now: Timestamp) -> Vec<Option<Timestamp>> {
        let mut times = vec![None; ready.len()];
        for (configured, places) in by_chat(ready) {
            let Some(configured) = configured else { continue };
            let place = configured.moved_to(self.chat_now(configured.chat).await);
            let chat = place.chat;
            // Somebody who wants to be left in peace, and has not heard of a P1.
            let rows: Vec<&ActionRow> = places.iter().map(|at| &ready[*at]).collect();
            let hushed = self.hushed(place, &rows, now).await;
            let places: Vec<usize> = places
                .into_iter()
                .zip(hushed)
                .filter_map(|(at, until)| {
                    times[at] = until;
                    until.is_none().then_some(at)
                })
                .collect();
            // What nobody can tell goes before everything else, and waits for no burst.
            let (unknown, rest): (Vec<usize>, Vec<usize>) =
                places.into_iter().partition(|at| unknown::named(&ready[*at]).is_some());
            for at in unknown {
                times[at] = self.telegram.budget.take(chat).err();
            }
            let (alerts, others): (Vec<usize>, Vec<usize>) =
                rest.into_iter().partition(|at| ready[*at].kind == ALERT);
            if !alerts.is_empty() {
                let rows: Vec<&ActionRow> = alerts.iter().map(|at| &ready[*at]).collect();
                for (at, time) in alerts.into_iter().zip(self.schedule_alerts(place, &rows, now).await) {
                    times[at] = time;
                }
            }
            for at in others {
                times[at] = self.telegram.budget.take(chat).err();
            }
        }
        times
    }

    async fn deliver(&self, actions: &[ActionRow]) -> Vec<Outcome> {
        let chats = by_chat(actions).into_iter().map(|(place, places)| async move {
            let rows: Vec<&ActionRow> = places.iter().map(|at| &actions[*at]).collect();
            match place {
                Some(place) => self.one_chat(place, &rows).await,
                None => rows
                    .iter()
                    .map(|a| {
                        (a.id.clone(), Outcome::Refused { reason: "the payload names no chat".to_owned() })
                    })
                    .collect(),
            }
        });
        let mut found: BTreeMap<String, Outcome> =
            futures_util::future::join_all(chats).await.into_iter().flatten().collect();
        let missing = || Outcome::Unknown { evidence: "no outcome was noted".to_owned() };
        actions.iter().map(|a| found.remove(&a.id).unwrap_or_else(missing)).collect()
    }

    async fn stands(&self, tx: &mut Tx, _: &ActionRow, remote_id: &str) -> Result<(), StoreError> {
        hush::took(self, tx, remote_id).await
    }
}

/// What cannot be told, and why.
pub(super) fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reason: reason.to_owned() }
}

/// The row of a message that was just sent; what it shows is filled in by whoever sent it.
pub(super) fn new_card(place: Place, message: i32, kind: &str, created_at: Timestamp) -> CardRow {
    CardRow {
        credential: CREDENTIAL.to_owned(),
        chat: place.chat.to_string(),
        message: message.to_string(),
        kind: kind.to_owned(),
        body: String::new(),
        shown: String::new(),
        stale_at: None,
        created_at: created_at.millis(),
        topic: i64::from(place.topic),
    }
}

/// The name under which a chat's new id is noted.
fn moved(chat: i64) -> String {
    format!("chat:{CREDENTIAL}:moved:{chat}")
}

/// The cases of alerts that the last message lists already, and those that it does not.
fn known_and_fresh<'a>(
    last: Option<&(CardRow, CardBody)>,
    alerts: &[&'a ActionRow],
) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let cases: BTreeSet<&str> = alerts.iter().map(|a| a.case_id.as_deref().unwrap_or_default()).collect();
    cases.into_iter().partition(|case| last.is_some_and(|(_, b)| b.entries.iter().any(|e| e.case == *case)))
}

pub(super) fn entry(action: &ActionRow) -> Option<Entry> {
    let alert: Alert = serde_json::from_str(&action.payload).ok()?;
    Some(Entry {
        action: action.id.clone(),
        case: action.case_id.clone()?,
        occasion: alert.occasion,
        kind: alert.kind,
        at: alert.at,
        wait: alert.wait,
        owed: None,
        repeat: action.repeat_marked == 1,
    })
}

/// The places of actions by the chat that they name, in the order of the first.
fn by_chat(actions: &[ActionRow]) -> Vec<(Option<Place>, Vec<usize>)> {
    let mut chats: Vec<(Option<Place>, Vec<usize>)> = Vec::new();
    for (at, action) in actions.iter().enumerate() {
        let payload: serde_json::Value = serde_json::from_str(&action.payload).unwrap_or_default();
        let id = match payload.get("chat") {
            Some(serde_json::Value::String(text)) => Place::parse(text),
            Some(number) => number.as_i64().map(Place::chat),
            None => None,
        };
        match chats.iter_mut().find(|(chat, _)| *chat == id) {
            Some((_, places)) => places.push(at),
            None => chats.push((id, vec![at])),
        }
    }
    chats
}
