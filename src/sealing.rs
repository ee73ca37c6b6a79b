//! Sealing a secret, so that it can be kept by somebody who must not be able to use it.
//!
//! The key comes from another secret, which is kept elsewhere, and from the name of what is sealed (HKDF with SHA-256):
//! no key stands beside what it seals, and another secret makes what was sealed void. Sealed is with
//! ChaCha20-Poly1305 under a random nonce, which stands in front. Nothing here says why a seal does not open.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

/// What every seal begins with, for a later form.
const FORM: u8 = 1;

/// Seals and opens what belongs to one name.
pub struct Seal {
    key: LessSafeKey,
    name: String,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Seal {
    /// The seal of a name under a secret, for one purpose; `None` only if the library cannot work.
    pub fn new(secret: &SecretString, purpose: &[u8], name: &str) -> Option<Self> {
        let info = [name.as_bytes()];
        let drawn = Salt::new(HKDF_SHA256, purpose).extract(secret.expose_secret().as_bytes());
        let key: UnboundKey = drawn.expand(&info, &CHACHA20_POLY1305).ok()?.into();
        Some(Self { key: LessSafeKey::new(key), name: name.to_owned() })
    }

    /// Seals; `None` only if the system gives no random numbers.
    pub fn close(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut body = plain.to_vec();
        let aad = Aad::from(self.name.as_bytes());
        self.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body).ok()?;
        Some([&[FORM][..], &nonce, &body].concat())
    }

    /// Opens what [`Seal::close`] sealed with the same secret, for the same purpose and name.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (form, rest) = sealed.split_first()?;
        if *form != FORM || rest.len() < NONCE_LEN {
            return None;
        }
        let (nonce, body) = rest.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let aad = Aad::from(self.name.as_bytes());
        Some(self.key.open_in_place(nonce, aad, &mut body).ok()?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(password: &str, credential: &str) -> Seal {
        Seal::new(&password.to_owned().into(), b"a test", credential).unwrap()
    }

    #[test]
    fn only_the_same_password_and_credential_open_it() {
        let one = seal("abcd-efgh-ijkl-mnop", "bluesky:acme.example");
        let sealed = one.close(b"a token").unwrap();
        assert_eq!(seal("abcd-efgh-ijkl-mnop", "bluesky:acme.example").open(&sealed).unwrap(), b"a token");
        assert_eq!(seal("abcd-efgh-ijkl-mnoq", "bluesky:acme.example").open(&sealed), None);
        assert_eq!(seal("abcd-efgh-ijkl-mnop", "bluesky:other.example").open(&sealed), None);
        let other = Seal::new(&"abcd-efgh-ijkl-mnop".to_owned().into(), b"more", "bluesky:acme.example");
        assert_eq!(other.unwrap().open(&sealed), None);
        assert!(!sealed.windows(7).any(|w| w == b"a token"));
        assert_ne!(sealed, one.close(b"a token").unwrap(), "another nonce each time");
    }

    #[test]
    fn what_was_touched_does_not_open() {
        let one = seal("p", "c");
        let sealed = one.close(b"a token").unwrap();
        for at in 0..sealed.len() {
            let mut touched = sealed.clone();
            touched[at] ^= 1;
            assert_eq!(one.open(&touched), None, "byte {at}");
            assert_eq!(one.open(&sealed[..at]), None, "cut at {at}");
        }
    }
}
