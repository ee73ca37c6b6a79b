//! Reading an account: its inbox, what it wrote itself, chosen subreddits, and what the brand's words find; each list
//! page by page down to what is known.
//!
//! A list is never asked for what stands before a certain thing: once that thing is deleted such a list stays empty
//! for ever. It is read from the front, down to where the last look ended, and what was taken is remembered.

use super::Reddit;
use super::client::{Failed, Share};
use super::thing::{Thing, gone, thing};
use crate::domain::time::{Span, Timestamp};
use crate::sources::taken::{Met, Taken, hash};
use crate::sources::{Batch, Poll, RawItem, SourceTrouble, TroubleState};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What answers the account, what names it, and private messages.
pub const INBOX: &str = "inbox";
/// What the account wrote in public.
pub const OWN: &str = "own";
/// Private messages of the account.
pub const SENT: &str = "sent";
/// What streams of new posts of a subreddit begin with.
pub const NEW: &str = "new:";
/// What streams of comments of a subreddit begin with.
pub const COMMENTS: &str = "comments:";
/// What streams of words begin with that are searched for everywhere.
pub const SEARCH: &str = "search:";
/// What streams of words begin with that are searched for in chosen subreddits.
pub const WITHIN_CHOSEN: &str = "within:";

/// Things on a page.
const PAGE: &str = "100";
/// Most pages of one look: lists end after a thousand things.
const PAGES_MAX: u32 = 12;
/// Most parents that are fetched with one page.
const PARENTS_MAX: usize = 100;
pub(super) const WITHIN: Span = Span::seconds(12);

/// A page of a list.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// What stands on it, newest first, each as it came.
    pub children: Vec<Value>,
    /// After what the next page begins.
    pub after: Option<String>,
}

/// Where a stream was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// The newest thing that looks which came to their end have seen.
    top: i64,
    /// After what this look goes on, and the newest thing that it has seen.
    at: Option<(String, i64)>,
    pages: u32,
    taken: Taken,
}

#[async_trait]
impl Poll for Reddit {
    fn every(&self) -> Span {
        self.every
    }

    fn streams(&self) -> Vec<String> {
        let mut streams = vec![INBOX.to_owned(), OWN.to_owned()];
        if self.messages {
            streams.push(SENT.to_owned());
        }
        streams.extend(self.read_whole());
        streams.extend(self.searched());
        streams
    }

    fn every_of(&self, stream: &str) -> Span {
        let wanted = match stream {
            OWN | SENT => Span(self.every.millis().saturating_mul(2)),
            _ if stream.starts_with(SEARCH) || stream.starts_with(WITHIN_CHOSEN) => self.search_every,
            _ => self.every,
        };
        // All streams together must fit into half of the calls of a minute.
        let streams = Poll::streams(self).len() as i64;
        wanted.max(Span::seconds(streams * 120 / i64::from(self.calls_per_minute)))
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
        let is_first = before.is_none();
        let mut next = before.clone().unwrap_or_default();
        let token = next.at.as_ref().map(|(token, _)| token.clone());
        let page = self.listing(stream, token.as_deref()).await?;
        let now = self.client.now();
        let mut look = Look { stream, items: Vec::new(), parents: Vec::new(), now };
        let (mut newest, mut oldest) = (0, i64::MAX);
        for value in page.children.iter().rev() {
            match thing(value, &self.us, now) {
                Some(found) => {
                    (newest, oldest) = (newest.max(found.at.millis()), oldest.min(found.at.millis()));
                    if self.messages || !found.raw.private {
                        self.take(found, &mut next.taken, &mut look);
                    }
                }
                None => look.unreadable(&value.to_string(), &mut next.taken),
            }
        }
        let more = if token.is_some() && page.children.is_empty() {
            // What the page began after is gone, and nothing is told of what stands behind it: from the front again
            // at the next look, past what is known.
            (next.at, next.pages) = (None, 0);
            false
        } else {
            go_on(&mut next, page.after, (newest, oldest), is_first)
        };
        self.fetch_parents(&mut next.taken, &mut look).await;
        let changed = before.as_ref() != Some(&next);
        // Hashes, numbers and names, all of which JSON can write.
        let cursor = changed.then(|| serde_json::to_string(&next).unwrap_or_default());
        Ok(Batch { items: look.items, cursor, more })
    }
}

