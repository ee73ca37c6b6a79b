//! Talking in private on Mastodon: a status that only the people named in it can read.
//!
//! Whoever mentioned us can be written to; a server tells nobody that they filter or block us. It is
//! an answer to their post like any other, narrower: the same key, the same look for what is unknown.
//! It is not sealed: the people who run either server can read it.

use super::super::private::{Private, Reach};
use super::super::reply::{Composed, Draft, Outgoing, PostRef, Reply};
use super::Mastodon;
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
        self.profile.me()?.url.clone()
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        if to.author_handle.trim().is_empty() {
            return Reach::Nobody { why: "its author has no handle that can be addressed".to_owned() };
        }
        Reach::Open
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let mut draft = draft.clone();
        DIRECT.clone_into(&mut draft.to.visibility);
        Reply::compose(self, &draft)
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        Reply::send(self, &direct(outgoing)).await
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        Reply::look(self, &direct(outgoing)).await
    }
}
