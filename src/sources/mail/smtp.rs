//! Handing a mail to the server that sends, step by step, so that each outcome is known for what it is.
//!
//! Up to the word DATA nothing of the mail has left: whatever fails there is proved not to have been
//! sent. Once the mail is on its way only the server's word tells: taken, not now (4xx), never (5xx). No
//! word at all is unknown, and SMTP has no way to ask again.

use super::compose::Letter;
use super::config::{Security, SmtpConfig};
use super::imap::{Mailbox, Secret};
use crate::domain::delivery::Outcome;
use crate::domain::masking::COVER;
use crate::domain::time::{Span, Timestamp};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Auth, Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use secrecy::ExposeSecret;

/// How long everything before the mail itself may take.
const BEFORE: Span = Span::seconds(9);
/// How long the server may take over the mail; together they stay below what the outbox waits for.
const TAKING: Span = Span::seconds(14);

/// How the reason of a refused log-in begins.
pub(super) const REFUSED_LOG_IN: &str = "the mail server refused the log-in";

/// Where mails are handed over, and how to get in.
#[derive(Clone, Debug)]
pub struct Outlet {
    host: String,
    port: u16,
    security: Security,
    /// User and secret; `None` where no log-in is wanted.
    login: Option<(String, Secret)>,
    /// The name by which we greet.
    hello: ClientId,
}

/// Why nothing was sent.
enum Before {
    Error(Error),
    Words(String),
    Refused(String),
}

impl From<Error> for Before {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Outlet {
    /// The server of the settings; what is not said there is as it is for reading.
    pub fn new(config: &SmtpConfig, mailbox: &Mailbox, domain: &str) -> Self {
        let own = match (&config.token_file, &config.password) {
            (Some(file), _) => Some(Secret::TokenFile(file.clone())),
            (None, Some(password)) => Some(Secret::Password(password.clone())),
            (None, None) => None,
        };
        let user = config.user.clone().unwrap_or_else(|| mailbox.user.clone());
        let login = (!config.open).then(|| (user, own.unwrap_or_else(|| mailbox.secret.clone())));
        let usual = match config.security {
            Security::Tls => 465,
            Security::Starttls => 587,
            Security::None => 25,
        };
        Self {
            host: config.host.clone(),
            port: config.port.unwrap_or(usual),
            security: config.security,
            login,
            hello: ClientId::Domain(domain.to_owned()),
        }
    }

    /// A server that stands by itself; without a secret it is used without log-in.
    pub fn alone(config: &SmtpConfig, address: &str, domain: &str) -> Self {
        let secret = match (&config.token_file, &config.password) {
            (Some(file), _) => Some(Secret::TokenFile(file.clone())),
            (None, Some(password)) => Some(Secret::Password(password.clone())),
            (None, None) => None,
        };
        let usual = match config.security {
            Security::Tls => 465,
            Security::Starttls => 587,
            Security::None => 25,
        };
        let user = config.user.clone().unwrap_or_else(|| address.to_owned());
        Self {
            host: config.host.clone(),
            port: config.port.unwrap_or(usual),
            security: config.security,
            login: secret.filter(|_| !config.open).map(|secret| (user, secret)),
            hello: ClientId::Domain(domain.to_owned()),
        }
    }

    /// Hands one mail over, once.
    pub async fn send(&self, letter: &Letter, now: Timestamp) -> Outcome {
        let ready = tokio::time::timeout(BEFORE.to_std(), self.up_to_data(letter)).await;
        let mut line = match ready {
            Ok(Ok(line)) => line,
            Ok(Err(before)) => return before.outcome(),
            Err(_) => return retry("the mail server does not answer in time"),
        };
        let taken = tokio::time::timeout(TAKING.to_std(), line.message(&letter.bytes)).await;
        let outcome = match taken {
            Ok(Ok(_)) => Outcome::Done { remote_id: letter.id.clone(), at: Some(now) },
            Ok(Err(error)) if error.is_transient() => retry(&said(&error)),
            Ok(Err(error)) if error.is_permanent() => Outcome::Refused { reason: said(&error) },
            Ok(Err(_)) => unknown("the connection broke while the mail server took the mail"),
            Err(_) => unknown("the mail server took the mail and said nothing in time"),
        };
        if matches!(outcome, Outcome::Done { .. }) {
            // What it says to a good-bye changes nothing.
            let _ = tokio::time::timeout(Span::seconds(1).to_std(), line.quit()).await;
        }
        outcome
    }

    /// Logs in and says good-bye; says who serves there, or why it cannot be.
    pub async fn knock(&self) -> Result<String, String> {
        let words = |before: Before| match before.outcome() {
            Outcome::Retry { why, .. } => why,
            Outcome::Refused { reason } => reason,
            _ => "it cannot be told".to_owned(),
        };
        let ready = tokio::time::timeout(BEFORE.to_std(), self.logged_in()).await;
        let mut line = match ready {
            Ok(line) => line.map_err(words)?,
            Err(_) => return Err("the mail server does not answer in time".to_owned()),
        };
        let _ = tokio::time::timeout(Span::seconds(1).to_std(), line.quit()).await;
        let entry = self.login.as_ref().map_or("without log-in".to_owned(), |(user, _)| format!("as {user}"));
        Ok(format!("{}:{} {entry}", self.host, self.port))
    }

