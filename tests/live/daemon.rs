//! The daemon as a process: its settings, its start, its ends.

use crate::place::Data;
use crate::sender::SECRET;
use crate::wait_for;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_webcared");

/// Two ports that nobody has at the moment.
pub fn two_free_ports() -> (u16, u16) {
    let one = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    // While the first is held, the second is another one.
    (one.local_addr().unwrap().port(), free_port())
}

/// A port that nobody has at the moment.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The settings of most tests: one brand, one webhook, one chat.
pub fn settings(port: u16, bot: Option<&str>) -> String {
    let mut text = format!(
        r#"public_url = "http://127.0.0.1:{port}"

[outbound]
allow_private_addresses = true

[[brand]]
name = "Acme"
handles = ["acme"]
keywords = ["Acme"]
own_accounts = [{{ platform = "mastodon", account = "acme-own" }}]

[[source]]
name = "hook"
counts_from = "2020-01-01T00:00:00Z"
[source.webhook]
secret = "{SECRET}"
per_second_max = 5000
"#
    );
    if let Some(url) = bot {
        text.push_str(&format!(
            "\n[chat.telegram]\ntoken = \"123456:test\"\napi_url = \"{url}\"\nteams = [{{ chat = -100 }}]\n"
        ));
    }
    text
}

/// How a process of the daemon is started.
pub struct Start {
    pub port: u16,
    pub file: PathBuf,
    flags: Vec<String>,
    /// More flags for the daemon alone.
    pub run_flags: Vec<String>,
    log: PathBuf,
}

pub struct Daemon {
    child: Child,
    pub port: u16,
    pub log: PathBuf,
}

impl Start {
    pub fn new(data: &Data, replica: usize, bot: Option<&str>) -> Self {
        let port = free_port();
        let file = data.folder().join(format!("webcared{replica}.toml"));
        std::fs::write(&file, settings(port, bot)).unwrap();
        let log = data.folder().join(format!("log{replica}"));
        Self { port, file, flags: data.flags(replica), run_flags: Vec::new(), log }
    }

    /// A command of the program with this data and these settings.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        let config = self.file.display().to_string();
        command.args(args).args(["--config", &config]).args(&self.flags).env_remove("WEBCARED_CONFIG");
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end: exit code, standard output, standard error.
    pub async fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = self.command(args);
        let run = tokio::task::spawn_blocking(move || command.output());
        let done = tokio::time::timeout(Duration::from_secs(120), run).await.expect("a command never ended");
        let done = done.unwrap().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    }

    /// Starts the daemon; it may not be ready yet.
    pub fn launch(&self) -> Daemon {
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let listen = format!("127.0.0.1:{}", self.port);
        let mut command = self.command(&["run", "--listen", &listen]);
        command.args(&self.run_flags);
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        Daemon { child, port: self.port, log: self.log.clone() }
    }

    /// Starts the daemon and waits until it is ready.
    pub async fn ready(&self) -> Daemon {
        let mut daemon = self.launch();
        daemon.wait_ready().await;
        daemon
    }
}

impl Daemon {
    pub async fn wait_ready(&mut self) {
        let url = format!("http://127.0.0.1:{}/readyz", self.port);
        for _ in 0..1200 {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the daemon ended while it started: {status}\n{}", self.log_text());
            }
            let answer = crate::sender::client().get(&url).send().await;
            if answer.is_ok_and(|a| a.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the daemon was never ready\n{}", self.log_text());
    }

    pub fn log_text(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end; at most so long.
    pub async fn ended(mut self, at_most: Duration) -> Option<i32> {
        let begun = std::time::Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < at_most, "it did not stop within {at_most:?}\n{}", self.log_text());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGTERM, and a clean end.
    pub async fn stop(self) {
        self.signal("TERM");
        let log = self.log.clone();
        let code = self.ended(Duration::from_secs(20)).await;
        assert_eq!(code, Some(0), "{}", std::fs::read_to_string(log).unwrap_or_default());
    }

    /// A page as text, once it says what is looked for.
    pub async fn page_with(&self, path: &str, words: &str) -> String {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        wait_for(words, Duration::from_secs(30), || async {
            let text = crate::sender::client().get(&url).send().await.ok()?.text().await.ok()?;
            text.contains(words).then_some(text)
        })
        .await
    }
}

/// A test that fails leaves nothing running.
impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
