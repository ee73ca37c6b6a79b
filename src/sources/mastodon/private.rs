//! Talking in private on Mastodon: a status that only the people named in it can read.
//!
//! Whoever mentioned us can be written to; a server tells nobody that they filter or block us. It is
//! an answer to their post like any other, narrower: the same key, the same look for what is unknown.
//! It is not sealed: the people who run either server can read it. Where the server says that it is one that takes no such
//! status, nothing is offered.

use super::super::private::{Private, Reach};
use super::super::reply::{Composed, Draft, Outgoing, PostRef, Reply};
use super::Mastodon;
use super::client::Share;
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::reply::Limits;
use async_trait::async_trait;

/// Only the people named in it.
const DIRECT: &str = "direct";

fn direct(outgoing: &Outgoing) -> Outgoing {
    Outgoing { visibility: DIRECT.to_owned(), ..outgoing.clone() }
}

#[async_trait]
impl Private for Mastodon {
    fn limits(&self) -> Limits {
        Reply::limits(self)
    }

    fn files(&self) -> FileLimits {
        Reply::files(self)
    }

    fn way_in(&self) -> Option<String> {
        if self.profile.instance().lacks_direct().is_some() {
            return None;
        }
        self.profile.me()?.url.clone()
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if to.author_handle.trim().is_empty() {
            return Reach::Nobody { why: "its author has no handle that can be addressed".to_owned() };
        }
        if self.profile.instance().version.is_empty() {
            // What the server is decides whether this can be offered; where it does not tell, what Mastodon documents holds.
            if let Err(failed) = self.profile.know(&self.client, Share::Answering).await {
                tracing::debug!(source = self.name, ?failed, "what the server is could not be asked");
            }
        }
        match self.profile.instance().lacks_direct() {
            Some(why) => Reach::Nobody { why: why.to_owned() },
            None => Reach::Open,
        }
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let mut draft = draft.clone();
        DIRECT.clone_into(&mut draft.to.visibility);
        let mut composed = Reply::compose(self, &draft);
        if let Some(why) = self.profile.instance().lacks_direct() {
            composed.refused.get_or_insert_with(|| why.to_owned());
        }
        composed
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        if let Some(why) = self.profile.instance().lacks_direct() {
            return Outcome::Refused { reason: why.to_owned() };
        }
        Reply::send(self, &direct(outgoing)).await
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        Reply::look(self, &direct(outgoing)).await
    }
}
