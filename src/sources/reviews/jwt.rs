//! Tokens that we sign ourselves (RFC 7515): RS256 by a service account, ES256 by a key of App Store Connect. Pure but
//! for the chance that a signature needs.

use crate::domain::time::{Span, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// How far our clock may lie before theirs.
const SLACK: Span = Span::seconds(30);

enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

/// Signs tokens by a private key.
pub struct Signer {
    key: Key,
    key_id: Option<String>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl Signer {
    /// By an RSA key in PKCS #8 PEM, as service accounts have them.
    pub fn rs256(pem: &SecretString, key_id: Option<String>) -> Result<Self, &'static str> {
        let der = der_of(pem.expose_secret())?;
        let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| "it is no RSA key in PKCS #8")?;
        Ok(Self { key: Key::Rsa(key), key_id })
    }

    /// By an elliptic key in PKCS #8 PEM, as App Store Connect gives them (`.p8`).
    pub fn es256(pem: &SecretString, key_id: String) -> Result<Self, &'static str> {
        let der = der_of(pem.expose_secret())?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new())
            .map_err(|_| "it is no P-256 key in PKCS #8")?;
        Ok(Self { key: Key::P256(key), key_id: Some(key_id) })
    }

    /// A token with these claims that lives from now for so long; `None` where no signature came about.
    pub fn token(&self, claims: Value, now: Timestamp, life: Span) -> Option<SecretString> {
        let mut claims = claims;
        claims["iat"] = json!(now.minus(SLACK).millis() / 1_000);
        claims["exp"] = json!(now.plus(life).minus(SLACK).millis() / 1_000);
        let alg = if matches!(self.key, Key::Rsa(_)) { "RS256" } else { "ES256" };
        let mut head = json!({ "alg": alg, "typ": "JWT" });
        if let Some(id) = &self.key_id {
            head["kid"] = json!(id);
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&head), part(&claims));
        let signature = self.sign(message.as_bytes())?;
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Key::P256(key) => Some(key.sign(&random, message).ok()?.as_ref().to_vec()),
        }
    }
}

/// What stands between the lines of a PEM.
fn der_of(pem: &str) -> Result<Vec<u8>, &'static str> {
    let body = pem
        .split_once("-----BEGIN PRIVATE KEY-----")
        .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
        .ok_or("it is no PEM with BEGIN PRIVATE KEY")?;
    let text: String = body.0.split_whitespace().collect();
    STANDARD.decode(text).map_err(|_| "what stands in the PEM is no base64")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, UnparsedPublicKey};

    #[test]
    fn a_token_is_signed_and_says_until_when() {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        let signer = Signer::es256(&pem.clone().into(), "K1".into()).unwrap();
        let now = Timestamp(1_795_608_000_000);
        let token = signer.token(json!({ "iss": "me" }), now, Span::minutes(10)).unwrap();
        let (message, signature) = token.expose_secret().rsplit_once('.').unwrap();
        let Key::P256(key) = &signer.key else { unreachable!() };
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref().to_vec());
        public.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let (head, claims) = message.split_once('.').unwrap();
        let read =
            |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        assert_eq!(read(head), json!({ "alg": "ES256", "typ": "JWT", "kid": "K1" }));
        assert_eq!(read(claims), json!({ "iss": "me", "iat": 1_795_607_970, "exp": 1_795_608_570 }));
        assert!(Signer::rs256(&pem.into(), None).is_err(), "a key of another kind");
        assert!(Signer::es256(&"x".to_owned().into(), "K".into()).is_err());
    }
}
