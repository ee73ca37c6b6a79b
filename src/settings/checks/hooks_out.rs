//! Webhooks that go out: an address that is encrypted, secrets of the right shape, brands and events that there
//! are.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::{refers_to_brand, signing_secrets};
use super::{Findings, address_mistake, is_plain_name, repeated};
use crate::announcing::TYPES;
use crate::courier::config::HookOutConfig;

/// Checks all of them.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    for (at, hook) in settings.hooks_out.iter().enumerate() {
        one(settings, hook, ["hook_out".into(), at.into()], found);
    }
    for (at, first) in repeated(settings.hooks_out.iter().map(|h| h.name.as_str())) {
        let name = settings.hooks_out.get(at).map(|h| quoted(&h.name)).unwrap_or_default();
        let path = ["hook_out".into(), at.into(), "name".into()];
        found.add(&path, format!("{name} is the name of hook_out[{first}] too"), "allowed: each name once");
    }
}

fn one(settings: &Settings, hook: &HookOutConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], key.into()];
    if !is_plain_name(&hook.name) && !found.is_lost(&here, &["name"]) {
        found.add(&at("name"), quoted(&hook.name), "allowed: up to 40 letters, digits and '-'");
    }
    // What is called elsewhere often has a query that says who calls.
    let bare = hook.url.split(['?', '#']).next().unwrap_or_default();
    if !found.is_lost(&here, &["url"])
        && let Some((what, allowed)) = address_mistake(bare, ("https", "http"), true)
    {
        found.add(&at("url"), what, allowed);
    }
    let now = (hook.secret.as_ref(), hook.secret_file.is_some());
    let before = (hook.previous_secret.as_ref(), hook.previous_secret_file.is_some());
    signing_secrets(&here, now, before, found);
    for (n, brand) in hook.brands.iter().enumerate() {
        let path: [Step<'_>; 4] = [here[0], here[1], "brands".into(), n.into()];
        refers_to_brand(settings, brand, &path, found);
    }
    for (n, event) in hook.events.iter().enumerate() {
        if !TYPES.contains(&event.as_str()) {
            let path: [Step<'_>; 4] = [here[0], here[1], "events".into(), n.into()];
            found.add(&path, quoted(event), format!("allowed: {}", TYPES.join(", ")));
        }
    }
}
