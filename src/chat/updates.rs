//! What people do in the chat: updates are fetched, stored, acknowledged, and then handled.
//!
//! One process asks for updates, by lease. Asking from an offset acknowledges what lies before it,
//! so the offset is taken from what is stored and from nothing else: a press is never lost by a
//! kill. What is stored and not settled is handled before more is fetched. Only presses, commands and
//! replies to a bot in our chats are stored with their words, and files by the platform's id of them; of anything else only the
//! number is kept.

use super::bot::{POLL_SECONDS, Telegram, Trouble};
use super::deliver::CREDENTIAL;
use super::handle::Handler;
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::{Shutdown, pause};
use crate::store::{Db, StoreError, chat, chat_person, lease};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio_util::sync::CancellationToken;

/// The lease under which one process asks for updates.
pub const LEASE_NAME: &str = "chat:telegram:updates";
/// Longer than the longest request for updates and the handling of what it brings.
const LEASE: Span = Span::seconds(POLL_SECONDS as i64 * 3 + 30);
const NOT_OURS: Span = Span::seconds(5);
/// After a conflict: quick a few times, for a process that just ended may still be asking; then slow.
const CONFLICT_QUICK: Span = Span::seconds(2);
const CONFLICT_SLOW: Span = Span::seconds(30);
const AT_ONCE: i64 = 100;
/// What a message may hold in place of text, as the platform names it.
const BRINGS: [&str; 8] =
    ["photo", "document", "video", "animation", "voice", "audio", "video_note", "sticker"];

/// Fetches and stores updates, and has them handled.
#[derive(Debug)]
pub struct Updates {
    db: Db,
    clock: Arc<dyn Clock>,
    telegram: Arc<Telegram>,
    handler: Handler,
    owner: String,
    conflicts: AtomicU32,
    /// Nothing may be left from before: looked once at the start.
    unsettled: AtomicBool,
    /// Whether it is noted with which bot we speak.
    known: AtomicBool,
    /// When this process began.
    began: Timestamp,
}

