//! What the platforms of Meta have in common: the handshake of a webhook, the signature over the bytes as received, and
//! errors that are told apart by code and subcode.
//!
//! Built from the published documentation as of 2026: `hub.mode`, `hub.verify_token` and `hub.challenge` on a `GET`;
//! `X-Hub-Signature-256` holds `sha256=` and the lower-case hexadecimal HMAC of the body under the app's secret. Too many
//! calls are mostly told by 400 or 403 with a code, not by 429; messages are in the language of the account, so nothing
//! is decided by them.

pub mod graph;
pub mod letters;
pub mod looking;
pub mod read;
pub mod talks;
pub mod trials;

use super::RawItem;
use super::webhook::{Challenge, ITEMS_MAX, Refusal, keyed};
use crate::domain::time::{Span, Timestamp};
use hmac::{Hmac, Mac};
use http::HeaderMap;
use read::{field, id_in, list, seconds_in};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq;

const SIGNATURE: &str = "x-hub-signature-256";
const HEADER_BYTES_MAX: usize = 128;
const CHALLENGE_BYTES_MAX: usize = 256;

/// The value of the signature's header for these bytes.
pub fn sign(secret: &SecretString, bytes: &[u8]) -> String {
    let tag =
        keyed(secret).map(|mac| mac.chain_update(bytes).finalize().into_bytes().to_vec()).unwrap_or_default();
    format!("sha256={}", hex::encode(tag))
}

/// Checks the signature of a delivery with each of the app's secrets: two may be valid while they are changed.
pub fn verify(secrets: &[SecretString], headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let mut values = headers.get_all(SIGNATURE).iter();
    let value = values.next().ok_or(Refusal::Missing(SIGNATURE))?;
    let text = value.to_str().map_err(|_| Refusal::Unreadable(SIGNATURE))?;
    if values.next().is_some() || text.len() > HEADER_BYTES_MAX {
        return Err(Refusal::Unreadable(SIGNATURE));
    }
    let tag = text.strip_prefix("sha256=").and_then(|tag| hex::decode(tag).ok()).ok_or(Refusal::Signature)?;
    let fits = |found, mac: Hmac<Sha256>| mac.chain_update(body).verify_slice(&tag).is_ok() | found;
    if secrets.iter().filter_map(keyed).fold(false, fits) { Ok(()) } else { Err(Refusal::Signature) }
}

/// What a delivery holds for one page or account, by the kind of object that it is and its id: each change at the time of
/// its entry, and each event of a conversation.
pub fn delivered(
    body: &[u8],
    (object, id): (&str, &str),
    now: Timestamp,
    changed: &dyn Fn(&Value, Timestamp) -> Option<RawItem>,
    said: &dyn Fn(&Value) -> Option<RawItem>,
) -> Result<Vec<RawItem>, Refusal> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Ok(vec![RawItem::unreadable(&String::from_utf8_lossy(body))]);
    };
    if field(&value, "object") != Some(object) {
        return Ok(Vec::new());
    }
    let mut items = Vec::new();
    for entry in list(&value["entry"]).filter(|e| id_in(e, "id").is_some_and(|found| found == id)) {
        let at = seconds_in(entry, "time").map_or(now, |at| at.min(now));
        // Where one logs in with Instagram, a change may stand in the entry itself.
        let itself = entry.get("field").is_some().then_some(entry);
        items.extend(list(&entry["changes"]).chain(itself).filter_map(|change| changed(change, at)));
        let events = list(&entry["messaging"]).chain(list(&entry["standby"]));
        items.extend(events.filter_map(said));
        if items.len() > ITEMS_MAX {
            return Err(Refusal::TooMany { found: items.len() });
        }
    }
    Ok(items)
}

/// The answer to the question whether we are who takes deliveries; `None` where the word is not ours.
pub fn handshake(verify_token: &SecretString, query: &str) -> Option<Challenge> {
    let one = |name: &str| {
        let mut found = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
        let value = found.next()?.1.into_owned();
        found.next().is_none().then_some(value)
    };
    let (given, ours) = (one("hub.verify_token")?, verify_token.expose_secret().trim());
    let known = !ours.is_empty() && bool::from(given.as_bytes().ct_eq(ours.as_bytes()));
    let body = one("hub.challenge")?;
    let plain = !body.is_empty()
        && body.len() <= CHALLENGE_BYTES_MAX
        && body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    (known && plain && one("hub.mode")? == "subscribe")
        .then_some(Challenge { content_type: "text/plain", body })
}

