//! The words of the bot, English and Dutch side by side, so that none can be forgotten.
//!
//! A text is a method of [`Lang`] by its name; what stands in it are its parameters, so that the compiler sees to it
//! that both languages have it and that no place is left empty. Codes of the domain are looked up by name
//! (`names`). Nothing of a customer stands here.

mod acts;
mod cards;
mod commands;
mod given;
pub(super) mod names;
pub(super) mod refusals;
mod shift;

use crate::domain::time::Span;

/// A language of the bot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Dutch.
    Nl,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Nl];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
        }
    }

    /// Reads a tag such as `nl` or `nl-BE`; nothing for a language that the bot does not speak.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let first = tag.trim().split(['-', '_']).next().unwrap_or_default().to_lowercase();
        match first.as_str() {
            "en" | "english" | "engels" => Some(Self::En),
            "nl" | "dutch" | "nederlands" => Some(Self::Nl),
            _ => None,
        }
    }

    /// A stretch of time for people.
    pub(super) fn span(self, span: Span) -> String {
        match self {
            Self::En => span.to_string(),
            Self::Nl => span.to_string().replace(" h", " u"),
        }
    }

    /// A day of the week, 0 for Monday, in few letters.
    pub(super) fn weekday(self, day: i8) -> &'static str {
        let days = match self {
            Self::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
            Self::Nl => ["ma", "di", "wo", "do", "vr", "za", "zo"],
        };
        usize::try_from(day).ok().and_then(|at| days.get(at).copied()).unwrap_or_default()
    }
}

/// Words as methods of [`Lang`], each with both languages.
macro_rules! texts {
    ($($key:ident $(($($arg:ident),+))?: $en:literal, $nl:literal;)*) => {
        impl $crate::chat::texts::Lang {
            $($crate::chat::texts::texts!(@one $key ($($($arg),+)?) $en, $nl);)*
        }

        /// All texts of this file: name, English, Dutch.
        #[cfg(test)]
        pub(super) const TEXTS: &[(&str, &str, &str)] = &[$((stringify!($key), $en, $nl)),*];
    };
    (@one $key:ident () $en:literal, $nl:literal) => {
        pub(in crate::chat) const fn $key(self) -> &'static str {
            match self {
                Self::En => $en,
                Self::Nl => $nl,
            }
        }
    };
    (@one $key:ident ($($arg:ident),+) $en:literal, $nl:literal) => {
        pub(in crate::chat) fn $key(self, $($arg: impl std::fmt::Display),+) -> String {
            match self {
                Self::En => format!($en),
                Self::Nl => format!($nl),
            }
        }
    };
}
use texts;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What is written alike in both languages.
    const ALIKE: &[&str] =
        &["time_state", "open_button", "min_15", "min_30", "incident_link", "incident_more", "protocol_told"];

    fn all() -> Vec<(&'static str, &'static str, &'static str)> {
        [cards::TEXTS, commands::TEXTS, acts::TEXTS, shift::TEXTS, given::TEXTS].concat()
    }

    fn places(text: &str) -> BTreeSet<String> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
    }

    #[test]
    fn both_languages_name_the_same_things_and_none_is_empty() {
        let mut seen = BTreeSet::new();
        for (key, en, nl) in all() {
            assert!(seen.insert(key), "{key} stands here twice");
            assert!(!en.trim().is_empty() && !nl.trim().is_empty(), "{key}");
            assert_eq!(places(en), places(nl), "{key}");
            assert_eq!(en.ends_with('.'), nl.ends_with('.'), "{key}: both are sentences, or neither is");
        }
    }

    /// Words that no Dutch sentence holds.
    const ENGLISH: &str = include_str!("texts/english.txt");

    /// The English words in a text, commands and names of settings aside.
    pub(in crate::chat) fn english(text: &str) -> Vec<String> {
        let plain =
            |word: &&str| !word.starts_with('/') && !word.contains(['_', '{']) && !word.contains("://");
        text.split_whitespace()
            .filter(plain)
            .flat_map(|word| word.split(|c: char| !c.is_alphabetic() && c != '_'))
            .map(str::to_lowercase)
            .filter(|word| word == "reason" || ENGLISH.lines().any(|english| english == word))
            .collect()
    }

    #[test]
    fn nothing_is_left_in_english_by_mistake() {
        for (key, en, nl) in all() {
            assert!(en != nl || ALIKE.contains(&key), "{key} is English in Dutch: {nl}");
            assert_eq!(english(nl), [""; 0], "{key}: {nl}");
        }
        for (group, code, nl) in names::DUTCH {
            assert_eq!(english(nl), [""; 0], "{group} {code}: {nl}");
        }
        for (code, nl) in crate::dutch::REASONS {
            assert_eq!(english(nl), [""; 0], "reason {code} {nl}");
        }
        for (en, nl) in [crate::dutch::CASES, crate::dutch::DUTY, crate::dutch::OUTBOX].concat() {
            assert!(en != nl && places(en).len() == places(nl).len(), "{en}");
            assert_eq!(english(nl), [""; 0], "{nl}");
        }
    }

    #[test]
    fn languages_are_read_by_tag_and_by_name() {
        for (text, wanted) in [
            ("nl", Some(Lang::Nl)),
            ("nl-BE", Some(Lang::Nl)),
            ("en_GB", Some(Lang::En)),
            ("Nederlands", Some(Lang::Nl)),
            ("de", None),
            ("", None),
        ] {
            assert_eq!(Lang::from_tag(text), wanted, "{text}");
        }
        for lang in Lang::ALL {
            assert_eq!(Lang::from_tag(lang.tag()), Some(lang));
        }
        assert_eq!(Lang::Nl.span(Span::minutes(190)), "3 u 10");
        assert_eq!((Lang::Nl.weekday(0), Lang::En.weekday(6), Lang::En.weekday(7)), ("ma", "Sun", ""));
    }
}
