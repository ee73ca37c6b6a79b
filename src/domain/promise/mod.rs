//! Promises in what an agent types: 'we call you before 16:00', 'binnen vijf werkdagen', '明日までに'.
//!
//! A sentence promises when it says that we do something ([`Act`]) and by when, and neither asks, nor
//! depends on something, nor denies, nor tells what was. What is found is only ever proposed: a person says
//! whether it is meant. The words of each language stand in `words/LANGUAGE.tsv`, which begins with how to
//! read it; the sentences by which they are held stand in `sentences/`.

mod find;
pub mod state;
mod when;
pub mod whom;
mod words;

use super::calendar::Hours;
use super::language::Language;
use super::time::Timestamp;
use jiff::tz::TimeZone;

/// What is promised to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// To call.
    Call,
    /// To write a mail.
    Mail,
    /// To answer, to let them know.
    Answer,
    /// To give money back.
    Refund,
    /// To send something.
    Send,
    /// That a mechanic or somebody else comes.
    Visit,
    /// To solve it.
    Solve,
}

impl Act {
    /// All of them, in the order in which they are looked for: a call is also an answer.
    pub const ALL: [Self; 7] =
        [Self::Call, Self::Visit, Self::Refund, Self::Mail, Self::Send, Self::Solve, Self::Answer];

    /// The code kept in the database and in files of words.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Mail => "mail",
            Self::Answer => "answer",
            Self::Refund => "refund",
            Self::Send => "send",
            Self::Visit => "visit",
            Self::Solve => "solve",
        }
    }

    /// Reads what [`Act::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.code() == code)
    }
}

/// A promise that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is promised.
    pub act: Act,
    /// By when.
    pub due: Timestamp,
    /// Where its words begin in the text, in bytes.
    pub start: usize,
    /// Where they end.
    pub end: usize,
}

/// When and where a text is written: what 'tomorrow' and 'working day' mean.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The instant of writing.
    pub now: Timestamp,
    /// The zone in which days and hours are meant.
    pub zone: TimeZone,
    /// The hours of the brand: which days are working days, and when a day ends.
    pub hours: Hours,
}

/// The promises in a text, in the order of the text. Nothing is found in a language that is none of the ten.
pub fn find(text: &str, language: Language, frame: &Frame) -> Vec<Found> {
    words::of(language).map(|words| find::all(text, words, frame)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
