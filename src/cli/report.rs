//! `webcared report`: the figures of a period. Reads beside a running daemon.

use super::args::{Global, ReportArgs, ReportFormat, ReportKind};
use super::exit::{Exit, Failure};
use crate::clock::{Clock, SystemClock};
use crate::reports::office::demand;
use crate::reports::{self, Ask, write};
use crate::settings::{self, Settings};
use crate::store::{open, setting};

/// Prints the report.
pub fn run(global: &Global, args: &ReportArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    if args.to < args.from {
        return Err(Failure::Usage(format!("--to {}: it lies before --from {}", args.to, args.from)));
    }
    let text = super::runtime()?.block_on(make(&settings, args))?;
    print(&text);
    Ok(Exit::Done)
}

async fn make(settings: &Settings, args: &ReportArgs) -> Result<String, Failure> {
    let from = super::begin(args.from, &settings.report.zone)?;
    let to = super::begin(args.to.saturating_add(jiff::Span::new().days(1)), &settings.report.zone)?;
    let opened = open::open_to_read(&settings.place()?).await?;
    let all = opened.db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
    let brands = match &args.brand {
        None => Vec::new(),
        Some(name) => {
            let known: Vec<&str> = all.iter().map(|b| b.name.as_str()).collect();
            let found = all.iter().find(|b| b.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
                Failure::Usage(format!("--brand '{name}': it is not known; known are {}", known.join(", ")))
            })?;
            vec![found.id.clone()]
        }
    };
    let ask = Ask { from, to, brands };
    let format = match args.format {
        ReportFormat::Text => write::Format::Text,
        ReportFormat::Json => write::Format::Json,
        ReportFormat::Csv => write::Format::Csv,
        ReportFormat::Html => write::Format::Html,
    };
    let (db, console) = (&opened.db, settings.public_url.clone());
    let text = match args.kind {
        ReportKind::Figures => {
            let mut report = reports::report(db, &ask, SystemClock::default().now()).await?;
            report.console = console;
            write::write(&report, format)
        }
        ReportKind::FailureDemand => {
            let mut report = demand::report(db, &ask, None).await?;
            report.console = console;
            demand::write(&report, format)
        }
    };
    opened.db.close().await;
    Ok(text)
}

#[expect(clippy::print_stdout, reason = "the report is this command's result")]
fn print(text: &str) {
    print!("{text}");
}
