//! An account on Threads: whose it is, how it is let in, how deliveries are known, how much is searched.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, address_mistake, repeated};
use crate::sources::config::ThreadsConfig;

/// Nobody is allowed more searches.
const SEARCHES_MAX: i64 = 1_000_000;

/// Checks an account.
pub(super) fn check(account: &ThreadsConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "threads".into()];
    let at = |key: &'static str| [here[0], here[1], "threads".into(), key.into()];
    if !found.is_lost(&section, &["api_url"])
        && let Some((what, allowed)) = address_mistake(&account.api_url, ("https", "http"), true)
    {
        found.add(&at("api_url"), what, allowed);
    }
    if !is_name(&account.account) && !found.is_lost(&section, &["account"]) {
        found.add(&at("account"), quoted(&account.account), "wanted is the account's name, without '@'");
    }
    let is_number = !account.user_id.is_empty() && account.user_id.bytes().all(|b| b.is_ascii_digit());
    if !is_number && !found.is_lost(&section, &["user_id"]) {
        found.add(&at("user_id"), quoted(&account.user_id), "wanted is the account's number");
    }
    if !is_version(&account.version) && !found.is_lost(&section, &["version"]) {
        found.add(&at("version"), quoted(&account.version), "wanted is a version such as v1.0");
    }
    secrets(account, here, found);
    for (key, seconds) in
        [("every_seconds", account.every_seconds), ("search_every_seconds", account.search_every_seconds)]
    {
        found.bounds(&at(key), seconds, (10, DAY_SECONDS));
    }
    found.bounds(&at("searches_per_day"), i64::from(account.searches_per_day), (1, SEARCHES_MAX));
}

fn secrets(account: &ThreadsConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "threads".into()];
    let has = |given: bool, file: bool| given || file;
    if !has(account.token.is_some(), account.token_file.is_some())
        && !found.is_lost(&section, &["token", "token_file"])
    {
        found.add(&section, "no token", "wanted is token or token_file");
    }
    let secret = has(account.app_secret.is_some(), account.app_secret_file.is_some());
    let word = has(account.verify_token.is_some(), account.verify_token_file.is_some());
    let both = ["app_secret", "app_secret_file", "verify_token", "verify_token_file"];
    if found.is_lost(&section, &both) {
        return;
    }
    if secret != word {
        let (what, allowed) = if secret {
            ("app_secret without verify_token", "wanted is the word that was typed into the app's dashboard")
        } else {
            ("verify_token without app_secret", "wanted is the app's secret, by which deliveries are signed")
        };
        found.add(&section, what, allowed);
    }
    let previous = has(account.previous_app_secret.is_some(), account.previous_app_secret_file.is_some());
    if previous && !secret {
        let allowed = "wanted is the secret that holds now beside it";
        found.add(&section, "previous_app_secret without app_secret", allowed);
    }
}

/// One account once: each of two sources would renew a token of its own, and count its own searches.
pub(super) fn all(settings: &Settings, found: &mut Findings<'_>) {
    let names: Vec<(usize, String)> = settings
        .sources
        .iter()
        .enumerate()
        .filter_map(|(n, s)| Some((n, s.threads.as_ref()?.account.trim_start_matches('@').to_lowercase())))
        .filter(|(_, name)| !name.is_empty())
        .collect();
    for (at, first) in repeated(names.iter().map(|(_, name)| name.as_str())) {
        let (Some((at, name)), Some((first, _))) = (names.get(at), names.get(first)) else { continue };
        let path = ["source".into(), (*at).into(), "threads".into(), "account".into()];
        let what = format!("{} is the account of source[{first}] too", quoted(name));
        found.add(&path, what, "allowed: each account once, for one renews its token");
    }
}

/// Whether a text may be the name of an account.
fn is_name(name: &str) -> bool {
    let name = name.trim();
    let name = name.strip_prefix('@').unwrap_or(name);
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
    (1..=30).contains(&name.len()) && name.bytes().all(fits)
}

fn is_version(text: &str) -> bool {
    let numbers = text.strip_prefix('v').and_then(|t| t.split_once('.'));
    numbers
        .is_some_and(|(a, b)| [a, b].iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())))
}
