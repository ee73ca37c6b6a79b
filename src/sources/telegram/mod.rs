//! A Telegram bot to which customers write: their messages, and our answers in its name.
//!
//! It is another bot than the one that tells the team. Everything said to it is private; groups to which somebody
//! adds it are passed over. Updates are fetched by long polling, and fetching behind an offset acknowledges what lies
//! before it: the offset is the cursor, so nothing is acknowledged before it is stored. The platform keeps what nobody fetches for a
//! day, tells of edits and never of deletes, and lets nobody read back what was sent: an answer whose confirmation is
//! lost is a person's to decide. Built from the published Bot API (`getUpdates`, `sendMessage`, as of
//! November 2026); never reached while building.

mod enclosed;
mod files;
mod private;
mod reply;
mod update;

pub use enclosed::FILES;
pub use reply::LIMITS;

use super::config::TelegramSourceConfig;
use super::{
    Batch, Examine, Media, Outside, Poll, Private, RawItem, Reply, Source, SourceTrouble, Tally, TroubleState,
};
use crate::clock::Clock;
use crate::domain::exam::Exam;
use crate::domain::post::RawAuthor;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Budget, Call, CallError, HttpClient};
use async_trait::async_trait;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use update::{Read, read};
use url::Url;

/// The name of the kind, and of the platform.
const KIND: &str = "telegram";
/// The only stream.
const STREAM: &str = "messages";
/// Most updates of one page, as the platform allows.
const PAGE: usize = 100;
/// How long the platform may hold a question for updates open, in seconds.
const HOLD_SECONDS: u32 = 20;
/// How long such a question may take in all.
const ASKING: Span = Span::seconds(30);
/// How long any other may take.
const CALLING: Span = Span::seconds(9);
// Unwrapped while compiling: a zero would not build.
/// Messages a second, as the platform documents for all chats of a bot together.
const MESSAGES: NonZeroU32 = NonZeroU32::new(25).unwrap();

/// A bot of a brand.
pub struct TelegramSource {
    name: String,
    credential: String,
    /// The number in front of the token: the bot's own id.
    bot: String,
    counts_from: Option<Timestamp>,
    base: Url,
    token: SecretString,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    budget: Budget,
    tally: Tally,
    /// The bot's name, once it was asked.
    handle: RwLock<Option<String>>,
}

impl std::fmt::Debug for TelegramSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TelegramSource")
            .field("name", &self.name)
            .field("bot", &self.bot)
            .finish_non_exhaustive()
    }
}

/// What every answer of the platform looks like.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(default)]
    ok: bool,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
}

/// What the platform says of a refusal.
#[derive(Debug, Default, Deserialize)]
struct Said {
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    retry_after: Option<i64>,
}

impl Said {
    fn of(start: &str) -> Self {
        serde_json::from_str(start).unwrap_or_default()
    }

    fn words(&self, code: u16) -> String {
        if self.description.is_empty() {
            format!("the Bot API answers {code}")
        } else {
            super::shortened(&self.description)
        }
    }
}

impl TelegramSource {
    /// A bot after the settings; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &TelegramSourceConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let token = config.token.clone().ok_or("telegram: it needs token or token_file")?;
        let plain = token.expose_secret().trim();
        let (bot, key) = plain.split_once(':').unwrap_or_default();
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if bot.is_empty()
            || !bot.chars().all(|c| c.is_ascii_digit())
            || key.is_empty()
            || !key.chars().all(fine)
        {
            return Err("telegram.token: it must look like 123456:ABC-DEF, as @BotFather gives it".to_owned());
        }
        let base = Url::parse(&config.api_url).map_err(|e| format!("telegram.api_url: {e}"))?;
        Ok(Self {
            name: name.to_owned(),
            credential: format!("{KIND}:{bot}"),
            bot: bot.to_owned(),
            counts_from,
            base,
            token: SecretString::from(plain.to_owned()),
            http: outside.http.clone(),
            clock: outside.clock.clone(),
            budget: Budget::new(outside.clock.clone(), MESSAGES, Span::seconds(1)),
            tally: Tally::default(),
            handle: RwLock::default(),
        })
    }

    /// A call of a method; the token stands in its path, which the client never logs.
    fn call(&self, method: &str, body: &Value) -> Call {
        Call::new(Method::POST, self.address(method)).body("application/json", body.to_string())
    }

    fn address(&self, method: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&format!("bot{}", self.token.expose_secret())).push(method);
        }
        url
    }

    /// Asks, and gives the result as it came.
    async fn ask(&self, method: &str, body: &Value, within: Span) -> Result<Box<RawValue>, SourceTrouble> {
        self.tally.add(&self.credential);
        let answer = self.http.send(self.call(method, body).within(within)).await;
        let answer = answer.map_err(|error| self.trouble(&error))?;
        let broken =
            || SourceTrouble::new(TroubleState::Broken, "the answer is not what the Bot API describes");
        let told: Told<'_> = serde_json::from_slice(&answer.body).map_err(|_| broken())?;
        told.result.filter(|_| told.ok).map(ToOwned::to_owned).ok_or_else(broken)
    }

    fn trouble(&self, error: &CallError) -> SourceTrouble {
        let now = self.clock.now();
        match error {
            CallError::Status { code: 401 | 404, .. } => SourceTrouble::new(
                TroubleState::NeedsToken,
                "the Bot API does not know the token; it was withdrawn or is wrong",
            ),
            CallError::Status { code: 409, start, .. } => {
                let webhook = start.contains("webhook");
                let why = if webhook {
                    "a webhook takes the bot's messages"
                } else {
                    "another program fetches the bot's messages"
                };
                SourceTrouble::new(TroubleState::Broken, why)
            }
            CallError::Status { code: 429, start, .. } => {
                let wait =
                    Span::seconds(Said::of(start).parameters.retry_after.unwrap_or(30).clamp(1, 3_600));
                let until = now.plus(wait);
                SourceTrouble::new(TroubleState::RateLimited { until }, "the Bot API asks for fewer calls")
                    .after(wait)
            }
            error => SourceTrouble::of(error, TroubleState::NeedsToken, now),
        }
    }

    /// The bot's name, asked for once.
    async fn know(&self) -> Result<String, SourceTrouble> {
        if let Some(handle) = self.handle() {
            return Ok(handle);
        }
        let told = self.ask("getMe", &json!({}), CALLING).await?;
        let me: Value = serde_json::from_str(told.get()).unwrap_or_default();
        let handle = me["username"].as_str().unwrap_or_default().to_owned();
        *self.handle.write().unwrap_or_else(PoisonError::into_inner) = Some(handle.clone());
        Ok(handle)
    }

    fn handle(&self) -> Option<String> {
        self.handle.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn me(&self) -> RawAuthor {
        RawAuthor { id: self.bot.clone(), handle: self.handle(), ..RawAuthor::default() }
    }
}

