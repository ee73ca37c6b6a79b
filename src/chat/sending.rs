//! Stopping all sending from the chat, and letting it go on: for leads.

use super::handle::{Handler, actor};
use super::text::{Line, Rich};
use crate::domain::audit::{Caller, Entry, Via};
use crate::domain::role::Walls;
use crate::store::{StoreError, audit, outbox};

/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 200;

impl Handler {
    /// `/stop_sending WHY` and `/resume_sending`.
    pub(super) async fn stop_or_go(&self, from: i64, word: &str, reason: &str) -> Result<Rich, StoreError> {
        let one = |text: &str| Ok(Rich { lines: vec![Line::plain(text)] });
        let Some(person) = self
            .presser(from)
            .await?
            .filter(|p| actor(p).lead && Walls::stored(p.brands.as_deref()).is_open())
        else {
            return one("Only leads of all brands stop sending, and let it go on.");
        };
        let stop = word == "/stop_sending";
        if stop && reason.is_empty() {
            return one("Say why: /stop_sending WHY");
        }
        let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
        let (by, now) = (person.id.clone(), self.deliver.clock.now());
        let caller = Caller { via: Via::Chat, person: person.id.clone(), ..Caller::default() };
        let entry = Entry::done(&caller, if stop { "sending.stop" } else { "sending.go" }, "");
        let set = self.deliver.db.write("turning the switch", move |tx| {
            Box::pin(async move {
                outbox::turn_sending(tx, stop, (&by, &reason), now).await?;
                audit::append(tx, &entry, now).await
            })
        });
        set.await?;
        tracing::warn!(
            stopped = stop,
            person.id = person.id,
            "the switch for all sending was turned in the chat"
        );
        one(if stop { "All sending is stopped. /resume_sending lets it go on." } else { "Sending goes on." })
    }
}
