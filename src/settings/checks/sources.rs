//! Sources: one kind each, addresses that are encrypted, secrets of the right shape.

use super::super::Settings;
use super::super::mistakes::{listed, nearest, quoted};
use super::super::tree::Step;
use super::{
    Findings, address_mistake, discourse, facebook, instagram, is_plain_name, mail, reading, reddit,
    repeated, reviews, threads, whatsapp, x, youtube,
};
use crate::domain::expiry;
use crate::domain::time::Timestamp;
use crate::sources::config::{BlueskyConfig, SourceConfig, TelegramSourceConfig, WebhookConfig};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// Names that counts use for what comes from inside.
pub(super) const RESERVED: [&str; 3] = ["outbox", "replay", "sample"];
pub(super) const DAY_SECONDS: i64 = 86_400;
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Checks all sources.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    for (at, source) in settings.sources.iter().enumerate() {
        let here: [Step<'_>; 2] = ["source".into(), at.into()];
        one(settings, source, here, found);
        kinds(source, here, found);
        other_bot(settings, source, here, found);
    }
    mail::all(settings, found);
    reddit::all(settings, found);
    x::all(settings, found);
    threads::all(settings, found);
    for (at, first) in repeated(settings.sources.iter().map(|s| s.name.as_str())) {
        let name = settings.sources.get(at).map(|s| quoted(&s.name)).unwrap_or_default();
        let path = ["source".into(), at.into(), "name".into()];
        found.add(&path, format!("{name} is the name of source[{first}] too"), "allowed: each name once");
    }
}

fn one(settings: &Settings, source: &SourceConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], key.into()];
    if !is_plain_name(&source.name) {
        found.add(&at("name"), quoted(&source.name), "allowed: up to 40 letters, digits and '-'");
    }
    if RESERVED.contains(&source.name.as_str()) {
        found.add(
            &at("name"),
            quoted(&source.name),
            "allowed: another name; this one counts what comes from inside",
        );
    }
    if source.is_account() && source.brand.is_none() && settings.brands.len() > 1 {
        let allowed = "wanted is the brand whose account it is: with several brands nobody may answer from the wrong one";
        found.add(&here, "no brand", allowed);
    }
    if let Some(brand) = &source.brand {
        refers_to_brand(settings, brand, &at("brand"), found);
    }
    if let Some(from) = &source.counts_from
        && Timestamp::parse(from).is_err()
    {
        let allowed = "wanted is an RFC 3339 instant such as 2026-11-24T09:30:00Z";
        found.add(&at("counts_from"), quoted(from), allowed);
    }
    for (_, sections, day) in source.dated() {
        let mut path = vec![here[0], here[1]];
        path.extend(sections.iter().map(|s| Step::Key(s)));
        expires(day, path, found);
    }
    let given = source.kinds().len();
    let wanted = || format!("wanted is exactly one of {}", SourceConfig::KINDS.join(", "));
    if given > 1 {
        found.add(&here, format!("{given} kinds"), wanted());
    } else if given == 0 && !found.is_lost(&here, &SourceConfig::KINDS) {
        found.add(&here, "no kind", wanted());
    }
}

/// Adds a mistake if the day on which a credential ends cannot be read.
pub(super) fn expires(day: &str, mut section: Vec<Step<'_>>, found: &mut Findings<'_>) {
    if expiry::day_of(day).is_none() {
        section.push("expires".into());
        found.add(&section, quoted(day), "wanted is a day such as 2027-01-31, or an RFC 3339 instant");
    }
}

