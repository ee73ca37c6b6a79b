//! `webcared texts`: the words of the console as a file to write another language into.

use super::args::BuiltIn;
use super::exit::{Exit, Failure};
use crate::web::languages;
use clap::Args;

/// `texts`.
#[derive(Clone, Debug, Args)]
pub struct TextsArgs {
    /// The language whose words stand in it
    #[arg(long, value_enum, default_value_t)]
    pub language: BuiltIn,
}

/// Prints them.
pub fn run(args: &TextsArgs) -> Result<Exit, Failure> {
    super::print(&languages::template(super::report::words(args.language).lang))?;
    Ok(Exit::Done)
}
