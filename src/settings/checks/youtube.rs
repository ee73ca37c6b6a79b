//! A channel of YouTube: its id, how it is let in, its bounds.

use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, address_mistake};
use crate::sources::config::YoutubeConfig;

/// Checks a channel.
pub(super) fn check(channel: &YoutubeConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "youtube".into()];
    let at = |key: &'static str| [here[0], here[1], "youtube".into(), key.into()];
    for (key, address) in [("api_url", &channel.api_url), ("token_url", &channel.token_url)] {
        if !found.is_lost(&section, &[key])
            && let Some((what, allowed)) = address_mistake(address, ("https", "http"), true)
        {
            found.add(&at(key), what, allowed);
        }
    }
    if !is_channel(&channel.channel) && !found.is_lost(&section, &["channel"]) {
        let allowed = "wanted is the id of a channel: UC and 22 letters, digits, '-' or '_'";
        found.add(&at("channel"), quoted(&channel.channel), allowed);
    }
    let has = |given: bool, file: bool| given || file;
    let key = has(channel.api_key.is_some(), channel.api_key_file.is_some());
    let refresh = has(channel.refresh_token.is_some(), channel.refresh_token_file.is_some());
    let secret = has(channel.client_secret.is_some(), channel.client_secret_file.is_some());
    let secrets = ["api_key", "api_key_file", "refresh_token", "refresh_token_file"];
    if !key && !refresh && !found.is_lost(&section, &secrets) {
        let allowed =
            "wanted is api_key to read, or client_id, client_secret and refresh_token to answer as well";
        found.add(&section, "nothing that lets us in", allowed);
    }
    if refresh && channel.client_id.trim().is_empty() && !found.is_lost(&section, &["client_id"]) {
        found.add(&section, "refresh_token without client_id", "wanted is the client that it was made for");
    }
    if refresh && !secret && !found.is_lost(&section, &["client_secret", "client_secret_file"]) {
        found.add(
            &section,
            "refresh_token without client_secret",
            "wanted is client_secret or client_secret_file",
        );
    }
    if !refresh && (secret || !channel.client_id.is_empty()) && !found.is_lost(&section, &secrets[2..]) {
        found.add(
            &section,
            "a client without refresh_token",
            "wanted is refresh_token or refresh_token_file",
        );
    }
    found.bounds(&at("every_seconds"), channel.every_seconds, (10, DAY_SECONDS));
    found.bounds(&at("units_per_day"), i64::from(channel.units_per_day), (100, 100_000_000));
    found.bounds(&at("kept_for_answers_percent"), i64::from(channel.kept_for_answers_percent), (0, 95));
}

fn is_channel(id: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    id.len() == 24 && id.starts_with("UC") && id.chars().all(fine)
}