/// An error of the Graph API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphError {
    /// Its code.
    pub code: i64,
    /// Its subcode; 0 where none is given.
    pub subcode: i64,
    /// Whether the platform calls it temporary.
    pub transient: bool,
    /// By which the platform finds the call again; for the log.
    pub trace: String,
}

/// What an error of the Graph API means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphMeaning {
    /// Outside the window in which the platform lets us write.
    WindowClosed,
    /// The person cannot be reached: blocked us, left, deactivated.
    Unreachable,
    /// The one private reply to this comment was given already.
    AlreadyReplied,
    /// What is answered is gone, or not for us.
    Gone,
    /// The token is not valid any more.
    TokenInvalid,
    /// A right is missing.
    NoRight,
    /// The platform has stopped our sending.
    Restricted,
    /// Too many calls.
    TooMany,
    /// Temporary: it may be tried again if nothing was done.
    Transient,
    /// Anything else.
    Other,
}

impl GraphError {
    /// Reads the body of an answer; `None` where it holds no error.
    pub fn of(body: &Value) -> Option<Self> {
        let error = body.get("error").filter(|e| e.is_object())?;
        let number = |name: &str| error[name].as_i64().unwrap_or(0);
        let trace: String = error["fbtrace_id"].as_str().unwrap_or_default().chars().take(64).collect();
        Some(Self {
            code: number("code"),
            subcode: number("error_subcode"),
            transient: error["is_transient"].as_bool().unwrap_or(false),
            trace,
        })
    }

    /// What it means. Code 2 is also given where a customer has blocked us, so it is no proof that trying again helps.
    pub const fn meaning(&self) -> GraphMeaning {
        match (self.code, self.subcode) {
            (10, 2_018_278 | 2_018_065 | 2_534_022) | (131_047, _) => GraphMeaning::WindowClosed,
            (10, 1_893_063) | (368 | 131_048, _) => GraphMeaning::Restricted,
            // Of one person, although it comes with the code of a right that is missing.
            (551 | 2_018_108 | 10_903 | 131_026, _)
            | (_, 2_018_108)
            | (200, 1_545_041)
            | (100, 2_018_001) => GraphMeaning::Unreachable,
            (10_900, _) => GraphMeaning::AlreadyReplied,
            (100, 33) => GraphMeaning::Gone,
            (190, _) => GraphMeaning::TokenInvalid,
            (3 | 10 | 200..=299, _) => GraphMeaning::NoRight,
            (4 | 17 | 32 | 613 | 80_001..=80_014 | 130_429 | 131_056, _) => GraphMeaning::TooMany,
            (1 | 2, _) => GraphMeaning::Transient,
            _ if self.transient => GraphMeaning::Transient,
            _ => GraphMeaning::Other,
        }
    }
}

/// How much of what the platform allows is used, in percent, and how long it wants to be left alone where it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The highest of all shares, in percent.
    pub percent: u32,
    /// How long until calls are taken again.
    pub wait: Option<Span>,
}

/// Reads `X-App-Usage` and `X-Business-Use-Case-Usage`; what cannot be read counts as nothing.
pub fn usage(headers: &HeaderMap) -> Usage {
    let json = |name: &str| {
        let text = headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        serde_json::from_str::<Value>(text).unwrap_or(Value::Null)
    };
    let (app, cases) = (json("x-app-usage"), json("x-business-use-case-usage"));
    let of_cases = cases.as_object().into_iter().flat_map(|all| all.values());
    let all = of_cases.filter_map(Value::as_array).flatten().chain([&app]);
    all.fold(Usage::default(), |most, told| {
        let share = |name: &str| told[name].as_f64().unwrap_or(0.0).clamp(0.0, 1_000.0) as u32;
        let percent = share("call_count").max(share("total_cputime")).max(share("total_time"));
        let minutes = told["estimated_time_to_regain_access"].as_i64().filter(|m| *m > 0);
        let wait = minutes.map(|m| Span::minutes(m.min(24 * 60)));
        Usage { percent: most.percent.max(percent), wait: most.wait.max(wait) }
    })
}

#[cfg(test)]
mod tests;
