//! Measures: accuracy, macro-F1, quadratic kappa, area under the curve, confusion tables.
//!
//! Pure functions over counts and scores. They know nothing of files, and judge nobody.

use std::fmt::Write as _;

/// A confusion table: rows are what is right, columns what was said.
pub type Confusion = [[u32; 5]; 5];

/// The part of pairs that are equal.
pub fn accuracy<T: PartialEq>(pairs: &[(T, T)]) -> f32 {
    let right = pairs.iter().filter(|(gold, said)| gold == said).count();
    right as f32 / pairs.len().max(1) as f32
}

/// The F1 of one class.
pub fn f1_of<T: PartialEq>(pairs: &[(T, T)], class: &T) -> f32 {
    let hit = pairs.iter().filter(|(g, s)| g == class && s == class).count() as f32;
    let gold = pairs.iter().filter(|(g, _)| g == class).count() as f32;
    let said = pairs.iter().filter(|(_, s)| s == class).count() as f32;
    if gold + said == 0.0 { 0.0 } else { 2.0 * hit / (gold + said) }
}

/// The F1 of every class that occurs on either side, averaged.
pub fn macro_f1<T: PartialEq + Clone>(pairs: &[(T, T)]) -> f32 {
    let classes = classes(pairs);
    classes.iter().map(|class| f1_of(pairs, class)).sum::<f32>() / classes.len().max(1) as f32
}

/// The recall of every class that occurs in the truth, averaged (accuracy with classes even).
pub fn macro_recall<T: PartialEq + Clone>(pairs: &[(T, T)]) -> f32 {
    let truth: Vec<(T, T)> = pairs.iter().map(|(g, _)| (g.clone(), g.clone())).collect();
    let classes = classes(&truth);
    let sum: f32 = classes.iter().map(|class| recall(pairs, class)).sum();
    sum / classes.len().max(1) as f32
}

/// How many of one class were found.
pub fn recall<T: PartialEq>(pairs: &[(T, T)], class: &T) -> f32 {
    let gold = pairs.iter().filter(|(g, _)| g == class).count();
    let hit = pairs.iter().filter(|(g, s)| g == class && s == class).count();
    hit as f32 / gold.max(1) as f32
}

fn classes<T: PartialEq + Clone>(pairs: &[(T, T)]) -> Vec<T> {
    let mut classes: Vec<T> = Vec::new();
    for class in pairs.iter().flat_map(|(g, s)| [g, s]) {
        if !classes.contains(class) {
            classes.push(class.clone());
        }
    }
    classes
}

/// The F1 of every level of a table, averaged.
pub fn table_f1(table: &Confusion) -> f32 {
    let f1 = |i: usize| {
        let said: u32 = table.iter().map(|row| row[i]).sum();
        let both = table[i].iter().sum::<u32>() + said;
        2.0 * table[i][i] as f32 / both.max(1) as f32
    };
    (0..5).map(f1).sum::<f32>() / 5.0
}

/// Cohen's kappa with quadratic weights: 1 is agreement, 0 is chance.
pub fn kappa(table: &Confusion) -> f32 {
    let total: u32 = table.iter().flatten().sum();
    let (mut seen, mut chance) = (0.0f64, 0.0f64);
    for (i, row) in table.iter().enumerate() {
        let right: u32 = row.iter().sum();
        for (j, count) in row.iter().enumerate() {
            let said: u32 = table.iter().map(|r| r[j]).sum();
            let apart = i.abs_diff(j) as f64;
            seen += apart * apart * f64::from(*count);
            chance += apart * apart * f64::from(right) * f64::from(said) / f64::from(total.max(1));
        }
    }
    if chance == 0.0 { 0.0 } else { (1.0 - seen / chance) as f32 }
}

/// The chance that a positive scores above a negative; ties count half.
pub fn auc(scored: &[(f32, bool)]) -> f32 {
    let mut order: Vec<&(f32, bool)> = scored.iter().collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut sum) = (0.0f64, 0.0f64);
    for group in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let positive = group.iter().filter(|s| s.1).count() as f64;
        let negative = group.len() as f64 - positive;
        sum += positive * (below + negative / 2.0);
        below += negative;
    }
    let positives = scored.iter().filter(|s| s.1).count() as f64;
    if positives == 0.0 || below == 0.0 { 0.5 } else { (sum / positives / below) as f32 }
}

/// A confusion table of levels as text.
pub fn table(confusion: &Confusion) -> String {
    let mut out = String::from("      P1   P2   P3   P4   P5\n");
    for (level, row) in (1..).zip(confusion) {
        let _ = write!(out, "P{level} ");
        for count in row {
            let _ = write!(out, "{count:5}");
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f32, b: f32) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }

    #[test]
    fn known_values() {
        let pairs = [('a', 'a'), ('a', 'b'), ('b', 'b'), ('b', 'b')];
        close(accuracy(&pairs), 0.75);
        close(recall(&pairs, &'a'), 0.5);
        close(macro_recall(&pairs), 0.75);
        close(macro_f1(&pairs), f32::midpoint(2.0 / 3.0, 4.0 / 5.0));
        close(auc(&[(0.1, false), (0.4, true), (0.35, false), (0.8, true)]), 1.0);
        close(auc(&[(0.5, false), (0.5, true)]), 0.5);
        let mut table = [[0; 5]; 5];
        table[0][0] = 5;
        table[4][4] = 5;
        close(kappa(&table), 1.0);
        table = [[0; 5]; 5];
        table[0] = [1, 0, 0, 0, 1];
        table[4] = [1, 0, 0, 0, 1];
        close(kappa(&table), 0.0);
    }
}
