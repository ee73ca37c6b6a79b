//! How something outside stands when it is tried once: a log-in, a right, a limit, each with a verdict.

use serde::Serialize;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and something should be known or will not last.
    Mind,
    /// It does not work.
    Bad,
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exam {
    /// What was tried, in a word or two: `log in`, `rights`, `read notifications`.
    pub what: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found, in plain words without secrets.
    pub found: String,
    /// What a person can do about it; empty where nothing is to be done.
    pub advice: String,
}

impl Exam {
    /// Something that works.
    pub fn good(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Good, found: found.into(), advice: String::new() }
    }

    /// Something that works but should be known.
    pub fn mind(what: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Mind, found: found.into(), advice: advice.into() }
    }

    /// Something that does not work.
    pub fn bad(what: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Bad, found: found.into(), advice: advice.into() }
    }
}
