//! Turns a post's text into what the heads read: lexical text, words, and the shape of the writing.
//!
//! Handles, web and mail addresses are left out and only counted; tags are left out of the words,
//! and the first few are kept for the lexicon. Stretched letters are shortened and invisible
//! characters are gone, so that none of these changes what a post means.

use super::fold;
use super::marks::{self, Kind, Mark};
use crate::domain::text::is_unspaced;

/// Words looked back upon to see that a phrase only repeats itself.
const LOOK_BACK: usize = 8;
/// Bytes of one run without spaces; a longer one is several words.
const RUN_BYTES: usize = 240;
/// Most tags whose words the lexicon sees.
const TAGS_READ: usize = 4;

/// Latin and Cyrillic letters that look the same, folded.
const LOOKALIKES: [(char, char); 17] = [
    ('a', 'а'),
    ('e', 'е'),
    ('o', 'о'),
    ('p', 'р'),
    ('c', 'с'),
    ('y', 'у'),
    ('x', 'х'),
    ('i', 'і'),
    ('s', 'ѕ'),
    ('j', 'ј'),
    ('k', 'к'),
    ('m', 'м'),
    ('t', 'т'),
    ('h', 'н'),
    ('b', 'в'),
    ('d', 'ԁ'),
    ('n', 'п'),
];

/// What a stretch of the lexical text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// Letters and digits of a script with spaces.
    Word,
    /// A run of kana and kanji.
    Run,
    /// An emoji or another symbol.
    Symbol,
}

/// One word of the lexical text: byte offsets.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What it is.
    pub kind: WordKind,
}

/// How a post is written, apart from its words.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    /// Begins with a handle.
    pub opens_with_handle: bool,
    /// Handles anywhere.
    pub handles: u16,
    /// Web addresses.
    pub urls: u16,
    /// Question marks.
    pub questions: u16,
    /// Exclamation marks.
    pub exclaims: u16,
    /// The last mark of punctuation is a question mark.
    pub ends_with_question: bool,
    /// Dots of an ellipsis.
    pub ellipsis: bool,
    /// Mostly capitals.
    pub capitals: bool,
    /// Letters of Latin, Cyrillic and Japanese script.
    pub latin: u32,
    /// Cyrillic letters.
    pub cyrillic: u32,
    /// Kana.
    pub kana: u32,
    /// Chinese characters.
    pub han: u32,
    /// Letters of any other script.
    pub foreign: u32,
    /// Digits.
    pub digits: u32,
}

/// Buffers and results of one scan, to be used again for the next post.
#[derive(Debug, Default)]
pub struct Scan {
    folded: String,
    marks: Vec<Mark>,
    /// The words as they came, and the shape before the open one.
    raw: Vec<(u32, u32)>,
    before: Shape,
    /// A word while its letters are made those of one script.
    mended: String,
    /// The lexical text: folded words with single spaces, punctuation kept.
    pub text: String,
    /// Its words.
    pub words: Vec<Word>,
    /// How it is written.
    pub shape: Shape,
}

impl Scan {
    /// Reads a text.
    pub fn read(&mut self, source: &str) {
        fold::fold_into(source, &mut self.folded);
        marks::find(&self.folded, &mut self.marks);
        self.text.clear();
        self.words.clear();
        self.raw.clear();
        self.shape = Shape { capitals: capitals(source), ..Shape::default() };
        self.text.push(' ');
        let (mut at, mut tags) = (0, 0);
        let folded = std::mem::take(&mut self.folded);
        let marked = std::mem::take(&mut self.marks);
        for mark in &marked {
            self.plain(&folded[at..mark.start]);
            self.mark(*mark, &folded, &mut tags);
            at = mark.end;
        }
        self.plain(&folded[at..]);
        self.space();
        self.folded = folded;
        self.marks = marked;
    }

    fn mark(&mut self, mark: Mark, folded: &str, tags: &mut usize) {
        self.space();
        match mark.kind {
            Kind::Handle => {
                self.shape.opens_with_handle |= mark.start == 0;
                self.shape.handles = self.shape.handles.saturating_add(1);
            }
            Kind::Url => self.shape.urls = self.shape.urls.saturating_add(1),
            Kind::Mail => {}
            Kind::Tag => {
                *tags += 1;
                if *tags <= TAGS_READ {
                    self.text.push_str(&folded[mark.start + 1..mark.end]);
                    self.space();
                }
            }
        }
    }

