//! The signed webhook: deliveries that others send, after the rules of Standard Webhooks.
//!
//! The signature is HMAC-SHA256 over `id.timestamp.body` with the bytes of the body as they came;
//! nothing is parsed before it holds. Two secrets may be valid at a time, so that senders can
//! change over. A delivery is one JSON object or an array of them in our documented form. This file
//! is pure: the caller gives the time. No ids of deliveries are kept: one that comes again within the window brings the
//! same posts, which intake knows already.
//! Built from the published specification of Standard Webhooks, with its own vectors (as of November 2026).

use super::{RawItem, Source};
use crate::domain::time::{Span, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::value::RawValue;
use sha2::Sha256;

/// How far a delivery's time may be from ours, unless the settings say otherwise.
pub const TOLERANCE: Span = Span::minutes(5);
/// How many items one delivery may hold.
pub const ITEMS_MAX: usize = 10_000;
/// How many deliveries a second are taken, unless the settings say otherwise.
pub const PER_SECOND_MAX: u32 = 50;
/// How many signatures one delivery may carry.
const SIGNATURES_MAX: usize = 16;
const ID_BYTES_MAX: usize = 256;
const SIGNATURE_BYTES_MAX: usize = 4_096;
const SECRET_BYTES_MIN: usize = 24;

/// A secret that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// It is no base64.
    #[error("the secret is not 'whsec_' followed by base64")]
    NotBase64,
    /// It could be guessed.
    #[error("the secret has {found} bytes; at least {SECRET_BYTES_MIN} are needed")]
    TooShort {
        /// How many it has.
        found: usize,
    },
}

/// Why a delivery is refused; says what is wrong without giving anything away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is not there.
    #[error("the header {0} is missing")]
    Missing(&'static str),
    /// A header stands there twice, is too long, or cannot be read.
    #[error("the header {0} cannot be read")]
    Unreadable(&'static str),
    /// The time is too old or too far ahead.
    #[error("the delivery's time is {off} off; at most {allowed} are allowed")]
    Time {
        /// How far off it is.
        off: Span,
        /// How far it may be.
        allowed: Span,
    },
    /// No signature fits: the body, the id or the time was changed, or the secret is another.
    #[error("no signature fits the body, id and time as received")]
    Signature,
    /// More items than one delivery may hold.
    #[error("the delivery holds {found} items; at most {ITEMS_MAX} are allowed")]
    TooMany {
        /// How many it holds.
        found: usize,
    },
}

/// One signing key.
#[derive(Clone)]
pub struct Key(SecretSlice<u8>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Reads `whsec_` and base64; the prefix may be left out.
    pub fn parse(secret: &SecretString) -> Result<Self, BadSecret> {
        let text = secret.expose_secret().trim();
        let bytes =
            STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).map_err(|_| BadSecret::NotBase64)?;
        if bytes.len() < SECRET_BYTES_MIN {
            return Err(BadSecret::TooShort { found: bytes.len() });
        }
        Ok(Self(bytes.into()))
    }

    /// How hard it is to guess, in bits: by how many different bytes it has, which tells words and repetition.
    fn strength(&self) -> u32 {
        let bytes = self.0.expose_secret();
        let different: std::collections::BTreeSet<&u8> = bytes.iter().collect();
        let each = different.len().checked_ilog2().unwrap_or(0);
        u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_mul(each)
    }

    fn mac(&self, id: &str, at_seconds: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).ok()?;
        for part in [id.as_bytes(), b".", at_seconds.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }

    /// The value of `webhook-signature` for a delivery of ours.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mac = self.mac(id, &at.millis().div_euclid(1000).to_string(), body);
        let tag = mac.map(|m| m.finalize().into_bytes().to_vec()).unwrap_or_default();
        format!("v1,{}", STANDARD.encode(tag))
    }
}

/// The code under a platform's secret; none under an empty one, by which anybody could sign.
pub(super) fn keyed(secret: &SecretString) -> Option<Hmac<Sha256>> {
    let key = Some(secret.expose_secret().trim()).filter(|key| !key.is_empty())?;
    Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()
}

/// A delivery whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id; the same id again is the same delivery.
    pub id: String,
    /// When it was sent, by the sender's clock.
    pub at: Timestamp,
}

/// What is answered to the question whether we are who takes deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The media type of the body.
    pub content_type: &'static str,
    /// What the platform wants to hear.
    pub body: String,
}

/// What takes deliveries: checks them and says which items they hold. It asks nobody and changes nothing, so
/// the same delivery again gives the same items.
pub trait Hook: Send + Sync {
    /// How many deliveries a second are taken.
    fn limit_per_second(&self) -> u32;

