//! The switch that stops all sending, with who turned it and why.

use super::{By, Privacy, PrivacyError};
use crate::domain::audit::Entry;
use crate::store::{audit, outbox};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 200;

impl Privacy {
    /// Stops all sending, or lets it go on: on every replica, at the next step of each worker, and over restarts. What
    /// a restore or an import held back goes on its way with it, but for what a person must look at.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where it is stopped without a reason.
    pub async fn turn_sending(&self, stop: bool, reason: &str, by: &By) -> Result<(), PrivacyError> {
        let reason = reason.trim().to_owned();
        if (stop && reason.is_empty()) || reason.chars().count() > REASON_CHARS_MAX {
            let what = format!("reason: say why, in 1 to {REASON_CHARS_MAX} characters");
            return Err(PrivacyError::Refused(what));
        }
        let (code, now, told) = (by.code().to_owned(), self.clock.now(), reason.clone());
        let entry = Entry::done(&self.caller, if stop { "sending.stop" } else { "sending.go" }, "");
        let set = self.db.write("turning the switch", move |tx| {
            Box::pin(async move {
                outbox::turn_sending(tx, stop, (&code, &reason), now).await?;
                audit::append(tx, &entry, now).await
            })
        });
        set.await?;
        tracing::warn!(
            stopped = stop,
            by = by.code(),
            reason = told,
            "the switch for all sending was turned"
        );
        self.outbox.notify_waiters();
        Ok(())
    }
}
