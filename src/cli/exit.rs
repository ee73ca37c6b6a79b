//! Exit codes: what scripts and service managers can rely on.
//!
//! A command ends well or with a [`Failure`]. Which code a failure means is decided here only, so
//! that the same trouble gives the same code from every command.

use crate::app::StartError;
use crate::settings::Mistakes;
use crate::store::OpenError;
use crate::store::StoreError;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It failed, for a reason that has no code of its own.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// The settings were wrong.
    Configuration = 3,
    /// Another instance has the data folder.
    Locked = 4,
    /// The database could not be reached or did not do what was asked.
    Database = 5,
    /// Done, but some items were put aside.
    Quarantined = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line asks for what cannot be.
    #[error("{0}")]
    Usage(String),
    /// The settings were wrong.
    #[error("{0}")]
    Configuration(#[from] Mistakes),
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Open(error) => Self::Open(error),
            StartError::Store(error) => Self::Store(error),
            StartError::Other(text) => Self::Other(anyhow::anyhow!(text)),
        }
    }
}

impl Failure {
    /// The code with which the process ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Configuration(_) | Self::Open(OpenError::Scheme { .. }) => Exit::Configuration,
            Self::Open(OpenError::Locked { .. }) => Exit::Locked,
            Self::Open(_) | Self::Store(_) => Exit::Database,
            Self::Other(error) => of_chain(error),
        }
    }
}

/// An error that passed through `anyhow` keeps its code.
fn of_chain(error: &anyhow::Error) -> Exit {
    let known = |cause: &(dyn std::error::Error + 'static)| {
        if cause.is::<Mistakes>() {
            return Some(Exit::Configuration);
        }
        match cause.downcast_ref::<OpenError>() {
            Some(OpenError::Locked { .. }) => return Some(Exit::Locked),
            Some(OpenError::Scheme { .. }) => return Some(Exit::Configuration),
            Some(_) => return Some(Exit::Database),
            None => {}
        }
        cause.is::<StoreError>().then_some(Exit::Database)
    };
    error.chain().find_map(known).unwrap_or(Exit::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_code_through_anyhow() {
        let locked = || OpenError::Locked { path: "x/webcared.lock".into() };
        assert_eq!(Failure::from(locked()).exit(), Exit::Locked);
        assert_eq!(Failure::from(anyhow::Error::from(locked()).context("starting")).exit(), Exit::Locked);
        assert_eq!(Failure::from(anyhow::Error::from(Mistakes::default())).exit(), Exit::Configuration);
        assert_eq!(Failure::from(anyhow::anyhow!("no")).exit(), Exit::Failed);
    }
}
