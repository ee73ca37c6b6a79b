//! How many people keep a promise: Erlang C, where everybody waits until they are answered, and Erlang A, where some
//! give up. Arrivals and handling are taken to be random in the usual way (Poisson, exponential).
//!
//! Rates are per minute, times in minutes. All of it is computed by recursions that neither overflow nor lose digits
//! for teams of any size.

/// Most people that are thought of.
const PEOPLE_MAX: u32 = 5_000;

/// What comes in, and how long one takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// How many come in a minute.
    pub arrivals: f64,
    /// How many minutes one takes to answer.
    pub handling: f64,
}

impl Load {
    /// The work that comes in, in people who would be busy without a break (erlang).
    pub fn offered(self) -> f64 {
        (self.arrivals * self.handling).max(0.0)
    }
}

/// Erlang B: the share that finds all of `people` busy, where nobody waits.
pub fn erlang_b(offered: f64, people: u32) -> f64 {
    (1..=people).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b))
}

/// Erlang C: the share that has to wait. All, where more comes in than `people` can do.
pub fn erlang_c(offered: f64, people: u32) -> f64 {
    let n = f64::from(people);
    if offered <= 0.0 {
        return 0.0;
    }
    if offered >= n {
        return 1.0;
    }
    let b = erlang_b(offered, people);
    n * b / (n - offered * (1.0 - b))
}

/// The share that is taken up within `minutes`, by Erlang C.
pub fn within(load: Load, people: u32, minutes: f64) -> f64 {
    let offered = load.offered();
    if offered <= 0.0 {
        return 1.0;
    }
    let spare = f64::from(people) - offered;
    if spare <= 0.0 || load.handling <= 0.0 {
        return 0.0;
    }
    1.0 - erlang_c(offered, people) * (-spare * minutes.max(0.0) / load.handling).exp()
}

/// The mean wait in minutes, by Erlang C; none where the queue grows for ever.
pub fn mean_wait(load: Load, people: u32) -> Option<f64> {
    let offered = load.offered();
    let spare = f64::from(people) - offered;
    (spare > 0.0).then(|| erlang_c(offered, people) * load.handling / spare)
}

/// What Erlang A tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impatient {
    /// The share that has to wait.
    pub waits: f64,
    /// The share that gives up.
    pub gives_up: f64,
    /// The mean wait in minutes, of all.
    pub mean_wait: f64,
    /// The share that somebody patient would be taken up within the minutes asked for.
    pub within: f64,
}

/// Erlang A: as Erlang C, but who waits gives up after `patience` minutes in the mean. There is an answer also where
/// more comes in than people can do.
pub fn erlang_a(load: Load, people: u32, patience: f64, minutes: f64) -> Impatient {
    let n = f64::from(people);
    let (lambda, mu, theta) = (load.arrivals.max(0.0), 1.0 / load.handling, 1.0 / patience);
    if lambda <= 0.0 {
        return Impatient { waits: 0.0, gives_up: 0.0, mean_wait: 0.0, within: 1.0 };
    }
    // Weights of states relative to all being busy with nobody waiting, downwards and upwards.
    let (mut below, mut weight) = (0.0_f64, 1.0_f64);
    for k in (1..=people).rev() {
        weight *= f64::from(k) * mu / lambda;
        below += weight;
    }
    // Of somebody who finds all busy and k waiting, the wait is longer than t with the chance I_x(a, k + 1), for it is a
    // sum of k + 1 steps at rates n mu + j theta; x and a as below.
    let (a, x) = (n * mu / theta, (-theta * minutes.max(0.0)).exp());
    let (mut above, mut queue, mut late) = (0.0_f64, 0.0_f64, 0.0_f64);
    // By its logarithm, for in a long time the first step alone is smaller than any number.
    let (mut weight, mut step, mut tail) = (1.0_f64, -n * mu * minutes.max(0.0), 0.0);
    for k in 0..100_000_u32 {
        let waiting = f64::from(k);
        tail += step.exp();
        above += weight;
        queue += weight * waiting;
        late += weight * f64::min(tail, 1.0);
        step += ((a + waiting) / (waiting + 1.0) * (1.0 - x)).ln();
        weight *= lambda / (n * mu + (waiting + 1.0) * theta);
        if weight > 1e200 {
            // Shares are asked for: all of it becomes smaller alike.
            [weight, below, above, queue, late] = [weight, below, above, queue, late].map(|w| w * 1e-200);
        }
        if weight < above * 1e-14 && weight * waiting < (queue + 1.0) * 1e-14 {
            break;
        }
    }
    let all = below + above;
    let gives_up = theta * queue / all / lambda;
    Impatient {
        waits: above / all,
        gives_up,
        mean_wait: queue / all / lambda,
        within: (1.0 - late / all).clamp(0.0, 1.0),
    }
}

