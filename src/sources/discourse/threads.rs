//! What is known of topics: in which category they stand, and which post has which number.
//!
//! A post names what it answers by topic and number; everybody else knows it by its id. What was seen is
//! remembered, what was not is asked for once.

use super::client::{Client, Failed, Share};
use super::post::{ForumPost, Placed};
use crate::domain::time::Span;
use serde::Deserialize;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many posts and topics are remembered.
const KNOWN_MAX: usize = 4_000;
const WITHIN: Span = Span::seconds(8);

/// A topic as the forum gives it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Topic {
    pub id: i64,
    pub title: String,
    pub category_id: Option<i64>,
    pub archetype: Option<String>,
    pub post_stream: Stream,
}

/// The posts of a topic: some of them whole, all by id.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Stream {
    pub posts: Vec<serde_json::Value>,
    pub stream: Vec<i64>,
}

#[derive(Debug, Default)]
struct Remembered {
    /// Post and author by topic and number.
    posts: HashMap<(i64, i64), (String, Option<String>)>,
    order: VecDeque<(i64, i64)>,
    /// Category by topic.
    topics: HashMap<i64, Option<i64>>,
    /// What kind each topic is: `regular`, `private_message`.
    kinds: HashMap<i64, String>,
}

/// What is known.
#[derive(Debug, Default)]
pub struct Threads(Mutex<Remembered>);

impl Threads {
    fn with<T>(&self, act: impl FnOnce(&mut Remembered) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes a post that was seen.
    pub fn note(&self, post: &ForumPost) {
        let key = (post.topic_id, post.post_number);
        let value = (post.id.to_string(), post.user_id.map(|id| id.to_string()));
        self.with(|known| {
            if known.posts.insert(key, value).is_none() {
                known.order.push_back(key);
            }
            if known.order.len() > KNOWN_MAX
                && let Some(old) = known.order.pop_front()
            {
                known.posts.remove(&old);
            }
        });
    }

    /// Whether the beginning of a topic was seen.
    pub fn has_begun(&self, topic: i64) -> bool {
        self.with(|known| known.posts.contains_key(&(topic, 1)))
    }

    /// What a post answers, as far as it was seen: the post that it names, else what began the topic.
    pub fn placed(&self, post: &ForumPost) -> Placed {
        if post.post_number <= 1 {
            return Placed::default();
        }
        let number = post.reply_to_post_number.unwrap_or(1);
        let at = |number| self.with(|known| known.posts.get(&(post.topic_id, number)).cloned());
        let (found, first) = (at(number), at(1));
        let (id, author) = found.map_or((None, None), |(id, author)| (Some(id), author));
        Placed { in_reply_to: id, answers: author, asker: first.and_then(|(_, author)| author) }
    }

    /// The category of a post's topic: what the post says, else what the forum says.
    pub async fn category(&self, client: &Client, post: &ForumPost) -> Result<Option<i64>, Failed> {
        if post.category_id.is_some() {
            return Ok(post.category_id);
        }
        if let Some(known) = self.with(|known| known.topics.get(&post.topic_id).copied()) {
            return Ok(known);
        }
        let category = topic(client, Share::Reading, post.topic_id).await?.category_id;
        self.with(|known| {
            if known.topics.len() >= KNOWN_MAX {
                known.topics.clear();
            }
            known.topics.insert(post.topic_id, category);
        });
        Ok(category)
    }

    /// What kind a topic is, as far as that was asked.
    pub fn kind(&self, topic: i64) -> Option<String> {
        self.with(|known| known.kinds.get(&topic).cloned())
    }

    /// Notes what kind a topic is.
    pub fn note_kind(&self, topic: i64, kind: &str) {
        self.with(|known| {
            if known.kinds.len() >= KNOWN_MAX {
                known.kinds.clear();
            }
            known.kinds.insert(topic, kind.to_owned());
        });
    }

    /// A post by topic and number, noted as seen.
    pub async fn fetch(&self, client: &Client, topic: i64, number: i64) -> Result<ForumPost, Failed> {
        let (topic, number) = (topic.to_string(), format!("{number}.json"));
        let path = ["posts", "by_number", topic.as_str(), number.as_str()];
        let post: ForumPost = client.get(Share::Reading, &path, &[("include_raw", "true")], WITHIN).await?;
        self.note(&post);
        Ok(post)
    }
}

/// A topic by its number.
pub async fn topic(client: &Client, share: Share, id: i64) -> Result<Topic, Failed> {
    client.get(share, &["t", &format!("{id}.json")], &[], WITHIN).await
}
