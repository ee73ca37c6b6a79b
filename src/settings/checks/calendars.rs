//! Calendars, the policies that count in them, and what policies say they cover.

use super::super::Settings;
use super::super::mistakes::{listed, nearest, quoted};
use super::super::tree::Step;
use super::brands::steps;
use super::{Findings, is_loopback, is_plain_name, repeated};
use crate::domain::calendar::{ALWAYS, Calendar, CalendarSpec, Hours, ical_holidays, zone_names};
use crate::domain::clocks::ObligationKind;
use crate::domain::policy::{Policy, REACH_YEARS};
use crate::domain::scope::KINDS;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use url::Url;

const HOLIDAYS_BYTES_MAX: u64 = 5 * 1024 * 1024;

/// Checks calendars and scopes, and gives each policy the calendars that it names.
pub(super) fn check(settings: &mut Settings, found: &mut Findings<'_>) {
    let mut known: BTreeMap<String, Arc<Calendar>> = BTreeMap::new();
    for (at, spec) in settings.calendars.iter_mut().enumerate() {
        if let Some(calendar) = one(spec, &["calendar".into(), at.into()], found) {
            known.insert(calendar.name().to_owned(), Arc::new(calendar));
        }
    }
    for (at, first) in repeated(settings.calendars.iter().map(|c| c.name.as_str())) {
        let name = settings.calendars.get(at).map(|c| quoted(&c.name)).unwrap_or_default();
        let path = ["calendar".into(), at.into(), "name".into()];
        found.add(&path, format!("{name} is the name of calendar[{first}] too"), "allowed: each name once");
    }
    let names: Vec<String> = settings.calendars.iter().map(|c| c.name.clone()).collect();
    for at in 0..settings.policies.len() {
        let here: [Step<'_>; 2] = ["policy".into(), at.into()];
        let policy = settings.policies[at].clone().with_calendars(&known);
        named(&policy, &here, &names, found);
        reached(&policy, &here, found);
        scope(&policy, &here, settings, found);
        settings.policies[at] = policy;
    }
}

/// One calendar; the holidays of its file become holidays of its own.
fn one(spec: &mut CalendarSpec, here: &[Step<'_>; 2], found: &mut Findings<'_>) -> Option<Calendar> {
    let at = |key: &'static str| [here[0], here[1], key.into()];
    if spec.name.is_empty() {
        if !found.is_lost(here, &["name"]) {
            found.add(&at("name"), "missing", "it has to be there");
        }
    } else if !is_plain_name(&spec.name) {
        found.add(&at("name"), quoted(&spec.name), "allowed: up to 40 letters, digits and '-'");
    }
    if let Some(file) = spec.holidays_file.take() {
        // Beside the settings, where it is not in the folder from which the program is run.
        let beside = found.file().and_then(|f| Some(Path::new(f).parent()?.join(&file)));
        let file = beside.filter(|beside| !file.exists() && beside.exists()).unwrap_or(file);
        match from_file(&file, &spec.zone) {
            Ok(days) => spec.holidays.extend(days),
            Err(why) => {
                let text = format!("{}: {why}", file.display());
                found.add(&at("holidays_file"), text, "wanted is a readable iCal file");
            }
        }
    }
    if let Some(url) = &spec.holidays_url
        && let Some((what, near)) = feed_mistake(url)
    {
        found.add_meaning(
            &at("holidays_url"),
            what,
            "allowed: https://HOST/PATH, or http:// on this machine",
            near,
        );
    }
    let mistakes = match Calendar::new(spec) {
        Ok(calendar) => return Some(calendar),
        Err(mistakes) => mistakes,
    };
    const PARTS: [&str; 9] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "exceptions", "holidays"];
    for mistake in mistakes {
        // What could not be read is told already, and may be what is missing here.
        if mistake.at.is_empty() && found.is_lost(here, &PARTS)
            || mistake.at == "zone" && found.is_lost(here, &["zone"])
        {
            continue;
        }
        let mut path: Vec<Step<'_>> = here.to_vec();
        path.extend(steps(&mistake.at));
        let near = (mistake.at == "zone").then(|| nearest_zone(&spec.zone)).flatten();
        found.add_meaning(&path, mistake.found, mistake.allowed, near);
    }
    None
}

/// What is wrong with the address of an iCal file. Path and query may hold a token and are never shown.
fn feed_mistake(text: &str) -> Option<(String, Option<String>)> {
    let Ok(url) = Url::parse(text) else { return Some(("not a web address".to_owned(), None)) };
    if !url.username().is_empty() || url.password().is_some() {
        return Some(("an address with a user name or password".to_owned(), None));
    }
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" if !host.is_empty() => None,
        "http" if is_loopback(&url) => None,
        "http" => Some((format!("'http://{host}' is not encrypted"), None)),
        "webcal" => Some((format!("'webcal://{host}'"), Some(format!("https://{host}")))),
        scheme => Some((format!("'{scheme}://'"), None)),
    }
}

