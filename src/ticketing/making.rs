//! A ticket that is made says the same at each attempt: what the first one said is kept before it leaves, for a system that
//! knows a key again takes nothing else under it.

use super::words::Told;
use super::{Needed, TicketDeliver};
use crate::domain::delivery::Outcome;
use crate::domain::judgement::Level;
use crate::store::rows::ActionRow;
use crate::store::ticket::{self, LinkRow};
use crate::store::{StoreError, Tx, ticketed};
use crate::telling::{First, Payload};
use crate::tickets::NewTicket;

impl TicketDeliver {
    /// Makes the ticket, as the first attempt said it.
    pub(super) async fn make(&self, action: &ActionRow, needed: &Needed, told: &Told<'_>) -> Outcome {
        let first = match self.first(action, needed, told).await {
            Ok(first) => first,
            // Nothing has been sent.
            Err(why) => return Outcome::Retry { after: None, why },
        };
        let new = NewTicket {
            action_id: action.id.clone(),
            subject: first.subject,
            text: first.text,
            case_url: told.url.clone(),
            language: first.language,
            level: first.level,
            follows: first.follows,
        };
        self.system.create(&new).await
    }

    /// What the first attempt said; this is the first one where nothing is kept, and it is kept before it leaves.
    async fn first(&self, action: &ActionRow, needed: &Needed, told: &Told<'_>) -> Result<First, String> {
        let payload = Payload::of(action);
        if let Some(first) = &payload.first {
            return Ok(first.clone());
        }
        let is_followed = !needed.solved.is_empty() && self.system.can_follow(&needed.solved).await;
        let first = First {
            subject: told.subject(),
            text: told.head(),
            language: needed.case.language.clone(),
            level: Level::from_number(needed.case.level).code().to_owned(),
            follows: if is_followed { needed.solved.clone() } else { String::new() },
        };
        let payload = Payload { first: Some(first.clone()), ..payload };
        let text = serde_json::to_string(&payload).map_err(|error| error.to_string())?;
        let (brand, id, before) = (action.brand_id.clone(), action.id.clone(), action.payload.clone());
        let kept = self.parts.db.write("keeping what a new ticket says", move |tx| {
            Box::pin(async move {
                ticketed::keep(tx, (&brand, &id), (&before, &text)).await?;
                ticketed::kept(tx, (&brand, &id)).await
            })
        });
        let kept = kept.await.map_err(|error| format!("the database did not answer: {error}"))?;
        // Whoever had it before and is late may have kept theirs.
        let kept = kept.and_then(|text| serde_json::from_str::<Payload>(&text).ok()).and_then(|p| p.first);
        Ok(kept.unwrap_or(first))
    }
}

/// What an action that makes a ticket asks for, as it is kept now.
pub(super) async fn kept(tx: &mut Tx, action: &ActionRow) -> Result<Payload, StoreError> {
    let text = ticketed::kept(tx, (&action.brand_id, &action.id)).await?;
    Ok(text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_else(|| Payload::of(action)))
}

/// The ticket that the new one follows is closed for good: what is told from now on goes to the new one alone.
pub(super) async fn followed(tx: &mut Tx, link: &LinkRow, payload: &Payload) -> Result<(), StoreError> {
    let Some(first) = payload.first.as_ref().filter(|f| !f.follows.is_empty()) else { return Ok(()) };
    let mut links = ticket::of_case(tx, &link.brand_id, &link.case_id).await?;
    links.retain(|l| l.system == link.system && l.ticket_id.as_deref() == Some(first.follows.as_str()));
    for old in &mut links {
        old.followed_by = Some(link.id.clone());
        // What it did not take, the new one is told with all else.
        old.note_why = String::new();
        // The matter goes on in the new one: that the old one is solved proposes no end of the case any more.
        old.solved_at = None;
    }
    if links.is_empty() { Ok(()) } else { ticket::put(tx, &links).await }
}
