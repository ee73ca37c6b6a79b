//! One update of the chat: who may, what it asks for, and the answer.
//!
//! Presses act through casework, with the version that the button showed, so that a stale press is
//! refused with what changed. An update may be handled again after a kill; an act that this person
//! took already since that version is not taken twice, so its effect is there once. The words of an
//! update are parsed from its stored text.

use super::card::{CardBody, dismiss_keyboard};
use super::config::TelegramConfig;
use super::deliver::{CREDENTIAL, TelegramDeliver};
use super::summary;
use super::token::{Press, REASONS, Token};
use crate::casework::{Act, Actor, Casework, CaseworkError};
use crate::domain::case::CaseEvent;
use crate::domain::ids::PersonId;
use crate::reports::{self, morning::Morning};
use crate::store::chat::{Presser, UpdateRow};
use crate::store::rows::CaseEventRow;
use crate::store::{StoreError, case, chat, console, digest};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use teloxide::types::{CallbackQuery, Update, UpdateKind};
use tokio::sync::Notify;

const NOT_ALLOWED: &str = "You are not allowed to do this.";
const UNKNOWN_BUTTON: &str = "This button is no longer known. Open the case.";
const HELP: &str = "/open: what is open, most urgent first\n/today: figures of today\n/help: this";

/// Handles updates.
#[derive(Debug)]
pub struct Handler {
    deliver: TelegramDeliver,
    casework: Casework,
    config: TelegramConfig,
    morning: Morning,
    /// Woken when a card should follow.
    follow: Arc<Notify>,
    /// Chats of the settings under the ids that they have now.
    moved: Mutex<HashSet<(i64, i64)>>,
}

impl Handler {
    /// Handles with what `deliver` sends with.
    pub fn new(
        deliver: TelegramDeliver,
        casework: Casework,
        config: TelegramConfig,
        morning: Morning,
        follow: Arc<Notify>,
    ) -> Self {
        Self { deliver, casework, config, morning, follow, moved: Mutex::default() }
    }

    fn configured(&self) -> impl Iterator<Item = i64> {
        self.config.teams.iter().map(|t| t.chat).chain(self.config.leads.iter().copied())
    }

