//! Ticket systems: one kind each, addresses that are encrypted, secrets of the right shape, the field that
//! holds our key.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::{RESERVED, refers_to_brand, signing_secrets};
use super::{Findings, address_mistake, desks, is_plain_name, repeated};
use crate::tickets::config::{GenericConfig, RtConfig, TicketsConfig};
use secrecy::SecretString;

pub(super) const EVERY: (i64, i64) = (5, 86_400);
const FIELD_CHARS_MAX: usize = 200;

/// Checks all ticket systems.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    for (at, system) in settings.tickets.iter().enumerate() {
        let here: [Step<'_>; 2] = ["tickets".into(), at.into()];
        one(settings, system, here, found);
        if let Some(rt) = &system.rt {
            request_tracker(rt, here, found);
        }
        desks::check(system, here, found);
        if let Some(hook) = &system.webhook {
            webhook(hook, here, found);
        }
    }
    for (at, first) in repeated(settings.tickets.iter().map(|s| s.name.as_str())) {
        let name = settings.tickets.get(at).map(|s| quoted(&s.name)).unwrap_or_default();
        let path = ["tickets".into(), at.into(), "name".into()];
        found.add(&path, format!("{name} is the name of tickets[{first}] too"), "allowed: each name once");
    }
}

fn one(settings: &Settings, system: &TicketsConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], key.into()];
    if !is_plain_name(&system.name) {
        found.add(&at("name"), quoted(&system.name), "allowed: up to 40 letters, digits and '-'");
    }
    let of_source = |s: &crate::sources::config::SourceConfig| s.name.eq_ignore_ascii_case(&system.name);
    if settings.sources.iter().any(of_source) || RESERVED.contains(&system.name.as_str()) {
        let allowed = "allowed: a name that no source has, for both are listed and called by it";
        found.add(&at("name"), quoted(&system.name), allowed);
    }
    if let Some(brand) = &system.brand {
        refers_to_brand(settings, brand, &at("brand"), found);
    }
    if let Some(day) = &system.expires {
        super::sources::expires(day, here.to_vec(), found);
    }
    statuses(system, here, found);
    let given = system.kinds().len();
    let wanted = || format!("wanted is exactly one of {}", TicketsConfig::KINDS.join(", "));
    if given > 1 {
        found.add(&here, format!("{given} kinds"), wanted());
    } else if given == 0 && !found.is_lost(&here, &TicketsConfig::KINDS) {
        found.add(&here, "no kind", wanted());
    }
}

/// What tickets get and what theirs mean: words that are there, each with one meaning.
fn statuses(system: &TicketsConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    const WANTED: &str = "wanted is a status as the system names it, of at most 100 characters";
    let is_word =
        |s: &str| !s.trim().is_empty() && s.chars().count() <= 100 && !s.chars().any(char::is_control);
    for (name, status) in system.status.given() {
        if !is_word(status) {
            found.add(&[here[0], here[1], "status".into(), name.into()], quoted(status), WANTED);
        }
    }
    let is_set = system.status.given().next().is_some();
    if system.status.theirs && !is_set {
        let path = [here[0], here[1], "status".into(), "theirs".into()];
        found.add(&path, "true", "allowed: with at least one of resolved, reopened, dismissed, waiting");
    }
    let mut met: Vec<(String, &str)> = Vec::new();
    for (name, list) in system.means.lists() {
        for (n, status) in list.iter().enumerate() {
            let path = [here[0], here[1], "means".into(), name.into(), n.into()];
            let plain = status.trim().to_lowercase();
            if !is_word(status) {
                found.add(&path, quoted(status), WANTED);
            } else if let Some((_, first)) = met.iter().find(|m| m.0 == plain) {
                let what = format!("{} stands in means.{first} too", quoted(status));
                found.add(&path, what, "allowed: each status once");
            }
            met.push((plain, name));
        }
    }
}

/// Where the front office's systems stand they are often reached by a path.
pub(super) fn address(text: &str, section: [Step<'_>; 3], found: &mut Findings<'_>) {
    if found.is_lost(&section, &["url"]) {
        return;
    }
    if let Some((what, allowed)) = address_mistake(text, ("https", "http"), true) {
        found.add(&[section[0], section[1], section[2], "url".into()], what, allowed);
    }
}

fn request_tracker(rt: &RtConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "rt".into()];
    let at = |key: &'static str| [section[0], section[1], section[2], key.into()];
    address(&rt.url, section, found);
    if rt.token.is_none() && rt.token_file.is_none() && !found.is_lost(&section, &["token", "token_file"]) {
        found.add(&section, "no token", "wanted is token or token_file");
    }
    if let Some(token) = &rt.token
        && !is_token(token)
    {
        let key = if rt.token_file.is_some() { "token_file" } else { "token" };
        found.add(&at(key), "not a token", "wanted is DIGITS-DIGITS-TEXT as Request Tracker gives it");
    }
    if rt.queue.trim().is_empty() && !found.is_lost(&section, &["queue"]) {
        found.add(&at("queue"), "empty", "wanted is the queue in which tickets are made");
    }
    found.bounds(&at("every_seconds"), rt.every_seconds, EVERY);
    let field = |key: &'static str| [section[0], section[1], section[2], "fields".into(), key.into()];
    if rt.fields.key.is_empty() && !found.is_lost(&at("fields"), &["key"]) {
        let allowed = "wanted is a custom field of the queue for our key: without it nobody can tell whether a ticket was made";
        found.add(&field("key"), "empty", allowed);
    }
    let single = [
        ("key", Some(&rt.fields.key)),
        ("case", rt.fields.case.as_ref()),
        ("language", rt.fields.language.as_ref()),
        ("level", rt.fields.level.as_ref()),
    ];
    for (key, name) in single {
        if let Some(name) = name.filter(|n| !(is_field(n) || key == "key" && n.is_empty())) {
            found.add(&field(key), quoted(name), FIELD);
        }
    }
    if let Some(name) = &rt.fields.due {
        found.add(&field("due"), quoted(name), desks::NO_DUE);
    }
    for (key, list) in [("references", &rt.fields.references), ("phones", &rt.fields.phones)] {
        for (n, name) in list.iter().enumerate().filter(|(_, name)| !is_field(name)) {
            let path = [section[0], section[1], section[2], "fields".into(), key.into(), n.into()];
            found.add(&path, quoted(name), FIELD);
        }
    }
}

const FIELD: &str = "wanted is the name of a custom field, without '{', '}' and quotation marks";

/// Whether a name can stand in a search as it is.
fn is_field(name: &str) -> bool {
    let odd = |c: char| c.is_control() || "{}'\"\\".contains(c);
    !name.trim().is_empty() && name.chars().count() <= FIELD_CHARS_MAX && !name.contains(odd)
}

fn is_token(token: &SecretString) -> bool {
    use secrecy::ExposeSecret;
    let text = token.expose_secret();
    let mut parts = text.splitn(3, '-');
    let digits =
        |part: Option<&str>| part.is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    digits(parts.next())
        && digits(parts.next())
        && parts.next().is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn webhook(hook: &GenericConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "webhook".into()];
    address(&hook.url, section, found);
    let now = (hook.secret.as_ref(), hook.secret_file.is_some());
    let before = (hook.previous_secret.as_ref(), hook.previous_secret_file.is_some());
    signing_secrets(&section, now, before, found);
}
