//! Reads one text through scan, features, language and lexicon, with buffers that are used again.
//!
//! Judging and training both come through here, so that what was learned is what is asked. Long
//! texts are read in windows of a few hundred letters: a cry for help at the end of ten pages is
//! still a cry for help, and the cost stays in proportion to the length.

use super::extras;
use super::features::Features;
use super::kin::Kin;
use super::lexicon::{self, Found, Hit};
use super::maths;
use super::model::{JUDGE, LANGUAGES, Model, Sums};
use super::places::Places;
use super::scan::{Scan, Word};
use crate::domain::language::Language;
use std::collections::BTreeMap;

/// Words of one window at most.
const WINDOW_WORDS: usize = 130;
/// Bytes of one window at most, unless one word alone is longer.
const WINDOW_BYTES: u32 = 1_200;
/// Fewer letters than this say nothing about a language.
const LETTERS_MIN: u32 = 4;

/// A text told with less certainty than this may mix two languages.
const MIXED_BELOW: f32 = 0.9995;
/// How many parts of it are read, and the words and certainty that a part needs to name a language.
const PARTS: usize = 3;
const PART_WORDS: usize = 3;
const PART_SURE: f32 = 0.9;

/// What was told about the language of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// The language.
    pub language: Language,
    /// How sure, 0–1.
    pub confidence: f32,
    /// Languages in which concepts count, as bits.
    pub concepts: u16,
    /// The second language of a text that mixes two.
    pub second: Option<Language>,
}

/// One window's scores and concepts.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Scores of the judging heads.
    pub scores: [f32; JUDGE],
    /// Scores of the sentiments.
    pub sentiment: [f32; 3],
    /// Concepts found.
    pub found: Found,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub struct Reader {
    /// The scan of the text.
    pub scan: Scan,
    /// The features of the window read last.
    pub features: Features,
    /// What they say to all heads, once somebody asked.
    sums: Option<Sums>,
    /// The extras of the window read last.
    pub extras: Vec<u32>,
    /// Where the words of reasons stand.
    pub places: Places,
    /// The features of the part read last.
    parts: Features,
    hits: Vec<Hit>,
    kin: Kin,
    own: lexicon::Own,
}

impl Reader {
    /// Scans a text and finds its phrases; the first step of everything.
    pub fn open(&mut self, text: &str) {
        self.scan.read(text);
        lexicon::find(&self.scan.text, &mut self.hits);
    }

    /// Finds a brand's own phrases too; after [`Reader::open`].
    pub fn add_own(&mut self, words: &BTreeMap<String, Vec<String>>) {
        if !words.is_empty() {
            self.own.prepare(words);
            self.own.find(&self.scan.text, &mut self.hits);
        }
    }

    /// The window that begins at a word, as a range of words; maybe empty.
    pub fn window(&self, from: usize) -> (usize, usize) {
        let words = self.scan.words.get(from..).unwrap_or_default();
        let mut bytes = 0;
        for (index, word) in words.iter().enumerate() {
            bytes += word.end - word.start;
            if index > 0 && (index >= WINDOW_WORDS || bytes > WINDOW_BYTES) {
                return (from, from + index);
            }
        }
        (from, from + words.len())
    }

    /// Reads the hashed features of one window.
    pub fn read(&mut self, window: (usize, usize)) {
        let words = self.scan.words.get(window.0..window.1).unwrap_or_default();
        self.features.read(&self.scan, words);
        self.sums = None;
    }

    /// What the features of the window read last say to all heads of the one model, and how many they are.
    pub fn sums(&mut self, model: &Model) -> (Sums, usize) {
        let list = &self.features.list;
        (*self.sums.get_or_insert_with(|| model.sums(list)), list.len())
    }

    /// Reads the window that says most about the language: the one with the most features.
    pub fn read_richest(&mut self) {
        let (mut best, mut most, mut read) = ((0, 0), 0, (0, 0));
        let mut next = Some(self.window(0));
        while let Some(window) = next {
            next = (window.1 < self.scan.words.len()).then(|| self.window(window.1));
            self.read(window);
            read = window;
            if self.features.list.len() > most || best == (0, 0) {
                (best, most) = (window, self.features.list.len());
            }
        }
        if read != best {
            self.read(best);
        }
    }

    /// The first phrase of some concepts in the lexical text, in the languages given as bits.
    pub fn phrase(&self, concepts: lexicon::Set, languages: u16) -> Option<&str> {
        let means = |h: &&Hit| concepts & (1 << h.concept) != 0 && h.languages & languages != 0;
        let hit = self.hits.iter().filter(means).max_by_key(|h| (h.end - h.start, u32::MAX - h.start))?;
        self.scan.text.get(hit.start as usize..hit.end as usize)
    }

    /// Reads the concepts and extras of one window.
    pub fn read_extras(&mut self, window: (usize, usize), languages: u16) -> Found {
        let words: &[Word] = &self.scan.words;
        let start = if window.0 == 0 { 0 } else { words.get(window.0).map_or(0, |w| w.start) };
        let end = if window.1 >= words.len() { u32::MAX } else { words[window.1].start };
        let found = lexicon::sum(&self.scan.text, &self.hits, languages, start, end);
        self.kin.read(&self.scan, words.get(window.0..window.1).unwrap_or_default());
        extras::read(&self.scan, window.1 - window.0, found, &self.kin.list, &mut self.extras);
        found
    }

