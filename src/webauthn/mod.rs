//! Passkeys as the W3C's Web Authentication (level 2) describes them: is a new key, or what one has signed, in order?
//!
//! Pure: challenges are made and kept elsewhere, and so are keys. Taken are ES256 and EdDSA, checked on `ring`. What
//! make an authenticator is, is not asked for, so attestation is `none`, or the key's own signature; whoever says
//! more is refused. A person must have been present and have shown who they are to the authenticator.

mod cbor;
mod data;
mod key;
#[cfg(test)]
mod tests;

pub use key::{Algorithm, PublicKey};

use cbor::Decoder;
use data::{AuthenticatorData, ClientData};
use sha2::{Digest, Sha256};

/// Longest id of a key in bytes.
pub const ID_BYTES_MAX: usize = 1023;
/// Longest description by the browser, and longest statement about a key, in bytes.
const BYTES_MAX: usize = 16 * 1024;

/// What was wrong. It is for logs and tests; whoever asks is told no more than that it did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It could not be read.
    #[error("not of the form that is described")]
    Form,
    /// It was made for something else: another ceremony.
    #[error("made for another purpose")]
    Purpose,
    /// It answers another challenge.
    #[error("answers another challenge")]
    Challenge,
    /// It was made on a page of somebody else, or inside of one.
    #[error("made on another page")]
    Origin,
    /// The authenticator signed for another address.
    #[error("made for another address")]
    Address,
    /// Nobody was there, or nobody showed who they are.
    #[error("nobody showed who they are")]
    Unseen,
    /// The key is of a kind that is not taken.
    #[error("a key of another kind")]
    Kind,
    /// It vouches for itself in a way that was not asked for.
    #[error("an attestation that was not asked for")]
    Attestation,
    /// The signature is wrong.
    #[error("the signature does not fit")]
    Signature,
}

/// Who asks: the address of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relying {
    /// The name of the host.
    pub id: String,
    /// Scheme, host and port.
    pub origin: String,
}

impl Relying {
    /// The one behind a public address; none where keys cannot be bound to it: a number, or no encryption.
    pub fn of(public_url: &str) -> Option<Self> {
        let url = url::Url::parse(public_url).ok()?;
        let Some(url::Host::Domain(host)) = url.host() else { return None };
        let local = host == "localhost" || host.ends_with(".localhost");
        let fine = url.scheme() == "https" || (url.scheme() == "http" && local);
        fine.then(|| Self { id: host.to_owned(), origin: url.origin().ascii_serialization() })
    }
}

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The id that the authenticator gave it.
    pub id: Vec<u8>,
    /// By what its signatures are checked.
    pub key: PublicKey,
    /// How often it has signed, as it says itself; 0 where it does not count.
    pub sign_count: u32,
}

/// What must hold of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Who asks.
    pub relying: &'a Relying,
    /// The challenge that it answers.
    pub challenge: &'a [u8],
    /// Whether the person must have shown who they are.
    pub verified: bool,
}

/// Checks a new key: what the browser says (`clientDataJSON`) and what the authenticator says
/// (`attestationObject`), as bytes.
///
/// # Errors
/// What did not fit.
pub fn register(wanted: &Wanted<'_>, client: &[u8], statement: &[u8]) -> Result<Credential, Refused> {
    let seen = checked_client(wanted, client, "webauthn.create")?;
    if statement.len() > BYTES_MAX {
        return Err(Refused::Form);
    }
    let statement = Statement::read(statement).ok_or(Refused::Form)?;
    let data = AuthenticatorData::read(statement.data)?;
    checked_data(wanted, &data)?;
    let (id, key) = data.credential.ok_or(Refused::Form)?;
    match (statement.format, statement.own) {
        ("none", None) if statement.is_empty => {}
        ("packed", Some((algorithm, signature))) => {
            if algorithm != key.algorithm().cose() {
                return Err(Refused::Attestation);
            }
            key.verify(&[statement.data, &seen].concat(), signature)?;
        }
        _ => return Err(Refused::Attestation),
    }
    Ok(Credential { id, key, sign_count: data.sign_count })
}

