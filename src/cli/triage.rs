//! `webcared triage`: judges posts from standard input, one JSON a line; `triage eval` measures,
//! `triage export` ([`super::export`]) prints what people put right.

use super::args::{Global, TriageArgs, TriageEvalArgs, TriageMeasure};
use super::exit::{Exit, Failure};
use crate::domain::brand::Brand;
use crate::settings;
use crate::triage::lines::judge_lines;
use crate::triage::{figures, research, train::Labelled};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// Judges standard input for one brand, for all brands of the settings, or as addressed to the
/// brand when there is none.
pub fn run(global: &Global, args: &TriageArgs) -> Result<Exit, Failure> {
    if let Some(TriageMeasure::Export(export)) = &args.measure {
        return super::export::run(global, export, args.brand.as_deref());
    }
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let brands: Vec<Brand> = match args.brand.as_deref() {
        None => settings.brands.clone(),
        Some(name) => {
            let known = settings.brands.iter().find(|b| b.name.eq_ignore_ascii_case(name));
            vec![known.cloned().unwrap_or_else(|| Brand::watched(name))]
        }
    };
    if let Some(TriageMeasure::Eval(eval)) = &args.measure {
        return measure(eval, brands.first().filter(|_| args.brand.is_some()));
    }
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

/// Measures on labelled files and on a folder of research sets.
fn measure(args: &TriageEvalArgs, brand: Option<&Brand>) -> Result<Exit, Failure> {
    let nobody = Brand::default();
    let mut text = String::new();
    for path in &args.files {
        let posts = labelled(path)?;
        let figures = figures::of_posts(&posts, brand.unwrap_or(&nobody));
        text.extend(["# ", &path.display().to_string(), "\n", &figures, "\n"]);
    }
    if let Some(folder) = &args.data {
        text += &research::measure(&|name| std::fs::read_to_string(folder.join(name)).ok());
    }
    if args.files.is_empty() && args.data.is_none() {
        return Err(Failure::Usage("nothing to measure: name a FILE or --data DIR".to_owned()));
    }
    super::print(&text)?;
    Ok(Exit::Done)
}

fn labelled(path: &Path) -> Result<Vec<Labelled>, Failure> {
    let at = |number: usize| format!("{}:{number}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()));
    let text = text.map_err(Failure::Other)?;
    let mut posts = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let post = serde_json::from_str(line).map_err(|e| anyhow::anyhow!("{}: {e}", at(number)));
        posts.push(post.map_err(Failure::Other)?);
    }
    Ok(posts)
}
