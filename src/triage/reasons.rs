//! Says why: names of concepts with points of urgency that add up to the urgency by the text.
//!
//! Only concepts that can explain the level are named; what they leave unexplained is `text_model`.
//! A reason is a name from a fixed list and never a word of the post.

use super::concepts::{CONCEPTS, Concept};
use super::verdict::Verdict;
use crate::domain::judgement::Reason;
use std::borrow::Cow;

/// The reason for what no concept explains.
pub const TEXT_MODEL: &str = "text_model";
/// Most concepts named.
const NAMED_MAX: usize = 6;

/// The reasons of a text; their weights add up to the verdict's urgency.
pub fn of_text(verdict: &Verdict) -> Vec<Reason> {
    let level = verdict.level.number() as u8;
    let mut named: Vec<(&'static str, i32)> = Vec::new();
    let explains = |c: &Concept| !c.reason.is_empty() && (c.levels.0..=c.levels.1).contains(&level);
    for (index, concept) in CONCEPTS.iter().enumerate() {
        if verdict.found.plain & (1 << index) == 0 || !explains(concept) {
            continue;
        }
        let points = i32::from(concept.points);
        match named.iter_mut().find(|(what, _)| *what == concept.reason) {
            Some((_, weight)) => *weight = (*weight).max(points),
            None => named.push((concept.reason, points)),
        }
    }
    named.sort_by_key(|(_, weight)| -weight);
    named.truncate(NAMED_MAX);
    let urgency = i32::from(verdict.urgency);
    let sum: i32 = named.iter().map(|(_, weight)| weight).sum();
    if sum > urgency {
        for (_, weight) in &mut named {
            *weight = *weight * urgency / sum;
        }
    }
    let rest = urgency - named.iter().map(|(_, weight)| weight).sum::<i32>();
    // A few points lost by rounding go to the weightiest reason, not to a reason of their own.
    if sum >= urgency
        && let Some(first) = named.first_mut()
    {
        first.1 += rest;
    } else if rest > 0 || named.is_empty() {
        named.push((TEXT_MODEL, rest));
    }
    named.retain(|(what, weight)| *weight > 0 || *what == TEXT_MODEL);
    if named.is_empty() {
        named.push((TEXT_MODEL, urgency));
    }
    sorted(named.into_iter().map(|(what, weight)| Reason { what: Cow::Borrowed(what), weight }).collect())
}

/// Weightiest first, by name among equals.
pub fn sorted(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.sort_by(|a, b| b.weight.abs().cmp(&a.weight.abs()).then_with(|| a.what.cmp(&b.what)));
    reasons
}

#[cfg(test)]
mod tests {
    use super::super::{concepts, lexicon::Found};
    use super::*;
    use crate::domain::judgement::{Intent, Level};

    fn verdict(level: Level, urgency: u8, keys: &[&str]) -> Verdict {
        let plain = keys.iter().fold(0, |bits, key| bits | 1 << concepts::number(key).unwrap());
        let found = Found { plain, ..Found::default() };
        let intent = Intent::Complaint;
        Verdict { level, urgency, intent, needs_answer: true, needs_private: false, found }
    }

    #[test]
    fn weights_add_up() {
        for (level, urgency) in
            [(Level::P1, 91), (Level::P2, 66), (Level::P3, 40), (Level::P5, 3), (Level::P5, 0)]
        {
            for keys in
                [&[][..], &["fire", "vulnerable"], &["refund", "billing", "promise", "rude"], &["thanks"]]
            {
                let reasons = of_text(&verdict(level, urgency, keys));
                let sum: i32 = reasons.iter().map(|r| r.weight).sum();
                assert_eq!(sum, i32::from(urgency), "{level} {keys:?} {reasons:?}");
                assert!(!reasons.is_empty());
            }
        }
        let reasons = of_text(&verdict(Level::P1, 91, &["fire", "vulnerable", "thanks"]));
        let names: Vec<&str> = reasons.iter().map(|r| r.what.as_ref()).collect();
        assert_eq!(names, ["danger", "child_or_elderly", TEXT_MODEL]);
    }
}
