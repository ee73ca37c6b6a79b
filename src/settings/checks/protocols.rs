//! What brands set of protocols: each kind once, bounds, and names of those who can be told.

use super::super::Settings;
use super::super::mistakes::{listed, nearest, quoted};
use super::super::tree::Step;
use super::Findings;
use crate::domain::protocol::ProtocolRule;
use crate::domain::role::Role;

/// Checks the protocols of all brands.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    let names = names(settings);
    for (at, brand) in settings.brands.iter().enumerate() {
        for (n, rule) in brand.protocols.iter().enumerate() {
            let here: [Step<'_>; 4] = ["brand".into(), at.into(), "protocol".into(), n.into()];
            let first = brand.protocols.iter().position(|r| r.kind == rule.kind);
            if let Some(first) = first.filter(|first| *first < n) {
                let path = [here[0], here[1], here[2], here[3], "kind".into()];
                let what = format!("{} is the kind of protocol[{first}] too", quoted(rule.kind.code()));
                found.add(&path, what, "allowed: each kind once");
            }
            one(rule, &here, &names, found);
        }
    }
}

/// Who can be told by name.
fn names(settings: &Settings) -> Vec<String> {
    let mut names: Vec<String> = vec!["team".to_owned(), "leads".to_owned()];
    names.extend(Role::ALL.iter().filter(|r| **r != Role::Service).map(|r| format!("role:{}", r.code())));
    names.extend(settings.chat.telegram.iter().flat_map(|t| t.users.iter().map(|u| u.login.to_lowercase())));
    names.extend(settings.alerts.channels.iter().map(|c| c.name.clone()));
    names
}

fn one(rule: &ProtocolRule, here: &[Step<'_>; 4], names: &[String], found: &mut Findings<'_>) {
    for (key, value, bounds) in rule.bounds() {
        found.bounds(&[here[0], here[1], here[2], here[3], key.into()], value, bounds);
    }
    for (n, name) in rule.tell.iter().enumerate() {
        if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        let path = [here[0], here[1], here[2], here[3], "tell".into(), n.into()];
        let near = nearest(name, names.iter().map(String::as_str));
        let allowed = listed(names.iter().map(String::as_str));
        found.add_meaning(&path, format!("nobody who can be told: {}", quoted(name)), allowed, near);
    }
}