impl Updates {
    /// Updates for `handler`, fetched in the name of this process.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        telegram: Arc<Telegram>,
        handler: Handler,
        owner: String,
    ) -> Self {
        let (conflicts, unsettled) = (AtomicU32::new(0), AtomicBool::new(true));
        let (known, began) = (AtomicBool::new(false), clock.now());
        Self { db, clock, telegram, handler, owner, conflicts, unsettled, known, began }
    }

    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let token = shutdown.token.clone();
        shutdown.spawn("chat updates", async move {
            while !token.is_cancelled() {
                let wait = match self.round(&token).await {
                    Ok(wait) => wait,
                    Err(error) => {
                        metrics::counter!("webcared_database_errors_total").increment(1);
                        tracing::warn!(%error, "updates of the chat could not be taken; it tries again");
                        Span::seconds(5)
                    }
                };
                if wait > Span::ZERO && !pause(wait, &token).await {
                    break;
                }
            }
            let owner = self.owner.clone();
            let back = self.db.write("giving a lease back", move |tx| {
                Box::pin(async move { lease::give_back(tx, LEASE_NAME, &owner).await })
            });
            if let Err(error) = back.await {
                tracing::warn!(%error, "a lease was not given back; it ends by itself");
            }
        });
    }

    /// One round; returns how long to wait before the next.
    async fn round(&self, token: &CancellationToken) -> Result<Span, StoreError> {
        let (owner, now) = (self.owner.clone(), self.clock.now());
        let held = self.db.write("taking a lease", move |tx| {
            Box::pin(async move { lease::take(tx, LEASE_NAME, &owner, now, LEASE).await })
        });
        if held.await?.is_none() {
            // Whoever has it may vanish between storing and handling.
            self.unsettled.store(true, Ordering::Relaxed);
            return Ok(NOT_OURS);
        }
        self.handle_waiting(token).await?;
        match self.fetch().await {
            Ok(n) => {
                self.conflicts.store(0, Ordering::Relaxed);
                if n > 0 {
                    self.handle_waiting(token).await?;
                }
                Ok(Span::ZERO)
            }
            Err(FetchError::Store(error)) => Err(error),
            Err(FetchError::Trouble(trouble)) => Ok(self.wait_after(&trouble)),
        }
    }

    fn wait_after(&self, trouble: &Trouble) -> Span {
        match trouble {
            Trouble::Conflict(what) => {
                let n = self.conflicts.fetch_add(1, Ordering::Relaxed);
                // Shortly after a restart this is normal; it is told once, when it lasts.
                if n == 3 {
                    tracing::warn!(what, "the chat's updates go elsewhere; buttons do not work here");
                }
                if n < 3 { CONFLICT_QUICK } else { CONFLICT_SLOW }
            }
            Trouble::Later { after, why } => {
                tracing::debug!(why, "updates later");
                after.unwrap_or(Span::seconds(5))
            }
            other => {
                tracing::debug!(trouble = ?other, "updates could not be fetched");
                Span::seconds(5)
            }
        }
    }

    /// Asks once for updates and stores what comes. Returns how many are to be handled.
    pub async fn fetch(&self) -> Result<usize, FetchError> {
        self.handler.learn_moved().await;
        self.know_bot().await?;
        let now = self.clock.now();
        let offset = self.db.read("reading the last update", move |tx| {
            Box::pin(async move { chat::next_update(tx, CREDENTIAL, now).await })
        });
        let found = self.telegram.updates(offset.await?).await.map_err(FetchError::Trouble)?;
        let rows: Vec<(i64, String, bool)> = found.iter().filter_map(|u| self.kept(u)).collect();
        if rows.is_empty() {
            return Ok(0);
        }
        let waiting = rows.iter().filter(|(_, _, waits)| *waits).count();
        let ignored = rows.len() - waiting;
        if ignored > 0 {
            metrics::counter!("webcared_chat_ignored_total").increment(ignored as u64);
        }
        let now = self.clock.now();
        // The next request for updates acknowledges these; so they must be stored by then.
        self.db
            .write_again("storing updates", move |tx| {
                let rows = rows.clone();
                Box::pin(async move { chat::add_updates(tx, CREDENTIAL, &rows, now).await })
            })
            .await?;
        self.unsettled.store(true, Ordering::Relaxed);
        Ok(waiting)
    }

    /// Notes once with which bot we speak. By the offset of another the platform would forget what is for this one.
    async fn know_bot(&self) -> Result<(), StoreError> {
        if self.known.load(Ordering::Relaxed) {
            return Ok(());
        }
        if let Some(number) = self.telegram.number().map(ToOwned::to_owned) {
            let began = self.began;
            let noted = self.db.write_again("noting with which bot we speak", move |tx| {
                let number = number.clone();
                Box::pin(async move { chat_person::speaks_as(tx, CREDENTIAL, &number, began).await })
            });
            if noted.await? {
                tracing::info!("the chat has another bot than before; people begin a talk with it by /start");
            }
        }
        self.known.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// What is kept of an update: its number, its text if it is for us, and whether it waits.
    fn kept(&self, update: &Value) -> Option<(i64, String, bool)> {
        let id = update.get("update_id")?.as_i64()?;
        let press = update.get("callback_query").is_some();
        let command = update.get("message").is_some_and(|m| {
            let to_a_bot = m.pointer("/reply_to_message/from/is_bot").and_then(Value::as_bool) == Some(true);
            let says = m.get("text").and_then(Value::as_str).is_some_and(|t| to_a_bot || t.starts_with('/'));
            let brings = to_a_bot && BRINGS.iter().any(|kind| m.get(*kind).is_some());
            let chat = m.pointer("/chat/id").and_then(Value::as_i64);
            (says || brings) && chat.is_some_and(|chat| self.handler.may_be_ours(chat))
        });
        let waits = press || command;
        Some((id, if waits { update.to_string() } else { String::new() }, waits))
    }

    /// Handles what is stored and not settled, in order.
    pub async fn handle_waiting(&self, token: &CancellationToken) -> Result<usize, StoreError> {
        if !self.unsettled.load(Ordering::Relaxed) {
            return Ok(0);
        }
        let mut handled = 0;
        loop {
            let rows = self.db.read("reading updates", move |tx| {
                Box::pin(async move { chat::waiting_updates(tx, CREDENTIAL, AT_ONCE).await })
            });
            let rows = rows.await?;
            if rows.is_empty() {
                self.unsettled.store(false, Ordering::Relaxed);
                return Ok(handled);
            }
            for row in rows {
                if token.is_cancelled() {
                    return Ok(handled);
                }
                self.handler.handle(&row).await?;
                let (id, now) = (row.update_id, self.clock.now());
                self.db
                    .write_again("settling an update", move |tx| {
                        Box::pin(async move { chat::settle_update(tx, CREDENTIAL, id, now).await })
                    })
                    .await?;
                handled += 1;
            }
        }
    }
}

/// Why updates could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The Bot API.
    #[error("{0:?}")]
    Trouble(Trouble),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
