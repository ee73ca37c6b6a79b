//! Learns and measures sentiment: negative, neutral or positive, in three classes.
//!
//! The head that is shipped learns from texts that may be shipped. The same code learns from
//! research data when somebody measures with it; what it learned then is thrown away. Word lists
//! with valences are features only there, given by the caller. Reads no files.

use super::bayes;
use super::extras::{self, EXTRAS};
use super::fold;
use super::learn::{Example, Settings, learn};
use super::lexicon;
use super::maths;
use super::model::Model;
use super::model::{SENTIMENT_AT, SENTIMENTS};
use super::reader::Reader;
use super::train::Labelled;
use crate::domain::judgement::Intent;
use crate::domain::language::Language;
use std::collections::HashMap;

/// The settings of the head.
pub const SETTINGS: Settings =
    Settings { epochs: 8, keep: 0.3, step: 0.12, decay: 2e-4, extra_decay: 1e-3, seed: 7 };
/// Buckets of valence features: sums, counts of good and of bad words, the strongest of each.
const VALENCE: u32 = 64;

/// How loud the opinions of other heads are.
const ADVICE: f32 = 0.2;

/// An example for these heads.
type Made = Example<SENTIMENTS>;

/// A text with its class: 0 negative, 1 neutral, 2 positive.
#[derive(Clone, Debug)]
pub struct Felt {
    /// The code of its language.
    pub lang: String,
    /// The text.
    pub text: String,
    /// The class.
    pub class: usize,
}

/// Words with a valence from −5 to 5, by language; the empty code is for signs of all languages.
#[derive(Debug, Default)]
pub struct Valences {
    /// Valences of folded words.
    pub words: HashMap<(String, String), f32>,
}

impl Valences {
    /// Adds a word.
    pub fn add(&mut self, lang: &str, word: &str, valence: f32) {
        self.words.insert((lang.to_owned(), fold::folded(word)), valence);
    }

    /// The buckets of a text's valences.
    fn buckets(&self, lang: &str, text: &str, base: u32, list: &mut Vec<u32>) {
        if self.words.is_empty() {
            return;
        }
        let folded = fold::folded(text);
        let (mut sum, mut good, mut bad, mut best, mut worst) = (0.0f32, 0u32, 0u32, 0.0f32, 0.0f32);
        let mut take = |valence: f32| {
            sum += valence;
            good += u32::from(valence > 0.0);
            bad += u32::from(valence < 0.0);
            best = best.max(valence);
            worst = worst.min(valence);
        };
        let known = |lang: &str, word: &str| self.words.get(&(lang.to_owned(), word.to_owned())).copied();
        for word in folded.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()) {
            if let Some(valence) = known(lang, word) {
                take(valence);
            }
        }
        if lang == "ja" {
            for (key, valence) in &self.words {
                if key.0 == "ja" && key.1.chars().count() > 1 && folded.contains(key.1.as_str()) {
                    take(*valence);
                }
            }
        }
        for c in folded.chars().filter(|c| !c.is_alphanumeric() && !c.is_ascii()) {
            if let Some(valence) = known("", c.encode_utf8(&mut [0; 4])) {
                take(valence);
            }
        }
        let step = |value: f32, unit: f32, top: f32| (value / unit).round().clamp(-top, top) as i32;
        // Every language has its own habits, and every word list its own faults.
        let tongue = Language::TEN.iter().position(|l| l.code() == lang).unwrap_or(10) as u32 + 1;
        list.push(base + tongue * VALENCE);
        let mut push = |at: i32| list.extend([base + at as u32, base + tongue * VALENCE + at as u32]);
        push(8 + step(sum, 1.0, 8.0));
        push(17 + good.min(5) as i32);
        push(23 + bad.min(5) as i32);
        push(29 + step(best, 1.0, 5.0));
        push(35 - step(worst, 1.0, 5.0));
        if good + bad > 0 {
            push(41 + step((good as f32 - bad as f32) / (good + bad) as f32 * 3.0 + 3.0, 1.0, 6.0));
        }
    }
}

/// Makes the examples of some texts.
pub fn examples(texts: &[Felt], valences: &Valences) -> Vec<Example<SENTIMENTS>> {
    let mut reader = Reader::default();
    let mut made = Vec::with_capacity(texts.len());
    for felt in texts {
        reader.open(&felt.text);
        let window = reader.window(0);
        reader.read(window);
        let found = reader.read_extras(window, lexicon::bit(Language::from_tag(&felt.lang)));
        let mut extras = reader.extras.clone();
        valences.buckets(&felt.lang, &felt.text, EXTRAS as u32, &mut extras);
        let mut target = [0.0; SENTIMENTS];
        target[felt.class] = 1.0;
        made.push(Example {
            hashed: reader.features.list.clone(),
            extras,
            target,
            found,
            ..Example::default()
        });
    }
    made
}

