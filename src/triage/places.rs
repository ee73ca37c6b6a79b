//! Finds where the words behind a reason stand in the text as it came.
//!
//! Heads read folded text; people see the text that was written. Both are compared by their letters
//! and digits alone, so that accents, stretched letters, invisible characters and punctuation between
//! them do not matter. What cannot be found is simply not shown.

use super::fold;
use crate::domain::judgement::Place;
use crate::domain::text::is_unspaced;

/// Letters and digits of a text with where each begins and ends.
#[derive(Debug, Default)]
pub struct Places {
    letters: Vec<(char, u32, u32)>,
    folded: String,
    wanted: Vec<char>,
    read: bool,
}

impl Places {
    /// Forgets the text read before.
    pub fn clear(&mut self) {
        self.read = false;
    }

    fn read(&mut self, text: &str) {
        self.letters.clear();
        for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric() || !c.is_ascii()) {
            if c.is_ascii() {
                self.folded.clear();
                self.folded.push(c.to_ascii_lowercase());
            } else {
                fold::fold_into(c.encode_utf8(&mut [0; 4]), &mut self.folded);
            }
            let end = (at + c.len_utf8()) as u32;
            for c in self.folded.chars().filter(|c| counts(*c)) {
                let stretched = !c.is_ascii_digit()
                    && self.letters.len() >= 2
                    && self.letters[self.letters.len() - 2..].iter().all(|l| l.0 == c);
                if stretched {
                    if let Some(last) = self.letters.last_mut() {
                        last.2 = end;
                    }
                } else {
                    self.letters.push((c, at as u32, end));
                }
            }
        }
        self.read = true;
    }

    /// Where a phrase of the lexical text stands first in `text`, which is read at the first call
    /// after [`Places::clear`].
    pub fn find(&mut self, text: &str, phrase: &str) -> Option<Place> {
        if !self.read {
            self.read(text);
        }
        self.wanted.clear();
        self.wanted.extend(phrase.chars().filter(|c| counts(*c)));
        let (letters, wanted) = (&self.letters, &self.wanted);
        if wanted.is_empty() || letters.len() < wanted.len() {
            return None;
        }
        let opens = |at: usize| {
            at == 0
                || letters[at - 1].2 < letters[at].1
                || is_unspaced(letters[at].0)
                || !letters[at].0.is_alphanumeric()
        };
        let fits =
            |at: usize| letters[at..].iter().map(|l| l.0).take(wanted.len()).eq(wanted.iter().copied());
        let last = letters.len() - wanted.len();
        let at = (0..=last).find(|at| opens(*at) && fits(*at)).or_else(|| (0..=last).find(|at| fits(*at)))?;
        let (start, end) = (letters[at].1 as usize, letters[at + wanted.len() - 1].2 as usize);
        Some(Place { start, end })
    }
}

/// Letters, digits, and signs that mean something by themselves.
fn counts(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words_as_they_were_written() {
        let mut places = Places::default();
        let mut found = |text: &'static str, phrase: &str| {
            places.clear();
            places.find(text, phrase).map(|p| &text[p.start..p.end])
        };
        assert_eq!(found("Er komt RÓÓÓOK uit, help", "rook"), Some("RÓÓÓOK"));
        assert_eq!(found("Er komt RÓÓK uit, help", "rook"), Some("RÓÓK"));
        assert_eq!(found("smokescreen and smoke", "smoke"), Some("smoke"));
        assert_eq!(found("sm\u{200b}oke!", "smoke"), Some("sm\u{200b}oke"));
        assert_eq!(found("helft hilf-los", "hilf los"), Some("hilf-los"));
        assert_eq!(found("煙が出ています", "煙"), Some("煙"));
        assert_eq!(found("oh 🔥 no", "🔥"), Some("🔥"));
        assert_eq!(found("", "x"), None);
    }
}
