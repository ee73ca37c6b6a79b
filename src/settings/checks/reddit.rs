//! An account on Reddit: its name, how it is let in, what it calls itself, the subreddits, its bounds.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, address_mistake, repeated};
use crate::sources::config::RedditConfig;

/// Checks an account.
pub(super) fn check(account: &RedditConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "reddit".into()];
    let at = |key: &'static str| [here[0], here[1], "reddit".into(), key.into()];
    for (key, address) in [("api_url", &account.api_url), ("token_url", &account.token_url)] {
        if !found.is_lost(&section, &[key])
            && let Some((what, allowed)) = address_mistake(address, ("https", "http"), true)
        {
            found.add(&at(key), what, allowed);
        }
    }
    if !RedditConfig::is_name(account.account.trim()) && !found.is_lost(&section, &["account"]) {
        let allowed = "wanted is the account's name without u/: 3 to 20 letters, digits, '-' or '_'";
        found.add(&at("account"), quoted(&account.account), allowed);
    }
    if account.client_id.trim().is_empty() && !found.is_lost(&section, &["client_id"]) {
        found.add(&section, "no client_id", "wanted is the id of the app that Reddit approved");
    }
    log_in(account, here, found);
    if !account.user_agent.trim().is_empty() && !RedditConfig::is_agent(account.user_agent.trim()) {
        let allowed = "wanted is PLATFORM:APP:VERSION (by /u/NAME), such as linux:com.example.webcare:v1.0 (by /u/example)";
        found.add(&at("user_agent"), quoted(&account.user_agent), allowed);
    }
    let lists = [
        ("search_in", &account.search_in),
        ("subreddits", &account.subreddits),
        ("own_subreddits", &account.own_subreddits),
    ];
    for (key, list) in lists {
        subreddits(list, at(key), found);
    }
    found.bounds(&at("every_seconds"), account.every_seconds, (10, DAY_SECONDS));
    found.bounds(&at("search_every_seconds"), account.search_every_seconds, (10, DAY_SECONDS));
    found.bounds(&at("calls_per_minute"), i64::from(account.calls_per_minute), (5, 1_000));
}

/// By what the account is let in: a password or a refresh token, one of both.
fn log_in(account: &RedditConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "reddit".into()];
    let keys = ["password", "password_file", "refresh_token", "refresh_token_file"];
    if found.is_lost(&section, &keys) {
        return;
    }
    let password = account.password.is_some() || account.password_file.is_some();
    let refresh = account.refresh_token.is_some() || account.refresh_token_file.is_some();
    let secret = account.client_secret.is_some() || account.client_secret_file.is_some();
    if password && refresh {
        found.add(&section, "password and refresh_token", "allowed: one of both");
    } else if !password && !refresh {
        let allowed = "wanted is refresh_token, or password for a script app, or a file of it";
        found.add(&section, "nothing that lets us in", allowed);
    } else if password && !secret && !found.is_lost(&section, &["client_secret", "client_secret_file"]) {
        let allowed = "wanted is client_secret or client_secret_file: only a script app logs in by password";
        found.add(&section, "password without client_secret", allowed);
    }
}

fn subreddits(list: &[String], at: [Step<'_>; 4], found: &mut Findings<'_>) {
    for (n, name) in list.iter().enumerate() {
        if !RedditConfig::is_subreddit(name) {
            let path = [at[0], at[1], at[2], at[3], n.into()];
            let bare = name.trim().trim_start_matches('/').trim_start_matches("r/").trim_end_matches('/');
            let meant = Some(bare.to_owned()).filter(|b| RedditConfig::is_subreddit(b));
            found.add_meaning(&path, quoted(name), "wanted is the name of a subreddit without r/", meant);
        }
    }
    for (n, first) in repeated(list.iter().map(String::as_str)) {
        let path = [at[0], at[1], at[2], at[3], n.into()];
        let name = list.get(first).map(|name| quoted(name)).unwrap_or_default();
        found.add(&path, format!("{name} stands there already"), "allowed: each once");
    }
}

/// One account once: two sources would bring and answer the same.
pub(super) fn all(settings: &Settings, found: &mut Findings<'_>) {
    let names: Vec<(usize, String)> = settings
        .sources
        .iter()
        .enumerate()
        .filter_map(|(n, s)| Some((n, s.reddit.as_ref()?.account.trim().to_lowercase())))
        .filter(|(_, name)| !name.is_empty())
        .collect();
    for (at, first) in repeated(names.iter().map(|(_, name)| name.as_str())) {
        let (Some((at, name)), Some((first, _))) = (names.get(at), names.get(first)) else { continue };
        let path = ["source".into(), (*at).into(), "reddit".into(), "account".into()];
        let what = format!("{} is the account of source[{first}] too", quoted(name));
        found.add(&path, what, "allowed: each account once");
    }
}
