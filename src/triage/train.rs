//! Learns the weights of all heads, the same bit for bit each time: fixed order, one thread.
//!
//! Logistic regression with AdaGrad on the features of `features` and `extras`, with features
//! dropped at random from a fixed seed. Reads no file and writes none; `webcared-train` does that.
//! The texts it learns from may be shipped; what is only for measuring never comes here.

use super::eval;
use super::extras::EXTRAS;
use super::features::BUCKETS;
use super::lexicon;
use super::maths;
use super::model::{
    ANSWER_AT, EXTRA_VALUE, INTENT_AT, JUDGE, LANGUAGES, Model, P1_AT, P5_AT, PRIVATE_AT, URGENT_AT, share,
};
use super::reader::Reader;
use super::verdict;
use crate::domain::judgement::{Intent, Level};
use crate::domain::language::Language;
use serde::Deserialize;

/// One labelled post of the corpus.
#[derive(Clone, Debug, Deserialize)]
pub struct Labelled {
    /// The code of its language.
    pub lang: String,
    /// The post.
    pub text: String,
    /// Its level.
    pub level: Level,
    /// Its intent; sets that know no requests say question.
    pub intent: Intent,
    /// Whether the brand should answer it.
    #[serde(default)]
    pub needs_answer: Option<bool>,
    /// Whether solving it needs a private channel.
    #[serde(default, alias = "needs_private_channel")]
    pub needs_private: bool,
    /// The situation, by which posts are grouped.
    #[serde(default)]
    pub situation: String,
}

/// A text with the code of its language.
#[derive(Clone, Debug)]
pub struct Tongue {
    /// The code: one of the ten, or another that counts as another language.
    pub code: String,
    /// The text.
    pub text: String,
}

/// How training goes.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Passes over the corpus.
    pub epochs: u32,
    /// The part of hashed features that is kept in each pass.
    pub keep: f32,
    /// Step of AdaGrad.
    pub step: f32,
    /// Pull towards zero, per example.
    pub decay: f32,
    /// The same for extras.
    pub extra_decay: f32,
}

/// The settings of the judging heads.
pub const JUDGING: Settings = Settings { epochs: 12, keep: 0.5, step: 0.12, decay: 2e-4, extra_decay: 1e-3 };
/// How much of P1 the thresholds must find, on posts of unseen situations.
pub const P1_RECALL: f32 = 0.66;
/// The settings of the language head.
pub const LANGUAGE: Settings = Settings { epochs: 6, keep: 0.7, step: 0.3, decay: 0.0, extra_decay: 0.0 };

/// Features of one text and what every output should say.
struct Example<const N: usize> {
    hashed: Vec<u32>,
    extras: Vec<u32>,
    target: [f32; N],
}

/// Pseudo-random numbers that are the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let x = self.0 ^ (self.0 >> 33);
        x.wrapping_mul(0xff51_afd7_ed55_8ccd) >> 20
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn unit(&mut self) -> f32 {
        (self.next() & 0xff_ffff) as f32 / 16_777_216.0
    }
    fn shuffle(&mut self, order: &mut [usize]) {
        for i in (1..order.len()).rev() {
            order.swap(i, self.below(i + 1));
        }
    }
}

/// Weights of one table while they are learned, with AdaGrad's sums.
struct Table<const N: usize> {
    weights: Vec<[f32; N]>,
    sums: Vec<[f32; N]>,
}

impl<const N: usize> Table<N> {
    fn new(rows: usize) -> Self {
        Self { weights: vec![[0.0; N]; rows], sums: vec![[1e-4; N]; rows] }
    }

    fn score(&self, list: &[u32], value: f32, scores: &mut [f32; N]) {
        for at in list {
            for (score, weight) in scores.iter_mut().zip(&self.weights[*at as usize]) {
                *score += weight * value;
            }
        }
    }

    fn learn(&mut self, list: &[u32], value: f32, gradient: &[f32; N], step: f32, decay: f32) {
        for at in list {
            let (row, sums) = (&mut self.weights[*at as usize], &mut self.sums[*at as usize]);
            for ((weight, sum), error) in row.iter_mut().zip(sums).zip(gradient) {
                let slope = error * value + *weight * decay;
                *sum += slope * slope;
                *weight -= step * slope / sum.sqrt();
            }
        }
    }

