//! What somebody types beside the public answer and has not sent: a private word, a mail, a note. Kept for its writer as
//! the draft of an answer is, and gone once it is sent.

use super::answering::{TEXT_CHARS_MAX, invalid};
use super::{Actor, Casework, CaseworkError};
use crate::store::rows::CaseEventRow;
use crate::store::{audit, console, draft_beside};

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// A word in the private channel.
    Private,
    /// A mail to an address that the customer gave.
    Mail,
    /// A note for colleagues.
    Note,
}

impl Typing {
    /// Its word in the store.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Mail => "mail",
            Self::Note => "note",
        }
    }

    /// The event that says that it was sent.
    const fn sent(self) -> &'static str {
        match self {
            Self::Private | Self::Mail => "private_answer_queued",
            Self::Note => "note",
        }
    }
}

impl Casework {
    /// Keeps what somebody types beside the answer, for themselves; an empty text drops it. What comes after it was sent
    /// is not kept.
    pub async fn keep_beside(
        &self,
        (brand_id, case_id): (&str, &str),
        actor: &Actor,
        seen: i64,
        (what, text): (Typing, &str),
    ) -> Result<(), CaseworkError> {
        if text.chars().count() > TEXT_CHARS_MAX {
            return invalid("text", format!("longer than {TEXT_CHARS_MAX} characters"));
        }
        let (brand, case, me, text) =
            (brand_id.to_owned(), case_id.to_owned(), actor.person.to_string(), text.to_owned());
        let (begun, dropped) = (
            self.done(actor, "case.draft", (brand_id, case_id)),
            self.done(actor, "case.draft_drop", (brand_id, case_id)),
        );
        let now = self.clock.now();
        let kept = self.db.write_again("keeping a draft", move |tx| {
            let (brand, case, me, text) = (brand.clone(), case.clone(), me.clone(), text.clone());
            let (begun, dropped) = (begun.clone(), dropped.clone());
            Box::pin(async move {
                let since = console::events_since(tx, &brand, &case, seen).await?;
                let sent = |e: &CaseEventRow| e.kind == what.sent() && e.who.as_deref() == Some(me.as_str());
                if since.iter().any(sent) {
                    return Ok(true);
                }
                let Some(of) = crate::store::case::look(tx, &brand, &case).await? else { return Ok(false) };
                let all = draft_beside::of(tx, &brand, (&case, &me)).await?;
                let stood = all.iter().any(|(kind, _)| kind == what.code());
                let place = (case.as_str(), me.as_str(), what.code());
                draft_beside::put(tx, (&brand, &of.author_id), place, &text, now).await?;
                // That one is begun or taken away is an act; each letter of it is none.
                let stands = !text.trim().is_empty();
                if stands != stood {
                    audit::append(tx, if stands { &begun } else { &dropped }, now).await?;
                }
                Ok(true)
            })
        });
        if kept.await? { Ok(()) } else { Err(CaseworkError::NotFound) }
    }
}
