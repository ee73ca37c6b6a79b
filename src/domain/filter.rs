//! What somebody wants to see of the inbox, as it stands in an address that can be shared: fields with values, in one
//! order, so that the same wish always has the same address. What is strange is left out, never an error.

use super::case::CaseState;
use super::correction::level_from_code;
use super::ids::IncidentId;
use super::judgement::Intent;
use super::label::Label;
use super::language::Language;
use std::collections::BTreeMap;

/// Most values of one field.
const VALUES_MAX: usize = 20;
/// Longest words to search by, in characters.
pub const WORDS_MAX: usize = 200;

/// A field by which cases are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Words that the messages of a case hold.
    Text,
    /// The brand by name.
    Brand,
    /// The platform.
    Channel,
    /// The language.
    Language,
    /// The level.
    Level,
    /// The intent.
    Intent,
    /// The sector by name.
    Sector,
    /// The state; those of ended cases show ended cases.
    State,
    /// Who has it: a login, `me` or `nobody`.
    Owner,
    /// A label of its author.
    Label,
    /// The incident that it is part of, by id.
    Incident,
}

impl Key {
    /// All of them, in the order of addresses and chips.
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::Brand,
        Self::Channel,
        Self::Language,
        Self::Level,
        Self::Intent,
        Self::Sector,
        Self::State,
        Self::Owner,
        Self::Label,
        Self::Incident,
    ];

    /// The word in addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Brand => "brand",
            Self::Channel => "channel",
            Self::Language => "language",
            Self::Level => "level",
            Self::Intent => "intent",
            Self::Sector => "sector",
            Self::State => "state",
            Self::Owner => "owner",
            Self::Label => "label",
            Self::Incident => "incident",
        }
    }

    /// Reads the word of [`Key::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }

    /// Whether it may have several values, of which one must fit.
    pub const fn takes_many(self) -> bool {
        matches!(self, Self::Channel | Self::Language | Self::Level | Self::Intent | Self::State)
    }

    /// A value as it is kept, if it can be one.
    fn read(self, value: &str) -> Option<String> {
        let value = value.trim();
        let short = |most: usize| !value.is_empty() && value.chars().count() <= most && !value.contains('\0');
        let fits = match self {
            Self::Text => {
                return Some(value.chars().take(WORDS_MAX).collect()).filter(|v: &String| !v.is_empty());
            }
            Self::Brand | Self::Sector => short(100),
            Self::Channel => {
                short(40) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
            }
            Self::Language => Language::from_code(value).is_some(),
            Self::Level => level_from_code(value).is_some(),
            Self::Intent => Intent::from_code(value).is_some(),
            Self::State => CaseState::from_code(value).is_some(),
            Self::Owner => short(60),
            Self::Label => Label::from_code(value).is_some(),
            Self::Incident => IncidentId::parse(value).is_ok(),
        };
        fits.then(|| value.to_owned())
    }
}

/// Fields with their values; empty shows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(BTreeMap<Key, Vec<String>>);

impl Filter {
    /// Reads it from the pairs of an address. A field that takes one value keeps the last.
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut found = Self::default();
        for (name, value) in pairs {
            let Some(key) = Key::from_code(name) else { continue };
            if key.takes_many() {
                for one in value.split(',') {
                    found.add(key, one);
                }
            } else if let Some(value) = key.read(value) {
                found.0.insert(key, vec![value]);
            }
        }
        found
    }

    fn add(&mut self, key: Key, value: &str) {
        let Some(value) = key.read(value) else { return };
        let values = self.0.entry(key).or_default();
        if !values.contains(&value) && values.len() < VALUES_MAX {
            values.push(value);
            values.sort_unstable();
        }
    }

    /// The pairs of its address, one for each value.
    pub fn pairs(&self) -> impl Iterator<Item = (Key, &str)> {
        self.0.iter().flat_map(|(key, values)| values.iter().map(|v| (*key, v.as_str())))
    }

    /// The same without one value.
    pub fn without(&self, key: Key, value: &str) -> Self {
        let mut rest = self.clone();
        if let Some(values) = rest.0.get_mut(&key) {
            values.retain(|v| v != value);
        }
        rest.0.retain(|_, values| !values.is_empty());
        rest
    }

    /// The values of a field.
    pub fn all(&self, key: Key) -> &[String] {
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The value of a field that takes one.
    pub fn one(&self, key: Key) -> Option<&str> {
        self.all(key).first().map(String::as_str)
    }

    /// Whether a field has a value.
    pub fn has(&self, key: Key, value: &str) -> bool {
        self.all(key).iter().any(|v| v == value)
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it asks for nothing but a brand, which the lanes know by themselves.
    pub fn is_plain(&self) -> bool {
        self.0.keys().all(|k| *k == Key::Brand)
    }

    /// Whether it asks for cases that have ended.
    pub fn asks_for_ended(&self) -> bool {
        self.all(Key::State).iter().filter_map(|s| CaseState::from_code(s)).any(|s| !s.is_open())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_strange_is_left_out_and_what_is_there_has_one_order() {
        let pairs = [
            ("state", "new"),
            ("level", "P2,P1,P9"),
            ("level", "P1"),
            ("lane", "all"),
            ("channel", "mastodon"),
            ("channel", "<b>"),
            ("owner", " jan "),
            ("text", "  lost parcel "),
            ("incident", "inc_1"),
            ("sector", ""),
        ];
        let found = Filter::read(pairs);
        let shown: Vec<_> = found.pairs().map(|(k, v)| (k.code(), v)).collect();
        assert_eq!(
            shown,
            [
                ("text", "lost parcel"),
                ("channel", "mastodon"),
                ("level", "P1"),
                ("level", "P2"),
                ("state", "new"),
                ("owner", "jan")
            ]
        );
        assert!(!found.is_plain() && !found.asks_for_ended());
        let rest = found.without(Key::Level, "P1").without(Key::State, "new");
        assert_eq!(rest.all(Key::Level), ["P2"]);
        assert_eq!(rest.all(Key::State), [""; 0]);
        assert!(Filter::read([("brand", "Acme")]).is_plain());
        assert!(Filter::read([("state", "resolved")]).asks_for_ended());
    }

    proptest! {
        #[test]
        fn an_address_reads_back_as_what_it_was_made_of(pairs in proptest::collection::vec(("[a-z]{0,9}|text|level|state|language|owner|brand", "\\PC{0,12}|P[0-6]|nl|new|closed"), 0..12)) {
            let found = Filter::read(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
            let again = Filter::read(found.pairs().map(|(k, v)| (k.code(), v)));
            prop_assert_eq!(&found, &again);
            for (key, value) in found.pairs() {
                prop_assert!(!found.without(key, value).has(key, value));
            }
        }
    }
}
