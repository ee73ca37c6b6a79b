//! `webcared triage`: judges posts from standard input, one JSON a line.

use super::args::{Global, TriageArgs};
use super::exit::{Exit, Failure};
use crate::domain::brand::Brand;
use crate::settings;
use crate::triage::lines::judge_lines;
use std::io::{BufReader, BufWriter, Write};

/// Judges standard input for one brand, for all brands of the settings, or as addressed to the
/// brand when there is none.
pub fn run(global: &Global, args: &TriageArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let brands: Vec<Brand> = match args.brand.as_deref() {
        None => settings.brands.clone(),
        Some(name) => {
            let known = settings.brands.iter().find(|b| b.name.eq_ignore_ascii_case(name));
            vec![known.cloned().unwrap_or_else(|| Brand::watched(name))]
        }
    };
    let mut input = BufReader::with_capacity(1 << 18, std::io::stdin().lock());
    let mut output = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
    let judged = judge_lines(&mut input, &mut output, &brands);
    match judged.and_then(|counts| output.flush().map(|()| counts)) {
        Ok(counts) if counts.bad > 0 => {
            super::say(&format!("webcared: {} of {} lines could not be read", counts.bad, counts.lines));
            Ok(Exit::Quarantined)
        }
        Ok(_) => Ok(Exit::Done),
        // Whoever read our output went away: that is no failure of ours.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(error) => Err(Failure::Other(error.into())),
    }
}
