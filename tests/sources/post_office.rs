//! An IMAP server with folders that a test fills, moves mails between and gives new numbers; it keeps a ledger of
//! what was asked and of the bodies it gave out.
//!
//! It speaks as much of RFC 3501 as a mailbox needs to be read: nothing else is ever asked of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use webcared::domain::time::Timestamp;

/// The folder in which a provider with labels shows every mail once more.
pub const ALL_MAIL: &str = "[Gmail]/All Mail";
pub const PASSWORD: &str = "p4ssw0rd-0f-care";

#[derive(Clone, Debug)]
pub struct Kept {
    pub uid: u32,
    pub at: Timestamp,
    pub raw: String,
}

#[derive(Clone, Debug, Default)]
pub struct Folder {
    pub validity: u32,
    pub mails: Vec<Kept>,
    next: u32,
    /// What the server says when somebody wants to open it.
    pub refuses: Option<&'static str>,
}

#[derive(Default)]
pub struct Ledger {
    pub folders: BTreeMap<String, Folder>,
    /// Every command without its tag and without what was logged in with.
    pub asked: Vec<String>,
    /// What came with a log-in by token, as it came.
    pub words: Vec<String>,
    /// Hang up once instead of answering what begins so.
    pub hangs_up_at: Option<&'static str>,
    /// Answer what begins so once with these words and nothing else.
    pub says: Option<(&'static str, &'static str)>,
    /// The number of a mail whose words cannot be given out.
    pub broken: Option<u32>,
    /// The numbers of mails of which not even the head is given out.
    pub lost: Vec<u32>,
    /// Hang up in the middle of the next whole mail.
    pub cut: bool,
    /// Somebody marks each mail while it is fetched: the server tells of the marks first.
    pub marks: bool,
    /// Somebody marks the mail of this number whenever others are fetched, and the server tells of it.
    pub marks_other: Option<u32>,
    /// How many whole mails were given out.
    pub bodies: usize,
    /// What the server says to a log-in instead of yes.
    pub refuses: Option<&'static str>,
}

