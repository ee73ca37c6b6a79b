//! Sorting lists that are short or seldom sorted.
//!
//! The standard library's sort is quick, and compiled for each kind of element and each order: some kilobytes a
//! time, for lists of a page or a report. Here the places are sorted, which are numbers whatever stands at them, and
//! only the moving is made for each kind of element. Where speed counts the standard library's own is right.

use std::cmp::Ordering;

/// Puts a list in order; what compares as equal keeps its order.
pub trait InOrder<T> {
    /// As `sort_by`.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// As `sort_by_key`.
    fn order_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> InOrder<T> for [T] {
    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let swaps = swaps(self.len(), &mut |a, b| compare(&self[a], &self[b]));
        for (a, b) in swaps {
            self.swap(a, b);
        }
    }

    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }
}

/// The swaps that put so many places in order, one after another.
fn swaps(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    // Where what stands at each place belongs.
    let mut belongs = vec![0; len];
    for (to, from) in order.into_iter().enumerate() {
        belongs[from] = to;
    }
    let mut swaps = Vec::new();
    for at in 0..len {
        while belongs[at] != at {
            let to = belongs[at];
            swaps.push((at, to));
            belongs.swap(at, to);
        }
    }
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        let mut seed = 7_u32;
        let mut number = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 28
        };
        for len in 0..60_u32 {
            // Few keys, so that many are equal and must keep their order.
            let list: Vec<(u32, u32)> = (0..len).map(|n| (number(), n)).collect();
            let (mut ours, mut theirs) = (list.clone(), list.clone());
            ours.order_by(|a, b| b.0.cmp(&a.0));
            theirs.sort_by_key(|one| std::cmp::Reverse(one.0));
            assert_eq!(ours, theirs, "{list:?}");
            ours.order_by_key(|one| one.0);
            theirs.sort_by_key(|one| one.0);
            assert_eq!(ours, theirs, "{list:?}");
        }
    }
}