/// Adds a mistake if there is no brand of that name.
pub(super) fn refers_to_brand(settings: &Settings, name: &str, at: &[Step<'_>], found: &mut Findings<'_>) {
    let known = || settings.brands.iter().map(|b| b.name.as_str()).filter(|n| !n.is_empty());
    // A brand whose name could not be read may be the one that is meant.
    let all_known = !found.is_lost(&[], &["brand"]) && known().count() == settings.brands.len();
    if all_known && !known().any(|n| n == name) {
        let near = nearest(name, known());
        let allowed =
            if settings.brands.is_empty() { "there are no brands".to_owned() } else { listed(known()) };
        found.add_meaning(at, format!("no brand {}", quoted(name)), allowed, near);
    }
}

/// Two programs, or two parts of one, cannot fetch the messages of one bot.
fn other_bot(settings: &Settings, source: &SourceConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let number = |token: &Option<SecretString>| -> Option<String> {
        let (number, _) = token.as_ref()?.expose_secret().trim().split_once(':')?;
        Some(number.to_owned())
    };
    let of_team = settings.chat.telegram.as_ref().and_then(|bot| number(&bot.token));
    let own = source.telegram.as_ref().and_then(|bot| number(&bot.token));
    if own.is_some() && own == of_team {
        let path = [here[0], here[1], "telegram".into(), "token".into()];
        found.add(
            &path,
            "the bot of chat.telegram",
            "wanted is another bot: one for customers, one for the team",
        );
    }
}

fn kinds(source: &SourceConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |kind: &'static str, key: &'static str| [here[0], here[1], kind.into(), key.into()];
    if let Some(stream) = &source.jetstream {
        addresses(&stream.servers, at("jetstream", "servers"), ("wss", "ws"), found);
        found.bounds(&at("jetstream", "version"), i64::from(stream.version), (1, 2));
        // The servers keep three days at most.
        found.bounds(&at("jetstream", "first_minutes"), stream.first_minutes, (0, 4320));
        posts_server(&stream.posts_server, &at("jetstream", "posts_server"), found);
    }
    if let Some(tags) = &source.mastodon_tags {
        addresses(&tags.servers, at("mastodon_tags", "servers"), ("https", "http"), found);
        found.bounds(&at("mastodon_tags", "every_seconds"), tags.every_seconds, (5, DAY_SECONDS));
        bare_tags(&tags.tags, at("mastodon_tags", "tags"), found);
    }
    if let Some(search) = &source.bluesky_search {
        if let Some((what, allowed)) = address_mistake(&search.server, ("https", "http"), false) {
            found.add(&at("bluesky_search", "server"), what, allowed);
        }
        found.bounds(&at("bluesky_search", "every_seconds"), search.every_seconds, (5, DAY_SECONDS));
    }
    if let Some(account) = &source.mastodon {
        let lacks_token = account.token.is_none() && account.token_file.is_none();
        of_account(&account.server, lacks_token, ("mastodon", "token", "token_file"), here, found);
        found.bounds(&at("mastodon", "every_seconds"), account.every_seconds, (5, DAY_SECONDS));
        bare_tags(&account.tags, at("mastodon", "tags"), found);
    }
    if let Some(account) = &source.bluesky {
        bluesky(account, here, found);
    }
    if let Some(bot) = &source.telegram {
        telegram(bot, here, found);
    }
    if let Some(forum) = &source.discourse {
        discourse::check(forum, here, found);
    }
    if let Some(channel) = &source.youtube {
        youtube::check(channel, here, found);
    }
    if let Some(account) = &source.reddit {
        reddit::check(account, here, found);
    }
    if let Some(numbers) = &source.whatsapp {
        whatsapp::check(numbers, here, found);
    }
    reviews::check(source, here, found);
    if let Some(page) = &source.facebook {
        facebook::check(page, here, found);
    }
    if let Some(account) = &source.threads {
        threads::check(account, here, found);
    }
    if let Some(account) = &source.instagram {
        instagram::check(account, here, found);
    }
    if let Some(account) = &source.x {
        x::check(account, here, found);
    }
    if let Some(feed) = &source.feed {
        reading::feed(feed, here, found);
    }
    if let Some(api) = &source.http {
        reading::http(api, here, found);
    }
    if let Some(mailbox) = &source.mail {
        mail::one(mailbox, here, found);
    }
    if let Some(hook) = &source.webhook {
        webhook(hook, here, found);
    }
}

fn bluesky(account: &BlueskyConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], "bluesky".into(), key.into()];
    let lacks_password = account.app_password.is_none() && account.app_password_file.is_none();
    let keys = ("bluesky", "app_password", "app_password_file");
    of_account(&account.server, lacks_password, keys, here, found);
    let name = account.account.trim_start_matches('@');
    let is_name = !name.contains(char::is_whitespace) && (name.starts_with("did:") || name.contains('.'));
    if !is_name && !found.is_lost(&[here[0], here[1], "bluesky".into()], &["account"]) {
        let allowed = "wanted is a handle such as acme.example or a DID such as did:plc:abc";
        found.add(&at("account"), quoted(&account.account), allowed);
    }
    if let Some((what, allowed)) = address_mistake(&account.directory, ("https", "http"), false) {
        found.add(&at("directory"), what, allowed);
    }
    found.bounds(&at("every_seconds"), account.every_seconds, (5, DAY_SECONDS));
}