    fn space(&mut self) {
        if !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    /// Reads a stretch without marks.
    fn plain(&mut self, folded: &str) {
        let mut open: Option<(usize, WordKind)> = None;
        let (mut last, mut second) = ('\0', '\0');
        for c in folded.chars() {
            // Most letters go on a word that is open; they end nothing and begin nothing.
            if c.is_ascii_lowercase() && matches!(open, Some((_, WordKind::Word))) {
                self.shape.latin += 1;
                if c != last || c != second {
                    self.text.push(c);
                }
                (second, last) = (last, c);
                continue;
            }
            let before = self.shape;
            let kind = self.class(c);
            if open.is_some_and(|(_, k)| Some(k) != kind) || kind == Some(WordKind::Symbol) {
                self.close(&mut open);
            }
            match kind {
                Some(kind) => {
                    // "heeeelp" and "heelp" are the same word; "1000" and "10" are not.
                    let stretched = c == last && c == second && !c.is_ascii_digit();
                    if open.is_none() {
                        self.before = before;
                        open = Some((self.text.len(), kind));
                    }
                    if kind == WordKind::Run && open.is_some_and(|(s, _)| self.text.len() - s >= RUN_BYTES) {
                        self.close(&mut open);
                        open = Some((self.text.len(), kind));
                        self.before = self.shape;
                    }
                    if !stretched {
                        self.text.push(c);
                    }
                }
                None => self.punctuation(c),
            }
            second = last;
            last = c;
        }
        self.close(&mut open);
    }

    fn close(&mut self, open: &mut Option<(usize, WordKind)>) {
        if let Some((start, kind)) = open.take()
            && start < self.text.len()
        {
            if kind == WordKind::Word {
                self.mend(start);
            }
            let (start, end) = (start as u32, self.text.len() as u32);
            self.raw.push((start, end));
            if self.repeats() {
                // Padding that says the same again weighs nothing, not even for the language.
                (self.shape.latin, self.shape.cyrillic) = (self.before.latin, self.before.cyrillic);
                (self.shape.kana, self.shape.han) = (self.before.kana, self.before.han);
                self.shape.foreign = self.before.foreign;
            } else {
                self.words.push(Word { start, end, kind });
            }
        }
    }

    /// Makes a word that mixes Latin and Cyrillic letters of one look a word of its main script.
    fn mend(&mut self, start: usize) {
        let latin = self.shape.latin - self.before.latin;
        let cyrillic = self.shape.cyrillic - self.before.cyrillic;
        if latin == 0 || cyrillic == 0 {
            return;
        }
        let to_latin = latin >= cyrillic;
        let look = |c: char| {
            let pair = LOOKALIKES.iter().find(|(l, c2)| c == if to_latin { *c2 } else { *l });
            pair.map_or(c, |(l, c2)| if to_latin { *l } else { *c2 })
        };
        self.mended.clear();
        self.mended.extend(self.text[start..].chars().map(look));
        self.text.truncate(start);
        self.text.push_str(&self.mended);
        (self.shape.latin, self.shape.cyrillic) = if to_latin {
            (self.shape.latin + cyrillic, self.before.cyrillic)
        } else {
            (self.before.latin, self.shape.cyrillic + latin)
        };
    }

    /// Whether the last two words stood in the same order a few words before.
    fn repeats(&self) -> bool {
        let word = |back: usize| {
            let (start, end) = *self.raw.get(self.raw.len().checked_sub(back)?)?;
            self.text.as_bytes().get(start as usize..end as usize)
        };
        let (Some(last), Some(before)) = (word(1), word(2)) else { return false };
        (1..=LOOK_BACK).any(|back| word(1 + back) == Some(last) && word(2 + back) == Some(before))
    }

    /// What kind of word a character belongs to; counts scripts on the way.
    fn class(&mut self, c: char) -> Option<WordKind> {
        let shape = &mut self.shape;
        match c {
            'a'..='z' => shape.latin += 1,
            '0'..='9' => shape.digits += 1,
            ' '..='~' => return None,
            _ if is_unspaced(c) => {
                if (c as u32) < 0x3200 {
                    shape.kana += 1;
                } else {
                    shape.han += 1;
                }
                return Some(WordKind::Run);
            }
            '\u{400}'..='\u{52f}' => shape.cyrillic += 1,
            '\u{80}'..='\u{24f}' if c.is_alphabetic() => shape.latin += 1,
            '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1ffff}' => return Some(WordKind::Symbol),
            _ if c.is_alphanumeric() => shape.foreign += 1,
            _ => return None,
        }
        Some(WordKind::Word)
    }

    fn punctuation(&mut self, c: char) {
        match c {
            ' ' | '-' | '_' | '/' | '\u{2010}'..='\u{2015}' => return self.space(),
            '?' => {
                self.shape.questions = self.shape.questions.saturating_add(1);
                self.shape.ends_with_question = true;
            }
            '!' => {
                self.shape.exclaims = self.shape.exclaims.saturating_add(1);
                self.shape.ends_with_question = false;
            }
            '.' => {
                self.shape.ellipsis |= self.text.ends_with("..");
                self.shape.ends_with_question = false;
            }
            '\u{2018}' | '\u{2019}' | '`' => return self.text.push('\''),
            _ => {}
        }
        // One of a kind is enough for borders and clauses; padding with marks adds nothing.
        if !self.text.ends_with(c) {
            self.text.push(c);
        }
    }
}

/// Whether a text shouts: at least twelve letters that have a case, most of them capital.
fn capitals(source: &str) -> bool {
    let (mut upper, mut lower) = (0u32, 0u32);
    for c in source.chars() {
        match c {
            'A'..='Z' | '\u{410}'..='\u{42f}' => upper += 1,
            'a'..='z' | '\u{430}'..='\u{44f}' => lower += 1,
            _ => {}
        }
    }
    upper >= 12 && upper > lower * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_what_is_no_word() {
        let mut scan = Scan::default();
        scan.read("@klm HEEEELP!!! mijn koffer is weg?? https://t.co/x #fail a.b@c.nl 😡");
        assert_eq!(scan.text, " heelp! mijn koffer is weg? fail 😡 ");
        let words: Vec<&str> =
            scan.words.iter().map(|w| &scan.text[w.start as usize..w.end as usize]).collect();
        assert_eq!(words, ["heelp", "mijn", "koffer", "is", "weg", "😡"]);
        assert!(scan.shape.opens_with_handle && scan.shape.urls == 1 && scan.shape.questions == 2);
    }

    #[test]
    fn letters_that_only_look_alike_change_nothing() {
        let mut scan = Scan::default();
        scan.read("smоkе from my сharger, в дом");
        assert_eq!(scan.text, " smoke from my charger, в дом ");
        scan.read("дым из рoзетки");
        assert_eq!(scan.text, " дым из розетки ");
    }

    #[test]
    fn japanese_runs_are_words() {
        let mut scan = Scan::default();
        scan.read("KLMの荷物が来ない。");
        assert_eq!(scan.words.len(), 2);
        assert_eq!(scan.shape.kana, 4);
    }
}
