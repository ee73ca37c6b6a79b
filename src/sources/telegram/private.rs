//! A bot as the way into a private channel, for customers of every platform.
//!
//! All that is said to a bot is private, so writing there is answering. A bot cannot begin a talk: somebody comes by
//! its link, and the code in that link stands in their first message.

use super::TelegramSource;
use super::reply::{LIMITS, place};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::reply::Limits;
use crate::sources::private::{Private, Reach};
use crate::sources::reply::{Composed, Draft, Outgoing, PostRef, Reply};
use async_trait::async_trait;

#[async_trait]
impl Private for TelegramSource {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn files(&self) -> FileLimits {
        Reply::files(self)
    }

    fn takes_everybody(&self) -> bool {
        true
    }

    fn way_in(&self) -> Option<String> {
        // Only letters, digits, `_` and `-` may stand behind `start`: the code has no others.
        let handle = self.handle().filter(|h| !h.is_empty())?;
        Some(format!("https://t.me/{handle}?start={{code}}"))
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if place(&to.external_id).is_some() {
            return Reach::Open;
        }
        Reach::TheyWrite { why: "a bot cannot begin a talk on Telegram".to_owned() }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        Reply::compose(self, draft)
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        Reply::send(self, outgoing).await
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        Reply::look(self, outgoing).await
    }
}