/// The fewest people with whom a share is taken up within the minutes: by Erlang C, or by Erlang A where people give up
/// after `patience` minutes in the mean. None where no team could.
pub fn people_for(load: Load, minutes: f64, share: f64, patience: Option<f64>) -> Option<u32> {
    if load.offered() <= 0.0 {
        return Some(0);
    }
    let is_enough = |n: u32| match patience {
        Some(patience) => erlang_a(load, n, patience, minutes).within >= share,
        None => within(load, n, minutes) >= share,
    };
    // More people never do worse: doubled until they are enough, then halved between.
    let (mut too_few, mut enough) = (0, 1);
    while !is_enough(enough) {
        if enough >= PEOPLE_MAX {
            return None;
        }
        too_few = enough;
        enough = (enough * 2).min(PEOPLE_MAX);
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if is_enough(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(found: f64, wanted: f64, off: f64) {
        assert!((found - wanted).abs() <= off, "{found} is not {wanted}");
    }

    #[test]
    fn published_tables_are_met() {
        // Erlang B: traffic for a blocking of 1 % and 0.1 % (the tables of every textbook).
        for (people, offered, blocked) in
            [(5, 1.361, 0.01), (10, 4.461, 0.01), (20, 12.03, 0.01), (10, 3.092, 0.001), (1, 0.0101, 0.01)]
        {
            near(erlang_b(offered, people), blocked, blocked * 0.01);
        }
        // 100 calls in half an hour of three minutes each with 14 people: 17.4 % wait, 88.8 % within 20 s, 7.8 s.
        let load = Load { arrivals: 100.0 / 30.0, handling: 3.0 };
        near(erlang_c(load.offered(), 14), 0.1741, 0.0001);
        near(within(load, 14, 20.0 / 60.0), 0.888, 0.0005);
        near(mean_wait(load, 14).unwrap() * 60.0, 7.8, 0.05);
        // Garnett, Mandelbaum, Reiman (2002): 48 a minute, a minute each, 50 people, patience of two minutes.
        let load = Load { arrivals: 48.0, handling: 1.0 };
        near(mean_wait(load, 50).unwrap() * 60.0, 20.8, 0.1);
        near(mean_wait(load, 50).unwrap() * load.arrivals, 17.0, 0.5);
        near(within(load, 50, 58.1 / 60.0), 0.9, 0.001);
        let a = erlang_a(load, 50, 2.0, 0.0);
        near(a.gives_up, 0.031, 0.0005);
        near(a.mean_wait * 60.0, 3.7, 0.05);
    }

    /// The same by summing the states of the queue, without any closed form.
    fn summed(load: Load, people: u32, theta: f64) -> (f64, f64) {
        let mu = 1.0 / load.handling;
        let (mut weight, mut all, mut waits, mut queue) = (1.0_f64, 1.0_f64, 0.0_f64, 0.0_f64);
        for k in 1..20_000_u32 {
            let busy = f64::from(k.min(people)) * mu;
            let waiting = f64::from(k.saturating_sub(people));
            weight *= load.arrivals / (busy + waiting * theta);
            all += weight;
            if k >= people {
                waits += weight;
                queue += weight * waiting;
            }
        }
        (waits / all, queue / all)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn sums_over_states_say_the_same(people in 1u32..60, use_of in 0.05f64..0.97, handling in 0.5f64..30.0) {
            let load = Load { arrivals: f64::from(people) * use_of / handling, handling };
            let (waits, queue) = summed(load, people, 0.0);
            prop_assert!((erlang_c(load.offered(), people) - waits).abs() < 1e-6);
            let wait = mean_wait(load, people).unwrap();
            prop_assert!((wait * load.arrivals - queue).abs() < 1e-4 * (1.0 + queue));
            let (waits, queue) = summed(load, people, 1.0 / 20.0);
            let a = erlang_a(load, people, 20.0, 0.0);
            prop_assert!((a.waits - waits).abs() < 1e-6, "{a:?} {waits}");
            prop_assert!((a.mean_wait * load.arrivals - queue).abs() < 1e-5 * (1.0 + queue));
            // Who waits not at all is taken up within no time.
            prop_assert!((a.within - (1.0 - a.waits)).abs() < 1e-6);
        }

        #[test]
        fn more_people_never_do_worse_and_one_fewer_is_too_few(
            arrivals in 0.001f64..20.0, handling in 0.5f64..30.0, minutes in 1f64..120.0, share in 0.5f64..0.99,
        ) {
            let load = Load { arrivals, handling };
            let n = people_for(load, minutes, share, None).unwrap();
            prop_assert!(within(load, n, minutes) >= share && within(load, n + 1, minutes) >= within(load, n, minutes));
            prop_assert!(n == 1 || within(load, n - 1, minutes) < share);
            // Where some give up, fewer will do.
            prop_assert!(people_for(load, minutes, share, Some(60.0)).unwrap() <= n);
        }

        #[test]
        fn a_patience_without_end_is_erlang_c(people in 1u32..30, use_of in 0.1f64..0.9, minutes in 0f64..10.0) {
            let load = Load { arrivals: f64::from(people) * use_of, handling: 1.0 };
            let a = erlang_a(load, people, 1e6, minutes);
            prop_assert!((a.within - within(load, people, minutes)).abs() < 1e-3, "{a:?}");
        }
    }

    #[test]
    fn long_promises_are_told_too() {
        // Sixteen times what five people can do, and nobody gives up within the day that is promised.
        let load = Load { arrivals: 10.0, handling: 8.0 };
        assert!(erlang_a(load, 5, 10_000.0, 1440.0).within < 1e-6);
        assert!(people_for(load, 1440.0, 0.8, Some(10_000.0)).unwrap() > 60);
        // One person for what eight hundred would do: who waits for good waits 60 ln(801) minutes, as others give up.
        let load = Load { arrivals: 100.0, handling: 8.0 };
        let (soon, late) = (erlang_a(load, 1, 60.0, 300.0), erlang_a(load, 1, 60.0, 500.0));
        assert!(soon.within < 0.01 && late.within > 0.99, "{soon:?} {late:?}");
        near(late.gives_up, 1.0 - 0.125 / 100.0, 1e-4);
    }

    #[test]
    fn a_small_simulation_says_the_same() {
        // A generator of our own, so that it is the same everywhere.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut exponential = move |mean: f64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let unit = ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            -mean * unit.ln()
        };
        let (load, people, minutes) = (Load { arrivals: 0.9, handling: 4.0 }, 5_usize, 6.0);
        let mut free = vec![0.0_f64; people];
        let (mut now, mut kept, all) = (0.0, 0_u32, 200_000_u32);
        for _ in 0..all {
            now += exponential(1.0 / load.arrivals);
            let first = free.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
            let begins = first.max(now);
            *first = begins + exponential(load.handling);
            kept += u32::from(begins - now <= minutes);
        }
        near(f64::from(kept) / f64::from(all), within(load, 5, minutes), 0.01);
    }
}
