//! A learner that weighs features by how much commoner they are in one class than in the others, before
//! it learns what to make of them (naive Bayes under logistic regression).
//!
//! It errs differently from the learner of the shipped heads, so that the mean of both is better than
//! either. Only for heads that are learned on the spot from research data and thrown away. Pure.

use super::features::BUCKETS;
use super::learn::{Dice, Example};
use super::maths;
use super::model::share;

/// Passes over the examples, the first step, the part of features kept, and the pull towards zero.
const EPOCHS: u32 = 6;
const STEP: f32 = 0.3;
const KEEP: f32 = 0.5;
const DECAY: f32 = 2e-4;
/// What every feature counts in every class before anything was read.
const BEFORE: f32 = 0.5;

/// Learns `classes` classes from `known` and adds to `sums` how likely each is for each of `asked`,
/// `weight` times.
pub fn add<const N: usize>(
    (known, asked): (&[Example<N>], &[Example<N>]),
    classes: usize,
    extras: usize,
    weight: f32,
    sums: &mut [[f32; N]],
) {
    let learned = Bayes::learn(known, classes, BUCKETS + extras);
    for (sum, example) in sums.iter_mut().zip(asked) {
        let mut scores = learned.scores(&rows(example));
        maths::softmax(&mut scores[..classes]);
        for (sum, score) in sum.iter_mut().zip(&scores[..classes]) {
            *sum += weight * score;
        }
    }
}

/// All rows of an example in one table: hashed features first.
fn rows<const N: usize>(example: &Example<N>) -> Vec<u32> {
    let extras = example.extras.iter().map(|row| row + BUCKETS as u32);
    example.hashed.iter().copied().chain(extras).collect()
}

fn class<const N: usize>(example: &Example<N>, classes: usize) -> usize {
    maths::best(&example.target[..classes])
}

struct Bayes<const N: usize> {
    /// How much commoner each row is in a class than outside it, as a logarithm.
    ratios: Vec<[f32; N]>,
    weights: Vec<[f32; N]>,
    bias: [f32; N],
}

impl<const N: usize> Bayes<N> {
    fn scores(&self, rows: &[u32]) -> [f32; N] {
        let (mut scores, value) = (self.bias, share(rows.len()));
        for row in rows.iter().map(|row| *row as usize) {
            for ((score, weight), ratio) in scores.iter_mut().zip(&self.weights[row]).zip(&self.ratios[row]) {
                *score += weight * ratio * value;
            }
        }
        scores
    }

    fn learn(known: &[Example<N>], classes: usize, table: usize) -> Self {
        let listed: Vec<Vec<u32>> = known.iter().map(rows).collect();
        let ratios = ratios(known, &listed, classes, table);
        let mut learned = Self { ratios, weights: vec![[0.0; N]; table], bias: [0.0; N] };
        let mut slopes = vec![[1e-4f32; N]; table];
        let (mut dice, mut order) = (Dice::new(5), (0..known.len()).collect::<Vec<_>>());
        let mut kept = Vec::new();
        for epoch in 0..EPOCHS {
            dice.shuffle(&mut order);
            let step = STEP * (1.0 - 0.8 * epoch as f32 / EPOCHS as f32);
            for &index in &order {
                kept.clear();
                kept.extend(listed[index].iter().filter(|_| dice.unit() < KEEP));
                let mut errors = learned.scores(&kept);
                maths::softmax(&mut errors[..classes]);
                errors[class(&known[index], classes)] -= 1.0;
                let value = share(kept.len());
                for row in kept.iter().map(|row| *row as usize) {
                    for at in 0..classes {
                        let weight = &mut learned.weights[row][at];
                        let slope = errors[at] * learned.ratios[row][at] * value + *weight * DECAY;
                        slopes[row][at] += slope * slope;
                        *weight -= step * slope / slopes[row][at].sqrt();
                    }
                }
                for (bias, error) in learned.bias.iter_mut().zip(&errors[..classes]) {
                    *bias -= 0.01 * error;
                }
            }
        }
        learned
    }
}

fn ratios<const N: usize>(
    known: &[Example<N>],
    listed: &[Vec<u32>],
    classes: usize,
    table: usize,
) -> Vec<[f32; N]> {
    let mut counts = vec![[BEFORE; N]; table];
    for (example, rows) in known.iter().zip(listed) {
        let class = class(example, classes);
        for row in rows {
            counts[*row as usize][class] += 1.0;
        }
    }
    let mut totals = [0.0f32; N];
    for row in &counts {
        totals.iter_mut().zip(&row[..classes]).for_each(|(total, count)| *total += count);
    }
    let all: f32 = totals.iter().sum();
    let ratio = |row: &[f32; N], at: usize| {
        let in_row: f32 = row[..classes].iter().sum();
        let (inside, outside) = (row[at] / totals[at], (in_row - row[at]) / (all - totals[at]));
        (inside / outside).ln()
    };
    let of_row = |row: &[f32; N]| std::array::from_fn(|at| if at < classes { ratio(row, at) } else { 0.0 });
    counts.iter().map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(hashed: &[u32], class: usize) -> Example<4> {
        let mut target = [0.0; 4];
        target[class] = 1.0;
        Example { hashed: hashed.to_vec(), target, ..Example::default() }
    }

    #[test]
    fn what_is_common_in_one_class_speaks_for_it() {
        let known: Vec<_> = (0..30).map(|i| example(&[i % 3, 9], (i % 3) as usize)).collect();
        let asked = [example(&[0], 0), example(&[1, 9], 0), example(&[2, 7], 0)];
        let mut sums = vec![[0.0; 4]; 3];
        add((&known, &asked), 3, 0, 2.0, &mut sums);
        for (at, sum) in sums.iter().enumerate() {
            assert_eq!(maths::best(&sum[..3]), at);
            assert!((sum[..3].iter().sum::<f32>() - 2.0).abs() < 1e-4);
            assert_eq!(sum[3].to_bits(), 0);
        }
    }

    #[test]
    fn a_feature_of_all_classes_says_nothing() {
        let known: Vec<_> = (0..30).map(|i| example(&[5], (i % 3) as usize)).collect();
        let ratios = ratios(&known, &known.iter().map(rows).collect::<Vec<_>>(), 3, BUCKETS);
        assert!(ratios[5].iter().all(|ratio| ratio.abs() < 1e-3), "{:?}", ratios[5]);
    }
}
