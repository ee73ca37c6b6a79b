//! Sending one message, and writing down the row by which it follows its case: alike for promised calls, offers and
//! questions, answers that wait, and answers that nobody can tell of.

use super::card::Message;
use super::deliver::{TelegramDeliver, new_card};
use super::place::Place;
use crate::domain::delivery::Outcome;
use crate::domain::time::Timestamp;

/// What the row of a message keeps, besides where the message stands.
#[derive(Clone, Debug)]
pub(super) struct Kept<'a> {
    /// The kind of the card.
    pub kind: &'a str,
    /// What it is made of, a JSON object.
    pub body: String,
    /// The case that it follows.
    pub case: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is to look again although its case did not change.
    pub stale_at: Option<Timestamp>,
}

impl TelegramDeliver {
    /// Sends a message, in the turn of its chat that who calls holds; what is kept follows its case from then on.
    pub(super) async fn send_kept(&self, place: Place, message: &Message, kept: Option<Kept<'_>>) -> Outcome {
        let (place, sent) = match self.send_moving(place, message).await {
            Ok(done) => done,
            Err(trouble) => return trouble.outcome(),
        };
        if let Some(kept) = kept {
            let mut card = new_card(place, sent.message, kept.kind, kept.made_at);
            card.body = kept.body;
            card.shown = message.print();
            card.stale_at = kept.stale_at.map(Timestamp::millis);
            self.keep(card, vec![kept.case]).await;
        }
        Outcome::Done { remote_id: format!("{}/{}", place.chat, sent.message), at: Some(sent.at) }
    }
}
