//! What triage says about one post for one brand: language, intent, urgency, and why.
//!
//! A judgement is a value. It is stored with the version of the rules that made it and never
//! recomputed in place; a correction by a person stands beside it.

use super::language::Language;
use super::protocol::ProtocolKind;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// How urgent a post is by its text: P1 a person may come to harm, P5 nothing to do but thank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Somebody may come to harm, fraud is happening, or a concrete legal step was taken.
    P1,
    /// Down for many, or for one with a deadline today or tomorrow morning.
    P2,
    /// A complaint without a deadline today.
    P3,
    /// A question or request without time pressure.
    P4,
    /// Thanks, praise, chatter, another sense of the word, spam.
    P5,
}

impl Level {
    /// All levels, most urgent first.
    pub const ALL: [Self; 5] = [Self::P1, Self::P2, Self::P3, Self::P4, Self::P5];

    /// `P1` … `P5`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
            Self::P5 => "P5",
        }
    }

    /// 1 … 5, the number kept in the database.
    pub const fn number(self) -> i64 {
        self as i64 + 1
    }

    /// The level for a stored number; anything out of range counts as P5.
    pub const fn from_number(n: i64) -> Self {
        match n {
            1 => Self::P1,
            2 => Self::P2,
            3 => Self::P3,
            4 => Self::P4,
            _ => Self::P5,
        }
    }

    /// The lowest and highest urgency that this level has before context: P1 80–100 … P5 0–19.
    pub const fn band(self) -> (u8, u8) {
        match self {
            Self::P1 => (80, 100),
            Self::P2 => (60, 79),
            Self::P3 => (40, 59),
            Self::P4 => (20, 39),
            Self::P5 => (0, 19),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What the author wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Wants to know something.
    Question,
    /// Wants something done.
    Request,
    /// Says that something went wrong.
    Complaint,
    /// Says that a service is down.
    Outage,
    /// Says that they are leaving.
    Churn,
    /// Danger, or a legal matter.
    SafetyLegal,
    /// Praise said to the brand.
    Compliment,
    /// Praise said to others.
    Praise,
    /// The word means something else, or nothing is asked of the brand.
    Irrelevant,
    /// Advertising, fraud, noise.
    Spam,
}

impl Intent {
    /// All intents, in the order of the design.
    pub const ALL: [Self; 10] = [
        Self::Question,
        Self::Request,
        Self::Complaint,
        Self::Outage,
        Self::Churn,
        Self::SafetyLegal,
        Self::Compliment,
        Self::Praise,
        Self::Irrelevant,
        Self::Spam,
    ];

    /// `question`, …, the code kept in the database and printed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Request => "request",
            Self::Complaint => "complaint",
            Self::Outage => "outage",
            Self::Churn => "churn",
            Self::SafetyLegal => "safety_legal",
            Self::Compliment => "compliment",
            Self::Praise => "praise",
            Self::Irrelevant => "irrelevant",
            Self::Spam => "spam",
        }
    }

    /// Reads the code that [`Intent::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.code() == code)
    }
}

/// One reason of a judgement, with what it added to the urgency (or took from it).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The name of the reason, such as `danger` or `same_day_deadline`; never words of the post.
    pub what: Cow<'static, str>,
    /// Points of urgency, may be negative.
    pub weight: i32,
    /// Where the first words that caused it stand in the text, if words caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
}

impl Reason {
    /// A reason that no words of the post caused.
    pub const fn named(what: &'static str, weight: i32) -> Self {
        Self { what: Cow::Borrowed(what), weight, at: None }
    }
}

/// A stretch of a text: byte offsets, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What a text feels like, by its words alone; never a measure of urgency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sentiment {
    /// Angry, sad, afraid, disappointed.
    Negative,
    /// Neither.
    #[default]
    Neutral,
    /// Glad, grateful, amused.
    Positive,
}

impl Sentiment {
    /// All three, as the head scores them.
    pub const ALL: [Self; 3] = [Self::Negative, Self::Neutral, Self::Positive];

    /// `negative`, `neutral` or `positive`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }
}