    /// Whole numbers from −127 to 127 and the scale of each column.
    fn quantised(&self) -> (Vec<[i8; N]>, [f32; N]) {
        let mut scale = [1e-9f32; N];
        for row in &self.weights {
            for (scale, weight) in scale.iter_mut().zip(row) {
                *scale = scale.max(weight.abs() / 127.0);
            }
        }
        let cut = |row: &[f32; N]| std::array::from_fn(|i| (row[i] / scale[i]).round() as i8);
        (self.weights.iter().map(cut).collect(), scale)
    }
}

/// What was learned of one group of heads.
struct Learned<const N: usize> {
    hashed: Table<N>,
    extras: Table<N>,
    bias: Table<N>,
}

/// Learns from examples; `squash` turns scores into what `target` should be.
fn learn<const N: usize>(
    examples: &[Example<N>],
    settings: Settings,
    extras: usize,
    squash: fn(&mut [f32; N]),
) -> Learned<N> {
    let mut learned =
        Learned { hashed: Table::new(BUCKETS), extras: Table::new(extras), bias: Table::new(1) };
    let (mut dice, mut order) = (Dice(7), (0..examples.len()).collect::<Vec<_>>());
    let mut kept = Vec::new();
    for epoch in 0..settings.epochs {
        dice.shuffle(&mut order);
        let step = settings.step * (1.0 - 0.8 * epoch as f32 / settings.epochs as f32);
        for &index in &order {
            let example = &examples[index];
            kept.clear();
            kept.extend(example.hashed.iter().filter(|_| dice.unit() < settings.keep));
            let value = share(example.hashed.len()) / settings.keep;
            let mut scores = [0.0; N];
            learned.hashed.score(&kept, value, &mut scores);
            learned.extras.score(&example.extras, EXTRA_VALUE, &mut scores);
            learned.bias.score(&[0], 1.0, &mut scores);
            squash(&mut scores);
            let gradient = std::array::from_fn(|i| scores[i] - example.target[i]);
            learned.hashed.learn(&kept, value, &gradient, step, settings.decay);
            learned.extras.learn(&example.extras, EXTRA_VALUE, &gradient, step, settings.extra_decay);
            learned.bias.learn(&[0], 1.0, &gradient, step * 0.3, 0.0);
        }
    }
    learned
}

fn squash_judging(scores: &mut [f32; JUDGE]) {
    maths::softmax(&mut scores[..INTENT_AT]);
    maths::softmax(&mut scores[INTENT_AT..ANSWER_AT]);
    for score in &mut scores[ANSWER_AT..] {
        *score = maths::sigmoid(*score);
    }
}

fn target(post: &Labelled) -> [f32; JUDGE] {
    let mut target = [0.0; JUDGE];
    let on = |yes: bool| if yes { 1.0 } else { 0.0 };
    target[post.level as usize] = 1.0;
    target[INTENT_AT + post.intent as usize] = 1.0;
    target[ANSWER_AT] = on(post.needs_answer.unwrap_or(true));
    target[PRIVATE_AT] = on(post.needs_private);
    target[URGENT_AT] = on(post.level <= Level::P2);
    target[P1_AT] = on(post.level == Level::P1);
    target[P5_AT] = on(post.level == Level::P5);
    target
}

fn examples(posts: &[Labelled]) -> Vec<Example<JUDGE>> {
    let mut reader = Reader::default();
    posts
        .iter()
        .map(|post| {
            reader.open(&post.text);
            let window = reader.windows().next().unwrap_or_default();
            reader.read(window);
            reader.read_extras(window, lexicon::bit(Language::from_tag(&post.lang)));
            Example {
                hashed: reader.features.list.clone(),
                extras: reader.extras.clone(),
                target: target(post),
            }
        })
        .collect()
}

/// Learns the judging heads into `model`, all but the thresholds.
pub fn judging(posts: &[Labelled], settings: Settings, model: &mut Model) {
    let learned = learn(&examples(posts), settings, EXTRAS, squash_judging);
    (model.judge_rows, model.judge_scale) = learned.hashed.quantised();
    (model.extra_rows, model.extra_scale) = learned.extras.quantised();
    model.judge_bias = learned.bias.weights[0];
}

