//! The command line: what is asked for, done, and told.
//!
//! Results go to standard output, everything else to standard error. How a command ended is told
//! by its exit code; see `exit::Exit`. This folder is the only place that prints.

pub mod args;
pub mod audit;
pub mod backtest;
pub mod backup;
pub mod check;
pub mod doctor;
pub mod duty;
mod exit;
pub mod export;
mod forecast;
pub mod moving;
pub mod policy;
pub mod privacy;
pub mod replay;
pub mod report;
pub mod run;
pub mod source;
pub mod texts;
pub mod token;
pub mod triage;
pub mod user;

use crate::control;
use crate::domain::time::Timestamp;
use crate::settings::Settings;
use crate::store::Place;
use args::{Args, Command};
use clap::Parser;
use exit::{Exit, Failure};
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::ExitCode;
use tokio::net::UnixStream;

/// Reads the command line, does what it asks, and tells how it ended.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(asked) => {
            // Help and version are no errors; clap knows where each is to be printed.
            let exit = if asked.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = asked.print();
            return exit.into();
        }
    };
    match dispatch(&args) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            tell(&failure);
            failure.exit().into()
        }
    }
}

fn dispatch(args: &Args) -> Result<Exit, Failure> {
    match &args.command {
        Command::Check(check) => check::run(&args.global, check),
        Command::Doctor(doctor) => doctor::run(&args.global, doctor),
        Command::Run(run) => run::run(&args.global, run),
        Command::Replay(replay) => replay::run(&args.global, replay),
        Command::Triage(triage) => triage::run(&args.global, triage),
        Command::User(user) => user::run(&args.global, user),
        Command::Audit(audit) => audit::run(&args.global, audit),
        Command::Policy(policy) => policy::run(&args.global, policy),
        Command::Report(report) => report::run(&args.global, report),
        Command::Forecast(forecast) => forecast::run(&args.global, forecast),
        Command::Backtest(backtest) => backtest::run(&args.global, backtest),
        Command::Export(export) => moving::export(&args.global, export),
        Command::Import(import) => moving::import(&args.global, import),
        Command::Token(token) => token::run(&args.global, token),
        Command::Source(source) => source::run(&args.global, source),
        Command::Texts(wanted) => texts::run(wanted),
        Command::Duty(duty) => duty::run(&args.global, duty),
        Command::Privacy(privacy) => privacy::run(&args.global, privacy),
    }
}

/// Tells why a command failed. Mistakes in the settings stand alone, so that editors can jump to them.
fn tell(failure: &Failure) {
    use std::io::Write as _;
    let text = match failure {
        Failure::Configuration(mistakes) => format!("{mistakes}\n"),
        other => format!("webcared: {other}\n"),
    };
    // With nowhere to tell it, the exit code has to do.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes what was asked for. Whoever read it may have gone away (`webcared report | head`), which is no failure; a disk
/// that is full is one.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Other(error.into())),
        _ => Ok(()),
    }
}

/// Says something to people on standard error that is no log line.
#[expect(clippy::print_stderr, reason = "for people at the terminal")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// The daemon that has the data folder, if one runs. On PostgreSQL a command works by itself: whatever runs on the folder
/// then has another database.
async fn daemon(settings: &Settings) -> Option<UnixStream> {
    match settings.place() {
        Ok(Place::Folder(folder)) => control::reach(&folder).await.ok(),
        _ => None,
    }
}

/// The first instant of a day in a zone.
fn begin(day: jiff::civil::Date, zone: &str) -> Result<Timestamp, Failure> {
    let begins = jiff::tz::TimeZone::get(zone).and_then(|zone| day.to_zoned(zone));
    begins.map(|z| Timestamp(z.timestamp().as_millisecond())).map_err(|_| {
        Failure::Usage(format!(
            "{day} in {zone}: no day that can be counted; wanted is one from 0001-01-01 to 9999-12-29"
        ))
    })
}

/// The threads on which a command runs.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|e| Failure::Other(e.into()))
}

/// A new file that only its owner may read. What stands there from before, which may be somebody else's, is no part of it.
fn fresh(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_written_is_read_by_nobody_else_whatever_stood_there() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("all.part"), folder.path().join("other"));
        std::fs::write(&other, "").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        fresh(&path).unwrap().write_all(b"secret").unwrap();
        assert_eq!(std::fs::read(&other).unwrap(), b"");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        drop(fresh(&path).unwrap());
        let made = std::fs::metadata(&path).unwrap();
        assert_eq!((made.len(), made.permissions().mode() & 0o777), (0, 0o600));
    }

    #[test]
    fn a_day_that_cannot_be_counted_is_the_users_mistake() {
        let begun = |year, day| begin(jiff::civil::date(year, 12, day), "Europe/Amsterdam");
        assert!(begun(9999, 29).is_ok() && begun(0, 31).is_ok());
        assert_eq!(begun(9999, 31).unwrap_err().exit(), Exit::Usage);
    }

    #[tokio::test]
    async fn no_command_on_postgres_goes_to_a_daemon_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join(control::SOCKET);
        let _daemon = tokio::net::UnixListener::bind(&socket).unwrap();
        let mut settings = Settings { data: folder.path().to_path_buf(), ..Settings::default() };
        assert!(daemon(&settings).await.is_some());
        settings.database.url = Some("postgres://nobody@localhost/none".to_owned().into());
        assert!(daemon(&settings).await.is_none());
    }
}
