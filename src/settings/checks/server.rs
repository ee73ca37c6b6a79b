//! What the process itself needs: addresses, database, log, bounds, reports, retention.

use super::super::Settings;
use super::super::mistakes::{nearest, quoted};
use super::super::tree::Step;
use super::{Findings, address_mistake, is_loopback};
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use url::Url;

/// Checks what the process needs.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    addresses(settings, found);
    database(settings, found);
    web(settings, found);
    if settings.data.as_os_str().is_empty() {
        found.add(&["data".into()], "empty", "wanted is a folder");
    }
    if let Err(why) = settings.log.filter() {
        let text = format!("{}: {why}", quoted(&settings.log.filter));
        found.add(
            &["log".into(), "filter".into()],
            text,
            "wanted is such as 'info' or 'warn,webcared=debug'",
        );
    }
    let outbound = |key: &'static str| [Step::Key("outbound"), key.into()];
    found.bounds(&outbound("timeout_seconds"), settings.outbound.timeout_seconds, (1, 300));
    if let Some(contact) = &settings.outbound.user_agent_contact {
        let fine = contact.chars().all(|c| c.is_ascii_graphic() && !"()".contains(c));
        if contact.is_empty() || !fine {
            let allowed = "wanted is a web or mail address";
            found.add(&outbound("user_agent_contact"), quoted(contact), allowed);
        }
    }
    let files = |key: &'static str| [Step::Key("attachments"), key.into()];
    found.bounds(&files("bytes_max"), settings.attachments.bytes_max, (10_000, 52_428_800));
    found.bounds(&files("timeout_seconds"), settings.attachments.timeout_seconds, (1, 300));
    retention(settings, found);
}

/// How long things are kept: a backup may bring back what went for thirty days, so nothing is kept for less than one.
fn retention(settings: &Settings, found: &mut Findings<'_>) {
    let of = |key: &'static str| [Step::Key("retention"), key.into()];
    let kept = &settings.retention;
    found.bounds(&of("raw_days"), kept.raw_days, (1, 90));
    found.bounds(&of("content_days"), kept.content_days, DAYS);
    found.bounds(&of("dismissed_days"), kept.dismissed_days, DAYS);
    found.bounds(&of("counts_months"), kept.counts_months, (1, 120));
    let longest = kept.rules().iter().map(|r| r.1.max(r.2)).max().unwrap_or(0);
    if kept.counts_months >= 1 && kept.counts_months <= 120 && longest > kept.counts_months * 30 {
        let text = format!("the number {}", kept.counts_months);
        found.add(
            &of("counts_months"),
            text,
            format!("words are kept for {longest} days, and counts at least as long"),
        );
    }
    let mut seen = Vec::new();
    for (at, platform) in kept.platforms.iter().enumerate() {
        let of =
            |key: &'static str| [Step::Key("retention"), Step::Key("platform"), Step::At(at), key.into()];
        if platform.name.is_empty() || seen.contains(&&platform.name) {
            let allowed = "wanted is the name of a platform, each once";
            found.add(&of("name"), quoted(&platform.name), allowed);
        }
        seen.push(&platform.name);
        if let Some(days) = platform.content_days {
            found.bounds(&of("content_days"), days, DAYS);
        }
        if let Some(days) = platform.dismissed_days {
            found.bounds(&of("dismissed_days"), days, DAYS);
        }
    }
}

/// How many days words may be kept.
const DAYS: (i64, i64) = (1, 3650);

fn addresses(settings: &Settings, found: &mut Findings<'_>) {
    if settings.listen.parse::<SocketAddr>().is_err() {
        let allowed = "wanted is ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080";
        found.add(&["listen".into()], quoted(&settings.listen), allowed);
    }
    let at = ["public_url".into()];
    let plain = |u: &Url| u.scheme() == "http" && !is_loopback(u);
    if let Some(url) = Url::parse(&settings.public_url).ok().filter(plain) {
        let host = quoted(&format!("http://{}", url.host_str().unwrap_or_default()));
        let text = format!("{host} is not encrypted, so every log-in would be refused");
        found.add(&at, text, "allowed: https://HOST, or http://HOST on this machine");
    } else if let Some((what, allowed)) = address_mistake(&settings.public_url, ("https", "http"), false) {
        found.add(&at, what, allowed);
    }
}

/// Only the scheme is ever shown: all else may be a password.
fn database(settings: &Settings, found: &mut Findings<'_>) {
    let Some(url) = &settings.database.url else { return };
    let key = if settings.database.url_file.is_some() { "url_file" } else { "url" };
    let at = ["database".into(), key.into()];
    let allowed = "allowed: postgres://USER@HOST/NAME, or nothing for SQLite in the data folder";
    let is_scheme = |s: &&str| (1..=20).contains(&s.len()) && s.chars().all(|c| c.is_ascii_alphanumeric());
    match url.expose_secret().split_once("://").map(|(scheme, _)| scheme).filter(is_scheme) {
        Some("postgres" | "postgresql") => {
            if Url::parse(url.expose_secret()).is_err() {
                found.add(&at, "an address that cannot be read", allowed);
            }
        }
        Some(scheme) => {
            let near = nearest(scheme, ["postgres", "postgresql"]).map(|near| format!("{near}://"));
            found.add_meaning(&at, format!("'{scheme}://'"), allowed, near);
        }
        None => found.add(&at, "not a database address", allowed),
    }
}

fn web(settings: &Settings, found: &mut Findings<'_>) {
    const TOKEN_MIN: usize = 16;
    let web = &settings.web;
    let at = |key: &'static str| [Step::Key("web"), key.into()];
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    found.bounds(&at("header_seconds"), web.header_seconds, (1, 120));
    found.bounds(&at("request_seconds"), web.request_seconds, (1, 600));
    found.bounds(&at("body_bytes_max"), whole(web.body_bytes_max), (1024, 64 * 1024 * 1024));
    found.bounds(&at("connections_max"), whole(web.connections_max), (1, 65_536));
    found.bounds(&at("login_hours"), web.login_hours, (1, 720));
    found.bounds(&at("idle_minutes"), web.idle_minutes, (1, 43_200));
    found.bounds(&at("api_per_minute"), web.api_per_minute.into(), (1, 1_000_000));
    if let Some(token) = &web.metrics_token
        && token.expose_secret().chars().count() < TOKEN_MIN
    {
        let key = if web.metrics_token_file.is_some() { "metrics_token_file" } else { "metrics_token" };
        found.add(&at(key), "too short to be safe", format!("wanted are {TOKEN_MIN} characters or more"));
    }
}
