//! Somebody is named in a note: they hear it in private, with the case and who wrote it, never what it says.

use super::card::{Look, Message};
use super::deliver::{TelegramDeliver, refused};
use super::place::Place;
use super::text::{Line, Rich};
use crate::domain::delivery::Outcome;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, chat, person};
use serde::Deserialize;

/// The kind of such an action.
pub(super) const NAMED: &str = "named";

/// What an action says.
#[derive(Deserialize)]
struct Told {
    by: String,
}

impl TelegramDeliver {
    /// Tells somebody that they are named.
    pub(super) async fn send_named(
        &self,
        place: Place,
        look: &Look,
        action: &ActionRow,
    ) -> Result<Outcome, StoreError> {
        let told = serde_json::from_str::<Told>(&action.payload).ok().zip(action.case_id.clone());
        let Some((told, case)) = told else { return Ok(refused("the payload names no case")) };
        if place.is_group() {
            return Ok(refused("who is named in a note is told in private only"));
        }
        let read = self.db.read("reading who is named", move |tx| {
            Box::pin(async move {
                let facts = chat::facts(tx, std::slice::from_ref(&case)).await?.pop();
                Ok((facts, person::by_id(tx, &told.by).await?))
            })
        });
        let (Some(facts), by) = read.await? else { return Ok(refused("the case is gone")) };
        let (t, mut text) = (look.lang, Rich::default());
        let by = by.map_or_else(|| t.somebody().to_owned(), |p| p.name);
        text.line(Line::plain(t.named_in_note(facts.number, &facts.brand, by)).cut(300));
        let button = look.button_url(&facts);
        if button.is_none() {
            let url = look.case_url(&facts);
            text.line(Line::default().link(url.clone(), url));
        }
        let keyboard = look.seen(&facts.id, facts.version).link(button);
        let turn = self.telegram.turn(place.chat);
        let _turn = turn.lock().await;
        Ok(self.send_kept(place, &Message { text, keyboard }, None).await)
    }
}
