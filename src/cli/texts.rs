//! `webcared texts`: the words of the console as a file to write another language into.

use super::exit::{Exit, Failure};
use crate::web::languages;
use clap::{Args, ValueEnum};

/// `texts`.
#[derive(Clone, Debug, Args)]
pub struct TextsArgs {
    /// The language whose words stand in it
    #[arg(long, value_enum, default_value = "en")]
    pub language: BuiltIn,
}

/// A language that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BuiltIn {
    /// English
    En,
    /// Dutch
    Nl,
}

/// Prints them.
pub fn run(args: &TextsArgs) -> Result<Exit, Failure> {
    let language = match args.language {
        BuiltIn::En => "en",
        BuiltIn::Nl => "nl",
    };
    super::print(&languages::template(language))?;
    Ok(Exit::Done)
}
