//! `webcared backtest`: what another policy would have done to a period. Reads beside a running daemon.

use super::args::Global;
use super::exit::{Exit, Failure};
use crate::clock::{Clock, SystemClock};
use crate::domain::policy::Policy;
use crate::reports::Ask;
use crate::reports::backtest::{Backtest, backtest, text};
use crate::settings::{self, Flags, Settings};
use crate::store::{Db, open};
use clap::{Args as Group, ValueEnum};
use std::path::{Path, PathBuf};

/// `backtest`.
#[derive(Clone, Debug, Group)]
pub struct BacktestArgs {
    /// A file of settings with the policy to try, and the calendars that it names
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "policy_version",
        conflicts_with = "policy_version"
    )]
    pub policy: Option<PathBuf>,
    /// Which policy of the file, if it has several; with --policy-version that of the database
    #[arg(long, value_name = "NAME", required_unless_present = "policy")]
    pub name: Option<String>,
    /// Instead of a file: a version of the policy --name that the database holds, such as one made in the console
    #[arg(long, value_name = "N")]
    pub policy_version: Option<i64>,
    /// The first day on which waits began, in the zone of report.zone
    #[arg(long, value_name = "DAY")]
    pub from: jiff::civil::Date,
    /// The last day, which counts too
    #[arg(long, value_name = "DAY")]
    pub to: jiff::civil::Date,
    /// Only this brand
    #[arg(long, value_name = "NAME")]
    pub brand: Option<String>,
    /// The form
    #[arg(long, value_enum, default_value_t)]
    pub format: BacktestFormat,
}

/// The form of a backtest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BacktestFormat {
    /// Lines for people
    #[default]
    Text,
    /// JSON
    Json,
}

/// Prints what would have been.
pub fn run(global: &Global, args: &BacktestArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    if args.to < args.from {
        return Err(Failure::Usage(format!("--to {}: it lies before --from {}", args.to, args.from)));
    }
    let made = super::runtime()?.block_on(make(&settings, args))?;
    let out = if args.format == BacktestFormat::Json {
        serde_json::to_string_pretty(&made).map_err(anyhow::Error::from)? + "\n"
    } else {
        text(&made)
    };
    print(&out);
    Ok(Exit::Done)
}

/// The policy of the file: the only one, or the one that is named.
fn of_file(file: &Path, args: &BacktestArgs) -> Result<Policy, Failure> {
    let read = settings::load(Some(file), &Flags::default(), std::iter::empty())?;
    let known: Vec<&str> = read.policies.iter().map(|p| p.name.as_str()).collect();
    let said = |what: &str| {
        Failure::Usage(format!("--policy {}: {what}; it has: {}", file.display(), known.join(", ")))
    };
    match (&args.name, read.policies.as_slice()) {
        (None, [one]) => Ok(one.clone()),
        (None, _) => Err(said("wanted is a file with one [[policy]], or --name")),
        (Some(name), all) => {
            all.iter().find(|p| p.name == *name).cloned().ok_or_else(|| said("no such policy"))
        }
    }
}

/// The policy to try: of the file, or a version that the database holds.
async fn tried(db: &Db, args: &BacktestArgs) -> Result<Policy, Failure> {
    if let Some(file) = &args.policy {
        return of_file(file, args);
    }
    let kept = db.read("reading policies", |tx| Box::pin(super::policy::known(tx))).await?;
    let name = args.name.as_deref().unwrap_or_default();
    super::policy::numbered(Some(&kept), name, args.policy_version.unwrap_or_default())
}

async fn make(settings: &Settings, args: &BacktestArgs) -> Result<Backtest, Failure> {
    let from = super::begin(args.from, &settings.report.zone)?;
    let to = super::begin(args.to.saturating_add(jiff::Span::new().days(1)), &settings.report.zone)?;
    let opened = open::open_to_read(&settings.place()?).await?;
    let made = async {
        let brands = super::report::brands(args.brand.as_deref(), &opened.db).await?;
        let policy = tried(&opened.db, args).await?;
        Ok(backtest(&opened.db, &policy, &Ask { from, to, brands }, SystemClock::default().now()).await?)
    };
    let made = made.await;
    opened.db.close().await;
    made
}

/// A closed pipe is no failure of the policy.
fn print(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
