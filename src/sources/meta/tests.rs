use super::*;
use hmac::KeyInit;
use http::HeaderValue;
use serde_json::json;

fn secrets(all: &[&str]) -> Vec<SecretString> {
    all.iter().map(|s| SecretString::from((*s).to_owned())).collect()
}

fn signed(value: &str) -> HeaderMap {
    [(http::HeaderName::from_static(SIGNATURE), HeaderValue::from_str(value).unwrap())].into_iter().collect()
}

#[test]
fn a_signature_holds_for_the_bytes_as_they_came_and_for_either_secret_while_they_are_changed() {
    let (old, new) = (secrets(&["old"]), secrets(&["new", "old"]));
    let body = br#"{"a":"\u00e9"}"#;
    let headers = signed(&sign(&old[0], body));
    assert_eq!(verify(&new, &headers, body), Ok(()));
    assert_eq!(verify(&secrets(&["new"]), &headers, body), Err(Refusal::Signature));
    // The same JSON in other bytes is another body.
    assert_eq!(verify(&new, &headers, "{\"a\":\"é\"}".as_bytes()), Err(Refusal::Signature));
    assert_eq!(verify(&new, &HeaderMap::new(), body), Err(Refusal::Missing(SIGNATURE)));
    let mut twice = headers.clone();
    twice.append(SIGNATURE, HeaderValue::from_static("sha256=00"));
    assert_eq!(verify(&new, &twice, body), Err(Refusal::Unreadable(SIGNATURE)));
    for junk in ["", "sha256=", "sha1=00", "sha256=zz"] {
        assert_eq!(verify(&new, &signed(junk), body), Err(Refusal::Signature), "{junk}");
    }
    assert_eq!(verify(&[], &headers, body), Err(Refusal::Signature));
    // Under an empty secret anybody could sign.
    let keyless = Hmac::<Sha256>::new_from_slice(b"").unwrap().chain_update(body).finalize().into_bytes();
    let keyless = signed(&format!("sha256={}", hex::encode(keyless)));
    assert_eq!(verify(&secrets(&["", " "]), &keyless, body), Err(Refusal::Signature));
}

#[test]
fn the_signature_is_that_of_the_published_scheme() {
    // HMAC-SHA256 of RFC 4231, test case 2.
    let secret = SecretString::from("Jefe".to_owned());
    assert_eq!(
        sign(&secret, b"what do ya want for nothing?"),
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn only_who_knows_our_word_is_answered() {
    let word = SecretString::from("our-word".to_owned());
    let query = "hub.mode=subscribe&hub.verify_token=our-word&hub.challenge=1158201444";
    let answer = handshake(&word, query).unwrap();
    assert_eq!((answer.content_type, answer.body.as_str()), ("text/plain", "1158201444"));
    for other in [
        "hub.mode=subscribe&hub.verify_token=other&hub.challenge=1",
        "hub.mode=unsubscribe&hub.verify_token=our-word&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=our-word&hub.challenge=%3Cscript%3E",
        "hub.mode=subscribe&hub.verify_token=our-word&hub.verify_token=x&hub.challenge=1",
        "hub.mode=subscribe&hub.challenge=1",
        "",
    ] {
        assert_eq!(handshake(&word, other), None, "{other}");
    }
    assert_eq!(
        handshake(&SecretString::from(String::new()), "hub.mode=subscribe&hub.verify_token=&hub.challenge=1"),
        None
    );
}

#[test]
fn errors_are_told_apart_by_code_and_subcode() {
    let error = |code: i64, sub: i64| {
        let body =
            json!({ "error": { "message": "x", "code": code, "error_subcode": sub, "fbtrace_id": "T" } });
        GraphError::of(&body).unwrap().meaning()
    };
    assert_eq!(error(10, 2_018_278), GraphMeaning::WindowClosed);
    assert_eq!(error(10, 1_893_063), GraphMeaning::Restricted);
    assert_eq!(error(10, 0), GraphMeaning::NoRight);
    assert_eq!(error(10, 2_018_065), GraphMeaning::WindowClosed);
    assert_eq!(error(551, 0), GraphMeaning::Unreachable);
    for code in [10, 200, 551] {
        assert_eq!(error(code, 2_018_108), GraphMeaning::Unreachable, "somebody's refusal is no lost right");
    }
    assert_eq!(error(10_900, 0), GraphMeaning::AlreadyReplied);
    assert_eq!(error(100, 33), GraphMeaning::Gone);
    assert_eq!(error(190, 463), GraphMeaning::TokenInvalid);
    assert_eq!(error(80_001, 0), GraphMeaning::TooMany);
    assert_eq!(error(2, 0), GraphMeaning::Transient);
    assert_eq!(error(100, 0), GraphMeaning::Other);
    assert_eq!(GraphError::of(&json!({ "id": "1" })), None);
}

#[test]
fn the_highest_share_used_counts() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-app-usage",
        HeaderValue::from_static(r#"{"call_count":28,"total_cputime":25,"total_time":3}"#),
    );
    let cases = r#"{"17":[{"type":"pages","call_count":95,"total_cputime":2,"total_time":1,"estimated_time_to_regain_access":7}]}"#;
    headers.insert("x-business-use-case-usage", HeaderValue::from_static(cases));
    assert_eq!(usage(&headers), Usage { percent: 95, wait: Some(Span::minutes(7)) });
    headers.insert("x-app-usage", HeaderValue::from_static("junk"));
    headers.remove("x-business-use-case-usage");
    assert_eq!(usage(&headers), Usage::default());
}

#[test]
fn a_change_is_read_in_its_list_and_in_the_entry_itself() {
    let now = Timestamp(1_795_608_000_000);
    let told = |body: &Value| -> Vec<String> {
        let changed = |change: &Value, _: Timestamp| field(&change["value"], "id").map(RawItem::unreadable);
        let items = delivered(body.to_string().as_bytes(), ("instagram", "77"), now, &changed, &|_| None);
        items.unwrap().iter().map(|item| String::from_utf8_lossy(&item.body).into_owned()).collect()
    };
    let change = json!({ "field": "comments", "value": { "id": "c1" } });
    let listed = json!({ "object": "instagram", "entry": [{ "id": "77", "time": 1, "changes": [change] }] });
    let mut alone = json!({ "object": "instagram", "entry": [{ "id": "77", "time": 1 }, { "id": "78" }] });
    for at in [0_usize, 1] {
        alone["entry"][at]["field"] = json!("comments");
        alone["entry"][at]["value"] = json!({ "id": "c1" });
    }
    assert_eq!(told(&listed), ["c1"]);
    assert_eq!(told(&alone), ["c1"], "and another account's is not ours");
}
