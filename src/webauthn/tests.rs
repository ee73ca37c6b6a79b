//! The vectors that the W3C publishes with Web Authentication Level 3, section "Test Vectors" (made by
//! `test-vectors/webauthn-test-vectors.py` of w3c/webauthn), and what must not pass.

use super::*;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

struct Vector {
    challenge: &'static str,
    client: &'static str,
    statement: &'static str,
    then_challenge: &'static str,
    then_client: &'static str,
    then_data: &'static str,
    signature: &'static str,
}

/// Section "ES256 Credential with No Attestation".
const NONE_ES256: Vector = Vector {
    challenge: "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
    client: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878\
         475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a226874\
         7470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261446174\
         61223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e\
         616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354\
         427258426941774a544c453551227d",
    statement: "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735a\
         e7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70\
         189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20d\
         b90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b\
         9220",
    then_challenge: "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    then_client: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455\
         506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a226874747073\
         3a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    then_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    signature: "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b935381\
         74f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
};

/// Section "ES256 Credential with Self Attestation".
const SELF_ES256: Vector = Vector {
    challenge: "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5",
    client: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c5574\
         5936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a226874\
         7470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261446174\
         61223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e\
         616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205539685458764b4532\
         55526b4d6e625f307859485667227d",
    statement: "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf3780\
         97c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f2202721\
         78f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4\
         b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a86\
         5ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf1938\
         43c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2",
    then_challenge: "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b",
    then_client: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493352\
         594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a226874747073\
         3a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a\
         22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c20\
         6669656c647320696e20746865206675747572652c207375636820617320746869733a206754623533727a3645685357\
         6f6d58477a696d433151227d",
    then_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000",
    signature: "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3\
         b99772b7efd95994a83ef584b3b6b825ea3550251b66",
};

/// Section "Packed Attestation with Ed25519 Credential"; its statement is left out and written as none, for we take none
/// with a certificate. What the key signs afterwards is as published.
const ED25519_KEY: Vector = Vector {
    challenge: "a8abf9dabdc6b0df63466b39bda9e8a34a34e185337a59f1c579990676d3b3bd",
    client: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22714b76353272334773\
         4e396a526d733576616e6f6f306f303459557a656c6e7878586d5a426e6254733730222c226f726967696e223a226874\
         7470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261446174\
         61223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e\
         616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20425f44543567375a44\
         5f2d394f544c59583549764551227d",
    statement: "a363666d74646e6f6e656761747453746d74a06861757468446174615881bfabc37432958b063360d3ad6461c9c4735a\
         e7f8edd46592a5e0f01452b2e4b54100000000d5aa33581e8ca478e20fe713f5d32ff20020ce9f840ed96599580cd140\
         fbc7bb3230633f50f61041aff73308ae71caa8a2bda401010327200621582044e06ddd331c36a8dc667bab52bcae6348\
         6c916aa5e339e6acebaa84934bf832",
    then_challenge: "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2",
    then_client: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d6d44\
         534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e223a226874747073\
         3a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    then_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
    signature: "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097\
         d6607525713223a0dc0d453993dae00b",
};

fn relying() -> Relying {
    Relying::of("https://example.org").unwrap()
}

fn wanted<'a>(relying: &'a Relying, challenge: &'a [u8], verified: bool) -> Wanted<'a> {
    Wanted { relying, challenge, verified }
}

#[test]
fn published_vectors_pass() {
    let r = relying();
    for (v, algorithm) in
        [(NONE_ES256, Algorithm::Es256), (SELF_ES256, Algorithm::Es256), (ED25519_KEY, Algorithm::EdDsa)]
    {
        let challenge = hex(v.challenge);
        let made = register(&wanted(&r, &challenge, false), &hex(v.client), &hex(v.statement)).unwrap();
        assert_eq!((made.key.algorithm(), made.id.len(), made.sign_count), (algorithm, 32, 0));
        let kept = PublicKey::stored(algorithm.cose(), made.key.bytes().to_vec()).unwrap();
        let challenge = hex(v.then_challenge);
        let (client, data, signature) = (hex(v.then_client), hex(v.then_data), hex(v.signature));
        let count = check(&wanted(&r, &challenge, false), &kept, &client, &data, &signature);
        assert_eq!(count, Ok(0));
        assert_eq!(challenge_of(&client), Some(challenge));
    }
}

