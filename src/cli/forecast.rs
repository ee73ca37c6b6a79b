//! `webcared forecast`: what is to be expected, and how many people it takes. Reads beside a running daemon.

use super::args::{BuiltIn, Global, LinesFormat};
use super::exit::{Exit, Failure};
use crate::clock::{Clock, SystemClock};
use crate::reports::forecast::{AskForecast, forecast, outlook, paper, sentence};
use crate::settings::{self, Settings};
use crate::store::{Db, open};
use clap::Args as Group;

/// `forecast`.
#[derive(Clone, Debug, Group)]
pub struct ForecastArgs {
    /// How many weeks ahead
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub weeks: u8,
    /// How long one answer takes, in minutes [default: forecast.handling_minutes, or as measured]
    #[arg(long, value_name = "MINUTES")]
    pub handling_minutes: Option<f64>,
    /// After how many minutes people give up in the mean (Erlang A) [default: forecast.patience_minutes, or never]
    #[arg(long, value_name = "MINUTES")]
    pub patience_minutes: Option<f64>,
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

/// Prints what is to be expected.
pub fn run(global: &Global, args: &ForecastArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    for (name, n) in [("handling", args.handling_minutes), ("patience", args.patience_minutes)] {
        if n.is_some_and(|n| !(0.1..=10_000.0).contains(&n)) {
            return Err(Failure::Usage(format!("--{name}-minutes: allowed is 0.1 to 10000")));
        }
    }
    let text = super::runtime()?.block_on(make(&settings, args))?;
    super::print(&text)?;
    Ok(Exit::Done)
}

async fn make(settings: &Settings, args: &ForecastArgs) -> Result<String, Failure> {
    let opened = open::open_to_read(&settings.place()?).await?;
    let text = made(settings, args, &opened.db).await;
    opened.db.close().await;
    text
}

async fn made(settings: &Settings, args: &ForecastArgs, db: &Db) -> Result<String, Failure> {
    let catalogue = super::report::known(settings, db).await?;
    let chosen = super::report::brands(args.brand.as_deref(), db).await?;
    let all = || catalogue.brands.iter().map(|b| b.id.clone()).collect();
    let brands = if chosen.is_empty() { all() } else { chosen };
    let ask = AskForecast {
        catalogue,
        brands,
        zone: jiff::tz::TimeZone::get(&settings.report.zone).map_err(anyhow::Error::from)?,
        weeks: usize::from(args.weeks),
        handling: args.handling_minutes.or(settings.forecast.handling_minutes),
        patience: args.patience_minutes.or(settings.forecast.patience_minutes),
    };
    let now = SystemClock::default().now();
    let made = forecast(db, &ask, now).await?;
    if args.format == LinesFormat::Json {
        return Ok(serde_json::to_string_pretty(&made).map_err(anyhow::Error::from)? + "\n");
    }
    let words = super::report::words(args.language);
    let late = sentence(&outlook(db, &ask, now).await?, words, &ask.zone);
    let late = late.map_or_else(String::new, |text| format!("{text}\n\n"));
    Ok(late + &paper(&made, &ask, usize::MAX, words).text(""))
}
