//! The daemon as a process of its own, with settings for a benchmark.

use super::corpus::BRAND;
use super::machine::{self, Killed};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use webcared::domain::time::Timestamp;

/// The secret of the webhook `hook`.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G";
/// The path at which it is called.
pub const HOOK: &str = "/hooks/hook";

/// The daemon built as benchmarks are.
pub fn built_with_benchmarks() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_webcared"))
}

/// The brand of the posts, and a webhook that takes as many as come.
pub fn settings(port: u16) -> String {
    format!(
        r#"public_url = "http://127.0.0.1:{port}"
[log]
filter = "warn"
[outbound]
allow_private_addresses = true
[[brand]]
name = "{BRAND}"
handles = ["acmeair"]
keywords = ["{BRAND}"]
own_accounts = [{{ platform = "x", account = "acmeair" }}]
[[source]]
name = "hook"
counts_from = "2020-01-01T00:00:00Z"
[source.webhook]
secret = "{SECRET}"
per_second_max = 100000
"#
    )
}

pub struct Daemon {
    child: Killed,
    pub port: u16,
    pub folder: PathBuf,
    program: PathBuf,
    file: PathBuf,
    /// From its start to the first answer of `/healthz`.
    pub started_in: Duration,
}

impl Daemon {
    /// Starts it on a data folder and waits until it answers. `settings` get its port.
    pub fn start(program: &Path, folder: &Path, settings: impl FnOnce(u16) -> String) -> Self {
        let port = machine::free_port();
        let file = folder.join("webcared.toml");
        std::fs::write(&file, settings(port)).expect("writing the settings");
        let log = std::fs::File::create(folder.join("log")).expect("a log");
        let mut command = command(program, &file, folder);
        command.args(["run", "--listen", &format!("127.0.0.1:{port}")]);
        command.stdout(log.try_clone().expect("a log")).stderr(log);
        let begun = std::time::Instant::now();
        let child = Killed(command.spawn().expect("the daemon"));
        let answered = machine::wait_for(port, "/healthz", Duration::from_secs(60));
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(answered.is_some(), "no answer: {}", log());
        let started_in = begun.elapsed();
        Self { child, port, folder: folder.to_owned(), program: program.to_owned(), file, started_in }
    }

    pub fn pid(&self) -> String {
        self.child.pid()
    }

    /// Runs a command beside it and returns what it printed.
    pub fn say(&self, args: &[&str]) -> String {
        let out = command(&self.program, &self.file, &self.folder).args(args).output().expect("a command");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// The sum of all series of a figure; 0 when there is none yet.
    pub fn figure(&self, name: &str) -> f64 {
        let text = machine::get(self.port, "/metrics").unwrap_or_default();
        let of = |line: &str| {
            let rest = line.strip_prefix(name).filter(|r| r.starts_with([' ', '{']))?;
            rest.rsplit(' ').next()?.trim().parse::<f64>().ok()
        };
        text.lines().filter_map(of).sum()
    }

    /// Waits until a figure has reached a value; tells whether it has.
    pub fn wait_figure(&self, name: &str, value: f64, limit: Duration) -> bool {
        let begun = std::time::Instant::now();
        while begun.elapsed() < limit {
            if self.figure(name) >= value {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// `kill -9`.
    pub fn kill(self) {
        drop(self.child);
    }
}

fn command(program: &Path, file: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--config").arg(file).arg("--data").arg(folder.join("data"));
    command.env_remove("WEBCARED_CONFIG").stdin(Stdio::null());
    command
}

/// The present instant.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp(i64::try_from(since.as_millis()).expect("small"))
}