    /// Whether a chat is one of the settings, also after it got another id.
    pub fn may_be_ours(&self, chat: i64) -> bool {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        self.configured().any(|c| c == chat) || moved.iter().any(|(_, to)| *to == chat)
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
            UpdateKind::Message(message) => {
                let chat = message.chat.id.0;
                match message.text() {
                    Some(text) if self.may_be_ours(chat) => self.command(chat, text).await,
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    async fn press(&self, query: &CallbackQuery) -> Result<(), StoreError> {
        let answer = self.pressed(query).await?;
        // The platform refuses the answer to an old press; the act stands all the same.
        if let Err(trouble) = self.deliver.telegram.answer(&query.id.0, &answer).await {
            tracing::debug!(?trouble, "a press could not be answered");
        }
        Ok(())
    }

    async fn pressed(&self, query: &CallbackQuery) -> Result<String, StoreError> {
        let from = i64::try_from(query.from.id.0).unwrap_or(-1);
        let Some(presser) = self.presser(from).await? else {
            metrics::counter!("webcared_chat_ignored_total").increment(1);
            tracing::info!(user = from, "somebody who may not pressed a button");
            return Ok(NOT_ALLOWED.to_owned());
        };
        let Some(message) = &query.message else { return Ok(UNKNOWN_BUTTON.to_owned()) };
        let (chat_id, id) = (message.chat().id.0, message.id().0);
        if !self.may_be_ours(chat_id) {
            return Ok(NOT_ALLOWED.to_owned());
        }
        let Some(token) = query.data.as_deref().and_then(Token::decode) else {
            return Ok(UNKNOWN_BUTTON.to_owned());
        };
        let (case_id, place) = (token.case_id.clone(), (chat_id.to_string(), id.to_string()));
        let brand = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                if !chat::card_lists(tx, CREDENTIAL, &place.0, &place.1, &case_id).await? {
                    return Ok(None);
                }
                case::brand_of(tx, &case_id).await
            })
        });
        let Some(brand_id) = brand.await? else { return Ok(UNKNOWN_BUTTON.to_owned()) };
        match token.press {
            Press::AskDismiss => {
                let keyboard = dismiss_keyboard(&token.case_id, token.seen);
                self.keyboard(chat_id, id, keyboard).await;
                Ok("Why?".to_owned())
            }
            Press::Back => self.back(chat_id, id).await,
            Press::Claim => {
                self.act(&brand_id, &token, &presser, Act::Claim { until: None }, CaseEvent::Claim).await
            }
            Press::Dismiss(n) => {
                let reason = REASONS.get(usize::from(n)).copied().unwrap_or(REASONS[0]).to_owned();
                self.act(&brand_id, &token, &presser, Act::Dismiss { reason }, CaseEvent::Dismiss).await
            }
        }
    }

    /// The person behind a numeric id, if the settings know it and the person may work.
    async fn presser(&self, user: i64) -> Result<Option<Presser>, StoreError> {
        let Some(login) = self.config.users.iter().find(|u| u.id == user).map(|u| u.login.to_lowercase())
        else {
            return Ok(None);
        };
        let found = self
            .deliver
            .db
            .read("looking a person up", move |tx| Box::pin(async move { chat::presser(tx, &login).await }));
        Ok(found.await?.filter(|p| !matches!(p.role.as_str(), "auditor" | "front_office")))
    }

    async fn keyboard(&self, chat_id: i64, id: i32, keyboard: teloxide::types::InlineKeyboardMarkup) {
        if let Err(trouble) = self.deliver.telegram.edit_keyboard(chat_id, id, keyboard).await {
            tracing::debug!(?trouble, "buttons could not be changed");
        }
    }

    /// The first buttons again, for the case as it is now.
    async fn back(&self, chat_id: i64, id: i32) -> Result<String, StoreError> {
        let found = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                let card = chat::card(tx, CREDENTIAL, &chat_id.to_string(), &id.to_string()).await?;
                let body: CardBody =
                    card.and_then(|c| serde_json::from_str(&c.body).ok()).unwrap_or_default();
                let cases: Vec<String> = body.entries.iter().map(|e| e.case.clone()).collect();
                Ok((body, chat::facts(tx, &cases).await?))
            })
        });
        let (body, facts) = found.await?;
        let message = self.deliver.look.message(&body.entries, &facts, self.deliver.clock.now());
        if let Some(keyboard) = message.keyboard {
            self.keyboard(chat_id, id, keyboard).await;
        }
        Ok(String::new())
    }

    async fn act(
        &self,
        brand_id: &str,
        token: &Token,
        presser: &Presser,
        act: Act,
        event: CaseEvent,
    ) -> Result<String, StoreError> {
        let (brand, id, seen) = (brand_id.to_owned(), token.case_id.clone(), token.seen);
        let since = self.deliver.db.read("reading a timeline", move |tx| {
            Box::pin(async move { console::events_since(tx, &brand, &id, seen).await })
        });
        let since = since.await?;
        if done_already(&since, presser, event) {
            return Ok("You did this already.".to_owned());
        }
        let lead = matches!(presser.role.as_str(), "lead" | "admin");
        let actor = Actor { person: PersonId::stored(presser.id.clone()), lead };
        let acted = self.casework.act(brand_id, &token.case_id, token.seen, &actor, act).await;
        self.follow.notify_one();
        Ok(match acted {
            Ok(case) if event == CaseEvent::Claim => format!("#{} is yours.", case.number),
            Ok(case) => format!("#{} is dismissed.", case.number),
            Err(CaseworkError::Stale { since, .. }) => {
                let what = changes(&since);
                match self.claimant(&token.case_id).await? {
                    Some(name) => format!("Changed meanwhile: {what}. Claimed by {name}."),
                    None => format!("Changed meanwhile: {what}."),
                }
            }
            Err(CaseworkError::Refused(why)) => match self.claimant(&token.case_id).await? {
                Some(name) => format!("Not possible: claimed by {name}."),
                None => format!("Not possible: {why}."),
            },
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(other) => format!("Not possible: {other}."),
        })
    }

    async fn claimant(&self, case_id: &str) -> Result<Option<String>, StoreError> {
        let ids = vec![case_id.to_owned()];
        let facts = self
            .deliver
            .db
            .read("reading who has a case", move |tx| Box::pin(async move { chat::facts(tx, &ids).await }));
        Ok(facts.await?.pop().and_then(|f| f.claimed_name))
    }

    async fn command(&self, chat_id: i64, text: &str) -> Result<(), StoreError> {
        let word = text.split_whitespace().next().unwrap_or_default();
        let word = word.split('@').next().unwrap_or_default();
        let now = self.deliver.clock.now();
        let (db, look) = (&self.deliver.db, &self.deliver.look);
        let brands = self.brands(chat_id);
        let rich = match word {
            "/open" => {
                let found = db.read("reading open cases", move |tx| {
                    Box::pin(async move { digest::open_cases(tx, &brands, summary::LISTED_MAX as i64).await })
                });
                let (count, cases) = found.await?;
                summary::open(db, look, count, &cases, now).await?
            }
            // Figures of no brand would be figures of all.
            "/today" if brands.is_empty() => summary::no_brand(),
            "/today" => {
                let Some(ask) = self.morning.today(now, brands) else { return Ok(()) };
                summary::today(&reports::report(db, &ask, now).await?)
            }
            "/help" | "/start" => {
                let lines = HELP.lines().map(super::text::Line::plain).collect();
                super::text::Rich { lines }
            }
            _ => return Ok(()),
        };
        let message = super::card::Message { text: rich.fit(&look.public_url), keyboard: None };
        // An answer to a command is not worth queueing for: out of budget or out of reach, the
        // person asks again.
        if self.deliver.telegram.budget.take(chat_id).is_ok()
            && let Err(trouble) = self.deliver.send_moving(chat_id, &message).await
        {
            tracing::debug!(?trouble, "a command could not be answered");
        }
        Ok(())
    }

    /// The brands that a chat hears of; a lead chat hears of all.
    fn brands(&self, chat_id: i64) -> Vec<String> {
        let catalogue = self.casework.catalogue().get();
        let chat = self.of_settings(chat_id);
        let lead = self.config.leads.contains(&chat);
        let hears = |name: &str| {
            let team = self.config.teams.iter().filter(|t| t.chat == chat);
            lead || team
                .into_iter()
                .any(|t| t.brands.is_empty() || t.brands.iter().any(|b| b.eq_ignore_ascii_case(name)))
        };
        catalogue.brands.iter().filter(|b| hears(&b.brand.name)).map(|b| b.id.clone()).collect()
    }
}

/// Whether this person took this act already since the version that the button showed.
fn done_already(since: &[CaseEventRow], presser: &Presser, event: CaseEvent) -> bool {
    since.iter().any(|e| e.kind == event.code() && e.who.as_deref() == Some(presser.id.as_str()))
}

/// What happened, in few words.
fn changes(since: &[CaseEventRow]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for event in since.iter().filter(|e| e.who_kind != "rule") {
        let word = match event.kind.as_str() {
            "claim" => "claimed",
            "release" => "given back",
            "answer_seen" => "answered",
            "customer_message" => "the customer wrote again",
            "resolve" => "resolved",
            "dismiss" => "dismissed",
            "close" => "closed",
            "reopen" => "reopened",
            "edited" => "the customer edited the post",
            _ => "worked on",
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() { "worked on".to_owned() } else { words.join(", ") }
}
