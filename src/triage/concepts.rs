//! The concepts that the lexicon knows, the reason each one prints, and what it can explain.
//!
//! A concept is a meaning said in many ways in ten languages: smoke, a lawyer, a deadline. Its
//! points and levels serve only to explain a level; how much a concept moves a level is learned.

/// One meaning that the lexicon finds.
#[derive(Clone, Copy, Debug)]
pub struct Concept {
    /// Its name in the files of the lexicon.
    pub key: &'static str,
    /// The name of the reason it prints; empty for a concept that is only a feature.
    pub reason: &'static str,
    /// Points of urgency it explains at most.
    pub points: u8,
    /// The lowest and highest number of the levels it can explain.
    pub levels: (u8, u8),
}

const fn c(key: &'static str, reason: &'static str, points: u8, low: u8, high: u8) -> Concept {
    Concept { key, reason, points, levels: (low, high) }
}

/// All concepts; the order is part of the model's form, so new ones change `RULES_VERSION`.
pub const CONCEPTS: &[Concept] = &[
    c("fire", "danger", 60, 1, 1),
    c("injury", "danger", 60, 1, 1),
    c("contamination", "danger", 55, 1, 1),
    c("gas", "danger", 60, 1, 1),
    c("vehicle", "danger", 50, 1, 1),
    c("trapped", "stranded", 45, 1, 2),
    c("stranded", "stranded", 45, 1, 2),
    c("vulnerable", "child_or_elderly", 25, 1, 2),
    c("medicine", "medicine", 40, 1, 2),
    c("emergency", "emergency_call", 50, 1, 1),
    c("threat", "threat", 50, 1, 1),
    c("missing_person", "missing_person", 50, 1, 1),
    c("fraud", "fraud", 55, 1, 2),
    c("data_exposed", "data_exposed", 60, 1, 1),
    c("legal", "legal_step", 60, 1, 1),
    c("outage", "outage_for_many", 35, 2, 2),
    c("many", "outage_for_many", 20, 2, 2),
    c("locked_out", "locked_out", 45, 2, 2),
    c("deadline", "deadline_today", 30, 1, 2),
    c("event", "deadline_today", 20, 2, 2),
    c("business", "business_stopped", 25, 2, 2),
    c("cancelled", "cancelled", 20, 1, 3),
    c("delay", "delay", 20, 2, 3),
    c("lost", "lost_or_missing", 20, 2, 3),
    c("waited", "waited_long", 25, 2, 3),
    c("refund", "refund", 25, 3, 3),
    c("billing", "billing", 25, 3, 3),
    c("promise", "broken_promise", 25, 3, 3),
    c("repeat", "repeat_contact", 20, 2, 3),
    c("rude", "rudeness", 25, 3, 3),
    c("broken", "not_working", 20, 2, 3),
    c("churn", "churn", 30, 3, 3),
    c("misled", "misled", 25, 3, 3),
    c("bad", "complaint", 20, 3, 3),
    c("question", "question", 20, 4, 4),
    c("request", "request", 20, 4, 4),
    c("info", "question", 15, 4, 4),
    c("thanks", "thanks", 12, 5, 5),
    c("praise", "praise", 12, 5, 5),
    c("solved", "solved", 10, 4, 5),
    c("past", "past_event", 8, 4, 5),
    c("hypothetical", "hypothetical", 12, 4, 5),
    c("joke", "", 0, 5, 5),
    c("fiction", "other_sense", 10, 5, 5),
    c("news", "news", 10, 5, 5),
    c("spam", "spam", 15, 5, 5),
    c("job", "chatter", 8, 5, 5),
    c("sport", "chatter", 8, 5, 5),
    c("sense", "other_sense", 10, 5, 5),
    c("negation", "", 0, 5, 5),
    c("now", "", 0, 1, 2),
    c("help", "asks_for_help", 15, 1, 2),
    c("night", "", 0, 1, 2),
    c("cold", "", 0, 1, 2),
    c("alone", "", 0, 1, 2),
    c("private", "", 0, 1, 4),
    c("sarcasm", "complaint", 15, 3, 3),
    c("polite", "", 0, 4, 5),
    c("laugh", "", 0, 5, 5),
    c("angry", "complaint", 15, 2, 3),
    c("illness", "danger", 40, 1, 1),
    c("disability", "child_or_elderly", 25, 1, 2),
    c("deprived", "no_food_or_water", 45, 1, 2),
    c("violence", "threat", 50, 1, 1),
    c("account_taken", "fraud", 50, 1, 2),
    c("court", "legal_step", 50, 1, 1),
    c("regulator", "legal_step", 50, 1, 1),
    c("press", "press", 50, 1, 1),
    c("double_charge", "billing", 25, 2, 3),
    c("giveaway", "spam", 15, 5, 5),
    c("today", "deadline_today", 30, 1, 2),
    c("idiom", "figure_of_speech", 10, 5, 5),
    c("chatter", "chatter", 8, 5, 5),
];

/// How many concepts there are.
pub const COUNT: usize = CONCEPTS.len();

/// The number of a concept by its key.
pub fn number(key: &str) -> Option<usize> {
    CONCEPTS.iter().position(|c| c.key == key)
}

/// The concepts of these keys as bits, worked out when the program is built; a key that is none adds nothing.
pub const fn set(keys: &[&str]) -> u128 {
    let (mut set, mut key) = (0u128, 0usize);
    while key < keys.len() {
        let mut at = 0usize;
        while at < COUNT {
            if is_same(CONCEPTS[at].key.as_bytes(), keys[key].as_bytes()) {
                set |= 1u128 << at;
            }
            at += 1;
        }
        key += 1;
    }
    set
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A number that changes when the list of concepts changes, kept in the model.
pub fn fingerprint() -> u32 {
    CONCEPTS
        .iter()
        .flat_map(|c| c.key.bytes().chain([b'\n']))
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_the_numbers_of_their_keys() {
        for (at, concept) in CONCEPTS.iter().enumerate() {
            assert_eq!((set(&[concept.key]), number(concept.key)), (1 << at, Some(at)), "{}", concept.key);
        }
        assert_eq!(set(&["fire", "gas", "no such concept"]), 0b1001);
        assert_eq!(set(&[]), 0);
    }
}
