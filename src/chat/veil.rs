//! What a group must not read: personal data, and the names by which a customer is known.

use super::card::mask;
use crate::casework::answering::guarded;
use crate::catalogue::Watched;
use crate::domain::judgement::{PersonalData, PersonalDataKind};
use crate::store::{StoreError, Tx, answer};

/// The shortest name that is covered: shorter ones are parts of any word.
const NAME_CHARS_MIN: usize = 3;

/// Covers what must not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Veil {
    /// The forms of the brand's own references.
    forms: Vec<String>,
    /// What the brand allows.
    allow: Vec<String>,
    /// The names of the customer.
    names: Vec<String>,
}

impl Veil {
    /// Covers what a brand holds for personal.
    pub(super) fn of_brand(watched: Option<&Watched>) -> Self {
        let Some(watched) = watched else { return Self::default() };
        Self {
            forms: watched.brand.references.clone(),
            allow: watched.brand.allow.clone(),
            names: Vec::new(),
        }
    }

    /// The same, and the names of an author.
    pub(super) async fn and_author(mut self, tx: &mut Tx, author_id: &str) -> Result<Self, StoreError> {
        let found = answer::contents(tx, &[author_id.to_owned()]).await?;
        let profile: serde_json::Value =
            found.first().and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default();
        for key in ["handle", "name"] {
            let Some(name) = profile[key].as_str() else { continue };
            self.names.push(name.to_owned());
            self.names.extend(name.split([' ', '@']).map(ToOwned::to_owned));
        }
        self.names.retain(|n| n.chars().count() >= NAME_CHARS_MIN);
        self.names.sort_by_key(|n| std::cmp::Reverse(n.len()));
        Ok(self)
    }

    /// A text with all of it covered; the handles in front become one mark.
    pub(super) fn cover(&self, text: &str) -> String {
        let mut spans = guarded(text, &self.forms, &self.allow);
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

/// Where a name stands in a text as a word of its own, whatever its case.
fn places<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    let wanted: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.char_indices().filter_map(move |(start, _)| {
        if is_word(text[..start].chars().next_back()) {
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
        (read == wanted.len() && !is_word(text[end..].chars().next())).then_some((start, end))
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

    proptest! {
        #[test]
        fn no_name_is_left_standing(before in "[ a-zé]{0,12}", after in "[ !?é]{0,6}") {
            let veil = Veil { names: vec!["Zoë".into()], ..Veil::default() };
            let shown = veil.cover(&format!("{before} ZOË{} {after}", '!'));
            prop_assert!(!shown.to_lowercase().contains("zoë"), "{shown}");
        }
    }
}
