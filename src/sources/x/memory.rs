//! What an account remembers while it runs: versions of posts, what was shown beside others, what looks cost.
//!
//! Nothing here is needed: after a start a deletion of a later version is learned by looking again, and what stands
//! beside a post is handed over once more.

use super::read::{id_in, root_of, strings};
use crate::domain::time::{Span, Timestamp};
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many are remembered of each.
const MAX: usize = 10_000;

fn open<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// By which id a post is called, of which another version is named.
#[derive(Debug, Default)]
pub struct Versions(Mutex<(HashMap<String, String>, VecDeque<String>)>);

impl Versions {
    /// Notes the versions of a post that has several.
    pub fn note(&self, tweet: &Value) {
        let Some(root) = root_of(tweet) else { return };
        let ids = strings(&tweet["edit_history_tweet_ids"]).into_iter().chain(id_in(tweet, "id"));
        let (map, order) = &mut *open(&self.0);
        for id in ids.filter(|id| *id != root) {
            if map.insert(id.clone(), root.clone()).is_none() {
                order.push_back(id);
            }
        }
        while order.len() > MAX {
            if let Some(old) = order.pop_front() {
                map.remove(&old);
            }
        }
    }

    /// By which id a post is called, as far as known.
    pub fn root(&self, id: &str) -> String {
        open(&self.0).0.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// What was handed over as standing beside something.
#[derive(Debug, Default)]
pub struct Shown(Mutex<(HashSet<String>, VecDeque<String>)>);

impl Shown {
    /// Whether something was not shown yet; from now on it was.
    pub fn is_new(&self, id: &str) -> bool {
        let (set, order) = &mut *open(&self.0);
        if !set.insert(id.to_owned()) {
            return false;
        }
        order.push_back(id.to_owned());
        if order.len() > MAX
            && let Some(old) = order.pop_front()
        {
            set.remove(&old);
        }
        true
    }
}

/// What a look at each stream costs, in millionths: the mean, the newest counting most.
#[derive(Debug, Default)]
pub struct Costs(Mutex<HashMap<String, i64>>);

impl Costs {
    /// Notes what a look cost.
    pub fn note(&self, stream: &str, micros: i64) {
        let mut costs = open(&self.0);
        let mean = costs.entry(stream.to_owned()).or_insert(micros);
        *mean = mean.saturating_mul(7).saturating_add(micros) / 8;
    }

    /// What a look costs, as far as known.
    pub fn of(&self, stream: &str) -> i64 {
        open(&self.0).get(stream).copied().unwrap_or(0)
    }
}

/// For how long nothing is asked for of an author of whom the platform refused it, as of one who was suspended.
const REFUSED_FOR: Span = Span::days(1);

/// Of whom posts are kept, once that was told.
#[derive(Debug, Default)]
pub struct Authors {
    of: Mutex<Option<Vec<String>>>,
    refused: Mutex<HashMap<String, Timestamp>>,
}

impl Authors {
    /// Of whom it is.
    pub fn are(&self, authors: Vec<String>) {
        open(&self.refused).retain(|author, _| authors.contains(author));
        *open(&self.of) = Some(authors);
    }

    /// Notes that the platform refused to tell of somebody.
    pub fn refused(&self, author: &str, now: Timestamp) {
        open(&self.refused).insert(author.to_owned(), now);
    }

    /// Whether that was lately.
    pub fn is_refused(&self, author: &str, now: Timestamp) -> bool {
        open(&self.refused).get(author).is_some_and(|at| now.since(*at) < REFUSED_FOR)
    }

    /// Whose deletions should be told, by their numbers; `None` while nobody knows.
    pub fn wanted(&self, follows: bool) -> Option<Vec<String>> {
        if !follows {
            return Some(Vec::new());
        }
        let is_number = |id: &String| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        open(&self.of).as_ref().map(|all| all.iter().filter(|id| is_number(id)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_lead_to_the_first_and_costs_follow_what_is() {
        let versions = Versions::default();
        versions.note(&json!({"id": "3", "edit_history_tweet_ids": ["1", "2", "3"]}));
        assert_eq!(
            [versions.root("3"), versions.root("2"), versions.root("1"), versions.root("9")],
            ["1", "1", "1", "9"]
        );
        let shown = Shown::default();
        assert!(shown.is_new("1") && !shown.is_new("1"));
        let costs = Costs::default();
        assert_eq!(costs.of("mentions"), 0);
        costs.note("mentions", 800);
        costs.note("mentions", 0);
        assert_eq!(costs.of("mentions"), 700);
    }

    #[test]
    fn who_was_refused_is_left_alone_for_a_day() {
        let (authors, now) = (Authors::default(), Timestamp(0));
        authors.are(vec!["1".into(), "2".into()]);
        authors.refused("1", now);
        assert!(authors.is_refused("1", now) && !authors.is_refused("2", now));
        assert!(!authors.is_refused("1", now.plus(Span::days(1))));
        authors.are(vec!["2".into()]);
        assert!(!authors.is_refused("1", now), "nobody is remembered of whom nothing is kept");
    }
}
