//! The ten languages in which a promise is kept, and the folding of platforms' tags into them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A language as triage, cases and reports know it (KLM's ten, another one, or too little text).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// French.
    Fr,
    /// Dutch.
    Nl,
    /// German.
    De,
    /// Italian.
    It,
    /// Japanese.
    Ja,
    /// Norwegian, Bokmål and Nynorsk.
    No,
    /// Portuguese, European and Brazilian.
    Pt,
    /// Russian.
    Ru,
    /// Spanish.
    Es,
    /// Another language than the ten.
    Other,
    /// Too little text to tell.
    #[default]
    Unknown,
}

impl Language {
    /// The ten, in the order in which they are listed.
    pub const TEN: [Self; 10] =
        [Self::En, Self::Fr, Self::Nl, Self::De, Self::It, Self::Ja, Self::No, Self::Pt, Self::Ru, Self::Es];

    /// The code kept in the database and printed: `en`, …, `other`, `unknown`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::Nl => "nl",
            Self::De => "de",
            Self::It => "it",
            Self::Ja => "ja",
            Self::No => "no",
            Self::Pt => "pt",
            Self::Ru => "ru",
            Self::Es => "es",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the code that [`Language::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        let all = Self::TEN.into_iter().chain([Self::Other, Self::Unknown]);
        all.into_iter().find(|l| l.code() == code)
    }

    /// The tag by which a page names the language of a text, of our code for it; none where we do not know which it is.
    pub fn tag_of(code: &str) -> Option<&'static str> {
        Self::from_code(code).filter(|l| !matches!(l, Self::Other | Self::Unknown)).map(Self::code)
    }

    /// Folds a BCP 47 tag of a platform: `nb`, `nn-NO` and `no` are Norwegian, `pt-BR` Portuguese.
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        match primary.as_str() {
            "" | "und" | "mul" | "zxx" => Self::Unknown,
            "nb" | "nn" | "no" => Self::No,
            other => Self::from_code(other).unwrap_or(Self::Other),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_fold_into_the_ten() {
        assert_eq!(Language::tag_of("nl"), Some("nl"));
        assert_eq!(
            [Language::tag_of("other"), Language::tag_of("unknown"), Language::tag_of("x")],
            [None; 3]
        );
        let check = |tag: &str, expected: Language| assert_eq!(Language::from_tag(tag), expected, "{tag}");
        check("nb", Language::No);
        check("nn-NO", Language::No);
        check("pt-BR", Language::Pt);
        check("PT_pt", Language::Pt);
        check("da", Language::Other);
        check("und", Language::Unknown);
        check("", Language::Unknown);
    }
}
