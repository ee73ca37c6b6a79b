//! Stopping all sending from the chat, for leads. Letting it go on wants a proof of who somebody is, so the console does it.

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
    /// Writes down that somebody whom we know asked in the chat for what their role does not allow. Strangers leave no row.
    pub(super) async fn note_refused(
        &self,
        person: Option<&Presser>,
        right: Right,
        what: &str,
    ) -> Result<(), StoreError> {
        let Some(person) = person else { return Ok(()) };
        let caller = Caller { via: Via::Chat, person: person.id.clone(), ..Caller::default() };
        let entry = Entry::refused(&caller, &format!("door.{}", right.code()), what);
        let now = self.deliver.clock.now();
        let noted = self.deliver.db.write_again("writing down a refusal", move |tx| {
            let entry = entry.clone();
            Box::pin(async move { audit::append(tx, &entry, now).await })
        });
        noted.await
    }

    /// `/stop_sending WHY`, and `/resume_sending`, which shows where that is done.
    pub(super) async fn stop_or_go(&self, a: &Asking, word: &str, reason: &str) -> Result<Rich, StoreError> {
        let t = a.mine.lang;
        let one = |text: &str| Ok(Rich { lines: vec![Line::plain(text)] });
        let steers = |p: &&Presser| may(p, Right::Work) && actor(p).lead;
        let all = |p: &&Presser| Walls::stored(p.brands.as_deref()).is_open();
        let Some(person) = a.person.as_ref().filter(steers).filter(all) else {
            self.note_refused(a.person.as_ref(), Right::Steer, word).await?;
            return one(t.only_leads());
        };
        let stop = word == "/stop_sending";
        if !stop {
            // A chat cannot ask who presses: a phone that was left open lets nothing go on.
            let page = format!("{}/outbox", a.here.public_url.trim_end_matches('/'));
            return Ok(Rich { lines: vec![Line::default().link(a.here.lang.goes_on(), page)] });
        }
        if reason.is_empty() {
            return one(t.say_why());
        }
        let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
        let (by, now) = (person.id.clone(), self.deliver.clock.now());
        let caller = Caller { via: Via::Chat, person: person.id.clone(), ..Caller::default() };
        let entry = Entry::done(&caller, "sending.stop", "");
        let set = self.deliver.db.write("turning the switch", move |tx| {
            Box::pin(async move {
                outbox::turn_sending(tx, true, (&by, &reason), now).await?;
                audit::append(tx, &entry, now).await
            })
        });
        set.await?;
        tracing::warn!(
            stopped = true,
            person.id = person.id,
            "the switch for all sending was turned in the chat"
        );
        one(a.here.lang.all_stopped())
    }
}
