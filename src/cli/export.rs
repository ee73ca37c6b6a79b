//! `webcared triage export`: what people corrected and confirmed, as lines to learn from. Reads only,
//! beside a running daemon.

use super::args::{Global, TriageExportArgs};
use super::exit::{Exit, Failure};
use crate::domain::time::Timestamp;
use crate::folding::learned::{self, Line};
use crate::settings::{self, Settings};
use crate::store::{correction, open, setting};
use std::io::{BufWriter, Write};

/// Prints the lines of one brand, or of all.
pub fn run(global: &Global, args: &TriageExportArgs, brand: Option<&str>) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    if let (Some(from), Some(to)) = (args.from, args.to)
        && to < from
    {
        return Err(Failure::Usage(format!("--to {to}: it lies before --from {from}")));
    }
    let lines = super::runtime()?.block_on(read(&settings, args, brand))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = lines
        .iter()
        .try_for_each(|line| {
            serde_json::to_writer(&mut out, line)?;
            out.write_all(b"\n")
        })
        .and_then(|()| out.flush());
    match written {
        // Whoever read our output went away: that is no failure of ours.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Other(error.into())),
        _ => Ok(Exit::Done),
    }
}

async fn read(
    settings: &Settings,
    args: &TriageExportArgs,
    brand: Option<&str>,
) -> Result<Vec<Line>, Failure> {
    let zone = &settings.report.zone;
    let from = args.from.map(|day| super::begin(day, zone)).transpose()?.unwrap_or(Timestamp(0));
    let after = args.to.map(|day| day.saturating_add(jiff::Span::new().days(1)));
    let to = after.map(|day| super::begin(day, zone)).transpose()?.unwrap_or(Timestamp(i64::MAX));
    let opened = open::open_to_read(&settings.place()?).await?;
    let all = opened.db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
    let brand_id = match brand {
        None => String::new(),
        Some(name) => {
            let known: Vec<&str> = all.iter().map(|b| b.name.as_str()).collect();
            let found = all.iter().find(|b| b.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
                Failure::Usage(format!("--brand '{name}': it is not known; known are {}", known.join(", ")))
            })?;
            found.id.clone()
        }
    };
    let read = opened.db.read("reading what can be learned from", move |tx| {
        Box::pin(async move {
            let learned = correction::learned(tx, &brand_id, from, to).await?;
            let mut cases: Vec<(String, String)> =
                learned.iter().map(|l| (l.brand_id.clone(), l.case_id.clone())).collect();
            cases.dedup();
            let corrections = correction::of_cases(tx, &cases).await?;
            Ok(learned::lines(&learned, &corrections))
        })
    });
    let lines = read.await?;
    opened.db.close().await;
    Ok(lines)
}
