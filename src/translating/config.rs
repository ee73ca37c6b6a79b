//! The settings of translation: `[translation]`.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// Which interface the service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// LibreTranslate, or what speaks like it.
    LibreTranslate,
    /// DeepL.
    DeepL,
}

impl Service {
    /// The word in the settings.
    pub const fn code(self) -> &'static str {
        match self {
            Self::LibreTranslate => "libretranslate",
            Self::DeepL => "deepl",
        }
    }
}

/// What becomes of personal data in texts that go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonalRule {
    /// It is taken out before.
    #[default]
    Mask,
    /// It goes out with the rest.
    Send,
}

/// `[translation]`: off unless a service is named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TranslationConfig {
    /// The service; left out, nothing is translated.
    pub service: Option<Service>,
    /// Its address; for DeepL it may be left out.
    pub url: Option<String>,
    /// The key that it wants.
    pub key: Option<SecretString>,
    /// A file that holds the key.
    pub key_file: Option<PathBuf>,
    /// Seconds after which an answer is given up.
    pub timeout_seconds: i64,
    /// Most calls in a minute, for each replica.
    pub calls_per_minute: u32,
    /// Most characters in a calendar month (UTC), over all replicas; 0 is no limit.
    pub characters_per_month: i64,
    /// What a million characters costs, in whole units of the currency.
    pub price_per_million: i64,
    /// That currency.
    pub currency: String,
    /// Only for these brands; left out, for all.
    pub brands: Vec<String>,
    /// Only what comes from these platforms; left out, from all.
    pub platforms: Vec<String>,
    /// Brands whose messages are translated when somebody opens their case.
    pub automatic: Vec<String>,
    /// Whether messages of private channels may go out.
    pub private: bool,
    /// What becomes of personal data.
    pub personal_data: PersonalRule,
}

impl Default for TranslationConfig {
    fn default() -> Self {
        Self {
            service: None,
            url: None,
            key: None,
            key_file: None,
            timeout_seconds: 10,
            calls_per_minute: 30,
            characters_per_month: 500_000,
            price_per_million: 0,
            currency: "EUR".to_owned(),
            brands: Vec::new(),
            platforms: Vec::new(),
            automatic: Vec::new(),
            private: false,
            personal_data: PersonalRule::default(),
        }
    }
}

impl TranslationConfig {
    /// Whether what stands on a platform may be translated for a brand.
    pub fn covers(&self, brand: &str, platform: &str) -> bool {
        let among = |list: &[String], name: &str| {
            list.is_empty() || list.iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        among(&self.brands, brand) && among(&self.platforms, platform)
    }

    /// Whether a brand's messages are translated without a press.
    pub fn is_automatic(&self, brand: &str) -> bool {
        self.automatic.iter().any(|b| b.eq_ignore_ascii_case(brand))
    }

    /// The limit of a month.
    pub fn limit(&self) -> Option<i64> {
        Some(self.characters_per_month).filter(|limit| *limit > 0)
    }

    /// What so many characters cost, in millionths: a price for a million is that of one in millionths.
    pub const fn micros(&self, characters: i64) -> i64 {
        characters.saturating_mul(self.price_per_million)
    }
}
