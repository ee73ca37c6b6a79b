//! What the corpus is made of: labelled posts, texts of languages, and how the latter are picked.
//!
//! Picking is here so that a test can show that nothing by which we measure is learned from. Files
//! are read elsewhere.

use super::eval;
use super::fold;
use super::train::{Guess, Labelled, Tongue};
use super::verdict;
use crate::domain::judgement::{Intent, Level};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

/// A text in the form in which two texts count as the same one.
pub fn comparable(text: &str) -> String {
    fold::folded(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A number for a text's comparable form, by which held-back texts are known without being shown.
pub fn mark(text: &str) -> u64 {
    let form = comparable(text);
    form.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Picks texts up to each language's budget of bytes, evenly over the list, none of them held back
/// and none twice; `held` holds comparable forms.
pub fn pick(found: Vec<Tongue>, held: &HashSet<String>, budget: fn(&str) -> usize) -> Vec<Tongue> {
    let mut seen = HashSet::new();
    let mut whole: HashMap<String, usize> = HashMap::new();
    let mut free: Vec<Tongue> = Vec::new();
    for tongue in found {
        let form = comparable(&tongue.text);
        let fine = form.chars().count() >= 6 && tongue.text.chars().count() <= 160 && !held.contains(&form);
        if fine && seen.insert(form) {
            *whole.entry(tongue.code.clone()).or_default() += tongue.text.len() + tongue.code.len() + 2;
            free.push(tongue);
        }
    }
    let mut spent: HashMap<String, (usize, usize)> = HashMap::new();
    free.retain(|tongue| {
        let size = tongue.text.len() + tongue.code.len() + 2;
        let all = whole.get(&tongue.code).copied().unwrap_or(1);
        let (passed, taken) = spent.entry(tongue.code.clone()).or_default();
        *passed += size;
        // Taken so far never runs ahead of the same part of what was passed.
        let take = *taken + size <= *passed * budget(&tongue.code).min(all) / all;
        *taken += if take { size } else { 0 };
        take
    });
    free
}

/// The figures of a cross-validation as text.
pub fn report(posts: &[Labelled], guesses: &[Guess], thresholds: &verdict::Thresholds) -> String {
    let mut confusion = [[0; 5]; 5];
    let (mut scored, mut first) = (Vec::new(), Vec::new());
    let (mut intents, mut private, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    let noise = |intent: Intent| if intent == Intent::Spam { Intent::Irrelevant } else { intent };
    for guess in guesses {
        let (post, said) = (&posts[guess.index], guess.verdict(thresholds));
        confusion[post.level as usize][said.level as usize] += 1;
        scored.push((guess.score.urgent, post.level <= Level::P2));
        first.push((guess.score.urgent * guess.score.harm, post.level == Level::P1));
        intents.push((noise(post.intent), noise(said.intent)));
        private.push((post.needs_private, said.needs_private));
        silent.push((post.needs_answer == Some(false), !said.needs_answer));
    }
    let mut out = format!("thresholds {thresholds:?}\n");
    let part = |row: usize, to: usize| {
        confusion[row][..to].iter().sum::<u32>() as f32 / confusion[row].iter().sum::<u32>().max(1) as f32
    };
    let (urgent, one) = (eval::auc(&scored), eval::auc(&first));
    let (kappa, f1) = (eval::kappa(&confusion), eval::table_f1(&confusion));
    let _ = writeln!(
        out,
        "AUC P1+P2 {urgent:.4}  AUC P1 {one:.4}  kappa {kappa:.4}  macro-F1 {f1:.3}  P1 recall {:.3}  \
         P5 at 60 or more {:.3}",
        part(0, 1),
        part(4, 2)
    );
    let _ = writeln!(
        out,
        "intent {:.3}  needs_private F1 {:.3}  no answer F1 {:.3}",
        eval::accuracy(&intents),
        eval::f1_of(&private, &true),
        eval::f1_of(&silent, &true)
    );
    out + &eval::table(&confusion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_held_back_is_picked() {
        let tongue = |text: &str| Tongue { code: "en".into(), text: text.into() };
        let found = vec![
            tongue("Held back, please!"),
            tongue("free to learn"),
            tongue("FREE to learn."),
            tongue("x"),
        ];
        let held = HashSet::from([comparable("held back please")]);
        let picked = pick(found, &held, |_| 1_000);
        assert_eq!(picked.len(), 1);
        assert_eq!(picked[0].text, "free to learn");
    }

    /// Marks of every text of the language sets by which we measure; see `language/LICENCES.md`.
    #[test]
    fn no_text_of_the_measuring_sets_is_learned_from() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/triage/corpus");
        let marks = std::fs::read(folder.join("language/held.bin")).unwrap();
        let held: HashSet<u64> =
            marks.as_chunks::<8>().0.iter().map(|chunk| u64::from_le_bytes(*chunk)).collect();
        assert!(held.len() > 19_000, "{}", held.len());
        let mut read = 0;
        let mut free = |text: &str| {
            read += 1;
            // Forms of a few letters are words that everybody writes.
            assert!(comparable(text).chars().count() < 6 || !held.contains(&mark(text)), "{text}");
        };
        let texts = std::fs::read_to_string(folder.join("language/texts.tsv")).unwrap();
        texts.lines().filter_map(|line| line.split_once('\t')).for_each(|(_, text)| free(text));
        let felt = std::fs::read_to_string(folder.join("sentiment/texts.tsv")).unwrap();
        felt.lines().filter_map(|line| line.splitn(3, '\t').nth(2)).for_each(&mut free);
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "jsonl") {
                for line in std::fs::read_to_string(&path).unwrap().lines() {
                    let post: Labelled = serde_json::from_str(line).unwrap();
                    free(&post.text);
                }
            }
        }
        assert!(read > 60_000, "{read}");
    }

    #[test]
    fn budgets_hold() {
        let found: Vec<Tongue> =
            (0..1_000).map(|i| Tongue { code: "nl".into(), text: format!("tekst nummer {i}") }).collect();
        let bytes: usize = pick(found, &HashSet::new(), |_| 5_000).iter().map(|t| t.text.len() + 4).sum();
        assert!((4_500..=5_500).contains(&bytes), "{bytes}");
    }
}
