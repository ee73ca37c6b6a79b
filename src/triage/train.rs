//! Learns the weights of all heads from labelled posts, and the thresholds by cross-validation.
//!
//! Reads no file and writes none; `webcared-train` does that. The texts it learns from may be
//! shipped; what is only for measuring never comes here.

use super::eval;
use super::extras::EXTRAS;
pub use super::learn::Settings;
use super::learn::{Example, learn};
use super::lexicon;
use super::maths;
use super::model::{
    ANSWER_AT, INTENT_AT, JUDGE, JUDGE_AT, LANGUAGES, Model, P1_AT, P5_AT, PRIVATE_AT, URGENT_AT,
};
use super::reader::Reader;
use super::sentiment;
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
    /// How often it is learned from in each pass; see [`times_of`].
    #[serde(skip, default = "once")]
    pub times: usize,
}

const fn once() -> usize {
    1
}

/// How often the posts of a file of the corpus are learned from. Posts that are hard on purpose
/// (`LANG.hard.jsonl`) and say in every second line the contrary of what their words say stand as
/// often in the corpus as all others, and would teach that smoke is idle talk; in the world they are
/// rare. Those that teach rare intents (`LANG.more.jsonl`) are no picture of the world either. Plain ones (`LANG.plain.jsonl`) are few in the corpus and many in the world.
pub fn times_of(file_name: &str) -> usize {
    match file_name {
        name if name.ends_with(".hard.jsonl") || name.ends_with(".more.jsonl") => 1,
        name if name.ends_with(".plain.jsonl") => 4,
        _ => 2,
    }
}

/// A text with the code of its language.
#[derive(Clone, Debug)]
pub struct Tongue {
    /// The code: one of the ten, or another that counts as another language.
    pub code: String,
    /// The text.
    pub text: String,
}

/// The settings of the judging heads.
pub const JUDGING: Settings =
    Settings { epochs: 12, keep: 0.5, step: 0.12, decay: 2e-4, extra_decay: 2e-3, seed: 7 };
/// No post counts more than so many of the mean intent.
const DEAREST: f32 = 4.0;
/// How much of P1 the thresholds must find, on posts of unseen situations.
pub const P1_RECALL: f32 = 0.78;
/// The settings of the language head.
pub const LANGUAGE: Settings =
    Settings { epochs: 9, keep: 0.7, step: 0.3, decay: 0.0, extra_decay: 0.0, seed: 7 };

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
            let window = reader.window(0);
            reader.read(window);
            let found = reader.read_extras(window, lexicon::bit(Language::from_tag(&post.lang)));
            Example {
                hashed: reader.features.list.clone(),
                extras: reader.extras.clone(),
                target: target(post),
                found,
                ..Example::default()
            }
        })
        .collect()
}

/// How much is learned of each intent from a post that has it. Rare ones (praise, people who leave) would hardly
/// ever be said, for to call them by the common name is nearly always right.
fn dear(posts: &[Labelled]) -> [f32; 10] {
    let mut counts = [1.0f32; 10];
    for post in posts {
        counts[post.intent as usize] += post.times as f32;
    }
    let mean = counts.iter().sum::<f32>() / 10.0;
    // The power of three quarters, by roots, which are the same on every machine.
    counts.map(|count| ((mean / count).sqrt() * (mean / count).sqrt().sqrt()).min(DEAREST))
}

/// Learns the judging heads into `model`, all but the thresholds.
pub fn judging(posts: &[Labelled], settings: Settings, model: &mut Model) {
    let dear = dear(posts);
    let weighed = examples(posts).into_iter().zip(posts).map(|(mut example, post)| {
        example.dear[INTENT_AT..ANSWER_AT].fill(dear[post.intent as usize]);
        example
    });
    let often = posts.iter().zip(weighed);
    let examples: Vec<_> = often.flat_map(|(p, e)| std::iter::repeat_n(e, p.times)).collect();
    let learned = learn(&examples, settings, EXTRAS, squash_judging);
    let (rows, scale) = learned.hashed.quantised();
    model.put(JUDGE_AT, &rows);
    model.judge_scale = scale;
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
        let window = reader.window(0);
        reader.read(window);
        let mut target = [0.0; LANGUAGES];
        target[at] = 1.0;
        examples.push(Example { hashed: reader.features.list.clone(), target, ..Example::default() });
    }
    let squash = |scores: &mut [f32; LANGUAGES]| maths::softmax(scores);
    let learned = learn(&examples, settings, 0, squash);
    let (rows, scale) = learned.hashed.quantised();
    model.put(0, &rows);
    model.language_scale = scale;
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
    /// The concepts found.
    pub found: lexicon::Found,
    /// Its index in the corpus.
    pub index: usize,
}

