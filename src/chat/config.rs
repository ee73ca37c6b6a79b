//! The settings of the team's chat.

use super::place::Place;
use super::texts::Lang;
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `[chat]`: left out, there is no bot.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChatConfig {
    /// The Telegram bot.
    pub telegram: Option<TelegramConfig>,
}

/// How much of the customer's words an alert shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Excerpt {
    /// Nothing.
    #[default]
    None,
    /// The beginning, with personal data masked.
    Masked,
}

/// `[chat.telegram]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelegramConfig {
    /// The bot's token.
    pub token: Option<SecretString>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// The Bot API's address.
    pub api_url: String,
    /// Chats of teams, each told of its brands.
    pub teams: Vec<TeamChat>,
    /// Chats of leads, told of reports, of broken promises, of steps of chains that name leads, and of duty.
    pub leads: Vec<i64>,
    /// Who may press buttons: the numeric Telegram id and the person's login here.
    pub users: Vec<ChatUser>,
    /// How much of the customer's words an alert shows.
    pub excerpt: Excerpt,
    /// Least minutes between two digests of what is not urgent; 0 for none.
    pub digest_minutes: i64,
    /// The language where nobody says another: `en` or `nl`.
    pub language: String,
}

impl TelegramConfig {
    /// The language where nobody says another.
    pub fn lang(&self) -> Lang {
        Lang::from_tag(&self.language).unwrap_or_default()
    }
}

impl Default for TelegramConfig {
    fn default() -> Self {
        Self {
            token: None,
            token_file: None,
            api_url: "https://api.telegram.org".to_owned(),
            teams: Vec::new(),
            leads: Vec::new(),
            users: Vec::new(),
            excerpt: Excerpt::None,
            digest_minutes: 10,
            language: "en".to_owned(),
        }
    }
}

/// One entry of `chat.telegram.teams`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamChat {
    /// The chat's id; groups have negative ones.
    pub chat: i64,
    /// The brands it hears of; left out, all.
    #[serde(default)]
    pub brands: Vec<String>,
    /// The topic of the group, where it has topics.
    #[serde(default)]
    pub topic: Option<i32>,
    /// The language of the group; left out, that of the bot.
    #[serde(default)]
    pub language: String,
    /// The time zone of the group; left out, that of the reports.
    #[serde(default)]
    pub zone: String,
}

impl TeamChat {
    /// Where it is told.
    pub fn place(&self) -> Place {
        Place { chat: self.chat, topic: self.topic.unwrap_or(0) }
    }
}

/// One entry of `chat.telegram.users`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatUser {
    /// The numeric Telegram id.
    pub id: i64,
    /// The person's login in webcared.
    pub login: String,
    /// Their language, until they say another; left out, that of their app or of the bot.
    #[serde(default)]
    pub language: String,
    /// Their time zone, until they say another; left out, that of the reports.
    #[serde(default)]
    pub zone: String,
}
