//! Scopes: which messages a promise covers, so that nobody can say afterwards that a post did not
//! count. A list left out covers everything; what it lists is covered and nothing else.

use super::judgement::Level;
use super::language::Language;
use super::policy::Channel;
use super::wording::Wording;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The kinds of messages that sources tell.
pub const KINDS: [&str; 5] = ["post", "comment", "review", "message", "mail"];

/// Whether a promise is about what all can read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Both.
    #[default]
    Any,
    /// What all can read.
    Public,
    /// What only the brand can read.
    Private,
}

/// Which messages a promise covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// What is promised to whom, in words for people; published beside the figures. Left empty, the
    /// words are made from the policy.
    pub text: String,
    /// What is covered.
    pub rules: ScopeRules,
}

/// What a scope lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScopeRules {
    /// As written in a table; once read it stands in [`Scope::text`], and this is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Messages that name one of these handles of the brand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub handles: Vec<String>,
    /// Messages of these sources, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Messages of these kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Cases in these languages; too little text to tell is covered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// Cases on these channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// Messages of these levels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
    /// Public or private messages alone.
    #[serde(skip_serializing_if = "is_any")]
    pub visibility: Visibility,
}

impl Visibility {
    /// Whether what began in private, or did not, is meant; of what nobody knows only both is.
    pub fn fits(self, private: Option<bool>) -> bool {
        match self {
            Self::Any => true,
            Self::Public => private == Some(false),
            Self::Private => private == Some(true),
        }
    }
}

pub(super) fn is_any(visibility: &Visibility) -> bool {
    *visibility == Visibility::Any
}

/// What a scope looks at. What is `None` is not known, and is taken as fitting.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The brand's handles that it names, parted by blanks, in small letters.
    pub handles: Option<&'a str>,
    /// Its source.
    pub source: Option<&'a str>,
    /// Its kind.
    pub kind: Option<&'a str>,
    /// The language of its case.
    pub language: Language,
    /// The channel of its case.
    pub channel: Channel,
    /// Its level.
    pub level: Option<Level>,
    /// Whether only the brand can read it.
    pub private: Option<bool>,
}

/// Why a message is not covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCovered {
    /// In words, such as `language 'other' is not among en, nl`.
    pub why: String,
}

