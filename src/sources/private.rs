//! What a source can do in private: say whether and how somebody can be reached, and write to them.
//!
//! Whether it is possible depends on platform, author and moment, so it is asked before anything is
//! offered. Sending keeps the same word as in public: one of the five outcomes, unknown unless it is
//! proved, and a look at the platform for what is unknown.

use super::reply::{Composed, Draft, Outgoing, PostRef};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::reply::Limits;
use crate::domain::window::WindowRule;
use async_trait::async_trait;

/// How an author can be reached in private, as far as the platform tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// We can write to them at once.
    Open,
    /// They must write first; then we can answer.
    TheyWrite {
        /// Why, in words.
        why: String,
    },
    /// The platform lets neither: blocked, suspended, switched off.
    Nobody {
        /// Why, in words.
        why: String,
    },
    /// The platform could not be asked now.
    Unasked {
        /// Why, in words.
        why: String,
    },
}

impl Reach {
    /// The code kept with a hand-over.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::TheyWrite { .. } => "they_write",
            Self::Nobody { .. } => "nobody",
            Self::Unasked { .. } => "unasked",
        }
    }

    /// Why, in words; empty where nothing is in the way.
    pub fn why(&self) -> &str {
        match self {
            Self::Open => "",
            Self::TheyWrite { why } | Self::Nobody { why } | Self::Unasked { why } => why,
        }
    }
}

/// A source that can talk in private in the name of its account. Its credential, account and keys are
/// those of its [`super::Reply`].
#[async_trait]
pub trait Private: Send + Sync {
    /// What a private message may hold.
    fn limits(&self) -> Limits;

    /// What files a private message may hold.
    fn files(&self) -> FileLimits {
        FileLimits::NONE
    }

    /// How long after the customer's last message we may write, where the platform limits it.
    fn window(&self) -> Option<WindowRule> {
        None
    }

    /// The address by which somebody comes in; stands in offers.
    fn way_in(&self) -> Option<String>;

    /// Whether and how the author of a post can be reached now; changes nothing there.
    async fn reachable(&self, to: &PostRef) -> Reach;

    /// What the platform would get; pure, also used for the preview.
    fn compose(&self, draft: &Draft) -> Composed;

    /// Sends once. `Retry` only if it is proved that nothing was sent.
    async fn send(&self, outgoing: &Outgoing) -> Outcome;

    /// Looks for the effect of an attempt whose outcome is unknown; changes nothing.
    async fn look(&self, outgoing: &Outgoing) -> Looked;

    /// The id that a message will have, where the key of its intent decides it.
    fn expected_id(&self, key: &str) -> Option<String> {
        let _ = key;
        None
    }

    /// The conversation in which a message stands, by its id, where the id tells it.
    fn conversation_of(&self, remote_id: &str) -> Option<String> {
        let _ = remote_id;
        None
    }
}
