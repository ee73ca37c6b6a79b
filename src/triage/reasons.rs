//! Says why: names of concepts with points of urgency that add up to the urgency by the text.
//!
//! Only concepts that can explain the level are named; what they leave unexplained is `text_model`.
//! A reason is a name from a fixed list and never a word of the post.

use super::concepts::{CONCEPTS, Concept};
use super::lexicon::Set;
use super::verdict::Verdict;
use crate::domain::judgement::{Place, Reason};
use std::borrow::Cow;

/// The reason for what no concept explains.
pub const TEXT_MODEL: &str = "text_model";
/// Most concepts named.
const NAMED_MAX: usize = 6;

/// A reason while it is made: its name, its points, and the concepts behind it.
#[derive(Clone, Copy, Default)]
struct Named {
    what: &'static str,
    weight: i32,
    concepts: Set,
}

/// Adds the reasons of a text to `out`; their weights add up to the verdict's urgency. `place` says
/// where the first words of some concepts stand.
pub fn of_text(verdict: &Verdict, out: &mut Vec<Reason>, mut place: impl FnMut(Set) -> Option<Place>) {
    let level = verdict.level.number() as u8;
    let mut named = [Named::default(); NAMED_MAX + 1];
    let mut count = 0;
    let explains = |c: &Concept| !c.reason.is_empty() && (c.levels.0..=c.levels.1).contains(&level);
    for (index, concept) in CONCEPTS.iter().enumerate() {
        let bit = 1 << index;
        if verdict.found.plain & bit == 0 || !explains(concept) {
            continue;
        }
        let points = i32::from(concept.points);
        if let Some(known) = named[..count].iter_mut().find(|n| n.what == concept.reason) {
            known.weight = known.weight.max(points);
            known.concepts |= bit;
        } else {
            named[count] = Named { what: concept.reason, weight: points, concepts: bit };
            named[..=count].sort_by_key(|n| -n.weight);
            count = (count + 1).min(NAMED_MAX);
        }
    }
    let named = &mut named[..count];
    let urgency = i32::from(verdict.urgency);
    let sum: i32 = named.iter().map(|n| n.weight).sum();
    if sum > urgency {
        for one in named.iter_mut() {
            one.weight = one.weight * urgency / sum;
        }
    }
    let rest = urgency - named.iter().map(|n| n.weight).sum::<i32>();
    let first = out.len();
    // A few points lost by rounding go to the weightiest reason, not to a reason of their own.
    let spare = if sum >= urgency && !named.is_empty() { 0 } else { rest };
    for (index, one) in named.iter().enumerate() {
        let weight = one.weight + if index == 0 { rest - spare } else { 0 };
        if weight > 0 {
            out.push(Reason { what: Cow::Borrowed(one.what), weight, at: place(one.concepts) });
        }
    }
    if spare > 0 || out.len() == first {
        out.push(Reason::named(TEXT_MODEL, spare));
    }
}

/// Weightiest first, by name among equals.
pub fn sort(reasons: &mut [Reason]) {
    reasons.sort_unstable_by(|a, b| b.weight.abs().cmp(&a.weight.abs()).then_with(|| a.what.cmp(&b.what)));
}

#[cfg(test)]
mod tests {
    use super::super::{concepts, lexicon::Found};
    use super::*;
    use crate::domain::judgement::{Intent, Level, Sentiment};

    fn verdict(level: Level, urgency: u8, keys: &[&str]) -> Verdict {
        let plain = keys.iter().fold(0, |bits, key| bits | 1 << concepts::number(key).unwrap());
        let found = Found { plain, ..Found::default() };
        let intent = Intent::Complaint;
        Verdict {
            level,
            urgency,
            intent,
            needs_answer: true,
            needs_private: false,
            found,
            probability: 0.5,
            sentiment: Sentiment::Neutral,
        }
    }

    fn reasons(verdict: &Verdict) -> Vec<Reason> {
        let mut out = Vec::new();
        of_text(verdict, &mut out, |_| None);
        sort(&mut out);
        out
    }

    #[test]
    fn weights_add_up() {
        for (level, urgency) in
            [(Level::P1, 91), (Level::P2, 66), (Level::P3, 40), (Level::P5, 3), (Level::P5, 0)]
        {
            for keys in
                [&[][..], &["fire", "vulnerable"], &["refund", "billing", "promise", "rude"], &["thanks"]]
            {
                let reasons = reasons(&verdict(level, urgency, keys));
                let sum: i32 = reasons.iter().map(|r| r.weight).sum();
                assert_eq!(sum, i32::from(urgency), "{level} {keys:?} {reasons:?}");
                assert!(!reasons.is_empty());
            }
        }
        let reasons = reasons(&verdict(Level::P1, 91, &["fire", "vulnerable", "thanks"]));
        let names: Vec<&str> = reasons.iter().map(|r| r.what.as_ref()).collect();
        assert_eq!(names, ["danger", "child_or_elderly", TEXT_MODEL]);
    }
}
