//! What the benchmarks share: rounds of floor, product, floor; medians; and when a figure is void.

#![allow(dead_code, reason = "each benchmark uses its part")]

pub mod corpus;
pub mod daemon;
pub mod frames;
pub mod load;
pub mod machine;
pub mod web;

use std::fmt::Write as _;

/// How far the two floors of a round may lie apart before the round says nothing.
const DRIFT_MAX: f64 = 1.25;
/// Fewest good rounds from which a figure is made.
const ROUNDS_MIN: usize = 3;

/// The command line behind the name of the benchmark.
pub struct Args(Vec<String>);

impl Args {
    pub fn of_process() -> Self {
        Self(std::env::args().skip(1).filter(|a| a != "--bench").collect())
    }

    pub fn has(&self, flag: &str) -> bool {
        self.0.iter().any(|a| a == flag)
    }

    pub fn value(&self, flag: &str) -> Option<&str> {
        let at = self.0.iter().position(|a| a == flag)?;
        self.0.get(at + 1).map(String::as_str)
    }

    pub fn number(&self, flag: &str, default: usize) -> usize {
        self.value(flag).map_or(default, |n| n.replace('_', "").parse().expect(flag))
    }
}

/// One figure of a benchmark, measured three times a round.
#[derive(Clone, Copy, Debug)]
pub struct Triple {
    pub before: f64,
    pub product: f64,
    pub after: f64,
}

impl Triple {
    fn floor(&self) -> f64 {
        f64::midpoint(self.before, self.after)
    }

    fn is_steady(&self) -> bool {
        let (low, high) = (self.before.min(self.after), self.before.max(self.after));
        high <= low * DRIFT_MAX
    }
}

/// Which way a figure is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// At least this part of the floor's.
    AtLeast,
    /// At most this multiple of the floor's.
    AtMost,
}

/// Prints the rounds of one figure and its verdict; tells whether it was reached.
pub fn verdict(name: &str, unit: &str, rounds: &[Triple], wanted: Wanted, limit: f64) -> bool {
    for (n, r) in rounds.iter().enumerate() {
        let mark = if r.is_steady() { "" } else { "  void: the floors differ by more than 25 %" };
        println!(
            "{name}: round {}: floor {} {unit}, product {} {unit}, floor {} {unit}, ratio {:.3}{mark}",
            n + 1,
            shown(r.before),
            shown(r.product),
            shown(r.after),
            r.product / r.floor(),
        );
    }
    let good: Vec<&Triple> = rounds.iter().filter(|r| r.is_steady()).collect();
    if good.len() < ROUNDS_MIN.min(rounds.len()) {
        println!("{name}: VOID, only {} of {} rounds are steady", good.len(), rounds.len());
        return false;
    }
    let ratio = median(good.iter().map(|r| r.product / r.floor()));
    let reached = match wanted {
        Wanted::AtLeast => ratio >= limit,
        Wanted::AtMost => ratio <= limit,
    };
    let (sign, word) = match wanted {
        Wanted::AtLeast => ("≥", if reached { "reached" } else { "NOT reached" }),
        Wanted::AtMost => ("≤", if reached { "reached" } else { "NOT reached" }),
    };
    println!(
        "{name}: medians of {}: floor {} {unit}, product {} {unit}, ratio {ratio:.3} (wanted {sign} {limit}): {word}",
        good.len(),
        shown(median(good.iter().map(|r| r.floor()))),
        shown(median(good.iter().map(|r| r.product))),
    );
    reached
}

/// Prints a figure that has a fixed limit; tells whether it was reached.
pub fn within(name: &str, unit: &str, found: f64, limit: f64) -> bool {
    let reached = found <= limit;
    let word = if reached { "reached" } else { "NOT reached" };
    println!("{name}: {} {unit} (wanted ≤ {}): {word}", shown(found), shown(limit));
    reached
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    quantile(&mut values, 0.5)
}

/// The value below which the part `q` of the values lies.
pub fn quantile(values: &mut [f64], q: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * q).round() as usize]
}

/// A number with as many digits as it can bear.
pub fn shown(value: f64) -> String {
    let mut text = String::new();
    let _ = match value.abs() {
        v if v >= 10_000.0 => write!(text, "{:.1} k", value / 1000.0),
        v if v >= 100.0 => write!(text, "{value:.0}"),
        v if v >= 1.0 => write!(text, "{value:.2}"),
        _ => write!(text, "{value:.4}"),
    };
    text
}

/// Runs `floor, product, floor` as often as wanted.
pub fn rounds(n: usize, mut floor: impl FnMut() -> f64, mut product: impl FnMut() -> f64) -> Vec<Triple> {
    (0..n).map(|_| Triple { before: floor(), product: product(), after: floor() }).collect()
}
