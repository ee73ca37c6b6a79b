//! `webcared backtest`: what another policy or triage rule would have done to a period. Reads beside a running daemon.

use super::args::{BuiltIn, Global, LinesFormat};
use super::exit::{Exit, Failure};
use crate::catalogue;
use crate::clock::{Clock, SystemClock};
use crate::domain::correction::level_from_code;
use crate::domain::judgement::Level;
use crate::domain::policy::Policy;
use crate::reports::Ask;
use crate::reports::backtest::{Backtest, Rule, Trial, text_in, tried};
use crate::settings::{self, Flags, Settings};
use crate::store::{Db, open};
use clap::Args as Group;
use std::path::{Path, PathBuf};

/// `backtest`.
#[derive(Clone, Debug, Group)]
pub struct BacktestArgs {
    /// A file of settings with the policy to try, and the calendars that it names
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present_any = ["policy_version", "triage", "level"],
        conflicts_with = "policy_version"
    )]
    pub policy: Option<PathBuf>,
    /// Which policy of the file, if it has several; with --policy-version that of the database
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Instead of a file: a version of the policy --name that the database holds, such as one made in the console
    #[arg(long, value_name = "N", requires = "name")]
    pub policy_version: Option<i64>,
    /// A file of settings: the triage of its brands (biases and words) is tried, also on cases that needed no answer
    #[arg(long, value_name = "FILE")]
    pub triage: Option<PathBuf>,
    /// A level that counts as another one, such as P3=P2; may be given several times
    #[arg(long, value_name = "LEVEL=LEVEL", value_parser = levels)]
    pub level: Vec<(Level, Level)>,
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
    pub format: LinesFormat,
    /// The language of the lines for people
    #[arg(long, value_enum, default_value_t)]
    pub language: BuiltIn,
}

/// Reads `P3=P2`.
fn levels(text: &str) -> Result<(Level, Level), String> {
    let read = |code: &str| level_from_code(&code.trim().to_uppercase());
    let both = text.split_once('=').and_then(|(from, to)| Some((read(from)?, read(to)?)));
    both.ok_or_else(|| format!("'{text}' is not two levels; wanted is such as P3=P2, with P1 to P5"))
}

/// Prints what would have been.
pub fn run(global: &Global, args: &BacktestArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    if args.to < args.from {
        return Err(Failure::Usage(format!("--to {}: it lies before --from {}", args.to, args.from)));
    }
    let made = super::runtime()?.block_on(make(&settings, args))?;
    let out = if args.format == LinesFormat::Json {
        serde_json::to_string_pretty(&made).map_err(anyhow::Error::from)? + "\n"
    } else {
        let words = super::report::words(args.language);
        let triage = rule(args)?.map(|rule| rule.in_words(words));
        text_in(&made, triage.as_deref(), words)
    };
    super::print(&out)?;
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

/// The policy to try: of the file, or a version that the database holds; none where only triage is tried.
async fn policy(db: &Db, args: &BacktestArgs) -> Result<Option<Policy>, Failure> {
    if let Some(file) = &args.policy {
        let fetched = db.read("reading holidays", |tx| Box::pin(catalogue::fetched(tx))).await?;
        return of_file(file, args).map(|policy| Some(policy.with_fetched(&fetched)));
    }
    let name = args.name.as_deref().unwrap_or_default();
    let Some(version) = args.policy_version else {
        let alone = "--name: wanted beside it is --policy FILE or --policy-version N";
        return if name.is_empty() { Ok(None) } else { Err(Failure::Usage(alone.to_owned())) };
    };
    let kept = db.read("reading policies", |tx| Box::pin(super::policy::known(tx))).await?;
    super::policy::numbered(Some(&kept), name, version).map(Some)
}

/// The triage rule to try: of the brands of a file, and levels that count as another one.
fn rule(args: &BacktestArgs) -> Result<Option<Rule>, Failure> {
    let brands = match &args.triage {
        None => Vec::new(),
        Some(file) => settings::load(Some(file), &Flags::default(), std::iter::empty())?.brands,
    };
    if let Some(file) = args.triage.as_ref().filter(|_| brands.is_empty()) {
        return Err(Failure::Usage(format!(
            "--triage {}: it names no brand; wanted is a [[brand]] with its triage",
            file.display()
        )));
    }
    let rule = Rule { brands, levels: args.level.iter().copied().collect() };
    Ok((rule.judges() || !rule.levels.is_empty()).then_some(rule))
}

async fn make(settings: &Settings, args: &BacktestArgs) -> Result<Backtest, Failure> {
    let from = super::begin(args.from, &settings.report.zone)?;
    let to = super::begin(args.to.saturating_add(jiff::Span::new().days(1)), &settings.report.zone)?;
    let opened = open::open_to_read(&settings.place()?).await?;
    let made = async {
        let brands = super::report::brands(args.brand.as_deref(), &opened.db).await?;
        let trial = Trial { policy: policy(&opened.db, args).await?, rule: rule(args)? };
        let zone = jiff::tz::TimeZone::get(&settings.report.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let ask = Ask { from, to, brands, zone };
        Ok(tried(&opened.db, &trial, &ask, SystemClock::default().now()).await?)
    };
    let made = made.await;
    opened.db.close().await;
    made
}