    /// What is answered to a platform that asks whether we are who takes its deliveries, by the query of its
    /// question; `None` if that is no such question, or not of ours.
    fn challenge(&self, query: &str) -> Option<Challenge> {
        let _ = query;
        None
    }

    /// Whether the platform wants 200 for a delivery that was taken, and takes nothing else for it.
    fn wants_plain_ok(&self) -> bool {
        false
    }

    /// The word of those who may be told of in one delivery beside each other, as pages of one app are: a delivery to
    /// one of them goes to all whose signature it has.
    fn shared_by(&self) -> Option<&'static str> {
        None
    }

    /// How hard each secret is to guess, in bits, as its bytes look; none where the platform made it.
    fn strengths(&self) -> Vec<u32> {
        Vec::new()
    }

    /// The items of a delivery whose signature holds; none where it holds nothing for us.
    fn items(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Vec<RawItem>, Refusal>;
}

impl Hook for Webhook {
    fn limit_per_second(&self) -> u32 {
        self.per_second_max
    }

    fn strengths(&self) -> Vec<u32> {
        self.keys.iter().map(Key::strength).collect()
    }

    fn items(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Vec<RawItem>, Refusal> {
        let delivery = self.verify(headers, body, now)?;
        split(&delivery.id, body)
    }
}

/// A configured webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    name: String,
    counts_from: Option<Timestamp>,
    keys: Vec<Key>,
    tolerance: Span,
    per_second_max: u32,
}

impl Webhook {
    /// A webhook that accepts deliveries signed with any of `keys`.
    pub fn new(name: &str, counts_from: Option<Timestamp>, keys: Vec<Key>) -> Self {
        let (tolerance, per_second_max) = (TOLERANCE, PER_SECOND_MAX);
        Self { name: name.to_owned(), counts_from, keys, tolerance, per_second_max }
    }

    /// Sets how far a delivery's time may be from ours.
    pub fn tolerance(mut self, tolerance: Span) -> Self {
        self.tolerance = tolerance.clamp(Span::seconds(1), Span::days(1));
        self
    }

    /// Sets how many deliveries a second are taken.
    pub fn per_second_max(mut self, n: u32) -> Self {
        self.per_second_max = n.max(1);
        self
    }

    /// How many deliveries a second are taken.
    pub fn limit_per_second(&self) -> u32 {
        self.per_second_max
    }

    /// Checks a delivery: headers, time, signature over the body as received.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Delivery, Refusal> {
        let id = header(headers, "webhook-id", ID_BYTES_MAX)?;
        // A full stop would let the signed text be cut differently.
        if id.is_empty() || id.contains('.') {
            return Err(Refusal::Unreadable("webhook-id"));
        }
        let seconds = header(headers, "webhook-timestamp", 20)?;
        let at = seconds
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| seconds.parse::<i64>().ok())
            .flatten()
            .map(Timestamp::from_seconds)
            .ok_or(Refusal::Unreadable("webhook-timestamp"))?;
        let signatures = header(headers, "webhook-signature", SIGNATURE_BYTES_MAX)?;
        let off = Span(now.since(at).millis().saturating_abs());
        if off > self.tolerance {
            return Err(Refusal::Time { off, allowed: self.tolerance });
        }
        if self.any_fits(signatures, id, seconds, body) {
            Ok(Delivery { id: id.to_owned(), at })
        } else {
            Err(Refusal::Signature)
        }
    }

    /// Tries every signature with every key, without stopping early.
    fn any_fits(&self, signatures: &str, id: &str, seconds: &str, body: &[u8]) -> bool {
        let given: Vec<Vec<u8>> = signatures
            .split_ascii_whitespace()
            .filter_map(|s| s.strip_prefix("v1,"))
            .filter_map(|s| STANDARD.decode(s).ok())
            .take(SIGNATURES_MAX)
            .collect();
        let macs: Vec<_> = self.keys.iter().filter_map(|key| key.mac(id, seconds, body)).collect();
        let fits = |mac: &Hmac<Sha256>| {
            given.iter().fold(false, |found, tag| mac.clone().verify_slice(tag).is_ok() | found)
        };
        macs.iter().fold(false, |found, mac| fits(mac) | found)
    }
}

impl Source for Webhook {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn webhook(&self) -> Option<&Webhook> {
        Some(self)
    }
}

/// The only value of a header, as text.
fn header<'a>(headers: &'a HeaderMap, name: &'static str, bytes_max: usize) -> Result<&'a str, Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Refusal::Missing(name))?;
    let text = value.to_str().map_err(|_| Refusal::Unreadable(name))?;
    if values.next().is_some() || text.len() > bytes_max {
        return Err(Refusal::Unreadable(name));
    }
    Ok(text)
}

