//! Commands about people's rights and about stopping all sending. With a daemon on the data folder they go through its
//! socket; without one they take the lock and do it themselves.

use super::args::Global;
use super::exit::{Exit, Failure};
use super::user::{ask, print};
use crate::app;
use crate::catalogue::Current;
use crate::clock::{Chance, Mint, SystemClock};
use crate::control::Request;
use crate::privacy::{Privacy, PrivacyRequest};
use crate::settings::{self, Settings};
use crate::store::{open, setting};
use clap::Subcommand;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// People's rights, sending, backups.
#[derive(Clone, Debug, Subcommand)]
pub enum PrivacyCommand {
    /// Erase a person with all linked accounts, or say what would go
    Erase {
        /// BRAND#NUMBER of a case, a handle, a mail address, an account's id
        #[arg(
            value_name = "WHO",
            required_unless_present = "remains",
            default_value = "",
            hide_default_value = true
        )]
        who: String,
        /// List what of people who were erased remains in which ticket of which system
        #[arg(long, conflicts_with_all = ["who", "yes", "stop_watching"])]
        remains: bool,
        /// Do it; without, only what would go is told
        #[arg(long)]
        yes: bool,
        /// Watch them no more
        #[arg(long)]
        stop_watching: bool,
    },
    /// Watch an author no more; without a name, list who is not watched
    Object {
        /// BRAND#NUMBER of a case, a handle, a mail address, an account's id
        #[arg(value_name = "WHO")]
        who: Option<String>,
        /// Watch again: the label of an objection
        #[arg(long, value_name = "LABEL", conflicts_with = "who")]
        take_back: Option<String>,
    },
    /// Hold a case: nothing of it is erased or let go
    Hold {
        /// The case, as BRAND#NUMBER
        #[arg(value_name = "CASE")]
        case: String,
        /// Why; wanted unless it ends
        #[arg(
            long,
            value_name = "TEXT",
            required_unless_present = "end",
            default_value = "",
            hide_default_value = true
        )]
        ground: String,
        /// For how many days
        #[arg(long, value_name = "N", default_value_t = 90)]
        days: i64,
        /// End the hold
        #[arg(long)]
        end: bool,
    },
    /// Stop all sending at once, on every replica and over restarts
    StopSending {
        /// Why, for those who see it
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// Let sending go on
    ResumeSending {
        /// Why
        #[arg(value_name = "REASON", default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Print what is kept about the people of the team
    StaffData,
    /// Take what was erased out of the files of the database now, rather than within the hour
    ///
    /// PostgreSQL: tables that held words are written anew, a few seconds each, while nobody can use them.
    SweepFiles,
    /// Write a backup, also while the daemon runs
    ///
    /// SQLite: one file, whole once it bears its name. PostgreSQL: by pg_dump, which must be there.
    Backup(super::backup::BackupArgs),
    /// Put a backup in the place of the database; nothing is sent until people have looked
    Restore(super::backup::RestoreArgs),
}

/// Carries out one command and prints what came of it.
pub fn run(global: &Global, command: &PrivacyCommand) -> Result<Exit, Failure> {
    let request = match command.clone() {
        PrivacyCommand::Erase { remains: true, .. } => PrivacyRequest::Remains,
        PrivacyCommand::Erase { who, yes, stop_watching, .. } => {
            PrivacyRequest::Erase { who, yes, stop_watching }
        }
        PrivacyCommand::Object { take_back: Some(label), .. } => PrivacyRequest::TakeBack { label },
        PrivacyCommand::Object { who: Some(who), .. } => PrivacyRequest::Object { who },
        PrivacyCommand::Object { .. } => PrivacyRequest::Objections,
        PrivacyCommand::Hold { case, end: true, .. } => PrivacyRequest::Release { case },
        PrivacyCommand::Hold { case, ground, days, .. } => PrivacyRequest::Hold { case, ground, days },
        PrivacyCommand::StopSending { reason } => PrivacyRequest::Sending { stop: true, reason },
        PrivacyCommand::ResumeSending { reason } => PrivacyRequest::Sending { stop: false, reason },
        PrivacyCommand::StaffData => PrivacyRequest::Staff,
        PrivacyCommand::SweepFiles => PrivacyRequest::SweepFiles,
        PrivacyCommand::Backup(args) => return super::backup::backup(global, &args),
        PrivacyCommand::Restore(args) => return super::backup::restore(global, &args),
    };
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    super::runtime()?.block_on(async {
        let answer = if let Some(stream) = super::daemon(&settings).await {
            ask(stream, &Request::Privacy(request)).await?
        } else {
            let parts = app::parts(&settings).await?;
            let answer = parts.control().private(&request).await;
            parts.close().await;
            answer
        };
        print(&answer)
    })
}

/// Writes all about a person to a file that only its owner may read, or to standard output. Reads beside a daemon.
pub async fn export(settings: &Settings, who: &str, file: &Path) -> Result<Exit, Failure> {
    let opened = open::open_to_read(&settings.place()?).await?;
    let brands = opened.db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
    let mut catalogue = crate::catalogue::Catalogue::default();
    for row in brands {
        let known = settings.brands.iter().find(|b| b.name == row.name).cloned();
        let brand =
            known.unwrap_or_else(|| crate::domain::brand::Brand { name: row.name, ..Default::default() });
        catalogue.brands.push(crate::catalogue::Watched {
            id: row.id,
            brand,
            laid: 0,
            policy: (0, crate::domain::policy::Policy::default()),
        });
    }
    let (clock, mint) = (Arc::new(SystemClock::default()), Mint::new(Chance::from_system()));
    let privacy = Privacy::new(opened.db.clone(), clock, mint, Current::new(catalogue), Arc::default());
    let lines = privacy.lines_of(who).await;
    opened.db.close().await;
    let mut text = lines.map_err(|e| Failure::Other(e.into()))?.join("\n");
    text.push('\n');
    let written = if file == Path::new("-") {
        std::io::stdout().lock().write_all(text.as_bytes())
    } else {
        let part = PathBuf::from(format!("{}.part", file.display()));
        super::fresh(&part)
            .and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all()))
            .and_then(|()| std::fs::rename(&part, file))
    };
    written.map_err(|e| Failure::Other(anyhow::anyhow!("{}: {e}", file.display())))?;
    Ok(Exit::Done)
}
