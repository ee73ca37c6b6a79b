//! Calls to the Bot API, and what their answers mean.
//!
//! An answer says one of few things: done, not sent and when again, refused, or unknown. Errors
//! of the network are never printed as they come, for the address in them holds the token. Text
//! goes as HTML; should the platform not be able to read that, it goes again at once as plain text.

use super::budget::Budget;
use super::card::Message;
use super::place::Place;
use crate::clock::Clock;
use crate::domain::delivery::Outcome;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::pause;
use futures_util::StreamExt;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use teloxide::net::Download;
use teloxide::payloads::{AnswerCallbackQuerySetters, EditMessageReplyMarkupSetters};
use teloxide::payloads::{EditMessageTextSetters, SendMessageSetters};
use teloxide::requests::{JsonRequest, Payload, Requester};
use teloxide::types::{
    ChatId, FileId, InlineKeyboardMarkup, LinkPreviewOptions, MessageId, ParseMode, ThreadId,
};
use teloxide::{ApiError, Bot, RequestError};
use tokio_util::sync::CancellationToken;

/// How long a call may still take after the order to stop.
const LAST_WORDS: Span = Span(1_000);
/// How long the platform holds a request for updates open, in seconds; below the client's own
/// timeout.
pub const POLL_SECONDS: u32 = 10;

/// Why a call did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It was proved not to be done; not before this long from now.
    Later {
        /// How long, if the platform said.
        after: Option<Span>,
        /// Why.
        why: &'static str,
    },
    /// The platform refused it and would again.
    Refused(String),
    /// It may be done.
    Unknown(&'static str),
    /// The message says this already.
    NotModified,
    /// The message is gone or can no longer be edited.
    Gone,
    /// The chat has another id now.
    Moved(i64),
    /// The platform could not read the markup.
    Markup,
    /// Another process asks for updates with the same token.
    Conflict(&'static str),
}

impl Trouble {
    /// What a failed call says about an action.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Later { after, why } => Outcome::Retry { after: *after, why: (*why).to_owned() },
            Self::Refused(reason) => Outcome::Refused { reason: reason.clone() },
            Self::Unknown(what) => Outcome::Unknown { evidence: (*what).to_owned() },
            Self::NotModified | Self::Gone | Self::Moved(_) | Self::Markup | Self::Conflict(_) => {
                Outcome::Retry { after: None, why: format!("{self:?}") }
            }
        }
    }
}

/// What a confirmed message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The platform's id of it.
    pub message: i32,
    /// The platform's time of it.
    pub at: Timestamp,
}

/// A bot with its budget.
pub struct Telegram {
    bot: Bot,
    /// How many calls it may make.
    pub budget: Budget,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    /// The bot's own name, once it is known.
    name: tokio::sync::OnceCell<String>,
    turns: Mutex<HashMap<i64, Arc<tokio::sync::Mutex<()>>>>,
    edits: Mutex<HashMap<(i64, i32), Timestamp>>,
}

impl std::fmt::Debug for Telegram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telegram").finish_non_exhaustive()
    }
}

