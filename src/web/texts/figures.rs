//! The words of figures in the language of who reads. English and Dutch stand in [`crate::reports::words`], for mails and files
//! have them too; a language that came as a file has its own for pages.

use super::Texts;
use crate::reports::office::paper;
use crate::reports::words::Words;

/// The table of the file for the words.
const FIGURES: &str = "figures";
/// The table of the file for the words of codes.
const CODES: &str = "figures_codes";

/// A key with its English and its Dutch.
type Entry = (&'static str, &'static str, &'static str);

/// The tables of a file for them.
pub(super) fn tables() -> [(&'static str, &'static [Entry]); 2] {
    [(FIGURES, Words::ALL), (CODES, paper::WORDS)]
}

/// The words of a file, by what it has under a table and a key. They are kept for as long as the process runs, as all of it.
pub(super) fn filled(
    lang: &'static str,
    words: &dyn Fn(&'static str, &'static str) -> Option<&'static str>,
) -> Words {
    let codes = paper::WORDS.iter().copied();
    let codes = codes.filter_map(|(code, ..)| Some((code, words(CODES, code)?)));
    let codes: Vec<(&'static str, &'static str)> = codes.collect();
    Words::filled(lang, Box::leak(codes.into_boxed_slice()), &|key| words(FIGURES, key))
}

impl Texts {
    /// The words of figures in the same language.
    pub fn figures(&self) -> &'static Words {
        self.pack.map_or_else(|| Words::of(self.lang), |pack| &pack.figures)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EN, NL, extra};
    use super::*;

    #[test]
    fn figures_are_in_the_language_of_a_file_and_english_where_it_has_no_words() {
        let file = "lang = \"de\"\n[figures]\ndecimal_mark = \",\"\nlate = \"zu sp\u{e4}t\"\n[figures_codes]\ngoodwill = \"Kulanz\"";
        let w = extra::read(file).texts.unwrap().figures();
        assert_eq!((w.lang, w.late, w.on_time), ("de", "zu sp\u{e4}t", EN.figures().on_time));
        assert_eq!(w.percent(Some(97.5)), "97,5 %");
        assert_eq!((paper::word("goodwill", w), paper::word("time", w)), ("Kulanz".into(), "time".into()));
        assert_eq!((NL.figures().late, NL.figures().lang), ("te laat", "nl"));
        assert_eq!(NL.figures().decimal(1.5, 1), "1,5");
    }
}
