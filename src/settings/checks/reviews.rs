//! Platforms of reviews: what is read, how we are let in, bounds.

use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, address_mistake};
use crate::sources::config::SourceConfig;
use crate::sources::reviews::PLACES_MAX;
use crate::sources::reviews::config::{
    AppStoreConfig, GoogleBusinessConfig, GooglePlayConfig, TrustpilotConfig,
};

type Here<'a> = [Step<'a>; 2];

/// Checks what a source says of reviews.
pub(super) fn check(source: &SourceConfig, here: Here<'_>, found: &mut Findings<'_>) {
    if let Some(c) = &source.google_business {
        google_business(c, here, found);
    }
    if let Some(c) = &source.google_play {
        google_play(c, here, found);
    }
    if let Some(c) = &source.app_store {
        app_store(c, here, found);
    }
    if let Some(c) = &source.trustpilot {
        trustpilot(c, here, found);
    }
}

/// What is read: some, each named once and as the platform names it.
fn places(
    list: &[String],
    (kind, key): (&'static str, &'static str),
    (fits, allowed): (fn(&str) -> bool, &str),
    here: Here<'_>,
    found: &mut Findings<'_>,
) {
    let at = [here[0], here[1], kind.into(), key.into()];
    let lost = found.is_lost(&[here[0], here[1], kind.into()], &[key]);
    if (list.is_empty() || list.len() > PLACES_MAX) && !lost {
        let wanted = format!("wanted are 1 to {PLACES_MAX}: {allowed}");
        found.add(&at, format!("{} of them", list.len()), wanted);
    }
    for (n, place) in list.iter().enumerate() {
        let path = [at[0], at[1], at[2], at[3], n.into()];
        if !fits(place) {
            found.add(&path, quoted(place), format!("wanted is {allowed}"));
        } else if list[..n].contains(place) {
            found.add(&path, format!("{} stands there already", quoted(place)), "allowed: each once");
        }
    }
}

/// What must be there: each by its value or its file.
fn needed(
    all: &[(&'static str, &'static str, bool)],
    kind: &'static str,
    here: Here<'_>,
    found: &mut Findings<'_>,
) {
    let section = [here[0], here[1], kind.into()];
    for (key, file, given) in all {
        if !given && !found.is_lost(&section, &[key, file]) {
            let allowed =
                if key == file { format!("wanted is {key}") } else { format!("wanted is {key} or {file}") };
            found.add(&section, format!("no {key}"), allowed);
        }
    }
}

fn server(key: &'static str, text: &str, kind: &'static str, here: Here<'_>, found: &mut Findings<'_>) {
    if !found.is_lost(&[here[0], here[1], kind.into()], &[key])
        && let Some((what, allowed)) = address_mistake(text, ("https", "http"), true)
    {
        found.add(&[here[0], here[1], kind.into(), key.into()], what, allowed);
    }
}

fn pace(
    kind: &'static str,
    every: i64,
    (key, calls, most): (&'static str, u32, i64),
    here: Here<'_>,
    found: &mut Findings<'_>,
) {
    found.bounds(&[here[0], here[1], kind.into(), "every_seconds".into()], every, (30, DAY_SECONDS));
    found.bounds(&[here[0], here[1], kind.into(), key.into()], i64::from(calls), (5, most));
}

fn google_business(c: &GoogleBusinessConfig, here: Here<'_>, found: &mut Findings<'_>) {
    let kind = "google_business";
    let allowed = "a place such as accounts/123/locations/456";
    places(&c.locations, (kind, "locations"), (is_location, allowed), here, found);
    let all = [
        ("client_id", "client_id", !c.client_id.trim().is_empty()),
        ("client_secret", "client_secret_file", c.client_secret.is_some() || c.client_secret_file.is_some()),
        ("refresh_token", "refresh_token_file", c.refresh_token.is_some() || c.refresh_token_file.is_some()),
    ];
    needed(&all, kind, here, found);
    server("api_url", &c.api_url, kind, here, found);
    server("token_url", &c.token_url, kind, here, found);
    pace(kind, c.every_seconds, ("calls_per_minute", c.calls_per_minute, 10_000), here, found);
}

fn google_play(c: &GooglePlayConfig, here: Here<'_>, found: &mut Findings<'_>) {
    let kind = "google_play";
    let allowed = "a package such as com.example.app";
    places(&c.packages, (kind, "packages"), (is_package, allowed), here, found);
    let given = c.service_account.is_some() || c.service_account_file.is_some();
    needed(&[("service_account", "service_account_file", given)], kind, here, found);
    server("api_url", &c.api_url, kind, here, found);
    if let Some(url) = &c.token_url {
        server("token_url", url, kind, here, found);
    }
    pace(kind, c.every_seconds, ("calls_per_hour", c.calls_per_hour, 100_000), here, found);
}

fn app_store(c: &AppStoreConfig, here: Here<'_>, found: &mut Findings<'_>) {
    let kind = "app_store";
    let allowed = "an app's id such as 1234567890";
    let is_app = |app: &str| !app.is_empty() && app.bytes().all(|b| b.is_ascii_digit());
    places(&c.apps, (kind, "apps"), (is_app, allowed), here, found);
    let all = [
        ("issuer_id", "issuer_id", !c.issuer_id.trim().is_empty()),
        ("key_id", "key_id", !c.key_id.trim().is_empty()),
        ("private_key", "private_key_file", c.private_key.is_some() || c.private_key_file.is_some()),
    ];
    needed(&all, kind, here, found);
    server("api_url", &c.api_url, kind, here, found);
    pace(kind, c.every_seconds, ("calls_per_hour", c.calls_per_hour, 100_000), here, found);
}

fn trustpilot(c: &TrustpilotConfig, here: Here<'_>, found: &mut Findings<'_>) {
    let kind = "trustpilot";
    let allowed = "a business unit's id, 24 hexadecimal digits";
    let is_unit = |unit: &str| unit.len() == 24 && unit.bytes().all(|b| b.is_ascii_hexdigit());
    places(&c.business_units, (kind, "business_units"), (is_unit, allowed), here, found);
    let all = [
        ("api_key", "api_key", !c.api_key.trim().is_empty()),
        ("api_secret", "api_secret_file", c.api_secret.is_some() || c.api_secret_file.is_some()),
    ];
    needed(&all, kind, here, found);
    let section = [here[0], here[1], kind.into()];
    let password = c.password.is_some() || c.password_file.is_some();
    if password == c.username.trim().is_empty()
        && !found.is_lost(&section, &["username", "password", "password_file"])
    {
        let allowed = "wanted are both, or neither: then the key alone logs in";
        found.add(&section, "one of username and password", allowed);
    }
    server("api_url", &c.api_url, kind, here, found);
    server("token_url", &c.token_url, kind, here, found);
    pace(kind, c.every_seconds, ("calls_per_minute", c.calls_per_minute, 10_000), here, found);
}

fn is_location(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    matches!(parts.as_slice(), ["accounts", account, "locations", place]
        if !account.is_empty() && !place.is_empty())
}

fn is_package(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.contains('.') && text.split('.').all(|part| !part.is_empty() && part.chars().all(fine))
}
