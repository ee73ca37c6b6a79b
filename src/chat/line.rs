//! The day of a line of 'yesterday at the back door' is past: who sees to it hears that in their own chat, with the ticket
//! and what they meant to do, never with the name of a customer or a colleague.

use super::card::{Look, Message};
use super::deliver::{TelegramDeliver, refused};
use super::place::Place;
use super::text::{Line, Rich};
use crate::domain::delivery::Outcome;
use crate::domain::role::Walls;
use crate::domain::time::Timestamp;
use crate::reports::office::masking::without_names;
use crate::reports::period::day_of;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, back_door, ending, person, ticket};
use serde::Deserialize;

/// The kind of such an action.
pub(super) const LINE: &str = "line_chat";

/// What an action says.
#[derive(Deserialize)]
pub(super) struct Told {
    /// The case of the line.
    line: String,
    brand: String,
    /// The day that is past.
    pub day: String,
    /// To whom, by id.
    to: String,
}

/// A line that is past its day still.
pub(super) struct Past {
    /// Its first ticket.
    ticket: Option<String>,
    /// What was to be done, without names.
    does: String,
    /// When its case ended, which says in which list it stands.
    pub at: Timestamp,
}

/// Reads a line; nothing where the day or the owner is another by now.
pub(super) async fn past(tx: &mut Tx, told: &Told) -> Result<Option<Past>, StoreError> {
    let line = back_door::line(tx, &told.brand, &told.line).await?;
    let Some(line) = line.filter(|l| l.due_day == told.day) else { return Ok(None) };
    let owner = person::by_login(tx, line.owner.trim().to_lowercase().as_str()).await?;
    let ended = ending::of_case(tx, &told.brand, &told.line).await?;
    // Who may not log in any more, or not see the brand, hears nothing either.
    let owner = owner.filter(|p| {
        let sees = Walls::stored(p.brands.as_deref()).let_see(&told.brand);
        p.id == told.to && p.disabled_at.is_none() && sees
    });
    let (Some(_), Some(ended)) = (owner, ended) else {
        return Ok(None);
    };
    let links = ticket::of_case(tx, &told.brand, &told.line).await?;
    let ticket = links.into_iter().find_map(|l| Some(format!("{} #{}", l.system, l.ticket_id?)));
    let names: Vec<String> = person::all(tx).await?.into_iter().flat_map(|p| [p.name, p.login]).collect();
    let does = without_names(line.action.as_deref().unwrap_or_default(), &names);
    Ok(Some(Past { ticket, does, at: Timestamp(ended.at) }))
}

/// The page on which a line stands.
pub(super) fn list(look: &Look, at: Timestamp) -> String {
    let day = day_of(at, &look.zone).map(|d| d.to_string()).unwrap_or_default();
    format!("{}/yesterday?day={day}", look.public_url.trim_end_matches('/'))
}

impl TelegramDeliver {
    /// Tells somebody that the day of their line is past; not where the day or the owner is another by now.
    pub(super) async fn send_line(
        &self,
        place: Place,
        look: &Look,
        action: &ActionRow,
    ) -> Result<Outcome, StoreError> {
        let Ok(told) = serde_json::from_str::<Told>(&action.payload) else {
            return Ok(refused("the payload names no line"));
        };
        if place.is_group() {
            return Ok(refused("who sees to a line is told in private only"));
        }
        let day = told.day.clone();
        let read = self.db.read("reading a line that is past its day", move |tx| {
            Box::pin(async move { past(tx, &told).await })
        });
        let Some(Past { ticket, does, at }) = read.await? else {
            return Ok(refused("it is settled already"));
        };
        let (t, mut text) = (look.lang, Rich::default());
        text.line(Line::default().bold(t.line_overdue(day)).cut(200));
        let ticket = ticket.unwrap_or_else(|| t.line_no_ticket().to_owned());
        let does = does.trim();
        let what = if does.is_empty() { ticket } else { format!("{ticket}: {does}") };
        text.line(Line::plain(what).cut(600));
        text.line(Line::default().link(t.line_list(), list(look, at)));
        let turn = self.telegram.turn(place.chat);
        let _turn = turn.lock().await;
        Ok(self.send_kept(place, &Message { text, keyboard: None }, None).await)
    }
}
