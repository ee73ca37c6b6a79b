//! What a message that stands in the chat is made of, read anew: so that an edit shows what is true
//! then, and what was erased meanwhile vanishes with it.

use super::approve::{APPROVAL, Waiting};
use super::calls::{CALL, ToCall};
use super::card::{CardBody, Look, Message};
use super::given::{GIVEN, number_of};
use super::private::{PRIVATE, offers};
use super::propose::{ANSWER, Proposal};
use super::shift::{ASK, OFFER, ToShift};
use super::text::{Line, Rich};
use super::unknown::{self, UNKNOWN, UnknownBody};
use crate::catalogue::Catalogue;
use crate::domain::time::Timestamp;
use crate::store::chat::{CardRow, Facts};
use crate::store::explain::{self, Sent};
use crate::store::{StoreError, Tx, chat, proposal};

/// A card with what it shows.
#[derive(Clone, Debug)]
pub(super) enum Stands {
    /// Alerts of cases.
    Cases(CardBody, Vec<Facts>),
    /// An answer that nobody can tell of; boxed, for it is large.
    Unknown(Box<(UnknownBody, Facts, Sent)>),
    /// An answer that waits for a colleague; boxed, for it is large.
    Waiting(Box<Waiting>),
    /// A promised call; boxed, for it is large.
    Call(Box<ToCall>),
    /// An offer, or a question at the end of a shift; boxed, for it is large.
    Shift(Box<ToShift>),
    /// A preview that nobody sent nor called off, and of which the words are gone: they are a day old, or were erased.
    Lapsed {
        /// The number of its case.
        number: i64,
        /// Whether it was an answer; else it was an offer, or something to be given or decided.
        is_answer: bool,
    },
    /// Nothing that follows anything.
    Still,
}

impl Stands {
    /// Reads what a card shows now.
    pub async fn read(tx: &mut Tx, card: &CardRow, catalogue: &Catalogue) -> Result<Self, StoreError> {
        match card.kind.as_str() {
            UNKNOWN => {
                let body: UnknownBody = serde_json::from_str(&card.body).unwrap_or_default();
                let facts = chat::facts(tx, std::slice::from_ref(&body.case)).await?.pop();
                let sent = explain::sent(tx, &body.brand, &body.action).await?;
                Ok(match (facts, sent) {
                    (Some(facts), Some(sent)) => Self::Unknown(Box::new((body, facts, sent))),
                    _ => Self::Still,
                })
            }
            APPROVAL => {
                let body = serde_json::from_str(&card.body).unwrap_or_default();
                let found = Waiting::read(tx, body, catalogue).await?;
                Ok(found.map_or(Self::Still, |waiting| Self::Waiting(Box::new(waiting))))
            }
            CALL => {
                let found = ToCall::read(tx, serde_json::from_str(&card.body).unwrap_or_default()).await?;
                Ok(found.map_or(Self::Still, |call| Self::Call(Box::new(call))))
            }
            OFFER | ASK => {
                let found = ToShift::read(tx, serde_json::from_str(&card.body).unwrap_or_default()).await?;
                Ok(found.map_or(Self::Still, |shift| Self::Shift(Box::new(shift))))
            }
            // One that somebody ended by a press shows what came of it.
            kind @ (ANSWER | PRIVATE | GIVEN) if card.shown.is_empty() => {
                let is_answer = kind == ANSWER;
                let number = match kind {
                    ANSWER => serde_json::from_str::<Proposal>(&card.body).ok().map(|body| body.number),
                    GIVEN => number_of(&card.body),
                    _ => offers(&card.body),
                };
                let gone = proposal::words(tx, &card.chat, &card.message).await?.is_none();
                let lapsed = number.filter(|_| gone);
                Ok(lapsed.map_or(Self::Still, |number| Self::Lapsed { number, is_answer }))
            }
            super::deliver::ALERT => {
                let mut body: CardBody = serde_json::from_str(&card.body).unwrap_or_default();
                let cases: Vec<String> = body.entries.iter().map(|e| e.case.clone()).collect();
                let facts = chat::facts(tx, &cases).await?;
                super::owed::fill(tx, &mut body.entries, &facts).await?;
                Ok(Self::Cases(body, facts))
            }
            _ => Ok(Self::Still),
        }
    }

    /// The message as it should be at `now`.
    pub fn message(&self, look: &Look, now: Timestamp) -> Option<Message> {
        match self {
            Self::Cases(body, facts) => Some(look.message(&body.entries, facts, now)),
            Self::Unknown(stands) => Some(look.unknown(&stands.0, &stands.1, &stands.2)),
            Self::Waiting(waiting) => Some(waiting.message(look)),
            Self::Call(call) => Some(call.message(look, now)),
            Self::Shift(shift) => Some(shift.message(look, now)),
            Self::Lapsed { number, is_answer } => {
                let t = look.lang;
                let line = if *is_answer { t.too_old_line(number) } else { t.ask_anew(number) };
                Some(Message { text: Rich { lines: vec![Line::plain(line)] }, keyboard: None })
            }
            Self::Still => None,
        }
    }

    /// When the message was last sent or edited, as far as its row knows.
    pub const fn edited_at(&self) -> Timestamp {
        match self {
            Self::Cases(body, _) => Timestamp(body.edited_at),
            Self::Unknown(stands) => Timestamp(stands.0.edited_at),
            Self::Waiting(waiting) => Timestamp(waiting.edited_at()),
            Self::Call(call) => Timestamp(call.edited_at()),
            Self::Shift(shift) => Timestamp(shift.edited_at()),
            Self::Lapsed { .. } | Self::Still => Timestamp(0),
        }
    }

    /// When to look again although no case changed.
    pub fn look_again(&self, created_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Unknown(stands) => unknown::look_again(Some(&stands.2), created_at, now),
            Self::Cases(..)
            | Self::Waiting(_)
            | Self::Call(_)
            | Self::Shift(_)
            | Self::Lapsed { .. }
            | Self::Still => None,
        }
    }
}
