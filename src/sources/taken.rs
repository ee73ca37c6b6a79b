//! What was taken already from a list that shows the same items again and again.
//!
//! It is part of the cursor, so it is stored with what was taken, in one transaction: after a restart
//! nothing comes twice, and a change is still seen as one. Of each item only hashes are kept, never words.

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many items are remembered; those that were seen last stay.
pub const TAKEN_MAX: usize = 1_000;

/// One item as it was when it was last seen: what it is called, what it said, when it changed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark(u64, u64, i64);

/// What an item is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Never seen.
    New,
    /// As it was.
    Same,
    /// Its words are others; it changed before at this instant.
    Changed {
        /// When it last changed, as far as we know.
        before: Timestamp,
    },
}

/// The items that were taken, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Taken(Vec<Mark>);

impl Taken {
    /// What an item with this name and these words is.
    pub fn meet(&self, name: u64, words: u64) -> Met {
        match self.0.iter().rev().find(|m| m.0 == name) {
            None => Met::New,
            Some(mark) if mark.1 == words => Met::Same,
            Some(mark) => Met::Changed { before: Timestamp(mark.2) },
        }
    }

    /// The name under which an item with these words was taken.
    pub fn name_of(&self, words: u64) -> Option<u64> {
        self.0.iter().find(|m| m.1 == words).map(|m| m.0)
    }

    /// Remembers an item as it is now.
    pub fn keep(&mut self, name: u64, words: u64, changed: Timestamp) {
        self.0.retain(|m| m.0 != name);
        self.0.push(Mark(name, words, changed.millis()));
        let over = self.0.len().saturating_sub(TAKEN_MAX);
        self.0.drain(..over);
    }

    /// Counts something that was handed over; how often it was before, as far as remembered.
    pub fn times(&mut self, name: u64, now: Timestamp) -> u64 {
        let before = self.0.iter().rev().find(|m| m.0 == name).map_or(0, |m| m.1);
        self.keep(name, before.saturating_add(1), now);
        before
    }

    /// Notes that an item still stands there as it was.
    pub fn touch(&mut self, name: u64) {
        if let Some(at) = self.0.iter().position(|m| m.0 == name) {
            let mark = self.0.remove(at);
            self.0.push(mark);
        }
    }
}

/// A hash of some texts, told apart from one another.
pub fn hash(parts: &[&str]) -> u64 {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part.as_bytes());
    }
    let digest = sha.finalize();
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_known_and_a_change_is_seen() {
        let mut taken = Taken::default();
        assert_eq!(taken.meet(1, 10), Met::New);
        taken.keep(1, 10, Timestamp(5));
        assert_eq!(taken.meet(1, 10), Met::Same);
        assert_eq!(taken.meet(1, 11), Met::Changed { before: Timestamp(5) });
        let stored = serde_json::to_string(&taken).unwrap();
        assert_eq!(stored, "[[1,10,5]]");
        assert_eq!(serde_json::from_str::<Taken>(&stored).unwrap(), taken);
    }

    #[test]
    fn memory_has_an_end() {
        let mut taken = Taken::default();
        (0..=TAKEN_MAX as u64).for_each(|n| taken.keep(n, n, Timestamp(0)));
        assert_eq!(taken.meet(0, 0), Met::New);
        assert_eq!(taken.meet(1, 1), Met::Same);
    }

    #[test]
    fn what_comes_again_is_counted() {
        let mut taken = Taken::default();
        let counted = [7, 7, 8, 7].map(|name| taken.times(name, Timestamp(0)));
        assert_eq!(counted, [0, 1, 0, 2]);
    }

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["a"]), hash(&["a"]));
    }
}