/// Notes where a look stands; whether it goes on.
fn go_on(next: &mut Cursor, after: Option<String>, (newest, oldest): (i64, i64), is_first: bool) -> bool {
    let top = next.at.as_ref().map_or(0, |(_, top)| *top).max(newest);
    next.pages = next.pages.saturating_add(1);
    let known = is_first || oldest <= next.top || next.pages >= PAGES_MAX;
    if let Some(after) = after.filter(|_| !known) {
        next.at = Some((after, top));
        true
    } else {
        (next.at, next.pages, next.top) = (None, 0, next.top.max(top));
        false
    }
}

/// What one look found.
struct Look<'a> {
    stream: &'a str,
    items: Vec<RawItem>,
    /// What stands above what was found, and shows what it is about.
    parents: Vec<String>,
    now: Timestamp,
}

impl Look<'_> {
    fn unreadable(&mut self, raw: &str, taken: &mut Taken) {
        let name = hash(&["unreadable", raw]);
        if taken.meet(name, 0) == Met::New {
            taken.keep(name, 0, self.now);
            self.items.push(RawItem::unreadable(raw));
        }
    }

    fn place(&self, id: &str) -> String {
        format!("{}/{id}", self.stream)
    }
}

/// By what a thing is known, and by what a change of it.
fn marks(found: &Thing) -> (u64, u64) {
    let words = if found.is_gone { hash(&["gone"]) } else { hash(&["stands", &found.raw.text]) };
    (hash(&[&found.raw.external_id]), words)
}

impl Reddit {
    /// The streams of subreddits that are read whole.
    fn read_whole(&self) -> Vec<String> {
        let both = |subreddit: &String| [format!("{NEW}{subreddit}"), format!("{COMMENTS}{subreddit}")];
        self.subreddits.iter().flat_map(both).collect()
    }

    /// The streams of words.
    fn searched(&self) -> Vec<String> {
        let terms = self.words();
        let everywhere = terms.iter().filter(|_| self.search).map(|term| format!("{SEARCH}{term}"));
        let within = terms.iter().filter(|_| !self.search_in.is_empty());
        everywhere.chain(within.map(|term| format!("{WITHIN_CHOSEN}{term}"))).collect()
    }

    /// The streams that others write into.
    pub(super) fn of_others(&self) -> Vec<String> {
        let mut streams = vec![INBOX.to_owned()];
        streams.extend(self.read_whole());
        streams.extend(self.searched());
        streams
    }

    /// The brand's words, each once.
    fn words(&self) -> Vec<String> {
        let mut terms: Vec<String> = (self.terms)().iter().map(|t| t.trim().to_owned()).collect();
        terms.retain(|t| !t.is_empty());
        terms.sort();
        terms.dedup();
        terms
    }