    /// Tells the language and, where a part of a text differs, the second one. What was read of the
    /// window read last is as it was.
    pub fn languages(&mut self, model: &Model, claimed: Language) -> Told {
        let mut told = self.language(model, claimed);
        let words = self.scan.words.len();
        if !(PARTS * PART_WORDS..=WINDOW_WORDS).contains(&words) || told.confidence >= MIXED_BELOW {
            return told;
        }
        let sums = self.sums;
        std::mem::swap(&mut self.features, &mut self.parts);
        for part in 0..PARTS {
            self.read((words * part / PARTS, words * (part + 1) / PARTS));
            let here = self.language(model, Language::Unknown);
            let sure = here.confidence >= PART_SURE && Language::TEN.contains(&here.language);
            if sure && here.language != told.language && told.second.is_none() {
                told.second = Some(here.language);
                told.concepts |= here.concepts;
            }
        }
        std::mem::swap(&mut self.features, &mut self.parts);
        self.sums = sums;
        told
    }

    /// Tells the language from the features of the window read last and from the script.
    pub fn language(&mut self, model: &Model, claimed: Language) -> Told {
        let told = |language, confidence| Told {
            language,
            confidence,
            concepts: lexicon::bit(language),
            second: None,
        };
        let shape = &self.scan.shape;
        let letters = shape.latin + shape.cyrillic + shape.foreign;
        if shape.kana + shape.han > 0 && (shape.kana + shape.han) * 4 > letters {
            // Chinese has no kana; a few characters without kana are more often Japanese here.
            let japanese = shape.kana * 8 >= shape.han || shape.han < 6;
            return if japanese { told(Language::Ja, 0.99) } else { told(Language::Other, 0.9) };
        }
        if shape.foreign * 2 > letters && shape.foreign > 2 {
            return told(Language::Other, 0.99);
        }
        if letters < LETTERS_MIN || model.languages.is_empty() {
            let known = Language::TEN.contains(&claimed);
            return if known { told(claimed, 0.3) } else { told(Language::Unknown, 0.0) };
        }
        let (sums, features) = self.sums(model);
        let mut scores = model.language(&sums, features);
        weigh(model, claimed, &mut scores)
    }
}

/// The place of a language's code among the ten; behind them for any other. Asked for each language of the model and each
/// post, so it is told by its letters.
const fn among_ten(code: &str) -> usize {
    match code.as_bytes() {
        [b'e', b'n'] => 0,
        [b'f', b'r'] => 1,
        [b'n', b'l'] => 2,
        [b'd', b'e'] => 3,
        [b'i', b't'] => 4,
        [b'j', b'a'] => 5,
        [b'n', b'o'] => 6,
        [b'p', b't'] => 7,
        [b'r', b'u'] => 8,
        [b'e', b's'] => 9,
        _ => 10,
    }
}

/// From scores to a language: all that are none of the ten count together as another one.
fn weigh(model: &Model, claimed: Language, scores: &mut [f32; LANGUAGES]) -> Told {
    let scores = &mut scores[..model.languages.len()];
    maths::softmax(scores);
    let mut ten = [0.0f32; 11];
    for (code, p) in model.languages.iter().zip(scores.iter()) {
        ten[among_ten(code)] += p;
    }
    let mut best = maths::best(&ten);
    // A short text that could be several: the platform's tag decides among the likely.
    if ten[best] < 0.7
        && let Some(at) = Language::TEN.iter().position(|l| *l == claimed)
        && ten[at] * 5.0 > ten[best]
    {
        best = at;
    }
    let language = Language::TEN.get(best).copied().unwrap_or(Language::Other);
    let sure = ten[best] > 0.75 && best < 10;
    let likely = Language::TEN.iter().enumerate().filter(|(i, _)| ten[*i] > 0.08);
    let concepts = if sure { lexicon::bit(language) } else { likely.fold(1, |b, (i, _)| b | (1 << i)) };
    Told { language, confidence: ten[best], concepts, second: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_stand_in_their_order() {
        let places: Vec<usize> = Language::TEN.iter().map(|l| among_ten(l.code())).collect();
        assert_eq!(places, (0..10).collect::<Vec<_>>());
        assert!(["da", "nn", "other", ""].iter().all(|code| among_ten(code) == 10));
    }

    #[test]
    fn telling_a_second_language_leaves_what_was_read() {
        let text = "My parcel is gone again and nobody can tell me where it is, \
            ik wacht nu al drie weken op mijn pakket en niemand weet iets";
        let mut reader = Reader::default();
        reader.open(text);
        reader.read_richest();
        let list = reader.features.list.clone();
        let told = reader.languages(super::super::model::shipped(), Language::Unknown);
        assert!(told.second.is_some());
        assert_eq!(reader.features.list, list);
        let (sums, count) = reader.sums(super::super::model::shipped());
        assert_eq!((sums, count), (super::super::model::shipped().sums(&list), list.len()));
    }
}
