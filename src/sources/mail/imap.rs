//! One connection to an IMAP server, log-in included, and what is asked of it. Folders are opened for
//! reading only and mails are looked into without being marked as read: this changes nothing there.
//!
//! Every question has an end in time; a connection on which one failed is given up.

use super::super::{SourceTrouble, TroubleState};
use super::config::{ImapConfig, Security};
use super::folder;
use super::row::Row;
use crate::domain::time::{Span, Timestamp};
use async_imap::error::Error;
use async_imap::imap_proto::{MailboxDatum, Response, Status};
use async_imap::{Authenticator, Client};
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::{ExposeSecret, SecretString};
use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a connection with its log-in may take.
const OPENING: Span = Span::seconds(20);
/// How long a short question may take.
const ASKING: Span = Span::seconds(30);
/// How long one mail may take.
const FETCHING: Span = Span::seconds(120);
/// How soon a log-in is tried again with a token that somebody else renews.
const TOKEN_AGAIN: Span = Span::minutes(1);
/// Longest token that is read from its file, in bytes.
const TOKEN_BYTES_MAX: u64 = 64 * 1024;

/// What bytes come and go by.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Wire for T {}

type Session = async_imap::Session<Box<dyn Wire>>;

/// With what somebody logs in.
#[derive(Clone, Debug)]
pub enum Secret {
    /// A password.
    Password(SecretString),
    /// A file with an OAuth 2 access token, which somebody else renews.
    TokenFile(PathBuf),
}

impl Secret {
    /// The word as it is at present.
    pub fn word(&self) -> Result<SecretString, String> {
        match self {
            Self::Password(password) => Ok(password.clone()),
            Self::TokenFile(file) => {
                use std::io::Read as _;
                let mut text = String::new();
                let opened = std::fs::File::open(file).map_err(|e| e.to_string())?;
                opened.take(TOKEN_BYTES_MAX).read_to_string(&mut text).map_err(|e| e.to_string())?;
                Ok(text.trim().to_owned().into())
            }
        }
    }
}

/// Where a mailbox is, and how to get in.
#[derive(Clone, Debug)]
pub struct Mailbox {
    host: String,
    port: u16,
    security: Security,
    /// The user.
    pub user: String,
    /// The secret.
    pub secret: Secret,
}

impl Mailbox {
    /// The mailbox of the settings; what is wrong with them is said in words.
    pub fn new(config: &ImapConfig, address: &str) -> Result<Self, String> {
        let secret = match (&config.token_file, &config.password) {
            (Some(file), None) => Secret::TokenFile(file.clone()),
            (None, Some(password)) => Secret::Password(password.clone()),
            _ => return Err("mail.imap: it needs one of password, password_file and token_file".to_owned()),
        };
        let usual = if config.security == Security::Tls { 993 } else { 143 };
        Ok(Self {
            host: config.host.clone(),
            port: config.port.unwrap_or(usual),
            security: config.security,
            user: config.user.clone().unwrap_or_else(|| address.to_owned()),
            secret,
        })
    }

    /// The server's name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Connects and logs in.
    pub async fn open(&self) -> Result<Connection, SourceTrouble> {
        match tokio::time::timeout(OPENING.to_std(), self.log_in()).await {
            Ok(opened) => opened,
            Err(_) => Err(unreachable("the mail server does not answer in time")),
        }
    }

    async fn log_in(&self) -> Result<Connection, SourceTrouble> {
        let word = self.secret.word().map_err(|why| {
            SourceTrouble::new(TroubleState::NeedsToken, format!("the file with the token: {why}"))
                .after(TOKEN_AGAIN)
        })?;
        let client = self.greeted().await?;
        let session = match &self.secret {
            Secret::Password(_) => client.login(&self.user, word.expose_secret()).await,
            Secret::TokenFile(_) => {
                let way = Bearer { user: self.user.clone(), token: word, asked: 0 };
                client.authenticate("XOAUTH2", way).await
            }
        };
        let mut session = session.map_err(|(error, _)| self.refused(&error))?;
        let able = session.capabilities().await.map_err(|e| trouble(&e))?;
        Ok(Connection { idles: able.has_str("IDLE"), session })
    }