impl Telegram {
    /// A bot that talks to `api_url` until the order to stop.
    pub fn new(
        token: &SecretString,
        api_url: &str,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Result<Self, String> {
        let shown = api_url.split('?').next().unwrap_or_default();
        let url = url::Url::parse(api_url.trim_end_matches('/'))
            .ok()
            .filter(|u| matches!(u.scheme(), "http" | "https") && !u.cannot_be_a_base());
        let url = url.ok_or_else(|| format!("api_url: '{shown}' is not a web address"))?;
        let client = teloxide::net::default_reqwest_settings()
            .build()
            .map_err(|_| "the client for the Bot API could not be built".to_owned())?;
        let bot = Bot::with_client(token.expose_secret(), client).set_api_url(url);
        let budget = Budget::new(clock.clone());
        let (name, turns, edits) = Default::default();
        Ok(Self { bot, budget, clock, stop, name, turns, edits })
    }

    /// The number of the bot, which stands in front of its token and is no secret.
    pub fn number(&self) -> Option<&str> {
        let (number, _) = self.bot.token().split_once(':')?;
        (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
    }

    /// Whether the order to stop was given; nothing new is sent then.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Whether this is our name, as in `/late@name`. While the platform does not tell our name, every
    /// name is: groups in privacy mode show us only what is for us.
    pub async fn is_named(&self, name: &str) -> bool {
        let ask =
            async || self.call(0, self.bot.get_me().into_future()).await.map(|me| me.username().to_owned());
        match self.name.get_or_try_init(ask).await {
            Ok(ours) => ours.eq_ignore_ascii_case(name),
            Err(trouble) => {
                tracing::debug!(?trouble, "the bot's own name could not be asked for");
                true
            }
        }
    }

    /// The turn of a chat: whoever reads a card, edits it and writes it down holds it, so that two
    /// edits never overtake each other.
    pub fn turn(&self, chat: i64) -> Arc<tokio::sync::Mutex<()>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(chat).or_default().clone()
    }

    /// When this process last edited a message.
    pub fn edited_at(&self, chat: i64, id: i32) -> Option<Timestamp> {
        self.edits.lock().unwrap_or_else(PoisonError::into_inner).get(&(chat, id)).copied()
    }

    fn note_edit(&self, chat: i64, id: i32) {
        let now = self.clock.now();
        let mut edits = self.edits.lock().unwrap_or_else(PoisonError::into_inner);
        if edits.len() > 1_000 {
            edits.retain(|_, at| now.since(*at) < Span::minutes(1));
        }
        edits.insert((chat, id), now);
    }

    /// Sends a message. Should its markup not be readable, it goes again at once as plain text, and
    /// should its buttons be the trouble, without them: an alert is never lost over its looks. Nor is it over its
    /// topic: where that is gone or closed it is told in the group itself.
    pub async fn send(&self, mut place: Place, message: &Message) -> Result<Sent, Trouble> {
        let mut sent = self.send_as(place, message, true).await;
        if place.topic > 0 && sent.as_ref().is_err_and(lacks_topic) {
            place = Place::chat(place.chat);
            sent = self.send_as(place, message, true).await;
        }
        if sent == Err(Trouble::Markup) {
            sent = self.send_as(place, message, false).await;
        }
        if sent == Err(Trouble::Markup) {
            let bare = Message { keyboard: None, ..message.clone() };
            sent = self.send_as(place, &bare, false).await;
        }
        sent
    }

    async fn send_as(&self, place: Place, message: &Message, html: bool) -> Result<Sent, Trouble> {
        let chat = place.chat;
        let text = if html { message.text.html() } else { message.text.plain() };
        let mut request = self.bot.send_message(ChatId(chat), text).link_preview_options(no_preview());
        if place.topic > 0 {
            request = request.message_thread_id(ThreadId(MessageId(place.topic)));
        }
        if html {
            request = request.parse_mode(ParseMode::Html);
        }
        if let Some(keyboard) = &message.keyboard {
            request = request.reply_markup(keyboard.clone());
        }
        let sent = self.call(chat, request.into_future()).await?;
        Ok(Sent { message: sent.id.0, at: Timestamp(sent.date.timestamp_millis()) })
    }

    /// Edits a message; that it says this already counts as done. What cannot be read of it is left out as when it
    /// is sent.
    pub async fn edit(&self, chat: i64, id: i32, message: &Message) -> Result<(), Trouble> {
        self.note_edit(chat, id);
        let mut done = self.edit_as(chat, id, message, true).await;
        if done == Err(Trouble::Markup) {
            done = self.edit_as(chat, id, message, false).await;
        }
        if done == Err(Trouble::Markup) {
            let bare = Message { keyboard: None, ..message.clone() };
            done = self.edit_as(chat, id, &bare, false).await;
        }
        if done == Err(Trouble::NotModified) { Ok(()) } else { done }
    }

    async fn edit_as(&self, chat: i64, id: i32, message: &Message, html: bool) -> Result<(), Trouble> {
        let text = if html { message.text.html() } else { message.text.plain() };
        let mut request =
            self.bot.edit_message_text(ChatId(chat), MessageId(id), text).link_preview_options(no_preview());
        if html {
            request = request.parse_mode(ParseMode::Html);
        }
        if let Some(keyboard) = &message.keyboard {
            request = request.reply_markup(keyboard.clone());
        }
        self.call(chat, request.into_future()).await.map(|_| ())
    }

    /// Changes the buttons below a message.
    pub async fn edit_keyboard(
        &self,
        chat: i64,
        id: i32,
        keyboard: InlineKeyboardMarkup,
    ) -> Result<(), Trouble> {
        let request = self.bot.edit_message_reply_markup(ChatId(chat), MessageId(id)).reply_markup(keyboard);
        match self.call(chat, request.into_future()).await {
            Ok(_) | Err(Trouble::NotModified) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Answers the press of a button; an empty text only ends the waiting.
    pub async fn answer(&self, query: &str, text: &str) -> Result<(), Trouble> {
        let id = teloxide::types::CallbackQueryId(query.to_owned());
        let mut request = self.bot.answer_callback_query(id);
        if !text.is_empty() {
            // The platform takes at most 200 characters here.
            request = request.text(super::text::cut(text, 190));
        }
        self.call(0, request.into_future()).await.map(|_| ())
    }

    /// Asks for updates from `offset` on; what lies before it is acknowledged by asking.
    pub async fn updates(&self, offset: Option<i64>) -> Result<Vec<serde_json::Value>, Trouble> {
        let ask = AskUpdates {
            offset,
            limit: 100,
            timeout: POLL_SECONDS,
            allowed_updates: ["message", "callback_query"],
        };
        let request = JsonRequest::new(self.bot.clone(), ask);
        tokio::select! {
            () = self.stop.cancelled() => Err(Trouble::Later { after: None, why: "stopping" }),
            answer = request.into_future() => answer.map_err(|e| trouble(&e)),
        }
    }

    /// The bytes of a file that somebody put into a message; nothing where it has more than `bytes_max`.
    pub async fn file(&self, id: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Trouble> {
        let found = self.call(0, self.bot.get_file(FileId(id.to_owned())).into_future()).await?;
        // Where the platform does not tell the size this is the largest number.
        if found.size < u32::MAX && found.size as usize > bytes_max {
            return Ok(None);
        }
        let mut pieces = self.bot.download_file_stream(&found.path);
        let reading = async {
            let mut bytes = Vec::new();
            while let Some(piece) = pieces.next().await {
                // The address in such an error holds the token.
                let lost = |_| Trouble::Later { after: None, why: "the file did not come whole" };
                let piece = piece.map_err(lost)?;
                if bytes.len() + piece.len() > bytes_max {
                    return Ok(None);
                }
                bytes.extend_from_slice(&piece);
            }
            Ok(Some(bytes))
        };
        tokio::select! {
            () = self.stop.cancelled() => Err(Trouble::Later { after: None, why: "stopping" }),
            read = reading => read,
        }
    }

    /// Who we are, as the platform tells it.
    pub async fn me(&self) -> Result<serde_json::Value, Trouble> {
        self.call(0, JsonRequest::new(self.bot.clone(), AskMe {}).into_future()).await
    }

    /// What a chat is, as the platform tells it.
    pub async fn chat(&self, chat_id: i64) -> Result<serde_json::Value, Trouble> {
        self.call(chat_id, JsonRequest::new(self.bot.clone(), AskChat { chat_id }).into_future()).await
    }

    async fn call<T>(
        &self,
        chat: i64,
        request: impl Future<Output = Result<T, RequestError>>,
    ) -> Result<T, Trouble> {
        if self.is_stopping() {
            return Err(Trouble::Later { after: None, why: "stopping" });
        }
        let stopped = async {
            self.stop.cancelled().await;
            pause(LAST_WORDS, &CancellationToken::new()).await;
        };
        tokio::select! {
            answer = request => answer.map_err(|e| {
                let trouble = trouble(&e);
                if let Trouble::Later { after: Some(after), .. } = &trouble {
                    self.budget.hold(chat, self.clock.now().plus(*after));
                }
                trouble
            }),
            () = stopped => Err(Trouble::Unknown("stopped before the answer came")),
        }
    }
}

/// A request for updates that gives them as they come, so that they can be stored before they are
/// read.
#[derive(Clone, Serialize)]
struct AskUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u8,
    timeout: u32,
    allowed_updates: [&'static str; 2],
}

impl Payload for AskUpdates {
    type Output = Vec<serde_json::Value>;
    const NAME: &'static str = "GetUpdates";
}

/// A question who we are that takes whatever the platform tells.
#[derive(Clone, Serialize)]
struct AskMe {}

impl Payload for AskMe {
    type Output = serde_json::Value;
    const NAME: &'static str = "GetMe";
}

/// A question what a chat is that takes whatever the platform tells.
#[derive(Clone, Serialize)]
struct AskChat {
    chat_id: i64,
}

impl Payload for AskChat {
    type Output = serde_json::Value;
    const NAME: &'static str = "GetChat";
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// What an error means. Only a failure to connect, and a clear no, prove that nothing was done.
fn trouble(error: &RequestError) -> Trouble {
    match error {
        RequestError::RetryAfter(seconds) => Trouble::Later {
            after: Some(Span::seconds(i64::from(seconds.seconds()))),
            why: "the platform asked to wait",
        },
        RequestError::MigrateToChatId(id) => Trouble::Moved(id.0),
        RequestError::Network(e) if e.is_connect() => {
            Trouble::Later { after: None, why: "the Bot API could not be reached" }
        }
        RequestError::Network(e) if e.is_timeout() => Trouble::Unknown("no answer came in time"),
        RequestError::Network(_) => Trouble::Unknown("the connection broke before the answer came"),
        RequestError::InvalidJson { .. } => Trouble::Unknown("the answer could not be read"),
        RequestError::Io(_) => Trouble::Unknown("the request broke off"),
        RequestError::Api(api) => api_trouble(api),
    }
}

fn api_trouble(error: &ApiError) -> Trouble {
    match error {
        ApiError::MessageNotModified => Trouble::NotModified,
        ApiError::MessageToEditNotFound | ApiError::MessageCantBeEdited | ApiError::MessageIdInvalid => {
            Trouble::Gone
        }
        ApiError::CantParseEntities(_) | ApiError::ButtonUrlInvalid | ApiError::ButtonDataInvalid => {
            Trouble::Markup
        }
        // A wrong token can be put right; nothing was sent with it.
        ApiError::InvalidToken => {
            Trouble::Later { after: Some(Span::minutes(1)), why: "the Bot API does not know the token" }
        }
        ApiError::TerminatedByOtherGetUpdates => Trouble::Conflict("another process asks for updates"),
        ApiError::CantGetUpdates => Trouble::Conflict("a webhook takes the updates"),
        ApiError::Unknown(text) => {
            let lower = text.to_ascii_lowercase();
            let word = |w: &str| lower.starts_with(w);
            match () {
                () if word("conflict") => Trouble::Conflict("another process asks for updates"),
                () if word("bad request") || word("forbidden") => Trouble::Refused(short(text)),
                () if word("too many requests") => {
                    Trouble::Later { after: Some(Span::seconds(30)), why: "the platform asked to wait" }
                }
                () => Trouble::Unknown("the Bot API failed"),
            }
        }
        other => Trouble::Refused(short(&other.to_string())),
    }
}

/// Whether the platform refused because nobody can be written to in that chat: blocked, deactivated, never begun or
/// unknown. What we ourselves refused to send says nothing about that.
pub(super) fn is_out_of_reach(reason: &str) -> bool {
    let lower = reason.to_ascii_lowercase();
    let words = ["blocked by the user", "user is deactivated", "chat not found", "initiate conversation"];
    words.iter().any(|w| lower.contains(w))
}

/// Whether the platform refused because of the topic: deleted, closed, or of a group that has none any more.
fn lacks_topic(trouble: &Trouble) -> bool {
    let Trouble::Refused(reason) = trouble else { return false };
    let lower = reason.to_ascii_lowercase();
    ["message thread not found", "topic_deleted", "topic_closed"].iter().any(|w| lower.contains(w))
}

fn short(text: &str) -> String {
    text.chars().take(120).collect()
}
