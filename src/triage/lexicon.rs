//! Finds concepts in the lexical text: phrases of ten languages in one automaton, made at first use.
//!
//! A phrase counts where it begins and ends as a word; `*` at its end or beginning lets the word go
//! on there, for inflections and compounds. A concept said with a negation close before it is
//! another feature than the concept. Phrases of another language than the text's do not count.

use super::concepts::{self, COUNT};
use super::{borders, fold};
use crate::domain::language::Language;
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// The files of the lexicon, in the order of `Language::TEN`, and one for signs of all languages.
const FILES: [&str; 11] = [
    include_str!("lexicon/en.tsv"),
    include_str!("lexicon/fr.tsv"),
    include_str!("lexicon/nl.tsv"),
    include_str!("lexicon/de.tsv"),
    include_str!("lexicon/it.tsv"),
    include_str!("lexicon/ja.tsv"),
    include_str!("lexicon/no.tsv"),
    include_str!("lexicon/pt.tsv"),
    include_str!("lexicon/ru.tsv"),
    include_str!("lexicon/es.tsv"),
    include_str!("lexicon/signs.tsv"),
];
/// Languages as bits, all of them.
const ALL: u16 = 0x3ff;
/// How far before a concept its negation may stand, in bytes.
const NEGATION_REACH: usize = 18;
/// How far a word of the past or of supposing reaches within its sentence, in bytes.
const SENTENCE_REACH: usize = 90;
const CLAUSE_ENDS: [char; 6] = ['.', '!', '?', ',', '。', '、'];
const SENTENCE_ENDS: [char; 4] = ['.', '!', '?', '。'];

#[derive(Clone, Copy)]
struct Sense {
    concept: u8,
    languages: u16,
    open_left: bool,
    open_right: bool,
}

struct Lexicon {
    automaton: Option<AhoCorasick>,
    senses: Vec<Vec<Sense>>,
    marks: Markers,
}

/// Concepts that say how others are meant.
struct Markers {
    negation: usize,
    past: usize,
    solved: usize,
    hypothetical: usize,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(build);

/// A concept found in a text.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// Its number in `concepts::CONCEPTS`.
    pub concept: u8,
    /// Languages in which the phrase means it, as bits in the order of `Language::TEN`.
    pub languages: u16,
    /// First byte in the lexical text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// The bit of a language; every bit for one that is none of the ten.
pub fn bit(language: Language) -> u16 {
    Language::TEN.iter().position(|l| *l == language).map_or(ALL, |i| 1 << i)
}

/// The lines of a lexicon file as (concept's key, phrases).
fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

fn build() -> Lexicon {
    let mut known: HashMap<String, usize> = HashMap::new();
    let (mut phrases, mut senses): (Vec<String>, Vec<Vec<Sense>>) = (Vec::new(), Vec::new());
    for (index, file) in FILES.iter().enumerate() {
        let languages = if index < 10 { 1 << index } else { ALL };
        for (key, list) in lines(file) {
            let Some(concept) = concepts::number(key.trim()) else { continue };
            for raw in list.split('|').map(str::trim).filter(|raw| !raw.is_empty()) {
                let phrase = normal(raw.trim_matches('*'));
                let sense = Sense {
                    concept: concept as u8,
                    languages,
                    open_left: raw.starts_with('*'),
                    open_right: raw.ends_with('*'),
                };
                let at = *known.entry(phrase.clone()).or_insert_with(|| {
                    phrases.push(phrase);
                    senses.push(Vec::new());
                    senses.len() - 1
                });
                senses[at].push(sense);
            }
        }
    }
    let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&phrases).ok();
    let number = |key| concepts::number(key).unwrap_or(usize::MAX);
    let marks = Markers {
        negation: number("negation"),
        past: number("past"),
        solved: number("solved"),
        hypothetical: number("hypothetical"),
    };
    Lexicon { automaton, senses, marks }
}

/// A phrase as the lexical text would hold it.
pub fn normal(raw: &str) -> String {
    let mut scan = super::scan::Scan::default();
    scan.read(&fold::folded(raw));
    scan.text.trim().to_owned()
}

/// Finds all concepts of a lexical text; `out` is emptied first.
pub fn find(text: &str, out: &mut Vec<Hit>) {
    out.clear();
    let lexicon = &*LEXICON;
    let Some(automaton) = &lexicon.automaton else { return };
    for found in automaton.find_overlapping_iter(text) {
        let (start, end) = (found.start(), found.end());
        let (left, right) = (borders::at(text, start), borders::at(text, end));
        for sense in &lexicon.senses[found.pattern().as_usize()] {
            if (left || sense.open_left) && (right || sense.open_right) {
                out.push(Hit {
                    concept: sense.concept,
                    languages: sense.languages,
                    start: start as u32,
                    end: end as u32,
                });
            }
        }
    }
}

/// A brand's own phrases, kept ready for the next post of the same brand.
#[derive(Debug, Default)]
pub struct Own {
    words: BTreeMap<String, Vec<String>>,
    phrases: Vec<(u8, String)>,
}

impl Own {
    /// Makes phrases ready; nothing to do when they are those of the post before.
    pub fn prepare(&mut self, words: &BTreeMap<String, Vec<String>>) {
        if self.words == *words {
            return;
        }
        self.words.clone_from(words);
        self.phrases.clear();
        for (key, list) in words {
            let Some(concept) = concepts::number(key) else { continue };
            let phrases = list.iter().map(|raw| normal(raw)).filter(|phrase| !phrase.is_empty());
            self.phrases.extend(phrases.map(|phrase| (concept as u8, phrase)));
        }
    }