    async fn greeted(&self) -> Result<Client<Box<dyn Wire>>, SourceTrouble> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(|e| unreachable(format!("no network, or no mail server there: {e}")))?;
        let mut client = if self.security == Security::Tls {
            Client::new(self.encrypted(Box::new(stream)).await?)
        } else {
            Client::new(Box::new(stream) as Box<dyn Wire>)
        };
        let greeting = client.read_response().await.map_err(|e| unreachable(e.to_string()))?;
        if greeting.is_none() {
            return Err(unreachable("the mail server hung up at once"));
        }
        if self.security == Security::Starttls {
            client.run_command_and_check_ok("STARTTLS", None).await.map_err(|_| {
                SourceTrouble::new(TroubleState::Broken, "the mail server does not know STARTTLS")
            })?;
            client = Client::new(self.encrypted(client.into_inner()).await?);
        }
        Ok(client)
    }

    async fn encrypted(&self, stream: Box<dyn Wire>) -> Result<Box<dyn Wire>, SourceTrouble> {
        let broken = |why: String| {
            SourceTrouble::new(TroubleState::Broken, format!("no trusted connection: {}", short(&why)))
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|e| broken(e.to_string()))?
            .with_no_client_auth();
        let name = ServerName::try_from(self.host.clone()).map_err(|e| broken(e.to_string()))?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        Ok(Box::new(stream.map_err(|e| broken(e.to_string()))?))
    }

    /// What a refused log-in means.
    fn refused(&self, error: &Error) -> SourceTrouble {
        let Error::No(said) = error else { return trouble(error) };
        if is_busy(said) {
            return unreachable(format!("the mail server lets nobody in at present: {}", short(said)));
        }
        let refused = SourceTrouble::new(
            TroubleState::NeedsToken,
            "the mail server refused the log-in: user, password or token is wrong",
        );
        match self.secret {
            Secret::TokenFile(_) => refused.after(TOKEN_AGAIN),
            Secret::Password(_) => refused,
        }
    }
}

/// Logs in with a token.
struct Bearer {
    user: String,
    token: SecretString,
    asked: u32,
}

impl Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.asked += 1;
        if self.asked > 1 {
            // The server says why it refuses and wants an empty word before it says no.
            return String::new();
        }
        format!("user={}\x01auth=Bearer {}\x01\x01", self.user, self.token.expose_secret())
    }
}

/// A folder as it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Numbers hold as long as this stays the same.
    pub validity: u32,
    /// The number that the next mail gets, where the server says so.
    pub next: Option<u32>,
}

/// What the server says of a mail without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub uid: u32,
    /// Its size in bytes.
    pub size: u64,
    /// When the server took it.
    pub at: Option<Timestamp>,
}

/// A connection that is logged in.
#[derive(Debug)]
pub struct Connection {
    session: Session,
    /// Whether the server tells of new mail by itself.
    pub idles: bool,
}

impl Connection {
    /// Opens a folder for reading only.
    pub async fn examine(&mut self, name: &str) -> Result<Opened, SourceTrouble> {
        let opened = within(ASKING, self.session.examine(folder::on_the_wire(name))).await;
        let opened = opened.map_err(|error| match error {
            Failed::Imap(Error::No(said)) if said.contains("NOPERM") => {
                let why = format!("the mailbox's user may not read the folder '{name}': {}", short(&said));
                SourceTrouble::new(TroubleState::NeedsRight, why)
            }
            Failed::Imap(Error::No(said)) => {
                let why = format!("the folder '{name}' cannot be opened: {}", short(&said));
                SourceTrouble::new(TroubleState::Broken, why)
            }
            other => other.into(),
        })?;
        let Some(validity) = opened.uid_validity else {
            // To the library a server that hangs up has opened a folder of which it tells nothing.
            within(ASKING, self.session.run_command_and_check_ok("NOOP")).await?;
            let why = "the mail server gives its mails no lasting numbers";
            return Err(SourceTrouble::new(TroubleState::Broken, why));
        };
        Ok(Opened { validity, next: opened.uid_next })
    }

