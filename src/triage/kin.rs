//! Words of like meaning: a thousand groups over ten languages, so that what one language's posts
//! teach is known of the others' words too.
//!
//! `lexicon/kin.tsv` holds one group a line: its number, then folded words. The groups were made
//! once, by the nearness of words in a multilingual model; the team may move a word. Words of no
//! group say nothing here. The number of a group is part of the model's form.

use super::features;
use super::scan::{Scan, Word, WordKind};
use std::sync::LazyLock;

/// How many groups there are at most.
pub const GROUPS: usize = 1000;
/// Slots of the table of words, a power of two and half as many again as words.
const SLOTS: usize = 1 << 17;
/// Characters of a piece of a run that may be a word.
const PIECE_MAX: usize = 5;
/// A slot that holds no word.
const FREE: u16 = u16::MAX;

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("lexicon/kin.tsv")));

/// Hashes of words and their groups, in two lists: side by side a quarter of it would be padding.
struct Table {
    hashes: Vec<u32>,
    groups: Vec<u16>,
}

impl Table {
    fn read(text: &str) -> Self {
        let mut table = Self { hashes: vec![0; SLOTS], groups: vec![FREE; SLOTS] };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((number, words)) = line.split_once('\t') else { continue };
            let Some(group) = number.parse::<u16>().ok().filter(|g| usize::from(*g) < GROUPS) else {
                continue;
            };
            for word in words.split(' ').filter(|w| !w.is_empty()) {
                table.put(features::word_hash(word), group);
            }
        }
        table
    }

    fn put(&mut self, hash: u32, group: u16) {
        let mut at = hash as usize & (SLOTS - 1);
        while self.groups[at] != FREE && self.hashes[at] != hash {
            at = (at + 1) & (SLOTS - 1);
        }
        (self.hashes[at], self.groups[at]) = (hash, group);
    }

    fn get(&self, hash: u32) -> Option<u16> {
        let mut at = hash as usize & (SLOTS - 1);
        loop {
            let (found, group) = (*self.hashes.get(at)?, *self.groups.get(at)?);
            if group == FREE {
                return None;
            }
            if found == hash {
                return Some(group);
            }
            at = (at + 1) & (SLOTS - 1);
        }
    }
}

/// Which groups a stretch of text names, each once.
#[derive(Debug)]
pub struct Kin {
    taken: [u64; GROUPS.div_ceil(64)],
    /// The groups, in order of appearance.
    pub list: Vec<u16>,
}

impl Default for Kin {
    fn default() -> Self {
        Self { taken: [0; GROUPS.div_ceil(64)], list: Vec::new() }
    }
}

impl Kin {
    /// Reads the words of a stretch.
    pub fn read(&mut self, scan: &Scan, words: &[Word]) {
        self.taken = [0; GROUPS.div_ceil(64)];
        self.list.clear();
        for word in words {
            let Some(text) = scan.text.get(word.start as usize..word.end as usize) else { continue };
            match word.kind {
                WordKind::Word => {
                    self.known(text);
                }
                WordKind::Run => self.run(text),
                WordKind::Symbol => {}
            }
        }
    }

    fn known(&mut self, text: &str) -> bool {
        let Some(group) = TABLE.get(features::word_hash(text)) else { return false };
        let (slot, bit) = (usize::from(group) / 64, 1u64 << (group % 64));
        if self.taken[slot] & bit == 0 {
            self.taken[slot] |= bit;
            self.list.push(group);
        }
        true
    }

    /// Cuts a run into the longest known pieces, from the left.
    fn run(&mut self, text: &str) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let mut ends = [0usize; PIECE_MAX];
            let mut count = 0;
            for (slot, (at, c)) in ends.iter_mut().zip(rest.char_indices()) {
                *slot = at + c.len_utf8();
                count += 1;
            }
            let longest = (1..count).rev().find(|n| self.known(&rest[..ends[*n]]));
            rest = &rest[longest.map_or(first.len_utf8(), |n| ends[n])..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(text: &str) -> Vec<u16> {
        let (mut scan, mut kin) = (Scan::default(), Kin::default());
        scan.read(text);
        kin.read(&scan, &scan.words);
        kin.list
    }

    #[test]
    fn words_of_like_meaning_share_a_group() {
        for (one, other) in [("lawyer", "弁護士"), ("insulin", "insuline"), ("cards", "kaart")] {
            assert!(!groups(one).is_empty());
            assert_eq!(groups(one), groups(other), "{one} {other}");
        }
        assert!(groups("qzxwv").is_empty() && groups("").is_empty());
    }

    #[test]
    fn the_file_is_well_formed() {
        let (mut words, mut last) = (0, None);
        for line in include_str!("lexicon/kin.tsv").lines().filter(|l| !l.starts_with('#')) {
            let (number, list) = line.split_once('\t').unwrap_or_else(|| panic!("no tab: {line}"));
            let number: usize = number.parse().unwrap();
            assert!(number < GROUPS && last.is_none_or(|l| l < number), "{number}");
            last = Some(number);
            words += list.split(' ').count();
        }
        assert!(words > 50_000 && words < SLOTS * 2 / 3, "{words}");
    }
}
