//! Time and chance, injected.
//!
//! `SystemClock` is the only place that reads the system's time, `Chance` the only source of
//! random numbers. Logic takes instants as values; whoever needs 'now' holds an `Arc<dyn Clock>`.

use crate::domain::time::{Span, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, moved by a correction that a database's clock may set (several replicas
/// on one PostgreSQL keep its time).
#[derive(Debug, Default)]
pub struct SystemClock {
    correction_ms: AtomicI64,
}

impl SystemClock {
    /// Sets what is added to the machine's time.
    pub fn correct(&self, by: Span) {
        self.correction_ms.store(by.millis(), Ordering::Relaxed);
    }

    /// What is added to the machine's time.
    pub fn correction(&self) -> Span {
        Span(self.correction_ms.load(Ordering::Relaxed))
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp(millis).plus(self.correction())
    }
}

/// A clock that stands until it is moved, for tests and simulations.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_ms: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `at`.
    pub fn at(at: Timestamp) -> Arc<Self> {
        Arc::new(Self { now_ms: AtomicI64::new(at.millis()) })
    }

    /// Moves it on.
    pub fn advance(&self, by: Span) {
        self.now_ms.fetch_add(by.millis(), Ordering::SeqCst);
    }

    /// Sets it.
    pub fn set(&self, at: Timestamp) {
        self.now_ms.store(at.millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms.load(Ordering::SeqCst))
    }
}

/// The source of random numbers: ids, jitter, tokens.
#[derive(Debug)]
pub struct Chance {
    rng: Mutex<StdRng>,
}

impl Chance {
    /// Seeded by the operating system; for everything that runs in earnest.
    pub fn from_system() -> Arc<Self> {
        Arc::new(Self { rng: Mutex::new(StdRng::from_os_rng()) })
    }

    /// Seeded by hand; the same seed gives the same numbers.
    pub fn seeded(seed: u64) -> Arc<Self> {
        Arc::new(Self { rng: Mutex::new(StdRng::seed_from_u64(seed)) })
    }

    /// Ten random bytes, as an id wants them.
    pub fn id_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        bytes
    }

    /// 256 bits for a token that nobody may guess.
    pub fn token_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        bytes
    }

    /// A number in 0–1 for jitter.
    pub fn fraction(&self) -> f64 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).random()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

/// The least number that [`Mint::seq`] gives at an instant.
pub fn first_seq(at: Timestamp) -> i64 {
    const EPOCH_2020_MS: i64 = 1_577_836_800_000;
    (at.millis() - EPOCH_2020_MS).clamp(0, (1 << 41) - 1) << 22
}

/// Makes ids and sequence numbers from an instant and chance.
#[derive(Debug)]
pub struct Mint {
    chance: Arc<Chance>,
    /// Ten bits that tell this process from others on the same database.
    process: i64,
    last: Mutex<(i64, i64)>,
    last_id: Mutex<(i64, u32)>,
}

impl Mint {
    /// A mint that draws on `chance`.
    pub fn new(chance: Arc<Chance>) -> Arc<Self> {
        let process = i64::from(u16::from_be_bytes([chance.id_bytes()[0], chance.id_bytes()[1]]) & 0x3ff);
        Arc::new(Self { chance, process, last: Mutex::new((0, 0)), last_id: Mutex::new((0, 0)) })
    }

    /// A new id of the kind that `make` makes. Within one millisecond ids rise too, by 26 bits that
    /// count from a random beginning, so that rows of one batch are appended to their tables and
    /// indexes in order; 48 bits stay random.
    pub fn id<T>(&self, at: Timestamp, make: fn(Timestamp, [u8; 10]) -> T) -> T {
        make(at, self.rising(at))
    }

    /// The bytes of the next id.
    fn rising(&self, at: Timestamp) -> [u8; 10] {
        const COUNT_MAX: u32 = (1 << 26) - 1;
        let mut bytes = self.chance.id_bytes();
        let mut last = self.last_id.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) & (COUNT_MAX >> 1);
        *last = match *last {
            (same, n) if same == at.millis() && n < COUNT_MAX => (same, n + 1),
            _ => (at.millis(), begun),
        };
        let count = last.1;
        // A UUIDv7 has room for 4, 8, 6 and 8 of these bits in its first four bytes after the time.
        bytes[0] = (count >> 22) as u8 & 0x0f;
        bytes[1] = (count >> 14) as u8;
        bytes[2] = (count >> 8) as u8 & 0x3f;
        bytes[3] = count as u8;
        bytes
    }

    /// A number that rises with time and is given once: 41 bits of milliseconds since 2020, 10 of
    /// the process, 12 that count within the millisecond.
    pub fn seq(&self, at: Timestamp) -> i64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let ms = (first_seq(at) >> 22).max(last.0);
        *last = match *last {
            (same, n) if same == ms && n < 0xfff => (ms, n + 1),
            (same, _) if same == ms => (ms + 1, 0),
            _ => (ms, 0),
        };
        (last.0 << 22) | (self.process << 12) | last.1
    }

    /// The source of random numbers behind it.
    pub fn chance(&self) -> &Chance {
        &self.chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = ManualClock::at(Timestamp(5));
        assert_eq!(clock.now(), Timestamp(5));
        clock.advance(Span::seconds(1));
        assert_eq!(clock.now(), Timestamp(1005));
    }

    #[test]
    fn sequence_numbers_rise_and_never_repeat() {
        let mint = Mint::new(Chance::seeded(1));
        let at = Timestamp(1_800_000_000_000);
        let numbers: Vec<i64> = (0..10_000).map(|n| mint.seq(at.minus(Span(n % 3)))).collect();
        assert!(numbers.windows(2).all(|w| w[0] < w[1]));
        assert!(numbers[0] > 0);
    }

    #[test]
    fn ids_of_one_instant_rise() {
        let mint = Mint::new(Chance::seeded(1));
        let at = Timestamp(1_800_000_000_000);
        let make = crate::domain::ids::CaseId::new;
        let ids: Vec<String> = (0..100_000).map(|_| mint.id(at, make).to_string()).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
        let later = mint.id(at.plus(Span(1)), make).to_string();
        assert!(later > ids[ids.len() - 1]);
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        assert_eq!(Chance::seeded(7).id_bytes(), Chance::seeded(7).id_bytes());
        assert_ne!(Chance::seeded(7).id_bytes(), Chance::seeded(8).id_bytes());
    }
}
