//! Posts that name the brand and of which nobody tells us: what those say whom the account follows, and what a search
//! finds.
//!
//! Both are read forward like hashtags, and only what names a brand is taken, of public posts of the last week: what
//! somebody says to their followers is not said to us. A search shows what the server has indexed, posts of authors
//! who agreed to that, and some minutes late; it proves nothing. From Mastodon's published documentation
//! (`/api/v1/timelines/home`, `/api/v2/search`, as of July 2026), checked against a fake.

use super::super::bluesky::searching::terms;
use super::super::fediverse::list;
use super::super::fediverse::status::{Account, Status};
use super::Mastodon;
use super::poll::Row;
use crate::domain::post::Glimpse;
use crate::domain::time::{Span, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What those say whom the account follows.
pub const HOME: &str = "home";
/// What holds a word; it follows.
pub const SEARCH: &str = "search/";
/// What is older was there before anybody asked.
const OLD: Span = Span::days(7);

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    statuses: Vec<&'a RawValue>,
}

/// The rows of an answer, whatever list it is of.
pub(super) fn rows<'a>(stream: &str, body: &'a [u8]) -> Option<Vec<&'a RawValue>> {
    if stream.starts_with(SEARCH) {
        return serde_json::from_slice::<Found<'a>>(body).ok().map(|found| found.statuses);
    }
    list(body)
}

/// A word as it is searched for: only several words need to be held together, and not every server knows how.
pub(super) fn quoted(term: &str) -> String {
    let term = term.replace('"', " ");
    if term.contains(char::is_whitespace) { format!("\"{term}\"") } else { term }
}

impl Mastodon {
    /// The lists of that kind that are read, as the settings say and as the words stand at present.
    pub(super) fn lists(&self) -> Vec<String> {
        let words = if self.search { terms(&self.terms) } else { Vec::new() };
        let home = self.home.then(|| HOME.to_owned());
        home.into_iter().chain(words.iter().map(|word| format!("{SEARCH}{word}"))).collect()
    }

    /// A status of a list that stands by the times of servers; what is not for us is passed over.
    pub(super) fn listed(&self, stream: &str, raw: &RawValue, me: &Account, now: Timestamp) -> Row {
        let row = Row::of_tagged(raw, me, now);
        if stream != HOME && !stream.starts_with(SEARCH) {
            return row;
        }
        match row {
            Row::Post { id, status, .. } if !self.is_wanted(&status, me, now) => Row::Passed { id },
            row => row,
        }
    }

    fn is_wanted(&self, status: &Status, me: &Account, now: Timestamp) -> bool {
        let only_passed_on = status.reblog.as_ref().is_some_and(|r| !r.is_null());
        let is_old = status.claimed().is_none_or(|at| now.since(at) > OLD);
        let is_open = matches!(status.visibility.as_deref(), Some("public" | "unlisted"));
        if only_passed_on || is_old || !is_open || status.account.id == me.id {
            return false;
        }
        let (post, _) = status.post(self.client.host(), now);
        (self.keep)(&Glimpse {
            platform: &post.platform,
            author_id: &post.author.id,
            author_handle: post.author.handle.as_deref().unwrap_or_default(),
            text: &post.text,
            mentions: post.mentions.iter().map(String::as_str).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_several_words_are_held_together() {
        assert_eq!(quoted("acme"), "acme");
        assert_eq!(quoted("acme air"), "\"acme air\"");
        assert_eq!(quoted("acme\"air"), "\"acme air\"");
    }

    #[test]
    fn a_search_answers_with_a_list_in_a_list() {
        let body = br#"{"accounts":[],"statuses":[{"id":"1"},{"id":"2"}],"hashtags":[]}"#;
        assert_eq!(rows("search/acme", body).map(|r| r.len()), Some(2));
        assert!(rows(HOME, body).is_none());
        assert_eq!(rows(HOME, b"[{}]").map(|r| r.len()), Some(1));
        assert!(rows("search/acme", b"[]").is_none());
    }
}