#[async_trait]
impl Poll for TelegramSource {
    fn every(&self) -> Span {
        // The platform holds the question open; what comes is told at once.
        Span::seconds(1)
    }

    fn streams(&self) -> Vec<String> {
        vec![STREAM.to_owned()]
    }

    async fn poll(&self, _stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        // The name is nice to have, and shows a wrong token in the platform's own words.
        let first = self.handle().is_none();
        self.know().await?;
        let offset: Option<i64> = cursor.and_then(|c| c.parse().ok());
        let mut body = json!({ "limit": PAGE, "allowed_updates": ["message", "edited_message"],
            "timeout": if first { 0 } else { HOLD_SECONDS } });
        if let Some(offset) = offset {
            body["offset"] = json!(offset);
        }
        let told = self.ask("getUpdates", &body, ASKING).await?;
        let broken = || SourceTrouble::new(TroubleState::Broken, "the answer is no list of updates");
        let raws: Vec<&RawValue> = serde_json::from_str(told.get()).map_err(|_| broken())?;
        let now = self.clock.now();
        let (mut items, mut next) = (Vec::new(), offset);
        for raw in &raws {
            match read(raw.get(), &self.bot, now) {
                Read::Message { update, post, at } => {
                    next = next.max(Some(update + 1));
                    items.push(RawItem::of(format!("{update}"), &post, at));
                }
                Read::Passed { update } => next = next.max(Some(update + 1)),
                Read::Unreadable { update } => {
                    // Without a number nothing behind it could ever be acknowledged.
                    next = next.max(update.map(|n| n + 1));
                    items.push(RawItem::unreadable(raw.get()));
                }
            }
        }
        let cursor = next.filter(|n| Some(*n) != offset).map(|n| n.to_string());
        Ok(Batch { items, cursor, more: raws.len() >= PAGE })
    }
}

#[async_trait]
impl Examine for TelegramSource {
    fn is_all(&self) -> bool {
        true
    }

    async fn examine(&self) -> Vec<Exam> {
        let handle = match self.know().await {
            Ok(handle) => handle,
            Err(trouble) => return vec![trouble.exam("log in", "Ask @BotFather for the bot's token.")],
        };
        let mut exams = vec![Exam::good("log in", format!("@{handle}"))];
        exams.push(match self.ask("getWebhookInfo", &json!({}), CALLING).await {
            Ok(told) => {
                let told: Value = serde_json::from_str(told.get()).unwrap_or_default();
                let waiting = told["pending_update_count"].as_i64().unwrap_or_default();
                if told["url"].as_str().is_some_and(|url| !url.is_empty()) {
                    let advice = "Take the webhook away (deleteWebhook), or the messages go there.";
                    Exam::bad("messages", "a webhook takes the bot's messages", advice)
                } else {
                    Exam::good("messages", format!("{waiting} wait to be fetched"))
                }
            }
            Err(trouble) => trouble.exam("messages", "Ask @BotFather for the bot's token."),
        });
        exams
    }
}

impl Source for TelegramSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        KIND
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn reply(&self) -> Option<&dyn Reply> {
        Some(self)
    }

    fn private(&self) -> Option<&dyn Private> {
        Some(self)
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }

    fn examine(&self) -> Option<&dyn Examine> {
        Some(self)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }
}
