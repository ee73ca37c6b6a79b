//! The one feature pass that all heads share: words, pairs of words, letters within words.
//!
//! Every feature is a number below [`BUCKETS`], each at most once per stretch of text, so that
//! repeating something thousands of times adds nothing. Handles, addresses and tags never get here.

use super::scan::{Scan, Word, WordKind};

/// Buckets into which features are hashed, a power of two.
pub const BUCKETS: usize = 1 << 16;
/// Letters of one word that are read; nobody's words are longer.
const WORD_CHARS: usize = 32;
/// Kana and kanji of one run that are read.
const RUN_CHARS: usize = 400;

/// The features of one stretch, and which buckets are taken.
#[derive(Debug)]
pub struct Features {
    /// Bucket numbers, each once, in order of appearance.
    pub list: Vec<u32>,
    taken: Vec<u64>,
    chars: Vec<u32>,
}

impl Default for Features {
    fn default() -> Self {
        Self { list: Vec::new(), taken: vec![0; BUCKETS / 64], chars: Vec::new() }
    }
}

const fn mix(hash: u32, value: u32) -> u32 {
    (hash ^ value).wrapping_mul(0x9e37_79b1).rotate_left(13)
}

const fn bucket(hash: u32) -> u32 {
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x85eb_ca6b);
    (mixed ^ (mixed >> 16)) & (BUCKETS as u32 - 1)
}

/// The hash by which a whole word is known; digits are all alike.
pub fn word_hash(text: &str) -> u32 {
    text.chars().fold(0x51, |h, c| mix(h, if c.is_ascii_digit() { u32::from(b'0') } else { c as u32 }))
}

impl Features {
    fn add(&mut self, hash: u32) {
        let at = bucket(hash);
        let (word, bit) = ((at >> 6) as usize, 1u64 << (at & 63));
        if let Some(taken) = self.taken.get_mut(word)
            && *taken & bit == 0
        {
            *taken |= bit;
            self.list.push(at);
        }
    }

    /// Reads the words of one stretch of a scan.
    pub fn read(&mut self, scan: &Scan, words: &[Word]) {
        for at in &self.list {
            if let Some(taken) = self.taken.get_mut((at >> 6) as usize) {
                *taken = 0;
            }
        }
        self.list.clear();
        let mut before = 7;
        for word in words {
            let Some(text) = scan.text.get(word.start as usize..word.end as usize) else { continue };
            match word.kind {
                WordKind::Word => before = self.word(text, before),
                WordKind::Run => {
                    self.run(text);
                    before = 11;
                }
                WordKind::Symbol => {
                    self.add(text.chars().fold(5, |h, c| mix(h, c as u32)));
                }
            }
        }
    }

    /// A word: itself, with the word before it, and its pieces of two to five letters.
    fn word(&mut self, text: &str, before: u32) -> u32 {
        let mut chars = std::mem::take(&mut self.chars);
        chars.clear();
        chars.push(u32::from(b' '));
        let plain = |c: char| if c.is_ascii_digit() { u32::from(b'0') } else { c as u32 };
        chars.extend(text.chars().take(WORD_CHARS).map(plain));
        chars.push(u32::from(b' '));
        let whole = chars.iter().fold(1, |h, c| mix(h, *c));
        self.add(whole);
        self.add(mix(mix(3, before), whole));
        for start in 0..chars.len() {
            self.pieces(&chars[start..], 2, 5);
        }
        self.chars = chars;
        whole
    }

    /// A run without spaces: its pieces of one to four characters.
    fn run(&mut self, text: &str) {
        let mut chars = std::mem::take(&mut self.chars);
        chars.clear();
        chars.extend(text.chars().take(RUN_CHARS).map(|c| c as u32));
        for start in 0..chars.len() {
            self.pieces(&chars[start..], 1, 4);
        }
        self.chars = chars;
    }

    fn pieces(&mut self, chars: &[u32], shortest: usize, longest: usize) {
        let mut hash = 2;
        for (length, c) in (1..=longest).zip(chars) {
            hash = mix(hash, *c);
            if length >= shortest {
                self.add(hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeating_adds_nothing() {
        let (mut scan, mut features) = (Scan::default(), Features::default());
        let mut count = |text: &str| {
            scan.read(text);
            features.read(&scan, &scan.words);
            features.list.len()
        };
        let once = count("help help");
        assert_eq!(count(&"help ".repeat(500)), once);
        assert!(count("hulp nodig") > 5);
        assert_eq!(count(""), 0);
    }
}
