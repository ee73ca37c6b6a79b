//! Presses of buttons: claim, give back, snooze, dismiss, settle an unknown answer; the others go where they belong.
//!
//! They act through casework, with the version that the button showed, so that a stale press is
//! refused with what changed. A press that is handled again after a kill finds what its person did
//! since that version, and acts no second time.

use super::card::Look;
use super::handle::{Handler, actor, changes, done_already, may, place_of, sees};
use super::place::Place;
use super::stands::Stands;
use super::token::{Press, REASONS, SNOOZES, Token, Verb};
use super::unknown::{self, UNKNOWN, UnknownBody};
use crate::casework::{Act, CaseworkError, ProtocolAct, Settling, ShiftAct};
use crate::domain::case::CaseEvent;
use crate::domain::protocol::ProtocolEvent;
use crate::domain::role::Right;
use crate::domain::time::Span;
use crate::store::chat::Presser;
use crate::store::outbox::Decision;
use crate::store::{StoreError, case, chat, console, explain};
use teloxide::types::{CallbackQuery, InlineKeyboardMarkup, MaybeInaccessibleMessage};

/// Why a protocol is not needed, where a press said so.
const DECLINED: &str = "declined in the chat";
/// The longest answer to a press that the platform shows.
const ANSWER_UNITS_MAX: usize = 200;

/// A press by somebody who may work, in a chat of ours.
pub(super) struct Pressed {
    /// Where.
    pub place: Place,
    /// The platform's number of who pressed it.
    pub from: i64,
    /// The message below which it was pressed.
    pub message: i32,
    /// What the button carried.
    pub token: Token,
    /// Who pressed it.
    pub presser: Presser,
    /// How things look where it was pressed.
    pub here: Look,
    /// How things look to who pressed it, who alone reads the answer.
    pub mine: Look,
}

impl Handler {
    /// Acts on a press and answers it.
    pub(super) async fn press(&self, query: &CallbackQuery, code: Option<&str>) -> Result<(), StoreError> {
        let mut answer = self.pressed(query, code).await?;
        answer = super::text::beginning(&answer, ANSWER_UNITS_MAX);
        // The platform refuses the answer to an old press; the act stands all the same.
        if let Err(trouble) = self.deliver.telegram.answer(&query.id.0, &answer).await {
            tracing::debug!(?trouble, "a press could not be answered");
        }
        Ok(())
    }

    async fn pressed(&self, query: &CallbackQuery, code: Option<&str>) -> Result<String, StoreError> {
        let from = i64::try_from(query.from.id.0).unwrap_or(-1);
        let place = match &query.message {
            Some(MaybeInaccessibleMessage::Regular(message)) => Some(place_of(message)),
            Some(other) => Some(Place::chat(other.chat().id.0)),
            None => None,
        };
        let private = place.is_some_and(|p| !p.is_group());
        let (person, mine) = self.meet(from, code, private).await?;
        let t = mine.lang;
        let Some(presser) = person.clone().filter(|p| may(p, Right::Work)) else {
            self.note_refused(person.as_ref(), Right::Work, "button").await?;
            metrics::counter!("webcared_chat_ignored_total").increment(1);
            tracing::info!(user = from, "somebody who may not pressed a button");
            return Ok(t.not_allowed().to_owned());
        };
        let (Some(place), Some(message)) = (place, &query.message) else {
            return Ok(t.unknown_button().to_owned());
        };
        if !self.may_be_ours(place.chat) {
            return Ok(t.not_allowed().to_owned());
        }
        let Some(token) = query.data.as_deref().and_then(Token::decode) else {
            return Ok(t.unknown_button().to_owned());
        };
        let here = if place.is_group() { self.deliver.look_of_group(place) } else { mine.clone() };
        let message = message.id().0;
        self.dispatch(&Pressed { place, from, message, token, presser, here, mine }).await
    }

