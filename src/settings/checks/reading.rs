//! Feeds and JSON APIs: addresses, the words of platforms, every pointer, headers that can be sent.

use super::super::mistakes::{listed, quoted};
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, is_loopback, repeated};
use crate::sources::config::{FeedConfig, HttpConfig, SourceConfig};
use crate::sources::polled::{HeaderConfig, PagingConfig, is_free_header, is_pointer};
use secrecy::ExposeSecret;
use url::Url;

const KINDS: [&str; 5] = ["post", "comment", "review", "message", "mail"];
const FIRST_DAYS: (i64, i64) = (0, 3_660);
const BYTES: (i64, i64) = (1_024, 64 * 1_024 * 1_024);
const POINTER: &str = "wanted is a JSON Pointer such as /user/name";

/// Checks feeds.
pub(super) fn feed(feed: &FeedConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], "feed".into(), key.into()];
    let section = [here[0], here[1], "feed".into()];
    if feed.urls.is_empty() && !found.is_lost(&section, &["urls"]) {
        found.add(&at("urls"), "empty", "wanted is at least one feed");
    }
    for (n, url) in feed.urls.iter().enumerate() {
        if let Some((what, allowed)) = mistake(url, false) {
            found.add(&[here[0], here[1], "feed".into(), "urls".into(), n.into()], what, allowed);
        }
    }
    for (n, first) in repeated(feed.urls.iter().map(String::as_str)) {
        let path = [here[0], here[1], "feed".into(), "urls".into(), n.into()];
        found.add(&path, format!("the same as urls[{first}]"), "allowed: each feed once");
    }
    platform(&feed.platform, &at("platform"), found);
    kind(&feed.kind, &KINDS[..3], &at("kind"), found);
    found.bounds(&at("every_seconds"), feed.every_seconds, (30, DAY_SECONDS));
    found.bounds(&at("first_days"), feed.first_days, FIRST_DAYS);
    found.bounds(&at("bytes_max"), i64::try_from(feed.bytes_max).unwrap_or(i64::MAX), BYTES);
}

/// Checks a JSON API.
pub(super) fn http(api: &HttpConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], "http".into(), key.into()];
    let section = [here[0], here[1], "http".into()];
    // Headers may hold secrets: they go encrypted, unless the network is one's own.
    if !found.is_lost(&section, &["url"])
        && let Some((what, allowed)) = mistake(&api.url, !api.allow_private)
    {
        found.add(&at("url"), what, allowed);
    }
    if let Some(body) = &api.body
        && serde_json::from_str::<serde_json::Value>(body).is_err()
    {
        found.add(&at("body"), "no JSON", "wanted is what is to be sent, as JSON");
    }
    platform(&api.platform, &at("platform"), found);
    kind(&api.kind, &KINDS, &at("kind"), found);
    found.bounds(&at("every_seconds"), api.every_seconds, (5, DAY_SECONDS));
    found.bounds(&at("calls_per_minute"), i64::from(api.calls_per_minute), (1, 6_000));
    found.bounds(&at("first_days"), api.first_days, FIRST_DAYS);
    if !is_pointer(&api.list) {
        found.add(&at("list"), quoted(&api.list), POINTER);
    }
    fields(api, section, found);
    headers(&api.headers, section, found);
    if let Some(paging) = &api.paging {
        pages(paging, section, found);
    }
    if let Some(since) = &api.since {
        let at = |key: &'static str| [section[0], section[1], section[2], "since".into(), key.into()];
        parameter(&since.parameter, &at("parameter"), found);
        found.bounds(&at("overlap_seconds"), since.overlap_seconds, (0, 30 * DAY_SECONDS));
    }
}

