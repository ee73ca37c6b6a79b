//! One update of the chat: who may, and to whom it goes: a press of a button, a command, or a reply
//! to a card.
//!
//! An update may be handled again after a kill; what it asks for is there once all the same. The
//! words of an update are parsed from its stored text and forgotten with it.

use super::config::TelegramConfig;
use super::deliver::TelegramDeliver;
use super::text::Rich;
use crate::casework::{Actor, Casework};
use crate::domain::audit::{Caller, Via};
use crate::domain::ids::PersonId;
use crate::domain::role::{Right, Role, Walls};
use crate::duty::Duty;
use crate::reports::morning::Morning;
use crate::store::chat::{Presser, UpdateRow};
use crate::store::rows::CaseEventRow;
use crate::store::{StoreError, chat};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use teloxide::types::{InlineKeyboardMarkup, Message, Update, UpdateKind};
use tokio::sync::Notify;

/// What is told to somebody who may not do what they ask for.
pub(super) const NOT_ALLOWED: &str = "You are not allowed to do this.";

/// Handles updates.
#[derive(Debug)]
pub struct Handler {
    pub(super) deliver: TelegramDeliver,
    pub(super) casework: Casework,
    pub(super) config: TelegramConfig,
    pub(super) morning: Morning,
    /// Woken when a card should follow.
    pub(super) follow: Arc<Notify>,
    /// Whether customers may be answered from here.
    pub(super) from_chat: bool,
    /// Who is on duty.
    pub(super) duty: Duty,
    /// Chats of the settings under the ids that they have now.
    moved: Mutex<HashSet<(i64, i64)>>,
}

impl Handler {
    /// Handles with what `deliver` sends with; with `from_chat`, replies to cards become answers.
    pub fn new(
        deliver: TelegramDeliver,
        casework: Casework,
        config: TelegramConfig,
        morning: Morning,
        follow: Arc<Notify>,
        from_chat: bool,
        duty: Duty,
    ) -> Self {
        Self { deliver, casework, config, morning, follow, from_chat, duty, moved: Mutex::default() }
    }

    fn configured(&self) -> impl Iterator<Item = i64> {
        self.config.teams.iter().map(|t| t.chat).chain(self.config.leads.iter().copied())
    }

    /// Whether a chat is one of the settings, also after it got another id.
    fn is_configured(&self, chat: i64) -> bool {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        self.configured().any(|c| c == chat) || moved.iter().any(|(_, to)| *to == chat)
    }

    /// Whether what is said in a chat may be for us: a chat of the settings, or the private chat of a
    /// person whom they name.
    pub fn may_be_ours(&self, chat: i64) -> bool {
        self.is_configured(chat) || self.config.users.iter().any(|u| u.id == chat)
    }

    /// Learns which chats have another id now.
    pub async fn learn_moved(&self) {
        for configured in self.configured().collect::<Vec<_>>() {
            let to = self.deliver.chat_now(configured).await;
            if to != configured {
                self.moved.lock().unwrap_or_else(PoisonError::into_inner).insert((configured, to));
            }
        }
    }

    /// The id of the settings for a chat.
    fn of_settings(&self, chat: i64) -> i64 {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.iter().find(|(_, to)| *to == chat).map_or(chat, |(from, _)| *from)
    }

    /// Handles one update. Only trouble of the store is an error; then it is handled again.
    pub async fn handle(&self, row: &UpdateRow) -> Result<(), StoreError> {
        self.learn_moved().await;
        let Ok(update) = serde_json::from_str::<Update>(&row.body) else {
            tracing::debug!(update = row.update_id, "an update could not be read");
            return Ok(());
        };
        match update.kind {
            UpdateKind::CallbackQuery(query) => self.press(&query).await,
            UpdateKind::Message(message) => self.message(&message).await,
            _ => Ok(()),
        }
    }

    async fn message(&self, message: &Message) -> Result<(), StoreError> {
        let chat = message.chat.id.0;
        let Some(text) = message.text().filter(|_| self.may_be_ours(chat)) else { return Ok(()) };
        let from = message.from.as_ref().and_then(|u| i64::try_from(u.id.0).ok()).unwrap_or(-1);
        // In a private chat of their own, people must still be ours.
        if !self.is_configured(chat) && self.person(from).await?.is_none() {
            return Ok(());
        }
        match message.reply_to_message() {
            _ if text.starts_with('/') => self.command(chat, from, text).await,
            Some(to) => self.reply(chat, from, to.id.0, text).await,
            None => Ok(()),
        }
    }

    /// The person behind a numeric id, if the settings know it and the person may log in.
    pub(super) async fn person(&self, user: i64) -> Result<Option<Presser>, StoreError> {
        let Some(login) = self.config.users.iter().find(|u| u.id == user).map(|u| u.login.to_lowercase())
        else {
            return Ok(None);
        };
        let found = self
            .deliver
            .db
            .read("looking a person up", move |tx| Box::pin(async move { chat::presser(tx, &login).await }));
        found.await
    }

