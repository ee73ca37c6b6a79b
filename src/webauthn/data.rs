//! What the browser and the authenticator say, taken apart.

use super::cbor::Decoder;
use super::key::PublicKey;
use super::{ID_BYTES_MAX, Refused};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// What the browser says of a ceremony.
#[derive(Debug, Deserialize)]
pub(super) struct ClientData {
    /// `webauthn.create` or `webauthn.get`.
    #[serde(rename = "type")]
    pub purpose: String,
    challenge: String,
    /// The page on which it was made.
    pub origin: String,
    /// Whether that page stood inside of one from elsewhere.
    #[serde(rename = "crossOrigin", default)]
    pub cross_origin: bool,
    /// The page around it.
    #[serde(rename = "topOrigin", default)]
    pub top_origin: Option<String>,
}

impl ClientData {
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub fn challenge(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(&self.challenge).ok()
    }
}

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_KEY: u8 = 0x40;
const HAS_MORE: u8 = 0x80;

/// What the authenticator says of a ceremony.
#[derive(Debug)]
pub(super) struct AuthenticatorData {
    /// The hash of the address for which it signs.
    pub address: [u8; 32],
    /// Whether somebody was there.
    pub present: bool,
    /// Whether they showed who they are.
    pub verified: bool,
    /// How often the key has signed.
    pub sign_count: u32,
    /// A new key: its id and itself.
    pub credential: Option<(Vec<u8>, PublicKey)>,
}

impl AuthenticatorData {
    /// Takes it apart to its last byte.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let (address, rest) = bytes.split_first_chunk::<32>().ok_or(Refused::Form)?;
        let (flags, rest) = rest.split_first().ok_or(Refused::Form)?;
        let (count, mut rest) = rest.split_first_chunk::<4>().ok_or(Refused::Form)?;
        let has = |flag: u8| flags & flag != 0;
        if has(BACKED_UP) && !has(BACKUP_ELIGIBLE) {
            return Err(Refused::Form);
        }
        let credential = if has(HAS_KEY) { Some(credential(&mut rest)?) } else { None };
        if has(HAS_MORE) {
            let mut d = Decoder::new(rest);
            d.clone().map().ok_or(Refused::Form)?;
            d.skip().ok_or(Refused::Form)?;
            rest = rest.get(d.position()..).unwrap_or_default();
        }
        if !rest.is_empty() {
            return Err(Refused::Form);
        }
        Ok(Self {
            address: *address,
            present: has(PRESENT),
            verified: has(VERIFIED),
            sign_count: u32::from_be_bytes(*count),
            credential,
        })
    }
}

/// Model, length, id, key.
fn credential(rest: &mut &[u8]) -> Result<(Vec<u8>, PublicKey), Refused> {
    let (_model, after) = rest.split_first_chunk::<16>().ok_or(Refused::Form)?;
    let (length, after) = after.split_first_chunk::<2>().ok_or(Refused::Form)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > ID_BYTES_MAX {
        return Err(Refused::Form);
    }
    let (id, after) = after.split_at_checked(length).ok_or(Refused::Form)?;
    let (key, used) = PublicKey::read_cose(after)?;
    *rest = after.get(used..).unwrap_or_default();
    Ok((id.to_vec(), key))
}
