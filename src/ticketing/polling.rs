//! Looking what changed on the tickets of cases, where the system does not call us.
//!
//! One process at a time looks, under a lease. The links themselves say what is known of each ticket, so
//! nothing else is kept: a process that was down, or a system that was, is caught up with at the next look.

use super::{Back, Board, Parts};
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::{Shutdown, every};
use crate::store::ticket::{self, LinkRow};
use crate::store::{StoreError, lease};
use crate::tickets::{TicketSystem, Watched};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Notify;

/// For how long tickets of cases that ended are still looked at: some are opened again.
const WATCHED_FOR: Span = Span::days(14);
/// How often is looked whether a ticket that is gone is there again: some are taken for spam, or out of the bin.
const GONE_EVERY: Span = Span::hours(1);
/// How many tickets are asked for at once.
const PAGE: i64 = 50;
/// Most pages in one round; the rest comes in the next.
const PAGES_MAX: usize = 20;
const LEASE: Span = Span::minutes(2);

/// Looks at one system.
pub struct Poller {
    parts: Parts,
    system: Arc<dyn TicketSystem>,
    back: Back,
    board: Arc<Board>,
}

impl Poller {
    /// Looks at one system for what changed.
    pub fn new(parts: Parts, system: Arc<dyn TicketSystem>, board: Arc<Board>) -> Self {
        Self { back: Back::new(parts.clone()), parts, system, board }
    }

    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let period = self.system.every().unwrap_or(Span::minutes(1));
        let token = shutdown.token.clone();
        shutdown.spawn("tickets", async move {
            let poller = &self;
            let looked = |done: Result<usize, StoreError>| {
                if let Err(error) = done {
                    metrics::counter!("webcared_database_errors_total").increment(1);
                    tracing::warn!(%error, "tickets could not be looked at; it tries again");
                }
                0
            };
            let all = every(period, Arc::new(Notify::new()), token.clone(), || async move {
                looked(poller.run_once().await)
            });
            // What a system says has changed is looked at at once, and nothing else.
            let asked = every(period, poller.parts.looking.clone(), token, || async move {
                looked(poller.run_asked().await)
            });
            tokio::join!(all, asked);
        });
    }

    /// Looks at every watched ticket once; returns how many cases were told something.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        self.run(false).await
    }

    /// Looks at the tickets that were never looked at, or that their system says have changed.
    pub async fn run_asked(&self) -> Result<usize, StoreError> {
        self.run(true).await
    }

    async fn run(&self, only_asked: bool) -> Result<usize, StoreError> {
        let (begun, mut told) = (self.parts.clock.now(), 0);
        for _ in 0..PAGES_MAX {
            if !self.has_lease().await? {
                return Ok(told);
            }
            let name = self.system.name().to_owned();
            let since = (begun.minus(WATCHED_FOR), begun.minus(GONE_EVERY));
            let page = self.parts.db.read("reading which tickets are watched", move |tx| {
                Box::pin(async move { ticket::watched(tx, &name, since, PAGE).await })
            });
            let page = page.await?;
            let due = |l: &LinkRow| l.seen_at.is_none_or(|at| !only_asked && at < begun.millis());
            let page: Vec<LinkRow> = page.into_iter().filter(due).collect();
            if page.is_empty() {
                return Ok(told);
            }
            match self.look(&page).await? {
                Some(n) => told += n,
                None => return Ok(told),
            }
        }
        Ok(told)
    }

    async fn has_lease(&self) -> Result<bool, StoreError> {
        let (name, owner) = (format!("tickets:{}", self.system.name()), self.parts.owner.clone());
        let now = self.parts.clock.now();
        let taken = self.parts.db.write_again("taking a lease", move |tx| {
            let (name, owner) = (name.clone(), owner.clone());
            Box::pin(async move { lease::take(tx, &name, &owner, now, LEASE).await })
        });
        Ok(taken.await?.is_some())
    }

    /// Looks at some tickets; nothing when the system did not answer.
    async fn look(&self, page: &[LinkRow]) -> Result<Option<usize>, StoreError> {
        let mut asked = HashSet::new();
        let watched: Vec<Watched> =
            page.iter().filter(|l| asked.insert(l.ticket_id.clone())).filter_map(watched).collect();
        // As of when it was asked: what changes while it answers is for the next look.
        let now = self.parts.clock.now();
        let changed = self.system.changed(&watched).await;
        self.board.note(&self.parts, self.system.name(), changed.as_ref().err()).await;
        let Ok(changes) = changed else { return Ok(None) };
        let told = self.back.take(self.system.name(), &changes).await?;
        let ids: Vec<String> = page.iter().map(|l| l.id.clone()).collect();
        self.parts
            .db
            .write("noting which tickets were looked at", move |tx| {
                Box::pin(async move { ticket::looked_at(tx, &ids, now).await })
            })
            .await?;
        Ok(Some(told))
    }
}

fn watched(link: &LinkRow) -> Option<Watched> {
    // One that is seen again may stand as it did before it was gone.
    let is_lost = matches!(link.state.as_str(), "gone" | "hidden");
    Some(Watched {
        id: link.ticket_id.clone()?,
        changed_at: link.changed_at.map(Timestamp).filter(|_| !is_lost),
        seen_at: link.seen_at.map(Timestamp),
        last_entry: link.last_entry.clone(),
    })
}
