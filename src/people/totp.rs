//! Codes of an app by the clock (RFC 6238): HMAC with SHA-1, six digits, thirty seconds. Pure.

use crate::domain::time::Timestamp;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use subtle::ConstantTimeEq;

/// How long a code holds, in milliseconds.
const STEP_MS: i64 = 30_000;
/// How many steps the clock of an app may be off, either way.
const OFF: i64 = 1;
/// How many bytes a secret has, as the RFC wants for SHA-1.
pub const SECRET_BYTES: usize = 20;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step of an instant.
pub fn step(at: Timestamp) -> i64 {
    at.millis().div_euclid(STEP_MS)
}

/// The code of a step.
pub fn code(secret: &[u8], step: i64) -> String {
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let at = usize::from(bytes.last().copied().unwrap_or(0) & 0x0f);
    let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
    format!("{:06}", (four & 0x7fff_ffff) % 1_000_000)
}

/// The step that a code belongs to, of those around an instant. All are looked at, whichever fits.
pub fn matching(secret: &[u8], given: &str, now: Timestamp) -> Option<i64> {
    let mut found = None;
    for off in -OFF..=OFF {
        let step = step(now) + off;
        if bool::from(code(secret, step).as_bytes().ct_eq(given.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// Bytes in base 32 without padding, as apps take secrets.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[((held >> bits) & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[((held << (5 - bits)) & 31) as usize]));
    }
    text
}

/// The address that a picture for apps holds: who gives the secret, and whose it is.
pub fn address(issuer: &str, login: &str, secret: &[u8]) -> String {
    let plain = |text: &str| -> String {
        let kept = |c: &char| c.is_ascii_alphanumeric() || ".-_@".contains(*c);
        text.chars().filter(kept).collect()
    };
    let (issuer, login) = (plain(issuer), plain(login).replace('@', "%40"));
    let secret = base32(secret);
    format!(
        "otpauth://totp/{issuer}:{login}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B, the rows of SHA-1; of its eight digits the last six.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(SECRET, step(Timestamp(seconds * 1000))), eight[2..], "{seconds}");
        }
    }

    #[test]
    fn one_step_off_is_taken_and_two_are_not() {
        let now = Timestamp(1_790_000_000_000);
        for off in -3..=3 {
            let given = code(SECRET, step(now) + off);
            let wanted = (off.abs() <= 1).then_some(step(now) + off);
            assert_eq!(matching(SECRET, &given, now), wanted, "{off}");
        }
        for bad in ["", "28708", "2870822", "abcdef", "28708２"] {
            assert_eq!(matching(SECRET, bad, now), None, "{bad}");
        }
    }

    /// RFC 4648, section 10, without padding.
    #[test]
    fn secrets_are_written_in_base_32() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), text);
        }
        let address = address("webcared (care.example)", "jan@care", SECRET);
        assert!(address.starts_with("otpauth://totp/webcaredcare.example:jan%40care?secret=GEZDGNBV"));
    }
}