fn fields(api: &HttpConfig, section: [Step<'_>; 3], found: &mut Findings<'_>) {
    let at = |key: &'static str| [section[0], section[1], section[2], "fields".into(), key.into()];
    let table = [section[0], section[1], section[2], "fields".into()];
    let given = api.fields.given();
    for (name, pointer) in &given {
        if !is_pointer(pointer) {
            found.add(&at(name), quoted(pointer), POINTER);
        }
    }
    let has = |names: &[&str]| given.iter().any(|(name, _)| names.contains(name));
    let needed: [&[&'static str]; 4] =
        [&["id"], &["author_id", "author_handle", "author_name"], &["text"], &["created_at"]];
    for names in needed {
        if !has(names) && !found.is_lost(&table, names) && !found.is_lost(&section, &["fields"]) {
            found.add(&at(names[0]), "no pointer", format!("{POINTER}, in {}", names.join(", ")));
        }
    }
}

fn headers(headers: &[HeaderConfig], section: [Step<'_>; 3], found: &mut Findings<'_>) {
    for (n, header) in headers.iter().enumerate() {
        let table = [section[0], section[1], section[2], "headers".into(), n.into()];
        let at = |key: &'static str| [table[0], table[1], table[2], table[3], table[4], key.into()];
        if !is_free_header(&header.name) {
            let allowed = "allowed: the name of a header that does not belong to the connection";
            found.add(&at("name"), quoted(&header.name), allowed);
        }
        match &header.value {
            None if header.value_file.is_none() && !found.is_lost(&table, &["value", "value_file"]) => {
                found.add(&table, "no value", "wanted is value or value_file");
            }
            Some(value) if http::HeaderValue::from_str(value.expose_secret()).is_err() => {
                let key = if header.value_file.is_some() { "value_file" } else { "value" };
                found.add(&at(key), "not fit for a header", "wanted is one line of plain characters");
            }
            _ => {}
        }
    }
}

fn pages(paging: &PagingConfig, section: [Step<'_>; 3], found: &mut Findings<'_>) {
    let table = [section[0], section[1], section[2], "paging".into()];
    let at = |key: &'static str| [table[0], table[1], table[2], table[3], key.into()];
    if paging.ways() != 1 && !found.is_lost(&table, &PagingConfig::WAYS) {
        let ways = if paging.ways() == 0 { "no way".to_owned() } else { format!("{} ways", paging.ways()) };
        found.add(&table, ways, format!("wanted is exactly one of {}", PagingConfig::WAYS.join(", ")));
    }
    for (key, pointer) in [("cursor", &paging.cursor), ("next", &paging.next)] {
        if let Some(pointer) = pointer.as_ref().filter(|p| !is_pointer(p)) {
            found.add(&at(key), quoted(pointer), POINTER);
        }
    }
    if let Some(page) = &paging.page {
        parameter(page, &at("page"), found);
    }
    parameter(&paging.parameter, &at("parameter"), found);
    found.bounds(&at("pages_max"), i64::from(paging.pages_max), (1, 1_000));
}

fn parameter(name: &str, at: &[Step<'_>], found: &mut Findings<'_>) {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        found.add(at, quoted(name), "wanted is the name of a query parameter");
    }
}

/// The word for a platform: short, and none that an account of ours answers.
fn platform(name: &str, at: &[Step<'_>], found: &mut Findings<'_>) {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=32).contains(&name.len()) || !name.chars().all(fine) {
        found.add(at, quoted(name), "allowed: up to 32 letters, digits, '-' and '_'");
    } else if SourceConfig::PLATFORMS.iter().any(|p| p.eq_ignore_ascii_case(name)) {
        found.add(
            at,
            quoted(name),
            "allowed: a word of its own; this one means posts that an account answers",
        );
    }
}

fn kind(kind: &str, allowed: &[&str], at: &[Step<'_>], found: &mut Findings<'_>) {
    if !allowed.contains(&kind) {
        found.add(at, quoted(kind), listed(allowed.iter().copied()));
    }
}

/// What is wrong with the address of something that is read; it may have a path and a query. What is shown
/// of it holds neither.
fn mistake(text: &str, encrypted: bool) -> Option<(String, String)> {
    let allowed = if encrypted {
        "allowed: https://HOST/…, or http://HOST on this machine"
    } else {
        "allowed: https://HOST/… or http://HOST/…"
    };
    let Ok(url) = Url::parse(text) else { return Some(("not a web address".to_owned(), allowed.to_owned())) };
    if !url.username().is_empty() || url.password().is_some() {
        return Some(("an address with a user name or password".to_owned(), allowed.to_owned()));
    }
    let shown = quoted(&format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()));
    if !url.has_host() || !matches!(url.scheme(), "http" | "https") {
        return Some((shown, allowed.to_owned()));
    }
    if encrypted && url.scheme() == "http" && !is_loopback(&url) {
        return Some((format!("{shown} is not encrypted"), allowed.to_owned()));
    }
    None
}
