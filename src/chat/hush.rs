//! Leaving people in peace: in their quiet hours, and beyond so many messages an hour, only P1, alarms of
//! protocols, and that nobody is on duty while a P1 or P2 is due reach somebody in their private chat. What waits
//! is noted with the reason, as on every channel.

use super::deliver::{ALERT, CREDENTIAL, TelegramDeliver};
use super::place::Place;
use crate::alerting;
use crate::domain::escalation::Quiet;
use crate::domain::judgement::Level;
use crate::domain::time::{Span, Timestamp};
use crate::store::alert::{self, HeldRow};
use crate::store::chat_person::{self, ChatPersonRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, chat};

/// Whether they ordered it, for this hour or just now: nobody asks to be left in peace of that.
fn is_ordered(action: &ActionRow) -> bool {
    let body: serde_json::Value = serde_json::from_str(&action.payload).unwrap_or_default();
    action.kind == "report" || body["asked"] == true
}

/// Whether it is the alarm of a protocol: who may be harmed does not wait for the morning.
fn is_alarm(action: &ActionRow) -> bool {
    let body: serde_json::Value = serde_json::from_str(&action.payload).unwrap_or_default();
    action.kind == ALERT && body["occasion"] == alerting::PROTOCOL
}

/// Whether it tells that nobody is on duty while a P1 or P2 is due: there is nobody else who could hear of that.
fn is_forsaken(action: &ActionRow) -> bool {
    let body: serde_json::Value = serde_json::from_str(&action.payload).unwrap_or_default();
    alerting::is_forsaken(&action.kind, &body)
}

/// The name of somebody's private chat among the channels of alerts.
fn channel(deliver: &TelegramDeliver, user: i64) -> String {
    let login = deliver.config.users.iter().find(|u| u.id == user).map(|u| u.login.to_lowercase());
    format!("{CREDENTIAL}:{}", login.unwrap_or_else(|| user.to_string()))
}

impl TelegramDeliver {
    /// Until when each of these waits, for somebody who wants to be left in peace.
    pub(super) async fn hushed(
        &self,
        place: Place,
        rows: &[&ActionRow],
        now: Timestamp,
    ) -> Vec<Option<Timestamp>> {
        if place.is_group() {
            return vec![None; rows.len()];
        }
        self.hush(place, rows, now).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "it cannot be told whether somebody wants to be left in peace; they are told");
            vec![None; rows.len()]
        })
    }

    async fn hush(
        &self,
        place: Place,
        rows: &[&ActionRow],
        now: Timestamp,
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        let (user, name) = (place.chat.to_string(), channel(self, place.chat));
        let cases: Vec<String> = rows.iter().filter_map(|a| a.case_id.clone()).collect();
        let read = self.db.read("reading how somebody is left in peace", {
            let name = name.clone();
            move |tx| {
                Box::pin(async move {
                    let Some(person) = chat_person::get(tx, CREDENTIAL, &user).await? else {
                        return Ok(None);
                    };
                    let told = alert::messages(tx, &name, now.minus(Span::hours(1))).await?;
                    Ok(Some((person, told, chat::facts(tx, &cases).await?)))
                })
            }
        });
        let Some((person, told, facts)) = read.await? else { return Ok(vec![None; rows.len()]) };
        let told: Vec<i64> = told.into_iter().map(|(at,)| at).collect();
        let Some((why, until)) = self.until(place.chat, &person, &told, now) else {
            return Ok(vec![None; rows.len()]);
        };
        let (mut times, mut held) = (Vec::new(), Vec::new());
        for action in rows {
            let level = facts.iter().find(|f| Some(&f.id) == action.case_id.as_ref()).map(|f| f.level);
            let is_p1 = level.is_some_and(|l| Level::from_number(l) == Level::P1);
            if is_ordered(action) || is_alarm(action) || is_forsaken(action) || is_p1 {
                times.push(None);
                continue;
            }
            times.push(Some(until));
            held.push(HeldRow {
                action_id: action.id.clone(),
                brand_id: action.brand_id.clone(),
                case_id: action.case_id.clone().unwrap_or_default(),
                channel: name.clone(),
                why: why.to_owned(),
                held_at: now.millis(),
                until_at: until.millis(),
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

    /// Until when somebody is left in peace, and why.
    fn until(
        &self,
        user: i64,
        person: &ChatPersonRow,
        told: &[i64],
        now: Timestamp,
    ) -> Option<(&'static str, Timestamp)> {
        let zone = self.look_to(user, Some(person)).zone;
        if let Some(over) = Quiet::parse(&person.quiet).and_then(|quiet| quiet.over(now, &zone)) {
            return Some(("quiet", over));
        }
        let hourly = usize::try_from(person.hourly).ok().filter(|n| *n > 0)?;
        let nth = told.len().checked_sub(hourly)?;
        told.get(nth).map(|at| ("limit", Timestamp(*at).plus(Span::hours(1))))
    }

    /// Notes that somebody cannot be written to: they blocked the bot. Their next word to it takes that back.
    pub(super) async fn note_gone(&self, chat: i64) {
        let user = chat.to_string();
        let noted = self.db.write_again("noting that somebody cannot be reached", move |tx| {
            let user = user.clone();
            Box::pin(async move { chat_person::gone(tx, CREDENTIAL, &user).await })
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "that somebody cannot be reached could not be written down");
        }
    }
}

/// Notes that somebody got a message in private, for their limit; a message that is edited counts once.
pub(super) async fn took(deliver: &TelegramDeliver, tx: &mut Tx, remote_id: &str) -> Result<(), StoreError> {
    let Some((chat_id, message)) = remote_id.split_once('/') else { return Ok(()) };
    let Some(user) = chat_id.parse::<i64>().ok().filter(|id| *id > 0) else { return Ok(()) };
    let card = chat::card(tx, CREDENTIAL, chat_id, message).await?;
    let at = card.map_or_else(|| deliver.clock.now(), |c| Timestamp(c.created_at));
    alert::took(tx, &channel(deliver, user), at).await
}
