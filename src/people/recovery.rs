//! Codes for the day on which the app is gone: ten, shown once, each good once. Kept are hashes; each code holds 80
//! random bits, so nobody finds it from its hash.

use super::totp::base32;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// How many there are.
pub const CODES: usize = 10;
/// Bytes of chance in one.
const CODE_BYTES: usize = 10;

/// Codes as they are shown, from random bytes.
pub fn codes(mut chance: impl FnMut() -> [u8; 32]) -> Vec<String> {
    let one = |bytes: [u8; 32]| {
        let text = base32(&bytes[..CODE_BYTES]).to_lowercase();
        let groups: Vec<&str> =
            text.as_bytes().chunks(4).map(|c| std::str::from_utf8(c).unwrap_or_default()).collect();
        groups.join("-")
    };
    (0..CODES).map(|_| one(chance())).collect()
}

/// The hash of a code as somebody typed it: neither its case nor its spaces and lines matter.
pub fn hash(person: &str, typed: &str) -> String {
    let plain: String =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let mut text = String::new();
    for byte in Sha256::digest(format!("{person}:{plain}").as_bytes()) {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_however_they_are_typed() {
        let mut n = 0;
        let all = codes(|| {
            n += 1;
            [n; 32]
        });
        assert_eq!(all.len(), CODES);
        assert!(all.iter().all(|c| c.len() == 19 && c.split('-').count() == 4), "{all:?}");
        let typed = all[0].to_uppercase().replace('-', "  ");
        assert_eq!(hash("per_1", &typed), hash("per_1", &all[0]));
        assert_ne!(hash("per_1", &all[0]), hash("per_2", &all[0]));
        assert_ne!(hash("per_1", &all[0]), hash("per_1", &all[1]));
    }
}