    /// Everything before the mail itself.
    async fn up_to_data(&self, letter: &Letter) -> Result<AsyncSmtpConnection, Before> {
        let mut line = self.logged_in().await?;
        let mut options = Vec::new();
        let ascii = |a: &lettre::Address| a.to_string().is_ascii();
        if !letter.envelope.from().into_iter().chain(letter.envelope.to()).all(ascii) {
            if !line.server_info().supports_feature(Extension::SmtpUtfEight) {
                let why = "the mail server takes no addresses with such letters";
                return Err(Before::Refused(why.to_owned()));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        line.command(Mail::new(letter.envelope.from().cloned(), options)).await?;
        for to in letter.envelope.to() {
            line.command(Rcpt::new(to.clone(), Vec::new())).await?;
        }
        line.command(Data).await?;
        Ok(line)
    }

    async fn logged_in(&self) -> Result<AsyncSmtpConnection, Before> {
        let mut line = self.connected().await?;
        if let Some((user, secret)) = &self.login {
            let word =
                secret.word().map_err(|why| Before::Words(format!("the file with the token: {why}")))?;
            let known = Credentials::new(user.clone(), word.expose_secret().to_owned());
            match secret {
                Secret::TokenFile(_) => with_token(&mut line, known).await?,
                Secret::Password(_) => {
                    let ways = [Mechanism::Plain, Mechanism::Login];
                    line.auth(&ways, &known).await.map_err(|error| match &error {
                        e if e.is_permanent() => Before::Refused(format!("{REFUSED_LOG_IN}: {}", said(e))),
                        _ => Before::Error(error),
                    })?;
                }
            }
        }
        Ok(line)
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, Before> {
        let tls = || TlsParameters::new_rustls(self.host.clone());
        let first = if self.security == Security::Tls { Some(tls()?) } else { None };
        let server = (self.host.as_str(), self.port);
        let mut line =
            AsyncSmtpConnection::connect_tokio1(server, Some(BEFORE.to_std()), &self.hello, first, None)
                .await?;
        if self.security == Security::Starttls {
            line.starttls(tls()?, &self.hello).await?;
        }
        Ok(line)
    }
}

/// Logs in with a token. The big providers say first why they refuse one and want an empty line before they say no, which
/// the library does not know. Whoever keeps the token in its file renews it, so that a refused one is tried again.
async fn with_token(line: &mut AsyncSmtpConnection, known: Credentials) -> Result<(), Before> {
    if !line.server_info().supports_auth_mechanism(Mechanism::Xoauth2) {
        return Err(Before::Words("the mail server takes no tokens (XOAUTH2)".to_owned()));
    }
    let first = line.command(Auth::new(Mechanism::Xoauth2, known, None)?).await;
    let answer = match first {
        Ok(said) if said.has_code(334) => line.command("\r\n").await,
        answer => answer,
    };
    match answer {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => {
            Err(Before::Words(format!("{REFUSED_LOG_IN}: {}", said(&error))))
        }
        Err(error) => Err(Before::Error(error)),
    }
}

impl Before {
    fn outcome(self) -> Outcome {
        match self {
            Self::Error(error) if error.is_permanent() => Outcome::Refused { reason: said(&error) },
            Self::Error(error) => retry(&said(&error)),
            Self::Words(why) => retry(&why),
            Self::Refused(reason) => Outcome::Refused { reason },
        }
    }
}

fn retry(why: &str) -> Outcome {
    Outcome::Retry { after: None, why: why.to_owned() }
}

fn unknown(evidence: &str) -> Outcome {
    Outcome::Unknown { evidence: evidence.to_owned() }
}

/// What the server said, in one line. Servers like to repeat the address, and this is told in chats and logs: it is covered.
fn said(error: &Error) -> String {
    use std::error::Error as _;
    let code = error.status().map(|c| format!("{c} ")).unwrap_or_default();
    let words = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let line: String =
        format!("{code}{words}").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    covered(&line).chars().take(200).collect()
}

/// A line without the mail addresses in it.
fn covered(line: &str) -> String {
    let parts = line.split_inclusive(|c: char| c.is_whitespace() || "<>()[]\"',;:".contains(c));
    let cover = |part: &str| {
        let end = part.char_indices().last().map_or(0, |(at, _)| at);
        let is_over = |c: char| !c.is_alphanumeric() && c != '@';
        if !part.contains('@') {
            part.to_owned()
        } else if part.ends_with(is_over) {
            format!("{COVER}{}", &part[end..])
        } else {
            COVER.to_owned()
        }
    };
    parts.map(cover).collect()
}

#[cfg(test)]
#[path = "smtp_tests.rs"]
mod tests;
