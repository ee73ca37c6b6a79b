//! Who may come in: second factors, keys, lists, a provider of identities; and the proxies in front.

use super::super::Settings;
use super::super::mistakes::{nearest, quoted};
use super::super::tree::Step;
use super::{Findings, address_mistake};
use crate::people::ROLES;
use crate::people::passwords::Breached;
use crate::provider::config::{EVERY_BRAND, GroupBrands};
use crate::web::asked::Net;
use secrecy::ExposeSecret;

/// Fewest characters of a key.
const KEY_MIN: usize = 32;

/// Checks `[login]` and the proxies.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    proxies(settings, found);
    let login = &settings.login;
    let at = |key: &'static str| [Step::Key("login"), key.into()];
    if let Some(key) = &login.key
        && key.expose_secret().chars().count() < KEY_MIN
    {
        let name = if login.key_file.is_some() { "key_file" } else { "key" };
        found.add(&at(name), "too short to be safe", format!("wanted are {KEY_MIN} characters or more"));
    }
    if let Some(list) = &login.breached_list
        && let Err(why) = Breached::open(list)
    {
        let allowed = "wanted is a readable file of SHA-1 hashes in order, or of passwords, one a line";
        found.add(&at("breached_list"), why, allowed);
    }
    if !login.passwords {
        if login.oidc.is_none() && !found.is_lost(&at("oidc")[..1], &["oidc"]) {
            let allowed = "without [login.oidc] passwords must let people in";
            found.add(&at("passwords"), "false", allowed);
        }
        if login.break_glass.as_deref().is_none_or(|b| b.trim().is_empty()) {
            let allowed = "wanted is the login of one admin who comes in when the provider is down";
            found.add(&at("break_glass"), "missing", allowed);
        }
    } else if login.break_glass.is_some() {
        found.add(&at("break_glass"), "set", "it means something where passwords = false");
    }
    roles(settings, found);
    oidc(settings, found);
}

fn proxies(settings: &Settings, found: &mut Findings<'_>) {
    for (n, net) in settings.web.trusted_proxies.iter().enumerate() {
        if let Err(why) = Net::read(net) {
            let at = [Step::Key("web"), "trusted_proxies".into(), Step::At(n)];
            let allowed = "wanted is an address such as 10.0.0.7, or ADDRESS/BITS such as 10.0.0.0/8";
            found.add(&at, format!("{}: {why}", quoted(net)), allowed);
        }
    }
}

fn role(name: &str, at: &[Step<'_>], found: &mut Findings<'_>) {
    if !ROLES.contains(&name) {
        let allowed = format!("allowed: {}", ROLES.join(", "));
        found.add_meaning(at, quoted(name), allowed, nearest(name, ROLES));
    }
}

fn roles(settings: &Settings, found: &mut Findings<'_>) {
    let mut seen = Vec::new();
    for (n, rules) in settings.login.roles.iter().enumerate() {
        let at = |key: &'static str| [Step::Key("login"), "role".into(), Step::At(n), key.into()];
        role(&rules.role, &at("role"), found);
        if seen.contains(&&rules.role) {
            found.add(&at("role"), quoted(&rules.role), "each role once");
        }
        seen.push(&rules.role);
        if let Some(hours) = rules.login_hours {
            found.bounds(&at("login_hours"), hours, (1, 720));
        }
        if let Some(minutes) = rules.idle_minutes {
            found.bounds(&at("idle_minutes"), minutes, (1, 43_200));
        }
    }
}

fn oidc(settings: &Settings, found: &mut Findings<'_>) {
    let Some(oidc) = &settings.login.oidc else { return };
    let at = |key: &'static str| [Step::Key("login"), "oidc".into(), key.into()];
    if let Some((what, allowed)) = address_mistake(&oidc.issuer, ("https", "http"), true) {
        found.add(&at("issuer"), what, allowed);
    }
    if oidc.client_id.trim().is_empty() {
        found.add(&at("client_id"), "empty", "wanted is the name under which the provider knows us");
    }
    for (key, claim) in [
        ("login_claim", &oidc.login_claim),
        ("name_claim", &oidc.name_claim),
        ("groups_claim", &oidc.groups_claim),
    ] {
        if claim.trim().is_empty() {
            found.add(&at(key), "empty", "wanted is the name of a claim");
        }
    }
    if oidc.button.trim().is_empty() || oidc.button.chars().count() > 60 {
        found.add(&at("button"), quoted(&oidc.button), "wanted are 1 to 60 characters");
    }
    if let Some((n, scope)) =
        oidc.scopes.iter().enumerate().find(|(_, s)| s.is_empty() || !s.chars().all(|c| c.is_ascii_graphic()))
    {
        let at = [Step::Key("login"), "oidc".into(), "scopes".into(), Step::At(n)];
        found.add(&at, quoted(scope), "wanted is a scope such as profile");
    }
    for (n, line) in oidc.roles.iter().enumerate() {
        let at =
            |key: &'static str| [Step::Key("login"), "oidc".into(), "role".into(), Step::At(n), key.into()];
        if line.group.is_empty() {
            found.add(&at("group"), "empty", "wanted is a group as the provider names it");
        }
        role(&line.role, &at("role"), found);
    }
    group_brands(settings, &oidc.brands, found);
}

/// Lines that give sight of brands: a group, and brands that are watched or all.
fn group_brands(settings: &Settings, lines: &[GroupBrands], found: &mut Findings<'_>) {
    let known: Vec<&str> = settings.brands.iter().map(|b| b.name.as_str()).collect();
    for (n, line) in lines.iter().enumerate() {
        let here = [Step::Key("login"), "oidc".into(), "brand".into(), Step::At(n)];
        let at = |key: &'static str| [here[0], here[1], here[2], here[3], key.into()];
        if line.group.is_empty() {
            found.add(&at("group"), "empty", "wanted is a group as the provider names it");
        }
        if line.brands.is_empty() {
            found.add(&at("brands"), "empty", "wanted are brands by name, or * for all");
        }
        for (m, name) in line.brands.iter().enumerate() {
            let is_known = known.iter().any(|k| k.eq_ignore_ascii_case(name));
            if !is_known && name != EVERY_BRAND {
                let path = [here[0], here[1], here[2], here[3], "brands".into(), Step::At(m)];
                let allowed = format!("allowed: {EVERY_BRAND} for all, {}", known.join(", "));
                found.add_meaning(&path, quoted(name), allowed, nearest(name, known.iter().copied()));
            }
        }
    }
}