    /// Adds the hits of the phrases, in the order of their ends.
    pub fn find(&self, text: &str, hits: &mut Vec<Hit>) {
        let before = hits.len();
        for (concept, phrase) in &self.phrases {
            for (start, found) in text.match_indices(phrase.as_str()) {
                let end = start + found.len();
                if borders::at(text, start) && borders::at(text, end) {
                    hits.push(Hit {
                        concept: *concept,
                        languages: ALL,
                        start: start as u32,
                        end: end as u32,
                    });
                }
            }
        }
        if hits.len() > before {
            hits.sort_unstable_by_key(|hit| (hit.end, hit.start, hit.concept));
        }
    }
}

/// A set of concepts as bits.
pub type Set = u128;

/// Which concepts a stretch of text holds, and how they are said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Concepts said plainly.
    pub plain: Set,
    /// Concepts said with a negation close before them, and never plainly.
    pub negated: Set,
    /// Concepts in a sentence that speaks of the past or of something solved.
    pub past: Set,
    /// Concepts in a sentence that supposes something before them.
    pub supposed: Set,
}

/// Whether two places belong to one clause or sentence: close by, with none of `ends` between.
fn together(text: &str, from: u32, to: u32, reach: usize, ends: &[char]) -> bool {
    from <= to
        && (to - from) as usize <= reach
        && text.get(from as usize..to as usize).is_some_and(|between| !between.contains(ends))
}

/// Sums up the hits between two offsets of a text in one of the languages given as bits.
pub fn sum(text: &str, hits: &[Hit], languages: u16, start: u32, end: u32) -> Found {
    let marks = &LEXICON.marks;
    let mut found = Found::default();
    // Hits are in the order of their ends; only those of the stretch are looked at.
    let first = hits.partition_point(|h| h.end <= start);
    let last = hits.partition_point(|h| h.end <= end);
    let hits = hits.get(first..last).unwrap_or_default();
    let here = |h: &&Hit| h.start >= start && h.languages & languages != 0;
    let (mut negation, mut supposing, mut past) = (None::<u32>, None::<u32>, None::<u32>);
    for hit in hits.iter().filter(here) {
        let (concept, bit) = (usize::from(hit.concept), 1 << hit.concept);
        let after = |mark: Option<u32>, reach, ends: &[char]| {
            mark.is_some_and(|m| together(text, m, hit.start, reach, ends))
        };
        let marker = concept == marks.negation;
        if !marker && after(negation, NEGATION_REACH, &CLAUSE_ENDS) {
            found.negated |= bit;
        } else {
            found.plain |= bit;
        }
        found.supposed |= if after(supposing, SENTENCE_REACH, &SENTENCE_ENDS) { bit } else { 0 };
        found.past |= if after(past, SENTENCE_REACH, &SENTENCE_ENDS) { bit } else { 0 };
        negation = if marker { Some(hit.end) } else { negation };
        supposing = if concept == marks.hypothetical { Some(hit.end) } else { supposing };
        past = if concept == marks.past || concept == marks.solved { Some(hit.end) } else { past };
    }
    // A word of the past may also stand behind what it tells of.
    let mut past = None::<u32>;
    for hit in hits.iter().rev().filter(here) {
        let concept = usize::from(hit.concept);
        if past.is_some_and(|p| together(text, hit.end, p, SENTENCE_REACH, &SENTENCE_ENDS)) {
            found.past |= 1 << hit.concept;
        }
        past = if concept == marks.past || concept == marks.solved { Some(hit.start) } else { past };
    }
    found.negated &= !found.plain;
    found
}

const _: () = assert!(COUNT <= 128, "concepts are bits of a u128");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::scan::Scan;

    fn concepts_of(text: &str, language: Language) -> Found {
        let (mut scan, mut hits) = (Scan::default(), Vec::new());
        scan.read(text);
        find(&scan.text, &mut hits);
        sum(&scan.text, &hits, bit(language), 0, u32::MAX)
    }

    fn has(bits: Set, key: &str) -> bool {
        bits & (1 << concepts::number(key).unwrap()) != 0
    }

    #[test]
    fn every_line_names_a_concept_and_has_phrases() {
        for file in FILES {
            for line in file.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
                let (key, list) = line.split_once('\t').unwrap_or_else(|| panic!("no tab: {line}"));
                assert!(concepts::number(key).is_some(), "unknown concept: {line}");
                assert!(list.split('|').all(|p| !normal(p.trim().trim_matches('*')).is_empty()), "{line}");
            }
        }
    }

    #[test]
    fn finds_words_not_pieces_of_words() {
        let found = concepts_of("there is smoke coming out of my oven", Language::En);
        assert!(has(found.plain, "fire"));
        assert!(!has(concepts_of("a lawyerly smokescreen", Language::En).plain, "fire"));
        // "brand" is fire in Dutch and none in English.
        assert!(!has(concepts_of("my favourite brand", Language::En).plain, "fire"));
        assert!(has(concepts_of("er is brand", Language::Nl).plain, "fire"));
    }

    #[test]
    fn a_negation_makes_another_feature() {
        let found = concepts_of("no smoke any more", Language::En);
        assert!(has(found.negated, "fire") && !has(found.plain, "fire"));
    }

    #[test]
    fn the_past_and_the_supposed_are_features() {
        let found = concepts_of("last year there was smoke. now my flight is cancelled", Language::En);
        assert!(has(found.past, "fire") && !has(found.past, "cancelled"));
        let found = concepts_of("What if my battery starts to smoke?", Language::En);
        assert!(has(found.supposed, "fire") && !has(found.past, "fire"));
        let found = concepts_of("stel dat er brand uitbreekt", Language::Nl);
        assert!(has(found.supposed, "fire"));
    }
}
