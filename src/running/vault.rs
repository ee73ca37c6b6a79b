//! Where log-ins are kept: in the database, as they are handed in, and renewed by one process at a time.

use crate::app::Parts;
use crate::clock::Clock;
use crate::domain::time::Span;
use crate::sources::{SourceTrouble, TroubleState, Vault};
use crate::store::{Db, answer, lease};
use std::sync::Arc;

/// Keeps the log-ins of credentials in the database, as they are handed in: sealed.
pub(super) struct Kept {
    db: Db,
    clock: Arc<dyn Clock>,
    /// This process, as leases name it.
    owner: String,
}

impl Kept {
    /// The one of this process.
    pub(super) fn of(parts: &Parts) -> Self {
        Self { db: parts.db.clone(), clock: parts.dyn_clock(), owner: parts.owner.clone() }
    }
}

#[async_trait::async_trait]
impl Vault for Kept {
    async fn load(&self, credential: &str) -> Option<Vec<u8>> {
        self.kept(credential).await.ok().flatten()
    }

    async fn kept(&self, credential: &str) -> Result<Option<Vec<u8>>, SourceTrouble> {
        let name = credential.to_owned();
        let read = self
            .db
            .read("reading a log-in", move |tx| Box::pin(async move { answer::session(tx, &name).await }));
        read.await.map_err(|error| {
            tracing::warn!(credential, %error, "a log-in could not be read");
            SourceTrouble::new(TroubleState::Broken, "the log-in that is kept cannot be read; trying again")
        })
    }

    async fn save(&self, credential: &str, sealed: &[u8]) -> bool {
        let (name, sealed, now) = (credential.to_owned(), sealed.to_vec(), self.clock.now());
        let kept = self.db.write("keeping a log-in", move |tx| {
            Box::pin(async move { answer::put_session(tx, &name, &sealed, now).await })
        });
        let kept = kept.await;
        if let Err(error) = &kept {
            tracing::warn!(credential, %error, "a log-in could not be kept");
        }
        kept.is_ok()
    }

    async fn alone(&self, credential: &str, span: Span) -> bool {
        let (name, owner, now) = (format!("token:{credential}"), self.owner.clone(), self.clock.now());
        let taken = self.db.write("taking the lease of a token", move |tx| {
            Box::pin(async move { lease::take(tx, &name, &owner, now, span).await })
        });
        taken.await.is_ok_and(|lease| lease.is_some())
    }

    async fn together(&self, credential: &str) {
        let (name, owner) = (format!("token:{credential}"), self.owner.clone());
        let given = self.db.write("giving the lease of a token back", move |tx| {
            Box::pin(async move { lease::give_back(tx, &name, &owner).await })
        });
        if let Err(error) = given.await {
            tracing::warn!(credential, %error, "the lease of a token was not given back; it runs out by itself");
        }
    }
}