    /// The numbers of the mails of a search, rising.
    pub async fn search(&mut self, query: &str) -> Result<Vec<u32>, SourceTrouble> {
        let mut found = Vec::new();
        let told = |response: &Response<'_>| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.extend_from_slice(uids);
            }
        };
        self.ask(&format!("UID SEARCH {query}"), ASKING, told).await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Sizes and times of some mails, by rising number; those that are gone are left out.
    pub async fn list(&mut self, uids: &[u32]) -> Result<Vec<Listed>, SourceTrouble> {
        let fetched = self.fetch(uids, "(UID RFC822.SIZE INTERNALDATE)", ASKING).await?;
        let one = |f: &Row| Some(Listed { uid: f.uid?, size: f.size.map_or(0, u64::from), at: f.at });
        let mut listed: Vec<Listed> = fetched.iter().filter_map(one).collect();
        // A row of marks alone tells no size; it stands behind the one that does.
        listed.sort_unstable_by_key(|l| (l.uid, Reverse(l.size)));
        listed.dedup_by_key(|l| l.uid);
        Ok(listed)
    }

    /// The heads of some mails, by number; those that are gone are left out.
    pub async fn heads(&mut self, uids: &[u32]) -> Result<Vec<(u32, Vec<u8>)>, SourceTrouble> {
        let fetched = self.fetch(uids, "(UID BODY.PEEK[HEADER])", FETCHING).await?;
        Ok(fetched.into_iter().filter_map(|f| Some((f.uid?, f.head?))).collect())
    }

    /// One mail as it came, or its head alone; `None` if it is gone.
    pub async fn mail(&mut self, uid: u32, head_only: bool) -> Result<Option<Vec<u8>>, SourceTrouble> {
        let what = if head_only { "(UID BODY.PEEK[HEADER])" } else { "(UID BODY.PEEK[])" };
        let fetched = self.fetch(&[uid], what, FETCHING).await?;
        // While it is fetched somebody may mark it: a row of its marks alone says nothing of its words.
        let bytes_of = |f: Row| if head_only { f.head } else { f.whole };
        Ok(fetched.into_iter().filter(|f| f.uid == Some(uid)).find_map(bytes_of))
    }

    async fn fetch(&mut self, uids: &[u32], what: &str, longest: Span) -> Result<Vec<Row>, SourceTrouble> {
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let set: Vec<String> = uids.iter().map(u32::to_string).collect();
        let mut rows = Vec::new();
        // What the server tells meanwhile of other mails was not asked for, and must move no number.
        let asked = |row: &Row| row.uid.is_some_and(|uid| uids.contains(&uid));
        let told = |response: &Response<'_>| rows.extend(Row::of(response).filter(asked));
        self.ask(&format!("UID FETCH {} {what}", set.join(",")), longest, told).await?;
        Ok(rows)
    }

    /// Asks, and hands over what the server tells until it says that this was all. What it refuses in the end, and a
    /// connection that ends before, are errors: to the library's own questions both look like an answer that holds
    /// nothing, and what was not told must not be taken for gone.
    async fn ask(
        &mut self,
        question: &str,
        longest: Span,
        mut told: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), Failed> {
        let session = &mut self.session;
        let asking = async move {
            let id = session.run_command(question).await?;
            loop {
                let Some(data) = session.read_response().await? else { return Err(Error::ConnectionLost) };
                match data.parsed() {
                    Response::Done { tag, status, outcome } if *tag == id => {
                        let code = outcome.code.as_ref().map(|code| format!("{code:?} ")).unwrap_or_default();
                        let said = format!("{code}{}", outcome.information.as_deref().unwrap_or_default());
                        return match status {
                            Status::Ok => Ok(()),
                            Status::No => Err(Error::No(said)),
                            _ => Err(Error::Bad(said)),
                        };
                    }
                    other => told(other),
                }
            }
        };
        within(longest, asking).await
    }

    /// Waits until the server tells of something, at most so long; gives the connection back, or nothing
    /// if it broke.
    pub async fn idle(self, longest: Span) -> Option<Self> {
        let idles = self.idles;
        let mut handle = self.session.idle();
        within(ASKING, handle.init()).await.ok()?;
        // A word of the server that it is still there must not make this last for ever: half of a
        // connection may be dead.
        let (waiting, _stop) = handle.wait();
        let _ = tokio::time::timeout(longest.to_std(), waiting).await;
        let session = within(ASKING, handle.done()).await.ok()?;
        Some(Self { session, idles })
    }
}