#[test]
fn what_was_touched_does_not_pass() {
    let (r, v) = (relying(), SELF_ES256);
    let (challenge, client, statement) = (hex(v.challenge), hex(v.client), hex(v.statement));
    let made = register(&wanted(&r, &challenge, true), &client, &statement).unwrap();
    // Its own signature covers the data and what the browser said; the rest is the form around them.
    for at in (0..statement.len()).step_by(3) {
        let mut touched = statement.clone();
        touched[at] ^= 1;
        assert!(register(&wanted(&r, &challenge, true), &client, &touched).is_err(), "byte {at}");
        assert!(register(&wanted(&r, &challenge, true), &client, &statement[..at]).is_err(), "cut at {at}");
    }
    let (challenge, client) = (hex(v.then_challenge), hex(v.then_client));
    let (data, signature) = (hex(v.then_data), hex(v.signature));
    let with = |client: &[u8], data: &[u8], signature: &[u8]| {
        check(&wanted(&r, &challenge, false), &made.key, client, data, signature)
    };
    assert_eq!(with(&client, &data, &signature), Ok(0));
    for at in 0..data.len() {
        let mut touched = data.clone();
        touched[at] ^= 1;
        assert!(with(&client, &touched, &signature).is_err(), "data, byte {at}");
    }
    for at in 0..signature.len() {
        let mut touched = signature.clone();
        touched[at] ^= 1;
        assert!(with(&client, &data, &touched).is_err(), "signature, byte {at}");
    }
    let mut longer = data.clone();
    longer.push(0);
    assert_eq!(with(&client, &longer, &signature), Err(Refused::Form));
}

#[test]
fn each_rule_says_no_by_itself() {
    let (r, v) = (relying(), NONE_ES256);
    let (challenge, client, statement) = (hex(v.challenge), hex(v.client), hex(v.statement));
    let no = |relying: &Relying, challenge: &[u8], verified: bool, client: &[u8]| {
        register(&wanted(relying, challenge, verified), client, &statement).unwrap_err()
    };
    assert_eq!(no(&r, &challenge, true, &client), Refused::Unseen);
    assert_eq!(no(&r, &[7; 32], false, &client), Refused::Challenge);
    assert_eq!(no(&r, &[], false, &client), Refused::Challenge);
    let other = Relying { id: "example.org".into(), origin: "https://evil.example".into() };
    assert_eq!(no(&other, &challenge, false, &client), Refused::Origin);
    let other = Relying { id: "example.com".into(), origin: "https://example.org".into() };
    assert_eq!(no(&other, &challenge, false, &client), Refused::Address);
    assert_eq!(no(&r, &challenge, false, b"{}"), Refused::Form);
    let text = String::from_utf8(client.clone()).unwrap();
    let changed = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    assert_eq!(no(&r, &challenge, false, &changed("webauthn.create", "webauthn.get")), Refused::Purpose);
    let framed = changed("\"crossOrigin\":false", "\"crossOrigin\":true");
    assert_eq!(no(&r, &challenge, false, &framed), Refused::Origin);
    let framed = changed("\"crossOrigin\":false", "\"topOrigin\":\"https://example.org\"");
    assert_eq!(no(&r, &challenge, false, &framed), Refused::Origin);
    // `none` with something in it, and a certificate that nobody asked for.
    let says = |from: &str, to: &str| hex(&v.statement.replacen(from, to, 1));
    let full = says("6761747453746d74a0", "6761747453746d74a163616c6726");
    let refused = register(&wanted(&r, &challenge, false), &client, &full);
    assert_eq!(refused, Err(Refused::Attestation));
    let packed = says("646e6f6e65", "667061636b6564");
    assert_eq!(register(&wanted(&r, &challenge, false), &client, &packed), Err(Refused::Attestation));
    // ES384 by name, and a point that is none of the curve's.
    let kind = says("a5010203262001", "a50102033822".to_owned().as_str());
    assert!(register(&wanted(&r, &challenge, false), &client, &kind).is_err());
}

#[test]
fn counts_that_do_not_rise_are_doubtful() {
    for (before, after, doubt) in
        [(0, 0, false), (0, 1, false), (1, 2, false), (1, 1, true), (5, 4, true), (5, 0, true)]
    {
        assert_eq!(is_doubtful(before, after), doubt, "{before} {after}");
    }
}

#[test]
fn keys_are_bound_to_names_under_encryption() {
    let of = |url: &str| Relying::of(url).map(|r| (r.id, r.origin));
    let care = Some(("care.example".to_owned(), "https://care.example:8443".to_owned()));
    assert_eq!(of("https://care.example:8443/"), care);
    assert_eq!(of("http://localhost:8080").unwrap().1, "http://localhost:8080");
    for none in ["http://127.0.0.1:8080", "https://192.0.2.1", "http://care.example", "", "https://[::1]"] {
        assert_eq!(of(none), None, "{none}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(0_u8.., 0..400)) {
        let r = relying();
        let w = wanted(&r, &[1; 32], true);
        proptest::prop_assert!(register(&w, &bytes, &bytes).is_err());
        let _ = AuthenticatorData::read(&bytes);
        let _ = Statement::read(&bytes);
        let _ = PublicKey::read_cose(&bytes);
    }
}