/// A kind of personal data found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalDataKind {
    /// A telephone number.
    Phone,
    /// A mail address.
    Email,
    /// A bank account number with right check digits.
    Iban,
    /// A payment card number that passes Luhn.
    Card,
    /// A Dutch citizen service number that passes the eleven test.
    Bsn,
    /// A booking reference, order or customer number.
    Reference,
    /// A postal address.
    Address,
    /// A date of birth.
    BirthDate,
    /// The name of somebody else than who is answered.
    Name,
}

impl PersonalDataKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Phone,
        Self::Email,
        Self::Iban,
        Self::Card,
        Self::Bsn,
        Self::Reference,
        Self::Address,
        Self::BirthDate,
        Self::Name,
    ];

    /// The code in answers and rows.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Iban => "iban",
            Self::Card => "card",
            Self::Bsn => "bsn",
            Self::Reference => "reference",
            Self::Address => "address",
            Self::BirthDate => "birth_date",
            Self::Name => "name",
        }
    }

    /// How sure a find of this kind is, 0–1: check digits and fixed shapes are surer than hints.
    pub const fn certainty(self) -> f32 {
        match self {
            Self::Iban | Self::Email => 0.99,
            Self::Card | Self::Bsn => 0.95,
            Self::Phone | Self::BirthDate => 0.9,
            Self::Reference | Self::Address | Self::Name => 0.8,
        }
    }
}

/// Where personal data stands in the text: byte offsets, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalData {
    /// What it is.
    pub kind: PersonalDataKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What triage says about one post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The language of the text.
    pub language: Language,
    /// How sure of the language, 0–1.
    pub language_confidence: f32,
    /// The second language of a post that mixes two.
    #[serde(default)]
    pub second_language: Option<Language>,
    /// What the text feels like.
    #[serde(default)]
    pub sentiment: Sentiment,
    /// How likely the level is P1 or P2, 0–1, calibrated on posts of situations not learned from.
    #[serde(default)]
    pub urgent_probability: f32,
    /// What the author wants.
    pub intent: Intent,
    /// 0–100; within the level's band unless context moved it.
    pub urgency: u8,
    /// By the text alone.
    pub level: Level,
    /// Whether the brand should answer this one.
    pub needs_answer: bool,
    /// Whether solving it needs a private channel.
    pub needs_private: bool,
    /// Personal data in the text.
    pub personal_data: Vec<PersonalData>,
    /// Why, weightiest first.
    pub reasons: Vec<Reason>,
    /// The protocols that the words propose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<ProtocolKind>,
}

impl Default for Judgement {
    /// What is said of a post of which nothing is known.
    fn default() -> Self {
        Self {
            language: Language::Unknown,
            language_confidence: 0.0,
            second_language: None,
            sentiment: Sentiment::Neutral,
            urgent_probability: 0.0,
            intent: Intent::Irrelevant,
            urgency: 0,
            level: Level::P5,
            needs_answer: true,
            needs_private: false,
            personal_data: Vec::new(),
            reasons: Vec::new(),
            protocols: Vec::new(),
        }
    }
}

impl Judgement {
    /// The words of the text that caused a reason, where it names any.
    pub fn words_of<'a>(reason: &Reason, text: &'a str) -> Option<&'a str> {
        reason.at.and_then(|place| text.get(place.start..place.end))
    }

    /// The level by the name of its reasons, for a card: at most `n` names, weightiest first.
    pub fn reason_names(&self, n: usize) -> Vec<&str> {
        self.reasons.iter().take(n).map(|r| r.what.as_ref()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_personal_data_is_stored_under_its_code() {
        for kind in PersonalDataKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
    }

    #[test]
    fn bands_cover_the_scale_without_gaps() {
        let mut next = 100i32;
        for level in Level::ALL {
            let (low, high) = level.band();
            assert_eq!(i32::from(high), next);
            next = i32::from(low) - 1;
            assert_eq!(Level::from_number(level.number()), level);
        }
        assert_eq!(next, -1);
    }

    #[test]
    fn intents_read_back() {
        for intent in Intent::ALL {
            assert_eq!(Intent::from_code(intent.code()), Some(intent));
        }
    }
}
