//! `webcared report`: the figures of a period. Reads beside a running daemon.

use super::args::{BuiltIn, Global, ReportArgs, ReportFormat, ReportKind, ReportPeriod};
use super::exit::{Exit, Failure};
use crate::catalogue::{Catalogue, Watched};
use crate::clock::{Clock, SystemClock};
use crate::reports::leads::{AskLeads, leads};
use crate::reports::monday;
use crate::reports::office::{Sight, demand, paper, yesterday};
use crate::reports::paper::Paper;
use crate::reports::period::Period;
use crate::reports::words::{EN, NL, Words};
use crate::reports::{self, Ask, console, figures, leads_write, write};
use crate::settings::{self, Settings};
use crate::store::{Db, open, setting};
use std::sync::Arc;

/// Prints the report.
pub fn run(global: &Global, args: &ReportArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    if let (Some(from), Some(to)) = (args.from, args.to)
        && to < from
    {
        return Err(Failure::Usage(format!("--to {to}: it lies before --from {from}")));
    }
    let text = super::runtime()?.block_on(make(&settings, args))?;
    super::print(&text)?;
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
    let (w, address, now) = (words(args.language), settings.public_url.clone(), SystemClock::default().now());
    if let Some(period) = args.period {
        let period = match period {
            ReportPeriod::Daily => Period::Daily,
            ReportPeriod::Weekly => Period::Weekly,
            ReportPeriod::Monthly => Period::Monthly,
        };
        let zone = jiff::tz::TimeZone::get(&settings.report.zone).map_err(anyhow::Error::from)?;
        let ask = AskLeads::last(period, brands, &zone, now)
            .ok_or_else(|| Failure::Usage("--period: no day is known before now".to_owned()))?
            .knowing(known(settings, db).await?);
        let mut made = leads(db, &ask, now).await?;
        let shown = in_words(args, &address, || console::paper(&made, w));
        made.report.console = address;
        return Ok(shown.unwrap_or_else(|| leads_write::write(&made, format)));
    }
    if args.kind == ReportKind::Monday {
        return on_monday(settings, args, db, brands).await;
    }
    if args.kind == ReportKind::Yesterday {
        return on_yesterday(settings, args, db, brands).await;
    }
    let (Some(first), Some(last)) = (args.from, args.to) else {
        let wanted = "wanted is --period, or --from and --to, or --kind monday, or --kind yesterday";
        return Err(Failure::Usage(wanted.to_owned()));
    };
    let from = super::begin(first, &settings.report.zone)?;
    let to = super::begin(last.saturating_add(jiff::Span::new().days(1)), &settings.report.zone)?;
    let zone = jiff::tz::TimeZone::get(&settings.report.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let ask = Ask { from, to, brands, zone };
    Ok(match args.kind {
        ReportKind::Figures | ReportKind::Monday | ReportKind::Yesterday => {
            let mut report = reports::report(db, &ask, now).await?;
            if !settings.brands.iter().any(|b| b.survey.enabled) {
                // A module that is off leaves no trace.
                report.survey = None;
            }
            let days = (first.to_string(), last.to_string());
            let shown = in_words(args, &address, || figures::paper(&report, (&days.0, &days.1), w));
            report.console = address;
            shown.unwrap_or_else(|| write::write(&report, format))
        }
        ReportKind::FailureDemand => {
            let mut report = demand::report(db, &ask, &Sight::All).await?;
            let days = (first.to_string(), last.to_string());
            let shown = in_words(args, &address, || paper::demand(&report, (&days.0, &days.1), w));
            report.console = address;
            shown.unwrap_or_else(|| demand::write(&report, format))
        }
    })
}

/// The words of the language that is asked for.
pub(super) fn words(language: BuiltIn) -> &'static Words {
    match language {
        BuiltIn::En => &EN,
        BuiltIn::Nl => &NL,
    }
}

