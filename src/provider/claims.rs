//! What an identity token must say, and what it says of somebody. Pure.

use super::config::OidcConfig;
use crate::domain::time::{Span, Timestamp};
use serde_json::Value;
use subtle::ConstantTimeEq;

/// How far the clocks of both sides may be apart, in seconds.
const SKEW: i64 = 60;
/// Longest number of an account, as the standard bounds it.
const SUBJECT_BYTES_MAX: usize = 255;

/// What was wrong with what a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Somebody else issued it.
    #[error("another issuer")]
    Issuer,
    /// It was issued to somebody else.
    #[error("made for somebody else")]
    Audience,
    /// It no longer holds.
    #[error("expired")]
    Expired,
    /// It does not hold yet.
    #[error("from the future")]
    Future,
    /// It belongs to another visit.
    #[error("made for another visit")]
    Nonce,
    /// It names nobody.
    #[error("it names nobody")]
    Subject,
}

/// Checks an identity token (OpenID Connect Core, 3.1.3.7) whose signature was found good.
///
/// # Errors
/// What was wrong.
pub fn check(said: &Value, config: &OidcConfig, nonce: &str, now: Timestamp) -> Result<String, Wrong> {
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    if text("iss") != Some(config.issuer.as_str()) {
        return Err(Wrong::Issuer);
    }
    let audience: Vec<&str> = match said.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().map(|a| a.as_str().unwrap_or_default()).collect(),
        _ => Vec::new(),
    };
    let party = said.get("azp").map(|azp| azp.as_str().unwrap_or_default());
    let ours = config.client_id.as_str();
    // Made for several, it must say that it was made for us.
    let is_ours = audience.contains(&ours) && party.map_or(audience.len() == 1, |azp| azp == ours);
    if !is_ours {
        return Err(Wrong::Audience);
    }
    let seconds =
        |name: &str| said.get(name).and_then(|v| v.as_i64().or_else(|| v.as_f64().map(|f| f as i64)));
    let now = now.millis().div_euclid(1000);
    if seconds("exp").is_none_or(|exp| exp.saturating_add(SKEW) <= now) {
        return Err(Wrong::Expired);
    }
    let future = |at: Option<i64>| at.is_some_and(|at| at.saturating_sub(SKEW) > now);
    if seconds("iat").is_none() || future(seconds("iat")) || future(seconds("nbf")) {
        return Err(Wrong::Future);
    }
    let given = text("nonce").unwrap_or_default();
    if nonce.is_empty() || !bool::from(given.as_bytes().ct_eq(nonce.as_bytes())) {
        return Err(Wrong::Nonce);
    }
    let subject = text("sub").filter(|s| !s.is_empty() && s.len() <= SUBJECT_BYTES_MAX);
    subject.map(str::to_owned).ok_or(Wrong::Subject)
}

/// When somebody showed the provider who they are, where that lies within a span before now; clocks may be apart.
pub fn proved(said: &Value, now: Timestamp, within: Span) -> Option<Timestamp> {
    let at = Timestamp(said.get("auth_time")?.as_i64()?.checked_mul(1000)?);
    let is_fresh = at.millis() <= now.plus(Span::seconds(SKEW)).millis() && now.since(at) < within;
    is_fresh.then_some(if at.millis() > now.millis() { now } else { at })
}

/// A claim by name, or by its path with dots, as `realm_access.roles`.
pub fn claim<'a>(said: &'a Value, name: &str) -> Option<&'a Value> {
    said.get(name).or_else(|| name.split('.').try_fold(said, |at, part| at.get(part)))
}

/// The login that the claim of the settings holds; empty where there is none, and where it is a mail address of which the
/// provider says itself that nobody has shown it to be theirs.
pub fn login<'a>(config: &OidcConfig, said: &'a Value) -> &'a str {
    let unproved = match claim(said, "email_verified") {
        Some(Value::Bool(is)) => !is,
        Some(Value::String(is)) => is.eq_ignore_ascii_case("false"),
        _ => false,
    };
    if config.login_claim == "email" && unproved {
        return "";
    }
    claim(said, &config.login_claim).and_then(Value::as_str).unwrap_or_default()
}

fn groups<'a>(config: &OidcConfig, said: &'a Value) -> Vec<&'a str> {
    match claim(said, &config.groups_claim) {
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    }
}

/// The brands by name that somebody's groups let them see, those of all lines that fit; nothing where no lines are given.
pub fn brands(config: &OidcConfig, said: &Value) -> Option<Vec<String>> {
    if config.brands.is_empty() {
        return None;
    }
    let groups = groups(config, said);
    let fitting = config.brands.iter().filter(|line| groups.contains(&line.group.as_str()));
    Some(fitting.flat_map(|line| line.brands.iter().cloned()).collect())
}

