//! One page of search results as a batch, whoever asks for it and with whatever rights.
//!
//! Answers come newest first; a look walks back by windows of time until nothing is left. The search
//! may hide posts and follows the author's claim of time where that is earlier, so it never proves
//! that a post is not there.

use super::windows::Window;
use super::{Shown, shown, split_uri};
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::sources::known::Known;
use crate::sources::sweep::only_unseen;
use crate::sources::{Batch, RawItem, SourceTrouble, SweptPage, TroubleState, Unseen, Words};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// The method.
pub const METHOD: &str = "app.bsky.feed.searchPosts";
const PAGE: usize = 100;
/// How far back the first look goes.
const FIRST: Span = Span::hours(1);

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    posts: Vec<&'a RawValue>,
}

/// The words to search for, each once.
pub fn terms(words: &Words) -> Vec<String> {
    let mut terms: Vec<String> = words().iter().map(|t| t.trim().to_owned()).collect();
    terms.retain(|t| !t.is_empty());
    terms.sort();
    terms.dedup();
    terms
}

/// Where a look goes on.
pub fn window(cursor: Option<&str>, now: Timestamp) -> Window {
    cursor.and_then(|c| serde_json::from_str(c).ok()).unwrap_or_else(|| Window::from(now.minus(FIRST)))
}

/// What to ask for.
pub fn parameters(term: &str, window: &Window) -> Vec<(&'static str, String)> {
    let mut asked = vec![
        ("q", format!("\"{}\"", term.replace('"', " "))),
        ("sort", "latest".to_owned()),
        ("limit", PAGE.to_string()),
        ("since", Timestamp(window.since).rfc3339()),
    ];
    asked.extend(window.until.map(|until| ("until", Timestamp(until).rfc3339())));
    asked
}

/// Where a sweep that goes back to `from` goes on.
pub fn sweep_window(page: Option<&str>, from: Timestamp) -> Window {
    page.and_then(|c| serde_json::from_str(c).ok()).unwrap_or_else(|| Window::from(from))
}

/// What of one page of a sweep is new to us; posts of `own` are ours.
pub async fn swept(
    body: &[u8],
    asked: Window,
    own: Option<&str>,
    now: Timestamp,
    unseen: &dyn Unseen,
) -> Result<SweptPage, SourceTrouble> {
    let found: Found<'_> = serde_json::from_slice(body).map_err(|_| no_list())?;
    let mut posts: Vec<_> = found.posts.iter().filter_map(|raw| shown(raw.get(), now)).collect();
    let sorted: Vec<Timestamp> = posts.iter().map(|p| p.sorted).collect();
    for found in &mut posts {
        found.post.own = own == Some(found.post.author.id.as_str());
    }
    let mut new = only_unseen(posts, |p| &p.post, unseen).await?;
    new.reverse();
    let items = new.iter().map(|p| RawItem::of(p.post.external_id.clone(), &p.post, p.at)).collect();
    let (next, more) = asked.next(&sorted, now);
    let next = serde_json::to_string(&next).ok().filter(|_| more);
    Ok(SweptPage { shown: sorted.len(), items, next })
}

fn no_list() -> SourceTrouble {
    SourceTrouble::new(TroubleState::Broken, "the answer is no list of posts")
}

/// Most posts that are asked for beside those of a page.
const ABOUT_MAX: usize = 25;

/// The posts that those of a page answer or quote, and what began their conversations: what people must see to know
/// what it is about. Those that stand on the page themselves are left out, and so are those that `has` knows.
pub fn about(items: &[RawItem], has: impl Fn(&str) -> bool) -> Vec<String> {
    let read: Vec<RawPost> = items.iter().filter_map(|i| serde_json::from_slice(&i.body).ok()).collect();
    let here: HashSet<&str> = read.iter().map(|p| p.external_id.as_str()).collect();
    let above = |p: &RawPost| -> Vec<String> {
        p.in_reply_to.iter().chain(&p.above).chain(&p.conversation_id).cloned().collect()
    };
    let mut wanted: Vec<String> = read.iter().flat_map(above).collect();
    wanted.retain(|uri| split_uri(uri).is_some() && !here.contains(uri.as_str()) && !has(uri));
    wanted.sort();
    wanted.dedup();
    wanted.truncate(ABOUT_MAX);
    wanted
}

/// Posts that only show what others are about, oldest first; those of `own` are ours.
pub fn beside(views: &[&str], own: Option<&str>, now: Timestamp) -> Vec<RawItem> {
    let mut posts: Vec<Shown> = views.iter().filter_map(|view| shown(view, now)).collect();
    posts.sort_by_key(|p| p.at);
    let item = |mut found: Shown| {
        found.post.own = own == Some(found.post.author.id.as_str());
        found.post.context = !found.post.own;
        RawItem::of(found.post.external_id.clone(), &found.post, found.at)
    };
    posts.into_iter().map(item).collect()
}

/// Under what a post that only shows what others are about is known.
pub fn beside_id(uri: &str) -> String {
    format!("context {uri}")
}

/// What one page brings and where to go on; posts of `own` are ours.
pub fn page(
    body: &[u8],
    (stream, cursor): (&str, Option<&str>),
    asked: Window,
    known: &Known,
    own: Option<&str>,
    now: Timestamp,
) -> Result<Batch, SourceTrouble> {
    let found: Found<'_> = serde_json::from_slice(body).map_err(|_| no_list())?;
    let (mut items, mut sorted, mut handed) = (Vec::new(), Vec::new(), Vec::new());
    for raw in &found.posts {
        match shown(raw.get(), now) {
            Some(mut found) => {
                sorted.push(found.sorted);
                if !known.holds(stream, &found.post.external_id) {
                    found.post.own = own == Some(found.post.author.id.as_str());
                    handed.push(found.post.external_id.clone());
                    items.push(RawItem::of(found.post.external_id.clone(), &found.post, found.at));
                }
            }
            None => items.push(RawItem::unreadable(raw.get())),
        }
    }
    items.reverse();
    let (next, more) = asked.next(&sorted, now);
    let next = serde_json::to_string(&next).ok().filter(|n| Some(n.as_str()) != cursor);
    known.hand(stream, next.clone().or_else(|| cursor.map(str::to_owned)), handed);
    Ok(Batch { items, cursor: next, more })
}
