//! `webcared report`: the figures of a period. Reads beside a running daemon.

use super::args::{Global, ReportArgs, ReportFormat, ReportKind, ReportPeriod};
use super::exit::{Exit, Failure};
use crate::clock::{Clock, SystemClock};
use crate::reports::leads::{AskLeads, leads};
use crate::reports::office::demand;
use crate::reports::period::Period;
use crate::reports::{self, Ask, leads_write, write};
use crate::settings::{self, Settings};
use crate::store::{Db, open, setting};

/// Prints the report.
pub fn run(global: &Global, args: &ReportArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    if let (Some(from), Some(to)) = (args.from, args.to)
        && to < from
    {
        return Err(Failure::Usage(format!("--to {to}: it lies before --from {from}")));
    }
    let text = super::runtime()?.block_on(make(&settings, args))?;
    print(&text);
    Ok(Exit::Done)
}

async fn make(settings: &Settings, args: &ReportArgs) -> Result<String, Failure> {
    let opened = open::open_to_read(&settings.place()?).await?;
    let text = made(settings, args, &opened.db).await;
    opened.db.close().await;
    text
}

async fn made(settings: &Settings, args: &ReportArgs, db: &Db) -> Result<String, Failure> {
    let brands = brands(args.brand.as_deref(), db).await?;
    let format = match args.format {
        ReportFormat::Text => write::Format::Text,
        ReportFormat::Json => write::Format::Json,
        ReportFormat::Csv => write::Format::Csv,
        ReportFormat::Html => write::Format::Html,
    };
    let (console, now) = (settings.public_url.clone(), SystemClock::default().now());
    if let Some(period) = args.period {
        let period = match period {
            ReportPeriod::Daily => Period::Daily,
            ReportPeriod::Weekly => Period::Weekly,
            ReportPeriod::Monthly => Period::Monthly,
        };
        let zone = jiff::tz::TimeZone::get(&settings.report.zone).map_err(anyhow::Error::from)?;
        let ask = AskLeads::last(period, brands, &zone, now)
            .ok_or_else(|| Failure::Usage("--period: no day is known before now".to_owned()))?;
        let mut made = leads(db, &ask, now).await?;
        made.report.console = console;
        return Ok(leads_write::write(&made, format));
    }
    let (Some(first), Some(last)) = (args.from, args.to) else {
        return Err(Failure::Usage("wanted is --period, or --from and --to".to_owned()));
    };
    let from = super::begin(first, &settings.report.zone)?;
    let to = super::begin(last.saturating_add(jiff::Span::new().days(1)), &settings.report.zone)?;
    let ask = Ask { from, to, brands };
    Ok(match args.kind {
        ReportKind::Figures => {
            let mut report = reports::report(db, &ask, now).await?;
            report.console = console;
            write::write(&report, format)
        }
        ReportKind::FailureDemand => {
            let mut report = demand::report(db, &ask, None).await?;
            report.console = console;
            demand::write(&report, format)
        }
    })
}

/// The brand of that name by id; nothing is all brands.
pub(super) async fn brands(name: Option<&str>, db: &Db) -> Result<Vec<String>, Failure> {
    let Some(name) = name else { return Ok(Vec::new()) };
    let all = db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
    let known: Vec<&str> = all.iter().map(|b| b.name.as_str()).collect();
    let found = all.iter().find(|b| b.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        Failure::Usage(format!("--brand '{name}': it is not known; known are {}", known.join(", ")))
    })?;
    Ok(vec![found.id.clone()])
}

#[expect(clippy::print_stdout, reason = "the report is this command's result")]
fn print(text: &str) {
    print!("{text}");
}
