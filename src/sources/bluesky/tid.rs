//! Record keys of Bluesky: an instant and a little chance in thirteen characters that sort by time.
//!
//! A server that chooses a key takes its own clock, so that the key tells the server's time where
//! everything else tells what the author claims. An author may choose the key too; whoever reads a
//! time here must hold it against what else is known ([`time_of`]).

use crate::domain::time::{Span, Timestamp};

const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 13;
/// How far ahead of ours the clock of a server may be.
const AHEAD_MAX: Span = Span::minutes(2);

/// The key for an instant, told from others of that millisecond by `chance`.
pub fn of(at: Timestamp, chance: u64) -> String {
    let micros = at.millis().max(0).unsigned_abs() * 1000 + (chance >> 10) % 1000;
    encode((micros << 10) | (chance & 0x3ff))
}

/// The lowest key of an instant.
pub fn lowest(at: Timestamp) -> String {
    of(at, 0)
}

fn encode(number: u64) -> String {
    let mut rest = number & (u64::MAX >> 1);
    let mut digits = [DIGITS[0]; LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest & 31) as usize];
        rest >>= 5;
    }
    digits.iter().map(|&b| char::from(b)).collect()
}

/// The instant that a key holds, if it has the form of one.
pub fn instant(key: &str) -> Option<Timestamp> {
    if key.len() != LENGTH {
        return None;
    }
    let mut number: u64 = 0;
    for (at, byte) in key.bytes().enumerate() {
        let digit = DIGITS.iter().position(|d| *d == byte)? as u64;
        // The highest bit is always 0, and thirteen digits hold one bit more than there are.
        if at == 0 && digit > 7 {
            return None;
        }
        number = (number << 5) | digit;
    }
    let micros = number >> 10;
    Some(Timestamp(i64::try_from(micros / 1000).ok()?))
}

/// When a post came to its server. What is told as the time of indexing is the author's claim where
/// that is earlier; so the key's time counts, if it has one that lies between that claim and now. A
/// key that is older than the claim, or from the future, was chosen by the author and tells nothing.
pub fn time_of(key: &str, indexed: Timestamp, now: Timestamp) -> Timestamp {
    match instant(key) {
        Some(at) if at >= indexed && at <= now.plus(AHEAD_MAX) => at.min(now),
        _ => indexed.min(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_688_579_123);

    #[test]
    fn keys_have_the_form_and_the_order_of_time() {
        let keys: Vec<String> = (0..200).map(|n| of(Timestamp(NOW.millis() + n), u64::MAX - 7)).collect();
        assert!(keys.windows(2).all(|w| w[0] < w[1]));
        for key in &keys {
            assert_eq!(key.len(), 13);
            assert!(key.bytes().all(|b| DIGITS.contains(&b)), "{key}");
            assert!(b"234567abcdefghij".contains(&key.as_bytes()[0]), "{key}");
        }
        assert_ne!(of(NOW, 1), of(NOW, 2), "chance tells two of one millisecond apart");
        assert!(lowest(NOW) <= of(NOW, u64::MAX) && of(NOW, u64::MAX) < lowest(NOW.plus(Span(1))));
    }

    #[test]
    fn the_instant_is_read_back_and_nothing_else_is_taken_for_one() {
        assert_eq!(instant(&of(NOW, 0x3ff)), Some(NOW));
        assert_eq!(instant("3jzfcijpj2z2a").map(Timestamp::day), Some("2023-06-30".to_owned()));
        for bad in ["3k", "", "3jzfcijpj2z2A", "zzzzzzzzzzzzz", "3jzfcijpj2z2aa", "1jzfcijpj2z2a"] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_counts_only_between_the_claim_and_now() {
        let (hour, key) = (Span::hours(1), |at: Timestamp| of(at, 5));
        let claimed = NOW.minus(hour);
        let came = NOW.minus(Span::minutes(1));
        assert_eq!(time_of(&key(came), claimed, NOW), came, "back-dated: the server's time");
        assert_eq!(time_of(&key(claimed.minus(hour)), claimed, NOW), claimed, "an older key proves nothing");
        assert_eq!(time_of(&key(NOW.plus(hour)), claimed, NOW), claimed, "nor one from the future");
        assert_eq!(time_of(&key(NOW.plus(Span::seconds(9))), claimed, NOW), NOW, "a clock a little ahead");
        assert_eq!(time_of("3k", NOW.plus(hour), NOW), NOW, "never from the future");
    }
}
