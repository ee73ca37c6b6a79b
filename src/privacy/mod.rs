//! What is owed to the people whose words are kept: to be shown all of it, to have it erased, not to be watched; and
//! letting words go when their time is over, unless a case is held.
//!
//! A person is found by a case, a handle, an address or the id of an account, and is every account that is linked
//! to that one. An erasure ends what is open, takes words, names, files and what waits to be sent away, asks
//! tickets to do the same, and notes keyed hashes so that no sweep and no backup brings it back. Counts, states and
//! events stay, without text. Nothing of this is done by itself but retention.

mod asked;
pub mod config;
mod customers;
mod erasing;
mod exporting;
mod finding;
mod holding;
pub mod restoring;
pub mod retention;
mod sending;
mod staff;
pub mod sweeping;

pub use crate::store::ticket_note::Remains;
pub use asked::PrivacyRequest;
pub use erasing::Erased;
pub use exporting::EXPORT_OF_ALL;
pub use finding::Preview;

use crate::catalogue::Current;
use crate::clock::{Clock, Mint};
use crate::domain::audit::Caller;
use crate::domain::ids::PersonId;
use crate::store::{Db, StoreError};
use std::sync::Arc;
use tokio::sync::Notify;

/// What a request of this kind comes to.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// It cannot be done, and why.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for PrivacyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(what) => Self::Refused(what),
            other => Self::Store(other),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A person of the team.
    Person(PersonId),
    /// Whoever may run commands on this machine.
    Command,
}

impl By {
    /// How it is written down.
    pub fn code(&self) -> &str {
        match self {
            Self::Person(id) => id.as_str(),
            Self::Command => "command",
        }
    }
}

/// Does what is owed to people; cheap to clone.
#[derive(Clone, Debug)]
pub struct Privacy {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    catalogue: Current,
    outbox: Arc<Notify>,
    caller: Caller,
}

impl Privacy {
    /// Works on `db`; `outbox` is woken when a ticket is to be told.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        mint: Arc<Mint>,
        catalogue: Current,
        outbox: Arc<Notify>,
    ) -> Self {
        Self { db, clock, mint, catalogue, outbox, caller: Caller::default() }
    }

    /// The same in the name of whoever a door let in: what they do stands in the audit.
    pub fn called(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }
}