/// What the heads that are compiled in make of each text, as scores.
fn opinions(texts: &[Felt]) -> Vec<Vec<f32>> {
    let (model, mut reader) = (super::model::shipped(), Reader::default());
    let of = |felt: &Felt| {
        reader.open(&felt.text);
        let window = reader.window(0);
        reader.read(window);
        reader.read_extras(window, lexicon::bit(Language::from_tag(&felt.lang)));
        let (sums, features) = reader.sums(model);
        let felt = model.sentiment(&sums, features, &reader.extras);
        felt.into_iter().chain(model.judge(&sums, features, &reader.extras)).collect()
    };
    texts.iter().map(of).collect()
}

/// Gives each example those opinions, once for all languages and once for its own: a head that knows
/// other texts says something, and how much is learned. Measured against what is usual among the known.
fn advise((known, known_texts): (&mut [Made], &[Felt]), (asked, asked_texts): (&mut [Made], &[Felt])) {
    let opinions_of_known = opinions(known_texts);
    let (count, mut usual) = (known_texts.len().max(1) as f32, Vec::new());
    for at in 0..opinions_of_known.first().map_or(0, Vec::len) {
        let mean = opinions_of_known.iter().map(|of| of[at]).sum::<f32>() / count;
        let spread = opinions_of_known.iter().map(|of| (of[at] - mean).powi(2)).sum::<f32>() / count;
        usual.push((mean, spread.sqrt().max(1e-3)));
    }
    let give = |examples: &mut [Made], texts: &[Felt], opinions: &[Vec<f32>]| {
        for ((example, felt), of) in examples.iter_mut().zip(texts).zip(opinions) {
            let tongue = Language::TEN.iter().position(|l| l.code() == felt.lang).unwrap_or(10) + 1;
            for (at, (value, (mean, spread))) in of.iter().zip(&usual).enumerate() {
                let value = ((value - mean) / spread).clamp(-3.0, 3.0) * ADVICE;
                example.valued.push((at as u32, value));
                example.valued.push(((tongue * usual.len() + at) as u32, value));
            }
        }
    };
    give(known, known_texts, &opinions_of_known);
    give(asked, asked_texts, &opinions(asked_texts));
}

/// Learns from some texts and says the class of others: the mean of several learners that differ in
/// their dice, in whether they know groups of like meaning and in how they weigh features, for they err
/// differently. All but the last also hear what the heads that are compiled in say.
pub fn learn_and_say(known: &[Felt], asked: &[Felt], settings: Settings, valences: &Valences) -> Vec<usize> {
    // Rare classes are as dear as common ones.
    let mut share = [1.0f32; SENTIMENTS];
    for felt in known {
        share[felt.class] += 1.0;
    }
    let (known_texts, asked_texts) = (known, asked);
    let (mut known, mut asked) = (examples(known, valences), examples(asked, valences));
    advise((&mut known, known_texts), (&mut asked, asked_texts));
    let rows = EXTRAS + 12 * VALENCE as usize;
    let mut sums = vec![[0.0f32; SENTIMENTS]; asked.len()];
    bayes::add((&known, &asked), 3, rows, 3.0, &mut sums);
    let mut round = |known: &[Example<SENTIMENTS>], asked: &[Example<SENTIMENTS>], settings: Settings| {
        let learned = learn(known, settings, rows, squash);
        for (sum, example) in sums.iter_mut().zip(asked) {
            let mut scores = learned.scores(example);
            squash(&mut scores);
            for (sum, score) in sum.iter_mut().zip(scores) {
                *sum += score;
            }
        }
    };
    for seed in [7, 8, 9] {
        round(&known, &asked, Settings { seed, keep: 0.5, extra_decay: 5e-3, ..settings });
    }
    for example in known.iter_mut().chain(&mut asked) {
        example.extras.retain(|row| !extras::is_kin(*row));
    }
    for seed in [7, 8, 9] {
        round(&known, &asked, Settings { seed, ..settings });
    }
    let weighed = |sum: &[f32; SENTIMENTS]| -> [f32; 3] { std::array::from_fn(|i| sum[i] / share[i].sqrt()) };
    sums.iter().map(|sum| maths::best(&weighed(sum))).collect()
}

/// The posts of the corpus as texts with a sentiment, by what their authors want.
pub fn of_posts(posts: &[Labelled]) -> Vec<Felt> {
    let class = |post: &Labelled| match post.intent {
        Intent::Complaint | Intent::Churn | Intent::Outage | Intent::SafetyLegal => 0,
        Intent::Question | Intent::Request | Intent::Irrelevant | Intent::Spam => 1,
        Intent::Compliment | Intent::Praise => 2,
    };
    posts.iter().map(|p| Felt { lang: p.lang.clone(), text: p.text.clone(), class: class(p) }).collect()
}

/// Learns the head that is shipped into `model`.
pub fn head(texts: &[Felt], settings: Settings, model: &mut Model) {
    let learned = learn(&examples(texts, &Valences::default()), settings, EXTRAS, squash);
    let (rows, scale) = learned.hashed.quantised();
    model.put(SENTIMENT_AT, &rows);
    model.sentiment_scale = scale;
    (model.sentiment_extra_rows, model.sentiment_extra_scale) = learned.extras.quantised();
    model.sentiment_bias = learned.bias.weights[0];
}

fn squash(scores: &mut [f32; SENTIMENTS]) {
    maths::softmax(&mut scores[..3]);
    scores[3] = 0.0;
}