/// Learns the language head into `model`.
pub fn language(texts: &[Tongue], settings: Settings, model: &mut Model) {
    let mut codes: Vec<String> = Vec::new();
    for text in texts {
        if !codes.contains(&text.code) && codes.len() < LANGUAGES {
            codes.push(text.code.clone());
        }
    }
    let mut reader = Reader::default();
    let mut examples = Vec::with_capacity(texts.len());
    for text in texts {
        let Some(at) = codes.iter().position(|c| *c == text.code) else { continue };
        reader.open(&text.text);
        let window = reader.windows().next().unwrap_or_default();
        reader.read(window);
        let mut target = [0.0; LANGUAGES];
        target[at] = 1.0;
        examples.push(Example { hashed: reader.features.list.clone(), extras: Vec::new(), target });
    }
    let squash = |scores: &mut [f32; LANGUAGES]| maths::softmax(scores);
    let learned = learn(&examples, settings, 0, squash);
    (model.language_rows, model.language_scale) = learned.hashed.quantised();
    model.language_bias = learned.bias.weights[0];
    model.languages = codes;
}

/// A post with what a model that never saw its situation says of it.
#[derive(Clone, Debug)]
pub struct Guess {
    /// How urgent the model finds it.
    pub score: verdict::Score,
    /// The raw scores of the heads.
    pub scores: [f32; JUDGE],
    /// Its index in the corpus.
    pub index: usize,
}

/// Judges every post by a model learned from the other situations, in `folds` parts.
pub fn cross(posts: &[Labelled], settings: Settings, folds: u32) -> Vec<Guess> {
    let fold_of = |post: &Labelled| {
        let hash =
            post.situation.bytes().fold(0x811c_9dc5u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
        (hash >> 7) % folds
    };
    let mut guesses = Vec::with_capacity(posts.len());
    for fold in 0..folds {
        let seen: Vec<Labelled> = posts.iter().filter(|p| fold_of(p) != fold).cloned().collect();
        let mut model = Model::blank();
        judging(&seen, settings, &mut model);
        let held: Vec<usize> = (0..posts.len()).filter(|i| fold_of(&posts[*i]) == fold).collect();
        let texts: Vec<Labelled> = held.iter().map(|i| posts[*i].clone()).collect();
        for (index, example) in held.into_iter().zip(examples(&texts)) {
            let scores = model.judge(&example.hashed, &example.extras);
            guesses.push(Guess { score: verdict::score(&scores), scores, index });
        }
    }
    guesses
}

/// The thresholds that give the best quadratic kappa with enough of P1 found, on guesses made
/// without having seen the situation.
pub fn thresholds(posts: &[Labelled], guesses: &[Guess], recall: f32) -> [f32; 4] {
    let worth = |t: &[f32; 4]| {
        let mut table = [[0u32; 5]; 5];
        for guess in guesses {
            let (level, _) = verdict::place(guess.score, t);
            table[posts[guess.index].level as usize][level as usize] += 1;
        }
        let first: u32 = table[0].iter().sum();
        let found = table[0][0] as f32 / first.max(1) as f32;
        // Calm posts that would wake somebody cost more than the kappa says.
        let woken = (table[4][0] + table[4][1]) as f32 / table[4].iter().sum::<u32>().max(1) as f32;
        eval::kappa(&table) + 0.5 * eval::table_f1(&table) - woken - (recall - found).max(0.0) * 2.0
    };
    let mut best = [0.5, 0.55, 0.50, 0.50];
    let mut top = worth(&best);
    for _round in 0..4 {
        for slot in 0..4 {
            for value in (8..92).map(|i| i as f32 / 100.0) {
                let mut tried = best;
                tried[slot] = value;
                if worth(&tried) > top {
                    top = worth(&tried);
                    best = tried;
                }
            }
        }
    }
    best
}

/// Learns everything and gives the bytes to compile in.
pub fn build(posts: &[Labelled], texts: &[Tongue]) -> Vec<u8> {
    let mut model = Model::blank();
    model.thresholds = thresholds(posts, &cross(posts, JUDGING, 5), P1_RECALL);
    judging(posts, JUDGING, &mut model);
    language(texts, LANGUAGE, &mut model);
    model.bytes()
}
