//! What a source handed over already, so that looks that overlap bring nothing twice.
//!
//! A source never hears whether its batch was stored; but when it is asked again with the cursor of
//! that batch, it was. Only then is it remembered. Memory ends with the process: after a restart a
//! few posts come again, which the inbox takes for the duplicates they are.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many ids are remembered for each stream.
const KNOWN_MAX: usize = 4_000;

/// What was handed over, by stream.
#[derive(Debug, Default)]
pub struct Known {
    streams: Mutex<HashMap<String, Ids>>,
}

#[derive(Debug, Default)]
struct Ids {
    ids: HashSet<String>,
    order: VecDeque<String>,
    /// The cursor of the last page and what stood on it.
    handed: Option<(Option<String>, Vec<String>)>,
}

impl Ids {
    fn keep(&mut self, ids: Vec<String>) {
        for id in ids {
            if self.ids.insert(id.clone()) {
                self.order.push_back(id);
            }
        }
        while self.order.len() > KNOWN_MAX {
            if let Some(old) = self.order.pop_front() {
                self.ids.remove(&old);
            }
        }
    }
}

impl Known {
    /// Takes what was handed over last as stored, if `cursor` is the one that went with it.
    pub fn confirm(&self, stream: &str, cursor: Option<&str>) {
        self.with(stream, |known| {
            let Some((with, ids)) = known.handed.take() else { return };
            if with.as_deref() == cursor {
                known.keep(ids);
            }
        });
    }

    /// Notes what is stored already by another way.
    pub fn stored(&self, stream: &str, ids: Vec<String>) {
        self.with(stream, |known| known.keep(ids));
    }

    /// Whether an id was handed over and stored.
    pub fn holds(&self, stream: &str, id: &str) -> bool {
        self.with(stream, |known| known.ids.contains(id))
    }

    /// Notes what is handed over now, with the cursor behind it.
    pub fn hand(&self, stream: &str, cursor: Option<String>, ids: Vec<String>) {
        self.with(stream, |known| known.handed = Some((cursor, ids)));
    }

    /// Notes more that is handed over with the page that was noted last.
    pub fn also(&self, stream: &str, ids: Vec<String>) {
        self.with(stream, |known| {
            if let Some((_, handed)) = &mut known.handed {
                handed.extend(ids);
            }
        });
    }

    fn with<T>(&self, stream: &str, act: impl FnOnce(&mut Ids) -> T) -> T {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        act(streams.entry(stream.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_confirmed_is_known() {
        let known = Known::default();
        known.hand("s", Some("a".into()), vec!["1".into()]);
        known.confirm("s", Some("b"));
        assert!(!known.holds("s", "1"), "another cursor: it may not have been stored");
        known.hand("s", Some("a".into()), vec!["1".into()]);
        known.confirm("s", Some("a"));
        assert!(known.holds("s", "1") && !known.holds("t", "1"));
    }

    #[test]
    fn what_goes_along_is_known_with_its_page() {
        let known = Known::default();
        known.also("s", vec!["0".into()]);
        known.hand("s", Some("a".into()), vec!["1".into()]);
        known.also("s", vec!["2".into()]);
        assert!(!known.holds("s", "2"));
        known.confirm("s", Some("a"));
        assert!(known.holds("s", "1") && known.holds("s", "2") && !known.holds("s", "0"));
    }

    #[test]
    fn memory_has_an_end() {
        let known = Known::default();
        known.hand("s", None, (0..=KNOWN_MAX).map(|n| n.to_string()).collect());
        known.confirm("s", None);
        assert!(!known.holds("s", "0") && known.holds("s", "1"));
    }
}
