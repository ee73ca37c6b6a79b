//! How a delivery of a ticket system is proved to be its own.
//!
//! Systems sign in dialects of their own; each is checked over the bytes as they came, in constant time,
//! with either of two secrets, so that the other side can change over. Where a dialect has no time in it an
//! old delivery can be sent again: it only makes us look once more, for the words of such deliveries are
//! never believed.

use crate::domain::time::{Span, Timestamp};
use crate::sources::webhook::{PER_SECOND_MAX, Refusal, TOLERANCE, Webhook};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

const VALUE_BYTES_MAX: usize = 4_096;

/// How a system signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Zendesk: HMAC-SHA256 over time and body in base64, the time beside it.
    Timed,
    /// `X-Hub-Signature: sha1=…`, as Zammad does.
    HubSha1,
    /// `X-Hub-Signature: sha256=…`, as Jira does.
    HubSha256,
    /// The secret itself in `X-Webcared-Secret`, where a system can send a header but signs nothing.
    Shared,
}

/// What proves a delivery.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The rules of Standard Webhooks.
    Standard(Webhook),
    /// The system's own rules.
    Own(Signed),
}

impl Proof {
    /// Checks a delivery as it came.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Refusal> {
        match self {
            Self::Standard(webhook) => webhook.verify(headers, body, now).map(|_| ()),
            Self::Own(signed) => signed.verify(headers, body, now),
        }
    }

    /// How many deliveries a second are taken.
    pub fn limit_per_second(&self) -> u32 {
        match self {
            Self::Standard(webhook) => webhook.limit_per_second(),
            Self::Own(_) => PER_SECOND_MAX,
        }
    }
}

/// A scheme with its secrets.
#[derive(Clone, Debug)]
pub struct Signed {
    scheme: Scheme,
    secrets: Vec<SecretString>,
}

impl Signed {
    /// Deliveries that are signed with any of these secrets.
    pub fn new(scheme: Scheme, secrets: Vec<SecretString>) -> Self {
        Self { scheme, secrets }
    }

    fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Refusal> {
        match self.scheme {
            Scheme::Timed => self.timed(headers, body, now),
            Scheme::HubSha1 => self.hub(headers, body, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, "sha1="),
            Scheme::HubSha256 => self.hub(headers, body, hmac::HMAC_SHA256, "sha256="),
            Scheme::Shared => self.shared(headers),
        }
    }

    /// Whether any secret fits; all are tried. An empty one is none: anybody could sign by it.
    fn any(&self, fits: impl Fn(&[u8]) -> bool) -> Result<(), Refusal> {
        let secrets = self.secrets.iter().map(|s| s.expose_secret().trim().as_bytes());
        let found = secrets.filter(|s| !s.is_empty()).fold(false, |found, s| fits(s) | found);
        if found { Ok(()) } else { Err(Refusal::Signature) }
    }

    fn timed(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Refusal> {
        const TIME: &str = "x-zendesk-webhook-signature-timestamp";
        const SIGNATURE: &str = "x-zendesk-webhook-signature";
        let (time, tag) = (header(headers, TIME)?, header(headers, SIGNATURE)?);
        let at = Timestamp::parse(time).map_err(|_| Refusal::Unreadable(TIME))?;
        let off = Span(now.since(at).millis().saturating_abs());
        if off > TOLERANCE {
            return Err(Refusal::Time { off, allowed: TOLERANCE });
        }
        let tag = STANDARD.decode(tag).map_err(|_| Refusal::Signature)?;
        let signed = [time.as_bytes(), body].concat();
        self.any(|secret| hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), &signed, &tag).is_ok())
    }

    fn hub(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        algorithm: hmac::Algorithm,
        prefix: &str,
    ) -> Result<(), Refusal> {
        let value = header(headers, "x-hub-signature")?;
        let tag = value.strip_prefix(prefix).and_then(from_hex).ok_or(Refusal::Signature)?;
        self.any(|secret| hmac::verify(&hmac::Key::new(algorithm, secret), body, &tag).is_ok())
    }

    fn shared(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let value = header(headers, "x-webcared-secret")?;
        self.any(|secret| bool::from(secret.ct_eq(value.as_bytes())))
    }
}

