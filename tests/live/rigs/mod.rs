//! Real servers that nobody here wrote, each started by the test that needs it, on free ports and
//! in a temporary folder, and gone with it, also when the test panics or its process is killed.
//!
//! - [`bluesky::Network`]: the AT Protocol as its authors publish it (data server and view of posts).
//! - [`dovecot::Server`]: a mail server with the brand's mailbox.
//! - [`mastodon_mock::Server`]: a server of Mastodon's API, with faults on demand.
//! - [`oidc::Provider`]: a provider of identities with one client.
//! - [`rt::Server`]: a Request Tracker of the front office.
//! - [`telemelya::Server`]: a Bot API that takes what the bot sends and plays the presses.
//!
//! `start()` gives nothing where a piece is not installed, and says so; under CI that fails. What
//! stands in `tests/live/peers` is installed by `tests/run` into the folder that `WEBCARED_PEERS`
//! names, else `target/peers`. The rigs play *somebody else*: none of them uses code of the product.

pub mod bluesky;
pub mod dovecot;
pub mod mastodon_mock;
pub mod oidc;
pub mod rt;
pub mod telemelya;

use crate::daemon::free_port;
use crate::wait_for;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Cold starts on a busy machine take their time; how long is nowhere asserted.
const READY_MAX: Duration = Duration::from_secs(120);

/// Runs a program until standard input closes, which happens whenever the test's process ends:
/// asked to stop first, after five seconds made to.
const GUARD: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{ cat <&3 >/dev/null; kill -TERM $child; sleep 5; kill -KILL $child; } 2>/dev/null &
wait $child
ended=$?
kill $! 2>/dev/null
exit $ended
"#;

/// A server as a process, with a folder of its own that goes with it.
pub struct Process {
    guard: Child,
    name: String,
    folder: TempDir,
}

impl Process {
    /// Starts a program in a folder of its own; `set` adds arguments and environment.
    pub fn start(program: &Path, set: impl FnOnce(&mut Command, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new("sh");
        command.args([OsStr::new("-c"), OsStr::new(GUARD), OsStr::new("guard"), program.as_os_str()]);
        command.current_dir(folder.path()).env("TMPDIR", folder.path());
        set(&mut command, folder.path());
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { guard: command.spawn().unwrap(), name, folder }
    }

    /// What it printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Asks until it is ready; its end in the meantime, or its silence, fails with its last words.
    pub async fn ready<T, F, Fut>(&mut self, mut look: F) -> T
    where
        F: FnMut(String) -> Fut,
        Fut: Future<Output = Option<T>>,
    {
        let begun = std::time::Instant::now();
        loop {
            if let Some(found) = look(self.log()).await {
                return found;
            }
            let ended = self.guard.try_wait().unwrap();
            if ended.is_some() || begun.elapsed() > READY_MAX {
                let (name, log) = (&self.name, self.log());
                let lines: Vec<&str> = log.lines().collect();
                let last = lines[lines.len().saturating_sub(30)..].join("\n");
                panic!("{name} was never ready ({ended:?})\n{last}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Waits for the end, which the guard sees to.
        let _ = self.guard.wait();
    }
}

/// Where the installed pieces lie.
fn peers() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    std::env::var_os("WEBCARED_PEERS").map_or_else(default, PathBuf::from)
}

/// A piece that `tests/run` installs. Under CI a missing one fails; elsewhere it is left out.
pub fn installed(piece: &str) -> Option<PathBuf> {
    let path = peers().join(piece);
    let found = path.exists();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{} is missing; tests/run installs it",
        path.display()
    );
    if !found {
        eprintln!("{} is not installed; what needs it is left out", path.display());
    }
    found.then_some(path)
}

/// A redis that keeps nothing, on a free port.
pub struct Redis {
    pub port: u16,
    _process: Process,
}

impl Redis {
    pub async fn start() -> Option<Self> {
        let program = crate::tool("redis-server")?;
        let port = free_port();
        let mut process = Process::start(&program, |command, _| {
            let port = port.to_string();
            let flags = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
            command.args(flags);
        });
        process.ready(|log| async move { log.contains("Ready to accept connections").then_some(()) }).await;
        Some(Self { port, _process: process })
    }
}

/// Sends and reads an answer of JSON: status and body; an empty or unreadable body is null.
async fn asked(request: reqwest::RequestBuilder) -> (u16, serde_json::Value) {
    let answer = request.send().await.expect("the server did not answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap_or_default();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// Like [`asked`], and any status but 200 fails with the body.
async fn done(request: reqwest::RequestBuilder) -> serde_json::Value {
    let (status, body) = asked(request).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn a_server_ends_with_its_test_and_its_folder_goes() {
    let Some(program) = crate::tool("redis-server") else { return };
    let port = free_port();
    let mut process = Process::start(&program, |command, _| {
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    });
    process.ready(|log| async move { log.contains("Ready to accept").then_some(()) }).await;
    let at = format!("127.0.0.1:{port}");
    assert!(std::net::TcpStream::connect(&at).is_ok());
    let folder = process.folder.path().to_owned();
    // As when a test panics: nothing but the drop.
    let panicked = tokio::task::spawn_blocking(move || {
        let _held = process;
        panic!("on purpose");
    });
    assert!(panicked.await.is_err());
    assert!(std::net::TcpStream::connect(&at).is_err(), "it still listens");
    assert!(!folder.exists());
}

#[tokio::test]
#[should_panic(expected = "was never ready")]
async fn a_server_that_ends_at_once_fails_with_its_words() {
    let Some(program) = crate::tool("sh") else { panic!("was never ready: no sh") };
    let mut process = Process::start(&program, |command, _| {
        command.args(["-c", "echo broken; exit 3"]);
    });
    wait_for("its end", Duration::from_secs(10), || async { Some(()) }).await;
    process.ready(|_| async { None::<()> }).await;
}
