//! How the files of posts are found: where a source knows more than an address.
//!
//! A source says where a file is, with what its server wants to see, or hands over the bytes where only it can get them
//! (a part of a mail). It keeps to the budget of its credential. Whether a place may be called, how much is read and
//! what is kept of it is not decided here.

use super::SourceTrouble;
use crate::domain::file::FileNote;
use crate::domain::time::Span;
use async_trait::async_trait;
use http::{HeaderName, HeaderValue};
use url::Url;

/// Where a file is.
#[derive(Clone, PartialEq, Eq)]
pub enum Found {
    /// At an address, which may hold a secret and is never logged.
    At {
        /// The address.
        url: Url,
        /// A header that goes to that server only.
        header: Option<(HeaderName, HeaderValue)>,
    },
    /// Here are its bytes.
    Bytes(Vec<u8>),
}

/// Why a file was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfound {
    /// It is no longer there.
    Gone,
    /// It is larger than asked for.
    TooLarge,
    /// Its server does not give it.
    Denied,
    /// It may be found later; after so long at least, where that is known.
    Later(Option<Span>),
}

impl From<SourceTrouble> for Unfound {
    fn from(trouble: SourceTrouble) -> Self {
        Self::Later(trouble.retry_after)
    }
}

/// A source whose files need more than their address.
#[async_trait]
pub trait Media: Send + Sync {
    /// The address of the source in the settings: the one place that may be on this machine.
    fn base(&self) -> Option<&Url>;

    /// Finds a file; at its address, unless the source knows better.
    async fn find(&self, file: &FileNote, bytes_max: usize) -> Result<Found, Unfound> {
        let _ = bytes_max;
        at(file)
    }

    /// Where else it may be, if it was not given where it was found.
    async fn elsewhere(&self, file: &FileNote) -> Option<Url> {
        let _ = file;
        None
    }
}

/// A file at its address.
pub fn at(file: &FileNote) -> Result<Found, Unfound> {
    Url::parse(&file.url).map(|url| Found::At { url, header: None }).map_err(|_| Unfound::Denied)
}
