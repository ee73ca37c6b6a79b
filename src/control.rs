//! The control socket: how commands that write reach the running daemon.
//!
//! On SQLite the daemon holds the lock of the data folder, so `replay` and `user` cannot open the
//! database to write; they speak to this socket in the folder (mode 0600) instead. A request is one
//! JSON line, for a replay followed by its posts; answers are JSON lines, the last one `done` or
//! `error`.

mod lines;
mod user;

pub use lines::{is_too_long, next_line, reach};
pub use user::UserRequest;

use crate::catalogue::Current;
use crate::clock::{Clock, Mint};
use crate::domain::duty::{WHOLE_DAY, whole_day};
use crate::domain::time::Timestamp;
use crate::duty::{Duty, OnDuty};
use crate::intake::{Intake, Item, Reader, SourceRules, Tally};
use crate::people::People;
use crate::privacy::{Privacy, PrivacyRequest};
use crate::replaying::{self, Times};
use crate::shutdown::Shutdown;
use crate::store::StoreError;
use crate::tokens::{Held, Scope, Tokens, Wanted};
use lines::{Lines, listen, say};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;

/// The socket's name in the data folder.
pub const SOCKET: &str = "webcared.sock";
/// Longest line that is read, in bytes; of a longer one the beginning is put aside.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;
const CHUNK: usize = 500;
/// After how many bytes a chunk is full, however few its lines.
const CHUNK_BYTES: usize = 8 * 1024 * 1024;

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// Take posts in; they follow, one a line, until the end of the stream.
    Replay {
        /// Whether they count, rather than being history.
        counts: bool,
    },
    /// Something about people.
    User(UserRequest),
    /// Something about tokens of programs.
    Token(TokenRequest),
    /// Something about duty.
    Duty(DutyRequest),
    /// Something about privacy, or about sending.
    Privacy(PrivacyRequest),
}

/// What `webcared duty` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum DutyRequest {
    /// Take over what a plan says.
    Import {
        /// Its name.
        plan: String,
        /// What it says.
        text: String,
        /// The zone of its times, by the IANA name.
        zone: String,
        /// The hours that a day without times means; none for all of it.
        #[serde(default)]
        whole_days: Option<String>,
    },
    /// Who is on.
    Show,
}

/// What `webcared token` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum TokenRequest {
    /// A new token; it is answered once.
    Add {
        /// What people call it.
        name: String,
        /// In whose name it acts, by login; none for a service of its own.
        person: Option<String>,
        /// Its scopes, as words.
        scopes: Vec<String>,
        /// Its brands by name; none means all.
        brands: Vec<String>,
        /// How many days it holds.
        days: i64,
    },
    /// All tokens.
    List,
    /// Take one back.
    Revoke {
        /// Its id.
        id: String,
    },
}

/// What the daemon answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// So far.
    Progress(Counts),
    /// All posts are in.
    Replayed(Counts),
    /// Lines for the terminal.
    Said(Vec<String>),
    /// A plan was read.
    Planned {
        /// Lines for the terminal.
        lines: Vec<String>,
        /// How many lines of it were passed over.
        wrong: usize,
    },
    /// It failed.
    Error(String),
}

/// The five counts and their sum, as `replay` prints them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All lines.
    pub received: u64,
    /// Became mentions.
    pub mention: u64,
    /// Were known.
    pub duplicate: u64,
    /// Were our own.
    pub own_echo: u64,
    /// Were about no brand.
    pub filtered: u64,
    /// Could not be read.
    pub quarantined: u64,
}

impl From<Tally> for Counts {
    fn from(t: Tally) -> Self {
        Self {
            received: t.received,
            mention: t.mention,
            duplicate: t.duplicate,
            own_echo: t.own_echo,
            filtered: t.filtered,
            quarantined: t.quarantined,
        }
    }
}

/// What the socket works with; also what a command uses when no daemon runs.
#[derive(Clone)]
pub struct Control {
    /// Takes posts in.
    pub intake: Intake,
    /// Knows people.
    pub people: People,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// The address by which people reach the console.
    pub public_url: String,
    /// Knows tokens.
    pub tokens: Tokens,
    /// The brands at present.
    pub catalogue: Current,
    /// Who is on duty.
    pub duty: Duty,
    /// What is owed to people.
    pub privacy: Privacy,
}

