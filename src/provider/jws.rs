//! Signatures of identity tokens (RFC 7515), checked on `ring`. Pure.
//!
//! Taken are RS256, ES256 and EdDSA, each with a key of its own kind and nothing else: `none` and the HMACs are no
//! words here, so no header can talk anybody into them. A key comes from the provider's own set, never from a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

/// Longest token in bytes.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// What was wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It could not be read.
    #[error("it cannot be read")]
    Form,
    /// It is signed by a way that is not taken, or not at all.
    #[error("it is signed by a way that is not taken")]
    Algorithm,
    /// None of the provider's keys has its name and its kind.
    #[error("it is signed by a key that the provider does not name")]
    Key,
    /// The signature is wrong.
    #[error("its signature does not fit")]
    Signature,
}

/// A key of the provider's set (RFC 7517).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Key {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The provider's set of keys.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Keys {
    keys: Vec<Value>,
}

impl Keys {
    /// Those that can be read and used; others are none of our business.
    pub fn usable(&self) -> Vec<Key> {
        let read = |v: &Value| serde_json::from_value::<Key>(v.clone()).ok();
        self.keys.iter().filter_map(read).filter(|k| k.way().is_some()).collect()
    }
}

/// A way to sign that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Rs256,
    Es256,
    EdDsa,
}

impl Way {
    fn named(word: &str) -> Option<Self> {
        match word {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

impl Key {
    /// The only way in which this key signs, if it is one that is taken.
    fn way(&self) -> Option<Way> {
        if self.purpose.as_deref().is_some_and(|p| p != "sig") {
            return None;
        }
        let way = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Way::Rs256,
            ("EC", Some("P-256")) => Way::Es256,
            ("OKP", Some("Ed25519")) => Way::EdDsa,
            _ => return None,
        };
        let fits = self.alg.as_deref().is_none_or(|alg| Way::named(alg) == Some(way));
        fits.then_some(way)
    }

    fn verify(&self, way: Way, message: &[u8], signature: &[u8]) -> Option<()> {
        let part = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        match way {
            Way::Rs256 => RsaPublicKeyComponents { n: part(&self.n)?, e: part(&self.e)? }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .ok(),
            Way::Es256 => {
                let point = [&[4][..], &part(&self.x)?, &part(&self.y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).ok()
            }
            Way::EdDsa => UnparsedPublicKey::new(&ED25519, part(&self.x)?).verify(message, signature).ok(),
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// What a token says, once a key of the set has been found to have signed it.
///
/// # Errors
/// What was wrong; [`Refused::Key`] may mean that the set is old.
pub fn verified(token: &str, keys: &[Key]) -> Result<Value, Refused> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refused::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refused::Form)?;
    let (head, body) = message.split_once('.').filter(|(_, b)| !b.contains('.')).ok_or(Refused::Form)?;
    let plain = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Form);
    let head: Header = serde_json::from_slice(&plain(head)?).map_err(|_| Refused::Form)?;
    let way = Way::named(&head.alg).ok_or(Refused::Algorithm)?;
    if head.crit.is_some() {
        return Err(Refused::Form);
    }
    let signature = plain(signature)?;
    let named = |k: &&Key| head.kid.is_none() || k.kid == head.kid;
    let mut fitting = keys.iter().filter(named).filter(|k| k.way() == Some(way)).peekable();
    if fitting.peek().is_none() {
        return Err(Refused::Key);
    }
    if !fitting.any(|k| k.verify(way, message.as_bytes(), &signature).is_some()) {
        return Err(Refused::Signature);
    }
    serde_json::from_slice(&plain(body)?).map_err(|_| Refused::Form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(keys: &Value) -> Vec<Key> {
        serde_json::from_value::<Keys>(json!({ "keys": keys })).unwrap().usable()
    }

    /// RFC 7515, appendix A.2.
    const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
        cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\
        AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK\
        5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv\
        hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn rs256() -> Value {
        json!({ "kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx\
            HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGz\
            jb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3q\
            Co5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" })
    }

    /// RFC 7515, appendix A.3.
    const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
        cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA\
        pmWQxfKTUJqPP3-Kg6NU1Q";

    fn es256() -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
    }

    /// RFC 8037, appendix A.4; its body is a text and no object.
    const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-0\
        9PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    #[test]
    fn the_vectors_of_the_rfcs() {
        let keys = set(&json!([rs256(), es256()]));
        for token in [RS256, ES256] {
            let said = verified(token, &keys).unwrap();
            assert_eq!(said["iss"], "joe");
        }
        let okp =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        // The signature fits; what it covers is no set of claims.
        assert_eq!(verified(EDDSA, &set(&json!([okp]))), Err(Refused::Form));
        assert_eq!(verified(&EDDSA.replace("hgyY", "hgyZ"), &set(&json!([okp]))), Err(Refused::Signature));
        for token in [RS256, ES256] {
            let at = token.rfind('.').unwrap();
            let touched = format!("{}X{}", &token[..at - 1], &token[at..]);
            assert!(verified(&touched, &keys).is_err());
        }
    }

    #[test]
    fn no_header_talks_us_into_anything() {
        let keys = set(&json!([rs256(), es256()]));
        let body = RS256.split('.').nth(1).unwrap();
        let with = |head: Value, signature: &str| {
            let head = URL_SAFE_NO_PAD.encode(head.to_string());
            verified(&format!("{head}.{body}.{signature}"), &keys)
        };
        for alg in ["none", "None", "HS256", "HS512", "RS384", "PS256", "ES384", "", "rs256"] {
            assert_eq!(with(json!({ "alg": alg }), ""), Err(Refused::Algorithm), "{alg}");
        }
        assert_eq!(with(json!({ "alg": "EdDSA" }), ""), Err(Refused::Key), "no key of that kind");
        assert_eq!(with(json!({ "alg": "RS256", "kid": "other" }), ""), Err(Refused::Key));
        assert_eq!(with(json!({ "alg": "RS256", "crit": ["x"] }), ""), Err(Refused::Form));
        assert_eq!(with(json!({ "alg": "RS256" }), ""), Err(Refused::Signature));
        assert_eq!(verified("a.b", &keys), Err(Refused::Form));
        assert_eq!(verified(&format!("{RS256}.x"), &keys), Err(Refused::Form));
        // Keys for something else are not keys here.
        let mut other = rs256();
        other["use"] = json!("enc");
        assert_eq!(verified(RS256, &set(&json!([other]))), Err(Refused::Key));
        let mut other = rs256();
        other["alg"] = json!("PS256");
        assert!(set(&json!([other, { "kty": "oct", "k": "AAAA" }, 7])).is_empty());
    }
}
