//! Logistic regression with AdaGrad, the same bit for bit each time: fixed order, one thread.
//!
//! Features are dropped at random from a fixed seed, so that no rare word is trusted alone. It knows
//! no posts and no files; `train` says what is learned from what.

use super::features::BUCKETS;
use super::lexicon::Found;
use super::model::{EXTRA_VALUE, Rows, share};

/// The pull towards zero of rows with values.
const VALUED_DECAY: f32 = 1e-3;

/// How training goes.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Passes over the examples.
    pub epochs: u32,
    /// The part of hashed features that is kept in each pass.
    pub keep: f32,
    /// Step of AdaGrad.
    pub step: f32,
    /// Pull towards zero, per example.
    pub decay: f32,
    /// The same for extras.
    pub extra_decay: f32,
    /// Where the dice begin.
    pub seed: u64,
}

/// Features of one text and what every output should say.
#[derive(Clone, Debug)]
pub struct Example<const N: usize> {
    /// Buckets of hashed features.
    pub hashed: Vec<u32>,
    /// Rows of extras.
    pub extras: Vec<u32>,
    /// Rows with a value of their own, such as what another head thinks.
    pub valued: Vec<(u32, f32)>,
    /// What each output should say, 0–1.
    pub target: [f32; N],
    /// How much each output learns from it; 1 is as much as from any.
    pub dear: [f32; N],
    /// The concepts found.
    pub found: Found,
}

impl<const N: usize> Default for Example<N> {
    fn default() -> Self {
        Self {
            hashed: Vec::new(),
            extras: Vec::new(),
            valued: Vec::new(),
            target: [0.0; N],
            dear: [1.0; N],
            found: Found::default(),
        }
    }
}

/// Pseudo-random numbers that are the same everywhere.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let x = self.0 ^ (self.0 >> 33);
        x.wrapping_mul(0xff51_afd7_ed55_8ccd) >> 20
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// A number from 0 up to 1.
    pub fn unit(&mut self) -> f32 {
        (self.next() & 0xff_ffff) as f32 / 16_777_216.0
    }

    /// Puts a list in another order.
    pub fn shuffle(&mut self, order: &mut [usize]) {
        for i in (1..order.len()).rev() {
            order.swap(i, self.below(i + 1));
        }
    }
}

/// Weights of one table while they are learned, with AdaGrad's sums.
#[derive(Debug)]
pub struct Table<const N: usize> {
    /// One row a feature.
    pub weights: Vec<[f32; N]>,
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
    pub fn quantised(&self) -> (Rows<N>, [f32; N]) {
        let mut scale = [1e-9f32; N];
        for row in &self.weights {
            for (scale, weight) in scale.iter_mut().zip(row) {
                *scale = scale.max(weight.abs() / 127.0);
            }
        }
        let cut =
            |row: &[f32; N]| std::array::from_fn(|i| ((row[i] / scale[i]).round() as i8).cast_unsigned());
        (self.weights.iter().map(cut).collect::<Vec<_>>().into(), scale)
    }
}

/// What was learned of one group of heads.
#[derive(Debug)]
pub struct Learned<const N: usize> {
    /// Weights of hashed features.
    pub hashed: Table<N>,
    /// Weights of extras.
    pub extras: Table<N>,
    /// Weights of rows with values.
    pub valued: Table<N>,
    /// The bias, one row.
    pub bias: Table<N>,
}

impl<const N: usize> Learned<N> {
    /// The scores of an example, before any rounding of weights.
    pub fn scores(&self, example: &Example<N>) -> [f32; N] {
        let mut scores = self.bias.weights[0];
        self.hashed.score(&example.hashed, share(example.hashed.len()), &mut scores);
        self.extras.score(&example.extras, EXTRA_VALUE, &mut scores);
        for (row, value) in &example.valued {
            self.valued.score(&[*row], *value, &mut scores);
        }
        scores
    }
}

/// Learns from examples with `extras` rows of extras; `squash` turns scores into what `target`
/// should be.
pub fn learn<const N: usize>(
    examples: &[Example<N>],
    settings: Settings,
    extras: usize,
    squash: fn(&mut [f32; N]),
) -> Learned<N> {
    let valued = examples.iter().flat_map(|e| &e.valued).map(|(row, _)| *row as usize + 1).max();
    let mut learned = Learned {
        hashed: Table::new(BUCKETS),
        extras: Table::new(extras),
        valued: Table::new(valued.unwrap_or_default()),
        bias: Table::new(1),
    };
    let (mut dice, mut order) = (Dice::new(settings.seed), (0..examples.len()).collect::<Vec<_>>());
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
            for (row, value) in &example.valued {
                learned.valued.score(&[*row], *value, &mut scores);
            }
            learned.bias.score(&[0], 1.0, &mut scores);
            squash(&mut scores);
            let gradient = std::array::from_fn(|i| (scores[i] - example.target[i]) * example.dear[i]);
            learned.hashed.learn(&kept, value, &gradient, step, settings.decay);
            learned.extras.learn(&example.extras, EXTRA_VALUE, &gradient, step, settings.extra_decay);
            for (row, value) in &example.valued {
                learned.valued.learn(&[*row], *value, &gradient, step * 0.5, VALUED_DECAY);
            }
            learned.bias.learn(&[0], 1.0, &gradient, step * 0.3, 0.0);
        }
    }
    learned
}
