//! `webcared export --all` and `webcared import`: everything out of one installation, and into an empty one.
//!
//! The export reads beside a running daemon. The import wants a database in which nothing is yet, and no daemon
//! on it.

use super::args::{ExportArgs, Global, ImportArgs};
use super::backup;
use super::exit::{Exit, Failure};
use super::user::{ask, print};
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::control::Request;
use crate::domain::audit::{Caller, Entry};
use crate::moving::{self, Manifest};
use crate::privacy::{EXPORT_OF_ALL, PrivacyRequest};
use crate::settings::{self, Settings};
use crate::store::backup::Ledger;
use crate::store::open::Place;
use crate::store::{Db, StoreError, audit, open};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};

/// Writes everything to a file, which only its owner may read; it is whole once it bears its name.
pub fn export(global: &Global, args: &ExportArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let runtime = super::runtime()?;
    if let Some(who) = &args.person {
        return runtime.block_on(super::privacy::export(&settings, who, &args.file));
    }
    let manifest = runtime.block_on(async {
        // Written down first: whoever cannot do that gets nothing.
        note_export(&settings).await?;
        let opened = open::open_to_read(&settings.place()?).await?;
        let now = SystemClock::default().now();
        let manifest = if args.file == Path::new("-") {
            moving::export(&opened.db, BufWriter::new(std::io::stdout()), now).await
        } else {
            let part = PathBuf::from(format!("{}.part", args.file.display()));
            let file = super::fresh(&part).map_err(|e| told(&part, &e))?;
            let done = moving::export(&opened.db, BufWriter::new(file), now).await;
            if done.is_ok() {
                File::open(&part).and_then(|f| f.sync_all()).map_err(|e| told(&part, &e))?;
                std::fs::rename(&part, &args.file).map_err(|e| told(&args.file, &e))?;
            }
            done
        };
        opened.db.close().await;
        manifest.map_err(failure)
    })?;
    say("exported", &manifest);
    Ok(Exit::Done)
}

/// Writes down that everything is exported: by the daemon where one has the folder, else by our own hand.
async fn note_export(settings: &Settings) -> Result<(), Failure> {
    if let Some(stream) = super::daemon(settings).await {
        let answer = ask(stream, &Request::Privacy(PrivacyRequest::ExportAll)).await?;
        return print(&answer).map(|_| ());
    }
    let place = settings.place()?;
    let opened = match &place {
        // A command that writes takes the lock of the folder.
        Place::Folder(_) => open::open(&place).await?,
        Place::Postgres(_) => open::open_to_read(&place).await?,
    };
    let noted = append(&opened.db).await;
    opened.db.close().await;
    noted.map_err(failure)
}

async fn append(db: &Db) -> Result<(), StoreError> {
    let (entry, now) = (Entry::done(&Caller::default(), EXPORT_OF_ALL, ""), SystemClock::default().now());
    let noted = db.write("writing down an export", move |tx| {
        Box::pin(async move { audit::append(tx, &entry, now).await })
    });
    noted.await
}

/// Reads everything from a file into an empty database.
pub fn import(global: &Global, args: &ImportArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let runtime = super::runtime()?;
    backup::refuse_half_restored(&settings.data)?;
    let ledgers = backup::ledgers(&settings, args.ledger.as_deref())?;
    let manifest = runtime.block_on(async {
        let from: Box<dyn BufRead + Send> = if args.file == Path::new("-") {
            Box::new(BufReader::new(std::io::stdin()))
        } else {
            Box::new(BufReader::new(File::open(&args.file).map_err(|e| told(&args.file, &e))?))
        };
        let opened = open::open(&settings.place()?).await?;
        let now = SystemClock::default().now();
        let pending = settings.data.join(backup::PENDING);
        if !ledgers.is_empty() {
            std::fs::create_dir_all(&settings.data).map_err(|e| told(&settings.data, &e))?;
            backup::mark_pending(&pending, backup::IMPORT)?;
        }
        let manifest = moving::import(&opened.db, from, now).await;
        opened.db.close().await;
        drop(opened);
        if !ledgers.is_empty() {
            if manifest.is_ok() {
                settle(&settings, ledgers).await?;
            }
            std::fs::remove_file(&pending).map_err(|e| told(&pending, &e))?;
        }
        manifest.map_err(failure)
    })?;
    say("imported and checked", &manifest);
    super::say(
        "All sending is stopped, for what was exported may still be sending. Once the other installation is off, \
         a lead lets it go on, in the console under Outbox or by the API.",
    );
    Ok(Exit::Done)
}

/// Erases again what was erased since the export.
async fn settle(settings: &Settings, ledgers: Vec<Ledger>) -> Result<(), Failure> {
    let parts = app::parts(settings).await?;
    let settled = parts.privacy().settle_imported(ledgers).await;
    parts.close().await;
    let settled = settled.map_err(|e| Failure::Other(e.into()))?;
    super::say(&format!("erased again: {} accounts, {} posts", settled.accounts, settled.posts));
    Ok(())
}

fn say(what: &str, manifest: &Manifest) {
    super::say(&format!("{what}: {} rows in {} tables", manifest.rows(), manifest.tables.len()));
}

fn told(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Other(anyhow::anyhow!("{}: {error}", path.display()))
}

/// What is refused is no trouble of the database.
fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::Refused(what) => Failure::Other(anyhow::anyhow!("{what}")),
        other => other.into(),
    }
}
