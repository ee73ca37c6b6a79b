//! Presses of buttons: claim, give back, snooze, dismiss, settle an unknown answer.
//!
//! They act through casework, with the version that the button showed, so that a stale press is
//! refused with what changed. A press that is handled again after a kill finds what its person did
//! since that version, and acts no second time.

use super::handle::{Handler, NOT_ALLOWED, actor, changes, done_already, sees};
use super::keyboard::Seen;
use super::stands::Stands;
use super::token::{Press, REASONS, SNOOZES, Token, Verb};
use super::unknown::{self, UNKNOWN, UnknownBody};
use crate::casework::{Act, CaseworkError, ProtocolAct, Settling};
use crate::domain::case::CaseEvent;
use crate::domain::protocol::ProtocolEvent;
use crate::domain::time::Span;
use crate::store::chat::Presser;
use crate::store::outbox::Decision;
use crate::store::{StoreError, case, chat, console, explain};
use teloxide::types::{CallbackQuery, InlineKeyboardMarkup};

/// What is told for a button that we never made, or no longer know.
pub(super) const UNKNOWN_BUTTON: &str = "This button is no longer known. Open the case.";
/// Why a protocol is not needed, where a press said so.
const DECLINED: &str = "declined in the chat";
/// What is told to somebody whose act stands already.
pub(super) const DID_ALREADY: &str = "You did this already.";

/// A press by somebody who may work, in a chat of ours.
pub(super) struct Pressed {
    /// The chat.
    pub chat: i64,
    /// The message below which it was pressed.
    pub message: i32,
    /// What the button carried.
    pub token: Token,
    /// Who pressed it.
    pub presser: Presser,
}

impl Handler {
    /// Acts on a press and answers it.
    pub(super) async fn press(&self, query: &CallbackQuery) -> Result<(), StoreError> {
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
        let (chat, message) = (message.chat().id.0, message.id().0);
        if !self.may_be_ours(chat) {
            return Ok(NOT_ALLOWED.to_owned());
        }
        let Some(token) = query.data.as_deref().and_then(Token::decode) else {
            return Ok(UNKNOWN_BUTTON.to_owned());
        };
        let pressed = Pressed { chat, message, token, presser };
        match pressed.token.press {
            Press::Settle(decision) => self.settle(&pressed, decision).await,
            Press::Send | Press::Promise | Press::Cancel => self.proposal(&pressed).await,
            _ => self.on_case(&pressed).await,
        }
    }

