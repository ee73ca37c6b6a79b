//! Stopping all sending from the chat, and letting it go on: for leads.

use super::handle::{Handler, actor, may};
use super::speaking::Asking;
use super::text::{Line, Rich};
use crate::domain::audit::{Caller, Entry, Via};
use crate::domain::role::{Right, Walls};
use crate::store::chat::Presser;
use crate::store::{StoreError, audit, outbox};

/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 200;

impl Handler {
    /// `/stop_sending WHY` and `/resume_sending`.
    pub(super) async fn stop_or_go(&self, a: &Asking, word: &str, reason: &str) -> Result<Rich, StoreError> {
        let t = a.mine.lang;
        let one = |text: &str| Ok(Rich { lines: vec![Line::plain(text)] });
        let steers = |p: &&Presser| may(p, Right::Work) && actor(p).lead;
        let all = |p: &&Presser| Walls::stored(p.brands.as_deref()).is_open();
        let Some(person) = a.person.as_ref().filter(steers).filter(all) else {
            return one(t.only_leads());
        };
        let stop = word == "/stop_sending";
        if stop && reason.is_empty() {
            return one(t.say_why());
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
        one(if stop { a.here.lang.all_stopped() } else { a.here.lang.goes_on() })
    }
}
