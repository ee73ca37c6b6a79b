//! The chat of the team, a Telegram bot: alerts as cards that follow their cases, buttons, digests,
//! morning reports, commands, and, where the settings allow it, answers to customers.
//!
//! Four tasks: the outbox's worker sends ([`deliver`]), a follower edits cards ([`follow`]), a
//! maker makes digests and reports ([`maker`]), and a loop takes updates in ([`updates`]). Each
//! works under a lease, so that with several replicas one does it. Everything the bot does can be
//! done without it; nothing else waits for it.

mod approve;
mod beginning;
pub mod bot;
pub mod budget;
pub mod burst;
mod calls;
pub mod card;
mod commands;
pub mod config;
pub mod deliver;
mod duty;
pub mod elsewhere;
mod examine;
mod figures;
mod files;
pub mod follow;
mod front;
mod given;
pub mod handle;
mod hush;
mod incident;
mod kept;
pub mod keyboard;
mod line;
mod lists;
pub mod maker;
mod named;
mod office;
pub mod owed;
pub mod place;
mod press;
mod private;
mod promising;
mod propose;
mod sending;
mod shift;
mod speaking;
mod stands;
mod status;
pub mod summary;
pub mod text;
pub mod texts;
pub mod token;
pub mod unknown;
pub mod updates;
mod veil;
mod work;

pub use examine::examine;

use crate::casework::{CaseChanged, Casework};
use crate::clock::{Chance, Clock, Mint};
use crate::duty::Duty;
use crate::outbox::Worker;
use crate::reports::morning::{BadMorning, Morning};
use crate::shutdown::Shutdown;
use crate::store::Db;
use config::TelegramConfig;
use secrecy::SecretString;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use tokio::sync::{Notify, broadcast};

/// What the chat is built from.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Chance, for the jitter of retries.
    pub chance: Arc<Chance>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// The name of this process, as leases know it.
    pub owner: String,
    /// Carries out what buttons ask for.
    pub casework: Casework,
    /// Hints that a case changed.
    pub changed: broadcast::Sender<CaseChanged>,
    /// Woken when there is something to send.
    pub outbox: Arc<Notify>,
    /// Where people reach the console.
    pub public_url: String,
    /// The settings.
    pub config: TelegramConfig,
    /// The bot's token, read from the settings or their file.
    pub token: SecretString,
    /// `report.morning`.
    pub morning: Option<String>,
    /// `report.zone`.
    pub zone: String,
    /// `answers.from_chat`: whether the team may answer customers from the chat.
    pub from_chat: bool,
}

/// Why the chat could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// The settings of reports.
    #[error(transparent)]
    Morning(#[from] BadMorning),
    /// The Bot API's address, or its client.
    #[error("chat.telegram.{0}")]
    Bot(String),
}

/// The chat, built and not yet running; its parts can be driven one by one.
pub struct Chat {
    /// Sends.
    pub deliver: deliver::TelegramDeliver,
    /// Edits cards.
    pub follower: follow::Follower,
    /// Makes digests and reports.
    pub maker: maker::Maker,
    /// Takes updates in.
    pub updates: updates::Updates,
    follow: Arc<Notify>,
}

/// Builds the chat.
pub fn build(shutdown: &Shutdown, parts: &Parts) -> Result<Chat, ChatError> {
    let morning = Morning::read(parts.morning.as_deref(), &parts.zone)?;
    let (clock, db) = (parts.clock.clone(), parts.db.clone());
    let telegram =
        bot::Telegram::new(&parts.token, &parts.config.api_url, clock.clone(), shutdown.token.clone())
            .map_err(ChatError::Bot)?;
    let telegram = Arc::new(telegram);
    let look = Arc::new(card::Look {
        public_url: parts.public_url.trim_end_matches('/').to_owned(),
        excerpt: parts.config.excerpt,
        zone: morning.zone.clone(),
        lang: parts.config.lang(),
        reader: None,
    });
    let deliver = deliver::TelegramDeliver::new(
        db.clone(),
        clock.clone(),
        telegram.clone(),
        look,
        Arc::new(parts.config.clone()),
        parts.casework.catalogue().clone(),
    );
    let follow = Arc::new(Notify::new());
    let handler = handle::Handler::new(
        deliver.clone(),
        parts.casework.clone(),
        parts.config.clone(),
        morning.clone(),
        follow.clone(),
        (
            parts.from_chat,
            Duty::new(db.clone(), clock.clone(), parts.mint.clone(), parts.casework.catalogue().clone()),
        ),
        (parts.mint.clone(), parts.outbox.clone()),
    );
    let maker = maker::Maker {
        db: db.clone(),
        clock: clock.clone(),
        mint: parts.mint.clone(),
        catalogue: parts.casework.catalogue().clone(),
        config: parts.config.clone(),
        morning,
        owner: parts.owner.clone(),
        outbox: parts.outbox.clone(),
        tidied_at: AtomicI64::new(0),
    };
    Ok(Chat {
        follower: follow::Follower::new(deliver.clone(), parts.owner.clone()),
        updates: updates::Updates::new(db, clock, telegram, handler, parts.owner.clone()),
        deliver,
        maker,
        follow,
    })
}

/// Starts the chat: the outbox's worker for it, the cards' follower, the maker of digests, and the
/// loop of updates. All end within two seconds of the order to stop.
pub fn spawn(shutdown: &Shutdown, parts: &Parts) -> Result<(), ChatError> {
    let chat = build(shutdown, parts)?;
    let worker = Worker::new(
        parts.db.clone(),
        parts.clock.clone(),
        parts.chance.clone(),
        parts.owner.clone(),
        Arc::new(chat.deliver),
    );
    worker.spawn(shutdown, parts.outbox.clone());
    chat.follower.spawn(shutdown, chat.follow.clone());
    chat.maker.spawn(shutdown);
    chat.updates.spawn(shutdown);
    let (mut hints, token, follow) = (parts.changed.subscribe(), shutdown.token.clone(), chat.follow);
    shutdown.spawn("chat hints", async move {
        loop {
            tokio::select! {
                () = token.cancelled() => return,
                hint = hints.recv() => match hint {
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => follow.notify_one(),
                    // Nobody hints any more; the follower looks by itself.
                    Err(broadcast::error::RecvError::Closed) => return token.cancelled().await,
                },
            }
        }
    });
    Ok(())
}
