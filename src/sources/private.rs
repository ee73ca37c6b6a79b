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

/// Words that a platform has approved, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// Its name at the platform.
    pub name: String,
    /// Its language, as the platform writes it.
    pub language: String,
    /// The words.
    pub text: String,
    /// What sending it costs, in millionths.
    pub micros: i64,
    /// The currency of that.
    pub currency: &'static str,
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

    /// Words that the platform has approved for when the window is closed, with `{{…}}` where something is filled in.
    fn approved(&self) -> Vec<Approved> {
        Vec::new()
    }

    /// Whether a text is made of approved words, so that it may go although the window is closed.
    fn is_approved(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Whether customers of other platforms are welcome by [`Private::way_in`], too.
    fn takes_everybody(&self) -> bool {
        false
    }

    /// The address by which somebody comes in; stands in offers. In it `{code}` becomes the case's reference code.
    fn way_in(&self) -> Option<String>;

    /// To whom a first message goes of whom only this address is known, which they gave elsewhere; `None` where nobody
    /// can be written to like that. Nothing is asked for it.
    fn to_address(&self, address: &str) -> Option<PostRef> {
        let _ = address;
        None
    }

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
