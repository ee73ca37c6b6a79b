//! What a status answers and where its conversation began, as identities that every server shares.
//!
//! The API names what is answered by this server's own ids. One call for the thread gives the posts
//! above; what they are called everywhere is remembered, so that a talk that goes on costs no call.
//! A thread that cannot be had never costs the status itself.

use super::super::fediverse::lenient;
use super::super::fediverse::status::Status;
use super::client::{Client, Failed, Share};
use crate::domain::time::Span;
use crate::http_client::CallError;
use http::Method;
use serde::Deserialize;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many statuses are remembered.
const KNOWN_MAX: usize = 4_000;
/// How much of a thread is read; a long one has thousands of answers below.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many of the posts above are handed along: those nearest, and the first.
const ABOVE_MAX: usize = 20;
const WITHIN: Span = Span::seconds(10);

/// Where a status stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// What the first post of the conversation is called everywhere.
    pub conversation: Option<String>,
    /// What the answered post is called everywhere.
    pub in_reply_to: Option<String>,
}

/// A status, where it stands, and what stands above it.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    /// Where it stands.
    pub placed: Placed,
    /// The posts above that are worth showing, the first of them first.
    pub above: Vec<(Status, Placed)>,
}

/// The part of `/api/v1/statuses/:id/context` that is above.
#[derive(Deserialize)]
struct Context {
    #[serde(default, deserialize_with = "lenient::each")]
    ancestors: Vec<serde_json::Value>,
}

/// Both parts, for who looks for an answer.
#[derive(Deserialize)]
pub struct Around {
    /// What stands below, each as it came.
    #[serde(default, deserialize_with = "lenient::each")]
    pub descendants: Vec<serde_json::Value>,
}

/// What statuses are called everywhere, by this server's id: their own name and their conversation's.
#[derive(Debug, Default)]
pub struct Threads {
    known: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    names: HashMap<String, (String, String)>,
    order: VecDeque<String>,
}

/// The call for a thread.
pub fn context_of(client: &Client, id: &str) -> crate::http_client::Call {
    client.call(Method::GET, &["v1", "statuses", id, "context"], &[]).bytes_max(BYTES_MAX).within(WITHIN)
}

