//! Sectors: into which part of the house a case falls (repair, invoices, delivery), proposed by words, intent and the
//! queue of its ticket, said by a person; and what a brand asks of its front-office cases.

use super::goodwill::Terms;
use super::judgement::Intent;
use serde::{Deserialize, Serialize};

/// Who may say that a case is of a sector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// Whoever works on cases.
    #[default]
    Anybody,
    /// Leads only.
    Lead,
}

/// One sector of a brand; written `[[brand.sector]]` in the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sector {
    /// Its name, unique within the brand.
    pub name: String,
    /// Words and phrases of customers that propose it.
    pub words: Vec<String>,
    /// Intents that propose it.
    pub intents: Vec<Intent>,
    /// Queues of the front office whose tickets propose it.
    pub queues: Vec<String>,
    /// Who may say that a case is of it, or is not.
    pub confirm: Confirm,
}

/// What a brand asks of cases that are the front office's to solve; written `[brand.front_office]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FrontOffice {
    /// Reasons are asked on one case in so many.
    pub ask_one_in: i64,
    /// Within how many days a second contact says that the first did not solve it.
    pub first_time_days: i64,
    /// How much each role may give away.
    #[serde(skip_serializing_if = "Terms::is_default")]
    pub goodwill: Terms,
    /// Whether formal complaints are kept in a register.
    #[serde(skip_serializing_if = "is_off")]
    pub complaints: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants references")]
const fn is_off(on: &bool) -> bool {
    !*on
}

impl Default for FrontOffice {
    fn default() -> Self {
        Self { ask_one_in: 1, first_time_days: 7, goodwill: Terms::default(), complaints: false }
    }
}

impl FrontOffice {
    /// Whether it is as it is when nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The settings with their names and the least and most that each may be.
    pub const fn bounds(&self) -> [(&'static str, i64, (i64, i64)); 2] {
        [("ask_one_in", self.ask_one_in, (1, 1000)), ("first_time_days", self.first_time_days, (1, 60))]
    }

    /// Whether reasons are asked on this case: always the same for the same case, and evenly spread.
    pub fn asks(&self, case_id: &str) -> bool {
        let n = self.ask_one_in.max(1).unsigned_abs();
        // FNV-1a, then its bits mixed, so that ids that differ in little fall far apart.
        let sum = case_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, b| {
            (sum ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mixed = (sum ^ (sum >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (mixed ^ (mixed >> 33)).is_multiple_of(n)
    }
}

/// A sector that is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Its name.
    pub name: String,
    /// How certain, in percent.
    pub certainty: i64,
}

/// The sector that words, intent and queues propose; of equals the one that stands first in the settings.
pub fn propose(sectors: &[Sector], words: &str, intent: &str, queues: &[String]) -> Option<Proposed> {
    let words = words.to_lowercase();
    let mut best: Option<Proposed> = None;
    for sector in sectors {
        let certainty = certainty(sector, &words, intent, queues);
        if certainty > best.as_ref().map_or(0, |b| b.certainty) {
            best = Some(Proposed { name: sector.name.clone(), certainty });
        }
    }
    best
}

/// A queue tells most, then words, the more the better; an intent alone tells little.
fn certainty(sector: &Sector, words: &str, intent: &str, queues: &[String]) -> i64 {
    if queues.iter().any(|q| sector.queues.iter().any(|s| s.eq_ignore_ascii_case(q))) {
        return 95;
    }
    let hits = sector.words.iter().filter(|w| holds(words, &w.to_lowercase())).count();
    let meant = sector.intents.iter().any(|i| i.code() == intent);
    let by_words = match hits {
        0 => 0,
        1 => 65,
        2 => 75,
        _ => 80,
    };
    match (by_words, meant) {
        (0, true) => 40,
        (n, true) => n + 10,
        (n, false) => n,
    }
}

/// Whether a phrase stands in a text as a word of its own; in scripts without spaces, anywhere.
pub fn holds(text: &str, phrase: &str) -> bool {
    let (Some(first), Some(last)) = (phrase.chars().next(), phrase.chars().next_back()) else { return false };
    let joins = |c: char| c.is_alphanumeric() && !is_unspaced(c);
    text.match_indices(phrase).any(|(at, found)| {
        let before = text[..at].chars().next_back().is_some_and(joins) && joins(first);
        let after = text[at + found.len()..].chars().next().is_some_and(joins) && joins(last);
        !before && !after
    })
}

/// Whether a character belongs to a script that puts no spaces between words.
const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sectors() -> Vec<Sector> {
        let one = |name: &str, words: &[&str], intents: &[Intent], queues: &[&str]| Sector {
            name: name.into(),
            words: words.iter().map(|w| (*w).into()).collect(),
            intents: intents.to_vec(),
            queues: queues.iter().map(|q| (*q).into()).collect(),
            confirm: Confirm::Anybody,
        };
        vec![
            one("repair", &["broken", "kapot", "修理"], &[Intent::Outage], &["Repair Desk"]),
            one("invoice", &["invoice", "direct debit"], &[], &[]),
        ]
    }

    #[test]
    fn words_intent_and_queue_propose_with_more_certainty_in_that_order() {
        let of = |words: &str, intent: &str, queues: &[&str]| {
            let queues: Vec<String> = queues.iter().map(|q| (*q).into()).collect();
            propose(&sectors(), words, intent, &queues).map(|p| (p.name, p.certainty))
        };
        assert_eq!(of("what are your hours", "question", &[]), None);
        assert_eq!(of("no signal", "outage", &[]), Some(("repair".into(), 40)));
        assert_eq!(of("It is BROKEN!", "complaint", &[]), Some(("repair".into(), 65)));
        assert_eq!(of("broken", "outage", &[]), Some(("repair".into(), 75)));
        assert_eq!(of("invoice and direct debit, broken", "request", &[]), Some(("invoice".into(), 75)));
        assert_eq!(of("invoice", "request", &["repair desk"]), Some(("repair".into(), 95)));
        assert_eq!(of("broken invoice", "request", &[]), Some(("repair".into(), 65)), "the first of equals");
    }

    #[test]
    fn a_word_is_a_word_of_its_own_except_where_nobody_writes_spaces() {
        assert!(holds("my kapot, thing", "kapot"));
        assert!(!holds("kapotte schoen", "kapot"));
        assert!(holds("電話の修理をお願いします", "修理"));
        assert!(!holds("anything", ""));
    }

    #[test]
    fn one_in_n_is_even_and_always_the_same() {
        let front = FrontOffice { ask_one_in: 4, ..FrontOffice::default() };
        let asked = (0..4000).filter(|n| front.asks(&format!("cas_{n:026}"))).count();
        assert!((850..1150).contains(&asked), "{asked} of 4000");
        assert!((0..50).all(|n| FrontOffice::default().asks(&format!("cas_{n}"))));
        assert_eq!(front.asks("cas_x"), front.asks("cas_x"));
    }
}
