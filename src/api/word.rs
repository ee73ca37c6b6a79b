//! Words and instants as they are read and written: each list of words is the domain's own.

use crate::domain::collecting::Scope as Collected;
use crate::domain::ending::{BackDoor, Difference, Solved};
use crate::domain::incident::Purpose;
use crate::domain::judgement::{Intent, Level};
use crate::domain::label::Label;
use crate::domain::language::Language;
use crate::domain::protocol::ProtocolKind;
use crate::domain::template::TemplateKind;
use crate::domain::time::Timestamp;
use crate::sources::reply::Measure;
use crate::store::lanes::Lane;
use crate::store::outbox::Decision;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

macro_rules! word {
    ($(#[$doc:meta])* $name:ident($inner:ty), $all:expr, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $inner);

        impl $name {
            fn all() -> Vec<(&'static str, $inner)> {
                $all
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = String::deserialize(from)?;
                let all = Self::all();
                let found = all.iter().find(|(code, _)| *code == word);
                found.map(|(_, value)| Self(*value)).ok_or_else(|| {
                    let allowed: Vec<&str> = all.iter().map(|(code, _)| *code).collect();
                    let word: String = word.chars().take(40).collect();
                    D::Error::custom(format!("'{word}'; allowed are {}", allowed.join(", ")))
                })
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let codes: Vec<&str> = Self::all().into_iter().map(|(code, _)| code).collect();
                json_schema!({ "type": "string", "enum": codes, "description": $what })
            }
        }
    };
}

word!(
    /// A lane of the inbox.
    LaneWord(Lane),
    Lane::ALL.map(|l| (l.code(), l)).to_vec(),
    "A lane of the inbox, as the console has them."
);
word!(
    /// What is done with many cases.
    BatchWord(crate::domain::batch::Kind),
    crate::domain::batch::Kind::ALL.map(|k| (k.code(), k)).to_vec(),
    "What is done with many cases at once."
);
word!(
    /// How urgent.
    LevelWord(Level),
    Level::ALL.map(|l| (l.code(), l)).to_vec(),
    "How urgent: P1 is the most urgent."
);
word!(
    /// What the author wants.
    IntentWord(Intent),
    Intent::ALL.map(|i| (i.code(), i)).to_vec(),
    "What the author wants."
);
word!(
    /// A language.
    LanguageWord(Language),
    Language::TEN.into_iter().chain([Language::Other, Language::Unknown]).map(|l| (l.code(), l)).collect(),
    "A language that triage knows."
);
word!(
    /// Who solved it.
    SolvedWord(Solved),
    Solved::ALL.iter().map(|s| (s.code(), *s)).collect(),
    "Who solved a case, and whether the front office's record knows of it."
);
word!(
    /// Why the customer came here.
    BackDoorWord(BackDoor),
    BackDoor::ALL.iter().map(|s| (s.code(), *s)).collect(),
    "Why the customer came to webcare rather than to the front office."
);
word!(
    /// Why webcare could.
    DifferenceWord(Difference),
    Difference::ALL.iter().map(|s| (s.code(), *s)).collect(),
    "Why webcare could what the front office could not."
);
word!(
    /// A measure of moderation.
    MeasureWord(Measure),
    Measure::ALL.map(|m| (m.code(), m)).to_vec(),
    "A measure against a post or its author, where the platform has it."
);
word!(
    /// A word about an action.
    DecisionWord(Decision),
    vec![("done", Decision::Done), ("again", Decision::Again), ("cancel", Decision::Cancel)],
    "What a person says of an action: it stands there, it goes again, it is left."
);

word!(
    /// A protocol.
    ProtocolWord(ProtocolKind),
    ProtocolKind::ALL.map(|k| (k.code(), k)).to_vec(),
    "Which protocol."
);
word!(
    /// A label on an author.
    LabelWord(Label),
    Label::ALL.map(|l| (l.code(), l)).to_vec(),
    "What is said of an author."
);
word!(
    /// What is collected.
    ScopeWord(Collected),
    Collected::ALL.map(|s| (s.code(), s)).to_vec(),
    "The thread of a case, or its author."
);
word!(
    /// What words for many are for.
    PurposeWord(Purpose),
    Purpose::ALL.map(|p| (p.code(), p)).to_vec(),
    "What words for many are for: an answer while it lasts, or that it is solved."
);
word!(
    /// One of the ten languages.
    TenWord(Language),
    Language::TEN.map(|l| (l.code(), l)).to_vec(),
    "A language in which words for many are written."
);
word!(
    /// What a text of a brand is for.
    TextKindWord(TemplateKind),
    TemplateKind::ALL.map(|k| (k.code(), k)).to_vec(),
    "What a text of a brand is for."
);

/// An instant: RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At(pub Timestamp);

/// An instant of the database.
pub const fn at(millis: i64) -> At {
    At(Timestamp(millis))
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0.rfc3339())
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let read: Result<jiff::Timestamp, _> = text.parse();
        read.map(|t| Self(Timestamp(t.as_millisecond())))
            .map_err(|_| D::Error::custom("no instant; wanted is RFC 3339 such as 2026-11-24T09:30:00Z"))
    }
}

impl JsonSchema for At {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "An instant: RFC 3339, in UTC where we write it.",
        })
    }
}
