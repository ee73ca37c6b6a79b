//! Which texts are most like another one: by the words that both hold, the rarer the more, against how long they are.
//! Pure, and the same for the same texts; quick enough for thousands of them.

use super::text::tokens;
use std::collections::{HashMap, HashSet};

/// How like each of `texts` is to `wanted`, from 0 to 1, the likest first; what holds none of its words is left out.
/// Each text has a place by which it is named; of two that are alike the earlier comes first.
pub fn ranked(wanted: &str, texts: &[&str], most: usize) -> Vec<(usize, f64)> {
    let asked: HashSet<String> = tokens(wanted).into_iter().collect();
    if asked.is_empty() || texts.is_empty() {
        return Vec::new();
    }
    let all: Vec<Vec<String>> = texts.iter().map(|t| tokens(t)).collect();
    let mut among: HashMap<&str, u32> = HashMap::new();
    for token in all.iter().flatten() {
        *among.entry(token).or_default() += 1;
    }
    let many = f64::from(u32::try_from(texts.len()).unwrap_or(u32::MAX));
    let weight = |token: &str| {
        let held = among.get(token).copied().unwrap_or(0);
        (1.0 + many / (1.0 + f64::from(held))).ln()
    };
    let size = |sum: f64| sum.sqrt();
    let own = size(asked.iter().map(|t| weight(t) * weight(t)).sum());
    let mut found: Vec<(usize, f64)> = Vec::new();
    for (place, text) in all.iter().enumerate() {
        // In the order of the text, so that the sum is the same each time.
        let shared: f64 = text.iter().filter(|t| asked.contains(*t)).map(|t| weight(t) * weight(t)).sum();
        if shared > 0.0 {
            let theirs = size(text.iter().map(|t| weight(t) * weight(t)).sum());
            found.push((place, shared / (own * theirs)));
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(most);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_likest_is_first_and_what_shares_nothing_is_left_out() {
        let texts = [
            "Your parcel is on its way, you can follow the parcel by its code",
            "We are sorry about the invoice; we will correct the invoice",
            "Our shops are open from nine to six",
            "Where is it? Your parcel was delayed by the storm",
        ];
        let found = ranked("where is my parcel, it was delayed", &texts, 3);
        assert_eq!(found[0].0, 3);
        assert!(found.iter().any(|f| f.0 == 0) && found.iter().all(|f| f.0 != 2), "{found:?}");
        assert!(ranked("", &texts, 3).is_empty() && ranked("parcel", &[], 3).is_empty());
        assert!(ranked("zebra", &texts, 3).is_empty());
    }

    #[test]
    fn thousands_are_ranked_in_no_time() {
        let texts: Vec<String> = (0..5_000)
            .map(|n| {
                format!(
                    "answer number {n} about topic{} and parcel{} with words that all share",
                    n % 97,
                    n % 13
                )
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let found = ranked("a question about topic42 and parcel7", &texts, 5);
        assert_eq!(found.len(), 5);
        assert!(texts[found[0].0].contains("topic42"), "{}", texts[found[0].0]);
    }

    proptest! {
        #[test]
        fn it_lies_between_none_and_all_and_a_text_is_likest_to_itself(words in proptest::collection::vec("[a-z]{3,6}( [a-z]{3,6}){0,5}", 1..8)) {
            let texts: Vec<&str> = words.iter().map(String::as_str).collect();
            let found = ranked(texts[0], &texts, 10);
            prop_assert!(found.iter().all(|(_, s)| *s > 0.0 && *s <= 1.0 + 1e-9));
            prop_assert!((found[0].1 - 1.0).abs() < 1e-9, "{found:?}");
            prop_assert_eq!(&found, &ranked(texts[0], &texts, 10));
        }
    }
}
