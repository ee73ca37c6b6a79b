//! What the rules say, in Dutch: why something was refused.
//!
//! A rule says why in English where it stands. Its sentence stands here once with its Dutch, for the console and for the
//! bot. Pure.

mod cases;
mod console;
mod duty;
mod outbox;
mod people;
mod plans;
mod reasons;
mod tickets;
mod written;

pub use cases::CASES;
pub use console::CONSOLE;
pub use duty::DUTY;
pub use outbox::OUTBOX;
pub use people::{FORMS, PEOPLE};
pub use plans::PLANS;
pub use reasons::{REASONS, reason};
pub use tickets::TICKETS;
pub use written::WRITTEN;

use crate::domain::text::open_parts;

/// English as a rule says it, `{}` for what varies, and Dutch.
pub type Sentence = (&'static str, &'static str);

/// A sentence of a rule in Dutch; the first table that lists it holds. What varies may be a sentence of the rules itself, or
/// a code of which `named` knows the Dutch; anything else stays as it is. Nothing where no table lists it.
pub fn said(tables: &[&[Sentence]], english: &str, named: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut all = tables.iter().flat_map(|table| table.iter());
    let (parts, dutch) = all.find_map(|(en, nl)| Some((open_parts(en, english)?, *nl)))?;
    let mut parts = parts.into_iter();
    let mut pieces = dutch.split("{}");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let part = parts.next().unwrap_or_default();
        let whole = tables.iter().flat_map(|table| table.iter()).any(|(en, _)| *en == part);
        let dutch = if whole { said(tables, part, named) } else { named(part) };
        out.push_str(&dutch.unwrap_or_else(|| part.to_owned()));
        out.push_str(piece);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_dutch_where_it_is_known() {
        let table: &[Sentence] = &[("it is {}: {}", "het is {}: {}"), ("wait", "wacht")];
        let named = |code: &str| (code == "new").then(|| "nieuw".to_owned());
        assert_eq!(said(&[table], "it is new: wait", &named).as_deref(), Some("het is nieuw: wacht"));
        assert_eq!(said(&[table], "it is x: y", &named).as_deref(), Some("het is x: y"));
        assert_eq!(said(&[table], "nothing of this", &named), None);
    }

    #[test]
    fn every_sentence_is_listed_once_in_its_table_and_has_as_many_places_in_both_languages() {
        for table in [CASES, CONSOLE, DUTY, OUTBOX, PEOPLE, FORMS, PLANS, TICKETS, WRITTEN] {
            for (at, (en, nl)) in table.iter().enumerate() {
                assert_eq!(en.matches("{}").count(), nl.matches("{}").count(), "{en}");
                assert!(table[..at].iter().all(|(other, _)| other != en), "twice: {en}");
                let filled = en.replace("{}", "7");
                let before = table[..at].iter().find(|(other, _)| open_parts(other, &filled).is_some());
                assert!(before.is_none(), "{en} is taken for {before:?}");
            }
        }
    }
}
