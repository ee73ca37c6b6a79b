//! What the rules say themselves, in the language of who reads: why something was refused, what is known of an action, why a
//! message is urgent. They say it in English where they stand; [`crate::dutch`] has the Dutch, and a language that came as a
//! file its own, each sentence under its English.

use super::{EN, NL, Texts};
use crate::dutch::{self, Sentence};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Sentences by where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Book {
    /// Casework and the platforms.
    Cases,
    /// What only the console says.
    Console,
    /// Duty and planner.
    Duty,
    /// Forms, each with its field.
    Forms,
    /// What is known of an action.
    Outbox,
    /// Accounts and roles.
    People,
    /// Lines of plans of duty.
    Plans,
    /// Ticket systems.
    Tickets,
    /// What leads write as it stands in settings.
    Written,
}

/// Each with the table of the file that holds it, and its Dutch.
const BOOKS: [(Book, &str, &[Sentence]); 9] = [
    (Book::Cases, "said_of_cases", dutch::CASES),
    (Book::Console, "said_by_the_console", dutch::CONSOLE),
    (Book::Duty, "said_of_duty", dutch::DUTY),
    (Book::Forms, "said_of_forms", dutch::FORMS),
    (Book::Outbox, "said_of_the_outbox", dutch::OUTBOX),
    (Book::People, "said_of_people", dutch::PEOPLE),
    (Book::Plans, "said_of_plans", dutch::PLANS),
    (Book::Tickets, "said_of_tickets", dutch::TICKETS),
    (Book::Written, "said_of_policies", dutch::WRITTEN),
];

/// The table of the file with the reasons of urgency.
const REASONS: &str = "reasons";

/// A key with its English and its Dutch.
type Entry = (&'static str, &'static str, &'static str);

/// The tables of a file for all of it. A sentence is its own key, a reason has its code.
static TABLES: LazyLock<Vec<(&'static str, Vec<Entry>)>> = LazyLock::new(|| {
    let plain = |code: &str| -> &'static str { Box::leak(code.replace('_', " ").into_boxed_str()) };
    let reasons = dutch::REASONS.iter().copied().map(|(code, nl)| (code, plain(code), nl)).collect();
    let mut all = vec![(REASONS, reasons)];
    for (_, table, sentences) in BOOKS {
        let mut seen = HashSet::new();
        let once = sentences.iter().copied().filter(|(en, _)| seen.insert(*en));
        all.push((table, once.map(|(en, nl)| (en, en, nl)).collect()));
    }
    all
});

/// The tables of a file by their names, each with its keys, their English and their Dutch.
pub(super) fn tables() -> impl Iterator<Item = (&'static str, &'static [Entry])> {
    TABLES.iter().map(|(table, entries)| (*table, entries.as_slice()))
}

/// What a file says of it.
#[derive(Debug)]
pub struct Said {
    reasons: Vec<(&'static str, &'static str)>,
    books: Vec<(Book, Vec<Sentence>)>,
    /// Whether any sentence stands in it.
    is_any: bool,
}

impl Said {
    /// By what the file has under a table and a key. A sentence that it leaves out stays English, and in its place: the first
    /// one that fits what was said is the one that counts.
    pub(super) fn of(words: &dyn Fn(&'static str, &'static str) -> Option<&'static str>) -> Self {
        let reasons = dutch::REASONS.iter().copied();
        let reasons = reasons.filter_map(|(code, _)| Some((code, words(REASONS, code)?)));
        let book = |(book, table, sentences): (Book, &'static str, &'static [Sentence])| {
            let own = sentences.iter().copied().map(|(en, _)| (en, words(table, en).unwrap_or(en)));
            (book, own.collect::<Vec<Sentence>>())
        };
        let books: Vec<(Book, Vec<Sentence>)> = BOOKS.into_iter().map(book).collect();
        let is_any = books.iter().flat_map(|(_, own)| own).any(|(en, own)| en != own);
        Self { reasons: reasons.collect(), books, is_any }
    }
}

impl Texts {
    /// The language in which what the rules say stands on pages, for readers aloud: English where this one has nothing of it.
    pub fn told_in(&self) -> &'static str {
        if self.has_sentences() { self.lang } else { EN.lang }
    }

    /// Whether any sentence of the rules is said otherwise than in English.
    pub(super) fn has_sentences(&self) -> bool {
        self.pack.map_or(self.lang == NL.lang, |pack| pack.said.is_any)
    }

    /// The sentences of a book in this language.
    pub(super) fn book(&self, wanted: Book) -> &'static [Sentence] {
        if let Some(pack) = self.pack {
            let found = pack.said.books.iter().find(|(book, _)| *book == wanted);
            return found.map_or(&[][..], |(_, own)| own.as_slice());
        }
        let found = BOOKS.into_iter().find(|(book, ..)| *book == wanted && self.lang == NL.lang);
        found.map_or(&[][..], |(_, _, dutch)| dutch)
    }

    /// A reason of urgency in this language; nothing where its code stands for it.
    pub(super) fn reason(&self, code: &str) -> Option<&'static str> {
        match self.pack {
            Some(pack) => pack.said.reasons.iter().find(|(known, _)| *known == code).map(|(_, own)| *own),
            None if self.lang == NL.lang => dutch::reason(code),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{extra, refused};
    use super::*;

    const GERMAN: &str = r#"lang = "de"
name = "Deutsch"

[reasons]
locked_out = "ausgesperrt"

[said_of_cases]
"it is not yours" = "er gehört dir nicht"
"a case that is {} cannot take '{}'" = "ein Fall im Stand '{}' kann das nicht ('{}')"
"it is not claimed" = "niemand hat ihn {}"
"#;

    #[test]
    fn a_language_of_a_file_says_what_the_rules_say() {
        let read = extra::read(GERMAN);
        let t = read.texts.unwrap();
        assert_eq!(t.name("reason", "locked_out"), "ausgesperrt");
        assert_eq!(t.name("reason", "same_day_deadline"), "same day deadline");
        assert_eq!(refused::told(t, "it is not yours"), "er geh\u{f6}rt dir nicht");
        assert_eq!(
            refused::told(t, "a case that is closed cannot take 'claim'"),
            "ein Fall im Stand 'closed' kann das nicht ('claim')"
        );
        // What is missing or wrong in the file stays English.
        assert_eq!(refused::told(t, "it is not claimed"), "it is not claimed");
        assert_eq!(refused::told(t, "something that nobody listed"), "something that nobody listed");
        let wrong: Vec<&extra::Remark> = read.remarks.iter().filter(|r| !r.missing).collect();
        assert_eq!((wrong.len(), wrong[0].line), (1, 10), "{wrong:?}");
        assert_eq!(wrong[0].wanted, "wanted as often as in English: {}, 0 times");
    }

    #[test]
    fn every_table_is_written_once_and_english_says_nothing_otherwise() {
        for (table, entries) in tables() {
            let mut keys = HashSet::new();
            assert!(entries.iter().all(|(key, ..)| keys.insert(*key)), "{table}");
            assert!(!entries.is_empty(), "{table}");
        }
        assert!(!EN.has_sentences() && NL.has_sentences());
        assert!(EN.book(Book::Cases).is_empty() && NL.book(Book::Cases).len() > 50);
        let nothing = extra::read("lang = \"de\"").texts.unwrap();
        assert!(!nothing.has_sentences());
        assert_eq!([EN.told_in(), NL.told_in(), nothing.told_in()], ["en", "nl", "en"]);
    }
}
