//! Taking what was erased out of the database's files, within the hour: one process at a time, a table at a time.
//!
//! What is owed stands in rows that the erasure wrote with it, so that no stop of a process loses it. A table is held
//! for a few seconds first, which nobody notices; one that is too large for that is held longer when the hour is half
//! over, for the promise to who was erased is the hour. What could not be done is told, and tried again.

use super::{Privacy, PrivacyError};
use crate::clock::Clock;
use crate::domain::audit::Entry;
use crate::domain::ids::ActionId;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::sweep::{self, FILE, OwedRow, Rewritten, SAMPLES};
use crate::store::{Db, StoreError, audit, erase, lease};
use std::sync::Arc;

/// How often it is looked whether something is owed.
const PERIOD: Span = Span::seconds(30);
/// The lease holds for longer than any table may take; each table renews it.
const LEASE: Span = Span::minutes(15);
const LEASE_NAME: &str = "sweeping files";
/// Within what time it is promised.
pub const WITHIN: Span = Span::hours(1);
/// Until the next try.
const PAUSE: Span = Span::minutes(1);

/// How long a table may be held that is owed since an instant.
fn hold(since: Timestamp, now: Timestamp) -> Span {
    let owed = now.since(since);
    if owed < Span::minutes(30) {
        // Less than any statement of ours waits for a lock.
        Span::seconds(4)
    } else if owed < Span::minutes(45) {
        Span::minutes(1)
    } else {
        Span::minutes(10)
    }
}

/// What a round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// What is free of it now.
    pub done: Vec<String>,
    /// What is owed still.
    pub left: Vec<OwedRow>,
    /// Whether another process is at it.
    pub busy: bool,
}

/// Takes what was erased out of the files; cheap to clone.
#[derive(Clone, Debug)]
pub struct Sweeping {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This process.
    pub owner: String,
}

impl Sweeping {
    /// Works until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let stop = shutdown.token.clone();
        shutdown.spawn_every("sweeping files", PERIOD, move || {
            let (this, stop) = (self.clone(), stop.clone());
            async move {
                // A large table takes minutes, and the end of the process does not wait for it: what is owed stays owed.
                tokio::select! {
                    swept = this.run_once() => if let Err(error) = swept {
                        tracing::warn!(%error, "what was erased could not be taken out of the files; it tries again");
                    },
                    () = stop.cancelled() => {}
                }
                0
            }
        });
    }

    /// Does what is due.
    ///
    /// # Errors
    /// The store's; what was done before stays done.
    pub async fn run_once(&self) -> Result<Swept, StoreError> {
        let swept = self.round().await;
        let idle = swept.as_ref().is_ok_and(|s| s.busy || (s.done.is_empty() && s.left.is_empty()));
        if !idle {
            let owner = self.owner.clone();
            let given = self.db.write("ending a sweep of files", move |tx| {
                Box::pin(async move { lease::give_back(tx, LEASE_NAME, &owner).await })
            });
            given.await?;
        }
        swept
    }

    async fn round(&self) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let now = self.clock.now();
        let owed = self.owed().await?;
        for one in owed.iter().filter(|o| o.next_at <= now.millis()) {
            // Samples are taken of every table that is written anew, so theirs come last.
            if one.name == SAMPLES && self.owed().await?.len() > 1 {
                continue;
            }
            if !self.is_mine().await? {
                swept.busy = true;
                break;
            }
            if !self.one(one, &mut swept).await? {
                break;
            }
        }
        swept.left = self.owed().await?;
        metrics::gauge!("webcared_files_to_sweep").set(swept.left.len() as f64);
        Ok(swept)
    }

    async fn owed(&self) -> Result<Vec<OwedRow>, StoreError> {
        self.db.read("reading what is to be taken out of the files", |tx| Box::pin(sweep::owed(tx))).await
    }

    async fn is_mine(&self) -> Result<bool, StoreError> {
        let (owner, now) = (self.owner.clone(), self.clock.now());
        let taken = self.db.write("beginning a sweep of files", move |tx| {
            Box::pin(async move { Ok(lease::take(tx, LEASE_NAME, &owner, now, LEASE).await?.is_some()) })
        });
        taken.await
    }

    /// Does one; tells whether the next may be tried.
    async fn one(&self, owed: &OwedRow, swept: &mut Swept) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let rewritten = if owed.name == FILE {
            if erase::sweep_files(&self.db).await? {
                Rewritten::Done
            } else {
                Rewritten::Not("somebody reads for long, and keeps the log from being emptied".to_owned())
            }
        } else {
            sweep::rewrite(&self.db, &owed.name, hold(Timestamp(owed.since), now)).await?
        };
        let (why, go_on) = match rewritten {
            Rewritten::Done => {
                let row = owed.clone();
                self.db
                    .write("noting what was taken out of the files", move |tx| {
                        Box::pin(async move { sweep::done(tx, &row).await })
                    })
                    .await?;
                swept.done.push(owed.name.clone());
                return Ok(true);
            }
            Rewritten::Not(why) => (why, true),
            Rewritten::Seen(why) => (why, false),
        };
        if now.since(Timestamp(owed.since)) > WITHIN {
            tracing::error!(table = owed.name, why, "what was erased is still in the files after the hour");
        } else {
            tracing::warn!(table = owed.name, why, "what was erased is not out of the files yet");
        }
        let (name, next) = (owed.name.clone(), now.plus(PAUSE));
        self.db
            .write("noting what could not be taken out of the files", move |tx| {
                Box::pin(async move { sweep::not_done(tx, &name, &why, next).await })
            })
            .await?;
        Ok(go_on)
    }
}

impl Privacy {
    /// Takes everything that was ever taken away out of the files, at once; lines for the terminal.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where another process is at it, or something could not be done.
    pub async fn sweep_files(&self) -> Result<Vec<String>, PrivacyError> {
        let (caller, now) = (self.caller.clone(), self.clock.now());
        let owner = self.mint.id(now, ActionId::new).to_string();
        let owing = self.db.write("noting what is to be taken out of the files", move |tx| {
            Box::pin(async move {
                sweep::owe(tx, now).await?;
                audit::append(tx, &Entry::done(&caller, "files.sweep", ""), now).await
            })
        });
        owing.await?;
        let sweeping = Sweeping { db: self.db.clone(), clock: self.clock.clone(), owner };
        let swept = sweeping.run_once().await?;
        if swept.busy {
            return Err(PrivacyError::Refused(
                "another process is at it already; see again in a minute".to_owned(),
            ));
        }
        let mut lines: Vec<String> = swept.done.iter().map(|name| format!("done       {name}")).collect();
        if swept.left.is_empty() {
            lines.push("nothing that was taken away is in the files of the database any more".to_owned());
            return Ok(lines);
        }
        let one = |o: &OwedRow| {
            let why = if o.why.is_empty() { "waits" } else { o.why.as_str() };
            format!("{}: {why}", o.name)
        };
        let left: Vec<String> = swept.left.iter().map(one).collect();
        Err(PrivacyError::Refused(format!(
            "not done yet, and tried again by the daemon: {}",
            left.join("; ")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casework_is_held_up_for_long_only_when_the_hour_is_half_over() {
        let at = |minutes| hold(Timestamp(0), Timestamp(0).plus(Span::minutes(minutes)));
        assert_eq!((at(0), at(29)), (Span::seconds(4), Span::seconds(4)));
        assert_eq!((at(30), at(44)), (Span::minutes(1), Span::minutes(1)));
        assert_eq!((at(45), at(600)), (Span::minutes(10), Span::minutes(10)));
        assert!(LEASE > at(600), "a table that takes long does not lose its lease");
    }
}
