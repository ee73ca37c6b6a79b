//! The settings of a mailbox: `source.mail`.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// How a connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Encrypted from the first byte.
    #[default]
    Tls,
    /// Begins plain and is encrypted before anything is said.
    Starttls,
    /// Plain; only on this machine.
    None,
}

/// `source.mail`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// The address in whose name mails are answered; it also names the mailbox.
    pub address: String,
    /// The name shown with it.
    pub name: Option<String>,
    /// Further addresses of the brand: what comes from them is an answer of ours.
    pub own_addresses: Vec<String>,
    /// The folders that are read.
    pub folders: Vec<String>,
    /// The folder in which the server files what was sent: answers typed in a mail program are seen there.
    pub sent_folder: Option<String>,
    /// Folders that are only read a second time, for what a rule moved there before it was seen.
    pub sweep_folders: Vec<String>,
    /// How often to look in any case, in seconds; new mail of which the server tells is seen at once.
    pub every_seconds: i64,
    /// How far back to read at the first connection, in days.
    pub first_days: i64,
    /// Of a mail that is larger only the head is read, in bytes.
    pub bytes_max: i64,
    /// What stands before the number of a case in the subject of answers, as in `[#42]`.
    pub subject_tag: String,
    /// The server that is read.
    pub imap: ImapConfig,
    /// The server that sends; left out, mails are read only.
    pub smtp: Option<SmtpConfig>,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            address: String::new(),
            name: None,
            own_addresses: Vec::new(),
            folders: vec!["INBOX".to_owned()],
            sent_folder: None,
            sweep_folders: Vec::new(),
            every_seconds: 120,
            first_days: 7,
            bytes_max: 10 * 1024 * 1024,
            subject_tag: "#".to_owned(),
            imap: ImapConfig::default(),
            smtp: None,
        }
    }
}

/// `source.mail.imap`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImapConfig {
    /// The server's name.
    pub host: String,
    /// Its port; left out, 993 with `tls` and 143 otherwise.
    pub port: Option<u16>,
    /// How the connection is kept from others.
    pub security: Security,
    /// The user; left out, the address.
    pub user: Option<String>,
    /// The password.
    pub password: Option<SecretString>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// A file that holds an OAuth 2 access token, read anew at every log-in.
    pub token_file: Option<PathBuf>,
    /// When the log-in ends, as a day such as 2027-01-31 or an instant; left out, nobody knows, unless the platform tells.
    pub expires: Option<String>,
}

/// `source.mail.smtp`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmtpConfig {
    /// The server's name.
    pub host: String,
    /// Its port; left out, 465 with `tls`, 587 with `starttls` and 25 otherwise.
    pub port: Option<u16>,
    /// How the connection is kept from others.
    pub security: Security,
    /// Whether it wants no log-in.
    pub open: bool,
    /// The user; left out, that of IMAP.
    pub user: Option<String>,
    /// The password; left out, that of IMAP.
    pub password: Option<SecretString>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// A file that holds an OAuth 2 access token; left out, that of IMAP.
    pub token_file: Option<PathBuf>,
    /// When the log-in ends, as a day such as 2027-01-31 or an instant; left out, nobody knows, unless the platform tells.
    pub expires: Option<String>,
    /// How many mails may leave in a minute.
    pub per_minute_max: i64,
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: None,
            security: Security::Tls,
            open: false,
            user: None,
            password: None,
            password_file: None,
            token_file: None,
            expires: None,
            per_minute_max: 30,
        }
    }
}
