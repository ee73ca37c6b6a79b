//! Dovecot as Debian packages it, with settings and mailboxes of its own; nothing outside its folder is
//! touched. Users of this rig are *customers* and *people at a mail program of the brand*.
//!
//! [`Server::deliver`] hands a mail in as a mail server does (LMTP). The rest is done in the brand's own
//! mailbox: [`Server::put`], [`Server::new_folder`], [`Server::flags`]. It needs root, for it works
//! under users of its own.

use super::Process;
use crate::daemon::two_free_ports;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const PROGRAM: &str = "/usr/sbin/dovecot";
/// The password of every mailbox.
pub const PASSWORD: &str = "mailpass1";

/// Dovecot as it runs; it ends when this is dropped.
pub struct Server {
    /// Where it is read.
    pub imap: u16,
    lmtp: u16,
    _process: Process,
}

/// Whether it can be run here. Under CI it must.
fn is_there() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0");
    let found = Path::new(PROGRAM).exists() && Path::new("/usr/lib/dovecot/lmtp").exists() && root;
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{PROGRAM} is missing, or nobody is root; tests/run installs it"
    );
    if !found {
        eprintln!("Dovecot is not installed, or nobody is root; what needs it is left out");
    }
    found
}

fn settings(at: &Path, imap: u16, lmtp: u16) -> String {
    let at = at.display();
    format!(
        "base_dir = {at}/run
state_dir = {at}/state
log_path = {at}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{at}/mail/%u
first_valid_uid = 1
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={at}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"
    )
}

impl Server {
    pub async fn start() -> Option<Self> {
        if !is_there() {
            return None;
        }
        let (imap, lmtp) = two_free_ports();
        let mut process = Process::start(Path::new(PROGRAM), |command, folder| {
            // Its workers are other users, and go in here.
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
            let mail = folder.join("mail");
            std::fs::create_dir(&mail).unwrap();
            assert!(Command::new("chown").arg("mail:mail").arg(&mail).status().unwrap().success());
            let file = folder.join("dovecot.conf");
            std::fs::write(&file, settings(folder, imap, lmtp)).unwrap();
            command.arg("-F").arg("-c").arg(file);
        });
        process.ready(|_| async { TcpStream::connect(("127.0.0.1", imap)).await.ok() }).await;
        process.ready(|_| async { TcpStream::connect(("127.0.0.1", lmtp)).await.ok() }).await;
        Some(Self { imap, lmtp, _process: process })
    }

    /// Hands a mail in; lines end as they are written here.
    pub async fn deliver(&self, from: &str, to: &str, mail: &str) {
        let mut line = Line::open(self.lmtp).await;
        line.says("LHLO here", "250 ").await;
        line.says(&format!("MAIL FROM:<{from}>"), "250 ").await;
        line.says(&format!("RCPT TO:<{to}>"), "250 ").await;
        line.says("DATA", "354 ").await;
        let body: String =
            mail.lines().map(|l| format!("{}{l}\r\n", if l.starts_with('.') { "." } else { "" })).collect();
        line.says(&format!("{body}."), "250 ").await;
    }

    /// Logs in to a mailbox and says these commands; what came back, line by line.
    pub async fn asked(&self, user: &str, commands: &[String]) -> Vec<String> {
        let mut line = Line::open(self.imap).await;
        let mut all = line.says(&format!("t LOGIN {user} {PASSWORD}"), "t OK").await;
        for command in commands {
            all.extend(line.says(&format!("t {command}"), "t OK").await);
        }
        all
    }

    /// Puts a mail into a folder, as a mail program does.
    pub async fn put(&self, user: &str, folder: &str, mail: &str) {
        let mail: String = mail.lines().map(|l| format!("{l}\r\n")).collect();
        let mut line = Line::open(self.imap).await;
        line.says(&format!("t LOGIN {user} {PASSWORD}"), "t OK").await;
        line.says(&format!("t APPEND {folder} {{{}}}", mail.len()), "+").await;
        line.says(&mail, "t OK").await;
    }

    /// Makes a folder anew: what stood in it is gone, and its numbers hold no more.
    pub async fn new_folder(&self, user: &str, folder: &str, had: bool) {
        let mut commands = vec![format!("CREATE {folder}")];
        if had {
            commands.insert(0, format!("DELETE {folder}"));
        }
        self.asked(user, &commands).await;
    }

    /// What is marked on every mail of a folder.
    pub async fn flags(&self, user: &str, folder: &str) -> Vec<String> {
        let commands = [format!("EXAMINE {folder}"), "FETCH 1:* (FLAGS)".to_owned()];
        let lines = self.asked(user, &commands).await;
        lines.into_iter().filter(|l| l.contains("FETCH (FLAGS")).collect()
    }
}

/// A connection by lines.
struct Line(BufReader<TcpStream>);

impl Line {
    async fn open(port: u16) -> Self {
        let mut line = Self(BufReader::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap()));
        line.read().await;
        line
    }

    async fn read(&mut self) -> String {
        let mut text = String::new();
        let read =
            tokio::time::timeout(std::time::Duration::from_secs(30), self.0.read_line(&mut text)).await;
        assert!(read.unwrap().unwrap() > 0, "Dovecot hung up");
        text.trim_end().to_owned()
    }

    /// Says something and reads up to the line that begins so.
    async fn says(&mut self, words: &str, until: &str) -> Vec<String> {
        self.0.write_all(format!("{words}\r\n").as_bytes()).await.unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.read().await;
            let bad = ["t NO", "t BAD", "4", "5"].iter().any(|b| line.starts_with(b));
            assert!(!bad, "{words}: {line}");
            let ends = line.starts_with(until);
            lines.push(line);
            if ends {
                return lines;
            }
        }
    }
}