    /// What is asked for a stream: the path, and what else.
    fn question(&self, stream: &str) -> Option<(String, Vec<(&'static str, String)>)> {
        let found = |term: &str| {
            let quoted = format!("\"{}\"", term.replace('"', " ").trim());
            vec![
                ("q", quoted),
                ("type", "link".to_owned()),
                ("sort", "new".to_owned()),
                ("t", "week".to_owned()),
            ]
        };
        match stream {
            // Reading marks nothing as read: people use the same inbox.
            INBOX => return Some(("message/inbox".to_owned(), vec![("mark", "false".to_owned())])),
            OWN => {
                let path = format!("user/{}/comments", self.account);
                return Some((path, vec![("sort", "new".to_owned())]));
            }
            SENT => return Some(("message/sent".to_owned(), Vec::new())),
            _ => {}
        }
        if let Some(subreddit) = stream.strip_prefix(NEW) {
            return Some((format!("r/{subreddit}/new"), Vec::new()));
        }
        if let Some(subreddit) = stream.strip_prefix(COMMENTS) {
            return Some((format!("r/{subreddit}/comments"), Vec::new()));
        }
        if let Some(term) = stream.strip_prefix(SEARCH) {
            return Some(("search".to_owned(), found(term)));
        }
        let term = stream.strip_prefix(WITHIN_CHOSEN).filter(|_| !self.search_in.is_empty())?;
        let mut query = found(term);
        query.push(("restrict_sr", "1".to_owned()));
        Some((format!("r/{}/search", self.search_in.join("+")), query))
    }

    /// A page of a stream, newest first.
    pub(super) async fn listing(&self, stream: &str, after: Option<&str>) -> Result<Page, SourceTrouble> {
        let Some((path, query)) = self.question(stream) else {
            return Err(SourceTrouble::new(TroubleState::Broken, "there is no such stream"));
        };
        let mut asked: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        asked.push(("limit", PAGE));
        asked.extend(after.map(|after| ("after", after)));
        self.list(Share::Reading, &path, &asked).await.map_err(|failed| self.client.trouble(&failed))
    }

    /// A page of a list.
    pub(super) async fn list(
        &self,
        share: Share,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Page, Failed> {
        let mut value = self.client.get(share, path, query, WITHIN).await?;
        let children = value.pointer_mut("/data/children").map(Value::take);
        let Some(Value::Array(children)) = children else { return Err(Failed::Unreadable) };
        let after = value["data"]["after"].as_str().filter(|a| !a.is_empty()).map(ToOwned::to_owned);
        Ok(Page { children, after })
    }

    /// Things by their names, up to a hundred.
    pub(super) async fn by_name(&self, share: Share, names: &[String]) -> Result<Page, Failed> {
        self.list(share, "api/info", &[("id", names.join(",").as_str())]).await
    }

    fn take(&self, mut found: Thing, taken: &mut Taken, look: &mut Look<'_>) {
        let (name, words) = marks(&found);
        let met = taken.meet(name, words);
        if met == Met::Same {
            taken.touch(name);
            return;
        }
        let id = found.raw.external_id.clone();
        let place = look.place(&id);
        if found.is_gone {
            taken.keep(name, words, look.now);
            // Nothing is kept of what was never taken.
            if met != Met::New {
                look.items.push(RawItem::of(place, &gone(&id, found.raw.own), found.at));
            }
            return;
        }
        if let Met::Changed { before } = met {
            let told = found.edited.filter(|at| *at > before && *at <= look.now);
            found.edited = Some(told.unwrap_or(look.now));
            found.raw.edited_at = found.edited.map(Timestamp::rfc3339);
        }
        taken.keep(name, words, found.edited.unwrap_or(found.at));
        if met == Met::New && !found.raw.own && !found.raw.private && self.is_about_us(&found) {
            look.parents.extend(found.raw.in_reply_to.iter().chain(&found.raw.above).cloned());
        }
        look.items.push(RawItem::of(place, &found.raw, found.at));
    }

    /// Whether somebody will look at it, and wants to see what it answers.
    fn is_about_us(&self, found: &Thing) -> bool {
        let text = found.raw.text.to_lowercase();
        found.raw.addressed || self.words().iter().any(|term| text.contains(&term.to_lowercase()))
    }

    /// Fetches what stands above what was found, in front of it. Where that fails nothing is held back for it.
    async fn fetch_parents(&self, taken: &mut Taken, look: &mut Look<'_>) {
        let mut names = std::mem::take(&mut look.parents);
        names.sort();
        names.dedup();
        names.retain(|name| taken.meet(hash(&[name]), 0) == Met::New);
        names.truncate(PARENTS_MAX);
        if names.is_empty() {
            return;
        }
        let Ok(page) = self.by_name(Share::Reading, &names).await else { return };
        let read = page.children.iter().filter_map(|value| thing(value, &self.us, look.now));
        let mut above: Vec<Thing> = read.filter(|found| !found.is_gone).collect();
        above.sort_by_key(|found| found.at);
        let mut items = Vec::new();
        for mut found in above {
            let (name, words) = marks(&found);
            taken.keep(name, words, found.edited.unwrap_or(found.at));
            (found.raw.context, found.raw.addressed) = (!found.raw.own, false);
            items.push(RawItem::of(look.place(&found.raw.external_id), &found.raw, found.at));
        }
        items.append(&mut look.items);
        look.items = items;
    }
}