/// Splits a delivery into items: the elements of an array, or the whole body. An element that is
/// no object, and a body that is no JSON, become items too, so that they are kept for a person.
pub fn split(delivery_id: &str, body: &[u8]) -> Result<Vec<RawItem>, Refusal> {
    let whole = |body: &[u8]| vec![RawItem::raw(format!("{delivery_id}#1"), body.to_vec())];
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'[') {
        return Ok(whole(body));
    }
    // Elements are kept as they came: nothing is re-encoded, however deep or odd they are.
    let Ok(elements) = serde_json::from_slice::<Vec<&RawValue>>(body) else { return Ok(whole(body)) };
    if elements.len() > ITEMS_MAX {
        return Err(Refusal::TooMany { found: elements.len() });
    }
    let item = |(n, element): (usize, &&RawValue)| {
        RawItem::raw(format!("{delivery_id}#{}", n + 1), element.get().as_bytes().to_vec())
    };
    Ok(elements.iter().enumerate().map(item).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = "{\"text\":\"Où est mon colis ? 😡 a/b \\u001B\"}".as_bytes();
    const SENT: Timestamp = Timestamp(1_795_512_600_000);

    fn key(fill: u8) -> Key {
        Key::parse(&format!("whsec_{}", STANDARD.encode([fill; 32])).into()).unwrap()
    }

    #[test]
    fn nothing_is_signed_under_an_empty_secret() {
        let is_keyed = |text: &str| keyed(&SecretString::from(text.to_owned())).is_some();
        assert!(!is_keyed("") && !is_keyed(" \n") && is_keyed("k"));
    }

    #[test]
    fn a_secret_of_few_bytes_is_weak() {
        assert_eq!(key(1).strength(), 0);
        let random = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        assert!(Key::parse(&random.into()).unwrap().strength() >= 80);
        let words = format!("whsec_{}", STANDARD.encode("hello hello hello hello hello"));
        assert!(Key::parse(&words.into()).unwrap().strength() < 80);
    }

    fn headers(id: &str, seconds: i64, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", id.parse().unwrap());
        headers.insert("webhook-timestamp", seconds.to_string().parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    fn hook() -> Webhook {
        Webhook::new("hook", None, vec![key(1), key(2)])
    }

    fn verify(signature: &str) -> Result<Delivery, Refusal> {
        hook().verify(&headers("msg_1", SENT.millis() / 1000, signature), BODY, SENT)
    }

    #[test]
    fn a_vector_made_elsewhere_fits() {
        // From Python: hmac.new(bytes(range(32)), b'msg_p5.1614265330.{"test": 2432232314}', sha256).
        let secret = format!("whsec_{}", STANDARD.encode((0..32).collect::<Vec<u8>>()));
        let key = Key::parse(&secret.into()).unwrap();
        let at = Timestamp::from_seconds(1_614_265_330);
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(key.sign("msg_p5", at, body), "v1,4pqjpYFaQ4eRo8o/blCa3sZ7g7tIR3mNNr2TGpZJJ5Y=");
    }

    #[test]
    fn either_secret_and_any_of_several_signatures_will_do() {
        let good = Delivery { id: "msg_1".into(), at: SENT };
        let (one, two) = (key(1).sign("msg_1", SENT, BODY), key(2).sign("msg_1", SENT, BODY));
        assert_eq!(verify(&one), Ok(good.clone()));
        assert_eq!(verify(&two), Ok(good.clone()));
        assert_eq!(verify(&format!("v1a,xyz v1,AAAA {two}")), Ok(good));
    }

    #[test]
    fn a_signature_that_does_not_fit_is_refused() {
        let other = key(9).sign("msg_1", SENT, BODY);
        let good = key(1).sign("msg_1", SENT, BODY);
        assert_eq!(verify(&other), Err(Refusal::Signature));
        assert_eq!(verify(""), Err(Refusal::Signature));
        assert_eq!(verify("v1,"), Err(Refusal::Signature));
        assert_eq!(verify("v1,not base64"), Err(Refusal::Signature));
        assert_eq!(verify(&good.replace("v1,", "v2,")), Err(Refusal::Signature));
        assert_eq!(verify(&good[..good.len() - 4]), Err(Refusal::Signature));
        let id = hook().verify(&headers("msg_2", SENT.millis() / 1000, &good), BODY, SENT);
        assert_eq!(id, Err(Refusal::Signature));
        let time = hook().verify(&headers("msg_1", SENT.millis() / 1000 + 1, &good), BODY, SENT);
        assert_eq!(time, Err(Refusal::Signature));
    }

    #[test]
    fn a_body_that_was_encoded_anew_is_refused() {
        let signature = key(1).sign("msg_1", SENT, BODY);
        let value: serde_json::Value = serde_json::from_slice(BODY).unwrap();
        let anew = serde_json::to_vec(&value).unwrap();
        assert_ne!(anew, BODY);
        let headers = headers("msg_1", SENT.millis() / 1000, &signature);
        assert_eq!(hook().verify(&headers, &anew, SENT), Err(Refusal::Signature));
        assert!(hook().verify(&headers, BODY, SENT).is_ok());
    }

    #[test]
    fn the_window_of_time_holds_on_both_sides() {
        let signature = key(1).sign("msg_1", SENT, BODY);
        let headers = headers("msg_1", SENT.millis() / 1000, &signature);
        let at = |off: i64| hook().verify(&headers, BODY, SENT.plus(Span::seconds(off)));
        assert!(at(300).is_ok() && at(-300).is_ok());
        assert!(matches!(at(301), Err(Refusal::Time { .. })));
        assert!(matches!(at(-301), Err(Refusal::Time { .. })));
        let strict = hook().tolerance(Span::seconds(10)).verify(&headers, BODY, SENT.plus(Span::seconds(11)));
        assert!(matches!(strict, Err(Refusal::Time { .. })));
    }

    #[test]
    fn headers_that_are_missing_huge_or_double_are_named() {
        let good = headers("msg_1", SENT.millis() / 1000, &key(1).sign("msg_1", SENT, BODY));
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let refused = |change: &dyn Fn(&mut HeaderMap)| {
                let mut headers = good.clone();
                change(&mut headers);
                hook().verify(&headers, BODY, SENT).unwrap_err().to_string()
            };
            assert_eq!(refused(&|h| drop(h.remove(name))), format!("the header {name} is missing"));
            let unreadable = format!("the header {name} cannot be read");
            assert_eq!(refused(&|h| drop(h.insert(name, "9".repeat(5_000).parse().unwrap()))), unreadable);
            assert_eq!(
                refused(&|h| {
                    h.append(name, "1".parse().unwrap());
                }),
                unreadable
            );
        }
        for odd in ["-5", "1e9", "99999999999999999999", " ", "1.5"] {
            let mut headers = good.clone();
            headers.insert("webhook-timestamp", odd.parse().unwrap());
            let refused = hook().verify(&headers, BODY, SENT);
            assert!(
                matches!(refused, Err(Refusal::Unreadable("webhook-timestamp") | Refusal::Time { .. })),
                "{odd}: {refused:?}"
            );
        }
    }

    #[test]
    fn secrets_are_checked_and_never_shown() {
        assert_eq!(Key::parse(&"whsec_ ?".to_owned().into()).unwrap_err(), BadSecret::NotBase64);
        assert_eq!(
            Key::parse(&"whsec_c2hvcnQ=".to_owned().into()).unwrap_err(),
            BadSecret::TooShort { found: 5 }
        );
        assert_eq!(format!("{:?}", key(7)), "Key(…)");
    }

    #[test]
    fn a_body_becomes_items_and_nothing_is_dropped() {
        let items = |body: &[u8]| -> Vec<(String, String)> {
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            split("m", body).unwrap().into_iter().map(|i| (i.place, text(&i.body))).collect()
        };
        let item = |place: &str, body: &str| (place.to_owned(), body.to_owned());
        assert_eq!(items(b" {\"a\":1} "), [item("m#1", " {\"a\":1} ")]);
        assert_eq!(
            items(b"[{\"a\":1},2 , \"x\"]"),
            [item("m#1", "{\"a\":1}"), item("m#2", "2"), item("m#3", "\"x\"")]
        );
        assert_eq!(items(b"[]"), []);
        assert_eq!(items(b"[{\"t\":\"\\ud800\"}]"), [item("m#1", "{\"t\":\"\\ud800\"}")]);
        for junk in [&b""[..], b"hello", b"[1,", b"[1] x", b"\xff\xfe[", b"[\"\xff\"]"] {
            assert_eq!(items(junk).len(), 1, "{junk:?}");
        }
        let deep = format!("[{}{}]", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(items(deep.as_bytes()).len(), 1);
        let many = format!("[{}1]", "1,".repeat(ITEMS_MAX));
        assert_eq!(split("m", many.as_bytes()), Err(Refusal::TooMany { found: ITEMS_MAX + 1 }));
    }
}
