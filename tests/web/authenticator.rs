//! An authenticator in software: it keeps keys, and signs as one that somebody carries would.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};

pub enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// One key of an authenticator, and how it behaves.
pub struct Authenticator {
    pub id: Vec<u8>,
    pub key: Key,
    /// How often it has signed; none where it does not count.
    pub count: Option<u32>,
    pub origin: String,
    pub rp: String,
    /// Whether somebody shows who they are to it.
    pub verifies: bool,
}

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The head of a CBOR item: its kind and its length or number.
fn head(kind: u8, n: usize) -> Vec<u8> {
    match n {
        0..24 => vec![kind << 5 | n as u8],
        24..256 => vec![kind << 5 | 24, n as u8],
        _ => [vec![kind << 5 | 25], (n as u16).to_be_bytes().to_vec()].concat(),
    }
}

fn data(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len()), bytes.to_vec()].concat()
}

fn text(text: &str) -> Vec<u8> {
    [head(3, text.len()), text.as_bytes().to_vec()].concat()
}

/// What the browser's form carries for a log-in.
pub struct Signed {
    pub id: String,
    pub client: String,
    pub data: String,
    pub signature: String,
}

impl Signed {
    pub fn fields(&self) -> Vec<(&str, &str)> {
        vec![("id", &self.id), ("client", &self.client), ("data", &self.data), ("signature", &self.signature)]
    }
}

impl Authenticator {
    pub fn new(id: u8, eddsa: bool) -> Self {
        let random = SystemRandom::new();
        let key = if eddsa {
            let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
            Key::EdDsa(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
        } else {
            let of = &ECDSA_P256_SHA256_ASN1_SIGNING;
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(of, &random).unwrap();
            Key::Es256(EcdsaKeyPair::from_pkcs8(of, pkcs8.as_ref(), &random).unwrap())
        };
        Self {
            id: vec![id; 32],
            key,
            count: None,
            origin: "http://localhost:8080".into(),
            rp: "localhost".into(),
            verifies: true,
        }
    }

    fn cose(&self) -> Vec<u8> {
        match &self.key {
            Key::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let begin = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
                [&begin[..], &data(&point[1..33]), &[0x22], &data(&point[33..])].concat()
            }
            Key::EdDsa(pair) => {
                let begin = [0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21];
                [&begin[..], &data(pair.public_key().as_ref())].concat()
            }
        }
    }

    fn says(&mut self, new: bool) -> Vec<u8> {
        let flags = 0x01 | if self.verifies { 0x04 } else { 0 } | if new { 0x40 } else { 0 };
        self.count = self.count.map(|n| n + 1);
        let mut all = Sha256::digest(self.rp.as_bytes()).to_vec();
        all.push(flags);
        all.extend(self.count.unwrap_or(0).to_be_bytes());
        if new {
            all.extend([0; 16]);
            all.extend((self.id.len() as u16).to_be_bytes());
            all.extend(&self.id);
            all.extend(self.cose());
        }
        all
    }

    fn client(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let said = serde_json::json!({ "type": kind, "challenge": challenge, "origin": self.origin,
            "crossOrigin": false });
        said.to_string().into_bytes()
    }

    /// A new key: what the browser says, and what the authenticator says.
    pub fn create(&mut self, challenge: &str) -> (String, String) {
        let client = self.client("webauthn.create", challenge);
        let says = self.says(true);
        let statement = [
            head(5, 3),
            text("fmt"),
            text("none"),
            text("attStmt"),
            head(5, 0),
            text("authData"),
            data(&says),
        ]
        .concat();
        (b64(client), b64(statement))
    }

    /// A signature.
    pub fn get(&mut self, challenge: &str) -> Signed {
        let client = self.client("webauthn.get", challenge);
        let says = self.says(false);
        let message = [&says[..], &Sha256::digest(&client)].concat();
        let signature = match &self.key {
            Key::Es256(pair) => pair.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec(),
            Key::EdDsa(pair) => pair.sign(&message).as_ref().to_vec(),
        };
        Signed { id: b64(&self.id), client: b64(client), data: b64(says), signature: b64(signature) }
    }
}