    async fn dispatch(&self, p: &Pressed) -> Result<String, StoreError> {
        match p.token.press {
            Press::Settle(decision) => self.settle(p, decision).await,
            Press::Cancel => match self.leave_private(p).await? {
                Some(said) => Ok(said),
                None => self.proposal(p).await,
            },
            Press::Send | Press::Promise => self.proposal(p).await,
            Press::Approve | Press::SendBack | Press::Show => self.approval(p).await,
            Press::Private(way) => self.private(p, way).await,
            Press::Call(step) => self.call(p, step).await,
            Press::Given(choice) => self.given(p, choice).await,
            Press::Back => self.back(p).await,
            _ => self.on_case(p).await,
        }
    }

    /// A press about a case that the message lists.
    async fn on_case(&self, p: &Pressed) -> Result<String, StoreError> {
        let (case_id, place) = (p.token.id.clone(), (p.place.chat.to_string(), p.message.to_string()));
        let t = p.mine.lang;
        let brand = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                if !chat::card_lists(tx, super::deliver::CREDENTIAL, &place.0, &place.1, &case_id).await? {
                    return Ok(None);
                }
                case::brand_of(tx, &case_id).await
            })
        });
        let Some(brand_id) = brand.await? else { return Ok(t.unknown_button().to_owned()) };
        if !sees(&p.presser, &brand_id) {
            return Ok(t.not_allowed().to_owned());
        }
        let seen = p.here.seen(&p.token.id, p.token.seen);
        let act = match p.token.press {
            Press::AskDismiss => {
                self.keyboard(p, seen.dismiss()).await;
                return Ok(t.why_question().to_owned());
            }
            Press::AskSnooze => {
                self.keyboard(p, seen.snooze()).await;
                return Ok(t.how_long().to_owned());
            }
            Press::Claim => Act::Claim { until: None },
            Press::Release => Act::Release,
            Press::NotMe => Act::Shift(ShiftAct::Decline),
            Press::Keep => Act::Shift(ShiftAct::Keep),
            Press::Snooze(n) => {
                let span = SNOOZES.get(usize::from(n)).copied().unwrap_or(Span::minutes(15));
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
            _ => return self.back(p).await,
        };
        self.act(&brand_id, p, act).await
    }

    pub(super) async fn keyboard(&self, p: &Pressed, keyboard: InlineKeyboardMarkup) {
        if let Err(trouble) = self.deliver.telegram.edit_keyboard(p.place.chat, p.message, keyboard).await {
            tracing::debug!(?trouble, "buttons could not be changed");
        }
    }

    /// The first buttons again, for the case as it is now.
    async fn back(&self, p: &Pressed) -> Result<String, StoreError> {
        let place = (p.place.chat.to_string(), p.message.to_string());
        let catalogue = self.deliver.catalogue.get();
        let found = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move {
                match chat::card(tx, super::deliver::CREDENTIAL, &place.0, &place.1).await? {
                    Some(card) => Stands::read(tx, &card, &catalogue).await,
                    None => Ok(Stands::Still),
                }
            })
        });
        let message = found.await?.message(&p.here, self.deliver.clock.now());
        if let Some(keyboard) = message.and_then(|m| m.keyboard) {
            self.keyboard(p, keyboard).await;
        }
        Ok(String::new())
    }

    async fn act(&self, brand_id: &str, p: &Pressed, act: Act) -> Result<String, StoreError> {
        let t = p.mine.lang;
        let (brand, id, seen) = (brand_id.to_owned(), p.token.id.clone(), p.token.seen);
        let since = self.deliver.db.read("reading a timeline", move |tx| {
            Box::pin(async move { console::events_since(tx, &brand, &id, seen).await })
        });
        let kind = match &act {
            Act::Claim { .. } => CaseEvent::Claim.code(),
            Act::Release => CaseEvent::Release.code(),
            Act::Snooze { .. } => "snooze",
            Act::Shift(ShiftAct::Decline) => "offer_declined",
            Act::Shift(ShiftAct::Keep) => "kept_over_shift",
            Act::Protocol(ProtocolAct::Start { .. }) => ProtocolEvent::Start.code(),
            Act::Protocol(ProtocolAct::Take { .. }) => ProtocolEvent::Take.code(),
            Act::Protocol(_) => ProtocolEvent::Decline.code(),
            _ => CaseEvent::Dismiss.code(),
        };
        if done_already(&since.await?, &p.presser, kind) {
            return Ok(t.did_already().to_owned());
        }
        let until = if let Act::Snooze { until } = &act { Some(*until) } else { None };
        let acted =
            self.casework_of(&p.presser).act(brand_id, &p.token.id, seen, &actor(&p.presser), act).await;
        self.follow.notify_one();
        Ok(match acted {
            Ok(case) => match (kind, until) {
                ("claim", _) => t.is_yours(case.number),
                ("release", _) => t.is_back(case.number),
                ("offer_declined", _) => t.offer_declined(case.number),
                ("kept_over_shift", _) => t.is_kept_over(case.number),
                ("protocol_started", _) => t.protocol_begun(case.number),
                ("protocol_taken", _) => t.protocol_is_yours(case.number),
                ("protocol_declined", _) => t.protocol_not_needed(case.number),
                (_, Some(until)) => t.is_away(case.number, p.mine.time_from(until, self.deliver.clock.now())),
                _ => t.is_dismissed(case.number),
            },
            Err(CaseworkError::Stale { since, .. }) => {
                let what = changes(t, &since);
                match self.claimant(&p.token.id).await? {
                    Some(name) => t.stale_claimed(what, name),
                    None => t.stale(what),
                }
            }
            Err(CaseworkError::Refused(why)) => match self.claimant(&p.token.id).await? {
                Some(name) if name != p.presser.name => t.not_possible(t.claimed_by(name)),
                _ => t.not_possible(t.refusal_text(&why)),
            },
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(other) => t.not_possible(t.refusal(&other)),
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
        let t = p.mine.lang;
        let place = (p.place.chat.to_string(), p.message.to_string());
        let card = self.deliver.db.read("reading a card", move |tx| {
            Box::pin(async move { chat::card(tx, super::deliver::CREDENTIAL, &place.0, &place.1).await })
        });
        let body = card.await?.filter(|c| c.kind == UNKNOWN);
        let body = body.and_then(|c| serde_json::from_str::<UnknownBody>(&c.body).ok());
        let Some(body) = body.filter(|b| b.action == p.token.id) else {
            return Ok(t.unknown_button().to_owned());
        };
        if !sees(&p.presser, &body.brand) {
            return Ok(t.not_allowed().to_owned());
        }
        let who = actor(&p.presser);
        let seen = Some(("unknown", p.token.seen));
        let settled =
            self.casework_of(&p.presser).settle(&body.brand, &body.action, seen, decision, &who).await;
        self.follow.notify_one();
        match settled {
            Ok(Settling::Settled) => Ok(match decision {
                Decision::Done => t.noted_stands(),
                Decision::Again => t.goes_again(),
                Decision::Cancel => t.stays_as_is(),
            }
            .to_owned()),
            Ok(Settling::Already(_)) => self.settled_before(p, &body).await,
            Err(CaseworkError::Store(error)) => Err(error),
            Err(other) => Ok(t.not_possible(t.refusal(&other))),
        }
    }

    /// What came of an unknown answer that somebody or something else settled.
    async fn settled_before(&self, p: &Pressed, body: &UnknownBody) -> Result<String, StoreError> {
        let t = p.mine.lang;
        let (brand, action) = (body.brand.clone(), body.action.clone());
        let sent = self.deliver.db.read("reading how an answer stands", move |tx| {
            Box::pin(async move { explain::sent(tx, &brand, &action).await })
        });
        let Some(sent) = sent.await? else { return Ok(t.unknown_button().to_owned()) };
        if sent.decided_by.as_deref() == Some(p.presser.id.as_str()) {
            return Ok(t.did_already().to_owned());
        }
        Ok(match unknown::standing(t, &sent) {
            Some(how) => t.settled_so(how),
            None => t.tried_again().to_owned(),
        })
    }
}
