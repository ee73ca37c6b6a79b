//! The database's file, looked at once beside the work after the daemon did not end by itself.

use crate::app::Parts;
use crate::shutdown::Shutdown;
use crate::store::disk::Damage;
use crate::web::{Health, Problem};
use std::sync::Arc;

/// Whether the database's file was found damaged.
#[derive(Clone, Default)]
pub(super) struct Damaged(Damage);

impl Damaged {
    /// Looks at the file beside the work, once.
    pub(super) fn spawn(&self, shutdown: &Shutdown, parts: &Parts) {
        let (damage, db, token) = (self.0.clone(), parts.db.clone(), shutdown.token.clone());
        shutdown.tasks.spawn(async move {
            let looked = tokio::select! {
                () = token.cancelled() => return,
                looked = damage.look(&db) => looked,
            };
            match looked {
                Ok(None) => tracing::info!("the database was not closed the last time; its file is whole"),
                Ok(Some(wrong)) => tracing::error!(
                    wrong,
                    "the database's file is damaged: stop, keep the file, restore the last backup"
                ),
                Err(error) => tracing::warn!(%error, "the database's file could not be checked"),
            }
        });
    }

    /// What `/readyz` is told.
    pub(super) fn health(&self) -> Arc<dyn Fn() -> Health + Send + Sync> {
        let damage = self.0.clone();
        Arc::new(move || {
            let what = "the file is damaged; restore the last backup".to_owned();
            let problem = Problem { part: "database".to_owned(), what, fatal: true };
            Health { problems: if damage.is_found() { vec![problem] } else { Vec::new() } }
        })
    }
}