impl Guess {
    /// The verdict that thresholds make of it.
    pub fn verdict(&self, thresholds: &verdict::Thresholds) -> verdict::Verdict {
        verdict::finish(self.score, self.scores, self.found, thresholds)
    }
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
            let sums = model.sums(&example.hashed);
            let scores = model.judge(&sums, example.hashed.len(), &example.extras);
            guesses.push(Guess { score: verdict::score(&scores), scores, found: example.found, index });
        }
    }
    guesses
}

/// The thresholds that give the best quadratic kappa with enough of P1 found, and the best F1 of
/// the needs, on guesses made without having seen the situation.
pub fn thresholds(posts: &[Labelled], guesses: &[Guess], recall: f32) -> verdict::Thresholds {
    let worth = |t: &verdict::Thresholds| {
        let mut table = [[0u32; 5]; 5];
        for guess in guesses {
            let (level, _) = verdict::place(guess.score, t);
            table[posts[guess.index].level as usize][level as usize] += 1;
        }
        let first: u32 = table[0].iter().sum();
        let found = table[0][0] as f32 / first.max(1) as f32;
        // Calm posts that would wake somebody cost more than the kappa says.
        let woken = (table[4][0] + table[4][1]) as f32 / table[4].iter().sum::<u32>().max(1) as f32;
        eval::kappa(&table) + 0.5 * eval::table_f1(&table) - 1.5 * woken - (recall - found).max(0.0) * 2.0
    };
    let grid: Vec<f32> = (8..92).map(|i| i as f32 / 100.0).collect();
    let mut best = [0.5, 0.55, 0.50, 0.50, 0.0, 0.0, -9.0, 8.0, 0.6, 0.0];
    for _round in 0..4 {
        for slot in 0..4 {
            climb(&mut best, slot, &grid, worth);
        }
    }
    let needs = |pick: fn(&verdict::Verdict) -> bool, gold: fn(&Labelled) -> bool| {
        move |t: &verdict::Thresholds| {
            let pairs = guesses.iter().map(|g| (gold(&posts[g.index]), pick(&g.verdict(t))));
            eval::f1_of(&pairs.collect::<Vec<_>>(), &true)
        }
    };
    let scores: Vec<f32> = (-30..31).map(|i| i as f32 / 10.0).collect();
    climb(&mut best, 4, &scores, needs(|v| v.needs_private, |p| p.needs_private));
    let silent = needs(|v| !v.needs_answer, |p| p.needs_answer == Some(false));
    climb(&mut best, 5, &scores, silent);
    climb(&mut best, 6, &scores, silent);
    // The calibration that makes what happened likeliest.
    let likely = |t: &verdict::Thresholds| -> f32 {
        let one = |g: &Guess| {
            let p = verdict::calibrated(g.score.urgent, t).clamp(1e-4, 1.0 - 1e-4);
            let error = if posts[g.index].level <= Level::P2 { 1.0 - p } else { p };
            -error * error
        };
        guesses.iter().map(one).sum()
    };
    let slopes: Vec<f32> = (4..60).map(|i| i as f32 / 2.0).collect();
    for _round in 0..3 {
        climb(&mut best, 7, &slopes, likely);
        climb(&mut best, 8, &grid, likely);
    }
    best
}

/// Sets one threshold to the value of the grid that is worth most, if that is more than now.
fn climb(
    best: &mut verdict::Thresholds,
    slot: usize,
    grid: &[f32],
    worth: impl Fn(&verdict::Thresholds) -> f32,
) {
    let mut top = worth(best);
    for value in grid {
        let mut tried = *best;
        tried[slot] = *value;
        let found = worth(&tried);
        if found > top {
            (top, *best) = (found, tried);
        }
    }
}

/// Learns everything and gives the bytes to compile in.
pub fn build(posts: &[Labelled], texts: &[Tongue], felt: &[sentiment::Felt]) -> Vec<u8> {
    let mut model = Model::blank();
    model.thresholds = thresholds(posts, &cross(posts, JUDGING, 5), P1_RECALL);
    judging(posts, JUDGING, &mut model);
    let felt = [sentiment::of_posts(posts).as_slice(), felt].concat();
    sentiment::head(&felt, sentiment::SETTINGS, &mut model);
    language(texts, LANGUAGE, &mut model);
    model.bytes()
}
