//! The settings of a forum of Discourse.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.discourse`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiscourseConfig {
    /// The forum, as a web address; with a path where it stands below one.
    pub server: String,
    /// The name of the account in which we read and answer.
    pub account: String,
    /// A key of the forum's interface that may act as that account.
    pub api_key: Option<SecretString>,
    /// A file that holds the key.
    pub api_key_file: Option<PathBuf>,
    /// When the key ends, as a day such as 2027-01-31 or an instant; left out, nobody knows, unless the platform tells.
    pub expires: Option<String>,
    /// The secret of the forum's webhook; left out, none is taken.
    pub webhook_secret: Option<SecretString>,
    /// A file that holds that secret.
    pub webhook_secret_file: Option<PathBuf>,
    /// The numbers of the categories that are read; left out, all.
    pub categories: Vec<i64>,
    /// Accounts of colleagues, whose answers are ours.
    pub staff: Vec<String>,
    /// Whether whom the forum calls staff is a colleague; not where members moderate it.
    pub staff_is_ours: bool,
    /// How often to look, in seconds.
    pub every_seconds: i64,
    /// How many calls a minute are made at most.
    pub calls_per_minute: u32,
    /// The shortest answer that the forum takes, in characters.
    pub length_min: usize,
    /// Whether the account is a moderator there and may hide, delete and silence.
    pub moderates: bool,
    /// For how many days an author is silenced.
    pub silence_days: i64,
    /// For how many minutes an unanswered question is left to the members first; 0 for none.
    pub members_first_minutes: i64,
    /// How many must like a member's answer for closing to be proposed; 0 for never.
    pub solved_by_likes: i64,
}

impl Default for DiscourseConfig {
    fn default() -> Self {
        Self {
            server: String::new(),
            account: String::new(),
            api_key: None,
            api_key_file: None,
            expires: None,
            webhook_secret: None,
            webhook_secret_file: None,
            categories: Vec::new(),
            staff: Vec::new(),
            staff_is_ours: true,
            every_seconds: 30,
            calls_per_minute: 50,
            length_min: 20,
            moderates: false,
            silence_days: 7,
            members_first_minutes: 0,
            solved_by_likes: 5,
        }
    }
}
