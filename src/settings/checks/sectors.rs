//! Sectors of a brand, and what is asked of its front-office cases.

use super::super::mistakes::{listed, nearest, quoted};
use super::super::tree::Step;
use super::{Findings, repeated};
use crate::domain::brand::Brand;
use crate::domain::goodwill::UNITS_MAX;
use crate::domain::quality;
use crate::domain::role::{Right, Role};

/// Longest name of a sector, in characters.
const NAME_MAX: usize = 40;

/// Names that are there and stand once, words that are words, something that proposes each; bounds.
pub(super) fn check(brand: &Brand, here: &[Step<'_>; 2], found: &mut Findings<'_>) {
    for (key, value, bounds) in brand.front_office.bounds() {
        found.bounds(&[here[0], here[1], "front_office".into(), key.into()], value, bounds);
    }
    for (key, value, bounds) in brand.survey.bounds() {
        found.bounds(&[here[0], here[1], "survey".into(), key.into()], value, bounds);
    }
    for (key, value, bounds) in brand.thanks.bounds() {
        found.bounds(&[here[0], here[1], "thanks".into(), key.into()], value, bounds);
    }
    for (key, value, bounds) in brand.quality.bounds() {
        found.bounds(&[here[0], here[1], "quality".into(), key.into()], value, bounds);
    }
    card(brand, here, found);
    goodwill(brand, here, found);
    for (n, sector) in brand.sectors.iter().enumerate() {
        let entry: [Step<'_>; 4] = [here[0], here[1], "sector".into(), n.into()];
        let at = |key: &'static str| [entry[0], entry[1], entry[2], entry[3], key.into()];
        let name = sector.name.as_str();
        if name.is_empty() {
            if !found.is_lost(&entry, &["name"]) {
                found.add(&at("name"), "missing", "it has to be there");
            }
        } else if name.trim() != name || name.chars().count() > NAME_MAX || name.chars().any(char::is_control)
        {
            let allowed = format!("allowed: up to {NAME_MAX} characters, no space at either end");
            found.add(&at("name"), quoted(name), allowed);
        }
        for (key, list) in [("words", &sector.words), ("queues", &sector.queues)] {
            for (at_word, word) in list.iter().enumerate() {
                if word.trim().is_empty() {
                    let path = [entry[0], entry[1], entry[2], entry[3], key.into(), at_word.into()];
                    found.add(&path, quoted(word), "wanted is a text that is not empty");
                }
            }
        }
    }
    for (n, first) in repeated(brand.sectors.iter().map(|s| s.name.as_str())) {
        let path = [here[0], here[1], "sector".into(), n.into(), "name".into()];
        let name = brand.sectors.get(n).map(|s| quoted(&s.name)).unwrap_or_default();
        found.add(&path, format!("{name} is the name of sector[{first}] too"), "allowed: each name once");
    }
}

/// A card by which answers are scored: criteria with names that stand once, on scales that are scales.
fn card(brand: &Brand, here: &[Step<'_>; 2], found: &mut Findings<'_>) {
    let criteria = &brand.quality.criteria;
    let entry = |n: usize, key: &'static str| {
        [here[0], here[1], "quality".into(), "criteria".into(), n.into(), key.into()]
    };
    for (n, one) in criteria.iter().enumerate() {
        let name = one.name.as_str();
        let long = name.chars().count() > quality::NAME_CHARS_MAX;
        if name.is_empty() || name.trim() != name || long || name.chars().any(char::is_control) {
            let most = quality::NAME_CHARS_MAX;
            let allowed = format!("allowed: 1 to {most} characters, no space at either end");
            found.add(&entry(n, "name"), quoted(name), allowed);
        }
        found.bounds(&entry(n, "scale"), one.scale, quality::SCALE);
    }
    if criteria.len() > quality::CRITERIA_MAX {
        let path = [here[0], here[1], "quality".into(), "criteria".into()];
        let allowed = format!("allowed: at most {}", quality::CRITERIA_MAX);
        found.add(&path, format!("{} criteria", criteria.len()), allowed);
    }
    for (n, first) in repeated(criteria.iter().map(|c| c.name.as_str())) {
        let name = criteria.get(n).map(|c| quoted(&c.name)).unwrap_or_default();
        found.add(
            &entry(n, "name"),
            format!("{name} is the name of criteria[{first}] too"),
            "allowed: each name once",
        );
    }
}

/// A currency of three letters, and limits of roles that there are.
fn goodwill(brand: &Brand, here: &[Step<'_>; 2], found: &mut Findings<'_>) {
    let terms = &brand.front_office.goodwill;
    let at = |key: &'static str| [here[0], here[1], "front_office".into(), "goodwill".into(), key.into()];
    if terms.currency.len() != 3 || !terms.currency.bytes().all(|b| b.is_ascii_uppercase()) {
        found.add(&at("currency"), quoted(&terms.currency), "wanted are three capital letters, such as EUR");
    }
    let names: Vec<&str> = Role::ALL.into_iter().filter(|r| r.may(Right::Work)).map(Role::code).collect();
    for (role, units) in &terms.limits {
        let path = [
            here[0],
            here[1],
            "front_office".into(),
            "goodwill".into(),
            "limits".into(),
            role.as_str().into(),
        ];
        if !names.contains(&role.as_str()) {
            let near = nearest(role, names.iter().copied());
            found.add_meaning(
                &path,
                format!("no role {}", quoted(role)),
                listed(names.iter().copied()),
                near,
            );
        } else if !(0..=UNITS_MAX).contains(units) {
            found.add(
                &path,
                units.to_string(),
                format!("allowed: 0 to {UNITS_MAX}, in whole {}", terms.currency),
            );
        }
    }
}