/// The only value of a header, as text.
fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Refusal::Missing(name))?;
    let text = value.to_str().map_err(|_| Refusal::Unreadable(name))?;
    if values.next().is_some() || text.len() > VALUE_BYTES_MAX {
        return Err(Refusal::Unreadable(name));
    }
    Ok(text)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|p| p[0] << 4 | p[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"detail":{"id":"35436"}}"#;
    const AT: &str = "2026-11-26T20:00:00Z";

    fn now() -> Timestamp {
        Timestamp::parse(AT).unwrap()
    }

    fn check(scheme: Scheme, pairs: &[(&'static str, &str)]) -> Result<(), Refusal> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let secrets = vec!["the new one".to_owned().into(), "the old one".to_owned().into()];
        Signed::new(scheme, secrets).verify(&headers, BODY, now())
    }

    // All vectors are from Python's hmac over BODY, with either secret.
    #[test]
    fn signatures_made_elsewhere_fit() {
        let new = "H3d34zBft95fZ3f5uXKhjeqpln0l9pjugxfZZq7VAvQ=";
        let timed = |tag: &str| {
            let pairs = [("x-zendesk-webhook-signature", tag), ("x-zendesk-webhook-signature-timestamp", AT)];
            check(Scheme::Timed, &pairs)
        };
        assert_eq!(timed(new), Ok(()));
        assert_eq!(timed("AAAA"), Err(Refusal::Signature));
        let hub = |scheme, value: &str| check(scheme, &[("x-hub-signature", value)]);
        assert_eq!(hub(Scheme::HubSha1, "sha1=bf590f8a51d18abf8e080c2759a99d120a6c0404"), Ok(()));
        assert_eq!(hub(Scheme::HubSha1, "sha1=0b2e6e99f9d65983860771e918f49c18a08663f9"), Ok(()));
        assert_eq!(
            hub(Scheme::HubSha256, "sha256=05e57967c05487655944e075689a7fb594e6c3750d3d77d333ffe4459efa4fdb"),
            Ok(())
        );
        for odd in [
            "sha1=c020ea1b0ba0bbea62bc97c5b0adf347cfa13104",
            "sha1=zz",
            "sha1=0",
            "",
            "sha256=05e57967c05487655944e075689a7fb594e6c3750d3d77d333ffe4459efa4fdb",
        ] {
            assert_eq!(hub(Scheme::HubSha1, odd), Err(Refusal::Signature), "{odd}");
        }
        assert_eq!(check(Scheme::Shared, &[("x-webcared-secret", "the old one")]), Ok(()));
        assert_eq!(check(Scheme::Shared, &[("x-webcared-secret", "the ol")]), Err(Refusal::Signature));
    }

    #[test]
    fn nothing_is_proved_by_an_empty_secret() {
        let bare = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), BODY);
        let tag = hex::encode(bare.as_ref());
        for (scheme, name, value) in [
            (Scheme::Shared, "x-webcared-secret", String::new()),
            (Scheme::HubSha256, "x-hub-signature", format!("sha256={tag}")),
        ] {
            let headers =
                [(http::HeaderName::from_static(name), value.parse().unwrap())].into_iter().collect();
            let signed = Signed::new(scheme, vec![String::new().into(), " \n".to_owned().into()]);
            assert_eq!(signed.verify(&headers, BODY, now()), Err(Refusal::Signature), "{name}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(check(Scheme::Timed, &[]), Err(Refusal::Missing("x-zendesk-webhook-signature-timestamp")));
        assert_eq!(check(Scheme::HubSha1, &[]), Err(Refusal::Missing("x-hub-signature")));
        assert_eq!(check(Scheme::Shared, &[]), Err(Refusal::Missing("x-webcared-secret")));
        let shown = format!("{:?}", Signed::new(Scheme::Shared, vec!["s3cret".to_owned().into()]));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