/// A report as a text or a page in a language that is not English; what programs read is the same in each.
fn in_words(args: &ReportArgs, console: &str, paper: impl FnOnce() -> Paper) -> Option<String> {
    if args.language == BuiltIn::En {
        return None;
    }
    match args.format {
        ReportFormat::Text => Some(paper().text(console)),
        ReportFormat::Html => Some(paper().mail(console)),
        ReportFormat::Json | ReportFormat::Csv => None,
    }
}

/// The page of a Monday: as text, JSON, or a page that needs nothing else.
async fn on_monday(
    settings: &Settings,
    args: &ReportArgs,
    db: &Db,
    brands: Vec<String>,
) -> Result<String, Failure> {
    let zone = jiff::tz::TimeZone::get(&settings.report.zone).map_err(anyhow::Error::from)?;
    let (now, all) = (SystemClock::default().now(), brands.is_empty());
    let ask = AskLeads::last(Period::Weekly, brands, &zone, now)
        .ok_or_else(|| Failure::Usage("no week is known before now".to_owned()))?
        .knowing(known(settings, db).await?);
    let mut made = monday::monday(db, &ask, now).await?;
    if all {
        made.brands.clear();
    }
    let paper = monday::paper(&made, words(args.language), &zone);
    match args.format {
        ReportFormat::Text => Ok(paper.text(&settings.public_url)),
        ReportFormat::Html => Ok(paper.mail(&settings.public_url)),
        ReportFormat::Json => Ok(serde_json::to_string_pretty(&made).map_err(anyhow::Error::from)? + "\n"),
        ReportFormat::Csv => {
            Err(Failure::Usage("--format csv: a Monday page is text, html or json".to_owned()))
        }
    }
}

/// Yesterday at the back door, or another day by `--from`.
async fn on_yesterday(
    settings: &Settings,
    args: &ReportArgs,
    db: &Db,
    mut brands: Vec<String>,
) -> Result<String, Failure> {
    let zone = jiff::tz::TimeZone::get(&settings.report.zone).map_err(anyhow::Error::from)?;
    let now = SystemClock::default().now();
    let ask = AskLeads::last(Period::Daily, brands.clone(), &zone, now)
        .ok_or_else(|| Failure::Usage("no day is known before now".to_owned()))?;
    let day = args.from.unwrap_or(ask.days.0);
    let after = day.saturating_add(jiff::Span::new().days(1));
    let span = (super::begin(day, &settings.report.zone)?, super::begin(after, &settings.report.zone)?);
    let all = db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
    let names: Vec<String> = all.iter().filter(|b| brands.contains(&b.id)).map(|b| b.name.clone()).collect();
    if brands.is_empty() {
        brands = all.into_iter().map(|b| b.id).collect();
    }
    let made = yesterday::report(db, &brands, span, &Sight::All, now).await?;
    let paper = paper::yesterday(&made, &names, &day.to_string(), words(args.language));
    Ok(match args.format {
        ReportFormat::Text => paper.text(&settings.public_url),
        ReportFormat::Html => paper.mail(&settings.public_url),
        ReportFormat::Json => serde_json::to_string_pretty(&made).map_err(anyhow::Error::from)? + "\n",
        ReportFormat::Csv => yesterday::csv(&made),
    })
}

/// What the settings promise, for brands that the database knows; nothing is written.
pub(super) async fn known(settings: &Settings, db: &Db) -> Result<Arc<Catalogue>, Failure> {
    let rows = db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
    let mut catalogue = Catalogue::default();
    for brand in &settings.brands {
        let id = rows.iter().find(|r| r.name == brand.name).map(|r| r.id.clone());
        if let (Some(id), Some(policy)) = (id, settings.policy(&brand.policy)) {
            catalogue.brands.push(Watched { id, brand: brand.clone(), laid: 0, policy: (0, policy) });
        }
    }
    Ok(Arc::new(catalogue))
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