/// The holidays of an iCal file as dates.
fn from_file(file: &Path, zone: &str) -> Result<Vec<String>, String> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(|e| e.to_string())?;
    opened.take(HOLIDAYS_BYTES_MAX).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    let days = ical_holidays(&text, zone).map_err(|e| e.to_string())?;
    Ok(days.into_iter().map(|day| day.to_string()).collect())
}

/// The zone that is probably meant: by its city alone, or by a slip of the pen.
pub(super) fn nearest_zone(found: &str) -> Option<String> {
    let names = zone_names();
    let city = format!("/{}", found.trim().replace(' ', "_").to_lowercase());
    let by_city = names.iter().find(|name| name.to_lowercase().ends_with(&city));
    by_city.cloned().or_else(|| nearest(found, names.iter().map(String::as_str)))
}

/// Calendars that a policy names are there.
fn named(policy: &Policy, here: &[Step<'_>; 2], names: &[String], found: &mut Findings<'_>) {
    let known: Vec<&str> = std::iter::once(ALWAYS).chain(names.iter().map(String::as_str)).collect();
    let lost = found.is_lost(&[], &["calendar"])
        || (0..names.len()).any(|at| found.is_lost(&["calendar".into(), at.into()], &["name"]));
    for (field, name) in policy.named_calendars() {
        if !lost && !known.contains(&name) {
            let mut path: Vec<Step<'_>> = here.to_vec();
            path.extend(steps(&field));
            let near = nearest(name, known.iter().copied());
            found.add_meaning(
                &path,
                format!("no calendar {}", quoted(name)),
                listed(known.iter().copied()),
                near,
            );
        }
    }
}

/// No target may take years of its hours.
fn reached(policy: &Policy, here: &[Step<'_>; 2], found: &mut Findings<'_>) {
    for (at, target) in policy.targets.iter().enumerate() {
        let name = target.calendar.as_deref().unwrap_or(&policy.calendar);
        let hours = policy.hours(name);
        for kind in ObligationKind::NAMED {
            let Some(span) = target.span(kind) else { continue };
            let is_sound = (1..=527_040).contains(&(span.millis() / 60_000));
            if hours != Hours::Always && is_sound && !hours.reaches_within(span, REACH_YEARS) {
                let key = format!("{}_minutes", kind.code());
                let path = [here[0], here[1], "targets".into(), at.into(), Step::Key(&key)];
                let text = format!(
                    "{} minutes, of which calendar {} has not as many in {REACH_YEARS} years",
                    span.millis() / 60_000,
                    quoted(name)
                );
                found.add(&path, text, "wanted is a target that its calendar reaches");
            }
        }
    }
}

/// What a scope lists is there to be covered.
fn scope(policy: &Policy, here: &[Step<'_>; 2], settings: &Settings, found: &mut Findings<'_>) {
    let rules = &policy.scope.rules;
    let at = |key: &'static str, n: usize| [here[0], here[1], "scope".into(), key.into(), n.into()];
    for (n, kind) in rules.kinds.iter().enumerate().filter(|(_, k)| !KINDS.contains(&k.as_str())) {
        found.add_meaning(&at("kinds", n), quoted(kind), listed(KINDS), nearest(kind, KINDS));
    }
    // A policy by itself, as in the console or to be tried, stands beside settings that are elsewhere.
    if settings.brands.is_empty() && settings.sources.is_empty() {
        languages_once(policy, here, found);
        return;
    }
    let sources: Vec<&str> = settings.sources.iter().map(|s| s.name.as_str()).collect();
    let sources_lost = found.is_lost(&[], &["source"]);
    for (n, source) in rules.sources.iter().enumerate() {
        if !sources_lost && !sources.contains(&source.as_str()) {
            let near = nearest(source, sources.iter().copied());
            let text = format!("no source {}", quoted(source));
            found.add_meaning(&at("sources", n), text, listed(sources.iter().copied()), near);
        }
    }
    let handles: Vec<&str> = settings.brands.iter().flat_map(|b| &b.handles).map(String::as_str).collect();
    let handles_lost = found.is_lost(&[], &["brand"])
        || (0..settings.brands.len()).any(|at| found.is_lost(&["brand".into(), at.into()], &["handles"]));
    for (n, handle) in rules.handles.iter().enumerate() {
        if !handles_lost && !handles.iter().any(|h| h.eq_ignore_ascii_case(handle)) {
            let near = nearest(handle, handles.iter().copied());
            let text = format!("{} is a handle of no brand", quoted(handle));
            found.add_meaning(&at("handles", n), text, listed(handles.iter().copied()), near);
        }
    }
    languages_once(policy, here, found);
}

/// Languages are listed in one place.
fn languages_once(policy: &Policy, here: &[Step<'_>; 2], found: &mut Findings<'_>) {
    if !policy.scope.rules.languages.is_empty() && !policy.languages.is_empty() {
        let path = [here[0], here[1], "scope".into(), "languages".into()];
        found.add(&path, "'languages' of the policy is given as well", "allowed: one of the two");
    }
}
