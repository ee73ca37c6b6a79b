//! What a group must not read: personal data, and the names by which a customer is known.

use super::card::mask;
use crate::casework::answering::guarded;
use crate::catalogue::Watched;
use crate::domain::customer::Customer;
use crate::domain::judgement::{PersonalData, PersonalDataKind};
use crate::store::{StoreError, Tx, about, answer};

/// The shortest part within a name that is covered: shorter ones, such as `de`, stand in any sentence.
const PART_CHARS_MIN: usize = 3;
/// The shortest first or last part of a name, and part of one in a script without spaces, that is covered.
const NAME_CHARS_MIN: usize = 2;

/// Whether a character is of a script that puts no spaces between words, or fastens other words to names: Thai and its
/// neighbours, Han, kana, Hangul.
const fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{0e00}'..='\u{0eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1100}'..='\u{11ff}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7ff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ffdc}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// The parts of a name by which somebody is called.
fn parts(name: &str) -> Vec<&str> {
    let all: Vec<&str> =
        name.split([' ', '\u{3000}', '·', '・', '@']).filter(|part| !part.is_empty()).collect();
    let last = all.len().saturating_sub(1);
    let covers = |(at, part): &(usize, &str)| {
        let outer = *at == 0 || *at == last || part.chars().any(is_unspaced);
        part.chars().count() >= if outer { NAME_CHARS_MIN } else { PART_CHARS_MIN }
    };
    all.into_iter().enumerate().filter(covers).map(|(_, part)| part).collect()
}

/// Covers what must not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Veil {
    /// The forms of the brand's own references.
    forms: Vec<String>,
    /// What the brand allows.
    allow: Vec<String>,
    /// The names of who wrote and of the customer.
    names: Vec<String>,
    /// The customer, where that is somebody else than who wrote.
    customer: Option<Customer>,
}

impl Veil {
    /// Covers what a brand holds for personal.
    pub(super) fn of_brand(watched: Option<&Watched>) -> Self {
        let Some(watched) = watched else { return Self::default() };
        Self {
            forms: watched.brand.references.clone(),
            allow: watched.brand.allow.clone(),
            ..Self::default()
        }
    }

    /// A name, whole at any length, and its parts where they are no part of any sentence.
    fn add(&mut self, name: &str) {
        self.names.push(name.trim().to_owned());
        self.names.extend(parts(name).into_iter().map(ToOwned::to_owned));
        self.names.retain(|n| n.chars().any(char::is_alphanumeric));
        self.names.sort_by_key(|n| std::cmp::Reverse(n.len()));
    }

    /// The same, and the names of an author.
    pub(super) async fn and_author(mut self, tx: &mut Tx, author_id: &str) -> Result<Self, StoreError> {
        let found = answer::contents(tx, &[author_id.to_owned()]).await?;
        let profile: serde_json::Value =
            found.first().and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default();
        for key in ["handle", "name"] {
            let Some(name) = profile[key].as_str() else { continue };
            self.add(name);
        }
        Ok(self)
    }

    /// The same, and what tells who the customer of a case is, where that is somebody else than who wrote.
    pub(super) async fn and_customer(
        mut self,
        tx: &mut Tx,
        (brand_id, case_id): (&str, &str),
    ) -> Result<Self, StoreError> {
        self.customer = about::words(tx, brand_id, case_id).await?;
        if let Some(name) = self.customer.as_ref().map(|c| c.name.clone()) {
            self.add(&name);
        }
        Ok(self)
    }

