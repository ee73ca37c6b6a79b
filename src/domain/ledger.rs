//! Keyed hashes by which it is known that something must not come in again, without saying what it was.
//!
//! The key lives beside the hashes, so they are pseudonyms and no more: they have an end where they can.

use super::time::Span;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long what was erased at a person's request must not come in again; threads are read anew long after.
pub const ERASED_FOR: Span = Span::days(365);

/// The first half of an HMAC over the identity of a post, enough that two never meet.
pub fn post(key: &str, platform: &str, authority: &str, external_id: &str) -> String {
    hash(key, &[platform, authority, external_id])
}

/// The same of an account; never that of a post.
pub fn account(key: &str, platform: &str, authority: &str, external_id: &str) -> String {
    hash(key, &["account", platform, authority, external_id])
}

/// The same of what a customer gave, kind and plain text: a mail address, a telephone number, or a number, which is one
/// brand's own and means somebody else to another.
pub fn customer(key: &str, brand_id: &str, (kind, plain): (&str, &str)) -> String {
    let brand_id = if kind == "number" { brand_id } else { "" };
    hash(key, &["customer", brand_id, kind, plain])
}

/// The same of what is told of a file of a post: where it is, or what it is called.
pub fn file(key: &str, post: &str, told: &str) -> String {
    hash(key, &["file", post, told])
}

fn hash(key: &str, parts: &[&str]) -> String {
    // A key of any length will do, so this is never empty.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    for part in parts {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_needs_the_key_and_the_whole_identity() {
        let one = post("k", "x", "", "1");
        assert_eq!(one.len(), 22);
        assert_eq!(one, post("k", "x", "", "1"));
        for other in [
            post("l", "x", "", "1"),
            post("k", "x", "", "2"),
            post("k", "y", "", "1"),
            account("k", "x", "", "1"),
            customer("k", "", ("x", "1")),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_customer_number_is_one_brands_and_an_address_is_everywhere_the_same() {
        let of = |brand: &str, kind: &str| customer("k", brand, (kind, "1"));
        assert_ne!(of("a", "number"), of("b", "number"));
        assert_eq!(of("a", "email"), of("b", "email"));
    }
}