impl Control {
    /// Serves the socket in the data folder until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown, folder: &Path) -> std::io::Result<()> {
        let path = folder.join(SOCKET);
        let listener = listen(folder)?;
        let token = shutdown.token.clone();
        let tasks = shutdown.tasks.clone();
        shutdown.spawn("control socket", async move {
            loop {
                let stream = tokio::select! {
                    () = token.cancelled() => break,
                    accepted = listener.accept() => accepted,
                };
                match stream {
                    Ok((stream, _)) => {
                        let (control, token) = (self.clone(), token.clone());
                        tasks.spawn(async move {
                            tokio::select! {
                                () = token.cancelled() => {}
                                () = control.converse(stream) => {}
                            }
                        });
                    }
                    Err(error) => tracing::warn!(%error, "the control socket could not accept"),
                }
            }
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(%error, "the control socket was not removed");
            }
        });
        Ok(())
    }

    async fn converse(&self, stream: UnixStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::with_capacity(256 * 1024, read);
        let answer = match next_line(&mut lines).await {
            Ok(Some(line)) if is_too_long(&line) => {
                Answer::Error(format!("a request is longer than {LINE_BYTES_MAX} bytes"))
            }
            Ok(Some(line)) => match serde_json::from_slice::<Request>(&line) {
                Ok(Request::Replay { counts }) => self.replay(&mut lines, counts, &mut write).await,
                Ok(Request::User(request)) => self.user(&request).await,
                Ok(Request::Token(request)) => self.token(&request).await,
                Ok(Request::Duty(request)) => self.duty(&request).await,
                Ok(Request::Privacy(request)) => self.private(&request).await,
                Err(error) => Answer::Error(format!("not a request: {error}")),
            },
            Ok(None) => return,
            Err(error) => Answer::Error(error.to_string()),
        };
        // A client that left does not hear it; what was committed stays.
        let _ = say(&mut write, &answer).await;
    }

    async fn replay(&self, lines: &mut Lines, counts: bool, out: &mut OwnedWriteHalf) -> Answer {
        let times = if counts { Times::AsLive } else { Times::History };
        let mut take = self.taking(replaying::SOURCE, times);
        loop {
            let line = match next_line(lines).await {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) => return Answer::Error(error.to_string()),
            };
            match take.line(line, lines.buffer().contains(&b'\n')).await {
                Ok(false) => {}
                Ok(true) => {
                    if say(out, &Answer::Progress(take.tally.into())).await.is_err() {
                        break;
                    }
                }
                Err(error) => return Answer::Error(error.to_string()),
            }
        }
        match take.flush().await {
            Ok(()) => Answer::Replayed(take.tally.into()),
            Err(error) => Answer::Error(error.to_string()),
        }
    }

    /// Begins to take lines in under a source's name.
    pub fn taking(&self, source: &'static str, times: Times) -> Taking {
        Taking {
            intake: self.intake.clone(),
            clock: self.clock.clone(),
            source,
            times,
            number: 0,
            chunk: Vec::new(),
            bytes: 0,
            reading: None,
            tally: Tally::default(),
        }
    }

    /// Carries out what commands about privacy ask for.
    pub async fn private(&self, request: &PrivacyRequest) -> Answer {
        let said = self.privacy.asked(request).await;
        said.map_or_else(|error| Answer::Error(error.to_string()), Answer::Said)
    }

    /// Carries out what `webcared duty` asks for.
    pub async fn duty(&self, request: &DutyRequest) -> Answer {
        match request {
            DutyRequest::Show => match self.duty.now().await {
                Ok(on) if on.is_empty() => Answer::Said(vec!["nobody is on duty".to_owned()]),
                Ok(on) => Answer::Said(on.iter().map(on_duty).collect()),
                Err(error) => Answer::Error(error.to_string()),
            },
            DutyRequest::Import { plan, text, zone, whole_days } => {
                let Ok(zone) = jiff::tz::TimeZone::get(zone) else {
                    return Answer::Error(format!(
                        "zone '{zone}': allowed is an IANA name, such as Europe/Amsterdam"
                    ));
                };
                let Some(whole) = whole_days.as_deref().map_or(Some(WHOLE_DAY), whole_day) else {
                    return Answer::Error("whole days: allowed are hours as 09:00-17:30".to_owned());
                };
                match self.duty.import_with(plan, text, (&zone, whole)).await {
                    Ok(done) => {
                        let mut lines: Vec<String> = done.wrong.iter().map(ToString::to_string).collect();
                        let passed = done.wrong.len();
                        lines.push(format!("shifts: {}, lines passed over: {passed}", done.shifts));
                        if done.shifts == 0 && !done.wrong.is_empty() {
                            lines.push("nothing could be used; the last plan holds".to_owned());
                        }
                        Answer::Planned { lines, wrong: done.wrong.len() }
                    }
                    Err(error) => Answer::Error(error.to_string()),
                }
            }
        }
    }

    /// Carries out what `webcared token` asks for.
    pub async fn token(&self, request: &TokenRequest) -> Answer {
        let said = match request {
            TokenRequest::Add { name, person, scopes, brands, days } => {
                let mut read = Vec::new();
                for word in scopes {
                    let Some(scope) = Scope::from_code(word) else {
                        let all = Scope::ALL.map(Scope::code).join(", ");
                        return Answer::Error(format!("scope '{word}': allowed are {all}"));
                    };
                    read.push(scope);
                }
                let known: Vec<String> =
                    self.catalogue.get().brands.iter().map(|b| b.brand.name.clone()).collect();
                let (name, person, brands) = (name.clone(), person.clone(), brands.clone());
                let wanted = Wanted { name, person, scopes: read, brands, days: *days };
                self.tokens.add(&wanted, "command", &known).await.map(|(id, token)| {
                    vec![format!("{id}: this is shown once, keep it where secrets are kept:"), token]
                })
            }
            TokenRequest::List => self.tokens.list().await.map(|all| all.iter().map(held).collect()),
            TokenRequest::Revoke { id } => {
                self.tokens.revoke(id).await.map(|()| vec![format!("{id} is taken back")])
            }
        };
        said.map_or_else(|error| Answer::Error(error.to_string()), Answer::Said)
    }

    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.trim_end_matches('/'))
    }
}

