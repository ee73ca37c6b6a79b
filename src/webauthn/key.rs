//! Public keys as authenticators write them (COSE, RFC 9053), and checking by them.

use super::Refused;
use super::cbor::Decoder;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};

/// By what a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Its number in COSE.
    pub const fn cose(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
        }
    }

    const fn from_cose(number: i64) -> Option<Self> {
        match number {
            -7 => Some(Self::Es256),
            -8 => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A public key: a point that is not compressed, or 32 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// As it was kept: the number of its algorithm in COSE, and its bytes.
    pub fn stored(cose: i64, bytes: Vec<u8>) -> Option<Self> {
        let algorithm = Algorithm::from_cose(cose)?;
        let fine = match algorithm {
            Algorithm::Es256 => bytes.len() == 65 && bytes.first() == Some(&4),
            Algorithm::EdDsa => bytes.len() == 32,
        };
        fine.then_some(Self { algorithm, bytes })
    }

    /// By what it signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its bytes, to be kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads a key, and tells how many bytes it took.
    pub(super) fn read_cose(bytes: &[u8]) -> Result<(Self, usize), Refused> {
        let mut d = Decoder::new(bytes);
        let fields = Fields::read(&mut d).ok_or(Refused::Form)?;
        Ok((fields.key().ok_or(Refused::Kind)?, d.position()))
    }

    /// Checks a signature.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let checked = match self.algorithm {
            Algorithm::Es256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.bytes).verify(message, signature)
            }
            Algorithm::EdDsa => UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature),
        };
        checked.map_err(|_| Refused::Signature)
    }
}

/// The parameters of a key by their numbers: kind 1, algorithm 3, curve -1, x -2, y -3.
#[derive(Default)]
struct Fields<'a> {
    kind: Option<i64>,
    algorithm: Option<i64>,
    curve: Option<i64>,
    x: Option<&'a [u8]>,
    y: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn read(d: &mut Decoder<'a>) -> Option<Self> {
        let mut f = Self::default();
        for _ in 0..d.map()? {
            let name = d.i64()?;
            let is_bytes = d.is_bytes();
            match name {
                1 => f.kind = Some(d.i64()?),
                3 => f.algorithm = Some(d.i64()?),
                // An RSA key has bytes here; it is of another kind, not of another form.
                -1 if !is_bytes => f.curve = Some(d.i64()?),
                -2 if is_bytes => f.x = Some(d.bytes()?),
                -3 if is_bytes => f.y = Some(d.bytes()?),
                _ => d.skip()?,
            }
        }
        Some(f)
    }

    fn key(&self) -> Option<PublicKey> {
        let algorithm = Algorithm::from_cose(self.algorithm?)?;
        let bytes = match (algorithm, self.kind?, self.curve?) {
            (Algorithm::Es256, 2, 1) => {
                let (x, y) = (self.x?, self.y?);
                (x.len() == 32 && y.len() == 32).then(|| [&[4], x, y].concat())?
            }
            (Algorithm::EdDsa, 1, 6) => self.x?.to_vec(),
            _ => return None,
        };
        PublicKey::stored(algorithm.cose(), bytes)
    }
}
