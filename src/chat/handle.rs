//! One update of the chat: who may, and to whom it goes: a press of a button, a command, or a reply
//! to a card.
//!
//! An update may be handled again after a kill; what it asks for is there once all the same. The
//! words of an update are parsed from its stored text and forgotten with it.

use super::approve::APPROVAL;
use super::card::Look;
use super::config::TelegramConfig;
use super::deliver::{ALERT, CREDENTIAL, TelegramDeliver};
use super::files::Brought;
use super::place::Place;
use super::speaking::{self, Asking};
use super::text::{Line, Rich};
use super::texts::Lang;
use crate::casework::{Actor, Casework, CaseworkError};
use crate::clock::Mint;
use crate::domain::audit::{Caller, Via};
use crate::domain::ids::{ActionId, PersonId};
use crate::domain::role::{Right, Role, Walls};
use crate::duty::Duty;
use crate::reports::morning::Morning;
use crate::store::chat::{Presser, UpdateRow};
use crate::store::rows::{ActionRow, CaseEventRow};
use crate::store::{StoreError, bulk, chat};
use std::sync::Arc;
use teloxide::types::{InlineKeyboardMarkup, Message, Update, UpdateKind};
use tokio::sync::Notify;

/// What somebody asked for goes before digests and after alerts.
const ASKED_PRIORITY: i64 = 25;

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
    mint: Arc<Mint>,
    /// Woken when there is something to send.
    outbox: Arc<Notify>,
}

impl Handler {
    /// Handles with what `deliver` sends with; with `from_chat`, replies to cards become answers.
    pub fn new(
        deliver: TelegramDeliver,
        casework: Casework,
        config: TelegramConfig,
        morning: Morning,
        follow: Arc<Notify>,
        (from_chat, duty): (bool, Duty),
        (mint, outbox): (Arc<Mint>, Arc<Notify>),
    ) -> Self {
        Self { deliver, casework, config, morning, follow, from_chat, duty, mint, outbox }
    }

    fn configured(&self) -> impl Iterator<Item = i64> {
        self.config.teams.iter().map(|t| t.chat).chain(self.config.leads.iter().copied())
    }

    /// Whether a chat is one of the settings, also after it got another id.
    fn is_configured(&self, chat: i64) -> bool {
        let configured = self.deliver.of_settings(chat);
        self.configured().any(|c| c == chat || c == configured)
    }

    /// Whether what is said in a chat may be for us: a chat of the settings, or the private chat of a
    /// person whom they name.
    pub fn may_be_ours(&self, chat: i64) -> bool {
        self.is_configured(chat) || self.config.users.iter().any(|u| u.id == chat)
    }

    /// Learns which chats have another id now.
    pub async fn learn_moved(&self) {
        for configured in self.configured().collect::<Vec<_>>() {
            self.deliver.chat_now(configured).await;
        }
    }

    /// Handles one update. Only trouble of the store is an error; then it is handled again.
    pub async fn handle(&self, row: &UpdateRow) -> Result<(), StoreError> {
        self.learn_moved().await;
        let Ok(update) = serde_json::from_str::<Update>(&row.body) else {
            tracing::debug!(update = row.update_id, "an update could not be read");
            return Ok(());
        };
        let code = speaking::language_code(row);
        match update.kind {
            UpdateKind::CallbackQuery(query) => self.press(&query, code.as_deref()).await,
            UpdateKind::Message(message) => self.message(&message, code.as_deref(), row.update_id).await,
            _ => Ok(()),
        }
    }

    async fn message(&self, message: &Message, code: Option<&str>, update: i64) -> Result<(), StoreError> {
        let place = place_of(message);
        let brought = Brought::of(message);
        let words = message.text().or_else(|| message.caption()).unwrap_or_default();
        if !self.may_be_ours(place.chat) || (words.is_empty() && brought == Brought::Nothing) {
            return Ok(());
        }
        let from = message.from.as_ref().and_then(|u| i64::try_from(u.id.0).ok()).unwrap_or(-1);
        let (person, mine) = self.meet(from, code, !place.is_group()).await?;
        // In a private chat of their own, people must still be ours.
        if !self.is_configured(place.chat) && person.is_none() {
            return Ok(());
        }
        let here = if place.is_group() { self.deliver.look_of_group(place) } else { mine.clone() };
        let asking = Asking { update, place, from, person, here, mine, named: false };
        match message.reply_to_message() {
            _ if message.text().is_some_and(|text| text.starts_with('/')) => {
                self.command(asking, words).await
            }
            Some(to) => self.replied(&asking, to.id.0, (words, &brought)).await,
            None => Ok(()),
        }
    }

