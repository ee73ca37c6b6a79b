//! What is watched: the names of a brand, the words that are not it, and its own accounts.

use super::correction::SafetyNet;
use super::language::Language;
use super::protocol::ProtocolRule;
use super::quality::Quality;
use super::routing::Routing;
use super::sector::{FrontOffice, Sector};
use super::survey::Survey;
use super::template::Template;
use super::thanks::Thanks;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One of our own accounts; its posts are our answers and never mentions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnAccount {
    /// The platform, such as `mastodon`.
    pub platform: String,
    /// The platform's id of the account or its handle without `@`.
    pub account: String,
}

/// A brand as configured: one version of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Brand {
    /// The name by which people know it and by which it is listed, unique.
    pub name: String,
    /// Handles that address it, without `@`.
    pub handles: Vec<String>,
    /// Hashtags that name it, without `#`.
    pub hashtags: Vec<String>,
    /// Words and phrases that name it.
    pub keywords: Vec<String>,
    /// Words or phrases which, found in a post, make a keyword hit not count.
    pub exclude: Vec<String>,
    /// Words of which one has to stand in a post for a keyword hit to count; for names that are
    /// ordinary words. Empty means that no such word is needed.
    pub context: Vec<String>,
    /// Domains that name it in web and mail addresses, such as `example.com`.
    pub domains: Vec<String>,
    /// Whether a keyword also counts as a part of a compound word (`Acmeklant`).
    pub compounds: bool,
    /// Forms of its booking and order numbers: `#` a digit, `?` a letter, the rest as it stands.
    pub references: Vec<String>,
    /// Our accounts for this brand.
    pub own_accounts: Vec<OwnAccount>,
    /// Languages in which the promise holds; empty means every language.
    pub languages: Vec<Language>,
    /// The brand's own numbers, addresses and codes, which a public answer may hold.
    pub allow: Vec<String>,
    /// Its texts for offers, reminders and holding words; written `[[brand.template]]` in the settings.
    #[serde(rename = "template", skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<Template>,
    /// Where customers can reach it in private when the platform has no way in: a web address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_link: Option<String>,
    /// The name of the policy whose clocks run; a ready-made one or one of the file's.
    pub policy: String,
    /// How triage leans for this brand.
    pub triage: Tuning,
    /// What stands under triage, so that its mistakes are seen.
    pub safety: SafetyNet,
    /// The parts of the house into which its cases fall; written `[[brand.sector]]` in the settings.
    #[serde(rename = "sector", skip_serializing_if = "Vec::is_empty")]
    pub sectors: Vec<Sector>,
    /// What is asked of cases that are the front office's to solve.
    #[serde(skip_serializing_if = "FrontOffice::is_default")]
    pub front_office: FrontOffice,
    /// Whether and when customers are asked after their case ended.
    #[serde(skip_serializing_if = "Survey::is_default")]
    pub survey: Survey,
    /// Whether and how many customers are thanked.
    #[serde(skip_serializing_if = "Thanks::is_default")]
    pub thanks: Thanks,
    /// Whether and how its answers are scored by colleagues.
    #[serde(skip_serializing_if = "Quality::is_default")]
    pub quality: Quality,
    /// What it sets of protocols; written `[[brand.protocol]]` in the settings.
    #[serde(rename = "protocol", skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<ProtocolRule>,
    /// Whether and how cases are offered to somebody first.
    #[serde(skip_serializing_if = "Routing::is_default")]
    pub routing: Routing,
}

/// How triage leans for a brand: biases from −100 to 100, zero as the model has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tuning {
    /// Above zero more posts count as P1 or P2, below it fewer.
    pub urgent: i8,
    /// Above zero more urgent posts count as P1.
    pub p1: i8,
    /// Above zero more posts count as needing an answer.
    pub needs_answer: i8,
    /// Above zero more posts count as needing a private channel.
    pub needs_private: i8,
    /// Words of its own for concepts of the lexicon, such as `outage = ["kiosk dead"]`.
    pub words: BTreeMap<String, Vec<String>>,
}

impl Tuning {
    /// The biases with the names of their settings.
    pub const fn biases(&self) -> [(&'static str, i8); 4] {
        [
            ("urgent", self.urgent),
            ("p1", self.p1),
            ("needs_answer", self.needs_answer),
            ("needs_private", self.needs_private),
        ]
    }
}

impl Brand {
    /// A brand known only by its name, as `run --watch NAME` uses it.
    pub fn watched(name: &str) -> Self {
        let joined: String = name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
        Self {
            name: name.to_owned(),
            handles: vec![joined.to_lowercase()],
            hashtags: vec![joined.to_lowercase()],
            keywords: vec![name.to_owned()],
            policy: "social-30m".to_owned(),
            ..Self::default()
        }
    }

    /// Whether an account is one of our own, by platform and either id or handle.
    pub fn owns(&self, platform: &str, id: &str, handle: &str) -> bool {
        self.own_accounts.iter().any(|own| {
            own.platform.eq_ignore_ascii_case(platform)
                && (own.account == id || own.account.trim_start_matches('@').eq_ignore_ascii_case(handle))
        })
    }
}

/// The words to search for of the brand of that name, whatever its case, or of all; each once, in order.
pub fn searched<'a>(brands: impl IntoIterator<Item = &'a Brand>, name: Option<&str>) -> Vec<String> {
    let mut words: Vec<String> = brands
        .into_iter()
        .filter(|b| name.is_none_or(|n| b.name.eq_ignore_ascii_case(n)))
        .flat_map(|b| [b.keywords.clone(), b.handles.clone()].concat())
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_searches_for_its_own_words_and_nobody_for_those_of_none() {
        let brands = [Brand::watched("Acme"), Brand::watched("Happy Socks"), Brand::watched("Acme")];
        assert_eq!(searched(&brands, Some("happy socks")), ["Happy Socks", "happysocks"]);
        assert_eq!(searched(&brands, None), ["Acme", "Happy Socks", "acme", "happysocks"]);
        assert!(searched(&brands, Some("Zebra")).is_empty());
    }

    #[test]
    fn a_watched_name_is_handle_tag_and_word() {
        let brand = Brand::watched("Happy Socks");
        assert_eq!(brand.handles, ["happysocks"]);
        assert_eq!(brand.keywords, ["Happy Socks"]);
    }

    #[test]
    fn own_accounts_are_known_by_id_or_handle() {
        let mut brand = Brand::watched("Acme");
        brand
            .own_accounts
            .push(OwnAccount { platform: "mastodon".into(), account: "@Acme@toot.example".into() });
        assert!(brand.owns("mastodon", "77", "acme@toot.example"));
        assert!(!brand.owns("bluesky", "77", "acme@toot.example"));
        assert!(!brand.owns("mastodon", "77", "acme@evil.example"));
    }
}