    /// A text with all of it covered; the handles in front become one mark.
    pub(super) fn cover(&self, text: &str) -> String {
        let mut spans = guarded(text, &self.forms, &self.allow);
        spans.extend(self.customer.iter().flat_map(|c| c.found_in(text, "")));
        for name in &self.names {
            let found = places(text, name);
            spans.extend(found.map(|(start, end)| PersonalData {
                kind: PersonalDataKind::Reference,
                start,
                end,
            }));
        }
        // A name within a longer one is covered with it.
        let all: Vec<(usize, usize)> = spans.iter().map(|s| (s.start, s.end)).collect();
        let within = |s: &PersonalData, o: &(usize, usize)| o.0 <= s.start && s.end <= o.1;
        spans.retain(|s| !all.iter().any(|o| within(s, o) && (o.1 - o.0) > (s.end - s.start)));
        // A text that cannot be covered is not shown.
        let masked = mask(text, &spans).unwrap_or_default();
        let mut rest = masked.as_str();
        let mut handles = 0;
        while rest.starts_with('@') {
            handles += 1;
            rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
        }
        if handles == 0 { masked } else { format!("@… {rest}") }
    }
}

/// Where a name stands in a text as a word of its own, whatever its case; in scripts without spaces, wherever it stands.
fn places<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    let wanted: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c));
    let (joins_before, joins_after) =
        (name.chars().next().is_some_and(is_unspaced), name.chars().next_back().is_some_and(is_unspaced));
    text.char_indices().filter_map(move |(start, _)| {
        if !joins_before && is_word(text[..start].chars().next_back()) {
            return None;
        }
        let mut read = 0;
        let mut end = start;
        for c in text[start..].chars() {
            if read == wanted.len() {
                break;
            }
            for lower in c.to_lowercase() {
                if wanted.get(read) != Some(&lower) {
                    return None;
                }
                read += 1;
            }
            end += c.len_utf8();
        }
        let ends = joins_after || !is_word(text[end..].chars().next());
        (read == wanted.len() && ends).then_some((start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_group_sees_neither_handles_nor_data_nor_names() {
        let text = "@mia@toot.example @acme call 0612345678\nor mail help@acme.example ^Jan";
        let veil = Veil { allow: vec!["help@acme.example".to_owned()], ..Veil::default() };
        assert_eq!(veil.cover(text), "@… call •••\nor mail help@acme.example ^Jan");
        assert_eq!(veil.cover("Hello"), "Hello");
        let veil = Veil { names: vec!["Mia Janssen".into(), "Mia".into()], ..Veil::default() };
        assert_eq!(veil.cover("Dear mia janssen, MIA! Miami is warm"), "Dear •••, •••! Miami is warm");
    }

    #[test]
    fn who_the_customer_is_is_covered_beside_who_wrote() {
        let father = Customer { name: "Bo Li".into(), number: "KL-4711 9".into(), ..Customer::default() };
        let mut veil = Veil { names: vec!["Mia".into()], customer: Some(father), ..Veil::default() };
        veil.add("Bo Li");
        assert_eq!(veil.cover("Mia, Bo has kl 4711-9"), "•••, ••• has •••");
    }

    #[test]
    fn short_names_and_names_without_spaces_are_covered() {
        assert_eq!(parts("Bo de Li"), ["Bo", "Li"]);
        assert_eq!(parts("@mia@toot.example"), ["mia", "toot.example"]);
        let veil = Veil { names: vec!["Bo".into(), "山田".into(), "Jan".into()], ..Veil::default() };
        assert_eq!(veil.cover("Hi Bo, a bottle"), "Hi •••, a bottle");
        assert_eq!(veil.cover("はい山田さん、Janさん"), "はい•••さん、•••さん");
        let veil = Veil { names: vec!["哈哈".into()], ..Veil::default() };
        assert!(!veil.cover("哈哈哈").contains('哈'));
    }

    proptest! {
        #[test]
        fn no_name_is_left_standing(before in "[ a-zé]{0,12}", after in "[ !?é]{0,6}") {
            let veil = Veil { names: vec!["Zoë".into()], ..Veil::default() };
            let shown = veil.cover(&format!("{before} ZOË{} {after}", '!'));
            prop_assert!(!shown.to_lowercase().contains("zoë"), "{shown}");
        }
    }
}
