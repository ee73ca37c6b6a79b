//! An account on X: its name, its app, its tokens, its money.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, address_mistake, repeated};
use crate::sources::config::XConfig;
use secrecy::{ExposeSecret, SecretString};

const SECRET_CHARS_MIN: usize = 12;
/// The dearest that anything may be, and the largest budget, in dollars.
const PRICE_MAX: f64 = 1_000.0;
const BUDGET_MAX: f64 = 10_000_000.0;

/// Checks an account.
pub(super) fn check(account: &XConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "x".into()];
    let at = |key: &'static str| [here[0], here[1], "x".into(), key.into()];
    if !is_name(&account.account) && !found.is_lost(&section, &["account"]) {
        found.add(&at("account"), quoted(&account.account), "wanted is the account's name, without '@'");
    }
    if !account.user_id.bytes().all(|b| b.is_ascii_digit()) {
        found.add(&at("user_id"), quoted(&account.user_id), "wanted is the account's number, of digits only");
    }
    if let Some((what, allowed)) = address_mistake(&account.api_url, ("https", "http"), false) {
        found.add(&at("api_url"), what, allowed);
    }
    if account.client_id.trim().is_empty() && !found.is_lost(&section, &["client_id"]) {
        found.add(&section, "no client_id", "wanted is the app's OAuth 2.0 client id");
    }
    if account.refresh_token.is_none()
        && account.refresh_token_file.is_none()
        && !found.is_lost(&section, &["refresh_token", "refresh_token_file"])
    {
        found.add(&section, "no refresh_token", "wanted is refresh_token or refresh_token_file");
    }
    secrets(account, here, found);
    money(account, here, found);
    if account.stream && !has_app(account) {
        found.add(&at("stream"), "true without app_token", "wanted is app_token as well, or false");
    }
    if !account.webhook_url.is_empty() {
        webhook(account, here, found);
    }
    if account.previous_api_secret.is_some() && account.api_secret.is_none() {
        found.add(&section, "no api_secret", "wanted is api_secret where previous_api_secret is given");
    }
    if account.query.chars().count() > 512 {
        let what = format!("{} characters", account.query.chars().count());
        found.add(&at("query"), what, "X takes 512");
    }
    for (key, seconds) in [
        ("every_seconds", account.every_seconds),
        ("search_every_seconds", account.search_every_seconds),
        ("messages_every_seconds", account.messages_every_seconds),
    ] {
        found.bounds(&at(key), seconds, (10, DAY_SECONDS));
    }
    found.bounds(&at("longest_seconds"), account.longest_seconds, (60, DAY_SECONDS));
}

fn has_app(account: &XConfig) -> bool {
    account.app_token.is_some() || account.app_token_file.is_some()
}

fn webhook(account: &XConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = [here[0], here[1], "x".into(), "webhook_url".into()];
    if let Some((what, allowed)) = address_mistake(&account.webhook_url, ("https", "http"), true) {
        found.add(&at, what, allowed);
    } else if url::Url::parse(&account.webhook_url).is_ok_and(|u| u.port().is_some() && u.scheme() == "https")
    {
        found.add(&at, "an address with a port", "X delivers to addresses without a port only");
    }
    let lost = |keys: &[&str]| found.is_lost(&[here[0], here[1], "x".into()], keys);
    let no_secret = account.api_secret.is_none()
        && account.api_secret_file.is_none()
        && !lost(&["api_secret", "api_secret_file"]);
    let no_app = !has_app(account) && !lost(&["app_token", "app_token_file"]);
    if no_secret {
        found.add(&at, "a webhook without api_secret", "wanted is api_secret or api_secret_file as well");
    }
    if no_app {
        found.add(&at, "a webhook without app_token", "wanted is app_token or app_token_file as well");
    }
}

fn secrets(account: &XConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let short = |s: &SecretString| {
        let text = s.expose_secret();
        text.len() < SECRET_CHARS_MIN || text.chars().any(|c| !c.is_ascii_graphic())
    };
    let all: [(&'static str, &'static str, &Option<SecretString>, bool); 5] = [
        ("client_secret", "client_secret_file", &account.client_secret, account.client_secret_file.is_some()),
        ("refresh_token", "refresh_token_file", &account.refresh_token, account.refresh_token_file.is_some()),
        ("app_token", "app_token_file", &account.app_token, account.app_token_file.is_some()),
        ("api_secret", "api_secret_file", &account.api_secret, account.api_secret_file.is_some()),
        (
            "previous_api_secret",
            "previous_api_secret_file",
            &account.previous_api_secret,
            account.previous_api_secret_file.is_some(),
        ),
    ];
    for (key, file_key, secret, from_file) in all {
        if secret.as_ref().is_some_and(short) {
            let key = if from_file { file_key } else { key };
            let allowed =
                format!("wanted are {SECRET_CHARS_MIN} or more plain characters, as X's console shows them");
            found.add(&[here[0], here[1], "x".into(), key.into()], "no secret of X", allowed);
        }
    }
}

fn money(account: &XConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    if let Some(usd) = account.monthly_usd.filter(|usd| !(0.0..=BUDGET_MAX).contains(usd)) {
        let at = [here[0], here[1], "x".into(), "monthly_usd".into()];
        found.add(&at, format!("the number {usd}"), format!("allowed: 0 to {BUDGET_MAX} dollars"));
    }
    for (key, price) in account.prices.all() {
        if !(0.0..=PRICE_MAX).contains(&price) {
            let at = [here[0], here[1], "x".into(), "prices".into(), key.into()];
            found.add(
                &at,
                format!("the number {price}"),
                format!("allowed: 0 to {PRICE_MAX} dollars for one"),
            );
        }
    }
}

/// One account once: two sources would use each other's refresh tokens up.
pub(super) fn all(settings: &Settings, found: &mut Findings<'_>) {
    let names: Vec<(usize, String)> = settings
        .sources
        .iter()
        .enumerate()
        .filter_map(|(n, s)| Some((n, s.x.as_ref()?.account.trim_start_matches('@').to_lowercase())))
        .filter(|(_, name)| !name.is_empty())
        .collect();
    for (at, first) in repeated(names.iter().map(|(_, name)| name.as_str())) {
        let (Some((at, name)), Some((first, _))) = (names.get(at), names.get(first)) else { continue };
        let path = ["source".into(), (*at).into(), "x".into(), "account".into()];
        let what = format!("{} is the account of source[{first}] too", quoted(name));
        found.add(&path, what, "allowed: each account once, for its tokens are good once");
    }
}

/// Whether a text may be the name of an account.
fn is_name(name: &str) -> bool {
    let name = name.strip_prefix('@').unwrap_or(name);
    (1..=15).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
