//! `webcared backup` and `webcared restore`.
//!
//! A backup is one file: of SQLite a copy that is made while the daemon runs, of PostgreSQL what `pg_dump` writes. A
//! restore wants no daemon. Afterwards all sending is stopped, what was about to be sent is held, and what was erased
//! since the backup is erased again, by the ledger of the database that was there and its copy in the data folder.

use super::args::Global;
use super::exit::{Exit, Failure};
use crate::app;
use crate::privacy::restoring::COPY;
use crate::settings::{self, Settings};
use crate::store::backup::{self as store, Ledger};
use crate::store::open::{self, Place};
use clap::Args as Group;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `backup`.
#[derive(Clone, Debug, Group)]
pub struct BackupArgs {
    /// The file that is written; it must not be there yet
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `restore`.
#[derive(Clone, Debug, Group)]
pub struct RestoreArgs {
    /// The file that 'backup' wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Do it: what is in the database now is replaced
    #[arg(long, required = true)]
    pub yes: bool,
    /// A copy of the ledger of erasures that was kept elsewhere
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}

fn told(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Other(anyhow::anyhow!("{}: {error}", path.display()))
}

/// Writes a backup that only its owner may read; it is whole once it bears its name.
pub fn backup(global: &Global, args: &BackupArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    if args.file.exists() {
        return Err(told(&args.file, "it is there already"));
    }
    let part = PathBuf::from(format!("{}.part", args.file.display()));
    // Made before it is filled, so that nobody else can read it meanwhile.
    let empty = super::fresh(&part).map_err(|e| told(&part, e))?;
    match settings.place()? {
        Place::Folder(folder) => super::runtime()?.block_on(async {
            store::copy(&folder, &part).await?;
            store::look(&part).await.map_err(Failure::from)
        })?,
        Place::Postgres(url) => {
            let mut command = postgres("pg_dump", &url)?;
            run(command.args(["--format=custom", "--no-owner", "--file"]).arg(&part))?;
            0
        }
    };
    empty.sync_all().map_err(|e| told(&part, e))?;
    std::fs::rename(&part, &args.file).map_err(|e| told(&args.file, e))?;
    super::say(&format!(
        "{}: backed up; it is as secret as the database. Keep it for 30 days at most.",
        args.file.display()
    ));
    Ok(Exit::Done)
}

/// Puts a backup in the place of the database.
pub fn restore(global: &Global, args: &RestoreArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    super::runtime()?.block_on(async {
        let mut ledgers = ledgers(&settings, args.ledger.as_deref())?;
        let pending = settings.data.join(PENDING);
        std::fs::create_dir_all(&settings.data).map_err(|e| told(&settings.data, e))?;
        match settings.place()? {
            Place::Folder(folder) => {
                store::look(&args.file).await?;
                mark_pending(&pending, RESTORE)?;
                ledgers.extend(swap(&folder, &args.file).await?);
            }
            place @ Place::Postgres(_) => {
                ledgers.extend(present(&place).await);
                let Place::Postgres(url) = place else { return Ok(Exit::Failed) };
                let mut command = postgres("pg_restore", &url)?;
                mark_pending(&pending, RESTORE)?;
                run(command.args(["--clean", "--if-exists", "--no-owner", "--single-transaction"]).arg(&args.file))?;
            }
        }
        let parts = app::parts(&settings).await?;
        let settled = parts.privacy().settle_restored(ledgers).await;
        parts.close().await;
        let settled = settled.map_err(|e| Failure::Other(e.into()))?;
        std::fs::remove_file(&pending).map_err(|e| told(&pending, e))?;
        super::say(&format!(
            "restored. Held until somebody looks: {}; erased again: {} accounts, {} posts.\nAll sending is stopped. Start \
             the daemon, look at the outbox, then let sending go on (webcared resume-sending).",
            settled.held, settled.accounts, settled.posts
        ));
        Ok(Exit::Done)
    })
}

/// Stands in the data folder from before a database is replaced or filled until what it holds is held back and what was
/// erased since is erased anew: no daemon starts in between.
pub const PENDING: &str = "restore.pending";
const RESTORE: &str = "a restore has begun";
pub(super) const IMPORT: &str = "an import has begun";

/// Says in the data folder what has begun.
pub(super) fn mark_pending(pending: &Path, what: &str) -> Result<(), Failure> {
    std::fs::write(pending, format!("{what}\n")).map_err(|e| told(pending, e))
}

/// Refuses to work on a database that a restore has not settled.
pub fn refuse_half_restored(data: &Path) -> Result<(), Failure> {
    let pending = data.join(PENDING);
    if !pending.exists() {
        return Ok(());
    }
    let begun = std::fs::read_to_string(&pending).unwrap_or_default();
    let what = if begun.starts_with(IMPORT) {
        "an import was interrupted; empty the database, take this file away and run `webcared import` again"
    } else {
        "a restore was interrupted; run `webcared restore` again before anything else"
    };
    Err(told(&pending, what))
}

/// The ledgers that are files.
pub(super) fn ledgers(settings: &Settings, given: Option<&Path>) -> Result<Vec<Ledger>, Failure> {
    let mut found = Vec::new();
    let copy = settings.data.join(COPY);
    for path in given.into_iter().chain(Some(copy.as_path()).filter(|c| c.exists())) {
        let text = std::fs::read_to_string(path).map_err(|e| told(path, e))?;
        found.push(serde_json::from_str(&text).map_err(|e| told(path, e))?);
    }
    Ok(found)
}

/// The ledger of the database that is there now, if it can be read.
async fn present(place: &Place) -> Option<Ledger> {
    let opened = match open::open(place).await {
        Ok(opened) => opened,
        Err(error) => {
            super::say(&format!(
                "the database that is there cannot be read ({error}); its ledger of erasures is lost"
            ));
            return None;
        }
    };
    let ledger = opened.db.read("reading the ledger of erasures", |tx| Box::pin(store::ledger(tx))).await;
    opened.db.close().await;
    ledger.ok()
}

/// Puts the file in the place of the database of a folder on which nobody works; what was there stays beside it.
async fn swap(folder: &Path, file: &Path) -> Result<Option<Ledger>, Failure> {
    let whole = folder.join("webcared.db");
    let mut ledger = None;
    if whole.exists() {
        // Refused while a daemon runs.
        match open::open(&Place::Folder(folder.to_path_buf())).await {
            Err(locked @ open::OpenError::Locked { .. }) => return Err(locked.into()),
            Err(error) => {
                super::say(&format!("the database that is there cannot be read ({error}); it is put aside"));
            }
            Ok(opened) => {
                let read =
                    opened.db.read("reading the ledger of erasures", |tx| Box::pin(store::ledger(tx))).await;
                opened.db.close().await;
                ledger = read.ok();
            }
        }
    }
    std::fs::create_dir_all(folder).map_err(|e| told(folder, e))?;
    let (fresh, aside) = (folder.join("webcared.db.fresh"), folder.join("webcared.db.before-restore"));
    std::fs::copy(file, &fresh)
        .and_then(|_| std::fs::File::open(&fresh)?.sync_all())
        .map_err(|e| told(&fresh, e))?;
    if whole.exists() {
        if aside.exists() {
            let what = "stands there from an earlier restore; move it away first";
            return Err(told(&aside, what));
        }
        std::fs::rename(&whole, &aside).map_err(|e| told(&aside, e))?;
        super::say(&format!("{}: what was there; delete it when all is well", aside.display()));
    }
    for name in ["webcared.db-wal", "webcared.db-shm"] {
        let path = folder.join(name);
        if path.exists() {
            // What was committed and not yet in the file belongs to what is put aside.
            let beside = folder.join(name.replace("webcared.db", "webcared.db.before-restore"));
            std::fs::rename(&path, &beside).map_err(|e| told(&path, e))?;
        }
    }
    std::fs::rename(&fresh, &whole).map_err(|e| told(&whole, e))?;
    Ok(ledger)
}

/// A program of PostgreSQL with the address of the database; the password goes by its environment, for others can read
/// command lines.
fn postgres(program: &str, url: &str) -> Result<Command, Failure> {
    let mut url = url::Url::parse(url).map_err(|e| Failure::Other(anyhow::anyhow!("database.url: {e}")))?;
    let mut command = Command::new(program);
    if let Some(password) = url.password().map(plain) {
        command.env("PGPASSWORD", password);
        // An address with a host can lose its password.
        let _ = url.set_password(None);
    }
    command.arg(format!("--dbname={url}"));
    Ok(command)
}

/// A part of an address as it is meant: what would not stand in one as it is, is written by its code there.
fn plain(part: &str) -> String {
    // As in a form, but for what a form has other meanings for.
    let written = format!("p={}", part.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(written.as_bytes()).next().map(|(_, p)| p.into_owned()).unwrap_or_default()
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|e| {
        Failure::Other(anyhow::anyhow!("{program}: {e}; it comes with the client programs of PostgreSQL"))
    })?;
    if status.success() { Ok(()) } else { Err(Failure::Other(anyhow::anyhow!("{program} failed: {status}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_goes_by_the_environment_as_it_is_meant() {
        for (written, meant) in
            [("s3cret", "s3cret"), ("p%40ss%2Fw%C3%B6rd", "p@ss/wörd"), ("a+b&c=d%25", "a+b&c=d%")]
        {
            let command = postgres("pg_dump", &format!("postgres://care:{written}@db.example/care")).unwrap();
            let given: Vec<_> = command.get_envs().collect();
            let wanted = (std::ffi::OsStr::new("PGPASSWORD"), Some(std::ffi::OsStr::new(meant)));
            assert_eq!(given, [wanted]);
            let told: Vec<_> = command.get_args().collect();
            assert_eq!(told, ["--dbname=postgres://care@db.example/care"]);
        }
    }

    #[test]
    fn nothing_starts_between_a_restore_and_its_settling() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refuse_half_restored(folder.path()).is_ok());
        for (what, told) in [(RESTORE, "webcared restore"), (IMPORT, "webcared import")] {
            mark_pending(&folder.path().join(PENDING), what).unwrap();
            let refused = refuse_half_restored(folder.path()).unwrap_err().to_string();
            assert!(refused.contains(told), "{refused}");
        }
    }
}
