//! A page of Facebook: its id, how it is let in, how deliveries are known.

use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, address_mistake};
use crate::sources::config::FacebookConfig;

/// Checks a page.
pub(super) fn check(page: &FacebookConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "facebook".into()];
    let at = |key: &'static str| [here[0], here[1], "facebook".into(), key.into()];
    if !found.is_lost(&section, &["api_url"])
        && let Some((what, allowed)) = address_mistake(&page.api_url, ("https", "http"), true)
    {
        found.add(&at("api_url"), what, allowed);
    }
    let is_number = !page.page.is_empty() && page.page.bytes().all(|b| b.is_ascii_digit());
    if !is_number && !found.is_lost(&section, &["page"]) {
        found.add(&at("page"), quoted(&page.page), "wanted is the page's id, a number");
    }
    if !is_version(&page.version) && !found.is_lost(&section, &["version"]) {
        found.add(&at("version"), quoted(&page.version), "wanted is a version such as v26.0");
    }
    let has = |given: bool, file: bool| given || file;
    if !has(page.token.is_some(), page.token_file.is_some())
        && !found.is_lost(&section, &["token", "token_file"])
    {
        found.add(&section, "no token", "wanted is token or token_file");
    }
    let secret = has(page.app_secret.is_some(), page.app_secret_file.is_some());
    let word = has(page.verify_token.is_some(), page.verify_token_file.is_some());
    let both = ["app_secret", "app_secret_file", "verify_token", "verify_token_file"];
    if secret != word && !found.is_lost(&section, &both) {
        let (what, allowed) = if secret {
            ("app_secret without verify_token", "wanted is the word that was typed into the app's dashboard")
        } else {
            ("verify_token without app_secret", "wanted is the app's secret, by which deliveries are signed")
        };
        found.add(&section, what, allowed);
    }
    let previous = has(page.previous_app_secret.is_some(), page.previous_app_secret_file.is_some());
    if previous && !secret && !found.is_lost(&section, &both) {
        found.add(
            &section,
            "previous_app_secret without app_secret",
            "wanted is the secret that holds now beside it",
        );
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !page.username.trim().chars().all(is_name) && !found.is_lost(&section, &["username"]) {
        let allowed = "wanted is the NAME of m.me/NAME: letters, digits, '.', '-' or '_'";
        found.add(&at("username"), quoted(&page.username), allowed);
    }
    found.bounds(&at("every_seconds"), page.every_seconds, (10, DAY_SECONDS));
    found.bounds(&at("messages_every_seconds"), page.messages_every_seconds, (10, DAY_SECONDS));
}

fn is_version(text: &str) -> bool {
    let numbers = text.strip_prefix('v').and_then(|t| t.split_once('.'));
    numbers
        .is_some_and(|(a, b)| [a, b].iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())))
}
