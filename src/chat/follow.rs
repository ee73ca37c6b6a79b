//! Keeping cards true: when a case on a card moves on, the card is edited.
//!
//! Changed cases are found by the time of their change, with overlap, so that a hint that is lost
//! costs a second and nothing else. A card is edited at most every few seconds, within the same
//! budget as everything else, and for two days; then the case page is the place to look. Only what an
//! author took back is cleared from older cards too.

use super::burst::EDIT;
use super::deliver::{CREDENTIAL, TelegramDeliver};
use super::place::Place;
use super::stands::Stands;
use crate::domain::time::{Span, Timestamp};
use crate::outbox::{CREDENTIAL_LEASE, held_back};
use crate::shutdown::{Shutdown, every};
use crate::store::chat::CardRow;
use crate::store::{StoreError, chat, lease, outbox};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// How long a card follows its cases.
pub const FOLLOW_FOR: Span = Span::hours(48);
const PERIOD: Span = Span::seconds(1);
/// Changes are looked for again so far back: a transaction may commit later than its time says.
const OVERLAP: Span = Span::seconds(15);
/// Until when a taken card is nobody else's; longer than the longest call.
const TAKEN: Span = Span::seconds(60);
const AT_ONCE: i64 = 20;

/// Edits cards as their cases move on.
#[derive(Debug)]
pub struct Follower {
    deliver: TelegramDeliver,
    owner: String,
    looked_at: AtomicI64,
}

impl Follower {
    /// Follows with what `deliver` sends with, in the name of this process.
    pub fn new(deliver: TelegramDeliver, owner: String) -> Self {
        Self { deliver, owner, looked_at: AtomicI64::new(0) }
    }

    /// Runs until the order to stop, woken by `nudge`.
    pub fn spawn(self, shutdown: &Shutdown, nudge: Arc<Notify>) {
        let token = shutdown.token.clone();
        shutdown.spawn("chat cards", async move {
            let follower = &self;
            every(PERIOD, nudge, token, || async move {
                if let Err(error) = follower.run_once().await {
                    metrics::counter!("webcared_database_errors_total").increment(1);
                    tracing::warn!(%error, "cards could not be followed; it tries again");
                }
                0
            })
            .await;
        });
    }

    /// One round: marks cards whose cases changed, and edits those whose turn it is. Returns how
    /// many were edited.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.deliver.clock.now();
        let oldest = now.minus(FOLLOW_FOR);
        let since = Timestamp(self.looked_at.load(Ordering::Relaxed)).minus(OVERLAP).max(oldest);
        let db = &self.deliver.db;
        let any = db.read("looking for stale cards", move |tx| {
            Box::pin(async move { chat::any_stale(tx, CREDENTIAL, since, now).await })
        });
        if !any.await? {
            self.looked_at.store(now.millis(), Ordering::Relaxed);
            return Ok(0);
        }
        let owner = self.owner.clone();
        let taken = db
            .write("taking stale cards", move |tx| {
                Box::pin(async move {
                    if outbox::switch(tx, outbox::KILL_SWITCH).await? {
                        return Ok(None);
                    }
                    let name = format!("send:{CREDENTIAL}");
                    if lease::take(tx, &name, &owner, now, CREDENTIAL_LEASE).await?.is_none() {
                        return Ok(None);
                    }
                    chat::mark_stale(tx, CREDENTIAL, since, oldest, now).await?;
                    chat::take_stale(tx, CREDENTIAL, now, now.plus(TAKEN), AT_ONCE).await.map(Some)
                })
            })
            .await?;
        let Some(cards) = taken else { return Ok(0) };
        self.looked_at.store(now.millis(), Ordering::Relaxed);
        let mut edited = 0;
        for card in cards {
            // One after another: all sending may be stopped between two of them.
            if self.deliver.telegram.is_stopping() || held_back(&self.deliver.db).await.is_some() {
                break;
            }
            edited += usize::from(self.follow(card).await?);
        }
        Ok(edited)
    }

    /// Edits one card if it no longer says what is true; tells whether it was edited.
    async fn follow(&self, card: CardRow) -> Result<bool, StoreError> {
        let d = &self.deliver;
        let now = d.clock.now();
        let (Ok(chat_id), Ok(id)) = (card.chat.parse::<i64>(), card.message.parse::<i32>()) else {
            return self.settle(&card, None).await.map(|()| false);
        };
        let turn = d.telegram.turn(chat_id);
        let _turn = turn.lock().await;
        // Read again within the turn: an alert may just have joined this message.
        let (key, catalogue) = (card.clone(), d.catalogue.get());
        let found = d.db.read("reading what a card shows", move |tx| {
            Box::pin(async move {
                match chat::card(tx, CREDENTIAL, &key.chat, &key.message).await? {
                    Some(card) => {
                        Stands::read(tx, &card, &catalogue).await.map(|stands| Some((card, stands)))
                    }
                    None => Ok(None),
                }
            })
        });
        let Some((stored, stands)) = found.await? else { return Ok(false) };
        let created_at = Timestamp(stored.created_at);
        let place = Place { chat: chat_id, topic: i32::try_from(stored.topic).unwrap_or(0) };
        let look = d.look_at(place).await;
        let look_again = stands.look_again(created_at, now);
        // Without the passing of time: a card is not edited because a minute went by.
        let Some(shown) = stands.message(&look, created_at).map(|m| m.print()) else {
            return self.settle(&card, None).await.map(|()| false);
        };
        if shown == stored.shown {
            return self.settle(&card, look_again).await.map(|()| false);
        }
        let last = d.telegram.edited_at(chat_id, id).unwrap_or(stands.edited_at());
        let earliest = last.plus(EDIT);
        if now < earliest {
            return self.settle(&card, Some(earliest)).await.map(|()| false);
        }
        if let Err(until) = d.telegram.budget.take(chat_id) {
            return self.settle(&card, Some(until)).await.map(|()| false);
        }
        let Some(message) = stands.message(&look, now) else { return Ok(false) };
        let again = match d.telegram.edit(chat_id, id, &message).await {
            Ok(()) => None,
            Err(trouble) => match trouble {
                super::bot::Trouble::Gone
                | super::bot::Trouble::Refused(_)
                | super::bot::Trouble::Moved(_) => {
                    tracing::info!(chat = chat_id, message = id, ?trouble, "a card can no longer be edited");
                    None
                }
                super::bot::Trouble::Later { after, .. } => Some(now.plus(after.unwrap_or(Span::seconds(5)))),
                _ => Some(now.plus(Span::seconds(5))),
            },
        };
        if again.is_none() {
            let card = stored.clone();
            d.db.write("writing what a card shows", move |tx| {
                Box::pin(async move { chat::set_shown(tx, &card, &shown).await })
            })
            .await?;
        }
        self.settle(&card, again.or(look_again)).await?;
        Ok(again.is_none())
    }

    /// Sets when a taken card is looked at again, unless it became stale meanwhile.
    async fn settle(&self, card: &CardRow, at: Option<Timestamp>) -> Result<(), StoreError> {
        let card = card.clone();
        let settle = self.deliver.db.write("settling a card", move |tx| {
            Box::pin(async move { chat::set_stale(tx, &card, card.stale_at.map(Timestamp), at).await })
        });
        settle.await
    }
}