    /// A press about a case that the message lists.
    async fn on_case(&self, p: &Pressed) -> Result<String, StoreError> {
        let (case_id, place) = (p.token.id.clone(), (p.chat.to_string(), p.message.to_string()));
        let brand = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                if !chat::card_lists(tx, super::deliver::CREDENTIAL, &place.0, &place.1, &case_id).await? {
                    return Ok(None);
                }
                case::brand_of(tx, &case_id).await
            })
        });
        let Some(brand_id) = brand.await? else { return Ok(UNKNOWN_BUTTON.to_owned()) };
        if !sees(&p.presser, &brand_id) {
            return Ok(NOT_ALLOWED.to_owned());
        }
        let seen = Seen { id: &p.token.id, version: p.token.seen };
        let act = match p.token.press {
            Press::AskDismiss => {
                self.keyboard(p, seen.dismiss()).await;
                return Ok("Why?".to_owned());
            }
            Press::AskSnooze => {
                self.keyboard(p, seen.snooze()).await;
                return Ok("For how long?".to_owned());
            }
            Press::Claim => Act::Claim { until: None },
            Press::Release => Act::Release,
            Press::Snooze(n) => {
                let span = SNOOZES.get(usize::from(n)).map_or(Span::minutes(15), |(_, span)| *span);
                Act::Snooze { until: self.deliver.clock.now().plus(span) }
            }
            Press::Dismiss(n) => {
                let reason = REASONS.get(usize::from(n)).copied().unwrap_or(REASONS[0]).to_owned();
                Act::Dismiss { reason }
            }
            Press::Protocol(verb, kind) => Act::Protocol(match verb {
                Verb::Start => ProtocolAct::Start { kind },
                Verb::Take => ProtocolAct::Take { kind },
                Verb::Decline => ProtocolAct::Decline { kind, reason: DECLINED.to_owned() },
            }),
            Press::Back | Press::Settle(_) | Press::Send | Press::Promise | Press::Cancel => {
                return self.back(p).await;
            }
        };
        self.act(&brand_id, p, act).await
    }

    pub(super) async fn keyboard(&self, p: &Pressed, keyboard: InlineKeyboardMarkup) {
        if let Err(trouble) = self.deliver.telegram.edit_keyboard(p.chat, p.message, keyboard).await {
            tracing::debug!(?trouble, "buttons could not be changed");
        }
    }

    /// The first buttons again, for the case as it is now.
    async fn back(&self, p: &Pressed) -> Result<String, StoreError> {
        let place = (p.chat.to_string(), p.message.to_string());
        let found = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                match chat::card(tx, super::deliver::CREDENTIAL, &place.0, &place.1).await? {
                    Some(card) => Stands::read(tx, &card).await,
                    None => Ok(Stands::Still),
                }
            })
        });
        let message = found.await?.message(&self.deliver.look, self.deliver.clock.now());
        if let Some(keyboard) = message.and_then(|m| m.keyboard) {
            self.keyboard(p, keyboard).await;
        }
        Ok(String::new())
    }

    async fn act(&self, brand_id: &str, p: &Pressed, act: Act) -> Result<String, StoreError> {
        let (brand, id, seen) = (brand_id.to_owned(), p.token.id.clone(), p.token.seen);
        let since = self.deliver.db.read("reading a timeline", move |tx| {
            Box::pin(async move { console::events_since(tx, &brand, &id, seen).await })
        });
        let kind = match &act {
            Act::Claim { .. } => CaseEvent::Claim.code(),
            Act::Release => CaseEvent::Release.code(),
            Act::Snooze { .. } => "snooze",
            Act::Protocol(ProtocolAct::Start { .. }) => ProtocolEvent::Start.code(),
            Act::Protocol(ProtocolAct::Take { .. }) => ProtocolEvent::Take.code(),
            Act::Protocol(_) => ProtocolEvent::Decline.code(),
            _ => CaseEvent::Dismiss.code(),
        };
        if done_already(&since.await?, &p.presser, kind) {
            return Ok(DID_ALREADY.to_owned());
        }
        let until = if let Act::Snooze { until } = &act { Some(*until) } else { None };
        let acted =
            self.casework_of(&p.presser).act(brand_id, &p.token.id, seen, &actor(&p.presser), act).await;
        self.follow.notify_one();
        Ok(match acted {
            Ok(case) => match (kind, until) {
                ("claim", _) => format!("#{} is yours.", case.number),
                ("release", _) => format!("#{} is given back.", case.number),
                ("protocol_started", _) => format!("#{}: the protocol runs.", case.number),
                ("protocol_taken", _) => format!("#{}: you have it.", case.number),
                ("protocol_declined", _) => format!("#{}: not needed, noted.", case.number),
                (_, Some(until)) => {
                    let until = self.deliver.look.clock_time(until);
                    format!("#{} is snoozed until {until}; its clocks run on.", case.number)
                }
                _ => format!("#{} is dismissed.", case.number),
            },
            Err(CaseworkError::Stale { since, .. }) => {
                let what = changes(&since);
                match self.claimant(&p.token.id).await? {
                    Some(name) => format!("Changed meanwhile: {what}. Claimed by {name}."),
                    None => format!("Changed meanwhile: {what}."),
                }
            }
            Err(CaseworkError::Refused(why)) => match self.claimant(&p.token.id).await? {
                Some(name) if name != p.presser.name => format!("Not possible: claimed by {name}."),
                _ => format!("Not possible: {why}."),
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

    /// A decision about the answer that a card says is unknown.
    async fn settle(&self, p: &Pressed, decision: Decision) -> Result<String, StoreError> {
        let place = (p.chat.to_string(), p.message.to_string());
        let card = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move { chat::card(tx, super::deliver::CREDENTIAL, &place.0, &place.1).await })
        });
        let body = card.await?.filter(|c| c.kind == UNKNOWN);
        let body = body.and_then(|c| serde_json::from_str::<UnknownBody>(&c.body).ok());
        let Some(body) = body.filter(|b| b.action == p.token.id) else {
            return Ok(UNKNOWN_BUTTON.to_owned());
        };
        if !sees(&p.presser, &body.brand) {
            return Ok(NOT_ALLOWED.to_owned());
        }
        let who = actor(&p.presser);
        let seen = Some(p.token.seen);
        let settled =
            self.casework_of(&p.presser).settle(&body.brand, &body.action, seen, decision, &who).await;
        self.follow.notify_one();
        match settled {
            Ok(Settling::Settled) => Ok(match decision {
                Decision::Done => "Noted: it stands there.",
                Decision::Again => "It is sent again.",
                Decision::Cancel => "It is left as it is.",
            }
            .to_owned()),
            Ok(Settling::Already(_)) => self.settled_before(p, &body).await,
            Err(CaseworkError::Store(error)) => Err(error),
            Err(other) => Ok(format!("Not possible: {other}.")),
        }
    }

    /// What came of an unknown answer that somebody or something else settled.
    async fn settled_before(&self, p: &Pressed, body: &UnknownBody) -> Result<String, StoreError> {
        let (brand, action) = (body.brand.clone(), body.action.clone());
        let sent = self.deliver.db.read("reading how an answer stands", move |tx| {
            Box::pin(async move { explain::sent(tx, &brand, &action).await })
        });
        let Some(sent) = sent.await? else { return Ok(UNKNOWN_BUTTON.to_owned()) };
        if sent.decided_by.as_deref() == Some(p.presser.id.as_str()) {
            return Ok(DID_ALREADY.to_owned());
        }
        Ok(match unknown::standing(&sent) {
            Some(how) => format!("Settled meanwhile: {how}."),
            None => "It was tried again meanwhile; look at the card anew.".to_owned(),
        })
    }
}