fn telegram(bot: &TelegramSourceConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "telegram".into()];
    if let Some((what, allowed)) = address_mistake(&bot.api_url, ("https", "http"), false) {
        found.add(&[here[0], here[1], "telegram".into(), "api_url".into()], what, allowed);
    }
    let lacks_token = bot.token.is_none() && bot.token_file.is_none();
    if lacks_token && !found.is_lost(&section, &["token", "token_file"]) {
        found.add(&section, "no token", "wanted is token or token_file");
    }
}

/// What every account needs: a server that is reached encrypted, and its secret.
fn of_account(
    server: &str,
    lacks_secret: bool,
    (kind, secret, file): (&'static str, &'static str, &'static str),
    here: [Step<'_>; 2],
    found: &mut Findings<'_>,
) {
    let section = [here[0], here[1], kind.into()];
    if let Some((what, allowed)) = address_mistake(server, ("https", "http"), false)
        && !found.is_lost(&section, &["server"])
    {
        found.add(&[here[0], here[1], kind.into(), "server".into()], what, allowed);
    }
    if lacks_secret && !found.is_lost(&section, &[secret, file]) {
        found.add(&section, format!("no {secret}"), format!("wanted is {secret} or {file}"));
    }
}

fn addresses(list: &[String], at: [Step<'_>; 4], schemes: (&str, &str), found: &mut Findings<'_>) {
    if list.is_empty() {
        found.add(&at, "empty", "wanted is at least one server");
    }
    for (n, text) in list.iter().enumerate() {
        if let Some((what, allowed)) = address_mistake(text, schemes, false) {
            found.add(&[at[0], at[1], at[2], at[3], n.into()], what, allowed);
        }
    }
}

/// The server that shows posts to everybody; empty where nobody is to be asked.
fn posts_server(server: &str, at: &[Step<'_>; 4], found: &mut Findings<'_>) {
    let asked = Some(server).filter(|server| !server.is_empty());
    if let Some((what, allowed)) = asked.and_then(|s| address_mistake(s, ("https", "http"), false)) {
        found.add(at, what, allowed);
    }
}

/// Hashtags by their bare names.
fn bare_tags(tags: &[String], at: [Step<'_>; 4], found: &mut Findings<'_>) {
    for (n, tag) in tags.iter().enumerate() {
        let bare: String = tag.trim_start_matches('#').split_whitespace().collect();
        if bare.is_empty() || bare != *tag {
            let path = [at[0], at[1], at[2], at[3], n.into()];
            let meant = Some(bare).filter(|b| !b.is_empty());
            found.add_meaning(&path, quoted(tag), "wanted is the name alone, without '#' and spaces", meant);
        }
    }
}

fn webhook(hook: &WebhookConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], "webhook".into(), key.into()];
    let section = [here[0], here[1], "webhook".into()];
    let now = (hook.secret.as_ref(), hook.secret_file.is_some());
    let before = (hook.previous_secret.as_ref(), hook.previous_secret_file.is_some());
    signing_secrets(&section, now, before, found);
    if let Some(seconds) = hook.tolerance_seconds {
        found.bounds(&at("tolerance_seconds"), seconds, (1, 3600));
    }
    if let Some(number) = hook.per_second_max {
        found.bounds(&at("per_second_max"), i64::from(number), (1, 100_000));
    }
}

/// Checks the secret with which deliveries are signed and the one before it, each with whether it came from a file.
pub(super) fn signing_secrets(
    here: &[Step<'_>],
    now: (Option<&SecretString>, bool),
    before: (Option<&SecretString>, bool),
    found: &mut Findings<'_>,
) {
    let lost = found.is_lost(here, &["secret", "secret_file"]);
    if now.0.is_none() && !now.1 && !lost {
        found.add(here, "no secret", "wanted is secret or secret_file");
    }
    let both = [("secret", "secret_file", now), ("previous_secret", "previous_secret_file", before)];
    for (key, file_key, (secret, from_file)) in both {
        if secret.is_some_and(|secret| !is_signing_secret(secret)) {
            let mut path = here.to_vec();
            path.push(if from_file { file_key } else { key }.into());
            found.add(&path, "not a signing secret", "wanted is 'whsec_' and base64 of 24 to 64 bytes");
        }
    }
}

pub(super) fn is_signing_secret(secret: &SecretString) -> bool {
    let base64 = secret.expose_secret().strip_prefix("whsec_");
    base64
        .and_then(|text| STANDARD.decode(text).ok())
        .is_some_and(|bytes| SECRET_BYTES.contains(&bytes.len()))
}
