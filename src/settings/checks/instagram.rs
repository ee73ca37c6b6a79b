//! An account on Instagram: its id and name, how it is let in, how deliveries are known.

use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, address_mistake};
use crate::sources::config::InstagramConfig;

/// Checks an account.
pub(super) fn check(account: &InstagramConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "instagram".into()];
    let at = |key: &'static str| [here[0], here[1], "instagram".into(), key.into()];
    if !found.is_lost(&section, &["api_url"])
        && let Some((what, allowed)) = address_mistake(&account.api_url, ("https", "http"), true)
    {
        found.add(&at("api_url"), what, allowed);
    }
    if !is_number(&account.account) && !found.is_lost(&section, &["account"]) {
        found.add(&at("account"), quoted(&account.account), "wanted is the account's id, a number");
    }
    let own_login = InstagramConfig::is_own_login(&account.api_url);
    if !account.page.is_empty() && !is_number(&account.page) && !found.is_lost(&section, &["page"]) {
        found.add(&at("page"), quoted(&account.page), "wanted is the id of the page of Facebook, a number");
    } else if account.page.is_empty()
        && account.messages
        && !own_login
        && !found.is_lost(&section, &["page", "messages", "api_url"])
    {
        let allowed = "wanted is the id of the page that the account is linked to, or messages = false";
        found.add(&section, "messages without page", allowed);
    } else if own_login && !account.page.is_empty() && !found.is_lost(&section, &["page", "api_url"]) {
        let allowed = "no page stands behind an account at graph.instagram.com: leave it out";
        found.add(&at("page"), quoted(&account.page), allowed);
    }
    if !is_name(account.username.trim().trim_start_matches('@')) && !found.is_lost(&section, &["username"]) {
        let allowed = "wanted is the account's name: letters, digits, '.' or '_'";
        found.add(&at("username"), quoted(&account.username), allowed);
    }
    if !is_version(&account.version) && !found.is_lost(&section, &["version"]) {
        found.add(&at("version"), quoted(&account.version), "wanted is a version such as v26.0");
    }
    secrets(account, &section, found);
    found.bounds(&at("every_seconds"), account.every_seconds, (10, DAY_SECONDS));
    found.bounds(&at("messages_every_seconds"), account.messages_every_seconds, (10, DAY_SECONDS));
}

/// Checks what lets us in, and by what deliveries are known.
fn secrets(account: &InstagramConfig, section: &[Step<'_>; 3], found: &mut Findings<'_>) {
    let has = |given: bool, file: bool| given || file;
    if !has(account.token.is_some(), account.token_file.is_some())
        && !found.is_lost(section, &["token", "token_file"])
    {
        found.add(section, "no token", "wanted is token or token_file");
    }
    let secret = has(account.app_secret.is_some(), account.app_secret_file.is_some());
    let word = has(account.verify_token.is_some(), account.verify_token_file.is_some());
    let both = ["app_secret", "app_secret_file", "verify_token", "verify_token_file"];
    if secret != word && !found.is_lost(section, &both) {
        let (what, allowed) = if secret {
            ("app_secret without verify_token", "wanted is the word that was typed into the app's dashboard")
        } else {
            ("verify_token without app_secret", "wanted is the app's secret, by which deliveries are signed")
        };
        found.add(section, what, allowed);
    }
    let previous = has(account.previous_app_secret.is_some(), account.previous_app_secret_file.is_some());
    if previous && !secret && !found.is_lost(section, &both) {
        found.add(
            section,
            "previous_app_secret without app_secret",
            "wanted is the secret that holds now beside it",
        );
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
}

fn is_version(text: &str) -> bool {
    let numbers = text.strip_prefix('v').and_then(|t| t.split_once('.'));
    numbers.is_some_and(|(a, b)| is_number(a) && is_number(b))
}