/// Somebody on duty as a line for the terminal.
fn on_duty(on: &OnDuty) -> String {
    let p = &on.present;
    let codes: Vec<&str> = p.reach.languages.iter().map(|l| l.code()).collect();
    let reads = if codes.is_empty() { "all languages".to_owned() } else { codes.join(",") };
    format!("{:<24} {} - {} {:<9} {reads}", on.login, p.from.rfc3339(), p.until.rfc3339(), p.role.code())
}

/// A token as a line for the terminal.
fn held(t: &Held) -> String {
    let scopes: Vec<&str> = t.scopes.iter().map(|s| s.code()).collect();
    let brands = if t.brands.is_empty() { "all brands".to_owned() } else { t.brands.join(",") };
    let used = t.used_at.map_or_else(|| "never used".to_owned(), |at| format!("used {}", at.rfc3339()));
    let until = t.until.day();
    format!(
        "{} {:<8} until {until} {:<20} as {} [{}] {brands}; {used}",
        t.id,
        t.state,
        t.name,
        t.acts_as,
        scopes.join(" ")
    )
}

/// Takes lines in, in chunks: reading and judging beside the commit before.
pub struct Taking {
    intake: Intake,
    clock: Arc<dyn Clock>,
    source: &'static str,
    times: Times,
    number: u64,
    chunk: Vec<(u64, Vec<u8>)>,
    bytes: usize,
    /// The chunk before, which is read beside the commit of the one before it.
    reading: Option<Reading>,
    /// What came of them so far.
    pub tally: Tally,
}

/// A chunk on a thread that reads and judges it, with what it is read by.
type Reading = (Arc<Reader>, tokio::task::JoinHandle<Vec<Item>>);

impl Taking {
    /// Adds one line; when a chunk is full, or nothing more waits, it is taken in. Tells whether
    /// anything was.
    pub async fn line(&mut self, line: Vec<u8>, more_waits: bool) -> Result<bool, StoreError> {
        self.number += 1;
        if is_too_long(&line) || !line.iter().all(u8::is_ascii_whitespace) {
            self.bytes += line.len();
            self.chunk.push((self.number, line));
        }
        let is_full = self.chunk.len() >= CHUNK || self.bytes >= CHUNK_BYTES;
        if more_waits {
            let before = if is_full { self.begin() } else { None };
            return self.take(before).await;
        }
        let is_any = self.reading.is_some() || !self.chunk.is_empty();
        self.flush().await?;
        Ok(is_any)
    }

    /// Takes in what is left.
    pub async fn flush(&mut self) -> Result<(), StoreError> {
        if !self.chunk.is_empty() {
            let before = self.begin();
            self.take(before).await?;
        }
        let last = self.reading.take();
        self.take(last).await.map(|_| ())
    }

    /// Begins to read the chunk; gives the one before it, which can be committed meanwhile.
    fn begin(&mut self) -> Option<Reading> {
        self.bytes = 0;
        let (reader, now) = (self.intake.reader(), self.clock.now());
        let (rules, source, by) = (self.times.rules(now), self.source, reader.clone());
        let chunk = std::mem::take(&mut self.chunk);
        let read = move || -> Vec<Item> {
            chunk.into_iter().map(|line| item(&by, source, &rules, now, line)).collect()
        };
        self.reading.replace((reader, tokio::task::spawn_blocking(read)))
    }

    /// Commits what was read; tells whether there was any.
    async fn take(&mut self, read: Option<Reading>) -> Result<bool, StoreError> {
        let Some((by, items)) = read else { return Ok(false) };
        let items = items.await.map_err(|_| StoreError::Interrupted { what: "reading posts" })?;
        self.tally.add(self.intake.take_read(items, by).await?);
        Ok(true)
    }
}

/// One line, read.
fn item(
    reader: &Reader,
    source: &str,
    rules: &SourceRules,
    now: Timestamp,
    (number, body): (u64, Vec<u8>),
) -> Item {
    let read = if is_too_long(&body) {
        Err(format!("longer than {LINE_BYTES_MAX} bytes; the beginning is kept"))
    } else {
        reader.read(&body, rules, now)
    };
    let body = if read.is_err() { body } else { Vec::new() };
    Item {
        inbox_id: None,
        source: source.to_owned(),
        place: format!("line {number}"),
        received_at: now,
        body,
        read,
    }
}