/// Checks what a key signed: what the browser says (`clientDataJSON`), what the authenticator says
/// (`authenticatorData`) and the signature, as bytes. Gives its new count.
///
/// # Errors
/// What did not fit.
pub fn check(
    wanted: &Wanted<'_>,
    key: &PublicKey,
    client: &[u8],
    data: &[u8],
    signature: &[u8],
) -> Result<u32, Refused> {
    let seen = checked_client(wanted, client, "webauthn.get")?;
    let read = AuthenticatorData::read(data)?;
    checked_data(wanted, &read)?;
    key.verify(&[data, &seen].concat(), signature)?;
    Ok(read.sign_count)
}

/// Whether a count went back or stood still: two of one key may be about. Keys that do not count say 0.
pub const fn is_doubtful(before: u32, after: u32) -> bool {
    (before != 0 || after != 0) && after <= before
}

/// The challenge that a browser's description answers, before anything in it is believed.
pub fn challenge_of(client: &[u8]) -> Option<Vec<u8>> {
    if client.len() > BYTES_MAX {
        return None;
    }
    ClientData::read(client)?.challenge()
}

fn checked_client(wanted: &Wanted<'_>, client: &[u8], purpose: &str) -> Result<[u8; 32], Refused> {
    if client.len() > BYTES_MAX {
        return Err(Refused::Form);
    }
    let said = ClientData::read(client).ok_or(Refused::Form)?;
    if said.purpose != purpose {
        return Err(Refused::Purpose);
    }
    if said.challenge().as_deref() != Some(wanted.challenge) || wanted.challenge.is_empty() {
        return Err(Refused::Challenge);
    }
    if said.origin != wanted.relying.origin || said.cross_origin || said.top_origin.is_some() {
        return Err(Refused::Origin);
    }
    Ok(Sha256::digest(client).into())
}

fn checked_data(wanted: &Wanted<'_>, data: &AuthenticatorData) -> Result<(), Refused> {
    let address: [u8; 32] = Sha256::digest(wanted.relying.id.as_bytes()).into();
    if data.address != address {
        return Err(Refused::Address);
    }
    if !data.present || (wanted.verified && !data.verified) {
        return Err(Refused::Unseen);
    }
    Ok(())
}

/// What an authenticator says of a new key.
struct Statement<'a> {
    format: &'a str,
    data: &'a [u8],
    /// Whether it vouches with nothing at all.
    is_empty: bool,
    /// The algorithm and the signature by which a key vouches for itself, and nothing else.
    own: Option<(i64, &'a [u8])>,
}

impl<'a> Statement<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut d = Decoder::new(bytes);
        let (mut format, mut data, mut vouched) = (None, None, None);
        for _ in 0..d.map()? {
            match d.str()? {
                "fmt" if format.is_none() => format = Some(d.str()?),
                "authData" if data.is_none() => data = Some(d.bytes()?),
                "attStmt" if vouched.is_none() => vouched = Some(vouching(&mut d)?),
                _ => return None,
            }
        }
        if d.position() != bytes.len() {
            return None;
        }
        let (is_empty, own) = vouched?;
        Some(Self { format: format?, data: data?, is_empty, own })
    }
}

type Vouching<'a> = (bool, Option<(i64, &'a [u8])>);

/// Whether a statement is empty, and how a key vouches for itself in it. Of what else there may be only the end is
/// looked for.
fn vouching<'a>(d: &mut Decoder<'a>) -> Option<Vouching<'a>> {
    let entries = d.map()?;
    let (mut algorithm, mut signature, mut more) = (None, None, false);
    for _ in 0..entries {
        match d.str()? {
            "alg" => algorithm = Some(d.i64()?),
            "sig" => signature = Some(d.bytes()?),
            _ => {
                more = true;
                d.skip()?;
            }
        }
    }
    Some((entries == 0, algorithm.zip(signature).filter(|_| !more)))
}