impl Scope {
    /// Whether a message is covered, and if not, why.
    pub fn covers(&self, m: &Message<'_>) -> Result<(), NotCovered> {
        let rules = &self.rules;
        let not = |why: String| Err(NotCovered { why });
        if m.language != Language::Unknown
            && !rules.languages.is_empty()
            && !rules.languages.contains(&m.language)
        {
            return not(format!(
                "language '{}' is not among {}",
                m.language.code(),
                languages(&rules.languages)
            ));
        }
        if !rules.channels.is_empty() && !rules.channels.contains(&m.channel) {
            return not(format!("channel '{}' is not among {}", m.channel, channels(&rules.channels)));
        }
        if let Some(level) = m.level.filter(|l| !rules.levels.is_empty() && !rules.levels.contains(l)) {
            return not(format!("level {} is not among {}", level.code(), levels(&rules.levels)));
        }
        let listed = |list: &[String], found: &str| list.iter().any(|one| one == found);
        if let Some(kind) = m.kind.filter(|k| !rules.kinds.is_empty() && !listed(&rules.kinds, k)) {
            return not(format!("kind '{kind}' is not among {}", rules.kinds.join(", ")));
        }
        if let Some(source) = m.source.filter(|s| !rules.sources.is_empty() && !listed(&rules.sources, s)) {
            return not(format!("source '{source}' is not among {}", rules.sources.join(", ")));
        }
        if let Some(named) = m.handles.filter(|_| !rules.handles.is_empty()) {
            let one = |handle: &String| named.split(' ').any(|n| n == handle.to_lowercase());
            if !rules.handles.iter().any(one) {
                return not(format!("it names none of @{}", rules.handles.join(", @")));
            }
        }
        match (rules.visibility, m.private) {
            (Visibility::Public, Some(true)) => not("it is private, and public ones are covered".to_owned()),
            (Visibility::Private, Some(false)) => {
                not("it is public, and private ones are covered".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// What is covered in the words of a language: `public posts on social platforms in nl, en`.
    pub fn in_words_in(&self, more_languages: &[Language], w: &Wording) -> String {
        let rules = &self.rules;
        let visible = w.visibility(rules.visibility).map(ToOwned::to_owned);
        let and = format!(" {} ", w.and);
        let kinds: Vec<String> = rules.kinds.iter().map(|k| w.kind(k)).collect();
        let what = if kinds.is_empty() { w.messages.to_owned() } else { kinds.join(&and) };
        let places: Vec<&str> = rules.channels.iter().map(|c| w.channel(*c)).collect();
        let spoken = if rules.languages.is_empty() { more_languages } else { &rules.languages };
        let told = |is_told: bool, text: String| is_told.then_some(text);
        let parts = [
            visible,
            Some(what),
            told(!rules.levels.is_empty(), format!("{} {}", w.of_level, levels(&rules.levels))),
            told(!rules.handles.is_empty(), format!("{} @{}", w.to_handles, rules.handles.join(", @"))),
            told(!places.is_empty(), places.join(&and)),
            told(!rules.sources.is_empty(), format!("{} {}", w.by_way, rules.sources.join(", "))),
            told(!spoken.is_empty(), format!("{} {}", w.in_language, languages(spoken))),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

fn languages(list: &[Language]) -> String {
    list.iter().map(|l| l.code()).collect::<Vec<_>>().join(", ")
}

fn channels(list: &[Channel]) -> String {
    list.iter().map(|c| c.code()).collect::<Vec<_>>().join(", ")
}

fn levels(list: &[Level]) -> String {
    list.iter().map(|l| l.code()).collect::<Vec<_>>().join(", ")
}

/// Words alone are written as a text, as they always were; rules as a table.
impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.rules == ScopeRules::default() {
            return self.text.serialize(to);
        }
        ScopeRules { text: self.text.clone(), ..self.rules.clone() }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Scope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a table of what is covered")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scope, E> {
                Ok(Scope { text: text.to_owned(), rules: ScopeRules::default() })
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Scope, M::Error> {
                let mut rules = ScopeRules::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Scope { text: std::mem::take(&mut rules.text), rules })
            }
        }
        from.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message<'static> {
        Message {
            handles: Some("acme acme_care"),
            source: Some("toot"),
            kind: Some("post"),
            language: Language::Nl,
            channel: Channel::Social,
            level: Some(Level::P3),
            private: Some(false),
        }
    }

    fn why(rules: ScopeRules, message: &Message<'_>) -> Option<String> {
        Scope { text: String::new(), rules }.covers(message).err().map(|n| n.why)
    }

    #[test]
    fn what_is_left_out_covers_everything() {
        assert_eq!(why(ScopeRules::default(), &message()), None);
    }

    #[test]
    fn each_list_covers_what_it_lists_and_nothing_else() {
        let r = ScopeRules::default;
        let check = |rules: ScopeRules, expected: &str| {
            assert_eq!(why(rules, &message()).unwrap(), expected);
        };
        check(ScopeRules { languages: vec![Language::En], ..r() }, "language 'nl' is not among en");
        check(ScopeRules { channels: vec![Channel::Email], ..r() }, "channel 'social' is not among email");
        check(ScopeRules { levels: vec![Level::P1, Level::P2], ..r() }, "level P3 is not among P1, P2");
        check(ScopeRules { kinds: vec!["review".into()], ..r() }, "kind 'post' is not among review");
        check(ScopeRules { sources: vec!["hook".into()], ..r() }, "source 'toot' is not among hook");
        check(ScopeRules { handles: vec!["Other".into()], ..r() }, "it names none of @Other");
        check(
            ScopeRules { visibility: Visibility::Private, ..r() },
            "it is public, and private ones are covered",
        );
        assert_eq!(why(ScopeRules { handles: vec!["Acme_Care".into()], ..r() }, &message()), None);
        // What is not known fits, and so does too little text.
        let unknown = Message { language: Language::Unknown, kind: None, ..message() };
        let rules = ScopeRules { languages: vec![Language::En], kinds: vec!["mail".into()], ..r() };
        assert_eq!(why(rules, &unknown), None);
    }

    #[test]
    fn a_scope_is_a_text_or_a_table_and_stays_what_it_was() {
        for json in [r#""All of it.""#, r#"{"text":"Some.","kinds":["post"],"visibility":"public"}"#] {
            let scope: Scope = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&scope).unwrap(), json);
        }
        assert!(serde_json::from_str::<Scope>(r#"{"kind":["post"]}"#).is_err());
    }
}