pub struct PostOffice {
    pub port: u16,
    ledger: Arc<Mutex<Ledger>>,
    task: JoinHandle<()>,
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A mail with an id.
pub fn mail(id: &str, words: &str) -> String {
    format!(
        "From: Mia <mia@customer.example>\r\nTo: care@acme.example\r\nSubject: {words}\r\nMessage-ID: <{id}>\r\n\r\n{words}, please.\r\n"
    )
}

impl PostOffice {
    pub async fn start() -> Self {
        let ledger: Arc<Mutex<Ledger>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = ledger.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { port, ledger, task }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Puts a mail into a folder under the next number.
    pub fn put(&self, folder: &str, at: Timestamp, raw: &str) -> u32 {
        let mut ledger = self.ledger();
        let fresh = || Folder { validity: 1, next: 1, ..Folder::default() };
        let folder = ledger.folders.entry(folder.to_owned()).or_insert_with(fresh);
        let uid = folder.next;
        folder.next += 1;
        folder.mails.push(Kept { uid, at, raw: raw.to_owned() });
        uid
    }

    /// Moves a mail as a rule does: its time stays, its number is the folder's next.
    pub fn move_to(&self, from: &str, uid: u32, to: &str) {
        let kept = {
            let mut ledger = self.ledger();
            let mails = &mut ledger.folders.get_mut(from).unwrap().mails;
            let at = mails.iter().position(|m| m.uid == uid).unwrap();
            mails.remove(at)
        };
        self.put(to, kept.at, &kept.raw);
    }

    /// Gives all mails of a folder new numbers, as after a repair.
    pub fn renumber(&self, folder: &str) {
        let mut ledger = self.ledger();
        let folder = ledger.folders.get_mut(folder).unwrap();
        folder.validity += 1;
        for (mail, uid) in folder.mails.iter_mut().zip(1..) {
            mail.uid = uid;
        }
        folder.next = u32::try_from(folder.mails.len()).unwrap() + 1;
    }

    pub fn config(&self) -> serde_json::Value {
        serde_json::json!({"name": "care", "mail": {"address": "care@acme.example", "every_seconds": 1,
            "imap": {"host": "127.0.0.1", "port": self.port, "security": "none", "password": PASSWORD}}})
    }
}

async fn serve(stream: TcpStream, ledger: Arc<Mutex<Ledger>>) {
    let mut line = BufReader::new(stream);
    if line.write_all(b"* OK ready\r\n").await.is_err() {
        return;
    }
    let mut open = String::new();
    loop {
        let mut text = String::new();
        if !matches!(line.read_line(&mut text).await, Ok(n) if n > 0) {
            return;
        }
        let (tag, command) = text.trim_end().split_once(' ').unwrap_or((text.trim_end(), ""));
        if command.starts_with("AUTHENTICATE") {
            let mut word = String::new();
            if line.write_all(b"+ \r\n").await.is_err() || line.read_line(&mut word).await.is_err() {
                return;
            }
            lock(&ledger).words.push(word.trim_end().to_owned());
            let refuses = lock(&ledger).refuses.is_some();
            if refuses {
                // Why, and then it waits for an empty word, as the big providers do.
                let mut nothing = String::new();
                let why = b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n";
                if line.write_all(why).await.is_err() || line.read_line(&mut nothing).await.is_err() {
                    return;
                }
                lock(&ledger).words.push(nothing.trim_end().to_owned());
            }
        }
        if lock(&ledger).hangs_up_at.take_if(|word| command.starts_with(*word)).is_some() {
            return;
        }
        let answer = answer(&mut lock(&ledger), tag, command, &mut open);
        let is_cut = answer.contains(" BODY[] ") && std::mem::take(&mut lock(&ledger).cut);
        if is_cut {
            let _ = line.write_all(&answer.as_bytes()[..answer.len() / 2]).await;
            return;
        }
        if line.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(ledger: &mut Ledger, tag: &str, command: &str, open: &mut String) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    let shown = if words[0] == "LOGIN" { "LOGIN" } else { command };
    ledger.asked.push(shown.to_owned());
    if let Some((_, said)) = ledger.says.take_if(|(word, _)| command.starts_with(*word)) {
        return format!("{tag} {said}\r\n");
    }
    match words.as_slice() {
        ["LOGIN", ..] => match ledger.refuses {
            Some(said) => format!("{tag} NO {said}\r\n"),
            None if command.contains(PASSWORD) => format!("{tag} OK in\r\n"),
            None => format!("{tag} NO [AUTHENTICATIONFAILED] wrong\r\n"),
        },
        ["AUTHENTICATE", ..] => match ledger.refuses {
            Some(said) => format!("{tag} NO {said}\r\n"),
            None => format!("{tag} OK in\r\n"),
        },
        ["NOOP"] => format!("{tag} OK done\r\n"),
        ["CAPABILITY"] => {
            let labels = if ledger.folders.contains_key(ALL_MAIL) { " X-GM-EXT-1" } else { "" };
            format!("* CAPABILITY IMAP4rev1{labels}\r\n{tag} OK done\r\n")
        }
        ["EXAMINE", name @ ..] => {
            let name = name.join(" ");
            let name = name.trim_matches('"');
            match ledger.folders.get(name) {
                None => format!("{tag} NO [NONEXISTENT] no such folder\r\n"),
                Some(Folder { refuses: Some(said), .. }) => format!("{tag} NO {said}\r\n"),
                Some(folder) => {
                    name.clone_into(open);
                    format!(
                        "* {} EXISTS\r\n* OK [UIDVALIDITY {}] v\r\n* OK [UIDNEXT {}] n\r\n{tag} OK [READ-ONLY] open\r\n",
                        folder.mails.len(),
                        folder.validity,
                        folder.next
                    )
                }
            }
        }
        ["UID", "SEARCH", "SINCE", day] => found(ledger, open, tag, |m| m.at >= since(day)),
        ["UID", "SEARCH", "UID", range] => {
            let first: u32 = range.split(':').next().unwrap().parse().unwrap();
            found(ledger, open, tag, |m| m.uid >= first)
        }
        ["UID", "FETCH", uids, ..] => {
            let uids: Vec<u32> = uids.split(',').map(|u| u.parse().unwrap()).collect();
            if command.contains("BODY.PEEK[]") && ledger.broken.is_some_and(|uid| uids.contains(&uid)) {
                return format!("{tag} NO it cannot be read\r\n");
            }
            if command.contains("BODY.PEEK[") && ledger.lost.iter().any(|uid| uids.contains(uid)) {
                return format!("{tag} NO [SERVERBUG] Internal error occurred\r\n");
            }
            fetched(ledger, open, tag, &uids, command)
        }
        _ => format!("{tag} BAD what?\r\n"),
    }
}

fn since(day: &str) -> Timestamp {
    let day = jiff::civil::Date::strptime("%d-%b-%Y", day).unwrap();
    Timestamp::parse(&format!("{day}T00:00:00Z")).unwrap()
}

fn found(ledger: &Ledger, open: &str, tag: &str, wanted: impl Fn(&Kept) -> bool) -> String {
    let mails = &ledger.folders[open].mails;
    let uids: Vec<String> = mails.iter().filter(|m| wanted(m)).map(|m| m.uid.to_string()).collect();
    let uids = if uids.is_empty() { String::new() } else { format!(" {}", uids.join(" ")) };
    format!("* SEARCH{uids}\r\n{tag} OK done\r\n")
}

fn fetched(ledger: &mut Ledger, open: &str, tag: &str, uids: &[u32], what: &str) -> String {
    let mut said = String::new();
    let mut bodies = 0;
    if let Some(other) = ledger.marks_other {
        let _ = write!(said, "* 1 FETCH (UID {other} FLAGS (\\Seen))\r\n");
    }
    for (n, mail) in (1..).zip(&ledger.folders[open].mails) {
        if !uids.contains(&mail.uid) {
            continue;
        }
        if ledger.marks {
            let _ = write!(said, "* {n} FETCH (UID {} FLAGS (\\Seen))\r\n", mail.uid);
        }
        let _ = write!(said, "* {n} FETCH (UID {}", mail.uid);
        if what.contains("SIZE") {
            let at = jiff::Timestamp::from_millisecond(mail.at.millis()).unwrap();
            let at = at.strftime("%d-%b-%Y %H:%M:%S +0000");
            let _ = write!(said, " RFC822.SIZE {} INTERNALDATE \"{at}\"", mail.raw.len());
        } else if what.contains("[HEADER]") {
            let end = mail.raw.find("\r\n\r\n").map_or(mail.raw.len(), |at| at + 4);
            let _ = write!(said, " BODY[HEADER] {{{end}}}\r\n{}", &mail.raw[..end]);
        } else {
            bodies += 1;
            let _ = write!(said, " BODY[] {{{}}}\r\n{}", mail.raw.len(), mail.raw);
        }
        said.push_str(")\r\n");
    }
    ledger.bodies += bodies;
    format!("{said}{tag} OK done\r\n")
}
