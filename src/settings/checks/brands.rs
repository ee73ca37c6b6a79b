//! Brands and policies: names, what brands are recognised by, and the promises they refer to.

use super::super::mistakes::{listed, nearest, quoted};
use super::super::tree::Step;
use super::super::{DEFAULT_POLICY, Settings};
use super::{Findings, is_plain_name, repeated, sectors};
use crate::domain::brand::Brand;
use crate::domain::policy::Policy;

/// Checks brands and policies; a brand without a policy gets the default one.
pub(super) fn check(settings: &mut Settings, found: &mut Findings<'_>) {
    policies(&settings.policies, found);
    let ready: Vec<String> = Policy::ready_made().into_iter().map(|p| p.name).collect();
    let own = settings.policies.iter().map(|p| p.name.as_str());
    let known: Vec<&str> = ready.iter().map(String::as_str).chain(own.filter(|n| !n.is_empty())).collect();
    // A policy whose name could not be read may be the one that is meant.
    let all_known = !found.is_lost(&[], &["policy"])
        && (0..settings.policies.len()).all(|at| !found.is_lost(&["policy".into(), at.into()], &["name"]));
    for (at, brand) in settings.brands.iter_mut().enumerate() {
        let here: [Step<'_>; 2] = ["brand".into(), at.into()];
        one(brand, &here, found);
        let path = [here[0], here[1], "policy".into()];
        if brand.policy.is_empty() {
            DEFAULT_POLICY.clone_into(&mut brand.policy);
        } else if all_known && !known.contains(&brand.policy.as_str()) {
            let near = nearest(&brand.policy, known.iter().copied());
            found.add_meaning(
                &path,
                format!("no policy {}", quoted(&brand.policy)),
                listed(known.iter().copied()),
                near,
            );
        }
    }
    for (at, first) in repeated(settings.brands.iter().map(|b| b.name.as_str())) {
        let path = ["brand".into(), at.into(), "name".into()];
        let name = settings.brands.get(at).map(|b| quoted(&b.name)).unwrap_or_default();
        found.add(&path, format!("{name} is the name of brand[{first}] too"), "allowed: each name once");
    }
}

fn one(brand: &Brand, here: &[Step<'_>; 2], found: &mut Findings<'_>) {
    const NAME_MAX: usize = 60;
    let at = |key: &'static str| [here[0], here[1], key.into()];
    let name = brand.name.as_str();
    if name.is_empty() {
        if !found.is_lost(here, &["name"]) {
            found.add(&at("name"), "missing", "it has to be there");
        }
    } else if name.trim() != name || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        let allowed = format!("allowed: up to {NAME_MAX} characters, no space at either end");
        found.add(&at("name"), quoted(name), allowed);
    }
    words(&brand.handles, &at("handles"), "@", found);
    words(&brand.hashtags, &at("hashtags"), "#", found);
    words(&brand.keywords, &at("keywords"), "", found);
    words(&brand.exclude, &at("exclude"), "", found);
    words(&brand.context, &at("context"), "", found);
    words(&brand.domains, &at("domains"), "", found);
    words(&brand.references, &at("references"), "", found);
    triage(brand, here, found);
    for (key, value, bounds) in brand.safety.bounds() {
        found.bounds(&[here[0], here[1], "safety".into(), key.into()], value, bounds);
    }
    sectors::check(brand, here, found);
    let nothing = brand.handles.is_empty() && brand.hashtags.is_empty() && brand.keywords.is_empty();
    if nothing && !found.is_lost(here, &["handles", "hashtags", "keywords"]) {
        let allowed = "wanted is at least one of handles, hashtags, keywords";
        found.add(here, "nothing by which to find it", allowed);
    }
    for (n, own) in brand.own_accounts.iter().enumerate() {
        let entry = [here[0], here[1], "own_accounts".into(), n.into()];
        for (key, text) in [("platform", &own.platform), ("account", &own.account)] {
            if text.trim().is_empty() {
                found.add(&[entry[0], entry[1], entry[2], entry[3], key.into()], "empty", "wanted is a text");
            }
        }
    }
}

/// Biases within their bounds, and words only for concepts that the lexicon has.
fn triage(brand: &Brand, here: &[Step<'_>; 2], found: &mut Findings<'_>) {
    const WORDS_MAX: usize = 200;
    for (key, bias) in brand.triage.biases() {
        if !(-100..=100).contains(&bias) {
            let path = [here[0], here[1], "triage".into(), key.into()];
            found.add(&path, bias.to_string(), "allowed: -100 to 100; 0 is the model as it is");
        }
    }
    let known = crate::triage::concept_names();
    for (concept, phrases) in &brand.triage.words {
        let path = [here[0], here[1], "triage".into(), "words".into(), concept.as_str().into()];
        if !known.contains(&concept.as_str()) {
            let near = nearest(concept, known.iter().copied());
            found.add_meaning(
                &path,
                format!("no concept {}", quoted(concept)),
                listed(known.iter().copied()),
                near,
            );
        } else if phrases.iter().any(|p| p.trim().is_empty()) || phrases.len() > WORDS_MAX {
            found.add(
                &path,
                format!("{} words", phrases.len()),
                "wanted are 1 to 200 texts that are not empty",
            );
        }
    }
}

/// Words of a list: not empty, and without the sign that is understood anyway.
fn words(list: &[String], at: &[Step<'_>; 3], sign: &str, found: &mut Findings<'_>) {
    for (n, word) in list.iter().enumerate() {
        let path = [at[0], at[1], at[2], n.into()];
        let bare = word.trim().trim_start_matches(['@', '#']);
        if bare.is_empty() {
            found.add(&path, quoted(word), "wanted is a text that is not empty");
        } else if !sign.is_empty() && (word.starts_with(['@', '#']) || word.contains(char::is_whitespace)) {
            let meant = bare.split_whitespace().collect::<String>();
            found.add_meaning(
                &path,
                quoted(word),
                format!("wanted is the name alone, without '{sign}' and spaces"),
                Some(meant),
            );
        }
    }
}

fn policies(list: &[Policy], found: &mut Findings<'_>) {
    let ready = Policy::ready_made();
    for (at, policy) in list.iter().enumerate() {
        let here: [Step<'_>; 2] = ["policy".into(), at.into()];
        let name = [here[0], here[1], "name".into()];
        if policy.name.is_empty() {
            if !found.is_lost(&here, &["name"]) {
                found.add(&name, "missing", "it has to be there");
            }
        } else if !is_plain_name(&policy.name) {
            found.add(&name, quoted(&policy.name), "allowed: up to 40 letters, digits and '-'");
        } else if ready.iter().any(|r| r.name == policy.name) {
            let text = format!("{} is the name of a ready-made policy", quoted(&policy.name));
            found.add(&name, text, "allowed: a name of its own");
        }
        promise(policy, &here, found);
    }
    for (at, first) in repeated(list.iter().map(|p| p.name.as_str())) {
        let name = list.get(at).map(|p| quoted(&p.name)).unwrap_or_default();
        let path = ["policy".into(), at.into(), "name".into()];
        found.add(&path, format!("{name} is the name of policy[{first}] too"), "allowed: each name once");
    }
}

/// What the policy itself finds wrong, brought to the lines of its fields.
fn promise(policy: &Policy, here: &[Step<'_>; 2], found: &mut Findings<'_>) {
    for text in policy.mistakes() {
        let (field, rest) = text.split_once(": ").unwrap_or(("", &text));
        let (what, allowed) = rest.split_once("; ").unwrap_or((rest, "wanted is a promise that can be kept"));
        if what == "empty" && found.is_lost(here, &["targets"]) {
            continue;
        }
        let mut path: Vec<Step<'_>> = here.to_vec();
        path.extend(steps(field));
        let allowed = allowed.replacen("allowed are ", "allowed: ", 1);
        found.add(&path, what, allowed);
    }
    let at = |key: &'static str| [here[0], here[1], key.into()];
    found.bounds(&at("warn_floor_seconds"), policy.warn_floor_seconds, (0, 86_400));
    found.bounds(&at("reopen_days"), policy.reopen_days, (0, 365));
    found.bounds(&at("no_reply_days"), policy.no_reply_days, (1, 365));
    found.bounds(&at("private_remind_hours"), policy.private_remind_hours, (0, 720));
    found.bounds(&at("private_lapse_hours"), policy.private_lapse_hours, (1, 720));
}

/// `targets[2].first_response_minutes` as steps.
pub(super) fn steps(field: &str) -> Vec<Step<'_>> {
    let part = |part| match str::parse::<usize>(part) {
        Ok(at) => Step::At(at),
        Err(_) => Step::Key(part),
    };
    field.split(['.', '[', ']']).filter(|p| !p.is_empty()).map(part).collect()
}