impl Threads {
    /// Where a status stands, as far as that is remembered.
    pub fn remembered(&self, status: &Status) -> Option<Placed> {
        let Some(parent) = status.answers() else { return Some(self.alone(status)) };
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, conversation) = known.names.get(&parent).cloned()?;
        drop(known);
        let placed = Placed { conversation: Some(conversation), in_reply_to: Some(name) };
        self.remember(status, &placed);
        Some(placed)
    }

    /// A status that answers nothing, or of which nothing more is known, begins a conversation, unless it quotes what
    /// began one.
    pub fn alone(&self, status: &Status) -> Placed {
        let first = status.quoted().filter(|quoted| quoted.answers().is_none());
        let conversation = first.and_then(|first| first.identity()).or_else(|| status.identity());
        let placed = Placed { conversation, in_reply_to: None };
        self.remember(status, &placed);
        placed
    }

    /// Asks the server where a status stands that answers another.
    pub async fn ask(&self, client: &Client, status: &Status) -> Result<Thread, Failed> {
        match client.send(Share::Reading, context_of(client, &status.id)).await {
            Ok(answer) => {
                let context: Context =
                    serde_json::from_slice(&answer.body).map_err(|_| Failed::Unreadable)?;
                let read = |value| serde_json::from_value::<Status>(value).ok();
                let above: Vec<Status> = context.ancestors.into_iter().filter_map(read).collect();
                Ok(self.of(status, &above))
            }
            // A thread too long to read: its nearest post is enough to stand in the right place.
            Err(Failed::Call(CallError::TooLarge { .. })) => {
                let parent = status.answers().unwrap_or_default();
                let path = ["v1", "statuses", parent.as_str()];
                let parent: Status = client.get(Share::Reading, &path, &[], WITHIN).await?;
                Ok(self.of(status, &[parent]))
            }
            Err(failed) => Err(failed),
        }
    }

    /// Where a status stands among the posts above it.
    fn of(&self, status: &Status, above: &[Status]) -> Thread {
        let by_id: HashMap<&str, &Status> = above.iter().map(|s| (s.id.as_str(), s)).collect();
        let parent_of = |s: &Status| s.answers().and_then(|id| by_id.get(id.as_str()).copied());
        // From the status upwards; a ring, which no server should make, ends it.
        let mut chain: Vec<&Status> = Vec::new();
        let mut at = status;
        while let Some(parent) = parent_of(at).filter(|_| chain.len() < above.len()) {
            chain.push(parent);
            at = parent;
        }
        let Some(first) = chain.last() else {
            return Thread { placed: self.alone(status), above: Vec::new() };
        };
        let conversation = first.identity();
        let placed = |s: &Status| Placed {
            conversation: conversation.clone(),
            in_reply_to: parent_of(s).and_then(Status::identity),
        };
        for s in chain.iter().copied().chain([status]) {
            self.remember(s, &placed(s));
        }
        let worth = |at: usize| at < ABOVE_MAX || at + 1 == chain.len();
        let shown = chain.iter().enumerate().filter(|(at, _)| worth(*at)).rev();
        Thread { placed: placed(status), above: shown.map(|(_, s)| ((*s).clone(), placed(s))).collect() }
    }

    fn remember(&self, status: &Status, placed: &Placed) {
        let (Some(name), Some(conversation)) = (status.identity(), placed.conversation.clone()) else {
            return;
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.names.insert(status.id.clone(), (name, conversation)).is_none() {
            known.order.push_back(status.id.clone());
        }
        while known.order.len() > KNOWN_MAX {
            if let Some(old) = known.order.pop_front() {
                known.names.remove(&old);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(id: u32, answers: Option<u32>) -> Status {
        serde_json::from_value(json!({
            "id": id.to_string(), "created_at": "2026-11-24T09:00:00Z", "uri": format!("u{id}"),
            "in_reply_to_id": answers.map(|a| a.to_string()), "account": {"acct": "jan@r.example"}
        }))
        .unwrap()
    }

    fn placed(conversation: &str, in_reply_to: Option<&str>) -> Placed {
        Placed { conversation: Some(conversation.into()), in_reply_to: in_reply_to.map(Into::into) }
    }

    #[test]
    fn the_first_post_names_the_conversation_and_each_names_what_it_answers() {
        let threads = Threads::default();
        // In no order, and with somebody else's branch among them.
        let above = vec![status(3, Some(2)), status(1, None), status(9, Some(1)), status(2, Some(1))];
        let thread = threads.of(&status(4, Some(3)), &above);
        assert_eq!(thread.placed, placed("u1", Some("u3")));
        let shown: Vec<_> = thread.above.iter().map(|(s, p)| (s.id.as_str(), p.clone())).collect();
        assert_eq!(
            shown,
            [("1", placed("u1", None)), ("2", placed("u1", Some("u1"))), ("3", placed("u1", Some("u2"))),]
        );
        assert_eq!(threads.remembered(&status(5, Some(4))), Some(placed("u1", Some("u4"))));
        assert_eq!(threads.remembered(&status(6, Some(5))), Some(placed("u1", Some("u5"))));
        assert_eq!(threads.remembered(&status(7, Some(99))), None);
        assert_eq!(threads.remembered(&status(8, None)), Some(placed("u8", None)));
    }

    #[test]
    fn a_broken_thread_stands_as_far_as_it_reaches() {
        let threads = Threads::default();
        // The post above post 2 is gone.
        let thread = threads.of(&status(3, Some(2)), &[status(2, Some(1))]);
        assert_eq!(thread.placed, placed("u2", Some("u2")));
        assert_eq!(threads.of(&status(4, Some(77)), &[]).placed, placed("u4", None));
        let ring = threads.of(&status(5, Some(6)), &[status(6, Some(7)), status(7, Some(6))]);
        assert_eq!(ring.placed.in_reply_to.as_deref(), Some("u6"));
    }

    #[test]
    fn of_a_long_thread_the_nearest_and_the_first_are_shown() {
        let threads = Threads::default();
        let above: Vec<Status> = (1..=50).map(|n| status(n, (n > 1).then(|| n - 1))).collect();
        let shown = threads.of(&status(51, Some(50)), &above).above;
        assert_eq!(shown.len(), ABOVE_MAX + 1);
        assert_eq!((shown[0].0.id.as_str(), shown[1].0.id.as_str()), ("1", "31"));
    }
}