    /// The person behind a numeric id, if the person may work.
    pub(super) async fn presser(&self, user: i64) -> Result<Option<Presser>, StoreError> {
        let found = self.person(user).await?;
        Ok(found.filter(|p| may(p, Right::Work)))
    }

    /// Says something in a chat. It is not worth queueing for: out of budget or out of reach, the
    /// person asks again. Gives the message's id, where it was said.
    pub(super) async fn say(
        &self,
        chat_id: i64,
        text: Rich,
        keyboard: Option<InlineKeyboardMarkup>,
    ) -> Option<(i64, i32)> {
        if self.deliver.telegram.budget.take(chat_id).is_err() {
            tracing::debug!(chat = chat_id, "out of budget; somebody gets no answer");
            return None;
        }
        let message = super::card::Message { text: text.fit(&self.deliver.look.public_url), keyboard };
        match self.deliver.send_moving(chat_id, &message).await {
            Ok((chat_id, sent)) => Some((chat_id, sent.message)),
            Err(trouble) => {
                tracing::debug!(?trouble, "somebody could not be answered");
                None
            }
        }
    }

    /// Casework in the name of somebody who pressed or wrote.
    pub(super) fn casework_of(&self, presser: &Presser) -> Casework {
        // A role that nobody knows may nothing; an auditor may change nothing.
        let role = Role::from_code(&presser.role).unwrap_or(Role::Auditor);
        self.casework.called(Caller {
            via: Via::Chat,
            person: presser.id.clone(),
            role: Some(role),
            ..Caller::default()
        })
    }

    /// The brands that somebody in a chat is told of: those of the chat that they see. Whoever the settings do not
    /// name sees what the chat sees.
    pub(super) async fn brands_for(&self, chat_id: i64, from: i64) -> Result<Vec<String>, StoreError> {
        let mut brands = self.brands(chat_id);
        if let Some(person) = self.person(from).await? {
            brands.retain(|id| may(&person, Right::See) && sees(&person, id));
        }
        Ok(brands)
    }

    /// The brands that a chat hears of; a lead chat and a colleague's private chat hear of all.
    pub(super) fn brands(&self, chat_id: i64) -> Vec<String> {
        let catalogue = self.casework.catalogue().get();
        let chat = self.of_settings(chat_id);
        let all = self.config.leads.contains(&chat) || !self.is_configured(chat_id);
        let hears = |name: &str| {
            let team = self.config.teams.iter().filter(|t| t.chat == chat);
            all || team
                .into_iter()
                .any(|t| t.brands.is_empty() || t.brands.iter().any(|b| b.eq_ignore_ascii_case(name)))
        };
        catalogue.brands.iter().filter(|b| hears(&b.brand.name)).map(|b| b.id.clone()).collect()
    }
}

/// A person as casework knows those who act.
pub(super) fn actor(presser: &Presser) -> Actor {
    Actor { person: PersonId::stored(presser.id.clone()), lead: may(presser, Right::Steer) }
}

/// Whether somebody may do something, by the table of roles.
pub(super) fn may(presser: &Presser, right: Right) -> bool {
    Role::from_code(&presser.role).is_some_and(|role| role.may(right))
}

/// Whether somebody sees a brand, by id.
pub(super) fn sees(presser: &Presser, brand_id: &str) -> bool {
    Walls::stored(presser.brands.as_deref()).let_see(brand_id)
}

/// Whether this person took this act already since the version that was seen.
pub(super) fn done_already(since: &[CaseEventRow], presser: &Presser, kind: &str) -> bool {
    since.iter().any(|e| e.kind == kind && e.who.as_deref() == Some(presser.id.as_str()))
}

/// What happened, in few words.
pub(super) fn changes(since: &[CaseEventRow]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for event in since.iter().filter(|e| e.who_kind != "rule") {
        let word = match event.kind.as_str() {
            "claim" => "claimed",
            "assign" => "handed to a colleague",
            "release" => "given back",
            "answer_queued" => "an answer is on its way",
            "answer_undone" => "an answer was called back",
            "answer_seen" => "answered",
            "customer_message" => "the customer wrote again",
            "resolve" => "resolved",
            "dismiss" => "dismissed",
            "close" => "closed",
            "reopen" => "reopened",
            "snooze" => "snoozed",
            "note" => "a note was written",
            "protocol_started" => "a protocol was begun",
            "protocol_declined" => "a protocol was declined",
            "protocol_taken" => "a protocol was taken",
            "protocol_step" => "a step of a protocol was done",
            "protocol_ended" => "a protocol was ended",
            "labelled" | "label_ended" => "the author's labels changed",
            "moderated" => "moderated",
            "removed" => "the customer removed a post",
            "unknown_settled" => "an unknown answer was settled",
            "edited" => "the customer edited the post",
            _ => "worked on",
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() { "worked on".to_owned() } else { words.join(", ") }
}