/// The role that somebody's groups give them: that of the first line whose group they are in. `Err` where lines are
/// given and none fits.
///
/// # Errors
/// Nothing fits.
pub fn role(config: &OidcConfig, said: &Value) -> Result<Option<String>, ()> {
    if config.roles.is_empty() {
        return Ok(None);
    }
    let groups = groups(config, said);
    let found = config.roles.iter().find(|r| groups.contains(&r.group.as_str()));
    found.map(|r| Some(r.role.clone())).ok_or(())
}

#[cfg(test)]
mod tests {
    use super::super::config::GroupRole;
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn config() -> OidcConfig {
        OidcConfig { issuer: "https://id.example".into(), client_id: "care".into(), ..OidcConfig::default() }
    }

    fn good() -> Value {
        json!({ "iss": "https://id.example", "aud": "care", "sub": "42", "nonce": "n", "iat": 1_790_000_000,
            "exp": 1_790_000_300 })
    }

    fn checked(name: &str, value: Value) -> Result<String, Wrong> {
        let mut said = good();
        said[name] = value;
        check(&said, &config(), "n", NOW)
    }

    #[test]
    fn each_claim_is_looked_at() {
        assert_eq!(check(&good(), &config(), "n", NOW), Ok("42".into()));
        for (name, value, wanted) in [
            ("iss", json!("https://id.example/"), Wrong::Issuer),
            ("iss", Value::Null, Wrong::Issuer),
            ("aud", json!("other"), Wrong::Audience),
            ("aud", json!([]), Wrong::Audience),
            ("aud", json!(["care", "other"]), Wrong::Audience),
            ("azp", json!("other"), Wrong::Audience),
            ("azp", json!(7), Wrong::Audience),
            ("exp", json!(1_789_999_940), Wrong::Expired),
            ("exp", Value::Null, Wrong::Expired),
            ("iat", json!(1_790_000_061), Wrong::Future),
            ("iat", Value::Null, Wrong::Future),
            ("nbf", json!(1_790_000_061), Wrong::Future),
            ("nonce", json!("m"), Wrong::Nonce),
            ("nonce", Value::Null, Wrong::Nonce),
            ("sub", json!(""), Wrong::Subject),
            ("sub", json!("x".repeat(256)), Wrong::Subject),
            ("sub", json!(42), Wrong::Subject),
        ] {
            assert_eq!(checked(name, value.clone()), Err(wanted), "{name} {value}");
        }
        assert!(checked("exp", json!(1_789_999_941)).is_ok(), "clocks may be a minute apart");
        assert!(checked("exp", json!(1_790_000_300.5)).is_ok());
        let mut several = good();
        several["aud"] = json!(["care", "other"]);
        several["azp"] = json!("care");
        assert!(check(&several, &config(), "n", NOW).is_ok());
        assert_eq!(check(&good(), &config(), "", NOW), Err(Wrong::Nonce));
    }

    #[test]
    fn only_a_fresh_authentication_is_a_proof() {
        let of =
            |at: Value| proved(&json!({ "auth_time": at }), NOW, Span::minutes(10)).map(Timestamp::millis);
        assert_eq!(of(json!(1_789_999_500)), Some(1_789_999_500_000));
        assert_eq!(of(json!(1_790_000_050)), Some(NOW.millis()), "a clock that goes ahead");
        for stale in
            [json!(1_789_999_400), json!(1_790_000_061), json!("1790000000"), json!(i64::MAX), Value::Null]
        {
            assert_eq!(of(stale.clone()), None, "{stale}");
        }
    }

    #[test]
    fn a_mail_address_that_nobody_has_proved_is_no_login() {
        let mut config = config();
        let said = |is: Value| json!({ "email": "jan@acme.example", "preferred_username": "jan", "email_verified": is });
        assert_eq!(login(&config, &said(json!(false))), "jan");
        config.login_claim = "email".into();
        for (is, wanted) in [
            (json!(false), ""),
            (json!("False"), ""),
            (json!(true), "jan@acme.example"),
            (Value::Null, "jan@acme.example"),
        ] {
            assert_eq!(login(&config, &said(is.clone())), wanted, "{is}");
        }
    }

    #[test]
    fn groups_give_roles_and_no_group_gives_none() {
        let mut config = config();
        assert_eq!(role(&config, &json!({})), Ok(None));
        config.roles = [("bosses", "admin"), ("team", "agent")]
            .map(|(group, role)| GroupRole { group: group.into(), role: role.into() })
            .to_vec();
        let of = |groups: Value| role(&config, &json!({ "groups": groups }));
        assert_eq!(of(json!(["team", "bosses"])), Ok(Some("admin".into())), "the first line that fits");
        assert_eq!(of(json!("team")), Ok(Some("agent".into())));
        assert_eq!(of(json!(["guests"])), Err(()));
        assert_eq!(of(json!({ "team": true })), Err(()));
        config.groups_claim = "realm_access.roles".into();
        assert_eq!(
            role(&config, &json!({ "realm_access": { "roles": ["team"] } })),
            Ok(Some("agent".into()))
        );
    }
}