/// Why a question had no answer.
enum Failed {
    Imap(Error),
    Late,
}

impl From<Failed> for SourceTrouble {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Imap(error) => trouble(&error),
            Failed::Late => unreachable("the mail server does not answer in time"),
        }
    }
}

async fn within<T>(longest: Span, asking: impl Future<Output = Result<T, Error>>) -> Result<T, Failed> {
    match tokio::time::timeout(longest.to_std(), asking).await {
        Ok(answer) => answer.map_err(Failed::Imap),
        Err(_) => Err(Failed::Late),
    }
}

fn trouble(error: &Error) -> SourceTrouble {
    match error {
        Error::Io(_) | Error::ConnectionLost => unreachable("the connection to the mail server broke"),
        Error::No(said) if is_busy(said) => {
            unreachable(format!("the mail server does not answer at present: {}", short(said)))
        }
        Error::No(said) | Error::Bad(said) => {
            SourceTrouble::new(TroubleState::Broken, format!("the mail server says no: {}", short(said)))
        }
        // What it says may hold somebody's words.
        _ => SourceTrouble::new(TroubleState::Broken, "the mail server answers otherwise than described"),
    }
}

/// Whether a refusal says that it is only one at present (RFC 5530).
fn is_busy(said: &str) -> bool {
    ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "EXPUNGEISSUED"].iter().any(|word| said.contains(word))
}

fn unreachable(why: impl Into<String>) -> SourceTrouble {
    SourceTrouble::new(TroubleState::Unreachable, short(&why.into()))
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_anew_each_time_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let secret = Secret::TokenFile(file.clone());
        assert!(secret.word().is_err());
        for token in ["one", "two"] {
            std::fs::write(&file, format!("{token}\n")).unwrap();
            assert_eq!(secret.word().unwrap().expose_secret(), token);
        }
        assert!(!format!("{:?}", Secret::Password("hush".to_owned().into())).contains("hush"));
        let mut way = Bearer { user: "care@x".into(), token: "t".to_owned().into(), asked: 0 };
        assert_eq!(way.process(b""), "user=care@x\x01auth=Bearer t\x01\x01");
        assert_eq!(way.process(b"{\"status\":\"400\"}"), "");
    }

    #[test]
    fn a_busy_server_is_not_a_wrong_password() {
        let config = ImapConfig { password: Some("x".to_owned().into()), ..ImapConfig::default() };
        let mailbox = Mailbox::new(&config, "care@x").unwrap();
        let told = |said: &str| mailbox.refused(&Error::No(said.to_owned())).state;
        assert_eq!(told("[AUTHENTICATIONFAILED] no"), TroubleState::NeedsToken);
        assert_eq!(told("[UNAVAILABLE] later"), TroubleState::Unreachable);
        assert_eq!((mailbox.port, mailbox.user.as_str()), (993, "care@x"));
        assert!(Mailbox::new(&ImapConfig::default(), "care@x").is_err());
    }
}
