//! Where the posts of a batch belong: their conversation, their author, and whom they answer.
//!
//! What is known keeps its place; what is new gets one here. Pure like the rest of the plan.

use super::plan::Known;
use super::read::{Item, Read};
use crate::clock::Mint;
use crate::domain::ids::{AuthorId, ConversationId};
use crate::domain::post::Post;
use crate::domain::time::Timestamp;
use crate::store::intake::Key;
use std::collections::HashMap;

/// Where a post of the batch belongs.
#[derive(Clone, Debug)]
pub struct Place {
    /// The conversation.
    pub conversation_id: String,
    /// Who wrote it.
    pub author_id: String,
    /// Whom it answers, if that is known.
    pub answers: Option<String>,
}

/// Conversations and authors of a batch, with the rows of those that are new.
#[derive(Debug, Default)]
pub struct Places {
    /// By place in the batch; `None` for what cannot be read.
    pub of: Vec<Option<Place>>,
    /// New conversations.
    pub conversations: Vec<(String, String, String, String, i64)>,
    /// New authors: their rows, and by whom they are to be known.
    pub authors: Vec<(String, String, String, String, Option<i64>, i64)>,
}

/// The identity of something on the platform of a post.
pub fn key(post: &Post, id: &str) -> Key {
    (id.to_owned(), post.platform.clone(), post.authority.clone())
}

/// Finds or makes the conversation and author of every post of the batch.
pub fn places(items: &[Item], known: &Known, mint: &Mint, now: Timestamp) -> Places {
    let mut places = Places { of: vec![None; items.len()], ..Places::default() };
    let mut conversations: HashMap<Key, String> = HashMap::new();
    let mut authors: HashMap<Key, String> = HashMap::new();
    let mut placed: HashMap<Key, usize> = HashMap::new();
    for at in in_order(items) {
        let Ok(read) = &items[at].read else { continue };
        let post = &read.post;
        if post.deleted {
            continue; // it goes where it stands already
        }
        let author_key = key(post, &post.author.id);
        let author_id = known.authors.get(&author_key).or_else(|| authors.get(&author_key)).cloned();
        let author_id = author_id.unwrap_or_else(|| {
            let id = mint.id(now, AuthorId::new).to_string();
            let (external, platform, authority) = author_key.clone();
            places.authors.push((
                id.clone(),
                platform,
                authority,
                external,
                post.author.followers,
                now.millis(),
            ));
            authors.insert(author_key, id.clone());
            id
        });
        let parent = post.in_reply_to.as_deref().map(|id| key(post, id));
        let in_batch = parent.as_ref().and_then(|k| placed.get(k)).and_then(|p| places.of[*p].clone());
        let (parent_conversation, answers) = parent_of(parent.as_ref(), in_batch, items, &placed, known);
        // Where the post stands that is answered, there this one belongs, whatever a source calls it:
        // two sources may have known the thread by different names.
        let conversation_id = parent_conversation.unwrap_or_else(|| {
            let wanted = key(post, post.conversation_key());
            let found = known.conversations.get(&wanted).or_else(|| conversations.get(&wanted)).cloned();
            found.unwrap_or_else(|| {
                let id = mint.id(now, ConversationId::new).to_string();
                let (external, platform, authority) = wanted.clone();
                places.conversations.push((id.clone(), platform, authority, external, now.millis()));
                conversations.insert(wanted, id.clone());
                id
            })
        });
        placed.entry(key(post, &post.external_id)).or_insert(at);
        places.of[at] = Some(Place { conversation_id, author_id, answers });
    }
    places
}

/// The conversation of the post that is answered, and the author whom that addresses.
fn parent_of(
    parent: Option<&Key>,
    in_batch: Option<Place>,
    items: &[Item],
    placed: &HashMap<Key, usize>,
    known: &Known,
) -> (Option<String>, Option<String>) {
    let Some(parent) = parent else { return (None, None) };
    if let Some(mention) = known.mentions.get(parent) {
        return (Some(mention.conversation_id.clone()), Some(mention.author_id.clone()));
    }
    if let Some(own) = known.own_posts.get(parent) {
        return (Some(own.conversation_id.clone()), own.answers_author_id.clone());
    }
    let Some(place) = in_batch else { return (None, None) };
    let is_own = placed.get(parent).and_then(|at| items[*at].read.as_ref().ok()).is_some_and(|r| is_own(r));
    // An answer to our own post goes on addressing whom that addressed.
    let answers = if is_own { place.answers } else { Some(place.author_id) };
    (Some(place.conversation_id), answers)
}

/// Whether one of our own accounts wrote it.
pub fn is_own(read: &Read) -> bool {
    read.post.own || read.own_of.is_some()
}

/// The batch in the platform's order.
pub fn in_order(items: &[Item]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| {
        let when =
            |at: usize| items[at].read.as_ref().ok().map(|r| (r.post.posted_at, r.post.external_id.as_str()));
        when(*a).cmp(&when(*b))
    });
    order
}