    /// A reply to a message of ours: to a card it proposes an answer, to an answer that waits it is the reason why it
    /// goes back; else it is talk.
    async fn replied(
        &self,
        a: &Asking,
        to: i32,
        (text, brought): (&str, &Brought),
    ) -> Result<(), StoreError> {
        let place = (a.place.chat.to_string(), to.to_string());
        let read = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move { chat::card(tx, CREDENTIAL, &place.0, &place.1).await })
        });
        match read.await?.as_ref().map(|card| card.kind.as_str()) {
            // A reason is words; what comes without any is none.
            Some(APPROVAL) if !text.is_empty() => self.returned(a, to, text).await,
            Some(ALERT) => self.reply(a, to, (text, brought)).await,
            _ => Ok(()),
        }
    }

    /// The person behind a numeric id, if the settings know it and the person may log in.
    pub(super) async fn person(&self, user: i64) -> Result<Option<Presser>, StoreError> {
        let Some(login) = self.config.users.iter().find(|u| u.id == user).map(|u| u.login.to_lowercase())
        else {
            return Ok(None);
        };
        speaking::presser(&self.deliver, login).await
    }

    /// Says something in a chat. It is not worth queueing for: out of budget or out of reach, the
    /// person asks again. Gives the message's id, where it was said.
    pub(super) async fn say(
        &self,
        place: Place,
        look: &Look,
        text: Rich,
        keyboard: Option<InlineKeyboardMarkup>,
    ) -> Option<(Place, i32)> {
        if self.deliver.telegram.budget.take(place.chat).is_err() {
            tracing::debug!(chat = place.chat, "out of budget; somebody gets no answer");
            return None;
        }
        let message = super::card::Message { text: text.fit(look.lang, &look.public_url), keyboard };
        match self.deliver.send_moving(place, &message).await {
            Ok((place, sent)) => Some((place, sent.message)),
            Err(trouble) => {
                tracing::debug!(?trouble, "somebody could not be answered");
                None
            }
        }
    }

    /// Says one line where somebody asked.
    pub(super) async fn line(&self, a: &Asking, text: String) {
        self.say(a.place, &a.here, Rich { lines: vec![Line::plain(text).cut(600)] }, None).await;
    }

    /// Puts messages about a case into the outbox, which sends them as the platform allows: once for each key.
    pub(super) async fn send_soon(
        &self,
        kind: &str,
        (brand, case): (&str, &str),
        messages: Vec<(String, serde_json::Value)>,
    ) -> Result<(), StoreError> {
        let now = self.deliver.clock.now();
        let row = |(once, body): (String, serde_json::Value)| {
            let id = self.mint.id(now, ActionId::new).to_string();
            let mut action = ActionRow::ready(id, brand, kind, CREDENTIAL, once, now);
            action.case_id = Some(case.to_owned());
            action.priority = ASKED_PRIORITY;
            action.payload = body.to_string();
            action
        };
        let rows: Vec<ActionRow> = messages.into_iter().map(row).collect();
        let added = self.deliver.db.write_again("putting messages into the outbox", move |tx| {
            let rows = rows.clone();
            Box::pin(async move { bulk::insert_actions(tx, &rows).await })
        });
        added.await?;
        self.outbox.notify_waiters();
        Ok(())
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
    pub(super) fn brands_for(&self, a: &Asking) -> Vec<String> {
        let mut brands = self.brands(a.place);
        if let Some(person) = &a.person {
            brands.retain(|id| may(person, Right::See) && sees(person, id));
        }
        brands
    }

    /// The brands that a chat hears of; a lead chat and a colleague's private chat hear of all.
    pub(super) fn brands(&self, place: Place) -> Vec<String> {
        let catalogue = self.casework.catalogue().get();
        let chat = self.deliver.of_settings(place.chat);
        let all = self.config.leads.contains(&chat) || !self.is_configured(place.chat);
        let of_chat = || self.config.teams.iter().filter(|t| t.chat == chat);
        // In a group with topics each topic may have brands of its own; elsewhere in it all of them are heard of.
        let has_topic = of_chat().any(|t| t.topic.unwrap_or(0) == place.topic);
        let hears = |name: &str| {
            let team = of_chat().filter(|t| !has_topic || t.topic.unwrap_or(0) == place.topic);
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

/// What is said where casework did not do it; trouble of the store goes on.
pub(super) fn undone(t: Lang, error: CaseworkError) -> Result<String, StoreError> {
    match error {
        CaseworkError::Store(error) => Err(error),
        other => Ok(t.not_possible(t.refusal(&other))),
    }
}

/// Whether this person took this act already since the version that was seen.
pub(super) fn done_already(since: &[CaseEventRow], presser: &Presser, kind: &str) -> bool {
    since.iter().any(|e| e.kind == kind && e.who.as_deref() == Some(presser.id.as_str()))
}

/// Where a message stands. A thread of replies is no topic.
pub(super) fn place_of(message: &Message) -> Place {
    let topic = message.thread_id.filter(|_| message.is_topic_message).map_or(0, |thread| thread.0.0);
    Place { chat: message.chat.id.0, topic }
}

/// What happened, in few words.
pub(super) fn changes(t: Lang, since: &[CaseEventRow]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for event in since.iter().filter(|e| e.who_kind != "rule") {
        let word = match event.kind.as_str() {
            "claim" => t.change_claim(),
            "assign" => t.change_assign(),
            "release" => t.change_release(),
            "offer_declined" => t.change_offer_declined(),
            "kept_over_shift" => t.change_kept(),
            "answer_queued" | "private_answer_queued" => t.change_queued(),
            "answer_undone" => t.change_undone(),
            "answer_seen" => t.change_answered(),
            "customer_message" => t.change_message(),
            "resolve" => t.change_resolved(),
            "dismiss" => t.change_dismissed(),
            "close" => t.change_closed(),
            "reopen" => t.change_reopened(),
            "snooze" => t.change_snoozed(),
            "note" => t.change_note(),
            "protocol_started" => t.change_protocol_begun(),
            "protocol_declined" => t.change_protocol_declined(),
            "protocol_taken" => t.change_protocol_taken(),
            "protocol_step" => t.change_protocol_step(),
            "protocol_ended" => t.change_protocol_over(),
            "labelled" | "label_ended" => t.change_labels(),
            "moderation_asked" => t.change_moderation_asked(),
            "moderated" => t.change_moderated(),
            "removed" => t.change_removed(),
            "unknown_settled" => t.change_settled(),
            "edited" => t.change_edited(),
            "guard_asked" => t.change_asked(),
            "guard_passed" => t.change_passed(),
            "guard_refused" => t.change_sent_back(),
            "promised" => t.change_promised(),
            kind if kind.starts_with("private_") => t.change_private(),
            _ => t.change_other(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() { t.change_other().to_owned() } else { words.join(", ") }
}
